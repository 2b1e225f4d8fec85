//! RustSec's advisories: Markdown with TOML in front.
//!
//! The front matter is brought into OSV's terms as RustSec's own exporter does it. The description is kept as it is.

use std::collections::BTreeMap;

use semver::VersionReq;
use serde::Deserialize;

use super::{Affected, Kind, Order, Range, Record, Reference, patched};
use crate::Timestamp;

/// RustSec's name for the ecosystem of its packages.
const ECOSYSTEM: &str = "crates.io";

/// The record of one file; else why it is none.
pub fn parse(text: &str) -> Result<Record, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let front = text.strip_prefix("```toml").ok_or("it does not start with ```toml")?;
    let (front, body) = front.split_once("\n```").ok_or("the front matter has no end")?;
    let body = body.trim_start();
    let title = body.strip_prefix("# ").ok_or("no title follows the front matter")?;
    let (title, description) = title.split_once('\n').unwrap_or((title, ""));
    let front: Front = toml::from_str(front).map_err(|error| error.message().to_owned())?;
    if front.advisory.id.is_empty() {
        return Err("the id is empty".to_owned());
    }
    record(front, title.trim(), description.trim())
}

#[derive(Deserialize)]
struct Front {
    advisory: Advisory,
    #[serde(default)]
    affected: Scope,
    #[serde(default)]
    versions: Versions,
}

#[derive(Deserialize)]
struct Advisory {
    id: String,
    package: String,
    date: String,
    withdrawn: Option<String>,
    informational: Option<String>,
    cvss: Option<String>,
    url: Option<String>,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    related: Vec<String>,
    #[serde(default)]
    references: Vec<String>,
}

#[derive(Default, Deserialize)]
struct Scope {
    /// The versions of each function's requirement are those of the advisory in all but a few; they are not kept.
    #[serde(default)]
    functions: BTreeMap<String, toml::Value>,
}

#[derive(Default, Deserialize)]
struct Versions {
    #[serde(default)]
    patched: Vec<VersionReqText>,
    #[serde(default)]
    unaffected: Vec<VersionReqText>,
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct VersionReqText(VersionReq);

impl TryFrom<String> for VersionReqText {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map(Self).map_err(|error| format!("`{text}`: {error}"))
    }
}

fn record(front: Front, title: &str, description: &str) -> Result<Record, String> {
    let Front { advisory, affected, versions } = front;
    let safe: Vec<VersionReq> = versions
        .unaffected
        .into_iter()
        .chain(versions.patched)
        .map(|VersionReqText(requirement)| requirement)
        .collect();
    let events = patched::events(&safe)?;
    let references = advisory
        .url
        .into_iter()
        .chain(advisory.references)
        .map(|url| Reference { kind: "WEB".to_owned(), url })
        .collect();
    let published = Timestamp::parse(&advisory.date);
    Ok(Record {
        id: advisory.id,
        aliases: advisory.aliases,
        upstream: Vec::new(),
        related: advisory.related,
        withdrawn: advisory.withdrawn.map(|date| Timestamp::parse(&date).unwrap_or_default()),
        published,
        modified: published,
        summary: title.to_owned(),
        details: description.to_owned(),
        vectors: advisory.cvss.into_iter().collect(),
        word: None,
        affected: vec![Affected {
            ecosystem: ECOSYSTEM.to_owned(),
            name: advisory.package,
            ranges: vec![Range { order: Order::Versions, events }],
            kind: advisory.informational.map_or(Kind::Vulnerability, |word| Kind::of_informational(&word)),
            functions: affected.functions.into_keys().collect(),
            ..Affected::default()
        }],
        references,
    })
}

#[cfg(test)]
mod tests {
    use super::super::Event;
    use super::*;

    const ADVISORY: &str = "```toml\n[advisory]\nid = \"RUSTSEC-2025-0165\"\npackage = \"tree\"\ndate = \"2025-07-04\"\n\
        url = \"https://example.com/1\"\nreferences = [\"https://example.com/2\"]\ninformational = \"unsound\"\n\
        aliases = [\"CVE-1\"]\n\n[affected]\nos = [\"linux\"]\n[affected.functions]\n\"tree::f\" = [\"< 0.10.0\"]\n\n\
        [versions]\npatched = [\">= 0.10.0\"]\nunaffected = [\"< 0.2\"]\n```\n\n# A title\n\nText with ```code```.\n";

    #[test]
    fn an_advisory_is_read() {
        let record = parse(ADVISORY).unwrap();
        assert_eq!((record.id.as_str(), record.summary.as_str()), ("RUSTSEC-2025-0165", "A title"));
        assert_eq!((record.details.as_str(), record.references.len()), ("Text with ```code```.", 2));
        let [affected] = record.affected.as_slice() else { panic!("one package") };
        assert_eq!((affected.name.as_str(), affected.kind), ("tree", Kind::Unsound));
        assert_eq!(affected.functions, ["tree::f"]);
        assert_eq!(
            affected.ranges[0].events,
            [Event::Introduced("0.2.0".to_owned()), Event::Fixed("0.10.0".to_owned())]
        );
    }

    #[test]
    fn what_is_no_advisory_says_why() {
        for (broken, reason) in [
            ("# Title".to_owned(), "does not start"),
            (ADVISORY.replace("\n```\n", "\n"), "has no end"),
            (ADVISORY.replace("# A title", "A title"), "no title"),
            (ADVISORY.replace("id = ", "name = "), "missing field `id`"),
            (ADVISORY.replace(">= 0.10.0", "newest"), "`newest`"),
            (ADVISORY.replace("< 0.2\"", "< 2\""), "overlap"),
        ] {
            let error = parse(&broken).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
    }
}
