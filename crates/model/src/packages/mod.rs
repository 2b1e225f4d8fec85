//! Packages: what a lockfile resolved, and what a manifest asks for.
//!
//! A reader takes one text and gives what is written in it, each package at its own line; reading never fails, and what
//! comes before a fault is kept. What a file does not say (a group, a source, who asks for a package) stays open until the
//! manifests beside it are looked at. A version that only a resolver could know is `None`.

mod address;
mod bill;
mod bun;
mod cargo;
mod cargo_toml;
mod composer;
mod conan;
mod conflict;
mod cyclonedx;
mod dart;
mod digest;
mod ecosystem;
mod folder;
mod format;
mod go;
mod gradle;
mod graph;
mod haskell;
mod helpers;
mod hex;
mod julia;
mod npm;
mod nuget;
mod nuget_props;
mod package_json;
mod partial;
mod pdm;
mod pipenv;
mod pnpm;
mod poetry;
mod pom;
mod purl;
mod pylock;
mod pyproject;
mod python;
mod read;
mod renv;
mod requirements;
mod ruby;
mod sbt;
mod spdx;
mod swift;
mod uv;
mod yarn;

use portcullis_core::{Span, SyntaxError};

pub use address::{Address, without_login};
pub use ecosystem::Ecosystem;
pub use folder::{Folder, Instead, PackageFile, Unmet};
pub use format::{Format, Role};
pub use go::{GoSum, GoSumOf, go_sums};
pub use graph::{Paths, link, path_to};
pub use purl::{Purl, purl_of};
pub use read::{Contents, Surroundings, read, read_among};

/// What one lockfile, or one manifest that pins versions, resolved.
#[derive(Clone, Debug, Default)]
pub struct Lockfile {
    /// The packages in the order of the file. Edges are indices into this list.
    pub packages: Vec<Package>,
    /// What could not be read; packages before it are there.
    pub faults: Vec<SyntaxError>,
    /// Things of the file as a whole that rules ask about.
    pub header: Header,
    /// What the project itself asks for, where the lockfile says so, with what for.
    pub asked: Vec<Asked>,
    /// What asks of the project and its packages were resolved to, where the lockfile keeps them: `name@range` as written, or
    /// the bare name where there is one of it; sorted. [`link`] finds the packages of a manifest's requirements by them.
    pub resolutions: Vec<(Box<str>, PackageId)>,
    /// The members of the workspace, where the lockfile says what each of them asks for.
    pub members: Vec<Member>,
}

/// A member of a workspace, as the workspace's lockfile knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Which.
    pub name: MemberName,
    /// The names of all that it asks for, as written.
    pub asked: Vec<Box<str>>,
}

/// How a lockfile names the members of its workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemberName {
    /// By the folder, relative to the lockfile's.
    Folder(Box<str>),
    /// By the name of the package.
    Package(Box<str>),
}

/// One package that the project itself asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Which.
    pub package: PackageId,
    /// What for; `None`s where only a manifest knows.
    pub groups: Groups,
}

/// Facts of a lockfile that are not of one package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// The version of the format as it is written: `3`, `9.0`, `4`.
    pub version: Option<Box<str>>,
    /// Hash of the manifest that the lock was made from, where the format keeps one (`content-hash`).
    pub manifest_hash: Option<Box<str>>,
}

/// Where a package stands in its lockfile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PackageId(pub u32);

/// One resolved package.
#[derive(Clone, Debug)]
pub struct Package {
    /// Whose names and versions these are.
    pub ecosystem: Ecosystem,
    /// As it is written, not normalised: `@scope/name`, `group:artifact`, `example.com/module`.
    pub name: Box<str>,
    /// As it is written, without the marks of the format around it (`v` of Go modules stays). `None`: not known.
    pub version: Option<Box<str>>,
    /// The narrowest text that names the package: its key or the value of its `name`.
    pub span: Span,
    /// Where the version stands; the same as `span` where one text says both.
    pub version_span: Span,
    /// Where it comes from.
    pub source: Source,
    /// Hashes that the file keeps of it, in its order.
    pub integrity: Vec<Integrity>,
    /// What it is needed for.
    pub groups: Groups,
    /// Who asked for it.
    pub relation: Relation,
    /// The packages that it needs, where the file says so; sorted, each once.
    pub dependencies: Vec<PackageId>,
    /// The licence expression, where the file carries one.
    pub licence: Option<Box<str>>,
    /// Whether it runs a script when it is installed, where the file says so.
    pub has_install_script: bool,
    /// Whether it comes inside the archive of another package, where the file says so.
    pub is_bundled: bool,
    /// What its publisher says of it since it was withdrawn from use, where the file says so: the message, empty where there
    /// is none.
    pub deprecated: Option<Box<str>>,
    /// The name that it is installed under where that is another one: npm's `"alias": "npm:name@1"`.
    pub alias: Option<Box<str>>,
}

/// Where a package comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// The ecosystem's own registry, or the file does not say otherwise.
    #[default]
    Registry,
    /// An archive with its address and where that is written: of a registry (npm's `resolved`) or elsewhere.
    Url {
        /// The whole address, as written.
        url: Box<str>,
        /// Where it stands.
        span: Span,
    },
    /// A repository.
    Git {
        /// The repository, as written.
        url: Box<str>,
        /// The commit that it is fixed to; `None`: a branch or tag, which may move.
        commit: Option<Box<str>>,
        /// Where it stands.
        span: Span,
    },
    /// A folder or file of the same tree: a member of the workspace, `file:`, `link:`, `path =`.
    Path(Box<str>),
    /// The project that the lockfile belongs to, or a member of its workspace: not a dependency at all.
    Project,
}

/// A hash of a package's archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Integrity {
    /// How it was made.
    pub algorithm: Algorithm,
    /// The digest, as written.
    pub digest: Box<str>,
    /// Where it stands.
    pub span: Span,
}

/// Hash functions that lockfiles use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// Broken.
    Md5,
    /// Broken.
    Sha1,
    /// SHA-2 with 256 bits, and Go's `h1:`, which is made of it.
    Sha256,
    /// SHA-2 with 384 bits.
    Sha384,
    /// SHA-2 with 512 bits; Berry's checksums, of archives that it makes itself, are of it.
    Sha512,
    /// Anything else.
    Other,
}

/// What a package is needed for. A package may be in several groups: it is `dev` only where nothing but development asks for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Groups {
    /// Whether only development, tests or the build need it; `None`: the file does not say.
    pub dev: Option<bool>,
    /// Whether it may be left out (optional dependencies, extras, peers); `None`: the file does not say.
    pub optional: Option<bool>,
}

/// Who asked for a package.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Relation {
    /// The project's own manifest.
    Direct,
    /// Another package.
    Transitive,
    /// The file does not say.
    #[default]
    Unknown,
}

/// What a manifest asks for.
#[derive(Clone, Debug, Default)]
pub struct Manifest {
    /// The project's own name.
    pub name: Option<Box<str>>,
    /// Whether it says that it is never published: a program and no library.
    pub is_private: bool,
    /// Everything that it asks for by name.
    pub requirements: Vec<Requirement>,
    /// Patterns of the folders of the workspace's members, as written.
    pub members: Vec<Box<str>>,
    /// Versions that are forced upon packages whoever asks for them (`overrides`, `resolutions`, constraints); not
    /// requirements.
    pub overrides: Vec<Requirement>,
    /// Ranges that members of the workspace take over; asked for only where one of them does.
    pub shared: Vec<Requirement>,
    /// Other files that it takes in, as written.
    pub references: Vec<Reference>,
    /// What could not be read.
    pub faults: Vec<SyntaxError>,
}

/// Another file that a manifest takes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The path or address, as written: relative to the manifest.
    pub path: Box<str>,
    /// What it is taken in as.
    pub kind: ReferenceKind,
    /// Where it stands.
    pub span: Span,
}

/// What a manifest takes another file in as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReferenceKind {
    /// All of it (`-r`).
    Requirements,
    /// Only its versions count, for what is asked for elsewhere (`-c`).
    Constraints,
}

/// One line of a manifest.
#[derive(Clone, Debug)]
pub struct Requirement {
    /// Whose names and versions these are.
    pub ecosystem: Ecosystem,
    /// The package, as written.
    pub name: Box<str>,
    /// The range, as written: `^1.2`, `>=3,<4`, empty for any. For anything but a registry (`git+…`, `file:…`) the whole text.
    pub range: Box<str>,
    /// Where the name stands.
    pub span: Span,
    /// Where the range stands; the same as `span` where there is none.
    pub range_span: Span,
    /// What it is needed for.
    pub groups: Groups,
    /// Where it comes from, as far as the manifest says.
    pub source: Source,
}

impl Package {
    /// A package of which the file says nothing but name and version.
    pub fn new(ecosystem: Ecosystem, name: &str, version: Option<&str>, span: Span) -> Self {
        Self {
            ecosystem,
            name: name.into(),
            version: version.map(Into::into),
            span,
            version_span: span,
            source: Source::default(),
            integrity: Vec::new(),
            groups: Groups::default(),
            relation: Relation::default(),
            dependencies: Vec::new(),
            licence: None,
            has_install_script: false,
            is_bundled: false,
            deprecated: None,
            alias: None,
        }
    }
}
