//! What is known of a rule before it runs.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use crate::{Confidence, Severity, UNKNOWN, Words};

/// Everything about a rule but its check: builtin, Rego and advisory rules alike.
#[derive(Clone, Debug)]
pub struct RuleMeta {
    /// Kebab-case; names the bad state.
    pub id: Cow<'static, str>,
    /// One severity per id, because GitHub keeps it per rule.
    pub severity: Severity,
    /// Nobody has said how bad it is: `severity` is what it counts as, and reports say that it is unknown.
    pub unrated: bool,
    /// How sure the rule is when it speaks.
    pub confidence: Confidence,
    /// Which profile turns it on.
    pub profile: Profile,
    /// Free labels: `pss:baseline`, `cwe-250`.
    pub tags: Words,
    /// The same check in other tools, `scheme:id`; of an advisory its other ids.
    pub peers: Words,
    /// Rules that say the same of the same span more exactly: where one of them reports, this one gives way and its
    /// peers go along.
    pub yields_to: Cow<'static, [&'static str]>,
    /// What configuration may set.
    pub options: Cow<'static, [OptionMeta]>,
    /// Markdown: the title line, a blank line, why it matters, and fenced examples.
    pub docs: Cow<'static, str>,
    /// Examples beside those in the docs, for rules that are rows of a table.
    pub derived: Option<&'static dyn DerivedExamples>,
}

/// Something that examples follow from.
pub trait DerivedExamples: fmt::Debug + Sync {
    /// The examples as fenced blocks, as they would stand in the docs.
    fn fences(&self) -> String;
}

impl RuleMeta {
    /// What a declaration leaves out.
    pub const DEFAULT: Self = Self {
        id: Cow::Borrowed(""),
        severity: Severity::Medium,
        unrated: false,
        confidence: Confidence::High,
        profile: Profile::Recommended,
        tags: Words::NONE,
        peers: Words::NONE,
        yields_to: Cow::Borrowed(&[]),
        options: Cow::Borrowed(&[]),
        docs: Cow::Borrowed(""),
        derived: None,
    };

    /// The severity as reports show it.
    pub const fn severity_name(&self) -> &'static str {
        if self.unrated { UNKNOWN } else { self.severity.name() }
    }

    /// The first line of the docs.
    pub fn title(&self) -> &str {
        self.docs.trim_start().lines().next().unwrap_or_default().trim()
    }

    /// The docs without title and examples: why it matters and when the rule stays silent.
    pub fn explanation(&self) -> String {
        let mut text = String::new();
        let mut fenced = false;
        for line in self.doc_lines().skip(1) {
            if line.trim_start().starts_with("```") {
                fenced = !fenced;
            } else if !fenced {
                text.push_str(line);
                text.push('\n');
            }
        }
        text.trim().to_owned()
    }

    /// The docs' fenced blocks that are marked `bad:N` or `good`, and those that are derived.
    pub fn examples(&self) -> Vec<Example> {
        let derived = self.derived.map(DerivedExamples::fences).unwrap_or_default();
        let mut examples = Vec::new();
        let mut open: Option<(Option<(Expect, &str)>, String)> = None;
        for line in self.doc_lines().chain(derived.lines()) {
            let Some(info) = line.trim_start().strip_prefix("```") else {
                if let Some((_, body)) = &mut open {
                    body.push_str(line);
                    body.push('\n');
                }
                continue;
            };
            match open.take() {
                None => open = Some((fence(info), String::new())),
                Some((Some((expect, language)), body)) => examples.push(Example::new(expect, language, &body)),
                Some((None, _)) => {}
            }
        }
        examples
    }

    /// The lines of the docs as they were written; a doc comment keeps one blank before each.
    fn doc_lines(&self) -> impl Iterator<Item = &str> {
        self.docs.trim_start_matches([' ', '\n']).lines().map(|line| line.strip_prefix(' ').unwrap_or(line))
    }
}

fn fence(info: &str) -> Option<(Expect, &str)> {
    let (language, expect) = info.trim().split_once(' ')?;
    let expect = match expect.trim().split_once(':') {
        Some(("bad", line)) => Expect::Bad { line: line.parse().ok()? },
        None if expect.trim() == "good" => Expect::Good,
        _ => return None,
    };
    Some((expect, language))
}

/// When a rule is on without being named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Profile {
    /// On by default.
    Recommended,
    /// Stricter; on with `--profile all`.
    All,
    /// In no profile: needs configuration, contradicts another rule, or is house style.
    OptIn,
}

impl Profile {
    /// The name used in every output and in configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Recommended => "recommended",
            Self::All => "all",
            Self::OptIn => "opt-in",
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Profile {
    type Err = String;

    /// Reads a profile that a scan can be run with; `opt-in` is none.
    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Recommended, Self::All]
            .into_iter()
            .find(|profile| profile.name() == text)
            .ok_or_else(|| format!("`{text}` is not a profile (recommended, all)"))
    }
}

/// An option that configuration may set for a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionMeta {
    /// Key under the rule's id.
    pub name: &'static str,
    /// What the value looks like.
    pub shape: OptionShape,
    /// One sentence.
    pub docs: &'static str,
}

/// The shape of an option's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionShape {
    /// A list of strings.
    Strings,
    /// A whole number.
    Number,
    /// `true` or `false`.
    Flag,
    /// One string.
    Text,
}

/// An example in a rule's docs; it runs as a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// What the rule must say of it.
    pub expect: Expect,
    /// `(name, text)`, in order.
    pub files: Vec<(String, String)>,
}

/// What an example must give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Exactly one finding of the rule, starting at this line of the block.
    Bad {
        /// From 1; in a block of several files, the line within the file that the finding is in.
        line: u32,
    },
    /// No finding of the rule.
    Good,
}

impl Example {
    /// Splits a block at its `file=NAME` lines; without any, the language decides the name.
    fn new(expect: Expect, language: &str, body: &str) -> Self {
        let mut files: Vec<(String, String)> = Vec::new();
        for line in body.lines() {
            if let Some(name) = line.strip_prefix("file=") {
                files.push((name.trim().to_owned(), String::new()));
                continue;
            }
            if files.is_empty() {
                let name = match language {
                    "dockerfile" => "Dockerfile",
                    "compose" => "compose.yaml",
                    "json" => "example.json",
                    "workflow" => ".github/workflows/example.yml",
                    "action" => "action.yml",
                    "dependabot" => ".github/dependabot.yml",
                    "hcl" => "main.tf",
                    "env" => ".env",
                    "text" => "example.txt",
                    "properties" => "example.properties",
                    "ini" => "example.ini",
                    "toml" => "example.toml",
                    "xml" => "example.xml",
                    _ => "example.yaml",
                };
                files.push((name.to_owned(), String::new()));
            }
            if let Some((_, text)) = files.last_mut() {
                text.push_str(line);
                text.push('\n');
            }
        }
        Self { expect, files }
    }
}

/// The tools whose ids may stand in [`RuleMeta::peers`].
const PEER_SCHEMES: &[&str] = &[
    "trivy",
    "checkov",
    "kube-linter",
    "hadolint",
    "shellcheck",
    "zizmor",
    "actionlint",
    "buildkit",
    "pss",
    "polaris",
    "kube-score",
    "kubescape",
    "kyverno",
    "kics",
    "tfsec",
    "tflint",
    "dclint",
    "gitleaks",
    "scorecard",
    "poutine",
    "kubeconform",
];

/// Whether `peer` is written `scheme:id` with a known scheme.
pub fn is_known_peer_scheme(peer: &str) -> bool {
    peer.split_once(':').is_some_and(|(scheme, id)| PEER_SCHEMES.contains(&scheme) && !id.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_the_marked_fences() {
        let meta = RuleMeta {
            docs: Cow::Borrowed(
                " Title\n\n Why.\n\n ```yaml bad:2\n a:\n   b: 1\n ```\n ```sh\n not an example\n ```\n ```yaml good\n file=x/a.yaml\n a: 1\n file=b.yaml\n b: 2\n ```\n",
            ),
            ..RuleMeta::DEFAULT
        };
        assert_eq!(meta.title(), "Title");
        assert_eq!(meta.explanation(), "Why.");
        let examples = meta.examples();
        assert_eq!(examples.len(), 2);
        assert_eq!(examples[0].expect, Expect::Bad { line: 2 });
        assert_eq!(examples[0].files, [("example.yaml".to_owned(), "a:\n  b: 1\n".to_owned())]);
        assert_eq!(examples[1].files.len(), 2);
        assert_eq!(examples[1].files[1], ("b.yaml".to_owned(), "b: 2\n".to_owned()));
    }
}
