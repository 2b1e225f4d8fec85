//! Shapes of inputs, and the places of what is said of them.

use portcullis_core::{FileId, LineIndex, Span};
use portcullis_model::packages::{Format, Surroundings, read_among};
use portcullis_policy::{Hint, Outline, Value, inputs};
use portcullis_syntax::{ini, properties, xml};
use serde_json::{Value as Json, json};

const FILE: FileId = FileId(0);

fn ini_of(text: &str) -> Json {
    inputs::ini(&ini::parse(FILE, text).0).to_json()
}

fn properties_of(text: &str) -> Json {
    inputs::properties(&properties::parse(FILE, text)).to_json()
}

fn xml_of(text: &str) -> Json {
    inputs::xml(&xml::parse(FILE, text)).to_json()
}

fn ignore_of(text: &str) -> Json {
    inputs::ignore(text).to_json()
}

fn packages_of(text: &str) -> Json {
    let text = text.into();
    let around = Surroundings { path: "Cargo.lock", text_of: &|_| None };
    let format = Format::of_path("Cargo.lock").expect("a lockfile has this name");
    let lock = read_among(format, FILE, &text, &around).lock.expect("the format is a lockfile's");
    inputs::packages(&lock, "Cargo.lock").to_json()
}

/// How a shape is made of a text.
type Shape = fn(&str) -> Json;

#[test]
fn texts_have_shapes() {
    let cases: &[(Shape, &str, Json)] = &[
        (
            ini_of,
            "a = 1\n[s]\nb = 1\nc = 1.5\nd = True\ne = yes\nf =",
            json!({"s": {"b": 1, "c": 1.5, "d": true, "e": "yes", "f": ""}}),
        ),
        (ini_of, "[s]\na = 1\n[t]\n[s]\na = 2\nb = inf", json!({"s": {"a": 2, "b": "inf"}, "t": {}})),
        (properties_of, "a = 1\nb\n", json!({"a": "1", "b": ""})),
        (xml_of, "<a/>", json!({"a": ""})),
        (xml_of, "<a> x </a>", json!({"a": "x"})),
        (xml_of, "<a b='1'>x</a>", json!({"a": {"-b": "1", "#content": "x"}})),
        (xml_of, "<a><b>1</b><c/><b>2</b></a>", json!({"a": {"b": ["1", "2"], "c": ""}})),
        (xml_of, "<p:a p:b='&lt;'><p:c>&amp;</p:c></p:a>", json!({"a": {"-b": "<", "c": "&"}})),
        (ignore_of, "a", json!([{"Kind": "Path", "Value": "a", "Original": "a"}])),
        (ignore_of, "#b", json!([{"Kind": "Comment", "Value": "b", "Original": "#b"}])),
        (
            packages_of,
            "version = 4\n[[package]]\nname = \"own\"\nversion = \"0.1.0\"\ndependencies = [\"a\"]\n\
             [[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"git+https://example.com/a?branch=x#0123456789abcdef0123456789abcdef01234567\"\n",
            json!({"path": "Cargo.lock", "packages": [{
                "ecosystem": "crates.io", "name": "a", "version": "1.0.0", "source": "git", "url": "https://example.com/a?branch=x",
                "commit": "0123456789abcdef0123456789abcdef01234567", "integrity": false, "install_script": false, "dependencies": []
            }]}),
        ),
    ];
    for (shape, text, expected) in cases {
        let mut found = shape(text);
        // Whether it is a direct dependency is for the manifest to say.
        for package in found.get_mut("packages").and_then(Json::as_array_mut).into_iter().flatten() {
            if let Some(package) = package.as_object_mut() {
                package.retain(|key, _| key != "direct" && key != "dev" && key != "optional");
            }
        }
        assert_eq!(found, *expected, "{text}");
    }
}

#[test]
fn combined_documents_have_paths() {
    let value = inputs::combined([("a.yaml", Value::from("x")), ("b.yaml", Value::NULL)]);
    assert_eq!(value.to_json(), json!([{"path": "a.yaml", "contents": "x"}, {"path": "b.yaml", "contents": null}]));
}

/// The text that a result is put at: by a dotted way, or else by its message.
fn place<'t>(outline: &Outline<'_>, text: &'t str, way: &str, message: &str) -> &'t str {
    let steps: Vec<String> = way.split('/').filter(|step| !step.is_empty()).map(str::to_owned).collect();
    let hint = Hint { paths: vec![steps], ..Hint::default() };
    outline.locate(&hint, message, Some(&LineIndex::new(text)), 0).place.span.slice(text)
}

#[test]
fn results_stand_where_they_say() {
    let whole = |text: &str| Span::new(FILE, 0, u32::try_from(text.len()).expect("it is short"));
    let text = "[users]\nallow = false\nmax = 10\n";
    let (sections, _) = ini::parse(FILE, text);
    let outline = Outline::of_ini(&sections, whole(text));
    for (way, message, expected) in
        [("users/max", "", "10"), ("users", "", "users"), ("", "allow is wrong", "false"), ("", "no such thing", "")]
    {
        assert_eq!(place(&outline, text, way, message), expected, "ini {way} {message}");
    }
    let text = "<a><b c='d'>1</b><b>2</b><e>3</e></a>";
    let document = xml::parse(FILE, text);
    let outline = Outline::of_xml(&document, whole(text));
    for (way, message, expected) in
        [("a/b/1", "", "2"), ("a/b/0/-c", "", "d"), ("a/e", "", "3"), ("a", "", "a"), ("", "nothing", "")]
    {
        assert_eq!(place(&outline, text, way, message), expected, "xml {way} {message}");
    }
    let text = "log.level = debug\nport: 80\n";
    let parsed = properties::parse(FILE, text);
    let outline = Outline::of_properties(&parsed, whole(text));
    for (way, message, expected) in [("log.level", "", "debug"), ("", "the port is open", "80")] {
        assert_eq!(place(&outline, text, way, message), expected, "properties {way} {message}");
    }
}
