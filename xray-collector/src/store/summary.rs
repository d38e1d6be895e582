//! What a block's steps come to: counts, sums and spreads, so that a question about millions of steps adds up some numbers of
//! each block rather than read them all.
//!
//! The steps of a function that ended alike, at one level, are a [`Cell`]. Whatever is asked of functions, outcomes and
//! levels only can be asked of cells, and of each number in [`TOTALLED`] a cell has what it needs to answer as the steps
//! themselves would.

use super::{Block, Column, ColumnSet, flag};
use crate::map::FastMap;
use crate::spread::Spread;

/// The columns that are added up, each with the flag without which a step does not have the number.
pub(crate) const TOTALLED: [(Column, u64); 8] = [
    (Column::Started, 0),
    (Column::Duration, flag::DURATION),
    (Column::ItemsIn, flag::ITEMS_IN),
    (Column::ItemsOut, flag::ITEMS_OUT),
    (Column::Kept, 0),
    (Column::Eliminated, 0),
    (Column::Scored, 0),
    (Column::Introduced, 0),
];
/// Up to so many numbers of a cell are kept as they are: where few steps are of a function, quantiles stay exact.
const MOST_EXACT: usize = 32;

/// What the steps of a block come to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Summary {
    pub(crate) cells: Vec<Cell>,
}

/// What the steps of a block come to that are of one function, one outcome and one level: as the columns have them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Cell {
    pub(crate) callsite: u64,
    pub(crate) outcome: u64,
    pub(crate) level: u64,
    pub(crate) steps: u64,
    /// Of each column of [`TOTALLED`].
    pub(crate) totals: [Total<u64, u128>; TOTALLED.len()],
    pub(crate) durations: Spread,
    pub(crate) rejection_rate: Total<f64, f64>,
    pub(crate) rejection_rates: Spread,
}

/// What numbers come to.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Total<N, S> {
    pub(crate) count: u64,
    pub(crate) sum: S,
    /// The lowest and the highest, if there are any.
    pub(crate) range: (N, N),
}

impl<N: Copy + PartialOrd + Into<S>, S: Copy + std::ops::Add<Output = S>> Total<N, S> {
    #[inline]
    fn add(&mut self, number: N) {
        self.add_all(&Self { count: 1, sum: number.into(), range: (number, number) });
    }

    #[inline]
    fn add_all(&mut self, other: &Self) {
        if self.count == 0 {
            *self = *other;
            return;
        }
        if other.count == 0 {
            return;
        }
        let ((low, high), (other_low, other_high)) = (self.range, other.range);
        self.range = (if other_low < low { other_low } else { low }, if other_high > high { other_high } else { high });
        self.sum = self.sum + other.sum;
        self.count += other.count;
    }
}

#[cfg(feature = "embedded")]
impl Cell {
    /// What its steps have in common.
    fn of(&self) -> [u64; 3] {
        [self.callsite, self.outcome, self.level]
    }

    /// Whether nothing is said of more steps than it has, so that what cells come to can be added up.
    pub(crate) fn is_coherent(&self) -> bool {
        let of_few = |total: &Total<u64, u128>| {
            total.count <= self.steps && total.sum <= u128::from(total.count) * u128::from(total.range.1)
        };
        let spreads = [&self.durations, &self.rejection_rates];
        self.totals.iter().all(of_few)
            && self.rejection_rate.count <= self.steps
            && spreads.iter().all(|spread| spread.count().is_some_and(|count| count <= self.steps))
    }
}

impl Summary {
    /// That of several blocks.
    #[cfg(feature = "embedded")]
    pub(crate) fn of_all(summaries: &[Self]) -> Self {
        let mut cells: Vec<&Cell> = summaries.iter().flat_map(|summary| &summary.cells).collect();
        cells.sort_by_key(|cell| cell.of());
        let merged = cells.chunk_by(|one, other| one.of() == other.of()).map(|same| {
            let [callsite, outcome, level] = same[0].of();
            let mut all = Cell { callsite, outcome, level, ..Cell::default() };
            for cell in same {
                all.steps += cell.steps;
                all.totals.iter_mut().zip(&cell.totals).for_each(|(all, total)| all.add_all(total));
                all.rejection_rate.add_all(&cell.rejection_rate);
            }
            let spread = |of: fn(&Cell) -> &Spread| {
                Spread::of_all(&same.iter().map(|cell| of(cell)).collect::<Vec<_>>(), MOST_EXACT)
            };
            all.durations = spread(|cell| &cell.durations);
            all.rejection_rates = spread(|cell| &cell.rejection_rates);
            all
        });
        Self { cells: merged.collect() }
    }

    /// The columns that it is made of.
    pub const COLUMNS: ColumnSet = {
        let mut columns = ColumnSet::EMPTY.with(Column::Callsite).with(Column::Outcome).with(Column::Level);
        columns = columns.with(Column::Flags);
        let mut place = 0;
        while place < TOTALLED.len() {
            columns = columns.with(TOTALLED[place].0);
            place += 1;
        }
        columns
    };

    /// That of a block of which at least [`Summary::COLUMNS`] were read. Takes about a millisecond for 16,384 steps.
    #[must_use]
    pub fn of(block: &Block) -> Self {
        Self::with_exact(block, MOST_EXACT)
    }

    /// The same, with so many numbers of a cell as they are.
    pub(crate) fn with_exact(block: &Block, most_exact: usize) -> Self {
        let (mut cells, places) = sorted_out(block);
        let flags = block.column(Column::Flags);
        for (total, (column, flag)) in TOTALLED.into_iter().enumerate() {
            for ((number, place), flags) in block.column(column).iter().zip(&places).zip(flags) {
                if flags & flag == flag {
                    cells[*place as usize].totals[total].add(*number);
                }
            }
        }
        let mut durations: Vec<Vec<f64>> = vec![Vec::new(); cells.len()];
        for ((number, place), flags) in block.column(Column::Duration).iter().zip(&places).zip(flags) {
            if flags & flag::DURATION != 0 {
                durations[*place as usize].push(*number as f64);
            }
        }
        let mut rates: Vec<Vec<f64>> = vec![Vec::new(); cells.len()];
        let decided = block.column(Column::Kept).iter().zip(block.column(Column::Eliminated));
        for ((kept, eliminated), place) in decided.zip(&places) {
            if let Some(rate) = rejection_rate(*kept, *eliminated) {
                cells[*place as usize].rejection_rate.add(rate);
                rates[*place as usize].push(rate);
            }
        }
        for ((cell, durations), rates) in cells.iter_mut().zip(durations).zip(rates) {
            cell.durations = Spread::of(durations, most_exact);
            cell.rejection_rates = Spread::of(rates, most_exact);
        }
        Self { cells }
    }
}

/// The cells of a block, without what they come to; and of each row the place of its cell among them.
fn sorted_out(block: &Block) -> (Vec<Cell>, Vec<u32>) {
    let (mut cells, mut known) = (Vec::<Cell>::new(), FastMap::default());
    let columns = [Column::Callsite, Column::Outcome, Column::Level].map(|column| block.column(column));
    let places = (0..block.len()).map(|row| {
        let of @ [callsite, outcome, level] = columns.map(|column| column[row]);
        let place = *known.entry(of).or_insert_with(|| {
            cells.push(Cell { callsite, outcome, level, ..Cell::default() });
            cells.len() as u32 - 1
        });
        cells[place as usize].steps += 1;
        place
    });
    let places = places.collect();
    (cells, places)
}

/// As [`crate::decision::DecisionCounts::rejection_rate`] has it.
#[inline]
pub(crate) fn rejection_rate(kept: u64, eliminated: u64) -> Option<f64> {
    let all = kept.saturating_add(eliminated);
    (all > 0).then(|| eliminated as f64 / all as f64)
}
