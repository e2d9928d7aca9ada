//! Typed ids: a prefix that says what the id names, and a UUIDv7 in Crockford's base 32, as the TypeID specification (v0.3) has it.
//!
//! An id is parsed before any I/O; what does not parse cannot exist.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::{Builder, Uuid, Variant, Version};

use crate::{Clock, Entropy};

/// The text is no id of the expected kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid id")]
pub struct IdError;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const SUFFIX_LENGTH: usize = 26;

/// Defines an id type per line: name, prefix, what it names.
macro_rules! ids {
    ($($name:ident, $prefix:literal, $what:literal;)*) => {$(
        #[doc = concat!("Names ", $what, ": `", $prefix, "_` and a UUIDv7 in base 32.")]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// What the text form begins with, without the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// A new id. Ids sort by the millisecond they were made in.
            #[must_use]
            pub fn generate(clock: &impl Clock, entropy: &impl Entropy) -> Self {
                Self(uuid_v7(clock, entropy))
            }

            /// The id of this UUID.
            ///
            /// # Errors
            /// [`IdError`] if it is not of version 7.
            pub fn from_uuid(uuid: Uuid) -> Result<Self, IdError> {
                is_v7(uuid).then_some(Self(uuid)).ok_or(IdError)
            }

            /// The UUID, as databases store it.
            #[must_use]
            pub fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_id(f, $prefix, self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                parse_id($prefix, text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }
    )*};
}

ids! {
    ProductId, "prod", "a product";
    VariantId, "var", "a sellable variant of a product";
    CartId, "cart", "one life of a cart";
    CheckoutId, "chk", "a checkout, from the first request to its order";
    OrderId, "order", "an order";
    PaymentId, "pay", "a payment";
    AttemptId, "att", "one attempt to pay";
    RefundId, "ref", "a refund";
    ReturnId, "ret", "goods that came back from a customer";
    ShipmentId, "ship", "a shipment";
    CustomerId, "cust", "a customer";
    EventId, "evt", "an event";
    AdjustmentId, "adj", "an adjustment of stock";
    InvoiceId, "inv", "an invoice or a credit note";
}

fn uuid_v7(clock: &impl Clock, entropy: &impl Entropy) -> Uuid {
    let mut random = [0; 10];
    entropy.fill(&mut random);
    let millis = u64::try_from(clock.now().as_millisecond()).unwrap_or(0);
    Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

fn is_v7(uuid: Uuid) -> bool {
    uuid.get_version() == Some(Version::SortRand) && uuid.get_variant() == Variant::RFC4122
}

fn write_id(f: &mut fmt::Formatter<'_>, prefix: &str, uuid: Uuid) -> fmt::Result {
    let mut rest = uuid.as_u128();
    let mut suffix = [0; SUFFIX_LENGTH];
    for place in suffix.iter_mut().rev() {
        *place = ALPHABET[(rest & 31) as usize];
        rest >>= 5;
    }
    let suffix = std::str::from_utf8(&suffix).expect("should be ASCII: every byte comes from the alphabet");
    write!(f, "{prefix}_{suffix}")
}

fn parse_id(prefix: &str, text: &str) -> Result<Uuid, IdError> {
    let suffix = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_')).ok_or(IdError)?;
    // 26 digits of 5 bits are 130 bits: the first digit may only use three of its five.
    if suffix.len() != SUFFIX_LENGTH || suffix.as_bytes()[0] > b'7' {
        return Err(IdError);
    }
    let mut value: u128 = 0;
    for byte in suffix.bytes() {
        let digit = ALPHABET.iter().position(|known| *known == byte).ok_or(IdError)?;
        value = (value << 5) | digit as u128;
    }
    let uuid = Uuid::from_u128(value);
    if is_v7(uuid) { Ok(uuid) } else { Err(IdError) }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;

    struct At(i64);
    impl Clock for At {
        fn now(&self) -> Timestamp {
            Timestamp::from_millisecond(self.0).unwrap()
        }
    }

    struct Bytes([u8; 10]);
    impl Entropy for Bytes {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.copy_from_slice(&self.0);
        }
    }

    #[test]
    fn an_id_reads_as_in_the_specification() {
        // The example of the TypeID specification, section "UUID encoding".
        let uuid: Uuid = "01893726-efee-7f02-8fbf-9f2b7bc2f910".parse().unwrap();
        assert_eq!(ProductId::from_uuid(uuid).unwrap().to_string(), "prod_01h4vjdvzefw18zfwz5dxw5y8g");
    }

    #[test]
    fn what_cannot_exist_does_not_parse() {
        let good = "prod_01h4vjdvzefw18zfwz5dxw5y8g";
        assert!(good.parse::<ProductId>().is_ok());
        assert!(good.parse::<VariantId>().is_err(), "another kind");
        for bad in [
            "",
            "prod_",
            "prod_123",
            "01h4vjdvzefw18zfwz5dxw5y8g",
            "prod_81h4vjdvzefw18zfwz5dxw5y8g",
            "prod_01H4VJDVZEFW18ZFWZ5DXW5Y8G",
            "prod_01h4vjdvzefw18zfwz5dxw5y8u",
            "prod_00000000000000000000000000",
            "prod_01h4vjdvzefw18zfwz5dxw5y8g ",
            "prod__01h4vjdvzefw18zfwz5dxw5y8g",
            "pröd_01h4vjdvzefw18zfwz5dxw5y8g",
        ] {
            assert!(bad.parse::<ProductId>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn ids_round_trip_and_sort_by_time(millis in 0_i64..(1 << 40), later in 1_i64..1_000_000, random: [u8; 10]) {
            let id = OrderId::generate(&At(millis), &Bytes(random));
            prop_assert_eq!(id.to_string().parse::<OrderId>().unwrap(), id);
            prop_assert_eq!(OrderId::from_uuid(id.as_uuid()).unwrap(), id);
            let next = OrderId::generate(&At(millis + later), &Bytes([0; 10]));
            prop_assert!(next.to_string() > id.to_string());
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC{0,40}") {
            let _ = text.parse::<OrderId>();
            let _ = format!("order_{text}").parse::<OrderId>();
        }
    }
}
