//! What the last panic of a thread said, and where: a step that unwinds cannot see it otherwise.
//!
//! The panic itself is not caught: results, messages and aborts are as they would be without the attribute.

use std::cell::RefCell;
use std::panic::PanicHookInfo;
use std::sync::atomic::{AtomicBool, Ordering};

use xray_collector::chunk::Writer;

use crate::context::Context;

#[derive(Default)]
struct Panic {
    message: String,
    location: String,
}

thread_local! {
    static LAST: RefCell<Option<Panic>> = const { RefCell::new(None) };
}

/// Puts a hook in front of the one that is installed, once. It notes the panic if a step is open, and passes it on.
pub(crate) fn install_hook() {
    static IS_INSTALLED: AtomicBool = AtomicBool::new(false);
    if IS_INSTALLED.swap(true, Ordering::Relaxed) {
        return;
    }
    let next = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if Context::current() != Context::NONE {
            note(info);
        }
        next(info);
    }));
}

fn note(info: &PanicHookInfo<'_>) {
    let payload = info.payload();
    let message = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a payload that is not a text".to_owned());
    let location = info.location().map(ToString::to_string).unwrap_or_default();
    let _ = LAST.try_with(|last| last.try_borrow_mut().map(|mut last| *last = Some(Panic { message, location })));
}

/// Writes message and place of the thread's last panic, as the result of a step that panicked.
pub(crate) fn write_last(writer: &mut Writer) {
    let _ = LAST.try_with(|last| {
        if let Some(panic) = last.try_borrow().ok().as_deref().and_then(Option::as_ref) {
            let limit = crate::capture::limits::get().bytes;
            for text in [&panic.message, &panic.location] {
                writer.begin_value(limit);
                if writer.string(text).is_err() {
                    writer.omitted();
                }
                writer.end_value();
            }
        }
    });
}
