//! What a file is, by its name. Content decides the rest once it is parsed.

use portcullis_model::compose::has_compose_name;
use portcullis_model::kustomize::is_kustomization;

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
}

/// The language of a path, or `None` where the file is not one that is scanned.
pub(crate) fn classify(path: &str) -> Option<Language> {
    if is_kustomization(path) {
        return Some(Language::Yaml11);
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

fn terraform(name: &str) -> Option<Language> {
    let name = name.strip_suffix(".json").unwrap_or(name);
    match extension(name) {
        "tf" | "tofu" => Some(Language::Terraform),
        "tfvars" => Some(Language::TerraformVariables),
        _ => None,
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
                | "py"
                | "go"
                | "sh"
                | "js"
                | "ts"
                | "rb"
                | "java"
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
