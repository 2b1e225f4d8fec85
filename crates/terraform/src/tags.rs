//! Tags that a provider gives to all its resources.
//!
//! A resource of a provider with `default_tags` has `tags_all` in its body, as the AWS provider computes it: the defaults
//! and over them its own `tags`. With `default_labels` of Google's it is `effective_labels`. Where the provider has no
//! defaults, neither is there, and `tags` is all there is. Which resources take tags is not known here.

use std::sync::Arc;

use portcullis_model::terraform::value::Map;
use portcullis_model::terraform::{Kind, Mode, Value};
use portcullis_syntax::hcl::{Attribute, Block, ExprKind};

use crate::declarations::{Declared, ResourceDeclaration};
use crate::evaluate::Evaluator;
use crate::resources::path_text;
use crate::scope::Scope;

/// How a provider gives tags.
struct Defaults {
    /// What the types of its resources start with.
    prefix: &'static str,
    /// The name of the provider, where a resource names none.
    provider: &'static str,
    /// The attribute of resources.
    own: &'static str,
    /// The computed one.
    all: &'static str,
}

const DEFAULTS: &[Defaults] = &[
    Defaults { prefix: "aws_", provider: "aws", own: "tags", all: "tags_all" },
    Defaults { prefix: "google_", provider: "google", own: "labels", all: "effective_labels" },
];

impl<'l> Evaluator<'l> {
    /// Adds the tags of a resource together with those of its provider.
    pub(crate) fn tag(&mut self, module: usize, declaration: &ResourceDeclaration<'l>, body: &mut Map) {
        if declaration.mode != Mode::Managed {
            return;
        }
        let Some(defaults) = DEFAULTS.iter().find(|it| declaration.kind.starts_with(it.prefix)) else { return };
        let named = declaration.declared.attribute("provider").map(|it| path_text(&it.value));
        let provider = named.unwrap_or_else(|| defaults.provider.to_owned());
        let Some(tags) = self.default_tags(module, &provider) else { return };
        if body.entries.contains_key(defaults.all) {
            return;
        }
        let all = laid_over(&tags, body.get(defaults.own));
        body.insert(defaults.all, tags.span, all);
    }

    fn default_tags(&mut self, module: usize, provider: &str) -> Option<Value> {
        let instance = self.modules.get(module)?;
        if let Some(known) = instance.default_tags.get(provider) {
            return known.clone();
        }
        let declared = instance.declared.clone();
        let parent = instance.parent.clone();
        let configured = declared.providers.iter().find(|it| is_provider(it.block, provider));
        let found = match (configured, parent) {
            (Some(configured), _) => {
                // A default that refers to a resource would ask for itself.
                if let Some(instance) = self.modules.get_mut(module) {
                    instance.default_tags.insert(provider.to_owned(), None);
                }
                tags_of(configured).map(|tags| self.value(&tags.value, &Scope::of_module(module)))
            }
            (None, Some(parent)) => {
                let handed = parent.call.attribute("providers").and_then(|it| handed_over(it, provider));
                self.default_tags(parent.module, handed.as_deref().unwrap_or(provider))
            }
            (None, None) => None,
        };
        if let Some(instance) = self.modules.get_mut(module) {
            instance.default_tags.insert(provider.to_owned(), found.clone());
        }
        found
    }
}

fn is_provider(block: &Block, wanted: &str) -> bool {
    let Some(label) = block.labels.first() else { return false };
    match block.body.attribute("alias").map(|it| &it.value.kind) {
        None => *label.name == *wanted,
        Some(ExprKind::String(alias)) => {
            wanted.strip_prefix(&*label.name).and_then(|it| it.strip_prefix('.')) == Some(alias)
        }
        Some(_) => false,
    }
}

fn tags_of<'l>(provider: &Declared<'l>) -> Option<&'l Attribute> {
    let block = provider.blocks().find(|block| &*block.kind.name == "default_tags");
    block.and_then(|block| block.body.attribute("tags")).or_else(|| provider.attribute("default_labels"))
}

/// Which of the caller's providers a module knows by this name.
fn handed_over(providers: &Attribute, wanted: &str) -> Option<String> {
    let ExprKind::Object(items) = &providers.value.kind else { return None };
    items.iter().find(|item| path_text(&item.key) == wanted).map(|item| path_text(&item.value))
}

fn laid_over(defaults: &Value, own: Option<&Value>) -> Value {
    let mut all = match &defaults.kind {
        Kind::Map(map) => (**map).clone(),
        Kind::Null => Map::default(),
        _ => Map { open: true, ..Map::default() },
    };
    match own.map(|own| &own.kind) {
        None | Some(Kind::Null) => {}
        Some(Kind::Map(map)) => {
            all.open |= map.open;
            all.entries.extend(map.entries.iter().map(|(name, entry)| (name.clone(), entry.clone())));
        }
        Some(_) => all.open = true,
    }
    Value { kind: Kind::Map(Arc::new(all)), ..defaults.clone() }
}
