//! YAML of generated files, of which the lines before a fault count as well.

use std::sync::Arc;

use portcullis_core::{FileId, SyntaxError};
use portcullis_syntax::{Dialect, Tree, yaml};

use super::helpers::faults;

/// How often lines are taken away before a text that cannot be read is given up.
const ATTEMPTS: usize = 32;

/// The tree of a text, or of as many of its first lines as make one, and what is wrong.
pub(super) fn yaml(file: FileId, source: &Arc<str>) -> (Tree, Vec<SyntaxError>) {
    let tree = yaml::parse(file, source, Dialect::Yaml12);
    let faults = faults(&tree);
    let partial = faults.first().and_then(|fault| before(file, source, fault.span.start));
    (partial.unwrap_or(tree), faults)
}

/// Parses the lines before a fault; fewer of them, ever faster, while these are no document yet.
fn before(file: FileId, source: &str, fault: u32) -> Option<Tree> {
    let mut text = source.get(..fault as usize)?;
    let mut dropped = 1_usize;
    for _ in 0..ATTEMPTS {
        for _ in 0..dropped {
            text = text.get(..text.rfind('\n')?)?;
        }
        let tree = yaml::parse(file, &Arc::from(text), Dialect::Yaml12);
        if faults(&tree).is_empty() {
            return Some(tree);
        }
        dropped = dropped.saturating_mul(4);
    }
    None
}
