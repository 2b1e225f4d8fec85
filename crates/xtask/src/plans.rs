//! Rules of policies asked about documents by their plans and by the interpreter: whether both say the same.
//!
//! Every rule that has a plan is asked about every document as it is, with the others of its file, and as what a constraint
//! sees of it, whatever the rule is for. Any folders will do: checkouts of policies, and of repositories that hold manifests.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, bail};
use portcullis_core::FileId;
use portcullis_policy::{Evaluation, Library, Module, Options, Value};
use portcullis_syntax::{Dialect, yaml};

/// Differences that are told; there are as many as there are documents.
const TOLD: usize = 40;

pub(crate) fn conformance(policies: &str, documents: &str) -> Result<()> {
    let mut modules = Vec::new();
    for path in below(Path::new(policies), &["rego"])? {
        // What is no text is no policy.
        let Ok(text) = fs::read_to_string(&path) else { continue };
        modules.push(Module::new(path.display().to_string(), text));
    }
    let options = Options { evaluation: Evaluation::Checked, ..Options::default() };
    let (library, faults) = Library::compile(&modules, &Value::UNDEFINED, &options);
    let rules = library.packages().iter().flat_map(|package| &package.rules);
    let mut paths: Vec<String> = rules.map(|rule| rule.path.clone()).collect();
    paths.sort();
    paths.dedup();
    let all = paths.len();
    paths.retain(|path| library.is_planned(path));
    println!(
        "{} modules, {} faults at load; {} of {all} rules and functions have plans",
        modules.len(),
        faults.len(),
        paths.len()
    );
    let files = below(Path::new(documents), &["yaml", "yml", "json"])?;
    let (next, asked, told) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new(Vec::new()));
    let values = AtomicUsize::new(0);
    let work = || {
        let mut worker = library.worker();
        while let Some(path) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            let Ok(text) = fs::read_to_string(path).map(Arc::from) else { continue };
            let tree = yaml::parse(FileId::default(), &text, Dialect::Yaml11);
            let documents: Vec<Value> = tree.documents().map(|document| Value::from_node(document.root)).collect();
            let together = Value::array(documents.clone());
            for plain in documents.into_iter().chain([together]) {
                let review = Value::object([("object", plain.clone())]);
                let reviewed = Value::object([("review", review), ("parameters", plain.clone())]);
                for input in [plain, reviewed] {
                    asked.fetch_add(1, Ordering::Relaxed);
                    // One by one: rules that fail at documents that they are not for would part an aggregate each time.
                    for rule in &paths {
                        match worker.rule(rule, &input) {
                            Ok(value) if value.is_empty() && value.as_bool() != Some(true) => {}
                            Ok(_) => _ = values.fetch_add(1, Ordering::Relaxed),
                            Err(fault) if fault.message.contains("its plan gives") => {
                                let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
                                told.push(format!("{}: {fault}", path.display()));
                            }
                            Err(_) => {}
                        }
                    }
                }
            }
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(work);
        work();
    });
    let told = told.into_inner().unwrap_or_else(PoisonError::into_inner);
    told.iter().take(TOLD).for_each(|difference| println!("{difference}"));
    let (asked, values) = (asked.into_inner(), values.into_inner());
    println!("{} files, {asked} inputs, {values} values that hold something, {} differences", files.len(), told.len());
    if told.is_empty() { Ok(()) } else { bail!("plans and the interpreter differ") }
}

fn below(folder: &Path, extensions: &[&str]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        if kind.is_dir() {
            found.extend(below(&path, extensions)?);
        } else if path.extension().and_then(|it| it.to_str()).is_some_and(|it| extensions.contains(&it)) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
