//! Rules for Dockerfiles.

use portcullis_model::dockerfile::Build;

use crate::Rule;

mod base_image;
mod casing;
mod from;
mod near;
mod stages;
mod walk;

/// The rules of each file.
pub(crate) static RULES: &[&[&Rule]] = &[base_image::RULES, casing::RULES, from::RULES, stages::RULES];

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
