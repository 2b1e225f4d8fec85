//! Resources of Amazon Web Services.

mod cloudfront;
mod ebs;
mod eks;
mod elasticache;
mod elb;
mod rds;
mod rds_clusters;
mod rds_insight;
mod security_groups;
mod vpc;

use crate::Rule;

/// The rules by file.
pub(crate) static RULES: &[&[&Rule]] = &[
    cloudfront::RULES,
    ebs::RULES,
    eks::RULES,
    elasticache::RULES,
    elb::RULES,
    rds::RULES,
    rds_clusters::RULES,
    rds_insight::RULES,
    security_groups::RULES,
    vpc::RULES,
];
