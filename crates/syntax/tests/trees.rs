//! Trees of YAML and JSON texts, written out with the source slice of every node.
#![allow(clippy::string_slice)] // the texts are ours, cut at checked boundaries

use std::fmt::Write as _;
use std::sync::Arc;

use portcullis_core::{FileId, SyntaxErrorKind};
use portcullis_syntax::{Dialect, Lookup, Node, Tree, Value, json, yaml};

fn parse(text: &str) -> Tree {
    yaml::parse(FileId(0), &Arc::from(text), Dialect::Yaml11)
}

/// `{key: value}` with strings quoted, `?` for unknowns; documents joined by ` | `, then errors behind `!`.
fn dump(tree: &Tree) -> String {
    let mut out = tree.documents().map(|document| show(document.root)).collect::<Vec<_>>().join(" | ");
    for error in tree.errors() {
        let slice = error.span.slice(tree.text());
        let _ = write!(out, " !{:?} {slice:?}", error.kind);
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
            let open = if map.is_open() { "…" } else { "" };
            let entries = map.entries().map(|(key, value)| format!("{}: {}", key.text(), show(value)));
            format!("{{{}{open}}}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

#[test]
fn yaml_becomes_trees() {
    for (text, expected) in [
        ("", ""),
        ("# only a comment\n", ""),
        ("a: 1\nb: [x, 'y']\n", r#"{a: 1, b: ["x", "y"]}"#),
        ("a: yes\nb: \"yes\"\nc: !!str yes\n", r#"{a: true, b: "yes", c: "yes"}"#),
        ("a:\nb: ~\n", "{a: null, b: null}"),
        ("a: 1\n---\nb: 2\n...\n---\nc: 3\n", "{a: 1} | {b: 2} | {c: 3}"),
        ("--- # comment\na: 1\n", "{a: 1}"),
        ("\u{feff}a: é\r\nb: |\r\n  x\r\n  y\r\n", r#"{a: "é", b: "x\ny\n"}"#),
        ("i: nginx:${TAG}\nj: {{ x }}\nk: {a: {{ y }}}\n", r#"{i: T"nginx:${TAG}", j: ?, k: {a: ?}}"#),
        ("i: nginx:${TAG}\nk: ${X}\n", r#"{i: T"nginx:${TAG}", k: ?}"#),
        ("base: &b {x: 1, y: 2}\nc:\n  <<: *b\n  y: 3\n", "{base: {x: 1, y: 2}, c: {y: 3, x: 1}}"),
        ("b: &b {x: 1}\nd: &d {x: 2, z: 3}\nc:\n  <<: [*b, *d]\n", "{b: {x: 1}, d: {x: 2, z: 3}, c: {x: 1, z: 3}}"),
        ("b: &b [1, 2]\nc: *b\n", "{b: [1, 2], c: [1, 2]}"),
        ("c: *nowhere\nd: 1\n", "{c: ?, d: 1} !Invalid \"*nowhere\""),
        ("a: &a [*a]\n", "{a: [?]} !Invalid \"*a\""),
        ("c:\n  <<: *nowhere\n  d: 1\n", "{c: {d: 1…}} !Invalid \"*nowhere\""),
        ("a:\n  b: \"x\n  y\"\n  c: 'é  \r\n to z'\n", r#"{a: {b: "x y", c: "é to z"}}"#),
        ("a: 'x\ny'\n---\na:\n  b: \"x\n  c: 1\n---\nb: 1\n", r#"{a: "x y"} | ? | {b: 1} !Invalid "c""#),
        ("a: \"x\n\ny\"\n---\nb: 1\n", "? | {b: 1} !Invalid \"y\""),
        ("a: 1\nb: 2\na: 3\n", "{a: 3, b: 2} !DuplicateKey \"a\""),
        ("a: !Ref thing\nb: !!int '5'\n", r#"{a: ?, b: "5"}"#),
        ("? [x, y]\n: 1\nb: 2\n", "{b: 2…}"),
        ("a: [1\n---\nb: 2\n", "? | {b: 2} !Invalid \"[\""),
        ("a: 1\n---\n\tb: [\n---\nc: 3\n", "{a: 1} | ? | {c: 3} !Invalid \"[\""),
        ("a: b: c\n---\nd: 1\n---\ne: }\n---\nf: 1\n", "? | {d: 1} | ? | {f: 1} !Invalid \":\" !Invalid \"}\""),
    ] {
        assert_eq!(dump(&parse(text)), expected, "{text:?}");
    }
}

#[test]
fn json_becomes_trees() {
    for (text, expected) in [
        ("", ""),
        (r#"{"a": [1, true, null, "x"]}"#, r#"{a: [1, true, null, "x"]}"#),
        ("\u{feff}{\"a\": \"\\u00e9\\ud83d\\ude00\\n\"}", "{a: \"é😀\\n\"}"),
        (r#"{"a": "yes", "b": -1.5e3}"#, r#"{a: "yes", b: -1.5e3}"#),
        ("{}\n[]\n", "{} | []"),
        (r#"{"a": 1, "a": 2}"#, "{a: 2} !DuplicateKey \"\\\"a\\\"\""),
        (r#"{"a": 1,}"#, "? !Invalid \"}\""),
        (r#"{"a": 01}"#, "? !Invalid \"0\""),
        (r#"{"<<": {"a": 1}}"#, "{<<: {a: 1}}"),
        ("{\"a\": \"x", "? !Invalid \"\""),
        ("[1] x", "[1] | ? !Invalid \"x\""),
    ] {
        assert_eq!(dump(&json::parse(FileId(0), &Arc::from(text))), expected, "{text:?}");
    }
}

#[test]
fn long_texts_of_json_lose_their_escapes() {
    let long = |unit: &str| unit.repeat(40_000);
    for units in [&["a\n"][..], &["a\n", "b"], &["\"", "c\\"], &["é\n", "x", "\\\"y"]] {
        let values: Vec<String> = units.iter().map(|unit| long(unit)).chain(["short\t".to_owned()]).collect();
        let written: Vec<String> = values
            .iter()
            .map(|value| value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\t', "\\t"))
            .map(|value| format!("\"{}\"", value.replace('é', "\\u00e9")))
            .collect();
        let tree = json::parse(FileId(0), &Arc::from(format!("[{}]", written.join(","))));
        assert_eq!(tree.errors(), []);
        let found: Vec<&str> = tree.documents().next().unwrap().root.items().map(Node::text).collect();
        assert!(found == values, "{units:?}");
    }
}

#[test]
fn spans_are_the_written_bytes() {
    let text =
        "\u{feff}# é\r\nname: \"é-x\"  # note\r\nimage: &i nginx:1\nlist:\n  - k: |\n      one\n\n      two\n  - *i\n";
    let tree = parse(text);
    let root = tree.documents().next().unwrap().root;
    let slice = |path: &str| root.get(path).present().unwrap().span().slice(text);
    assert_eq!(slice("name"), "\"é-x\"");
    assert_eq!(slice("image"), "nginx:1");
    assert_eq!(root.get("name").present().unwrap().key().unwrap().span().slice(text), "name");
    let list = root.get("list").present().unwrap();
    let items: Vec<Node<'_>> = list.items().collect();
    // An alias points at what it stands for; the alias itself is the way it came.
    assert_eq!(items[1].span().slice(text), "nginx:1");
    assert_eq!(items[1].via().map(|span| span.slice(text)).collect::<Vec<_>>(), ["*i"]);
    assert_eq!(items[1].parent(), Some(list));
    let comments: Vec<_> = tree.comments().iter().map(|c| (c.span.slice(text), c.own_line)).collect();
    assert_eq!(comments, [("# é", true), ("# note", false)]);
}

#[test]
fn lookups_tell_absent_from_unknown() {
    let text = "kind: Pod\nmetadata: {name: web}\nspec:\n  a: text\n  b:\n  c: ${C}\n  d: &x {<<: *gone, k: 1}\n  list:\n    - name: first\n      v: 1\n";
    let tree = parse(text);
    let root = tree.documents().next().unwrap().root;
    let at = |path: &str| match root.get(path) {
        Lookup::Present(node) => format!("present {}", node.span().slice(text)),
        Lookup::Absent(anchor) => format!("absent {}", anchor.span().slice(text)),
        Lookup::Unknown(_) => "unknown".to_owned(),
    };
    for (path, expected) in [
        ("spec.a", "present text"),
        ("spec.a.x", "unknown"),
        ("spec.b", "absent b"),
        ("spec.b.x", "absent b"),
        ("spec.c", "present ${C}"),
        ("spec.c.x", "unknown"),
        ("spec.d.k", "present 1"),
        ("spec.d.other", "unknown"),
        ("spec.missing", "absent spec"),
        ("missing", "absent web"),
    ] {
        assert_eq!(at(path), expected, "{path}");
    }
    let element = root.get("spec.list").present().unwrap().items().next().unwrap();
    assert_eq!(element.get("x").absent().unwrap().span().slice(text), "first");
}

#[test]
fn the_structure_of_a_place_does_not_depend_on_its_line_or_its_order() {
    let structure = |text: &str, path: &str, name: &str| {
        let tree = parse(text);
        let list = tree.documents().next().unwrap().root.get(path).present().unwrap();
        list.items().find(|item| item.field("name").is_some_and(|n| n.text() == name)).unwrap().structure()
    };
    let one = structure("c:\n- name: a\n- name: b\n", "c", "b");
    assert_eq!(one, structure("# moved\n\nc: [{name: b, x: 1}, {name: a}]\n", "c", "b"));
    assert_ne!(one, structure("c:\n- name: a\n- name: b\n", "c", "a"));
}

#[test]
fn hostile_documents_are_bounded() {
    let deep_flow = "[".repeat(10_000);
    let mut deep_block = String::new();
    for depth in 0..10_000 {
        writeln!(deep_block, "{}a:", " ".repeat(depth.min(300))).unwrap();
    }
    let deep_dashes = "- ".repeat(10_000);
    for text in [deep_flow, deep_dashes, deep_block, "{a: ".repeat(10_000)] {
        let tree = parse(&text);
        assert!(!tree.errors().is_empty(), "{}", &text[..20]);
        assert!(tree.documents().all(|document| document.root.is_unknown()));
    }
    let deep_json = "[".repeat(10_000);
    assert_eq!(json::parse(FileId(0), &Arc::from(deep_json)).errors()[0].kind, SyntaxErrorKind::Limit);

    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..30 {
        let below = level - 1;
        let aliases = vec![format!("*a{below}"); 10].join(", ");
        writeln!(bomb, "a{level}: &a{level} [{aliases}]").unwrap();
    }
    let tree = parse(&bomb);
    let limits = tree.errors().iter().filter(|error| error.kind == SyntaxErrorKind::Limit).count();
    assert_eq!(limits, 1);
    assert!(show(tree.documents().next().unwrap().root).len() < 2_000_000);
}

#[test]
fn many_comments_and_long_keys_are_read() {
    let text = format!("a:\n{}  b: 1\n", "  # note\n".repeat(500));
    assert_eq!(dump(&parse(&text)), "{a: {b: 1}}");
}

#[test]
fn embedded_documents_point_into_the_file() {
    for (text, needle, inner) in [
        ("data:\n  app.yaml: |\n    # note\n    key: value\n\n    other:\n      - deep: needle\n", "needle", "needle"),
        ("data:\r\n  app.yaml: |\r\n    key: value\r\n    other: needle\r\n", "needle", "needle"),
        ("data:\n  app.yaml: \"key: value\\nother: needle\\n\"\n", "needle", "needle"),
        ("data:\n  app.yaml: \"a: \\\"é\\\"\\nother: needle\"\n", "needle", "needle"),
        ("data:\n  app.yaml: 'it''s: {other: needle}'\n", "needle", "needle"),
        ("data:\n  app.yaml: >\n    {a: b,\n    other: needle}\n", "needle", "needle"),
        ("data:\n  app.yaml: {other: needle}\n", "", ""),
    ] {
        let tree = parse(text);
        let scalar = tree.documents().next().unwrap().root.field("data").unwrap().field("app.yaml").unwrap();
        let Some((decoded, map)) = scalar.embedded() else {
            assert_eq!(needle, "", "{text:?}");
            continue;
        };
        let inside = yaml::parse_embedded(decoded, &map, Dialect::Yaml11);
        let root = inside.documents().next().unwrap().root;
        let found = find(root, inner).unwrap_or_else(|| panic!("no {inner} in {}", dump(&inside)));
        assert_eq!(found.span().slice(text), needle, "{text:?}");
    }
}

fn find<'t>(node: Node<'t>, text: &str) -> Option<Node<'t>> {
    if node.text() == text {
        return Some(node);
    }
    node.items().find_map(|item| find(item, text)).or_else(|| node.entries().find_map(|(_, value)| find(value, text)))
}

#[test]
fn no_prefix_and_no_stray_byte_makes_a_parser_panic() {
    let texts = [
        "a: &x {b: [1, \"é\\n\"], <<: *x}\nc: |\n  text\n--- # n\n? k\n: v\n...\n",
        "{\"a\": [1, {\"b\": \"\\u00e9\"}], \"c\": null}",
    ];
    for text in texts {
        for cut in (0..=text.len()).filter(|&cut| text.is_char_boundary(cut)) {
            for stray in ["", "\t", "\u{0}", "{", "]", "\"", "- ", ": ", "\u{feff}", "&", "*", "%", "\r"] {
                let mutated = format!("{}{stray}{}", &text[..cut], &text[cut..]);
                for text in [mutated.as_str(), &mutated[..cut + stray.len()]] {
                    for tree in [parse(text), json::parse(FileId(0), &Arc::from(text))] {
                        for document in tree.documents() {
                            walk(document.root, text);
                        }
                        for error in tree.errors() {
                            assert!(text.get(error.span.start as usize..error.span.end as usize).is_some(), "{text:?}");
                        }
                    }
                }
            }
        }
    }
}

/// Every span lies in the text, on character boundaries; embedding works from every scalar.
fn walk(node: Node<'_>, text: &str) {
    let span = node.span();
    assert!(text.get(span.start as usize..span.end as usize).is_some(), "{span:?} in {text:?}");
    if let Some((decoded, map)) = node.embedded() {
        let _ = yaml::parse_embedded(decoded, &map, Dialect::Yaml12);
    }
    for child in node.items().chain(node.entries().map(|(_, value)| value)) {
        walk(child, text);
    }
}

/// Files that are read line by line, and what an editor's slip makes of them, have the trees that the full parser makes.
#[test]
fn the_short_way_leads_where_the_full_parser_does() {
    const TEXTS: &[&str] = &[
        "# top\na: 1 # one\nb: \"x\"\nc:\n  d: 'y' \n  # inner\n  e:\n  f:   # none\nkey with blanks: -1\n",
        "l:\n- a\n- b: 1\n  c: [x, \"y\", {z: 1}]\n- - n\n  - m\n-\n  d: {}\n- #\nk:\n  - x\n\n---\n- y: z\n",
        "e: {n: ^18 || >=20 <3, m: ~, k: ~1.2, l: [^a, b*c, d@e&f!g]}\nf: {g: x|y}\n",
        "t: |\n  one\n    two\n\n  three\nu:\n  v: |-\n    x # no comment\n\n\n# end\nw: a:b # c\nurl: http://h:1/#x\n",
    ];
    const SLIPS: &[&str] =
        &[" ", "  ", "\n", "-", "- ", ":", ": ", "#", "\"", "'", "|", ">", "[", "}", ",", "*", "&", "!", "\t", "é"];
    let same = |text: &str| {
        let text: Arc<str> = Arc::from(text);
        for dialect in [Dialect::Yaml11, Dialect::Yaml12] {
            let (short, full) = (yaml::parse(FileId(0), &text, dialect), yaml::parse_events(FileId(0), &text, dialect));
            assert_eq!(short, full, "{text:?}");
        }
    };
    for text in TEXTS {
        same(text);
        for at in 0..text.len() {
            same(&text[..at]);
            same(&format!("{}{}", &text[..at], &text[at + 1..]));
            for slip in SLIPS {
                same(&format!("{}{slip}{}", &text[..at], &text[at..]));
            }
        }
    }
}

#[test]
fn anchors_and_merges_have_their_places() {
    let text = "a: &one 1\nb: &two { x: 1 }\nc: &three\n  y: 2\nd: [*one, &four !!str 4]\ne: { <<: *two, z: 1 }\n";
    let tree = parse(text);
    let anchors: Vec<(&str, bool)> =
        tree.anchors().iter().map(|anchor| (anchor.span.slice(text), anchor.used)).collect();
    assert_eq!(anchors, [("&one", true), ("&two", true), ("&three", false), ("&four", false)]);
    let merges: Vec<&str> = tree.merges().iter().map(|merge| merge.slice(text)).collect();
    assert_eq!(merges, ["<<"]);
}
