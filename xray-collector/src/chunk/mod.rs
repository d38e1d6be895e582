//! Chunks: the memory between a caller's thread and the collector. All `unsafe` of the hand-over is in this folder.
//!
//! A pool is one allocation, cut into chunks of equal size:
//!
//! ```text
//! chunk   = header (64 bytes) | record… | free
//! header  = committed u32 (atomic)  events u32 (atomic)  thread u32 (atomic)  order u32 (atomic)  | unused
//! record  = u32 length | u8 kind | u8 flags | u16 callsite | u32 sequence | body          (see `crate::event`)
//! ```
//!
//! A chunk is in one of four places, and its place says who may touch it:
//!
//! | place | owner | what happens there |
//! |---|---|---|
//! | the free channel | nobody | `committed` is 0 |
//! | a thread | that thread writes behind `committed`; the collector reads before it | the thread moves `committed` |
//! | the full channel | the collector | nobody writes |
//! | the collector | the collector | read to the end, `committed` set to 0, sent to the free channel |
//!
//! # Invariants
//! 1. A byte at or behind `committed` is written by the owning thread alone; a byte before it is never written again
//!    until the chunk has been through the free channel. So a reader that has seen `committed` (acquire) and reads
//!    before it never reads a byte that is being written.
//! 2. `committed` grows by whole records, and by one release store after the record's bytes: what a reader sees
//!    decodes. A record that spans chunks is committed in all of them at once, first chunk first.
//! 3. `thread` and `order` are written before the first commit of a chunk, so that they are known once `committed` is
//!    not 0. A thread's chunks have consecutive `order`; a reader takes them in that order.
//! 4. Both channels hold as many entries as there are chunks: sending never blocks and never fails while both ends
//!    live.
//! 5. A writer's pointers point into the pool that its thread's `Attachment` keeps alive.

mod fitting;
mod head;
mod loss;
mod memory;
mod pool;
mod reader;
mod record;
mod writer;

pub(crate) use self::head::HeadPlace;
pub use self::loss::Loss;
pub use self::pool::{Overflow, Pool, PoolSettings, Produced};
pub use self::reader::{Reader, Sink, Values};
pub use self::record::{Full, Mark, Record};
pub use self::writer::{Ended, Entered, Refused, Writer, mute_this_thread, writer};
