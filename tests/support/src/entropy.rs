//! Adapters of the [`Entropy`] port: the system's generator, and a repeatable one for tests.

use std::sync::{Arc, Mutex, PoisonError};

use commerce_domain::Entropy;
use sha2::{Digest, Sha256};

/// A source of randomness that several tasks share.
pub type SharedEntropy = Arc<dyn Entropy + Send + Sync>;

/// The random generator of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl SystemEntropy {
    /// The system's generator behind the shared pointer that the servers of this crate take.
    pub fn shared() -> SharedEntropy {
        Arc::new(Self)
    }
}

impl Entropy for SystemEntropy {
    #[expect(clippy::disallowed_methods, reason = "this adapter is the Entropy port")]
    fn fill(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer).expect("should get random bytes from the operating system");
    }
}

/// Repeats the same bytes for the same seed: SHA-256 over seed and counter. Clones continue one sequence.
#[derive(Debug, Clone)]
pub struct SeededEntropy {
    state: Arc<Mutex<Stream>>,
}

#[derive(Debug)]
struct Stream {
    seed: u64,
    next_block: u64,
    unused: Vec<u8>,
}

impl SeededEntropy {
    /// The sequence that belongs to `seed`.
    pub fn new(seed: u64) -> Self {
        Self { state: Arc::new(Mutex::new(Stream { seed, next_block: 0, unused: Vec::new() })) }
    }

    /// This source behind the shared pointer that the servers of this crate take.
    pub fn shared(&self) -> SharedEntropy {
        Arc::new(self.clone())
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        let mut stream = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        for byte in buffer {
            if stream.unused.is_empty() {
                stream.refill();
            }
            *byte = stream.unused.pop().unwrap_or_default();
        }
    }
}

impl Stream {
    fn refill(&mut self) {
        let digest =
            Sha256::new().chain_update(self.seed.to_be_bytes()).chain_update(self.next_block.to_be_bytes()).finalize();
        self.next_block = self.next_block.wrapping_add(1);
        self.unused.extend_from_slice(&digest);
    }
}

/// `bytes` random bytes as lower-case hexadecimal digits.
pub(crate) fn random_hex(entropy: &(impl Entropy + ?Sized), bytes: usize) -> String {
    let mut buffer = vec![0; bytes];
    entropy.fill(&mut buffer);
    hex(&buffer)
}

/// `bytes` as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("should write to a string");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(entropy: &dyn Entropy, bytes: usize) -> Vec<u8> {
        let mut buffer = vec![0; bytes];
        entropy.fill(&mut buffer);
        buffer
    }

    #[test]
    fn the_same_seed_repeats_the_same_bytes_however_they_are_drawn() {
        let (whole, pieces) = (SeededEntropy::new(7), SeededEntropy::new(7));
        let mut joined = draw(&pieces, 3);
        joined.extend(draw(&pieces.clone(), 61));
        assert_eq!(draw(&whole, 64), joined);
        assert_ne!(draw(&SeededEntropy::new(8), 64), joined);
    }

    #[test]
    fn the_system_generator_does_not_repeat_itself() {
        assert_ne!(draw(&SystemEntropy, 16), draw(&SystemEntropy, 16));
    }

    #[test]
    fn hexadecimal_keeps_leading_zeros() {
        assert_eq!(hex(&[0, 15, 255]), "000fff");
        assert_eq!(random_hex(&SystemEntropy, 4).len(), 8);
    }
}
