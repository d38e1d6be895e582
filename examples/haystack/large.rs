//! What is large or mean: a run of many steps, a step with many decisions, a long value, texts that want to be code.

use serde::Serialize;

/// One of each.
pub(crate) fn record(steps: u32, items: u32, megabytes: usize) {
    climb(steps);
    sift(items);
    keep_books(megabytes);
    read_letters();
    ask();
}

/// `steps` steps beneath each other, a hundred wide and so deep as it takes.
#[xray::run]
fn climb(steps: u32) -> u32 {
    let stairs = (steps.saturating_sub(1)) / 100;
    (0..stairs).map(stair).sum()
}

#[xray::step(kind = "stair")]
fn stair(number: u32) -> u32 {
    (0..99).map(|place| foothold(number, place)).sum()
}

#[xray::step]
fn foothold(stair: u32, place: u32) -> u32 {
    stair ^ place
}

#[derive(Debug, Clone, Serialize)]
struct Grain {
    name: String,
    grams: f64,
    rough: bool,
}

/// A filter that decides about every grain.
#[xray::run]
fn sift(grains: u32) -> usize {
    let grain = |number: u32| Grain {
        name: format!("grain {number}"),
        grams: f64::from(number.wrapping_mul(40_503) % 10_000) / 1_000.0,
        rough: number.is_multiple_of(7),
    };
    let heavy = heavy((0..grains).map(grain).collect());
    heaviest(heavy).len()
}

#[xray::step(kind = "filter")]
fn heavy(grains: Vec<Grain>) -> Vec<Grain> {
    grains.into_iter().filter(|grain| xray::keep!(grain.name; grain.grams >= 5.0 && !grain.rough)).collect()
}

#[xray::step(kind = "rank")]
fn heaviest(mut grains: Vec<Grain>) -> Vec<Grain> {
    grains.sort_by(|one, other| other.grams.total_cmp(&one.grams));
    grains.truncate(100);
    grains
}

#[derive(Debug, Clone, Serialize)]
struct Entry {
    number: u64,
    account: String,
    amount: f64,
    tags: [&'static str; 2],
    note: Option<String>,
}

/// A value of about so many megabytes as JSON.
#[xray::run]
fn keep_books(megabytes: usize) -> usize {
    ledger(megabytes).len()
}

#[xray::step(kind = "generate")]
fn ledger(megabytes: usize) -> Vec<Entry> {
    const BYTES_OF_AN_ENTRY: usize = 125;
    let entry = |number: usize| Entry {
        number: 9_007_199_254_740_993 + number as u64,
        account: format!("account {}", number % 977),
        amount: (number % 100_000) as f64 / 100.0,
        tags: ["income", "checked"],
        note: number.is_multiple_of(10).then(|| "entered by hand".to_owned()),
    };
    (0..megabytes * 1_000_000 / BYTES_OF_AN_ENTRY).map(entry).collect()
}

#[derive(Debug, Clone, Serialize)]
struct Letter {
    name: String,
    text: String,
}

/// Texts that would be more than text, if whoever shows them let them.
#[xray::run]
fn read_letters() -> Vec<Letter> {
    harmless(letters())
}

#[xray::step(kind = "load")]
fn letters() -> Vec<Letter> {
    const TEXTS: [&str; 9] = [
        "<script>document.title = 'taken over'</script>",
        "</script></title></textarea><img src=x onerror=\"document.title = 'taken over'\">",
        "javascript:document.title='taken over'",
        "<svg onload=\"document.title = 'taken over'\">",
        "\u{1b}[31mred\u{1b}[0m and \u{7} a bell, \u{0} a nothing, \u{8} a step back",
        "\u{202e}desrever\u{202c} and \u{2066}isolated\u{2069}",
        "{{constructor.constructor('document.title = 1')()}} ${document.title = 1}",
        "line\nbreaks\r\nand\ttabs, a paragraph\u{2029}and a zero\u{200b}width",
        "',\"`;--\\ %00 ../../etc/passwd?a=b&c#d",
    ];
    TEXTS.iter().map(|text| Letter { name: (*text).to_owned(), text: (*text).to_owned() }).collect()
}

#[xray::step(kind = "filter")]
fn harmless(letters: Vec<Letter>) -> Vec<Letter> {
    letters.into_iter().filter(|letter| xray::keep!(letter.name; !letter.text.contains('<'))).collect()
}

/// A model of which nothing is known but what it said.
#[xray::run]
fn ask() -> String {
    answer("How many straws are there in the haystack?")
}

#[xray::step(kind = "llm")]
fn answer(question: &str) -> String {
    let answer = format!("I would have to count them. You asked: {question}");
    let call = xray::Llm::new("chat", "nobody", "straw-1").temperature(0.2).tokens(42, 17);
    xray::llm(call.finish_reason("stop").prompt(question).completion(&answer));
    answer
}
