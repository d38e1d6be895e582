//! Getting a published crate: cargo downloads it as a dependency of an empty project, and says where it put it.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::Deserialize;
use walkdir::WalkDir;

use super::Wanted;
use crate::steps::cargo;

/// What is of interest in `cargo metadata`.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    version: String,
    manifest_path: PathBuf,
}

#[derive(Deserialize)]
struct Resolve {
    root: String,
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    pkg: String,
}

/// Where cargo put the crate, and its version. Without a connection once it was here.
pub(crate) fn download(wanted: &Wanted, area: &Path) -> anyhow::Result<(PathBuf, String)> {
    let project = area.join("downloads").join(wanted.to_string().replace(['@', '='], "-"));
    std::fs::create_dir_all(project.join("src"))?;
    std::fs::write(project.join("src/lib.rs"), "")?;
    let Wanted { name, version } = wanted;
    std::fs::write(
        project.join("Cargo.toml"),
        format!(
            "[package]\nname = \"download\"\nedition = \"2021\"\n[workspace]\n[dependencies]\n\
             subject = {{ package = \"{name}\", version = \"{}\", default-features = false }}\n",
            requirement(version.as_deref())
        ),
    )?;
    let mut metadata = vec!["metadata".to_owned(), "--format-version=1".to_owned()];
    // The dependencies for other systems would be downloaded, too.
    metadata.push(format!("--filter-platform={}", crate::steps::host()?));
    let output = offline_first(&project, &metadata)
        .with_context(|| format!("cannot download {wanted}; run this once with a connection to cargo's registry"))?;
    let metadata: Metadata = serde_json::from_str(&output).context("cannot read what cargo metadata says")?;
    let root = metadata.resolve.nodes.iter().find(|node| node.id == metadata.resolve.root);
    let subject = root.and_then(|root| root.deps.iter().find(|dependency| dependency.name == "subject"));
    let package = subject.and_then(|subject| metadata.packages.into_iter().find(|package| package.id == subject.pkg));
    let package =
        package.with_context(|| format!("{wanted} has no library, so that cargo does not say where it is"))?;
    let folder = package.manifest_path.parent().context("a manifest has a folder")?.to_owned();
    Ok((folder, package.version))
}

/// Runs cargo in the folder with what is here already, and if that is not enough, again with a connection.
pub(crate) fn offline_first(folder: &Path, arguments: &[String]) -> anyhow::Result<String> {
    let run = |more: &[&str]| cargo().args(arguments).args(more).current_dir(folder).output();
    if folder.join("Cargo.lock").is_file() {
        let output = run(&["--offline"])?;
        if output.status.success() {
            return Ok(String::from_utf8(output.stdout)?);
        }
    }
    let output = run(&[])?;
    if !output.status.success() {
        bail!("cargo {} failed:\n{}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// A whole version means that one and no other.
fn requirement(version: Option<&str>) -> String {
    match version {
        None => "*".to_owned(),
        Some(version)
            if version.split('.').count() >= 3 && version.starts_with(|first: char| first.is_ascii_digit()) =>
        {
            format!("={version}")
        }
        Some(version) => version.to_owned(),
    }
}

/// Copies the crate, in place of what was there.
pub(crate) fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    if to.exists() {
        std::fs::remove_dir_all(to).with_context(|| format!("cannot remove {}", to.display()))?;
    }
    for entry in WalkDir::new(from) {
        let entry = entry?;
        let target = to.join(entry.path().strip_prefix(from)?);
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(&target)?;
        } else {
            // Read and written, not copied: a copy would be as read-only as the original may be.
            std::fs::write(&target, std::fs::read(entry.path())?)
                .with_context(|| format!("cannot write {}", target.display()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_version_is_exact() {
        assert_eq!(requirement(None), "*");
        assert_eq!(requirement(Some("1.2")), "1.2");
        assert_eq!(requirement(Some("1.2.3")), "=1.2.3");
        assert_eq!(requirement(Some("^1.2.3")), "^1.2.3");
    }
}
