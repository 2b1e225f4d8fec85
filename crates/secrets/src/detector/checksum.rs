//! What a form cannot say: checksums, and texts that have to decode to something.
//!
//! Only what an issuer documents, or what its own programs do.

use std::sync::Arc;

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use portcullis_core::FileId;
use portcullis_syntax::{Node, json};

/// A classic token of GitHub or npm: the last six of 36 characters are the CRC-32 of those before them, in base 62.
pub(super) fn is_base62_checked(token: &str) -> bool {
    let Some((_, body)) = token.split_once('_') else { return false };
    // Newer tokens are longer, and their checksum is not documented.
    let Some((random, sum)) = body.split_at_checked(30).filter(|_| body.len() == 36) else { return body.len() >= 60 };
    sum == base62(crc32fast::hash(random.as_bytes()))
}

/// Six digits, the most significant one first.
pub(super) fn base62(mut number: u32) -> String {
    const DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut digits = [b'0'; 6];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS.get((number % 62) as usize).copied().unwrap_or(b'0');
        number /= 62;
    }
    digits.into_iter().map(char::from).collect()
}

/// An id of an AWS key: base 32, of which the first bits are the number of the account, which has twelve digits. Ids from
/// before 2019 (`AKIAI…`, `AKIAJ…`) hold no account.
pub(super) fn is_aws_key_id(id: &str) -> bool {
    let Some(body) = id.get(4..) else { return false };
    let digit = |byte: u8| match byte {
        b'A'..=b'Z' => Some(u64::from(byte - b'A')),
        b'2'..=b'7' => Some(u64::from(byte - b'2') + 26),
        _ => None,
    };
    let bits = body.bytes().take(10).try_fold(0_u64, |bits, byte| Some(bits << 5 | digit(byte)?));
    let is_old = body.starts_with(['I', 'J']);
    // Fifty bits, of which the second to the forty-first are the account.
    bits.is_some_and(|bits| is_old || bits >> 9 & 0xff_ffff_ffff < 1_000_000_000_000)
}

/// A token of PyPI is a macaroon of version two: its first field says for which index it is.
pub(super) fn is_pypi_macaroon(token: &str) -> bool {
    let Some(bytes) = token.strip_prefix("pypi-").and_then(decoded) else { return false };
    let Some(([2, 1, length], rest)) = bytes.split_first_chunk::<3>() else { return false };
    matches!(rest.get(..usize::from(*length)), Some(b"pypi.org" | b"test.pypi.org"))
}

/// A JSON web token: the header is an object with an algorithm, the payload another object. The one that the debugger of
/// jwt.io starts with opens nothing.
pub(super) fn is_web_token(token: &str) -> bool {
    let mut parts = token.split('.');
    let (Some(header), Some(payload)) = (parts.next().and_then(decoded), parts.next().and_then(decoded)) else {
        return false;
    };
    let is_sample = payload.windows(10).any(|window| window == b"1234567890");
    !is_sample && has_object(&header, |header| header.field("alg").is_some()) && has_object(&payload, |_| true)
}

/// A session key of a service account of Kubernetes: a web token whose payload names Kubernetes.
pub(super) fn is_service_account_token(token: &str) -> bool {
    let payload = token.split('.').nth(1).and_then(decoded).unwrap_or_default();
    let names = |name: &[u8]| payload.windows(name.len()).any(|window| window == name);
    (names(b"kubernetes.io") || names(b"kubernetes/serviceaccount")) && is_web_token(token)
}

/// `name:password` in base64, as registries and HTTP take it; the password is no placeholder.
pub(super) fn is_basic_auth(text: &str) -> bool {
    let Some(plain) = decoded(text).and_then(|bytes| String::from_utf8(bytes).ok()) else { return false };
    let Some((user, password)) = plain.split_once(':') else { return false };
    let is_text = !plain.chars().any(char::is_control);
    // `admin:admin` is a default that everybody knows, and opens nothing that is meant to be closed.
    let is_default = user.eq_ignore_ascii_case(password);
    is_text && !is_default && !user.is_empty() && password.len() > 3 && !crate::credential::is_placeholder(password)
}

/// A private key in PEM that was encoded once more, as Secrets and kubeconfigs have it.
pub(super) fn is_encoded_pem(text: &str) -> bool {
    let head = text.get(..64).unwrap_or(text);
    decoded(head).is_some_and(|bytes| bytes.windows(12).any(|window| window == b"PRIVATE KEY-"))
}

/// The accounts of Azure's emulators have keys that everybody knows.
pub(super) fn is_no_emulator_key(key: &str) -> bool {
    !["Eby8vdM02x", "C2y6yDjf5/"].iter().any(|start| key.starts_with(start))
}

/// A block of PEM with a body: a form to fill in has dots or words in its place.
pub(super) fn is_private_key(block: &str) -> bool {
    let body = block.get("-----BEGIN".len()..).and_then(|rest| rest.split_once("-----")).map_or("", |(_, body)| body);
    let body = body.split("-----END").next().unwrap_or_default();
    let is_data = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
    let is_cut = ["...", "\u{2026}", "${", "{{", "<"].iter().any(|mark| body.contains(mark));
    !is_cut && body.split(|c| !is_data(c)).any(|run| run.len() > 15)
}

/// Settings of registries in base64 that hold a user and a password.
pub(super) fn is_docker_config(text: &str) -> bool {
    let Some(plain) = decoded(text).and_then(|bytes| String::from_utf8(bytes).ok()) else { return false };
    let secrets = ["\"auth\"", "\"password\"", "\"identitytoken\""];
    secrets.iter().any(|name| plain.contains(name)) && !["${", "{{", "<"].iter().any(|mark| plain.contains(mark))
}

/// Random texts of some length have digits; words have none.
pub(super) fn has_digit(token: &str) -> bool {
    token.bytes().any(|byte| byte.is_ascii_digit())
}

/// The same for texts that may be a path through a program: `config.v1.token`.
pub(super) fn has_digits(token: &str) -> bool {
    token.bytes().filter(u8::is_ascii_digit).count() > 2
}

/// An object of JSON with what is asked for.
fn has_object(bytes: &[u8], holds: impl Fn(Node<'_>) -> bool) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let tree = json::parse(FileId(0), &Arc::from(text));
    tree.errors().is_empty()
        && tree.documents().next().is_some_and(|document| document.root.is_map() && holds(document.root))
}

/// Base64 of either alphabet, with padding or without; what is cut off in the middle is decoded as far as it goes.
fn decoded(text: &str) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &URL_SAFE,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    let text = text.trim_end_matches('=');
    // A rest of one character holds no byte.
    let whole = if text.len() % 4 == 1 { text.len() - 1 } else { text.len() };
    let text = text.get(..whole)?.replace('+', "-").replace('/', "_");
    LENIENT.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detector::sample::sample;

    #[test]
    fn checksums_are_verified() {
        type Verify = fn(&str) -> bool;
        let cases: [(Verify, &str, bool); 16] = [
            (is_base62_checked, "ghp_{github}", true),
            (is_base62_checked, "ghp_{A36}", false),
            (is_base62_checked, "ghs_{A80}", true),
            (is_base62_checked, "ghp_{A20}", false),
            (is_aws_key_id, "{aws:AKIA}", true),
            (is_aws_key_id, "AKIA7777{B12}", false),
            (is_aws_key_id, "AKIAI777{B12}", true),
            (is_aws_key_id, "AKIA0111{B12}", false),
            (is_pypi_macaroon, "{pypi}", true),
            (is_pypi_macaroon, "pypi-AgE{A80}", false),
            (is_web_token, "{jwt}", true),
            (is_web_token, "{jwt:1234567890}", false),
            (is_web_token, "eyJ{A30}.eyJ{A30}.{A40}", false),
            (is_service_account_token, "{jwt:kubernetes.io}", true),
            (is_service_account_token, "{jwt}", false),
            (is_basic_auth, "{basic}", true),
        ];
        for (verify, template, expected) in cases {
            let text = sample(template);
            assert_eq!(verify(&text), expected, "{template}: {text}");
        }
    }

    #[test]
    fn base62_is_padded() {
        for (number, expected) in [(0, "000000"), (61, "00000z"), (62, "000010"), (u32::MAX, "4gfFC3")] {
            assert_eq!(base62(number), expected);
        }
    }
}
