//! Which rules are on, and how bad their findings are.

use std::collections::{BTreeMap, BTreeSet};

use portcullis_core::{Catalog, Profile, RuleIdx, Severity, is_advisory, is_constraint};
use portcullis_rules::PodSecurity;

use crate::config::RuleSwitch;

/// The rules of a scan.
#[derive(Clone, Debug)]
pub struct Selection {
    /// Severity of each rule that is on, by [`RuleIdx`].
    severities: Vec<Option<Severity>>,
    /// Those whose severity the configuration gives.
    set: BTreeSet<RuleIdx>,
}

/// A selector that names no rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{selector}` names no rule, prefix, tag or peer's id")]
pub struct SelectionError {
    /// As it was written.
    pub selector: String,
}

/// What decides the selection, from weakest to strongest: profile, configuration, Pod Security level, `only`, `skip`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) profile: Profile,
    pub(crate) pod_security: Option<PodSecurity>,
    pub(crate) only: &'a [String],
    pub(crate) skip: &'a [String],
    pub(crate) min_severity: Severity,
    /// What the configuration sets, overrides for the file at hand included.
    pub(crate) switches: &'a BTreeMap<RuleIdx, RuleSwitch>,
}

impl Selection {
    pub(crate) fn new(catalog: &Catalog, wanted: &Wanted<'_>) -> Result<Self, SelectionError> {
        let mut on: Vec<bool> = catalog.iter().map(|(_, rule)| rule.profile <= wanted.profile).collect();
        let mut severity: Vec<Severity> = catalog.iter().map(|(_, rule)| rule.severity).collect();
        for (RuleIdx(index), switch) in wanted.switches {
            if let Some(slot) = on.get_mut(*index as usize) {
                *slot = switch.on.unwrap_or(*slot);
            }
            if let (Some(slot), Some(wanted)) = (severity.get_mut(*index as usize), switch.severity) {
                *slot = wanted;
            }
        }
        if let Some(level) = wanted.pod_security {
            // Exactly the rules of the level: a fixture of the standard must give nothing else.
            on = catalog.iter().map(|(_, rule)| level.level.tags().iter().any(|tag| rule.tags.contains(tag))).collect();
        }
        if !wanted.only.is_empty() {
            on.fill(false);
            set(&mut on, catalog, wanted.only, true)?;
        }
        set(&mut on, catalog, wanted.skip, false)?;
        let severities = on
            .into_iter()
            .zip(severity)
            .map(|(on, severity)| (on && severity >= wanted.min_severity).then_some(severity))
            .collect();
        let set =
            wanted.switches.iter().filter(|(_, switch)| switch.severity.is_some()).map(|(&rule, _)| rule).collect();
        Ok(Self { severities, set })
    }

    /// Leaves on what is wanted alone.
    pub(crate) fn retain(&mut self, is_wanted: impl Fn(RuleIdx) -> bool) {
        for (rule, severity) in (0..).map(RuleIdx).zip(&mut self.severities) {
            *severity = severity.filter(|_| is_wanted(rule));
        }
    }

    /// Whether a rule runs.
    pub fn is_on(&self, rule: RuleIdx) -> bool {
        self.severity(rule).is_some()
    }

    /// The severity of a rule's findings, if it runs.
    pub fn severity(&self, rule: RuleIdx) -> Option<Severity> {
        self.severities.get(rule.0 as usize).copied().flatten()
    }

    /// Whether the configuration says how bad a rule's findings are.
    pub(crate) fn sets_severity(&self, rule: RuleIdx) -> bool {
        self.set.contains(&rule)
    }

    /// How many rules run.
    pub fn count(&self) -> usize {
        self.severities.iter().flatten().count()
    }
}

fn set(on: &mut [bool], catalog: &Catalog, selectors: &[String], value: bool) -> Result<(), SelectionError> {
    for selector in selectors {
        for RuleIdx(index) in named(catalog, selector)? {
            if let Some(slot) = on.get_mut(index as usize) {
                *slot = value;
            }
        }
    }
    Ok(())
}

fn named(catalog: &Catalog, selector: &str) -> Result<Vec<RuleIdx>, SelectionError> {
    let rules = catalog.select(selector);
    // Which advisories and constraints there are depends on what is scanned.
    if rules.is_empty() && !is_advisory(selector) && !is_constraint(selector) {
        Err(SelectionError { selector: selector.to_owned() })
    } else {
        Ok(rules)
    }
}
