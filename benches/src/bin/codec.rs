//! Which codec a segment of the store is compressed with: ratio and speed over what a pipeline of films captures.
//!
//! `cargo run --release -p xray-benches --bin codec`
//!
//! Each row is the median over segments of the same size cut from one long stretch of payload, every segment
//! compressed and decompressed several times. A context is made anew for each segment, as the store does it.

use std::hint::black_box;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value};

const SEGMENT_SIZES: [usize; 3] = [16 << 10, 128 << 10, 1 << 20];
/// Bytes that each codec is measured over, at each segment size.
const PAYLOAD_BYTES: usize = 16 << 20;
const REPETITIONS: usize = 5;

const CODECS: [Codec; 6] = [Codec::Zstd(-3), Codec::Zstd(-1), Codec::Zstd(1), Codec::Zstd(3), Codec::Lz4, Codec::None];

#[derive(Clone, Copy)]
enum Codec {
    Zstd(i32),
    Lz4,
    None,
}

fn main() -> Result<()> {
    let payload = payload(&films()?, PAYLOAD_BYTES);
    println!("segment    codec      ratio   compress MB/s   decompress MB/s");
    for size in SEGMENT_SIZES {
        for codec in CODECS {
            let measured = measure(codec, payload.chunks_exact(size))?;
            println!(
                "{:>4} KiB   {:<8} {:>7.2} {:>15.0} {:>17.0}",
                size >> 10,
                codec.name(),
                measured.ratio,
                measured.compress,
                measured.decompress,
            );
        }
    }
    Ok(())
}

/// Medians over segments; speeds in 10^6 uncompressed bytes a second.
struct Measured {
    ratio: f64,
    compress: f64,
    decompress: f64,
}

fn measure<'a>(codec: Codec, segments: impl Iterator<Item = &'a [u8]>) -> Result<Measured> {
    let (mut ratios, mut compress, mut decompress) = (Vec::new(), Vec::new(), Vec::new());
    for segment in segments {
        let bytes = segment.len() as f64;
        for _ in 0..REPETITIONS {
            let begin = Instant::now();
            let compressed = black_box(codec.compress(black_box(segment))?);
            compress.push(bytes / begin.elapsed().as_secs_f64() / 1e6);

            let begin = Instant::now();
            let restored = black_box(codec.decompress(black_box(&compressed), segment.len())?);
            decompress.push(bytes / begin.elapsed().as_secs_f64() / 1e6);

            ensure!(restored == segment, "{} does not restore what it compressed", codec.name());
            ratios.push(bytes / compressed.len() as f64);
        }
    }
    Ok(Measured { ratio: median(ratios), compress: median(compress), decompress: median(decompress) })
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

impl Codec {
    fn name(self) -> String {
        match self {
            Self::Zstd(level) => format!("zstd {level}"),
            Self::Lz4 => "lz4".to_owned(),
            Self::None => "none".to_owned(),
        }
    }

    fn compress(self, bytes: &[u8]) -> Result<Vec<u8>> {
        Ok(match self {
            Self::Zstd(level) => zstd::bulk::compress(bytes, level)?,
            Self::Lz4 => lz4_flex::block::compress(bytes),
            Self::None => bytes.to_vec(),
        })
    }

    fn decompress(self, bytes: &[u8], length: usize) -> Result<Vec<u8>> {
        Ok(match self {
            Self::Zstd(_) => zstd::bulk::decompress(bytes, length)?,
            Self::Lz4 => lz4_flex::block::decompress(bytes, length)?,
            Self::None => bytes.to_vec(),
        })
    }
}

fn films() -> Result<Vec<Map<String, Value>>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/data/movies.json");
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?;
    Ok(serde_json::from_str(&text)?)
}

/// What runs of a film pipeline capture, one after the other: a list of candidates with the limits they are held
/// against, the list that is left, then a score for each of those.
fn payload(films: &[Map<String, Value>], bytes: usize) -> Vec<u8> {
    const CANDIDATES: usize = 40;
    let mut out = Vec::with_capacity(bytes + (64 << 10));
    for run in 0.. {
        if out.len() >= bytes {
            break;
        }
        // A stride that shares no divisor with the number of films, so that no two runs see the same candidates
        // until all were seen.
        let candidates: Vec<_> = (0..CANDIDATES).map(|index| &films[(run * 37 + index) % films.len()]).collect();
        let rating = 5.0 + (run % 40) as f64 / 10.0;
        let suitable: Vec<_> = candidates
            .iter()
            .copied()
            .filter(|film| film["IMDB Rating"].as_f64().is_some_and(|film| film >= rating))
            .collect();
        list(&mut out, &candidates);
        limits(&mut out, rating, 500 + run as u64 % 7 * 250);
        list(&mut out, &suitable);
        for (position, film) in suitable.iter().enumerate() {
            structure(&mut out, film);
            unsigned(&mut out, position as u64);
            float(&mut out, film["IMDB Rating"].as_f64().unwrap_or_default() / (position + 1) as f64);
        }
    }
    out
}

// The value format of `xray_collector::value`, as much of it as films need. Names are numbers here, since a segment
// keeps their texts in a table of its own: 0 and 1 are the structs', then come the fields in their order.
const FILM: u16 = 0;
const LIMITS: u16 = 1;
const FIRST_FIELD: u16 = 2;
const LIMITS_FIELDS: u16 = 100;

fn list(out: &mut Vec<u8>, films: &[&Map<String, Value>]) {
    out.push(0x40);
    out.extend((films.len() as u32).to_le_bytes());
    films.iter().for_each(|film| structure(out, film));
    out.push(0x0f);
}

fn structure(out: &mut Vec<u8>, film: &Map<String, Value>) {
    out.push(0x42);
    out.extend(FILM.to_le_bytes());
    for (name, field) in (FIRST_FIELD..).zip(film.values()) {
        out.extend(name.to_le_bytes());
        match field {
            Value::Number(number) => match number.as_u64() {
                Some(number) => unsigned(out, number),
                None => float(out, number.as_f64().unwrap_or_default()),
            },
            Value::String(text) => {
                out.extend([0x30, text.len().min(255) as u8]);
                out.extend(&text.as_bytes()[..text.len().min(255)]);
            }
            _ => out.push(0x00),
        }
    }
    out.extend(0x7fff_u16.to_le_bytes());
}

fn limits(out: &mut Vec<u8>, rating: f64, votes: u64) {
    out.push(0x42);
    out.extend(LIMITS.to_le_bytes());
    out.extend(LIMITS_FIELDS.to_le_bytes());
    float(out, rating);
    out.extend((LIMITS_FIELDS + 1).to_le_bytes());
    unsigned(out, votes);
    out.extend(0x7fff_u16.to_le_bytes());
}

fn unsigned(out: &mut Vec<u8>, value: u64) {
    out.push(0x13);
    out.extend(value.to_le_bytes());
}

fn float(out: &mut Vec<u8>, value: f64) {
    out.push(0x21);
    out.extend(value.to_le_bytes());
}
