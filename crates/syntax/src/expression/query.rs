//! What rules ask of an expression: paths, values that flow into the result, what it always is.

use super::{Comparison, Expr, ExprKind};

/// A path from a context: `github.event.issue.title`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path(Vec<Segment>);

/// A step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// A name, in lower case: GitHub compares without regard to it.
    Name(String),
    /// `*`, a number, or something that is computed.
    Any,
}

/// What an expression always is, whatever the contexts hold.
#[derive(Clone, Debug, PartialEq)]
pub enum Constant {
    /// `null`
    Null,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A string.
    String(String),
}

impl Path {
    /// The context that it starts at.
    pub fn root(&self) -> &str {
        self.name(0)
    }

    /// The name at a step; empty where there is none or it is computed.
    pub fn name(&self, at: usize) -> &str {
        match self.0.get(at) {
            Some(Segment::Name(name)) => name,
            _ => "",
        }
    }

    /// Its steps.
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// Whether it is exactly `dotted`, in which `*` stands for a computed step.
    pub fn is(&self, dotted: &str) -> bool {
        self.starts_with(dotted) && dotted.split('.').count() == self.0.len()
    }

    /// Whether its first steps are `dotted`.
    pub fn starts_with(&self, dotted: &str) -> bool {
        dotted.split('.').enumerate().all(|(at, wanted)| match self.0.get(at) {
            Some(Segment::Name(name)) => name == wanted,
            Some(Segment::Any) => wanted == "*",
            None => false,
        })
    }
}

impl std::fmt::Display for Path {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, segment) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str(".")?;
            }
            match segment {
                Segment::Name(name) => f.write_str(name)?,
                Segment::Any => f.write_str("*")?,
            }
        }
        Ok(())
    }
}

impl Constant {
    /// Whether a condition takes it for true.
    pub fn is_truthy(&self) -> bool {
        match self {
            Self::Null => false,
            Self::Bool(value) => *value,
            Self::Number(value) => *value != 0.0 && !value.is_nan(),
            Self::String(text) => !text.is_empty(),
        }
    }
}

impl Expr {
    /// Moves all positions.
    pub(super) fn shift(&mut self, by: u32) {
        self.start = self.start.saturating_add(by);
        self.end = self.end.saturating_add(by);
        for child in self.children_mut() {
            child.shift(by);
        }
    }

    /// The path that it is, if it is one: names, properties, indices.
    pub fn path(&self) -> Option<Path> {
        let mut segments = Vec::new();
        let mut expr = self;
        loop {
            match &expr.kind {
                ExprKind::Name(name) => {
                    segments.push(Segment::Name(name.to_ascii_lowercase()));
                    segments.reverse();
                    return Some(Path(segments));
                }
                ExprKind::Property(of, name) => {
                    segments.push(Segment::Name(name.to_ascii_lowercase()));
                    expr = of;
                }
                ExprKind::Star(of) => {
                    segments.push(Segment::Any);
                    expr = of;
                }
                ExprKind::Index(of, index) => {
                    segments.push(match &index.kind {
                        ExprKind::String(name) => Segment::Name(name.to_ascii_lowercase()),
                        _ => Segment::Any,
                    });
                    expr = of;
                }
                _ => return None,
            }
        }
    }

    /// Calls `visit` for it and everything in it, outermost first.
    pub fn walk<'e>(&'e self, visit: &mut dyn FnMut(&'e Expr)) {
        visit(self);
        for child in self.children() {
            child.walk(visit);
        }
    }

    /// The paths in it that are not part of a longer one, with the expressions that they are.
    pub fn paths(&self) -> Vec<(&Expr, Path)> {
        let mut found = Vec::new();
        self.add_paths(&mut found);
        found
    }

    fn add_paths<'e>(&'e self, found: &mut Vec<(&'e Expr, Path)>) {
        let Some(path) = self.path() else {
            for child in self.children() {
                child.add_paths(found);
            }
            return;
        };
        found.push((self, path));
        // What indices are computed from.
        let mut expr = self;
        while let ExprKind::Property(of, _) | ExprKind::Star(of) | ExprKind::Index(of, _) = &expr.kind {
            if let ExprKind::Index(_, index) = &expr.kind {
                index.add_paths(found);
            }
            expr = of;
        }
    }

    /// The paths whose values can become part of the result's text. Comparisons and conditions give none: their results
    /// are booleans.
    pub fn sources(&self) -> Vec<(&Expr, Path)> {
        let mut found = Vec::new();
        self.add_sources(&mut found);
        found
    }

    fn add_sources<'e>(&'e self, found: &mut Vec<(&'e Expr, Path)>) {
        if let Some(path) = self.path() {
            found.push((self, path));
            return;
        }
        match &self.kind {
            // The left side becomes the result only where it is empty, zero, false or null.
            ExprKind::And(_, right) => right.add_sources(found),
            ExprKind::Or(left, right) => {
                left.add_sources(found);
                right.add_sources(found);
            }
            // `fromJSON(x).name`
            ExprKind::Property(of, _) | ExprKind::Star(of) | ExprKind::Index(of, _) => of.add_sources(found),
            ExprKind::Call(name, args) => match name.to_ascii_lowercase().as_str() {
                "format" | "join" | "tojson" | "fromjson" => args.iter().for_each(|arg| arg.add_sources(found)),
                // `case(condition, value, …, otherwise)`
                "case" => {
                    let last = args.len().saturating_sub(1);
                    let values = args.iter().enumerate().filter(|(at, _)| at % 2 == 1 || *at == last);
                    values.for_each(|(_, arg)| arg.add_sources(found));
                }
                _ => {}
            },
            _ => {}
        }
    }

    /// What it always is, where no context decides it.
    pub fn constant(&self) -> Option<Constant> {
        Some(match &self.kind {
            ExprKind::Null => Constant::Null,
            ExprKind::Bool(value) => Constant::Bool(*value),
            ExprKind::Number(value) => Constant::Number(*value),
            ExprKind::String(text) => Constant::String(text.to_string()),
            ExprKind::Not(operand) => Constant::Bool(!operand.constant()?.is_truthy()),
            ExprKind::And(left, right) => {
                let left = left.constant()?;
                if left.is_truthy() { right.constant()? } else { left }
            }
            ExprKind::Or(left, right) => {
                let left = left.constant()?;
                if left.is_truthy() { left } else { right.constant()? }
            }
            ExprKind::Compare(comparison, left, right) => {
                let (left, right) = (left.constant()?, right.constant()?);
                let equal = match (&left, &right) {
                    (Constant::String(a), Constant::String(b)) => a.eq_ignore_ascii_case(b),
                    (Constant::Bool(a), Constant::Bool(b)) => a == b,
                    (Constant::Number(a), Constant::Number(b)) => a.total_cmp(b).is_eq(),
                    (Constant::Null, Constant::Null) => true,
                    // Values of two types are made numbers first.
                    _ => return None,
                };
                let order = match (&left, &right) {
                    (Constant::Number(a), Constant::Number(b)) => a.partial_cmp(b),
                    _ => None,
                };
                Constant::Bool(match comparison {
                    Comparison::Equal => equal,
                    Comparison::NotEqual => !equal,
                    Comparison::Less => order?.is_lt(),
                    Comparison::LessOrEqual => order?.is_le(),
                    Comparison::Greater => order?.is_gt(),
                    Comparison::GreaterOrEqual => order?.is_ge(),
                })
            }
            ExprKind::Call(name, args) => return call(name, args),
            _ => return None,
        })
    }

    /// The parts of it.
    pub fn children(&self) -> Vec<&Expr> {
        match &self.kind {
            ExprKind::Null | ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::String(_) | ExprKind::Name(_) => {
                Vec::new()
            }
            ExprKind::Property(of, _) | ExprKind::Star(of) | ExprKind::Not(of) => vec![of],
            ExprKind::Index(a, b) | ExprKind::Compare(_, a, b) | ExprKind::And(a, b) | ExprKind::Or(a, b) => {
                vec![a, b]
            }
            ExprKind::Call(_, args) => args.iter().collect(),
        }
    }

    fn children_mut(&mut self) -> Vec<&mut Expr> {
        match &mut self.kind {
            ExprKind::Null | ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::String(_) | ExprKind::Name(_) => {
                Vec::new()
            }
            ExprKind::Property(of, _) | ExprKind::Star(of) | ExprKind::Not(of) => vec![of],
            ExprKind::Index(a, b) | ExprKind::Compare(_, a, b) | ExprKind::And(a, b) | ExprKind::Or(a, b) => {
                vec![a, b]
            }
            ExprKind::Call(_, args) => args.iter_mut().collect(),
        }
    }
}

/// Functions of constants that rules meet: `format`, `contains`, `startsWith`, `endsWith`.
fn call(name: &str, args: &[Expr]) -> Option<Constant> {
    let texts: Vec<String> = args
        .iter()
        .map(|arg| match arg.constant()? {
            Constant::String(text) => Some(text),
            Constant::Number(_) | Constant::Bool(_) | Constant::Null => None,
        })
        .collect::<Option<_>>()?;
    let lower = |at: usize| texts.get(at).map(|text| text.to_lowercase());
    Some(match name.to_ascii_lowercase().as_str() {
        "contains" => Constant::Bool(lower(0)?.contains(&lower(1)?)),
        "startswith" => Constant::Bool(lower(0)?.starts_with(&lower(1)?)),
        "endswith" => Constant::Bool(lower(0)?.ends_with(&lower(1)?)),
        "format" => {
            let mut text = texts.first()?.clone();
            for (at, value) in texts.iter().skip(1).enumerate() {
                text = text.replace(&format!("{{{at}}}"), value);
            }
            Constant::String(text)
        }
        _ => return None,
    })
}
