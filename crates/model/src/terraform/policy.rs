//! IAM policy documents: JSON texts, what `jsonencode` makes, and the data source that writes them.
//!
//! A document that holds what is not known is read as far as it is known: a statement whose actions are known is judged,
//! and what may stand beside it is not guessed at.

use std::sync::Arc;

use portcullis_core::Span;

pub use super::document::UNKNOWN;
use super::document::document;
use super::value::{Kind, Map, Piece, Value};

/// A policy document.
#[derive(Debug, Default)]
pub struct Policy {
    /// The statements that are known of.
    pub statements: Vec<Statement>,
    /// Whether there may be more.
    pub open: bool,
}

/// A statement of a policy.
#[derive(Debug)]
pub struct Statement {
    /// Where it was written; the text as a whole where the statement is a part of one.
    pub span: Span,
    /// `Allow`; `None` where that is not known.
    pub allows: Option<bool>,
    /// `Action`, or `NotAction`.
    pub actions: Elements,
    /// `Resource`, or `NotResource`.
    pub resources: Elements,
    /// `Principal`, or `NotPrincipal`; of every kind.
    pub principals: Vec<Principal>,
    /// Whether there may be principals that are not known.
    pub principals_open: bool,
    /// `NotPrincipal` was written.
    pub principals_negated: bool,
    /// The conditions, all of which have to hold.
    pub conditions: Vec<Condition>,
    /// Whether there may be conditions that are not known.
    pub conditions_open: bool,
}

/// Actions or resources of a statement.
#[derive(Clone, Debug, Default)]
pub struct Elements {
    /// Those that are known of.
    pub items: Vec<Element>,
    /// Whether there may be more.
    pub open: bool,
    /// The statement is about everything but these.
    pub negated: bool,
}

/// An action, a resource or the name of a principal.
#[derive(Clone, Debug)]
pub struct Element {
    /// The text; [`UNKNOWN`] stands for each part of it that is not known.
    pub text: Arc<str>,
    /// The value that it was read from: where it was written, or the text as a whole where it is a part of one.
    pub value: Value,
}

/// Who a statement is about.
#[derive(Clone, Debug)]
pub struct Principal {
    /// `AWS`, `Service`, `Federated`, `CanonicalUser`; `*` for `"Principal": "*"`.
    pub kind: Arc<str>,
    /// The name: an ARN, an account, a service, `*`.
    pub name: Element,
}

/// One test of a condition block.
#[derive(Clone, Debug)]
pub struct Condition {
    /// `StringEquals`, `ForAnyValue:StringLike`.
    pub test: Arc<str>,
    /// `aws:SourceArn`.
    pub variable: Arc<str>,
    /// The values, of which one has to match.
    pub values: Elements,
}

/// Statements that are read of one document.
const STATEMENTS: usize = 10_000;

impl Policy {
    /// The policy that an attribute holds; `None` where it is not known or no policy.
    pub fn of(value: &Value) -> Option<Self> {
        Self::of_document(&*document(value)?)
    }

    fn of_document(document: &Value) -> Option<Self> {
        let map = document.as_map()?;
        let Some(statements) = map.get("Statement") else {
            return map.open.then(|| Self { statements: Vec::new(), open: true });
        };
        let mut policy = Self { statements: Vec::new(), open: map.open };
        match &statements.kind {
            Kind::List(list) => {
                policy.open |= list.open || list.items.len() > STATEMENTS;
                for item in list.items.iter().take(STATEMENTS) {
                    policy.add(item);
                }
            }
            _ => policy.add(statements),
        }
        Some(policy)
    }

    fn add(&mut self, value: &Value) {
        match value.as_map() {
            Some(map) => self.statements.push(Statement::of(map, value.span)),
            None => self.open = true,
        }
    }

    /// The statements that certainly allow something.
    pub fn allowed(&self) -> impl Iterator<Item = &Statement> {
        self.statements.iter().filter(|statement| statement.allows == Some(true))
    }

    /// Whether a statement takes an action away, whatever it is done to.
    pub fn denies(&self, action: &str) -> bool {
        self.statements.iter().any(|statement| {
            statement.allows == Some(false)
                && statement.is_unconditional()
                && statement.resources.exactly("*").is_some()
                && statement.actions.covering(action).is_some()
        })
    }
}

impl Statement {
    fn of(map: &Map, span: Span) -> Self {
        let allows = match map.get("Effect") {
            Some(effect) => effect.as_str().map(|effect| effect == "Allow"),
            // IAM refuses a statement without it; whoever writes one means to allow.
            None => (!map.open).then_some(true),
        };
        let principal = map.get("Principal").or_else(|| map.get("NotPrincipal"));
        let mut statement = Self {
            span,
            allows,
            actions: Elements::of_either(map, "Action", "NotAction"),
            resources: Elements::of_either(map, "Resource", "NotResource"),
            principals: Vec::new(),
            principals_open: map.open && principal.is_none(),
            principals_negated: map.get("Principal").is_none() && principal.is_some(),
            conditions: Vec::new(),
            conditions_open: map.open && map.get("Condition").is_none(),
        };
        if let Some(principal) = principal {
            statement.read_principals(principal);
        }
        if let Some(condition) = map.get("Condition") {
            statement.read_conditions(condition);
        }
        statement
    }

    fn read_principals(&mut self, principal: &Value) {
        let Some(map) = principal.as_map() else {
            let names = Elements::of(principal);
            self.principals_open |= names.open;
            self.principals.extend(names.items.into_iter().map(|name| Principal { kind: "*".into(), name }));
            return;
        };
        self.principals_open |= map.open;
        for (kind, entry) in &map.entries {
            let names = Elements::of(&entry.value);
            self.principals_open |= names.open;
            self.principals.extend(names.items.into_iter().map(|name| Principal { kind: kind.clone(), name }));
        }
    }

    fn read_conditions(&mut self, condition: &Value) {
        let Some(tests) = condition.as_map() else {
            self.conditions_open |= !condition.is_null();
            return;
        };
        self.conditions_open |= tests.open;
        for (test, entry) in &tests.entries {
            let Some(variables) = entry.value.as_map() else {
                self.conditions_open = true;
                continue;
            };
            self.conditions_open |= variables.open;
            for (variable, entry) in &variables.entries {
                let values = Elements::of(&entry.value);
                self.conditions.push(Condition { test: test.clone(), variable: variable.clone(), values });
            }
        }
    }

    /// Whether it certainly has no condition.
    pub fn is_unconditional(&self) -> bool {
        self.conditions.is_empty() && !self.conditions_open
    }

    /// The principal that stands for everyone: `*`, by itself or as an AWS principal, or as the account of an ARN.
    pub fn anyone(&self) -> Option<&Principal> {
        let principals = (!self.principals_negated).then_some(&self.principals)?;
        let is_anyone = |name: &str| name == "*" || name.split(':').nth(4) == Some("*");
        principals.iter().find(|it| matches!(&*it.kind, "*" | "AWS") && is_anyone(&it.name.text))
    }
}

impl Elements {
    fn of_either(map: &Map, name: &str, negation: &str) -> Self {
        if let Some(value) = map.get(name) {
            return Self::of(value);
        }
        match map.get(negation) {
            Some(value) => Self { negated: true, ..Self::of(value) },
            None => Self { open: map.open, ..Self::default() },
        }
    }

    /// A text or a list of texts.
    fn of(value: &Value) -> Self {
        let mut elements = Self::default();
        match &value.kind {
            Kind::List(list) => {
                elements.open = list.open;
                for item in &list.items {
                    match Element::of(item) {
                        Some(element) => elements.items.push(element),
                        None => elements.open = true,
                    }
                }
            }
            _ => match Element::of(value) {
                Some(element) => elements.items.push(element),
                None => elements.open = true,
            },
        }
        elements
    }

    /// The element that is this text, in any case; none where the statement is about everything else.
    pub fn exactly(&self, text: &str) -> Option<&Element> {
        if self.negated {
            return None;
        }
        self.items.iter().find(|item| item.text.eq_ignore_ascii_case(text))
    }

    /// The element that certainly covers an action or resource, as IAM matches: `*` and `?`, case ignored.
    pub fn covering(&self, text: &str) -> Option<&Element> {
        if self.negated {
            return None;
        }
        self.items.iter().find(|item| !item.text.contains(UNKNOWN) && matches(&item.text, text))
    }
}

impl Element {
    fn of(value: &Value) -> Option<Self> {
        let text: Arc<str> = match &value.kind {
            Kind::Template(pieces) => pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Text(text) => text.to_string(),
                    Piece::Unknown(_) => UNKNOWN.to_string(),
                })
                .collect::<String>()
                .into(),
            // An attribute of a resource is a text of its own: an ARN, an id.
            Kind::Unknown(_) if !value.references().is_empty() => UNKNOWN.to_string().into(),
            _ => value.to_text()?,
        };
        Some(Self { text, value: value.clone() })
    }
}

/// Whether a pattern of IAM matches a text: `*` is any run of characters, `?` any one; case does not count.
pub fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match (pattern.get(p), text.get(t)) {
            (Some(b'*'), _) => {
                star = Some((p, t));
                p += 1;
            }
            (Some(b'?'), _) => {
                p += 1;
                t += 1;
            }
            (Some(a), Some(b)) if a.eq_ignore_ascii_case(b) => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    p = at + 1;
                    t = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern.get(p..).unwrap_or_default().iter().all(|&byte| byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::super::value::Reason;
    use super::*;

    fn read(text: &str) -> Policy {
        Policy::of(&Value::string(text, Span::default())).expect("the text is a policy")
    }

    #[test]
    fn statements_are_read_in_both_forms() {
        let policy = read(
            r#"{"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": ["*"], "Principal": {"AWS": "*"},
                "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}}}}"#,
        );
        let [statement] = &policy.statements[..] else { panic!("one statement") };
        assert_eq!(statement.allows, Some(true));
        assert!(statement.actions.covering("s3:GetObject").is_some());
        assert!(statement.actions.covering("iam:PassRole").is_none());
        assert!(statement.resources.exactly("*").is_some());
        assert!(statement.anyone().is_some());
        assert!(!statement.is_unconditional());
        assert_eq!(&*statement.conditions[0].variable, "aws:SourceAccount");
    }

    #[test]
    fn parts_that_are_not_known_stay_so() {
        let pieces = [
            Piece::Text(r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":""#.into()),
            Piece::Unknown(Reason::Computed),
            Piece::Text(r#"/*"}]}"#.into()),
        ];
        let value = Value::new(Kind::Template(pieces.into()), Span::default());
        let policy = Policy::of(&value).expect("the text is a policy");
        let statement = &policy.statements[0];
        assert!(statement.actions.exactly("*").is_some());
        assert!(statement.resources.exactly("*").is_none());
        assert_eq!(&*statement.resources.items[0].text, "\u{FFFC}/*");
    }

    #[test]
    fn anyone_is_known_in_every_form() {
        for (principal, expected) in [
            (r#""*""#, true),
            (r#"["nobody", "*"]"#, true),
            (r#"{"AWS": "*"}"#, true),
            (r#"{"AWS": ["arn:aws:iam::123456789012:root", "*"],}"#, true),
            (r#"{"AWS": "arn:aws:iam::*:role/sender"}"#, true),
            (r#"{"AWS": "arn:aws:iam::123456789012:role/*"}"#, false),
            (r#"{"Service": "*"}"#, false),
            (r#"{"AWS": ",]"}"#, false),
        ] {
            let policy = read(&format!(r#"{{"Statement": [{{"Effect": "Allow", "Principal": {principal}}},]}}"#));
            assert_eq!(policy.statements[0].anyone().is_some(), expected, "{principal}");
        }
    }

    #[test]
    fn what_is_denied_is_known() {
        let policy = read(
            r#"{"Statement": [
                {"Effect": "Allow", "Action": "*", "Resource": "*"},
                {"Effect": "Deny", "Action": "iam:*", "Resource": "*"},
                {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::logs"},
                {"Effect": "Deny", "Action": "ec2:*", "Resource": "*", "Condition": {"Bool": {"aws:ViaAWSService": "false"}}}
            ]}"#,
        );
        for (action, expected) in [("iam:PassRole", true), ("s3:GetObject", false), ("ec2:RunInstances", false)] {
            assert_eq!(policy.denies(action), expected, "{action}");
        }
    }

    #[test]
    fn patterns_match_as_iam_does() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("s3:Get*", "s3:getobject", true),
            ("s3:Get*", "s3:PutObject", false),
            ("s3:?etObject", "s3:GetObject", true),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxbyy", false),
            ("iam:PassRole", "iam:passrole", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}
