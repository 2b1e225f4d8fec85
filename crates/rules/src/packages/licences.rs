//! Which licences packages may have.
//!
//! Few lockfiles say under which licence a package comes: those of npm and Composer, renv's, and bills of materials. What
//! they say is taken from the package's own description; nobody here has read its files.

use std::collections::HashSet;

use portcullis_model::packages::{Folder, PackageFile};
use spdx::{Expression, LicenseItem, LicenseReq, ParseMode};

use super::{place, resolved};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&LICENCE_NOT_ALLOWED];

rule! {
    /// Package has a licence that is not allowed
    ///
    /// Says nothing until the section `licences` of the configuration, or an option of this rule, says which licences may be
    /// had. Where a package leaves a choice (`MIT OR GPL-3.0-only`), one that is allowed is enough. A licence with an
    /// exception counts as the licence, unless it is allowed as a whole; `GPL-2.0` is `GPL-2.0-only`; and who may have
    /// `GPL-2.0-only` may have `GPL-2.0-or-later`. Silent for packages of which the lockfile does not say the licence, and
    /// for texts that are no expression of SPDX ids, unless `unknown` is `deny`.
    ///
    /// ```json bad:5
    /// file=package-lock.json
    /// {
    ///   "lockfileVersion": 3,
    ///   "packages": {
    ///     "": { "name": "web" },
    ///     "node_modules/left-pad": { "version": "1.3.0", "license": "AGPL-3.0-only" },
    ///     "node_modules/right-pad": { "version": "1.3.0", "license": "(AGPL-3.0-only OR MIT)" },
    ///     "node_modules/some-pad": { "version": "1.3.0", "license": "SEE LICENSE IN FILE" }
    ///   }
    /// }
    /// file=portcullis.yaml
    /// rules: { lock-licence-not-allowed: { allow: [MIT, Apache-2.0] } }
    /// ```
    /// ```json bad:5
    /// file=package-lock.json
    /// {
    ///   "lockfileVersion": 3,
    ///   "packages": {
    ///     "": { "name": "web" },
    ///     "node_modules/left-pad": { "version": "1.3.0" },
    ///     "node_modules/right-pad": { "version": "1.3.0", "license": "MIT" }
    ///   }
    /// }
    /// file=portcullis.yaml
    /// rules: { lock-licence-not-allowed: { deny: [AGPL-3.0-only], unknown: deny } }
    /// ```
    /// ```json good
    /// file=package-lock.json
    /// {
    ///   "lockfileVersion": 3,
    ///   "packages": {
    ///     "": { "name": "web", "license": "UNLICENSED" },
    ///     "node_modules/left-pad": { "version": "1.3.0", "license": "AGPL-3.0-only" },
    ///     "node_modules/right-pad": { "version": "1.3.0", "license": "GPL-2.0+" }
    ///   }
    /// }
    /// file=portcullis.yaml
    /// rules: { lock-licence-not-allowed: { allow: [GPL-2.0-only], exceptions: [left-pad=AGPL-3.0-only] } }
    /// ```
    LICENCE_NOT_ALLOWED = "lock-licence-not-allowed" {
        check: Check::Packages(licence_not_allowed),
        severity: Severity::Medium,
        profile: Profile::OptIn,
        tags: &["licence", "needs-configuration"],
        options: &[
            OptionMeta {
                name: "allow",
                shape: OptionShape::Strings,
                docs: "SPDX ids of licences that packages may have; without any, all that are not denied.",
            },
            OptionMeta {
                name: "deny",
                shape: OptionShape::Strings,
                docs: "SPDX ids of licences that packages may not have.",
            },
            OptionMeta {
                name: "exceptions",
                shape: OptionShape::Strings,
                docs: "Packages that may have any licence: `name`; or only the one that is named: `name=licence`.",
            },
            OptionMeta {
                name: "unknown",
                shape: OptionShape::Text,
                docs: "`deny` for packages of which the licence is not known; they are allowed by default.",
            },
        ],
    }
}

/// Whether a text is what `allow` and `deny` list: one licence, or one with an exception.
pub fn is_licence(text: &str) -> bool {
    Expression::parse_mode(text, MODE).is_ok_and(|expression| expression.requirements().count() == 1)
}

/// Deprecated ids are in most lockfiles, as are the slash of old manifests and the plus behind GPL's ids.
const MODE: ParseMode = ParseMode {
    allow_slash_as_or_operator: true,
    allow_postfix_plus_on_gpl: true,
    allow_deprecated: true,
    ..ParseMode::STRICT
};

fn licence_not_allowed(file: &PackageFile, _: &Folder, report: &mut Report<'_>) {
    let Some(options) = report.options() else { return };
    let policy = Policy { allow: terms(options.strings("allow")), deny: terms(options.strings("deny")) };
    let denies_unknown = options.text("unknown") == Some("deny");
    if policy.allow.is_empty() && policy.deny.is_empty() && !denies_unknown {
        return;
    }
    let exceptions = options.strings("exceptions");
    let mut seen = HashSet::new();
    for package in resolved(file) {
        let licence = package.licence.as_deref().map(str::trim).filter(|licence| !licence.is_empty());
        let is_excepted = |exception: &String| match exception.split_once('=') {
            Some((name, only)) => name == &*package.name && licence.is_some_and(|it| it.eq_ignore_ascii_case(only)),
            None => **exception == *package.name,
        };
        let expression = licence.and_then(|licence| Expression::parse_mode(licence, MODE).ok());
        let is_allowed = expression.map_or(!denies_unknown, |it| it.evaluate(|wanted| policy.allows(wanted)));
        if is_allowed || exceptions.iter().any(is_excepted) || !seen.insert((&package.name, &package.version)) {
            continue;
        }
        let message = match licence {
            Some(licence) => format!("`{}` has the licence `{licence}`, which is not allowed", package.name),
            None => format!("`{}` has no licence that is known", package.name),
        };
        report.at(place(package, package.span), message).help(
            "use another package, or add the licence to `licences.allow` or the package to `licences.exceptions` in the \
             configuration",
        );
    }
}

/// What `allow` and `deny` list.
struct Policy {
    allow: Vec<Term>,
    deny: Vec<Term>,
}

/// A licence under its present id, and its exception.
#[derive(PartialEq, Eq)]
struct Term {
    licence: String,
    exception: Option<String>,
}

fn terms(texts: &[String]) -> Vec<Term> {
    let expressions = texts.iter().filter_map(|text| Expression::parse_mode(text, MODE).ok());
    expressions.flat_map(|it| it.requirements().map(|it| Term::of(&it.req)).collect::<Vec<_>>()).collect()
}

impl Policy {
    fn allows(&self, wanted: &LicenseReq) -> bool {
        let wanted = Term::of(wanted);
        if wanted.exception.is_some() && self.allow.contains(&wanted) {
            return true;
        }
        let has = |list: &[Term], licence: &str| {
            list.iter().any(|term| term.licence == licence && (term.exception.is_none() || *term == wanted))
        };
        if has(&self.deny, &wanted.licence) {
            return false;
        }
        // Whoever takes it may choose the version itself.
        let or_this = wanted.licence.strip_suffix("-or-later").map(|base| format!("{base}-only"));
        self.allow.is_empty()
            || has(&self.allow, &wanted.licence)
            || or_this.is_some_and(|only| has(&self.allow, &only))
    }
}

impl Term {
    fn of(wanted: &LicenseReq) -> Self {
        let licence = match &wanted.license {
            LicenseItem::Spdx { id, or_later } if id.is_gnu() => {
                let base = id.name.trim_end_matches('+').trim_end_matches("-only");
                let base = base.trim_end_matches("-or-later");
                let is_later = *or_later || id.name.ends_with('+') || id.name.ends_with("-or-later");
                format!("{base}-{}", if is_later { "or-later" } else { "only" })
            }
            LicenseItem::Spdx { id, .. } => id.name.to_owned(),
            LicenseItem::Other(own) => own.to_string(),
        };
        Self { licence, exception: wanted.addition.as_ref().map(ToString::to_string) }
    }
}
