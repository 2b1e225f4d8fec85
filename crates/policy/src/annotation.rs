//! What a policy says about itself in comments: `# METADATA`, then YAML, then what it is about.
//!
//! A block that is no YAML is a fault, as it is to OPA; a key that means nothing is left alone.

use std::sync::Arc;

use portcullis_core::FileId;
use portcullis_syntax::{Dialect, Node, yaml};

use crate::declaration::Package;
use crate::module::{Fault, Module};
use crate::value::Value;

/// One block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation {
    /// The module that it stands in.
    pub module: String,
    /// The line of `# METADATA`, from 1.
    pub line: u32,
    /// The line of the clause or rule that it is about.
    pub target_line: u32,
    /// The path of that: `data.main` or `data.main.deny`.
    pub target: String,
    /// How far it holds.
    pub scope: Scope,
    /// `title`.
    pub title: Option<String>,
    /// `description`.
    pub description: Option<String>,
    /// `authors`.
    pub authors: Vec<Person>,
    /// `organizations`.
    pub organizations: Vec<String>,
    /// `related_resources`.
    pub related_resources: Vec<RelatedResource>,
    /// `schemas`, as they stand: a list of objects.
    pub schemas: Value,
    /// `entrypoint`.
    pub entrypoint: bool,
    /// `custom`; undefined where there is none.
    pub custom: Value,
}

/// How far an annotation holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The one definition below it.
    Rule,
    /// All definitions of that rule.
    Document,
    /// The package.
    Package,
    /// The package and those below it.
    Subpackages,
}

/// An author.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// `name`.
    pub name: String,
    /// `email`.
    pub email: String,
}

/// A page that says more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RelatedResource {
    /// `ref`.
    pub reference: String,
    /// `description`.
    pub description: String,
}

/// The blocks of a module, in order.
pub(crate) fn read(module: &Module, package: &Package, faults: &mut Vec<Fault>) -> Vec<Annotation> {
    if !module.text.contains("METADATA") {
        return Vec::new();
    }
    let mut annotations = Vec::new();
    let mut lines = module.text.lines().enumerate().map(|(index, line)| (number(index), line)).peekable();
    while let Some((start, line)) = lines.next() {
        if comment(line).map(str::trim) != Some("METADATA") {
            continue;
        }
        let mut text = String::new();
        let mut last = start;
        while let Some((line_number, comment)) =
            lines.peek().and_then(|&(line_number, line)| Some((line_number, comment(line)?)))
        {
            text.push_str(comment);
            text.push('\n');
            last = line_number;
            lines.next();
        }
        let tree = yaml::parse(FileId::default(), &Arc::from(text), Dialect::Yaml12);
        let root = tree.documents().next().map(|document| document.root).filter(|root| root.is_map());
        let Some(root) = root.filter(|_| tree.errors().is_empty()) else {
            faults.push(Fault::new(&module.path, start, 1, "the METADATA block is no YAML mapping"));
            continue;
        };
        let (target, target_line, implied) = target(package, last);
        annotations.push(annotation(root, module, start, (target, target_line), implied));
    }
    annotations
}

fn annotation(root: Node<'_>, module: &Module, line: u32, target: (String, u32), implied: Scope) -> Annotation {
    let text = |key: &str| root.field(key).map(|node| node.text().trim_end().to_owned());
    let list = |key: &'static str| root.field(key).into_iter().flat_map(Node::items);
    let value = |key: &str| root.field(key).map_or(Value::UNDEFINED, Value::from_node);
    let entrypoint = root.field("entrypoint").and_then(Node::as_bool) == Some(true);
    let implied = if entrypoint && implied == Scope::Rule { Scope::Document } else { implied };
    let scope = match root.field("scope").map(Node::text) {
        Some("rule") => Scope::Rule,
        Some("document") => Scope::Document,
        Some("package") => Scope::Package,
        Some("subpackages") => Scope::Subpackages,
        _ => implied,
    };
    let (target, target_line) = target;
    Annotation {
        module: module.path.to_string(),
        line,
        target_line,
        target,
        scope,
        title: text("title"),
        description: text("description"),
        authors: list("authors").map(person).collect(),
        organizations: list("organizations").map(|node| node.text().to_owned()).collect(),
        related_resources: list("related_resources").map(related).collect(),
        schemas: value("schemas"),
        entrypoint,
        custom: value("custom"),
    }
}

/// The first clause or rule below a line; a block that nothing follows is about the package.
fn target(package: &Package, line: u32) -> (String, u32, Scope) {
    let rule = package.rules.iter().find(|rule| rule.line > line);
    match rule {
        Some(rule) if package.line <= line => (rule.path.clone(), rule.line, Scope::Rule),
        _ => (package.path.clone(), package.line, Scope::Package),
    }
}

/// `Jo Doe <jo@example.com>`, or an object.
fn person(node: Node<'_>) -> Person {
    if node.is_map() {
        let text = |key| node.field(key).map(|node| node.text().to_owned()).unwrap_or_default();
        return Person { name: text("name"), email: text("email") };
    }
    let text = node.text().trim();
    match text.strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
        Some((name, email)) => Person { name: name.trim().to_owned(), email: email.trim().to_owned() },
        None => Person { name: text.to_owned(), email: String::new() },
    }
}

/// An address, or an object with a description.
fn related(node: Node<'_>) -> RelatedResource {
    let text = |key| node.field(key).map(|node| node.text().to_owned()).unwrap_or_default();
    if node.is_map() {
        RelatedResource { reference: text("ref"), description: text("description") }
    } else {
        RelatedResource { reference: node.text().to_owned(), description: String::new() }
    }
}

/// The text of a line that is nothing but a comment at the margin of its block, without `# `.
fn comment(line: &str) -> Option<&str> {
    let comment = line.trim_start().strip_prefix('#')?;
    Some(comment.strip_prefix(' ').unwrap_or(comment))
}

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1)
}
