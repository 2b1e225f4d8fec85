//! What nearly every file of rules for Terraform imports.

#![allow(unused_imports, reason = "each file takes what it needs")]
pub(crate) use portcullis_core::{Confidence, OptionMeta, OptionShape, Profile, Severity};
pub(crate) use portcullis_model::terraform::{
    Configuration, Found, Kind, Lookup, Missing, Resource, Source, Value, lookups, lookups_in,
};

pub(crate) use crate::rule::rule;
pub(crate) use crate::terraform::{Absent, Given, Holds, LinkRow, Quantifier, Row, TerraformCheck, Want};
pub(crate) use crate::{Check, Report, Rule};

/// The check of a rule that is a row of the table.
pub(crate) const fn attribute(row: &'static Row) -> Check {
    Check::Terraform(TerraformCheck::Attribute(row))
}

/// The check of a rule that is a row of the table of links.
pub(crate) const fn linked(row: &'static LinkRow) -> Check {
    Check::Terraform(TerraformCheck::Linked(row))
}

/// The check of a rule that looks at each resource of these types.
pub(crate) const fn resource(
    kinds: &'static [&'static str],
    check: fn(&Resource, &Configuration, &mut Report<'_>),
) -> Check {
    Check::Terraform(TerraformCheck::Resource(kinds, check))
}

/// The check of a rule that looks at each module as it is written.
pub(crate) const fn source(check: fn(&Source, &mut Report<'_>)) -> Check {
    Check::Terraform(TerraformCheck::Source(check))
}
