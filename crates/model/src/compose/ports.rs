//! `ports`: what of a container is reachable from outside, in the short and the long form.

use portcullis_syntax::{Node, Value};

use super::{Part, as_text};

/// An entry of `ports`.
#[derive(Clone, Copy, Debug)]
pub struct Port<'t> {
    /// The entry.
    pub node: Node<'t>,
    /// The address of the host that it is bound to.
    pub host_ip: Part<&'t str>,
    /// The port of the host; absent where Docker chooses one.
    pub published: Part<PortRange>,
    /// The port of the container.
    pub target: Part<PortRange>,
    /// `tcp` where nothing is said.
    pub protocol: Part<&'t str>,
}

/// One port, or several in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortRange {
    /// The first.
    pub first: u16,
    /// The last.
    pub last: u16,
}

/// From where a published port can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// From everywhere that reaches the host.
    Everywhere,
    /// From one address or the host alone.
    Somewhere,
    /// A variable decides.
    Unknown,
}

impl PortRange {
    /// Whether both have a port in common.
    pub fn overlaps(self, other: Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }

    /// Whether it holds a port.
    pub fn contains(self, port: u16) -> bool {
        (self.first..=self.last).contains(&port)
    }

    fn parse(text: &str) -> Option<Self> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let range = Self { first: first.parse().ok()?, last: last.parse().ok()? };
        (range.first <= range.last).then_some(range)
    }
}

impl std::fmt::Display for PortRange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.first == self.last { write!(f, "{}", self.first) } else { write!(f, "{}-{}", self.first, self.last) }
    }
}

impl<'t> Port<'t> {
    /// Reads an entry; absent where nothing of it is known.
    pub fn new(node: Node<'t>) -> Option<Self> {
        match node.value() {
            Value::String(text) | Value::Number(text) => Some(Self::short(node, text)),
            Value::Template(template) => Some(Self::short(node, template.raw)),
            Value::Map(_) => Some(Self::long(node)),
            Value::Null | Value::Bool(_) | Value::List(_) | Value::Unknown(_) => None,
        }
    }

    /// Where it can be reached from.
    pub fn bound(&self) -> Bound {
        match self.host_ip {
            Part::Absent | Part::Known("0.0.0.0" | "::" | "") => Bound::Everywhere,
            Part::Known(_) => Bound::Somewhere,
            Part::Unknown => Bound::Unknown,
        }
    }

    /// `[IP:][PUBLISHED:]TARGET[/PROTOCOL]`.
    fn short(node: Node<'t>, text: &'t str) -> Self {
        let (text, protocol) = match text.rsplit_once('/') {
            Some((text, protocol)) => (text, part(protocol)),
            None => (text, Part::Known("tcp")),
        };
        let (before, target) = text.rsplit_once(':').map_or((None, text), |(before, target)| (Some(before), target));
        // A whole address in brackets, or nothing, may stand before the last colon.
        let (host_ip, published) = match before {
            None => (Part::Absent, Part::Absent),
            Some(before) => match before.rsplit_once(':') {
                Some((ip, published)) => (part(ip.trim_matches(['[', ']'])), range(published)),
                None => (Part::Absent, range(before)),
            },
        };
        Self { node, host_ip, published, target: range(target), protocol }
    }

    fn long(node: Node<'t>) -> Self {
        let field = |name: &str| match node.field(name).filter(|field| !field.is_null()) {
            None => Part::Absent,
            Some(value) => as_text(value).map_or(Part::Unknown, Part::Known),
        };
        let number = |name: &str| match field(name) {
            Part::Known(text) => range(text),
            Part::Absent => Part::Absent,
            Part::Unknown => Part::Unknown,
        };
        let protocol = match field("protocol") {
            Part::Absent => Part::Known("tcp"),
            protocol => protocol,
        };
        Self { node, host_ip: field("host_ip"), published: number("published"), target: number("target"), protocol }
    }
}

fn part(text: &str) -> Part<&str> {
    if text.contains("${") { Part::Unknown } else { Part::Known(text) }
}

fn range(text: &str) -> Part<PortRange> {
    match text {
        "" => Part::Absent,
        text => PortRange::parse(text).map_or(Part::Unknown, Part::Known),
    }
}
