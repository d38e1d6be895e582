//! Runs, and what leads to them; functions and schemas.

use std::collections::{BTreeMap, BTreeSet};

use redb::ReadableTable;

use super::Check;
use crate::id::{RunId, SchemaVersion};
use crate::model::RunStatus;
use crate::store::embedded::fault::Fault;
use crate::store::embedded::layout::{
    CALLSITES, META, NO_BLOCK, OPEN_RUNS, PINS, REMOVED, REMOVED_AT, RUN_AT, RUNS, SCHEMAS, StoredCallsite, StoredRun,
    meta_runs, status,
};
use crate::store::embedded::{read, removed};

/// Where runs are.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// When each began, and the first block with steps of it.
    pub(super) runs: BTreeMap<RunId, (u64, Option<u64>)>,
    pub(super) callsites: BTreeSet<u32>,
}

impl Check<'_> {
    pub(super) fn runs(&mut self) -> Result<(), Fault> {
        self.places_of_runs()?;
        self.rows_of_runs()?;
        self.runs_that_are_gone()?;
        for entry in self.read.open_table(CALLSITES)?.iter()? {
            let (number, row) = entry?;
            self.report.sound(StoredCallsite::read(row.value(), number.value()))?;
            self.places.callsites.insert(number.value());
        }
        Ok(())
    }

    fn places_of_runs(&mut self) -> Result<(), Fault> {
        let rows = self.read.open_table(RUNS)?;
        let open = self.read.open_table(OPEN_RUNS)?;
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for entry in self.read.open_table(RUN_AT)?.iter()? {
            let (run, place) = entry?;
            let (run, (started_ns, code, block)) = (RunId(run.value()), place.value());
            let name = format!("run {run}");
            self.places.runs.insert(run, (started_ns, Some(block).filter(|block| *block != NO_BLOCK)));
            if rows.get((started_ns, run.0))?.is_none() {
                self.report.problem(&name, "it is not where its place says");
            }
            let Some(status) = status(code) else {
                self.report.problem(name, format!("its place says that it stands as {code}"));
                continue;
            };
            *counts.entry(meta_runs(status)).or_default() += 1;
            if open.get(run.0)?.is_some() != (status == RunStatus::Running) {
                self.report.problem(name, "whether it runs is not what the list of open runs says");
            }
        }
        let meta = self.read.open_table(META)?;
        for status in RunStatus::ALL {
            let (said, found) =
                (meta.get(meta_runs(status))?.map_or(0, |count| count.value()), counts.get(meta_runs(status)));
            if said != *found.unwrap_or(&0) {
                let what = format!("it is {said}, and there are {}", found.unwrap_or(&0));
                self.report.problem(format!("the count of {}", meta_runs(status)), what);
            }
        }
        self.only_of_runs("open runs", self.read.open_table(OPEN_RUNS)?.iter()?.map(|entry| Ok(entry?.0.value())))?;
        self.only_of_runs("pins", self.read.open_table(PINS)?.iter()?.map(|entry| Ok(entry?.0.value())))
    }

    fn only_of_runs(&mut self, table: &str, runs: impl Iterator<Item = Result<u128, Fault>>) -> Result<(), Fault> {
        for run in runs {
            let run = RunId(run?);
            if !self.places.runs.contains_key(&run) {
                self.report.problem(table, format!("there is no run {run}"));
            }
        }
        Ok(())
    }

    fn rows_of_runs(&mut self) -> Result<(), Fault> {
        let schemas: BTreeSet<u128> =
            self.read.open_table(SCHEMAS)?.iter()?.map(|entry| Ok(entry?.0.value())).collect::<Result<_, Fault>>()?;
        for version in &schemas {
            self.report.sound(read::schema(self.read, SchemaVersion(*version)))?;
        }
        let places = self.read.open_table(RUN_AT)?;
        for entry in self.read.open_table(RUNS)?.iter()? {
            let (key, row) = entry?;
            let (started_ns, id) = key.value();
            self.report.runs += 1;
            let Some(run) = self.report.sound(StoredRun::read(row.value(), started_ns, RunId(id)))? else { continue };
            let name = format!("run {}", run.id);
            match places.get(id)?.map(|place| place.value()) {
                Some((at_ns, code, _)) if at_ns == started_ns => {
                    if status(code) != Some(run.status) {
                        self.report.problem(&name, "how it stands is not what its place says");
                    }
                }
                _ => self.report.problem(&name, "no place leads to it"),
            }
            if let Some(version) = run.schema.filter(|version| !schemas.contains(&version.0)) {
                self.report.problem(name, format!("its schema {version} is not there"));
            }
        }
        Ok(())
    }

    fn runs_that_are_gone(&mut self) -> Result<(), Fault> {
        let by_time = self.read.open_table(REMOVED_AT)?;
        let mut count = 0;
        for entry in self.read.open_table(REMOVED)?.iter()? {
            let run = RunId(entry?.0.value());
            count += 1;
            let Some(Some(removal)) = self.report.sound(removed::find(self.read, run))? else { continue };
            if by_time.get((removal.removed_ns, run.0))?.is_none() {
                self.report.problem(format!("the removal of run {run}"), "it is not in the list by time");
            }
            if self.places.runs.contains_key(&run) {
                self.report.problem(format!("the removal of run {run}"), "the run is there");
            }
        }
        let listed = by_time.iter()?.count();
        if listed != count {
            self.report.problem("the removals", format!("there are {count}, and {listed} in the list by time"));
        }
        Ok(())
    }
}
