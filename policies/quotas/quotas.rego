# METADATA
# title: Quotas
# description: What namespaces are bounded by, and how much containers and workloads may ask for.
# custom:
#   input: {selector: [{type: kubernetes}]}
package portcullis.packs.quotas

import data.portcullis.lib.kubernetes
import data.portcullis.lib.names
import rego.v1

# METADATA
# title: Namespace has no ResourceQuota
# description: |
#   Without one, the pods of the namespace may take whatever the cluster has, and one namespace starves the others.
#
#   The whole scan is looked at, built objects of Kustomize among it. Silent where a quota may stand in what was not read, where not a whole
#   folder is scanned, for namespaces of the cluster itself (`kube-…`) and for those that the parameter `exempt` names.
# entrypoint: true
# custom:
#   id: quotas-resource-quota-missing
#   severity: medium
#   recommended_action: add a ResourceQuota that bounds CPU, memory and the number of pods
#   tags: [across-files]
deny_resource_quota contains lacking(it, "ResourceQuota") if some it in namespaces

# METADATA
# title: Namespace has no LimitRange
# description: |
#   Containers that say nothing of resources get no requests and no limits: the scheduler places them blindly, and where the namespace has a
#   ResourceQuota they are refused.
#
#   The whole scan is looked at, built objects of Kustomize among it. Silent where a LimitRange may stand in what was not read, where not a
#   whole folder is scanned, for namespaces of the cluster itself (`kube-…`) and for those that the parameter `exempt` names.
# entrypoint: true
# custom:
#   id: quotas-limit-range-missing
#   severity: low
#   recommended_action: add a LimitRange with default requests and limits
#   tags: [across-files]
deny_limit_range contains lacking(it, "LimitRange") if some it in namespaces

# METADATA
# title: Container asks for more than it may
# description: |
#   A container that may take a whole node takes it from the others. The parameter `ceilings` says how much of each resource a container may request and
#   may be limited to.
#
#   Silent where the quantity is filled in later, and without the parameter. What is not limited at all is for other rules.
# entrypoint: true
# custom:
#   id: quotas-container-over-ceiling
#   severity: medium
#   recommended_action: ask for less, or split the work
deny_ceiling contains result if {
	some it in kubernetes.containers
	some resource, ceiling in data.packs.quotas.ceilings
	some side in ["requests", "limits"]
	asked := it.container.resources[side][resource]
	quantity(asked) > quantity(ceiling)
	result := {
		"msg": sprintf("container `%s` has %s of %v %s, and %v is the most that is allowed", [it.name, side, asked, resource, ceiling]),
		"path": array.concat(it.way, ["resources", side, resource]),
	}
}

# METADATA
# title: Workload has more or fewer replicas than it may
# description: |
#   One replica is gone whenever its node is; a hundred by a slip of the hand fill the cluster. The parameter `replicas` bounds the number on both
#   sides, for workloads and for what autoscalers may make of them.
#
#   Silent where the number is not written, filled in later or 0, and without the parameter.
# entrypoint: true
# custom:
#   id: quotas-replicas-out-of-range
#   severity: medium
#   recommended_action: change the number of replicas
deny_replicas contains result if {
	some [it, field] in scaled
	replicas := it.object.spec[field]
	is_number(replicas)
	replicas > data.packs.quotas.replicas.max
	result := counted(it, field, sprintf("the most that is allowed is %v", [data.packs.quotas.replicas.max]))
}

deny_replicas contains result if {
	some [it, field] in scaled
	replicas := it.object.spec[field]
	is_number(replicas)
	replicas > 0
	replicas < data.packs.quotas.replicas.min
	# An autoscaler's upper bound says nothing of how few there are.
	field != "maxReplicas"
	result := counted(it, field, sprintf("the fewest that are allowed are %v", [data.packs.quotas.replicas.min]))
}

counted(it, field, bound) := {
	"msg": sprintf("%s has %s %v, and %s", [kubernetes.title(it.object), field, it.object.spec[field], bound]),
	"path": array.concat(it.way, ["spec", field]),
}

# Objects with fields that say how many pods there are.
scaled contains [it, "replicas"] if {
	some it in kubernetes.objects
	kubernetes.is_builtin(it.object)
	it.object.kind in {"Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"}
}

scaled contains [it, field] if {
	some it in kubernetes.objects
	startswith(it.object.apiVersion, "autoscaling/")
	it.object.kind == "HorizontalPodAutoscaler"
	some field in ["minReplicas", "maxReplicas"]
}

namespaces contains it if {
	some it in kubernetes.objects
	it.object.apiVersion == "v1"
	it.object.kind == "Namespace"
	name := it.object.metadata.name
	is_string(name)
	not kubernetes.is_unknown(name)
	not startswith(name, "kube-")
	not is_exempt(name)
}

is_exempt(name) if {
	some pattern in data.packs.quotas.exempt
	names.fits(name, pattern)
}

# The finding stands if nothing of the kind is in the namespace: that is for the whole scan to say.
lacking(it, kind) := {
	"msg": sprintf("Namespace `%s` has no %s", [it.object.metadata.name, kind]),
	"path": array.concat(it.way, ["metadata", "name"]),
	"lacks": {"kind": kind, "namespace": it.object.metadata.name},
}

quantity(value) := value if is_number(value)

quantity(value) := units.parse(value) if is_string(value)
