//! Container images made from nothing, and a real registry that serves them: distribution's docker-registry, with or
//! without a token service.

mod image;
mod registry;
mod token;

pub(crate) use image::go_arch;
pub use image::{DOCKER_MANIFEST, Image, OCI_INDEX, OCI_MANIFEST};
pub use registry::Registry;
pub use token::{PASSWORD, Tokens, USER};

/// `sha256:HEX`, as registries name content.
pub fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", crate::archive::hex::<sha2::Sha256>(bytes))
}
