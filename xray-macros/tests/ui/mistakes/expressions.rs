fn closure() {
    let double = #[xray::step] |number: u8| number * 2;
    double(1);
}

fn block() {
    #[xray::step]
    {
        closure();
    }
}

fn statement() {
    #[xray::step]
    let number = 1;
    let _ = number;
}

fn argument(#[xray::step] number: u8) -> u8 {
    number
}

struct Field {
    #[xray::step]
    number: u8,
}

fn main() {
    block();
    statement();
    argument(Field { number: 1 }.number);
}
