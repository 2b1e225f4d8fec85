//! Text to trees with spans.
//!
//! Pure functions: nothing here reads a file, spawns a thread or knows a rule. Parsing never fails; it gives what it
//! could read and the errors.

pub mod dockerfile;
pub mod dotenv;
pub mod edit;
mod embedded;
pub mod expression;
pub mod hcl;
pub mod ini;
pub mod interpolation;
pub mod json;
pub mod properties;
mod scalar;
pub mod shell;
pub mod toml;
mod tree;
pub mod xml;
pub mod yaml;

pub use tree::{
    Anchor, Assembler, Dialect, Document, Lookup, MergeTag, NamedAnchor, Node, Style, Template, Tree, Unknown,
    UnknownId, UnknownReason, Value,
};
