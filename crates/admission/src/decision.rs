//! From a review to a verdict: what is judged of it, what is exempt, what a finding does, and what the user reads.
//!
//! Everything is decided by the review and the server's own configuration. Nothing is looked up elsewhere, so that no
//! failed look-up can count as "does not match"; an object that says of itself that it is exempt is not. What cannot be
//! judged is [`Verdict::Failed`], never allowed in silence; a profile that only warns or writes down warns of that.
//!
//! A review carries no labels of its namespace: which namespaces a profile is for is said by the selector of its webhook.

mod exempt;
mod subject;
mod words;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use portcullis_core::{Catalog, RuleIdx, ScanError, Severity, SuppressedBy};
use portcullis_engine::{Asked, Given, JudgedObject, ObjectFinding, Objects, Whom};
use portcullis_rules::Date;

use self::exempt::{Exempt, Exemption, RuleScope};
use self::subject::{Rules, Subject, What};
use crate::decide::{Decider, Decision, RuleAction, Verdict};
use crate::review::Request;
use crate::settings::{Connect, Mode, Profile, Settings};

/// Judges reviews by rules, policies and settings.
#[derive(Debug)]
pub struct Judge {
    objects: Objects,
    profiles: BTreeMap<String, Actions>,
    exempt: Exempt,
    ratchet: Ratchet,
    annotations: Annotations,
    connect: Connect,
    clock: Clock,
}

/// What an update is denied for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ratchet {
    /// Whatever is wrong with the object.
    Off,
    /// What was not wrong with it before.
    On,
}

/// Whether the object's own annotations may suppress findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Annotations {
    Trusted,
    Ignored,
}

/// What tells the day, by which exemptions expire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// The machine's, in UTC.
    System,
    /// Always the same day.
    Fixed(Date),
}

impl Clock {
    fn today(self) -> Date {
        match self {
            Self::System => Date::from_unix(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()),
            Self::Fixed(day) => day,
        }
    }
}

/// Why rules and settings cannot become a decider.
#[derive(Debug, thiserror::Error)]
pub enum JudgeError {
    /// A policy or a definition cannot be loaded: what it would deny would be let through.
    #[error("{0}")]
    Load(ScanError),
    /// A selector of the settings.
    #[error("`{selector}` in `{place}` names no rule, prefix, tag or peer's id")]
    Selector {
        /// As it was written.
        selector: String,
        /// The key.
        place: &'static str,
    },
}

impl Judge {
    /// Puts rules and settings together.
    pub fn new(objects: Objects, settings: &Settings, clock: Clock) -> Result<Self, JudgeError> {
        if let Some(error) = objects.errors().first() {
            return Err(JudgeError::Load(error.clone()));
        }
        let catalog = Arc::clone(objects.catalog());
        let profiles = settings
            .profiles
            .iter()
            .map(|(name, profile)| Actions::new(profile, &catalog).map(|actions| (name.clone(), actions)));
        let profiles = profiles.collect::<Result<_, _>>()?;
        Ok(Self {
            profiles,
            exempt: Exempt::new(&settings.exempt, &catalog)?,
            ratchet: if settings.ratchet { Ratchet::On } else { Ratchet::Off },
            annotations: if settings.trust_annotations { Annotations::Trusted } else { Annotations::Ignored },
            connect: settings.connect,
            clock,
            objects,
        })
    }

    fn object(&self, actions: &Actions, subject: &Subject<'_>, request: &Request, deadline: Instant) -> Decision {
        // Only constraints ask for it.
        let fields = self.objects.has_constraints().then(|| Arc::from(request.fields()));
        let asked = fields.as_ref().map(|fields| Asked {
            fields,
            old: request.old_object.as_ref(),
            whom: if subject.rules == Rules::Constraints { Whom::Constraints } else { Whom::All },
        });
        let judged = match self.judge(subject, subject.text, asked) {
            Ok(judged) => judged,
            Err(reason) => return actions.failed(reason),
        };
        let today = self.clock.today();
        let scope = RuleScope { namespace: subject.namespace, name: judged.name.as_deref().unwrap_or_default(), today };
        let mut found: Vec<Found<'_>> = Vec::new();
        for finding in &judged.findings {
            if !self.counts(finding, subject.rules) {
                continue;
            }
            let wanted = actions.of(finding);
            if wanted == RuleAction::Off {
                continue;
            }
            let exemption = self.exempt.of_finding(finding, &scope);
            let action = if exemption.is_some() { RuleAction::Audit } else { wanted };
            found.push(Found { finding, action, exemption, is_new: true });
        }
        let is_denied = |found: &Found<'_>| found.action == RuleAction::Enforce;
        if let Some(old) = subject.old.filter(|_| subject.is_status || self.ratchet == Ratchet::On)
            && found.iter().any(is_denied)
        {
            if Instant::now() >= deadline {
                return actions.failed(DEADLINE.to_owned());
            }
            // An old object that cannot be judged excuses nothing.
            let before = self.judge(subject, old, asked).map(|old| self.keys(&old, subject.rules)).unwrap_or_default();
            take_old_from(&mut found, before);
        }
        let mut decision = words::decision(&found, self.objects.catalog(), &subject.title(&judged));
        decision.policy_time = judged.policy_time;
        let is_failed = !judged.errors.is_empty() && !matches!(decision.verdict, Verdict::Denied { .. });
        if let Some(error) = judged.errors.first().filter(|_| is_failed) {
            let failed = actions.failed(error.to_string());
            decision.verdict = failed.verdict;
            decision.warnings.splice(0..0, failed.warnings);
            decision.audit_annotations.extend(failed.audit_annotations);
        }
        if Instant::now() >= deadline && !matches!(decision.verdict, Verdict::Denied { .. }) {
            return actions.failed(DEADLINE.to_owned());
        }
        words::cap(&mut decision, request);
        decision
    }

    fn judge(&self, subject: &Subject<'_>, text: &Arc<str>, asked: Option<Asked<'_>>) -> Result<JudgedObject, String> {
        let given = Given { text, namespace: subject.namespace, path: &subject.path, asked };
        self.objects.judge(given).map_err(|error| error.to_string())
    }

    /// Whether a finding is one, as far as the server is concerned.
    fn counts(&self, finding: &ObjectFinding, rules: Rules) -> bool {
        let is_suppressed = match finding.finding.suppressed.as_deref().map(|suppressed| &suppressed.by) {
            None => false,
            Some(SuppressedBy::Comment(_) | SuppressedBy::Annotation(_)) => self.annotations == Annotations::Trusted,
            Some(_) => true,
        };
        let has_tag = |tag: &str| self.objects.catalog().get(finding.finding.rule).tags.contains(tag);
        let is_asked = match rules {
            Rules::All => true,
            Rules::Policies => has_tag("policy"),
            Rules::Constraints => has_tag("policy") && has_tag("gatekeeper"),
        };
        is_asked && !is_suppressed
    }

    /// How often each finding is in an object.
    fn keys(&self, judged: &JudgedObject, rules: Rules) -> HashMap<u64, usize> {
        let mut keys = HashMap::new();
        for finding in judged.findings.iter().filter(|finding| self.counts(finding, rules)) {
            *keys.entry(finding.key).or_insert(0) += 1;
        }
        keys
    }

    /// What a connection gets: there is nothing in it to judge but that it is one, for all but constraints.
    fn connection(&self, actions: &Actions, request: &Request, deadline: Instant) -> Decision {
        let title = subject::connection(request);
        let action = match self.connect {
            Connect::Allow => return self.constraints(actions, request, deadline),
            Connect::Warn => RuleAction::Warn,
            Connect::Deny => RuleAction::Enforce,
        };
        let decision = words::connection(action.min(actions.most), &title);
        if matches!(decision.verdict, Verdict::Denied { .. }) {
            return decision;
        }
        words::and(self.constraints(actions, request, deadline), decision)
    }

    /// What constraints say of a deletion or a connection, of which nothing else speaks.
    fn constraints(&self, actions: &Actions, request: &Request, deadline: Instant) -> Decision {
        if !self.objects.has_constraints() {
            return Decision::allowed();
        }
        match subject::of_constraints(request) {
            Ok(subject) => self.object(actions, &subject, request, deadline),
            Err(reason) => actions.failed(reason),
        }
    }
}

impl Decider for Judge {
    fn decide(&self, profile: &str, request: &Request, deadline: Instant) -> Decision {
        let Some(actions) = self.profiles.get(profile) else {
            return Decision::failed("there is no such profile".to_owned());
        };
        if Instant::now() >= deadline {
            return actions.failed(DEADLINE.to_owned());
        }
        if let Some(exemption) = self.exempt.of_request(request) {
            return words::exempt(&exemption);
        }
        match subject::what(request) {
            Ok(What::Object(subject)) => self.object(actions, &subject, request, deadline),
            Ok(What::Connection) => self.connection(actions, request, deadline),
            Ok(What::Deletion) => self.constraints(actions, request, deadline),
            Err(reason) => actions.failed(reason),
        }
    }
}

const DEADLINE: &str = "the time for the review is over";

/// A finding and what it does.
struct Found<'f> {
    finding: &'f ObjectFinding,
    action: RuleAction,
    exemption: Option<Exemption>,
    /// Whether the change brings it.
    is_new: bool,
}

/// Lets what was there before warn instead of deny, as often as it was there.
fn take_old_from(found: &mut [Found<'_>], mut before: HashMap<u64, usize>) {
    for found in found.iter_mut().filter(|found| found.action == RuleAction::Enforce) {
        let Some(left) = before.get_mut(&found.finding.key).filter(|left| **left > 0) else { continue };
        *left -= 1;
        found.action = RuleAction::Warn;
        found.is_new = false;
    }
}

/// What findings do under one profile.
#[derive(Debug)]
struct Actions {
    most: RuleAction,
    /// The severities that are denied.
    enforced: BTreeSet<Severity>,
    /// Rules that do something else, whatever their severity.
    rules: HashMap<RuleIdx, RuleAction>,
}

impl Actions {
    fn new(profile: &Profile, catalog: &Catalog) -> Result<Self, JudgeError> {
        let mut rules = HashMap::new();
        for (selector, action) in &profile.rules {
            for rule in select(catalog, selector, "admission.profiles.rules")? {
                rules.insert(rule, *action);
            }
        }
        let most = match profile.mode {
            Mode::Audit => RuleAction::Audit,
            Mode::Warn => RuleAction::Warn,
            Mode::Enforce => RuleAction::Enforce,
        };
        Ok(Self { most, enforced: profile.enforce.clone(), rules })
    }

    fn of(&self, finding: &ObjectFinding) -> RuleAction {
        let is_enforced = self.enforced.contains(&finding.finding.severity);
        let by_severity = if is_enforced { RuleAction::Enforce } else { RuleAction::Warn };
        let action = self.rules.get(&finding.finding.rule).copied().unwrap_or(by_severity);
        action.min(finding.most).min(self.most)
    }

    /// What a review gets that could not be judged. A profile that denies nothing says so and lets it through.
    fn failed(&self, reason: String) -> Decision {
        if self.most == RuleAction::Enforce { Decision::failed(reason) } else { words::not_judged(self.most, &reason) }
    }
}

fn select(catalog: &Catalog, selector: &str, place: &'static str) -> Result<Vec<RuleIdx>, JudgeError> {
    let rules = catalog.select(selector);
    if rules.is_empty() {
        return Err(JudgeError::Selector { selector: selector.to_owned(), place });
    }
    Ok(rules)
}
