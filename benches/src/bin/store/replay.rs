//! The workload as chunks that were written ahead, so that the threads that write them do not share the processors with
//! the collector that is measured.
//!
//! They lie in a file, and go from there, through the pool's own channels, into the collector's chunks, 128 KiB at once.

use std::fs::File;
use std::io::{BufWriter, Read as _, Seek as _, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use xray_collector::chunk::raw::{self, Written};
use xray_collector::chunk::{Overflow, Pool, PoolSettings, Reader};

use crate::record::{SESSION, set_pool};

/// Chunks in a file, which goes when this does.
pub(crate) struct Prepared {
    file: File,
    path: PathBuf,
    chunks: u64,
    /// Events in them.
    pub(crate) events: u64,
}

impl Prepared {
    /// Takes down what threads record for as long as `produce` takes.
    pub(crate) fn record(path: &Path, produce: impl FnOnce() -> anyhow::Result<()> + Send) -> anyhow::Result<Self> {
        let file = File::options().read(true).write(true).create_new(true).open(path);
        let file = file.with_context(|| format!("cannot create {}", path.display()))?;
        let mut prepared = Self { file, path: path.to_owned(), chunks: 0, events: 0 };
        let settings = PoolSettings { overflow: Overflow::Block, ..PoolSettings::default() };
        let (reader, _) = Reader::new(settings, SESSION, None, None);
        set_pool(Some(Arc::clone(reader.pool())));
        let is_over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let producing = scope.spawn(|| {
                let result = produce();
                is_over.store(true, Ordering::Release);
                result
            });
            prepared.take_down(&reader, &is_over)?;
            producing.join().expect("who records does not panic")
        })?;
        set_pool(None);
        // Otherwise the disk is still busy with it when it is read.
        prepared.file.sync_all()?;
        Ok(prepared)
    }

    fn take_down(&mut self, reader: &Reader, is_over: &AtomicBool) -> anyhow::Result<()> {
        let mut out = BufWriter::new(&self.file);
        loop {
            // All that is recorded was handed over before it was over.
            let was_over = is_over.load(Ordering::Acquire);
            match reader.full().recv_timeout(Duration::from_millis(10)) {
                Ok(chunk) => {
                    let (Written { thread, order, events }, records) = raw::take(reader.pool(), chunk);
                    for number in [thread, order, events, records.len() as u32] {
                        out.write_all(&number.to_le_bytes())?;
                    }
                    out.write_all(&records)?;
                    (self.chunks, self.events) = (self.chunks + 1, self.events + u64::from(events));
                }
                Err(_) if was_over => return Ok(out.flush()?),
                Err(_) => {}
            }
        }
    }

    /// Hands over all of them. Waits where there is no room.
    pub(crate) fn replay(&mut self, pool: &Pool, mut each: impl FnMut(u64)) -> anyhow::Result<()> {
        self.file.rewind()?;
        let mut records = Vec::new();
        for _ in 0..self.chunks {
            let mut number = || -> anyhow::Result<u32> {
                let mut bytes = [0; 4];
                self.file.read_exact(&mut bytes)?;
                Ok(u32::from_le_bytes(bytes))
            };
            let written = Written { thread: number()?, order: number()?, events: number()? };
            records.resize(number()? as usize, 0);
            self.file.read_exact(&mut records)?;
            ensure!(raw::hand_over(pool, written, &records), "a chunk was dropped");
            each(written.events.into());
        }
        Ok(())
    }
}

impl Drop for Prepared {
    fn drop(&mut self) {
        // What is left of it is in the way of the next one, which says so.
        let _ = std::fs::remove_file(&self.path);
    }
}
