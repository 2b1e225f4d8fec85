//! Loading and evaluating: results, faults with their places, isolation, aggregates.

use std::sync::Arc;

use portcullis_core::FileId;
use portcullis_policy::{Fault, Library, Module, Options, RegoVersion, RuleKind, Scope, Value};
use portcullis_syntax::{Dialect, yaml};
use serde_json::{Value as Json, json};

fn modules(texts: &[&str]) -> Vec<Module> {
    texts.iter().enumerate().map(|(at, text)| Module::new(format!("p{at}.rego"), *text)).collect()
}

fn load(texts: &[&str]) -> (Library, Vec<String>) {
    let (library, faults) = Library::compile(&modules(texts), &Value::UNDEFINED, &Options::default());
    (library, faults.iter().map(Fault::to_string).collect())
}

/// The value of `data.p.x` in one module, as JSON; faults are strings.
fn x(text: &str, input: Json) -> Json {
    let (library, faults) = load(&[text]);
    if let Some(fault) = faults.first() {
        return Json::from(format!("load: {fault}"));
    }
    match library.worker().rule("data.p.x", &Value::from(input)) {
        Ok(value) if value.is_undefined() => Json::from("undefined"),
        Ok(value) => value.to_json(),
        Err(fault) => Json::from(format!("evaluate: {fault}")),
    }
}

#[test]
fn rules_have_the_values_that_opa_gives_them() {
    let cases: &[(&str, Json)] = &[
        ("package p\nx := 1 + 1", json!(2)),
        ("package p\nx contains input.a if input.a == 1", json!([1])),
        ("package p\nx[y] { y := input.a }", json!([1])),
        ("package p\nx := y if { y := input.nope } else := \"dflt\"", json!("dflt")),
        ("package p\nx if input.nope", json!("undefined")),
        ("package p\nx := to_number(\"a\")", json!("undefined")),
        ("package p\nx := object.subset([1, 2], [])", json!(true)),
        ("package p\nx := object.subset({\"a\": {\"b\": 1, \"c\": 2}}, {\"a\": {\"b\": 1}})", json!(true)),
        ("package p\nx := sprintf(\"%v %s\", [1])", json!("1 %!s(MISSING)")),
        ("package p\nx := sprintf(\"%v\", [1, \"a\"])", json!("1%!(EXTRA string=a)")),
        (
            "package p\nx := sprintf(\"%T %q %d %s %5d%%\", [\"a\", \"b\", \"c\", 3, 7])",
            json!("string \"b\" %!d(string=c) %!s(int=3)     7%"),
        ),
        ("package p\nx := regex.match(`^(?i)\\s*[\\p{L}\\d]{2,64}$`, \" Ab\")", json!(true)),
        (
            "package p\nx := io.jwt.decode(\"eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.AA\")",
            json!([{ "alg": "HS256" }, { "a": 1 }, "00"]),
        ),
        ("package p\nx := any([false, true])", json!(true)),
        ("package p\nx := all([false, true])", json!(false)),
        ("package p\nx := re_match(\"^a+$\", \"aaa\")", json!(true)),
        (
            "package p\nx := crypto.sha256(\"a\")",
            json!("ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"),
        ),
        ("package p\nx := crypto.md5(\"\")", json!("d41d8cd98f00b204e9800998ecf8427e")),
        (
            "package p\nx := crypto.hmac.sha256(\"what do ya want for nothing?\", \"Jefe\")",
            json!("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        ),
        ("package p\nx := array.flatten([1, [2, [3]]])", json!([1, 2, [3]])),
        (
            "package p\nx := net.cidr_merge([\"10.0.0.0/25\", \"10.0.0.128/25\", \"10.0.0.7/32\"])",
            json!(["10.0.0.0/24"]),
        ),
        ("package p\nx := net.cidr_intersects(\"10.0.0.0/8\", \"10.1.0.0/16\")", json!(true)),
        (
            "package p\nx := net.cidr_contains_matches(\"10.0.0.0/8\", [\"10.1.2.3\", \"11.0.0.0\"])",
            json!([["10.0.0.0/8", 0]]),
        ),
        ("package p\nx := numbers.range(3, 1)", json!([3, 2, 1])),
        ("package p\nx := cidr.is_public(\"0.0.0.0/0\")", json!(true)),
        ("package p\nx := cidr.is_public(\"10.1.0.0/16\")", json!(false)),
        ("package p\nx := cidr.count_addresses(\"10.1.0.0/16\")", json!(65536)),
        (
            "package p\nx := sh.parse_commands(\"apt-get update && apt-get install -y curl\")",
            json!([["apt-get", "update"], ["apt-get", "install", "-y", "curl"]]),
        ),
        ("package p\nx := result.new(\"m\", {\"startline\": 3}).startline", json!(3)),
        ("package p\nx := isManaged({})", json!(true)),
        ("package p\nx := opa.runtime().env", json!("undefined")),
        ("package p\nx := y if { crypto.md5(\"\", y) }", json!("d41d8cd98f00b204e9800998ecf8427e")),
        (
            "package p\nx := a if { io.jwt.decode(\"eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.AA\", [_, {\"a\": a}, _]) }",
            json!(1),
        ),
        ("package p\nx := strings.split_n(\"a.b.c\", \".\", 2)", json!(["a", "b"])),
        ("package p\nx := strings.split_n(\"a.b.c\", \".\", -1)", json!(["c"])),
        ("package p\nx := [strings.count(\"aaaa\", \"aa\"), strings.count(\"ab\", \"\")]", json!([2, 3])),
        ("package p\nx := strings.replace_n({\"a\": \"b\", \"b\": \"a\"}, \"abba\")", json!("baab")),
        ("package p\nx := time.parse_duration_ns(\"1d1.5h\")", json!(91_800_000_000_000_i64)),
        ("package p\nx := time.now_ns() == time.now_ns()", json!(true)),
        ("package p\nx := json.is_valid(1)", json!(false)),
        ("package p\nx := sprintf(\"%s\", [123456789123456789123])", json!("123456789123456789123")),
        (
            "package p\nx := uri.parse(\"https://me@a.example:8443/x%2Fy?q=1#f\")",
            json!({ "scheme": "https", "hostname": "a.example", "port": "8443", "path": "/x/y", "raw_path": "/x%2Fy",
                "raw_query": "q=1", "fragment": "f" }),
        ),
        (
            "package p\nx := [uri.is_valid(\"http://a b/\"), uri.is_valid(\"/a\"), uri.is_valid(1)]",
            json!([false, true, false]),
        ),
        ("package p\nx := regex.globs_match(\"a.a.[0-9]+z\", \".b.b2359825792*594823z\")", json!(true)),
        ("package p\nx := regex.globs_match(\"[a-c]+\", \"[d-f]+\")", json!(false)),
        (
            "package p\nx := strings.render_template(\"{{range $i, $v := .l}}{{if $i}}, {{end}}{{$v.n}}{{else}}none{{end}}\", {\"l\": [{\"n\": 1}, {\"n\": \"b\"}]})",
            json!("1, b"),
        ),
        ("package p\nx := strings.render_template(\"{{.a}} {{.b}}\", {\"a\": 1})", json!("1 <undefined>")),
        (
            "package p\nx := strings.render_template(\"{{- with .a -}} {{len .}} {{- end}}{{if eq .b 2}}y{{end}}\", {\"a\": [1], \"b\": 2})",
            json!("1y"),
        ),
        ("package p\nx := strings.render_template(\"{{if .a}}\", {\"a\": 1})", json!("undefined")),
    ];
    for (text, expected) in cases {
        assert_eq!(&x(text, json!({ "a": 1 })), expected, "{text}");
    }
}

#[test]
fn what_cannot_be_loaded_is_a_fault_at_its_place() {
    let cases: &[(&str, &str)] = &[
        ("package p\nx if { input.a == \"b\"; nofn(1) }", "p0.rego:2:24: unknown function nofn"),
        ("package p\nx if sprintf2(\"a\", [])", "p0.rego:2:6: unknown function sprintf2; did you mean sprintf?"),
        ("package p\nx if startswith(input.a)", "p0.rego:2:6: startswith takes 2 arguments, 1 are given"),
        ("package p\nx := http.send({})", "p0.rego:2:6: http.send is not allowed: policies get no network"),
        (
            "package p\nx := graphql.parse(\"\", \"\")",
            "p0.rego:2:6: the function graphql.parse is not supported: no file that is scanned holds GraphQL",
        ),
        ("package p\nx := y", "p0.rego:2:6: y stands for nothing"),
        (
            "package p\nx := y if { graphql.is_valid(\"\", \"\", y) }",
            "p0.rego:2:13: the function graphql.is_valid is not supported: no file that is scanned holds GraphQL",
        ),
        ("package p\nimport future.keywords.not\nx := 1", "p0.rego:2:8: future.keywords.not is not supported"),
        (
            "package p\nx := count(walk(input))",
            "p0.rego:2:12: walk is not supported here: write walk(x, [path, value]) as a statement of its own",
        ),
        (
            "package p\nimport rego.v1\nx contains msg if { msg := lower(nmae) }",
            "p0.rego:3:34: nmae stands for nothing",
        ),
        ("package p\nx { not input.labels[lable] }", "p0.rego:2:22: lable stands for nothing"),
        ("package p\nx if { not input.labels[lable] }", "p0.rego:2:25: lable stands for nothing"),
        ("package p\nx if { some i; not input.labels[i] }", "p0.rego:2:33: i stands for nothing"),
        ("package p\nx if { not input.labels[lable] == 1 }", "p0.rego:2:25: lable stands for nothing"),
        ("package p\nx if { not f(input.labels[lable]) }\nf(1)", "p0.rego:2:27: lable stands for nothing"),
        ("package p\nx if { not f(input[input.labels[lable]]) }\nf(1)", "p0.rego:2:33: lable stands for nothing"),
        ("package p\nx if { not [1 | true][lable] }", "p0.rego:2:23: lable stands for nothing"),
        ("package p\nx := [1 | not input[lable]]", "p0.rego:2:21: lable stands for nothing"),
        (
            "package p\nx { not input.a[_] }",
            "p0.rego:2:17: _ gets no value below `not`: look in a comprehension, and negate what it finds",
        ),
        (
            "package p\nimport rego.v1\nx := i if { i := 1; i > 2 } else := i if { input.a }",
            "p0.rego:3:37: i stands for nothing",
        ),
        (
            "package p\nimport rego.v1\nx if { y := [1 | some i; not input.a[i]]; y == []; i = 1 }",
            "p0.rego:3:38: i stands for nothing",
        ),
        (
            "package p\nimport rego.v1\nx contains i if { y := [i | some i; input.a[i]]; y == [] }",
            "p0.rego:3:12: i stands for nothing",
        ),
        (
            "package p\nimport rego.v1\nx if { every k in [1] { l = k }; not input.a[l] }",
            "p0.rego:3:46: l stands for nothing",
        ),
        ("package p\nx := y\ny := x", "p0.rego:2:1: data.p.x needs its own value"),
        ("package p\nf(a) := f(a)", "p0.rego:2:1: data.p.f needs its own value"),
        ("package p\ndefault x := 1\ndefault x := 2", "p0.rego:3:1: data.p.x has another default"),
    ];
    for (text, expected) in cases {
        let (_, faults) = load(&[text]);
        assert_eq!(faults.first().map(String::as_str), Some(*expected), "{text}\n{faults:?}");
    }
}

#[test]
fn names_below_not_have_values_from_elsewhere() {
    let cases: &[(&str, Json)] = &[
        ("package p\nx if { l := \"b\"; not input[l] }", json!(true)),
        ("package p\nx if { l = \"a\"; not input[l] }", json!("undefined")),
        ("package p\nx contains l if { some l in [\"a\", \"b\"]; not input[l] }", json!(["b"])),
        ("package p\nx contains l if { some l; {\"a\": 1, \"b\": 1}[l]; not input[l] }", json!(["b"])),
        ("package p\nx contains l if { {\"a\": 1, \"b\": 1}[l]; not input[l] }", json!(["b"])),
        ("package p\nx if { not count({k | input[k]}) == 2 }", json!(true)),
        ("package p\nx if { not count([1 | some k; input[k]]) == 2 }", json!(true)),
        ("package p\nx if { not f(\"b\") }\nf(l) if input[l]", json!(true)),
        ("package p\nx if { not input[l] }\nl := \"b\"", json!(true)),
    ];
    for (text, expected) in cases {
        assert_eq!(&x(text, json!({ "a": 1 })), expected, "{text}");
    }
}

#[test]
fn other_policies_work_when_one_does_not() {
    let broken =
        ["package q\nx := {", "package q\nx if nofn(1)", "package q\nx := y", "package p\nimport data.q\nx if q.f(1)"];
    for text in broken {
        let (library, faults) = load(&["package p\nok := 1", text]);
        assert_eq!(faults.len(), 1, "{text}: {faults:?}");
        assert!(faults.iter().all(|fault| fault.starts_with("p1.rego:")), "{faults:?}");
        assert_eq!(library.worker().rule("data.p.ok", &Value::NULL), Ok(Value::from(1)), "{text}");
    }
}

/// An aggregate, an input, and what each rule gives.
type Aggregated<'c> = (usize, Json, &'c [(usize, Json)]);

#[test]
fn an_aggregate_has_every_value_and_isolates_faults() {
    let text = "package p\n\
        a contains 1 if input.a\n\
        b := \"v\"\n\
        c := 1 if input.a\n\
        c := 2 if input.b\n\
        d contains x if x := input.list[_]\n\
        e if input.nope";
    let (mut library, faults) = load(&[text]);
    assert_eq!(faults, Vec::<String>::new());
    let paths = ["a", "b", "c", "d", "e"].map(|name| format!("data.p.{name}"));
    let aggregates = library.aggregate(&[paths.to_vec(), paths[..1].to_vec(), Vec::new()]).expect("it compiles");
    let cases: &[Aggregated<'_>] = &[
        (0, json!({ "a": true, "list": [7] }), &[(0, json!([1])), (1, json!("v")), (2, json!(1)), (3, json!([7]))]),
        (0, json!({ "a": true, "b": true }), &[(0, json!([1])), (1, json!("v")), (2, json!("fault")), (3, json!([]))]),
        (1, json!({ "a": true }), &[(0, json!([1]))]),
        (2, json!({}), &[]),
    ];
    let mut worker = library.worker();
    for (aggregate, input, expected) in cases {
        let results = worker.aggregate(aggregates[*aggregate], &Value::from(input.clone()));
        let results: Vec<(usize, Json)> = results
            .into_iter()
            .map(|(at, result)| (at, result.map_or_else(|_| json!("fault"), |value| value.to_json())))
            .collect();
        assert_eq!(results, expected.to_vec(), "{input}");
    }
}

#[test]
fn limits_end_an_evaluation_with_a_fault() {
    let cases = [
        ("x := count(numbers.range(1, 50000000))", "numbers.range makes too much"),
        ("x := count(net.cidr_expand(\"10.0.0.0/8\"))", "net.cidr_expand makes too much"),
        (
            "x := n if { some a in numbers.range(1, 9999); some b in numbers.range(1, 99999); n := a + b; n < 0 }",
            "time",
        ),
    ];
    let mut options = Options::default();
    options.limits.time = std::time::Duration::from_millis(50);
    for (rule, expected) in cases {
        let text = format!("package p\n{rule}");
        let (library, faults) = Library::compile(&modules(&[&text]), &Value::UNDEFINED, &options);
        assert_eq!(faults, Vec::new(), "{text}");
        let result = library.worker().rule("data.p.x", &Value::NULL).map_err(|fault| fault.to_string());
        assert!(result.as_ref().is_err_and(|fault| fault.contains(expected)), "{text}: {result:?}");
    }
}

#[test]
fn declarations_say_what_there_is() {
    let text = "package a.b[\"c-d\"]\n\
        import rego.v1\n\
        default allow := false\n\
        allow if input.x\n\
        deny contains \"m\" if {\n  input.y\n}\n\
        f(a, b) := a + b\n\
        m[k] := v if some k, v in input\n";
    let (library, faults) = load(&[text]);
    assert_eq!(faults, Vec::<String>::new());
    let [package] = library.packages() else { panic!("one package") };
    assert_eq!((package.path.as_str(), package.line), ("data.a.b[\"c-d\"]", 1));
    let rules: Vec<_> =
        package.rules.iter().map(|rule| (rule.name.as_str(), rule.kind, rule.line, rule.last_line)).collect();
    assert_eq!(
        rules,
        [
            ("allow", RuleKind::Default, 3, 3),
            ("allow", RuleKind::Complete, 4, 4),
            ("deny", RuleKind::Set, 5, 7),
            ("f", RuleKind::Function { arity: 2 }, 8, 8),
            ("m", RuleKind::Object, 9, 9),
        ]
    );
}

#[test]
fn annotations_are_read_with_what_they_are_about() {
    let text = "# METADATA\n# title: A package\n# custom:\n#   id: T-1\n#   input:\n#     selector:\n#       - type: kubernetes\n\
        package p\n\nimport rego.v1\n\n\
        # METADATA\n# title: A rule\n# description: |\n#   Long\n#   text\n# authors:\n# - Jo Doe <jo@example.com>\n\
        # related_resources:\n# - https://example.com\n# - ref: https://example.org\n#   description: More\n# entrypoint: true\n\
        deny contains \"m\" if input.x\n";
    let (library, faults) = load(&[text]);
    assert_eq!(faults, Vec::<String>::new());
    let [package, rule] = library.annotations() else { panic!("two blocks") };
    assert_eq!((package.line, package.target_line, package.scope), (1, 8, Scope::Package));
    assert_eq!(package.custom.to_json(), json!({ "id": "T-1", "input": { "selector": [{ "type": "kubernetes" }] } }));
    assert_eq!((rule.target.as_str(), rule.target_line, rule.scope), ("data.p.deny", 24, Scope::Document));
    assert_eq!((rule.title.as_deref(), rule.description.as_deref()), (Some("A rule"), Some("Long\ntext")));
    assert_eq!(rule.authors.first().map(|author| author.email.as_str()), Some("jo@example.com"));
    assert_eq!(rule.related_resources.last().map(|related| related.description.as_str()), Some("More"));
    assert!(rule.entrypoint);
}

/// A chain of functions, each within brackets of the one before, on the smallest stack that evaluators run on.
#[test]
fn chains_of_rules_are_evaluated_or_refused() {
    for (length, is_refused) in [(10, false), (80, false), (400, true), (20_000, true)] {
        let links = (0..length).map(|at| {
            let next = at + 1;
            format!("f{at}(a) := b if {{ every z in [1] {{ c := [d | d := f{next}(a + z)][0]; c > 0 }}; b := 1 }}")
        });
        let ends = ["package p\nimport rego.v1\nx := f0(1)".to_owned(), format!("f{length}(a) := a")];
        let text = ends.into_iter().chain(links).collect::<Vec<_>>().join("\n");
        let (library, faults) = load(&[&text]);
        let refusals: Vec<&String> =
            faults.iter().filter(|fault| fault.ends_with("too long a chain of rules")).collect();
        assert_eq!((refusals.len(), faults.len()), if is_refused { (1, 1) } else { (0, 0) }, "{length}: {faults:?}");
        let value = if is_refused { Value::UNDEFINED } else { Value::from(1) };
        assert_eq!(library.worker().rule("data.p.x", &Value::NULL), Ok(value), "{length}");
    }
}

#[test]
fn data_is_what_policies_look_up() {
    let data = Value::from(json!({ "allowed": ["a", "b"] }));
    let (library, faults) =
        Library::compile(&modules(&["package p\nx := count(data.allowed)"]), &data, &Options::default());
    assert_eq!(faults, Vec::new());
    assert_eq!(library.worker().rule("data.p.x", &Value::NULL), Ok(Value::from(2)));
}

#[test]
fn a_module_is_read_by_the_version_that_it_is_said_to_have() {
    let old = "package p\nx { true }";
    let cases = [(RegoVersion::Auto, true), (RegoVersion::V0, true), (RegoVersion::V1, false)];
    for (version, loads) in cases {
        let module = Module { version, ..Module::new("p.rego", old) };
        let (_, faults) = Library::compile(&[module], &Value::UNDEFINED, &Options::default());
        assert_eq!(faults.is_empty(), loads, "{version:?}: {faults:?}");
    }
}

#[test]
fn prints_and_covered_lines_are_kept() {
    let options = Options { coverage: portcullis_policy::Counting::On, ..Options::default() };
    let text = "package p\nimport rego.v1\nx if {\n  print(\"a\", input.n)\n  input.n > 5\n  input.m\n}";
    let (library, faults) = Library::compile(&modules(&[text]), &Value::UNDEFINED, &options);
    assert_eq!(faults, Vec::new());
    let mut worker = library.worker();
    worker.rule("data.p.x", &Value::from(json!({ "n": 1 }))).expect("it evaluates");
    let prints: Vec<_> = worker.prints().into_iter().map(|print| (print.line, print.text)).collect();
    assert_eq!(prints, [(4, "a 1".to_owned())]);
    let coverage = worker.coverage();
    let [file] = coverage.as_slice() else { panic!("one file") };
    assert!(file.covered.contains(&5) && file.missed.contains(&6), "{file:?}");
}

#[test]
fn a_document_is_the_json_that_its_decoder_makes() {
    let cases = [
        ("a: 0777\nb: 1_000\nc: yes\non: 1\nd: '1'", json!({ "a": 511, "b": 1000, "c": true, "true": 1, "d": "1" })),
        (
            "a: &x {b: 1, c: 2}\nd: {<<: *x, b: 3}\ne: [*x, ~]",
            json!({
                "a": { "b": 1, "c": 2 },
                "d": { "b": 3, "c": 2 },
                "e": [{ "b": 1, "c": 2 }, null]
            }),
        ),
        (
            "a: nginx:${TAG}\nb: 1.5\nc: 123456789012345678901",
            json!({
                "a": "nginx:${TAG}",
                "b": 1.5,
                "c": serde_json::from_str::<Json>("123456789012345678901").expect("a number")
            }),
        ),
    ];
    for (text, expected) in cases {
        let tree = yaml::parse(FileId::default(), &Arc::from(text), Dialect::Yaml11);
        let root = tree.documents().next().expect("a document").root;
        assert_eq!(Value::from_node(root).to_json(), expected, "{text}");
    }
}
