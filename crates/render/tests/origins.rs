//! Where each value of a built object was written, and why a kustomization cannot be built.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is the failure message")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use portcullis_core::{FileError, FileId, Files};
use portcullis_render::{Build, Builds, Fault, Library};
use portcullis_syntax::Node;

struct Memory(BTreeMap<String, String>);

impl Files for Memory {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        self.0.get(path).map(|text| text.clone().into_bytes()).ok_or_else(|| FileError::Missing(PathBuf::from(path)))
    }

    fn list(&self, directory: &str) -> Result<Vec<String>, FileError> {
        Err(FileError::Missing(PathBuf::from(directory)))
    }
}

impl Memory {
    fn new(files: &[(&str, &str)]) -> Self {
        Self(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
    }

    fn build(&self, directory: &str) -> Result<Build, Fault> {
        let mut file_id = |path: &str| {
            FileId(u32::try_from(self.0.keys().position(|name| name == path).unwrap_or(self.0.len())).unwrap())
        };
        let library = Library::gather([format!("{directory}/kustomization.yaml")], self, &mut file_id);
        Builds::new(&library).build(directory)
    }

    /// A node's value, the file and the text that stands where it was written, and the texts that it was laid over.
    fn origin(&self, node: Node<'_>) -> String {
        let file = |id: FileId| self.0.iter().nth(id.0 as usize).unwrap();
        let span = node.span();
        let (path, text) = file(span.file);
        let via: Vec<&str> =
            node.via().map(|span| span.slice(file(span.file).1).lines().next().unwrap_or_default()).collect();
        let via = if via.is_empty() { String::new() } else { format!(" over {}", via.join(" | ")) };
        format!("{} = {path}: {}{via}", node.text(), span.slice(text))
    }
}

const WEB: &str = "apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 1
  template:
    spec:
      containers:
        - name: web
          image: web:1
          securityContext: { privileged: false, runAsUser: 5 }
          env: [{ name: A, value: base }]
";

#[test]
fn values_stand_where_they_were_written() {
    let patch = "apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  template:
    spec:
      hostPID: true
      containers:
        - name: web
          securityContext: { privileged: true, runAsUser: 5 }
          env: [{ name: B, value: patch }]
";
    let overlay = "resources: [../base]
namespace: shop
namePrefix: dev-
commonLabels: { stage: dev }
images: [{ name: web, newTag: \"2\" }]
replicas: [{ name: web, count: 7 }]
patches:
  - path: patch.yaml
  - target: { kind: Deployment }
    patch: |-
      - op: add
        path: /spec/paused
        value: true
";
    let files = Memory::new(&[
        ("base/kustomization.yaml", "resources: [web.yaml]"),
        ("base/web.yaml", WEB),
        ("over/kustomization.yaml", overlay),
        ("over/patch.yaml", patch),
    ]);
    let build = files.build("over").unwrap();
    let root = build.objects.first().unwrap().tree.documents().next().unwrap().root;
    let container = root.get("spec.template.spec.containers").present().unwrap().items().next().unwrap();
    for (holder, path, expected) in [
        (root, "kind", "Deployment = base/web.yaml: Deployment"),
        (root, "metadata.name", "dev-web = base/web.yaml: web"),
        (root, "metadata.namespace", "shop = over/kustomization.yaml: shop over { name: web }"),
        (root, "metadata.labels.stage", "dev = over/kustomization.yaml: dev over { name: web }"),
        (root, "spec.replicas", "7 = over/kustomization.yaml: 7 over 1"),
        (root, "spec.paused", "true = over/kustomization.yaml: true over replicas: 1"),
        (root, "spec.template.spec.hostPID", "true = over/patch.yaml: true over containers:"),
        (container, "name", "web = base/web.yaml: web"),
        (container, "image", "web:2 = over/kustomization.yaml: \"2\" over web:1"),
        (container, "securityContext.privileged", "true = over/patch.yaml: true over false"),
        // What a patch only repeats stays with the base.
        (container, "securityContext.runAsUser", "5 = base/web.yaml: 5"),
    ] {
        let node = holder.get(path).present().unwrap_or_else(|| panic!("{path}"));
        assert_eq!(files.origin(node), expected, "{path}");
    }
    let env: Vec<String> = container
        .get("env")
        .present()
        .unwrap()
        .items()
        .map(|item| files.origin(item.get("value").present().unwrap()))
        .collect();
    let over = "[{ name: A, value: base }]";
    assert_eq!(env, [format!("patch = over/patch.yaml: patch over {over}"), "base = base/web.yaml: base".to_owned()]);
}

#[test]
fn what_kustomize_refuses_is_not_built() {
    let patch = |name: &str| format!("apiVersion: apps/v1\nkind: Deployment\nmetadata: {{ name: {name} }}\n");
    let other = patch("other");
    for (kustomization, reason) in [
        ("resources: [gone.yaml]", "`a/gone.yaml` is not there"),
        ("resources: [../a]", "`a` takes itself in"),
        ("resources: [web.yaml, web.yaml]", "the Deployment `web` is there twice"),
        ("resources: [other.txt.yaml]", "`a/other.txt.yaml` holds something that is no object"),
        ("resources: [web.yaml]\npatches: [{ path: gone.yaml }]", "the patch `gone.yaml` is not there"),
        (
            "resources: [web.yaml]\npatches: [{ path: patch.yaml }]",
            "a patch is for the Deployment `other`, which is not there",
        ),
        (
            "resources: [web.yaml]\npatches: [{ path: other.txt.yaml, target: { kind: . } }]",
            "the patch `other.txt.yaml` cannot be read",
        ),
        ("resources: [web.yaml]\npatches: [{ path: patch.yaml, target: { name: '(' } }]", "`(` is no pattern"),
        (
            "resources: [web.yaml]\npatches:\n  - target: { kind: Deployment }\n    patch: |-\n      - { op: remove, path: /spec/gone }\n",
            "a JSON patch leads to `/spec/gone`, which is not there",
        ),
        ("resources: [web.yaml]\nreplicas: [{ name: gone, count: 2 }]", "nothing called `gone` has replicas"),
        ("resources: [web.yaml]\ntransformers: [x.yaml]", "what its transformers do is not known"),
        (
            "configMapGenerator: [{ name: a, behavior: merge, literals: [a=b] }]",
            "the ConfigMap `a` is not there to merge",
        ),
    ] {
        let files = Memory::new(&[
            ("a/kustomization.yaml", kustomization),
            ("a/web.yaml", WEB),
            ("a/patch.yaml", &other),
            ("a/other.txt.yaml", "just a text\n"),
        ]);
        let fault = files.build("a").err().map(|fault| fault.to_string());
        assert_eq!(fault.as_deref(), Some(reason), "{kustomization}");
    }
}

#[test]
fn what_lies_elsewhere_is_left_out() {
    let kustomization = "resources: [web.yaml, 'https://example.com/x', 'git@example.com:x/y', github.com/a/b]
helmCharts: [{ name: redis }]
generators: [x.yaml]
patches:
  - patch: |-
      { apiVersion: v1, kind: Service, metadata: { name: in-the-remote-base } }
";
    let files = Memory::new(&[("a/kustomization.yaml", kustomization), ("a/web.yaml", WEB)]);
    let build = files.build("a").unwrap();
    assert_eq!(build.objects.len(), 1);
    let unseen = [
        "the chart `redis`",
        "the remote base `git@example.com:x/y`",
        "the remote base `github.com/a/b`",
        "the remote base `https://example.com/x`",
        "what its generators make",
    ];
    assert_eq!(build.unseen, unseen);
}
