# METADATA
# title: Base images
# description: Which images Dockerfiles build upon and copy from.
# custom:
#   input: {selector: [{type: dockerfile}]}
package portcullis.packs.dockerfile_bases

import data.portcullis.lib.names
import rego.v1

# METADATA
# title: Base image is not allowed
# description: |
#   All that is in the base is in the image as well. The parameter `images` says which bases may be used, by repository, and by tag where it is written
#   behind one: `docker.io/library/alpine:3.*`.
#
#   Stages that build upon earlier ones and `scratch` always may. Decided by the part of the reference that is known: `FROM ${BASE}` gives no finding,
#   `FROM evil.example/app:${TAG}` does. Silent without the parameter.
# entrypoint: true
# custom:
#   id: dockerfile-bases-not-allowed
#   severity: high
#   recommended_action: build upon an allowed image, or add this one to the parameter `images` once it was reviewed
deny_base contains result if {
	some index, command in input
	command.Cmd == "from"
	reference := command.Value[0]
	not is_stage(reference, index)
	reference != "scratch"
	image := portcullis.image(reference)
	data["packs"]["dockerfile-bases"].images
	is_decided(image)
	not is_allowed(image)
	result := {
		"msg": sprintf("base image `%s` is not an allowed one", [reference]),
		"path": [index, "Value", 0],
		"help": sprintf("build upon one of %s", [names.listed(data["packs"]["dockerfile-bases"].images)]),
	}
}

# METADATA
# title: Image to copy from is not allowed
# description: |
#   What `COPY --from` and `RUN --mount` take from an image is in the build as what a base holds is. Decided as for bases, by the same parameter `images`; a bare
#   name may be a stage or a context of the build, and gives no finding. Silent without the parameter.
# entrypoint: true
# custom:
#   id: dockerfile-bases-source-not-allowed
#   severity: high
#   recommended_action: copy from an allowed image, or add this one to the parameter `images` once it was reviewed
deny_source contains result if {
	some index, command in input
	some at, reference in sources(command)
	regex.match(`[/:@]`, reference)
	not is_stage(reference, index)
	image := portcullis.image(reference)
	data["packs"]["dockerfile-bases"].images
	is_decided(image)
	not is_allowed(image)
	result := {
		"msg": sprintf("`%s`, which is copied from, is not an allowed image", [reference]),
		"path": [index, "Flags", at],
		"help": sprintf("copy from one of %s", [names.listed(data["packs"]["dockerfile-bases"].images)]),
	}
}

# The images in the flags of an instruction, by the numbers of these.
sources(command) := {at: trim_prefix(flag, "--from=") |
	some at, flag in command.Flags
	startswith(flag, "--from=")
} if {
	command.Cmd == "copy"
}

sources(command) := {at: trim_prefix(option, "from=") |
	some at, flag in command.Flags
	startswith(flag, "--mount=")
	some option in split(trim_prefix(flag, "--mount="), ",")
	startswith(option, "from=")
} if {
	command.Cmd == "run"
}

is_stage(reference, index) if {
	some earlier, command in input
	earlier < index
	command.Cmd == "from"
	count(command.Value) == 3
	lower(command.Value[2]) == lower(reference)
}

is_allowed(image) if {
	some pattern in data["packs"]["dockerfile-bases"].images
	not has_tag(pattern)
	names.is_below(image.repository, pattern)
}

is_allowed(image) if {
	some pattern in data["packs"]["dockerfile-bases"].images
	has_tag(pattern)
	glob.match(pattern, ["/"], sprintf("%s:%s", [image.repository, tag(image)]))
}

# No tag means the newest; behind a digest a tag decides nothing.
tag(image) := image.tag

tag(image) := "latest" if not image.tag

# Where the tag is not known, only a pattern without one decides.
is_decided(image) if not image.partial

is_decided(image) if {
	image.partial
	image.repository
	every pattern in data["packs"]["dockerfile-bases"].images {
		not is_of(image.repository, pattern)
	}
}

is_decided(image) if {
	not image.repository
	every pattern in data["packs"]["dockerfile-bases"].images {
		not names.fits(image.registry, split(pattern, "/")[0])
	}
}

# Whether a pattern with a tag is about the repository.
is_of(repository, pattern) if {
	has_tag(pattern)
	parts := split(pattern, ":")
	glob.match(concat(":", array.slice(parts, 0, count(parts) - 1)), ["/"], repository)
}

has_tag(pattern) if {
	parts := split(pattern, "/")
	contains(parts[count(parts) - 1], ":")
	count(parts) > 1
}
