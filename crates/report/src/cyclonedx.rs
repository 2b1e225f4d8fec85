//! `cyclonedx`: the packages of all lockfiles as a bill of materials, CycloneDX 1.6 in JSON, with the vulnerabilities that
//! are known of them.
//!
//! Each lockfile is a component as well, the application that asks for its packages. Findings of rules are not written:
//! they are no vulnerabilities of a component, and neither is that a package is not maintained. A finding that is
//! suppressed says so in its analysis; why a state other than that should hold (`not_affected`) is not known here. Nothing
//! depends on the clock: there is no timestamp, and the serial number follows from the content.

use std::collections::BTreeMap;
use std::io::{self, Write};

use portcullis_core::{ChecksumKind, Material, RuleIdx, ScanReport, Severity, Suppression};
use serde::Serialize;

use crate::Options;
use crate::material::{is_address, is_expression, uuid};

pub(crate) fn write(report: &ScanReport, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let body = Body {
        metadata: Metadata {
            tools: Tools {
                components: vec![ToolWire {
                    kind: "application",
                    name: "portcullis",
                    version: &options.tool.version,
                    external_references: reference(&options.tool.uri, "website").into_iter().collect(),
                }],
            },
        },
        components: components(report),
        dependencies: dependencies(report),
        vulnerabilities: vulnerabilities(report),
    };
    let serial_number = format!("urn:uuid:{}", uuid(&serde_json::to_vec(&body)?));
    let bill = Bill { bom_format: "CycloneDX", spec_version: "1.6", serial_number, version: 1, body };
    serde_json::to_writer_pretty(&mut *out, &bill)?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bill<'r> {
    bom_format: &'static str,
    spec_version: &'static str,
    serial_number: String,
    version: u32,
    #[serde(flatten)]
    body: Body<'r>,
}

/// What the serial number follows from.
#[derive(Serialize)]
struct Body<'r> {
    metadata: Metadata<'r>,
    components: Vec<Component<'r>>,
    dependencies: Vec<Dependency>,
    vulnerabilities: Vec<Vulnerability<'r>>,
}

#[derive(Serialize)]
struct Metadata<'r> {
    tools: Tools<'r>,
}

#[derive(Serialize)]
struct Tools<'r> {
    components: Vec<ToolWire<'r>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ToolWire<'r> {
    #[serde(rename = "type")]
    kind: &'static str,
    name: &'static str,
    version: &'r str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    external_references: Vec<Reference<'r>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Component<'r> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(rename = "bom-ref")]
    bom_ref: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hashes: Vec<Hash<'r>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    licenses: Vec<Licence<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purl: Option<&'r str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    external_references: Vec<Reference<'r>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    properties: Vec<Property>,
}

#[derive(Serialize)]
struct Hash<'r> {
    alg: &'static str,
    content: &'r str,
}

/// An expression, or a name that is none.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Licence<'r> {
    Expression(&'r str),
    License { name: &'r str },
}

#[derive(Serialize)]
struct Reference<'r> {
    #[serde(rename = "type")]
    kind: &'static str,
    url: &'r str,
}

#[derive(Serialize)]
struct Property {
    name: &'static str,
    value: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Dependency {
    #[serde(rename = "ref")]
    reference: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    depends_on: Vec<String>,
}

/// The lockfiles and then the packages.
fn components(report: &ScanReport) -> Vec<Component<'_>> {
    let lockfiles = report.lockfiles.iter().map(|lockfile| {
        let path = report.root_path(lockfile.file);
        Component {
            kind: "application",
            bom_ref: lockfile_ref(&path),
            name: path.clone(),
            version: None,
            scope: None,
            hashes: Vec::new(),
            licenses: Vec::new(),
            purl: None,
            external_references: Vec::new(),
            properties: vec![Property { name: "portcullis:lockfile", value: path }],
        }
    });
    lockfiles.chain(report.packages.iter().map(|package| component(report, package))).collect()
}

fn component<'r>(report: &'r ScanReport, package: &'r Material) -> Component<'r> {
    let mut properties: Vec<Property> = package
        .places
        .iter()
        .map(|place| format!("{}:{}", report.root_path(place.file), place.line))
        .map(|value| Property { name: "portcullis:place", value })
        .collect();
    let mut is = |name, holds: bool| {
        if holds {
            properties.push(Property { name, value: "true".to_owned() });
        }
    };
    is("portcullis:development", package.is_development);
    is("portcullis:direct", package.is_direct);
    let url = package.source.as_deref();
    let kind = if package.purl.contains("vcs_url=") { "vcs" } else { "distribution" };
    Component {
        kind: "library",
        bom_ref: package.purl.clone(),
        name: package.name.to_string(),
        version: package.version.as_deref(),
        scope: (package.is_development || package.is_optional).then_some("optional"),
        hashes: package.checksums.iter().map(|sum| Hash { alg: algorithm(sum.kind), content: &sum.hex }).collect(),
        licenses: package.licence.as_deref().map(licence).into_iter().collect(),
        purl: Some(&package.purl),
        external_references: url.and_then(|url| reference(url, kind)).into_iter().collect(),
        properties,
    }
}

fn licence(text: &str) -> Licence<'_> {
    if is_expression(text) { Licence::Expression(text) } else { Licence::License { name: text } }
}

fn reference<'r>(url: &'r str, kind: &'static str) -> Option<Reference<'r>> {
    is_address(url).then_some(Reference { kind, url })
}

fn lockfile_ref(path: &str) -> String {
    format!("lockfile:{path}")
}

const fn algorithm(kind: ChecksumKind) -> &'static str {
    match kind {
        ChecksumKind::Md5 => "MD5",
        ChecksumKind::Sha1 => "SHA-1",
        ChecksumKind::Sha256 => "SHA-256",
        ChecksumKind::Sha384 => "SHA-384",
        ChecksumKind::Sha512 => "SHA-512",
    }
}

fn dependencies(report: &ScanReport) -> Vec<Dependency> {
    let purls = |packages: &[usize]| {
        packages.iter().filter_map(|&package| Some(report.packages.get(package)?.purl.clone())).collect()
    };
    let lockfiles = report.lockfiles.iter().map(|lockfile| Dependency {
        reference: lockfile_ref(&report.root_path(lockfile.file)),
        depends_on: purls(&lockfile.packages),
    });
    let packages = report
        .packages
        .iter()
        .map(|package| Dependency { reference: package.purl.clone(), depends_on: purls(&package.dependencies) });
    lockfiles.chain(packages).collect()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Vulnerability<'r> {
    #[serde(rename = "bom-ref")]
    bom_ref: String,
    id: &'r str,
    source: Source,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    references: Vec<Alias<'r>>,
    ratings: Vec<Rating<'r>>,
    description: &'r str,
    #[serde(skip_serializing_if = "String::is_empty")]
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    recommendation: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    analysis: Option<Analysis>,
    affects: Vec<Affected<'r>>,
}

#[derive(Serialize)]
struct Source {
    name: &'static str,
    url: String,
}

#[derive(Serialize)]
struct Alias<'r> {
    id: &'r str,
    source: Source,
}

#[derive(Serialize)]
struct Rating<'r> {
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
    severity: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vector: Option<&'r str>,
}

/// Accepted: somebody has decided that nothing is to be done about it.
#[derive(Serialize)]
struct Analysis {
    response: [&'static str; 1],
    detail: String,
}

#[derive(Serialize)]
struct Affected<'r> {
    #[serde(rename = "ref")]
    reference: &'r str,
}

/// Entries for one advisory: packages for which the same is said and decided share one.
fn vulnerabilities(report: &ScanReport) -> Vec<Vulnerability<'_>> {
    type Key<'r> = (RuleIdx, Option<&'r str>, Option<&'r Suppression>);
    let mut entries: Vec<(Key<'_>, Vulnerability<'_>)> = Vec::new();
    for package in &report.packages {
        // What is accepted in one place and not in another is not accepted.
        let mut decided: BTreeMap<RuleIdx, _> = BTreeMap::new();
        for advised in &package.advisories {
            let Some(finding) = report.findings.get(advised.finding) else { continue };
            let known = decided.entry(finding.rule).or_insert((finding, advised));
            if known.0.suppressed.is_some() && finding.suppressed.is_none() {
                *known = (finding, advised);
            }
        }
        for (index, (finding, advised)) in decided {
            let rule = report.catalog.get(index);
            if !["vulnerability", "malicious", "unsound"].iter().any(|kind| rule.tags.contains(kind)) {
                continue;
            }
            let key: Key<'_> = (index, finding.help.as_deref(), finding.suppressed.as_deref());
            let affected = Affected { reference: &package.purl };
            if let Some((_, entry)) = entries.iter_mut().find(|(known, _)| *known == key) {
                entry.affects.push(affected);
                continue;
            }
            let mut ratings: Vec<Rating<'_>> =
                advised.vectors.iter().map(|(vector, tenths)| Rating::of_vector(vector, *tenths)).collect();
            if ratings.is_empty() {
                ratings.push(Rating { score: None, severity: finding.severity_name(), method: None, vector: None });
            }
            let entry = Vulnerability {
                bom_ref: String::new(),
                id: &rule.id,
                source: source(&rule.id),
                references: rule.peers.iter().map(|id| Alias { id, source: source(id) }).collect(),
                ratings,
                description: rule.title(),
                detail: rule.explanation(),
                recommendation: finding.help.as_deref(),
                analysis: finding.suppressed.as_deref().map(Analysis::of),
                affects: vec![affected],
            };
            entries.push((key, entry));
        }
    }
    // By the rule's id, which an index orders as; entries of one advisory in the order of what they affect.
    entries.sort_by_key(|((rule, ..), _)| *rule);
    let mut numbers: BTreeMap<RuleIdx, usize> = BTreeMap::new();
    for ((rule, ..), entry) in &mut entries {
        let number = numbers.entry(*rule).or_default();
        *number += 1;
        entry.bom_ref = if *number == 1 { entry.id.to_owned() } else { format!("{}#{number}", entry.id) };
    }
    entries.into_iter().map(|(_, entry)| entry).collect()
}

impl<'r> Rating<'r> {
    fn of_vector(vector: &'r str, tenths: u8) -> Self {
        let method = match vector {
            _ if vector.starts_with("CVSS:4") => "CVSSv4",
            _ if vector.starts_with("CVSS:3.1") => "CVSSv31",
            _ if vector.starts_with("CVSS:3") => "CVSSv3",
            _ => "CVSSv2",
        };
        let severity = match tenths {
            0 => "none",
            1..40 => Severity::Low.name(),
            40..70 => Severity::Medium.name(),
            70..90 => Severity::High.name(),
            _ => Severity::Critical.name(),
        };
        Self { score: Some(f64::from(tenths) / 10.0), severity, method: Some(method), vector: Some(vector) }
    }
}

impl Analysis {
    fn of(suppression: &Suppression) -> Self {
        let by = suppression.by.name();
        let detail = match &suppression.reason {
            Some(reason) => format!("accepted ({by}): {reason}"),
            None => format!("accepted ({by})"),
        };
        Self { response: ["will_not_fix"], detail }
    }
}

/// Who gives an id, and the page about it.
fn source(id: &str) -> Source {
    let (name, url) = match id.split('-').next().unwrap_or_default() {
        "CVE" => ("NVD", format!("https://nvd.nist.gov/vuln/detail/{id}")),
        "GHSA" => ("GitHub Advisories", format!("https://github.com/advisories/{id}")),
        "RUSTSEC" => ("RustSec", format!("https://rustsec.org/advisories/{id}.html")),
        "GO" => ("Go Vulnerability Database", format!("https://pkg.go.dev/vuln/{id}")),
        _ => ("OSV", format!("https://osv.dev/vulnerability/{id}")),
    };
    Source { name, url }
}
