//! What names in a module stand for.

use std::collections::BTreeMap;

use regorus::unstable::{Expr, Module, Ref, Rule, RuleHead};

use crate::declaration::constant_prefix;
use crate::module::Fault;
use crate::reference::{components, rule_path};

/// What all modules together define.
pub(super) struct Names<'s> {
    /// Functions by path, with their arity and each definition of them.
    pub functions: BTreeMap<String, usize>,
    /// Rules and functions by path: the definitions, and the module of each.
    pub rules: BTreeMap<String, Vec<(usize, &'s Rule)>>,
    /// For each module its package's path, and what its imports stand for.
    pub scopes: Vec<Scope>,
}

/// One module's view.
pub(super) struct Scope {
    /// The components behind `data`.
    pub package: Vec<String>,
    /// The name of each import, and the components that it stands for; the first is `data` or `input`.
    pub imports: BTreeMap<String, Vec<String>>,
}

impl<'s> Names<'s> {
    pub(super) fn new(modules: &'s [Ref<Module>]) -> Self {
        let mut names = Self { functions: BTreeMap::new(), rules: BTreeMap::new(), scopes: Vec::new() };
        for (index, module) in modules.iter().enumerate() {
            let scope = Scope::new(module);
            for rule in &module.policy {
                let (reference, arity) = head(rule);
                let path = rule_path(scope.package.iter().chain(&constant_prefix(reference)));
                if let Some(arity) = arity {
                    names.functions.insert(path.clone(), arity);
                }
                names.rules.entry(path).or_default().push((index, rule));
            }
            names.scopes.push(scope);
        }
        names
    }

    /// Whether the package has a rule whose head starts with a name.
    pub(super) fn declares(&self, scope: &Scope, name: &str) -> bool {
        let path = rule_path(scope.package.iter().map(String::as_str).chain([name]));
        let from = self.rules.range(path.clone()..).next();
        from.is_some_and(|(known, _)| {
            known.strip_prefix(&path).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        })
    }

    /// Rules with two defaults: which of them holds would depend on the order of files.
    pub(super) fn doubled_defaults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (path, rules) in &self.rules {
            let defaults = rules.iter().filter(|(_, rule)| matches!(rule, Rule::Default { .. }));
            for (_, rule) in defaults.skip(1) {
                faults.push(super::at(rule.span(), format!("{path} has another default")));
            }
        }
        faults
    }
}

impl Scope {
    fn new(module: &Module) -> Self {
        let package = components(&module.package.refr).unwrap_or_default();
        let imports = module.imports.iter().filter_map(|import| {
            let target = components(&import.refr)?;
            let name =
                import.r#as.as_ref().map_or_else(|| target.last().cloned(), |alias| Some(alias.text().to_owned()));
            Some((name?, target))
        });
        Self { imports: imports.collect(), package }
    }

    /// What a reference stands for when its first name is an import, `data`, or else one of the package.
    pub(super) fn resolve(&self, names: &[String]) -> Option<String> {
        let (first, rest) = names.split_first()?;
        if first == "data" {
            return Some(rule_path(rest));
        }
        match self.imports.get(first) {
            Some(target) => {
                let (root, target) = target.split_first()?;
                (root == "data").then(|| rule_path(target.iter().chain(rest)))
            }
            None => Some(rule_path(self.package.iter().chain(names))),
        }
    }
}

/// The reference of a rule's head, and the arity of a function.
pub(super) fn head(rule: &Rule) -> (&Expr, Option<usize>) {
    match rule {
        Rule::Default { refr, args, .. } => (refr, (!args.is_empty()).then_some(args.len())),
        Rule::Spec { head, .. } => match head {
            RuleHead::Compr { refr, .. } | RuleHead::Set { refr, .. } => (refr, None),
            RuleHead::Func { refr, args, .. } => (refr, Some(args.len())),
        },
    }
}
