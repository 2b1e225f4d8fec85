//! OSV's JSON.
//!
//! Only what is needed is read, so that a field of a later schema, or a mistake in a field that nobody here looks at,
//! costs no record. Lists and texts may be null or missing.

use serde::{Deserialize, Deserializer};

use super::{Affected, Event, Kind, Order, Range, Record, Reference};
use crate::{Level, Timestamp};

/// The record of one JSON document; else why it is none.
pub fn parse(json: &[u8]) -> Result<Record, String> {
    let raw: RawRecord = serde_json::from_slice(json).map_err(|error| error.to_string())?;
    if raw.id.is_empty() {
        return Err("the id is empty".to_owned());
    }
    Ok(raw.into())
}

#[derive(Deserialize)]
struct RawRecord {
    id: String,
    #[serde(default, deserialize_with = "nullable")]
    aliases: Vec<String>,
    #[serde(default, deserialize_with = "nullable")]
    upstream: Vec<String>,
    #[serde(default, deserialize_with = "nullable")]
    related: Vec<String>,
    withdrawn: Option<String>,
    published: Option<String>,
    modified: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    summary: String,
    #[serde(default, deserialize_with = "nullable")]
    details: String,
    #[serde(default, deserialize_with = "nullable")]
    severity: Vec<RawSeverity>,
    #[serde(default, deserialize_with = "nullable")]
    affected: Vec<RawAffected>,
    #[serde(default, deserialize_with = "nullable")]
    references: Vec<RawReference>,
    #[serde(default, deserialize_with = "lenient")]
    database_specific: Specific,
}

#[derive(Deserialize)]
struct RawSeverity {
    #[serde(default, deserialize_with = "nullable")]
    score: String,
}

#[derive(Deserialize)]
struct RawAffected {
    package: Option<RawPackage>,
    #[serde(default, deserialize_with = "nullable")]
    ranges: Vec<RawRange>,
    #[serde(default, deserialize_with = "nullable")]
    versions: Vec<String>,
    #[serde(default, deserialize_with = "nullable")]
    severity: Vec<RawSeverity>,
    #[serde(default, deserialize_with = "lenient")]
    ecosystem_specific: EcosystemSpecific,
    #[serde(default, deserialize_with = "lenient")]
    database_specific: Specific,
}

#[derive(Deserialize)]
struct RawPackage {
    ecosystem: String,
    name: String,
}

#[derive(Deserialize)]
struct RawRange {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default, deserialize_with = "nullable")]
    events: Vec<RawEvent>,
}

/// An event has one of these; records older than the schema's 1.0 have several in one.
#[derive(Deserialize)]
struct RawEvent {
    introduced: Option<String>,
    fixed: Option<String>,
    last_affected: Option<String>,
    limit: Option<String>,
}

#[derive(Deserialize)]
struct RawReference {
    #[serde(rename = "type", default, deserialize_with = "nullable")]
    kind: String,
    url: String,
}

/// What databases add of their own, each in another form.
#[derive(Default, Deserialize)]
struct Specific {
    severity: Option<String>,
    cvss: Option<String>,
    informational: Option<String>,
}

#[derive(Default, Deserialize)]
struct EcosystemSpecific {
    severity: Option<String>,
    /// RustSec.
    affects: Option<RustAffects>,
    /// Go.
    imports: Option<Vec<GoImport>>,
}

#[derive(Deserialize)]
struct RustAffects {
    #[serde(default, deserialize_with = "nullable")]
    functions: Vec<String>,
}

#[derive(Deserialize)]
struct GoImport {
    path: String,
    #[serde(default, deserialize_with = "nullable")]
    symbols: Vec<String>,
}

impl From<RawRecord> for Record {
    fn from(raw: RawRecord) -> Self {
        let time = |text: Option<String>| text.as_deref().and_then(Timestamp::parse);
        let malicious = raw.id.starts_with("MAL-");
        let withdrawn = raw.withdrawn.map(|text| Timestamp::parse(&text).unwrap_or_default());
        let (vectors, word) = severities(raw.severity);
        Self {
            id: raw.id,
            aliases: raw.aliases,
            upstream: raw.upstream,
            related: raw.related,
            withdrawn,
            published: time(raw.published),
            modified: time(raw.modified),
            summary: raw.summary,
            details: raw.details,
            vectors,
            word: word.or(level(raw.database_specific.severity)),
            affected: raw.affected.into_iter().filter_map(|raw| affected(raw, malicious)).collect(),
            references: raw.references.into_iter().map(|raw| Reference { kind: raw.kind, url: raw.url }).collect(),
        }
    }
}

/// `None` where no package is named: such an entry is about a repository.
fn affected(raw: RawAffected, malicious: bool) -> Option<Affected> {
    let RawPackage { ecosystem, name } = raw.package?;
    let (mut vectors, word) = severities(raw.severity);
    vectors.extend(raw.database_specific.cvss);
    let kind = match raw.database_specific.informational {
        _ if malicious => Kind::Malicious,
        Some(word) => Kind::of_informational(&word),
        None => Kind::Vulnerability,
    };
    Some(Affected {
        ecosystem: ecosystem.split(':').next().unwrap_or_default().to_owned(),
        name,
        ranges: raw.ranges.into_iter().map(range).collect(),
        versions: raw.versions,
        kind,
        functions: functions(raw.ecosystem_specific.affects, raw.ecosystem_specific.imports),
        vectors,
        word: word.or(level(raw.database_specific.severity)).or(level(raw.ecosystem_specific.severity)),
    })
}

fn range(raw: RawRange) -> Range {
    let order = if raw.kind == "GIT" { Order::Commits } else { Order::Versions };
    let mut events = Vec::with_capacity(raw.events.len());
    for event in raw.events {
        events.extend(event.introduced.map(Event::Introduced));
        events.extend(event.fixed.map(Event::Fixed));
        events.extend(event.last_affected.map(Event::LastAffected));
        events.extend(event.limit.map(Event::Limit));
    }
    Range { order, events }
}

fn functions(rust: Option<RustAffects>, go: Option<Vec<GoImport>>) -> Vec<String> {
    let mut functions = rust.map(|affects| affects.functions).unwrap_or_default();
    for import in go.into_iter().flatten() {
        functions.extend(import.symbols.iter().map(|symbol| format!("{}.{symbol}", import.path)));
    }
    functions
}

/// Vectors, and the worst of the words that some databases write in the place of a vector.
fn severities(raw: Vec<RawSeverity>) -> (Vec<String>, Option<Level>) {
    let word = raw.iter().filter_map(|severity| Level::of_word(&severity.score)).max();
    let vectors = raw.into_iter().map(|severity| severity.score).filter(|score| score.contains('/')).collect();
    (vectors, word)
}

fn level(word: Option<String>) -> Option<Level> {
    Level::of_word(&word?)
}

fn nullable<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Objects that no schema describes: one that looks otherwise than expected says nothing.
fn lenient<'de, D: Deserializer<'de>, T: Default + serde::de::DeserializeOwned>(
    deserializer: D,
) -> Result<T, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_matching_needs_is_read() {
        let record = parse(
            br#"{"schema_version": "9.9.9", "id": "GHSA-1", "aliases": ["CVE-1"], "related": null, "upstream": ["CVE-2"],
            "withdrawn": "2024-01-02T00:00:00Z", "summary": null, "novelty": {"a": [1]},
            "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"}, {"type": "Ubuntu", "score": "low"}],
            "affected": [
                {"package": {"ecosystem": "Maven:https://example.com", "name": "a:b"},
                 "ranges": [{"type": "GIT", "repo": "r", "events": [{"introduced": "0"}]},
                            {"type": "ECOSYSTEM", "events": [{"introduced": "1", "fixed": "2"}, {"limit": "3"}]}],
                 "versions": ["1.1"], "database_specific": ["odd"]},
                {"ranges": [{"type": "GIT", "events": []}]},
                {"package": {"ecosystem": "Go", "name": "m"}, "ecosystem_specific": {"imports": [{"path": "m/p", "symbols": ["F"]}, {"path": "m/q"}]},
                 "database_specific": {"informational": "unsound", "severity": "HIGH"}}],
            "database_specific": {"severity": "MODERATE"}, "references": [{"type": "WEB", "url": "u"}]}"#,
        )
        .unwrap();
        assert_eq!((record.id.as_str(), record.aliases.as_slice()), ("GHSA-1", ["CVE-1".to_owned()].as_slice()));
        assert_eq!((record.upstream.len(), record.related.len()), (1, 0));
        assert!(record.withdrawn.is_some());
        assert_eq!((record.vectors.len(), record.word), (1, Some(Level::Low)));
        let [maven, go] = record.affected.as_slice() else { panic!("two packages") };
        assert_eq!((maven.ecosystem.as_str(), maven.name.as_str(), maven.kind), ("Maven", "a:b", Kind::Vulnerability));
        assert_eq!(maven.ranges[0].order, Order::Commits);
        let (introduced, fixed, limit) = ("1".to_owned(), "2".to_owned(), "3".to_owned());
        assert_eq!(maven.ranges[1].events, [Event::Introduced(introduced), Event::Fixed(fixed), Event::Limit(limit)]);
        assert_eq!(
            (go.kind, go.word, go.functions.as_slice()),
            (Kind::Unsound, Some(Level::High), ["m/p.F".to_owned()].as_slice())
        );
    }

    #[test]
    fn what_is_no_record_says_why() {
        for (json, reason) in [
            ("", "EOF"),
            ("7", "invalid type"),
            (r#"{"id": ""}"#, "empty"),
            (r#"{"aliases": []}"#, "missing field `id`"),
            (r#"{"id": "A", "affected": [{"package": {"name": "x"}}]}"#, "ecosystem"),
        ] {
            let error = parse(json.as_bytes()).unwrap_err();
            assert!(error.contains(reason), "{json}: {error}");
        }
    }
}
