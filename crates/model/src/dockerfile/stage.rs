//! One stage and what it starts from.

use std::collections::BTreeMap;

use portcullis_syntax::dockerfile::{Instruction, Keyword, Word};

use super::ImageWord;
use super::variables::Timeline;

/// A stage.
#[derive(Clone, Debug)]
pub struct Stage<'d> {
    /// Its number, from 0.
    pub index: usize,
    /// Its FROM; absent for the implicit stage of a file without one.
    pub from: Option<&'d Instruction>,
    /// Its name as written.
    pub name: Option<&'d Word>,
    /// What it starts from.
    pub base: Base,
    /// The value of `--platform`.
    pub platform: Option<&'d Word>,
    /// What follows FROM, ONBUILD as itself.
    pub instructions: Vec<&'d Instruction>,
    /// Whether what it does ends up in the image: it is the last stage or one that the last is built FROM.
    pub is_final: bool,
    by_keyword: BTreeMap<Keyword, Vec<&'d Instruction>>,
    /// The last instruction of each kind among the stages that it is built from.
    inherited: BTreeMap<Keyword, &'d Instruction>,
    /// The farthest stage that it is built from, or itself.
    pub(super) root: usize,
    pub(super) timeline: Timeline<'d>,
}

/// What a stage starts from.
#[derive(Clone, Debug)]
pub enum Base {
    /// `FROM scratch`.
    Scratch,
    /// An earlier stage.
    Stage(usize),
    /// An image, parts of whose reference may be unknown.
    Image(Box<ImageWord>),
    /// There is no FROM, or it cannot be read or expanded.
    Unknown,
}

impl<'d> Stage<'d> {
    pub(super) fn new(
        index: usize,
        from: Option<&'d Instruction>,
        name: Option<&'d Word>,
        base: Base,
        platform: Option<&'d Word>,
    ) -> Self {
        Self {
            index,
            from,
            name,
            base,
            platform,
            instructions: Vec::new(),
            is_final: false,
            by_keyword: BTreeMap::new(),
            inherited: BTreeMap::new(),
            root: index,
            timeline: Timeline::default(),
        }
    }

    /// Takes over what holds at the end of an earlier stage.
    pub(super) fn inherit(&mut self, parent: &Self) {
        self.root = parent.root;
        self.inherited.clone_from(&parent.inherited);
        let own = parent.by_keyword.keys().filter_map(|&keyword| Some((keyword, parent.last(keyword)?)));
        self.inherited.extend(own);
    }

    pub(super) fn add(&mut self, instruction: &'d Instruction) {
        self.instructions.push(instruction);
        self.by_keyword.entry(instruction.keyword).or_default().push(instruction);
    }

    /// Its instructions of a kind, in order; what ONBUILD holds is not among them.
    pub fn all(&self, keyword: Keyword) -> &[&'d Instruction] {
        self.by_keyword.get(&keyword).map_or(&[], Vec::as_slice)
    }

    /// Its last instruction of a kind.
    pub fn last(&self, keyword: Keyword) -> Option<&'d Instruction> {
        self.all(keyword).last().copied()
    }

    /// The last instruction of a kind among the stages that it is built from.
    pub fn inherited(&self, keyword: Keyword) -> Option<&'d Instruction> {
        self.inherited.get(&keyword).copied()
    }

    /// Its last instruction of a kind that begins before an offset of the file.
    pub fn last_before(&self, keyword: Keyword, offset: u32) -> Option<&'d Instruction> {
        let all = self.all(keyword);
        let end = all.partition_point(|instruction| instruction.span.start < offset);
        all.get(end.checked_sub(1)?).copied()
    }
}
