//! Files and archives of them, read with limits: what is unpacked may be any number of times as large.

use std::borrow::Cow;
use std::fs;
use std::io::{self, Cursor, Read};
use std::path::Path;
use std::sync::Arc;

use flate2::read::MultiGzDecoder;
use rayon::prelude::*;
use zip::ZipArchive;

use crate::Error;

/// The most bytes that one record may have. The largest known have a few hundred kilobytes.
const RECORD: u64 = 16 * 1024 * 1024;

/// The most bytes that an archive without a table of contents may unpack to.
const UNPACKED: u64 = 4 * 1024 * 1024 * 1024;

/// A file inside an archive or folder.
pub(super) struct Member {
    /// Where it is: for messages.
    pub(super) name: String,
    /// Its bytes, or why there are none.
    pub(super) bytes: Result<Vec<u8>, String>,
}

pub(super) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })
}

/// The bytes themselves, or what gzip packed in them.
pub(super) fn unpacked(path: &Path, bytes: Vec<u8>) -> Result<Vec<u8>, Error> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(bytes);
    }
    limited(MultiGzDecoder::new(bytes.as_slice()), UNPACKED)
        .map_err(|source| Error::Read { path: path.to_owned(), source })
}

/// What becomes of each `.json` file of a zip file, in its order.
pub(super) fn of_zip<T: Send>(path: &Path, each: impl Fn(Member) -> T + Sync) -> Result<Vec<T>, Error> {
    let failed = |error: zip::result::ZipError| Error::Read { path: path.to_owned(), source: io::Error::other(error) };
    let archive = ZipArchive::new(Cursor::new(Arc::<[u8]>::from(read(path)?))).map_err(failed)?;
    let of_member = |archive: &mut ZipArchive<Cursor<Arc<[u8]>>>, index| {
        let mut file = match archive.by_index(index) {
            Ok(file) => file,
            Err(error) => {
                let name = format!("{}, file {}", path.display(), index + 1);
                return Some(each(Member { name, bytes: Err(error.to_string()) }));
            }
        };
        let inside = file.name().map_or_else(|_| format!("file {}", index + 1), Cow::into_owned);
        if !file.is_file() || !inside.ends_with(".json") {
            return None;
        }
        let name = format!("{}: {inside}", path.display());
        let bytes = limited(&mut file, RECORD).map_err(|error| error.to_string());
        Some(each(Member { name, bytes }))
    };
    let all: Vec<Option<T>> = (0..archive.len()).into_par_iter().map_init(|| archive.clone(), of_member).collect();
    Ok(all.into_iter().flatten().collect())
}

/// Every file of a tar file whose path is wanted, and the commit that the archive was made of, where it says so.
pub(super) fn of_tar(path: &Path, wanted: impl Fn(&Path) -> bool) -> Result<(Vec<Member>, Option<String>), Error> {
    let bytes = unpacked(path, read(path)?)?;
    let failed = |source| Error::Read { path: path.to_owned(), source };
    let mut archive = tar::Archive::new(bytes.as_slice());
    let (mut members, mut commit) = (Vec::new(), None);
    for entry in archive.entries().map_err(failed)? {
        let mut entry = entry.map_err(failed)?;
        if entry.header().entry_type().is_pax_global_extensions() {
            let header = limited(&mut entry, RECORD).map_err(failed)?;
            commit = commit.or_else(|| comment(&String::from_utf8_lossy(&header)));
            continue;
        }
        let Ok(inside) = entry.path().map(Cow::into_owned) else { continue };
        if entry.header().entry_type().is_file() && wanted(&inside) {
            let bytes = limited(&mut entry, RECORD).map_err(|error| error.to_string());
            members.push(Member { name: format!("{}: {}", path.display(), inside.display()), bytes });
        }
    }
    Ok((members, commit))
}

/// A file of a folder.
pub(super) fn of_file(path: &Path) -> Member {
    let open = || limited(fs::File::open(path)?, RECORD);
    Member { name: path.display().to_string(), bytes: open().map_err(|error| error.to_string()) }
}

/// The commit that `git archive` writes into the header of its tar files.
fn comment(header: &str) -> Option<String> {
    let (_, rest) = header.split_once(" comment=")?;
    let commit = rest.lines().next()?;
    (commit.len() >= 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| commit.to_owned())
}

fn limited(reader: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::other(format!("it has more than {limit} bytes")));
    }
    Ok(bytes)
}
