//! dnf and zypper, which install into a folder of their own. Signatures of packages and descriptions are checked.

use std::path::Path;

use super::{Client, Run, Tool};

impl Client {
    fn system(&self) -> String {
        self.home().join("system").display().to_string()
    }

    /// dnf with one repository. `source`: `baseurl=URL`, `mirrorlist=URL` or `metalink=URL`.
    pub fn dnf(test: &str, source: &str, key: &Path) -> Option<Self> {
        let client = Self::of(Tool::Dnf, test)?;
        let home = client.home().display();
        client.write(
            "dnf.conf",
            &format!(
                "[main]\ncachedir={home}/cache\nlogdir={home}/log\nreposdir=/dev/null\nplugins=0\nretries=1\n\
                 [acme]\nname=acme\n{source}\ngpgcheck=1\nrepo_gpgcheck=1\ngpgkey=file://{}\n",
                key.display()
            ),
        );
        Some(client)
    }

    pub fn dnf_run(&self, arguments: &[&str]) -> Run {
        let root = format!("--installroot={}", self.system());
        let first = ["-y", "-c", "dnf.conf", &root, "--releasever=9"];
        self.run(&[&first, arguments].concat())
    }

    /// zypper with one repository, whose key it takes from beside its descriptions.
    pub fn zypper(test: &str, url: &str) -> Option<Self> {
        let mut client = Self::of(Tool::Zypper, test)?;
        let log = client.home().join("zypper.log");
        client.env("ZYPP_LOGFILE", log.to_str().expect("a plain path"));
        let added = client.zypper_run(&["addrepo", "--gpgcheck-strict", "--refresh", url, "acme"]);
        assert!(added.ok, "{}", added.text);
        Some(client)
    }

    pub fn zypper_run(&self, arguments: &[&str]) -> Run {
        let root = self.system();
        let first = ["--root", &root, "--non-interactive", "--gpg-auto-import-keys"];
        self.run(&[&first, arguments].concat())
    }

    /// What stands in the file that a package of this name installs: its version.
    pub fn rpm_version(&self, name: &str) -> Option<String> {
        let file = Path::new(&self.system()).join("opt").join(name);
        let text = std::fs::read_to_string(file).ok()?;
        Some(text.trim().to_owned())
    }
}
