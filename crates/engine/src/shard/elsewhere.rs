//! What a part of a scan has to know of files that others judge: which of them may define kinds of custom resources.

use std::collections::HashSet;

use portcullis_core::Files;

use super::Units;
use crate::discover::Discovered;

/// What a text holds that defines a kind.
const MENTION: &[u8] = b"CustomResourceDefinition";

/// Whether a text may define a kind.
pub(crate) fn may_define(text: &[u8]) -> bool {
    memchr::memmem::find(text, MENTION).is_some()
}

/// The files that other parts judge by themselves; `apart` are those that are not judged so.
pub(crate) fn files_elsewhere(
    units: &Units<'_>,
    found: &Discovered,
    files: &dyn Files,
    apart: &HashSet<usize>,
) -> Vec<usize> {
    let others = (0..).zip(&found.targets).filter(|(index, _)| !units.has_file(*index) && !apart.contains(index));
    let defining = others.filter(|(_, (target, _))| files.read(&target.path).is_ok_and(|text| may_define(&text)));
    defining.map(|(index, _)| index).collect()
}
