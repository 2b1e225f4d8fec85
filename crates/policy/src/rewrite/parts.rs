//! Definitions of one name that have to stand apart: each gets a name of its own, and a rule under the old name puts them
//! together again.
//!
//! The interpreter takes the arguments of a function for those that its first module names. And where definitions of `deny`
//! say different things about themselves, a set does not tell which of them an element is of.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Edit;
use super::declared::Declared;
use super::metadata::blocks;
use super::negation::separated;
use super::outline::Outline;
use crate::annotation::{Annotation, Scope};
use crate::conventions::is_asked;
use crate::module::Definitions;
use crate::reference::rule_path;
use crate::value::Value;

/// What stands between a name and the number of a part.
const MARK: &str = "__part_";

/// Sets that one rule puts together: the interpreter goes down into a row of operators.
const MOST_IN_A_ROW: usize = 32;

/// What becomes of one module.
#[derive(Default)]
pub(crate) struct Parts {
    /// Rules of the outline, and what is put behind their names.
    renamed: Vec<(usize, String)>,
    /// What is put behind the last line.
    added: String,
}

/// The name as a policy has it: of a part, that of the whole.
pub(crate) fn whole(name: &str) -> &str {
    name.split_once(MARK).map_or(name, |(whole, _)| whole)
}

/// A text that names parts, as a policy would have it.
pub(crate) fn without_marks(text: &str) -> String {
    let mut pieces = text.split(MARK);
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |text, piece| text + piece.trim_start_matches(|letter: char| letter.is_ascii_digit()))
}

/// A definition: its module, its rule in the outline, and how many arguments it takes if it is of a function.
struct Definition {
    module: usize,
    rule: usize,
    line: u32,
    form: Form,
}

#[derive(Clone, Copy, PartialEq)]
enum Form {
    Function(usize),
    Set,
    Other,
}

/// What becomes of the modules, in their order; nothing where nothing has to stand apart.
pub(crate) fn parts(modules: &[(&str, &Outline<'_>)], declared: &[Declared], definitions: Definitions) -> Vec<Parts> {
    let mut by_path: BTreeMap<&[String], Vec<Definition>> = BTreeMap::new();
    for (module, ((_, outline), declared)) in modules.iter().zip(declared).enumerate() {
        for (index, (range, rule)) in outline.rules.iter().zip(&declared.rules).enumerate() {
            let Some((rule, names)) = rule else { continue };
            // Names of several components stay: what is put behind a name would be behind the first.
            if names.len() != declared.package.components.len().saturating_add(1) {
                continue;
            }
            let form = if outline.token(range.start) == "default" { Form::Other } else { form(outline, range.start) };
            by_path.entry(names).or_default().push(Definition { module, rule: index, line: rule.line, form });
        }
    }
    let mut parts: Vec<Parts> = Vec::new();
    let mut blocks = Blocks { modules, declared, read: BTreeMap::new() };
    for (names, found) in by_path {
        let Some(first) = found.first() else { continue };
        if found.iter().any(|it| it.form != first.form) {
            continue;
        }
        let is_apart = match first.form {
            Form::Function(_) => found.iter().any(|it| it.module != first.module),
            Form::Set if definitions == Definitions::Apart && names.last().is_some_and(|name| is_asked(name)) => {
                blocks.differ(names, &found)
            }
            Form::Set | Form::Other => false,
        };
        if !is_apart {
            continue;
        }
        parts.resize_with(modules.len(), Parts::default);
        let mut numbers: BTreeMap<usize, usize> = BTreeMap::new();
        let mut rest = Vec::new();
        for (at, it) in found.iter().enumerate() {
            // Those of one module are one function.
            let number = match it.form {
                Form::Function(_) => *numbers.entry(it.module).or_insert(at),
                Form::Set | Form::Other => at,
            };
            if number == at {
                rest.push(number);
            }
            if let Some(part) = parts.get_mut(it.module) {
                part.renamed.push((it.rule, format!("{MARK}{number}")));
            }
        }
        if let Some(part) = parts.get_mut(first.module) {
            part.added.push_str(&together(names, first.form, &rest));
        }
    }
    parts
}

pub(super) fn rewrite(outline: &Outline<'_>, parts: &Parts, edits: &mut Vec<Edit>) {
    for (rule, mark) in &parts.renamed {
        let name = outline.rules.get(*rule).and_then(|range| outline.tokens.get(range.start));
        edits.extend(name.map(|name| Edit { start: name.end, end: name.end, text: mark.clone() }));
    }
    if !parts.added.is_empty() {
        let end = outline.text.len();
        edits.push(Edit { start: end, end, text: parts.added.clone() });
    }
}

/// The rule under the old name, in what both versions of the language read.
fn together(names: &[String], form: Form, parts: &[usize]) -> String {
    let Some((name, package)) = names.split_last() else { return String::new() };
    let mut text = String::new();
    // Writing to a string cannot fail.
    match form {
        Form::Function(arity) => {
            let arguments: Vec<String> = (0..arity).map(|at| format!("argument_{at}")).collect();
            let arguments = arguments.join(", ");
            for part in parts {
                let _ = write!(text, "\n{name}({arguments}) := {name}{MARK}{part}({arguments})");
            }
        }
        Form::Set | Form::Other => {
            let package = rule_path(package);
            let mut sets: Vec<String> = parts.iter().map(|part| format!("{name}{MARK}{part}")).collect();
            let together = |sets: &[String]| {
                let of = |set: &String| format!("{{element_ | element_ := {package}.{set}[_]}}");
                sets.iter().map(of).collect::<Vec<_>>().join(" | ")
            };
            // A name that begins like the rule's own would be asked as well.
            let mut rows = 0_usize..;
            while sets.len() > MOST_IN_A_ROW {
                let mut longer = Vec::new();
                for (row, sets) in (&mut rows).zip(sets.chunks(MOST_IN_A_ROW)) {
                    let row = format!("row{MARK}{row}_{name}");
                    let _ = write!(text, "\n{row} := {}", together(sets));
                    longer.push(row);
                }
                sets = longer;
            }
            let _ = write!(text, "\n{name} := {}", together(&sets));
        }
    }
    text
}

fn form(outline: &Outline<'_>, name: usize) -> Form {
    let next = name.saturating_add(1);
    match outline.token(next) {
        "(" => outline.opened(next).map_or(Form::Other, |block| {
            let mut arguments = separated(outline, block);
            arguments.retain(|argument| !argument.is_empty());
            Form::Function(arguments.len())
        }),
        "[" | "contains" => Form::Set,
        _ => Form::Other,
    }
}

/// The blocks of each module, read when they are first asked for.
struct Blocks<'m> {
    modules: &'m [(&'m str, &'m Outline<'m>)],
    declared: &'m [Declared],
    read: BTreeMap<usize, Vec<Annotation>>,
}

impl Blocks<'_> {
    /// Whether definitions of a rule say different things.
    fn differ(&mut self, names: &[String], found: &[Definition]) -> bool {
        let path = rule_path(names);
        let mut said = found.iter().map(|it| self.of(&path, it));
        let Some(first) = said.next() else { return false };
        said.any(|it| it != first)
    }

    /// What is said of one definition, as far as reports want it.
    fn of(&mut self, path: &str, definition: &Definition) -> Option<(Option<String>, Option<String>, Value)> {
        let (text, _) = self.modules.get(definition.module)?;
        let declared = self.declared.get(definition.module)?;
        let blocks = self.read.entry(definition.module).or_insert_with(|| blocks(text, declared));
        let is_about =
            |it: &&Annotation| it.scope == Scope::Rule && it.target == path && it.target_line == definition.line;
        blocks.iter().find(is_about).map(|it| (it.title.clone(), it.description.clone(), it.custom.clone()))
    }
}
