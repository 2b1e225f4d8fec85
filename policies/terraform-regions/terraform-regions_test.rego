package portcullis.packs.terraform_regions_test

import data.portcullis.packs.terraform_regions
import rego.v1

parameters := {"regions": ["eu-*", "europe-west1", "West Europe"], "instances": ["t3.*", "db.t3.*", "e2-small", "Standard_B*"]}

resource(type, body) := {"resource": {type: {"x.y": body}}}

places(found) := {[result.msg, result.path] | some result in found}

test_regions_that_are_not_allowed[name] if {
	some name, [document, region, way] in {
		"provider": [{"provider": {"aws": [{}, {"region": "us-east-1"}]}}, "us-east-1", ["provider", "aws", 1, "region"]],
		"location": [resource("azurerm_storage_account", {"location": "East US"}), "East US", ["resource", "azurerm_storage_account", "x.y", "location"]],
		"bucket": [resource("google_storage_bucket", {"location": "US"}), "US", ["resource", "google_storage_bucket", "x.y", "location"]],
		"zone": [resource("google_compute_disk", {"zone": "us-central1-a"}), "us-central1-a", ["resource", "google_compute_disk", "x.y", "zone"]],
		"availability zone": [resource("aws_ebs_volume", {"availability_zone": "us-east-1a"}), "us-east-1a", ["resource", "aws_ebs_volume", "x.y", "availability_zone"]],
	}
	found := terraform_regions.deny_region with input as document with data.packs["terraform-regions"] as parameters
	places(found) == {[sprintf("region `%s` is not an allowed one", [region]), way]}
}

test_regions_that_are_allowed_or_not_known[name] if {
	some name, document in {
		"provider": {"provider": {"aws": [{"region": "eu-central-1"}]}},
		"not known": {"provider": {"aws": [{"__unknown__": ["region"]}]}},
		"other provider": {"provider": {"datadog": [{"region": "us1"}]}},
		"location": resource("azurerm_storage_account", {"location": "westeurope"}),
		"global": resource("google_kms_key_ring", {"location": "global"}),
		"zone": resource("google_compute_disk", {"zone": "europe-west1-b"}),
		"zone of another form": resource("aws_ebs_volume", {"availability_zone": "us-west-2-lax-1a"}),
		"location of something else": resource("github_repository", {"location": "US"}),
	}
	count(terraform_regions.deny_region) == 0 with input as document with data.packs["terraform-regions"] as parameters
}

test_machines_that_are_not_allowed[name] if {
	some name, [type, body, machine, way] in {
		"machine": ["aws_instance", {"instance_type": "p5.48xlarge"}, "p5.48xlarge", ["instance_type"]],
		"nodes": ["aws_eks_node_group", {"instance_types": ["t3.large", "m7i.large"]}, "m7i.large", ["instance_types", 1]],
		"database": ["aws_db_instance", {"instance_class": "db.r6g.large"}, "db.r6g.large", ["instance_class"]],
		"azure": ["azurerm_linux_virtual_machine", {"size": "Standard_D4s_v5"}, "Standard_D4s_v5", ["size"]],
	}
	found := terraform_regions.deny_instance with input as resource(type, body) with data.packs["terraform-regions"] as parameters
	places(found) == {[
		sprintf("machine type `%s` is not an allowed one", [machine]),
		array.concat(["resource", type, "x.y"], way),
	]}
}

test_machines_that_are_allowed_or_not_known[name] if {
	some name, [type, body] in {
		"machine": ["aws_instance", {"instance_type": "t3.micro"}],
		"not known": ["aws_instance", {"__unknown__": ["instance_type"]}],
		"address": ["google_compute_instance", {"machine_type": "zones/europe-west1-b/machineTypes/n2-standard-64"}],
		"capitals": ["azurerm_windows_virtual_machine", {"size": "standard_b2s"}],
		"attribute of another type": ["aws_s3_bucket", {"instance_type": "p5.48xlarge"}],
	}
	count(terraform_regions.deny_instance) == 0 with input as resource(type, body) with data.packs["terraform-regions"] as parameters
}

test_without_parameters_everything_is_allowed if {
	count(terraform_regions.deny_region) == 0 with input as {"provider": {"aws": [{"region": "us-east-1"}]}}
	count(terraform_regions.deny_instance) == 0 with input as resource("aws_instance", {"instance_type": "p5.48xlarge"})
}
