//! Terraform: values, resources and configurations as rules see them. The `terraform` crate evaluates to them.

mod configuration;
mod document;
mod entries;
mod equality;
mod links;
mod lookup;
pub mod policy;
pub mod value;

pub use configuration::{
    Configuration, Configured, Links, Mode, Module, Provider, Resource, Source, SourceFile, refers,
};
pub use document::document;
pub use lookup::{Found, Lookup, Missing, lookups, lookups_in};
pub use value::{Kind, Reason, Value};
