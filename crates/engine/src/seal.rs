//! From drafts to findings: what needs the text is resolved while it is there.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use portcullis_core::{
    Catalog, Draft, FileId, Finding, Fingerprint, Fix, Identity, LineHash, LineIndex, Location, Related, SealedEdit,
    SealedFix, Span, StableHash, Trace, line_hashes, shortened,
};

use crate::scrub::{Scrub, hint, without_user_information};
use crate::select::Selection;

/// What the reports of a scan need, besides the position of each finding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// The source lines.
    pub line: bool,
    /// GitHub's line hash.
    pub line_hash: bool,
    /// The packages of the scan.
    pub packages: bool,
    /// What tells findings apart when files are renamed and lines change.
    pub trace: bool,
    /// What a part of a scan leaves for the whole.
    pub facts: bool,
}

/// Seals the drafts of one file.
pub(crate) struct Sealer<'s> {
    catalog: &'s Catalog,
    selection: &'s Selection,
    needs: Needs,
    root_path: &'s str,
    lines: LineIndex<'s>,
    hashes: Vec<LineHash>,
    /// How many findings had the same rule, structure and value so far.
    ordinals: BTreeMap<(u32, u64, u64), u64>,
    /// The secrets of the file, in order; none touches another.
    masked: Vec<Span>,
    /// What messages are searched for.
    scrub: Option<Arc<Scrub>>,
    text: &'s str,
    /// The hash of the text, once a fix asked for it.
    text_hash: Option<u64>,
    /// The other files that its findings may point to.
    others: Others<'s>,
}

/// Files by their numbers.
pub(crate) type Others<'s> = Option<&'s HashMap<FileId, LineIndex<'s>>>;

/// Bytes of a source line that are kept at most; a finding behind them keeps no line.
const LINE_LIMIT: usize = 4000;

impl<'s> Sealer<'s> {
    pub(crate) fn new(
        catalog: &'s Catalog,
        selection: &'s Selection,
        needs: Needs,
        root_path: &'s str,
        text: &'s str,
    ) -> Self {
        let hashes = if needs.line_hash { line_hashes(text) } else { Vec::new() };
        let lines = LineIndex::new(text);
        Self {
            catalog,
            selection,
            needs,
            root_path,
            lines,
            hashes,
            ordinals: BTreeMap::new(),
            masked: Vec::new(),
            scrub: None,
            text,
            text_hash: None,
            others: None,
        }
    }

    /// Hides secrets in every line that is kept, and in all that is said.
    pub(crate) fn mask(&mut self, secrets: Vec<Span>) {
        let scrub = Scrub::new(secrets.iter().map(|span| (self.text, *span)));
        self.mask_with(secrets, scrub.map(Arc::new));
    }

    /// The same where what is said may repeat the secrets of other files.
    pub(crate) fn mask_with(&mut self, mut secrets: Vec<Span>, scrub: Option<Arc<Scrub>>) {
        self.scrub = scrub;
        secrets.sort_unstable();
        secrets.dedup_by(|next, kept| {
            let joins = next.start <= kept.end;
            if joins {
                kept.end = kept.end.max(next.end);
            }
            joins
        });
        self.masked = secrets;
    }

    /// Seals a draft of a rule that is on.
    pub(crate) fn seal(&mut self, draft: Draft) -> Finding {
        let rule = self.catalog.get(draft.rule);
        let place = draft.place.span;
        let location = self.locate(place);
        // A value that is short or guessed could be found from its hash.
        let value = if self.is_masked(place) { 0 } else { draft.place.value };
        let ordinal = self.ordinals.entry((draft.rule.0, draft.place.structure, value)).or_default();
        let identity = Identity { structure: draft.place.structure, value, ordinal: *ordinal };
        *ordinal += 1;
        let fix = draft.fix.map(|fix| Box::new(self.seal_fix(*fix)));
        let trace = self.needs.trace.then(|| {
            let via = draft.via.iter().filter_map(|span| self.locate_anywhere(*span, place.file)).collect();
            Box::new(Trace { identity, content: self.content(&rule.id, &identity, &location), via, other: None })
        });
        Finding {
            rule: draft.rule,
            severity: self.selection.severity(draft.rule).unwrap_or(rule.severity),
            unrated: rule.unrated && !self.selection.sets_severity(draft.rule),
            confidence: draft.confidence.unwrap_or(rule.confidence),
            message: self.clean(draft.message),
            help: draft.help.map(|help| self.clean(help)),
            location,
            related: draft
                .labels
                .into_iter()
                .filter_map(|label| {
                    let location = self.locate_anywhere(label.span, place.file)?;
                    let line = if label.span.file == place.file { self.line(&location) } else { None };
                    Some(Related { location, message: self.clean(label.message), line })
                })
                .collect(),
            also: draft.also,
            fingerprint: Fingerprint::new(&rule.id, self.root_path, &identity),
            line_hash: self.hashes.get((location.start.line as usize).saturating_sub(1)).copied(),
            line: self.line(&location),
            fix,
            suppressed: None,
            commit: None,
            trace,
        }
    }

    /// See [`Trace::content`].
    fn content(&self, rule: &str, identity: &Identity, location: &Location) -> u64 {
        let mut hash = StableHash::new();
        hash.text(rule);
        hash.number(identity.structure);
        hash.number(identity.value);
        let own = location.start.line;
        for line in [own.saturating_sub(1), own, own.saturating_add(1)] {
            let text = if line == 0 { "" } else { self.lines.text(line) };
            let mut end = LINE_LIMIT.min(text.len());
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            let shown = self.without_secrets(text.get(..end).unwrap_or(text), self.lines.line_start(line));
            // Indentation is formatting, and so are quotes.
            let bare = shown.split_whitespace().flat_map(|word| word.split(['"', '\'']));
            bare.filter(|word| !word.is_empty()).for_each(|word| hash.text(word));
            hash.number(0);
        }
        hash.short()
    }

    fn seal_fix(&mut self, fix: Fix) -> SealedFix {
        let precondition = *self.text_hash.get_or_insert_with(|| hash_of(self.text));
        let holds_secret =
            fix.edits.iter().any(|edit| self.scrub.as_ref().is_some_and(|scrub| scrub.is_in(&edit.text)));
        let edits = fix.edits.into_iter().map(|edit| SealedEdit { location: self.locate(edit.span), text: edit.text });
        let title = self.clean(fix.title.into()).into_owned();
        SealedFix { safety: fix.safety, title, edits: edits.collect(), holds_secret, precondition }
    }

    /// What is said, without the secrets that it repeats, and with names that can be read. Secrets go first: half of one is no
    /// text that is looked for.
    pub(crate) fn clean<'m>(&self, text: Cow<'m, str>) -> Cow<'m, str> {
        let text = match &self.scrub {
            Some(scrub) => scrub.clean(text),
            None => text,
        };
        // What came from a file that is not here.
        shortened(match text.contains("://").then(|| without_user_information(&text)).flatten() {
            Some(clean) => Cow::Owned(clean),
            None => text,
        })
    }

    fn is_masked(&self, span: Span) -> bool {
        let next = self.masked.partition_point(|secret| secret.end <= span.start);
        self.masked.get(next).is_some_and(|secret| secret.start < span.end)
    }

    pub(crate) fn locate(&self, span: Span) -> Location {
        Location { span, start: self.lines.position(span.start), end: self.lines.position(span.end) }
    }

    /// A place in this file, which is `file`, or in another that is known.
    pub(crate) fn locate_anywhere(&self, span: Span, file: FileId) -> Option<Location> {
        if span.file == file {
            return Some(self.locate(span));
        }
        let lines = self.others?.get(&span.file)?;
        Some(Location { span, start: lines.position(span.start), end: lines.position(span.end) })
    }

    /// Lets findings point to other files.
    pub(crate) fn knows(&mut self, others: &'s HashMap<FileId, LineIndex<'s>>) {
        self.others = Some(others);
    }

    fn line(&self, location: &Location) -> Option<Box<str>> {
        if !self.needs.line {
            return None;
        }
        let line = self.lines.text(location.start.line);
        let start = self.lines.line_start(location.start.line);
        // Columns count from the line's start, so only the tail can go, and a finding far into a minified file would keep
        // most of that file.
        if location.span.start.saturating_sub(start) as usize > LINE_LIMIT {
            return None;
        }
        let mut end = LINE_LIMIT.min(line.len());
        while !line.is_char_boundary(end) {
            end -= 1;
        }
        let line = line.get(..end).unwrap_or(line);
        Some(self.without_secrets(line, start).into())
    }

    /// The line, which starts at byte `start`, with stars in the place of secrets. Columns stay what they are.
    fn without_secrets<'l>(&self, line: &'l str, start: u32) -> Cow<'l, str> {
        let end = start.saturating_add(u32::try_from(line.len()).unwrap_or(u32::MAX));
        let first = self.masked.partition_point(|secret| secret.end <= start);
        let last = self.masked.partition_point(|secret| secret.start < end);
        let secrets = self.masked.get(first..last).unwrap_or_default();
        if secrets.is_empty() {
            return Cow::Borrowed(line);
        }
        let hidden: Vec<(u32, u32)> = secrets.iter().map(|secret| self.hidden(*secret)).collect();
        let shown = |at: usize, c: char| {
            let at = start.saturating_add(u32::try_from(at).unwrap_or(u32::MAX));
            let is_hidden = hidden.iter().any(|&(from, to)| from <= at && at < to);
            if is_hidden && !c.is_whitespace() { '*' } else { c }
        };
        Cow::Owned(line.char_indices().map(|(at, c)| shown(at, c)).collect())
    }

    /// The bytes of a secret that are not shown: not its quotes, which tell nothing, nor the hint.
    fn hidden(&self, secret: Span) -> (u32, u32) {
        let value = secret.slice(self.text);
        let is_within = |quote: &char| value.len() > 1 && value.starts_with(*quote) && value.ends_with(*quote);
        let margin = usize::from(['"', '\''].iter().any(is_within));
        let widths: Vec<u32> = value.chars().map(|c| u32::try_from(c.len_utf8()).unwrap_or(4)).collect();
        let inner = widths.get(margin..widths.len() - margin).unwrap_or_default();
        let (head, tail) = hint(inner.len());
        let bytes = |characters: &[u32]| characters.iter().sum::<u32>();
        let margin = u32::from(margin > 0);
        let start = secret.start + margin + bytes(inner.get(..head).unwrap_or_default());
        let end = secret.end - margin - bytes(inner.get(inner.len() - tail..).unwrap_or_default());
        (start, end)
    }
}

/// What tells a text from another version of it, for the preconditions of fixes.
pub(crate) fn hash_of(text: &str) -> u64 {
    let mut hash = StableHash::new();
    hash.text(text);
    hash.short()
}
