//! Resources of Amazon Web Services.

mod cloudfront;
mod cloudtrail;
mod cloudwatch;
mod dynamodb;
mod ebs;
mod ec2;
mod ec2_images;
mod efs;
mod eks;
mod elasticache;
mod elb;
mod keys;
mod kms;
mod network_acls;
mod rds;
mod rds_clusters;
mod rds_insight;
mod s3;
mod s3_access_block;
mod s3_acls;
mod s3_data;
mod secrets_manager;
mod security_group_use;
mod security_groups;
mod ssm;
mod vpc;

use crate::Rule;

/// The rules by file.
pub(crate) static RULES: &[&[&Rule]] = &[
    cloudfront::RULES,
    cloudtrail::RULES,
    cloudwatch::RULES,
    dynamodb::RULES,
    ebs::RULES,
    ec2::RULES,
    ec2_images::RULES,
    efs::RULES,
    eks::RULES,
    elasticache::RULES,
    elb::RULES,
    kms::RULES,
    network_acls::RULES,
    rds::RULES,
    rds_clusters::RULES,
    rds_insight::RULES,
    s3_access_block::RULES,
    s3_acls::RULES,
    s3_data::RULES,
    secrets_manager::RULES,
    security_group_use::RULES,
    security_groups::RULES,
    ssm::RULES,
    vpc::RULES,
];
