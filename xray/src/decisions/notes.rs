//! What the code notes of the step it is in, and of its run. All of it is a no-op outside of a recorded step.

use serde::Serialize;
use xray_collector::fact::number;
use xray_collector::schema::Part;

use super::{Fact, Subject};

/// Why the current step does what it does, in words.
///
/// ```
/// xray::reason("the cache was empty, so that the catalogue was searched");
/// ```
pub fn reason(text: impl AsRef<str>) {
    with(Subject::Step, number::REASON, |fact| {
        fact.text(text.as_ref());
    });
}

/// Notes a value of the current step under a key: what is neither an argument nor a result.
///
/// ```
/// xray::meta("cache", &("miss", 3));
/// ```
pub fn meta<V: Serialize + ?Sized>(key: &str, value: &V) {
    with(Subject::Step, number::META, |fact| {
        fact.keyed(Part::Meta, key, value);
    });
}

/// Notes a value that the current step's decision rests on, under a key.
///
/// ```
/// xray::reasoning("percentage_eliminated", &92.5);
/// ```
pub fn reasoning<V: Serialize + ?Sized>(key: &str, value: &V) {
    with(Subject::Step, number::REASONING, |fact| {
        fact.keyed(Part::Reasoning, key, value);
    });
}

/// How many items went into the current step, where its arguments do not show it.
pub fn input_count(items: usize) {
    with(Subject::Step, number::INPUT_COUNT, |fact| {
        fact.put(|writer| writer.scalar(items as u64));
    });
}

/// How many items came out of the current step, where its result does not show it.
pub fn output_count(items: usize) {
    with(Subject::Step, number::OUTPUT_COUNT, |fact| {
        fact.put(|writer| writer.scalar(items as u64));
    });
}

/// Marks the current step as one to look at: sampling keeps its run whole.
pub fn important() {
    with(Subject::Step, number::IMPORTANT, |_| {});
}

/// Pins the run of the current step: it stays, however much the store may keep ([`Builder::retain`](crate::Builder::retain)),
/// and is kept whole, whichever runs are ([`Builder::keep_runs`](crate::Builder::keep_runs)). Over HTTP,
/// `DELETE /api/v1/runs/{id}/pin` takes it back.
///
/// ```
/// xray::pin_run();
/// ```
pub fn pin_run() {
    with(Subject::Run, number::PIN, |_| {});
}

/// Tags the run of the current step, to find it by.
///
/// ```
/// xray::tag("customer", "c-1729");
/// ```
pub fn tag(key: &str, value: impl AsRef<str>) {
    with(Subject::Run, number::TAG, |fact| {
        fact.text(key).text(value.as_ref());
    });
}

/// Adds a note to the run of the current step.
pub fn note(text: impl AsRef<str>) {
    with(Subject::Run, number::NOTE, |fact| {
        fact.text(text.as_ref());
    });
}

/// What the run of the current step was given, where the arguments of its first step are not that.
pub fn set_input<V: Serialize + ?Sized>(value: &V) {
    with(Subject::Run, number::INPUT, |fact| {
        fact.value(value);
    });
}

/// What the run of the current step came to, where the result of its first step is not that.
pub fn set_output<V: Serialize + ?Sized>(value: &V) {
    with(Subject::Run, number::OUTPUT, |fact| {
        fact.value(value);
    });
}

fn with(subject: Subject, number: u8, write: impl FnOnce(&mut Fact)) {
    if let Some(mut fact) = Fact::about(subject, number) {
        write(&mut fact);
        fact.end();
    }
}
