#!/usr/bin/env bash
# quiche 0.30.0 (crates.io): a buffer that `stream_send_zc` refuses with `Error::Done` is dropped,
# though its documentation says that it comes back. It needs cmake, a C++ compiler and libclang, and
# some minutes, for quiche compiles BoringSSL.
#
# Input:    a connection whose peer takes 10 bytes of data. 15 bytes are sent, and then what came
#           back of them. The documentation of the call says that what was not written comes back,
#           and names `Error::Done` as one of these cases.
# Expected: 5 bytes come back the first time, and again the second time.
# Seen:     the second call returns `Err(Error::Done)`, which has no place for a buffer, and the 5
#           bytes are gone. A program that wants to send them later has to give a clone.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cargo init --quiet --name finding --vcs none .
cargo add --quiet quiche@=0.30.0 bytes@=1.12.2 rcgen@=0.14.7
cat > src/main.rs <<'RUST'
use std::sync::Arc;

use bytes::Bytes;
use quiche::{Config, Connection, ConnectionId, Error, RecvInfo};

#[derive(Clone, Debug, Default)]
struct Buffers;

impl quiche::BufFactory for Buffers {
    type Buf = Bytes;
    type DgramBuf = Vec<u8>;
    fn buf_from_slice(bytes: &[u8]) -> Bytes {
        Bytes::copy_from_slice(bytes)
    }
    fn dgram_buf_from_slice(bytes: &[u8]) -> Vec<u8> {
        bytes.to_vec()
    }
}

/// The owner of the bytes, of which the program keeps another reference to count them.
struct Owner(Arc<[u8]>);

impl AsRef<[u8]> for Owner {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

fn carry(from: &mut Connection<Buffers>, to: &mut Connection<Buffers>) {
    let mut packet = [0; 1350];
    while let Ok((len, way)) = from.send(&mut packet) {
        let info = RecvInfo { from: way.from, to: way.to };
        to.recv(&mut packet[..len], info).expect("the packet is right");
    }
}

fn main() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write("cert.pem", made.cert.pem()).unwrap();
    std::fs::write("key.pem", made.signing_key.serialize_pem()).unwrap();
    let mut config = Config::new(quiche::PROTOCOL_VERSION).unwrap();
    config.load_cert_chain_from_pem_file("cert.pem").unwrap();
    config.load_priv_key_from_pem_file("key.pem").unwrap();
    config.set_application_protos(&[b"finding"]).unwrap();
    config.verify_peer(false);
    config.set_initial_max_data(10);
    config.set_initial_max_stream_data_bidi_remote(1000);
    config.set_initial_max_streams_bidi(1);
    let (here, there) = (([127, 0, 0, 1], 1).into(), ([127, 0, 0, 1], 2).into());
    let ids = [[1; 16], [2; 16]];
    let [first, second] = [0, 1].map(|i| ConnectionId::from_ref(&ids[i]));
    let mut client: Connection<Buffers> =
        quiche::connect_with_buffer_factory(None, &first, here, there, &mut config).unwrap();
    let mut server: Connection<Buffers> =
        quiche::accept_with_buf_factory(&second, None, there, here, &mut config).unwrap();
    for _ in 0..10 {
        carry(&mut client, &mut server);
        carry(&mut server, &mut client);
    }
    assert!(client.is_established());

    let (sent, left) = client
        .stream_send_zc(0, Bytes::from_static(b"0123456789abcde"), false)
        .unwrap();
    let left = left.expect("the peer takes 10 bytes");
    println!("quiche 0.30.0: {sent} bytes are taken, {} come back", left.len());
    assert_eq!((sent, &left[..]), (10, &b"abcde"[..]));

    let bytes: Arc<[u8]> = left[..].into();
    let again = Bytes::from_owner(Owner(bytes.clone()));
    let result = client.stream_send_zc(0, again, false);
    let kept = Arc::strong_count(&bytes) - 1;
    println!("quiche 0.30.0: {result:?}, and {kept} references to the bytes are left");
    std::process::exit(i32::from(result != Err(Error::Done) || kept != 0));
}
RUST
cargo run --quiet
