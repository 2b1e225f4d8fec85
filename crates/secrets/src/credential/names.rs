//! Whether a name promises a secret.
//!
//! Decided word by word: `DB_PASSWORD`, `clientSecret`. `TOKEN_FILE` and `AUTH_URL` name something about a secret, and
//! `PUBLIC_KEY` something that is none. Of a path (`spring.datasource.password`) the last two names count.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

/// How much a name promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Promise {
    /// `key`, `auth`: the value may as well be the name of something.
    Key,
    /// `token`, `secret`, `api_key`: the value is one, unless it is a placeholder or the name of one.
    Secret,
    /// `password`, `pwd`: the value is one that somebody chose, and may be a word.
    Password,
}

/// Whether the name is one of a secret.
pub fn names_secret(name: &str) -> bool {
    promise(name).is_some()
}

/// What the name promises of its value.
pub fn promise(name: &str) -> Option<Promise> {
    if name.len() > LONGEST || !STEMS.is_match(name) {
        return None;
    }
    KNOWN.with_borrow_mut(|known| {
        if let Some(promised) = known.get(name) {
            return *promised;
        }
        if known.len() == MOST_KNOWN {
            known.clear();
        }
        let promised = of_name(name);
        known.insert(name.into(), promised);
        promised
    })
}

thread_local! {
    /// What names promise: configuration repeats few of them again and again, and each is read word by word.
    static KNOWN: RefCell<HashMap<Box<str>, Option<Promise>>> = RefCell::default();
}

/// Names that are remembered.
const MOST_KNOWN: usize = 512;

fn of_name(name: &str) -> Option<Promise> {
    if PASSING_ON.contains(&name) {
        return None;
    }
    // Half of a credential, and what the other half is found by.
    if name.to_ascii_uppercase().ends_with("AWS_ACCESS_KEY_ID") {
        return Some(Promise::Key);
    }
    let words = words(last_names(name));
    let bare: Vec<&str> = words.iter().map(|word| without_number(word)).collect();
    let promised = of_words(&bare, &words)?;
    let signs = bare.iter().any(|word| matches!(*word, "gpg" | "pgp"));
    let is_locked = promised == Promise::Password || signs && promised == Promise::Secret;
    let is_hash = bare.iter().any(|word| matches!(*word, "sha" | "md" | "hash" | "hashed" | "bcrypt"));
    if is_hash || is_about(&bare) || !is_locked && bare.iter().any(|word| NO_SECRET.contains(word)) {
        return None;
    }
    Some(promised)
}

/// What nginx calls where it hands a request to.
const PASSING_ON: &[&str] =
    &["proxy_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "grpc_pass", "memcached_pass", "mirror_pass"];

/// No name is longer; a longer text is none.
const LONGEST: usize = 160;

fn of_words(bare: &[&str], words: &[String]) -> Option<Promise> {
    if bare.iter().enumerate().any(|(at, word)| is_password(word, at, bare.len())) {
        return Some(Promise::Password);
    }
    if bare.iter().any(|word| is_secret(word)) || bare.windows(2).any(is_secret_pair) {
        return Some(Promise::Secret);
    }
    // `Filters__0__Key`: the key of an element of a list.
    let is_number = |word: &String| word.bytes().all(|byte| byte.is_ascii_digit());
    let is_element = |at: usize| at.checked_sub(1).and_then(|before| words.get(before)).is_some_and(is_number);
    let is_key = |(at, word): (usize, &&str)| KEYS.contains(word) && !is_element(at);
    bare.iter().enumerate().any(is_key).then_some(Promise::Key)
}

fn is_password(word: &str, at: usize, count: usize) -> bool {
    if PASSWORDS.iter().any(|password| word.ends_with(password)) {
        return true;
    }
    let is_last = at + 1 == count;
    if WHOLE_PASSWORDS.contains(&word) {
        return true;
    }
    // `DB_PASS`, `dbpass`, but not `bypass`; `pass` and `pwd` alone may be a status or a folder.
    is_last
        && ENDS.iter().any(|end| match word.strip_suffix(end) {
            Some("") => count > 1,
            Some(before) => OWNERS.contains(&before),
            None => false,
        })
}

/// Whether the word is a secret by itself: `clientsecret`.
fn is_secret(word: &str) -> bool {
    SECRETS.iter().any(|secret| word.ends_with(secret)) || WHOLE_SECRETS.contains(&word)
}

/// `api_key`, `signing_key`.
fn is_secret_pair(pair: &[&str]) -> bool {
    let [first, second] = pair else { return false };
    matches!(*second, "key" | "keys") && KEY_OWNERS.iter().any(|owner| first.ends_with(owner))
        || matches!((*first, *second), ("auth" | "security", "code"))
}

/// Whether the name is one of something about a secret.
fn is_about(bare: &[&str]) -> bool {
    let [first, .., last] = bare else { return false };
    let before_last = bare.iter().rev().nth(1);
    // `passwordKey` names the entry that has it, `secretKey` is one.
    let is_key_of_password =
        matches!(*last, "key" | "secret") && before_last.is_some_and(|word| PASSWORDS.contains(word));
    ABOUT.contains(last) || ABOUT_FIRST.contains(first) || is_key_of_password || *first == "existing"
}

/// The last two names of a path, and one more where the last only says that the value follows.
fn last_names(name: &str) -> &str {
    let dots = name.bytes().filter(|byte| *byte == b'.').count();
    if dots < 2 {
        return name;
    }
    let keep = if ["value", "default"].iter().any(|end| name.ends_with(end)) { 3 } else { 2 };
    let start = name.rmatch_indices('.').nth(keep - 1).map_or(0, |(at, _)| at + 1);
    name.get(start..).unwrap_or(name)
}

/// `password1` is one more password.
fn without_number(word: &str) -> &str {
    let bare = word.trim_end_matches(|c: char| c.is_ascii_digit());
    if bare.is_empty() { word } else { bare }
}

/// What stands in every name that promises anything: nearly all names are told by it, before they are split.
static STEMS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let stems = [
        "pass",
        "pwd",
        "pword",
        "psw",
        "pw",
        "secret",
        "token",
        "credential",
        "creds",
        "key",
        "auth",
        "psk",
        "salt",
        "pepper",
        "bearer",
        "connection",
        "kennwort",
        "wachtwoord",
        "senha",
        "mdp",
        "contrase",
        "clave",
        "parola",
        "haslo",
        "has\u{142}o",
        "heslo",
        "salasana",
        "losenord",
        "l\u{f6}senord",
        "jelsz",
        "lozinka",
        "securitycode",
        "\u{43f}\u{430}\u{440}\u{43e}\u{43b}\u{44c}",
        "\u{41f}\u{430}\u{440}\u{43e}\u{43b}\u{44c}",
        "\u{5bc6}\u{7801}",
        "\u{5bc6}\u{78bc}",
        "\u{53e3}\u{4ee4}",
        "\u{5bc6}\u{94a5}",
        "\u{30d1}\u{30b9}\u{30ef}\u{30fc}\u{30c9}",
        "\u{be44}\u{bc00}\u{bc88}\u{d638}",
    ];
    let mut builder = AhoCorasick::builder();
    // Names are short: what is fastest takes longer to build than it would save.
    builder.kind(Some(AhoCorasickKind::NoncontiguousNFA));
    builder.ascii_case_insensitive(true).build(stems).expect("some tens of words are no automaton too large")
});

/// Words at whose end a word of a name is a password: `password`, `DBPASSWORD`, in the languages of those who write them.
#[rustfmt::skip]
pub(super) const PASSWORDS: &[&str] = &[
    "password", "passwords", "passwd", "passw", "pasword", "passord", "paswd", "pword", "passphrase", "passcode",
    "passwort", "kennwort", "wachtwoord", "senha", "motdepasse", "contrasena", "contrase\u{f1}a",
    "haslo", "has\u{142}o", "heslo", "salasana", "losenord", "l\u{f6}senord", "jelszo", "jelsz\u{f3}", "lozinka",
    "\u{43f}\u{430}\u{440}\u{43e}\u{43b}\u{44c}", "\u{5bc6}\u{7801}", "\u{5bc6}\u{78bc}", "\u{53e3}\u{4ee4}",
    "\u{30d1}\u{30b9}\u{30ef}\u{30fc}\u{30c9}", "\u{be44}\u{bc00}\u{bc88}\u{d638}", "psw",
];
/// Words that are a password as whole words.
const WHOLE_PASSWORDS: &[&str] = &["mdp", "pwd", "psk", "clave", "parola"];
/// Last words that are a password after whose it is: `DB_PASS`, `rootpw`, but not `PASS` alone.
const ENDS: &[&str] = &["pass", "pwd", "pw"];
/// Whose passwords are written without a sign between: `dbpass`, `rootpw`.
#[rustfmt::skip]
const OWNERS: &[&str] = &[
    "db", "root", "admin", "adm", "user", "usr", "my", "mysql", "pg", "sql", "ftp", "smtp", "mail", "email", "ldap",
    "store", "keystore", "truststore", "key", "redis", "auth", "login", "master", "proxy", "require", "http", "web",
    "wifi", "wlan", "ssh", "sa", "app", "test", "dev", "become", "bind", "vnc", "git", "svn", "enable", "default",
    "new", "old", "host", "server", "service", "client", "local", "data", "database", "postgres", "mongo", "rabbit",
    "mq", "jdbc", "api", "super", "su", "sudo", "guest", "repl", "replication", "backup", "system", "sys", "dba",
    "zabbix", "nexus", "jenkins", "sonar", "vault", "account", "crypt", "enc", "p", "u", "cert", "pfx", "ssl", "tls",
    "conn", "connection", "imap", "pop", "amqp", "mqtt", "kafka", "elastic", "es",
];
/// Words at whose end a word of a name is a secret.
#[rustfmt::skip]
const SECRETS: &[&str] = &[
    "secret", "secrets", "token", "tokens", "credential", "credentials", "creds", "apikey", "apikeys", "secretkey",
    "accesskey", "privatekey", "privkey", "appkey", "appsecret", "authkey", "licensekey", "encryptionkey", "signingkey",
    "masterkey", "aeskey", "deskey", "clientkey", "sharedkey", "authcode", "\u{5bc6}\u{94a5}",
];
/// Words that are a secret as whole words.
const WHOLE_SECRETS: &[&str] = &["pepper", "bearer"];
/// Words before `key` that make it a secret: `api_key`, `x-myapi-key`.
#[rustfmt::skip]
const KEY_OWNERS: &[&str] = &[
    "api", "secret", "private", "priv", "encryption", "encrypt", "decryption", "signing", "signature", "sign",
    "master", "license", "licence", "account", "storage", "auth", "app", "application", "admin", "consumer", "crypto",
    "cipher", "aes", "hmac", "jwt", "session", "cookie", "webhook", "integration", "write", "ingest", "subscription",
    "shared", "fernet", "validation", "service", "security", "access", "client", "deploy", "stripe", "mailgun",
    "sendgrid", "openai", "mailchimp", "datadog", "pagerduty", "server", "token", "join",
];
/// Words that are a secret alone or beside others, and so only as whole words.
const KEYS: &[&str] = &["key", "auth", "salt"];
/// Last words that make a name one of something about the secret.
#[rustfmt::skip]
const ABOUT: &[&str] = &[
    "file", "files", "filename", "path", "paths", "dir", "directory", "folder", "location", "url", "urls", "uri",
    "endpoint", "host", "hostname", "port", "server", "domain", "name", "names", "user", "username", "users", "email",
    "id", "ids", "version", "type", "types", "kind", "length", "size", "len", "ttl", "expiry", "expires",
    "expire", "expiration", "expired", "timeout", "lifetime", "validity", "duration", "interval", "age", "days",
    "hours", "minutes", "seconds", "msec", "ms", "sock", "socket", "method", "methods", "mode", "module", "enabled",
    "disabled", "enable", "disable", "active", "required", "provider", "providers", "issuer", "audience", "algorithm",
    "algorithms", "algo", "alg", "format", "formatter", "header", "headers", "prefix", "suffix", "realm", "scope",
    "scopes", "region", "fingerprint", "count", "limit", "limits", "min", "max", "policy", "policies", "rotation",
    "rotate", "store", "storage", "manager", "management", "service", "backend", "driver", "arn", "ref", "refs",
    "reference", "source", "sources", "role", "roles", "claim", "claims", "regex", "regexp", "pattern", "rule",
    "rules", "hash", "hashes", "hashed", "hasher", "hashers", "hashing", "digest", "checksum", "encoder", "encoding",
    "encoded", "encrypted", "validator", "validators", "validation", "validate", "verify", "verification", "strength",
    "complexity", "score", "policy", "hint", "hints", "label", "labels", "placeholder", "field", "fields", "input",
    "inputs", "prompt", "title", "text", "message", "messages", "msg", "error", "errors", "help", "description",
    "desc", "tooltip", "param", "params", "parameter", "parameters", "attr", "attribute", "attributes", "column",
    "property", "properties", "option", "options", "form", "page", "view", "screen", "button", "btn", "icon", "class",
    "css", "selector", "template", "reset", "recovery", "forgot", "forgotten", "change", "changed", "update", "review",
    "mount", "volume", "annotations", "annotation", "alias", "index", "position", "offset", "status", "state",
    "address", "addr", "route", "router", "handler", "controller", "helper", "factory", "builder", "generator",
    "callback", "func", "function", "schema", "model", "table", "list", "map", "array", "object", "group",
    "groups", "plugin", "plugins", "matcher", "strategy", "adapter", "config", "configuration", "settings", "section",
    "var", "variable", "bytes", "bits", "chars", "characters", "entropy", "created", "updated", "date", "time", "mtime",
    "timestamp", "used", "usage", "uses", "permission", "permissions", "restrictions", "selectors", "flow", "grant",
    "action", "event", "request", "response", "requests", "responses", "redirect", "link", "links", "color", "colour",
    "style", "language", "maps", "scheme", "schemes", "expression", "locale", "mapping", "mappings", "equals", "match", "mismatch", "confirmed",
    "basedn", "dn", "keytab", "truststore", "keystore", "alphabet", "charset",
];
/// First words that make a name a switch, or a choice.
#[rustfmt::skip]
const ABOUT_FIRST: &[&str] = &[
    "use", "uses", "using", "enable", "enabled", "enables", "disable", "disabled", "no", "allow", "allows", "require", "requires", "required", "is",
    "has", "have", "show", "hide", "generate", "rotate", "check", "verify", "validate", "skip", "no", "without",
    "forgot", "forgotten", "reset", "min", "max", "minimum", "maximum", "permit", "automount", "needs", "wants",
    "should", "can", "must", "supports", "support", "ignore", "num", "number", "count", "total", "error", "err",
    "invalid", "missing", "wrong", "bad", "update", "change",
];
/// Words that make the whole name one of something that is no secret, unless it promises a password.
#[rustfmt::skip]
const NO_SECRET: &[&str] = &[
    "public", "pub", "publickey", "publishable", "file", "version", "gpg", "pgp", "foreign", "primary", "cache",
    "partition", "sort", "range", "row", "object", "idempotency", "dedup", "deduplication", "routing", "sitekey",
    "site", "csrf", "xsrf", "csrftoken", "pad", "eos", "bos", "sep", "cls", "unk", "mask", "next", "page",
    "continuation", "cancellation", "publickeytoken", "fingerprint", "checksum", "integrity", "shortcut", "hot",
    "known", "device", "devicetoken", "tokenizer", "keyboard", "hotkey", "restore", "kms", "nextpage", "pagination", "sync",
];

/// The words of a name in lower case: `GITHUB_TOKEN`, `api-key`, `clientSecret`.
pub fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut previous_is_lower = false;
    for c in name.chars() {
        let starts_word = previous_is_lower && c.is_uppercase();
        if starts_word || !c.is_alphanumeric() {
            words.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
        previous_is_lower = c.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}
