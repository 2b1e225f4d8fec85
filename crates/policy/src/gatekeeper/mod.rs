//! Gatekeeper's policies: templates, constraints, what they say about an object, and the suites that test them.
//!
//! [`Policies`] are what objects declare, [`Gatekeeper`] what became of them with an inventory, and a [`Reviewer`] is one thread's
//! evaluator. Everything is decided as Gatekeeper 3 does for its command line: an object is reviewed as it is written, without an
//! operation or a user. Policies in CEL and mutations are not evaluated; templates that have nothing else are named in
//! [`Loaded::notes`]. What cannot be decided without the cluster (the labels of a namespace that is not given) is
//! [`Outcome::undecided`], never a violation.

mod constraint;
mod expansion;
mod inventory;
mod matching;
mod object;
mod policies;
mod review;
mod rules;
mod schema;
mod selector;
mod suite;
mod template;

pub use constraint::{Enforcement, Point};
pub use expansion::Generated;
pub use inventory::Inventory;
pub use object::Object;
pub use policies::{Gatekeeper, Loaded, Policies};
pub use review::{Outcome, Review, Reviewer, Undecided, Violation, Wanted};
pub use rules::ConstraintRule;
pub use suite::{Assertion, Case, CaseResult, Count, ReadFile, Suite, SuiteResult, Test, TestResult, Verdict};
