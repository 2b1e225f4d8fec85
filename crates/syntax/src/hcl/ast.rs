//! What HCL text is read into: bodies of attributes and blocks, and expressions with a span each.
//!
//! Text is shared (`Arc<str>`), so that evaluating a literal costs no copy and trees may be read by many workers. Trees
//! are held until the last root that needs them is evaluated: an expression takes 40 bytes, and what is rarer or larger
//! stands in a box.

use std::sync::Arc;

use portcullis_core::{Comment, Span, SyntaxError};

/// One file.
#[derive(Debug, Default)]
pub struct File {
    /// What could be read of it.
    pub body: Body,
    /// The comments, in order; they may hold directives.
    pub comments: Vec<Comment>,
    /// What could not be read; each fault costs one block or attribute at the top level.
    pub errors: Vec<SyntaxError>,
}

/// Attributes and blocks, each in the order they are written.
#[derive(Debug, Default)]
pub struct Body {
    /// `name = value`.
    pub attributes: Vec<Attribute>,
    /// `kind "label" { … }`.
    pub blocks: Vec<Block>,
    /// The whole file, or what stands between the braces.
    pub span: Span,
    /// Something in it could not be read: what is not here is unknown, not absent.
    pub open: bool,
}

/// A name or a block's label, quotes of a label included in the span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ident {
    /// Without quotes and escapes.
    pub name: Arc<str>,
    /// Where.
    pub span: Span,
}

/// `name = value`.
#[derive(Debug)]
pub struct Attribute {
    /// The name.
    pub name: Ident,
    /// The value.
    pub value: Expr,
}

/// `kind "label" "label" { … }`.
#[derive(Debug)]
pub struct Block {
    /// `resource`, `variable`, `ingress`.
    pub kind: Ident,
    /// The labels; those without quotes as well.
    pub labels: Vec<Ident>,
    /// What stands between the braces.
    pub body: Body,
    /// From the kind to the last label: where a finding about the block as a whole points.
    pub header: Span,
    /// From the kind to the closing brace.
    pub span: Span,
}

/// An expression.
#[derive(Debug)]
pub struct Expr {
    /// All of it, quotes, parentheses and brackets included.
    pub span: Span,
    /// What it is.
    pub kind: ExprKind,
}

/// The forms of expressions. Parentheses leave no trace but in the span.
#[derive(Debug)]
pub enum ExprKind {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A number without sign.
    Number(Number),
    /// A quoted text or heredoc in which nothing is interpolated; escapes are resolved.
    String(Arc<str>),
    /// A quoted text or heredoc with interpolations or directives. A template of one interpolation and nothing else
    /// gives that value as it is, not its text.
    Template(Box<[Part]>),
    /// `[a, b]`.
    List(Box<[Expr]>),
    /// `{ a = b, (c) = d, "e" : f }`.
    Object(Box<[Item]>),
    /// The name that a traversal starts with: `var`, `local`, `each`, `aws_vpc`, the variable of a `for`.
    Variable(Arc<str>),
    /// `a.b`, and `a.0`, whose name is the number's text.
    Attribute(Box<Access>),
    /// `a[b]`.
    Index(Box<Expr>, Box<Expr>),
    /// `a[*].b` and `a.*.b`: `each` is evaluated for every element, which stands in it as [`ExprKind::Element`].
    Splat {
        /// `a`.
        source: Box<Expr>,
        /// What is done with each element; the element itself where nothing follows the star.
        each: Box<Expr>,
    },
    /// The element of the innermost splat around it.
    Element,
    /// `f(a, b...)`.
    Call(Box<Call>),
    /// `!a`, `-a`.
    Unary(UnaryOperator, Box<Expr>),
    /// `a + b`.
    Binary(BinaryOperator, Box<[Expr; 2]>),
    /// `a ? b : c`.
    Conditional(Box<[Expr; 3]>),
    /// `[for …]`, `{for …}`.
    For(Box<For>),
    /// What could not be read; its value is unknown.
    Invalid,
}

/// `a.b`.
#[derive(Debug)]
pub struct Access {
    /// `a`.
    pub source: Expr,
    /// `b`.
    pub name: Ident,
}

/// `f(a, b...)`.
#[derive(Debug)]
pub struct Call {
    /// The function; a name with a namespace keeps its colons (`provider::aws::arn_parse`).
    pub name: Ident,
    /// The arguments.
    pub arguments: Box<[Expr]>,
    /// Whether the last argument is a list that stands for several (`...`).
    pub expands: bool,
}

/// A number: integers are exact.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// An integer that fits.
    Int(i64),
    /// Any other.
    Float(f64),
}

/// An entry of an object.
#[derive(Debug)]
pub struct Item {
    /// A bare name is an [`ExprKind::String`]; `(name)` is the expression.
    pub key: Expr,
    /// The value.
    pub value: Expr,
}

/// A part of a template. Strip markers (`~`) and the indentation of `<<-` are already taken from the literals.
#[derive(Debug)]
pub enum Part {
    /// Text, escapes resolved.
    Literal(Arc<str>, Span),
    /// `${…}`.
    Interpolation(Expr),
    /// `%{if c}…%{else}…%{endif}`.
    If {
        /// The condition.
        condition: Expr,
        /// Where it holds.
        then: Vec<Part>,
        /// Where it does not; empty without `else`.
        otherwise: Vec<Part>,
    },
    /// `%{for v in c}…%{endfor}`.
    For {
        /// The name of the key or index.
        key: Option<Ident>,
        /// The name of the element.
        value: Ident,
        /// What is gone through.
        collection: Expr,
        /// What each element gives.
        body: Vec<Part>,
    },
}

/// `[for key, value in collection : result if condition]`, `{for … : result_key => result...}`.
#[derive(Debug)]
pub struct For {
    /// The name of the key or index.
    pub key: Option<Ident>,
    /// The name of the element.
    pub value: Ident,
    /// What is gone through.
    pub collection: Expr,
    /// The key that each element gives, in an object; none in a list.
    pub result_key: Option<Expr>,
    /// The value that each element gives.
    pub result: Expr,
    /// Whether values of one key are gathered to a list (`...`).
    pub groups: bool,
    /// Elements for which it is false are left out.
    pub condition: Option<Expr>,
}

/// An operator before its operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOperator {
    /// `!`
    Not,
    /// `-`
    Minus,
}

/// An operator between its operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOperator {
    /// `||`
    Or,
    /// `&&`
    And,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Remainder,
}

impl Body {
    /// The attribute of this name.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| &*attribute.name.name == name)
    }

    /// The blocks of this kind.
    pub fn blocks_of<'b>(&'b self, kind: &'b str) -> impl Iterator<Item = &'b Block> {
        self.blocks.iter().filter(move |block| &*block.kind.name == kind)
    }
}

impl Attribute {
    /// Name and value.
    pub fn span(&self) -> Span {
        self.name.span.to(self.value.span)
    }
}

/// Trees are held by the ten thousand: what makes their nodes larger is better put into a box.
const _: () = assert!(size_of::<Expr>() <= 40 && size_of::<Attribute>() <= 72);
