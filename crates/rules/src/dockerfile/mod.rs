//! Rules for Dockerfiles.

use portcullis_model::dockerfile::Build;

use crate::Rule;

/// The rules of each file.
pub(crate) static RULES: &[&[&Rule]] = &[];

/// A Dockerfile as rules see it: its stages, and what its RUN instructions run, parsed once.
#[derive(Debug)]
pub struct Image<'d> {
    /// Stages and variables.
    pub build: &'d Build<'d>,
}

impl<'d> Image<'d> {
    pub(crate) fn new(build: &'d Build<'d>) -> Self {
        Self { build }
    }
}
