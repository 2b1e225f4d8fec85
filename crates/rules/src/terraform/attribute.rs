//! Rules that are rows of a table: an attribute, what it should be, and what its absence means.
//!
//! A row is judged where everything that it asks for is known; what is not known is counted and gives no finding. Its
//! examples are derived from it: absent, wrong, right and not known.

use std::fmt::Write as _;

use portcullis_core::{DerivedExamples, Draft};
use portcullis_model::terraform::value::{Piece, number_text};
use portcullis_model::terraform::{Configuration, Found, Kind, Lookup, Missing, Resource, Value, lookups};

use crate::Report;

/// A row of the table.
#[derive(Debug)]
pub struct Row {
    /// Types of resources, and the path at which each has the attribute: [`lookups`] says how paths are read. Data
    /// sources are written `data.aws_ami`. An attribute that was renamed is `new|old`: the first that is there counts.
    pub on: &'static [(&'static str, &'static str)],
    /// What the attribute should be.
    pub wants: Want,
    /// What it means that the attribute is not there.
    pub absent: Absent,
    /// Whether every value at the path has to be so, or one is enough.
    pub quantifier: Quantifier,
    /// The row judges only resources for which all of these hold.
    pub given: &'static [Given],
    /// A row whose findings mean this one as well: what is not encrypted is not encrypted with a key of one's own. The rule
    /// has to yield to that row's rule, which then speaks for both.
    pub implied_by: Option<&'static Row>,
    /// The path of the attribute that names the resource which the finding is about as well: the bucket of an ACL. A
    /// suppression there counts. Empty where there is none.
    pub about: &'static str,
    /// What is wrong with the resource, after its address: `is not encrypted`.
    pub says: &'static str,
    /// What to do.
    pub help: &'static str,
    /// A value that is wrong, as an expression. Where both are empty the examples stand in the docs.
    pub wrong: &'static str,
    /// A value that is right, as an expression.
    pub right: &'static str,
    /// Lines that each example needs for `given` to hold, indented as in a block; one line each.
    pub around: &'static [&'static str],
}

/// What an attribute should be.
#[derive(Clone, Copy, Debug)]
pub enum Want {
    /// `true`.
    True,
    /// `false`.
    False,
    /// This text; the case counts.
    Is(&'static str),
    /// Any other text.
    IsNot(&'static str),
    /// One of these texts.
    In(&'static [&'static str]),
    /// None of these texts.
    NotIn(&'static [&'static str]),
    /// Anything that is not empty.
    Present,
    /// Nothing: that it is there is wrong, unless it is empty.
    Nothing,
    /// A number not below this.
    AtLeast(i64),
    /// A number not above this.
    AtMost(i64),
    /// A list in which this text is.
    Contains(&'static str),
    /// A list in which all of these texts are.
    ContainsAll(&'static [&'static str]),
    /// A list in which none of these texts is.
    ContainsNone(&'static [&'static str]),
    /// A text that ends in one of these.
    EndsWithNone(&'static [&'static str]),
    /// Whatever the function says; `None` where that is not known.
    Passes(fn(&Value) -> Option<bool>),
}

/// What it means that an attribute is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absent {
    /// The default is wrong.
    Fails,
    /// The default is right, or another rule speaks of it.
    Passes,
    /// The default was wrong before this major version of the provider, named as in `required_providers`. Without a
    /// constraint the newest version counts.
    FailsBefore(&'static str, u64),
    /// The account, the region or the source of a copy decides.
    Unknown,
}

/// How many of the values at a path have to be right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantifier {
    /// All; each that is not is a finding.
    Each,
    /// One; if there is none, the resource is the finding.
    Any,
}

/// A condition on the resource.
#[derive(Clone, Copy, Debug)]
pub struct Given {
    /// The path of the attribute; `new|old` as in [`Row::on`].
    pub path: &'static str,
    /// What it has to be.
    pub is: Want,
    /// Whether the condition holds where the attribute is not there.
    pub absent: Holds,
}

/// The answer to a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// It holds.
    Yes,
    /// It does not.
    No,
    /// That is not known.
    Unknown,
}

impl Row {
    /// What most rows leave out.
    pub const DEFAULT: Self = Self {
        on: &[],
        wants: Want::True,
        absent: Absent::Fails,
        quantifier: Quantifier::Each,
        given: &[],
        implied_by: None,
        about: "",
        says: "",
        help: "",
        wrong: "",
        right: "",
        around: &[],
    };

    /// Judges a resource of type `kind`, which is one of the row's.
    pub(crate) fn check(
        &self,
        kind: &str,
        resource: &Resource,
        configuration: &Configuration,
        report: &mut Report<'_>,
    ) {
        if let Some(row) = self.implied_by
            && !self.is_met(kind, resource)
        {
            row.judge(self, kind, resource, configuration, report);
        }
        self.judge(self, kind, resource, configuration, report);
    }

    /// Whether the attribute is there and right, whatever the conditions say.
    fn is_met(&self, kind: &str, resource: &Resource) -> bool {
        let Some((_, path)) = self.on.iter().find(|(own, _)| *own == kind) else { return false };
        let (_, answers) = first_that_is_there(resource, path);
        let is_right =
            |it: &Lookup<'_>| matches!(it, Lookup::Present(found) if self.wants.holds(found.value) == Some(true));
        answers.iter().any(is_right)
    }

    /// Judges by this row, in the words of another.
    fn judge(
        &self,
        words: &Self,
        kind: &str,
        resource: &Resource,
        configuration: &Configuration,
        report: &mut Report<'_>,
    ) {
        let Some((_, path)) = self.on.iter().find(|(own, _)| *own == kind) else { return };
        match all_hold(resource, self.given) {
            Holds::Yes => {}
            Holds::No => return,
            Holds::Unknown => return report.undecided(),
        }
        let (path, answers) = first_that_is_there(resource, path);
        let case = Case { row: self, words, path, resource, configuration };
        match self.quantifier {
            Quantifier::Each => answers.iter().for_each(|answer| case.judge_each(answer, report)),
            Quantifier::Any => case.judge_any(&answers, report),
        }
    }
}

/// A row at one resource.
struct Case<'c> {
    row: &'c Row,
    /// Whose words to use.
    words: &'c Row,
    path: &'c str,
    resource: &'c Resource,
    configuration: &'c Configuration,
}

impl Case<'_> {
    fn judge_each(&self, answer: &Lookup<'_>, report: &mut Report<'_>) {
        match self.is_right(answer) {
            Some(true) => {}
            Some(false) => self.say(answer, report),
            None => report.undecided(),
        }
    }

    fn judge_any(&self, answers: &[Lookup<'_>], report: &mut Report<'_>) {
        let right: Vec<Option<bool>> = answers.iter().map(|answer| self.is_right(answer)).collect();
        if right.contains(&Some(true)) {
            return;
        }
        match answers.first() {
            Some(first) if !right.contains(&None) => self.say(first, report),
            _ => report.undecided(),
        }
    }

    fn is_right(&self, answer: &Lookup<'_>) -> Option<bool> {
        match answer {
            Lookup::Present(found) => self.row.wants.holds(found.value),
            Lookup::Absent(_) => match self.row.absent {
                Absent::Fails => Some(false),
                Absent::Passes => Some(true),
                Absent::Unknown => None,
                Absent::FailsBefore(provider, major) => {
                    Some(self.configuration.may_be_version(self.resource, provider, major))
                }
            },
            Lookup::Unknown(_) => None,
        }
    }

    fn say(&self, answer: &Lookup<'_>, report: &mut Report<'_>) {
        let Self { row: _, words, path, resource, configuration } = self;
        let path = path.trim_end_matches("[*]");
        let what = format!("`{}` {}", resource.local, words.says);
        let draft = match answer {
            Lookup::Present(found) => {
                let value = shown(found.value);
                let message = if value.is_empty() { what } else { format!("{what}: `{path}` is {value}") };
                report.at_value(*found, resource, configuration, message)
            }
            Lookup::Absent(missing) => {
                report.at_missing(*missing, resource, configuration, format!("{what}: `{path}` is not set"))
            }
            Lookup::Unknown(_) => return,
        };
        draft.help(words.help);
        if !words.about.is_empty() {
            of_target(draft, resource, configuration, words.about);
        }
    }
}

/// A literal as it may stand in a message; nothing for what is long, composed or a secret by its looks.
fn shown(value: &Value) -> String {
    match &value.kind {
        Kind::Bool(value) => value.to_string(),
        Kind::Number(number) => number_text(*number),
        Kind::String(text) if text.is_empty() => "empty".to_owned(),
        Kind::String(text) if text.len() <= 40 && !text.contains('\n') => format!("`{text}`"),
        _ => String::new(),
    }
}

/// Whether all conditions hold of a resource.
pub(crate) fn all_hold(resource: &Resource, given: &[Given]) -> Holds {
    let mut all = Holds::Yes;
    for condition in given {
        match holds(resource, condition) {
            Holds::Yes => {}
            Holds::No => return Holds::No,
            Holds::Unknown => all = Holds::Unknown,
        }
    }
    all
}

/// A condition holds where one of the values at its path is so.
fn holds(resource: &Resource, condition: &Given) -> Holds {
    let mut answer = Holds::No;
    for lookup in first_that_is_there(resource, condition.path).1 {
        let this = match lookup {
            Lookup::Present(found) => match condition.is.holds(found.value) {
                Some(true) => Holds::Yes,
                Some(false) => Holds::No,
                None => Holds::Unknown,
            },
            Lookup::Absent(_) => condition.absent,
            Lookup::Unknown(_) => Holds::Unknown,
        };
        match this {
            Holds::Yes => return Holds::Yes,
            Holds::Unknown => answer = Holds::Unknown,
            Holds::No => {}
        }
    }
    answer
}

/// What is at the first of the paths, separated by `|`, at which anything is or may be; the first path where nothing is.
fn first_that_is_there<'r, 'p>(resource: &'r Resource, paths: &'p str) -> (&'p str, Vec<Lookup<'r>>) {
    let (first, others) = paths.split_once('|').unwrap_or((paths, ""));
    let answers = lookups(resource, first);
    if others.is_empty() || answers.iter().any(|answer| !matches!(answer, Lookup::Absent(_))) {
        return (first, answers);
    }
    let (other, found) = first_that_is_there(resource, others);
    if found.iter().all(|answer| matches!(answer, Lookup::Absent(_))) { (first, answers) } else { (other, found) }
}

impl Want {
    /// Whether a value is as it should be; `None` where that is not known.
    pub fn holds(self, value: &Value) -> Option<bool> {
        match self {
            Self::True => as_bool(value),
            Self::False => as_bool(value).map(|value| !value),
            Self::Is(text) => is_one_of(value, &[text]),
            Self::IsNot(text) => is_one_of(value, &[text]).map(|is| !is),
            Self::In(texts) => is_one_of(value, texts),
            Self::NotIn(texts) => is_one_of(value, texts).map(|is| !is),
            Self::Present => is_filled(value),
            Self::Nothing => is_filled(value).map(|is| !is),
            Self::AtLeast(least) => value.as_i64().map(|number| number >= least),
            Self::AtMost(most) => value.as_i64().map(|number| number <= most),
            Self::Contains(text) => contains(value, text),
            Self::ContainsAll(texts) => all(texts.iter().map(|text| contains(value, text))),
            Self::ContainsNone(texts) => all(texts.iter().map(|text| contains(value, text).map(|is| !is))),
            Self::EndsWithNone(ends) => match &value.kind {
                Kind::String(text) => Some(!ends.iter().any(|end| text.ends_with(end))),
                Kind::Template(pieces) => match pieces.last() {
                    Some(Piece::Text(text)) if ends.iter().any(|end| text.ends_with(end)) => Some(false),
                    _ => None,
                },
                _ => None,
            },
            Self::Passes(passes) => passes(value),
        }
    }
}

/// A boolean; numbers are what they meant before Terraform 0.12.
fn as_bool(value: &Value) -> Option<bool> {
    match value.kind {
        Kind::Number(_) => match value.as_i64() {
            Some(0) => Some(false),
            Some(1) => Some(true),
            _ => None,
        },
        _ => value.as_bool(),
    }
}

/// Whether a text is one of several. A text of which only the beginning is known may still be none of them for certain.
fn is_one_of(value: &Value, texts: &[&str]) -> Option<bool> {
    match &value.kind {
        Kind::Template(_) => {
            let start = value.text_prefix();
            if texts.iter().any(|text| text.starts_with(start)) { None } else { Some(false) }
        }
        _ => value.to_text().map(|text| texts.contains(&&*text)),
    }
}

/// Whether there is anything in it. An attribute of another resource is something, whatever it will be.
fn is_filled(value: &Value) -> Option<bool> {
    match &value.kind {
        Kind::Null => Some(false),
        Kind::String(text) => Some(!text.is_empty()),
        Kind::List(list) if list.items.is_empty() => {
            if list.open {
                None
            } else {
                Some(false)
            }
        }
        Kind::Map(map) if map.entries.is_empty() => {
            if map.open {
                None
            } else {
                Some(false)
            }
        }
        Kind::Unknown(_) if value.references().is_empty() => None,
        _ => Some(true),
    }
}

/// Whether a text is an element of a list; a single text counts as a list of one.
fn contains(value: &Value, text: &str) -> Option<bool> {
    let Some(list) = value.as_list() else {
        return is_one_of(value, &[text]);
    };
    let mut known = if list.open { None } else { Some(false) };
    for item in &list.items {
        match is_one_of(item, &[text]) {
            Some(true) => return Some(true),
            Some(false) => {}
            None => known = None,
        }
    }
    known
}

fn all(answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut known = Some(true);
    for answer in answers {
        match answer {
            Some(true) => {}
            Some(false) => return Some(false),
            None => known = None,
        }
    }
    known
}

impl DerivedExamples for Row {
    fn fences(&self) -> String {
        let mut out = String::new();
        if self.wrong.is_empty() && self.right.is_empty() {
            return out;
        }
        for (number, (kind, path)) in self.on.iter().enumerate() {
            let absence_is_wrong = match self.absent {
                Absent::Fails => Some(true),
                Absent::Passes | Absent::Unknown => Some(false),
                // Which of the two it is depends on the version that the example would have to ask for.
                Absent::FailsBefore(..) => None,
            };
            if !self.wrong.is_empty() {
                self.fence(&mut out, kind, path, self.wrong, Some(&Spot::Value));
            } else if absence_is_wrong == Some(true) && number > 0 {
                self.fence(&mut out, kind, path, "", Some(&Spot::Header));
            }
            if !self.right.is_empty() {
                self.fence(&mut out, kind, path, self.right, None);
            }
            if number == 0 {
                if let Some(wrong) = absence_is_wrong {
                    self.fence(&mut out, kind, path, "", wrong.then_some(&Spot::Header));
                }
                if !self.right.is_empty() || !self.wrong.is_empty() {
                    self.fence(&mut out, kind, path, "var.undecided", None);
                }
            }
        }
        out
    }
}

/// Where the finding of a derived example stands.
enum Spot {
    Header,
    Value,
}

impl Row {
    /// Writes one example: the attribute with a value, in the blocks that its path names, or no attribute.
    fn fence(&self, out: &mut String, kind: &str, path: &str, value: &str, bad: Option<&Spot>) {
        let mut text = String::new();
        let mut line = 1;
        if value.starts_with("var.") {
            text.push_str("variable \"undecided\" {}\n");
            line += 1;
        }
        let (mode, kind) = kind.strip_prefix("data.").map_or(("resource", kind), |kind| ("data", kind));
        let _ = writeln!(text, "{mode} \"{kind}\" \"example\" {{");
        let header = line;
        for around in self.around {
            let _ = writeln!(text, "  {around}");
        }
        line += u32::try_from(self.around.len()).unwrap_or_default();
        let mut at = line;
        if !value.is_empty() {
            let (path, _) = path.split_once('|').unwrap_or((path, ""));
            let steps: Vec<&str> = path.split('.').collect();
            let depth = steps.len().saturating_sub(1);
            for (level, step) in steps.iter().enumerate().take(depth) {
                let _ = writeln!(text, "{:1$}{step} {{", "", 2 * (level + 1));
            }
            let leaf = steps.last().copied().unwrap_or_default();
            let indent = 2 * (depth + 1);
            let name = leaf.trim_end_matches("[*]");
            let _ = if value.starts_with("{\n") {
                writeln!(text, "{:indent$}{name} {value}", "")
            } else if name == leaf {
                writeln!(text, "{:indent$}{name} = {value}", "")
            } else {
                writeln!(text, "{:indent$}{name} = [{value}]", "")
            };
            at = line + u32::try_from(depth).unwrap_or_default() + 1;
            for level in (0..depth).rev() {
                let _ = writeln!(text, "{:1$}}}", "", 2 * (level + 1));
            }
        }
        text.push_str("}\n");
        let expect = match bad {
            None => "good".to_owned(),
            Some(Spot::Header) => format!("bad:{header}"),
            Some(Spot::Value) => format!("bad:{at}"),
        };
        let _ = write!(out, "```hcl {expect}\n{text}```\n");
    }
}

impl Report<'_> {
    /// Reports a value of a resource, where it was written; the resource and the calls of its module are named beside.
    pub(crate) fn at_value(
        &mut self,
        found: Found<'_>,
        resource: &Resource,
        configuration: &Configuration,
        message: String,
    ) -> &mut Draft {
        let hops: Vec<_> = found.value.hops().collect();
        let draft = self.at(found.place(), message);
        draft.via.extend(hops);
        of_resource(draft, resource, configuration)
    }

    /// Reports that a resource, or a block in it, lacks something.
    pub(crate) fn at_missing(
        &mut self,
        missing: Missing,
        resource: &Resource,
        configuration: &Configuration,
        message: String,
    ) -> &mut Draft {
        let draft = self.at(missing.place(), message);
        if let Some(null) = missing.null {
            draft.label(null, "null, which is as good as not set");
            draft.via.push(null);
        }
        of_resource(draft, resource, configuration)
    }

    /// Reports a resource as a whole.
    pub(crate) fn at_resource(
        &mut self,
        resource: &Resource,
        configuration: &Configuration,
        message: String,
    ) -> &mut Draft {
        let missing = Missing { span: resource.header, resource: resource.header, structure: 0, null: None };
        self.at_missing(missing, resource, configuration, message)
    }
}

/// Says which other resource a finding is about, by what the attribute at `path` was taken from. A suppression there counts.
pub(crate) fn of_target(draft: &mut Draft, resource: &Resource, configuration: &Configuration, path: &str) {
    for lookup in lookups(resource, path) {
        let Lookup::Present(found) = lookup else { continue };
        let mut targets = found.value.references().iter().filter_map(|reference| configuration.at(&reference.address));
        if let Some(target) = targets.find(|target| target.header != resource.header) {
            draft.label(target.header, format!("about `{}`", target.local));
            draft.via.push(target.header);
        }
    }
}

/// Says which resource a finding is about where it stands elsewhere, and by which calls its module came to be. A
/// suppression at any of these places counts.
fn of_resource<'d>(draft: &'d mut Draft, resource: &Resource, configuration: &Configuration) -> &'d mut Draft {
    if !resource.span.contains(draft.place.span) {
        draft.label(resource.header, format!("the value of `{}`", resource.address));
    }
    draft.via.push(resource.header);
    if let Some(module) = configuration.module_of(resource) {
        for &call in &module.calls {
            if !call.contains(draft.place.span) {
                draft.label(call, format!("called here as `{}`", module.address));
            }
            draft.via.push(call);
        }
    }
    draft
}
