//! The tokens of an expression.

use super::ExprError;

/// A token and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) start: u32,
    pub(super) end: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum TokenKind {
    Word(Box<str>),
    Number(f64),
    String(Box<str>),
    /// `( ) [ ] . , * ! && || == != < <= > >=`
    Sign(&'static str),
    End,
}

const SIGNS: &[&str] = &["&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "(", ")", "[", "]", ".", ",", "*"];

/// Reads the token at or after byte `at`.
pub(super) fn token(text: &str, at: usize) -> Result<Token, ExprError> {
    let rest = text.get(at..).unwrap_or_default();
    let trimmed = rest.trim_start();
    let start = at.saturating_add(rest.len().saturating_sub(trimmed.len()));
    let token = |kind, length: usize| Token { kind, start: narrow(start), end: narrow(start.saturating_add(length)) };
    let fault = |length: usize, message: String| ExprError {
        message,
        start: narrow(start),
        end: narrow(start.saturating_add(length)),
    };
    let Some(first) = trimmed.chars().next() else { return Ok(token(TokenKind::End, 0)) };
    let second = trimmed.as_bytes().get(1).copied().unwrap_or_default();
    if first == '\'' {
        let Some(length) = string_end(trimmed) else {
            return Err(fault(trimmed.len(), "the string is not closed with `'`".to_owned()));
        };
        let inner = trimmed.get(1..length.saturating_sub(1)).unwrap_or_default();
        return Ok(token(TokenKind::String(inner.replace("''", "'").into()), length));
    }
    if first == '"' {
        return Err(fault(1, "strings stand between single quotes here".to_owned()));
    }
    if first.is_ascii_digit() || matches!(first, '+' | '-') || first == '.' && second.is_ascii_digit() {
        let length = trimmed.find(|c: char| !is_number_part(c)).unwrap_or(trimmed.len());
        let written = trimmed.get(..length).unwrap_or_default();
        return match number(written) {
            Some(value) => Ok(token(TokenKind::Number(value), length)),
            None => Err(fault(length, format!("`{written}` is not a number"))),
        };
    }
    if first.is_ascii_alphabetic() || first == '_' {
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let length = trimmed.find(|c| !is_part(c)).unwrap_or(trimmed.len());
        return Ok(token(TokenKind::Word(trimmed.get(..length).unwrap_or_default().into()), length));
    }
    match SIGNS.iter().find(|sign| trimmed.starts_with(**sign)) {
        Some(sign) => Ok(token(TokenKind::Sign(sign), sign.len())),
        None => Err(fault(first.len_utf8(), format!("`{first}` has no meaning in an expression"))),
    }
}

/// Length of the string that `text` starts with, quotes included.
pub(super) fn string_end(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 1;
    loop {
        at += memchr::memchr(b'\'', bytes.get(at..)?)? + 1;
        if bytes.get(at) != Some(&b'\'') {
            return Some(at);
        }
        at += 1;
    }
}

fn is_number_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '-')
}

fn number(text: &str) -> Option<f64> {
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    let radix = |digits: &str, radix| u32::from_str_radix(digits, radix).ok().map(f64::from);
    if let Some(digits) = unsigned.strip_prefix("0x") {
        return Some(sign * radix(digits, 16)?);
    }
    if let Some(digits) = unsigned.strip_prefix("0o") {
        return Some(sign * radix(digits, 8)?);
    }
    if unsigned == "Infinity" {
        return Some(sign * f64::INFINITY);
    }
    let is_plain = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && unsigned.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'));
    unsigned.parse::<f64>().ok().filter(|_| is_plain).map(|value| sign * value)
}

pub(super) fn narrow(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
