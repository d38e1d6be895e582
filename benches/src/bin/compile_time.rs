//! What the attribute costs the compiler: a crate of 1,000 functions with `#[xray::step]`, with
//! `#[tracing::instrument(skip_all)]`, and with neither, built in turn; and how long the expansions are.
//!
//! `cargo run --release -p xray-benches --bin compile_time` (about ten minutes; `-- 200` for fewer functions, sooner).
//! Each variant is a crate of its own under `target/compile_time`; dependencies are built before the clock starts.
//! Ratios are of medians over rounds in which the variants take turns, and of the processors' time where the system tells
//! it: that of all the compiler's threads, whatever else the machine does.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const ROUNDS: usize = 3;

struct Variant {
    name: &'static str,
    attribute: &'static str,
    dependency: &'static str,
}

const VARIANTS: [Variant; 3] = [
    Variant { name: "plain", attribute: "", dependency: "" },
    Variant { name: "tracing", attribute: "#[tracing::instrument(skip_all)]", dependency: "tracing = \"0.1\"" },
    Variant {
        name: "xray",
        attribute: "#[xray::step]",
        dependency: "xray = { path = \"PATH\", default-features = false, features = [\"enabled\"] }",
    },
];

fn main() {
    let functions = std::env::args().nth(1).map_or(1_000, |count| count.parse().expect("a number of functions"));
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository");
    let crates: Vec<PathBuf> = VARIANTS.iter().map(|variant| write_crate(root, variant, functions)).collect();
    println!("{functions} functions, {ROUNDS} rounds\n");
    for profile in ["debug", "release"] {
        let mut times = vec![Vec::new(); VARIANTS.len()];
        for round in 0..=ROUNDS {
            for (place, path) in crates.iter().enumerate() {
                let time = build(path, profile, round);
                // The first round builds the dependencies.
                if round > 0 {
                    times[place].push(time);
                }
            }
        }
        let medians: Vec<f64> = times.iter_mut().map(|times| median(times)).collect();
        println!("{profile:8} {:>9} {:>9} {:>12}", "seconds", "of plain", "of tracing");
        for (variant, median) in VARIANTS.iter().zip(&medians) {
            println!("{:8} {median:9.2} {:9.2} {:12.2}", variant.name, median / medians[0], median / medians[1]);
        }
        println!();
    }
    println!("expansion   bytes a function");
    for (variant, path) in VARIANTS.iter().zip(&crates) {
        println!("{:8} {:19.0}", variant.name, expanded_bytes(path) as f64 / f64::from(functions));
    }
}

/// Functions of the sorts that a crate has: scalars, references, structs, results, generics, async.
fn write_crate(root: &Path, variant: &Variant, functions: u32) -> PathBuf {
    let path = root.join("target/compile_time").join(variant.name);
    std::fs::create_dir_all(path.join("src")).expect("target can be written");
    let xray = root.join("xray");
    let dependency = variant.dependency.replace("PATH", &xray.display().to_string());
    let manifest = format!(
        "[package]\nname = \"measured\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
         serde = {{ version = \"1\", features = [\"derive\"] }}\n{dependency}\n"
    );
    std::fs::write(path.join("Cargo.toml"), manifest).expect("target can be written");
    let mut source = String::from(
        "#[derive(Debug, Clone, serde::Serialize)]\npub struct Item { pub id: u64, pub title: String, pub price: f64 }\n",
    );
    for number in 0..functions {
        let body = match number % 5 {
            0 => "pub fn f(a: u64, b: f64) -> f64 { a as f64 * b }",
            1 => {
                "pub fn f(items: Vec<Item>, limit: f64) -> Vec<Item> { items.into_iter().filter(|i| i.price < limit).collect() }"
            }
            2 => "pub fn f(text: &str) -> Result<u64, std::num::ParseIntError> { text.trim().parse() }",
            3 => "pub async fn f(item: &Item, more: u64) -> Option<u64> { item.id.checked_add(more) }",
            _ => "pub fn f<T: Clone>(one: &T, flag: bool) -> Option<T> { flag.then(|| one.clone()) }",
        };
        let body = body.replacen("fn f", &format!("fn f{number}"), 1);
        let _ = writeln!(source, "{}\n{body}", variant.attribute);
    }
    std::fs::write(path.join("src/lib.rs"), source).expect("target can be written");
    path
}

fn build(path: &Path, profile: &str, round: usize) -> Duration {
    let library = path.join("src/lib.rs");
    let source = std::fs::read_to_string(&library).expect("just written");
    let source = source.lines().filter(|line| !line.starts_with("// round")).collect::<Vec<_>>().join("\n");
    std::fs::write(&library, format!("{source}\n// round {profile} {round}\n")).expect("target can be written");
    let mut command = cargo(path);
    command.args(["build", "--quiet"]);
    if profile == "release" {
        command.arg("--release");
    }
    let (start, used) = (Instant::now(), used_by_children());
    let status = command.status().expect("cargo runs");
    assert!(status.success(), "{} does not build", path.display());
    match (used, used_by_children()) {
        (Some(before), Some(after)) => after - before,
        _ => start.elapsed(),
    }
}

/// The processors' time of all processes that were started and have ended, in hundredths of a second: Linux counts so.
fn used_by_children() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is a name in parentheses; the 16th and 17th are what is looked for.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(13);
    let mut next = || fields.next()?.parse::<u64>().ok();
    Some(Duration::from_millis((next()? + next()?) * 10))
}

/// The source after expansion. The flag that shows it is not stable; the compiler is asked to take it all the same.
fn expanded_bytes(path: &Path) -> usize {
    let output = cargo(path)
        .args(["rustc", "--quiet", "--lib", "--profile", "check", "--", "-Zunpretty=expanded"])
        .env("RUSTC_BOOTSTRAP", "1")
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout.len()
}

fn cargo(path: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // A workspace's settings are not theirs.
    command.current_dir(path).env_remove("CARGO_TARGET_DIR").env("CARGO_INCREMENTAL", "0");
    command
}

fn median(times: &mut [Duration]) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64()
}
