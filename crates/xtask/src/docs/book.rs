//! The sources of the book: the documents of `docs/`, those of the root that belong to it, and a page for each rule.
//!
//! Pages of rules are not committed: they would be fifteen hundred files that say what the declarations say.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use portcullis_core::{Catalog, RuleMeta};

use super::{DOMAINS, cell, domain, links, page};
use crate::workspace;

/// Documents from elsewhere and where they stand in the book.
const FROM_ROOT: &[(&str, &str)] = &[
    ("ARCHITECTURE.md", "architecture.md"),
    ("CONTRIBUTING.md", "contributing.md"),
    ("CHANGELOG.md", "changelog.md"),
    ("deploy/fleet/README.md", "fleet.md"),
];
/// What mdBook reads beside the pages.
const BESIDE: &[&str] = &["book.toml", "book.css"];
/// Where a link leads to what is no page.
const REPOSITORY: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/");
/// The line of the summary below which the rules stand.
const RULES: &str = "- [Rules](rules.md)\n";

/// Writes `book.toml`, `book.css` and `src/` into a folder, which is made where it is not there.
pub(crate) fn write(folder: &str) -> Result<()> {
    let root = workspace::root()?;
    let folder = std::path::absolute(folder)?;
    let source = folder.join("src");
    if source.exists() {
        std::fs::remove_dir_all(&source).with_context(|| format!("cannot empty {}", source.display()))?;
    }
    let read = |path: &Path| std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()));
    let mut pages: BTreeMap<PathBuf, String> = BTreeMap::new();
    collect(&root.join("docs"), Path::new(""), &mut pages)?;
    let moved: BTreeMap<PathBuf, &str> = FROM_ROOT.iter().map(|(from, to)| (PathBuf::from(from), *to)).collect();
    for (from, to) in FROM_ROOT {
        pages.insert(PathBuf::from(to), format!("<!-- {from} -->\n\n{}", read(&root.join(from))?));
    }
    let known: BTreeSet<PathBuf> = pages.keys().cloned().collect();
    for (path, text) in &mut pages {
        let from = FROM_ROOT.iter().find(|(_, to)| path == Path::new(to)).map(|(from, _)| PathBuf::from(from));
        let from = from.unwrap_or_else(|| Path::new("docs").join(path));
        *text = relinked(text, &from, path, &known, &moved);
    }
    let catalog = portcullis_rules::catalog();
    let summary = pages.get_mut(Path::new("SUMMARY.md")).context("docs/SUMMARY.md is not there")?;
    if !summary.contains(RULES) {
        bail!("docs/SUMMARY.md has no line `{}`", RULES.trim_end());
    }
    *summary = summary.replace(RULES, &format!("{RULES}{}", contents(&catalog)));
    pages.extend(of_rules(&catalog));
    let broken = links::among(&pages, &|_| false);
    if !broken.is_empty() {
        bail!("links of the book that lead nowhere:\n  {}", broken.join("\n  "));
    }
    for (path, text) in &pages {
        let path = source.join(path);
        std::fs::create_dir_all(path.parent().expect("a file is in a folder"))?;
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    for name in BESIDE {
        std::fs::copy(root.join("docs").join(name), folder.join(name))
            .with_context(|| format!("cannot copy docs/{name}"))?;
    }
    println!("wrote {} pages", pages.len());
    Ok(())
}

/// The Markdown below a folder.
fn collect(folder: &Path, below: &Path, pages: &mut BTreeMap<PathBuf, String>) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let entry = entry?;
        let (path, below) = (entry.path(), below.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            // The depth is that of our own folder.
            collect(&path, &below, pages)?;
        } else if path.extension().is_some_and(|extension| extension == "md") {
            pages.insert(below, std::fs::read_to_string(&path)?);
        }
    }
    Ok(())
}

/// Links as the book needs them: to pages where the book has them, otherwise to the repository.
fn relinked(text: &str, from: &Path, to: &Path, known: &BTreeSet<PathBuf>, moved: &BTreeMap<PathBuf, &str>) -> String {
    links::rewritten(text, |link| {
        let (target, anchor) = link.split_at(link.find('#').unwrap_or(link.len()));
        if target.is_empty() {
            return None;
        }
        let place = links::joined(from, target);
        let page = place.strip_prefix("docs").ok().map(Path::to_path_buf).filter(|page| known.contains(page));
        let page = page.or_else(|| moved.get(&place).map(PathBuf::from));
        match page {
            Some(page) => {
                let up = "../".repeat(to.components().count().saturating_sub(1));
                Some(format!("{up}{}{anchor}", page.display()))
            }
            // A page that is not there is a broken link, not a file of the repository.
            None if place.starts_with("docs") => None,
            None => Some(format!("{REPOSITORY}{}{anchor}", place.display())),
        }
    })
}

/// The rules in the summary, below their domains.
fn contents(catalog: &Catalog) -> String {
    let mut text = String::new();
    for (name, title, rules) in domains(catalog) {
        let _ = writeln!(text, "  - [{title}](rules/{name}.md)");
        for rule in rules {
            let _ = writeln!(text, "    - [{0}](rules/{0}.md)", rule.id);
        }
    }
    text
}

/// The index, a page for each domain and one for each rule.
fn of_rules(catalog: &Catalog) -> BTreeMap<PathBuf, String> {
    let mut pages = BTreeMap::new();
    let mut index = format!(
        "# Rules\n\n{} rules, each with its reasons, its examples, which are its tests, and the ids that other tools have for it. \
         `portcullis explain ID` shows the same in the terminal.\n\n| domain | rules | in the profile recommended |\n|---|---|---|\n",
        catalog.len()
    );
    for (name, title, rules) in domains(catalog) {
        let recommended = rules.iter().filter(|rule| rule.profile.name() == "recommended").count();
        let _ = writeln!(index, "| [{title}](rules/{name}.md) | {} | {recommended} |", rules.len());
        let mut page = format!("# {title}\n\n| id | severity | profile | what it finds |\n|---|---|---|---|\n");
        for rule in rules {
            let (id, title) = (&rule.id, cell(rule.title()));
            let _ = writeln!(page, "| [`{id}`]({id}.md) | {} | {} | {title} |", rule.severity, rule.profile);
            pages.insert(PathBuf::from(format!("rules/{id}.md")), page::of_rule(rule));
        }
        pages.insert(PathBuf::from(format!("rules/{name}.md")), page);
    }
    pages.insert(PathBuf::from("rules.md"), index);
    pages
}

/// The domains with their rules: the page's name, the title, the rules in order of their ids.
fn domains(catalog: &Catalog) -> Vec<(String, &'static str, Vec<&RuleMeta>)> {
    let of = |&(prefix, title): &(&'static str, &'static str)| {
        let rules = catalog.iter().map(|(_, rule)| rule).filter(|rule| domain(&rule.id) == prefix).collect();
        (title.to_lowercase().replace(' ', "-"), title, rules)
    };
    DOMAINS.iter().map(of).collect()
}
