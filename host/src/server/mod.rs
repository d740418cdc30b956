//! The process as a server: everything built from a configuration, started, and stopped again.

mod listen;
mod routes;
mod wire;

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::judge::Judge;
use crate::pipeline::Gateway;
use crate::plugin::PluginSet;

/// A running proxy. Dropping it stops nothing; call [`Server::stop`].
pub struct Server {
    address: SocketAddr,
    stop: CancellationToken,
    running: JoinHandle<()>,
}

impl Server {
    /// Opens the repositories, binds `http.server.address` and serves.
    pub async fn start(config: &Config, plugins: &PluginSet, judge: Arc<dyn Judge>) -> anyhow::Result<Self> {
        let gateway = Arc::new(Gateway::new(config, plugins, judge)?);
        let router = routes::router(gateway);
        let wanted = config.http.server.address;
        let listener = TcpListener::bind(wanted)
            .await
            .with_context(|| format!("http.server.address: {wanted} cannot be listened on"))?;
        let address = listener.local_addr().context("the bound address is not known")?;
        let stop = CancellationToken::new();
        let running = tokio::spawn(listen::serve(
            listener,
            router,
            config.http.server.clone(),
            stop.clone(),
        ));
        Ok(Self { address, stop, running })
    }

    /// The address in use; tells the port when the configuration says 0.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no more connections and waits for running requests, at most `http.server.shutdown-timeout`.
    pub async fn stop(self) {
        self.stop.cancel();
        if let Err(error) = self.running.await {
            tracing::error!(%error, "the server did not stop in order");
        }
    }
}
