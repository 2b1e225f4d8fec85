//! `Cargo.lock` and `Cargo.toml`.

use crate::{Case, check, check_fault, check_paths, check_requirements};

const LOCK: &str = r#"# generated
version = 4

[[package]]
name = "app"
version = "0.1.0"
dependencies = [
 "bitflags 1.3.2",
 "serde",
]

[[package]]
name = "bitflags"
version = "1.3.2"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "bef38d45163c2f1dde094a7dfd33ccf595c92905c8f8f4fdc18d06fb1037718a"

[[package]]
name = "bitflags"
version = "2.4.0"
source = "git+https://example.com/bitflags?branch=main#0123456789abcdef0123456789abcdef01234567"

[[package]]
name = "serde"
version = "1.0.0"
source = "sparse+https://crates.example.com/index/"
dependencies = [
 "bitflags 2.4.0 (git+https://example.com/bitflags?branch=main#0123456789abcdef0123456789abcdef01234567)",
]
"#;

#[test]
fn packages_of_cargo() {
    check(&[
        Case {
            about: "version 4",
            files: &[("Cargo.lock", LOCK)],
            packages: &[
                "5 app 0.1.0 dev? project",
                "13 bitflags 1.3.2 direct dev? sha256:bef38d45163c2f1dde094a7dfd33ccf595c92905c8f8f4fdc18d06fb1037718a",
                "19 bitflags 2.4.0 transitive dev? git:https://example.com/bitflags?branch=main#0123456789abcdef0123456789abcdef01234567",
                "24 serde 1.0.0 direct dev? url:https://crates.example.com/index/",
            ],
        },
        Case {
            about: "version 1 keeps the checksums apart",
            files: &[(
                "Cargo.lock",
                r#"[[package]]
name = "a"
version = "1.0.0"
source = "registry+https://github.com/rust-lang/crates.io-index"

[metadata]
"checksum a 1.0.0 (registry+https://github.com/rust-lang/crates.io-index)" = "00ff"
"checksum b 1.0.0 (registry+https://github.com/rust-lang/crates.io-index)" = "<none>"
"#,
            )],
            packages: &["2 a 1.0.0 dev? sha256:00ff"],
        },
    ]);
    check_paths("the shortest way", &[("Cargo.lock", LOCK)], &["", "bitflags", "serde > bitflags", "serde"]);
}

#[test]
fn broken_lockfiles_of_cargo() {
    check_fault("Cargo.lock", "[[package]]\nname = \"a\"\nversion = \"1\"\n[[package]\nname = \"b\"\n", 4, &["a"]);
    let conflict = "[[package]]\nname = \"a\"\nversion = \"1\"\n\n[[package]]\nname = \"b\"\n<<<<<<< HEAD\nversion = \"1\"\n\
                    =======\nversion = \"2\"\n>>>>>>> other\n\n[[package]]\nname = \"c\"\nversion = \"1\"\n";
    check_fault("Cargo.lock", conflict, 7, &["a", "b", "c"]);
    check_fault("Cargo.lock", "[[package]]\nname = \"a\"\nversion = \"1\n", 3, &["a"]);
}

const MANIFEST: &str = r#"[package]
name = "app"

[dependencies]
serde = { version = "1", optional = true }
taken.workspace = true

[dev-dependencies]
bits = { package = "bitflags", version = "1.3" }

[target.'cfg(unix)'.build-dependencies]
cc = "1"

[workspace]
members = ["crates/*"]

[workspace.dependencies]
taken = "2"

[patch.crates-io]
forked = { git = "https://example.com/forked", rev = "0123456789abcdef0123456789abcdef01234567" }
"#;

#[test]
fn manifests_of_cargo() {
    check_requirements(
        "Cargo.toml",
        MANIFEST,
        &[
            "5 serde 1 optional",
            "6 taken ",
            "9 bitflags 1.3 dev",
            "12 cc 1 dev",
            "18 shared taken 2 dev?",
            "21 forced forked https://example.com/forked dev? elsewhere",
            "member crates/*",
        ],
    );
    check(&[Case {
        about: "a lockfile beside its manifest",
        files: &[("Cargo.lock", LOCK), ("Cargo.toml", MANIFEST)],
        packages: &[
            "5 app 0.1.0 dev? project",
            "13 bitflags 1.3.2 direct dev sha256:bef38d45163c2f1dde094a7dfd33ccf595c92905c8f8f4fdc18d06fb1037718a",
            "19 bitflags 2.4.0 transitive optional git:https://example.com/bitflags?branch=main#0123456789abcdef0123456789abcdef01234567",
            "24 serde 1.0.0 direct optional url:https://crates.example.com/index/",
        ],
    }]);
}
