//! Manifests while they are built: nodes of parsed files, taken apart only where something changes.

use portcullis_core::Span;
use portcullis_syntax::{Assembler, Node, Tree, Value as Written};

/// A value of a manifest.
#[derive(Clone, Debug)]
pub(crate) struct Value<'t> {
    pub(crate) content: Content<'t>,
    /// The places that it replaced or was laid over, the nearest first.
    pub(crate) over: Vec<Span>,
}

#[derive(Clone, Debug)]
pub(crate) enum Content<'t> {
    /// As a file has it, with all below.
    Written(Node<'t>),
    /// A scalar that was put together.
    Made(Made<'t>),
    /// A list that stands where `at` does.
    List { at: Node<'t>, items: Vec<Value<'t>> },
    /// A mapping that stands where `at` does; `is_open` where it may have more entries.
    Map { at: Node<'t>, entries: Vec<(Key<'t>, Value<'t>)>, is_open: bool },
}

/// A scalar that was put together.
#[derive(Clone, Debug)]
pub(crate) struct Made<'t> {
    pub(crate) text: String,
    pub(crate) kind: Kind,
    /// A node of the file that `span` lies in.
    pub(crate) at: Node<'t>,
    /// What decided it.
    pub(crate) span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    String,
    /// Its value is not known.
    Unknown,
}

/// A key of a mapping.
#[derive(Clone, Debug)]
pub(crate) enum Key<'t> {
    Written(Node<'t>),
    /// What asked for it.
    Made(String, Node<'t>),
}

impl Key<'_> {
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Written(node) => node.text(),
            Self::Made(text, _) => text,
        }
    }
}

/// A look at a value, whether it was taken apart or not.
#[derive(Clone, Copy, Debug)]
pub(crate) enum View<'v, 't> {
    Value(&'v Value<'t>),
    Node(Node<'t>),
}

impl<'t> From<Node<'t>> for Value<'t> {
    fn from(node: Node<'t>) -> Self {
        Self { content: Content::Written(node), over: Vec::new() }
    }
}

impl<'t> Value<'t> {
    /// A string that was put together.
    pub(crate) fn made(text: String, at: Node<'t>, span: Span) -> Self {
        Self { content: Content::Made(Made { text, kind: Kind::String, at, span }), over: Vec::new() }
    }

    /// A value that is not known.
    pub(crate) fn unknown(at: Node<'t>, span: Span) -> Self {
        Self { content: Content::Made(Made { text: String::new(), kind: Kind::Unknown, at, span }), over: Vec::new() }
    }

    /// An empty mapping that stands where `at` does.
    pub(crate) fn map(at: Node<'t>) -> Self {
        Self { content: Content::Map { at, entries: Vec::new(), is_open: false }, over: Vec::new() }
    }

    pub(crate) fn view(&self) -> View<'_, 't> {
        match self.content {
            Content::Written(node) => View::Node(node),
            _ => View::Value(self),
        }
    }

    /// The node that it stands where.
    pub(crate) fn at(&self) -> Node<'t> {
        match &self.content {
            Content::Written(at) | Content::List { at, .. } | Content::Map { at, .. } => *at,
            Content::Made(made) => made.at,
        }
    }

    /// Where it was written.
    pub(crate) fn span(&self) -> Span {
        match &self.content {
            Content::Made(made) => made.span,
            _ => self.at().span(),
        }
    }

    /// Puts another value in its place; the way to it leads through this one.
    pub(crate) fn replace(&mut self, mut other: Self) {
        if other.over.is_empty() && other.span() != self.span() {
            other.over.push(self.span());
            other.over.append(&mut self.over);
        }
        *self = other;
    }

    /// Gives a scalar another text in the place where it stands.
    pub(crate) fn reword(&mut self, text: String) {
        let (at, span) = (self.at(), self.span());
        self.content = Content::Made(Made { text, kind: Kind::String, at, span });
    }

    /// Takes a written collection apart, by one level.
    fn expand(&mut self) {
        let Content::Written(node) = self.content else { return };
        if node.is_map() {
            let entries = node.entries().map(|(key, value)| (Key::Written(key), value.into())).collect();
            self.content = Content::Map { at: node, entries, is_open: node.is_open() };
        } else if node.is_list() {
            self.content = Content::List { at: node, items: node.items().map(Value::from).collect() };
        }
    }

    /// The entries of a mapping, to be changed; `None` for any other value.
    pub(crate) fn entries_mut(&mut self) -> Option<&mut Vec<(Key<'t>, Value<'t>)>> {
        self.expand();
        match &mut self.content {
            Content::Map { entries, .. } => Some(entries),
            _ => None,
        }
    }

    /// The elements of a list, to be changed; `None` for any other value.
    pub(crate) fn items_mut(&mut self) -> Option<&mut Vec<Value<'t>>> {
        self.expand();
        match &mut self.content {
            Content::List { items, .. } => Some(items),
            _ => None,
        }
    }

    /// The value of a key, to be changed. What is only looked for is not taken apart.
    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut Value<'t>> {
        self.view().get(key)?;
        self.entries_mut()?.iter_mut().find(|(name, _)| name.text() == key).map(|(_, value)| value)
    }

    /// Sets the value of a key of a mapping. A new one is laid over the mapping.
    pub(crate) fn set(&mut self, key: Key<'t>, mut value: Value<'t>) {
        let here = self.span();
        let Some(entries) = self.entries_mut() else { return };
        if let Some((_, old)) = entries.iter_mut().find(|(name, _)| name.text() == key.text()) {
            old.replace(value);
        } else {
            if value.over.is_empty() && value.span().file != here.file {
                value.over.push(here);
            }
            entries.push((key, value));
        }
    }

    /// Removes a key of a mapping; false where there is none.
    pub(crate) fn remove(&mut self, key: &str) -> bool {
        if self.view().get(key).is_none() {
            return false;
        }
        let Some(entries) = self.entries_mut() else { return false };
        let before = entries.len();
        entries.retain(|(name, _)| name.text() != key);
        entries.len() < before
    }

    /// The value of a key, made an empty mapping where there is none or null.
    pub(crate) fn mapping_mut(&mut self, key: &str, at: Node<'t>) -> Option<&mut Value<'t>> {
        let is_there = self.view().get(key).is_some_and(|value| !value.is_null());
        if !is_there {
            self.set(Key::Made(key.to_owned(), at), Value::map(at));
        }
        self.get_mut(key)
    }

    /// Lays the tree down.
    pub(crate) fn assemble(&self) -> Option<Tree> {
        let mut assembler = Assembler::default();
        self.add_to(&mut assembler, DEPTH_LIMIT)?;
        assembler.finish()
    }

    fn add_to(&self, assembler: &mut Assembler, depth: usize) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        match &self.content {
            Content::Written(node) => assembler.graft(*node, &self.over),
            Content::Made(made) => match made.kind {
                Kind::String => assembler.string(&made.text, made.at, made.span, &self.over),
                Kind::Unknown => assembler.unknown(made.at, made.span, &self.over),
            },
            Content::List { at, items } => {
                assembler.begin_list(*at, &self.over);
                for item in items {
                    item.add_to(assembler, depth)?;
                }
                assembler.end();
            }
            Content::Map { at, entries, is_open } => {
                assembler.begin_map(*at, &self.over);
                for (key, value) in entries {
                    match key {
                        Key::Written(node) => assembler.key(*node),
                        Key::Made(text, at) => assembler.made_key(text, *at),
                    }
                    value.add_to(assembler, depth)?;
                }
                if *is_open {
                    assembler.open();
                }
                assembler.end();
            }
        }
        Some(())
    }

    /// Whether it has no more than `nodes` nodes and is not too deep; what files hold by themselves is bounded already.
    pub(crate) fn is_within(&self, nodes: usize) -> bool {
        fn count(value: &Value<'_>, depth: usize, left: usize) -> Option<usize> {
            let depth = depth.checked_sub(1)?;
            let left = left.checked_sub(1)?;
            match &value.content {
                Content::Written(_) | Content::Made(_) => Some(left),
                Content::List { items, .. } => items.iter().try_fold(left, |left, item| count(item, depth, left)),
                Content::Map { entries, .. } => {
                    entries.iter().try_fold(left, |left, (_, value)| count(value, depth, left))
                }
            }
        }
        count(self, DEPTH_LIMIT, nodes).is_some()
    }
}

/// Levels of a manifest that is being built; patches can nest what they copy.
const DEPTH_LIMIT: usize = 256;

impl<'v, 't> View<'v, 't> {
    /// The value of a key.
    pub(crate) fn get(self, key: &str) -> Option<View<'v, 't>> {
        match self {
            Self::Node(node) => node.field(key).map(Self::Node),
            Self::Value(value) => match &value.content {
                Content::Map { entries, .. } => {
                    entries.iter().find(|(name, _)| name.text() == key).map(|(_, value)| value.view())
                }
                _ => None,
            },
        }
    }

    /// Follows keys that are separated by dots.
    pub(crate) fn path(self, path: &str) -> Option<View<'v, 't>> {
        path.split('.').try_fold(self, View::get)
    }

    /// The elements of a list.
    pub(crate) fn items(self) -> Vec<View<'v, 't>> {
        match self {
            Self::Node(node) => node.items().map(Self::Node).collect(),
            Self::Value(value) => match &value.content {
                Content::List { items, .. } => items.iter().map(Value::view).collect(),
                _ => Vec::new(),
            },
        }
    }

    /// The entries of a mapping.
    pub(crate) fn entries(self) -> Vec<(&'v str, View<'v, 't>)>
    where
        't: 'v,
    {
        match self {
            Self::Node(node) => node.entries().map(|(key, value)| (key.text(), Self::Node(value))).collect(),
            Self::Value(value) => match &value.content {
                Content::Map { entries, .. } => entries.iter().map(|(key, value)| (key.text(), value.view())).collect(),
                _ => Vec::new(),
            },
        }
    }

    /// How many elements or entries it has.
    pub(crate) fn len(self) -> usize {
        match self {
            Self::Node(node) => node.items().len().max(node.entries().len()),
            Self::Value(value) => match &value.content {
                Content::List { items, .. } => items.len(),
                Content::Map { entries, .. } => entries.len(),
                _ => 0,
            },
        }
    }

    pub(crate) fn is_map(self) -> bool {
        match self {
            Self::Node(node) => node.is_map(),
            Self::Value(value) => matches!(value.content, Content::Map { .. }),
        }
    }

    pub(crate) fn is_list(self) -> bool {
        match self {
            Self::Node(node) => node.is_list(),
            Self::Value(value) => matches!(value.content, Content::List { .. }),
        }
    }

    pub(crate) fn is_null(self) -> bool {
        matches!(self, Self::Node(node) if node.is_null())
    }

    /// Whether it is a collection that is not known to have anything.
    pub(crate) fn is_scalar(self) -> bool {
        self.scalar().is_some()
    }

    /// A scalar's text, of whatever type; `None` for collections, null and what is not known.
    pub(crate) fn scalar(self) -> Option<&'v str>
    where
        't: 'v,
    {
        match self {
            Self::Node(node) => match node.value() {
                Written::Null | Written::List(_) | Written::Map(_) | Written::Unknown(_) => None,
                _ => Some(node.text()),
            },
            Self::Value(value) => match &value.content {
                Content::Made(made) if made.kind != Kind::Unknown => Some(&made.text),
                _ => None,
            },
        }
    }

    /// The text of a string.
    pub(crate) fn string(self) -> Option<&'v str>
    where
        't: 'v,
    {
        let is_string = match self {
            Self::Node(node) => matches!(node.value(), Written::String(_) | Written::Template(_)),
            Self::Value(value) => matches!(&value.content, Content::Made(made) if made.kind == Kind::String),
        };
        self.scalar().filter(|_| is_string)
    }

    /// Whether both are scalars of the same text and type.
    pub(crate) fn is_same_scalar(self, other: View<'_, '_>) -> bool {
        let is_string = |view: View<'_, '_>| view.string().is_some();
        self.scalar().is_some() && self.scalar() == other.scalar() && is_string(self) == is_string(other)
    }
}
