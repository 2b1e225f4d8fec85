//! Resources of Amazon Web Services.

mod cloudfront;
mod ebs;
mod ecr;
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
mod policies;
mod rds;
mod rds_clusters;
mod rds_insight;
mod resource_policies;
mod security_groups;
mod vpc;

use crate::Rule;

/// The rules by file.
pub(crate) static RULES: &[&[&Rule]] = &[
    cloudfront::RULES,
    ebs::RULES,
    ecr::RULES,
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
    rds::RULES,
    rds_clusters::RULES,
    rds_insight::RULES,
    resource_policies::RULES,
    security_groups::RULES,
    vpc::RULES,
];
