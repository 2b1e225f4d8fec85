//! Where Kustomize changes fields: paths of kinds, as its own defaults have them.

use portcullis_syntax::Node;

use crate::resource::Id;
use crate::value::Value;

/// A field of some kinds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    /// Empty: any group.
    pub(crate) group: &'static str,
    /// Empty: any kind.
    pub(crate) kind: &'static str,
    /// Keys that are separated by `/`; the elements of lists are gone through without being named. `[]` after a key says
    /// that it is a list.
    pub(crate) path: &'static str,
    pub(crate) missing: Missing,
}

/// What to do where a field is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Missing {
    Skip,
    /// Make it, and the mappings on the way to it.
    Create,
}

impl Field {
    pub(crate) const fn new(group: &'static str, kind: &'static str, path: &'static str) -> Self {
        Self { group, kind, path, missing: Missing::Skip }
    }

    pub(crate) const fn create(group: &'static str, kind: &'static str, path: &'static str) -> Self {
        Self { group, kind, path, missing: Missing::Create }
    }

    pub(crate) fn is_of(&self, id: &Id) -> bool {
        (self.kind.is_empty() || self.kind == id.kind) && (self.group.is_empty() || self.group == id.group)
    }
}

/// Calls `change` with each value that stands at the path; with an empty mapping, made for `at`, where there is none and
/// it is to be created.
pub(crate) fn visit<'t>(
    value: &mut Value<'t>,
    path: &[String],
    missing: Missing,
    at: Node<'t>,
    change: &mut dyn FnMut(&mut Value<'t>),
) {
    let Some((key, rest)) = path.split_first() else { return change(value) };
    if value.view().is_list() {
        let is_there = |item: crate::value::View<'_, '_>| item.get(key.trim_end_matches("[]")).is_some();
        if missing == Missing::Create || value.view().items().into_iter().any(is_there) {
            for item in value.items_mut().into_iter().flatten() {
                visit(item, path, missing, at, change);
            }
        }
        return;
    }
    if !value.view().is_map() {
        return;
    }
    let next = match (missing, key.strip_suffix("[]")) {
        // A list is never made.
        (_, Some(list)) => value.get_mut(list),
        (Missing::Create, None) => value.mapping_mut(key, at),
        (Missing::Skip, None) => value.get_mut(key),
    };
    if let Some(next) = next {
        visit(next, rest, missing, at, change);
    }
}

/// The keys of a path; `\/` is a slash within a key.
pub(crate) fn keys(path: &str) -> Vec<String> {
    path.replace("\\/", "\0").split('/').map(|key| key.replace('\0', "/")).collect()
}

/// Where labels go, when selectors are not changed: templates of pods and claims.
pub(crate) const TEMPLATE_LABELS: &[Field] = &[
    Field::create("", "", "metadata/labels"),
    Field::create("", "ReplicationController", "spec/template/metadata/labels"),
    Field::create("", "Deployment", "spec/template/metadata/labels"),
    Field::create("", "ReplicaSet", "spec/template/metadata/labels"),
    Field::create("", "DaemonSet", "spec/template/metadata/labels"),
    Field::create("apps", "StatefulSet", "spec/template/metadata/labels"),
    Field::create("batch", "Job", "spec/template/metadata/labels"),
    Field::create("batch", "CronJob", "spec/jobTemplate/metadata/labels"),
    Field::create("batch", "CronJob", "spec/jobTemplate/spec/template/metadata/labels"),
];

/// Labels of the claims of a StatefulSet.
pub(crate) const CLAIM_LABELS: &[Field] =
    &[Field::create("apps", "StatefulSet", "spec/volumeClaimTemplates[]/metadata/labels")];

/// Where labels go besides, when selectors are changed too.
pub(crate) const SELECTORS: &[Field] = &[
    Field::create("", "Service", "spec/selector"),
    Field::create("", "ReplicationController", "spec/selector"),
    Field::create("", "Deployment", "spec/selector/matchLabels"),
    Field::create("", "ReplicaSet", "spec/selector/matchLabels"),
    Field::create("", "DaemonSet", "spec/selector/matchLabels"),
    Field::create("apps", "StatefulSet", "spec/selector/matchLabels"),
    Field::new("batch", "Job", "spec/selector/matchLabels"),
    Field::new("batch", "CronJob", "spec/jobTemplate/spec/selector/matchLabels"),
    Field::new("policy", "PodDisruptionBudget", "spec/selector/matchLabels"),
    Field::new("networking.k8s.io", "NetworkPolicy", "spec/podSelector/matchLabels"),
    Field::new("networking.k8s.io", "NetworkPolicy", "spec/ingress/from/podSelector/matchLabels"),
    Field::new("networking.k8s.io", "NetworkPolicy", "spec/egress/to/podSelector/matchLabels"),
    Field::new(
        "apps",
        "Deployment",
        "spec/template/spec/affinity/podAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels",
    ),
    Field::new(
        "apps",
        "Deployment",
        "spec/template/spec/affinity/podAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels",
    ),
    Field::new(
        "apps",
        "Deployment",
        "spec/template/spec/affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels",
    ),
    Field::new(
        "apps",
        "Deployment",
        "spec/template/spec/affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels",
    ),
    Field::new("apps", "Deployment", "spec/template/spec/topologySpreadConstraints/labelSelector/matchLabels"),
    Field::new(
        "apps",
        "StatefulSet",
        "spec/template/spec/affinity/podAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels",
    ),
    Field::new(
        "apps",
        "StatefulSet",
        "spec/template/spec/affinity/podAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels",
    ),
    Field::new(
        "apps",
        "StatefulSet",
        "spec/template/spec/affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels",
    ),
    Field::new(
        "apps",
        "StatefulSet",
        "spec/template/spec/affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels",
    ),
    Field::new("apps", "StatefulSet", "spec/template/spec/topologySpreadConstraints/labelSelector/matchLabels"),
];

/// Where annotations go.
pub(crate) const ANNOTATIONS: &[Field] = &[
    Field::create("", "", "metadata/annotations"),
    Field::create("", "ReplicationController", "spec/template/metadata/annotations"),
    Field::create("", "Deployment", "spec/template/metadata/annotations"),
    Field::create("", "ReplicaSet", "spec/template/metadata/annotations"),
    Field::create("", "DaemonSet", "spec/template/metadata/annotations"),
    Field::create("", "StatefulSet", "spec/template/metadata/annotations"),
    Field::create("batch", "Job", "spec/template/metadata/annotations"),
    Field::create("batch", "CronJob", "spec/jobTemplate/metadata/annotations"),
    Field::create("batch", "CronJob", "spec/jobTemplate/spec/template/metadata/annotations"),
];

/// Where numbers of replicas go.
pub(crate) const REPLICAS: &[Field] = &[
    Field::create("", "Deployment", "spec/replicas"),
    Field::create("", "ReplicationController", "spec/replicas"),
    Field::create("", "ReplicaSet", "spec/replicas"),
    Field::create("", "StatefulSet", "spec/replicas"),
];

/// Namespaces that objects refer to by themselves.
pub(crate) const NAMESPACES: &[Field] = &[
    Field::create("apiregistration.k8s.io", "APIService", "spec/service/namespace"),
    Field::new(
        "apiextensions.k8s.io",
        "CustomResourceDefinition",
        "spec/conversion/webhook/clientConfig/service/namespace",
    ),
];

/// Where the kinds with pods have the pod's `spec`.
pub(crate) const POD_SPECS: &[(&str, &str)] = &[
    ("Pod", "spec"),
    ("PodTemplate", "template/spec"),
    ("Deployment", "spec/template/spec"),
    ("ReplicaSet", "spec/template/spec"),
    ("ReplicationController", "spec/template/spec"),
    ("DaemonSet", "spec/template/spec"),
    ("StatefulSet", "spec/template/spec"),
    ("Job", "spec/template/spec"),
    ("CronJob", "spec/jobTemplate/spec/template/spec"),
];
