//! What `scan` hands to `plan`, packed by postcard.

use serde::{Deserialize, Serialize};

use crate::Error;

pub fn pack<T: Serialize>(notes: &T) -> Result<Vec<u8>, Error> {
    // Counting first costs little and spares the doubling of a large buffer.
    let size = postcard::experimental::serialized_size(notes)
        .map_err(|error| Error::Malformed(format!("the notes cannot be packed: {error}")))?;
    let mut bytes = vec![0; size];
    postcard::to_slice(notes, &mut bytes)
        .map_err(|error| Error::Malformed(format!("the notes cannot be packed: {error}")))?;
    Ok(bytes)
}

/// May borrow from the bytes. Notes of another version of the plugin are an error, or garbage: the host keeps them
/// with the hash of the binary that made them.
pub fn unpack<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Error> {
    postcard::from_bytes(bytes).map_err(|error| Error::Malformed(format!("these are no notes of this plugin: {error}")))
}
