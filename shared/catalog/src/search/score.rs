//! BM25 in whole numbers: the same score on every machine (Robertson, Zaragoza: "The Probabilistic Relevance Framework: BM25 and
//! Beyond", 2009).

/// Scores and their parts are in 1/256.
const ONE: u64 = 256;
/// k1 = 1.2 and b = 0.75, in 1/256.
const K1: u64 = 307;
const B: u64 = 192;

/// How rare a word is, in 1/256: log2((all + 1) / (with it + 1/2)).
pub(super) fn rarity(all: u64, with_it: u64) -> u64 {
    log2(2 * all + 2).saturating_sub(log2(2 * with_it + 1))
}

/// What a word of that weight counts in a product of that length, in 1/256: at most 2.2.
pub(super) fn saturation(weight: u64, length: u64, mean_length: u64) -> u64 {
    let norm = K1 * ((ONE - B) + B * length / mean_length.max(1)) / ONE;
    weight * ONE * (K1 + ONE) / (weight * ONE + norm).max(1)
}

/// The logarithm to base 2 in 1/256, of a number above zero.
fn log2(number: u64) -> u64 {
    let whole = u64::from(number.max(1).ilog2());
    // In 1/2^31, from 1 to below 2: each squaring gives one bit more.
    let mut part = if whole <= 31 { number.max(1) << (31 - whole) } else { number >> (whole - 31) };
    let mut bits = 0;
    for _ in 0..8 {
        part = (part * part) >> 31;
        bits <<= 1;
        if part >> 32 != 0 {
            part >>= 1;
            bits |= 1;
        }
    }
    whole * ONE + bits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logarithm_is_one() {
        assert_eq!([1, 2, 3, 10, 1_000, 1 << 40].map(log2), [0, 256, 405, 850, 2_551, 40 * 256]);
        for number in (1..5_000).chain([123_456_789, u64::from(u32::MAX) >> 1]) {
            assert_eq!(log2(2 * number), log2(number) + 256, "{number}");
            assert!(log2(number) <= log2(number + 1), "{number}");
            assert!((2 * log2(number)..=2 * log2(number) + 2).contains(&log2(number * number)), "{number}");
        }
    }

    #[test]
    fn a_rare_word_counts_more_and_a_long_product_less() {
        assert!(rarity(1_000, 1) > rarity(1_000, 10) && rarity(1_000, 10) > rarity(1_000, 1_000));
        assert_eq!(rarity(10, 10), 17, "a word that all have still counts a little");
        assert!(saturation(8, 50, 100) > saturation(8, 100, 100) && saturation(8, 100, 100) > saturation(8, 400, 100));
        assert!(saturation(255, 1, 100) <= 563 && saturation(1, 100, 100) < saturation(2, 100, 100));
    }
}
