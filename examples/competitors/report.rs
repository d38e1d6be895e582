//! What is printed: a line for every film as it is done, then the funnel; or the same as JSON.

use std::fmt::Write as _;
use std::net::SocketAddr;

use anstyle::{AnsiColor, Style};
use serde::Serialize;
use xray::id::RunId;

use crate::captured::{self, CapturedRun, Stage};
use crate::catalog::Catalog;
use crate::pipeline::NoCompetitor;
use crate::rank::Rival;

const HEADING: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();

/// What the pipeline made of a title, as the program itself knows it.
pub(crate) struct Attempt {
    pub(crate) title: String,
    pub(crate) end: Result<Rival, NoCompetitor>,
}

pub(crate) fn heading(catalog: &Catalog, titles: usize) -> String {
    let repairs: usize = catalog.report.repaired.values().map(|repaired| repaired.films).sum();
    let films = catalog.films.len();
    format!(
        "{HEADING}The competitors of {titles} films, among {films}{HEADING:#} {FAINT}({repairs} repairs){FAINT:#}\n"
    )
}

pub(crate) fn line(number: usize, titles: usize, attempt: &Attempt) -> String {
    let title = &attempt.title;
    match &attempt.end {
        Ok(rival) => {
            let Rival { film, score } = rival;
            format!("{FAINT}{number:>3}/{titles}{FAINT:#}  {title:<20}  {GOOD}{:<45}{GOOD:#} {score:.3}\n", film.id)
        }
        Err(error) => format!("{FAINT}{number:>3}/{titles}{FAINT:#}  {title:<20}  {BAD}none: {error}{BAD:#}\n"),
    }
}

/// What each step did with the films that it got, over all runs.
pub(crate) fn funnel(runs: &[CapturedRun]) -> String {
    let mut out = format!("\n{HEADING}What each step kept, all calls together, as xray captured it{HEADING:#}\n");
    for Stage { step, calls, items_in, items_out, .. } in captured::funnel(runs, "find_competitor") {
        let _ = writeln!(out, "  {step:<12} {FAINT}{calls:>3} calls{FAINT:#} {items_in:>7} → {items_out:>5}");
    }
    out
}

/// What to ask the API, with a run that found nothing.
pub(crate) fn invitation(address: SocketAddr, failed: Option<RunId>) -> String {
    let mut text = format!(
        "\n{HEADING}http://{address}/ shows it until Ctrl-C. Or ask:{HEADING:#}\n  \
         curl 'http://{address}/api/v1/runs?pipeline=find_competitor&status=failed'\n"
    );
    if let Some(run) = failed {
        let _ = writeln!(text, "  curl http://{address}/api/v1/runs/{run}");
    }
    text
}

#[derive(Serialize)]
struct AttemptLine<'a> {
    run: RunId,
    title: &'a str,
    status: &'a str,
    steps: u64,
    competitor: Option<&'a str>,
    score: Option<f64>,
    error: Option<String>,
}

#[derive(Serialize)]
struct LastLine {
    funnel: Vec<Stage>,
    stats: xray::Stats,
    address: Option<SocketAddr>,
}

pub(crate) fn json(
    pairs: &[(&Attempt, &CapturedRun)],
    runs: &[CapturedRun],
    address: Option<SocketAddr>,
) -> anyhow::Result<String> {
    let mut out = String::new();
    for (attempt, CapturedRun { run, .. }) in pairs {
        let found = attempt.end.as_ref().ok();
        let line = AttemptLine {
            run: run.id,
            title: &attempt.title,
            status: run.status.as_str(),
            steps: run.steps,
            competitor: found.map(|rival| &*rival.film.id),
            score: found.map(|rival| rival.score),
            error: attempt.end.as_ref().err().map(ToString::to_string),
        };
        writeln!(out, "{}", serde_json::to_string(&line)?)?;
    }
    let last = LastLine { funnel: captured::funnel(runs, "find_competitor"), stats: xray::stats(), address };
    writeln!(out, "{}", serde_json::to_string(&last)?)?;
    Ok(out)
}
