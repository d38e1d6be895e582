//! zstd, with what it needs kept from one use to the next: making it anew takes longer than compressing a small column.

use std::cell::RefCell;
use std::io;

use zstd::bulk::{Compressor, Decompressor};

use super::fault::Fault;

/// 128 KiB of captured films shrink to 18 % at this level, at 430 MB/s; to 17 % at level 3, at 300 MB/s; and to 25 %
/// with lz4, at 660 MB/s. It is the disk that a collector waits for. `benches/src/bin/codec.rs` measures it.
const LEVEL: i32 = 1;

thread_local! {
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    static DECOMPRESSOR: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
    /// For what is looked at and then forgotten.
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// A frame of these bytes.
///
/// # Errors
/// When there is no memory for zstd's tables.
pub(super) fn compress(bytes: &[u8]) -> Result<Vec<u8>, Fault> {
    let compressed = COMPRESSOR.with_borrow_mut(|kept| {
        let compressor = match kept {
            Some(compressor) => compressor,
            None => kept.insert(Compressor::new(LEVEL)?),
        };
        compressor.compress(bytes)
    });
    compressed.map_err(|error: io::Error| Fault::Unfit(format!("{} bytes do not compress: {error}", bytes.len())))
}

/// What a frame was made of, if that is no more than `most` bytes.
///
/// # Errors
/// When it is no frame, or of more bytes.
pub(super) fn decompress(frame: &[u8], most: usize) -> io::Result<Vec<u8>> {
    with_decompressor(|decompressor| decompressor.decompress(frame, most))
}

/// Looks at what a frame was made of, if that is just as many bytes.
pub(super) fn with_decompressed<T>(frame: &[u8], length: usize, look: impl FnOnce(&[u8]) -> T) -> Option<T> {
    SCRATCH.with_borrow_mut(|scratch| {
        scratch.resize(scratch.len().max(length), 0);
        let into = &mut scratch[..length];
        let written = with_decompressor(|decompressor| decompressor.decompress_to_buffer(frame, into)).ok()?;
        (written == length).then(|| look(&scratch[..length]))
    })
}

fn with_decompressor<T>(act: impl FnOnce(&mut Decompressor<'static>) -> io::Result<T>) -> io::Result<T> {
    DECOMPRESSOR.with_borrow_mut(|kept| match kept {
        Some(decompressor) => act(decompressor),
        None => act(kept.insert(Decompressor::new()?)),
    })
}
