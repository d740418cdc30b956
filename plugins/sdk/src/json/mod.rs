//! JSON (RFC 8259) as byte spans, in one pass and without a tree.
//!
//! [`read`] checks the whole document while the caller walks the parts that it cares about; what it
//! leaves alone is skipped, but by the full grammar, so that a document which comes through means the
//! same to every parser. Duplicate keys are shown each time they occur: parsers differ in which one counts.
//!
//! ```
//! use osa_plugin_sdk::{Span, json};
//!
//! let body = br#"{"name": "widget", "versions": {"1.0.0": {}, "1.1.0": {"dist": {}}}}"#;
//! let mut versions = Vec::new();
//! json::read(body, |cursor| {
//!     cursor.object(|cursor, member| {
//!         if member.key.is("versions") {
//!             cursor.object(|cursor, version| {
//!                 let value = cursor.skip()?;
//!                 versions.push((version.key.decode()?, Span::new(version.start, value.span.end)));
//!                 Ok(())
//!             })?;
//!         }
//!         Ok(()) // a value left alone is skipped
//!     })
//! })?;
//! assert_eq!(versions.len(), 2);
//! assert_eq!(versions[0].1.of(body), Some(&br#""1.0.0": {}"#[..]));
//! # Ok::<(), json::Error>(())
//! ```

mod cursor;
mod error;
mod skip;
mod string;
mod text;

pub use cursor::{Cursor, Kind, Member, Value, read};
pub use error::Error;
pub use text::{Text, escape, quote};
