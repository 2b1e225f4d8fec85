//! A root module evaluated with all that it calls.
//!
//! Everything with a name is evaluated once for each instance of its module, when something first asks for it. What asks for
//! itself is unknown.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use portcullis_core::{Files, Span};
use portcullis_model::terraform::value::Reference;
use portcullis_model::terraform::{Configuration, Configured, Module, Provider, Reason, Resource, Value};
use portcullis_syntax::hcl::Expr;

use crate::Fault;
use crate::declarations::{Declarations, Declared};
use crate::given::Given;
use crate::library::Library;
use crate::limits::{DEPTH, RESOURCES, STEPS, Scales};
use crate::modules::Calls;
use crate::resources::Expanded;
use crate::scope::{Each, Scope};

/// The stack of an evaluation: expressions are evaluated within one another, over modules and locals.
const STACK: usize = 64 * 1024 * 1024;

/// What is known beside the texts.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Files of variables, the strongest last; relative to the scan root, read with [`Library::add_variables`].
    pub variable_files: Vec<String>,
    /// Variables as `TF_VAR_name` gives them; the files are stronger.
    pub variables: Vec<(String, String)>,
}

/// A configuration, and what could not be known.
#[derive(Debug, Default)]
pub struct Evaluated {
    /// Modules and resources.
    pub configuration: Configuration,
    /// What was left out, in order of the text; each place once.
    pub gaps: Vec<Gap>,
    /// How what the options give fits, in the order in which they give it.
    pub given: Vec<Given>,
}

/// Something that could not be known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gap {
    /// A `module` block whose module is not at hand.
    Unresolved {
        /// The header of the block.
        header: Span,
        /// Its name.
        name: Arc<str>,
        /// What `source` says, where that is a literal.
        source: Option<Arc<str>>,
    },
    /// A `module` block that calls a module from within itself: `terraform init` never comes to an end of it.
    Cycle {
        /// The header of the block.
        header: Span,
        /// Its name.
        name: Arc<str>,
        /// The calls that led from the module to the block, the nearest to it first.
        calls: Vec<Span>,
    },
    /// A limit was hit.
    Limit {
        /// Where.
        span: Span,
        /// Which.
        limit: Limit,
    },
    /// How many instances a block has, or blocks a `dynamic` one makes, is not known.
    Repetition {
        /// The value of `count` or `for_each`.
        span: Span,
        /// Why.
        reason: Reason,
    },
}

/// What there may be no more of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Limit {
    /// Steps of the evaluation, expressions within one another, or values within a value: what is left out is unknown.
    Work,
    /// Instances of one resource or module: one stands for those that are left out.
    Instances,
    /// Instances of resources or modules in a configuration: what is left out is not seen.
    Configuration,
    /// Modules that are called within one another: what is called there is not seen.
    ModuleDepth,
}

/// Evaluates the module in `root` and those that it calls.
pub fn evaluate(root: &str, library: &Library, files: &dyn Files, options: &Options) -> Evaluated {
    on_large_stack(|| {
        let mut evaluator = Evaluator::new(root, library, files, options);
        evaluator.force(0);
        let given = evaluator.given_values();
        Evaluated { given, ..evaluator.finish() }
    })
}

/// Runs a work on a thread with room for expressions within expressions.
fn on_large_stack(work: impl FnOnce() -> Evaluated + Send) -> Evaluated {
    std::thread::scope(|scope| {
        let started = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        match started.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(made)) => made,
            // A panic is the caller's, as if it had happened here.
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            // Nothing is known where no thread could be started.
            Err(_) => Evaluated {
                gaps: vec![Gap::Limit { span: Span::default(), limit: Limit::Configuration }],
                ..Evaluated::default()
            },
        }
    })
}

/// The result of an expression; an error of it is one that Terraform would certainly report.
pub(crate) type Outcome = Result<Value, Fault>;

/// The state of an evaluation.
pub(crate) struct Evaluator<'l> {
    pub(crate) library: &'l Library,
    pub(crate) files: &'l dyn Files,
    pub(crate) options: &'l Options,
    pub(crate) modules: Vec<Instance<'l>>,
    pub(crate) scales: Scales,
    pub(crate) gaps: BTreeSet<Gap>,
    pub(crate) resources: usize,
    declarations: HashMap<Arc<str>, Rc<Declarations<'l>>>,
    /// Whether an error in a part of a value is one of the whole: within `try` and `can`.
    pub(crate) strict: bool,
    depth: usize,
    steps: u64,
}

/// An instance of a module.
pub(crate) struct Instance<'l> {
    pub(crate) declared: Rc<Declarations<'l>>,
    pub(crate) address: Arc<str>,
    pub(crate) directory: Arc<str>,
    pub(crate) parent: Option<Parent<'l>>,
    /// Calls that led here.
    pub(crate) depth: usize,
    /// It, or one that calls it, stands for any number of instances.
    pub(crate) symbolic: bool,
    pub(crate) variables: Vec<Memo<Value>>,
    /// Variables that are used and not declared, and what they are given.
    pub(crate) undeclared: HashMap<String, Memo<Option<Value>>>,
    pub(crate) locals: Vec<Memo<Value>>,
    pub(crate) outputs: Vec<Memo<Value>>,
    pub(crate) calls: Vec<Memo<Rc<Calls>>>,
    pub(crate) resources: Vec<Memo<Rc<Expanded>>>,
    pub(crate) default_tags: HashMap<String, Option<Value>>,
    pub(crate) handed_out: Vec<Reference>,
    pub(crate) partial: bool,
}

/// The call that an instance of a module comes from.
#[derive(Clone)]
pub(crate) struct Parent<'l> {
    pub(crate) module: usize,
    pub(crate) call: Declared<'l>,
    pub(crate) each: Each,
}

/// What is evaluated once.
#[derive(Clone, Default)]
pub(crate) enum Memo<T> {
    #[default]
    Open,
    Running,
    Done(T),
}

/// Which of an instance's names.
#[derive(Clone, Copy)]
pub(crate) enum Slot {
    Variable,
    Local,
    Output,
}

impl<'l> Evaluator<'l> {
    fn new(root: &str, library: &'l Library, files: &'l dyn Files, options: &'l Options) -> Self {
        let mut evaluator = Self {
            library,
            files,
            options,
            modules: Vec::new(),
            scales: Scales::default(),
            gaps: BTreeSet::new(),
            resources: 0,
            declarations: HashMap::new(),
            strict: false,
            depth: 0,
            steps: 0,
        };
        let declared = evaluator.declarations(root).unwrap_or_default();
        evaluator.modules.push(Instance::new(declared, "".into(), root.into(), None));
        evaluator
    }

    /// What the module in a directory declares; `None` where there is none.
    pub(crate) fn declarations(&mut self, directory: &str) -> Option<Rc<Declarations<'l>>> {
        if let Some(known) = self.declarations.get(directory) {
            return Some(known.clone());
        }
        let (path, found) = self.library.directory(directory)?;
        if found.files.is_empty() {
            return None;
        }
        let declared = Rc::new(Declarations::new(found));
        self.declarations.insert(path.clone(), declared.clone());
        Some(declared)
    }

    /// Evaluates all resources of a module, and of those that it calls.
    fn force(&mut self, module: usize) {
        let Some(declared) = self.modules.get(module).map(|it| it.declared.clone()) else { return };
        for number in 0..declared.resources.len() {
            self.expand(module, number);
        }
        for number in 0..declared.calls.len() {
            let calls = self.call(module, number);
            for child in calls.children() {
                self.force(child);
            }
        }
    }

    /// The value of an expression that stands by itself: where Terraform would refuse it, that is why it is unknown.
    pub(crate) fn value(&mut self, expr: &Expr, scope: &Scope<'_>) -> Value {
        let strict = std::mem::replace(&mut self.strict, false);
        let value =
            self.eval(expr, scope).unwrap_or_else(|Fault| Value::unknown(Reason::Invalid, scope.place(expr.span)));
        self.strict = strict;
        value
    }

    /// Counts a step; false when there were too many.
    pub(crate) fn step(&mut self, at: Span) -> bool {
        self.steps(1, at)
    }

    /// Counts steps; false when there were too many.
    pub(crate) fn steps(&mut self, steps: usize, at: Span) -> bool {
        let before = self.steps;
        self.steps = self.steps.saturating_add(steps as u64);
        if self.steps > STEPS {
            if before <= STEPS {
                self.limit(at);
            }
            return false;
        }
        true
    }

    /// Evaluates something one level deeper; unknown where that is too deep.
    pub(crate) fn deeper(&mut self, at: Span, work: impl FnOnce(&mut Self) -> Outcome) -> Outcome {
        if self.depth >= DEPTH {
            return Ok(self.limit(at));
        }
        self.depth = self.depth.saturating_add(1);
        let outcome = work(self);
        self.depth = self.depth.saturating_sub(1);
        outcome
    }

    /// Keeps that evaluating something would be too much work.
    pub(crate) fn limit(&mut self, at: Span) -> Value {
        self.limit_of(Limit::Work, at);
        Value::unknown(Reason::Limit, at)
    }

    /// Keeps that a limit was hit.
    pub(crate) fn limit_of(&mut self, limit: Limit, span: Span) {
        self.gaps.insert(Gap::Limit { span, limit });
    }

    /// The value, unless it is too heavy.
    pub(crate) fn weighed(&mut self, value: Value) -> Value {
        if self.scales.weigh(&value).is_too_much() { self.limit(value.span) } else { value }
    }

    /// Something with a name, evaluated once.
    pub(crate) fn remembered(
        &mut self,
        module: usize,
        slot: Slot,
        position: usize,
        at: Span,
        compute: impl FnOnce(&mut Self) -> Value,
    ) -> Value {
        match self.memo(module, slot, position) {
            None => return Value::unknown(Reason::Invalid, at),
            Some(Memo::Done(value)) => return value.clone(),
            Some(Memo::Running) => return Value::unknown(Reason::Cycle, at),
            Some(memo) => *memo = Memo::Running,
        }
        let strict = std::mem::replace(&mut self.strict, false);
        let value = compute(self);
        self.strict = strict;
        if let Some(memo) = self.memo(module, slot, position) {
            *memo = Memo::Done(value.clone());
        }
        value
    }

    fn memo(&mut self, module: usize, slot: Slot, position: usize) -> Option<&mut Memo<Value>> {
        let instance = self.modules.get_mut(module)?;
        match slot {
            Slot::Variable => instance.variables.get_mut(position),
            Slot::Local => instance.locals.get_mut(position),
            Slot::Output => instance.outputs.get_mut(position),
        }
    }

    /// A local value.
    pub(crate) fn local(&mut self, module: usize, name: &str, at: Span) -> Value {
        let declared = self.modules.get(module).map(|it| it.declared.clone());
        let found = declared.as_ref().and_then(|it| {
            let position = it.locals.position(name)?;
            Some((position, *it.locals.at(position)?))
        });
        let Some((position, attribute)) = found else { return Value::unknown(Reason::Invalid, at) };
        self.remembered(module, Slot::Local, position, at, |evaluator| {
            evaluator.value(&attribute.value, &Scope::of_module(module))
        })
    }

    /// Puts together what was found: modules in the order of their calls, resources in the order of the text.
    fn finish(mut self) -> Evaluated {
        let mut order: Vec<usize> = Vec::new();
        let mut open = vec![0usize];
        while let Some(module) = open.pop() {
            order.push(module);
            let Some(instance) = self.modules.get(module) else { continue };
            let children: Vec<usize> = instance
                .calls
                .iter()
                .filter_map(|memo| if let Memo::Done(calls) = memo { Some(calls.children()) } else { None })
                .flatten()
                .collect();
            open.extend(children.into_iter().rev());
        }
        let providers = self.providers(&order);
        let mut modules: Vec<Module> = Vec::new();
        let mut resources: Vec<Resource> = Vec::new();
        for (place, &number) in order.iter().enumerate() {
            let calls = self.calls_to(number);
            let required = providers.get(&number).cloned().unwrap_or_default();
            let configured = self.configured(number);
            let Some(instance) = self.modules.get_mut(number) else { continue };
            modules.push(Module {
                address: instance.address.clone(),
                directory: instance.directory.clone(),
                calls,
                providers: required,
                configured,
                handed_out: std::mem::take(&mut instance.handed_out),
                partial: instance.partial,
            });
            for (declaration, memo) in instance.declared.resources.iter().zip(&instance.resources) {
                let Memo::Done(expanded) = memo else { continue };
                let prefix = if declaration.mode == portcullis_model::terraform::Mode::Data { "data." } else { "" };
                let local: Arc<str> = format!("{prefix}{}.{}", declaration.kind, declaration.name).into();
                for one in &expanded.instances {
                    resources.push(Resource {
                        address: one.address.clone(),
                        local: local.clone(),
                        mode: declaration.mode,
                        kind: declaration.kind.clone(),
                        name: declaration.name.clone(),
                        body: one.body.clone(),
                        header: declaration.declared.block.header,
                        span: declaration.declared.block.span,
                        module: place,
                        symbolic: one.symbolic || instance.symbolic,
                    });
                }
            }
        }
        let gaps = self.gaps.into_iter().collect();
        Evaluated { configuration: Configuration::new(modules, resources), gaps, given: Vec::new() }
    }

    /// The `provider` blocks of a module.
    fn configured(&mut self, module: usize) -> Vec<Configured> {
        let Some(declared) = self.modules.get(module).map(|instance| instance.declared.clone()) else {
            return Vec::new();
        };
        let named = declared.providers.iter().filter_map(|it| Some((it, it.block.labels.first()?)));
        let configured = named.map(|(it, label)| Configured {
            name: label.name.as_ref().into(),
            region: it.attribute("region").map(|region| self.value(&region.value, &Scope::of_module(module))),
            header: it.block.header,
            span: it.block.span,
        });
        configured.collect()
    }

    /// What each module requires of providers; what its callers require counts too.
    fn providers(&self, order: &[usize]) -> HashMap<usize, Arc<[Provider]>> {
        let mut all: HashMap<usize, Arc<[Provider]>> = HashMap::new();
        for &number in order {
            let Some(instance) = self.modules.get(number) else { continue };
            let inherited = instance.parent.as_ref().and_then(|parent| all.get(&parent.module)).cloned();
            let own = &instance.declared.required;
            let merged = match inherited {
                Some(inherited) if own.is_empty() => inherited,
                inherited => own.iter().chain(inherited.as_deref().unwrap_or_default()).cloned().collect(),
            };
            all.insert(number, merged);
        }
        all
    }

    fn calls_to(&self, module: usize) -> Vec<Span> {
        let first = self.modules.get(module).and_then(|it| it.parent.as_ref());
        let parents = std::iter::successors(first, |parent| self.modules.get(parent.module)?.parent.as_ref());
        parents.map(|parent| parent.call.block.header).collect()
    }

    /// Whether one more instance of a resource may be kept.
    pub(crate) fn may_add_resource(&mut self, at: Span) -> bool {
        self.resources = self.resources.saturating_add(1);
        if self.resources > RESOURCES {
            self.limit_of(Limit::Configuration, at);
            return false;
        }
        true
    }
}

impl<'l> Instance<'l> {
    pub(crate) fn new(
        declared: Rc<Declarations<'l>>,
        address: Arc<str>,
        directory: Arc<str>,
        parent: Option<Parent<'l>>,
    ) -> Self {
        Self {
            address,
            directory,
            parent,
            depth: 0,
            symbolic: false,
            variables: vec![Memo::Open; declared.variables.len()],
            locals: vec![Memo::Open; declared.locals.len()],
            outputs: vec![Memo::Open; declared.outputs.len()],
            calls: vec![Memo::Open; declared.calls.len()],
            resources: vec![Memo::Open; declared.resources.len()],
            undeclared: HashMap::new(),
            default_tags: HashMap::new(),
            handed_out: Vec::new(),
            partial: declared.partial,
            declared,
        }
    }
}
