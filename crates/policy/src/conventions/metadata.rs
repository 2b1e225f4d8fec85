//! What a policy says about itself: annotations of its package and of a rule, and `__rego_metadata__`.

use std::fmt::Write as _;

use portcullis_core::{RuleMeta, Severity};

use super::selector::{Placed, Selector, Type};
use super::{Named, named};
use crate::annotation::{Annotation, Scope};
use crate::declaration::{Package, Rule};
use crate::library::Library;
use crate::rewrite::{whole, without_marks};
use crate::value::Value;
use crate::worker::Worker;

/// What is said of a package, and of one rule in it.
#[derive(Clone)]
pub(super) struct Metadata<'l> {
    package: Option<&'l Annotation>,
    rule: Option<&'l Annotation>,
    /// What holds for all definitions of the rule.
    document: Option<&'l Annotation>,
    /// Whether it is one definition of several.
    part: bool,
    /// `__rego_metadata__`; undefined where there is none.
    old: Value,
    /// `__rego_input__`.
    old_input: Value,
    trivy: bool,
    /// Whether the package has one rule that is named as a check: then it is what the package's id is about.
    alone: bool,
}

/// Packages that Trivy keeps for checks of users, and its own.
const TRIVYS: &[&str] = &["user", "custom", "builtin"];

/// Whether what a package says about itself has to be evaluated.
pub(super) fn is_computed(package: &Package) -> bool {
    [METADATA, INPUT].iter().any(|name| package.declares(name))
}

const METADATA: &str = "__rego_metadata__";
const INPUT: &str = "__rego_input__";
/// What the packages of packs begin with.
const PACKS: [&str; 2] = ["portcullis", "packs"];

impl<'l> Metadata<'l> {
    pub(super) fn of_package(library: &'l Library, package: &Package, worker: &mut Worker) -> Self {
        let is_of = |it: &&Annotation| it.module == package.module || it.scope == Scope::Subpackages;
        let holds = |it: &&Annotation| match it.scope {
            Scope::Package => it.target == package.path,
            Scope::Subpackages => {
                it.target == package.path || package.path.strip_prefix(&it.target).is_some_and(|it| it.starts_with('.'))
            }
            Scope::Rule | Scope::Document => false,
        };
        let annotations = library.annotations().iter();
        let nearest = annotations.filter(is_of).filter(holds).max_by_key(|it| it.target.len());
        let mut value = |name: &str| {
            let path = format!("{}.{name}", package.path);
            let is_declared = package.declares(name);
            is_declared.then(|| worker.rule(&path, &Value::UNDEFINED).ok()).flatten().unwrap_or(Value::UNDEFINED)
        };
        let (old, old_input) = (value(METADATA), value(INPUT));
        let says_input = nearest.is_some_and(|it| it.custom.get("input").is_some() || !schemas(it).is_empty());
        // Packs say what they are about as Trivy's checks do, and read documents as they are.
        let is_pack = package.components.starts_with(&PACKS.map(str::to_owned));
        let is_trivys = package.components.first().is_some_and(|first| TRIVYS.contains(&first.as_str()));
        let mut names: Vec<&str> =
            package.rules.iter().map(|rule| whole(&rule.name)).filter(|it| named(it).is_some()).collect();
        names.dedup();
        Self {
            package: nearest,
            rule: None,
            document: None,
            part: false,
            trivy: !is_pack && (is_trivys || says_input || !old.is_undefined() || !old_input.is_undefined()),
            alone: names.len() == 1,
            old,
            old_input,
        }
    }

    /// The same with what is said of a rule, or of one definition of it that stands apart. Where its definitions say different
    /// things all the same, none of them is the rule's.
    pub(super) fn of_rule(&self, library: &'l Library, rule: &Rule) -> Self {
        let path = without_marks(&rule.path);
        let mut about = library.annotations().iter().filter(|it| it.scope == Scope::Rule && it.target == rule.path);
        let first = about.next();
        let rest: Vec<&Annotation> = about.collect();
        let same = first.filter(|first| rest.iter().all(|it| it.title == first.title && it.custom == first.custom));
        let mut whole = library.annotations().iter().filter(|it| it.scope == Scope::Document);
        let document = whole.find(|it| without_marks(&it.target) == path);
        Self { rule: same, document, part: path != rule.path, ..self.clone() }
    }

    /// Whether it is a check of Trivy's.
    pub(super) fn is_trivy(&self) -> bool {
        self.trivy
    }

    pub(super) fn is_entrypoint(&self) -> bool {
        self.rule.into_iter().chain(self.document).any(|it| it.entrypoint)
    }

    /// What it is asked about, or what is wrong with what it says.
    pub(super) fn selector(&self) -> Result<Selector, String> {
        let mut types: Vec<Type> = Vec::new();
        let mut objects = Vec::new();
        let inputs = [self.custom("input").unwrap_or(Value::UNDEFINED), self.old_input.clone()];
        for input in &inputs {
            if input.get("combine").and_then(|it| it.as_bool()) == Some(true) {
                return Err("it asks for all inputs at once (`combine`), which is not supported for such checks".into());
            }
            for selector in input.get("selector").iter().flat_map(Value::items) {
                let Some(name) = selector.get("type") else { continue };
                types.push(Type::read(name.as_str().unwrap_or_default())?);
                for subtype in selector.get("subtypes").iter().flat_map(Value::items) {
                    let kind = subtype.get("kind").and_then(|kind| kind.as_str().map(str::to_ascii_lowercase));
                    objects.extend(kind);
                }
            }
        }
        if types.is_empty() {
            for name in self.each().flat_map(schemas) {
                types.push(Type::read(&name)?);
            }
        }
        types.dedup();
        let placed = if self.trivy { Placed::Yes } else { Placed::No };
        Ok(Selector { types, objects, placed })
    }

    /// The annotations, the nearest first.
    fn each(&self) -> impl Iterator<Item = &'l Annotation> {
        self.rule.into_iter().chain(self.document).chain(self.package)
    }

    fn custom(&self, key: &str) -> Option<Value> {
        self.each().find_map(|it| it.custom.get(key))
    }

    fn custom_text(&self, key: &str) -> Option<String> {
        text(self.custom(key)).or_else(|| text(self.old.get(key)))
    }

    /// The id that the policy gives itself. A package's own is no name for one of several rules.
    fn id(&self) -> Option<String> {
        let of_rule = self.rule.into_iter().chain(self.document).find_map(|it| ids(&it.custom));
        let of_package = || self.package.and_then(|it| ids(&it.custom)).or_else(|| ids(&self.old));
        of_rule.or_else(|| if self.alone { of_package() } else { None })
    }

    pub(super) fn help(&self) -> Option<String> {
        ["recommended_action", "recommended_actions", "remediation"].into_iter().find_map(|key| self.custom_text(key))
    }

    pub(super) fn rule_meta(&self, namespace: &str, rule: &str) -> RuleMeta {
        let severity = self.custom_text("severity").and_then(|word| severity(&word));
        let named = match named(rule) {
            Some(Named::Warn) => Severity::Info,
            _ if self.trivy => Severity::Medium,
            _ => Severity::High,
        };
        RuleMeta {
            id: self.id().unwrap_or_else(|| self.name(namespace, rule)).into(),
            severity: severity.unwrap_or(named),
            tags: std::iter::once("policy".to_owned()).chain(self.tags()).collect(),
            docs: self.docs(namespace, rule).into(),
            ..RuleMeta::DEFAULT
        }
    }

    /// What a rule is called that gives itself no id. Definitions that say different things are told apart by their titles.
    fn name(&self, namespace: &str, rule: &str) -> String {
        let title = self.rule.filter(|_| self.part).and_then(|it| it.title.as_deref()).unwrap_or_default();
        let words = title.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
        let words = words.map(str::to_lowercase).collect::<Vec<_>>().join("-");
        if words.is_empty() {
            format!("policy/{namespace}/{rule}")
        } else {
            format!("policy/{namespace}/{rule}/{words}")
        }
    }

    /// `custom.tags`, a list of words. Those with blanks or commas no selector could name.
    fn tags(&self) -> Vec<String> {
        let listed = self.custom("tags").into_iter().flat_map(|tags| tags.items().collect::<Vec<_>>());
        let is_word = |tag: &String| !tag.contains(|letter: char| letter.is_whitespace() || letter == ',');
        let mut tags: Vec<String> = listed.filter_map(|tag| text(Some(tag))).filter(is_word).collect();
        tags.retain(|tag| tag != "policy");
        tags
    }

    fn docs(&self, namespace: &str, rule: &str) -> String {
        let title = self.each().find_map(|it| it.title.clone()).or_else(|| text(self.old.get("title")));
        let title = title.map(|title| title.split_whitespace().collect::<Vec<_>>().join(" "));
        let mut docs = title.unwrap_or_else(|| format!("The policy `{namespace}` has findings by its rule `{rule}`"));
        let description =
            self.each().find_map(|it| it.description.clone()).or_else(|| text(self.old.get("description")));
        // Writing to a string cannot fail.
        if let Some(description) = description {
            _ = write!(docs, "\n\n{}", description.trim());
        }
        if let Some(help) = self.help() {
            _ = write!(docs, "\n\n{}", help.trim());
        }
        let links = self.each().flat_map(|it| &it.related_resources).map(|it| it.reference.clone());
        let mut links: Vec<String> = links.chain(text(self.old.get("url"))).filter(|it| !it.is_empty()).collect();
        links.dedup();
        for (at, link) in links.iter().enumerate() {
            _ = write!(docs, "{}<{link}>", if at == 0 { "\n\n" } else { "\n" });
        }
        docs.push('\n');
        docs
    }
}

/// `schema["kubernetes"]` of the entries for `input`.
fn schemas(annotation: &Annotation) -> Vec<String> {
    let inputs = annotation.schemas.items().filter_map(|entry| text(entry.get("input")));
    let names = inputs.filter_map(|it| {
        let name = it.strip_prefix("schema[")?.strip_suffix(']')?.trim_matches('"').to_owned();
        // Other names are schemas of the policy's own.
        Type::is_name(&name).then_some(name)
    });
    names.collect()
}

/// An id that a selector and a comment can name.
fn ids(from: &Value) -> Option<String> {
    let is_plain = |id: &String| {
        !id.is_empty() && !id.contains(|letter: char| letter.is_whitespace() || ",[]@*\"'".contains(letter))
    };
    ["id", "avd_id"].into_iter().find_map(|key| text(from.get(key)).filter(is_plain))
}

fn text(value: Option<Value>) -> Option<String> {
    value?.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn severity(word: &str) -> Option<Severity> {
    word.to_ascii_lowercase().parse().ok()
}
