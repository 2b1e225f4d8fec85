//! The rules for Terraform that are on, by type of resource.

use std::collections::HashMap;

use portcullis_core::{RuleIdx, StableHash};
use portcullis_model::terraform::{Configuration, Mode, Resource, Source};

use super::{LinkRow, Row, TerraformCheck};
use crate::{Dispatch, Outcome, Report};

/// The compiled table.
#[derive(Debug, Default)]
pub(crate) struct Table {
    /// By type; data sources as `data.aws_ami`.
    resources: HashMap<&'static str, Vec<(RuleIdx, OfResource)>>,
    sources: Vec<(RuleIdx, SourceCheck)>,
}

type SourceCheck = fn(&Source, &mut Report<'_>);

#[derive(Clone, Copy, Debug)]
enum OfResource {
    Row(&'static Row),
    Linked(&'static LinkRow),
    Check(fn(&Resource, &Configuration, &mut Report<'_>)),
}

impl Table {
    pub(crate) fn add(&mut self, rule: RuleIdx, check: TerraformCheck) {
        match check {
            TerraformCheck::Attribute(row) => {
                for (kind, _) in row.on {
                    self.resources.entry(kind).or_default().push((rule, OfResource::Row(row)));
                }
            }
            TerraformCheck::Linked(row) => {
                for kind in row.on {
                    self.resources.entry(kind).or_default().push((rule, OfResource::Linked(row)));
                }
            }
            TerraformCheck::Resource(kinds, check) => {
                for kind in kinds {
                    self.resources.entry(kind).or_default().push((rule, OfResource::Check(check)));
                }
            }
            TerraformCheck::Source(check) => self.sources.push((rule, check)),
        }
    }
}

impl Dispatch {
    /// Whether any rule is on for Terraform.
    pub fn has_terraform_rules(&self) -> bool {
        !self.terraform.resources.is_empty() || !self.terraform.sources.is_empty()
    }

    /// Runs the rules for resources on one configuration.
    pub fn terraform(&self, configuration: &Configuration, outcome: &mut Outcome) {
        let mut data_kind = String::new();
        for resource in &configuration.resources {
            let kind = match resource.mode {
                Mode::Managed => &*resource.kind,
                Mode::Ephemeral => continue,
                Mode::Data => {
                    data_kind.clear();
                    data_kind.push_str("data.");
                    data_kind.push_str(&resource.kind);
                    &data_kind
                }
            };
            let Some(checks) = self.terraform.resources.get(kind) else { continue };
            let mut subject = StableHash::new();
            subject.text(&resource.local);
            let subject = subject.short();
            for &(rule, check) in checks {
                self.run(rule, subject, outcome, |report| match check {
                    OfResource::Row(row) => row.check(kind, resource, configuration, report),
                    OfResource::Linked(row) => row.check(resource, configuration, report),
                    OfResource::Check(check) => check(resource, configuration, report),
                });
            }
        }
    }

    /// Runs the rules for modules as they are written on one of them.
    pub fn terraform_source(&self, source: &Source, outcome: &mut Outcome) {
        for &(rule, check) in &self.terraform.sources {
            self.run(rule, 0, outcome, |report| check(source, report));
        }
    }
}
