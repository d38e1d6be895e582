//! What holds values that say how they are captured says so, too: each as its `Serialize` would write it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::Arc;

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer as _};

use super::derived::{Capture, Encoded};
use super::serializer::Encoder;

macro_rules! as_serialized {
    ($($type:ty),* $(,)?) => {
        $(impl Capture for $type {
            #[inline]
            fn xray_encode(&self, encoder: &mut Encoder<'_>) -> Encoded {
                self.serialize(encoder)
            }
        })*
    };
}
as_serialized! {
    u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, f32, f64, bool, char, (), str, String,
}

impl<T: ?Sized> Capture for PhantomData<T> {
    fn xray_encode(&self, encoder: &mut Encoder<'_>) -> Encoded {
        encoder.unit()
    }
}

macro_rules! holders {
    ($($type:ty),* $(,)?) => {
        $(impl<T: Capture + ?Sized> Capture for $type {
            #[inline]
            fn xray_encode(&self, encoder: &mut Encoder<'_>) -> Encoded {
                (**self).xray_encode(encoder)
            }
        })*
    };
}
holders! { &T, &mut T, Box<T>, Rc<T>, Arc<T> }

impl<T: Capture + ToOwned + ?Sized> Capture for Cow<'_, T> {
    fn xray_encode(&self, encoder: &mut Encoder<'_>) -> Encoded {
        (**self).xray_encode(encoder)
    }
}

impl<T: Capture> Capture for Option<T> {
    fn xray_encode(&self, encoder: &mut Encoder<'_>) -> Encoded {
        match self {
            Some(value) => value.xray_encode(encoder),
            None => encoder.unit(),
        }
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
    ($($type:ty $(, [$($parameter:tt)*])?;)*) => {
        $(impl<T: Capture, $($($parameter)*)?> Capture for $type {
            fn xray_encode(&self, encoder: &mut Encoder<'_>) -> Encoded {
                encoder.list_with(Some(self.len()), self, |encoder, value| value.xray_encode(encoder))
            }
        })*
    };
}
lists! { [T]; Vec<T>; VecDeque<T>; BTreeSet<T>; HashSet<T, S>, [S]; [T; N], [const N: usize]; }

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
