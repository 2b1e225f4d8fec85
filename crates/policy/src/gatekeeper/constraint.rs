//! Constraints: a template's policy with parameters, for some objects, with a consequence.

use std::sync::Arc;

use portcullis_core::Severity;

use super::matching::Match;
use super::object::{Labels, Object, annotations, at, text};
use super::schema;
use super::template::Template;
use crate::module::Fault;
use crate::value::Value;

/// A constraint whose template is known.
#[derive(Clone, Debug)]
pub(super) struct Constraint {
    /// Its object's.
    pub path: Arc<str>,
    pub kind: String,
    pub name: String,
    pub annotations: Labels,
    pub criteria: Match,
    /// What policies see as `input.parameters`.
    pub parameters: Value,
    actions: Vec<Action>,
}

/// What follows from a violation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Enforcement {
    /// It is noted.
    DryRun,
    /// Who asks is told.
    Warn,
    /// The object is refused.
    Deny,
}

impl Enforcement {
    /// How bad a violation is, as findings have it.
    pub fn severity(self) -> Severity {
        match self {
            Self::Deny => Severity::High,
            Self::Warn => Severity::Medium,
            Self::DryRun => Severity::Low,
        }
    }

    pub(super) fn read(action: &str) -> Option<Self> {
        match action {
            "deny" => Some(Self::Deny),
            "warn" => Some(Self::Warn),
            "dryrun" => Some(Self::DryRun),
            _ => None,
        }
    }
}

/// Who asks: constraints may have other consequences, or none, for each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Point {
    /// A check before anything reaches a cluster.
    #[default]
    Files,
    /// The admission webhook.
    Admission,
    /// Whoever asks: the strongest of all consequences.
    Any,
}

impl Point {
    fn is_named(self, name: &str) -> bool {
        match self {
            Self::Files => name == "gator.gatekeeper.sh",
            Self::Admission => name == "validation.gatekeeper.sh",
            Self::Any => true,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Action {
    enforcement: Enforcement,
    /// Names of points; `*` is every one.
    points: Vec<String>,
}

pub(super) fn is_constraint(object: &Object) -> bool {
    object.identity().group == "constraints.gatekeeper.sh"
}

impl Constraint {
    pub(super) fn read(object: &Object, template: &Template) -> Result<Self, Fault> {
        let identity = object.identity();
        let fault = |message: String| object.fault(format!("{}: {message}", identity.title()));
        let spec = at(&object.value, &["spec"]).unwrap_or(Value::UNDEFINED);
        let parameters = match spec.get("parameters").or_else(|| template.schema.get("default")) {
            Some(parameters) => {
                let parameters = schema::with_defaults(&template.schema, parameters);
                if let Some(message) = schema::fault(&template.schema, &parameters, "spec.parameters") {
                    return Err(fault(message));
                }
                parameters
            }
            None => Value::object::<&str>([]),
        };
        Ok(Self {
            criteria: Match::read(&spec).map_err(fault)?,
            actions: actions(&spec).map_err(fault)?,
            path: Arc::clone(&object.path),
            kind: identity.kind.clone(),
            name: identity.name.clone(),
            annotations: annotations(&object.value),
            parameters,
        })
    }

    /// Whether two objects declare the same, wherever they stand.
    pub(super) fn says_as_much_as(&self, other: &Self) -> bool {
        self.criteria == other.criteria && self.parameters == other.parameters && self.actions == other.actions
    }

    /// The strongest consequence at a point; none where the constraint does not speak there.
    pub(super) fn enforcement(&self, point: Point) -> Option<Enforcement> {
        let speaks = |action: &&Action| action.points.iter().any(|name| name == "*" || point.is_named(name));
        self.actions.iter().filter(speaks).map(|action| action.enforcement).max()
    }
}

fn actions(spec: &Value) -> Result<Vec<Action>, String> {
    let everywhere = |enforcement| Ok(vec![Action { enforcement, points: vec!["*".to_owned()] }]);
    match text(spec, &["enforcementAction"]).as_str() {
        "" => everywhere(Enforcement::Deny),
        "scoped" => {
            let scoped = at(spec, &["scopedEnforcementActions"]);
            scoped.iter().flat_map(Value::items).map(|action| scoped_action(&action)).collect()
        }
        action => match Enforcement::read(action) {
            Some(enforcement) => everywhere(enforcement),
            None => Err(format!("`enforcementAction` is `{action}`, not deny, warn, dryrun or scoped")),
        },
    }
}

fn scoped_action(action: &Value) -> Result<Action, String> {
    let name = text(action, &["action"]);
    let enforcement =
        Enforcement::read(&name).ok_or_else(|| format!("a scoped action is `{name}`, not deny, warn or dryrun"))?;
    let points = at(action, &["enforcementPoints"]);
    let points = points.iter().flat_map(Value::items).map(|point| text(&point, &["name"])).collect();
    Ok(Action { enforcement, points })
}
