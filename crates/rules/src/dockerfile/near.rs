//! Whether a name is nearly another: what "did you mean" needs.

/// The name that `wrong` most likely stands for; absent where none is near, or where it is one of them in another case.
pub(crate) fn nearest<'n>(wrong: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let allowed = match wrong.chars().count() {
        0..=2 => return None,
        3..=5 => 1,
        _ => 2,
    };
    let lower = wrong.to_lowercase();
    let letters = letters(wrong);
    // A change puts at most one letter in the place of another, so that names with other letters need not be compared.
    let may_be_near = |name: &&str| match (letters, self::letters(name)) {
        (Some(a), Some(b)) => (a ^ b).count_ones() <= 2 * MOST_CHANGES,
        _ => true,
    };
    let distances = names.into_iter().filter(may_be_near).map(|name| (distance(&lower, &name.to_lowercase()), name));
    let (distance, name) = distances.min_by_key(|&(distance, _)| distance)?;
    (distance <= allowed && name != wrong).then_some(name)
}

/// Changes after which a name is no longer near.
const MOST_CHANGES: u32 = 2;

/// A bit for each letter, digit or sign that an ASCII name has, in whatever case. Some share one.
fn letters(name: &str) -> Option<u64> {
    let bits = || name.bytes().fold(0, |bits, byte| bits | 1 << (byte.to_ascii_lowercase() % 64));
    name.is_ascii().then(bits)
}

/// How many insertions, deletions, substitutions and swaps of neighbours lead from one to the other; names that differ
/// by more than two characters in length are simply far.
pub(crate) fn distance(a: &str, b: &str) -> usize {
    const FAR: usize = 100;
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > 2 || a.len() > FAR {
        return FAR;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let at = |row: &[usize], column: usize| row.get(column).copied().unwrap_or(FAR);
            let replaced = at(&row, j) + usize::from(x != y);
            let mut best = replaced.min(at(&row, j + 1) + 1).min(at(&next, j) + 1);
            let swaps = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if swaps {
                best = best.min(at(&before, j - 1) + 1);
            }
            next.push(best);
        }
        before = std::mem::replace(&mut row, next);
    }
    row.last().copied().unwrap_or(FAR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found() {
        let names = ["builder", "assets", "run"];
        for (wrong, expected) in [
            ("buidler", Some("builder")),
            ("build", None),
            ("builde", Some("builder")),
            ("asset", Some("assets")),
            ("asests", Some("assets")),
            ("Assets", Some("assets")),
            ("rum", Some("run")),
            ("ru", None),
            ("nginx", None),
            ("", None),
        ] {
            assert_eq!(nearest(wrong, names), expected, "{wrong}");
        }
    }
}
