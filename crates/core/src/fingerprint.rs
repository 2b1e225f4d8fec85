//! Hashes that mean the same on every machine and in every version.

use std::fmt;
use std::hash::Hasher;

use siphasher::sip128::{Hasher128, SipHasher13};

/// A 128-bit hash with fixed keys. Strings are separated, so that `("ab", "c")` and `("a", "bc")` differ.
#[derive(Clone, Copy, Debug)]
pub struct StableHash(SipHasher13);

impl Default for StableHash {
    fn default() -> Self {
        Self(SipHasher13::new_with_keys(0x706f_7274_6375_6c6c, 0x6973_2d66_702d_3031))
    }
}

impl StableHash {
    /// An empty hash.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a string and its end.
    pub fn text(&mut self, text: &str) {
        self.0.write(text.as_bytes());
        self.0.write_u8(0xff);
    }

    /// Adds a number.
    pub fn number(&mut self, number: u64) {
        self.0.write(&number.to_le_bytes());
    }

    /// The first 64 bits.
    pub fn short(&self) -> u64 {
        self.0.finish128().h1
    }

    /// All 128 bits.
    pub fn fingerprint(&self) -> Fingerprint {
        let hash = self.0.finish128();
        Fingerprint(u128::from(hash.h1) << 64 | u128::from(hash.h2))
    }
}

/// What a baseline remembers of a finding: rule, path, structural key, normalised value and ordinal, hashed.
///
/// It does not change when lines move or formatting changes. A secret's value never enters it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub u128);

/// What a fingerprint is made of beside the rule and the path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Identity {
    /// Hash of the structural path.
    pub structure: u64,
    /// Hash of the normalised value; 0 where there is none or it is secret.
    pub value: u64,
    /// How many findings of the file had the same rule, structure and value before.
    pub ordinal: u64,
}

impl Fingerprint {
    /// The fingerprint of a finding of a rule in a file, whose path is from the root.
    pub fn new(rule: &str, path: &str, identity: &Identity) -> Self {
        let mut hash = StableHash::new();
        hash.text(rule);
        hash.text(path);
        hash.number(identity.structure);
        hash.number(identity.value);
        hash.number(identity.ordinal);
        hash.fingerprint()
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_never_changes() {
        let mut hash = StableHash::new();
        hash.text("k8s-privileged-container");
        hash.number(1);
        // Another value here would orphan every baseline in the world.
        assert_eq!(hash.fingerprint().to_string(), "57a4109f08131db726e549a81c59a00b");
        let mut split = StableHash::new();
        split.text("ab");
        split.text("c");
        let mut other = StableHash::new();
        other.text("a");
        other.text("bc");
        assert_ne!(split.fingerprint(), other.fingerprint());
    }
}
