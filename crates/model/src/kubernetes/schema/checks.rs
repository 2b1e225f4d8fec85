//! What a custom resource definition asks of values beyond their types: patterns, sizes, bounds, and combinations of these.
//!
//! The server fills in defaults and drops null before it asks, so that a field with a default is there, with a value that is
//! not known here. What is not known holds in no combination and breaks none.

use std::cell::Cell;
use std::sync::Arc;

use portcullis_core::nearest;
use portcullis_syntax::{Lookup, Node, Value};

use super::custom::CustomSchema;
use super::format::Format;
use super::pattern::Pattern;
use super::{Fault, FaultKind, Limit, Measure};

/// What is asked of a value beyond its type.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Checks {
    pub(super) pattern: Option<Arc<Pattern>>,
    pub(super) format: Option<Format>,
    pub(super) characters: Size,
    pub(super) elements: Size,
    pub(super) fields: Size,
    pub(super) least: Option<Bound>,
    pub(super) greatest: Option<Bound>,
    pub(super) multiple_of: Option<Bound>,
    /// Empty where any value is fine.
    pub(super) choices: Vec<Choice>,
    /// Whether the elements of a list are all different.
    pub(super) is_set: bool,
    /// What a part of a combination asks of a list's elements.
    pub(super) items: Option<CustomSchema>,
    /// Whether it asks for something that is not known.
    pub(super) is_unknown: bool,
    pub(super) all_of: Vec<CustomSchema>,
    pub(super) any_of: Vec<CustomSchema>,
    pub(super) one_of: Vec<CustomSchema>,
    pub(super) not: Option<CustomSchema>,
}

/// How much of something there may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) least: Option<u64>,
    pub(super) most: Option<u64>,
}

impl Size {
    fn is_given(self) -> bool {
        self.least.is_some() || self.most.is_some()
    }
}

/// A bound of numbers, or what they are multiples of.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bound {
    /// As it is written.
    pub(super) text: Box<str>,
    pub(super) value: f64,
    pub(super) is_exclusive: bool,
}

/// A value that is allowed.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Choice {
    Text(Box<str>),
    Number(Box<str>, f64),
    Bool(bool),
}

impl Choice {
    pub(super) fn of(node: Node<'_>) -> Option<Self> {
        match node.value() {
            Value::String(text) => Some(Self::Text(text.into())),
            Value::Number(text) => Some(Self::Number(text.into(), number(node)?)),
            Value::Bool(value) => Some(Self::Bool(value)),
            _ => None,
        }
    }

    fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Number(text, _) => text,
            Self::Bool(true) => "true",
            Self::Bool(false) => "false",
        }
    }

    fn is(&self, node: Node<'_>, value: &Value<'_>) -> bool {
        match (self, value) {
            (Self::Text(text), Value::String(other)) => **text == **other,
            // The server cuts a fraction off where the choice has none.
            (Self::Number(_, number), Value::Number(_)) => self::number(node).is_none_or(|other| {
                is_same(*number, other) || number.fract() == 0.0 && is_same(*number, other.trunc())
            }),
            (Self::Bool(own), Value::Bool(other)) => own == other,
            _ => false,
        }
    }
}

/// Steps that combinations of schemas may take with one value: a list of many elements is looked at again by each.
const STEPS: u32 = 1 << 14;

impl Checks {
    /// Adds what is wrong with a value of the right type, whose whole schema is `schema`.
    pub(super) fn judge<'t, 's>(&'s self, node: Node<'t>, schema: &'s CustomSchema, faults: &mut Vec<Fault<'t, 's>>) {
        let steps = Cell::new(STEPS);
        let mut judge = Judge { faults: std::mem::take(faults), is_unsure: false, steps: &steps };
        judge.checks(node, &node.value(), self, Some(schema));
        *faults = judge.faults;
    }
}

/// What is found in a value, and whether more may be wrong.
struct Judge<'t, 's, 'c> {
    faults: Vec<Fault<'t, 's>>,
    is_unsure: bool,
    steps: &'c Cell<u32>,
}

impl<'t, 's> Judge<'t, 's, '_> {
    fn fault(&mut self, node: Node<'t>, limit: Limit<'s>) {
        self.faults.push(Fault { node, kind: FaultKind::Limit(limit) });
    }

    /// Judges by a schema that is part of a combination. `whole` is the structural schema of the same value, which has the
    /// types and the defaults.
    fn part(&mut self, node: Node<'t>, part: &'s CustomSchema, whole: Option<&'s CustomSchema>) {
        let Some(left) = self.steps.get().checked_sub(1) else {
            self.is_unsure = true;
            return;
        };
        self.steps.set(left);
        let value = node.value();
        if matches!(value, Value::Null | Value::Unknown(_) | Value::Template(_)) {
            self.is_unsure = true;
            return;
        }
        if !part.is_type_of(node) {
            self.fault(node, Limit::Excluded { fields: Vec::new() });
            return;
        }
        if let Value::Map(_) = value {
            self.map(node, part, whole);
        }
        if let Some(checks) = &part.checks {
            self.checks(node, &value, checks, whole);
        }
    }

    fn map(&mut self, node: Node<'t>, part: &'s CustomSchema, whole: Option<&'s CustomSchema>) {
        for (name, field) in &part.fields {
            match state(node, name, whole) {
                State::Set(entry) => self.part(entry, field, whole.and_then(|whole| whole.known(name))),
                State::Defaulted | State::Unknown => self.is_unsure = true,
                State::Missing => {}
            }
        }
        let mut missing = Vec::new();
        for name in &part.required {
            match state(node, name, whole) {
                State::Missing => missing.push(&**name),
                State::Unknown => self.is_unsure = true,
                State::Defaulted | State::Set(_) => {}
            }
        }
        if !missing.is_empty() {
            let kind = FaultKind::Missing { holder: "", fields: missing, is_all: false };
            self.faults.push(Fault { node, kind });
        }
    }

    fn checks(&mut self, node: Node<'t>, value: &Value<'t>, checks: &'s Checks, whole: Option<&'s CustomSchema>) {
        self.is_unsure |= checks.is_unknown;
        self.choices(node, value, &checks.choices);
        match value {
            Value::String(text) => self.text(node, text, checks),
            Value::Number(_) => self.number(node, checks),
            Value::List(_) => self.list(node, checks),
            Value::Map(_) if checks.fields.is_given() => self.count_fields(node, checks.fields, whole),
            _ => {}
        }
        if let Some(items) = &checks.items {
            let whole = whole.and_then(CustomSchema::items);
            node.items().for_each(|item| self.part(item, items, whole));
        }
        for part in &checks.all_of {
            self.part(node, part, whole);
        }
        if !checks.any_of.is_empty() {
            // The first that holds is enough.
            let mut is_unsure = false;
            let holds = |part| {
                let holds = self.holds(node, part, whole);
                is_unsure |= holds.is_none();
                holds == Some(true)
            };
            match (checks.any_of.iter().any(holds), is_unsure) {
                (true, _) => {}
                (false, true) => self.is_unsure = true,
                (false, false) => {
                    let fields = alternatives(&checks.any_of);
                    self.fault(node, Limit::NoAlternative { fields, count: checks.any_of.len() });
                }
            }
        }
        if !checks.one_of.is_empty() {
            let holding: Vec<Option<bool>> = checks.one_of.iter().map(|part| self.holds(node, part, whole)).collect();
            if holding.iter().all(|holds| *holds == Some(false)) {
                let fields = alternatives(&checks.one_of);
                self.fault(node, Limit::NoAlternative { fields, count: checks.one_of.len() });
            } else if holding.iter().filter(|holds| **holds == Some(true)).count() > 1 {
                let fields = alternatives(&checks.one_of).into_iter().zip(&holding);
                let fields = fields.filter(|(_, holds)| **holds == Some(true)).map(|(field, _)| field).collect();
                self.fault(node, Limit::SeveralAlternatives { fields });
            } else if holding.contains(&None) {
                self.is_unsure = true;
            }
        }
        if let Some(not) = &checks.not {
            match self.holds(node, not, whole) {
                Some(true) => {
                    let is_plain = not.is_plain();
                    let fields = not.required.iter().filter(|_| is_plain).map(|name| &**name).collect();
                    self.fault(node, Limit::Excluded { fields });
                }
                Some(false) => {}
                None => self.is_unsure = true,
            }
        }
    }

    /// Whether a part holds, as far as it is known.
    fn holds(&self, node: Node<'t>, part: &'s CustomSchema, whole: Option<&'s CustomSchema>) -> Option<bool> {
        let mut judge = Judge { faults: Vec::new(), is_unsure: false, steps: self.steps };
        judge.part(node, part, whole);
        if !judge.faults.is_empty() {
            return Some(false);
        }
        (!judge.is_unsure).then_some(true)
    }

    fn choices(&mut self, node: Node<'t>, value: &Value<'t>, choices: &'s [Choice]) {
        if choices.is_empty() || choices.iter().any(|choice| choice.is(node, value)) {
            return;
        }
        let choices: Vec<&str> = choices.iter().map(Choice::text).collect();
        let text = Some(value).filter(|value| matches!(value, Value::String(_))).map(|_| node.text());
        let nearest = text.and_then(|text| nearest(text, choices.iter().copied()));
        self.faults.push(Fault { node, kind: FaultKind::NoChoice { choices, nearest } });
    }

    fn text(&mut self, node: Node<'t>, text: &str, checks: &'s Checks) {
        // `<your-domain>` and `$(VARIABLE)` are for somebody to fill in.
        if text.contains("$(") || text.split_once('<').is_some_and(|(_, rest)| rest.contains('>')) {
            self.is_unsure = true;
            return;
        }
        if checks.characters.is_given() {
            self.size(node, Measure::Characters, text.chars().count() as u64, checks.characters);
        }
        if let Some(pattern) = &checks.pattern {
            match pattern.matches(text) {
                Some(true) => {}
                Some(false) => self.fault(node, Limit::Pattern(pattern.text())),
                None => self.is_unsure = true,
            }
        }
        if let Some(format) = checks.format.filter(|format| !format.allows(text)) {
            self.fault(node, Limit::Format(format.name()));
        }
    }

    fn number(&mut self, node: Node<'t>, checks: &'s Checks) {
        let Some(number) = number(node) else {
            self.is_unsure = true;
            return;
        };
        let bounds = (&checks.least, &checks.greatest);
        let is_less = bounds.0.as_ref().is_some_and(|least| is_beyond(least, number, |number, bound| number < bound));
        let is_more = bounds.1.as_ref().is_some_and(|most| is_beyond(most, number, |number, bound| number > bound));
        if is_less || is_more {
            let told = |bound: &'s Option<Bound>| bound.as_ref().map(|bound| (&*bound.text, bound.is_exclusive));
            self.fault(node, Limit::Number { least: told(&checks.least), greatest: told(&checks.greatest) });
        }
        if let Some(factor) = checks.multiple_of.as_ref().filter(|factor| !is_multiple(number, factor.value)) {
            self.fault(node, Limit::MultipleOf(&factor.text));
        }
    }

    fn list(&mut self, node: Node<'t>, checks: &'s Checks) {
        self.size(node, Measure::Elements, node.items().len() as u64, checks.elements);
        if !checks.is_set || node.items().len() < 2 {
            return;
        }
        let mut seen = std::collections::HashSet::new();
        for item in node.items() {
            if content(item).is_some_and(|content| !seen.insert(content)) {
                self.fault(item, Limit::Repeated);
            }
        }
    }

    /// Null and unknown fields are dropped before they are counted, and defaults are added.
    fn count_fields(&mut self, node: Node<'t>, size: Size, whole: Option<&'s CustomSchema>) {
        let is_kept = |name: &str| whole.is_none_or(|whole| whole.keeps(name));
        let kept = node.entries().filter(|(key, entry)| !entry.is_null() && is_kept(key.text())).count();
        let defaults = whole.into_iter().flat_map(|whole| &whole.fields);
        let added =
            defaults.filter(|(name, field)| field.has_default && node.key_lookup(name).absent().is_some()).count();
        let is_templated = node.entries().any(|(key, _)| key.text().contains("{{") || key.text().contains("${"));
        let (least, most) =
            (if is_templated { 0 } else { kept + added }, if node.is_open() { None } else { Some(kept + added) });
        if size.most.is_some_and(|allowed| least as u64 > allowed)
            || size.least.is_some_and(|needed| !is_templated && most.is_some_and(|most| (most as u64) < needed))
        {
            self.size(node, Measure::Fields, least as u64, size);
        } else if is_templated || node.is_open() {
            self.is_unsure = true;
        }
    }

    fn size(&mut self, node: Node<'t>, of: Measure, found: u64, size: Size) {
        if size.least.is_some_and(|least| found < least) || size.most.is_some_and(|most| found > most) {
            self.fault(node, Limit::Size { of, found, least: size.least, most: size.most });
        }
    }
}

/// What a field is to the server.
enum State<'t> {
    Set(Node<'t>),
    /// It is there, whatever it is.
    Defaulted,
    /// It may be there.
    Unknown,
    Missing,
}

fn state<'t>(node: Node<'t>, name: &str, whole: Option<&CustomSchema>) -> State<'t> {
    let field = whole.and_then(|whole| whole.known(name));
    match node.key_lookup(name) {
        Lookup::Present(entry) => State::Set(entry),
        Lookup::Unknown(_) => State::Unknown,
        Lookup::Absent(_) if field.is_some_and(|field| field.has_default) => State::Defaulted,
        // A null that is allowed is there.
        Lookup::Absent(_) if field.is_some_and(|field| field.is_nullable) && node.field(name).is_some() => {
            State::Defaulted
        }
        Lookup::Absent(_) => State::Missing,
    }
}

/// The field that each alternative requires, where each requires one and no two the same.
fn alternatives(parts: &[CustomSchema]) -> Vec<&str> {
    let mut fields = Vec::new();
    for part in parts {
        match &*part.required {
            [field] if part.is_plain() && !fields.contains(&&**field) => fields.push(&**field),
            _ => return Vec::new(),
        }
    }
    fields
}

/// A number as the server compares it.
pub(super) fn number(node: Node<'_>) -> Option<f64> {
    #[allow(clippy::cast_precision_loss, reason = "bounds are floating-point numbers to the server as well")]
    let whole = node.as_i64().map(|whole| whole as f64);
    whole.or_else(|| node.text().replace('_', "").parse().ok())
}

fn is_same(a: f64, b: f64) -> bool {
    (a - b).abs() <= f64::EPSILON * a.abs().max(b.abs())
}

/// Whether a number breaks a bound. The server cuts the fraction of a bound off before it compares an integer; only what
/// breaks both is told.
fn is_beyond(bound: &Bound, number: f64, is_beyond: impl Fn(f64, f64) -> bool) -> bool {
    let breaks =
        |bound_value: f64| is_beyond(number, bound_value) || bound.is_exclusive && is_same(number, bound_value);
    breaks(bound.value) && (number.fract() != 0.0 || breaks(bound.value.trunc()))
}

fn is_multiple(number: f64, factor: f64) -> bool {
    let times = number / factor;
    (times - times.round()).abs() <= 1e-9 * times.abs().max(1.0)
}

/// What an element of a set is, as a number that tells it from others; `None` where something in it is not known. Its depth is
/// that of the document, which the parser bounds.
fn content(node: Node<'_>) -> Option<u64> {
    let mut hash = portcullis_core::StableHash::new();
    match node.value() {
        Value::Null => return None,
        Value::Unknown(_) | Value::Template(_) => return None,
        Value::String(text) => ["text", text].into_iter().for_each(|part| hash.text(part)),
        Value::Number(text) => ["number", text].into_iter().for_each(|part| hash.text(part)),
        Value::Bool(value) => hash.text(if value { "true" } else { "false" }),
        Value::List(_) => {
            hash.text("list");
            for item in node.items() {
                hash.number(content(item)?);
            }
        }
        Value::Map(_) => {
            // In whatever order the fields stand.
            let mut sum = 0_u64;
            for (key, entry) in node.entries() {
                let mut of_field = portcullis_core::StableHash::new();
                of_field.text(key.text());
                of_field.number(content(entry)?);
                sum = sum.wrapping_add(of_field.short());
            }
            hash.text("map");
            hash.number(sum);
        }
    }
    (!node.is_open()).then(|| hash.short())
}
