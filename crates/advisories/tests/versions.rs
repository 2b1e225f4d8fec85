//! The order of versions: by a table for each scheme, by laws that every order has, and against the fixtures of others
//! where they are.
//!
//! Those fixtures stay outside the repository. They are looked for in `PORTCULLIS_VERSIONS_DATA`, else in
//! `../shared/conformance/versions`: `<scheme>-versions*.txt`, lines of `a < b`, `a = b` and `a > b`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a panic is the failure message")]
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

/// How many lines of a scheme do not hold, and why they should not.
const WRONG: &[(Scheme, usize, &str)] = &[
    // Since Maven 3.9 (MNG-7644), `.X` is `-X` for every word X, with zeros before it dropped: `1.0.X`, `1-X` and
    // `1.0.0.X` are one version. The fixtures are from before, where `2.9.0.RC1` is earlier than `2.9.0` and later than
    // `2.9.0-1`, which is later than `2.9.0`: that is no order.
    (Scheme::Maven, 20, "a word behind a dot"),
    // `1.2.3.#` is said to be equal to `1.2.3` and to `1.2.3.1`, which are not equal.
    (Scheme::Packagist, 1, "a wildcard in a version"),
];

#[test]
fn fixtures_agree() {
    let Some(data) = fixtures() else {
        eprintln!("skipped: no version fixtures; name their directory in PORTCULLIS_VERSIONS_DATA");
        return;
    };
    let lines = lines(&data);
    for &(_, scheme) in FILES {
        let of_scheme: Vec<&Line> = lines.iter().filter(|line| line.scheme == scheme).collect();
        assert!(!of_scheme.is_empty(), "no lines for {scheme:?}");
        let wrong: Vec<String> = of_scheme.iter().filter_map(|line| line.fault()).collect();
        let expected = WRONG.iter().find(|(known, ..)| *known == scheme).map_or(0, |(_, count, _)| *count);
        assert_eq!(wrong.len(), expected, "of {} {scheme:?}\n{}", of_scheme.len(), wrong.join("\n"));
    }
    eprintln!("{} comparisons", lines.len());
}

struct Line {
    scheme: Scheme,
    a: String,
    order: Ordering,
    b: String,
}

impl Line {
    fn fault(&self) -> Option<String> {
        let order = self.scheme.compare(&self.a, &self.b);
        (order != self.order).then(|| format!("{} {:?} {}, not {order:?}", self.a, self.order, self.b))
    }
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
                let (Some(a), Some(sign), Some(b), None) = (words.next(), words.next(), words.next(), words.next())
                else {
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

/// Versions of a scheme from the earliest to the latest; what stands in one line is one version.
const ORDERS: &[(Scheme, &[&[&str]])] = &[
    (
        Scheme::Semver,
        &[
            &["", "0", "0.0.0+x"],
            &["0.0.1"],
            &["1.0.0-0"],
            &["1.0.0-9"],
            &["1.0.0-10"],
            &["1.0.0-A"],
            &["1.0.0-a"],
            &["1.0.0-a.1"],
            &["1.0.0-a.b"],
            &["1.0.0-a-b"],
            &["1.0.0rc1", "1.0.0-rc1"],
            &["1.0.0", "v1", "V1.0", "1.0.0+build.7", "01.00.0"],
            &["1.0.0.1"],
            &["1.2.0"],
            &["1.10.0"],
            &["18446744073709551616.0.0"],
            &["100000000000000000000000000000000000000000.0.0"],
        ],
    ),
    (
        Scheme::Nuget,
        &[
            &["1.0.0-alpha", "1.0-ALPHA"],
            &["1.0.0-Alpha.2"],
            &["1.0.0-alpha.10+meta"],
            &["1.0", "1.0.0.0", "1.0.0+meta"],
            &["1.0.0.1-rc"],
            &["1.0.0.1"],
        ],
    ),
    (
        Scheme::Go,
        &[
            &["v0.0.0-20191109021931-daa7c04131f5"],
            &["v0.0.0-20200101000000-000000000000"],
            &["v0.1.0"],
            &["v1.2.3-pre"],
            &["v1.2.3-pre.0.20200101000000-abcdefabcdef"],
            &["v1.2.3", "1.2.3", "go1.2.3"],
            &["v1.2.4-0.20200101000000-abcdefabcdef"],
            &["v2.0.0", "v2.0.0+incompatible"],
        ],
    ),
    (
        Scheme::Pub,
        &[
            &["1.0.0-dev"],
            &["1.0.0-dev+1"],
            &["1.0.0"],
            &["1.0.0+1"],
            &["1.0.0+2"],
            &["1.0.0+10"],
            &["1.0.0+hotfix"],
            &["1.0.0+hotfix.oops"],
            &["1.0.1"],
        ],
    ),
    (
        Scheme::Conan,
        &[
            &["1.0.2"],
            &["1.0.2t"],
            &["1.1-pre"],
            &["1.1", "1.1.0", "v1.1"],
            &["1.1.1"],
            &["1.1.1k"],
            &["1.1.1w"],
            &["1.1.2"],
            &["3.0+1"],
        ],
    ),
    (
        Scheme::Pypi,
        &[
            &["legacy-9"],
            &["legacy-10"],
            &["1.0.dev0"],
            &["1.0.dev456", "1.0.DEV456", "1.0dev-456"],
            &["1.0a1", "1.0.alpha-1", "v1.0A1"],
            &["1.0a2.dev456"],
            &["1.0a12"],
            &["1.0b1.dev456"],
            &["1.0b2", "1.0beta2"],
            &["1.0b2.post345.dev456"],
            &["1.0b2.post345"],
            &["1.0rc1", "1.0c1", "1.0-pre1", "1.0preview1"],
            &["1.0", "1", "1.0.0", " 1.0 ", "v1.0", "0!1.0"],
            &["1.0+abc.5"],
            &["1.0+abc.7", "1.0+ABC-7"],
            &["1.0+5"],
            &["1.0.post0", "1.0.post", "1.0-0", "1.0r", "1.0.rev0"],
            &["1.0.post456.dev34"],
            &["1.0.post456"],
            &["1.1.dev1"],
            &["2024.1"],
            &["1!0.1"],
        ],
    ),
    (
        Scheme::Maven,
        &[
            &["0", "0.0", "0-ga"],
            &["1-alpha", "1-alpha-0"],
            &["1-alpha-1", "1a1", "1.0.alpha1", "1.0.0-ALPHA-1"],
            &["1-beta-2", "1b2"],
            &["1-milestone-1", "1.0-M1", "1.0.0.M1"],
            &["1-rc1", "1-cr1", "1.0.0.RC1"],
            &["1-rc2"],
            &["1-SNAPSHOT", "1.0.snapshot"],
            &["1", "1.0.0", "1-ga", "1.0.Final", "1-release", "1.", "1-"],
            &["1-sp", "1.0.0.SP"],
            &["1-sp-1", "1.SP1"],
            &["1-android", "1.0.android"],
            &["1-jre", "1.0-JRE"],
            &["1-1", "1.0-1", "1.0.0-ga-1"],
            &["1-2"],
            &["1.0.1"],
            &["1.1"],
            &["1.10"],
        ],
    ),
    (
        Scheme::RubyGems,
        &[
            &["", "0", "0.0"],
            &["1.0.a9", "1.a.9", "1.0.0.a9"],
            &["1.0.a10", "1.0.a.10"],
            &["1.0.0-1", "1.pre.1"],
            &["1.0.rc1", "1.rc.1.0"],
            &["1", "1.0", "1.0.0"],
            &["1.0.1"],
            &["1.2"],
            &["1.10"],
        ],
    ),
    (
        Scheme::Packagist,
        &[
            &["dev-main"],
            &["1.0.x-dev"],
            &["1.0-dev", "v1.0_dev"],
            &["1.0alpha1", "1.0-a1", "1.0a.1"],
            &["1.0beta", "1.0b"],
            &["1.0RC1", "1.0-rc1"],
            &["1.0", "v1.0", "V1.0"],
            &["1.0.0"],
            &["1.0p1", "1.0-pl1", "1.0.patch1"],
            &["1.2"],
            &["1.10"],
        ],
    ),
    (Scheme::Hackage, &[&["0"], &["0.1"], &["1"], &["1.0"], &["1.0.0"], &["1.2"], &["1.10"]]),
    (Scheme::Cran, &[&["0.9"], &["0.75"], &["1.0"], &["1.0-0", "1.0.0"], &["1.0-1"], &["1.0-10", "1.0.010"]]),
    (
        Scheme::Debian,
        &[
            &["1.0~~"],
            &["1.0~~a"],
            &["1.0~"],
            &["1.0~rc1-1"],
            &["1.0", "1.0-0", "0:1.0", "1.00"],
            &["1.0-1~bpo12+1"],
            &["1.0-1"],
            &["1.0-1ubuntu1"],
            &["1.0-1+deb12u1"],
            &["1.0-10"],
            &["1.0a"],
            &["1.0+dfsg"],
            &["1.1-1-1"],
            &["1:0.1"],
        ],
    ),
    (
        Scheme::Redhat,
        &[
            &["1.0~rc1-1.el9"],
            &["1.0"],
            &["1.0-1.el8"],
            &["1.0-1.el9", "0:1.0-1.el9", "1_0-01.el9"],
            &["1.0-1.el9_2"],
            &["1.0-10"],
            &["1.0^git1-1"],
            &["1.0a-1"],
            &["1.0.1-1"],
            &["1.10-1"],
            &["1:0.1-1"],
        ],
    ),
    (
        Scheme::Alpine,
        &[
            &["1.0?"],
            &["1.0_alpha"],
            &["1.0_alpha1"],
            &["1.0_beta"],
            &["1.0_pre1"],
            &["1.0_rc1"],
            &["1.0"],
            &["1.0-r0", "1.0-r00"],
            &["1.0-r1"],
            &["1.0-r10"],
            &["1.0_git20240101"],
            &["1.0_p1"],
            &["1.0_p2-r1"],
            &["1.0b"],
            &["1.0.1"],
            &["1.05"],
            &["1.1"],
            &["1.10"],
            &["02"],
            &["10"],
        ],
    ),
];

#[test]
fn tables_are_in_order() {
    for (scheme, rows) in ORDERS {
        let places: Vec<(usize, &str)> =
            rows.iter().enumerate().flat_map(|(place, row)| row.iter().map(move |text| (place, *text))).collect();
        for (i, a) in &places {
            for (j, b) in &places {
                assert_eq!(scheme.compare(a, b), i.cmp(j), "{scheme:?}: {a} and {b}");
            }
        }
    }
    for scheme in [Scheme::Cargo, Scheme::Npm, Scheme::Hex, Scheme::Swift, Scheme::Actions] {
        assert!(scheme.compare("1.0.0-rc.2", "v1.0").is_lt(), "{scheme:?}");
    }
}

/// Of any texts: an order has two sides, equal texts have equal places, and what is between is between.
#[test]
fn orders_are_total() {
    let fixtures = fixtures().map(|data| lines(&data)).unwrap_or_default();
    let mut random = Random(7);
    for &scheme in Scheme::ALL {
        let tables = ORDERS.iter().filter(|(known, _)| *known == scheme).flat_map(|(_, rows)| rows.iter().copied());
        let mut texts: Vec<String> = tables.flatten().map(|text| (*text).to_owned()).collect();
        let known: Vec<&Line> = fixtures.iter().filter(|line| line.scheme == scheme).collect();
        texts.extend((0..if known.is_empty() { 0 } else { 40 }).map(|_| known[random.below(known.len())].a.clone()));
        for _ in 0..3 {
            let mut sample: Vec<String> = (0..60).map(|_| random.text()).collect();
            sample.extend(texts.iter().map(|text| random.changed(text)));
            sample.extend(texts.iter().cloned());
            check_order(scheme, &sample);
        }
    }
}

/// Sorts by the order, and then compares each with each: only a total order agrees with the places everywhere.
fn check_order(scheme: Scheme, texts: &[String]) {
    let mut sorted: Vec<&str> = texts.iter().map(String::as_str).collect();
    // An insertion sort cannot panic over an order that is none, as the standard library's may.
    for i in 1..sorted.len() {
        let mut at = i;
        while at > 0 && scheme.compare(sorted[at - 1], sorted[at]).is_gt() {
            sorted.swap(at - 1, at);
            at -= 1;
        }
    }
    let mut place = 0;
    let mut places = vec![0];
    for pair in sorted.windows(2) {
        place += usize::from(scheme.compare(pair[0], pair[1]).is_lt());
        places.push(place);
    }
    for (a, a_place) in sorted.iter().zip(&places) {
        for (b, b_place) in sorted.iter().zip(&places) {
            assert_eq!(scheme.compare(a, b), a_place.cmp(b_place), "{scheme:?}: {a:?} and {b:?}");
        }
    }
}

/// Nothing that is built by repetition may cost more than its length.
#[test]
fn long_versions_are_compared() {
    for unit in ["0.", ".0", "1.", "-0", "-", "a", "a1", "0-", ".ga", "~", "^", "_rc", "0.0.0-", "é", "+", "!", "1!"] {
        let (a, b) = (unit.repeat(10_000), unit.repeat(10_000) + "1");
        for &scheme in Scheme::ALL {
            assert_eq!(scheme.compare(&a, &b), scheme.compare(&b, &a).reverse(), "{scheme:?}: {unit}");
        }
    }
}

/// Marsaglia's xorshift: a dependency would have to promise the same numbers for ever.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (limit.max(1) as u64)).unwrap()
    }

    /// A few pieces of versions in a row.
    fn text(&mut self) -> String {
        let start = if self.below(4) == 0 { "" } else { "1" };
        let count = self.below(7);
        (0..count).fold(start.to_owned(), |text, _| text + PIECES[self.below(PIECES.len())])
    }

    /// The text with a piece in the place of a part of it.
    fn changed(&mut self, text: &str) -> String {
        let mut chars: Vec<char> = text.chars().collect();
        let at = self.below(chars.len() + 1);
        let end = (at + self.below(3)).min(chars.len());
        let piece = PIECES[self.below(PIECES.len())];
        chars.splice(at..end, piece.chars());
        chars.into_iter().collect()
    }
}

const PIECES: &[&str] = &[
    "0",
    "00",
    "1",
    "01",
    "2",
    "10",
    ".",
    "..",
    "-",
    "_",
    "+",
    "~",
    "^",
    ":",
    "!",
    "#",
    " ",
    "\0",
    "é",
    "a",
    "b",
    "A",
    "r",
    "p",
    "v",
    "x",
    "rc",
    "RC",
    "alpha",
    "beta",
    "dev",
    "post",
    "pre",
    "final",
    "ga",
    "sp",
    "git",
    "-r",
    "-r1",
    "_p",
    "_p1",
    "_rc",
    ".0",
    "-0",
    ".1",
    "-1",
    ".0.0",
    ".final",
    "-final",
    "-SNAPSHOT",
    ".dev0",
    "rc0",
    "a0",
    "1!",
    "1:",
    "+1",
    "+a",
    ".b",
];
