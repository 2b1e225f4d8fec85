//! What stands for literals in the text that the interpreter is given (`rewrite::literals`). No functions of policies.

use std::collections::BTreeSet;
use std::sync::Arc;

use regorus::value::Object;
use regorus::{Engine, Value};

/// A literal that holds constants alone, by its number.
pub(crate) const LITERAL: &str = "portcullis.literal";

/// The literals of all modules.
#[derive(Clone, Debug, Default)]
pub(crate) struct Literals {
    /// The values of those that hold constants alone.
    pub values: Vec<Value>,
    /// The functions that make the others.
    pub forms: BTreeSet<(Form, u8)>,
}

/// What a function makes of its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Form {
    Array,
    Set,
    /// Of keys and values by turns.
    Object,
}

impl Form {
    fn prefix(self) -> &'static str {
        match self {
            Self::Array => "portcullis.array",
            Self::Set => "portcullis.set",
            Self::Object => "portcullis.object",
        }
    }

    /// The function for so many arguments: how many it takes is fixed for each name.
    pub(crate) fn function(self, arguments: u8) -> String {
        format!("{}{arguments}", self.prefix())
    }

    /// The form of a function's name.
    pub(crate) fn of(name: &str) -> Option<Self> {
        let is_count = |rest: &str| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit());
        let all = [Self::Array, Self::Set, Self::Object];
        all.into_iter().find(|form| name.strip_prefix(form.prefix()).is_some_and(is_count))
    }

    fn make(self, arguments: Vec<Value>) -> Value {
        match self {
            Self::Array => Value::from(arguments),
            Self::Set => Value::from(arguments.into_iter().collect::<BTreeSet<_>>()),
            Self::Object => {
                let mut object = Object::new();
                let mut arguments = arguments.into_iter();
                // Of two values of a key the last stands, as the interpreter has it.
                while let (Some(key), Some(value)) = (arguments.next(), arguments.next()) {
                    object.insert(key, value);
                }
                object.into_value()
            }
        }
    }
}

/// Gives an engine the functions that its modules call. What they make stands in the policy, so nothing is spent.
pub(crate) fn install(engine: &mut Engine, literals: &Literals) {
    if !literals.values.is_empty() {
        let values: Arc<[Value]> = Arc::from(literals.values.clone());
        let literal = move |arguments: Vec<Value>| {
            let number = arguments.first().and_then(|number| number.as_u64().ok()?.try_into().ok());
            Ok(number.and_then(|number: usize| values.get(number).cloned()).unwrap_or(Value::Undefined))
        };
        let added = engine.add_extension(LITERAL.to_owned(), 1, Box::new(literal));
        debug_assert!(added.is_ok(), "{LITERAL} is there");
    }
    for &(form, arguments) in &literals.forms {
        let make = move |arguments: Vec<Value>| Ok(form.make(arguments));
        let added = engine.add_extension(form.function(arguments), arguments, Box::new(make));
        debug_assert!(added.is_ok(), "{} is there", form.function(arguments));
    }
}
