# METADATA
# title: Objects of Kubernetes, their pods and containers
# description: Shared by the packs. Ways lead from the root of the input, so that a result can be placed.
package portcullis.lib.kubernetes

import data.portcullis.lib.names
import rego.v1

# The object of the input, or those in it where it is a List.
objects contains {"way": [], "object": input} if {
	is_string(input.kind)
	is_string(input.apiVersion)
	not is_array(object.get(input, "items", null))
}

objects contains {"way": ["items", index], "object": item} if {
	is_string(input.kind)
	some index, item in names.elements(input.items)
	is_object(item)
	is_string(item.kind)
	is_string(item.apiVersion)
}

# Where the pod is in the kinds that make pods.
pod_ways := {
	"Pod": ["spec"],
	"PodTemplate": ["template", "spec"],
	"Deployment": ["spec", "template", "spec"],
	"StatefulSet": ["spec", "template", "spec"],
	"DaemonSet": ["spec", "template", "spec"],
	"ReplicaSet": ["spec", "template", "spec"],
	"ReplicationController": ["spec", "template", "spec"],
	"Job": ["spec", "template", "spec"],
	"CronJob": ["spec", "jobTemplate", "spec", "template", "spec"],
}

pods contains {"way": array.concat(it.way, way), "spec": spec, "object": it.object} if {
	some it in objects
	is_builtin(it.object)
	way := pod_ways[it.object.kind]
	spec := object.get(it.object, way, null)
	is_object(spec)
}

containers contains found if {
	some pod in pods
	some field in ["containers", "initContainers", "ephemeralContainers"]
	some index, container in names.elements(pod.spec[field])
	is_object(container)
	found := {
		"way": array.concat(pod.way, [field, index]),
		"container": container,
		"name": object.get(container, "name", sprintf("%s[%d]", [field, index])),
		"object": pod.object,
	}
}

# Whether the object is of the API server's own groups: `Deployment` is a kind of others as well.
is_builtin(object) if object.apiVersion == "v1"

is_builtin(object) if split(object.apiVersion, "/")[0] in {"apps", "batch", "extensions"}

# `Deployment web`, for messages.
title(object) := sprintf("%s `%s`", [object.kind, object.metadata.name]) if {
	is_string(object.metadata.name)
} else := object.kind

# Whether a text is filled in later: by a shell, a template or a tool that replaces variables.
is_unknown(text) if contains(text, "${")

is_unknown(text) if contains(text, "$(")

is_unknown(text) if contains(text, "{{")

is_unknown(text) if regex.match(`^\$[A-Za-z_]`, text)
