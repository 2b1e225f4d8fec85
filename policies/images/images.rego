# METADATA
# title: Images
# description: Which images run, in manifests, Compose files and workflows.
# custom:
#   input: {selector: [{type: kubernetes}, {type: yaml}]}
package portcullis.packs.images

import data.portcullis.lib.kubernetes
import data.portcullis.lib.names
import rego.v1

# METADATA
# title: Image comes from a registry that is not allowed
# description: |
#   An image of a registry that nobody vouches for can hold anything, and can change or go away at any time. What a
#   reference leaves out counts as it does for the container runtime: `nginx` is `docker.io/library/nginx`.
#
#   Decided by the part of the reference that is known: `${REGISTRY}/app` gives no finding, `docker.io/app:${TAG}` does.
#   Silent without the parameter `registries`.
# entrypoint: true
# custom:
#   id: images-registry-not-allowed
#   severity: high
#   recommended_action: use an image from an allowed registry, or add the registry to the parameter `registries`
deny_registry contains result if {
	some it in images
	not is_allowed(it.image)
	is_decided(it.image)
	result := {
		"msg": sprintf("image `%s` of %s is not from an allowed registry", [it.reference, it.of]),
		"path": it.way,
		"help": sprintf("use an image from %s", [names.listed(data.packs.images.registries)]),
	}
}

# METADATA
# title: Image is not pinned by a digest
# description: |
#   A tag can be moved to another image at any time, so that what was tested is not what runs. A digest is the image.
#
#   Silent where the reference is not known to its end, for images that a service of Compose builds itself, and for those that the parameter
#   `undigested` names.
# entrypoint: true
# custom:
#   id: images-digest-missing
#   severity: medium
#   recommended_action: add the digest of the image behind its tag, `name:tag@sha256:…`
deny_digest contains result if {
	some it in images
	not it.image.partial
	not it.image.digest
	not is_undigested(it.image)
	result := {
		"msg": sprintf("image `%s` of %s has no digest", [it.reference, it.of]),
		"path": it.way,
	}
}

is_allowed(image) if {
	some pattern in data.packs.images.registries
	names.is_below(image.repository, pattern)
}

# With the registry alone, another one than any that is allowed is certain.
is_decided(image) if {
	image.repository
	data.packs.images.registries
}

is_decided(image) if {
	not image.repository
	hosts := {split(pattern, "/")[0] | some pattern in data.packs.images.registries}
	count(hosts) > 0
	every host in hosts {
		not names.fits(image.registry, host)
	}
}

is_undigested(image) if {
	some pattern in data.packs.images.undigested
	names.is_below(image.repository, pattern)
}

# Every reference that can be read, with its way and what has it.
images contains {"reference": reference, "image": image, "way": way, "of": of} if {
	some [reference, way, of] in references
	image := portcullis.image(reference)
}

references contains [it.container.image, array.concat(it.way, ["image"]), of] if {
	some it in kubernetes.containers
	is_string(it.container.image)
	of := sprintf("container `%s`", [it.name])
}

references contains [service.image, ["services", name, "image"], sprintf("service `%s`", [name])] if {
	is_compose
	some name, service in names.entries(input.services)
	is_string(service.image)
	not service.build
}

references contains [job.container, ["jobs", id, "container"], sprintf("job `%s`", [id])] if {
	some id, job in jobs
	is_string(job.container)
}

references contains [job.container.image, ["jobs", id, "container", "image"], sprintf("job `%s`", [id])] if {
	some id, job in jobs
	is_string(job.container.image)
}

references contains [service.image, ["jobs", id, "services", name, "image"], sprintf("service `%s`", [name])] if {
	some id, job in jobs
	some name, service in names.entries(job.services)
	is_string(service.image)
}

# Other files have `services` as well: a Compose file has nothing that Compose does not know.
is_compose if {
	is_object(input.services)
	every key, _ in input {
		is_of_compose(key)
	}
}

is_of_compose(key) if key in {"name", "version", "services", "networks", "volumes", "configs", "secrets", "models", "include"}

is_of_compose(key) if startswith(key, "x-")

jobs[id] := job if {
	input.on
	some id, job in names.entries(input.jobs)
	job["runs-on"]
}
