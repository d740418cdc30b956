//! A NuGet feed: service index, three registration hives with inlined or referenced pages, flat container with packages
//! that install, search, autocompletion and vulnerability information.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use crate::archive::{hex, zip};
use crate::proxy::{Setup, repository};
use crate::upstream::{Encoding, Received, Reply, Resource, Upstream, encode};

pub const JSON: &str = "application/json";
/// Hive, whether it is always packed, whether it has versions of Semantic Versioning 2.
const HIVES: [(&str, bool, bool); 3] = [
    ("v3/registration5-semver1", false, false),
    ("v3/registration5-gz-semver1", true, false),
    ("v3/registration5-gz-semver2", true, true),
];

#[derive(Clone, Debug)]
pub struct Package {
    pub id: String,
    versions: Vec<Version>,
    /// Pages are documents of their own, with so many leaves each.
    page_size: Option<usize>,
}

#[derive(Clone, Debug)]
struct Version {
    number: String,
    dependencies: Vec<(String, String)>,
}

impl Package {
    pub fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            versions: Vec::new(),
            page_size: None,
        }
    }

    /// In the feed's order, which is NuGet's.
    #[must_use]
    pub fn versions<'a>(mut self, versions: impl IntoIterator<Item = &'a str>) -> Self {
        for version in versions {
            self = self.depending(version, &[]);
        }
        self
    }

    /// A version with dependencies `(id, range)`.
    #[must_use]
    pub fn depending(mut self, version: &str, dependencies: &[(&str, &str)]) -> Self {
        self.versions.push(Version {
            number: version.to_owned(),
            dependencies: dependencies
                .iter()
                .map(|(id, range)| ((*id).into(), (*range).into()))
                .collect(),
        });
        self
    }

    #[must_use]
    pub fn paged(mut self, size: usize) -> Self {
        self.page_size = Some(size);
        self
    }

    pub fn lower_id(&self) -> String {
        self.id.to_lowercase()
    }

    /// `/v3-flatcontainer/ID/VERSION/ID.VERSION.nupkg`
    pub fn file_path(&self, version: &str) -> String {
        let (id, version) = (self.lower_id(), normal(version));
        format!("/v3-flatcontainer/{id}/{version}/{id}.{version}.nupkg")
    }

    /// As lock files have it, of a package that is not signed.
    pub fn content_hash(&self, version: &str) -> String {
        BASE64.encode(<sha2::Sha512 as sha2::Digest>::digest(self.nupkg(version)))
    }

    /// A package that every framework takes.
    pub fn nupkg(&self, version: &str) -> Vec<u8> {
        zip(&[
            (&format!("{}.nuspec", self.id), &self.nuspec(version)),
            ("lib/netstandard2.0/_._", ""),
            ("content/version.txt", version),
            ("[Content_Types].xml", CONTENT_TYPES),
            (
                "_rels/.rels",
                &format!(
                    r#"<?xml version="1.0" encoding="utf-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Type="http://schemas.microsoft.com/packaging/2010/07/manifest" Target="/{}.nuspec" Id="R1" /></Relationships>"#,
                    self.id
                ),
            ),
        ])
    }

    pub fn nuspec(&self, version: &str) -> String {
        let known = self.versions.iter().find(|known| known.number == version);
        let dependencies: String = known
            .into_iter()
            .flat_map(|known| &known.dependencies)
            .map(|(id, range)| format!(r#"<dependency id="{id}" version="{range}" />"#))
            .collect();
        format!(
            r#"<?xml version="1.0" encoding="utf-8"?><package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd"><metadata><id>{}</id><version>{version}</version><authors>Acme</authors><description>About {}</description><dependencies><group targetFramework=".NETStandard2.0">{dependencies}</group></dependencies></metadata></package>"#,
            self.id, self.id
        )
    }

    fn leaf(&self, base: &str, hive: &str, version: &Version) -> Value {
        let (id, number) = (self.lower_id(), normal(&version.number));
        let content = format!("{base}{}", self.file_path(&version.number));
        let dependencies: Vec<_> = version
            .dependencies
            .iter()
            .map(|(id, range)| {
                let registration = format!("{base}/{hive}/{}/index.json", id.to_lowercase());
                json!({ "@type": "PackageDependency", "id": id, "range": range, "registration": registration })
            })
            .collect();
        json!({
            "@id": format!("{base}/{hive}/{id}/{number}.json"),
            "@type": "Package",
            "commitTimeStamp": "2021-03-04T05:06:07.89+00:00",
            "catalogEntry": {
                "@id": format!("{base}/v3/catalog0/data/{id}.{number}.json"),
                "@type": "PackageDetails",
                "authors": "Acme \u{e9}",
                "dependencyGroups": [{ "targetFramework": ".NETStandard2.0", "dependencies": dependencies }],
                "description": format!("\"items\" of {{{}}}", self.id),
                "id": self.id,
                "listed": true,
                "packageContent": content,
                "published": "2021-03-04T05:06:07.89+00:00",
                "version": version.number,
            },
            "packageContent": content,
            "registration": format!("{base}/{hive}/{id}/index.json"),
        })
    }

    /// A page with the path of its document, where it is one.
    fn page(&self, base: &str, hive: &str, versions: &[&Version]) -> (Value, String) {
        let id = self.lower_id();
        let bound = |version: Option<&&Version>| version.map(|version| version.number.clone()).unwrap_or_default();
        let (lower, upper) = (bound(versions.first()), bound(versions.last()));
        let path = match self.page_size {
            Some(_) => format!(
                "/{hive}/{id}/page/{}/{}.json",
                lower.to_lowercase(),
                upper.to_lowercase()
            ),
            None => format!("/{hive}/{id}/index.json#page/{lower}/{upper}"),
        };
        let leaves: Vec<_> = versions.iter().map(|version| self.leaf(base, hive, version)).collect();
        let page = json!({
            "@id": format!("{base}{path}"),
            "@type": "catalog:CatalogPage",
            "count": leaves.len(),
            "items": leaves,
            "parent": format!("{base}/{hive}/{id}/index.json"),
            "lower": lower,
            "upper": upper,
        });
        (page, path)
    }

    fn pages(&self, base: &str, hive: &str, semver2: bool) -> Vec<(Value, String)> {
        let fits = |version: &&Version| semver2 || !is_semver2(&version.number);
        let versions: Vec<_> = self.versions.iter().filter(fits).collect();
        let size = self.page_size.unwrap_or(64);
        versions
            .chunks(size)
            .map(|versions| self.page(base, hive, versions))
            .collect()
    }

    /// The registration index as the feed at `base` has it.
    pub fn registration(&self, base: &str, hive: &str) -> Value {
        let pages = self.pages(base, hive, hive.ends_with("semver2"));
        let short = |(mut page, _): (Value, String)| {
            if self.page_size.is_some() {
                page.as_object_mut().unwrap().remove("items");
            }
            page
        };
        json!({
            "@id": format!("{base}/{hive}/{}/index.json", self.lower_id()),
            "@type": ["catalog:CatalogRoot", "PackageRegistration"],
            "count": pages.len(),
            "items": pages.into_iter().map(short).collect::<Vec<_>>(),
            "@context": { "@vocab": "http://schema.example/schema#", "items": { "@id": "catalog:item" } },
        })
    }

    /// The flat container's list.
    pub fn list(&self) -> Value {
        let versions: Vec<_> = self.versions.iter().map(|version| normal(&version.number)).collect();
        json!({ "versions": versions })
    }
}

const CONTENT_TYPES: &str = r#"<?xml version="1.0" encoding="utf-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml" /><Default Extension="nuspec" ContentType="application/octet" /><Default Extension="_" ContentType="application/octet" /><Default Extension="txt" ContentType="application/octet" /></Types>"#;

/// As paths have it; the versions of tests need no more.
fn normal(version: &str) -> String {
    version.split('+').next().unwrap_or_default().to_lowercase()
}

fn is_semver2(version: &str) -> bool {
    version.contains('+') || version.split_once('-').is_some_and(|(_, labels)| labels.contains('.'))
}

// === feed ===

pub struct NuGet {
    pub server: Upstream,
    /// Before every path of the feed.
    prefix: String,
}

impl NuGet {
    pub async fn with(packages: &[Package]) -> Self {
        Self::below("", packages).await
    }

    /// A feed below a path, as repository managers have them.
    pub async fn below(prefix: &str, packages: &[Package]) -> Self {
        let feed = Self {
            server: Upstream::start().await,
            prefix: prefix.to_owned(),
        };
        feed.put_service_index();
        for package in packages {
            feed.publish(package);
        }
        let known = packages.to_vec();
        let base = feed.url();
        feed.put("/query", move |request: &Received| search(&base, &known, request));
        let known = packages.to_vec();
        feed.put("/autocomplete", move |request: &Received| complete(&known, request));
        feed.put_vulnerabilities();
        feed
    }

    /// What all URLs of the feed begin with, no slash at the end.
    pub fn url(&self) -> String {
        format!("{}{}", self.server.url(), self.prefix)
    }

    fn put(&self, path: &str, route: impl crate::upstream::Route) {
        self.server.put(format!("{}{path}", self.prefix), route);
    }

    fn put_json(&self, path: &str, body: &Value, always_packed: bool) {
        let body = body.to_string();
        let etag = format!("\"{}\"", hex::<sha1::Sha1>(body.as_bytes()));
        if always_packed {
            // These hives are packed whatever the client says.
            let packed = encode(Encoding::Gzip, body.as_bytes());
            let reply = Reply::ok(JSON, packed)
                .header("content-encoding", "gzip")
                .header("etag", &etag);
            self.put(path, move |request: &Received| match request.header("if-none-match") {
                Some(known) if known == etag => Reply::new(304).header("etag", &etag),
                _ => reply.clone(),
            });
        } else {
            let resource = Resource::new(JSON, body)
                .etag(&etag)
                .last_modified("Thu, 04 Mar 2021 05:06:07 GMT")
                .header("cache-control", "public, max-age=0")
                .packed();
            self.put(path, resource);
        }
    }

    fn put_service_index(&self) {
        let base = self.url();
        let resource =
            |path: &str, kind: &str| json!({ "@id": format!("{base}{path}"), "@type": kind, "comment": "about it" });
        let mut resources = vec![
            resource("/query", "SearchQueryService"),
            resource("/query", "SearchQueryService/3.0.0-beta"),
            resource("/autocomplete", "SearchAutocompleteService"),
            resource("/v3-flatcontainer/", "PackageBaseAddress/3.0.0"),
            resource("/v3/vulnerabilities/index.json", "VulnerabilityInfo/6.7.0"),
            resource("/v3-index/signatures/index.json", "RepositorySignatures/5.0.0"),
            json!({ "@id": "https://www.example/api/v2", "@type": "LegacyGallery/2.0.0" }),
            json!({ "@id": "https://www.example/packages/{id}/{version}", "@type": "PackageDetailsUriTemplate/5.1.0" }),
        ];
        for (hive, kinds) in HIVES.iter().zip([
            &["RegistrationsBaseUrl", "RegistrationsBaseUrl/3.0.0-beta"][..],
            &["RegistrationsBaseUrl/3.4.0"],
            &["RegistrationsBaseUrl/3.6.0", "RegistrationsBaseUrl/Versioned"],
        ]) {
            resources.extend(kinds.iter().map(|kind| resource(&format!("/{}/", hive.0), kind)));
        }
        let index = json!({ "version": "3.0.0", "resources": resources });
        for path in ["/v3/index.json", "/index.json"] {
            self.put_json(path, &index, false);
        }
    }

    /// Puts everything that belongs to a package; a second call replaces it.
    pub fn publish(&self, package: &Package) {
        let (base, id) = (self.url(), package.lower_id());
        for (hive, packed, semver2) in HIVES {
            self.put_json(
                &format!("/{hive}/{id}/index.json"),
                &package.registration(&base, hive),
                packed,
            );
            for (page, path) in package.pages(&base, hive, semver2) {
                if package.page_size.is_some() {
                    self.put_json(&path, &page, packed);
                }
            }
            for version in &package.versions {
                let mut leaf = package.leaf(&base, hive, version);
                leaf["catalogEntry"] = leaf["catalogEntry"]["@id"].clone();
                leaf["listed"] = true.into();
                self.put_json(&format!("/{hive}/{id}/{}.json", normal(&version.number)), &leaf, packed);
            }
        }
        self.put_json(&format!("/v3-flatcontainer/{id}/index.json"), &package.list(), false);
        for version in &package.versions {
            let path = package.file_path(&version.number);
            let file = package.nupkg(&version.number);
            let etag = format!("\"{}\"", hex::<sha1::Sha1>(&file));
            self.put(
                &path,
                Resource::new("application/octet-stream", file.clone()).etag(&etag),
            );
            self.put(
                &path.replace(".nupkg", ".snupkg"),
                Resource::new("application/octet-stream", file),
            );
            let folder = path.rsplit_once('/').map(|(folder, _)| folder).unwrap_or_default();
            self.put(
                &format!("{folder}/{id}.nuspec"),
                Resource::new("application/xml", package.nuspec(&version.number)).etag("\"spec\""),
            );
            self.put(&format!("{folder}/icon"), Resource::new("image/png", &b"\x89PNG"[..]));
        }
    }

    fn put_vulnerabilities(&self) {
        let index = json!([{
            "@name": "base",
            "@id": format!("{}/v3-vulnerabilities/vulnerability.base.json", self.url()),
            "@updated": "2026-11-01T00:00:00Z",
        }]);
        self.put_json("/v3/vulnerabilities/index.json", &index, false);
        let base =
            json!({ "data": [{ "url": "https://advisories.example/1", "severity": 2, "versions": "(, 2.0.0)" }] });
        self.put_json("/v3-vulnerabilities/vulnerability.base.json", &base, false);
    }
}

/// Finds packages whose id holds what was asked for.
fn search(base: &str, packages: &[Package], request: &Received) -> Reply {
    let wanted = parameter(request, "q").to_lowercase();
    let hive = HIVES[0].0;
    let result = |package: &Package| {
        let id = package.lower_id();
        let version = |version: &Version| {
            let link = format!("{base}/{hive}/{id}/{}.json", normal(&version.number));
            json!({ "version": version.number, "downloads": 7, "@id": link })
        };
        let registration = format!("{base}/{hive}/{id}/index.json");
        json!({
            "@id": registration, "@type": "Package", "registration": registration, "id": package.id,
            "version": package.versions.last().map(|version| version.number.clone()),
            "description": "d", "tags": [], "authors": ["Acme"], "totalDownloads": 7, "verified": true,
            "versions": package.versions.iter().map(version).collect::<Vec<_>>(),
        })
    };
    let found: Vec<_> = packages
        .iter()
        .filter(|package| package.lower_id().contains(&wanted))
        .map(result)
        .collect();
    Reply::ok(JSON, json!({ "totalHits": found.len(), "data": found }).to_string())
}

/// Versions of a package, or ids.
fn complete(packages: &[Package], request: &Received) -> Reply {
    let id = parameter(request, "id").to_lowercase();
    let data: Vec<Value> = if id.is_empty() {
        packages.iter().map(|package| json!(package.id)).collect()
    } else {
        let package = packages.iter().find(|package| package.lower_id() == id);
        let versions = package.into_iter().flat_map(|package| &package.versions);
        versions.map(|version| json!(version.number)).collect()
    };
    Reply::ok(JSON, json!({ "totalHits": data.len(), "data": data }).to_string())
}

fn parameter(request: &Received, name: &str) -> String {
    let pairs = request
        .query()
        .unwrap_or_default()
        .split('&')
        .filter_map(|pair| pair.split_once('='));
    let found = pairs.filter(|(key, _)| *key == name).map(|(_, value)| value.to_owned());
    found.take(1).collect()
}

impl Setup {
    /// One NuGet repository `/nuget/`.
    #[must_use]
    pub fn nuget(registry: &str) -> Self {
        Self::default()
            .plugin("nuget")
            .section(&repository("nuget", "nuget", registry, ""))
    }
}
