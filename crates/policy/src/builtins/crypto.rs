//! `crypto.*`: hashes, and codes that a key goes into.

use md5::Md5;
use regorus::Value;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::arguments::text;
use super::{Builtin, Refusal};

pub(super) static TABLE: &[Builtin] = &[
    Builtin { name: "crypto.md5", arity: 1, call: |a, _| hashed::<Md5>(a) },
    Builtin { name: "crypto.sha1", arity: 1, call: |a, _| hashed::<Sha1>(a) },
    Builtin { name: "crypto.sha256", arity: 1, call: |a, _| hashed::<Sha256>(a) },
    Builtin { name: "crypto.hmac.md5", arity: 2, call: |a, _| keyed::<Md5>(a, 64) },
    Builtin { name: "crypto.hmac.sha1", arity: 2, call: |a, _| keyed::<Sha1>(a, 64) },
    Builtin { name: "crypto.hmac.sha256", arity: 2, call: |a, _| keyed::<Sha256>(a, 64) },
    Builtin { name: "crypto.hmac.sha512", arity: 2, call: |a, _| keyed::<Sha512>(a, 128) },
    Builtin {
        name: "crypto.hmac.equal",
        arity: 2,
        call: |a, _| Ok(Value::Bool(is_same(text(a, 0)?.as_bytes(), text(a, 1)?.as_bytes()))),
    },
];

fn hashed<D: Digest>(arguments: &[Value]) -> Result<Value, Refusal> {
    Ok(Value::from(hex(&D::digest(text(arguments, 0)?))))
}

fn keyed<D: Digest>(arguments: &[Value], block: usize) -> Result<Value, Refusal> {
    let (message, key) = (text(arguments, 0)?, text(arguments, 1)?);
    Ok(Value::from(hex(&hmac::<D>(key.as_bytes(), message.as_bytes(), block))))
}

/// RFC 2104.
fn hmac<D: Digest>(key: &[u8], message: &[u8], block: usize) -> Vec<u8> {
    let mut key = if key.len() > block { D::digest(key).to_vec() } else { key.to_vec() };
    key.resize(block, 0);
    let padded = |pad: u8| key.iter().map(|byte| byte ^ pad).collect::<Vec<u8>>();
    let inner = D::new().chain_update(padded(0x36)).chain_update(message).finalize();
    D::new().chain_update(padded(0x5c)).chain_update(inner).finalize().to_vec()
}

/// HMAC by the hash of a JSON Web Algorithm.
pub(super) fn hmac_of(hash: &str, key: &[u8], message: &[u8]) -> Option<Vec<u8>> {
    match hash {
        "256" => Some(hmac::<Sha256>(key, message, 64)),
        "384" => Some(hmac::<Sha384>(key, message, 128)),
        "512" => Some(hmac::<Sha512>(key, message, 128)),
        _ => None,
    }
}

/// Takes the same time wherever the first difference is.
pub(super) fn is_same(first: &[u8], second: &[u8]) -> bool {
    first.len() == second.len() && first.iter().zip(second).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}
