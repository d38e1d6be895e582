//! Checks that everything in a store fits together, and says what does not:
//! `cargo run -p xray-collector --example check -- runs.redb`.

use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(path) = std::env::args_os().nth(1) else {
        eprintln!("which store? cargo run -p xray-collector --example check -- runs.redb");
        return ExitCode::FAILURE;
    };
    let report = xray_collector::check(path, |done, of| {
        if done % 100 == 0 {
            eprintln!("{done} of {of} blocks");
        }
    });
    let report = match report {
        Ok(report) => report,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    println!(
        "{} runs, {} steps in {} blocks and in rows, {} entries of items ({} of runs that are gone), {} steps without \
         their parents, {} segments that wait to be removed",
        report.runs,
        report.steps,
        report.blocks,
        report.items,
        report.stale_items,
        report.missing_parents,
        report.unreferenced_segments
    );
    for problem in &report.problems {
        println!("{problem}");
    }
    match (report.is_sound(), report.unlisted) {
        (true, _) => println!("everything fits together"),
        (false, 0) => {}
        (false, more) => println!("and {more} more"),
    }
    if report.is_sound() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
