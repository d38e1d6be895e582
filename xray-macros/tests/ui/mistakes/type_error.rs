#[xray::step]
fn wrong_value(number: u8) -> u8 {
    let text: &str = number;
    text.len()
}

#[xray::step]
fn wrong_return(number: u8) -> u8 {
    if number > 3 {
        return "text";
    }
    "tail"
}

#[xray::step]
fn no_tail(number: u8) -> u8 {
    number + 1;
}

#[xray::step]
async fn wrong_later(number: u8) -> String {
    if number > 3 {
        return 5;
    }
    number
}

#[xray::step]
async fn no_tail_later(number: u8) -> u8 {
    number + 1;
}

#[xray::step]
fn unknown_name() -> u8 {
    nowhere
}

#[xray::step]
fn moved(text: String) -> (String, String) {
    (text, text)
}

fn main() {}
