//! Policies in Rego: loaded, checked, evaluated.
//!
//! A [`Library`] is what a set of policy files and data documents became; a [`Worker`] of it evaluates rules, one worker for
//! each thread. What cannot be loaded or evaluated is a [`Fault`] with a place, and other policies still run. Policies get no
//! files, no network and no environment. A library does not know what a rule's result means: that is what `conventions` are
//! for, which ask about `inputs` and `locate` what is said of them.
//!
//! The interpreter of `regorus` does the work, but for rules whose meaning is plain, which are evaluated by `plan`s of them. It
//! is hidden here: [`Value`] is what others see of it, and its faults are worked around at load (`rewrite`), by a check of
//! calls that it leaves to the evaluation (`check`), and by functions that stand in for its own (`builtins`).

mod annotation;
mod builtins;
pub mod bundle;
mod check;
mod conventions;
mod declaration;
mod documents;
pub mod gatekeeper;
pub mod inputs;
mod interpreter;
mod library;
mod locate;
mod module;
pub mod packs;
mod plan;
mod reference;
mod rewrite;
pub mod testing;
mod value;
mod worker;

pub use annotation::{Annotation, Person, RelatedResource, Scope};
pub use conventions::{Check, Form, Hint, Kind, Lacks, Namespaces, Policies, Unasked, Violation};
pub use declaration::{Package, Rule, RuleKind};
pub use documents::{Conflict, Documents, document};
pub use library::{Aggregate, Library};
pub use locate::{Located, Outline};
pub use module::{BuiltinErrors, Counting, Definitions, Evaluation, Fault, Limits, Module, Options, RegoVersion};
pub use reference::rule_path;
pub use value::{Value, View};
pub use worker::{Coverage, Print, Worker};
