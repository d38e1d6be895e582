//! The end of the process.
#![allow(unsafe_code)]

/// Has `act` called when the process exits in an orderly way: `main` returns or `exit` is called. It must not panic.
pub fn at_exit(act: extern "C" fn()) {
    // SAFETY: the C library calls the function at most once, with the process still whole. A failure to register
    // (no memory) leaves it uncalled, as a crash would.
    unsafe { libc::atexit(act) };
}
