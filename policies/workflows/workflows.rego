# METADATA
# title: Workflows
# description: Which actions and runners workflows of GitHub use.
# custom:
#   input: {selector: [{type: yaml}]}
package portcullis.packs.workflows

import data.portcullis.lib.names
import rego.v1

# METADATA
# title: Workflow uses an action that is not allowed
# description: |
#   An action runs with the job's token and secrets. The parameter `actions` says which actions and reusable workflows may be used; those
#   of the repository itself (`./…`) always may.
#
#   Steps of jobs and of composite actions are looked at. Silent without the parameter.
# entrypoint: true
# custom:
#   id: workflows-action-not-allowed
#   severity: high
#   recommended_action: use an allowed action, or add this one to the parameter `actions` once it was reviewed
deny_action contains result if {
	some [uses, way] in used
	not startswith(uses, "./")
	not contains(uses, "${{")
	data.packs.workflows.actions
	not is_allowed(uses)
	result := {"msg": sprintf("`%s` is not an allowed action", [uses]), "path": way}
}

# METADATA
# title: Job runs on a runner that is not allowed
# description: |
#   A runner sees the job's secrets and, where it is self-hosted, the network that it stands in. The parameter `runners` says which labels jobs
#   may ask for; a group of runners is written `group:NAME`.
#
#   A label that comes from the job's matrix is looked up there; any other expression is not known, and gives no finding. Silent without the parameter.
# entrypoint: true
# custom:
#   id: workflows-runner-not-allowed
#   severity: medium
#   recommended_action: use an allowed runner
deny_runner contains result if {
	some [id, label, way] in asked
	is_string(label)
	not contains(label, "${{")
	data.packs.workflows.runners
	not fits_any(label)
	result := {
		"msg": sprintf("job `%s` runs on `%s`, which is not an allowed runner", [id, label]),
		"path": way,
		"help": sprintf("use one of %s", [names.listed(data.packs.workflows.runners)]),
	}
}

# Names count without regard to case, with the part behind `@` or without it.
is_allowed(uses) if {
	some pattern in data.packs.workflows.actions
	some name in {lower(uses), split(lower(uses), "@")[0]}
	names.is_below(name, lower(pattern))
}

fits_any(label) if {
	some pattern in data.packs.workflows.runners
	names.fits(lower(label), lower(pattern))
}

# What is used, with its way.
used contains [step.uses, ["jobs", id, "steps", index, "uses"]] if {
	some id, job in jobs
	some index, step in names.elements(job.steps)
	is_string(step.uses)
}

used contains [job.uses, ["jobs", id, "uses"]] if {
	some id, job in jobs
	is_string(job.uses)
}

used contains [step.uses, ["runs", "steps", index, "uses"]] if {
	input.runs.using == "composite"
	some index, step in names.elements(input.runs.steps)
	is_string(step.uses)
}

# The labels that jobs ask for, with their ways.
asked contains [id, label, way] if {
	some id, job in jobs
	some [label, way] in labels(job["runs-on"], ["jobs", id, "runs-on"])
}

asked contains [id, sprintf("group:%s", [group]), ["jobs", id, "runs-on", "group"]] if {
	some id, job in jobs
	group := job["runs-on"].group
	is_string(group)
}

asked contains [id, label, way] if {
	some id, job in jobs
	name := from_matrix(job["runs-on"])
	some index, value in names.elements(job.strategy.matrix[name])
	some [label, way] in labels(value, ["jobs", id, "strategy", "matrix", name, index])
}

asked contains [id, label, way] if {
	some id, job in jobs
	name := from_matrix(job["runs-on"])
	some index, entry in names.elements(job.strategy.matrix.include)
	some [label, way] in labels(entry[name], ["jobs", id, "strategy", "matrix", "include", index, name])
}

# The labels in what `runs-on` may be.
labels(value, way) := {[value, way]} if is_string(value)

labels(value, way) := {[label, array.concat(way, [index])] |
	some index, label in value
	not is_given(label, value)
} if is_array(value)

labels(value, way) := {found |
	some inner in [value.labels]
	some found in labels_of_group(inner, array.concat(way, ["labels"]))
} if is_object(value)

labels_of_group(value, way) := {[value, way]} if is_string(value)

labels_of_group(value, way) := {[label, array.concat(way, [index])] |
	some index, label in value
	not is_given(label, value)
} if is_array(value)

# Labels that every self-hosted runner has by itself: with others, those decide.
is_given(label, labels) if {
	is_string(label)
	lower(label) in {"self-hosted", "linux", "windows", "macos", "x64", "arm", "arm64"}
	some other in labels
	is_string(other)
	not lower(other) in {"linux", "windows", "macos", "x64", "arm", "arm64"}
	lower(other) != lower(label)
}

# The name of the matrix's key that an expression is.
from_matrix(value) := name if {
	is_string(value)
	[[_, name]] := regex.find_all_string_submatch_n(`^\$\{\{\s*matrix\.([A-Za-z_][A-Za-z0-9_-]*)\s*\}\}$`, value, 1)
}

jobs[id] := job if {
	input.on
	some id, job in names.entries(input.jobs)
	is_job(job)
}

is_job(job) if job["runs-on"]

is_job(job) if job.uses
