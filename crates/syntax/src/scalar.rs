//! What a plain scalar means, by dialect; and where a string holds a placeholder.

use crate::Dialect;

/// The type of an unquoted scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plain {
    Null,
    Bool(bool),
    Number,
    String,
}

/// Types a plain scalar.
pub(crate) fn resolve(text: &str, dialect: Dialect) -> Plain {
    if dialect == Dialect::Toml {
        return toml(text);
    }
    let Some(&first) = text.as_bytes().first() else {
        return Plain::Null;
    };
    match first {
        b'0'..=b'9' | b'+' | b'-' | b'.' if is_number(text, dialect) => Plain::Number,
        b'~' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'y' | b'Y' | b'o' | b'O' => word(text, dialect),
        _ => Plain::String,
    }
}

/// Dates and times start with digits as numbers do; what is in them besides tells.
fn toml(text: &str) -> Plain {
    match text {
        "true" => Plain::Bool(true),
        "false" => Plain::Bool(false),
        "inf" | "+inf" | "-inf" | "nan" | "+nan" | "-nan" => Plain::Number,
        _ if integer(text, Dialect::Toml).is_some() => Plain::Number,
        _ if text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-'))
            && text.replace('_', "").parse::<f64>().is_ok() =>
        {
            Plain::Number
        }
        _ => Plain::String,
    }
}

fn word(text: &str, dialect: Dialect) -> Plain {
    match text {
        "~" | "null" | "Null" | "NULL" => Plain::Null,
        "true" | "True" | "TRUE" => Plain::Bool(true),
        "false" | "False" | "FALSE" => Plain::Bool(false),
        // go-yaml, which kubectl and the API server's clients use, also takes the single letters.
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" if dialect == Dialect::Yaml11 => Plain::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" if dialect == Dialect::Yaml11 => Plain::Bool(false),
        _ => Plain::String,
    }
}

fn is_number(text: &str, dialect: Dialect) -> bool {
    if integer(text, dialect).is_some() {
        return true;
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return dialect != Dialect::Json;
    }
    // `f64` also reads `inf`, `nan` and `infinity`; a digit must be there.
    let cleaned: std::borrow::Cow<'_, str> = if dialect == Dialect::Yaml11 && unsigned.contains('_') {
        unsigned.replace('_', "").into()
    } else {
        unsigned.into()
    };
    !cleaned.starts_with(['+', '-'])
        && cleaned.bytes().any(|byte| byte.is_ascii_digit())
        && cleaned.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'))
        && cleaned.parse::<f64>().is_ok()
}

/// An integer as the dialect reads it, where it fits 64 bits.
pub(crate) fn integer(text: &str, dialect: Dialect) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let has_separators = matches!(dialect, Dialect::Yaml11 | Dialect::Toml);
    let cleaned: std::borrow::Cow<'_, str> =
        if has_separators && digits.contains('_') { digits.replace('_', "").into() } else { digits.into() };
    let digits: &str = &cleaned;
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x', ..] => (16, digits.get(2..)?),
        [b'0', b'o', ..] => (8, digits.get(2..)?),
        [b'0', b'b', ..] if has_separators => (2, digits.get(2..)?),
        [b'0', _, ..] if dialect == Dialect::Yaml11 => (8, digits.get(1..)?),
        _ => (10, digits),
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let magnitude = i128::from_str_radix(digits, radix).ok()?;
    i64::try_from(if negative { -magnitude } else { magnitude }).ok()
}

/// Offset of the first placeholder that some later step fills in: `${…}`, `{{…}}`, `<%…%>`.
///
/// `$(VAR)` is not one: the kubelet expands it, and its text is what the manifest holds. `$VAR` alone is not one
/// either, because shell text in arguments is full of it.
pub(crate) fn placeholder(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let begins = |at: usize| {
        matches!((bytes.get(at), bytes.get(at + 1)), (Some(b'$' | b'{'), Some(b'{')) | (Some(b'<'), Some(b'%')))
    };
    if bytes.len() < WORTH_A_SEARCHER {
        return (0..bytes.len()).find(|&at| begins(at));
    }
    memchr::memchr3_iter(b'$', b'{', b'<', bytes).find(|&at| begins(at))
}

/// From this length on a vectorised search is faster than a loop, and hardly any scalar is as long.
const WORTH_A_SEARCHER: usize = 64;

/// Whether the text is a single placeholder and nothing else.
pub(crate) fn is_one_placeholder(text: &str) -> bool {
    let inner = |open: &str, close: &str| {
        text.strip_prefix(open)
            .and_then(|rest| rest.strip_suffix(close))
            .is_some_and(|inner| placeholder(inner).is_none() && !inner.contains(close))
    };
    inner("${", "}") || inner("{{", "}}") || inner("${{", "}}") || inner("<%", "%>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_by_dialect() {
        use Dialect::{Json, Yaml11, Yaml12};
        for (text, yaml11, yaml12) in [
            ("", Plain::Null, Plain::Null),
            ("~", Plain::Null, Plain::Null),
            ("Null", Plain::Null, Plain::Null),
            ("yes", Plain::Bool(true), Plain::String),
            ("off", Plain::Bool(false), Plain::String),
            ("y", Plain::Bool(true), Plain::String),
            ("TRUE", Plain::Bool(true), Plain::Bool(true)),
            ("0777", Plain::Number, Plain::Number),
            ("1_000", Plain::Number, Plain::String),
            ("1e3", Plain::Number, Plain::Number),
            (".5", Plain::Number, Plain::Number),
            (".inf", Plain::Number, Plain::Number),
            ("-", Plain::String, Plain::String),
            (".", Plain::String, Plain::String),
            ("1.2.3", Plain::String, Plain::String),
            ("100m", Plain::String, Plain::String),
            ("1Gi", Plain::String, Plain::String),
            ("0x1F", Plain::Number, Plain::Number),
            ("infinity", Plain::String, Plain::String),
            ("nginx", Plain::String, Plain::String),
            ("-1", Plain::Number, Plain::Number),
            ("+-1", Plain::String, Plain::String),
        ] {
            assert_eq!(resolve(text, Yaml11), yaml11, "{text} in YAML 1.1");
            assert_eq!(resolve(text, Yaml12), yaml12, "{text} in YAML 1.2");
        }
        assert_eq!(integer("0777", Yaml11), Some(511));
        assert_eq!(integer("0777", Yaml12), Some(777));
        assert_eq!(integer("0o17", Yaml12), Some(15));
        assert_eq!(integer("-5", Json), Some(-5));
        assert_eq!(integer("9223372036854775808", Yaml12), None);
    }

    #[test]
    fn placeholders_are_found_where_they_start() {
        for (text, at, whole) in [
            ("nginx:${TAG}", Some(6), false),
            ("{{ .Values.image }}", Some(0), true),
            ("${{ github.sha }}", Some(0), true),
            ("${A}:${B}", Some(0), false),
            ("$(POD_IP):80 $HOME {a: b}", None, false),
            ("<% image %>", Some(0), true),
        ] {
            assert_eq!(placeholder(text), at, "{text}");
            assert_eq!(is_one_placeholder(text), whole, "{text}");
        }
    }
}
