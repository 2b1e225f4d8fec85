//! What modules declare, as far as their tokens say: it is needed before they are parsed.

use super::outline::Outline;
use super::tokens::Kind;
use crate::declaration::{Package, Rule, RuleKind};
use crate::reference::rule_path;

/// What a module declares.
pub(crate) struct Declared {
    /// Of its rules, only paths and lines are known.
    pub(super) package: Package,
    /// For each rule of the outline, it and the components of its path; nothing for what is no rule.
    pub(super) rules: Vec<Option<(Rule, Vec<String>)>>,
}

impl Declared {
    pub(crate) fn read(outline: &Outline<'_>) -> Self {
        let mut lines = Lines::new(outline.text);
        let mut package =
            Package { path: String::new(), components: Vec::new(), module: String::new(), line: 0, rules: Vec::new() };
        let mut rules = Vec::new();
        for range in &outline.rules {
            let line = outline.tokens.get(range.start).map_or(0, |token| lines.at(token.start));
            let name = match outline.token(range.start) {
                "package" => {
                    package.components = names(outline, range.start.saturating_add(1));
                    package.path = rule_path(&package.components);
                    package.line = line;
                    rules.push(None);
                    continue;
                }
                "import" => {
                    rules.push(None);
                    continue;
                }
                "default" => range.start.saturating_add(1),
                _ => range.start,
            };
            let path: Vec<String> = package.components.iter().cloned().chain(names(outline, name)).collect();
            let rule = Rule {
                name: outline.token(name).to_owned(),
                path: rule_path(&path),
                kind: RuleKind::Complete,
                line,
                column: 1,
                last_line: line,
            };
            package.rules.push(rule.clone());
            rules.push(Some((rule, path)));
        }
        Self { package, rules }
    }
}

/// The constant components of a reference: `a.b["c"]`.
fn names(outline: &Outline<'_>, at: usize) -> Vec<String> {
    let mut names: Vec<String> = outline.word(at).map(str::to_owned).into_iter().collect();
    let mut next = at.saturating_add(1);
    loop {
        let inner = next.saturating_add(1);
        match outline.token(next) {
            "." => names.extend(outline.word(inner).map(str::to_owned)),
            "[" if outline.tokens.get(inner).is_some_and(|token| token.kind == Kind::Text)
                && outline.token(inner.saturating_add(1)) == "]" =>
            {
                names.push(outline.token(inner).trim_matches(['"', '`']).to_owned());
                next = next.saturating_add(1);
            }
            _ => return names,
        }
        next = next.saturating_add(2);
    }
}

/// Lines of places that are asked for in order.
struct Lines<'t> {
    text: &'t str,
    last: usize,
    line: u32,
}

impl<'t> Lines<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, last: 0, line: 1 }
    }

    fn at(&mut self, place: usize) -> u32 {
        let between = self.text.get(self.last..place).unwrap_or_default();
        self.line = self.line.saturating_add(super::count(between.matches('\n').count()));
        self.last = place;
        self.line
    }
}
