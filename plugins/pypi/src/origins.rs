//! The configured upstreams. Paths of the registry begin with `simple/` where its URL itself ends in `/simple`.

use osa_plugin_sdk::{
    origins::{self, Origin},
    url::Location,
};

#[derive(Debug)]
pub(crate) struct Origins {
    all: origins::Origins,
    /// Whether the registry's URL is that of the simple index itself.
    pub(crate) ends_in_simple: bool,
}

// === impl Origins ===

impl Origins {
    pub(crate) fn open(settings: &str) -> Result<Self, String> {
        let all = origins::Origins::open(settings)?;
        let ends_in_simple = all.registry().base_path().ends_with("/simple");
        let all = if ends_in_simple { all.below("simple/") } else { all };
        Ok(Self { all, ends_in_simple })
    }

    pub(crate) fn of_path<'p>(&self, path: &'p str) -> Option<(&Origin, &'p str)> {
        self.all.of_path(path)
    }

    pub(crate) fn of_location(&self, to: &Location) -> Option<(&Origin, usize)> {
        self.all.of_location(to)
    }
}
