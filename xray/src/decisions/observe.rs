//! What the expansions of `keep!` and `score!` report to.

use xray_collector::chunk::Writer;
use xray_collector::decision::Verdict;
use xray_collector::fact::{code_of_verdict, number};

use super::Fact;

/// The conditions that were evaluated for an item: its key, the verdict, then each condition.
pub struct Check {
    fact: Fact,
    /// A condition had no room: what would follow it would be taken for something else.
    is_full: bool,
}

impl Check {
    /// Begins; `None` outside of a recorded step.
    #[inline]
    pub fn start() -> Option<Self> {
        super::items::is_recorded().then(|| Fact::begin(number::CHECKED))?.map(|fact| Self { fact, is_full: false })
    }

    /// Where the key goes.
    pub fn key(&mut self) -> &mut Writer {
        self.fact.writer()
    }

    /// Whether all conditions hold.
    pub fn verdict(&mut self, holds: bool) {
        self.fact.put(|writer| writer.scalar(holds));
    }

    /// A condition, by its source text.
    pub fn begin(&mut self, condition: &'static str) {
        self.is_full = self.is_full || self.fact.writer().structure(condition).is_err();
    }

    /// Where an operand's value goes, by its source text.
    pub fn operand(&mut self, text: &'static str) -> &mut Writer {
        if !self.is_full {
            self.is_full = self.fact.writer().field(text).is_err();
        }
        self.fact.writer()
    }

    /// The end of the condition.
    pub fn end(&mut self, holds: bool) {
        self.fact.writer().close_fields(self.is_full);
        self.fact.put(|writer| writer.scalar(holds));
    }

    /// Publishes it, unless there was no room for it.
    pub fn finish(self) {
        if !self.is_full {
            self.fact.end();
        }
    }
}

/// The score of an item: its key, then the score.
pub struct Score {
    fact: Fact,
}

impl Score {
    /// Begins; `None` outside of a recorded step.
    #[inline]
    pub fn begin() -> Option<Self> {
        super::items::is_recorded().then(|| Fact::begin(number::VERDICT))?.map(|fact| Self { fact })
    }

    /// Where the key goes.
    pub fn key(&mut self) -> &mut Writer {
        self.fact.writer()
    }

    /// Where the score goes, after the expression that it is the value of.
    pub fn score(&mut self, expression: &'static str) -> &mut Writer {
        self.fact.put(|writer| writer.scalar(code_of_verdict(Verdict::Scored)));
        self.fact.text(expression);
        self.fact.writer()
    }

    /// Publishes it.
    pub fn end(mut self) {
        self.fact.text_or_unit(None);
        self.fact.end();
    }
}
