//! Which rules there are, and what a path below `data` or a name of a module stands for.

use std::collections::BTreeMap;

use regorus::Value as Inner;
use regorus::unstable::{Expr, Module, Ref, Rule, RuleHead};

use crate::reference::components;

/// The rules of all modules: those of one name in one package are one.
pub(super) struct Names<'m> {
    packages: BTreeMap<Vec<String>, Package>,
    pub groups: Vec<Group<'m>>,
    data: &'m Inner,
    /// What literals stand for that are no more in the text.
    pub literals: &'m [Inner],
}

#[derive(Default)]
struct Package {
    rules: BTreeMap<String, usize>,
    /// What an import's name stands for; nothing where modules of the package differ, for the interpreter mixes them up.
    imports: BTreeMap<String, Option<Vec<String>>>,
}

/// All definitions of a name in a package.
pub(super) struct Group<'m> {
    pub package: Vec<String>,
    pub name: String,
    pub definitions: Vec<&'m Rule>,
    /// The module of the first.
    module: usize,
    /// Whether every head is the name alone, and the interpreter finds the arguments of a function: not where its definitions
    /// stand in several modules.
    pub is_plain: bool,
}

impl Group<'_> {
    pub(super) fn is_function(&self) -> bool {
        self.definitions.iter().any(|rule| match rule {
            Rule::Spec { head, .. } => matches!(head, RuleHead::Func { .. }),
            Rule::Default { args, .. } => !args.is_empty(),
        })
    }
}

/// What a path or name stands for.
pub(super) enum Meaning {
    /// A rule, by its index, and how many components of the path are its own, `data` included.
    Rule(usize, usize),
    /// The same.
    Function(usize, usize),
    /// A document, at this path below `data`.
    Data,
}

/// What an import's name stands for.
pub(super) enum Import<'n> {
    Path(&'n [String]),
    Doubtful,
}

impl<'m> Names<'m> {
    pub(super) fn new(modules: &'m [Ref<Module>], data: &'m Inner, literals: &'m [Inner]) -> Self {
        let mut names = Self { packages: BTreeMap::new(), groups: Vec::new(), data, literals };
        for (at, module) in modules.iter().enumerate() {
            let Some(path) = components(&module.package.refr) else { continue };
            let package = names.packages.entry(path.clone()).or_default();
            for import in &module.imports {
                let Some(target) = components(&import.refr) else { continue };
                let alias =
                    import.r#as.as_ref().map_or_else(|| target.last().cloned(), |alias| Some(alias.text().to_owned()));
                let Some(alias) = alias else { continue };
                let known = package.imports.entry(alias).or_insert_with(|| Some(target.clone()));
                if known.as_ref() != Some(&target) {
                    *known = None;
                }
            }
            for rule in &module.policy {
                let head = head(rule);
                let Some(name) = root(head) else { continue };
                let index = *package.rules.entry(name.to_owned()).or_insert_with(|| {
                    let group = Group {
                        package: path.clone(),
                        name: name.to_owned(),
                        definitions: Vec::new(),
                        module: at,
                        is_plain: true,
                    };
                    names.groups.push(group);
                    names.groups.len().saturating_sub(1)
                });
                if let Some(group) = names.groups.get_mut(index) {
                    group.definitions.push(rule);
                    group.is_plain &= matches!(head, Expr::Var { .. }) && (group.module == at || !group.is_function());
                }
            }
        }
        let doubtful: Vec<usize> = (0..names.groups.len()).filter(|&index| names.is_doubtful(index)).collect();
        for index in doubtful {
            if let Some(group) = names.groups.get_mut(index) {
                group.is_plain = false;
            }
        }
        names
    }

    /// Whether a package or a document stands where the rule does.
    fn is_doubtful(&self, index: usize) -> bool {
        let Some(group) = self.groups.get(index) else { return true };
        let path: Vec<&String> = group.package.iter().chain([&group.name]).collect();
        let is_shared =
            |other: &&Vec<String>| other.iter().zip(&path).take_while(|(a, b)| a == *b).count() == path.len();
        let is_package = self.packages.keys().any(|other| is_shared(&other));
        let mut document = self.data;
        for component in &path {
            if !matches!(document, Inner::Object(_) | Inner::Undefined) {
                return true;
            }
            document = &document[&Inner::from(component.as_str())];
        }
        is_package || *document != Inner::Undefined
    }

    /// What a path stands for that starts with `data`; nothing where that is not certain.
    pub(super) fn path(&self, path: &[String]) -> Option<Meaning> {
        let (_, path) = path.split_first()?;
        let mut found = None;
        for (package, declared) in &self.packages {
            let shared = package.iter().zip(path).take_while(|(a, b)| a == b).count();
            if shared == path.len() {
                // All of a package, or a folder of packages.
                return None;
            }
            if shared < package.len() {
                continue;
            }
            if let Some(&index) = path.get(shared).and_then(|name| declared.rules.get(name)) {
                if found.is_some() {
                    return None;
                }
                found = Some((index, shared.saturating_add(2)));
            }
        }
        match found {
            Some((index, own)) => self.meaning(index, own),
            // Documents below a package are the interpreter's.
            None if self.packages.keys().any(|package| path.starts_with(package)) => None,
            None => Some(Meaning::Data),
        }
    }

    fn meaning(&self, index: usize, own: usize) -> Option<Meaning> {
        let group = self.groups.get(index)?;
        Some(if group.is_function() { Meaning::Function(index, own) } else { Meaning::Rule(index, own) })
    }

    /// The rule or function of a package.
    pub(super) fn own(&self, package: &[String], name: &str) -> Option<Meaning> {
        let index = *self.packages.get(package)?.rules.get(name)?;
        self.meaning(index, 1)
    }

    /// What an import's name stands for.
    pub(super) fn import(&self, package: &[String], name: &str) -> Option<Import<'_>> {
        let target = self.packages.get(package)?.imports.get(name)?;
        Some(target.as_deref().map_or(Import::Doubtful, Import::Path))
    }
}

pub(super) fn head(rule: &Rule) -> &Expr {
    match rule {
        Rule::Default { refr, .. } => refr,
        Rule::Spec { head, .. } => match head {
            RuleHead::Compr { refr, .. } | RuleHead::Set { refr, .. } | RuleHead::Func { refr, .. } => refr,
        },
    }
}

/// The name that a reference starts with.
pub(super) fn root(mut reference: &Expr) -> Option<&str> {
    loop {
        match reference {
            Expr::Var { span, .. } => return Some(span.text()),
            Expr::RefDot { refr, .. } | Expr::RefBrack { refr, .. } => reference = refr,
            _ => return None,
        }
    }
}
