//! What the scan as a whole adds to relations across files: where files belong, what could not be read, and which claims
//! hold in the end.

use std::collections::HashSet;
use std::sync::Arc;

use rayon::ThreadPool;
use rayon::prelude::*;

use portcullis_core::{FileId, Files, Finding};
use portcullis_model::facts::{Claim, Facts, Homes, Seen, Unread, UnreadKind, is_kustomization};
use portcullis_syntax::{Dialect, Tree, yaml};

use crate::classify::Language;
use crate::discover::{Discovered, Origin};

/// Reads the kustomizations of the scan, before any other file is judged.
pub(crate) fn homes(found: &Discovered, files: &dyn Files) -> Homes {
    let paths = found.targets.iter().map(|(target, _)| target.path.as_str()).filter(|path| is_kustomization(path));
    let trees: Vec<(&str, Tree)> = paths
        .filter_map(|path| {
            let text: Arc<str> = Arc::from(String::from_utf8(files.read(path).ok()?).ok()?);
            Some((path, yaml::parse(FileId(0), &text, Dialect::Yaml11)))
        })
        .collect();
    Homes::new(trees.iter().filter_map(|(path, tree)| Some((*path, tree.documents().next()?.root))))
}

/// How much of a tree the scan sees: all of it only where nothing but directories was named.
pub(crate) fn seen(found: &Discovered, has_stdin: bool) -> Seen {
    let is_part = has_stdin
        || !found.unknown.is_empty()
        || found.targets.iter().any(|(target, _)| target.origin != Origin::Found);
    if is_part { Seen::Part } else { Seen::Whole }
}

/// What a file that cannot be read may hold.
pub(crate) fn unreadable(language: Language, text: Option<&str>) -> Unread {
    match (language, text) {
        (Language::Yaml11 | Language::Json, Some(text)) if !text.contains('\0') => {
            Unread::of_text(text, UnreadKind::Broken)
        }
        (Language::Yaml11 | Language::Json, _) => Unread::anything(),
        (Language::Yaml12 | Language::Dockerfile | Language::Template, _) => Unread::default(),
    }
}

/// What a template of a Helm chart may hold.
pub(crate) fn chart_template(path: &str, files: &dyn Files) -> Unread {
    let text = files.read(path).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    text.map_or_else(Unread::anything, |text| Unread::of_text(&text, UnreadKind::Template))
}

/// What the files left behind for the claims.
pub(crate) struct Joined {
    pub(crate) facts: Facts,
    pub(crate) claims: Vec<(Finding, Claim)>,
}

impl Joined {
    pub(crate) fn new(facts: Facts) -> Self {
        Self { facts, claims: Vec::new() }
    }

    /// The findings whose claims hold. `paths` are those of the scan's files.
    pub(crate) fn held(
        self,
        pool: Option<&ThreadPool>,
        found: &Discovered,
        files: &dyn Files,
        paths: &[Arc<str>],
    ) -> Vec<Finding> {
        let facts = self.facts;
        let holds = |(_, claim): &(Finding, Claim)| facts.holds(claim);
        let mut held: Vec<(Finding, Claim)> = match pool {
            Some(pool) => pool.install(|| self.claims.into_par_iter().filter(holds).collect()),
            None => self.claims.into_iter().filter(holds).collect(),
        };
        let accounts: HashSet<String> =
            held.iter().filter_map(|(_, claim)| missing_account(claim)).map(str::to_owned).collect();
        if !accounts.is_empty() {
            let made = named_in_terraform(&accounts, found, files);
            held.retain(|(_, claim)| missing_account(claim).is_none_or(|name| !made.contains(name)));
        }
        let name_other_end = |(mut finding, claim): (Finding, Claim)| {
            let other = facts.other_end(&claim).filter(|file| *file != finding.location.file());
            if let Some(path) = other.and_then(|file| paths.get(file.0 as usize)) {
                finding.message = format!("{}: in `{path}`", finding.message).into();
            }
            finding
        };
        held.into_iter().map(name_other_end).collect()
    }
}

fn missing_account(claim: &Claim) -> Option<&str> {
    match claim {
        Claim::Missing { kind, name, .. } if kind == "ServiceAccount" => Some(name),
        _ => None,
    }
}

/// Which of the names stand in Terraform files: they make ServiceAccounts along with the roles that these assume.
fn named_in_terraform(names: &HashSet<String>, found: &Discovered, files: &dyn Files) -> HashSet<String> {
    let mut made = HashSet::new();
    for path in &found.terraform {
        let Ok(bytes) = files.read(path) else { continue };
        let text = String::from_utf8_lossy(&bytes);
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '.');
        made.extend(words.filter(|word| names.contains(*word)).map(str::to_owned));
    }
    made
}
