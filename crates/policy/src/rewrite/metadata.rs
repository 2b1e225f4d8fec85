//! `rego.metadata.rule()` and `rego.metadata.chain()`: what the blocks say that hold for the rule around them, as OPA puts it. The
//! interpreter has no blocks, so the value itself stands in the place of the call.

use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::Edit;
use super::declared::Declared;
use super::outline::Outline;
use crate::annotation::{self, Annotation, Scope};
use crate::declaration::Rule;
use crate::module::Module;
use crate::reference::rule_path;
use crate::value::Value;

/// What the calls in one rule give, as texts of Rego.
#[derive(Default)]
pub(crate) struct Said {
    rule: String,
    chain: String,
}

/// What the rules of each module are told, in the order of the modules and of their outlines' rules; nothing where no module asks.
pub(crate) fn said(texts: &[&str], declared: &[Declared]) -> Vec<Vec<Said>> {
    if texts.iter().all(|text| !text.contains("rego.metadata")) {
        return Vec::new();
    }
    let blocks: Vec<Vec<Annotation>> =
        texts.iter().zip(declared).map(|(text, declared)| blocks(text, declared)).collect();
    let all: Vec<&Annotation> = blocks.iter().flatten().collect();
    let modules = texts.iter().zip(declared.iter().zip(&blocks));
    modules
        .map(|(text, (declared, own))| {
            let rules = declared.rules.iter().map(|rule| match rule {
                Some(rule) if text.contains("rego.metadata") => said_of(&declared.package.components, rule, own, &all),
                _ => Said::default(),
            });
            rules.collect()
        })
        .collect()
}

/// Puts values in the places of calls.
pub(super) fn rewrite(outline: &Outline<'_>, said: &[Said], edits: &mut Vec<Edit>) {
    for (rule, said) in outline.rules.iter().zip(said) {
        for at in rule.clone() {
            let is = |ahead: usize, text: &str| outline.token(at.saturating_add(ahead)) == text;
            let is_call = is(0, "rego") && is(1, ".") && is(2, "metadata") && is(3, ".") && is(5, "(") && is(6, ")");
            let value = match outline.token(at.saturating_add(4)) {
                "rule" if is_call => &said.rule,
                "chain" if is_call => &said.chain,
                _ => continue,
            };
            let (Some(first), Some(last)) = (outline.tokens.get(at), outline.tokens.get(at.saturating_add(6))) else {
                continue;
            };
            let Some(call) = outline.text.get(first.start..last.end).filter(|call| !call.contains('\n')) else {
                continue;
            };
            if value.is_empty() {
                continue;
            }
            // Of what is given a field may be taken, which stands at once behind it.
            edits.push(Edit { start: first.start, end: last.end, text: call.chars().map(|_| ' ').collect() });
            edits.push(Edit { start: last.end, end: last.end, text: value.clone() });
        }
    }
}

/// The blocks of a module. What is wrong with them is said when they are read for reports.
pub(super) fn blocks(text: &str, declared: &Declared) -> Vec<Annotation> {
    annotation::read(&Module::new("", Arc::from(text)), &declared.package, &mut Vec::new())
}

fn said_of(package: &[String], (rule, names): &(Rule, Vec<String>), own: &[Annotation], all: &[&Annotation]) -> Said {
    let is_about = |it: &&Annotation| it.scope == Scope::Rule && it.target == rule.path && it.target_line == rule.line;
    let about: Vec<&Annotation> = own.iter().filter(is_about).collect();
    let mut chain: Vec<Json> =
        about.iter().rev().map(|it| json!({ "path": names, "annotations": block(it) })).collect();
    if chain.is_empty() {
        chain.push(json!({ "path": names }));
    }
    let mut outwards = |scope: Scope, names: &[String]| {
        let path = rule_path(names);
        let found = all.iter().find(|it| it.scope == scope && it.target == path);
        chain.extend(found.map(|it| json!({ "path": names, "annotations": block(it) })));
    };
    outwards(Scope::Document, names);
    outwards(Scope::Package, package);
    for length in (1..=package.len()).rev() {
        outwards(Scope::Subpackages, package.get(..length).unwrap_or_default());
    }
    let rule = about.first().map_or_else(|| json!({}), |it| block(it));
    Said { rule: rule.to_string(), chain: Json::from(chain).to_string() }
}

/// A block as policies see it: what it does not say is not there.
fn block(annotation: &Annotation) -> Json {
    let mut object = Map::new();
    let scope = match annotation.scope {
        Scope::Rule => "rule",
        Scope::Document => "document",
        Scope::Package => "package",
        Scope::Subpackages => "subpackages",
    };
    object.insert("scope".to_owned(), Json::from(scope));
    let mut put = |key: &str, value: Json| {
        let is_nothing = match &value {
            Json::Null => true,
            Json::Bool(value) => !value,
            Json::Array(items) => items.is_empty(),
            _ => false,
        };
        if !is_nothing {
            object.insert(key.to_owned(), value);
        }
    };
    let named = |first: &str, a: &str, second: &str, b: &str| {
        let mut object = Map::new();
        for (key, value) in [(first, a), (second, b)].into_iter().filter(|(_, value)| !value.is_empty()) {
            object.insert(key.to_owned(), Json::from(value));
        }
        Json::from(object)
    };
    let value = |value: &Value| if value.is_undefined() { Json::Null } else { value.to_json() };
    put("title", annotation.title.clone().into());
    put("description", annotation.description.clone().into());
    put("organizations", annotation.organizations.clone().into());
    put("authors", annotation.authors.iter().map(|it| named("name", &it.name, "email", &it.email)).collect());
    let related = annotation.related_resources.iter();
    put("related_resources", related.map(|it| named("ref", &it.reference, "description", &it.description)).collect());
    put("schemas", annotation.schemas.to_json().as_array().into_iter().flatten().flat_map(schemas).collect());
    put("custom", value(&annotation.custom));
    put("entrypoint", annotation.entrypoint.into());
    Json::from(object)
}

/// `input: schema.kubernetes`, or a schema in the place of its name.
fn schemas(entry: &Json) -> Vec<Json> {
    let parts = |text: &str| -> Json {
        let parts = text.split(['.', '[']).map(|part| part.trim_matches(['"', ']']));
        parts.filter(|part| !part.is_empty()).collect()
    };
    let entries = entry.as_object().into_iter().flatten();
    entries
        .map(|(path, schema)| match schema.as_str() {
            Some(name) => json!({ "path": parts(path), "schema": parts(name) }),
            None => json!({ "path": parts(path), "definition": schema }),
        })
        .collect()
}
