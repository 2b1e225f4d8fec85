//! What policies are asked beside the judging of files: about files that a parser was named for, and about all at once.
//!
//! Files are read once more for it: which of them a result means is known when all have been seen.

use std::collections::BTreeMap;
use std::sync::Arc;

use portcullis_core::{Draft, FileId, LineIndex, ScanError, SyntaxError};
use portcullis_model::kubernetes::{Object, objects};
use portcullis_policy::{Form, Hint, Kind, Value, Violation, inputs};

use super::asking::{Asking, on_one_line};
use super::contents::{Contents, Parser};
use super::policy_error;
use crate::builds::Scan;
use crate::classify::Language;
use crate::directives::Directives;
use crate::discover::Origin;
use crate::judge::{Input, Judge, Judged};
use crate::together::on_workers;

impl Asking {
    /// Asks about what was left out while files were judged.
    pub(crate) fn apart(&self, scan: &Scan<'_>) -> Judged {
        let all: Vec<usize> = (0..scan.found.targets.len()).collect();
        let mut left = Judged::default();
        if self.is_combined && !self.loaded.forms(Kind::Combined, |_| true).is_empty() {
            left = self.combined(scan, &all);
        }
        let Some(parser) = self.parser else { return left };
        let asked = on_workers(&all, |&index| {
            let input = (scan.input)(index).filter(|input| self.is_apart(input.target.origin))?;
            Some((scan.judge)(index).by_parser(self, &input, parser))
        });
        asked.into_iter().flatten().for_each(|one| left.merge(one));
        left
    }

    /// The parser of a file: the one that was named, for files that were.
    fn parser_of(&self, input: &Input<'_>) -> Option<Parser> {
        let is_named = matches!(input.target.origin, Origin::Named | Origin::StandardInput);
        let is_text = input.target.origin == Origin::StandardInput && input.language == Language::Text;
        let known = || Parser::of(input.language, &input.target.path).or(is_text.then_some(Parser::Yaml));
        self.parser.filter(|_| is_named).or_else(known)
    }

    /// Asks about all documents as one input.
    fn combined(&self, scan: &Scan<'_>, targets: &[usize]) -> Judged {
        let mut left = Judged::default();
        let read = on_workers(targets, |&index| {
            let input = (scan.input)(index)?;
            let parser = self.parser_of(&input)?;
            let text = (scan.judge)(index).text_apart(&input)?;
            let (contents, fault) = Contents::read(parser, input.file, &text);
            Some(match fault {
                None => Ok((index, contents.values(&text))),
                Some(fault) => Err((input.target.origin, unreadable(&input, parser, &fault, &text))),
            })
        });
        let mut pieces: Vec<(usize, usize, &str, Value)> = Vec::new();
        for read in read.into_iter().flatten() {
            match read {
                Ok((index, values)) => {
                    let path = scan.found.targets.get(index).map_or("", |(target, _)| target.path.as_str());
                    pieces.extend(values.into_iter().enumerate().map(|(at, value)| (index, at, path, value)));
                }
                // What was met is reported by the rules.
                Err((Origin::Found | Origin::Changed, _)) => {}
                Err((_, error)) => left.errors.push(error),
            }
        }
        if pieces.is_empty() {
            return left;
        }
        let value = inputs::combined(pieces.iter().map(|(_, _, path, value)| (*path, value.clone())));
        let base = (scan.judge)(usize::MAX);
        let is_on = |check: usize| self.rule(check).is_some_and(|rule| base.selection.is_on(rule));
        let mut faults = Vec::new();
        let violations = self.with_worker(|worker| {
            self.loaded.judge(worker, (Kind::Combined, Form::Plain), &value, &is_on, &mut faults)
        });
        left.errors.extend(faults.into_iter().map(policy_error));
        let paths: Vec<&str> = pieces.iter().map(|(_, _, path, _)| *path).collect();
        let mut by_file: BTreeMap<usize, Vec<(usize, Violation)>> = BTreeMap::new();
        for mut violation in violations {
            let piece = meant(&mut violation.hint, &violation.message, &paths);
            if let Some((index, document, ..)) = pieces.get(piece) {
                by_file.entry(*index).or_default().push((*document, violation));
            }
        }
        let said = by_file.into_iter().collect::<Vec<_>>();
        let placed = on_workers(&said, |(index, violations)| {
            let input = (scan.input)(*index)?;
            let parser = self.parser_of(&input)?;
            let judge = (scan.judge)(*index);
            let text = judge.text_apart(&input)?;
            let (contents, _) = Contents::read(parser, input.file, &text);
            let lines = LineIndex::new(&text);
            let mut drafts = Vec::new();
            for (document, Violation { check, message, help, hint, .. }) in violations {
                let Some(rule) = self.rule(*check).filter(|rule| judge.selection.is_on(*rule)) else { continue };
                let (outline, subject) = contents.outline(&text, input.file, *document);
                let message = on_one_line(message.clone());
                let located = outline.locate(hint, &message, Some(&lines), subject);
                let mut draft = Draft::new(rule, located.place, message);
                draft.via = located.via;
                if let Some(help) = help {
                    draft.help(on_one_line(help.clone()));
                }
                drafts.push(draft);
            }
            let mut judged = Judged::default();
            judge.finish_apart(&input, &text, &contents, drafts, &mut judged);
            Some(judged)
        });
        placed.into_iter().flatten().for_each(|one| left.merge(one));
        left
    }
}

/// The document that a result means: by its number, by a path that it or its message names; else the first.
fn meant(hint: &mut Hint, message: &str, paths: &[&str]) -> usize {
    for path in &mut hint.paths {
        let index = path.first().and_then(|step| step.parse::<usize>().ok());
        if let Some(index) = index.filter(|index| *index < paths.len()) {
            let of_file = if path.get(1).is_some_and(|step| step == "contents") { 2 } else { 1 };
            path.drain(..of_file.min(path.len()));
            return index;
        }
    }
    let of_file = |file: &str| paths.iter().position(|path| *path == file.trim_start_matches("./"));
    let told = hint.files.iter().find_map(|file| of_file(file));
    let named = || {
        let named = paths.iter().enumerate().filter(|(_, path)| message.contains(**path));
        named.rev().max_by_key(|(_, path)| path.len()).map(|(at, _)| at)
    };
    told.or_else(named).unwrap_or_default()
}

fn unreadable(input: &Input<'_>, parser: Parser, fault: &SyntaxError, text: &str) -> ScanError {
    let line = LineIndex::new(text).line(fault.span.start);
    let reason = format!("cannot be read as {parser} for policies: line {line}: {}", fault.message);
    ScanError::Path { path: input.target.path.clone().into(), reason }
}

impl Judge<'_> {
    /// The text of a file that was read before: what is wrong with it has been said.
    fn text_apart(&self, input: &Input<'_>) -> Option<Arc<str>> {
        self.read(input, &mut Judged::default()).map(Arc::from)
    }

    fn by_parser(&self, asking: &Asking, input: &Input<'_>, parser: Parser) -> Judged {
        let mut judged = Judged::default();
        let Some(text) = self.text_apart(input) else { return judged };
        let (contents, fault) = Contents::read(parser, input.file, &text);
        if let Some(fault) = fault {
            judged.errors.push(unreadable(input, parser, &fault, &text));
            return judged;
        }
        let mut drafts = Vec::new();
        self.ask_of_contents(asking, input, (&contents, &text), &mut drafts, &mut judged);
        self.finish_apart(input, &text, &contents, drafts, &mut judged);
        judged
    }

    /// Suppresses and seals. Suppressions that nothing uses are told where files are judged.
    fn finish_apart(
        &self,
        input: &Input<'_>,
        text: &str,
        contents: &Contents<'_>,
        drafts: Vec<Draft>,
        judged: &mut Judged,
    ) {
        if drafts.is_empty() {
            return;
        }
        let file: FileId = input.file;
        let directives = match contents {
            Contents::Tree(tree) => {
                let all: Vec<Object<'_>> = tree.documents().flat_map(|document| objects(document.root)).collect();
                Directives::of_tree(tree, &all, self.catalog)
            }
            Contents::Dockerfile(parsed) => self.dockerfile_directives(file, parsed, text),
            Contents::Hcl(parsed) => Directives::of_hcl(file, parsed, text, self.catalog),
            Contents::Dotenv | Contents::Ignore | Contents::Ini(_) | Contents::Properties(_) | Contents::Xml(_) => {
                Directives::of_text(text, file, self.catalog)
            }
        };
        self.seal_apart(input, text, drafts, directives, judged);
    }
}
