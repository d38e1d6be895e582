//! What becomes of items: what the code says of them, and what comparing values shows, until the step's row is written.

use crate::chunk::Values;
use crate::event::About;
use crate::fact::{self, Fact};
use crate::id::{ProcessId, RunId, StepId};
use crate::inference::Encoded;
use crate::map::FastMap;
use crate::model::{Callsite, Level, Outcome};
use crate::schema::Part;
use crate::store::{FactsRow, ItemEntry, LateRow, StepInMind, StepRow};
use crate::value::NameTable;

use super::index;
use super::observed::Observed;
use super::payload::Payload;
use super::relate::{self, Related};
use super::sample::{SampledFacts, sampled_decisions};

/// Arguments that are held beyond this are not compared.
const HELD_BYTES: usize = 64 * 1024 * 1024;

/// A step within the process: its run's first step, and itself.
type Place = (u64, u64);

#[derive(Debug)]
enum Facts {
    All(Vec<u8>),
    Sampled(SampledFacts),
}

impl Facts {
    /// None yet, of a step at this level.
    fn of(level: Level) -> Self {
        if level == Level::Full { Self::All(Vec::new()) } else { Self::Sampled(SampledFacts::default()) }
    }

    /// Takes a fact that is all of `encoded`.
    fn add(&mut self, fact: Option<&Fact<'_>>, encoded: Encoded<'_>) {
        match self {
            Self::All(bytes) => bytes.extend(encoded.bytes),
            Self::Sampled(sampled) => sampled.add(fact, encoded),
        }
    }
}

/// What was said of a step, on its way into a segment.
#[derive(Debug)]
struct Said {
    /// The step's function, if it is known.
    callsite: Option<u32>,
    /// What the facts say of items is among the entries already.
    is_indexed: bool,
    facts: Facts,
}

impl Said {
    /// Nothing yet, of a step at this level.
    fn new(callsite: Option<u32>, level: Level) -> Self {
        Self { callsite, is_indexed: callsite.is_some() && level == Level::Full, facts: Facts::of(level) }
    }
}

/// What is known of the items of steps that are open, or that ended since the last batch.
#[derive(Debug, Default)]
pub(super) struct Items {
    observed: FastMap<Place, Observed>,
    facts: FastMap<Place, Said>,
    fact_bytes: usize,
    /// Arguments of which it shows at the end what is kept.
    held: FastMap<Place, Payload>,
    held_bytes: usize,
    /// What comparing held values has shown.
    related: FastMap<Place, Related>,
    /// The runs that the code pinned: their first steps.
    pub(super) pins: Vec<u64>,
    /// What became of items, for the index.
    entries: Vec<ItemEntry>,
    /// The reasons in it.
    reasons: NameTable,
    /// Where a fact is copied to before it is known what is kept of it.
    scratch: Vec<u8>,
}

impl Items {
    /// How much of the next segment the facts will take.
    pub(super) fn fact_bytes(&self) -> usize {
        self.fact_bytes
    }

    /// A fact about a step at this level. Returns the key of one that has one.
    pub(super) fn said(
        &mut self,
        process: ProcessId,
        about: About,
        level: Level,
        callsite: Option<u32>,
        values: &mut Values<'_>,
        payload: &mut Payload,
    ) -> Option<(Part, String)> {
        let place = (about.run, about.step);
        self.scratch.clear();
        values.copy_next(&mut payload.names, &mut self.scratch)?.ok()?;
        let encoded = Encoded { bytes: &self.scratch, names: payload.names.texts() };
        let fact = fact::read_known(encoded, 0);
        self.observed.entry(place).or_default().add(fact.as_ref());
        if fact == Some(Fact::Pin) {
            self.pins.push(about.run);
        }
        let key = match &fact {
            Some(Fact::Meta { key, .. }) => Some((Part::Meta, (*key).to_owned())),
            Some(Fact::Reasoning { key, .. }) => Some((Part::Reasoning, (*key).to_owned())),
            _ => None,
        };
        if level >= Level::Sampled {
            let said = self.facts.entry(place).or_insert_with(|| Said::new(callsite, level));
            said.callsite = said.callsite.or(callsite);
            said.facts.add(fact.as_ref(), encoded);
            if let (Some(fact), true) = (&fact, said.is_indexed) {
                let of = (RunId::new(process, StepId(about.run)), StepId(about.step), said.callsite);
                index::add(fact, encoded, of, &mut self.reasons, &mut self.entries);
            }
        }
        if level == Level::Full {
            self.fact_bytes += self.scratch.len();
        }
        key
    }

    /// Holds the arguments of a step of which not all is kept. Returns the length of the first list.
    pub(super) fn hold(&mut self, place: Place, values: &mut Values<'_>) -> Option<u64> {
        let mut payload = Payload::default();
        let (_, items) = payload.copy(values);
        if self.held_bytes + payload.bytes.len() <= HELD_BYTES {
            self.held_bytes += payload.bytes.len();
            self.held.insert(place, payload);
        }
        items
    }

    /// The result of a step of which not all is kept, and the arguments that were held: they are compared, and what is
    /// kept of them goes into the payload. The row gets to know where.
    pub(super) fn release(
        &mut self,
        row: &mut StepRow,
        callsite: Option<&Callsite>,
        values: &mut Values<'_>,
        segment: u64,
        payload: &mut Payload,
    ) {
        let place = (row.run.root().0, row.step.0);
        let mut returned = Payload::default();
        row.items_out = returned.copy(values).1;
        let entered = self.held.remove(&place).unwrap_or_default();
        self.held_bytes -= entered.bytes.len();
        if let Some(callsite) = callsite
            && matches!(row.outcome, Outcome::Ok | Outcome::Returned)
            && let Some(inference) = relate::infer(callsite, entered.encoded(), returned.encoded())
        {
            self.related.insert(place, Related::new(&inference));
            if row.level == Level::Sampled
                && let Some(sampled) = sampled_decisions(&inference)
            {
                self.fact_bytes += sampled.len();
                let none = || Said { callsite: None, is_indexed: false, facts: Facts::All(Vec::new()) };
                match &mut self.facts.entry(place).or_insert_with(none).facts {
                    Facts::All(bytes) => bytes.extend(sampled),
                    Facts::Sampled(facts) => facts.add_always(&sampled),
                }
            }
        }
        if row.level == Level::Sampled {
            let arguments = payload.append_thinned(entered.encoded());
            let result = payload.append_thinned(returned.encoded());
            row.arguments = payload.reference(segment, &arguments);
            row.result = payload.reference(segment, &result);
        }
    }

    /// Whether the values of a step were compared before they were dropped.
    pub(super) fn is_compared(&self, row: &StepRow) -> bool {
        !self.related.is_empty() && self.related.contains_key(&(row.run.root().0, row.step.0))
    }

    /// What became of items so far, for as long as there is more to say.
    pub(super) fn lend_entries(&mut self) -> Vec<ItemEntry> {
        std::mem::take(&mut self.entries)
    }

    pub(super) fn give_back(&mut self, entries: Vec<ItemEntry>) {
        self.entries = entries;
    }

    /// What is known of a step's items now that it has ended; `related` is what comparing its values has shown.
    pub(super) fn count(&mut self, row: &mut StepRow, related: Option<Related>) {
        let place = (row.run.root().0, row.step.0);
        // Most steps have none of these.
        let said = if self.observed.is_empty() { None } else { self.observed.remove(&place) }.unwrap_or_default();
        let earlier = if self.related.is_empty() { None } else { self.related.remove(&place) };
        let related = earlier.or(related);
        row.counts = said.counts;
        row.important = said.is_important;
        if let Some(related) = related {
            row.items_in = Some(related.input);
            row.items_out = Some(related.output);
            if related.is_compared {
                (row.counts.kept, row.counts.eliminated) = (related.kept, related.eliminated);
                (row.counts.introduced, row.counts.inferred) = (related.introduced, true);
                row.counts.scored = row.counts.scored.max(related.scored);
            }
        }
        row.items_in = said.input.or(row.items_in);
        row.items_out = said.output.or(row.items_out);
    }

    /// What was said of steps that are not open, and whose end was taken before. What is there for the first time waits
    /// for another batch: the beginning of its step may be on the way.
    pub(super) fn late(&mut self, process: ProcessId, is_open: impl Fn(Place) -> bool) -> Vec<LateRow> {
        let mut late = Vec::new();
        for (place, observed) in self.observed.iter_mut().filter(|(place, _)| !is_open(**place)) {
            if std::mem::replace(&mut observed.has_waited, true) {
                late.push(*place);
            }
        }
        let rows = late.into_iter().filter_map(|place| {
            let Observed { counts, input, output, is_important, .. } = self.observed.remove(&place)?;
            let (run, step) = (RunId::new(process, StepId(place.0)), StepId(place.1));
            Some(LateRow { run, step, counts, important: is_important, items_in: input, items_out: output })
        });
        rows.collect()
    }

    /// Whether something was said of steps that [`Items::late`] waits for.
    pub(super) fn waits(&self) -> bool {
        self.observed.values().any(|observed| observed.has_waited)
    }

    /// What was said of a step that has not ended, or is not known.
    pub(super) fn observed(&self, place: &Place) -> Option<&Observed> {
        self.observed.get(place)
    }

    /// The steps of which something was said.
    pub(super) fn observed_steps(&self) -> impl Iterator<Item = Place> {
        self.observed.keys().copied()
    }

    /// The arguments that are held of a step.
    pub(super) fn held_values(&self, place: &Place) -> Option<&Payload> {
        self.held.get(place)
    }

    /// Goes on from what was in mind of a step.
    pub(super) fn restore(&mut self, place: Place, mind: &StepInMind) {
        if let Some(said) = &mind.said {
            self.observed.insert(place, said.clone().into());
        }
        if let Some(values) = &mind.held {
            let payload = Payload::from(values);
            self.held_bytes += payload.bytes.len();
            self.held.insert(place, payload);
        }
    }

    /// What became of items since the last time, for the index. After [`Items::place_facts`].
    pub(super) fn take_entries(&mut self) -> Vec<ItemEntry> {
        self.reasons = NameTable::default();
        std::mem::take(&mut self.entries)
    }

    /// Takes the room of entries that are written.
    pub(super) fn recycle(&mut self, mut entries: Vec<ItemEntry>) {
        if self.entries.capacity() == 0 {
            entries.clear();
            self.entries = entries;
        }
    }

    /// Drops the facts, of which what was counted stays.
    pub(super) fn drop_facts(&mut self) {
        self.facts.clear();
        self.entries.clear();
        self.fact_bytes = 0;
    }

    /// Puts the facts of each step behind each other into the payload.
    pub(super) fn place_facts(&mut self, process: ProcessId, segment: u64, payload: &mut Payload) -> Vec<FactsRow> {
        self.fact_bytes = 0;
        let mut rows = Vec::with_capacity(self.facts.len());
        for ((run, step), Said { callsite, is_indexed, facts }) in self.facts.drain() {
            let (run, step) = (RunId::new(process, StepId(run)), StepId(step));
            let start = payload.bytes.len();
            payload.bytes.extend(match facts {
                Facts::All(bytes) => bytes,
                Facts::Sampled(sampled) => sampled.into_bytes(),
            });
            if !is_indexed {
                let said = Encoded { bytes: &payload.bytes[start..], names: payload.names.texts() };
                index::said(said, (run, step, callsite), &mut self.reasons, &mut self.entries);
            }
            if let Some(place) = payload.reference(segment, &(start..payload.bytes.len())) {
                rows.push(FactsRow { run, step, place });
            }
        }
        rows
    }
}
