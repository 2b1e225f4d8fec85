//! The advisories that are built into the program: ids, ranges, severities, aliases and kinds of RustSec, without texts.
//!
//! The file depends on the checkout alone: its date is that of the youngest advisory.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use portcullis_advisories::build::{Inputs, Stamp, Texts, build};

use crate::workspace;

pub(crate) fn advisories(rustsec: &str) -> Result<()> {
    let inputs = Inputs { rustsec: vec![PathBuf::from(rustsec)], ..Inputs::default() };
    let undated = build(&inputs, Texts::Leave, &Stamp::default())?;
    let faults: Vec<String> = undated.faults.iter().map(ToString::to_string).collect();
    if !faults.is_empty() {
        bail!("advisories that cannot be read\n  {}", faults.join("\n  "));
    }
    let youngest = undated.meta.sources.iter().filter_map(|source| source.date).max();
    let built_at = youngest.context("no advisory has a date")?;
    let stamp = Stamp { build: u64::try_from(built_at.0)?, built_at, expires_at: None };
    let built = build(&inputs, Texts::Leave, &stamp)?;
    let path = workspace::root()?.join("crates/advisories/data/rustsec.bin");
    std::fs::write(&path, &built.bytes).with_context(|| path.display().to_string())?;
    for coverage in &built.meta.ecosystems {
        println!("{}: {} advisories about {} packages", coverage.ecosystem, coverage.advisories, coverage.packages);
    }
    println!("{} bytes, of {built_at}; {} withdrawn", built.bytes.len(), built.withdrawn);
    Ok(())
}
