use crate::{check, check_fault};

#[test]
fn cyclonedx() {
    check(
        "bom.json",
        r#"{
  "bomFormat": "CycloneDX", "specVersion": "1.5",
  "metadata": { "component": { "bom-ref": "app", "type": "application", "name": "app" } },
  "components": [
    { "bom-ref": "a", "type": "library", "group": "org.a", "name": "a", "version": "1.0",
      "purl": "pkg:maven/org.a/a@1.0?type=jar", "licenses": [{ "license": { "id": "MIT" } }, { "license": { "name": "Own" } }],
      "hashes": [{ "alg": "SHA-256", "content": "ab" }, { "alg": "MD5", "content": "cd" }],
      "components": [{ "bom-ref": "n", "name": "nested", "version": "2", "purl": "pkg:npm/%40s/nested@2", "scope": "optional" }] },
    { "bom-ref": "os", "type": "operating-system", "name": "debian", "version": "12" },
    { "bom-ref": "deb", "name": "zlib", "version": "1", "purl": "pkg:deb/debian/zlib@1" },
    { "bom-ref": "py", "name": "Other_Name", "version": "3", "purl": "pkg:pypi/other-name@3", "scope": "required",
      "licenses": [{ "expression": "MIT OR Apache-2.0" }] },
    { "name": "github.com/Masterminds/sprig", "purl": "pkg:golang/github.com/Masterminds/sprig@v2.22.0%2Bincompatible" },
    { "name": "none", "version": "1" },
    { "name": "broken", "purl": "not a purl" }
  ],
  "dependencies": [
    { "ref": "app", "dependsOn": ["a", "os"] },
    { "ref": "os", "dependsOn": ["py"] },
    { "ref": "a", "dependsOn": ["n", "absent"] }
  ]
}"#,
        &[
            "5 org.a:a 1.0 direct dev? sha256:ab md5:cd licence:MIT AND Own >@s/nested",
            "8 @s/nested 2 transitive dev? optional",
            "11 other-name 3 direct dev? licence:MIT OR Apache-2.0",
            "13 github.com/Masterminds/sprig v2.22.0+incompatible transitive dev?",
        ],
    );
    // Without edges nobody says who asks.
    check(
        "x.cdx.json",
        r#"{"bomFormat": "CycloneDX", "components": [{"name": "a", "version": "1", "purl": "pkg:cargo/a@1"}]}"#,
        &["1 a 1 dev?"],
    );
    let cut = "{\"components\": [\n{\"purl\": \"pkg:npm/a@1\"},\n{\"purl\": \"pkg:npm/b@1\", ";
    check_fault("bom.json", cut, 3, &["a", "b"]);
}

#[test]
fn spdx() {
    check(
        "x.spdx.json",
        r#"{
  "spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT",
  "packages": [
    { "SPDXID": "app", "name": "app", "versionInfo": "1",
      "externalRefs": [{ "referenceType": "purl", "referenceLocator": "pkg:npm/app@1" }] },
    { "SPDXID": "a", "name": "a", "versionInfo": "2.0", "licenseConcluded": "NOASSERTION", "licenseDeclared": "MIT",
      "checksums": [{ "algorithm": "SHA1", "checksumValue": "ab" }],
      "externalRefs": [
        { "referenceCategory": "SECURITY", "referenceType": "cpe23Type", "referenceLocator": "cpe:2.3:a" },
        { "referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": "pkg:npm/a@2.0" }] },
    { "SPDXID": "b", "name": "b", "externalRefs": [{ "referenceType": "purl", "referenceLocator": "pkg:npm/b@3" }] },
    { "SPDXID": "t", "name": "t", "externalRefs": [{ "referenceType": "purl", "referenceLocator": "pkg:npm/t" }] },
    { "SPDXID": "none", "name": "none", "versionInfo": "1" }
  ],
  "relationships": [
    { "spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "app" },
    { "spdxElementId": "app", "relationshipType": "DEPENDS_ON", "relatedSpdxElement": "a" },
    { "spdxElementId": "b", "relationshipType": "DEPENDENCY_OF", "relatedSpdxElement": "a" },
    { "spdxElementId": "t", "relationshipType": "TEST_DEPENDENCY_OF", "relatedSpdxElement": "app" },
    { "spdxElementId": "app", "relationshipType": "OTHER", "relatedSpdxElement": "b" }
  ]
}"#,
        &[
            "4 app 1 dev? project >a >t",
            "6 a 2.0 direct dev? sha1:ab licence:MIT >b",
            "11 b 3 transitive dev?",
            "12 t - direct dev",
        ],
    );
    check(
        "x.spdx.json",
        r#"{
  "@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld",
  "@graph": [
    { "type": "CreationInfo", "@id": "_:c", "specVersion": "3.0.1" },
    { "type": "software_Package", "spdxId": "p:a", "name": "a", "software_packageVersion": "1.0",
      "software_packageUrl": "pkg:gem/a@1.0", "verifiedUsing": [{ "type": "Hash", "algorithm": "sha256", "hashValue": "ab" }] },
    { "type": "software_Package", "spdxId": "p:b", "name": "b",
      "externalIdentifier": [{ "externalIdentifierType": "packageUrl", "identifier": "pkg:gem/b@2" }] },
    { "type": "software_File", "spdxId": "p:f", "name": "f" },
    { "type": "LifecycleScopedRelationship", "from": "p:a", "relationshipType": "dependsOn", "to": ["p:b"], "scope": "test" }
  ]
}"#,
        &["5 a 1.0 dev? sha256:ab >b", "7/8 b 2 dev"],
    );
}
