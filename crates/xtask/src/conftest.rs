//! Conftest's acceptance tests, run by this program's binary, with every miss and its reason: `tests/peers/conftest.md`.
//!
//! The tests are scripts for Bats. What they run is translated, and what they expect of the exit code, of the counts of
//! failures and warnings, and of messages. What asks for something that is absent on purpose is left out by name or flag.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::workspace;

/// Runs every case of a checkout of open-policy-agent/conftest, and writes the summary.
pub(crate) fn conformance(checkout: &str) -> Result<()> {
    let checkout = fs::canonicalize(checkout).with_context(|| checkout.to_owned())?;
    let binary = std::env::current_exe()?.with_file_name("portcullis");
    if !binary.exists() {
        bail!("{} is not there: `cargo build --bin portcullis` comes first", binary.display());
    }
    let mut files = vec![checkout.join("acceptance.bats")];
    let mut suites = fs::read_dir(checkout.join("tests"))?.collect::<Result<Vec<_>, _>>()?;
    suites.sort_by_key(fs::DirEntry::file_name);
    files.extend(suites.iter().map(|suite| suite.path().join("test.bats")).filter(|path| path.exists()));
    let mut tally = Tally::default();
    for file in &files {
        let shown = file.strip_prefix(&checkout)?.display().to_string();
        let text = fs::read_to_string(file).with_context(|| shown.clone())?;
        for case in cases(&text) {
            let folder = file.parent().context("a file has a folder")?;
            tally.add(&shown, &case, run(&case, folder, &binary)?);
        }
    }
    for example in examples(&checkout)? {
        tally.add_example(&checkout, &example, &binary)?;
    }
    let summary = tally.summary();
    let path = workspace::root()?.join("tests/peers/conftest.md");
    fs::create_dir_all(path.parent().context("a file has a folder")?)?;
    fs::write(&path, &summary)?;
    println!("{summary}");
    Ok(())
}

/// One `@test`.
struct Case<'t> {
    name: &'t str,
    lines: Vec<&'t str>,
}

fn cases(text: &str) -> Vec<Case<'_>> {
    let mut cases: Vec<Case<'_>> = Vec::new();
    let mut is_in = false;
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("@test \"").and_then(|rest| rest.rsplit_once("\" {")) {
            cases.push(Case { name: name.0, lines: Vec::new() });
            is_in = true;
        } else if line.starts_with('}') {
            is_in = false;
        } else if let Some(case) = cases.last_mut().filter(|_| is_in) {
            case.lines.push(line.trim());
        }
    }
    cases
}

/// What became of a case.
enum Outcome {
    Passed,
    /// It is not about what is here, and why.
    Out(String),
    Failed(String),
}

/// Cases that are about something that is absent or otherwise here, by a part of their names.
const OUT_BY_NAME: &[(&str, &str)] = &[
    ("configuration file", "Conftest's own configuration file"),
    ("config-file flag", "Conftest's own configuration file"),
    ("blank filename", "an empty path is an error here"),
    ("Output results only once", "the lines of the terminal's output"),
    ("Exceptions output", "exceptions are not listed"),
    ("Supports print()", "what policies print is not shown by a scan"),
    ("Can disable color", "the terminal's output"),
    ("quiet flag and all tests", "its policy folder has no rules that are asked; the output is Conftest's"),
    (
        "symlinked directory",
        "a link that is named is followed as any other path; the case counts what a walk of Conftest's reads",
    ),
    ("hcl1 files", "HCL of the first version; `.tf` is read as the second, and the case passes by another way"),
    ("parse_config", "`parse_config` and `parse_config_file`: policies read no files"),
    ("parse_combined_config_files", "`parse_combined_config_files`: policies read no files"),
    ("builtin-errors", "`--show-builtin-errors`"),
    ("show-builtin-errors flag returns test failed", "`parse_config_file`: policies read no files"),
    ("Verify command matches", "`verify --namespace`; `portcullis test --run` chooses by name"),
    ("Verify command filters", "`verify --namespace`; `portcullis test --run` chooses by name"),
    ("V0 Policy with V1 flag enabled", "`--rego-version`: each module is read as the version that it is written in"),
    ("V1 Policy with V1 flag disabled", "`--rego-version`: each module is read as the version that it is written in"),
    ("Location is included in GitHub", "the line of another file; a finding stands in what was scanned"),
    ("Location is included in JSON", "the line of another file; a finding stands in what was scanned"),
    ("Error is raised when if is used without contains", "`deny if …` is one value here, which is Rego's own reading"),
];

/// The same, by what stands in the command.
const OUT_BY_WORD: &[(&str, &str)] = &[
    ("conftest parse", "`conftest parse`"),
    (" parse ", "`conftest parse`"),
    (" doc ", "`conftest doc`"),
    (" reformat", "`conftest reformat`"),
    (" pull ", "`conftest pull`: nothing is fetched"),
    (" plugin ", "plugins"),
    (" kubectl", "plugins"),
    ("pre-commit", "pre-commit's own program"),
    ("--update", "`--update`: nothing is fetched"),
    ("--trace", "`--trace`"),
    ("--report", "`--report`"),
    ("--strict", "`--strict`"),
    ("--capabilities", "`--capabilities`"),
    ("--show-builtin-errors", "`--show-builtin-errors`"),
    ("--proto-file-dirs", "protocol buffers"),
    ("textproto", "protocol buffers"),
    ("--version", "the program's own flags"),
    ("--help", "the program's own flags"),
    (" -o ", "Conftest's output formats"),
    ("--output", "Conftest's output formats"),
    ("hocon", "HOCON"),
    (".edn", "EDN"),
    (".vcl", "VCL"),
    (".jsonnet", "Jsonnet"),
    (".cue", "CUE"),
    ("jenkins", "Groovy"),
    (".spdx", "SPDX documents as policies' input"),
    ("--parser hcl1", "HCL of the first version"),
    ("run test ", "the file system"),
];

/// Examples whose policies are at fault.
const EXAMPLES: &[(&str, &str)] =
    &[("examples/serverless", "its policy names a function and a variable that are nowhere; OPA refuses it as well")];

/// Cases that end with an error in Conftest, whose exit code is the same as that of failures.
const ERRORS: &[&str] = &["no policies path", "Using --parser should force"];

fn out(case: &Case<'_>, command: &str) -> Option<&'static str> {
    let by_name = OUT_BY_NAME.iter().find(|(part, _)| case.name.contains(part));
    let by_word = || OUT_BY_WORD.iter().find(|(word, _)| command.contains(word));
    by_name.or_else(by_word).map(|(_, reason)| *reason)
}

/// What the binary said.
struct Said {
    status: i32,
    failures: usize,
    warnings: usize,
    passed: Option<usize>,
    text: String,
}

fn run(case: &Case<'_>, folder: &Path, binary: &Path) -> Result<Outcome> {
    let all = case.lines.join("\n");
    let Some(command) = case.lines.iter().find_map(|line| line.strip_prefix("run ")) else {
        return Ok(Outcome::Out("it runs nothing".to_owned()));
    };
    if let Some(reason) = out(case, &format!("{command} ")).or_else(|| out(case, &all)) {
        return Ok(Outcome::Out(reason.to_owned()));
    }
    let inside = case.lines.iter().find_map(|line| line.strip_prefix("cd ")).unwrap_or(".");
    let said = match translate(command) {
        Some(asked) => ask(&asked, &folder.join(inside), binary)?,
        None => return Ok(Outcome::Failed(format!("`{command}` is not understood"))),
    };
    let faults: Vec<String> = case.lines.iter().filter_map(|line| unmet(line, case, &said)).collect();
    Ok(if faults.is_empty() { Outcome::Passed } else { Outcome::Failed(faults.join("; ")) })
}

/// A command of ours.
#[derive(Default)]
struct Asked {
    args: Vec<String>,
    stdin: Option<String>,
    is_test: bool,
}

/// `./conftest test -p POLICY FILE…`, also at the end of a pipe.
fn translate(command: &str) -> Option<Asked> {
    let command = command.strip_prefix("bash -c ").map_or(command, |inner| inner.trim_matches('"'));
    let (before, command) = command.split_once('|').map_or(("", command), |(cat, rest)| (cat.trim(), rest.trim()));
    let (command, after) = command.split_once(" < ").map_or((command, ""), |(command, file)| (command, file.trim()));
    let mut words = words(command).into_iter();
    let program = words.next()?;
    if !program.ends_with("conftest") && program != "$CONFTEST" {
        return None;
    }
    let mut asked = Asked { stdin: before.strip_prefix("cat ").map(str::to_owned), ..Asked::default() };
    if !after.is_empty() {
        asked.stdin = Some(after.to_owned());
    }
    let verb = words.next()?;
    asked.is_test = verb == "verify";
    let (mut policies, mut data, mut paths, mut flags) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut fail_on = "low";
    while let Some(word) = words.next() {
        let (flag, value) = word.split_once('=').map_or((word.as_str(), None), |(a, b)| (a, Some(b.to_owned())));
        let mut value = || value.clone().or_else(|| words.next());
        match flag {
            "-p" | "--policy" => policies.push(value()?),
            "-d" | "--data" => data.push(value()?),
            "--namespace" => flags.extend(["--namespace".to_owned(), value()?]),
            "--parser" => flags.extend(["--parser".to_owned(), value()?]),
            "--rego-version" => drop(value()),
            "--fail-on-warn" => fail_on = "info",
            "--all-namespaces" | "--combine" => flags.push(word),
            "--no-color" | "--suppress-exceptions" | "--quiet" => {}
            _ if word.starts_with("--") => return None,
            _ => paths.push(word),
        }
    }
    if policies.is_empty() {
        policies.push("policy".to_owned());
    }
    if asked.is_test {
        asked.args = ["test", "--format", "json"].map(str::to_owned).to_vec();
        asked.args.extend(policies.into_iter().chain(data));
        return Some(asked);
    }
    let fixed = ["check", "--no-config", "--only", "policy", "--format", "json", "--fail-on", fail_on];
    asked.args = fixed.map(str::to_owned).to_vec();
    asked.args.extend(policies.into_iter().flat_map(|it| ["--policy".to_owned(), it]));
    asked.args.extend(data.into_iter().flat_map(|it| ["--data".to_owned(), it]));
    asked.args.extend(flags);
    asked.args.extend(paths);
    Some(asked)
}

/// Words of a shell, of which these tests use blanks and quotes.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    for letter in command.chars() {
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (Some(_), _) => word.push(letter),
            (None, '"' | '\'') => quote = Some(letter),
            (None, ' ') => words.push(std::mem::take(&mut word)),
            (None, _) => word.push(letter),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

fn ask(asked: &Asked, folder: &Path, binary: &Path) -> Result<Said> {
    let mut command = Command::new(binary);
    command.args(&asked.args).current_dir(folder);
    command.stdin(match &asked.stdin {
        Some(file) => Stdio::from(fs::File::open(folder.join(file)).with_context(|| file.clone())?),
        None => Stdio::null(),
    });
    let output = command.output()?;
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let json: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let list = |key: &str| json.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut said = Said {
        status: output.status.code().unwrap_or(-1),
        failures: 0,
        warnings: 0,
        passed: None,
        text: String::new(),
    };
    if asked.is_test {
        let number = |key: &str| json.pointer(&format!("/summary/{key}")).and_then(Value::as_u64).unwrap_or_default();
        said.passed = usize::try_from(number("passed")).ok();
        said.failures = usize::try_from(number("failed").saturating_add(number("errored"))).unwrap_or_default();
    }
    for finding in list("findings") {
        let rule = text(&finding, "rule");
        let is_warning = rule.rsplit('/').next().is_some_and(|name| name.starts_with("warn"));
        said.warnings += usize::from(is_warning);
        said.failures += usize::from(!is_warning);
        said.text.push_str(&text(&finding, "message"));
        said.text.push('\n');
    }
    said.text.push_str(&errors);
    Ok(said)
}

/// What a line of a test expects and does not find. What the terminal looks like is not looked at.
fn unmet(line: &str, case: &Case<'_>, said: &Said) -> Option<String> {
    if let Some(status) = line.strip_prefix("[ \"$status\" -eq ").and_then(|rest| rest.strip_suffix(" ]")) {
        let expected: i32 = status.trim().parse().ok()?;
        // A run without tests has an exit code of its own.
        if expected == 0 && said.status == 3 && said.passed == Some(0) {
            return None;
        }
        if ERRORS.iter().any(|part| case.name.contains(part)) && said.status > 1 {
            return None;
        }
        return (said.status != expected)
            .then(|| format!("exit code {} in place of {expected}: {}", said.status, said.text));
    }
    let (is_wanted, rest) = match line.strip_prefix("[[ ! \"$output\" =~ ") {
        Some(rest) => (false, rest),
        None => match line.strip_prefix("[[ \"$output\" != *") {
            Some(rest) => (false, rest),
            None => (true, line.strip_prefix("[[ \"$output\" =~ ").or_else(|| line.strip_prefix("[ \"${lines["))?),
        },
    };
    let rest = rest.split_once("= \"").map_or(rest, |(_, rest)| rest);
    let expected = rest.trim_end_matches([']', ' ', '*']).trim_matches('"').replace("\\\"", "\"").replace("\\`", "`");
    if number(&expected, "test").is_some() {
        return miscounted(&expected, said);
    }
    (said.text.contains(&expected) != is_wanted).then(|| {
        let what = if is_wanted { "is not said" } else { "is said" };
        format!("`{expected}` {what}: {}", said.text)
    })
}

/// `2 tests, 0 passed, 0 warnings, 2 failures`: how many failures and warnings there are; exceptions are not counted here.
fn miscounted(expected: &str, said: &Said) -> Option<String> {
    let found = [("failure", Some(said.failures)), ("warning", Some(said.warnings)), ("passed", said.passed)];
    found.into_iter().find_map(|(noun, found)| {
        let (expected, found) = (number(expected, noun)?, found?);
        (expected != found).then(|| format!("{found} in place of {expected} ({noun}): {}", said.text))
    })
}

/// The number before a noun.
fn number(of: &str, noun: &str) -> Option<usize> {
    let part = of.split(", ").find(|part| part.trim_end_matches('s').ends_with(noun))?;
    part.split(' ').next()?.parse().ok()
}

/// The folders of examples that hold policies.
fn examples(checkout: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(checkout.join("examples"))? {
        let path = entry?.path();
        if path.join("policy").is_dir() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[derive(Default)]
struct Tally {
    passed: usize,
    cases: usize,
    loaded: usize,
    examples: usize,
    out: Vec<String>,
    misses: Vec<String>,
}

impl Tally {
    fn add(&mut self, file: &str, case: &Case<'_>, outcome: Outcome) {
        let place = format!("{file}: {}", case.name);
        match outcome {
            Outcome::Out(reason) => self.out.push(format!("{place}: {reason}")),
            Outcome::Passed => (self.passed, self.cases) = (self.passed + 1, self.cases + 1),
            Outcome::Failed(why) => {
                self.cases += 1;
                self.misses.push(format!("{place}: {why}"));
            }
        }
    }

    /// An example's policies load, and can be asked about all of its files.
    fn add_example(&mut self, checkout: &Path, example: &Path, binary: &Path) -> Result<()> {
        self.examples += 1;
        let shown = example.strip_prefix(checkout)?.display().to_string();
        let policy = format!("{shown}/policy");
        let args = [
            "check",
            "--no-config",
            "--only",
            "policy",
            "--all-namespaces",
            "--format",
            "json",
            "--policy",
            &policy,
            &shown,
        ];
        let asked = Asked { args: args.map(str::to_owned).to_vec(), ..Asked::default() };
        let said = ask(&asked, checkout, binary)?;
        let known = EXAMPLES.iter().find(|(known, _)| *known == shown);
        if let Some((_, reason)) = known {
            self.examples -= 1;
            self.out.push(format!("{shown}: {reason}"));
        } else if said.status == 2 {
            self.misses.push(format!("{shown}: {}", said.text));
        } else {
            self.loaded += 1;
        }
        Ok(())
    }

    fn summary(&self) -> String {
        let mut text = String::from(
            "# Conftest's acceptance tests\n\nThe cases of open-policy-agent/conftest (`acceptance.bats`, `tests/*/test.bats`) in which policies \
             are asked or tested, with\ntheir commands translated, and its examples: their policies load and can be asked about their \
             files.\nWritten by `cargo xtask conformance conftest CHECKOUT`.\n\n| | passed | of |\n|---|---|---|\n",
        );
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| applicable cases | {} | {} |", self.passed, self.cases);
        let _ = writeln!(text, "| examples | {} | {} |", self.loaded, self.examples);
        for (title, lines) in [("Misses", &self.misses), ("Left out", &self.out)] {
            let _ = writeln!(text, "\n## {title}\n");
            if lines.is_empty() {
                text.push_str("None.\n");
            }
            for line in lines {
                let _ = writeln!(text, "- {}", line.trim().replace('\n', " "));
            }
        }
        text
    }
}
