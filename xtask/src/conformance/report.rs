//! The table at the end, and everything that went wrong with the compiler's own words.

use std::time::Duration;

use super::build::Warning;
use super::execute::Results;

/// What became of one crate.
#[derive(Debug)]
pub(crate) struct CrateReport {
    pub(crate) name: String,
    pub(crate) version: String,
    /// Functions with a body that are no tests, `const` ones included.
    pub(crate) found: usize,
    pub(crate) constant: usize,
    pub(crate) in_macros: usize,
    pub(crate) annotated: usize,
    pub(crate) before: Results,
    pub(crate) after: Results,
    /// What did not come with the package or does not work as it was published, and so was not tried.
    pub(crate) notes: Vec<String>,
    /// Tests that do not build when xray is linked, before any attribute is there, and the compiler's message.
    pub(crate) conflicting: Vec<(String, String)>,
    /// Functions that had to do without the attribute: where, and the compiler's message.
    pub(crate) skipped: Vec<(String, String)>,
    /// Why it does not build with the attribute at all.
    pub(crate) gave_up: Option<String>,
    /// Warnings that are there with the attribute alone.
    pub(crate) new_warnings: Vec<Warning>,
    /// Warnings that the attribute swallows.
    pub(crate) lost_warnings: Vec<Warning>,
    pub(crate) took: Duration,
}

impl CrateReport {
    /// Whether the attribute changes anything that it must not.
    pub(crate) fn is_clean(&self) -> bool {
        self.skipped.is_empty()
            && self.conflicting.is_empty()
            && self.gave_up.is_none()
            && self.new_warnings.is_empty()
            && self.lost_warnings.is_empty()
            && self.worse().is_empty()
    }

    /// The tests that fail now, but for those that were not even built.
    fn worse(&self) -> Vec<(&str, &str)> {
        let mut worse = self.after.worse_than(&self.before);
        worse.retain(|(test, _)| !self.conflicting.iter().any(|(tests, _)| test.starts_with(&format!("{tests}: "))));
        worse
    }

    fn row(&self) -> [String; 10] {
        let possible = self.found - self.constant;
        let share = if possible == 0 { 100.0 } else { 100.0 * self.annotated as f64 / possible as f64 };
        let tests = |results: &Results| format!("{}/{}", results.passed(), results.failed());
        let warnings = format!("+{} -{}", self.new_warnings.len(), self.lost_warnings.len());
        [
            format!("{} {}", self.name, self.version),
            self.found.to_string(),
            self.constant.to_string(),
            self.annotated.to_string(),
            format!("{share:.1}%"),
            tests(&self.before),
            if self.gave_up.is_some() { "none".to_owned() } else { tests(&self.after) },
            warnings,
            format!("{} KiB", self.after.recorded / 1024),
            format!("{:.0} s", self.took.as_secs_f64()),
        ]
    }

    fn print_failures(&self) {
        let name = &self.name;
        for note in &self.notes {
            println!("\n{name}: {note}");
        }
        if self.in_macros > 0 {
            println!("\n{name}: {} functions in the bodies and arguments of macros are left alone", self.in_macros);
        }
        for (tests, message) in &self.conflicting {
            println!("\n{name}: does not build when xray is linked: {tests}\n{}", indented(message));
        }
        for (function, message) in &self.skipped {
            println!("\n{name}: without the attribute: {function}\n{}", indented(message));
        }
        if let Some(message) = &self.gave_up {
            println!("\n{name}: does not build, and no function could be blamed\n{}", indented(message));
        }
        for (what, warnings) in [("new", &self.new_warnings), ("lost", &self.lost_warnings)] {
            for Warning { file, line, lint, message } in warnings {
                println!("\n{name}: {what} warning: {file}:{line}: {message} ({lint})");
            }
        }
        if self.gave_up.is_none() {
            for (test, why) in self.worse() {
                println!("\n{name}: fails with the attribute alone: {test}\n{}", indented(why));
            }
        }
    }
}

/// Prints what went wrong, then the table.
pub(crate) fn print(reports: &[CrateReport]) {
    for report in reports {
        report.print_failures();
    }
    let header =
        ["crate", "functions", "const", "annotated", "share", "before", "after", "warnings", "recorded", "took"];
    let mut rows = vec![header.map(str::to_owned)];
    rows.extend(reports.iter().map(CrateReport::row));
    let widths: Vec<usize> =
        (0..header.len()).map(|column| rows.iter().map(|row| row[column].len()).max().unwrap_or_default()).collect();
    println!();
    for row in &rows {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
            if column == 0 { format!("{cell:width$}") } else { format!("{cell:>width$}") }
        });
        println!("{}", cells.collect::<Vec<_>>().join("  "));
    }
    println!(
        "share: of the functions that are not `const`; before, after: tests passed/failed without and with the \
         attribute, the run as a whole counted as one"
    );
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("   | {line}\n")).collect::<String>().trim_end().to_owned()
}
