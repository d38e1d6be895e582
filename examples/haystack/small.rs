//! Many small runs: a search that rarely fails, and takes longer now and then.

use std::hint::black_box;

use serde::Serialize;

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Straw {
    pub(crate) name: String,
    length: u32,
    is_needle: bool,
}

#[derive(Debug, thiserror::Error)]
#[error("{tried} straws, and none is the needle")]
pub(crate) struct NoNeedle {
    tried: usize,
}

/// Runs `search` for every number, and says how far it is.
pub(crate) fn search_all(runs: u32, mut progress: impl FnMut(u32) -> anyhow::Result<()>) -> anyhow::Result<()> {
    for number in 0..runs {
        drop(search(number));
        progress(number + 1)?;
    }
    Ok(())
}

#[xray::run]
pub(crate) fn search(number: u32) -> Result<Straw, NoNeedle> {
    let straws = pile(number);
    let tried = straws.len();
    long_enough(straws, 3 + number % 4).into_iter().find(looks_sharp).ok_or(NoNeedle { tried })
}

/// Three to nine straws, each of them as the number and its place say.
#[xray::step(kind = "generate")]
fn pile(number: u32) -> Vec<Straw> {
    let straw = |place: u32| {
        let mixed = number.wrapping_mul(2_654_435_761).rotate_left(place * 5) ^ place;
        Straw { name: format!("straw {}", mixed % 1000), length: mixed % 11, is_needle: mixed.is_multiple_of(3) }
    };
    (0..3 + number % 7).map(straw).collect()
}

#[xray::step(kind = "filter")]
fn long_enough(straws: Vec<Straw>, least: u32) -> Vec<Straw> {
    straws.into_iter().filter(|straw| xray::keep!(straw.name; straw.length >= least)).collect()
}

#[xray::step(kind = "check")]
fn looks_sharp(straw: &Straw) -> bool {
    // A look takes a while, and a close look a while longer.
    black_box((0..straw.length * 40).fold(0_u32, |sum, step| black_box(sum ^ step)));
    straw.is_needle
}
