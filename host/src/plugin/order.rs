//! What names and versions mean in each ecosystem, for whoever has patterns and ranges to check.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::PluginSet;
use crate::judge::embedded::VersionOrder;

impl VersionOrder for PluginSet {
    fn folds_case(&self, purl_type: &str) -> bool {
        self.purl_type(purl_type)
            .is_some_and(|plugin| plugin.description().folds_case)
    }

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
