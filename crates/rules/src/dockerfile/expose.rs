//! What EXPOSE says: ports that do not exist, ports that should not be open, and mappings that are not its business.
//!
//! Decided after expansion with the file's own defaults. Nothing is said of what other variables decide. EXPOSE opens
//! nothing by itself; it tells tools and people what the container listens on.

use portcullis_syntax::dockerfile::Keyword;

use super::Image;
use super::walk::{self, Step};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&PORT_OUT_OF_RANGE, &EXPOSE_SSH, &EXPOSE_HOST_MAPPING];

rule! {
    /// EXPOSE names no port
    ///
    /// Ports end at 65535; builders refuse what is higher, is no number, or is a range that runs backwards. Looks at all
    /// stages. Silent where a variable without a value decides.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// EXPOSE 80000
    /// ```
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// EXPOSE 40000-80000/tcp
    /// ```
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// EXPOSE http
    /// ```
    /// ```dockerfile good
    /// FROM debian:13
    /// EXPOSE 80 443/tcp 40000-60000/udp
    /// EXPOSE ${PORT} 40000-$PORT
    /// EXPOSE 8080:80
    /// ```
    PORT_OUT_OF_RANGE = "docker-port-out-of-range" {
        check: Check::Dockerfile(port_out_of_range),
        severity: Severity::High,
        peers: &["hadolint:DL3011", "trivy:DS-0008", "kics:71bf8cf8"],
    }
}

rule! {
    /// Image exposes SSH
    ///
    /// A shell over the network beside the application has its own accounts, keys and logs, which nobody looks after;
    /// `docker exec` and `kubectl exec` need none of it. Looks at port 22 over TCP in the final stage and those it is
    /// built from, also as part of a range.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// EXPOSE 80 22
    /// ```
    /// ```dockerfile bad:3
    /// FROM debian:13
    /// ARG PORT=22
    /// EXPOSE 20-$PORT/tcp
    /// ```
    /// ```dockerfile good
    /// FROM debian:13 AS build
    /// EXPOSE 22
    /// FROM debian:13
    /// EXPOSE 2222 22/udp 220-229
    /// ```
    EXPOSE_SSH = "docker-expose-ssh" {
        check: Check::Dockerfile(expose_ssh),
        severity: Severity::Medium,
        peers: &["trivy:DS-0004", "checkov:CKV_DOCKER_1", "kics:exposing_port_22"],
    }
}

rule! {
    /// EXPOSE maps a port of the host
    ///
    /// An image cannot choose addresses and ports of the machine that it runs on: all but the container's port is
    /// ignored, and builders will refuse it. Looks at all stages.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// EXPOSE 127.0.0.1:8080:80
    /// ```
    /// ```dockerfile good
    /// FROM debian:13
    /// EXPOSE 80 443/tcp ${PORT:-8080}
    /// ```
    EXPOSE_HOST_MAPPING = "docker-expose-host-mapping" {
        check: Check::Dockerfile(expose_host_mapping),
        severity: Severity::Low,
        peers: &["buildkit:ExposeInvalidFormat"],
    }
}

/// One word of EXPOSE after expansion.
struct Exposed<'s> {
    text: &'s str,
    place: portcullis_core::Place,
}

impl Exposed<'_> {
    /// The container's part: without the host's address and port, and without the protocol.
    fn range(&self) -> &str {
        let range = self.text.rsplit_once('/').map_or(self.text, |(range, _)| range);
        range.rsplit_once(':').map_or(range, |(_, port)| port)
    }

    fn protocol(&self) -> &str {
        self.text.rsplit_once('/').map_or("tcp", |(_, protocol)| protocol)
    }

    /// First and last port, equal for a single one; absent where they are no ports.
    fn ports(&self) -> Option<(u16, u16)> {
        let (first, last) = self.range().split_once('-').unwrap_or((self.range(), self.range()));
        let (first, last) = (first.parse().ok()?, last.parse().ok()?);
        (first <= last).then_some((first, last))
    }
}

fn port_out_of_range(image: &Image<'_>, report: &mut Report<'_>) {
    for step in walk::steps(image, &[Keyword::Expose]) {
        each(image, &step, |exposed| {
            if exposed.ports().is_none() {
                report
                    .at(exposed.place, format!("`{}` is no port", exposed.text))
                    .help("ports are numbers up to 65535, or ranges such as `8000-8010`");
            }
        });
    }
}

fn expose_ssh(image: &Image<'_>, report: &mut Report<'_>) {
    for step in walk::final_steps(image, &[Keyword::Expose]) {
        each(image, &step, |exposed| {
            let is_tcp = exposed.protocol().eq_ignore_ascii_case("tcp");
            if is_tcp && exposed.ports().is_some_and(|(first, last)| first <= 22 && 22 <= last) {
                report
                    .at(exposed.place, format!("`{}` exposes the port of SSH", exposed.text))
                    .help("remove the SSH server, and use `docker exec` or `kubectl exec`");
            }
        });
    }
}

fn expose_host_mapping(image: &Image<'_>, report: &mut Report<'_>) {
    for step in walk::steps(image, &[Keyword::Expose]) {
        each(image, &step, |exposed| {
            if exposed.text.contains(':') {
                report
                    .at(exposed.place, format!("`{}` maps a port of the host", exposed.text))
                    .help("name the container's port alone; map it when the container is started");
            }
        });
    }
}

/// Hands every word whose value is known to `visit`. One variable may hold several ports.
fn each(image: &Image<'_>, step: &Step<'_, '_>, mut visit: impl FnMut(Exposed<'_>)) {
    let variables = image.build.variables_at(step.instruction);
    for word in step.instruction.words() {
        let expanded = variables.expand(word);
        let Some(text) = expanded.known() else { continue };
        for text in text.split_whitespace() {
            visit(Exposed { text, place: step.place(word.span(), word.as_str()) });
        }
    }
}
