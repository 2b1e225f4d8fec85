//! What a check is asked about: kinds of inputs, in which form.

use crate::value::Value;

/// What a text is to a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// An object of Kubernetes in YAML.
    KubernetesYaml,
    /// An object of Kubernetes in JSON.
    KubernetesJson,
    /// Any other document in YAML.
    Yaml,
    /// Any other document in JSON.
    Json,
    /// TOML.
    Toml,
    /// A Dockerfile.
    Dockerfile,
    /// HCL: a part of a Terraform module.
    Hcl,
    /// Names and values of an environment.
    Dotenv,
    /// Sections of names and values.
    Ini,
    /// Java's properties.
    Properties,
    /// XML.
    Xml,
    /// The patterns of `.gitignore` and `.dockerignore`.
    Ignore,
    /// All texts of a scan as one list.
    Combined,
    /// A root module of Terraform as it is evaluated. For checks that ask for it.
    Terraform,
    /// The packages of a lockfile. For checks that ask for it.
    Packages,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::KubernetesYaml,
        Self::KubernetesJson,
        Self::Yaml,
        Self::Json,
        Self::Toml,
        Self::Dockerfile,
        Self::Hcl,
        Self::Dotenv,
        Self::Ini,
        Self::Properties,
        Self::Xml,
        Self::Ignore,
        Self::Combined,
        Self::Terraform,
        Self::Packages,
    ];
}

/// How an input is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// As its decoder gives it, and in Conftest's shapes.
    Plain,
    /// With lines, in Trivy's shapes.
    Placed,
}

/// The inputs that a check is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Selector {
    /// The types that are named; empty for any.
    pub(super) types: Vec<Type>,
    /// The kinds of objects that are named, in lower case; empty for any.
    pub(super) objects: Vec<String>,
    /// Who wrote the check decides the form.
    pub(super) placed: Placed,
}

/// Whether a check reads lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Placed {
    No,
    /// Where Trivy has a shape of its own.
    Yes,
}

/// A type of a selector of Trivy's, or one of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Kubernetes,
    Dockerfile,
    Yaml,
    Json,
    Toml,
    Terraform,
    Packages,
}

impl Type {
    /// Whether Trivy has inputs of this name, which we may not have.
    pub(super) fn is_name(name: &str) -> bool {
        matches!(name, "cloud" | "defsec") || Self::read(name).is_ok()
    }

    /// Reads it, or says why there are no such inputs.
    pub(super) fn read(name: &str) -> Result<Self, String> {
        match name.to_ascii_lowercase().as_str() {
            "kubernetes" | "rbac" | "helm" => Ok(Self::Kubernetes),
            "dockerfile" => Ok(Self::Dockerfile),
            "yaml" => Ok(Self::Yaml),
            "json" => Ok(Self::Json),
            "toml" => Ok(Self::Toml),
            "terraform" => Ok(Self::Terraform),
            "packages" => Ok(Self::Packages),
            "cloud" | "defsec" => {
                Err("it is about `cloud`: Trivy's typed model of cloud resources is not here; write it for `json` or \
                     `kubernetes`, or for `terraform`, which is our own shape"
                    .to_owned())
            }
            other => Err(format!(
                "`{other}` is no type of input that is known here (kubernetes, dockerfile, yaml, json, toml, terraform, packages)"
            )),
        }
    }
}

impl Selector {
    /// The form in which a check is asked about a kind; `None`: not at all.
    pub(super) fn form(&self, kind: Kind) -> Option<Form> {
        use Kind::{Dockerfile, Json, KubernetesJson, KubernetesYaml, Packages, Terraform, Toml, Yaml};
        let has = |wanted: Type| self.types.contains(&wanted);
        let placed = match self.placed {
            Placed::No => Form::Plain,
            Placed::Yes => Form::Placed,
        };
        let any = self.types.is_empty();
        match kind {
            KubernetesYaml | KubernetesJson if any || has(Type::Kubernetes) => Some(placed),
            Dockerfile if any || has(Type::Dockerfile) => Some(placed),
            Yaml | KubernetesYaml if has(Type::Yaml) => Some(Form::Plain),
            Json | KubernetesJson if has(Type::Json) => Some(Form::Plain),
            Toml if has(Type::Toml) => Some(Form::Plain),
            // Shapes that no other tool has would come as a surprise to policies that are written for one.
            Terraform => has(Type::Terraform).then_some(Form::Plain),
            Packages => has(Type::Packages).then_some(Form::Plain),
            _ if any => Some(Form::Plain),
            _ => None,
        }
    }

    /// Whether an input is of the kinds of objects that are asked about.
    pub(super) fn holds(&self, input: &Value) -> bool {
        if self.objects.is_empty() {
            return true;
        }
        let kind = input.get("kind");
        let kind = kind.as_ref().and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
        self.objects.contains(&kind)
    }
}
