//! A Dockerfile as the builder runs it: stages, what each starts from, and what holds at each instruction.
//!
//! Decides with what the file says: `ARG` defaults count as the values. It cannot know build arguments, additional build
//! contexts, nor the environment, user and directory that a base image brings; those are unknown, never empty.

mod ignore;
mod image;
mod runs;
mod sources;
mod stage;
mod variables;

use std::collections::BTreeMap;

use portcullis_syntax::dockerfile::{Args, Dockerfile, Instruction, Keyword, Word};

pub use ignore::{BuildContext, DockerIgnore};
pub use image::{ImageWord, Part};
pub use runs::{Call, Run, RunForm};
pub use sources::{SourceRef, SourceTarget};
pub use stage::{Base, Stage};
pub use variables::{Declaration, Variables, is_platform_arg, is_proxy_arg};

/// A Dockerfile and its stages.
#[derive(Clone, Debug)]
pub struct Build<'d> {
    /// The file.
    pub dockerfile: &'d Dockerfile,
    /// What stands before the first FROM: global ARGs, and anything else by mistake. Empty without a FROM.
    pub preamble: Vec<&'d Instruction>,
    /// In order. A file without FROM has one implicit stage, which holds everything.
    pub stages: Vec<Stage<'d>>,
    globals: variables::Timeline<'d>,
    /// The stage whose image is used.
    last: usize,
    /// The last stage of each name, in lower case.
    names: BTreeMap<String, usize>,
    /// How many bytes the values of all timelines hold.
    value_bytes: usize,
}

impl<'d> Build<'d> {
    /// Sorts a Dockerfile's instructions into stages and resolves what each starts from.
    pub fn new(dockerfile: &'d Dockerfile) -> Self {
        let mut build = Self {
            dockerfile,
            preamble: Vec::new(),
            stages: Vec::new(),
            globals: variables::Timeline::default(),
            last: 0,
            names: BTreeMap::new(),
            value_bytes: 0,
        };
        let has_from = dockerfile.instructions.iter().any(|instruction| instruction.keyword == Keyword::From);
        for instruction in &dockerfile.instructions {
            if instruction.keyword == Keyword::From {
                build.open_stage(Some(instruction));
            } else if build.stages.is_empty() && has_from {
                build.preamble.push(instruction);
                if instruction.keyword == Keyword::Arg {
                    build.declare_global(instruction);
                }
            } else {
                if build.stages.is_empty() {
                    build.open_stage(None);
                }
                build.add(instruction);
            }
        }
        build.last = build.stages.len().saturating_sub(1);
        build.mark_final(build.last);
        build
    }

    /// Takes these stages for those whose images are used, in place of the last one. Without any that exists, nothing changes.
    pub fn end_at<'n>(&mut self, targets: impl Iterator<Item = &'n str>) {
        let found: Vec<usize> = targets.filter_map(|name| Some(self.target(name)?.index)).collect();
        let Some(&last) = found.iter().max() else { return };
        self.stages.iter_mut().for_each(|stage| stage.is_final = false);
        self.last = last;
        for index in found {
            self.mark_final(index);
        }
    }

    /// The stage that a build's target names, by name or by number.
    pub fn target(&self, name: &str) -> Option<&Stage<'d>> {
        self.stage_named(name).or_else(|| self.stages.get(name.parse::<usize>().ok()?))
    }

    /// The stage whose image is used: the last one, unless a target was named. Absent only in a file without instructions.
    pub fn final_stage(&self) -> Option<&Stage<'d>> {
        self.stages.get(self.last)
    }

    /// The last stage of this name, in any case.
    pub fn stage_named(&self, name: &str) -> Option<&Stage<'d>> {
        self.stages.get(*self.names.get(&name.to_lowercase())?)
    }

    /// The stage that an instruction stands in (FROM and ONBUILD's inner instruction too); absent for the preamble.
    pub fn stage_of(&self, instruction: &Instruction) -> Option<&Stage<'d>> {
        let at = instruction.span.start;
        let after = self.stages.partition_point(|stage| stage.from.is_none_or(|from| from.span.start <= at));
        self.stages.get(after.checked_sub(1)?)
    }

    /// The stages that a stage is built from, nearest first, itself left out.
    pub fn ancestors(&self, stage: &Stage<'d>) -> impl Iterator<Item = &Stage<'d>> {
        std::iter::successors(self.parent(stage), |stage| self.parent(stage))
    }

    /// The stage that a stage is built from.
    pub fn parent(&self, stage: &Stage<'d>) -> Option<&Stage<'d>> {
        match stage.base {
            Base::Stage(parent) => self.stages.get(parent),
            _ => None,
        }
    }

    /// What a stage starts from in the end: its own base or its farthest ancestor's, never [`Base::Stage`].
    pub fn root_base<'b>(&'b self, stage: &'b Stage<'d>) -> &'b Base {
        self.stages.get(stage.root).map_or(&stage.base, |root| &root.base)
    }

    /// The last instruction of a kind that holds at the end of a stage, its own or an ancestor's.
    pub fn effective(&self, stage: &Stage<'d>, keyword: Keyword) -> Option<&'d Instruction> {
        stage.last(keyword).or_else(|| stage.inherited(keyword))
    }

    /// The last instruction of a kind that holds before an instruction, of its stage or an ancestor.
    pub fn effective_at(&self, instruction: &Instruction, keyword: Keyword) -> Option<&'d Instruction> {
        let stage = self.stage_of(instruction)?;
        stage.last_before(keyword, instruction.span.start).or_else(|| stage.inherited(keyword))
    }

    /// The words of the SHELL that runs an instruction; absent for the platform's default.
    pub fn shell_at(&self, instruction: &Instruction) -> Option<&'d [Word]> {
        Some(self.effective_at(instruction, Keyword::Shell)?.words()).filter(|words| !words.is_empty())
    }

    /// The last USER that holds at the end of a stage; absent where only the base image could say.
    pub fn user(&self, stage: &Stage<'d>) -> Option<&'d Instruction> {
        self.effective(stage, Keyword::User)
    }

    /// The last WORKDIR that holds at the end of a stage.
    pub fn workdir(&self, stage: &Stage<'d>) -> Option<&'d Instruction> {
        self.effective(stage, Keyword::Workdir)
    }

    /// What ARG and ENV have set when an instruction runs. For FROM and the preamble: the global ARGs.
    pub fn variables_at<'b>(&'b self, instruction: &Instruction) -> Variables<'b, 'd> {
        match self.stage_of(instruction).filter(|_| instruction.keyword != Keyword::From) {
            Some(stage) => Variables::of_stage(self, stage.index, instruction.span.start),
            None => Variables::global(self, instruction.span.start),
        }
    }

    fn open_stage(&mut self, from: Option<&'d Instruction>) {
        let index = self.stages.len();
        let mut base = Base::Unknown;
        let mut name = None;
        if let Some(Args::From(arguments)) = from.map(|from| &from.args) {
            name = arguments.name.as_ref();
            base = self.base(&arguments.image);
        }
        let platform = from.and_then(|from| from.flag_value("platform"));
        let mut stage = Stage::new(index, from, name, base, platform);
        if let Some(parent) = self.parent(&stage) {
            stage.inherit(parent);
        }
        self.stages.push(stage);
        if let Some(name) = name {
            self.names.insert(name.as_str().to_lowercase(), index);
        }
    }

    /// An earlier stage (the last one of that name) comes before an image.
    fn base(&self, image: &Word) -> Base {
        let expanded = Variables::global(self, u32::MAX).expand(image);
        match expanded.known() {
            Some("scratch") => return Base::Scratch,
            Some(name) => {
                if let Some(stage) = self.stage_named(name) {
                    return Base::Stage(stage.index);
                }
            }
            None if expanded.error.is_some() => return Base::Unknown,
            None => {}
        }
        Base::Image(Box::new(ImageWord::new(image.value.clone(), expanded)))
    }

    fn add(&mut self, instruction: &'d Instruction) {
        let Some(stage) = self.stages.last_mut() else { return };
        let index = stage.index;
        stage.add(instruction);
        if matches!(instruction.keyword, Keyword::Arg | Keyword::Env) {
            self.declare(index, instruction);
        }
    }

    fn mark_final(&mut self, last: usize) {
        let mut next = Some(last);
        while let Some(stage) = next.and_then(|index| self.stages.get_mut(index)) {
            if stage.is_final {
                return;
            }
            stage.is_final = true;
            // A stage is built from earlier ones only, so this ends.
            next = match stage.base {
                Base::Stage(parent) => Some(parent),
                _ => None,
            };
        }
    }
}

#[cfg(test)]
mod tests;
