//! A process that was forked from one that records.
//!
//! The child has a copy of the parent's memory and one of its threads. What the parent recorded and how it goes on is
//! the parent's: the child never writes into its chunks or its store, takes none of its locks, which a thread may hold
//! that the child does not have, and does not wait for its collector, whose thread it does not have either. So
//! everything that a collector consists of remembers the [`generation`] that it was made in, and is inert in another
//! one. In the child no instrumented function is recorded until it starts a collector of its own.
//!
//! This rests on `pthread_atfork`, whose handlers the C library's `fork` calls. A process that is made by the bare system
//! call (`clone`, `vfork`) is told nothing, and must do no more than `exec` or `_exit`.
#![allow(unsafe_code)]

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};

use once_cell::race::OnceBox;

/// How many forks are between the process that began to record and this one.
static GENERATION: AtomicU32 = AtomicU32::new(0);

/// Which process this is, among those that were forked from another: 0 in the first; one load.
#[inline]
#[must_use]
pub fn generation() -> u32 {
    GENERATION.load(Ordering::Relaxed)
}

/// Has `act` called in every child that this process and its children fork from now on, before the child does anything
/// else. It must not panic, take a lock or allocate.
pub fn in_child(act: extern "C" fn()) {
    extern "C" fn count() {
        GENERATION.store(generation() + 1, Ordering::Relaxed);
    }
    static IS_COUNTED: AtomicBool = AtomicBool::new(false);
    if !IS_COUNTED.swap(true, Ordering::Relaxed) {
        register(count);
    }
    register(act);
}

#[cfg(unix)]
fn register(act: extern "C" fn()) {
    // SAFETY: the handler is a function of this program that does nothing but atomic operations and system
    // calls. A failure to register
    // (no memory) leaves it uncalled, and the process must not fork.
    unsafe { libc::pthread_atfork(None, None, Some(act)) };
}

/// There is no `fork`.
#[cfg(not(unix))]
fn register(_act: extern "C" fn()) {}

/// Memory that a process shares with others, such as a mapped file: see [`not_in_children`].
#[derive(Debug)]
#[must_use = "children have the memory again when this is dropped"]
pub struct NotInChildren(&'static Region);

/// A place in a list that only grows. Its memory is a mapping's while `start` is not 0.
struct Region {
    start: AtomicUsize,
    bytes: AtomicUsize,
    next: OnceBox<Self>,
}

/// There is one for each mapping that was ever there at the same time.
static REGIONS: Region = Region::free();
/// Of a region that somebody is about to fill in: no mapping begins there.
const TAKEN: usize = usize::MAX;

impl Region {
    const fn free() -> Self {
        Self { start: AtomicUsize::new(0), bytes: AtomicUsize::new(0), next: OnceBox::new() }
    }

    fn take() -> &'static Self {
        let mut region = &REGIONS;
        while region.start.compare_exchange(0, TAKEN, Ordering::Relaxed, Ordering::Relaxed).is_err() {
            region = region.next.get_or_init(|| Box::new(Self::free()));
        }
        region
    }
}

impl std::fmt::Debug for Region {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.bytes.load(Ordering::Relaxed))
    }
}

/// Puts memory of the child's own, all zero, in the place of this shared mapping in every child that is forked until the
/// result is dropped: whatever of the child still points into it, it does not write into what the parent has.
///
/// # Safety
/// `start` and `bytes` are a whole mapping, which stays where it is until the result is dropped. In a child nothing may
/// rely on what was in it.
pub unsafe fn not_in_children(start: *mut u8, bytes: usize) -> NotInChildren {
    static IS_REGISTERED: AtomicBool = AtomicBool::new(false);
    if !IS_REGISTERED.swap(true, Ordering::Relaxed) {
        in_child(replace_all);
    }
    let region = Region::take();
    region.bytes.store(bytes, Ordering::Relaxed);
    region.start.store(start as usize, Ordering::Release);
    NotInChildren(region)
}

impl Drop for NotInChildren {
    fn drop(&mut self) {
        self.0.start.store(0, Ordering::Release);
    }
}

extern "C" fn replace_all() {
    let mut next = Some(&REGIONS);
    while let Some(region) = next {
        let start = region.start.load(Ordering::Acquire);
        if start != 0 && start != TAKEN {
            replace(start as *mut libc::c_void, region.bytes.load(Ordering::Relaxed));
        }
        next = region.next.get();
    }
}

#[cfg(unix)]
fn replace(start: *mut libc::c_void, bytes: usize) {
    let (protection, flags) =
        (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED);
    // SAFETY: whoever registered the mapping keeps it there, and promised that the child needs nothing in it.
    let replaced = unsafe { libc::mmap(start, bytes, protection, flags, -1, 0) };
    if replaced == libc::MAP_FAILED {
        // SAFETY: a system call. Rather than have the child write into the parent's memory.
        unsafe { libc::_exit(127) };
    }
}

#[cfg(not(unix))]
fn replace(_start: *mut libc::c_void, _bytes: usize) {}

#[cfg(all(test, unix, not(miri)))]
mod tests {
    use super::*;

    fn shared(bytes: usize) -> *mut u8 {
        let (protection, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED | libc::MAP_ANONYMOUS);
        // SAFETY: a new mapping, wherever there is room.
        let start = unsafe { libc::mmap(std::ptr::null_mut(), bytes, protection, flags, -1, 0) };
        assert_ne!(start, libc::MAP_FAILED);
        start.cast()
    }

    /// Writes to the first byte in a child, and says what it was there.
    fn written_by_child(start: *mut u8) -> i32 {
        // SAFETY: the child makes system calls and writes to memory that is mapped in it.
        unsafe {
            let pid = libc::fork();
            if pid == 0 {
                let before = start.read();
                start.write(9);
                libc::_exit(before.into());
            }
            let mut status = 0;
            assert_eq!(libc::waitpid(pid, &raw mut status, 0), pid);
            assert!(libc::WIFEXITED(status), "{status}");
            libc::WEXITSTATUS(status)
        }
    }

    #[test]
    fn a_child_has_memory_of_its_own_in_place_of_what_its_parent_shares() {
        const BYTES: usize = 1 << 16;
        let (one, other) = (shared(BYTES), shared(BYTES));
        // SAFETY: both are mapped until the end, and a child relies on nothing.
        unsafe {
            one.write(1);
            other.write(1);
            let guards = [not_in_children(one, BYTES), not_in_children(other, BYTES)];
            assert_eq!([one, other].map(written_by_child), [0, 0]);
            assert_eq!((one.read(), other.read()), (1, 1));
            drop(guards);
            assert_eq!(written_by_child(one), 1);
            assert_eq!(one.read(), 9, "what is not registered is shared");
            assert_eq!(libc::munmap(one.cast(), BYTES) + libc::munmap(other.cast(), BYTES), 0);
        }
    }
}
