//! What an instruction takes from another stage or image: COPY --from, ADD --from, RUN --mount=from=.

use portcullis_core::Span;
use portcullis_syntax::dockerfile::{Expanded, Flag, Instruction, Keyword, Text, Variable, expand};

use super::{Build, ImageWord};

/// A reference to a stage or image from within a stage.
#[derive(Clone, Debug)]
pub struct SourceRef<'d> {
    /// The stage that refers.
    pub stage: usize,
    /// The instruction; the one that ONBUILD holds, where there is one (see [`Instruction::onbuild`]).
    pub instruction: &'d Instruction,
    /// `--from` or `--mount`.
    pub flag: &'d Flag,
    /// The name, number or image as written, quotes removed.
    pub name: Text,
    /// What it means.
    pub target: SourceTarget,
}

impl SourceRef<'_> {
    /// The name, number or image.
    pub fn span(&self) -> Span {
        self.name.span()
    }
}

/// What a reference means.
#[derive(Clone, Debug)]
pub enum SourceTarget {
    /// A stage by name or, for COPY, by number. It may be the referring stage or a later one: a builder refuses only
    /// cycles.
    Stage(usize),
    /// A number that is no stage's.
    NoSuchIndex(usize),
    /// `scratch`.
    Scratch,
    /// No stage's name: an image, or a build context that the command line names.
    Image(Box<ImageWord>),
    /// It holds a variable. Builders expand none here; what it means is for the build to say.
    Unknown,
}

impl<'d> Build<'d> {
    /// Every reference from within a stage to another stage or an image, in order.
    pub fn copy_sources(&self) -> Vec<SourceRef<'d>> {
        let mut sources = Vec::new();
        for stage in &self.stages {
            for instruction in stage.instructions.iter().map(|instruction| instruction.triggered()) {
                self.sources_of(stage.index, instruction, &mut sources);
            }
        }
        sources
    }

    fn sources_of(&self, stage: usize, instruction: &'d Instruction, sources: &mut Vec<SourceRef<'d>>) {
        for flag in &instruction.flags {
            let (name, target) = match instruction.keyword {
                Keyword::Copy | Keyword::Add if flag.name == "from" => {
                    let Some(value) = &flag.value else { continue };
                    (value.value.clone(), self.numbered(&value.value))
                }
                Keyword::Run => {
                    let mount = flag.mount();
                    let Some(name) = mount.as_ref().and_then(|mount| mount.get("from")) else { continue };
                    (name.clone(), self.named(name))
                }
                _ => continue,
            };
            sources.push(SourceRef { stage, instruction, flag, name, target });
        }
    }

    fn numbered(&self, name: &Text) -> SourceTarget {
        match name.parse::<usize>() {
            Ok(index) if index < self.stages.len() => SourceTarget::Stage(index),
            Ok(index) => SourceTarget::NoSuchIndex(index),
            Err(_) => self.named(name),
        }
    }

    fn named(&self, name: &Text) -> SourceTarget {
        if name.contains('$') {
            return SourceTarget::Unknown;
        }
        if let Some(stage) = self.stage_named(name) {
            return SourceTarget::Stage(stage.index);
        }
        if name.as_str() == "scratch" {
            return SourceTarget::Scratch;
        }
        let expanded: Expanded = expand(name, self.dockerfile.escape, |_| Variable::Unknown);
        SourceTarget::Image(Box::new(ImageWord::new(name.clone(), expanded)))
    }
}
