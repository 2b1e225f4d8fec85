//! Resources of Amazon Web Services.

mod ebs;
mod eks;
mod elasticache;
mod rds;
mod rds_clusters;
mod rds_insight;
mod security_groups;
mod vpc;

use crate::Rule;

/// The rules by file.
pub(crate) static RULES: &[&[&Rule]] = &[
    ebs::RULES,
    eks::RULES,
    elasticache::RULES,
    rds::RULES,
    rds_clusters::RULES,
    rds_insight::RULES,
    security_groups::RULES,
    vpc::RULES,
];
