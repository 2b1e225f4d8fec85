//! Credentials that stand in files.
//!
//! Two ways lead to them: their own form (`detector`: tokens, keys, URLs with a password), and the place where they stand
//! (`structure`: settings, variables, flags, Secrets of Kubernetes), of which `verdict` tells whether the value can be what
//! the name promises. A [`Scanner`] brings both together. Nothing here asks a network whether a credential is valid, and
//! nothing that leaves this crate holds the value: a [`Hit`] says where it is.

mod allow;
pub mod credential;
mod custom;
mod detector;
mod findings;
mod kind;
mod scan;
mod structure;
mod verdict;

pub use allow::{Allow, Condition, Target};
pub use custom::{Custom, Group};
pub use detector::{Detector, Prevalence, detectors};
pub use findings::is_report;
pub use kind::{Hit, Kind, Structural};
pub use scan::{Scanner, Settings, Subject};
pub use verdict::{Setting, Slot, Verdict, judge};
