//! distribution's docker-registry as a child process, over a store of images written in its own layout.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::{Image, Tokens, digest};
use crate::proxy::collect;
use crate::skip::skip;

/// Long enough for a loaded machine.
const START: Duration = Duration::from_secs(20);

/// Killed when dropped.
pub struct Registry {
    child: Child,
    address: String,
    requests: Arc<Mutex<String>>,
    log: Arc<Mutex<String>>,
    readers: Vec<JoinHandle<()>>,
    store: tempfile::TempDir,
}

impl Registry {
    /// With these images: `(name, tag, image)`. None: it is not installed, and the skip is reported.
    pub fn start(test: &str, images: &[(&str, &str, &Image)]) -> Option<Self> {
        Self::configured(test, images, "")
    }

    /// One that sends its clients to a token service, and takes that one's tokens alone.
    pub fn with_tokens(test: &str, images: &[(&str, &str, &Image)], tokens: &Tokens) -> Option<Self> {
        Self::configured(test, images, &tokens.registry_section())
    }

    fn configured(test: &str, images: &[(&str, &str, &Image)], sections: &str) -> Option<Self> {
        if Command::new("docker-registry").arg("--version").output().is_err() {
            skip(test, "docker-registry is not installed, run `make setup`");
            return None;
        }
        let store = tempfile::tempdir().expect("a temporary folder");
        let file = store.path().join("config.yml");
        let config = format!(
            "version: 0.1\nlog:\n  accesslog:\n    disabled: false\nstorage:\n  filesystem:\n    rootdirectory: {}\n\
             http:\n  addr: 127.0.0.1:0\n{sections}",
            store.path().display()
        );
        std::fs::write(&file, config).expect("a fresh file");
        let mut child = Command::new("docker-registry")
            .arg("serve")
            .arg(&file)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("docker-registry starts");
        let (requests, log) = (Arc::<Mutex<String>>::default(), Arc::<Mutex<String>>::default());
        let readers = vec![
            collect(child.stdout.take().expect("a pipe"), requests.clone()),
            collect(child.stderr.take().expect("a pipe"), log.clone()),
        ];
        let mut registry = Self {
            child,
            address: String::new(),
            requests,
            log,
            readers,
            store,
        };
        for (name, tag, image) in images {
            registry.put(name, tag, image);
        }
        registry.address = registry.wait_for_address();
        Some(registry)
    }

    fn wait_for_address(&mut self) -> String {
        let start = Instant::now();
        loop {
            let log = self.log.lock().unwrap().clone();
            if let Some((_, rest)) = log.split_once("listening on ")
                && let Some((address, _)) = rest.split_once('"')
            {
                return address.to_owned();
            }
            let ended = self.child.try_wait().expect("a child can be waited for");
            assert!(
                ended.is_none() && start.elapsed() < START,
                "docker-registry does not listen:\n{log}"
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// `http://127.0.0.1:PORT`, no slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// `127.0.0.1:PORT`
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What was asked for so far, such as `GET /v2/acme/hello/manifests/1.0`, in order of the answers.
    pub fn requests(&self) -> Vec<String> {
        let lines = self.requests.lock().unwrap().clone();
        let request = |line: &str| Some(line.split('"').nth(1)?.strip_suffix(" HTTP/1.1")?.to_owned());
        lines.lines().filter_map(request).collect()
    }

    pub fn forget(&self) {
        self.requests.lock().unwrap().clear();
    }

    /// Adds an image, or gives a tag to another one.
    pub fn put(&self, name: &str, tag: &str, image: &Image) {
        self.put_parts(name, image);
        let tags = format!("{}/_manifests/tags/{tag}", repository(name));
        let digest = image.digest();
        self.write(&format!("{tags}/current/link"), digest.as_bytes());
        self.write(&format!("{tags}/index/sha256/{}/link", hex(&digest)), digest.as_bytes());
    }

    fn put_parts(&self, name: &str, image: &Image) {
        let repository = repository(name);
        for part in &image.parts {
            self.put_parts(name, part);
        }
        for blob in &image.blobs {
            let link = self.put_blob(blob);
            self.write(
                &format!("{repository}/_layers/sha256/{}/link", hex(&link)),
                link.as_bytes(),
            );
        }
        let link = self.put_blob(&image.manifest);
        let revision = format!("{repository}/_manifests/revisions/sha256/{}/link", hex(&link));
        self.write(&revision, link.as_bytes());
    }

    fn put_blob(&self, bytes: &[u8]) -> String {
        let digest = digest(bytes);
        let hex = hex(&digest);
        self.write(&format!("blobs/sha256/{}/{hex}/data", &hex[..2]), bytes);
        digest
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        let file = self.store.path().join("docker/registry/v2").join(path);
        std::fs::create_dir_all(file.parent().unwrap_or(Path::new("/"))).expect("a folder of the test's own");
        std::fs::write(file, bytes).expect("a folder of the test's own");
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        for reader in self.readers.drain(..) {
            let _ = reader.join();
        }
        if std::thread::panicking() {
            println!("--- requests to docker-registry ---\n{}", self.requests().join("\n"));
        }
    }
}

fn repository(name: &str) -> String {
    format!("repositories/{name}")
}

fn hex(digest: &str) -> &str {
    digest.trim_start_matches("sha256:")
}
