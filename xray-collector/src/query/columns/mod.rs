//! Steps column by column: conditions that are evaluated for a whole block at once.

mod bitmap;
mod mask;
mod number;
mod words;

pub(super) use self::bitmap::Bitmap;
pub(super) use self::mask::{Mask, Numbers};
pub(super) use self::number::{Number, Numeric, Unit};
