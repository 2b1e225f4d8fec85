//! Credentials whose form says what they are.
//!
//! One table of [`Detector`]s, by who issues them. All literals that tokens hold are looked for at once (`prefilter`); where
//! one stands, its detector's expression is tried in a window around it (`window`); what only looks like a token (`decoy`)
//! and what a checksum contradicts (`checksum`) is dropped. Whether a token is still valid is not known.

/// `name = value` as settings and programs write it, for tokens that only their name tells from other texts: the pattern
/// of a name that holds `$vendor`, an assignment, and the value as the group `secret`.
macro_rules! assigned {
    ($vendor:literal, $value:literal) => {
        concat!(
            "(?i:",
            $vendor,
            r#")[\w.\-]{0,40}["'`\])\\]{0,4}[ \t]{0,20}(?:=>|:=|[=:,])[ \t]{0,20}[\\"'`]{0,3}(?P<secret>"#,
            $value,
            ")"
        )
    };
}

mod ai;
mod alibaba;
mod aws;
mod azure;
mod chat;
mod checksum;
mod ci;
mod clouds;
mod commerce;
mod connection;
mod content;
mod data;
mod decoy;
mod files;
mod frameworks;
mod github;
mod gitlab;
mod google;
mod hosting;
mod identity;
mod infrastructure;
mod keys;
mod kubernetes;
mod lookup;
mod mail;
mod monitoring;
mod named;
mod payment;
mod prefilter;
mod quality;
mod registries;
mod sample;
mod social;
mod source_hosting;
#[cfg(test)]
mod tests;
mod trading;
mod web_tokens;
mod window;
mod work;

use std::fmt;

use portcullis_core::{DerivedExamples, Severity};

#[cfg(test)]
pub(crate) use sample::sample;
pub(crate) use window::{found, tokens, tokens_and_stems};

/// A kind of token.
pub struct Detector {
    /// The rule: `secret-github-token`.
    pub id: &'static str,
    /// What it is, with its article: `a GitHub token`.
    pub what: &'static str,
    /// The title of the rule: `GitHub token is written in a file`.
    pub title: &'static str,
    /// What whoever finds it can do, and how it is replaced; one or two sentences.
    pub docs: &'static str,
    /// What it opens: critical for whole accounts and private keys, high for most, medium for what is narrow.
    pub severity: Severity,
    /// In lower case, at least three bytes, better five: one of them stands in every match.
    pub keywords: &'static [&'static str],
    /// The form. The group `secret` or `other` is the token, else the whole match. What stands beside the token is looked at in any
    /// case: a token is no part of a longer word.
    pub pattern: &'static str,
    /// The least entropy of the token in bits for each byte; 0: any.
    pub entropy: f32,
    /// How far a match begins before a keyword at most, in bytes.
    pub before: usize,
    /// How far a match reaches from a keyword at most, in bytes.
    pub reach: usize,
    /// What the form cannot say: a checksum, a header that decodes.
    pub verify: Option<fn(&str) -> bool>,
    /// The same in other tools: `gitleaks:github-pat`.
    pub peers: &'static [&'static str],
    /// How sure a match is.
    pub prevalence: Prevalence,
    /// Texts that hold exactly one, as [`sample`](sample::sample) fills them in: `key = "ghp_{A36}"`.
    pub positives: &'static [&'static str],
    /// Texts that look like one and are none.
    pub negatives: &'static [&'static str],
}

/// How much a form says by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prevalence {
    /// Nothing else has this form.
    Certain,
    /// Other texts may have it: the confidence is medium.
    Likely,
}

impl Detector {
    /// What a declaration leaves out.
    pub const DEFAULT: Self = Self {
        id: "",
        what: "",
        title: "",
        docs: "",
        severity: Severity::High,
        keywords: &[],
        pattern: "",
        entropy: 0.0,
        before: 96,
        reach: 256,
        verify: None,
        peers: &[],
        prevalence: Prevalence::Certain,
        positives: &[],
        negatives: &[],
    };
}

impl fmt::Debug for Detector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Detector").field(&self.id).finish()
    }
}

impl PartialEq for Detector {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Detector {}

impl DerivedExamples for Detector {
    /// The first samples; they are made when somebody asks, so that none stands in the sources.
    fn fences(&self) -> String {
        let fence = |text: &str, expect: &str| format!("```text {expect}\n{text}\n```\n");
        let bad = |template: &&str| {
            let text = sample::sample(template);
            let found = found(&text).into_iter().find(|found| found.detector == self);
            let before = found.and_then(|found| text.get(..found.range.start)).unwrap_or_default();
            fence(&text, &format!("bad:{}", before.matches('\n').count() + 1))
        };
        let positive = self.positives.first().map(bad);
        let negative = self.negatives.first().map(|template| fence(&sample::sample(template), "good"));
        positive.into_iter().chain(negative).collect()
    }
}

/// Every detector, by who issues what it finds. Where two say the same of a text, the first speaks.
pub fn detectors() -> impl Iterator<Item = &'static Detector> {
    [
        aws::DETECTORS,
        azure::DETECTORS,
        google::DETECTORS,
        alibaba::DETECTORS,
        clouds::DETECTORS,
        github::DETECTORS,
        gitlab::DETECTORS,
        source_hosting::DETECTORS,
        ci::DETECTORS,
        quality::DETECTORS,
        registries::DETECTORS,
        infrastructure::DETECTORS,
        kubernetes::DETECTORS,
        keys::DETECTORS,
        web_tokens::DETECTORS,
        files::DETECTORS,
        ai::DETECTORS,
        chat::DETECTORS,
        commerce::DETECTORS,
        connection::DETECTORS,
        content::DETECTORS,
        data::DETECTORS,
        frameworks::DETECTORS,
        hosting::DETECTORS,
        identity::DETECTORS,
        lookup::DETECTORS,
        mail::DETECTORS,
        monitoring::DETECTORS,
        payment::DETECTORS,
        social::DETECTORS,
        trading::DETECTORS,
        work::DETECTORS,
    ]
    .into_iter()
    .flatten()
}
