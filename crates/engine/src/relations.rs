//! What the scan as a whole adds to relations across files: where files belong, what could not be read, and which claims
//! hold in the end.

use std::collections::HashSet;
use std::sync::Arc;

use rayon::ThreadPool;
use rayon::prelude::*;

use portcullis_core::{FileId, Files, Finding, Span, shortened};
use portcullis_model::facts::{Claim, Facts, Homes, Mark, Seen, Unread, UnreadKind};

use crate::classify::Language;
use crate::context::ContextFiles;
use crate::discover::{Discovered, Origin};
use crate::kustomize::Kustomizations;
use crate::neighbours::Neighbours;
use crate::piped::UNNAMED;

/// What is deployed together: as the kustomizations say, and what standard input brings from one chart is one release.
pub(crate) fn homes(kustomizations: &Kustomizations, found: &Discovered) -> Homes {
    let mut homes = kustomizations.homes();
    let rendered = found.targets.iter().filter(|(target, _)| target.origin == Origin::Rendered);
    homes.deploy_together(UNNAMED, rendered.map(|(target, _)| target.path.as_str()));
    homes
}

/// How much of a tree the scan sees: all of it only where nothing but directories was named.
pub(crate) fn seen(found: &Discovered, has_stdin: bool) -> Seen {
    let is_part =
        has_stdin || found.has_unknown || found.targets.iter().any(|(target, _)| target.origin != Origin::Found);
    if is_part { Seen::Part } else { Seen::Whole }
}

/// The targets that may hold objects, by their numbers.
pub(crate) fn manifests(found: &Discovered) -> impl Iterator<Item = (usize, &str)> {
    let all = found.targets.iter().enumerate();
    let manifests = all.filter(|(_, (_, language))| matches!(language, Language::Yaml11 | Language::Json));
    manifests.map(|(index, (target, _))| (index, target.path.as_str()))
}

/// What a file that cannot be read may hold.
pub(crate) fn unreadable(language: Language, text: Option<&str>) -> Unread {
    match (language, text) {
        (Language::Yaml11 | Language::Json, Some(text)) if !text.contains('\0') => {
            Unread::of_text(text, UnreadKind::Broken)
        }
        (Language::Yaml11 | Language::Json, _) => Unread::anything(),
        _ => Unread::default(),
    }
}

/// The findings whose claims hold. `manifests` are the targets that may hold objects, `made` says which of some ServiceAccounts
/// something else makes, and `paths` are those of the scan's files and of those beside them.
pub(crate) fn held(
    facts: &Facts,
    mut claims: Vec<(Finding, Claim)>,
    pool: Option<&ThreadPool>,
    manifests: &mut dyn Iterator<Item = &str>,
    made: &dyn Fn(&HashSet<&str>) -> HashSet<String>,
    (paths, context): (&[Arc<str>], &ContextFiles),
) -> impl Iterator<Item = Finding> + use<> {
    let held = claims.iter().filter(|(_, claim)| facts.repeats_beside(claim).is_some() && facts.holds(claim));
    let beside = held.filter_map(|(_, claim)| facts.repeats_beside(claim));
    let neighbours = Neighbours::new(beside, manifests, paths);
    let judge = |(finding, claim): &mut (Finding, Claim)| {
        let is_variant = || facts.repeats_beside(claim).is_some_and(|(first, other)| neighbours.vary(first, other));
        if !facts.holds(claim) || is_variant() {
            return false;
        }
        let other = facts.other_end(claim);
        if let Some(what) = other.what {
            finding.message = shortened(format!("{}: {what}", finding.message).into());
        }
        if let (Some(trace), Some(at)) = (finding.trace.as_deref_mut(), other.at) {
            trace.other = Some(Span::new(at.file(), at.start(), at.start()));
        }
        let elsewhere = other.at.map(Mark::file).filter(|file| *file != finding.location.file());
        let path = |file: FileId| paths.get(file.0 as usize).map(AsRef::as_ref).or_else(|| context.path(file));
        if let Some(path) = elsewhere.and_then(path) {
            finding.message = shortened(format!("{}: in `{path}`", finding.message).into());
        }
        true
    };
    // Findings stay where they are until it is known which of them hold: they are large, and most do.
    let holds: Vec<bool> = match pool {
        Some(pool) => pool.install(|| claims.par_iter_mut().map(judge).collect()),
        None => claims.iter_mut().map(judge).collect(),
    };
    let held = claims.iter().zip(&holds).filter(|(_, holds)| **holds);
    let accounts: HashSet<&str> = held.filter_map(|((_, claim), _)| missing_account(claim)).collect();
    let made = if accounts.is_empty() { HashSet::new() } else { made(&accounts) };
    let is_kept =
        move |claim: &Claim, holds: bool| holds && missing_account(claim).is_none_or(|account| !made.contains(account));
    claims.into_iter().zip(holds).filter_map(move |((finding, claim), holds)| is_kept(&claim, holds).then_some(finding))
}

/// The ServiceAccount that a claim misses.
pub(crate) fn missing_account(claim: &Claim) -> Option<&str> {
    match claim {
        Claim::Missing { kind, name, .. } if kind == "ServiceAccount" => Some(name),
        Claim::MissingBeside { kind: "ServiceAccount", name, .. } => Some(name),
        _ => None,
    }
}

/// Which of the names stand in Terraform files: they make ServiceAccounts along with the roles that these assume.
pub(crate) fn named_in_terraform(names: &HashSet<&str>, found: &Discovered, files: &dyn Files) -> HashSet<String> {
    let mut made = HashSet::new();
    for path in &found.terraform {
        let Ok(bytes) = files.read(path) else { continue };
        let text = String::from_utf8_lossy(&bytes);
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '.');
        made.extend(words.filter(|word| names.contains(*word)).map(str::to_owned));
    }
    made
}
