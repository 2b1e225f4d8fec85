//! Rules whose meaning is plain, put in a form that is evaluated ten times as fast as the interpreter does it.
//!
//! The interpreter stays the reference. A rule is planned only if all that it is made of is (`lower`): rules, functions and
//! documents that are named in full, loops, comprehensions, calls, comparisons. Left to the interpreter are `with`, names
//! that stand for two things, statements whose order has to be found, objects that rules make entry by entry, what is
//! printed, and what differs between two calls.
//!
//! A plan decides nothing that it is not certain of (`run`). Wherever the interpreter would find a fault, or where its own
//! way of going on is peculiar (several values for one rule, a value that is undefined where a rule gives one), and where a
//! limit is reached, the evaluation is given up: the interpreter is asked instead, and says what there is to say.

mod lower;
mod names;
mod run;

use std::collections::BTreeMap;

use regorus::Value as Inner;
use regorus::unstable::{ArithOp, BinOp, BoolOp, BuiltinFcn, Expr as Syntax, Module, Ref, Span};

use crate::builtins::Builtin;
use crate::builtins::literals::Literals;
use crate::module::{BuiltinErrors, Counting, Evaluation, Limits, Options};
use crate::value::Value;

/// The planned rules of a library.
pub(crate) struct Program {
    /// By index; nothing for those that only the interpreter evaluates.
    rules: Vec<Option<Rule>>,
    /// The indices of rules that have a value, by path.
    paths: BTreeMap<String, usize>,
    /// What stands below `data` beside the rules.
    data: Inner,
    limits: Limits,
}

impl Program {
    /// Plans what can be planned of modules that were checked. Nothing where lines are counted or where errors of builtins
    /// are faults: only the interpreter knows about those.
    pub(crate) fn new(modules: &[Ref<Module>], data: &Value, literals: &Literals, options: &Options) -> Self {
        let is_plain = options.coverage == Counting::Off && options.builtin_errors == BuiltinErrors::Undefined;
        if !is_plain || options.evaluation == Evaluation::Interpreted {
            return Self { rules: Vec::new(), paths: BTreeMap::new(), data: Inner::Undefined, limits: options.limits };
        }
        lower::program(modules, data, literals, options.limits)
    }

    /// The planned rule of a path.
    pub(crate) fn find(&self, path: &str) -> Option<Planned> {
        self.paths.get(path).copied().map(Planned)
    }

    /// The values of rules for one input, undefined where they have none. `None` is for those that were given up.
    pub(crate) fn run(&self, rules: impl Iterator<Item = Planned>, input: &Value) -> Vec<Option<Value>> {
        run::values(self, rules.map(|rule| rule.0), &input.0)
    }
}

/// A rule of the program that gave it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Planned(usize);

/// All definitions of one name in one package.
struct Rule {
    kind: Kind,
    definitions: Vec<Definition>,
    default: Option<Inner>,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Complete,
    Set,
    Function,
}

struct Definition {
    parameters: Vec<Parameter>,
    /// How many local names there are.
    slots: usize,
    /// The first, and those behind `else`.
    bodies: Vec<Body>,
}

enum Parameter {
    Name(usize),
    Ignored,
    Equal(Inner),
}

struct Body {
    statements: Vec<Statement>,
    /// The element of a set, the value of others; `true` where none is written.
    value: Option<Expr>,
}

enum Statement {
    Test(Expr),
    Not(Expr),
    /// A name gets a value, unless that is undefined.
    Let(usize, Expr),
    /// The statements behind it hold for each element.
    Each {
        collection: Expr,
        key: Option<usize>,
        value: Option<usize>,
        /// What becomes of a collection that is none.
        other: Other,
    },
    Every {
        collection: Expr,
        key: Option<usize>,
        value: Option<usize>,
        body: Vec<Statement>,
    },
}

/// What becomes of a value that has no elements and is not undefined.
#[derive(Clone, Copy, PartialEq)]
enum Other {
    /// It has none.
    Empty,
    /// The interpreter takes it for a fault.
    Fault,
}

enum Expr {
    Constant(Inner),
    Local(usize),
    Reference(Root, Vec<Step>),
    Array(Vec<Expr>),
    Set(Vec<Expr>),
    Object(Vec<(Expr, Expr)>),
    Compare(BoolOp, Box<Expr>, Box<Expr>),
    Arithmetic(ArithOp, Box<Expr>, Box<Expr>, Place),
    Sets(BinOp, Box<Expr>, Box<Expr>, Place),
    In(Box<Expr>, Box<Expr>),
    Comprehension(Box<Comprehension>),
    Function(usize, Vec<Expr>),
    /// The interpreter's own.
    Builtin(BuiltinFcn, Vec<Expr>, Place),
    /// Ours.
    Ours(&'static Builtin, Vec<Expr>),
    /// What has elements; anything else is undefined.
    Collection(Box<Expr>),
}

/// Where an expression stands: what the interpreter's functions want to know for their messages.
struct Place {
    span: Span,
    operands: Vec<Ref<Syntax>>,
}

struct Comprehension {
    statements: Vec<Statement>,
    shape: Shape,
}

enum Shape {
    Array(Expr),
    Set(Expr),
    Object(Expr, Expr),
}

enum Root {
    Input,
    Data,
    Rule(usize),
    Local(usize),
    Value(Box<Expr>),
}

enum Step {
    Key(Inner),
    Index(Expr),
}
