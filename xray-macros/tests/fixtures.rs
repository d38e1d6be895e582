//! Crates of users: other editions, other names, and lints, which are to be the same with the attribute as without.
//! They are built as users build them, by cargo, out of `tests/fixtures`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

/// A copy of the fixtures: cargo writes beside what it builds.
fn fixtures() -> &'static Path {
    static COPY: OnceLock<PathBuf> = OnceLock::new();
    COPY.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fixtures");
        copy_directory(&root.join("tests/fixtures"), &copy, root);
        // The versions that the workspace is tested with, so that nothing has to be fetched.
        std::fs::copy(root.join("../Cargo.lock"), copy.join("Cargo.lock")).expect("the workspace's lock file");
        copy
    })
}

fn copy_directory(from: &Path, to: &Path, root: &Path) {
    std::fs::create_dir_all(to).expect("a directory to copy to");
    for entry in std::fs::read_dir(from).expect("the fixtures") {
        let path = entry.expect("a readable entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy_directory(&path, &target, root);
        } else {
            let text = std::fs::read_to_string(&path).expect("a text");
            let workspace = root.parent().expect("a workspace").display().to_string().replace('\\', "/");
            let text = text.replace("../../../../xray", &format!("{workspace}/xray"));
            if std::fs::read_to_string(&target).ok().as_deref() != Some(&text) {
                std::fs::write(&target, text).expect("a writable copy");
            }
        }
    }
}

fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command
        .current_dir(fixtures())
        .args(arguments)
        .arg("--offline")
        .env("CARGO_TARGET_DIR", fixtures().join("target"))
        // For `expanded`; and for all others, too, or what they depend on would be built anew for each.
        .env("RUSTC_BOOTSTRAP", "fixture_disabled,fixture_lints")
        .env_remove("RUSTFLAGS")
        .env_remove("XRAY_STORE")
        .env_remove("CARGO_ENCODED_RUSTFLAGS");
    command
}

fn succeeds(arguments: &[&str]) {
    let output = cargo(arguments).output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn edition_2018() {
    succeeds(&["run", "-p", "fixture_edition_2018"]);
}

#[test]
fn edition_2021() {
    succeeds(&["run", "-p", "fixture_edition_2021"]);
}

#[test]
fn hygiene() {
    succeeds(&["run", "-p", "fixture_hygiene"]);
}

#[test]
fn renamed() {
    succeeds(&["run", "-p", "fixture_renamed"]);
}

/// The library of a fixture after all of its attributes. The flag that shows it is not stable; the compiler is asked to
/// take it all the same.
fn expanded(package: &str, features: &str) -> String {
    let output = cargo(&["rustc", "-p", package, "--lib", "--features", features])
        .args(["--", "-Zunpretty=expanded"])
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn attributes_that_are_not_enabled_leave_everything_as_it_is() {
    for package in ["fixture_disabled", "fixture_lints"] {
        let plain = expanded(package, "");
        assert!(plain.contains("fn "), "{plain}");
        assert_eq!(expanded(package, "annotated"), plain);
    }
    assert_ne!(expanded("fixture_lints", "annotated,enabled"), expanded("fixture_lints", "annotated"));
}

/// The functions of a fixture as machine code, sorted, since their order follows from hashes; without what only says where
/// they were written: lines for the debugger, and the names of constants, which have a hash.
fn assembly(package: &str, features: &str) -> Vec<Vec<String>> {
    let written = fixtures().join("target").join(format!("{package}-{}.s", features.replace(',', "-")));
    let output = cargo(&["rustc", "-p", package, "--lib", "--release", "--features", features])
        .arg("--")
        .arg(format!("--emit=asm={}", written.display()))
        .args(["-Cdebuginfo=0", "-Ccodegen-units=1", "-Cmetadata=same", "-Clink-dead-code"])
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = std::fs::read_to_string(written).expect("assembly");
    let mut functions = vec![Vec::new()];
    for line in text.lines() {
        if line.starts_with(['\t', ' ']) && !line.trim_start().starts_with('.') {
            functions.last_mut().expect("one").push(without_numbers(line));
        } else if line.ends_with(':') && !line.starts_with('.') {
            functions.push(Vec::new());
        }
    }
    functions.sort();
    functions
}

/// A line of code without the name of a constant, and without the function's number in a label's.
fn without_numbers(line: &str) -> String {
    let line = line.split(".Lanon.").next().unwrap_or_default();
    let Some((before, label)) = line.split_once(".LBB") else { return line.to_owned() };
    format!("{before}.LBB{}", label.trim_start_matches(|digit: char| digit.is_ascii_digit()))
}

#[test]
fn attributes_that_are_not_enabled_leave_the_machine_code_as_it_is() {
    let plain = assembly("fixture_disabled", "");
    assert!(plain.len() > 10 && plain.concat().len() > 20, "{plain:#?}");
    assert_eq!(assembly("fixture_disabled", "annotated"), plain);
}

#[test]
fn a_program_with_xray_not_enabled() {
    succeeds(&["run", "-p", "fixture_disabled"]);
    succeeds(&["run", "-p", "fixture_disabled", "--features", "annotated"]);
}

/// Every warning about the fixture, with its place.
fn warnings(check: &str, is_annotated: bool) -> BTreeSet<String> {
    let mut arguments = vec![check, "-p", "fixture_lints", "--message-format=json"];
    if is_annotated {
        arguments.extend(["--features", "annotated,enabled"]);
    }
    let mut command = cargo(&arguments);
    if check == "clippy" {
        command.args(["--", "-W", "clippy::pedantic", "-W", "clippy::nursery"]);
    }
    let output = command.output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut found = BTreeSet::new();
    for message in String::from_utf8(output.stdout).expect("UTF-8").lines() {
        let message: Value = serde_json::from_str(message).expect("JSON");
        let of_fixture = message["target"]["name"] == "fixture_lints";
        if !of_fixture || message["reason"] != "compiler-message" {
            continue;
        }
        let message = &message["message"];
        let Some(code) = message["code"]["code"].as_str() else { continue };
        let span = message["spans"].as_array().and_then(|spans| spans.iter().find(|span| span["is_primary"] == true));
        let span = span.unwrap_or(&Value::Null);
        // Of an argument that is overwritten unread the compiler says "passed", of a variable "assigned".
        found.insert(format!("{} {code}", span["line_start"]));
    }
    found
}

#[test]
fn the_compiler_warns_of_the_same() {
    let plain = warnings("check", false);
    let annotated = warnings("check", true);
    for code in ["unused_variables", "unused_mut", "dead_code", "unused_must_use", "unreachable_code", "deprecated"] {
        assert!(plain.iter().any(|warning| warning.contains(code)), "no {code} in {plain:#?}");
    }
    let new: Vec<_> = annotated.difference(&plain).collect();
    let gone: Vec<_> = plain.difference(&annotated).collect();
    assert!(new.is_empty() && gone.is_empty(), "new: {new:#?}\ngone: {gone:#?}");
}

#[test]
fn clippy_warns_of_nothing_else() {
    let is_installed = cargo(&["clippy", "--version"]).output().is_ok_and(|output| output.status.success())
        || Command::new("cargo").args(["clippy", "--version"]).output().is_ok_and(|output| output.status.success());
    if !is_installed {
        return;
    }
    let plain = warnings("clippy", false);
    let annotated = warnings("clippy", true);
    assert!(plain.iter().any(|warning| warning.contains("clippy::")), "{plain:#?}");
    let new: Vec<_> = annotated.difference(&plain).collect();
    let gone: Vec<_> = plain.difference(&annotated).collect();
    println!("gone: {gone:#?}");
    assert!(new.is_empty(), "new: {new:#?}");
}
