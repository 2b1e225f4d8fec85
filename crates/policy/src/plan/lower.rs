//! What is plain enough to be planned, and its plan.
//!
//! `None` means that it is not, or that it is not certain: then only the interpreter evaluates the rule. Statements are
//! taken in the order in which they are written, so every name has to have its value before it is used. A name of a body
//! must not stand for anything else anywhere in its rule.

use std::collections::{BTreeMap, BTreeSet};

use regorus::Value as Inner;
use regorus::unstable::{
    ArithOp, AssignOp, BUILTINS, Expr as Syntax, Literal, LiteralStmt, Module, Query, Ref, Rule as RuleSyntax,
    RuleBody, RuleHead, must_cache, numbers,
};
use regorus::value::Object;

use super::names::{Group, Import, Meaning, Names};
use super::{
    Body, Comprehension, Definition, Expr, Kind, Other, Parameter, Place, Program, Root, Rule, Shape, Statement, Step,
};
use crate::builtins::literals::{Form, LITERAL, Literals};
use crate::builtins::{self, COLLECTION};
use crate::module::Limits;
use crate::reference::{components, rule_path};
use crate::value::Value;

pub(super) fn program(modules: &[Ref<Module>], data: &Value, literals: &Literals, limits: Limits) -> Program {
    let names = Names::new(modules, &data.0, &literals.values);
    let mut lowered: Vec<Option<(Rule, BTreeSet<usize>)>> =
        names.groups.iter().map(|group| rule(&names, group)).collect();
    loop {
        let lost: Vec<usize> = lowered
            .iter()
            .enumerate()
            .filter(|(_, entry)| {
                let needs = entry.as_ref().map(|(_, needs)| needs);
                needs.is_some_and(|needs| needs.iter().any(|&need| !matches!(lowered.get(need), Some(Some(_)))))
            })
            .map(|(index, _)| index)
            .collect();
        if lost.is_empty() {
            break;
        }
        for index in lost {
            if let Some(entry) = lowered.get_mut(index) {
                *entry = None;
            }
        }
    }
    let mut paths = BTreeMap::new();
    for (index, (group, entry)) in names.groups.iter().zip(&lowered).enumerate() {
        if entry.as_ref().is_some_and(|(rule, _)| rule.kind != Kind::Function) {
            paths.insert(rule_path(group.package.iter().chain([&group.name])), index);
        }
    }
    let rules = lowered.into_iter().map(|entry| entry.map(|(rule, _)| rule)).collect();
    Program { rules, paths, data: data.0.clone(), limits }
}

/// A rule, and the rules and functions that it needs.
fn rule(names: &Names<'_>, group: &Group<'_>) -> Option<(Rule, BTreeSet<usize>)> {
    if !group.is_plain {
        return None;
    }
    let mut lowered: Option<Rule> = None;
    let (mut default, mut needs) = (None, BTreeSet::new());
    for definition in &group.definitions {
        match definition {
            RuleSyntax::Default { value, args, .. } => {
                let Expr::Constant(value) = Scopes::new(names, group).expr(value, None)? else { return None };
                if !args.is_empty() || default.replace(value).is_some() {
                    return None;
                }
            }
            RuleSyntax::Spec { head, bodies, .. } => {
                let mut scopes = Scopes::new(names, group);
                let (kind, definition) = scopes.definition(head, bodies)?;
                if scopes.taken.iter().any(|name| scopes.bound.contains(name)) {
                    return None;
                }
                needs.append(&mut scopes.needs);
                let rule = lowered.get_or_insert_with(|| Rule { kind, definitions: Vec::new(), default: None });
                if rule.kind != kind {
                    return None;
                }
                rule.definitions.push(definition);
            }
        }
    }
    let mut rule = lowered.unwrap_or_else(|| Rule { kind: Kind::Complete, definitions: Vec::new(), default: None });
    if default.is_some() && rule.kind != Kind::Complete {
        return None;
    }
    rule.default = default;
    let mut arities = rule.definitions.iter().map(|definition| definition.parameters.len());
    let first = arities.next();
    arities.all(|arity| Some(arity) == first).then_some((rule, needs))
}

/// The names of one definition.
struct Scopes<'n, 'm> {
    names: &'n Names<'m>,
    package: &'n [String],
    open: Vec<Scope>,
    slots: usize,
    /// Every name that got a value anywhere.
    bound: BTreeSet<String>,
    /// Every name that was taken for a rule, a function or an import.
    taken: BTreeSet<String>,
    needs: BTreeSet<usize>,
}

#[derive(Default)]
struct Scope {
    names: BTreeMap<String, usize>,
    /// Names of `some`, without a value yet.
    declared: BTreeSet<String>,
    /// Names of the scopes within that are closed.
    inner: BTreeSet<String>,
}

/// What got a value.
enum Bound {
    Name(usize),
    /// `_`.
    Nothing,
}

impl Bound {
    fn slot(self) -> Option<usize> {
        match self {
            Self::Name(slot) => Some(slot),
            Self::Nothing => None,
        }
    }
}

/// Where loops go that an expression needs; `None` where there can be none.
type Loops<'l> = Option<&'l mut Vec<Statement>>;

impl<'n, 'm> Scopes<'n, 'm> {
    fn new(names: &'n Names<'m>, group: &'n Group<'m>) -> Self {
        Self {
            names,
            package: &group.package,
            open: Vec::new(),
            slots: 0,
            bound: BTreeSet::new(),
            taken: BTreeSet::new(),
            needs: BTreeSet::new(),
        }
    }

    fn definition(&mut self, head: &RuleHead, bodies: &[RuleBody]) -> Option<(Kind, Definition)> {
        let mut parameters = Vec::new();
        self.open.push(Scope::default());
        let (kind, value) = match head {
            RuleHead::Compr { assign, .. } => (Kind::Complete, assign.as_ref().map(|assign| &assign.value)),
            RuleHead::Set { key, .. } => (Kind::Set, Some(key.as_ref()?)),
            RuleHead::Func { args, assign, .. } => {
                if args.is_empty() {
                    return None;
                }
                for argument in args {
                    parameters.push(match argument.as_ref() {
                        Syntax::Var { .. } => {
                            self.pattern(argument)?.slot().map_or(Parameter::Ignored, Parameter::Name)
                        }
                        Syntax::String { value, .. }
                        | Syntax::RawString { value, .. }
                        | Syntax::Number { value, .. }
                        | Syntax::Bool { value, .. }
                        | Syntax::Null { value, .. } => Parameter::Equal(value.clone()),
                        _ => return None,
                    });
                }
                (Kind::Function, assign.as_ref().map(|assign| &assign.value))
            }
        };
        let mut lowered = Vec::new();
        if bodies.is_empty() {
            lowered.push(self.body(&[], value)?);
        }
        for (at, body) in bodies.iter().enumerate() {
            let own = body.assign.as_ref().map(|assign| &assign.value);
            let is_expected = if at == 0 { own.is_none() } else { body.is_else && kind != Kind::Set };
            if !is_expected {
                return None;
            }
            lowered.push(self.body(&body.query.stmts, if at == 0 { value } else { own })?);
        }
        Some((kind, Definition { parameters, slots: self.slots, bodies: lowered }))
    }

    fn body(&mut self, statements: &[LiteralStmt], value: Option<&Ref<Syntax>>) -> Option<Body> {
        self.open.push(Scope::default());
        let statements = self.statements(statements)?;
        let value = match value {
            Some(value) => Some(self.expr(value, None)?),
            None => None,
        };
        self.close();
        Some(Body { statements, value })
    }

    /// The last scope ends.
    fn close(&mut self) {
        let Some(closed) = self.open.pop() else { return };
        if let Some(around) = self.open.last_mut() {
            around.inner.extend(closed.inner);
            around.inner.extend(closed.names.into_keys());
        }
    }

    fn statements(&mut self, statements: &[LiteralStmt]) -> Option<Vec<Statement>> {
        let mut lowered = Vec::new();
        for statement in statements {
            if !statement.with_mods.is_empty() {
                return None;
            }
            self.statement(&statement.literal, &mut lowered)?;
        }
        Some(lowered)
    }

    fn statement(&mut self, literal: &Literal, lowered: &mut Vec<Statement>) -> Option<()> {
        let statement = match literal {
            Literal::SomeVars { vars, .. } => {
                return vars.iter().try_for_each(|name| self.declare(name.text()));
            }
            Literal::SomeIn { key, value, collection, .. } => {
                let collection = self.expr(collection, Some(&mut *lowered))?;
                let key = match key {
                    Some(key) => self.pattern(key)?.slot(),
                    None => None,
                };
                Statement::Each { collection, key, value: self.pattern(value)?.slot(), other: Other::Fault }
            }
            Literal::Every { key, value, domain, query, .. } => {
                let collection = self.expr(domain, None)?;
                self.open.push(Scope::default());
                let key = match key {
                    Some(key) => self.name(key.text())?.slot(),
                    None => None,
                };
                let value = self.name(value.text())?.slot();
                let body = self.statements(&query.stmts)?;
                self.close();
                Statement::Every { collection, key, value, body }
            }
            Literal::NotExpr { expr, .. } => Statement::Not(self.expr(expr, None)?),
            Literal::Expr { expr, .. } => match expr.as_ref() {
                Syntax::AssignExpr { op: AssignOp::ColEq, lhs, rhs, .. } => {
                    let value = self.expr(rhs, Some(&mut *lowered))?;
                    Statement::Let(self.pattern(lhs)?.slot()?, value)
                }
                Syntax::AssignExpr { op: AssignOp::Eq, lhs, rhs, .. } => self.unify(lhs, rhs, lowered)?,
                _ => Statement::Test(self.expr(expr, Some(&mut *lowered))?),
            },
        };
        lowered.push(statement);
        Some(())
    }

    fn unify(&mut self, lhs: &Ref<Syntax>, rhs: &Ref<Syntax>, lowered: &mut Vec<Statement>) -> Option<Statement> {
        match (self.is_open(lhs), self.is_open(rhs)) {
            (true, false) => {
                let value = self.expr(rhs, Some(&mut *lowered))?;
                Some(Statement::Let(self.pattern(lhs)?.slot()?, value))
            }
            (false, true) => {
                let value = self.expr(lhs, Some(&mut *lowered))?;
                Some(Statement::Let(self.pattern(rhs)?.slot()?, value))
            }
            (true, true) => None,
            (false, false) => {
                let is_pattern =
                    |side: &Syntax| matches!(side, Syntax::Array { .. } | Syntax::Set { .. } | Syntax::Object { .. });
                if is_pattern(lhs) || is_pattern(rhs) {
                    return None;
                }
                let (lhs, rhs) = (self.expr(lhs, Some(&mut *lowered))?, self.expr(rhs, Some(&mut *lowered))?);
                Some(Statement::Test(Expr::Compare(regorus::unstable::BoolOp::Eq, Box::new(lhs), Box::new(rhs))))
            }
        }
    }

    /// A name that gets a value, or `_`.
    fn pattern(&mut self, pattern: &Syntax) -> Option<Bound> {
        let Syntax::Var { span, .. } = pattern else { return None };
        self.name(span.text())
    }

    fn name(&mut self, name: &str) -> Option<Bound> {
        if name == "_" {
            return Some(Bound::Nothing);
        }
        let around = self.open.len().saturating_sub(1);
        let is_known = self
            .open
            .iter()
            .enumerate()
            .any(|(at, scope)| scope.names.contains_key(name) || (at < around && scope.declared.contains(name)));
        let scope = self.open.last_mut()?;
        if is_known || scope.inner.contains(name) || matches!(name, "input" | "data") {
            return None;
        }
        scope.declared.remove(name);
        scope.names.insert(name.to_owned(), self.slots);
        self.bound.insert(name.to_owned());
        Some(Bound::Name(self.slot()))
    }

    fn slot(&mut self) -> usize {
        let slot = self.slots;
        self.slots = self.slots.saturating_add(1);
        slot
    }

    /// A name of `some`.
    fn declare(&mut self, name: &str) -> Option<()> {
        let is_known = self.open.iter().any(|scope| scope.names.contains_key(name) || scope.declared.contains(name));
        let scope = self.open.last_mut()?;
        if is_known || scope.inner.contains(name) || matches!(name, "input" | "data" | "_") {
            return None;
        }
        scope.declared.insert(name.to_owned());
        self.bound.insert(name.to_owned());
        Some(())
    }

    fn local(&self, name: &str) -> Option<usize> {
        self.open.iter().rev().find_map(|scope| scope.names.get(name).copied())
    }

    fn is_declared(&self, name: &str) -> bool {
        self.open.iter().any(|scope| scope.declared.contains(name))
    }

    /// Whether an expression is a name that nothing gave a value.
    fn is_open(&self, expr: &Syntax) -> bool {
        let Syntax::Var { span, .. } = expr else { return false };
        let name = span.text();
        self.local(name).is_none()
            && !matches!(name, "input" | "data")
            && (self.is_declared(name)
                || (self.names.own(self.package, name).is_none() && self.names.import(self.package, name).is_none()))
    }

    fn expr(&mut self, expr: &Ref<Syntax>, mut loops: Loops<'_>) -> Option<Expr> {
        Some(match expr.as_ref() {
            Syntax::String { value, .. }
            | Syntax::RawString { value, .. }
            | Syntax::Number { value, .. }
            | Syntax::Bool { value, .. }
            | Syntax::Null { value, .. } => Expr::Constant(value.clone()),
            Syntax::Var { .. } | Syntax::RefDot { .. } | Syntax::RefBrack { .. } => self.reference(expr, loops)?,
            Syntax::Array { items, .. } => array(self.all(items, loops)?),
            Syntax::Set { items, .. } => set(self.all(items, loops)?),
            Syntax::Object { fields, .. } => {
                let mut lowered = Vec::with_capacity(fields.len());
                for (_, key, value) in fields {
                    lowered.push((self.expr(key, loops.as_deref_mut())?, self.expr(value, loops.as_deref_mut())?));
                }
                object(lowered)
            }
            Syntax::ArrayCompr { term, query, .. } => {
                self.comprehension(query, |scopes| Some(Shape::Array(scopes.expr(term, None)?)))?
            }
            Syntax::SetCompr { term, query, .. } => {
                self.comprehension(query, |scopes| Some(Shape::Set(scopes.expr(term, None)?)))?
            }
            Syntax::ObjectCompr { key, value, query, .. } => self.comprehension(query, |scopes| {
                Some(Shape::Object(scopes.expr(key, None)?, scopes.expr(value, None)?))
            })?,
            Syntax::Call { span, fcn, params, .. } => {
                let arguments = self.all(params, loops)?;
                self.call(fcn, arguments, Place { span: span.clone(), operands: params.clone() })?
            }
            Syntax::UnaryExpr { span, expr: operand, .. } => {
                let Syntax::Number { value, .. } = operand.as_ref() else { return None };
                let zero = Inner::from(0);
                let negated =
                    numbers::arithmetic_operation(span, &ArithOp::Sub, expr, operand, zero, value.clone(), false);
                Expr::Constant(negated.ok().filter(|_| !operand.span().text().starts_with('-'))?)
            }
            Syntax::BoolExpr { op, lhs, rhs, .. } => {
                let (lhs, rhs) = (self.expr(lhs, loops.as_deref_mut())?, self.expr(rhs, loops)?);
                Expr::Compare(op.clone(), Box::new(lhs), Box::new(rhs))
            }
            Syntax::ArithExpr { span, op, lhs, rhs, .. } => {
                let place = Place { span: span.clone(), operands: vec![lhs.clone(), rhs.clone()] };
                let (lhs, rhs) = (self.expr(lhs, loops.as_deref_mut())?, self.expr(rhs, loops)?);
                Expr::Arithmetic(op.clone(), Box::new(lhs), Box::new(rhs), place)
            }
            Syntax::BinExpr { span, op, lhs, rhs, .. } => {
                let place = Place { span: span.clone(), operands: vec![lhs.clone(), rhs.clone()] };
                let (lhs, rhs) = (self.expr(lhs, loops.as_deref_mut())?, self.expr(rhs, loops)?);
                Expr::Sets(op.clone(), Box::new(lhs), Box::new(rhs), place)
            }
            Syntax::Membership { key: None, value, collection, .. } => {
                let (value, collection) = (self.expr(value, loops.as_deref_mut())?, self.expr(collection, loops)?);
                Expr::In(Box::new(value), Box::new(collection))
            }
            Syntax::Membership { .. } | Syntax::AssignExpr { .. } => return None,
        })
    }

    fn all(&mut self, items: &[Ref<Syntax>], mut loops: Loops<'_>) -> Option<Vec<Expr>> {
        items.iter().map(|item| self.expr(item, loops.as_deref_mut())).collect()
    }

    fn comprehension(&mut self, query: &Query, shape: impl FnOnce(&mut Self) -> Option<Shape>) -> Option<Expr> {
        self.open.push(Scope::default());
        let statements = self.statements(&query.stmts)?;
        let shape = shape(self)?;
        self.close();
        Some(Expr::Comprehension(Box::new(Comprehension { statements, shape })))
    }

    fn call(&mut self, function: &Syntax, mut arguments: Vec<Expr>, place: Place) -> Option<Expr> {
        let path = components(function)?;
        let first = path.first()?;
        let meaning = if first == "data" {
            Some((self.names.path(&path)?, path.len()))
        } else if let Some(target) = self.names.import(self.package, first) {
            let Import::Path(target) = target else { return None };
            let target: Vec<String> = target.iter().chain(path.iter().skip(1)).cloned().collect();
            self.taken.insert(first.clone());
            let is_data = target.first().is_some_and(|first| first == "data");
            Some((self.names.path(&target).filter(|_| is_data)?, target.len()))
        } else {
            self.names.own(self.package, first).map(|meaning| (meaning, path.len()))
        };
        if let Some((meaning, written)) = meaning {
            let Meaning::Function(index, own) = meaning else { return None };
            let arity = self.names.groups.get(index)?.arity()?;
            self.needs.insert(index);
            return (own == written && arity == arguments.len()).then_some(Expr::Function(index, arguments));
        }
        let name = path.join(".");
        if name == COLLECTION {
            let argument = arguments.pop().filter(|_| arguments.is_empty())?;
            return Some(Expr::Collection(Box::new(argument)));
        }
        if name == LITERAL {
            let Some(Expr::Constant(number)) = arguments.first() else { return None };
            return self.names.literals.get(usize::try_from(number.as_u64().ok()?).ok()?).cloned().map(Expr::Constant);
        }
        match Form::of(&name) {
            Some(Form::Array) => return Some(array(arguments)),
            Some(Form::Set) => return Some(set(arguments)),
            Some(Form::Object) => {
                let (mut fields, mut arguments) = (Vec::new(), arguments.into_iter());
                while let (Some(key), Some(value)) = (arguments.next(), arguments.next()) {
                    fields.push((key, value));
                }
                return Some(object(fields));
            }
            None => {}
        }
        if let Some(ours) = builtins::all().find(|builtin| builtin.name == name) {
            return (usize::from(ours.arity) == arguments.len()).then_some(Expr::Ours(ours, arguments));
        }
        // What gives many values, or another one each time, or is seen from outside.
        if matches!(name.as_str(), "walk" | "print" | "trace" | "http.send") || must_cache(&name).is_some() {
            return None;
        }
        let &builtin = BUILTINS.get(name.as_str())?;
        (usize::from(builtin.1) == arguments.len()).then_some(Expr::Builtin(builtin, arguments, place))
    }

    fn reference(&mut self, expr: &Ref<Syntax>, mut loops: Loops<'_>) -> Option<Expr> {
        let mut parts = Vec::new();
        let mut next = expr;
        let name = loop {
            match next.as_ref() {
                Syntax::Var { span, .. } => break Some(span.text()),
                Syntax::RefDot { refr, field, .. } => {
                    parts.push(Part::Field(field.0.text()));
                    next = refr;
                }
                Syntax::RefBrack { refr, index, .. } => {
                    parts.push(match index.as_ref() {
                        Syntax::String { value, .. } => Part::Field(value.as_string().ok()?),
                        _ => Part::Index(index),
                    });
                    next = refr;
                }
                _ => break None,
            }
        };
        parts.reverse();
        let (mut root, mut steps, own) = match name {
            Some(name) => self.root(name, &parts)?,
            None => (Root::Value(Box::new(self.expr(next, loops.as_deref_mut())?)), Vec::new(), 0),
        };
        for part in parts.into_iter().skip(own) {
            match part {
                Part::Field(field) => steps.push(Step::Key(Inner::from(field))),
                Part::Index(index) if self.is_open(index) => {
                    let key = self.pattern(index)?.slot();
                    let slot = self.slot();
                    let collection = whole(root, steps);
                    loops.as_deref_mut()?.push(Statement::Each {
                        collection,
                        key,
                        value: Some(slot),
                        other: Other::Empty,
                    });
                    (root, steps) = (Root::Local(slot), Vec::new());
                }
                Part::Index(index) => steps.push(Step::Index(self.expr(index, loops.as_deref_mut())?)),
            }
        }
        Some(whole(root, steps))
    }

    /// What a reference starts with, the steps that an import stands for, and how many of the parts are the start's own.
    fn root(&mut self, name: &str, parts: &[Part<'_>]) -> Option<(Root, Vec<Step>, usize)> {
        if let Some(slot) = self.local(name) {
            return Some((Root::Local(slot), Vec::new(), 0));
        }
        if self.is_declared(name) {
            return None;
        }
        if name == "input" {
            return Some((Root::Input, Vec::new(), 0));
        }
        let fields: Vec<String> = parts
            .iter()
            .map_while(|part| if let Part::Field(field) = part { Some((*field).to_owned()) } else { None })
            .collect();
        if name == "data" {
            return self.below_data(&[name.to_owned()], &fields);
        }
        let import = self.names.import(self.package, name);
        self.taken.insert(name.to_owned());
        if let Some(meaning) = self.names.own(self.package, name) {
            let Meaning::Rule(index, _) = meaning else { return None };
            self.needs.insert(index);
            return import.is_none().then_some((Root::Rule(index), Vec::new(), 0));
        }
        let Import::Path(target) = import? else { return None };
        match target.first()?.as_str() {
            "input" => {
                let steps = target.iter().skip(1).map(|key| Step::Key(Inner::from(key.as_str()))).collect();
                Some((Root::Input, steps, 0))
            }
            "data" => self.below_data(target, &fields),
            _ => None,
        }
    }

    fn below_data(&mut self, start: &[String], fields: &[String]) -> Option<(Root, Vec<Step>, usize)> {
        let path: Vec<String> = start.iter().chain(fields).cloned().collect();
        let steps = |skip: usize| start.iter().skip(skip).map(|key| Step::Key(Inner::from(key.as_str()))).collect();
        match self.names.path(&path)? {
            Meaning::Rule(index, own) => {
                self.needs.insert(index);
                Some((Root::Rule(index), steps(own), own.saturating_sub(start.len())))
            }
            Meaning::Function(..) => None,
            Meaning::Data => Some((Root::Data, steps(1), 0)),
        }
    }
}

enum Part<'s> {
    Field(&'s str),
    Index(&'s Ref<Syntax>),
}

impl Group<'_> {
    fn arity(&self) -> Option<usize> {
        self.definitions.iter().find_map(|rule| match rule {
            RuleSyntax::Spec { head: RuleHead::Func { args, .. }, .. } => Some(args.len()),
            _ => None,
        })
    }
}

fn whole(root: Root, steps: Vec<Step>) -> Expr {
    match root {
        Root::Local(slot) if steps.is_empty() => Expr::Local(slot),
        root => Expr::Reference(root, steps),
    }
}

fn constant(expr: &Expr) -> Option<Inner> {
    if let Expr::Constant(value) = expr { Some(value.clone()) } else { None }
}

fn array(items: Vec<Expr>) -> Expr {
    match items.iter().map(constant).collect::<Option<Vec<_>>>() {
        Some(items) => Expr::Constant(Inner::from(items)),
        None => Expr::Array(items),
    }
}

fn set(items: Vec<Expr>) -> Expr {
    match items.iter().map(constant).collect::<Option<BTreeSet<_>>>() {
        Some(items) => Expr::Constant(Inner::from(items)),
        None => Expr::Set(items),
    }
}

fn object(fields: Vec<(Expr, Expr)>) -> Expr {
    let constants = fields.iter().map(|(key, value)| Some((constant(key)?, constant(value)?)));
    match constants.collect::<Option<Vec<_>>>() {
        Some(fields) => {
            let mut object = Object::new();
            for (key, value) in fields {
                object.insert(key, value);
            }
            Expr::Constant(object.into_value())
        }
        None => Expr::Object(fields),
    }
}
