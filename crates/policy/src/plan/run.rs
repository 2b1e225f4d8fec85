//! Plans, evaluated.
//!
//! What the interpreter would do is done, or nothing: [`GivenUp`] leaves the rule to it. A rule has a number of steps and
//! the time that an evaluation has; the interpreter is the one that says so where they do not suffice.

use std::cell::{Cell, OnceCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use regorus::unstable::{ArithOp, BinOp, comparison, numbers, sets};
use regorus::value::{Object, Set};
use regorus::{LimitError, Value as Inner};

use super::{
    Body, Comprehension, Definition, Expr, Kind, Other, Parameter, Place, Program, Root, Rule, Shape, Statement, Step,
};
use crate::builtins::{Builtin, Refusal, size};
use crate::value::Value;

/// The interpreter has to be asked.
#[derive(Debug)]
struct GivenUp;

type Outcome<T> = Result<T, GivenUp>;

/// Whether more solutions are wanted.
#[derive(Clone, Copy, PartialEq)]
enum Wanted {
    More,
    No,
}

/// Statements, elements and calls of one rule that is asked for.
const MOST_STEPS: u32 = 1 << 20;
/// Steps between two looks at the clock.
const CLOCK_INTERVAL: u32 = 1 << 12;
/// Rules and functions within one another.
const MOST_DEPTH: u32 = 64;

pub(super) fn values(program: &Program, rules: impl Iterator<Item = usize>, input: &Inner) -> Vec<Option<Value>> {
    let run = Run {
        program,
        input,
        values: program.rules.iter().map(|_| OnceCell::new()).collect(),
        steps: Cell::new(0),
        depth: Cell::new(0),
        until: Cell::new(None),
    };
    rules.map(|rule| run.asked(rule)).collect()
}

/// One evaluation: rules that others need are evaluated once.
struct Run<'p> {
    program: &'p Program,
    input: &'p Inner,
    values: Vec<OnceCell<Inner>>,
    steps: Cell<u32>,
    depth: Cell<u32>,
    /// When the time is over; known from the first look at the clock on.
    until: Cell<Option<Instant>>,
}

impl Run<'_> {
    fn asked(&self, rule: usize) -> Option<Value> {
        self.steps.set(0);
        self.depth.set(0);
        self.until.set(None);
        size::start();
        // Functions may panic. Nothing is kept of a rule that was not finished.
        let value = catch_unwind(AssertUnwindSafe(|| self.rule(rule).cloned())).ok()?.ok()?;
        (!size::exceeds(&value, &self.program.limits)).then_some(Value(value))
    }

    fn step(&self) -> Outcome<()> {
        let steps = self.steps.get().saturating_add(1);
        self.steps.set(steps);
        if !steps.is_multiple_of(CLOCK_INTERVAL) {
            return Ok(());
        }
        let now = Instant::now();
        let until = self.until.get().or_else(|| now.checked_add(self.program.limits.time));
        self.until.set(until);
        let is_over = until.is_some_and(|until| now >= until);
        if is_over || steps >= MOST_STEPS { Err(GivenUp) } else { Ok(()) }
    }

    fn rule(&self, index: usize) -> Outcome<&Inner> {
        let cell = self.values.get(index).ok_or(GivenUp)?;
        if let Some(value) = cell.get() {
            return Ok(value);
        }
        let rule = self.program.rules.get(index).and_then(Option::as_ref).ok_or(GivenUp)?;
        self.enter()?;
        let value = match rule.kind {
            Kind::Set => self.set(rule)?,
            Kind::Complete => self.complete(rule)?,
            Kind::Function => return Err(GivenUp),
        };
        self.leave();
        Ok(cell.get_or_init(|| value))
    }

    fn enter(&self) -> Outcome<()> {
        let depth = self.depth.get().saturating_add(1);
        self.depth.set(depth);
        if depth > MOST_DEPTH { Err(GivenUp) } else { Ok(()) }
    }

    fn leave(&self) {
        self.depth.set(self.depth.get().saturating_sub(1));
    }

    fn set(&self, rule: &Rule) -> Outcome<Inner> {
        let mut set = Set::new();
        for definition in &rule.definitions {
            let mut frame = frame(definition);
            for body in &definition.bodies {
                let (mut count, mut undefined) = (0_u32, false);
                self.solve(&body.statements, &mut frame, &mut |frame| {
                    count = count.saturating_add(1);
                    match self.given(body, frame)? {
                        Inner::Undefined => undefined = true,
                        value => {
                            set.insert(value);
                        }
                    }
                    Ok(wanted(body))
                })?;
                // The interpreter forgets what it found before, and fails at what it finds behind.
                if undefined && count > 1 {
                    return Err(GivenUp);
                }
            }
        }
        Ok(set.into_value())
    }

    fn complete(&self, rule: &Rule) -> Outcome<Inner> {
        let mut value = Inner::Undefined;
        for definition in &rule.definitions {
            let found = self.bodies(definition, &mut frame(definition), Kind::Complete)?;
            merge(&mut value, found)?;
        }
        Ok(match (value, &rule.default) {
            (Inner::Undefined, Some(default)) => default.clone(),
            (value, _) => value,
        })
    }

    /// The value of the first body that holds.
    fn bodies(&self, definition: &Definition, frame: &mut [Inner], kind: Kind) -> Outcome<Inner> {
        let mut left = definition.bodies.len();
        for body in &definition.bodies {
            left = left.saturating_sub(1);
            let (mut value, mut count, mut undefined) = (Inner::Undefined, 0_u32, false);
            self.solve(&body.statements, frame, &mut |frame| {
                count = count.saturating_add(1);
                let found = self.given(body, frame)?;
                undefined |= found == Inner::Undefined;
                merge(&mut value, found)?;
                Ok(if kind == Kind::Complete { wanted(body) } else { Wanted::More })
            })?;
            // Whether a body holds that gives nothing is another question for each kind of rule.
            if undefined && (left > 0 || (kind == Kind::Complete && count > 1)) {
                return Err(GivenUp);
            }
            if count > 0 {
                return Ok(value);
            }
        }
        Ok(Inner::Undefined)
    }

    fn given(&self, body: &Body, frame: &mut [Inner]) -> Outcome<Inner> {
        match &body.value {
            Some(value) => self.eval(value, frame),
            None => Ok(Inner::Bool(true)),
        }
    }

    fn function(&self, index: usize, arguments: &[Inner]) -> Outcome<Inner> {
        let rule = self.program.rules.get(index).and_then(Option::as_ref).ok_or(GivenUp)?;
        self.step()?;
        self.enter()?;
        let mut value = Inner::Undefined;
        for definition in &rule.definitions {
            let mut frame = frame(definition);
            let fits = definition.parameters.iter().zip(arguments).all(|(parameter, argument)| match parameter {
                Parameter::Name(slot) => put(&mut frame, Some(*slot), || argument.clone()),
                Parameter::Ignored => true,
                Parameter::Equal(expected) => expected == argument,
            });
            if fits {
                let found = self.bodies(definition, &mut frame, Kind::Function)?;
                merge(&mut value, found)?;
            }
        }
        self.leave();
        Ok(value)
    }

    /// Calls for each way in which the statements hold.
    fn solve(
        &self,
        statements: &[Statement],
        frame: &mut [Inner],
        found: &mut dyn FnMut(&mut [Inner]) -> Outcome<Wanted>,
    ) -> Outcome<Wanted> {
        let mut left = statements;
        while let Some((statement, rest)) = left.split_first() {
            left = rest;
            self.step()?;
            let holds = match statement {
                Statement::Test(expr) => self.holds(expr, frame)?,
                Statement::Not(expr) => !self.holds(expr, frame)?,
                Statement::Let(slot, expr) => {
                    let value = self.eval(expr, frame)?;
                    let is_defined = value != Inner::Undefined;
                    put(frame, Some(*slot), || value) && is_defined
                }
                Statement::Each { collection, key, value, other } => {
                    let collection = self.eval(collection, frame)?;
                    return self.each(&collection, *other, &mut |at, element| {
                        put(frame, *key, || at.value());
                        put(frame, *value, || element.clone());
                        self.solve(rest, frame, &mut *found)
                    });
                }
                Statement::Every { collection, key, value, body } => {
                    let collection = self.eval(collection, frame)?;
                    let mut holds = is_collection(&collection);
                    self.each(&collection, Other::Empty, &mut |at, element| {
                        put(frame, *key, || at.value());
                        put(frame, *value, || element.clone());
                        let solved = self.solve(body, frame, &mut |_| Ok(Wanted::No))?;
                        holds &= solved == Wanted::No;
                        Ok(if holds { Wanted::More } else { Wanted::No })
                    })?;
                    holds
                }
            };
            if !holds {
                return Ok(Wanted::More);
            }
        }
        found(frame)
    }

    fn each(
        &self,
        collection: &Inner,
        other: Other,
        visit: &mut dyn FnMut(Key<'_>, &Inner) -> Outcome<Wanted>,
    ) -> Outcome<Wanted> {
        let mut visit = |key: Key<'_>, element: &Inner| {
            self.step()?;
            visit(key, element)
        };
        match collection {
            Inner::Array(items) => {
                for (at, element) in items.iter().enumerate() {
                    if visit(Key::At(at), element)? == Wanted::No {
                        return Ok(Wanted::No);
                    }
                }
            }
            Inner::Set(items) => {
                for element in items.iter() {
                    if visit(Key::Is(element), element)? == Wanted::No {
                        return Ok(Wanted::No);
                    }
                }
            }
            Inner::Object(entries) => {
                for (key, element) in entries.iter() {
                    if visit(Key::Is(key), element)? == Wanted::No {
                        return Ok(Wanted::No);
                    }
                }
            }
            Inner::Undefined => {}
            _ if other == Other::Fault => return Err(GivenUp),
            _ => {}
        }
        Ok(Wanted::More)
    }

    fn holds(&self, expr: &Expr, frame: &mut [Inner]) -> Outcome<bool> {
        let is_true = |value: &Inner| !matches!(value, Inner::Undefined | Inner::Bool(false));
        if let Some(value) = self.seen(expr, frame)? {
            return Ok(is_true(value));
        }
        Ok(is_true(&self.eval(expr, frame)?))
    }

    /// The value of what is there without anything being made; `None` for all else.
    fn seen<'s>(&'s self, expr: &'s Expr, frame: &'s [Inner]) -> Outcome<Option<&'s Inner>> {
        match expr {
            Expr::Constant(value) => Ok(Some(value)),
            Expr::Local(slot) => Ok(frame.get(*slot)),
            Expr::Reference(root, steps) => {
                let mut value = match root {
                    Root::Input => self.input,
                    Root::Data => &self.program.data,
                    Root::Rule(index) => self.rule(*index)?,
                    Root::Local(slot) => frame.get(*slot).ok_or(GivenUp)?,
                    Root::Value(expr) => match self.seen(expr, frame)? {
                        Some(value) => value,
                        None => return Ok(None),
                    },
                };
                for step in steps {
                    value = match step {
                        Step::Key(key) => &value[key],
                        Step::Index(index) => match self.seen(index, frame)? {
                            Some(index) => looked_up(root, value, index)?,
                            None => return Ok(None),
                        },
                    };
                }
                Ok(Some(value))
            }
            _ => Ok(None),
        }
    }

    fn eval(&self, expr: &Expr, frame: &mut [Inner]) -> Outcome<Inner> {
        if let Some(value) = self.seen(expr, frame)? {
            return Ok(value.clone());
        }
        Ok(match expr {
            Expr::Constant(_) | Expr::Local(_) => return Err(GivenUp),
            Expr::Reference(root, steps) => {
                let mut value = match root {
                    Root::Input => self.input.clone(),
                    Root::Data => self.program.data.clone(),
                    Root::Rule(index) => self.rule(*index)?.clone(),
                    Root::Local(slot) => frame.get(*slot).cloned().ok_or(GivenUp)?,
                    Root::Value(expr) => self.eval(expr, frame)?,
                };
                for step in steps {
                    let next = match step {
                        Step::Key(key) => value[key].clone(),
                        Step::Index(index) => looked_up(root, &value, &self.eval(index, frame)?)?.clone(),
                    };
                    value = next;
                }
                value
            }
            Expr::Array(items) => match self.defined(items, frame)? {
                Some(items) => Inner::from(items),
                None => Inner::Undefined,
            },
            Expr::Set(items) => match self.defined(items, frame)? {
                Some(items) => {
                    let mut set = Set::new();
                    for item in items {
                        set.insert(item);
                    }
                    set.into_value()
                }
                None => Inner::Undefined,
            },
            Expr::Object(fields) => {
                let mut object = Object::new();
                for (key, value) in fields {
                    let (key, value) = (self.eval(key, frame)?, self.eval(value, frame)?);
                    if key == Inner::Undefined || value == Inner::Undefined {
                        return Ok(Inner::Undefined);
                    }
                    object.insert(key, value);
                }
                object.into_value()
            }
            Expr::Compare(op, lhs, rhs) => {
                if let (Some(lhs), Some(rhs)) = (self.seen(lhs, frame)?, self.seen(rhs, frame)?) {
                    return compare(op, lhs, rhs);
                }
                let (lhs, rhs) = (self.eval(lhs, frame)?, self.eval(rhs, frame)?);
                compare(op, &lhs, &rhs)?
            }
            Expr::Arithmetic(op, lhs, rhs, place) => {
                let (lhs, rhs) = (self.eval(lhs, frame)?, self.eval(rhs, frame)?);
                if lhs == Inner::Undefined || rhs == Inner::Undefined {
                    return Ok(Inner::Undefined);
                }
                arithmetic(op, lhs, rhs, place)?
            }
            Expr::Sets(op, lhs, rhs, place) => {
                let (lhs, rhs) = (self.eval(lhs, frame)?, self.eval(rhs, frame)?);
                let [left, right] = place.operands.as_slice() else { return Err(GivenUp) };
                if lhs == Inner::Undefined || rhs == Inner::Undefined {
                    return Ok(Inner::Undefined);
                }
                let result = match op {
                    BinOp::Union => sets::union(left, right, lhs, rhs),
                    BinOp::Intersection => sets::intersection(left, right, lhs, rhs),
                };
                result.map_err(|_| GivenUp)?
            }
            Expr::In(value, collection) => {
                if let (Some(value), Some(collection)) = (self.seen(value, frame)?, self.seen(collection, frame)?) {
                    return Ok(Inner::Bool(contains(collection, value)));
                }
                let (value, collection) = (self.eval(value, frame)?, self.eval(collection, frame)?);
                Inner::Bool(contains(&collection, &value))
            }
            Expr::Comprehension(comprehension) => self.comprehension(comprehension, frame)?,
            Expr::Function(index, arguments) => match self.defined(arguments, frame)? {
                Some(arguments) => self.function(*index, &arguments)?,
                None => Inner::Undefined,
            },
            Expr::Builtin((function, _), arguments, place) => match self.defined(arguments, frame)? {
                Some(arguments) => {
                    self.step()?;
                    match function(&place.span, &place.operands, &arguments, false) {
                        Ok(value) => value,
                        Err(error) if error.downcast_ref::<LimitError>().is_some() => return Err(GivenUp),
                        Err(_) => Inner::Undefined,
                    }
                }
                None => Inner::Undefined,
            },
            Expr::Ours(builtin, arguments) => match self.defined(arguments, frame)? {
                Some(arguments) => self.ours(builtin, &arguments)?,
                None => Inner::Undefined,
            },
            Expr::Collection(expr) => {
                let value = self.eval(expr, frame)?;
                if is_collection(&value) { value } else { Inner::Undefined }
            }
        })
    }

    /// All values, or nothing where one is undefined. The interpreter evaluates all arguments as well before it looks.
    fn defined(&self, items: &[Expr], frame: &mut [Inner]) -> Outcome<Option<Vec<Inner>>> {
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            values.push(self.eval(item, frame)?);
        }
        Ok((!values.contains(&Inner::Undefined)).then_some(values))
    }

    fn ours(&self, builtin: &Builtin, arguments: &[Inner]) -> Outcome<Inner> {
        self.step()?;
        match (builtin.call)(arguments, &self.program.limits) {
            Ok(value) if size::spend(&value, &self.program.limits) => Ok(value),
            Err(Refusal::Arguments(_)) => Ok(Inner::Undefined),
            Ok(_) | Err(Refusal::Limit) => Err(GivenUp),
        }
    }

    fn comprehension(&self, comprehension: &Comprehension, frame: &mut [Inner]) -> Outcome<Inner> {
        let statements = &comprehension.statements;
        Ok(match &comprehension.shape {
            Shape::Array(term) => {
                let mut items = Vec::new();
                self.solve(statements, frame, &mut |frame| {
                    items.push(self.eval(term, frame)?);
                    Ok(Wanted::More)
                })?;
                items.retain(|item| *item != Inner::Undefined);
                Inner::from(items)
            }
            Shape::Set(term) => {
                let mut set = Set::new();
                self.solve(statements, frame, &mut |frame| {
                    match self.eval(term, frame)? {
                        Inner::Undefined => {}
                        value => {
                            set.insert(value);
                        }
                    }
                    Ok(Wanted::More)
                })?;
                set.into_value()
            }
            Shape::Object(key, value) => {
                let mut object = Object::new();
                self.solve(statements, frame, &mut |frame| {
                    let (key, value) = (self.eval(key, frame)?, self.eval(value, frame)?);
                    if key == Inner::Undefined || value == Inner::Undefined {
                        return Ok(Wanted::More);
                    }
                    match object.get(&key) {
                        Some(known) if *known != value => Err(GivenUp),
                        _ => {
                            object.insert(key, value);
                            Ok(Wanted::More)
                        }
                    }
                })?;
                object.into_value()
            }
        })
    }
}

/// The key of an element: its number, or a value; elements of sets are their own.
enum Key<'v> {
    At(usize),
    Is(&'v Inner),
}

impl Key<'_> {
    fn value(self) -> Inner {
        match self {
            Self::At(at) => Inner::from(at),
            Self::Is(value) => value.clone(),
        }
    }
}

fn frame(definition: &Definition) -> Vec<Inner> {
    vec![Inner::Undefined; definition.slots]
}

/// Gives a name its value, if it is a name.
fn put(frame: &mut [Inner], slot: Option<usize>, value: impl FnOnce() -> Inner) -> bool {
    match slot.map(|slot| frame.get_mut(slot)) {
        Some(Some(place)) => {
            *place = value();
            true
        }
        Some(None) => false,
        None => true,
    }
}

/// Two values for one rule are a fault.
fn merge(value: &mut Inner, found: Inner) -> Outcome<()> {
    match (&*value, &found) {
        (_, Inner::Undefined) => Ok(()),
        (Inner::Undefined, _) => {
            *value = found;
            Ok(())
        }
        (known, found) if known == found => Ok(()),
        _ => Err(GivenUp),
    }
}

/// The interpreter looks no further where what a body gives is written out.
fn wanted(body: &Body) -> Wanted {
    match &body.value {
        None => Wanted::No,
        Some(Expr::Constant(value)) if !is_collection(value) => Wanted::No,
        Some(_) => Wanted::More,
    }
}

fn is_collection(value: &Inner) -> bool {
    matches!(value, Inner::Array(_) | Inner::Set(_) | Inner::Object(_))
}

/// Below `data` the interpreter takes a number that is no key for the text of its digits.
fn looked_up<'v>(root: &Root, value: &'v Inner, index: &Inner) -> Outcome<&'v Inner> {
    let found = &value[index];
    let is_doubtful = matches!(root, Root::Data | Root::Rule(_))
        && matches!(index, Inner::Number(_))
        && *found == Inner::Undefined
        && matches!(value, Inner::Object(_) | Inner::Set(_));
    if is_doubtful { Err(GivenUp) } else { Ok(found) }
}

fn compare(op: &regorus::unstable::BoolOp, lhs: &Inner, rhs: &Inner) -> Outcome<Inner> {
    if *lhs == Inner::Undefined || *rhs == Inner::Undefined {
        return Ok(Inner::Undefined);
    }
    comparison::compare(op, lhs, rhs).map_err(|_| GivenUp)
}

fn contains(collection: &Inner, value: &Inner) -> bool {
    match collection {
        Inner::Array(items) => items.contains(value),
        Inner::Object(entries) => entries.values().any(|item| item == value),
        Inner::Set(items) => items.contains(value),
        _ => false,
    }
}

fn arithmetic(op: &ArithOp, lhs: Inner, rhs: Inner, place: &Place) -> Outcome<Inner> {
    let [left, right] = place.operands.as_slice() else { return Err(GivenUp) };
    let is_set = matches!(lhs, Inner::Set(_)) || matches!(rhs, Inner::Set(_));
    let result = match op {
        ArithOp::Sub if is_set => sets::difference(left, right, lhs, rhs),
        _ => numbers::arithmetic_operation(&place.span, op, left, right, lhs, rhs, false),
    };
    result.map_err(|_| GivenUp)
}
