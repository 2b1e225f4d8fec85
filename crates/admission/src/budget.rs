//! The bytes of all reviews at hand: read, waiting or being judged.
//!
//! Bytes count as they come, because an announcement costs nothing: who announces much and sends little takes nothing away from
//! others. A large body that has shown that it comes is promised the rest, so that of many at once the first are read to
//! their end, and not all of them to the point where none fits. What is promised is kept from other large bodies alone.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A number of bytes that may be taken at once.
pub(crate) struct Budget {
    limit: u64,
    bytes: Mutex<Bytes>,
}

#[derive(Default)]
struct Bytes {
    taken: u64,
    /// To large bodies, and not taken yet.
    promised: u64,
}

/// What one review has taken and was promised, given back when it is dropped.
pub(crate) struct Share {
    budget: Arc<Budget>,
    bytes: Bytes,
}

impl Budget {
    pub(crate) fn new(limit: u64) -> Arc<Self> {
        Arc::new(Self { limit, bytes: Mutex::default() })
    }

    pub(crate) fn taken(&self) -> u64 {
        self.bytes().taken
    }

    pub(crate) fn share(self: &Arc<Self>) -> Share {
        Share { budget: Arc::clone(self), bytes: Bytes::default() }
    }

    fn bytes(&self) -> MutexGuard<'_, Bytes> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Share {
    /// Takes more, or tells that there is no more.
    pub(crate) fn grow(&mut self, more: u64) -> bool {
        let mut all = self.budget.bytes();
        let Some(taken) = all.taken.checked_add(more).filter(|&sum| sum <= self.budget.limit) else { return false };
        let kept = more.min(self.bytes.promised);
        all.taken = taken;
        all.promised = all.promised.saturating_sub(kept);
        self.bytes.taken = self.bytes.taken.saturating_add(more);
        self.bytes.promised = self.bytes.promised.saturating_sub(kept);
        true
    }

    /// Keeps so many bytes from other large bodies until they are taken, or tells that they are not there.
    pub(crate) fn promise(&mut self, rest: u64) -> bool {
        let mut all = self.budget.bytes();
        let sum = all.taken.saturating_add(all.promised).saturating_add(rest);
        if sum > self.budget.limit {
            return false;
        }
        all.promised = all.promised.saturating_add(rest);
        self.bytes.promised = self.bytes.promised.saturating_add(rest);
        true
    }

    /// Lets others have all of it.
    pub(crate) fn give_back(&mut self) {
        let Bytes { taken, promised } = std::mem::take(&mut self.bytes);
        let mut all = self.budget.bytes();
        all.taken = all.taken.saturating_sub(taken);
        all.promised = all.promised.saturating_sub(promised);
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.give_back();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_is_kept_from_large_bodies_alone() {
        let budget = Budget::new(100);
        let (mut first, mut second, mut small) = (budget.share(), budget.share(), budget.share());
        assert!(first.grow(10) && first.promise(50));
        assert!(second.grow(10));
        assert!(!second.promise(31), "60 are the first one's");
        assert!(second.promise(30));
        assert!(small.grow(80), "who only announces takes nothing away");
        assert!(!first.grow(1));
        drop(small);
        assert!(first.grow(50) && second.grow(30));
        assert!(!second.grow(1));
        drop(first);
        assert!(second.promise(60));
        drop(second);
        let bytes = budget.bytes();
        assert_eq!((bytes.taken, bytes.promised), (0, 0));
    }
}
