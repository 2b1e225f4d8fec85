//! Lockfiles of ten formats, each of a project with as many packages as projects have: 300 to 1,500.
//!
//! Names are made of words, versions and hashes of the number of a package. One package in fifty is a crate that RustSec
//! has advisories about, so that there is something to find.

#![allow(clippy::indexing_slicing, clippy::string_slice, reason = "every index is reduced to the length of its table")]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// What a package is in every format.
struct Entry {
    name: String,
    version: String,
    /// Packages behind it in the file that it needs.
    needs: Vec<usize>,
}

const FIRST: [&str; 12] =
    ["async", "fast", "node", "react", "simple", "tiny", "smart", "open", "micro", "base", "core", "multi"];
const SECOND: [&str; 14] = [
    "stream", "parser", "router", "cache", "buffer", "loader", "client", "logger", "queue", "schema", "socket",
    "token", "worker", "style",
];

/// Crates with advisories, in versions that they hold for.
const AFFECTED: [(&str, &str); 6] = [
    ("time", "0.1.42"),
    ("smallvec", "0.6.9"),
    ("hyper", "0.12.30"),
    ("openssl", "0.10.30"),
    ("tokio", "1.8.0"),
    ("regex", "1.5.0"),
];

/// Writes `count` lockfiles and gives their bytes.
pub fn write(folder: &Path, count: usize) -> std::io::Result<u64> {
    let mut bytes = 0;
    for number in 0..count {
        let entries = entries(300 + number * 97 % 1_200, number);
        let (name, text) = match number % 10 {
            0 => ("package-lock.json", package_lock(&entries)),
            1 => ("yarn.lock", yarn(&entries)),
            2 => ("pnpm-lock.yaml", pnpm(&entries)),
            3 => ("Cargo.lock", cargo(&entries)),
            4 => ("poetry.lock", poetry(&entries)),
            5 => ("uv.lock", uv(&entries)),
            6 => ("go.mod", go(&entries)),
            7 => ("Gemfile.lock", gemfile(&entries)),
            8 => ("composer.lock", composer(&entries)),
            _ => ("requirements.txt", requirements(&entries)),
        };
        let project = folder.join(format!("project-{number:04}"));
        fs::create_dir_all(&project)?;
        fs::write(project.join(name), &text)?;
        bytes += text.len() as u64;
    }
    Ok(bytes)
}

fn entries(count: usize, seed: usize) -> Vec<Entry> {
    let entry = |at: usize| {
        if at % 50 == 7 {
            let (name, version) = AFFECTED[(at / 50 + seed) % AFFECTED.len()];
            return Entry { name: name.to_owned(), version: version.to_owned(), needs: Vec::new() };
        }
        let mixed = at * 31 + seed * 7;
        let name = format!("{}-{}-{at}", FIRST[mixed % FIRST.len()], SECOND[mixed / 3 % SECOND.len()]);
        let version = format!("{}.{}.{}", mixed % 9, mixed / 5 % 30, mixed / 11 % 20);
        let needs = (1..=mixed % 5).map(|step| at + step * 3).filter(|&other| other < count).collect();
        Entry { name, version, needs }
    };
    let mut entries: Vec<Entry> = (0..count).map(entry).collect();
    // The formats have each name once.
    for (at, entry) in entries.iter_mut().enumerate().filter(|(at, _)| at % 50 == 7 && *at > 50 * AFFECTED.len()) {
        entry.name = format!("{}-{at}", entry.name);
    }
    entries
}

/// 64 digits.
fn hash(at: usize) -> String {
    let mut state = at as u64 + 1;
    let mut text = String::new();
    for _ in 0..4 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let _ = write!(text, "{state:016x}");
    }
    text
}

/// 86 characters of base64 and its padding.
fn sri(at: usize) -> String {
    format!("sha512-{}{}==", hash(at), &hash(at + 1)[..22])
}

fn package_lock(entries: &[Entry]) -> String {
    let mut text = "{\n  \"name\": \"shop\",\n  \"lockfileVersion\": 3,\n  \"requires\": true,\n  \"packages\": {\n    \"\": {\n      \"name\": \"shop\",\n      \"dependencies\": {\n".to_owned();
    let direct: Vec<String> =
        entries.iter().step_by(20).map(|it| format!("        \"{}\": \"^{}\"", it.name, it.version)).collect();
    let _ = write!(text, "{}\n      }}\n    }}", direct.join(",\n"));
    for (at, it) in entries.iter().enumerate() {
        let _ = write!(
            text,
            ",\n    \"node_modules/{0}\": {{\n      \"version\": \"{1}\",\n      \"resolved\": \"https://registry.npmjs.org/{0}/-/{0}-{1}.tgz\",\n      \"integrity\": \"{2}\",\n      \"license\": \"MIT\"",
            it.name,
            it.version,
            sri(at)
        );
        let needs: Vec<String> = it
            .needs
            .iter()
            .map(|&at| format!("        \"{}\": \"^{}\"", entries[at].name, entries[at].version))
            .collect();
        if !needs.is_empty() {
            let _ = write!(text, ",\n      \"dependencies\": {{\n{}\n      }}", needs.join(",\n"));
        }
        text.push_str("\n    }");
    }
    text.push_str("\n  }\n}\n");
    text
}

fn yarn(entries: &[Entry]) -> String {
    let mut text =
        "# THIS IS AN AUTOGENERATED FILE. DO NOT EDIT THIS FILE DIRECTLY.\n# yarn lockfile v1\n\n".to_owned();
    for (at, it) in entries.iter().enumerate() {
        let _ = write!(
            text,
            "\n{0}@^{1}:\n  version \"{1}\"\n  resolved \"https://registry.yarnpkg.com/{0}/-/{0}-{1}.tgz#{2}\"\n  integrity {3}\n",
            it.name,
            it.version,
            &hash(at)[..40],
            sri(at)
        );
        if !it.needs.is_empty() {
            text.push_str("  dependencies:\n");
            for &at in &it.needs {
                let _ = writeln!(text, "    {} \"^{}\"", entries[at].name, entries[at].version);
            }
        }
    }
    text
}

fn pnpm(entries: &[Entry]) -> String {
    let mut text = "lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    dependencies:\n".to_owned();
    for it in entries.iter().step_by(20) {
        let _ = writeln!(text, "      {0}:\n        specifier: ^{1}\n        version: {1}", it.name, it.version);
    }
    text.push_str("\npackages:\n");
    for (at, it) in entries.iter().enumerate() {
        let _ = write!(text, "\n  {}@{}:\n    resolution: {{integrity: {}}}\n", it.name, it.version, sri(at));
    }
    text.push_str("\nsnapshots:\n");
    for it in entries {
        if it.needs.is_empty() {
            let _ = write!(text, "\n  {}@{}: {{}}\n", it.name, it.version);
            continue;
        }
        let _ = write!(text, "\n  {}@{}:\n    dependencies:\n", it.name, it.version);
        for &at in &it.needs {
            let _ = writeln!(text, "      {}: {}", entries[at].name, entries[at].version);
        }
    }
    text
}

fn cargo(entries: &[Entry]) -> String {
    let mut text = "# This file is automatically @generated by Cargo.\nversion = 4\n".to_owned();
    for (at, it) in entries.iter().enumerate() {
        let _ = write!(
            text,
            "\n[[package]]\nname = \"{}\"\nversion = \"{}\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\nchecksum = \"{}\"\n",
            it.name,
            it.version,
            hash(at)
        );
        if !it.needs.is_empty() {
            text.push_str("dependencies = [\n");
            it.needs.iter().for_each(|&at| {
                let _ = writeln!(text, " \"{}\",", entries[at].name);
            });
            text.push_str("]\n");
        }
    }
    text
}

fn poetry(entries: &[Entry]) -> String {
    let mut text = String::new();
    for (at, it) in entries.iter().enumerate() {
        let _ = write!(
            text,
            "[[package]]\nname = \"{0}\"\nversion = \"{1}\"\ndescription = \"What {0} is for\"\noptional = false\npython-versions = \">=3.9\"\ngroups = [\"main\"]\nfiles = [\n    {{file = \"{0}-{1}-py3-none-any.whl\", hash = \"sha256:{2}\"}},\n    {{file = \"{0}-{1}.tar.gz\", hash = \"sha256:{3}\"}},\n]\n",
            it.name,
            it.version,
            hash(at),
            hash(at + 7)
        );
        if !it.needs.is_empty() {
            text.push_str("\n[package.dependencies]\n");
            for &at in &it.needs {
                let _ = writeln!(text, "{} = \">={}\"", entries[at].name, entries[at].version);
            }
        }
        text.push('\n');
    }
    text.push_str("[metadata]\nlock-version = \"2.1\"\npython-versions = \">=3.9\"\n");
    text
}

fn uv(entries: &[Entry]) -> String {
    let mut text = "version = 1\nrevision = 3\nrequires-python = \">=3.12\"\n".to_owned();
    for (at, it) in entries.iter().enumerate() {
        let _ = write!(
            text,
            "\n[[package]]\nname = \"{}\"\nversion = \"{}\"\nsource = {{ registry = \"https://pypi.org/simple\" }}\n",
            it.name, it.version
        );
        if !it.needs.is_empty() {
            text.push_str("dependencies = [\n");
            it.needs.iter().for_each(|&at| {
                let _ = writeln!(text, "    {{ name = \"{}\" }},", entries[at].name);
            });
            text.push_str("]\n");
        }
        let _ = writeln!(
            text,
            "sdist = {{ url = \"https://files.pythonhosted.org/packages/{0}/{1}-{2}.tar.gz\", hash = \"sha256:{3}\", size = {4} }}",
            &hash(at)[..8],
            it.name,
            it.version,
            hash(at),
            at * 37
        );
    }
    text
}

fn go(entries: &[Entry]) -> String {
    let mut text = "module example.org/shop\n\ngo 1.24.0\n\nrequire (\n".to_owned();
    for (at, it) in entries.iter().enumerate() {
        let indirect = if at % 20 == 0 { "" } else { " // indirect" };
        let _ = writeln!(
            text,
            "\tgithub.com/{}/{} v1.{}{indirect}",
            &hash(at)[..6],
            it.name,
            it.version.replacen('.', "", 1)
        );
    }
    text.push_str(")\n");
    text
}

fn gemfile(entries: &[Entry]) -> String {
    let mut text = "GEM\n  remote: https://rubygems.org/\n  specs:\n".to_owned();
    for it in entries {
        let _ = writeln!(text, "    {} ({})", it.name, it.version);
        for &at in &it.needs {
            let _ = writeln!(text, "      {} (>= {})", entries[at].name, entries[at].version);
        }
    }
    text.push_str("\nPLATFORMS\n  ruby\n\nDEPENDENCIES\n");
    entries.iter().step_by(20).for_each(|it| {
        let _ = writeln!(text, "  {}", it.name);
    });
    text.push_str("\nBUNDLED WITH\n   2.5.6\n");
    text
}

fn composer(entries: &[Entry]) -> String {
    let packages: Vec<String> = entries
        .iter()
        .enumerate()
        .map(|(at, it)| {
            let needs: Vec<String> = it
                .needs
                .iter()
                .map(|&at| format!("                \"acme/{}\": \"^{}\"", entries[at].name, entries[at].version))
                .collect();
            format!(
                "        {{\n            \"name\": \"acme/{0}\",\n            \"version\": \"v{1}\",\n            \"source\": {{\n                \"type\": \"git\",\n                \"url\": \"https://github.com/acme/{0}.git\",\n                \"reference\": \"{2}\"\n            }},\n            \"dist\": {{\n                \"type\": \"zip\",\n                \"url\": \"https://api.github.com/repos/acme/{0}/zipball/{2}\",\n                \"reference\": \"{2}\",\n                \"shasum\": \"\"\n            }},\n            \"require\": {{\n{3}\n            }},\n            \"type\": \"library\",\n            \"license\": [\n                \"MIT\"\n            ]\n        }}",
                it.name,
                it.version,
                &hash(at)[..40],
                needs.join(",\n")
            )
        })
        .collect();
    format!(
        "{{\n    \"content-hash\": \"{}\",\n    \"packages\": [\n{}\n    ],\n    \"packages-dev\": []\n}}\n",
        &hash(0)[..32],
        packages.join(",\n")
    )
}

fn requirements(entries: &[Entry]) -> String {
    let mut text = String::new();
    for (at, it) in entries.iter().enumerate() {
        let _ = writeln!(
            text,
            "{}=={} \\\n    --hash=sha256:{} \\\n    --hash=sha256:{}",
            it.name,
            it.version,
            hash(at),
            hash(at + 9)
        );
    }
    text
}
