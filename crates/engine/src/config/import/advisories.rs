//! What tools accept of advisories: `osv-scanner.toml`, cargo-audit's `audit.toml`, cargo-deny's `deny.toml`, `.nsprc` of
//! better-npm-audit and `audit-ci.json`.
//!
//! An advisory is accepted by its id, wherever it holds: what a tool narrows to a package or to the way that leads to it has
//! no equivalent and is not taken over. Days are read as Trivy's: the first on which a finding counts again.

use std::path::Path;
use std::sync::Arc;

use portcullis_core::FileId;
use portcullis_syntax::json::{self, Form};
use portcullis_syntax::{Node, Tree, toml};

use super::plan::{Plan, Terms};
use super::trivyignore::last_day;
use super::values::is_true;
use super::{ImportError, gitleaks};

/// A file of one of these tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tool {
    OsvScanner,
    CargoAudit,
    CargoDeny,
    BetterNpmAudit,
    AuditCi,
}

impl Tool {
    /// By the name that the tool looks for, the leading dot or not.
    pub(super) fn by_name(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        Some(match name.strip_prefix('.').unwrap_or(name) {
            "osv-scanner.toml" => Self::OsvScanner,
            "audit.toml" => Self::CargoAudit,
            "deny.toml" => Self::CargoDeny,
            "nsprc" => Self::BetterNpmAudit,
            "audit-ci.json" | "audit-ci.jsonc" | "audit-ci.json5" => Self::AuditCi,
            _ => return None,
        })
    }

    /// By keys that no other has, for TOML under another name.
    fn by_keys(root: Node<'_>) -> Option<Self> {
        let has = |keys: &[&str]| keys.iter().any(|key| root.get(key).present().is_some());
        if has(&["IgnoredVulns", "PackageOverrides"]) {
            Some(Self::OsvScanner)
        } else if has(&["bans", "licenses", "sources", "graph", "advisories.unmaintained", "advisories.yanked"]) {
            Some(Self::CargoDeny)
        } else if has(&["advisories.informational_warnings", "advisories.severity_threshold", "advisories.ignore"]) {
            Some(Self::CargoAudit)
        } else {
            None
        }
    }
}

/// Whether this is a file of one of these tools, as far as its name tells.
pub(super) fn is_read(path: &Path) -> bool {
    Tool::by_name(path).is_some() || path.extension().is_some_and(|ending| ending == "toml")
}

/// Reads such a file.
pub(super) fn read(path: &Path, text: &str, plan: &mut Plan<'_>) -> Result<(), ImportError> {
    let named = Tool::by_name(path);
    let source = Arc::from(text);
    let tree = match named {
        Some(Tool::BetterNpmAudit | Tool::AuditCi) => json::parse_partial(FileId(0), &source, Form::Commented),
        _ => toml::parse(FileId(0), &source),
    };
    let root = whole(path, &tree, plan)?;
    if let Some(root) = root.filter(|root| named.is_none() && gitleaks::has_keys(*root)) {
        gitleaks::read_root(root, plan);
        return Ok(());
    }
    let tool = named.or_else(|| root.and_then(Tool::by_keys)).ok_or_else(|| ImportError::Unknown(path.to_owned()))?;
    let Some(root) = root.filter(|root| !root.is_null()) else { return Ok(()) };
    if !root.is_map() {
        let line = plan.line(root);
        return Err(ImportError::Invalid { path: path.to_owned(), line, message: "expected a mapping".to_owned() });
    }
    let read: fn(Node<'_>, &mut Plan<'_>) = match tool {
        Tool::OsvScanner => osv_scanner,
        Tool::CargoAudit => cargo_audit,
        Tool::CargoDeny => cargo_deny,
        Tool::BetterNpmAudit => exceptions,
        Tool::AuditCi => audit_ci,
    };
    read(root, plan);
    Ok(())
}

/// The root of a file without faults; `None` where there is nothing in it.
fn whole<'t>(path: &Path, tree: &'t Tree, plan: &Plan<'_>) -> Result<Option<Node<'t>>, ImportError> {
    if let Some(error) = tree.errors().first() {
        let line = plan.line_of(error.span);
        return Err(ImportError::Invalid { path: path.to_owned(), line, message: error.message.clone() });
    }
    Ok(tree.documents().next().map(|document| document.root))
}

fn osv_scanner(root: Node<'_>, plan: &mut Plan<'_>) {
    for (key, value) in root.entries() {
        match key.text() {
            "IgnoredVulns" => {
                for entry in value.items() {
                    accepted(entry, ["id", "reason", "ignoreUntil"], plan);
                }
            }
            "PackageOverrides" => {
                for entry in value.items() {
                    package_override(entry, plan);
                }
            }
            _ => plan.no_equivalent(key),
        }
    }
}

/// Of what is narrowed to packages, only what nothing but development needs can be said.
fn package_override(entry: Node<'_>, plan: &mut Plan<'_>) {
    let names: Vec<&str> = entry.entries().map(|(key, _)| key.text()).filter(|key| *key != "reason").collect();
    let is_ignored = entry.get("ignore").present().is_some_and(is_true)
        || entry.get("vulnerability.ignore").present().is_some_and(is_true);
    let is_development = entry.field("group").is_some_and(|group| group.text() == "dev");
    if is_ignored && is_development && names.iter().all(|name| matches!(*name, "group" | "ignore" | "vulnerability")) {
        plan.leave_out_development();
        return;
    }
    let whose = entry.field("name").map(|name| format!(" of `{}`", name.text())).unwrap_or_default();
    plan.say(entry, format!("the override{whose} has no equivalent: accept the advisories by their ids"));
}

fn cargo_audit(root: Node<'_>, plan: &mut Plan<'_>) {
    for (table, settings) in root.entries() {
        for (key, value) in settings.entries() {
            match (table.text(), key.text()) {
                ("advisories", "ignore") => {
                    for item in value.items() {
                        plan.advisory(item.text(), plan.line(item), &Terms::default());
                    }
                }
                ("advisories", "informational_warnings") => {
                    for kind in KINDS.into_iter().filter(|kind| value.items().all(|item| item.text() != *kind)) {
                        plan.kind_off(kind);
                    }
                }
                ("advisories", "severity_threshold") => {
                    let level = value.text();
                    plan.say(
                        key,
                        format!(
                            "`severity_threshold = \"{level}\"` is `--min-severity {level}` on the command line, which \
                             holds for all findings"
                        ),
                    );
                }
                ("output", "format") => plan.say(key, "`format` is `--format` on the command line".to_owned()),
                // What is not asked for, and what holds anyway.
                ("yanked" | "output" | "target" | "packages" | "database", _) if value.as_bool() == Some(false) => {}
                ("database", _) => plan.say(key, format!("`{}`: databases are made by `portcullis db`", key.text())),
                (table, name) => plan.say(key, format!("`{table}.{name}` has no equivalent")),
            }
        }
    }
}

/// Advisories that are no defects, by their tags.
const KINDS: [&str; 3] = ["unmaintained", "unsound", "notice"];

fn cargo_deny(root: Node<'_>, plan: &mut Plan<'_>) {
    for (table, settings) in root.entries() {
        if table.text() != "advisories" {
            plan.say(table, format!("`{}` has no equivalent and is not imported", table.text()));
            continue;
        }
        for (key, value) in settings.entries() {
            match (key.text(), value.text()) {
                ("ignore", _) => {
                    for item in value.items() {
                        if item.is_map() {
                            accepted(item, ["id", "reason", ""], plan);
                        } else {
                            plan.advisory(item.text(), plan.line(item), &Terms::default());
                        }
                    }
                }
                ("unmaintained", "none" | "allow") => plan.kind_off("unmaintained"),
                ("unsound", "none" | "allow") => plan.kind_off("unsound"),
                ("notice", "none" | "allow") => plan.kind_off("notice"),
                (kind, scope @ ("workspace" | "transitive")) if KINDS.contains(&kind) => {
                    plan.say(
                        key,
                        format!("`{kind} = \"{scope}\"` has no equivalent: here they count for all packages"),
                    );
                }
                // As it is here, or nothing is asked for.
                (kind, "all" | "deny" | "warn") if KINDS.contains(&kind) || kind == "vulnerability" => {}
                ("version", _) | ("yanked", "allow") => {}
                ("db-path" | "db-urls" | "db-url" | "git-fetch-with-cli" | "maximum-db-staleness", _) => {
                    plan.say(key, format!("`{}`: databases are made by `portcullis db`", key.text()));
                }
                (name, _) => plan.say(key, format!("`advisories.{name}` has no equivalent")),
            }
        }
    }
}

/// An entry with an id, a reason and a day, under the names that are given; the day's may be empty.
fn accepted(entry: Node<'_>, [id, reason, until]: [&str; 3], plan: &mut Plan<'_>) {
    let Some(known) = entry.field(id).filter(|id| !id.text().is_empty()) else {
        plan.say(entry, format!("there is no `{id}`, and without it the entry has no equivalent"));
        return;
    };
    if let Some((other, _)) = entry.entries().find(|(key, _)| ![id, reason, until].contains(&key.text())) {
        plan.say(other, format!("`{}` has no equivalent, and neither has the entry with it", other.text()));
        return;
    }
    let Ok(terms) = terms(entry.field(reason), entry.field(until), plan) else { return };
    plan.advisory(known.text(), plan.line(known), &terms);
}

/// A day that is none, which was told.
struct NoDate;

fn terms(reason: Option<Node<'_>>, until: Option<Node<'_>>, plan: &mut Plan<'_>) -> Result<Terms, NoDate> {
    let reason = reason.map(|reason| reason.text().trim()).filter(|reason| !reason.is_empty());
    let mut terms = Terms { reason: reason.map(str::to_owned), ..Terms::default() };
    if let Some(day) = until.filter(|day| !day.is_null() && !day.text().is_empty()) {
        let Some(last) = last_day(day.text()) else {
            plan.say(day, format!("`{}` is no date", day.text()));
            return Err(NoDate);
        };
        terms.expires = Some(last);
    }
    Ok(terms)
}

/// `.nsprc`: ids with a reason, or with a mapping of `active`, `notes` and `expiry`.
fn exceptions(root: Node<'_>, plan: &mut Plan<'_>) {
    for (id, value) in root.entries() {
        exception(id, value, plan);
    }
}

fn exception(id: Node<'_>, value: Node<'_>, plan: &mut Plan<'_>) {
    let found = if value.is_map() {
        if value.field("active").is_some_and(|active| active.as_bool() == Some(false)) {
            return;
        }
        terms(value.field("notes"), value.field("expiry"), plan)
    } else {
        terms(value.as_str().map(|_| value), None, plan)
    };
    if let Ok(terms) = found {
        plan.advisory(id.text(), plan.line(id), &terms);
    }
}

fn audit_ci(root: Node<'_>, plan: &mut Plan<'_>) {
    for (key, value) in root.entries().filter(|(_, value)| !value.is_null()) {
        match key.text() {
            "allowlist" => {
                for item in value.items() {
                    if item.is_map() {
                        exceptions(item, plan);
                    } else {
                        plan.advisory(item.text(), plan.line(item), &Terms::default());
                    }
                }
            }
            "skip-dev" if is_true(value) => plan.leave_out_development(),
            level @ ("low" | "moderate" | "high" | "critical") if is_true(value) => {
                let level = if level == "moderate" { "medium" } else { level };
                plan.say(
                    key,
                    format!(
                        "`{}` is `--fail-on {level}` on the command line, which holds for all findings",
                        key.text()
                    ),
                );
            }
            "$schema" => {}
            _ if value.as_bool() == Some(false) => {}
            _ => plan.no_equivalent(key),
        }
    }
}
