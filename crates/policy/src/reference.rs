//! Paths of packages and rules: `data.main.deny`, `data.lib["k8s-1.0"].is_pod`.

use regorus::unstable::Expr;

/// The canonical text of a path; components that are no identifiers stand in brackets.
pub fn rule_path<S: AsRef<str>>(components: impl IntoIterator<Item = S>) -> String {
    let mut path = String::from("data");
    for component in components {
        let component = component.as_ref();
        if is_identifier(component) {
            path.push('.');
            path.push_str(component);
        } else {
            path.push('[');
            path.push_str(&serde_json::Value::from(component).to_string());
            path.push(']');
        }
    }
    path
}

/// The components of a reference that has only constant ones, the leading variable included.
pub(crate) fn components(reference: &Expr) -> Option<Vec<String>> {
    let mut names = Vec::new();
    let mut next = reference;
    loop {
        match next {
            Expr::Var { span, .. } => {
                names.push(span.text().to_owned());
                names.reverse();
                return Some(names);
            }
            Expr::RefDot { refr, field, .. } => {
                names.push(field.0.text().to_owned());
                next = refr;
            }
            Expr::RefBrack { refr, index, .. } => {
                let Expr::String { value, .. } = index.as_ref() else { return None };
                names.push(value.as_string().ok()?.to_string());
                next = refr;
            }
            _ => return None,
        }
    }
}

pub(crate) fn is_identifier(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|first: char| first.is_ascii_digit())
        && text.chars().all(|letter| letter == '_' || letter.is_ascii_alphanumeric())
        && !KEYWORDS.contains(&text)
}

const KEYWORDS: &[&str] = &[
    "as", "contains", "default", "else", "every", "false", "if", "import", "in", "not", "null", "package", "some",
    "true", "with",
];
