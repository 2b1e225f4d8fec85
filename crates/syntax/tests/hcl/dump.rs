//! Trees as S-expressions.

use std::fmt::Write as _;

use portcullis_core::{Span, SyntaxError, SyntaxErrorKind};
use portcullis_syntax::hcl::{
    Attribute, BinaryOperator, Block, Body, Call, Expr, ExprKind, File, Ident, Number, Part, UnaryOperator,
};

/// Items, then errors behind `!`.
pub(crate) fn dump(file: &File, text: &str) -> String {
    let mut out = body(&file.body);
    for error in &file.errors {
        let _ = write!(out, " !{}", fault(error, text));
    }
    out.trim_start().to_owned()
}

pub(crate) fn fault(error: &SyntaxError, text: &str) -> String {
    let kind = match error.kind {
        SyntaxErrorKind::Invalid => "",
        SyntaxErrorKind::DuplicateKey => "twice ",
        SyntaxErrorKind::Limit => "limit ",
        SyntaxErrorKind::Warning => "warning ",
    };
    format!("{kind}{:?} {}", error.span.slice(text), error.message)
}

/// Attributes and blocks in the order they are written.
fn body(body: &Body) -> String {
    let mut items: Vec<(u32, String)> =
        body.attributes.iter().map(|item| (item.name.span.start, attribute(item))).collect();
    items.extend(body.blocks.iter().map(|item| (item.span.start, block(item))));
    items.sort_by_key(|&(start, _)| start);
    if body.open {
        items.push((u32::MAX, "…".to_owned()));
    }
    items.into_iter().map(|(_, item)| item).collect::<Vec<_>>().join(" ")
}

fn attribute(attribute: &Attribute) -> String {
    format!("{}={}", attribute.name.name, show(&attribute.value))
}

fn block(block: &Block) -> String {
    let mut out = block.kind.name.to_string();
    for label in &block.labels {
        let _ = write!(out, " {:?}", label.name);
    }
    format!("{out}{{{}}}", body(&block.body))
}

pub(crate) fn show(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Null => "null".to_owned(),
        ExprKind::Bool(value) => value.to_string(),
        ExprKind::Number(Number::Int(value)) => value.to_string(),
        ExprKind::Number(Number::Float(value)) => format!("{value:?}"),
        ExprKind::String(text) => format!("{text:?}"),
        ExprKind::Template(parts) => format!("(T{})", show_parts(parts)),
        ExprKind::List(items) => format!("[{}]", show_all(items)),
        ExprKind::Object(items) => {
            let items = items.iter().map(|item| format!("{}:{}", show(&item.key), show(&item.value)));
            format!("{{{}}}", items.collect::<Vec<_>>().join(" "))
        }
        ExprKind::Variable(name) => name.to_string(),
        ExprKind::Attribute(access) => format!("(. {} {})", show(&access.source), access.name.name),
        ExprKind::Index(source, key) => format!("(at {} {})", show(source), show(key)),
        ExprKind::Splat { source, each } => format!("(splat {} {})", show(source), show(each)),
        ExprKind::Element => "@".to_owned(),
        ExprKind::Call(call) => {
            let Call { name, arguments, expands } = &**call;
            format!("({}() {}{})", name.name, show_all(arguments), if *expands { " ..." } else { "" })
        }
        ExprKind::Unary(UnaryOperator::Not, operand) => format!("(! {})", show(operand)),
        ExprKind::Unary(UnaryOperator::Minus, operand) => format!("(- {})", show(operand)),
        ExprKind::Binary(operator, sides) => format!("({} {})", symbol(*operator), show_all(&**sides)),
        ExprKind::Conditional(parts) => format!("(? {})", show_all(&**parts)),
        ExprKind::For(parts) => {
            let mut out = format!("(for {} {}", names(parts.key.as_ref(), &parts.value), show(&parts.collection));
            if let Some(key) = &parts.result_key {
                let _ = write!(out, " {} =>", show(key));
            }
            let _ = write!(out, " {}{}", show(&parts.result), if parts.groups { " ..." } else { "" });
            if let Some(condition) = &parts.condition {
                let _ = write!(out, " if {}", show(condition));
            }
            out + ")"
        }
        ExprKind::Invalid => "?".to_owned(),
    }
}

fn show_all(exprs: &[Expr]) -> String {
    exprs.iter().map(show).collect::<Vec<_>>().join(" ")
}

fn names(key: Option<&Ident>, value: &Ident) -> String {
    key.map_or_else(|| value.name.to_string(), |key| format!("{},{}", key.name, value.name))
}

fn show_parts(parts: &[Part]) -> String {
    let mut out = String::new();
    for part in parts {
        let _ = match part {
            Part::Literal(text, _) => write!(out, " {text:?}"),
            Part::Interpolation(expr) => write!(out, " {}", show(expr)),
            Part::If { condition, then, otherwise } if otherwise.is_empty() => {
                write!(out, " (if {} (T{}))", show(condition), show_parts(then))
            }
            Part::If { condition, then, otherwise } => {
                write!(out, " (if {} (T{}) (T{}))", show(condition), show_parts(then), show_parts(otherwise))
            }
            Part::For { key, value, collection, body } => {
                write!(out, " (each {} {} (T{}))", names(key.as_ref(), value), show(collection), show_parts(body))
            }
        };
    }
    out
}

fn symbol(operator: BinaryOperator) -> &'static str {
    match operator {
        BinaryOperator::Or => "||",
        BinaryOperator::And => "&&",
        BinaryOperator::Equal => "==",
        BinaryOperator::NotEqual => "!=",
        BinaryOperator::Less => "<",
        BinaryOperator::LessOrEqual => "<=",
        BinaryOperator::Greater => ">",
        BinaryOperator::GreaterOrEqual => ">=",
        BinaryOperator::Add => "+",
        BinaryOperator::Subtract => "-",
        BinaryOperator::Multiply => "*",
        BinaryOperator::Divide => "/",
        BinaryOperator::Remainder => "%",
    }
}

/// Every span of a body.
pub(crate) fn spans(body: &Body) -> Vec<Span> {
    let mut found = vec![body.span];
    for attribute in &body.attributes {
        found.push(attribute.name.span);
        within(&attribute.value, &mut found);
    }
    for block in &body.blocks {
        found.extend([block.kind.span, block.header, block.span]);
        found.extend(block.labels.iter().map(|label| label.span));
        found.extend(spans(&block.body));
    }
    found
}

fn within(expr: &Expr, found: &mut Vec<Span>) {
    let mut open = vec![expr];
    while let Some(expr) = open.pop() {
        found.push(expr.span);
        expr.children(&mut |child| open.push(child));
    }
}
