//! Metalinks: for each file its sizes and checksums, and where it can be had.

use osa_plugin_sdk::url::Location;
use osa_plugin_sdk::xml::{Token, Tokens};
use osa_plugin_sdk::{Error, Span};

use super::align::Vote;
use super::{Form, Link, Notes};

/// Longer texts are no URLs.
const LONGEST: usize = 8 * 1024;
/// Real ones are 7 deep.
const DEEPEST: usize = 64;

/// One `file` element, as far as it is read.
struct File<'r> {
    /// Where its link goes: the place of its first URL.
    first: Option<(Span, Form)>,
    vote: Vote<'r>,
}

pub(super) fn scan(registry: &Location, path: Option<&str>, body: &[u8]) -> Result<Notes, Error> {
    let mut tokens = Tokens::new(body)?;
    let mut notes = Notes::default();
    // Names of the open elements, without their prefixes.
    let mut open: Vec<&str> = Vec::new();
    let mut file: Option<File<'_>> = None;
    loop {
        let (token, span) = tokens.token()?;
        match token {
            Token::Start { name, empty } => {
                let local = local(name);
                if open.is_empty() && local != "metalink" {
                    return Err(Error::Malformed(format!(
                        "a page (<{name}>) stands where a list of mirrors belongs"
                    )));
                }
                if open.len() >= DEEPEST {
                    return Err(Error::Malformed(format!("a metalink of more than {DEEPEST} levels")));
                }
                let parent = open.last().copied().unwrap_or_default();
                if matches!(local, "url" | "metaurl") && matches!(parent, "resources" | "file") {
                    let (text, end) = if empty {
                        (String::new(), span.end)
                    } else {
                        text(&mut tokens)?
                    };
                    let whole = Span::new(span.start, end);
                    let Some(file) = &mut file else {
                        return Err(Error::Malformed("a metalink with an URL of no file".into()));
                    };
                    if local == "url" {
                        file.vote.add(&text);
                    }
                    if file.first.is_none() && local == "url" {
                        let form = if parent == "file" {
                            Form::Element4
                        } else {
                            Form::Element3
                        };
                        file.first = Some((whole, form(name.to_owned())));
                    } else {
                        notes.gone.push(whole);
                    }
                    continue;
                }
                if local == "file" {
                    if file.is_some() {
                        return Err(Error::Malformed("a metalink with a file within a file".into()));
                    }
                    if !empty {
                        let vote = Vote::new(registry);
                        file = Some(File { first: None, vote });
                    }
                }
                if !empty {
                    open.push(local);
                }
            }
            Token::End => {
                if open.pop() == Some("file")
                    && let Some(File { first, vote }) = file.take()
                    && let Some((span, form)) = first
                {
                    let path = path.map(str::to_owned).or_else(|| vote.result());
                    notes.links.push(Link { span, form, path });
                }
            }
            Token::Text(_) | Token::Other => {}
            Token::Eof => return Ok(notes),
        }
    }
}

/// What stands in the element that was just opened, and where the element ends.
fn text(tokens: &mut Tokens<'_>) -> Result<(String, u32), Error> {
    let mut text = String::new();
    loop {
        let (token, span) = tokens.token()?;
        match token {
            Token::Text(part) if text.len() + part.len() <= LONGEST => text.push_str(&part),
            Token::Text(_) => return Err(Error::Malformed(format!("an URL of more than {LONGEST} bytes"))),
            Token::Start { .. } => return Err(Error::Malformed("an element within an URL".into())),
            Token::Other => {}
            Token::End => return Ok((text, span.end)),
            Token::Eof => return Err(Error::Malformed("the document ends within an URL".into())),
        }
    }
}

fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}
