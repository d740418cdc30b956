//! The version order of each ecosystem, for whoever has ranges to check.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::PluginSet;
use crate::judge::embedded::VersionOrder;

impl VersionOrder for PluginSet {
    fn rank(&self, purl_type: &str, versions: Vec<String>) -> BoxFuture<'_, Result<Vec<Option<u32>>, String>> {
        let plugin = self.purl_type(purl_type).cloned();
        let missing = format!("no plugin is loaded for package URLs of type {purl_type}");
        async move {
            match plugin {
                Some(plugin) => plugin.rank_versions(versions).await.map_err(|failure| failure.message),
                None => Err(missing),
            }
        }
        .boxed()
    }
}
