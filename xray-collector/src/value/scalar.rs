//! Values that always take the same number of bytes: a tag, and the number's.

use super::tag;
use crate::chunk::{Full, Room, Writer};

/// A number, a `bool`, a `char` or nothing at all. Its length is known where it is compiled, so that several of them
/// need to ask for room once.
pub trait Scalar: Copy {
    /// Its bytes, with the tag.
    const LENGTH: usize;

    /// Writes it where there is room for [`Scalar::LENGTH`] bytes.
    fn put(self, room: &mut Room<'_>);
}

macro_rules! scalars {
    ($($type:ty = $tag:ident($value:ident => $as:expr);)*) => {
        $(impl Scalar for $type {
            const LENGTH: usize = 1 + size_of::<$type>();

            #[inline(always)]
            fn put(self, room: &mut Room<'_>) {
                let $value = self;
                room.put([tag::$tag]);
                room.put($as.to_le_bytes());
            }
        })*
    };
}
scalars! {
    u8 = U8(it => it); u16 = U16(it => it); u32 = U32(it => it); u64 = U64(it => it); u128 = U128(it => it);
    i8 = I8(it => it); i16 = I16(it => it); i32 = I32(it => it); i64 = I64(it => it); i128 = I128(it => it);
    f32 = F32(it => it); f64 = F64(it => it); char = CHAR(it => u32::from(it));
}

macro_rules! as_wider {
    ($($type:ty as $wider:ty;)*) => {
        $(impl Scalar for $type {
            const LENGTH: usize = <$wider>::LENGTH;

            #[inline(always)]
            fn put(self, room: &mut Room<'_>) {
                (self as $wider).put(room);
            }
        })*
    };
}
as_wider! { usize as u64; isize as i64; }

impl Scalar for bool {
    const LENGTH: usize = 1;

    #[inline(always)]
    fn put(self, room: &mut Room<'_>) {
        room.put([if self { tag::TRUE } else { tag::FALSE }]);
    }
}

impl Scalar for () {
    const LENGTH: usize = 1;

    #[inline(always)]
    fn put(self, room: &mut Room<'_>) {
        room.put([tag::UNIT]);
    }
}

impl Writer {
    /// A number, a `bool`, a `char` or nothing at all.
    ///
    /// # Errors
    /// When there is no room; nothing is written then.
    #[inline(always)]
    pub fn scalar<S: Scalar>(&mut self, value: S) -> Result<(), Full> {
        if !self.has_room(S::LENGTH) {
            self.make_room(S::LENGTH)?;
        }
        let mut room = self.room(S::LENGTH).ok_or(Full)?;
        value.put(&mut room);
        room.done();
        Ok(())
    }

    /// The name of a struct's field, which the chunk knows under this number, and its value, if there is room for both
    /// in the chunk. Otherwise nothing is written.
    #[inline(always)]
    #[must_use]
    pub fn named_scalar<S: Scalar>(&mut self, name: u16, value: S) -> bool {
        let Some(mut room) = self.room(2 + S::LENGTH) else { return false };
        room.put(name.to_le_bytes());
        value.put(&mut room);
        room.done();
        true
    }
}
