//! The one clock: ticks on the caller's thread, nanoseconds since the Unix epoch everywhere else.
//!
//! A call reads the clock twice, and that is most of what a small captured call costs; the processor's time stamp
//! counter is read in about half the time of `std::time::Instant`. It is used where it is invariant or where the
//! kernel itself uses it, `Instant` elsewhere. Ticks are turned into time by the collector, against a baseline that
//! grows to a second: nothing has to be measured before a program's first step.

use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The baseline beyond which the rate is no longer refined: its error is then below one in a million.
const BASELINE: Duration = Duration::from_secs(1);
/// The shortest baseline that a conversion accepts.
const FIRST_BASELINE: Duration = Duration::from_millis(5);

/// The time now, in ticks of a clock that never goes back; costs one read of a counter.
#[inline(always)]
#[must_use]
pub fn ticks() -> u64 {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    if tsc::is_reliable() {
        return tsc::read();
    }
    ticks_of_std()
}

/// As [`ticks`], without asking whether the counter can be relied on: for whoever has asked [`is_counter`].
#[inline(always)]
pub(crate) fn counter() -> u64 {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    return tsc::read();
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    ticks()
}

/// Whether [`counter`] gives the same times as [`ticks`].
pub(crate) fn is_counter() -> bool {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    return tsc::is_reliable();
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    true
}

#[cold]
fn ticks_of_std() -> u64 {
    static ORIGIN: OnceLock<Instant> = OnceLock::new();
    // Nanoseconds since the first reading: 584 years fit.
    ORIGIN.get_or_init(Instant::now).elapsed().as_nanos() as u64
}

#[cfg(all(target_arch = "x86_64", not(miri)))]
mod tsc {
    use std::sync::atomic::{AtomicU8, Ordering};

    const UNKNOWN: u8 = 0;
    const RELIABLE: u8 = 1;
    const UNRELIABLE: u8 = 2;

    static STATE: AtomicU8 = AtomicU8::new(UNKNOWN);

    #[inline(always)]
    pub(super) fn is_reliable() -> bool {
        match STATE.load(Ordering::Relaxed) {
            RELIABLE => true,
            UNRELIABLE => false,
            _ => find_out(),
        }
    }

    #[inline(always)]
    #[allow(unsafe_code)]
    pub(super) fn read() -> u64 {
        // SAFETY: every x86-64 processor has the instruction, and it touches no memory.
        unsafe { std::arch::x86_64::_rdtsc() }
    }

    /// Intel SDM volume 3, "Time-Stamp Counter": leaf 0x80000007, bit 8 of EDX says that the counter runs at a constant
    /// rate in all states. Guests may hide the leaf, while the kernel, which checks for more, says what it trusts.
    #[cold]
    #[allow(unsafe_code, unused_unsafe)]
    fn find_out() -> bool {
        // SAFETY: every x86-64 processor has the instruction; the second leaf is asked for only if the first has it.
        let invariant = unsafe {
            std::arch::x86_64::__cpuid(0x8000_0000).eax >= 0x8000_0007
                && std::arch::x86_64::__cpuid(0x8000_0007).edx & (1 << 8) != 0
        };
        let reliable = invariant
            || std::fs::read_to_string("/sys/devices/system/clocksource/clocksource0/current_clocksource")
                .is_ok_and(|source| source.trim() == "tsc");
        STATE.store(if reliable { RELIABLE } else { UNRELIABLE }, Ordering::Relaxed);
        reliable
    }
}

/// A moment in ticks and in nanoseconds since the Unix epoch, and how long a tick is: what another process needs to turn
/// the ticks of this one into time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reference {
    /// The moment in ticks.
    pub ticks: u64,
    /// The same moment, in nanoseconds since the Unix epoch.
    pub ns: u64,
    /// Nanoseconds of one tick; 0 while it is not known.
    pub ns_per_tick: f64,
}

/// What turns ticks into time.
#[derive(Debug, Clone)]
pub struct Calibration {
    origin_ticks: u64,
    origin: Instant,
    origin_ns: u64,
    ns_per_tick: f64,
    is_final: bool,
}

impl Calibration {
    /// Begins a baseline now.
    #[must_use]
    pub fn start() -> Self {
        Self {
            origin_ticks: ticks(),
            origin: Instant::now(),
            origin_ns: unix_now_ns(),
            ns_per_tick: 0.0,
            is_final: false,
        }
    }

    /// What another process said of its ticks. If it did not come to measuring them, theirs are as long as ours: it was
    /// killed within milliseconds, most likely on this machine.
    #[must_use]
    pub fn of(reference: Reference) -> Self {
        let is_known = reference.ns_per_tick.is_finite() && reference.ns_per_tick > 0.0;
        let ns_per_tick = if is_known { reference.ns_per_tick } else { Self::start().refined().ns_per_tick };
        let (origin_ticks, origin_ns) = (reference.ticks, reference.ns);
        Self { origin_ticks, origin: Instant::now(), origin_ns, ns_per_tick, is_final: true }
    }

    fn refined(mut self) -> Self {
        self.refine();
        self
    }

    /// What another process needs to turn ticks of this one into time.
    #[must_use]
    pub fn reference(&self) -> Reference {
        Reference { ticks: self.origin_ticks, ns: self.origin_ns, ns_per_tick: self.ns_per_tick }
    }

    /// Measures the rate over all the time since the start. The first call waits until there is enough of it, a few
    /// milliseconds; later ones do not wait.
    pub fn refine(&mut self) {
        if self.is_final {
            return;
        }
        if let Some(missing) = FIRST_BASELINE.checked_sub(self.origin.elapsed()) {
            std::thread::sleep(missing);
        }
        let (elapsed, now) = (self.origin.elapsed(), ticks());
        self.ns_per_tick = elapsed.as_nanos() as f64 / now.saturating_sub(self.origin_ticks).max(1) as f64;
        self.is_final = elapsed >= BASELINE;
    }

    /// When that was, in nanoseconds since the Unix epoch.
    #[must_use]
    pub fn unix_ns(&self, ticks: u64) -> u64 {
        let since_origin = ticks as i64 - self.origin_ticks as i64;
        self.origin_ns.saturating_add_signed((since_origin as f64 * self.ns_per_tick) as i64)
    }

    /// How long that was, in nanoseconds.
    #[must_use]
    pub fn duration_ns(&self, from_ticks: u64, to_ticks: u64) -> u64 {
        (to_ticks.saturating_sub(from_ticks) as f64 * self.ns_per_tick) as u64
    }
}

/// Nanoseconds since the Unix epoch, of the operating system's clock.
#[must_use]
pub fn unix_now_ns() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_nanos() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_process_reads_the_same_time() {
        let calibration = Calibration::start().refined();
        let other = Calibration::of(calibration.reference());
        let now = ticks();
        assert_eq!(other.unix_ns(now), calibration.unix_ns(now));
        let unmeasured = Calibration::of(Reference { ns_per_tick: 0.0, ..calibration.reference() });
        let error = unmeasured.unix_ns(now).abs_diff(calibration.unix_ns(now));
        assert!(error < 50_000_000, "{error} ns off");
    }

    #[test]
    fn ticks_become_the_time_that_the_operating_system_says() {
        let mut calibration = Calibration::start();
        calibration.refine();
        let before = unix_now_ns();
        let time = calibration.unix_ns(ticks());
        let error = time.abs_diff(before);
        assert!(error < 50_000_000, "{error} ns off");
        assert_eq!(calibration.duration_ns(5, 5), 0);
        assert_eq!(calibration.duration_ns(6, 5), 0, "a clock that went back is no duration");
    }
}
