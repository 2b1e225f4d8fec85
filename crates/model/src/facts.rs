//! What relations across files need to remember once text and tree are gone.
//!
//! A join rule says its finding at once, with a [`Claim`]: what must hold of the whole scan for the finding to stand.
//! The claims are judged when every file has given its facts.

use std::collections::BTreeMap;

use crate::kubernetes::Object;

/// The facts of a scan.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Services by namespace (`None`: not written), with their selectors.
    pub services: Vec<ServiceFact>,
    /// What autoscalers scale.
    pub scaled: Vec<ScaledFact>,
}

/// What a HorizontalPodAutoscaler or KEDA's ScaledObject scales.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScaledFact {
    /// `metadata.namespace` of the autoscaler.
    pub namespace: Option<String>,
    /// The target's kind; `None` where it is not known.
    pub kind: Option<String>,
    /// The target's name; `None` where it is not known.
    pub name: Option<String>,
}

/// A Service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceFact {
    /// `metadata.namespace`.
    pub namespace: Option<String>,
    /// `metadata.name`.
    pub name: Option<String>,
    /// `spec.selector`; never empty.
    pub selector: BTreeMap<String, String>,
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
}

impl Facts {
    /// Takes over what `object` says.
    pub fn extract(&mut self, object: &Object<'_>) {
        if object.kind == "Service" && object.group().is_empty() {
            self.services.extend(ServiceFact::new(object));
        }
        if matches!(
            (object.group(), object.kind),
            ("autoscaling", "HorizontalPodAutoscaler") | ("keda.sh", "ScaledObject")
        ) {
            self.scaled.push(ScaledFact::new(object));
        }
    }

    /// Adds the facts of another part of the scan.
    pub fn merge(&mut self, other: Self) {
        self.services.extend(other.services);
        self.scaled.extend(other.scaled);
    }

    /// Whether the claim is known to hold.
    pub fn holds(&self, claim: &Claim) -> bool {
        match claim {
            Claim::SelectedByService { namespace, labels } => self.services.iter().any(|service| {
                service.namespace == *namespace
                    && service.selector.iter().all(|(key, value)| labels.get(key) == Some(value))
            }),
            Claim::NotScaled { namespace, kind, name } => !self.scaled.iter().any(|scaled| {
                scaled.namespace == *namespace
                    && scaled.kind.as_ref().is_none_or(|scaled| scaled == kind)
                    && scaled.name.as_ref().is_none_or(|scaled| scaled == name)
            }),
        }
    }
}

impl ServiceFact {
    fn new(object: &Object<'_>) -> Option<Self> {
        let selector = object.node.get("spec.selector").present()?;
        let selector: BTreeMap<String, String> = labels(selector)?;
        if selector.is_empty() {
            return None;
        }
        Some(Self { namespace: object.namespace.map(str::to_owned), name: object.name.map(str::to_owned), selector })
    }
}

impl ScaledFact {
    fn new(object: &Object<'_>) -> Self {
        let target = |field: &str| object.node.get("spec.scaleTargetRef").get(field);
        let known = |found: portcullis_syntax::Lookup<'_>| found.present()?.as_str().map(str::to_owned);
        // KEDA takes a Deployment where no kind is written.
        let kind = match target("kind") {
            portcullis_syntax::Lookup::Absent(_) => Some("Deployment".to_owned()),
            found => known(found),
        };
        Self { namespace: object.namespace.map(str::to_owned), kind, name: known(target("name")) }
    }
}

/// A mapping of strings; `None` where one of its values is not known.
pub fn labels(node: portcullis_syntax::Node<'_>) -> Option<BTreeMap<String, String>> {
    if node.is_open() {
        return None;
    }
    node.entries().map(|(key, value)| Some((key.text().to_owned(), value.as_str()?.to_owned()))).collect()
}

/// The entries of a mapping whose values are known strings.
pub fn known_labels(node: portcullis_syntax::Node<'_>) -> BTreeMap<String, String> {
    node.entries().filter_map(|(key, value)| Some((key.text().to_owned(), value.as_str()?.to_owned()))).collect()
}
