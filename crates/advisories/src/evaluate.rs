//! Whether a version is affected, by OSV's algorithm: <https://ossf.github.io/osv-schema/#evaluation>.
//!
//! A range over commits says nothing about a version and is passed over; the ranges and versions beside it still count. A
//! version that is not known is not affected: it was not judged.

use std::cmp::Ordering;

use crate::Scheme;
use crate::record::{Affected, Event, Order};

/// Whether an advisory's entry for a package affects a version of it. Without a scheme, only versions that are listed are.
pub fn is_affected(scheme: Option<Scheme>, version: &str, affected: &Affected) -> bool {
    if version.is_empty() {
        return false;
    }
    is_listed(scheme, version, affected.versions.iter().map(String::as_str))
        || scheme.is_some_and(|scheme| in_ranges(scheme, version, affected))
}

/// Whether a version is in any of the entry's ranges over versions.
pub fn in_ranges(scheme: Scheme, version: &str, affected: &Affected) -> bool {
    affected.ranges.iter().filter(|range| range.order == Order::Versions).any(|range| {
        let mut events: Vec<Event<&str>> = range.events.iter().map(Event::as_str).collect();
        sort(scheme, &mut events);
        in_range(scheme, version, events.iter().cloned())
    })
}

/// Whether one of the listed versions is this one: the same text, or one that the scheme takes for the same version.
pub fn is_listed<'a>(scheme: Option<Scheme>, version: &str, mut listed: impl Iterator<Item = &'a str>) -> bool {
    listed.any(|it| it == version || scheme.is_some_and(|scheme| scheme.compare(it, version) == Ordering::Equal))
}

/// Brings events into the order of their versions. Those at one version stay as the record has them, so that what is
/// fixed and introduced again there is affected.
pub fn sort(scheme: Scheme, events: &mut [Event<&str>]) {
    let is_start = |event: &Event<&str>| *event == Event::Introduced("0");
    events.sort_by(|a, b| match (is_start(a), is_start(b)) {
        (false, false) => scheme.compare(a.version(), b.version()),
        (a, b) => b.cmp(&a),
    });
}

/// Whether a version is in a range, given its events in order.
pub fn in_range<'a>(scheme: Scheme, version: &str, events: impl Iterator<Item = Event<&'a str>> + Clone) -> bool {
    let against = |bound: &str| scheme.compare(version, bound);
    let mut limits = events.clone().filter_map(|event| match event {
        Event::Limit(limit) => Some(limit),
        Event::Introduced(_) | Event::Fixed(_) | Event::LastAffected(_) => None,
    });
    if let Some(first) = limits.next()
        && !std::iter::once(first).chain(limits).any(|limit| limit == "*" || against(limit).is_lt())
    {
        return false;
    }
    let mut affected = false;
    for event in events {
        match event {
            Event::Introduced(bound) if bound == "0" || against(bound).is_ge() => affected = true,
            Event::Fixed(bound) if against(bound).is_ge() => affected = false,
            Event::LastAffected(bound) if against(bound).is_gt() => affected = false,
            Event::Introduced(_) | Event::Fixed(_) | Event::LastAffected(_) | Event::Limit(_) => {}
        }
    }
    affected
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Range;

    fn range(order: Order, text: &str) -> Range {
        let events = text.split_whitespace().map(|event| {
            let (kind, version) = event.split_once(':').unwrap();
            let version = version.to_owned();
            match kind {
                "i" => Event::Introduced(version),
                "f" => Event::Fixed(version),
                "l" => Event::LastAffected(version),
                _ => Event::Limit(version),
            }
        });
        Range { order, events: events.collect() }
    }

    fn check(ranges: &[(Order, &str)], versions: &[&str], affected: &[&str], unaffected: &[&str]) {
        let ranges: Vec<Range> = ranges.iter().map(|&(order, text)| range(order, text)).collect();
        let entry =
            Affected { ranges, versions: versions.iter().map(|&it| it.to_owned()).collect(), ..Affected::default() };
        for (versions, expected) in [(affected, true), (unaffected, false)] {
            for version in versions {
                assert_eq!(is_affected(Some(Scheme::Cargo), version, &entry), expected, "{version} in {entry:?}");
            }
        }
    }

    #[test]
    fn ranges_are_evaluated_as_osv_says() {
        use Order::{Commits, Versions};
        check(&[(Versions, "i:0 f:1.2.0")], &[], &["0.0.0-0", "1.1.9", "1.2.0-rc.1"], &["1.2.0", "2.0.0"]);
        check(&[(Versions, "f:1.2.0 i:0")], &[], &["1.1.9"], &["1.2.0"]);
        check(&[(Versions, "i:1.0.0 l:1.5.0")], &[], &["1.0.0", "1.5.0"], &["0.9.0", "1.5.1"]);
        check(&[(Versions, "i:1.5.0 l:1.5.0")], &[], &["1.5.0"], &["1.4.0", "1.6.0"]);
        check(&[(Versions, "i:2.0.0 f:2.3.0 i:0 f:1.2.0")], &[], &["1.0.0", "2.1.0"], &["1.2.0", "1.9.0", "2.3.0"]);
        check(&[(Versions, "i:0 f:2.0.0 i:2.0.0 f:3.0.0")], &[], &["2.0.0", "2.5.0"], &["3.0.0"]);
        check(&[(Versions, "i:1.0.0 f:1.0.0")], &[], &[], &["0.9.0", "1.0.0", "1.1.0"]);
        check(&[(Versions, "i:1.0.0")], &[], &["1.0.0", "99.0.0"], &["0.9.0"]);
        check(&[(Versions, "f:1.0.0")], &[], &[], &["0.5.0", "1.0.0"]);
        check(&[(Versions, "i:0 limit:2.0.0")], &[], &["1.0.0"], &["2.0.0", "3.0.0"]);
        check(&[(Versions, "i:0 limit:2.0.0 limit:3.0.0")], &[], &["2.5.0"], &["3.0.0"]);
        check(&[(Versions, "i:0 limit:*")], &[], &["99.0.0"], &[]);
        check(&[(Commits, "i:0"), (Versions, "i:0 f:1.0.0")], &[], &["0.9.0"], &["1.0.0"]);
        check(&[(Commits, "i:0 f:abc")], &["1.0.0"], &["1.0.0"], &["0.9.0", "abc"]);
        check(&[(Versions, "i:0 f:1.0.0")], &["1.5.0"], &["0.1.0", "1.5.0"], &["1.4.0"]);
        check(&[], &[], &[], &["1.0.0"]);
        check(&[(Versions, "i:0")], &[], &["1.0.0"], &[""]);
    }

    #[test]
    fn without_an_order_only_what_is_listed_is_affected() {
        let entry = Affected {
            ranges: vec![range(Order::Versions, "i:0")],
            versions: vec!["1".to_owned()],
            ..Affected::default()
        };
        assert!(is_affected(None, "1", &entry));
        assert!(!is_affected(None, "2", &entry));
    }
}
