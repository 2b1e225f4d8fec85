//! Where a word, a quotation, an expansion or a heredoc ends.
//!
//! One loop with its own stack: hostile nesting costs memory in proportion to the text, never call depth. Bytes are
//! enough, because every byte with a meaning is ASCII.

/// What the scan stands in; also where it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// A word: ends before a blank, an operator or a parenthesis.
    Word,
    /// After `"`.
    Double,
    /// After `${`; inside double quotes a single quote is an ordinary character.
    Brace(Quoting),
    /// After `$(`, `<(`, `(` or `name=(`; counts the `case`s that are open, whose patterns end with a lone `)`.
    Paren(u32),
    /// After `((`: neither comments nor heredocs.
    Arithmetic,
    /// After a backtick.
    Backtick,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quoting {
    Bare,
    Double,
}

/// What opens a substitution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opener {
    Dollar,
    Process,
    Backtick,
}

/// A substitution that no other encloses: offsets of its inner text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Substitution {
    pub(super) opener: Opener,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Where a scan ended, and whether everything that was opened was closed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scan {
    pub(super) end: usize,
    pub(super) closed: bool,
    /// The most that was open at once.
    pub(super) depth: usize,
}

/// Heredocs whose delimiters hold substitutions that hold heredocs: read so deep, because each is a call within a call.
const MAX_DELIMITERS: u8 = 8;

/// A template marker is looked for this far; one that is longer is read as ordinary text.
const TEMPLATE_LIMIT: usize = 1024;

/// The byte at `at`, or 0 past the end. No byte is special that equals 0, so a NUL in the text is ordinary.
pub(super) fn byte(text: &str, at: usize) -> u8 {
    text.as_bytes().get(at).copied().unwrap_or(0)
}

/// Whether `text` goes on with `what` at `at`.
pub(super) fn at(text: &str, at: usize, what: &str) -> bool {
    text.as_bytes().get(at..).is_some_and(|rest| rest.starts_with(what.as_bytes()))
}

/// The offset after the template marker that starts at `from`: `${{ … }}`, `{{ … }}`, `<% … %>`.
pub(super) fn template_end(text: &str, from: usize) -> Option<usize> {
    let (open, close): (usize, &[u8]) = match (byte(text, from), byte(text, from.saturating_add(1))) {
        (b'$', b'{') if byte(text, from.saturating_add(2)) == b'{' => (3, b"}}"),
        (b'{', b'{') => (2, b"}}"),
        (b'<', b'%') => (2, b"%>"),
        _ => return None,
    };
    let inner = from.saturating_add(open);
    let limit = inner.saturating_add(TEMPLATE_LIMIT).min(text.len());
    let found = memchr::memmem::find(text.as_bytes().get(inner..limit)?, close)?;
    Some(inner.saturating_add(found).saturating_add(2))
}

/// The offset after the line break that a backslash at `from` escapes.
pub(super) fn continuation_end(text: &str, from: usize) -> Option<usize> {
    match (byte(text, from), byte(text, from.saturating_add(1)), byte(text, from.saturating_add(2))) {
        (b'\\', b'\n', _) => Some(from.saturating_add(2)),
        (b'\\', b'\r', b'\n') => Some(from.saturating_add(3)),
        _ => None,
    }
}

/// Whether a word ends before `byte`.
pub(super) fn ends_word(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')')
}

/// Scans from `from`, which stands inside `base`, to the end of `base`: before the byte that ends a word, after the byte
/// that closes anything else. The outermost substitutions are appended to `substitutions`.
pub(super) fn scan(text: &str, from: usize, base: Frame, substitutions: &mut Vec<Substitution>) -> Scan {
    scan_within(text, from, base, substitutions, 0)
}

/// Scans a delimiter that stands within `delimiters` others.
fn scan_within(text: &str, from: usize, base: Frame, substitutions: &mut Vec<Substitution>, delimiters: u8) -> Scan {
    let mut scanner = Scanner {
        text,
        at: from,
        start: from,
        stack: vec![base],
        heredocs: Vec::new(),
        open: None,
        depth: 1,
        delimiters,
        substitutions,
    };
    let closed = scanner.run();
    Scan { end: scanner.at.min(text.len()), closed, depth: scanner.depth }
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    start: usize,
    stack: Vec<Frame>,
    heredocs: Vec<Delimiter>,
    /// The outermost substitution: the stack's height under it.
    open: Option<(usize, Opener, usize)>,
    depth: usize,
    /// Delimiters of heredocs that are being read around this.
    delimiters: u8,
    substitutions: &'a mut Vec<Substitution>,
}

impl Scanner<'_> {
    fn run(&mut self) -> bool {
        while let Some(&top) = self.stack.last() {
            self.depth = self.depth.max(self.stack.len());
            if self.at >= self.text.len() {
                return top == Frame::Word && self.stack.len() == 1;
            }
            let here = byte(self.text, self.at);
            if here == b'\\' {
                self.step(2);
                continue;
            }
            if top == Frame::Backtick {
                self.step(1);
                if here == b'`' {
                    self.close(1);
                }
                continue;
            }
            if let Some(end) = template_end(self.text, self.at) {
                self.at = end;
                continue;
            }
            if self.expansion(here, top) {
                continue;
            }
            match top {
                Frame::Word if ends_word(here) => {
                    if !self.grouping_in_word(here) {
                        return true;
                    }
                }
                Frame::Double => {
                    self.step(1);
                    if here == b'"' {
                        self.stack.pop();
                    }
                }
                Frame::Brace(_) if here == b'}' => {
                    self.step(1);
                    self.stack.pop();
                }
                Frame::Paren(_) => self.in_paren(here),
                Frame::Arithmetic => self.in_arithmetic(here),
                _ => self.quote_or_step(here, top),
            }
        }
        true
    }

    fn step(&mut self, by: usize) {
        self.at = self.at.saturating_add(by);
    }

    fn enter(&mut self, frame: Frame, opener: Opener, width: usize) {
        self.step(width);
        if self.open.is_none() {
            self.open = Some((self.stack.len(), opener, self.at));
        }
        self.stack.push(frame);
    }

    /// Pops a frame whose closer, `width` bytes, was just passed.
    fn close(&mut self, width: usize) {
        self.stack.pop();
        if let Some((height, opener, start)) = self.open
            && height == self.stack.len()
        {
            let end = self.at.saturating_sub(width);
            self.substitutions.push(Substitution { opener, start, end });
            self.open = None;
        }
        if self.stack.len() <= 1 {
            self.heredocs.clear();
        }
    }

    /// `$(`, `$((`, `${` and backticks, which every frame but a backtick's has.
    fn expansion(&mut self, here: u8, top: Frame) -> bool {
        let next = byte(self.text, self.at.saturating_add(1));
        match (here, next) {
            (b'`', _) => self.enter(Frame::Backtick, Opener::Backtick, 1),
            (b'$', b'(') if at(self.text, self.at, "$((") => {
                self.step(3);
                self.stack.extend([Frame::Arithmetic, Frame::Arithmetic]);
            }
            (b'$', b'(') => self.enter(Frame::Paren(0), Opener::Dollar, 2),
            (b'$', b'{') => {
                self.step(2);
                let quoting = match top {
                    Frame::Double | Frame::Brace(Quoting::Double) => Quoting::Double,
                    _ => Quoting::Bare,
                };
                self.stack.push(Frame::Brace(quoting));
            }
            (b'$', b'\'') if !matches!(top, Frame::Double | Frame::Brace(Quoting::Double)) => {
                self.step(2);
                self.ansi_quote();
            }
            (b'<' | b'>', b'(') if self.process_substitution(top) => self.enter(Frame::Paren(0), Opener::Process, 2),
            _ => return false,
        }
        true
    }

    fn process_substitution(&self, top: Frame) -> bool {
        match top {
            Frame::Word => self.at == self.start,
            Frame::Paren(_) => true,
            _ => false,
        }
    }

    /// `name=(…)` and the extended globs `@(…)`: a parenthesis that does not end the word.
    fn grouping_in_word(&mut self, here: u8) -> bool {
        if here != b'(' || self.at == self.start {
            return false;
        }
        match byte(self.text, self.at.saturating_sub(1)) {
            b'=' | b'@' | b'?' | b'*' | b'+' | b'!' => {
                self.step(1);
                self.stack.push(Frame::Paren(0));
                true
            }
            _ => false,
        }
    }

    fn quote_or_step(&mut self, here: u8, top: Frame) {
        self.step(1);
        match here {
            b'"' => self.stack.push(Frame::Double),
            b'\'' if top != Frame::Brace(Quoting::Double) => {
                self.at = single_quote_end(self.text, self.at).unwrap_or(usize::MAX);
                if self.at == usize::MAX {
                    // An open quotation: what it was meant to hold is unknown, and nothing after it is read.
                    self.at = self.text.len();
                    self.stack.push(Frame::Double);
                }
            }
            _ => {}
        }
    }

    fn ansi_quote(&mut self) {
        while self.at < self.text.len() {
            match byte(self.text, self.at) {
                b'\\' => self.step(2),
                b'\'' => {
                    self.step(1);
                    return;
                }
                _ => self.step(1),
            }
        }
        self.stack.push(Frame::Double);
    }

    fn in_arithmetic(&mut self, here: u8) {
        self.step(1);
        match here {
            b'(' => self.stack.push(Frame::Arithmetic),
            b')' => self.close(1),
            b'"' => self.stack.push(Frame::Double),
            _ => {}
        }
    }

    fn in_paren(&mut self, here: u8) {
        match here {
            b'(' => {
                self.step(1);
                self.stack.push(Frame::Paren(0));
            }
            b')' => {
                self.step(1);
                if !matches!(self.stack.last(), Some(Frame::Paren(1..))) {
                    self.close(1);
                }
            }
            b'#' if self.at_word_start() => self.at = line_end(self.text, self.at),
            b'\n' => {
                self.step(1);
                for delimiter in std::mem::take(&mut self.heredocs) {
                    self.at = heredoc_body(self.text, self.at, &delimiter).next;
                }
            }
            b'<' if at(self.text, self.at, "<<<") => self.step(3),
            b'<' if at(self.text, self.at, "<<") => {
                self.step(2);
                let delimiters = self.delimiters.saturating_add(1);
                if delimiters <= MAX_DELIMITERS
                    && let Some(delimiter) = delimiter_within(self.text, self.at, delimiters)
                {
                    self.at = delimiter.end;
                    self.heredocs.push(delimiter);
                }
            }
            b'c' if self.at_word_start() && self.keyword("case") && self.at_command_start() => {
                self.step(4);
                if let Some(Frame::Paren(cases)) = self.stack.last_mut() {
                    *cases = cases.saturating_add(1);
                }
            }
            b'e' if self.at_word_start() && self.keyword("esac") => {
                self.step(4);
                if let Some(Frame::Paren(cases)) = self.stack.last_mut() {
                    *cases = cases.saturating_sub(1);
                }
            }
            _ => self.quote_or_step(here, Frame::Paren(0)),
        }
    }

    fn at_word_start(&self) -> bool {
        self.at == self.start || ends_word(byte(self.text, self.at.saturating_sub(1)))
    }

    fn keyword(&self, word: &str) -> bool {
        let after = byte(self.text, self.at.saturating_add(word.len()));
        at(self.text, self.at, word) && (after == 0 || ends_word(after))
    }

    /// Whether a command can start here, judged by what stands before the blanks.
    fn at_command_start(&self) -> bool {
        let before = self.text.as_bytes().get(self.start..self.at).unwrap_or_default();
        // The look back is bounded, or a text of blanks and `case` would cost its square.
        let window = before.get(before.len().saturating_sub(64)..).unwrap_or_default();
        let trimmed = window.trim_ascii_end();
        let newline = window.get(trimmed.len()..).is_some_and(|blanks| blanks.contains(&b'\n'));
        newline
            || trimmed.is_empty()
            || [&b"("[..], b";", b"&", b"|", b"`", b"{", b"!", b" do", b"then", b"else"]
                .iter()
                .any(|end| trimmed.ends_with(end))
    }
}

/// The offset after the single quote that closes a quotation whose text starts at `from`.
pub(super) fn single_quote_end(text: &str, from: usize) -> Option<usize> {
    let found = memchr::memchr(b'\'', text.as_bytes().get(from..)?)?;
    Some(from.saturating_add(found).saturating_add(1))
}

/// The offset of the line break at or after `from`, or the end.
pub(super) fn line_end(text: &str, from: usize) -> usize {
    let rest = text.as_bytes().get(from..).unwrap_or_default();
    memchr::memchr(b'\n', rest).map_or(text.len(), |found| from.saturating_add(found))
}

/// What ends a heredoc.
#[derive(Clone, Debug)]
pub(super) struct Delimiter {
    pub(super) text: String,
    pub(super) strip_tabs: bool,
    pub(super) quoted: bool,
    /// The raw delimiter.
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Reads what follows `<<`. `None` when nothing does.
pub(super) fn heredoc_delimiter(text: &str, from: usize) -> Option<Delimiter> {
    delimiter_within(text, from, 0)
}

fn delimiter_within(text: &str, from: usize, delimiters: u8) -> Option<Delimiter> {
    let strip_tabs = byte(text, from) == b'-';
    let mut start = from.saturating_add(usize::from(strip_tabs));
    while matches!(byte(text, start), b' ' | b'\t') {
        start = start.saturating_add(1);
    }
    let end = scan_within(text, start, Frame::Word, &mut Vec::new(), delimiters).end;
    let raw = text.get(start..end).filter(|raw| !raw.is_empty())?;
    let quoted = raw.contains(['\'', '"', '\\']);
    Some(Delimiter { text: raw.replace(['\'', '"', '\\'], ""), strip_tabs, quoted, start, end })
}

/// A heredoc's body: `start..end`, then the delimiter's line, then `next`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Body {
    pub(super) end: usize,
    pub(super) next: usize,
    pub(super) closed: bool,
}

/// Finds the end of the body that starts at `from`.
pub(super) fn heredoc_body(text: &str, from: usize, delimiter: &Delimiter) -> Body {
    let mut line = from;
    while line < text.len() {
        let end = line_end(text, line);
        let content = text.get(line..end).unwrap_or_default();
        let content = content.strip_suffix('\r').unwrap_or(content);
        let content = if delimiter.strip_tabs { content.trim_start_matches('\t') } else { content };
        let next = end.saturating_add(1).min(text.len());
        if content == delimiter.text {
            return Body { end: line, next, closed: true };
        }
        line = next;
    }
    Body { end: text.len(), next: text.len(), closed: false }
}
