//! Chunks: the memory between a caller's thread and the collector. All `unsafe` of the hand-over is in this folder.
//!
//! A pool is one piece of memory, cut into chunks of equal size: of a file that outlives the process (see `file`), or
//! else of the process:
//!
//! ```text
//! memory  = preamble (see `preamble`) | chunk…
//! chunk   = header (64 bytes) | record… | free
//! header  = published u64 (bytes u32, events u32)  thread u32  order u32 | unused          (see `header`)
//! record  = u32 length | u8 kind | u8 flags | u16 callsite | body                         (see `crate::event`)
//! ```
//!
//! A chunk is in one of four places, and its place says who may touch it:
//!
//! | place | owner | what happens there |
//! |---|---|---|
//! | the free channel | nobody | `published` is 0 |
//! | a thread | that thread writes behind what is published; the collector reads before it | the thread publishes |
//! | the full channel | the collector | nobody writes |
//! | the collector | the collector | read to the end, kept until that is stored, `published` set to 0, sent to the free channel |
//!
//! # Invariants
//! 1. A byte at or behind what is published is written by the owning thread alone; a byte before it is never written
//!    again until the chunk has been through the free channel. So a reader that has seen `published` (acquire) and
//!    reads before it never reads a byte that is being written.
//! 2. `published` grows by whole records, and by one release store after the record's bytes: what a reader sees
//!    decodes. A record that spans chunks is published in all of them, first chunk first.
//! 3. `thread` and `order` are written before anything in a chunk is published, so that they are known once `published`
//!    is not 0. A thread's chunks have consecutive `order`; a reader takes them in that order.
//! 4. Both channels hold as many entries as there are chunks: sending never blocks and never fails while both ends
//!    live.
//! 5. A writer's pointers point into the pool that its thread's `Attachment` keeps alive.

mod file;
mod fitting;
mod head;
mod header;
mod kept;
mod loss;
mod memory;
mod ordinary;
mod pool;
mod preamble;
#[doc(hidden)]
pub mod raw;
mod reader;
mod record;
mod room;
mod shape;
mod slot;
mod sync;
mod terms;
mod whereabouts;
mod writer;

pub use self::file::{Found, LeftChunks, find};
pub(crate) use self::head::HeadPlace;
pub use self::loss::Loss;
pub use self::ordinary::Ordinary;
pub use self::pool::{Overflow, Pool, PoolSettings};
pub use self::preamble::Origin;
pub(crate) use self::reader::Suspect;
pub use self::reader::{Position, Reader, Sink, Values};
pub use self::record::{Full, Mark, Record};
pub(crate) use self::room::SHORT;
pub use self::room::{Pen, Room};
pub use self::shape::Shape;
pub use self::slot::Produced;
pub use self::terms::{How, NUMBERLESS, Terms};
pub use self::whereabouts::{Whereabouts, current_whereabouts, replace_whereabouts};
pub use self::writer::{Borrowed, Ended, Entered, Refused, Writer, mute_this_thread, writer};
