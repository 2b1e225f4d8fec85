//! What RUN instructions run: each one's script, parsed once, with the variables and mounts that hold for it.
//!
//! It decides which text is shell and for which shell. It cannot know what a script that is copied in does, nor the
//! default shell of a base image other than by its name; PowerShell, cmd and other languages give no commands.

use std::borrow::Cow;
use std::collections::BTreeSet;

use portcullis_core::{OffsetMap, Span};
use portcullis_syntax::dockerfile::{self, Args, Instruction, Keyword, Text, Variable};
use portcullis_syntax::shell::{self, Command, Script, ShellOptions, Word};

use super::{Base, Build, Stage, Variables, is_proxy_arg};

/// Mounts of one RUN that are looked at.
const MAX_MOUNTS: usize = 64;

/// A RUN instruction and what it runs.
#[derive(Clone, Debug)]
pub struct Run<'d> {
    /// The RUN; for ONBUILD the one that it holds.
    pub instruction: &'d Instruction,
    /// The stage that it stands in.
    pub stage: usize,
    /// Whether what it leaves behind is in the final image.
    pub is_final: bool,
    /// How the script is written.
    pub form: RunForm,
    /// The commands; none where the language is not shell. It is never complete in a file that is a template.
    pub script: Script,
    /// The shell that SHELL names.
    shell: Option<&'d str>,
    variables: Variables<'d, 'd>,
    mounted: Vec<Mounted>,
    /// What the script defines itself.
    functions: BTreeSet<String>,
}

/// How a RUN is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunForm {
    /// `RUN command`, for a shell of the Bourne family.
    Shell,
    /// `RUN ["program", "argument"]`
    Exec,
    /// `RUN <<EOF`: the heredoc is the script.
    Heredoc,
    /// A shell or an interpreter that is not read here.
    Foreign,
}

/// A command whose variables are replaced where they are known.
#[derive(Clone, Debug)]
pub struct Call<'r> {
    /// Its index in [`Script::commands`].
    pub index: usize,
    /// The command; a variable that holds several words has become several arguments.
    pub command: Cow<'r, Command>,
    /// Whether an argument is not known at all: it may hold any flag and any name.
    pub open: bool,
}

#[derive(Clone, Debug)]
enum Mounted {
    At(String),
    Anywhere,
}

impl<'d> Build<'d> {
    /// Every RUN in order, those that ONBUILD holds too.
    pub fn runs(&'d self) -> Vec<Run<'d>> {
        let runs = self.stages.iter().flat_map(|stage| {
            let instructions = stage.instructions.iter().map(|instruction| instruction.triggered());
            instructions
                .filter(|instruction| instruction.keyword == Keyword::Run)
                .map(move |instruction| (stage, instruction))
        });
        runs.map(|(stage, instruction)| self.run(stage, instruction)).collect()
    }

    fn run(&'d self, stage: &Stage<'d>, instruction: &'d Instruction) -> Run<'d> {
        let (form, mut script) = match self.shell_options(stage, instruction) {
            // The words of the exec form are run without the stage's shell.
            _ if matches!(instruction.args, Args::Exec(_)) => (RunForm::Exec, exec(instruction)),
            None => (RunForm::Foreign, Script::default()),
            Some(options) => shell_script(instruction, options),
        };
        script.complete &= !self.dockerfile.is_template;
        let variables = self.variables_at(instruction);
        let mounted = instruction.mounts().filter(|mount| !matches!(mount.kind().as_str(), "secret" | "ssh"));
        let mounted = mounted
            .filter_map(|mount| {
                let expanded = variables.expand_text(mount.get("target")?);
                Some(expanded.known().map_or(Mounted::Anywhere, |target| Mounted::At(folder(target).to_owned())))
            })
            .take(MAX_MOUNTS)
            .collect();
        let functions = script.functions.iter().cloned().collect();
        let (index, is_final) = (stage.index, stage.is_final);
        let words = self.shell_at(instruction).unwrap_or_default().iter().map(dockerfile::Word::as_str);
        let shell = words.filter_map(|word| word.rsplit(['/', '\\']).next()).find(|name| is_shell(name));
        Run { instruction, stage: index, is_final, form, script, shell, variables, mounted, functions }
    }

    /// The options of the shell that runs an instruction; absent where it is not of the Bourne family.
    fn shell_options(&self, stage: &Stage<'d>, instruction: &Instruction) -> Option<ShellOptions> {
        let Some(words) = self.shell_at(instruction) else {
            return (!self.is_windows(stage)).then(ShellOptions::default);
        };
        // `["/usr/bin/env", "bash", "-c"]`
        let program = words.iter().position(|word| is_shell(word.as_str()))?;
        Some(ShellOptions::from_flags(words.iter().skip(program.saturating_add(1)).map(dockerfile::Word::as_str)))
    }

    /// Whether a stage's default shell is cmd, as far as the base image's name and tag say.
    fn is_windows(&self, stage: &Stage<'d>) -> bool {
        let named = match self.root_base(stage) {
            Base::Image(image) => {
                ["/windows", "nanoserver", "servercore"].iter().any(|name| image.expanded.text.contains(name))
            }
            _ => false,
        };
        // Nobody else has a use for that escape character.
        named || self.dockerfile.escape == '`'
    }
}

impl Run<'_> {
    /// What a word of the script says; `None` where a variable in it is not known.
    pub fn resolve(&self, word: &Word) -> Option<String> {
        self.script.resolve(word, &|name| self.variable(name))
    }

    /// What ARG or ENV gives a variable, before the script changes it.
    pub fn variable(&self, name: &str) -> Option<String> {
        match self.variables.get(name) {
            Variable::Set(value) => Some(value.into_owned()),
            Variable::Unset | Variable::Unknown => None,
        }
    }

    /// The text that a shell reads, with the way back to the file; nothing for the exec form and other languages.
    pub fn text(&self) -> Option<Cow<'_, Text>> {
        matches!(self.form, RunForm::Shell | RunForm::Heredoc).then(|| script_text(self.instruction))
    }

    /// The names of the variables that ARG and ENV set, as far as the script's words read them.
    pub fn declared(&self) -> BTreeSet<&str> {
        let words = self.script.commands.iter().flat_map(|command| {
            let assigned = command.assignments.iter().map(|assignment| &assignment.value);
            let targets = command.redirects.iter().map(|redirect| &redirect.target);
            command.name.iter().chain(&command.args).chain(assigned).chain(targets)
        });
        let read = words.flat_map(|word| word.variables.iter().map(String::as_str));
        read.filter(|name| self.declares(name)).collect()
    }

    /// The name of the shell that reads the script: that of its first line, else that of SHELL.
    pub fn shell(&self) -> &str {
        match &self.script.interpreter {
            Some(interpreter) => &interpreter.name,
            None => self.shell.unwrap_or("sh"),
        }
    }

    /// Whether the file has an ARG or an ENV of this name, whatever its value.
    pub fn declares(&self, name: &str) -> bool {
        self.variables.declaration(name).is_some() || is_proxy_arg(name)
    }

    /// Whether something is mounted over a folder, so that what is written there is not in the image: a cache, a tmpfs, a
    /// bind mount. `.cache/pip` stands for that folder of any home. A target that is not known counts.
    pub fn has_cache_mount(&self, path: &str) -> bool {
        self.mounted.iter().any(|mounted| match mounted {
            Mounted::Anywhere => true,
            Mounted::At(target) if path.starts_with('/') => covers(target, path),
            Mounted::At(target) => {
                let parent = path.split('/').next().unwrap_or(path);
                let ends =
                    |name: &str| target.strip_suffix(name).is_some_and(|home| home.is_empty() || home.ends_with('/'));
                ends(path) || ends(parent)
            }
        })
    }

    /// The commands that run one of these programs, also through `sudo`, `env` and their like. A function that the script
    /// defines is not the program of its name.
    pub fn calls(&self, programs: &[&str]) -> impl Iterator<Item = Call<'_>> {
        self.script.commands.iter().enumerate().filter_map(move |(index, command)| {
            let name = self.program(command)?;
            let wanted = programs.contains(&&*name) && !self.functions.contains(&*name);
            wanted.then(|| self.call(index, command))
        })
    }

    /// A command with its variables replaced.
    pub fn call<'r>(&self, index: usize, command: &'r Command) -> Call<'r> {
        if !command.args.iter().any(|word| word.has_expansion) {
            return Call { index, command: Cow::Borrowed(command), open: false };
        }
        let (mut args, mut open) = (Vec::new(), false);
        for word in &command.args {
            match self.resolve(word).filter(|_| word.has_expansion) {
                Some(text) if word.unquoted_expansion => {
                    let pieces = text.split_ascii_whitespace();
                    args.extend(pieces.map(|piece| known(word, piece.to_owned())));
                }
                Some(text) => args.push(known(word, text)),
                None => {
                    open |= word.has_expansion && word.text.starts_with(['$', '`', '{', '<']);
                    args.push(word.clone());
                }
            }
        }
        let mut command = command.clone();
        command.args = args;
        Call { index, command: Cow::Owned(command), open }
    }

    /// The program that a command runs, without its folder; `None` where a variable that is not known decides.
    pub fn program<'r>(&self, command: &'r Command) -> Option<Cow<'r, str>> {
        if let Some(program) = command.program() {
            return Some(Cow::Borrowed(program));
        }
        let resolved = self.resolve(command.name.as_ref()?)?;
        let program = resolved.rsplit('/').next().unwrap_or_default();
        (!program.is_empty()).then(|| Cow::Owned(program.to_owned()))
    }

    /// The index of the last command that deletes what `path` names.
    pub fn last_deletion(&self, path: &str) -> Option<usize> {
        let deletes = |call: &Call<'_>| {
            let find = call.command.is("find");
            if find && !call.command.args.iter().any(|word| matches!(word.text.as_str(), "-delete" | "-exec")) {
                return false;
            }
            // What is not known may well be the path.
            call.open || call.command.args.iter().any(|word| braces(&word.text).iter().any(|text| deletes(text, path)))
        };
        self.calls(&["rm", "find", "shred"]).filter(deletes).map(|call| call.index).last()
    }
}

impl Call<'_> {
    /// The name of the program with what follows it, up to and with `word`.
    pub fn head(&self, word: &Word) -> Span {
        self.command.name.as_ref().map_or(word.span, |name| name.span.to(word.span))
    }

    /// The program's name.
    pub fn name_span(&self) -> Span {
        self.command.name.as_ref().map_or(self.command.span, |name| name.span)
    }

    /// Whether an argument of the program is fed to it, so that it does not wait for an answer.
    pub fn has_input(&self) -> bool {
        use portcullis_syntax::shell::RedirectKind::{HereString, Heredoc, Read};
        self.command.pipe.is_some_and(|pipe| pipe.index > 0)
            || self.command.redirects.iter().any(|redirect| matches!(redirect.kind, Read | HereString | Heredoc))
    }
}

/// A word whose variables are known.
fn known(word: &Word, text: String) -> Word {
    let mut known = word.clone();
    known.text = text;
    known.has_expansion = false;
    known.unquoted_expansion = false;
    known
}

/// Whether the deletion of `text` removes `path`: itself, all it holds, or a folder above it.
fn deletes(text: &str, path: &str) -> bool {
    let folder = folder(text.trim_end_matches('*'));
    if folder.is_empty() {
        return false;
    }
    if let Some(home) = path.strip_prefix('.') {
        return folder.contains(home) || folder.ends_with("/.cache");
    }
    // `/var/cache/yum*` is a glob of names, `/var/cache/yum/*` all of a folder.
    covers(folder, path) || (text.ends_with('*') && path.starts_with(folder))
}

/// `/a/{b,c}` as `/a/b` and `/a/c`; one pair of braces is read.
fn braces(text: &str) -> Vec<Cow<'_, str>> {
    let split = text.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)));
    match split {
        Some((before, (inner, after))) if inner.contains(',') && !before.ends_with('$') => {
            inner.split(',').take(64).map(|piece| Cow::Owned(format!("{before}{piece}{after}"))).collect()
        }
        _ => vec![Cow::Borrowed(text)],
    }
}

/// Without the slash at its end.
fn folder(path: &str) -> &str {
    path.trim_end_matches('/')
}

/// Whether a path is this folder or within it; the root covers nothing.
fn covers(folder: &str, path: &str) -> bool {
    !folder.is_empty() && path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn is_shell(program: &str) -> bool {
    let base = program.rsplit(['/', '\\']).next().unwrap_or_default().to_ascii_lowercase();
    matches!(base.trim_end_matches(".exe"), "sh" | "bash" | "ash" | "dash" | "zsh" | "ksh" | "mksh" | "busybox")
}

/// The script of a RUN in shell form: its text, or its heredoc.
fn shell_script(instruction: &Instruction, options: ShellOptions) -> (RunForm, Script) {
    let text = script_text(instruction);
    let form = match instruction.script() {
        Some(_) if shell::interpreter(&text).is_some_and(|shebang| !shebang.is_shell()) => {
            return (RunForm::Foreign, Script::default());
        }
        Some(_) => RunForm::Heredoc,
        None => RunForm::Shell,
    };
    (form, shell::parse_with(&text, &text.map, options))
}

/// What the shell reads of a RUN in shell form.
fn script_text(instruction: &Instruction) -> Cow<'_, Text> {
    if let Some(heredoc) = instruction.script() {
        return Cow::Borrowed(&heredoc.content);
    }
    let body = &instruction.body;
    if instruction.heredocs.is_empty() {
        return Cow::Borrowed(body);
    }
    // The shell reads the bodies after the line that asks for them.
    let mut text = Text::empty(body.map.file(), body.map.source(0));
    append(&mut text, body);
    for heredoc in &instruction.heredocs {
        generated(&mut text, "\n", heredoc.span.start);
        append(&mut text, &heredoc.content);
        if !heredoc.content.is_empty() && !heredoc.content.ends_with('\n') {
            generated(&mut text, "\n", heredoc.span.end);
        }
        generated(&mut text, &heredoc.name, heredoc.terminator.map_or(heredoc.span.end, |span| span.start));
    }
    Cow::Owned(text)
}

/// The exec form: `["sh", "-c", "text"]` is the text; other words are one command.
fn exec(instruction: &Instruction) -> Script {
    let words = instruction.words();
    if let [program, flags @ .., text] = words
        && is_shell(program.as_str())
        && flags.last().is_some_and(|flag| flag.as_str().starts_with('-') && flag.as_str().ends_with('c'))
    {
        let options = ShellOptions::from_flags(flags.iter().map(dockerfile::Word::as_str));
        return shell::parse_with(text.as_str(), &text.value.map, options);
    }
    let Some(first) = words.first() else { return Script::default() };
    let mut text = Text::empty(instruction.body.map.file(), first.span().start);
    for word in words {
        let span = word.span();
        generated(&mut text, "'", span.start);
        for (at, character) in word.as_str().char_indices() {
            let source = word.value.map.source(offset(at));
            if character == '\'' {
                generated(&mut text, "'\\''", source);
            } else {
                text.text.push(character);
                text.map.push(source, offset(character.len_utf8()));
            }
        }
        generated(&mut text, "'", span.end.saturating_sub(1));
        generated(&mut text, " ", span.end);
    }
    shell::parse(&text, &text.map)
}

fn append(text: &mut Text, part: &Text) {
    text.text.push_str(part);
    for (at, character) in part.char_indices() {
        text.map.push(part.map.source(offset(at)), offset(character.len_utf8()));
    }
}

/// Text that the file does not hold at this place.
fn generated(text: &mut Text, part: &str, source: u32) {
    text.text.push_str(part);
    if part == "'" {
        // The quotes take the place of those of JSON.
        text.map.push(source, 1);
    } else {
        OffsetMap::push_opaque(&mut text.map, source, source, offset(part.len()));
    }
}

/// Files are under 4 GiB.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
