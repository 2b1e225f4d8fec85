use portcullis_core::{Catalog, RuleIdx};
use portcullis_report::{Color, Glyphs, Options, RulesFormat, write_explanation, write_rules};

use crate::support::{ClosedPipe, catalog, options};

fn listed(catalog: &Catalog, format: RulesFormat, options: &Options) -> String {
    let mut out = Vec::new();
    write_rules(catalog, format, options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn explained(options: &Options) -> String {
    let mut out = Vec::new();
    write_explanation(catalog().get(RuleIdx(1)), options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn rules_as_json() {
    assert_eq!(
        listed(&catalog(), RulesFormat::Json, &options()),
        r#"[
{"id":"docker-latest-tag","severity":"medium","confidence":"high","title":"Base image has no fixed tag","profile":"recommended","tags":[],"peers":[],"docs":"Base image has no fixed tag","examples":[]},
{"id":"k8s-privileged-container","severity":"critical","confidence":"high","title":"Container runs privileged","profile":"recommended","tags":["pss:baseline","cwe-250"],"peers":["trivy:KSV-0017","checkov:CKV_K8S_16"],"docs":"Container runs privileged\n\nA privileged container holds every capability and every host device:\none code-execution bug in it is `root` on the node.\n\n```yaml bad:2\nspec:\n  privileged: true\n```\n```yaml good\nfile=a/pod.yaml\nspec: {}\nfile=b.yaml\nx: 1\n```","examples":[{"expect":"bad","line":2,"files":{"example.yaml":"spec:\n  privileged: true\n"}},{"expect":"good","files":{"a/pod.yaml":"spec: {}\n","b.yaml":"x: 1\n"}}]},
{"id":"k8s-security-context","severity":"low","confidence":"high","title":"Container has a loose security context","profile":"recommended","tags":[],"peers":["trivy:KSV-0017","polaris:privileged"],"docs":"Container has a loose security context","examples":[]}
]
"#
    );
    assert_eq!(listed(&Catalog::default(), RulesFormat::Json, &options()), "[]\n");
}

#[test]
fn rules_as_a_table() {
    assert_eq!(
        listed(&catalog(), RulesFormat::Table, &options()),
        "\
medium    docker-latest-tag         recommended  Base image has no fixed tag
critical  k8s-privileged-container  recommended  Container runs privileged
low       k8s-security-context      recommended  Container has a loose security
                                                 context
3 rules
"
    );
    assert_eq!(
        listed(&catalog(), RulesFormat::Lines, &Options { width: 40, ..options() }),
        "\
medium    docker-latest-tag         recommended  Base image has no fixed tag
critical  k8s-privileged-container  recommended  Container runs privileged
low       k8s-security-context      recommended  Container has a loose security context
"
    );
    let narrow = listed(&catalog(), RulesFormat::Table, &Options { width: 40, ..options() });
    assert!(narrow.starts_with("medium    docker-latest-tag         recommended\n    Base image has no fixed tag\n"));
    let coloured = listed(&catalog(), RulesFormat::Table, &Options { color: Color::Always, ..options() });
    let row =
        "\u{1b}[36;1mlow     \u{1b}[0m  \u{1b}[1mk8s-security-context\u{1b}[0m      \u{1b}[2mrecommended\u{1b}[0m";
    assert!(coloured.contains(row), "{coloured:?}");
}

#[test]
fn a_rule_explained() {
    assert_eq!(
        explained(&Options { width: 60, ..options() }),
        "\
critical[k8s-privileged-container]: Container runs
  privileged

  severity  critical
confidence  high
   profile  recommended
      tags  pss:baseline, cwe-250
      also  trivy KSV-0017, checkov CKV_K8S_16

A privileged container holds every capability and every host
device: one code-execution bug in it is `root` on the node.

bad: reported at line 2
 1 │ spec:
▶2 │   privileged: true

good: not reported
  a/pod.yaml
 1 │ spec: {}
  b.yaml
 1 │ x: 1

to suppress it
  here          # portcullis: ignore[k8s-privileged-container] reason
  on an object  portcullis.dev/ignore: \"k8s-privileged-container\"
  everywhere    rules: { k8s-privileged-container: off }
"
    );
    let ascii = explained(&Options { glyphs: Glyphs::Ascii, ..options() });
    assert!(ascii.is_ascii() && ascii.contains("\n>2 |   privileged: true\n"), "{ascii}");
    assert!(explained(&Options { color: Color::Always, ..options() }).contains("\u{1b}[36m`root`\u{1b}[0m"));
}

#[test]
fn a_closed_pipe_is_an_error() {
    let pipe = std::io::ErrorKind::BrokenPipe;
    for format in [RulesFormat::Json, RulesFormat::Table, RulesFormat::Lines] {
        let error = write_rules(&catalog(), format, &options(), &mut ClosedPipe(30)).unwrap_err();
        assert_eq!(error.kind(), pipe);
    }
    let error = write_explanation(catalog().get(RuleIdx(1)), &options(), &mut ClosedPipe(30)).unwrap_err();
    assert_eq!(error.kind(), pipe);
}
