//! Bundles of OPA: an archive or a folder of policies with their data and a manifest.
//!
//! Nothing is unpacked to disk: an archive is read entry by entry into memory, within limits. `.rego` files are policies,
//! `data.json` and `data.yaml` are documents at the path of their folder. Signatures are not checked and WebAssembly is not
//! run; both are said. Who wrote a bundle is not known here: that is what a digest is for.

mod roots;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Read;
use std::sync::Arc;

use flate2::read::MultiGzDecoder;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use tar::{Archive, EntryType};

use crate::documents::{Conflict, Documents, document};
use crate::module::{Module, RegoVersion};
use crate::value::{Value, View};
pub use roots::Roots;
use roots::is_below;

/// What a bundle holds.
#[derive(Debug)]
pub struct Bundle {
    /// Its policies; tests are left out.
    pub modules: Vec<Module>,
    /// Its data documents as one object.
    pub data: Value,
    /// What is its alone.
    pub roots: Roots,
    /// What of it is not used, and why.
    pub notes: Vec<String>,
}

/// Why nothing of a bundle is loaded.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// It is no archive, or a broken one.
    #[error("it is no gzipped tar archive: {0}")]
    Archive(String),
    /// An entry would lie outside of the bundle.
    #[error("the entry `{0}` leads out of the bundle")]
    Outside(String),
    /// An entry is no file and no folder.
    #[error("the entry `{0}` is {1}: a bundle holds files and folders")]
    Kind(String, &'static str),
    /// Two entries have one path.
    #[error("two entries are called `{0}`")]
    Twice(String),
    /// A limit is exceeded.
    #[error("it holds more than {0}")]
    Limit(&'static str),
    /// A file cannot be read.
    #[error("{0}: {1}")]
    File(String, String),
    /// A data document gives a value to what has one.
    #[error("{0}: {1}")]
    Data(String, Conflict),
    /// Something stands where the manifest says that nothing does.
    #[error("{0}: `{1}` is below none of the roots that the manifest names")]
    Root(String, String),
}

/// Files in one bundle.
const ENTRIES: usize = 10_000;
/// Bytes that an archive may become: hundreds of times what policies have, and little enough to be held.
const UNPACKED: u64 = 64 << 20;
/// Folders in folders.
const DEPTH: usize = 32;

impl Bundle {
    /// Reads a `.tar.gz`. `name` is how people know the archive: the paths of its policies begin with it.
    pub fn of_archive(name: &str, bytes: &[u8]) -> Result<Self, BundleError> {
        Self::of_files(name, &unpacked(bytes)?)
    }

    /// Reads the files of a folder, each with its path below it.
    pub fn of_files(name: &str, files: &BTreeMap<String, Vec<u8>>) -> Result<Self, BundleError> {
        let manifest = match files.get(".manifest") {
            Some(bytes) => Manifest::read(bytes)?,
            None => Manifest::default(),
        };
        let mut modules = Vec::new();
        let mut packages = Vec::new();
        let mut documents = Documents::default();
        let mut wasm = 0_usize;
        for (path, bytes) in files {
            let file_name = path.rsplit('/').next().unwrap_or(path);
            let is_wasm = std::path::Path::new(path).extension().is_some_and(|it| it == "wasm");
            wasm = wasm.saturating_add(usize::from(is_wasm));
            if file_name.ends_with(".rego") && !file_name.ends_with("_test.rego") {
                let text = text(path, bytes)?;
                let package = package(&text);
                manifest.check_package(path, package.as_deref())?;
                packages.extend(package);
                let version = manifest.version(path);
                modules.push(Module { version, ..Module::new(format!("{name}/{path}"), text) });
            } else if matches!(file_name, "data.json" | "data.yaml" | "data.yml") {
                let read = document(path, &Arc::from(text(path, bytes)?));
                let read = read.map_err(|reason| BundleError::File(path.clone(), reason))?;
                let document = read.unwrap_or(Value::NULL);
                let mut folders: Vec<&str> = path.split('/').collect();
                folders.pop();
                manifest.check_data(path, &folders, &document)?;
                documents.add(&folders, document).map_err(|conflict| BundleError::Data(path.clone(), conflict))?;
            }
        }
        let mut notes = Vec::new();
        if files.contains_key(".signatures.json") {
            notes.push("its signatures are not checked: pin it by a digest in the configuration".to_owned());
        }
        if wasm > 0 {
            notes.push("its WebAssembly is not run: its policies in Rego are".to_owned());
        }
        if modules.is_empty() {
            notes.push("it holds no policy".to_owned());
        }
        let data = documents.into_value();
        let roots = Roots::new(manifest.roots, packages, data.clone());
        Ok(Self { modules, data, roots, notes })
    }
}

/// `sha256:…` of an archive.
pub fn digest(bytes: &[u8]) -> String {
    written(Sha256::digest(bytes).as_slice())
}

/// `sha256:…` of a folder: over the paths of its files below it in order, each with a zero byte, the length as eight bytes,
/// the low one first, and the content.
pub fn digest_of_files(files: &BTreeMap<String, Vec<u8>>) -> String {
    let mut hash = Sha256::new();
    for (path, bytes) in files {
        hash.update(path.as_bytes());
        hash.update([0_u8]);
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    }
    written(hash.finalize().as_slice())
}

fn written(hash: &[u8]) -> String {
    let mut text = "sha256:".to_owned();
    for byte in hash {
        // Writing to a string cannot fail.
        _ = write!(text, "{byte:02x}");
    }
    text
}

/// The files of an archive by their paths.
fn unpacked(bytes: &[u8]) -> Result<BTreeMap<String, Vec<u8>>, BundleError> {
    let broken = |error: std::io::Error| BundleError::Archive(error.to_string());
    let mut unpacked = Bounded { inner: MultiGzDecoder::new(bytes), left: UNPACKED };
    let mut files = BTreeMap::new();
    let read = read_entries(&mut Archive::new(&mut unpacked), &mut files);
    // What the archive's reader makes of the end of what it may have is no use to anybody.
    if unpacked.left == 0 {
        return Err(BundleError::Limit("64 MiB unpacked"));
    }
    read.map_err(|error| match error {
        Unread::Archive(error) => broken(error),
        Unread::Entry(error) => error,
    })?;
    Ok(files)
}

enum Unread {
    Archive(std::io::Error),
    Entry(BundleError),
}

impl From<std::io::Error> for Unread {
    fn from(error: std::io::Error) -> Self {
        Self::Archive(error)
    }
}

impl From<BundleError> for Unread {
    fn from(error: BundleError) -> Self {
        Self::Entry(error)
    }
}

fn read_entries<R: Read>(archive: &mut Archive<R>, files: &mut BTreeMap<String, Vec<u8>>) -> Result<(), Unread> {
    let mut entries = 0_usize;
    let mut folders = BTreeSet::new();
    for entry in archive.entries()? {
        let mut entry = entry?;
        entries = entries.saturating_add(1);
        if entries > ENTRIES {
            return Err(BundleError::Limit("10,000 entries").into());
        }
        let shown = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let kind = entry.header().entry_type();
        // Who made it and when, for all entries that follow.
        if kind == EntryType::XGlobalHeader {
            continue;
        }
        let path = inside(&shown)?;
        match kind {
            EntryType::Regular | EntryType::Continuous => {}
            EntryType::Directory => {
                folders.insert(path);
                continue;
            }
            other => return Err(BundleError::Kind(shown, called(other)).into()),
        }
        let mut content = Vec::new();
        entry.read_to_end(&mut content)?;
        if path.is_empty() || folders.contains(&path) || files.insert(path, content).is_some() {
            return Err(BundleError::Twice(shown).into());
        }
    }
    Ok(())
}

/// The path of an entry below the root of the bundle. `opa build` writes that root as `/`, tar as `./`.
fn inside(path: &str) -> Result<String, BundleError> {
    let outside = || BundleError::Outside(path.to_owned());
    let below = path.strip_prefix("./").or_else(|| path.strip_prefix('/')).unwrap_or(path);
    let below = below.strip_suffix('/').unwrap_or(below);
    if below.is_empty() || below == "." {
        return Ok(String::new());
    }
    let is_odd = |part: &str| matches!(part, "" | "." | "..");
    let has_odd = |letter: char| letter.is_control() || matches!(letter, '\\' | ':' | '\u{fffd}');
    if below.split('/').any(is_odd) || below.contains(has_odd) {
        return Err(outside());
    }
    if below.split('/').count() > DEPTH {
        return Err(BundleError::Limit("32 folders in folders"));
    }
    Ok(below.to_owned())
}

fn called(kind: EntryType) -> &'static str {
    match kind {
        EntryType::Symlink | EntryType::Link => "a link",
        EntryType::Char | EntryType::Block => "a device",
        EntryType::Fifo => "a pipe",
        _ => "something else",
    }
}

/// A reader that ends where more would be too much.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.inner.read(buffer.get_mut(..most).unwrap_or_default())?;
        self.left = self.left.saturating_sub(read as u64);
        Ok(read)
    }
}

fn text(path: &str, bytes: &[u8]) -> Result<String, BundleError> {
    let text = std::str::from_utf8(bytes).map(str::to_owned);
    text.map_err(|_| BundleError::File(path.to_owned(), "it is not UTF-8".to_owned()))
}

/// `acme/policies`. The clause is found by its word: what no parser has seen yet may be broken, and then says so itself.
fn package(text: &str) -> Option<String> {
    let clause = text.lines().find_map(|line| line.trim().strip_prefix("package "))?;
    Some(clause.split(['#', ';']).next().unwrap_or_default().trim().replace('.', "/"))
}

/// `.manifest`.
#[derive(Debug, Default)]
struct Manifest {
    /// The paths below `data` that the bundle owns; empty: all.
    roots: Vec<String>,
    version: RegoVersion,
    /// By path.
    versions: BTreeMap<String, RegoVersion>,
}

impl Manifest {
    fn read(bytes: &[u8]) -> Result<Self, BundleError> {
        let wrong = |what: String| BundleError::File(".manifest".to_owned(), what);
        let json: Json = serde_json::from_slice(bytes).map_err(|error| wrong(error.to_string()))?;
        let Json::Object(entries) = json else { return Err(wrong("it is no object".to_owned())) };
        let version = |value: &Json| match value.as_u64() {
            Some(0) => Ok(RegoVersion::V0),
            Some(1) => Ok(RegoVersion::V1),
            _ => Err(wrong(format!("`{value}` is no version of Rego: 0 and 1 are"))),
        };
        let mut manifest = Self::default();
        match entries.get("roots") {
            None | Some(Json::Null) => {}
            Some(Json::Array(roots)) => {
                for root in roots {
                    let root = root.as_str().ok_or_else(|| wrong("`roots` is a list of texts".to_owned()))?;
                    manifest.roots.push(root.trim_matches('/').to_owned());
                }
            }
            Some(_) => return Err(wrong("`roots` is a list of texts".to_owned())),
        }
        if let Some(value) = entries.get("rego_version") {
            manifest.version = version(value)?;
        }
        if let Some(Json::Object(files)) = entries.get("file_rego_versions") {
            for (path, value) in files {
                manifest.versions.insert(path.trim_start_matches('/').to_owned(), version(value)?);
            }
        }
        Ok(manifest)
    }

    fn version(&self, path: &str) -> RegoVersion {
        self.versions.get(path).copied().unwrap_or(self.version)
    }

    fn owns(&self, path: &str) -> bool {
        self.roots.is_empty() || self.roots.iter().any(|root| is_below(path, root))
    }

    fn check_package(&self, path: &str, package: Option<&str>) -> Result<(), BundleError> {
        match package {
            Some(package) if !self.owns(package) => Err(BundleError::Root(path.to_owned(), package.to_owned())),
            _ => Ok(()),
        }
    }

    /// A document holds what is below the roots, or the way to it.
    fn check_data(&self, path: &str, folders: &[&str], document: &Value) -> Result<(), BundleError> {
        let at = folders.join("/");
        if self.owns(&at) {
            return Ok(());
        }
        let is_way = |below: &str| {
            self.roots.iter().any(|root| root.strip_prefix(below).is_some_and(|rest| rest.starts_with('/')))
        };
        // The depth is bounded by the roots: beyond their ways, nothing is looked at.
        let mut open = vec![(at, document.clone())];
        while let Some((at, value)) = open.pop() {
            for (key, value) in value.entries() {
                let key = key.as_str().unwrap_or_default().to_owned();
                let below = if at.is_empty() { key } else { format!("{at}/{key}") };
                if self.owns(&below) {
                    continue;
                }
                if !is_way(&below) || value.view() != View::Object {
                    return Err(BundleError::Root(path.to_owned(), below));
                }
                open.push((below, value));
            }
        }
        Ok(())
    }
}
