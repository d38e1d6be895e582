//! What holds values that say how they are captured says so, too: each as its `Serialize` would write it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::Arc;

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer as _};

use xray_collector::chunk::Pen;
use xray_collector::value::Straight;

use super::derived::{Capture, Encoded};
use super::serializer::Encoder;

macro_rules! as_serialized {
    () => {
        #[inline]
        fn xray_encode(&self, encoder: &mut Encoder<'_>) -> Encoded {
            self.serialize(encoder)
        }
    };
}

macro_rules! scalars {
    ($($type:ty),* $(,)?) => {
        $(impl Capture for $type {
            as_serialized!();

            #[inline(always)]
            fn xray_straight<'w>(&self, pen: Pen<'w>, name: Option<u16>, _: Straight<'_>) -> Option<Pen<'w>> {
                pen.scalar(name, *self)
            }

            #[inline(always)]
            fn xray_straight_each<'w>(values: &[Self], pen: Pen<'w>, _: Straight<'_>) -> Option<Pen<'w>> {
                pen.scalars(values)
            }
        })*
    };
}
scalars! { u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, f32, f64, bool, char, () }

impl Capture for str {
    as_serialized!();

    #[inline(always)]
    fn xray_straight<'w>(&self, pen: Pen<'w>, name: Option<u16>, straight: Straight<'_>) -> Option<Pen<'w>> {
        pen.string(name, self, straight.writer)
    }
}

impl Capture for String {
    as_serialized!();

    #[inline(always)]
    fn xray_straight<'w>(&self, pen: Pen<'w>, name: Option<u16>, straight: Straight<'_>) -> Option<Pen<'w>> {
        pen.string(name, self, straight.writer)
    }

    #[inline(always)]
    fn xray_straight_each<'w>(values: &[Self], pen: Pen<'w>, straight: Straight<'_>) -> Option<Pen<'w>> {
        pen.strings(values, straight.writer)
    }
}

impl<T: ?Sized> Capture for PhantomData<T> {
    fn xray_encode(&self, encoder: &mut Encoder<'_>) -> Encoded {
        encoder.unit()
    }

    #[inline(always)]
    fn xray_straight<'w>(&self, pen: Pen<'w>, name: Option<u16>, _: Straight<'_>) -> Option<Pen<'w>> {
        pen.scalar(name, ())
    }
}

macro_rules! holders {
    ($($type:ty),* $(,)?) => {
        $(impl<T: Capture + ?Sized> Capture for $type {
            #[inline]
            fn xray_encode(&self, encoder: &mut Encoder<'_>) -> Encoded {
                (**self).xray_encode(encoder)
            }

            #[inline(always)]
            fn xray_straight<'w>(&self, pen: Pen<'w>, name: Option<u16>, straight: Straight<'_>) -> Option<Pen<'w>> {
                (**self).xray_straight(pen, name, straight)
            }

            #[inline(always)]
            fn xray_is_long(&self) -> bool {
                (**self).xray_is_long()
            }
        })*
    };
}
holders! { &T, &mut T, Box<T>, Rc<T>, Arc<T> }

impl<T: Capture + ToOwned + ?Sized> Capture for Cow<'_, T> {
    fn xray_encode(&self, encoder: &mut Encoder<'_>) -> Encoded {
        (**self).xray_encode(encoder)
    }

    #[inline(always)]
    fn xray_straight<'w>(&self, pen: Pen<'w>, name: Option<u16>, straight: Straight<'_>) -> Option<Pen<'w>> {
        (**self).xray_straight(pen, name, straight)
    }

    #[inline(always)]
    fn xray_is_long(&self) -> bool {
        (**self).xray_is_long()
    }
}

impl<T: Capture> Capture for Option<T> {
    fn xray_encode(&self, encoder: &mut Encoder<'_>) -> Encoded {
        match self {
            Some(value) => value.xray_encode(encoder),
            None => encoder.unit(),
        }
    }

    #[inline(always)]
    fn xray_straight<'w>(&self, pen: Pen<'w>, name: Option<u16>, straight: Straight<'_>) -> Option<Pen<'w>> {
        match self {
            Some(value) => value.xray_straight(pen, name, straight),
            None => pen.scalar(name, ()),
        }
    }

    #[inline(always)]
    fn xray_is_long(&self) -> bool {
        self.as_ref().is_some_and(T::xray_is_long)
    }
}

impl<T: Capture, E: Capture> Capture for Result<T, E> {
    fn xray_encode(&self, encoder: &mut Encoder<'_>) -> Encoded {
        match self {
            Ok(value) => encoder.value_variant("Result", "Ok", |encoder| value.xray_encode(encoder)),
            Err(error) => encoder.value_variant("Result", "Err", |encoder| error.xray_encode(encoder)),
        }
    }
}

macro_rules! lists {
    ($($type:ty $(, [$($parameter:tt)*])?: |$list:ident, $pen:ident, $straight:ident| $each:expr;)*) => {
        $(impl<T: Capture, $($($parameter)*)?> Capture for $type {
            fn xray_encode(&self, encoder: &mut Encoder<'_>) -> Encoded {
                encoder.list_of(self.len(), self.iter())
            }

            #[inline]
            fn xray_straight<'w>(&self, pen: Pen<'w>, name: Option<u16>, straight: Straight<'_>) -> Option<Pen<'w>> {
                let ($pen, $straight) = pen.list(name, self.len(), straight)?;
                let $list = self;
                $each?.close()
            }

            #[inline(always)]
            fn xray_is_long(&self) -> bool {
                true
            }
        })*
    };
}
lists! {
    [T]: |list, pen, straight| T::xray_straight_each(list, pen, straight);
    Vec<T>: |list, pen, straight| T::xray_straight_each(list, pen, straight);
    [T; N], [const N: usize]: |list, pen, straight| T::xray_straight_each(list, pen, straight);
    VecDeque<T>: |list, pen, straight| each(list.iter(), pen, straight);
    BTreeSet<T>: |list, pen, straight| each(list.iter(), pen, straight);
    HashSet<T, S>, [S]: |list, pen, straight| each(list.iter(), pen, straight);
}

fn each<'w, 'v, T: Capture + 'v>(
    mut values: impl Iterator<Item = &'v T>,
    pen: Pen<'w>,
    straight: Straight<'_>,
) -> Option<Pen<'w>> {
    values.try_fold(pen, |pen, value| value.xray_straight(pen, None, straight))
}

fn map<'a, K: Serialize + 'a, V: Capture + 'a>(
    encoder: &mut Encoder<'_>,
    length: usize,
    entries: impl IntoIterator<Item = (&'a K, &'a V)>,
) -> Encoded {
    let mut map = encoder.serialize_map(Some(length))?;
    for (key, value) in entries {
        map.serialize_key(key)?;
        map.value_with(|encoder| value.xray_encode(encoder))?;
    }
    map.finish()
}

impl<K: Serialize, V: Capture> Capture for BTreeMap<K, V> {
    fn xray_encode(&self, encoder: &mut Encoder<'_>) -> Encoded {
        map(encoder, self.len(), self)
    }
}

impl<K: Serialize, V: Capture, S> Capture for HashMap<K, V, S> {
    fn xray_encode(&self, encoder: &mut Encoder<'_>) -> Encoded {
        map(encoder, self.len(), self)
    }
}

macro_rules! tuples {
    ($($length:literal: $($name:ident $place:tt)*;)*) => {
        $(impl<$($name: Capture),*> Capture for ($($name,)*) {
            fn xray_encode(&self, encoder: &mut Encoder<'_>) -> Encoded {
                let mut tuple = encoder.serialize_tuple($length)?;
                $(tuple.element_with(|encoder| self.$place.xray_encode(encoder))?;)*
                tuple.finish()
            }

            #[inline]
            fn xray_straight<'w>(&self, pen: Pen<'w>, name: Option<u16>, straight: Straight<'_>) -> Option<Pen<'w>> {
                let (pen, straight) = pen.list(name, $length, straight)?;
                $(let pen = self.$place.xray_straight(pen, None, straight)?;)*
                pen.close()
            }
        })*
    };
}
tuples! {
    1: A 0;
    2: A 0 B 1;
    3: A 0 B 1 C 2;
    4: A 0 B 1 C 2 D 3;
    5: A 0 B 1 C 2 D 3 E 4;
    6: A 0 B 1 C 2 D 3 E 4 F 5;
    7: A 0 B 1 C 2 D 3 E 4 F 5 G 6;
    8: A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7;
}
