//! From events to runs and steps: what each event changes, and what there is to write since the last batch.
//!
//! Events of one thread come in order, those of different threads in any order: a step may be seen to end before it
//! is seen to begin, and a run's first step after its others. Whatever comes first makes the row, the rest completes
//! it. The rows of one run may change those of others: see [`crate::orphan`].

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::chunk::{Loss, Sink, Values};
use crate::clock::{Calibration, unix_now_ns};
use crate::event::{Event, OuterRun, What};
use crate::id::{ProcessId, RunId, StepId};
use crate::misfits::Misfits;
use crate::model::{Callsite, Outcome, Run, RunStatus};
use crate::orphan::Orphans;
use crate::store::{Batch, PayloadRef, SchemaRow, Segment, StepRow};
use crate::value::{SegmentNames, list_length, text_of};

/// A batch and what it holds, for the books.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    pub(crate) batch: Batch,
    /// Events that are in it.
    pub(crate) events: u64,
    pub(crate) events_by_run: HashMap<RunId, u64>,
}

impl Pending {
    /// Whether all that can be dropped of it was dropped.
    pub(crate) fn is_stripped(&self) -> bool {
        self.batch.steps.is_empty() && self.batch.segment.is_none()
    }

    /// Drops steps and values; functions and runs are kept: they are small, and say what was lost.
    pub(crate) fn strip(&mut self) -> Stripped {
        self.batch.steps = Vec::new();
        self.batch.segment = None;
        Stripped { events: std::mem::take(&mut self.events), by_run: std::mem::take(&mut self.events_by_run) }
    }

    /// Puts what is left of an earlier, stripped one in front.
    pub(crate) fn prepend(&mut self, earlier: Self) {
        self.batch.callsites.splice(0..0, earlier.batch.callsites);
        self.batch.schemas.splice(0..0, earlier.batch.schemas);
        let newer: HashSet<RunId> = self.batch.runs.iter().map(|run| run.id).collect();
        self.batch.runs.extend(earlier.batch.runs.into_iter().filter(|run| !newer.contains(&run.id)));
    }

    /// About how much memory it takes.
    pub(crate) fn bytes(&self) -> usize {
        let payload = self.batch.segment.as_ref().map_or(0, |segment| segment.payload.len());
        payload + self.batch.steps.len() * size_of::<StepRow>() + self.batch.runs.len() * size_of::<Run>()
    }
}

/// Events that were dropped from a batch.
pub(crate) struct Stripped {
    pub(crate) events: u64,
    pub(crate) by_run: HashMap<RunId, u64>,
}

struct OpenRun {
    run: Run,
    /// Steps that have not ended.
    open: HashMap<u64, StepRow>,
    /// Steps that were seen to end and not to begin.
    headless: HashMap<u64, StepRow>,
    heard: Instant,
    heard_ns: u64,
    has_changed: bool,
    events_in_batch: u64,
}

#[derive(Default)]
struct SegmentBuilder {
    names: SegmentNames,
    payload: Vec<u8>,
}

/// The runs that are not over, and the next batch.
pub(crate) struct Assembly {
    process: ProcessId,
    calibration: Calibration,
    runs: HashMap<u64, OpenRun>,
    callsites: HashMap<u32, Arc<Callsite>>,
    new_callsites: Vec<(u32, Arc<Callsite>)>,
    ended: Vec<StepRow>,
    /// Run and step of those that began since the last batch.
    begun: Vec<(u64, u64)>,
    orphans: Orphans,
    misfits: Misfits,
    /// For the first batch.
    new_schema: Option<SchemaRow>,
    segment: SegmentBuilder,
    segment_number: u64,
    events: u64,
    /// What the store knows of a run of which the beginning was not seen.
    known_run: Box<dyn Fn(RunId) -> Option<Run> + Send>,
}

impl Assembly {
    pub(crate) fn new(
        process: ProcessId,
        next_segment: u64,
        misfits: Misfits,
        known_run: impl Fn(RunId) -> Option<Run> + Send + 'static,
    ) -> Self {
        Self {
            process,
            calibration: Calibration::start(),
            runs: HashMap::new(),
            callsites: HashMap::new(),
            new_callsites: Vec::new(),
            ended: Vec::new(),
            begun: Vec::new(),
            orphans: Orphans::default(),
            new_schema: misfits.row(unix_now_ns()),
            misfits,
            segment: SegmentBuilder::default(),
            segment_number: next_segment,
            events: 0,
            known_run: Box::new(known_run),
        }
    }

    /// A function that the store knows already.
    pub(crate) fn know(&mut self, number: u32, callsite: Arc<Callsite>) {
        self.callsites.insert(number, callsite);
    }

    /// All that did not fit the schema.
    pub(crate) fn misfits(&self) -> u64 {
        self.misfits.count()
    }

    /// Measures the clock; before events are read.
    pub(crate) fn refine_clock(&mut self) {
        self.calibration.refine();
    }

    /// Whether the batch must be taken before more events come: a segment holds so much and no more.
    pub(crate) fn is_full(&self) -> bool {
        self.segment.payload.len() >= 4 * 1024 * 1024 || self.segment.names.is_nearly_full()
    }

    /// The producers had to drop events of a run.
    pub(crate) fn lost(&mut self, loss: Loss) {
        let open = self.open_run(loss.run, 0, false);
        open.run.lost_events += loss.events;
        open.has_changed = true;
        if loss.end && open.run.status == RunStatus::Running {
            open.run.status = RunStatus::Incomplete;
            open.run.outcome = Outcome::Lost;
            open.run.ended_ns = Some(open.heard_ns);
            self.orphans.lost(loss.run);
        }
    }

    /// Events could not be written. Rows of runs that are over were taken already, and are not changed here.
    pub(crate) fn lost_in_store(&mut self, events_by_run: &HashMap<RunId, u64>) {
        for (run, events) in events_by_run {
            if let Some(open) = self.runs.get_mut(&run.root().0) {
                open.run.lost_events += events;
                open.has_changed = true;
            }
        }
    }

    /// Decides what is over: runs that were silent for `timeout`, and in runs that lost events and were `quiet` since,
    /// the steps that did not end. Says which runs are done with.
    pub(crate) fn sweep(&mut self, timeout: Duration, quiet: Duration, mut done: impl FnMut(u64)) {
        self.mark_orphans();
        let Self { runs, ended, orphans, .. } = self;
        orphans.forget(quiet);
        runs.retain(|id, open| {
            let silent = open.heard.elapsed();
            if open.run.status == RunStatus::Running && silent >= timeout {
                open.run.status = RunStatus::Incomplete;
                open.run.ended_ns = Some(open.heard_ns);
                open.has_changed = true;
                orphans.lost(*id);
            }
            let is_over = open.run.status != RunStatus::Running;
            let has_lost = open.run.lost_events > 0;
            if is_over && has_lost && silent >= quiet && !open.open.is_empty() {
                ended.extend(open.open.drain().map(|(_, step)| StepRow { outcome: Outcome::Lost, ..step }));
                open.has_changed = true;
            }
            // The beginning of a step that was seen to end comes with the next reading, unless it was dropped.
            let more_may_come = (has_lost || !open.headless.is_empty()) && silent < quiet;
            let may_be_orphan = orphans.is_open(*id);
            let keep = !is_over || !open.open.is_empty() || open.has_changed || more_may_come || may_be_orphan;
            if !keep {
                done(*id);
            }
            keep
        });
    }

    /// The collector stops: what runs still run will not be known.
    pub(crate) fn abandon(&mut self) {
        for open in self.runs.values_mut().filter(|open| open.run.status == RunStatus::Running) {
            open.run.status = RunStatus::Incomplete;
            open.run.ended_ns = Some(open.heard_ns);
            open.has_changed = true;
        }
    }

    fn mark_orphans(&mut self) {
        let Self { runs, orphans, .. } = self;
        orphans.answer(|run, is_orphan| {
            // Kept for as long as the question is open.
            if let Some(open) = runs.get_mut(&run) {
                (open.run.orphan, open.has_changed) = (is_orphan, true);
            }
        });
    }

    /// What changed since the last time.
    pub(crate) fn take(&mut self) -> Pending {
        self.mark_orphans();
        let mut steps = std::mem::take(&mut self.ended);
        for (run, step) in self.begun.drain(..) {
            // One that has ended since is among the others.
            if let Some(row) = self.runs.get(&run).and_then(|open| open.open.get(&step)) {
                steps.push(row.clone());
            }
        }
        let mut pending = Pending { events: std::mem::take(&mut self.events), ..Pending::default() };
        for open in self.runs.values_mut() {
            if std::mem::take(&mut open.has_changed) {
                pending.batch.runs.push(open.run.clone());
            }
            if open.events_in_batch > 0 {
                pending.events_by_run.insert(open.run.id, std::mem::take(&mut open.events_in_batch));
            }
        }
        pending.batch.steps = steps;
        pending.batch.callsites = std::mem::take(&mut self.new_callsites);
        pending.batch.schemas.extend(self.new_schema.take());
        if !self.segment.payload.is_empty() {
            let SegmentBuilder { names, payload } = std::mem::take(&mut self.segment);
            let names = names.into_texts();
            pending.batch.segment = Some(Segment { number: self.segment_number, names, payload });
            self.segment_number += 1;
        }
        pending
    }

    /// The state of a run; `is_first` if the event is the beginning of its first step, so that nobody else knows it.
    fn open_run(&mut self, run: u64, at_ns: u64, is_first: bool) -> &mut OpenRun {
        let id = RunId::new(self.process, StepId(run));
        let schema = self.misfits.version();
        let open = self.runs.entry(run).or_insert_with(|| {
            let known = if is_first { None } else { (self.known_run)(id) };
            let run = known.unwrap_or_else(|| Run {
                id,
                pipeline: "".into(),
                status: RunStatus::Running,
                outcome: Outcome::Open,
                started_ns: at_ns,
                ended_ns: None,
                steps: 0,
                failures: 0,
                lost_events: 0,
                error: None,
                parent: None,
                orphan: false,
                schema,
                misfits: 0,
            });
            OpenRun {
                run,
                open: HashMap::new(),
                headless: HashMap::new(),
                heard: Instant::now(),
                heard_ns: at_ns,
                has_changed: true,
                events_in_batch: 0,
            }
        });
        open.heard = Instant::now();
        open.heard_ns = open.heard_ns.max(at_ns);
        open
    }

    /// Copies values into the segment. Returns where they are, and of the first that is a list its length.
    fn payload(&mut self, values: &mut Values<'_>) -> (Option<PayloadRef>, Option<u64>) {
        let SegmentBuilder { names, payload } = &mut self.segment;
        let start = payload.len();
        let mut items = None;
        loop {
            let from = payload.len();
            match values.copy_next(names, payload) {
                Some(Ok(())) => items = items.or_else(|| list_length(&payload[from..])),
                Some(Err(_)) | None => break,
            }
        }
        let place = (payload.len() > start).then(|| PayloadRef {
            segment: self.segment_number,
            offset: u32::try_from(start).unwrap_or(u32::MAX),
            length: u32::try_from(payload.len() - start).unwrap_or(u32::MAX),
        });
        (place, items)
    }

    fn row(&self, event: &Event) -> StepRow {
        StepRow {
            run: RunId::new(self.process, StepId(event.run)),
            step: StepId(event.step),
            // The first step of a run that was started inside another hangs there, not here.
            parent: Some(StepId(event.parent)).filter(|parent| parent.0 != 0 && event.step != event.run),
            callsite: event.callsite,
            outcome: Outcome::Open,
            started_ns: self.calibration.unix_ns(event.started),
            duration_ns: None,
            thread: event.thread,
            items_in: None,
            items_out: None,
            arguments: None,
            result: None,
        }
    }

    /// How far what a step returned, which is the last payload, does not fit.
    fn misfits_of_result(&mut self, row: &StepRow) -> u64 {
        let Some(place) = row.result.filter(|_| matches!(row.outcome, Outcome::Ok | Outcome::Returned)) else {
            return 0;
        };
        let SegmentBuilder { names, payload } = &self.segment;
        let callsite = self.callsites.get(&row.callsite);
        self.misfits.returned(row.callsite, callsite, &payload[place.offset as usize..], names.texts())
    }

    /// What the first step says about its run.
    fn open_pipeline(&mut self, event: &Event, started_ns: u64) {
        let callsite = self.callsites.get(&event.callsite).cloned();
        match callsite.as_ref().is_some_and(|callsite| callsite.opens_run) {
            true => self.orphans.begun_by_run(event.run, event.started),
            false if event.outer_run == OuterRun::None => self.orphans.begun_by_step(event.run, event.started),
            false => {}
        }
        let parent = event.outer_run.id(self.process).map(|outer| (outer, StepId(event.parent)));
        let run = &mut self.open_run(event.run, started_ns, false).run;
        run.pipeline = callsite.map(|callsite| Arc::clone(&callsite.name)).unwrap_or_default();
        run.started_ns = started_ns;
        run.parent = parent;
    }

    fn entered(&mut self, event: &Event, values: &mut Values<'_>) {
        let mut row = self.row(event);
        let is_first = event.step == event.run;
        (row.arguments, row.items_in) = self.payload(values);
        let misfits = self.misfits.entered(event.callsite, self.callsites.get(&event.callsite));
        let open = self.open_run(event.run, row.started_ns, is_first);
        open.run.misfits += misfits;
        open.has_changed = true;
        open.events_in_batch += 1;
        if open.run.status == RunStatus::Incomplete && open.run.outcome == Outcome::Open {
            // It was given up, and lives.
            (open.run.status, open.run.ended_ns) = (RunStatus::Running, None);
        }
        if let Some(mut ended) = open.headless.remove(&event.step) {
            (ended.arguments, ended.items_in, ended.thread) = (row.arguments, row.items_in, row.thread);
            self.ended.push(ended);
        } else {
            open.run.steps += 1;
            let started_ns = row.started_ns;
            open.open.insert(event.step, row);
            self.begun.push((event.run, event.step));
            if is_first {
                self.open_pipeline(event, started_ns);
            }
        }
    }

    fn left(&mut self, event: &Event, ended: u64, outcome: Outcome, values: &mut Values<'_>) {
        let (result, items_out) = self.payload(values);
        let message = result.filter(|_| outcome.is_failure()).and_then(|place| {
            let from = place.offset as usize;
            text_of(&self.segment.payload[from..from + place.length as usize])
        });
        let ended_ns = self.calibration.unix_ns(ended);
        let mut row = self.row(event);
        row.outcome = outcome;
        row.duration_ns = Some(self.calibration.duration_ns(event.started, ended));
        row.result = result;
        row.items_out = items_out.filter(|_| matches!(outcome, Outcome::Ok | Outcome::Returned));
        let is_first = event.step == event.run;
        let misfits = self.misfits_of_result(&row);
        let open = self.open_run(event.run, ended_ns, false);
        open.run.misfits += misfits;
        open.has_changed = true;
        open.events_in_batch += 1;
        open.run.failures += u64::from(outcome.is_failure());
        if is_first {
            open.run.outcome = outcome;
            open.run.status = if outcome.is_failure() { RunStatus::Failed } else { RunStatus::Completed };
            open.run.ended_ns = Some(ended_ns);
            open.run.error = message;
        }
        if let Some(begun) = open.open.remove(&event.step) {
            (row.arguments, row.items_in, row.thread) = (begun.arguments, begun.items_in, begun.thread);
            row.started_ns = begun.started_ns;
        } else {
            open.run.steps += 1;
            open.headless.insert(event.step, row.clone());
            if is_first {
                self.open_pipeline(event, row.started_ns);
            }
        }
        if is_first {
            self.orphans.ended(event.run, ended);
        }
        self.ended.push(row);
    }
}

impl Sink for Assembly {
    fn event(&mut self, event: Event, values: &mut Values<'_>) {
        self.events += 1;
        match event.what {
            What::Entered => self.entered(&event, values),
            What::Left { ended, outcome } => self.left(&event, ended, outcome, values),
        }
    }

    fn callsite(&mut self, number: u32, callsite: &Arc<Callsite>) {
        self.callsites.insert(number, Arc::clone(callsite));
        self.new_callsites.push((number, Arc::clone(callsite)));
    }
}
