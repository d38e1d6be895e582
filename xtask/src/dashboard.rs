//! `cargo xtask dashboard`: builds the dashboard into `xray-web/dashboard/dist`, which is committed, so that whoever builds
//! xray needs no Node. Checks it, too: types, style, units, and in a real browser against the examples.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context as _, ensure};

use crate::steps::{RELEASED, check, root, target};

const DASHBOARD: &str = "xray-web/dashboard";
/// Where a browser is looked for, after `CHROMIUM`.
const BROWSERS: [&str; 3] = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/// What `dashboard` takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Also tests it in a browser, against the examples
    #[arg(long)]
    test: bool,
    /// Only browser tests whose files contain this
    #[arg(long, requires = "test")]
    only: Option<String>,
    /// Also writes the README's pictures, `docs/*.png`
    #[arg(long, requires = "test")]
    pictures: bool,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    ensure!(installed()?, "without its packages the dashboard cannot be built");
    npm(&["run", "check"])?;
    npm(&["run", "unit"])?;
    npm(&["run", "api"])?;
    npm(&["run", "build"])?;
    if arguments.test {
        crate::bench::built(&[&RELEASED[..], &["--examples"]].concat())?;
        browse(arguments.only.as_deref(), arguments.pictures)?;
    }
    Ok(())
}

/// As a part of `cargo xtask test`, after the examples were built. Says so and does nothing where the network is missing.
pub(crate) fn check_all() -> anyhow::Result<()> {
    if !installed()? {
        return Ok(());
    }
    npm(&["run", "check"])?;
    npm(&["run", "unit"])?;
    up_to_date()?;
    browse(None, false)
}

/// That what is committed is what the sources say: the types of the API, and the bundle.
fn up_to_date() -> anyhow::Result<()> {
    let place = tempfile::tempdir().context("no place for a build")?;
    let types = place.path().join("schema.d.ts");
    let types_as_text = types.display().to_string();
    npm(&["exec", "--", "openapi-typescript", "../assets/openapi.json", "--output", &types_as_text])?;
    let same = fs::read(types)? == fs::read(dashboard().join("src/api/schema.d.ts"))?;
    ensure!(
        same,
        "the dashboard's types are not those of the OpenAPI document: `cargo xtask dashboard` writes them anew"
    );
    let built = place.path().join("dist");
    npm(&["run", "build", "--", "--outDir", &built.display().to_string()])?;
    let committed = dashboard().join("dist");
    let (built, committed) = (files(&built)?, files(&committed)?);
    ensure!(built == committed, "{DASHBOARD}/dist is not what its sources say: `cargo xtask dashboard` builds it anew");
    Ok(())
}

/// The files of a directory by their names, with what they hold.
fn files(directory: &Path) -> anyhow::Result<Vec<(PathBuf, Vec<u8>)>> {
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(directory).sort_by_file_name() {
        let entry = entry?;
        if entry.file_type().is_file() {
            files.push((entry.path().strip_prefix(directory)?.to_owned(), fs::read(entry.path())?));
        }
    }
    Ok(files)
}

/// The tests in a browser, against the examples as they were built last.
fn browse(only: Option<&str>, pictures: bool) -> anyhow::Result<()> {
    let mut command = Command::new("npm");
    command.args(["run", "--silent", "browser"]).args(only.map(|only| ["--", only]).into_iter().flatten());
    command
        .current_dir(dashboard())
        .env("CHROMIUM", browser()?)
        .env("XRAY_EXAMPLES", target().join("release/examples"));
    if pictures {
        command.env("XRAY_PICTURES", root().join("docs"));
    }
    check(&mut command)
}

/// The browser; it is installed where that is possible.
fn browser() -> anyhow::Result<PathBuf> {
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
    let find = || named.iter().cloned().chain(BROWSERS.map(PathBuf::from)).find(|path| path.exists());
    if let Some(path) = find() {
        return Ok(path);
    }
    println!("installing Chromium");
    for arguments in [&["update", "--quiet"][..], &["install", "--yes", "--quiet", "chromium"]] {
        let _ = Command::new("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive").status();
    }
    find().context("no Chromium: install it, or name it in the environment variable CHROMIUM, and run this again")
}

/// Whether the dashboard's packages are there, with the versions that are written down.
fn installed() -> anyhow::Result<bool> {
    let wanted = fs::read_to_string(dashboard().join("package-lock.json")).context("no package-lock.json")?;
    let stamp = dashboard().join("node_modules/.installed.json");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(true);
    }
    let mut npm = Command::new("npm");
    // Not `npm ci`: it asks for the programs of every other platform, too, of which the newest may not be there yet.
    npm.args(["install", "--no-save", "--no-audit", "--no-fund", "--loglevel", "error"]).current_dir(dashboard());
    let Output { status, stderr, .. } = npm.output().context("cannot run npm: is Node.js installed?")?;
    let said = String::from_utf8_lossy(&stderr);
    if !status.success() && ["ENOTFOUND", "EAI_AGAIN", "ETIMEDOUT", "ECONNREFUSED"].iter().any(|it| said.contains(it)) {
        println!("skipped: the network is out of reach, and the dashboard's packages are not installed");
        return Ok(false);
    }
    ensure!(status.success(), "npm cannot install the dashboard's packages:\n{said}");
    fs::write(stamp, wanted)?;
    Ok(true)
}

fn npm(arguments: &[&str]) -> anyhow::Result<()> {
    check(Command::new("npm").args(["--silent"]).args(arguments).current_dir(dashboard()))
}

fn dashboard() -> PathBuf {
    root().join(DASHBOARD)
}
