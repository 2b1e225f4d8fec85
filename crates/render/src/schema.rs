//! Which lists of the built-in kinds are merged, and by which keys: `x-kubernetes-patch-merge-key` and
//! `x-kubernetes-list-map-keys` of the API's own description.
//!
//! A kind that is not of the API server's own groups has no schema: its lists are replaced.

/// What is known of a value by the place where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Schema {
    of: Type,
    lists: Lists,
}

/// How a list is patched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lists {
    /// By another list.
    Replaced,
    /// Plain values are added that are not there yet.
    Set,
    /// Elements with the same values of these keys are merged.
    Keyed(&'static [&'static str]),
}

/// The shapes of the API that hold such lists, or lead to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    Other,
    Metadata,
    Pod,
    PodSpec,
    Container,
    Workload,
    WorkloadSpec,
    CronJob,
    CronJobSpec,
    PodTemplate,
    Service,
    ServiceSpec,
    ServiceAccount,
    Webhooks,
    Webhook,
    Policy,
    PolicySpec,
}

use Lists::{Keyed, Replaced, Set};

/// The type that holds a field, the field, the type of its value or elements, and how it is patched if it is a list.
const FIELDS: &[(Type, &str, Type, Lists)] = &[
    (Type::Metadata, "finalizers", Type::Other, Set),
    (Type::Metadata, "ownerReferences", Type::Other, Keyed(&["uid"])),
    (Type::Pod, "spec", Type::PodSpec, Replaced),
    (Type::PodSpec, "containers", Type::Container, Keyed(&["name"])),
    (Type::PodSpec, "initContainers", Type::Container, Keyed(&["name"])),
    (Type::PodSpec, "ephemeralContainers", Type::Container, Keyed(&["name"])),
    (Type::PodSpec, "volumes", Type::Other, Keyed(&["name"])),
    (Type::PodSpec, "imagePullSecrets", Type::Other, Keyed(&["name"])),
    (Type::PodSpec, "hostAliases", Type::Other, Keyed(&["ip"])),
    (Type::PodSpec, "resourceClaims", Type::Other, Keyed(&["name"])),
    (Type::PodSpec, "schedulingGates", Type::Other, Keyed(&["name"])),
    (Type::PodSpec, "topologySpreadConstraints", Type::Other, Keyed(&["topologyKey", "whenUnsatisfiable"])),
    (Type::Container, "env", Type::Other, Keyed(&["name"])),
    (Type::Container, "ports", Type::Other, Keyed(&["containerPort", "protocol"])),
    (Type::Container, "volumeMounts", Type::Other, Keyed(&["mountPath"])),
    (Type::Container, "volumeDevices", Type::Other, Keyed(&["devicePath"])),
    (Type::Workload, "spec", Type::WorkloadSpec, Replaced),
    (Type::WorkloadSpec, "template", Type::Pod, Replaced),
    (Type::CronJob, "spec", Type::CronJobSpec, Replaced),
    (Type::CronJobSpec, "jobTemplate", Type::Workload, Replaced),
    (Type::PodTemplate, "template", Type::Pod, Replaced),
    (Type::Service, "spec", Type::ServiceSpec, Replaced),
    (Type::ServiceSpec, "ports", Type::Other, Keyed(&["port", "protocol"])),
    (Type::ServiceAccount, "secrets", Type::Other, Keyed(&["name"])),
    (Type::Webhooks, "webhooks", Type::Webhook, Keyed(&["name"])),
    (Type::Webhook, "matchConditions", Type::Other, Keyed(&["name"])),
    (Type::Policy, "spec", Type::PolicySpec, Replaced),
    (Type::PolicySpec, "matchConditions", Type::Other, Keyed(&["name"])),
    (Type::PolicySpec, "variables", Type::Other, Keyed(&["name"])),
];

/// Types of objects and templates, which have metadata.
const WITH_METADATA: &[Type] = &[
    Type::Pod,
    Type::Workload,
    Type::CronJob,
    Type::PodTemplate,
    Type::Service,
    Type::ServiceAccount,
    Type::Webhooks,
    Type::Policy,
];

impl Schema {
    /// That of an object.
    pub(crate) fn of_object(group: &str, kind: &str) -> Self {
        let of = match (group, kind) {
            ("", "Pod") => Type::Pod,
            ("apps" | "extensions", "Deployment" | "DaemonSet" | "ReplicaSet" | "StatefulSet")
            | ("batch", "Job")
            | ("", "ReplicationController") => Type::Workload,
            ("batch", "CronJob") => Type::CronJob,
            ("", "PodTemplate") => Type::PodTemplate,
            ("", "Service") => Type::Service,
            ("", "ServiceAccount") => Type::ServiceAccount,
            ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration") => {
                Type::Webhooks
            }
            ("admissionregistration.k8s.io", _) => Type::Policy,
            _ => Type::Other,
        };
        Self { of, lists: Replaced }
    }

    /// That of a field's value.
    pub(crate) fn field(self, name: &str) -> Self {
        if name == "metadata" && WITH_METADATA.contains(&self.of) {
            return Self { of: Type::Metadata, lists: Replaced };
        }
        let found = FIELDS.iter().find(|(holder, field, ..)| *holder == self.of && *field == name);
        found.map_or(Self { of: Type::Other, lists: Replaced }, |&(_, _, of, lists)| Self { of, lists })
    }

    /// That of a list's elements.
    pub(crate) fn element(self) -> Self {
        Self { of: self.of, lists: Replaced }
    }

    /// How it is patched, if it is a list.
    pub(crate) fn lists(self) -> Lists {
        self.lists
    }
}
