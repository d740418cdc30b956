//! `admin`

use super::codescoring::header_text;
use super::model::Admin;
use crate::yaml::Map;
use crate::yaml::value::listen_address;

pub(super) fn read(mut map: Map<'_>) -> Admin {
    let admin = Admin {
        address: map.get("address", "127.0.0.1:9090", listen_address),
        token: map
            .optional("token", "${OSA_PROXY_ADMIN_TOKEN}")
            .and_then(|token| token.parse_hidden(header_text)),
    };
    map.finish();
    admin
}
