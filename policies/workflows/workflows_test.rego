package portcullis.packs.workflows_test

import data.portcullis.packs.workflows
import rego.v1

parameters := {
	"actions": ["actions/*", "acme/deploy", "docker/build-push-action@v6", "docker://ghcr.io/acme/**"],
	"runners": ["ubuntu-*", "group:acme"],
}

workflow(job) := {"on": {"push": null}, "jobs": {"build": job}}

using(uses) := workflow({"runs-on": "ubuntu-24.04", "steps": [{"run": "make"}, {"uses": uses}]})

test_actions_that_are_not_allowed[uses] if {
	some uses in ["evil/action@v1", "acme/deployer@v1", "docker/build-push-action@v5", "docker://alpine:3", "actionsx/checkout@v4"]
	found := workflows.deny_action with input as using(uses) with data.packs.workflows as parameters
	found == {{"msg": sprintf("`%s` is not an allowed action", [uses]), "path": ["jobs", "build", "steps", 1, "uses"]}}
}

test_actions_that_are_allowed[uses] if {
	some uses in [
		"actions/checkout@v4",
		"Actions/Checkout@v4",
		"actions/cache/save@v4",
		"acme/deploy@main",
		"acme/deploy/.github/workflows/x.yml@main",
		"docker/build-push-action@v6",
		"docker://ghcr.io/acme/tool:1",
		"./.github/actions/x",
		"${{ inputs.action }}",
	]
	count(workflows.deny_action) == 0 with input as using(uses) with data.packs.workflows as parameters
}

test_every_place_of_an_action[name] if {
	some name, [document, way] in {
		"reusable workflow": [workflow({"uses": "evil/w/.github/workflows/x.yml@v1"}), ["jobs", "build", "uses"]],
		"composite action": [
			{"name": "x", "runs": {"using": "composite", "steps": [{"uses": "evil/a@v1"}]}},
			["runs", "steps", 0, "uses"],
		],
	}
	found := workflows.deny_action with input as document with data.packs.workflows as parameters
	{result.path | some result in found} == {way}
}

test_runners_that_are_not_allowed[name] if {
	some name, [job, label, way] in {
		"label": [{"runs-on": "macos-15"}, "macos-15", ["runs-on"]],
		"list": [{"runs-on": ["ubuntu-24.04", "gpu"]}, "gpu", ["runs-on", 1]],
		"self-hosted": [{"runs-on": ["self-hosted", "linux", "x64"]}, "self-hosted", ["runs-on", 0]],
		"self-hosted with a name": [{"runs-on": ["self-hosted", "Linux", "gpu"]}, "gpu", ["runs-on", 2]],
		"labels": [{"runs-on": {"labels": "gpu"}}, "gpu", ["runs-on", "labels"]],
		"labels of a group": [{"runs-on": {"group": "acme", "labels": ["gpu"]}}, "gpu", ["runs-on", "labels", 0]],
		"group": [{"runs-on": {"group": "other"}}, "group:other", ["runs-on", "group"]],
		"matrix": [
			{"runs-on": "${{ matrix.os }}", "strategy": {"matrix": {"os": ["ubuntu-24.04", "macos-15"]}}},
			"macos-15",
			["strategy", "matrix", "os", 1],
		],
		"included": [
			{"runs-on": "${{matrix.os}}", "strategy": {"matrix": {"include": [{"os": "ubuntu-24.04"}, {"os": "gpu"}]}}},
			"gpu",
			["strategy", "matrix", "include", 1, "os"],
		],
	}
	found := workflows.deny_runner with input as workflow(job) with data.packs.workflows as parameters
	[[result.msg, result.path] | some result in found] == [[
		sprintf("job `build` runs on `%s`, which is not an allowed runner", [label]),
		array.concat(["jobs", "build"], way),
	]]
}

test_runners_that_are_allowed_or_not_known[name] if {
	some name, job in {
		"label": {"runs-on": "ubuntu-24.04"},
		"case": {"runs-on": "Ubuntu-latest"},
		"list": {"runs-on": ["ubuntu-24.04"]},
		"group": {"runs-on": {"group": "acme"}},
		"input": {"runs-on": "${{ inputs.runner }}"},
		"part": {"runs-on": "x-${{ matrix.os }}"},
		"matrix": {"runs-on": "${{ matrix.os }}", "strategy": {"matrix": "${{ fromJSON(needs.x.outputs.m) }}"}},
		"called": {"uses": "actions/x/.github/workflows/y.yml@v1"},
	}
	count(workflows.deny_runner) == 0 with input as workflow(job) with data.packs.workflows as parameters
}

test_other_files_are_no_workflows if {
	document := {"jobs": {"build": {"runs-on": "gpu", "steps": [{"uses": "evil/a@v1"}]}}}
	count(workflows.deny_action) == 0 with input as document with data.packs.workflows as parameters
	count(workflows.deny_runner) == 0 with input as document with data.packs.workflows as parameters
}

test_without_parameters_everything_is_allowed if {
	count(workflows.deny_action) == 0 with input as using("evil/a@v1")
	count(workflows.deny_runner) == 0 with input as workflow({"runs-on": "gpu"})
}
