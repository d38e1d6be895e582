//! Blocks: the steps that will not change any more, column by column, with their values.
//!
//! A block has at most [`ROWS`] steps, sorted by run and id. It is written once, and read in pieces: the head to know
//! whether it is worth reading at all, the columns that a question needs, and of the values the frame in which they are.
//!
//! ```text
//! block_heads  block u64             StoredHead, by postcard
//! summaries    block u64             super::summary, behind its checksum: what one look at the file fetches
//! spans        block u64 / 16        the same of sixteen blocks together: super::blocks
//! blocks       (block, what, part)   super::blobs
//!
//! what          contents
//! 0             runs: their ids u128, then for each the number of its steps u32
//! 1             names that values refer to: count u32, (length u32, bytes)…, zstd
//! 2             frames: of each the row with which it begins u32
//! 3             reasons: Vec<(row u32, Vec<(text, count)>)>, by postcard, zstd
//! 16 + n        a column: super::integers; ids, parents and times as differences
//! 32, 33, 34    how many bytes of values each row has: arguments, result, facts
//! 64 + n        a frame of values: length u32, zstd. Each row's arguments, result and facts lie one after the other
//! ```
//!
//! The numbers of columns, outcomes and levels are their places in [`Column::ALL`], [`Outcome::ALL`] and [`Level::ALL`],
//! which for that reason never change. Integers are little-endian.

use std::sync::Arc;

use redb::ReadableTable;
use serde::{Deserialize, Serialize};

use super::blobs::{self, Key};
use super::compression::{compress, decompress};
use super::fault::Fault;
use super::integers;
use super::layout::{decode as decode_row, encode as encode_row};
use super::summary;
use crate::id::RunId;
use crate::model::{Level, Outcome};
use crate::store::{Block, BlockInfo, Column, ColumnSet, Part, Reasons, Summary};
use crate::value::Cursor;

/// The most steps of a block: so many that a column compresses and few blocks are many steps, so few that one run of it
/// is read in a millisecond.
pub(super) const ROWS: usize = 16_384;
/// What the values of a block may come to.
pub(super) const VALUES_BYTES: usize = 8 << 20;
/// A frame of values: what is decompressed to see one step.
const FRAME_BYTES: usize = 128 << 10;

const RUNS: u32 = 0;
const NAMES: u32 = 1;
const FRAMES: u32 = 2;
const REASONS: u32 = 3;
const COLUMN: u32 = 16;
const LENGTHS: u32 = 32;
const FRAME: u32 = 64;

/// In the order in which they lie.
const PARTS: [Part; 3] = [Part::Arguments, Part::Result, Part::Facts];

/// What is known of a block before it is read.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StoredHead {
    pub(super) steps: u32,
    pub(super) ranges: Vec<(u64, u64)>,
    pub(super) callsites: Vec<u32>,
    pub(super) runs_started_ns: (u64, u64),
    /// How many bytes its parts have, when it was written.
    pub(super) bytes: u64,
    /// How often its columns were changed.
    pub(super) revision: u32,
}

impl StoredHead {
    /// That of a block, if it is there.
    pub(super) fn find(heads: &impl ReadableTable<u64, &'static [u8]>, block: u64) -> Result<Option<Self>, Fault> {
        heads.get(block)?.map(|head| Self::read(head.value(), block)).transpose()
    }

    pub(super) fn read(bytes: &[u8], block: u64) -> Result<Self, Fault> {
        let head: Self = decode_row(bytes, || name(block))?;
        if head.ranges.len() != Column::ALL.len() || head.steps as usize > ROWS {
            return Err(Fault::damage(name(block), "its head is that of another format"));
        }
        Ok(head)
    }

    pub(super) fn into_info(self) -> BlockInfo {
        let mut ranges = [(0, 0); Column::ALL.len()];
        ranges.copy_from_slice(&self.ranges);
        BlockInfo {
            steps: self.steps as usize,
            ranges,
            callsites: self.callsites,
            runs_started_ns: self.runs_started_ns,
            is_summarised: true,
        }
    }

    /// The same of changed columns.
    pub(super) fn changed(self, block: &Block) -> Self {
        let BlockInfo { ranges, callsites, .. } = block.info(self.runs_started_ns);
        Self { ranges: ranges.to_vec(), callsites, revision: self.revision + 1, ..self }
    }
}

impl From<BlockInfo> for StoredHead {
    fn from(info: BlockInfo) -> Self {
        Self {
            steps: info.steps as u32,
            ranges: info.ranges.to_vec(),
            callsites: info.callsites,
            runs_started_ns: info.runs_started_ns,
            bytes: 0,
            revision: 0,
        }
    }
}

/// How an error names a block.
pub(super) fn name(block: u64) -> String {
    format!("block {block}")
}

/// The columns of a block in bytes, and what they come to.
pub(super) fn encode_columns(block: &Block) -> Result<Encoded, Fault> {
    let mut encoded = Encoded { parts: Vec::new(), summary: summary::encode(&Summary::of(block))? };
    let parts = &mut encoded.parts;
    let mut runs = Vec::with_capacity(20 * block.runs.len());
    runs.extend(block.runs.iter().flat_map(|run| run.0.to_le_bytes()));
    runs.extend(block.starts.windows(2).flat_map(|rows| (rows[1] - rows[0]).to_le_bytes()));
    parts.push((RUNS, runs));
    parts.push((REASONS, compress(&encode_row(&block.reasons)?)?));
    for column in Column::ALL {
        let numbers = block.column(column);
        let bytes = match column {
            Column::Step | Column::Started => integers::encode(&integers::differences(numbers))?,
            Column::Parent => {
                let steps = block.column(Column::Step);
                let below: Vec<u64> =
                    numbers.iter().zip(steps).map(|(it, step)| integers::difference(*it, *step)).collect();
                integers::encode(&below)?
            }
            _ => integers::encode(numbers)?,
        };
        parts.push((COLUMN + column as u32, bytes));
    }
    Ok(encoded)
}

/// Reads columns of a block.
pub(super) fn read(
    table: &impl ReadableTable<Key, &'static [u8]>,
    block: u64,
    steps: usize,
    wanted: ColumnSet,
) -> Result<Block, Fault> {
    let (runs, starts) = read_runs(table, block, steps)?;
    let wanted = if wanted.has(Column::Parent) { wanted.with(Column::Step) } else { wanted };
    let columns = read_columns(table, block, steps, wanted, None)?;
    let reasons = if wanted == ColumnSet::ALL { read_reasons(table, block)? } else { Vec::new() };
    Ok(Block::new(runs, starts, columns, reasons))
}

/// Reads all columns of some rows of a block, in order, as a block of their own.
pub(super) fn read_rows(
    table: &impl ReadableTable<Key, &'static [u8]>,
    block: u64,
    steps: usize,
    rows: &[usize],
) -> Result<Block, Fault> {
    let (runs, starts) = read_runs(table, block, steps)?;
    let frame = Block::new(runs, starts, Default::default(), read_reasons(table, block)?);
    let columns = read_columns(table, block, steps, ColumnSet::ALL, Some(rows))?;
    Ok(Block { columns, ..frame.pick(rows) })
}

/// Reads columns, with the steps' ids if their parents are wanted; of all rows, or of these.
fn read_columns(
    table: &impl ReadableTable<Key, &'static [u8]>,
    block: u64,
    steps: usize,
    wanted: ColumnSet,
    rows: Option<&[usize]>,
) -> Result<[Vec<u64>; Column::ALL.len()], Fault> {
    let damage = |detail: String| Fault::damage(name(block), detail);
    let mut columns: [Vec<u64>; Column::ALL.len()] = Default::default();
    for column in Column::ALL.into_iter().filter(|column| wanted.has(*column)) {
        let bytes = blobs::get(table, block, COLUMN + column as u32, || name(block))?;
        let is_summed = matches!(column, Column::Step | Column::Started);
        let decoded = match rows {
            Some(rows) if !is_summed => integers::decode_some(&bytes, steps, rows),
            _ => integers::decode(&bytes, steps),
        };
        let mut numbers = decoded.ok_or_else(|| damage(format!("its column {column:?} does not decode")))?;
        if is_summed {
            integers::sums(&mut numbers);
            if let Some(rows) = rows {
                numbers = rows.iter().map(|row| numbers[*row]).collect();
            }
        }
        if column == Column::Parent {
            for (number, step) in numbers.iter_mut().zip(&columns[Column::Step as usize]) {
                *number = integers::sum(*number, *step);
            }
        }
        let limit = match column {
            Column::Outcome => Outcome::ALL.len() as u64 - 1,
            Column::Level => Level::ALL.len() as u64 - 1,
            Column::Callsite | Column::Thread => u32::MAX.into(),
            _ => u64::MAX,
        };
        if limit < u64::MAX
            && let Some(number) = numbers.iter().copied().max().filter(|number| *number > limit)
        {
            return Err(damage(format!("{number} is in its column {column:?}")));
        }
        columns[column as usize] = numbers;
    }
    Ok(columns)
}

/// How many items were eliminated for which reason, by row.
fn read_reasons(table: &impl ReadableTable<Key, &'static [u8]>, block: u64) -> Result<Vec<(u32, Reasons)>, Fault> {
    let bytes = blobs::get(table, block, REASONS, || name(block))?;
    let bytes = decompress(&bytes, MOST_BYTES).map_err(|error| Fault::damage(name(block), error.to_string()))?;
    decode_row(&bytes, || name(block))
}

/// No part of a block is larger than this; what says that it is is damaged.
pub(super) const MOST_BYTES: usize = 1 << 30;

/// The runs of a block, and the row with which each begins.
pub(super) fn read_runs(
    table: &impl ReadableTable<Key, &'static [u8]>,
    block: u64,
    steps: usize,
) -> Result<(Vec<RunId>, Vec<u32>), Fault> {
    let bytes = blobs::get(table, block, RUNS, || name(block))?;
    let (ids, counts) = bytes.split_at(bytes.len() / 20 * 16);
    let runs: Vec<RunId> = ids.as_chunks().0.iter().map(|id| RunId(u128::from_le_bytes(*id))).collect();
    let mut starts = Vec::with_capacity(runs.len() + 1);
    let mut row = 0_u64;
    for count in counts.as_chunks().0 {
        starts.push(row as u32);
        row += u64::from(u32::from_le_bytes(*count));
    }
    starts.push(row as u32);
    let is_sorted = runs.is_sorted_by(|one, other| one < other);
    if row != steps as u64 || !is_sorted || starts.len() != runs.len() + 1 {
        return Err(Fault::damage(name(block), "its runs are not those of its steps"));
    }
    Ok((runs, starts))
}

/// The values of a block that is put together.
#[derive(Debug, Default)]
pub(super) struct Values {
    lengths: [Vec<u64>; PARTS.len()],
    /// What is not in a frame yet.
    rest: Vec<u8>,
    /// Of each frame, and of what will be the next one, the first row.
    starts: Vec<u32>,
    /// Not compressed yet.
    frames: Vec<Vec<u8>>,
    bytes: usize,
}

impl Values {
    /// Appends those of the next row: `append` appends its parts to the bytes, one after the other. What it appends before
    /// it fails goes again.
    pub(super) fn push<E>(&mut self, mut append: impl FnMut(Part, &mut Vec<u8>) -> Result<(), E>) -> Result<(), E> {
        let from = self.rest.len();
        let mut ends = [from; PARTS.len()];
        for (part, end) in PARTS.into_iter().zip(&mut ends) {
            if let Err(error) = append(part, &mut self.rest) {
                self.rest.truncate(from);
                return Err(error);
            }
            *end = self.rest.len();
        }
        if self.starts.len() == self.frames.len() {
            self.starts.push(self.lengths[0].len() as u32);
        }
        let mut start = from;
        for (lengths, end) in self.lengths.iter_mut().zip(ends) {
            lengths.push((end - start) as u64);
            start = end;
        }
        self.bytes += start - from;
        if self.rest.len() >= FRAME_BYTES {
            self.end_frame();
        }
        Ok(())
    }

    /// Whether the block takes no more of them.
    pub(super) fn is_full(&self) -> bool {
        self.bytes >= VALUES_BYTES
    }

    fn end_frame(&mut self) {
        // The next one is most likely as long.
        let room = if self.rest.len() >= FRAME_BYTES { self.rest.len() + self.rest.len() / 16 } else { 0 };
        self.frames.push(std::mem::replace(&mut self.rest, Vec::with_capacity(room)));
    }

    /// They in bytes, with the names that they refer to.
    fn encode(mut self, names: &[Arc<str>], parts: &mut Parts) -> Result<(), Fault> {
        if !self.rest.is_empty() {
            self.end_frame();
        }
        self.starts.truncate(self.frames.len());
        for (what, lengths) in (LENGTHS..).zip(&self.lengths) {
            parts.push((what, integers::encode(lengths)?));
        }
        if self.bytes > 0 {
            let mut contents = (names.len() as u32).to_le_bytes().to_vec();
            for name in names {
                contents.extend((name.len() as u32).to_le_bytes());
                contents.extend(name.as_bytes());
            }
            parts.push((NAMES, compress(&contents)?));
        }
        parts.push((FRAMES, self.starts.iter().flat_map(|start| start.to_le_bytes()).collect()));
        for (what, frame) in (FRAME..).zip(&self.frames) {
            let too_long = |_| Fault::Unfit("values of more than 4 GiB".to_owned());
            let length = u32::try_from(frame.len()).map_err(too_long)?;
            let mut bytes = length.to_le_bytes().to_vec();
            bytes.extend(compress(frame)?);
            parts.push((what, bytes));
        }
        Ok(())
    }
}

/// What each part is, and its bytes.
type Parts = Vec<(u32, Vec<u8>)>;

/// What a block is, or what of it has changed, in bytes.
pub(super) struct Encoded {
    pub(super) parts: Parts,
    pub(super) summary: Vec<u8>,
}

/// A block in bytes: most of what making one takes.
pub(super) fn encode(block: &Block, values: Values, names: &[Arc<str>]) -> Result<Encoded, Fault> {
    let mut encoded = encode_columns(block)?;
    values.encode(names, &mut encoded.parts)?;
    Ok(encoded)
}

/// Where the values of a block are.
#[derive(Debug)]
pub(super) struct Whereabouts {
    pub(super) names: Arc<[Arc<str>]>,
    /// Of each frame, the first row; and how many rows there are.
    frames: Vec<u32>,
    /// Of each row, where in its frame its values begin, and where its result and its facts do.
    places: Vec<[u32; PARTS.len()]>,
    /// And where they end.
    ends: Vec<u32>,
}

impl Whereabouts {
    pub(super) fn read(
        table: &impl ReadableTable<Key, &'static [u8]>,
        block: u64,
        steps: usize,
    ) -> Result<Self, Fault> {
        let damage = |detail: &str| Fault::damage(name(block), detail);
        let starts = blobs::get(table, block, FRAMES, || name(block))?;
        let mut frames: Vec<u32> = starts.as_chunks().0.iter().map(|start| u32::from_le_bytes(*start)).collect();
        let mut lengths: [Vec<u64>; PARTS.len()] = Default::default();
        for (what, lengths) in (LENGTHS..).zip(&mut lengths) {
            let bytes = blobs::get(table, block, what, || name(block))?;
            let decoded = integers::decode(&bytes, steps);
            *lengths = decoded.ok_or_else(|| damage("the lengths of its values do not decode"))?;
        }
        let (mut places, mut ends) = (Vec::with_capacity(steps), Vec::with_capacity(steps));
        let (mut at, mut frame) = (0_u32, 0);
        for row in 0..steps {
            if frames.get(frame) == Some(&(row as u32)) {
                (at, frame) = (0, frame + 1);
            }
            let mut place = [0; PARTS.len()];
            for (place, lengths) in place.iter_mut().zip(&lengths) {
                *place = at;
                let end = u32::try_from(lengths[row]).ok().and_then(|length| at.checked_add(length));
                at = end.ok_or_else(|| damage("the lengths of its values are those of too many"))?;
            }
            places.push(place);
            ends.push(at);
        }
        let names = if frames.is_empty() { Arc::default() } else { read_names(table, block)? };
        frames.push(steps as u32);
        Ok(Self { names, frames, places, ends })
    }

    /// The frame in which the values of a row are; `None` if the block has none at all.
    pub(super) fn frame_of(&self, row: usize) -> Option<u32> {
        let frames = self.frames.partition_point(|start| *start as usize <= row);
        (1..self.frames.len()).contains(&frames).then(|| frames as u32 - 1)
    }

    /// Where in its frame a part of a row's values is.
    pub(super) fn place(&self, row: usize, part: Part) -> std::ops::Range<usize> {
        let [arguments, result, facts] = self.places[row].map(|place| place as usize);
        match part {
            Part::Arguments => arguments..result,
            Part::Result => result..facts,
            Part::Facts => facts..self.ends[row] as usize,
        }
    }

    /// About how much memory they take.
    pub(super) fn size(&self) -> usize {
        self.places.len() * 16 + self.names.len() * 48
    }
}

fn read_names(table: &impl ReadableTable<Key, &'static [u8]>, block: u64) -> Result<Arc<[Arc<str>]>, Fault> {
    let damage = |detail: String| Fault::damage(name(block), format!("its names do not decode: {detail}"));
    let bytes = blobs::get(table, block, NAMES, || name(block))?;
    let bytes = decompress(&bytes, MOST_BYTES).map_err(|error| damage(error.to_string()))?;
    let mut cursor = Cursor::new(&bytes);
    let count = cursor.u32().map_err(|error| damage(error.to_string()))?;
    let names = (0..count).map(|_| cursor.text().map(Arc::from)).collect::<Result<_, _>>();
    names.map_err(|error| damage(error.to_string()))
}

/// A frame of values, decompressed.
pub(super) fn read_frame(
    table: &impl ReadableTable<Key, &'static [u8]>,
    block: u64,
    frame: u32,
) -> Result<Arc<[u8]>, Fault> {
    let damage = |detail: String| Fault::damage(format!("{}, frame {frame}", name(block)), detail);
    let bytes = blobs::get(table, block, FRAME + frame, || format!("{}, frame {frame}", name(block)))?;
    let (length, frame) = bytes.split_first_chunk().ok_or_else(|| damage("it ends within its length".to_owned()))?;
    let length = u32::from_le_bytes(*length) as usize;
    let values = decompress(frame, length).map_err(|error| damage(format!("it does not decompress: {error}")))?;
    if values.len() != length {
        return Err(damage(format!("it has {} bytes rather than {length}", values.len())));
    }
    Ok(values.into())
}
