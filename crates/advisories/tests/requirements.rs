//! What requirements allow, by the documents of each package manager.

#![allow(clippy::panic, reason = "a panic is the failure message")]

use portcullis_advisories::{Requirement, Scheme};

/// What a requirement allows, what it does not, what it leaves open, and the version that it pins.
struct Case {
    text: &'static str,
    allowed: &'static [&'static str],
    refused: &'static [&'static str],
    open: &'static [&'static str],
    exact: Option<&'static str>,
}

const fn case(text: &'static str, allowed: &'static [&'static str], refused: &'static [&'static str]) -> Case {
    Case { text, allowed, refused, open: &[], exact: None }
}

impl Case {
    const fn open(mut self, open: &'static [&'static str]) -> Self {
        self.open = open;
        self
    }

    const fn exact(mut self, version: &'static str) -> Self {
        self.exact = Some(version);
        self
    }
}

#[track_caller]
fn check(scheme: Scheme, cases: &[Case], not_understood: &[&str]) {
    for case in cases {
        let Some(requirement) = Requirement::parse(scheme, case.text) else {
            panic!("{scheme:?} {:?} is not understood", case.text);
        };
        for (versions, expected) in [(case.allowed, Some(true)), (case.refused, Some(false)), (case.open, None)] {
            for version in versions {
                assert_eq!(requirement.matches(version), expected, "{scheme:?} {:?} {version}", case.text);
            }
        }
        assert_eq!(requirement.exact(), case.exact, "{scheme:?} {:?}", case.text);
    }
    for text in not_understood {
        assert_eq!(Requirement::parse(scheme, text), None, "{scheme:?} {text:?}");
    }
}

#[test]
fn npm() {
    check(
        Scheme::Npm,
        &[
            case("1.2.3", &["1.2.3", "v1.2.3", "1.2.3+b"], &["1.2.4", "1.2.3-a"]).exact("1.2.3"),
            case("=v1.2.3", &["1.2.3"], &["1.2.4"]).exact("1.2.3"),
            case("^1.2.3", &["1.2.3", "1.9.0"], &["1.2.2", "2.0.0", "2.0.0-rc.1", "1.3.0-rc.1"]).open(&["main", "1.2"]),
            case("^0.2.3", &["0.2.3", "0.2.9"], &["0.3.0"]),
            case("^0.0.3", &["0.0.3"], &["0.0.4"]),
            case("^0.0", &["0.0.9"], &["0.1.0"]),
            case("^0.x", &["0.9.9"], &["1.0.0"]),
            case(
                "^1.2.3-beta.2",
                &["1.2.3-beta.4", "1.2.3", "1.3.0"],
                &["1.2.3-beta.1", "1.2.4-beta.2", "2.0.0-beta.3"],
            ),
            case("~1.2.3", &["1.2.9"], &["1.3.0", "1.2.2"]),
            case("~1", &["1.9.9"], &["2.0.0"]),
            case("~>1.2", &["1.2.9"], &["1.3.0"]),
            case("1.x", &["1.0.0", "1.9.9"], &["2.0.0"]),
            case("1.2.*", &["1.2.7"], &["1.3.0"]),
            case("1", &["1.2.7"], &["2.0.0"]),
            case("", &["7.0.0"], &["7.0.0-a"]),
            case("*", &["7.0.0"], &[]),
            case(">=1.2.3 <2.0.0", &["1.2.3"], &["2.0.0", "1.0.0"]),
            case(">= 1.2.3   < 2", &["1.9.9"], &["2.0.0", "2.0.0-a"]),
            case(">1.2", &["1.3.0"], &["1.2.9"]),
            case("<=1.2", &["1.2.9"], &["1.3.0"]),
            case("<1.2.0", &["1.1.9"], &["1.2.0", "1.2.0-a"]),
            case(">*", &[], &["0.0.0", "1.0.0"]),
            case("1.2 - 2.3", &["1.2.0", "2.3.9"], &["2.4.0", "1.1.9"]),
            case("1.2.3 - 2.3.4", &["2.3.4"], &["2.3.5"]),
            case("^1.0.0 || ^3.0.0", &["1.5.0", "3.1.0"], &["2.0.0"]),
            case("1.2.3 || 1.2.4", &["1.2.4"], &["1.2.5"]),
        ],
        &[
            "latest",
            "next",
            "workspace:*",
            "npm:other@^1",
            "file:../a",
            "git+https://host/a.git",
            "https://host/a.tgz",
            "1.2.3.4",
            "a/b",
            "^99999999999999999999",
            "^18446744073709551615",
            "1.x.3",
            "==1.2.3",
        ],
    );
}

#[test]
fn cargo() {
    check(
        Scheme::Cargo,
        &[
            case("1.2.3", &["1.2.3", "1.9.0"], &["2.0.0", "1.2.2", "1.3.0-rc.1"]),
            case("0.2", &["0.2.9"], &["0.3.0"]),
            case("0.0.3", &["0.0.3"], &["0.0.4"]),
            case("0", &["0.9.9"], &["1.0.0"]),
            case("=1.2.3", &["1.2.3"], &["1.2.4"]).exact("1.2.3"),
            case("= 1.2", &["1.2.9"], &["1.3.0"]),
            case("~1.2", &["1.2.9"], &["1.3.0"]),
            case("1.2.*", &["1.2.9"], &["1.3.0"]),
            case("^1.2.*", &["1.3.0"], &["2.0.0"]),
            case("*", &["0.0.1"], &[]),
            case(">=1.2, <1.5", &["1.4.9"], &["1.5.0", "1.1.0"]),
            case("1.0.0-rc.1", &["1.0.0-rc.2", "1.0.0"], &["1.0.1-rc.1"]),
        ],
        &["", "1.2.3 2", "git", "^", ">=*", "1.0, *"],
    );
}

#[test]
fn pypi() {
    check(
        Scheme::Pypi,
        &[
            case("==1.2", &["1.2", "1.2.0", "1.2+local"], &["1.2.1", "1.2.post1"])
                .open(&["not a version"])
                .exact("1.2"),
            case("==1.2+a", &["1.2+A"], &["1.2", "1.2+b"]).exact("1.2+a"),
            case("===1.2", &["1.2"], &["1.2.0"]).exact("1.2"),
            case("==1.2.*", &["1.2", "1.2.9", "1.2.post1"], &["1.3", "1!1.2"]).open(&["1.2rc1"]),
            case("!=1.2.*,>=1", &["1.1", "1.3"], &["1.2.5", "0.9"]),
            case("~=1.4.2", &["1.4.2", "1.4.9"], &["1.5", "1.4.1"]),
            case("~= 1.4", &["1.9"], &["2.0", "1.3"]),
            case(">=1.2,<2", &["1.2", "1.9.9"], &["2", "2rc1", "1.1"]).open(&["1.5b1"]),
            case("<2", &["1.9"], &["2.dev1", "2a1"]),
            case("<2rc1", &["2b1"], &["2rc1"]),
            case(">1rc1", &["1.post1", "1"], &["1rc1.post1"]),
            case(">1.7", &["1.7.1", "1.8"], &["1.7", "1.7.post1", "1.7+local"]),
            case(">=2.0rc1", &["2.0rc1", "2.0rc2", "2.0"], &["2.0b9"]),
            case("(>=1.0)", &["1.0"], &["0.9"]),
            case("", &["1.0"], &[]).open(&["1.0a1"]),
            case("*", &["1.0"], &[]),
        ],
        &["1.2", "^1.2", "~1.2", "==", ">=1.*", ">=1+a", "~=1", "==1.2rc1.*", ">=1;python_version>'3'", "latest"],
    );
}

#[test]
fn composer() {
    check(
        Scheme::Packagist,
        &[
            case("1.2.3", &["1.2.3", "v1.2.3", "1.2.3.0"], &["1.2.4"]).exact("1.2.3"),
            case("^1.2", &["1.2.0", "v1.9.9"], &["2.0.0", "1.1.9", "2.0.0-beta1"]).open(&["1.5.0-beta1", "dev-main"]),
            case("^0.3", &["0.3.9"], &["0.4.0"]),
            case(">=3", &["3.0"], &["2.9-RC1"]).open(&["3.0RC1"]),
            case("~1.2", &["1.9.0"], &["2.0.0"]).open(&["1.2.0-dev"]),
            case("~1.2.3", &["1.2.9"], &["1.3.0"]),
            case("1.0.*", &["1.0.9"], &["1.1.0"]),
            case("*", &["1.0.9"], &[]),
            case(">=1.0 <2.0", &["1.5"], &["2.0"]),
            case(">=1.0,<1.1 || >=1.2", &["1.0.5", "1.2"], &["1.1.5"]),
            case("^7.1|^8.0", &["7.4", "8.3.1"], &["9.0"]),
            case("1.0 - 2.0", &["2.0.9"], &["2.1.0"]),
            case("1.0.0 - 2.1.0", &["2.1.0"], &["2.1.1"]),
            case("!=1.1", &["1.2"], &["1.1.0"]),
            case("^2.0@beta", &["2.1"], &["3.0"]),
            case("^2.0-beta1", &["2.0-beta2", "2.0"], &["2.0-alpha1"]),
        ],
        &["dev-main", "1.x-dev as 1.0", "self.version", "", "||", "master"],
    );
}

#[test]
fn rubygems() {
    check(
        Scheme::RubyGems,
        &[
            case("~> 1.2", &["1.2", "1.9.9"], &["2.0", "1.1", "2.0.rc1"]),
            case("~> 1.2.3", &["1.2.9"], &["1.3"]),
            case("~> 2", &["2.9"], &["3.0"]),
            case(">= 1.0, < 2", &["1.5"], &["2.0", "0.9"]),
            case("= 1.2.3", &["1.2.3", "1.2.3.0"], &["1.2.4"]).exact("1.2.3"),
            case("1.2.3", &["1.2.3"], &["1.2.4"]).exact("1.2.3"),
            case("!= 1.2", &["1.3"], &["1.2.0"]),
            case("~> 1.0.0rc1", &["1.0.5"], &["1.1"]),
            case("~> 1.0.0-1", &["1.0.5"], &["1.1"]),
            case("~> 1.0.0.rc1", &["1.0.0.rc2", "1.0.5"], &["1.0.0.beta", "1.1"]),
        ],
        &["", "~>", "git", ">= 1.0,", "> 1.0 < 2"],
    );
}

#[test]
fn pubspec() {
    check(
        Scheme::Pub,
        &[
            case("^1.2.3", &["1.2.3", "1.9.0", "1.5.0-beta"], &["2.0.0", "2.0.0-beta"]),
            case("^0.1.2", &["0.1.9"], &["0.2.0"]),
            case("^0.0.3", &["0.0.4"], &["0.1.0"]),
            case(">=1.2.3 <2.0.0", &["1.2.3"], &["2.0.0", "2.0.0-a", "1.0.0"]),
            case(">=2.0.0-a <2.0.0", &["2.0.0-b"], &["2.0.0"]),
            case("1.2.3", &["1.2.3"], &["1.2.3+1"]).exact("1.2.3"),
            case("any", &["1.0.0"], &[]).open(&["main"]),
            case("", &["1.0.0"], &[]),
        ],
        &["^1.2", "latest", "1.x.0", ">=1.0.0,<2.0.0"],
    );
}

#[test]
fn go() {
    check(
        Scheme::Go,
        &[case("v1.2.3", &["v1.2.3", "1.2.3"], &["v1.2.4"]).exact("v1.2.3")],
        &["latest", "main", "1.2.3", "v1", ">=v1.2.3", "v1.2.3.x"],
    );
}

#[test]
fn others_are_not_read() {
    for scheme in [Scheme::Maven, Scheme::Nuget, Scheme::Debian, Scheme::Hex] {
        assert_eq!(Requirement::parse(scheme, "1.0"), None, "{scheme:?}");
    }
}
