//! Files that are judged together: what is found in one of them may come from another.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use portcullis_core::{Draft, FileId, Finding, LineIndex, ScanError, Span, SuppressedBy, Suppression};
use portcullis_rules::Outcome;
use rayon::prelude::*;

use crate::directives::{Carrier, Directives};
use crate::judge::{Input, Judge, Judged};
use crate::scrub::Scrub;
use crate::seal::Sealer;

/// One file of several that are judged together, and what was said of it.
pub(crate) struct Sheet<'a, 't> {
    pub(crate) judge: Judge<'a>,
    pub(crate) input: Input<'a>,
    pub(crate) text: &'t str,
    pub(crate) directives: Directives,
    pub(crate) outcome: Outcome,
}

/// A file that is read and not judged, and has suppressions.
pub(crate) struct Aside<'t> {
    pub(crate) file: FileId,
    pub(crate) text: &'t str,
    pub(crate) directives: Directives,
}

/// From what was said of each file to findings. A suppression in any of the files counts that a value came through, also in
/// one that is not judged itself.
pub(crate) fn seal(sheets: Vec<Sheet<'_, '_>>, asides: Vec<Aside<'_>>, left: &mut Judged) {
    let texts = sheets.iter().map(|sheet| (sheet.input.file, sheet.text));
    let texts = texts.chain(asides.iter().map(|aside| (aside.file, aside.text)));
    let lines: HashMap<FileId, LineIndex<'_>> = texts.map(|(file, text)| (file, LineIndex::new(text))).collect();
    let mut masked: HashMap<FileId, Vec<Span>> = HashMap::new();
    for sheet in &sheets {
        let said = sheet.outcome.drafts.iter().chain(sheet.outcome.claims.iter().map(|(draft, _)| draft));
        let others = sheet.outcome.masked.iter().copied();
        for span in said.flat_map(|draft| draft.masked.iter().copied()).chain(others) {
            masked.entry(span.file).or_default().push(span);
        }
    }
    let written = sheets
        .iter()
        .flat_map(|sheet| masked.get(&sheet.input.file).into_iter().flatten().map(|span| (sheet.text, *span)));
    let scrub = Scrub::new(written).map(Arc::new);
    let mut directives: BTreeMap<FileId, Directives> =
        asides.into_iter().map(|aside| (aside.file, aside.directives)).collect();
    let mut sealers = Vec::new();
    let mut rest = Vec::new();
    for Sheet { judge, input, text, directives: own, outcome } in sheets {
        directives.insert(input.file, own);
        rest.push((judge, input, text, outcome));
    }
    for (judge, input, text, outcome) in rest {
        for rule in outcome.panicked {
            let rule = judge.catalog.get(rule).id.to_string();
            left.errors.push(ScanError::RulePanicked { rule, path: input.target.path.clone() });
        }
        let mut sealer = Sealer::new(judge.catalog, judge.selection, judge.needs, input.root_path, text);
        sealer.mask_with(masked.remove(&input.file).unwrap_or_default(), scrub.clone());
        sealer.knows(&lines);
        for draft in judge.yields.resolve(outcome.drafts) {
            left.findings.push(seal_one(&judge, draft, &mut directives, &mut sealer));
        }
        for (draft, claim) in outcome.claims {
            left.claims.push((seal_one(&judge, draft, &mut directives, &mut sealer), claim));
        }
        sealers.push((judge, input.file, sealer));
    }
    for (judge, file, mut sealer) in sealers {
        let Some(directives) = directives.get(&file) else { continue };
        for draft in judge.about_directives(directives, judge.could_tell(left)) {
            left.findings.push(sealer.seal(draft));
        }
    }
}

/// Seals a draft. Its own file is asked first for a suppression, and then the files that its value came through.
fn seal_one(
    judge: &Judge<'_>,
    mut draft: Draft,
    directives: &mut BTreeMap<FileId, Directives>,
    sealer: &mut Sealer<'_>,
) -> Finding {
    let own = draft.place.span.file;
    let mut files = vec![own];
    for span in &draft.via {
        if !files.contains(&span.file) {
            files.push(span.file);
        }
    }
    let suppressed = files.into_iter().find_map(|file| {
        let directive = directives.get_mut(&file)?.suppress(&mut draft, file, judge.today)?;
        let location = sealer.locate_anywhere(directive.span, own)?;
        let by = match directive.carrier {
            Carrier::Comment => SuppressedBy::Comment(location),
            Carrier::Annotation => SuppressedBy::Annotation(location),
        };
        let reason = directive.reason.clone().map(|reason| sealer.clean(reason.into()).into_owned());
        Some(Box::new(Suppression { by, reason }))
    });
    Finding { suppressed, ..sealer.seal(draft) }
}

/// Maps on the workers of the scan, where it has any.
pub(crate) fn on_workers<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync + Send) -> Vec<R> {
    if items.len() > 1 && rayon::current_thread_index().is_some() {
        items.par_iter().map(work).collect()
    } else {
        items.iter().map(work).collect()
    }
}
