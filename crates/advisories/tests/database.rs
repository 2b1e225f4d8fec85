//! Database files that are damaged, foreign, too old or too new: a clear error, and never an answer.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a panic is the failure message")]

use portcullis_advisories::build::{Stamp, Texts, build_of};
use portcullis_advisories::database::Database;
use portcullis_advisories::record::osv;
use portcullis_advisories::{Advisories, Error, Fault, Timestamp};
use portcullis_model::packages::Ecosystem;

/// A database of two packages with texts.
fn file() -> Vec<u8> {
    let records = ["left", "right"].map(|name| {
        let json = format!(
            r#"{{"id": "GHSA-{name}", "summary": "S", "details": "{}", "affected": [{{"package": {{"ecosystem": "npm", "name": "{name}"}},
            "ranges": [{{"type": "SEMVER", "events": [{{"introduced": "0"}}, {{"fixed": "2.0.0"}}]}}], "versions": ["3.0.0"]}}]}}"#,
            "text ".repeat(40)
        );
        osv::parse(json.as_bytes()).unwrap()
    });
    let stamp = Stamp { build: 7, built_at: Timestamp(1000), expires_at: Some(Timestamp(2000)) };
    build_of("test", records.to_vec(), Texts::Keep, &stamp).unwrap().bytes
}

fn fault(result: Result<Database, Error>) -> Fault {
    match result {
        Err(Error::Database { fault, .. }) => fault,
        other => panic!("{other:?}"),
    }
}

/// The whole of what a file answers: ids and texts of what is known about both packages.
fn answers(bytes: &[u8]) -> Result<Vec<String>, Error> {
    let advisories = Advisories::empty().with(Database::of_bytes("test", bytes.to_vec())?);
    let mut all = Vec::new();
    for name in ["left", "right"] {
        for version in ["1.0.0", "2.0.0", "3.0.0"] {
            for it in advisories.matches_of(Ecosystem::Npm, name, version)? {
                all.push(format!("{name} {version} {:?} {:?} {:?}", it.ids, it.fixed, it.text()?));
            }
        }
    }
    Ok(all)
}

#[test]
fn every_way_in_which_a_file_is_wrong_has_its_own_error() {
    let good = file();
    let patched = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        bytes
    };
    let longer = [good.as_slice(), b"!"].concat();
    let (length, header) = (good.len() as u64, 308);
    for (bytes, expected) in [
        (Vec::new(), Fault::Foreign),
        (b"PK\x03\x04 is a zip file".to_vec(), Fault::Foreign),
        (good[..20].to_vec(), Fault::Length { expected: header, actual: 20 }),
        (good[..good.len() - 1].to_vec(), Fault::Length { expected: length, actual: length - 1 }),
        (longer, Fault::Length { expected: length, actual: length + 1 }),
        (patched(8, 0), Fault::OlderSchema { found: 0, expected: 2 }),
        (patched(8, 9), Fault::NewerSchema { found: 9, expected: 2 }),
        (patched(12, 8), Fault::Checksum("header")),
        (patched(308, 0xee), Fault::Checksum("list of sources")),
    ] {
        assert_eq!(fault(Database::of_bytes("test", bytes)), expected);
    }
}

#[test]
fn a_file_expires() {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("expires.bin");
    std::fs::write(&path, file()).unwrap();
    let database = Database::open(&path, Timestamp(1999)).unwrap();
    assert_eq!((database.header().build, database.header().built_at), (7, Timestamp(1000)));
    assert_eq!(fault(Database::open(&path, Timestamp(2000))), Fault::Expired { at: Timestamp(2000) });
    let error = Database::open(&path, Timestamp(2000)).unwrap_err().to_string();
    assert!(error.ends_with("expires.bin expired at 1970-01-01T00:33:20Z: update it"), "{error}");
    assert!(matches!(Database::open(&path.join("none"), Timestamp(0)), Err(Error::Read { .. })));
}

#[test]
fn no_byte_of_a_file_changes_an_answer_unnoticed() {
    let good = file();
    let expected = answers(&good).unwrap();
    assert_eq!(expected.len(), 4);
    for at in 0..good.len() {
        for flip in [1, 0x80, 0xff] {
            let mut bytes = good.clone();
            bytes[at] ^= flip;
            assert!(answers(&bytes).is_err(), "byte {at} ^ {flip}");
        }
    }
    for end in 0..good.len() {
        assert!(answers(&good[..end]).is_err(), "the first {end} bytes");
    }
}

#[test]
fn verifying_reads_everything() {
    let good = file();
    Database::of_bytes("test", good.clone()).unwrap().verify().unwrap();
    let mut bytes = good;
    *bytes.last_mut().unwrap() ^= 1;
    // Opening does not read the texts.
    let database = Database::of_bytes("test", bytes).unwrap();
    assert!(matches!(database.verify(), Err(Error::Database { fault: Fault::Checksum("texts"), .. })));
}

#[test]
fn what_is_built_in_is_whole() {
    let advisories = Advisories::embedded().unwrap();
    let embedded = advisories.databases().next().unwrap();
    embedded.verify().unwrap();
    assert!(advisories.covers(Ecosystem::CratesIo) && !advisories.covers(Ecosystem::Npm));
    assert!(embedded.packages().unwrap().len() > 500 && embedded.size() < 400_000);
    let matches = advisories.matches_of(Ecosystem::CratesIo, "chrono", "0.4.19").unwrap();
    assert_eq!(matches.iter().map(portcullis_advisories::Match::id).collect::<Vec<_>>(), ["RUSTSEC-2020-0159"]);
    assert_eq!(matches[0].text().unwrap(), None);
}

#[test]
fn contents_that_lie_are_errors() {
    let meta = [0, 0];
    let lookup = |bucket: &[u8]| {
        let bytes = portcullis_advisories::database::file::around(&meta, bucket, &[]);
        let advisories = Advisories::empty().with(Database::of_bytes("test", bytes).unwrap());
        advisories.matches_of(Ecosystem::Npm, "a", "1").map(|matches| matches.len())
    };
    // An ecosystem, a name, and advisories: none, a count without contents, an unknown kind, a name that is cut off.
    for (bucket, good) in [
        (&b"\x03npm\x01a\x01\x00"[..], true),
        (b"\x03npm\x01a\x01\x05", false),
        (b"\x03npm\x01a\x06\x01\x0f\x00\x00\x00\x00", false),
        (b"\x03npm\x09a", false),
        (b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", false),
    ] {
        assert_eq!(lookup(bucket).is_ok(), good, "{bucket:?}");
    }
}

#[test]
fn the_seeds_of_the_fuzzer_are_whole() {
    let seeds = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/advisories");
    let bytes = std::fs::read(seeds.join("texts.bin")).unwrap();
    let (bucket, block) = bytes.split_at(bytes.iter().position(|&byte| byte == b'\n').unwrap() + 1);
    let bytes = portcullis_advisories::database::file::around(&[0, 0], bucket, block);
    let advisories = Advisories::empty().with(Database::of_bytes("test", bytes).unwrap());
    let matches = advisories.matches_of(Ecosystem::Npm, "a", "1.0.0").unwrap();
    assert_eq!(matches[0].ids, ["GHSA-a", "CVE-1"]);
    assert_eq!((matches[0].epss, matches[0].exploited), (Some(0.5), true));
    assert_eq!(matches[0].text().unwrap().unwrap().summary, "S");
}
