//! The brackets of a module: which are bodies, which see names of their own.

use std::ops::Range;

use super::tokens::{Kind, Token, tokens};

/// A module's tokens, brackets and rules.
pub(crate) struct Outline<'t> {
    pub text: &'t str,
    pub tokens: Vec<Token>,
    pub blocks: Vec<Block>,
    /// For each token the innermost block that it stands in; a bracket stands in the one around it.
    pub around: Vec<Option<usize>>,
    /// The tokens of each rule, by their indices: from a name at the margin of the module to the next.
    pub rules: Vec<Range<usize>>,
}

/// A pair of brackets.
pub(crate) struct Block {
    pub open: usize,
    /// The closing bracket, or the last token.
    pub close: usize,
    pub parent: Option<usize>,
    /// The statements of a rule, of `else` or `every`.
    pub is_body: bool,
    /// A body or a comprehension: its names are its own.
    pub is_scope: bool,
}

impl<'t> Outline<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        let tokens = tokens(text);
        let count = tokens.len();
        let around = Vec::with_capacity(count);
        let mut outline = Self { text, tokens, blocks: Vec::new(), around, rules: Vec::new() };
        let mut current: Option<usize> = None;
        for at in 0..count {
            let Some(&token) = outline.tokens.get(at) else { break };
            let symbol = token.symbol(text);
            if matches!(symbol, "}" | "]" | ")")
                && let Some(block) = current.and_then(|index| outline.blocks.get_mut(index))
            {
                block.close = at;
                current = block.parent;
            }
            outline.around.push(current);
            match symbol {
                "{" | "[" | "(" => {
                    let is_body = symbol == "{" && outline.follows_condition(at);
                    let close = count.saturating_sub(1);
                    outline.blocks.push(Block { open: at, close, parent: current, is_body, is_scope: is_body });
                    current = outline.blocks.len().checked_sub(1);
                }
                // A comprehension, or the union of two sets in a literal: a scope too many only keeps texts as they are.
                "|" => {
                    if let Some(block) = current.and_then(|index| outline.blocks.get_mut(index)) {
                        block.is_scope = true;
                    }
                }
                _ => {}
            }
        }
        let starts: Vec<usize> = (0..count).filter(|&at| outline.starts_rule(at)).collect();
        let ends = starts.iter().skip(1).copied().chain([count]);
        outline.rules = starts.iter().copied().zip(ends).map(|(start, end)| start..end).collect();
        outline
    }

    pub(super) fn token(&self, at: usize) -> &'t str {
        self.tokens.get(at).map_or("", |token| token.text(self.text))
    }

    pub(super) fn word(&self, at: usize) -> Option<&'t str> {
        self.tokens.get(at).filter(|token| token.kind == Kind::Word).map(|token| token.text(self.text))
    }

    pub(super) fn starts_line(&self, at: usize) -> bool {
        self.tokens.get(at).is_none_or(|token| token.starts_line)
    }

    pub(super) fn block(&self, at: usize) -> Option<&Block> {
        self.blocks.get((*self.around.get(at)?)?)
    }

    /// The block that a token opens. They are in the order of their brackets.
    pub(super) fn opened(&self, at: usize) -> Option<&Block> {
        self.blocks.get(self.blocks.binary_search_by_key(&at, |block| block.open).ok()?)
    }

    /// The blocks that are opened in a range of tokens.
    pub(super) fn within(&self, range: &std::ops::Range<usize>) -> &[Block] {
        let index = |at: usize| self.blocks.partition_point(|block| block.open < at);
        self.blocks.get(index(range.start)..index(range.end)).unwrap_or_default()
    }

    /// The scopes that a token stands in, the innermost first.
    pub(super) fn scopes(&self, at: usize) -> Vec<usize> {
        let first = self.around.get(at).copied().flatten();
        let blocks = std::iter::successors(first, |&index| self.blocks.get(index)?.parent);
        blocks.filter(|&index| self.blocks.get(index).is_some_and(|block| block.is_scope)).collect()
    }

    /// Whether a brace opens a body: what stands before a literal wants a value.
    fn follows_condition(&self, at: usize) -> bool {
        let Some(before) = at.checked_sub(1).and_then(|before| self.tokens.get(before)) else { return false };
        match before.kind {
            Kind::Word => !matches!(before.text(self.text), "in" | "contains" | "as" | "not" | "with"),
            Kind::Text | Kind::Number => true,
            Kind::Symbol => matches!(before.text(self.text), "]" | ")" | "}"),
        }
    }

    fn starts_rule(&self, at: usize) -> bool {
        let is_top = self.around.get(at) == Some(&None) && self.starts_line(at);
        let continues = at.checked_sub(1).is_some_and(|before| matches!(self.token(before), "=" | "|" | "&" | "if"));
        is_top && !continues && self.word(at).is_some_and(|word| word != "else")
    }
}
