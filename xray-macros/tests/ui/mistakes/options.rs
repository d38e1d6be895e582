#[xray::step(nmae = "x")]
fn misspelt() {}

#[xray::step(colour = "red")]
fn unknown() {}

#[xray::step(kind = "a", name = "b", kind = "c")]
fn twice() {}

#[xray::step(name = 5)]
fn not_a_text() {}

#[xray::step(name)]
fn no_value() {}

#[xray::step(ret = "no")]
fn not_a_boolean() {}

#[xray::step(capture = "metric")]
fn level() {}

#[xray::step(skip = a)]
fn no_parentheses(a: u8) {}

#[xray::step(skip(1))]
fn not_a_name(a: u8) {}

#[xray::step(kind = "a" name = "b")]
fn no_comma() {}

#[xray::step("x")]
fn only_a_text() {}

#[xray::step(with(a))]
fn no_path(a: u8) {}

#[xray::step(with(a = 5))]
fn not_a_path(a: u8) {}

fn main() {
    misspelt();
    unknown();
}
