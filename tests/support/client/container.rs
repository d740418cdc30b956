//! Clients of container registries: what they pull, and from where.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{Client, Run, Tool};
use crate::oci::Image;
use crate::skip::skip;

/// Those that pull by themselves, without a daemon.
pub const PULLERS: [Tool; 5] = [Tool::Skopeo, Tool::Podman, Tool::Buildah, Tool::Crane, Tool::Oras];

const REGISTRIES: &str = ".config/containers/registries.conf";

impl Client {
    /// With settings of its own: registries are reached without TLS, images need no signature.
    pub fn container(tool: Tool, test: &str) -> Option<Self> {
        let client = Self::of(tool, test)?;
        if matches!(tool, Tool::Podman | Tool::Buildah | Tool::Docker) && !is_root() {
            skip(test, &format!("{tool:?} keeps its images as root"));
            return None;
        }
        let settings = client.home().join(".config/containers");
        std::fs::create_dir_all(&settings).expect("a fresh folder");
        let policy = json!({"default": [{"type": "insecureAcceptAnything"}]});
        std::fs::write(settings.join("policy.json"), policy.to_string()).expect("a fresh file");
        std::fs::write(client.home().join(REGISTRIES), "").expect("a fresh file");
        Some(client)
    }

    /// Writes down a user of a registry, `HOST:PORT`, as `docker login` does, which all of them read.
    pub fn docker_login(&self, registry: &str, user: &str, password: &str) {
        let auth = STANDARD.encode(format!("{user}:{password}"));
        let config = json!({"auths": {registry: {"auth": auth}}});
        let folder = self.home().join(".docker");
        std::fs::create_dir_all(&folder).expect("a folder of the test's own");
        std::fs::write(folder.join("config.json"), config.to_string()).expect("a folder of the test's own");
    }

    /// Has Skopeo, Podman and Buildah ask `HOST:PORT` first for what belongs to a registry, which is away.
    pub fn mirror(&self, registry: &str, mirror: &str) {
        let toml = format!(
            "[[registry]]\nprefix = \"{registry}\"\nlocation = \"127.0.0.1:9\"\ninsecure = true\n\
             [[registry.mirror]]\nlocation = \"{mirror}\"\ninsecure = true\n"
        );
        std::fs::write(self.home().join(REGISTRIES), toml).expect("a folder of the test's own");
    }

    /// Pulls `HOST:PORT/NAME:TAG` or `HOST:PORT/NAME@sha256:DIGEST` for this machine's platform.
    pub fn pull(&self, image: &str) -> Run {
        let platform = format!("linux/{}", crate::oci::go_arch(std::env::consts::ARCH));
        match self.tool {
            // With manifests as they came.
            Tool::Skopeo => self.run(&[
                "copy",
                "--src-tls-verify=false",
                &format!("docker://{image}"),
                "dir:pulled",
            ]),
            Tool::Podman => self.storage(
                &["--cgroup-manager=cgroupfs", "--events-backend=none"],
                &["pull", "--tls-verify=false", image],
            ),
            Tool::Buildah => self.storage(&[], &["pull", "--tls-verify=false", image]),
            Tool::Crane => self.run(&[
                "pull",
                "--insecure",
                "--platform",
                &platform,
                "--format=oci",
                image,
                "pulled",
            ]),
            Tool::Oras => self.run(&[
                "copy",
                "--no-tty",
                "--from-plain-http",
                "--platform",
                &platform,
                image,
                "--to-oci-layout",
                "pulled:image",
            ]),
            other => panic!("{other:?} pulls no images by itself"),
        }
    }

    /// Has containerd, at its socket, fetch `NAMESPACE/NAME:TAG`, where the registry `NAMESPACE` has one mirror and is away.
    pub fn fetch_by_mirror(&self, containerd: &Path, mirror: &str, namespace: &str, image: &str) -> Run {
        let hosts = self.home().join("hosts.d");
        let folder = hosts.join(namespace);
        std::fs::create_dir_all(&folder).expect("a folder of the test's own");
        let toml =
            format!("server = \"http://127.0.0.1:9\"\n[host.\"{mirror}\"]\n  capabilities = [\"pull\", \"resolve\"]\n");
        std::fs::write(folder.join("hosts.toml"), toml).expect("a folder of the test's own");
        let [containerd, hosts] = [containerd, &hosts].map(|path| path.to_str().expect("a plain path"));
        let image = format!("{namespace}/{image}");
        self.run(&[
            "--address",
            containerd,
            "content",
            "fetch",
            "--hosts-dir",
            hosts,
            &image,
        ])
    }

    /// Podman and Buildah with images in the throw-away home.
    fn storage(&self, options: &[&str], command: &[&str]) -> Run {
        let home = self.home().display();
        let [root, runroot] = ["root", "runroot"].map(|name| format!("{home}/{name}"));
        let own = ["--root", &root, "--runroot", &runroot, "--storage-driver", "vfs"];
        self.run(&[&own, options, command].concat())
    }

    /// What is missing of an image for this machine's platform among the files that the client has written: its manifest
    /// byte by byte, its configuration, or its layer, packed or not.
    pub fn lacks(&self, image: &Image) -> Vec<&'static str> {
        let (mut manifest, mut config, mut layer) = (false, false, false);
        let image = image.own();
        files(self.home(), &mut |file, bytes| {
            manifest |= bytes == image.manifest;
            config |= bytes == image.blobs[0];
            layer |= bytes == image.blobs[1] || (file.ends_with("hello.txt") && bytes == image.text.as_bytes());
        });
        // Docker's daemon keeps no manifests.
        manifest |= self.tool == Tool::Docker;
        let found = [("manifest", manifest), ("configuration", config), ("layer", layer)];
        found
            .into_iter()
            .filter(|(_, found)| !found)
            .map(|(name, _)| name)
            .collect()
    }

    /// Whether nothing of an image has come, not even its configuration.
    pub fn has_nothing_of(&self, image: &Image) -> bool {
        self.lacks(image).iter().filter(|part| **part != "manifest").count() == 2
    }
}

fn files(folder: &Path, see: &mut impl FnMut(&Path, &[u8])) {
    // What is no folder any more, or a socket, has nothing to say.
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            files(&path, see);
        } else if let Ok(true) = entry.metadata().map(|about| about.is_file())
            && let Ok(bytes) = std::fs::read(&path)
        {
            see(&path, &bytes);
        }
    }
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}
