//! Variables that turn off the verification of what is downloaded.
//!
//! Decided by name and value. Every variable is looked at once in [`Switch::of`], so that an `export` in a RUN can be
//! judged the same way.

use portcullis_syntax::dockerfile::Keyword;

use super::Image;
use super::walk;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[
    &ENV_PIP_TRUSTED_HOST,
    &ENV_PYTHONHTTPSVERIFY_0,
    &ENV_NODE_TLS_REJECT_UNAUTHORIZED_0,
    &ENV_NPM_STRICT_SSL_FALSE,
    &ENV_GIT_SSL_NO_VERIFY,
];

rule! {
    /// `PIP_TRUSTED_HOST` turns off verification
    ///
    /// pip then takes packages from that host from whoever answers, and runs their code. Looks at ENV and at the
    /// defaults of ARG in all stages; an ENV lasts in the running container as well.
    ///
    /// ```dockerfile bad:2
    /// FROM python:3.14
    /// ENV PIP_TRUSTED_HOST=pypi.example.org
    /// ```
    /// ```dockerfile good
    /// FROM python:3.14
    /// ARG PIP_TRUSTED_HOST
    /// ENV PIP_INDEX_URL=https://pypi.example.org/simple PIP_CERT=/etc/ssl/ca.pem
    /// ```
    ENV_PIP_TRUSTED_HOST = "docker-env-pip-trusted-host" {
        check: Check::Dockerfile(|image, report| switched_off(image, Switch::PipTrustedHost, report)),
        severity: Severity::High,
        tags: &["cwe-295"],
        peers: &["checkov:CKV2_DOCKER_16"],
    }
}

rule! {
    /// `PYTHONHTTPSVERIFY=0` turns off verification
    ///
    /// Python then takes any certificate, so that whoever is in between reads and changes what is sent. Looks at ENV and
    /// at the defaults of ARG in all stages; an ENV lasts in the running container as well.
    ///
    /// ```dockerfile bad:2
    /// FROM python:3.14
    /// ENV PYTHONHTTPSVERIFY=0
    /// ```
    /// ```dockerfile good
    /// FROM python:3.14
    /// ENV PYTHONHTTPSVERIFY=1
    /// ```
    ENV_PYTHONHTTPSVERIFY_0 = "docker-env-pythonhttpsverify-0" {
        check: Check::Dockerfile(|image, report| switched_off(image, Switch::PythonHttpsVerify, report)),
        severity: Severity::High,
        tags: &["cwe-295"],
        peers: &["checkov:CKV2_DOCKER_5"],
    }
}

rule! {
    /// `NODE_TLS_REJECT_UNAUTHORIZED=0` turns off verification
    ///
    /// Node.js then takes any certificate in every connection of the process. Looks at ENV and at the defaults of ARG in
    /// all stages; an ENV lasts in the running container as well.
    ///
    /// ```dockerfile bad:2
    /// FROM node:24
    /// ENV LANG=C.UTF-8 NODE_TLS_REJECT_UNAUTHORIZED="0"
    /// ```
    /// ```dockerfile good
    /// FROM node:24
    /// ENV NODE_TLS_REJECT_UNAUTHORIZED=1
    /// ENV NODE_EXTRA_CA_CERTS=/etc/ssl/ca.pem
    /// ```
    ENV_NODE_TLS_REJECT_UNAUTHORIZED_0 = "docker-env-node-tls-reject-unauthorized-0" {
        check: Check::Dockerfile(|image, report| switched_off(image, Switch::NodeTls, report)),
        severity: Severity::High,
        tags: &["cwe-295"],
        peers: &["checkov:CKV2_DOCKER_6"],
    }
}

rule! {
    /// `NPM_CONFIG_STRICT_SSL=false` turns off verification
    ///
    /// npm then takes packages from whoever answers, and runs their install scripts. npm reads the name in either case.
    /// Looks at ENV and at the defaults of ARG in all stages; an ENV lasts in the running container as well.
    ///
    /// ```dockerfile bad:2
    /// FROM node:24
    /// ENV npm_config_strict_ssl=false
    /// ```
    /// ```dockerfile good
    /// FROM node:24
    /// ENV NPM_CONFIG_STRICT_SSL=true
    /// ```
    ENV_NPM_STRICT_SSL_FALSE = "docker-env-npm-strict-ssl-false" {
        check: Check::Dockerfile(|image, report| switched_off(image, Switch::NpmStrictSsl, report)),
        severity: Severity::High,
        tags: &["cwe-295"],
        peers: &["checkov:CKV2_DOCKER_12"],
    }
}

rule! {
    /// `GIT_SSL_NO_VERIFY` turns off verification
    ///
    /// Git then takes any certificate, and the sources that are built may be somebody else's. Git asks only whether the
    /// variable is set: `false` turns verification off as well. Looks at ENV and at the defaults of ARG in all stages; an
    /// ENV lasts in the running container as well.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// ENV GIT_SSL_NO_VERIFY=false
    /// ```
    /// ```dockerfile good
    /// FROM debian:13
    /// ENV GIT_SSL_CAINFO=/etc/ssl/ca.pem
    /// ```
    ENV_GIT_SSL_NO_VERIFY = "docker-env-git-ssl-no-verify" {
        check: Check::Dockerfile(|image, report| switched_off(image, Switch::GitSslNoVerify, report)),
        severity: Severity::High,
        tags: &["cwe-295"],
        peers: &["checkov:CKV2_DOCKER_14"],
    }
}

/// A variable that turns off verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Switch {
    PipTrustedHost,
    PythonHttpsVerify,
    NodeTls,
    NpmStrictSsl,
    GitSslNoVerify,
}

impl Switch {
    /// What setting a variable to a value turns off, if anything.
    pub(super) fn of(name: &str, value: &str) -> Option<Self> {
        match (name, value.trim()) {
            ("PIP_TRUSTED_HOST", value) if !value.is_empty() => Some(Self::PipTrustedHost),
            ("PYTHONHTTPSVERIFY", "0") => Some(Self::PythonHttpsVerify),
            ("NODE_TLS_REJECT_UNAUTHORIZED", "0") => Some(Self::NodeTls),
            ("GIT_SSL_NO_VERIFY", _) => Some(Self::GitSslNoVerify),
            (name, value) if name.eq_ignore_ascii_case("NPM_CONFIG_STRICT_SSL") => {
                value.eq_ignore_ascii_case("false").then_some(Self::NpmStrictSsl)
            }
            _ => None,
        }
    }

    /// What no longer is verified.
    pub(super) fn what(self) -> &'static str {
        match self {
            Self::PipTrustedHost => "pip does not verify the host that packages come from",
            Self::PythonHttpsVerify => "Python does not verify certificates",
            Self::NodeTls => "Node.js does not verify certificates",
            Self::NpmStrictSsl => "npm does not verify the registry's certificate",
            Self::GitSslNoVerify => "Git does not verify certificates",
        }
    }
}

/// What to do instead, for each of them.
pub(super) const HELP: &str = "remove it, and add the certificate authority to the image's trust store instead";

fn switched_off(image: &Image<'_>, switch: Switch, report: &mut Report<'_>) {
    for step in walk::steps(image, &[Keyword::Arg, Keyword::Env]) {
        let variables = image.build.variables_at(step.instruction);
        for pair in step.instruction.pairs() {
            let Some(value) = &pair.value else { continue };
            let expanded = variables.expand(value);
            let Some(value) = expanded.known() else { continue };
            let name = pair.key.as_str();
            if Switch::of(name, value) == Some(switch) {
                report.at(step.place(pair.span, name), format!("{}: `{name}={value}`", switch.what())).help(HELP);
            }
        }
    }
}
