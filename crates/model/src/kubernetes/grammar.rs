//! How the API server wants names, labels, addresses, paths and data to be written.
//!
//! Decided by the text alone. Whether anything has that name or address cannot be known.

use std::net::IpAddr;

use crate::base64::is_base64;
use crate::placeholder::is_filled_in_later;

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grammar {
    /// Small letters, digits and hyphens, at most 63: a label in the sense of RFC 1123.
    DnsLabel,
    /// Such labels with dots between them, at most 253.
    Subdomain,
    /// A subdomain whose first label may be `*`.
    Wildcard,
    /// The same, and no address.
    Host,
    /// Anything that can be one segment of a path.
    Segment,
    /// A word of at most 63 letters, digits, `-`, `_` and `.`, perhaps with a domain and `/` before it.
    LabelKey,
    /// Such a word without a domain, or nothing.
    LabelValue,
    /// A key of a ConfigMap or Secret.
    DataKey,
    /// The name of an environment variable.
    VariableName,
    /// The standard alphabet of base64 with padding.
    Base64,
    /// An IP address.
    Address,
    /// An IP address, nothing or `None`.
    ClusterAddress,
    /// Addresses that begin alike: `10.0.0.0/8`.
    Cidr,
    /// Begins with a slash.
    AbsolutePath,
    /// Does not begin with a slash and does not lead upwards.
    RelativePath,
    /// Does not lead upwards.
    PathWithoutParent,
}

impl Grammar {
    /// All of them; compiled tables hold their position.
    pub const ALL: &[Self] = &[
        Self::DnsLabel,
        Self::Subdomain,
        Self::Wildcard,
        Self::Host,
        Self::Segment,
        Self::LabelKey,
        Self::LabelValue,
        Self::DataKey,
        Self::VariableName,
        Self::Base64,
        Self::Address,
        Self::ClusterAddress,
        Self::Cidr,
        Self::AbsolutePath,
        Self::RelativePath,
        Self::PathWithoutParent,
    ];

    /// What is wrong with a text; nothing where a tool fills it in later.
    pub fn fault(self, text: &str) -> Option<String> {
        if self.allows(text) || is_filled_in_later(text) { None } else { Some(self.reason(text)) }
    }

    fn allows(self, text: &str) -> bool {
        match self {
            Self::DnsLabel => label_fault(text, 63).is_none(),
            Self::Subdomain => subdomain_fault(text, 253).is_none(),
            Self::Wildcard => subdomain_fault(text.strip_prefix("*.").unwrap_or(text), 253).is_none(),
            Self::Host => text.parse::<IpAddr>().is_err() && Self::Wildcard.allows(text),
            Self::Segment => segment_fault(text).is_none(),
            Self::LabelKey => key_fault(text).is_none(),
            Self::LabelValue => text.is_empty() || word_fault(text).is_none(),
            Self::DataKey => data_key_fault(text).is_none(),
            Self::VariableName => {
                !text.is_empty() && text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'=')
            }
            Self::Base64 => is_base64(text),
            Self::Address => text.parse::<IpAddr>().is_ok(),
            Self::ClusterAddress => matches!(text, "" | "None") || text.parse::<IpAddr>().is_ok(),
            Self::Cidr => Network::of(text.trim()).is_some(),
            Self::AbsolutePath => text.starts_with('/'),
            Self::RelativePath => !text.starts_with('/') && !leads_upwards(text),
            Self::PathWithoutParent => !leads_upwards(text),
        }
    }

    fn reason(self, text: &str) -> String {
        let said = match self {
            Self::DnsLabel => label_fault(text, 63),
            Self::Host if text.parse::<IpAddr>().is_ok() => return "it is an address".to_owned(),
            Self::Subdomain => subdomain_fault(text, 253),
            Self::Wildcard | Self::Host => subdomain_fault(text.strip_prefix("*.").unwrap_or(text), 253),
            Self::Segment => segment_fault(text),
            Self::LabelKey => key_fault(text),
            Self::LabelValue => word_fault(text),
            Self::DataKey => data_key_fault(text),
            Self::VariableName if text.contains('=') => return "`=` may not be in it".to_owned(),
            Self::RelativePath if text.starts_with('/') => return "it begins with a slash".to_owned(),
            _ => None,
        };
        let usual = match self {
            Self::VariableName => "it is empty, or holds what cannot be printed",
            Self::Base64 => "it is not base64",
            Self::Address | Self::ClusterAddress => "it is no IP address",
            Self::Cidr => "it is no range of addresses such as `10.0.0.0/8`",
            Self::AbsolutePath => "it does not begin with a slash",
            Self::RelativePath | Self::PathWithoutParent => "`..` may not be in it",
            _ => "it is empty",
        };
        said.unwrap_or_else(|| usual.to_owned())
    }
}

/// Addresses that begin alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    bits: u128,
    prefix: u32,
    width: u32,
}

impl Network {
    /// Reads `10.0.0.0/8`; bits after the prefix do not matter.
    pub fn of(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/')?;
        let (bits, width) = match address.parse().ok()? {
            IpAddr::V4(address) => (u128::from(address.to_bits()), 32),
            IpAddr::V6(address) => (address.to_bits(), 128),
        };
        let is_number = !prefix.is_empty() && prefix.bytes().all(|byte| byte.is_ascii_digit());
        let prefix = prefix.parse().ok().filter(|&prefix: &u32| is_number && prefix <= width)?;
        Some(Self { bits: bits.checked_shr(width - prefix).unwrap_or(0), prefix, width })
    }

    /// Whether it holds `other` and more.
    pub fn holds_strictly(self, other: Self) -> bool {
        let longer = other.prefix.checked_sub(self.prefix).filter(|&longer| longer > 0);
        self.width == other.width
            && longer.is_some_and(|longer| other.bits.checked_shr(longer).unwrap_or(0) == self.bits)
    }
}

/// What is wrong with a label in the sense of RFC 1123.
pub fn label_fault(label: &str, longest: usize) -> Option<String> {
    if label.len() <= longest && is_subdomain(label) && !label.as_bytes().contains(&b'.') {
        return None;
    }
    let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    character_fault(label, is_allowed).or_else(|| length_fault(label, longest))
}

/// What is wrong with labels that have dots between them.
pub fn subdomain_fault(name: &str, longest: usize) -> Option<String> {
    if name.len() <= longest && is_subdomain(name) {
        return None;
    }
    name.split('.').find_map(|label| label_fault(label, longest)).or_else(|| length_fault(name, longest))
}

/// What keeps a text from being one segment of a path.
pub fn segment_fault(name: &str) -> Option<String> {
    if matches!(name, "." | "..") {
        return Some("it is a directory".to_owned());
    }
    name.chars().find(|c| matches!(c, '/' | '%')).map(|c| format!("`{c}` may not be in it"))
}

/// What is wrong with a key of a label: a word, or a domain, a slash and a word.
pub fn key_fault(key: &str) -> Option<String> {
    // Bytes are compared faster than a searcher for characters is made.
    let slash = key.bytes().position(|byte| byte == b'/');
    let Some((domain, rest)) = slash.and_then(|at| key.split_at_checked(at)) else { return word_fault(key) };
    let word = rest.strip_prefix('/').unwrap_or(rest);
    if domain.is_empty() {
        return Some("there is no domain before the slash".to_owned());
    }
    subdomain_fault(domain, 253).or_else(|| word_fault(word))
}

/// What is wrong with a word of a label.
pub fn word_fault(word: &str) -> Option<String> {
    if word.len() <= 63 && is_word(word) {
        return None;
    }
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    character_fault(word, is_allowed).or_else(|| length_fault(word, 63))
}

/// What a byte is in a name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    /// A small letter or a digit.
    Small,
    Capital,
    Hyphen,
    Dot,
    Underscore,
    /// It is in none.
    Other,
}

static SIGNS: [Sign; 256] = signs();

#[allow(clippy::indexing_slicing, reason = "only the compiler runs it")]
const fn signs() -> [Sign; 256] {
    let mut signs = [Sign::Other; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        signs[byte as usize] = match byte {
            b'a'..=b'z' | b'0'..=b'9' => Sign::Small,
            b'A'..=b'Z' => Sign::Capital,
            b'-' => Sign::Hyphen,
            b'.' => Sign::Dot,
            b'_' => Sign::Underscore,
            _ => Sign::Other,
        };
        byte += 1;
    }
    signs
}

fn signs_of(text: &str) -> impl DoubleEndedIterator<Item = Sign> {
    text.bytes().map(|byte| SIGNS.get(usize::from(byte)).copied().unwrap_or(Sign::Other))
}

/// Whether nothing is wrong with labels that have dots between them but perhaps their length. Nearly every name is valid,
/// and a look at each byte tells it faster than what finds out what is wrong.
fn is_subdomain(name: &str) -> bool {
    let mut before = Sign::Dot;
    for sign in signs_of(name) {
        let fits = match sign {
            Sign::Small => true,
            Sign::Hyphen => before != Sign::Dot,
            Sign::Dot => before == Sign::Small,
            Sign::Capital | Sign::Underscore | Sign::Other => false,
        };
        if !fits {
            return false;
        }
        before = sign;
    }
    before == Sign::Small
}

/// The same of a word of a label.
fn is_word(word: &str) -> bool {
    let is_edge = |sign: Option<Sign>| matches!(sign, Some(Sign::Small | Sign::Capital));
    is_edge(signs_of(word).next())
        && is_edge(signs_of(word).next_back())
        && signs_of(word).all(|sign| sign != Sign::Other)
}

fn data_key_fault(key: &str) -> Option<String> {
    if matches!(key, "." | "..") || key.starts_with("..") {
        return Some("files may not have such names".to_owned());
    }
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    strange_character(key, is_allowed).or_else(|| length_fault(key, 253))
}

fn length_fault(text: &str, longest: usize) -> Option<String> {
    (text.len() > longest).then(|| format!("it has {} characters, and {longest} are allowed", text.len()))
}

fn strange_character(text: &str, is_allowed: impl Fn(char) -> bool) -> Option<String> {
    if text.is_empty() {
        return Some("a part of it is empty".to_owned());
    }
    let strange = text.chars().find(|&c| !is_allowed(c))?;
    Some(if strange == ' ' {
        "it holds a blank".to_owned()
    } else {
        format!("`{}` may not be in it", strange.escape_default())
    })
}

fn character_fault(text: &str, is_allowed: impl Fn(char) -> bool) -> Option<String> {
    strange_character(text, is_allowed).or_else(|| {
        let is_edge = |c: char| c.is_ascii_alphanumeric();
        let is_whole = text.starts_with(is_edge) && text.ends_with(is_edge);
        (!is_whole).then(|| "it must begin and end with a letter or a digit".to_owned())
    })
}

fn leads_upwards(path: &str) -> bool {
    path.split(['/', '\\']).any(|part| part == "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_judged_as_the_server_judges_them() {
        for (grammar, text, expected) in [
            (Grammar::DnsLabel, "web-1", None),
            (Grammar::DnsLabel, "Web", Some("`W` may not be in it")),
            (Grammar::DnsLabel, "web.1", Some("`.` may not be in it")),
            (Grammar::DnsLabel, "-web", Some("it must begin and end with a letter or a digit")),
            (Grammar::DnsLabel, "${NAME}", None),
            (Grammar::Subdomain, "web.example.org", None),
            (Grammar::Subdomain, "web..org", Some("a part of it is empty")),
            (Grammar::Host, "*.example.org", None),
            (Grammar::Wildcard, "10.0.0.1", None),
            (Grammar::Subdomain, "*.example.org", Some("`*` may not be in it")),
            (Grammar::Host, "10.0.0.1", Some("it is an address")),
            (Grammar::Host, "http://example.org", Some("`:` may not be in it")),
            (Grammar::Host, "a.*.org", Some("`*` may not be in it")),
            (Grammar::Segment, "system:Reader", None),
            (Grammar::Segment, "a/b", Some("`/` may not be in it")),
            (Grammar::LabelKey, "example.org/Name", None),
            (Grammar::LabelKey, "/name", Some("there is no domain before the slash")),
            (Grammar::LabelValue, "", None),
            (Grammar::LabelValue, "a b", Some("it holds a blank")),
            (Grammar::DataKey, ".dockerconfigjson", None),
            (Grammar::DataKey, "a_B-1.txt", None),
            (Grammar::DataKey, "a/b", Some("`/` may not be in it")),
            (Grammar::DataKey, "..", Some("files may not have such names")),
            (Grammar::DataKey, "..x", Some("files may not have such names")),
            (Grammar::VariableName, "my.var-1", None),
            (Grammar::VariableName, "A=B", Some("`=` may not be in it")),
            (Grammar::VariableName, "", Some("it is empty, or holds what cannot be printed")),
            (Grammar::Base64, "", None),
            (Grammar::Base64, "YWJj\nZGVm\n", None),
            (Grammar::Base64, "YWI=", None),
            (Grammar::Base64, "YWI", Some("it is not base64")),
            (Grammar::Base64, "YW Jj", Some("it is not base64")),
            (Grammar::Base64, "YW-_", Some("it is not base64")),
            (Grammar::Base64, "<password>", None),
            (Grammar::Address, "2001:db8::1", None),
            (Grammar::Address, "10.0.0.300", Some("it is no IP address")),
            (Grammar::ClusterAddress, "None", None),
            (Grammar::ClusterAddress, "none", Some("it is no IP address")),
            (Grammar::Cidr, "10.0.0.0/8", None),
            (Grammar::Cidr, "::/0", None),
            (Grammar::Cidr, "10.0.0.0", Some("it is no range of addresses such as `10.0.0.0/8`")),
            (Grammar::Cidr, "10.0.0.0/33", Some("it is no range of addresses such as `10.0.0.0/8`")),
            (Grammar::Cidr, "10.0.0.0/+8", Some("it is no range of addresses such as `10.0.0.0/8`")),
            (Grammar::AbsolutePath, "/", None),
            (Grammar::AbsolutePath, "web", Some("it does not begin with a slash")),
            (Grammar::RelativePath, "a/b", None),
            (Grammar::RelativePath, "/a", Some("it begins with a slash")),
            (Grammar::RelativePath, "a/../b", Some("`..` may not be in it")),
            (Grammar::PathWithoutParent, "/a..b", None),
        ] {
            assert_eq!(grammar.fault(text).as_deref(), expected, "{grammar:?} {text}");
        }
        assert_eq!(
            Grammar::LabelValue.fault(&"x".repeat(64)).as_deref(),
            Some("it has 64 characters, and 63 are allowed")
        );
    }

    #[test]
    fn networks_hold_others() {
        for (outer, inner, expected) in [
            ("10.0.0.0/8", "10.1.0.0/16", true),
            ("10.0.0.0/16", "10.1.0.0/24", false),
            ("10.0.0.0/16", "10.0.0.0/16", false),
            ("0.0.0.0/0", "10.0.0.0/8", true),
            ("::/0", "10.0.0.0/8", false),
            ("2001:db8::/32", "2001:db8:1::/48", true),
        ] {
            let network = |text| Network::of(text).unwrap();
            assert_eq!(network(outer).holds_strictly(network(inner)), expected, "{outer} {inner}");
        }
    }

    #[test]
    fn every_grammar_has_a_position() {
        for (position, grammar) in Grammar::ALL.iter().enumerate() {
            assert_eq!(*grammar as usize, position);
        }
    }
}
