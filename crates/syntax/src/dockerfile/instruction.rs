//! From lines to instructions.

use std::ops::Range;

use portcullis_core::{Comment, FileId, Span, SyntaxError, SyntaxErrorKind};

use super::heredoc::{self, Operator};
use super::lines::{Joined, Line, Lines, continued};
use super::text::offset;
use super::words::{self, BLANKS, Json};
use super::{
    Args, Directive, Dockerfile, From, Healthcheck, HealthcheckCommand, Heredoc, Instruction, Keyword, Pair, PairForm,
    Text, Word, flags,
};

/// More than any image has layers by orders of magnitude.
const MAX_INSTRUCTIONS: usize = 20_000;
/// Words, flags and heredocs of a file.
const MAX_WORDS: usize = 200_000;
/// A file with more errors is no Dockerfile.
const MAX_ERRORS: usize = 200;
/// `ONBUILD ONBUILD X` is refused by builders but still read; a third level is not.
const MAX_ONBUILD: usize = 2;
/// What templates of the usual engines have where a Dockerfile has an instruction.
const TEMPLATE_MARKERS: [&str; 4] = ["{{", "{%", "<%", "@@"];

pub(super) fn parse(file: FileId, text: &str) -> Dockerfile {
    let dockerfile = Dockerfile {
        file,
        text: text.to_owned(),
        directives: Vec::new(),
        escape: '\\',
        instructions: Vec::new(),
        comments: Vec::new(),
        errors: Vec::new(),
        is_template: false,
    };
    let mut parser = Parser { lines: Lines::new(text), dockerfile, words: MAX_WORDS, in_marker: false };
    if u32::try_from(text.len()).is_ok() {
        parser.file();
    } else {
        parser.error(Span::new(file, 0, 0), SyntaxErrorKind::Limit, "the file is larger than 4 GiB".to_owned());
    }
    parser.dockerfile
}

struct Parser<'t> {
    lines: Lines<'t>,
    dockerfile: Dockerfile,
    /// How many more words may be kept.
    words: usize,
    /// Whether the instruction before ends inside of `{{ … }}`, which then goes on in the lines that follow.
    in_marker: bool,
}

impl<'t> Parser<'t> {
    fn file(&mut self) {
        let mut at_top = true;
        while let Some(line) = self.lines.next() {
            at_top = at_top && self.directive(line);
            if at_top || line.is_blank() {
                continue;
            }
            if self.comment(line) {
                continue;
            }
            if self.dockerfile.instructions.len() >= MAX_INSTRUCTIONS {
                let message = format!("more than {MAX_INSTRUCTIONS} instructions; the rest is not read");
                return self.error(self.span_of(line), SyntaxErrorKind::Limit, message);
            }
            self.instruction(line);
        }
    }

    /// Whether a line is a parser directive. The first line that is none ends them.
    fn directive(&mut self, line: Line<'_>) -> bool {
        let Some(comment) = line.comment() else { return false };
        let text = line.text.trim_start().trim_start_matches('#');
        // A second `#` makes it a comment like any other.
        if line.text.trim_start().len() != text.len() + 1 {
            return false;
        }
        let Some((name, value)) = text.split_once('=') else { return false };
        let (name, value) = (name.trim().to_lowercase(), value.trim());
        if !matches!(name.as_str(), "syntax" | "escape" | "check") || value.is_empty() {
            return false;
        }
        let span =
            Span::new(self.dockerfile.file, offset(comment.start), offset(line.start + line.text.trim_end().len()));
        let value_span = Span { start: span.end - offset(value.len()), ..span };
        if self.dockerfile.directive(&name).is_some() {
            self.invalid(span, format!("the `{name}` directive is given twice"));
        } else if name == "escape" {
            match value {
                "\\" => self.dockerfile.escape = '\\',
                "`" => self.dockerfile.escape = '`',
                _ => self.invalid(value_span, format!("`{value}` is not an escape character (\\ or `)")),
            }
        }
        self.dockerfile.directives.push(Directive { name, value: value.to_owned(), value_span, span });
        true
    }

    fn comment(&mut self, line: Line<'_>) -> bool {
        let Some(range) = line.comment() else { return false };
        let span = Span::new(self.dockerfile.file, offset(range.start), offset(range.end));
        self.dockerfile.comments.push(Comment { span, own_line: true });
        true
    }

    /// Reads one instruction, whose first line this is.
    fn instruction(&mut self, first: Line<'t>) {
        let escape = self.dockerfile.escape;
        let errors_before = self.dockerfile.errors.len();
        let mut joined = Joined::new(self.dockerfile.file);
        let mut empty_continuations = Vec::new();
        let mut line = first;
        let mut text = first.text.trim_start();
        loop {
            let start = line.start + line.text.len() - text.len();
            let Some(kept) = continued(text, escape) else {
                joined.push(start, text);
                break;
            };
            joined.push(start, text.get(..kept).unwrap_or_default());
            let next = loop {
                match self.lines.next() {
                    Some(next) if self.comment(next) => {}
                    Some(next) if next.is_blank() => empty_continuations.push(self.span_of(next)),
                    next => break next,
                }
            };
            // The file may end inside a continued instruction.
            let Some(next) = next else { break };
            line = next;
            text = next.text;
        }
        let whole = joined.trim(0..joined.text.len());
        if whole.is_empty() {
            return self.invalid(self.span_of(first), "a continued line without an instruction".to_owned());
        }
        let mut instruction = self.read(&joined, whole, None, 0);
        self.heredocs(&joined, &mut instruction);
        instruction.empty_continuations = empty_continuations;
        if self.dockerfile.errors.len() > errors_before {
            self.dockerfile.is_template |=
                self.in_marker || TEMPLATE_MARKERS.iter().any(|marker| joined.text.contains(marker));
        }
        let last = |marker: &str| joined.text.rfind(marker);
        self.in_marker = last("{{").is_some_and(|opening| last("}}").is_none_or(|closing| closing < opening));
        self.dockerfile.instructions.push(instruction);
    }

    /// Reads keyword, flags and arguments from a range that begins and ends without blanks.
    fn read(&mut self, line: &Joined, range: Range<usize>, onbuild: Option<Span>, depth: usize) -> Instruction {
        let text = line.get(range.clone());
        let keyword_end = range.start + text.find(BLANKS).unwrap_or(text.len());
        let written = line.get(range.start..keyword_end).to_owned();
        let keyword = Keyword::of(&written);
        let keyword_span = line.span(range.start..keyword_end);
        if keyword == Keyword::Unknown {
            self.invalid(keyword_span, format!("unknown instruction `{}`", shorten(&written)));
        }
        let (found, rest) = flags::split(line, keyword_end..range.end, self.dockerfile.escape);
        let found = self.afford(found.into_iter());
        let flags = found.into_iter().map(|flag| flags::read(line, flag, self.dockerfile.escape)).collect();
        let rest = line.trim(rest);
        let span = line.span(range);
        let mut instruction = Instruction {
            keyword,
            written,
            keyword_span,
            span,
            head: span,
            flags,
            body: line.slice(rest.clone()),
            args: Args::None,
            heredocs: Vec::new(),
            empty_continuations: Vec::new(),
            invalid_json: None,
            onbuild,
        };
        if !rest.is_empty() {
            self.arguments(&mut instruction, line, rest, depth);
        } else if !matches!(keyword, Keyword::Unknown | Keyword::Run | Keyword::Cmd | Keyword::Entrypoint) {
            self.invalid(keyword_span, format!("{} has no arguments", keyword.name()));
        }
        instruction
    }

    fn arguments(&mut self, instruction: &mut Instruction, line: &Joined, rest: Range<usize>, depth: usize) {
        let escape = self.dockerfile.escape;
        instruction.args = match instruction.keyword {
            Keyword::Unknown => Args::None,
            Keyword::Run | Keyword::Cmd | Keyword::Entrypoint => {
                self.json(instruction, line, rest).map_or(Args::Shell, Args::Exec)
            }
            Keyword::Shell => self.json(instruction, line, rest).map_or_else(
                || {
                    self.invalid(instruction.body.span(), "SHELL takes a JSON array of strings".to_owned());
                    Args::Shell
                },
                Args::Exec,
            ),
            Keyword::Copy | Keyword::Add | Keyword::Volume => {
                let json = self.json(instruction, line, rest.clone());
                let args = json.map_or_else(|| Args::Words(self.blank_separated(line, rest)), Args::Exec);
                let (Args::Exec(words) | Args::Words(words)) = &args else { return };
                if words.len() < 2 && instruction.keyword != Keyword::Volume {
                    let message = format!("{} needs a source and a destination", instruction.keyword.name());
                    self.invalid(instruction.body.span(), message);
                }
                args
            }
            Keyword::Expose => Args::Words(self.blank_separated(line, rest)),
            Keyword::User | Keyword::Workdir | Keyword::Stopsignal | Keyword::Maintainer => {
                Args::Words(vec![words::bare(line, rest, escape)])
            }
            Keyword::Env | Keyword::Label => Args::Pairs(self.pairs(line, rest, instruction.keyword)),
            Keyword::Arg => Args::Pairs(self.arg_pairs(line, rest)),
            Keyword::From => self.from(line, rest),
            Keyword::Healthcheck => self.healthcheck(instruction, line, rest),
            Keyword::Onbuild if depth < MAX_ONBUILD => {
                Args::Onbuild(Box::new(self.read(line, rest, Some(instruction.keyword_span), depth + 1)))
            }
            Keyword::Onbuild => Args::None,
        };
    }

    /// The words of a JSON array; absent where the text is none.
    fn json(&mut self, instruction: &mut Instruction, line: &Joined, rest: Range<usize>) -> Option<Vec<Word>> {
        let elements = match words::json_array(line, rest.clone()) {
            Json::Strings(elements) => elements,
            Json::Not => return None,
            Json::Broken => {
                instruction.invalid_json = Some(line.span(rest));
                return None;
            }
            Json::Others => {
                let span = line.span(rest);
                instruction.invalid_json = Some(span);
                self.invalid(span, "a JSON array of arguments may hold strings only".to_owned());
                return None;
            }
        };
        Some(self.afford(elements.into_iter()).into_iter().map(|range| words::json_word(line, range)).collect())
    }

    fn blank_separated(&mut self, line: &Joined, rest: Range<usize>) -> Vec<Word> {
        let ranges = self.afford(words::split_blanks(line, rest));
        ranges.into_iter().map(|range| words::bare(line, range, self.dockerfile.escape)).collect()
    }

    /// ENV and LABEL: `key=value …`, or the deprecated `key value with blanks`.
    fn pairs(&mut self, line: &Joined, rest: Range<usize>, keyword: Keyword) -> Vec<Pair> {
        let escape = self.dockerfile.escape;
        let ranges = self.afford(words::split_quoted(line, rest.clone(), escape));
        if ranges.first().is_some_and(|first| !line.get(first.clone()).contains('=')) {
            let mut blanks = line.get(rest.clone()).match_indices(BLANKS);
            let Some((key, _)) = blanks.next() else {
                self.invalid(line.span(rest), format!("{} needs a name and a value", keyword.name()));
                return Vec::new();
            };
            let (key, value) = (rest.start..rest.start + key, line.trim(rest.start + key..rest.end));
            let (key, value) = (words::bare(line, key, escape), words::bare(line, value, escape));
            return vec![Pair { key, value: Some(value), form: PairForm::Legacy, span: line.span(rest) }];
        }
        let mut pairs = Vec::with_capacity(ranges.len());
        for range in ranges {
            let pair = pair(line, range, escape);
            if pair.value.is_none() {
                self.invalid(pair.span, format!("`{}` is not of the form name=value", shorten(&pair.key.raw)));
            } else if pair.key.raw.is_empty() {
                self.invalid(pair.span, format!("{} names cannot be blank", keyword.name()));
            } else {
                pairs.push(pair);
            }
        }
        pairs
    }

    fn arg_pairs(&mut self, line: &Joined, rest: Range<usize>) -> Vec<Pair> {
        let escape = self.dockerfile.escape;
        let ranges = self.afford(words::split_quoted(line, rest, escape));
        let mut pairs = Vec::with_capacity(ranges.len());
        for range in ranges {
            let pair = pair(line, range, escape);
            if pair.key.raw.is_empty() {
                self.invalid(pair.span, "ARG names cannot be blank".to_owned());
            } else {
                pairs.push(pair);
            }
        }
        pairs
    }

    fn from(&mut self, line: &Joined, rest: Range<usize>) -> Args {
        let span = line.span(rest.clone());
        let mut words = self.blank_separated(line, rest).into_iter();
        let (Some(image), second, third) = (words.next(), words.next(), words.next()) else { return Args::None };
        let second_is_as = second.as_ref().is_some_and(|word| word.as_str().eq_ignore_ascii_case("as"));
        match (&second, &third) {
            (None, None) => {}
            (Some(_), Some(name)) if second_is_as && words.next().is_none() => {
                if !is_stage_name(&name.raw) {
                    let message = format!("`{}` is not a stage name", shorten(&name.raw));
                    self.invalid(name.span(), message);
                }
            }
            _ => self.invalid(span, "FROM takes an image, or an image, AS and a name".to_owned()),
        }
        let (as_keyword, name) = if second_is_as { (second, third) } else { (None, None) };
        Args::From(Box::new(From { image, as_keyword, name }))
    }

    fn healthcheck(&mut self, instruction: &mut Instruction, line: &Joined, rest: Range<usize>) -> Args {
        let text = line.get(rest.clone());
        let kind_end = rest.start + text.find(char::is_whitespace).unwrap_or(text.len());
        let kind = words::bare(line, rest.start..kind_end, self.dockerfile.escape);
        let rest = line.trim(kind_end..rest.end);
        let mut command = None;
        match kind.raw.to_ascii_uppercase().as_str() {
            "NONE" if rest.is_empty() => {}
            "NONE" => self.invalid(line.span(rest), "HEALTHCHECK NONE takes no arguments".to_owned()),
            "CMD" if rest.is_empty() => self.invalid(kind.span(), "HEALTHCHECK CMD has no command".to_owned()),
            "CMD" => {
                let words = self.json(instruction, line, rest.clone());
                command =
                    Some(words.map_or_else(|| HealthcheckCommand::Shell(line.slice(rest)), HealthcheckCommand::Exec));
            }
            _ => self.invalid(kind.span(), format!("`{}` is neither CMD nor NONE", shorten(&kind.raw))),
        }
        Args::Healthcheck(Healthcheck { kind, command })
    }

    /// Reads the bodies that an instruction's `<<EOF` words announce.
    fn heredocs(&mut self, line: &Joined, instruction: &mut Instruction) {
        let worker = instruction.triggered();
        let takes_heredocs = matches!(worker.keyword, Keyword::Run | Keyword::Copy | Keyword::Add)
            && !matches!(worker.args, Args::Exec(_));
        if !takes_heredocs || !line.text.contains("<<") {
            return;
        }
        let is_run = worker.keyword == Keyword::Run;
        let operators = self.afford(heredoc::operators(&line.text).into_iter());
        let mut heredocs = Vec::with_capacity(operators.len());
        for operator in operators {
            let heredoc = self.heredoc(line, operator, is_run);
            let terminated = heredoc.terminator.is_some();
            heredocs.push(heredoc);
            if !terminated {
                break;
            }
        }
        let mut end = instruction.span.end;
        for heredoc in &heredocs {
            end = end.max(heredoc.span.end);
        }
        let mut current = instruction;
        loop {
            current.span.end = end;
            match &mut current.args {
                Args::Onbuild(inner) => current = inner,
                _ => break,
            }
        }
        current.heredocs = heredocs;
    }

    fn heredoc(&mut self, line: &Joined, operator: Operator, is_run: bool) -> Heredoc {
        let file = self.dockerfile.file;
        let start = offset(self.lines.position());
        let mut content = Text::empty(file, start);
        let mut terminator = None;
        let mut end = start;
        for next in self.lines.by_ref() {
            let body = if operator.strip_tabs { next.text.trim_start_matches('\t') } else { next.text };
            let tabs = next.text.len() - body.len();
            end = offset(next.start + next.whole.len());
            if body == operator.name {
                end = offset(next.start + next.text.len());
                terminator = Some(Span::new(file, offset(next.start + tabs), end));
                break;
            }
            let kept = next.whole.get(tabs..).unwrap_or_default();
            content.text.push_str(kept);
            content.map.push(offset(next.start + tabs), offset(kept.len()));
        }
        let span = Span::new(file, start, end);
        let operator_span = line.span(operator.range);
        if terminator.is_none() {
            self.invalid(operator_span, format!("the heredoc `{}` is not terminated", shorten(&operator.name)));
        }
        Heredoc {
            name: operator.name,
            fd: operator.fd,
            strip_tabs: operator.strip_tabs,
            // A shell reads RUN's heredocs; COPY's are the builder's own, which does not count a backslash as a quote.
            expand: !(operator.quotes || is_run && operator.escapes),
            operator: operator_span,
            content,
            span,
            terminator,
        }
    }

    /// As many items as the file's budget of words allows.
    fn afford<T>(&mut self, items: impl Iterator<Item = T>) -> Vec<T> {
        let taken: Vec<T> = items.take(self.words).collect();
        let had = self.words;
        self.words -= taken.len();
        if self.words == 0 && had > 0 {
            let at = offset(self.lines.position());
            let message = format!("more than {MAX_WORDS} words; the rest is not read");
            self.error(Span::new(self.dockerfile.file, at, at), SyntaxErrorKind::Limit, message);
        }
        taken
    }

    fn invalid(&mut self, span: Span, message: String) {
        self.error(span, SyntaxErrorKind::Invalid, message);
    }

    fn error(&mut self, span: Span, kind: SyntaxErrorKind, message: String) {
        let errors = &mut self.dockerfile.errors;
        match errors.len() {
            MAX_ERRORS => {
                let message = format!("more than {MAX_ERRORS} syntax errors; no more are reported");
                errors.push(SyntaxError { span, message, kind: SyntaxErrorKind::Limit });
            }
            count if count < MAX_ERRORS => errors.push(SyntaxError { span, message, kind }),
            _ => {}
        }
    }

    fn span_of(&self, line: Line<'_>) -> Span {
        Span::new(self.dockerfile.file, offset(line.start), offset(line.start + line.text.len()))
    }
}

/// A `key=value` word, or a key alone.
fn pair(line: &Joined, range: Range<usize>, escape: char) -> Pair {
    let span = line.span(range.clone());
    let (key, value) = match line.get(range.clone()).find('=') {
        Some(at) => (range.start..range.start + at, Some(range.start + at + 1..range.end)),
        None => (range, None),
    };
    let value = value.map(|value| words::bare(line, value, escape));
    Pair { key: words::bare(line, key, escape), value, form: PairForm::Equals, span }
}

/// A letter, then letters, digits, `-`, `_` and `.`; case does not count.
fn is_stage_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// What a message shows of a text that may be of any length.
fn shorten(text: &str) -> String {
    const SHOWN: usize = 40;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
