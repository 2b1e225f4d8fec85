//! RustSec's advisories: Markdown with TOML in front.
//!
//! The front matter is brought into OSV's terms as RustSec's own exporter does it. The description is kept as it is.

use std::sync::Arc;

use portcullis_core::FileId;
use portcullis_syntax::{Node, toml};
use semver::VersionReq;

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
    let tree = toml::parse(FileId(0), &Arc::from(front));
    if let Some(error) = tree.errors().first() {
        return Err(error.message.clone());
    }
    let root = tree.documents().next().map(|document| document.root).ok_or("the front matter is empty")?;
    record(root, title.trim(), description.trim())
}

fn record(front: Node<'_>, title: &str, description: &str) -> Result<Record, String> {
    let advisory = front.field("advisory").ok_or("there is no [advisory]")?;
    let text = |key: &str| advisory.field(key).and_then(Node::as_str).filter(|text| !text.is_empty());
    let needed = |key: &str| text(key).ok_or_else(|| format!("the advisory has no `{key}`"));
    let versions = front.field("versions");
    let mut safe = Vec::new();
    for requirement in ["unaffected", "patched"].into_iter().flat_map(|key| texts(versions, key)) {
        let parsed = VersionReq::parse(&requirement).map_err(|error| format!("`{requirement}`: {error}"))?;
        safe.push(parsed);
    }
    let urls = text("url").map(str::to_owned).into_iter().chain(texts(Some(advisory), "references"));
    let published = Timestamp::parse(needed("date")?);
    // Which versions of a function are affected is said as well; it is that of the advisory in all but a few.
    let functions = front.field("affected").and_then(|affected| affected.field("functions"));
    let mut functions: Vec<String> =
        functions.into_iter().flat_map(Node::entries).map(|(path, _)| path.text().to_owned()).collect();
    functions.sort_unstable();
    Ok(Record {
        id: needed("id")?.to_owned(),
        aliases: texts(Some(advisory), "aliases"),
        upstream: Vec::new(),
        related: texts(Some(advisory), "related"),
        withdrawn: text("withdrawn").map(|date| Timestamp::parse(date).unwrap_or_default()),
        published,
        modified: published,
        summary: title.to_owned(),
        details: description.to_owned(),
        vectors: text("cvss").map(str::to_owned).into_iter().collect(),
        word: None,
        affected: vec![Affected {
            ecosystem: ECOSYSTEM.to_owned(),
            name: needed("package")?.to_owned(),
            ranges: vec![Range { order: Order::Versions, events: patched::events(&safe)? }],
            kind: text("informational").map_or(Kind::Vulnerability, Kind::of_informational),
            functions,
            ..Affected::default()
        }],
        references: urls.map(|url| Reference { kind: "WEB".to_owned(), url }).collect(),
    })
}

/// The texts of a list; none where there is no such list.
fn texts(table: Option<Node<'_>>, key: &str) -> Vec<String> {
    let list = table.and_then(|table| table.field(key));
    list.into_iter().flat_map(Node::items).filter_map(Node::as_str).map(str::to_owned).collect()
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
            (ADVISORY.replace("id = ", "name = "), "has no `id`"),
            (ADVISORY.replace("[advisory]", "[advisory"), "table"),
            (ADVISORY.replace(">= 0.10.0", "newest"), "`newest`"),
            (ADVISORY.replace("< 0.2\"", "< 2\""), "overlap"),
        ] {
            let error = parse(&broken).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
    }
}
