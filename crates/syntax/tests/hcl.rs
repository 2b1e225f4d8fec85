//! HCL texts and what they are read into.
#![allow(clippy::string_slice, reason = "the texts are ours, cut at checked boundaries")]

use std::fmt::Write as _;

use portcullis_core::FileId;
use portcullis_syntax::hcl;

#[path = "hcl/dump.rs"]
mod dump;
#[path = "hcl/oracle.rs"]
mod oracle;

use dump::dump;

fn assert_all(cases: &[(&str, &str)]) {
    let mut wrong = String::new();
    for (text, expected) in cases {
        let found = dump(&hcl::parse(text, FileId(0)), text);
        if found != *expected {
            let _ = writeln!(wrong, "{text:?}\n  expected {expected}\n  found    {found}");
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn bodies() {
    assert_all(&[
        ("", ""),
        ("\n\n", ""),
        ("\u{feff}a = 1\r\nb = 2\r\n", "a=1 b=2"),
        ("a = 1 # x\nb = 2 // y\n/* z\n */ c = 3 /* w */ /* v */\n", "a=1 b=2 c=3"),
        ("a {}\n", "a{}"),
        ("a{}", "a{}"),
        ("a b \"c d\" {\n}\n", "a \"b\" \"c d\"{}"),
        ("a { b = 1 }\n", "a{b=1}"),
        ("a {\n  b = 1\n  c {\n    d = 2\n  }\n  e = 3\n}\nf = 4", "a{b=1 c{d=2} e=3} f=4"),
        ("größe-1 = 1\n_x = 2\n", "größe-1=1 _x=2"),
        ("a \"x\\\"\\u00e9\" {}\n", "a \"x\\\"é\"{}"),
        ("a = 1\na = 2\n", "a=1 a=2 !twice \"a\" the attribute `a` is set twice"),
    ]);
}

/// Every file in HCL below the fixtures that another reader takes is read into the same tree.
#[test]
fn fixtures_are_read_as_others_read_them() {
    let mut count = 0;
    let mut open = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures")];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let extension = path.extension().and_then(|extension| extension.to_str());
            if path.is_dir() {
                open.push(path);
            } else if matches!(extension, Some("tf" | "tofu" | "tfvars" | "hcl")) {
                let text = std::fs::read_to_string(&path).unwrap();
                let Some(theirs) = oracle::dump(&text) else { continue };
                let ours = dump(&hcl::parse(&text, FileId(0)), &text);
                assert_eq!(oracle::squeeze(&ours), oracle::squeeze(&theirs), "{}", path.display());
                count += 1;
            }
        }
    }
    assert!(count > 3, "the fixtures are not where they were");
}
