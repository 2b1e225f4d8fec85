//! A Dockerfile as the builder runs it: stages, what each starts from, and what holds at each instruction.
//!
//! Decides with what the file says: `ARG` defaults count as the values. It cannot know build arguments, additional build
//! contexts, nor the environment, user and directory that a base image brings; those are unknown, never empty.

mod image;
mod sources;
mod stage;
mod variables;

use portcullis_syntax::dockerfile::{Dockerfile, Instruction, Keyword, Word};

pub use image::{ImageWord, Part};
pub use sources::{SourceRef, SourceTarget};
pub use stage::{Base, Stage};
pub use variables::{Declaration, Variables};

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
}

impl<'d> Build<'d> {
    /// Sorts a Dockerfile's instructions into stages and resolves what each starts from.
    pub fn new(dockerfile: &'d Dockerfile) -> Self {
        Self { dockerfile, preamble: Vec::new(), stages: Vec::new(), globals: variables::Timeline::default() }
    }

    /// The last stage; absent only in a file without instructions.
    pub fn final_stage(&self) -> Option<&Stage<'d>> {
        self.stages.last()
    }

    /// The stage that an instruction stands in (FROM and ONBUILD's inner instruction too); absent for the preamble.
    pub fn stage_of(&self, instruction: &Instruction) -> Option<&Stage<'d>> {
        let _ = instruction;
        None
    }

    /// The stages that a stage is built from, nearest first, itself left out.
    pub fn ancestors(&self, stage: &Stage<'d>) -> impl Iterator<Item = &Stage<'d>> {
        let _ = stage;
        self.stages.iter().take(0)
    }

    /// The last instruction of a kind that holds at the end of a stage, its own or an ancestor's.
    pub fn effective(&self, stage: &Stage<'d>, keyword: Keyword) -> Option<&'d Instruction> {
        let _ = (stage, keyword);
        None
    }

    /// The last instruction of a kind that holds before an instruction, of its stage or an ancestor.
    pub fn effective_at(&self, instruction: &Instruction, keyword: Keyword) -> Option<&'d Instruction> {
        let _ = (instruction, keyword);
        None
    }

    /// The words of the SHELL that runs an instruction; absent for the platform's default.
    pub fn shell_at(&self, instruction: &Instruction) -> Option<&'d [Word]> {
        Some(self.effective_at(instruction, Keyword::Shell)?.words()).filter(|words| !words.is_empty())
    }

    /// What ARG and ENV have set when an instruction runs. For FROM and the preamble: the global ARGs.
    pub fn variables_at<'b>(&'b self, instruction: &Instruction) -> Variables<'b, 'd> {
        let _ = (instruction, &self.globals);
        todo!()
    }

    /// Every reference from within a stage to another stage or an image, in order.
    pub fn copy_sources(&self) -> Vec<SourceRef<'d>> {
        Vec::new()
    }
}
