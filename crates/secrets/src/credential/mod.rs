//! Credentials that stand in a file: names that promise one, values that are none, forms that are always one.
//!
//! A password may be a word: under a name that promises one, everything is a password but placeholders, addresses, code and
//! names of things. A token or key has to be a text that nobody reads.

mod assignments;
mod known;
mod names;
mod password;
mod placeholder;
mod shape;
mod weak;

pub use assignments::{Assignment, assignments};
pub use known::{Known, all_known, is_sample, known};
pub use names::{Promise, names_secret, promise, words};
pub(crate) use password::{Context, is_name_of_thing, password};
pub use placeholder::{Standing, is_placeholder, standing};
pub(crate) use shape::{classes, is_code, is_noise};
pub use shape::{is_plausible, is_random};
pub use weak::is_weak;

use crate::{Setting, Slot, Verdict, judge};

/// Whether `value` is the secret that `name` promises, as far as can be told; a password that everybody tries first is none.
pub fn is_secret(name: &str, value: &str) -> bool {
    let setting = Setting { name, parents: &[], value, slot: Slot::Environment };
    matches!(judge(&setting), Verdict::Password | Verdict::Key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_decide_together() {
        for (name, value, expected) in [
            ("DB_PASSWORD", "hunter2", true),
            ("DB_PASSWORD", "P@ssw0rd", true),
            ("DB_PASSWORD", "kX9mQ2vL7", true),
            ("DB_PASS", "kX9mQ2vL7", true),
            ("clientSecret", "8Q~abcDEF-123_xyz", true),
            ("API_KEY", "9f86d081884c7d659a2feaa0c55ad015", true),
            ("API_KEY", "0f8fad5b-d9cb-469f-a165-70867728950e", true),
            ("AUTH_TOKEN", "c3VwZXItczNjcmV0LTk5", true),
            ("SECRET_KEY_BASE", "aBcDeFgHiJkLmNoPqRsT", true),
            // The value is none.
            ("DB_PASSWORD", "${DB_PASSWORD}", false),
            ("DB_PASSWORD", "changeme", false),
            ("DB_PASSWORD", "postgres", false),
            ("DB_PASSWORD", "abc", false),
            ("DB_PASSWORD", "frog", true),
            ("DB_PASSWORD", "/run/secrets/password-1", false),
            ("IMAGE_PULL_SECRET", "registry-credentials-v2", false),
            ("TOKEN", "https://example.org/token1", false),
            ("TOKEN_REVIEW", "TokenReview", false),
            ("AUTH", "oauth2proxy", false),
            ("CACHE_KEY", "9f86d081884c7d659a2feaa0c55ad015", false),
            ("PARTITION_KEY", "customer_id_1", false),
            ("REQUIRE_TOKEN", "true", false),
            ("TOKEN_LIMIT", "128000", false),
            ("SECRET", "app@shop.example", false),
            ("PASSWORD_REGEX", "^[a-z0-9]{8,}$", false),
            // The name promises nothing.
            ("PASSWORD_FILE", "kX9mQ2vL7", false),
            ("IMAGE_DIGEST", "9f86d081884c7d659a2feaa0c55ad015", false),
            ("PUBLIC_KEY", "9f86d081884c7d659a2feaa0c55ad015", false),
        ] {
            assert_eq!(is_secret(name, value), expected, "{name}={value}");
        }
    }
}
