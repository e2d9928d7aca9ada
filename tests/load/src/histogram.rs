//! Latencies in a fixed number of buckets.

/// Sub-buckets of each power of two: a value is off by less than 1/64 of itself.
const SUB_BITS: u32 = 6;
const SUB: u64 = 1 << SUB_BITS;
const BUCKETS: usize = ((64 - SUB_BITS as usize) + 1) << SUB_BITS;

/// Counts of durations in nanoseconds, with constant memory (30 KiB).
#[derive(Debug, Clone)]
pub struct Histogram {
    counts: Box<[u64]>,
    total: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self::new()
    }
}

impl Histogram {
    /// Without a value.
    #[must_use]
    pub fn new() -> Self {
        Self { counts: vec![0; BUCKETS].into_boxed_slice(), total: 0 }
    }

    /// Takes a value in.
    pub fn record(&mut self, nanos: u64) {
        self.counts[bucket(nanos)] += 1;
        self.total += 1;
    }

    /// Takes in all values of another one.
    pub fn merge(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self.total += other.total;
    }

    /// How many values there are.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The duration in nanoseconds that at least `percent` of a hundred do not exceed, rounded up to its bucket; 0 without any.
    #[must_use]
    pub fn percentile(&self, percent: u64) -> u64 {
        let wanted = (self.total * percent).div_ceil(100);
        let mut seen = 0;
        let found = self.counts.iter().position(|count| {
            seen += count;
            seen >= wanted && seen > 0
        });
        found.map_or(0, upper_edge)
    }
}

/// Exact below [`SUB`], then logarithmic with [`SUB`] linear steps in each power of two.
#[expect(clippy::cast_possible_truncation, reason = "below BUCKETS, whatever goes in")]
fn bucket(nanos: u64) -> usize {
    let shift = (u64::BITS - SUB_BITS - 1).saturating_sub(nanos.leading_zeros());
    ((u64::from(shift) << SUB_BITS) + (nanos >> shift)) as usize
}

/// The largest value of a bucket.
fn upper_edge(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    if bucket < 2 * SUB {
        return bucket;
    }
    let shift = (bucket >> SUB_BITS) - 1;
    let first = (SUB + (bucket & (SUB - 1))) << shift;
    first + ((1 << shift) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_lies_in_a_bucket_that_is_near_it() {
        for exponent in 0..64 {
            for value in [1_u64 << exponent, (1_u64 << exponent) | 1, u64::MAX >> (63 - exponent)] {
                let edge = upper_edge(bucket(value));
                assert!(edge >= value && edge - value <= value / SUB, "{value} {edge}");
                assert!(bucket(value) < BUCKETS);
            }
        }
    }

    #[test]
    fn percentiles_are_those_of_the_sorted_list() {
        let mut histogram = Histogram::new();
        (1..=100).for_each(|value| histogram.record(value));
        assert_eq!([50, 95, 99, 100].map(|percent| histogram.percentile(percent)), [50, 95, 99, 100]);
        let mut other = Histogram::new();
        other.record(1_000_000);
        histogram.merge(&other);
        assert_eq!((histogram.total(), histogram.percentile(99)), (101, 100));
        assert!(histogram.percentile(100) >= 1_000_000);
    }

    #[test]
    fn nothing_has_no_percentile() {
        assert_eq!(Histogram::new().percentile(99), 0);
    }
}
