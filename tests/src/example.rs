//! The repository's examples as a user runs them: built, and as processes of their own.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// The repository.
///
/// # Panics
/// Never, unless the tests are elsewhere.
#[must_use]
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository")
}

/// The program of an example, built if it is not up to date.
///
/// # Panics
/// When it does not build.
#[must_use]
pub fn build_example(name: &str) -> PathBuf {
    let output = Command::new(env!("CARGO"))
        .current_dir(root())
        // As `cargo xtask test` has built them already.
        .args(["build", "--release", "--package", "xray-examples", "--package", "xray-benches"])
        .args(["--example", name, "--message-format=json"])
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "the example does not build");
    let messages = String::from_utf8(output.stdout).expect("UTF-8");
    let executable = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == name)
        .find_map(|message| message["executable"].as_str().map(PathBuf::from));
    executable.expect("cargo names the program")
}

/// An example that serves until it is interrupted.
pub struct Serving {
    child: Child,
    /// Where it serves.
    pub address: SocketAddr,
}

impl Serving {
    /// Starts the program and waits until it says where it serves.
    ///
    /// # Panics
    /// When it ends without.
    #[must_use]
    pub fn start(program: &Path, store: &Path) -> Self {
        let mut child = Command::new(program)
            .args(["--address", "127.0.0.1:0", "--store"])
            .arg(store)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the example runs");
        let lines = BufReader::new(child.stderr.take().expect("its output")).lines();
        let address = lines
            .map(|line| line.expect("UTF-8"))
            .find_map(|line| line.split("http://").nth(1).and_then(|rest| rest.split('/').next()?.parse().ok()))
            .expect("it says where it serves");
        Self { child, address }
    }

    /// Presses Ctrl-C, which is an orderly end.
    ///
    /// # Panics
    /// When it is not.
    pub fn interrupt(mut self) {
        let pid = self.child.id().to_string();
        let interrupted = Command::new("kill").args(["-INT", &pid]).status().expect("kill runs");
        assert!(interrupted.success());
        let status = self.child.wait().expect("it ends");
        assert!(status.success(), "Ctrl-C is an orderly end: {status}");
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // Of a test that failed; one that was interrupted is gone.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
