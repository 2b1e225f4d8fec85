//! The configuration file: what it may say, where it is looked for, and what it comes to.
//!
//! It is read through our own span-exact tree, so that every mistake is shown where it stands; a mistake anywhere is an
//! error, because a setting that silently does nothing is worse than none. Whether a path exists is known here of data alone, which
//! nothing reads where there are no policies.

mod admission;
mod file;
mod import;
mod keys;
mod nearest;
mod paths;
mod reader;
mod schema;
mod secrets;
mod text;

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;

use portcullis_core::{Catalog, Profile, RuleIdx, Severity};
use portcullis_model::kubernetes::KubernetesVersion;
use portcullis_rules::{Date, OptionValue, Options};

use crate::policies::{BundleChoice, PackChoice};

pub use admission::{
    Admission, AdmissionLimits, AdmissionProfile, AdmissionTls, ByteSize, Connect, Count, Exemptions, FailurePolicy,
    Listen, Mode, Period, RuleAction, RuleExemption,
};
pub use file::{ConfigFileError, FILE_NAMES};
pub use import::{ImportError, Imported, Remark, import, import_texts};
pub use nearest::{UnknownRule, nearest, select_rules};
pub use paths::{GlobError, PathMatcher};
pub use reader::ConfigError;
pub use secrets::{AllowCondition, AllowTarget, Entropy, Pattern, SecretAllow, SecretGroup, SecretRule, Secrets};
pub use text::starter;

/// What `portcullis.yaml` says. Every field has a default, so that no file is the same as an empty one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// What is scanned; empty: everything that is recognised.
    pub include: PathMatcher,
    /// What is left out: [`DEFAULT_EXCLUDES`] and then the file's own globs, so that `!vendor` takes one back.
    pub exclude: PathMatcher,
    /// `profile`.
    pub profile: Option<Profile>,
    /// `fail-on`.
    pub fail_on: Option<Severity>,
    /// `kubernetes-version`.
    pub kubernetes_version: Option<KubernetesVersion>,
    /// `kubernetes-crds`: folders of custom resource definitions, relative to the file's directory.
    pub kubernetes_crds: Vec<String>,
    /// `rules`: selectors and what is set for them, the broadest first; later ones win.
    pub rules: Vec<(String, RuleSetting)>,
    /// `overrides`: settings for some paths, in the order of the file; later ones win.
    pub overrides: Vec<Override>,
    /// `ignore`.
    pub ignore: Vec<Ignore>,
    /// `baseline`: the file of known findings, relative to the file's directory.
    pub baseline: Option<String>,
    /// `policies`.
    pub policies: PolicyKeys,
    /// `data`: files and folders of data documents for policies, relative to the file's directory.
    pub data: Vec<String>,
    /// `advisories`.
    pub advisories: Advisories,
    /// `secrets`.
    pub secrets: Secrets,
    /// `licences`.
    pub licences: Licences,
    /// `admission`.
    pub admission: Admission,
}

/// Names that are not walked into unless they are named on the command line.
pub const DEFAULT_EXCLUDES: &[&str] = &["node_modules", "vendor", ".terraform", "target"];

/// How many overrides there may be: which of them hold for a file is kept in 64 bits.
pub const OVERRIDE_LIMIT: usize = 64;

/// The profile where neither the command line nor the file sets one.
pub const DEFAULT_PROFILE: Profile = Profile::Recommended;

/// `fail-on` where neither the command line nor the file sets it.
pub const DEFAULT_FAIL_ON: Severity = Severity::Low;

/// Whether a rule is on, and how severe it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleSwitch {
    /// `None`: as the profile says. Naming a single rule turns it on unless the setting says `off`.
    pub on: Option<bool>,
    /// Another severity.
    pub severity: Option<Severity>,
}

/// What the configuration makes of a rule everywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleSetting {
    /// On or off, and the severity.
    pub switch: RuleSwitch,
    /// The rule's options; empty where the selector names several rules.
    pub options: Options,
}

/// Settings for some paths. Options are not among them: they hold for the whole scan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Override {
    /// The paths.
    pub paths: PathMatcher,
    /// As in [`Config::rules`].
    pub rules: Vec<(String, RuleSwitch)>,
}

/// A finding that is accepted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ignore {
    /// An id, `prefix*`, tag or peer's id.
    pub rule: String,
    /// Where; `None`: everywhere.
    pub path: Option<PathMatcher>,
    /// Why.
    pub reason: Option<String>,
    /// The last day that it counts.
    pub expires: Option<Date>,
}

/// Policies that are asked beside the rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyKeys {
    /// Files and folders of policies in Rego, relative to the configuration file's directory.
    pub dirs: Vec<String>,
    /// Packs that ship with the program.
    pub packs: Vec<PackChoice>,
    /// Archives and folders of policies, relative to the configuration file's directory.
    pub bundles: Vec<BundleChoice>,
    /// The packages whose rules are asked; empty: `main`.
    pub namespaces: Vec<String>,
}

/// What is set for advisories.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Advisories {
    /// Database files, relative to the configuration file's directory.
    pub databases: Vec<String>,
    /// Files of statements about advisories, relative to the configuration file's directory.
    pub vex: Vec<String>,
    /// The severity of an advisory without one; `None`: [`UNKNOWN_AS`].
    pub unknown_as: Option<Severity>,
    /// Whether packages count that only development needs; `None`: yes.
    pub development: Option<bool>,
    /// Whether advisories count that nothing fixes; `None`: yes.
    pub unfixed: Option<bool>,
}

/// The licences that packages may have: the options of the rule `lock-licence-not-allowed`, which they turn on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Licences {
    /// SPDX ids of those that are; empty: all that are not denied.
    pub allow: Vec<String>,
    /// SPDX ids of those that are not.
    pub deny: Vec<String>,
    /// Packages that it does not hold for.
    pub exceptions: Vec<LicenceException>,
    /// What a licence counts as that is not known; `None`: it is allowed.
    pub unknown: Option<UnknownLicence>,
}

/// A package that may have another licence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LicenceException {
    /// Its name.
    pub package: Option<String>,
    /// The licence as the lockfile writes it; `None`: any.
    pub licence: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

/// What a licence counts as that is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownLicence {
    /// Nothing is said.
    Allow,
    /// It is not allowed.
    Deny,
}

/// The rule that [`Licences`] are options of.
const LICENCE_RULE: &str = "lock-licence-not-allowed";

/// How an advisory counts that has no severity.
pub const UNKNOWN_AS: Severity = Severity::Medium;

impl Default for Config {
    fn default() -> Self {
        Self {
            include: PathMatcher::default(),
            exclude: keys::with_default_excludes(&[]).expect("a test reads the defaults, which are plain names"),
            profile: None,
            fail_on: None,
            kubernetes_version: None,
            kubernetes_crds: Vec::new(),
            rules: Vec::new(),
            overrides: Vec::new(),
            ignore: Vec::new(),
            baseline: None,
            policies: PolicyKeys::default(),
            data: Vec::new(),
            advisories: Advisories::default(),
            secrets: Secrets::default(),
            licences: Licences::default(),
            admission: Admission::default(),
        }
    }
}

impl Config {
    /// Reads a configuration of less than 4 GiB. What is wrong is left at its default and told, in order of place; with
    /// any error the configuration is good for nothing but further checks.
    pub fn parse(text: &str, catalog: &Catalog) -> (Self, Vec<ConfigError>) {
        reader::read(&Arc::from(text), catalog, None)
    }

    /// The effective configuration as YAML, defaults filled in and keys sorted. Reading it gives the same again.
    pub fn show(&self) -> String {
        text::show(self)
    }

    /// The JSON Schema of the file for the rules of `catalog`, as pretty-printed JSON.
    pub fn schema(catalog: &Catalog) -> String {
        schema::schema(catalog)
    }

    /// What `rules` sets for each rule.
    pub fn switches(&self, catalog: &Catalog) -> BTreeMap<RuleIdx, RuleSwitch> {
        let sections = (self.licences != Licences::default())
            .then_some((LICENCE_RULE, RuleSwitch { on: Some(true), severity: None }));
        let rules = self.rules.iter().map(|(selector, setting)| (selector.as_str(), setting.switch));
        resolve(sections.into_iter().chain(rules), catalog)
    }

    /// The options of each rule that has any set, by the rule's own id.
    pub fn options(&self, catalog: &Catalog) -> BTreeMap<String, Options> {
        let mut options: BTreeMap<String, Options> = BTreeMap::new();
        for (selector, setting) in &self.rules {
            if setting.options.0.is_empty() {
                continue;
            }
            for rule in catalog.select(selector) {
                let known = options.entry(catalog.get(rule).id.to_string()).or_default();
                known.0.extend(setting.options.0.clone());
            }
        }
        let set = self.licences.options();
        if !set.0.is_empty() {
            options.entry(LICENCE_RULE.to_owned()).or_default().0.extend(set.0);
        }
        options
    }
}

impl Licences {
    /// As options of the rule; what is not set is left to the rule's own.
    fn options(&self) -> Options {
        let mut options = Options::default();
        let exceptions = self.exceptions.iter().filter_map(|exception| {
            let package = exception.package.as_deref()?;
            Some(match &exception.licence {
                Some(licence) => format!("{package}={licence}"),
                None => package.to_owned(),
            })
        });
        let lists = [("allow", self.allow.clone()), ("deny", self.deny.clone()), ("exceptions", exceptions.collect())];
        for (name, list) in lists {
            if !list.is_empty() {
                options.0.insert(name.to_owned(), OptionValue::Strings(list));
            }
        }
        if let Some(unknown) = self.unknown {
            options.0.insert("unknown".to_owned(), OptionValue::Text(unknown.name().to_owned()));
        }
        options
    }
}

impl UnknownLicence {
    /// The name in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
        }
    }
}

impl FromStr for UnknownLicence {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Allow, Self::Deny]
            .into_iter()
            .find(|it| it.name() == text)
            .ok_or_else(|| format!("`{text}` is not `allow` or `deny`"))
    }
}

impl Override {
    /// What it sets for each rule.
    pub fn switches(&self, catalog: &Catalog) -> BTreeMap<RuleIdx, RuleSwitch> {
        resolve(self.rules.iter().map(|(selector, switch)| (selector.as_str(), *switch)), catalog)
    }
}

fn resolve<'a>(
    settings: impl Iterator<Item = (&'a str, RuleSwitch)>,
    catalog: &Catalog,
) -> BTreeMap<RuleIdx, RuleSwitch> {
    let mut switches: BTreeMap<RuleIdx, RuleSwitch> = BTreeMap::new();
    for (selector, switch) in settings {
        for rule in catalog.select(selector) {
            let known = switches.entry(rule).or_default();
            known.on = switch.on.or(known.on);
            known.severity = switch.severity.or(known.severity);
        }
    }
    switches
}
