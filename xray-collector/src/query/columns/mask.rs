//! What must hold of a step's columns: evaluated for all rows of a block at once, and refuted, where that can be, by what
//! is known of a block without reading it.

use super::super::evaluate::compared;
use super::super::expression::Comparison;
use super::bitmap::Bitmap;
use super::number::{Number, Numeric, rejection_rates};
use crate::store::{Block, BlockInfo, Column, ColumnSet, rejection_rate};

/// A condition on the columns of a step.
#[derive(Debug, Clone)]
pub(in crate::query) enum Mask {
    Every,
    Never,
    And(Vec<Self>),
    Or(Vec<Self>),
    /// The number is there and within these bounds, which belong to it.
    Within {
        numeric: Numeric,
        low: u64,
        high: u64,
    },
    /// The column has one of these numbers; `said` says in words which these are.
    OneOf {
        column: Column,
        numbers: Numbers,
        said: String,
    },
    /// These flags are set, these are not.
    Flags {
        set: u64,
        clear: u64,
    },
    RejectionRate {
        comparison: Comparison,
        bound: f64,
    },
    Compare {
        comparison: Comparison,
        numbers: Box<[Number; 2]>,
    },
    /// It is the first step of its run.
    First,
}

/// Small numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::query) struct Numbers(Vec<bool>);

impl FromIterator<u32> for Numbers {
    fn from_iter<I: IntoIterator<Item = u32>>(numbers: I) -> Self {
        let mut set = Vec::new();
        for number in numbers {
            let number = number as usize;
            set.resize(set.len().max(number + 1), false);
            set[number] = true;
        }
        Self(set)
    }
}

impl Numbers {
    fn has(&self, number: u64) -> bool {
        usize::try_from(number).ok().and_then(|number| self.0.get(number)).copied().unwrap_or(false)
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them as bits, if they are below 64.
    fn bits(&self) -> Option<u64> {
        let bits = self.0.iter().rev().fold(0, |bits, is_set| bits << 1 | u64::from(*is_set));
        (self.0.len() <= 64).then_some(bits)
    }
}

impl Mask {
    /// What holds where all of these do.
    pub(in crate::query) fn and(masks: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Vec::new();
        for mask in masks {
            match mask {
                Self::Every => {}
                Self::Never => return Self::Never,
                Self::And(inner) => all.extend(inner),
                mask => all.push(mask),
            }
        }
        match all.len() {
            0 => Self::Every,
            1 => all.swap_remove(0),
            _ => Self::And(all),
        }
    }

    /// What holds where one of these does.
    pub(in crate::query) fn or(masks: impl IntoIterator<Item = Self>) -> Self {
        let mut any = Vec::new();
        for mask in masks {
            match mask {
                Self::Never => {}
                Self::Every => return Self::Every,
                Self::Or(inner) => any.extend(inner),
                mask => any.push(mask),
            }
        }
        match any.len() {
            0 => Self::Never,
            1 => any.swap_remove(0),
            _ => Self::Or(any),
        }
    }

    pub(in crate::query) fn set(set: u64) -> Self {
        Self::Flags { set, clear: 0 }
    }

    pub(in crate::query) fn clear(clear: u64) -> Self {
        Self::Flags { set: 0, clear }
    }

    /// The column has one of these numbers.
    pub(in crate::query) fn one_of(column: Column, numbers: Numbers, said: String) -> Self {
        if numbers.is_empty() { Self::Never } else { Self::OneOf { column, numbers, said } }
    }

    /// The number is not 0.
    pub(in crate::query) fn some(numeric: Option<Numeric>) -> Self {
        numeric.map_or(Self::Every, |numeric| Self::Within { numeric, low: 1, high: u64::MAX })
    }

    /// The number compares so with another one, which need not fit into the column.
    pub(in crate::query) fn compare(numeric: Numeric, comparison: Comparison, bound: i128) -> Self {
        let top = i128::from(u64::MAX);
        let within = |low: i128, high: i128| match (u64::try_from(low.max(0)), u64::try_from(high.min(top))) {
            (Ok(low), Ok(high)) if low <= high => Self::Within { numeric, low, high },
            _ => Self::Never,
        };
        match comparison {
            Comparison::Equal => within(bound, bound),
            Comparison::NotEqual => {
                Self::or([within(0, bound.saturating_sub(1)), within(bound.saturating_add(1), top)])
            }
            Comparison::Less => within(0, bound.saturating_sub(1)),
            Comparison::LessOrEqual => within(0, bound),
            Comparison::Greater => within(bound.saturating_add(1), top),
            Comparison::GreaterOrEqual => within(bound, top),
        }
    }

    /// The columns that it is about.
    pub(in crate::query) fn columns(&self) -> ColumnSet {
        match self {
            Self::Every | Self::Never => ColumnSet::default(),
            Self::And(masks) | Self::Or(masks) => {
                masks.iter().fold(ColumnSet::default(), |columns, mask| columns.and(mask.columns()))
            }
            Self::Within { numeric, .. } => numeric.columns(),
            Self::OneOf { column, .. } => ColumnSet::default().with(*column),
            Self::Flags { .. } => ColumnSet::default().with(Column::Flags),
            Self::RejectionRate { .. } => Number::RejectionRate.columns(),
            Self::Compare { numbers, .. } => numbers[0].columns().and(numbers[1].columns()),
            Self::First => ColumnSet::default().with(Column::Step),
        }
    }

    /// Whether it may be about the first steps of runs.
    pub(in crate::query) fn is_of_first(&self) -> bool {
        match self {
            Self::First => true,
            Self::And(masks) | Self::Or(masks) => masks.iter().any(Self::is_of_first),
            _ => false,
        }
    }

    /// Whether it may hold of a step of this block.
    pub(in crate::query) fn may_hold(&self, info: &BlockInfo) -> bool {
        match self {
            Self::Every | Self::Compare { .. } | Self::First => true,
            Self::Never => false,
            Self::And(masks) => masks.iter().all(|mask| mask.may_hold(info)),
            Self::Or(masks) => masks.iter().any(|mask| mask.may_hold(info)),
            Self::Within { numeric, low, high } => {
                let (least, most) = info.range(numeric.column);
                *low <= most && least <= *high && has_flags(info, numeric.flag)
            }
            Self::OneOf { column: Column::Callsite, numbers, .. } => {
                info.callsites.iter().any(|callsite| numbers.has((*callsite).into()))
            }
            Self::OneOf { column, numbers, .. } => {
                let (least, most) = info.range(*column);
                (least..=most.min(numbers.0.len() as u64)).any(|number| numbers.has(number))
            }
            Self::Flags { set, .. } => has_flags(info, *set),
            Self::RejectionRate { comparison, bound } => {
                rejection_rates(info).is_some_and(|(lowest, highest)| match comparison {
                    Comparison::Equal => lowest <= *bound && *bound <= highest,
                    Comparison::NotEqual => true,
                    Comparison::Less => lowest < *bound,
                    Comparison::LessOrEqual => lowest <= *bound,
                    Comparison::Greater => highest > *bound,
                    Comparison::GreaterOrEqual => highest >= *bound,
                })
            }
        }
    }

    /// The same, of a block of which this is known, as a condition on functions, outcomes and levels; `None` if other
    /// numbers of the block's steps have to be looked at.
    pub(in crate::query) fn of_cells(&self, info: &BlockInfo) -> Option<Self> {
        if !self.may_hold(info) {
            return Some(Self::Never);
        }
        let of_cells = |masks: &[Self]| masks.iter().map(|mask| mask.of_cells(info)).collect::<Option<Vec<_>>>();
        match self {
            Self::Every | Self::OneOf { column: Column::Callsite | Column::Outcome | Column::Level, .. } => {
                Some(self.clone())
            }
            Self::And(masks) => of_cells(masks).map(Self::and),
            Self::Or(masks) => of_cells(masks).map(Self::or),
            Self::Within { numeric, low, high } => {
                let (least, most) = info.range(numeric.column);
                let is_so = *low <= least && most <= *high && all_flags(info, numeric.flag, 0) == Some(true);
                is_so.then_some(Self::Every)
            }
            Self::Flags { set, clear } => {
                all_flags(info, *set, *clear).map(|are_so| if are_so { Self::Every } else { Self::Never })
            }
            Self::Never | Self::OneOf { .. } | Self::RejectionRate { .. } | Self::Compare { .. } | Self::First => None,
        }
    }

    /// The rows of which it holds, of a block that has its columns.
    pub(in crate::query) fn rows(&self, block: &Block) -> Bitmap {
        match self {
            Self::Every => Bitmap::filled(block.len(), true),
            Self::Never => Bitmap::filled(block.len(), false),
            Self::And(masks) => {
                let mut rows = Bitmap::filled(block.len(), true);
                // What takes long is asked of the rows that are left by the others.
                let is_quick = |mask: &&Self| !matches!(mask, Self::Compare { .. } | Self::RejectionRate { .. });
                let (quick, slow): (Vec<_>, Vec<_>) = masks.iter().partition(is_quick);
                for mask in quick.into_iter().chain(slow) {
                    mask.narrow(block, &mut rows);
                    if rows.is_empty() {
                        break;
                    }
                }
                rows
            }
            Self::Or(masks) => {
                let mut rows = Bitmap::filled(block.len(), false);
                masks.iter().for_each(|mask| rows.or(&mask.rows(block)));
                rows
            }
            Self::Within { numeric, low, high } => {
                // One comparison instead of two.
                let (low, width) = (*low, high - low);
                let mut rows = Bitmap::of(block.column(numeric.column), |number| number.wrapping_sub(low) <= width);
                if numeric.flag != 0 {
                    rows.and(&Self::set(numeric.flag).rows(block));
                }
                rows
            }
            Self::OneOf { column, numbers, .. } => match numbers.bits() {
                Some(bits) => Bitmap::of(block.column(*column), |number| number < 64 && bits >> number & 1 == 1),
                None => Bitmap::of(block.column(*column), |number| numbers.has(number)),
            },
            Self::Flags { set, clear } => {
                let (set, either) = (*set, set | clear);
                Bitmap::of(block.column(Column::Flags), |flags| flags & either == set)
            }
            Self::Compare { .. } | Self::RejectionRate { .. } => {
                let mut rows = Bitmap::filled(block.len(), true);
                self.narrow(block, &mut rows);
                rows
            }
            Self::First => {
                let steps = block.column(Column::Step);
                let first = |(run, rows): (&crate::id::RunId, &[u32])| {
                    let rows = rows[0] as usize..rows[1] as usize;
                    let at = steps[rows.clone()].binary_search(&run.root().0).ok()?;
                    Some(rows.start + at)
                };
                Bitmap::of_rows(block.len(), block.runs.iter().zip(block.starts.windows(2)).filter_map(first))
            }
        }
    }
}

impl Mask {
    /// Takes the rows away of which it does not hold.
    fn narrow(&self, block: &Block, rows: &mut Bitmap) {
        let left = match self {
            Self::Compare { comparison, numbers } => {
                let [one, other] = &**numbers;
                let holds = |row: &usize| {
                    compared(*comparison, &one.value(block, *row), &other.value(block, *row)) == Some(true)
                };
                Bitmap::of_rows(block.len(), rows.rows().filter(holds))
            }
            Self::RejectionRate { comparison, bound } => {
                let (kept, eliminated) = (block.column(Column::Kept), block.column(Column::Eliminated));
                let holds = |row: &usize| {
                    rejection_rate(kept[*row], eliminated[*row]).is_some_and(|rate| comparison.holds(rate, *bound))
                };
                Bitmap::of_rows(block.len(), rows.rows().filter(holds))
            }
            mask => return rows.and(&mask.rows(block)),
        };
        *rows = left;
    }
}

/// Whether a step of the block may have these flags: the highest sum says that of the highest flag.
fn has_flags(info: &BlockInfo, flags: u64) -> bool {
    info.range(Column::Flags).1 >= flags
}

/// Whether these flags are set, and these are not, in every step of the block, or in none; `None` if that is not known.
fn all_flags(info: &BlockInfo, set: u64, clear: u64) -> Option<bool> {
    match info.range(Column::Flags) {
        _ if set | clear == 0 => Some(true),
        (least, most) if least == most => Some(least & (set | clear) == set),
        _ => None,
    }
}
