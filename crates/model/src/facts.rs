//! What relations across files need to remember once text and tree are gone.
//!
//! A join rule says its finding at once, with a [`Claim`]: what must hold of the whole scan for the finding to stand.
//! The claims are judged when every file has given its facts.

use std::collections::{BTreeMap, BTreeSet};

use portcullis_syntax::{Lookup, Node};

use crate::kubernetes::{Grant, Object, grants};

/// The facts of a scan, by namespace as it is written (`None`: not at all).
///
/// Every claim is judged by look-ups, so that twice the files take twice the time.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    namespaces: BTreeMap<Option<String>, Namespace>,
}

#[derive(Clone, Debug, Default)]
struct Namespace {
    /// Selectors of Services, by the key and value of their first label.
    selectors: BTreeMap<String, BTreeMap<String, Vec<BTreeMap<String, String>>>>,
    /// The kinds that autoscalers scale, by the target's name; `None` where either is not known.
    scaled: BTreeMap<Option<String>, Vec<Option<String>>>,
    /// ServiceAccounts that mount no token, or may mount none.
    without_token: BTreeSet<String>,
    /// Kind and name of roles that change something or read Secrets.
    elevated: BTreeSet<(String, String)>,
}

/// What must hold for a finding to stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Some Service of the namespace selects pods with these labels.
    SelectedByService {
        /// The pod's namespace as it is written.
        namespace: Option<String>,
        /// The pod's labels that are known.
        labels: BTreeMap<String, String>,
    },
    /// No autoscaler scales this workload, as far as is known.
    NotScaled {
        /// The workload's namespace as it is written.
        namespace: Option<String>,
        /// Its kind.
        kind: String,
        /// Its name.
        name: String,
    },
    /// No ServiceAccount of the scan keeps its token from the pods that run as it, as far as is known.
    TokenMounted {
        /// The pod's namespace as it is written.
        namespace: Option<String>,
        /// The account's name.
        account: String,
    },
    /// The role is in the scan, and changes something or reads Secrets.
    ElevatedRole {
        /// The role's namespace as it is written; none for a ClusterRole.
        namespace: Option<String>,
        /// `Role` or `ClusterRole`.
        kind: String,
        /// Its name.
        name: String,
    },
}

impl Facts {
    /// Takes over what `object` says.
    pub fn extract(&mut self, object: &Object<'_>) {
        match (object.group(), object.kind) {
            ("", "Service") => self.add_service(object),
            ("autoscaling", "HorizontalPodAutoscaler") | ("keda.sh", "ScaledObject") => self.add_autoscaler(object),
            ("", "ServiceAccount") => self.add_account(object),
            (_, "Role" | "ClusterRole") => self.add_role(object),
            _ => {}
        }
    }

    /// Adds the facts of another part of the scan.
    pub fn merge(&mut self, other: Self) {
        for (name, theirs) in other.namespaces {
            let ours = self.namespaces.entry(name).or_default();
            for (key, by_value) in theirs.selectors {
                let known = ours.selectors.entry(key).or_default();
                for (value, selectors) in by_value {
                    known.entry(value).or_default().extend(selectors);
                }
            }
            for (target, kinds) in theirs.scaled {
                ours.scaled.entry(target).or_default().extend(kinds);
            }
            ours.without_token.extend(theirs.without_token);
            ours.elevated.extend(theirs.elevated);
        }
    }

    /// Whether the claim is known to hold.
    pub fn holds(&self, claim: &Claim) -> bool {
        match claim {
            Claim::SelectedByService { namespace, labels } => {
                self.namespaces.get(namespace).is_some_and(|namespace| namespace.selects(labels))
            }
            Claim::NotScaled { namespace, kind, name } => {
                !self.namespaces.get(namespace).is_some_and(|namespace| namespace.may_scale(kind, name))
            }
            Claim::TokenMounted { namespace, account } => {
                !self.namespaces.get(namespace).is_some_and(|namespace| namespace.without_token.contains(account))
            }
            Claim::ElevatedRole { namespace, kind, name } => {
                let role = (kind.clone(), name.clone());
                self.namespaces.get(namespace).is_some_and(|namespace| namespace.elevated.contains(&role))
            }
        }
    }

    fn add_service(&mut self, object: &Object<'_>) {
        let Some(selector) = object.node.get("spec.selector").present().and_then(labels) else { return };
        // A Service without a selector selects nothing.
        let Some((key, value)) = selector.first_key_value() else { return };
        let (key, value) = (key.clone(), value.clone());
        let selectors = &mut self.namespace(object).selectors;
        selectors.entry(key).or_default().entry(value).or_default().push(selector);
    }

    fn add_autoscaler(&mut self, object: &Object<'_>) {
        let target = |field: &str| object.node.get("spec.scaleTargetRef").get(field);
        let known = |found: Lookup<'_>| found.present()?.as_str().map(str::to_owned);
        // KEDA takes a Deployment where no kind is written.
        let kind = match target("kind") {
            Lookup::Absent(_) => Some("Deployment".to_owned()),
            found => known(found),
        };
        self.namespace(object).scaled.entry(known(target("name"))).or_default().push(kind);
    }

    fn add_account(&mut self, object: &Object<'_>) {
        let automount = object.node.get("automountServiceAccountToken");
        if let Some(name) = object.name.filter(|_| automount.is_bool(false) || automount.is_unknown()) {
            self.namespace(object).without_token.insert(name.to_owned());
        }
    }

    fn add_role(&mut self, object: &Object<'_>) {
        let Some(name) = object.name.filter(|_| grants(object).iter().any(Grant::is_elevated)) else { return };
        // A ClusterRole has no namespace, whatever is written.
        let namespace = object.namespace.filter(|_| object.kind == "Role").map(str::to_owned);
        let elevated = &mut self.namespaces.entry(namespace).or_default().elevated;
        elevated.insert((object.kind.to_owned(), name.to_owned()));
    }

    fn namespace(&mut self, object: &Object<'_>) -> &mut Namespace {
        self.namespaces.entry(object.namespace.map(str::to_owned)).or_default()
    }
}

impl Namespace {
    fn selects(&self, labels: &BTreeMap<String, String>) -> bool {
        let candidates = labels.iter().filter_map(|(key, value)| self.selectors.get(key)?.get(value)).flatten();
        candidates.into_iter().any(|selector| selector.iter().all(|(key, value)| labels.get(key) == Some(value)))
    }

    fn may_scale(&self, kind: &str, name: &str) -> bool {
        let by_name = [self.scaled.get(&Some(name.to_owned())), self.scaled.get(&None)];
        by_name.into_iter().flatten().flatten().any(|scaled| scaled.as_ref().is_none_or(|scaled| scaled == kind))
    }
}

/// A mapping of strings; `None` where one of its values is not known.
pub fn labels(node: Node<'_>) -> Option<BTreeMap<String, String>> {
    if node.is_open() {
        return None;
    }
    node.entries().map(|(key, value)| Some((key.text().to_owned(), value.as_str()?.to_owned()))).collect()
}

/// The entries of a mapping whose values are known strings.
pub fn known_labels(node: Node<'_>) -> BTreeMap<String, String> {
    node.entries().filter_map(|(key, value)| Some((key.text().to_owned(), value.as_str()?.to_owned()))).collect()
}
