//! Resources of Amazon Web Services.

mod apigateway;
mod apigateway_access;
mod athena;
mod backup;
mod cloudfront;
mod codebuild;
mod config;
mod dms;
mod docdb;
mod ebs;
mod ecr;
mod ecs;
mod ecs_containers;
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
mod kinesis;
mod lambda;
mod lambda_access;
mod lambda_environment;
mod messages;
mod mq;
mod msk;
mod neptune;
mod opensearch;
mod policies;
mod rds;
mod rds_clusters;
mod rds_insight;
mod redshift;
mod resource_policies;
mod sagemaker;
mod security_groups;
mod settings;
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
    codebuild::RULES,
    config::RULES,
    dms::RULES,
    docdb::RULES,
    ebs::RULES,
    ecr::RULES,
    ecs::RULES,
    ecs_containers::RULES,
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
    lambda::RULES,
    lambda_access::RULES,
    lambda_environment::RULES,
    messages::RULES,
    mq::RULES,
    msk::RULES,
    neptune::RULES,
    opensearch::RULES,
    rds::RULES,
    rds_clusters::RULES,
    rds_insight::RULES,
    redshift::RULES,
    resource_policies::RULES,
    sagemaker::RULES,
    security_groups::RULES,
    transfer::RULES,
    vpc::RULES,
    waf::RULES,
    workspaces::RULES,
];
