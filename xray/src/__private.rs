//! What the attributes' expansions name. Not for users: anything in here may change in any version.

pub use core::option::Option::{self, None, Some};
pub use core::result::Result::Ok;
pub use core::{file, line, module_path};

pub use xray_collector::chunk::{Pen, Shape, Writer};
pub use xray_collector::event::Site;
pub use xray_collector::value::Straight;

pub use crate::callsite::Callsite;
pub use crate::capture::derived::{Encoded, Field};
pub use crate::capture::errors::{Message, Parts, Returned};
pub use crate::capture::ladder::Value;
pub use crate::capture::returned::{AsOpaqueFuture, Kind};
pub use crate::capture::scalars::Scalars;
pub use crate::capture::serializer::Encoder;
pub use crate::future::AsyncCall;
pub use crate::level::Level;
pub use crate::recorder::Call;

/// What the options capture by.
pub mod chosen {
    pub use crate::capture::chosen::{debug, display, serialize, with};
}

/// What `keep!` and `score!` report to.
pub mod observe {
    pub use crate::decisions::observe::{Check, Score};
}

/// The traits of the ladders, to be imported where a value is captured. Without names: the users' own stay what they
/// are.
pub mod ladder {
    pub use crate::capture::derived::{ViaCapture as _, ViaItemsAndCapture as _, ViaItemsAndSerialize as _};
    pub use crate::capture::errors::{
        ViaAny as _, ViaDebugText as _, ViaDisplay as _, ViaError as _, ViaHeldError as _, ViaNothing as _,
        ViaResult as _, ViaSharedError as _, ViaText as _,
    };
    pub use crate::capture::ladder::{
        ViaDebug as _, ViaPlain as _, ViaSerialize as _, ViaSerializeAndDebug as _, ViaTypeName as _,
    };
    pub use crate::capture::returned::{ViaBoxedFuture as _, ViaValue as _};
}

/// The traits of the ladder of several arguments.
pub mod scalars_ladder {
    pub use crate::capture::scalars::{ViaOthers as _, ViaScalars as _};
}

/// The traits of the ladder of a derived type's fields.
pub mod field_ladder {
    pub use crate::capture::derived::{
        FieldViaCapture as _, FieldViaDebug as _, FieldViaSerialize as _, FieldViaTypeName as _,
    };
}

/// Calls the body. The bound, rather than a call in place, is what lets a body return a borrow of a `&mut` argument.
#[inline(always)]
pub fn call<R>(body: impl FnOnce() -> R) -> R {
    body()
}

/// The body, to be called: with the same bound.
#[inline(always)]
pub fn once<R, F: FnOnce() -> R>(body: F) -> F {
    body
}

/// A value of any type, for code that is not reached: it says what an async block returns.
#[cold]
pub fn never<R>() -> R {
    unreachable!("this only has a type")
}
