//! The process as a server: everything built from a configuration, started, and stopped again.

mod listen;
mod routes;
mod wire;

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::admin::Admin;
use crate::config::{Config, HttpServer};
use crate::judge::Judge;
use crate::pipeline::{Gateway, Repositories};
use crate::plugin::PluginSet;

/// A running proxy. Dropping it stops nothing; call [`Server::stop`].
pub struct Server {
    main: Running,
    /// Where `admin.address` is set.
    admin: Option<Running>,
}

struct Running {
    address: SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Server {
    /// Binds `http.server.address` and `admin.address`, and serves.
    pub async fn start(
        config: &Config,
        plugins: &PluginSet,
        repositories: Repositories,
        judge: Arc<dyn Judge>,
    ) -> anyhow::Result<Self> {
        let gateway = Arc::new(Gateway::new(config, plugins, repositories, judge)?);
        let stop = CancellationToken::new();
        let admin = Arc::new(Admin::new(&config.admin, plugins, Arc::clone(&gateway), stop.clone()));
        let (main, admins) = routes::routers(gateway, &admin)?;
        let settings = &config.http.server;
        let listener = bind("http.server.address", settings.address).await?;
        let admin = match (admins, config.admin.address) {
            (Some(router), Some(address)) => {
                let listener = bind("admin.address", address).await?;
                Some(Running::start(listener, router, settings, CancellationToken::new())?)
            }
            _ => None,
        };
        let main = Running::start(listener, main, settings, stop)?;
        Ok(Self { main, admin })
    }

    /// The address in use; tells the port when the configuration says 0.
    pub fn address(&self) -> SocketAddr {
        self.main.address
    }

    /// That of `admin.address`, when it is set.
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.admin.as_ref().map(|admin| admin.address)
    }

    /// Takes no more requests for packages and waits for running ones, at most `http.server.shutdown-timeout`. Probes are answered
    /// until the end.
    pub async fn stop(self) {
        self.main.stop().await;
        if let Some(admin) = self.admin {
            admin.stop().await;
        }
    }
}

// === impl Running ===

impl Running {
    fn start(
        listener: TcpListener,
        router: Router,
        settings: &HttpServer,
        stop: CancellationToken,
    ) -> anyhow::Result<Self> {
        let address = listener.local_addr().context("the bound address is not known")?;
        let task = tokio::spawn(listen::serve(listener, router, settings.clone(), stop.clone()));
        Ok(Self { address, stop, task })
    }

    async fn stop(self) {
        self.stop.cancel();
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the server did not stop in order");
        }
    }
}

async fn bind(key: &str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    let bound = TcpListener::bind(address).await;
    bound.with_context(|| format!("{key}: {address} cannot be listened on"))
}
