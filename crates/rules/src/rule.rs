//! How a rule is declared.

use portcullis_core::{RuleMeta, Words};
use portcullis_model::compose::{Project, Service};
use portcullis_model::kubernetes::schema::Fault;
use portcullis_model::kubernetes::{Object, Pod};
use portcullis_model::packages::{Folder, PackageFile};
use portcullis_secrets::Kind;

use crate::Report;
use crate::actions::ActionsCheck;
use crate::dockerfile::Image;
use crate::terraform::TerraformCheck;

/// A rule: what is known of it, and how it checks.
#[derive(Debug)]
pub struct Rule {
    /// Metadata and docs.
    pub meta: RuleMeta,
    /// The check.
    pub check: Check,
}

/// What a rule looks at. Dispatch calls it once for each.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// Each pod and pod template, of whatever kind.
    Pod(fn(&Pod<'_>, &mut Report<'_>)),
    /// Each object of these kinds; all objects where the list is empty.
    Object(&'static [&'static str], fn(&Object<'_>, &mut Report<'_>)),
    /// Each pod, and each object of these kinds; all objects where the list is empty.
    PodAndObject(fn(&Pod<'_>, &mut Report<'_>), &'static [&'static str], fn(&Object<'_>, &mut Report<'_>)),
    /// Each fault that an object of the API server's own kinds has by its schema.
    Schema(fn(&Object<'_>, &Fault<'_, '_>, &mut Report<'_>)),
    /// Each fault that a custom resource has by its definition, where that is at hand.
    CustomSchema(fn(&Object<'_>, &Fault<'_, '_>, &mut Report<'_>)),
    /// Each Dockerfile as a whole.
    Dockerfile(fn(&Image<'_>, &mut Report<'_>)),
    /// Each Compose project as a whole.
    Compose(fn(&Project<'_>, &mut Report<'_>)),
    /// Each service of a Compose project.
    ComposeService(fn(&Service<'_>, &Project<'_>, &mut Report<'_>)),
    /// Parts of workflows, actions and the files beside them.
    Actions(ActionsCheck),
    /// Resources and modules of Terraform.
    Terraform(TerraformCheck),
    /// Each file that names packages, with its folder.
    Packages(fn(&PackageFile, &Folder, &mut Report<'_>)),
    /// Secrets of this kind in any text.
    Secret(Kind),
    /// Nothing here: the engine itself reports it while it scans.
    Engine,
}

impl Check {
    /// The part that looks at pods.
    pub(crate) fn of_pods(self) -> Option<fn(&Pod<'_>, &mut Report<'_>)> {
        match self {
            Self::Pod(check) | Self::PodAndObject(check, ..) => Some(check),
            _ => None,
        }
    }
}

/// Declares a rule: doc comment, name, id, fields of [`RuleMeta`], and the check.
///
/// ```text
/// rule! {
///     /// Container runs privileged
///     ///
///     /// Why it matters, and when the rule stays silent.
///     PRIVILEGED_CONTAINER = "k8s-privileged-container" {
///         check: Check::Pod(privileged),
///         severity: Severity::Critical,
///         peers: &["trivy:KSV-0017"],
///     }
/// }
/// ```
macro_rules! rule {
    ($(#[doc = $doc:literal])+ $name:ident = $id:literal { $($field:ident : $value:expr),+ $(,)? }) => {
        static $name: $crate::Rule = {
            #[allow(clippy::needless_update, reason = "a rule may set every field")]
            let rule = $crate::rule::RuleParts { $($field: $value,)+ ..$crate::rule::RuleParts::DEFAULT };
            rule.into_rule($id, concat!($($doc, "\n",)+))
        };
    };
}
pub(crate) use rule;

/// The fields that a declaration may set.
pub(crate) struct RuleParts {
    pub(crate) check: Check,
    pub(crate) severity: portcullis_core::Severity,
    pub(crate) confidence: portcullis_core::Confidence,
    pub(crate) profile: portcullis_core::Profile,
    pub(crate) tags: &'static [&'static str],
    pub(crate) peers: &'static [&'static str],
    pub(crate) yields_to: &'static [&'static str],
    pub(crate) options: &'static [portcullis_core::OptionMeta],
}

impl RuleParts {
    pub(crate) const DEFAULT: Self = Self {
        check: Check::Engine,
        severity: RuleMeta::DEFAULT.severity,
        confidence: RuleMeta::DEFAULT.confidence,
        profile: RuleMeta::DEFAULT.profile,
        tags: &[],
        peers: &[],
        yields_to: &[],
        options: &[],
    };

    pub(crate) const fn into_rule(self, id: &'static str, docs: &'static str) -> Rule {
        use std::borrow::Cow::Borrowed;
        Rule {
            meta: RuleMeta {
                id: Borrowed(id),
                severity: self.severity,
                unrated: false,
                confidence: self.confidence,
                profile: self.profile,
                tags: Words::Static(self.tags),
                peers: Words::Static(self.peers),
                yields_to: Borrowed(self.yields_to),
                options: Borrowed(self.options),
                docs: Borrowed(docs),
                derived: match self.check {
                    Check::Terraform(TerraformCheck::Attribute(row)) => Some(row),
                    _ => None,
                },
            },
            check: self.check,
        }
    }
}

/// What nearly every rules file imports.
pub(crate) mod prelude {
    #![allow(unused_imports, reason = "each file takes what it needs")]
    pub(crate) use portcullis_core::{Confidence, OptionMeta, OptionShape, Profile, Severity};
    pub(crate) use portcullis_syntax::{Lookup, Node, Value};

    pub(crate) use crate::rule::rule;
    pub(crate) use crate::{Check, Report, Rule};
}
