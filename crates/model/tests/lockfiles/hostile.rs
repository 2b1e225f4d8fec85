use std::fmt::Write as _;

use crate::{check_among, read_file};

const DEEP: usize = 100_000;

#[test]
fn depth_costs_no_stack() {
    for (name, open) in [
        ("pom.xml", "<project>"),
        ("pom.xml", "<dependencies><dependency>"),
        ("packages.config", "<packages><package id='a'>"),
        ("Directory.Packages.props", "<Project>"),
        ("mix.lock", "%{\"a\": {[{"),
        ("packages.lock.json", "{\"dependencies\":"),
        ("a.deps.json", "["),
        ("bom.json", "{\"components\":[{\"purl\":\"pkg:npm/a@1\",\"components\":["),
        ("a.spdx.json", "{\"@graph\":["),
        ("pubspec.lock", "{a: ["),
        ("Podfile.lock", "- - "),
        ("Manifest.toml", "a=[["),
        ("renv.lock", "{\"Packages\":{\"a\":"),
        ("gradle.lockfile", "a:b:"),
        ("cabal.project.freeze", "constraints: a ==1, "),
    ] {
        let contents = read_file(name, &open.repeat(DEEP / open.len()));
        let faults = contents.lock.map_or(0, |lock| lock.faults.len());
        assert!(faults <= 1, "{name}");
    }
}

#[test]
fn properties_that_stand_for_each_other_end() {
    let mut text = String::from("<project><properties><p0></p0><q0>x</q0>");
    for level in 1..60 {
        let below = level - 1;
        let _ = write!(
            text,
            "<p{level}>${{p{below}}}${{p{below}}}</p{level}><q{level}>${{q{below}}}${{q{below}}}</q{level}>"
        );
    }
    text.push_str("</properties><dependencies>");
    for name in ["p59", "q59", "q5", "circle"] {
        let _ = write!(
            text,
            "\n<dependency><groupId>g</groupId><artifactId>{name}</artifactId><version>${{{name}}}</version></dependency>"
        );
    }
    text.push_str("</dependencies></project>");
    let lock = read_file("pom.xml", &text).lock.unwrap_or_default();
    let versions: Vec<Option<usize>> = lock.packages.iter().map(|it| it.version.as_ref().map(|it| it.len())).collect();
    assert_eq!(versions, [None, None, Some(32), None]);
}

#[test]
fn parents_and_imports_that_lead_back_end() {
    let pom = "<project><parent><groupId>g</groupId><artifactId>a</artifactId><version>1</version>\
               <relativePath>pom.xml</relativePath></parent><groupId>g</groupId><artifactId>a</artifactId><version>1</version>\
               <modules><module>a</module></modules><dependencyManagement><dependencies>\
               <dependency><groupId>g</groupId><artifactId>a</artifactId><version>1</version><type>pom</type>\
               <scope>import</scope></dependency></dependencies></dependencyManagement><dependencies>\
               <dependency><groupId>g</groupId><artifactId>b</artifactId></dependency></dependencies></project>";
    check_among("a circle", &[("pom.xml", pom), ("pom.xml", pom), ("a/pom.xml", pom)], &["1 g:b - direct dev?"]);
    let whole = pom.replace("<parent>", "<not-parent>").replace("</parent>", "</not-parent>");
    check_among("imports", &[("pom.xml", &whole), ("a/pom.xml", &whole)], &["1 g:b - direct"]);
}

/// Nothing here is timed: what is not linear does not come back.
#[test]
fn large_files_are_read() {
    const MANY: usize = 20_000;
    let list = |line: &dyn Fn(usize) -> String, between: &str| (0..MANY).map(line).collect::<Vec<_>>().join(between);
    let purl = |index| format!("{{\"bom-ref\":\"r{index}\",\"purl\":\"pkg:npm/a{index}@1\"}}");
    let edge = |index| format!("{{\"ref\":\"r{index}\",\"dependsOn\":[\"r{}\",\"r0\",\"x\"]}}", index + 1);
    let through = |index| format!("{{\"ref\":\"x\",\"dependsOn\":[\"x{index}\"]}}");
    let pom = |index| format!("<dependency><groupId>g</groupId><artifactId>a{index}</artifactId></dependency>");
    for (name, text) in [
        ("gradle.lockfile", list(&|index| format!("g:a{index}:1=x"), "\n")),
        ("bom.json", format!("{{\"components\":[{}],\"dependencies\":[{}]}}", list(&purl, ","), list(&edge, ","))),
        ("bom.json", format!("{{\"components\":[{}],\"dependencies\":[{}]}}", list(&purl, ","), list(&through, ","))),
        ("pom.xml", format!("<project><dependencies>{}</dependencies></project>", list(&pom, ""))),
        ("mix.lock", format!("%{{{}}}", list(&|index| format!("\"a{index}\": {{:hex, :a{index}, \"1\"}}"), ",\n"))),
        (
            "Podfile.lock",
            format!("PODS:\n{}\n", list(&|index| format!("  - A{index} (1.0):\n    - A{}", index / 2), "\n")),
        ),
    ] {
        let lock = read_file(name, &text).lock.unwrap_or_default();
        assert_eq!(lock.packages.len(), MANY, "{name}: {:?}", lock.faults);
    }
}
