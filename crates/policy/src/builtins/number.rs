//! Numbers that are short to write and long to compute: the interpreter writes `0e999999999` out, zero by zero.

/// Digits of an exponent that is still a number of anything.
const MOST_DIGITS: usize = 3;

/// Whether a number has an exponent that nobody means.
pub(crate) fn is_enormous(number: &str) -> bool {
    let Some((_, exponent)) = number.split_once(['e', 'E']) else { return false };
    let digits = exponent.strip_prefix('+').unwrap_or(exponent);
    // The interpreter leaves out underscores.
    let digits = digits.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'_');
    digits.filter(|&byte| byte != b'_').skip_while(|&byte| byte == b'0').count() > MOST_DIGITS
}

/// Whether a text of JSON has such a number outside of its strings.
pub(crate) fn has_enormous(json: &str) -> bool {
    let mut is_within = false;
    let mut is_escaped = false;
    let mut number = None;
    for (at, byte) in json.bytes().enumerate() {
        if is_within {
            is_within = is_escaped || byte != b'"';
            is_escaped = byte == b'\\' && !is_escaped;
            continue;
        }
        match byte {
            b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-' => _ = number.get_or_insert(at),
            _ => {
                if number.take().and_then(|start| json.get(start..at)).is_some_and(is_enormous) {
                    return true;
                }
                is_within = byte == b'"';
            }
        }
    }
    number.and_then(|start| json.get(start..)).is_some_and(is_enormous)
}
