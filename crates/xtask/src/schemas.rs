//! Compiles the schemas of Kubernetes' own kinds into the table that the binary holds.
//!
//! The source is a folder with one `_definitions.json` for each version, as the wheel of `kubernetes-validate` on PyPI has
//! it: JSON Schema definitions generated from Kubernetes' OpenAPI documents. Both are under the Apache License 2.0. Only
//! facts are taken: names of kinds and fields, types, required fields and list keys; descriptions are not read.
//!
//! [`UNSAID`] adds what those documents leave out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use portcullis_model::kubernetes::Grammar;
use portcullis_model::kubernetes::schema::layout::{HEADER, NO_LIST, Table, tag};
use serde_json::{Map, Value};

use crate::workspace;

/// The oldest minor version that is taken.
const FIRST: u32 = 28;

const OUTPUT: &str = "crates/model/data/kubernetes-schemas.bin";

/// What the OpenAPI documents do not say of a field: definition, field, fact.
const UNSAID: &[(&str, &str, Unsaid)] = &[
    ("core.v1.Container", "imagePullPolicy", Unsaid::Choice(&["Always", "IfNotPresent", "Never"])),
    ("core.v1.Container", "terminationMessagePolicy", Unsaid::Choice(&["FallbackToLogsOnError", "File"])),
    ("core.v1.ContainerPort", "protocol", Unsaid::Choice(&["SCTP", "TCP", "UDP"])),
    ("core.v1.HTTPGetAction", "scheme", Unsaid::Choice(&["HTTP", "HTTPS"])),
    (
        "core.v1.NodeSelectorRequirement",
        "operator",
        Unsaid::Choice(&["DoesNotExist", "Exists", "Gt", "In", "Lt", "NotIn"]),
    ),
    ("core.v1.PersistentVolumeSpec", "persistentVolumeReclaimPolicy", Unsaid::Choice(&["Delete", "Recycle", "Retain"])),
    ("core.v1.PodSpec", "dnsPolicy", Unsaid::Choice(&["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"])),
    ("core.v1.PodSpec", "preemptionPolicy", Unsaid::Choice(&["Never", "PreemptLowerPriority"])),
    ("core.v1.SeccompProfile", "type", Unsaid::Choice(&["Localhost", "RuntimeDefault", "Unconfined"])),
    ("core.v1.PersistentVolumeClaimSpec", "accessModes", Unsaid::Choice(ACCESS_MODES)),
    ("core.v1.PersistentVolumeSpec", "accessModes", Unsaid::Choice(ACCESS_MODES)),
    ("core.v1.ServicePort", "nodePort", Unsaid::NodePort),
    ("core.v1.ServicePort", "port", Unsaid::Range(1, 65535)),
    ("core.v1.ServicePort", "protocol", Unsaid::Choice(&["SCTP", "TCP", "UDP"])),
    ("core.v1.ServiceSpec", "externalTrafficPolicy", Unsaid::Choice(&["Cluster", "Local"])),
    ("core.v1.ServiceSpec", "internalTrafficPolicy", Unsaid::Choice(&["Cluster", "Local"])),
    ("core.v1.ServiceSpec", "sessionAffinity", Unsaid::Choice(&["ClientIP", "None"])),
    ("core.v1.ServiceSpec", "type", Unsaid::Choice(&["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"])),
    ("apps.v1.DaemonSetUpdateStrategy", "type", Unsaid::Choice(&["OnDelete", "RollingUpdate"])),
    ("apps.v1.DeploymentStrategy", "type", Unsaid::Choice(&["Recreate", "RollingUpdate"])),
    ("apps.v1.StatefulSetSpec", "podManagementPolicy", Unsaid::Choice(&["OrderedReady", "Parallel"])),
    ("apps.v1.StatefulSetUpdateStrategy", "type", Unsaid::Choice(&["OnDelete", "RollingUpdate"])),
    ("batch.v1.CronJobSpec", "concurrencyPolicy", Unsaid::Choice(&["Allow", "Forbid", "Replace"])),
    ("batch.v1.JobSpec", "completionMode", Unsaid::Choice(&["Indexed", "NonIndexed"])),
    ("discovery.v1.EndpointSlice", "addressType", Unsaid::Choice(&["FQDN", "IPv4", "IPv6"])),
    ("networking.v1.HTTPIngressPath", "pathType", Unsaid::Choice(&["Exact", "ImplementationSpecific", "Prefix"])),
    ("networking.v1.NetworkPolicySpec", "policyTypes", Unsaid::Choice(&["Egress", "Ingress"])),
    ("networking.v1.NetworkPolicyPort", "protocol", Unsaid::Choice(&["SCTP", "TCP", "UDP"])),
    ("meta.v1.LabelSelectorRequirement", "operator", Unsaid::Choice(&["DoesNotExist", "Exists", "In", "NotIn"])),
    ("rbac.v1.Subject", "kind", Unsaid::Choice(&["Group", "ServiceAccount", "User"])),
    ("storage.v1.StorageClass", "volumeBindingMode", Unsaid::Choice(&["Immediate", "WaitForFirstConsumer"])),
    ("storage.v1.StorageClass", "reclaimPolicy", Unsaid::Choice(&["Delete", "Recycle", "Retain"])),
    ("core.v1.AppArmorProfile", "type", Unsaid::Choice(&["Localhost", "RuntimeDefault", "Unconfined"])),
    ("core.v1.ContainerResizePolicy", "restartPolicy", Unsaid::Choice(&["NotRequired", "RestartContainer"])),
    ("core.v1.EndpointPort", "protocol", Unsaid::Choice(&["SCTP", "TCP", "UDP"])),
    (
        "core.v1.HostPathVolumeSource",
        "type",
        Unsaid::Choice(&[
            "BlockDevice",
            "CharDevice",
            "Directory",
            "DirectoryOrCreate",
            "File",
            "FileOrCreate",
            "Socket",
        ]),
    ),
    ("core.v1.PersistentVolumeClaimSpec", "volumeMode", Unsaid::Choice(&["Block", "Filesystem"])),
    ("core.v1.PersistentVolumeSpec", "volumeMode", Unsaid::Choice(&["Block", "Filesystem"])),
    ("core.v1.PodOS", "name", Unsaid::Choice(&["linux", "windows"])),
    ("core.v1.PodSecurityContext", "fsGroupChangePolicy", Unsaid::Choice(&["Always", "OnRootMismatch"])),
    ("core.v1.PodSecurityContext", "seLinuxChangePolicy", Unsaid::Choice(&["MountOption", "Recursive"])),
    ("core.v1.PodSecurityContext", "supplementalGroupsPolicy", Unsaid::Choice(&["Merge", "Strict"])),
    (
        "core.v1.ResourceQuotaSpec",
        "scopes",
        Unsaid::Choice(&[
            "BestEffort",
            "CrossNamespacePodAffinity",
            "NotBestEffort",
            "NotTerminating",
            "PriorityClass",
            "Terminating",
            "VolumeAttributesClass",
        ]),
    ),
    (
        "core.v1.ScopedResourceSelectorRequirement",
        "operator",
        Unsaid::Choice(&["DoesNotExist", "Exists", "In", "NotIn"]),
    ),
    ("core.v1.ServiceSpec", "ipFamilies", Unsaid::Choice(&["IPv4", "IPv6"])),
    ("core.v1.ServiceSpec", "ipFamilyPolicy", Unsaid::Choice(&["PreferDualStack", "RequireDualStack", "SingleStack"])),
    (
        "core.v1.ServiceSpec",
        "trafficDistribution",
        Unsaid::Choice(&["PreferClose", "PreferSameNode", "PreferSameZone"]),
    ),
    ("core.v1.Taint", "effect", Unsaid::Choice(&["NoExecute", "NoSchedule", "PreferNoSchedule"])),
    ("core.v1.Toleration", "effect", Unsaid::Choice(&["NoExecute", "NoSchedule", "PreferNoSchedule"])),
    ("core.v1.Toleration", "operator", Unsaid::Choice(&["Equal", "Exists", "Gt", "Lt"])),
    ("core.v1.TopologySpreadConstraint", "nodeAffinityPolicy", Unsaid::Choice(&["Honor", "Ignore"])),
    ("core.v1.TopologySpreadConstraint", "nodeTaintsPolicy", Unsaid::Choice(&["Honor", "Ignore"])),
    ("core.v1.VolumeMount", "mountPropagation", Unsaid::Choice(&["Bidirectional", "HostToContainer", "None"])),
    ("core.v1.VolumeMount", "recursiveReadOnly", Unsaid::Choice(&["Disabled", "Enabled", "IfPossible"])),
    ("admissionregistration.v1.MutatingWebhook", "failurePolicy", Unsaid::Choice(&["Fail", "Ignore"])),
    ("admissionregistration.v1.MutatingWebhook", "matchPolicy", Unsaid::Choice(&["Equivalent", "Exact"])),
    ("admissionregistration.v1.MutatingWebhook", "sideEffects", Unsaid::Choice(&["None", "NoneOnDryRun"])),
    ("admissionregistration.v1.MutatingWebhook", "timeoutSeconds", Unsaid::Range(1, 30)),
    ("admissionregistration.v1.ValidatingWebhook", "failurePolicy", Unsaid::Choice(&["Fail", "Ignore"])),
    ("admissionregistration.v1.ValidatingWebhook", "matchPolicy", Unsaid::Choice(&["Equivalent", "Exact"])),
    ("admissionregistration.v1.ValidatingWebhook", "sideEffects", Unsaid::Choice(&["None", "NoneOnDryRun"])),
    ("admissionregistration.v1.ValidatingWebhook", "timeoutSeconds", Unsaid::Range(1, 30)),
    ("admissionregistration.v1.MutatingWebhook", "reinvocationPolicy", Unsaid::Choice(&["IfNeeded", "Never"])),
    (
        "admissionregistration.v1.RuleWithOperations",
        "operations",
        Unsaid::Choice(&["*", "CONNECT", "CREATE", "DELETE", "UPDATE"]),
    ),
    ("admissionregistration.v1.RuleWithOperations", "scope", Unsaid::Choice(&["*", "Cluster", "Namespaced"])),
    (
        "admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec",
        "validationActions",
        Unsaid::Choice(&["Audit", "Deny", "Warn"]),
    ),
    ("admissionregistration.v1.ValidatingAdmissionPolicySpec", "failurePolicy", Unsaid::Choice(&["Fail", "Ignore"])),
    ("apiextensions.v1.CustomResourceConversion", "strategy", Unsaid::Choice(&["None", "Webhook"])),
    ("apiextensions.v1.CustomResourceDefinitionSpec", "scope", Unsaid::Choice(&["Cluster", "Namespaced"])),
    ("apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy", "whenDeleted", Unsaid::Choice(&["Delete", "Retain"])),
    ("apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy", "whenScaled", Unsaid::Choice(&["Delete", "Retain"])),
    ("autoscaling.v2.HPAScalingPolicy", "type", Unsaid::Choice(&["Percent", "Pods"])),
    ("autoscaling.v2.HPAScalingRules", "selectPolicy", Unsaid::Choice(&["Disabled", "Max", "Min"])),
    (
        "autoscaling.v2.MetricSpec",
        "type",
        Unsaid::Choice(&["ContainerResource", "External", "Object", "Pods", "Resource"]),
    ),
    ("autoscaling.v2.MetricTarget", "type", Unsaid::Choice(&["AverageValue", "Utilization", "Value"])),
    ("batch.v1.JobSpec", "podReplacementPolicy", Unsaid::Choice(&["Failed", "TerminatingOrFailed"])),
    ("batch.v1.PodFailurePolicyOnExitCodesRequirement", "operator", Unsaid::Choice(&["In", "NotIn"])),
    ("batch.v1.PodFailurePolicyRule", "action", Unsaid::Choice(&["Count", "FailIndex", "FailJob", "Ignore"])),
    ("discovery.v1.EndpointPort", "protocol", Unsaid::Choice(&["SCTP", "TCP", "UDP"])),
    ("networking.v1.IngressClassParametersReference", "scope", Unsaid::Choice(&["Cluster", "Namespace"])),
    (
        "policy.v1.PodDisruptionBudgetSpec",
        "unhealthyPodEvictionPolicy",
        Unsaid::Choice(&["AlwaysAllow", "IfHealthyBudget"]),
    ),
    ("rbac.v1.RoleRef", "apiGroup", Unsaid::Choice(&["rbac.authorization.k8s.io"])),
    ("rbac.v1.RoleRef", "kind", Unsaid::Choice(&["ClusterRole", "Role"])),
    ("scheduling.v1.PriorityClass", "preemptionPolicy", Unsaid::Choice(&["Never", "PreemptLowerPriority"])),
    ("storage.v1.CSIDriverSpec", "fsGroupPolicy", Unsaid::Choice(&["File", "None", "ReadWriteOnceWithFSType"])),
    ("storage.v1.CSIDriverSpec", "volumeLifecycleModes", Unsaid::Choice(&["Ephemeral", "Persistent"])),
    ("apiregistration.v1.APIServiceSpec", "groupPriorityMinimum", Unsaid::Range(1, 20000)),
    ("apiregistration.v1.APIServiceSpec", "versionPriority", Unsaid::Range(1, 1000)),
    ("core.v1.ContainerPort", "hostPort", Unsaid::Range(0, 65535)),
    ("core.v1.GRPCAction", "port", Unsaid::Range(1, 65535)),
    ("core.v1.ConfigMapVolumeSource", "defaultMode", Unsaid::Range(0, 511)),
    ("core.v1.DownwardAPIVolumeSource", "defaultMode", Unsaid::Range(0, 511)),
    ("core.v1.ProjectedVolumeSource", "defaultMode", Unsaid::Range(0, 511)),
    ("core.v1.SecretVolumeSource", "defaultMode", Unsaid::Range(0, 511)),
    ("core.v1.KeyToPath", "mode", Unsaid::Range(0, 511)),
    ("core.v1.DownwardAPIVolumeFile", "mode", Unsaid::Range(0, 511)),
    ("core.v1.PreferredSchedulingTerm", "weight", Unsaid::Range(1, 100)),
    ("core.v1.WeightedPodAffinityTerm", "weight", Unsaid::Range(1, 100)),
    ("autoscaling.v2.HPAScalingPolicy", "periodSeconds", Unsaid::Range(1, 1800)),
    ("autoscaling.v2.HPAScalingRules", "stabilizationWindowSeconds", Unsaid::Range(0, 3600)),
    ("networking.v1.NetworkPolicyPort", "endPort", Unsaid::Range(1, 65535)),
    ("networking.v1.ServiceBackendPort", "number", Unsaid::Range(1, 65535)),
    ("core.v1.PodSecurityContext", "fsGroup", Unsaid::AtLeast(0)),
    ("core.v1.PodSecurityContext", "runAsGroup", Unsaid::AtLeast(0)),
    ("core.v1.PodSecurityContext", "runAsUser", Unsaid::AtLeast(0)),
    ("core.v1.PodSecurityContext", "supplementalGroups", Unsaid::AtLeast(0)),
    ("core.v1.SecurityContext", "runAsGroup", Unsaid::AtLeast(0)),
    ("core.v1.SecurityContext", "runAsUser", Unsaid::AtLeast(0)),
    ("core.v1.PodSpec", "activeDeadlineSeconds", Unsaid::AtLeast(1)),
    ("core.v1.Probe", "failureThreshold", Unsaid::AtLeast(0)),
    ("core.v1.Probe", "initialDelaySeconds", Unsaid::AtLeast(0)),
    ("core.v1.Probe", "periodSeconds", Unsaid::AtLeast(0)),
    ("core.v1.Probe", "successThreshold", Unsaid::AtLeast(0)),
    ("core.v1.Probe", "timeoutSeconds", Unsaid::AtLeast(0)),
    ("core.v1.Probe", "terminationGracePeriodSeconds", Unsaid::AtLeast(1)),
    ("core.v1.ReplicationControllerSpec", "minReadySeconds", Unsaid::AtLeast(0)),
    ("core.v1.ReplicationControllerSpec", "replicas", Unsaid::AtLeast(0)),
    ("core.v1.ServiceAccountTokenProjection", "expirationSeconds", Unsaid::AtLeast(600)),
    ("apps.v1.DaemonSetSpec", "minReadySeconds", Unsaid::AtLeast(0)),
    ("apps.v1.DaemonSetSpec", "revisionHistoryLimit", Unsaid::AtLeast(0)),
    ("apps.v1.DeploymentSpec", "minReadySeconds", Unsaid::AtLeast(0)),
    ("apps.v1.DeploymentSpec", "progressDeadlineSeconds", Unsaid::AtLeast(0)),
    ("apps.v1.DeploymentSpec", "replicas", Unsaid::AtLeast(0)),
    ("apps.v1.DeploymentSpec", "revisionHistoryLimit", Unsaid::AtLeast(0)),
    ("apps.v1.ReplicaSetSpec", "minReadySeconds", Unsaid::AtLeast(0)),
    ("apps.v1.ReplicaSetSpec", "replicas", Unsaid::AtLeast(0)),
    ("apps.v1.StatefulSetSpec", "minReadySeconds", Unsaid::AtLeast(0)),
    ("apps.v1.StatefulSetSpec", "replicas", Unsaid::AtLeast(0)),
    ("apps.v1.RollingUpdateStatefulSetStrategy", "partition", Unsaid::AtLeast(0)),
    ("autoscaling.v1.HorizontalPodAutoscalerSpec", "minReplicas", Unsaid::AtLeast(0)),
    ("autoscaling.v1.HorizontalPodAutoscalerSpec", "maxReplicas", Unsaid::AtLeast(1)),
    ("autoscaling.v2.HorizontalPodAutoscalerSpec", "minReplicas", Unsaid::AtLeast(0)),
    ("autoscaling.v2.HorizontalPodAutoscalerSpec", "maxReplicas", Unsaid::AtLeast(1)),
    ("autoscaling.v2.HPAScalingPolicy", "value", Unsaid::AtLeast(1)),
    ("batch.v1.CronJobSpec", "failedJobsHistoryLimit", Unsaid::AtLeast(0)),
    ("batch.v1.CronJobSpec", "startingDeadlineSeconds", Unsaid::AtLeast(0)),
    ("batch.v1.CronJobSpec", "successfulJobsHistoryLimit", Unsaid::AtLeast(0)),
    ("batch.v1.JobSpec", "activeDeadlineSeconds", Unsaid::AtLeast(0)),
    ("batch.v1.JobSpec", "backoffLimit", Unsaid::AtLeast(0)),
    ("batch.v1.JobSpec", "backoffLimitPerIndex", Unsaid::AtLeast(0)),
    ("batch.v1.JobSpec", "completions", Unsaid::AtLeast(0)),
    ("batch.v1.JobSpec", "maxFailedIndexes", Unsaid::AtLeast(0)),
    ("batch.v1.JobSpec", "parallelism", Unsaid::AtLeast(0)),
    ("batch.v1.JobSpec", "ttlSecondsAfterFinished", Unsaid::AtLeast(0)),
    ("core.v1.Container", "name", Unsaid::Word(Grammar::DnsLabel)),
    ("core.v1.EphemeralContainer", "name", Unsaid::Word(Grammar::DnsLabel)),
    ("core.v1.EnvVar", "name", Unsaid::Word(Grammar::VariableName)),
    ("core.v1.Volume", "name", Unsaid::Word(Grammar::DnsLabel)),
    ("core.v1.ConfigMapKeySelector", "key", Unsaid::Word(Grammar::DataKey)),
    ("core.v1.SecretKeySelector", "key", Unsaid::Word(Grammar::DataKey)),
    ("core.v1.KeyToPath", "key", Unsaid::Word(Grammar::DataKey)),
    ("core.v1.KeyToPath", "path", Unsaid::Word(Grammar::RelativePath)),
    ("core.v1.DownwardAPIVolumeFile", "path", Unsaid::Word(Grammar::RelativePath)),
    ("core.v1.HostAlias", "ip", Unsaid::Word(Grammar::Address)),
    ("core.v1.PodDNSConfig", "nameservers", Unsaid::Word(Grammar::Address)),
    ("core.v1.HostPathVolumeSource", "path", Unsaid::Word(Grammar::PathWithoutParent)),
    ("core.v1.PersistentVolumeClaimSpec", "storageClassName", Unsaid::Word(Grammar::Subdomain)),
    ("core.v1.PodSpec", "hostname", Unsaid::Word(Grammar::DnsLabel)),
    ("core.v1.PodSpec", "subdomain", Unsaid::Word(Grammar::DnsLabel)),
    ("core.v1.PodSpec", "nodeSelector", Unsaid::Word(Grammar::LabelValue)),
    ("core.v1.PodSpec", "nodeName", Unsaid::Word(Grammar::Subdomain)),
    ("core.v1.PodSpec", "priorityClassName", Unsaid::Word(Grammar::Subdomain)),
    ("core.v1.PodSpec", "runtimeClassName", Unsaid::Word(Grammar::Subdomain)),
    ("core.v1.PodSpec", "serviceAccountName", Unsaid::Word(Grammar::Subdomain)),
    ("core.v1.ServicePort", "name", Unsaid::Word(Grammar::DnsLabel)),
    ("core.v1.ServiceSpec", "externalIPs", Unsaid::Word(Grammar::Address)),
    ("core.v1.ServiceSpec", "clusterIP", Unsaid::Word(Grammar::ClusterAddress)),
    ("core.v1.ServiceSpec", "clusterIPs", Unsaid::Word(Grammar::ClusterAddress)),
    ("core.v1.ServiceSpec", "loadBalancerSourceRanges", Unsaid::Word(Grammar::Cidr)),
    ("core.v1.ServiceSpec", "selector", Unsaid::Word(Grammar::LabelValue)),
    ("core.v1.VolumeMount", "subPath", Unsaid::Word(Grammar::RelativePath)),
    ("meta.v1.LabelSelector", "matchLabels", Unsaid::Word(Grammar::LabelValue)),
    ("meta.v1.LabelSelectorRequirement", "key", Unsaid::Word(Grammar::LabelKey)),
    ("core.v1.NodeSelectorRequirement", "key", Unsaid::Word(Grammar::LabelKey)),
    ("networking.v1.HTTPIngressPath", "path", Unsaid::Word(Grammar::AbsolutePath)),
    ("networking.v1.IPBlock", "cidr", Unsaid::Word(Grammar::Cidr)),
    ("networking.v1.IPBlock", "except", Unsaid::Word(Grammar::Cidr)),
    ("networking.v1.IngressRule", "host", Unsaid::Word(Grammar::Host)),
    ("networking.v1.IngressTLS", "hosts", Unsaid::Word(Grammar::Wildcard)),
    ("networking.v1.IngressSpec", "ingressClassName", Unsaid::Word(Grammar::Subdomain)),
    ("rbac.v1.RoleRef", "name", Unsaid::Word(Grammar::Segment)),
    // The server reads a missing value as the zero value, and takes that.
    ("core.v1.HTTPHeader", "value", Unsaid::Optional),
    ("core.v1.LimitRangeSpec", "limits", Unsaid::Optional),
    ("core.v1.SleepAction", "seconds", Unsaid::Optional),
    ("core.v1.Sysctl", "value", Unsaid::Optional),
    ("core.v1.ISCSIVolumeSource", "lun", Unsaid::Optional),
    ("core.v1.ScaleIOVolumeSource", "secretRef", Unsaid::Optional),
    ("core.v1.ScaleIOPersistentVolumeSource", "secretRef", Unsaid::Optional),
    ("core.v1.ISCSIPersistentVolumeSource", "lun", Unsaid::Optional),
    ("apiextensions.v1.CustomResourceDefinitionVersion", "served", Unsaid::Optional),
    ("apiextensions.v1.CustomResourceDefinitionVersion", "storage", Unsaid::Optional),
    // Rules of their own find these twice.
    ("core.v1.Container", "env", Unsaid::NoKeys),
    ("core.v1.EphemeralContainer", "env", Unsaid::NoKeys),
    ("core.v1.PodSpec", "containers", Unsaid::NoKeys),
    ("core.v1.PodSpec", "initContainers", Unsaid::NoKeys),
    ("core.v1.PodSpec", "ephemeralContainers", Unsaid::NoKeys),
    // Only server-side apply minds these, and there are reasons to have them.
    ("core.v1.Container", "ports", Unsaid::NoKeys),
    ("core.v1.EphemeralContainer", "ports", Unsaid::NoKeys),
    ("core.v1.PodSpec", "hostAliases", Unsaid::NoKeys),
    ("core.v1.PodSpec", "imagePullSecrets", Unsaid::NoKeys),
    ("core.v1.ServiceAccount", "secrets", Unsaid::NoKeys),
    ("meta.v1.ObjectMeta", "ownerReferences", Unsaid::NoKeys),
];

const ACCESS_MODES: &[&str] = &["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];

#[derive(Clone, Copy)]
enum Unsaid {
    /// It is one of these strings, or a list of them.
    Choice(&'static [&'static str]),
    /// The least and the greatest number.
    Range(u16, u16),
    /// The least number; the greatest is what 31 bits hold.
    AtLeast(u16),
    /// How it is written, or the elements of a list or the values of a mapping.
    Word(Grammar),
    /// A port that nodes open for Services.
    NodePort,
    /// It may be missing, whatever the documents say.
    Optional,
    /// Its elements may have the same keys.
    NoKeys,
}

/// Definitions whose values have a type of their own.
const SPECIAL: &[(&str, u16)] = &[
    ("Quantity", tag::QUANTITY),
    ("IntOrString", tag::INT_OR_TEXT),
    ("Time", tag::TEXT),
    ("MicroTime", tag::TEXT),
    ("JSON", tag::ANY),
    ("JSONSchemaPropsOrArray", tag::ANY),
    ("JSONSchemaPropsOrBool", tag::ANY),
    ("JSONSchemaPropsOrStringArray", tag::ANY),
    ("FieldsV1", tag::ANY),
    ("RawExtension", tag::ANY),
    ("Patch", tag::ANY),
];

/// Kinds that are never written down: they go with requests.
const NOT_WRITTEN: &[&str] =
    &["APIGroup", "APIGroupList", "APIResourceList", "APIVersions", "DeleteOptions", "Status", "WatchEvent"];

/// Reads the folder and writes the table.
pub(crate) fn schemas(folder: &str) -> Result<()> {
    let versions = versions(Path::new(folder))?;
    let count = u32::try_from(versions.len())?;
    let Some((&first, _)) = versions.first_key_value() else { bail!("{folder} holds no `_definitions.json`") };
    if first != FIRST || versions.keys().copied().ne(first..first + count) || count > 16 {
        bail!("{folder} holds the versions {:?}; from 1.{FIRST} on each is needed", versions.keys());
    }
    let mut schemas = Schemas::default();
    for (number, path) in versions.values().enumerate() {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        let document: Value = serde_json::from_str(&text).with_context(|| path.display().to_string())?;
        let definitions = document.get("$defs").and_then(Value::as_object).context("`$defs` is missing")?;
        schemas.add(definitions, 1 << number)?;
    }
    for (definition, field, _) in UNSAID {
        let known = schemas.definitions.get(*definition).context(*definition)?;
        known.fields.keys().find(|(name, _)| name == field).with_context(|| format!("{definition} has no {field}"))?;
    }
    schemas.drop_unreachable();
    let bytes = schemas.compile(first, count)?;
    let output = workspace::root()?.join(OUTPUT);
    std::fs::write(&output, &bytes)?;
    let (kinds, definitions) = (schemas.kinds.len(), schemas.definitions.len());
    let newest = first + count - 1;
    println!("{OUTPUT}: {kinds} kinds, {definitions} definitions, 1.{first} to 1.{newest}, {} bytes", bytes.len());
    Ok(())
}

/// The file of each minor version from [`FIRST`] on, in folders such as `v1.30.0-local`.
fn versions(folder: &Path) -> Result<BTreeMap<u32, PathBuf>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path().join("_definitions.json");
        let name = path.parent().and_then(Path::file_name).and_then(|name| name.to_str()).unwrap_or_default();
        let minor = name.strip_prefix("v1.").and_then(|rest| rest.split('.').next()).and_then(|text| text.parse().ok());
        if let Some(minor) = minor.filter(|&minor| minor >= FIRST && path.is_file() && !name.ends_with("-strict")) {
            found.insert(minor, path);
        }
    }
    Ok(found)
}

/// Everything of all versions.
#[derive(Default)]
struct Schemas {
    /// By kind and `apiVersion`: definition and versions.
    kinds: BTreeMap<(String, String), (String, u16)>,
    definitions: BTreeMap<String, Definition>,
}

#[derive(Default)]
struct Definition {
    /// By name and type: versions.
    fields: BTreeMap<(String, Type), u16>,
    versions: u16,
    /// As the newest version says it.
    required: BTreeSet<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Type {
    Plain(u16),
    List(Box<Type>, Vec<String>),
    Map(Box<Type>),
    Object(String),
    Choice(Vec<String>),
    Range(u16, u16),
    AtLeast(u16),
    Word(u16),
}

impl Type {
    /// The definition that it leads to.
    fn object(&self) -> Option<&str> {
        match self {
            Self::Object(name) => Some(name),
            Self::List(of, _) | Self::Map(of) => of.object(),
            Self::Plain(_) | Self::Choice(_) | Self::Range(..) | Self::AtLeast(_) | Self::Word(_) => None,
        }
    }
}

impl Schemas {
    fn add(&mut self, definitions: &Map<String, Value>, version: u16) -> Result<()> {
        for (name, schema) in definitions {
            let short = short(name);
            if SPECIAL.iter().any(|(special, _)| last_word(short) == *special) {
                continue;
            }
            let is_kind = self.add_kinds(short, schema, version);
            let definition = self.definitions.entry(short.to_owned()).or_default();
            definition.versions |= version;
            for (field, schema) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
                // The server ignores what a manifest says of the status.
                let status = is_kind && field == "status";
                let field_type = if status { Type::Plain(tag::ANY) } else { type_of(schema)? };
                let field_type = refined(short, field, field_type);
                // Nor does it mind one that came later.
                let versions = if status { u16::MAX } else { version };
                *definition.fields.entry((field.clone(), field_type)).or_default() |= versions;
            }
            let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
            definition.required = required.filter_map(Value::as_str).map(str::to_owned).collect();
            // The server makes up a status, and asks for a name in its own words.
            let is_made_up = |field: &str| is_kind && matches!(field, "status" | "metadata");
            definition.required.retain(|field| !is_made_up(field) && !is_optional(short, field));
        }
        Ok(())
    }

    /// Whether the definition is that of an object.
    fn add_kinds(&mut self, name: &str, schema: &Value, version: u16) -> bool {
        let kinds = schema.get("x-kubernetes-group-version-kind").and_then(Value::as_array);
        let mut is_kind = false;
        for row in kinds.into_iter().flatten() {
            let text = |key: &str| row.get(key).and_then(Value::as_str).unwrap_or_default();
            let (group, kind) = (text("group"), text("kind"));
            if NOT_WRITTEN.contains(&kind) || kind.ends_with("List") {
                continue;
            }
            is_kind = true;
            let api_version =
                if group.is_empty() { text("version").to_owned() } else { format!("{group}/{}", text("version")) };
            let of = || (name.to_owned(), 0);
            let entry = self.kinds.entry((kind.to_owned(), api_version)).or_insert_with(of);
            entry.1 |= version;
        }
        is_kind
    }

    /// Drops the definitions that no kind leads to: those of lists and of statuses.
    fn drop_unreachable(&mut self) {
        let mut reached: BTreeSet<String> = BTreeSet::new();
        let mut open: Vec<String> = self.kinds.values().map(|(definition, _)| definition.clone()).collect();
        while let Some(name) = open.pop() {
            let fields = self.definitions.get(&name).into_iter().flat_map(|definition| definition.fields.keys());
            open.extend(
                fields.filter_map(|(_, of)| of.object()).filter(|of| !reached.contains(*of)).map(str::to_owned),
            );
            reached.insert(name);
        }
        self.definitions.retain(|name, _| reached.contains(name));
    }

    fn compile(&self, first: u32, count: u32) -> Result<Vec<u8>> {
        let mut writer = Writer::default();
        let numbers: BTreeMap<&str, u16> =
            self.definitions.keys().map(String::as_str).zip(0..).collect::<BTreeMap<_, _>>();
        let mut kinds: Vec<_> = self.kinds.iter().collect();
        kinds.sort_by_key(|((kind, api_version), _)| (by_length(kind), by_length(api_version)));
        for ((kind, api_version), (definition, mask)) in kinds {
            let definition = *numbers.get(definition.as_str()).context("a kind has a definition")?;
            writer.name(Table::Kinds, kind)?;
            writer.name(Table::Kinds, api_version)?;
            writer.number(Table::Kinds, definition);
            writer.number(Table::Kinds, *mask);
        }
        for (name, definition) in &self.definitions {
            // What some version does without is not worth a wrong word.
            let versions = |field: &str| {
                let variants = definition.fields.iter().filter(|((name, _), _)| name == field);
                variants.fold(0, |all, (_, mask)| all | mask)
            };
            let is_always_there = |field: &&String| versions(field) == definition.versions;
            let required: Vec<&String> = definition.required.iter().filter(is_always_there).collect();
            writer.name(Table::Definitions, last_word(name))?;
            let at = [writer.length(Table::Fields)?, u16::try_from(definition.fields.len())?];
            let counts = [writer.length(Table::Required)?, u16::try_from(required.len())?];
            for number in at.into_iter().chain(counts) {
                writer.number(Table::Definitions, number);
            }
            let mut fields: Vec<_> = definition.fields.iter().collect();
            fields.sort_by_key(|((field, _), _)| by_length(field));
            for ((field, field_type), mask) in fields {
                let field_type = writer.field_type(field_type, &numbers)?;
                writer.name(Table::Fields, field)?;
                writer.number(Table::Fields, field_type);
                writer.number(Table::Fields, *mask);
            }
            for field in required {
                writer.name(Table::Required, field)?;
            }
        }
        writer.finish(first, count)
    }
}

/// `core.v1.Container` of `io.k8s.api.core.v1.Container`.
fn short(name: &str) -> &str {
    let name = name.rsplit_once(".pkg.apis.").map_or(name, |(_, rest)| rest);
    let name = name.rsplit_once(".pkg.").map_or(name, |(_, rest)| rest);
    name.strip_prefix("io.k8s.api.").unwrap_or(name)
}

/// The order of the tables: most names differ in length, which is cheaper to compare.
fn by_length(name: &str) -> (usize, &str) {
    (name.len(), name)
}

fn last_word(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

fn type_of(schema: &Value) -> Result<Type> {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let name = short(reference.trim_start_matches("#/$defs/"));
        let special = SPECIAL.iter().find(|(special, _)| last_word(name) == *special);
        return Ok(special.map_or_else(|| Type::Object(name.to_owned()), |(_, tag)| Type::Plain(*tag)));
    }
    let types = match schema.get("type") {
        Some(Value::String(name)) => vec![name.as_str()],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).filter(|name| *name != "null").collect(),
        _ => return Ok(Type::Plain(tag::ANY)),
    };
    let format = schema.get("format").and_then(Value::as_str);
    Ok(match (types.as_slice(), format) {
        (["string"], Some("byte")) => word(Grammar::Base64),
        (["string"], _) => Type::Plain(tag::TEXT),
        (["integer"], Some("int32")) => Type::Plain(tag::INT32),
        (["integer"], _) => Type::Plain(tag::INT64),
        (["number"], _) => Type::Plain(tag::NUMBER),
        (["boolean"], _) => Type::Plain(tag::BOOLEAN),
        (["array"], _) => {
            let items = schema.get("items").map_or(Ok(Type::Plain(tag::ANY)), type_of)?;
            let keys = schema.get("x-kubernetes-list-map-keys").and_then(Value::as_array).into_iter().flatten();
            Type::List(Box::new(items), keys.filter_map(Value::as_str).map(str::to_owned).collect())
        }
        (["object"], _) => match schema.get("additionalProperties") {
            Some(values @ Value::Object(_)) => Type::Map(Box::new(type_of(values)?)),
            _ => Type::Plain(tag::ANY),
        },
        (other, _) => bail!("a type that is not known: {other:?}"),
    })
}

/// A string that is written by a grammar.
fn word(grammar: Grammar) -> Type {
    Type::Word(u16::try_from(grammar as usize).expect("there are few grammars"))
}

fn is_optional(definition: &str, field: &str) -> bool {
    UNSAID.iter().any(|row| row.0 == definition && row.1 == field && matches!(row.2, Unsaid::Optional))
}

/// The type of a field with what the documents leave out.
fn refined(definition: &str, field: &str, known: Type) -> Type {
    let found = UNSAID.iter().find(|row| row.0 == definition && row.1 == field);
    let choice = |words: &[&str]| Type::Choice(words.iter().map(|&word| word.to_owned()).collect());
    match (found.map(|row| row.2), known) {
        (Some(Unsaid::Choice(words)), Type::List(_, keys)) => Type::List(Box::new(choice(words)), keys),
        (Some(Unsaid::Choice(words)), _) => choice(words),
        (Some(Unsaid::Word(grammar)), Type::List(_, keys)) => Type::List(Box::new(word(grammar)), keys),
        (Some(Unsaid::Word(grammar)), Type::Map(_)) => Type::Map(Box::new(word(grammar))),
        (Some(Unsaid::Word(grammar)), _) => word(grammar),
        (Some(Unsaid::AtLeast(least)), Type::List(_, keys)) => Type::List(Box::new(Type::AtLeast(least)), keys),
        (Some(Unsaid::AtLeast(least)), _) => Type::AtLeast(least),
        (Some(Unsaid::NodePort), _) => Type::Plain(tag::NODE_PORT),
        (Some(Unsaid::Range(least, greatest)), _) => Type::Range(least, greatest),
        (Some(Unsaid::NoKeys), Type::List(items, _)) => Type::List(items, Vec::new()),
        (_, known) => known,
    }
}

/// The tables as they are written.
#[derive(Default)]
struct Writer {
    tables: [Vec<u8>; Table::COUNT],
    names: BTreeMap<String, u32>,
    types: BTreeMap<Type, u16>,
    lists: BTreeMap<Vec<String>, u16>,
}

impl Writer {
    fn table(&mut self, table: Table) -> &mut Vec<u8> {
        self.tables.get_mut(table as usize).expect("there is one for each")
    }

    fn number(&mut self, table: Table, number: u16) {
        self.table(table).extend(number.to_le_bytes());
    }

    fn name(&mut self, table: Table, name: &str) -> Result<()> {
        let packed = if let Some(&packed) = self.names.get(name) {
            packed
        } else {
            let offset = u32::try_from(self.table(Table::Text).len())?;
            let packed = (offset << 8) | u32::from(u8::try_from(name.len())?);
            self.table(Table::Text).extend(name.as_bytes());
            self.names.insert(name.to_owned(), packed);
            packed
        };
        self.table(table).extend(packed.to_le_bytes());
        Ok(())
    }

    fn length(&mut self, table: Table) -> Result<u16> {
        Ok(u16::try_from(self.table(table).len() / table.width())?)
    }

    fn field_type(&mut self, wanted: &Type, definitions: &BTreeMap<&str, u16>) -> Result<u16> {
        if let Some(&known) = self.types.get(wanted) {
            return Ok(known);
        }
        let record = match wanted {
            Type::Plain(tag) => [*tag, 0, 0],
            Type::List(items, keys) => {
                let keys = if keys.is_empty() { NO_LIST } else { self.list(keys)? };
                [tag::LIST, self.field_type(items, definitions)?, keys]
            }
            Type::Map(values) => [tag::MAP, self.field_type(values, definitions)?, 0],
            Type::Object(name) => {
                let number = definitions.get(name.as_str()).with_context(|| format!("{name} has no definition"))?;
                [tag::OBJECT, *number, 0]
            }
            Type::Choice(words) => [tag::CHOICE, self.list(words)?, 0],
            Type::Range(least, greatest) => [tag::RANGE, *least, *greatest],
            Type::AtLeast(least) => [tag::AT_LEAST, *least, 0],
            Type::Word(grammar) => [tag::WORD, *grammar, 0],
        };
        let number = self.length(Table::Types)?;
        for part in record {
            self.number(Table::Types, part);
        }
        self.types.insert(wanted.clone(), number);
        Ok(number)
    }

    fn list(&mut self, words: &[String]) -> Result<u16> {
        if let Some(&known) = self.lists.get(words) {
            return Ok(known);
        }
        let number = self.length(Table::Lists)?;
        let first = self.length(Table::Words)?;
        self.number(Table::Lists, first);
        self.number(Table::Lists, u16::try_from(words.len())?);
        for word in words {
            self.name(Table::Words, word)?;
        }
        self.lists.insert(words.to_vec(), number);
        Ok(number)
    }

    fn finish(self, first: u32, count: u32) -> Result<Vec<u8>> {
        let mut bytes: Vec<u8> = [first, count].into_iter().flat_map(u32::to_le_bytes).collect();
        let mut offset = HEADER;
        for table in &self.tables {
            bytes.extend(u32::try_from(offset)?.to_le_bytes());
            offset += table.len();
        }
        bytes.extend(self.tables.concat());
        Ok(bytes)
    }
}
