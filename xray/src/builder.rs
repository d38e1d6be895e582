//! Every knob of the collector in one place, with its default, its unit and its environment variable; and starting it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use xray_collector::chunk::Overflow;
use xray_collector::feed::Feed;
use xray_collector::redaction::{DEFAULT_NAMES, PatternError, Redaction};
use xray_collector::schema::{Schema, SchemaError};
use xray_collector::store::{EmptyStore, Limits as Kept, Retention, Store, StoreError};
use xray_collector::{Collector, FlushError, KeepRuns, Settings};

use crate::capture::limits::{self, Limits};
use crate::decisions;
use crate::filter::{Filter, FilterError};
use crate::level::{self, Level};
use crate::panics;
use crate::session::{self, Session};

/// Starts the collector: [`builder`](crate::builder).
#[derive(Debug, Clone, Default)]
#[must_use = "nothing is recorded before `start` is called"]
pub struct Builder {
    path: Option<PathBuf>,
    store: Option<Arc<dyn Store>>,
    address: Option<String>,
    level: Level,
    filter: Option<String>,
    limits: Limits,
    prompts: bool,
    sampled_runs: Option<f64>,
    settings: Settings,
    redaction: Redacted,
}

impl Builder {
    /// The file that runs are stored in; created if it is not there. Without it the environment variable `XRAY_STORE`
    /// says which.
    ///
    /// Needs the feature `embedded`, which is on by default.
    pub fn store(mut self, path: impl Into<PathBuf>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// A store of another kind, in place of a file.
    pub fn store_with(mut self, store: Arc<dyn Store>) -> Self {
        self.store = Some(store);
        self
    }

    /// Serves the query API and the page at this loopback address, `host:port`; port 0 is any free one, which
    /// [`Guard::address`] tells. Without it the environment variable `XRAY_SERVE` says where, and without that nothing
    /// is served.
    ///
    /// Needs the feature `web`, which is on by default.
    pub fn serve(mut self, address: impl Into<String>) -> Self {
        self.address = Some(address.into());
        self
    }

    /// How much of each call is captured where the attribute does not say; [`Level::Full`] unless set.
    pub fn capture(mut self, level: Level) -> Self {
        self.level = level;
        self
    }

    /// Which functions are recorded, and how much of each: directives such as `"off,shop::search=full"`, with the path
    /// of a module or step, `*` for any characters, and the levels `off`, `metrics`, `sampled` and `full`. The longest pattern
    /// that matches counts; what none matches has the level of [`Builder::capture`]. A function whose attribute says
    /// `capture = "…"` never gets a higher level than that.
    ///
    /// The environment variable `XRAY_FILTER`, if it is set, is used in its place: whoever runs the program decides.
    pub fn filter(mut self, filter: impl Into<String>) -> Self {
        self.filter = Some(filter.into());
        self
    }

    /// The bounds of each captured value: see [`Limits`] for their defaults.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Whether the prompts and completions that [`xray::llm`](crate::llm) is given are recorded; not unless set, since
    /// they are often large, and often somebody's.
    pub fn capture_prompts(mut self, recorded: bool) -> Self {
        self.prompts = recorded;
        self
    }

    /// Of all runs, records this share, drawn when a run begins: 0.1 for one in ten; all unless set. Of the others nothing
    /// is recorded, and no more than their number is known: [`Stats::unsampled_runs`](crate::Stats::unsampled_runs).
    pub fn sample_runs(mut self, share: f64) -> Self {
        self.sampled_runs = Some(share);
        self
    }

    /// Which runs are kept whole, decided when they are over: those that failed, were slow, surprising, or called
    /// [`important`](crate::important), and a share of the others. All unless set. Of a run that is not kept whole, its
    /// steps, times and counts are, and it says so: its level is [`Level::Metrics`].
    ///
    /// A run that is held back until its end is in memory: until it ends nothing of it but its row is in the store.
    pub fn keep_runs(mut self, keep: KeepRuns) -> Self {
        self.settings.keep_runs = Some(keep);
        self
    }

    /// What steps may carry, by their kind: see [`schema`](crate::schema()). Without it, anything.
    pub fn schema(mut self, schema: Schema) -> Self {
        self.settings.schema = Some(Arc::new(schema));
        self
    }

    /// Redacts what has one of these names, too: arguments, fields, and keys of maps. A name is secret if these words
    /// are in it one after the other: `"home_address"` is in `homeAddress`, `HOME-ADDRESS` and `old_home_address`, not in
    /// `address`. What is redacted unless one says otherwise is [`DEFAULT_NAMES`](crate::DEFAULT_NAMES).
    ///
    /// See [what is redacted](crate::capturing#redaction).
    pub fn redact_names(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.redaction.names.extend(names.into_iter().map(Into::into));
        self
    }

    /// Redacts what has one of these names and nothing else for its name, in place of
    /// [`DEFAULT_NAMES`](crate::DEFAULT_NAMES) and of those given before; with none, nothing is redacted for its name.
    pub fn redact_only_names(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.redaction.names = names.into_iter().map(Into::into).collect();
        self
    }

    /// Redacts what matches one of these regular expressions, too, in every text that is captured; the syntax is that of
    /// the crate `regex`. They are searched for where the value is captured, on the calling thread, in time linear in
    /// the length of the text; the first searches allocate.
    ///
    /// A pattern that is no regular expression is an error of [`Builder::start`].
    pub fn redact_values(mut self, patterns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.redaction.patterns.extend(patterns.into_iter().map(Into::into));
        self
    }

    /// Whether bearer tokens, keys and card numbers are known by their form and redacted; they are unless this says
    /// `false`.
    pub fn redact_known_values(mut self, redacts: bool) -> Self {
        self.redaction.known_values = redacts;
        self
    }

    /// Whether e-mail addresses are redacted; they are not unless this says `true`.
    pub fn redact_emails(mut self, redacts: bool) -> Self {
        self.redaction.emails = redacts;
        self
    }

    /// How much the store keeps: see [`Retention`](crate::store::Retention). Unless set, 4 GiB; [`Retention::unlimited`]
    /// keeps everything. Beyond the limits whole runs are removed in the background, the one that began first at the
    /// beginning, and [`Stats::removed`](crate::Stats::removed) counts them. Runs that are [pinned](crate::pin_run) stay.
    ///
    /// Whoever runs the program decides about all runs together: the environment variables `XRAY_KEEP_DAYS`,
    /// `XRAY_KEEP_RUNS` and `XRAY_KEEP_BYTES`, each a number or `unlimited`, are used in place of what is set here.
    ///
    /// ```
    /// use std::time::Duration;
    /// use xray::store::{Limits, Retention};
    ///
    /// let week = Limits { age: Some(Duration::from_secs(7 * 24 * 3600)), bytes: Some(1 << 30), ..Limits::NONE };
    /// let retention = Retention { all: week, ..Retention::default() };
    /// let builder = xray::builder().retain(retention.of_pipeline("health_check", Limits { runs: Some(10), ..Limits::NONE }));
    /// # let _ = builder;
    /// ```
    pub fn retain(mut self, retention: Retention) -> Self {
        self.settings.retention = retention;
        self
    }

    /// How long an event may wait before it is written; 100 ms unless set.
    pub fn flush_interval(mut self, interval: Duration) -> Self {
        self.settings.flush_interval = interval;
        self
    }

    /// How long a run may be silent before it is called incomplete; 10 minutes unless set.
    pub fn run_timeout(mut self, timeout: Duration) -> Self {
        self.settings.run_timeout = timeout;
        self
    }

    /// The memory between the program and the collector, as chunks of so many bytes (rounded up to a power of two, 4 KiB
    /// to 16 MiB) and their number (2 or more); 128 chunks of 128 KiB unless set. Each thread that records holds one
    /// chunk.
    pub fn chunks(mut self, chunk_bytes: usize, chunks: u32) -> Self {
        self.settings.pool.chunk_bytes = chunk_bytes;
        self.settings.pool.chunks = chunks;
        self
    }

    /// Whether what is recorded outlives the process at once, however it ends; it does unless this says `false`.
    ///
    /// The [chunks](Builder::chunks) are then in a file beside the store, with `.chunks` after its name: mapped into memory,
    /// on disk as a whole from the start, and gone after an orderly end. After any other end (`kill -9`, abort, an overflown
    /// stack, no memory left) the next start stores what is in it. Where the file cannot be made (no room, no right to)
    /// the chunks are in memory, as they are for a store without a place on disk, and
    /// [`Stats::recovery_notes`](crate::Stats::recovery_notes) say so. When the machine itself stops, what is recorded
    /// within seconds before is lost, or a part of it.
    pub fn crash_proof(mut self, outlives: bool) -> Self {
        self.settings.crash_proof = outlives;
        self
    }

    /// What a thread does when all chunks are full; [`Overflow::Drop`] unless set.
    pub fn overflow(mut self, overflow: Overflow) -> Self {
        self.settings.pool.overflow = overflow;
        self
    }

    /// The memory for what waits while the store cannot be written, in bytes; 64 MiB unless set. Beyond it the oldest
    /// values are dropped and counted.
    pub fn waiting_bytes(mut self, bytes: usize) -> Self {
        self.settings.waiting_bytes = bytes;
        self
    }

    /// Starts recording. What an earlier process recorded and did not come to store is stored first, and its runs that had
    /// not ended are marked as crashed.
    ///
    /// # Errors
    /// When the store cannot be opened, the address cannot be served, the filter or the schema is wrong, or a collector
    /// runs already. Nothing is recorded
    /// then, and the instrumented functions work as if there were no attribute. Without the feature `enabled` this does
    /// nothing and cannot fail.
    pub fn start(self) -> Result<Guard, StartError> {
        if !cfg!(feature = "enabled") {
            return Ok(Guard { session: None, address: None });
        }
        if session::is_active() {
            return Err(StartError::Running);
        }
        let filter = environment("XRAY_FILTER").or(self.filter.clone()).unwrap_or_default();
        let filter = RwLock::new(Filter::parse(&filter)?);
        let shares = [self.sampled_runs, self.settings.keep_runs.map(|keep| keep.share)];
        if let Some(share) = shares.into_iter().flatten().find(|share| !(0.0..=1.0).contains(share)) {
            return Err(StartError::Share { share });
        }
        if let Some(schema) = &self.settings.schema {
            schema.validate()?;
        }
        let redaction = self.redaction.compile()?;
        let store = self.open()?;
        let number = session::next_number();
        session::end_in_children();
        limits::set(self.limits);
        decisions::set_prompts(self.prompts);
        panics::install_hook();
        let mut settings = self.settings;
        settings.pool.redaction = Arc::clone(&redaction);
        settings.retention.all = limits_of_environment(settings.retention.all)?;
        let collector = Collector::start(settings, number, Arc::clone(&store))?;
        level::set_sampled_runs(self.sampled_runs.unwrap_or(1.0), collector.process().0);
        let session = Arc::new(Session {
            number,
            level: self.level,
            filter,
            redaction,
            collector,
            store,
            #[cfg(feature = "web")]
            server: std::sync::Mutex::new(None),
        });
        #[cfg(feature = "web")]
        let address = serve(&session, self.address.or_else(|| environment("XRAY_SERVE")))?;
        #[cfg(not(feature = "web"))]
        let address = match self.address {
            Some(_) => return Err(StartError::NotBuilt { call: "serve", feature: "web" }),
            None => None,
        };
        if !session::install(&session) {
            return Err(StartError::Running);
        }
        session::end_at_exit();
        Ok(Guard { session: Some(session), address })
    }

    fn open(&self) -> Result<Arc<dyn Store>, StartError> {
        if let Some(store) = &self.store {
            return Ok(Arc::clone(store));
        }
        #[cfg(feature = "embedded")]
        {
            let path = self.path.clone().or_else(|| environment("XRAY_STORE").map(PathBuf::from));
            let path = path.ok_or(StartError::NoStore)?;
            Ok(Arc::new(xray_collector::store::EmbeddedStore::open(path)?))
        }
        #[cfg(not(feature = "embedded"))]
        match &self.path {
            Some(_) => Err(StartError::NotBuilt { call: "store", feature: "embedded" }),
            None => Err(StartError::NoStore),
        }
    }
}

/// What is redacted, before it is known whether that can be.
#[derive(Debug, Clone)]
struct Redacted {
    names: Vec<String>,
    patterns: Vec<String>,
    known_values: bool,
    emails: bool,
}

impl Default for Redacted {
    fn default() -> Self {
        let names = DEFAULT_NAMES.map(str::to_owned).to_vec();
        Self { names, patterns: Vec::new(), known_values: true, emails: false }
    }
}

impl Redacted {
    fn compile(&self) -> Result<Arc<Redaction>, PatternError> {
        let names = self.names.iter().map(String::as_str);
        Redaction::new(names, self.known_values, self.emails, &self.patterns).map(Arc::new)
    }
}

/// What the environment says of how much is kept, and else these.
fn limits_of_environment(limits: Kept) -> Result<Kept, StartError> {
    let days = limits.age.map(|age| age.as_secs() / SECONDS_OF_DAY);
    let read = |variable: &'static str, set: Option<u64>| match environment(variable) {
        None => Ok(set),
        Some(text) if text == "unlimited" => Ok(None),
        Some(text) => match text.parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(StartError::Retention { variable, text }),
        },
    };
    let in_environment = read("XRAY_KEEP_DAYS", days)?;
    let age = in_environment.map(|days| Duration::from_secs(days.saturating_mul(SECONDS_OF_DAY)));
    Ok(Kept {
        age: if in_environment == days { limits.age } else { age },
        runs: read("XRAY_KEEP_RUNS", limits.runs)?,
        bytes: read("XRAY_KEEP_BYTES", limits.bytes)?,
    })
}

const SECONDS_OF_DAY: u64 = 24 * 3600;

fn environment(variable: &str) -> Option<String> {
    std::env::var(variable).ok().filter(|value| !value.is_empty())
}

#[cfg(feature = "web")]
fn serve(session: &Arc<Session>, address: Option<String>) -> Result<Option<SocketAddr>, StartError> {
    let Some(address) = address else { return Ok(None) };
    // Weak: the session owns the server, and the server must not keep the session.
    let books = Arc::downgrade(session);
    let counts = books.clone();
    let stats = move || books.upgrade().map(|session| session.collector.stats()).unwrap_or_default();
    let live = xray_web::Live::new(Arc::clone(session.collector.feed()));
    let metrics = move || counts.upgrade().map(|session| session.collector.metrics()).unwrap_or_default();
    let store = Arc::clone(&session.store);
    let source = xray_web::Source { store, stats: Arc::new(stats), metrics: Arc::new(metrics), live };
    let server = xray_web::Server::start(&address, source)?;
    let address = server.address();
    if let Ok(mut place) = session.server.lock() {
        *place = Some(server);
    }
    Ok(Some(address))
}

/// Why nothing is recorded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// Nobody said where runs are stored.
    #[error("no store: call `.store(path)` or set XRAY_STORE to the path of a file")]
    NoStore,
    /// A part of xray was left out of this program.
    #[error("this program was built without a part of xray: `.{call}(…)` needs the feature `{feature}`")]
    NotBuilt {
        /// What was called.
        call: &'static str,
        /// What has to be among xray's features in `Cargo.toml`.
        feature: &'static str,
    },
    /// A collector runs in this process.
    #[error("xray records already: one collector at a time, until its guard is dropped")]
    Running,
    /// A share of runs is none.
    #[error("{share} is no share of the runs: it goes from 0 for none to 1 for all")]
    Share {
        /// What was asked for.
        share: f64,
    },
    /// The environment says how much is to be kept, and that is no number.
    #[error("{variable} is {text:?}: it has to be a number, or `unlimited`")]
    Retention {
        /// Which variable.
        variable: &'static str,
        /// What it says.
        text: String,
    },
    /// The filter is wrong.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// The schema contradicts itself.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// A pattern for values to redact is wrong.
    #[error(transparent)]
    Pattern(#[from] PatternError),
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The address cannot be served.
    #[cfg(feature = "web")]
    #[error(transparent)]
    Serve(#[from] xray_web::ServeError),
}

/// Keeps the collector running. When it is dropped, also by a panic that unwinds, everything recorded is written and
/// recording ends.
///
/// In a process that was forked from the one that started it, it does nothing, and its store must not be used: nothing is
/// recorded there until the child starts a collector of its own, with a file of its own. This holds for `fork`; a process
/// that is made by the bare system call `clone` or by `vfork` must do no more than `exec` or `_exit`. The files of a parent
/// that is killed stay locked until its forked children have ended or called `exec`.
#[derive(Debug)]
#[must_use = "recording ends when this is dropped: `let _xray = …`, not `let _ = …`"]
pub struct Guard {
    /// Always there, but for programs in which xray is not enabled.
    session: Option<Arc<Session>>,
    address: Option<SocketAddr>,
}

impl Guard {
    /// Where the API and the page are served, if they are.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// Records other functions from now on: as [`Builder::filter`], which it replaces.
    ///
    /// # Errors
    /// When the filter is wrong; the one before stays.
    pub fn set_filter(&self, filter: &str) -> Result<(), FilterError> {
        let filter = Filter::parse(filter)?;
        if let Some(session) = &self.session {
            session.set_filter(filter);
        }
        Ok(())
    }

    /// Waits until everything recorded before this call is in the store.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn flush(&self) -> Result<(), FlushError> {
        self.session.as_ref().map_or(Ok(()), |session| session.collector.flush())
    }

    /// The store, to be read while it is written.
    #[must_use]
    pub fn store(&self) -> Arc<dyn Store> {
        match &self.session {
            Some(session) => Arc::clone(&session.store),
            None => Arc::new(EmptyStore),
        }
    }

    /// What is stored, as it happens; `None` if nothing is recorded.
    #[must_use]
    pub fn feed(&self) -> Option<&Arc<Feed>> {
        self.session.as_ref().map(|session| session.collector.feed())
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(Err(error)) = self.session.as_ref().map(|session| session.end()) {
            eprintln!("xray: {error}");
        }
    }
}
