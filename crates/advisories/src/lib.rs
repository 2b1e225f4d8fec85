//! What is known about packages: the order of their versions, what a requirement allows, advisories, and the file that
//! keeps these.
//!
//! A [`record::Record`] is an advisory as its database publishes it. [`build`] makes one file of many of them, which
//! [`database::Database`] reads in place; [`Advisories`] lays several such files over what is built into the program and
//! says which advisories hold for a package. Nothing here knows rules.

pub mod build;
pub mod database;
mod error;
pub mod evaluate;
pub mod group;
pub mod matching;
pub mod record;
pub mod requirement;
pub mod severity;
mod timestamp;
pub mod update;
pub mod versions;

pub use error::{Error, Fault, with_causes};
pub use matching::{Advisories, Affected, Known, Match};
pub use requirement::Requirement;
pub use severity::{Level, Rating};
pub use timestamp::Timestamp;
pub use versions::Scheme;
