//! What a step's captured values are, in which order: the arguments of its beginning, the result of its end.
//!
//! Both are values (see [`crate::value`]) one after the other, with nothing between:
//!
//! | part | values |
//! |---|---|
//! | arguments | one for each of the callsite's arguments, in order; none where only times are captured |
//! | result of `ok` or `returned` | what was returned, if it was captured |
//! | result of `err` | the error's message, the list of its sources' messages, then the error as a value if captured |
//! | result of `panicked` | the panic's message, then its place as `file:line:column`, if they are known |
//! | result of any other outcome | none |

use std::sync::Arc;

use crate::model::{Argument, Failure, Outcome, Step, StepDetail};
use crate::value::{Captured, DecodeError};

/// Reads values until the bytes end.
///
/// # Errors
/// When the bytes are not a sequence of values.
pub fn values(bytes: &Arc<[u8]>, names: &Arc<[Arc<str>]>) -> Result<Vec<Captured>, DecodeError> {
    let mut values = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let (value, end) = Captured::read(bytes, at, names)?;
        values.push(value);
        at = end;
    }
    Ok(values)
}

/// A step with its values put where they belong.
#[must_use]
pub fn detail(step: Step, arguments: Vec<Captured>, result: Vec<Captured>) -> StepDetail {
    let arguments = step
        .callsite
        .arguments
        .iter()
        .zip(arguments)
        .map(|(name, captured)| Argument { name: Arc::clone(name), captured })
        .collect();
    let mut values = result.into_iter();
    let (result, error) = match step.outcome {
        Outcome::Err => (None, values.next().map(|message| error(&message, &mut values))),
        Outcome::Panicked => (None, values.next().map(|message| panic(&message, &mut values))),
        _ => (values.next(), None),
    };
    StepDetail { step, arguments, result, error, facts: Vec::new() }
}

fn error(message: &Captured, values: &mut impl Iterator<Item = Captured>) -> Failure {
    let chain = values.next().map(|chain| chain.texts()).unwrap_or_default();
    Failure { message: message.text(), chain, location: None, value: values.next() }
}

fn panic(message: &Captured, values: &mut impl Iterator<Item = Captured>) -> Failure {
    let location = values.next().map(|location| location.text());
    Failure { message: message.text(), chain: Vec::new(), location, value: None }
}
