//! The tables for people: the repairs, one line for every run, the funnel. Styled; whoever prints them takes the styles
//! out where they do not belong.

use std::fmt::{self, Write as _};
use std::net::SocketAddr;

use anstyle::{AnsiColor, Style};
use xray::model::{Run, RunStatus};

use crate::attempt::{Attempt, pair};
use crate::captured::{CapturedRun, Stage, funnel};
use crate::catalog::Catalog;

const HEADING: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const BAR: Style = AnsiColor::Cyan.on_default();

/// Rejected records that are named one by one.
const REJECTIONS_SHOWN: usize = 10;
const BAR_WIDTH: usize = 32;

pub(crate) fn tables(catalog: &Catalog, attempts: &[Attempt], runs: &[CapturedRun]) -> anyhow::Result<String> {
    let mut out = String::new();
    repairs(&mut out, catalog)?;
    heading(&mut out, "What became of each run")?;
    for (captured, attempt) in pair(attempts, runs)? {
        run(&mut out, &captured.run, attempt)?;
    }
    heading(&mut out, "How many films each step kept, all calls that returned a list together, as xray captured it")?;
    for stage in funnel(runs, "pick_films") {
        kept(&mut out, &stage)?;
    }
    Ok(out)
}

/// What to ask the API, with a run and a step of this program.
pub(crate) fn invitation(address: SocketAddr, run: Option<&CapturedRun>) -> String {
    let mut text = format!(
        "\n{HEADING}http://{address}/ shows it until Ctrl-C. Or ask:{HEADING:#}\n  \
         curl 'http://{address}/api/v1/runs?pipeline=pick_films&status=failed'\n"
    );
    if let Some(captured) = run {
        let url = format!("http://{address}/api/v1/runs/{}", captured.run.id);
        text += &format!("  curl {url}\n");
        text += &captured.steps.last().map_or_else(String::new, |step| format!("  curl {url}/steps/{}\n", step.id));
    }
    text
}

fn repairs(out: &mut String, catalog: &Catalog) -> fmt::Result {
    let report = &catalog.report;
    heading(out, &format!("{} records, {} films", grouped(report.records), grouped(catalog.films.len())))?;
    for (repair, repaired) in &report.repaired {
        let (films, title) = (grouped(repaired.films), &repaired.first_title);
        writeln!(out, "  repaired  {films:>6}  {repair:<48}  {FAINT}{title}{FAINT:#}")?;
    }
    for (what, films) in &report.left {
        writeln!(out, "  left      {:>6}  {what}", grouped(*films))?;
    }
    writeln!(out, "  rejected  {:>6}", grouped(report.rejected.len()))?;
    for rejection in report.rejected.iter().take(REJECTIONS_SHOWN) {
        writeln!(out, "                    {rejection}")?;
    }
    if report.rejected.len() > REJECTIONS_SHOWN {
        writeln!(out, "                    and {} more", report.rejected.len() - REJECTIONS_SHOWN)?;
    }
    Ok(())
}

fn run(out: &mut String, run: &Run, attempt: Option<&Attempt>) -> fmt::Result {
    let style = if run.status == RunStatus::Completed { GOOD } else { BAD };
    let millis = run.ended_ns.map_or(0.0, |ended| ended.saturating_sub(run.started_ns) as f64 / 1e6);
    let what = attempt.map_or(&*run.pipeline, |attempt| &attempt.wish);
    let end = match attempt.map(|attempt| (attempt.error(), attempt.picks())) {
        Some((Some(error), _)) => format!("{BAD}{}{BAD:#}", error.join(": ")),
        Some((None, picks)) => picks.iter().map(|pick| &*pick.film.id).collect::<Vec<_>>().join(", "),
        None => String::new(),
    };
    let outcome = run.outcome.as_str();
    writeln!(
        out,
        "  {style}{:<9} {outcome:<8}{style:#} {millis:>7.1} ms {:>3} steps  {HEADING}{what}{HEADING:#}  {end}",
        run.status.as_str(),
        run.steps,
    )
}

fn kept(out: &mut String, stage: &Stage) -> fmt::Result {
    let share = if stage.items_in == 0 { 0.0 } else { stage.items_out as f64 / stage.items_in as f64 };
    writeln!(
        out,
        "  {:<14} {FAINT}{:>3} calls{FAINT:#} {:>7} → {:>6}  {BAR}{:<BAR_WIDTH$}{BAR:#} {:>5.1}%",
        stage.step,
        stage.calls,
        grouped(stage.items_in as usize),
        grouped(stage.items_out as usize),
        bar(share),
        share * 100.0,
    )
}

fn heading(out: &mut String, text: &str) -> fmt::Result {
    writeln!(out, "\n{HEADING}{text}{HEADING:#}")
}

/// A bar of eighths of a block, never empty for what is not nothing.
fn bar(share: f64) -> String {
    const EIGHTHS: [char; 8] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
    let eighths = (share * (BAR_WIDTH * 8) as f64).ceil() as usize;
    let mut bar = "█".repeat(eighths / 8);
    if !eighths.is_multiple_of(8) {
        bar.push(EIGHTHS[eighths % 8]);
    }
    bar
}

/// A number with a comma between each three digits.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        let shown: Vec<_> = [0, 999, 1_000, 38_400, 1_234_567].map(grouped).into();
        assert_eq!(shown, ["0", "999", "1,000", "38,400", "1,234,567"]);
    }

    #[test]
    fn a_bar_is_as_long_as_its_share() {
        assert_eq!(bar(0.0), "");
        assert_eq!(bar(0.000_1), "▏");
        assert_eq!(bar(0.5), "█".repeat(BAR_WIDTH / 2));
        assert_eq!(bar(1.0), "█".repeat(BAR_WIDTH));
    }
}
