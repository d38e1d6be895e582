//! Chunks in a file beside the store, mapped into memory: what is published in them is the kernel's to keep, and is there
//! after a `kill -9`, an abort, an overflown stack or a kill for want of memory.
//!
//! The file has all its blocks before it is mapped, so that a full disk is an error at the start and not a signal later.
//! Its owner holds a lock on it for as long as it lives. It goes when its collector has written everything.
//!
//! What a process left is read, not mapped: a file that somebody cuts short is an error then, not a signal. What is found
//! at the place and is no file of chunks that this version reads stays what it is, byte for byte.
#![allow(unsafe_code)]

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use memmap2::{MmapOptions, MmapRaw};

use super::memory::Memory;
use super::preamble::{Origin, PREAMBLE_BYTES, Preamble, Shape, Unreadable};
use crate::fork::{NotInChildren, not_in_children};

/// A file that is locked, whole and mapped.
pub(super) struct ChunkFile {
    path: PathBuf,
    /// Dropped before the mapping.
    _not_in_children: NotInChildren,
    mapping: MmapRaw,
    /// Holds the lock.
    file: File,
}

/// What a process that is gone left in its file, in memory; the file is still there, and locked.
pub struct LeftChunks {
    pub(super) memory: Memory,
    /// Whose they are.
    pub origin: Origin,
    path: PathBuf,
    file: File,
}

/// What was found where the chunks of a new process are to be.
pub enum Found {
    /// Nothing, or nothing that matters: the place is free.
    Nothing,
    /// Chunks that were not all written; something may be missing of them, which is said.
    Left(Box<LeftChunks>, Option<String>),
    /// A file of chunks that cannot be read was renamed, for this reason: the place is free.
    SetAside(String),
    /// A file that must stay, for this reason.
    Occupied(String),
}

/// Looks for what another process has left.
#[must_use]
pub fn find(path: &Path) -> Found {
    look(path).unwrap_or_else(|error| Found::Occupied(format!("{path:?} cannot be read: {error}")))
}

fn look(path: &Path) -> io::Result<Found> {
    let mut file = match OpenOptions::new().read(true).write(true).open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Found::Nothing),
        file => file?,
    };
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => {
            return Ok(Found::Occupied(format!("{path:?} is in use by a process that is alive")));
        }
        Err(TryLockError::Error(error)) => return Err(error),
        Ok(()) => {}
    }
    let length = file.metadata()?.len();
    let mut preamble = Vec::with_capacity(PREAMBLE_BYTES);
    (&mut file).take(PREAMBLE_BYTES as u64).read_to_end(&mut preamble)?;
    if preamble.iter().all(|byte| *byte == 0) {
        // Its creation was cut off: nothing was recorded.
        discard(&file, path)?;
        return Ok(Found::Nothing);
    }
    match Preamble::read_from(&preamble) {
        Ok((shape, origin)) => {
            let (memory, note) = read(&mut file, length, shape)?;
            let note = note.map(|note| format!("{path:?}: {note}"));
            Ok(Found::Left(Box::new(LeftChunks { memory, origin, path: path.to_owned(), file }), note))
        }
        Err(why @ Unreadable::Foreign) => Ok(Found::Occupied(format!("{path:?}: {why}"))),
        Err(why) => {
            let aside = free_name(path);
            std::fs::rename(path, &aside)?;
            Ok(Found::SetAside(format!("{path:?} was not recovered: {why}; it is now {aside:?}")))
        }
    }
}

/// The chunks that are in the file, and what is missing of it.
fn read(file: &mut File, length: u64, said: Shape) -> io::Result<(Memory, Option<String>)> {
    let there = length.saturating_sub(PREAMBLE_BYTES as u64).div_ceil(said.chunk_bytes as u64);
    let shape = Shape { chunks: u32::try_from(there).unwrap_or(u32::MAX).min(said.chunks), ..said };
    let mut memory = Memory::anonymous(shape);
    file.seek(SeekFrom::Start(0))?;
    let mut rest = memory.bytes_mut();
    while !rest.is_empty() {
        match file.read(rest) {
            Ok(0) => break,
            Ok(read) => rest = &mut rest[read..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    memory.end_at(length);
    let expected = said.bytes() as u64;
    let note = (length < expected).then(|| format!("the file ends after {length} of {expected} bytes"));
    Ok((memory, note))
}

/// A name beside this one that is not taken.
fn free_name(path: &Path) -> PathBuf {
    let name = |number: u32| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".unread-{number}"));
        PathBuf::from(name)
    };
    (1..).map(name).find(|name| !name.exists()).unwrap_or_else(|| name(0))
}

/// Removes the file, or empties it where it cannot be removed.
fn discard(file: &File, path: &Path) -> io::Result<()> {
    std::fs::remove_file(path).or_else(|_| file.set_len(0))
}

impl LeftChunks {
    /// Everything in it is in the store: the file goes.
    ///
    /// # Errors
    /// When it can be neither removed nor emptied.
    pub fn discard(self) -> io::Result<()> {
        discard(&self.file, &self.path)
    }
}

impl ChunkFile {
    /// A new file of zeros for chunks of this shape, for which there is room on the disk, readable by its owner alone.
    pub(super) fn create(path: &Path, shape: Shape) -> io::Result<Self> {
        check_limit(shape.bytes())?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path)?;
        file.try_lock()?;
        if file.metadata()?.len() != 0 {
            return Err(ErrorKind::AlreadyExists.into());
        }
        let filled = fill(&file, shape.bytes());
        let mapping = filled.and_then(|()| MmapOptions::new().len(shape.bytes()).map_raw(&file));
        match mapping {
            Ok(mapping) => {
                // SAFETY: the mapping is whole, stays where it is until it is dropped, after this; and in a child
                // nobody relies on what was in the chunks of its parent.
                let not_in_children = unsafe { not_in_children(mapping.as_mut_ptr(), mapping.len()) };
                Ok(Self { path: path.to_owned(), _not_in_children: not_in_children, mapping, file })
            }
            Err(error) => {
                let _ = discard(&file, path);
                Err(error)
            }
        }
    }

    pub(super) fn start(&self) -> *mut u8 {
        self.mapping.as_mut_ptr()
    }

    pub(super) fn bytes(&self) -> usize {
        self.mapping.len()
    }

    /// Nothing in it is needed any more: the file goes. The memory stays for those who still write to it.
    pub(super) fn discard(&self) -> io::Result<()> {
        // Emptying it would take the memory away from under them.
        std::fs::remove_file(&self.path).or_else(|error| {
            self.file.unlock()?;
            Err(error)
        })
    }
}

/// Writes zeros: on every file system that is how blocks are given to a file so that a later write finds them there.
fn fill(mut file: &File, bytes: usize) -> io::Result<()> {
    let zeros = vec![0; 256 * 1024];
    let mut left = bytes;
    while left > 0 {
        let now = left.min(zeros.len());
        file.write_all(&zeros[..now])?;
        left -= now;
    }
    Ok(())
}

/// A file beyond the process's limit would end it by a signal.
#[cfg(unix)]
fn check_limit(bytes: usize) -> io::Result<()> {
    let mut limit = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: the call fills in the structure that it is given, or leaves it as it is.
    unsafe { libc::getrlimit(libc::RLIMIT_FSIZE, &raw mut limit) };
    match limit.rlim_cur < bytes as libc::rlim_t {
        true => Err(io::Error::new(ErrorKind::FileTooLarge, "the process may not write a file of that size")),
        false => Ok(()),
    }
}

#[cfg(not(unix))]
fn check_limit(_: usize) -> io::Result<()> {
    Ok(())
}
