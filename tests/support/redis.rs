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
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
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
