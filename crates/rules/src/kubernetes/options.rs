//! Options of rules that are a team's own choice, with what counts where none is written.

use crate::Report;

/// A list from the configuration; `default` where it is empty or not set.
pub(super) fn list<'a>(report: &Report<'a>, name: &str, default: &[&'a str]) -> Vec<&'a str> {
    let configured = report.options().map_or(&[][..], |options| options.strings(name));
    if configured.is_empty() { default.to_vec() } else { configured.iter().map(String::as_str).collect() }
}

/// A number from the configuration; `default` where it is not set.
pub(super) fn number(report: &Report<'_>, name: &str, default: i64) -> i64 {
    report.options().and_then(|options| options.number(name)).unwrap_or(default)
}

/// A switch from the configuration; off where it is not set.
pub(super) fn flag(report: &Report<'_>, name: &str) -> bool {
    report.options().is_some_and(|options| options.flag(name))
}
