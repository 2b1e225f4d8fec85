//! Credentials in addresses and headers: `scheme://user:password@host`, `user:password@tcp(host)`, `Basic …`.

use std::borrow::Cow;
use std::ops::Range;

use portcullis_model::base64::decode_base64;

use super::text::{Literal, Text};

/// The longest user information.
const LONGEST: usize = 512;

/// The user information of an address.
#[derive(Debug)]
pub(super) struct Login<'t> {
    /// The user; empty where there is none.
    pub(super) user: &'t str,
    /// The password, or the token that stands alone.
    pub(super) secret: Literal<'t>,
    pub(super) form: Form,
    /// Whether the host is the machine itself.
    pub(super) host: Host,
    /// What has been read.
    pub(super) end: usize,
}

/// What a user information consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// `user:password@`
    Password,
    /// `token@`
    Token,
}

/// Where an address leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Host {
    Local,
    Other,
}

/// The user information of the URL whose `://` stands in a range.
pub(super) fn url<'t>(text: Text<'t>, mark: &Range<usize>) -> Option<Login<'t>> {
    if !text.before(mark.start).is_ascii_alphanumeric() {
        return None;
    }
    let start = mark.end;
    let limit = (start + LONGEST).min(text.all.len());
    let mut stop = start;
    let mut last = None;
    let mut is_password = false;
    while stop < limit {
        match text.at(stop) {
            b'@' => last = Some(stop),
            b':' => is_password = true,
            b'/' | b'?' | b'#' if last.is_some() || !is_password || !may_go_on(text, stop, limit) => break,
            b' ' | b'\t' | b'\r' | b'\n' | b'"' | b'\'' | b'`' | b'\\' | b'|' | b'^' => break,
            b'<' | b'>' | b',' | b'(' | b')' | b'[' | b']' if last.is_some() => break,
            _ => {}
        }
        stop += 1;
    }
    let at = last?;
    let host = text.slice(at + 1..text.all.ceil_char_boundary((at + 64).min(text.all.len())));
    // `s@http://a@https://b@` of sed
    if host.starts_with("http") && host.contains("://") || text.slice(start..at).contains(".*") {
        return None;
    }
    let is_host =
        host.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '[' | '$' | '{' | '%' | '<' | '_' | '/'));
    if !is_host && !host.is_empty() && !host.starts_with(['"', '\'']) {
        return None;
    }
    let local =
        ["localhost", "127.", "0.0.0.0", "[::1]", "host.docker.internal"].iter().any(|name| host.starts_with(name));
    let host_name = host;
    let host = if local { Host::Local } else { Host::Other };
    let information = text.all.get(start..at)?;
    if information.contains(['<', '>', '(', '[', '^', '*']) && information.len() > 64 {
        return None;
    }
    let Some((user, password)) = information.split_once(':') else {
        // The key of a Sentry project is sent to every browser.
        if host_name.contains("sentry") || host_name.contains("ingest") {
            return None;
        }
        let secret = Literal::plain(text, start..at)?;
        return Some(Login { user: "", secret, form: Form::Token, host, end: at });
    };
    let range = start + user.len() + 1..at;
    let mut secret = Literal::plain(text, range)?;
    secret.text = decoded(password);
    Some(Login { user, secret, form: Form::Password, host, end: at })
}

/// Whether a `#` is one of an unescaped password: an `@` follows within the word.
fn may_go_on(text: Text<'_>, at: usize, limit: usize) -> bool {
    let limit = limit.min(at + 24);
    let stop = text.skip(at, limit, |byte| !matches!(byte, b'@' | b' ' | b'"' | b'\'' | b'\n' | b'/'));
    text.at(at) == b'#' && stop < limit && text.at(stop) == b'@'
}

/// The user information before `@tcp(`.
pub(super) fn dsn<'t>(text: Text<'t>, mark: &Range<usize>) -> Option<Login<'t>> {
    let from = text.all.ceil_char_boundary(mark.start.saturating_sub(LONGEST));
    let before = text.slice(from..mark.start);
    let begins =
        before.rfind(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '=' | '/')).map_or(0, |at| at + 1);
    let information = before.get(begins..)?;
    let (user, password) = information.split_once(':')?;
    let start = from + begins + user.len() + 1;
    let host = text.slice(mark.end..text.all.ceil_char_boundary((mark.end + 64).min(text.all.len())));
    let local = ["localhost", "127."].iter().any(|name| host.starts_with(name));
    let secret = Literal::plain(text, start..start + password.len())?;
    let host = if local { Host::Local } else { Host::Other };
    Some(Login { user, secret, form: Form::Password, host, end: mark.end })
}

/// What follows the scheme of an authorization.
pub(super) fn authorization<'t>(text: Text<'t>, scheme: &Range<usize>) -> Option<Literal<'t>> {
    if text.before(scheme.start).is_ascii_alphanumeric() {
        return None;
    }
    let start = text.skip(scheme.end, scheme.end + 4, |byte| byte == b' ');
    let stop = text.skip(start, start + 4096, |byte| byte.is_ascii_alphanumeric() || b"._~+/=-".contains(&byte));
    Literal::plain(text, start..stop).filter(|literal| literal.range.len() >= 8)
}

/// The password of `user:password` in base64.
pub(super) fn basic(value: &str) -> Option<(String, String)> {
    if value.len() < 8 || value.len() > 1024 {
        return None;
    }
    let decoded = String::from_utf8(decode_base64(value)?).ok()?;
    let (user, password) = decoded.split_once(':')?;
    let is_login = !user.is_empty() && !decoded.contains(|c: char| c.is_control());
    is_login.then(|| (user.to_owned(), password.to_owned()))
}

/// A text without percent signs.
fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let digit = |byte: Option<&u8>| char::from(*byte?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, tail @ ..] = rest {
        let pair = digit(tail.first()).zip(digit(tail.get(1))).filter(|_| *byte == b'%');
        let (decoded, length) = pair.map_or((*byte, 1), |(high, low)| (high * 16 + low, 3));
        bytes.push(decoded);
        rest = rest.get(length..).unwrap_or_default();
    }
    String::from_utf8(bytes).map_or(Cow::Borrowed(text), Cow::Owned)
}
