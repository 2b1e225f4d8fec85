//! Terraform configurations evaluated: variables, locals, functions, `count`, `for_each`, `dynamic`, modules.
//!
//! Evaluation is lazy, remembers what it has evaluated, and depends on nothing but the texts: no network, no
//! environment, no clock. What cannot be known is a value like any other, with the reason.
//!
//! A [`Library`] is given the files that were parsed, gathers what these refer to, and says which directories are roots;
//! [`evaluate`] makes the configuration of each. A plan becomes the same by [`plan::configuration`].

mod access;
mod calls;
mod declarations;
mod evaluate;
mod expression;
mod functions;
mod given;
mod library;
mod limits;
mod modules;
mod operators;
pub mod plan;
mod policy_document;
mod provenance;
mod resources;
mod scope;
mod tags;
mod template;
mod traversal;
mod types;
mod written;

pub use evaluate::{Evaluated, Gap, Limit, Options, evaluate};
pub use given::{Fit, Given};
pub use library::{Call, Library, Role, parse, role_of};
pub use limits::{INSTANCES, MODULE_DEPTH};

pub(crate) use functions::Fault;
