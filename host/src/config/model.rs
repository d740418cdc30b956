//! The resolved configuration: what every other module reads. Defaults are those of the configuration reference.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use url::Url;

use crate::secret::{SafeUrl, Secret};

/// How a verdict is turned into an answer; see the table in docs/ARCHITECTURE.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WorkMode {
    Warmup,
    Spectator,
    Moderate,
    Strict,
    StrictWait,
}

impl WorkMode {
    pub const ALL: [Self; 5] = [
        Self::Warmup,
        Self::Spectator,
        Self::Moderate,
        Self::Strict,
        Self::StrictWait,
    ];

    /// As written in osa-proxy.yml and in the Judge contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Warmup => "warmup",
            Self::Spectator => "spectator",
            Self::Moderate => "moderate",
            Self::Strict => "strict",
            Self::StrictWait => "strict_wait",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Config {
    /// The file this was read from.
    pub file: PathBuf,
    pub codescoring: Codescoring,
    /// `policy.file`, resolved against the folder of osa-proxy.yml. Used when `codescoring.url` is not set.
    pub policy_file: PathBuf,
    pub http: Http,
    pub cache: Cache,
    pub logging: Logging,
    pub admin: Admin,
    pub plugins: Plugins,
    /// Those of enabled sections only, in the order of the file.
    pub repositories: Vec<Arc<Repository>>,
}

/// `codescoring`
#[derive(Clone, Debug)]
pub struct Codescoring {
    /// None: the embedded Judge decides.
    pub url: Option<SafeUrl>,
    pub token: Secret,
    /// Where neither the repository nor this section names a mode: strict_wait, as the platform's plugins do.
    pub work_mode: WorkMode,
    /// External URL of this proxy; None: derived from each request.
    pub osa_proxy_url: Option<Url>,
    pub enable_status_line: bool,
    pub block_on_codescoring_errors: bool,
    pub remove_blocked_versions: bool,
    pub legacy_judge: bool,
    pub stage: Option<String>,
    pub block_status_code: StatusCode,
    pub judge_concurrency: usize,
    pub scan_wait_timeout: Duration,
    pub retry: Retry,
    pub breaker: Breaker,
}

/// `codescoring.resilience.retry`
#[derive(Clone, Debug)]
pub struct Retry {
    pub max_attempts: u32,
    pub wait_duration: Duration,
    pub exponential_backoff_multiplier: f64,
}

/// `codescoring.resilience.circuit-breaker`
#[derive(Clone, Debug)]
pub struct Breaker {
    /// Percent, 1 to 100.
    pub failure_rate_threshold: u32,
    pub minimum_number_of_calls: u32,
    pub sliding_window_size: u32,
    pub wait_duration_in_open_state: Duration,
    pub permitted_number_of_calls_in_half_open_state: u32,
}

#[derive(Clone, Debug, Default)]
pub struct Http {
    pub server: HttpServer,
    pub client: HttpClient,
}

/// `http.server`
#[derive(Clone, Debug)]
pub struct HttpServer {
    pub address: SocketAddr,
    pub read_timeout: Duration,
    pub read_header_timeout: Duration,
    pub idle_timeout: Duration,
    pub shutdown_timeout: Duration,
}

/// `http.client`
#[derive(Clone, Debug)]
pub struct HttpClient {
    pub connection_timeout: Duration,
    /// Until the response head, and between any two pieces of a body.
    pub response_timeout: Duration,
    /// Bytes, after decoding.
    pub max_manifest_body_size: u64,
    pub max_idle_conns: usize,
    pub max_idle_conns_per_host: usize,
    pub idle_conn_timeout: Duration,
}

#[derive(Clone, Debug, Default)]
pub struct Cache {
    pub judge: JudgeCache,
    /// None: verdicts are kept in memory.
    pub redis: Option<Redis>,
    pub documents: DocumentCache,
}

/// `cache.documents`
#[derive(Clone, Debug)]
pub struct DocumentCache {
    /// Bytes that upstream documents may take in memory; 0 keeps none. At most half of what documents may take at all.
    pub size: u64,
}

/// `cache.judge`
#[derive(Clone, Debug)]
pub struct JudgeCache {
    pub enabled: bool,
    pub ttl: Duration,
    pub refresh_after: Duration,
    pub proactive_refresh_enabled: bool,
    pub proactive_refresh_interval: Duration,
    pub proactive_refresh_workers: usize,
    pub key_prefix: String,
    /// Bytes that verdicts kept in memory may take; nothing to Redis.
    pub max_memory: u64,
}

/// `cache.redis`
#[derive(Clone, Debug)]
pub struct Redis {
    /// `host:port`, or a `redis://` or `rediss://` URL; several with commas between them where it is a cluster.
    pub address: String,
    /// The address is that of one server, or of some, of a cluster.
    pub cluster: bool,
    pub password: Secret,
    /// Most clusters have 0 alone.
    pub db: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    Debug,
    Info,
    Warn,
    Error,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

/// `logging`
#[derive(Clone, Debug)]
pub struct Logging {
    pub level: LogLevel,
    pub format: LogFormat,
}

/// `admin`
#[derive(Clone, Debug, Default)]
pub struct Admin {
    pub address: Option<SocketAddr>,
    pub token: Option<Secret>,
}

/// `plugins`
#[derive(Clone, Debug)]
pub struct Plugins {
    /// Every `*.wasm` in it is loaded. Default: `plugins` beside the executable.
    pub directory: PathBuf,
    pub limits: PluginLimits,
}

/// `plugins.limits`
#[derive(Clone, Debug)]
pub struct PluginLimits {
    /// Bytes of linear memory one call may use. Default 512 MiB.
    pub memory: u64,
    /// For `classify`, `identify` and `edit-head`. Default 1s.
    pub classify_timeout: Duration,
    /// For `scan`, `plan` and `rank-versions`. Default 30s.
    pub document_timeout: Duration,
    /// Calls that run at the same time, of the quick kind and of the document kind each. Default: twice the processors, at
    /// least 4.
    pub concurrency: usize,
}

/// One entry of a section's `repository` list.
#[derive(Clone, Debug)]
pub struct Repository {
    pub name: String,
    /// The section it stands in = `description.name` of its plugin.
    pub section: String,
    /// `registry`, or `additional-packages-registries/HOST`: what a plugin's `target.origin` names.
    pub origins: BTreeMap<String, SafeUrl>,
    /// What the plugin's `open` gets: a JSON object of this entry, URLs without credentials.
    pub settings: String,
    /// None: `codescoring.work-mode`.
    pub work_mode: Option<WorkMode>,
    pub scan_manifest: bool,
    pub scan_package: bool,
    pub url_encoded_config: bool,
    pub file_type_filter: Option<FileTypeFilter>,
}

/// `file-type-filter`, present only when one of its keys is. Extensions are lower case with their dot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileTypeFilter {
    pub additional_allowed_extensions: Vec<String>,
    pub scanned_extensions: Vec<String>,
}

// === defaults ===

impl Default for Codescoring {
    fn default() -> Self {
        Self {
            url: None,
            token: Secret::default(),
            work_mode: WorkMode::StrictWait,
            osa_proxy_url: None,
            enable_status_line: false,
            block_on_codescoring_errors: false,
            remove_blocked_versions: true,
            legacy_judge: false,
            stage: None,
            block_status_code: StatusCode::FORBIDDEN,
            judge_concurrency: 10,
            scan_wait_timeout: Duration::from_mins(1),
            retry: Retry::default(),
            breaker: Breaker::default(),
        }
    }
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            max_attempts: 3,
            wait_duration: Duration::from_secs(1),
            exponential_backoff_multiplier: 2.0,
        }
    }
}

impl Default for Breaker {
    fn default() -> Self {
        Self {
            failure_rate_threshold: 50,
            minimum_number_of_calls: 10,
            sliding_window_size: 20,
            wait_duration_in_open_state: Duration::from_secs(30),
            permitted_number_of_calls_in_half_open_state: 5,
        }
    }
}

impl Default for HttpServer {
    fn default() -> Self {
        Self {
            address: SocketAddr::from(([0, 0, 0, 0], 8080)),
            read_timeout: Duration::from_mins(2),
            read_header_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_mins(2),
            shutdown_timeout: Duration::from_secs(10),
        }
    }
}

impl Default for HttpClient {
    fn default() -> Self {
        Self {
            connection_timeout: Duration::from_secs(10),
            response_timeout: Duration::from_secs(30),
            max_manifest_body_size: 200 * 1024 * 1024,
            max_idle_conns: 100,
            max_idle_conns_per_host: 10,
            idle_conn_timeout: Duration::from_secs(90),
        }
    }
}

impl Default for DocumentCache {
    fn default() -> Self {
        Self {
            size: 256 * 1024 * 1024,
        }
    }
}

impl Default for JudgeCache {
    fn default() -> Self {
        Self {
            enabled: false,
            ttl: Duration::from_hours(24),
            refresh_after: Duration::from_mins(30),
            proactive_refresh_enabled: false,
            proactive_refresh_interval: Duration::from_hours(2),
            proactive_refresh_workers: 10,
            key_prefix: String::new(),
            max_memory: 64 * 1024 * 1024,
        }
    }
}

impl Default for Logging {
    fn default() -> Self {
        Self {
            level: LogLevel::Info,
            format: LogFormat::Text,
        }
    }
}

impl Default for PluginLimits {
    fn default() -> Self {
        let processors = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Self {
            memory: 512 * 1024 * 1024,
            classify_timeout: Duration::from_secs(1),
            document_timeout: Duration::from_secs(30),
            concurrency: (2 * processors).max(4),
        }
    }
}
