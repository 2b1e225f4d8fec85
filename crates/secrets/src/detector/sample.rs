//! Texts that look like credentials, made when they are asked for: none stands in the sources.

/// Fills in a template: `{A20}` are twenty letters and digits, `{a20}` lower-case ones, `{h20}` hexadecimal digits, `{d20}`
/// digits, `{U20}` upper-case letters and digits, `{x20}` the letter x. The same template always gives the same text.
pub(super) fn sample(template: &str) -> String {
    let mut state = template.bytes().fold(0x9e37_79b9_7f4a_7c15_u64, |state, byte| {
        state.wrapping_mul(0x0100_0000_01b3).wrapping_add(u64::from(byte))
    });
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let Some((directive, after)) = after.split_once('}') else { break };
        let mut characters = directive.chars();
        let alphabet: &[u8] = match characters.next() {
            Some('A') => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
            Some('a') => b"abcdefghijklmnopqrstuvwxyz0123456789",
            Some('U') => b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
            Some('h') => b"0123456789abcdef",
            Some('d') => b"0123456789",
            _ => b"x",
        };
        for _ in 0..characters.as_str().parse().unwrap_or(0) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let at = usize::try_from(state >> 33).unwrap_or_default() % alphabet.len();
            text.extend(alphabet.get(at).map(|&byte| char::from(byte)));
        }
        rest = after;
    }
    text.push_str(rest);
    text
}
