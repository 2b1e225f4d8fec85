//! Templates: texts with interpolations and directives, in expressions and in files of their own.

use std::sync::Arc;

use portcullis_core::Span;
use portcullis_model::terraform::value::Piece;
use portcullis_model::terraform::{Kind, Reason, Value};
use portcullis_syntax::hcl::{self, Expr, Part};

use crate::Fault;
use crate::evaluate::{Evaluator, Outcome};
use crate::expression::number;
use crate::functions::{Place, call};
use crate::limits::TEXT;
use crate::operators::boolean;
use crate::provenance::{part_of, reason_of, referring};
use crate::scope::Scope;
use crate::written::Track;

/// A text that is being put together.
#[derive(Default)]
struct Text {
    pieces: Vec<Piece>,
    /// The text since the last unknown piece.
    last: String,
    size: usize,
    /// What it refers to, in a value of no other use.
    of: Option<Value>,
    /// Bytes of it that are known.
    known: usize,
}

impl Text {
    fn push(&mut self, text: &str) {
        self.size = self.size.saturating_add(text.len());
        if self.size <= TEXT {
            self.last.push_str(text);
            self.known = self.known.saturating_add(text.len());
        }
    }

    fn unknown(&mut self, reason: Reason) {
        if !self.last.is_empty() {
            self.pieces.push(Piece::Text(std::mem::take(&mut self.last).into()));
        }
        self.size = self.size.saturating_add(1);
        if self.size <= TEXT {
            self.pieces.push(Piece::Unknown(reason));
        }
    }

    fn refer(&mut self, value: &Value) {
        if !value.references().is_empty() {
            let of = self.of.take().unwrap_or_else(|| Value::new(Kind::Null, value.span));
            self.of = Some(referring(of, [value]));
        }
    }

    fn finish(mut self, at: Span) -> Value {
        let value = if self.pieces.is_empty() {
            Value::string(self.last, at)
        } else {
            if !self.last.is_empty() {
                self.pieces.push(Piece::Text(self.last.into()));
            }
            Value::new(Kind::Template(self.pieces.into()), at)
        };
        referring(value, self.of.as_ref())
    }
}

impl Evaluator<'_> {
    /// A template's value: of one interpolation alone that value as it is, else a text.
    pub(crate) fn template(&mut self, parts: &[Part], at: Span, scope: &Scope<'_>) -> Outcome {
        if let [Part::Interpolation(only)] = parts {
            return self.eval(only, scope);
        }
        let mut text = Text::default();
        let mut track = Track::of(parts, self, at, scope);
        for part in parts {
            let known = text.known;
            self.parts(std::slice::from_ref(part), at, scope, &mut text)?;
            match part {
                Part::Literal(literal, span) => track.literal(literal, *span),
                Part::Interpolation(expr) => track.interpolated(expr.span, text.known.saturating_sub(known)),
                Part::If { .. } | Part::For { .. } => track.lose(),
            }
        }
        if text.size > TEXT {
            return Ok(self.limit(at));
        }
        Ok(track.finish(text.finish(at)))
    }

    fn parts(&mut self, parts: &[Part], at: Span, scope: &Scope<'_>, text: &mut Text) -> Result<(), Fault> {
        for part in parts {
            if !self.step(at) || text.size > TEXT {
                text.unknown(Reason::Limit);
                return Ok(());
            }
            match part {
                Part::Literal(literal, _) => text.push(literal),
                Part::Interpolation(expr) => {
                    let value = self.part(expr, scope)?;
                    self.add(&value, at, text)?;
                }
                Part::If { condition, then, otherwise } => {
                    let condition = self.eval(condition, scope)?;
                    match boolean(&condition)? {
                        Some(true) => self.parts(then, at, scope, text)?,
                        Some(false) => self.parts(otherwise, at, scope, text)?,
                        None => {
                            text.refer(&condition);
                            text.unknown(reason_of(&condition).unwrap_or(Reason::Instance));
                        }
                    }
                }
                Part::For { key, value, collection, body } => {
                    let of = self.eval(collection, scope)?;
                    let key_name = key.as_ref().map_or("", |key| &*key.name);
                    let names = |key: Value, item: Value| match key_name {
                        "" => vec![(&*value.name, item)],
                        name => vec![(&*value.name, item), (name, key)],
                    };
                    match &of.kind {
                        Kind::List(list) => {
                            for (position, item) in list.items.iter().enumerate() {
                                let item = part_of(&of, item);
                                let key = if list.set { item.clone() } else { number(position, at) };
                                self.parts(body, at, &scope.with_names(&names(key, item)), text)?;
                            }
                            if list.open {
                                text.unknown(Reason::Instance);
                            }
                        }
                        Kind::Map(map) => {
                            for (key, entry) in &map.entries {
                                let key = Value::string(key.clone(), entry.key);
                                let item = part_of(&of, &entry.value);
                                self.parts(body, at, &scope.with_names(&names(key, item)), text)?;
                            }
                            if map.open {
                                text.unknown(Reason::Instance);
                            }
                        }
                        Kind::Unknown(reason) => {
                            text.refer(&of);
                            text.unknown(*reason);
                        }
                        _ => return Err(Fault),
                    }
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, value: &Value, at: Span, text: &mut Text) -> Result<(), Fault> {
        text.refer(value);
        match &value.kind {
            Kind::Unknown(reason) => text.unknown(*reason),
            Kind::Template(pieces) => {
                for piece in pieces.iter() {
                    match piece {
                        Piece::Text(known) => text.push(known),
                        Piece::Unknown(reason) => text.unknown(*reason),
                    }
                }
            }
            Kind::Encoded(_) => {
                // The text that was encoded: an identity on texts gives it where it is wholly known.
                let place = Place { files: self.files, directory: "" };
                match call("format", &[Value::string("%s", at), value.clone()], at, place) {
                    Ok(made) if !matches!(made.kind, Kind::Encoded(_)) => return self.add(&made, at, text),
                    _ => text.unknown(Reason::Computed),
                }
            }
            _ => text.push(&value.to_text().ok_or(Fault)?),
        }
        Ok(())
    }

    /// `templatefile(path, variables)`.
    pub(crate) fn template_file(&mut self, path: &Expr, variables: &Expr, at: Span, scope: &Scope<'_>) -> Outcome {
        let path = self.eval(path, scope)?;
        let root = self.modules.first().map(|root| root.directory.clone()).unwrap_or_default();
        let place = Place { files: self.files, directory: &root };
        let text = call("file", &[path], at, place)?;
        self.render(&text, variables, at, scope)
    }

    /// `templatestring(text, variables)`.
    pub(crate) fn template_string(&mut self, text: &Expr, variables: &Expr, at: Span, scope: &Scope<'_>) -> Outcome {
        let text = self.eval(text, scope)?;
        self.render(&text, variables, at, scope)
    }

    fn render(&mut self, text: &Value, variables: &Expr, at: Span, scope: &Scope<'_>) -> Outcome {
        if scope.is_template() {
            return Err(Fault);
        }
        let variables = self.eval(variables, scope)?;
        let (Kind::String(text), Kind::Map(map)) = (&text.kind, &variables.kind) else {
            return if text.is_unknown() || variables.is_unknown() || matches!(text.kind, Kind::Template(_)) {
                Ok(crate::provenance::unknown_of(&[text, &variables], at))
            } else {
                Err(Fault)
            };
        };
        if !self.steps(text.len() / 16, at) {
            return Ok(Value::unknown(Reason::Limit, at));
        }
        let (expr, errors) = hcl::parse_template(text, at.file);
        if !errors.is_empty() {
            return Err(Fault);
        }
        let names: Vec<(Arc<str>, Value)> =
            map.entries.iter().map(|(name, entry)| (name.clone(), part_of(&variables, &entry.value))).collect();
        let scope = scope.of_template(&names, at);
        let value = self.eval(&expr, &scope)?;
        // The text of the template stands in another file than the call.
        Ok(Value { span: at, ..value })
    }
}
