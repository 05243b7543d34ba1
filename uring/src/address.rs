//! Addresses of sockets as the kernel lays them out (`sockaddr_in`, `sockaddr_in6`).

#![forbid(unsafe_code)]

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

/// The bytes of the longest address that is written: `sockaddr_in6`.
pub(crate) const LONGEST: usize = size_of::<libc::sockaddr_in6>();

const V4: usize = size_of::<libc::sockaddr_in>();

/// Returns the bytes of an address, and how many of them there are.
pub(crate) fn to_bytes(address: SocketAddr) -> ([u8; LONGEST], usize) {
    let mut bytes = [0; LONGEST];
    let family = match address {
        SocketAddr::V4(_) => libc::AF_INET,
        SocketAddr::V6(_) => libc::AF_INET6,
    };
    bytes[..2].copy_from_slice(&(family as u16).to_ne_bytes());
    bytes[2..4].copy_from_slice(&address.port().to_be_bytes());
    match address {
        SocketAddr::V4(v4) => {
            bytes[4..8].copy_from_slice(&v4.ip().octets());
            (bytes, V4)
        }
        SocketAddr::V6(v6) => {
            bytes[4..8].copy_from_slice(&v6.flowinfo().to_ne_bytes());
            bytes[8..24].copy_from_slice(&v6.ip().octets());
            bytes[24..28].copy_from_slice(&v6.scope_id().to_ne_bytes());
            (bytes, LONGEST)
        }
    }
}

/// Returns the address in these bytes, or `None` if it is of neither IPv4 nor IPv6.
pub(crate) fn from_bytes(bytes: &[u8]) -> Option<SocketAddr> {
    let family = u16::from_ne_bytes(*bytes.first_chunk()?);
    let port = u16::from_be_bytes(*bytes.get(2..)?.first_chunk()?);
    match i32::from(family) {
        libc::AF_INET => {
            let ip: [u8; 4] = *bytes.get(4..)?.first_chunk()?;
            Some(SocketAddrV4::new(Ipv4Addr::from(ip), port).into())
        }
        libc::AF_INET6 => {
            let flow = u32::from_ne_bytes(*bytes.get(4..)?.first_chunk()?);
            let ip: [u8; 16] = *bytes.get(8..)?.first_chunk()?;
            let scope = u32::from_ne_bytes(*bytes.get(24..)?.first_chunk()?);
            Some(SocketAddrV6::new(Ipv6Addr::from(ip), port, flow, scope).into())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_comes_back_as_it_was_written() {
        for text in ["127.0.0.1:53", "[::1]:443", "[fe80::1%7]:65535"] {
            let address: SocketAddr = text.parse().unwrap();
            let (bytes, len) = to_bytes(address);
            assert_eq!(from_bytes(&bytes[..len]), Some(address));
            assert_eq!(from_bytes(&bytes[..len - 9]), None, "cut");
        }
        assert_eq!(from_bytes(&[1, 0, 0, 0, 0, 0, 0, 0]), None, "AF_UNIX");
    }
}
