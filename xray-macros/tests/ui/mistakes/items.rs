#[xray::step]
struct Struct;

#[xray::step]
impl Struct {}

#[xray::step]
mod module {}

#[xray::step]
const CONSTANT: u8 = 1;

#[xray::steps]
fn function() {}

#[xray::steps]
struct Other;

#[xray::steps(name = "all")]
mod named {}

#[xray::steps(knid = "all")]
mod misspelt {}

trait Trait {
    #[xray::step]
    fn no_body(&self);
}

fn main() {
    let _ = (Struct, Other, CONSTANT);
    function();
}
