//! The straight path of an ordinary call: a step within a run of its session, on a thread whose chunk has room and knows
//! the function. Any other takes the general one, which does the same after seeing to what is missing.
#![allow(unsafe_code)]

use super::record::Record;
use super::terms::Terms;
use super::whereabouts::Whereabouts;
use super::writer::{Borrowed, SMALLEST_ROOM, Writer};
use crate::clock;
use crate::event::{ENTERED, LEFT, LONGEST_FIXED_PART, RECORD_HEADER, code_of_outcome};
use crate::model::Outcome;

const _: () = assert!(LONGEST_FIXED_PART < SMALLEST_ROOM);

/// An ordinary step that is open.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct Ordinary {
    /// When its body began, in ticks; 0 before that.
    pub started: u64,
    /// The step.
    pub step: u64,
    /// Its run: the run's first step.
    pub run: u64,
    /// The step that called it.
    pub parent: u64,
    /// On which it is recorded.
    pub terms: Terms,
}

impl Ordinary {
    /// The time now, in ticks, for when it ends. Its thread has found out before it began that the counter is reliable.
    #[inline(always)]
    #[must_use]
    pub fn now(&self) -> u64 {
        clock::counter()
    }

    /// The place that it was called in.
    #[inline(always)]
    #[must_use]
    pub fn outer(&self) -> Whereabouts {
        Whereabouts { step: self.parent, ..self.inner() }
    }

    /// The place of what it calls.
    #[inline(always)]
    #[must_use]
    pub fn inner(&self) -> Whereabouts {
        Whereabouts {
            recorded: Whereabouts::recorded_by(self.terms.session()),
            process: 0,
            run: self.run,
            step: self.step,
        }
    }
}

impl Record {
    /// The record that a call begins, if it is an ordinary one on these terms: its arguments come next, if it [has
    /// values](Terms::has_values). `None` if it takes [`Record::entered`].
    ///
    /// With `becomes_current` the step is the thread's place from then on.
    #[inline(always)]
    pub fn entered_ordinary(terms: Terms, becomes_current: bool) -> Option<(Self, Ordinary)> {
        let mut writer = Borrowed::new()?;
        if writer.current().recorded() != writer.here || !writer.is_ready(terms) {
            return None;
        }
        let step = writer.next_step;
        // It wraps around with a new chunk, early enough.
        writer.next_step = step + 1;
        let Whereabouts { run, step: parent, .. } = writer.current().get();
        if becomes_current {
            writer.current().go_into(step);
        }
        let behind = writer.begin_ordinary(terms.of_record(ENTERED), [step, run, parent]);
        // SAFETY: within the fixed part, as in `begin_ordinary`. The time that is left out is written in the end.
        writer.cursor = unsafe { behind.add(8) };
        Some((Self::new(writer), Ordinary { started: 0, step, run, parent, terms }))
    }

    /// The record that an ordinary step has ended, if its function's terms are the same as they were: as
    /// [`Record::entered_ordinary`]. With `was_current` the thread is where it was before the step.
    #[inline(always)]
    pub fn left_ordinary(open: &Ordinary, ended: u64, outcome: Outcome, was_current: bool) -> Option<Self> {
        let mut writer = Borrowed::new()?;
        if !writer.is_ready(open.terms) {
            return None;
        }
        if was_current {
            writer.current().set(Whereabouts { recorded: writer.here, ..open.outer() });
        }
        let behind = writer.begin_ordinary(open.terms.of_record(LEFT), [open.step, open.run, open.parent]);
        // SAFETY: within the fixed part, as in `begin_ordinary`.
        unsafe {
            behind.cast::<[u8; 8]>().write_unaligned(open.started.to_le_bytes());
            behind.add(8).cast::<[u8; 8]>().write_unaligned(ended.to_le_bytes());
            behind.add(16).write(code_of_outcome(outcome));
            writer.cursor = behind.add(17);
        }
        Some(Self::new(writer))
    }
}

impl Writer {
    /// Whether a call on these terms can be recorded without further ado.
    #[inline(always)]
    fn is_ready(&self, terms: Terms) -> bool {
        let has_room = (self.cursor as usize) + SMALLEST_ROOM < self.chunk_end as usize;
        has_room && self.sites.know_as_ordinary(terms)
    }

    /// Counts the event and begins its record: returns where these numbers end.
    #[inline(always)]
    fn begin_ordinary(&mut self, second_word: u32, place: [u64; 3]) -> *mut u8 {
        self.count_event();
        let piece = self.cursor;
        self.piece = piece;
        // SAFETY: the chunk, which is this thread's behind what is published, has room for the fixed part.
        unsafe {
            piece.add(4).cast::<[u8; 4]>().write_unaligned(second_word.to_le_bytes());
            for (at, number) in place.into_iter().enumerate() {
                piece.add(RECORD_HEADER + 8 * at).cast::<[u8; 8]>().write_unaligned(number.to_le_bytes());
            }
            piece.add(RECORD_HEADER + 8 * place.len())
        }
    }
}
