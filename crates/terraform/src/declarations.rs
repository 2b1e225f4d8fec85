//! What a module declares, by name, overrides laid over.
//!
//! Names that are declared twice are an error to Terraform. The first counts where something refers to them; resources
//! are all kept, because each is somewhere to look.

use std::collections::HashMap;
use std::sync::Arc;

use portcullis_model::terraform::{Mode, Provider};
use portcullis_syntax::hcl::{Attribute, Block, Body, ExprKind};

use crate::library::Directory;

/// A block with those that override it.
#[derive(Clone, Debug)]
pub(crate) struct Declared<'l> {
    /// As it is declared.
    pub(crate) block: &'l Block,
    /// What lies over it, the strongest last.
    over: Vec<&'l Block>,
}

/// Things with names, in the order in which they are written.
#[derive(Debug)]
pub(crate) struct Names<'l, T> {
    items: Vec<T>,
    index: HashMap<&'l str, usize>,
}

/// A resource or data source.
#[derive(Clone, Debug)]
pub(crate) struct ResourceDeclaration<'l> {
    pub(crate) mode: Mode,
    pub(crate) kind: &'l Arc<str>,
    pub(crate) name: &'l Arc<str>,
    pub(crate) declared: Declared<'l>,
}

/// What a module declares.
#[derive(Debug, Default)]
pub(crate) struct Declarations<'l> {
    pub(crate) variables: Names<'l, Declared<'l>>,
    pub(crate) locals: Names<'l, &'l Attribute>,
    pub(crate) outputs: Names<'l, Declared<'l>>,
    pub(crate) calls: Names<'l, Declared<'l>>,
    pub(crate) resources: Vec<ResourceDeclaration<'l>>,
    index: HashMap<(Place, &'l str, &'l str), usize>,
    /// `provider` blocks.
    pub(crate) providers: Vec<Declared<'l>>,
    /// What `required_providers` says.
    pub(crate) required: Vec<Provider>,
    /// Something in it could not be read.
    pub(crate) partial: bool,
}

/// [`Mode`] as a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Place {
    Managed,
    Data,
    Ephemeral,
}

impl From<Mode> for Place {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Managed => Self::Managed,
            Mode::Data => Self::Data,
            Mode::Ephemeral => Self::Ephemeral,
        }
    }
}

impl<'l> Declarations<'l> {
    /// Sorts the blocks of a directory.
    pub(crate) fn new(directory: &'l Directory) -> Self {
        let mut found = Self::default();
        let (overrides, files): (Vec<_>, Vec<_>) = directory.files.iter().partition(|file| file.is_override());
        for file in files {
            found.partial |= file.file.body.open || !file.file.errors.is_empty();
            for block in &file.file.body.blocks {
                found.declare(block);
            }
        }
        for file in overrides {
            found.partial |= file.file.body.open || !file.file.errors.is_empty();
            for block in &file.file.body.blocks {
                found.lay_over(block);
            }
        }
        found
    }

    /// The number of a resource.
    pub(crate) fn resource(&self, mode: Mode, kind: &str, name: &str) -> Option<usize> {
        self.index.get(&(mode.into(), kind, name)).copied()
    }

    fn declare(&mut self, block: &'l Block) {
        let label = |at: usize| block.labels.get(at).map(|label| &label.name);
        match &*block.kind.name {
            "locals" => {
                for attribute in &block.body.attributes {
                    self.locals.add(&attribute.name.name, attribute);
                }
            }
            "variable" => self.variables.declare(label(0), block),
            "output" => self.outputs.declare(label(0), block),
            "module" => self.calls.declare(label(0), block),
            "provider" => {
                self.providers.push(Declared { block, over: Vec::new() });
                self.require_version(block);
            }
            "terraform" => self.require(block),
            kind => {
                let Some(mode) = mode_of(kind) else { return };
                let (Some(kind), Some(name)) = (label(0), label(1)) else { return };
                let number = self.resources.len();
                self.index.entry((mode.into(), kind, name)).or_insert(number);
                let declared = Declared { block, over: Vec::new() };
                self.resources.push(ResourceDeclaration { mode, kind, name, declared });
            }
        }
    }

    fn lay_over(&mut self, block: &'l Block) {
        let label = |at: usize| block.labels.get(at).map(|label| &*label.name);
        let target = match &*block.kind.name {
            "locals" => {
                for attribute in &block.body.attributes {
                    match self.locals.get_mut(&attribute.name.name) {
                        Some(local) => *local = attribute,
                        None => self.locals.add(&attribute.name.name, attribute),
                    }
                }
                return;
            }
            "variable" => label(0).and_then(|name| self.variables.get_mut(name)),
            "output" => label(0).and_then(|name| self.outputs.get_mut(name)),
            "module" => label(0).and_then(|name| self.calls.get_mut(name)),
            "provider" => {
                let name = label(0);
                self.providers.iter_mut().find(|other| {
                    other.block.labels.first().map(|it| &*it.name) == name && alias(other.block) == alias(block)
                })
            }
            kind => mode_of(kind).and_then(|mode| {
                let number = self.resource(mode, label(0)?, label(1)?)?;
                self.resources.get_mut(number).map(|resource| &mut resource.declared)
            }),
        };
        match target {
            Some(declared) => declared.over.push(block),
            None => self.declare(block),
        }
    }

    /// `version` in a `provider` block, as it was written before `required_providers`.
    fn require_version(&mut self, block: &Block) {
        let version = block.body.attribute("version").map(|it| &it.value.kind);
        if let (Some(ExprKind::String(version)), Some(label)) = (version, block.labels.first()) {
            self.required.push(Provider { name: label.name.clone(), source: None, version: Some(version.clone()) });
        }
    }

    fn require(&mut self, block: &'l Block) {
        for attribute in block.body.blocks_of("required_providers").flat_map(|block| &block.body.attributes) {
            let text = |wanted: &str| match &attribute.value.kind {
                ExprKind::String(version) if wanted == "version" => Some(version.clone()),
                ExprKind::Object(items) => items.iter().find_map(|item| match (&item.key.kind, &item.value.kind) {
                    (ExprKind::String(key), ExprKind::String(text)) if &**key == wanted => Some(text.clone()),
                    _ => None,
                }),
                _ => None,
            };
            let provider =
                Provider { name: attribute.name.name.clone(), source: text("source"), version: text("version") };
            self.required.push(provider);
        }
    }
}

impl<'l> Declared<'l> {
    /// The attribute that counts.
    pub(crate) fn attribute(&self, name: &str) -> Option<&'l Attribute> {
        self.bodies().rev().find_map(|body| body.attribute(name))
    }

    /// All attributes that count.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = &'l Attribute> {
        self.bodies().enumerate().flat_map(move |(layer, body)| {
            body.attributes.iter().filter(move |attribute| {
                !self.over.iter().skip(layer).any(|over| over.body.attribute(&attribute.name.name).is_some())
            })
        })
    }

    /// All nested blocks that count: those of a kind in an override stand in the place of all of the kind.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = &'l Block> {
        self.bodies().enumerate().flat_map(move |(layer, body)| {
            body.blocks.iter().filter(move |block| {
                let kind = produced_kind(block);
                let mut others = self.over.iter().skip(layer).flat_map(|over| &over.body.blocks);
                kind == "lifecycle" || !others.any(|other| produced_kind(other) == kind)
            })
        })
    }

    /// Whether its instances may differ: `each` or `count` stands somewhere in it.
    pub(crate) fn mentions_instance(&self) -> bool {
        let mut mentions = false;
        for body in self.bodies() {
            body.walk(&mut |expr| {
                mentions |= matches!(&expr.kind, ExprKind::Variable(name) if matches!(&**name, "each" | "count"));
            });
        }
        mentions
    }

    /// Whether something in it could not be read.
    pub(crate) fn is_open(&self) -> bool {
        self.bodies().any(|body| body.open)
    }

    fn bodies(&self) -> impl DoubleEndedIterator<Item = &'l Body> {
        std::iter::once(self.block)
            .chain(self.over.iter().copied())
            .map(|block| &block.body)
            .collect::<Vec<_>>()
            .into_iter()
    }
}

/// The kind of block that a block is, or that a `dynamic` one makes.
pub(crate) fn produced_kind(block: &Block) -> &str {
    match (&*block.kind.name, block.labels.first()) {
        ("dynamic", Some(label)) => &label.name,
        (kind, _) => kind,
    }
}

impl<'l, T> Names<'l, T> {
    /// The number of a name.
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.index.get(name).copied()
    }

    /// What has this number.
    pub(crate) fn at(&self, position: usize) -> Option<&T> {
        self.items.get(position)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.items.iter()
    }

    fn get_mut(&mut self, name: &str) -> Option<&mut T> {
        let position = self.position(name)?;
        self.items.get_mut(position)
    }

    fn add(&mut self, name: &'l str, item: T) {
        let number = self.items.len();
        self.index.entry(name).or_insert(number);
        self.items.push(item);
    }
}

impl<'l> Names<'l, Declared<'l>> {
    fn declare(&mut self, name: Option<&'l Arc<str>>, block: &'l Block) {
        if let Some(name) = name {
            self.add(name, Declared { block, over: Vec::new() });
        }
    }
}

impl<T> Default for Names<'_, T> {
    fn default() -> Self {
        Self { items: Vec::new(), index: HashMap::new() }
    }
}

/// What tells the configurations of one provider from one another.
fn alias(provider: &Block) -> Option<&str> {
    provider.body.attribute("alias").and_then(|alias| alias.value.as_str())
}

fn mode_of(kind: &str) -> Option<Mode> {
    match kind {
        "resource" => Some(Mode::Managed),
        "data" => Some(Mode::Data),
        "ephemeral" => Some(Mode::Ephemeral),
        _ => None,
    }
}
