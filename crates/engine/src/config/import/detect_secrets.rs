//! `.secrets.baseline` of detect-secrets: accepted results, filters, and the settings of its plugins.
//!
//! Results are kept as hashes that nothing here can be compared with: a result is accepted for its whole file.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use portcullis_core::FileId;
use portcullis_syntax::json::{self, Form};
use portcullis_syntax::{Node, Value};

use super::ImportError;
use super::plan::Plan;
use super::secrets::{allows_something, patterns};
use super::values::is_true;
use crate::config::{AllowTarget, SecretAllow};

/// Whether the name is that of such a file.
pub(super) fn is_named(path: &Path) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.ends_with("secrets.baseline"))
}

/// Reads such a file.
pub(super) fn read(path: &Path, text: &str, plan: &mut Plan<'_>) -> Result<(), ImportError> {
    let tree = json::parse_partial(FileId(0), &Arc::from(text), Form::Strict);
    let invalid = |line, message| ImportError::Invalid { path: path.to_owned(), line, message };
    if let Some(error) = tree.errors().first() {
        return Err(invalid(plan.line_of(error.span), error.message.clone()));
    }
    let Some(document) = tree.documents().next() else { return Ok(()) };
    if !document.root.is_map() {
        return Err(invalid(plan.line(document.root), "expected a mapping".to_owned()));
    }
    for (key, value) in document.root.entries() {
        match key.text() {
            "version" | "generated_at" | "custom_plugin_paths" => {}
            "plugins_used" => value.items().for_each(|plugin| self::plugin(plugin, plan)),
            "filters_used" => value.items().for_each(|filter| self::filter(filter, plan)),
            "results" => results(key, value, plan),
            // Before version 1 filters were keys.
            "exclude" => value.entries().for_each(|(key, value)| exclude(key, value, plan)),
            "word_list" if value.entries().all(|(_, value)| value.is_null()) => {}
            _ => plan.no_equivalent(key),
        }
    }
    Ok(())
}

fn plugin(plugin: Node<'_>, plan: &mut Plan<'_>) {
    let name = plugin.field("name").map_or("", Node::text);
    for (key, value) in plugin.entries() {
        let is_set = match value.value() {
            Value::List(_) => value.items().next().is_some(),
            Value::String(text) => !text.is_empty(),
            Value::Null => false,
            _ => true,
        };
        if key.text() != "name" && is_set {
            plan.say(key, format!("`{}` of `{name}` has no equivalent", key.text()));
        }
    }
}

/// A filter by the name of the function that is one.
fn filter(filter: Node<'_>, plan: &mut Plan<'_>) {
    let Some(path) = filter.field("path") else { return };
    let name = path.text();
    let pattern = filter.field("pattern");
    let (module, name) =
        name.strip_prefix("detect_secrets.filters.").and_then(|name| name.split_once('.')).unwrap_or(("", name));
    match (module, name) {
        ("regex", "should_exclude_file") => allow("paths", pattern, plan),
        ("regex", "should_exclude_line") => allow("line", pattern, plan),
        ("regex", "should_exclude_secret") => allow("secret", pattern, plan),
        // What looks like no secret, its words in comments, and the baseline itself.
        ("allowlist" | "heuristic" | "common", _) => {}
        _ => plan.say(path, format!("the filter `{}` has no equivalent", path.text())),
    }
}

fn exclude(key: Node<'_>, value: Node<'_>, plan: &mut Plan<'_>) {
    match key.text() {
        _ if value.is_null() => {}
        "files" => allow("paths", Some(value), plan),
        "lines" => allow("line", Some(value), plan),
        _ => plan.no_equivalent(key),
    }
}

fn allow(what: &str, expressions: Option<Node<'_>>, plan: &mut Plan<'_>) {
    let Some(node) = expressions else { return };
    let expressions = patterns(node, plan);
    let entry = match what {
        "paths" => SecretAllow { paths: expressions, ..SecretAllow::default() },
        "line" => SecretAllow { regexes: expressions, target: Some(AllowTarget::Line), ..SecretAllow::default() },
        _ => SecretAllow { regexes: expressions, ..SecretAllow::default() },
    };
    if allows_something(node, &entry) {
        plan.secret_allow(entry);
    }
}

fn results(key: Node<'_>, results: Node<'_>, plan: &mut Plan<'_>) {
    let mut paths = BTreeSet::new();
    for (path, found) in results.entries() {
        let is_real = |result: &Node<'_>| result.field("is_secret").is_some_and(is_true);
        match found.items().find(is_real) {
            Some(result) => {
                let message = format!("`{}` holds what was audited as a secret, and is not accepted", path.text());
                plan.say(result, message);
            }
            None => _ = paths.insert((path.text().to_owned(), plan.line(path))),
        }
    }
    if !paths.is_empty() {
        plan.say(key, "lines and hashes are not kept: an entry holds for all secrets of its file".to_owned());
    }
    for (path, line) in paths {
        plan.accept_secrets(&path, line);
    }
}
