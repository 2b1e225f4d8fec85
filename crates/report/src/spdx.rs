//! `spdx`: the packages of all lockfiles as a bill of materials, SPDX 2.3 in JSON.
//!
//! The document describes the lockfiles, which depend on what they ask for. What nobody here can know is said to be so:
//! nothing was looked at but lockfiles, so that no licence is concluded and no copyright stated. Vulnerabilities have no
//! place in this format. The document's namespace follows from its content, and the day that it has to name is the scan's.

use std::collections::BTreeSet;
use std::io::{self, Write};

use portcullis_core::{ChecksumKind, Material, ScanReport};
use serde::Serialize;

use crate::Options;
use crate::material::{is_address, is_expression, uuid};

pub(crate) fn write(report: &ScanReport, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let body = Body {
        creation_info: CreationInfo {
            created: format!("{}T00:00:00Z", options.day),
            creators: [format!("Tool: portcullis-{}", options.tool.version)],
        },
        packages: packages(report),
        relationships: relationships(report),
    };
    let document_namespace = format!("{}/spdx/{}", options.tool.uri, uuid(&serde_json::to_vec(&body)?));
    let document = Bill {
        spdx_version: "SPDX-2.3",
        data_license: "CC0-1.0",
        spdx_id: DOCUMENT,
        name: "portcullis",
        document_namespace,
        body,
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    out.write_all(b"\n")
}

const DOCUMENT: &str = "SPDXRef-DOCUMENT";

const UNKNOWN: &str = "NOASSERTION";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bill<'r> {
    spdx_version: &'static str,
    data_license: &'static str,
    #[serde(rename = "SPDXID")]
    spdx_id: &'static str,
    name: &'static str,
    document_namespace: String,
    #[serde(flatten)]
    body: Body<'r>,
}

/// What the namespace follows from.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'r> {
    creation_info: CreationInfo,
    packages: Vec<Package<'r>>,
    relationships: Vec<Edge>,
}

#[derive(Serialize)]
struct CreationInfo {
    created: String,
    creators: [String; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Package<'r> {
    #[serde(rename = "SPDXID")]
    spdx_id: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version_info: Option<&'r str>,
    primary_package_purpose: &'static str,
    download_location: &'r str,
    files_analyzed: bool,
    license_concluded: &'static str,
    license_declared: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    license_comments: Option<String>,
    copyright_text: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    checksums: Vec<Checksum<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_info: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    external_refs: Vec<ExternalRef<'r>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Checksum<'r> {
    algorithm: &'static str,
    checksum_value: &'r str,
}

#[derive(Serialize)]
struct ExternalRef<'r> {
    #[serde(rename = "referenceCategory")]
    category: &'static str,
    #[serde(rename = "referenceType")]
    kind: &'static str,
    #[serde(rename = "referenceLocator")]
    locator: &'r str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Edge {
    spdx_element_id: String,
    relationship_type: &'static str,
    related_spdx_element: String,
}

/// The lockfiles and then the packages.
fn packages(report: &ScanReport) -> Vec<Package<'_>> {
    let lockfiles = report.lockfiles.iter().map(|lockfile| {
        let path = report.root_path(lockfile.file);
        Package {
            spdx_id: lockfile_id(&path),
            name: path,
            version_info: None,
            primary_package_purpose: "APPLICATION",
            download_location: UNKNOWN,
            files_analyzed: false,
            license_concluded: UNKNOWN,
            license_declared: UNKNOWN,
            license_comments: None,
            copyright_text: UNKNOWN,
            checksums: Vec::new(),
            source_info: None,
            external_refs: Vec::new(),
        }
    });
    lockfiles.chain(report.packages.iter().map(|package| self::package(report, package))).collect()
}

fn package<'r>(report: &ScanReport, package: &'r Material) -> Package<'r> {
    let places: Vec<String> =
        package.places.iter().map(|place| format!("{}:{}", report.root_path(place.file), place.line)).collect();
    let licence = package.licence.as_deref();
    let declared = licence.filter(|licence| is_declared(licence));
    let url = package.source.as_deref().filter(|url| is_location(url));
    Package {
        spdx_id: package_id(&package.purl),
        name: package.name.to_string(),
        version_info: package.version.as_deref(),
        primary_package_purpose: "LIBRARY",
        download_location: url.unwrap_or(UNKNOWN),
        files_analyzed: false,
        license_concluded: UNKNOWN,
        license_declared: declared.unwrap_or(UNKNOWN),
        license_comments: licence.filter(|_| declared.is_none()).map(|licence| format!("as written: {licence}")),
        copyright_text: UNKNOWN,
        checksums: package
            .checksums
            .iter()
            .map(|sum| Checksum { algorithm: algorithm(sum.kind), checksum_value: &sum.hex })
            .collect(),
        source_info: Some(format!("found in {}", places.join(", "))),
        external_refs: vec![ExternalRef { category: "PACKAGE-MANAGER", kind: "purl", locator: &package.purl }],
    }
}

/// A licence of one's own (`LicenseRef-…`) would have to be given with its text.
fn is_declared(licence: &str) -> bool {
    is_expression(licence) && !licence.contains("Ref-")
}

/// What the format takes for a location: an address, with the tool of a repository before it.
fn is_location(url: &str) -> bool {
    const SCHEMES: &[&str] = &["https://", "http://", "git+https://", "git+ssh://", "git+http://", "git://", "ssh://"];
    is_address(url) && SCHEMES.iter().any(|scheme| url.starts_with(scheme))
}

/// Ids hold letters, digits, dots and hyphens; two purls that differ in others alone are told apart by a hash.
fn package_id(purl: &str) -> String {
    id("Package", purl.strip_prefix("pkg:").unwrap_or(purl))
}

fn lockfile_id(path: &str) -> String {
    id("Lockfile", path)
}

fn id(kind: &str, name: &str) -> String {
    let plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).take(ID_LIMIT).collect();
    let mut hash = portcullis_core::StableHash::new();
    hash.text(name);
    format!("SPDXRef-{kind}-{plain}-{:016x}", hash.short())
}

/// Characters of a name that an id shows.
const ID_LIMIT: usize = 80;

const fn algorithm(kind: ChecksumKind) -> &'static str {
    match kind {
        ChecksumKind::Md5 => "MD5",
        ChecksumKind::Sha1 => "SHA1",
        ChecksumKind::Sha256 => "SHA256",
        ChecksumKind::Sha384 => "SHA384",
        ChecksumKind::Sha512 => "SHA512",
    }
}

fn relationships(report: &ScanReport) -> Vec<Edge> {
    let mut all = BTreeSet::new();
    for lockfile in &report.lockfiles {
        let own = lockfile_id(&report.root_path(lockfile.file));
        for needed in lockfile.packages.iter().filter_map(|&package| report.packages.get(package)) {
            let to = package_id(&needed.purl);
            // What a package is to the project: to those that ask for it inside, it is what they need.
            all.insert(if needed.is_development {
                (2, to, "DEV_DEPENDENCY_OF", own.clone())
            } else if needed.is_optional {
                (3, to, "OPTIONAL_DEPENDENCY_OF", own.clone())
            } else {
                (1, own.clone(), "DEPENDS_ON", to)
            });
        }
        all.insert((0, DOCUMENT.to_owned(), "DESCRIBES", own));
    }
    if report.lockfiles.is_empty() {
        // A document has to describe something, or say that there is nothing.
        all.insert((0, DOCUMENT.to_owned(), "DESCRIBES", "NONE".to_owned()));
    }
    for package in &report.packages {
        let from = package_id(&package.purl);
        for needed in package.dependencies.iter().filter_map(|&package| report.packages.get(package)) {
            all.insert((1, from.clone(), "DEPENDS_ON", package_id(&needed.purl)));
        }
    }
    let wire = |(_, from, kind, to)| Edge { spdx_element_id: from, relationship_type: kind, related_spdx_element: to };
    all.into_iter().map(wire).collect()
}
