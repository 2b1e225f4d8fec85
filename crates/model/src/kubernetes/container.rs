//! A container of a pod, with the parts that rules read found once.

use std::fmt;

use portcullis_syntax::{Anchor, Lookup, Node};

/// What a container is for; the kubelet treats each kind differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// In `containers`.
    Main,
    /// In `initContainers`; runs to its end before the main ones start.
    Init,
    /// In `initContainers` with `restartPolicy: Always`; runs beside the main ones.
    Sidecar,
    /// In `ephemeralContainers`.
    Ephemeral,
}

/// A container.
#[derive(Clone, Copy, Debug)]
pub struct Container<'t> {
    /// The whole container.
    pub node: Node<'t>,
    /// What it is for.
    pub role: Role,
    /// Its position in its list.
    pub index: usize,
    /// `name`, where it is a known string.
    pub name: Option<&'t str>,
    image: Option<Node<'t>>,
    security_context: Option<Node<'t>>,
    resources: Option<Node<'t>>,
}

/// What [`Container::title`] writes into a message.
#[derive(Clone, Copy, Debug)]
pub struct ContainerTitle<'t> {
    role: Role,
    index: usize,
    name: Option<&'t str>,
}

impl fmt::Display for ContainerTitle<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.role {
            Role::Main => "container",
            Role::Init => "init container",
            Role::Sidecar => "sidecar container",
            Role::Ephemeral => "ephemeral container",
        };
        match self.name {
            Some(name) => write!(formatter, "{what} `{name}`"),
            None => write!(formatter, "{what} {}", self.index.saturating_add(1)),
        }
    }
}

/// The parts of a container that rules read most.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Parts<'t> {
    pub(crate) image: Option<Node<'t>>,
    pub(crate) security_context: Option<Node<'t>>,
    pub(crate) resources: Option<Node<'t>>,
}

impl<'t> Container<'t> {
    pub(crate) fn new(node: Node<'t>, list: Role, index: usize) -> Self {
        let (mut name, mut image, mut security_context, mut resources, mut role) = (None, None, None, None, list);
        for (key, value) in node.entries() {
            match key.text() {
                "name" => name = value.as_str(),
                "image" => image = Some(value),
                "securityContext" => security_context = Some(value),
                "resources" => resources = Some(value),
                "restartPolicy" if list == Role::Init && value.as_str() == Some("Always") => role = Role::Sidecar,
                _ => {}
            }
        }
        if name.is_some_and(|name| name.starts_with("istio-")) {
            // Istio puts its own image there as the pod is made.
            image = image.filter(|image| image.as_str() != Some("auto"));
        }
        Self { node, role, index, name, image, security_context, resources }
    }

    /// A container whose parts stand elsewhere than a manifest has them. `node` is where its other fields are looked for.
    pub(crate) fn of_parts(node: Node<'t>, name: Option<&'t str>, parts: Parts<'t>) -> Self {
        let Parts { image, security_context, resources } = parts;
        Self { node, role: Role::Main, index: 0, name, image, security_context, resources }
    }

    /// Looks below `securityContext`.
    pub fn security(&self, path: &str) -> Lookup<'t> {
        self.below(self.security_context, path)
    }

    /// `securityContext` itself.
    pub fn security_context(&self) -> Lookup<'t> {
        self.found(self.security_context)
    }

    /// Looks below `resources`.
    pub fn resource(&self, path: &str) -> Lookup<'t> {
        self.below(self.resources, path)
    }

    /// `image`. Absent where the word that stands there is a request to Istio and names none.
    pub fn image(&self) -> Lookup<'t> {
        self.found(self.image)
    }

    /// Any other field.
    pub fn get(&self, path: &str) -> Lookup<'t> {
        self.node.get(path)
    }

    /// The elements of a list field such as `ports`, `env` or `volumeMounts`.
    pub fn list(&self, field: &str) -> impl Iterator<Item = Node<'t>> + use<'t> {
        self.node.field(field).into_iter().flat_map(Node::items)
    }

    /// The place to say that something is missing from it.
    pub fn anchor(&self) -> Anchor<'t> {
        Anchor { parent: self.node }
    }

    /// How messages name it: ``container `web` ``, ``init container `migrate` ``.
    pub fn title(&self) -> ContainerTitle<'t> {
        ContainerTitle { role: self.role, index: self.index, name: self.name }
    }

    /// Whether it keeps running beside the others of its pod.
    pub fn keeps_running(&self) -> bool {
        matches!(self.role, Role::Main | Role::Sidecar)
    }

    fn found(&self, field: Option<Node<'t>>) -> Lookup<'t> {
        match field {
            Some(node) if node.is_null() => node.missing(),
            Some(node) => Lookup::Present(node),
            None => self.node.missing(),
        }
    }

    fn below(&self, field: Option<Node<'t>>, path: &str) -> Lookup<'t> {
        match field {
            Some(node) => node.get(path),
            None => self.node.missing(),
        }
    }
}
