//! Edits of YAML and JSON: what is written, and that no other byte changes.
#![allow(clippy::unwrap_used, reason = "a panic is the failure message")]

use std::sync::Arc;

use portcullis_core::{Edit, FileId};
use portcullis_syntax::edit::{self, Literal};
use portcullis_syntax::{Dialect, Node, Tree, json, yaml};

/// The text after `change` of the last document's value at `base`, or `none`; what comes out reads without errors.
fn edited(text: &str, base: &str, change: impl Fn(Node<'_>) -> Option<Edit>) -> String {
    let tree = parse(text);
    let root = tree.documents().last().unwrap().root;
    let node = base.split('.').filter(|key| !key.is_empty()).fold(root, |node, key| match key.parse::<usize>() {
        Ok(index) => node.items().nth(index).unwrap(),
        Err(_) => node.field(key).unwrap(),
    });
    let Some(edit) = change(node) else { return "none".to_owned() };
    let mut after = text.to_owned();
    after.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
    let again = parse(&after);
    assert_eq!(again.errors(), [], "{after}");
    assert_eq!(again.comments().len(), tree.comments().len(), "{after}");
    assert_eq!(again.documents().count(), tree.documents().count(), "{after}");
    after
}

fn parse(text: &str) -> Tree {
    let text: Arc<str> = Arc::from(text);
    let is_json = text.starts_with('{') && text.contains('"');
    if is_json { json::parse(FileId(0), &text) } else { yaml::parse(FileId(0), &text, Dialect::Yaml11) }
}

#[test]
fn keys_are_set_where_they_belong() {
    let mut wrong = Vec::new();
    for (before, base, path, expected) in [
        // Values keep their quotes and comments.
        ("a: {k: x} # c\n", "a", "k", "a: {k: W} # c\n"),
        ("a:\n  k: \"x\" # c\n", "a", "k", "a:\n  k: \"W\" # c\n"),
        ("a: { k: 'x' }\n", "a", "k", "a: { k: 'W' }\n"),
        ("a:\r\n  k: x\r\n", "a", "k", "a:\r\n  k: W\r\n"),
        // New keys of a block: below a sibling, at its start, at its end.
        ("- name: a # c\n  z: 1\n", "0", "s.k", "- name: a # c\n  s:\n    k: W\n  z: 1\n"),
        ("- z: 1\n  name: a", "0", "s.k", "- z: 1\n  name: a\n  s:\n    k: W"),
        ("- z: 1\n  y: [a,\n    b]\n- b\n", "0", "s", "- z: 1\n  y: [a,\n    b]\n  s: W\n- b\n"),
        ("- z: 1\n  y:\n  - a: 1\n    b:\n- b\n", "0", "s", "- z: 1\n  y:\n  - a: 1\n    b:\n  s: W\n- b\n"),
        ("a: # first\n  # about b\n  b: 1\n", "a", "k", "a: # first\n  k: W\n  # about b\n  b: 1\n"),
        ("a:\n    b:\n        c: 1\n", "a.b", "s.k", "a:\n    b:\n        s:\n            k: W\n        c: 1\n"),
        ("- image: x\n  name: a\n  z: 1\n", "0", "k", "- image: x\n  name: a\n  k: W\n  z: 1\n"),
        ("a:\r  b: 1\r", "a", "s.k", "a:\r  s:\r    k: W\r  b: 1\r"),
        ("a:\r\n  b: 1\r\n", "a", "s.k", "a:\r\n  s:\r\n    k: W\r\n  b: 1\r\n"),
        ("b: 1\n---\na:\n  b: 1\n---\na:\n  b: 1\n", "a", "k", "b: 1\n---\na:\n  b: 1\n---\na:\n  k: W\n  b: 1\n"),
        ("a:\n  s:\n    b: 1\n", "a", "s.k", "a:\n  s:\n    k: W\n    b: 1\n"),
        ("a:\n  name: \"x\n    y\"\n", "a", "k", "a:\n  name: \"x\n    y\"\n  k: W\n"),
        // Nothing and null.
        ("a:\n  s:\n  b: 1\n", "a", "s.k", "a:\n  s:\n    k: W\n  b: 1\n"),
        ("a:\n  s: # c\n  b: 1\n", "a", "s.k", "a:\n  s: # c\n    k: W\n  b: 1\n"),
        ("a:\n  s:", "a", "s.k", "a:\n  s:\n    k: W"),
        ("a:\n  k:\n", "a", "k", "a:\n  k: W\n"),
        ("a:\n  s: null # c\n", "a", "s.k", "a:\n  s: { k: W } # c\n"),
        ("a:\n  s: ~\n", "a", "s", "a:\n  s: W\n"),
        ("a: {s: , b: 1}\n", "a", "s.k", "a: {s: { k: W } , b: 1}\n"),
        ("a:\n  s: {}\n", "a", "s.k", "a:\n  s: { k: W }\n"),
        ("a: { s: { } }\n", "a", "s.t.k", "a: { s: { t: { k: W } } }\n"),
        // Flow.
        ("a: { b: x:1, name: y }\n", "a", "s.k", "a: { b: x:1, name: y, s: { k: W } }\n"),
        ("a: {name: y, b: [1]}\n", "a", "k", "a: {name: y, k: W, b: [1]}\n"),
        ("a: {b: [1],}\n", "a", "k", "a: {b: [1], k: W,}\n"),
        ("a: {b: {c: 1}} # c\n", "a", "k", "a: {b: {c: 1}, k: W} # c\n"),
        ("a: {\"b\": \"c\"}\n", "a", "s.k", "a: {\"b\": \"c\", \"s\": { \"k\": \"W\" }}\n"),
        ("a: {\n  b: 1, # c\n  d: 2\n}\n", "a", "k", "a: {\n  b: 1, # c\n  d: 2,\n  k: W\n}\n"),
        ("a: {\n  name: 1, # c\n  d: 2\n}\n", "a", "k", "a: {\n  name: 1, k: W, # c\n  d: 2\n}\n"),
        // JSON.
        ("{\"a\":{\"b\":1}}", "a", "s.k", "{\"a\":{\"b\":1, \"s\": { \"k\": \"W\" }}}"),
        (
            "{\n    \"a\": {\n        \"name\": 1,\n        \"b\": 2\n    }\n}\n",
            "a",
            "s.k",
            "{\n    \"a\": {\n        \"name\": 1,\n        \"s\": {\n            \"k\": \"W\"\n        },\n        \"b\": 2\n    }\n}\n",
        ),
        ("{\"a\": {\"k\": \"x\"}}", "a", "k", "{\"a\": {\"k\": \"W\"}}"),
        ("{\"a\": {\"s\": null}}", "a", "s.k", "{\"a\": {\"s\": { \"k\": \"W\" }}}"),
        ("{\"a\": {}}", "a", "k", "{\"a\": { \"k\": \"W\" }}"),
        // Merges and aliases: own entries can be set, shared ones cannot.
        ("d: &d { b: 1 }\na:\n  name: x\n  <<: *d\n", "a", "k", "d: &d { b: 1 }\na:\n  name: x\n  k: W\n  <<: *d\n"),
        ("d: &d { k: 1 }\na:\n  <<: *d\n", "a", "k", "none"),
        ("d: &d\n  s:\n    b: 1\na:\n  <<: *d\n", "a", "s.k", "none"),
        ("d: &d { b: 1 }\na: *d\n", "a", "k", "none"),
        ("a: &a\n  b: 1\n", "a", "k", "none"),
        // Forms that are left alone.
        ("a:\n  k: >-\n    x\n", "a", "k", "none"),
        ("- b: |\n    text\n", "0", "k", "none"),
        ("a:\n  k: !!str x\n", "a", "k", "none"),
        ("a:\n  s: &x\n", "a", "s.k", "none"),
        ("a:\n  s: text\n", "a", "s.k", "none"),
        ("a:\n  k: \"x\\x41\"\n", "a", "k", "none"),
        ("a: { <<: { b: 1 } }\n", "a", "k", "none"),
    ] {
        let after = edited(before, base, |node| edit::set(node, path, Literal::Word("W"), &["name", "image"]));
        if after != expected {
            wrong.push(format!("{before:?} {path}\n  gave     {after:?}\n  expected {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn booleans_replace_what_is_no_boolean_in_yaml_1_2() {
    for (before, expected) in
        [("a: { k: yes }", "a: { k: false }"), ("{\"a\": { \"k\": true }}", "{\"a\": { \"k\": false }}")]
    {
        assert_eq!(edited(before, "a", |node| edit::set(node, "k", Literal::Bool(false), &[])), expected);
    }
}

#[test]
fn keys_are_renamed_in_their_quotes() {
    for (before, expected) in [
        ("a:\n  old: 1 # c\n", "a:\n  new: 1 # c\n"),
        ("a: { 'old': 1 }\n", "a: { 'new': 1 }\n"),
        ("{\"a\": {\"old\": 1}}", "{\"a\": {\"new\": 1}}"),
        ("d: &d { old: 1 }\na: { <<: *d }\n", "none"),
        ("d: &d 1\na: { old: *d }\n", "none"),
    ] {
        let after = edited(before, "a", |node| edit::rename_key(node.field("old").unwrap(), "new"));
        assert_eq!(after, expected, "{before:?}");
    }
}

#[test]
fn embedded_documents_are_left_alone() {
    let tree = parse("a: |\n  b: { k: x }\n");
    let root = tree.documents().next().unwrap().root;
    let (text, map) = root.field("a").unwrap().embedded().unwrap();
    let inner = yaml::parse_embedded(text, &map, Dialect::Yaml11);
    let inner = inner.documents().next().unwrap().root;
    assert_eq!(edit::set(inner, "b.k", Literal::Word("W"), &[]), None);
}
