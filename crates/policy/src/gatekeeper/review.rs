//! Reviews: what constraints say about one object.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::constraint::{Constraint, Enforcement, Point};
use super::expansion::{self, Expansion};
use super::inventory::Inventory;
use super::matching::{Candidate, Placement, Source};
use super::object::{Identity, at, text};
use super::policies::Gatekeeper;
use crate::module::Fault;
use crate::value::{Value, View};
use crate::worker::Worker;

/// A request that constraints judge.
#[derive(Clone, Debug)]
pub struct Review {
    /// What policies see as `input.review`.
    request: Value,
    /// The object, and the one that it replaces.
    identities: Vec<Identity>,
    namespace: String,
    placement: Placement,
    source: Source,
}

/// What a constraint found.
#[derive(Clone, Debug, PartialEq)]
pub struct Violation {
    /// The constraint's kind.
    pub kind: String,
    /// The constraint's name.
    pub constraint: String,
    /// `msg`; for an object that would be made, with the expansion template in front, as Gatekeeper says it.
    pub message: String,
    /// `details`; undefined for none.
    pub details: Value,
    /// What follows.
    pub enforcement: Enforcement,
    /// The expansion template, where the object would be made by a controller.
    pub implied_by: Option<String>,
}

/// A constraint that may or may not be about the object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undecided {
    /// The constraint's kind.
    pub kind: String,
    /// The constraint's name.
    pub constraint: String,
    /// What would have to be known.
    pub reason: String,
}

/// What all constraints say.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// In order of kinds, constraints and what policies give.
    pub violations: Vec<Violation>,
    /// Policies that could not be evaluated.
    pub faults: Vec<Fault>,
    /// Constraints that could not be matched.
    pub undecided: Vec<Undecided>,
}

impl Review {
    /// A review of an object as it is written: no operation, no user.
    pub fn of_object(object: &Value) -> Self {
        let identity = Identity::of(object);
        let kind = kind_of(&identity);
        let request = Value::object::<&str>([])
            .with("kind", kind)
            .with("name", Value::from(identity.name.as_str()))
            .with("namespace", Value::from(identity.namespace.as_str()))
            .with("object", object.clone());
        let namespace = identity.namespace.clone();
        let request = complete(request);
        let identities = vec![identity];
        Self { request, identities, namespace, placement: Placement::Written, source: Source::Original }
    }

    /// The same where whoever applies the object says what its namespace is, if it does not: constraints for some namespaces are
    /// not decided then.
    #[must_use]
    pub fn anywhere(self) -> Self {
        Self { placement: Placement::Open, ..self }
    }

    /// The review of an `AdmissionReview`. A deletion is judged by the object that goes.
    pub fn of_admission(admission: &Value) -> Result<Self, String> {
        Self::of_request(at(admission, &["request"]).ok_or("the AdmissionReview has no request")?)
    }

    /// The same from the request in it.
    pub fn of_request(request: Value) -> Result<Self, String> {
        let (object, old) = (at(&request, &["object"]), at(&request, &["oldObject"]));
        let mut request = complete(request);
        if text(&request, &["operation"]) == "DELETE" {
            request = request.with("object", old.clone().ok_or("a deletion has no oldObject")?);
        }
        let identities: Vec<Identity> =
            object.or_else(|| old.clone()).into_iter().chain(old).map(|object| Identity::of(&object)).collect();
        if identities.is_empty() {
            return Err("the request has neither object nor oldObject".to_owned());
        }
        if identities.iter().any(|identity| identity.kind.is_empty()) {
            return Err("an object of the request has no kind".to_owned());
        }
        let namespace = text(&request, &["namespace"]);
        Ok(Self { request, identities, namespace, placement: Placement::Written, source: Source::Original })
    }

    /// Whether an object is an `AdmissionReview`.
    pub fn is_admission(object: &Value) -> bool {
        let identity = Identity::of(object);
        identity.group == "admission.k8s.io" && identity.kind == "AdmissionReview"
    }

    fn candidates(&self) -> impl Iterator<Item = Candidate<'_>> {
        self.identities.iter().map(|identity| Candidate {
            identity,
            namespace: &self.namespace,
            placement: self.placement,
            source: self.source,
        })
    }
}

/// A request with the fields that the server always writes.
fn complete(request: Value) -> Value {
    let missing = [
        ("uid", Value::from("")),
        ("operation", Value::from("")),
        ("userInfo", Value::object::<&str>([])),
        ("object", Value::NULL),
        ("oldObject", Value::NULL),
        ("options", Value::NULL),
        ("resource", Value::object(["group", "version", "resource"].map(|key| (key, Value::from(""))))),
    ];
    missing.into_iter().fold(
        request,
        |request, (key, value)| {
            if request.get(key).is_some() { request } else { request.with(key, value) }
        },
    )
}

fn kind_of(identity: &Identity) -> Value {
    let fields = [("group", &identity.group), ("version", &identity.version), ("kind", &identity.kind)];
    Value::object(fields.map(|(key, text)| (key, Value::from(text.as_str()))))
}

/// Reviews objects; made by [`Gatekeeper::reviewer`], one for each thread.
pub struct Reviewer {
    policies: Vec<Policy>,
    expansions: Vec<Expansion>,
    inventory: Arc<Inventory>,
}

struct Policy {
    worker: Worker,
    rule: Arc<str>,
    module: Arc<str>,
    constraints: Arc<[Constraint]>,
    broken: Arc<AtomicBool>,
}

/// Which constraints are asked, by kind and name.
pub type Wanted<'w> = &'w dyn Fn(&str, &str) -> bool;

impl Reviewer {
    pub(super) fn new(gatekeeper: &Gatekeeper) -> Self {
        let policies = gatekeeper.policies.iter().map(|policy| Policy {
            worker: policy.library.worker(),
            rule: Arc::clone(&policy.rule),
            module: Arc::clone(&policy.module),
            constraints: Arc::clone(&policy.constraints),
            broken: Arc::clone(&policy.broken),
        });
        Self {
            policies: policies.collect(),
            expansions: gatekeeper.expansions.clone(),
            inventory: Arc::clone(&gatekeeper.inventory),
        }
    }

    /// Reviews an object as it is written, and what controllers will make of it.
    pub fn review_object(&mut self, object: &Value, point: Point) -> Outcome {
        self.review_all(object, &Review::of_object(object), point, &|_, _| true)
    }

    /// The same with a review of the object, by the constraints that are wanted.
    pub fn review_all(&mut self, object: &Value, review: &Review, point: Point, wanted: Wanted<'_>) -> Outcome {
        let mut outcome = self.review_by(review, point, wanted);
        if self.expansions.is_empty() {
            return outcome;
        }
        let generated = match expansion::expand(&self.expansions, object) {
            Ok(generated) => generated,
            Err(message) => {
                outcome.faults.push(Fault::new("", 0, 0, message));
                return outcome;
            }
        };
        for generated in generated {
            let placement = review.placement;
            let review = Review { source: Source::Generated, placement, ..Review::of_object(&generated.value) };
            let implied = self.review_by(&review, point, wanted);
            outcome.faults.extend(implied.faults);
            outcome.undecided.extend(implied.undecided);
            outcome.violations.extend(implied.violations.into_iter().map(|violation| Violation {
                message: format!("[Implied by {}] {}", generated.template, violation.message),
                enforcement: generated.enforcement.unwrap_or(violation.enforcement),
                implied_by: Some(generated.template.clone()),
                ..violation
            }));
        }
        outcome
    }

    /// What the constraints that are about a request and speak at this point find.
    pub fn review(&mut self, review: &Review, point: Point) -> Outcome {
        self.review_by(review, point, &|_, _| true)
    }

    /// The same, by the constraints that are wanted.
    pub fn review_by(&mut self, review: &Review, point: Point, wanted: Wanted<'_>) -> Outcome {
        let mut outcome = Outcome::default();
        for policy in &mut self.policies {
            let constraints = Arc::clone(&policy.constraints);
            for constraint in &*constraints {
                let Some(enforcement) = constraint.enforcement(point) else { continue };
                // What is let through in admission is let through for good: there a policy is asked whatever it did before.
                let is_given_up = point != Point::Admission && policy.broken.load(Ordering::Relaxed);
                if is_given_up || !wanted(&constraint.kind, &constraint.name) {
                    continue;
                }
                match is_about(constraint, review, &self.inventory) {
                    Ok(false) => {}
                    Ok(true) => policy.evaluate(constraint, review, enforcement, &mut outcome),
                    Err(reason) => outcome.undecided.push(Undecided {
                        kind: constraint.kind.clone(),
                        constraint: constraint.name.clone(),
                        reason,
                    }),
                }
            }
        }
        outcome
    }
}

/// Whether the object or the one that it replaces is one that the constraint is about.
fn is_about(constraint: &Constraint, review: &Review, inventory: &Inventory) -> Result<bool, String> {
    let mut unknown = None;
    for candidate in review.candidates() {
        match constraint.criteria.matches(candidate, inventory) {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            Err(reason) => unknown = Some(reason),
        }
    }
    unknown.map_or(Ok(false), Err)
}

impl Policy {
    fn evaluate(&mut self, constraint: &Constraint, review: &Review, enforcement: Enforcement, outcome: &mut Outcome) {
        let input = Value::object([("review", review.request.clone()), ("parameters", constraint.parameters.clone())]);
        let result = match self.worker.rule(&self.rule, &input) {
            Ok(result) => result,
            Err(fault) => return outcome.faults.push(self.blame(fault)),
        };
        for violation in result.items() {
            let Some(message) = violation.get("msg") else { continue };
            let View::String(message) = message.view() else {
                let message = format!("{} of {}: `msg` is no text", self.rule, constraint.name);
                outcome.faults.push(Fault::new(&self.module, 0, 0, message));
                continue;
            };
            outcome.violations.push(Violation {
                kind: constraint.kind.clone(),
                constraint: constraint.name.clone(),
                message: message.to_owned(),
                details: violation.get("details").unwrap_or(Value::UNDEFINED),
                enforcement,
                implied_by: None,
            });
        }
    }

    /// A fault that has no place is one of the policy as a whole, and the last thing that is asked of it.
    fn blame(&self, fault: Fault) -> Fault {
        if !fault.path.is_empty() {
            return fault;
        }
        self.broken.store(true, Ordering::Relaxed);
        Fault { path: self.module.to_string(), ..fault }
    }
}
