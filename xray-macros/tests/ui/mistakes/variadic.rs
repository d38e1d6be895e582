#[xray::step]
unsafe extern "C" fn variadic(count: u32, ...) -> u32 {
    count
}

fn main() {}
