//! Names with `*`, `?` and `[a-z]`, as Conftest has them for namespaces: a dot is a letter as any other.

/// Whether a pattern stands for a name. One that is broken stands for none.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut at, mut of) = (0_usize, 0_usize);
    // Where the last star stands, and how far what it takes goes.
    let mut star: Option<(usize, usize)> = None;
    while of < name.len() {
        let step = pattern.get(at..).and_then(|rest| one(rest, *name.get(of)?));
        match step {
            _ if pattern.get(at) == Some(&'*') => {
                star = Some((at, of));
                at = at.saturating_add(1);
            }
            Some(length) => {
                at = at.saturating_add(length);
                of = of.saturating_add(1);
            }
            None => {
                let Some((back, taken)) = star else { return false };
                (at, of) = (back.saturating_add(1), taken.saturating_add(1));
                star = Some((back, of));
            }
        }
    }
    pattern.iter().skip(at).all(|letter| *letter == '*')
}

/// How much of a pattern stands for one letter, if it does.
fn one(pattern: &[char], letter: char) -> Option<usize> {
    match pattern {
        ['?', ..] => Some(1),
        ['[', class @ ..] => {
            let end = class.iter().position(|it| *it == ']').filter(|end| *end > 0)?;
            let (is_other, mut class) = match class.get(..end)? {
                ['^' | '!', rest @ ..] => (true, rest),
                all => (false, all),
            };
            let mut is_in = false;
            while let Some((first, rest)) = class.split_first() {
                let (last, rest) = match rest {
                    ['-', last, rest @ ..] => (last, rest),
                    _ => (first, rest),
                };
                is_in |= (*first..=*last).contains(&letter);
                class = rest;
            }
            (is_in != is_other).then_some(end.saturating_add(2))
        }
        [first, ..] => (*first == letter).then_some(1),
        [] => None,
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_stand_for_names() {
        for (pattern, name, expected) in [
            ("*", "main.gke", true),
            ("main.*", "main.gke", true),
            ("main.*", "main", false),
            ("*.gke", "main.a.gke", true),
            ("m?in", "main", true),
            ("m[a-c]in", "main", true),
            ("m[^a-c]in", "main", false),
            ("c*", "main", false),
            ("a*b*c", "aXbXbc", true),
            ("m[ain", "main", false),
            ("main", "main2", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }
}
