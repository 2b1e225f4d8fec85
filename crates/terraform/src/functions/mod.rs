//! Terraform's functions over values of which some may not be known.
//!
//! An argument that is not known leaves the result unknown only where it matters: `alltrue([false, …])` is false, and
//! a text that is put together keeps its literal parts. What a function takes out of an argument keeps the place
//! where it was written; what it computes was written at the call and refers to what its arguments refer to.
//!
//! The elements of an open list are those that are known to be in it; where they stand in it is not known. Whether a
//! value is sensitive or ephemeral is not followed, nor is the difference between an object and a map.

mod addresses;
mod compare;
mod convert;
mod csv;
mod dates;
mod encoding;
mod files;
mod format;
mod hashes;
mod json;
mod lists;
mod maps;
mod numbers;
mod patterns;
mod sets;
mod strings;
#[cfg(test)]
mod tests;
mod text;
mod trees;
mod yaml;

use std::cell::OnceCell;
use std::sync::Arc;

use portcullis_core::{Files, Span};
use portcullis_model::terraform::value::{Kind, List, Map, Number, Reason, Reference, Value};

use text::Text;

use crate::provenance::part_of;

/// What functions that read files need.
#[derive(Clone, Copy)]
pub(crate) struct Place<'f> {
    /// The tree; nothing outside of it is read.
    pub(crate) files: &'f dyn Files,
    /// The folder of the module that calls, relative to the scan root.
    pub(crate) directory: &'f str,
}

/// Terraform would refuse the call: a wrong type, a value out of range, a key that is not there. `try` and `can` tell
/// it from a result that is not known; elsewhere it is [`Reason::Invalid`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault;

/// Calls a function whose arguments are evaluated already. `at` is the call: where the result was written, unless it
/// is one of the arguments or was taken out of one.
///
/// `try`, `can`, `templatefile` and `templatestring` are the evaluator's: they need expressions.
pub(crate) fn call(name: &str, arguments: &[Value], at: Span, place: Place<'_>) -> Result<Value, Fault> {
    let call = Call { arguments, at, place, refers: OnceCell::new() };
    let Some((least, most, function)) = find(name.strip_prefix("core::").unwrap_or(name)) else {
        return Ok(call.unknown(Reason::Function));
    };
    if !(least..=most).contains(&arguments.len()) {
        return Err(Fault);
    }
    match function(&call) {
        Ok(value) if size(&value) <= SIZE_LIMIT && elements(&value) <= ELEMENT_LIMIT => Ok(value),
        Ok(_) => Ok(call.unknown(Reason::Limit)),
        Err(Stop::Unknown(reason)) => Ok(call.unknown(reason)),
        Err(Stop::Refused) => Err(Fault),
    }
}

/// The bytes of the longest text that a function makes.
const SIZE_LIMIT: usize = 16 << 20;

/// The most elements that a list or map which a function makes may have.
const ELEMENT_LIMIT: usize = 100_000;

/// How deep values are looked into: what the parsers allow.
const DEPTH_LIMIT: usize = 128;

/// A function with the least and the most arguments that it takes.
type Declared = (usize, usize, fn(&Call<'_>) -> Answer);

const ANY: usize = usize::MAX;

fn find(name: &str) -> Option<Declared> {
    Some(match name {
        "abs" => (1, 1, numbers::abs),
        "ceil" => (1, 1, numbers::ceil),
        "floor" => (1, 1, numbers::floor),
        "log" => (2, 2, numbers::log),
        "max" => (1, ANY, numbers::max),
        "min" => (1, ANY, numbers::min),
        "parseint" => (2, 2, numbers::parseint),
        "pow" => (2, 2, numbers::pow),
        "signum" => (1, 1, numbers::signum),
        "sum" => (1, 1, numbers::sum),

        "chomp" => (1, 1, strings::chomp),
        "endswith" => (2, 2, strings::endswith),
        "format" => (1, ANY, format::format),
        "formatlist" => (1, ANY, format::formatlist),
        "indent" => (2, 2, strings::indent),
        "join" => (2, ANY, strings::join),
        "lower" => (1, 1, strings::lower),
        "regex" => (2, 2, patterns::regex),
        "regexall" => (2, 2, patterns::regexall),
        "replace" => (3, 3, strings::replace),
        "split" => (2, 2, strings::split),
        "startswith" => (2, 2, strings::startswith),
        "strcontains" => (2, 2, strings::strcontains),
        "strrev" => (1, 1, strings::strrev),
        "substr" => (3, 3, strings::substr),
        "title" => (1, 1, strings::title),
        "trim" => (2, 2, strings::trim),
        "trimprefix" => (2, 2, strings::trimprefix),
        "trimspace" => (1, 1, strings::trimspace),
        "trimsuffix" => (2, 2, strings::trimsuffix),
        "upper" => (1, 1, strings::upper),

        "alltrue" => (1, 1, lists::alltrue),
        "anytrue" => (1, 1, lists::anytrue),
        "chunklist" => (2, 2, lists::chunklist),
        "coalesce" => (1, ANY, lists::coalesce),
        "coalescelist" => (1, ANY, lists::coalescelist),
        "compact" => (1, 1, lists::compact),
        "concat" => (1, ANY, lists::concat),
        "contains" => (2, 2, lists::contains),
        "distinct" => (1, 1, lists::distinct),
        "element" => (2, 2, lists::element),
        "flatten" => (1, 1, lists::flatten),
        "index" => (2, 2, lists::index),
        "length" => (1, 1, lists::length),
        "list" => (0, ANY, lists::list),
        "matchkeys" => (3, 3, lists::matchkeys),
        "one" => (1, 1, lists::one),
        "range" => (1, 3, lists::range),
        "reverse" => (1, 1, lists::reverse),
        "slice" => (3, 3, lists::slice),
        "sort" => (1, 1, lists::sort),

        "keys" => (1, 1, maps::keys),
        "lookup" => (2, 3, maps::lookup),
        "map" => (0, ANY, maps::map),
        "merge" => (0, ANY, maps::merge),
        "transpose" => (1, 1, maps::transpose),
        "values" => (1, 1, maps::values),
        "zipmap" => (2, 2, maps::zipmap),

        "setintersection" => (1, ANY, sets::intersection),
        "setproduct" => (2, ANY, sets::product),
        "setsubtract" => (2, 2, sets::subtract),
        "setunion" => (1, ANY, sets::union),

        "base64decode" => (1, 1, encoding::base64decode),
        "base64encode" => (1, 1, encoding::base64encode),
        "base64gunzip" => (1, 1, encoding::base64gunzip),
        // What the compressor makes is one of many right texts.
        "base64gzip" => (1, 1, run),
        "csvdecode" => (1, 1, csv::csvdecode),
        "jsondecode" => (1, 1, json::jsondecode),
        "jsonencode" => (1, 1, json::jsonencode),
        "textdecodebase64" => (2, 2, encoding::textdecodebase64),
        "textencodebase64" => (2, 2, encoding::textencodebase64),
        "urldecode" => (1, 1, encoding::urldecode),
        "urlencode" => (1, 1, encoding::urlencode),
        "yamldecode" => (1, 1, yaml::yamldecode),
        "yamlencode" => (1, 1, yaml::yamlencode),

        "abspath" => (1, 1, files::abspath),
        "basename" => (1, 1, files::basename),
        "dirname" => (1, 1, files::dirname),
        "file" => (1, 1, files::file),
        "filebase64" => (1, 1, files::filebase64),
        "fileexists" => (1, 1, files::fileexists),
        "fileset" => (2, 2, files::fileset),
        "pathexpand" => (1, 1, files::pathexpand),

        "formatdate" => (2, 2, dates::formatdate),
        "plantimestamp" | "timestamp" => (0, 0, run),
        "timeadd" => (2, 2, dates::timeadd),
        "timecmp" => (2, 2, dates::timecmp),

        "base64sha256" => (1, 1, hashes::base64sha256),
        "base64sha512" => (1, 1, hashes::base64sha512),
        "bcrypt" => (1, 2, run),
        "filebase64sha256" => (1, 1, hashes::filebase64sha256),
        "filebase64sha512" => (1, 1, hashes::filebase64sha512),
        "filemd5" => (1, 1, hashes::filemd5),
        "filesha1" => (1, 1, hashes::filesha1),
        "filesha256" => (1, 1, hashes::filesha256),
        "filesha512" => (1, 1, hashes::filesha512),
        "md5" => (1, 1, hashes::md5),
        "rsadecrypt" => (2, 2, run),
        "sha1" => (1, 1, hashes::sha1),
        "sha256" => (1, 1, hashes::sha256),
        "sha512" => (1, 1, hashes::sha512),
        "uuid" => (0, 0, run),
        "uuidv5" => (2, 2, hashes::uuidv5),

        "cidrcontains" => (2, 2, addresses::cidrcontains),
        "cidrhost" => (2, 2, addresses::cidrhost),
        "cidrnetmask" => (1, 1, addresses::cidrnetmask),
        "cidrsubnet" => (3, 3, addresses::cidrsubnet),
        "cidrsubnets" => (1, ANY, addresses::cidrsubnets),

        "ephemeralasnull" | "nonsensitive" | "sensitive" => (1, 1, convert::same),
        "tobool" => (1, 1, convert::tobool),
        "tolist" => (1, 1, convert::tolist),
        "tomap" => (1, 1, convert::tomap),
        "tonumber" => (1, 1, convert::tonumber),
        "toset" => (1, 1, convert::toset),
        "tostring" => (1, 1, convert::tostring),
        // `issensitive` and `type` ask for what is not followed here; providers' functions are not at hand.
        _ => return None,
    })
}

/// Different in every run.
fn run(_: &Call<'_>) -> Answer {
    Err(Stop::Unknown(Reason::Run))
}

/// Why a function gives no value of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    /// Terraform would refuse the call.
    Refused,
    /// The result is not known.
    Unknown(Reason),
}

type Answer = Result<Value, Stop>;

/// One call.
struct Call<'a> {
    arguments: &'a [Value],
    at: Span,
    place: Place<'a>,
    /// What the arguments refer to, once it was asked for.
    refers: OnceCell<Refers>,
}

type Refers = Option<Arc<[Reference]>>;

impl<'a> Call<'a> {
    fn argument(&self, index: usize) -> Result<&'a Value, Stop> {
        self.arguments.get(index).ok_or(Stop::Refused)
    }

    /// The arguments from `index` on.
    fn rest(&self, index: usize) -> &'a [Value] {
        self.arguments.get(index..).unwrap_or_default()
    }

    /// An argument as a text of which parts may be unknown.
    fn text(&self, index: usize) -> Result<Text, Stop> {
        text::of(self.argument(index)?)
    }

    /// An argument as a text that is wholly known.
    fn known(&self, index: usize) -> Result<Arc<str>, Stop> {
        match &self.argument(index)?.kind {
            Kind::String(text) => Ok(Arc::clone(text)),
            _ => self.text(index)?.known(),
        }
    }

    fn number(&self, index: usize) -> Result<Number, Stop> {
        convert::number(self.argument(index)?)
    }

    /// An argument that must be a whole number.
    fn integer(&self, index: usize) -> Result<i64, Stop> {
        convert::integer(self.argument(index)?)
    }

    fn list(&self, index: usize) -> Result<&'a Arc<List>, Stop> {
        list_of(self.argument(index)?)
    }

    fn map(&self, index: usize) -> Result<&'a Arc<Map>, Stop> {
        match &self.argument(index)?.kind {
            Kind::Map(map) => Ok(map),
            Kind::Unknown(reason) => Err(Stop::Unknown(*reason)),
            _ => Err(Stop::Refused),
        }
    }

    /// A value that the call computes. A text or number refers to all that went into it; a list or map leaves that to
    /// its elements, unless there may be more of them.
    fn made(&self, kind: Kind) -> Value {
        let depth = match &kind {
            Kind::List(list) if !list.open => return Value::new(kind, self.at),
            Kind::Map(map) if !map.open => return Value::new(kind, self.at),
            Kind::List(_) | Kind::Map(_) => 1,
            _ => REFERENCE_DEPTH,
        };
        let refers = if depth == 1 {
            references(self.arguments, 1)
        } else {
            // A call may make many texts of the same arguments.
            self.refers.get_or_init(|| references(self.arguments, REFERENCE_DEPTH)).clone()
        };
        Value { refers, ..Value::new(kind, self.at) }
    }

    fn unknown(&self, reason: Reason) -> Value {
        self.made(Kind::Unknown(reason))
    }

    #[allow(clippy::unnecessary_wraps, reason = "it is what functions return")]
    fn string(&self, text: impl Into<Arc<str>>) -> Answer {
        Ok(self.made(Kind::String(text.into())))
    }

    #[allow(clippy::unnecessary_wraps, reason = "it is what functions return")]
    fn boolean(&self, value: bool) -> Answer {
        Ok(self.made(Kind::Bool(value)))
    }

    /// A list of which all is known.
    #[allow(clippy::unnecessary_wraps, reason = "it is what functions return")]
    fn closed(&self, items: Vec<Value>) -> Answer {
        Ok(self.made(Kind::List(Arc::new(List::closed(items)))))
    }
}

/// The elements of a value that must be a list.
fn list_of(value: &Value) -> Result<&Arc<List>, Stop> {
    match &value.kind {
        Kind::List(list) => Ok(list),
        Kind::Unknown(reason) => Err(Stop::Unknown(*reason)),
        _ => Err(Stop::Refused),
    }
}

/// A part of `whole`, which came the way that `whole` came, and was taken from what `whole` was taken from. `name` is
/// the key or index, or empty where the part is one of several that stay together.
fn taken(whole: &Value, part: &Value, name: &str) -> Value {
    let mut part = part_of(whole, part);
    if part.refers.is_none() {
        part.refers = match whole.references() {
            [one] if !name.is_empty() => {
                let dot = if one.attribute.is_empty() { "" } else { "." };
                let attribute = format!("{}{dot}{name}", one.attribute).into();
                Some([Reference { address: Arc::clone(&one.address), attribute }].into())
            }
            _ => whole.refers.clone(),
        };
    }
    part
}

/// The elements of `whole`, which came the way that `whole` came.
fn parts<'v>(whole: &'v Value, list: &'v List) -> impl DoubleEndedIterator<Item = Value> + ExactSizeIterator + 'v {
    list.items.iter().map(|item| taken(whole, item, ""))
}

/// Why something of a value is not known; of an open list or map that says nothing more, that it hangs on a variable.
fn reason_within<'v>(values: impl IntoIterator<Item = &'v Value>) -> Reason {
    values
        .into_iter()
        .find_map(|value| match &value.kind {
            Kind::Unknown(reason) => Some(*reason),
            Kind::Template(pieces) => Text::from_pieces(pieces).unknown(),
            _ => None,
        })
        .unwrap_or(Reason::Variable)
}

/// A text that is put together from a policy's statements refers to their resources; four levels hold them.
const REFERENCE_DEPTH: usize = 8;

/// Values that are looked at for references: lists may share their elements, and be large.
const REFERENCE_BUDGET: usize = 2_000;

/// What values refer to, and what is in them, `depth` levels down.
fn references<'v>(values: impl IntoIterator<Item = &'v Value>, depth: usize) -> Refers {
    let mut references: Vec<Reference> = Vec::new();
    let mut budget = REFERENCE_BUDGET;
    for value in values {
        gather(value, depth, &mut budget, &mut references);
    }
    if references.is_empty() { None } else { Some(references.into()) }
}

fn gather(value: &Value, depth: usize, budget: &mut usize, references: &mut Vec<Reference>) {
    *budget = budget.saturating_sub(1);
    if *budget == 0 || depth == 0 || references.len() >= 64 {
        return;
    }
    for reference in value.references() {
        if !references.contains(reference) {
            references.push(reference.clone());
        }
    }
    match &value.kind {
        Kind::List(list) => list.items.iter().for_each(|item| gather(item, depth - 1, budget, references)),
        Kind::Map(map) => {
            map.entries.values().for_each(|entry| gather(&entry.value, depth - 1, budget, references));
        }
        Kind::Encoded(encoded) => gather(&encoded.value, depth - 1, budget, references),
        _ => {}
    }
}

fn size(value: &Value) -> usize {
    match &value.kind {
        Kind::String(text) => text.len(),
        _ => 0,
    }
}

fn elements(value: &Value) -> usize {
    match &value.kind {
        Kind::List(list) => list.items.len(),
        Kind::Map(map) => map.entries.len(),
        _ => 0,
    }
}
