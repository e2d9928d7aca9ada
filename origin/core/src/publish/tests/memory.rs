//! A database in memory: the products that shoppers see, and the notes of what has changed.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use commerce_catalog::{Categories, Category};
use commerce_domain::{CategorySlug, Product, ProductId};

use crate::{
    StoreError,
    publish::{CatalogState, Noted, NotedChange, NotedChanges},
};

#[derive(Default)]
struct Tables {
    /// The products that shoppers see.
    products: BTreeMap<ProductId, Product>,
    notes: BTreeMap<ProductId, i64>,
    last_token: i64,
}

#[derive(Clone, Default)]
pub(super) struct Memory(Arc<Mutex<Tables>>);

impl Memory {
    pub(super) fn set(&self, id: ProductId, product: Option<Product>) {
        let mut memory = self.0.lock().unwrap();
        match product {
            Some(product) => memory.products.insert(id, product),
            None => memory.products.remove(&id),
        };
        memory.last_token += 1;
        let token = memory.last_token;
        memory.notes.insert(id, token);
    }

    pub(super) fn products(&self) -> Vec<Product> {
        self.0.lock().unwrap().products.values().cloned().collect()
    }

    pub(super) fn notes(&self) -> usize {
        self.0.lock().unwrap().notes.len()
    }
}

pub(super) struct State(BTreeMap<ProductId, Product>, Memory);

impl CatalogState for State {
    async fn products(&mut self, from: Option<ProductId>, limit: u32) -> Result<Vec<Product>, StoreError> {
        let behind = self.0.values().skip_while(|product| from.is_some_and(|from| product.id < from));
        Ok(behind.take(limit as usize).cloned().collect())
    }

    async fn categories(&mut self) -> Result<Categories, StoreError> {
        let slugs: BTreeSet<CategorySlug> = self.0.values().map(|product| product.category.clone()).collect();
        let category = |slug: CategorySlug| Category { name: slug.to_string(), slug, parent: None };
        Ok(Categories::new(slugs.into_iter().map(category).collect()))
    }

    async fn finish(self, published: &[NotedChange]) -> Result<(), StoreError> {
        let mut memory = self.1.0.lock().unwrap();
        for change in published {
            if memory.notes.get(&change.product) == Some(&change.token) {
                memory.notes.remove(&change.product);
            }
        }
        Ok(())
    }
}

impl NotedChanges for Memory {
    type State = State;

    async fn changes(&self) -> Result<Option<Noted<State>>, StoreError> {
        let memory = self.0.lock().unwrap();
        let notes = memory.notes.iter().map(|(product, token)| NotedChange { product: *product, token: *token });
        Ok(Some(Noted { changes: notes.collect(), state: State(memory.products.clone(), self.clone()) }))
    }
}
