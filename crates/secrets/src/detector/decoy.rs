//! What has the form of a token and is none: examples, patterns, and pieces of something longer.

use std::ops::Range;

use crate::credential::is_placeholder;

/// Shannon's entropy in bits for each byte.
#[allow(clippy::cast_precision_loss, reason = "tokens have some thousand bytes at most")]
pub(super) fn entropy(text: &str) -> f32 {
    let mut counts = [0_u32; 256];
    for byte in text.bytes() {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }
    let length = text.len() as f32;
    let share = |count: &u32| *count as f32 / length;
    counts.iter().filter(|count| **count > 0).map(share).map(|share| -share * share.log2()).sum()
}

/// Longer texts (keys, certificates) have runs and words by chance.
const LONG: usize = 256;

/// Whether the token is one that documentation shows: a placeholder, one character again and again, the alphabet.
pub(super) fn is_sample(token: &str) -> bool {
    let bytes = token.as_bytes();
    if token.len() > LONG {
        return token.contains("....") || longest(bytes, |a, b| a == b && b != b'A') >= 24;
    }
    // Zeros are A in base64.
    longest(bytes, |a, b| a == b && !b"-A".contains(&b)) >= 7
        || longest(bytes, |a, b| (a, b) == (b'A', b'A')) >= 24
        || longest(bytes, |a, b| b == a.wrapping_add(1) && b.is_ascii_alphanumeric() || (a, b) == (b'9', b'0')) >= 8
        || is_repeated(bytes)
        || ["example", "placeholder", "deadbeef", "changeme"].iter().any(|word| holds(bytes, word.as_bytes()))
        || is_placeholder(token)
}

/// The longest run in which each byte follows from the one before.
fn longest(bytes: &[u8], follows: impl Fn(u8, u8) -> bool) -> usize {
    let (mut run, mut best) = (1, 1);
    for (&a, &b) in bytes.iter().zip(bytes.iter().skip(1)) {
        run = if follows(a, b) { run + 1 } else { 1 };
        best = best.max(run);
    }
    best
}

/// The second half of the token repeats what came before, with a period of a few bytes: `abc1abc1abc1`.
fn is_repeated(bytes: &[u8]) -> bool {
    (1..=10).any(|period| {
        let same = bytes.iter().zip(bytes.iter().skip(period)).rev().take_while(|(a, b)| a == b).count();
        same >= 12 && same * 2 >= bytes.len()
    })
}

fn holds(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word))
}

/// Whether the token is a piece of something longer: of a word, of base64 data, of a checksum of a lockfile.
pub(super) fn is_cut_out(text: &str, range: &Range<usize>) -> bool {
    let bytes = text.as_bytes();
    let (before, after) = (bytes.get(..range.start).unwrap_or_default(), bytes.get(range.end..).unwrap_or_default());
    let token = bytes.get(range.clone()).unwrap_or_default();
    let goes_on = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let (Some(first), Some(last)) = (token.first(), token.last()) else { return true };
    if !(goes_on(first) || first == &b'-') {
        return false;
    }
    let ends_word = after.first().is_some_and(|byte| goes_on(byte) || *byte == b'-') && goes_on(last);
    let starts_word = goes_on(first) && before.last().is_some_and(goes_on) && !is_escape(before);
    first != &b'-' && (ends_word || starts_word || is_in_data(before))
}

/// `\n`, `%3D` and `\u003d` end in letters that belong to no word.
fn is_escape(before: &[u8]) -> bool {
    let hex = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_hexdigit);
    match before {
        [.., b'\\', b'n' | b't' | b'r'] => !before.ends_with(b"\\\\n"),
        [.., b'\\', b'u', a, b, c, d] => hex(&[*a, *b, *c, *d]),
        [.., b'%', a, b] => hex(&[*a, *b]),
        _ => false,
    }
}

/// A run of base64 right before, with nothing between: a key, an image, a checksum.
fn is_in_data(before: &[u8]) -> bool {
    const LOOK: usize = 80;
    let is_data = |byte: &&u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte);
    let length = before.iter().rev().take(LOOK).take_while(is_data).count();
    let (head, run) = before.split_at(before.len() - length);
    let has = |wanted: fn(&u8) -> bool| run.iter().any(wanted);
    let is_random = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit);
    let is_checksum = ["sha1-", "sha256-", "sha384-", "sha512-"].iter().any(|name| run.starts_with(name.as_bytes()));
    length >= 60 && is_random || is_checksum || head.ends_with(b"base64,")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_told_from_tokens() {
        for (token, expected) in [
            ("q7Zr2Lw9XbT4", false),
            ("x1234567890x", true),
            ("abcdefghijkl", true),
            ("zzzzzzzqqq", true),
            ("ab1cab1cab1cab1cab1c", true),
            ("key-EXAMPLE-q7Zr2Lw9", true),
            ("q7deadbeefZr2Lw9", true),
        ] {
            assert_eq!(is_sample(token), expected, "{token}");
        }
    }

    #[test]
    fn pieces_are_told_from_tokens() {
        let data = "aB3/".repeat(20);
        for (before, after, expected) in [
            ("key=", "", false),
            ("key=\"", "\"", false),
            ("\\n", "\\n", false),
            ("%3D", "", false),
            ("\\u003d", "", false),
            ("a/b/", ".", false),
            ("x", "", true),
            ("_", "", true),
            ("", "x", true),
            ("", "-x", true),
            ("data:image/png;base64,", "", true),
            ("\"sha512-", "", true),
            (data.as_str(), "", true),
        ] {
            let token = "q7Zr2Lw9";
            let text = format!("{before}{token}{after}");
            assert_eq!(is_cut_out(&text, &(before.len()..before.len() + token.len())), expected, "{text}");
        }
    }

    #[test]
    fn entropy_is_in_bits_for_each_byte() {
        for (text, expected) in [("aaaa", 0.0), ("abab", 1.0), ("abcd", 2.0)] {
            assert!((entropy(text) - expected).abs() < 1e-6, "{text}");
        }
    }
}
