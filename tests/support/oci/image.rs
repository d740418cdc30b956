//! Images of one small layer, by the OCI image specification and Docker's schema 2.

use serde_json::{Value, json};

use super::digest;
use crate::archive::tar_gz;
use crate::upstream::{Encoding, decode};

pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";
const DOCKER_LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";
const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const OCI_LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// A manifest with all that it names.
#[derive(Clone, Debug)]
pub struct Image {
    pub media_type: &'static str,
    /// The bytes that the digest is of.
    pub manifest: Vec<u8>,
    /// Configuration and layers; none for an index.
    pub blobs: Vec<Vec<u8>>,
    /// What an index lists.
    pub parts: Vec<Self>,
    /// What stands in the layer's `hello.txt`.
    pub text: String,
}

impl Image {
    /// For this machine, with a file `hello.txt` of this text, in OCI's media types.
    pub fn new(text: &str) -> Self {
        Self::built(OCI_MANIFEST, std::env::consts::ARCH, text)
    }

    /// The same in Docker's.
    pub fn docker(text: &str) -> Self {
        Self::built(DOCKER_MANIFEST, std::env::consts::ARCH, text)
    }

    fn built(media_type: &'static str, arch: &str, text: &str) -> Self {
        let layer = tar_gz(&[("hello.txt", text)]);
        let config = json!({
            "architecture": go_arch(arch), "os": "linux", "created": "2024-01-01T00:00:00Z",
            "config": {"Cmd": ["/hello"]},
            "rootfs": {"type": "layers", "diff_ids": [digest(&decode(Encoding::Gzip, &layer))]},
            "history": [{"created": "2024-01-01T00:00:00Z", "created_by": text}],
        });
        let (config_type, layer_type) = if media_type == DOCKER_MANIFEST {
            (DOCKER_CONFIG, DOCKER_LAYER)
        } else {
            (OCI_CONFIG, OCI_LAYER)
        };
        let config = (config_type, config.to_string().into_bytes());
        Self::of(media_type, text, config, (layer_type, layer))
    }

    fn of(media_type: &'static str, text: &str, config: (&str, Vec<u8>), layer: (&str, Vec<u8>)) -> Self {
        let manifest = json!({
            "schemaVersion": 2, "mediaType": media_type,
            "config": descriptor(config.0, &config.1), "layers": [descriptor(layer.0, &layer.1)],
        });
        Self {
            media_type,
            manifest: manifest.to_string().into_bytes(),
            blobs: vec![config.1, layer.1],
            parts: Vec::new(),
            text: text.to_owned(),
        }
    }

    /// One image for this machine and one for another kind.
    pub fn two_platforms(text: &str) -> Self {
        let [own, other] = match std::env::consts::ARCH {
            "aarch64" => ["aarch64", "x86_64"],
            own => [own, "aarch64"],
        };
        let parts = [own, other].map(|arch| {
            let platform = json!({"architecture": go_arch(arch), "os": "linux"});
            (Self::built(OCI_MANIFEST, arch, text), platform, json!({}))
        });
        Self::index(parts)
    }

    /// An image for this machine and, as BuildKit does it, a manifest of no platform that says how it was built.
    pub fn attested(text: &str) -> Self {
        let image = Self::new(text);
        let statement =
            json!({"_type": "https://in-toto.io/Statement/v0.1", "predicateType": "https://slsa.dev/provenance/v0.2"});
        let statement = statement.to_string().into_bytes();
        let config = json!({"architecture": "unknown", "os": "unknown", "config": {},
            "rootfs": {"type": "layers", "diff_ids": [digest(&statement)]}});
        let attestation = Self::of(
            OCI_MANIFEST,
            "",
            (OCI_CONFIG, config.to_string().into_bytes()),
            ("application/vnd.in-toto+json", statement),
        );
        let about =
            json!({"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": image.digest()});
        let platform = json!({"architecture": go_arch(std::env::consts::ARCH), "os": "linux"});
        let unknown = json!({"architecture": "unknown", "os": "unknown"});
        Self::index([(image, platform, json!({})), (attestation, unknown, about)])
    }

    fn index(parts: impl IntoIterator<Item = (Self, Value, Value)>) -> Self {
        let (mut manifests, mut images) = (Vec::new(), Vec::new());
        for (image, platform, annotations) in parts {
            let mut entry = descriptor(image.media_type, &image.manifest);
            entry["platform"] = platform;
            entry["annotations"] = annotations;
            manifests.push(entry);
            images.push(image);
        }
        let manifest = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests});
        Self {
            media_type: OCI_INDEX,
            manifest: manifest.to_string().into_bytes(),
            blobs: Vec::new(),
            parts: images,
            text: String::new(),
        }
    }

    pub fn digest(&self) -> String {
        digest(&self.manifest)
    }

    /// The image that a client of this machine takes: itself, or the first of an index.
    pub fn own(&self) -> &Self {
        self.parts.first().unwrap_or(self)
    }
}

fn descriptor(media_type: &str, bytes: &[u8]) -> Value {
    json!({"mediaType": media_type, "digest": digest(bytes), "size": bytes.len()})
}

/// Go's name of an architecture.
pub(crate) fn go_arch(arch: &str) -> &str {
    match arch {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}
