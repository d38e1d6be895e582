//! From events to runs and steps: what each event changes, and what there is to write since the last batch.
//!
//! Events of one thread come in order, those of different threads in any order: a step may be seen to end before it
//! is seen to begin, and a run's first step after its others. Whatever comes first makes the row, the rest completes
//! it. The rows of one run may change those of others: see [`orphan`]. What became of items is found out when a batch is
//! taken: see [`items`].

mod building;
mod index;
mod items;
mod mind;
mod observed;
mod orphan;
mod payload;
mod relate;
mod sample;
mod tail;
mod written;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::chunk::{Loss, Sink, Values};
use crate::clock::{Calibration, Reference};
use crate::decision::DecisionCounts;
use crate::event::{About, Event, OuterRun, What};
use crate::id::{ProcessId, RunId, StepId};
use crate::map::FastMap;
use crate::metrics::{MetricsReader, MetricsWriter};
use crate::misfits::Misfits;
use crate::model::{Callsite, Level, Outcome, Run, RunStatus};
use crate::store::{Batch, ItemEntry, StepRow, Store};
use crate::value::text_of;

use self::building::{Building, Known};
use self::mind::Minds;
pub(crate) use self::observed::{NOT_CHOSEN, failed, verdict_of};
use self::orphan::Orphans;
pub(crate) use self::relate::{entered_of, question};
pub use self::tail::KeepRuns;
use self::tail::Tail;
use self::written::Written;

/// A batch and what it holds, for the books.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    pub(crate) batch: Batch,
    /// Events that are in it.
    pub(crate) events: u64,
    pub(crate) events_by_run: FastMap<RunId, u64>,
}

impl Pending {
    /// Whether all that can be dropped of it was dropped.
    pub(crate) fn is_stripped(&self) -> bool {
        self.batch.steps.is_empty() && self.batch.late.is_empty() && self.batch.segments.is_empty()
    }

    /// Drops steps and values; functions and runs are kept: they are small, and say what was lost.
    pub(crate) fn strip(&mut self) -> Stripped {
        self.batch.steps = Vec::new();
        self.batch.facts = Vec::new();
        self.batch.late = Vec::new();
        self.batch.items = Vec::new();
        self.batch.segments = Vec::new();
        Stripped { events: std::mem::take(&mut self.events), by_run: std::mem::take(&mut self.events_by_run) }
    }

    /// Puts what is left of an earlier, stripped one in front.
    pub(crate) fn prepend(&mut self, earlier: Self) {
        self.batch.callsites.splice(0..0, earlier.batch.callsites);
        self.batch.schemas.splice(0..0, earlier.batch.schemas);
        self.batch.pins.splice(0..0, earlier.batch.pins);
        self.batch.progress.prepend(earlier.batch.progress);
        let newer: HashSet<RunId> = self.batch.runs.iter().map(|run| run.id).collect();
        self.batch.runs.extend(earlier.batch.runs.into_iter().filter(|run| !newer.contains(&run.id)));
    }

    /// Makes one of two, neither of which was written: what the later one says counts.
    pub(crate) fn append(&mut self, later: Self) {
        let Batch { callsites, runs, steps, facts, late, pins, items, segments, schemas, mut progress } = later.batch;
        self.batch.callsites.extend(callsites);
        self.batch.runs.extend(runs);
        self.batch.steps.extend(steps);
        self.batch.facts.extend(facts);
        self.batch.late.extend(late);
        self.batch.pins.extend(pins);
        self.batch.items.extend(items);
        self.batch.segments.extend(segments);
        self.batch.schemas.extend(schemas);
        progress.prepend(std::mem::take(&mut self.batch.progress));
        self.batch.progress = progress;
        self.events += later.events;
        for (run, events) in later.events_by_run {
            *self.events_by_run.entry(run).or_default() += events;
        }
    }

    /// About how much memory it takes.
    pub(crate) fn bytes(&self) -> usize {
        let payload: usize = self.batch.segments.iter().map(|segment| segment.payload.len()).sum();
        let items = self.batch.items.len() * size_of::<ItemEntry>();
        payload + items + self.batch.steps.len() * size_of::<StepRow>() + self.batch.runs.len() * size_of::<Run>()
    }
}

/// Events that were dropped from a batch.
pub(crate) struct Stripped {
    pub(crate) events: u64,
    pub(crate) by_run: FastMap<RunId, u64>,
}

struct OpenRun {
    run: Run,
    /// Steps that have not ended.
    open: FastMap<u64, StepRow>,
    /// Steps that were seen to end and not to begin.
    headless: FastMap<u64, StepRow>,
    heard: Instant,
    heard_ns: u64,
    has_changed: bool,
    events_in_batch: u64,
    /// Events that its threads dropped, and that are in its row.
    told_losses: u64,
    /// Whether its end is in the metrics.
    is_counted: bool,
}

impl OpenRun {
    fn new(run: Run, heard_ns: u64, has_changed: bool) -> Self {
        Self {
            is_counted: run.status != RunStatus::Running,
            run,
            open: FastMap::default(),
            headless: FastMap::default(),
            heard: Instant::now(),
            heard_ns,
            has_changed,
            events_in_batch: 0,
            told_losses: 0,
        }
    }
}

/// The runs that are not over, and the next batch.
pub(crate) struct Assembly {
    process: ProcessId,
    calibration: Calibration,
    runs: FastMap<u64, OpenRun>,
    callsites: FastMap<u32, Arc<Callsite>>,
    new_callsites: Vec<(u32, Arc<Callsite>)>,
    orphans: Orphans,
    building: Building,
    /// The runs of which it shows at their end how much is kept.
    held: FastMap<u64, Building>,
    tail: Option<Tail>,
    next_segment: u64,
    is_stopping: bool,
    misfits: Misfits,
    minds: Minds,
    metrics: MetricsWriter,
    /// The number of the batch that is being put together.
    batch: u64,
    written: Written,
    /// The memory of a batch that is written.
    spare: Option<Batch>,
    /// When the events that come are read: the clock is asked once for many of them.
    now: Instant,
}

impl Assembly {
    pub(crate) fn new(
        process: ProcessId,
        calibration: Calibration,
        keep: Option<KeepRuns>,
        misfits: Misfits,
        next_segment: u64,
        store: Arc<dyn Store>,
    ) -> Self {
        Self {
            process,
            calibration,
            runs: FastMap::default(),
            callsites: FastMap::default(),
            new_callsites: Vec::new(),
            orphans: Orphans::default(),
            building: Building::new(next_segment),
            held: FastMap::default(),
            tail: keep.map(Tail::new),
            next_segment: next_segment + 1,
            is_stopping: false,
            misfits,
            minds: Minds::default(),
            metrics: MetricsWriter::default(),
            batch: 1,
            written: Written::new(store),
            spare: None,
            now: Instant::now(),
        }
    }

    /// Says what is being written from now on: what is there is not looked for in the store alone.
    pub(crate) fn set_in_flight(&mut self, pending: Option<Arc<Pending>>) {
        self.written.in_flight = pending;
    }

    /// All that did not fit the schema.
    pub(crate) fn misfits(&self) -> u64 {
        self.misfits.count()
    }

    /// A function that was met before.
    pub(crate) fn callsite(&self, number: u32) -> Option<Arc<Callsite>> {
        self.callsites.get(&number).cloned()
    }

    /// The pipeline of a run that is not done with.
    pub(crate) fn pipeline(&self, run: RunId) -> Option<Arc<str>> {
        self.runs.get(&run.root().0).map(|open| Arc::clone(&open.run.pipeline))
    }

    /// What was seen to end.
    pub(crate) fn metrics(&self) -> MetricsReader {
        self.metrics.reader()
    }

    /// Measures the clock; before events are read. Returns what another process needs to read their times.
    pub(crate) fn refine_clock(&mut self) -> Reference {
        self.calibration.refine();
        self.now = Instant::now();
        self.calibration.reference()
    }

    /// Whether the batch must be taken before more events come.
    pub(crate) fn is_full(&self) -> bool {
        self.building.is_full() || self.held.values().any(Building::is_full)
    }

    /// Whether another reading may complete what was taken: something was said of steps that are not known yet.
    pub(crate) fn is_waiting(&self) -> bool {
        self.building.items.waits()
    }

    /// The producers had to drop events of a run.
    pub(crate) fn lost(&mut self, loss: Loss) {
        let open = self.open_run(loss.run, 0, false);
        open.run.lost_events += loss.events;
        open.told_losses += loss.events;
        open.has_changed = true;
        if loss.end && open.run.status == RunStatus::Running {
            open.run.status = RunStatus::Incomplete;
            open.run.outcome = Outcome::Lost;
            open.run.ended_ns = Some(open.heard_ns);
            self.orphans.lost(loss.run);
        }
    }

    /// Events could not be written. Rows of runs that are over were taken already, and are not changed here.
    pub(crate) fn lost_in_store(&mut self, events_by_run: &FastMap<RunId, u64>) {
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
        let Self { runs, building, held, orphans, metrics, callsites, .. } = self;
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
                let ended = &mut held.get_mut(id).unwrap_or(building).ended;
                ended.extend(open.open.drain().map(|(_, step)| StepRow {
                    outcome: Outcome::Lost,
                    is_final: true,
                    ..step
                }));
                open.has_changed = true;
            }
            // The beginning of a step that was seen to end comes with the next reading, unless it was dropped.
            let more_may_come = (has_lost || !open.headless.is_empty()) && silent < quiet;
            let may_be_orphan = orphans.is_open(*id);
            let is_held = held.contains_key(id);
            let keep =
                !is_over || !open.open.is_empty() || open.has_changed || more_may_come || may_be_orphan || is_held;
            if !keep {
                metrics.lost_beginnings(open.headless.values(), callsites);
                done(*id);
            }
            keep
        });
    }

    /// The collector stops: what runs still run will not be known.
    pub(crate) fn abandon(&mut self) {
        self.is_stopping = true;
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
        let mut pending = Pending::default();
        self.release_held(&mut pending);
        let Self { process, runs, callsites, building, held, next_segment, written, metrics, .. } = self;
        building.count(&Known { process: *process, callsites, written });
        let open_step = |run, step| runs.get(&run).and_then(|open| open.open.get(&step));
        building.rows_into(&mut pending.batch, *process, open_step);
        pending.batch.late = building.items.late(*process, |(run, step)| open_step(run, step).is_some());
        if let Some(segment) = building.take_segment() {
            pending.batch.segments.push(segment);
            building.number = *next_segment;
            *next_segment += 1;
        }
        pending.events += std::mem::take(&mut building.events);
        metrics.steps(&pending.batch, callsites);
        for (id, open) in runs {
            if open.run.status != RunStatus::Running && !std::mem::replace(&mut open.is_counted, true) {
                metrics.run(&open.run);
            }
            if std::mem::take(&mut open.has_changed) {
                pending.batch.runs.push(open.run.clone());
            }
            if open.events_in_batch > 0 && !held.contains_key(id) {
                pending.events_by_run.insert(open.run.id, std::mem::take(&mut open.events_in_batch));
            }
        }
        pending.batch.callsites = std::mem::take(&mut self.new_callsites);
        self.write_down(&mut pending.batch.progress);
        self.batch += 1;
        if let Some(batch) = self.spare.take() {
            self.building.recycle(batch);
        }
        pending
    }

    /// Takes back the memory of a batch that is written, for the batch that begins next.
    pub(crate) fn recycle(&mut self, batch: Batch) {
        match self.building.is_new() {
            true => self.building.recycle(batch),
            false => self.spare = Some(batch),
        }
    }

    /// Of the runs that are held, hands over those that are over, whole or without their values; and those that have
    /// become too large to be held.
    fn release_held(&mut self, pending: &mut Pending) {
        let Some(tail) = &mut self.tail else { return };
        let known = Known { process: self.process, callsites: &self.callsites, written: &self.written };
        let mut bytes: usize = self.held.values().map(Building::bytes).sum();
        // In the order in which they began: what is usual is learnt from those before.
        let mut begun: Vec<_> =
            self.held.keys().filter_map(|id| Some((self.runs.get(id)?.run.started_ns, *id))).collect();
        begun.sort_unstable();
        for (_, id) in begun {
            let (Some(building), Some(open)) = (self.held.get_mut(&id), self.runs.get_mut(&id)) else { continue };
            let is_over = open.run.status != RunStatus::Running && open.open.is_empty() && open.headless.is_empty();
            let is_too_large = building.is_full() || bytes > tail.settings.held_bytes;
            if !is_over && !is_too_large && !self.is_stopping {
                continue;
            }
            bytes -= building.bytes();
            building.count(&known);
            if is_over && !tail.keeps(&open.run, &building.ended) && building.items.pins.is_empty() {
                building.strip();
                (open.run.level, open.has_changed) = (Level::Metrics, true);
            }
            building.rows_into(&mut pending.batch, known.process, |_, step| open.open.get(&step));
            pending.batch.segments.extend(building.take_segment());
            pending.events += building.events;
            pending.events_by_run.insert(open.run.id, std::mem::take(&mut open.events_in_batch));
            self.held.remove(&id);
        }
    }

    /// The state of a run; `is_first` if the event is the beginning of its first step, so that nobody else knows it.
    fn open_run(&mut self, run: u64, at_ns: u64, is_first: bool) -> &mut OpenRun {
        let id = RunId::new(self.process, StepId(run));
        let schema = self.misfits.version();
        let open = self.runs.entry(run).or_insert_with(|| {
            let known = if is_first { None } else { self.written.run(id) };
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
                level: Level::Full,
                schema,
                misfits: 0,
                pinned: false,
            });
            OpenRun::new(run, at_ns, true)
        });
        open.heard = self.now;
        open.heard_ns = open.heard_ns.max(at_ns);
        open
    }

    /// Where rows and values of a run go; `is_first` as in [`Assembly::open_run`].
    fn building_of(&mut self, run: u64, is_first: bool) -> &mut Building {
        let Self { building, held, tail, next_segment, batch, .. } = self;
        if tail.is_some() && is_first {
            let number = std::mem::replace(next_segment, *next_segment + 1);
            return held.entry(run).or_insert_with(|| Building { since: *batch, ..Building::new(number) });
        }
        held.get_mut(&run).unwrap_or(building)
    }

    fn row(&self, event: &Event) -> StepRow {
        StepRow {
            run: RunId::new(self.process, StepId(event.run)),
            step: StepId(event.step),
            // The first step of a run that was started inside another hangs there, not here.
            parent: Some(StepId(event.parent)).filter(|parent| parent.0 != 0 && event.step != event.run),
            callsite: event.callsite,
            outcome: Outcome::Open,
            is_final: false,
            started_ns: self.calibration.unix_ns(event.started),
            duration_ns: None,
            thread: event.thread,
            items_in: None,
            items_out: None,
            counts: DecisionCounts::default(),
            important: false,
            level: event.level,
            arguments: None,
            result: None,
        }
    }

    /// How far what a step returned, which is the last payload, does not fit.
    fn misfits_of_result(&mut self, row: &StepRow) -> u64 {
        let is_value = self.misfits.has_schema() && matches!(row.outcome, Outcome::Ok | Outcome::Returned);
        let Some(place) = row.result.filter(|_| is_value) else { return 0 };
        let Building { payload, .. } = self.held.get(&row.run.root().0).unwrap_or(&self.building);
        let callsite = self.callsites.get(&row.callsite);
        let result = &payload.bytes[place.offset as usize..];
        self.misfits.returned(row.callsite, callsite, result, payload.names.texts())
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
        let building = self.building_of(event.run, is_first);
        building.events += 1;
        match event.level {
            Level::Full => {
                let (place, items) = building.payload.copy(values);
                (row.arguments, row.items_in) = (building.payload.reference(building.number, &place), items);
            }
            _ if values.is_empty() => {}
            _ => row.items_in = building.items.hold((event.run, event.step), values),
        }
        let misfits = self.misfits.entered(event.callsite, self.callsites.get(&event.callsite));
        let open = self.open_run(event.run, row.started_ns, is_first);
        open.run.misfits += misfits;
        open.has_changed = true;
        open.events_in_batch += 1;
        if open.run.status == RunStatus::Incomplete && open.run.outcome == Outcome::Open {
            // It was given up, and lives.
            (open.run.status, open.run.ended_ns) = (RunStatus::Running, None);
        }
        let headless = if open.headless.is_empty() { None } else { open.headless.remove(&event.step) };
        if let Some(mut ended) = headless {
            (ended.arguments, ended.items_in, ended.thread) = (row.arguments, row.items_in, row.thread);
            ended.is_final = true;
            self.building_of(event.run, false).ended.push(ended);
            self.metrics.completed(event.run, event.step);
        } else {
            open.run.steps += 1;
            let started_ns = row.started_ns;
            open.open.insert(event.step, row);
            self.building_of(event.run, false).begun.push((event.run, event.step));
            if is_first {
                self.open_pipeline(event, started_ns);
            }
        }
    }

    fn left(&mut self, event: &Event, ended: u64, outcome: Outcome, values: &mut Values<'_>) {
        let ended_ns = self.calibration.unix_ns(ended);
        let mut row = self.row(event);
        row.outcome = outcome;
        row.duration_ns = Some(self.calibration.duration_ns(event.started, ended));
        let callsite = if event.level == Level::Full { None } else { self.callsites.get(&event.callsite).cloned() };
        let building = self.building_of(event.run, false);
        building.events += 1;
        let Building { payload, items, number, .. } = building;
        match event.level {
            Level::Full => {
                let (place, items) = payload.copy(values);
                (row.result, row.items_out) = (payload.reference(*number, &place), items);
            }
            _ if values.is_empty() => {}
            _ => items.release(&mut row, callsite.as_deref(), values, *number, payload),
        }
        row.items_out = row.items_out.filter(|_| matches!(outcome, Outcome::Ok | Outcome::Returned));
        let message = row.result.filter(|_| outcome.is_failure()).and_then(|place| {
            let from = place.offset as usize;
            text_of(&payload.bytes[from..from + place.length as usize])
        });
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
            (row.arguments, row.items_in, row.thread) =
                (row.arguments.or(begun.arguments), begun.items_in, begun.thread);
            (row.started_ns, row.is_final) = (begun.started_ns, true);
        } else {
            open.run.steps += 1;
            open.headless.insert(event.step, row.clone());
            self.metrics.headless(event.run, event.step);
            if is_first {
                self.open_pipeline(event, row.started_ns);
            }
        }
        if is_first {
            self.orphans.ended(event.run, ended);
        }
        self.building_of(event.run, false).ended.push(row);
    }
}

impl Sink for Assembly {
    fn event(&mut self, event: Event, values: &mut Values<'_>) {
        match event.what {
            What::Entered => self.entered(&event, values),
            What::Left { ended, outcome } => self.left(&event, ended, outcome, values),
        }
    }

    fn fact(&mut self, about: About, values: &mut Values<'_>) {
        let step = self.runs.get(&about.run).and_then(|open| open.open.get(&about.step));
        let (level, callsite) = step.map_or((Level::Full, None), |row| (row.level, Some(row.callsite)));
        let process = self.process;
        let building = self.building_of(about.run, false);
        building.events += 1;
        let said = building.items.said(process, about, level, callsite, values, &mut building.payload);
        let misfits = said
            .zip(callsite)
            .map_or(0, |((part, key), number)| self.misfits.said(number, self.callsites.get(&number), part, &key));
        if let Some(open) = self.runs.get_mut(&about.run) {
            open.run.misfits += misfits;
            open.events_in_batch += 1;
        }
    }

    fn callsite(&mut self, number: u32, callsite: &Arc<Callsite>) {
        self.callsites.insert(number, Arc::clone(callsite));
        self.new_callsites.push((number, Arc::clone(callsite)));
    }
}
