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
}

impl Facts {
    /// Takes over what `object` says.
    pub fn extract(&mut self, object: &Object<'_>) {
        if object.kind == "Service" && object.group().is_empty() {
            self.services.extend(ServiceFact::new(object));
        }
    }

    /// Adds the facts of another part of the scan.
    pub fn merge(&mut self, other: Self) {
        self.services.extend(other.services);
    }

    /// Whether the claim is known to hold.
    pub fn holds(&self, claim: &Claim) -> bool {
        match claim {
            Claim::SelectedByService { namespace, labels } => self.services.iter().any(|service| {
                service.namespace == *namespace
                    && service.selector.iter().all(|(key, value)| labels.get(key) == Some(value))
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

/// A mapping of strings; `None` where one of its values is not known.
pub fn labels(node: portcullis_syntax::Node<'_>) -> Option<BTreeMap<String, String>> {
    if node.is_open() {
        return None;
    }
    node.entries().map(|(key, value)| Some((key.text().to_owned(), value.as_str()?.to_owned()))).collect()
}
