//! What configures updates: Dependabot, and the repositories of pre-commit.

use super::ActionsCheck;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] =
    &[&DEPENDABOT_COOLDOWN_MISSING, &DEPENDABOT_EXECUTION_ALLOWED, &INSECURE_URL_SCHEME];

/// Days that most malicious releases take to be found out.
const WANTED_DAYS: i64 = 7;

rule! {
    /// Updates are proposed as soon as they appear
    ///
    /// Most malicious releases are found out within days. `cooldown` keeps Dependabot from proposing anything younger; it waits
    /// three days by itself, a week is safer. The option `days` sets another number.
    ///
    /// ```dependabot bad:3
    /// version: 2
    /// updates:
    ///   - package-ecosystem: npm
    ///     directory: /
    ///     schedule: { interval: weekly }
    /// ```
    /// ```dependabot good
    /// version: 2
    /// updates:
    ///   - package-ecosystem: npm
    ///     directory: /
    ///     schedule: { interval: weekly }
    ///     cooldown: { default-days: 7 }
    /// ```
    DEPENDABOT_COOLDOWN_MISSING = "actions-dependabot-cooldown-missing" {
        check: Check::Actions(ActionsCheck::Dependabot(cooldown_missing)),
        severity: Severity::Medium,
        profile: Profile::All,
        tags: &["cwe-1357"],
        peers: &["zizmor:dependabot-cooldown"],
        options: &[OptionMeta { name: "days", shape: OptionShape::Number, docs: "the least number of days; 7 by default" }],
    }
}

fn cooldown_missing(root: Node<'_>, report: &mut Report<'_>) {
    let wanted = report.options().and_then(|options| options.number("days")).unwrap_or(WANTED_DAYS);
    let help = format!("add `cooldown: {{ default-days: {wanted} }}`");
    for update in updates(root) {
        if update.get("package-ecosystem").present().is_none() {
            continue;
        }
        match update.get("cooldown") {
            Lookup::Absent(anchor) => {
                let spot = update.get("package-ecosystem").present();
                match spot {
                    Some(node) => report.at(node, "updates are proposed as soon as they appear").help(help.clone()),
                    None => report.at(anchor, "updates are proposed as soon as they appear").help(help.clone()),
                };
            }
            Lookup::Present(cooldown) => match cooldown.get("default-days") {
                Lookup::Absent(anchor) if cooldown.is_map() => {
                    report.at(anchor, "`cooldown` does not say how many days by default").help(help.clone());
                }
                Lookup::Present(days) if days.as_i64().is_some_and(|days| days < wanted) => {
                    report.at(days, format!("{} days are few; {wanted} are safer", days.text())).help(help.clone());
                }
                _ => {}
            },
            Lookup::Unknown(_) => {}
        }
    }
}

rule! {
    /// Dependabot may run code of dependencies
    ///
    /// `insecure-external-code-execution: allow` lets a dependency's own code run while Dependabot looks for updates, with
    /// access to the private registries that it knows.
    ///
    /// ```dependabot bad:6
    /// version: 2
    /// updates:
    ///   - package-ecosystem: bundler
    ///     directory: /
    ///     schedule: { interval: weekly }
    ///     insecure-external-code-execution: allow
    /// ```
    /// ```dependabot good
    /// version: 2
    /// updates:
    ///   - package-ecosystem: bundler
    ///     directory: /
    ///     schedule: { interval: weekly }
    ///     insecure-external-code-execution: deny
    /// ```
    DEPENDABOT_EXECUTION_ALLOWED = "actions-dependabot-execution-allowed" {
        check: Check::Actions(ActionsCheck::Dependabot(execution_allowed)),
        severity: Severity::High,
        tags: &["cwe-829"],
        peers: &["zizmor:dependabot-execution"],
    }
}

fn execution_allowed(root: Node<'_>, report: &mut Report<'_>) {
    for update in updates(root) {
        let setting = update.get("insecure-external-code-execution").present();
        if let Some(node) = setting.filter(|node| node.text() == "allow") {
            report.at(node, "dependencies may run code while Dependabot looks for updates").help("remove it");
        }
    }
}

fn updates(root: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    root.get("updates").present().map(Node::items).into_iter().flatten()
}

rule! {
    /// Repository of hooks is fetched unencrypted
    ///
    /// Over `http://` and `git://` anybody on the way can replace the hooks, which then run on every developer's machine.
    ///
    /// ```yaml bad:3
    /// file=.pre-commit-config.yaml
    /// repos:
    ///   # the house's own
    ///   - repo: http://git.example.com/hooks
    ///     rev: v1.0.0
    ///     hooks: [{ id: check }]
    /// ```
    /// ```yaml good
    /// file=.pre-commit-config.yaml
    /// repos:
    ///   - repo: https://git.example.com/hooks
    ///     rev: v1.0.0
    ///     hooks: [{ id: check }]
    ///   - repo: local
    ///     hooks: []
    /// ```
    INSECURE_URL_SCHEME = "actions-insecure-url-scheme" {
        check: Check::Actions(ActionsCheck::PreCommit(insecure_url_scheme)),
        severity: Severity::High,
        tags: &["cwe-319"],
        peers: &["zizmor:insecure-url-scheme"],
    }
}

fn insecure_url_scheme(root: Node<'_>, report: &mut Report<'_>) {
    let repos = root.get("repos").present().map(Node::items).into_iter().flatten();
    for repo in repos.filter_map(|entry| entry.get("repo").present()) {
        let text = repo.text();
        let plain = ["http://", "git://"].into_iter().find(|scheme| text.starts_with(scheme));
        let is_local = ["http://localhost", "http://127.0.0.1"].iter().any(|local| text.starts_with(local));
        if let Some(scheme) = plain.filter(|_| !is_local) {
            report.at(repo, format!("`{scheme}` lets anybody on the way replace the hooks")).help("use `https://`");
        }
    }
}
