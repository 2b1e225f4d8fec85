//! Kustomize builds: what the files of a repository become before they are deployed.
//!
//! A build takes parsed files and gives objects whose every node knows the file that it was written in. It reads through
//! `core::Files` alone and fetches nothing: a base that lies elsewhere leaves the build partial, and what cannot be
//! known (charts, plugins) is said.

mod accumulate;
mod build;
mod fault;
mod fields;
mod generate;
mod json_patch;
mod library;
mod merge;
mod names;
mod patches;
mod plugins;
mod replace;
mod resource;
mod schema;
mod select;
mod settings;
mod transform;
mod value;
mod variables;

pub use build::{Build, Builds, Built};
pub use fault::{Fault, Refusal};
pub use library::Library;
