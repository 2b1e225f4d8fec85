//! Rules for Dockerfiles.

use portcullis_model::dockerfile::Build;

use crate::Rule;

mod base_image;
mod bases;
mod casing;
mod end_of_life;
mod from;
mod near;
mod secrets;
mod stages;
mod user;
mod walk;
mod workdir;

/// The rules of each file.
pub(crate) static RULES: &[&[&Rule]] = &[
    base_image::RULES,
    casing::RULES,
    end_of_life::RULES,
    from::RULES,
    secrets::RULES,
    stages::RULES,
    user::RULES,
    workdir::RULES,
];

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
