//! Lockfiles, end to end: databases are built and used, advisories are named by any of their ids, and what cannot be judged
//! is said.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a panic in a helper is the failure message"
)]

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

/// A folder of its own for a test, with these files.
fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("lockfiles").join(name);
    _ = fs::remove_dir_all(&folder);
    for (path, text) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// Runs the program in a folder. The user's own database does not count.
fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args(arguments)
        .current_dir(folder)
        .env("PORTCULLIS_DB", folder.join("default.db"))
        .output()
        .unwrap()
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
        "package-lock.json:7 GHSA-bbbb-bbbb-bbbb medium",
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
    let tape = "package-lock.json:7 GHSA-bbbb-bbbb-bbbb medium";
    assert_eq!(configured("rules: { CVE-2026-0001: low }"), ["package-lock.json:6 GHSA-aaaa-aaaa-aaaa low", tape]);
    assert_eq!(configured("advisories: { development: false }"), [handle]);
    assert_eq!(configured("advisories: { unfixed: false }"), [handle]);
    assert_eq!(configured("advisories: { unknown-as: high }"), [handle, &tape.replace("medium", "high")]);
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
    let expected = ["bom.json:2 GHSA-bbbb-bbbb-bbbb medium", "web/pom.xml:3 GHSA-aaaa-aaaa-aaaa medium"];
    assert_eq!(findings(&folder.join("app"), &["--db", "own.db", "."]), expected);
}
