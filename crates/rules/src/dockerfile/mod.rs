//! Rules for Dockerfiles.

use std::cell::OnceCell;

use portcullis_model::dockerfile::{Build, BuildContext, Run};

use crate::Rule;

mod apk;
mod apt;
mod base_image;
pub(crate) mod bases;
mod carried;
mod casing;
mod command_form;
mod context;
mod copy;
mod descriptions;
mod downloads;
mod edits;
mod end_of_life;
mod expose;
mod from;
mod gems;
mod go;
mod health;
mod label_schema;
mod labels;
mod layers;
mod modes;
pub(crate) mod near;
mod node;
mod order;
mod outdated;
mod ownership;
mod packages;
mod pip;
mod repeated;
mod rpm;
mod run_flags;
mod secret_mount;
mod secret_run;
mod secrets;
mod shell;
mod shell_flow;
mod shell_words;
pub mod shellcheck;
mod signatures;
mod stages;
mod tls;
mod tls_variables;
mod upgrades;
mod user;
mod users;
mod variables;
mod walk;
mod workdir;
mod zypper;

/// The rules of each file.
pub(crate) static RULES: &[&[&Rule]] = &[
    apk::RULES,
    apt::RULES,
    base_image::RULES,
    casing::RULES,
    command_form::RULES,
    context::RULES,
    copy::RULES,
    descriptions::RULES,
    downloads::RULES,
    end_of_life::RULES,
    expose::RULES,
    from::RULES,
    gems::RULES,
    go::RULES,
    health::RULES,
    label_schema::RULES,
    labels::RULES,
    layers::RULES,
    modes::RULES,
    node::RULES,
    order::RULES,
    outdated::RULES,
    ownership::RULES,
    pip::RULES,
    repeated::RULES,
    rpm::RULES,
    run_flags::RULES,
    secret_mount::RULES,
    secret_run::RULES,
    secrets::RULES,
    shell::RULES,
    shell_flow::RULES,
    shell_words::RULES,
    shellcheck::RULES,
    signatures::RULES,
    stages::RULES,
    tls::RULES,
    tls_variables::RULES,
    upgrades::RULES,
    user::RULES,
    users::RULES,
    variables::RULES,
    workdir::RULES,
    zypper::RULES,
];

/// A Dockerfile as rules see it: its stages, and what its RUN instructions run, parsed once.
#[derive(Debug)]
pub struct Image<'d> {
    /// Stages and variables.
    pub build: &'d Build<'d>,
    /// The text of the file.
    pub text: &'d str,
    /// What its build context leaves out.
    pub context: &'d BuildContext,
    runs: OnceCell<Vec<Run<'d>>>,
}

impl<'d> Image<'d> {
    pub(crate) fn new(build: &'d Build<'d>, text: &'d str, context: &'d BuildContext) -> Self {
        Self { build, text, context, runs: OnceCell::new() }
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
