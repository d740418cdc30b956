//! The JSON API: `/api/v1/versions/GEM.json`, `/api/v1/dependencies.json`, `/api/v1/gems/GEM.json` and the like.

use osa_plugin_sdk::{Error, Index, Span, json};

use crate::component::{Component, PREFIX, no_candidates, one};
use crate::entries::{Collector, Notes, Subject};
use crate::resource::Resource;
use crate::version;

/// What an object tells of one version. A key that stands there twice is read differently by different parsers.
#[derive(Debug, Default)]
struct Told {
    name: Option<String>,
    version: Option<String>,
    platform: Option<String>,
    link: Option<(Span, String)>,
    twice: bool,
}

/// An array of versions, of one gem or of those that their own members name.
pub(crate) fn scan_list(gem: Option<&str>, body: &[u8]) -> Result<(Index, Notes), Error> {
    let mut collector = Collector::default();
    json::read(body, |cursor| {
        cursor.array(|cursor| {
            if cursor.kind()? != json::Kind::Object {
                let span = cursor.skip()?.span;
                collector.doubt(span);
                return Ok(());
            }
            let (told, span) = Told::read(cursor)?;
            let name = gem.or(told.name.as_deref());
            match name.and_then(|name| told.component(name)) {
                Some(component) => collector.add(span, |candidates| component.push(candidates)),
                None => collector.doubt(span),
            }
            Ok(())
        })
    })?;
    let (candidates, notes) = collector.finish(true);
    Ok((
        Index {
            prefix: PREFIX.into(),
            candidates,
            notes: Vec::new(),
        },
        notes,
    ))
}

/// One object about one version.
pub(crate) fn scan_one(gem: &str, body: &[u8]) -> Result<(Index, Subject), Error> {
    let (told, _) = json::read(body, Told::read)?;
    if told.twice {
        return Err(Error::Malformed(
            "an object says twice which version it is about".into(),
        ));
    }
    let component = told.component(gem);
    // The latest version of a gem that is not there is called so.
    if component.is_none() && told.version.as_deref().is_some_and(|version| version != "unknown") {
        return Err(Error::Malformed("an object is about a version that is none".into()));
    }
    let index = component.as_ref().map_or_else(no_candidates, one);
    Ok((index, Subject { link: told.link }))
}

// === impl Told ===

impl Told {
    fn read(cursor: &mut json::Cursor<'_>) -> Result<(Self, Span), json::Error> {
        let mut told = Self::default();
        let span = cursor.object(|cursor, member| {
            let Ok(key) = member.key.decode() else { return Ok(()) };
            let slot = match key.as_ref() {
                "name" => &mut told.name,
                "number" | "version" => &mut told.version,
                "platform" => &mut told.platform,
                "gem_uri" => {
                    told.link = cursor.string()?.and_then(link);
                    return Ok(());
                }
                _ => return Ok(()),
            };
            let value = cursor
                .string()?
                .and_then(|text| text.decode().ok())
                .map(std::borrow::Cow::into_owned);
            // `number` and `version` may both be there, when they agree.
            told.twice |= slot.is_some() && *slot != value;
            *slot = value;
            Ok(())
        })?;
        Ok((told, span))
    }

    fn component<'a>(&'a self, name: &'a str) -> Option<Component<'a>> {
        let version = self.version.as_deref().filter(|version| version::is_version(version))?;
        (!self.twice && !name.is_empty()).then(|| Component {
            name,
            version,
            platform: self.platform.as_deref().unwrap_or_default(),
        })
    }
}

/// A link to a gem, wherever it leads: what takes its place, and the path behind the link base.
fn link(text: json::Text<'_>) -> Option<(Span, String)> {
    let url = text.decode().ok()?;
    let (_, file) = url.rsplit_once("/gems/")?;
    let path = format!("gems/{file}");
    matches!(Resource::of(&path), Resource::Gem { .. }).then(|| (text.inner(), path))
}
