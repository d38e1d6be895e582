//! From rows to blocks: steps that will not change any more leave the table of rows, or never enter it, and their values
//! go with them, in their order.

use std::thread::Scope;

use redb::{ReadableTable, Table, WriteTransaction};

use super::block::{self, Encoded, ROWS, StoredHead, Values};
use super::blocks::{Blocks, next_number};
use super::cache::Cache;
use super::fault::Fault;
use super::layout::{ALL_STEPS, FACTS, RUN_AT, SEGMENTS, STEPS, facts_of};
use super::rows::{self, Growth};
use super::segments;
use crate::aside::Aside;
use crate::id::{RunId, StepId};
use crate::map::FastMap;
use crate::store::segment::Contents;
use crate::store::{Block, FactsRow, Part, PayloadRef, Segment, StepRow};
use crate::value::{Appender, Cursor, SegmentNames, Table as Names};

/// How much is kept of segments that values are taken from.
const READ_BYTES: usize = 32 << 20;

/// So many rows go from the table into blocks at once, at most.
const ROWS_AT_ONCE: usize = 4 * ROWS;

/// A run that got a block, with the first and the last of its steps there.
pub(super) struct Sealed {
    pub(super) run: RunId,
    pub(super) block: u64,
    pub(super) steps: (StepId, StepId),
}

/// A block that is being encoded: its number, its head without its length, and its bytes.
type Unwritten<'scope> = (u64, StoredHead, Aside<'scope, Result<Encoded, Fault>>);

/// Puts rows into blocks.
pub(super) struct Sealer<'a, 't, 'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    /// There is much to do: blocks are encoded aside.
    is_much: bool,
    /// Blocks that are being encoded.
    encoded: Vec<Unwritten<'scope>>,
    transaction: &'t WriteTransaction,
    blocks: Blocks<'t>,
    steps: Table<'t, rows::Key, rows::Bytes>,
    facts: Table<'t, (u128, u64, u64, u32), u32>,
    values_of: Sources<'a, 't>,
    /// When runs began that are not in the store yet, or are there with another time.
    started_ns: FastMap<RunId, u64>,
    columns: Block,
    values: Values,
    names: SegmentNames,
    done: Done,
}

/// What became of rows.
#[derive(Default)]
pub(super) struct Done {
    /// The blocks that runs have got.
    pub(super) sealed: Vec<Sealed>,
    /// Rows of which a value is damaged, with what was said of them: they stay rows, for good.
    pub(super) refused: Vec<(StepRow, Vec<FactsRow>)>,
    /// By how much the table of rows has grown.
    pub(super) growth: Growth,
    /// How many steps are in the blocks.
    pub(super) steps: i64,
}

impl<'a, 't, 'scope, 'env> Sealer<'a, 't, 'scope, 'env> {
    /// `segments` are those that are not in the store yet.
    pub(super) fn new(
        scope: &'scope Scope<'scope, 'env>,
        is_much: bool,
        transaction: &'t WriteTransaction,
        segments: &'a [Segment],
        started_ns: FastMap<RunId, u64>,
    ) -> Result<Self, Fault> {
        let main = segments.iter().max_by_key(|segment| segment.payload.len());
        let values_of =
            Sources { segments, main, read: Cache::new(READ_BYTES), stored: transaction.open_table(SEGMENTS)? };
        Ok(Self {
            scope,
            is_much,
            encoded: Vec::new(),
            transaction,
            blocks: Blocks::open(transaction)?,
            steps: transaction.open_table(STEPS)?,
            facts: transaction.open_table(FACTS)?,
            names: values_of.names(),
            values_of,
            started_ns,
            columns: Block::default(),
            values: Values::default(),
            done: Done::default(),
        })
    }

    /// Puts all rows of the table that do not change any more into blocks, or as many as is good at once.
    pub(super) fn seal_stored(&mut self) -> Result<(), Fault> {
        let (mut from, mut count) = (0, 0);
        while count < ROWS_AT_ONCE {
            let runs = rows::runs(&self.steps, from, ROWS)?;
            let Some(last) = runs.last() else { return Ok(()) };
            from = last.0.saturating_add(1);
            for run in runs {
                let rows = match self.take_rows(run, |row| row.is_final) {
                    // It stays as it is, and other runs go on.
                    Err(Fault::Damage { .. }) => continue,
                    rows => rows?,
                };
                count += rows.len();
                let mut facts = self.take_facts(run, |step| rows.iter().any(|row| row.step == step))?;
                for row in rows {
                    let of_row: Vec<_> = facts.extract_if(.., |fact| fact.step == row.step).collect();
                    self.push(&row, &of_row)?;
                }
                if count >= ROWS_AT_ONCE {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Puts these rows of a run into blocks, sorted by step, with what is said of them, which is sorted, too. What the
    /// store had of them before goes.
    pub(super) fn seal(&mut self, rows: &[&StepRow], facts: &[&FactsRow]) -> Result<(), Fault> {
        let Some(first) = rows.first() else { return Ok(()) };
        let run = first.run;
        let is_among = |step: StepId| rows.binary_search_by_key(&step, |row| row.step).is_ok();
        self.take_rows(run, |row| is_among(row.step))?;
        let earlier = self.take_facts(run, is_among)?;
        for row in rows {
            let now = facts.partition_point(|fact| fact.step < row.step);
            let now = facts[now..].iter().take_while(|fact| fact.step == row.step).map(|fact| **fact);
            if earlier.is_empty() && facts.is_empty() {
                self.push(row, &[])?;
            } else {
                let before = earlier.iter().filter(|fact| fact.step == row.step).copied();
                self.push(row, &before.chain(now).collect::<Vec<_>>())?;
            }
        }
        Ok(())
    }

    fn take_rows(&mut self, run: RunId, is_wanted: impl Fn(&StepRow) -> bool) -> Result<Vec<StepRow>, Fault> {
        let (taken, growth) = rows::take(&mut self.steps, run, is_wanted)?;
        self.done.growth.add(growth);
        Ok(taken)
    }

    fn take_facts(&mut self, run: RunId, is_wanted: impl Fn(StepId) -> bool) -> Result<Vec<FactsRow>, Fault> {
        let mut taken = Vec::new();
        for entry in self.facts.extract_from_if(facts_of(run, ALL_STEPS), |(_, step, ..), _| is_wanted(StepId(step)))? {
            let (key, length) = entry?;
            let (_, step, segment, offset) = key.value();
            let place = PayloadRef { segment, offset, length: length.value() };
            taken.push(FactsRow { run, step: StepId(step), place });
        }
        Ok(taken)
    }

    /// Appends a row with its values, unless one of them cannot be read.
    fn push(&mut self, row: &StepRow, facts: &[FactsRow]) -> Result<(), Fault> {
        let Self { values, values_of, names, .. } = self;
        let appended = values.push(|part, out| match part {
            Part::Arguments => values_of.append(row.arguments, names, out),
            Part::Result => values_of.append(row.result, names, out),
            Part::Facts => facts.iter().try_for_each(|fact| values_of.append(Some(fact.place), names, out)),
        });
        match appended {
            Ok(()) => {
                self.columns.push(row, !facts.is_empty());
                self.done.steps += 1;
            }
            Err(Fault::Damage { .. }) => {
                self.done.refused.push((StepRow { is_final: false, ..row.clone() }, facts.to_vec()));
            }
            Err(fault) => return Err(fault),
        }
        if self.columns.len() == ROWS || self.values.is_full() {
            self.end_block()?;
        }
        Ok(())
    }

    fn end_block(&mut self) -> Result<(), Fault> {
        let (columns, values) = (std::mem::take(&mut self.columns), std::mem::take(&mut self.values));
        let names = std::mem::replace(&mut self.names, self.values_of.names());
        if columns.is_empty() {
            return Ok(());
        }
        let block = next_number(self.transaction)?;
        let head = StoredHead::from(columns.info(self.started_range(&columns.runs)?));
        self.done.sealed.extend(columns.runs_with_steps().map(|(run, steps)| Sealed { run, block, steps }));
        let encode = move || block::encode(&columns, values, names.texts());
        self.encoded.push((block, head, Aside::start(self.scope, self.is_much, encode)));
        Ok(())
    }

    /// When the first of these runs began, and the last.
    fn started_range(&self, runs: &[RunId]) -> Result<(u64, u64), Fault> {
        let places = self.transaction.open_table(RUN_AT)?;
        let mut range = (u64::MAX, 0);
        for run in runs {
            let started_ns = match self.started_ns.get(run) {
                Some(started_ns) => *started_ns,
                None => places.get(run.0)?.map_or(0, |place| place.value().0),
            };
            range = (range.0.min(started_ns), range.1.max(started_ns));
        }
        Ok(range)
    }

    /// Writes the last block.
    pub(super) fn finish(mut self) -> Result<Done, Fault> {
        self.end_block()?;
        for (block, head, encoded) in self.encoded {
            self.blocks.put(block, head, &encoded.finish()?)?;
        }
        Ok(self.done)
    }
}

/// Where values are that are put into blocks.
struct Sources<'a, 't> {
    segments: &'a [Segment],
    /// The one of these that most are in: blocks have its names, so that its values are copied as they are.
    main: Option<&'a Segment>,
    /// Those of the store that were read.
    read: Cache<u64, Contents>,
    stored: Table<'t, (u64, u32), &'static [u8]>,
}

impl<'a> Sources<'a, '_> {
    /// The names with which a block begins.
    fn names(&self) -> SegmentNames {
        SegmentNames::of_texts(self.main.map(|segment| segment.names.clone()).unwrap_or_default())
    }

    /// Appends the values at this place, with the numbers that their names have in `names`.
    fn append(&mut self, place: Option<PayloadRef>, names: &mut SegmentNames, out: &mut Vec<u8>) -> Result<(), Fault> {
        let Some(place) = place else { return Ok(()) };
        let PayloadRef { segment: number, offset, length } = place;
        let damage = |detail: &str| Fault::damage(format!("segment {number}"), detail);
        let ends = || damage("it ends before its values");
        let of_payload = |payload: &'a [u8]| payload.get(offset as usize..)?.get(..length as usize);
        if let Some(main) = self.main.filter(|main| main.number == number) {
            out.extend(of_payload(&main.payload).ok_or_else(ends)?);
            return Ok(());
        }
        let contents;
        let (texts, values) = match self.segments.iter().find(|segment| segment.number == number) {
            Some(segment) => (&segment.names[..], of_payload(&segment.payload).ok_or_else(ends)?),
            None => {
                let read = || segments::read(&self.stored, number, || "values of steps".to_owned());
                contents = self.read.get_or(number, Contents::size, read)?;
                (&contents.names[..], contents.get(offset, length).ok_or_else(ends)?)
            }
        };
        let mut cursor = Cursor::new(values);
        let mut appender = Appender::new(texts, names, out);
        while cursor.position() < values.len() {
            let from = cursor.position();
            let copied = cursor.skip(&mut Names(texts)).and_then(|()| appender.value(&values[from..cursor.position()]));
            copied.map_err(|error| damage(&format!("its values do not decode: {error}")))?;
        }
        Ok(())
    }
}

/// Writes down where facts are, of a step that is in no block, or was in one before they came.
pub(super) fn put_fact(table: &mut Table<'_, (u128, u64, u64, u32), u32>, fact: &FactsRow) -> Result<(), Fault> {
    let PayloadRef { segment, offset, length } = fact.place;
    table.insert((fact.run.0, fact.step.0, segment, offset), length)?;
    Ok(())
}
