//! What definitions say of custom resources, value by value: each case is a schema of `spec`, a `spec`, and the messages.
#![allow(clippy::unwrap_used, reason = "a panic is the failure message")]

use std::fmt::Write;
use std::sync::Arc;

use portcullis_core::FileId;
use portcullis_model::kubernetes::objects;
use portcullis_model::kubernetes::schema::Definitions;
use portcullis_rules::{Context, Dispatch, Outcome, catalog};
use portcullis_syntax::{Dialect, Tree, yaml};

fn parsed(text: &str) -> Tree {
    let tree = yaml::parse(FileId(0), &Arc::from(text), Dialect::Yaml11);
    assert!(tree.errors().is_empty(), "{text}");
    tree
}

/// What the rules about custom resources say of the texts, all of whose definitions count.
fn said(texts: &[&str]) -> Vec<String> {
    let trees: Vec<Tree> = texts.iter().map(|text| parsed(text)).collect();
    let mut definitions = Definitions::default();
    for tree in &trees {
        for object in tree.documents().flat_map(|document| objects(document.root)) {
            definitions.merge(Definitions::of(&object));
        }
    }
    let catalog = catalog();
    let ids = ["k8s-cr-schema-invalid", "k8s-cr-version-not-served"].map(|id| catalog.by_id(id).unwrap());
    let mut dispatch = Dispatch::new(&catalog, Context::default(), |rule| ids.contains(&rule));
    dispatch.define(Arc::new(definitions));
    let mut outcome = Outcome::default();
    for tree in &trees {
        for object in tree.documents().flat_map(|document| objects(document.root)) {
            dispatch.object(&object, &mut outcome);
        }
    }
    outcome.drafts.iter().map(|draft| draft.message.to_string()).collect()
}

/// A definition whose `spec` has a schema.
fn definition(schema: &str) -> String {
    format!(
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{ name: backups.example.org }}\n\
         spec:\n  group: example.org\n  scope: Namespaced\n  names: {{ kind: Backup, plural: backups }}\n  versions:\n\
         \x20   - name: v1\n      served: true\n      storage: true\n      schema:\n        openAPIV3Schema:\n\
         \x20         type: object\n          properties:\n            spec: {schema}\n"
    )
}

#[track_caller]
fn check(schema: &str, spec: &str, expected: &[&str]) {
    let object = format!("apiVersion: example.org/v1\nkind: Backup\nmetadata: {{ name: nightly }}\nspec: {spec}\n");
    assert_eq!(said(&[&definition(schema), &object]), expected, "{schema}\n{spec}");
}

/// The same of one field, `it`.
#[track_caller]
fn check_field(schema: &str, value: &str, expected: &[&str]) {
    check(&format!("{{ type: object, properties: {{ it: {schema} }} }}"), &format!("{{ it: {value} }}"), expected);
}

#[test]
fn values_are_held_to_what_is_asked_beyond_their_types() {
    for (schema, value, expected) in [
        ("{ type: string, pattern: \"^[a-z]+$\" }", "abc", &[][..]),
        ("{ type: string, pattern: \"^[a-z]+$\" }", "Abc", &["`it` does not match `^[a-z]+$`"]),
        ("{ type: string, pattern: \"^[a-z]+$\" }", "\"${NAME}\"", &[]),
        ("{ type: string, pattern: \"^[a-z]+$\" }", "\"a-{{ name }}\"", &[]),
        ("{ type: string, pattern: \"^[a-z]+$\" }", "<your-name>", &[]),
        ("{ type: string, pattern: \"^[a-z]+$\" }", "$(NAME)", &[]),
        ("{ type: string, pattern: \"(\" }", "Abc", &[]),
        ("{ type: string, minLength: 2, maxLength: 3 }", "\u{e9}\u{e9}\u{e9}", &[]),
        ("{ type: string, minLength: 2 }", "\u{e9}", &["`it` has 1 character, and needs at least 2 characters"]),
        ("{ type: string, maxLength: 3 }", "abcd", &["`it` has 4 characters, and may have at most 3 characters"]),
        ("{ type: string, format: date }", "2024-02-30", &["`it` is no date"]),
        ("{ type: string, format: int-or-string }", "x", &[]),
        ("{ type: string, enum: [a, b] }", "a", &[]),
        ("{ type: string, enum: [a, b] }", "\"\"", &["an empty text is no value of `it`, which is one of `a`, `b`"]),
        ("{ type: string, enum: [a, \"\"] }", "\"\"", &[]),
        ("{ type: integer, enum: [1, 2] }", "2", &[]),
        ("{ type: integer, enum: [1, 2] }", "3", &["`3` is no value of `it`, which is one of `1`, `2`"]),
        ("{ type: string, enum: [a, [b]] }", "c", &[]),
        ("{ type: boolean, enum: [true] }", "no", &["`no` is no value of `it`, which is one of `true`"]),
        ("{ type: integer, minimum: 1 }", "1", &[]),
        ("{ type: integer, minimum: 1 }", "0", &["`it` is 0, and at least 1 is allowed"]),
        ("{ type: integer, minimum: 1, maximum: 3 }", "4", &["`it` is 4, and from 1 to 3 is allowed"]),
        ("{ type: integer, minimum: 1, exclusiveMinimum: true }", "1", &["`it` is 1, and more than 1 is allowed"]),
        ("{ type: number, maximum: 0.5 }", "0.5", &[]),
        (
            "{ type: number, maximum: 0.5, exclusiveMaximum: true }",
            "0.5",
            &["`it` is 0.5, and less than 0.5 is allowed"],
        ),
        ("{ type: number, maximum: 0.5 }", "0.51", &["`it` is 0.51, and at most 0.5 is allowed"]),
        // The server cuts off the fraction of a bound of an integer.
        ("{ type: number, minimum: 0.5 }", "0", &[]),
        ("{ type: number, minimum: 0.5 }", "-1", &["`it` is -1, and at least 0.5 is allowed"]),
        ("{ type: integer, multipleOf: 5 }", "15", &[]),
        ("{ type: integer, multipleOf: 5 }", "16", &["`it` is 16, which is no multiple of 5"]),
        ("{ type: number, multipleOf: 0.1 }", "0.3", &[]),
        ("{ type: number, multipleOf: 0.1 }", "0.35", &["`it` is 0.35, which is no multiple of 0.1"]),
        (
            "{ type: integer, format: int32 }",
            "3000000000",
            &["`it` is 3000000000, and from -2147483648 to 2147483647 is allowed"],
        ),
        ("{ type: integer, format: int64 }", "3000000000", &[]),
        (
            "{ type: array, minItems: 1, items: { type: string } }",
            "[]",
            &["`it` is empty, and needs at least 1 element"],
        ),
        (
            "{ type: array, maxItems: 1, items: { type: string } }",
            "[a, b]",
            &["`it` has 2 elements, and may have at most 1 element"],
        ),
        (
            "{ type: array, x-kubernetes-list-type: set, items: { type: string } }",
            "[a, b, a]",
            &["`it[2]` is the same as an earlier element, in a list that is a set"],
        ),
        (
            "{ type: array, x-kubernetes-list-type: set, items: { x-kubernetes-int-or-string: true } }",
            "[1, \"1\", \"${A}\", \"${A}\"]",
            &[],
        ),
        (
            "{ type: array, x-kubernetes-list-type: set, items: { type: object, additionalProperties: { type: string } } }",
            "[{ a: b, c: d }, { a: c, c: d }, { c: d, a: b }]",
            &["`it[2]` is the same as an earlier element, in a list that is a set"],
        ),
        (
            "{ type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [port, protocol], items: { type: object, \
             properties: { port: { type: integer }, protocol: { type: string, default: TCP } } } }",
            "[{ port: 1 }, { port: 1, protocol: UDP }, { port: 1, protocol: TCP }]",
            &["an earlier element of this list has the same `port` and `protocol`"],
        ),
        ("{ type: array, items: { type: string } }", "[a, null]", &["`it[1]` is nothing, where text belongs"]),
        ("{ type: array, items: { type: string, nullable: true } }", "[a, null]", &[]),
        (
            "{ type: array, items: { type: array, items: { type: string } } }",
            "[[], [a, 1]]",
            &["`it[1][1]` is a number, where text belongs"],
        ),
        (
            "{ type: object, minProperties: 1, additionalProperties: { type: string } }",
            "{}",
            &["`it` is empty, and needs at least 1 field"],
        ),
        (
            "{ type: object, maxProperties: 1, additionalProperties: { type: string } }",
            "{ a: b, c: d }",
            &["`it` has 2 fields, and may have at most 1 field"],
        ),
        // Null is dropped, and a default is added.
        ("{ type: object, maxProperties: 1, additionalProperties: { type: string } }", "{ a: b, c: null }", &[]),
        ("{ type: object, minProperties: 1, properties: { a: { type: string, default: b } } }", "{}", &[]),
        (
            "{ type: object, required: [a], properties: { a: { type: string } } }",
            "{ a: null }",
            &["`a` is missing in `spec.it` in Backup `nightly`"],
        ),
        ("{ type: object, required: [a], properties: { a: { type: string, nullable: true } } }", "{ a: null }", &[]),
        ("{ type: object, required: [a], properties: { a: { type: string, default: b } } }", "{ a: null }", &[]),
        (
            "{ type: object, required: [a], additionalProperties: { type: string } }",
            "{ b: c }",
            &["`a` is missing in `spec.it` in Backup `nightly`"],
        ),
        ("{ x-kubernetes-int-or-string: true, pattern: \"^[0-9]+%$\" }", "25", &[]),
        ("{ x-kubernetes-int-or-string: true, pattern: \"^[0-9]+%$\" }", "25p", &["`it` does not match `^[0-9]+%$`"]),
        (
            "{ x-kubernetes-int-or-string: true, anyOf: [{ type: integer }, { type: string }], pattern: \"^[0-9]+%$\" }",
            "25%",
            &[],
        ),
        (
            "{ type: object, x-kubernetes-embedded-resource: true, x-kubernetes-preserve-unknown-fields: true }",
            "{ kind: Job, spec: { any: thing } }",
            &["`apiVersion` is missing in `spec.it` in Backup `nightly`"],
        ),
        ("{ x-kubernetes-preserve-unknown-fields: true }", "[any, { thing: 1 }]", &[]),
    ] {
        check_field(schema, value, expected);
    }
}

#[test]
fn combinations_are_judged_after_defaults() {
    let fields = "properties: { a: { type: string }, b: { type: string }, c: { type: integer, default: 3 }, \
                  list: { type: array, items: { type: object, properties: { x: { type: string } } } } }";
    for (combination, spec, expected) in [
        ("anyOf: [{ required: [a] }, { required: [b] }]", "{ a: x, b: z }", &[][..]),
        ("anyOf: [{ required: [a] }, { required: [b] }]", "{ c: 1 }", &["`spec` has none of `a`, `b`"]),
        ("anyOf: [{ required: [a] }, { required: [c] }]", "{}", &[]),
        ("anyOf: [{ required: [a] }, { properties: { c: { minimum: 5 } } }]", "{}", &[]),
        (
            "anyOf: [{ required: [a] }, { properties: { c: { minimum: 5 } } }]",
            "{ c: 4 }",
            &["`spec` does not have any of the 2 forms that its definition allows"],
        ),
        ("anyOf: [{ properties: { a: { enum: [x] } } }, { required: [b] }]", "{ a: \"${A}\" }", &[]),
        ("anyOf: [{ properties: { a: { enum: [x] } } }, { required: [b] }]", "{ a: null }", &[]),
        ("oneOf: [{ required: [a] }, { required: [b] }]", "{ b: x }", &[]),
        (
            "oneOf: [{ required: [a] }, { required: [b] }]",
            "{ a: x, b: z }",
            &["`spec` has `a` and `b`, of which one is allowed"],
        ),
        ("oneOf: [{ required: [a] }, { required: [b] }]", "{}", &["`spec` has none of `a`, `b`"]),
        ("oneOf: [{ required: [a] }, { required: [b] }]", "{ a: null, b: z }", &[]),
        (
            "oneOf: [{ required: [c] }, { required: [b] }]",
            "{ b: z }",
            &["`spec` has `c` and `b`, of which one is allowed"],
        ),
        (
            "oneOf: [{ properties: { a: { enum: [x] } } }, { properties: { a: { enum: [x, z] } } }]",
            "{ a: x }",
            &["`spec` has several of the forms of which its definition allows one"],
        ),
        ("not: { required: [a, b] }", "{ a: x }", &[]),
        ("not: { required: [a, b] }", "{ a: x, b: z }", &["`spec` must not have `a` and `b` together"]),
        ("not: { required: [a] }", "{ a: x }", &["`spec` must not have `a`"]),
        (
            "not: { properties: { a: { enum: [x] } }, required: [a] }",
            "{ a: x }",
            &["`spec` has the form that its definition rules out"],
        ),
        ("not: { properties: { a: { enum: [x] } }, required: [a] }", "{ a: \"${A}\" }", &[]),
        (
            "not: { anyOf: [{ required: [a] }, { required: [b] }] }",
            "{ b: x }",
            &["`spec` has the form that its definition rules out"],
        ),
        ("not: { not: { required: [a] } }", "{}", &["`spec` has the form that its definition rules out"]),
        (
            "allOf: [{ properties: { a: { maxLength: 1 } } }, { required: [b] }]",
            "{ a: xy }",
            &["`a` has 2 characters, and may have at most 1 character", "`b` is missing in `spec` in Backup `nightly`"],
        ),
        ("allOf: [{ anyOf: [{ required: [a] }, { required: [b] }] }]", "{}", &["`spec` has none of `a`, `b`"]),
        (
            "allOf: [{ properties: { list: { items: { required: [x] } } } }]",
            "{ list: [{ x: a }, {}] }",
            &["`x` is missing in `spec.list` in Backup `nightly`"],
        ),
        (
            "anyOf: [{ properties: { list: { items: { properties: { x: { enum: [a] } } } } } }]",
            "{ list: [{ x: b }] }",
            &["`spec` does not have the form that its definition allows"],
        ),
        ("anyOf: [\"${ANY}\", { required: [a] }]", "{}", &[]),
    ] {
        check(&format!("{{ type: object, {fields}, {combination} }}"), spec, expected);
    }
}

#[test]
fn parts_of_objects_lack_nothing() {
    let schema = "{ type: object, required: [a, b], properties: { a: { type: string }, b: { type: string }, c: { type: string } }, \
                  oneOf: [{ required: [a] }, { required: [b] }] }";
    check(schema, "{ c: x }", &[]);
}

#[test]
fn the_root_is_judged_as_well() {
    let definition = definition("{ type: object, properties: { a: { type: string } } }").replace(
        "          type: object\n          properties:\n",
        "          type: object\n          oneOf: [{ required: [spec] }, { required: [data] }]\n          properties:\n\
         \x20           data: { type: object, additionalProperties: { type: string } }\n\
         \x20           metadata: { type: object, properties: { name: { type: string, pattern: \"^[a-z]+$\", maxLength: 4 } } }\n",
    );
    for (object, expected) in [
        ("metadata: { name: abc }\nspec: { a: x }\n", &[][..]),
        ("metadata: { name: ab1c }\ndata: { a: x }\n", &["`name` does not match `^[a-z]+$`"]),
        (
            "metadata: { name: abcde, labels: { a: 1 } }\nspec: {}\ndata: {}\n",
            &[
                "Backup `abcde` has `spec` and `data`, of which one is allowed",
                "`a` is a number, where text belongs",
                "`name` has 5 characters, and may have at most 4 characters",
            ],
        ),
    ] {
        let object = format!("apiVersion: example.org/v1\nkind: Backup\n{object}");
        assert_eq!(said(&[&definition, &object]), expected, "{object}");
    }
}

#[test]
fn versions_are_those_that_any_definition_serves() {
    let definition = |versions: &[(&str, &str)]| {
        let mut text = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: { name: backups.example.org }\n\
                        spec:\n  group: example.org\n  names: { kind: Backup, plural: backups }\n  versions:\n"
            .to_owned();
        for (name, served) in versions {
            writeln!(
                text,
                "    - {{ name: {name}, served: {served}, schema: {{ openAPIV3Schema: {{ type: object }} }} }}"
            )
            .unwrap();
        }
        text
    };
    let beta = "apiVersion: apiextensions.k8s.io/v1beta1\nkind: CustomResourceDefinition\nmetadata: { name: backups.example.org }\n\
                spec: { group: example.org, names: { kind: Backup, plural: backups }, version: v1alpha1 }\n";
    let no_version = "the definition of Backup has no version `v1alpha1`";
    for (definitions, expected) in [
        (vec![definition(&[("v1", "true")])], &[no_version][..]),
        (
            vec![definition(&[("v1", "true"), ("v1alpha1", "false")])],
            &["the definition of Backup does not serve `v1alpha1`"],
        ),
        (vec![definition(&[("v1alpha1", "true")])], &[]),
        (vec![definition(&[("v1alpha1", "\"${SERVED}\"")])], &[]),
        (vec![definition(&[("\"${VERSION}\"", "true")])], &[]),
        (vec![definition(&[("v1", "true")]), definition(&[("v1alpha1", "true")])], &[]),
        (vec![definition(&[("v1", "true"), ("v1alpha1", "false")]), definition(&[("v1alpha1", "true")])], &[]),
        (vec![definition(&[("v1", "true")]), definition(&[("v2", "true")])], &[no_version]),
        (vec![definition(&[("v1", "true")]), beta.to_owned()], &[]),
        (vec![definition(&[]).replace("  versions:\n", "  versions: ${VERSIONS}\n")], &[]),
        (vec![definition(&[("v1", "true")]).replace("Backup,", "Restore,")], &[]),
        (vec![definition(&[("v1", "true")]).replace("group: example.org", "group: example.com")], &[]),
    ] {
        let mut texts: Vec<&str> = definitions.iter().map(String::as_str).collect();
        texts.push("apiVersion: example.org/v1alpha1\nkind: Backup\nmetadata: { name: nightly }\n");
        assert_eq!(said(&texts), expected, "{definitions:?}");
    }
}
