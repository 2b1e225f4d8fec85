//! Variables that turn off the verification of what is downloaded.
//!
//! Decided by name and value, in ENV, ARG and the scripts of RUN alike. What a script sets without exporting it reaches no
//! other program, and is no finding.

use portcullis_core::Span;
use portcullis_model::dockerfile::Run;
use portcullis_syntax::dockerfile::Keyword;
use portcullis_syntax::shell::Command;

use super::Image;
use super::packages::spot;
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
    /// pip then takes packages from that host from whoever answers, and runs their code. Looks at ENV, at the
    /// defaults of ARG and at RUN in all stages; an ENV lasts in the running container as well.
    ///
    /// ```dockerfile bad:2
    /// FROM python:3.14
    /// ENV PIP_TRUSTED_HOST=pypi.example.org
    /// ```
    /// ```dockerfile bad:2
    /// FROM python:3.14
    /// RUN export PIP_TRUSTED_HOST=pypi.example.org && pip install tool
    /// ```
    /// ```dockerfile good
    /// FROM python:3.14
    /// ARG PIP_TRUSTED_HOST
    /// ENV PIP_INDEX_URL=https://pypi.example.org/simple PIP_CERT=/etc/ssl/ca.pem
    /// RUN unset PIP_TRUSTED_HOST; pip install tool
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
    /// ```dockerfile bad:2
    /// FROM python:3.14
    /// RUN id && LANG=C PYTHONHTTPSVERIFY="0" python fetch.py
    /// ```
    /// ```dockerfile good
    /// FROM python:3.14
    /// ENV PYTHONHTTPSVERIFY=1
    /// RUN PYTHONHTTPSVERIFY=0; echo PYTHONHTTPSVERIFY=0 && PYTHONHTTPSVERIFY=1 python fetch.py
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
    /// Node.js then takes any certificate in every connection of the process. Looks at ENV, at the defaults of ARG
    /// and at RUN in all stages; an ENV lasts in the running container as well.
    ///
    /// ```dockerfile bad:2
    /// FROM node:24
    /// ENV LANG=C.UTF-8 NODE_TLS_REJECT_UNAUTHORIZED="0"
    /// ```
    /// ```dockerfile bad:2
    /// FROM node:24
    /// RUN env NODE_TLS_REJECT_UNAUTHORIZED=0 node fetch.js
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
    /// Looks at ENV, at the defaults of ARG and at RUN in all stages; an ENV lasts in the running container as well.
    ///
    /// ```dockerfile bad:2
    /// FROM node:24
    /// ENV npm_config_strict_ssl=false
    /// ```
    /// ```dockerfile bad:2
    /// FROM node:24
    /// RUN npm_config_strict_ssl='false' npm ci
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
    /// variable is set: `false` turns verification off as well. Looks at ENV, at the defaults of ARG and at RUN in all
    /// stages; an ENV lasts in the running container as well.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// ENV GIT_SSL_NO_VERIFY=false
    /// ```
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// RUN GIT_SSL_NO_VERIFY=1 git clone https://example.org/a.git
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
        let value = value.trim();
        let switch = Self::named(name)?;
        let is_off = match switch {
            Self::PipTrustedHost => !value.is_empty(),
            Self::PythonHttpsVerify | Self::NodeTls => value == "0",
            Self::GitSslNoVerify => true,
            Self::NpmStrictSsl => value.eq_ignore_ascii_case("false"),
        };
        is_off.then_some(switch)
    }

    /// The switch that a variable is, whatever its value: values are only made where it is one.
    fn named(name: &str) -> Option<Self> {
        match name {
            "PIP_TRUSTED_HOST" => Some(Self::PipTrustedHost),
            "PYTHONHTTPSVERIFY" => Some(Self::PythonHttpsVerify),
            "NODE_TLS_REJECT_UNAUTHORIZED" => Some(Self::NodeTls),
            "GIT_SSL_NO_VERIFY" => Some(Self::GitSslNoVerify),
            name => name.eq_ignore_ascii_case("NPM_CONFIG_STRICT_SSL").then_some(Self::NpmStrictSsl),
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

/// At most one finding for each ENV, ARG and RUN.
fn switched_off(image: &Image<'_>, switch: Switch, report: &mut Report<'_>) {
    for step in walk::steps(image, &[Keyword::Arg, Keyword::Env]) {
        let variables = image.build.variables_at(step.instruction);
        for pair in step.instruction.pairs() {
            let name = pair.key.as_str();
            let Some(value) = pair.value.as_ref().filter(|_| Switch::named(name) == Some(switch)) else { continue };
            let expanded = variables.expand(value);
            let Some(value) = expanded.known() else { continue };
            if Switch::of(name, value) == Some(switch) {
                report.at(step.place(pair.span, name), format!("{}: `{name}={value}`", switch.what())).help(HELP);
            }
        }
    }
    for run in image.runs() {
        let set = run.script.commands.iter().flat_map(|command| settings(run, command));
        let mut set = set.filter(|(name, value, _)| Switch::of(name, value) == Some(switch));
        if let Some((name, value, span)) = set.next() {
            report.at(spot(run, span, &name), format!("{}: `{name}={value}`", switch.what())).help(HELP);
        }
    }
}

/// What a command sets for itself, or exports to those after it: names, values, and where.
fn settings(run: &Run<'_>, command: &Command) -> Vec<(String, String, Span)> {
    let own = command.assignments.iter().filter(|assignment| command.name.is_some() && !assignment.partial);
    let mut settings: Vec<_> = own
        .filter_map(|assignment| Some((assignment.name.clone(), run.resolve(&assignment.value)?, assignment.span)))
        .collect();
    if command.is_any(&["export", "declare", "env"]) {
        settings.extend(command.args.iter().filter_map(|word| {
            let (name, value) = word.text.split_once('=').filter(|_| !word.has_expansion)?;
            Some((name.to_owned(), value.to_owned(), word.span))
        }));
    }
    settings
}
