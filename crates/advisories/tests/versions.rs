//! The order of versions: by a table for each scheme, by laws that every order has, and against the fixtures of others
//! where they are.
//!
//! Those fixtures stay outside the repository. They are looked for in `PORTCULLIS_VERSIONS_DATA`, else in
//! `../shared/conformance/versions`: `<scheme>-versions*.txt`, lines of `a < b`, `a = b` and `a > b`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is the failure message")]
#![allow(clippy::print_stderr, reason = "a test that was skipped says so")]

use std::cmp::Ordering;
use std::path::{Path, PathBuf};

use portcullis_advisories::Scheme;

/// The fixtures' names of schemes.
const FILES: &[(&str, Scheme)] = &[
    ("alpine", Scheme::Alpine),
    ("cran", Scheme::Cran),
    ("debian", Scheme::Debian),
    ("hackage", Scheme::Hackage),
    ("maven", Scheme::Maven),
    ("nuget", Scheme::Nuget),
    ("packagist", Scheme::Packagist),
    ("pub", Scheme::Pub),
    ("pypi", Scheme::Pypi),
    ("redhat", Scheme::Redhat),
    ("rubygems", Scheme::RubyGems),
    ("semver", Scheme::Semver),
];

#[test]
fn fixtures_agree() {
    let Some(data) = fixtures() else {
        eprintln!("skipped: no version fixtures; name their directory in PORTCULLIS_VERSIONS_DATA");
        return;
    };
    let (mut total, mut wrong) = (0, Vec::new());
    for line in lines(&data) {
        total += 1;
        let order = line.scheme.compare(&line.a, &line.b);
        if order != line.order {
            wrong.push(format!("{:?}: {} {:?} {}, not {order:?}", line.scheme, line.a, line.order, line.b));
        }
    }
    eprintln!("{total} comparisons, {} wrong", wrong.len());
    assert!(wrong.is_empty(), "{} of {total} wrong\n{}", wrong.len(), wrong.join("\n"));
}

struct Line {
    scheme: Scheme,
    a: String,
    order: Ordering,
    b: String,
}

fn lines(data: &Path) -> Vec<Line> {
    let mut lines = Vec::new();
    for &(name, scheme) in FILES {
        for suffix in ["", "-generated"] {
            let Ok(text) = std::fs::read_to_string(data.join(format!("{name}-versions{suffix}.txt"))) else { continue };
            for line in text.lines().map(str::trim) {
                if line.is_empty() || line.starts_with("//") || line.starts_with("# ") {
                    continue;
                }
                let mut words = line.split(' ');
                let (Some(a), Some(sign), Some(b), None) = (words.next(), words.next(), words.next(), words.next()) else {
                    panic!("not a comparison: {line}");
                };
                lines.push(Line { scheme, a: a.to_owned(), order: order(sign), b: b.to_owned() });
            }
        }
    }
    lines
}

fn order(sign: &str) -> Ordering {
    match sign {
        "<" => Ordering::Less,
        "=" => Ordering::Equal,
        ">" => Ordering::Greater,
        _ => panic!("not a sign: {sign}"),
    }
}

fn fixtures() -> Option<PathBuf> {
    let named = std::env::var_os("PORTCULLIS_VERSIONS_DATA").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance/versions");
    named.or_else(|| beside.is_dir().then_some(beside))
}
