//! `security_opt`: what is taken away from the sandbox, and what could be added to it.
//!
//! Docker reads `key=value` and the older `key:value` alike. Profiles in files are not read.

use portcullis_model::compose::{Project, Service, is_flag};

use super::missing;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] =
    &[&NO_NEW_PRIVILEGES_MISSING, &SECCOMP_UNCONFINED, &APPARMOR_UNCONFINED, &SECURITY_OPT_MISSING];

rule! {
    /// Programs in the service may gain privileges
    ///
    /// A set-user-id program in the image (`su`, `mount`, `ping`) runs as its owner, so that a break-in as an ordinary
    /// user becomes root in the container. `no-new-privileges` ends this. Silent for privileged services and where a
    /// variable decides.
    ///
    /// ```compose bad:2
    /// services:
    ///   web:
    ///     image: web:1
    ///     security_opt: ["label:type:svirt_apache_t"]
    /// ```
    /// ```compose bad:4
    /// services:
    ///   web:
    ///     image: web:1
    ///     security_opt: ["no-new-privileges:false"]
    /// ```
    /// ```compose good
    /// services:
    ///   web: { image: web:1, security_opt: ["no-new-privileges:true"] }
    ///   job: { image: job:1, security_opt: [no-new-privileges] }
    /// ```
    /// ```compose good
    /// file=compose.yaml
    /// services:
    ///   web: { image: web:1 }
    /// file=compose.override.yaml
    /// services:
    ///   web: { security_opt: ["no-new-privileges=true"] }
    /// ```
    NO_NEW_PRIVILEGES_MISSING = "compose-no-new-privileges-missing" {
        check: Check::ComposeService(no_new_privileges_missing),
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["kics:27fcc7d6"],
    }
}

rule! {
    /// Service may make any system call
    ///
    /// Docker's seccomp profile blocks some forty calls that programs hardly need and that most escapes to the kernel
    /// used. `seccomp:unconfined` takes it away.
    ///
    /// ```compose bad:4
    /// services:
    ///   web:
    ///     image: web:1
    ///     security_opt: ["no-new-privileges:true", "seccomp:unconfined"]
    /// ```
    /// ```compose good
    /// services:
    ///   web: { image: web:1, security_opt: ["seccomp:./profile.json"] }
    /// ```
    SECCOMP_UNCONFINED = "compose-seccomp-unconfined" {
        check: Check::ComposeService(seccomp_unconfined),
        severity: Severity::High,
        peers: &["kics:404fde2c"],
    }
}

rule! {
    /// Service is outside of AppArmor or SELinux
    ///
    /// Both confine what root in a container can reach on the host. `apparmor:unconfined`, `label:disable` and
    /// `systempaths=unconfined`, which uncovers `/proc` and `/sys`, each take one layer away.
    ///
    /// ```compose bad:4
    /// services:
    ///   web:
    ///     image: web:1
    ///     security_opt: ["apparmor=unconfined"]
    /// ```
    /// ```compose bad:5
    /// services:
    ///   web:
    ///     image: web:1
    ///     security_opt:
    ///       - label:disable
    /// ```
    /// ```compose good
    /// services:
    ///   web: { image: web:1, security_opt: ["apparmor:web", "label:user:system_u"] }
    /// ```
    APPARMOR_UNCONFINED = "compose-apparmor-unconfined" {
        check: Check::ComposeService(apparmor_unconfined),
        severity: Severity::High,
    }
}

rule! {
    /// Service sets no security options
    ///
    /// Nothing is added to the sandbox that Docker gives by default. Gives way to the rule about `no-new-privileges`,
    /// which is on for the same services, and so speaks only where that one is off.
    ///
    /// ```compose bad:2
    /// services:
    ///   web: { image: web:1 }
    /// ```
    /// ```compose good
    /// services:
    ///   web: { image: web:1, security_opt: ["no-new-privileges:true"] }
    /// ```
    SECURITY_OPT_MISSING = "compose-security-opt-missing" {
        check: Check::ComposeService(security_opt_missing),
        severity: Severity::Info,
        profile: Profile::All,
        peers: &["kics:610e266e"],
        yields_to: &["compose-no-new-privileges-missing"],
    }
}

const HELP: &str = "add `security_opt: [\"no-new-privileges:true\"]`";

fn no_new_privileges_missing(service: &Service<'_>, _: &Project<'_>, report: &mut Report<'_>) {
    if !service.is_complete() || service.may_have_more("security_opt") || is_flag(service.get("privileged"), true) {
        return;
    }
    let option = |node: Node<'_>| node.as_str()?.strip_prefix("no-new-privileges").map(str::to_owned);
    let found: Vec<(Node<'_>, String)> =
        service.list("security_opt").filter_map(|node| Some((node, option(node)?))).collect();
    match found.last() {
        None => {
            report.at(service.anchor(), format!("programs in {} may gain privileges", service.title())).help(HELP);
        }
        Some((node, value)) if value.ends_with("false") => {
            report.at(*node, format!("programs in {} may gain privileges", service.title())).help(HELP);
        }
        Some(_) => {}
    }
}

fn seccomp_unconfined(service: &Service<'_>, _: &Project<'_>, report: &mut Report<'_>) {
    let help = "remove it, or allow the calls that are missing in a profile of your own";
    unconfined(service, &["seccomp=unconfined"], "may make any system call", help, report);
}

fn apparmor_unconfined(service: &Service<'_>, _: &Project<'_>, report: &mut Report<'_>) {
    let options = ["apparmor=unconfined", "label=disable", "systempaths=unconfined"];
    unconfined(service, &options, "is outside of a layer of confinement", "remove it", report);
}

fn unconfined(service: &Service<'_>, options: &[&str], what: &str, help: &'static str, report: &mut Report<'_>) {
    for option in service.list("security_opt") {
        let Some(text) = option.as_str() else { continue };
        if options.contains(&text.replacen(':', "=", 1).as_str()) {
            report.at(option, format!("{} {what} (`{text}`)", service.title())).help(help);
        }
    }
}

fn security_opt_missing(service: &Service<'_>, _: &Project<'_>, report: &mut Report<'_>) {
    // Nothing that it could add holds a privileged service.
    if is_flag(service.get("privileged"), true) {
        return;
    }
    if let Some(anchor) = missing(service, &["security_opt"]) {
        report.at(anchor, format!("{} sets no security options", service.title())).help(HELP);
    }
}
