# METADATA
# title: Resources of Terraform as they are evaluated
# description: Shared by the packs. What is not known is left out of a body and named in its `__unknown__`.
package portcullis.lib.terraform

import data.portcullis.lib.names
import rego.v1

# Managed resources with their ways.
resources contains {"type": type, "address": address, "body": body, "way": ["resource", type, address]} if {
	some type, instances in input.resource
	some address, body in instances
	is_object(body)
}

# The provider that a type is of, by its usual name.
provider(type) := split(type, "_")[0]

# Whether the root module configures a provider: one that does not is a part of something that may.
is_configured(name) if count(input.provider[name]) > 0

is_configured("google") if count(input.provider["google-beta"]) > 0

# Whether a map of a body may have more keys than are written.
is_open(body, name) if {
	some unknown in body["__unknown__"]
	unknown in {"*", name, concat(".", [name, "*"])}
}

# Whether a map of a body has a key, with a value that is known or not.
has_key(body, name, key) if {
	some known, _ in names.entries(body[name])
	known == key
}

has_key(body, name, key) if {
	some unknown in body["__unknown__"]
	unknown == concat(".", [name, key])
}

# The address without instances: what is written once is said once.
declared(address) := regex.replace(address, `\[[^\]]*\]`, "")
