//! Development tasks: `cargo xtask ready | new-rule ID | docs [--check] | book FOLDER |
//! schemas FOLDER | advisories --rustsec PATH | conformance conftest|gatekeeper|opa|trivy-checks CHECKOUT |
//! conformance plans POLICIES DOCUMENTS | layers`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

mod advisories;
mod catalogue;
mod conformance;
mod conftest;
mod docs;
mod layers;
mod new_rule;
mod opa;
mod plans;
mod ready;
mod schemas;
mod trivy_checks;
mod workspace;

use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask COMMAND

  ready            what CI checks: fmt, clippy, tests, docs fresh, layering, cargo-deny
  new-rule ID      scaffold a rule: k8s-host-network, docker-user-missing
  docs [--check]   write docs/rules.md, docs/peers.md and docs/configuration.md; with --check, fail where one is stale or a link
                   leads nowhere
  book FOLDER      write the sources of the book, with a page for each rule, for `mdbook build FOLDER`
  schemas FOLDER   compile the schemas of Kubernetes' own kinds from a source that CONTRIBUTING.md names
  advisories --rustsec PATH
                   compile the facts of a RustSec checkout (a folder or a tar file) that are built into the program
  conformance conftest CHECKOUT
                   run the acceptance tests of open-policy-agent/conftest and write tests/peers/conftest.md
  conformance gatekeeper CHECKOUT
                   run the suites of open-policy-agent/gatekeeper-library and write tests/peers/gatekeeper.md
  conformance trivy-checks CHECKOUT
                   run the tests of aquasecurity/trivy-checks and write tests/peers/trivy-checks.md
  conformance opa CHECKOUT
                   run the cases of open-policy-agent/opa and write tests/peers/opa.md
  conformance plans POLICIES DOCUMENTS
                   ask the rules below one folder about the documents below another, with plans and without, and tell differences
  layers           check which crate may import which";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args.as_slice() {
        ["ready"] => ready::ready(),
        ["new-rule", id] => new_rule::new_rule(id),
        ["docs"] => docs::write(),
        ["docs", "--check"] => docs::check(),
        ["book", folder] => docs::write_book(folder),
        ["schemas", folder] => schemas::schemas(folder),
        ["advisories", "--rustsec", path] => advisories::advisories(path),
        ["conformance", "conftest", checkout] => conftest::conformance(checkout),
        ["conformance", "gatekeeper", checkout] => conformance::gatekeeper(checkout),
        ["conformance", "trivy-checks", checkout] => trivy_checks::conformance(checkout),
        ["conformance", "opa", checkout] => opa::conformance(checkout),
        ["conformance", "plans", policies, documents] => plans::conformance(policies, documents),
        ["layers"] => layers::check(),
        ["help" | "-h" | "--help"] => {
            println!("{USAGE}");
            Ok(())
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
