//! What is said of arguments that are partly unknown must hold whatever they turn out to be.
//!
//! Every function is called with known values, and again with a part of one of them made unknown. The second result
//! must leave room for the first.

use std::sync::Arc;

use portcullis_core::Span;
use portcullis_model::terraform::value::{Kind, List, Map, Piece, Reason, Value};

use super::{Fault, Place, Tree, call, evaluate, written};

const FUNCTIONS: &str = "abs ceil floor log max min parseint pow signum sum chomp endswith format formatlist indent \
    join lower regex regexall replace split startswith strcontains strrev substr title trim trimprefix trimspace \
    trimsuffix upper alltrue anytrue chunklist coalesce coalescelist compact concat contains distinct element flatten \
    index length list matchkeys one range reverse slice sort keys lookup map merge transpose values zipmap \
    setintersection setproduct setsubtract setunion base64decode base64encode base64gunzip base64gzip csvdecode \
    jsondecode jsonencode textdecodebase64 textencodebase64 urldecode urlencode yamldecode yamlencode abspath basename \
    dirname file filebase64 fileexists fileset pathexpand formatdate timestamp timeadd timecmp base64sha256 \
    base64sha512 bcrypt filebase64sha256 filebase64sha512 filemd5 filesha1 filesha256 filesha512 md5 rsadecrypt sha1 \
    sha256 sha512 uuid uuidv5 cidrcontains cidrhost cidrnetmask cidrsubnet cidrsubnets ephemeralasnull nonsensitive \
    sensitive tobool tolist tomap tonumber toset tostring";

/// Values that some function takes in some place.
const VALUES: [&str; 22] = [
    "\"a\"",
    "[\"a\", \"b\", \"a\"]",
    "{ a = \"x\", b = \"y\" }",
    "1",
    "\"\"",
    "[]",
    "\"a-b a\"",
    "[[\"a\"], [\"b\", \"c\"]]",
    "null",
    "toset([\"a\", \"b\"])",
    "0",
    "\"%s\"",
    "[2, 1]",
    "{ b = [\"a\"], c = [\"a\"] }",
    "\"files/a.txt\"",
    "-1",
    "true",
    "[true, false]",
    "\"10.0.0.0/8\"",
    "\"2018-01-02T23:12:01Z\"",
    "jsonencode({ a = [1] })",
    "[{ a = 1 }, null, \"\"]",
];

#[test]
fn what_is_partly_known_leaves_room_for_what_is() {
    let values: Vec<Value> = VALUES.iter().map(|text| evaluate(text).unwrap()).collect();
    let mut wrong = Vec::new();
    for name in FUNCTIONS.split_whitespace() {
        for first in &values {
            compare(name, std::slice::from_ref(first), &mut wrong);
            for second in &values {
                compare(name, &[first.clone(), second.clone()], &mut wrong);
            }
        }
        // Three arguments of all kinds would be too many.
        for first in &values[..14] {
            for second in &values[..8] {
                for third in &values[..8] {
                    compare(name, &[first.clone(), second.clone(), third.clone()], &mut wrong);
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} calls contradict themselves:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(40)].join("\n")
    );
}

fn compare(name: &str, arguments: &[Value], wrong: &mut Vec<String>) {
    let place = Place { files: &Tree, directory: "modules/app" };
    let known = call(name, arguments, Span::default(), place);
    for (at, argument) in arguments.iter().enumerate() {
        for blurred in blurred(argument) {
            let mut partly = arguments.to_vec();
            partly[at] = blurred;
            let result = call(name, &partly, Span::default(), place);
            let holds = match (&result, &known) {
                // What is refused of what is not known may not be right for anything that it turns out to be.
                (Err(Fault), known) => known.is_err(),
                (Ok(result), Ok(known)) => leaves_room(result, known),
                (Ok(_), Err(Fault)) => true,
            };
            if !holds {
                let text = |values: &[Value]| values.iter().map(written).collect::<Vec<_>>().join(", ");
                let said = |result: &Result<Value, Fault>| result.as_ref().map_or("refused".to_owned(), written);
                wrong.push(format!(
                    "{name}({}) is {}, but {name}({}) is {}",
                    text(&partly),
                    said(&result),
                    text(arguments),
                    said(&known)
                ));
            }
        }
    }
}

/// The value with parts of it unknown.
fn blurred(value: &Value) -> Vec<Value> {
    let unknown = Kind::Unknown(Reason::Variable);
    let mut kinds = vec![unknown.clone()];
    match &value.kind {
        Kind::String(text) if text.len() > 1 => {
            let (start, end) = text.split_at(text.len() / 2);
            let gap = Piece::Unknown(Reason::Variable);
            kinds.push(Kind::Template([Piece::Text(start.into()), gap.clone()].into()));
            kinds.push(Kind::Template([gap.clone(), Piece::Text(end.into())].into()));
            let (first, last) = (text.split_at(1).0, text.split_at(text.len() - 1).1);
            kinds.push(Kind::Template([Piece::Text(first.into()), gap.clone(), Piece::Text(last.into())].into()));
            // What is not known may be nothing.
            kinds.push(Kind::Template([Piece::Text(start.into()), gap, Piece::Text(end.into())].into()));
        }
        Kind::List(list) => {
            for at in 0..list.items.len() {
                let mut items = list.items.clone();
                items[at].kind = unknown.clone();
                kinds.push(Kind::List(Arc::new(List { items: items.clone(), ..**list })));
                items.remove(at);
                kinds.push(Kind::List(Arc::new(List { items, open: true, set: list.set })));
            }
            kinds.push(Kind::List(Arc::new(List { open: true, ..(**list).clone() })));
        }
        Kind::Map(map) => {
            for key in map.entries.keys() {
                let mut entries = map.entries.clone();
                entries.get_mut(key).unwrap().value.kind = unknown.clone();
                kinds.push(Kind::Map(Arc::new(Map { entries, open: false })));
                let others = map.entries.iter().filter(|(other, _)| *other != key);
                let entries = others.map(|(key, entry)| (key.clone(), entry.clone())).collect();
                kinds.push(Kind::Map(Arc::new(Map { entries, open: true })));
            }
        }
        _ => {}
    }
    kinds.into_iter().map(|kind| Value { kind, ..value.clone() }).collect()
}

/// Whether `known` is among what `partly` may turn out to be.
fn leaves_room(partly: &Value, known: &Value) -> bool {
    match (&partly.kind, &known.kind) {
        (Kind::Unknown(_), _) => true,
        // What a call with known values does not say either.
        (_, Kind::Unknown(_)) => true,
        (Kind::Template(pieces), Kind::String(text)) => fits(pieces, text),
        (Kind::List(partly), Kind::List(known)) if partly.set == known.set => {
            if partly.open {
                // An element that is not known may not be there.
                let certain = partly.items.iter().filter(|item| !item.is_unknown());
                certain.into_iter().all(|item| known.items.iter().any(|other| leaves_room(item, other)))
            } else {
                let pairs = partly.items.iter().zip(&known.items);
                partly.items.len() == known.items.len() && pairs.into_iter().all(|(a, b)| leaves_room(a, b))
            }
        }
        (Kind::Map(partly), Kind::Map(known)) => {
            (partly.open || partly.entries.len() == known.entries.len())
                && partly.entries.iter().all(|(key, entry)| {
                    known.entries.get(key).is_some_and(|other| leaves_room(&entry.value, &other.value))
                })
        }
        (Kind::Encoded(partly), Kind::Encoded(known)) => leaves_room(&partly.value, &known.value),
        (Kind::Template(_), Kind::Encoded(_)) => true,
        // Beside a text, a number turns out to be one, which makes no difference where it is used.
        (Kind::Number(_) | Kind::Bool(_), Kind::String(text)) => partly.to_text().as_ref() == Some(text),
        _ => partly.equals(known) == Some(true),
    }
}

/// Whether a text has the pieces in their order, from its start to its end.
fn fits(pieces: &[Piece], text: &str) -> bool {
    let mut rest = Some(text);
    let mut floating = false;
    for piece in pieces {
        match piece {
            Piece::Unknown(_) => floating = true,
            Piece::Text(known) => {
                rest = rest.and_then(|rest| {
                    if floating {
                        rest.find(&**known).and_then(|at| rest.get(at + known.len()..))
                    } else {
                        rest.strip_prefix(&**known)
                    }
                });
                floating = false;
            }
        }
    }
    match pieces.last() {
        Some(Piece::Text(known)) => rest.is_some() && text.ends_with(&**known),
        _ => rest.is_some(),
    }
}
