//! A Compose project: its files merged as Compose merges them, and typed views of its services.
//!
//! Decides what holds after overrides, `extends`, `include` and variables. A default of a variable counts as its value.
//! It cannot know what is set when the project is started, nor files outside the scanned tree; what depends on those is
//! unknown, never absent.

mod environment;
mod extends;
mod image_of_build;
mod load;
mod paths;
mod ports;
mod service;
mod settings;
mod shape;
mod volumes;

use std::collections::{HashMap, HashSet};

use portcullis_core::{FileId, Span};
use portcullis_syntax::{Lookup, Node};

pub use environment::is_chosen;
pub use extends::{End, Extension};
pub use image_of_build::{BrokenBuild, BuiltFile, BuiltImage, Said, built_files};
pub use load::{BASES, NoFiles, OVERRIDES, Sources, Surroundings};
pub use ports::{Bound, Port, PortRange};
pub use service::Service;
pub use settings::{Setting, settings_of};
pub use shape::{has_compose_name, is_compose};
pub use volumes::{Mount, MountKind};

/// Part of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<T> {
    /// It is not there.
    Absent,
    /// It is there.
    Known(T),
    /// A variable decides.
    Unknown,
}

impl<T> Part<T> {
    /// The part, where it is there and known.
    pub fn known(self) -> Option<T> {
        match self {
            Self::Known(part) => Some(part),
            Self::Absent | Self::Unknown => None,
        }
    }
}

/// Files that make one project.
#[derive(Debug)]
pub struct Project<'t> {
    /// The file that is judged; findings in the others are for when those are.
    pub file: FileId,
    /// Its path.
    pub path: &'t str,
    /// The documents of all files, the weakest first.
    pub documents: Vec<Document<'t>>,
    /// In the order in which they are first named.
    pub services: Vec<Service<'t>>,
    /// Whether the project may hold what no file here says: an include that cannot be read, or a file that is meant to be
    /// put over another.
    pub is_part: bool,
    /// Where a `${` of the judged file begins no variable.
    pub faults: &'t [Span],
    sources: &'t Sources,
    by_name: HashMap<&'t str, usize>,
    /// The names of the images that services build.
    made: HashSet<&'t str>,
    /// Whether its files are all that there can be, what its services lack left aside.
    pub stands_alone: bool,
}

/// One document of a project.
#[derive(Clone, Copy, Debug)]
pub struct Document<'t> {
    /// The file it is of.
    pub file: FileId,
    /// Its content.
    pub root: Node<'t>,
}

/// The profiles with which a service runs.
#[derive(Clone, Debug)]
pub struct Profiles<'t> {
    /// Absent where they are not known; none for a service that always runs.
    names: Option<Vec<&'t str>>,
    /// Whether `.env` turns one of them on.
    is_active: bool,
}

impl Profiles<'_> {
    /// Whether services with these may run at the same time.
    pub fn meets(&self, other: &Self) -> bool {
        let (Some(a), Some(b)) = (&self.names, &other.names) else { return true };
        a.is_empty() || b.is_empty() || self.is_active && other.is_active || a.iter().any(|profile| b.contains(profile))
    }
}

impl<'t> Project<'t> {
    /// The documents of the judged file.
    pub fn own(&self) -> impl Iterator<Item = Node<'t>> + use<'_, 't> {
        self.documents.iter().filter(|document| document.file == self.file).map(|document| document.root)
    }

    /// The service of a name, that of a file that may not belong to the project included.
    pub fn service(&self, name: &str) -> Option<&Service<'t>> {
        self.services.get(*self.by_name.get(name)?)
    }

    /// Whether some service builds an image of this name.
    pub fn makes(&self, image: &str) -> bool {
        self.made.contains(image)
    }

    /// The entries of a top-level mapping (`volumes`, `networks`, `secrets`, `configs`), of all files.
    pub fn declared(&self, kind: &'static str) -> impl Iterator<Item = (Node<'t>, Node<'t>)> + use<'_, 't> {
        self.documents.iter().filter_map(move |document| document.root.field(kind)).flat_map(Node::entries)
    }

    /// Whether more entries of a top-level mapping may exist than are written.
    pub fn may_declare_more(&self, kind: &str) -> bool {
        let is_open = |root: Node<'_>| {
            root.is_open() || root.field(kind).is_some_and(|node| !node.is_null() && (!node.is_map() || node.is_open()))
        };
        self.is_part || self.documents.iter().any(|document| is_open(document.root))
    }

    /// The image that a service's `build` makes, as far as its Dockerfile says.
    pub fn built(&self, service: &Service<'t>) -> &'t BuiltImage {
        self.sources.built(service.name)
    }

    /// The text of a file that the judged file names and that git does not ignore.
    pub fn tracked(&self, path: &str) -> Option<&'t str> {
        self.sources.tracked(path)
    }

    /// Whether two services may run at the same time: not where their profiles have nothing in common, unless `.env` turns
    /// both on.
    pub fn may_meet(&self, a: &Service<'t>, b: &Service<'t>) -> bool {
        self.profiles(a).meets(&self.profiles(b))
    }

    /// When a service runs.
    pub fn profiles(&self, service: &Service<'t>) -> Profiles<'t> {
        let names = service.profiles();
        let is_active = names.iter().flatten().any(|profile| self.sources.is_active(profile));
        Profiles { names, is_active }
    }

    /// What the services of the judged file extend.
    pub fn extensions(&self) -> Vec<Extension<'t>> {
        self.sources.extensions(self)
    }

    /// Whether nothing is at a path that the judged file names, and git would not keep it out of the repository.
    pub fn is_missing(&self, path: &str) -> bool {
        self.sources.is_missing(path)
    }

    /// The files that `COMPOSE_FILE` names beside the judged one, which is the first of them that exists, and that do not.
    pub fn missing_chosen(&self) -> &'t [String] {
        self.sources.missing_chosen()
    }

    /// What a service of the judged file builds and is not there.
    pub fn broken_build(&self, service: &Service<'t>) -> Option<&'t BrokenBuild> {
        self.sources.broken_build(service.name)
    }

    /// The paths of files that include each other, each time from the judged file around to it.
    pub fn include_cycles(&self) -> &'t [Vec<String>] {
        self.sources.cycles()
    }

    /// Whether a path that the judged file writes leads to another path of the tree.
    pub fn leads_to(&self, written: &str, path: &str) -> bool {
        paths::join(paths::directory(self.path), written).is_some_and(|found| found == path)
    }
}

/// A boolean, also where it is written as text, as it is once variables are filled in, or as YAML 1.1 writes it.
pub fn as_flag(node: Node<'_>) -> Option<bool> {
    match (node.as_bool(), node.as_str()) {
        (Some(flag), _) => Some(flag),
        (_, Some("true" | "True" | "yes" | "Yes" | "on" | "On" | "y" | "1")) => Some(true),
        (_, Some("false" | "False" | "no" | "No" | "off" | "Off" | "n" | "0")) => Some(false),
        _ => None,
    }
}

/// Whether a lookup is known to be the boolean `wanted`.
pub fn is_flag(found: Lookup<'_>, wanted: bool) -> bool {
    found.present().and_then(as_flag) == Some(wanted)
}

/// An integer, also where it is written as text.
pub fn as_integer(node: Node<'_>) -> Option<i64> {
    node.as_i64().or_else(|| node.as_str()?.parse().ok())
}

/// The text of a scalar that is known, whatever its type.
pub fn as_text(node: Node<'_>) -> Option<&str> {
    use portcullis_syntax::Value;
    match node.value() {
        Value::String(text) | Value::Number(text) => Some(text),
        Value::Bool(_) => Some(node.text()),
        Value::Null | Value::Template(_) | Value::List(_) | Value::Map(_) | Value::Unknown(_) => None,
    }
}

#[cfg(test)]
mod tests;
