//! A configuration as it would be planned: the instances of its modules and resources, and how they refer to one
//! another.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use portcullis_core::{FileId, Span};
use portcullis_syntax::hcl::{Block, File};

use super::links::{Addresses, Asked, CHAIN};
use super::lookup::{Lookup, lookups};
use super::value::{Kind, Map, Reason, Reference, Value};

/// A root module with all that it calls, evaluated once.
#[derive(Debug, Default)]
pub struct Configuration {
    /// Instances of modules; the root is the first.
    pub modules: Vec<Module>,
    /// Instances of resources, data sources included, in order of module and place.
    pub resources: Vec<Resource>,
    index: Index,
}

/// An instance of a module.
#[derive(Debug)]
pub struct Module {
    /// `module.a.module.b["x"]`; empty for the root.
    pub address: Arc<str>,
    /// The folder, relative to the scan root.
    pub directory: Arc<str>,
    /// The calls that led here, the nearest first: each the header of a `module` block.
    pub calls: Vec<Span>,
    /// What the module requires of its providers, by local name (`aws`): those of the modules that call it count too.
    pub providers: Arc<[Provider]>,
    /// The `provider` blocks in it; what a plan says of them is left out.
    pub configured: Vec<Configured>,
    /// Everything that was handed to modules which are not at hand: what they make of it is not known.
    pub handed_out: Vec<Reference>,
    /// A fault in its text or a limit: resources may be missing from what is seen. Modules that are not at hand leave it
    /// whole, for they see nothing of it but what was handed out.
    pub partial: bool,
}

/// A provider that a module requires.
#[derive(Debug, Clone)]
pub struct Provider {
    /// The local name: `aws`, `google-beta`.
    pub name: Arc<str>,
    /// The source as written: `hashicorp/aws`.
    pub source: Option<Arc<str>>,
    /// The constraint as written: `~> 5.0`.
    pub version: Option<Arc<str>>,
}

/// A `provider` block.
#[derive(Debug)]
pub struct Configured {
    /// The local name: `aws`.
    pub name: Arc<str>,
    /// The region that its resources are in, where it says one.
    pub region: Option<Value>,
    /// The header of the block.
    pub header: Span,
    /// All of it.
    pub span: Span,
}

/// An instance of a resource or data source.
#[derive(Debug)]
pub struct Resource {
    /// The address with module and instance: `module.store.aws_s3_bucket.logs["eu"]`; the instance is `[*]` where it
    /// is not known over what it goes.
    pub address: Arc<str>,
    /// The address in its own module, without instance: `aws_s3_bucket.logs`, `data.aws_ami.x`.
    pub local: Arc<str>,
    /// Declared as what.
    pub mode: Mode,
    /// `aws_s3_bucket`.
    pub kind: Arc<str>,
    /// `logs`.
    pub name: Arc<str>,
    /// Attributes by name; nested blocks as lists of maps, as many as there are.
    pub body: Arc<Map>,
    /// From `resource` to the last label: where findings about the resource as a whole point.
    pub header: Span,
    /// The whole block.
    pub span: Span,
    /// The instance of the module that it belongs to; an index into [`Configuration::modules`].
    pub module: usize,
    /// One instance stands for any number, because `count` or `for_each` is not known.
    pub symbolic: bool,
}

/// What a resource block declares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// `resource`.
    Managed,
    /// `data`.
    Data,
    /// `ephemeral`.
    Ephemeral,
}

/// The resources of a kind that are about a given one.
#[derive(Debug, Default)]
pub struct Links<'c> {
    /// Those that certainly are.
    pub certain: Vec<&'c Resource>,
    /// Whether others may be: one whose reference is not known, a module that is not at hand.
    pub maybe: bool,
}

/// A module as it is written, evaluated or not: for rules about the text itself.
#[derive(Debug)]
pub struct Source {
    /// The folder, relative to the scan root.
    pub directory: Arc<str>,
    /// Its files in order of their names.
    pub files: Vec<SourceFile>,
    /// Whether no module in the scan calls it.
    pub is_root: bool,
    /// The entries of its folder that are no configuration (`.terraform.lock.hcl`), sorted.
    pub neighbours: Vec<String>,
}

/// One file of a module.
#[derive(Debug)]
pub struct SourceFile {
    /// The path, relative to the scan root.
    pub path: Arc<str>,
    /// The number by which its spans know it.
    pub id: FileId,
    /// Its contents.
    pub file: Arc<File>,
}

#[derive(Debug, Default)]
struct Index {
    kinds: HashMap<Arc<str>, Vec<usize>>,
    addresses: HashMap<Arc<str>, usize>,
    /// Which resources refer to an address (without its instance); made when it is first asked for.
    users: OnceLock<HashMap<Arc<str>, Vec<usize>>>,
    asked: Asked,
    handed_out: OnceLock<Addresses>,
}

impl Configuration {
    /// Puts together what evaluation found.
    pub fn new(modules: Vec<Module>, resources: Vec<Resource>) -> Self {
        let mut index = Index::default();
        for (number, resource) in resources.iter().enumerate() {
            index.kinds.entry(resource.kind.clone()).or_default().push(number);
            index.addresses.insert(resource.address.clone(), number);
        }
        Self { modules, resources, index }
    }

    /// The resources (not data sources) of a type.
    pub fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Resource> {
        let numbers = self.index.kinds.get(kind).map_or(&[][..], Vec::as_slice);
        numbers.iter().filter_map(|&number| self.resources.get(number)).filter(|it| it.mode == Mode::Managed)
    }

    /// The same as indexes.
    pub(super) fn numbers_of(&self, kind: &str) -> impl Iterator<Item = usize> {
        let numbers = self.index.kinds.get(kind).map_or(&[][..], Vec::as_slice);
        let is_managed = |number: &usize| self.resources.get(*number).is_some_and(|it| it.mode == Mode::Managed);
        numbers.iter().copied().filter(is_managed)
    }

    /// The data sources of a type.
    pub fn data_of_kind(&self, kind: &str) -> impl Iterator<Item = &Resource> {
        let numbers = self.index.kinds.get(kind).map_or(&[][..], Vec::as_slice);
        numbers.iter().filter_map(|&number| self.resources.get(number)).filter(|it| it.mode == Mode::Data)
    }

    /// The resource of this address, instance included.
    pub fn at(&self, address: &str) -> Option<&Resource> {
        self.index.addresses.get(address).and_then(|&number| self.resources.get(number))
    }

    /// The module instance of a resource.
    pub fn module_of(&self, resource: &Resource) -> Option<&Module> {
        self.modules.get(resource.module)
    }

    /// The resources of `kind` whose value at `path` refers to `target`, or is the same text as one of `target`'s
    /// attributes `names` (a bucket known by its name). A value that was taken from another resource refers to what that
    /// resource's `path` does: settings of a bucket are often chained to one another for their order.
    pub fn linked(&self, target: &Resource, kind: &str, path: &str, names: &[&str]) -> Links<'_> {
        let (candidates, maybe) = self.index.asked.candidates(self, target, (kind, path), names);
        let mut links = Links { certain: Vec::new(), maybe: maybe || self.hands_out(target) };
        for candidate in candidates {
            for lookup in lookups(candidate, path) {
                match lookup {
                    Lookup::Present(found) => match self.leads_to(found.value, target, path, names, CHAIN) {
                        Some(true) => {
                            links.certain.push(candidate);
                            break;
                        }
                        Some(false) => {}
                        None => links.maybe = true,
                    },
                    Lookup::Absent(_) => {}
                    Lookup::Unknown(_) => links.maybe = true,
                }
            }
        }
        links
    }

    /// Whether a value refers to `target`, by itself or through the `path` of the resource that it was taken from.
    fn leads_to(&self, value: &Value, target: &Resource, path: &str, names: &[&str], chain: usize) -> Option<bool> {
        let answer = refers(value, target, names);
        if answer != Some(false) || !value.is_unknown() || chain == 0 {
            return answer;
        }
        for reference in value.references() {
            // What was taken from another resource of the target's type leads there and nowhere else.
            let Some(through) = self.at(&reference.address).filter(|it| it.kind != target.kind) else { continue };
            for lookup in lookups(through, path) {
                let Lookup::Present(found) = lookup else { continue };
                match self.leads_to(found.value, target, path, names, chain.saturating_sub(1)) {
                    Some(false) => {}
                    answer => return answer,
                }
            }
        }
        Some(false)
    }

    /// The resources, data sources included, that refer to `target` anywhere in their arguments.
    pub fn users_of(&self, target: &Resource) -> impl Iterator<Item = &Resource> {
        let users = self.index.users.get_or_init(|| users(&self.resources));
        let numbers = users.get(without_instance(&target.address)).map_or(&[][..], Vec::as_slice);
        numbers.iter().filter_map(|&number| self.resources.get(number))
    }

    /// Whether the provider of a resource may be of this major version or a later one. `name` is the provider's name, as
    /// in `hashicorp/aws`; without a constraint it is the newest.
    pub fn may_be_version(&self, resource: &Resource, name: &str, major: u64) -> bool {
        let providers = self.module_of(resource).map_or(&[][..], |module| &module.providers);
        providers
            .iter()
            .filter(|provider| {
                let source = provider.source.as_deref().unwrap_or(&provider.name);
                source.rsplit('/').next() == Some(name)
            })
            .filter_map(|provider| provider.version.as_deref())
            .all(|constraint| allows_major(constraint, major))
    }

    fn handed_out(&self) -> &Addresses {
        self.index.handed_out.get_or_init(|| {
            let mut addresses = Addresses::default();
            for reference in self.modules.iter().flat_map(|module| &module.handed_out) {
                addresses.add(&reference.address, 0);
            }
            addresses
        })
    }

    /// Whether `target` is an argument of a module that is not at hand, or what is seen of the configuration is partial.
    pub fn hands_out(&self, target: &Resource) -> bool {
        let own = self.module_of(target);
        own.is_some_and(|module| module.partial) || self.handed_out().of(target).next().is_some()
    }
}

impl Resource {
    /// What the resource has at a path of attributes and blocks: see [`lookups`].
    pub fn get(&self, path: &str) -> Vec<Lookup<'_>> {
        lookups(self, path)
    }

    /// The type as rules name it: `aws_ami` of a data source is `data.aws_ami`.
    pub fn is(&self, kind: &str) -> bool {
        match kind.strip_prefix("data.") {
            Some(kind) => self.mode == Mode::Data && &*self.kind == kind,
            None => self.mode == Mode::Managed && &*self.kind == kind,
        }
    }
}

/// Which resources refer to each address, their own aside.
fn users(resources: &[Resource]) -> HashMap<Arc<str>, Vec<usize>> {
    let mut users: HashMap<Arc<str>, Vec<usize>> = HashMap::new();
    for (number, resource) in resources.iter().enumerate() {
        let mut seen: HashSet<&str> = HashSet::from([without_instance(&resource.address)]);
        let mut waiting: Vec<&Value> = resource.body.entries.values().map(|entry| &entry.value).collect();
        while let Some(value) = waiting.pop() {
            for reference in value.references() {
                let address = without_instance(&reference.address);
                if seen.insert(address) {
                    users.entry(address.into()).or_default().push(number);
                }
            }
            match &value.kind {
                Kind::List(list) => waiting.extend(&list.items),
                Kind::Map(map) => waiting.extend(map.entries.values().map(|entry| &entry.value)),
                Kind::Encoded(encoded) => waiting.push(&encoded.value),
                _ => {}
            }
        }
    }
    users
}

/// Whether a version constraint (`~> 5.0, != 5.31`) leaves room for a version of this major number or a later one.
fn allows_major(constraint: &str, major: u64) -> bool {
    constraint.split(',').all(|part| {
        let part = part.trim();
        let digits = part.find(|c: char| c.is_ascii_digit()).unwrap_or(part.len());
        let (operator, version) = part.split_at(digits);
        let mut numbers = version.split('.').map(str::parse::<u64>);
        let Some(Ok(first)) = numbers.next() else { return true };
        let rest: Vec<u64> = numbers.map_while(Result::ok).collect();
        match operator.trim().trim_end_matches('v') {
            "" | "=" | "<=" => first >= major,
            "<" => first > major || (first == major && rest.iter().any(|&number| number > 0)),
            // `~> 5` lets the major number go up, `~> 5.0` does not.
            "~>" => rest.is_empty() || first >= major,
            _ => true,
        }
    })
}

/// Whether a value refers to a resource: by reference, or by one of the texts that name it. `None` where that is not known.
pub fn refers(value: &Value, target: &Resource, names: &[&str]) -> Option<bool> {
    if value.references().iter().any(|reference| is_instance(&reference.address, target)) {
        // What a module that is not at hand makes of what it was given may be something else.
        return if matches!(value.kind, Kind::Unknown(Reason::Module)) { None } else { Some(true) };
    }
    match &value.kind {
        Kind::List(list) => {
            let mut known = if list.open { None } else { Some(false) };
            for item in &list.items {
                match refers(item, target, names) {
                    Some(true) => return Some(true),
                    Some(false) => {}
                    None => known = None,
                }
            }
            known
        }
        Kind::String(_) => {
            let own = names.iter().filter_map(|name| target.body.get(name));
            let mut known = Some(false);
            for name in own {
                match name.equals(value) {
                    Some(true) => return Some(true),
                    Some(false) => {}
                    // A name that the provider makes up is no text that somebody wrote elsewhere.
                    None => known = None,
                }
            }
            known
        }
        // It refers to something, and that is another resource.
        Kind::Unknown(_) | Kind::Template(_) if !value.references().is_empty() => Some(false),
        Kind::Unknown(_) | Kind::Template(_) => None,
        _ => Some(false),
    }
}

/// Whether an address is that of `target`, or of an instance that may be it.
fn is_instance(address: &str, target: &Resource) -> bool {
    if *address == *target.address {
        return true;
    }
    match (address.strip_suffix("[*]"), target.address.strip_suffix("[*]")) {
        (None, None) => false,
        (from, to) => without_instance(from.unwrap_or(address)) == without_instance(to.unwrap_or(&target.address)),
    }
}

/// The address without the instance of the resource itself.
pub(super) fn without_instance(address: &str) -> &str {
    if !address.ends_with(']') {
        return address;
    }
    address.rfind('[').and_then(|at| address.get(..at)).unwrap_or(address)
}

impl SourceFile {
    /// Whether what it declares is laid over what the other files of its module do.
    pub fn is_override(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        let name = name.strip_suffix(".json").unwrap_or(name);
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        stem == "override" || stem.ends_with("_override")
    }
}

impl Source {
    /// All blocks of a kind at the top level, with their files.
    pub fn blocks<'s>(&'s self, kind: &'s str) -> impl Iterator<Item = &'s Block> {
        self.files.iter().flat_map(move |it| it.file.body.blocks_of(kind))
    }
}

#[cfg(test)]
mod tests {
    use super::allows_major;

    #[test]
    fn constraints_leave_room() {
        for (constraint, allows) in [
            ("~> 5.0", false),
            ("~> 5", true),
            (">= 4.0", true),
            (">= 4.0, < 6.0", false),
            (">= 4.0, < 6.1", true),
            ("6.2.0", true),
            ("= 5.9", false),
            ("<= 5.99", false),
            ("!= 5.31", true),
            ("nonsense", true),
        ] {
            assert_eq!(allows_major(constraint, 6), allows, "{constraint}");
        }
    }
}
