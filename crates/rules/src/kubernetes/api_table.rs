//! Until when the API server serves which version of its own kinds.
//!
//! The facts are those of the lifecycle declarations in Kubernetes' own API packages, and of its deprecation guide for
//! types that have left those packages. Alpha versions that no cluster serves by default are listed only where they are
//! declared. What a row names as its replacement is served from the given version on.

/// A version of some kinds that ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lifecycle {
    /// The 1.N that it is deprecated in.
    pub(super) deprecated: u32,
    /// The first 1.N that does not serve it; absent where none is planned.
    pub(super) removed: Option<u32>,
    instead: &'static [(&'static str, u32)],
}

impl Lifecycle {
    /// The best `apiVersion` to use in its place that 1.`minor` serves.
    pub(super) fn instead(self, minor: u32) -> Option<&'static str> {
        self.instead.iter().find(|(_, introduced)| *introduced <= minor).map(|(api_version, _)| *api_version)
    }
}

/// The lifecycle of a kind in a version, if it ends.
pub(super) fn lifecycle(api_version: &str, kind: &str) -> Option<Lifecycle> {
    let row = ROWS.iter().find(|row| row.0 == api_version && row.1.contains(&kind))?;
    Some(Lifecycle { deprecated: row.2, removed: row.3, instead: row.4 })
}

/// Whether the same object means the same in both versions: no field moved, and no default or check changed.
pub(super) fn has_same_form(from: &str, kind: &str, to: &str) -> bool {
    SAME_FORM.iter().any(|row| row.0 == from && row.1.contains(&kind) && row.2 == to)
}

/// `apiVersion`, kinds, and the version that reads them alike. Left out on purpose: PodDisruptionBudget, whose empty
/// selector chooses nothing in `policy/v1beta1` and everything in `policy/v1`; PriorityLevelConfiguration, where 0 shares
/// became legal; EndpointSlice, Ingress, CertificateSigningRequest, webhooks and definitions, whose fields changed;
/// workloads of `apps/v1beta1` and `extensions`, whose defaults did.
const SAME_FORM: &[(&str, &[&str], &str)] = &[
    (
        "admissionregistration.k8s.io/v1beta1",
        &["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"],
        "admissionregistration.k8s.io/v1",
    ),
    ("apiregistration.k8s.io/v1beta1", &["APIService"], "apiregistration.k8s.io/v1"),
    ("apps/v1beta2", &["ControllerRevision", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"], "apps/v1"),
    ("autoscaling/v2beta2", &["HorizontalPodAutoscaler"], "autoscaling/v2"),
    ("batch/v1beta1", &["CronJob"], "batch/v1"),
    ("coordination.k8s.io/v1beta1", &["Lease"], "coordination.k8s.io/v1"),
    ("extensions/v1beta1", &["NetworkPolicy"], "networking.k8s.io/v1"),
    ("flowcontrol.apiserver.k8s.io/v1beta2", &["FlowSchema"], "flowcontrol.apiserver.k8s.io/v1"),
    ("flowcontrol.apiserver.k8s.io/v1beta3", &["FlowSchema"], "flowcontrol.apiserver.k8s.io/v1"),
    ("networking.k8s.io/v1beta1", &["IPAddress", "IngressClass", "ServiceCIDR"], "networking.k8s.io/v1"),
    ("node.k8s.io/v1beta1", &["RuntimeClass"], "node.k8s.io/v1"),
    (
        "rbac.authorization.k8s.io/v1beta1",
        &["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"],
        "rbac.authorization.k8s.io/v1",
    ),
    ("scheduling.k8s.io/v1beta1", &["PriorityClass"], "scheduling.k8s.io/v1"),
    (
        "storage.k8s.io/v1beta1",
        &["CSIDriver", "CSINode", "CSIStorageCapacity", "StorageClass", "VolumeAttachment", "VolumeAttributesClass"],
        "storage.k8s.io/v1",
    ),
];

/// `apiVersion`, kinds, deprecated in, removed in, and what replaces it since when, the best first.
type Row = (&'static str, &'static [&'static str], u32, Option<u32>, &'static [(&'static str, u32)]);

const ROWS: &[Row] = &[
    ("v1", &["ComponentStatus"], 19, None, &[]),
    ("v1", &["Endpoints"], 33, None, &[("discovery.k8s.io/v1", 21)]),
    (
        "admissionregistration.k8s.io/v1alpha1",
        &["MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"],
        35,
        Some(38),
        &[("admissionregistration.k8s.io/v1", 36), ("admissionregistration.k8s.io/v1beta1", 34)],
    ),
    (
        "admissionregistration.k8s.io/v1alpha1",
        &["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"],
        29,
        Some(32),
        &[("admissionregistration.k8s.io/v1", 30), ("admissionregistration.k8s.io/v1beta1", 28)],
    ),
    (
        "admissionregistration.k8s.io/v1beta1",
        &["MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"],
        37,
        Some(40),
        &[("admissionregistration.k8s.io/v1", 36)],
    ),
    (
        "admissionregistration.k8s.io/v1beta1",
        &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"],
        16,
        Some(22),
        &[("admissionregistration.k8s.io/v1", 16)],
    ),
    (
        "admissionregistration.k8s.io/v1beta1",
        &["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"],
        31,
        Some(34),
        &[("admissionregistration.k8s.io/v1", 30)],
    ),
    ("apidiscovery.k8s.io/v2beta1", &["APIGroupDiscovery"], 32, Some(35), &[("apidiscovery.k8s.io/v2", 30)]),
    ("apiextensions.k8s.io/v1beta1", &["CustomResourceDefinition"], 16, Some(22), &[("apiextensions.k8s.io/v1", 16)]),
    ("apiregistration.k8s.io/v1beta1", &["APIService"], 19, Some(22), &[("apiregistration.k8s.io/v1", 10)]),
    (
        "apps/v1beta1",
        &["ControllerRevision", "Deployment", "StatefulSet"],
        8,
        Some(16),
        &[("apps/v1", 9), ("apps/v1beta2", 8)],
    ),
    (
        "apps/v1beta2",
        &["ControllerRevision", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"],
        9,
        Some(16),
        &[("apps/v1", 9)],
    ),
    ("auditregistration.k8s.io/v1alpha1", &["AuditSink"], 19, Some(19), &[]),
    (
        "authentication.k8s.io/v1alpha1",
        &["SelfSubjectReview"],
        29,
        Some(32),
        &[("authentication.k8s.io/v1", 28), ("authentication.k8s.io/v1beta1", 27)],
    ),
    ("authentication.k8s.io/v1beta1", &["SelfSubjectReview"], 30, Some(33), &[("authentication.k8s.io/v1", 28)]),
    ("authentication.k8s.io/v1beta1", &["TokenReview"], 19, Some(22), &[("authentication.k8s.io/v1", 6)]),
    (
        "authorization.k8s.io/v1beta1",
        &["LocalSubjectAccessReview", "SelfSubjectAccessReview", "SelfSubjectRulesReview"],
        19,
        Some(22),
        &[("authorization.k8s.io/v1", 19)],
    ),
    ("authorization.k8s.io/v1beta1", &["SubjectAccessReview"], 19, Some(22), &[("authorization.k8s.io/v1", 6)]),
    (
        "autoscaling/v2beta1",
        &["HorizontalPodAutoscaler"],
        22,
        Some(25),
        &[("autoscaling/v2", 23), ("autoscaling/v2beta2", 12)],
    ),
    ("autoscaling/v2beta2", &["HorizontalPodAutoscaler"], 23, Some(26), &[("autoscaling/v2", 23)]),
    ("batch/v2alpha1", &["CronJob"], 21, Some(21), &[("batch/v1", 21), ("batch/v1beta1", 8)]),
    ("batch/v1beta1", &["CronJob"], 21, Some(25), &[("batch/v1", 21)]),
    (
        "certificates.k8s.io/v1alpha1",
        &["ClusterTrustBundle"],
        34,
        Some(37),
        &[("certificates.k8s.io/v1", 37), ("certificates.k8s.io/v1beta1", 33)],
    ),
    ("certificates.k8s.io/v1beta1", &["CertificateSigningRequest"], 19, Some(22), &[("certificates.k8s.io/v1", 19)]),
    (
        "certificates.k8s.io/v1beta1",
        &["ClusterTrustBundle", "PodCertificateRequest"],
        37,
        Some(40),
        &[("certificates.k8s.io/v1", 37)],
    ),
    ("coordination.k8s.io/v1alpha2", &["LeaseCandidate"], 35, Some(38), &[("coordination.k8s.io/v1beta1", 33)]),
    ("coordination.k8s.io/v1beta1", &["Lease"], 19, Some(22), &[("coordination.k8s.io/v1", 14)]),
    ("coordination.k8s.io/v1beta1", &["LeaseCandidate"], 36, Some(39), &[]),
    ("discovery.k8s.io/v1beta1", &["EndpointSlice"], 21, Some(25), &[("discovery.k8s.io/v1", 21)]),
    ("events.k8s.io/v1beta1", &["Event"], 22, Some(25), &[("events.k8s.io/v1", 19)]),
    ("extensions/v1beta1", &["DaemonSet", "ReplicaSet"], 8, Some(16), &[("apps/v1", 9), ("apps/v1beta2", 8)]),
    ("extensions/v1beta1", &["Deployment"], 8, Some(16), &[("apps/v1", 9), ("apps/v1beta2", 8), ("apps/v1beta1", 6)]),
    (
        "extensions/v1beta1",
        &["Ingress"],
        14,
        Some(22),
        &[("networking.k8s.io/v1", 19), ("networking.k8s.io/v1beta1", 14)],
    ),
    ("extensions/v1beta1", &["NetworkPolicy"], 9, Some(16), &[("networking.k8s.io/v1", 7)]),
    ("extensions/v1beta1", &["PodSecurityPolicy"], 11, Some(16), &[("policy/v1beta1", 10)]),
    (
        "flowcontrol.apiserver.k8s.io/v1beta1",
        &["FlowSchema", "PriorityLevelConfiguration"],
        23,
        Some(26),
        &[
            ("flowcontrol.apiserver.k8s.io/v1", 29),
            ("flowcontrol.apiserver.k8s.io/v1beta3", 26),
            ("flowcontrol.apiserver.k8s.io/v1beta2", 23),
        ],
    ),
    (
        "flowcontrol.apiserver.k8s.io/v1beta2",
        &["FlowSchema", "PriorityLevelConfiguration"],
        26,
        Some(29),
        &[("flowcontrol.apiserver.k8s.io/v1", 29), ("flowcontrol.apiserver.k8s.io/v1beta3", 26)],
    ),
    (
        "flowcontrol.apiserver.k8s.io/v1beta3",
        &["FlowSchema", "PriorityLevelConfiguration"],
        29,
        Some(32),
        &[("flowcontrol.apiserver.k8s.io/v1", 29)],
    ),
    ("lifecycle.k8s.io/v1alpha1", &["Eviction", "EvictionRequest"], 40, Some(43), &[]),
    ("networking.k8s.io/v1beta1", &["IPAddress", "ServiceCIDR"], 34, Some(37), &[("networking.k8s.io/v1", 33)]),
    ("networking.k8s.io/v1beta1", &["Ingress", "IngressClass"], 19, Some(22), &[("networking.k8s.io/v1", 19)]),
    ("node.k8s.io/v1beta1", &["RuntimeClass"], 22, Some(25), &[("node.k8s.io/v1", 20)]),
    ("policy/v1beta1", &["Eviction"], 22, Some(25), &[("policy/v1", 22)]),
    ("policy/v1beta1", &["PodDisruptionBudget"], 21, Some(25), &[("policy/v1", 21)]),
    ("policy/v1beta1", &["PodSecurityPolicy"], 21, Some(25), &[]),
    (
        "rbac.authorization.k8s.io/v1beta1",
        &["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"],
        17,
        Some(22),
        &[("rbac.authorization.k8s.io/v1", 8)],
    ),
    ("resource.k8s.io/v1alpha2", &["PodSchedulingContext", "ResourceClass"], 31, Some(31), &[]),
    (
        "resource.k8s.io/v1alpha2",
        &["ResourceClaim", "ResourceClaimTemplate"],
        31,
        Some(31),
        &[("resource.k8s.io/v1", 34), ("resource.k8s.io/v1beta1", 32)],
    ),
    (
        "resource.k8s.io/v1alpha3",
        &["DeviceTaintRule"],
        36,
        Some(39),
        &[("resource.k8s.io/v1", 37), ("resource.k8s.io/v1beta2", 36)],
    ),
    ("resource.k8s.io/v1alpha3", &["ResourcePoolStatusRequest"], 39, Some(42), &[]),
    (
        "resource.k8s.io/v1beta1",
        &["DeviceClass", "ResourceClaim", "ResourceClaimTemplate", "ResourceSlice"],
        35,
        Some(38),
        &[("resource.k8s.io/v1", 34), ("resource.k8s.io/v1beta2", 33)],
    ),
    (
        "resource.k8s.io/v1beta2",
        &["DeviceClass", "ResourceClaim", "ResourceClaimTemplate", "ResourceSlice"],
        36,
        Some(39),
        &[("resource.k8s.io/v1", 34)],
    ),
    ("resource.k8s.io/v1beta2", &["DeviceTaintRule"], 39, Some(42), &[("resource.k8s.io/v1", 37)]),
    ("scheduling.k8s.io/v1beta1", &["PodGroup", "Workload"], 40, Some(43), &[]),
    ("scheduling.k8s.io/v1beta1", &["PriorityClass"], 14, Some(22), &[("scheduling.k8s.io/v1", 14)]),
    ("settings.k8s.io/v1alpha1", &["PodPreset"], 20, Some(20), &[]),
    (
        "storage.k8s.io/v1alpha1",
        &["CSIStorageCapacity"],
        21,
        Some(24),
        &[("storage.k8s.io/v1", 24), ("storage.k8s.io/v1beta1", 21)],
    ),
    (
        "storage.k8s.io/v1alpha1",
        &["VolumeAttachment"],
        21,
        Some(24),
        &[("storage.k8s.io/v1", 13), ("storage.k8s.io/v1beta1", 10)],
    ),
    (
        "storage.k8s.io/v1alpha1",
        &["VolumeAttributesClass"],
        32,
        Some(35),
        &[("storage.k8s.io/v1", 34), ("storage.k8s.io/v1beta1", 31)],
    ),
    ("storage.k8s.io/v1beta1", &["CSIDriver"], 19, Some(22), &[("storage.k8s.io/v1", 18)]),
    ("storage.k8s.io/v1beta1", &["CSINode"], 17, Some(22), &[("storage.k8s.io/v1", 17)]),
    ("storage.k8s.io/v1beta1", &["CSIStorageCapacity"], 24, Some(27), &[("storage.k8s.io/v1", 24)]),
    ("storage.k8s.io/v1beta1", &["StorageClass"], 19, Some(22), &[("storage.k8s.io/v1", 6)]),
    ("storage.k8s.io/v1beta1", &["VolumeAttachment"], 19, Some(22), &[("storage.k8s.io/v1", 13)]),
    ("storage.k8s.io/v1beta1", &["VolumeAttributesClass"], 34, Some(37), &[("storage.k8s.io/v1", 34)]),
    (
        "storagemigration.k8s.io/v1beta1",
        &["StorageVersionMigration"],
        37,
        Some(40),
        &[("storagemigration.k8s.io/v1", 37)],
    ),
];
