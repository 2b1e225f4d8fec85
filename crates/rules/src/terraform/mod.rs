//! Rules for Terraform.

mod attribute;
pub(crate) mod aws;
pub(crate) mod azure;
pub(crate) mod google;
mod linked;
mod network;
mod prelude;
mod scripts;
mod table;
pub(crate) mod written;

use portcullis_model::terraform::{Configuration, Resource, Source};

pub use attribute::{Absent, Given, Holds, Quantifier, Row, Want};
pub use linked::LinkRow;
pub(crate) use table::Table;

use crate::Report;

/// What a rule looks at.
#[derive(Clone, Copy, Debug)]
pub enum TerraformCheck {
    /// A row of the table.
    Attribute(&'static Row),
    /// A row of the table of resources that others have to be there for.
    Linked(&'static LinkRow),
    /// Each resource of these types; data sources are written `data.aws_ami`.
    Resource(&'static [&'static str], fn(&Resource, &Configuration, &mut Report<'_>)),
    /// Each resource and data source, of whatever type, and each module as it is written.
    All(fn(&Resource, &Configuration, &mut Report<'_>), fn(&Source, &mut Report<'_>)),
    /// Each module as it is written, whether it is called or not.
    Source(fn(&Source, &mut Report<'_>)),
}
