package portcullis.packs.quotas_test

import data.portcullis.packs.quotas
import rego.v1

namespace(name) := {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}

test_namespaces[name] if {
	some name, expected in {"shop": 1, "kube-system": 0, "sandbox-jo": 0, "${NAMESPACE}": 0, "{{ .Values.ns }}": 0}
	parameters := {"exempt": ["sandbox-*"]}
	count(quotas.deny_resource_quota) == expected with input as namespace(name) with data.packs.quotas as parameters
	count(quotas.deny_limit_range) == expected with input as namespace(name) with data.packs.quotas as parameters
}

test_what_a_namespace_lacks_is_said if {
	found := quotas.deny_resource_quota with input as namespace("shop")
	found == {{
		"msg": "Namespace `shop` has no ResourceQuota",
		"path": ["metadata", "name"],
		"lacks": {"kind": "ResourceQuota", "namespace": "shop"},
	}}
	limits := quotas.deny_limit_range with input as namespace("shop")
	{result.lacks.kind | some result in limits} == {"LimitRange"}
}

pod(resources) := {
	"apiVersion": "v1",
	"kind": "Pod",
	"metadata": {"name": "web"},
	"spec": {"containers": [{"name": "app", "resources": resources}]},
}

ceilings := {"ceilings": {"cpu": "2", "memory": "4Gi", "example.com/gpu": 1}}

test_containers_that_ask_for_too_much[name] if {
	some name, resources in {
		"cores": {"limits": {"cpu": "3"}},
		"number": {"limits": {"cpu": 2.5}},
		"millicores": {"requests": {"cpu": "2001m"}},
		"memory": {"limits": {"memory": "4097Mi"}},
		"decimal memory": {"limits": {"memory": "5G"}},
		"device": {"limits": {"example.com/gpu": "2"}},
	}
	count(quotas.deny_ceiling) == 1 with input as pod(resources) with data.packs.quotas as ceilings
}

test_containers_that_do_not[name] if {
	some name, resources in {
		"as much": {"limits": {"cpu": "2000m", "memory": "4096Mi"}},
		"nothing": {},
		"another resource": {"limits": {"ephemeral-storage": "100Gi"}},
		"filled in": {"limits": {"cpu": "${CPU}", "memory": "{{ .Values.memory }}"}},
		"decimal memory": {"limits": {"memory": "4G"}},
		"bytes": {"limits": {"memory": 4294967296}},
	}
	count(quotas.deny_ceiling) == 0 with input as pod(resources) with data.packs.quotas as ceilings
}

test_the_message_names_what_is_asked if {
	found := quotas.deny_ceiling with input as pod({"limits": {"cpu": "3"}}) with data.packs.quotas as ceilings
	found == {{
		"msg": "container `app` has limits of 3 cpu, and 2 is the most that is allowed",
		"path": ["spec", "containers", 0, "resources", "limits", "cpu"],
	}}
}

deployment(replicas) := {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {"replicas": replicas}}

autoscaler(least, most) := {
	"apiVersion": "autoscaling/v2",
	"kind": "HorizontalPodAutoscaler",
	"metadata": {"name": "web"},
	"spec": {"minReplicas": least, "maxReplicas": most},
}

test_replicas[name] if {
	some name, [document, expected] in {
		"few": [deployment(1), 1],
		"none": [deployment(0), 0],
		"right": [deployment(2), 0],
		"most": [deployment(20), 0],
		"many": [deployment(21), 1],
		"not known": [deployment("${REPLICAS}"), 0],
		"not written": [{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {}}, 0],
		"of another group": [{"apiVersion": "example.com/v1", "kind": "Deployment", "spec": {"replicas": 99}}, 0],
		"autoscaler": [autoscaler(2, 20), 0],
		"autoscaler with few": [autoscaler(1, 1), 1],
		"autoscaler with many": [autoscaler(2, 50), 1],
	}
	bounds := {"replicas": {"min": 2, "max": 20}}
	count(quotas.deny_replicas) == expected with input as document with data.packs.quotas as bounds
}

test_one_bound_is_enough if {
	count(quotas.deny_replicas) == 1 with input as deployment(30) with data.packs.quotas as {"replicas": {"max": 20}}
	count(quotas.deny_replicas) == 0 with input as deployment(30) with data.packs.quotas as {"replicas": {"min": 2}}
}

test_without_parameters_nothing_is_bounded if {
	count(quotas.deny_ceiling) == 0 with input as pod({"limits": {"cpu": "100"}})
	count(quotas.deny_replicas) == 0 with input as deployment(1000)
}
