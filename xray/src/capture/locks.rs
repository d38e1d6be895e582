//! Values behind locks. Their `Serialize` waits for the lock, for ever if this very thread holds it; a capture never
//! waits: of a lock that is held it says so.

use std::ops::Deref;
use std::rc::Rc;
use std::sync::{Arc, Mutex, RwLock, TryLockError, TryLockResult};

use serde::Serialize;
use xray_collector::chunk::Writer;

use super::ladder::Plain;

impl<T: Serialize + ?Sized> Plain for Mutex<T> {
    fn write(&self, writer: &mut Writer) {
        write_inside(self.try_lock(), writer);
    }
}

impl<T: Serialize + ?Sized> Plain for RwLock<T> {
    fn write(&self, writer: &mut Writer) {
        write_inside(self.try_read(), writer);
    }
}

impl<T: Plain + ?Sized> Plain for Arc<T> {
    fn write(&self, writer: &mut Writer) {
        (**self).write(writer);
    }
}

impl<T: Plain + ?Sized> Plain for Rc<T> {
    fn write(&self, writer: &mut Writer) {
        (**self).write(writer);
    }
}

impl<T: Plain + ?Sized> Plain for Box<T> {
    fn write(&self, writer: &mut Writer) {
        (**self).write(writer);
    }
}

fn write_inside<G: Deref<Target: Serialize>>(lock: TryLockResult<G>, writer: &mut Writer) {
    match lock {
        Ok(inside) => super::structured(&*inside, None, writer),
        Err(TryLockError::Poisoned(inside)) => super::structured(&*inside.into_inner(), None, writer),
        Err(TryLockError::WouldBlock) => super::debug_text(&format_args!("<locked>"), writer),
    }
}
