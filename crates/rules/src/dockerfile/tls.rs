//! Certificates that are not checked.
//!
//! Decided by the arguments of each command, never by the text of the line. It cannot know configuration files.

use portcullis_syntax::shell::OptionsWithArguments;

use super::Image;
use super::downloads::verifies;
use super::packages::{BadFlag, spot, title};
use super::pip::PIP;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] =
    &[&CURL_INSECURE, &WGET_NO_CHECK, &PIP_TRUSTED_HOST, &NPM_STRICT_SSL, &YUM_SSLVERIFY];

/// The options of curl that take an argument.
pub(super) const CURL: OptionsWithArguments<'static> = OptionsWithArguments {
    short: "AbcCdDeEFhHKmoPQrtTuUwxXyYz",
    long: &[
        "--url",
        "--output",
        "--header",
        "--data",
        "--data-raw",
        "--data-binary",
        "--data-urlencode",
        "--request",
        "--user",
        "--user-agent",
        "--proxy",
        "--proxy-user",
        "--cacert",
        "--capath",
        "--cert",
        "--key",
        "--retry",
        "--retry-delay",
        "--retry-max-time",
        "--connect-timeout",
        "--max-time",
        "--referer",
        "--cookie",
        "--cookie-jar",
        "--form",
        "--write-out",
        "--output-dir",
        "--range",
        "--resolve",
        "--noproxy",
        "--tls-max",
        "--proto",
        "--proto-redir",
        "--limit-rate",
        "--max-redirs",
        "--config",
        "--dump-header",
        "--upload-file",
        "--ciphers",
        "--tls13-ciphers",
        "--interface",
        "--json",
        "--continue-at",
        "--unix-socket",
    ],
};

/// The options of wget that take an argument.
pub(super) const WGET: OptionsWithArguments<'static> = OptionsWithArguments {
    short: "oaeiBtOTwQPUlARDIX",
    long: &[
        "--output-document",
        "--output-file",
        "--append-output",
        "--execute",
        "--input-file",
        "--base",
        "--tries",
        "--timeout",
        "--wait",
        "--quota",
        "--directory-prefix",
        "--user-agent",
        "--header",
        "--post-data",
        "--post-file",
        "--user",
        "--password",
        "--http-user",
        "--http-password",
        "--ca-certificate",
        "--ca-directory",
        "--referer",
        "--level",
        "--accept",
        "--reject",
        "--domains",
        "--waitretry",
        "--limit-rate",
        "--progress",
        "--secure-protocol",
        "--load-cookies",
        "--cut-dirs",
    ],
};

const UNCHECKED: &str = "accept any certificate";

rule! {
    /// curl does not check certificates
    ///
    /// Whoever is on the way can replace what is downloaded, and it becomes part of the image. Looks at every stage, and at
    /// the arguments of curl only: text that mentions `curl -k` is no finding. Silent where the RUN compares a checksum or a
    /// signature.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:12
    /// RUN curl -fsSLk https://example.com/tool -o /usr/local/bin/tool
    /// ```
    /// ```dockerfile good
    /// FROM debian:12
    /// RUN curl -fsSL -H "X-Flag: -k" -okey https://example.com/tool && echo "curl -k" && tar -k -xf tool
    /// RUN curl -fsSLk https://example.com/tool -o /tool && \
    ///     echo "e2193a63a87e2388a71854b0114de4fc71e2e40bcf0794faf74bb562691e5b62  /tool" | sha256sum -c -
    /// ```
    CURL_INSECURE = "docker-curl-insecure" {
        check: Check::Dockerfile(curl_insecure),
        severity: Severity::High,
        tags: &["cwe-295"],
        peers: &["checkov:CKV2_DOCKER_2"],
    }
}

fn curl_insecure(image: &Image<'_>, report: &mut Report<'_>) {
    let flag = BadFlag { programs: &["curl"], flags: &["-k", "--insecure"], options: CURL };
    flag.report(
        image,
        report,
        |run, _| verifies(run),
        UNCHECKED,
        "remove it; give `--cacert` for an authority of your own",
    );
}

rule! {
    /// wget does not check certificates
    ///
    /// Whoever is on the way can replace what is downloaded, and it becomes part of the image. Looks at every stage, and at
    /// the arguments of wget only. Silent where the RUN compares a checksum or a signature.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:12
    /// RUN wget -q --no-check-certificate https://example.com/tool
    /// ```
    /// ```dockerfile good
    /// FROM debian:12
    /// RUN wget -q --ca-certificate=/etc/own.pem https://example.com/tool && echo "--no-check-certificate"
    /// ```
    WGET_NO_CHECK = "docker-wget-no-check-certificate" {
        check: Check::Dockerfile(wget_no_check),
        severity: Severity::High,
        tags: &["cwe-295"],
        peers: &["checkov:CKV2_DOCKER_3"],
    }
}

fn wget_no_check(image: &Image<'_>, report: &mut Report<'_>) {
    let flag = BadFlag { programs: &["wget"], flags: &["--no-check-certificate"], options: WGET };
    flag.report(
        image,
        report,
        |run, _| verifies(run),
        UNCHECKED,
        "remove it; give `--ca-certificate` for an authority of your own",
    );
}

rule! {
    /// pip trusts a host without checking it
    ///
    /// Packages from that host may come over plain HTTP or with any certificate, and their code runs at installation. Looks
    /// at every stage.
    ///
    /// ```dockerfile bad:2
    /// FROM python:3.13
    /// RUN pip install --trusted-host example.com --index-url https://example.com/simple flask==3.0.3
    /// ```
    /// ```dockerfile good
    /// FROM python:3.13
    /// RUN pip install --cert /etc/own.pem --index-url https://example.com/simple flask==3.0.3
    /// ```
    PIP_TRUSTED_HOST = "docker-pip-trusted-host" {
        check: Check::Dockerfile(pip_trusted_host),
        severity: Severity::High,
        tags: &["cwe-295"],
        peers: &["checkov:CKV2_DOCKER_4"],
    }
}

fn pip_trusted_host(image: &Image<'_>, report: &mut Report<'_>) {
    for run in image.runs() {
        for call in run.calls(&[PIP, &["python", "python3", "uv", "pipx", "pipenv"]].concat()) {
            let setting = |text: &str| {
                text.starts_with("--trusted-host") || matches!(text, "global.trusted-host" | "install.trusted-host")
            };
            let Some(word) = call.command.args.iter().find(|word| setting(&word.text)) else { continue };
            report
                .at(spot(run, word.span, "trusted-host"), format!("{} trusts a host without checking it", title(&call)))
                .help("remove it; give `--cert` for an authority of your own");
        }
    }
}

rule! {
    /// npm or yarn does not check certificates
    ///
    /// Whoever is on the way can replace a package, and its code runs at installation. Looks at every stage.
    ///
    /// ```dockerfile bad:2
    /// FROM node:22
    /// RUN npm config set strict-ssl false && npm ci
    /// ```
    /// ```dockerfile good
    /// FROM node:22
    /// RUN npm config set strict-ssl true && npm config set cafile /etc/own.pem && npm ci
    /// RUN npm install strict-ssl false
    /// ```
    NPM_STRICT_SSL = "docker-npm-yarn-strict-ssl-false" {
        check: Check::Dockerfile(npm_strict_ssl),
        severity: Severity::High,
        tags: &["cwe-295"],
        peers: &["checkov:CKV2_DOCKER_13"],
    }
}

fn npm_strict_ssl(image: &Image<'_>, report: &mut Report<'_>) {
    for run in image.runs() {
        for call in run.calls(&["npm", "yarn", "pnpm"]) {
            let args = &call.command.args;
            let off = args.iter().enumerate().find_map(|(at, word)| match word.text.as_str() {
                "strict-ssl=false" | "--strict-ssl=false" | "--no-strict-ssl" => Some(word.span),
                // `npm install strict-ssl false` installs two packages.
                name @ ("strict-ssl" | "--strict-ssl" | "enableStrictSsl")
                    if name.starts_with('-') || args.iter().take(at).any(|word| word.text == "set") =>
                {
                    let value = args.get(at.saturating_add(1)).filter(|value| value.text == "false")?;
                    Some(word.span.to(value.span))
                }
                _ => None,
            });
            let Some(span) = off else { continue };
            report
                .at(spot(run, span, "strict-ssl"), format!("{} is told to accept any certificate", title(&call)))
                .help("remove it; set `cafile` for an authority of your own");
        }
    }
}

rule! {
    /// yum or dnf does not check certificates
    ///
    /// Whoever is on the way can replace the metadata that says which packages are current. Looks at every stage, at
    /// `--setopt` of yum, dnf and their configuration tools.
    ///
    /// ```dockerfile bad:2
    /// FROM fedora:42
    /// RUN dnf config-manager --save --setopt=internal.sslverify=0
    /// ```
    /// ```dockerfile good
    /// FROM fedora:42
    /// RUN dnf install -y --setopt=sslverify=1 --setopt=tsflags=nodocs httpd-2.4.62
    /// ```
    YUM_SSLVERIFY = "docker-yum-sslverify-off" {
        check: Check::Dockerfile(yum_sslverify),
        severity: Severity::High,
        tags: &["cwe-295"],
        peers: &["checkov:CKV2_DOCKER_15"],
    }
}

fn yum_sslverify(image: &Image<'_>, report: &mut Report<'_>) {
    for run in image.runs() {
        for call in run.calls(&["yum", "yum-config-manager", "dnf", "dnf-config-manager", "dnf5", "microdnf", "tdnf"]) {
            let is_off = |text: &str| {
                let value = text.rsplit_once("sslverify=").map(|(_, value)| value.to_ascii_lowercase());
                value.is_some_and(|value| matches!(value.as_str(), "0" | "false" | "no" | "off"))
            };
            let options = call.command.option_values(&["--setopt"]);
            let Some(option) = options.iter().find(|option| is_off(option.text)) else { continue };
            report
                .at(
                    spot(run, option.word.span, "sslverify"),
                    format!("{} is told to accept any certificate", title(&call)),
                )
                .help("remove it; set `sslcacert` for an authority of your own");
        }
    }
}
