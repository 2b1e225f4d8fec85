//! Resources of Amazon Web Services.

mod apigateway;
mod apigateway_access;
mod cloudfront;
mod ebs;
mod ecs;
mod ecs_containers;
mod eks;
mod elasticache;
mod elb;
mod opensearch;
mod rds;
mod rds_clusters;
mod rds_insight;
mod redshift;
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
    ecs::RULES,
    ecs_containers::RULES,
    eks::RULES,
    elasticache::RULES,
    elb::RULES,
    opensearch::RULES,
    rds::RULES,
    rds_clusters::RULES,
    rds_insight::RULES,
    redshift::RULES,
    security_groups::RULES,
    vpc::RULES,
];
