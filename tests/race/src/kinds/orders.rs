//! Races for pieces, and of one cart that is ordered twice.

use commerce_domain::{ProductId, VariantId};
use origin_core::hooks::HookPoint;

use super::{Outcome, first_of, judged};
use crate::{lab::Failure, race::Track};

pub(super) async fn sold_out(track: &Track, number: u32, ada: &str, bob: &str) -> Result<Outcome, Failure> {
    let product = track.lab.product(&track.clock, 1, 1).await?;
    one_gets_it(track, number, [ada, bob], &first_of(&product)).await
}

/// Of two who order the same at once, one gets it. There is enough for one.
async fn one_gets_it(
    track: &Track,
    number: u32,
    who: [&str; 2],
    lines: &[(ProductId, VariantId)],
) -> Result<Outcome, Failure> {
    for who in who {
        track.lab.fill_cart(&track.clock, who, lines).await?;
    }
    let window = track.meeting.open(&[HookPoint::BeforeHold], number);
    let order = async |who| {
        let mut answer = track.order(who, None).await?;
        // Contention is not sold out.
        while answer.status == 503 {
            answer = track.order(who, None).await?;
        }
        Ok::<_, Failure>(answer)
    };
    let (first, second) = tokio::try_join!(order(who[0]), order(who[1]))?;
    let placed = [&first, &second].iter().filter(|answer| answer.status == 201).count();
    let refused = [&first, &second].iter().filter(|answer| answer.code() == "OUT_OF_STOCK").count();
    Ok(judged(window.met(), &[((placed, refused) == (1, 1), &(&first, &second))]))
}

pub(super) async fn two_orders(track: &Track, number: u32, ada: &str, keys: [&str; 2]) -> Result<Outcome, Failure> {
    let product = track.lab.product(&track.clock, 1, 5).await?;
    track.lab.fill_cart(&track.clock, ada, &first_of(&product)).await?;
    let window = track.meeting.open(&[HookPoint::BeforeClaim], number);
    let (first, second) = tokio::try_join!(track.order(ada, Some(keys[0])), track.order(ada, Some(keys[1])))?;
    let placed: Vec<String> =
        [&first, &second].iter().filter(|answer| answer.status == 201).map(|answer| answer.text("orderId")).collect();
    let one = placed.first().is_some_and(|order| placed.iter().all(|other| other == order));
    let told = [&first, &second]
        .iter()
        .all(|answer| answer.status == 201 || matches!(answer.code(), "REQUEST_IN_PROGRESS" | "CART_EMPTY"));
    Ok(judged(window.met(), &[(one && told, &(&first, &second))]))
}

/// The second line is there once: who does not get it holds nothing of the first.
pub(super) async fn two_lines_ordered(track: &Track, number: u32, ada: &str, bob: &str) -> Result<Outcome, Failure> {
    let product = track.lab.product(&track.clock, 2, 1).await?;
    let lines: Vec<_> = product.variants.iter().map(|variant| (product.id, *variant)).collect();
    one_gets_it(track, number, [ada, bob], &lines).await
}
