//! Processes that a test can kill, or that live with less than the test does: this binary, started to run [`child`].

use std::io::{BufRead, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use xray_collector::model::RunStatus;
use xray_collector::store::{EmbeddedStore, Store};

use crate::fixture::{open, run, runs, store_with_batch};
use crate::{damage, failure, kills};

const PART: &str = "XRAY_TEST_PART";
const STORE: &str = "XRAY_TEST_STORE";
const ARGUMENTS: [&str; 4] = ["process::child", "--exact", "--ignored", "--nocapture"];

#[test]
#[ignore = "other tests start it, in a process of its own"]
fn child() {
    let (Ok(part), Some(path)) = (std::env::var(PART), std::env::var_os(STORE)) else { return };
    let path = Path::new(&path);
    match &*part {
        "hold" => {
            let _store = store_with_batch(path);
            say("held");
            wait();
        }
        "write" => {
            let store = open(path);
            for root in 1.. {
                store.write(&runs([run(root, root, RunStatus::Running)])).unwrap();
                say(root);
            }
        }
        "write and remove" => kills::write_and_remove(path),
        "open" => say(EmbeddedStore::open(path).unwrap_err()),
        "read damaged files" => damage::read_damaged_files(path),
        "outgrow the disk" => failure::outgrow_the_disk(path),
        "fill the disk" => failure::fill_the_disk(path),
        part => panic!("there is no part {part:?}"),
    }
    say("done");
}

/// A line for the test that started this process, told apart from what the test harness prints.
pub(crate) fn say(what: impl std::fmt::Display) {
    println!("\n>{what}");
}

/// Until the test kills this process, or ends.
fn wait() {
    let _ = std::io::stdin().read_line(&mut String::new());
}

/// Another process with its part to play; killed when this is dropped.
pub(crate) struct Process {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Process {
    pub(crate) fn start(part: &str, path: &Path) -> Self {
        Self::start_by(Command::new(std::env::current_exe().unwrap()).args(ARGUMENTS), part, path)
    }

    /// Starts it in a shell, which runs `setup` first; `prefix` is a command that starts the shell.
    pub(crate) fn start_after(prefix: &[&str], setup: &str, part: &str, path: &Path) -> Self {
        let script = format!("{setup} && exec \"$0\" \"$@\"");
        let mut words = prefix.iter().copied().chain(["sh", "-c", &script]);
        let mut command = Command::new(words.next().unwrap());
        command.args(words).arg(std::env::current_exe().unwrap()).args(ARGUMENTS);
        Self::start_by(&mut command, part, path)
    }

    fn start_by(command: &mut Command, part: &str, path: &Path) -> Self {
        let command = command.env(PART, part).env(STORE, path);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// Starts it as a user who may do nothing: a test that runs as root may do everything.
    #[cfg(unix)]
    pub(crate) fn start_as_nobody(part: &str, path: &Path, binary: &Path) -> Self {
        use std::os::unix::process::CommandExt;
        Self::start_by(Command::new(binary).args(ARGUMENTS).uid(65_534).gid(65_534), part, path)
    }

    /// The next line that it says; `None` when it has ended.
    pub(crate) fn listen(&mut self) -> Option<String> {
        self.lines.by_ref().map(Result::unwrap).find_map(|line| line.strip_prefix('>').map(str::to_owned))
    }

    /// Ends it at once, without any of its destructors, and gives what it has said by then.
    pub(crate) fn kill(mut self) -> Vec<String> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        std::iter::from_fn(|| self.listen()).collect()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
