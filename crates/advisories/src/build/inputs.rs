//! The records of files and folders.

use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::Inputs;
use super::archives::{self, Member};
use crate::Error;
use crate::database::SourceInfo;
use crate::record::{Record, osv, rustsec};

/// Everything that was read.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    pub(super) batches: Vec<Batch>,
    /// Records that could not be read.
    pub(super) faults: Vec<Error>,
}

/// The records of one source.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) info: SourceInfo,
    pub(super) records: Vec<Record>,
}

type Parsed = Result<Record, Error>;

/// How deep folders are looked into: checkouts of databases are five levels deep.
const DEPTH: usize = 16;

pub(super) fn load(inputs: &Inputs) -> Result<Loaded, Error> {
    let mut loaded = Loaded::default();
    for path in &inputs.osv {
        load_osv(path, &mut loaded)?;
    }
    for path in &inputs.rustsec {
        let (parsed, commit) = load_rustsec(path)?;
        loaded.add(path, "RustSec", commit, parsed)?;
    }
    Ok(loaded)
}

impl Loaded {
    fn add(&mut self, path: &Path, name: &str, commit: Option<String>, parsed: Vec<Parsed>) -> Result<(), Error> {
        if parsed.is_empty() {
            return Err(Error::Source { path: path.to_owned(), expected: "there are no advisories in it" });
        }
        let mut records = Vec::with_capacity(parsed.len());
        for parsed in parsed {
            match parsed {
                Ok(record) => records.push(record),
                Err(fault) => self.faults.push(fault),
            }
        }
        self.batches
            .push(Batch { info: SourceInfo { name: name.to_owned(), commit, ..SourceInfo::default() }, records });
        Ok(())
    }
}

/// Each zip file is a source, and so is a folder's own JSON files together.
fn load_osv(path: &Path, loaded: &mut Loaded) -> Result<(), Error> {
    let kind = fs::metadata(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    if !kind.is_dir() {
        let parsed = match path.extension().and_then(|it| it.to_str()) {
            Some("zip") => archives::of_zip(path, parse_osv)?,
            Some("json") => {
                vec![parse_osv(Member { name: path.display().to_string(), bytes: Ok(archives::read(path)?) })]
            }
            _ => {
                return Err(Error::Source {
                    path: path.to_owned(),
                    expected: "neither a folder nor a .zip or .json file",
                });
            }
        };
        return loaded.add(path, &osv_name(path), None, parsed);
    }
    let files = files(path, |file| file.extension().is_some_and(|it| it == "json" || it == "zip"))?;
    let (zips, jsons): (Vec<PathBuf>, Vec<PathBuf>) =
        files.into_iter().partition(|file| file.extension().is_some_and(|it| it == "zip"));
    if jsons.is_empty() && zips.is_empty() {
        return Err(Error::Source { path: path.to_owned(), expected: "there are no advisories in it" });
    }
    for zip in zips {
        let parsed = archives::of_zip(&zip, parse_osv)?;
        loaded.add(&zip, &osv_name(&zip), None, parsed)?;
    }
    if !jsons.is_empty() {
        let parsed = jsons.par_iter().map(|file| parse_osv(archives::of_file(file))).collect();
        loaded.add(path, &osv_name(path), head(path), parsed)?;
    }
    Ok(())
}

/// `OSV Go` for `Go/all.zip` and `Go.zip`, as the export names them.
fn osv_name(path: &Path) -> String {
    let stem = path.file_stem().and_then(|it| it.to_str()).unwrap_or_default();
    let folder = path.parent().and_then(Path::file_name).and_then(|it| it.to_str()).unwrap_or_default();
    let name = if stem == "all" { folder } else { stem };
    format!("OSV {name}").trim_end().to_owned()
}

fn load_rustsec(path: &Path) -> Result<(Vec<Parsed>, Option<String>), Error> {
    let (members, commit) = if path.is_dir() {
        let files = files(path, is_rustsec)?;
        (files.par_iter().map(|file| archives::of_file(file)).collect(), head(path))
    } else {
        archives::of_tar(path, is_rustsec)?
    };
    Ok((members.into_par_iter().map(parse_rustsec).collect(), commit))
}

/// `crates/NAME/RUSTSEC-….md`; the folder `rust` beside it is about the toolchain, which no lockfile names.
fn is_rustsec(path: &Path) -> bool {
    let name = path.file_name().and_then(|it| it.to_str()).unwrap_or_default();
    let of_crate = path.components().rev().nth(2).is_some_and(|folder| folder.as_os_str() == "crates");
    of_crate && name.starts_with("RUSTSEC-") && name.ends_with(".md")
}

fn parse_osv(member: Member) -> Parsed {
    let Member { name, bytes } = member;
    bytes.and_then(|bytes| osv::parse(&bytes)).map_err(|reason| Error::Record { name, reason })
}

fn parse_rustsec(member: Member) -> Parsed {
    let Member { name, bytes } = member;
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).map_err(|error| error.to_string()));
    text.and_then(|text| rustsec::parse(&text)).map_err(|reason| Error::Record { name, reason })
}

/// The files of a folder and those below it that are wanted, in the order of their paths; links are not followed.
pub(super) fn files(root: &Path, wanted: impl Fn(&Path) -> bool) -> Result<Vec<PathBuf>, Error> {
    let mut found = Vec::new();
    let mut folders = vec![(root.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        let failed = |source| Error::Read { path: folder.clone(), source };
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let kind = entry.file_type().map_err(failed)?;
            let path = entry.path();
            if kind.is_dir() && depth < DEPTH && entry.file_name() != ".git" {
                folders.push((path, depth + 1));
            } else if kind.is_file() && wanted(&path) {
                found.push(path);
            }
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// The commit that a checkout is at, where its files say so plainly.
pub(super) fn head(root: &Path) -> Option<String> {
    let git = root.join(".git");
    let head = fs::read_to_string(git.join("HEAD")).ok()?;
    let commit = match head.trim().strip_prefix("ref: ") {
        Some(name) => fs::read_to_string(git.join(name)).ok()?,
        None => head,
    };
    let commit = commit.trim();
    (commit.len() >= 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| commit.to_owned())
}
