//! `zizmor.yml`.
//!
//! An entry for one line is not taken over: for the whole file it would hide what nobody has looked at.

use portcullis_syntax::Node;

use super::peer::{Family, Peer};
use super::plan::{Plan, Run, Terms};
use super::values::{is_true, whole_texts};

pub(super) fn read(root: Node<'_>, plan: &mut Plan<'_>) {
    plan.runs(Family::Actions, Run::Defaults);
    for (key, value) in root.entries() {
        if key.text() != "rules" {
            plan.no_equivalent(key);
            continue;
        }
        for (id, rule) in value.entries() {
            audit(id, rule, plan);
        }
    }
}

fn audit(id: Node<'_>, rule: Node<'_>, plan: &mut Plan<'_>) {
    let line = plan.line(id);
    if rule.field("disable").is_some_and(is_true) {
        plan.off(Peer::Zizmor, id.text(), line);
        return;
    }
    if plan.named(Peer::Zizmor, id.text(), line).is_empty() {
        return;
    }
    for (key, value) in rule.entries() {
        match key.text() {
            "ignore" => {
                for (node, entry) in whole_texts(value) {
                    ignored(id.text(), node, entry, plan);
                }
            }
            "config" => config(id.text(), value, plan),
            "disable" => {}
            _ => plan.no_equivalent(key),
        }
    }
}

fn ignored(id: &str, node: Node<'_>, entry: &str, plan: &mut Plan<'_>) {
    let line = plan.line(node);
    match entry.split_once(':') {
        None => plan.ignore(Peer::Zizmor, id, line, &Terms { path: Some(entry.to_owned()), ..Terms::default() }),
        Some((file, at)) => {
            let at = at.split(':').next().unwrap_or(at);
            let message = format!("`{id}` in {file} is for line {at} alone: write `# zizmor: ignore[{id}]` there");
            plan.remark(line, message);
        }
    }
}

fn config(id: &str, config: Node<'_>, plan: &mut Plan<'_>) {
    for (key, value) in config.entries() {
        match (id, key.text()) {
            ("unpinned-uses", "policies") => policies(value, plan),
            ("forbidden-uses", list @ ("allow" | "deny")) => {
                let patterns = whole_texts(value).map(|(_, pattern)| pattern.to_owned());
                plan.list("actions-forbidden-uses", list, patterns.collect::<Vec<_>>());
            }
            ("dependabot-cooldown", "days") => match value.as_i64() {
                Some(days) => plan.number("actions-dependabot-cooldown-missing", "days", days),
                None => plan.say(key, format!("`{}` is no number", value.text())),
            },
            _ => plan.say(key, format!("`{}` of `{id}` has no equivalent", key.text())),
        }
    }
}

/// Who may be trusted with tags. A pin to a commit is what is asked for of all others.
fn policies(policies: Node<'_>, plan: &mut Plan<'_>) {
    let mut trusted = Vec::new();
    let trusts_all = policies.field("*").is_some_and(|policy| policy.text() != "hash-pin");
    for (pattern, policy) in policies.entries() {
        let name = pattern.text();
        if policy.text() == "hash-pin" {
            if trusts_all {
                plan.say(pattern, format!("`{name}: hash-pin` has no equivalent beside a `*` that trusts tags"));
            }
            continue;
        }
        if name.matches('/').count() > 1 || name.contains('@') {
            plan.say(pattern, format!("`{name}` has no equivalent: tags are trusted by owner or by repository"));
            continue;
        }
        if policy.text() == "any" {
            plan.say(pattern, format!("`{name}: any` is taken for `ref-pin`"));
        }
        trusted.push(name.to_owned());
    }
    if !trusted.is_empty() {
        plan.list("actions-unpinned-uses", "ref-pin", trusted);
    }
}
