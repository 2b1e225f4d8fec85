//! `.gitleaks.toml`: rules, allowlists and what is left of the rules that it extends.
//!
//! Expressions are read as Go reads them. `gitleaks:allow` in a line is obeyed without any configuration.

use std::path::Path;
use std::sync::Arc;

use portcullis_core::FileId;
use portcullis_syntax::{Node, toml};

use super::ImportError;
use super::peer::Peer;
use super::plan::Plan;
use super::secrets::{allows_something, number, pattern, patterns, strings};
use crate::config::{AllowCondition, AllowTarget, SecretAllow, SecretGroup, SecretRule};

/// Whether the name is that of such a file.
pub(super) fn is_named(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.contains("gitleaks") && name.ends_with(".toml")
}

/// Whether the keys are those of such a file.
pub(super) fn has_keys(root: Node<'_>) -> bool {
    let is_rule = |rule: Node<'_>| rule.field("id").is_some() && rule.is_map();
    root.field("rules").is_some_and(|rules| rules.is_list() && rules.items().any(is_rule))
        || ["allowlist", "allowlists", "extend"].iter().any(|key| root.field(key).is_some())
}

/// Reads such a file.
pub(super) fn read(path: &Path, text: &str, plan: &mut Plan<'_>) -> Result<(), ImportError> {
    let tree = toml::parse(FileId(0), &Arc::from(text));
    if let Some(error) = tree.errors().first() {
        let line = plan.line_of(error.span);
        return Err(ImportError::Invalid { path: path.to_owned(), line, message: error.message.clone() });
    }
    if let Some(document) = tree.documents().next() {
        read_root(document.root, plan);
    }
    Ok(())
}

/// Reads its root.
pub(super) fn read_root(root: Node<'_>, plan: &mut Plan<'_>) {
    let own: Vec<Node<'_>> = root.field("rules").into_iter().flat_map(Node::items).collect();
    let extends = root.get("extend.useDefault").present().and_then(Node::as_bool) == Some(true);
    if let Some(first) = own.first().filter(|_| !extends) {
        let message = "gitleaks looks for the rules of this file alone; the rules of portcullis stay on beside them";
        plan.say(*first, message.to_owned());
    }
    // Allowlists may name rules that stand below them.
    for rule in own {
        self::rule(rule, plan);
    }
    for (key, value) in root.entries() {
        match key.text() {
            "rules" | "title" | "description" | "minVersion" => {}
            "allowlist" => allowlist(value, None, plan),
            "allowlists" => value.items().for_each(|entry| allowlist(entry, None, plan)),
            "extend" => extend(value, plan),
            _ => plan.no_equivalent(key),
        }
    }
}

fn extend(extend: Node<'_>, plan: &mut Plan<'_>) {
    for (key, value) in extend.entries() {
        match key.text() {
            "useDefault" => {}
            "disabledRules" => {
                for item in value.items() {
                    plan.off(Peer::Gitleaks, item.text(), plan.line(item));
                }
            }
            "path" => plan.say(key, format!("import `{}` as well", value.text())),
            _ => plan.say(key, format!("`extend.{}` has no equivalent", key.text())),
        }
    }
}

fn rule(rule: Node<'_>, plan: &mut Plan<'_>) {
    let Some(id) = rule.field("id").filter(|id| !id.text().is_empty()) else {
        plan.say(rule, "there is no `id`, and without it the rule has no equivalent".to_owned());
        return;
    };
    if rule.field("regex").is_some() || rule.field("path").is_some() {
        if !own_rule(id, rule, plan) {
            return;
        }
    } else if plan.own_secret(id.text()).is_none() && plan.named(Peer::Gitleaks, id.text(), plan.line(id)).is_empty() {
        return;
    }
    for (key, value) in rule.entries() {
        match key.text() {
            "allowlist" => allowlist(value, Some(id.text()), plan),
            "allowlists" => value.items().for_each(|entry| allowlist(entry, Some(id.text()), plan)),
            "id" | "description" | "regex" | "path" | "secretGroup" | "entropy" | "keywords" => {}
            "tags" if value.items().next().is_none() => {}
            name => plan.say(key, format!("`{name}` of `{}` has no equivalent", id.text())),
        }
    }
}

/// Adds a rule, or says why it cannot be.
fn own_rule(id: Node<'_>, rule: Node<'_>, plan: &mut Plan<'_>) -> bool {
    let mut own = SecretRule { keywords: strings(rule.field("keywords")), ..SecretRule::default() };
    own.description = rule.field("description").map(|text| text.text().trim().to_owned()).filter(|it| !it.is_empty());
    for (key, slot) in [("regex", &mut own.regex), ("path", &mut own.path)] {
        let Some(node) = rule.field(key) else { continue };
        match pattern(node.text()) {
            Ok(pattern) => *slot = Some(pattern),
            Err(reason) => {
                plan.say(node, format!("`{}` is not imported: {reason}", id.text()));
                return false;
            }
        }
    }
    if let Some(entropy) = rule.field("entropy") {
        match number(entropy) {
            Some(entropy) => own.entropy = Some(entropy).filter(|entropy| entropy.bits() > 0.0),
            None => plan.say(entropy, format!("`{}` is no entropy", entropy.text())),
        }
    }
    let group = rule.field("secretGroup").and_then(Node::as_i64).and_then(|group| usize::try_from(group).ok());
    if let (Some(group), Some(regex)) = (group.filter(|group| *group > 0), &own.regex) {
        let group = SecretGroup::Number(group);
        if group.is_in(regex) {
            own.group = Some(group);
        } else {
            plan.say(rule, format!("the expression of `{}` has no group `{group}`", id.text()));
        }
    }
    plan.secret_rule(id.text(), own);
    true
}

/// An allowlist, of one rule or of those that it names.
fn allowlist(entry: Node<'_>, of: Option<&str>, plan: &mut Plan<'_>) {
    let mut allow = SecretAllow::default();
    let mut named: Vec<&str> = of.into_iter().collect();
    for (key, value) in entry.entries() {
        match key.text() {
            "description" => allow.description = Some(value.text().trim().to_owned()).filter(|text| !text.is_empty()),
            "regexes" => allow.regexes = patterns(value, plan),
            "paths" => allow.paths = patterns(value, plan),
            "stopwords" => allow.stopwords = strings(Some(value)),
            "commits" => {
                for commit in value.items() {
                    let is_commit =
                        |text: &str| (7..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit());
                    if is_commit(commit.text()) {
                        allow.commits.push(commit.text().to_owned());
                    } else {
                        plan.say(commit, format!("`{}` is no commit of at least seven digits", commit.text()));
                    }
                }
            }
            "regexTarget" => {
                allow.target = value.text().parse::<AllowTarget>().ok().filter(|target| *target != AllowTarget::Secret);
            }
            "condition" => {
                let is_and = matches!(value.text().to_ascii_lowercase().as_str(), "and" | "&&");
                allow.condition = is_and.then_some(AllowCondition::And);
            }
            "targetRules" => named.extend(value.items().map(Node::text)),
            name => plan.say(key, format!("`{name}` of an allowlist has no equivalent")),
        }
    }
    if !allows_something(entry, &allow) {
        return;
    }
    let is_narrow = !named.is_empty();
    for id in named {
        match plan.own_secret(id) {
            Some(own) => allow.rules.push(own),
            None => allow.rules.extend(plan.named_ids(Peer::Gitleaks, id, plan.line(entry))),
        }
    }
    // Without the rules that it was for it would hold for all.
    if is_narrow && allow.rules.is_empty() {
        return;
    }
    allow.rules.dedup();
    plan.secret_allow(allow);
}
