//! `cargo xtask openapi`: the OpenAPI document out of the annotations of the routes.
//!
//! The server has a copy in its program, rather than what makes it: that would load serde_json into the programs of users.

use std::process::Command;

use anyhow::{Context as _, ensure};

use crate::bench::{built, text};
use crate::steps::{TESTED, root};

const DOCUMENT: &str = "xray-web/assets/openapi.json";

/// What `openapi` takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only says whether the document is up to date
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    if arguments.check {
        return check();
    }
    let path = root().join(DOCUMENT);
    std::fs::write(path, document()?).with_context(|| format!("cannot write {DOCUMENT}"))?;
    println!("wrote {DOCUMENT}");
    Ok(())
}

/// As a part of `cargo xtask test`.
pub(crate) fn check() -> anyhow::Result<()> {
    let served = std::fs::read_to_string(root().join(DOCUMENT)).with_context(|| format!("cannot read {DOCUMENT}"))?;
    ensure!(served == document()?, "{DOCUMENT} is not what the code says: `cargo xtask openapi` writes it anew");
    Ok(())
}

fn document() -> anyhow::Result<String> {
    let program = built(&[&TESTED[..], &["--features", "xray-web/openapi", "--example", "openapi"]].concat())?;
    text(&mut Command::new(program))
}
