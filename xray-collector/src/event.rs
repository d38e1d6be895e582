//! Events: what a record in a chunk says.
//!
//! ```text
//! record   = u32 length, this field included | u8 kind | u8 flags | u16 callsite | body
//!
//! kind 1  callsite   u32 line, texts (u16 length, bytes): name, kind, module, file, items, key, u16 count,
//!                    arguments
//! kind 2  entered    place | arguments
//! kind 3  left       place | u64 ended | u8 outcome | result
//! kind 4  part       more of the record that the thread's chunk before this one ends with
//! kind 5  fact       u64 step | u64 run | a value: see [`crate::fact`]
//!
//! place    = u64 step | u64 run | u64 parent | u64 started | [u64 outer run | [u64 outer process]]
//! ```
//!
//! Integers are little-endian. `flags`: bit 0, the record goes on in the thread's next chunk; bit 1, the step is the
//! first of a run that was started inside another one, which `outer run` names and `parent` belongs to; bit 2, that one
//! is of another process, whose half of the run's id is `outer process`; bit 3, of a callsite record: the function opens
//! runs; bit 4, of an entered and a left
//! record: the values are there to be counted, and not to be kept; bit 5: a handful of them is to be kept. `callsite` is
//! the number that the callsite record before it in the same chunk gave to the function. `parent` 0 is no parent; a
//! step is the first of its run if `step == run`. Times are ticks of [`crate::clock`]. `arguments` and `result` are
//! values: see [`crate::payload`].
//!
//! A `left` repeats what `entered` said of the step's place, so that either of them alone makes a step: no fact is
//! spread over two events that can be lost apart.

use std::sync::Arc;

use crate::id::{ProcessId, RunId, StepId};
use crate::model::{Callsite, Level, Outcome};
use crate::value::{Cursor, DecodeError, NameTable};

pub(crate) const CALLSITE: u8 = 1;
pub(crate) const ENTERED: u8 = 2;
pub(crate) const LEFT: u8 = 3;
pub(crate) const PART: u8 = 4;
pub(crate) const FACT: u8 = 5;

pub(crate) const FLAG_CONTINUES: u8 = 1;
pub(crate) const FLAG_NESTED_RUN: u8 = 2;
pub(crate) const FLAG_OTHER_PROCESS: u8 = 4;
pub(crate) const FLAG_OPENS_RUN: u8 = 8;
pub(crate) const FLAG_METRICS: u8 = 16;
pub(crate) const FLAG_SAMPLED: u8 = 32;

/// The bytes of a record before its body.
pub(crate) const RECORD_HEADER: usize = 8;
/// The bytes of the longest event without its values.
pub(crate) const LONGEST_FIXED_PART: usize = RECORD_HEADER + 6 * 8 + 8 + 1;

/// The static description of an instrumented function, as the attribute writes it down.
#[derive(Debug)]
pub struct Site {
    /// The step's name.
    pub name: &'static str,
    /// What sort of step; empty if not said.
    pub kind: &'static str,
    /// The module's path.
    pub module: &'static str,
    /// The source file.
    pub file: &'static str,
    /// The line, from 1.
    pub line: u32,
    /// The captured arguments' names.
    pub arguments: &'static [&'static str],
    /// Whether each call is a run of its own, wherever it is called.
    pub opens_run: bool,
    /// The argument that is declared to be the list of items; empty if not said.
    pub items: &'static str,
    /// The field that is declared to be the items' key; empty if not said.
    pub key: &'static str,
    /// Whether what it returns may be compared with what it is given: it is then captured where only times are asked
    /// for, too, to be counted.
    pub relates: bool,
}

impl Site {
    fn texts(&self) -> impl Iterator<Item = &'static str> {
        [self.name, self.kind, self.module, self.file, self.items, self.key].into_iter()
    }

    /// The flags of the callsite record.
    pub(crate) fn flags(&self) -> u8 {
        if self.opens_run { FLAG_OPENS_RUN } else { 0 }
    }

    /// The bytes of the callsite record's body.
    pub(crate) fn encoded_length(&self) -> usize {
        let text = |text: &'static str| 2 + clipped(text).len();
        6 + self.texts().map(text).sum::<usize>() + self.arguments.iter().copied().map(text).sum::<usize>()
    }

    /// Hands over the callsite record's body piece by piece.
    pub(crate) fn encode(&self, mut put: impl FnMut(&[u8])) {
        put(&self.line.to_le_bytes());
        let mut text = |text: &'static str| {
            let text = clipped(text);
            put(&(text.len() as u16).to_le_bytes());
            put(text.as_bytes());
        };
        self.texts().for_each(&mut text);
        // At most 255 arguments: what `encoded_length` counts and what a function of that many would be called.
        put(&(self.arguments.len() as u16).to_le_bytes());
        for argument in self.arguments {
            let argument = clipped(argument);
            put(&(argument.len() as u16).to_le_bytes());
            put(argument.as_bytes());
        }
    }

    pub(crate) fn decode(flags: u8, body: &[u8], names: &mut NameTable) -> Result<Callsite, DecodeError> {
        let mut cursor = Cursor::new(body);
        let line = cursor.u32()?;
        let mut text = |cursor: &mut Cursor<'_>| -> Result<Arc<str>, DecodeError> {
            let (at, length) = (cursor.position(), cursor.u16()?);
            std::str::from_utf8(cursor.take(length.into())?)
                .map(|text| names.shared(text))
                .map_err(|_| DecodeError { what: "a text that is not UTF-8", at })
        };
        let (name, kind) = (text(&mut cursor)?, text(&mut cursor)?);
        let (module, file) = (text(&mut cursor)?, text(&mut cursor)?);
        let (items, key) = (text(&mut cursor)?, text(&mut cursor)?);
        let count = cursor.u16()?;
        let arguments = (0..count).map(|_| text(&mut cursor)).collect::<Result<_, _>>()?;
        let opens_run = flags & FLAG_OPENS_RUN != 0;
        Ok(Callsite { name, kind, module, file, line, arguments, opens_run, items, key })
    }
}

/// Longer names are of no use to anybody, and a chunk must have room for them.
pub(crate) fn clipped(text: &str) -> &str {
    let mut end = text.len().min(512);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The run inside which another one was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OuterRun {
    /// There is none.
    None,
    /// One of the same process, by its first step.
    Here(u64),
    /// One of another process: the halves of its id.
    Elsewhere(ProcessId, StepId),
}

impl OuterRun {
    /// What an event of a step in it is flagged with.
    #[inline(always)]
    pub(crate) fn flags(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Here(_) => FLAG_NESTED_RUN,
            Self::Elsewhere(..) => FLAG_NESTED_RUN | FLAG_OTHER_PROCESS,
        }
    }

    fn decode(flags: u8, cursor: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        if flags & FLAG_NESTED_RUN == 0 {
            return Ok(Self::None);
        }
        let root = cursor.u64()?;
        match flags & FLAG_OTHER_PROCESS {
            0 => Ok(Self::Here(root)),
            _ => Ok(Self::Elsewhere(ProcessId(cursor.u64()?), StepId(root))),
        }
    }

    /// The whole id, for an event of `process`.
    pub(crate) fn id(self, process: ProcessId) -> Option<RunId> {
        match self {
            Self::None => None,
            Self::Here(root) => Some(RunId::new(process, StepId(root))),
            Self::Elsewhere(process, root) => Some(RunId::new(process, root)),
        }
    }
}

/// One fact about one step, decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// The slot of the thread that it happened on.
    pub thread: u32,
    /// The function: a place in the reader's table.
    pub callsite: u32,
    /// The step.
    pub step: u64,
    /// The step that called it; 0 for none.
    pub parent: u64,
    /// The run: its first step.
    pub run: u64,
    /// The run that `parent` belongs to, if that is another one.
    pub outer_run: OuterRun,
    /// When the step began, in ticks.
    pub started: u64,
    /// How much of the values is to be kept.
    pub level: Level,
    /// What happened.
    pub what: What,
}

/// What a fact is about, decoded; the fact is the value that follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About {
    /// The step.
    pub step: u64,
    /// Its run: the run's first step.
    pub run: u64,
}

impl About {
    /// Reads what a fact is about; the cursor is then at its value.
    pub(crate) fn decode(cursor: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        Ok(Self { step: cursor.u64()?, run: cursor.u64()? })
    }
}

/// What happened to a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// It began; its arguments follow.
    Entered,
    /// It ended; its result follows.
    Left {
        /// When, in ticks.
        ended: u64,
        /// How.
        outcome: Outcome,
    },
}

impl Event {
    /// Reads an event; the cursor is then at its values.
    pub(crate) fn decode(
        kind: u8,
        flags: u8,
        thread: u32,
        callsite: u32,
        cursor: &mut Cursor<'_>,
    ) -> Result<Self, DecodeError> {
        let (step, run, parent, started) = (cursor.u64()?, cursor.u64()?, cursor.u64()?, cursor.u64()?);
        let outer_run = OuterRun::decode(flags, cursor)?;
        let what = match kind {
            ENTERED => What::Entered,
            LEFT => What::Left { ended: cursor.u64()?, outcome: outcome_of_code(cursor.u8()?, cursor)? },
            _ => return Err(DecodeError { what: "an unknown kind of record", at: cursor.position() }),
        };
        let level = level_of_flags(flags);
        Ok(Self { thread, callsite, step, parent, run, outer_run, started, level, what })
    }
}

/// What the events of a step at this level are flagged with.
#[inline(always)]
pub(crate) fn flags_of_level(level: Level) -> u8 {
    match level {
        Level::Full => 0,
        Level::Sampled => FLAG_SAMPLED,
        Level::Metrics | Level::Off => FLAG_METRICS,
    }
}

pub(crate) fn level_of_flags(flags: u8) -> Level {
    if flags & FLAG_METRICS != 0 {
        Level::Metrics
    } else if flags & FLAG_SAMPLED != 0 {
        Level::Sampled
    } else {
        Level::Full
    }
}

/// The byte that stands for the outcome of a step that has ended.
#[inline(always)]
pub(crate) fn code_of_outcome(outcome: Outcome) -> u8 {
    outcome as u8
}

fn outcome_of_code(code: u8, cursor: &Cursor<'_>) -> Result<Outcome, DecodeError> {
    Ok(match code {
        0 => Outcome::Ok,
        1 => Outcome::Err,
        2 => Outcome::Returned,
        3 => Outcome::Panicked,
        4 => Outcome::Cancelled,
        // A recorder never writes these.
        5 | 6 => Outcome::Lost,
        _ => return Err(DecodeError { what: "an unknown outcome", at: cursor.position() - 1 }),
    })
}
