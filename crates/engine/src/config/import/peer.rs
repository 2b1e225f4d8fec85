//! The tools whose files are read, and how their files are told apart.

use std::ffi::OsStr;
use std::path::Path;

use portcullis_syntax::Node;

/// A tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Peer {
    Hadolint,
    Checkov,
    Trivy,
    KubeLinter,
    Zizmor,
    Tflint,
    Tfsec,
    Gitleaks,
}

impl Peer {
    /// As the catalog names it.
    pub(super) const fn scheme(self) -> &'static str {
        match self {
            Self::Hadolint => "hadolint",
            Self::Checkov => "checkov",
            Self::Trivy => "trivy",
            Self::KubeLinter => "kube-linter",
            Self::Zizmor => "zizmor",
            Self::Tflint => "tflint",
            Self::Tfsec => "tfsec",
            Self::Gitleaks => "gitleaks",
        }
    }

    /// What it looks at; a rule of ours may stand for the same check on other files, which its settings never reach.
    pub(super) const fn families(self) -> &'static [Family] {
        match self {
            Self::Hadolint => &[Family::Docker],
            Self::Checkov => &[Family::Kubernetes, Family::Docker, Family::Actions, Family::Terraform],
            Self::Trivy => &[Family::Kubernetes, Family::Docker, Family::Terraform],
            Self::KubeLinter => &[Family::Kubernetes],
            Self::Zizmor => &[Family::Actions],
            Self::Tflint | Self::Tfsec => &[Family::Terraform],
            // Files of any kind.
            Self::Gitleaks => &[],
        }
    }
}

/// Rules whose ids begin alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Kubernetes,
    Docker,
    Actions,
    Terraform,
}

impl Family {
    /// All of them.
    pub(super) const ALL: [Self; 4] = [Self::Actions, Self::Docker, Self::Kubernetes, Self::Terraform];

    /// How their ids begin.
    pub(super) const fn prefix(self) -> &'static str {
        match self {
            Self::Kubernetes => "k8s-",
            Self::Docker => "docker-",
            Self::Actions => "actions-",
            Self::Terraform => "tf-",
        }
    }
}

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Hadolint,
    Checkov,
    Trivy,
    /// Ids by line.
    TrivyIgnore,
    TrivyIgnoreYaml,
    TrivySecret,
    /// A finding on each line.
    GitleaksIgnore,
    KubeLinter,
    Zizmor,
    Actionlint,
    /// HCL.
    Tflint,
    Tfsec,
}

/// Each kind of YAML with the name of its file, without dot and ending, and keys that no other has.
const KINDS: [(Kind, &str, &[&str]); 9] = [
    (
        Kind::Hadolint,
        "hadolint",
        &[
            "ignored",
            "trustedRegistries",
            "failure-threshold",
            "label-schema",
            "strict-labels",
            "disable-ignore-pragma",
        ],
    ),
    (
        Kind::Checkov,
        "checkov",
        &[
            "check",
            "skip-check",
            "soft-fail",
            "soft-fail-on",
            "hard-fail-on",
            "skip-path",
            "framework",
            "skip-framework",
        ],
    ),
    (Kind::Trivy, "trivy", &["misconfiguration", "scan", "exit-code", "ignorefile", "vulnerability", "ignore-policy"]),
    (
        Kind::TrivySecret,
        "trivy-secret",
        &["allow-rules", "disable-rules", "disable-allow-rules", "enable-builtin-rules", "exclude-block"],
    ),
    (Kind::TrivyIgnoreYaml, "trivyignore", &["misconfigurations", "vulnerabilities", "licenses"]),
    (Kind::KubeLinter, "kube-linter", &["checks", "customChecks"]),
    (Kind::Actionlint, "actionlint", &["self-hosted-runner", "config-variables"]),
    (Kind::Zizmor, "zizmor", &[]),
    (Kind::Tfsec, "tfsec", &["severity_overrides", "minimum_severity"]),
];

impl Kind {
    /// By the name that the tool looks for, the leading dot or not.
    pub(super) fn by_name(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        let name = name.strip_prefix('.').unwrap_or(name);
        if name == "tflint.hcl" {
            return Some(Self::Tflint);
        }
        let folder = path.parent().and_then(Path::file_name).and_then(OsStr::to_str);
        if folder == Some(".tfsec") && name.starts_with("config.") {
            return Some(Self::Tfsec);
        }
        let Some(stem) = [".yaml", ".yml", ".json"].iter().find_map(|ending| name.strip_suffix(ending)) else {
            // The file can have any name, and its lines look like nothing in particular.
            if name.contains("gitleaksignore") || name.contains("gitleaks-ignore") {
                return Some(Self::GitleaksIgnore);
            }
            let is_ignore = name.contains("trivyignore") || name.contains("trivy-ignore");
            return is_ignore.then_some(Self::TrivyIgnore);
        };
        KINDS.iter().find(|(_, known, _)| *known == stem).map(|(kind, ..)| *kind)
    }

    /// By the first kind that has one of its keys.
    pub(super) fn by_keys(root: Node<'_>) -> Option<Self> {
        let has = |keys: &[&str]| keys.iter().any(|key| root.field(key).is_some());
        let found = KINDS.iter().find(|(.., keys)| has(keys)).map(|(kind, ..)| *kind);
        // Many files have `rules`, ours among them.
        found.or_else(|| root.field("rules").is_some_and(are_audits).then_some(Self::Zizmor))
    }
}

/// Whether these are the settings of zizmor's audits.
fn are_audits(rules: Node<'_>) -> bool {
    let is_audit = |rule: Node<'_>| {
        rule.is_map() && rule.entries().all(|(key, _)| matches!(key.text(), "disable" | "ignore" | "config"))
    };
    rules.is_map() && rules.entries().all(|(_, rule)| is_audit(rule))
}
