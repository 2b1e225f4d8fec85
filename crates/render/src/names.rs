//! References by name: where an object's name has changed, so do the fields that refer to it.
//!
//! The fields are those of the built-in kinds, and those that configurations name; what else custom resources refer to keeps
//! its text. The hash that Kustomize adds
//! to the names of generated objects is left out on both sides.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use crate::fields::{POD_SPECS, keys};
use crate::resource::{Id, Resource};
use crate::settings::NameSpec;
use crate::value::{Key, Value, View};

/// Corrects the references of all objects to one another.
pub(crate) fn correct(resources: &mut [Resource<'_>], configured: &BTreeSet<NameSpec>) {
    let named: Vec<Named> = resources.iter().map(Named::new).collect();
    let mut by_name: HashMap<&str, Vec<&Named>> = HashMap::new();
    for one in named.iter().filter(|one| !one.previous.is_empty()) {
        let former: BTreeSet<&str> = one.previous.iter().map(|id| id.name.as_str()).collect();
        for name in former {
            by_name.entry(name).or_default().push(one);
        }
    }
    if by_name.is_empty() {
        return;
    }
    for (resource, referrer) in resources.iter_mut().zip(&named) {
        let references = References { by_name: &by_name, referrer };
        for spec in configured.iter().filter(|spec| spec.field.is_of(&referrer.first)) {
            references.visit(&mut resource.root, &spec.field.keys(), &spec.target);
        }
        for field in FIELDS_OF.get(referrer.first.kind.as_str()).into_iter().flatten() {
            let role = if field.path == ["roleRef", "name"] { role_kind(resource) } else { None };
            if role.as_deref().is_none_or(|kind| kind == field.target) {
                references.visit(&mut resource.root, &field.path, field.target);
            }
        }
    }
}

/// A field that refers to an object of the kind `target`.
struct Reference {
    target: &'static str,
    path: Vec<String>,
}

/// The fields that refer to others, by the kind that has them.
static FIELDS_OF: LazyLock<HashMap<&'static str, Vec<Reference>>> = LazyLock::new(|| {
    let mut all: HashMap<&'static str, Vec<Reference>> = HashMap::new();
    for &(kind, target, paths) in FIELDS {
        let fields = paths.iter().map(|path| Reference { target, path: keys(path) });
        all.entry(kind).or_default().extend(fields);
    }
    for &(kind, spec) in POD_SPECS {
        for &(target, paths) in IN_PODS {
            let fields = paths.iter().map(|path| Reference { target, path: keys(&format!("{spec}/{path}")) });
            all.entry(kind).or_default().extend(fields);
        }
    }
    all
});

/// An object as references may mean it.
struct Named {
    first: Id,
    now: Id,
    previous: Vec<Id>,
    prefixes: Vec<String>,
    suffixes: Vec<String>,
}

impl Named {
    fn new(resource: &Resource<'_>) -> Self {
        Self {
            first: resource.original(),
            now: resource.id(),
            previous: resource.previous.clone(),
            prefixes: resource.prefixes.clone(),
            suffixes: resource.suffixes.clone(),
        }
    }

    /// Whether it went through the same changes of names, the outermost ones at least.
    fn has_affixes_of(&self, other: &Self, empty: Empty) -> bool {
        let same = |a: &[String], b: &[String]| {
            let is_either_empty = a.is_empty() || b.is_empty();
            empty == Empty::MatchesAll && is_either_empty || a.ends_with(b) || b.ends_with(a)
        };
        let is_strict = |a: &[String], b: &[String]| empty == Empty::MatchesAll || a.is_empty() == b.is_empty();
        same(&self.prefixes, &other.prefixes)
            && same(&self.suffixes, &other.suffixes)
            && is_strict(&self.prefixes, &other.prefixes)
            && is_strict(&self.suffixes, &other.suffixes)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Empty {
    MatchesAll,
    MatchesEmpty,
}

struct References<'a> {
    by_name: &'a HashMap<&'a str, Vec<&'a Named>>,
    referrer: &'a Named,
}

impl References<'_> {
    fn visit(&self, value: &mut Value<'_>, path: &[String], target: &str) {
        if value.view().is_list() {
            if !path.is_empty() && !value.view().items().into_iter().any(|item| leads_on(item, path)) {
                return;
            }
            for item in value.items_mut().into_iter().flatten() {
                self.visit(item, path, target);
            }
            return;
        }
        let Some((key, rest)) = path.split_first() else { return self.set(value, target) };
        if let Some(next) = value.get_mut(key) {
            self.visit(next, rest, target);
        }
    }

    /// Corrects a name, or a mapping with a name and a namespace.
    fn set(&self, value: &mut Value<'_>, target: &str) {
        if !value.view().is_map() {
            let Some(old) = value.view().scalar().map(str::to_owned) else { return };
            if let Some(meant) = self.meant(&old, target, None)
                && meant.now.name != old
            {
                value.reword(meant.now.name.clone());
            }
            return;
        }
        let text = |value: &Value<'_>, key: &str| value.view().get(key).and_then(View::scalar).map(str::to_owned);
        // A subject that is a user or a group only looks like an account.
        if text(value, "kind").is_some_and(|kind| kind != target) {
            return;
        }
        let Some(old) = text(value, "name") else { return };
        let namespace = text(value, "namespace");
        let Some(meant) = self.meant(&old, target, namespace.as_deref()) else { return };
        if meant.now.name != old
            && let Some(name) = value.get_mut("name")
        {
            name.reword(meant.now.name.clone());
        }
        if !meant.now.namespace.is_empty() && namespace.as_deref() != Some(&meant.now.namespace) {
            let at = value.at();
            if let Some(old) = value.get_mut("namespace") {
                old.reword(meant.now.namespace.clone());
            } else {
                let span = value.get_mut("name").map_or_else(|| at.span(), |name| name.span());
                let namespace = Value::made(meant.now.namespace.clone(), at, span);
                value.set(Key::Made("namespace".to_owned(), at), namespace);
            }
        }
    }

    /// The object that a name means; none where it is not one of the build, or could be several.
    fn meant(&self, name: &str, kind: &str, namespace: Option<&str>) -> Option<&Named> {
        let all = self.by_name.get(name)?.iter().copied();
        let mut found: Vec<&Named> = all
            .filter(|one| one.previous.iter().any(|id| id.kind == kind))
            .filter(|one| self.may_refer_to(one, kind))
            .collect();
        if let Some(namespace) = namespace {
            let of = |id: &Id| id.effective_namespace() == namespace || id.namespace == namespace;
            let was_there: Vec<&Named> = found.iter().copied().filter(|one| of(&one.first)).collect();
            if was_there.is_empty() {
                found.retain(|one| of(&one.now));
            } else {
                found = was_there;
            }
        }
        if let [one] = found.as_slice() {
            return Some(one);
        }
        found.retain(|one| one.has_affixes_of(self.referrer, Empty::MatchesAll));
        if found.len() > 1 {
            found.retain(|one| one.has_affixes_of(self.referrer, Empty::MatchesEmpty));
        }
        let first = *found.first()?;
        found.iter().all(|one| one.now.name == first.now.name).then_some(first)
    }

    fn may_refer_to(&self, one: &Named, kind: &str) -> bool {
        self.referrer.now.is_of_cluster()
            || one.now.is_of_cluster()
            || kind == "ServiceAccount" && self.referrer.now.kind.ends_with("Binding")
            || self.referrer.now.effective_namespace() == one.now.effective_namespace()
    }
}

/// Whether there is anything at the path, so that what holds it is taken apart.
fn leads_on(value: View<'_, '_>, path: &[String]) -> bool {
    path.first().is_none_or(|key| value.get(key).is_some())
}

/// The kind that a `roleRef` asks for.
fn role_kind(resource: &Resource<'_>) -> Option<String> {
    Some(resource.root.view().path("roleRef.kind")?.scalar()?.to_owned())
}

/// What pods refer to.
const IN_PODS: &[(&str, &[&str])] = &[
    (
        "ConfigMap",
        &[
            "volumes/configMap/name",
            "volumes/projected/sources/configMap/name",
            "containers/env/valueFrom/configMapKeyRef/name",
            "initContainers/env/valueFrom/configMapKeyRef/name",
            "containers/envFrom/configMapRef/name",
            "initContainers/envFrom/configMapRef/name",
        ],
    ),
    (
        "Secret",
        &[
            "volumes/secret/secretName",
            "volumes/projected/sources/secret/name",
            "containers/env/valueFrom/secretKeyRef/name",
            "initContainers/env/valueFrom/secretKeyRef/name",
            "containers/envFrom/secretRef/name",
            "initContainers/envFrom/secretRef/name",
            "imagePullSecrets/name",
        ],
    ),
    ("ServiceAccount", &["serviceAccountName"]),
    ("PersistentVolumeClaim", &["volumes/persistentVolumeClaim/claimName"]),
    ("PriorityClass", &["priorityClassName"]),
];

/// What other kinds refer to: the kind that refers, the kind that is meant, and the paths.
const FIELDS: &[(&str, &str, &[&str])] = &[
    ("HorizontalPodAutoscaler", "Deployment", &["spec/scaleTargetRef/name"]),
    ("HorizontalPodAutoscaler", "ReplicationController", &["spec/scaleTargetRef/name"]),
    ("HorizontalPodAutoscaler", "ReplicaSet", &["spec/scaleTargetRef/name"]),
    ("HorizontalPodAutoscaler", "StatefulSet", &["spec/scaleTargetRef/name"]),
    ("Role", "ConfigMap", &["rules/resourceNames"]),
    ("Role", "Secret", &["rules/resourceNames"]),
    ("ClusterRole", "ConfigMap", &["rules/resourceNames"]),
    ("ClusterRole", "Secret", &["rules/resourceNames"]),
    ("ClusterRole", "PersistentVolume", &["rules/resourceNames"]),
    ("Ingress", "ConfigMap", &["metadata/annotations/nginx.ingress.kubernetes.io\\/fastcgi-params-configmap"]),
    (
        "Ingress",
        "Secret",
        &[
            "spec/tls/secretName",
            "metadata/annotations/ingress.kubernetes.io\\/auth-secret",
            "metadata/annotations/nginx.ingress.kubernetes.io\\/auth-secret",
            "metadata/annotations/nginx.ingress.kubernetes.io\\/auth-tls-secret",
        ],
    ),
    (
        "Ingress",
        "Service",
        &[
            "spec/rules/http/paths/backend/serviceName",
            "spec/backend/serviceName",
            "spec/rules/http/paths/backend/service/name",
            "spec/defaultBackend/service/name",
        ],
    ),
    ("Ingress", "IngressClass", &["spec/ingressClassName"]),
    ("ServiceAccount", "Secret", &["imagePullSecrets/name"]),
    (
        "StorageClass",
        "Secret",
        &["parameters/secretName", "parameters/adminSecretName", "parameters/userSecretName", "parameters/secretRef"],
    ),
    ("PersistentVolume", "Secret", &["spec/azureFile/secretName"]),
    ("PersistentVolume", "StorageClass", &["spec/storageClassName"]),
    ("PersistentVolumeClaim", "PersistentVolume", &["spec/volumeName"]),
    ("PersistentVolumeClaim", "StorageClass", &["spec/storageClassName"]),
    ("StatefulSet", "StorageClass", &["spec/volumeClaimTemplates/spec/storageClassName"]),
    ("StatefulSet", "Service", &["spec/serviceName"]),
    ("APIService", "Service", &["spec/service/name"]),
    ("ValidatingWebhookConfiguration", "Service", &["webhooks/clientConfig/service"]),
    ("MutatingWebhookConfiguration", "Service", &["webhooks/clientConfig/service"]),
    ("RoleBinding", "Role", &["roleRef/name"]),
    ("RoleBinding", "ClusterRole", &["roleRef/name"]),
    ("ClusterRoleBinding", "ClusterRole", &["roleRef/name"]),
    ("RoleBinding", "ServiceAccount", &["subjects"]),
    ("ClusterRoleBinding", "ServiceAccount", &["subjects"]),
    ("ValidatingAdmissionPolicyBinding", "ValidatingAdmissionPolicy", &["spec/policyName"]),
];
