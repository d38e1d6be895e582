//! Looking many things up at once. What a file holds that is not in memory is fetched one page after the other by one
//! thread, and each time it waits; several threads wait together.

use std::thread::Builder;

/// More of them than there are processors: they mostly wait.
const THREADS: usize = 8;

/// What `look` makes of each of these, in their order. Neighbours are looked up by one thread, one after the other: at
/// least `fewest` of them, as a thread takes some ten microseconds to start, and has to do more than that.
///
/// # Panics
/// When `look` does.
pub(crate) fn abreast<T: Sync, R: Send>(things: &[T], fewest: usize, look: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = (things.len() / fewest).clamp(1, THREADS);
    let mut shares = things.chunks(things.len().div_ceil(threads).max(1));
    let of_share = &|share: &[T]| share.iter().map(&look).collect::<Vec<R>>();
    let Some(first) = shares.next() else { return Vec::new() };
    std::thread::scope(|scope| {
        let others: Vec<_> = shares
            .map(|share| {
                let builder = Builder::new().name("xray-query".to_owned());
                (share, builder.spawn_scoped(scope, move || of_share(share)))
            })
            .collect();
        let mut found = of_share(first);
        for (share, other) in others {
            found.extend(match other {
                Ok(other) => other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
                // Where there is no thread to be had, this one does it.
                Err(_) => of_share(share),
            });
        }
        found
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_looked_up_once_and_comes_in_its_order() {
        for count in [0, 1, 15, 16, 31, 32, 33, 127, 128, 1_000, 1_001] {
            let things: Vec<usize> = (0..count).collect();
            assert_eq!(
                abreast(&things, 16, |thing| thing * 3),
                things.iter().map(|thing| thing * 3).collect::<Vec<_>>()
            );
        }
    }

    #[test]
    fn many_are_looked_up_by_several_threads_and_a_panic_comes_back() {
        let things: Vec<usize> = (0..1_000).collect();
        let mut threads = abreast(&things, 16, |_| std::thread::current().id());
        threads.dedup();
        assert_eq!(threads.len(), THREADS);
        let panics = || abreast(&things, 16, |thing| assert_ne!(*thing, 999));
        assert!(std::panic::catch_unwind(panics).is_err());
    }
}
