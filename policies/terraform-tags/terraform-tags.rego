# METADATA
# title: Tags of resources
# description: Which tags resources of Terraform have.
# custom:
#   input: {selector: [{type: terraform}]}
package portcullis.packs.terraform_tags

import data.portcullis.lib.names
import data.portcullis.lib.terraform
import rego.v1

# METADATA
# title: Resource lacks a tag that is required
# description: |
#   Costs, owners and access go by tags: a resource without them belongs to nobody. The parameter `tags` says which are required; of
#   Google's resources, labels are meant.
#
#   Modules are evaluated, and what the provider adds by `default_tags` or `default_labels` counts. Silent for types that take no tags as far as is known here, where
#   more tags may come from a value that is not known, in modules without a configured provider, whose callers may add tags, and without the parameter.
# entrypoint: true
# custom:
#   id: terraform-tags-missing
#   severity: medium
#   recommended_action: add the tags to the resource, or to `default_tags` of the provider
deny_tags contains result if {
	some key, addresses in lacking
	[type, name, missing] := json.unmarshal(key)
	address := min(addresses)
	field := own(terraform.provider(type))
	result := {
		"msg": sprintf("%s lacks the %s %s", [name, noun(field, missing), names.listed(missing)]),
		"path": place(input.resource[type][address], ["resource", type, address], field),
	}
}

# The addresses of what is declared once and lacks the same.
lacking[key] contains it.address if {
	some it in terraform.resources
	provider := terraform.provider(it.type)
	it.type in taggable[provider]
	terraform.is_configured(provider)
	not is_exempt(it.type)
	field := effective(it.body, provider)
	not terraform.is_open(it.body, own(provider))
	not terraform.is_open(it.body, field)
	missing := sort([tag |
		some tag in data.packs["terraform-tags"].tags
		not terraform.has_key(it.body, field, tag)
	])
	count(missing) > 0
	key := json.marshal([it.type, terraform.declared(it.address), missing])
}

is_exempt(type) if {
	some pattern in data.packs["terraform-tags"].exempt
	names.fits(type, pattern)
}

# The attribute that holds what the provider adds, where it adds something.
effective(body, provider) := all[provider] if {
	body[all[provider]]
} else := all[provider] if {
	terraform.is_open(body, all[provider])
} else := own(provider)

all := {"aws": "tags_all", "google": "effective_labels"}

own("aws") := "tags"

own("azurerm") := "tags"

own("google") := "labels"

place(body, way, field) := array.concat(way, [field]) if {
	is_object(body[field])
} else := way

noun(field, missing) := trim_suffix(field, "s") if count(missing) == 1

noun(field, missing) := field if count(missing) != 1

# Types that take them, by provider.
taggable := {
	"aws": {
		"aws_acm_certificate", "aws_alb", "aws_ami", "aws_api_gateway_rest_api", "aws_api_gateway_stage",
		"aws_apigatewayv2_api", "aws_apigatewayv2_stage", "aws_apprunner_service", "aws_athena_workgroup",
		"aws_backup_plan", "aws_backup_vault", "aws_cloudfront_distribution", "aws_cloudtrail",
		"aws_cloudwatch_log_group", "aws_cloudwatch_metric_alarm", "aws_codebuild_project", "aws_codecommit_repository",
		"aws_codepipeline", "aws_cognito_user_pool", "aws_customer_gateway", "aws_db_instance",
		"aws_db_parameter_group", "aws_db_proxy", "aws_db_subnet_group", "aws_dms_replication_instance",
		"aws_docdb_cluster", "aws_docdb_cluster_instance", "aws_dynamodb_table", "aws_ebs_snapshot", "aws_ebs_volume",
		"aws_ec2_transit_gateway", "aws_ecr_repository", "aws_ecs_cluster", "aws_ecs_service",
		"aws_ecs_task_definition", "aws_efs_file_system", "aws_eip", "aws_eks_cluster", "aws_eks_node_group",
		"aws_elastic_beanstalk_application", "aws_elastic_beanstalk_environment", "aws_elasticache_cluster",
		"aws_elasticache_replication_group", "aws_elasticsearch_domain", "aws_elb", "aws_emr_cluster", "aws_flow_log",
		"aws_fsx_lustre_file_system", "aws_glue_job", "aws_guardduty_detector", "aws_iam_policy", "aws_iam_role",
		"aws_iam_user", "aws_instance", "aws_internet_gateway", "aws_key_pair", "aws_kinesis_firehose_delivery_stream",
		"aws_kinesis_stream", "aws_kms_key", "aws_lambda_function", "aws_launch_template", "aws_lb",
		"aws_lb_target_group", "aws_mq_broker", "aws_msk_cluster", "aws_nat_gateway", "aws_neptune_cluster",
		"aws_network_acl", "aws_network_interface", "aws_opensearch_domain", "aws_rds_cluster",
		"aws_rds_cluster_instance", "aws_redshift_cluster", "aws_route53_zone", "aws_route_table", "aws_s3_bucket",
		"aws_sagemaker_notebook_instance", "aws_secretsmanager_secret", "aws_security_group", "aws_sfn_state_machine",
		"aws_sns_topic", "aws_spot_instance_request", "aws_sqs_queue", "aws_ssm_parameter", "aws_subnet",
		"aws_transfer_server", "aws_vpc", "aws_vpc_endpoint", "aws_vpc_peering_connection", "aws_vpn_connection",
		"aws_vpn_gateway", "aws_wafv2_web_acl", "aws_workspaces_workspace",
	},
	"azurerm": {
		"azurerm_application_gateway", "azurerm_application_insights", "azurerm_automation_account",
		"azurerm_cognitive_account", "azurerm_container_group", "azurerm_container_registry",
		"azurerm_cosmosdb_account", "azurerm_data_factory", "azurerm_databricks_workspace", "azurerm_dns_zone",
		"azurerm_eventhub_namespace", "azurerm_firewall", "azurerm_key_vault", "azurerm_kubernetes_cluster",
		"azurerm_lb", "azurerm_linux_function_app", "azurerm_linux_virtual_machine",
		"azurerm_linux_virtual_machine_scale_set", "azurerm_linux_web_app", "azurerm_log_analytics_workspace",
		"azurerm_managed_disk", "azurerm_mssql_database", "azurerm_mssql_server", "azurerm_mysql_flexible_server",
		"azurerm_nat_gateway", "azurerm_network_interface", "azurerm_network_security_group",
		"azurerm_postgresql_flexible_server", "azurerm_postgresql_server", "azurerm_private_dns_zone",
		"azurerm_private_endpoint", "azurerm_public_ip", "azurerm_recovery_services_vault", "azurerm_redis_cache",
		"azurerm_resource_group", "azurerm_route_table", "azurerm_search_service", "azurerm_service_plan",
		"azurerm_servicebus_namespace", "azurerm_storage_account", "azurerm_user_assigned_identity",
		"azurerm_virtual_network", "azurerm_virtual_network_gateway", "azurerm_windows_function_app",
		"azurerm_windows_virtual_machine", "azurerm_windows_virtual_machine_scale_set", "azurerm_windows_web_app",
	},
	"google": {
		"google_artifact_registry_repository", "google_bigquery_dataset", "google_bigquery_table",
		"google_cloud_run_v2_service", "google_cloudfunctions2_function", "google_cloudfunctions_function",
		"google_compute_address", "google_compute_disk", "google_compute_forwarding_rule", "google_compute_image",
		"google_compute_instance", "google_compute_snapshot", "google_dataproc_cluster", "google_dns_managed_zone",
		"google_filestore_instance", "google_kms_crypto_key", "google_project", "google_pubsub_subscription",
		"google_pubsub_topic", "google_redis_instance", "google_secret_manager_secret", "google_spanner_instance",
		"google_storage_bucket",
	},
}
