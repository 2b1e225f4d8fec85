//! Gatekeeper in admission: constraints that were named, asked about one request at a time.
//!
//! A request has what a manifest does not have, an operation, a user and the object that is replaced, and lacks what a scan has: other
//! objects, and the labels of namespaces. Where no dump of the cluster gives them, a constraint that asks for these would let through what
//! it is for, so it is refused before anything is judged, and so is one that nothing evaluates. What cannot be decided later on is
//! an error, never silence.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use portcullis_core::{Catalog, Draft, FileId, Note, RuleIdx, ScanError};
use portcullis_model::kubernetes::Object;
use portcullis_policy::gatekeeper::{Enforcement, Gatekeeper, Outcome, Point, Review, Reviewer};
use portcullis_policy::{Fault, Outline, Value};
use portcullis_syntax::json;

use super::{Constraints, Declarations, Rule, draft, dumps, options};
use crate::config::RuleAction;
use crate::objects::{Asked, Whom};
use crate::policies::subject;

/// Constraints that requests are judged by.
pub(crate) struct Admission {
    declared: Declarations,
    gatekeeper: Gatekeeper,
    /// By kind and name.
    rules: HashMap<String, HashMap<String, Known>>,
    /// Evaluators that nobody uses: there are as many as threads in the end.
    idle: Mutex<Vec<Reviewer>>,
}

struct Known {
    index: RuleIdx,
    help: Option<String>,
    path: Arc<str>,
}

/// What constraints said of a request.
#[derive(Default)]
pub(crate) struct Reviewed {
    pub(crate) drafts: Vec<Draft>,
    pub(crate) errors: Vec<ScanError>,
    /// The most that may come of each draft, by rule and message.
    most: Vec<(RuleIdx, String, RuleAction)>,
}

impl Reviewed {
    /// The most that may come of a finding. A message in which something was masked is one of its rule's.
    pub(crate) fn most(&self, rule: RuleIdx, message: &str) -> RuleAction {
        let of_rule = || self.most.iter().filter(|(of, ..)| *of == rule);
        let same = of_rule().filter(|(_, said, _)| said == message).map(|(.., most)| *most).max();
        same.or_else(|| of_rule().map(|(.., most)| *most).max()).unwrap_or(RuleAction::Enforce)
    }
}

impl Admission {
    /// What is declared, if anything is; what is wrong with it, or beyond a request and the dumps, is added to the errors.
    pub(crate) fn load(
        declared: &Declarations,
        catalog: &Catalog,
        (named, cwd): (&[PathBuf], &Path),
        errors: &mut Vec<ScanError>,
        notes: &mut Vec<Note>,
    ) -> Option<Self> {
        if declared.is_empty() {
            return None;
        }
        let mut loaded = Constraints::load(declared.clone());
        errors.append(&mut loaded.errors);
        errors.append(&mut loaded.unevaluated);
        let inventory = dumps::inventory(&loaded.policies, named, cwd, errors);
        let beyond = loaded.policies.beyond_review(Point::Admission, (!named.is_empty()).then_some(&inventory));
        errors.extend(beyond.into_iter().map(|fault| declared.error(fault)));
        notes.append(&mut loaded.notes);
        // What does not compile was said.
        let (gatekeeper, _) = loaded.policies.compile(inventory, &options());
        let mut rules: HashMap<String, HashMap<String, Known>> = HashMap::new();
        for rule in loaded.rules {
            if let Some(index) = catalog.by_id(&rule.meta.id) {
                let known = Known { index, help: rule.help, path: rule.path };
                rules.entry(rule.kind).or_default().insert(rule.name, known);
            }
        }
        Some(Self { declared: loaded.declared, gatekeeper, rules, idle: Mutex::default() })
    }

    /// Asks the constraints that are on about an object.
    pub(crate) fn review(
        &self,
        object: &Object<'_>,
        asked: Option<Asked<'_>>,
        is_on: impl Fn(RuleIdx) -> bool,
    ) -> Reviewed {
        let mut reviewed = Reviewed::default();
        if !self.rules.values().flat_map(HashMap::values).any(|rule| is_on(rule.index)) {
            return reviewed;
        }
        let value = Value::from_node(object.node);
        let review = match asked.map_or_else(|| Ok(Review::of_object(&value)), |asked| review(&value, asked)) {
            Ok(review) => review,
            Err(reason) => {
                reviewed.errors.push(error(format!("constraints are not asked: {reason}")));
                return reviewed;
            }
        };
        let is_wanted = |kind: &str, name: &str| self.known(kind, name).is_some_and(|rule| is_on(rule.index));
        let makes_others = asked.is_none_or(|asked| asked.whom == Whom::All);
        let Outcome { violations, faults, undecided } = self.with_reviewer(|reviewer| {
            if makes_others {
                reviewer.review_all(&value, &review, Point::Admission, &is_wanted)
            } else {
                reviewer.review_by(&review, Point::Admission, &is_wanted)
            }
        });
        reviewed.errors.extend(faults.into_iter().map(|fault| self.error(fault)));
        reviewed.errors.extend(
            undecided
                .into_iter()
                .map(|it| error(format!("{} `{}` is not decided: {}", it.kind, it.constraint, it.reason))),
        );
        if violations.is_empty() {
            return reviewed;
        }
        let outline = Outline::of_node(object.node);
        let subject = subject(object.node);
        for violation in violations {
            let Some(known) = self.known(&violation.kind, &violation.constraint) else { continue };
            let most = match violation.enforcement {
                Enforcement::Deny => RuleAction::Enforce,
                Enforcement::Warn => RuleAction::Warn,
                Enforcement::DryRun => RuleAction::Audit,
            };
            let rule = Rule { index: known.index, help: known.help.as_deref(), path: &known.path };
            let draft = draft(violation, rule, &outline, subject);
            reviewed.most.push((known.index, draft.message.to_string(), most));
            reviewed.drafts.push(draft);
        }
        reviewed
    }

    fn known(&self, kind: &str, name: &str) -> Option<&Known> {
        self.rules.get(kind)?.get(name)
    }

    /// A fault without a place is one of what an object would be made into.
    fn error(&self, fault: Fault) -> ScanError {
        if fault.path.is_empty() {
            return error(format!("what is made of the object is not reviewed: {}", fault.message));
        }
        self.declared.error(fault)
    }

    fn with_reviewer<R>(&self, work: impl FnOnce(&mut Reviewer) -> R) -> R {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let known = idle().pop();
        let mut reviewer = known.unwrap_or_else(|| self.gatekeeper.reviewer());
        let result = work(&mut reviewer);
        idle().push(reviewer);
        result
    }
}

fn error(reason: String) -> ScanError {
    ScanError::Policy { path: String::new(), line: 0, column: 0, reason }
}

/// The request as policies see it.
fn review(object: &Value, asked: Asked<'_>) -> Result<Review, String> {
    let mut request = read(asked.fields)?.with("object", object.clone());
    if let Some(old) = asked.old {
        request = request.with("oldObject", read(old)?);
    }
    Review::of_request(request)
}

fn read(text: &Arc<str>) -> Result<Value, String> {
    let tree = json::parse(FileId::default(), text);
    match (tree.errors().first(), tree.documents().next()) {
        (None, Some(document)) => Ok(Value::from_node(document.root)),
        (Some(error), _) => Err(error.message.clone()),
        (None, None) => Err("it is empty".to_owned()),
    }
}
