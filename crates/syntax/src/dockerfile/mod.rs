//! Dockerfiles as BuildKit's front end reads them, with the span of every word.
//!
//! Decides where instructions, flags, words and heredocs begin and end, and what a builder would refuse. It cannot know
//! build arguments given on the command line, nor the grammar of a front end that a `# syntax` directive names; a flag
//! or a key it has never heard of is therefore no error.

mod expand;
mod flags;
mod heredoc;
mod instruction;
mod lexer;
mod lines;
mod pattern;
mod text;
mod words;

use portcullis_core::{Comment, FileId, Span, SyntaxError};

pub use expand::{Expanded, Variable, VariableRef, expand};
pub use flags::{Flag, Mount, MountEntry};
pub use heredoc::Heredoc;
pub use text::{Text, Word, WordForm};

/// Reads a Dockerfile. Never fails: what a builder would refuse is in [`Dockerfile::errors`].
pub fn parse(file: FileId, text: &str) -> Dockerfile {
    instruction::parse(file, text)
}

/// A Dockerfile's instructions in order, and all that stands between them.
#[derive(Clone, Debug)]
pub struct Dockerfile {
    /// The file that every span belongs to.
    pub file: FileId,
    /// What was read.
    pub text: String,
    /// `# syntax`, `# escape` and `# check`, where they stand at the very top.
    pub directives: Vec<Directive>,
    /// The character that continues a line and escapes within one: `\`, or a backtick after `# escape`.
    pub escape: char,
    /// Every instruction, unknown ones too, in order. `ONBUILD X` is one instruction that holds another.
    pub instructions: Vec<Instruction>,
    /// Every comment in order, those inside continued instructions too; directives and heredoc bodies left out.
    pub comments: Vec<Comment>,
    /// What a builder would refuse, in order.
    pub errors: Vec<SyntaxError>,
    /// Whether template markers (`{{`, `{%`, `<%`, `@@`) stand where no Dockerfile could have them. The errors and the
    /// instructions are then those of the template, not of the Dockerfile that it renders to.
    pub is_template: bool,
}

/// A parser directive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// In lower case: `syntax`, `escape` or `check`.
    pub name: String,
    /// Without the blanks around it.
    pub value: String,
    /// The value.
    pub value_span: Span,
    /// From the `#` to the end of the value.
    pub span: Span,
}

/// One instruction.
#[derive(Clone, Debug)]
pub struct Instruction {
    /// Which.
    pub keyword: Keyword,
    /// The keyword as it was written.
    pub written: String,
    /// The keyword.
    pub keyword_span: Span,
    /// From the keyword to the last byte of the last heredoc's terminator, or of the last continued line.
    pub span: Span,
    /// The same without heredoc bodies.
    pub head: Span,
    /// `--name=value` words before the arguments.
    pub flags: Vec<Flag>,
    /// All that follows keyword and flags, its continued lines joined and the blanks around it dropped. Heredoc bodies
    /// are not in it, their `<<EOF` words are.
    pub body: Text,
    /// The arguments in the form that the keyword asks for.
    pub args: Args,
    /// In the order of their `<<` words. Those of `ONBUILD RUN` belong to the inner instruction.
    pub heredocs: Vec<Heredoc>,
    /// Blank lines between its continued lines, one span for each, the line break left out.
    pub empty_continuations: Vec<Span>,
    /// The arguments of an instruction that takes a JSON array, where they begin with `[` but are none, so that they
    /// count as shell text or as words.
    pub invalid_json: Option<Span>,
    /// The `ONBUILD` keyword, for the instruction that it holds.
    pub onbuild: Option<Span>,
}

/// The arguments of an instruction.
#[derive(Clone, Debug)]
pub enum Args {
    /// None were given, or the instruction is unknown.
    None,
    /// A JSON array of strings: RUN, CMD, ENTRYPOINT, SHELL, COPY, ADD, VOLUME.
    Exec(Vec<Word>),
    /// A shell's text, in [`Instruction::body`]: RUN, CMD, ENTRYPOINT (and SHELL, where it is an error).
    Shell,
    /// ENV, LABEL and ARG.
    Pairs(Vec<Pair>),
    /// COPY, ADD, EXPOSE, VOLUME: one for each blank-separated word. USER, WORKDIR, STOPSIGNAL, MAINTAINER: exactly one, which may
    /// hold blanks.
    Words(Vec<Word>),
    /// FROM.
    From(Box<From>),
    /// HEALTHCHECK.
    Healthcheck(Healthcheck),
    /// ONBUILD.
    Onbuild(Box<Instruction>),
}

/// `FROM image AS name`.
#[derive(Clone, Debug)]
pub struct From {
    /// An image or an earlier stage.
    pub image: Word,
    /// `AS` as it was written.
    pub as_keyword: Option<Word>,
    /// The stage's name as it was written.
    pub name: Option<Word>,
}

/// `HEALTHCHECK NONE` or `HEALTHCHECK CMD …`.
#[derive(Clone, Debug)]
pub struct Healthcheck {
    /// `NONE` or `CMD` as it was written; anything else is a syntax error.
    pub kind: Word,
    /// What follows `CMD`.
    pub command: Option<HealthcheckCommand>,
}

/// What a health check runs.
#[derive(Clone, Debug)]
pub enum HealthcheckCommand {
    /// A JSON array.
    Exec(Vec<Word>),
    /// A shell's text.
    Shell(Text),
}

/// A key and its value.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The key; quotes are legal around it.
    pub key: Word,
    /// The value; absent only for an ARG without a default.
    pub value: Option<Word>,
    /// How the two are separated.
    pub form: PairForm,
    /// From the key to the end of the value.
    pub span: Span,
}

/// How a key and its value are separated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PairForm {
    /// `key=value`, or an ARG without a default.
    Equals,
    /// `ENV key value with blanks`, deprecated.
    Legacy,
}

/// A command of RUN, CMD, ENTRYPOINT or HEALTHCHECK CMD.
#[derive(Clone, Copy, Debug)]
pub enum Command<'a> {
    /// Its words, run without a shell.
    Exec(&'a [Word]),
    /// A text for the stage's shell. Heredoc bodies are in [`Instruction::heredocs`].
    Shell(&'a Text),
}

impl Instruction {
    /// The instruction that does the work: the one that ONBUILD holds, else itself.
    pub fn triggered(&self) -> &Self {
        let mut current = self;
        while let Args::Onbuild(inner) = &current.args {
            current = inner;
        }
        current
    }

    /// The first flag of this name.
    pub fn flag(&self, name: &str) -> Option<&Flag> {
        self.flags.iter().find(|flag| flag.name == name)
    }

    /// The value of the first flag of this name.
    pub fn flag_value(&self, name: &str) -> Option<&Word> {
        self.flag(name)?.value.as_ref()
    }

    /// Every `--mount` that has a value.
    pub fn mounts(&self) -> impl Iterator<Item = Mount> {
        self.flags.iter().filter_map(Flag::mount)
    }

    /// What RUN, CMD, ENTRYPOINT and HEALTHCHECK CMD run.
    pub fn command(&self) -> Option<Command<'_>> {
        match (&self.args, self.keyword) {
            (Args::Exec(words), Keyword::Run | Keyword::Cmd | Keyword::Entrypoint) => Some(Command::Exec(words)),
            (Args::Shell, Keyword::Run | Keyword::Cmd | Keyword::Entrypoint) => Some(Command::Shell(&self.body)),
            (Args::Healthcheck(check), _) => match check.command.as_ref()? {
                HealthcheckCommand::Exec(words) => Some(Command::Exec(words)),
                HealthcheckCommand::Shell(text) => Some(Command::Shell(text)),
            },
            _ => None,
        }
    }

    /// The blank-separated or JSON words; empty for the other forms.
    pub fn words(&self) -> &[Word] {
        match &self.args {
            Args::Exec(words) | Args::Words(words) => words,
            _ => &[],
        }
    }

    /// The key-value pairs of ENV, LABEL and ARG; empty for others.
    pub fn pairs(&self) -> &[Pair] {
        match &self.args {
            Args::Pairs(pairs) => pairs,
            _ => &[],
        }
    }

    /// Sources, which may be `<<EOF` words, and destination of COPY and ADD; absent where there are not two words.
    pub fn sources_and_destination(&self) -> Option<(&[Word], &Word)> {
        if !matches!(self.keyword, Keyword::Copy | Keyword::Add) {
            return None;
        }
        let (destination, sources) = self.words().split_last()?;
        (!sources.is_empty()).then_some((sources, destination))
    }

    /// The heredoc that is RUN's whole command (`RUN <<EOF`): its content is a script of the stage's shell, or of the
    /// interpreter that [`Heredoc::shebang`] names. Any other heredoc of RUN is input of a command in [`Self::body`].
    pub fn script(&self) -> Option<&Heredoc> {
        let first = self.heredocs.first().filter(|_| self.keyword == Keyword::Run)?;
        (first.operator == self.body.span()).then_some(first)
    }

    /// The heredoc that a word of COPY or ADD stands for.
    pub fn heredoc_of(&self, word: &Word) -> Option<&Heredoc> {
        self.heredocs.iter().find(|heredoc| heredoc.operator.contains(word.span()))
    }
}

impl Dockerfile {
    /// The comments within a span, in order: those of a continued instruction, for instance.
    pub fn comments_in(&self, span: Span) -> &[Comment] {
        let from = self.comments.partition_point(|comment| comment.span.start < span.start);
        let to = self.comments.partition_point(|comment| comment.span.start < span.end);
        self.comments.get(from..to).unwrap_or_default()
    }

    /// The comments between an instruction (its index) and the one before it.
    pub fn comments_before(&self, index: usize) -> &[Comment] {
        let Some(instruction) = self.instructions.get(index) else { return &[] };
        let before = index.checked_sub(1).and_then(|before| self.instructions.get(before));
        let start = before.map_or(0, |before| before.span.end);
        self.comments_in(Span::new(self.file, start, instruction.span.start))
    }

    /// The directive of this name.
    pub fn directive(&self, name: &str) -> Option<&Directive> {
        self.directives.iter().find(|directive| directive.name == name)
    }
}

/// An instruction's keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is the keyword that it names")]
pub enum Keyword {
    From,
    Run,
    Cmd,
    Label,
    Maintainer,
    Expose,
    Env,
    Add,
    Copy,
    Entrypoint,
    Volume,
    User,
    Workdir,
    Arg,
    Onbuild,
    Stopsignal,
    Healthcheck,
    Shell,
    Unknown,
}

impl Keyword {
    const NAMES: [(&'static str, Self); 18] = [
        ("FROM", Self::From),
        ("RUN", Self::Run),
        ("CMD", Self::Cmd),
        ("LABEL", Self::Label),
        ("MAINTAINER", Self::Maintainer),
        ("EXPOSE", Self::Expose),
        ("ENV", Self::Env),
        ("ADD", Self::Add),
        ("COPY", Self::Copy),
        ("ENTRYPOINT", Self::Entrypoint),
        ("VOLUME", Self::Volume),
        ("USER", Self::User),
        ("WORKDIR", Self::Workdir),
        ("ARG", Self::Arg),
        ("ONBUILD", Self::Onbuild),
        ("STOPSIGNAL", Self::Stopsignal),
        ("HEALTHCHECK", Self::Healthcheck),
        ("SHELL", Self::Shell),
    ];

    /// The keyword that a word is, in any case.
    pub fn of(word: &str) -> Self {
        let known = Self::NAMES.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
        known.map_or(Self::Unknown, |(_, keyword)| keyword)
    }

    /// In upper case; `UNKNOWN` for an unknown one.
    pub fn name(self) -> &'static str {
        Self::NAMES.into_iter().find(|&(_, keyword)| keyword == self).map_or("UNKNOWN", |(name, _)| name)
    }
}

#[cfg(test)]
mod tests;
