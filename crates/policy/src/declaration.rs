//! What modules declare: packages, rules, functions.

use regorus::unstable::{Expr, Module as Syntax, Rule as RuleSyntax, RuleHead};

use crate::reference::{components, rule_path};

/// The package of one module; several modules may share its path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// `data.main`.
    pub path: String,
    /// The components behind `data`.
    pub components: Vec<String>,
    /// The path of the module.
    pub module: String,
    /// Where the `package` clause stands, from 1.
    pub line: u32,
    /// What the module defines, in order; one entry for each definition of a rule.
    pub rules: Vec<Rule>,
}

impl Package {
    /// Whether the module defines a rule or function of this name.
    pub fn declares(&self, name: &str) -> bool {
        self.rules.iter().any(|rule| rule.name == name)
    }
}

/// One definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The first component of its head: `deny` in `deny[msg]`, `labels` in `labels.team := …`.
    pub name: String,
    /// `data.main.deny`: what [`crate::Worker::rule`] takes. Constant components of the head are part of it.
    pub path: String,
    /// What it defines.
    pub kind: RuleKind,
    /// Where the definition starts, from 1.
    pub line: u32,
    /// Where the definition starts, in characters from 1.
    pub column: u32,
    /// The line that it ends at.
    pub last_line: u32,
}

/// What a definition gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleKind {
    /// One value.
    Complete,
    /// Elements of a set.
    Set,
    /// Entries of an object.
    Object,
    /// The value where nothing else gives one.
    Default,
    /// A function of so many arguments.
    Function {
        /// How many arguments it takes.
        arity: usize,
    },
}

pub(crate) fn package(module: &Syntax) -> Package {
    let components = components(&module.package.refr).unwrap_or_default();
    let path = rule_path(&components);
    let rules = module.policy.iter().filter_map(|rule| declared(rule, &components)).collect();
    let span = &module.package.span;
    Package { path, module: span.source.file().clone(), line: span.line, components, rules }
}

fn declared(rule: &RuleSyntax, package: &[String]) -> Option<Rule> {
    let (reference, kind) = match rule {
        RuleSyntax::Default { refr, .. } => (refr, RuleKind::Default),
        RuleSyntax::Spec { head, .. } => match head {
            RuleHead::Func { refr, args, .. } => (refr, RuleKind::Function { arity: args.len() }),
            RuleHead::Set { refr, .. } => (refr, RuleKind::Set),
            RuleHead::Compr { refr, .. } if has_variable(refr) => (refr, RuleKind::Object),
            RuleHead::Compr { refr, .. } => (refr, RuleKind::Complete),
        },
    };
    let names = constant_prefix(reference);
    let span = rule.span();
    let last_line = u32::try_from(span.text().matches('\n').count()).unwrap_or(0).saturating_add(span.line);
    Some(Rule {
        name: names.first()?.clone(),
        path: rule_path(package.iter().chain(&names)),
        kind,
        line: span.line,
        column: span.col,
        last_line,
    })
}

fn has_variable(reference: &Expr) -> bool {
    components(reference).is_none()
}

/// The components before the first that is not constant.
pub(crate) fn constant_prefix(reference: &Expr) -> Vec<String> {
    let mut next = reference;
    let mut prefix = Vec::new();
    loop {
        if let Some(names) = components(next) {
            prefix = names;
            return prefix;
        }
        match next {
            Expr::RefDot { refr, .. } | Expr::RefBrack { refr, .. } => next = refr,
            _ => return prefix,
        }
    }
}
