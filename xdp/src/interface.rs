//! The name and the number of a network interface.

#![forbid(unsafe_code)]

use std::ffi::CString;
use std::fmt;
use std::io;

use crate::error::Error;
use crate::sys;

/// A network interface, by its name and its number.
///
/// ```
/// use framewell_xdp::Interface;
///
/// let loopback = Interface::named("lo")?;
/// assert_eq!((loopback.name(), loopback.index()), ("lo", 1));
/// # Ok::<(), framewell_xdp::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Interface {
    name: String,
    index: u32,
}

impl Interface {
    /// Returns the interface of this name in the network namespace of the calling thread.
    ///
    /// The call enters the kernel.
    ///
    /// # Errors
    ///
    /// [`Error::Interface`] if there is none.
    ///
    /// ```
    /// use framewell_xdp::Interface;
    ///
    /// assert_eq!(
    ///     Interface::named("no-such-one").unwrap_err().to_string(),
    ///     "there is no interface \"no-such-one\" in this network namespace (No such device (os \
    ///      error 19)); `ip link` lists those that there are",
    /// );
    /// ```
    pub fn named(name: &str) -> Result<Self, Error> {
        let index = CString::new(name)
            .map_err(io::Error::from)
            .and_then(|name| sys::interface_index(&name));
        match index {
            Ok(index) => Ok(Self {
                name: name.to_owned(),
                index,
            }),
            Err(source) => Err(Error::Interface {
                name: name.to_owned(),
                source,
            }),
        }
    }

    /// Returns the name.
    ///
    /// ```
    /// assert_eq!(framewell_xdp::Interface::named("lo")?.name(), "lo");
    /// # Ok::<(), framewell_xdp::Error>(())
    /// ```
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the number, by which the kernel knows the interface.
    ///
    /// ```
    /// assert_eq!(framewell_xdp::Interface::named("lo")?.index(), 1);
    /// # Ok::<(), framewell_xdp::Error>(())
    /// ```
    #[must_use]
    pub fn index(&self) -> u32 {
        self.index
    }
}

impl fmt::Display for Interface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name)
    }
}
