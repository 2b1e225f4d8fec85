//! What the tests of advisories share: real records, where they are at hand.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "only for tests")]
#![allow(dead_code, reason = "each test uses a part")]

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use portcullis_advisories::record::{Record, osv, rustsec};

/// The folder with real records, which is not part of the repository.
pub(crate) fn conformance() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2)?;
    let shared = root.ancestors().skip(1).map(|folder| folder.join("shared/conformance/advisories"));
    let found = shared.into_iter().find(|folder| folder.is_dir());
    if found.is_none() {
        eprintln!("left out: there is no ../shared/conformance/advisories");
    }
    found
}

/// All of its records, read one by one.
pub(crate) fn records(folder: &Path) -> Vec<Record> {
    let mut records = rustsec_records(folder);
    for ecosystem in ["Go", "PyPI"] {
        let zip = File::open(folder.join("osv").join(ecosystem).join("all.zip")).unwrap();
        let mut zip = zip::ZipArchive::new(zip).unwrap();
        for index in 0..zip.len() {
            let mut json = Vec::new();
            zip.by_index(index).unwrap().read_to_end(&mut json).unwrap();
            records.push(osv::parse(&json).unwrap());
        }
    }
    records
}

/// Those of RustSec.
pub(crate) fn rustsec_records(folder: &Path) -> Vec<Record> {
    let advisories = rustsec_files(folder);
    advisories.iter().map(|(_, text)| rustsec::parse(text).unwrap()).collect()
}

/// RustSec's advisories about crates: path and text.
pub(crate) fn rustsec_files(folder: &Path) -> Vec<(PathBuf, String)> {
    let packed = File::open(folder.join("rustsec-advisory-db.tar.gz")).unwrap();
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(packed));
    let mut files = Vec::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().into_owned();
        let is_crate = path.components().any(|folder| folder.as_os_str() == "crates");
        if is_crate && path.extension().is_some_and(|it| it == "md") {
            let mut text = String::new();
            entry.read_to_string(&mut text).unwrap();
            files.push((path, text));
        }
    }
    files
}

/// Numbers that look random and are always the same.
pub(crate) struct Lcg(pub(crate) u64);

impl Lcg {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}
