//! What the Dockerfile of a service's `build` says of the image, and which Dockerfiles services build.

use portcullis_core::FileId;
use portcullis_syntax::dockerfile::{self, Keyword};
use portcullis_syntax::{Node, Tree};

use super::{Part, paths};
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
