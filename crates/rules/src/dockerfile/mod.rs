//! Rules for Dockerfiles.

use std::cell::OnceCell;

use portcullis_model::dockerfile::{Build, Run};

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
mod apk;
mod apt;
mod downloads;
mod gems;
mod go;
mod layers;
mod modes;
mod node;
mod packages;
mod pip;
mod rpm;
mod secret_mount;
mod shell;
mod signatures;
mod tls;
mod upgrades;
mod users;
mod zypper;

/// The rules of each file.
pub(crate) static RULES: &[&[&Rule]] = &[
    apk::RULES,
    apt::RULES,
    downloads::RULES,
    gems::RULES,
    go::RULES,
    layers::RULES,
    modes::RULES,
    node::RULES,
    pip::RULES,
    rpm::RULES,
    secret_mount::RULES,
    shell::RULES,
    signatures::RULES,
    tls::RULES,
    upgrades::RULES,
    users::RULES,
    zypper::RULES,
];

/// A Dockerfile as rules see it: its stages, and what its RUN instructions run, parsed once.
#[derive(Debug)]
pub struct Image<'d> {
    /// Stages and variables.
    pub build: &'d Build<'d>,
    runs: OnceCell<Vec<Run<'d>>>,
}

impl<'d> Image<'d> {
    pub(crate) fn new(build: &'d Build<'d>) -> Self {
        Self { build, runs: OnceCell::new() }
    }

    /// Every RUN in order, those that ONBUILD holds too. Parsed when a rule first asks.
    pub fn runs(&self) -> &[Run<'d>] {
        self.runs.get_or_init(|| self.build.runs())
    }

    /// The RUNs whose traces are in the final image.
    pub fn final_runs(&self) -> impl Iterator<Item = &Run<'d>> {
        self.runs().iter().filter(|run| run.is_final)
    }
}
