//! Which resources name which: by type and path, so that a question about one resource does not read all the others.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use super::configuration::{Configuration, Resource, without_instance};
use super::lookup::{Lookup, lookups};
use super::value::{Kind, Value};

/// The resources of a type by what they name at a path; numbers are indexes into [`Configuration::resources`].
#[derive(Debug, Default)]
pub(super) struct Named {
    /// By the address that they refer to, by themselves or through others.
    by_address: Addresses,
    by_text: HashMap<Arc<str>, Vec<usize>>,
    /// Whether there is one of which not everything is known: it may name anything.
    unknown: bool,
}

/// Numbers by the addresses that they were added for. Ten thousand instances of one resource are told apart.
#[derive(Debug, Default)]
pub(super) struct Addresses {
    exact: HashMap<Arc<str>, Vec<usize>>,
    /// By the address without instance: those that were added for any instance.
    any: HashMap<Arc<str>, Vec<usize>>,
    /// By the address without instance: all.
    all: HashMap<Arc<str>, Vec<usize>>,
}

impl Addresses {
    pub(super) fn add(&mut self, address: &Arc<str>, number: usize) {
        let whole = without_instance(address);
        push(&mut self.exact, address, number);
        push(&mut self.all, whole, number);
        if address.ends_with("[*]") {
            push(&mut self.any, whole, number);
        }
    }

    /// Those that were added for a resource, or for an instance that may be it; some of them twice.
    pub(super) fn of(&self, target: &Resource) -> impl Iterator<Item = usize> {
        let others = if target.address.ends_with("[*]") { &self.all } else { &self.any };
        let others = others.get(without_instance(&target.address));
        self.exact.get(&target.address).into_iter().chain(others).flatten().copied()
    }
}

fn push(map: &mut HashMap<Arc<str>, Vec<usize>>, key: &str, number: usize) {
    let Some(numbers) = map.get_mut(key) else {
        map.insert(key.into(), vec![number]);
        return;
    };
    if numbers.last() != Some(&number) {
        numbers.push(number);
    }
}

/// What an index is made for.
struct Scope<'c> {
    configuration: &'c Configuration,
    /// The type of what is named: where a chain ends.
    target: &'c str,
    path: &'c str,
}

/// What was asked for already, by both types and the path.
#[derive(Debug, Default)]
pub(super) struct Asked(RwLock<HashMap<String, Arc<Named>>>);

impl Asked {
    /// The resources that may name `target`, in order, and whether there may be others.
    pub(super) fn candidates<'c>(
        &self,
        configuration: &'c Configuration,
        target: &Resource,
        (kind, path): (&str, &str),
        names: &[&str],
    ) -> (Vec<&'c Resource>, bool) {
        let key = format!("{} {kind} {path}", target.kind);
        let known = self.0.read().ok().and_then(|asked| asked.get(&key).cloned());
        let index = known.unwrap_or_else(|| {
            let index = Arc::new(Named::new(configuration, &target.kind, kind, path));
            if let Ok(mut asked) = self.0.write() {
                asked.insert(key, index.clone());
            }
            index
        });
        let mut maybe = index.unknown;
        let mut numbers: Vec<usize> = index.by_address.of(target).collect();
        for name in names.iter().filter_map(|name| target.body.get(name)) {
            match &name.kind {
                Kind::String(text) => numbers.extend(index.by_text.get(text).into_iter().flatten()),
                // It may be any text.
                Kind::Unknown(_) | Kind::Template(_) | Kind::Encoded(_) => maybe |= !index.by_text.is_empty(),
                _ => {}
            }
        }
        numbers.sort_unstable();
        numbers.dedup();
        (numbers.into_iter().filter_map(|number| configuration.resources.get(number)).collect(), maybe)
    }
}

impl Named {
    fn new(configuration: &Configuration, target: &str, kind: &str, path: &str) -> Self {
        let mut named = Self::default();
        let scope = Scope { configuration, target, path };
        for number in configuration.numbers_of(kind) {
            let Some(resource) = configuration.resources.get(number) else { continue };
            for lookup in lookups(resource, path) {
                match lookup {
                    Lookup::Present(found) => named.add(number, found.value, &scope, CHAIN),
                    Lookup::Absent(_) => {}
                    Lookup::Unknown(_) => named.unknown = true,
                }
            }
        }
        named
    }

    fn add(&mut self, number: usize, value: &Value, scope: &Scope<'_>, chain: usize) {
        for reference in value.references() {
            self.by_address.add(&reference.address, number);
            let through = scope.configuration.at(&reference.address).filter(|it| *it.kind != *scope.target);
            let through = through.filter(|_| value.is_unknown() && chain > 0);
            for lookup in through.into_iter().flat_map(|through| lookups(through, scope.path)) {
                if let Lookup::Present(found) = lookup {
                    self.add(number, found.value, scope, chain.saturating_sub(1));
                }
            }
        }
        match &value.kind {
            // The elements of a list are values of their own; lists in lists are as deep as the evaluator lets them be.
            Kind::List(list) => {
                for item in &list.items {
                    self.add(number, item, scope, 0);
                }
                if list.open {
                    self.unknown = true;
                }
            }
            Kind::String(text) => self.by_text.entry(text.clone()).or_default().push(number),
            Kind::Unknown(_) | Kind::Template(_) if value.references().is_empty() => self.unknown = true,
            _ => {}
        }
    }
}

/// Settings that are chained to one another before the chain is left alone.
pub(super) const CHAIN: usize = 4;
