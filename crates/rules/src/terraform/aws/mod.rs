//! Resources of Amazon Web Services.

mod athena;
mod backup;
mod cloudfront;
mod codebuild;
mod config;
mod dms;
mod docdb;
mod ebs;
mod eks;
mod elasticache;
mod elb;
mod emr;
mod guardduty;
mod kinesis;
mod mq;
mod msk;
mod neptune;
mod rds;
mod rds_clusters;
mod rds_insight;
mod sagemaker;
mod security_groups;
mod transfer;
mod vpc;
mod waf;
mod workspaces;

use crate::Rule;

/// The rules by file.
pub(crate) static RULES: &[&[&Rule]] = &[
    athena::RULES,
    backup::RULES,
    cloudfront::RULES,
    codebuild::RULES,
    config::RULES,
    dms::RULES,
    docdb::RULES,
    ebs::RULES,
    eks::RULES,
    elasticache::RULES,
    elb::RULES,
    emr::RULES,
    guardduty::RULES,
    kinesis::RULES,
    mq::RULES,
    msk::RULES,
    neptune::RULES,
    rds::RULES,
    rds_clusters::RULES,
    rds_insight::RULES,
    sagemaker::RULES,
    security_groups::RULES,
    transfer::RULES,
    vpc::RULES,
    waf::RULES,
    workspaces::RULES,
];
