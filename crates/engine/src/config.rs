//! The configuration file.

use std::collections::BTreeMap;

use portcullis_core::{Profile, Severity};
use portcullis_model::kubernetes::KubernetesVersion;
use portcullis_rules::{Date, Options};

/// What `portcullis.yaml` says. Every field has a default, so that no file is the same as an empty one.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Globs of what is scanned; empty: everything that is recognised.
    pub include: Vec<String>,
    /// Globs of what is left out, besides [`DEFAULT_EXCLUDES`].
    pub exclude: Vec<String>,
    /// `profile`.
    pub profile: Option<Profile>,
    /// `fail-on`.
    pub fail_on: Option<Severity>,
    /// `kubernetes-version`.
    pub kubernetes_version: Option<KubernetesVersion>,
    /// `rules`: what is set for an id or `prefix*`, in the order of the file; later ones win.
    pub rules: Vec<(String, RuleSetting)>,
    /// `overrides`: settings for some paths, in order.
    pub overrides: Vec<Override>,
    /// `ignore`.
    pub ignore: Vec<Ignore>,
}

/// Directory names that are not walked into unless they are named on the command line.
pub const DEFAULT_EXCLUDES: &[&str] = &["node_modules", "vendor", ".terraform", "target"];

/// What the configuration makes of a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleSetting {
    /// `off`, or `on` for a rule of no profile.
    pub on: Option<bool>,
    /// Another severity.
    pub severity: Option<Severity>,
    /// The rule's options.
    pub options: Options,
}

/// Settings for some paths.
#[derive(Clone, Debug, Default)]
pub struct Override {
    /// Globs relative to the configuration file.
    pub paths: Vec<String>,
    /// As in [`Config::rules`]; options are not set by path.
    pub rules: Vec<(String, RuleSetting)>,
}

/// A finding that is accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignore {
    /// An id, `prefix*`, tag or peer's id.
    pub rule: String,
    /// A glob relative to the configuration file; `None`: everywhere.
    pub path: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// The last day that it counts.
    pub expires: Option<Date>,
}

#[allow(dead_code)]
type Unused = BTreeMap<String, ()>;
