//! Trees of TOML texts, and where their nodes stand.

use std::fmt::Write as _;
use std::sync::Arc;

use portcullis_core::FileId;
use portcullis_syntax::{Node, Tree, Value, toml};

fn parse(text: &str) -> Tree {
    toml::parse(FileId(0), &Arc::from(text))
}

/// `{key: value}` with strings quoted, then errors behind `!`.
fn dump(tree: &Tree) -> String {
    let mut out = tree.documents().map(|document| show(document.root)).collect::<Vec<_>>().join(" | ");
    for error in tree.errors() {
        let line = tree.text().bytes().take(error.span.start as usize).filter(|byte| *byte == b'\n').count() + 1;
        let _ = write!(out, " !{:?} {line}", error.kind);
    }
    out
}

fn show(node: Node<'_>) -> String {
    match node.value() {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(text) => text.to_owned(),
        Value::String(text) => format!("{text:?}"),
        Value::Template(template) => format!("T{:?}", template.raw),
        Value::Unknown(_) => "?".to_owned(),
        Value::List(list) => format!("[{}]", list.items().map(show).collect::<Vec<_>>().join(", ")),
        Value::Map(map) => {
            let entries = map.entries().map(|(key, value)| format!("{}: {}", key.text(), show(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

#[test]
fn toml_becomes_trees() {
    for (text, expected) in [
        ("", "{}"),
        ("# only a comment\n", "{}"),
        ("\u{feff}a = 1\r\nb = 'é'\r\n", r#"{a: 1, b: "é"}"#),
        ("a = 0x1F\nb = 1_000\nc = -1.5e3\nd = inf\ne = true\n", "{a: 0x1F, b: 1_000, c: -1.5e3, d: inf, e: true}"),
        ("d = 1979-05-27T07:32:00Z\n", r#"{d: "1979-05-27T07:32:00Z"}"#),
        ("a = \"x\\ty\\u00e9\"\nb = 'x\\ty'\n", r#"{a: "x\tyé", b: "x\\ty"}"#),
        ("a = \"\"\"\nx\\\n  y\"\"\"\nb = '''\nx\n'''\n", r#"{a: "xy", b: "x\n"}"#),
        ("a.b.c = 1\na.b.d = 2\n\"q.r\".s = 3\n", "{a: {b: {c: 1, d: 2}}, q.r: {s: 3}}"),
        ("[a]\nx = 1\n[b]\n[a.c]\ny = 2\n", "{a: {x: 1, c: {y: 2}}, b: {}}"),
        ("[a.b]\nx = 1\n[a]\ny = 2\n", "{a: {b: {x: 1}, y: 2}}"),
        ("[[p]]\nn = 1\n[p.d]\nx = 1\n[[p]]\nn = 2\n[[p.q]]\nz = 1\n", "{p: [{n: 1, d: {x: 1}}, {n: 2, q: [{z: 1}]}]}"),
        ("a = [\n 1, # one\n [2, 'x'],\n]\n", r#"{a: [1, [2, "x"]]}"#),
        ("a = { b = 1, c.d = [{ e = 2 }] }\n", "{a: {b: 1, c: {d: [{e: 2}]}}}"),
        // Mistakes cost their line, and the rest counts.
        ("a = 1\na = 2\n", "{a: 2} !DuplicateKey 2"),
        ("[a]\nx = 1\n[a]\ny = 2\n", "{a: {x: 1, y: 2}} !DuplicateKey 3"),
        ("[[a]]\nx = 1\n[a]\ny = 2\n", "{a: [{x: 1, y: 2}]} !DuplicateKey 3"),
        ("a = 1\n[a]\nx = 1\n", "{a: {x: 1}} !DuplicateKey 2"),
        ("a = 1\nb\nc = 3\n", "{a: 1, c: 3} !Invalid 2"),
        ("a = 1\n[b\nc = 3\n[d]\ne = 4\n", "{a: 1, d: {e: 4}} !Invalid 2"),
        ("a = \"x\nb = 2\n", "{a: \"x\", b: 2} !Invalid 1"),
        ("a = yes\n", "{a: \"yes\"} !Invalid 1"),
        ("a = [1, 2\n", "{a: [1, 2]} !Invalid 1"),
    ] {
        assert_eq!(dump(&parse(text)), expected, "{text}");
    }
}

#[test]
fn values_stand_where_they_are_written() {
    let text = "# c\n[[package]]\nname = \"a\"\nlist = [\n  \"b\", 'c',\n]\n[package.source]\n\"git\" = \"\\u0078\"\n";
    let tree = parse(text);
    let root = tree.documents().next().map(|document| document.root).expect("there is always a document");
    let package = root.field("package").and_then(|list| list.items().next()).expect("it is the list's first");
    let slice = |node: Node<'_>| node.span().slice(text).to_owned();
    assert_eq!(slice(package.field("name").expect("it is there")), "\"a\"");
    let list = package.field("list").expect("it is there");
    assert_eq!(slice(list), "[\n  \"b\", 'c',\n]");
    assert_eq!(list.items().map(slice).collect::<Vec<_>>(), ["\"b\"", "'c'"]);
    let git = package.field("source").and_then(|source| source.field("git")).expect("it is there");
    assert_eq!((slice(git).as_str(), git.text()), ("\"\\u0078\"", "x"));
    assert_eq!(git.key().map(slice).as_deref(), Some("\"git\""));
    assert_eq!(slice(package), text.get(4..).unwrap_or_default().trim_end());
    assert_eq!(tree.comments().len(), 1);
}

/// No text is too broken or too deep, and what is too deep is said.
#[test]
fn hostile_texts_are_read() {
    let whole = "[a.\"b\"]\nx = { y = [1, '2'] }\n[[p]]\nz = \"\"\"\\\n\"\"\"\n";
    for at in (0..=whole.len()).filter(|at| whole.is_char_boundary(*at)) {
        let _ = dump(&parse(whole.get(..at).unwrap_or_default()));
    }
    for unit in ["[", "{", "a={b=", "[a.", "a.", "[[a]]\n", "\"", "'''", "x=[", "}", "]", "=", "a.b.c.d.e=1\n", "[a]\n"]
    {
        let tree = parse(&unit.repeat(20_000));
        assert!(tree.errors().len() <= 40 || unit.ends_with('\n'), "{unit}: {}", tree.errors().len());
    }
    for text in [format!("a = {}1", "[".repeat(200)), format!("[{}a]\nx = 1\n", "a.".repeat(200))] {
        let tree = parse(&text);
        assert!(tree.errors().iter().any(|error| error.message.contains("deeper than 128")), "{}", dump(&tree));
    }
}
