//! Whether a value is the secret that its name promises.

use crate::credential::{Promise, is_plausible, is_random, promise};

/// A value under a name.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'t> {
    /// The name right before the value: `password`, `DB_PASSWORD`.
    pub name: &'t str,
    /// The names around it, the nearest last: `spec`, `auth`.
    pub parents: &'t [&'t str],
    /// The value without quotes, decoded.
    pub value: &'t str,
    /// Where it stands.
    pub slot: Slot,
}

/// The kind of place that a value stands in: what else could stand there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// A variable of an environment: every value is one that a program reads.
    Environment,
    /// The value of a setting in a configuration file.
    Setting,
    /// A literal in the source of a program or script.
    Literal,
    /// An argument of a command.
    Argument,
    /// The decoded data of a Secret.
    SecretData,
    /// A comment or a text for people.
    Prose,
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A password that is no random text.
    Password,
    /// A token or key: a random text, or one under a name that promises nothing else.
    Key,
    /// A password that everybody tries first: `changeme`, `postgres`.
    Weak,
    /// A placeholder, a reference, a name, a switch: nothing to report.
    Nothing,
}

/// Judges a value by its names.
pub fn judge(setting: &Setting<'_>) -> Verdict {
    match promise(setting.name) {
        Some(Promise::Secret) if is_plausible(setting.value) => {
            if is_random(setting.value) {
                Verdict::Key
            } else {
                Verdict::Password
            }
        }
        Some(Promise::Key) if is_random(setting.value) => Verdict::Key,
        _ => Verdict::Nothing,
    }
}
