//! How a synchronous call ends: with its return value, or, if that is a future, when the future does.
//!
//! Which it is, is found out by type, as the ladder's rungs are: whatever a boxed future is called (`BoxFuture`,
//! `Self::Future`, what `#[async_trait]` writes), it is a `Pin<Box<dyn Future>>`, and it stays one. Only the opaque type of a
//! written `-> impl Future` can become another one, so that the attribute says so then: [`AsOpaqueFuture`].

use std::future::Future;
use std::pin::Pin;

use crate::future::InStep;
use crate::recorder::{Call, Step};

/// A return value whose kind is asked for: `(&&Kind(&returned)).xray_kind()`.
#[derive(Debug)]
pub struct Kind<'a, R: ?Sized>(pub &'a R);

/// A boxed future.
pub trait ViaBoxedFuture {
    #[doc(hidden)]
    type Kind;
    #[doc(hidden)]
    fn xray_kind(&self) -> Self::Kind;
}

impl<'f, T> ViaBoxedFuture for &Kind<'_, Pin<Box<dyn Future<Output = T> + Send + 'f>>> {
    type Kind = AsSendFuture;
    #[inline(always)]
    fn xray_kind(&self) -> AsSendFuture {
        AsSendFuture
    }
}

impl<'f, T> ViaBoxedFuture for &Kind<'_, Pin<Box<dyn Future<Output = T> + 'f>>> {
    type Kind = AsLocalFuture;
    #[inline(always)]
    fn xray_kind(&self) -> AsLocalFuture {
        AsLocalFuture
    }
}

/// Anything else.
pub trait ViaValue {
    #[doc(hidden)]
    fn xray_kind(&self) -> AsValue;
}

impl<R: ?Sized> ViaValue for Kind<'_, R> {
    #[inline(always)]
    fn xray_kind(&self) -> AsValue {
        AsValue
    }
}

/// The call has ended.
#[derive(Debug)]
pub struct AsValue;

impl AsValue {
    /// Leaves the step, and returns what was returned.
    #[inline(always)]
    pub fn finish<R>(self, mut call: Call, returned: R, leave: impl FnOnce(&R, &mut Call)) -> R {
        leave(&returned, &mut call);
        returned
    }
}

/// The call goes on in a boxed future that may move to another thread.
#[derive(Debug)]
pub struct AsSendFuture;

impl AsSendFuture {
    /// The future as a part of the step.
    pub fn finish<'f, T: 'f>(
        self,
        call: Call,
        returned: Pin<Box<dyn Future<Output = T> + Send + 'f>>,
        leave: impl FnOnce(&T, &mut Step) + Send + 'f,
    ) -> Pin<Box<dyn Future<Output = T> + Send + 'f>> {
        let step = call.detach();
        match step.context() {
            None => returned,
            Some(_) => Box::pin(InStep::continued(step, returned, leave)),
        }
    }
}

/// The call goes on in a boxed future that stays on its thread.
#[derive(Debug)]
pub struct AsLocalFuture;

impl AsLocalFuture {
    /// The future as a part of the step.
    pub fn finish<'f, T: 'f>(
        self,
        call: Call,
        returned: Pin<Box<dyn Future<Output = T> + 'f>>,
        leave: impl FnOnce(&T, &mut Step) + 'f,
    ) -> Pin<Box<dyn Future<Output = T> + 'f>> {
        let step = call.detach();
        match step.context() {
            None => returned,
            Some(_) => Box::pin(InStep::continued(step, returned, leave)),
        }
    }
}

/// The call goes on in a future of a type that the function does not name.
#[derive(Debug)]
pub struct AsOpaqueFuture;

impl AsOpaqueFuture {
    /// The future as a part of the step.
    #[inline]
    pub fn finish<F, L>(self, call: Call, returned: F, leave: L) -> InStep<Step, F, L>
    where
        F: Future,
        L: FnOnce(&F::Output, &mut Step),
    {
        InStep::continued(call.detach(), returned, leave)
    }
}
