//! Digests in one form: lockfiles write them in hexadecimal or in base64.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Algorithm, Integrity};

impl Integrity {
    /// The digest in lower-case hexadecimal; `None` where it is not as long as its algorithm makes it.
    pub fn hex(&self) -> Option<String> {
        let bytes = match self.algorithm {
            Algorithm::Md5 => 16,
            Algorithm::Sha1 => 20,
            Algorithm::Sha256 => 32,
            Algorithm::Sha384 => 48,
            Algorithm::Sha512 => 64,
            Algorithm::Other => return None,
        };
        if self.digest.len() == bytes * 2 && self.digest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Some(self.digest.to_ascii_lowercase());
        }
        let decoded = STANDARD.decode(self.digest.as_bytes()).ok().filter(|decoded| decoded.len() == bytes)?;
        let mut hex = String::with_capacity(bytes * 2);
        for byte in decoded {
            write!(hex, "{byte:02x}").expect("writing to memory does not fail");
        }
        Some(hex)
    }
}

#[cfg(test)]
mod tests {
    use portcullis_core::{FileId, Span};

    use super::*;

    #[test]
    fn digests_are_hexadecimal_or_none() {
        for (algorithm, digest, expected) in [
            (Algorithm::Md5, "D41D8CD98F00B204E9800998ECF8427E", Some("d41d8cd98f00b204e9800998ecf8427e")),
            (Algorithm::Md5, "1B2M2Y8AsgTpgAmY7PhCfg==", Some("d41d8cd98f00b204e9800998ecf8427e")),
            (Algorithm::Sha1, "2jmj7l5rSw0yVb/vlWAYkK/YBwk=", Some("da39a3ee5e6b4b0d3255bfef95601890afd80709")),
            // Base64 of another length, and no digest at all.
            (Algorithm::Sha256, "1B2M2Y8AsgTpgAmY7PhCfg==", None),
            (Algorithm::Sha512, "abc", None),
            (Algorithm::Other, "d41d8cd98f00b204e9800998ecf8427e", None),
        ] {
            let integrity = Integrity { algorithm, digest: digest.into(), span: Span::new(FileId(0), 0, 0) };
            assert_eq!(integrity.hex().as_deref(), expected, "{digest}");
        }
    }
}
