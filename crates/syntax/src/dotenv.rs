//! `.env` files: `NAME=value` lines, quotes, comments, `export`.
//!
//! A value that uses other variables is not expanded; it is unknown and left out.

/// The names and values in order. Of equal names the last counts.
pub fn parse(text: &str) -> Vec<(&str, String)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    text.lines().filter_map(line).collect()
}

fn line(line: &str) -> Option<(&str, String)> {
    let line = line.trim();
    if line.starts_with('#') {
        return None;
    }
    let line = line.strip_prefix("export ").unwrap_or(line);
    let at = line.find(['=', ':'])?;
    let name = line.get(..at)?.trim();
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if name.is_empty() || !name.chars().all(is_name) {
        return None;
    }
    let value = line.get(at + 1..)?.trim();
    let single = value.strip_prefix('\'').and_then(|rest| rest.split_once('\''));
    if let Some((value, _)) = single {
        return Some((name, value.to_owned()));
    }
    let double = value.strip_prefix('"').and_then(|rest| rest.split_once('"'));
    let value = match double {
        Some((value, _)) => value,
        None => value.split(" #").next().unwrap_or_default().trim_end(),
    };
    (!value.contains(['$', '\\'])).then(|| (name, value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read() {
        for (text, expected) in [
            ("A=b", Some(("A", "b"))),
            ("export A=b # c", Some(("A", "b"))),
            ("A='b # c'", Some(("A", "b # c"))),
            ("A=\"b c\" # d", Some(("A", "b c"))),
            ("A=", Some(("A", ""))),
            ("A: b", Some(("A", "b"))),
            ("A=$B", None),
            ("# A=b", None),
            ("A", None),
            ("=b", None),
            ("a b=c", None),
        ] {
            let found = parse(text).into_iter().next();
            assert_eq!(found.as_ref().map(|(name, value)| (*name, value.as_str())), expected, "{text}");
        }
    }
}
