//! `http`: timeouts and limits towards clients and towards registries.

use super::model::{Http, HttpClient, HttpServer};
use crate::yaml::Map;
use crate::yaml::value::{listen_address, size, timeout, whole};

pub(super) fn read(mut map: Map<'_>) -> Http {
    let server = map.section("server", "\n  read-timeout: 2m");
    let client = map.section("client", "\n  response-timeout: 30s");
    map.finish();
    Http {
        server: read_server(server),
        client: read_client(client),
    }
}

fn read_server(mut map: Map<'_>) -> HttpServer {
    let default = HttpServer::default();
    let server = HttpServer {
        address: map
            .get("address", "0.0.0.0:8080", listen_address)
            .unwrap_or(default.address),
        read_timeout: map.get("read-timeout", "2m", timeout).unwrap_or(default.read_timeout),
        read_header_timeout: map
            .get("read-header-timeout", "5s", timeout)
            .unwrap_or(default.read_header_timeout),
        idle_timeout: map.get("idle-timeout", "120s", timeout).unwrap_or(default.idle_timeout),
        shutdown_timeout: map
            .get("shutdown-timeout", "10s", timeout)
            .unwrap_or(default.shutdown_timeout),
    };
    map.finish();
    server
}

fn read_client(mut map: Map<'_>) -> HttpClient {
    let default = HttpClient::default();
    let client = HttpClient {
        connection_timeout: map
            .get("connection-timeout", "10s", timeout)
            .unwrap_or(default.connection_timeout),
        response_timeout: map
            .get("response-timeout", "30s", timeout)
            .unwrap_or(default.response_timeout),
        max_manifest_body_size: map
            .get("max-manifest-body-size", "200mb", |text| match size(text)? {
                0 => Err("lets no manifest through".into()),
                // Plugins count document offsets in 32 bits.
                bytes if bytes > u64::from(u32::MAX) => Err("is above 4gb".into()),
                bytes => Ok(bytes),
            })
            .unwrap_or(default.max_manifest_body_size),
        max_idle_conns: map
            .get("max-idle-conns", "100", whole(0, 1_000_000))
            .unwrap_or(default.max_idle_conns),
        max_idle_conns_per_host: map
            .get("max-idle-conns-per-host", "10", whole(0, 1_000_000))
            .unwrap_or(default.max_idle_conns_per_host),
        idle_conn_timeout: map
            .get("idle-conn-timeout", "90s", timeout)
            .unwrap_or(default.idle_conn_timeout),
    };
    map.finish();
    client
}
