//! Contexts between processes: the `traceparent` of W3C Trace Context, <https://www.w3.org/TR/trace-context/>.
//!
//! ```text
//! traceparent = version "-" trace id "-" parent id "-" flags
//!               2           32           16            2       lowercase hexadecimal digits
//! ```
//!
//! A run's id is the trace id, a step's the parent id.

use xray_collector::id::{ProcessId, RunId, StepId};

use super::Context;
use crate::level::Level;

/// The length of version 00, and of what later versions begin with.
const LENGTH: usize = 2 + 1 + 32 + 1 + 16 + 1 + 2;
/// The flags that version 00 knows: sampled, and random trace id (since level 2).
const KNOWN_FLAGS: u8 = 0b11;
const SAMPLED: u8 = 0b01;

/// A text is not a `traceparent`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{problem} in the traceparent {text:?}: it has the form \
     00-<32 lowercase hexadecimal digits>-<16 lowercase hexadecimal digits>-<2 lowercase hexadecimal digits>"
)]
pub struct TraceparentError {
    problem: &'static str,
    text: String,
}

impl Context {
    /// The context as the value of a `traceparent` header, to be sent along with a request: the run and the step, as
    /// sampled. `None` where [`Context::run_id`] is. A context that came from another process is passed on as it came.
    ///
    /// ```
    /// #[xray::run]
    /// fn request() -> Option<String> {
    ///     // client.get(url).header("traceparent", …)
    ///     xray::Context::current().traceparent()
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = tempfile::tempdir()?;
    /// # let path = directory.path().join("runs.redb");
    /// let _xray = xray::builder().store(path).start()?;
    /// let header = request().expect("a run");
    /// assert!(header.starts_with("00-") && header.ends_with("-01") && header.len() == 55, "{header}");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn traceparent(self) -> Option<String> {
        let flags = if self.is_elsewhere() { self.session as u8 } else { SAMPLED };
        Some(format!("00-{}-{}-{flags:02x}", self.run_id()?, self.step_id()?))
    }

    /// The context that a `traceparent` header names: a step of a run elsewhere, recorded by xray or by anything else
    /// that speaks W3C Trace Context.
    ///
    /// A run that is opened under it is one of its own, in this process, and has that run and step as its parent. So is
    /// a step that is called under it: it opens a run, which is no orphan.
    ///
    /// Version `00` must be exactly as it is specified; of later versions the part that version `00` knows is read.
    ///
    /// # Errors
    /// When it is malformed, or one of the ids is all zeros. To take no notice of the header is then the right thing.
    ///
    /// ```
    /// #[xray::run]
    /// fn handle(question: u64) -> u64 {
    ///     question * 2
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = tempfile::tempdir()?;
    /// # let path = directory.path().join("runs.redb");
    /// let xray = xray::builder().store(path).start()?;
    /// let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    /// let caller = xray::Context::from_traceparent(header)?;
    /// assert_eq!(caller.in_scope(|| handle(21)), 42);
    ///
    /// xray.flush()?;
    /// let run = xray.store().runs(&xray::store::RunQuery { limit: 1, ..Default::default() })?.rows.remove(0);
    /// let (parent, step) = run.parent.expect("the caller");
    /// assert_eq!(parent.to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
    /// assert_eq!(step.to_string(), "00f067aa0ba902b7");
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_traceparent(text: &str) -> Result<Self, TraceparentError> {
        let error = |problem| TraceparentError { problem, text: text.chars().take(80).collect() };
        let bytes = text.as_bytes();
        if bytes.len() < LENGTH {
            return Err(error("too few characters"));
        }
        // Texts that are not ASCII have been refused before anything is cut out of them.
        if bytes[..LENGTH].iter().enumerate().any(|(place, byte)| match place {
            2 | 35 | 52 => *byte != b'-',
            _ => !matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        }) {
            return Err(error("a character that does not belong there"));
        }
        match &text[..2] {
            "ff" => return Err(error("the forbidden version ff")),
            "00" if bytes.len() > LENGTH => return Err(error("too many characters for version 00")),
            _ if bytes.get(LENGTH).is_some_and(|byte| *byte != b'-') => {
                return Err(error("a character that does not belong there"));
            }
            _ => {}
        }
        let (Ok(run), Ok(step)) = (text[3..35].parse::<RunId>(), text[36..52].parse::<StepId>()) else {
            return Err(error("a character that does not belong there"));
        };
        if run.0 == 0 {
            return Err(error("a trace id of zeros"));
        }
        if step.0 == 0 {
            return Err(error("a parent id of zeros"));
        }
        let flags = u8::from_str_radix(&text[53..55], 16).unwrap_or_default() & KNOWN_FLAGS;
        let (ProcessId(process), StepId(root)) = (run.process(), run.root());
        Ok(Self {
            session: Self::ELSEWHERE | u32::from(flags),
            cap: Level::Full,
            kind: 0,
            process,
            run: root,
            step: step.0,
        })
    }
}
