//! A gem server: the compact index with validators that clients compute, the Marshal indexes, the JSON API, gems.

use md5::Md5;
use serde_json::json;
use sha2::Sha256;

use crate::archive::hex;
use crate::upstream::{Encoding, Resource, Upstream, encode};

const DATE: &str = "Mon, 01 Apr 2024 00:00:05 GMT";

#[derive(Clone, Debug)]
pub struct Gem {
    pub name: String,
    pub releases: Vec<Release>,
}

#[derive(Clone, Debug)]
pub struct Release {
    pub number: String,
    /// `ruby` for any.
    pub platform: String,
    /// `(name, requirement)`.
    pub requires: Vec<(String, String)>,
    /// The gem itself: nothing that could be installed, unless a client's own tools have built it.
    pub bytes: Vec<u8>,
    /// What `/quick/Marshal.4.8` has of it.
    pub gemspec: Vec<u8>,
}

impl Gem {
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            releases: Vec::new(),
        }
    }

    #[must_use]
    pub fn releases<'a>(self, numbers: impl IntoIterator<Item = &'a str>) -> Self {
        numbers
            .into_iter()
            .fold(self, |gem, number| gem.release(number, "ruby", &[]))
    }

    #[must_use]
    pub fn release(mut self, number: &str, platform: &str, requires: &[(&str, &str)]) -> Self {
        let full_name = full_name(&self.name, number, platform);
        self.releases.push(Release {
            number: number.to_owned(),
            platform: platform.to_owned(),
            requires: requires
                .iter()
                .map(|(name, requirement)| ((*name).into(), (*requirement).into()))
                .collect(),
            bytes: format!("the gem {full_name}").repeat(20).into_bytes(),
            gemspec: format!("the specification of {full_name}").into_bytes(),
        });
        self
    }

    /// `/info/NAME`.
    pub fn info(&self) -> String {
        let line = |release: &Release| {
            let requires: Vec<_> = release
                .requires
                .iter()
                .map(|(name, requirement)| format!("{name}:{}", requirement.replace(", ", "&")))
                .collect();
            format!(
                "{} {}|checksum:{},ruby:>= 2.0\n",
                release.with_platform(),
                requires.join(","),
                hex::<Sha256>(&release.bytes)
            )
        };
        format!("---\n{}", self.releases.iter().map(line).collect::<String>())
    }

    /// `/api/v1/versions/NAME.json`.
    pub fn versions_json(&self) -> String {
        let version = |release: &Release| {
            json!({ "number": release.number, "platform": release.platform, "prerelease": false,
                "created_at": "2024-04-01T00:00:05.000Z", "sha": hex::<Sha256>(&release.bytes) })
        };
        json!(self.releases.iter().rev().map(version).collect::<Vec<_>>()).to_string()
    }

    /// `/api/v1/gems/NAME.json`.
    pub fn json(&self, base: &str) -> String {
        let last = self.releases.last().expect("a gem has a release");
        let file = full_name(&self.name, &last.number, &last.platform);
        json!({ "name": self.name, "version": last.number, "platform": last.platform,
            "gem_uri": format!("{base}/gems/{file}.gem") })
        .to_string()
    }

    /// Its line in `/versions`, for the releases from `first` on.
    fn versions_line(&self, first: usize) -> String {
        let versions: Vec<_> = self.releases[first..].iter().map(Release::with_platform).collect();
        format!(
            "{} {} {}\n",
            self.name,
            versions.join(","),
            hex::<Md5>(self.info().as_bytes())
        )
    }
}

impl Release {
    fn with_platform(&self) -> String {
        match self.platform.as_str() {
            "ruby" => self.number.clone(),
            platform => format!("{}-{platform}", self.number),
        }
    }
}

/// As the files of a gem are called.
pub fn full_name(name: &str, number: &str, platform: &str) -> String {
    match platform {
        "ruby" => format!("{name}-{number}"),
        platform => format!("{name}-{number}-{platform}"),
    }
}

/// `specs.4.8` before it is packed, every text written out.
pub fn specs(gems: &[Gem]) -> Vec<u8> {
    let mut tuples = Vec::new();
    for (gem, release) in gems
        .iter()
        .flat_map(|gem| gem.releases.iter().map(move |release| (gem, release)))
    {
        tuples.extend(b"[\x08");
        text(&gem.name, &mut tuples);
        tuples.extend(b"U:\x11Gem::Version[\x06");
        text(&release.number, &mut tuples);
        text(&release.platform, &mut tuples);
    }
    let count = gems.iter().map(|gem| gem.releases.len()).sum::<usize>();
    assert!(count <= 122, "small numbers are one byte");
    let head = [4, 8, b'[', if count == 0 { 0 } else { count as u8 + 5 }];
    // Each time anew: the format numbers symbols, and takes them written out again all the same.
    [&head[..], &tuples].concat()
}

fn text(text: &str, out: &mut Vec<u8>) {
    out.extend([b'"', text.len() as u8 + 5]);
    out.extend(text.as_bytes());
}

pub struct Gems {
    pub server: Upstream,
    published: Vec<Gem>,
    versions: String,
}

impl Gems {
    pub async fn with(gems: &[Gem]) -> Self {
        let lines: String = gems.iter().map(|gem| gem.versions_line(0)).collect();
        let mut server = Self {
            server: Upstream::start().await,
            published: gems.to_vec(),
            versions: format!("created_at: 2024-04-01T00:00:05Z\n---\n{lines}"),
        };
        server.server.put("/", Resource::new("text/html", "gems"));
        server.put_indexes(&gzip(&specs(gems)));
        for gem in gems {
            server.put_gem(gem);
        }
        server
    }

    /// Puts an index that a client's own tools have built.
    pub fn put_indexes(&mut self, specs: &[u8]) {
        let names: String = self.published.iter().map(|gem| format!("{}\n", gem.name)).collect();
        self.put_compact("/names", &format!("---\n{names}"));
        self.put_compact("/versions", &self.versions);
        for name in ["specs", "latest_specs"] {
            let resource = Resource::new("application/octet-stream", specs.to_vec()).last_modified(DATE);
            self.server.put(format!("/{name}.4.8.gz"), resource);
        }
        let none = gzip(b"\x04\x08[\x00");
        self.server.put(
            "/prerelease_specs.4.8.gz",
            Resource::new("application/octet-stream", none).last_modified(DATE),
        );
    }

    /// Another release of a gem: `/versions` grows at its end, as that of the real one does.
    pub fn publish(&mut self, gem: &Gem) {
        let known = self
            .published
            .iter_mut()
            .find(|known| known.name == gem.name)
            .expect("a known gem");
        self.versions += &gem.versions_line(known.releases.len());
        *known = gem.clone();
        self.put_compact("/versions", &self.versions);
        self.put_gem(gem);
    }

    fn put_gem(&self, gem: &Gem) {
        self.put_compact(&format!("/info/{}", gem.name), &gem.info());
        let api = |path: &str, body: String| {
            let resource = Resource::new("application/json; charset=utf-8", body);
            self.server.put(format!("/api/v1/{path}/{}.json", gem.name), resource);
        };
        api("versions", gem.versions_json());
        api("gems", gem.json(&self.server.url()));
        for release in &gem.releases {
            let full_name = full_name(&gem.name, &release.number, &release.platform);
            let etag = format!("\"{}\"", hex::<Md5>(&release.bytes));
            let content = Resource::new("application/octet-stream", release.bytes.clone()).etag(&etag);
            self.server
                .put(format!("/gems/{full_name}.gem"), content.last_modified(DATE));
            self.server.put(
                format!("/quick/Marshal.4.8/{full_name}.gemspec.rz"),
                Resource::new("application/octet-stream", release.gemspec.clone()).last_modified(DATE),
            );
        }
    }

    /// The entity tag is the MD5, which is what clients look for.
    fn put_compact(&self, path: &str, body: &str) {
        let etag = format!("\"{}\"", hex::<Md5>(body.as_bytes()));
        let resource = Resource::new("text/plain; charset=utf-8", body.to_owned());
        self.server.put(path, resource.etag(&etag).last_modified(DATE).packed());
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    encode(Encoding::Gzip, bytes)
}
