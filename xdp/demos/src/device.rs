//! What is asked of a network interface: its hardware address, and to compute no checksums.

use std::io;
use std::mem;
use std::net::UdpSocket;
use std::os::fd::AsRawFd;

use crate::packet::Mac;

/// Returns the hardware address of an interface in the namespace of this thread.
///
/// # Errors
///
/// The error says in words what was refused.
///
/// ```
/// use framewell_xdp_demos::{device, packet::Mac};
/// assert_eq!(device::hardware_address("lo"), Ok(Mac([0; 6])));
/// assert!(device::hardware_address("no-such-one").unwrap_err().contains("No such device"));
/// ```
pub fn hardware_address(name: &str) -> Result<Mac, String> {
    let mut request = about(name);
    // SAFETY: the command writes an address into the request.
    unsafe { ask(libc::SIOCGIFHWADDR, &mut request) }
        .map_err(|error| format!("the hardware address of {name}: {error}"))?;
    // SAFETY: the command has written this part.
    let address = unsafe { request.ifr_ifru.ifru_hwaddr };
    let mut mac = [0; 6];
    for (to, from) in mac.iter_mut().zip(address.sa_data) {
        *to = from as u8;
    }
    Ok(Mac(mac))
}

/// Has the kernel put a checksum into each packet that this interface sends. Otherwise it leaves
/// that to the other end, for a virtual pair loses nothing, and there is nothing to verify.
///
/// # Errors
///
/// The error says in words what was refused.
pub fn compute_checksums(name: &str) -> Result<(), String> {
    /// `struct ethtool_value`.
    #[repr(C)]
    struct Value {
        command: u32,
        data: u32,
    }
    /// `ETHTOOL_STXCSUM`: sets whether the device computes checksums.
    const SET_TX_CHECKSUM: u32 = 0x17;
    let mut value = Value {
        command: SET_TX_CHECKSUM,
        data: 0,
    };
    let mut request = about(name);
    request.ifr_ifru.ifru_data = (&raw mut value).cast();
    // SAFETY: the data is the structure of the command, and outlives the call.
    unsafe { ask(libc::SIOCETHTOOL, &mut request) }
        .map_err(|error| format!("checksums of {name} by the kernel: {error}"))
}

/// Returns a request about an interface. A name that is too long is cut, and is then that of none.
fn about(name: &str) -> libc::ifreq {
    // SAFETY: the structure holds integers and pointers, which may be zero.
    let mut request: libc::ifreq = unsafe { mem::zeroed() };
    let room = request.ifr_name.len() - 1;
    for (to, from) in request.ifr_name.iter_mut().zip(name.bytes().take(room)) {
        *to = from as libc::c_char;
    }
    request
}

/// Makes a request.
///
/// # Safety
///
/// - What the command reads and writes beside the request is valid for that.
unsafe fn ask(command: libc::c_ulong, request: &mut libc::ifreq) -> io::Result<()> {
    let socket = UdpSocket::bind("0.0.0.0:0")?;
    // SAFETY: the name ends with a zero byte; the rest is the caller's promise.
    match unsafe { libc::ioctl(socket.as_raw_fd(), command as _, request) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
