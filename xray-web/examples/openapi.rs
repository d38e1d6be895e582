//! Prints the OpenAPI document out of the code: `cargo xtask openapi` writes it to where it is served from.

fn main() {
    print!("{}", xray_web::openapi::document());
}
