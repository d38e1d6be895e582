//! A file that may not be written yet: redb gets a file that behaves as if it were, and the file itself stays as it is.
//!
//! redb writes as soon as it opens a file: it marks it as open, repairs what a killed process left, initialises an
//! empty one. Whether the file is ours and of a format that we know is in its tables, though, which only redb can read.
//! So everything that redb writes is held back at first, in order. [`HeldFile::release`] carries it out, in the same
//! order with the same syncs, so that whatever interrupts it leaves a file that redb recovers; from then on the file is
//! written directly. Without a release the file must never be touched.

use std::io;
use std::ops::Bound;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use redb::backends::FileBackend;
use redb::{BackendError, StorageBackend};

use super::ahead::Ahead;

/// A file, shared between redb and whoever decides about it.
#[derive(Debug, Clone)]
pub(super) struct HeldFile(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    file: FileBackend,
    ahead: Ahead,
    /// What is held back; `None` once released.
    held: RwLock<Option<Vec<Operation>>>,
}

#[derive(Debug, Clone)]
pub(super) enum Operation {
    Write { offset: u64, bytes: Vec<u8> },
    SetLength(u64),
    Sync,
}

impl HeldFile {
    pub(super) fn new(file: FileBackend, ahead: Ahead) -> Self {
        Self(Arc::new(Shared { file, ahead, held: RwLock::new(Some(Vec::new())) }))
    }

    /// Carries out what was held back, and holds nothing back any more.
    ///
    /// # Errors
    /// When the file cannot be written. It is then as after a crash, and what redb still writes is held back.
    pub(super) fn release(&self) -> io::Result<()> {
        let mut held = self.held_mut();
        for operation in held.iter().flatten() {
            operation.carry_out(&self.0.file)?;
        }
        *held = None;
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn held_operations(&self) -> Vec<Operation> {
        self.held().clone().unwrap_or_default()
    }

    // Nothing that panics runs under this lock, and the list is whole after each push.
    fn held(&self) -> RwLockReadGuard<'_, Option<Vec<Operation>>> {
        self.0.held.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn held_mut(&self) -> RwLockWriteGuard<'_, Option<Vec<Operation>>> {
        self.0.held.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_released(&self) -> bool {
        self.held().is_none()
    }

    fn hold(&self, operation: Operation) -> io::Result<()> {
        match &mut *self.held_mut() {
            Some(operations) => {
                operations.push(operation);
                Ok(())
            }
            None => operation.carry_out(&self.0.file),
        }
    }
}

impl Operation {
    pub(super) fn carry_out(&self, file: &impl StorageBackend) -> io::Result<()> {
        match self {
            Self::Write { offset, bytes } => file.write(*offset, bytes),
            Self::SetLength(length) => file.set_len(*length),
            Self::Sync => file.sync_data(),
        }
    }

    /// The length of the file after this.
    fn length(&self, before: u64) -> u64 {
        match self {
            Self::Write { offset, bytes } => before.max(offset + bytes.len() as u64),
            Self::SetLength(length) => *length,
            Self::Sync => before,
        }
    }

    /// What this does to the part of the file that begins at `start`.
    fn apply(&self, start: u64, part: &mut [u8]) {
        let end = start + part.len() as u64;
        match self {
            Self::Write { offset, bytes } => {
                let (from, to) = (start.max(*offset), end.min(offset + bytes.len() as u64));
                if from < to {
                    let written = &bytes[(from - offset) as usize..(to - offset) as usize];
                    part[(from - start) as usize..(to - start) as usize].copy_from_slice(written);
                }
            }
            Self::SetLength(length) if *length < end => {
                part[length.saturating_sub(start) as usize..].fill(0);
            }
            Self::SetLength(_) | Self::Sync => {}
        }
    }
}

/// The first bytes of the file that redb has created before it is whole, and where the header ends.
const HEADER_BYTES: usize = 320;
/// What redb gives a new file is somewhere between these.
const NEW_FILE_BYTES: std::ops::Range<u64> = 1 << 20..8 << 20;

/// Whether this is a file of which the creation was cut off. redb sets its length, writes a header without the magic
/// number, and that only when everything else is on disk; a file in which there is nothing but such a header, or not
/// even that, holds nothing of anybody.
fn is_unfinished(file: &impl StorageBackend) -> io::Result<bool> {
    let length = file.len()?;
    if !NEW_FILE_BYTES.contains(&length) {
        return Ok(false);
    }
    let mut header = [0; HEADER_BYTES];
    file.read(0, &mut header)?;
    let is_header =
        header[..9] == [0; 9] && header[12..16] == 4096_u32.to_le_bytes() && [header[64], header[192]] == [3, 3];
    if !is_header && header != [0; HEADER_BYTES] {
        return Ok(false);
    }
    let mut rest = vec![0; length as usize - HEADER_BYTES];
    file.read(HEADER_BYTES as u64, &mut rest)?;
    Ok(rest.iter().all(|byte| *byte == 0))
}

impl StorageBackend for HeldFile {
    /// redb asks for it first, once it holds the file's lock: here an unfinished file becomes an empty one.
    fn len(&self) -> io::Result<u64> {
        let mut held = self.held_mut();
        let Some(operations) = &mut *held else { return self.0.file.len() };
        if operations.is_empty() && is_unfinished(&self.0.file)? {
            operations.push(Operation::SetLength(0));
        }
        let length = self.0.file.len()?;
        Ok(operations.iter().fold(length, |length, operation| operation.length(length)))
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let held = self.held();
        let Some(operations) = &*held else {
            drop(held);
            self.0.ahead.of_place(offset);
            return self.0.file.read(offset, out);
        };
        let mut length = self.0.file.len()?;
        let in_file = length.saturating_sub(offset).min(out.len() as u64) as usize;
        self.0.file.read(offset, &mut out[..in_file])?;
        out[in_file..].fill(0);
        for operation in operations {
            operation.apply(offset, out);
            length = operation.length(length);
        }
        if offset.saturating_add(out.len() as u64) > length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        self.hold(Operation::SetLength(length))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.hold(Operation::Sync)
    }

    fn write(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        if self.is_released() {
            return self.0.file.write(offset, bytes);
        }
        self.hold(Operation::Write { offset, bytes: bytes.to_vec() })
    }

    fn close(&self) -> io::Result<()> {
        self.0.file.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.0.file.try_lock_range(start, end)
    }

    fn try_lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.0.file.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.file.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.file.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.file.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.0.file.query_lock_range(start, end)
    }
}
