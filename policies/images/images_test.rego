package portcullis.packs.images_test

import data.portcullis.packs.images
import rego.v1

digest := concat("", ["sha256:", sprintf("%064d", [7])])

pod(image) := {
	"apiVersion": "v1",
	"kind": "Pod",
	"metadata": {"name": "web"},
	"spec": {"containers": [{"name": "app", "image": image}]},
}

allowed := {"registries": ["ghcr.io/acme", "docker.io/library/nginx", "*.dkr.ecr.eu-west-1.amazonaws.com"], "undigested": ["ghcr.io/acme/dev"]}

test_images_of_other_registries[image] if {
	some image in [
		"evil.example/app:1",
		"redis",
		"ghcr.io/acmeevil/app:1",
		"ghcr.io/other/app",
		"docker.io/library/nginx-evil:1",
		"quay.io/${ORG}/app",
		"ghcr.io/other:${TAG}",
		"localhost:5000/app",
	]
	count(images.deny_registry) == 1 with input as pod(image) with data.packs.images as allowed
}

test_images_of_allowed_registries[image] if {
	some image in [
		"ghcr.io/acme/app:1",
		"ghcr.io/acme/team/app@sha256:0",
		"nginx:1.27",
		"docker.io/nginx",
		"1234.dkr.ecr.eu-west-1.amazonaws.com/app:1",
		"${IMAGE}",
		"${REGISTRY}/app:1",
		"ghcr.io/${ORG}/app",
		"ghcr.io/acme/app:${TAG}",
		"{{ .Values.image }}",
		"",
		7,
	]
	count(images.deny_registry) == 0 with input as pod(image) with data.packs.images as allowed
}

test_without_registries_nothing_is_decided if {
	count(images.deny_registry) == 0 with input as pod("evil.example/app:1")
	count(images.deny_registry) == 0 with input as pod("evil.example/app:1") with data.packs.images as {}
	count(images.deny_registry) == 0 with input as pod("evil.example/${X}:1") with data.packs.images as {}
}

test_digests_that_are_missing[image] if {
	some image in ["nginx", "nginx:1.27", "ghcr.io/acme/app"]
	count(images.deny_digest) == 1 with input as pod(image) with data.packs.images as allowed
}

test_digests_that_are_there_or_not_known[image] if {
	some image in [
		sprintf("nginx@%s", [digest]),
		sprintf("nginx:1.27@%s", [digest]),
		"nginx:${TAG}",
		"${IMAGE}",
		"ghcr.io/acme/dev/app:1",
	]
	count(images.deny_digest) == 0 with input as pod(image) with data.packs.images as allowed
}

test_digests_need_no_parameter if count(images.deny_digest) == 1 with input as pod("nginx")

test_every_place_of_an_image[name] if {
	some name, [document, way] in {
		"cron job": [
			{
				"apiVersion": "batch/v1",
				"kind": "CronJob",
				"spec": {"jobTemplate": {"spec": {"template": {"spec": {"initContainers": [{"name": "a", "image": "evil.example/a"}]}}}}},
			},
			["spec", "jobTemplate", "spec", "template", "spec", "initContainers", 0, "image"],
		],
		"list": [
			{"apiVersion": "v1", "kind": "List", "items": [{"kind": "Kustomization"}, pod("evil.example/a")]},
			["items", 1, "spec", "containers", 0, "image"],
		],
		"compose": [
			{"services": {"web": {"image": "evil.example/a"}}, "x-note": 1},
			["services", "web", "image"],
		],
		"job": [
			{"on": "push", "jobs": {"build": {"runs-on": "ubuntu-24.04", "container": "evil.example/a"}}},
			["jobs", "build", "container"],
		],
		"job's image": [
			{"on": "push", "jobs": {"build": {"runs-on": "ubuntu-24.04", "container": {"image": "evil.example/a"}}}},
			["jobs", "build", "container", "image"],
		],
		"job's service": [
			{"on": "push", "jobs": {"build": {"runs-on": "x", "services": {"db": {"image": "evil.example/a"}}}}},
			["jobs", "build", "services", "db", "image"],
		],
	}
	found := images.deny_registry with input as document with data.packs.images as allowed
	{result.path | some result in found} == {way}
}

test_images_of_other_things[name] if {
	some name, document in {
		"values of a chart": {"services": {"web": {"image": "evil.example/a"}}, "replicas": 1},
		"built service": {"services": {"web": {"image": "evil.example/a", "build": "."}}},
		"kind of another group": {"apiVersion": "example.com/v1", "kind": "Deployment", "spec": {"template": {"spec": {"containers": [{"image": "evil.example/a"}]}}}},
	}
	count(images.deny_registry) == 0 with input as document with data.packs.images as allowed
}
