//! `uri.*`: addresses in parts, as Go's `net/url` reads them.

use percent_encoding::percent_decode_str;
use regorus::Value;

use super::Builtin;
use super::arguments::{at, refuse, text};
use super::keys::object;

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "uri.parse",
        arity: 1,
        call: |a, _| Ok(Uri::read(text(a, 0)?).ok_or_else(|| refuse("no URI"))?.to_value()),
    },
    Builtin { name: "uri.is_valid", arity: 1, call: |a, _| Ok(Value::Bool(is_valid(at(a, 0)?))) },
];

fn is_valid(value: &Value) -> bool {
    matches!(value, Value::String(text) if !text.is_empty() && Uri::read(text).is_some())
}

#[derive(Default)]
struct Uri<'t> {
    scheme: String,
    opaque: &'t str,
    /// The host and, behind a colon, the port.
    host: String,
    /// The length of the host without the port.
    name: usize,
    /// As it stands.
    raw_path: &'t str,
    path: String,
    query: &'t str,
    fragment: String,
}

impl<'t> Uri<'t> {
    fn read(text: &'t str) -> Option<Self> {
        if text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
            return None;
        }
        let (rest, fragment) = text.split_once('#').unwrap_or((text, ""));
        let mut uri = Self { fragment: decoded(fragment)?, ..Self::default() };
        let (scheme, rest) = scheme(rest)?;
        uri.scheme = scheme.to_ascii_lowercase();
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        uri.query = query;
        let mut path = rest;
        if !rest.starts_with('/') {
            if !uri.scheme.is_empty() {
                uri.opaque = rest;
                return Some(uri);
            }
            // A colon in the first part would make it a scheme.
            if rest.split('/').next().is_some_and(|first| first.contains(':')) {
                return None;
            }
        } else if let Some(authority) =
            rest.strip_prefix("//").filter(|_| !uri.scheme.is_empty() || !rest.starts_with("///"))
        {
            let end = authority.find('/').unwrap_or(authority.len());
            let (authority, after) = authority.split_at_checked(end)?;
            path = after;
            let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
            if !user.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&byte)) {
                return None;
            }
            decoded(user)?;
            uri.read_host(host)?;
        }
        uri.raw_path = path;
        uri.path = decoded(path)?;
        Some(uri)
    }

    fn read_host(&mut self, host: &str) -> Option<()> {
        let name_end = match host.strip_prefix('[') {
            Some(_) => host.find(']')?.checked_add(1)?,
            None => host.find(':').unwrap_or(host.len()),
        };
        let (name, port) = host.split_at_checked(name_end)?;
        let is_port =
            port.is_empty() || port.strip_prefix(':').is_some_and(|port| port.bytes().all(|b| b.is_ascii_digit()));
        let is_name = name.bytes().all(|byte| byte > b' ' && !b"\"<>\\^`{|}".contains(&byte));
        if !is_port || !is_name {
            return None;
        }
        // An escape in a name is of a byte that is no letter of ASCII.
        let is_ascii = |escape: &str| escape.starts_with(|digit: char| digit < '8');
        if !name.starts_with('[') && name.split('%').skip(1).any(is_ascii) {
            return None;
        }
        let name = decoded(name)?;
        self.name = name.len();
        self.host = name + port;
        Some(())
    }

    fn to_value(&self) -> Value {
        let (name, port) = self.host.split_at_checked(self.name).unwrap_or_default();
        let name = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
        let raw_path = if escaped(&self.path) == self.raw_path { self.path.as_str() } else { self.raw_path };
        let parts = [
            ("scheme", self.scheme.as_str()),
            ("hostname", name),
            ("port", port.trim_start_matches(':')),
            ("path", self.path.as_str()),
            ("raw_path", raw_path),
            ("raw_query", self.query),
            ("fragment", self.fragment.as_str()),
        ];
        object(parts.into_iter().filter(|(_, part)| !part.is_empty()).map(|(name, part)| (name, Value::from(part))))
    }
}

/// As Go's structure is written in JSON; what is no address is one that has nothing but a path.
pub(super) fn go_form(text: &str) -> Value {
    let uri = Uri::read(text).unwrap_or_else(|| Uri { path: text.to_owned(), raw_path: text, ..Uri::default() });
    let raw_path = if escaped(&uri.path) == uri.raw_path { "" } else { uri.raw_path };
    object([
        ("Scheme", Value::from(uri.scheme.as_str())),
        ("Opaque", Value::from(uri.opaque)),
        ("User", Value::Null),
        ("Host", Value::from(uri.host.as_str())),
        ("Path", Value::from(uri.path.as_str())),
        ("RawPath", Value::from(raw_path)),
        ("OmitHost", Value::Bool(false)),
        ("ForceQuery", Value::Bool(false)),
        ("RawQuery", Value::from(uri.query)),
        ("Fragment", Value::from(uri.fragment.as_str())),
        ("RawFragment", Value::from("")),
    ])
}

/// What stands before the first colon, if it can be a scheme, and the rest.
fn scheme(text: &str) -> Option<(&str, &str)> {
    for (at, letter) in text.char_indices() {
        match letter {
            'a'..='z' | 'A'..='Z' => {}
            '0'..='9' | '+' | '-' | '.' if at > 0 => {}
            ':' if at == 0 => return None,
            ':' => return Some((text.get(..at)?, text.get(at.checked_add(1)?..)?)),
            _ => break,
        }
    }
    Some(("", text))
}

/// Percent escapes replaced; nothing where one is broken.
fn decoded(text: &str) -> Option<String> {
    let mut escapes = text.split('%').skip(1);
    let is_escape =
        |rest: &str| rest.get(..2).is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
    if !escapes.all(is_escape) {
        return None;
    }
    Some(percent_decode_str(text).decode_utf8_lossy().into_owned())
}

/// A path with escapes where Go writes them.
fn escaped(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~$&+,/:;=@".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push('%');
            text.push_str(&upper_hex(byte));
        }
    }
    text
}

fn upper_hex(byte: u8) -> String {
    super::crypto::hex(&[byte]).to_ascii_uppercase()
}
