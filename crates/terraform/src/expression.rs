//! What expressions come to.
//!
//! An error is one that Terraform would certainly report; whether it is one is not known where something is unknown.
//! Outside of `try` and `can`, an error in an element of a list or object leaves the others as they are.

use std::collections::BTreeMap;
use std::sync::Arc;

use portcullis_core::Span;
use portcullis_model::terraform::value::{Entry, List, Map, Number, Reference};
use portcullis_model::terraform::{Kind, Reason, Value};
use portcullis_syntax::hcl::{BinaryOperator, Call, Expr, ExprKind, For, Item};

use crate::Fault;
use crate::calls::Called;
use crate::evaluate::{Evaluator, Outcome};
use crate::operators::{and, binary, boolean, or, unary};
use crate::provenance::{all_references, part_of, referring, unknown_of, with_references};
use crate::scope::Scope;
/// Values that are looked at in the time of evaluating an expression.
pub(crate) const NODES_PER_STEP: usize = 32;
impl Evaluator<'_> {
    /// The value of an expression.
    pub(crate) fn eval(&mut self, expr: &Expr, scope: &Scope<'_>) -> Outcome {
        let at = scope.place(expr.span);
        if !self.step(at) {
            return Ok(Value::unknown(Reason::Limit, at));
        }
        match &expr.kind {
            ExprKind::Null => Ok(Value::new(Kind::Null, at)),
            ExprKind::Bool(value) => Ok(Value::new(Kind::Bool(*value), at)),
            ExprKind::Number(number) => Ok(Value::new(Kind::Number(*number), at)),
            ExprKind::String(text) => Ok(self.document_text(Value::string(text.clone(), at), scope)),
            ExprKind::Invalid => Ok(Value::unknown(Reason::Invalid, at)),
            _ => self.deeper(at, |evaluator| evaluator.composite(expr, at, scope)),
        }
    }

    fn composite(&mut self, expr: &Expr, at: Span, scope: &Scope<'_>) -> Outcome {
        match &expr.kind {
            ExprKind::Template(parts) => self.template(parts, at, scope),
            ExprKind::List(items) => self.list(items, at, scope),
            ExprKind::Object(items) => self.object(items, at, scope),
            ExprKind::Variable(_) | ExprKind::Attribute(..) | ExprKind::Index(..) => self.traversal(expr, at, scope),
            ExprKind::Splat { source, each } => self.splat(source, each, at, scope),
            ExprKind::Element => scope.element().cloned().ok_or(Fault),
            ExprKind::Call(call) => {
                let Call { name, arguments, expands } = &**call;
                self.call_function(&Called { name: &name.name, arguments, expands: *expands }, at, scope)
            }
            ExprKind::Unary(operator, operand) => unary(*operator, &self.eval(operand, scope)?, at),
            ExprKind::Binary(operator, operands) => {
                let [left, right] = &**operands;
                self.binary(*operator, left, right, at, scope)
            }
            ExprKind::Conditional(parts) => {
                let [condition, then, otherwise] = &**parts;
                self.conditional(condition, then, otherwise, at, scope)
            }
            ExprKind::For(one) => self.for_expression(one, at, scope),
            ExprKind::Null | ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::String(_) | ExprKind::Invalid => {
                Ok(Value::unknown(Reason::Invalid, at))
            }
        }
    }

    /// A part of a value. Its error is one of the whole only within `try` and `can`.
    pub(crate) fn part(&mut self, expr: &Expr, scope: &Scope<'_>) -> Outcome {
        match self.eval(expr, scope) {
            Err(Fault) if !self.strict => Ok(Value::unknown(Reason::Invalid, scope.place(expr.span))),
            outcome => outcome,
        }
    }

    fn list(&mut self, items: &[Expr], at: Span, scope: &Scope<'_>) -> Outcome {
        let items = items.iter().map(|item| self.part(item, scope)).collect::<Result<Vec<_>, _>>()?;
        Ok(self.weighed(Value::new(Kind::List(Arc::new(List::closed(items))), at)))
    }

    fn object(&mut self, items: &[Item], at: Span, scope: &Scope<'_>) -> Outcome {
        let mut map = Map::default();
        for item in items {
            let key = self.eval(&item.key, scope)?;
            let value = self.part(&item.value, scope)?;
            match key.to_text() {
                Some(text) => map.insert(text, scope.place(item.key.span), value),
                None if is_text_to_be(&key) => map.open = true,
                None => return Err(Fault),
            }
        }
        Ok(self.weighed(Value::new(Kind::Map(Arc::new(map)), at)))
    }

    fn binary(&mut self, operator: BinaryOperator, left: &Expr, right: &Expr, at: Span, scope: &Scope<'_>) -> Outcome {
        let left = self.eval(left, scope)?;
        let decides = match operator {
            BinaryOperator::And => Some(false),
            BinaryOperator::Or => Some(true),
            _ => None,
        };
        let Some(decides) = decides else {
            let right = self.eval(right, scope)?;
            if !self.may_compare(&left, &right, at) {
                return Ok(Value::unknown(Reason::Limit, at));
            }
            return binary(operator, &left, &right, at);
        };
        let known = boolean(&left)?;
        if known == Some(decides) {
            return Ok(referring(Value::new(Kind::Bool(decides), at), [&left]));
        }
        let right = match self.eval(right, scope) {
            // What is right of an unknown condition may not come into question.
            Err(Fault) if known.is_none() => return Ok(unknown_of(&[&left], at)),
            outcome => outcome?,
        };
        let other = boolean(&right)?;
        let result = if decides { or(known, other) } else { and(known, other) };
        Ok(match result {
            Some(result) => referring(Value::new(Kind::Bool(result), at), [&left, &right]),
            None => unknown_of(&[&left, &right], at),
        })
    }

    fn conditional(&mut self, condition: &Expr, then: &Expr, otherwise: &Expr, at: Span, scope: &Scope<'_>) -> Outcome {
        let condition = self.eval(condition, scope)?;
        match boolean(&condition)? {
            Some(true) => self.eval(then, scope),
            Some(false) => self.eval(otherwise, scope),
            None => {
                // One of them may be an error that the condition guards against.
                let then = self.eval(then, scope);
                let otherwise = self.eval(otherwise, scope);
                let (then, otherwise) = match (then, otherwise) {
                    (Ok(then), Ok(otherwise)) => (then, otherwise),
                    (Ok(one), Err(Fault)) | (Err(Fault), Ok(one)) => (one.clone(), one),
                    (Err(Fault), Err(Fault)) => return Err(Fault),
                };
                if !self.may_compare(&then, &otherwise, at) {
                    return Ok(Value::unknown(Reason::Limit, at));
                }
                if then.equals(&otherwise) == Some(true) {
                    return Ok(then);
                }
                let reason = crate::provenance::reason_of(&condition).unwrap_or(Reason::Instance);
                let mut references: Vec<Reference> = condition.references().to_vec();
                all_references(&then, &mut references);
                all_references(&otherwise, &mut references);
                Ok(with_references(Value::unknown(reason, at), &references))
            }
        }
    }

    /// Counts the steps of comparing two values; false when there were too many.
    fn may_compare(&mut self, left: &Value, right: &Value, at: Span) -> bool {
        let nodes = self.scales.weigh(left).nodes.min(self.scales.weigh(right).nodes);
        self.steps(nodes / NODES_PER_STEP, at)
    }

    fn splat(&mut self, source: &Expr, each: &Expr, at: Span, scope: &Scope<'_>) -> Outcome {
        let source_value = match self.module_outputs(source, each, scope) {
            Some(value) => value,
            None => self.eval(source, scope)?,
        };
        match &source_value.kind {
            Kind::Null => Ok(Value::new(Kind::List(Arc::default()), at)),
            Kind::Unknown(_) => {
                let made = self.eval(each, &scope.with_element(&source_value))?;
                let reason = crate::provenance::reason_of(&made).unwrap_or(Reason::Instance);
                Ok(referring(Value::unknown(reason, at), [&made, &source_value]))
            }
            Kind::List(list) => {
                let mut items = Vec::with_capacity(list.items.len());
                for item in &list.items {
                    if !self.step(at) {
                        return Ok(Value::unknown(Reason::Limit, at));
                    }
                    let item = part_of(&source_value, item);
                    items.push(self.eval(each, &scope.with_element(&item))?);
                }
                // The elements say it better, where there is one.
                let is_silent = list.open && items.iter().all(|item| item.references().is_empty());
                let made = Kind::List(Arc::new(List { items, open: list.open, set: false }));
                let made = Value { via: source_value.via.clone(), ..Value::new(made, at) };
                Ok(self.weighed(if is_silent { referring(made, [&source_value]) } else { made }))
            }
            _ => {
                let item = self.eval(each, &scope.with_element(&source_value))?;
                Ok(Value::new(Kind::List(Arc::new(List::closed(vec![item]))), at))
            }
        }
    }

    fn for_expression(&mut self, one: &For, at: Span, scope: &Scope<'_>) -> Outcome {
        let collection = self.eval(&one.collection, scope)?;
        let mut made = Collected::new(one);
        match &collection.kind {
            Kind::List(list) => {
                made.open |= list.open;
                for (position, item) in list.items.iter().enumerate() {
                    let item = part_of(&collection, item);
                    let key = if list.set { item.clone() } else { number(position, item.span) };
                    if !self.collect(one, key, item, &mut made, at, scope)? {
                        return Ok(Value::unknown(Reason::Limit, at));
                    }
                }
            }
            Kind::Map(map) => {
                made.open |= map.open;
                for (key, entry) in &map.entries {
                    let item = crate::access::taken(&collection, &entry.value, "");
                    let key = Value::string(key.clone(), scope.place(entry.key));
                    if !self.collect(one, key, item, &mut made, at, scope)? {
                        return Ok(Value::unknown(Reason::Limit, at));
                    }
                }
            }
            Kind::Unknown(reason) => {
                // What each element would give says what the result is about.
                let _ = self.collect(one, collection.clone(), collection.clone(), &mut made, at, scope);
                return Ok(referring(Value::unknown(*reason, at), made.values().chain([&collection])));
            }
            _ => return Err(Fault),
        }
        let open = made.open;
        let made = Value::new(made.finish(), at);
        Ok(self.weighed(if open { referring(made, [&collection]) } else { made }))
    }

    /// Adds what one element gives; false when a limit was hit.
    fn collect(
        &mut self,
        one: &For,
        key: Value,
        value: Value,
        made: &mut Collected,
        at: Span,
        scope: &Scope<'_>,
    ) -> Result<bool, Fault> {
        if !self.step(at) {
            return Ok(false);
        }
        let key_name = one.key.as_ref().map_or("", |name| &name.name);
        let names = [(&*one.value.name, value), (key_name, key)];
        let names = if one.key.is_some() { &names[..] } else { &names[..1] };
        let scope = &scope.with_names(names);
        if let Some(condition) = &one.condition {
            match boolean(&self.eval(condition, scope)?)? {
                Some(true) => {}
                Some(false) => return Ok(true),
                None => {
                    made.open = true;
                    return Ok(true);
                }
            }
        }
        let key = match &one.result_key {
            Some(key) => Some(self.eval(key, scope)?),
            None => None,
        };
        let result = self.part(&one.result, scope)?;
        made.add(key, result)?;
        Ok(true)
    }
}

/// The number of an element.
pub(crate) fn number(position: usize, at: Span) -> Value {
    Value::new(Kind::Number(Number::Int(i64::try_from(position).unwrap_or(i64::MAX))), at)
}

/// Whether a key is one that is not known yet.
fn is_text_to_be(key: &Value) -> bool {
    matches!(key.kind, Kind::Unknown(_) | Kind::Template(_) | Kind::Encoded(_))
}

/// What a `for` has made so far.
struct Collected {
    items: Vec<Value>,
    entries: BTreeMap<Arc<str>, Entry>,
    groups: BTreeMap<Arc<str>, (Span, Vec<Value>)>,
    is_object: bool,
    is_grouped: bool,
    open: bool,
}

impl Collected {
    fn new(one: &For) -> Self {
        Self {
            items: Vec::new(),
            entries: BTreeMap::new(),
            groups: BTreeMap::new(),
            is_object: one.result_key.is_some(),
            is_grouped: one.groups,
            open: false,
        }
    }

    fn add(&mut self, key: Option<Value>, value: Value) -> Result<(), Fault> {
        let Some(key) = key else {
            self.items.push(value);
            return Ok(());
        };
        let Some(text) = key.to_text() else {
            self.open = true;
            return if is_text_to_be(&key) { Ok(()) } else { Err(Fault) };
        };
        if self.is_grouped {
            self.groups.entry(text).or_insert_with(|| (key.span, Vec::new())).1.push(value);
        } else if self.entries.insert(text, Entry { key: key.span, value }).is_some() {
            // Two elements of one key need `...`.
            return Err(Fault);
        }
        Ok(())
    }

    fn values(&self) -> impl Iterator<Item = &Value> {
        self.items.iter().chain(self.entries.values().map(|entry| &entry.value))
    }

    fn finish(self) -> Kind {
        if !self.is_object {
            return Kind::List(Arc::new(List { items: self.items, open: self.open, set: false }));
        }
        let mut entries = self.entries;
        for (key, (at, items)) in self.groups {
            let list = List { items, open: self.open, set: false };
            entries.insert(key, Entry { key: at, value: Value::new(Kind::List(Arc::new(list)), at) });
        }
        Kind::Map(Arc::new(Map { entries: entries.into(), open: self.open }))
    }
}
