//! Label selectors, as the API server reads them.

use super::object::{Labels, at, text};
use crate::value::{Value, View};

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
    /// Reads `matchLabels` and `matchExpressions` of the selector at a path. What is no text is an error: without it the
    /// selector would match more.
    pub(super) fn read(selector: &Value, path: &str) -> Result<Self, String> {
        if selector.view() != View::Object {
            return Err(format!("`{path}` is no object"));
        }
        let mut requirements = Vec::new();
        if let Some(labels) = at(selector, &["matchLabels"]) {
            let path = format!("{path}.matchLabels");
            if labels.view() != View::Object {
                return Err(format!("`{path}` is no object"));
            }
            for (key, value) in labels.entries() {
                let key = written(&key, &format!("a key of `{path}`"))?;
                let value = written(&value, &format!("`{path}.{key}`"))?;
                requirements.push(Requirement { key, operator: Operator::In, values: vec![value] });
            }
        }
        if let Some(expressions) = at(selector, &["matchExpressions"]) {
            let path = format!("{path}.matchExpressions");
            for (index, expression) in list(&expressions, &path)?.enumerate() {
                requirements.push(requirement(&expression, &format!("{path}[{index}]"))?);
            }
        }
        Ok(Self(requirements))
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

fn requirement(expression: &Value, path: &str) -> Result<Requirement, String> {
    let key = expression.get("key").unwrap_or(Value::UNDEFINED);
    let key = written(&key, &format!("`{path}.key`"))?;
    let mut values = Vec::new();
    if let Some(list) = at(expression, &["values"]) {
        let path = format!("{path}.values");
        for (index, value) in self::list(&list, &path)?.enumerate() {
            values.push(written(&value, &format!("`{path}[{index}]`"))?);
        }
    }
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

fn written(value: &Value, what: &str) -> Result<String, String> {
    let text = value.as_str().map(str::to_owned);
    text.ok_or_else(|| match value.view() {
        // To YAML 1.1, which Kubernetes reads, `y`, `on` and `1` are no texts.
        View::Bool(_) | View::Number(_) => format!("{what} is no text: write it in quotes"),
        _ => format!("{what} is no text"),
    })
}

/// The elements of a list.
pub(super) fn list<'v>(value: &'v Value, path: &str) -> Result<impl Iterator<Item = Value> + use<'v>, String> {
    if value.view() == View::Array { Ok(value.items()) } else { Err(format!("`{path}` is no list")) }
}
