//! The bytes of all reviews at hand: read, waiting or being judged.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A number of bytes that may be taken at once.
pub(crate) struct Budget {
    limit: u64,
    taken: AtomicU64,
}

/// What one review has taken, given back when it is dropped.
pub(crate) struct Share {
    budget: Arc<Budget>,
    bytes: u64,
}

impl Budget {
    pub(crate) fn new(limit: u64) -> Arc<Self> {
        Arc::new(Self { limit, taken: AtomicU64::new(0) })
    }

    pub(crate) fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }

    pub(crate) fn share(self: &Arc<Self>) -> Share {
        Share { budget: Arc::clone(self), bytes: 0 }
    }
}

impl Share {
    /// Takes more, or tells that there is no more.
    pub(crate) fn grow(&mut self, bytes: u64) -> bool {
        let budget = &self.budget;
        let more = |taken: u64| taken.checked_add(bytes).filter(|&sum| sum <= budget.limit);
        let grown = budget.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok();
        if grown {
            self.bytes = self.bytes.saturating_add(bytes);
        }
        grown
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.taken.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
