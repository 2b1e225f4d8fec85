package portcullis.packs.labels_test

import data.portcullis.packs.labels
import rego.v1

object(metadata) := {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata}

parameters := {
	"labels": {"*": ["team"], "Deployment": ["app.kubernetes.io/name"]},
	"annotations": {"Deployment": ["acme.example/runbook"]},
	"values": {"team": ["web", "infra-*"]},
}

messages(found) := {result.msg | some result in found}

test_labels_that_are_missing[name] if {
	some name, [metadata, message] in {
		"all": [{"name": "web"}, "Deployment `web` lacks the labels `app.kubernetes.io/name`, `team`"],
		"one": [{"name": "web", "labels": {"team": "web"}}, "Deployment `web` lacks the label `app.kubernetes.io/name`"],
		"empty": [{"name": "web", "labels": {"team": null, "app.kubernetes.io/name": "x"}}, "Deployment `web` lacks the label `team`"],
		"without a name": [{"generateName": "web-"}, "Deployment lacks the labels `app.kubernetes.io/name`, `team`"],
	}
	messages(labels.deny_label) == {message} with input as object(metadata) with data.packs.labels as parameters
}

test_labels_that_are_there_or_not_known[name] if {
	some name, metadata in {
		"there": {"name": "web", "labels": {"team": "web", "app.kubernetes.io/name": "x"}},
		"filled in": {"name": "web", "labels": {"team": "${TEAM}", "app.kubernetes.io/name": "{{ x }}"}},
		"numbers": {"name": "web", "labels": {"team": 7, "app.kubernetes.io/name": true}},
		"template": {"name": "web", "labels": "${LABELS}"},
		"key of a template": {"name": "web", "labels": {"${LABELS}": ""}},
		"no object": {},
	}
	count(labels.deny_label) == 0 with input as object(metadata) with data.packs.labels as parameters
}

test_other_kinds if {
	service := {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}}
	messages(labels.deny_label) == {"Service `web` lacks the label `team`"} with input as service with data.packs.labels as parameters
	count(labels.deny_annotation) == 0 with input as service with data.packs.labels as parameters
}

test_configuration_of_kustomize_is_no_object if {
	config := {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "metadata": {"name": "x"}}
	count(labels.deny_label) == 0 with input as config with data.packs.labels as parameters
}

test_annotations if {
	found := labels.deny_annotation with input as object({"name": "web"}) with data.packs.labels as parameters
	found == {{"msg": "Deployment `web` lacks the annotation `acme.example/runbook`", "path": ["metadata", "name"]}}
	told := {"name": "web", "annotations": {"acme.example/runbook": "https://acme.example"}}
	count(labels.deny_annotation) == 0 with input as object(told) with data.packs.labels as parameters
}

test_values[value] if {
	some value, expected in {"web": 0, "infra-db": 0, "Web": 1, "infra": 1, "${TEAM}": 0, "": 1}
	metadata := {"name": "web", "labels": {"team": value}}
	count(labels.deny_value) == expected with input as object(metadata) with data.packs.labels as parameters
}

test_objects_of_a_list if {
	list := {"apiVersion": "v1", "kind": "List", "items": [object({"name": "a", "labels": {"team": "x"}})]}
	found := labels.deny_value with input as list with data.packs.labels as parameters
	{result.path | some result in found} == {["items", 0, "metadata", "labels", "team"]}
}

test_without_parameters_nothing_is_decided if {
	metadata := {"name": "web", "labels": {"team": "nobody"}}
	count(labels.deny_label) == 0 with input as object(metadata)
	count(labels.deny_annotation) == 0 with input as object(metadata)
	count(labels.deny_value) == 0 with input as object(metadata)
}
