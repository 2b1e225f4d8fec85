//! `volumes` of a service: what is mounted into it, in the short and the long form.

use portcullis_syntax::{Node, Value};

use super::{Part, as_flag, as_text};

/// An entry of a service's `volumes`.
#[derive(Clone, Copy, Debug)]
pub struct Mount<'t> {
    /// The entry; in the long form a mapping.
    pub node: Node<'t>,
    /// The node to point at: the source in the long form, else the entry.
    pub spot: Node<'t>,
    /// What is mounted.
    pub kind: MountKind,
    /// A path of the host or the name of a volume.
    pub source: Part<&'t str>,
    /// The path in the container.
    pub target: Part<&'t str>,
    /// Whether it is mounted read-only.
    pub read_only: Part<bool>,
    /// How mounts below it spread.
    pub propagation: Option<&'t str>,
}

/// What a mount mounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MountKind {
    /// A path of the host.
    Bind,
    /// A volume.
    Volume,
    /// A pipe of Windows.
    Pipe,
    /// Memory, an image, or what is not known.
    Other,
}

const PROPAGATIONS: &[&str] = &["shared", "rshared", "slave", "rslave", "private", "rprivate"];

impl<'t> Mount<'t> {
    /// Reads an entry; absent where nothing of it is known.
    pub fn new(node: Node<'t>) -> Option<Self> {
        match node.value() {
            Value::String(text) => Some(Self::short(node, text)),
            Value::Template(template) => Some(Self::short(node, template.raw)),
            Value::Map(_) => Some(Self::long(node)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::List(_) | Value::Unknown(_) => None,
        }
    }

    /// `[SOURCE:]TARGET[:OPTIONS]`.
    fn short(node: Node<'t>, text: &'t str) -> Self {
        let (first, rest) = first_path(text);
        let mut mount = Self {
            node,
            spot: node,
            kind: MountKind::Volume,
            source: Part::Absent,
            target: path(first),
            read_only: Part::Known(false),
            propagation: None,
        };
        let Some(rest) = rest else { return mount };
        mount.kind = kind_of(first);
        mount.source = path(first);
        let (target, options) = first_path(rest);
        mount.target = path(target);
        for option in options.unwrap_or_default().split(',') {
            match option {
                "ro" => mount.read_only = Part::Known(true),
                "rw" => mount.read_only = Part::Known(false),
                option if option.contains("${") => mount.read_only = Part::Unknown,
                option => mount.propagation = PROPAGATIONS.iter().copied().find(|p| *p == option).or(mount.propagation),
            }
        }
        mount
    }

    fn long(node: Node<'t>) -> Self {
        let field = |name: &str| node.field(name).filter(|field| !field.is_null());
        let text =
            |name: &str| field(name).map_or(Part::Absent, |field| as_text(field).map_or(Part::Unknown, Part::Known));
        let kind = match text("type") {
            Part::Known("bind") => MountKind::Bind,
            Part::Known("volume") => MountKind::Volume,
            Part::Known("npipe") => MountKind::Pipe,
            _ => MountKind::Other,
        };
        Self {
            node,
            spot: field("source").unwrap_or(node),
            kind,
            source: text("source"),
            target: text("target"),
            read_only: field("read_only").map_or(Part::Known(false), |f| as_flag(f).map_or(Part::Unknown, Part::Known)),
            propagation: node.get("bind.propagation").present().and_then(Node::as_str),
        }
    }
}

/// What stands before the first colon that parts paths, and what behind it. `C:\` is one path.
fn first_path(text: &str) -> (&str, Option<&str>) {
    let has_drive = text.as_bytes().first().is_some_and(u8::is_ascii_alphabetic)
        && matches!(text.as_bytes().get(1..3), Some([b':', b'\\' | b'/']))
        // `a:/b` is a volume of one letter more often than a drive with forward slashes.
        && text.as_bytes().get(2) == Some(&b'\\');
    let skip = if has_drive { 2 } else { 0 };
    match text.get(skip..).and_then(|rest| rest.find(':')) {
        Some(colon) => (text.get(..skip + colon).unwrap_or_default(), text.get(skip + colon + 1..)),
        None => (text, None),
    }
}

fn kind_of(source: &str) -> MountKind {
    if source.starts_with("\\\\.\\pipe") {
        MountKind::Pipe
    } else if source.starts_with(['/', '.', '~', '\\']) || source.get(1..3) == Some(":\\") {
        MountKind::Bind
    } else if source.starts_with("${") {
        MountKind::Other
    } else {
        MountKind::Volume
    }
}

fn path(text: &str) -> Part<&str> {
    if text.contains("${") { Part::Unknown } else { Part::Known(text) }
}
