//! Where the workspace is, and what cargo knows of it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// The folder of the root `Cargo.toml`.
///
/// Cargo says at run time where this crate is, so that no path of the machine is compiled in.
pub(crate) fn root() -> Result<PathBuf> {
    let crate_folder = std::env::var("CARGO_MANIFEST_DIR").context("run me as `cargo xtask`")?;
    let root = Path::new(&crate_folder).ancestors().nth(2).context("crates/xtask lies two folders below the root")?;
    Ok(root.to_path_buf())
}

/// Material that a checkout may have beside it; nothing depends on it.
pub(crate) fn shared(root: &Path) -> Option<PathBuf> {
    Some(root.parent()?.join("shared")).filter(|folder| folder.is_dir())
}

/// The workspace's packages as `cargo metadata` gives them.
pub(crate) fn packages(root: &Path) -> Result<Vec<Value>> {
    let output = Command::new(cargo())
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .current_dir(root)
        .output()
        .context("cannot run cargo metadata")?;
    if !output.status.success() {
        bail!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let mut metadata: Value = serde_json::from_slice(&output.stdout)?;
    match metadata.get_mut("packages").map(Value::take) {
        Some(Value::Array(packages)) => Ok(packages),
        _ => bail!("cargo metadata lists no packages"),
    }
}

/// The cargo that runs this program.
pub(crate) fn cargo() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}
