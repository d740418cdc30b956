//! Calling a plugin: a fresh store for every call, so nothing leaks from one request to another and a trap costs one call.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use wasmtime::component::ResourceAny;
use wasmtime::{Store, Trap, UpdateDeadline};

use super::bindings::exports::osa::ecosystem::handler::Guest;
use super::bindings::{Ecosystem, EcosystemPre};
use super::engine::Runtime;
use super::pace::{self, Pace};
use super::state::{MemoryExceeded, State};
use super::{Description, Head, Index, Outcome, PluginError, Refusal, Request, Route, Style, check};
use crate::failure::Failure;
use crate::metrics::{PluginCounts, Trouble};

/// Up to this size a document is read faster than another thread is woken.
const SMALL: usize = 64 << 10;

/// Bytes a call may hand to the host beyond what its input explains.
const RESULT_SLACK: usize = 16 << 20;

/// A loaded plugin. Cheap to share; holds no instance.
pub struct Plugin {
    runtime: Runtime,
    file: PathBuf,
    hash: [u8; 32],
    pre: EcosystemPre<State>,
    description: Description,
    counts: PluginCounts,
    pace: Pace,
}

/// What a plugin has cost since it was loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    pub calls: u64,
    /// Calls that ended in a trap: out of time, out of memory, panicked.
    pub traps: u64,
    /// Most linear memory that one call had, in bytes.
    pub peak_memory: u64,
}

/// A plugin opened on one repository of osa-proxy.yml.
#[derive(Clone)]
pub struct PluginRepository {
    plugin: Arc<Plugin>,
    settings: Arc<str>,
}

/// What the head of an answer tells.
#[derive(Debug)]
pub enum Identity {
    /// Its package URL.
    Component(String),
    NoComponent,
    /// The head is not enough; the failure for whoever has no other way.
    Untold(Failure),
}

/// One call: its name, how long and how much it may take, and whether it concerns a document.
#[derive(Clone, Copy)]
struct Call {
    name: &'static str,
    timeout: Duration,
    timeout_key: &'static str,
    /// Bytes that may come back.
    result: usize,
    kind: Kind,
    /// Whether the thread that serves the request makes it, if it can.
    in_place: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Quick,
    Document,
}

const DESCRIBE: &str = "describe";

/// What came of an attempt to make an instance.
#[derive(Debug, thiserror::Error)]
#[error("no instance could be made")]
struct NotStarted;

// === impl Plugin ===

impl Plugin {
    pub(super) fn new(runtime: Runtime, file: PathBuf, hash: [u8; 32], pre: EcosystemPre<State>) -> Self {
        let description = Description {
            name: file
                .file_stem()
                .map(|stem| stem.to_string_lossy().into_owned())
                .unwrap_or_default(),
            purl_types: Vec::new(),
            origins: Vec::new(),
            settings: Vec::new(),
            file_types: Vec::new(),
            wants_headers: Vec::new(),
            scans_documents: false,
            edits_heads: false,
            by_host: false,
            folds_case: false,
            client_setup: String::new(),
            error_form: None,
        };
        Self {
            runtime,
            file,
            hash,
            pre,
            description,
            counts: PluginCounts::default(),
            pace: Pace::default(),
        }
    }

    /// Asked once, at load; the process is not serving yet, so this may block.
    pub(super) fn ask_description(&self) -> Result<Description, Failure> {
        let call = self.quick(DESCRIBE, 1 << 20);
        self.run(call, |handler, store| handler.call_describe(store))
    }

    pub(super) fn described(mut self, description: Description) -> Self {
        self.description = description;
        self
    }

    pub fn description(&self) -> &Description {
        &self.description
    }

    pub fn name(&self) -> &str {
        &self.description.name
    }

    pub fn file(&self) -> &Path {
        &self.file
    }

    /// SHA-256 of the file, so that caches know one build of a plugin from another.
    pub fn hash(&self) -> &[u8; 32] {
        &self.hash
    }

    pub fn usage(&self) -> Usage {
        Usage {
            calls: self.counts.calls(),
            traps: self.counts.troubles(),
            peak_memory: self.counts.peak(),
        }
    }

    pub(crate) fn counts(&self) -> &PluginCounts {
        &self.counts
    }

    /// Binds the plugin to a repository's settings (JSON). The error is the plugin's own word to the operator.
    pub fn open(self: &Arc<Self>, settings: &str) -> Result<PluginRepository, String> {
        let call = self.quick("open", 1 << 20);
        self.run(call, |handler, store| handler.repository().call_open(store, settings))
            .map_err(|failure| failure.message)??;
        Ok(PluginRepository {
            plugin: Arc::clone(self),
            settings: settings.into(),
        })
    }

    /// For each version its rank in the ecosystem's own order; equal versions share one, none is no version.
    pub async fn rank_versions(self: &Arc<Self>, versions: Vec<String>) -> Result<Vec<Option<u32>>, Failure> {
        let asked = versions.len();
        let call = self.long("rank-versions", asked.saturating_mul(16));
        let ranks = Self::spawn(self, call, move |plugin| {
            plugin.run(call, |handler, store| handler.call_rank_versions(store, &versions))
        })
        .await?;
        if ranks.len() == asked {
            Ok(ranks)
        } else {
            Err(self.lied("rank-versions", "left versions out"))
        }
    }

    fn quick(&self, name: &'static str, result: usize) -> Call {
        let timeout = self.runtime.limits.classify_timeout;
        Call {
            name,
            timeout,
            timeout_key: "plugins.limits.classify-timeout",
            result,
            kind: Kind::Quick,
            in_place: true,
        }
    }

    fn long(&self, name: &'static str, input: usize) -> Call {
        let timeout = self.runtime.limits.document_timeout;
        let result = RESULT_SLACK.saturating_add(input.saturating_mul(2));
        Call {
            name,
            timeout,
            timeout_key: "plugins.limits.document-timeout",
            result,
            kind: Kind::Document,
            in_place: input <= SMALL,
        }
    }

    /// A place among `plugins.limits.concurrency`, then a thread that may block.
    async fn spawn<T: Send + 'static>(
        this: &Arc<Self>,
        call: Call,
        work: impl FnOnce(&Self) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let calls = Arc::clone(match call.kind {
            Kind::Quick => &this.runtime.quick_calls,
            Kind::Document => &this.runtime.document_calls,
        });
        // Whoever waits longer than a whole call may take is better told so than kept.
        let wait = call.timeout.max(Duration::from_secs(1));
        let Ok(Ok(permit)) = tokio::time::timeout(wait, calls.acquire_owned()).await else {
            this.counts.failed(call.name, Trouble::Busy);
            let busy = "All plugin instances are busy; try again, or raise plugins.limits.concurrency.";
            return Err(Failure::overloaded(busy).with_retry_after(Duration::from_secs(1)));
        };
        let plugin = Arc::clone(this);
        let done = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work(&plugin)
        });
        done.await.unwrap_or_else(|error| {
            Err(
                Failure::plugin(format!("Plugin {} made the host fail in {}.", this.name(), call.name))
                    .with_detail(error),
            )
        })
    }

    fn run<T>(
        &self,
        call: Call,
        work: impl FnOnce(&Guest, &mut Store<State>) -> wasmtime::Result<T>,
    ) -> Result<T, Failure> {
        let mut store = self.store(call, self.runtime.limits.memory);
        store.set_epoch_deadline(Runtime::ticks(call.timeout));
        self.attempt(call, store, work)
            .map_err(|error| self.trapped(call, &error))
    }

    /// Runs a quick call on the very thread that asks for it, as going to another and back takes longer than the call. None:
    /// it has to be run, or run anew, where it may block.
    fn run_in_place<T>(
        &self,
        call: Call,
        work: impl FnOnce(&Guest, &mut Store<State>) -> wasmtime::Result<T>,
    ) -> Option<Result<T, Failure>> {
        if self.pace.is_slow() {
            return None;
        }
        let _permit = self.runtime.calls_in_place.try_acquire().ok()?;
        let mut store = self.store(call, pace::MEMORY.min(self.runtime.limits.memory));
        store.set_epoch_deadline(1);
        let mut looks = 0;
        store.epoch_deadline_callback(move |_| {
            looks += 1;
            Ok(if looks < pace::LOOKS {
                UpdateDeadline::Continue(1)
            } else {
                UpdateDeadline::Interrupt
            })
        });
        match self.attempt(call, store, work) {
            Err(error) if is_at_limit(&error) => {
                self.pace.was_slow();
                None
            }
            result => Some(result.map_err(|error| self.trapped(call, &error))),
        }
    }

    /// Its deadline is still to be set.
    fn store(&self, call: Call, memory: u64) -> Store<State> {
        let mut store = Store::new(&self.runtime.engine, State::new(self.name(), memory));
        store.limiter(|state| &mut state.meter);
        store.set_hostcall_fuel(call.result);
        store
    }

    fn attempt<T>(
        &self,
        call: Call,
        mut store: Store<State>,
        work: impl FnOnce(&Guest, &mut Store<State>) -> wasmtime::Result<T>,
    ) -> wasmtime::Result<T> {
        let start = Instant::now();
        let result = self
            .pre
            .instantiate(&mut store)
            .map_err(|error| error.context(NotStarted))
            .and_then(|instance: Ecosystem| work(instance.osa_ecosystem_handler(), &mut store));
        self.counts.called(call.name, start, store.data().meter.peak);
        result
    }

    fn trapped(&self, call: Call, error: &wasmtime::Error) -> Failure {
        let name = self.name();
        let mut trouble = Trouble::Trap;
        let what = if let Some(exceeded) = error.downcast_ref::<MemoryExceeded>() {
            trouble = Trouble::Memory;
            format!("ran out of memory in {} ({exceeded}; plugins.limits.memory)", call.name)
        } else {
            match error.downcast_ref::<Trap>() {
                Some(Trap::Interrupt) => {
                    trouble = Trouble::Timeout;
                    format!(
                        "took longer than {:?} in {} ({})",
                        call.timeout, call.name, call.timeout_key
                    )
                }
                Some(Trap::StackOverflow) => format!("ran out of stack in {}", call.name),
                Some(Trap::UnreachableCodeReached) => format!("panicked in {}", call.name),
                Some(trap) => format!("trapped in {} ({trap})", call.name),
                // The first instance: its types were compared before anything of it ran.
                None if call.name == DESCRIBE && error.is::<NotStarted>() => return self.misfit(call, error),
                None => format!("broke the interface in {}", call.name),
            }
        };
        self.counts.failed(call.name, trouble);
        Failure::plugin(format!(
            "Plugin {name} {what}. Nothing was served; report this to the plugin's author."
        ))
        .with_detail(format!("{error:#}"))
    }

    fn misfit(&self, call: Call, error: &wasmtime::Error) -> Failure {
        self.counts.failed(call.name, Trouble::Trap);
        Failure::plugin(format!(
            "Plugin {} was built for another state of the interface than this host has. Take the plugins of the same \
             release, or build it anew from the wit/ecosystem.wit of this one.",
            self.name()
        ))
        .with_detail(format!("{error:#}"))
    }

    /// For results that the plugin had no right to give.
    pub(crate) fn lied(&self, call: &str, what: impl std::fmt::Display) -> Failure {
        self.counts.failed(call, Trouble::BadAnswer);
        Failure::plugin(format!(
            "Plugin {} {what} in {call}. Nothing was served; report this to the plugin's author.",
            self.name()
        ))
    }
}

// === impl PluginRepository ===

impl PluginRepository {
    pub fn plugin(&self) -> &Arc<Plugin> {
        &self.plugin
    }

    pub async fn classify(&self, request: Request) -> Result<Route, Failure> {
        let call = self.plugin.quick("classify", 1 << 20);
        let route = self
            .call(call, move |handler, store, own| {
                handler.repository().call_classify(store, own, &request)
            })
            .await?;
        if let Route::Artifact(artifact) = &route
            && let Some(purl) = &artifact.purl
        {
            check::purl(&self.plugin.description, purl).map_err(|what| self.plugin.lied("classify", what))?;
        }
        Ok(route)
    }

    pub async fn identify(&self, request: Request, head: Head) -> Result<Identity, Failure> {
        let call = self.plugin.quick("identify", 1 << 20);
        let work = move |handler: &Guest, store: &mut Store<State>, own| {
            handler.repository().call_identify(store, own, &request, &head)
        };
        match self.ask(call, work).await? {
            Ok(Some(purl)) => {
                check::purl(&self.plugin.description, &purl).map_err(|what| self.plugin.lied("identify", what))?;
                Ok(Identity::Component(purl))
            }
            Ok(None) => Ok(Identity::NoComponent),
            Err(PluginError::Unsupported(why)) => Ok(Identity::Untold(Self::blame_upstream(
                call,
                PluginError::Unsupported(why),
            ))),
            Err(error) => Err(Self::blame_upstream(call, error)),
        }
    }

    pub async fn edit_head(
        &self,
        request: Request,
        head: Head,
        link_base: String,
    ) -> Result<Vec<(String, String)>, Failure> {
        let call = self.plugin.quick("edit-head", 1 << 20);
        let work = move |handler: &Guest, store: &mut Store<State>, own| {
            handler
                .repository()
                .call_edit_head(store, own, &request, &head, &link_base)
        };
        self.call(call, work).await
    }

    /// The one pass over a document. `body` is handed to the sandbox without a copy on this side.
    pub async fn scan(&self, request: Request, head: Head, body: Bytes) -> Result<Index, Failure> {
        let call = self.plugin.long("scan", body.len());
        let work = move |handler: &Guest, store: &mut Store<State>, own| {
            handler.repository().call_scan(store, own, &request, &head, &body)
        };
        let index = self.call(call, work).await?;
        check::index(&self.plugin.description, &index).map_err(|what| self.plugin.lied("scan", what))?;
        Ok(index)
    }

    pub async fn plan(
        &self,
        notes: Bytes,
        refused: Vec<Refusal>,
        style: Style,
        link_base: String,
    ) -> Result<Outcome, Failure> {
        let call = self.plugin.long(
            "plan",
            notes.len().saturating_mul(4).saturating_add(refused.len() * 256),
        );
        let work = move |handler: &Guest, store: &mut Store<State>, own| {
            handler
                .repository()
                .call_plan(store, own, &notes, &refused, style, &link_base)
        };
        self.call(call, work).await
    }

    async fn call<T: Send + 'static>(
        &self,
        call: Call,
        work: impl Fn(&Guest, &mut Store<State>, ResourceAny) -> wasmtime::Result<Result<T, PluginError>> + Send + 'static,
    ) -> Result<T, Failure> {
        let answer = self.ask(call, work).await?;
        answer.map_err(|error| Self::blame_upstream(call, error))
    }

    /// The inner error is the plugin's own.
    async fn ask<T: Send + 'static>(
        &self,
        call: Call,
        work: impl Fn(&Guest, &mut Store<State>, ResourceAny) -> wasmtime::Result<Result<T, PluginError>> + Send + 'static,
    ) -> Result<Result<T, PluginError>, Failure> {
        let settings = Arc::clone(&self.settings);
        let work = move |handler: &Guest, store: &mut Store<State>| {
            match handler.repository().call_open(&mut *store, &settings)? {
                Ok(own) => work(handler, store, own),
                // It took these settings at start, so it depends on something it should not.
                Err(reason) => Ok(Err(PluginError::Unsupported(format!("its settings: {reason}")))),
            }
        };
        let in_place = call.in_place.then(|| self.plugin.run_in_place(call, &work));
        match in_place.flatten() {
            Some(answer) => answer,
            None => Plugin::spawn(&self.plugin, call, move |plugin| plugin.run(call, work)).await,
        }
    }

    fn blame_upstream(call: Call, error: PluginError) -> Failure {
        let (what, text) = match error {
            PluginError::Malformed(text) => ("is not what its protocol says", text),
            PluginError::Unsupported(text) => ("has a form that this proxy does not know", text),
        };
        let text: String = text.chars().filter(|c| !c.is_control()).take(300).collect();
        if call.name == "classify" {
            return Failure::client(format!("The request {what}: {text}"));
        }
        Failure::upstream(format!(
            "The registry's answer {what}: {text}. It was not served, because it could not be checked."
        ))
    }
}

/// Whether the call was cut off for what it took, and might have ended well with more.
fn is_at_limit(error: &wasmtime::Error) -> bool {
    error.is::<MemoryExceeded>() || matches!(error.downcast_ref(), Some(Trap::Interrupt))
}
