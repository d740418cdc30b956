//! A list of URLs, one a line; what begins with `#` is a remark.

use osa_plugin_sdk::url::Location;
use osa_plugin_sdk::{Error, Span};

use super::align::Vote;
use super::{Form, Link, Notes};

/// Of a remark, for people.
const REMARK: usize = 200;

pub(super) fn scan(registry: &Location, file: Option<&str>, body: &[u8]) -> Result<Notes, Error> {
    let text = std::str::from_utf8(body)
        .map_err(|error| Error::Malformed(format!("a list of mirrors that is no text: {error}")))?;
    let mut vote = Vote::new(registry);
    let (mut mirrors, mut remark) = (false, String::new());
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some(said) = line.strip_prefix('#') {
            if remark.is_empty() {
                remark = said.trim().chars().take(REMARK).collect();
            }
        } else if line.contains("://") {
            mirrors = true;
            vote.add(line);
        } else {
            return Err(Error::Malformed("a line of a list of mirrors is no URL".into()));
        }
    }
    let path = match file {
        Some(file) => Some(file.to_owned()),
        None => vote.result().map(|path| as_folder(&path)),
    };
    let link = Link {
        span: Span::new(0, body.len() as u32),
        form: Form::Line,
        path,
    };
    Ok(Notes {
        links: if mirrors { vec![link] } else { Vec::new() },
        gone: Vec::new(),
        remark,
    })
}

fn as_folder(path: &str) -> String {
    let path = path.trim_end_matches('/');
    if path.is_empty() {
        String::new()
    } else {
        format!("{path}/")
    }
}
