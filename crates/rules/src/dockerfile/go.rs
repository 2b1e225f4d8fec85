//! Go modules: versions of what is installed from elsewhere.
//!
//! Decided by the commands of each RUN. A path whose first part has no dot is taken for one of the module that is built.

use portcullis_syntax::shell::OptionsWithArguments;

use super::Image;
use super::packages::{self, Manager};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&UNPINNED];

const GO: Manager = Manager {
    programs: &["go"],
    install: &[&["install"], &["get"], &["run"]],
    options: OptionsWithArguments {
        short: "opC",
        long: &[
            "-ldflags",
            "-gcflags",
            "-asmflags",
            "-tags",
            "-mod",
            "-modfile",
            "-exec",
            "-pkgdir",
            "-toolexec",
            "-buildmode",
            "-compiler",
            "-installsuffix",
            "-overlay",
            "-pgo",
        ],
    },
};

rule! {
    /// go installs a package without a version
    ///
    /// Without a version, or with `@latest`, the newest release is built into the image: two builds differ, and a hijacked
    /// release is in the image at the next build. Looks at every stage, at `go install`, `go get` and `go run`. Local
    /// packages and files, and versions that are not known, are no findings.
    ///
    /// ```dockerfile bad:2
    /// FROM golang:1.23
    /// RUN go install example.com/tools/lint@latest
    /// ```
    /// ```dockerfile good
    /// FROM golang:1.23
    /// ARG LINT=v1.60.1
    /// RUN go install example.com/tools/lint@$LINT && go install ./... && go run main.go && go get -d -v ./...
    /// RUN go run example.com/tools/gen@v0.3.0 all latest && CGO_ENABLED=0 go install -ldflags "-s -w" .
    /// ```
    UNPINNED = "docker-go-unpinned" {
        check: Check::Dockerfile(unpinned),
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["hadolint:DL3062", "scorecard:goCommand"],
    }
}

fn unpinned(image: &Image<'_>, report: &mut Report<'_>) {
    for run in image.runs() {
        for mut install in GO.installs(run) {
            let has = |name: &str| install.call.command.has_subcommand(&[name], &GO.options);
            if has("run") {
                // What follows the package are arguments of the program.
                install.packages.truncate(1);
            }
            let get = has("get");
            let pinned = |text: &str| {
                let remote = get || text.split('/').next().is_some_and(|host| host.contains('.'));
                let version = text.rsplit_once('@').map(|(_, version)| version);
                !remote
                    || packages::is_local_or_url(text)
                    || text.ends_with(".go")
                    || version.is_some_and(|version| !matches!(version, "latest" | "none" | ""))
            };
            packages::report_unpinned(run, report, &install, pinned, "write `module@version`");
        }
    }
}
