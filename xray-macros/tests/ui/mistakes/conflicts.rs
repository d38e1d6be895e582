#[xray::step(name = "a", name = "b")]
fn name_twice() {}

#[xray::step(skip(a), skip(b))]
fn skip_twice(a: u8, b: u8) {}

#[xray::step(ret = false, ret = true)]
fn ret_twice() {}

#[xray::step(capture = "off", capture = "full")]
fn capture_twice() {}

#[xray::step(only(a), redact(b))]
fn only_and_redact(a: u8, b: u8) {}

#[xray::step(only(a), with(b = u8::clone))]
fn only_and_with(a: u8, b: u8) {}

#[xray::step(skip(a), redact(a))]
fn skip_and_redact(a: u8) {}

#[xray::step(serialize(a), with(a = u8::clone))]
fn serialize_and_with(a: u8) {}

#[xray::step(only(a, a))]
fn only_one_twice(a: u8) {}

#[xray::step(with(b = u8::clone))]
fn with_an_unknown(a: u8) {}

#[xray::step(only(b))]
fn only_an_unknown(a: u8) {}

#[xray::run(skip(a), skip(a))]
async fn run_twice(a: u8) {}

#[xray::run(kidn = "k")]
fn misspelt_run() {}

struct Shop;

#[xray::steps(only(a), skip(b))]
impl Shop {
    fn both(&self, a: u8, b: u8) {}
}

#[xray::steps(kind = "a", kind = "b")]
impl Shop {
    fn kind_twice(&self) {}
}

#[xray::steps(skip(a))]
impl Shop {
    #[xray::step(skip(nubmer))]
    fn own_option(&self, a: u8, number: u8) {}
}

#[xray::steps]
mod block {
    #[xray::step(debug(other))]
    fn own_option(number: u8) {}
}

fn main() {}
