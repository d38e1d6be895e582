#[derive(xray::Capture)]
struct Misspelt {
    #[xray(redacted)]
    name: String,
}

#[derive(xray::Capture)]
struct Unknown {
    #[xray(colour)]
    name: String,
}

#[derive(xray::Capture)]
struct Both {
    #[xray(redact, skip)]
    name: String,
}

#[derive(xray::Capture)]
#[xray(redact)]
struct OnTheType {
    name: String,
}

#[derive(xray::Capture)]
enum OnAVariant {
    #[xray(skip)]
    One,
}

#[derive(xray::Capture)]
struct NoName {
    #[xray(rename)]
    name: String,
}

#[derive(xray::Capture)]
union Union {
    a: u8,
}

#[derive(xray::Item)]
struct NoKey {
    name: String,
}

#[derive(xray::Item)]
struct TwoKeys {
    #[xray(key)]
    name: String,
    #[xray(key)]
    number: u32,
}

#[derive(xray::Item)]
struct LostKey {
    #[xray(key, redact)]
    name: String,
}

#[derive(xray::Item)]
enum AnEnum {
    One {
        #[xray(key)]
        name: String,
    },
}

fn main() {}
