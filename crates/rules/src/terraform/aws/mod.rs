//! Resources of Amazon Web Services.

mod apigateway;
mod apigateway_access;
mod athena;
mod backup;
mod cloudfront;
mod cloudtrail;
mod cloudwatch;
mod codebuild;
mod config;
mod dms;
mod docdb;
mod dynamodb;
mod ebs;
mod ec2;
mod ec2_images;
mod ecr;
mod ecs;
mod ecs_containers;
mod efs;
mod eks;
mod elasticache;
mod elb;
mod emr;
mod guardduty;
mod iam_actions;
mod iam_grants;
mod iam_identities;
mod iam_passwords;
mod iam_reach;
mod iam_trust;
mod keys;
mod kinesis;
mod kms;
mod lambda;
mod lambda_access;
mod lambda_environment;
mod messages;
mod mq;
mod msk;
mod neptune;
mod network_acls;
mod opensearch;
mod policies;
mod rds;
mod rds_clusters;
mod rds_insight;
mod redshift;
mod resource_policies;
mod s3;
mod s3_access_block;
mod s3_acls;
mod s3_data;
mod sagemaker;
mod secrets_manager;
mod security_group_use;
mod security_groups;
mod settings;
mod ssm;
mod transfer;
mod vpc;
mod waf;
mod workspaces;

use crate::Rule;

/// The rules by file.
pub(crate) static RULES: &[&[&Rule]] = &[
    apigateway::RULES,
    apigateway_access::RULES,
    athena::RULES,
    backup::RULES,
    cloudfront::RULES,
    cloudtrail::RULES,
    cloudwatch::RULES,
    codebuild::RULES,
    config::RULES,
    dms::RULES,
    docdb::RULES,
    dynamodb::RULES,
    ebs::RULES,
    ec2::RULES,
    ec2_images::RULES,
    ecr::RULES,
    ecs::RULES,
    ecs_containers::RULES,
    efs::RULES,
    eks::RULES,
    elasticache::RULES,
    elb::RULES,
    emr::RULES,
    guardduty::RULES,
    iam_grants::RULES,
    iam_identities::RULES,
    iam_passwords::RULES,
    iam_reach::RULES,
    iam_trust::RULES,
    kinesis::RULES,
    kms::RULES,
    lambda::RULES,
    lambda_access::RULES,
    lambda_environment::RULES,
    messages::RULES,
    mq::RULES,
    msk::RULES,
    neptune::RULES,
    network_acls::RULES,
    opensearch::RULES,
    rds::RULES,
    rds_clusters::RULES,
    rds_insight::RULES,
    redshift::RULES,
    resource_policies::RULES,
    s3_access_block::RULES,
    s3_acls::RULES,
    s3_data::RULES,
    sagemaker::RULES,
    secrets_manager::RULES,
    security_group_use::RULES,
    security_groups::RULES,
    ssm::RULES,
    transfer::RULES,
    vpc::RULES,
    waf::RULES,
    workspaces::RULES,
];
