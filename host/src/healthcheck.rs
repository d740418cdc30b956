//! `osa-proxy healthcheck`: asks the running proxy whether it lives, for containers that have nothing but this binary.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use axum::body::Body;
use http::header::{CONNECTION, HOST};
use http::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Shorter than the three seconds that containers commonly give a check.
const PATIENCE: Duration = Duration::from_secs(2);

/// Asks `/healthz` of the proxy whose `http.server.address` is `listening`. One sentence either way.
pub async fn probe(listening: SocketAddr) -> Result<String, String> {
    if listening.port() == 0 {
        return Err("http.server.address leaves the port open (0), so it is not known here: name one".to_owned());
    }
    let address = SocketAddr::new(callable(listening.ip()), listening.port());
    let url = format!("http://{address}/healthz");
    match tokio::time::timeout(PATIENCE, ask(address)).await {
        Ok(Ok(StatusCode::OK)) => Ok(format!("healthy: {url} answers")),
        Ok(Ok(status)) => Err(format!("unhealthy: {url} answers {status}; is this osa-proxy?")),
        Ok(Err(error)) => Err(format!("unhealthy: {url} does not answer: {error}")),
        Err(_elapsed) => Err(format!("unhealthy: {url} does not answer within {PATIENCE:?}")),
    }
}

/// An address to bind is no address to call when it stands for all of them.
fn callable(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    }
}

/// Over a connection of its own: proxies of the environment and trusted certificates are not for this.
async fn ask(address: SocketAddr) -> anyhow::Result<StatusCode> {
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let driver = tokio::spawn(connection);
    let request = Request::get("/healthz")
        .header(HOST, address.to_string())
        .header(CONNECTION, "close")
        .body(Body::empty())?;
    let response = sender.send_request(request).await?;
    driver.abort();
    Ok(response.status())
}
