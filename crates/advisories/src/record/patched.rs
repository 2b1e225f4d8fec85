//! What RustSec calls `patched` and `unaffected`, turned inside out: the ranges that are affected.
//!
//! RustSec lists requirements that safe versions satisfy; everything else is affected, pre-releases by their precedence
//! and not by Cargo's rule that they have to be asked for. A list that overlaps, or a requirement that is not one
//! interval, is a mistake of the record.

use std::cmp::Ordering;

use semver::{Comparator, Op, Prerelease, Version, VersionReq};

use super::Event;

/// The events of the affected versions, in their order; else which requirement cannot be understood.
pub(super) fn events(safe: &[VersionReq]) -> Result<Vec<Event>, String> {
    let mut intervals = safe.iter().map(interval).collect::<Result<Vec<_>, _>>()?;
    intervals.sort_by(|a, b| a.start.cmp(&b.start));
    let mut events = Vec::new();
    let mut affected_from = Some("0".to_owned());
    let mut end = None;
    for interval in &intervals {
        if end
            .as_ref()
            .is_some_and(|end: &Option<Version>| end.as_ref().is_none_or(|end| interval.start.as_ref() < Some(end)))
        {
            return Err(format!("safe versions overlap at {}", written(interval.start.as_ref())));
        }
        if let Some(start) = interval.start.as_ref().map(Version::to_string) {
            // Nothing is affected between two intervals that touch.
            if let Some(from) = affected_from.take().filter(|from| *from != start) {
                events.extend([Event::Introduced(from), Event::Fixed(start)]);
            }
        }
        affected_from = interval.end.as_ref().map(Version::to_string);
        end = Some(interval.end.clone());
    }
    events.extend(affected_from.map(Event::Introduced));
    Ok(events)
}

/// Versions from `start` on and before `end`; `None` where it has no bound.
struct Interval {
    start: Option<Version>,
    end: Option<Version>,
}

fn interval(requirement: &VersionReq) -> Result<Interval, String> {
    let unclear = || format!("`{requirement}` is not one interval of versions");
    let (mut start, mut end) = (None, None);
    for comparator in &requirement.comparators {
        let version = version(comparator);
        let (from, to) = match comparator.op {
            Op::Greater => (Some(next(&version)), None),
            Op::GreaterEq => (Some(version), None),
            Op::Less => (None, Some(version)),
            Op::LessEq => (None, Some(next(&version))),
            Op::Exact => (Some(version.clone()), Some(next(&version))),
            Op::Caret => (Some(version.clone()), Some(after_caret(comparator).ok_or_else(unclear)?)),
            Op::Tilde => (Some(version.clone()), Some(after_tilde(comparator).ok_or_else(unclear)?)),
            _ => return Err(unclear()),
        };
        if (from.is_some() && start.is_some()) || (to.is_some() && end.is_some()) {
            return Err(unclear());
        }
        start = start.or(from);
        end = end.or(to);
    }
    match (&start, &end) {
        (Some(start), Some(end)) if start.cmp_precedence(end) != Ordering::Less => Err(unclear()),
        _ => Ok(Interval { start, end }),
    }
}

/// The version of a comparator; what it leaves out is zero. Builds have no precedence and are dropped.
fn version(comparator: &Comparator) -> Version {
    Version {
        pre: comparator.pre.clone(),
        ..Version::new(comparator.major, comparator.minor.unwrap_or(0), comparator.patch.unwrap_or(0))
    }
}

/// The lowest version with a higher precedence.
fn next(version: &Version) -> Version {
    let lowest = Prerelease::new("0").expect("0 is a pre-release");
    if version.pre.is_empty() {
        return Version { pre: lowest, ..Version::new(version.major, version.minor, version.patch.saturating_add(1)) };
    }
    // One more identifier is the smallest step there is.
    let pre = Prerelease::new(&format!("{}.0", version.pre)).unwrap_or(lowest);
    Version { pre, ..Version::new(version.major, version.minor, version.patch) }
}

/// The first version that a caret excludes: a pre-release of the next that Cargo takes for incompatible.
fn after_caret(comparator: &Comparator) -> Option<Version> {
    let next = match (comparator.major, comparator.minor, comparator.patch) {
        (0, Some(0), Some(patch)) => Version::new(0, 0, patch.checked_add(1)?),
        (0, Some(minor), _) => Version::new(0, minor.checked_add(1)?, 0),
        (major, _, _) => Version::new(major.checked_add(1)?, 0, 0),
    };
    Some(Version { pre: Prerelease::new("0").ok()?, ..next })
}

/// The first version that a tilde excludes.
fn after_tilde(comparator: &Comparator) -> Option<Version> {
    let next = match comparator.minor {
        Some(minor) => Version::new(comparator.major, minor.checked_add(1)?, 0),
        None => Version::new(comparator.major.checked_add(1)?, 0, 0),
    };
    Some(Version { pre: Prerelease::new("0").ok()?, ..next })
}

fn written(version: Option<&Version>) -> String {
    version.map_or_else(|| "0".to_owned(), Version::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `[0,1.2.3)[2.0.0,` for the events of the requirements.
    fn affected(requirements: &[&str]) -> Result<String, String> {
        let safe: Vec<VersionReq> = requirements.iter().map(|text| text.parse().unwrap()).collect();
        let events = events(&safe)?;
        Ok(events
            .iter()
            .map(|event| match event {
                Event::Introduced(version) => format!("[{version},"),
                Event::Fixed(version) => format!("{version})"),
                Event::LastAffected(_) | Event::Limit(_) => "?".to_owned(),
            })
            .collect())
    }

    #[test]
    fn what_is_not_safe_is_affected() {
        for (safe, expected) in [
            (&[][..], "[0,"),
            (&[">= 1.2.3"], "[0,1.2.3)"),
            (&["> 1.2.3"], "[0,1.2.4-0)"),
            (&["< 0.5"], "[0.5.0,"),
            (&["<= 0.5.1"], "[0.5.2-0,"),
            (&["> 1.0.0-alpha"], "[0,1.0.0-alpha.0)"),
            (&[">= 2.0.0", "< 1.0.0"], "[1.0.0,2.0.0)"),
            (&["^1.2.3", ">= 2.1.0"], "[0,1.2.3)[2.0.0-0,2.1.0)"),
            (&["^0.2.3", "^0.0.4", "^0"], "safe versions overlap at 0.0.4"),
            (&["^0.0.4", ">= 0.3"], "[0,0.0.4)[0.0.5-0,0.3.0)"),
            (&["~1.2", ">= 1.4"], "[0,1.2.0)[1.3.0-0,1.4.0)"),
            (&["= 1.0.0"], "[0,1.0.0)[1.0.1-0,"),
            (&[">= 1.0, < 1.5", ">= 1.7"], "[0,1.0.0)[1.5.0,1.7.0)"),
            (&["< 0.23.0", "= 0.23.0", ">= 0.23.18"], "[0.23.1-0,0.23.18)"),
            (&["< 0.23.0", ">= 0.23.0, < 0.23.13", ">= 0.23.18"], "[0.23.13,0.23.18)"),
            (&["*"], ""),
            (&[">= 1.0", ">= 2.0"], "safe versions overlap at 2.0.0"),
            (&[">= 2.0, < 1.0"], "`>=2.0, <1.0` is not one interval of versions"),
            (&[">= 1.0, >= 2.0"], "`>=1.0, >=2.0` is not one interval of versions"),
            (&["^1.0, >= 1.2"], "`^1.0, >=1.2` is not one interval of versions"),
        ] {
            assert_eq!(affected(safe).unwrap_or_else(|error| error), expected, "{safe:?}");
        }
    }
}
