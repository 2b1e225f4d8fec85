//! What the rules about package managers share: which command installs what, and what is left behind.
//!
//! A manager is data; the checks are the same for all. They cannot know what a configuration file of the base image says.

use portcullis_core::{Fix, Place, Span, StableHash};
use portcullis_model::dockerfile::{Call, Run};
use portcullis_syntax::shell::{OptionsWithArguments, Word};

use super::{Image, edits};
use crate::Report;

/// A package manager, or a family whose commands agree.
pub(super) struct Manager {
    /// The programs.
    pub(super) programs: &'static [&'static str],
    /// Subcommands that install packages by name, each as its words.
    pub(super) install: &'static [&'static [&'static str]],
    /// Options that take an argument.
    pub(super) options: OptionsWithArguments<'static>,
}

/// A command that installs.
pub(super) struct Install<'r> {
    pub(super) call: Call<'r>,
    /// From the program to the subcommand.
    pub(super) head: Span,
    /// The last word of the subcommand.
    pub(super) subcommand: String,
    /// What follows the subcommand and is no option.
    pub(super) packages: Vec<Word>,
}

impl Install<'_> {
    /// `apt-get install`
    pub(super) fn title(&self) -> String {
        title(&self.call)
    }
}

/// The program of a call, for messages.
pub(super) fn title(call: &Call<'_>) -> String {
    call.command.program().unwrap_or("the command").to_owned()
}

impl Manager {
    /// The commands of a RUN that install.
    pub(super) fn installs<'r>(&self, run: &'r Run<'_>) -> Vec<Install<'r>> {
        self.subcommands(run, self.install)
    }

    /// The commands of a RUN whose subcommand is one of these.
    pub(super) fn subcommands<'r>(&self, run: &'r Run<'_>, subcommands: &[&[&str]]) -> Vec<Install<'r>> {
        let calls = run.calls(self.programs);
        calls.filter_map(|call| subcommand(call, subcommands, &self.options)).collect()
    }
}

/// The call, if its first words are those of one of these subcommands.
pub(super) fn subcommand<'r>(
    call: Call<'r>,
    subcommands: &[&[&str]],
    options: &OptionsWithArguments<'_>,
) -> Option<Install<'r>> {
    let positionals = call.command.positionals(options);
    let matches = |names: &&&[&str]| {
        positionals.len() >= names.len() && names.iter().zip(&positionals).all(|(name, word)| word.text == **name)
    };
    let length = subcommands.iter().find(matches)?.len();
    let last = positionals.get(length.checked_sub(1)?)?;
    let (head, subcommand) = (call.head(last), last.text.clone());
    let packages = positionals.into_iter().skip(length).cloned().collect();
    Some(Install { call, head, subcommand, packages })
}

/// A place in a RUN: its identity is the stage and what is found, not where it stands.
pub(super) fn spot(run: &Run<'_>, span: Span, what: &str) -> Place {
    let mut structure = StableHash::new();
    structure.text("RUN");
    structure.number(run.stage as u64);
    let mut value = StableHash::new();
    value.text(what);
    Place { span, structure: structure.short(), value: value.short() }
}

/// One finding per install command, at the first package without a version. Variables are read; a name that is not known
/// is no finding.
pub(super) fn unpinned(
    image: &Image<'_>,
    report: &mut Report<'_>,
    manager: &Manager,
    is_pinned: fn(&str) -> bool,
    help: &'static str,
) {
    for run in image.runs() {
        for install in manager.installs(run) {
            report_unpinned(run, report, &install, is_pinned, help);
        }
    }
}

/// [`unpinned`] for one command.
pub(super) fn report_unpinned(
    run: &Run<'_>,
    report: &mut Report<'_>,
    install: &Install<'_>,
    is_pinned: impl Fn(&str) -> bool,
    help: &'static str,
) {
    let loose: Vec<&Word> = install
        .packages
        .iter()
        .filter(|word| !word.has_expansion && !word.text.is_empty() && !word.text.starts_with('-'))
        .filter(|word| !is_pinned(&word.text))
        .collect();
    let Some(first) = loose.first() else { return };
    let names: Vec<String> = loose.iter().take(8).map(|word| format!("`{}`", word.text)).collect();
    let more = if loose.len() > names.len() { ", …" } else { "" };
    let verb = if loose.len() == 1 { "is" } else { "are" };
    let message = format!("{}{more} {verb} installed by {} without a version", names.join(", "), install.title());
    report.at(spot(run, first.span, &first.text), message).help(help);
}

/// The install commands that would ask and get no answer.
pub(super) fn without_yes(
    image: &Image<'_>,
    report: &mut Report<'_>,
    (manager, subcommands): (&Manager, &[&[&str]]),
    says_yes: impl Fn(&Call<'_>) -> bool,
    configuration: &[&str],
    answer: Answer,
) {
    let setting = Setting::new(image, configuration);
    for run in image.runs().iter().filter(|run| run.script.complete && !setting.holds(run)) {
        for install in manager.subcommands(run, subcommands) {
            let call = &install.call;
            if call.open || call.has_input() || says_yes(call) {
                continue;
            }
            let message = format!("{} asks before it installs, and nobody answers in a build", install.title());
            report
                .at(spot(run, install.head, &install.title()), message)
                .help(format!("add `{}`", answer.word()))
                .fix(answer.fix(image, run, &install));
        }
    }
}

/// The option that answers a manager's question, and where it is written.
#[derive(Clone, Copy)]
pub(super) enum Answer {
    /// Behind the subcommand.
    Late(&'static str),
    /// Behind the program.
    Early(&'static str),
}

impl Answer {
    fn word(self) -> &'static str {
        match self {
            Self::Late(word) | Self::Early(word) => word,
        }
    }

    /// Without the answer the build fails, so that nothing can depend on its absence.
    fn fix(self, image: &Image<'_>, run: &Run<'_>, install: &Install<'_>) -> Option<Fix> {
        let call = &install.call;
        let (behind, written) = match self {
            Self::Late(_) => (install.head, install.subcommand.as_str()),
            Self::Early(_) => (call.name_span(), call.command.program()?),
        };
        let edit = edits::insert_argument(image, (run, call), behind, written, self.word())?;
        Some(Fix::safe(format!("add `{}`", self.word()), edit))
    }
}

/// What a manager leaves in the image, and what takes it away again.
pub(super) struct Cache {
    /// Folders that hold it. A mount over one of them, or its deletion, is enough.
    pub(super) folders: &'static [&'static str],
    /// Commands that empty it: programs, and the words of the subcommand.
    pub(super) cleaners: &'static [(&'static [&'static str], &'static [&'static str])],
}

impl Cache {
    /// What the commands before this index leave in the cache is not in the image.
    pub(super) fn emptied_before(&self, run: &Run<'_>) -> usize {
        if self.folders.iter().any(|folder| run.has_cache_mount(folder)) {
            return usize::MAX;
        }
        let deleted = self.folders.iter().filter_map(|folder| run.last_deletion(folder));
        let cleaned = self.cleaners.iter().flat_map(|(programs, words)| {
            run.calls(programs).filter_map(|call| {
                let given = |word: &&str| call.command.args.iter().any(|arg| arg.text == **word);
                words.iter().all(given).then_some(call.index)
            })
        });
        deleted.chain(cleaned).max().unwrap_or(0)
    }
}

/// One finding per RUN of the final image, at the last command that fills a cache which nothing empties afterwards.
pub(super) fn cache_kept(
    image: &Image<'_>,
    report: &mut Report<'_>,
    (manager, subcommands): (&Manager, &[&[&str]]),
    cache: &Cache,
    message: fn(&str) -> String,
    help: &'static str,
) {
    for run in image.final_runs().filter(|run| run.script.complete) {
        let fills = manager.subcommands(run, subcommands);
        let Some(last) = fills.last() else { continue };
        if last.call.index >= cache.emptied_before(run) {
            let title = last.title();
            report.at(spot(run, last.head, &title), message(&title)).help(help);
        }
    }
}

/// Where each stage first holds one of some texts: a setting that a RUN writes to a configuration file.
pub(super) struct Setting(Vec<Option<u32>>);

impl Setting {
    pub(super) fn new(image: &Image<'_>, texts: &[&str]) -> Self {
        let mut first: Vec<Option<u32>> = vec![None; image.build.stages.len()];
        for run in image.runs() {
            let heredocs = run.instruction.heredocs.iter().map(|heredoc| heredoc.content.as_str());
            let mut all = heredocs.chain([run.instruction.body.as_str()]);
            if let Some(first) = first.get_mut(run.stage)
                && first.is_none()
                && all.any(|text| texts.iter().any(|wanted| text.contains(wanted)))
            {
                *first = Some(run.instruction.span.start);
            }
        }
        // A parent comes before the stages that are built from it.
        for stage in &image.build.stages {
            let inherited = image.build.parent(stage).and_then(|parent| first.get(parent.index).copied().flatten());
            if let (Some(_), Some(first)) = (inherited, first.get_mut(stage.index)) {
                *first = Some(0);
            }
        }
        Self(first)
    }

    /// Whether it was written by this RUN, or before it.
    pub(super) fn holds(&self, run: &Run<'_>) -> bool {
        self.0.get(run.stage).copied().flatten().is_some_and(|start| start <= run.instruction.span.start)
    }
}

/// A path or a URL: something whose name is not looked up in a repository.
pub(super) fn is_local_or_url(text: &str) -> bool {
    text.starts_with(['/', '.', '~']) || text.contains("://")
}

/// A flag that is a defect by itself.
pub(super) struct BadFlag {
    pub(super) programs: &'static [&'static str],
    pub(super) flags: &'static [&'static str],
    pub(super) options: OptionsWithArguments<'static>,
}

impl BadFlag {
    /// One finding per command, at the flag.
    pub(super) fn report(
        &self,
        image: &Image<'_>,
        report: &mut Report<'_>,
        exempt: impl Fn(&Run<'_>, &Call<'_>) -> bool,
        consequence: &str,
        help: &'static str,
    ) {
        for run in image.runs() {
            for call in run.calls(self.programs) {
                let Some(word) = call.command.flag_among(self.flags, &self.options) else { continue };
                if !exempt(run, &call) {
                    let message = format!("`{}` makes {} {consequence}", word.text, title(&call));
                    report.at(spot(run, word.span, &word.text), message).help(help);
                }
            }
        }
    }
}
