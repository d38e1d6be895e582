//! Several arguments that are written as primitive types: one look at the room for all of them.
//!
//! What stands for a primitive may be another type of that name. So there is a ladder: the arguments are captured here if
//! they are what they look like, and one by one if not.

use xray_collector::chunk::Writer;
use xray_collector::value::Scalar;

use super::ladder::Plain;

/// Arguments that follow each other: `(&Scalars((&a, &b))).xray_scalars(writer)`.
#[derive(Debug)]
pub struct Scalars<T>(pub T);

/// Rung 1: all of them are scalars.
pub trait ViaScalars {
    #[doc(hidden)]
    fn xray_scalars(&self, writer: &mut Writer) -> bool;
}

/// Rung 2: whatever they are, nothing is written.
pub trait ViaOthers {
    #[doc(hidden)]
    fn xray_scalars(&self, writer: &mut Writer) -> bool;
}

impl<T> ViaOthers for &Scalars<T> {
    #[inline(always)]
    fn xray_scalars(&self, _: &mut Writer) -> bool {
        false
    }
}

macro_rules! scalars {
    ($($($name:ident $place:tt)*;)*) => {
        $(impl<$($name: Scalar + Plain),*> ViaScalars for Scalars<($(&$name,)*)> {
            #[inline(always)]
            fn xray_scalars(&self, writer: &mut Writer) -> bool {
                if writer.takes_all()
                    && let Some(mut room) = writer.room(0 $(+ $name::LENGTH)*)
                {
                    $((*self.0.$place).put(&mut room);)*
                    room.done();
                } else {
                    one_by_one(&[$(self.0.$place as &dyn Plain),*], writer);
                }
                true
            }
        })*
    };
}
scalars! {
    A 0 B 1;
    A 0 B 1 C 2;
    A 0 B 1 C 2 D 3;
    A 0 B 1 C 2 D 3 E 4;
    A 0 B 1 C 2 D 3 E 4 F 5;
}

/// There is not enough room for all of them, or not all are captured.
#[cold]
#[inline(never)]
fn one_by_one(arguments: &[&dyn Plain], writer: &mut Writer) {
    for argument in arguments {
        if writer.takes() {
            argument.write(writer);
        }
    }
}
