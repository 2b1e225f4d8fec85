//! From text to simple commands: a loop over tokens with a stack of open groups.
//!
//! It is more forgiving than a shell. A closer that does not fit, an open quotation, a word where none may stand: each
//! marks the script as not complete, and reading goes on.

use std::borrow::Cow;

use portcullis_core::{OffsetMap, Span};

use super::decode::{Decoded, decode, name_end};
use super::scan::{
    Delimiter, Frame, Opener, Substitution, at, byte, continuation_end, heredoc_body, heredoc_delimiter, line_end,
    scan, template_end,
};
use super::wrappers::{self, Inner};
use super::{
    Assignment, Command, Heredoc, Joined, PipePosition, Redirect, RedirectKind, Script, ShellOptions, Word, Wrapper,
    grammar, interpreter, resolve,
};

/// Substitutions and shells within each other; every level reads its text again.
const MAX_LEVEL: u16 = 16;
/// Groups within each other. Beyond it they are read as if they were not there.
const MAX_GROUPS: usize = 128;
/// Bytes that may be looked through in vain for the end of what begins like arithmetic, for each byte of the script.
const MAX_LOOKAHEAD: usize = 4;
/// Wrappers before one command (`sudo env nice …`).
const MAX_WRAPPERS: u16 = 8;
/// Arguments and redirections of a command that a second wrapper is still followed for: each wrapper copies them.
const MAX_WRAPPED_WORDS: usize = 2000;

/// Parses a whole script.
pub(super) fn script(text: &str, map: &OffsetMap, initial: ShellOptions) -> Script {
    let interpreter = interpreter(text);
    let mut options = initial;
    if let Some(shebang) = &interpreter {
        let given = shebang.options();
        options.errexit |= given.errexit;
        options.pipefail |= given.pipefail;
    }
    let mut out = Out {
        script: Script { complete: true, interpreter, initial: options, ..Script::default() },
        scopes: vec![Scope { parent: None, options }],
        pipelines: 0,
        deepest: 0,
        lookahead: text.len().saturating_mul(MAX_LOOKAHEAD),
        loop_variables: Vec::new(),
    };
    let region = Region { text, base: 0, map: Cow::Borrowed(map) };
    Parser::new(&mut out, &region, Context::default()).run();
    let Out { mut script, scopes, loop_variables, deepest, .. } = out;
    let parents = scopes.into_iter().map(|scope| scope.parent).collect();
    script.values = resolve::Values::collect(&script.commands, &loop_variables, parents);
    let accepted = grammar::accepts(text, deepest);
    script.invalid = !script.complete && accepted == grammar::Verdict::Refused;
    script.complete = script.complete && accepted == grammar::Verdict::Accepted;
    script
}

/// What all regions of a script write to.
struct Out {
    script: Script,
    scopes: Vec<Scope>,
    pipelines: u32,
    /// The most groups, quotations and expansions that were open at once in one region.
    deepest: usize,
    /// What is left of [`MAX_LOOKAHEAD`].
    lookahead: usize,
    loop_variables: Vec<resolve::LoopVariable>,
}

/// A process that runs commands: variables and options set in it do not reach its parent.
struct Scope {
    parent: Option<u32>,
    options: ShellOptions,
}

impl Out {
    fn scope(&mut self, parent: Option<u32>, options: ShellOptions) -> u32 {
        self.scopes.push(Scope { parent, options });
        u32::try_from(self.scopes.len().saturating_sub(1)).unwrap_or(u32::MAX)
    }

    fn options(&self, scope: u32) -> ShellOptions {
        self.scopes.get(scope as usize).map(|scope| scope.options).unwrap_or_default()
    }
}

/// A stretch of text that is read as a script of its own.
struct Region<'a> {
    text: &'a str,
    /// Offset of the text in the map.
    base: u32,
    map: Cow<'a, OffsetMap>,
}

impl Region<'_> {
    fn span(&self, start: usize, end: usize) -> Span {
        self.map.span(self.offset(start), self.offset(end))
    }

    fn offset(&self, at: usize) -> u32 {
        self.base.saturating_add(u32::try_from(at).unwrap_or(u32::MAX))
    }

    /// The part `start..end`, read on its own.
    fn part(&self, start: usize, end: usize) -> Region<'_> {
        let text = self.text.get(start..end).unwrap_or_default();
        Region { text, base: self.offset(start), map: Cow::Borrowed(self.map.as_ref()) }
    }

    /// Text decoded from the raw word at `start`. Where quote removal dropped nothing inside, the spans stay exact
    /// without a map of their own.
    fn decoded<'a>(&'a self, start: usize, decoded: &'a Decoded) -> Region<'a> {
        if let [(0, raw)] = decoded.runs.as_slice() {
            let base = self.offset(start.saturating_add(*raw));
            return Region { text: &decoded.text, base, map: Cow::Borrowed(self.map.as_ref()) };
        }
        let mut map = OffsetMap::new(self.map.file(), self.map.source(self.offset(start)));
        let ends = decoded.runs.iter().skip(1).map(|&(text, _)| text).chain([decoded.text.len()]);
        for (&(text, raw), end) in decoded.runs.iter().zip(ends) {
            for step in 0..end.saturating_sub(text) {
                let from = start.saturating_add(raw).saturating_add(step);
                map.push(self.map.source(self.offset(from)), 1);
            }
        }
        Region { text: &decoded.text, base: 0, map: Cow::Owned(map) }
    }
}

/// What is true of every command of a group.
#[derive(Clone, Copy, Debug)]
struct Context {
    in_subshell: bool,
    in_condition: bool,
    in_function: bool,
    in_loop: bool,
    in_branch: bool,
    substitution: bool,
    wrapper: Option<Wrapper>,
    wrapped_by: Option<usize>,
    joined: Joined,
    /// Regions within each other, for the limit.
    depth: u16,
    /// Substitutions within each other.
    level: u16,
    scope: u32,
}

impl Default for Context {
    fn default() -> Self {
        Self {
            in_subshell: false,
            in_condition: false,
            in_function: false,
            in_loop: false,
            in_branch: false,
            substitution: false,
            wrapper: None,
            wrapped_by: None,
            joined: Joined::First,
            depth: 0,
            level: 0,
            scope: 0,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Subshell,
    Brace,
    If,
    Loop,
    CasePattern,
    CaseBody,
}

impl Kind {
    fn same_group(self, other: Self) -> bool {
        let plain = |kind| if kind == Self::CaseBody { Self::CasePattern } else { kind };
        plain(self) == plain(other)
    }
}

/// The pipeline that is being read.
#[derive(Clone, Copy, Debug, Default)]
struct Pipeline {
    id: Option<u32>,
    index: u32,
    /// Index of the first command of the element.
    first: usize,
    negated: bool,
}

/// An open group: what to return to when it closes.
struct Group {
    kind: Kind,
    context: Context,
    pipeline: Pipeline,
}

/// The simple command that is being read.
#[derive(Default)]
struct Current {
    assignments: Vec<Assignment>,
    words: Vec<(usize, Word)>,
    redirects: Vec<Redirect>,
    /// `(pending heredoc, redirect)`
    heredocs: Vec<(usize, usize)>,
    substitutions: Vec<Substitution>,
    start: Option<usize>,
    end: usize,
    /// What is read follows `fi`, `done`, `}` or `)`: only redirections may.
    after_group: bool,
}

impl Current {
    fn is_empty(&self) -> bool {
        self.start.is_none()
    }

    fn cover(&mut self, start: usize, end: usize) {
        self.start.get_or_insert(start);
        self.end = end;
    }
}

/// What a command and those that it wraps have in common.
struct Written<'a> {
    /// Where its words start in the region.
    offsets: &'a [usize],
    /// `(pending heredoc, redirect)`
    heredocs: &'a [(usize, usize)],
}

/// A heredoc whose body is still to come.
struct Pending {
    delimiter: Delimiter,
    /// `(command, redirect)` of those that it belongs to: a command and what it wraps.
    places: Vec<(usize, usize)>,
}

struct Parser<'o, 'r> {
    out: &'o mut Out,
    region: &'r Region<'r>,
    text: &'r str,
    at: usize,
    context: Context,
    joined: Joined,
    pipeline: Pipeline,
    groups: Vec<Group>,
    /// Groups that were opened beyond the limit.
    skipped: usize,
    function_next: bool,
    current: Current,
    pending: Vec<Pending>,
}

impl<'o, 'r> Parser<'o, 'r> {
    fn new(out: &'o mut Out, region: &'r Region<'r>, context: Context) -> Self {
        let pipeline = Pipeline { first: out.script.commands.len(), ..Pipeline::default() };
        Self {
            out,
            region,
            text: region.text,
            at: 0,
            context,
            joined: context.joined,
            pipeline,
            groups: Vec::new(),
            skipped: 0,
            function_next: false,
            current: Current::default(),
            pending: Vec::new(),
        }
    }

    fn run(mut self) {
        while self.at < self.text.len() {
            if self.groups.last().is_some_and(|group| group.kind == Kind::CasePattern) && self.current.is_empty() {
                self.pattern();
            } else {
                self.token();
            }
        }
        self.finish(Joined::Seq);
        if !self.groups.is_empty() || self.skipped > 0 || !self.pending.is_empty() {
            self.broken();
        }
        while let Some(group) = self.groups.pop() {
            self.pipeline = group.pipeline;
            self.end_element(true);
        }
    }

    fn broken(&mut self) {
        self.out.script.complete = false;
    }

    fn step(&mut self, by: usize) {
        self.at = self.at.saturating_add(by);
    }

    fn skip_blanks(&mut self) {
        while self.at < self.text.len() {
            if let Some(end) = continuation_end(self.text, self.at) {
                self.at = end;
            } else if matches!(byte(self.text, self.at), b' ' | b'\t' | b'\r') {
                self.step(1);
            } else {
                return;
            }
        }
    }

    fn token(&mut self) {
        self.skip_blanks();
        let next = byte(self.text, self.at.saturating_add(1));
        match byte(self.text, self.at) {
            _ if self.at >= self.text.len() => {}
            b'\n' => {
                self.finish(Joined::Seq);
                self.step(1);
                self.heredocs();
            }
            b'#' => self.at = line_end(self.text, self.at),
            b';' if matches!(next, b';' | b'&') && self.in_case() => {
                self.finish(Joined::Seq);
                self.step(if at(self.text, self.at, ";;&") { 3 } else { 2 });
                if let Some(group) = self.groups.last_mut() {
                    group.kind = Kind::CasePattern;
                }
            }
            b';' => self.operator(1, Joined::Seq),
            b'&' if next == b'&' => self.operator(2, Joined::And),
            b'&' if next == b'>' => self.redirect(self.at, None),
            b'&' => self.operator(1, Joined::Background),
            b'|' if next == b'|' => self.operator(2, Joined::Or),
            b'|' if next == b'&' => self.operator(2, Joined::Pipe),
            b'|' => self.operator(1, Joined::Pipe),
            b'(' => self.open_parenthesis(next),
            b')' => {
                self.step(1);
                self.close(Kind::Subshell);
            }
            b'<' | b'>' if next != b'(' && template_end(self.text, self.at).is_none() => self.redirect(self.at, None),
            _ => self.word(),
        }
    }

    fn operator(&mut self, width: usize, joined: Joined) {
        self.finish(joined);
        self.step(width);
    }

    fn in_case(&self) -> bool {
        self.groups.last().is_some_and(|group| group.kind == Kind::CaseBody)
    }

    // Groups

    fn open(&mut self, kind: Kind, change: impl FnOnce(&mut Context)) {
        if self.groups.len() >= MAX_GROUPS {
            self.skipped = self.skipped.saturating_add(1);
            self.broken();
            return;
        }
        self.out.deepest = self.out.deepest.max(self.groups.len());
        self.groups.push(Group { kind, context: self.context, pipeline: self.pipeline });
        self.context.in_function |= std::mem::take(&mut self.function_next);
        self.context.in_condition |= self.pipeline.negated;
        change(&mut self.context);
        self.pipeline = Pipeline { first: self.out.script.commands.len(), ..Pipeline::default() };
    }

    /// Closes the innermost group of `kind`, with whatever was left open inside it.
    fn close(&mut self, kind: Kind) {
        self.finish(Joined::Seq);
        if self.skipped > 0 {
            self.skipped = self.skipped.saturating_sub(1);
            return;
        }
        let Some(found) = self.groups.iter().rposition(|group| group.kind.same_group(kind)) else {
            self.broken();
            return;
        };
        if found.saturating_add(1) != self.groups.len() {
            self.broken();
        }
        while self.groups.len() > found {
            let Some(group) = self.groups.pop() else { break };
            self.context = group.context;
            self.pipeline = group.pipeline;
        }
        self.current.after_group = true;
    }

    /// Goes on to the next section of the innermost group, which must be of `kind`.
    fn section(&mut self, kind: Kind, change: impl FnOnce(&mut Context)) {
        self.finish(Joined::Seq);
        self.joined = Joined::Seq;
        match self.groups.last() {
            Some(group) if group.kind == kind => {
                let negated = group.pipeline.negated;
                let in_function = self.context.in_function;
                self.context = group.context;
                self.context.in_function = in_function;
                self.context.in_condition |= negated;
                change(&mut self.context);
            }
            _ if self.skipped > 0 => {}
            _ => self.broken(),
        }
    }

    fn open_parenthesis(&mut self, next: u8) {
        if let [(_, name)] = self.current.words.as_slice()
            && self.current.redirects.is_empty()
            && self.current.assignments.is_empty()
        {
            let after = self.text.get(self.at.saturating_add(1)..).unwrap_or_default();
            let blanks = after.len().saturating_sub(after.trim_start_matches([' ', '\t']).len());
            if after.trim_start_matches([' ', '\t']).starts_with(')') {
                self.out.script.functions.push(name.text.clone());
                self.current = Current::default();
                self.step(blanks.saturating_add(2));
                self.function_next = true;
                return;
            }
        }
        if !self.current.is_empty() || self.current.after_group {
            self.broken();
            self.finish(Joined::Seq);
        }
        if next == b'(' && self.out.lookahead == 0 {
            self.broken();
        } else if next == b'(' {
            let mut substitutions = Vec::new();
            let first = scan(self.text, self.at.saturating_add(2), Frame::Arithmetic, &mut substitutions);
            if first.closed && byte(self.text, first.end) == b')' {
                self.at = first.end.saturating_add(1);
                self.visit(&substitutions);
                self.current.after_group = true;
                return;
            }
            self.out.lookahead = self.out.lookahead.saturating_sub(first.end.saturating_sub(self.at));
        }
        self.step(1);
        let scope = self.out.scope(Some(self.context.scope), self.out.options(self.context.scope));
        self.open(Kind::Subshell, |context| {
            context.in_subshell = true;
            context.scope = scope;
        });
    }

    /// Reads the patterns of a `case` branch up to its parenthesis.
    fn pattern(&mut self) {
        loop {
            self.skip_blanks();
            match byte(self.text, self.at) {
                b'#' => self.at = line_end(self.text, self.at),
                b'\n' | b';' => self.step(1),
                _ => break,
            }
        }
        let mut substitutions = Vec::new();
        let first = scan(self.text, self.at, Frame::Word, &mut substitutions);
        if self.text.get(self.at..first.end) == Some("esac") {
            self.at = first.end;
            self.close(Kind::CasePattern);
            return;
        }
        if byte(self.text, self.at) == b'(' {
            self.step(1);
        }
        while self.at < self.text.len() {
            self.skip_blanks();
            match byte(self.text, self.at) {
                b')' => break,
                b'\n' | b';' | b'(' | b'<' | b'>' => {
                    self.broken();
                    break;
                }
                b'|' | b'&' => self.step(1),
                _ => {
                    let end = scan(self.text, self.at, Frame::Word, &mut substitutions).end;
                    self.at = end.max(self.at.saturating_add(1));
                }
            }
        }
        self.step(1);
        self.joined = Joined::Seq;
        if let Some(group) = self.groups.last_mut() {
            group.kind = Kind::CaseBody;
        }
        self.visit(&substitutions);
    }

    /// A word where a command may start: a keyword is taken and `true` returned.
    fn keyword(&mut self, start: usize, end: usize) -> bool {
        let Some(raw) = self.text.get(start..end) else { return false };
        if !matches!(raw.len(), 1..=8) {
            return false;
        }
        // The group that a closer needs decides whether `}` closes or is a word.
        match raw {
            "if" | "then" | "elif" | "else" | "fi" | "while" | "until" | "do" | "done" | "for" | "select" | "case"
            | "esac" | "function" | "{" | "!" | "coproc" | "time" => {}
            "}" if self.skipped > 0 || self.groups.iter().any(|group| group.kind == Kind::Brace) => {}
            _ => return false,
        }
        if raw == "time" && !self.group_follows(end) {
            return false;
        }
        if self.current.after_group {
            self.finish(Joined::Seq);
        }
        self.at = end;
        match raw {
            "if" => self.open(Kind::If, |context| context.in_condition = true),
            "then" | "else" => self.section(Kind::If, |context| context.in_branch = true),
            "elif" => self.section(Kind::If, |context| {
                context.in_branch = true;
                context.in_condition = true;
            }),
            "fi" => self.close(Kind::If),
            "while" | "until" => self.open(Kind::Loop, |context| {
                context.in_condition = true;
                context.in_loop = true;
            }),
            "do" => self.section(Kind::Loop, |context| context.in_loop = true),
            "done" => self.close(Kind::Loop),
            "for" | "select" => self.for_header(),
            "case" => self.case_header(),
            "esac" => self.close(Kind::CaseBody),
            "function" => self.function_header(),
            "{" => self.open(Kind::Brace, |_| {}),
            "}" => self.close(Kind::Brace),
            "!" => self.pipeline.negated = true,
            _ => {}
        }
        true
    }

    /// Whether a group starts at `from`, after blanks.
    fn group_follows(&self, from: usize) -> bool {
        let rest = self.text.get(from..).unwrap_or_default().trim_start_matches([' ', '\t']);
        rest.starts_with('(')
            || ["{", "if", "for", "while", "until", "case", "!"]
                .iter()
                .any(|word| rest.strip_prefix(word).is_some_and(|rest| rest.starts_with([' ', '\t', '\n'])))
    }

    fn for_header(&mut self) {
        self.skip_blanks();
        let mut substitutions = Vec::new();
        if at(self.text, self.at, "((") {
            let first = scan(self.text, self.at.saturating_add(2), Frame::Arithmetic, &mut substitutions);
            self.at = scan(self.text, first.end, Frame::Arithmetic, &mut substitutions).end;
        } else {
            let start = self.at;
            while self.at < self.text.len() {
                self.skip_blanks();
                if matches!(byte(self.text, self.at), b';' | b'\n' | b'&' | b'|' | b'(' | b')') {
                    break;
                }
                let from = self.at;
                let end = scan(self.text, from, Frame::Word, &mut substitutions).end;
                if from == start {
                    let name = self.text.get(from..end).unwrap_or_default().to_owned();
                    let position = self.region.span(from, end).start;
                    let scope = self.context.scope;
                    self.out.loop_variables.push(resolve::LoopVariable { name, position, scope });
                } else if self.text.get(from..end) == Some("do") {
                    break;
                }
                self.at = end.max(from.saturating_add(1));
            }
        }
        self.open(Kind::Loop, |context| context.in_loop = true);
        self.visit(&substitutions);
    }

    fn case_header(&mut self) {
        self.skip_blanks();
        let mut substitutions = Vec::new();
        self.at = scan(self.text, self.at, Frame::Word, &mut substitutions).end;
        while self.at < self.text.len() && matches!(byte(self.text, self.at), b' ' | b'\t' | b'\r' | b'\n' | b'\\') {
            self.step(1);
        }
        let end = scan(self.text, self.at, Frame::Word, &mut Vec::new()).end;
        if self.text.get(self.at..end) == Some("in") {
            self.at = end;
            self.open(Kind::CasePattern, |context| context.in_branch = true);
        } else {
            self.broken();
        }
        self.visit(&substitutions);
    }

    fn function_header(&mut self) {
        self.skip_blanks();
        let end = scan(self.text, self.at, Frame::Word, &mut Vec::new()).end;
        self.out.script.functions.push(self.text.get(self.at..end).unwrap_or_default().to_owned());
        self.at = end;
        self.skip_blanks();
        if at(self.text, self.at, "()") {
            self.step(2);
        }
        self.function_next = true;
    }

    // Words

    fn word(&mut self) {
        let start = self.at;
        let mut substitutions = Vec::new();
        let scanned = scan(self.text, start, Frame::Word, &mut substitutions);
        let end = scanned.end.max(start.saturating_add(1)).min(self.text.len());
        if !scanned.closed {
            self.broken();
        }
        self.out.deepest = self.out.deepest.max(scanned.depth);
        if self.current.is_empty() && self.keyword(start, end) {
            return;
        }
        self.at = end;
        let raw = self.text.get(start..end).unwrap_or_default();
        if matches!(byte(self.text, end), b'<' | b'>') && !at(self.text, end, "<(") && !at(self.text, end, ">(") {
            let variable = raw.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            if raw.bytes().all(|byte| byte.is_ascii_digit()) {
                self.redirect(start, raw.parse().ok());
                return;
            }
            if variable.is_some_and(|name| !name.is_empty() && name_end(name, 0) == name.len()) {
                self.redirect(start, None);
                return;
            }
        }
        if self.current.after_group {
            self.broken();
            self.finish(Joined::Seq);
        }
        self.current.substitutions.append(&mut substitutions);
        self.current.cover(start, end);
        if self.current.words.is_empty()
            && let Some(assignment) = self.assignment(start, end)
        {
            self.current.assignments.push(assignment);
            return;
        }
        let word = self.make_word(start, end);
        let test = self.current.words.is_empty() && raw == "[[";
        self.current.words.push((start, word));
        if test {
            self.test();
        }
    }

    fn make_word(&self, start: usize, end: usize) -> Word {
        make_word(self.region, start, end, self.context.scope)
    }

    fn assignment(&self, start: usize, end: usize) -> Option<Assignment> {
        let raw = self.text.get(start..end)?;
        let name = raw.get(..name_end(raw, 0)).filter(|name| !name.is_empty())?;
        if name.starts_with(|first: char| first.is_ascii_digit()) {
            return None;
        }
        let mut rest = raw.get(name.len()..)?;
        let mut partial = false;
        if rest.starts_with('[') {
            rest = rest.get(rest.find(']')?.saturating_add(1)..)?;
            partial = true;
        }
        if let Some(after) = rest.strip_prefix('+') {
            rest = after;
            partial = true;
        }
        let value = rest.strip_prefix('=')?;
        partial |= value.starts_with('(');
        let value = self.make_word(end.saturating_sub(value.len()), end);
        Some(Assignment { name: name.to_owned(), partial, value, span: self.region.span(start, end) })
    }

    /// `[[ … ]]`: operators inside it are not the shell's.
    fn test(&mut self) {
        while self.at < self.text.len() {
            self.skip_blanks();
            if matches!(byte(self.text, self.at), b'\n' | b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')') {
                self.step(1);
                continue;
            }
            let start = self.at;
            let end = scan(self.text, start, Frame::Word, &mut self.current.substitutions).end;
            if end <= start {
                break;
            }
            self.at = end;
            self.current.cover(start, end);
            self.current.words.push((start, self.make_word(start, end)));
            if self.text.get(start..end) == Some("]]") {
                return;
            }
        }
        self.broken();
    }

    /// A redirection whose operator stands at `self.at`, and whose descriptor starts at `start`.
    fn redirect(&mut self, start: usize, descriptor: Option<u32>) {
        const OPERATORS: &[(&str, RedirectKind)] = &[
            ("<<<", RedirectKind::HereString),
            ("<<", RedirectKind::Heredoc),
            ("<&", RedirectKind::Duplicate),
            ("<>", RedirectKind::ReadWrite),
            ("<", RedirectKind::Read),
            (">>", RedirectKind::Append),
            (">&", RedirectKind::Duplicate),
            (">|", RedirectKind::Write),
            (">", RedirectKind::Write),
            ("&>>", RedirectKind::AppendBoth),
            ("&>", RedirectKind::WriteBoth),
        ];
        let Some(&(operator, kind)) = OPERATORS.iter().find(|(operator, _)| at(self.text, self.at, operator)) else {
            self.step(1);
            return;
        };
        self.step(operator.len());
        let (from, end) = if kind == RedirectKind::Heredoc {
            let Some(delimiter) = heredoc_delimiter(self.text, self.at) else {
                self.broken();
                return;
            };
            let place = (delimiter.start, delimiter.end);
            self.current.heredocs.push((self.pending.len(), self.current.redirects.len()));
            self.pending.push(Pending { delimiter, places: Vec::new() });
            place
        } else {
            self.skip_blanks();
            let scanned = scan(self.text, self.at, Frame::Word, &mut self.current.substitutions);
            if scanned.end <= self.at || !scanned.closed {
                self.broken();
            }
            (self.at, scanned.end)
        };
        self.at = end;
        self.current.cover(start, end);
        let target = self.make_word(from, end);
        let span = self.region.span(start, end);
        self.current.redirects.push(Redirect { kind, descriptor, target, span, heredoc: None });
    }

    // Commands

    /// Ends the command that is being read; `joined` is how the next one is joined to it.
    fn finish(&mut self, joined: Joined) {
        let current = std::mem::take(&mut self.current);
        if current.is_empty() && !current.after_group {
            // `a &&` and `a |` go on after a line break.
            if matches!(joined, Joined::And | Joined::Or | Joined::Pipe) {
                self.broken();
            }
            return;
        }
        if current.after_group {
            // A heredoc of a group feeds no single command.
            let substitutions = current.substitutions;
            self.visit(&substitutions);
        } else {
            self.emit(current);
        }
        self.end_element(joined != Joined::Pipe);
        self.joined = joined;
    }

    /// Gives the commands of the element that ends their place, and starts the next element.
    fn end_element(&mut self, last: bool) {
        if self.pipeline.id.is_none() && !last {
            self.pipeline.id = Some(self.out.pipelines);
            self.out.pipelines = self.out.pipelines.saturating_add(1);
        }
        let Pipeline { id, index, first, negated } = self.pipeline;
        if let Some(pipeline) = id {
            let level = self.context.level;
            for command in self.out.script.commands.iter_mut().skip(first).filter(|command| command.level == level) {
                command.pipe.get_or_insert(PipePosition { pipeline, index, last });
            }
        }
        let first = self.out.script.commands.len();
        self.pipeline = if last {
            Pipeline { first, ..Pipeline::default() }
        } else {
            Pipeline { id, index: index.saturating_add(1), first, negated }
        };
    }

    fn emit(&mut self, current: Current) {
        let Current { mut assignments, words, mut redirects, heredocs, substitutions, start, end, .. } = current;
        // Most commands have one at most, and what is kept for growing costs more than the script.
        assignments.shrink_to_fit();
        redirects.shrink_to_fit();
        let span = self.region.span(start.unwrap_or(end), end);
        let (offsets, mut words): (Vec<usize>, Vec<Word>) = words.into_iter().unzip();
        let args = if words.is_empty() { Vec::new() } else { words.split_off(1) };
        let context = self.context;
        let command = Command {
            assignments,
            name: words.pop(),
            args,
            redirects,
            span,
            in_subshell: context.in_subshell,
            in_condition: context.in_condition || self.pipeline.negated,
            in_function: context.in_function,
            in_loop: context.in_loop,
            in_branch: context.in_branch,
            pipe: None,
            joined: self.joined,
            wrapper: context.wrapper,
            wrapped_by: context.wrapped_by,
            substitution: context.substitution,
            level: context.level,
            scope: context.scope,
            options: self.out.options(context.scope),
        };
        let index = self.out.script.commands.len();
        self.feed(index, &heredocs);
        self.set_options(&command);
        self.out.script.commands.push(command);
        self.visit(&substitutions);
        self.unwrap(index, &Written { offsets: &offsets, heredocs: &heredocs }, 0);
    }

    /// Notes that the bodies of `heredocs` belong to the command at `index`.
    fn feed(&mut self, index: usize, heredocs: &[(usize, usize)]) {
        for &(pending, redirect) in heredocs {
            if let Some(pending) = self.pending.get_mut(pending) {
                pending.places.push((index, redirect));
            }
        }
    }

    /// `set -e`, unless it stands where it may not run.
    fn set_options(&mut self, command: &Command) {
        if command.is("set")
            && !command.in_function
            && !command.in_branch
            && let Some(scope) = self.out.scopes.get_mut(command.scope as usize)
        {
            scope.options.apply(command.args.iter().map(|word| word.text.as_str()));
        }
    }

    /// Adds the commands that the command at `index` runs.
    fn unwrap(&mut self, index: usize, written: &Written<'_>, depth: u16) {
        let Some(command) = self.out.script.commands.get(index) else { return };
        let found = wrappers::inner(command);
        if found.is_empty() {
            return;
        }
        let copied = command.args.len().saturating_add(command.redirects.len());
        if depth >= MAX_WRAPPERS || depth > 0 && copied > MAX_WRAPPED_WORDS {
            self.broken();
            return;
        }
        for inner in found {
            match inner {
                Inner::Words { wrapper, assignments, words } => {
                    let made =
                        assignments.filter_map(|argument| self.made_by(index, argument, written.offsets)).collect();
                    let Some(command) = self.wrapped(index, wrapper, made, words.clone()) else { continue };
                    // Word 0 is the name, so argument N stands at offset N + 1.
                    let range = words.start.saturating_add(1)..words.end.saturating_add(1);
                    let offsets = written.offsets.get(range).unwrap_or_default();
                    self.push_wrapped(command, &Written { offsets, ..*written }, depth);
                }
                Inner::Code { wrapper, argument, options } => {
                    let Some(&start) = written.offsets.get(argument.saturating_add(1)) else { continue };
                    let Some(command) = self.out.script.commands.get(index) else { continue };
                    let Some(word) = command.args.get(argument) else { continue };
                    let (decoded, own) = (decode(&word.raw), command.scope);
                    let region = self.region.decoded(start, &decoded);
                    let scope = match options {
                        Some(options) => self.out.scope(Some(own), options),
                        None => own,
                    };
                    let context = Context {
                        in_subshell: self.context.in_subshell || options.is_some(),
                        in_condition: self.context.in_condition || self.pipeline.negated,
                        wrapper: Some(wrapper),
                        wrapped_by: Some(index),
                        joined: self.joined,
                        scope,
                        ..self.context
                    };
                    self.enter(&region, context);
                }
            }
        }
    }

    /// The assignment in an argument of the command at `index`, as `env` makes it.
    fn made_by(&self, index: usize, argument: usize, offsets: &[usize]) -> Option<Assignment> {
        let start = *offsets.get(argument.saturating_add(1))?;
        let word = self.out.script.commands.get(index)?.args.get(argument)?;
        self.assignment(start, start.saturating_add(word.raw.len()))
    }

    /// The command that `words`, arguments of the command at `index`, are.
    fn wrapped(
        &self,
        index: usize,
        wrapper: Wrapper,
        assignments: Vec<Assignment>,
        words: std::ops::Range<usize>,
    ) -> Option<Command> {
        let outer = self.out.script.commands.get(index)?;
        let (name, args) = outer.args.get(words)?.split_first()?;
        let span = args.last().map_or(name.span, |last| name.span.to(last.span));
        Some(Command {
            assignments,
            name: Some(name.clone()),
            args: args.to_vec(),
            redirects: outer.redirects.clone(),
            span,
            wrapper: Some(wrapper),
            wrapped_by: Some(index),
            ..*outer
        })
    }

    fn push_wrapped(&mut self, command: Command, written: &Written<'_>, depth: u16) {
        let inner = self.out.script.commands.len();
        self.feed(inner, written.heredocs);
        self.set_options(&command);
        self.out.script.commands.push(command);
        self.unwrap(inner, written, depth.saturating_add(1));
    }

    // Text within the text

    /// Reads the substitutions of what was just read.
    fn visit(&mut self, substitutions: &[Substitution]) {
        for substitution in substitutions {
            let scope = self.out.scope(Some(self.context.scope), self.out.options(self.context.scope));
            let context = Context {
                in_subshell: true,
                substitution: true,
                wrapper: None,
                wrapped_by: None,
                joined: Joined::First,
                level: self.context.level.saturating_add(1),
                scope,
                ..self.context
            };
            let part = self.region.part(substitution.start, substitution.end);
            if substitution.opener == Opener::Backtick && part.text.contains(['\\']) {
                let decoded = unescape_backticks(part.text);
                let region = self.region.decoded(substitution.start, &decoded);
                self.enter(&region, context);
            } else {
                self.enter(&part, context);
            }
        }
    }

    fn enter(&mut self, region: &Region<'_>, context: Context) {
        if context.depth >= MAX_LEVEL {
            self.broken();
            return;
        }
        let context = Context { depth: context.depth.saturating_add(1), ..context };
        Parser::new(self.out, region, context).run();
    }

    /// Reads the bodies of the heredocs of the line that just ended.
    fn heredocs(&mut self) {
        for pending in std::mem::take(&mut self.pending) {
            let start = self.at;
            let body = heredoc_body(self.text, start, &pending.delimiter);
            self.at = body.next;
            if !body.closed {
                self.broken();
            }
            let quoted = pending.delimiter.quoted;
            let heredoc = Heredoc {
                body: self.text.get(start..body.end).unwrap_or_default().to_owned(),
                span: self.region.span(start, body.end),
                quoted,
            };
            let runner = pending.places.last().map(|place| place.0);
            for (command, redirect) in pending.places {
                let command = self.out.script.commands.get_mut(command);
                if let Some(redirect) = command.and_then(|command| command.redirects.get_mut(redirect)) {
                    redirect.heredoc = Some(heredoc.clone());
                }
            }
            let command = runner.and_then(|index| Some((index, self.out.script.commands.get(index)?)));
            if let Some((index, options)) = command.and_then(|(index, c)| Some((index, wrappers::reads_script(c)?))) {
                let scope = self.out.scope(Some(self.context.scope), options);
                let context = Context {
                    in_subshell: true,
                    wrapper: Some(Wrapper::Shell),
                    wrapped_by: Some(index),
                    joined: Joined::First,
                    scope,
                    ..self.context
                };
                self.enter(&self.region.part(start, body.end), context);
            } else if !quoted {
                let substitutions = body_substitutions(self.text, start, body.end);
                self.visit(&substitutions);
            }
        }
    }
}

fn make_word(region: &Region<'_>, start: usize, end: usize, scope: u32) -> Word {
    let raw = region.text.get(start..end).unwrap_or_default();
    let decoded = decode(raw);
    Word {
        text: decoded.text,
        raw: raw.to_owned(),
        span: region.span(start, end),
        quoted: decoded.quoted,
        has_expansion: decoded.has_expansion,
        unquoted_expansion: decoded.unquoted_expansion,
        variables: decoded.variables,
        parts: decoded.parts,
        scope,
    }
}

/// The text between backticks: there a backslash quotes a backtick, a dollar and itself.
fn unescape_backticks(raw: &str) -> Decoded {
    let mut decoded = Decoded::default();
    let mut escaped = false;
    for (from, character) in raw.char_indices() {
        let quotes = matches!(raw.as_bytes().get(from.saturating_add(1)), Some(b'`' | b'$' | b'\\'));
        if character == '\\' && !escaped && quotes {
            escaped = true;
            continue;
        }
        if escaped || decoded.runs.is_empty() {
            decoded.runs.push((decoded.text.len(), from));
        }
        escaped = false;
        decoded.text.push(character);
    }
    decoded
}

/// The substitutions of a heredoc's body, in which quotes are ordinary characters.
fn body_substitutions(text: &str, from: usize, end: usize) -> Vec<Substitution> {
    let mut found = Vec::new();
    let body = text.get(..end).unwrap_or_default();
    let mut here = from;
    while let Some(next) = body.as_bytes().get(here..).and_then(|rest| memchr::memchr3(b'\\', b'`', b'$', rest)) {
        here = here.saturating_add(next);
        let (opener, width, frame) = match byte(body, here) {
            b'`' => (Opener::Backtick, 1, Frame::Backtick),
            b'$' if at(body, here, "$((") => {
                let first = scan(body, here.saturating_add(3), Frame::Arithmetic, &mut found);
                here = first.end;
                continue;
            }
            b'$' if at(body, here, "$(") => (Opener::Dollar, 2, Frame::Paren(0)),
            b'$' => {
                here = here.saturating_add(1);
                continue;
            }
            _ => {
                here = here.saturating_add(2);
                continue;
            }
        };
        let start = here.saturating_add(width);
        let scanned = scan(body, start, frame, &mut Vec::new());
        if !scanned.closed {
            break;
        }
        found.push(Substitution { opener, start, end: scanned.end.saturating_sub(1) });
        here = scanned.end;
    }
    found
}
