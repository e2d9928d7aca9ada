//! What the rules need from the outside world: the time, and randomness. Implemented by the adapters and by tests.

use jiff::Timestamp;

/// Tells the time. The only way this project learns it.
pub trait Clock {
    /// The current instant, UTC.
    fn now(&self) -> Timestamp;
}

/// A source of randomness fit for ids and secrets.
pub trait Entropy {
    /// Fills `buffer` with unpredictable bytes.
    fn fill(&self, buffer: &mut [u8]);
}

impl<T: Clock + ?Sized> Clock for &T {
    fn now(&self) -> Timestamp {
        (**self).now()
    }
}

impl<T: Entropy + ?Sized> Entropy for &T {
    fn fill(&self, buffer: &mut [u8]) {
        (**self).fill(buffer);
    }
}
