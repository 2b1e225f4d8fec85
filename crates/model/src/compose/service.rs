//! A service after merging: its layers, the strongest first.

use portcullis_syntax::{Anchor, Lookup, MergeTag, Node, UnknownId, Value};

use super::settings::{Setting, settings_of};
use super::{Mount, Part, Port};

/// A service. Each layer is what one file, or one `extends`, says of it.
#[derive(Clone, Debug)]
pub struct Service<'t> {
    /// Its name.
    pub name: &'t str,
    /// What the first file of the project says of it; absence is reported there.
    pub node: Node<'t>,
    /// The strongest first.
    layers: Vec<Node<'t>>,
    /// What another file says of a service of this name, which may or may not be put under it.
    doubtful: Vec<Node<'t>>,
    /// Whether it may hold what no layer says.
    is_open: bool,
}

impl<'t> Service<'t> {
    pub(super) fn new(name: &'t str, node: Node<'t>) -> Self {
        Self { name, node, layers: Vec::new(), doubtful: Vec::new(), is_open: false }
    }

    /// Puts a layer under those that are there.
    pub(super) fn add(&mut self, layer: Node<'t>) {
        self.is_open |= layer.is_open() || !layer.is_map() && !layer.is_null();
        self.layers.push(layer);
    }

    /// Adds what may be under it: a field that stands there is neither present nor absent.
    pub(super) fn doubt(&mut self, layer: Node<'t>) {
        self.is_open |= layer.is_open() || layer.field("extends").is_some();
        self.doubtful.push(layer);
    }

    /// Whether only a file that may not belong to the project names it.
    pub(super) fn is_doubtful(&self) -> bool {
        self.layers.is_empty()
    }

    pub(super) fn open(&mut self) {
        self.is_open = true;
    }

    /// What each file and each `extends` says of it, the strongest first.
    pub fn layers(&self) -> &[Node<'t>] {
        &self.layers
    }

    /// Whether an image, a build, or what stands for them is known: else the file is meant for another to complete.
    pub fn is_complete(&self) -> bool {
        !self.is_open && ["image", "build", "provider"].iter().any(|field| self.get(field).absent().is_none())
    }

    /// A field after merging, by keys separated by dots.
    pub fn get(&self, path: &str) -> Lookup<'t> {
        for &layer in &self.layers {
            match layer.get(path) {
                Lookup::Present(node) if node.merge_tag() == Some(MergeTag::Reset) => {
                    return Lookup::Absent(self.anchor());
                }
                Lookup::Absent(_) if is_reset(layer, path) => return Lookup::Absent(Anchor { parent: self.node }),
                Lookup::Absent(_) => {}
                found => return found,
            }
        }
        let is_doubtful =
            || self.layers.is_empty() || self.doubtful.iter().any(|other| other.get(path).absent().is_none());
        if self.is_open || is_doubtful() {
            Lookup::Unknown(UnknownId::PLACEHOLDER)
        } else {
            Lookup::Absent(self.anchor())
        }
    }

    /// What each layer gives a list or a mapping that is merged, the weakest first.
    pub fn parts(&self, path: &str) -> Vec<Node<'t>> {
        let mut parts = Vec::new();
        for &layer in &self.layers {
            let Some(node) = layer.get(path).present() else {
                if is_reset(layer, path) {
                    break;
                }
                continue;
            };
            match node.merge_tag() {
                Some(MergeTag::Reset) => break,
                Some(MergeTag::Override) => {
                    parts.push(node);
                    break;
                }
                None => parts.push(node),
            }
        }
        parts.reverse();
        parts
    }

    /// The elements of a list, those of all layers.
    pub fn list(&self, path: &str) -> impl Iterator<Item = Node<'t>> + use<'t> {
        self.parts(path).into_iter().flat_map(Node::items)
    }

    /// Whether a list or mapping may have more in it than is written.
    pub fn may_have_more(&self, path: &str) -> bool {
        self.is_open
            || self.doubtful.iter().any(|other| other.get(path).absent().is_none())
            || self.parts(path).iter().any(|part| {
                part.is_open()
                    || matches!(part.value(), Value::Unknown(_) | Value::Template(_))
                    || part.items().any(|item| matches!(item.value(), Value::Unknown(_) | Value::Template(_)))
            })
            || self.layers.iter().any(|layer| matches!(layer.get(path), Lookup::Unknown(_)))
    }

    /// Names with values, of all layers; of equal names the strongest layer's.
    pub fn settings(&self, path: &str) -> Vec<Setting<'t>> {
        let parts = self.parts(path);
        let all = parts.iter().copied().flat_map(settings_of);
        if parts.len() < 2 {
            return all.collect();
        }
        let mut merged: Vec<Setting<'t>> = Vec::new();
        let mut seen = std::collections::HashMap::new();
        for setting in all {
            if let Some(earlier) = seen.get(setting.name).and_then(|&at: &usize| merged.get_mut(at)) {
                *earlier = setting;
            } else {
                seen.insert(setting.name, merged.len());
                merged.push(setting);
            }
        }
        merged
    }

    /// The ports that are published: none on the host's own network, without one, and on that of another container.
    pub fn ports(&self) -> impl Iterator<Item = Port<'t>> + use<'t> {
        let mode = self.get("network_mode").present().and_then(Node::as_str).unwrap_or_default();
        let has_own =
            !matches!(mode, "host" | "none") && !mode.starts_with("service:") && !mode.starts_with("container:");
        let parts = if has_own { self.parts("ports") } else { Vec::new() };
        parts.into_iter().flat_map(Node::items).filter_map(Port::new)
    }

    /// What is mounted into it.
    pub fn mounts(&self) -> impl Iterator<Item = Mount<'t>> + use<'t> {
        let mounts: Vec<Mount<'t>> = self.list("volumes").filter_map(Mount::new).collect();
        // A later file replaces what an earlier one mounts at the same place.
        let replaced = |at: usize| {
            let Some(Part::Known(target)) = mounts.get(at).map(|mount| mount.target) else { return false };
            mounts.iter().skip(at + 1).take(MOST_MOUNTS).any(|later| later.target == Part::Known(target))
        };
        let kept: Vec<bool> = (0..mounts.len()).map(|at| self.layers.len() < 2 || !replaced(at)).collect();
        mounts.into_iter().zip(kept).filter(|(_, kept)| *kept).map(|(mount, _)| mount)
    }

    /// Its profiles; `None` where they are not known.
    pub fn profiles(&self) -> Option<Vec<&'t str>> {
        if self.may_have_more("profiles") {
            return None;
        }
        self.list("profiles").map(Node::as_str).collect()
    }

    /// The place to say that something is missing from it.
    pub fn anchor(&self) -> Anchor<'t> {
        Anchor { parent: self.node }
    }

    /// How messages name it.
    pub fn title(&self) -> String {
        format!("service `{}`", self.name)
    }
}

/// Mounts after one that may replace it; services with more are not written by hand.
const MOST_MOUNTS: usize = 256;

/// Whether a layer takes back what is below a path: `ports: !reset null`, or a mapping above it that is replaced.
fn is_reset(layer: Node<'_>, path: &str) -> bool {
    let mut node = layer;
    for key in path.split('.') {
        let Some(next) = node.field(key) else { return false };
        if next.merge_tag().is_some() {
            return true;
        }
        node = next;
    }
    false
}
