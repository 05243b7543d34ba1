//! The configuration of both sides, with a certificate that is made for them.

use boring::pkey::PKey;
use boring::ssl::{SslContextBuilder, SslMethod};
use boring::x509::X509;
use quiche::Config;

/// The name that the certificate is for.
pub(crate) const NAME: &str = "localhost";
/// The most bytes of a packet, which a frame holds.
pub(crate) const PACKET: usize = 1350;
/// The most datagrams that wait to be sent, or to be read.
const DATAGRAMS: usize = 64;

/// Returns the configurations of a client and of a server. The client verifies the server.
pub(crate) fn both() -> Result<(Config, Config), Box<dyn std::error::Error>> {
    let made = rcgen::generate_simple_self_signed([NAME.to_owned()])?;
    let certificate = X509::from_der(made.cert.der())?;
    let key = PKey::private_key_from_pkcs8(&made.signing_key.serialize_der())?;

    let mut client = SslContextBuilder::new(SslMethod::tls())?;
    client.cert_store_mut().add_cert(certificate.clone())?;
    let mut server = SslContextBuilder::new(SslMethod::tls())?;
    server.set_certificate(&certificate)?;
    server.set_private_key(&key)?;

    let mut client = with(client)?;
    client.verify_peer(true);
    Ok((client, with(server)?))
}

fn with(tls: SslContextBuilder) -> quiche::Result<Config> {
    let mut config = Config::with_boring_ssl_ctx_builder(quiche::PROTOCOL_VERSION, tls)?;
    config.set_application_protos(&[b"framewell"])?;
    config.set_max_idle_timeout(30_000);
    config.set_max_send_udp_payload_size(PACKET);
    config.set_initial_max_data(1 << 20);
    config.set_initial_max_stream_data_bidi_local(1 << 20);
    config.set_initial_max_stream_data_bidi_remote(1 << 20);
    config.set_initial_max_streams_bidi(1);
    config.enable_dgram(true, DATAGRAMS, DATAGRAMS);
    Ok(config)
}
