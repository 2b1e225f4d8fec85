//! Module calls: the instances they make, what goes in and what comes out.
//!
//! A module that is not at hand has outputs that are not known and refer to what was handed to it. What it does with that
//! is not known either, which is kept in [`Module::handed_out`](portcullis_model::terraform::Module::handed_out).

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use portcullis_core::Span;
use portcullis_model::terraform::value::{List, Map, Reference};
use portcullis_model::terraform::{Kind, Reason, Value};
use portcullis_syntax::hcl::{Expr, ExprKind};

use crate::Fault;
use crate::declarations::Declared;
use crate::evaluate::{Evaluator, Gap, Instance, Limit, Memo, Parent, Slot};
use crate::library::local;
use crate::limits::{MODULE_DEPTH, MODULES};
use crate::provenance::{all_references, referring, used_at, with_references};
use crate::resources::{Form, Key, collection, joined};
use crate::scope::Scope;
use crate::traversal::{Step, steps_of};
use crate::types::Type;

/// What a `module` block made.
pub(crate) enum Calls {
    /// Instances, by number.
    Made {
        form: Form,
        instances: Vec<(Key, usize)>,
        /// The numbers of instances by the texts of their keys.
        keys: HashMap<Arc<str>, usize>,
        open: bool,
    },
    /// The module is not at hand; what its outputs are.
    Unresolved(Value),
}

impl Calls {
    /// The instances.
    pub(crate) fn children(&self) -> Vec<usize> {
        match self {
            Self::Made { instances, .. } => instances.iter().map(|(_, module)| *module).collect(),
            Self::Unresolved(_) => Vec::new(),
        }
    }
}

/// Arguments of a `module` block that are none of the module's.
const META: &[&str] = &["source", "version", "count", "for_each", "providers", "depends_on"];

impl<'l> Evaluator<'l> {
    /// What a `module` block makes.
    pub(crate) fn call(&mut self, module: usize, position: usize) -> Rc<Calls> {
        let unknown = |at: Span, reason| Rc::new(Calls::Unresolved(Value::unknown(reason, at)));
        let Some(instance) = self.modules.get_mut(module) else { return unknown(Span::default(), Reason::Invalid) };
        let declared = instance.declared.clone();
        let (Some(memo), Some(call)) = (instance.calls.get_mut(position), declared.calls.at(position)) else {
            return unknown(Span::default(), Reason::Invalid);
        };
        match memo {
            Memo::Done(calls) => return calls.clone(),
            Memo::Running => return unknown(call.block.header, Reason::Cycle),
            Memo::Open => *memo = Memo::Running,
        }
        let strict = std::mem::replace(&mut self.strict, false);
        let calls = Rc::new(self.make(module, position, call));
        self.strict = strict;
        if let Some(memo) = self.modules.get_mut(module).and_then(|it| it.calls.get_mut(position)) {
            *memo = Memo::Done(calls.clone());
        }
        calls
    }

    fn make(&mut self, module: usize, position: usize, call: &Declared<'l>) -> Calls {
        let name = call.block.labels.first().map_or("", |label| &label.name);
        let Some(caller) = self.modules.get(module) else {
            return Calls::Unresolved(Value::unknown(Reason::Invalid, call.block.header));
        };
        let (address, depth, symbolic) = (caller.address.clone(), caller.depth, caller.symbolic);
        let directory = self.directory_of(module, call, name);
        let declared = directory.as_deref().and_then(|directory| self.declarations(directory));
        let (Some(declared), Some(directory)) = (declared, directory) else {
            let source = call.attribute("source").and_then(|source| match &source.value.kind {
                ExprKind::String(text) => Some(text.clone()),
                _ => None,
            });
            self.gaps.insert(Gap::Unresolved { header: call.block.header, name: name.into(), source });
            return self.unresolved(module, position, call);
        };
        if let Some(calls) = self.calls_from(&directory, module) {
            self.gaps.insert(Gap::Cycle { header: call.block.header, name: name.into(), calls });
            return self.unresolved(module, position, call);
        }
        let limit = match () {
            () if depth >= MODULE_DEPTH => Some(Limit::ModuleDepth),
            () if self.modules.len() >= MODULES => Some(Limit::Configuration),
            () => None,
        };
        if let Some(limit) = limit {
            self.limit_of(limit, call.block.header);
            if let Some(caller) = self.modules.get_mut(module) {
                caller.partial = true;
            }
            return self.unresolved(module, position, call);
        }
        let repetition = self.repetition(call, module);
        let open = repetition.is_open();
        let directory: Arc<str> = directory.into();
        let mut instances = Vec::with_capacity(repetition.instances.len());
        for (key, each) in repetition.instances {
            if self.modules.len() >= MODULES {
                self.limit_of(Limit::Configuration, call.block.header);
                if let Some(caller) = self.modules.get_mut(module) {
                    caller.partial = true;
                }
                break;
            }
            let address = format!("{}module.{name}{key}", joined(&address));
            let parent = Parent { module, call: call.clone(), each };
            let mut child = Instance::new(declared.clone(), address.into(), directory.clone(), Some(parent));
            child.depth = depth.saturating_add(1);
            child.symbolic = symbolic || key == Key::Any;
            instances.push((key, self.modules.len()));
            self.modules.push(child);
        }
        let keys = instances.iter().filter_map(|(key, child)| match key {
            Key::Index(index) => Some((index.to_string().into(), *child)),
            Key::Name(name) => Some((name.clone(), *child)),
            Key::Only | Key::Any => None,
        });
        Calls::Made { form: repetition.form, keys: keys.collect(), instances, open }
    }

    /// The calls that led to `module` from the one in a directory, where that is it or calls it.
    fn calls_from(&self, directory: &str, module: usize) -> Option<Vec<Span>> {
        let mut calls = Vec::new();
        let mut instance = self.modules.get(module)?;
        while &*instance.directory != directory {
            let parent = instance.parent.as_ref()?;
            calls.push(parent.call.block.header);
            instance = self.modules.get(parent.module)?;
        }
        Some(calls)
    }

    /// Where a called module lies: by a local source, or where `terraform init` put it.
    fn directory_of(&self, module: usize, call: &Declared<'l>, name: &str) -> Option<String> {
        let caller = self.modules.get(module)?;
        if let ExprKind::String(source) = &call.attribute("source")?.value.kind
            && let Some(directory) = local(&caller.directory, source)
        {
            return Some(directory);
        }
        let mut names = vec![name];
        let mut parent = caller.parent.as_ref();
        while let Some(one) = parent {
            names.push(one.call.block.labels.first().map_or("", |label| &label.name));
            parent = self.modules.get(one.module).and_then(|it| it.parent.as_ref());
        }
        names.reverse();
        let root = self.modules.first().map(|root| root.directory.clone())?;
        let (_, root) = self.library.directory(&root)?;
        root.installed.get(&names.join(".")).cloned()
    }

    /// A module that is not evaluated: its outputs refer to what it was given.
    fn unresolved(&mut self, module: usize, position: usize, call: &Declared<'l>) -> Calls {
        let header = call.block.header;
        // What is handed over may have been made of its outputs.
        if let Some(memo) = self.modules.get_mut(module).and_then(|it| it.calls.get_mut(position)) {
            *memo = Memo::Done(Rc::new(Calls::Unresolved(Value::unknown(Reason::Module, header))));
        }
        let mut references: Vec<Reference> = Vec::new();
        for (_, each) in self.repetition(call, module).instances.iter().take(16) {
            let scope = Scope::of_instance(module, each);
            for argument in call.attributes().filter(|it| !META.contains(&&*it.name.name)) {
                let value = self.value(&argument.value, &scope);
                all_references(&value, &mut references);
            }
        }
        if let Some(caller) = self.modules.get_mut(module) {
            for reference in &references {
                if !caller.handed_out.contains(reference) {
                    caller.handed_out.push(reference.clone());
                }
            }
        }
        Calls::Unresolved(with_references(Value::unknown(Reason::Module, header), &references))
    }

    /// `module.name…`: the value, and how many of the steps behind `module` are used up.
    pub(crate) fn output_of(
        &mut self,
        name: &str,
        steps: &[Step<'_>],
        at: Span,
        scope: &Scope<'_>,
    ) -> Result<(Value, usize), Fault> {
        let module = scope.module;
        let Some(position) = self.modules.get(module).and_then(|it| it.declared.calls.position(name)) else {
            return Ok((Value::unknown(Reason::Module, at), steps.len()));
        };
        let calls = self.call(module, position);
        let (form, instances, keys, open) = match &*calls {
            Calls::Unresolved(value) => return Ok((used_at(value.clone(), at), steps.len())),
            Calls::Made { form, instances, keys, open } => (*form, instances, keys, *open),
        };
        match (form, steps.get(1), steps.get(2)) {
            (Form::Single, Some(Step::Name(output)), _) => {
                let child = instances.first().map(|(_, child)| *child).ok_or(Fault)?;
                Ok((self.output(child, &output.name, at)?, 2))
            }
            (Form::List | Form::Map, Some(key), Some(Step::Name(output))) => {
                let key = match key {
                    Step::Index(key) => self.eval(key, scope)?,
                    // `module.name.0.output`, as it was written once.
                    Step::Name(name) => Value::string(name.name.clone(), name.span),
                };
                let wanted = key.to_text();
                if let Some(child) = wanted.as_ref().and_then(|wanted| keys.get(wanted)) {
                    return Ok((self.output(*child, &output.name, at)?, 3));
                }
                // `count = var.create ? 1 : 0`: the first is the one that stands for all.
                if let (Form::List, Some("0"), [(Key::Any, child)]) = (form, wanted.as_deref(), instances.as_slice()) {
                    return Ok((self.output(*child, &output.name, at)?, 3));
                }
                if wanted.is_some() && !open {
                    return Err(Fault);
                }
                // One of them, nobody knows which.
                let mut unknown = referring(Value::unknown(Reason::Instance, at), [&key]);
                for (_, child) in instances.iter().take(8) {
                    if let Ok(value) = self.output(*child, &output.name, at) {
                        unknown = referring(unknown, [&value]);
                    }
                }
                Ok((unknown, steps.len()))
            }
            (Form::List | Form::Map, Some(Step::Name(_)), _) => Err(Fault),
            _ => Ok((self.outputs(&calls, None, at), 1)),
        }
    }

    /// For `module.name[*].output`: the instances with this output alone, so that nothing else need be evaluated.
    pub(crate) fn module_outputs(&mut self, source: &Expr, each: &Expr, scope: &Scope<'_>) -> Option<Value> {
        let (root, steps) = steps_of(source);
        let (ExprKind::Variable(root), [Step::Name(name)]) = (&root.kind, steps.as_slice()) else { return None };
        let (element, outputs) = steps_of(each);
        let (ExprKind::Element, Some(Step::Name(output))) = (&element.kind, outputs.first()) else { return None };
        if &**root != "module" || crate::resources::is_bound(scope, "module") {
            return None;
        }
        let position = self.modules.get(scope.module)?.declared.calls.position(&name.name)?;
        let calls = self.call(scope.module, position);
        match &*calls {
            Calls::Unresolved(_) => None,
            Calls::Made { .. } => Some(self.outputs(&calls, Some(&output.name), scope.place(source.span))),
        }
    }

    /// All instances of a call with their outputs, or one of these.
    fn outputs(&mut self, calls: &Calls, only: Option<&str>, at: Span) -> Value {
        let (form, instances) = match calls {
            Calls::Unresolved(value) => return value.clone(),
            Calls::Made { form, instances, .. } => (*form, instances),
        };
        let mut made = Vec::with_capacity(instances.len());
        for (key, child) in instances {
            let Some(declared) = self.modules.get(*child).map(|it| it.declared.clone()) else { continue };
            let mut map = Map { open: declared.partial, ..Map::default() };
            for output in declared.outputs.iter() {
                let Some(label) = output.block.labels.first() else { continue };
                if only.is_some_and(|only| *only != *label.name) || !self.step(at) {
                    continue;
                }
                if let Ok(value) = self.output(*child, &label.name, at) {
                    map.insert(label.name.clone(), label.span, value);
                }
            }
            made.push((key.clone(), Value::new(Kind::Map(Arc::new(map)), at)));
        }
        collection(made, form, at).unwrap_or_else(|| Value::new(Kind::List(Arc::<List>::default()), at))
    }

    fn output(&mut self, module: usize, name: &str, at: Span) -> Result<Value, Fault> {
        let Some(instance) = self.modules.get(module) else { return Err(Fault) };
        let declared = instance.declared.clone();
        let found = declared.outputs.position(name).and_then(|position| {
            let value = declared.outputs.at(position)?.attribute("value")?;
            Some((position, value))
        });
        let Some((position, attribute)) = found else {
            let reason = if declared.partial { Reason::Module } else { Reason::Invalid };
            return Ok(Value::unknown(reason, at));
        };
        Ok(self.remembered(module, Slot::Output, position, at, |evaluator| {
            evaluator.value(&attribute.value, &Scope::of_module(module))
        }))
    }

    /// A variable: what the call gives, or what the files of variables say, or its default.
    pub(crate) fn variable(&mut self, module: usize, name: &str, at: Span) -> Value {
        let declared = self.modules.get(module).map(|it| it.declared.clone());
        let found = declared.as_ref().and_then(|it| {
            let position = it.variables.position(name)?;
            Some((position, it.variables.at(position)?))
        });
        let Some((position, variable)) = found else { return self.undeclared(module, name, at) };
        self.remembered(module, Slot::Variable, position, at, |evaluator| {
            evaluator.variable_value(module, name, variable)
        })
    }

    /// A variable whose declaration is not seen: it may be in a file that is not at hand, and what is given still counts.
    fn undeclared(&mut self, module: usize, name: &str, at: Span) -> Value {
        let Some(instance) = self.modules.get_mut(module) else { return Value::unknown(Reason::Variable, at) };
        match instance.undeclared.get(name) {
            Some(Memo::Done(Some(value))) => return value.clone(),
            Some(Memo::Done(None)) => return Value::unknown(Reason::Variable, at),
            Some(Memo::Running) => return Value::unknown(Reason::Cycle, at),
            Some(Memo::Open) | None => {}
        }
        instance.undeclared.insert(name.to_owned(), Memo::Running);
        let given = self.given(module, name, None, at);
        if let Some(instance) = self.modules.get_mut(module) {
            instance.undeclared.insert(name.to_owned(), Memo::Done(given.clone()));
        }
        given.unwrap_or_else(|| Value::unknown(Reason::Variable, at))
    }

    /// What the call of a module, or the files and options of a root, give a variable.
    fn given(&mut self, module: usize, name: &str, constraint: Option<&Type<'_>>, at: Span) -> Option<Value> {
        match self.modules.get(module).and_then(|it| it.parent.clone()) {
            Some(parent) => {
                let argument = parent.call.attribute(name).filter(|_| !META.contains(&name))?;
                Some(self.value(&argument.value, &Scope::of_instance(parent.module, &parent.each)))
            }
            None => self.root_value(name, constraint, at),
        }
    }

    fn variable_value(&mut self, module: usize, name: &str, variable: &Declared<'l>) -> Value {
        let header = variable.block.header;
        let constraint = variable.attribute("type").map(|it| Type::new(&it.value));
        let scope = Scope::of_module(module);
        let given = self.given(module, name, constraint.as_ref(), header);
        let nullable = match variable.attribute("nullable").map(|it| &it.value.kind) {
            Some(ExprKind::Bool(nullable)) => *nullable,
            _ => true,
        };
        let given = given.filter(|value| nullable || !value.is_null());
        let value = match (given, variable.attribute("default")) {
            (Some(value), _) => value,
            (None, Some(default)) => self.value(&default.value, &scope),
            (None, None) => return Value::unknown(Reason::Variable, header),
        };
        let span = value.span;
        let constants = Scope::of_constants(module);
        let Some(constraint) = constraint else { return self.weighed(value) };
        let converted = constraint.convert(value, &mut |expr| self.value(expr, &constants));
        let converted = converted.unwrap_or_else(|Fault| Value::unknown(Reason::Invalid, span));
        self.weighed(converted)
    }
}
