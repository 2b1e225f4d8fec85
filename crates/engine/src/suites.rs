//! Gatekeeper's suites below the paths of a test: found by what they say they are, run as `gator verify` runs them.
//!
//! What a suite refers to may lie anywhere in its repository, else in the working directory, else in the folder that was named;
//! nothing outside of it is read, by whatever link.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use portcullis_core::{FileId, Files, LineIndex, Outcome, TestCase};
use portcullis_policy::Options;
use portcullis_policy::gatekeeper::{Case, CaseResult, Suite, Test, TestResult, Verdict};
use portcullis_syntax::{Dialect, Node, yaml};
use regex::Regex;

use crate::files::{self, FILE_LIMIT, Worktree};
use crate::judge::reason;
use crate::paths;

/// What the version of every suite starts with.
const GROUP: &str = "test.gatekeeper.sh/";

/// A suite and where it is.
pub(crate) struct Found {
    /// As shown.
    path: String,
    /// The folder that it may read.
    root: PathBuf,
    suite: Suite,
    /// The lines of its tests, and of their cases.
    lines: Vec<(u32, Vec<u32>)>,
}

/// Which cases run: patterns for the names of suite, test and case.
#[derive(Debug)]
pub(crate) enum Filter {
    /// Any of the three matches.
    Any(Regex),
    /// Each matches its own.
    Each([Regex; 3]),
}

impl Filter {
    /// `case`, `test//case` or `suite//test//case`.
    pub(crate) fn read(pattern: &str) -> Result<Self, String> {
        let regex = |part: &str| Regex::new(part).map_err(|error| error.to_string());
        let parts: Vec<&str> = pattern.split("//").collect();
        match parts.as_slice() {
            [any] => Ok(Self::Any(regex(any)?)),
            [test, case] => Ok(Self::Each([regex("")?, regex(test)?, regex(case)?])),
            [suite, test, case] => Ok(Self::Each([regex(suite)?, regex(test)?, regex(case)?])),
            _ => Err("it has more than three parts: suite//test//case".to_owned()),
        }
    }

    fn has(&self, names: [&str; 3]) -> bool {
        match self {
            Self::Any(regex) => names.iter().any(|name| regex.is_match(name)),
            Self::Each(regexes) => regexes.iter().zip(names).all(|(regex, name)| regex.is_match(name)),
        }
    }
}

/// The suite of a file, if it holds one.
pub(crate) fn find(path: &str, named: &[PathBuf], cwd: &Path) -> Result<Option<Found>, String> {
    if path.ends_with(".json") {
        return Ok(None);
    }
    let full = paths::absolute(cwd, Path::new(path));
    let text = Worktree::new(cwd.to_owned(), FILE_LIMIT).read(path).map_err(|error| reason(&error));
    // What cannot be read is said where it is wanted as data.
    let Some(text) = text.ok().and_then(|bytes| String::from_utf8(bytes).ok()) else { return Ok(None) };
    if !text.contains(GROUP) {
        return Ok(None);
    }
    let root = root(&full, named, cwd);
    let suite = Suite::read(&paths::relative(&root, &full), &text).map_err(|fault| fault.to_string())?;
    Ok(suite.map(|suite| Found { path: path.to_owned(), root, suite, lines: lines(text) }))
}

fn root(file: &Path, named: &[PathBuf], cwd: &Path) -> PathBuf {
    if let Some(repository) = paths::repository_root(file) {
        return repository.to_owned();
    }
    if file.starts_with(cwd) {
        return cwd.to_owned();
    }
    let folder = named.iter().map(|path| paths::absolute(cwd, path)).find(|path| file.starts_with(path));
    let folder = folder.filter(|folder| folder.is_dir());
    folder.or_else(|| file.parent().map(Path::to_owned)).unwrap_or_default()
}

fn lines(text: String) -> Vec<(u32, Vec<u32>)> {
    let text: Arc<str> = Arc::from(text);
    let tree = yaml::parse(FileId::default(), &text, Dialect::Yaml12);
    let index = LineIndex::new(&text);
    let line = |node: Node<'_>| index.line(node.span().start);
    let is_suite = |root: &Node<'_>| {
        root.field("kind").is_some_and(|kind| kind.text() == "Suite")
            && root.field("apiVersion").is_some_and(|version| version.text().starts_with(GROUP))
    };
    let suite = tree.documents().map(|document| document.root).find(is_suite);
    let tests = suite.and_then(|suite| suite.field("tests")).into_iter().flat_map(Node::items);
    let of_test = |test: Node<'_>| {
        let cases = test.field("cases").into_iter().flat_map(Node::items);
        (line(test), cases.map(line).collect())
    };
    tests.map(of_test).collect()
}

impl Found {
    /// Leaves out what the filter does not want.
    pub(crate) fn keep(&mut self, filter: &Filter) {
        let suite = self.suite.name.clone();
        let tests = std::mem::take(&mut self.suite.tests);
        let lines = std::mem::take(&mut self.lines);
        for (mut test, (line, of_cases)) in tests.into_iter().zip(lines) {
            let is_bare = test.cases.is_empty();
            let name = test.name.clone();
            let cases = std::mem::take(&mut test.cases).into_iter().zip(of_cases);
            let kept = cases.filter(|(case, _)| filter.has([&suite, &name, &case.name]));
            let (cases, of_cases): (Vec<Case>, Vec<u32>) = kept.unzip();
            test.cases = cases;
            if !test.cases.is_empty() || is_bare && filter.has([&suite, &name, ""]) {
                self.suite.tests.push(test);
                self.lines.push((line, of_cases));
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.suite.tests.is_empty()
    }

    /// Runs it: a case for each of its own, and one for each test that has none or cannot be used.
    pub(crate) fn run(&self, options: &Options) -> Vec<TestCase> {
        let results = self.suite.run(&mut |path| self.read(path), options).tests;
        let mut cases = Vec::new();
        for (index, (test, (line, of_cases))) in self.suite.tests.iter().zip(&self.lines).enumerate() {
            match results.get(index) {
                None | Some(TestResult { verdict: Verdict::Skipped, .. }) => {
                    self.skip(test, (*line, of_cases), &mut cases);
                }
                Some(TestResult { verdict: Verdict::Passed, cases: results, .. }) if !results.is_empty() => {
                    let results = results.iter().zip(of_cases);
                    cases.extend(results.map(|(result, line)| self.case(test, &result.name, *line, told(result))));
                }
                Some(result) => cases.push(self.whole(test, *line, outcome(&result.verdict))),
            }
        }
        cases
    }

    fn skip(&self, test: &Test, (line, of_cases): (u32, &[u32]), cases: &mut Vec<TestCase>) {
        if test.cases.is_empty() {
            cases.push(self.whole(test, line, Outcome::Skipped));
        }
        let skipped = test.cases.iter().zip(of_cases);
        cases.extend(skipped.map(|(case, line)| self.case(test, &case.name, *line, Outcome::Skipped)));
    }

    fn whole(&self, test: &Test, line: u32, outcome: Outcome) -> TestCase {
        let (group, name) = (self.suite.name.clone(), test.name.clone());
        TestCase { path: self.path.clone(), line, group, name, outcome, prints: Vec::new() }
    }

    fn case(&self, test: &Test, name: &str, line: u32, outcome: Outcome) -> TestCase {
        let group = format!("{}//{}", self.suite.name, test.name);
        TestCase { path: self.path.clone(), line, group, name: name.to_owned(), outcome, prints: Vec::new() }
    }

    /// A file that the suite names, by its path below the root.
    fn read(&self, path: &str) -> Result<String, String> {
        let why = |error: std::io::Error| format!("{path}: {}", files::reason(&error));
        let root = self.root.canonicalize().map_err(why)?;
        if !self.root.join(path).canonicalize().map_err(why)?.starts_with(root) {
            return Err(format!("{path} is outside of the tree"));
        }
        let bytes = Worktree::new(self.root.clone(), FILE_LIMIT).read(path);
        let bytes = bytes.map_err(|error| format!("{path}: {}", reason(&error)))?;
        String::from_utf8(bytes).map_err(|_| format!("{path}: it is not UTF-8"))
    }
}

fn told(result: &CaseResult) -> Outcome {
    outcome(&result.verdict)
}

fn outcome(verdict: &Verdict) -> Outcome {
    match verdict {
        Verdict::Passed => Outcome::Passed,
        Verdict::Skipped => Outcome::Skipped,
        Verdict::Failed(why) => Outcome::Failed(why.clone()),
    }
}
