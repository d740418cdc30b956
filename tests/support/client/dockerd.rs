//! Docker's daemon with images in a throw-away home, driven by Docker's command.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::{Client, Run, Tool, isolate};
use crate::proxy::collect;

/// Long enough for a loaded machine.
const START: Duration = Duration::from_secs(30);

/// Ends, with the containerd that it starts, when dropped.
pub struct Dockerd {
    pub client: Client,
    child: Child,
    log: Arc<Mutex<String>>,
    readers: Vec<JoinHandle<()>>,
}

impl Dockerd {
    /// `mirror`: the URL of a registry to ask first for images without a registry's name. `names`: hosts that it resolves to
    /// 127.0.0.1. None: it cannot be had or run here, and the skip is reported.
    pub fn start(test: &str, mirror: Option<&str>, names: &[&str]) -> Option<Self> {
        let mut client = Client::container(Tool::Docker, test)?;
        let daemon = super::tool::on_path("dockerd").expect("it is there when its client is");
        let docker = std::mem::replace(&mut client.command, vec![daemon]);
        if !names.is_empty() && !client.resolve(names, test) {
            return None;
        }
        let home = client.home().display().to_string();
        let at = |name: &str| format!("{home}/{name}");
        let mut command = Command::new(&client.command[0]);
        command.args(&client.command[1..]);
        isolate(&mut command, client.home());
        // It may not reach anything but this machine, whatever it falls back to: port 9 takes no connections.
        command
            .env("HTTP_PROXY", "http://127.0.0.1:9")
            .env("HTTPS_PROXY", "http://127.0.0.1:9")
            .env("NO_PROXY", "127.0.0.1,.example");
        command
            .args([
                "--data-root",
                &at("data"),
                "--exec-root",
                &at("exec"),
                "--pidfile",
                &at("pid"),
            ])
            .args(["--host", &format!("unix://{}", at("d.sock")), "--storage-driver", "vfs"])
            .args(["--iptables=false", "--ip6tables=false", "--bridge=none"]);
        if let Some(mirror) = mirror {
            command.args(["--registry-mirror", mirror]);
        }
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("dockerd starts");
        let log = Arc::<Mutex<String>>::default();
        let readers = vec![
            collect(child.stdout.take().expect("a pipe"), log.clone()),
            collect(child.stderr.take().expect("a pipe"), log.clone()),
        ];
        client.command = docker;
        client.env("DOCKER_HOST", &format!("unix://{}", at("d.sock")));
        let mut dockerd = Self {
            client,
            child,
            log,
            readers,
        };
        let start = Instant::now();
        while !dockerd.client.run(&["version"]).ok {
            let ended = dockerd.child.try_wait().expect("a child can be waited for");
            assert!(
                ended.is_none() && start.elapsed() < START,
                "dockerd does not come up:\n{}",
                dockerd.log()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(dockerd)
    }

    pub fn pull(&self, image: &str) -> Run {
        self.client.run(&["pull", image])
    }

    /// The socket of the containerd that it has started.
    pub fn containerd(&self) -> PathBuf {
        self.client.home().join("exec/containerd/containerd.sock")
    }

    /// Everything it logged so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }
}

impl Drop for Dockerd {
    fn drop(&mut self) {
        // On this signal it ends its containerd, too, and takes its mounts away.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(10) && matches!(self.child.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        for reader in self.readers.drain(..) {
            let _ = reader.join();
        }
        if std::thread::panicking() {
            println!("--- log of dockerd ---\n{}", self.log());
        }
    }
}
