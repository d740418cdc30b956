//! `admin`

use super::codescoring::header_text;
use super::model::Admin;
use crate::yaml::Map;
use crate::yaml::value::listen_address;

pub(super) fn read(mut map: Map<'_>) -> Admin {
    let place = map.optional("address", "127.0.0.1:9090");
    let address = place.as_ref().and_then(|address| address.parse(listen_address));
    let token = map
        .optional("token", "${OSA_PROXY_ADMIN_TOKEN}")
        .and_then(|token| token.parse_hidden(header_text));
    if let (Some(place), Some(address), None) = (place, address, &token)
        && !address.ip().is_loopback()
    {
        place.warn("everybody who reaches this address can remove verdicts from the cache: set `admin.token`");
    }
    map.finish();
    Admin { address, token }
}
