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
    pub(super) by_keyword: BTreeMap<Keyword, Vec<&'d Instruction>>,
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
    Image(ImageWord),
    /// There is no FROM, or it cannot be read or expanded.
    Unknown,
}
