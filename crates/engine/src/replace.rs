//! Files that are written all at once: a reader sees the old text or the new one, whatever goes wrong in between.

use std::ffi::OsString;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::files::reason;

/// Puts `after` in the place of `before`, with the file's permissions and owner; of a link, in what it leads to. Says why
/// not, where it is not done.
pub(crate) fn replace_file(path: &Path, before: &str, after: &str) -> Result<(), String> {
    let cannot = |error: io::Error| format!("it cannot be written: {}", reason(&error));
    let real = fs::canonicalize(path).map_err(cannot)?;
    let metadata = fs::metadata(&real).map_err(cannot)?;
    // A file can be replaced by whoever may write its directory; that it is read-only is meant all the same.
    if metadata.permissions().readonly() {
        return Err("it is read-only".to_owned());
    }
    OpenOptions::new().write(true).open(&real).map_err(cannot)?;
    let current = fs::read(&real).map_err(cannot)?;
    if current == after.as_bytes() {
        return Ok(());
    }
    if current != before.as_bytes() {
        return Err("it has changed since it was read".to_owned());
    }
    let (temporary, file) = beside(&real).map_err(cannot)?;
    let written = fill(file, &metadata, after).and_then(|()| fs::rename(&temporary, &real));
    written.map_err(|error| {
        let _ = fs::remove_file(&temporary);
        cannot(error)
    })
}

/// Names that are tried; each process has its own, so that a second one is hardly ever needed.
const ATTEMPTS: u32 = 16;

/// A new file in the same directory, and so on the same file system.
fn beside(path: &Path) -> io::Result<(PathBuf, File)> {
    let mut attempt = 0;
    loop {
        let mut name = OsString::from(".");
        name.push(path.file_name().unwrap_or_default());
        name.push(format!(".portcullis-{}-{attempt}", std::process::id()));
        let temporary = path.with_file_name(name);
        match OpenOptions::new().write(true).create_new(true).open(&temporary) {
            Ok(file) => return Ok((temporary, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && attempt < ATTEMPTS => attempt += 1,
            Err(error) => return Err(error),
        }
    }
}

fn fill(mut file: File, like: &Metadata, text: &str) -> io::Result<()> {
    file.write_all(text.as_bytes())?;
    keep_owner(&file, like)?;
    // After the owner, because changing that takes bits away.
    file.set_permissions(like.permissions())
}

#[cfg(unix)]
fn keep_owner(file: &File, like: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, fchown};
    let own = file.metadata()?;
    if (own.uid(), own.gid()) == (like.uid(), like.gid()) {
        return Ok(());
    }
    fchown(file, Some(like.uid()), Some(like.gid()))
}

#[cfg(not(unix))]
fn keep_owner(_: &File, _: &Metadata) -> io::Result<()> {
    Ok(())
}
