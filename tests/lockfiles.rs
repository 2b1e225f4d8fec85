//! Lockfiles, end to end: databases are built and used, advisories are named by any of their ids, and what cannot be judged
//! is said.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a panic in a helper is the failure message"
)]

mod support;

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::{Value, json};
use support::run;

/// A folder of its own for a test, with these files.
fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
    support::folder("lockfiles", name, files)
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The findings as `path:line rule severity`.
fn findings(folder: &Path, arguments: &[&str]) -> Vec<String> {
    let report = report(folder, arguments);
    let line = |finding: &Value| {
        let place = &finding["location"];
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let line = &place["start"]["line"];
        format!("{}:{line} {} {}", text(&place["path"]), text(&finding["rule"]), text(&finding["severity"]))
    };
    report["findings"].as_array().unwrap().iter().map(line).collect()
}

fn report(folder: &Path, arguments: &[&str]) -> Value {
    let arguments = [&["check", "--format", "json", "--exit-zero"], arguments].concat();
    let output = run(folder, &arguments);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", stderr(&output)))
}

const LOCK: &str = r#"{
  "lockfileVersion": 3,
  "packages": {
    "": { "name": "shop", "dependencies": { "basket": "^2.0.0" }, "devDependencies": { "tape": "^1.0.0" } },
    "node_modules/basket": { "version": "2.0.0", "dependencies": { "handle": "^1.0.0" } },
    "node_modules/handle": { "version": "1.0.0" },
    "node_modules/tape": { "version": "1.0.0", "dev": true },
    "node_modules/thief": { "version": "6.6.6" }
  }
}
"#;

const CARGO_LOCK: &str = r#"version = 3

[[package]]
name = "api"
version = "0.1.0"
dependencies = ["time"]

[[package]]
name = "time"
version = "0.1.42"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "db8dcfca086c1143c9270ac42a2bbd8a7ee477b78ac8e45b19abfb0cbede4b6f"
"#;

fn advisory(id: &str, aliases: &[&str], package: &str, fixed: Option<&str>, vector: Option<&str>) -> (String, String) {
    let mut events = vec![json!({ "introduced": "0" })];
    events.extend(fixed.map(|fixed| json!({ "fixed": fixed })));
    let severity: Vec<Value> = vector.iter().map(|vector| json!({ "type": "CVSS_V3", "score": vector })).collect();
    let record = json!({
        "id": id,
        "aliases": aliases,
        "modified": "2026-01-02T03:04:05Z",
        "summary": format!("What {package} does wrong"),
        "details": "At length.",
        "severity": severity,
        "affected": [{
            "package": { "ecosystem": "npm", "name": package },
            "ranges": [{ "type": "SEMVER", "events": events }]
        }]
    });
    (format!("osv/{id}.json"), record.to_string())
}

const SEVERE: &str = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";

/// A folder with a lockfile and `npm.db`, a database about what is in it.
fn shop(name: &str) -> PathBuf {
    let records = [
        advisory("GHSA-aaaa-aaaa-aaaa", &["CVE-2026-0001"], "handle", Some("1.0.1"), Some(SEVERE)),
        advisory("GHSA-bbbb-bbbb-bbbb", &[], "tape", None, None),
        advisory("MAL-2026-1", &[], "thief", None, None),
        advisory("GHSA-cccc-cccc-cccc", &[], "basket", Some("2.0.0"), Some(SEVERE)),
    ];
    let mut files: Vec<(&str, &str)> = records.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    files.extend([("app/package-lock.json", LOCK), ("app/Cargo.lock", CARGO_LOCK)]);
    let folder = folder(name, &files);
    let built = run(&folder, &["db", "build", "--osv", "osv", "-o", "app/npm.db"]);
    assert_eq!(built.status.code(), Some(0), "{}", stderr(&built));
    folder.join("app")
}

const RUST: &str = "Cargo.lock:10 RUSTSEC-2020-0071 medium";

#[test]
fn crates_are_known_without_a_database_and_the_rest_with_one() {
    let shop = shop("known");
    assert_eq!(findings(&shop, &["."]), [RUST]);
    let notes = &report(&shop, &["."])["notes"];
    assert!(notes.to_string().contains("npm (4)"), "{notes}");

    let all = [
        RUST,
        "package-lock.json:6 GHSA-aaaa-aaaa-aaaa critical",
        "package-lock.json:7 GHSA-bbbb-bbbb-bbbb unknown",
        "package-lock.json:8 MAL-2026-1 critical",
    ];
    assert_eq!(findings(&shop, &["--db", "npm.db", "."]), all);
    assert_eq!(report(&shop, &["--db", "npm.db", "."])["notes"], json!([]));

    fs::copy(shop.join("npm.db"), shop.join("default.db")).unwrap();
    assert_eq!(findings(&shop, &["."]), all);
    fs::write(shop.join("portcullis.yaml"), "advisories: { databases: [npm.db] }").unwrap();
    fs::remove_file(shop.join("default.db")).unwrap();
    assert_eq!(findings(&shop, &["."]), all);
}

#[test]
fn a_finding_says_how_the_package_came_and_what_to_do() {
    let shop = shop("said");
    let report = report(&shop, &["--db", "npm.db", "--only", "GHSA-aaaa-aaaa-aaaa", "."]);
    let finding = &report["findings"][0];
    assert_eq!(finding["message"], "`handle` 1.0.0 is vulnerable: What handle does wrong (basket \u{2192} handle)");
    assert_eq!(finding["help"], "lock `handle` at 1.0.1 or later; if the range does not allow that, update `basket`");
    assert_eq!(finding["peers"], json!(["CVE-2026-0001"]));
    assert_eq!(finding["tags"], json!(["advisories", "vulnerability"]));
}

#[test]
fn any_id_and_kind_selects_an_advisory() {
    let shop = shop("selected");
    let handle = "package-lock.json:6 GHSA-aaaa-aaaa-aaaa critical";
    let with = |arguments: &[&str]| findings(&shop, &[&["--db", "npm.db", "."], arguments].concat());
    assert_eq!(with(&["--only", "CVE-2026-0001"]), [handle]);
    assert_eq!(with(&["--only", "cve-2026-0001"]), [handle]);
    assert_eq!(with(&["--only", "malicious"]), ["package-lock.json:8 MAL-2026-1 critical"]);
    assert_eq!(with(&["--skip", "advisories"]), [""; 0]);
    assert_eq!(with(&["--skip", "GHSA-*,MAL-*"]), [RUST]);
    assert_eq!(with(&["--only", "CVE-1999-0001"]), [""; 0]);

    let configured = |text: &str| {
        fs::write(shop.join("portcullis.yaml"), text).unwrap();
        with(&["--skip", "RUSTSEC-*,MAL-*"])
    };
    let tape = "package-lock.json:7 GHSA-bbbb-bbbb-bbbb unknown";
    assert_eq!(configured("rules: { CVE-2026-0001: low }"), ["package-lock.json:6 GHSA-aaaa-aaaa-aaaa low", tape]);
    assert_eq!(configured("advisories: { development: false }"), [handle]);
    assert_eq!(configured("advisories: { unfixed: false }"), [handle]);
    // What it counts as says what fails the scan; what is shown stays what is known.
    let fails = |text: &str, arguments: &[&str]| {
        fs::write(shop.join("portcullis.yaml"), text).unwrap();
        let only = ["check", "--db", "npm.db", "--only", "GHSA-bbbb-bbbb-bbbb", "--format", "concise", "."];
        let output = run(&shop, &[&only, arguments].concat());
        (output.status.code().unwrap(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let shown =
        "package-lock.json:7:40: unknown[GHSA-bbbb-bbbb-bbbb] `tape` 1.0.0 is vulnerable: What tape does wrong\n";
    for (text, arguments, code, shown) in [
        ("", &["--fail-on", "medium"][..], 1, shown),
        ("", &["--fail-on", "high"], 0, shown),
        ("advisories: { unknown-as: high }", &["--fail-on", "high"], 1, shown),
        ("advisories: { unknown-as: info }", &[], 0, shown),
        ("", &["--min-severity", "high"], 0, ""),
        ("advisories: { unknown-as: critical }", &["--min-severity", "high"], 1, shown),
        // Somebody has said it now.
        ("rules: { GHSA-bbbb-bbbb-bbbb: medium }", &[], 1, &shown.replace("unknown", "medium")),
    ] {
        assert_eq!(fails(text, arguments), (code, shown.to_owned()), "{text} {arguments:?}");
    }
    assert_eq!(configured("rules: { vulnerability: off }"), [""; 0]);

    fs::write(shop.join("portcullis.yaml"), "ignore: [{ rule: CVE-2026-0001, reason: not reached }]").unwrap();
    let suppressed = report(&shop, &["--db", "npm.db", "--only", "GHSA-*", "--include-suppressed", "."]);
    assert_eq!(suppressed["findings"][0]["suppressed"], json!({ "by": "config", "reason": "not reached" }));
}

#[test]
fn comments_suppress_where_the_format_has_them() {
    let above = CARGO_LOCK.replace(
        "[[package]]\nname = \"time\"",
        "# portcullis: ignore[CVE-2020-26235] no threads\n[[package]]\nname = \"time\"",
    );
    let folder = folder("comments", &[("Cargo.lock", &above)]);
    assert_eq!(findings(&folder, &["."]), [""; 0]);
    // Of an advisory that holds for nothing here, nobody can say that it was never one.
    fs::write(
        folder.join("Cargo.lock"),
        CARGO_LOCK.replace(
            "[[package]]\nname = \"time\"",
            "# portcullis: ignore[CVE-1999-0001]\n[[package]]\nname = \"time\"",
        ),
    )
    .unwrap();
    assert_eq!(findings(&folder, &["."]), ["Cargo.lock:11 RUSTSEC-2020-0071 medium"]);
}

#[test]
fn a_database_that_cannot_be_used_is_an_error() {
    let shop = shop("unusable");
    let good = fs::read(shop.join("npm.db")).unwrap();
    let expired = run(&shop, &["db", "build", "--osv", "../osv", "--expires", "2026-01-01", "-o", "expired.db"]);
    assert_eq!(expired.status.code(), Some(0), "{}", stderr(&expired));
    fs::write(shop.join("cut.db"), &good[..good.len() - 1]).unwrap();
    fs::write(shop.join("foreign.db"), "not a database").unwrap();
    let mut damaged = good.clone();
    damaged[300] ^= 1;
    fs::write(shop.join("damaged.db"), damaged).unwrap();
    for (name, said) in [
        ("expired.db", "expired at 2026-01-01T00:00:00Z"),
        ("cut.db", "bytes long instead of"),
        ("foreign.db", "is not an advisory database"),
        ("damaged.db", "checksum"),
        ("none.db", "cannot read"),
    ] {
        let output = run(&shop, &["check", "--db", name, "--date", "2026-11-21", "--exit-zero", "."]);
        assert_eq!(output.status.code(), Some(2), "{name}");
        assert!(stderr(&output).contains(said), "{name}: {}", stderr(&output));
    }
    // What needs no database is judged all the same.
    fs::write(shop.join("pod.yaml"), "a: 1\na: 2\n").unwrap();
    let output = run(&shop, &["check", "--db", "cut.db", "--format", "concise", "."]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("duplicate-key"), "{}", stderr(&output));
}

#[test]
fn a_broken_lockfile_is_one_finding_and_what_stands_before_it_counts() {
    let cut = CARGO_LOCK.to_owned() + "\n[[package]]\nname = \"cut\nversion = \"1.0.0\"\n";
    let conflict = CARGO_LOCK.to_owned()
        + "\n<<<<<<< ours\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n=======\n[[package]]\nname = \"b\"\nversion = \"1.0.0\"\n>>>>>>> theirs\n";
    for (name, text, line) in [("cut", cut, 15), ("conflict", conflict, 14)] {
        let folder = folder(name, &[("Cargo.lock", &text)]);
        assert_eq!(
            findings(&folder, &["."]),
            [RUST.to_owned(), format!("Cargo.lock:{line} syntax-error high")],
            "{name}"
        );
    }
}

#[test]
fn the_state_of_a_database_is_told() {
    let shop = shop("status");
    let output = run(&shop, &["db", "status", "npm.db"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    for said in ["npm.db\n", "osv: 4 advisories", "ecosystem npm", "that is built in", "ecosystem crates.io"] {
        assert!(text.contains(said), "{said}: {text}");
    }
    let path = run(&shop, &["db", "path"]);
    assert_eq!(String::from_utf8_lossy(&path.stdout), format!("{}\n", shop.join("default.db").display()));
}

/// Answers every request for a file of the folder, and then `304` to who has its tag. `busy` answers nothing else than 429.
fn serve(folder: PathBuf) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let lines: Vec<String> =
                BufReader::new(&stream).lines().map(Result::unwrap).take_while(|line| !line.is_empty()).collect();
            let name = lines[0].split(' ').nth(1).unwrap().trim_start_matches('/').to_owned();
            let has_tag = lines.iter().any(|line| line.eq_ignore_ascii_case("if-none-match: \"one\""));
            let (status, body) = match fs::read(folder.join(&name)) {
                _ if name.starts_with("busy") => ("429 Too Many Requests", Vec::new()),
                Ok(_) if has_tag => ("304 Not Modified", Vec::new()),
                Ok(body) => ("200 OK", body),
                Err(_) => ("404 Not Found", Vec::new()),
            };
            let head = format!(
                "HTTP/1.1 {status}\r\nETag: \"one\"\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(&body).unwrap();
        }
    });
    address
}

#[test]
fn an_update_is_signed_and_never_older() {
    let shop = shop("update");
    let keys = minisign::KeyPair::generate_unencrypted_keypair().unwrap();
    let stranger = minisign::KeyPair::generate_unencrypted_keypair().unwrap();
    let key = keys.pk.to_base64();
    let publish = |build: &str, name: &str, keys: &minisign::KeyPair| {
        let built = run(&shop, &["db", "build", "--osv", "../osv", "--build", build, "-o", name]);
        assert_eq!(built.status.code(), Some(0), "{}", stderr(&built));
        let bytes = fs::read(shop.join(name)).unwrap();
        let signature = minisign::sign(Some(&keys.pk), &keys.sk, &bytes[..], None, None).unwrap();
        fs::write(shop.join(format!("{name}.minisig")), signature.into_string()).unwrap();
    };
    publish("5", "five", &keys);
    publish("6", "six", &keys);
    publish("7", "strange", &stranger);
    let six = fs::read(shop.join("six")).unwrap();
    fs::write(shop.join("cut"), &six[..six.len() - 1]).unwrap();
    fs::copy(shop.join("six.minisig"), shop.join("cut.minisig")).unwrap();
    let address = serve(shop.clone());
    let build = || {
        let text = run(&shop, &["db", "status", "own.db"]);
        let text = String::from_utf8_lossy(&text.stdout).into_owned();
        text.lines().find_map(|line| line.split_once("build ").map(|(_, build)| build.to_owned())).unwrap()
    };
    let update = |from: &str| {
        let output = run(&shop, &["db", "update", "--from", from, "--key", &key, "-o", "own.db"]);
        (output.status.code(), stderr(&output))
    };
    let expect = |from: &str, code: i32, said: &str, now: &str| {
        let (found, text) = update(from);
        assert_eq!(found, Some(code), "{from}: {text}");
        assert!(text.contains(said), "{from}: {text}");
        assert_eq!(build(), now, "{from}");
    };
    let none = update(&format!("{address}/busy"));
    assert_eq!(none.0, Some(2), "{}", none.1);
    expect(&format!("{address}/five"), 0, "own.db is new", "5");
    // The server says that it has nothing else.
    expect(&format!("{address}/five"), 0, "own.db is the newest", "5");
    expect("six", 0, "own.db is new", "6");
    expect("five", 2, "an older one is never taken", "6");
    expect("strange", 2, "the signature of strange does not hold", "6");
    expect("cut", 2, "the signature of cut does not hold", "6");
    expect("none", 2, "none: ", "6");
    expect(&format!("{address}/busy"), 0, "429", "6");
    expect(&format!("{address}/nowhere"), 0, "404", "6");
    expect("http://example.org/six", 2, "only https: is", "6");
    assert!(
        fs::read_dir(&shop).unwrap().all(|entry| !entry.unwrap().file_name().to_string_lossy().starts_with(".own"))
    );
}

#[test]
fn the_way_of_a_package_is_told() {
    let shop = shop("ways");
    for (package, expected) in [
        ("handle", "package-lock.json:6: basket 2.0.0 \u{2192} handle 1.0.0\n"),
        ("tape@1.0.0", "package-lock.json:7: tape 1.0.0 (development)\n"),
        ("tape@2.0.0", ""),
        ("nothing", ""),
    ] {
        let output = run(&shop, &["--explain-path", package]);
        assert_eq!(output.status.code(), Some(0), "{package}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{package}");
    }
}

#[test]
fn poms_and_bills_of_materials_are_looked_up() {
    let record = |id: &str, ecosystem: &str, name: &str| {
        let events = json!([{ "introduced": "0" }, { "fixed": "2.0" }]);
        let range = json!({ "type": "ECOSYSTEM", "events": events });
        let package = json!({ "ecosystem": ecosystem, "name": name });
        let affected = json!([{ "package": package, "ranges": [range] }]);
        json!({ "id": id, "modified": "2026-01-02T03:04:05Z", "summary": "Bad", "affected": affected }).to_string()
    };
    let records = [record("GHSA-aaaa-aaaa-aaaa", "Maven", "org.a:a"), record("GHSA-bbbb-bbbb-bbbb", "PyPI", "b")];
    let folder = folder(
        "poms",
        &[
            ("osv/a.json", &records[0]),
            ("osv/b.json", &records[1]),
            (
                "app/pom.xml",
                "<project><groupId>g</groupId><artifactId>p</artifactId><version>1</version>
<properties><a>1.5</a></properties><dependencyManagement><dependencies>
<dependency><groupId>org.a</groupId><artifactId>a</artifactId><version>${a}</version></dependency>
</dependencies></dependencyManagement></project>",
            ),
            (
                "app/web/pom.xml",
                "<project><parent><groupId>g</groupId><artifactId>p</artifactId><version>1</version></parent>
<artifactId>web</artifactId><dependencies>
<dependency><groupId>org.a</groupId><artifactId>a</artifactId></dependency>
</dependencies></project>",
            ),
            (
                "app/bom.json",
                "{ \"bomFormat\": \"CycloneDX\", \"components\": [
{ \"name\": \"B\", \"version\": \"1.0\", \"purl\": \"pkg:pypi/B@1.0\", \"hashes\": [{ \"alg\": \"MD5\", \"content\": \"0\" }] }
] }",
            ),
        ],
    );
    let built = run(&folder, &["db", "build", "--osv", "osv", "-o", "app/own.db"]);
    assert_eq!(built.status.code(), Some(0), "{}", stderr(&built));
    let expected = ["bom.json:2 GHSA-bbbb-bbbb-bbbb unknown", "web/pom.xml:3 GHSA-aaaa-aaaa-aaaa unknown"];
    let app = folder.join("app");
    assert_eq!(findings(&app, &["--db", "own.db", "."]), expected);

    // Of a bill under another name, its text says what it is, where somebody names it or hands it over.
    let bill = fs::read(app.join("bom.json")).unwrap();
    fs::create_dir(folder.join("named")).unwrap();
    fs::write(folder.join("named/of-us.json"), &bill).unwrap();
    fs::write(folder.join("named/of-us"), &bill).unwrap();
    fs::write(folder.join("named/other.json"), "{ \"a\": 1 }").unwrap();
    let found = |paths: &[&str]| findings(&folder.join("named"), &[&["--db", "../app/own.db"], paths].concat());
    let said = |name: &str| format!("{name}:2 GHSA-bbbb-bbbb-bbbb unknown");
    assert_eq!(found(&["of-us.json", "of-us", "other.json"]), [said("of-us"), said("of-us.json")]);
    assert_eq!(found(&["."]), [""; 0]);

    // A version that only whoever inherits the file knows is none.
    fs::create_dir(folder.join("open")).unwrap();
    let open = "<project><groupId>g</groupId><artifactId>p</artifactId><version>1</version><dependencies>
<dependency><groupId>org.a</groupId><artifactId>a</artifactId><version>${set.by.children}</version></dependency>
</dependencies></project>";
    fs::write(folder.join("open/pom.xml"), open).unwrap();
    assert_eq!(findings(&folder.join("open"), &["--profile", "all", "--db", "../app/own.db", "."]), [""; 0]);
}

/// A statement of OpenVEX about products.
fn statement(name: &str, aliases: &[&str], products: &Value, status: &str, at: &str) -> Value {
    json!({
        "vulnerability": { "name": name, "aliases": aliases },
        "products": products,
        "status": status,
        "justification": "vulnerable_code_not_in_execute_path",
        "impact_statement": "Handles are never turned",
        "timestamp": at
    })
}

fn openvex(statements: &[Value]) -> String {
    json!({ "@context": "https://openvex.dev/ns/v0.2.0", "timestamp": "2026-01-01T00:00:00Z", "statements": statements })
        .to_string()
}

/// A document of CycloneDX about `handle`.
fn cyclonedx(state: &str, affects: &Value) -> String {
    json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "components": [{ "type": "library", "bom-ref": "h", "name": "handle", "purl": "pkg:npm/handle@1.0.0" }],
        "vulnerabilities": [{
            "id": "CVE-2026-0001",
            "analysis": { "state": state, "justification": "code_not_reachable", "detail": "No way there" },
            "affects": affects
        }]
    })
    .to_string()
}

#[test]
fn what_a_vex_document_says_does_not_matter_is_suppressed() {
    let shop = shop("vex");
    let any = json!([{ "@id": "pkg:npm/handle" }]);
    let ghsa = |products: &Value, status: &str, at: &str| statement("GHSA-aaaa-aaaa-aaaa", &[], products, status, at);
    let why = "vulnerable_code_not_in_execute_path: Handles are never turned";
    let not_affected = format!("not affected: {why}");
    let fixed = format!("fixed: {why}");
    let cases: Vec<(&str, String, Option<&str>)> = vec![
        ("any version", openvex(&[ghsa(&any, "not_affected", "2026-01-01")]), Some(&not_affected)),
        (
            "an alias alone",
            openvex(&[statement("Turned", &["cve-2026-0001"], &any, "not_affected", "2026-01-01")]),
            Some(&not_affected),
        ),
        (
            "an address that ends in the id",
            openvex(&[statement("https://nvd.nist.gov/vuln/detail/CVE-2026-0001", &[], &any, "fixed", "2026-01-01")]),
            Some(&fixed),
        ),
        (
            "this version, by its identifier",
            openvex(&[ghsa(&json!([{ "identifiers": { "purl": "pkg:npm/handle@1.0.0" } }]), "fixed", "2026-01-01")]),
            Some(&fixed),
        ),
        (
            "a part of a product",
            openvex(&[ghsa(
                &json!([{ "@id": "pkg:oci/shop", "subcomponents": [{ "@id": "pkg:npm/handle@1.0.0" }] }]),
                "not_affected",
                "2026-01-01",
            )]),
            Some(&not_affected),
        ),
        (
            "an old document, with plain names",
            json!({
                "@context": "https://openvex.dev/ns",
                "statements": [{
                    "vulnerability": "CVE-2026-0001", "products": ["pkg:npm/handle"], "status": "not_affected"
                }]
            })
            .to_string(),
            Some("not affected"),
        ),
        ("another version", openvex(&[ghsa(&json!([{ "@id": "pkg:npm/handle@1.0.1" }]), "fixed", "2026-01-01")]), None),
        ("another type", openvex(&[ghsa(&json!([{ "@id": "pkg:pypi/handle" }]), "fixed", "2026-01-01")]), None),
        ("another scope", openvex(&[ghsa(&json!([{ "@id": "pkg:npm/%40a/handle" }]), "fixed", "2026-01-01")]), None),
        (
            "a part that is another package",
            openvex(&[ghsa(
                &json!([{ "@id": "pkg:npm/handle", "subcomponents": [{ "@id": "pkg:npm/bar" }] }]),
                "fixed",
                "2026-01-01",
            )]),
            None,
        ),
        ("no products", openvex(&[ghsa(&json!([]), "not_affected", "2026-01-01")]), None),
        ("nobody knows", openvex(&[ghsa(&any, "under_investigation", "2026-01-01")]), None),
        (
            "it turned out to matter",
            openvex(&[ghsa(&any, "affected", "2026-02-01"), ghsa(&any, "not_affected", "2026-01-01")]),
            None,
        ),
        (
            "it turned out not to matter",
            openvex(&[ghsa(&any, "not_affected", "2026-02-01"), ghsa(&any, "affected", "2026-01-01")]),
            Some(&not_affected),
        ),
        (
            "a component",
            cyclonedx("not_affected", &json!([{ "ref": "h" }])),
            Some("not affected: code_not_reachable: No way there"),
        ),
        (
            "a package's address",
            cyclonedx("false_positive", &json!([{ "ref": "pkg:npm/handle" }])),
            Some("false positive: code_not_reachable: No way there"),
        ),
        (
            "a component of another document",
            cyclonedx("resolved", &json!([{ "ref": "urn:cdx:6f6c/1#pkg%3Anpm%2Fhandle%401.0.0" }])),
            Some("resolved: code_not_reachable: No way there"),
        ),
        ("a component that is not there", cyclonedx("resolved", &json!([{ "ref": "i" }])), None),
        (
            "some versions",
            cyclonedx("resolved", &json!([{ "ref": "pkg:npm/handle", "versions": [{ "version": "1.0.1" }] }])),
            None,
        ),
        (
            "a range",
            cyclonedx(
                "resolved",
                &json!([{ "ref": "pkg:npm/handle", "versions": [{ "range": "vers:npm/>=0.9|<1.0.1" }] }]),
            ),
            Some("resolved: code_not_reachable: No way there"),
        ),
        (
            "another range",
            cyclonedx("resolved", &json!([{ "ref": "pkg:npm/handle", "versions": [{ "range": "vers:npm/>=1.0.1" }] }])),
            None,
        ),
        (
            "a range that is not understood",
            cyclonedx("resolved", &json!([{ "ref": "pkg:npm/handle", "versions": [{ "range": ">= 0" }] }])),
            None,
        ),
        ("it matters", cyclonedx("exploitable", &json!([{ "ref": "h" }])), None),
    ];
    for (name, text, expected) in cases {
        fs::write(shop.join("vex.json"), text).unwrap();
        let arguments =
            ["--db", "npm.db", "--vex", "vex.json", "--only", "malicious,CVE-2026-0001", "--include-suppressed"];
        let report = report(&shop, &[&arguments[..], &["package-lock.json"]].concat());
        let suppressed: Vec<&Value> =
            report["findings"].as_array().unwrap().iter().map(|finding| &finding["suppressed"]).collect();
        let expected = expected.map_or(Value::Null, |reason| json!({ "by": "vex", "reason": reason }));
        assert_eq!(suppressed, [&expected, &Value::Null], "{name}");
    }
}

#[test]
fn a_vex_document_is_named_or_configured_and_has_to_be_one() {
    let shop = shop("vex-files");
    let products = json!([{ "@id": "pkg:npm/handle" }]);
    let text = openvex(&[statement("CVE-2026-0001", &[], &products, "not_affected", "2026-01-01")]);
    fs::write(shop.join("own.vex.json"), text).unwrap();
    let found = |arguments: &[&str]| {
        let only = ["--db", "npm.db", "--only", "CVE-2026-0001", "."];
        findings(&shop, &[&only[..], arguments].concat())
    };
    assert_eq!(found(&[]).len(), 1);
    assert_eq!(found(&["--vex", "own.vex.json"]), [""; 0]);
    fs::write(shop.join("portcullis.yaml"), "advisories: { vex: [own.vex.json] }").unwrap();
    assert_eq!(found(&[]), [""; 0]);
    fs::remove_file(shop.join("portcullis.yaml")).unwrap();
    for (name, text, expected) in [
        ("none.json", None, "none.json: "),
        ("text.json", Some("not affected"), "text.json: expected"),
        (
            "other.json",
            Some("{ \"document\": { \"csaf_version\": \"2.0\" } }"),
            "other.json: neither OpenVEX nor CycloneDX",
        ),
        ("list.json", Some("[]"), "list.json: neither OpenVEX nor CycloneDX"),
    ] {
        if let Some(text) = text {
            fs::write(shop.join(name), text).unwrap();
        }
        let output = run(&shop, &["check", "--exit-zero", "--vex", name, "Cargo.lock"]);
        assert_eq!(output.status.code(), Some(2), "{name}");
        assert!(stderr(&output).contains(expected), "{name}: {}", stderr(&output));
    }
}

#[test]
fn files_of_requirements_take_in_others() {
    let root = folder(
        "taken-in",
        &[
            ("osv/PYSEC-2026-1.json", &python_advisory().to_string()),
            ("app/requirements.txt", "-r deps/prod.txt\n--requirement ../outside.txt\n-c limits.txt\n-r none.txt\n"),
            ("app/deps/prod.txt", "--index-url x\nrope==1.0\n-r ../base.in.txt\n-r prod.txt\n"),
            ("app/base.in.txt", "rope==1.1 # twice\n-r deps/prod.txt\n"),
            ("app/limits.txt", "rope==1.0\n"),
            ("app/stray.txt", "rope==1.0\n"),
            ("app/.git/HEAD", "ref: refs/heads/main\n"),
            ("outside.txt", "rope==1.0\n"),
        ],
    );
    let app = root.join("app");
    let built = run(&root, &["db", "build", "--osv", "osv", "-o", "app/python.db"]);
    assert_eq!(built.status.code(), Some(0), "{}", stderr(&built));
    let expected = ["base.in.txt:1 PYSEC-2026-1 unknown", "deps/prod.txt:2 PYSEC-2026-1 unknown"];
    for path in [".", "requirements.txt"] {
        assert_eq!(findings(&app, &["--db", "python.db", "--only", "advisories", path]), expected, "{path}");
    }
    let ways = run(&app, &["--explain-path", "rope"]);
    assert_eq!(String::from_utf8_lossy(&ways.stdout), "base.in.txt:1: rope 1.1\ndeps/prod.txt:2: rope 1.0\n");
    fs::write(app.join("portcullis.yaml"), "exclude: [deps/]").unwrap();
    assert_eq!(findings(&app, &["--db", "python.db", "--only", "advisories", "."]), [""; 0]);
}

fn python_advisory() -> Value {
    json!({
        "id": "PYSEC-2026-1",
        "modified": "2026-01-02T03:04:05Z",
        "affected": [{
            "package": { "ecosystem": "PyPI", "name": "rope" },
            "ranges": [{ "type": "ECOSYSTEM", "events": [{ "introduced": "0" }, { "fixed": "2.0" }] }]
        }]
    })
}

/// What a case is about, manifest and lockfile, and what is found.
type Drift = (&'static str, [(&'static str, String); 2], &'static [&'static str]);

#[test]
fn a_locked_version_has_to_be_one_that_is_asked_for() {
    let npm = |locked: &str| {
        format!("{{ \"lockfileVersion\": 3, \"packages\": {{ \"\": {{ \"name\": \"web\" }}, {locked} }} }}")
    };
    let asked = |dependencies: &str, more: &str| {
        format!("{{ \"name\": \"web\",\n\"dependencies\": {{\n{dependencies}\n}}{more} }}")
    };
    let pad = |version: &str| npm(&format!("\"node_modules/pad\": {{ \"version\": \"{version}\" }}"));
    let cargo = |version: &str| {
        format!(
            "version = 4\n\n[[package]]\nname = \"web\"\nversion = \"0.1.0\"\n\n[[package]]\nname = \"pad\"\nversion = \"{version}\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n"
        )
    };
    let uv = |version: &str| {
        format!(
            "version = 1\n\n[[package]]\nname = \"pad\"\nversion = \"{version}\"\nsource = {{ registry = \"https://pypi.org/simple\" }}\n"
        )
    };
    let pnpm = |head: &str| {
        format!(
            "lockfileVersion: '9.0'\n{head}\nimporters:\n\n  .:\n    dependencies:\n      pad:\n        specifier: ^1.0.0\n        version: 1.0.0\n\npackages:\n\n  pad@1.0.0:\n    resolution: {{integrity: sha512-AAAA}}\n\nsnapshots:\n\n  pad@1.0.0: {{}}\n"
        )
    };
    let cases: Vec<Drift> = vec![
        (
            "outside of the range",
            [("package.json", asked("\"pad\": \"^1.3.0\"", "")), ("package-lock.json", pad("1.2.0"))],
            &["package.json:3 lock-manifest-drift medium"],
        ),
        ("in it", [("package.json", asked("\"pad\": \"^1.3.0\"", "")), ("package-lock.json", pad("1.4.0"))], &[]),
        ("a tag", [("package.json", asked("\"pad\": \"next\"", "")), ("package-lock.json", pad("1.2.0"))], &[]),
        (
            "of a workspace",
            [("package.json", asked("\"pad\": \"workspace:^2\"", "")), ("package-lock.json", pad("1.2.0"))],
            &[],
        ),
        (
            "overridden",
            [
                ("package.json", asked("\"pad\": \"^1.3.0\"", ", \"overrides\": { \"pad\": \"1.2.0\" }")),
                ("package-lock.json", pad("1.2.0")),
            ],
            &[],
        ),
        (
            "two versions, of which one will do",
            [
                ("package.json", asked("\"pad\": \"^2.0.0\"", "")),
                (
                    "package-lock.json",
                    npm(
                        "\"node_modules/pad\": { \"version\": \"1.0.0\" }, \"node_modules/a/node_modules/pad\": { \"version\": \"2.0.0\" }",
                    ),
                ),
            ],
            &[],
        ),
        (
            "of a repository",
            [
                ("package.json", asked("\"pad\": \"^2.0.0\"", "")),
                (
                    "package-lock.json",
                    npm(
                        "\"node_modules/pad\": { \"version\": \"1.0.0\", \"resolved\": \"git+ssh://git@example.org/pad.git#0123456789012345678901234567890123456789\" }",
                    ),
                ),
            ],
            &[],
        ),
        (
            "a crate outside of the range",
            [
                ("Cargo.toml", "[package]\nname = \"web\"\n[dependencies]\npad = \"1.3\"\n".to_owned()),
                ("Cargo.lock", cargo("1.2.9")),
            ],
            &["Cargo.toml:4 lock-manifest-drift medium"],
        ),
        (
            "a crate in it",
            [
                ("Cargo.toml", "[package]\nname = \"web\"\n[dependencies]\npad = \"1.3\"\n".to_owned()),
                ("Cargo.lock", cargo("1.9.0")),
            ],
            &[],
        ),
        (
            "a distribution outside of the range",
            [
                ("pyproject.toml", "[project]\nname = \"web\"\ndependencies = [\n  \"pad>=2\",\n]\n".to_owned()),
                ("uv.lock", uv("1.0")),
            ],
            &["pyproject.toml:4 lock-manifest-drift medium"],
        ),
        (
            "a marker",
            [
                (
                    "pyproject.toml",
                    "[project]\nname = \"web\"\ndependencies = [\n  \"pad>=2; python_version < '3.9'\",\n]\n"
                        .to_owned(),
                ),
                ("uv.lock", uv("1.0")),
            ],
            &[],
        ),
        (
            "pnpm",
            [("package.json", asked("\"pad\": \"^2.0.0\"", "")), ("pnpm-lock.yaml", pnpm(""))],
            &["package.json:3 lock-manifest-drift medium"],
        ),
        (
            "pnpm with overrides of the workspace",
            [
                ("package.json", asked("\"pad\": \"^2.0.0\"", "")),
                ("pnpm-lock.yaml", pnpm("\noverrides:\n  pad: 1.0.0\n")),
            ],
            &[],
        ),
    ];
    for (number, (name, files, expected)) in cases.iter().enumerate() {
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
        let folder = folder(&format!("drift-{number}"), &files);
        assert_eq!(findings(&folder, &["--only", "lock-manifest-drift", "."]), *expected, "{name}");
    }
}

/// `pad` is locked at 1.2.0, and the member in `apps/web` is listed with it alone.
const WORKSPACES: &[(&str, &str)] = &[
    (
        "package-lock.json",
        r#"{ "lockfileVersion": 3, "packages": { "": { "name": "all", "workspaces": ["apps/*"] },
        "apps/web": { "dependencies": { "pad": "^1.0.0" } }, "node_modules/web": { "resolved": "apps/web", "link": true },
        "node_modules/pad": { "version": "1.2.0" }, "node_modules/tape": { "version": "1.0.0" } } }"#,
    ),
    (
        "pnpm-lock.yaml",
        "lockfileVersion: '9.0'\n\nimporters:\n\n  .: {}\n\n  apps/web:\n    dependencies:\n      pad:\n        specifier: ^1.0.0\n        version: 1.2.0\n\npackages:\n\n  pad@1.2.0:\n    resolution: {integrity: sha512-AAAA}\n\n  tape@1.0.0:\n    resolution: {integrity: sha512-AAAA}\n",
    ),
    (
        "bun.lock",
        r#"{ "lockfileVersion": 1, "workspaces": { "": { "name": "all" }, "apps/web": { "name": "web", "dependencies": { "pad": "^1.0.0" } } },
        "packages": { "pad": ["pad@1.2.0", "", {}, "sha512-AAAA"], "tape": ["tape@1.0.0", "", {}, "sha512-AAAA"] } }"#,
    ),
    (
        "yarn.lock",
        "__metadata:\n  version: 8\n\n\"pad@npm:^1.0.0\":\n  version: 1.2.0\n  resolution: \"pad@npm:1.2.0\"\n  languageName: node\n  linkType: hard\n\n\"web@workspace:apps/web\":\n  version: 0.0.0-use.local\n  resolution: \"web@workspace:apps/web\"\n  dependencies:\n    pad: \"npm:^1.0.0\"\n  languageName: unknown\n  linkType: soft\n",
    ),
];

/// A lockfile that says nothing of members: there is nothing to compare with.
const CLASSIC: (&str, &str) = ("yarn.lock", "# yarn lockfile v1\n\n\npad@^1.0.0:\n  version \"1.2.0\"\n");

#[test]
fn members_of_a_workspace_ask_for_what_its_lockfile_lists() {
    let root = |more: &str| format!("{{ \"name\": \"all\", \"private\": true, \"workspaces\": [\"apps/*\"]{more} }}");
    let web = |asked: &str| format!("{{ \"name\": \"web\", \"dependencies\": {{\n{asked}\n}} }}");
    for (number, lock) in WORKSPACES.iter().chain([&CLASSIC]).enumerate() {
        let check = |asked: &str, more: &str| {
            let (root, web) = (root(more), web(asked));
            let files = [*lock, ("package.json", root.as_str()), ("apps/web/package.json", web.as_str())];
            let folder = folder(&format!("members-{number}"), &files);
            let report = report(&folder, &["--only", "lock-manifest-drift", "."]);
            let found = report["findings"].as_array().unwrap().iter();
            found.map(|it| format!("{} {}", it["location"]["start"]["line"], it["message"])).collect::<Vec<_>>()
        };
        let (name, silent) = (lock.0, *lock == CLASSIC);
        let only = |said: String| if silent { Vec::new() } else { vec![said] };
        assert_eq!(check("\"pad\": \"^1.1.0\"", ""), [""; 0], "{name}");
        let refused = only("2 \"`pad` is locked at 1.2.0, which `^1.3.0` does not allow\"".to_owned());
        assert_eq!(check("\"pad\": \"^1.3.0\"", ""), refused, "{name}");
        let missing = only(format!("3 \"{name} has no `tape` for this member of the workspace\""));
        assert_eq!(check("\"pad\": \"^1.0.0\",\n\"tape\": \"^1.0.0\"", ""), missing, "{name}");
        let local = "\"pad\": \"^1.0.0\", \"lib\": \"workspace:*\", \"glue\": \"catalog:\", \"near\": \"file:../near\"";
        assert_eq!(check(local, ""), [""; 0], "{name}");
        let forced = ", \"overrides\": { \"pad\": \"1.2.0\" }, \"resolutions\": { \"pad\": \"1.2.0\" }";
        assert_eq!(check("\"pad\": \"^1.3.0\"", forced), [""; 0], "{name}");
    }
}

#[test]
fn members_of_workspaces_of_other_languages_too() {
    let cargo = "version = 4\n\n[[package]]\nname = \"web\"\nversion = \"0.1.0\"\ndependencies = [\n \"pad\",\n]\n\n[[package]]\nname = \"pad\"\nversion = \"1.2.9\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n";
    let uv = "version = 1\n\n[[package]]\nname = \"pad\"\nversion = \"1.0\"\nsource = { registry = \"https://pypi.org/simple\" }\n\n[[package]]\nname = \"web\"\nversion = \"0.1.0\"\nsource = { editable = \"apps/web\" }\ndependencies = [\n    { name = \"pad\" },\n]\n";
    for (number, (lock, text, manifest, asked, expected)) in [
        ("Cargo.lock", cargo, "Cargo.toml", "[dependencies]\npad = \"1.2\"\nglue.workspace = true\n", &[][..]),
        ("Cargo.lock", cargo, "Cargo.toml", "[dependencies]\npad = \"1.3\"\n", &["apps/web/Cargo.toml:4"]),
        (
            "Cargo.lock",
            cargo,
            "Cargo.toml",
            "[target.'cfg(windows)'.dependencies]\ntape = \"1\"\n",
            &["apps/web/Cargo.toml:4"],
        ),
        ("Cargo.lock", cargo, "Cargo.toml", "[dependencies]\nother = { package = \"pad\", version = \"1\" }\n", &[]),
        ("uv.lock", uv, "pyproject.toml", "dependencies = [\n  \"Pad>=1\",\n]\n", &[]),
        ("uv.lock", uv, "pyproject.toml", "dependencies = [\n  \"pad>=2\",\n]\n", &["apps/web/pyproject.toml:4"]),
        ("uv.lock", uv, "pyproject.toml", "dependencies = [\n  \"tape>=1\",\n]\n", &["apps/web/pyproject.toml:4"]),
        ("uv.lock", uv, "pyproject.toml", "dependencies = [\n  \"tape>=1; sys_platform == 'win32'\",\n]\n", &[]),
    ]
    .into_iter()
    .enumerate()
    {
        let head = if lock == "uv.lock" { "[project]\nname = \"web\"\n" } else { "[package]\nname = \"web\"\n" };
        let (path, text_of) = (format!("apps/web/{manifest}"), format!("{head}{asked}"));
        let folder = folder(&format!("members-other-{number}"), &[(lock, text), (&path, &text_of)]);
        let found = findings(&folder, &["--only", "lock-manifest-drift", "."]);
        let places: Vec<&str> = found.iter().filter_map(|it| it.split(' ').next()).collect();
        assert_eq!(places, expected, "{asked}");
    }
}

#[test]
fn what_publishers_have_given_up_is_told() {
    let root = folder(
        "deprecated",
        &[
            (
                "npm/package-lock.json",
                "{ \"lockfileVersion\": 3, \"packages\": {\n\"node_modules/pad\": { \"version\": \"1.0.0\", \"deprecated\": \"use padStart()\\n instead.\" } } }",
            ),
            (
                "pnpm/pnpm-lock.yaml",
                "lockfileVersion: '9.0'\n\npackages:\n\n  pad@1.0.0:\n    resolution: {integrity: sha512-AAAA}\n    deprecated: gone\n",
            ),
            (
                "php/composer.lock",
                "{ \"packages\": [\n{ \"name\": \"a/pad\", \"version\": \"1.0.0\", \"abandoned\": \"b/pad\" },\n{ \"name\": \"a/tape\", \"version\": \"1.0.0\", \"abandoned\": true },\n{ \"name\": \"a/rope\", \"version\": \"1.0.0\", \"abandoned\": false }] }",
            ),
        ],
    );
    let report = report(&root, &["--only", "lock-deprecated", "."]);
    let messages: Vec<String> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            format!(
                "{}:{} {}",
                it["location"]["path"].as_str().unwrap(),
                it["location"]["start"]["line"],
                it["message"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(
        messages,
        [
            "npm/package-lock.json:2 `pad` 1.0.0 is deprecated: use padStart() instead",
            "php/composer.lock:2 `a/pad` 1.0.0 is deprecated: use b/pad instead",
            "php/composer.lock:3 `a/tape` 1.0.0 is deprecated",
            "pnpm/pnpm-lock.yaml:5 `pad` 1.0.0 is deprecated: gone",
        ]
    );
}

#[test]
fn a_crate_that_was_yanked_is_told_where_the_index_is_known() {
    let line =
        |version: &str, yanked: &str| format!("{{\"name\":\"time\",\"vers\":\"{version}\",\"yanked\":{yanked}}}\n");
    let index = line("0.1.42", "true") + &line("0.1.43", "false");
    let folder = folder("yanked", &[("index/ti/me/time", &index), ("Cargo.lock", CARGO_LOCK)]);
    let built = run(&folder, &["db", "build", "--crates-index", "index", "-o", "default.db"]);
    assert_eq!(built.status.code(), Some(0), "{}", stderr(&built));
    assert!(stderr(&built).contains("0 advisories for no whole ecosystem and 1 yanked versions"), "{}", stderr(&built));
    let status = run(&folder, &["db", "status", "default.db"]);
    let status = String::from_utf8_lossy(&status.stdout).into_owned();
    assert!(status.contains("index of crates.io: 1 yanked versions\n"), "{status}");

    assert_eq!(findings(&folder, &["."]), [RUST, "Cargo.lock:10 yanked info"]);
    let finding = &report(&folder, &["--only", "yanked", "."])["findings"][0];
    assert_eq!(finding["message"], "`time` 0.1.42 was withdrawn by its publisher");
    assert_eq!(finding["tags"], json!(["advisories", "yanked"]));
    let explained = run(&folder, &["explain", "yanked"]);
    assert!(String::from_utf8_lossy(&explained.stdout).contains("`--crates-index`"), "{}", stderr(&explained));

    for (text, expected) in [
        ("rules: { yanked: off }", &[RUST][..]),
        ("rules: { yanked: low }", &[RUST, "Cargo.lock:10 yanked low"]),
        ("ignore: [{ rule: yanked, reason: known }]", &[RUST]),
    ] {
        fs::write(folder.join("portcullis.yaml"), text).unwrap();
        assert_eq!(findings(&folder, &["."]), expected, "{text}");
    }
}

#[test]
fn an_advisory_is_explained_by_any_of_its_ids() {
    let shop = shop("explained");
    let explained = |arguments: &[&str]| {
        let output = run(&shop, &[&["explain"], arguments].concat());
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned(), stderr(&output))
    };
    for (arguments, said) in [
        (
            &["RUSTSEC-2020-0071"][..],
            &["medium[RUSTSEC-2020-0071]", "CVE-2020-26235", "crates.io `time`: ", ", 0.2.23\n", "without texts"][..],
        ),
        (&["cve-2020-26235"], &["medium[RUSTSEC-2020-0071]"]),
        (
            &["--db", "npm.db", "CVE-2026-0001", "k8s-host-pid"],
            &[
                "critical[GHSA-aaaa-aaaa-aaaa]: What handle does wrong\n",
                "- npm `handle`: < 1.0.1; fixed in 1.0.1\n",
                "At length.",
                "rules: { GHSA-aaaa-aaaa-aaaa: off }",
                "k8s-host-pid]",
            ],
        ),
        (&["--db", "npm.db", "MAL-2026-1"], &["critical[MAL-2026-1]", "npm `thief`: every version; no fix is known"]),
    ] {
        let (code, out, error) = explained(arguments);
        assert_eq!(code, Some(0), "{arguments:?}: {error}");
        for said in said {
            assert!(out.contains(said), "{said}: {out}");
        }
    }
    for (arguments, expected) in [
        (&["CVE-1999-0001"][..], "no advisory `CVE-1999-0001` is known"),
        (&["GHSA-*"], "`GHSA-*` names many advisories"),
        (&["unmaintained"], "`unmaintained` names many advisories"),
        (&["--db", "none.db", "CVE-1999-0001"], "none.db"),
    ] {
        let (code, out, error) = explained(arguments);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn what_is_known_of_exploits_is_told_by_tags() {
    let shop = shop("exploits");
    fs::write(shop.join("epss.csv"), "#model_version:v2025\ncve,epss,percentile\nCVE-2026-0001,0.97312,0.99\n")
        .unwrap();
    fs::write(shop.join("kev.json"), r#"{ "vulnerabilities": [{ "cveID": "CVE-2026-0001" }] }"#).unwrap();
    let arguments = ["db", "build", "--osv", "../osv", "--epss", "epss.csv", "--kev", "kev.json", "-o", "more.db"];
    let built = run(&shop, &arguments);
    assert_eq!(built.status.code(), Some(0), "{}", stderr(&built));
    let finding = &report(&shop, &["--db", "more.db", "--only", "CVE-2026-0001", "."])["findings"][0];
    assert_eq!(finding["tags"], json!(["advisories", "vulnerability", "known-exploited", "epss:0.973"]));
    // Tags select, as everywhere.
    assert_eq!(
        findings(&shop, &["--db", "more.db", "--skip", "known-exploited", "--only", "GHSA-aaaa*", "."]),
        [""; 0]
    );
}
