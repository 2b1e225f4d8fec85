//! Rules for Dockerfiles.

use portcullis_model::dockerfile::Build;

use crate::Rule;

mod base_image;
mod bases;
mod casing;
mod command_form;
mod copy;
mod end_of_life;
mod expose;
mod from;
mod health;
mod near;
mod order;
mod outdated;
mod repeated;
mod run_flags;
mod secrets;
mod stages;
mod tls_variables;
mod user;
mod variables;
mod walk;
mod workdir;

/// The rules of each file.
pub(crate) static RULES: &[&[&Rule]] = &[
    base_image::RULES,
    casing::RULES,
    command_form::RULES,
    copy::RULES,
    end_of_life::RULES,
    expose::RULES,
    from::RULES,
    health::RULES,
    order::RULES,
    outdated::RULES,
    repeated::RULES,
    run_flags::RULES,
    secrets::RULES,
    stages::RULES,
    tls_variables::RULES,
    user::RULES,
    variables::RULES,
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
