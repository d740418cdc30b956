//! The proxy under test: the real binary as a child process, with a configuration and a policy of the test's own.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::target;

/// Long enough for a loaded machine to compile the plugins.
const START: Duration = Duration::from_mins(1);

/// What a proxy is started with. `osa-proxy.yml` gets the sections as they are, below an address to bind.
#[derive(Clone, Debug)]
pub struct Setup {
    address: String,
    sections: String,
    codescoring: String,
    logging: String,
    server: String,
    client: String,
    policy: String,
    plugin_directory: String,
    plugin_limits: String,
    plugins: Vec<(String, Vec<u8>)>,
    env: Vec<(String, String)>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            address: "127.0.0.1:0".to_owned(),
            sections: String::new(),
            codescoring: String::new(),
            logging: "  level: debug\n".to_owned(),
            server: String::new(),
            client: String::new(),
            policy: "rules: []\n".to_owned(),
            plugin_directory: "plugins".to_owned(),
            plugin_limits: String::new(),
            plugins: Vec::new(),
            env: Vec::new(),
        }
    }
}

/// Stops when dropped. A panic in its log fails the test, and so does an end that nobody asked for.
pub struct Proxy {
    child: Child,
    asked_to_stop: bool,
    address: String,
    log: Arc<Mutex<String>>,
    readers: Vec<JoinHandle<()>>,
    folder: tempfile::TempDir,
}

impl Setup {
    /// One npm repository `/npm/`.
    pub fn npm(registry: &str) -> Self {
        Self::default()
            .plugin("npm")
            .section(&repository("npm", "npm", registry, ""))
    }

    /// One PyPI repository `/pypi/`, its files on another host.
    pub fn pypi(registry: &str, files: &str) -> Self {
        let files = format!("      packages-registry: {files}\n");
        Self::default()
            .plugin("pypi")
            .section(&repository("pypi", "pypi", registry, &files))
    }

    /// One repository `/ruby/` of gems.
    pub fn ruby(registry: &str) -> Self {
        Self::default()
            .plugin("ruby")
            .section(&repository("ruby", "ruby", registry, ""))
    }

    /// One Composer repository `/composer/`, its archives on another host.
    pub fn composer(registry: &str, files: &str) -> Self {
        Self::composer_with(registry, files, "")
    }

    /// `more`: further lines of the repository, six blanks deep.
    pub fn composer_with(registry: &str, files: &str, more: &str) -> Self {
        let more = format!("      packages-registry: {files}\n{more}");
        Self::default()
            .plugin("composer")
            .section(&repository("composer", "composer", registry, &more))
    }

    /// One Maven repository `/maven/`.
    pub fn maven(registry: &str) -> Self {
        Self::default()
            .plugin("maven")
            .section(&repository("maven", "maven", registry, ""))
    }

    /// One Go repository `/go/`; `more`: further lines of it, six blanks deep.
    pub fn go(registry: &str, more: &str) -> Self {
        Self::default()
            .plugin("go")
            .section(&repository("go", "go", registry, more))
    }

    /// One repository `/alpine/`; `more`: further lines of it, six blanks deep.
    pub fn alpine(registry: &str, more: &str) -> Self {
        Self::default()
            .plugin("alpine")
            .section(&file_repository("alpine", "alpine", registry, more))
    }

    /// One repository `/debian/` of packages for bookworm; `more`: further lines of it, six blanks deep.
    pub fn debian(registry: &str, more: &str) -> Self {
        let more = format!("      distro: bookworm\n{more}");
        Self::default()
            .plugin("debian")
            .section(&file_repository("debian", "debian", registry, &more))
    }

    /// One repository `/rpm/`; `more`: further lines of it, six blanks deep.
    pub fn rpm(registry: &str, more: &str) -> Self {
        Self::default()
            .plugin("rpm")
            .section(&file_repository("rpm", "rpm", registry, more))
    }

    /// One repository `/widget/` of the honest third-party plugin.
    pub fn widget(registry: &str) -> Self {
        Self::default()
            .plugin("widget")
            .section(&repository("widget", "widget", registry, ""))
    }

    /// One repository `/hostile/` of the plugin that means harm, and beside it an honest one.
    pub fn hostile(registry: &str) -> Self {
        Self::widget(registry)
            .plugin("hostile")
            .section(&repository("hostile", "hostile", registry, ""))
    }

    /// Top-level YAML.
    #[must_use]
    pub fn section(mut self, yaml: &str) -> Self {
        self.sections.push_str(yaml);
        self
    }

    /// One line below `codescoring:`, such as `work-mode: moderate`.
    #[must_use]
    pub fn codescoring(mut self, line: &str) -> Self {
        self.codescoring.push_str(&format!("  {line}\n"));
        self
    }

    /// The lines below `logging:`, in the place of `level: debug`.
    #[must_use]
    pub fn logging(mut self, lines: &[&str]) -> Self {
        self.logging = lines.iter().map(|line| format!("  {line}\n")).collect();
        self
    }

    /// `http.server.address`, in the place of any free port.
    #[must_use]
    pub fn address(mut self, address: &str) -> Self {
        address.clone_into(&mut self.address);
        self
    }

    /// One line below `http.server:`.
    #[must_use]
    pub fn server(mut self, line: &str) -> Self {
        self.server.push_str(&format!("    {line}\n"));
        self
    }

    /// One line below `http.client:`.
    #[must_use]
    pub fn client(mut self, line: &str) -> Self {
        self.client.push_str(&format!("    {line}\n"));
        self
    }

    /// The policy file.
    #[must_use]
    pub fn policy(mut self, yaml: &str) -> Self {
        yaml.clone_into(&mut self.policy);
        self
    }

    /// A policy that refuses these: `(package URL pattern, versions)`.
    #[must_use]
    pub fn deny(self, rules: &[(&str, &str)]) -> Self {
        self.policy(&denying(rules))
    }

    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds a plugin that `make` builds.
    #[must_use]
    pub fn plugin(self, name: &str) -> Self {
        let wasm = built_plugin(name);
        self.plugin_file(&format!("{name}.wasm"), wasm)
    }

    /// Adds any file to the plugins' folder.
    #[must_use]
    pub fn plugin_file(mut self, name: &str, bytes: Vec<u8>) -> Self {
        self.plugins.push((name.to_owned(), bytes));
        self
    }

    #[must_use]
    pub fn plugin_directory(mut self, directory: &str) -> Self {
        directory.clone_into(&mut self.plugin_directory);
        self
    }

    /// YAML below `plugins:`, beginning with `  limits:`.
    #[must_use]
    pub fn plugin_limits(mut self, yaml: &str) -> Self {
        yaml.clone_into(&mut self.plugin_limits);
        self
    }

    fn yaml(&self) -> String {
        let codescoring = if self.codescoring.is_empty() {
            String::new()
        } else {
            format!("codescoring:\n{}", self.codescoring)
        };
        let client = if self.client.is_empty() {
            String::new()
        } else {
            format!("  client:\n{}", self.client)
        };
        let Self {
            address,
            server,
            sections,
            plugin_directory,
            plugin_limits,
            logging,
            ..
        } = self;
        format!(
            "http:\n  server:\n    address: {address}\n{server}{client}{codescoring}policy:\n  file: policy.yml\n\
             plugins:\n  directory: {plugin_directory}\n{plugin_limits}logging:\n{logging}{sections}"
        )
    }

    /// Writes everything to a folder of its own.
    fn lay_out(&self) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let plugins = folder.path().join("plugins");
        std::fs::create_dir(&plugins).expect("a fresh folder");
        for (name, bytes) in &self.plugins {
            std::fs::write(plugins.join(name), bytes).expect("a fresh file");
        }
        std::fs::write(folder.path().join("osa-proxy.yml"), self.yaml()).expect("a fresh file");
        std::fs::write(folder.path().join("policy.yml"), &self.policy).expect("a fresh file");
        folder
    }

    /// Starts the proxy and waits until it listens.
    pub fn start(&self) -> Proxy {
        self.start_as("serve", &[])
    }

    /// Starts `osa-proxy judge` over the policy.
    pub fn start_judge(&self) -> Proxy {
        self.start_as("judge", &["--address", "127.0.0.1:0"])
    }

    fn start_as(&self, command: &str, arguments: &[&str]) -> Proxy {
        let folder = self.lay_out();
        let mut child = osa_proxy(folder.path());
        child
            .arg(command)
            .arg("osa-proxy.yml")
            .args(arguments)
            .envs(self.env.iter().cloned());
        Proxy::launch(child, folder)
    }

    /// Runs `osa-proxy serve` where it is expected to refuse to start.
    pub fn refused(&self) -> Output {
        self.run("serve")
    }

    /// Runs a command that ends by itself; one that does not fails the test.
    pub fn run(&self, command: &str) -> Output {
        let folder = self.lay_out();
        let mut child = osa_proxy(folder.path());
        child.args([command, "osa-proxy.yml"]).envs(self.env.iter().cloned());
        let mut child = child
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("osa-proxy starts");
        let start = Instant::now();
        while start.elapsed() < START {
            if child.try_wait().expect("a child can be waited for").is_some() {
                return child.wait_with_output().expect("its output can be read");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = child.kill();
        panic!(
            "osa-proxy {command} does not end: {:?}\n{}",
            child.wait_with_output(),
            self.yaml()
        );
    }
}

/// The section of a plugin whose repositories are chosen by host: each a name, a registry, and further lines of it, six
/// blanks deep.
pub fn by_host(section: &str, repositories: &[(&str, &str, &str)]) -> String {
    let entries = repositories
        .iter()
        .map(|(name, registry, more)| format!("    - name: {name}\n      registry: {registry}\n{more}"));
    format!(
        "{section}:\n  enabled: true\n  repository:\n{}",
        entries.collect::<String>()
    )
}

/// A section with one repository; `more`: further lines of it, six blanks deep.
pub fn repository(section: &str, name: &str, registry: &str, more: &str) -> String {
    format!(
        "{section}:\n  enabled: true\n  repository:\n    - name: {name}\n      registry: {registry}\n      scan-manifest: true\n      scan-package: true\n{more}"
    )
}

/// The same for an ecosystem that has no documents to check.
pub fn file_repository(section: &str, name: &str, registry: &str, more: &str) -> String {
    repository(section, name, registry, more).replace("      scan-manifest: true\n", "")
}

/// A policy file whose rules refuse: `(package URL pattern, versions)`; no versions: all.
pub fn denying(rules: &[(&str, &str)]) -> String {
    rules.iter().fold("rules:\n".to_owned(), |mut yaml, (purl, versions)| {
        yaml.push_str(&format!("  - deny: {purl}\n"));
        if !versions.is_empty() {
            yaml.push_str(&format!("    versions: \"{versions}\"\n"));
        }
        yaml + "    policy: Nothing harmful\n    reason: it does harm\n    url: https://policies.example/7\n"
    })
}

/// Where `make plugins` puts what it builds.
fn plugin_folder() -> PathBuf {
    std::env::var_os("OSA_PROXY_TEST_PLUGINS").map_or_else(|| target().join("debug/plugins"), PathBuf::from)
}

/// The names of all ecosystems' plugins.
pub fn plugins_built() -> Vec<String> {
    let entries = std::fs::read_dir(plugin_folder()).expect("`make plugins` has been run");
    let names = entries.map(|entry| entry.expect("a folder that can be read").file_name());
    names
        .filter_map(|name| Some(name.to_str()?.strip_suffix(".wasm")?.to_owned()))
        .collect()
}

/// The bytes of `NAME.wasm` as `make` built it.
pub fn built_plugin(name: &str) -> Vec<u8> {
    let candidates = [
        plugin_folder().join(format!("{name}.wasm")),
        target().join(format!("debug/hostile/{name}.wasm")),
    ];
    let found = candidates.iter().find_map(|file| std::fs::read(file).ok());
    found.unwrap_or_else(|| panic!("no {name}.wasm in target/debug: run `make plugins` and `make fixtures`"))
}

/// The binary, in a folder, with nothing of this process's environment but PATH.
pub fn osa_proxy(folder: &Path) -> Command {
    let tests = std::env::current_exe().expect("a test has a file");
    let binary = tests
        .parent()
        .and_then(Path::parent)
        .expect("it lies in target/debug/deps")
        .join("osa-proxy");
    assert!(binary.exists(), "no {}: run `make build`", binary.display());
    let mut command = Command::new(binary);
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("RUST_BACKTRACE", "0");
    command.current_dir(folder);
    command
}

/// Appends what a child process prints to a text, until it ends.
pub(crate) fn collect(stream: impl Read + Send + 'static, log: Arc<Mutex<String>>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let mut stream = BufReader::new(stream);
        let mut line = Vec::new();
        while stream.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            log.lock().unwrap().push_str(&String::from_utf8_lossy(&line));
            line.clear();
        }
    })
}

impl Proxy {
    /// Starts a command line that serves the `osa-proxy.yml` of a folder, and waits until it listens.
    pub fn launch(mut command: Command, folder: tempfile::TempDir) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("osa-proxy starts");
        let log = Arc::<Mutex<String>>::default();
        let readers = vec![
            collect(child.stdout.take().expect("a pipe"), log.clone()),
            collect(child.stderr.take().expect("a pipe"), log.clone()),
        ];
        let mut proxy = Self {
            child,
            asked_to_stop: false,
            address: String::new(),
            log,
            readers,
            folder,
        };
        proxy.address = proxy.wait_for_address();
        proxy
    }

    /// `http://127.0.0.1:PORT`, no slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// `127.0.0.1:PORT`
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Everything printed and logged so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to shut down, as service managers do.
    pub fn terminate(&mut self) {
        self.asked_to_stop = true;
        let sent = Command::new("kill")
            .args(["-TERM", &self.process().to_string()])
            .status();
        assert!(sent.expect("kill is everywhere").success());
    }

    /// How it ended.
    pub fn wait_for_end(&mut self, patience: Duration) -> ExitStatus {
        let start = Instant::now();
        while start.elapsed() < patience {
            if let Some(status) = self.child.try_wait().expect("a child can be waited for") {
                return status;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("osa-proxy does not end within {patience:?}:\n{}", self.log());
    }

    pub fn rewrite_policy(&self, yaml: &str) {
        std::fs::write(self.folder.path().join("policy.yml"), yaml).expect("the policy can be written");
    }

    fn wait_for_address(&mut self) -> String {
        let start = Instant::now();
        while start.elapsed() < START {
            let log = self.log();
            if let Some((_, rest)) = log.split_once("listens on http://")
                && let Some((address, _)) = rest.split_once('\n')
            {
                return address.trim_end_matches('/').to_owned();
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                std::thread::sleep(Duration::from_millis(50));
                panic!("osa-proxy ended with {status}:\n{}", self.log());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("osa-proxy does not listen after {START:?}:\n{}", self.log());
    }

    /// Waits until the log has a text.
    pub fn wait_for_log(&self, text: &str, patience: Duration) -> bool {
        let start = Instant::now();
        while start.elapsed() < patience {
            if self.log().contains(text) {
                return true;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        false
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let ended = self.child.try_wait().ok().flatten();
        let _ = self.child.kill();
        let _ = self.child.wait();
        for reader in self.readers.drain(..) {
            let _ = reader.join();
        }
        let log = self.log();
        if std::thread::panicking() {
            println!("--- log of osa-proxy ---\n{log}");
            return;
        }
        assert!(
            ended.is_none() || self.asked_to_stop,
            "osa-proxy ended by itself, {ended:?}:\n{log}"
        );
        assert!(!log.contains("panicked at"), "osa-proxy panicked:\n{log}");
    }
}
