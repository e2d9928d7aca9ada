//! Currencies and the number of decimals each one has.

use std::{fmt, str::FromStr};

/// An active ISO 4217 currency. Cheap to copy and compare.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency {
    code: &'static str,
    exponent: u32,
}

/// The text names no currency that this shop knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown currency")]
pub struct UnknownCurrency;

impl Currency {
    /// The US dollar, the shop's default.
    pub const USD: Self = Self { code: "USD", exponent: 2 };

    /// The three-letter code, upper case.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.code
    }

    /// How many decimals an amount has: 2 for USD, 0 for JPY, 3 for KWD.
    #[must_use]
    pub fn exponent(self) -> u32 {
        self.exponent
    }
}

impl FromStr for Currency {
    type Err = UnknownCurrency;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        let decimals = |(exponent, codes): &(u32, &'static [&'static str])| {
            let found = codes.iter().find(|known| **known == code)?;
            Some(Self { code: found, exponent: *exponent })
        };
        BY_EXPONENT.iter().find_map(decimals).ok_or(UnknownCurrency)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)
    }
}

/// ISO 4217, list one (active codes), without metals, funds and test codes, grouped by minor unit. The most used come first.
const BY_EXPONENT: &[(u32, &[&str])] = &[
    (
        2,
        &[
            "USD", "EUR", "GBP", "AED", "AFN", "ALL", "AMD", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT",
            "BMD", "BND", "BOB", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHF", "CNY", "COP", "CRC",
            "CUP", "CVE", "CZK", "DKK", "DOP", "DZD", "EGP", "ERN", "ETB", "FJD", "FKP", "GEL", "GHS", "GIP", "GMD",
            "GTQ", "GYD", "HKD", "HNL", "HTG", "HUF", "IDR", "ILS", "INR", "IRR", "JMD", "KES", "KGS", "KHR", "KPW",
            "KYD", "KZT", "LAK", "LBP", "LKR", "LRD", "LSL", "MAD", "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU",
            "MUR", "MVR", "MWK", "MXN", "MYR", "MZN", "NAD", "NGN", "NIO", "NOK", "NPR", "NZD", "PAB", "PEN", "PGK",
            "PHP", "PKR", "PLN", "QAR", "RON", "RSD", "RUB", "SAR", "SBD", "SCR", "SDG", "SEK", "SGD", "SHP", "SLE",
            "SOS", "SRD", "SSP", "STN", "SVC", "SYP", "SZL", "THB", "TJS", "TMT", "TOP", "TRY", "TTD", "TWD", "TZS",
            "UAH", "UYU", "UZS", "VED", "VES", "WST", "XCD", "XCG", "YER", "ZAR", "ZMW", "ZWG",
        ],
    ),
    (
        0,
        &[
            "JPY", "BIF", "CLP", "DJF", "GNF", "ISK", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF",
            "XPF",
        ],
    ),
    (3, &["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponents_follow_iso_4217() {
        for (code, exponent) in [("USD", 2), ("EUR", 2), ("JPY", 0), ("KWD", 3), ("ISK", 0), ("UGX", 0)] {
            assert_eq!(code.parse::<Currency>().unwrap().exponent(), exponent, "{code}");
        }
    }

    #[test]
    fn a_code_is_listed_once() {
        let mut all: Vec<_> = BY_EXPONENT.iter().flat_map(|(_, codes)| *codes).collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    #[test]
    fn what_is_no_active_code_is_refused() {
        for code in ["usd", "XXX", "", "US", "USDD", "DEM"] {
            assert_eq!(code.parse::<Currency>(), Err(UnknownCurrency), "{code}");
        }
    }
}
