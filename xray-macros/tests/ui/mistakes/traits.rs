struct Opaque;

#[xray::step(debug(a))]
fn no_debug(a: Opaque) {}

#[xray::step(display(a))]
fn no_display(a: Vec<u8>) {}

#[xray::step(serialize(b))]
fn no_serialize(a: u8, b: Opaque) {}

fn length(text: &str) -> usize {
    text.len()
}

#[xray::step(with(a = length))]
fn another_type(a: u8) {}

fn main() {}
