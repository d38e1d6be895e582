//! What the attributes' expansions name. Not for users: anything in here may change in any version.

pub use core::option::Option::Some;
pub use core::{file, line, module_path};

pub use xray_collector::event::Site;

pub use crate::callsite::{Callsite, Level};
pub use crate::future::AsyncCall;
pub use crate::recorder::Call;

/// The traits of the ladders, to be imported where a value is captured.
pub mod ladder {
    pub use crate::capture::errors::{
        Message, Returned, ViaAny as _, ViaDebugText as _, ViaDisplay as _, ViaError as _, ViaHeldError as _,
        ViaNothing as _, ViaResult as _, ViaSharedError as _, ViaText as _,
    };
    pub use crate::capture::ladder::{
        Value, ViaDebug as _, ViaPlain as _, ViaSerialize as _, ViaSerializeAndDebug as _, ViaTypeName as _,
    };
}

/// Calls the body. The bound, rather than a call in place, is what lets a body return a borrow of a `&mut` argument.
#[inline(always)]
pub fn call<R>(body: impl FnOnce() -> R) -> R {
    body()
}
