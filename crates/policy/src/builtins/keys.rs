//! Keys: those of JSON (JWK), of certificates (`SubjectPublicKeyInfo`) and of files (PKCS #1, PKCS #8, SEC 1).
//!
//! RSA, the curves P-256, P-384 and P-521, and Ed25519.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use regorus::Value;
use regorus::value::Object;

use super::arguments::{at, refuse, text};
use super::der::{self, Item, Reader};
use super::pem;
use super::{Builtin, Refusal};

pub(super) static TABLE: &[Builtin] = &[
    Builtin { name: "crypto.parse_private_keys", arity: 1, call: |a, _| Ok(parse_private_keys(text(a, 0)?)) },
    Builtin { name: "crypto.x509.parse_rsa_private_key", arity: 1, call: |a, _| parse_rsa_private_key(a) },
];

/// A key that verifies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PublicKey {
    /// Modulus and exponent, without leading zeros.
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    /// The uncompressed point.
    Curve {
        curve: Curve,
        point: Vec<u8>,
    },
    Ed25519(Vec<u8>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Curve {
    P256,
    P384,
    P521,
}

impl Curve {
    /// Bytes of a coordinate.
    pub(super) fn size(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::P256, Self::P384, Self::P521].into_iter().find(|curve| curve.name() == name)
    }

    fn of(oid: &str) -> Option<Self> {
        match oid {
            "1.2.840.10045.3.1.7" => Some(Self::P256),
            "1.3.132.0.34" => Some(Self::P384),
            "1.3.132.0.35" => Some(Self::P521),
            _ => None,
        }
    }
}

pub(super) const RSA: &str = "1.2.840.113549.1.1.1";
pub(super) const CURVE: &str = "1.2.840.10045.2.1";
pub(super) const ED25519: &str = "1.3.101.112";

/// A key that signs.
pub(super) enum PrivateKey {
    /// Modulus, exponent, private exponent, the two primes, the two exponents of them, the coefficient.
    Rsa(Box<[Vec<u8>; 8]>),
    Curve {
        curve: Curve,
        secret: Vec<u8>,
        point: Vec<u8>,
    },
    Ed25519 {
        seed: Vec<u8>,
        public: Vec<u8>,
    },
    /// What both sides know.
    Shared(Vec<u8>),
}

/// `SubjectPublicKeyInfo`.
pub(super) fn subject_public_key(item: Item<'_>) -> Option<PublicKey> {
    let mut reader = item.reader();
    let mut algorithm = reader.take(der::SEQUENCE)?.reader();
    let bits = reader.take(der::BITS)?.bits()?;
    match algorithm.take(der::OID)?.dotted().as_str() {
        RSA => rsa_public_key(bits),
        CURVE => {
            let curve = Curve::of(&algorithm.take(der::OID)?.dotted())?;
            Some(PublicKey::Curve { curve, point: bits.to_vec() })
        }
        ED25519 => Some(PublicKey::Ed25519(bits.to_vec())),
        _ => None,
    }
}

fn rsa_public_key(bytes: &[u8]) -> Option<PublicKey> {
    let mut key = Reader(bytes).take(der::SEQUENCE)?.reader();
    let mut number = || Some(key.take(der::INTEGER)?.unsigned().to_vec());
    Some(PublicKey::Rsa { modulus: number()?, exponent: number()? })
}

/// A key of a set, with what it says about itself.
pub(super) struct Verifier {
    pub key: PublicKey,
    pub id: Option<String>,
    pub algorithm: Option<String>,
}

/// The keys of a PEM certificate or public key, of a JWK, or of a set of them.
pub(super) fn verifiers(text: &str) -> Result<Vec<Verifier>, Refusal> {
    if text.contains("-----BEGIN ") {
        let mut blocks = pem::blocks(text).into_iter();
        let (Some(block), None) = (blocks.next(), blocks.next()) else { return Err(refuse("not one PEM block")) };
        if !text.trim_end().ends_with(&format!("-----END {}-----", block.label)) {
            return Err(refuse("something stands behind the PEM block"));
        }
        let item = Reader(&block.bytes).take(der::SEQUENCE);
        let key = match block.label.as_str() {
            "CERTIFICATE" => super::certificates::Certificate::read(&block.bytes).and_then(|found| found.key()),
            "PUBLIC KEY" => item.and_then(subject_public_key),
            "RSA PUBLIC KEY" => rsa_public_key(&block.bytes),
            other => return Err(refuse(format!("a PEM block {other} holds no key to verify with"))),
        };
        let key = key.ok_or_else(|| refuse("the PEM block holds no RSA, P-256, P-384, P-521 or Ed25519 key"))?;
        return Ok(vec![Verifier { key, id: None, algorithm: None }]);
    }
    let keys = json_keys(text)?;
    let verifiers: Vec<Verifier> = keys
        .iter()
        .filter_map(|key| {
            let said = |name: &str| string(key, name).map(str::to_owned);
            Some(Verifier { key: json_public_key(key)?, id: said("kid"), algorithm: said("alg") })
        })
        .collect();
    if verifiers.is_empty() { Err(refuse("no key to verify with")) } else { Ok(verifiers) }
}

/// The keys of a JWK or of a set of them.
pub(super) fn json_keys(text: &str) -> Result<Vec<Value>, Refusal> {
    let json = Value::from_json_str(text).map_err(|_| refuse("neither PEM nor a JSON Web Key"))?;
    match field(&json, "keys") {
        Some(Value::Array(keys)) => Ok(keys.iter().cloned().collect()),
        _ => Ok(vec![json]),
    }
}

fn field<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    let Value::Object(object) = value else { return None };
    object.get(&Value::from(name))
}

fn string<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    match field(value, name)? {
        Value::String(text) => Some(text),
        _ => None,
    }
}

fn bytes(value: &Value, name: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(string(value, name)?.trim_end_matches('=')).ok()
}

fn json_public_key(key: &Value) -> Option<PublicKey> {
    match string(key, "kty")? {
        "RSA" => Some(PublicKey::Rsa {
            modulus: der::without_zeros(&bytes(key, "n")?).to_vec(),
            exponent: der::without_zeros(&bytes(key, "e")?).to_vec(),
        }),
        "EC" => {
            let curve = Curve::named(string(key, "crv")?)?;
            Some(PublicKey::Curve { curve, point: point(curve, &bytes(key, "x")?, &bytes(key, "y")?)? })
        }
        "OKP" if string(key, "crv") == Some("Ed25519") => Some(PublicKey::Ed25519(bytes(key, "x")?)),
        _ => None,
    }
}

/// The uncompressed form of a point, its coordinates filled up with zeros.
fn point(curve: Curve, x: &[u8], y: &[u8]) -> Option<Vec<u8>> {
    let mut point = vec![4];
    for coordinate in [x, y] {
        point.extend(padded(coordinate, curve.size())?);
    }
    Some(point)
}

/// A number in so many bytes.
pub(super) fn padded(number: &[u8], size: usize) -> Option<Vec<u8>> {
    let number = der::without_zeros(number);
    let zeros = size.checked_sub(number.len())?;
    Some(std::iter::repeat_n(0, zeros).chain(number.iter().copied()).collect())
}

/// The key of a JWK that signs.
pub(super) fn json_private_key(key: &Value) -> Option<PrivateKey> {
    match string(key, "kty")? {
        "oct" => bytes(key, "k").map(PrivateKey::Shared),
        "RSA" => {
            let number = |name| Some(der::without_zeros(&bytes(key, name)?).to_vec());
            let numbers = [
                number("n")?,
                number("e")?,
                number("d")?,
                number("p")?,
                number("q")?,
                number("dp")?,
                number("dq")?,
                number("qi")?,
            ];
            Some(PrivateKey::Rsa(Box::new(numbers)))
        }
        "EC" => {
            let curve = Curve::named(string(key, "crv")?)?;
            let point = point(curve, &bytes(key, "x")?, &bytes(key, "y")?)?;
            Some(PrivateKey::Curve { curve, secret: padded(&bytes(key, "d")?, curve.size())?, point })
        }
        "OKP" if string(key, "crv") == Some("Ed25519") => {
            Some(PrivateKey::Ed25519 { seed: bytes(key, "d")?, public: bytes(key, "x")? })
        }
        _ => None,
    }
}

/// The key of a PEM block; nothing for what is no private key, or of a kind that is not known.
fn private_key(label: &str, bytes: &[u8]) -> Option<PrivateKey> {
    match label {
        "RSA PRIVATE KEY" => rsa_private_key(bytes),
        "EC PRIVATE KEY" => curve_private_key(bytes, None),
        "PRIVATE KEY" => {
            let mut key = Reader(bytes).take(der::SEQUENCE)?.reader();
            key.take(der::INTEGER)?;
            let mut algorithm = key.take(der::SEQUENCE)?.reader();
            let inner = key.take(der::BYTES)?.body;
            match algorithm.take(der::OID)?.dotted().as_str() {
                RSA => rsa_private_key(inner),
                CURVE => curve_private_key(inner, Curve::of(&algorithm.take(der::OID)?.dotted())),
                ED25519 => {
                    let seed = Reader(inner).take(der::BYTES)?.body.to_vec();
                    let pair = ring::signature::Ed25519KeyPair::from_seed_unchecked(&seed).ok()?;
                    let public = ring::signature::KeyPair::public_key(&pair).as_ref().to_vec();
                    Some(PrivateKey::Ed25519 { seed, public })
                }
                _ => None,
            }
        }
        _ => None,
    }
}

fn rsa_private_key(bytes: &[u8]) -> Option<PrivateKey> {
    let mut key = Reader(bytes).take(der::SEQUENCE)?.reader();
    key.take(der::INTEGER)?;
    let mut number = || Some(key.take(der::INTEGER)?.unsigned().to_vec());
    let numbers = [number()?, number()?, number()?, number()?, number()?, number()?, number()?, number()?];
    Some(PrivateKey::Rsa(Box::new(numbers)))
}

/// SEC 1, whose parameters may stand outside of it.
fn curve_private_key(bytes: &[u8], outer: Option<Curve>) -> Option<PrivateKey> {
    let mut key = Reader(bytes).take(der::SEQUENCE)?.reader();
    key.take(der::INTEGER)?;
    let secret = key.take(der::BYTES)?.body;
    let inner = key.take(0xa0).and_then(|item| Curve::of(&item.reader().take(der::OID)?.dotted()));
    let curve = inner.or(outer)?;
    let point = key.take(0xa1).and_then(|item| item.reader().take(der::BITS)?.bits()).unwrap_or_default();
    Some(PrivateKey::Curve { curve, secret: padded(secret, curve.size())?, point: point.to_vec() })
}

fn parse_private_keys(text: &str) -> Value {
    if text.is_empty() {
        return Value::Null;
    }
    let keys = pem::blocks(text);
    let keys = keys.iter().filter_map(|block| private_key(&block.label, &block.bytes));
    Value::from(keys.map(|key| go_form(&key)).collect::<Vec<_>>())
}

/// The key of a PEM text as Go writes it, if it is the other half of a public one.
pub(super) fn pair_value(text: &str, public: Option<&PublicKey>) -> Result<Value, Refusal> {
    let blocks = pem::read(text, "PRIVATE KEY")?;
    let key = blocks.iter().find_map(|block| private_key(&block.label, &block.bytes));
    let key = key.ok_or_else(|| refuse("no private key that is known"))?;
    let is_pair = match (&key, public) {
        (PrivateKey::Rsa(numbers), Some(PublicKey::Rsa { modulus, .. })) => numbers.first() == Some(modulus),
        (PrivateKey::Curve { point: own, .. }, Some(PublicKey::Curve { point, .. })) => own == point,
        (PrivateKey::Ed25519 { public: own, .. }, Some(PublicKey::Ed25519(public))) => own == public,
        _ => false,
    };
    if is_pair { Ok(go_form(&key)) } else { Err(refuse("the key is not the certificate's")) }
}

/// As Go's structures are written in JSON.
fn go_form(key: &PrivateKey) -> Value {
    match key {
        PrivateKey::Rsa(numbers) => {
            let [modulus, exponent, private, first, second, first_exponent, second_exponent, coefficient] = &**numbers;
            object([
                ("N", number(modulus)),
                ("E", number(exponent)),
                ("D", number(private)),
                ("Primes", Value::from(vec![number(first), number(second)])),
                (
                    "Precomputed",
                    object([
                        ("Dp", number(first_exponent)),
                        ("Dq", number(second_exponent)),
                        ("Qinv", number(coefficient)),
                        ("CRTValues", Value::from(Vec::<Value>::new())),
                    ]),
                ),
            ])
        }
        PrivateKey::Curve { curve, secret, point } => {
            let (x, y) = coordinates(*curve, point);
            object([("Curve", object([])), ("D", number(secret)), ("X", number(x)), ("Y", number(y))])
        }
        PrivateKey::Ed25519 { seed, public } => Value::from(STANDARD.encode([seed.as_slice(), public].concat())),
        PrivateKey::Shared(_) => Value::Null,
    }
}

fn parse_rsa_private_key(arguments: &[Value]) -> Result<Value, Refusal> {
    let Value::String(text) = at(arguments, 0)? else { return Err(refuse("the key is no string")) };
    if text.is_empty() {
        return Err(refuse("the key is empty"));
    }
    let blocks = pem::read(text, "")?;
    let Some(key) = blocks.iter().find_map(|block| private_key(&block.label, &block.bytes)) else {
        return Ok(Value::Null);
    };
    let encoded = |bytes: &[u8]| Value::from(URL_SAFE_NO_PAD.encode(bytes));
    Ok(match &key {
        PrivateKey::Rsa(numbers) => {
            let names = ["n", "e", "d", "p", "q", "dp", "dq", "qi"];
            let numbers = names.into_iter().zip(numbers.iter()).map(|(name, number)| (name, encoded(number)));
            object(numbers.chain([("kty", Value::from("RSA"))]))
        }
        PrivateKey::Curve { curve, secret, point } => {
            let (x, y) = coordinates(*curve, point);
            object([
                ("kty", Value::from("EC")),
                ("crv", Value::from(curve.name())),
                ("d", encoded(secret)),
                ("x", encoded(x)),
                ("y", encoded(y)),
            ])
        }
        PrivateKey::Ed25519 { seed, public } => object([
            ("kty", Value::from("OKP")),
            ("crv", Value::from("Ed25519")),
            ("d", encoded(seed)),
            ("x", encoded(public)),
        ]),
        PrivateKey::Shared(_) => Value::Null,
    })
}

/// The two coordinates of an uncompressed point.
pub(super) fn coordinates(curve: Curve, point: &[u8]) -> (&[u8], &[u8]) {
    point.get(1..).and_then(|both| both.split_at_checked(curve.size())).unwrap_or_default()
}

pub(super) fn object<'k>(entries: impl IntoIterator<Item = (&'k str, Value)>) -> Value {
    let mut object = Object::new();
    for (key, value) in entries {
        object.insert(Value::from(key), value);
    }
    object.into_value()
}

/// A number of any length.
pub(super) fn number(bytes: &[u8]) -> Value {
    Value::from_numeric_string(&decimal(bytes)).unwrap_or(Value::Null)
}

/// Digits of a number in base 256, nine at a time. A key has some hundred bytes, for which the square is nothing; longer ones
/// are none.
fn decimal(bytes: &[u8]) -> String {
    const LONGEST: usize = 4096;
    const BASE: u64 = 1_000_000_000;
    let mut digits: Vec<u64> = vec![0];
    for byte in bytes.iter().take(LONGEST) {
        let mut carry = u64::from(*byte);
        for digit in &mut digits {
            let value = digit.saturating_mul(256).saturating_add(carry);
            *digit = value % BASE;
            carry = value / BASE;
        }
        if carry > 0 {
            digits.push(carry);
        }
    }
    let mut text = digits.last().copied().unwrap_or(0).to_string();
    for digit in digits.iter().rev().skip(1) {
        // Writing to a string cannot fail.
        let _ = write!(text, "{digit:09}");
    }
    text
}
