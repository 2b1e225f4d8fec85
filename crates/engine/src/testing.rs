//! Tests of policies: which files hold policies and data, and the run itself.
//!
//! Below the named folders every `.rego` file is a policy, and every JSON and YAML file a data document at the path of its
//! folder, as OPA loads them. What git ignores, hidden files and folders of dependencies are left out. Kubernetes objects are
//! what policies judge, and no data. Suites of Gatekeeper are run whatever they are called.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ignore::WalkBuilder;
use ignore::overrides::{Override, OverrideBuilder};
use portcullis_core::{Files, TestCase, TestReport};
use portcullis_policy::testing::{PackageRun, Tests};
use portcullis_policy::{Counting, Documents, Evaluation, Fault, Module, Options, Value, document};
use rayon::prelude::*;
use regex::Regex;

use crate::config::DEFAULT_EXCLUDES;
use crate::files::{FILE_LIMIT, Worktree};
use crate::judge::reason;
use crate::scan::{EngineError, available_threads, worker_pool};
use crate::{files, paths, suites};

/// What is tested.
#[derive(Clone, Debug)]
pub struct TestOptions {
    /// The working directory, absolute.
    pub cwd: PathBuf,
    /// Files and folders.
    pub paths: Vec<PathBuf>,
    /// Globs, as in `.gitignore`, of what is left out of folders.
    pub ignore: Vec<String>,
    /// A regular expression that is looked for in the names of tests; all tests where there is none.
    pub only: Option<String>,
    /// Whether the lines that were evaluated are counted.
    pub coverage: Counting,
    /// Who evaluates.
    pub evaluation: Evaluation,
    /// Threads; 0: one for each core.
    pub threads: usize,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Tested {
    /// The tests of all that could be loaded.
    pub report: TestReport,
    /// What could not, each with its place. Where there is one, the job was not done.
    pub faults: Vec<String>,
}

/// Why nothing was tested.
#[derive(Debug, thiserror::Error)]
pub enum TestError {
    /// A pattern cannot be read.
    #[error("`{pattern}` is no pattern: {reason}")]
    Pattern {
        /// As it was given.
        pattern: String,
        /// Why.
        reason: String,
    },
    /// There are no threads.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// Loads what lies at the paths, and runs the tests.
pub fn test(options: &TestOptions) -> Result<Tested, TestError> {
    let only = options.only.as_deref().map(|only| {
        let reason = |error: regex::Error| error.to_string();
        Regex::new(only).map_err(|error| TestError::Pattern { pattern: only.to_owned(), reason: reason(error) })
    });
    let only = only.transpose()?;
    let mut gathered = gather(options)?;
    let suites = gathered.suites(options)?;
    let (modules, data) = gathered.read(&options.cwd);
    let policy = Options { coverage: options.coverage, evaluation: options.evaluation, ..Options::default() };
    let (mut tests, found) = Tests::compile(&modules, &data, &policy);
    let mut faults = gathered.faults;
    faults.extend(found.iter().map(Fault::to_string));
    if let Some(only) = &only {
        tests.keep(only);
    }
    let packages = tests.packages();
    let threads = if options.threads == 0 { available_threads() } else { options.threads };
    let of_suites = Options { evaluation: options.evaluation, ..Options::default() };
    let run = || -> (Vec<PackageRun>, Vec<TestCase>) {
        let runs = packages.par_iter().map(|package| tests.run(package)).collect();
        (runs, suites.par_iter().flat_map_iter(|suite| suite.run(&of_suites)).collect())
    };
    let (runs, cases) = if let Some(pool) = worker_pool(threads, packages.len().saturating_add(suites.len()))? {
        pool.install(run)
    } else {
        let runs = packages.iter().map(|package| tests.run(package)).collect();
        (runs, suites.iter().flat_map(|suite| suite.run(&of_suites)).collect())
    };
    let covered: Option<fn(&str) -> bool> = (options.coverage == Counting::On).then_some(is_policy);
    let mut report = tests.report(runs, covered);
    report.cases.extend(cases);
    report.cases.sort_by(|a, b| (&a.path, a.line).cmp(&(&b.path, b.line)));
    Ok(Tested { report, faults })
}

/// Whether a file's lines are to be covered: those of tests are what covers.
fn is_policy(path: &str) -> bool {
    !path.ends_with("_test.rego")
}

/// The files below the paths.
#[derive(Debug, Default)]
struct Gathered {
    /// As shown, sorted.
    policies: Vec<String>,
    /// Each with the folders that it stands in, below the one that was named.
    data: Vec<(String, Vec<String>)>,
    faults: Vec<String>,
}

fn gather(options: &TestOptions) -> Result<Gathered, TestError> {
    let mut gathered = Gathered::default();
    for named in &options.paths {
        let full = paths::absolute(&options.cwd, named);
        let shown = paths::relative(&options.cwd, &full);
        match std::fs::metadata(&full) {
            Err(error) => gathered.faults.push(format!("{}: {}", named.display(), files::reason(&error))),
            Ok(metadata) if metadata.is_dir() => gathered.walk(&options.cwd, &full, &left_out(&full, &options.ignore)?),
            Ok(_) if is_rego(&shown) => gathered.policies.push(shown),
            Ok(_) if is_data(&shown) => gathered.data.push((shown, Vec::new())),
            Ok(_) => gathered.faults.push(format!("{shown}: it is neither a policy (.rego) nor data (.json, .yaml)")),
        }
    }
    gathered.policies.sort_unstable();
    gathered.policies.dedup();
    gathered.data.sort_unstable();
    gathered.data.dedup_by(|(b, _), (a, _)| a == b);
    Ok(gathered)
}

fn left_out(folder: &Path, globs: &[String]) -> Result<Override, TestError> {
    let mut builder = OverrideBuilder::new(folder);
    for glob in globs {
        let reason = |error: ignore::Error| error.to_string();
        let added = builder.add(&format!("!{glob}"));
        added.map_err(|error| TestError::Pattern { pattern: glob.clone(), reason: reason(error) })?;
    }
    builder.build().map_err(|error| TestError::Pattern { pattern: globs.join(" "), reason: error.to_string() })
}

fn is_rego(path: &str) -> bool {
    path.ends_with(".rego")
}

fn is_data(path: &str) -> bool {
    [".json", ".yaml", ".yml"].iter().any(|extension| path.ends_with(extension))
}

impl Gathered {
    fn walk(&mut self, cwd: &Path, folder: &Path, left_out: &Override) {
        let walk = WalkBuilder::new(folder)
            .ignore(false)
            .git_global(false)
            .git_exclude(false)
            .require_git(false)
            .parents(paths::repository_root(folder).is_some())
            .follow_links(false)
            .overrides(left_out.clone())
            .filter_entry(|entry| {
                let is_excluded = || entry.file_name().to_str().is_some_and(|name| DEFAULT_EXCLUDES.contains(&name));
                entry.depth() == 0 || !entry.file_type().is_some_and(|kind| kind.is_dir()) || !is_excluded()
            })
            .build();
        for entry in walk {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    self.faults.push(error.to_string());
                    continue;
                }
            };
            if !entry.file_type().is_some_and(|kind| kind.is_file()) {
                continue;
            }
            let path = paths::relative(cwd, entry.path());
            if is_rego(&path) {
                self.policies.push(path);
            } else if is_data(&path) {
                let below = paths::relative(folder, entry.path());
                let mut folders: Vec<String> = below.split('/').map(str::to_owned).collect();
                folders.pop();
                self.data.push((path, folders));
            }
        }
    }

    /// Gatekeeper's suites among what may be data.
    fn suites(&mut self, options: &TestOptions) -> Result<Vec<suites::Found>, TestError> {
        let filter = options.only.as_deref().map(|only| {
            suites::Filter::read(only).map_err(|reason| TestError::Pattern { pattern: only.to_owned(), reason })
        });
        let filter = filter.transpose()?;
        let mut found = Vec::new();
        for (path, _) in &self.data {
            match suites::find(path, &options.paths, &options.cwd) {
                Ok(suite) => found.extend(suite),
                Err(fault) => self.faults.push(fault),
            }
        }
        if let Some(filter) = &filter {
            for suite in &mut found {
                suite.keep(filter);
            }
            found.retain(|suite| !suite.is_empty());
        }
        Ok(found)
    }

    /// The policies, and the data if there is a policy to read it.
    fn read(&mut self, cwd: &Path) -> (Vec<Module>, Value) {
        let worktree = Worktree::new(cwd.to_owned(), FILE_LIMIT);
        let mut faults = Vec::new();
        let mut text = |path: &str| -> Option<Arc<str>> {
            let text = worktree.read(path).map_err(|error| reason(&error));
            let text = text.and_then(|text| String::from_utf8(text).map_err(|_| "it is not UTF-8".to_owned()));
            text.map(Arc::from).map_err(|reason| faults.push(format!("{path}: {reason}"))).ok()
        };
        let modules: Vec<Module> =
            self.policies.iter().filter_map(|path| Some(Module::new(path.as_str(), text(path)?))).collect();
        let mut documents = Documents::default();
        let data = if modules.is_empty() { &[] } else { self.data.as_slice() };
        let texts: Vec<_> = data.iter().filter_map(|(path, folders)| Some((path, folders, text(path)?))).collect();
        for (path, folders, text) in texts {
            let folders: Vec<&str> = folders.iter().map(String::as_str).collect();
            let added = match document(path, &text) {
                Ok(Some(document)) if !is_object(&document) => {
                    documents.add(&folders, document).map_err(|conflict| conflict.to_string())
                }
                Ok(_) => Ok(()),
                Err(fault) => Err(fault),
            };
            if let Err(fault) = added {
                faults.push(format!("{path}: {fault}\n  help: leave it out with `--ignore` if it is no data"));
            }
        }
        self.faults.append(&mut faults);
        (modules, documents.into_value())
    }
}

/// Whether a document is an object of Kubernetes.
fn is_object(document: &Value) -> bool {
    ["apiVersion", "kind"].iter().all(|key| document.get(key).is_some_and(|value| value != Value::NULL))
}
