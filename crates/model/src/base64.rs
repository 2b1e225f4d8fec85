//! The data of Secrets, as the API server reads it.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

/// The bytes that base64 stands for; line breaks in it are skipped, as the API server skips them.
pub fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let compact: String = text.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
    STANDARD.decode(&compact).or_else(|_| STANDARD_NO_PAD.decode(&compact)).ok()
}

/// Whether the API server takes a text for base64: the standard alphabet with padding. Line breaks are skipped, and bits
/// that are left over do not matter.
pub fn is_base64(text: &str) -> bool {
    let (mut digits, mut padding) = (0_usize, 0_usize);
    for byte in text.bytes() {
        match byte {
            b'\n' | b'\r' => {}
            b'=' => padding = padding.saturating_add(1),
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' if padding == 0 => digits = digits.saturating_add(1),
            _ => return false,
        }
    }
    matches!((digits % 4, padding), (0, 0) | (2, 2) | (3, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_as_the_server_reads_it() {
        for (text, expected) in [
            ("aHVudGVyMg==", Some("hunter2")),
            ("aHVu\ndGVyMg==\n", Some("hunter2")),
            ("aHVudGVyMg", Some("hunter2")),
            ("hunter two", None),
        ] {
            assert_eq!(
                decode_base64(text).and_then(|bytes| String::from_utf8(bytes).ok()).as_deref(),
                expected,
                "{text}"
            );
        }
    }
}
