//! Calls of functions. Those that take expressions rather than values are evaluated here.

use portcullis_core::Span;
use portcullis_model::terraform::{Kind, Reason, Value};
use portcullis_syntax::hcl::Expr;

use crate::Fault;
use crate::evaluate::{Evaluator, Outcome};
use crate::expression::{NODES_PER_STEP, number};
use crate::functions::{Place, call};
use crate::provenance::{part_of, referring, unknown_of};
use crate::scope::Scope;
use crate::types::Type;

/// A call of a function, as it is written.
pub(crate) struct Called<'e> {
    pub(crate) name: &'e str,
    pub(crate) arguments: &'e [Expr],
    /// Whether the last argument stands for several.
    pub(crate) expands: bool,
}

/// Functions that look at no more of a large value than they say.
const CHEAP: &[&str] = &[
    "can",
    "coalesce",
    "element",
    "length",
    "lookup",
    "nonsensitive",
    "one",
    "sensitive",
    "tobool",
    "tolist",
    "tomap",
    "tonumber",
    "tostring",
    "try",
];
impl Evaluator<'_> {
    pub(crate) fn call_function(&mut self, called: &Called<'_>, at: Span, scope: &Scope<'_>) -> Outcome {
        let Called { name, arguments, expands } = *called;
        match (name.strip_prefix("core::").unwrap_or(name), arguments) {
            ("try", arguments) => return self.try_each(arguments, scope),
            ("can", [argument]) => return Ok(self.can(argument, at, scope)),
            ("templatefile", [path, variables]) => return self.template_file(path, variables, at, scope),
            ("templatestring", [text, variables]) => return self.template_string(text, variables, at, scope),
            // OpenTofu and Terraform since 1.15 convert to a type that is written like a variable's.
            ("convert", [value, constraint]) => {
                let value = self.eval(value, scope)?;
                return Type::new(constraint).convert(value, &mut |expr| self.value(expr, scope));
            }
            _ => {}
        }
        let mut values = Vec::with_capacity(arguments.len());
        for argument in arguments {
            values.push(self.part(argument, scope)?);
        }
        if name == "length"
            && !expands
            && let [value] = values.as_slice()
            && let Some(count) = count(value)
        {
            return Ok(referring(number(count, at), [value]));
        }
        if expands && let Some(last) = values.pop() {
            match &last.kind {
                Kind::List(list) if !list.open => {
                    values.extend(list.items.iter().map(|item| part_of(&last, item)));
                }
                Kind::List(_) | Kind::Unknown(_) => {
                    values.push(last);
                    let all: Vec<&Value> = values.iter().collect();
                    return Ok(unknown_of(&[values.last().unwrap_or(&Value::unknown(Reason::Instance, at))], at))
                        .map(|made| referring(made, all));
                }
                _ => return Err(Fault),
            }
        }
        let weights = if CHEAP.contains(&name) {
            values.len()
        } else {
            values.iter().map(|value| self.scales.weigh(value).nodes).fold(1, usize::saturating_add)
        };
        if !self.steps(weights / NODES_PER_STEP, at) {
            return Ok(Value::unknown(Reason::Limit, at));
        }
        let root = self.modules.first().map(|root| root.directory.clone()).unwrap_or_default();
        let place = Place { files: self.files, directory: &root };
        let made = call(name, &values, at, place)?;
        let made = if made.references().is_empty() && (made.is_unknown() || matches!(made.kind, Kind::Template(_))) {
            referring(made, &values)
        } else {
            made
        };
        Ok(self.weighed(made))
    }

    /// The first argument that is no error.
    fn try_each(&mut self, arguments: &[Expr], scope: &Scope<'_>) -> Outcome {
        let strict = std::mem::replace(&mut self.strict, true);
        let mut outcome = Err(Fault);
        for argument in arguments {
            outcome = self.eval(argument, scope);
            if outcome.is_ok() {
                break;
            }
        }
        self.strict = strict;
        outcome
    }

    fn can(&mut self, argument: &Expr, at: Span, scope: &Scope<'_>) -> Value {
        let strict = std::mem::replace(&mut self.strict, true);
        let outcome = self.eval(argument, scope);
        self.strict = strict;
        match outcome {
            Ok(value) if value.is_unknown() => unknown_of(&[&value], at),
            Ok(value) => referring(Value::new(Kind::Bool(true), at), [&value]),
            Err(Fault) => Value::new(Kind::Bool(false), at),
        }
    }
}

/// How many elements there are, without looking at them: every instance of a resource may ask.
fn count(value: &Value) -> Option<usize> {
    match &value.kind {
        Kind::List(list) if !list.open && !list.set => Some(list.items.len()),
        Kind::Map(map) if !map.open => Some(map.entries.len()),
        _ => None,
    }
}
