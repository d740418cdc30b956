//! From a file to what a command needs: configuration, plugins and the Judge that it names, each step told plainly when it fails.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;

use crate::config::{self, Config, ConfigErrors, Draft};
use crate::judge::embedded::Embedded;
use crate::judge::{self, Judge};
use crate::pipeline::Repositories;
use crate::plugin::{LoadError, PluginSet};
use crate::upstream::{client_builder, shares};

/// A configuration, the plugins it was checked against, and its repositories, opened with them.
pub struct App {
    pub config: Config,
    /// What the operator should know, though nothing is wrong.
    pub warnings: Vec<String>,
    pub plugins: PluginSet,
    pub repositories: Repositories,
}

/// Why the process does not start. All but [`StartError::Failed`] are the operator's to mend: exit code 64.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("{0}")]
    Configuration(#[from] ConfigErrors),
    #[error("{}", lines(.0))]
    Plugins(Vec<LoadError>),
    /// What plugins say of their repositories' settings.
    #[error("{}", .0.join("\n"))]
    Settings(Vec<String>),
    #[error("{0:#}")]
    Failed(#[from] anyhow::Error),
}

fn lines(errors: &[LoadError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// Where the proxy of a configuration listens. Plugins are not loaded for this.
pub fn listens_on(argument: Option<&Path>, env: &config::Env<'_>) -> Result<SocketAddr, ConfigErrors> {
    Draft::read(&config::locate(argument, env)?, env)?.listens_on()
}

impl App {
    /// Reads the configuration at `argument`, else where the environment or the working directory has it.
    pub fn load(argument: Option<&Path>, env: &config::Env<'_>) -> Result<Self, StartError> {
        let path = config::locate(argument, env)?;
        Self::resolve(Draft::read(&path, env)?)
    }

    pub fn resolve(draft: Draft) -> Result<Self, StartError> {
        let plugins = PluginSet::load(draft.plugins()).map_err(StartError::Plugins)?;
        let (config, warnings) = draft.resolve(&plugins.descriptions())?;
        let repositories = Repositories::open(&config, &plugins).map_err(StartError::Settings)?;
        Ok(Self {
            config,
            warnings,
            plugins,
            repositories,
        })
    }

    /// The Judge that the configuration names: the platform, or the policy file.
    pub async fn judge(&self) -> Result<Arc<dyn Judge>, StartError> {
        let (http, codescoring) = (&self.config.http.client, &self.config.codescoring);
        if codescoring.url.is_none() {
            return self.embedded().await;
        }
        let (http, _) = shares(http, codescoring.judge_concurrency);
        let client = client_builder(&http)
            .map_err(anyhow::Error::from)?
            .build()
            .context("the HTTP client does not start")?;
        let judge = judge::connect(client, codescoring, http.response_timeout);
        Ok(judge.map_err(anyhow::Error::from)?)
    }

    /// The embedded Judge over `policy.file`, whatever else is configured.
    pub async fn embedded(&self) -> Result<Arc<dyn Judge>, StartError> {
        let order = Arc::new(self.plugins.clone());
        Ok(Arc::new(Embedded::open(&self.config.policy_file, order).await?))
    }
}
