//! Secrets in files of any kind: the rules beside the detectors of `portcullis-secrets`, which are rules themselves.
//!
//! A domain's own rule speaks first (`k8s-secret-env-literal`, `docker-secret-in-arg-or-env`): what it names is not said
//! twice, and it carries the peers of what gives way here.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, LazyLock};

use portcullis_core::{Catalog, Draft, FileId, RuleIdx, RuleMeta, Span, StableHash, Words};
use portcullis_secrets::{Detector, Hit, Kind, Prevalence, Scanner, Structural, Subject, detectors};

use crate::Outcome;
use crate::rule::prelude::*;

/// The rules that are told by the place where a secret stands.
pub(crate) static RULES: &[&Rule] = &[&PASSWORD, &KEY, &URL, &ARGUMENT];

/// The detectors as rules.
pub(crate) fn of_detectors() -> impl Iterator<Item = &'static Rule> {
    static OF_DETECTORS: LazyLock<Vec<Rule>> = LazyLock::new(|| detectors().zip(docs()).map(of_detector).collect());
    OF_DETECTORS.iter()
}

/// What is written about each detector. One text holds all, so that none has to be allocated by itself, and catalogs share it.
fn docs() -> impl Iterator<Item = &'static str> {
    static DOCS: LazyLock<(String, Vec<usize>)> = LazyLock::new(|| {
        let mut all = String::with_capacity(1 << 18);
        let end = |detector: &'static Detector| {
            all.extend([detector.title, "\n\n", detector.docs, " ", SILENT, "\n"]);
            all.len()
        };
        let ends = detectors().map(end).collect();
        (all, ends)
    });
    let (all, ends) = &*DOCS;
    let starts = std::iter::once(&0).chain(ends);
    starts.zip(ends).map(|(&start, &end)| all.get(start..end).unwrap_or_default())
}

fn of_detector((detector, docs): (&'static Detector, &'static str)) -> Rule {
    let confidence = match detector.prevalence {
        Prevalence::Certain => Confidence::High,
        Prevalence::Likely => Confidence::Medium,
    };
    Rule {
        meta: RuleMeta {
            id: detector.id.into(),
            severity: detector.severity,
            confidence,
            tags: Words::Static(&["secret", "cwe-798"]),
            peers: Words::Static(detector.peers),
            docs: docs.into(),
            derived: Some(detector),
            ..RuleMeta::DEFAULT
        },
        check: Check::Secret(Kind::Token(detector)),
    }
}

/// When a detector says nothing.
const SILENT: &str =
    "Silent for placeholders, for examples of the issuer's documentation, and where a checksum says that it is none.";

rule! {
    /// Password is written in a file
    ///
    /// Whoever can read the repository, now or later, has it. Reported where a name promises a password
    /// (`password`, `DB_PASS`, `passphrase`) and the value is one that somebody could have chosen. Silent for placeholders,
    /// references (`${NAME}`, `vault:…`, `ENC[…]`), switches, paths and names of things; for what everybody tries first
    /// there is `secret-weak-default`.
    ///
    /// ```env bad:2
    /// DB_USER=shop
    /// DB_PASSWORD=kX9mQ2vL7
    /// ```
    /// ```env good
    /// DB_PASSWORD=${DB_PASSWORD}
    /// DB_PASSWORD_FILE=/run/secrets/db
    /// ```
    PASSWORD = "secret-password" {
        check: Check::Secret(Kind::Structural(Structural::Password)),
        severity: Severity::Medium,
        tags: &["secret", "cwe-798"],
        peers: &["gitleaks:generic-api-key", "gitleaks:hashicorp-tf-password"],
    }
}

rule! {
    /// Token or key is written in a file
    ///
    /// Whoever can read the repository has it. Reported where a name promises a secret (`api_key`, `client-secret`,
    /// `AUTH_TOKEN`) and the value is a random text. Silent for hashes and ids under names that promise none, for
    /// placeholders and references.
    ///
    /// ```env bad:1
    /// API_TOKEN=9f86d081884c7d659a2feaa0c55ad015
    /// ```
    /// ```env good
    /// API_TOKEN_ISSUER=https://login.example.org
    /// IMAGE_DIGEST=9f86d081884c7d659a2feaa0c55ad015
    /// ```
    KEY = "secret-key" {
        check: Check::Secret(Kind::Structural(Structural::Key)),
        severity: Severity::High,
        tags: &["secret", "cwe-798"],
        peers: &["gitleaks:generic-api-key"],
    }
}

rule! {
    /// URL or connection string holds a password
    ///
    /// It ends up in logs, histories of shells and error messages as well as in the repository. Reported where the user
    /// information of a URL or a field of a connection string holds a password that is no placeholder.
    ///
    /// ```env bad:1
    /// DATABASE=postgres://shop:kX9mQ2vL7@db.internal/shop
    /// ```
    /// ```env good
    /// DATABASE=postgres://shop:${DB_PASSWORD}@db.internal/shop
    /// ```
    URL = "secret-url-password" {
        check: Check::Secret(Kind::Structural(Structural::Url)),
        severity: Severity::High,
        tags: &["secret", "cwe-798"],
    }
}

rule! {
    /// Command gets a password as an argument
    ///
    /// Arguments stand in the list of processes and in the history of the shell. Reported for flags that take a password,
    /// token or key (`--password X`, `--requirepass X`, `-u name:X` of curl) whose value is written out.
    ///
    /// ```text bad:1
    /// redis-server --requirepass kX9mQ2vL7
    /// ```
    /// ```text good
    /// redis-server --requirepass "$REDIS_PASSWORD"
    /// ```
    ARGUMENT = "secret-command-argument" {
        check: Check::Secret(Kind::Structural(Structural::Argument)),
        severity: Severity::High,
        tags: &["secret", "cwe-798"],
    }
}

/// The secret rules that are on.
#[derive(Debug, Default)]
pub(crate) struct Table {
    tokens: HashMap<&'static str, RuleIdx>,
    structural: HashMap<Structural, RuleIdx>,
    /// By the index of the configuration's rule.
    custom: Vec<Option<RuleIdx>>,
    scanner: Arc<Scanner>,
    /// The ids of all rules about secrets, where the configuration allows anything that they could name.
    ids: HashMap<RuleIdx, String>,
}

impl Table {
    /// The configuration's rules that are on; others are added.
    pub(crate) fn new(catalog: &Catalog, scanner: Arc<Scanner>, is_on: impl Fn(RuleIdx) -> bool) -> Self {
        let own = scanner.custom().iter().map(|rule| catalog.by_id(&rule.id).filter(|&rule| is_on(rule)));
        let about = catalog.iter().filter(|(_, rule)| scanner.allows_any() && is_about_secrets(rule));
        Self {
            custom: own.collect(),
            ids: about.map(|(rule, meta)| (rule, meta.id.to_string())).collect(),
            scanner,
            ..Self::default()
        }
    }

    pub(crate) fn add(&mut self, rule: RuleIdx, kind: Kind) {
        match kind {
            Kind::Token(detector) => _ = self.tokens.insert(detector.id, rule),
            Kind::Structural(structural) => _ = self.structural.insert(structural, rule),
            // They come with the scanner.
            Kind::Custom(_) => {}
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.tokens.is_empty() && self.structural.is_empty() && self.custom.iter().all(Option::is_none)
    }

    /// One of its rules, for errors that concern all.
    pub(crate) fn any(&self) -> Option<RuleIdx> {
        self.structural.values().chain(self.tokens.values()).chain(self.custom.iter().flatten()).min().copied()
    }

    fn rule(&self, kind: Kind) -> Option<RuleIdx> {
        match kind {
            Kind::Token(detector) => self.tokens.get(detector.id).copied(),
            Kind::Structural(structural) => self.structural.get(&structural).copied(),
            Kind::Custom(index) => self.custom.get(index).copied().flatten(),
        }
    }

    /// Adds what the text holds to what the domain's rules said of it, and takes away what the configuration allows.
    pub(crate) fn judge(&self, file: FileId, subject: &Subject<'_>, outcome: &mut Outcome) {
        if !self.ids.is_empty() {
            outcome.drafts.retain(|draft| !self.allows(file, draft, subject));
            outcome.claims.retain(|(draft, _)| !self.allows(file, draft, subject));
        }
        let hits = self.scanner.scan(subject);
        if hits.is_empty() {
            return;
        }
        let told = outcome.drafts.len();
        for hit in hits {
            let span = span_of(file, &hit);
            let Some(rule) = self.rule(hit.kind) else {
                outcome.masked.push(span);
                continue;
            };
            let is_told = |draft: &&mut Draft| draft.masked.iter().any(|own| overlap(*own, span));
            let claims = outcome.claims.iter_mut().map(|(draft, _)| draft);
            let mut domain = outcome.drafts.iter_mut().take(told).chain(claims).filter(is_told);
            // What the configuration asks for is said whatever else is.
            if !matches!(hit.kind, Kind::Custom(_))
                && let Some(draft) = domain.next()
            {
                if !draft.also.contains(&rule) {
                    draft.also.push(rule);
                }
                continue;
            }
            let mut structure = StableHash::new();
            structure.text(&hit.name);
            let place = crate::Place { span, structure: structure.short(), value: 0 };
            let mut draft = Draft::new(rule, place, self.message(&hit));
            draft.mask(span).help(HELP);
            outcome.drafts.push(draft);
        }
    }

    /// The places of all secrets in a text, whatever rules are on.
    pub(crate) fn spans(&self, file: FileId, subject: &Subject<'_>) -> Vec<Span> {
        self.scanner.scan(subject).iter().map(|hit| span_of(file, hit)).collect()
    }

    /// Whether the configuration allows every secret that a domain's rule names.
    fn allows(&self, file: FileId, draft: &Draft, subject: &Subject<'_>) -> bool {
        let Some(id) = self.ids.get(&draft.rule) else { return false };
        let is_allowed = |span: &Span| {
            span.file == file && self.scanner.allows(id, subject, None, &without_quotes(*span, subject.text))
        };
        !draft.masked.is_empty() && draft.masked.iter().all(is_allowed)
    }

    fn message(&self, hit: &Hit<'_>) -> String {
        let what = match hit.kind {
            Kind::Token(detector) => detector.what,
            Kind::Structural(Structural::Password) => "a password",
            Kind::Structural(Structural::Key) => "a token or key",
            Kind::Structural(Structural::Url) => "the password of a URL",
            Kind::Structural(Structural::Argument) => "a secret",
            Kind::Structural(Structural::Weak) => "a password that everybody tries first",
            Kind::Custom(index) => self.scanner.custom().get(index).map_or("a secret", |custom| &custom.what),
        };
        let wrapped = hit.wrapped.map_or_else(String::new, |how| format!(", {how}"));
        match (hit.name.as_ref(), hit.kind) {
            ("", Kind::Structural(Structural::Argument)) => format!("a command gets {what} as an argument{wrapped}"),
            (name, Kind::Structural(Structural::Argument)) => format!("`{name}` of a command gets {what}{wrapped}"),
            ("", _) => format!("{what} stands here{wrapped}"),
            (name, _) => format!("`{name}` holds {what}{wrapped}"),
        }
    }
}

/// Whether a rule reports secrets that are written out, and so is meant by what allows secrets.
pub fn is_about_secrets(rule: &RuleMeta) -> bool {
    rule.tags.contains("secret")
}

/// The bytes of a value that may be written in quotes.
fn without_quotes(span: Span, text: &str) -> Range<usize> {
    let (start, end) = (span.start as usize, span.end as usize);
    let quotes = ['"', '\''];
    match text.get(start..end) {
        Some(value) if end - start > 1 && value.starts_with(quotes) && value.ends_with(quotes) => start + 1..end - 1,
        _ => start..end,
    }
}

const HELP: &str =
    "take it from a secret store or the environment, and replace it: whoever reads the repository knows it";

fn span_of(file: FileId, hit: &Hit<'_>) -> Span {
    let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Span::new(file, narrow(hit.range.start), narrow(hit.range.end))
}

fn overlap(a: Span, b: Span) -> bool {
    a.file == b.file && a.start < b.end && b.start < a.end
}
