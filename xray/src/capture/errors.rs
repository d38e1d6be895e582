//! Results taken apart, and errors: their message and the messages of their sources.
//!
//! A `Result<Serializable, OnlyDebug>` has no rung of the ladder as a whole, so that what is inside `Ok` and what is
//! inside `Err` go down the ladder apart. Whether a type is a `Result` is found out as the ladder's rungs are: by
//! type, whatever its name.

use std::error::Error;
use std::fmt::{Debug, Display};

use xray_collector::chunk::Writer;
use xray_collector::model::Outcome;
use xray_collector::value::UNKNOWN_LENGTH;

/// How many sources of an error are recorded.
const LONGEST_CHAIN: usize = 16;

/// A value that a function returned.
#[derive(Debug)]
pub struct Returned<'a, R: ?Sized>(pub &'a R);

/// What was returned, taken apart.
#[derive(Debug)]
pub struct Parts<'a, T: ?Sized, E: ?Sized> {
    is_result: bool,
    /// What is inside `Ok`, or all of it.
    pub value: Option<&'a T>,
    /// What is inside `Err`.
    pub error: Option<&'a E>,
}

impl<T: ?Sized, E: ?Sized> Parts<'_, T, E> {
    /// How the step ended.
    #[inline]
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match (self.is_result, &self.error) {
            (false, _) => Outcome::Returned,
            (true, None) => Outcome::Ok,
            (true, Some(_)) => Outcome::Err,
        }
    }
}

/// Taken for a `Result`.
pub trait ViaResult<'a> {
    #[doc(hidden)]
    type Value;
    #[doc(hidden)]
    type Error;
    #[doc(hidden)]
    fn xray_parts(&self) -> Parts<'a, Self::Value, Self::Error>;
}

impl<'a, T, E> ViaResult<'a> for &Returned<'a, Result<T, E>> {
    type Value = T;
    type Error = E;
    #[inline]
    fn xray_parts(&self) -> Parts<'a, T, E> {
        Parts { is_result: true, value: self.0.as_ref().ok(), error: self.0.as_ref().err() }
    }
}

/// Taken for anything else.
pub trait ViaAny<'a> {
    #[doc(hidden)]
    type Value: ?Sized;
    #[doc(hidden)]
    fn xray_parts(&self) -> Parts<'a, Self::Value, ()>;
}

impl<'a, R: ?Sized> ViaAny<'a> for Returned<'a, R> {
    type Value = R;
    #[inline]
    fn xray_parts(&self) -> Parts<'a, R, ()> {
        Parts { is_result: false, value: Some(self.0), error: None }
    }
}

/// An error whose message is recorded: `(&&&&&&&Message(error)).xray_message(writer)`.
#[derive(Debug)]
pub struct Message<'a, E: ?Sized>(pub &'a E);

/// Rung 1: a text is its own message.
pub trait ViaText {
    #[doc(hidden)]
    fn xray_message(&self, writer: &mut Writer);
}

impl<E: AsRef<str> + ?Sized> ViaText for &&&&&&Message<'_, E> {
    fn xray_message(&self, writer: &mut Writer) {
        super::display_text(self.0.as_ref(), writer);
        sources(writer, None);
    }
}

/// Rung 2: an error with its sources.
pub trait ViaError {
    #[doc(hidden)]
    fn xray_message(&self, writer: &mut Writer);
}

impl<E: Error + ?Sized> ViaError for &&&&&Message<'_, E> {
    fn xray_message(&self, writer: &mut Writer) {
        super::display_text(self.0, writer);
        sources(writer, source(self.0));
    }
}

/// Rung 3: something that holds an error, as `anyhow::Error` and `Box<dyn Error + Send + Sync>` do.
pub trait ViaSharedError {
    #[doc(hidden)]
    fn xray_message(&self, writer: &mut Writer);
}

impl<E: AsRef<dyn Error + Send + Sync> + ?Sized> ViaSharedError for &&&&Message<'_, E> {
    fn xray_message(&self, writer: &mut Writer) {
        super::display_text(self.0.as_ref(), writer);
        sources(writer, source(self.0.as_ref()));
    }
}

/// Rung 4: as rung 3, of an error that stays on its thread.
pub trait ViaHeldError {
    #[doc(hidden)]
    fn xray_message(&self, writer: &mut Writer);
}

impl<E: AsRef<dyn Error> + ?Sized> ViaHeldError for &&&Message<'_, E> {
    fn xray_message(&self, writer: &mut Writer) {
        super::display_text(self.0.as_ref(), writer);
        sources(writer, source(self.0.as_ref()));
    }
}

/// Rung 5: what can be displayed.
pub trait ViaDisplay {
    #[doc(hidden)]
    fn xray_message(&self, writer: &mut Writer);
}

impl<E: Display + ?Sized> ViaDisplay for &&Message<'_, E> {
    fn xray_message(&self, writer: &mut Writer) {
        super::display_text(self.0, writer);
        sources(writer, None);
    }
}

/// Rung 6: what can be debugged.
pub trait ViaDebugText {
    #[doc(hidden)]
    fn xray_message(&self, writer: &mut Writer);
}

impl<E: Debug + ?Sized> ViaDebugText for &Message<'_, E> {
    fn xray_message(&self, writer: &mut Writer) {
        super::debug_text(self.0, writer);
        sources(writer, None);
    }
}

/// Rung 7: nothing but its type.
pub trait ViaNothing {
    #[doc(hidden)]
    fn xray_message(&self, writer: &mut Writer);
}

impl<E: ?Sized> ViaNothing for Message<'_, E> {
    fn xray_message(&self, writer: &mut Writer) {
        super::display_text(std::any::type_name::<E>(), writer);
        sources(writer, None);
    }
}

/// A `source` that panics has none.
fn source<E: Error + ?Sized>(error: &E) -> Option<&(dyn Error + 'static)> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| error.source())).unwrap_or_else(|panic| {
        std::mem::forget(panic);
        None
    })
}

fn sources(writer: &mut Writer, first: Option<&(dyn Error + 'static)>) {
    if writer.list(UNKNOWN_LENGTH).is_err() {
        return writer.omitted();
    }
    let mut next = first;
    for _ in 0..LONGEST_CHAIN {
        let Some(error) = next else { break };
        super::display_text(error, writer);
        next = source(error);
    }
    writer.close(next.is_some());
}
