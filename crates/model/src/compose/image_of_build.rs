//! What the Dockerfile of a service's `build` says of the image.

use portcullis_core::FileId;
use portcullis_syntax::dockerfile::{self, Keyword};

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
            Some(name) => {
                build.stage_named(name).or_else(|| name.parse().ok().and_then(|at: usize| build.stages.get(at)))
            }
            None => build.final_stage(),
        };
        let Some(stage) = stage else { return Self::default() };
        let said = |found: bool| if found { Said::Yes } else { Said::No };
        let healthcheck = build.effective(stage, Keyword::Healthcheck);
        Self { user: said(build.user(stage).is_some()), healthcheck: said(healthcheck.is_some()) }
    }
}
