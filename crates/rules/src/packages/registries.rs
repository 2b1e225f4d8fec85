//! Which hosts packages may come from.
//!
//! A repository is judged by its host as an archive is. Packages of which the file only says that they come from a
//! registry are not judged: which one that is, is set elsewhere.

use std::collections::BTreeMap;

use portcullis_model::packages::{Folder, Package, PackageFile, Source};

use super::{address, place, resolved};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&HOST_NOT_ALLOWED, &SCOPE_HOST, &MIXED_REGISTRIES];

rule! {
    /// Package comes from a host that is not allowed
    ///
    /// Says nothing until the option `hosts` lists those that are: `registry.npmjs.org`, or `*.example.org` for all names
    /// below one.
    ///
    /// ```json bad:7
    /// file=package-lock.json
    /// {
    ///   "lockfileVersion": 3,
    ///   "packages": {
    ///     "": { "name": "web" },
    ///     "node_modules/left-pad": {
    ///       "version": "1.3.0",
    ///       "resolved": "https://npm.example.com/left-pad/-/left-pad-1.3.0.tgz"
    ///     },
    ///     "node_modules/right-pad": {
    ///       "version": "1.3.0",
    ///       "resolved": "https://npm.example.org/right-pad/-/right-pad-1.3.0.tgz"
    ///     }
    ///   }
    /// }
    /// file=portcullis.yaml
    /// rules: { lock-host-not-allowed: { hosts: [registry.npmjs.org, "*.example.org"] } }
    /// ```
    /// ```json good
    /// file=package-lock.json
    /// {
    ///   "lockfileVersion": 3,
    ///   "packages": {
    ///     "node_modules/left-pad": {
    ///       "version": "1.3.0",
    ///       "resolved": "https://npm.example.com/left-pad/-/left-pad-1.3.0.tgz"
    ///     }
    ///   }
    /// }
    /// ```
    HOST_NOT_ALLOWED = "lock-host-not-allowed" {
        check: Check::Packages(host_not_allowed),
        severity: Severity::High,
        profile: Profile::OptIn,
        tags: &["cwe-829", "needs-configuration"],
        options: &[OptionMeta {
            name: "hosts",
            shape: OptionShape::Strings,
            docs: "Hosts that packages may come from; `*.example.org` for all below it.",
        }],
    }
}

fn host_not_allowed(file: &PackageFile, _: &Folder, report: &mut Report<'_>) {
    let hosts = report.options().map_or(&[][..], |options| options.strings("hosts"));
    if hosts.is_empty() {
        return;
    }
    for package in resolved(file) {
        let Some((address, span)) = address(package) else { continue };
        if hosts.iter().any(|allowed| allows(allowed, address.host)) {
            continue;
        }
        report
            .at(place(package, span), format!("`{}` comes from {}, which is not allowed", package.name, address.host))
            .help("take it from an allowed registry, or add the host to the option `hosts`");
    }
}

fn allows(allowed: &str, host: &str) -> bool {
    match allowed.strip_prefix("*.") {
        Some(domain) => {
            let start = host.len().checked_sub(domain.len());
            let end = start.and_then(|start| host.get(start..));
            let is_below = start.is_some_and(|start| host.get(..start).is_some_and(|before| before.ends_with('.')));
            is_below && end.is_some_and(|end| end.eq_ignore_ascii_case(domain))
        }
        None => allowed.eq_ignore_ascii_case(host),
    }
}

rule! {
    /// Package of a scope comes from another host than it should
    ///
    /// A private scope that is not bound to the private registry is taken from the public one by any machine that was not
    /// told otherwise, and there anybody may register it. Says nothing until the option `scopes` binds them:
    /// `@acme=npm.acme.example`.
    ///
    /// ```json bad:7
    /// file=package-lock.json
    /// {
    ///   "lockfileVersion": 3,
    ///   "packages": {
    ///     "": { "name": "web" },
    ///     "node_modules/@acme/pad": {
    ///       "version": "1.3.0",
    ///       "resolved": "https://registry.npmjs.org/@acme/pad/-/pad-1.3.0.tgz"
    ///     },
    ///     "node_modules/right-pad": {
    ///       "version": "1.3.0",
    ///       "resolved": "https://registry.npmjs.org/right-pad/-/right-pad-1.3.0.tgz"
    ///     }
    ///   }
    /// }
    /// file=portcullis.yaml
    /// rules: { lock-scope-host: { scopes: ["@acme=npm.acme.example"] } }
    /// ```
    /// ```json good
    /// file=package-lock.json
    /// {
    ///   "lockfileVersion": 3,
    ///   "packages": {
    ///     "node_modules/@acme/pad": {
    ///       "version": "1.3.0",
    ///       "resolved": "https://npm.acme.example/@acme/pad/-/pad-1.3.0.tgz"
    ///     }
    ///   }
    /// }
    /// file=portcullis.yaml
    /// rules: { lock-scope-host: { scopes: ["@acme=npm.acme.example"] } }
    /// ```
    SCOPE_HOST = "lock-scope-host" {
        check: Check::Packages(scope_host),
        severity: Severity::High,
        profile: Profile::OptIn,
        tags: &["cwe-427", "needs-configuration"],
        options: &[OptionMeta {
            name: "scopes",
            shape: OptionShape::Strings,
            docs: "Scopes and the host of their registry: `@scope=host`.",
        }],
    }
}

fn scope_host(file: &PackageFile, _: &Folder, report: &mut Report<'_>) {
    let bound = report.options().map_or(&[][..], |options| options.strings("scopes"));
    for package in resolved(file) {
        let Some((scope, _)) = package.name.split_once('/') else { continue };
        let Some((address, span)) = address(package) else { continue };
        let host = bound.iter().filter_map(|entry| entry.split_once('=')).find(|(own, _)| *own == scope);
        let Some((_, host)) = host.filter(|(_, host)| !allows(host, address.host)) else { continue };
        report
            .at(place(package, span), format!("`{}` comes from {}, not from {host}", package.name, address.host))
            .help(format!("bind the scope to its registry (`{scope}:registry=` in .npmrc) and lock the package again"));
    }
}

rule! {
    /// Archives of one lockfile come from several registries
    ///
    /// Where most packages come from one registry and a few from another, the few were often locked on a machine with other
    /// settings, or put there by somebody else. Reports the first package of each host that fewer packages come from than
    /// from the first. Silent for repositories, and where the option `hosts` of `lock-host-not-allowed` allows the host.
    ///
    /// ```json bad:15
    /// file=package-lock.json
    /// {
    ///   "lockfileVersion": 3,
    ///   "packages": {
    ///     "": { "name": "web" },
    ///     "node_modules/a": {
    ///       "version": "1.0.0",
    ///       "resolved": "https://registry.npmjs.org/a/-/a-1.0.0.tgz"
    ///     },
    ///     "node_modules/b": {
    ///       "version": "1.0.0",
    ///       "resolved": "https://registry.npmjs.org/b/-/b-1.0.0.tgz"
    ///     },
    ///     "node_modules/c": {
    ///       "version": "1.0.0",
    ///       "resolved": "https://npm.example.org/c/-/c-1.0.0.tgz"
    ///     }
    ///   }
    /// }
    /// ```
    /// ```json good
    /// file=package-lock.json
    /// {
    ///   "lockfileVersion": 3,
    ///   "packages": {
    ///     "": { "name": "web" },
    ///     "node_modules/a": {
    ///       "version": "1.0.0",
    ///       "resolved": "https://registry.npmjs.org/a/-/a-1.0.0.tgz"
    ///     },
    ///     "node_modules/b": {
    ///       "version": "1.0.0",
    ///       "resolved": "git+ssh://git@github.com/b/b.git#0123456789012345678901234567890123456789"
    ///     }
    ///   }
    /// }
    /// ```
    MIXED_REGISTRIES = "lock-mixed-registries" {
        check: Check::Packages(mixed_registries),
        severity: Severity::Low,
        profile: Profile::All,
    }
}

fn mixed_registries(file: &PackageFile, _: &Folder, report: &mut Report<'_>) {
    let allowed = report.options_of("lock-host-not-allowed").map_or(&[][..], |options| options.strings("hosts"));
    let mut hosts: BTreeMap<String, Vec<&Package>> = BTreeMap::new();
    for package in resolved(file).filter(|package| matches!(package.source, Source::Url { .. })) {
        let Some((address, _)) = address(package) else { continue };
        hosts.entry(registry(address.host)).or_default().push(package);
    }
    let Some(most) = hosts.values().map(Vec::len).max() else { return };
    let main = hosts.iter().find(|(_, packages)| packages.len() == most).map(|(host, _)| host.clone());
    let Some(main) = main else { return };
    for (host, packages) in hosts.iter().filter(|(host, _)| **host != main) {
        let Some((first, (_, span))) = packages.first().and_then(|first| Some((*first, address(first)?))) else {
            continue;
        };
        if allowed.iter().any(|allowed| allows(allowed, host)) {
            continue;
        }
        let others = match packages.len() - 1 {
            0 => String::new(),
            1 => " and one other".to_owned(),
            others => format!(" and {others} others"),
        };
        report
            .at(place(first, span), format!("`{}`{others} from {host}, most packages from {main}", first.name))
            .help("lock all packages from one registry");
    }
}

/// npm and yarn name the same registry by two hosts.
fn registry(host: &str) -> String {
    let host = host.to_ascii_lowercase();
    if host == "registry.yarnpkg.com" { "registry.npmjs.org".to_owned() } else { host }
}
