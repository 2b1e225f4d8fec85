//! Where in a text a result of a policy belongs.
//!
//! What the result says of its place comes first: a way to the value, or lines. Else it is what the message names: the
//! longest key or value that stands in it as a word, and rather one below a list element or block that the message names as
//! well. Where nothing is named, the document as a whole is meant. A guess moves the finding within its document, never
//! into another.

mod outlines;

use std::borrow::Cow;

use portcullis_core::{LineIndex, Place, Span, StableHash};
use portcullis_model::terraform::Value as Known;
use portcullis_syntax::dockerfile::{Args, Dockerfile, Instruction, Word};
use portcullis_syntax::hcl::{Body, Expr, ExprKind, File};
use portcullis_syntax::{Node, Value as Scalar};

use crate::conventions::Hint;

/// The values of a text with their places, parents first.
pub struct Outline<'t> {
    spots: Vec<Spot<'t>>,
}

struct Spot<'t> {
    parent: Option<usize>,
    key: Option<Cow<'t, str>>,
    index: Option<usize>,
    text: Option<Cow<'t, str>>,
    /// What is shown.
    span: Span,
    /// All of it.
    whole: Span,
    node: Option<Node<'t>>,
    /// What Terraform computed, which says the places that it came through.
    known: Option<&'t Known>,
    /// It has a name of its own: a block with a label.
    is_titled: bool,
}

/// A place in an outline.
#[derive(Clone, Debug)]
pub struct Located {
    /// Where.
    pub place: Place,
    /// The places that the value came through.
    pub via: Vec<Span>,
}

/// Keys that are in too many messages to mean the entry.
const COMMON: &[&str] =
    &["apiVersion", "data", "kind", "metadata", "name", "namespace", "spec", "type", "value", "values"];

impl<'t> Outline<'t> {
    /// A document.
    pub fn of_node(root: Node<'t>) -> Self {
        let mut outline = Self { spots: Vec::new() };
        outline.node(root, None, None);
        outline
    }

    /// A Dockerfile, in the order of Conftest's list: comments before an instruction count.
    pub fn of_dockerfile(file: &'t Dockerfile) -> Self {
        let start = file.instructions.first().map_or(Span::new(file.file, 0, 0), |it| it.head);
        let mut outline = Self { spots: Vec::new() };
        let root = outline.push(Spot::new(None, start, start));
        let mut number = 0_usize;
        for (index, instruction) in file.instructions.iter().enumerate() {
            number = number.saturating_add(file.comments_before(index).len());
            outline.instruction(instruction, root, number);
            number = number.saturating_add(1);
        }
        outline
    }

    /// A part of a Terraform module, or any HCL.
    pub fn of_hcl(file: &'t File) -> Self {
        let span = file.body.span;
        let first = file.body.blocks.first().map(|block| block.header);
        let first = first.or(file.body.attributes.first().map(|it| it.name.span)).unwrap_or(span);
        let mut outline = Self { spots: Vec::new() };
        let root = outline.push(Spot::new(None, first, span));
        outline.body(&file.body, root);
        outline
    }

    /// The place of a result. `subject` tells documents of one file apart.
    pub fn locate(&self, hint: &Hint, message: &str, lines: Option<&LineIndex<'_>>, subject: u64) -> Located {
        let told = hint.paths.iter().find_map(|path| self.follow(path));
        let told = told.or_else(|| self.at_lines(hint.lines?, lines?));
        let spot = told.or_else(|| self.named(message)).unwrap_or(0);
        self.place(spot, subject, message)
    }

    fn place(&self, at: usize, subject: u64, message: &str) -> Located {
        let Some(spot) = self.spots.get(at) else {
            return Located { place: Place { span: Span::default(), structure: subject, value: 0 }, via: Vec::new() };
        };
        let mut structure = StableHash::new();
        structure.number(subject);
        structure.text(message);
        let mut next = Some(spot).filter(|_| spot.node.is_none());
        while let Some(step) = next {
            structure.text(step.key.as_deref().unwrap_or_default());
            structure.number(step.index.unwrap_or_default() as u64);
            next = step.parent.and_then(|parent| self.spots.get(parent));
        }
        let Some(node) = spot.node else {
            let place = Place { span: spot.span, structure: structure.short(), value: 0 };
            return Located { place, via: spot.known.into_iter().flat_map(Known::hops).collect() };
        };
        let place = Place::from(node);
        structure.number(place.structure);
        Located { place: Place { structure: structure.short(), ..place }, via: node.via().collect() }
    }

    /// The deepest value on a way; none where not even the first step is there.
    fn follow(&self, path: &[String]) -> Option<usize> {
        let mut at = 0;
        let mut met = false;
        for step in path {
            let index = step.parse::<usize>().ok();
            let is_next = |spot: &Spot<'_>| {
                spot.parent == Some(at)
                    && (spot.key.as_deref() == Some(step.as_str()) || spot.index.is_some() && spot.index == index)
            };
            let next = self.spots.iter().position(is_next);
            // The list of an instruction's arguments is no level of its own here.
            if next.is_none() && step == "Value" {
                continue;
            }
            let Some(next) = next else { break };
            at = next;
            met = true;
        }
        met.then_some(at)
    }

    /// What stands at these lines: the outermost value that fills them, else the first that begins there.
    fn at_lines(&self, (start, end): (u32, u32), lines: &LineIndex<'_>) -> Option<usize> {
        let of = |spot: &Spot<'_>| {
            let first = lines.line(spot.whole.start);
            (first, lines.line(spot.whole.end.saturating_sub(1)).max(first))
        };
        let fills = self.spots.iter().skip(1).position(|spot| of(spot) == (start, end));
        let begins = || self.spots.iter().skip(1).position(|spot| of(spot).0 == start);
        fills.or_else(begins).map(|at| at.saturating_add(1))
    }

    fn named(&self, message: &str) -> Option<usize> {
        let title = self.title();
        let mut by_name = vec![false; self.spots.len()];
        for spot in self.spots.iter().filter(|spot| spot.key.as_deref() == Some("name")) {
            let is_named = spot.text.as_deref().is_some_and(|name| holds_word(message, name));
            if let Some(slot) = spot.parent.and_then(|parent| by_name.get_mut(parent)) {
                *slot = is_named;
            }
        }
        let mut named: Vec<usize> = Vec::with_capacity(self.spots.len());
        let mut best: Option<(usize, usize, usize)> = None;
        for (at, spot) in self.spots.iter().enumerate() {
            let above = spot.parent.and_then(|parent| named.get(parent)).copied().unwrap_or_default();
            let of_key = spot.key.as_deref().filter(|key| key.len() > 2 && !COMMON.contains(key));
            let of_key = of_key.filter(|key| holds_word(message, key)).map_or(0, str::len);
            let of_text = spot.text.as_deref().filter(|text| text.len() > 1 && Some(*text) != title);
            let is_kind = spot.key.as_deref().is_some_and(|key| matches!(key, "kind" | "apiVersion"));
            let of_text = of_text.filter(|text| !is_kind && holds_word(message, text)).map_or(0, str::len);
            let is_element = spot.index.is_some() && by_name.get(at).copied().unwrap_or_default();
            let is_named = if spot.is_titled { of_key > 0 } else { is_element };
            let depth = above.saturating_add(usize::from(is_named));
            named.push(depth);
            let length = of_key.max(of_text);
            if length > 0 && best.is_none_or(|(deepest, longest, _)| (depth, length) > (deepest, longest)) {
                best = Some((depth, length, at));
            }
        }
        best.map(|(_, _, at)| at)
    }

    /// The name of the document's object: in a message it means the object.
    fn title(&self) -> Option<&str> {
        let root = self.spots.first()?.node?;
        root.get("metadata.name").present().map(Node::text)
    }

    fn push(&mut self, spot: Spot<'t>) -> usize {
        self.spots.push(spot);
        self.spots.len().saturating_sub(1)
    }

    /// Depth is bounded by the parsers, and what aliases stand for by the tree's budget.
    fn node(&mut self, node: Node<'t>, parent: Option<usize>, index: Option<usize>) {
        let text = match node.value() {
            Scalar::String(_) | Scalar::Template(_) | Scalar::Number(_) => Some(Cow::Borrowed(node.text())),
            _ => None,
        };
        let key = node.key().map(|key| Cow::Borrowed(key.text()));
        let spot = Spot { key, index, text, node: Some(node), ..Spot::new(parent, node.span(), node.span()) };
        let at = self.push(spot);
        for (index, item) in node.items().enumerate() {
            self.node(item, Some(at), Some(index));
        }
        for (_, value) in node.entries() {
            self.node(value, Some(at), None);
        }
    }

    fn instruction(&mut self, instruction: &'t Instruction, root: usize, index: usize) {
        let key = Some(Cow::Borrowed(instruction.written.as_str()));
        let spot = Spot::new(Some(root), instruction.head, instruction.span);
        let at = self.push(Spot { key, index: Some(index), ..spot });
        if !instruction.flags.is_empty() {
            let spot = Spot::new(Some(at), instruction.head, instruction.span);
            let list = self.push(Spot { key: Some("Flags".into()), ..spot });
            for (index, flag) in instruction.flags.iter().enumerate() {
                let value = flag.value.as_ref();
                let spot = Spot::new(Some(list), value.map_or(flag.span, Word::span), flag.span);
                let text = value.map(|value| value.as_str().into());
                self.push(Spot { index: Some(index), text, ..spot });
            }
        }
        let triggered = instruction.triggered();
        // With the indices that they have in the value, where `AS` and `=` count.
        let words: Vec<(Option<usize>, &Word)> = match &triggered.args {
            Args::From(from) => {
                let name = from.name.iter().map(|name| (Some(2), name));
                std::iter::once((Some(0), &from.image)).chain(name).collect()
            }
            Args::Pairs(pairs) => {
                let words = pairs.iter().flat_map(|pair| std::iter::once(&pair.key).chain(&pair.value));
                words.map(|word| (None, word)).collect()
            }
            _ => triggered.words().iter().enumerate().map(|(index, word)| (Some(index), word)).collect(),
        };
        for (index, word) in words {
            let spot = Spot::new(Some(at), word.span(), word.span());
            self.push(Spot { index, text: Some(word.as_str().into()), ..spot });
        }
    }

    /// The way to a block goes over its kind and labels to its number among those, as in the value.
    fn body(&mut self, body: &'t Body, parent: usize) {
        for attribute in &body.attributes {
            let name: &'t str = &attribute.name.name;
            self.expression(&attribute.value, parent, Some(name), None, attribute.name.span);
        }
        for block in &body.blocks {
            let mut at = parent;
            for (depth, name) in std::iter::once(&block.kind).chain(&block.labels).enumerate() {
                let is_same = |spot: &Spot<'_>| spot.parent == Some(at) && spot.key.as_deref() == Some(&*name.name);
                at = self.spots.iter().position(is_same).unwrap_or_else(|| {
                    let spot = Spot::new(Some(at), block.header, block.span);
                    self.push(Spot { key: Some(Cow::Borrowed(&*name.name)), is_titled: depth > 0, ..spot })
                });
            }
            let index = self.spots.iter().filter(|spot| spot.parent == Some(at) && spot.index.is_some()).count();
            let spot = Spot::new(Some(at), block.header, block.span);
            let at = self.push(Spot { index: Some(index), ..spot });
            self.body(&block.body, at);
        }
    }

    fn expression(&mut self, expr: &'t Expr, parent: usize, key: Option<&'t str>, index: Option<usize>, name: Span) {
        let text = match &expr.kind {
            ExprKind::String(text) => Some(Cow::Borrowed(&**text)),
            _ => None,
        };
        let is_large = matches!(expr.kind, ExprKind::List(_) | ExprKind::Object(_));
        let spot = Spot::new(Some(parent), if is_large { name } else { expr.span }, name.to(expr.span));
        let at = self.push(Spot { key: key.map(Cow::Borrowed), index, text, ..spot });
        match &expr.kind {
            ExprKind::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.expression(item, at, None, Some(index), item.span);
                }
            }
            ExprKind::Object(items) => {
                for item in items {
                    let key = item.key.as_str();
                    self.expression(&item.value, at, key, None, item.key.span);
                }
            }
            _ => {}
        }
    }
}

impl Spot<'_> {
    fn new(parent: Option<usize>, span: Span, whole: Span) -> Self {
        Self { parent, key: None, index: None, text: None, span, whole, node: None, known: None, is_titled: false }
    }
}

/// Whether a word stands in a text by itself.
fn holds_word(text: &str, word: &str) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '-';
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let after = text.get(at.saturating_add(word.len())..).and_then(|text| text.chars().next());
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}
