//! What an expression of Terraform's language comes to.
//!
//! A value knows where it was written and the places that it came through, and which resources it was taken from.
//! What cannot be known is [`Kind::Unknown`] with the reason; a list or a map may be open: there may be more in it.

use std::sync::Arc;

use portcullis_core::{OffsetMap, Span, StableHash};

pub use super::entries::Entries;
pub use portcullis_syntax::hcl::Number;

/// A value. Copies are cheap: everything large is shared.
#[derive(Clone, Debug)]
pub struct Value {
    /// What it is.
    pub kind: Kind,
    /// Where it was written: the literal, or the expression that computes it.
    pub span: Span,
    /// The places that it came through, the nearest to where it is used first: `var.x` in a resource, the module's
    /// argument. `None` where it stands where it is used.
    pub via: Option<Arc<Hop>>,
    /// The attributes of resources that it was taken from or put together from.
    pub refers: Option<Arc<[Reference]>>,
}

/// The forms of values.
#[derive(Clone, Debug)]
pub enum Kind {
    /// `null`: as good as not written.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A text that is known.
    String(Arc<str>),
    /// A text of which only parts are known.
    Template(Arc<[Piece]>),
    /// A text that `jsonencode` or `yamlencode` made, or the JSON of a policy document.
    Encoded(Arc<Encoded>),
    /// A list, tuple or set; nested blocks of one kind as well.
    List(Arc<List>),
    /// A map or object; the contents of a block as well.
    Map(Arc<Map>),
    /// Not known, and why.
    Unknown(Reason),
}

/// A place that a value came through.
#[derive(Debug)]
pub struct Hop {
    /// Where.
    pub span: Span,
    /// The one before.
    pub next: Option<Arc<Hop>>,
    /// How the text is written that stands here.
    pub written: Option<Box<Written>>,
}

/// How a text is written.
#[derive(Debug)]
pub struct Written {
    /// The text: what was made of it later is another one.
    text: Kind,
    /// From what is known of it to its source.
    map: OffsetMap,
}

/// An attribute of a resource that a value was taken from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The resource's address with module and instance: `module.store.aws_s3_bucket.logs["eu"]`. The instance is
    /// `[*]` where it is not known which.
    pub address: Arc<str>,
    /// The path of attributes that follows: `id`, `arn`, `default_action.0.type`; empty for the resource as a whole.
    pub attribute: Arc<str>,
}

/// A part of a text that is partly known.
#[derive(Clone, Debug)]
pub enum Piece {
    /// Known.
    Text(Arc<str>),
    /// Not known.
    Unknown(Reason),
}

/// A text that is the encoding of a value.
#[derive(Clone, Debug)]
pub struct Encoded {
    /// The language of the text.
    pub format: Format,
    /// The value.
    pub value: Value,
}

/// The language of an encoded text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON.
    Json,
    /// YAML.
    Yaml,
}

/// The elements of a list, tuple or set.
#[derive(Clone, Debug, Default)]
pub struct List {
    /// The elements that are known of; sets are sorted and have each once.
    pub items: Vec<Value>,
    /// Whether there may be more.
    pub open: bool,
    /// Whether it is a set.
    pub set: bool,
}

/// The entries of a map, by their keys.
#[derive(Clone, Debug, Default)]
pub struct Map {
    /// The entries that are known of.
    pub entries: Entries,
    /// Whether there may be more.
    pub open: bool,
}

/// An entry of a map.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Where the key was written.
    pub key: Span,
    /// The value.
    pub value: Value,
}

/// Why a value is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// A variable of the root module without default and without value.
    Variable,
    /// What a data source will read.
    Data,
    /// An attribute that the provider computes.
    Computed,
    /// An output of a module that is not at hand.
    Module,
    /// `each` or `count` where what it goes over is not known.
    Instance,
    /// `terraform.workspace`, `path.cwd`, `timestamp()`: different in every run.
    Run,
    /// A file outside the tree or of another content than text.
    File,
    /// A function that is not known, or a provider's own.
    Function,
    /// Terraform would refuse the expression: a type that does not fit, a name that is not declared.
    Invalid,
    /// It depends on itself.
    Cycle,
    /// A limit on steps or sizes was hit.
    Limit,
    /// Marked `(known after apply)` in a plan.
    Plan,
}

impl Value {
    /// A value that stands where it is written.
    pub fn new(kind: Kind, span: Span) -> Self {
        Self { kind, span, via: None, refers: None }
    }

    /// Nothing known.
    pub fn unknown(reason: Reason, span: Span) -> Self {
        Self::new(Kind::Unknown(reason), span)
    }

    /// A text.
    pub fn string(text: impl Into<Arc<str>>, span: Span) -> Self {
        Self::new(Kind::String(text.into()), span)
    }

    /// The same value, which came through `span` as well.
    #[must_use]
    pub fn through(mut self, span: Span) -> Self {
        if span != self.span {
            self.via = Some(Arc::new(Hop { span, next: self.via.take(), written: None }));
        }
        self
    }

    /// The same text with how it is written; `map` leads from its known characters to their source.
    #[must_use]
    pub fn written(mut self, map: OffsetMap) -> Self {
        let written = Some(Box::new(Written { text: self.kind.clone(), map }));
        self.via = Some(Arc::new(Hop { span: self.span, next: self.via.take(), written }));
        self
    }

    /// How the text is written, where that is known.
    pub fn source_map(&self) -> Option<&OffsetMap> {
        let mut hops = std::iter::successors(self.via.as_deref(), |hop| hop.next.as_deref());
        let written = hops.find_map(|hop| hop.written.as_deref())?;
        let is_same = match (&written.text, &self.kind) {
            (Kind::String(a), Kind::String(b)) => Arc::ptr_eq(a, b),
            (Kind::Template(a), Kind::Template(b)) => Arc::ptr_eq(a, b),
            _ => false,
        };
        is_same.then_some(&written.map)
    }

    /// The same value as a result of other ones: it refers to what they refer to.
    #[must_use]
    pub fn referring(mut self, others: &[&Value]) -> Self {
        let mut all: Vec<Reference> = Vec::new();
        let shared =
            std::iter::once(&self).chain(others.iter().copied()).filter(|value| value.refers.is_some()).count();
        if shared == 0 {
            return self;
        }
        for reference in std::iter::once(&self).chain(others.iter().copied()).flat_map(Value::references) {
            if !all.contains(reference) {
                all.push(reference.clone());
            }
        }
        self.refers = Some(all.into());
        self
    }

    /// What it was taken from.
    pub fn references(&self) -> &[Reference] {
        self.refers.as_deref().unwrap_or_default()
    }

    /// The places that it came through, the nearest to its use first.
    pub fn hops(&self) -> impl Iterator<Item = Span> {
        std::iter::successors(self.via.as_deref(), |hop| hop.next.as_deref()).map(|hop| hop.span)
    }

    /// Whether it is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self.kind, Kind::Null)
    }

    /// Whether nothing of it is known. A text or list of which parts are known is not unknown.
    pub fn is_unknown(&self) -> bool {
        matches!(self.kind, Kind::Unknown(_))
    }

    /// A boolean; the texts `true` and `false` are, as Terraform converts them.
    pub fn as_bool(&self) -> Option<bool> {
        match &self.kind {
            Kind::Bool(value) => Some(*value),
            Kind::String(text) => match &**text {
                "true" => Some(true),
                "false" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// A text that is wholly known. Numbers and booleans are not texts here; see [`Value::to_text`].
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::String(text) => Some(text),
            _ => None,
        }
    }

    /// An integer; texts that are numbers count, as Terraform converts them.
    pub fn as_i64(&self) -> Option<i64> {
        match &self.kind {
            Kind::Number(Number::Int(value)) => Some(*value),
            Kind::String(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// A number; texts that are numbers count.
    pub fn as_f64(&self) -> Option<f64> {
        match &self.kind {
            #[allow(clippy::cast_precision_loss, reason = "the same as Terraform's own comparison up to 2^53")]
            Kind::Number(Number::Int(value)) => Some(*value as f64),
            Kind::Number(Number::Float(value)) => Some(*value),
            Kind::String(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// The elements of a list.
    pub fn as_list(&self) -> Option<&Arc<List>> {
        match &self.kind {
            Kind::List(list) => Some(list),
            _ => None,
        }
    }

    /// The entries of a map.
    pub fn as_map(&self) -> Option<&Arc<Map>> {
        match &self.kind {
            Kind::Map(map) => Some(map),
            _ => None,
        }
    }

    /// What Terraform makes of it where a text is needed: numbers and booleans become texts. `None` where it is not
    /// known, null, or no text can be made of it.
    pub fn to_text(&self) -> Option<Arc<str>> {
        match &self.kind {
            Kind::String(text) => Some(text.clone()),
            Kind::Bool(value) => Some(if *value { "true" } else { "false" }.into()),
            Kind::Number(number) => Some(number_text(*number).into()),
            _ => None,
        }
    }

    /// The known text that it certainly starts with; empty where nothing is known of it.
    pub fn text_prefix(&self) -> &str {
        match &self.kind {
            Kind::String(text) => text,
            Kind::Template(pieces) => match pieces.first() {
                Some(Piece::Text(text)) => text,
                _ => "",
            },
            _ => "",
        }
    }

    /// Whether everything in it, to the last element, is known.
    pub fn is_wholly_known(&self) -> bool {
        match &self.kind {
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => true,
            Kind::Template(_) | Kind::Unknown(_) => false,
            Kind::Encoded(encoded) => encoded.value.is_wholly_known(),
            Kind::List(list) => !list.open && list.items.iter().all(Self::is_wholly_known),
            Kind::Map(map) => !map.open && map.entries.values().all(|entry| entry.value.is_wholly_known()),
        }
    }

    /// A hash of what is known of it, which does not depend on where it stands.
    pub fn hash_into(&self, hash: &mut StableHash) {
        match &self.kind {
            Kind::Null => hash.text("null"),
            Kind::Bool(value) => hash.text(if *value { "true" } else { "false" }),
            Kind::Number(number) => hash.text(&number_text(*number)),
            Kind::String(text) => hash.text(text),
            Kind::Template(pieces) => {
                for piece in pieces.iter() {
                    hash.text(if let Piece::Text(text) = piece { text } else { "?" });
                }
            }
            Kind::Encoded(encoded) => encoded.value.hash_into(hash),
            Kind::List(list) => list.items.iter().for_each(|item| item.hash_into(hash)),
            Kind::Map(map) => {
                for (key, entry) in &map.entries {
                    hash.text(key);
                    entry.value.hash_into(hash);
                }
            }
            Kind::Unknown(_) => hash.text("?"),
        }
    }
}

/// A number as Terraform writes it.
pub fn number_text(number: Number) -> String {
    match number {
        Number::Int(value) => value.to_string(),
        Number::Float(value) => value.to_string(),
    }
}

impl List {
    /// A list of which all is known.
    pub fn closed(items: Vec<Value>) -> Self {
        Self { items, open: false, set: false }
    }
}

impl Map {
    /// The value of a key; `None` where it is not there, which in an open map says nothing.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.entries.get(key).map(|entry| &entry.value)
    }

    /// Writes an entry; a later one of the same key counts.
    pub fn insert(&mut self, key: impl Into<Arc<str>>, at: Span, value: Value) {
        self.entries.insert(key.into(), Entry { key: at, value });
    }
}
