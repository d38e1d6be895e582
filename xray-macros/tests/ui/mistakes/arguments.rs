#[xray::step(skip(nubmer))]
fn misspelt(number: u8) {}

#[xray::step(debug(other))]
fn unknown(number: u8) {}

#[xray::step(skip(a), debug(a))]
fn skipped_and_debugged(a: u8) {}

#[xray::step(redact(a, a))]
fn twice(a: u8) {}

#[xray::step(only(a), skip(b))]
fn only_and_skip(a: u8, b: u8) {}

#[xray::step(only(a), debug(b))]
fn only_and_debug(a: u8, b: u8) {}

#[xray::step(debug(a), display(b))]
fn the_same_pattern((a, b): (u8, u8)) {}

#[xray::step(self = true)]
fn no_receiver() {}

#[xray::step(debug(self))]
fn no_receiver_either() {}

struct S;

impl S {
    #[xray::step(self = false, debug(self))]
    fn not_self(&self) {}
}

fn main() {}
