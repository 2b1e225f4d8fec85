//! Where state is kept.

use portcullis_syntax::hcl::{Block, ExprKind};

use super::{name, within};
use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&S3_BACKEND_UNENCRYPTED, &STATE_BACKEND_LOCAL];

rule! {
    /// S3 state backend does not ask for encryption
    ///
    /// State holds every secret that any resource has, in the clear. The backend encrypts it where `encrypt` is true; the key
    /// alone does not turn it on. Buckets encrypt by themselves nowadays, with a key of the service: what is asked for here
    /// is said to hold whatever the bucket does. Silent where the rest of the backend comes from a file at `init` and the
    /// block is empty.
    ///
    /// ```hcl bad:2
    /// terraform {
    ///   backend "s3" {
    ///     bucket = "state"
    ///     key    = "prod"
    ///   }
    /// }
    /// ```
    /// ```hcl bad:4
    /// terraform {
    ///   backend "s3" {
    ///     bucket  = "state"
    ///     encrypt = false
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// terraform {
    ///   backend "s3" {
    ///     bucket  = "state"
    ///     encrypt = true
    ///   }
    /// }
    /// ```
    S3_BACKEND_UNENCRYPTED = "tf-s3-backend-unencrypted" {
        severity: Severity::High,
        check: source(|source, report| {
            for backend in backends(source).filter(|backend| name(backend) == "s3") {
                if backend.body.open || backend.body.attributes.is_empty() {
                    continue;
                }
                let span = match backend.body.attribute("encrypt") {
                    None => backend.header,
                    Some(encrypt) => match &encrypt.value.kind {
                        ExprKind::Bool(false) => encrypt.value.span,
                        ExprKind::String(text) if &**text == "false" => encrypt.value.span,
                        _ => continue,
                    },
                };
                let message = "the S3 backend does not ask for encryption of the state";
                report.at(within(backend, span, "encrypt"), message).help("set `encrypt = true`");
            }
        }),
    }
}

rule! {
    /// State is kept on the local disk
    ///
    /// It is lost with the machine, two people cannot share it, and it holds every secret in the clear. Root modules only;
    /// those that declare no resource and call no module keep none.
    ///
    /// ```hcl bad:2
    /// terraform {
    ///   backend "local" {}
    /// }
    /// ```
    /// ```hcl bad:1
    /// resource "aws_vpc" "main" {
    ///   cidr_block = "10.0.0.0/16"
    /// }
    /// ```
    /// ```hcl good
    /// terraform {
    ///   backend "gcs" {
    ///     bucket = "state"
    ///   }
    /// }
    /// ```
    STATE_BACKEND_LOCAL = "tf-state-backend-local" {
        severity: Severity::Low,
        profile: Profile::All,
        check: source(|source, report| {
            if !source.is_root || source.files.iter().any(|it| it.file.body.open) {
                return;
            }
            let help = "add a backend that several people can use, and that encrypts";
            if let Some(backend) = backends(source).find(|backend| name(backend) == "local") {
                let message = "state is kept on the local disk";
                report.at(within(backend, backend.header, "backend"), message).help(help);
                return;
            }
            let has_cloud = source.blocks("terraform").any(|block| block.body.blocks_of("cloud").next().is_some());
            let makes = source.blocks("resource").chain(source.blocks("module")).next();
            if backends(source).next().is_none() && !has_cloud
                && let Some(first) = source.blocks("terraform").next().or(makes).filter(|_| makes.is_some())
            {
                let message = "no backend is configured: state is kept on the local disk";
                report.at(within(first, first.header, "backend"), message).help(help);
            }
        }),
    }
}

fn backends(source: &Source) -> impl Iterator<Item = &Block> {
    source.blocks("terraform").flat_map(|block| block.body.blocks_of("backend"))
}
