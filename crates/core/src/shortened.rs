//! Texts that quote what was scanned, within a length that can be read.
//!
//! What a file names may be as long as the file. A name is cut in its middle, because both of its ends tell it from others;
//! identities never depend on what is said, so that nothing else changes.

use std::borrow::Cow;

/// Characters of a name from which on it is cut. Kubernetes' longest names have 253.
const NAME: usize = 256;

/// Characters that are kept of one that is longer, before and behind the mark.
const KEPT: (usize, usize) = (160, NAME - 160 - 1);

/// Characters of a whole text; more is what a policy or an error says of a whole document.
const TEXT: usize = 4000;
const TEXT_KEPT: (usize, usize) = (3200, TEXT - 3200 - 1);

/// A message, help or note with its long names cut: words, and what stands between backticks.
pub fn shortened(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.len() <= NAME {
        return text;
    }
    let names = of_names(&text);
    let text = names.map_or(text, Cow::Owned);
    match cut(&text, TEXT, TEXT_KEPT) {
        Some(short) => Cow::Owned(short),
        None => text,
    }
}

/// A path of at most so many characters.
pub fn shortened_path(path: &str, most: usize) -> Cow<'_, str> {
    let (head, tail) = (most / 2, (most - most / 2).saturating_sub(1));
    cut(path, most, (head, tail)).map_or(Cow::Borrowed(path), Cow::Owned)
}

/// The text with its names cut, where any is too long.
fn of_names(text: &str) -> Option<String> {
    let mut short = String::new();
    let mut is_cut = false;
    // Names with blanks are known by their backticks, as long as each of these has a partner.
    let pieces: Vec<&str> = text.split('`').collect();
    let has_partners = pieces.len() % 2 == 1;
    for (at, piece) in pieces.into_iter().enumerate() {
        if at > 0 {
            short.push('`');
        }
        if has_partners
            && at % 2 == 1
            && let Some(name) = cut(piece, NAME, KEPT)
        {
            short.push_str(&name);
            is_cut = true;
            continue;
        }
        for word in piece.split_inclusive(char::is_whitespace) {
            let bare = word.trim_end();
            match cut(bare, NAME, KEPT) {
                Some(name) => {
                    short.push_str(&name);
                    short.push_str(word.get(bare.len()..).unwrap_or_default());
                    is_cut = true;
                }
                None => short.push_str(word),
            }
        }
    }
    is_cut.then_some(short)
}

/// The text without its middle, where it has more than `most` characters.
fn cut(text: &str, most: usize, (head, tail): (usize, usize)) -> Option<String> {
    // Bytes are at least as many as characters.
    if text.len() <= most {
        return None;
    }
    text.char_indices().nth(most)?;
    let from = text.char_indices().nth(head)?.0;
    let to = tail.checked_sub(1).and_then(|last| text.char_indices().nth_back(last))?.0;
    Some(format!("{}…{}", text.get(..from)?, text.get(to..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_their_middle_and_nothing_else() {
        let long = |letter: &str, count: usize| letter.repeat(count);
        let (name, umlauts) = (long("n", 50_000), long("ä", 50_000));
        let blanks = long("a b ", 20_000);
        let short = |letter: &str| format!("{}…{}", letter.repeat(KEPT.0), letter.repeat(KEPT.1));
        for (text, expected) in [
            (String::new(), String::new()),
            (long("n", NAME), long("n", NAME)),
            (long("ä", NAME), long("ä", NAME)),
            (long("n", NAME + 1), short("n")),
            (format!("container {name} runs privileged"), format!("container {} runs privileged", short("n"))),
            (format!("`{name}` is not `x`"), format!("`{}` is not `x`", short("n"))),
            (format!("`{umlauts}` is `{umlauts}`"), format!("`{}` is `{}`", short("ä"), short("ä"))),
            (
                format!("`{blanks}` is odd"),
                format!("`{}…{}` is odd", blanks.get(..KEPT.0).unwrap(), blanks.get(blanks.len() - KEPT.1..).unwrap()),
            ),
            (long("word ", 500), long("word ", 500)),
        ] {
            assert_eq!(shortened(Cow::Borrowed(&text)), expected, "{}", text.chars().take(40).collect::<String>());
        }
    }

    #[test]
    fn no_text_is_longer_than_can_be_read() {
        for text in ["word ".repeat(50_000), "`".repeat(50_001), "` ".repeat(50_000), "\u{1f600}\n".repeat(50_000)] {
            let short = shortened(Cow::Owned(text));
            assert_eq!(short.chars().count(), TEXT);
        }
    }

    #[test]
    fn paths_lose_their_middle() {
        assert_eq!(shortened_path("a/b.yaml", 8), "a/b.yaml");
        assert_eq!(shortened_path("folder/b.yaml", 8), "fold…aml");
        assert_eq!(shortened_path(&"ä/".repeat(50_000), 512).chars().count(), 512);
    }
}
