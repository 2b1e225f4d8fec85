//! Helm charts: what a chart's values say of pods before any template is rendered.
//!
//! Values are one layer of several: a template decides what becomes of them, and another values file or a flag may
//! replace each of them. So only what is written counts, and what is not written is unknown, never absent. Blocks that
//! are switched off with `enabled: false` say nothing. Which names have a meaning is convention: those that `helm create`
//! writes and that nearly all published charts share.

use portcullis_core::Span;
use portcullis_syntax::{Lookup, Node, Tree, Value};

use crate::image::ImageRef;
use crate::kubernetes::{Container, Object, Parts, Pod, Role};

/// What `Chart.yaml` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chart {
    /// `name`.
    pub name: Option<String>,
    /// `appVersion`: the tag of images that have none, as the conventional template fills it in.
    pub app_version: Option<String>,
}

impl Chart {
    /// Reads the content of `Chart.yaml`.
    pub fn new(root: Node<'_>) -> Self {
        let text = |key: &str| root.field(key).filter(|node| is_scalar(*node)).map(|node| node.text().to_owned());
        Self { name: text("name"), app_version: text("appVersion").filter(|version| !version.is_empty()) }
    }
}

/// Whether a file of a chart's own folder holds values, by its name: `values.yaml`, `values-prod.yaml`,
/// `prod.values.yaml`.
pub fn is_values_file(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let Some(stem) = name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml")) else { return false };
    stem.strip_prefix("values").is_some_and(|rest| rest.is_empty() || rest.starts_with(SEPARATORS))
        || stem.strip_suffix("values").is_some_and(|rest| rest.ends_with(SEPARATORS))
}

/// What parts of file names stand apart by.
const SEPARATORS: [char; 3] = ['-', '_', '.'];

/// A values file.
#[derive(Debug)]
pub struct Values {
    tree: Tree,
    /// The images that are spread over several keys, in the order that the walk meets them.
    images: Tree,
    chart: Chart,
}

impl Values {
    /// Takes a values file of `chart`.
    pub fn new(tree: Tree, chart: Chart) -> Self {
        let tree = tree.opened();
        let mut records = Vec::new();
        walk(&tree, &chart, &mut |block| {
            for image in block.images {
                if let Image::Composed { path, text, span } = image.image {
                    records.push([("name", path, span), ("image", text, span)]);
                }
            }
        });
        let images = tree.composed(records);
        Self { tree, images, chart }
    }

    /// The file; what is not written in it is unknown.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The pods that the values speak of, as far as they do.
    pub fn pods(&self) -> Vec<Pod<'_>> {
        let mut composed = self.images.documents().flat_map(|document| document.root.items());
        let mut pods = Vec::new();
        walk(&self.tree, &self.chart, &mut |block| {
            let Block { node, name, images } = block;
            let object =
                Object { node, api_version: "v2", kind: "Chart", name: self.chart.name.as_deref(), namespace: None };
            let (of_pod, of_container) = security_contexts(node);
            let resources = node.get("resources").present();
            let own = Parts { image: None, security_context: of_container, resources };
            let mut containers = vec![Container::of_parts(node, name.or(object.name), own)];
            containers.extend(images.into_iter().filter_map(|image| {
                let whole = match image.image {
                    Image::Written(node) => node,
                    Image::Composed { .. } => composed.next()?.field("image")?,
                };
                let parts = Parts { image: Some(whole), ..Parts::default() };
                Some(Container::of_parts(image.node, image.name.or(object.name), parts))
            }));
            containers.extend(written_containers(node));
            pods.push(Pod::of_parts(object, node, of_pod, containers));
        });
        pods
    }
}

/// A mapping of values that may be about a pod.
struct Block<'t> {
    node: Node<'t>,
    /// The component that it configures; none for the chart's own.
    name: Option<&'t str>,
    images: Vec<NamedImage<'t>>,
}

struct NamedImage<'t> {
    /// The image as it is written: a string, or the mapping of its parts.
    node: Node<'t>,
    name: Option<&'t str>,
    image: Image<'t>,
}

enum Image<'t> {
    /// One string.
    Written(Node<'t>),
    /// Put together from registry, repository, tag and digest.
    Composed {
        path: String,
        text: String,
        /// The part that is decisive for the version.
        span: Span,
    },
}

/// How deep blocks are looked for.
const DEPTH: usize = 12;

/// Keys that say something of a pod.
const TELLING: &[&str] = &[
    "resources",
    "securityContext",
    "podSecurityContext",
    "containerSecurityContext",
    "hostNetwork",
    "hostPID",
    "hostIPC",
    "volumes",
    "env",
];

fn walk<'t>(tree: &'t Tree, chart: &Chart, visit: &mut dyn FnMut(Block<'t>)) {
    for document in tree.documents() {
        walk_mapping(document.root, None, &mut String::new(), chart, visit, DEPTH);
    }
}

/// Visits a mapping and those below it; `name` is the key that it is known by.
fn walk_mapping<'t>(
    node: Node<'t>,
    name: Option<&'t str>,
    path: &mut String,
    chart: &Chart,
    visit: &mut dyn FnMut(Block<'t>),
    depth: usize,
) {
    if depth == 0 || !node.is_map() || is_off(node) {
        return;
    }
    let mut block = Block { node, name, images: Vec::new() };
    let mut tells = false;
    for (key, value) in node.entries() {
        let key = key.text();
        tells |= TELLING.contains(&key) || holds_containers(key);
        let is_image = key.to_ascii_lowercase().ends_with("image");
        if is_image {
            let named = if key == "image" { name } else { Some(key) };
            block.images.extend(image_of(node, named, value, path, key, chart));
        } else if key == "images" {
            for (each, value) in value.entries() {
                block.images.extend(image_of(node, Some(each.text()), value, path, each.text(), chart));
            }
        }
    }
    if tells || !block.images.is_empty() {
        visit(block);
    }
    for (key, value) in node.entries().filter(|(_, value)| value.is_map()) {
        let length = path.len();
        path.push_str(key.text());
        path.push('.');
        walk_mapping(value, Some(key.text()), path, chart, visit, depth - 1);
        path.truncate(length);
    }
}

fn image_of<'t>(
    holder: Node<'t>,
    name: Option<&'t str>,
    value: Node<'t>,
    path: &str,
    key: &str,
    chart: &Chart,
) -> Option<NamedImage<'t>> {
    let composed = |(text, span)| Image::Composed { path: format!("{path}{key}"), text, span };
    let image = match value.value() {
        Value::String(text) if !text.is_empty() => match ImageRef::parse(text) {
            Ok(parsed) if parsed.tag().is_some() || parsed.digest().is_some() => Image::Written(value),
            Ok(_) => composed(match holder.field("imageTag").filter(|tag| is_scalar(*tag)) {
                Some(tag) => (format!("{text}:{}", tag.text()), tag.span()),
                // What the template appends is not known.
                None => (format!("{text}{VERSION}"), value.span()),
            }),
            Err(_) => return None,
        },
        Value::Template(_) => Image::Written(value),
        Value::Map(parts) if !is_off(parts) => composed(compose(parts, chart)?),
        _ => return None,
    };
    Some(NamedImage { node: value, name, image })
}

/// What stands for a repository that is not known.
const REPOSITORY: &str = "${repository}";
/// What stands for whatever a template appends.
const VERSION: &str = "${version}";

/// The reference that `{registry, repository, tag, digest}` make, and the place of what decides its version.
fn compose(parts: Node<'_>, chart: &Chart) -> Option<(String, Span)> {
    let text = |key: &str| parts.field(key).filter(|node| is_scalar(*node) && !node.text().is_empty());
    let repository = text("repository").or_else(|| text("name"));
    let tag = text("tag");
    let digest = text("digest").or_else(|| text("sha"));
    if repository.is_none() && tag.is_none() && digest.is_none() {
        return None;
    }
    let mut whole = String::new();
    match (parts.field("registry"), text("registry")) {
        (_, Some(registry)) => {
            whole.push_str(registry.text().trim_end_matches('/'));
            whole.push('/');
        }
        // The values below this layer may have one.
        (None, None) if repository.is_none() => whole.push_str(REPOSITORY),
        _ => {}
    }
    whole.push_str(repository.map_or("", Node::text));
    let has_version = ImageRef::parse(&whole).is_ok_and(|image| image.tag().is_some() || image.digest().is_some());
    match (tag, &chart.app_version) {
        (Some(tag), _) => {
            whole.push(':');
            whole.push_str(tag.text());
        }
        (None, _) if has_version => {}
        (None, Some(version)) => {
            whole.push(':');
            whole.push_str(version);
        }
        (None, None) => whole.push_str(VERSION),
    }
    if let Some(digest) = digest {
        whole.push_str(if digest.text().contains(':') { "@" } else { "@sha256:" });
        whole.push_str(digest.text());
    }
    Some((whole, tag.or(repository).or(digest)?.span()))
}

/// The security contexts of a block's pod and of its container. A lone `securityContext` is the container's, as `helm
/// create` has it, unless the container has one of its own name.
fn security_contexts(block: Node<'_>) -> (Option<Node<'_>>, Option<Node<'_>>) {
    let context = |key: &str| block.get(key).present().filter(|node| !is_off(*node));
    let of_container = context("containerSecurityContext");
    let plain = context("securityContext");
    match of_container {
        Some(_) => (context("podSecurityContext").or(plain), of_container),
        None => (context("podSecurityContext"), plain),
    }
}

/// Lists of containers as manifests have them: `initContainers`, `extraContainers`, `sidecars`.
fn holds_containers(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    key.ends_with("containers") || key.ends_with("sidecars")
}

fn written_containers(block: Node<'_>) -> impl Iterator<Item = Container<'_>> {
    let lists = block.entries().filter(|(key, _)| holds_containers(key.text()));
    lists.flat_map(|(key, list)| {
        let role = if key.text().to_ascii_lowercase().contains("init") { Role::Init } else { Role::Main };
        let items = list.items().enumerate().filter(|(_, item)| item.field("image").is_some());
        items.map(move |(index, item)| Container::new(item, role, index))
    })
}

fn is_off(block: Node<'_>) -> bool {
    matches!(block.key_lookup("enabled"), Lookup::Present(flag) if flag.as_bool() == Some(false))
}

fn is_scalar(node: Node<'_>) -> bool {
    matches!(node.value(), Value::String(_) | Value::Number(_) | Value::Template(_))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use portcullis_core::FileId;
    use portcullis_syntax::{Dialect, yaml};

    use super::*;

    /// The images of values as `CONTAINER IMAGE LINE`, for a chart `web` of an application 1.2.
    fn images(text: &str) -> Vec<String> {
        let chart = Chart { name: Some("web".to_owned()), app_version: Some("1.2".to_owned()) };
        let values = Values::new(yaml::parse(FileId(0), &Arc::from(text), Dialect::Yaml11), chart);
        let pods = values.pods();
        let containers = pods.iter().flat_map(|pod| &pod.containers);
        let shown = containers.filter_map(|container| {
            let image = container.image().present()?;
            let line = text.get(..image.span().start as usize)?.matches('\n').count() + 1;
            Some(format!("{} {} {line}", container.name.unwrap_or_default(), image.text()))
        });
        shown.collect()
    }

    #[test]
    fn images_are_put_together() {
        for (text, expected) in [
            ("image: nginx:1.2", &["web nginx:1.2 1"][..]),
            ("image: nginx", &["web nginx${version} 1"]),
            ("image: nginx\nimageTag: latest", &["web nginx:latest 2"]),
            ("image:\n  repository: nginx\n  tag: 1.10", &["web nginx:1.10 3"]),
            ("image: { repository: nginx, tag: '' }", &["web nginx:1.2 1"]),
            ("image: { registry: quay.io, repository: a/b, tag: x }", &["web quay.io/a/b:x 1"]),
            ("image: { repository: nginx:3 }", &["web nginx:3 1"]),
            ("image: { repository: a, tag: b, digest: 'sha256:00' }", &["web a:b@sha256:00 1"]),
            ("image: { repository: a, tag: b, sha: '00' }", &["web a:b@sha256:00 1"]),
            ("image: { tag: latest }", &["web ${repository}:latest 1"]),
            ("image: { pullPolicy: Always }", &[]),
            ("image: { enabled: false, repository: a }", &[]),
            ("api: { enabled: false, image: a:latest }", &[]),
            ("api: { image: a:1 }\ninitImage: b:1", &["initImage b:1 2", "api a:1 1"]),
            ("images: { api: a:1, db: { repository: b, tag: 2 } }", &["api a:1 1", "db b:2 1"]),
            ("sidecars: [{ name: log, image: a:1 }]\ninitContainers: []", &["log a:1 1"]),
            ("repository: { url: https://example.com, tag: latest }", &[]),
            ("image: https://example.com/logo.png", &[]),
            ("- image: a:latest", &[]),
            ("", &[]),
        ] {
            assert_eq!(images(text), expected, "{text}");
        }
    }

    #[test]
    fn names_tell_values_files() {
        for (name, expected) in [
            ("values.yaml", true),
            ("values.yml", true),
            ("values-prod.yaml", true),
            ("values.prod.yaml", true),
            ("values_prod.yaml", true),
            ("prod-values.yaml", true),
            ("prod.values.yaml", true),
            ("values.schema.json", false),
            ("valuesets.yaml", false),
            ("myvalues.yaml", false),
            ("Chart.yaml", false),
        ] {
            assert_eq!(is_values_file(name), expected, "{name}");
        }
    }
}
