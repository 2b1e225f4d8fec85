//! Constraints as rules: what reports say of one, and how bad its violations are.
//!
//! The annotation `portcullis.dev/severity` of the constraint or its template decides that, then `custom.severity` in the
//! metadata of the template's policy, then what the constraint enforces.

use std::fmt::Write as _;
use std::sync::Arc;

use portcullis_core::{RuleMeta, Severity};

use super::constraint::{Constraint, Point};
use super::object::Labels;
use super::policies::Policy;

/// A constraint that is a rule.
#[derive(Clone, Debug)]
pub struct ConstraintRule {
    /// The constraint's kind.
    pub kind: String,
    /// The constraint's name.
    pub name: String,
    /// The path of the constraint's object.
    pub path: Arc<str>,
    /// What reports know of it.
    pub meta: RuleMeta,
    /// What the constraint or its template is for, where one of them says so.
    pub help: Option<String>,
}

/// How the ids of these rules begin.
const PREFIX: &str = "policy/gatekeeper/";

/// What gives violations another severity than the constraint's action does.
const SEVERITY: &str = "portcullis.dev/severity";

/// The constraints of a policy that speak anywhere.
pub(super) fn rules(policy: &Policy) -> Vec<ConstraintRule> {
    let stated = stated(policy);
    let speak = policy.constraints.iter().filter_map(|constraint| {
        let enforcement = constraint.enforcement(Point::Any)?;
        let told = [&constraint.annotations, &policy.annotations].into_iter().find_map(severity);
        let severity = told.or(stated).unwrap_or(enforcement.severity());
        Some(rule(policy, constraint, severity))
    });
    speak.collect()
}

fn rule(policy: &Policy, constraint: &Constraint, severity: Severity) -> ConstraintRule {
    let says = |key: &str| {
        let text = [&constraint.annotations, &policy.annotations].into_iter().find_map(|it| it.get(key));
        text.map(|text| on_one_line(text)).filter(|text| !text.is_empty())
    };
    let (kind, name) = (&constraint.kind, &constraint.name);
    let help = says("description");
    let title = says("metadata.gatekeeper.sh/title");
    let mut docs = title.unwrap_or_else(|| format!("The constraint `{name}` of kind `{kind}` is violated"));
    if let Some(description) = &help {
        // Writing to a string cannot fail.
        _ = write!(docs, "\n\n{description}");
    }
    docs.push('\n');
    let meta = RuleMeta {
        id: id(kind, name).into(),
        severity,
        tags: ["policy", "gatekeeper"].into_iter().collect(),
        docs: docs.into(),
        ..RuleMeta::DEFAULT
    };
    ConstraintRule { kind: kind.clone(), name: name.clone(), path: Arc::clone(&constraint.path), meta, help }
}

/// An id that a selector and a comment can name, whatever the names are.
fn id(kind: &str, name: &str) -> String {
    let plain = |letter: char| match letter {
        'a'..='z' | '0'..='9' | '-' | '_' | '.' | ':' => letter,
        'A'..='Z' => letter.to_ascii_lowercase(),
        _ => '-',
    };
    PREFIX.chars().chain(kind.chars().map(plain)).chain(['/']).chain(name.chars().map(plain)).collect()
}

fn severity(annotations: &Labels) -> Option<Severity> {
    annotations.get(SEVERITY)?.trim().to_ascii_lowercase().parse().ok()
}

/// What the metadata of the policy's package or rule says.
fn stated(policy: &Policy) -> Option<Severity> {
    let annotations = policy.library.annotations().iter().filter(|it| it.module == *policy.module);
    let mut severities = annotations.filter_map(|it| it.custom.get("severity"));
    severities.find_map(|severity| severity.as_str()?.to_ascii_lowercase().parse().ok())
}

fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
