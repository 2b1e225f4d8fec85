# METADATA
# title: Labels
# description: Which labels and annotations objects of Kubernetes have.
# custom:
#   input: {selector: [{type: kubernetes}]}
package portcullis.packs.labels

import data.portcullis.lib.kubernetes
import data.portcullis.lib.names
import rego.v1

# METADATA
# title: Object lacks a label that is required
# description: |
#   Owners, bills and network policies go by labels: an object without them belongs to nobody. The parameter `labels`
#   says which are required, by kind; what stands below `*` is required of every object.
#
#   Silent for labels that are filled in later, and without the parameter.
# entrypoint: true
# custom:
#   id: labels-label-missing
#   severity: medium
#   recommended_action: add the label
deny_label contains result if {
	some it in objects
	missing := lacking(it.object, "labels")
	count(missing) > 0
	result := {
		"msg": sprintf("%s lacks the %s %s", [kubernetes.title(it.object), noun("label", missing), names.listed(missing)]),
		"path": place(it, "labels"),
	}
}

# METADATA
# title: Object lacks an annotation that is required
# description: |
#   Annotations tell people and programs what labels cannot hold: a runbook, a contact, a cost centre. The parameter
#   `annotations` says which are required, by kind; what stands below `*` is required of every object.
#
#   Silent for annotations that are filled in later, and without the parameter.
# entrypoint: true
# custom:
#   id: labels-annotation-missing
#   severity: medium
#   recommended_action: add the annotation
deny_annotation contains result if {
	some it in objects
	missing := lacking(it.object, "annotations")
	count(missing) > 0
	result := {
		"msg": sprintf("%s lacks the %s %s", [kubernetes.title(it.object), noun("annotation", missing), names.listed(missing)]),
		"path": place(it, "annotations"),
	}
}

# METADATA
# title: Label has a value that is not allowed
# description: |
#   A team that is written in three ways is three teams to those who count. The parameter `values` says which values a
#   label may have; `*` in them stands for anything.
#
#   Silent for values that are filled in later, and without the parameter.
# entrypoint: true
# custom:
#   id: labels-value-not-allowed
#   severity: low
#   recommended_action: use one of the allowed values
deny_value contains result if {
	some it in objects
	some label, patterns in data.packs.labels.values
	value := it.object.metadata.labels[label]
	is_string(value)
	not kubernetes.is_unknown(value)
	not fits_any(value, patterns)
	result := {
		"msg": sprintf("label `%s` of %s has the value `%s`", [label, kubernetes.title(it.object), value]),
		"path": array.concat(it.way, ["metadata", "labels", label]),
		"help": sprintf("use one of %s", [names.listed(patterns)]),
	}
}

# What is deployed: configuration of tools has the form of objects, too.
objects contains it if {
	some it in kubernetes.objects
	is_object(it.object.metadata)
	is_named(it.object.metadata)
	not startswith(it.object.apiVersion, "kustomize.config.k8s.io/")
}

is_named(metadata) if metadata.name

is_named(metadata) if metadata.generateName

# The keys of `labels` or `annotations` that are required of an object and are not there.
lacking(object, field) := sort([key |
	some key in required(object.kind, field)
	is_known(object.metadata, field)
	not has(object.metadata, field, key)
])

required(kind, field) := {key |
	some which in [kind, "*"]
	some key in data.packs.labels[field][which]
}

has(metadata, field, key) if is_string(metadata[field][key])

# A number or a boolean is a mistake of its own.
has(metadata, field, key) if is_number(metadata[field][key])

has(metadata, field, key) if is_boolean(metadata[field][key])

# Whether all keys are: a template may stand for more of them.
is_known(metadata, field) if not metadata[field]

is_known(metadata, field) if {
	is_object(metadata[field])
	every key, _ in metadata[field] {
		not kubernetes.is_unknown(key)
	}
}

fits_any(value, patterns) if {
	some pattern in patterns
	names.fits(value, pattern)
}

# The mapping itself where there is one.
place(it, field) := array.concat(it.way, ["metadata", field]) if {
	is_object(it.object.metadata[field])
} else := array.concat(it.way, ["metadata", "name"]) if {
	it.object.metadata.name
} else := array.concat(it.way, ["metadata"])

noun(word, names) := word if count(names) == 1

noun(word, names) := concat("", [word, "s"]) if count(names) != 1
