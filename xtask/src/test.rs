//! `cargo xtask test`: everything that can fail, in the order in which failing is cheapest.

use std::process::Command;

use anyhow::ensure;

use crate::steps::{RELEASED, Steps, TESTED, cargo, root};

/// What `test` takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only the tests whose names contain this
    filter: Option<String>,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut steps = Steps::default();
    let filter: Vec<&str> = arguments.filter.iter().map(String::as_str).collect();
    steps.run("unsafe code is where it belongs", unsafe_at_home)?;
    steps.run("users get no more dependencies than they ask for", lean)?;
    for features in ["", "enabled", "enabled,embedded", "enabled,web", "enabled,streams"] {
        let name = format!("the xray crate builds with features [{features}]");
        steps.cargo(&name, &["check", "--quiet", "-p", "xray", "--no-default-features", "--features", features])?;
    }
    // What is there for the interpreter is compiled for it alone: see `cargo xtask sanitize`.
    let for_miri = ["-p", "xray-collector", "--lib", "--no-default-features", "--profile", "check"];
    let for_miri = [&["rustc", "--quiet"], &for_miri[..], &["--", "--cfg", "miri"]].concat();
    steps.cargo("the collector builds for miri", &for_miri)?;
    // The end-to-end tests run the example as a user would.
    let examples = [&["build"], &RELEASED[..], &["--examples", "--bin", "instructions"]].concat();
    steps.cargo("the examples build", &examples)?;
    let tests = [&["test"], &TESTED[..], &["--lib", "--bins", "--tests", "--no-fail-fast"], &filter].concat();
    steps.cargo("unit, integration and end-to-end tests", &tests)?;
    let documented = [&["test"], &TESTED[..], &["--doc"], &filter].concat();
    steps.cargo("examples in the documentation", &documented)?;
    steps.run("the documentation builds without warnings", || {
        let mut command = cargo();
        command.args(["doc", "--workspace", "--no-deps", "--quiet"]).env("RUSTDOCFLAGS", "-D warnings");
        crate::steps::check(&mut command)
    })?;
    steps.run("the OpenAPI document is what the code says", crate::openapi::check)?;
    steps.run("the dashboard is what its sources say, and works in a browser", crate::dashboard::check_all)?;
    steps.run("the HTTP API under schemathesis", crate::http_fuzz::check_api)?;
    steps.run("a call takes no more instructions than before", crate::instructions::check)?;
    steps.run("licences and bans", licences)?;
    steps.run("published crates with the attribute on every function", crate::conformance::quick)?;
    steps.finish();
    Ok(())
}

/// The lint denies it everywhere; whoever allows it is on this list.
fn unsafe_at_home() -> anyhow::Result<()> {
    const HOMES: [&str; 4] = ["chunk/", "clock.rs", "exit.rs", "fork.rs"];
    for package in ["xray", "xray-macros", "xray-collector", "xray-web"] {
        let sources = root().join(package).join("src");
        for entry in walkdir::WalkDir::new(&sources) {
            let path = entry?.into_path();
            let place = path.strip_prefix(&sources)?.to_string_lossy().into_owned();
            let is_home = package == "xray-collector" && HOMES.iter().any(|home| place.starts_with(home));
            if place.ends_with(".rs") && !is_home {
                let allows = std::fs::read_to_string(&path)?.contains("allow(unsafe_code");
                ensure!(!allows, "{} allows unsafe code", path.display());
            }
        }
    }
    Ok(())
}

/// What a user gets who wants the recorder alone, and who wants everything.
fn lean() -> anyhow::Result<()> {
    let banned: [(&[&str], &[&str]); 2] = [
        (
            &["--no-default-features"],
            &["tokio", "axum", "redb", "serde_json", "tower-http", "prometheus-client", "csv"],
        ),
        // A serde_json that is merely loaded can keep a user's program from compiling.
        (&[], &["serde_json", "utoipa"]),
    ];
    for (features, banned) in banned {
        let mut tree = cargo();
        tree.args(["tree", "-p", "xray", "--edges", "normal", "--prefix", "none"]).args(features);
        let tree = crate::bench::text(&mut tree)?;
        for banned in banned {
            ensure!(!tree.lines().any(|line| line.split(' ').next() == Some(banned)), "{banned} is in\n{tree}");
        }
    }
    Ok(())
}

/// Checked where cargo-deny is at hand: building it takes longer than all tests together.
fn licences() -> anyhow::Result<()> {
    let has_deny = Command::new("cargo-deny").arg("--version").output().is_ok_and(|output| output.status.success());
    if !has_deny {
        println!("not checked: cargo-deny is not installed here; `cargo install cargo-deny` and run this again");
        return Ok(());
    }
    crate::steps::check(
        Command::new("cargo-deny").args(["--offline", "check", "bans", "licenses", "sources"]).current_dir(root()),
    )
}
