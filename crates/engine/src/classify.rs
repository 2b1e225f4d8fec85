//! What a file is, by its name. Content decides the rest once it is parsed; of a file that was named, all of it.

use std::sync::Arc;

use portcullis_core::FileId;
use portcullis_model::actions::is_workflow;
use portcullis_model::compose::{has_compose_name, is_compose};
use portcullis_model::kubernetes::Object;
use portcullis_model::kustomize::is_kustomization;
use portcullis_model::packages::Format;
use portcullis_syntax::{Dialect, Tree, json, yaml};

/// The languages that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    /// YAML as Kubernetes reads it.
    Yaml11,
    /// YAML as GitHub Actions read it.
    Yaml12,
    /// A Compose file; its name says so.
    Compose,
    /// JSON; judged only where it could be a Kubernetes object.
    Json,
    /// A Dockerfile.
    Dockerfile,
    /// A file that a template engine fills in first; its name says so.
    Template,
    /// A part of a module of Terraform or OpenTofu, in native syntax or JSON. It is judged with its module.
    Terraform,
    /// Values of variables of Terraform; judged with the modules beside it.
    TerraformVariables,
    /// Names packages; its name says so.
    Packages(Format),
    /// Of no kind that is known: read for secrets alone.
    Text,
}

/// The language of a path, or `None` where the file is not one that is scanned.
pub(crate) fn classify(path: &str) -> Option<Language> {
    if is_kustomization(path) {
        return Some(Language::Yaml11);
    }
    if let Some(format) = Format::of_path(path) {
        return Some(Language::Packages(format));
    }
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    if is_dockerfile(&name) {
        return Some(match extension(&name) {
            "tmpl" | "tpl" | "j2" | "jinja" | "jinja2" | "erb" | "in" | "template" | "mustache" | "hbs" => {
                Language::Template
            }
            _ => Language::Dockerfile,
        });
    }
    if let Some(language) = terraform(&name) {
        return Some(language);
    }
    match extension(&name) {
        "yaml" | "yml" if has_compose_name(&name) => Some(Language::Compose),
        "yaml" | "yml" => Some(if is_yaml12(path, &name) { Language::Yaml12 } else { Language::Yaml11 }),
        "json" => Some(Language::Json),
        _ => None,
    }
}

/// Whether a file that is of no known kind may be a text: what programs make, and people do not write, is told by its name.
pub(crate) fn may_be_text(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    !BINARY.contains(&extension(&name))
}

/// Ends of names of images, archives, programs, fonts, media and data.
const BINARY: &[&str] = &[
    "7z", "a", "aac", "aar", "ai", "apk", "arrow", "avi", "avif", "avro", "bin", "bmp", "br", "bz2", "class", "dat",
    "db", "deb", "dll", "dmg", "doc", "docx", "dylib", "ear", "eot", "exe", "flac", "gif", "gz", "h5", "heic", "ico",
    "iso", "jar", "jpeg", "jpg", "lib", "lz4", "m4a", "mkv", "mo", "mov", "mp3", "mp4", "msi", "npy", "npz", "o",
    "odt", "ogg", "onnx", "otf", "parquet", "pb", "pdf", "pkl", "png", "ppt", "pptx", "psd", "pt", "pyc", "pyo", "rar",
    "rlib", "rpm", "so", "sqlite", "sqlite3", "swf", "tar", "tgz", "tif", "tiff", "ttf", "war", "wasm", "wav", "webm",
    "webp", "whl", "wmv", "woff", "woff2", "xls", "xlsx", "xz", "zip", "zst",
];

fn terraform(name: &str) -> Option<Language> {
    let name = name.strip_suffix(".json").unwrap_or(name);
    match extension(name) {
        "tf" | "tofu" => Some(Language::Terraform),
        "tfvars" => Some(Language::TerraformVariables),
        _ => None,
    }
}

/// The language of a JSON file that was named or piped: a bill of materials may have any name.
pub(crate) fn json_by_content(text: &str) -> Language {
    Format::of_content(text).map_or(Language::Json, Language::Packages)
}

/// The language of a text whose name says nothing: `None` where it is nothing that is scanned, or is not certain to be.
pub(crate) fn by_content(text: &str) -> Option<Language> {
    let has =
        |words: &[&str]| words.iter().all(|word| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some());
    if is_dockerfile_text(text) {
        return Some(Language::Dockerfile);
    }
    if let Some(format) = Format::of_content(text) {
        return Some(Language::Packages(format));
    }
    // Most texts are ruled out before they are parsed.
    if !(has(&["apiVersion", "kind"])
        || has(&["services", "image"])
        || has(&["services", "build"])
        || has(&["jobs", "on"]))
    {
        return None;
    }
    let shared: Arc<str> = Arc::from(text);
    let (tree, language) = if text.trim_start_matches('\u{feff}').trim_start().starts_with(['{', '[']) {
        (json::parse(FileId(0), &shared), Language::Json)
    } else {
        (yaml::parse(FileId(0), &shared, Dialect::Yaml12), Language::Yaml11)
    };
    (tree.errors().is_empty() && is_known(&tree)).then_some(language)
}

/// Whether a tree holds something of a kind that is told by its content.
fn is_known(tree: &Tree) -> bool {
    let first = tree.documents().next().map(|document| document.root);
    first.is_some_and(|root| is_compose(root) || is_workflow(root))
        || tree.documents().any(|document| Object::new(document.root).is_some())
}

/// Whether the first instruction, ARGs left out, is a FROM as a Dockerfile has it.
fn is_dockerfile_text(text: &str) -> bool {
    let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
    let mut lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let is_word = |word: &str, keyword: &str| word.eq_ignore_ascii_case(keyword);
    let first = lines.find(|line| !line.split_whitespace().next().is_some_and(|word| is_word(word, "ARG")));
    let mut words = first.unwrap_or_default().split_whitespace();
    if !words.next().is_some_and(|word| is_word(word, "FROM")) {
        return false;
    }
    let rest: Vec<&str> = words.filter(|word| !word.starts_with("--")).collect();
    match rest.as_slice() {
        [_] => true,
        [_, between, _] => is_word(between, "AS"),
        _ => false,
    }
}

fn extension(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// `Dockerfile`, `Dockerfile.prod`, `Dockerfile-prod`, `prod.dockerfile`, and the same with Containerfile.
fn is_dockerfile(name: &str) -> bool {
    ["dockerfile", "containerfile"].iter().any(|base| {
        if name.strip_suffix(base).is_some_and(|before| before.is_empty() || before.ends_with('.')) {
            return true;
        }
        let Some(after) = name.strip_prefix(base) else { return false };
        // `Dockerfile.dockerignore` lists files, and documents or scripts about Dockerfiles are none.
        let other = matches!(
            extension(name),
            "dockerignore"
                | "containerignore"
                | "md"
                | "rst"
                | "html"
                | "rego"
                | "py"
                | "go"
                | "sh"
                | "js"
                | "ts"
                | "rb"
                | "java"
                | "rs"
                | "kt"
                | "c"
                | "h"
                | "cpp"
                | "cs"
                | "php"
                | "swift"
                | "scala"
                | "lua"
                | "tsx"
                | "jsx"
                | "mjs"
                | "css"
                | "txt"
                | "xml"
                | "json"
                | "yaml"
                | "yml"
                | "toml"
                | "lock"
                | "orig"
                | "rej"
                | "bak"
                | "swp"
        );
        after.starts_with(['.', '-', '_']) && !other
    })
}

fn is_yaml12(path: &str, name: &str) -> bool {
    path.contains(".github/workflows/") || name == "action.yml" || name == "action.yaml"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_decides_where_the_name_says_nothing() {
        use Language::{Dockerfile, Json, Yaml11};
        for (text, expected) in [
            ("# a\nARG A=1\nfrom --platform=linux/amd64 a:1 as b\n", Some(Dockerfile)),
            ("FROM a\nRUN x", Some(Dockerfile)),
            ("from os import path\n", None),
            ("From: a@example.com\n\nFROM a", None),
            ("apiVersion: v1\nkind: Pod\n", Some(Yaml11)),
            ("a: b\n---\napiVersion: v1\nkind: Pod\n", Some(Yaml11)),
            ("# How to\n\nSay `apiVersion: v1` and `kind: Pod`.\n", None),
            ("{ \"apiVersion\": \"v1\", \"kind\": \"Pod\" }", Some(Json)),
            ("{ \"services\": { \"a\": { \"image\": \"b\" } } }", Some(Json)),
            ("services: { a: { image: b } }", Some(Yaml11)),
            ("services: [image]", None),
            ("on: push\njobs: { a: { runs-on: b } }", Some(Yaml11)),
            ("on: push\njobs: { a: { script: b } }", None),
            ("", None),
        ] {
            assert_eq!(by_content(text), expected, "{text}");
        }
    }

    #[test]
    fn names_decide_the_language() {
        use Language::{Compose, Dockerfile, Json, Template, Terraform, TerraformVariables, Yaml11, Yaml12};
        for (path, expected) in [
            ("Dockerfile", Some(Dockerfile)),
            ("a/dockerfile", Some(Dockerfile)),
            ("Dockerfile.prod", Some(Dockerfile)),
            ("Dockerfile-dev", Some(Dockerfile)),
            ("api.Dockerfile", Some(Dockerfile)),
            ("Containerfile", Some(Dockerfile)),
            ("Dockerfile.dockerignore", None),
            ("Dockerfile.md", None),
            ("dockerfile-bases.rego", None),
            ("src/dockerfile.rs", None),
            ("Dockerfiles", None),
            ("mydockerfile", None),
            ("Dockerfile.j2", Some(Template)),
            ("k8s/a.yaml", Some(Yaml11)),
            ("compose.yaml", Some(Compose)),
            ("a/docker-compose.prod.yml", Some(Compose)),
            ("docker-compose-dev.yml", Some(Yaml11)),
            ("compose.yaml.j2", None),
            (".github/workflows/ci.yml", Some(Yaml12)),
            ("a.json", Some(Json)),
            ("infra/main.tf", Some(Terraform)),
            ("main.tf.json", Some(Terraform)),
            ("main.tofu", Some(Terraform)),
            ("prod.tfvars", Some(TerraformVariables)),
            ("prod.auto.tfvars.json", Some(TerraformVariables)),
            ("terraform.tfstate", None),
            ("a.txt", None),
        ] {
            assert_eq!(classify(path), expected, "{path}");
        }
    }
}
