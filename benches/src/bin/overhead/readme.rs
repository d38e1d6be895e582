//! The short table, which is written into a text between two markers and replaces the one that is there.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::measure::{REFERENCE, Row};

const BEGIN: &str = "<!-- overhead: written by `cargo xtask bench overhead --readme` -->\n";
const END: &str = "<!-- /overhead -->";
const WORKLOADS: [&str; 4] = ["A", "B", "C", "async"];

/// A file with the markers.
pub(crate) struct Readme {
    path: PathBuf,
    before: String,
    after: String,
}

impl Readme {
    /// Looks for the markers, before anything is measured.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let parts = text.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
        let (before, after) = parts.with_context(|| format!("no lines {BEGIN:?} and {END:?} in {}", path.display()))?;
        Ok(Self { path: path.to_owned(), before: before.to_owned(), after: after.to_owned() })
    }

    /// Writes the table between them.
    pub(crate) fn write(&self, rows: &[Row]) -> anyhow::Result<()> {
        let text = format!("{}{BEGIN}{}{END}{}", self.before, table(rows), self.after);
        std::fs::write(&self.path, text).with_context(|| format!("cannot write {}", self.path.display()))?;
        eprintln!("wrote {}", self.path.display());
        Ok(())
    }
}

/// A line for each variant; of the first, which is the plain call, what it takes as a whole.
fn table(rows: &[Row]) -> String {
    let of = |variant: &str, workload: &str| rows.iter().find(|row| row.variant == variant && row.workload == workload);
    // Not every variant is there for every workload.
    let longest = rows.chunk_by(|one, next| one.workload == next.workload).max_by_key(|rows| rows.len());
    let mut text = String::from(
        "| | captured | A ns | B ns | C ns | async ns | x by hand: A, B, C | allocations: A, B, C | bytes: A, B, C | \
         delivered |\n|---|---|--:|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for variant in longest.unwrap_or_default().iter().map(|row| row.variant) {
        let rows = WORKLOADS.map(|workload| of(variant, workload));
        let times = rows.map(|row| shown(row, |row| format!("{:.0}", time(row))));
        let values = &rows[..3];
        let ratios = listed(values, |row| {
            let by_hand = of(REFERENCE, &row.workload).filter(|_| variant != "plain")?;
            Some(format!("{:.1}", row.ns_over_plain / by_hand.ns_over_plain))
        });
        let allocations = listed(values, |row| row.allocs_per_call.map(|count| format!("{count:.1}")));
        let bytes = listed(values, |row| row.bytes_per_call.map(|bytes| format!("{bytes:.0}")));
        let delivered = delivered(&rows);
        let (times, captured) = (times.join(" | "), captured(variant));
        let _ =
            writeln!(text, "| {variant} | {captured} | {times} | {ratios} | {allocations} | {bytes} | {delivered} |");
    }
    text
}

fn time(row: &Row) -> f64 {
    if row.variant == "plain" { row.ns } else { row.ns_over_plain }
}

fn shown(row: Option<&Row>, show: impl FnOnce(&Row) -> String) -> String {
    row.map_or_else(|| "–".to_owned(), show)
}

/// What there is of this for each, or a dash for all of them.
fn listed(rows: &[Option<&Row>], show: impl Fn(&Row) -> Option<String>) -> String {
    let texts: Vec<Option<String>> = rows.iter().map(|row| row.and_then(&show)).collect();
    if texts.iter().all(Option::is_none) {
        return "–".to_owned();
    }
    texts.into_iter().map(|text| text.unwrap_or_else(|| "–".to_owned())).collect::<Vec<_>>().join(", ")
}

/// The share of all calls that have arrived.
fn delivered(rows: &[Option<&Row>]) -> String {
    let sum = |count: fn(&Row) -> Option<u64>| rows.iter().flatten().filter_map(|row| count(row)).sum::<u64>();
    let (delivered, dropped) = (sum(|row| row.delivered), sum(|row| row.dropped));
    match delivered + dropped {
        0 => "–".to_owned(),
        // Down, so that 100 % means all.
        calls => format!("{:.1} %", (delivered as f64 / calls as f64 * 1000.0).floor() / 10.0),
    }
}

fn captured(variant: &str) -> &'static str {
    match variant {
        "plain" => "– (the whole call)",
        "xray off" => "nothing",
        "xray metrics" => "times, outcome, counts of items",
        "xray sampled" => "all; what is stored is thinned",
        "xray full" => "all, through `Serialize`",
        "xray full, derived" => "all, items derive `xray::Capture`",
        REFERENCE => "all, the same bytes, read by nobody",
        "hotpath" => "times, aggregated",
        "hotpath result" => "times, the result's `Debug`, cut",
        "fastrace bare" => "times",
        "fastrace JSON" => "all, as JSON texts",
        "tracing registry" => "times",
        "tracing JSON" => "all, as `Debug`, a line each on the calling thread",
        "tracing OpenTelemetry" => "all, as `Debug`",
        _ => "–",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_replaces_the_one_that_is_there() {
        let row = |workload: &str, variant, ns_over_plain, delivered: Option<u64>| Row {
            workload: workload.to_owned(),
            variant,
            ns_over_plain,
            ns: 6.0 + ns_over_plain,
            bytes_per_call: delivered.map(|_| 129.0),
            dropped: delivered.map(|_| 1),
            delivered,
            ..Row::default()
        };
        let rows = [
            row("A", "plain", 0.0, None),
            row("A", "xray full", 90.0, Some(999)),
            row("A", REFERENCE, 45.0, None),
            row("B", "plain", 0.0, None),
            row("B", "xray full", 200.0, Some(1_000)),
            row("B", "xray full, derived", 150.0, None),
            row("B", REFERENCE, 100.0, None),
        ];
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("README.md");
        std::fs::write(&path, format!("before\n{BEGIN}old\n{END}\nafter\n")).expect("writable");
        Readme::open(&path).expect("markers").write(&rows).expect("writable");
        let text = std::fs::read_to_string(&path).expect("readable");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[4], "| plain | – (the whole call) | 6 | 6 | – | – | – | – | – | – |");
        let full =
            "| xray full | all, through `Serialize` | 90 | 200 | – | – | 2.0, 2.0, – | – | 129, 129, – | 99.9 % |";
        assert_eq!(lines[5], full);
        assert!(lines[6].starts_with("| xray full, derived |") && lines[6].ends_with("| –, 1.5, – | – | – | – |"));
        assert!(text.starts_with("before\n<!--") && text.ends_with("<!-- /overhead -->\nafter\n"), "{text}");
        assert!(Readme::open(Path::new("Cargo.toml")).is_err());
    }
}
