//! What both bills of materials say alike.

use portcullis_core::{Fingerprint, StableHash};
use spdx::ParseMode;

/// A UUID that follows from a text: outputs must not depend on the machine or the time.
pub(crate) fn uuid(text: &[u8]) -> String {
    let mut hash = StableHash::new();
    // Bytes that are no text would be no JSON either.
    hash.text(&String::from_utf8_lossy(text));
    let Fingerprint(bits) = hash.fingerprint();
    // Version 8: made by a rule of one's own.
    let bits = bits & !(0xf << 76) & !(0x3 << 62) | 0x8 << 76 | 0x2 << 62;
    let digits = format!("{bits:032x}");
    let part = |from: usize, to: usize| digits.get(from..to).expect("32 digits are written").to_owned();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

/// Whether a text is an expression over the SPDX list; ids that it has replaced (`GPL-2.0`) are still ids.
pub(crate) fn is_expression(licence: &str) -> bool {
    spdx::Expression::parse_mode(licence, EXPRESSIONS).is_ok()
}

const EXPRESSIONS: ParseMode = ParseMode { allow_deprecated: true, ..ParseMode::STRICT };

/// Whether an address is one that a reader of the bill could follow: absolute, and of characters that an address may have.
pub(crate) fn is_address(url: &str) -> bool {
    let scheme = url.split_once("://").map_or("", |(scheme, _)| scheme);
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    is_scheme && url.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>\"{}|\\^`".contains(&byte))
}
