//! Every function that OPA declares: it is called here, or the load says why not, and the table of that in the docs is true.

use std::fmt::Write as _;
use std::path::Path;

use portcullis_policy::{Library, Module, Options, Value};

/// Names and numbers of arguments, from `capabilities.json` of this version.
const OPA: &str = include_str!("opa-functions.txt");
const OPA_VERSION: &str = "1.22.2";

/// Set to write the table instead of comparing it.
const WRITE: &str = "PORTCULLIS_WRITE_DOCS";

#[test]
fn the_table_of_functions_is_what_loads() {
    let table = table();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/policies-builtins.md");
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&path, &table).expect("the folder of docs is there");
    }
    let written = std::fs::read_to_string(&path).expect("the table is there");
    assert_eq!(written, table, "docs/policies-builtins.md is stale: run this test with {WRITE}=1");
}

/// Why a call is not loaded.
fn refusal(name: &str, arity: usize) -> Option<String> {
    let arguments = vec!["input"; arity].join(", ");
    // What it finds is taken as a statement of its own.
    let rule =
        if name == "walk" { "x contains n if { n := walk(input) }" } else { &format!("x := {name}({arguments})") };
    let module = Module::new("p.rego", format!("package p\n{rule}"));
    let (_, faults) = Library::compile(&[module], &Value::UNDEFINED, &Options::default());
    faults.first().map(|fault| fault.message.clone())
}

fn table() -> String {
    let functions: Vec<(&str, usize)> = OPA
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(name, arity)| (name, arity.parse().expect("a number of arguments")))
        .collect();
    let refused: Vec<(&str, String)> =
        functions.iter().filter_map(|&(name, arity)| Some((name, refusal(name, arity)?))).collect();
    let mut text = format!(
        "# Functions in policies\n\nOPA {OPA_VERSION} declares {} functions besides its operators. {} of them are here. A policy that calls one of \
         the others\nis not loaded, with the reason below. Written by the test `builtins` of `portcullis-policy`.\n\n## Not here\n\n",
        functions.len(),
        functions.len().saturating_sub(refused.len())
    );
    text.push_str("| function | what the load says |\n|---|---|\n");
    // Writing to a string cannot fail.
    for (name, why) in &refused {
        let _ = writeln!(text, "| `{name}` | {why} |");
    }
    text.push_str(REMARKS);
    text.push_str("\n## Here\n\n");
    let here = functions.iter().filter(|(name, _)| refused.iter().all(|(known, _)| known != name));
    let mut group = "";
    for (name, _) in here {
        let of = name.split_once('.').map_or("", |(group, _)| group);
        text.push_str(if group == of && !text.ends_with("\n\n") {
            ", "
        } else if text.ends_with("\n\n") {
            ""
        } else {
            "\n\n"
        });
        group = of;
        let _ = write!(text, "`{name}`");
    }
    text.push('\n');
    text
}

/// What no load can say.
const REMARKS: &str = "
## Differences

- `http.send`, `net.lookup_ip_addr` and `opa.runtime().env`: policies get no network and no environment.
- `time.now_ns()`, `rand.intn`, `uuid.rfc4122`: one value for each evaluation, as in OPA.
- `strings.render_template`: fields, variables, `if`, `range`, `with`, pipelines and the functions that compare, join, count and format;
  `define`, `template`, `block` and the functions that escape for web pages make the call undefined.
- `crypto.x509.parse_and_verify_certificates`: a chain with critical name constraints is not valid here.
- `io.jwt.*`: RSA, P-256, P-384, P-521 and Ed25519; keys of RSA from 1024 bits on (2048 for `RS384` and `PS*`).
- `net.cidr_expand`, `numbers.range`, `sprintf`, `replace` and others that can make more than an evaluation may hold end it with an error.
- `walk` as a statement of its own: `walk(x, [path, value])`, or in braces `[path, value] := walk(x)`; elsewhere it is an error at load.
- `import future.keywords.and`, `or`, `not` and `rego.v2`, which OPA tries out, are errors at load, and so are keywords as names of variables; as names of
  fields (`input.spec.default`) they work.
- `json.match_schema` and `json.verify_schema`: an evaluator of JSON Schema is larger than all that evaluates policies here.
- `rego.metadata.rule()` and `rego.metadata.chain()` give what the blocks say, in the place of the call.
- Template strings (`$\"…{x}\"`) work. Parentheses within 32 others are an error at load, and so are brackets within 128 others,
  a thousand operators in a row, and a pattern of some twenty lists in one another.
- OPA's own cases, and each that gives something else here: `tests/peers/opa.md`.
";
