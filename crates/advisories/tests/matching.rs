//! What is said about a package: groups, kinds, severities, upgrades, sources, layers.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a panic is the failure message")]

use portcullis_advisories::build::{Stamp, Texts, build_of};
use portcullis_advisories::database::Database;
use portcullis_advisories::record::{Kind, Record, osv};
use portcullis_advisories::{Advisories, Level, Timestamp};
use portcullis_core::Span;
use portcullis_model::packages::{Ecosystem, Package, Source};

/// A record about one package: `ID ECOSYSTEM NAME`, its events, and further fields of the record as JSON.
fn record(head: &str, events: &str, more: &str) -> Record {
    let [id, ecosystem, name] = head.split(' ').collect::<Vec<_>>()[..] else { panic!("{head}") };
    let events: Vec<String> = events
        .split_whitespace()
        .map(|event| {
            let (kind, version) = event.split_once(':').unwrap();
            format!(r#"{{"{kind}": "{version}"}}"#)
        })
        .collect();
    let more = if more.is_empty() { String::new() } else { format!(", {more}") };
    let json = format!(
        r#"{{"id": "{id}", "affected": [{{"package": {{"ecosystem": "{ecosystem}", "name": "{name}"}},
        "ranges": [{{"type": "ECOSYSTEM", "events": [{}]}}]}}]{more}}}"#,
        events.join(", ")
    );
    osv::parse(json.as_bytes()).unwrap_or_else(|error| panic!("{json}: {error}"))
}

fn database(records: &[Record]) -> Database {
    let built = build_of("test", records.to_vec(), Texts::Keep, &Stamp::default()).unwrap();
    Database::of_bytes("test", built.bytes).unwrap()
}

fn known(records: &[Record]) -> Advisories {
    Advisories::empty().with(database(records))
}

/// `ID[,ID…] LEVEL KIND fixed,fixed` of each match.
fn said(advisories: &Advisories, ecosystem: Ecosystem, name: &str, version: &str) -> Vec<String> {
    let matches = advisories.matches_of(ecosystem, name, version).unwrap();
    let line = |it: &portcullis_advisories::Match<'_>| {
        format!("{} {} {} {}", it.ids.join(","), it.rating.level(), it.kind.name(), it.fixed.join(","))
    };
    matches.iter().map(line).collect()
}

const HIGH: &str = r#""severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"}]"#;

#[test]
fn advisories_about_one_defect_are_one_match() {
    let records = [
        record("PYSEC-1 PyPI Flask_Thing", "introduced:0 fixed:1.2", r#""aliases": ["CVE-1"]"#),
        record("GHSA-a PyPI flask-thing", "introduced:0 fixed:1.2.1", &format!(r#""aliases": ["CVE-1"], {HIGH}"#)),
        record("PYSEC-2 PyPI flask-thing", "introduced:1 fixed:2", r#""related": ["CVE-1"], "upstream": ["CVE-1"]"#),
        record(
            "GHSA-w PyPI flask-thing",
            "introduced:0",
            r#""withdrawn": "2024-01-01T00:00:00Z", "aliases": ["PYSEC-2", "CVE-1"]"#,
        ),
        record(
            "GHSA-b PyPI other",
            "introduced:0",
            r#""aliases": ["CVE-2"], "database_specific": {"severity": "LOW"}"#,
        ),
    ];
    let advisories = known(&records);
    let of = |name, version| said(&advisories, Ecosystem::PyPi, name, version);
    // The record of a group that does not hold counts with its severity, not with its fixed versions.
    assert_eq!(of("flask.thing", "0.5"), ["GHSA-a,CVE-1,PYSEC-1 high vulnerability 1.2,1.2.1"]);
    assert_eq!(
        of("Flask-Thing", "1.2"),
        ["GHSA-a,CVE-1,PYSEC-1 high vulnerability 1.2.1", "PYSEC-2 unknown vulnerability 2"]
    );
    assert_eq!(of("flask-thing", "2.0"), Vec::<String>::new());
    assert_eq!(of("other", "1"), ["GHSA-b,CVE-2 low vulnerability "]);
    assert_eq!(of("flask-thing", ""), Vec::<String>::new());
    assert_eq!(of("unheard-of", "1"), Vec::<String>::new());
}

#[test]
fn aliases_join_even_through_records_about_other_packages() {
    let records = [
        record("GHSA-a npm x", "introduced:0", r#""aliases": ["CVE-1"]"#),
        record("GHSA-b npm x", "introduced:0", r#""aliases": ["CVE-2"]"#),
        record("OSV-1 PyPI y", "introduced:0", &format!(r#""aliases": ["CVE-1", "CVE-2"], {HIGH}"#)),
    ];
    assert_eq!(
        said(&known(&records), Ecosystem::Npm, "x", "1.0.0"),
        ["GHSA-a,GHSA-b,CVE-1,CVE-2,OSV-1 high vulnerability "]
    );
}

#[test]
fn of_twins_each_is_reported_by_its_own_advisory() {
    let records = [
        record("RUSTSEC-1 crates.io x-fips", "introduced:0", r#""aliases": ["CVE-1"]"#),
        record("RUSTSEC-2 crates.io x", "introduced:0", r#""aliases": ["CVE-1"]"#),
    ];
    let advisories = known(&records);
    for (name, expected) in [("x-fips", "RUSTSEC-1,RUSTSEC-2,CVE-1"), ("x", "RUSTSEC-2,RUSTSEC-1,CVE-1")] {
        let said = said(&advisories, Ecosystem::CratesIo, name, "1.0.0");
        assert_eq!(said, [format!("{expected} unknown vulnerability ")]);
    }
}

#[test]
fn malicious_packages_are_critical_and_come_first() {
    let informs = record("RUSTSEC-1 crates.io x", "introduced:0", "");
    let mut unmaintained = informs.clone();
    unmaintained.affected[0].kind = Kind::Unmaintained;
    let records = [
        unmaintained,
        record("GHSA-a crates.io x", "introduced:0", HIGH),
        record(
            "MAL-1 crates.io x",
            "introduced:0",
            r#""aliases": ["GHSA-z"], "database_specific": {"severity": "LOW"}"#,
        ),
    ];
    assert_eq!(
        said(&known(&records), Ecosystem::CratesIo, "x", "1.0.0"),
        ["MAL-1,GHSA-z critical malicious ", "GHSA-a high vulnerability ", "RUSTSEC-1 unknown unmaintained "]
    );
}

#[test]
fn the_smallest_upgrade_stays_on_the_major_version_where_it_can() {
    for (events, version, expected) in [
        ("introduced:0 fixed:1.5.0 introduced:2.0.0 fixed:2.3.0", "1.2.0", Some("1.5.0")),
        ("introduced:0 fixed:1.5.0 introduced:2.0.0 fixed:2.3.0", "2.1.0", Some("2.3.0")),
        ("introduced:0 fixed:2.3.0", "1.2.0", Some("2.3.0")),
        ("introduced:0 fixed:2.0.0-rc.1 introduced:3.0.0 fixed:3.0.1", "1.2.0", Some("3.0.1")),
        ("introduced:0 fixed:2.0.0-rc.1", "1.2.0", Some("2.0.0-rc.1")),
        ("introduced:0 fixed:1.0.0 introduced:2.0.0", "2.1.0", None),
        ("introduced:0", "1.0.0", None),
        ("introduced:0 last_affected:1.0.0", "1.0.0", None),
        ("introduced:0 fixed:0.2.1 introduced:0.3.0 fixed:0.3.9", "0.3.1", Some("0.3.9")),
    ] {
        let advisories = known(&[record("GHSA-a npm x", events, "")]);
        let matches = advisories.matches_of(Ecosystem::Npm, "x", version).unwrap();
        assert_eq!(matches[0].smallest_upgrade(version).unwrap(), expected, "{version} of {events}");
    }
    // A version that another advisory of the group still affects is no way out.
    let advisories = known(&[
        record("GHSA-a npm x", "introduced:0 fixed:1.1.0", r#""aliases": ["CVE-1"]"#),
        record("GHSA-b npm x", "introduced:0 fixed:1.2.0", r#""aliases": ["CVE-1"]"#),
    ]);
    let matches = advisories.matches_of(Ecosystem::Npm, "x", "1.0.0").unwrap();
    assert_eq!(matches[0].smallest_upgrade("1.0.0").unwrap(), Some("1.2.0"));
}

#[test]
fn only_packages_of_the_registry_are_judged() {
    let records = [record("GHSA-a npm x", "introduced:0", ""), record("RUSTSEC-1 crates.io x", "introduced:0", "")];
    let advisories = known(&records);
    let (span, url) = (Span::default(), || "https://example.com/x.tgz".into());
    for (source, npm, cargo) in [
        (Source::Registry, 1, 1),
        (Source::Url { url: url(), span }, 1, 0),
        (Source::Git { url: url(), commit: None, span }, 0, 0),
        (Source::Path("../x".into()), 0, 0),
        (Source::Project, 0, 0),
    ] {
        for (ecosystem, expected) in [(Ecosystem::Npm, npm), (Ecosystem::CratesIo, cargo)] {
            let mut package = Package::new(ecosystem, "x", Some("1.0.0"), span);
            package.source = source.clone();
            assert_eq!(advisories.matches(&package).unwrap().len(), expected, "{package:?}");
        }
    }
    for version in [None, Some("")] {
        let package = Package::new(Ecosystem::Npm, "x", version, span);
        assert_eq!(advisories.matches(&package).unwrap().len(), 0);
    }
}

#[test]
fn a_database_replaces_what_is_built_in_where_it_covers_the_ecosystem() {
    let chrono = |advisories: &Advisories| said(advisories, Ecosystem::CratesIo, "chrono", "0.4.19").len();
    let embedded = || Advisories::embedded().unwrap();
    assert_eq!(chrono(&embedded()), 1);
    let about_npm = database(&[record("GHSA-a npm x", "introduced:0", "")]);
    let with_npm = embedded().with(about_npm);
    assert_eq!((chrono(&with_npm), with_npm.covers(Ecosystem::Npm)), (1, true));
    let about_crates = database(&[record("GHSA-b crates.io y", "introduced:0", "")]);
    let with_crates = embedded().with(about_crates);
    assert_eq!((chrono(&with_crates), with_crates.covers(Ecosystem::CratesIo)), (0, true));
}

#[test]
fn of_two_records_with_one_id_the_first_database_has_the_say() {
    let advisories =
        known(&[record("GHSA-a npm x", "introduced:0 fixed:1.0.0", r#""aliases": ["CVE-1"]"#)]).with(database(&[
            record("GHSA-a npm x", "introduced:0 fixed:2.0.0", ""),
            record("OSV-b npm x", "introduced:0 fixed:1.0.1", r#""aliases": ["CVE-1"]"#),
        ]));
    let of = |version| said(&advisories, Ecosystem::Npm, "x", version);
    assert_eq!(of("0.5.0"), ["GHSA-a,CVE-1,OSV-b unknown vulnerability 1.0.0,1.0.1"]);
    assert_eq!(of("1.0.0"), ["CVE-1,OSV-b unknown vulnerability 1.0.1"]);
    assert_eq!(of("1.5.0"), Vec::<String>::new());
}

#[test]
fn an_ecosystem_is_covered_by_records_that_are_about_it_alone() {
    let mut both = record("GHSA-a npm x", "introduced:0", "");
    both.affected.push(record("GHSA-a PyPI y", "introduced:0", "").affected[0].clone());
    both.affected.push(record("GHSA-a Debian:12 z", "introduced:0", "").affected[0].clone());
    let of_npm = record("GHSA-b npm z", "introduced:0", "");
    let advisories = known(&[both, of_npm]);
    assert!(advisories.covers(Ecosystem::Npm) && !advisories.covers(Ecosystem::PyPi));
    assert_eq!(said(&advisories, Ecosystem::PyPi, "y", "1").len(), 1);
}

#[test]
fn texts_of_a_group_come_together() {
    let advisories = known(&[
        record(
            "PYSEC-1 PyPI x",
            "introduced:0",
            r#""aliases": ["GHSA-a"], "details": "long", "published": "2020-01-01T00:00:00Z"
            , "references": [{"type": "WEB", "url": "u"}, {"type": "FIX", "url": "v"}]"#,
        ),
        record(
            "GHSA-a PyPI x",
            "introduced:0",
            &format!(r#""summary": "short", {HIGH}, "references": [{{"type": "FIX", "url": "u"}}]"#),
        ),
    ]);
    let matches = advisories.matches_of(Ecosystem::PyPi, "x", "1").unwrap();
    let text = matches[0].text().unwrap().unwrap();
    assert_eq!((text.summary.as_str(), text.details.as_str()), ("short", "long"));
    assert_eq!(text.references.iter().map(|it| it.url.as_str()).collect::<Vec<_>>(), ["u", "v"]);
    assert_eq!((text.vectors.len(), text.published), (1, Timestamp::parse("2020-01-01")));
    assert_eq!(matches[0].rating.score().unwrap().tenths(), 75);
    assert_eq!(matches[0].rating.level(), Level::High);
}
