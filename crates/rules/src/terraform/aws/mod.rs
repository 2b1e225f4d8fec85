//! Resources of Amazon Web Services.

mod apigateway;
mod apigateway_access;
mod cloudfront;
mod ebs;
mod ecr;
mod ecs;
mod ecs_containers;
mod eks;
mod elasticache;
mod elb;
mod iam_actions;
mod iam_grants;
mod iam_identities;
mod iam_passwords;
mod iam_reach;
mod iam_trust;
mod lambda;
mod lambda_access;
mod lambda_environment;
mod messages;
mod opensearch;
mod policies;
mod rds;
mod rds_clusters;
mod rds_insight;
mod redshift;
mod resource_policies;
mod security_groups;
mod settings;
mod vpc;

use crate::Rule;

/// The rules by file.
pub(crate) static RULES: &[&[&Rule]] = &[
    apigateway::RULES,
    apigateway_access::RULES,
    cloudfront::RULES,
    ebs::RULES,
    ecr::RULES,
    ecs::RULES,
    ecs_containers::RULES,
    eks::RULES,
    elasticache::RULES,
    elb::RULES,
    iam_grants::RULES,
    iam_identities::RULES,
    iam_passwords::RULES,
    iam_reach::RULES,
    iam_trust::RULES,
    lambda::RULES,
    lambda_access::RULES,
    lambda_environment::RULES,
    messages::RULES,
    opensearch::RULES,
    rds::RULES,
    rds_clusters::RULES,
    rds_insight::RULES,
    redshift::RULES,
    resource_policies::RULES,
    security_groups::RULES,
    vpc::RULES,
];
