//! What `--tf-var` and `--tf-var-file` say that fits nothing.
//!
//! A scan may hold many roots, and a value is meant for those that declare its variable: it is wrong where no root takes it.
//! A value is never repeated, for it may be a secret.

use portcullis_core::{FileId, LineIndex, Note, NoteKind, ScanError};
use portcullis_terraform::{Fit, Given, Library, parse};

use crate::judge::Judged;

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// A folder: who declares the variable is in it.
    Folder,
    /// Some files, as a hook names them: who declares the variable may be elsewhere.
    Files,
}

/// How the values fit all roots so far.
#[derive(Default)]
pub(super) struct Fits(Vec<Given>);

impl Fits {
    /// Takes the fits of one more root.
    pub(super) fn add(&mut self, root: Vec<Given>) {
        if self.0.is_empty() {
            self.0 = root;
            return;
        }
        // Every root sees the same values in the same order.
        for (known, one) in self.0.iter_mut().zip(root) {
            match (&known.fit, &one.fit) {
                (Fit::Taken, _) | (_, Fit::Undeclared) | (Fit::Refused(_), Fit::Refused(_)) => {}
                _ => known.fit = one.fit,
            }
        }
    }

    /// Says which values no root takes. Terraform refuses them; where a file says something of a variable that is not
    /// declared, it warns.
    pub(super) fn tell(self, library: &Library, asked: Asked, left: &mut Judged) {
        for Given { name, span, fit } in self.0 {
            let file = span.and_then(|span| {
                let (path, text) = library.text(span.file)?;
                Some((path, LineIndex::new(text).line(span.start)))
            });
            let reason = match (fit, &file) {
                (Fit::Taken, _) => continue,
                (Fit::Undeclared, _) if asked == Asked::Files => continue,
                (Fit::Undeclared, Some((path, line))) => {
                    let message = format!("line {line}: no module that is evaluated by itself declares `{name}`");
                    left.notes.push(Note { path: path.to_string(), kind: NoteKind::Other, message });
                    continue;
                }
                (Fit::Undeclared, None) => "no module that is evaluated by itself declares it".to_owned(),
                (Fit::Refused(wanted), None) => format!("the value does not fit the variable, which is `{wanted}`"),
                (Fit::Refused(wanted), Some((_, line))) => {
                    format!("line {line}: the value does not fit the variable `{name}`, which is `{wanted}`")
                }
            };
            let option = match file {
                Some((path, _)) => format!("--tf-var-file {path}"),
                None => format!("--tf-var {name}"),
            };
            left.errors.push(ScanError::Option { option, reason });
        }
    }
}

/// Why a file of variables cannot be read as one; Terraform stops at the first reason.
pub(crate) fn file_error(path: &str, bytes: &[u8]) -> Option<String> {
    let Ok(text) = std::str::from_utf8(bytes) else { return Some("it is not UTF-8".to_owned()) };
    let file = parse(path, FileId::default(), text);
    let error = file.errors.first()?;
    Some(format!("line {}: {}", LineIndex::new(text).line(error.span.start), error.message))
}
