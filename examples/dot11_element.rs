//! 802.11 elements: a beacon's body is built in a buffer of just the length that it needs.
//!
//! It shows buffers of any length. `Pool::dot11` returns a buffer from the least size class that
//! holds it, `resize` grows the data within the class, and a longer body gets a larger buffer. A
//! buffer above 64 KiB is a mapping of its own.
//!
//! ```sh
//! cargo run --example dot11_element
//! ```

use std::error::Error;

use framewell::{Dot11Buf, Pool};

const SSID: u8 = 0;
const SUPPORTED_RATES: u8 = 1;
const VENDOR_SPECIFIC: u8 = 221;

/// Appends an element, which is its number, its length in a byte, and its content. A buffer that
/// is too small is replaced by one that holds all.
fn append(pool: &Pool, body: &mut Dot11Buf, id: u8, content: &[u8]) -> Result<(), Box<dyn Error>> {
    let content_len = u8::try_from(content.len())?;
    let (start, len) = (body.len(), body.len() + 2 + content.len());
    if len > body.capacity() {
        let mut larger = pool.dot11(len)?;
        larger[..start].copy_from_slice(body);
        *body = larger; // the smaller one is freed here
    }
    body.resize(len)?;
    body[start..start + 2].copy_from_slice(&[id, content_len]);
    body[start + 2..].copy_from_slice(content);
    Ok(())
}

/// Returns the elements of a body, up to the first that is cut off.
fn elements(mut rest: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    std::iter::from_fn(move || {
        let (&[id, len], content) = rest.split_first_chunk()?;
        let (content, after) = content.split_at_checked(len.into())?;
        rest = after;
        Some((id, content))
    })
}

fn show(what: &str, buffer: &Dot11Buf) {
    let (len, capacity) = (buffer.len(), buffer.capacity());
    println!("{what}: {len} bytes in a buffer of {capacity}");
}

fn main() -> Result<(), Box<dyn Error>> {
    let pool = Pool::builder().dot11_bytes(16 << 20).build()?;

    let mut body = pool.dot11(0)?;
    append(&pool, &mut body, SSID, b"framewell")?;
    append(&pool, &mut body, SUPPORTED_RATES, &[0x82, 0x84, 0x8b, 0x96])?;
    let vendor = [0x00, 0x50, 0xf2, 0x02, 0x01, 0x01];
    append(&pool, &mut body, VENDOR_SPECIFIC, &vendor)?;
    show("body", &body);
    append(&pool, &mut body, VENDOR_SPECIFIC, &[0xff; 255])?;
    show("body with one more element", &body);

    for (id, content) in elements(&body) {
        match id {
            SSID => println!("SSID: {}", String::from_utf8_lossy(content)),
            _ => println!("element {id}: {} bytes", content.len()),
        }
    }

    let amsdu = pool.dot11(11_454)?;
    show("A-MSDU", &amsdu);
    let capture = pool.dot11(1 << 20)?;
    show("capture, in a mapping of its own", &capture);

    drop((body, amsdu, capture));
    let chunks = pool.trim().chunks;
    println!("trim returned {chunks} idle chunks of 1 MiB");
    Ok(())
}
