// A method that every type has, and that takes it by value: found before one of ours that borrows.
trait Everything: Sized {
    fn outcome(self) {}
}
impl<T> Everything for T {}

#[xray::step]
fn double(number: u8) -> u8 {
    number * 2
}

fn main() {
    assert_eq!(double(1), 2);
}
