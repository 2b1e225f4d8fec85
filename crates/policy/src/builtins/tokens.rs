//! `io.jwt.*`: tokens decoded, and verified by a secret that both sides know. Signatures by key pairs are not verified here.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use regorus::Value;

use super::arguments::{refuse, text};
use super::{Builtin, Refusal, crypto};

pub(super) static TABLE: &[Builtin] = &[
    Builtin { name: "io.jwt.decode", arity: 1, call: |a, _| decode(text(a, 0)?) },
    Builtin { name: "io.jwt.verify_hs256", arity: 2, call: |a, _| verify(text(a, 0)?, text(a, 1)?, "256") },
    Builtin { name: "io.jwt.verify_hs384", arity: 2, call: |a, _| verify(text(a, 0)?, text(a, 1)?, "384") },
    Builtin { name: "io.jwt.verify_hs512", arity: 2, call: |a, _| verify(text(a, 0)?, text(a, 1)?, "512") },
];

/// Header, payload, signature, all as they stand in the token.
fn parts(token: &str) -> Result<[&str; 3], Refusal> {
    let mut parts = token.splitn(4, '.');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(header), Some(payload), Some(signature), None) => Ok([header, payload, signature]),
        _ => Err(refuse("a token has three parts")),
    }
}

fn bytes(part: &str) -> Result<Vec<u8>, Refusal> {
    URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).map_err(|error| refuse(error.to_string()))
}

fn decode(token: &str) -> Result<Value, Refusal> {
    let [header, payload, signature] = parts(token)?;
    let json = |part| {
        let text = String::from_utf8(bytes(part)?).map_err(|error| refuse(error.to_string()))?;
        Value::from_json_str(&text).map_err(|error| refuse(error.to_string()))
    };
    Ok(Value::from(vec![json(header)?, json(payload)?, Value::from(crypto::hex(&bytes(signature)?))]))
}

fn verify(token: &str, secret: &str, hash: &str) -> Result<Value, Refusal> {
    let [_, _, signature] = parts(token)?;
    let signed = token.strip_suffix(signature).and_then(|rest| rest.strip_suffix('.')).unwrap_or_default();
    let expected = crypto::hmac_of(hash, secret.as_bytes(), signed.as_bytes());
    let given = bytes(signature)?;
    Ok(Value::Bool(expected.is_some_and(|expected| crypto::is_same(&expected, &given))))
}
