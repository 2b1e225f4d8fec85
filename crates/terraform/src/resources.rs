//! Resources: how many instances a block has, and what each of them consists of.
//!
//! Attributes and nested blocks stand side by side, blocks as lists of maps. Where it is not known how many instances
//! or blocks there are, one stands for any number of them, with what is literal in it.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use portcullis_core::Span;
use portcullis_model::terraform::value::{Entry, List, Map, Number, Reference};
use portcullis_model::terraform::{Kind, Mode, Reason, Value};
use portcullis_syntax::hcl::{Attribute, Block, Expr, ExprKind};

use crate::Fault;
use crate::declarations::{Declared, ResourceDeclaration, produced_kind};
use crate::evaluate::{Evaluator, Gap, Limit, Memo};
use crate::expression::number;
use crate::limits::{INSTANCES, REPEATED};
use crate::policy_document;
use crate::provenance::{part_of, reason_of, with_references};
use crate::scope::{Bound, Each, Scope};
use crate::traversal::{Step, steps_of};

/// The instances of a resource block.
#[derive(Debug, Default)]
pub(crate) struct Expanded {
    pub(crate) instances: Vec<One>,
    /// The resource as expressions see it.
    whole: Option<Value>,
}

/// An instance.
#[derive(Debug)]
pub(crate) struct One {
    pub(crate) address: Arc<str>,
    pub(crate) body: Arc<Map>,
    pub(crate) symbolic: bool,
}

/// Which instance of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// The only one.
    Only,
    /// Of `count`.
    Index(usize),
    /// Of `for_each`.
    Name(Arc<str>),
    /// One that stands for any number.
    Any,
}

/// How a block is repeated.
pub(crate) struct Repetition {
    pub(crate) form: Form,
    pub(crate) instances: Vec<(Key, Each)>,
}

/// What expressions see of a block that may be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Single,
    List,
    Map,
}

impl Repetition {
    /// Whether there may be more instances.
    pub(crate) fn is_open(&self) -> bool {
        self.instances.iter().any(|(key, _)| *key == Key::Any)
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Only => Ok(()),
            Self::Index(index) => write!(f, "[{index}]"),
            Self::Name(name) => write!(f, "[\"{}\"]", name.replace('\\', "\\\\").replace('"', "\\\"")),
            Self::Any => write!(f, "[*]"),
        }
    }
}

/// Attributes of a resource that are no arguments of its provider.
const META: &[&str] = &["count", "for_each", "provider", "depends_on"];

impl<'l> Evaluator<'l> {
    /// A resource as an expression sees it.
    pub(crate) fn resource(&mut self, module: usize, mode: Mode, kind: &str, name: &str, at: Span) -> Value {
        let declared = self.modules.get(module).map(|it| it.declared.clone());
        let position = declared.as_ref().and_then(|it| it.resource(mode, kind, name));
        let prefix: Arc<str> = self.modules.get(module).map_or_else(|| "".into(), |it| it.address.clone());
        let address = || -> Arc<str> { format!("{}{}", joined(&prefix), local_address(mode, kind, name)).into() };
        let unknown = |reason, address| {
            with_references(Value::unknown(reason, at), &[Reference { address, attribute: "".into() }])
        };
        let Some(position) = position else { return unknown(Reason::Invalid, address()) };
        let is_running = self
            .modules
            .get(module)
            .and_then(|it| it.resources.get(position))
            .is_some_and(|memo| matches!(memo, Memo::Running));
        if is_running {
            return unknown(Reason::Cycle, address());
        }
        let expanded = self.expand(module, position);
        match &expanded.whole {
            Some(whole) => whole.clone(),
            None => unknown(Reason::Limit, address()),
        }
    }

    /// The instances of a resource, evaluated once.
    pub(crate) fn expand(&mut self, module: usize, position: usize) -> Rc<Expanded> {
        let Some(instance) = self.modules.get_mut(module) else { return Rc::default() };
        let declared = instance.declared.clone();
        let prefix = instance.address.clone();
        let (Some(memo), Some(declaration)) = (instance.resources.get_mut(position), declared.resources.get(position))
        else {
            return Rc::default();
        };
        match memo {
            Memo::Done(expanded) => return expanded.clone(),
            Memo::Running => return Rc::default(),
            Memo::Open => *memo = Memo::Running,
        }
        let strict = std::mem::replace(&mut self.strict, false);
        let expanded = Rc::new(self.instances(module, &prefix, declaration));
        self.strict = strict;
        if let Some(memo) = self.modules.get_mut(module).and_then(|it| it.resources.get_mut(position)) {
            *memo = Memo::Done(expanded.clone());
        }
        expanded
    }

    fn instances(&mut self, module: usize, prefix: &str, declaration: &ResourceDeclaration<'l>) -> Expanded {
        let ResourceDeclaration { mode, kind, name, declared } = declaration;
        let header = declared.block.header;
        let base = format!("{}{}", joined(prefix), local_address(*mode, kind, name));
        let mut repetition = self.repetition(declared, module);
        if repetition.instances.len() > 1 && self.resources.saturating_add(repetition.instances.len()) > REPEATED {
            self.limit_of(Limit::Instances, header);
            repetition = any_instance(repetition.form, Reason::Limit, header);
        }
        let open = repetition.is_open();
        // Most of what many instances hold is what they hold in common.
        let is_same = repetition.instances.len() > 1 && !declared.mentions_instance();
        let mut shared: Option<Arc<Map>> = None;
        let mut instances = Vec::with_capacity(repetition.instances.len());
        let mut seen: Vec<(Key, Value)> = Vec::with_capacity(repetition.instances.len());
        for (key, each) in repetition.instances {
            if !self.may_add_resource(header) {
                if let Some(module) = self.modules.get_mut(module) {
                    module.partial = true;
                }
                break;
            }
            let body = match &shared {
                Some(body) if is_same => body.clone(),
                _ => self.instance(module, declaration, &each),
            };
            shared.get_or_insert_with(|| body.clone());
            let address: Arc<str> = if key == Key::Only { base.clone().into() } else { format!("{base}{key}").into() };
            let reference = Reference { address: address.clone(), attribute: "".into() };
            let value = Value { refers: Some([reference].into()), ..Value::new(Kind::Map(body.clone()), header) };
            seen.push((key.clone(), value));
            instances.push(One { address, body, symbolic: key == Key::Any });
        }
        let whole = collection(seen, repetition.form, header);
        // Where all keys are known, one that is not there is an error, which `try` is meant to catch.
        let whole = if open {
            let reference = Reference { address: format!("{base}[*]").into(), attribute: "".into() };
            whole.map(|whole| with_references(whole, &[reference]))
        } else {
            whole
        };
        Expanded { instances, whole }
    }

    /// What one instance consists of.
    fn instance(&mut self, module: usize, declaration: &ResourceDeclaration<'l>, each: &Each) -> Arc<Map> {
        let scope = Scope::of_instance(module, each);
        let mut body = self.body(&declaration.declared, &scope);
        self.tag(module, declaration, &mut body);
        // It hands on what it is given, once that has been kept.
        if declaration.mode == Mode::Managed
            && &**declaration.kind == "terraform_data"
            && let Some(input) = body.entries.get("input").cloned()
        {
            body.insert("output", input.key, input.value);
        }
        if declaration.mode == Mode::Data && &**declaration.kind == "aws_iam_policy_document" {
            let place = crate::functions::Place { files: self.files, directory: "" };
            policy_document::fold(&mut body, declaration.declared.block.header, place);
        }
        Arc::new(body)
    }

    /// The instances that `count` or `for_each` of a block give.
    pub(crate) fn repetition(&mut self, declared: &Declared<'l>, module: usize) -> Repetition {
        let scope = Scope::of_module(module);
        if let Some(count) = declared.attribute("count") {
            let value = self.value(&count.value, &scope);
            return self.counted(&value, count.value.span);
        }
        if let Some(for_each) = declared.attribute("for_each") {
            let value = self.value(&for_each.value, &scope);
            return self.for_each(&value, for_each.value.span);
        }
        Repetition { form: Form::Single, instances: vec![(Key::Only, Each::default())] }
    }

    fn counted(&mut self, value: &Value, at: Span) -> Repetition {
        let form = Form::List;
        let Some(count) = value.as_i64() else {
            let reason = reason_of(value).unwrap_or(Reason::Invalid);
            self.gaps.insert(Gap::Repetition { span: at, reason });
            return any_instance(form, Reason::Instance, at);
        };
        let count = usize::try_from(count).unwrap_or(0);
        if count > INSTANCES {
            self.limit_of(Limit::Instances, at);
            return any_instance(form, Reason::Limit, at);
        }
        let instances = (0..count).map(|position| {
            let index = Some(number(position, at));
            (Key::Index(position), Each { index, ..Each::default() })
        });
        Repetition { form, instances: instances.collect() }
    }

    fn for_each(&mut self, value: &Value, at: Span) -> Repetition {
        let mut instances = Vec::new();
        let mut open = false;
        let count = match &value.kind {
            Kind::Map(map) => map.entries.len(),
            Kind::List(list) => list.items.len(),
            _ => 0,
        };
        if count > INSTANCES {
            self.limit_of(Limit::Instances, at);
        }
        match &value.kind {
            Kind::Map(map) => {
                for (name, entry) in map.entries.iter().take(INSTANCES) {
                    let key = Some(Value::string(name.clone(), entry.key));
                    let item = crate::access::taken(value, &entry.value, name);
                    instances.push((Key::Name(name.clone()), Each { key, value: Some(item), index: None }));
                }
                open |= map.open || map.entries.len() > INSTANCES;
            }
            Kind::List(list) => {
                for item in list.items.iter().take(INSTANCES) {
                    match item.to_text() {
                        Some(name) => {
                            let item = Some(part_of(value, item));
                            instances.push((Key::Name(name), Each { key: item.clone(), value: item, index: None }));
                        }
                        None => open = true,
                    }
                }
                open |= list.open || list.items.len() > INSTANCES;
            }
            _ => open = true,
        }
        if open {
            let reason = reason_of(value).unwrap_or(Reason::Instance);
            self.gaps.insert(Gap::Repetition { span: at, reason });
            let any = |attribute: &str| {
                let references = crate::provenance::extended(value.references(), attribute);
                Some(with_references(Value::unknown(Reason::Instance, at), &references))
            };
            instances.push((Key::Any, Each { key: any(""), value: any(""), index: None }));
        }
        Repetition { form: Form::Map, instances }
    }

    /// Attributes and nested blocks of an instance.
    fn body(&mut self, declared: &Declared<'l>, scope: &Scope<'_>) -> Map {
        let mut map = Map { open: declared.is_open(), ..Map::default() };
        let attributes = declared.attributes().filter(|it| !META.contains(&&*it.name.name));
        self.fill(&mut map, attributes, declared.blocks(), scope);
        map
    }

    fn fill<'b>(
        &mut self,
        map: &mut Map,
        attributes: impl Iterator<Item = &'b Attribute>,
        blocks: impl Iterator<Item = &'b Block>,
        scope: &Scope<'_>,
    ) {
        for attribute in attributes {
            let value = match (&*attribute.name.name, &attribute.value.kind) {
                // Words of the language in provisioners.
                ("when" | "on_failure", ExprKind::Variable(word)) => Value::string(word.clone(), attribute.value.span),
                _ => self.value(&attribute.value, scope),
            };
            map.insert(attribute.name.name.clone(), scope.place(attribute.name.span), value);
        }
        let mut kinds: BTreeMap<&str, (Span, List)> = BTreeMap::new();
        for block in blocks {
            let kind = produced_kind(block);
            let (_, list) = kinds.entry(kind).or_insert_with(|| (block.kind.span, List::default()));
            match &*block.kind.name {
                "dynamic" => self.dynamic(block, list, scope),
                "lifecycle" => {
                    let value = self.lifecycle(block, scope);
                    list.items.push(value);
                }
                _ => {
                    let value = self.nested(block, block.header, scope);
                    list.items.push(value);
                }
            }
        }
        for (kind, (at, list)) in kinds {
            if list.items.is_empty() && !list.open {
                continue;
            }
            let span = list.items.first().map_or(at, |item| item.span);
            map.insert(kind, at, Value::new(Kind::List(Arc::new(list)), span));
        }
    }

    /// A nested block.
    fn nested(&mut self, block: &Block, header: Span, scope: &Scope<'_>) -> Value {
        let at = scope.place(header);
        if !self.step(at) {
            return Value::unknown(Reason::Limit, at);
        }
        let made = self.deeper(at, |evaluator| {
            let mut map = Map { open: block.body.open, ..Map::default() };
            // `provisioner "local-exec"`.
            if let Some(label) = block.labels.first().filter(|_| &*block.kind.name == "provisioner") {
                map.insert("type", label.span, Value::string(label.name.clone(), label.span));
            }
            evaluator.fill(&mut map, block.body.attributes.iter(), block.body.blocks.iter(), scope);
            Ok(Value::new(Kind::Map(Arc::new(map)), at))
        });
        made.unwrap_or_else(|Fault| Value::unknown(Reason::Invalid, at))
    }

    /// `dynamic "kind" { for_each = …, content { … } }`: as many blocks as there are elements.
    fn dynamic(&mut self, block: &Block, list: &mut List, scope: &Scope<'_>) {
        let Some(content) = block.body.blocks_of("content").next() else {
            list.open = true;
            return;
        };
        let Some(for_each) = block.body.attribute("for_each") else {
            list.open = true;
            return;
        };
        let iterator = match block.body.attribute("iterator").map(|it| &it.value.kind) {
            Some(ExprKind::Variable(name) | ExprKind::String(name)) => &**name,
            _ => produced_kind(block),
        };
        let over = self.value(&for_each.value, scope);
        let mut add = |evaluator: &mut Self, key: Value, value: Value| {
            if !evaluator.step(block.header) {
                list.open = true;
                return;
            }
            let mut pair = Map::default();
            pair.insert("key", key.span, key);
            pair.insert("value", value.span, value);
            let names = [(iterator, Value::new(Kind::Map(Arc::new(pair)), for_each.value.span))];
            let made = evaluator.nested(content, block.header, &scope.with_names(&names));
            list.items.push(made);
        };
        let open = match &over.kind {
            Kind::List(items) => {
                for (position, item) in items.items.iter().enumerate() {
                    let item = part_of(&over, item);
                    let key = if items.set { item.clone() } else { number(position, for_each.value.span) };
                    add(self, key, item);
                }
                items.open
            }
            Kind::Map(map) => {
                for (key, entry) in &map.entries {
                    let key = Value::string(key.clone(), entry.key);
                    add(self, key, crate::access::taken(&over, &entry.value, ""));
                }
                map.open
            }
            _ => true,
        };
        if open {
            let reason = reason_of(&over).unwrap_or(Reason::Instance);
            self.gaps.insert(Gap::Repetition { span: for_each.value.span, reason });
            let any = Value::unknown(Reason::Instance, for_each.value.span);
            let any = with_references(any, over.references());
            add(self, any.clone(), any);
            list.open = true;
        }
    }

    /// `lifecycle`: what `ignore_changes` names are attributes of the resource itself, no values.
    fn lifecycle(&mut self, block: &Block, scope: &Scope<'_>) -> Value {
        let mut map = Map { open: block.body.open, ..Map::default() };
        for attribute in &block.body.attributes {
            let value = match (&*attribute.name.name, &attribute.value.kind) {
                ("ignore_changes", ExprKind::List(items)) => {
                    let names = items.iter().map(|item| Value::string(path_text(item), item.span)).collect();
                    Value::new(Kind::List(Arc::new(List::closed(names))), attribute.value.span)
                }
                ("ignore_changes", _) => Value::string(path_text(&attribute.value), attribute.value.span),
                ("replace_triggered_by", _) => continue,
                _ => self.value(&attribute.value, scope),
            };
            map.insert(attribute.name.name.clone(), attribute.name.span, value);
        }
        Value::new(Kind::Map(Arc::new(map)), block.header)
    }
}

/// One that stands for any number.
fn any_instance(form: Form, reason: Reason, at: Span) -> Repetition {
    let any = || Some(Value::unknown(reason, at));
    let each = match form {
        Form::Map => Each { key: any(), value: any(), index: None },
        Form::List | Form::Single => Each { index: any(), ..Each::default() },
    };
    Repetition { form, instances: vec![(Key::Any, each)] }
}

/// `tags["a"].b` as a text.
pub(crate) fn path_text(expr: &Expr) -> String {
    let (root, steps) = steps_of(expr);
    let mut text = match &root.kind {
        ExprKind::Variable(name) | ExprKind::String(name) => name.to_string(),
        _ => String::new(),
    };
    for step in steps {
        match step {
            Step::Name(name) => {
                text.push('.');
                text.push_str(&name.name);
            }
            Step::Index(key) => {
                if let ExprKind::String(key) = &key.kind {
                    text.push('.');
                    text.push_str(key);
                } else if let ExprKind::Number(Number::Int(key)) = &key.kind {
                    text.push('.');
                    text.push_str(&key.to_string());
                }
            }
        }
    }
    text
}

/// What expressions see of the instances of a block.
pub(crate) fn collection(instances: Vec<(Key, Value)>, form: Form, at: Span) -> Option<Value> {
    let open = instances.iter().any(|(key, _)| *key == Key::Any);
    let kind = match form {
        Form::Single => return instances.into_iter().next().map(|(_, value)| value),
        Form::List => {
            let items = instances.into_iter().map(|(_, value)| value).collect();
            Kind::List(Arc::new(List { items, open, set: false }))
        }
        Form::Map => {
            let mut map = Map { open, ..Map::default() };
            for (key, value) in instances {
                if let Key::Name(name) = key {
                    map.entries.insert(name, Entry { key: value.span, value });
                }
            }
            Kind::Map(Arc::new(map))
        }
    };
    Some(Value::new(kind, at))
}

/// An address in its own module, without instance.
fn local_address(mode: Mode, kind: &str, name: &str) -> String {
    match mode {
        Mode::Managed => format!("{kind}.{name}"),
        Mode::Data => format!("data.{kind}.{name}"),
        Mode::Ephemeral => format!("ephemeral.{kind}.{name}"),
    }
}

/// The address of a module as it stands before what is in it.
pub(crate) fn joined(module: &str) -> String {
    if module.is_empty() { String::new() } else { format!("{module}.") }
}

/// A name that is bound by `for`, `dynamic` or a template.
pub(crate) fn is_bound(scope: &Scope<'_>, name: &str) -> bool {
    matches!(scope.bound(name), Bound::To(_))
}
