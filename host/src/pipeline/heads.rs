//! What a plugin has to say about the head of upstream's answer: where its links and challenges lead.

use http::{HeaderMap, StatusCode};

use super::respond;
use super::visit::{self, Visit};
use crate::failure::Failure;

/// Lets the plugin replace headers of an answer on its way to the client. All lines of a name are replaced together.
pub(super) async fn edit(visit: &Visit<'_>, status: StatusCode, headers: &mut HeaderMap) -> Result<(), Failure> {
    let plugin = &visit.repository.plugin;
    if !plugin.plugin().description().edits_heads {
        return Ok(());
    }
    let head = visit::head_for_plugin(status, headers);
    let edited = plugin
        .edit_head(visit.request.clone(), head, visit.link_base.clone())
        .await?;
    let mut lines = Vec::with_capacity(edited.len());
    for (name, value) in edited {
        let Some(line) = respond::header(&name, &value) else {
            return Err(plugin.plugin().lied("edit-head", format!("set a bad header {name:?}")));
        };
        lines.push(line);
    }
    for (name, _) in &lines {
        headers.remove(name);
    }
    for (name, value) in lines {
        headers.append(name, value);
    }
    Ok(())
}

/// The same for a failure that carries headers of upstream's, such as a challenge.
pub(super) async fn edit_failure(visit: &Visit<'_>, mut failure: Failure) -> Failure {
    if failure.headers.is_empty() {
        return failure;
    }
    match edit(visit, failure.status, &mut failure.headers).await {
        Ok(()) => failure,
        Err(worse) => worse,
    }
}
