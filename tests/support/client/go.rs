//! The go command.

use super::{Client, Run};
use crate::target;

impl Client {
    /// Points at a proxy and starts a module that imports `imports`. `registry`: no slash at the end.
    pub fn go_module(&mut self, registry: &str, imports: &[&str]) {
        let home = self.home().display().to_string();
        for (name, value) in [
            ("GOPROXY", registry),
            ("GONOSUMDB", "*"),
            ("GOFLAGS", "-mod=mod -modcacherw"),
            ("GOTOOLCHAIN", "local"),
            ("GOVCS", "*:off"),
        ] {
            self.env(name, value);
        }
        self.env("GOMODCACHE", &format!("{home}/modules"));
        // What was compiled is found by its content, so tests can share the standard library; modules they fetch anew.
        let builds = target().join("clients/go-builds");
        self.env("GOCACHE", builds.to_str().expect("a plain path"));
        self.write("go.mod", "module example.com/project\n\ngo 1.18\n");
        let imports: String = imports.iter().map(|path| format!("import _ \"{path}\"\n")).collect();
        self.write("main.go", &format!("package main\n\n{imports}\nfunc main() {{}}\n"));
    }

    pub fn go_get(&self, query: &str) -> Run {
        self.run(&["get", query])
    }

    /// The version that go.mod requires of a module.
    pub fn go_version(&self, module: &str) -> Option<String> {
        let text = self.read("go.mod")?;
        let mut words = text
            .lines()
            .map(|line| line.trim_start_matches("require ").split_whitespace());
        words.find_map(|mut words| (words.next() == Some(module)).then(|| words.next().map(str::to_owned))?)
    }
}
