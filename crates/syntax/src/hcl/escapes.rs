//! What the texts of templates stand for: escapes, and the doubled signs that keep a sequence from being one.

/// Whether `$${` or `%%{` stands in it.
pub(super) fn has_doubled(raw: &str) -> bool {
    let bytes = raw.as_bytes();
    let mut at = 0;
    while let Some(next) = bytes.get(at..).and_then(|rest| memchr::memchr2(b'$', b'%', rest)) {
        at += next;
        if bytes.get(at + 1) == bytes.get(at) && bytes.get(at + 2) == Some(&b'{') {
            return true;
        }
        at += 1;
    }
    false
}

/// Gives each run of a heredoc's text, and where in it that starts. All but the first of doubled signs is text.
pub(super) fn heredoc_runs(raw: &str, run: &mut impl FnMut(usize, &str)) {
    let mut start = 0;
    let mut at = 0;
    let bytes = raw.as_bytes();
    while let Some(next) = bytes.get(at..).and_then(|rest| memchr::memchr2(b'$', b'%', rest)) {
        at += next;
        if bytes.get(at + 1) == bytes.get(at) && bytes.get(at + 2) == Some(&b'{') {
            run(start, raw.get(start..at).unwrap_or_default());
            start = at + 1;
            at += 3;
        } else {
            at += 1;
        }
    }
    run(start, raw.get(start..).unwrap_or_default());
}

/// Gives each run of a quoted text: from where to where in it, and what that stands for, if it is no wrong escape.
pub(super) fn quoted_runs(raw: &str, run: &mut impl FnMut(usize, usize, Option<&str>)) {
    let mut start = 0;
    loop {
        let rest = raw.get(start..).unwrap_or_default();
        let plain = rest.find('\\').unwrap_or(rest.len());
        let text = rest.get(..plain).unwrap_or_default();
        heredoc_runs(text, &mut |from, text| {
            run(start + from, start + from + text.len(), Some(text));
        });
        start += plain;
        if start >= raw.len() {
            return;
        }
        start = escape(raw, start, run);
    }
}

/// The escape at `at`; gives where it ends.
fn escape(raw: &str, at: usize, run: &mut impl FnMut(usize, usize, Option<&str>)) -> usize {
    let Some(selector) = raw.get(at + 1..).and_then(|rest| rest.chars().next()) else {
        run(at, raw.len(), None);
        return raw.len();
    };
    let end = at + 1 + selector.len_utf8();
    let digits = match selector {
        'n' => return simple(at, end, "\n", run),
        'r' => return simple(at, end, "\r", run),
        't' => return simple(at, end, "\t", run),
        '"' => return simple(at, end, "\"", run),
        '\\' => return simple(at, end, "\\", run),
        'u' => 4,
        'U' => 8,
        _ => {
            run(at, end, None);
            return end;
        }
    };
    let rest = raw.get(end..).unwrap_or_default();
    let found = rest.bytes().take(digits).take_while(u8::is_ascii_hexdigit).count();
    let code = rest.get(..found).filter(|_| found == digits).and_then(|code| u32::from_str_radix(code, 16).ok());
    match code.and_then(char::from_u32) {
        Some(character) => run(at, end + found, Some(character.encode_utf8(&mut [0; 4]))),
        None => run(at, end + found, None),
    }
    end + found
}

fn simple(at: usize, end: usize, decoded: &str, run: &mut impl FnMut(usize, usize, Option<&str>)) -> usize {
    run(at, end, Some(decoded));
    end
}
