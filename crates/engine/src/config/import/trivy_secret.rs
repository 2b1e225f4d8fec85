//! `trivy-secret.yaml`: rules and what they allow.

use portcullis_syntax::Node;

use super::peer::Peer;
use super::plan::Plan;
use super::secrets::{allows_something, pattern, patterns, strings};
use super::values::{severity, whole_texts};
use crate::config::{AllowCondition, AllowTarget, SecretAllow, SecretGroup, SecretRule};

pub(super) fn read(root: Node<'_>, plan: &mut Plan<'_>) {
    for (key, value) in root.entries().filter(|(_, value)| !value.is_null()) {
        match key.text() {
            "rules" => value.items().for_each(|rule| self::rule(rule, plan)),
            "allow-rules" => value.items().for_each(|entry| allow(entry, None, plan)),
            "disable-rules" => {
                for (node, id) in whole_texts(value) {
                    plan.off(Peer::Trivy, id, plan.line(node));
                }
            }
            "exclude-block" => exclude(value, Vec::new(), plan),
            _ => plan.no_equivalent(key),
        }
    }
}

fn rule(rule: Node<'_>, plan: &mut Plan<'_>) {
    let Some(id) = rule.field("id").filter(|id| !id.text().is_empty()) else {
        plan.say(rule, "there is no `id`, and without it the rule has no equivalent".to_owned());
        return;
    };
    let mut own = SecretRule { keywords: strings(rule.field("keywords")), ..SecretRule::default() };
    own.description = rule.field("title").map(|title| title.text().trim().to_owned()).filter(|it| !it.is_empty());
    own.severity = rule.field("severity").and_then(|level| severity(level.text()));
    for (key, slot) in [("regex", &mut own.regex), ("path", &mut own.path)] {
        let Some(node) = rule.field(key) else { continue };
        match pattern(node.text()) {
            Ok(pattern) => *slot = Some(pattern),
            Err(reason) => {
                plan.say(node, format!("`{}` is not imported: {reason}", id.text()));
                return;
            }
        }
    }
    if let (Some(group), Some(regex)) = (rule.field("secret-group-name"), &own.regex) {
        let group = SecretGroup::Name(group.text().to_owned());
        own.group = group.is_in(regex).then_some(group);
    }
    if own.regex.is_none() && own.path.is_none() {
        plan.say(id, format!("`{}` can find nothing and is not imported", id.text()));
        return;
    }
    let own = plan.secret_rule(id.text(), own);
    for (key, value) in rule.entries().filter(|(_, value)| !value.is_null()) {
        match key.text() {
            "id" | "title" | "category" | "severity" | "regex" | "path" | "keywords" | "secret-group-name" => {}
            "allow-rules" => value.items().for_each(|entry| allow(entry, Some(&own), plan)),
            "exclude-block" => exclude(value, vec![own.clone()], plan),
            name => plan.say(key, format!("`{name}` of `{}` has no equivalent", id.text())),
        }
    }
}

fn allow(entry: Node<'_>, of: Option<&String>, plan: &mut Plan<'_>) {
    let mut allow = SecretAllow { rules: of.into_iter().cloned().collect(), ..SecretAllow::default() };
    allow.description =
        entry.field("description").map(|text| text.text().trim().to_owned()).filter(|it| !it.is_empty());
    allow.regexes = entry.field("regex").map(|regex| patterns(regex, plan)).unwrap_or_default();
    allow.paths = entry.field("path").map(|path| patterns(path, plan)).unwrap_or_default();
    if !allow.regexes.is_empty() {
        allow.target = Some(AllowTarget::Match);
    }
    if !allow.regexes.is_empty() && !allow.paths.is_empty() {
        allow.condition = Some(AllowCondition::And);
    }
    if allows_something(entry, &allow) {
        plan.secret_allow(allow);
    }
}

/// Parts of a file that are left out: here the lines that the expressions match.
fn exclude(block: Node<'_>, rules: Vec<String>, plan: &mut Plan<'_>) {
    let regexes = block.field("regexes").map(|regexes| patterns(regexes, plan)).unwrap_or_default();
    let allow = SecretAllow { rules, regexes, target: Some(AllowTarget::Line), ..SecretAllow::default() };
    if allows_something(block, &allow) {
        plan.say(block, "`exclude-block` leaves out lines here, and no blocks of several".to_owned());
        plan.secret_allow(allow);
    }
}
