#[xray::step]
const fn double(number: u32) -> u32 {
    number * 2
}

fn main() {
    // The function is still there: the one error is all there is.
    double(2);
}
