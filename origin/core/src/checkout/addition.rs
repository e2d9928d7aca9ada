//! Lines that go into a cart together.

use commerce_domain::{
    Cart, CartLine, VariantId,
    cart::{MAX_LINES, MAX_QUANTITY, most_pieces},
};

/// A line that is to go into a cart.
#[derive(Debug, Clone, PartialEq)]
pub struct WantedLine {
    /// The variant.
    pub variant_id: VariantId,
    /// The line as it is sold now, with the quantity that is wanted; none where it is not sold any more.
    pub snapshot: Option<CartLine>,
    /// How many pieces can be sold.
    pub sellable: i64,
}

/// Lines that are to go into a cart, by one write.
#[derive(Debug, Clone, PartialEq)]
pub struct CartAddition {
    /// What the cart remembers the addition by, 1 to 64 characters: the same key adds once, within a day.
    pub key: String,
    /// The lines, each variant once, at most 99.
    pub lines: Vec<WantedLine>,
}

/// Why not all pieces of a line went into a cart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftOutReason {
    /// It is not sold any more.
    Gone,
    /// None can be sold.
    SoldOut,
    /// Fewer can be sold.
    FewerLeft,
    /// The cart takes no more lines, or the line no more pieces.
    CartFull,
}

impl LeftOutReason {
    /// Every reason.
    pub const ALL: [Self; 4] = [Self::Gone, Self::SoldOut, Self::FewerLeft, Self::CartFull];

    /// As the API spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::SoldOut => "out_of_stock",
            Self::FewerLeft => "fewer_left",
            Self::CartFull => "cart_full",
        }
    }
}

/// A line of which not all pieces went into a cart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeftOut {
    /// The variant.
    pub variant_id: VariantId,
    /// So many did.
    pub added: u32,
    /// Why not more.
    pub reason: LeftOutReason,
}

/// What became of an addition.
#[derive(Debug, Clone, PartialEq)]
pub enum AddOutcome {
    /// The lines are in the cart, by this call or by an earlier one, but for what was left out.
    Added {
        /// The cart as it is then; none where there is none, as nothing could be added.
        cart: Option<Cart>,
        /// What was left out.
        left_out: Vec<LeftOut>,
    },
    /// The cart is in another currency, and as it was.
    OtherCurrency,
}

/// A cart while lines are added to it: how many it has, and how many pieces of each.
#[derive(Debug, Clone)]
pub struct Room<F> {
    /// The lines that it has.
    pub lines: usize,
    /// How many pieces of a variant it has.
    pub pieces: F,
}

impl<F: Fn(VariantId) -> Option<u32>> Room<F> {
    /// How many pieces of each line go into the cart, where that is any, and what is left out. Pieces that are in the cart already
    /// count against what can be sold and what a line takes.
    #[must_use]
    pub fn fit<'a>(&self, wanted: &'a [WantedLine]) -> (Vec<(&'a CartLine, u32)>, Vec<LeftOut>) {
        let (mut lines, mut added, mut left_out) = (self.lines, Vec::new(), Vec::new());
        for line in wanted {
            let there = (self.pieces)(line.variant_id);
            let (pieces, reason) = fitting(line, there, lines);
            if let Some(snapshot) = line.snapshot.as_ref().filter(|_| pieces > 0) {
                lines += usize::from(there.is_none());
                added.push((snapshot, pieces));
            }
            left_out.extend(reason.map(|reason| LeftOut { variant_id: line.variant_id, added: pieces, reason }));
        }
        (added, left_out)
    }
}

/// How many pieces of a line fit, and why not all do.
fn fitting(line: &WantedLine, there: Option<u32>, lines: usize) -> (u32, Option<LeftOutReason>) {
    let Some(snapshot) = &line.snapshot else { return (0, Some(LeftOutReason::Gone)) };
    let (wanted, in_cart) = (snapshot.quantity.get(), there.unwrap_or(0));
    if line.sellable <= 0 {
        return (0, Some(LeftOutReason::SoldOut));
    }
    if there.is_none() && lines >= MAX_LINES {
        return (0, Some(LeftOutReason::CartFull));
    }
    let sellable = u32::try_from(line.sellable).unwrap_or(MAX_QUANTITY).saturating_sub(in_cart);
    let room = most_pieces(snapshot.unit_price).saturating_sub(in_cart);
    let pieces = wanted.min(sellable).min(room);
    let reason = match pieces {
        _ if pieces == wanted => None,
        _ if pieces == room => Some(LeftOutReason::CartFull),
        _ => Some(LeftOutReason::FewerLeft),
    };
    (pieces, reason)
}

#[cfg(test)]
mod tests {
    use commerce_domain::{Money, Quantity};
    use jiff::Timestamp;

    use super::*;

    fn variant(number: u32) -> VariantId {
        format!("var_01h4vjdvzefw18zfwz5dx{number:05}").parse().unwrap()
    }

    fn line(number: u32, quantity: u32, sellable: i64) -> WantedLine {
        let snapshot = CartLine {
            variant_id: variant(number),
            product_id: "prod_01h4vjdvzefw18zfwz5dxw5y8g".parse().unwrap(),
            quantity: Quantity::new(i64::from(quantity)).unwrap(),
            name: "Lamp".to_owned(),
            options: Vec::new(),
            unit_price: Money::from_minor(1_000, "USD".parse().unwrap()).unwrap(),
            category: None,
            product_version: 1,
            image_url: None,
            added_at: Timestamp::UNIX_EPOCH,
        };
        WantedLine { variant_id: variant(number), snapshot: Some(snapshot), sellable }
    }

    fn fit(there: &[(u32, u32)], lines: usize, wanted: &WantedLine) -> (u32, Option<LeftOutReason>) {
        let pieces = |id| there.iter().find(|(number, _)| variant(*number) == id).map(|(_, pieces)| *pieces);
        let (added, left_out) = Room { lines, pieces }.fit(std::slice::from_ref(wanted));
        (added.first().map_or(0, |(_, pieces)| *pieces), left_out.first().map(|left| left.reason))
    }

    #[test]
    fn what_cannot_go_into_the_cart_is_named_with_the_reason() {
        use LeftOutReason::{CartFull, FewerLeft, Gone, SoldOut};
        let gone = WantedLine { snapshot: None, ..line(1, 2, 5) };
        for (there, lines, wanted, expected) in [
            (&[][..], 0, line(1, 2, 5), (2, None)),
            (&[(1, 3)], 1, line(1, 2, 5), (2, None)),
            (&[], 0, gone, (0, Some(Gone))),
            (&[], 0, line(1, 2, 0), (0, Some(SoldOut))),
            (&[], 0, line(1, 2, -3), (0, Some(SoldOut))),
            (&[], 0, line(1, 2, 1), (1, Some(FewerLeft))),
            (&[(1, 4)], 1, line(1, 2, 5), (1, Some(FewerLeft))),
            (&[(1, 9)], 1, line(1, 2, 5), (0, Some(FewerLeft))),
            (&[(1, 998)], 1, line(1, 2, 5_000), (1, Some(CartFull))),
            (&[(1, 999)], 1, line(1, 2, 5_000), (0, Some(CartFull))),
            (&[], 98, line(1, 2, 5), (2, None)),
            (&[], 99, line(1, 2, 5), (0, Some(CartFull))),
            (&[(1, 1)], 99, line(1, 2, 5), (2, None)),
        ] {
            assert_eq!(fit(there, lines, &wanted), expected, "{there:?} {lines} {wanted:?}");
        }
    }

    #[test]
    fn lines_that_are_added_take_room_from_those_behind_them() {
        let wanted = [line(1, 1, 5), line(2, 1, 5), line(3, 1, 5)];
        let (added, left_out) = Room { lines: 97, pieces: |_| None }.fit(&wanted);
        assert_eq!((added.len(), left_out.len()), (2, 1));
        assert_eq!(left_out[0], LeftOut { variant_id: variant(3), added: 0, reason: LeftOutReason::CartFull });
    }
}
