//! Lists, sets and objects that nest deeply. The interpreter reads what stands first in one twice, and so twice as long for
//! each level: a document of twelve levels, as tests give them, takes thousands of times as long as its text would.
//!
//! A literal of constants becomes a call that gives its value. Others, where they are very deep, become calls that put them
//! together, whose arguments are read once. Patterns stay as they are: a call would take no value apart.

use std::borrow::Cow;

use regorus::Value;
use regorus::value::Object;

use super::outline::{Block, Outline};
use super::tokens::Kind;
use super::{Added, Edit, KEYWORDS, apply, depth};
use crate::builtins::literals::{Form, LITERAL, Literals};

/// Levels that are left as they are: it takes no time worth saving, and the text stays as policies have it.
const SHALLOW: usize = 4;
/// The same for literals that are not of constants alone, for which more is changed.
const DEEP: usize = 8;

/// A text with calls in the place of its deep literals.
pub(crate) struct Flat<'t> {
    pub text: Cow<'t, str>,
    /// What each round added to lines.
    pub added: [Vec<Added>; 2],
    /// Where it is too deep all the same, in this text.
    pub too_deep: Option<(u32, u32)>,
}

pub(crate) fn rewrite<'t>(text: Cow<'t, str>, literals: &mut Literals) -> Flat<'t> {
    if is_shallow(&text) {
        return Flat { text, added: Default::default(), too_deep: None };
    }
    let constants = constants(&Outline::new(&text), literals);
    let (text, constants) = applied(text, constants);
    let outline = Outline::new(&text);
    let layout = Layout::new(&outline);
    let others = others(&outline, &layout, literals);
    if others.is_empty() {
        let too_deep = depth::too_long(&outline, &layout);
        return Flat { text, added: [constants, Vec::new()], too_deep };
    }
    let (text, others) = applied(text, others);
    let outline = Outline::new(&text);
    let too_deep = depth::too_long(&outline, &Layout::new(&outline));
    Flat { text, added: [constants, others], too_deep }
}

fn applied(text: Cow<'_, str>, edits: Vec<Edit>) -> (Cow<'_, str>, Vec<Added>) {
    if edits.is_empty() {
        return (text, Vec::new());
    }
    let (changed, added) = apply(&text, edits);
    (Cow::Owned(changed.into_owned()), added)
}

/// Whether no brackets stand so deep that anything is to be done. Those in texts and comments count, which does no harm.
fn is_shallow(text: &str) -> bool {
    let mut depth = 0_usize;
    text.bytes().all(|byte| {
        match byte {
            b'(' | b'[' | b'{' => depth = depth.saturating_add(1),
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth <= SHALLOW
    })
}

/// What the brackets of a module are.
pub(super) struct Layout(Vec<Bracket>);

#[derive(Clone, Copy, Default)]
struct Bracket {
    /// A list, a set or an object; no comprehension, no body, no index, no arguments.
    is_literal: bool,
    /// Whether it stands in what comes first in a literal.
    is_first: bool,
    /// How many literals stand first in one another within it, itself included.
    firsts: usize,
}

impl Layout {
    pub(super) fn new(outline: &Outline<'_>) -> Self {
        let mut brackets: Vec<Bracket> = outline
            .blocks
            .iter()
            .map(|block| Bracket { is_literal: is_literal(outline, block), is_first: false, firsts: 0 })
            .collect();
        // The first entry of a literal ends with a comma.
        let mut ends: Vec<usize> = outline.blocks.iter().map(|block| block.close).collect();
        for (at, around) in outline.around.iter().enumerate().rev() {
            if let Some(end) = around.and_then(|index| ends.get_mut(index)).filter(|_| outline.token(at) == ",") {
                *end = at;
            }
        }
        for (index, block) in outline.blocks.iter().enumerate().rev() {
            let parent = block.parent.filter(|&parent| brackets.get(parent).is_some_and(|it| it.is_literal));
            let is_first = parent.and_then(|parent| ends.get(parent)).is_some_and(|&end| block.open < end);
            let Some(own) = brackets.get_mut(index) else { continue };
            own.is_first = is_first;
            own.firsts = own.firsts.saturating_add(usize::from(own.is_literal));
            let firsts = own.firsts;
            let above = block.parent.and_then(|parent| brackets.get_mut(parent));
            if let Some(above) = above.filter(|above| is_first || !above.is_literal) {
                above.firsts = above.firsts.max(firsts);
            }
        }
        Self(brackets)
    }

    pub(super) fn is_first(&self, block: usize) -> bool {
        self.0.get(block).is_some_and(|bracket| bracket.is_first)
    }
}

fn is_literal(outline: &Outline<'_>, block: &Block) -> bool {
    let Some(open) = outline.tokens.get(block.open) else { return false };
    let bracket = open.symbol(outline.text);
    let is_closed = matches!((bracket, outline.token(block.close)), ("[", "]") | ("{", "}"));
    let is_index = bracket == "[" && continues(outline, block.open);
    is_closed && !block.is_body && !block.is_scope && !is_index
}

/// Whether a token stands directly behind what it may be the index of.
fn continues(outline: &Outline<'_>, at: usize) -> bool {
    let (Some(token), Some(before)) =
        (outline.tokens.get(at), at.checked_sub(1).and_then(|before| outline.tokens.get(before)))
    else {
        return false;
    };
    let text = before.text(outline.text);
    let is_end = match before.kind {
        Kind::Word => !KEYWORDS.contains(&text),
        Kind::Symbol => matches!(text, "]" | ")" | "}"),
        Kind::Text | Kind::Number => true,
    };
    is_end && before.end == token.start
}

/// Whether a literal is looked into as it stands: `{…}[name]`.
fn is_looked_into(outline: &Outline<'_>, block: &Block) -> bool {
    let next = block.close.saturating_add(1);
    matches!(outline.token(next), "[" | ".") && continues(outline, next)
}

/// The literals of constants, as calls.
fn constants(outline: &Outline<'_>, literals: &mut Literals) -> Vec<Edit> {
    let mut edits = Vec::new();
    let heights = heights(outline);
    let mut behind = 0;
    for (block, height) in outline.blocks.iter().zip(heights) {
        if block.open < behind
            || height <= SHALLOW
            || !is_literal(outline, block)
            || is_pattern(outline, block, Whole::Constants)
        {
            continue;
        }
        let mut reader = Reader { outline, at: block.open };
        let Some(value) = reader.value().filter(|_| reader.at == block.close.saturating_add(1)) else { continue };
        let (Some(first), Some(last)) = (outline.tokens.get(block.open), outline.tokens.get(block.close)) else {
            continue;
        };
        let Some(written) = outline.text.get(first.start..last.end).filter(|_| !is_looked_into(outline, block)) else {
            continue;
        };
        let call = format!("{}{LITERAL}({})", blank(outline, block.open), literals.values.len());
        let blanks = written.chars().map(|letter| if letter == '\n' { '\n' } else { ' ' }).collect();
        edits.push(Edit { start: first.start, end: first.start, text: call });
        edits.push(Edit { start: first.start, end: last.end, text: blanks });
        literals.values.push(value);
        behind = block.close;
    }
    edits
}

/// What parts a call from a word that stands directly before it.
fn blank(outline: &Outline<'_>, at: usize) -> &'static str {
    let before = at.checked_sub(1).and_then(|before| outline.tokens.get(before));
    let is_word = before.is_some_and(|before| before.kind == Kind::Word);
    if is_word && before.zip(outline.tokens.get(at)).is_some_and(|(before, token)| before.end == token.start) {
        " "
    } else {
        ""
    }
}

/// How many brackets stand in one another within each, itself included.
fn heights(outline: &Outline<'_>) -> Vec<usize> {
    let mut heights = vec![1_usize; outline.blocks.len()];
    for (index, block) in outline.blocks.iter().enumerate().rev() {
        let own = heights.get(index).copied().unwrap_or(1).saturating_add(1);
        if let Some(above) = block.parent.and_then(|parent| heights.get_mut(parent)) {
            *above = own.max(*above);
        }
    }
    heights
}

/// The literals that hold others very deep, as calls of what puts them together.
fn others(outline: &Outline<'_>, layout: &Layout, literals: &mut Literals) -> Vec<Edit> {
    let mut edits = Vec::new();
    for (index, block) in outline.blocks.iter().enumerate() {
        let is_deep = layout.0.get(index).is_some_and(|it| it.is_literal && it.firsts > DEEP);
        if !is_deep || is_looked_into(outline, block) || is_pattern(outline, block, Whole::Other) {
            continue;
        }
        let own = |symbol: &'static str| {
            let inside = block.open.saturating_add(1)..block.close;
            inside.filter(move |&at| outline.token(at) == symbol && outline.around.get(at) == Some(&Some(index)))
        };
        let colons: Vec<usize> = own(":").collect();
        let form = match (outline.token(block.open), colons.is_empty()) {
            ("[", _) => Form::Array,
            (_, true) => Form::Set,
            (_, false) => Form::Object,
        };
        let is_trailing = block.close.checked_sub(1).is_some_and(|last| outline.token(last) == ",");
        let entries = own(",").count().saturating_add(usize::from(!is_trailing));
        let Ok(arguments) = u8::try_from(entries.saturating_add(colons.len())) else { continue };
        if form == Form::Object && colons.len() != entries || form == Form::Array && !colons.is_empty() {
            continue;
        }
        let (Some(open), Some(close)) = (outline.tokens.get(block.open), outline.tokens.get(block.close)) else {
            continue;
        };
        let function = format!("{}{}", blank(outline, block.open), form.function(arguments));
        edits.push(Edit { start: open.start, end: open.start, text: function });
        edits.push(Edit { start: open.start, end: open.end, text: "(".to_owned() });
        let commas = colons.iter().filter_map(|&at| outline.tokens.get(at));
        edits.extend(commas.map(|colon| Edit { start: colon.start, end: colon.end, text: ",".to_owned() }));
        edits.push(Edit { start: close.start, end: close.end, text: ")".to_owned() });
        literals.forms.insert((form, arguments));
    }
    edits
}

/// What a literal holds.
#[derive(Clone, Copy, PartialEq)]
enum Whole {
    Constants,
    Other,
}

/// Whether a literal may be what another value is taken apart by: an operand of `=`, what is between `some` and `in`, an
/// argument in a function's head, what `walk` finds; or a default, which is no call.
fn is_pattern(outline: &Outline<'_>, literal: &Block, whole: Whole) -> bool {
    let mut block = literal;
    loop {
        let around = outline.block(block.open);
        let statement = statement(outline, block);
        if around.is_none() {
            return outline.word(statement.start) == Some("default");
        }
        let Some(around) = around else { return false };
        if around.is_scope {
            let is_unified = statement.clone().any(|at| is_unification(outline, at));
            if is_unified
                && is_value_of_name(outline, block, if block.open == literal.open { whole } else { Whole::Other })
            {
                return false;
            }
            let is_some = outline.word(statement.start) == Some("some")
                && (block.close..statement.end).any(|at| outline.word(at) == Some("in"));
            return is_unified || is_some;
        }
        let before = around.open.checked_sub(1);
        if outline.token(around.open) == "(" && continues(outline, around.open) {
            let is_head = outline.block(around.open).is_none() && before.is_some_and(|at| is_head(outline, at));
            return is_head || before.is_some_and(|at| outline.word(at) == Some("walk"));
        }
        block = around;
    }
}

/// Whether a literal is what a name is compared with or stands for, and so takes nothing apart: it is the whole of one, or
/// the name is that of a `with` (`with::rewrite`).
fn is_value_of_name(outline: &Outline<'_>, block: &Block, whole: Whole) -> bool {
    let (Some(equals), Some(name)) = (block.open.checked_sub(1), block.open.checked_sub(2)) else { return false };
    let next = block.close.saturating_add(1);
    let ends = outline.starts_line(next) || matches!(outline.token(next), ";" | "}" | "]");
    is_unification(outline, equals)
        && ends
        && outline.word(name).is_some_and(|name| whole == Whole::Constants || super::with::is_value(name))
}

/// Whether a name at the margin of a module is that of a rule, which a bracket follows.
fn is_head(outline: &Outline<'_>, name: usize) -> bool {
    let rule = outline.rules.iter().find(|rule| rule.contains(&name));
    rule.is_none_or(|rule| !(rule.start..name).any(|at| matches!(outline.token(at), "=" | "contains" | "if" | "else")))
}

/// The tokens of the statement that a bracket stands in, as far as they stand in no other bracket.
fn statement(outline: &Outline<'_>, block: &Block) -> std::ops::Range<usize> {
    let own = outline.around.get(block.open);
    let around = outline.block(block.open);
    let first = around.map_or(0, |around| around.open.saturating_add(1));
    let last = around.map_or(outline.tokens.len(), |around| around.close);
    let is_own = |at: usize| outline.around.get(at) == own;
    let parts = |at: usize| is_own(at) && matches!(outline.token(at), ";" | "|");
    // A line that starts with a name starts a statement, but for what can only go on.
    let starts = |at: usize| {
        is_own(at)
            && outline.starts_line(at)
            && outline.word(at).is_some_and(|word| !matches!(word, "in" | "with" | "as"))
    };
    let mut start = block.open;
    while start > first && !starts(start) && !start.checked_sub(1).is_some_and(parts) {
        start = start.saturating_sub(1);
    }
    let next = block.close.saturating_add(1);
    let end = (next..last).find(|&at| parts(at) || starts(at)).unwrap_or(last);
    start..end
}

/// Whether a token is the `=` of a unification and of no other operator.
fn is_unification(outline: &Outline<'_>, at: usize) -> bool {
    let Some(token) = outline.tokens.get(at).filter(|token| token.symbol(outline.text) == "=") else { return false };
    let before = at.checked_sub(1).and_then(|before| outline.tokens.get(before));
    let next = outline.tokens.get(at.saturating_add(1));
    let is_tail = before.is_some_and(|before| {
        before.end == token.start && matches!(before.symbol(outline.text), ":" | "=" | "!" | "<" | ">")
    });
    let is_head = next.is_some_and(|next| next.start == token.end && next.symbol(outline.text) == "=");
    !is_tail && !is_head
}

/// Reads constants as the interpreter does. What it would refuse is no constant, so that it still does.
struct Reader<'o, 't> {
    outline: &'o Outline<'t>,
    at: usize,
}

impl Reader<'_, '_> {
    /// The value that starts here. Brackets are not deeper than [`depth::too_deep`] lets them be.
    fn value(&mut self) -> Option<Value> {
        let token = *self.outline.tokens.get(self.at)?;
        let text = self.outline.token(self.at);
        match (token.kind, text) {
            (Kind::Symbol, "[") => self.list(),
            (Kind::Symbol, "{") => self.braces(),
            (Kind::Symbol, "-") | (Kind::Number, _) => self.number(),
            (Kind::Text, _) => {
                self.at = self.at.checked_add(1)?;
                match text.strip_prefix('`') {
                    Some(rest) => Some(Value::from(rest.strip_suffix('`')?)),
                    None => Some(Value::from(serde_json::from_str::<String>(text).ok()?)),
                }
            }
            (Kind::Word, "true" | "false" | "null") => {
                self.at = self.at.checked_add(1)?;
                Some(if text == "null" { Value::Null } else { Value::from(text == "true") })
            }
            _ => None,
        }
    }

    fn list(&mut self) -> Option<Value> {
        let mut items = Vec::new();
        self.at = self.at.checked_add(1)?;
        while !self.takes("]") {
            items.push(self.value()?);
            if !self.takes(",") {
                return self.takes("]").then(|| Value::from(items));
            }
        }
        Some(Value::from(items))
    }

    fn braces(&mut self) -> Option<Value> {
        let (mut set, mut object) = (std::collections::BTreeSet::new(), Object::new());
        self.at = self.at.checked_add(1)?;
        let mut is_object = None;
        let mut is_closed = self.takes("}");
        while !is_closed {
            let first = self.value()?;
            let has_value = self.takes(":");
            if *is_object.get_or_insert(has_value) != has_value {
                return None;
            }
            if has_value {
                object.insert(first, self.value()?);
            } else {
                set.insert(first);
            }
            let goes_on = self.takes(",");
            is_closed = self.takes("}");
            if !goes_on && !is_closed {
                return None;
            }
        }
        Some(if is_object == Some(false) { Value::from(set) } else { object.into_value() })
    }

    /// The tokens of a number stand directly behind one another. What JSON does not know is none.
    fn number(&mut self) -> Option<Value> {
        let start = self.outline.tokens.get(self.at)?.start;
        let mut end = start;
        while let Some(token) = self.outline.tokens.get(self.at).filter(|token| token.start == end) {
            let is_part = match token.kind {
                Kind::Number => true,
                Kind::Symbol => matches!(token.text(self.outline.text), "." | "-" | "+"),
                Kind::Word | Kind::Text => false,
            };
            if !is_part {
                break;
            }
            end = token.end;
            self.at = self.at.checked_add(1)?;
        }
        let text = self.outline.text.get(start..end)?;
        serde_json::from_str::<serde_json::Number>(text).ok()?;
        // Less than nothing is nothing to the interpreter.
        let is_zero = text.starts_with('-') && !text.bytes().any(|byte| matches!(byte, b'1'..=b'9'));
        Value::from_numeric_string(text).ok().filter(|_| !is_zero)
    }

    fn takes(&mut self, symbol: &str) -> bool {
        let is_here = self.outline.tokens.get(self.at).is_some_and(|token| token.symbol(self.outline.text) == symbol);
        self.at = self.at.saturating_add(usize::from(is_here));
        is_here
    }
}
