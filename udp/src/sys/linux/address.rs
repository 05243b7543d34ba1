//! Addresses, in the kernel's form and in Rust's.

use std::mem::zeroed;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use libc::{sa_family_t, socklen_t};

/// An address in the kernel's form: room for one of either family.
///
/// Both structures begin with the family.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) union Name {
    v4: libc::sockaddr_in,
    v6: libc::sockaddr_in6,
}

impl Name {
    /// The bytes of an address of the larger family.
    pub(super) const BYTES: socklen_t = size_of::<Self>() as socklen_t;

    /// Returns a name of no family.
    pub(super) fn none() -> Self {
        // SAFETY: structures of integers.
        unsafe { zeroed() }
    }

    /// Returns an address in the kernel's form, and the bytes that it has.
    pub(super) fn of(address: SocketAddr) -> (Self, socklen_t) {
        let mut name = Self::none();
        match address {
            SocketAddr::V4(address) => {
                name.v4 = libc::sockaddr_in {
                    sin_family: libc::AF_INET as sa_family_t,
                    sin_port: address.port().to_be(),
                    sin_addr: libc::in_addr {
                        s_addr: u32::from_ne_bytes(address.ip().octets()),
                    },
                    sin_zero: [0; 8],
                };
                (name, size_of::<libc::sockaddr_in>() as socklen_t)
            }
            SocketAddr::V6(address) => {
                name.v6 = libc::sockaddr_in6 {
                    sin6_family: libc::AF_INET6 as sa_family_t,
                    sin6_port: address.port().to_be(),
                    sin6_flowinfo: address.flowinfo(),
                    sin6_addr: libc::in6_addr {
                        s6_addr: address.ip().octets(),
                    },
                    sin6_scope_id: address.scope_id(),
                };
                (name, size_of::<libc::sockaddr_in6>() as socklen_t)
            }
        }
    }

    /// Returns the address that the kernel wrote, of so many bytes. A name of neither family is the
    /// unspecified address: a socket of UDP receives from none.
    pub(super) fn address(&self, len: socklen_t) -> SocketAddr {
        // SAFETY: both structures begin with the family, and all of it is initialised.
        let family = c_int_of(unsafe { self.v4.sin_family });
        if family == libc::AF_INET6 && len as usize >= size_of::<libc::sockaddr_in6>() {
            // SAFETY: all of the name is initialised, and any bytes are integers.
            let v6 = unsafe { self.v6 };
            let ip = Ipv6Addr::from(v6.sin6_addr.s6_addr);
            let port = u16::from_be(v6.sin6_port);
            return SocketAddrV6::new(ip, port, v6.sin6_flowinfo, v6.sin6_scope_id).into();
        }
        if family == libc::AF_INET && len as usize >= size_of::<libc::sockaddr_in>() {
            // SAFETY: as above.
            let v4 = unsafe { self.v4 };
            let ip = Ipv4Addr::from(v4.sin_addr.s_addr.to_ne_bytes());
            return SocketAddrV4::new(ip, u16::from_be(v4.sin_port)).into();
        }
        SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0).into()
    }
}

fn c_int_of(family: sa_family_t) -> libc::c_int {
    family.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_comes_back_as_it_was() {
        for text in ["1.2.3.4:5", "[::1]:65535", "[fe80::1%7]:80"] {
            let address: SocketAddr = text.parse().unwrap();
            let (name, len) = Name::of(address);
            assert_eq!(name.address(len), address);
        }
    }

    #[test]
    fn a_name_that_is_too_short_or_of_no_family_is_unspecified() {
        let unspecified: SocketAddr = "0.0.0.0:0".parse().unwrap();
        let (name, len) = Name::of("[::1]:1".parse().unwrap());
        assert_eq!(name.address(len - 1), unspecified);
        assert_eq!(Name::none().address(Name::BYTES), unspecified);
    }
}
