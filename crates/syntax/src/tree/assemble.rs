//! Trees that are put together from nodes of other trees: a manifest that patches were laid over.
//!
//! Each node keeps the file and the bytes that it was written in, so that a finding points at the base or at the patch,
//! whichever said it. What a node was laid over leads on as [`Node::via`]: a suppression there counts for what
//! replaced it.

use std::sync::Arc;

use portcullis_core::{FileId, Span};

use super::{
    DocumentData, Kind, MADE, NO_ORIGIN, Node, NodeData, NodeId, OPEN, OWNED, OriginData, STRING_TAG, Source, Style,
    Tree, TreeBuilder, UnknownId,
};
use crate::Dialect;

/// Nodes of one assembled tree. Patches can copy what they copied before.
const NODE_LIMIT: usize = 500_000;

/// Files of one assembled tree: their number is kept in a byte.
const SOURCE_LIMIT: usize = 254;

/// Puts a tree of one document together, from the root down. Children are added to the collection opened last; in a
/// mapping each value follows its key.
#[derive(Debug)]
pub struct Assembler {
    tree: Tree,
    frames: Vec<Frame>,
    key: NodeId,
    root: NodeId,
    is_over_limit: bool,
}

#[derive(Debug)]
struct Frame {
    node: NodeId,
    origin: u32,
    items: Vec<NodeId>,
    entries: Vec<(NodeId, NodeId)>,
}

impl Default for Assembler {
    fn default() -> Self {
        let tree = TreeBuilder::new(FileId::default(), Arc::from(""), Dialect::Yaml11).finish();
        Self { tree, frames: Vec::new(), key: NodeId::NONE, root: NodeId::NONE, is_over_limit: false }
    }
}

impl Assembler {
    /// The tree; `None` where it has more nodes or files than a tree may have, or was not finished.
    pub fn finish(mut self) -> Option<Tree> {
        if self.is_over_limit || self.root == NodeId::NONE || !self.frames.is_empty() {
            return None;
        }
        let root = self.tree.nodes.get(self.root.0 as usize).copied()?;
        self.tree.file = Node { tree: &self.tree, id: self.root }.source().0;
        self.tree.documents.push(DocumentData { root: self.root, start: root.start, end: root.end });
        Some(self.tree)
    }

    /// Adds a key as it is written elsewhere.
    pub fn key(&mut self, written: Node<'_>) {
        self.key = self.copy(written, NodeId::NONE, NodeId::NONE, NO_ORIGIN);
    }

    /// Adds a key that nobody wrote; `at` is what asked for it.
    pub fn made_key(&mut self, text: &str, at: Node<'_>) {
        let span = at.span();
        let data = self.made_data(text, at, span, NO_ORIGIN);
        self.key = self.push(data);
    }

    /// Adds a node as it is written elsewhere, with all below it. `over` are the places that it replaced or was laid
    /// over, the nearest first.
    pub fn graft(&mut self, written: Node<'_>, over: &[Span]) {
        let origin = self.origin(over);
        let (parent, key) = self.place();
        let id = self.copy(written, parent, key, origin);
        self.attach(id);
    }

    /// Opens a mapping that has the place of `written` and entries of its own.
    pub fn begin_map(&mut self, written: Node<'_>, over: &[Span]) {
        self.begin(written, Kind::Map, over);
    }

    /// Opens a list that has the place of `written` and elements of its own.
    pub fn begin_list(&mut self, written: Node<'_>, over: &[Span]) {
        self.begin(written, Kind::List, over);
    }

    /// Closes the collection opened last.
    pub fn end(&mut self) {
        let Some(frame) = self.frames.pop() else { return };
        let (first, count) = (self.tree.items.len(), frame.items.len());
        let (first_entry, entries) = (self.tree.entries.len(), frame.entries.len());
        self.tree.items.extend(frame.items);
        self.tree.entries.extend(frame.entries);
        let Some(node) = self.tree.nodes.get_mut(frame.node.0 as usize) else { return };
        let (first, count) = if node.kind == Kind::Map { (first_entry, entries) } else { (first, count) };
        (node.first, node.count) = (narrow(first), narrow(count));
    }

    /// Adds a string that was put together; `span`, within the file of `at`, is what decided it.
    pub fn string(&mut self, text: &str, at: Node<'_>, span: Span, over: &[Span]) {
        let origin = self.origin(over);
        let mut data = self.made_data(text, at, span, origin);
        data.flags |= STRING_TAG;
        self.value(data);
    }

    /// Adds a value that is not known.
    pub fn unknown(&mut self, at: Node<'_>, span: Span, over: &[Span]) {
        let origin = self.origin(over);
        let data = self.made_data("", at, span, origin);
        self.value(NodeData { kind: Kind::Unknown, first: UnknownId::PLACEHOLDER.0, ..data });
    }

    /// Says that the collection opened last may hold more.
    pub fn open(&mut self) {
        let Some(frame) = self.frames.last() else { return };
        if let Some(node) = self.tree.nodes.get_mut(frame.node.0 as usize) {
            node.flags |= OPEN;
        }
    }

    fn begin(&mut self, written: Node<'_>, kind: Kind, over: &[Span]) {
        let origin = self.origin(over);
        let (parent, key) = self.place();
        let data = written.data();
        let is_same = data.kind == kind;
        let flags = if is_same { data.flags & OPEN } else { 0 };
        let style = if is_same { data.style } else { Style::Block };
        let source = self.source(written);
        let node = NodeData { first: 0, count: 0, parent, key, origin, kind, style, flags, source, ..*data };
        let id = self.push(node);
        self.attach(id);
        self.frames.push(Frame { node: id, origin, items: Vec::new(), entries: Vec::new() });
    }

    fn value(&mut self, data: NodeData) {
        let (parent, key) = self.place();
        let id = self.push(NodeData { parent, key, ..data });
        self.attach(id);
    }

    fn made_data(&mut self, text: &str, at: Node<'_>, span: Span, origin: u32) -> NodeData {
        let first = narrow(self.tree.owned.len());
        self.tree.owned.push_str(text);
        NodeData {
            start: span.start,
            end: span.end,
            first,
            count: narrow(text.len()),
            parent: NodeId::NONE,
            key: NodeId::NONE,
            origin,
            kind: Kind::Scalar,
            style: Style::Plain,
            flags: OWNED | MADE,
            source: self.source(at),
        }
    }

    /// Copies a node and all below it. Its depth is that of a parsed tree.
    fn copy(&mut self, written: Node<'_>, parent: NodeId, key: NodeId, origin: u32) -> NodeId {
        let own: Vec<Span> = written.via().collect();
        let origin = own.into_iter().rev().fold(origin, |next, span| self.hop(span, next));
        let source = self.source(written);
        let mut data = NodeData { parent, key, origin, source, ..*written.data() };
        if written.tree.is_embedded {
            data.flags |= MADE;
        }
        match data.kind {
            Kind::Scalar if data.flags & OWNED != 0 => {
                data.first = narrow(self.tree.owned.len());
                self.tree.owned.push_str(written.text());
            }
            Kind::Scalar | Kind::List | Kind::Map => {}
            Kind::Unknown => {
                let unknown = written.tree.unknown(UnknownId(data.first)).cloned();
                if data.first > UnknownId::PLACEHOLDER.0
                    && let Some(unknown) = unknown
                {
                    data.first = narrow(self.tree.unknowns.len());
                    self.tree.unknowns.push(unknown);
                }
            }
        }
        let id = self.push(data);
        if self.is_over_limit {
            return id;
        }
        match data.kind {
            Kind::List => {
                let items: Vec<NodeId> =
                    written.items().map(|item| self.copy(item, id, NodeId::NONE, origin)).collect();
                let first = self.tree.items.len();
                self.tree.items.extend(items);
                self.set_first(id, first);
            }
            Kind::Map => {
                let pairs = written.entries().map(|(key, value)| {
                    let key = self.copy(key, id, NodeId::NONE, origin);
                    (key, self.copy(value, id, key, origin))
                });
                let entries: Vec<(NodeId, NodeId)> = pairs.collect();
                let first = self.tree.entries.len();
                self.tree.entries.extend(entries);
                self.set_first(id, first);
            }
            Kind::Scalar | Kind::Unknown => {}
        }
        id
    }

    fn set_first(&mut self, id: NodeId, first: usize) {
        if let Some(node) = self.tree.nodes.get_mut(id.0 as usize) {
            node.first = narrow(first);
        }
    }

    /// The parent and the key of what is added next.
    fn place(&mut self) -> (NodeId, NodeId) {
        let parent = self.frames.last().map_or(NodeId::NONE, |frame| frame.node);
        (parent, self.key)
    }

    fn attach(&mut self, id: NodeId) {
        let key = std::mem::replace(&mut self.key, NodeId::NONE);
        match self.frames.last_mut() {
            Some(frame) if key == NodeId::NONE => frame.items.push(id),
            Some(frame) => frame.entries.push((key, id)),
            None => self.root = id,
        }
    }

    /// The hops of what is added next: its own, and then those of what holds it.
    fn origin(&mut self, over: &[Span]) -> u32 {
        let held = self.frames.last().map_or(NO_ORIGIN, |frame| frame.origin);
        over.iter().rev().fold(held, |next, &span| self.hop(span, next))
    }

    fn hop(&mut self, span: Span, via: u32) -> u32 {
        self.tree.origins.push(OriginData { span, via });
        narrow(self.tree.origins.len().saturating_sub(1))
    }

    fn source(&mut self, written: Node<'_>) -> u8 {
        let (file, text) = written.source();
        let is_it = |source: &Source| source.file == file && Arc::ptr_eq(&source.text, text);
        // What belongs together stands together, so that the last one is it nearly always.
        let known = self.tree.sources.iter().rposition(is_it);
        let index = known.unwrap_or_else(|| {
            self.tree.sources.push(Source { file, text: Arc::clone(text) });
            self.tree.sources.len().saturating_sub(1)
        });
        self.is_over_limit |= index >= SOURCE_LIMIT;
        u8::try_from(index.saturating_add(1)).unwrap_or_default()
    }

    fn push(&mut self, data: NodeData) -> NodeId {
        self.is_over_limit |= self.tree.nodes.len() >= NODE_LIMIT;
        if self.is_over_limit {
            return NodeId(0);
        }
        self.tree.nodes.push(data);
        NodeId(narrow(self.tree.nodes.len().saturating_sub(1)))
    }
}

fn narrow(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
