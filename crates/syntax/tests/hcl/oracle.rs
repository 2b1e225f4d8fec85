//! The trees of another reader of HCL, in the notation of [`crate::dump`].
//!
//! Blanks in texts are left out of the comparison: it applies strip markers and indentation when a template is
//! evaluated, not when it is read.

use std::fmt::Write as _;

use hcl_edit::expr::{Expression, ObjectKey, TraversalOperator};
use hcl_edit::structure::{Body, Structure};
use hcl_edit::template::{Directive, Element, Template};

/// What the text is read into, if it is read at all.
pub(crate) fn dump(text: &str) -> Option<String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    hcl_edit::parser::parse_body(text).ok().map(|read| body(&read))
}

/// Without what the two write differently.
pub(crate) fn squeeze(dump: &str) -> String {
    [" ", "\\n", "\\t", "\\r", "\"\""].iter().fold(dump.to_owned(), |dump, part| dump.replace(part, ""))
}

fn body(read: &Body) -> String {
    let items = read.iter().map(|item| match item {
        Structure::Attribute(attribute) => format!("{}={}", attribute.key.as_str(), show(&attribute.value)),
        Structure::Block(block) => {
            let mut out = block.ident.to_string();
            for label in &block.labels {
                let _ = write!(out, " {:?}", label.as_str());
            }
            format!("{out}{{{}}}", body(&block.body))
        }
    });
    items.collect::<Vec<_>>().join(" ")
}

fn show(expr: &Expression) -> String {
    match expr {
        Expression::Null(_) => "null".to_owned(),
        Expression::Bool(value) => value.value().to_string(),
        Expression::Number(number) => match number.value().as_i64() {
            Some(integer) if integer < 0 => format!("(- {})", integer.unsigned_abs()),
            Some(integer) => integer.to_string(),
            None => format!("{:?}", number.value().as_f64().unwrap_or_default()),
        },
        Expression::String(text) => format!("{:?}", text.value()),
        Expression::Array(items) => format!("[{}]", show_all(items.iter())),
        Expression::Object(items) => {
            let items = items.iter().map(|(key, value)| {
                let key = match key {
                    ObjectKey::Ident(name) if matches!(name.as_str(), "true" | "false" | "null") => name.to_string(),
                    ObjectKey::Ident(name) => format!("{:?}", name.as_str()),
                    ObjectKey::Expression(key) => show(key),
                };
                format!("{key}:{}", show(value.expr()))
            });
            format!("{{{}}}", items.collect::<Vec<_>>().join(" "))
        }
        Expression::StringTemplate(read) => template(&read.iter().collect::<Vec<_>>()),
        Expression::HeredocTemplate(read) => template(&read.template.iter().collect::<Vec<_>>()),
        Expression::Parenthesis(inner) => show(inner.inner()),
        Expression::Variable(name) => name.to_string(),
        Expression::Conditional(parts) => {
            format!("(? {} {} {})", show(&parts.cond_expr), show(&parts.true_expr), show(&parts.false_expr))
        }
        Expression::FuncCall(call) => {
            let mut name = String::new();
            for part in &call.name.namespace {
                let _ = write!(name, "{}::", part.as_str());
            }
            name.push_str(call.name.name.as_str());
            format!("({name}() {}{})", show_all(call.args.iter()), if call.args.expand_final() { " ..." } else { "" })
        }
        Expression::Traversal(traversal) => {
            let operators: Vec<_> = traversal.operators.iter().map(hcl_edit::Decorated::value).collect();
            traverse(show(&traversal.expr), &operators)
        }
        Expression::UnaryOp(operation) => format!("({} {})", operation.operator.as_str(), show(&operation.expr)),
        Expression::BinaryOp(operation) => {
            let operator = operation.operator.as_str();
            format!("({operator} {} {})", show(&operation.lhs_expr), show(&operation.rhs_expr))
        }
        Expression::ForExpr(parts) => {
            let mut out = String::from("(for ");
            if let Some(key) = &parts.intro.key_var {
                let _ = write!(out, "{},", key.as_str());
            }
            let _ = write!(out, "{} {}", parts.intro.value_var.as_str(), show(&parts.intro.collection_expr));
            if let Some(key) = &parts.key_expr {
                let _ = write!(out, " {} =>", show(key));
            }
            let _ = write!(out, " {}{}", show(&parts.value_expr), if parts.grouping { " ..." } else { "" });
            if let Some(condition) = &parts.cond {
                let _ = write!(out, " if {}", show(&condition.expr));
            }
            out + ")"
        }
    }
}

fn show_all<'e>(exprs: impl Iterator<Item = &'e Expression>) -> String {
    exprs.map(show).collect::<Vec<_>>().join(" ")
}

fn traverse(source: String, operators: &[&TraversalOperator]) -> String {
    let Some((first, rest)) = operators.split_first() else { return source };
    match first {
        TraversalOperator::GetAttr(name) => traverse(format!("(. {source} {})", name.as_str()), rest),
        TraversalOperator::LegacyIndex(index) => traverse(format!("(. {source} {})", index.value()), rest),
        TraversalOperator::Index(key) => traverse(format!("(at {source} {})", show(key)), rest),
        TraversalOperator::FullSplat(_) => format!("(splat {source} {})", traverse("@".to_owned(), rest)),
        TraversalOperator::AttrSplat(_) => {
            let names = rest.iter().take_while(|operator| {
                matches!(operator, TraversalOperator::GetAttr(_) | TraversalOperator::LegacyIndex(_))
            });
            let (names, rest) = rest.split_at(names.count());
            traverse(format!("(splat {source} {})", traverse("@".to_owned(), names)), rest)
        }
    }
}

/// A text where nothing is interpolated.
fn template(elements: &[&Element]) -> String {
    match elements.iter().map(|element| element.as_literal()).collect::<Option<Vec<_>>>() {
        Some(texts) => format!("{:?}", texts.iter().map(|text| text.as_str()).collect::<String>()),
        None => format!("(T{})", show_parts(elements.iter().copied())),
    }
}

fn show_template(read: &Template) -> String {
    format!("(T{})", show_parts(read.iter()))
}

fn show_parts<'e>(elements: impl Iterator<Item = &'e Element>) -> String {
    let parts = elements.map(|element| match element {
        Element::Literal(text) => format!(" {:?}", text.as_str()),
        Element::Interpolation(inner) => format!(" {}", show(&inner.expr)),
        Element::Directive(directive) => match &**directive {
            Directive::If(parts) => {
                let then = show_template(&parts.if_expr.template);
                let otherwise = parts.else_expr.as_ref().map(|otherwise| show_template(&otherwise.template));
                format!(" (if {} {then}{})", show(&parts.if_expr.cond_expr), otherwise.unwrap_or_default())
            }
            Directive::For(parts) => {
                let intro = &parts.for_expr;
                let key = intro.key_var.as_ref().map_or(String::new(), |key| format!("{},", key.as_str()));
                let value = intro.value_var.as_str();
                let collection = show(&intro.collection_expr);
                format!(" (each {key}{value} {collection} {})", show_template(&intro.template))
            }
        },
    });
    parts.collect()
}
