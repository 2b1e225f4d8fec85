//! Packages that their own publishers have given up.

use portcullis_model::packages::{Folder, PackageFile};

use super::{place, resolved};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&DEPRECATED];

rule! {
    /// Package is deprecated by its publisher
    ///
    /// Nobody mends a version that its publisher has withdrawn from use, and often the message says what is wrong with it or
    /// what takes its place. Only some lockfiles keep the message: npm's from version 2 on and pnpm's (`deprecated`), and
    /// Composer's (`abandoned`). It is that of the day on which the file was made: what was deprecated later is not known,
    /// and a deprecation that was taken back stays until the file is made anew.
    ///
    /// ```json bad:5
    /// file=package-lock.json
    /// {
    ///   "lockfileVersion": 3,
    ///   "packages": {
    ///     "": { "name": "web" },
    ///     "node_modules/old-pad": { "version": "1.3.0", "deprecated": "use String.prototype.padStart()" }
    ///   }
    /// }
    /// ```
    /// ```json good
    /// file=package-lock.json
    /// {
    ///   "lockfileVersion": 3,
    ///   "packages": {
    ///     "": { "name": "web" },
    ///     "node_modules/new-pad": { "version": "1.3.0" }
    ///   }
    /// }
    /// ```
    DEPRECATED = "lock-deprecated" {
        check: Check::Packages(deprecated),
        severity: Severity::Low,
        profile: Profile::All,
        tags: &["cwe-1104"],
    }
}

/// Characters of a publisher's message that are shown.
const SHOWN: usize = 120;

fn deprecated(file: &PackageFile, _: &Folder, report: &mut Report<'_>) {
    for package in resolved(file) {
        let Some(message) = &package.deprecated else { continue };
        let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
        let shown: String = message.chars().take(SHOWN).collect();
        let (colon, dots) = (if shown.is_empty() { "" } else { ": " }, if shown == message { "" } else { "\u{2026}" });
        let version = package.version.as_deref().unwrap_or_default();
        report
            .at(
                place(package, package.version_span),
                format!("`{}` {version} is deprecated{colon}{}{dots}", package.name, shown.trim_end_matches('.')),
            )
            .help("go to what the message names, or to a version that is not deprecated");
    }
}
