//! What the kernel says of this process, and what it is asked to forget.

use std::fs::File;
use std::io;
use std::path::Path;

use anyhow::Context as _;
use rustix::fs::{Advice, fadvise};
use rustix::time::{ClockId, clock_gettime};

/// The most memory that it had at once.
pub(crate) fn peak_bytes() -> anyhow::Result<u64> {
    let status =
        std::fs::read_to_string("/proc/self/status").context("peak memory is read from /proc: Linux has it")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
    let kib: u64 = peak.trim().trim_end_matches(" kB").trim().parse().context("VmHWM is no number")?;
    Ok(kib * 1024)
}

/// How many threads of the machine ran or wanted to, over the last minute.
pub(crate) fn load() -> anyhow::Result<String> {
    let average = std::fs::read_to_string("/proc/loadavg")?;
    Ok(average.split(' ').next().unwrap_or_default().to_owned())
}

/// The processor's time that all threads have used.
pub(crate) fn seconds() -> f64 {
    seconds_of(ClockId::ProcessCPUTime)
}

/// The processor's time that this thread has used.
pub(crate) fn thread_seconds() -> f64 {
    seconds_of(ClockId::ThreadCPUTime)
}

fn seconds_of(clock: ClockId) -> f64 {
    let time = clock_gettime(clock);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// Has the kernel drop what it keeps of a file in memory. It may keep what others have in use.
pub(crate) fn drop_from_page_cache(path: &Path) -> anyhow::Result<()> {
    let file = File::open(path)?;
    // What is not on disk yet cannot be dropped.
    file.sync_all()?;
    fadvise(&file, 0, None, Advice::DontNeed)?;
    Ok(())
}

/// Has the kernel keep a file in memory, as far as there is room for it.
pub(crate) fn read_into_page_cache(path: &Path) -> anyhow::Result<()> {
    io::copy(&mut File::open(path)?, &mut io::sink())?;
    Ok(())
}
