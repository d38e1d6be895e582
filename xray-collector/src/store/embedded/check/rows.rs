//! Steps that are in no block, facts about steps, and the segments that have the values of both.

use std::collections::BTreeSet;

use redb::ReadableTable;

use super::Check;
use crate::id::{RunId, StepId};
use crate::store::PayloadRef;
use crate::store::embedded::fault::Fault;
use crate::store::embedded::layout::{
    FACTS, META, META_FINAL_BYTES, META_FINAL_ROWS, META_NEXT_SEGMENT, META_STEPS, SEGMENTS, STEPS, step_place,
};
use crate::store::embedded::{read, rows};

impl Check<'_> {
    pub(super) fn rows(&mut self) -> Result<(), Fault> {
        let mut wanted = BTreeSet::new();
        let (mut final_rows, mut final_bytes) = (0, 0);
        let table = self.read.open_table(STEPS)?;
        let mut last = None;
        for row in rows::all(&table)? {
            let Some(row) = self.report.sound(row)? else { continue };
            let name = step_place(row.run, row.step);
            if row.is_final {
                (final_rows, final_bytes) = (final_rows + 1, final_bytes + rows::value_bytes(&row));
            }
            if last.is_some_and(|last| last >= (row.run, row.step)) {
                self.report.problem(&name, "its row is not in order");
            }
            last = Some((row.run, row.step));
            self.scattered.entry(row.run).or_default().push((row.step, row.parent));
            if !self.places.callsites.contains(&row.callsite) {
                self.report.problem(&name, format!("its function {} is not there", row.callsite));
            }
            for place in [row.arguments, row.result].into_iter().flatten() {
                wanted.insert(place.segment);
                self.values_at(place, &name)?;
            }
        }
        self.facts(&mut wanted)?;
        self.segments(&wanted)?;
        for (run, mut steps) in std::mem::take(&mut self.scattered) {
            if !self.places.runs.contains_key(&run) {
                self.report.problem(format!("run {run}"), "it has steps, and is not there");
            }
            self.steps_of(run, &mut steps);
        }
        self.count(META_FINAL_ROWS, final_rows)?;
        self.count(META_FINAL_BYTES, final_bytes)?;
        self.count(META_STEPS, self.report.steps)
    }

    fn facts(&mut self, wanted: &mut BTreeSet<u64>) -> Result<(), Fault> {
        for entry in self.read.open_table(FACTS)?.iter()? {
            let (key, length) = entry?;
            let (run, step, segment, offset) = key.value();
            let (run, name) = (RunId(run), step_place(RunId(run), StepId(step)));
            wanted.insert(segment);
            if !self.places.runs.contains_key(&run) {
                self.report.problem(&name, "something was said of it, and its run is not there");
            }
            self.values_at(PayloadRef { segment, offset, length: length.value() }, &name)?;
        }
        Ok(())
    }

    fn values_at(&mut self, place: PayloadRef, of: &str) -> Result<(), Fault> {
        let values = read::values(self.read, self.caches, Some(place), || format!("values of {of}"));
        self.report.sound(values)?;
        Ok(())
    }

    fn segments(&mut self, wanted: &BTreeSet<u64>) -> Result<(), Fault> {
        let table = self.read.open_table(SEGMENTS)?;
        let limit = self.read.open_table(META)?.get(META_NEXT_SEGMENT)?.map_or(0, |next| next.value());
        let mut next = Some(0);
        while let Some(from) = next {
            let Some(number) = table.range((from, 0)..)?.next().transpose()?.map(|(key, _)| key.value().0) else {
                break;
            };
            if number >= limit {
                self.report.problem(format!("segment {number}"), "a later segment may get its number");
            }
            self.report.unreferenced_segments += u64::from(!wanted.contains(&number));
            next = number.checked_add(1);
        }
        Ok(())
    }

    fn count(&mut self, name: &str, found: u64) -> Result<(), Fault> {
        let said = self.read.open_table(META)?.get(name)?.map_or(0, |count| count.value());
        if said != found {
            self.report.problem(format!("the count of {name}"), format!("it is {said}, and there are {found}"));
        }
        Ok(())
    }
}
