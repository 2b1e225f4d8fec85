//! Definitions of one name in several places: functions of several modules, and rules that say something else of each.

use std::fmt::Write as _;

use portcullis_policy::{Form, Kind, Library, Module, Namespaces, Options, Policies, Value};
use serde_json::{Value as Json, json};

fn modules(texts: &[&str]) -> Vec<Module> {
    texts.iter().enumerate().map(|(at, text)| Module::new(format!("p{at}.rego"), *text)).collect()
}

#[test]
fn functions_of_several_modules_are_one() {
    let cases: &[(&[&str], Json)] = &[
        (
            &["x := [f(1), f(2)]\nf(a) := 1 if a == 1", "f(b) := 2 if { b == 2 }", "f(c) := [c] if c == 3"],
            json!([1, 2]),
        ),
        (
            &[
                "x := [y | some n in [1, 2, 3]; y := f(n, 0)]\nf(a, b) := [a, c] if { a == 1; c := b }",
                "f(c, _) := c if {\n c == 2\n}\nf(c, d) := d if c == 3",
            ],
            json!([[1, 0], 2, 0]),
        ),
        (&["x if f({\"a\": [1, 2]})", "f({\"a\": [a, _]}) if a == 1", "f([a]) if a == 2"], json!(true)),
        (&["x if not f(2)", "f(a) if a == 1", "f(b) if b == 3"], json!(true)),
        (&["x := y if { y := f(3) with f as g }\ng(a) := a + 1", "f(a) := a", "f(b) := b"], json!(4)),
        (&["x := f(3)", "default f(_) := 7", "f(b) := b if b == 4"], json!(7)),
    ];
    for (texts, expected) in cases {
        let texts: Vec<String> = texts.iter().map(|text| format!("package p\nimport rego.v1\n{text}")).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let (library, faults) = Library::compile(&modules(&texts), &Value::UNDEFINED, &Options::default());
        assert_eq!(faults, Vec::new(), "{texts:?}");
        let value = library.worker().rule("data.p.x", &Value::NULL).map(|value| value.to_json());
        assert_eq!(value.as_ref(), Ok(expected), "{texts:?}");
    }
}

#[test]
fn functions_of_old_modules_are_one() {
    let texts = ["package p\nx = [f(1), f(2)]\nf(a) = b { a == 1; b := 5 }", "package p\nf(b) = c { b == 2; c := 6 }"];
    let (library, faults) = Library::compile(&modules(&texts), &Value::UNDEFINED, &Options::default());
    assert_eq!(faults, Vec::new());
    assert_eq!(library.worker().rule("data.p.x", &Value::NULL).map(|value| value.to_json()), Ok(json!([5, 6])));
    let broken = ["package p\nf(a) = b { b := f(a) }", "package p\nf(b) = c { c := nofn(b) }"];
    let (_, faults) = Library::compile(&modules(&broken), &Value::UNDEFINED, &Options::default());
    let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(faults, ["p0.rego:2:1: data.p.f needs its own value", "p1.rego:2:17: unknown function nofn"]);
}

/// Modules; then of each result of `deny` the rule's id, severity and title.
type Said<'c> = (&'c [&'c str], &'c [(&'c str, &'c str, &'c str, &'c str)]);

#[test]
fn each_definition_speaks_for_itself() {
    let cases: &[Said<'_>] = &[
        // In one module, and in two.
        (
            &[
                "# METADATA\n# title: No latest tag\n# custom: {severity: LOW}\ndeny contains \"a\" if true\n# METADATA\n# title: B\n# custom: {severity: CRITICAL, id: ORG-2}\ndeny contains \"b\" if true\ndeny contains \"c\" if true",
            ],
            &[
                ("a", "policy/main/deny/no-latest-tag", "low", "No latest tag"),
                ("b", "ORG-2", "critical", "B"),
                ("c", "policy/main/deny", "high", "The policy `main` has findings by its rule `deny`"),
            ],
        ),
        (
            &[
                "# METADATA\n# title: A\ndeny contains \"a\" if true",
                "# METADATA\n# title: B\ndeny contains \"b\" if true",
            ],
            &[("a", "policy/main/deny/a", "high", "A"), ("b", "policy/main/deny/b", "high", "B")],
        ),
        // Titles that are alike.
        (
            &[
                "# METADATA\n# title: A\ndeny contains \"a\" if true\n# METADATA\n# title: A!\ndeny contains \"b\" if true",
            ],
            &[("a", "policy/main/deny/a", "high", "A"), ("b", "policy/main/deny/a-2", "high", "A!")],
        ),
        // The same, and nothing, is said of all.
        (
            &[
                "# METADATA\n# title: A\ndeny contains \"a\" if true\n# METADATA\n# title: A\ndeny contains \"b\" if true",
            ],
            &[("a", "policy/main/deny", "high", "A"), ("b", "policy/main/deny", "high", "A")],
        ),
        // The document's block holds for those that say nothing.
        (
            &[
                "# METADATA\n# scope: document\n# title: All\n# custom: {severity: INFO}\ndeny contains \"a\" if true",
                "# METADATA\n# title: B\ndeny contains \"b\" if true",
            ],
            &[("a", "policy/main/deny", "info", "All"), ("b", "policy/main/deny/b", "info", "B")],
        ),
        // Others may ask for all of them, and exceptions name the rule.
        (
            &[
                "# METADATA\n# title: A\ndeny contains \"a\" if true\n# METADATA\n# title: B\ndeny contains \"b\" if true\nwarn contains m if { count(deny) == 2; some m in deny }",
            ],
            &[
                ("a", "policy/main/deny/a", "high", "A"),
                ("b", "policy/main/deny/b", "high", "B"),
                ("a", "policy/main/warn", "info", "The policy `main` has findings by its rule `warn`"),
                ("b", "policy/main/warn", "info", "The policy `main` has findings by its rule `warn`"),
            ],
        ),
        (
            &[
                "# METADATA\n# title: A\ndeny_x contains \"a\" if true\n# METADATA\n# title: B\ndeny_x contains \"b\" if true\nexception contains [\"x\"] if true",
            ],
            &[],
        ),
    ];
    for (texts, expected) in cases {
        let texts: Vec<String> = texts.iter().map(|text| format!("package main\nimport rego.v1\n{text}")).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let loaded = Policies::load(&modules(&texts), &Value::UNDEFINED, &Namespaces::default(), &Options::default());
        let (policies, mut faults) = loaded;
        let what = (Kind::Yaml, Form::Plain);
        let found = policies.judge(&mut policies.worker(), what, &Value::from(json!({})), &|_| true, &mut faults);
        assert_eq!(faults, Vec::new(), "{texts:?}");
        let said = found.iter().filter_map(|it| {
            let meta = &policies.checks().get(it.check)?.meta;
            Some((it.message.as_str(), &*meta.id, meta.severity.to_string(), meta.title().to_owned()))
        });
        let said: Vec<_> = said.collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|&(message, id, severity, title)| (message, id, severity.to_owned(), title.to_owned()))
            .collect();
        assert_eq!(said, expected, "{texts:?}");
    }
}

#[test]
fn thousands_of_definitions_are_one_set() {
    const COUNT: usize = 3000;
    let mut text = format!("package main\nimport rego.v1\nwarn contains \"all\" if count(deny) == {COUNT}\n");
    for at in 0..COUNT {
        writeln!(text, "# METADATA\n# title: T{at}\ndeny contains \"{at}\" if true").expect("a string takes all");
    }
    let loaded = Policies::load(&modules(&[&text]), &Value::UNDEFINED, &Namespaces::default(), &Options::default());
    let (policies, mut faults) = loaded;
    let what = (Kind::Yaml, Form::Plain);
    let found = policies.judge(&mut policies.worker(), what, &Value::from(json!({})), &|_| true, &mut faults);
    assert_eq!(faults, Vec::new());
    assert_eq!(found.len(), COUNT + 1);
    assert_eq!(found.iter().filter(|it| it.message.as_str() == "all").count(), 1);
}
