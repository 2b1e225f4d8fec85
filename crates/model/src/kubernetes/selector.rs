//! Label selectors with the API server's meaning.

use std::collections::BTreeMap;

use portcullis_syntax::{Lookup, Node};

/// One thing that a selector wants of labels.
#[derive(Clone, Debug)]
pub struct Requirement<'t> {
    /// What to point at: the value under `matchLabels`, or the `key` of an expression.
    pub node: Node<'t>,
    /// The label's name.
    pub key: &'t str,
    /// What is wanted of it.
    pub wanted: Wanted<'t>,
}

/// What is wanted of a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted<'t> {
    /// It has one of these values.
    In(Vec<&'t str>),
    /// It has none of these values; a missing label will do.
    NotIn(Vec<&'t str>),
    /// It is there.
    Exists,
    /// It is not there.
    DoesNotExist,
}

/// The requirements of a `LabelSelector` that are fully known; all of them must be met.
pub fn requirements(selector: Node<'_>) -> Vec<Requirement<'_>> {
    let mut found = Vec::new();
    if let Lookup::Present(labels) = selector.get("matchLabels") {
        found.extend(labels.entries().filter_map(|(key, value)| {
            Some(Requirement { node: value, key: key.text(), wanted: Wanted::In(vec![value.as_str()?]) })
        }));
    }
    if let Lookup::Present(expressions) = selector.get("matchExpressions") {
        found.extend(expressions.items().filter_map(expression));
    }
    found
}

fn expression(node: Node<'_>) -> Option<Requirement<'_>> {
    let key = node.field("key")?;
    let values = || {
        let values = node.field("values").filter(|values| values.is_list())?;
        values.items().map(Node::as_str).collect::<Option<Vec<_>>>()
    };
    let wanted = match node.field("operator")?.as_str()? {
        "In" => Wanted::In(values()?),
        "NotIn" => Wanted::NotIn(values()?),
        "Exists" => Wanted::Exists,
        "DoesNotExist" => Wanted::DoesNotExist,
        _ => return None,
    };
    Some(Requirement { node: key, key: key.as_str()?, wanted })
}

impl Requirement<'_> {
    /// Whether labels meet it.
    pub fn accepts(&self, labels: &BTreeMap<String, String>) -> bool {
        let label = labels.get(self.key).map(String::as_str);
        match &self.wanted {
            Wanted::In(values) => label.is_some_and(|label| values.contains(&label)),
            Wanted::NotIn(values) => label.is_none_or(|label| !values.contains(&label)),
            Wanted::Exists => label.is_some(),
            Wanted::DoesNotExist => label.is_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use portcullis_core::FileId;
    use portcullis_syntax::{Dialect, yaml};

    use super::*;

    #[test]
    fn requirements_mean_what_the_api_server_means() {
        let labels = BTreeMap::from([("app".to_owned(), "web".to_owned()), ("tier".to_owned(), "front".to_owned())]);
        for (selector, expected) in [
            ("matchLabels: { app: web }", &[true][..]),
            ("matchLabels: { app: api, tier: front }", &[false, true]),
            ("matchLabels: { zone: a }", &[false]),
            ("matchLabels: { app: '${APP}' }", &[]),
            ("matchExpressions: [{ key: app, operator: In, values: [api, web] }]", &[true]),
            ("matchExpressions: [{ key: app, operator: NotIn, values: [web] }]", &[false]),
            ("matchExpressions: [{ key: zone, operator: NotIn, values: [a] }]", &[true]),
            ("matchExpressions: [{ key: zone, operator: Exists }]", &[false]),
            ("matchExpressions: [{ key: zone, operator: DoesNotExist }]", &[true]),
            ("matchExpressions: [{ key: app, operator: Like, values: [w] }]", &[]),
            ("{}", &[]),
        ] {
            let tree = yaml::parse(FileId(0), &Arc::from(selector), Dialect::Yaml11);
            let root = tree.documents().next().unwrap().root;
            let found: Vec<bool> = requirements(root).iter().map(|wanted| wanted.accepts(&labels)).collect();
            assert_eq!(found, expected, "{selector}");
        }
    }
}
