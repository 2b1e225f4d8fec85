//! Texts that some tool or reader is to fill in before a file is used: `$(IMAGE)`, `<name>`, `%TAG%`, `@@IMAGE@@`.
//!
//! Decided by marks that no name, address, image or base64 has, and by words in capitals that say so. Any other word may be
//! a placeholder all the same (`IMAGE_TAG`); it then counts as what it is.

/// Whether some tool fills the text in later.
pub fn is_filled_in_later(text: &str) -> bool {
    text.contains(['$', '{', '}'])
        || is_enclosed(text, '<', '>')
        || text.contains("#[")
        || text.contains("@@")
        || ['%', '@', '#'].into_iter().any(|mark| holds_pair(text, mark))
        || holds_underscored(text)
        || says_so(text)
        || is_long_capital_phrase(text)
}

/// Whether the text is an image reference, or a part of one, that somebody fills in later.
pub fn is_image_placeholder(text: &str) -> bool {
    is_filled_in_later(text) || text.starts_with("ko://") || is_enclosed(text, '[', ']') || is_enclosed(text, '(', ')')
}

/// Words in brackets somewhere in the text: `registry/<name>:1`.
fn is_enclosed(text: &str, open: char, close: char) -> bool {
    let Some((_, rest)) = text.split_once(open) else { return false };
    rest.split_once(close).is_some_and(|(inner, _)| inner.contains(|c: char| c.is_ascii_alphabetic()))
}

/// A word between two of the same marks: `%TAG%`.
fn holds_pair(text: &str, mark: char) -> bool {
    let mut parts = text.split(mark).skip(1).peekable();
    while let Some(part) = parts.next() {
        let is_word =
            !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
        if is_word && parts.peek().is_some() {
            return true;
        }
    }
    false
}

/// `__IMAGE__`, `__image__`, alone or within a text.
fn holds_underscored(text: &str) -> bool {
    let Some((_, rest)) = text.split_once("__") else { return false };
    rest.split_once("__").is_some_and(|(word, _)| {
        !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
    })
}

/// `REPLACE_ME`, `IMAGE_PLACEHOLDER`, `YOUR-REGISTRY`: words in capitals that say that something is to come.
fn says_so(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "CHANGE",
        "CHANGEME",
        "FIXME",
        "INSERT",
        "PLACEHOLDER",
        "REPLACE",
        "REPLACEME",
        "REPLACED",
        "TBD",
        "TODO",
        "YOUR",
    ];
    text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| WORDS.contains(&word))
}

/// `HELM_REPLICA_COUNT`: three words in capitals or more are the name of a variable, and of nothing else here.
fn is_long_capital_phrase(text: &str) -> bool {
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    text.starts_with(|c: char| c.is_ascii_uppercase()) && text.split('_').count() > 2 && text.split('_').all(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_told_from_mistakes() {
        for (text, later, as_image) in [
            ("$(IMAGE)", true, true),
            ("${IMAGE}", true, true),
            ("$IMAGE", true, true),
            ("{IMAGE}", true, true),
            ("{{ image }}", true, true),
            ("<image_url>", true, true),
            ("registry/<name>:1", true, true),
            ("%IMAGE%", true, true),
            ("__IMAGE__", true, true),
            ("web:__tag__", true, true),
            ("@@IMAGE@@", true, true),
            ("@IMAGE@", true, true),
            ("web:@tag@", true, true),
            ("#IMAGE#", true, true),
            ("#{IMAGE}#", true, true),
            ("IMAGE_PLACEHOLDER", true, true),
            ("REPLACE_ME", true, true),
            ("HELM_REPLICA_COUNT", true, true),
            ("IMAGE_TAG", false, false),
            ("IMAGE", false, false),
            ("registry/IMAGE:TAG", false, false),
            ("YOUR-REGISTRY/web:1", true, true),
            ("[image]", false, true),
            ("ko://example.org/cmd/web", false, true),
            ("Nginx:1", false, false),
            ("NGINX:1", false, false),
            ("MyOrg/web", false, false),
            ("web:", false, false),
            ("a b", false, false),
            ("a//b", false, false),
            ("a__b", false, false),
            ("web@sha256:abc", false, false),
            ("web:1%", false, false),
            ("https://example.org/web", false, false),
            ("<>", false, false),
            ("Web_Shop", false, false),
        ] {
            assert_eq!((is_filled_in_later(text), is_image_placeholder(text)), (later, as_image), "{text}");
        }
    }
}
