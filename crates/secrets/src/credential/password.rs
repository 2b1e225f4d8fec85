//! Whether a text is a password, under a name that promises one.
//!
//! In files of settings nearly everything is. In the sources of a program the same name also stands before labels, names of
//! fields, selectors and messages, so that words alone count for less there.

use super::names::{PASSWORDS, words};
use super::placeholder::{Standing, standing};
use super::shape::{classes, is_address, is_code, is_hash, is_identifier, is_plausible, is_random};
use super::weak::is_generic;
use crate::{Slot, Verdict};

/// What stands around a text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'t> {
    /// The name.
    pub(crate) name: &'t str,
    /// Where it stands.
    pub(crate) slot: Slot,
}

/// Judges a text in the place of a password.
pub(crate) fn password(text: &str, context: &Context<'_>) -> Verdict {
    // Spring says before it how it is kept.
    let text = text.trim().trim_start_matches("{noop}");
    // `'password': rgw_admin_password,`: an element of an expression over several lines.
    if text.strip_suffix(',').is_some_and(|name| name.contains('_') && is_identifier(name)) {
        return Verdict::Nothing;
    }
    let text = text.trim_end_matches(',');
    let text = if text.contains('[') { text } else { text.trim_end_matches(']') };
    if !(4..=512).contains(&text.len()) || text.chars().any(char::is_control) {
        return Verdict::Nothing;
    }
    let is_source = matches!(context.slot, Slot::Literal | Slot::Prose);
    match standing(text) {
        Standing::Placeholder => return Verdict::Nothing,
        Standing::Weak if (is_source || context.slot == Slot::Argument) && is_generic(text) => return Verdict::Nothing,
        Standing::Weak if is_same(text, context.name) => return Verdict::Nothing,
        Standing::Weak => return Verdict::Weak,
        Standing::Real => {}
    }
    if is_hash(text) || is_address(text) || is_code(text) || names_another_thing(text, context) {
        return Verdict::Nothing;
    }
    let is_spaced = text.contains(char::is_whitespace);
    if is_spaced && !is_phrase(text, context) || is_label(text) {
        return Verdict::Nothing;
    }
    if is_source && !is_spaced && !is_likely_in_source(text, context) {
        return Verdict::Nothing;
    }
    let shortest = if context.slot == Slot::Environment { 4 } else { 5 };
    if text.chars().count() < shortest {
        return Verdict::Nothing;
    }
    // In settings the name of an application is what somebody chose, and opens it.
    if is_source && !is_spaced && is_owner(text, context) {
        return Verdict::Weak;
    }
    if is_random(text) { Verdict::Key } else { Verdict::Password }
}

/// `DB_PASSWORD=db_password`: the name itself stands where the value will.
fn is_same(text: &str, name: &str) -> bool {
    let letters =
        |text: &str| -> String { text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect() };
    let own = name.rsplit(['.', '/']).next().unwrap_or(name);
    text.contains(['_', '-', '.']) && letters(text) == letters(own)
}

/// `ZABBIX_PASSWORD=zabbix`: the word that stands in the name.
fn is_owner(text: &str, context: &Context<'_>) -> bool {
    let lower = text.to_lowercase();
    words(context.name).contains(&lower)
}

/// A constant (`DB_PASS`), a name of a Secret (`shop-secrets`), or the name of the setting itself.
fn names_another_thing(text: &str, context: &Context<'_>) -> bool {
    // `.keystorePassword("keystorePassword")`
    let is_source = matches!(context.slot, Slot::Literal | Slot::Prose);
    if is_same(text, context.name) || is_source && text.len() > 8 && text == context.name {
        return true;
    }
    let is_upper = |text: &str| text.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    let constant = text.trim_end_matches(|c: char| c.is_ascii_digit());
    let is_constant = text.contains('_')
        && is_upper(constant)
        && (constant.len() == text.len() || words(constant).last().is_some_and(|last| is_word_for_password(last)));
    // `sessions#reset_password`: a route of Rails.
    let is_route = text.split_once('#').is_some_and(|(controller, action)| {
        let is_lower = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        text.contains('_') && is_lower(controller) && is_lower(action)
    });
    if is_constant || is_route {
        return true;
    }
    let is_separated = text.contains(['-', '_', '.', '/', ':']);
    if !is_separated || !is_identifier(text) || text.bytes().any(|b| b.is_ascii_digit()) {
        return false;
    }
    let words = words(text);
    let Some(last) = words.last() else { return false };
    let names_itself = || {
        let own = super::words(context.name);
        words.iter().all(|word| own.contains(word) || FILLERS.contains(&word.as_str()) || is_word_for_password(word))
    };
    // A variable holds the value: `app_user_secret` names no Secret there.
    let is_made_up = last == "secret"
        && context.slot == Slot::Environment
        && words.first().is_some_and(|first| !FILLERS.contains(&first.as_str()))
        && !names_itself();
    THINGS.contains(&last.as_str()) && !is_made_up || is_word_for_password(last) && names_itself()
}

fn is_word_for_password(word: &str) -> bool {
    PASSWORDS.contains(&word) || matches!(word, "pass" | "pwd" | "pw")
}

const FILLERS: &[&str] = &["my", "the", "a", "some", "default", "user"];

/// Last words of names of things that hold or describe a secret.
#[rustfmt::skip]
const THINGS: &[&str] = &[
    "secret", "secrets", "credential", "credentials", "creds", "token", "key", "keys", "cert", "certs", "tls", "auth",
    "config", "name", "file", "path", "url", "uri", "ref", "hash", "field", "input", "label", "placeholder", "id", "type",
    "form", "page", "reset", "policy", "error", "required", "message", "hint", "confirm", "confirmation", "new", "current",
    "outline", "icon", "control", "item",
];

/// `k8s-ssh-key`, `shop_tls_2`: short words of which the last says what it is.
pub(crate) fn is_name_of_thing(text: &str) -> bool {
    let parts: Vec<&str> = text.split(['-', '_']).collect();
    let is_short = |part: &&str| part.len() < 8 || part.bytes().all(|b| b.is_ascii_alphabetic());
    let Some(last) = parts.iter().rev().find(|part| part.bytes().any(|b| b.is_ascii_alphabetic())) else {
        return false;
    };
    parts.len() > 1 && THINGS.contains(last) && parts.iter().all(is_short)
}

/// A password of several words: words without the marks of a sentence, of which one is told by the name to be several, or has
/// digits or signs in it.
fn is_phrase(text: &str, context: &Context<'_>) -> bool {
    let parts: Vec<&str> = text.split_whitespace().collect();
    if parts.len() > 8
        || text.ends_with(['.', '?', ':', '!']) && parts.len() > 2
        || text.contains(". ")
        || text.contains(", ")
    {
        return false;
    }
    let lower: Vec<String> = parts.iter().map(|part| part.to_lowercase()).collect();
    if lower.iter().any(|part| SENTENCE.contains(&part.as_str()) || is_label(part)) {
        return false;
    }
    let is_named = words(context.name).iter().any(|word| word.contains("phrase"));
    // What mail providers give programs: four groups of four letters.
    let is_grouped =
        parts.len() == 4 && parts.iter().all(|part| part.len() == 4 && part.bytes().all(|b| b.is_ascii_lowercase()));
    let is_source = matches!(context.slot, Slot::Literal | Slot::Prose);
    let is_mixed = |part: &&str| {
        part.len() > 4 && part.bytes().any(|b| b.is_ascii_digit()) && part.bytes().any(|b| b.is_ascii_alphabetic())
    };
    is_grouped
        || is_named && parts.len() > 2 && text.is_ascii()
        || !is_source && parts.len() < 5 && parts.iter().any(is_mixed) && !text.contains(['=', '$', '`', '"', '/'])
}

/// Words of sentences about passwords.
#[rustfmt::skip]
const SENTENCE: &[&str] = &[
    "the", "your", "you", "a", "an", "is", "are", "must", "should", "please", "enter", "must", "be", "for", "of", "to",
    "in", "with", "this", "that", "and", "or", "not", "here", "at", "least", "characters", "invalid", "wrong", "forgot",
    "der", "die", "das", "le", "la", "de", "votre", "ihr", "dein", "el", "su", "o", "seu", "set", "see", "use", "new", "confirm",
];

/// The word for a password in some language, as interfaces show it.
fn is_label(text: &str) -> bool {
    if text.chars().any(|c| c.is_ascii_digit()) || text.chars().count() > 40 {
        return false;
    }
    let lower = text.to_lowercase();
    // Letters of other scripts alone are words for people.
    let is_foreign_word = !text.is_ascii()
        && (!text.contains(|c: char| c.is_ascii_alphanumeric())
            || lower.chars().all(|c| c.is_alphabetic() || c.is_whitespace() || c == '\''));
    let trimmed = lower.trim_end_matches([':', '*', '?', '.', ' ']);
    is_foreign_word
        || PASSWORDS.contains(&trimmed)
        || text.ends_with(':')
        || matches!(
            trimmed,
            "mot de passe"
                | "parola d'ordine"
                | "adgangskode"
                | "kata sandi"
                | "salasanan"
                | "palavra-passe"
                | "passord"
        )
}

/// Whether a text in the sources of a program is more than a label, a name or a message.
fn is_likely_in_source(text: &str, context: &Context<'_>) -> bool {
    // `@Password` is an annotation, `@dm1n2010` none.
    let is_annotation = text.starts_with('@') && !text.bytes().any(|byte| byte.is_ascii_digit());
    if is_about_in_source(context.name)
        || is_annotation
        || text.starts_with(['#', '.', '<', ':', '%', '/', '\\', '-', '=', '?', '&'])
    {
        return false;
    }
    if is_plausible(text) {
        return !is_wrong(text);
    }
    let is_word = text.bytes().all(|b| b.is_ascii_alphabetic());
    if context.slot == Slot::Prose || !is_word {
        // `secret-7`, `user_password`: signs and digits that names have as well.
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        let is_run = text.bytes().all(|b| b.is_ascii_alphanumeric());
        if is_run && digits > 0 && context.slot != Slot::Prose {
            return text.len() > 5 && !is_wrong(text);
        }
        if has_test_password(text) {
            return true;
        }
        return text.len() > 5 && digits > 0 && classes(text) > 2 && !text.contains(['.', '/', ':']) && !is_wrong(text);
    }
    let has_case = text.bytes().any(|b| b.is_ascii_uppercase());
    text.len() > 5 && (!has_case || is_of_machine(context.name)) && !is_wrong(text) && !UI.contains(&text)
}

/// `test_pass`, `strong-password`: what a test logs in with, where `new_password` is a field.
fn has_test_password(text: &str) -> bool {
    let words = words(text);
    let [first, .., last] = words.as_slice() else { return false };
    ["test", "super", "strong"].contains(&first.as_str()) && is_word_for_password(last) && words.len() == 2
}

/// Whether the name says whose password it is: no label of a form does.
fn is_of_machine(name: &str) -> bool {
    #[rustfmt::skip]
    const MACHINES: &[&str] = &[
        "db", "database", "mysql", "postgres", "pg", "redis", "smtp", "ftp", "ldap", "mongo", "rabbit", "rabbitmq", "ssh",
        "keystore", "truststore", "store", "jdbc", "root", "sa", "amqp", "mqtt", "proxy", "imap", "datasource", "sql", "oracle",
    ];
    words(name).iter().any(|word| {
        MACHINES.iter().any(|machine| {
            word == machine
                || word.strip_prefix(machine).is_some_and(|rest| ["pass", "password", "pwd", "passwd"].contains(&rest))
        })
    })
}

/// What tests call a password that is refused, or that is none: `wrongpassword`, `encodedPassword`.
fn is_wrong(text: &str) -> bool {
    #[rustfmt::skip]
    const STARTS: &[&str] = &[
        "wrong", "invalid", "bad", "incorrect", "encoded", "hashed", "encrypted", "your", "fake", "dummy", "mock", "not",
        "nonexist", "expired", "empty", "plain", "raw",
    ];
    let lower = text.to_lowercase();
    // `testpassword` is one that a test logs in with; `password_field` is none.
    let is_field = super::words(text).iter().any(|word| THINGS.contains(&word.as_str())) && is_identifier(text);
    STARTS.iter().any(|start| lower.starts_with(start)) || is_field
}

/// Names of constants and members that hold the name of a password, or what is said about one.
fn is_about_in_source(name: &str) -> bool {
    #[rustfmt::skip]
    const FIRST: &[&str] = &[
        "param", "msg", "message", "err", "error", "field", "env", "header", "prop", "property", "extra", "attr",
        "attribute", "arg", "opt", "option", "pref", "column", "col", "tag", "selector", "label", "hint", "placeholder",
        "regex", "pattern", "valid", "invalid", "wrong", "bad", "clear", "change", "update", "fetch", "get", "on",
        "key", "type", "str", "string", "text", "title", "event", "action", "route", "path", "url", "input", "id",
        "encoded", "hashed", "encrypted", "masked",
    ];
    let words = words(name);
    words.len() > 1 && words.first().is_some_and(|first| FIRST.contains(&first.as_str()))
}

/// Words of interfaces.
#[rustfmt::skip]
const UI: &[&str] = &[
    "required", "visible", "outline", "incorrect", "expired", "optional", "confirm", "confirmed", "changed", "mismatch",
    "missing", "button", "submit", "cancel", "account", "settings", "profile", "security", "credential", "credentials",
    "string", "number", "object", "function", "default", "inline", "normal", "numeric", "primary", "secondary", "warning",
    "danger", "success", "disabled", "enabled", "toggle", "keyword", "identifier", "literal", "variable", "operator",
    "comment", "property", "username", "userpassword", "newpassword", "oldpassword", "currentpassword", "confirmpassword",
    "mypassword", "thepassword", "somepassword", "aurora", "sqlite", "memory", "session", "cookie", "header", "bearer",
    "digest", "plaintext", "encrypted", "hashed", "request", "response", "authenticate", "authentication", "signin", "signup",
    "register", "registration", "forgot", "recovery", "generate", "random", "strong", "medium", "textfield", "textbox",
];
