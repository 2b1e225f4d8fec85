//! What somebody else found out about advisories: OpenVEX, and the vulnerabilities of CycloneDX, both as JSON.
//!
//! A statement is about an advisory and products, which are named by their package URLs. It is believed for what is
//! scanned: whoever names the file says that it is about this. Of several statements about one advisory and one package
//! the latest holds, so that a defect that turned out to matter counts again. Products that are named otherwise (images,
//! CPEs) are no package of a lockfile, ranges of versions count where they are `vers:`, and a statement without products is about nothing.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use portcullis_advisories::{Scheme, Timestamp};
use portcullis_core::is_advisory;
use portcullis_model::packages::{Package, Purl, purl_of};
use serde_json::Value as Json;

use crate::vers::Vers;

/// Bytes of a file that are read at most.
const LIMIT: u64 = 64 << 20;

/// Why a file of statements says nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VexError {
    /// It cannot be read.
    #[error("{path}: {reason}", path = path.display())]
    Unreadable { path: PathBuf, reason: String },
    /// It is not JSON.
    #[error("{path}: {source}", path = path.display())]
    Syntax { path: PathBuf, source: serde_json::Error },
    /// It is JSON of another kind.
    #[error("{path}: neither OpenVEX nor CycloneDX", path = .0.display())]
    Unknown(PathBuf),
}

/// The statements of all files.
#[derive(Debug, Default)]
pub(crate) struct Vex {
    /// By the ids of their advisories in lower case.
    statements: HashMap<String, Vec<Statement>>,
    count: usize,
}

/// What is said of an advisory and one product.
#[derive(Clone, Debug)]
struct Statement {
    /// When it was made, and how many were read before it: of equal times the one that is read last holds.
    at: (Timestamp, usize),
    product: Purl,
    /// The versions that it is about, where the product names none.
    range: Option<Vers>,
    verdict: Verdict,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Verdict {
    /// The defect does not matter there, for this reason.
    Harmless(String),
    /// It does, or nobody knows yet.
    Counts,
}

impl Vex {
    /// Reads files; one that says nothing is an error.
    pub(crate) fn read(paths: &[PathBuf]) -> Result<Self, VexError> {
        let mut vex = Self::default();
        for path in paths {
            vex.add(path)?;
        }
        Ok(vex)
    }

    /// Why an advisory, by any of its ids, does not count for a package; `None`: it does.
    pub(crate) fn reason(&self, ids: &[&str], package: &Package) -> Option<&str> {
        if self.statements.is_empty() {
            return None;
        }
        let known: Vec<&Statement> =
            ids.iter().filter_map(|id| self.statements.get(&id.to_ascii_lowercase())).flatten().collect();
        if known.is_empty() {
            return None;
        }
        let own = Purl::parse(&purl_of(package))?;
        let about = known.into_iter().filter(|statement| is_about(statement, &own, package));
        match &about.max_by_key(|statement| statement.at)?.verdict {
            Verdict::Harmless(reason) => Some(reason),
            Verdict::Counts => None,
        }
    }

    fn add(&mut self, path: &Path) -> Result<(), VexError> {
        let unreadable = |reason: String| VexError::Unreadable { path: path.to_owned(), reason };
        let size = std::fs::metadata(path).map_err(|error| unreadable(error.to_string()))?.len();
        if size > LIMIT {
            return Err(unreadable(format!("has {size} bytes, over the limit of {LIMIT}")));
        }
        let bytes = std::fs::read(path).map_err(|error| unreadable(error.to_string()))?;
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        let document: Json =
            serde_json::from_slice(text).map_err(|source| VexError::Syntax { path: path.to_owned(), source })?;
        if document.get("bomFormat").and_then(Json::as_str) == Some("CycloneDX") {
            self.add_cyclonedx(&document);
        } else if is_openvex(&document) {
            self.add_openvex(&document);
        } else {
            return Err(VexError::Unknown(path.to_owned()));
        }
        Ok(())
    }

    fn say(
        &mut self,
        ids: &[String],
        at: Option<Timestamp>,
        (product, range): (&Purl, Option<&Vers>),
        verdict: &Verdict,
    ) {
        self.count = self.count.saturating_add(1);
        let at = (at.unwrap_or_default(), self.count);
        for id in ids {
            let statement = Statement { at, product: product.clone(), range: range.cloned(), verdict: verdict.clone() };
            self.statements.entry(id.clone()).or_default().push(statement);
        }
    }

    fn add_openvex(&mut self, document: &Json) {
        for it in list(document, "statements") {
            let at = [it, document].into_iter().find_map(|holder| time(holder, &["last_updated", "timestamp"]));
            let why = [text(it, "justification"), text(it, "impact_statement").or_else(|| text(it, "status_notes"))];
            let verdict = match text(it, "status") {
                Some("not_affected") => Verdict::Harmless(reason("not affected", why)),
                Some("fixed") => Verdict::Harmless(reason("fixed", why)),
                Some("affected" | "under_investigation") => Verdict::Counts,
                _ => continue,
            };
            let Some(vulnerability) = it.get("vulnerability") else { continue };
            let names = list(vulnerability, "aliases").filter_map(Json::as_str);
            let names = names.chain(vulnerability.as_str()).chain(text(vulnerability, "name"));
            let ids = ids(names.chain(text(vulnerability, "@id")));
            for product in list(it, "products") {
                let parts: Vec<&Json> = list(product, "subcomponents").chain(list(it, "subcomponents")).collect();
                // The product is then what is scanned, whatever it is called.
                let about = if parts.is_empty() { vec![product] } else { parts };
                for product in about.into_iter().filter_map(purl_in) {
                    self.say(&ids, at, (&product, None), &verdict);
                }
            }
        }
    }

    fn add_cyclonedx(&mut self, document: &Json) {
        let written = document.get("metadata").and_then(|metadata| time(metadata, &["timestamp"]));
        let components = components(document);
        for it in list(document, "vulnerabilities") {
            let Some(analysis) = it.get("analysis") else { continue };
            let at = time(analysis, &["lastUpdated", "firstIssued"])
                .or_else(|| time(it, &["updated", "published"]))
                .or(written);
            let why = [text(analysis, "justification"), text(analysis, "detail")];
            let verdict = match text(analysis, "state") {
                Some("not_affected") => Verdict::Harmless(reason("not affected", why)),
                Some("false_positive") => Verdict::Harmless(reason("false positive", why)),
                Some(state @ ("resolved" | "resolved_with_pedigree")) => {
                    Verdict::Harmless(reason(&state.replace('_', " "), why))
                }
                Some("exploitable" | "in_triage") => Verdict::Counts,
                _ => continue,
            };
            let ids = ids(text(it, "id").into_iter().chain(list(it, "references").filter_map(|it| text(it, "id"))));
            for affected in list(it, "affects") {
                let Some(product) = text(affected, "ref").and_then(|name| referred(name, &components)) else {
                    continue;
                };
                let versions = affected.get("versions").and_then(Json::as_array);
                let Some(versions) = versions else {
                    self.say(&ids, at, (&product, None), &verdict);
                    continue;
                };
                for it in versions {
                    if let Some(version) = text(it, "version") {
                        let product = Purl { version: Some(version.to_owned()), ..product.clone() };
                        self.say(&ids, at, (&product, None), &verdict);
                    } else if let Some(range) = text(it, "range").and_then(|range| Vers::parse(range, &product.kind)) {
                        let product = Purl { version: None, ..product.clone() };
                        self.say(&ids, at, (&product, Some(&range)), &verdict);
                    }
                }
            }
        }
    }
}

/// `"@context": "https://openvex.dev/ns/v0.2.0"`, with any version.
fn is_openvex(document: &Json) -> bool {
    let Some(context) = document.get("@context") else { return false };
    let mut names = context.as_array().into_iter().flatten().chain([context]).filter_map(Json::as_str);
    names.any(|name| name.contains("openvex")) && document.get("statements").is_some_and(Json::is_array)
}

/// What `affects` names: an element of the document by its reference, or a package by its URL.
fn referred(name: &str, components: &HashMap<&str, &str>) -> Option<Purl> {
    if let Some(purl) = components.get(name) {
        return Purl::parse(purl);
    }
    // A link to another document ends in the reference there.
    let own = if name.starts_with("urn:cdx:") { name.split_once('#')?.1 } else { name };
    if let Some(purl) = components.get(own) {
        return Purl::parse(purl);
    }
    let decoded = own.replace("%3A", ":").replace("%3a", ":").replace("%2F", "/").replace("%2f", "/");
    let decoded = if own.starts_with("pkg:") { own.to_owned() } else { decoded.replace("%40", "@") };
    Purl::parse(&decoded)
}

/// The package URLs of a document's components by their references.
fn components(document: &Json) -> HashMap<&str, &str> {
    let mut found = HashMap::new();
    // Components nest; the list keeps the stack out of it.
    let mut waiting: Vec<&Json> = list(document, "components").collect();
    waiting.extend(document.get("metadata").and_then(|metadata| metadata.get("component")));
    while let Some(component) = waiting.pop() {
        if let (Some(reference), Some(purl)) = (text(component, "bom-ref"), text(component, "purl")) {
            found.insert(reference, purl);
        }
        waiting.extend(list(component, "components"));
    }
    found
}

/// The package URL of a product: it itself, its `@id`, or among its identifiers.
fn purl_in(product: &Json) -> Option<Purl> {
    let identifier = product.get("identifiers").and_then(|it| text(it, "purl"));
    [identifier, product.as_str(), text(product, "@id")].into_iter().flatten().find_map(Purl::parse)
}

/// The ids among names, which may be addresses that end in one; in lower case, each once.
fn ids<'t>(names: impl Iterator<Item = &'t str>) -> Vec<String> {
    let ids = names.map(|name| name.rsplit(['/', '#']).next().unwrap_or(name).trim());
    let mut ids: Vec<String> = ids.filter(|id| is_advisory(id)).map(str::to_ascii_lowercase).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// `not affected: vulnerable_code_not_in_execute_path: The function is never called`.
fn reason(status: &str, why: [Option<&str>; 2]) -> String {
    let why = why.into_iter().flatten().map(str::trim).filter(|why| !why.is_empty());
    std::iter::once(status).chain(why).collect::<Vec<_>>().join(": ")
}

/// Whether a product is this package: type, namespace and name are the same, and the version where it has one.
fn is_about(Statement { product, range, .. }: &Statement, own: &Purl, package: &Package) -> bool {
    let scheme = Scheme::of_ecosystem(package.ecosystem.osv());
    let is_same_name = || {
        let normal = |purl: &Purl| scheme.map(|scheme| scheme.normalise_name(&purl.full_name()).into_owned());
        (&product.namespace, &product.name) == (&own.namespace, &own.name)
            || normal(product).is_some_and(|name| Some(name) == normal(own))
    };
    let is_version = |wanted: &str| {
        let version = package.version.as_deref().unwrap_or_default();
        wanted == version || scheme.is_some_and(|scheme| scheme.compare(wanted, version).is_eq())
    };
    let is_in = |range: &Vers| {
        let version = package.version.as_deref();
        scheme.zip(version).is_some_and(|(scheme, version)| range.contains(scheme, version))
    };
    product.kind == own.kind
        && is_same_name()
        && product.version.as_deref().is_none_or(is_version)
        && range.as_ref().is_none_or(is_in)
}

/// The first of the keys that has a time.
fn time(holder: &Json, keys: &[&str]) -> Option<Timestamp> {
    keys.iter().find_map(|key| Timestamp::parse(text(holder, key)?))
}

fn text<'j>(holder: &'j Json, key: &str) -> Option<&'j str> {
    holder.get(key)?.as_str()
}

fn list<'j>(holder: &'j Json, key: &str) -> impl Iterator<Item = &'j Json> {
    holder.get(key).and_then(Json::as_array).into_iter().flatten()
}
