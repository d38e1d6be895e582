struct Film {
    rating: u8,
}

#[xray::step]
fn half(film: &Film) -> u8 {
    let rating = film.ratign;
    film.
}

#[xray::steps]
mod block {
    pub fn whole() {}
    pub fn half(film: &super::Film) {
        let x =
    }
}

fn main() {
    half(&Film { rating: 1 });
    block::whole();
}
