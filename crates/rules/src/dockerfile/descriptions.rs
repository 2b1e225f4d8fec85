//! Comments that describe build arguments and stages.
//!
//! Decided by the lines right above ARG and FROM. Whether the author meant a description, nobody can tell: the rule is for
//! files whose descriptions are shown to users.

use portcullis_core::{Comment, Span};
use portcullis_syntax::dockerfile::{Args, Instruction, Keyword, Word};

use super::Image;
use super::walk::place;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&DEFINITION_COMMENT_MALFORMED];

rule! {
    /// Comment above ARG or FROM does not begin with the name
    ///
    /// `docker build --call=outline` and `--call=targets` show the comment as the description of the argument or stage, but only
    /// where its last line begins with the name: `# VERSION of the program`. A comment that is no description needs an empty line
    /// below it. Silent for stages without a name, for directives of linters, and where any line above begins with the name.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// # what to install
    /// ARG VERSION=1.2.3
    /// ```
    /// ```dockerfile good
    /// # build compiles the program
    /// FROM golang:1.26 AS build
    /// # VERSION of the program
    /// ARG VERSION=1.2.3
    /// # Nothing below is cached.
    ///
    /// ARG COMMIT
    /// # hadolint ignore=DL3006
    /// FROM debian AS final
    /// # The user is made by the base image.
    /// USER 10001
    /// ```
    DEFINITION_COMMENT_MALFORMED = "docker-definition-comment-malformed" {
        check: Check::Dockerfile(definition_comment_malformed),
        severity: Severity::Info,
        profile: Profile::OptIn,
        peers: &["buildkit:InvalidDefinitionDescription"],
    }
}

fn definition_comment_malformed(image: &Image<'_>, report: &mut Report<'_>) {
    let file = image.build.dockerfile;
    for (index, instruction) in file.instructions.iter().enumerate() {
        let names = defined(instruction);
        let Some(first) = names.first() else { continue };
        let comments = description(file.comments_before(index), instruction, image.text);
        let Some(last) = comments.last() else { continue };
        let text = |span: Span| span.slice(image.text).trim_start_matches('#').trim_start();
        let describes = |comment: &Comment| {
            let word = text(comment.span).split_whitespace().next().unwrap_or_default();
            names.contains(&word.trim_end_matches(':'))
        };
        if text(last.span).is_empty() || is_directive(text(last.span)) || comments.iter().any(describes) {
            continue;
        }
        let stage = image.build.stage_of(instruction);
        report
            .at(
                place(stage, instruction.keyword, last.span, first),
                format!("the comment is no description of `{first}`: it does not begin with the name"),
            )
            .help(format!("write `# {first} …`, or leave an empty line below the comment"));
    }
}

/// The names that an ARG or a FROM defines.
fn defined(instruction: &Instruction) -> Vec<&str> {
    match (&instruction.args, instruction.keyword) {
        (Args::From(from), _) => from.name.iter().map(Word::as_str).collect(),
        (_, Keyword::Arg) => instruction.pairs().iter().map(|pair| pair.key.as_str()).collect(),
        _ => Vec::new(),
    }
}

/// The comments right above an instruction, without an empty line between them and it.
fn description<'c>(comments: &'c [Comment], instruction: &Instruction, text: &str) -> &'c [Comment] {
    let mut below = instruction.span.start;
    let lines = comments.iter().rev().take_while(|comment| {
        let between = text.get(comment.span.end as usize..below as usize).unwrap_or_default();
        below = comment.span.start;
        comment.own_line && between.matches('\n').count() == 1
    });
    let count = lines.count();
    comments.get(comments.len().saturating_sub(count)..).unwrap_or_default()
}

/// Whether the comment speaks to a program.
fn is_directive(text: &str) -> bool {
    let programs =
        ["hadolint", "portcullis:", "checkov:", "trivy:", "kics-scan", "check=", "syntax=", "escape=", "shellcheck"];
    programs.iter().any(|program| text.starts_with(program)) || text.starts_with("renovate:")
}
