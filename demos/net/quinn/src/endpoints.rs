//! The two ends over loopback, with a certificate that is made for them.

use std::net::Ipv4Addr;
use std::sync::Arc;

use quinn::rustls::RootCertStore;
use quinn::rustls::pki_types::PrivatePkcs8KeyDer;
use quinn::{ClientConfig, Connection, Endpoint, ServerConfig, TransportConfig};

use crate::Failed;

/// The endpoints of a client and of a server, and a connection between them, seen by each.
pub(crate) struct Pair {
    pub(crate) endpoints: [Endpoint; 2],
    pub(crate) client: Connection,
    pub(crate) server: Connection,
}

impl Pair {
    /// Connects a client to a server. The client keeps at most `window` bytes of streams that are
    /// not acknowledged.
    pub(crate) async fn connect(window: u64) -> Result<Self, Failed> {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
        let certificate = made.cert.der().clone();
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let config = ServerConfig::with_single_cert(vec![certificate.clone()], key.into())?;
        let local = (Ipv4Addr::LOCALHOST, 0).into();
        let listener = Endpoint::server(config, local)?;

        let mut roots = RootCertStore::empty();
        roots.add(certificate)?;
        let mut config = ClientConfig::with_root_certificates(Arc::new(roots))?;
        let mut transport = TransportConfig::default();
        transport.send_window(window);
        config.transport_config(Arc::new(transport));
        let caller = Endpoint::client(local)?;
        let connecting = caller.connect_with(config, listener.local_addr()?, "localhost")?;
        let accepted = async {
            let incoming = listener.accept().await.ok_or("the listener was closed")?;
            Ok::<_, Failed>(incoming.await?)
        };
        let called = async { Ok::<_, Failed>(connecting.await?) };
        let (client, server) = tokio::try_join!(called, accepted)?;
        let endpoints = [caller, listener];
        Ok(Self {
            endpoints,
            client,
            server,
        })
    }

    /// Closes the connection, and waits until all its tasks are gone, and with them their frames.
    pub(crate) async fn close(self) {
        let Self {
            endpoints,
            client,
            server,
        } = self;
        client.close(0_u8.into(), b"");
        server.close(0_u8.into(), b"");
        drop((client, server));
        for endpoint in endpoints {
            endpoint.wait_idle().await;
        }
    }
}
