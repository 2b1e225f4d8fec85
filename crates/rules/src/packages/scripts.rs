//! Packages that run a program of their own while they are installed.

use portcullis_model::packages::{Folder, PackageFile};

use super::{place, resolved};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&INSTALL_SCRIPT];

rule! {
    /// Package runs a script when it is installed
    ///
    /// An install script runs with the rights of whoever installs, on every laptop and build machine, before any code of
    /// the package is used: it is how most stolen packages do their work. Only npm's lockfiles from version 2 on say which
    /// packages have one. The option `allowed` names those that were looked at.
    ///
    /// ```json bad:5
    /// file=package-lock.json
    /// {
    ///   "lockfileVersion": 3,
    ///   "packages": {
    ///     "": { "name": "web" },
    ///     "node_modules/native-pad": { "version": "1.3.0", "hasInstallScript": true }
    ///   }
    /// }
    /// ```
    /// ```json good
    /// file=package-lock.json
    /// {
    ///   "lockfileVersion": 3,
    ///   "packages": {
    ///     "": { "name": "web", "hasInstallScript": true },
    ///     "node_modules/native-pad": { "version": "1.3.0", "hasInstallScript": true }
    ///   }
    /// }
    /// file=portcullis.yaml
    /// rules: { lock-install-script: { allowed: [native-pad] } }
    /// ```
    INSTALL_SCRIPT = "lock-install-script" {
        check: Check::Packages(install_script),
        severity: Severity::Info,
        profile: Profile::All,
        tags: &["cwe-829"],
        options: &[OptionMeta {
            name: "allowed",
            shape: OptionShape::Strings,
            docs: "Packages that may run a script.",
        }],
    }
}

fn install_script(file: &PackageFile, _: &Folder, report: &mut Report<'_>) {
    let allowed = report.options().map_or(&[][..], |options| options.strings("allowed"));
    for package in resolved(file).filter(|package| package.has_install_script) {
        if allowed.iter().any(|name| **name == *package.name) {
            continue;
        }
        report
            .at(place(package, package.span), format!("`{}` runs a script when it is installed", package.name))
            .help("look at the script and add the package to the option `allowed`, or install with `--ignore-scripts`");
    }
}
