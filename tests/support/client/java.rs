//! What reads Maven repositories: Maven itself, Gradle and Ivy.

use std::os::unix::fs::symlink;
use std::path::Path;

use super::{Client, Run, Tool};

/// Where the system's packages keep Maven's own plugins, in the layout of a local repository.
pub const SYSTEM_REPOSITORY: &str = "/usr/share/maven-repo";
const DEPENDENCY_PLUGIN: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.5.0";

impl Client {
    /// A Java client. Its virtual machine takes the home from nowhere else, and spends no time on compiling what ends in a
    /// moment.
    pub fn java(tool: Tool, test: &str) -> Option<Self> {
        let mut client = Self::of(tool, test)?;
        let home = format!("-Duser.home={}", client.home().display());
        client.env(
            "JAVA_TOOL_OPTIONS",
            &format!("{home} -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto"),
        );
        Some(client)
    }

    /// Puts what Maven needs to run into its local repository, so that it fetches nothing but what it is told to.
    #[must_use]
    pub fn with_maven_plugins(self) -> Self {
        let mut open = vec![Path::new(SYSTEM_REPOSITORY).to_owned()];
        while let Some(folder) = open.pop() {
            let below = folder.strip_prefix(SYSTEM_REPOSITORY).expect("it lies below");
            let own = self.local_repository().join(below);
            std::fs::create_dir_all(&own).expect("the home can be written");
            for entry in std::fs::read_dir(&folder).expect("a folder").flatten() {
                if entry.path().is_dir() {
                    open.push(entry.path());
                } else {
                    symlink(entry.path(), own.join(entry.file_name())).expect("a fresh folder");
                }
            }
        }
        self
    }

    /// Fetches artifacts with what they depend on, `("com.acme:lib", "[1,3)")` each, to `project/out`, and checks every
    /// checksum that the client can check. `registry`: its URL without a slash at the end.
    pub fn fetch_java(&self, registry: &str, wanted: &[(&str, &str)]) -> Run {
        let wanted: Vec<_> = wanted
            .iter()
            .map(|(of, version)| {
                let (group, name) = of.split_once(':').expect("group and artifact");
                (group, name, *version)
            })
            .collect();
        match self.tool {
            Tool::Mvn => self.fetch_maven(registry, &wanted),
            Tool::Gradle => self.fetch_gradle(registry, &wanted),
            _ => self.fetch_ivy(registry, &wanted),
        }
    }

    /// The files that were fetched, in order of the alphabet.
    pub fn fetched(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.project().join("out"))
            .into_iter()
            .flatten()
            .flatten();
        let mut names: Vec<_> = files
            .map(|file| file.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    fn local_repository(&self) -> std::path::PathBuf {
        self.home().join("m2")
    }

    fn fetch_maven(&self, registry: &str, wanted: &[(&str, &str, &str)]) -> Run {
        self.write(
            "settings.xml",
            &format!(
                "<settings><mirrors><mirror><id>proxy</id><mirrorOf>*</mirrorOf><url>{registry}/</url></mirror></mirrors></settings>"
            ),
        );
        let dependencies: String = wanted
            .iter()
            .map(|(group, name, version)| {
                format!("<dependency><groupId>{group}</groupId><artifactId>{name}</artifactId><version>{version}</version></dependency>")
            })
            .collect();
        self.write(
            "pom.xml",
            &format!(
                "<project><modelVersion>4.0.0</modelVersion><groupId>own</groupId><artifactId>own</artifactId><version>1</version>\
                 <packaging>pom</packaging><dependencies>{dependencies}</dependencies></project>"
            ),
        );
        let local = format!("-Dmaven.repo.local={}", self.local_repository().display());
        let copy = format!("{DEPENDENCY_PLUGIN}:copy-dependencies");
        let output = format!("-DoutputDirectory={}/out", self.project().display());
        self.run(&["-B", "-ntp", "-C", "-U", "-s", "settings.xml", &local, &output, &copy])
    }

    fn fetch_gradle(&self, registry: &str, wanted: &[(&str, &str, &str)]) -> Run {
        let dependencies: String = wanted
            .iter()
            .map(|(group, name, version)| format!("wanted '{group}:{name}:{version}'\n"))
            .collect();
        self.write("settings.gradle", "rootProject.name = 'own'\n");
        self.write(
            "build.gradle",
            &format!(
                "repositories {{ maven {{ url '{registry}/' }} }}\nconfigurations {{ wanted }}\ndependencies {{\n{dependencies}}}\n\
                 task fetch(type: Copy) {{ from configurations.wanted; into 'out' }}\n"
            ),
        );
        let cache = self.home().join("gradle");
        let cache = cache.to_str().expect("temporary folders have plain names");
        self.run(&["-q", "--no-daemon", "--refresh-dependencies", "-g", cache, "fetch"])
    }

    fn fetch_ivy(&self, registry: &str, wanted: &[(&str, &str, &str)]) -> Run {
        let cache = self.home().join("ivy");
        self.write(
            "ivysettings.xml",
            &format!(
                "<ivysettings><settings defaultResolver=\"proxy\"/><caches defaultCacheDir=\"{}\"/><resolvers>\
                 <ibiblio name=\"proxy\" m2compatible=\"true\" root=\"{registry}/\" checksums=\"sha1,md5\"/></resolvers></ivysettings>",
                cache.display()
            ),
        );
        let dependencies: String = wanted
            .iter()
            .map(|(group, name, version)| {
                format!("<dependency org=\"{group}\" name=\"{name}\" rev=\"{version}\" conf=\"default->default\"/>")
            })
            .collect();
        self.write(
            "ivy.xml",
            &format!(
                "<ivy-module version=\"2.0\"><info organisation=\"own\" module=\"own\"/><dependencies>{dependencies}</dependencies></ivy-module>"
            ),
        );
        let files = "out/[artifact]-[revision].[ext]";
        self.run(&[
            "-verbose",
            "-settings",
            "ivysettings.xml",
            "-ivy",
            "ivy.xml",
            "-retrieve",
            files,
        ])
    }
}
