//! The configuration of another tool as one of ours.
//!
//! Decided by the file's name, else by its keys. What has no equivalent is told with its place, and so is every setting that
//! would hold for more here than it did there: nobody should have to compare the two files. What is given to the other tool
//! on its command line is not known.

mod actionlint;
mod advisories;
mod checkov;
mod detect_secrets;
mod gitleaks;
mod gitleaksignore;
mod hadolint;
mod kube_linter;
mod peer;
mod plan;
mod secrets;
mod tflint;
mod tfsec;
mod trivy;
mod trivy_secret;
mod trivyignore;
mod values;
mod zizmor;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use portcullis_core::{Catalog, FileId, LineIndex};
use portcullis_syntax::{Dialect, Node, yaml};

use self::peer::Kind;
use self::plan::Plan;
use super::ConfigFileError;
use super::file::read_text;

/// What other tools' files come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// A `portcullis.yaml`.
    pub text: String,
    /// What is not in it as it was, in order of file and line.
    pub remarks: Vec<Remark>,
}

/// Something that has no equivalent.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Remark {
    /// Which of the files, from 0.
    pub file: usize,
    /// The file as it was named.
    pub path: String,
    /// From 1.
    pub line: u32,
    /// Without a final dot.
    pub message: String,
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.message)
    }
}

/// Why there is nothing to go by.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It cannot be read.
    #[error(transparent)]
    File(#[from] ConfigFileError),
    /// It is none of the files that are known.
    #[error("{path}: neither its name nor its keys tell whose configuration it is", path = .0.display())]
    Unknown(PathBuf),
    /// It is not what its name says: YAML, HCL, TOML or JSON.
    #[error("{path}:{line}: {message}", path = path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: u32,
        /// What is wrong.
        message: String,
    },
}

/// Reads files of other tools and puts them together: a rule that one of them turns off is off.
pub fn import(paths: &[PathBuf], catalog: &Catalog) -> Result<Imported, ImportError> {
    let files: Vec<(&Path, String)> =
        paths.iter().map(|path| Ok((path.as_path(), read_text(path)?))).collect::<Result<_, ConfigFileError>>()?;
    import_texts(files.iter().map(|(path, text)| (*path, text.as_str())), catalog)
}

/// The same for texts, each with its name.
pub fn import_texts<'a>(
    files: impl IntoIterator<Item = (&'a Path, &'a str)>,
    catalog: &'a Catalog,
) -> Result<Imported, ImportError> {
    let mut plan = Plan::new(catalog);
    for (path, text) in files {
        plan.open(path, text);
        read(path, text, &mut plan)?;
    }
    Ok(plan.finish())
}

fn read(path: &Path, text: &str, plan: &mut Plan<'_>) -> Result<(), ImportError> {
    if gitleaks::is_named(path) {
        return gitleaks::read(path, text, plan);
    }
    if detect_secrets::is_named(path) {
        return detect_secrets::read(path, text, plan);
    }
    if advisories::is_read(path) {
        return advisories::read(path, text, plan);
    }
    let named = Kind::by_name(path);
    if named == Some(Kind::TrivyIgnore) {
        trivyignore::read_lines(text, plan);
        return Ok(());
    }
    if named == Some(Kind::GitleaksIgnore) {
        gitleaksignore::read(text, plan);
        return Ok(());
    }
    if named == Some(Kind::Tflint) {
        return tflint::read(path, text, plan);
    }
    let tree = yaml::parse(FileId(0), &Arc::from(text), Dialect::Yaml12);
    if let Some(error) = tree.errors().first() {
        let line = LineIndex::new(text).line(error.span.start);
        // Of a file that nobody knows, its syntax is not the trouble.
        return Err(match named {
            Some(_) => ImportError::Invalid { path: path.to_owned(), line, message: error.message.clone() },
            None => ImportError::Unknown(path.to_owned()),
        });
    }
    let Some(document) = tree.documents().next() else {
        return named.map(|_| ()).ok_or_else(|| ImportError::Unknown(path.to_owned()));
    };
    let root = document.root;
    let kind = named.or_else(|| Kind::by_keys(root)).ok_or_else(|| ImportError::Unknown(path.to_owned()))?;
    if !root.is_map() && !root.is_null() {
        let line = plan.line(root);
        return Err(ImportError::Invalid { path: path.to_owned(), line, message: "expected a mapping".to_owned() });
    }
    let read: fn(Node<'_>, &mut Plan<'_>) = match kind {
        Kind::Hadolint => hadolint::read,
        Kind::Checkov => checkov::read,
        Kind::Trivy => trivy::read,
        Kind::Tfsec => tfsec::read,
        Kind::TrivySecret => trivy_secret::read,
        // Those that are no YAML are read by now.
        Kind::Tflint | Kind::GitleaksIgnore | Kind::TrivyIgnore | Kind::TrivyIgnoreYaml => trivyignore::read,
        Kind::KubeLinter => kube_linter::read,
        Kind::Zizmor => zizmor::read,
        Kind::Actionlint => actionlint::read,
    };
    read(root, plan);
    Ok(())
}
