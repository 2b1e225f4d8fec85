//! What a text looks like: a random one, words, an address, code, a hash.
//!
//! Decided by characters alone. A random text that happens to be words is taken for words.

use super::placeholder::is_placeholder;

/// Whether the text may be a token, or a password that is no word: no placeholder, path, address, sentence, or name of
/// something.
pub fn is_plausible(value: &str) -> bool {
    (6..=1024).contains(&value.len())
        && !value.contains(|c: char| c.is_whitespace() || c.is_control())
        && !is_placeholder(value)
        && !is_address(value)
        && !is_expression(value)
        && !is_identifier(value)
}

/// Whether the text is a random one: letters and digits without order, at least sixteen.
pub fn is_random(value: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=_-.~".contains(&byte);
    let has = |wanted: fn(&u8) -> bool| value.as_bytes().iter().filter(|byte| wanted(byte)).count();
    value.len() >= 16
        && value.bytes().all(is_allowed)
        && has(u8::is_ascii_digit) >= 2
        && has(u8::is_ascii_alphabetic) >= 2
        && distinct(value) >= 8
        && !is_alphabet(value)
        && is_plausible(value)
}

/// The characters that an encoding has, in their order.
fn is_alphabet(value: &str) -> bool {
    value.to_ascii_lowercase().contains("abcdefghijklm")
}

/// Whether the text is a long one of letters, digits and signs without order, as generators of keys make them.
pub(crate) fn is_noise(value: &str) -> bool {
    value.len() >= 32
        && value.bytes().all(|byte| byte.is_ascii_graphic())
        && classes(value) == 4
        && distinct(value) >= 20
        && !is_placeholder(value)
        && !value.contains("://")
}

/// How many kinds of characters the text has: lower, upper, digits, others.
pub(crate) fn classes(value: &str) -> usize {
    let kinds: [fn(char) -> bool; 4] =
        [char::is_lowercase, char::is_uppercase, |c| c.is_ascii_digit(), |c| !c.is_alphanumeric()];
    kinds.iter().filter(|kind| value.chars().any(**kind)).count()
}

fn distinct(value: &str) -> usize {
    let mut seen = [false; 256];
    for byte in value.bytes() {
        if let Some(slot) = seen.get_mut(usize::from(byte)) {
            *slot = true;
        }
    }
    seen.iter().filter(|seen| **seen).count()
}

/// A path, a URL, a mail address or a file's name.
pub(crate) fn is_address(value: &str) -> bool {
    let bytes = value.as_bytes();
    let is_drive =
        bytes.first().is_some_and(u8::is_ascii_alphabetic) && matches!(bytes.get(1..3), Some(br":\" | b":/"));
    let is_path = ["./", "../", "~/", "\\\\", "classpath:", "file:", "projects/", "type.googleapis.com/"]
        .iter()
        .any(|start| value.starts_with(start))
        || value.starts_with('/') && !value.contains(['=', '+']);
    let ends = [
        ".key",
        ".pem",
        ".crt",
        ".cert",
        ".cer",
        ".json",
        ".yaml",
        ".yml",
        ".txt",
        ".jks",
        ".p12",
        ".pfx",
        ".pub",
        ".conf",
        ".svc",
        ".properties",
        ".xml",
        ".env",
        ".ini",
        ".toml",
        ".keystore",
        ".asc",
        ".gpg",
        ".html",
        ".php",
        ".py",
        ".js",
        ".ts",
        ".rb",
        ".go",
        ".java",
        ".sh",
        ".local",
        ".md",
        ".png",
        ".svg",
    ];
    let is_file = ends.iter().any(|end| value.to_lowercase().ends_with(end));
    is_path || is_drive || is_file || value.contains("://") || is_mail(value)
}

fn is_mail(value: &str) -> bool {
    let Some((local, domain)) = value.split_once('@') else { return false };
    let is_word =
        |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_+".contains(&b));
    let top = domain.rsplit('.').next().unwrap_or_default();
    is_word(local)
        && is_word(domain)
        && domain.contains('.')
        && top.len() >= 2
        && top.bytes().all(|b| b.is_ascii_lowercase())
}

/// Code, a list, JSON or a pattern.
pub(crate) fn is_expression(value: &str) -> bool {
    value.starts_with(['{', '[', '^', '(', '|', '>', '&', '*', '!'])
        || value.contains('(') && value.contains(')')
        || value.contains("=>")
        || value.contains("::")
        || value.contains("&&")
        || value.contains("||")
}

/// The same of what may be a password with signs in it: only what can hardly be anything else.
pub(crate) fn is_code(value: &str) -> bool {
    let encloses = |open: char, close: char| value.starts_with(open) && value.ends_with(close);
    let is_name = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '$')
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.$:>-".contains(&b))
    };
    // `getpass()`, `env('X')`, `func(x)`
    let is_call = value.ends_with([')', ';']) && value.split_once('(').is_some_and(|(name, _)| is_name(name));
    // `data["password"]`, `$_POST['x']`
    let is_index = value.ends_with(']') && value.split_once('[').is_some_and(|(name, _)| is_name(name));
    // `config.password`, `self.password`, `Password::Hash`
    let parts: Vec<&str> = value.split(['.']).collect();
    let is_part = |part: &&str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && part.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_')
    };
    let is_member = parts.len() > 1 && parts.iter().all(is_part) && parts.iter().skip(1).all(|part| part.len() > 1);
    // `OAuth2\\Storage\\AccessToken`
    let mut spaces = value.split('\\').map(|part| part.trim_start_matches('\\')).peekable();
    let is_namespace = value.contains('\\')
        && spaces.all(|part| part.is_empty() || part.starts_with(|c: char| c.is_ascii_uppercase()) && is_name(part));
    let is_class = ["org.", "com.", "net.", "io.", "java.", "javax."].iter().any(|start| value.starts_with(start));
    // `required|string|max:255`
    let is_rules = value.contains('|')
        && value.split('|').all(|rule| {
            rule.len() > 1 && rule.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b":_,".contains(&b))
        });
    let is_tag = value.strip_prefix('!').is_some_and(|tag| {
        ["vault", "Ref", "Sub", "GetAtt", "ImportValue", "reference", "secret", "env", "Join", "If"]
            .iter()
            .any(|name| tag == *name || tag.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '.'])))
    });
    let is_pointer = |mark: char| value.strip_prefix(mark).is_some_and(|name| name.len() > 3 && is_name(name));
    encloses('{', '}')
        || encloses('[', ']')
        || encloses('(', ')')
        || encloses('^', '$')
        || value.starts_with("^(")
        || value.starts_with("(?")
        || value.starts_with("r'")
        || matches!(value, "|" | ">" | "|-" | ">-" | "{" | "[" | "(")
        || is_call
        || is_index
        || is_member
        || is_tag
        || is_class
        || is_rules
        || is_namespace
        || is_pointer('*') && !value.ends_with('*')
        || value.contains("=>")
        || value.contains("::")
        || value.contains("->")
        || value.contains("()")
        || value.contains("(\"")
        || value.contains("[\"")
        || value.contains("('")
        || value.contains("+=")
        || value.contains("===")
        || value.contains("!==")
        || value.contains("[0]")
        || value.contains("[1]")
        || value.contains("\\|")
        || value.starts_with(".*")
        || value.contains(" || ")
        || value.contains("&&")
        || value.contains("%s")
        || value.contains("%d")
        || value.contains("%v")
        || value.contains("\\d")
        || value.contains("\\w")
        || value.contains("[a-z")
        || value.contains("[A-Z")
        || value.contains("{}")
        || value.contains("{0}")
}

/// What is kept of a password so that nobody can read it.
pub(crate) fn is_hash(value: &str) -> bool {
    #[rustfmt::skip]
    const STARTS: &[&str] = &[
        "$2a$", "$2b$", "$2y$", "$1$", "$5$", "$6$", "$y$", "$7$", "$apr1$", "$argon2", "$scrypt$", "$pbkdf2", "pbkdf2_",
        "pbkdf2:", "{bcrypt}", "{SSHA", "{SHA", "{CRYPT}", "{MD5}", "{PBKDF2", "SCRAM-SHA-", "sha256:", "sha512:",
        "sha1:", "sha1$", "sha256$", "md5:", "scrypt:", "{cipher}", "ENC(", "bcrypt$", "argon2", "bcrypt_sha256$",
    ];
    let single = value.strip_prefix('$').filter(|rest| rest.starts_with('$')).unwrap_or(value);
    STARTS.iter().any(|start| single.starts_with(start))
}

/// Words and small numbers between signs: `my-app-v2`, `app.kubernetes.io/name`, `TokenReview`, `10.0.0.1:8080`.
pub(crate) fn is_identifier(value: &str) -> bool {
    value.split(['-', '_', '.', '/', ':', ',', '=', '@', '+']).all(is_word)
}

fn is_word(part: &str) -> bool {
    let digits = part.bytes().filter(u8::is_ascii_digit).count();
    if digits == part.len() {
        return true;
    }
    if !part.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return false;
    }
    if digits > 0 {
        // `v2`, `h1`, `s3`, `k8s`.
        return part.len() <= 3;
    }
    // Letters alone: a word, unless its case goes up and down.
    let cases = part.as_bytes().iter().zip(part.as_bytes().iter().skip(1));
    let changes = cases.filter(|(a, b)| a.is_ascii_lowercase() && b.is_ascii_uppercase()).count();
    changes * 4 <= part.len()
}
