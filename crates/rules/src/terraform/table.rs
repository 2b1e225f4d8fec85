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
    every: Vec<(RuleIdx, OfResource)>,
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
            TerraformCheck::All(of_resource, of_source) => {
                self.every.push((rule, OfResource::Check(of_resource)));
                self.sources.push((rule, of_source));
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

    /// Runs the rules for resources on one of a configuration.
    pub fn terraform(&self, resource: &Resource, configuration: &Configuration, outcome: &mut Outcome) {
        let data_kind;
        let kind = match resource.mode {
            Mode::Managed => &*resource.kind,
            Mode::Ephemeral => return,
            Mode::Data => {
                data_kind = format!("data.{}", resource.kind);
                data_kind.as_str()
            }
        };
        let checks = self.terraform.resources.get(kind).map_or(&[][..], Vec::as_slice);
        if checks.is_empty() && self.terraform.every.is_empty() {
            return;
        }
        let mut subject = StableHash::new();
        subject.text(&resource.local);
        let subject = subject.short();
        for &(rule, check) in checks.iter().chain(&self.terraform.every) {
            self.run(rule, subject, outcome, |report| match check {
                OfResource::Row(row) => row.check(kind, resource, configuration, report),
                OfResource::Linked(row) => row.check(resource, configuration, report),
                OfResource::Check(check) => check(resource, configuration, report),
            });
        }
    }

    /// Runs the rules for modules as they are written on one of them.
    pub fn terraform_source(&self, source: &Source, outcome: &mut Outcome) {
        for &(rule, check) in &self.terraform.sources {
            self.run(rule, 0, outcome, |report| check(source, report));
        }
    }
}
