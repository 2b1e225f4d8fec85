//! ConfigMaps and Secrets that a kustomization generates.
//!
//! A literal is known, and stands where the kustomization has it. Of a file only the key is known: what it holds is often
//! not in the repository. Where a file of variables cannot be read, there may be more keys. The data of a Secret is kept
//! as `stringData`, which means the same.

use portcullis_model::facts::Unseen;
use portcullis_model::kustomize::local;
use portcullis_syntax::{Lookup, Node};

use crate::fault::Fault;
use crate::library::Library;
use crate::resource::{Id, Resource};
use crate::transform::{set_pairs, tail_span};
use crate::value::{Content, Key, Value};

/// What is generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Generated {
    ConfigMap,
    Secret,
}

impl Generated {
    fn kind(self) -> &'static str {
        match self {
            Self::ConfigMap => "ConfigMap",
            Self::Secret => "Secret",
        }
    }

    fn data(self) -> &'static str {
        match self {
            Self::ConfigMap => "data",
            Self::Secret => "stringData",
        }
    }
}

/// What holds for all that a kustomization generates.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options<'t> {
    /// `generatorOptions`.
    pub(crate) shared: Option<Node<'t>>,
    /// Whether it may be merged with an object that is not seen.
    pub(crate) unseen: Unseen,
}

/// Where a generator finds its files.
pub(crate) struct Source<'t, 'a> {
    pub(crate) library: &'t Library,
    /// The kustomization's.
    pub(crate) directory: &'a str,
}

impl Source<'_, '_> {
    /// That a file is not there. Those of Secrets are better kept elsewhere, and come before the build.
    fn refuses(&self, file: Node<'_>, name: &str, what: Generated) -> Option<Fault> {
        let is_judged = what == Generated::ConfigMap && file.as_str().is_some();
        let path = local(self.directory, name).filter(|path| is_judged && self.library.is_missing(path))?;
        Some(Fault::missing(path, format!("the file `{name}` of a generated ConfigMap is not there")).at(file))
    }
}

/// Generates what an entry asks for, and adds it to the resources, or merges it into one of them. What Kustomize refuses of
/// its data alone goes to `refused`: the rest is what it is without it.
pub(crate) fn generate<'t>(
    resources: &mut Vec<Resource<'t>>,
    entry: Node<'t>,
    options: Options<'t>,
    what: Generated,
    source: &Source<'t, '_>,
    refused: &mut Vec<Fault>,
) -> Result<(), Fault> {
    let Options { shared: options, unseen } = options;
    // A generator in a file of its own is an object, with the name of what it makes.
    let name = entry.field("metadata").map_or(entry, |metadata| metadata).field("name");
    let Some(name) = name.filter(|name| !name.text().is_empty()) else {
        return Err(Fault::new(format!("a generated {} has no name", what.kind())));
    };
    let made = |text: &str| Value::made(text.to_owned(), entry, name.span());
    let mut root = Value::map(entry);
    root.set(key("apiVersion", entry), made("v1"));
    root.set(key("kind", entry), made(what.kind()));
    let mut metadata = Value::map(name);
    metadata.set(key("name", name), name.into());
    let namespace = entry.field("metadata").map_or(entry, |metadata| metadata).field("namespace");
    if let Some(namespace) = namespace.filter(|value| !value.is_null()) {
        metadata.set(key("namespace", namespace), namespace.into());
    }
    let own = entry.field("options").filter(|value| !value.is_null());
    for field in ["labels", "annotations"] {
        for options in [options, own].into_iter().flatten() {
            if let Lookup::Present(pairs) = options.get(field)
                && pairs.is_map()
                && let Some(map) = metadata.mapping_mut(field, pairs)
            {
                set_pairs(map, pairs);
            }
        }
    }
    root.set(key("metadata", name), metadata);
    let is_immutable = |options: Node<'_>| options.get("immutable").is_bool(true);
    if let Some(options) = [own, options].into_iter().flatten().find(|options| is_immutable(*options))
        && let Some(flag) = options.field("immutable")
    {
        root.set(key("immutable", options), flag.into());
    }
    if what == Generated::Secret
        && let Some(kind) = entry.field("type").filter(|value| !value.is_null())
    {
        root.set(key("type", kind), kind.into());
    }
    root.set(key(what.data(), entry), data(entry, what, source, refused)?);
    take_in(resources, Resource::new(root, entry), entry, what, unseen)
}

fn key<'t>(text: &str, at: Node<'t>) -> Key<'t> {
    Key::Made(text.to_owned(), at)
}

/// Adds a generated object as its `behavior` says.
fn take_in<'t>(
    resources: &mut Vec<Resource<'t>>,
    made: Resource<'t>,
    entry: Node<'t>,
    what: Generated,
    unseen: Unseen,
) -> Result<(), Fault> {
    let behavior = entry.field("behavior").map(Node::text).unwrap_or_default();
    let id = Id::of(made.root.view());
    let mut matching = resources.iter_mut().filter(|resource| resource.is_known_as(&id));
    let found = matching.next();
    if matching.next().is_some() {
        return Err(Fault::new(format!("several objects may be the {} `{}`", id.kind, id.name)));
    }
    match (behavior, found) {
        // With the object that it is merged with, it would be there.
        ("merge" | "replace", None) if unseen == Unseen::Some => Ok(()),
        ("merge" | "replace", None) => {
            Err(Fault::new(format!("the {} `{}` is not there to {behavior}", id.kind, id.name)))
        }
        (_, None) => {
            resources.push(made);
            Ok(())
        }
        ("merge", Some(old)) => {
            lay_over(&mut old.root, made.root, what);
            Ok(())
        }
        ("replace", Some(old)) => {
            old.root.remove("data");
            old.root.remove("stringData");
            old.root.remove("binaryData");
            lay_over(&mut old.root, made.root, what);
            Ok(())
        }
        (_, Some(_)) => Err(Fault::new(format!("the {} `{}` is there twice", id.kind, id.name))),
    }
}

/// Adds the data, labels and annotations of `made` to those of `old`.
fn lay_over<'t>(old: &mut Value<'t>, mut made: Value<'t>, what: Generated) {
    for path in [&[what.data()][..], &["metadata", "labels"], &["metadata", "annotations"]] {
        let mut from = Some(&mut made);
        for step in path {
            from = from.and_then(|value| value.get_mut(step));
        }
        let Some(from) = from else { continue };
        let is_open = matches!(from.content, Content::Map { is_open: true, .. });
        let at = from.at();
        let entries = from.entries_mut().map(std::mem::take).unwrap_or_default();
        let mut to = Some(&mut *old);
        for step in path {
            to = to.and_then(|value| value.mapping_mut(step, at));
        }
        let Some(to) = to else { continue };
        for (key, value) in entries {
            to.set(key, value);
        }
        if let Content::Map { is_open: open, .. } = &mut to.content {
            *open |= is_open;
        }
    }
}

fn data<'t>(
    entry: Node<'t>,
    what: Generated,
    source: &Source<'t, '_>,
    refused: &mut Vec<Fault>,
) -> Result<Value<'t>, Fault> {
    let mut entries: Vec<(Key<'t>, Value<'t>)> = Vec::new();
    let mut is_open = false;
    let list = |field: &str| entry.field(field).into_iter().flat_map(Node::items);
    for file in list("envs").chain(entry.field("env").filter(|env| !env.is_null())) {
        match source.library.variables(source.directory, file.text()) {
            None => {
                is_open = true;
                refused.extend(source.refuses(file, file.text(), what));
            }
            Some(names) => {
                let unknown = |name: &String| (key(name, file), Value::unknown(file, file.span()));
                entries.extend(names.iter().map(unknown));
            }
        }
    }
    for literal in list("literals") {
        let text = literal.text();
        let Some((name, value)) = text.split_once('=').filter(|(name, _)| !name.is_empty()) else {
            // A literal that is filled in later may have any key.
            is_open = true;
            let is_known = literal.as_str().is_some();
            refused.extend(is_known.then(|| Fault::new("a literal is no `key=value`").at(literal)));
            continue;
        };
        let quoted = |mark: char| value.strip_prefix(mark).and_then(|rest| rest.strip_suffix(mark));
        let skipped = name.len() + 1;
        let (value, skipped) = match quoted('"').or_else(|| quoted('\'')) {
            Some(inner) => (inner, skipped + 1),
            None => (value, skipped),
        };
        let span = tail_span(literal, skipped, value.len());
        entries.push((key(name, literal), Value::made(value.to_owned(), literal, span)));
    }
    for file in list("files") {
        let text = file.text();
        let name = match text.split_once('=') {
            Some((name, _)) => name,
            None => text.rsplit('/').next().unwrap_or(text),
        };
        if name.is_empty() || text.matches('=').count() > 1 {
            return Err(Fault::new(format!("`{text}` names no file and its key")));
        }
        refused.extend(source.refuses(file, text.split_once('=').map_or(text, |(_, path)| path), what));
        entries.push((key(name, file), Value::unknown(file, file.span())));
    }
    Ok(Value { content: Content::Map { at: entry, entries, is_open }, over: Vec::new() })
}
