//! Label selectors, as the API server reads them.

use super::object::{Labels, at, text, texts};
use crate::value::Value;

/// What labels have to be; without requirements, anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Selector(Vec<Requirement>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    operator: Operator,
    values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
}

impl Selector {
    /// Reads `matchLabels` and `matchExpressions`.
    pub(super) fn read(selector: &Value) -> Result<Self, String> {
        let labels = at(selector, &["matchLabels"]).map(|labels| texts(&labels)).unwrap_or_default();
        let equal =
            labels.into_iter().map(|(key, value)| Ok(Requirement { key, operator: Operator::In, values: vec![value] }));
        let expressions = at(selector, &["matchExpressions"]);
        let expressions = expressions.iter().flat_map(Value::items).map(|expression| requirement(&expression));
        Ok(Self(equal.chain(expressions).collect::<Result<_, String>>()?))
    }

    pub(super) fn matches(&self, labels: &Labels) -> bool {
        self.0.iter().all(|requirement| requirement.holds(labels.get(&requirement.key)))
    }
}

impl Requirement {
    fn holds(&self, value: Option<&String>) -> bool {
        let is_listed = || value.is_some_and(|value| self.values.contains(value));
        match self.operator {
            Operator::In => is_listed(),
            Operator::NotIn => !is_listed(),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
        }
    }
}

fn requirement(expression: &Value) -> Result<Requirement, String> {
    let key = text(expression, &["key"]);
    let values = at(expression, &["values"]);
    let values: Vec<String> =
        values.iter().flat_map(Value::items).filter_map(|value| value.as_str().map(str::to_owned)).collect();
    let operator = match text(expression, &["operator"]).as_str() {
        "In" => Operator::In,
        "NotIn" => Operator::NotIn,
        "Exists" => Operator::Exists,
        "DoesNotExist" => Operator::DoesNotExist,
        other => return Err(format!("`{other}` is no operator of a label selector")),
    };
    let takes_values = matches!(operator, Operator::In | Operator::NotIn);
    if takes_values == values.is_empty() {
        let what = if takes_values { "needs values" } else { "takes no values" };
        return Err(format!("the selector's operator for `{key}` {what}"));
    }
    Ok(Requirement { key, operator, values })
}
