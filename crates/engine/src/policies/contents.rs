//! Texts as policies know them: which parser reads which file, and the documents in it.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use portcullis_core::{FileId, Span, SyntaxError, SyntaxErrorKind};
use portcullis_policy::{Kind, Outline, Value, inputs};
use portcullis_syntax::dockerfile::{self, Dockerfile};
use portcullis_syntax::ini::{self, Section};
use portcullis_syntax::json::Form;
use portcullis_syntax::properties::{self, Property};
use portcullis_syntax::{Dialect, Node, Tree, hcl, json, toml, xml, yaml};

use super::asking::{kind_of, subject};
use crate::classify::Language;

/// What reads a text for policies, by Conftest's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parser {
    /// One list of commands.
    Dockerfile,
    /// Names and values of an environment.
    Dotenv,
    /// HCL of the second version, which Terraform reads.
    Hcl,
    /// Patterns of files to ignore.
    Ignore,
    /// Sections of names and values.
    Ini,
    /// JSON.
    Json,
    /// JSON with comments.
    Jsonc,
    /// Java's properties.
    Properties,
    /// TOML.
    Toml,
    /// XML.
    Xml,
    /// YAML.
    Yaml,
}

/// The names of parsers. What a list of materials in JSON holds is JSON.
const NAMES: &[(&str, Parser)] = &[
    ("dockerfile", Parser::Dockerfile),
    ("dotenv", Parser::Dotenv),
    ("hcl2", Parser::Hcl),
    ("ignore", Parser::Ignore),
    ("ini", Parser::Ini),
    ("json", Parser::Json),
    ("jsonc", Parser::Jsonc),
    ("properties", Parser::Properties),
    ("toml", Parser::Toml),
    ("xml", Parser::Xml),
    ("yaml", Parser::Yaml),
    ("cyclonedx", Parser::Json),
];

/// Parsers of Conftest's that are absent.
const ABSENT: &[&str] = &["cue", "edn", "groovy", "hcl1", "hocon", "jsonnet", "nginx", "spdx", "textproto", "vcl"];

impl FromStr for Parser {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        if let Some((_, parser)) = NAMES.iter().find(|(known, _)| *known == name) {
            return Ok(*parser);
        }
        let names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
        let absent = if ABSENT.contains(&name) { ": Conftest's parser of that name is absent" } else { "" };
        Err(format!("nothing here reads `{name}`{absent}; the parsers are {}", names.join(", ")))
    }
}

impl fmt::Display for Parser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = NAMES.iter().find(|(_, parser)| parser == self).map_or("", |(name, _)| name);
        f.write_str(name)
    }
}

impl Parser {
    /// What reads a file, as far as its language and its name say.
    pub(crate) fn of(language: Language, path: &str) -> Option<Self> {
        match language {
            Language::Yaml11 | Language::Yaml12 | Language::Compose => Some(Self::Yaml),
            Language::Json => Some(Self::Json),
            Language::Dockerfile => Some(Self::Dockerfile),
            Language::Terraform | Language::TerraformVariables if !path.ends_with(".json") => Some(Self::Hcl),
            Language::Terraform
            | Language::TerraformVariables
            | Language::Packages(_)
            | Language::Text
            | Language::Template => Self::of_path(path),
        }
    }

    /// What reads a file by its name.
    pub(crate) fn of_path(path: &str) -> Option<Self> {
        let name = path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
        if name == ".env" || name.starts_with(".env.") {
            return Some(Self::Dotenv);
        }
        match name.rsplit_once('.')?.1 {
            "yaml" | "yml" => Some(Self::Yaml),
            "json" => Some(Self::Json),
            "jsonc" => Some(Self::Jsonc),
            "toml" => Some(Self::Toml),
            "ini" => Some(Self::Ini),
            "env" => Some(Self::Dotenv),
            "hcl" | "tf" | "tfvars" => Some(Self::Hcl),
            "properties" => Some(Self::Properties),
            "xml" => Some(Self::Xml),
            "gitignore" | "dockerignore" => Some(Self::Ignore),
            _ => None,
        }
    }

    /// The kind of its documents, where it has one.
    pub(super) fn kind(self) -> Option<Kind> {
        Some(match self {
            Self::Dockerfile => Kind::Dockerfile,
            Self::Dotenv => Kind::Dotenv,
            Self::Hcl => Kind::Hcl,
            Self::Ignore => Kind::Ignore,
            Self::Ini => Kind::Ini,
            Self::Properties => Kind::Properties,
            Self::Xml => Kind::Xml,
            Self::Toml => Kind::Toml,
            Self::Json | Self::Jsonc | Self::Yaml => return None,
        })
    }
}

/// A text, parsed.
pub(crate) enum Contents<'t> {
    Tree(Box<Tree>),
    Dockerfile(Dockerfile),
    Hcl(hcl::File),
    Dotenv,
    Ignore,
    Ini(Vec<Section<'t>>),
    Properties(Vec<Property>),
    Xml(xml::Document<'t>),
}

impl<'t> Contents<'t> {
    /// Reads a text, and says what in it cannot be read.
    pub(super) fn read(parser: Parser, file: FileId, text: &'t Arc<str>) -> (Self, Option<SyntaxError>) {
        let of_tree = |tree: Tree| {
            let fault = first(tree.errors());
            (Self::Tree(Box::new(tree)), fault)
        };
        match parser {
            Parser::Json => of_tree(json::parse(file, text)),
            Parser::Jsonc => of_tree(json::parse_partial(file, text, Form::Commented)),
            Parser::Toml => of_tree(toml::parse(file, text)),
            Parser::Yaml => of_tree(yaml::parse(file, text, Dialect::Yaml11)),
            Parser::Dockerfile => {
                let parsed = dockerfile::parse(file, text);
                let fault = first(&parsed.errors);
                (Self::Dockerfile(parsed), fault)
            }
            Parser::Hcl => {
                let parsed = hcl::parse(text, file);
                let fault = first(&parsed.errors);
                (Self::Hcl(parsed), fault)
            }
            Parser::Dotenv => (Self::Dotenv, None),
            Parser::Ignore => (Self::Ignore, None),
            Parser::Ini => {
                let (sections, faults) = ini::parse(file, text);
                (Self::Ini(sections), first(&faults))
            }
            Parser::Properties => (Self::Properties(properties::parse(file, text)), None),
            Parser::Xml => {
                let document = xml::parse(file, text);
                let fault = first(document.faults());
                (Self::Xml(document), fault)
            }
        }
    }

    /// Its documents in Conftest's shapes.
    pub(super) fn values(&self, text: &str) -> Vec<Value> {
        match self {
            Self::Tree(tree) => nodes(tree).map(|(_, node)| Value::from_node(node)).collect(),
            _ => self.value(text).into_iter().collect(),
        }
    }

    /// What a text without documents holds.
    pub(super) fn value(&self, text: &str) -> Option<Value> {
        Some(match self {
            Self::Tree(_) => return None,
            Self::Dockerfile(file) => inputs::commands(file),
            Self::Hcl(file) => inputs::hcl(file, text),
            Self::Dotenv => inputs::dotenv(text),
            Self::Ignore => inputs::ignore(text),
            Self::Ini(sections) => inputs::ini(sections),
            Self::Properties(properties) => inputs::properties(properties),
            Self::Xml(document) => inputs::xml(document),
        })
    }

    /// The places of one of its documents, and what tells it from the others.
    pub(super) fn outline<'c>(&'c self, text: &'c str, file: FileId, document: usize) -> (Outline<'c>, u64) {
        let whole = Span::new(file, 0, u32::try_from(text.len()).unwrap_or(u32::MAX));
        let outline = match self {
            Self::Tree(tree) => {
                return match nodes(tree).nth(document) {
                    Some((_, node)) => (Outline::of_node(node), subject(node)),
                    None => (Outline::of_start(file), 0),
                };
            }
            Self::Dockerfile(parsed) => Outline::of_dockerfile(parsed),
            Self::Hcl(parsed) => Outline::of_hcl(parsed),
            Self::Dotenv => Outline::of_dotenv(text, whole),
            Self::Ignore => Outline::of_lines(text, whole),
            Self::Ini(sections) => Outline::of_ini(sections, whole),
            Self::Properties(properties) => Outline::of_properties(properties, whole),
            Self::Xml(document) => Outline::of_xml(document, whole),
        };
        (outline, 0)
    }
}

/// The documents of a tree; each element of one that is a list is a document of its own, as in Conftest.
pub(super) fn nodes(tree: &Tree) -> impl Iterator<Item = (Kind, Node<'_>)> {
    let roots = tree.documents().map(|document| document.root).filter(|root| !root.is_unknown() && !root.is_null());
    roots.flat_map(|root| {
        let kind = kind_of(tree.dialect(), root);
        let items: Vec<Node<'_>> = if root.is_list() { root.items().collect() } else { vec![root] };
        items.into_iter().map(move |node| (kind, node))
    })
}

fn first(errors: &[SyntaxError]) -> Option<SyntaxError> {
    let is_fault =
        |error: &&SyntaxError| !matches!(error.kind, SyntaxErrorKind::Warning | SyntaxErrorKind::DuplicateKey);
    errors.iter().find(is_fault).cloned()
}
