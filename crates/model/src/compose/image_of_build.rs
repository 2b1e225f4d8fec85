//! What the Dockerfile of a service's `build` says of the image, and which Dockerfiles services build.

use portcullis_core::FileId;
use portcullis_syntax::dockerfile::{self, Keyword};
use portcullis_syntax::{Node, Tree};

use super::load::{folders_of, is_there, read};
use super::{Part, Service, Surroundings, as_text, paths};
use crate::dockerfile::Build;

/// What is known of an image that is built here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BuiltImage {
    /// Whether a USER holds at its end.
    pub user: Said,
    /// Whether a HEALTHCHECK does.
    pub healthcheck: Said,
}

/// Whether a file says something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Said {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// The file cannot be read.
    #[default]
    Unknown,
}

impl BuiltImage {
    /// Reads a Dockerfile; `target` names the stage that is built, the last one where it is absent.
    pub(super) fn read(text: &str, target: Option<&str>) -> Self {
        let parsed = dockerfile::parse(FileId::default(), text);
        if parsed.is_template {
            return Self::default();
        }
        let build = Build::new(&parsed);
        let stage = match target {
            Some(name) => build.target(name),
            None => build.final_stage(),
        };
        let Some(stage) = stage else { return Self::default() };
        let said = |found: bool| if found { Said::Yes } else { Said::No };
        let healthcheck = build.effective(stage, Keyword::Healthcheck);
        Self { user: said(build.user(stage).is_some()), healthcheck: said(healthcheck.is_some()) }
    }
}

/// What a build asks for and is not in the tree. Paths are as they are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BrokenBuild {
    /// The folder.
    Context(String),
    /// The Dockerfile, by its path in the folder.
    Dockerfile(String),
    /// The stage, and the Dockerfile without it.
    Target(String, String),
}

impl BrokenBuild {
    /// Looks for what a service builds. Silent for addresses, for what a variable decides or git ignores, for submodules, and
    /// where a folder above has it, which Compose may be told to start from.
    pub(super) fn of(service: &Service<'_>, build: Node<'_>, path: &str, around: &Surroundings<'_>) -> Option<Self> {
        let field = |name: &str| service.get(&format!("build.{name}")).present().filter(|_| build.is_map());
        let text = |node: Option<Node<'_>>, usual: &'static str| match node {
            Some(node) if node.is_filled_in() => None,
            Some(node) => Some(as_text(node)?.to_owned()),
            None => Some(usual.to_owned()),
        };
        if field("dockerfile_inline").is_some() || build.is_open() {
            return None;
        }
        let context = text(if build.is_map() { field("context") } else { Some(build) }, ".")?;
        let file = text(field("dockerfile"), "")?;
        if context.starts_with("github.com/") || context.ends_with(".git") || context.contains(".git#") || file == "-" {
            return None;
        }
        let files = around.files;
        let at = |folder: &str| paths::join(folder, if context == "." { "./" } else { &context });
        let below =
            |folder: &str, name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
        let folder = at(paths::directory(path))?;
        let is_folder = |folder: &str| folder.is_empty() || is_there(folder, files);
        if !is_folder(&folder) {
            let is_submodule = || read(files, ".gitmodules").is_some_and(|text| text.contains(folder.as_str()));
            let is_elsewhere = || folders_of(path).skip(1).filter_map(at).any(|folder| is_folder(&folder));
            let is_silent = (around.ignores)(&below(&folder, "Dockerfile")) || is_submodule() || is_elsewhere();
            return (!is_silent).then_some(Self::Context(context));
        }
        let names: &[&str] = if file.is_empty() { &["Dockerfile", "dockerfile", "Containerfile"] } else { &[&file] };
        let found =
            |folder: &str| names.iter().filter_map(|name| paths::join(folder, name)).find(|path| is_there(path, files));
        let name = names.first()?;
        let Some(found) = found(&folder) else {
            let own = paths::join(&folder, name)?;
            let is_elsewhere = folders_of(path).skip(1).filter_map(at).any(|folder| found(&folder).is_some());
            return (!is_elsewhere && !(around.ignores)(&own)).then(|| Self::Dockerfile((*name).to_owned()));
        };
        let target = text(Some(field("target")?), "")?;
        let parsed = dockerfile::parse(FileId::default(), &read(files, &found)?);
        let has_own_frontend = parsed
            .directives
            .iter()
            .any(|directive| directive.name == "syntax" && !directive.value.contains("docker/dockerfile"));
        let build = Build::new(&parsed);
        let is_broken = !parsed.is_template
            && !has_own_frontend
            && build.stages.iter().any(|stage| stage.from.is_some())
            && build.target(&target).is_none();
        is_broken.then_some(Self::Target(target, (*name).to_owned()))
    }
}

/// A Dockerfile that a service builds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuiltFile {
    /// Its path.
    pub path: String,
    /// The stage that is built.
    pub target: Part<String>,
}

/// The Dockerfiles that the services of a Compose file build, as far as it says without variables and other files.
pub fn built_files(path: &str, tree: &Tree) -> Vec<BuiltFile> {
    let services = tree.documents().filter_map(|document| document.root.field("services")).flat_map(Node::entries);
    services.filter_map(|(_, service)| built_file(paths::directory(path), service.field("build")?)).collect()
}

fn built_file(folder: &str, build: Node<'_>) -> Option<BuiltFile> {
    let field = |name: &str| build.field(name).filter(|field| !field.is_null());
    let text = |name: &str, usual: &'static str| match field(name) {
        Some(field) => field.as_str(),
        None => Some(usual),
    };
    if build.is_null() || field("dockerfile_inline").is_some() {
        return None;
    }
    let (context, file) = if build.is_map() {
        (text("context", ".")?, text("dockerfile", "Dockerfile")?)
    } else {
        (build.as_str()?, "Dockerfile")
    };
    let target = match field("target") {
        None => Part::Absent,
        Some(target) => match target.as_str().filter(|target| !target.contains('$')) {
            Some(target) => Part::Known(target.to_owned()),
            None => Part::Unknown,
        },
    };
    let folder = paths::join(folder, if context == "." { "./" } else { context })?;
    Some(BuiltFile { path: paths::join(&folder, file)?, target })
}
