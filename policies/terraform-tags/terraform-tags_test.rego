package portcullis.packs.terraform_tags_test

import data.portcullis.packs.terraform_tags
import rego.v1

parameters := {"tags": ["team", "cost-centre"], "exempt": ["aws_iam_*"]}

module(resource) := {"module": ".", "provider": {"aws": [{}], "google": [{}], "azurerm": [{}]}, "resource": resource}

bucket(body) := module({"aws_s3_bucket": {"aws_s3_bucket.logs": body}})

messages(found) := {result.msg | some result in found}

test_tags_that_are_missing[name] if {
	some name, [document, message] in {
		"none": [bucket({}), "aws_s3_bucket.logs lacks the tags `cost-centre`, `team`"],
		"one": [bucket({"tags": {"team": "web"}}), "aws_s3_bucket.logs lacks the tag `cost-centre`"],
		"in spite of defaults": [bucket({"tags": {}, "tags_all": {"team": "web"}}), "aws_s3_bucket.logs lacks the tag `cost-centre`"],
		"labels": [
			module({"google_storage_bucket": {"google_storage_bucket.logs": {"labels": {"team": "web"}}}}),
			"google_storage_bucket.logs lacks the label `cost-centre`",
		],
		"instances": [
			module({"aws_eip": {"aws_eip.out[0]": {}, "aws_eip.out[1]": {}}}),
			"aws_eip.out lacks the tags `cost-centre`, `team`",
		],
	}
	messages(terraform_tags.deny_tags) == {message} with input as document with data.packs["terraform-tags"] as parameters
}

test_tags_that_are_there_or_not_known[name] if {
	some name, document in {
		"there": bucket({"tags": {"team": "web", "cost-centre": "7"}}),
		"by default": bucket({"tags_all": {"team": "web", "cost-centre": "7"}}),
		"value that is not known": bucket({"tags": {"team": "web"}, "__unknown__": ["tags.cost-centre"]}),
		"not known": bucket({"__unknown__": ["tags"]}),
		"more may come": bucket({"tags": {"team": "web"}, "__unknown__": ["tags.*"]}),
		"defaults not known": bucket({"tags": {}, "__unknown__": ["tags_all.*"]}),
		"resource not known": bucket({"__unknown__": ["*"]}),
		"type without tags": module({"aws_s3_bucket_acl": {"aws_s3_bucket_acl.x": {}}}),
		"exempt": module({"aws_iam_role": {"aws_iam_role.x": {}}}),
		"no provider": {"provider": {}, "resource": {"aws_s3_bucket": {"aws_s3_bucket.x": {}}}},
	}
	count(terraform_tags.deny_tags) == 0 with input as document with data.packs["terraform-tags"] as parameters
}

test_the_place_is_the_map_where_there_is_one if {
	found := terraform_tags.deny_tags with input as bucket({"tags": {}}) with data.packs["terraform-tags"] as parameters
	{result.path | some result in found} == {["resource", "aws_s3_bucket", "aws_s3_bucket.logs", "tags"]}
	bare := terraform_tags.deny_tags with input as bucket({}) with data.packs["terraform-tags"] as parameters
	{result.path | some result in bare} == {["resource", "aws_s3_bucket", "aws_s3_bucket.logs"]}
}

test_without_the_parameter_nothing_is_required if count(terraform_tags.deny_tags) == 0 with input as bucket({})
