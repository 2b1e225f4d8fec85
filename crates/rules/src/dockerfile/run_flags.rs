//! Flags of RUN that take away what isolates a build from its machine.

use portcullis_syntax::dockerfile::Keyword;

use super::Image;
use super::walk;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&RUN_INSECURE_OR_HOST_NETWORK];

rule! {
    /// RUN is not isolated from the machine that builds
    ///
    /// `--security=insecure` gives the command all capabilities and devices of the machine, `--network=host` its
    /// services on localhost, metadata servers included: what the build downloads can take over the builder. Builders
    /// refuse both unless they were started to allow them. Looks at all stages.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// RUN --security=insecure make test
    /// ```
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// RUN --mount=type=cache,target=/c --network=host make
    /// ```
    /// ```dockerfile good
    /// FROM debian:13
    /// RUN --security=sandbox --network=none make
    /// RUN echo --network=host
    /// ```
    RUN_INSECURE_OR_HOST_NETWORK = "docker-run-insecure-or-host-network" {
        check: Check::Dockerfile(run_insecure_or_host_network),
        severity: Severity::High,
    }
}

fn run_insecure_or_host_network(image: &Image<'_>, report: &mut Report<'_>) {
    for step in walk::steps(image, &[Keyword::Run]) {
        for flag in &step.instruction.flags {
            let Some(value) = &flag.value else { continue };
            let what = match (flag.name.as_str(), value.as_str()) {
                ("security", "insecure") => "all privileges of the machine that builds",
                ("network", "host") => "the network of the machine that builds",
                _ => continue,
            };
            report
                .at(step.place(flag.span, &flag.name), format!("RUN has {what}"))
                .help("remove the flag; do what needs it outside of the build");
        }
    }
}
