//! Python's installers.

use super::{Client, Run, Tool};

impl Client {
    /// Installs requirements into `project/site` (Python's clients). `index`: the simple index with its slash.
    pub fn install_python(&self, index: &str, requirements: &[&str]) -> Run {
        let site = self.project().join("site");
        let site = site.to_str().expect("temporary folders have plain names");
        let mut arguments = match self.tool {
            Tool::Uv => vec!["pip", "install", "--no-cache", "--index-url", index, "--target", site],
            _ => vec![
                "install",
                "--isolated",
                "--no-cache-dir",
                "--disable-pip-version-check",
                "--retries",
                "0",
                "-i",
                index,
                "--target",
                site,
            ],
        };
        arguments.extend(requirements);
        self.run(&arguments)
    }

    /// `RELEASE` of an installed Python module.
    pub fn python_version(&self, module: &str) -> Option<String> {
        let text = self.read(&format!("site/{module}.py"))?;
        Some(text.split('\'').nth(1)?.to_owned())
    }
}
