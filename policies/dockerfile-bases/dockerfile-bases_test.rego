package portcullis.packs.dockerfile_bases_test

import data.portcullis.packs.dockerfile_bases
import rego.v1

parameters := {"images": ["docker.io/library/alpine:3.*", "gcr.io/distroless", "ghcr.io/acme/*"]}

from(value) := {"Cmd": "from", "Flags": [], "JSON": false, "Stage": 0, "SubCmd": "", "Value": value}

test_bases_that_are_not_allowed[reference] if {
	some reference in [
		"evil.example/app",
		"ubuntu:24.04",
		"alpine:2.7",
		"alpine",
		"docker.io/library/alpinex:3.1",
		"evil.example/app:${TAG}",
		"evil.example/${NAME}",
	]
	found := dockerfile_bases.deny_base with input as [from([reference])] with data.packs["dockerfile-bases"] as parameters
	{[result.msg, result.path] | some result in found} == {[sprintf("base image `%s` is not an allowed one", [reference]), [0, "Value", 0]]}
}

test_bases_that_are_allowed_or_not_known[reference] if {
	some reference in [
		"alpine:3.20",
		"docker.io/library/alpine:3.20",
		"gcr.io/distroless/static-debian12:nonroot",
		"ghcr.io/acme/base@sha256:0000000000000000000000000000000000000000000000000000000000000000",
		"scratch",
		"$BASE",
		"${BASE}:1",
		"${REGISTRY}/base:1",
		"alpine:${TAG}",
		"ghcr.io/acme/base:${TAG}",
		"gcr.io/${NAME}",
		"alpine${SUFFIX}",
	]
	count(dockerfile_bases.deny_base) == 0 with input as [from([reference])] with data.packs["dockerfile-bases"] as parameters
}

test_stages_are_no_images if {
	commands := [from(["alpine:3.20", "AS", "Build"]), from(["build"]), from(["later"]), from(["alpine:3.20", "AS", "later"])]
	found := dockerfile_bases.deny_base with input as commands with data.packs["dockerfile-bases"] as parameters
	{result.path | some result in found} == {[2, "Value", 0]}
}

test_without_images_every_base_is_allowed if {
	count(dockerfile_bases.deny_base) == 0 with input as [from(["evil.example/app"])]
}

copy(from) := {"Cmd": "copy", "Flags": ["--chown=1:1", sprintf("--from=%s", [from])], "JSON": false, "Stage": 0, "SubCmd": "", "Value": ["/a", "/b"]}

run(mount) := {"Cmd": "run", "Flags": [sprintf("--mount=type=bind,from=%s,target=/x", [mount])], "JSON": false, "Stage": 0, "SubCmd": "", "Value": ["make"]}

test_sources_that_are_not_allowed[reference] if {
	some reference in ["evil.example/app", "nginx:1.27", "evil.example/app:${TAG}", "alpine:2.7"]
	commands := [from(["alpine:3.20", "AS", "build"]), copy(reference), run(reference)]
	found := dockerfile_bases.deny_source with input as commands with data.packs["dockerfile-bases"] as parameters
	{result.path | some result in found} == {[1, "Flags", 1], [2, "Flags", 0]}
	{result.msg | some result in found} == {sprintf("`%s`, which is copied from, is not an allowed image", [reference])}
}

test_sources_that_are_allowed_or_not_known[reference] if {
	some reference in ["build", "0", "assets", "alpine:3.20", "ghcr.io/acme/base:1", "gcr.io/distroless/static", "$BASE", "${BASE}:1"]
	commands := [from(["alpine:3.20", "AS", "build"]), copy(reference), run(reference)]
	count(dockerfile_bases.deny_source) == 0 with input as commands with data.packs["dockerfile-bases"] as parameters
}

test_without_images_every_source_is_allowed if {
	count(dockerfile_bases.deny_source) == 0 with input as [from(["alpine:3.20"]), copy("evil.example/app:1")]
}
