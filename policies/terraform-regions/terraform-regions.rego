# METADATA
# title: Regions and machines
# description: Where Terraform puts resources, and how large machines are.
# custom:
#   input: {selector: [{type: terraform}]}
package portcullis.packs.terraform_regions

import data.portcullis.lib.names
import data.portcullis.lib.terraform
import rego.v1

# METADATA
# title: Resource is in a region that is not allowed
# description: |
#   Where data lies decides which laws hold for it, and a region that nobody watches is where strangers mine. The parameter `regions` says which regions and
#   locations may be used: of providers, of resources that name their own, and of zones.
#
#   Modules are evaluated: a variable counts by its value. `West Europe` and `westeurope` are one. Silent where the value is not known, for `global`,
#   and without the parameter.
# entrypoint: true
# custom:
#   id: terraform-regions-region-not-allowed
#   severity: high
#   recommended_action: use an allowed region
deny_region contains result if {
	some [written, region, way] in used
	region != "global"
	data.packs["terraform-regions"].regions
	not is_allowed(region, data.packs["terraform-regions"].regions)
	result := {
		"msg": sprintf("region `%s` is not an allowed one", [written]),
		"path": way,
		"help": sprintf("use one of %s", [names.listed(data.packs["terraform-regions"].regions)]),
	}
}

# METADATA
# title: Machine is of a type that is not allowed
# description: |
#   The type of a machine is its price. The parameter `instances` says which may be used, of virtual machines, databases, caches and nodes alike.
#
#   Modules are evaluated: a variable counts by its value. Silent where the value is not known, and without the parameter.
# entrypoint: true
# custom:
#   id: terraform-regions-instance-not-allowed
#   severity: medium
#   recommended_action: use an allowed type
deny_instance contains result if {
	some [type, way] in machines
	data.packs["terraform-regions"].instances
	not is_allowed(lower(type), data.packs["terraform-regions"].instances)
	result := {
		"msg": sprintf("machine type `%s` is not an allowed one", [type]),
		"path": way,
		"help": sprintf("use one of %s", [names.listed(data.packs["terraform-regions"].instances)]),
	}
}

is_allowed(value, patterns) if {
	some pattern in patterns
	names.fits(value, plain(pattern))
}

# Azure takes names of locations with blanks and capitals.
plain(text) := replace(lower(text), " ", "")

# Regions as they are written, as they are compared, with their ways.
used contains [block.region, plain(block.region), ["provider", name, index, "region"]] if {
	some name, blocks in input.provider
	name in {"aws", "google", "google-beta"}
	some index, block in blocks
	is_string(block.region)
}

used contains [value, plain(value), array.concat(it.way, [field])] if {
	some it in terraform.resources
	some field in fields[terraform.provider(it.type)]
	value := it.body[field]
	is_string(value)
}

# Only where the whole of it has the form of a zone: there are others.
used contains [value, region, array.concat(it.way, ["availability_zone"])] if {
	some it in terraform.resources
	terraform.provider(it.type) == "aws"
	value := it.body.availability_zone
	[[_, region]] := regex.find_all_string_submatch_n(`^([a-z]{2}(?:-[a-z]+)+-[0-9])[a-z]$`, value, 1)
}

used contains [value, region, array.concat(it.way, ["zone"])] if {
	some it in terraform.resources
	terraform.provider(it.type) == "google"
	value := it.body.zone
	[[_, region]] := regex.find_all_string_submatch_n(`^([a-z]+-[a-z]+[0-9]+)-[a-z]$`, value, 1)
}

fields := {"aws": ["region"], "azurerm": ["location"], "google": ["region", "location"]}

machines contains [value, array.concat(it.way, [field])] if {
	some it in terraform.resources
	field := sizes[it.type]
	value := it.body[field]
	is_string(value)
	# A machine type of Google's may be an address.
	not contains(value, "/")
}

machines contains [value, array.concat(it.way, [field, index])] if {
	some it in terraform.resources
	field := sizes[it.type]
	some index, value in names.elements(it.body[field])
	is_string(value)
}

sizes := {
	"aws_db_instance": "instance_class",
	"aws_docdb_cluster_instance": "instance_class",
	"aws_eks_node_group": "instance_types",
	"aws_elasticache_cluster": "node_type",
	"aws_elasticache_replication_group": "node_type",
	"aws_instance": "instance_type",
	"aws_launch_configuration": "instance_type",
	"aws_launch_template": "instance_type",
	"aws_neptune_cluster_instance": "instance_class",
	"aws_rds_cluster_instance": "instance_class",
	"aws_redshift_cluster": "node_type",
	"aws_spot_instance_request": "instance_type",
	"azurerm_linux_virtual_machine": "size",
	"azurerm_linux_virtual_machine_scale_set": "sku",
	"azurerm_windows_virtual_machine": "size",
	"azurerm_windows_virtual_machine_scale_set": "sku",
	"google_compute_instance": "machine_type",
	"google_compute_instance_template": "machine_type",
}
