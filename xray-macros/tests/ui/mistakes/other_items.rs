#[xray::step]
enum Enum {
    One,
}

#[xray::step]
trait Trait {}

#[xray::step]
use std::fmt;

#[xray::step]
static STATIC: u8 = 1;

#[xray::step]
type Alias = u8;

#[xray::step]
union Union {
    one: u8,
}

#[xray::step]
macro_rules! rules {
    () => {};
}

#[xray::step]
unsafe extern "C" {}

#[xray::step]
extern crate std as other;

#[xray::run]
struct Run;

#[xray::steps]
enum OtherEnum {}

#[xray::steps]
use std::io;

#[xray::steps]
const CONSTANT: u8 = 1;

fn main() {
    let _: (Option<Enum>, Option<Union>, Alias) = (None, None, STATIC);
    rules!();
}
