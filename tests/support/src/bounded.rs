//! A map that forgets its oldest entry instead of growing.

use std::collections::{HashMap, VecDeque};

/// At most `limit` values by name, in the order of their arrival.
#[derive(Debug)]
pub(crate) struct BoundedMap<V> {
    limit: usize,
    values: HashMap<String, V>,
    order: VecDeque<String>,
}

impl<V> BoundedMap<V> {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, values: HashMap::new(), order: VecDeque::new() }
    }

    /// Sets the value of `name`. A value that was there keeps its place in the order.
    pub(crate) fn insert(&mut self, name: &str, value: V) {
        if self.values.insert(name.to_owned(), value).is_some() {
            return;
        }
        self.order.push_back(name.to_owned());
        if self.order.len() > self.limit
            && let Some(oldest) = self.order.pop_front()
        {
            self.values.remove(&oldest);
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&V> {
        self.values.get(name)
    }

    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut V> {
        self.values.get_mut(name)
    }

    pub(crate) fn remove(&mut self, name: &str) -> Option<V> {
        let value = self.values.remove(name)?;
        // What is removed early is nearly always what came last.
        if let Some(place) = self.order.iter().rposition(|other| other == name) {
            self.order.remove(place);
        }
        Some(value)
    }

    /// The values, oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &V> {
        self.entries().map(|(_, value)| value)
    }

    /// As [`Self::iter`], with names.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&str, &V)> {
        self.order.iter().filter_map(|name| Some((name.as_str(), self.values.get(name)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_entry_goes_first_and_an_update_does_not_count() {
        let mut map = BoundedMap::new(2);
        map.insert("a", 1);
        map.insert("b", 2);
        map.insert("a", 3);
        assert_eq!(map.iter().copied().collect::<Vec<_>>(), [3, 2]);
        map.insert("c", 4);
        assert_eq!((map.get("a"), map.get("b"), map.get("c")), (None, Some(&2), Some(&4)));
        assert_eq!((map.remove("c"), map.remove("c")), (Some(4), None));
        map.insert("d", 5);
        assert_eq!(map.iter().copied().collect::<Vec<_>>(), [2, 5]);
    }
}
