//! What happens, for those who watch: runs and steps as they are committed, in order, each step once.
//!
//! The collector's thread appends to one ring of [`CAPACITY`] events, after the store has committed them; a [`Listener`]
//! is a place in it. So a listener takes no memory of its own, and one that is slow or gone costs the collector nothing:
//! what it has not read by the time the ring has come round is missing, and it is told how much that is.
//!
//! While nobody listens there is no ring, and a batch costs a lock and two additions, however many steps it has. After
//! the last listener has left, events are kept until the ring has come round once, for one that comes back.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::future::poll_fn;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::id::{ProcessId, RunId, StepId};
use crate::map::FastMap;
use crate::model::{Callsite, Outcome, Run, RunStatus, Step};
use crate::store::{Batch, StepRow};

/// So many events are kept for those who are late.
pub const CAPACITY: usize = 16 * 1024;
/// So many a listener gets at a time.
pub const AT_ONCE: usize = 128;

/// The events of one collector.
#[derive(Debug)]
pub struct Feed {
    process: ProcessId,
    /// Somebody listens, or has until lately.
    is_watched: AtomicBool,
    ring: Mutex<Ring>,
}

/// Something that was committed.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its number: the events of a collector are numbered from 1. Of those that nobody listened to, the rows were
    /// counted, of which a few are no events: numbers may be left out, and never come twice.
    pub number: u64,
    /// The run's pipeline; empty if its first step is not known yet.
    pub pipeline: Arc<str>,
    /// What it was.
    pub what: Happened,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Happened {
    /// A run began or changed. Of one batch, runs that go on come before their steps, runs that are over after them.
    Run(Run),
    /// A step of a run ended: its row, as it was first committed. What other threads say of it later is not in it.
    Step(RunId, Step),
}

/// The name of an event, over all processes. Prints as `process-number`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventId {
    /// The collector's process.
    pub process: ProcessId,
    /// The event's number.
    pub number: u64,
}

/// The text is not the name of an event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an event's id is 16 hexadecimal digits, a hyphen and a number, not {text:?}")]
pub struct ParseEventIdError {
    text: String,
}

/// What a listener has not heard yet.
#[derive(Debug, Default)]
pub struct News {
    /// Events before these that it missed, at most.
    pub missed: u64,
    /// At most [`AT_ONCE`].
    pub events: Vec<Arc<Event>>,
}

/// Somebody who listens, until it is dropped.
#[derive(Debug)]
pub struct Listener {
    feed: Arc<Feed>,
    number: u64,
    /// The number of the next event that it gets.
    next: u64,
}

#[derive(Debug)]
struct Ring {
    events: VecDeque<Arc<Event>>,
    /// The steps among them: one whose beginning is read after its end is committed twice.
    steps: FastMap<(RunId, StepId), ()>,
    /// The number of the next event; those of `events` are the ones before it.
    next: u64,
    listeners: usize,
    listeners_so_far: u64,
    /// How many more events are kept while nobody listens.
    linger: usize,
    waiting: Vec<(u64, Waker)>,
    is_closed: bool,
}

impl Feed {
    /// A feed of this process's events, without any so far.
    #[must_use]
    pub fn new(process: ProcessId) -> Self {
        let ring = Ring {
            events: VecDeque::new(),
            steps: FastMap::default(),
            next: 1,
            listeners: 0,
            listeners_so_far: 0,
            linger: 0,
            waiting: Vec::new(),
            is_closed: false,
        };
        Self { process, is_watched: AtomicBool::new(false), ring: Mutex::new(ring) }
    }

    /// The process that the events are of.
    #[must_use]
    pub fn process(&self) -> ProcessId {
        self.process
    }

    /// Listens to what comes from now on, or to what came after an event. After one of another process: to all there is.
    #[must_use]
    pub fn listen(self: &Arc<Self>, after: Option<EventId>) -> Listener {
        let mut ring = self.ring();
        ring.listeners += 1;
        ring.listeners_so_far += 1;
        self.is_watched.store(true, Ordering::Relaxed);
        let next = match after {
            None => ring.next,
            Some(id) if id.process == self.process => id.number.saturating_add(1).clamp(1, ring.next),
            Some(_) => 1,
        };
        Listener { feed: Arc::clone(self), number: ring.listeners_so_far, next }
    }

    /// Appends what was committed.
    pub(crate) fn publish(
        &self,
        batch: &Batch,
        callsite: impl Fn(u32) -> Option<Arc<Callsite>>,
        pipeline: impl Fn(RunId) -> Option<Arc<str>>,
    ) {
        if !self.is_watched.load(Ordering::Relaxed) {
            self.ring().next += (batch.runs.len() + batch.steps.len()) as u64;
            return;
        }
        let events = happened(batch, callsite, pipeline);
        let mut ring = self.ring();
        ring.append(events);
        if ring.listeners == 0 && ring.linger == 0 {
            ring.forget();
            self.is_watched.store(false, Ordering::Relaxed);
        }
        self.wake(ring);
    }

    /// Nothing more comes.
    pub(crate) fn close(&self) {
        let mut ring = self.ring();
        ring.is_closed = true;
        self.wake(ring);
    }

    /// Wakes those who wait, after the lock is free.
    fn wake(&self, mut ring: MutexGuard<'_, Ring>) {
        let waiting = std::mem::take(&mut ring.waiting);
        drop(ring);
        waiting.into_iter().for_each(|(_, waker)| waker.wake());
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The events of a batch, in order: runs that go on, steps that ended, runs that are over.
fn happened(
    batch: &Batch,
    callsite: impl Fn(u32) -> Option<Arc<Callsite>>,
    pipeline: impl Fn(RunId) -> Option<Arc<str>>,
) -> Vec<(Arc<str>, Happened)> {
    // Of rows that are there twice the last one counts.
    let runs: HashMap<RunId, &Run> = batch.runs.iter().map(|run| (run.id, run)).collect();
    let last = |run: &&Run| std::ptr::eq(runs[&run.id], *run);
    let (mut open, mut over): (Vec<&Run>, Vec<&Run>) =
        batch.runs.iter().filter(last).partition(|run| run.status == RunStatus::Running);
    open.sort_by_key(|run| run.started_ns);
    over.sort_by_key(|run| run.ended_ns);
    let run = |run: &Run| (Arc::clone(&run.pipeline), Happened::Run(run.clone()));
    let step = |row: &StepRow| {
        let name = runs.get(&row.run).map(|run| Arc::clone(&run.pipeline)).or_else(|| pipeline(row.run));
        let step = step_of(row, callsite(row.callsite)?);
        Some((name.unwrap_or_default(), Happened::Step(row.run, step)))
    };
    let ended = batch.steps.iter().filter(|row| row.outcome != Outcome::Open);
    open.into_iter().map(run).chain(ended.filter_map(step)).chain(over.into_iter().map(run)).collect()
}

fn step_of(row: &StepRow, callsite: Arc<Callsite>) -> Step {
    Step {
        id: row.step,
        parent: row.parent,
        callsite,
        outcome: row.outcome,
        started_ns: row.started_ns,
        duration_ns: row.duration_ns,
        thread: row.thread,
        items_in: row.items_in,
        items_out: row.items_out,
        counts: row.counts.clone(),
        important: row.important,
        level: row.level,
    }
}

impl Ring {
    /// The number of the first event that is kept.
    fn first(&self) -> u64 {
        self.next - self.events.len() as u64
    }

    fn append(&mut self, events: Vec<(Arc<str>, Happened)>) {
        for (pipeline, what) in events {
            if let Happened::Step(run, step) = &what
                && self.steps.insert((*run, step.id), ()).is_some()
            {
                continue;
            }
            if self.events.len() == CAPACITY
                && let Some(oldest) = self.events.pop_front()
                && let Happened::Step(run, step) = &oldest.what
            {
                self.steps.remove(&(*run, step.id));
            }
            self.events.push_back(Arc::new(Event { number: self.next, pipeline, what }));
            self.next += 1;
            self.linger = self.linger.saturating_sub(1);
        }
    }

    fn forget(&mut self) {
        (self.events, self.steps) = (VecDeque::new(), FastMap::default());
    }
}

impl Listener {
    /// The name of the last event that it got, or would have got if it had not come too late.
    #[must_use]
    pub fn last(&self) -> EventId {
        EventId { process: self.feed.process, number: self.next - 1 }
    }

    /// Waits for events. `None` once the collector has stopped and all was heard.
    pub async fn next(&mut self) -> Option<News> {
        poll_fn(|context| self.poll_next(context)).await
    }

    fn poll_next(&mut self, context: &Context<'_>) -> Poll<Option<News>> {
        let mut ring = self.feed.ring();
        let first = ring.first();
        let missed = first.saturating_sub(self.next);
        let from = self.next.max(first);
        let skipped = usize::try_from(from - first).unwrap_or(usize::MAX);
        let events: Vec<_> = ring.events.iter().skip(skipped).take(AT_ONCE).cloned().collect();
        if events.is_empty() && missed == 0 {
            if ring.is_closed {
                return Poll::Ready(None);
            }
            let number = self.number;
            ring.waiting.retain(|(other, _)| *other != number);
            ring.waiting.push((number, context.waker().clone()));
            return Poll::Pending;
        }
        self.next = from + events.len() as u64;
        Poll::Ready(Some(News { missed, events }))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut ring = self.feed.ring();
        let number = self.number;
        ring.waiting.retain(|(other, _)| *other != number);
        ring.listeners -= 1;
        if ring.listeners == 0 {
            ring.linger = CAPACITY;
        }
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.process, self.number)
    }
}

impl FromStr for EventId {
    type Err = ParseEventIdError;

    fn from_str(text: &str) -> Result<Self, ParseEventIdError> {
        let read = |text: &str| {
            let (process, number) = text.split_once('-')?;
            let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
            Some(Self { process: process.parse().ok()?, number: number.parse().ok().filter(|_| is_number)? })
        };
        read(text).ok_or_else(|| ParseEventIdError { text: text.chars().take(80).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::DecisionCounts;
    use crate::model::Level;

    const RUN: RunId = RunId(7);

    fn run(status: RunStatus) -> Run {
        Run {
            id: RUN,
            pipeline: "movies".into(),
            status,
            outcome: Outcome::Open,
            started_ns: 0,
            ended_ns: None,
            steps: 1,
            failures: 0,
            lost_events: 0,
            error: None,
            parent: None,
            orphan: false,
            level: Level::Full,
            schema: None,
            misfits: 0,
            pinned: false,
        }
    }

    fn step(id: u64, outcome: Outcome) -> StepRow {
        StepRow {
            run: RUN,
            step: StepId(id),
            parent: None,
            callsite: 0,
            outcome,
            is_final: outcome != Outcome::Open,
            started_ns: 0,
            duration_ns: None,
            thread: 0,
            items_in: None,
            items_out: None,
            counts: DecisionCounts::default(),
            important: false,
            level: Level::Full,
            arguments: None,
            result: None,
        }
    }

    fn steps(ids: std::ops::Range<u64>) -> Batch {
        Batch { steps: ids.map(|id| step(id, Outcome::Ok)).collect(), ..Batch::default() }
    }

    fn feed() -> Arc<Feed> {
        Arc::new(Feed::new(ProcessId(0xabc)))
    }

    fn publish(feed: &Feed, batch: &Batch) {
        let callsite = Arc::new(Callsite {
            name: "pick".into(),
            kind: "".into(),
            module: "movies".into(),
            file: "movies.rs".into(),
            line: 1,
            arguments: Vec::new(),
            opens_run: false,
            items: "".into(),
            key: "".into(),
        });
        feed.publish(batch, |_| Some(Arc::clone(&callsite)), |_| Some("movies".into()));
    }

    fn poll(listener: &mut Listener) -> Poll<Option<News>> {
        listener.poll_next(&Context::from_waker(Waker::noop()))
    }

    /// How many were missed, and what is there: `r` for a run, a step's id.
    fn heard(listener: &mut Listener) -> (u64, Vec<String>) {
        let mut all = (0, Vec::new());
        while let Poll::Ready(Some(news)) = poll(listener) {
            all.0 += news.missed;
            all.1.extend(news.events.iter().map(|event| match &event.what {
                Happened::Run(run) => run.status.as_str().to_owned(),
                Happened::Step(_, step) => step.id.0.to_string(),
            }));
        }
        all
    }

    #[test]
    fn what_is_committed_comes_once_and_in_order() {
        let feed = feed();
        let mut listener = feed.listen(None);
        let batch = |status, ids: &[u64]| Batch {
            runs: vec![run(status)],
            steps: ids.iter().map(|id| step(*id, Outcome::Ok)).chain([step(99, Outcome::Open)]).collect(),
            ..Batch::default()
        };
        publish(&feed, &batch(RunStatus::Running, &[2, 3]));
        publish(&feed, &batch(RunStatus::Completed, &[3, 1]));
        assert_eq!(heard(&mut listener), (0, ["running", "2", "3", "1", "completed"].map(str::to_owned).to_vec()));
        assert!(poll(&mut listener).is_pending());
        feed.close();
        assert!(matches!(poll(&mut listener), Poll::Ready(None)));
    }

    #[test]
    fn who_is_late_is_told_how_much_is_missing() {
        let feed = feed();
        let mut slow = feed.listen(None);
        let count = CAPACITY as u64;
        publish(&feed, &steps(0..count + 10));
        let (missed, events) = heard(&mut slow);
        assert_eq!((missed, events.len()), (10, CAPACITY));
        assert_eq!((&*events[0], slow.last().number), ("10", count + 10));
    }

    #[test]
    fn who_comes_back_goes_on() {
        let feed = feed();
        let mut listener = feed.listen(None);
        publish(&feed, &steps(1..4));
        let Poll::Ready(Some(news)) = poll(&mut listener) else { panic!("there is news") };
        let second = EventId { process: feed.process(), number: news.events[1].number };
        drop(listener);
        publish(&feed, &steps(4..6));
        let mut again = feed.listen(Some(second));
        assert_eq!(heard(&mut again), (0, ["3", "4", "5"].map(str::to_owned).to_vec()));
        let other = EventId { process: ProcessId(1), number: 4 };
        assert_eq!(heard(&mut feed.listen(Some(other))).1.len(), 5, "all there is of this process");
        let future = EventId { number: u64::MAX, ..second };
        assert_eq!(heard(&mut feed.listen(Some(future))), (0, Vec::new()));
    }

    #[test]
    fn nothing_is_kept_for_nobody() {
        let feed = feed();
        publish(&feed, &steps(0..10));
        assert!(feed.ring().events.is_empty());
        let first = EventId { process: feed.process(), number: 1 };
        assert_eq!(heard(&mut feed.listen(Some(first))), (9, Vec::new()), "nobody listened then");
        // The ring comes round once after the last one has left.
        publish(&feed, &steps(10..CAPACITY as u64));
        assert!(!feed.ring().events.is_empty());
        publish(&feed, &steps(100_000..100_010));
        assert!(feed.ring().events.is_empty());
        publish(&feed, &steps(0..5));
        assert_eq!(feed.ring().next, CAPACITY as u64 + 16);
    }

    #[test]
    fn ids_are_read_as_they_are_written() {
        let id = EventId { process: ProcessId(0xabc), number: 17 };
        assert_eq!((id.to_string(), id.to_string().parse()), ("0000000000000abc-17".to_owned(), Ok(id)));
        for wrong in ["", "17", "0000000000000abc", "0000000000000abc-", "0000000000000abc-+1", "abc-1", "é-1"] {
            let error = wrong.parse::<EventId>().expect_err(wrong).to_string();
            assert!(error.starts_with("an event's id is 16 hexadecimal digits"), "{error}");
        }
    }
}
