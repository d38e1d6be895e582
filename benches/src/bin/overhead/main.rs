//! What a captured call costs, beside the plain call, a loop written by hand, and what other recorders take.
//!
//! `cargo xtask bench overhead [--json FILE]`. All variants of a workload take turns within one run, each in batches of
//! [`measure::BATCH`] calls below one root, because a shared machine is a different one a minute later. What a recorder
//! left for the background is drained after its turn, outside of the time that is measured. Ratios say more than
//! nanoseconds.

mod allocations;
mod fastrace_peer;
mod measure;
mod recorded;
mod reference;
mod report;
mod scaling;
mod tracing_peer;
mod variants;
mod workload;

use std::path::Path;

use anyhow::Context as _;

use crate::measure::{counted, measure};
use crate::variants::Recorders;
use crate::workload::{Lists, items};

const USAGE: &str = "\
usage: overhead [--json FILE]
       overhead --once WORKLOAD VARIANT CALLS
       overhead --variants

Measures plain calls, xray, a loop written by hand, fastrace and tracing, for about a minute. Progress goes to stderr,
tables to stdout, and the numbers behind them to FILE. With --once, nothing is measured: the calls are made within a
function named `counted`, for a profiler to look at. --variants lists what there is, one in a line.";

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &*arguments.iter().map(String::as_str).collect::<Vec<_>>() {
        [] => all(None),
        ["--json", path] => all(Some(Path::new(path))),
        ["--once", workload, variant, calls] => once(workload, variant, calls.parse().context("how many CALLS?")?),
        ["--variants"] => list(),
        ["--help" | "-h"] => {
            println!("{USAGE}");
            Ok(())
        }
        other => anyhow::bail!("not understood: {}\n{USAGE}", other.join(" ")),
    }
}

fn all(json: Option<&Path>) -> anyhow::Result<()> {
    let directory = tempfile::tempdir().context("no place for a store")?;
    let recorders = Recorders::start(directory.path())?;
    let lists = Lists::new(items(100));
    let mut rows = measure("A", 20_000, &recorders.scalars()?, |_| {});
    rows.extend(measure("B", 10_000, &recorders.result(&lists.items()[7])?, |_| {}));
    rows.extend(measure("C", 200, &recorders.list(&lists)?, |calls| lists.prepare(calls)));
    report::table(&rows);
    let (threads, nested) = (scaling::threads(&recorders.recorded), scaling::nested(&recorders.recorded));
    report::scaling("xray full on several threads", &threads);
    report::scaling("xray full, steps within steps, per step", &nested);
    println!("\n{}", recorders.recorded.books());
    rows.extend(threads);
    rows.extend(nested);
    if let Some(path) = json {
        std::fs::write(path, serde_json::to_vec_pretty(&rows)?)
            .with_context(|| format!("cannot write {}", path.display()))?;
        eprintln!("wrote {}", path.display());
    }
    Ok(())
}

fn once(workload: &str, variant: &str, calls: usize) -> anyhow::Result<()> {
    let directory = tempfile::tempdir().context("no place for a store")?;
    let recorders = Recorders::start(directory.path())?;
    let lists = Lists::new(items(100));
    let variants = match workload {
        "A" => recorders.scalars()?,
        "B" => recorders.result(&lists.items()[7])?,
        "C" => recorders.list(&lists)?,
        other => anyhow::bail!("no workload {other}: there are A, B and C"),
    };
    let variant = variants
        .iter()
        .find(|known| known.name == variant)
        .with_context(|| format!("no variant {variant}: see --variants"))?;
    lists.prepare(calls);
    counted(variant, calls);
    Ok(())
}

fn list() -> anyhow::Result<()> {
    let directory = tempfile::tempdir().context("no place for a store")?;
    for variant in Recorders::start(directory.path())?.scalars()? {
        println!("{}", variant.name);
    }
    Ok(())
}
