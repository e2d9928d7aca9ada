//! The number of an order as people say it: eight characters that nobody can guess, and one that tells a slip of the tongue.
//!
//! The characters are Crockford's base 32 (<https://www.crockford.com/base32.html>), without his check symbols, four of which
//! are no letters. The check character is the one check symbol of a Reed-Solomon code over GF(32), the field in which BIP 173
//! computes its own (<https://github.com/bitcoin/bips/blob/master/bip-0173.mediawiki>, x⁵ + x³ + 1): each character is weighed with
//! another power of x, so that any one wrong character and any two that are exchanged are found.

use std::{fmt, str::FromStr};

use crate::Entropy;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// x⁵ + x³ + 1.
const FIELD: u8 = 0b10_1001;
const RANDOM: usize = 8;
const LENGTH: usize = RANDOM + 1;

/// The number of an order. Unique in the shop, by the database; not a counter.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct OrderNumber([u8; LENGTH]);

/// The text is no number of an order: it was misread or mistyped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the number of an order")]
pub struct OrderNumberError;

impl OrderNumber {
    /// A new number, of 40 random bits.
    #[must_use]
    pub fn generate(entropy: &impl Entropy) -> Self {
        let mut random = [0; RANDOM];
        entropy.fill(&mut random);
        let mut digits = [0; LENGTH];
        for (digit, byte) in digits.iter_mut().zip(random) {
            *digit = byte & 31;
        }
        digits[RANDOM] = times_x(sum(&digits[..RANDOM]));
        Self(digits)
    }

    /// The nine characters, as databases store them: `7K3M9QXTG`.
    #[must_use]
    pub fn compact(self) -> String {
        self.0.iter().map(|digit| char::from(ALPHABET[usize::from(*digit)])).collect()
    }
}

/// As people read it: `7K3M-9QXT-G`.
impl fmt::Display for OrderNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.compact();
        write!(f, "{}-{}-{}", &text[..4], &text[4..RANDOM], &text[RANDOM..])
    }
}

impl fmt::Debug for OrderNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for OrderNumber {
    type Err = OrderNumberError;

    /// Takes small letters, spaces and hyphens, and the letters that Crockford takes for digits: O, I and L.
    fn from_str(text: &str) -> Result<Self, OrderNumberError> {
        let mut digits = [0; LENGTH];
        let mut written = text.bytes().filter(|byte| !matches!(byte, b' ' | b'-'));
        for place in &mut digits {
            *place = written.next().and_then(digit).ok_or(OrderNumberError)?;
        }
        let is_whole = written.next().is_none() && sum(&digits) == 0;
        is_whole.then_some(Self(digits)).ok_or(OrderNumberError)
    }
}

fn digit(byte: u8) -> Option<u8> {
    let byte = match byte.to_ascii_uppercase() {
        b'O' => b'0',
        b'I' | b'L' => b'1',
        other => other,
    };
    ALPHABET.iter().position(|known| *known == byte).and_then(|digit| u8::try_from(digit).ok())
}

/// The digits as the coefficients of a polynomial, at x. Zero where the last one is the check of the others.
fn sum(digits: &[u8]) -> u8 {
    digits.iter().fold(0, |sum, digit| times_x(sum) ^ digit)
}

/// A product in GF(32).
fn times_x(factor: u8) -> u8 {
    let product = factor << 1;
    if product < 32 { product } else { product ^ FIELD }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    struct Bytes([u8; RANDOM]);
    impl Entropy for Bytes {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.copy_from_slice(&self.0);
        }
    }

    #[test]
    fn a_number_is_read_as_people_write_it() {
        let number = OrderNumber::generate(&Bytes([7, 19, 3, 20, 9, 23, 29, 26]));
        let text = number.to_string();
        assert_eq!(text, "7K3M-9QXT-G");
        for written in [text.clone(), text.to_lowercase(), text.replace('-', " "), number.compact()] {
            assert_eq!(written.parse(), Ok(number), "{written}");
        }
        let zeros = OrderNumber::generate(&Bytes([0, 1, 0, 1, 0, 1, 0, 1]));
        assert_eq!(zeros.to_string().replace('0', "O").replace('1', "l").parse(), Ok(zeros));
        for bad in ["", "7K3M-9QXT", "7K3M-9QXT-GG", "7K3M-9QXT-W", "7K3M-9QXT-U", "7K3M 9QX! G", "７K3M-9QXT-G"] {
            assert!(bad.parse::<OrderNumber>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn one_wrong_character_and_two_exchanged_ones_are_found(
            random: [u8; RANDOM], at in 0..LENGTH, other in 0..LENGTH, wrong in 0_usize..32
        ) {
            let number = OrderNumber::generate(&Bytes(random));
            prop_assert_eq!(number.compact().parse(), Ok(number));
            let mut mistyped = number.compact().into_bytes();
            mistyped[at] = ALPHABET[wrong];
            let mistyped = String::from_utf8(mistyped).unwrap();
            prop_assert_eq!(mistyped.parse::<OrderNumber>().is_ok(), mistyped == number.compact());
            let mut exchanged = number.compact().into_bytes();
            exchanged.swap(at, other);
            let exchanged = String::from_utf8(exchanged).unwrap();
            prop_assert_eq!(exchanged.parse::<OrderNumber>().is_ok(), exchanged == number.compact());
        }
    }
}
