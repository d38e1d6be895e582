//! The manifest of the copy: a workspace of its own, with xray, and without the targets whose files were not published.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use toml_edit::{DocumentMut, InlineTable, Item, Table, value};

use crate::steps::root;

/// Makes the copy a crate that can be built where it is, and says which targets it had to leave out.
pub(crate) fn prepare(folder: &Path) -> anyhow::Result<Vec<String>> {
    let path = folder.join("Cargo.toml");
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut manifest: DocumentMut = text.parse().with_context(|| format!("cannot parse {}", path.display()))?;
    // The copy lies inside of the repository and is no member of its workspace.
    manifest.insert("workspace", Item::Table(Table::new()));
    let dependencies = manifest.entry("dependencies").or_insert_with(|| Item::Table(Table::new()));
    let dependencies = dependencies.as_table_mut().context("`dependencies` is no table")?;
    dependencies.insert("xray", value(xray()));
    let missing = drop_missing(&mut manifest, folder);
    std::fs::write(&path, manifest.to_string())?;
    // The versions that the repository is built with: they are downloaded, and compiled once for all crates.
    std::fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock")).context("cannot copy Cargo.lock")?;
    Ok(missing)
}

/// `embedded` is there because `XRAY_STORE` means something with it alone: the tests run while recording into a file.
fn xray() -> InlineTable {
    let mut dependency = InlineTable::new();
    dependency.insert("path", root().join("xray").to_string_lossy().into_owned().into());
    dependency.insert("default-features", false.into());
    dependency.insert("features", ["embedded"].into_iter().collect::<toml_edit::Array>().into());
    dependency
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

/// Deletes the source of a target that does not build as it was published.
pub(crate) fn leave_out(folder: &Path, target: &Path) -> anyhow::Result<()> {
    std::fs::remove_file(target).with_context(|| format!("cannot remove {}", target.display()))?;
    let path = folder.join("Cargo.toml");
    let mut manifest: DocumentMut = std::fs::read_to_string(&path)?.parse()?;
    drop_missing(&mut manifest, folder);
    std::fs::write(&path, manifest.to_string())?;
    Ok(())
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
