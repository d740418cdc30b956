//! A Redis of a test's own: Debian's redis-server on a free port, nothing on disk.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::skip::skip;

/// Long enough for a loaded machine.
const START: Duration = Duration::from_secs(20);

/// Killed when dropped.
pub struct Redis {
    child: Child,
    port: u16,
    /// Arguments of redis-server beside the port.
    args: Vec<String>,
    password: Option<String>,
}

impl Redis {
    /// None: it is not installed, and the skip is reported.
    pub fn start(test: &str) -> Option<Self> {
        Self::start_with(test, &[], None)
    }

    /// With further arguments, and the password that [`Self::cli`] needs then.
    pub fn start_with(test: &str, args: &[&str], password: Option<&str>) -> Option<Self> {
        if Command::new("redis-server").arg("--version").output().is_err() {
            skip(test, "redis-server is not installed");
            return None;
        }
        let args: Vec<String> = args.iter().map(ToString::to_string).collect();
        // Another process may take the port in between; then redis-server ends at once.
        for _ in 0..5 {
            let port = free_port();
            let mut redis = Self {
                child: spawn(port, &args),
                port,
                args: args.clone(),
                password: password.map(Into::into),
            };
            if redis.is_up() {
                return Some(redis);
            }
        }
        panic!("redis-server does not start");
    }

    /// `host:port`
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// What `redis-cli` prints, without the last line break.
    pub fn cli(&self, args: &[&str]) -> String {
        let mut command = Command::new("redis-cli");
        command.args(["-p", &self.port.to_string()]).args(args);
        if let Some(password) = &self.password {
            command.env("REDISCLI_AUTH", password);
        }
        let output = command.output().expect("redis-cli comes with redis-server");
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// On the same port, empty.
    pub fn restart(&mut self) {
        self.kill();
        self.child = spawn(self.port, &self.args);
        assert!(self.is_up(), "redis-server starts again");
    }

    /// Connections stay open, and nothing is answered until [`Self::thaw`].
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let status = Command::new("kill")
            .args([signal, &self.child.id().to_string()])
            .status();
        assert!(status.unwrap().success());
    }

    fn is_up(&mut self) -> bool {
        let start = Instant::now();
        while start.elapsed() < START {
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            if self.cli(&["PING"]) == "PONG" {
                return true;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        false
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Three servers that share the slots, without replicas.
pub struct Cluster {
    pub servers: Vec<Redis>,
    _folders: Vec<tempfile::TempDir>,
}

impl Cluster {
    /// With further arguments of each server. None: as [`Redis::start`].
    pub fn start(test: &str, args: &[&str]) -> Option<Self> {
        let (mut servers, mut folders, mut buses) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..3 {
            let folder = tempfile::tempdir().unwrap();
            // By default it is 10,000 above the port, which may be no port at all.
            let bus = free_port().to_string();
            let own = [
                "--cluster-enabled",
                "yes",
                "--cluster-port",
                &bus,
                "--dir",
                folder.path().to_str().unwrap(),
            ];
            servers.push(Redis::start_with(test, &[&own, args].concat(), None)?);
            folders.push(folder);
            buses.push(bus);
        }
        for (n, (first, last)) in [("0", "5460"), ("5461", "10922"), ("10923", "16383")]
            .into_iter()
            .enumerate()
        {
            servers[n].cli(&["CLUSTER", "ADDSLOTSRANGE", first, last]);
            servers[n].cli(&["CLUSTER", "SET-CONFIG-EPOCH", &(n + 1).to_string()]);
            servers[0].cli(&["CLUSTER", "MEET", "127.0.0.1", &servers[n].port.to_string(), &buses[n]]);
        }
        let cluster = Self {
            servers,
            _folders: folders,
        };
        cluster.wait_until_whole();
        Some(cluster)
    }

    pub fn wait_until_whole(&self) {
        let start = Instant::now();
        let whole = |server: &Redis| {
            let info = server.cli(&["CLUSTER", "INFO"]);
            info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:3")
        };
        while !self.servers.iter().all(whole) {
            assert!(start.elapsed() < START, "the servers find each other");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Entries of each server.
    pub fn sizes(&self) -> Vec<usize> {
        let size = |server: &Redis| server.cli(&["DBSIZE"]).parse().unwrap();
        self.servers.iter().map(size).collect()
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn spawn(port: u16, args: &[String]) -> Child {
    Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
        .args(["--save", "", "--appendonly", "no"])
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}
