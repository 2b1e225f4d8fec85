//! The database file says what a naive reading of the records says, for all real records that are at hand.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a panic is the failure message")]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use portcullis_advisories::build::{Inputs, Stamp, Texts, build};
use portcullis_advisories::database::Database;
use portcullis_advisories::record::{Affected, Event, Order, Record};
use portcullis_advisories::{Advisories, Scheme};
use portcullis_model::packages::Ecosystem;
use support::{Lcg, conformance};

/// The pseudo code of OSV's schema, line by line, over records as they were published.
mod naive {
    use super::*;

    pub(super) fn is_vulnerable(scheme: Scheme, version: &str, affected: &Affected) -> bool {
        in_versions(scheme, version, affected) || in_ranges(scheme, version, affected)
    }

    fn in_versions(scheme: Scheme, version: &str, affected: &Affected) -> bool {
        affected.versions.iter().any(|it| scheme.compare(it, version).is_eq())
    }

    fn in_ranges(scheme: Scheme, version: &str, affected: &Affected) -> bool {
        for range in &affected.ranges {
            if range.order == Order::Commits || !before_limits(scheme, version, &range.events) {
                continue;
            }
            let mut vulnerable = false;
            for event in sorted(scheme, &range.events) {
                match event {
                    Event::Introduced(it) if it == "0" || scheme.compare(version, it).is_ge() => vulnerable = true,
                    Event::Fixed(it) if scheme.compare(version, it).is_ge() => vulnerable = false,
                    Event::LastAffected(it) if scheme.compare(version, it).is_gt() => vulnerable = false,
                    _ => {}
                }
            }
            if vulnerable {
                return true;
            }
        }
        false
    }

    fn before_limits(scheme: Scheme, version: &str, events: &[Event]) -> bool {
        let limits: Vec<&String> =
            events.iter().filter_map(|event| if let Event::Limit(it) = event { Some(it) } else { None }).collect();
        limits.is_empty() || limits.iter().any(|it| *it == "*" || scheme.compare(version, it).is_lt())
    }

    fn sorted(scheme: Scheme, events: &[Event]) -> Vec<&Event> {
        let mut sorted: Vec<&Event> = events.iter().collect();
        sorted.sort_by(|a, b| match (a.version().as_str(), b.version().as_str()) {
            ("0", "0") => std::cmp::Ordering::Equal,
            ("0", _) => std::cmp::Ordering::Less,
            (_, "0") => std::cmp::Ordering::Greater,
            (a, b) => scheme.compare(a, b),
        });
        sorted
    }
}

/// How many versions of each package are judged.
const VERSIONS: usize = 20;

#[test]
fn the_file_answers_as_the_records_do() {
    let Some(folder) = conformance() else { return };
    let records = support::records(&folder);
    assert!(records.len() > 8000, "{} records", records.len());
    let inputs = Inputs {
        osv: vec![folder.join("osv")],
        rustsec: vec![folder.join("rustsec-advisory-db.tar.gz")],
        ..Inputs::default()
    };
    let built = build(&inputs, Texts::Keep, &Stamp::default()).unwrap();
    assert!(built.faults.is_empty(), "{:?}", built.faults);
    let database = Database::of_bytes("test", built.bytes).unwrap();
    database.verify().unwrap();
    for ecosystem in [Ecosystem::CratesIo, Ecosystem::Go, Ecosystem::PyPi] {
        assert!(database.covers(ecosystem), "{ecosystem:?}");
    }
    assert!(!database.covers(Ecosystem::Npm));

    let advisories = Advisories::empty().with(database);
    let mut packages: BTreeMap<(Ecosystem, String), Vec<(&Record, &Affected)>> = BTreeMap::new();
    for record in &records {
        for affected in &record.affected {
            let ecosystem = Ecosystem::of_osv(&affected.ecosystem).unwrap();
            let scheme = Scheme::of_ecosystem(&affected.ecosystem).unwrap();
            let name = scheme.normalise_name(&affected.name).into_owned();
            packages.entry((ecosystem, name)).or_default().push((record, affected));
        }
    }
    let mut random = Lcg(7);
    let (mut judged, mut found) = (0, 0);
    for ((ecosystem, name), entries) in &packages {
        let scheme = Scheme::of_ecosystem(ecosystem.osv()).unwrap();
        for version in versions(entries, &mut random) {
            let expected: BTreeSet<&str> = entries
                .iter()
                .filter(|(record, affected)| {
                    record.withdrawn.is_none() && naive::is_vulnerable(scheme, &version, affected)
                })
                .map(|(record, _)| record.id.as_str())
                .collect();
            let matches = advisories.matches_of(*ecosystem, name, &version).unwrap();
            let answer: BTreeSet<&str> = matches.iter().flat_map(portcullis_advisories::Match::advisories).collect();
            assert_eq!(answer, expected, "{name} {version}");
            judged += 1;
            found += expected.len();
            for (number, it) in matches.iter().enumerate() {
                let others = matches.iter().skip(number + 1).flat_map(|other| &other.ids);
                assert!(!others.clone().any(|id| it.ids.contains(id)), "{name} {version}: {} is found twice", it.id());
                if let Some(upgrade) = it.smallest_upgrade(&version).unwrap() {
                    assert!(scheme.compare(upgrade, &version).is_gt() && !it.affects(upgrade).unwrap());
                }
            }
        }
    }
    assert!(judged > 50_000 && found > 20_000, "{judged} judged, {found} found");
}

/// Versions at, just above and between those that the records name.
fn versions(entries: &[(&Record, &Affected)], random: &mut Lcg) -> Vec<String> {
    let named = entries.iter().flat_map(|(_, affected)| {
        let bounds =
            affected.ranges.iter().filter(|range| range.order == Order::Versions).flat_map(|range| &range.events);
        bounds.map(|event| event.version().clone()).chain(affected.versions.iter().cloned())
    });
    let mut versions: BTreeSet<String> = named.filter(|version| version != "*").collect();
    for version in versions.clone() {
        versions.extend([format!("{version}.1"), format!("{version}-rc.1"), format!("{version}+b")]);
    }
    versions.extend(["0.0.0-0", "0.0.1", "1.0.0", "2.5.0", "99.0.0"].map(str::to_owned));
    let mut versions: Vec<String> = versions.into_iter().collect();
    while versions.len() > VERSIONS {
        versions.swap_remove(random.below(versions.len()));
    }
    while versions.len() < VERSIONS {
        versions.push(format!("{}.{}.{}", random.below(4), random.below(20), random.below(30)));
    }
    versions
}

#[test]
fn texts_are_those_of_the_records() {
    let Some(folder) = conformance() else { return };
    let inputs = Inputs { rustsec: vec![folder.join("rustsec-advisory-db.tar.gz")], ..Inputs::default() };
    let built = build(&inputs, Texts::Keep, &Stamp::default()).unwrap();
    let advisories = Advisories::empty().with(Database::of_bytes("test", built.bytes).unwrap());
    let mut seen = 0;
    for record in &support::rustsec_records(&folder) {
        let [affected] = record.affected.as_slice() else { panic!("RustSec names one package") };
        let version = affected.ranges.iter().flat_map(|range| &range.events).find_map(|event| match event {
            Event::Introduced(version) => Some(if version == "0" { "0.0.0-0" } else { version }),
            _ => None,
        });
        let Some(version) = version.filter(|_| record.withdrawn.is_none()) else { continue };
        let matches = advisories.matches_of(Ecosystem::CratesIo, &affected.name, version).unwrap();
        let it = matches.iter().find(|it| it.ids.contains(&record.id.as_str()));
        let it = it.unwrap_or_else(|| panic!("{} {version}: {affected:?}", record.id));
        let text = it.text().unwrap().unwrap();
        if it.advisories().count() == 1 {
            assert_eq!((&text.summary, &text.details), (&record.summary, &record.details), "{}", record.id);
            assert_eq!((&text.references, &text.vectors), (&record.references, &record.vectors), "{}", record.id);
            assert_eq!((text.published, text.modified), (record.published, record.modified), "{}", record.id);
            seen += 1;
        }
    }
    assert!(seen > 1000, "{seen} texts");
}

#[test]
fn the_same_records_give_the_same_bytes() {
    let Some(folder) = conformance() else { return };
    let inputs = Inputs { osv: vec![folder.join("osv/PyPI/all.zip")], ..Inputs::default() };
    let build = || build(&inputs, Texts::Keep, &Stamp::default()).unwrap().bytes;
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    assert!(one.install(build) == build());
}
