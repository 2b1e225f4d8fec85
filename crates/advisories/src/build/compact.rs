//! What matching needs of a record's entries for one package.
//!
//! Dropped is only what changes no answer: ranges over commits, ranges without events, and versions that the ranges
//! contain by the ecosystem's own order.

use portcullis_model::packages::Ecosystem;

use crate::record::{Affected, Event, Order};
use crate::{Scheme, evaluate};

/// Ranges and versions that decide.
#[derive(Debug)]
pub(super) struct Facts<'r> {
    /// The events of each range in the order of their versions.
    pub(super) ranges: Vec<Vec<Event<&'r str>>>,
    /// Versions that no range contains.
    pub(super) versions: Vec<&'r str>,
}

/// The facts of several entries for one package; `None` where no version is affected by any of them.
pub(super) fn compact<'r>(ecosystem: Ecosystem, affected: &[&'r Affected]) -> Option<Facts<'r>> {
    let scheme = Scheme::of_ecosystem(ecosystem.osv());
    let mut ranges: Vec<Vec<Event<&'r str>>> = Vec::new();
    for range in affected.iter().flat_map(|affected| &affected.ranges) {
        let (Order::Versions, Some(scheme)) = (range.order, scheme) else { continue };
        let mut events: Vec<Event<&str>> = range.events.iter().map(Event::as_str).collect();
        evaluate::sort(scheme, &mut events);
        let starts = events.iter().any(|event| matches!(event, Event::Introduced(_)));
        if starts && !ranges.contains(&events) {
            ranges.push(events);
        }
    }
    let contained = |version: &str| {
        scheme.is_some_and(|scheme| {
            ranges.iter().any(|events| evaluate::in_range(scheme, version, events.iter().cloned()))
        })
    };
    let mut versions: Vec<&str> = affected
        .iter()
        .flat_map(|affected| &affected.versions)
        .map(String::as_str)
        .filter(|version| !contained(version))
        .collect();
    versions.sort_unstable();
    versions.dedup();
    (!ranges.is_empty() || !versions.is_empty()).then_some(Facts { ranges, versions })
}
