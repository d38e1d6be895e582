//! What a captured call costs, beside the plain call, a loop written by hand, and what other recorders take.
//!
//! `cargo xtask bench overhead [--json FILE] [--readme]`. All variants of a workload take turns within one run, each in batches of
//! [`measure::BATCH`] calls below one root, because a shared machine is a different one a minute later. What a recorder
//! left for the background is drained after its turn, and the time is the calling thread's own. Ratios say more than
//! nanoseconds.

mod allocations;
mod fastrace_peer;
mod framing;
mod hotpath_peer;
mod measure;
mod readme;
mod recorded;
mod reference;
mod report;
mod same;
mod scaling;
mod tracing_peer;
mod variants;
mod workload;

use std::path::Path;

use anyhow::Context as _;

use crate::measure::{Variant, counted, measure, prepare};
use crate::readme::Readme;
use crate::variants::Recorders;
use crate::workload::{Derived, Item, Lists, items};

const USAGE: &str = "\
usage: overhead [--json FILE] [--readme FILE]
       overhead --once WORKLOAD VARIANT CALLS
       overhead --variants

Measures plain calls, xray, a loop written by hand, hotpath, fastrace and tracing, for some minutes. Progress goes to
stderr, tables to stdout, the numbers behind them to the FILE of --json; --readme puts the short table between the
markers in its FILE. With --once, nothing is measured: the calls are made within a function named `counted`, for a
profiler to look at. --variants lists what there is, one in a line.";

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &*arguments.iter().map(String::as_str).collect::<Vec<_>>() {
        ["--once", workload, variant, calls] => once(workload, variant, calls.parse().context("how many CALLS?")?),
        ["--variants"] => list(),
        ["--help" | "-h"] => {
            println!("{USAGE}");
            Ok(())
        }
        options => all(&Outputs::parse(options)?),
    }
}

/// Where the numbers go, beside stdout.
#[derive(Default)]
struct Outputs<'a> {
    json: Option<&'a Path>,
    readme: Option<&'a Path>,
}

impl<'a> Outputs<'a> {
    fn parse(options: &[&'a str]) -> anyhow::Result<Self> {
        let mut outputs = Self::default();
        for option in options.chunks(2) {
            match *option {
                ["--json", path] => outputs.json = Some(Path::new(path)),
                ["--readme", path] => outputs.readme = Some(Path::new(path)),
                _ => anyhow::bail!("not understood: {}\n{USAGE}", option.join(" ")),
            }
        }
        Ok(outputs)
    }
}

fn all(outputs: &Outputs<'_>) -> anyhow::Result<()> {
    let readme = outputs.readme.map(Readme::open).transpose()?;
    let directory = tempfile::tempdir().context("no place for a store")?;
    let framing = framing::bytes_per_call()?;
    same::check_framing(framing)?;
    let recorders = Recorders::start(directory.path(), framing)?;
    let arguments = Arguments::new();
    let mut rows = measure("A", 20_000, &recorders.scalars()?);
    rows.extend(measure("B", 10_000, &arguments.result(&recorders)?));
    rows.extend(measure("C", 100, &arguments.list(&recorders)?));
    rows.extend(measure("async", 10_000, &recorders.waiting()?));
    report::table(&rows);
    let (threads, nested) = (scaling::threads(&recorders.recorded), scaling::nested(&recorders.recorded));
    report::scaling("xray full on several threads", &threads);
    report::scaling("xray full, steps within steps, per step", &nested);
    println!("\n{}", recorders.recorded.books());
    if let Some(readme) = readme {
        readme.write(&rows)?;
    }
    rows.extend(threads);
    rows.extend(nested);
    if let Some(path) = outputs.json {
        std::fs::write(path, serde_json::to_vec_pretty(&rows)?)
            .with_context(|| format!("cannot write {}", path.display()))?;
        eprintln!("wrote {}", path.display());
    }
    Ok(())
}

/// What `B` and `C` are called with.
struct Arguments {
    lists: Lists<Item>,
    derived: Lists<Derived>,
}

impl Arguments {
    fn new() -> Self {
        let derived = items(100).into_iter().map(Derived::from).collect();
        Self { lists: Lists::new(items(100)), derived: Lists::new(derived) }
    }

    fn result<'a>(&'a self, recorders: &'a Recorders) -> anyhow::Result<Vec<Variant<'a>>> {
        recorders.result(&self.lists.items()[7], &self.derived.items()[7])
    }

    fn list<'a>(&'a self, recorders: &'a Recorders) -> anyhow::Result<Vec<Variant<'a>>> {
        recorders.list(&self.lists, &self.derived)
    }
}

fn once(workload: &str, variant: &str, calls: usize) -> anyhow::Result<()> {
    let directory = tempfile::tempdir().context("no place for a store")?;
    let recorders = Recorders::start(directory.path(), same::FRAMING_BYTES)?;
    let arguments = Arguments::new();
    let variants = match workload {
        "A" => recorders.scalars()?,
        "B" => arguments.result(&recorders)?,
        "C" => arguments.list(&recorders)?,
        "async" => recorders.waiting()?,
        other => anyhow::bail!("no workload {other}: there are A, B, C and async"),
    };
    let variant = variants
        .iter()
        .find(|known| known.name == variant)
        .with_context(|| format!("no variant {variant}: see --variants"))?;
    prepare(variant, calls);
    counted(variant, calls);
    Ok(())
}

fn list() -> anyhow::Result<()> {
    let directory = tempfile::tempdir().context("no place for a store")?;
    for variant in Recorders::start(directory.path(), same::FRAMING_BYTES)?.scalars()? {
        println!("{}", variant.name);
    }
    Ok(())
}
