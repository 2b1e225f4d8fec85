//! Traversals: what a name stands for, and what is behind it.

use portcullis_core::Span;
use portcullis_model::terraform::{Kind, Mode, Reason, Value};
use portcullis_syntax::hcl::{Expr, ExprKind, Ident};

use crate::Fault;
use crate::access::{attribute, index};
use crate::evaluate::{Evaluator, Outcome};
use crate::provenance::used_at;
use crate::scope::{Bound, Scope};

/// A step of a traversal.
#[derive(Clone, Copy)]
pub(crate) enum Step<'e> {
    /// `.name`
    Name(&'e Ident),
    /// `[key]`
    Index(&'e Expr),
}
impl Evaluator<'_> {
    pub(crate) fn traversal(&mut self, expr: &Expr, at: Span, scope: &Scope<'_>) -> Outcome {
        let (root, steps) = steps_of(expr);
        let (mut value, used, is_named) = match &root.kind {
            ExprKind::Variable(name) => match scope.bound(name) {
                Bound::To(value) => (value.clone(), 0, false),
                Bound::Free => {
                    let (value, used) = self.named(name, &steps, at, scope)?;
                    (value, used, true)
                }
                Bound::Hidden => return Err(Fault),
            },
            _ => (self.eval(root, scope)?, 0, false),
        };
        for step in steps.iter().skip(used) {
            value = match step {
                Step::Name(name) => attribute(&value, &name.name, at)?,
                Step::Index(key) => {
                    let key = self.eval(key, scope)?;
                    index(&value, &key, at)?
                }
            };
        }
        Ok(if is_named { used_at(value, at) } else { value })
    }

    /// What a name of the module stands for, and how many of the steps after it are used up.
    fn named(&mut self, name: &str, steps: &[Step<'_>], at: Span, scope: &Scope<'_>) -> Result<(Value, usize), Fault> {
        let step = |position: usize| match steps.get(position) {
            Some(Step::Name(name)) => Some(&*name.name),
            _ => None,
        };
        let module = scope.module;
        let value = match (name, step(0)) {
            ("var", Some(name)) => (self.variable(module, name, at), 1),
            ("local", Some(name)) => (self.local(module, name, at), 1),
            ("module", Some(name)) => return self.output_of(name, steps, at, scope),
            ("data", Some(kind)) => match step(1) {
                Some(name) => (self.resource(module, Mode::Data, kind, name, at), 2),
                None => return Err(Fault),
            },
            ("ephemeral", Some(kind)) => match step(1) {
                Some(name) => (self.resource(module, Mode::Ephemeral, kind, name, at), 2),
                None => return Err(Fault),
            },
            ("resource", Some(kind)) => match step(1) {
                Some(name) => (self.resource(module, Mode::Managed, kind, name, at), 2),
                None => return Err(Fault),
            },
            ("each" | "count", Some(part)) => {
                let each = scope.each();
                let value = match (name, part) {
                    ("each", "key") => each.and_then(|each| each.key.clone()),
                    ("each", "value") => each.and_then(|each| each.value.clone()),
                    ("count", "index") => each.and_then(|each| each.index.clone()),
                    _ => None,
                };
                (value.unwrap_or_else(|| Value::unknown(Reason::Instance, at)), 1)
            }
            ("path", Some(part)) => (self.path(module, part, at), 1),
            ("terraform" | "tofu", Some(_)) => (Value::unknown(Reason::Run, at), 1),
            ("self", _) => (Value::unknown(Reason::Computed, at), 0),
            (kind, Some(name)) => (self.resource(module, Mode::Managed, kind, name, at), 1),
            // Terraform refuses a boolean in another spelling; what is meant by it is plain.
            ("True" | "TRUE", None) if !self.strict => (Value::new(Kind::Bool(true), at), 0),
            ("False" | "FALSE", None) if !self.strict => (Value::new(Kind::Bool(false), at), 0),
            (_, None) => return Err(Fault),
        };
        Ok(value)
    }

    fn path(&self, module: usize, part: &str, at: Span) -> Value {
        match part {
            "root" => Value::string(".", at),
            "module" => {
                let directory = |number: usize| self.modules.get(number).map_or("", |it| &it.directory);
                Value::string(relative(directory(0), directory(module)), at)
            }
            _ => Value::unknown(Reason::Run, at),
        }
    }
}

/// The name or expression that a traversal starts with, and its steps.
pub(crate) fn steps_of(expr: &Expr) -> (&Expr, Vec<Step<'_>>) {
    let mut steps = Vec::new();
    let mut root = expr;
    loop {
        root = match &root.kind {
            ExprKind::Attribute(access) => {
                steps.push(Step::Name(&access.name));
                &access.source
            }
            ExprKind::Index(of, key) => {
                steps.push(Step::Index(key));
                of
            }
            _ => break,
        };
    }
    steps.reverse();
    (root, steps)
}
/// The path from one directory to another.
fn relative(from: &str, to: &str) -> String {
    let steps = |path: &str| path.split('/').filter(|step| !step.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let (from, to) = (steps(from), steps(to));
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = from.iter().skip(shared).map(|_| "..".to_owned());
    let path: Vec<String> = up.chain(to.into_iter().skip(shared)).collect();
    if path.is_empty() { ".".to_owned() } else { path.join("/") }
}
