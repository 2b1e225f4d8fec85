//! `io.jwt.*`: tokens decoded, verified and signed.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, URL_SAFE_NO_PAD};
use regorus::Value;

use super::arguments::{at, double, refuse, text};
use super::keys::{self, Verifier};
use super::{Builtin, Refusal, crypto, signatures};

pub(super) static TABLE: &[Builtin] = &[
    Builtin { name: "io.jwt.decode", arity: 1, call: |a, _| decode(text(a, 0)?) },
    Builtin { name: "io.jwt.decode_verify", arity: 2, call: |a, _| decode_verify(text(a, 0)?, at(a, 1)?) },
    Builtin { name: "io.jwt.encode_sign", arity: 3, call: |a, _| encode_sign(a) },
    Builtin { name: "io.jwt.encode_sign_raw", arity: 3, call: |a, _| signed(text(a, 0)?, text(a, 1)?, text(a, 2)?) },
    Builtin { name: "io.jwt.verify_hs256", arity: 2, call: |a, _| verify_shared(text(a, 0)?, text(a, 1)?, "256") },
    Builtin { name: "io.jwt.verify_hs384", arity: 2, call: |a, _| verify_shared(text(a, 0)?, text(a, 1)?, "384") },
    Builtin { name: "io.jwt.verify_hs512", arity: 2, call: |a, _| verify_shared(text(a, 0)?, text(a, 1)?, "512") },
    Builtin { name: "io.jwt.verify_rs256", arity: 2, call: |a, _| verify(text(a, 0)?, text(a, 1)?, "RS256") },
    Builtin { name: "io.jwt.verify_rs384", arity: 2, call: |a, _| verify(text(a, 0)?, text(a, 1)?, "RS384") },
    Builtin { name: "io.jwt.verify_rs512", arity: 2, call: |a, _| verify(text(a, 0)?, text(a, 1)?, "RS512") },
    Builtin { name: "io.jwt.verify_ps256", arity: 2, call: |a, _| verify(text(a, 0)?, text(a, 1)?, "PS256") },
    Builtin { name: "io.jwt.verify_ps384", arity: 2, call: |a, _| verify(text(a, 0)?, text(a, 1)?, "PS384") },
    Builtin { name: "io.jwt.verify_ps512", arity: 2, call: |a, _| verify(text(a, 0)?, text(a, 1)?, "PS512") },
    Builtin { name: "io.jwt.verify_es256", arity: 2, call: |a, _| verify(text(a, 0)?, text(a, 1)?, "ES256") },
    Builtin { name: "io.jwt.verify_es384", arity: 2, call: |a, _| verify(text(a, 0)?, text(a, 1)?, "ES384") },
    Builtin { name: "io.jwt.verify_es512", arity: 2, call: |a, _| verify(text(a, 0)?, text(a, 1)?, "ES512") },
    Builtin { name: "io.jwt.verify_eddsa", arity: 2, call: |a, _| verify(text(a, 0)?, text(a, 1)?, "EdDSA") },
];

/// Header, payload, signature, all as they stand in the token.
fn parts(token: &str) -> Result<[&str; 3], Refusal> {
    let mut parts = token.splitn(4, '.');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(header), Some(payload), Some(signature), None) => Ok([header, payload, signature]),
        _ => Err(refuse("a token has three parts")),
    }
}

/// What is signed: the first two parts and the point between them.
fn signed_part<'t>(token: &'t str, signature: &str) -> &'t [u8] {
    token.strip_suffix(signature).and_then(|rest| rest.strip_suffix('.')).unwrap_or_default().as_bytes()
}

/// As Go reads it: with and without padding, whatever the last bits are.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

fn bytes(part: &str) -> Result<Vec<u8>, Refusal> {
    LENIENT.decode(part).map_err(|error| refuse(error.to_string()))
}

fn part_text(part: &str) -> Result<String, Refusal> {
    String::from_utf8(bytes(part)?).map_err(|error| refuse(error.to_string()))
}

fn part_object(part: &str) -> Result<Value, Refusal> {
    match Value::from_json_str(&part_text(part)?) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(_) => Err(refuse("a part of the token is no JSON object")),
        Err(error) => Err(refuse(error.to_string())),
    }
}

fn header_object(part: &str) -> Result<Value, Refusal> {
    let header = part_object(part)?;
    if field(&header, "enc").is_some() {
        return Err(refuse("the token is encrypted"));
    }
    Ok(header)
}

fn field<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    let Value::Object(object) = value else { return None };
    object.get(&Value::from(name))
}

fn field_text<'v>(value: &'v Value, name: &str) -> Result<Option<&'v str>, Refusal> {
    match field(value, name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(refuse(format!("{name} is no string"))),
    }
}

fn is_token(content: Option<&str>) -> bool {
    content.is_some_and(|content| content.eq_ignore_ascii_case("JWT"))
}

/// Tokens may hold tokens, this deep at most.
const DEEPEST: usize = 8;

fn decode(token: &str) -> Result<Value, Refusal> {
    let mut token = token.to_owned();
    for _ in 0..DEEPEST {
        let [header, payload, signature] = parts(&token)?;
        let header = header_object(header)?;
        let inner = part_text(payload)?;
        if is_token(field_text(&header, "cty")?) {
            token = unquoted(&inner);
            continue;
        }
        let signature = Value::from(crypto::hex(&bytes(signature)?));
        return Ok(Value::from(vec![header, part_object(payload)?, signature]));
    }
    Err(refuse("too many tokens in a token"))
}

/// A token in a token may be a string of JSON.
fn unquoted(token: &str) -> String {
    token.trim().trim_matches('"').to_owned()
}

fn verify_shared(token: &str, secret: &str, hash: &str) -> Result<Value, Refusal> {
    let [header, _, signature] = parts(token)?;
    header_object(header)?;
    let expected = crypto::hmac_of(hash, secret.as_bytes(), signed_part(token, signature));
    let given = bytes(signature)?;
    Ok(Value::Bool(expected.is_some_and(|expected| crypto::is_same(&expected, &given))))
}

fn verify(token: &str, keys: &str, algorithm: &str) -> Result<Value, Refusal> {
    let [header, _, signature] = parts(token)?;
    let header = header_object(header)?;
    let keys = keys::verifiers(keys)?;
    let given = bytes(signature)?;
    let claimed = field_text(&header, "alg")?.unwrap_or(algorithm);
    let message = signed_part(token, signature);
    let id = field_text(&header, "kid")?;
    Ok(Value::Bool(is_signed(&keys, id, claimed, |key| signatures::verifies(algorithm, key, message, &given))))
}

/// Whether the key of an id, or else one of those that are for the algorithm, has signed.
fn is_signed(
    keys: &[Verifier],
    id: Option<&str>,
    algorithm: &str,
    verifies: impl Fn(&keys::PublicKey) -> bool,
) -> bool {
    if let Some(named) = id.and_then(|id| keys.iter().find(|key| key.id.as_deref() == Some(id))) {
        return verifies(&named.key);
    }
    let mut fit = keys.iter().filter(|key| key.algorithm.as_deref().is_none_or(|own| own == algorithm));
    fit.any(|key| verifies(&key.key))
}

/// What a token must be.
#[derive(Default)]
struct Constraints {
    keys: Option<Vec<Verifier>>,
    secret: Option<String>,
    algorithm: Option<String>,
    issuer: Option<String>,
    audience: Option<String>,
    /// Nanoseconds since 1970.
    time: f64,
}

impl Constraints {
    fn read(constraints: &Value) -> Result<Self, Refusal> {
        let Value::Object(given) = constraints else { return Err(refuse("the constraints are no object")) };
        let mut read = Self { time: now(), ..Self::default() };
        for (name, value) in given.iter_sorted() {
            let name = name.as_string().map_or("", |name| name.as_ref());
            if name == "time" {
                read.time = double(value).ok_or_else(|| refuse("time is no number"))?;
                if read.time < 0.0 {
                    return Err(refuse("time is negative"));
                }
                continue;
            }
            let Value::String(text) = value else { return Err(refuse(format!("{name} is no string"))) };
            let text = text.to_string();
            match name {
                "cert" => read.keys = Some(keys::verifiers(&text)?),
                "secret" => read.secret = Some(text).filter(|text| !text.is_empty()),
                "alg" => read.algorithm = Some(text).filter(|text| !text.is_empty()),
                "iss" => read.issuer = Some(text).filter(|text| !text.is_empty()),
                "aud" => read.audience = Some(text),
                _ => return Err(refuse(format!("{name} is no constraint"))),
            }
        }
        match (&read.keys, &read.secret) {
            (Some(_), None) | (None, Some(_)) => Ok(read),
            (None, None) => Err(refuse("no key to verify with")),
            (Some(_), Some(_)) => Err(refuse("a certificate and a secret to verify with")),
        }
    }

    fn accepts_signature(
        &self,
        header: &Value,
        algorithm: &str,
        message: &[u8],
        given: &[u8],
    ) -> Result<bool, Refusal> {
        let id = field_text(header, "kid")?;
        Ok(match (&self.keys, &self.secret) {
            (Some(keys), _) => {
                is_signed(keys, id, algorithm, |key| signatures::verifies(algorithm, key, message, given))
            }
            (None, Some(secret)) => {
                let hash = algorithm.strip_prefix("HS").unwrap_or_default();
                let expected = crypto::hmac_of(hash, secret.as_bytes(), message);
                expected.is_some_and(|expected| crypto::is_same(&expected, given))
            }
            (None, None) => false,
        })
    }

    fn accepts(&self, payload: &Value) -> Result<bool, Refusal> {
        if let Some(issuer) = &self.issuer
            && field(payload, "iss") != Some(&Value::from(issuer.as_str()))
        {
            return Ok(false);
        }
        let wanted = self.audience.as_deref().unwrap_or_default();
        let is_audience = match field(payload, "aud") {
            None => self.audience.as_deref().is_none_or(str::is_empty),
            Some(Value::Array(all)) => all.iter().any(|one| *one == Value::from(wanted)),
            Some(one) => *one == Value::from(wanted),
        };
        let seconds = self.time / 1e9;
        let limit = |name: &str| match field(payload, name) {
            None => Ok(None),
            Some(value) => double(value).map(Some).ok_or_else(|| refuse(format!("{name} is no number"))),
        };
        let (expires, starts) = (limit("exp")?, limit("nbf")?);
        Ok(is_audience && expires.is_none_or(|end| seconds < end) && starts.is_none_or(|start| start <= seconds))
    }
}

#[expect(clippy::cast_precision_loss, reason = "OPA's own time is a double here")]
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_nanos() as f64)
}

fn decode_verify(token: &str, constraints: &Value) -> Result<Value, Refusal> {
    let constraints = Constraints::read(constraints)?;
    let empty = || keys::object([]);
    let unverified = || Ok(Value::from(vec![Value::Bool(false), empty(), empty()]));
    let mut token = token.to_owned();
    for _ in 0..DEEPEST {
        let [header, payload, signature] = parts(&token)?;
        let header = header_object(header)?;
        let Some(algorithm) = field_text(&header, "alg")?.filter(|_| !is_critical_unknown(&header)) else {
            return unverified();
        };
        if constraints.algorithm.as_deref().is_some_and(|wanted| wanted != algorithm) {
            return unverified();
        }
        let message = signed_part(&token, signature);
        if !constraints.accepts_signature(&header, algorithm, message, &bytes(signature)?)? {
            return unverified();
        }
        if is_token(field_text(&header, "cty")?) {
            token = unquoted(&part_text(payload)?);
            continue;
        }
        let payload = part_object(payload)?;
        if !constraints.accepts(&payload)? {
            return unverified();
        }
        return Ok(Value::from(vec![Value::Bool(true), header, payload]));
    }
    Err(refuse("too many tokens in a token"))
}

/// Whether the header wants something to be understood that is not.
fn is_critical_unknown(header: &Value) -> bool {
    const KNOWN: &[&str] = &["alg", "kid", "typ", "cty", "crit"];
    match field(header, "crit") {
        None => false,
        Some(Value::Array(names)) => {
            names.is_empty()
                || names.iter().any(|name| {
                    name.as_string().is_ok_and(|name| !KNOWN.contains(&name.as_ref()) && field(header, name).is_some())
                })
        }
        Some(_) => true,
    }
}

fn encode_sign(arguments: &[Value]) -> Result<Value, Refusal> {
    let json = |index| serde_json::to_string(at(arguments, index)?).map_err(|error| refuse(error.to_string()));
    signed(&json(0)?, &json(1)?, &json(2)?)
}

fn signed(header: &str, payload: &str, key: &str) -> Result<Value, Refusal> {
    let parsed = Value::from_json_str(header).map_err(|error| refuse(error.to_string()))?;
    let algorithm = field_text(&parsed, "alg")?.ok_or_else(|| refuse("the header has no alg"))?;
    let is_said = field_text(&parsed, "typ")?;
    if is_said.is_none_or(|kind| kind == "JWT") && Value::from_json_str(payload).is_err() {
        return Err(refuse("the payload is no JSON"));
    }
    let keys = keys::json_keys(key)?;
    let key = keys.first().and_then(keys::json_private_key).ok_or_else(|| refuse("no key to sign with"))?;
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let signature = signatures::sign(algorithm, &key, message.as_bytes())?;
    Ok(Value::from(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))))
}
