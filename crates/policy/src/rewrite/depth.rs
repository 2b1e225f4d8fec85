//! How deep expressions stand in one another, before anything goes through them.
//!
//! The interpreter goes down by recursion, when it parses and when it evaluates, and has no bound for most of it: the stack
//! would end, and the program with it. And what stands first in a list, a set, an object or a statement is parsed twice, so
//! that some twenty of them in one another take minutes. What is too deep is a fault at its place instead.

use super::literals::Layout;
use super::outline::Outline;
use super::tokens::Kind;
use super::{KEYWORDS, advance};

/// Brackets in one another.
const MOST_BRACKETS: usize = 128;
/// Operators in a row, each of which the next ones stand below. They take less of the stack than brackets: of the 8 MiB that workers
/// have, a row of this length between comprehensions takes 3 without optimisation.
const MOST_OPERATORS: usize = 256;

/// The line and column of the first token that stands too deep.
pub(crate) fn too_deep(outline: &Outline<'_>) -> Option<(u32, u32)> {
    // For each open bracket, the operators before it.
    let mut open: Vec<usize> = Vec::new();
    let (mut operators, mut above) = (0_usize, 0_usize);
    for (at, token) in outline.tokens.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| outline.tokens.get(before));
        let text = token.text(outline.text);
        let symbol = token.symbol(outline.text);
        match symbol {
            "(" | "[" | "{" => {
                let is_chained =
                    before.is_some_and(|it| it.end == token.start && matches!(it.symbol(outline.text), "]" | ")"));
                operators = operators.saturating_add(usize::from(is_chained));
                above = above.saturating_add(operators);
                open.push(std::mem::take(&mut operators));
            }
            ")" | "]" | "}" => {
                operators = open.pop().unwrap_or_default();
                above = above.saturating_sub(operators);
            }
            "," | ";" | ":" => operators = 0,
            _ if is_operator(symbol) || matches!(text, "in" | "not") => {
                operators = operators.saturating_add(1);
            }
            _ if token.starts_line && !before.is_some_and(|it| is_operator(it.symbol(outline.text))) => operators = 0,
            _ => {}
        }
        if open.len() > MOST_BRACKETS || above.saturating_add(operators) > MOST_OPERATORS {
            return Some(advance((1, 1), outline.text.get(..token.start)?));
        }
    }
    None
}

fn is_operator(symbol: &str) -> bool {
    matches!(symbol, "-" | "+" | "*" | "/" | "%" | "&" | "|" | "<" | ">" | "=" | "!")
}

/// Tokens that the interpreter may read before it is done, each as often as it reads it: about a second of them.
const MOST_READ: u64 = 1 << 21;

/// The line and column of the bracket in which the interpreter would read for too long, in a text for the interpreter.
pub(super) fn too_long(outline: &Outline<'_>, layout: &Layout) -> Option<(u32, u32)> {
    let mut read = 0_u64;
    let mut times = vec![0_u32; outline.blocks.len()];
    for (index, block) in outline.blocks.iter().enumerate() {
        let around = block.parent.and_then(|parent| times.get(parent)).copied().unwrap_or(0);
        let is_twice = layout.is_first(index) || starts_statement(outline, block.open);
        let own = around.saturating_add(u32::from(is_twice));
        if let Some(times) = times.get_mut(index) {
            *times = own;
        }
        read = read.saturating_add(1_u64.checked_shl(own).unwrap_or(u64::MAX));
        if read > MOST_READ {
            let start = outline.tokens.get(block.open)?.start;
            return Some(advance((1, 1), outline.text.get(..start)?));
        }
    }
    None
}

/// Whether a bracket belongs to what a statement starts with: `count([…]) == 1`.
fn starts_statement(outline: &Outline<'_>, open: usize) -> bool {
    let Some(around) = outline.block(open).filter(|around| around.is_scope) else { return false };
    let mut first = open;
    while let Some(before) = first.checked_sub(1).filter(|before| *before > around.open) {
        let is_name = outline.word(before).is_some_and(|word| !KEYWORDS.contains(&word));
        let is_part = is_name || matches!(outline.token(before), ".");
        if outline.starts_line(first) || !is_part {
            break;
        }
        first = before;
    }
    let before = first.checked_sub(1);
    outline.starts_line(first)
        || before.is_some_and(|at| {
            matches!(outline.token(at), ";" | "{" | "|" | "not")
                && outline.tokens.get(at).is_some_and(|token| token.kind != Kind::Text)
        })
}
