//! Service indexes: where the feed's resources are.

use osa_plugin_sdk::{
    Span,
    json::{self, Cursor, Kind},
};

use super::links::Leads;
use super::{Scan, is};
use crate::notes::{List, Of, Part};

/// Resources that clients cannot do without: where these are on a host that is not configured, the answer under the
/// mapped link says so. All others go then, and clients do without.
const NEEDED: [&str; 4] = [
    "PackageBaseAddress",
    "RegistrationsBaseUrl",
    "SearchQueryService",
    "SearchAutocompleteService",
];

/// Pages for people and places to push to, where no package comes from: they stay as they are when they are elsewhere.
const HARMLESS: [&str; 5] = [
    "PackageDetailsUriTemplate",
    "ReportAbuseUriTemplate",
    "OwnerDetailsUriTemplate",
    "PackagePublish",
    "SymbolPackagePublish",
];

/// The older protocol, in which this proxy judges nothing.
const LEGACY: &str = "LegacyGallery";

/// Clients refuse to take this one over http.
const SECURE: &str = "RepositorySignatures";

/// What a resource is to clients; of several types the last of these counts.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    #[default]
    Other,
    Harmless,
    Secure,
    Needed,
    Legacy,
}

impl<'a> Scan<'a, '_> {
    pub(super) fn resources(&mut self, cursor: &mut Cursor<'a>) -> Result<(), json::Error> {
        let mut parts = Vec::new();
        cursor.array(|cursor| {
            let start = cursor.offset();
            let of = if cursor.kind()? == Kind::Object {
                self.resource(cursor)?
            } else {
                cursor.skip()?;
                Of::Nothing
            };
            parts.push(Part::of(Span::new(start, cursor.offset()), of));
            Ok(())
        })?;
        self.list(List {
            parts,
            ..List::default()
        });
        Ok(())
    }

    fn resource(&mut self, cursor: &mut Cursor<'a>) -> Result<Of, json::Error> {
        let mut class = Class::default();
        let mut link = None;
        cursor.object(|cursor, member| {
            if is(&member, "@id") {
                if link.is_some() {
                    return Err(cursor.error("a key given twice"));
                }
                link = cursor.string()?;
            } else if is(&member, "@type") {
                match cursor.kind()? {
                    Kind::String => class.read(cursor)?,
                    Kind::Array => {
                        cursor.array(|cursor| class.read(cursor))?;
                    }
                    _ => {}
                }
            }
            Ok(())
        })?;
        let Some(link) = link else {
            return Ok(Of::Nothing);
        };
        let leads = match class {
            Class::Legacy => return Ok(Of::Doubt),
            Class::Needed => self.links.see(&link)?,
            Class::Harmless => self.links.see_ours(&link)?,
            Class::Secure | Class::Other => self.links.see_ours_or_tell(&link)?,
        };
        Ok(match (class, leads) {
            (Class::Secure, Leads::Here) => Of::Secure,
            (Class::Secure | Class::Other, Leads::Elsewhere) | (_, Leads::Nowhere) => Of::Doubt,
            _ => Of::Nothing,
        })
    }
}

impl Class {
    /// One type, with or without its version: `RegistrationsBaseUrl/3.6.0`.
    fn read(&mut self, cursor: &mut Cursor<'_>) -> Result<(), json::Error> {
        let Some(text) = cursor.string()? else {
            return Ok(());
        };
        let text = text.decode()?;
        let name = text.split('/').next().unwrap_or_default();
        let among = |names: &[&str]| names.iter().any(|known| name.eq_ignore_ascii_case(known));
        let read = if among(&[LEGACY]) {
            Self::Legacy
        } else if among(&NEEDED) {
            Self::Needed
        } else if among(&[SECURE]) {
            Self::Secure
        } else if among(&HARMLESS) {
            Self::Harmless
        } else {
            Self::Other
        };
        *self = read.max(*self);
        Ok(())
    }
}
