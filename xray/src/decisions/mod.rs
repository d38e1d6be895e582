//! What the code says of the step that it is in: decisions, reasons, notes.
//!
//! Each call writes one fact (`xray_collector::fact`) into the thread's chunk. Outside of a recorded step nothing is
//! written, and the cost is that of looking: a thread-local and a load. Texts are kept up to [`TEXT_BYTES`].

mod items;
mod llm;
mod notes;
pub(crate) mod observe;

use serde::Serialize;
use xray_collector::chunk::{Record, Writer, writer};
use xray_collector::event::About;
use xray_collector::schema::Part;
use xray_collector::value::UNKNOWN_LENGTH;

pub use self::items::{Check, decide, eliminate, evaluation, keep, ranked, score};
pub(crate) use self::llm::set_prompts;
pub use self::llm::{Llm, llm};
pub use self::notes::{
    important, input_count, meta, note, output_count, pin_run, reason, reasoning, set_input, set_output, tag,
};
use crate::capture;
use crate::context::Context;
use crate::session;

/// How long a reason, note or name may be; what is longer is cut, and says so.
const TEXT_BYTES: usize = 1024;

/// What a fact is about.
#[derive(Clone, Copy)]
enum Subject {
    Step,
    Run,
}

/// A fact that is being written.
pub(crate) struct Fact {
    record: Record,
    /// Of the step, as [`Context::kind`].
    kind: u16,
}

impl Fact {
    /// Begins a fact about the current step; `None` outside of a recorded one, or if it has to be dropped.
    pub(crate) fn begin(number: u8) -> Option<Self> {
        Self::about(Subject::Step, number)
    }

    fn about(subject: Subject, number: u8) -> Option<Self> {
        let context = Context::current();
        if !context.is_recorded() {
            return None;
        }
        let step = match subject {
            Subject::Step => context.step,
            Subject::Run => context.run,
        };
        let writer = writer(context.session, session::pool).ok()?;
        let mut record = Record::fact(writer, About { step, run: context.run })?;
        // There is room: what is first in a record has at least that of its fixed part.
        let _ = record.list(UNKNOWN_LENGTH).and_then(|()| record.scalar(number));
        Some(Self { record, kind: context.kind })
    }

    /// The next element: a value.
    pub(crate) fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> &mut Self {
        capture::structured(value, None, &mut self.record);
        self
    }

    /// The next element: a text, cut if it is long.
    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        let mut end = text.len().min(TEXT_BYTES);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        if end == text.len() {
            self.put(|writer| writer.string(text))
        } else {
            let cut = &text[..end];
            let bytes = text.len();
            capture::display_text(&format_args!("{cut}… ({bytes} bytes)"), &mut self.record);
            self
        }
    }

    /// The next element: a text, or nothing.
    pub(crate) fn text_or_unit(&mut self, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) => self.text(text),
            None => self.put(|writer| writer.scalar(())),
        }
    }

    /// The next element: a score, or nothing.
    pub(crate) fn score_or_unit(&mut self, score: Option<f64>) -> &mut Self {
        match score {
            Some(score) => self.put(|writer| writer.scalar(score)),
            None => self.put(|writer| writer.scalar(())),
        }
    }

    /// The next element: something small.
    pub(crate) fn put(
        &mut self,
        write: impl FnOnce(&mut Writer) -> Result<(), xray_collector::chunk::Full>,
    ) -> &mut Self {
        if write(&mut self.record).is_err() {
            self.record.omitted();
        }
        self
    }

    /// The next two elements: a key, and its value as far as the schema allows it.
    pub(crate) fn keyed<T: Serialize + ?Sized>(&mut self, part: Part, key: &str, value: &T) -> &mut Self {
        let is_captured = self.record.fit(self.kind.into(), part, key).is_captured();
        self.text(key);
        if is_captured {
            self.value(value);
        } else {
            self.record.redacted();
        }
        self
    }

    /// The writer, for an element that is written in another way.
    pub(crate) fn writer(&mut self) -> &mut Writer {
        &mut self.record
    }

    /// Publishes the fact.
    pub(crate) fn end(mut self) {
        self.record.close(false);
        self.record.commit();
    }
}
