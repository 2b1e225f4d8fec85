//! What goes into a database: folders, archives, several sources, broken records, scores of exploits.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a panic is the failure message")]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use portcullis_advisories::build::{Built, Inputs, Stamp, Texts, build};
use portcullis_advisories::database::Database;
use portcullis_advisories::record::Kind;
use portcullis_advisories::{Advisories, Error, Match, Timestamp};
use portcullis_model::packages::Ecosystem;

/// An empty folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("build").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn write(path: &Path, bytes: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn osv(id: &str, ecosystem: &str, name: &str, fixed: &str, more: &str) -> String {
    format!(
        r#"{{"id": "{id}", {more} "affected": [{{"package": {{"ecosystem": "{ecosystem}", "name": "{name}"}},
        "ranges": [{{"type": "ECOSYSTEM", "events": [{{"introduced": "0"}}, {{"fixed": "{fixed}"}}]}}]}}]}}"#
    )
}

fn zip(files: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in files {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn rustsec(id: &str, package: &str, patched: &str) -> String {
    format!(
        "```toml\n[advisory]\nid = \"{id}\"\npackage = \"{package}\"\ndate = \"2024-05-06\"\n[versions]\n\
         patched = [\"{patched}\"]\n```\n# T\n\nD\n"
    )
}

fn advisories(built: &Built) -> Advisories {
    Advisories::empty().with(Database::of_bytes("test", built.bytes.clone()).unwrap())
}

fn ids(advisories: &Advisories, ecosystem: Ecosystem, name: &str, version: &str) -> Vec<String> {
    let matches = advisories.matches_of(ecosystem, name, version).unwrap();
    matches.iter().flat_map(portcullis_advisories::Match::advisories).map(str::to_owned).collect()
}

#[test]
fn sources_of_every_form_are_read_and_broken_records_are_named() {
    let root = folder("forms");
    write(
        &root.join("osv/npm/all.zip"),
        zip(&[
            ("GHSA-a.json", &osv("GHSA-a", "npm", "x", "2.0.0", r#""modified": "2024-01-01T00:00:00Z","#)),
            ("GHSA-bad.json", "{\"id\": 7}"),
            ("notes.txt", "no record"),
        ]),
    );
    write(&root.join("osv/deep/er/GHSA-b.json"), osv("GHSA-b", "npm", "x", "3.0.0", ""));
    write(&root.join("osv/deep/broken.json"), "<html>");
    write(&root.join("single.json"), osv("PYSEC-1", "PyPI", "y", "1.1", ""));
    write(&root.join("db/crates/z/RUSTSEC-2024-0001.md"), rustsec("RUSTSEC-2024-0001", "z", ">= 1.0.0"));
    write(&root.join("db/crates/z/RUSTSEC-2024-0002.md"), rustsec("RUSTSEC-2024-0002", "z", "soon"));
    write(&root.join("db/rust/std/RUSTSEC-2024-0003.md"), rustsec("RUSTSEC-2024-0003", "std", ">= 1.0.0"));
    write(&root.join("db/.git/HEAD"), "ref: refs/heads/main\n");
    write(&root.join("db/.git/refs/heads/main"), "0123456789abcdef0123456789abcdef01234567\n");
    let inputs = Inputs {
        osv: vec![root.join("osv"), root.join("single.json")],
        rustsec: vec![root.join("db")],
        ..Inputs::default()
    };
    let built = build(&inputs, Texts::Keep, &Stamp::default()).unwrap();

    let mut faults: Vec<String> = built.faults.iter().map(|it| it.to_string().replace('\\', "/")).collect();
    faults.sort_unstable();
    let [soon, broken, bad] = faults.as_slice() else { panic!("{faults:?}") };
    assert!(soon.contains("RUSTSEC-2024-0002.md: `soon`: "), "{soon}");
    assert!(broken.contains("osv/deep/broken.json: expected value"), "{broken}");
    assert!(bad.contains("npm/all.zip: GHSA-bad.json: invalid type"), "{bad}");

    let sources: Vec<(&str, u64)> = built.meta.sources.iter().map(|it| (it.name.as_str(), it.records)).collect();
    assert_eq!(sources, [("OSV npm", 1), ("OSV osv", 1), ("OSV single", 1), ("RustSec", 1)]);
    assert_eq!(built.meta.sources[0].date, Timestamp::parse("2024-01-01"));
    assert_eq!(built.meta.sources[3].commit.as_deref(), Some("0123456789abcdef0123456789abcdef01234567"));

    let known = advisories(&built);
    assert_eq!(ids(&known, Ecosystem::Npm, "x", "1.0.0"), ["GHSA-a", "GHSA-b"]);
    assert_eq!(ids(&known, Ecosystem::PyPi, "Y", "1.0"), ["PYSEC-1"]);
    assert_eq!(ids(&known, Ecosystem::CratesIo, "z", "0.9.0"), ["RUSTSEC-2024-0001"]);
    assert_eq!(ids(&known, Ecosystem::CratesIo, "std", "0.9.0"), Vec::<String>::new());
}

#[test]
fn an_archive_of_rustsec_is_read_with_its_commit() {
    let root = folder("archive");
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let commit = "52 comment=0123456789abcdef0123456789abcdef01234567\n";
    let mut add = |name: &str, kind: tar::EntryType, text: &str| {
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(kind);
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, name, text.as_bytes()).unwrap();
    };
    add("pax_global_header", tar::EntryType::XGlobalHeader, commit);
    let advisory = rustsec("RUSTSEC-2024-0001", "z", ">= 1.0.0");
    add("advisory-db-main/crates/z/RUSTSEC-2024-0001.md", tar::EntryType::Regular, &advisory);
    let path = root.join("db.tar.gz");
    write(&path, archive.into_inner().unwrap().finish().unwrap());
    let inputs = Inputs { rustsec: vec![path], ..Inputs::default() };
    let built = build(&inputs, Texts::Leave, &Stamp::default()).unwrap();
    assert_eq!(built.meta.sources[0].commit.as_deref(), Some("0123456789abcdef0123456789abcdef01234567"));
    assert_eq!(ids(&advisories(&built), Ecosystem::CratesIo, "z", "0.9.0"), ["RUSTSEC-2024-0001"]);
}

/// A file of the index, or of what Cargo keeps of it: versions, `!` in front of those that were withdrawn.
fn indexed(name: &str, versions: &str, head: &[u8], around: u8) -> Vec<u8> {
    let mut file = head.to_vec();
    for version in versions.split(' ') {
        let (version, yanked) = version.strip_prefix('!').map_or((version, false), |version| (version, true));
        if around == 0 {
            file.extend(version.bytes().chain([0]));
        }
        let line = format!(
            r#"{{"name":"{name}","vers":"{version}","deps":[{{"name":"yanked","req":"^1"}}],"features":{{"yanked":[]}},"yanked":{yanked}}}"#
        );
        file.extend(line.bytes().chain([around]));
    }
    file
}

#[test]
fn yanked_versions_are_known_by_either_form_of_the_index() {
    let root = folder("yanked");
    let config = r#"{"dl":"https://static.crates.io/crates","api":"https://crates.io"}"#;
    let git = root.join("git");
    write(&git.join("config.json"), config);
    write(&git.join("to/ki/tokio"), indexed("tokio", "1.0.0 !1.0.1 1.1.0", b"", b'\n'));
    write(&git.join("3/l/log"), indexed("log", "!0.1.0", b"", b'\n'));
    write(&git.join("2/ab"), indexed("Ab", "!1.0.0", b"", b'\n'));
    write(&git.join("1/a"), "{\"name\":\"a\",\"vers\":\"1.0.0\",\"yanked\": true");
    write(&git.join("README"), "\"yanked\":true");
    let cargo = root.join("registry/index");
    fs::create_dir_all(root.join("empty")).unwrap();
    let kept = b"\x03\x02\0\0\0etag: \"x\"\0";
    write(&cargo.join("index.crates.io-0011/config.json"), config);
    write(&cargo.join("index.crates.io-0011/.cache/to/ki/tokio"), indexed("tokio", "1.0.0 !1.0.1 !1.2.0", kept, 0));
    write(&cargo.join("house.example-0011/.cache/to/ki/tokio"), indexed("tokio", "!1.1.0", kept, 0));
    let inputs = Inputs { crates_index: vec![git, root.join("registry")], ..Inputs::default() };
    let built = build(&inputs, Texts::Keep, &Stamp::default()).unwrap();
    let [fault] = built.faults.as_slice() else { panic!("{:?}", built.faults) };
    assert!(fault.to_string().replace('\\', "/").contains("git/1/a: EOF"), "{fault}");
    let sources: Vec<(u64, u64)> = built.meta.sources.iter().map(|it| (it.records, it.yanked)).collect();
    assert_eq!(sources, [(0, 3), (0, 2)]);

    let known = Advisories::embedded().unwrap().with(Database::of_bytes("test", built.bytes).unwrap());
    for (name, version, expected) in [
        ("tokio", "1.0.0", &[][..]),
        ("tokio", "1.0.1", &["yanked"]),
        ("tokio", "1.1.0", &[]),
        ("tokio", "1.2.0", &["yanked"]),
        ("log", "0.1.0", &["yanked"]),
        ("Ab", "1.0.0", &["yanked"]),
    ] {
        let matches = known.matches_of(Ecosystem::CratesIo, name, version).unwrap();
        let yanked: Vec<&str> = matches.iter().filter(|it| it.kind == Kind::Yanked).map(Match::id).collect();
        assert_eq!(yanked, expected, "{name} {version}");
    }
    // What was withdrawn says nothing of defects: what is built in still does.
    assert!(
        known
            .matches_of(Ecosystem::CratesIo, "time", "0.1.42")
            .unwrap()
            .iter()
            .any(|it| it.id() == "RUSTSEC-2020-0071")
    );

    let other = root.join("other");
    write(&other.join("config.json"), r#"{"dl":"https://house.example/dl"}"#);
    for (folder, said) in [("other", "another registry"), ("empty", "no index of crates.io"), ("gone", "cannot read")] {
        let inputs = Inputs { crates_index: vec![root.join(folder)], ..Inputs::default() };
        let error = build(&inputs, Texts::Keep, &Stamp::default()).unwrap_err();
        assert!(error.to_string().contains(said), "{folder}: {error}");
    }
}

#[test]
fn of_one_record_in_two_sources_the_younger_counts() {
    let root = folder("younger");
    let at = |name: &str, fixed: &str, year: u32| {
        let more = format!(r#""modified": "{year}-01-01T00:00:00Z","#);
        write(&root.join(name), osv("GHSA-a", "npm", "x", fixed, &more));
        root.join(name)
    };
    let (old, new) = (at("old.json", "1.0.0", 2023), at("new.json", "2.0.0", 2024));
    for osv in [vec![old.clone(), new.clone()], vec![new, old]] {
        let built = build(&Inputs { osv, ..Inputs::default() }, Texts::Keep, &Stamp::default()).unwrap();
        let known = advisories(&built);
        assert_eq!(ids(&known, Ecosystem::Npm, "x", "1.5.0"), ["GHSA-a"]);
    }
}

#[test]
fn what_is_withdrawn_or_names_no_known_ecosystem_is_left_out_and_counted() {
    let root = folder("left-out");
    write(&root.join("a.json"), osv("GHSA-a", "npm", "x", "2.0.0", r#""withdrawn": "2024-01-01T00:00:00Z","#));
    write(&root.join("b.json"), osv("DSA-1", "Debian:12", "x", "2.0.0", ""));
    write(&root.join("c.json"), osv("GHSA-c", "Maven:https://example.com/repo", "g:a", "2.0", ""));
    let built = build(&Inputs { osv: vec![root], ..Inputs::default() }, Texts::Keep, &Stamp::default()).unwrap();
    assert_eq!((built.withdrawn, built.foreign), (1, 1));
    let known = advisories(&built);
    assert_eq!(ids(&known, Ecosystem::Npm, "x", "1.0.0"), Vec::<String>::new());
    assert_eq!(ids(&known, Ecosystem::Maven, "g:a", "1.0"), ["GHSA-c"]);
}

#[test]
fn scores_of_exploits_come_by_any_alias() {
    let root = folder("exploits");
    write(&root.join("osv/a.json"), osv("GHSA-a", "npm", "x", "2.0.0", r#""aliases": ["CVE-2024-1", "CVE-2024-2"],"#));
    write(&root.join("osv/b.json"), osv("GHSA-b", "npm", "y", "2.0.0", r#""aliases": ["CVE-2024-3"],"#));
    let csv = "#model_version:v2025.03.14,score_date:2026-01-01T00:00:00Z\ncve,epss,percentile\nCVE-2024-1,0.25,0.9\n\
               CVE-2024-2,0.75,0.99\nCVE-2024-4,nothing,0\n";
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(csv.as_bytes()).unwrap();
    write(&root.join("epss.csv.gz"), packed.finish().unwrap());
    write(&root.join("epss.csv"), csv);
    write(&root.join("kev.json"), r#"{"title": "T", "vulnerabilities": [{"cveID": "CVE-2024-1", "product": "P"}]}"#);
    for epss in ["epss.csv.gz", "epss.csv"] {
        let inputs = Inputs {
            osv: vec![root.join("osv")],
            epss: Some(root.join(epss)),
            exploited: Some(root.join("kev.json")),
            ..Inputs::default()
        };
        let built = build(&inputs, Texts::Leave, &Stamp::default()).unwrap();
        let known = advisories(&built);
        let of = |name| {
            let matches = known.matches_of(Ecosystem::Npm, name, "1.0.0").unwrap();
            (matches[0].epss, matches[0].exploited)
        };
        assert_eq!((of("x"), of("y")), ((Some(0.75), true), (None, false)));
    }
}

#[test]
fn sources_that_are_none_are_errors() {
    let root = folder("none");
    write(&root.join("empty/readme.md"), "nothing");
    write(&root.join("not.zip"), "not a zip file");
    write(&root.join("list.txt"), "");
    write(&root.join("kev.json"), "[]");
    write(&root.join("a.json"), osv("GHSA-a", "npm", "x", "2.0.0", ""));
    let osv = |name: &str| Inputs { osv: vec![root.join(name)], ..Inputs::default() };
    let rustsec = |name: &str| Inputs { rustsec: vec![root.join(name)], ..Inputs::default() };
    for (inputs, expected) in [
        (osv("missing"), "cannot read"),
        (osv("missing.json"), "cannot read"),
        (osv("empty"), "there are no advisories in it"),
        (osv("not.zip"), "cannot read"),
        (osv("list.txt"), "neither a folder"),
        (rustsec("empty"), "there are no advisories in it"),
        (rustsec("missing.tar.gz"), "cannot read"),
        (rustsec("not.zip"), "cannot read"),
        (Inputs { epss: Some(root.join("list.txt")), ..osv("a.json") }, "no line has a CVE"),
        (Inputs { exploited: Some(root.join("kev.json")), ..osv("a.json") }, "kev.json: "),
    ] {
        let error: Error = build(&inputs, Texts::Keep, &Stamp::default()).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}
