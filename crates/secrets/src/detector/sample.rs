//! Texts that look like credentials, made when they are asked for: none stands in the sources.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::checksum;

/// Fills in a template; the same one always gives the same text. What is no directive stays as it is.
///
/// | directive | text |
/// |---|---|
/// | `{A20}` | twenty letters and digits |
/// | `{a20}`, `{l20}` | lower-case letters, with digits and without |
/// | `{U20}`, `{L20}` | upper-case letters, with digits and without |
/// | `{h20}`, `{H20}`, `{d20}` | hexadecimal digits of either case, digits |
/// | `{b20}`, `{w20}` | the alphabet of base64, and that for URLs |
/// | `{B20}` | the alphabet of base32 |
/// | `{x20}` | the letter x |
/// | `{uuid}` | a UUID |
/// | `{github}` | 36 characters with the checksum of GitHub and npm |
/// | `{aws:AKIA}` | an id of an AWS key with that prefix |
/// | `{pypi}`, `{jwt}`, `{basic}` | a token of PyPI, a JSON web token, `name:password` in base64 |
/// | `{auths}`, `{age}` | a Docker configuration in base64, the data of a key of age |
/// | `{jwt:text}` | a web token whose payload holds that text |
/// | `{pem:RSA PRIVATE KEY}` | a block of PEM of that kind; `{pem1:…}` on one line, `{pem64:…}` in base64 |
pub(crate) fn sample(template: &str) -> String {
    let mut random = Random(template.bytes().fold(0x9e37_79b9_7f4a_7c15_u64, |state, byte| {
        state.wrapping_mul(0x0100_0000_01b3).wrapping_add(u64::from(byte))
    }));
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let directive = after.split_once('}').and_then(|(directive, after)| Some((random.fill(directive)?, after)));
        rest = if let Some((filled, after)) = directive {
            text.push_str(&filled);
            after
        } else {
            text.push('{');
            after
        };
    }
    text.push_str(rest);
    text
}

struct Random(u64);

const BASE32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

impl Random {
    fn fill(&mut self, directive: &str) -> Option<String> {
        let (name, argument) = directive.split_once(':').unwrap_or((directive, ""));
        let filled = match name {
            "uuid" => [8, 4, 4, 4, 12].map(|length| self.text(b"0123456789abcdef", length)).join("-"),
            "github" => {
                let body = self.text(ALPHANUMERIC, 30);
                let sum = checksum::base62(crc32fast::hash(body.as_bytes()));
                body + &sum
            }
            // The first bits are an account's number, and the largest of those begins with I.
            "aws" => format!("{argument}{}{}", self.text(b"ABCDEFG", 1), self.text(BASE32, 15)),
            "pypi" => {
                let mut bytes = vec![2, 1, 8];
                bytes.extend(b"pypi.org\x02\x24");
                bytes.extend(self.text(ALPHANUMERIC, 80).bytes());
                format!("pypi-{}", URL_SAFE_NO_PAD.encode(bytes))
            }
            "jwt" => {
                let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
                let (header, subject) = (part("{\"alg\":\"HS256\",\"typ\":\"JWT\"}"), self.text(ALPHANUMERIC, 12));
                let payload = part(&format!("{{\"iss\":\"{argument}\",\"sub\":\"{subject}\"}}"));
                format!("{header}.{payload}.{}", self.text(ALPHANUMERIC, 43))
            }
            "basic" => STANDARD.encode(format!("robot:{}", self.text(ALPHANUMERIC, 18))),
            "age" => self.text(b"QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58),
            "auths" => {
                let auth = STANDARD.encode(format!("robot:{}", self.text(ALPHANUMERIC, 18)));
                STANDARD.encode(format!("{{\"auths\":{{\"registry.shop.internal\":{{\"auth\":\"{auth}\"}}}}}}"))
            }
            "pem" => self.pem(argument, "\n"),
            "pem1" => self.pem(argument, "\\n"),
            "pem64" => STANDARD.encode(self.pem(argument, "\n")),
            _ => return self.repeated(name),
        };
        Some(filled)
    }

    /// A letter for an alphabet, and how many of it.
    fn repeated(&mut self, name: &str) -> Option<String> {
        let mut characters = name.chars();
        let alphabet: &[u8] = match characters.next()? {
            'A' => ALPHANUMERIC,
            'a' => b"abcdefghijklmnopqrstuvwxyz0123456789",
            'l' => b"abcdefghijklmnopqrstuvwxyz",
            'U' => b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
            'L' => b"ABCDEFGHIJKLMNOPQRSTUVWXYZ",
            'h' => b"0123456789abcdef",
            'H' => b"0123456789ABCDEF",
            'd' => b"0123456789",
            'b' => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
            'w' => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
            'B' => BASE32,
            'x' => b"x",
            _ => return None,
        };
        let length = characters.as_str().parse().ok()?;
        Some(self.text(alphabet, length))
    }

    fn text(&mut self, alphabet: &[u8], length: usize) -> String {
        let mut text = String::with_capacity(length);
        for place in 0..length {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            let at = usize::try_from(self.0 >> 33).unwrap_or_default() % alphabet.len();
            // Letters and digits at the ends, so that the text is one word whatever stands around it.
            let byte = alphabet.get(at).copied().unwrap_or(b'x');
            let is_end = place == 0 || place + 1 == length;
            text.push(if is_end && !byte.is_ascii_alphanumeric() { 'k' } else { char::from(byte) });
        }
        text
    }

    fn pem(&mut self, kind: &str, line: &str) -> String {
        let mut text = format!("-----BEGIN {kind}-----{line}");
        for _ in 0..6 {
            text += &self.text(ALPHANUMERIC, 64);
            text += line;
        }
        text + "-----END " + kind + "-----"
    }
}

const ALPHANUMERIC: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
