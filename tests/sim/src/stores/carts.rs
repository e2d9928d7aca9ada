//! The carts behind the gate.

use commerce_domain::{Cart, CartId, OrderId};
use origin_core::{
    StoreError,
    checkout::{AddOutcome, CartAddition, CartStore, TakenLine},
};
use origin_dynamo::DynamoCarts;

use super::SimEnvironment;
use crate::{
    bugs::{self, Bug},
    fate::Step,
    gate::gated,
    tables::Tables,
    world::World,
};

/// The carts, whose calls go wrong.
#[derive(Debug, Clone)]
pub(crate) struct SimCarts {
    pub(crate) real: DynamoCarts<SimEnvironment>,
    pub(crate) tables: Tables,
    pub(crate) world: World,
    pub(crate) bug: Option<Bug>,
}

gated! {
    impl CartStore for SimCarts {
        read fn read_cart(owner: ref str) -> Option<Cart>;
    } by hand {
        // For who orders again, which nobody does here.
        async fn add_lines(&self, owner: &str, addition: &CartAddition) -> Result<AddOutcome, StoreError> {
            self.world.alone(self.real.add_lines(owner, addition)).await
        }

        async fn take_out(
            &self,
            owner: &str,
            cart: CartId,
            order: OrderId,
            lines: &[TakenLine],
        ) -> Result<Option<u64>, StoreError> {
            let (this, owner, lines) = (self.clone(), owner.to_owned(), lines.to_vec());
            let call = move || async move {
                let taken = this.real.take_out(&owner, cart, order, &lines).await?;
                bugs::after_taking_out(&this, &owner, cart, taken).await
            };
            self.world.call(Step::write("take_out"), call).await
        }
    }
}
