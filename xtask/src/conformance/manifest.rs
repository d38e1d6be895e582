//! The manifest of the copy: a workspace of its own, with xray, and without the targets whose files were not published.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use toml_edit::{DocumentMut, InlineTable, Item, Table, value};

use crate::steps::root;

/// Makes the copy a crate that can be built where it is, and says which targets it had to leave out.
pub(crate) fn prepare(folder: &Path, opt_level: i64) -> anyhow::Result<Vec<String>> {
    let path = folder.join("Cargo.toml");
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut manifest: DocumentMut = text.parse().with_context(|| format!("cannot parse {}", path.display()))?;
    // The copy lies inside of the repository and is no member of its workspace.
    manifest.insert("workspace", Item::Table(Table::new()));
    let dependencies = manifest.entry("dependencies").or_insert_with(|| Item::Table(Table::new()));
    let dependencies = dependencies.as_table_mut().context("`dependencies` is no table")?;
    dependencies.insert("xray", value(xray()));
    optimise(&mut manifest, opt_level)?;
    let missing = drop_missing(&mut manifest, folder);
    std::fs::write(&path, manifest.to_string())?;
    // The versions that the repository is built with: they are downloaded, and compiled once for all crates.
    std::fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock")).context("cannot copy Cargo.lock")?;
    Ok(missing)
}

/// Without `enabled` a function expands to itself. `embedded` is there because `XRAY_STORE` means something with it alone: the tests run while recording into a file.
fn xray() -> InlineTable {
    let mut dependency = InlineTable::new();
    dependency.insert("path", root().join("xray").to_string_lossy().into_owned().into());
    dependency.insert("default-features", false.into());
    dependency.insert("features", ["enabled", "embedded"].into_iter().collect::<toml_edit::Array>().into());
    dependency
}

/// The crate is compiled as it always is, but what records its calls at this level.
fn optimise(manifest: &mut DocumentMut, level: i64) -> anyhow::Result<()> {
    let mut place = manifest.as_table_mut();
    for key in ["profile", "dev", "package"] {
        let table = place.entry(key).or_insert_with(|| {
            let mut table = Table::new();
            table.set_implicit(true);
            Item::Table(table)
        });
        place = table.as_table_mut().with_context(|| format!("`{key}` in `profile` is no table"))?;
    }
    for package in ["xray", "xray-collector", "redb", "zstd-sys"] {
        let mut optimised = Table::new();
        optimised.insert("opt-level", value(level));
        if package == "redb" {
            // It would walk over every page each time it opens what the test programs before this one have recorded.
            optimised.insert("debug-assertions", value(false));
        }
        place.insert(package, Item::Table(optimised));
    }
    Ok(())
}

/// Takes out the tests, examples and benchmarks whose source is not there.
fn drop_missing(manifest: &mut DocumentMut, folder: &Path) -> Vec<String> {
    let mut missing = Vec::new();
    for (kind, default_folder) in [("test", "tests"), ("example", "examples"), ("bench", "benches")] {
        let Some(targets) = manifest.get_mut(kind).and_then(Item::as_array_of_tables_mut) else { continue };
        targets.retain(|target| {
            let name = target.get("name").and_then(Item::as_str).unwrap_or_default();
            let places = match target.get("path").and_then(Item::as_str) {
                Some(path) => vec![PathBuf::from(path)],
                None => vec![
                    PathBuf::from(format!("{default_folder}/{name}.rs")),
                    PathBuf::from(format!("{default_folder}/{name}/main.rs")),
                ],
            };
            let is_there = places.iter().any(|place| folder.join(place).is_file());
            if !is_there && kind != "bench" {
                missing.push(format!("{kind} {name} is not in the package"));
            }
            is_there
        });
    }
    missing
}

/// Leaves out a target that does not build: a test or an example by deleting it, a library by not testing it.
/// Returns what the names of its tests begin with.
pub(crate) fn leave_out(folder: &Path, target: &Path, is_library: bool) -> anyhow::Result<String> {
    let path = folder.join("Cargo.toml");
    let mut manifest: DocumentMut = std::fs::read_to_string(&path)?.parse()?;
    let relative = target.strip_prefix(folder).unwrap_or(target).display();
    if is_library {
        let library = manifest.entry("lib").or_insert_with(|| Item::Table(Table::new()));
        let library = library.as_table_mut().context("`lib` is no table")?;
        let is_tested = library.insert("test", value(false)).is_none_or(|before| before.as_bool() != Some(false));
        ensure!(is_tested, "{relative} does not build, without its unit tests either");
    } else {
        std::fs::remove_file(target).with_context(|| format!("cannot remove {}", target.display()))?;
        drop_missing(&mut manifest, folder);
    }
    std::fs::write(&path, manifest.to_string())?;
    Ok(if is_library { format!("unittests {relative}") } else { relative.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_without_a_file_are_taken_out_and_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("tests")).unwrap();
        std::fs::write(folder.path().join("tests/here.rs"), "").unwrap();
        let text = "[[test]]\nname = \"here\"\n[[test]]\nname = \"gone\"\npath = \"tests/gone.rs\"\n";
        let mut manifest: DocumentMut = text.parse().unwrap();
        assert_eq!(drop_missing(&mut manifest, folder.path()), ["test gone is not in the package"]);
        assert_eq!(manifest.to_string(), "[[test]]\nname = \"here\"\n");
    }
}
