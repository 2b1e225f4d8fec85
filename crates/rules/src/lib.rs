//! The builtin rules, and the table that sends each document to the rules that want it.
//!
//! A rule is one declaration: metadata, docs with running examples, and a small function. Nothing here reads a file,
//! prints, or knows of configuration beyond the [`Context`] it is given.

/// Formats a message. A rule's messages are kept until the report is written, so that they take no more room than they
/// need; the macro of the standard library grows its string by doubling.
macro_rules! format {
    ($($argument:tt)*) => {
        $crate::text::exact(::std::format_args!($($argument)*))
    };
}

pub mod actions;
mod catalog;
mod compose;
mod context;
mod dispatch;
pub mod dockerfile;
mod end_of_life;
pub mod kubernetes;
mod packages;
mod registries;
mod report;
mod rule;
pub mod scan;
mod secrets;
mod shell;
pub mod terraform;
mod text;

pub use catalog::{builtin, catalog, catalog_with};
pub use context::{Context, Date, OptionValue, Options, PodSecurity, PodSecurityLevel};
pub use dispatch::{ACROSS_FILES, Dispatch, HELM_VALUES, Outcome};
pub use packages::is_licence;
pub use report::{Place, Report, Spot};
pub use rule::{Check, Rule};
pub use secrets::is_about_secrets;
