//! Addresses: of a rule's docs, and of a file relative to the root.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use portcullis_core::{Finding, RuleMeta, ScanReport};

use crate::{Options, Tool};

/// All but RFC 3986's unreserved characters and the slash; a colon in the first segment would make it a scheme.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// A path as a relative URI reference.
pub(crate) fn relative(path: &str) -> String {
    utf8_percent_encode(&inside(path), PATH).to_string()
}

/// A path below the root.
///
/// Components that lead out of it are dropped: code scanning refuses a whole upload for one such address.
pub(crate) fn inside(path: &str) -> String {
    let inside: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | "." | "..")).collect();
    if inside.is_empty() { "stdin".to_owned() } else { inside.join("/") }
}

/// Where a line of a scanned file is to be read, for those who look at a report elsewhere.
pub(crate) fn line(report: &ScanReport, options: &Options, finding: &Finding) -> Option<String> {
    let files = options.files.as_ref()?;
    let path = relative(&report.root_path(finding.location.file()));
    let revision = finding.commit.as_deref().map_or(&*files.revision, |commit| &commit.id);
    Some(format!(
        "{}/{}/{path}#L{}",
        files.base,
        utf8_percent_encode(revision, PATH),
        finding.location.start.line.max(1)
    ))
}

/// Databases of advisories, by the prefix of their ids: address before and after the id.
const ADVISORIES: &[(&str, &str, &str)] = &[
    ("RUSTSEC-", "https://rustsec.org/advisories/", ".html"),
    ("GHSA-", "https://github.com/advisories/", ""),
    ("CVE-", "https://nvd.nist.gov/vuln/detail/", ""),
    ("MAL-", "https://osv.dev/vulnerability/", ""),
];

/// Where a rule's docs are to be read. Those of policies we do not publish, whatever their ids: theirs is the first address
/// that they name, if any.
pub(crate) fn docs(tool: &Tool, rule: &RuleMeta) -> Option<String> {
    let id = &*rule.id;
    if rule.tags.contains("policy") {
        let addresses = rule.docs.lines().filter_map(|line| line.strip_prefix('<')?.strip_suffix('>'));
        let mut of_web = addresses.filter(|it| it.starts_with("https://") || it.starts_with("http://"));
        return of_web
            .find(|it| !it.contains(|letter: char| letter.is_control() || letter.is_whitespace()))
            .map(str::to_owned);
    }
    if let Some((_, before, after)) = ADVISORIES.iter().find(|(prefix, ..)| id.starts_with(prefix)) {
        return Some(format!("{before}{}{after}", utf8_percent_encode(id, PATH)));
    }
    if id.contains('/') || tool.rules_uri.is_empty() {
        return None;
    }
    Some(format!("{}{}", tool.rules_uri, utf8_percent_encode(id, PATH)))
}
