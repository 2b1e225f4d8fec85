//! What CI checks, in one command. Stops at the first step that fails and names it.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::{docs, layers, workspace};

/// Cargo's part, before what this program checks itself. The test command is the README's.
const CARGO_STEPS: &[(&str, &[&str])] = &[
    ("format", &["fmt", "--all", "--check"]),
    ("clippy", &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]),
    ("tests", &["test", "--workspace"]),
];

pub(crate) fn ready() -> Result<()> {
    let root = workspace::root()?;
    for (name, args) in CARGO_STEPS {
        heading(name);
        cargo(&root, args).with_context(|| format!("not ready: {name}"))?;
    }
    heading("docs fresh");
    docs::check().context("not ready: docs")?;
    heading("layering");
    layers::check().context("not ready: layering")?;
    heading("cargo-deny");
    if has_cargo_deny() {
        cargo(&root, &["deny", "--all-features", "check", "bans", "licenses", "sources"])
            .context("not ready: cargo-deny")?;
    } else {
        println!("skipped: cargo-deny is not installed; `cargo install --locked cargo-deny` (some minutes)");
    }
    println!("ready");
    Ok(())
}

fn heading(step: &str) {
    println!("== {step}");
}

fn cargo(root: &Path, args: &[&str]) -> Result<()> {
    let status = Command::new(workspace::cargo()).args(args).current_dir(root).status();
    let status = status.context("cannot run cargo")?;
    if !status.success() {
        bail!("`cargo {}` failed", args.join(" "));
    }
    Ok(())
}

fn has_cargo_deny() -> bool {
    let version = Command::new("cargo-deny").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}
