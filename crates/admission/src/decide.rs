//! What the server asks, and what it is told.

use std::sync::Arc;
use std::time::{Duration, Instant};

pub use portcullis_engine::config::RuleAction;

use crate::review::Request;

/// Judges reviews. A set of rules, policies and settings is one decider; new ones become another.
pub trait Decider: Send + Sync {
    /// Judges one review for one of the configured profiles. After the deadline nobody waits for the answer. A panic counts
    /// as [`Verdict::Failed`].
    fn decide(&self, profile: &str, request: &Request, deadline: Instant) -> Decision;
}

/// What came of a review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether it is allowed.
    pub verdict: Verdict,
    /// What the user is shown, each on a line of its own.
    pub warnings: Vec<String>,
    /// What the API server writes into its audit log: keys without a prefix, which the server adds, and values.
    pub audit_annotations: Vec<(String, String)>,
    /// Each finding's rule and what it did, for the metrics.
    pub findings: Vec<(Arc<str>, RuleAction)>,
    /// What of the time was spent in policies.
    pub policy_time: Duration,
}

/// Whether a review is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is.
    Allowed,
    /// It is not.
    Denied {
        /// What the user reads.
        message: String,
    },
    /// It could not be judged; what that means is for the failure policy to say.
    Failed {
        /// What kept it from being judged, without values of the object.
        reason: String,
    },
}

impl Decision {
    /// Allowed, with nothing to say.
    pub const fn allowed() -> Self {
        Self::of(Verdict::Allowed)
    }

    /// Denied.
    pub const fn denied(message: String) -> Self {
        Self::of(Verdict::Denied { message })
    }

    /// Not judged.
    pub const fn failed(reason: String) -> Self {
        Self::of(Verdict::Failed { reason })
    }

    const fn of(verdict: Verdict) -> Self {
        Self {
            verdict,
            warnings: Vec::new(),
            audit_annotations: Vec::new(),
            findings: Vec::new(),
            policy_time: Duration::ZERO,
        }
    }
}
