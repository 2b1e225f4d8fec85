//! Bills of materials: both formats from one report.

use std::collections::BTreeSet;

use portcullis_core::{
    Advised, Catalog, Checksum, ChecksumKind, FileId, Material, MaterialPlace, MaterialRoot, RuleMeta, Severity,
    SuppressedBy, Suppression,
};
use portcullis_report::{Format, Options};
use serde_json::{Value, json};

use crate::support::{Builder, options, report};

/// Two lockfiles and three packages; of the first one advisory is accepted and another one is not.
fn bill() -> Builder {
    let mut builder = report(&[("a/package-lock.json", "left\n"), ("b/package-lock.json", "pad\n")]);
    let advisory = |id: &'static str, tags: &'static [&'static str], peers: &'static [&'static str]| RuleMeta {
        id: id.into(),
        severity: Severity::High,
        tags: tags.into(),
        peers: peers.into(),
        docs: " What it does\n\n At length.\n".into(),
        ..RuleMeta::DEFAULT
    };
    builder.report.catalog = std::sync::Arc::new(Catalog::new([
        advisory("GHSA-aaaa-bbbb-cccc", &["advisories", "vulnerability"], &["CVE-2026-1"]),
        advisory("RUSTSEC-2026-1", &["advisories", "unmaintained"], &[]),
        RuleMeta { unrated: true, ..advisory("PYSEC-2026-1", &["advisories", "vulnerability"], &[]) },
    ]));
    let mut builder = builder
        .find("GHSA-aaaa-bbbb-cccc", 0, "left", "m")
        .last(|finding| finding.help = Some("update it".into()))
        .find("PYSEC-2026-1", 0, "left", "m")
        .last(|finding| {
            finding.suppressed =
                Some(Box::new(Suppression { by: SuppressedBy::Config, reason: Some("not reached".to_owned()) }));
        })
        .find("RUSTSEC-2026-1", 1, "pad", "m");
    let place = |file, line| MaterialPlace { file: FileId(file), line };
    let vector = ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H".into(), 98);
    builder.report.packages = vec![
        Material {
            purl: "pkg:npm/left@1.0.0".to_owned(),
            ecosystem: "npm",
            name: "left".into(),
            version: Some("1.0.0".into()),
            places: vec![place(0, 1), place(1, 3)],
            licence: Some("MIT OR Apache-2.0".into()),
            checksums: vec![Checksum { kind: ChecksumKind::Sha1, hex: "ab".repeat(20) }],
            source: Some("https://example.org/left.tgz".into()),
            is_direct: true,
            dependencies: vec![1],
            advisories: vec![
                Advised { finding: 0, vectors: vec![vector] },
                Advised { finding: 1, vectors: Vec::new() },
            ],
            ..Material::default()
        },
        Material {
            purl: "pkg:npm/pad@2.0.0".to_owned(),
            ecosystem: "npm",
            name: "pad".into(),
            version: Some("2.0.0".into()),
            places: vec![place(1, 1)],
            licence: Some("LicenseRef-own".into()),
            source: Some("not an address".into()),
            advisories: vec![Advised { finding: 2, vectors: Vec::new() }],
            ..Material::default()
        },
        Material {
            purl: "pkg:npm/tape".to_owned(),
            ecosystem: "npm",
            name: "tape".into(),
            places: vec![place(0, 2)],
            licence: Some("see the file".into()),
            is_development: true,
            dependencies: vec![1],
            ..Material::default()
        },
    ];
    builder.report.lockfiles = vec![
        MaterialRoot { file: FileId(0), packages: vec![0, 2] },
        MaterialRoot { file: FileId(1), packages: vec![0] },
    ];
    builder
}

fn written(format: Format, options: &Options) -> Value {
    serde_json::from_str(&bill().write(format, options)).unwrap()
}

#[test]
fn cyclonedx_lists_components_edges_and_vulnerabilities() {
    let bill = written(Format::CycloneDx, &options());
    let head = ["bomFormat", "specVersion", "version"].map(|key| bill[key].clone());
    assert_eq!(head, [json!("CycloneDX"), json!("1.6"), json!(1)]);
    assert_eq!(bill["metadata"]["tools"]["components"][0]["version"], "1.2.3");
    assert!(bill["metadata"].get("timestamp").is_none());
    assert_eq!(
        bill["components"],
        json!([
            { "type": "application", "bom-ref": "lockfile:a/package-lock.json", "name": "a/package-lock.json",
              "properties": [{ "name": "portcullis:lockfile", "value": "a/package-lock.json" }] },
            { "type": "application", "bom-ref": "lockfile:b/package-lock.json", "name": "b/package-lock.json",
              "properties": [{ "name": "portcullis:lockfile", "value": "b/package-lock.json" }] },
            { "type": "library", "bom-ref": "pkg:npm/left@1.0.0", "name": "left", "version": "1.0.0",
              "purl": "pkg:npm/left@1.0.0",
              "hashes": [{ "alg": "SHA-1", "content": "ab".repeat(20) }],
              "licenses": [{ "expression": "MIT OR Apache-2.0" }],
              "externalReferences": [{ "type": "distribution", "url": "https://example.org/left.tgz" }],
              "properties": [{ "name": "portcullis:place", "value": "a/package-lock.json:1" },
                             { "name": "portcullis:place", "value": "b/package-lock.json:3" },
                             { "name": "portcullis:direct", "value": "true" }] },
            { "type": "library", "bom-ref": "pkg:npm/pad@2.0.0", "name": "pad", "version": "2.0.0",
              "purl": "pkg:npm/pad@2.0.0", "licenses": [{ "expression": "LicenseRef-own" }],
              "properties": [{ "name": "portcullis:place", "value": "b/package-lock.json:1" }] },
            { "type": "library", "bom-ref": "pkg:npm/tape", "name": "tape", "scope": "optional", "purl": "pkg:npm/tape",
              "licenses": [{ "license": { "name": "see the file" } }],
              "properties": [{ "name": "portcullis:place", "value": "a/package-lock.json:2" },
                             { "name": "portcullis:development", "value": "true" }] },
        ])
    );
    assert_eq!(
        bill["dependencies"],
        json!([
            { "ref": "lockfile:a/package-lock.json", "dependsOn": ["pkg:npm/left@1.0.0", "pkg:npm/tape"] },
            { "ref": "lockfile:b/package-lock.json", "dependsOn": ["pkg:npm/left@1.0.0"] },
            { "ref": "pkg:npm/left@1.0.0", "dependsOn": ["pkg:npm/pad@2.0.0"] },
            { "ref": "pkg:npm/pad@2.0.0" },
            { "ref": "pkg:npm/tape", "dependsOn": ["pkg:npm/pad@2.0.0"] },
        ])
    );
    // That a package is not maintained is no vulnerability of it.
    assert_eq!(
        bill["vulnerabilities"],
        json!([
            { "bom-ref": "GHSA-aaaa-bbbb-cccc", "id": "GHSA-aaaa-bbbb-cccc",
              "source": { "name": "GitHub Advisories", "url": "https://github.com/advisories/GHSA-aaaa-bbbb-cccc" },
              "references": [{ "id": "CVE-2026-1",
                               "source": { "name": "NVD", "url": "https://nvd.nist.gov/vuln/detail/CVE-2026-1" } }],
              "ratings": [{ "score": 9.8, "severity": "critical", "method": "CVSSv31",
                            "vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" }],
              "description": "What it does", "detail": "At length.", "recommendation": "update it",
              "affects": [{ "ref": "pkg:npm/left@1.0.0" }] },
            { "bom-ref": "PYSEC-2026-1", "id": "PYSEC-2026-1",
              "source": { "name": "OSV", "url": "https://osv.dev/vulnerability/PYSEC-2026-1" },
              "ratings": [{ "severity": "unknown" }],
              "description": "What it does", "detail": "At length.",
              "analysis": { "response": ["will_not_fix"], "detail": "accepted (config): not reached" },
              "affects": [{ "ref": "pkg:npm/left@1.0.0" }] },
        ])
    );
}

#[test]
fn spdx_describes_lockfiles_and_what_they_depend_on() {
    let document = written(Format::Spdx, &Options { day: "2026-11-21".into(), ..options() });
    assert_eq!(document["spdxVersion"], "SPDX-2.3");
    assert_eq!(document["dataLicense"], "CC0-1.0");
    assert_eq!(document["SPDXID"], "SPDXRef-DOCUMENT");
    assert_eq!(
        document["creationInfo"],
        json!({ "created": "2026-11-21T00:00:00Z", "creators": ["Tool: portcullis-1.2.3"] })
    );
    let packages = document["packages"].as_array().unwrap();
    let declared = |package: &Value| (package["name"].clone(), package["licenseDeclared"].clone());
    let expected = [
        ("a/package-lock.json", "NOASSERTION"),
        ("b/package-lock.json", "NOASSERTION"),
        ("left", "MIT OR Apache-2.0"),
        // Its text is not here, nor is the text of any other that is named by hand.
        ("pad", "NOASSERTION"),
        ("tape", "NOASSERTION"),
    ];
    assert_eq!(
        packages.iter().map(declared).collect::<Vec<_>>(),
        expected.map(|(name, licence)| (json!(name), json!(licence)))
    );
    assert_eq!(packages[2]["checksums"], json!([{ "algorithm": "SHA1", "checksumValue": "ab".repeat(20) }]));
    assert_eq!(packages[2]["downloadLocation"], "https://example.org/left.tgz");
    assert_eq!(packages[3]["downloadLocation"], "NOASSERTION");
    assert_eq!(packages[4]["licenseComments"], "as written: see the file");
    assert_eq!(
        packages[4]["externalRefs"],
        json!([{ "referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": "pkg:npm/tape" }])
    );
    let ids: Vec<&str> = packages.iter().map(|package| package["SPDXID"].as_str().unwrap()).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    assert!(ids.iter().all(|id| id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))), "{ids:?}");
    let name = |id: &Value| {
        let at = ids.iter().position(|own| id == own);
        at.map_or_else(|| id.as_str().unwrap().to_owned(), |at| packages[at]["name"].as_str().unwrap().to_owned())
    };
    let edges: BTreeSet<String> = document["relationships"]
        .as_array()
        .unwrap()
        .iter()
        .map(|edge| (name(&edge["spdxElementId"]), &edge["relationshipType"], name(&edge["relatedSpdxElement"])))
        .map(|(from, kind, to)| format!("{from} {} {to}", kind.as_str().unwrap()))
        .collect();
    let expected = [
        "SPDXRef-DOCUMENT DESCRIBES a/package-lock.json",
        "SPDXRef-DOCUMENT DESCRIBES b/package-lock.json",
        "a/package-lock.json DEPENDS_ON left",
        "b/package-lock.json DEPENDS_ON left",
        "left DEPENDS_ON pad",
        "tape DEPENDS_ON pad",
        "tape DEV_DEPENDENCY_OF a/package-lock.json",
    ];
    assert_eq!(edges, expected.map(str::to_owned).into());
}

/// What identifies a bill follows from what is in it.
#[test]
fn identities_follow_from_the_content() {
    for (format, pointer) in [(Format::CycloneDx, "/serialNumber"), (Format::Spdx, "/documentNamespace")] {
        let id = |options: &Options| written(format, options).pointer(pointer).unwrap().as_str().unwrap().to_owned();
        let first = id(&options());
        assert_eq!(first, id(&options()));
        let mut other = options();
        other.tool.version = "1.2.4".into();
        assert_ne!(first, id(&other));
        let uuid = first.rsplit([':', '/']).next().unwrap();
        let lengths: Vec<usize> = uuid.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12], "{uuid}");
        assert_eq!(uuid.as_bytes()[14], b'8', "{uuid}");
        assert!(b"89ab".contains(&uuid.as_bytes()[19]), "{uuid}");
    }
}

#[test]
fn nothing_is_still_a_bill() {
    for format in [Format::CycloneDx, Format::Spdx] {
        let bill: Value = serde_json::from_str(&report(&[]).write(format, &options())).unwrap();
        let packages = bill.get("components").or(bill.get("packages")).unwrap();
        assert_eq!(packages, &json!([]));
    }
}
