//! Keys, certificates and tokens: what is made is verified, and what was changed is not. All of them are made anew.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use p521::ecdsa::SigningKey;
use portcullis_policy::{BuiltinErrors, Library, Module, Options, Value};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha512};

/// The value of an expression for an input; faults are strings.
fn value(expression: &str, input: &Json) -> Json {
    let options = Options { builtin_errors: BuiltinErrors::Undefined, ..Options::default() };
    let modules = [Module::new("p.rego", format!("package p\nx := {expression}"))];
    let (library, faults) = Library::compile(&modules, &Value::UNDEFINED, &options);
    if let Some(fault) = faults.first() {
        return Json::from(fault.to_string());
    }
    match library.worker().rule("data.p.x", &Value::from(input.clone())) {
        Ok(value) if value.is_undefined() => Json::from("undefined"),
        Ok(value) => value.to_json(),
        Err(fault) => Json::from(fault.to_string()),
    }
}

/// A root, a certificate that it signed with its key, and another's key.
fn input() -> Json {
    let named = |name: &str, hosts: Vec<String>| {
        let mut params = CertificateParams::new(hosts).expect("names of hosts");
        params.distinguished_name.push(DnType::CommonName, name);
        params
    };
    let mut root = named("Root", Vec::new());
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root_key = KeyPair::generate().expect("a key");
    let root_certificate = root.self_signed(&root_key).expect("a certificate");
    let key = KeyPair::generate().expect("a key");
    let leaf = named("Leaf", vec!["web.example.com".to_owned()]);
    let issuer = Issuer::from_params(&root, &root_key);
    let leaf = leaf.signed_by(&key, &issuer).expect("a certificate");
    let other = named("Other", Vec::new()).self_signed(&KeyPair::generate().expect("a key")).expect("a certificate");
    json!({
        "root": root_certificate.pem(),
        "leaf": leaf.pem(),
        "key": key.serialize_pem(),
        "other": other.pem(),
    })
}

/// A token that the leaf's key signed.
const TOKEN: &str = r#"io.jwt.encode_sign({"alg": "ES256", "typ": "JWT"}, {"iss": "me", "exp": 2000000000}, crypto.x509.parse_rsa_private_key(input.key))"#;

#[test]
fn what_is_signed_is_verified_and_nothing_else() {
    let input = input();
    let cases: &[(String, Json)] = &[
        ("crypto.x509.parse_certificates(input.leaf)[0].Subject.CommonName".to_owned(), json!("Leaf")),
        ("crypto.x509.parse_certificates(input.leaf)[0].Issuer.CommonName".to_owned(), json!("Root")),
        ("crypto.x509.parse_certificates(input.leaf)[0].DNSNames".to_owned(), json!(["web.example.com"])),
        ("crypto.x509.parse_certificates(input.root)[0].IsCA".to_owned(), json!(true)),
        ("count(crypto.x509.parse_certificates(concat(\"\", [input.root, input.leaf])))".to_owned(), json!(2)),
        ("crypto.x509.parse_certificates(\"Zm9v\")".to_owned(), json!("undefined")),
        (
            "[c.Subject.CommonName | some c in crypto.x509.parse_and_verify_certificates(concat(\"\", [input.root, input.leaf]))[1]]"
                .to_owned(),
            json!(["Leaf", "Root"]),
        ),
        (
            "crypto.x509.parse_and_verify_certificates(concat(\"\", [input.other, input.leaf]))".to_owned(),
            json!([false, []]),
        ),
        ("crypto.x509.parse_and_verify_certificates(input.leaf)".to_owned(), json!([false, []])),
        (
            "[r[0] | some name in [\"web.example.com\", \"example.com\"]; r := crypto.x509.parse_and_verify_certificates_with_options(concat(\"\", [input.root, input.leaf]), {\"DNSName\": name})]"
                .to_owned(),
            json!([true, false]),
        ),
        (
            "crypto.x509.parse_and_verify_certificates_with_options(concat(\"\", [input.root, input.leaf]), {\"CurrentTime\": 0})"
                .to_owned(),
            json!([false, []]),
        ),
        ("count(crypto.parse_private_keys(input.key))".to_owned(), json!(1)),
        (
            "crypto.x509.parse_keypair(input.leaf, input.key).Leaf.Subject.CommonName".to_owned(),
            json!("Leaf"),
        ),
        ("crypto.x509.parse_keypair(input.other, input.key)".to_owned(), json!("undefined")),
        (format!("io.jwt.verify_es256({TOKEN}, input.leaf)"), json!(true)),
        (format!("io.jwt.verify_es256({TOKEN}, input.other)"), json!(false)),
        (format!("io.jwt.verify_es384({TOKEN}, input.leaf)"), json!(false)),
        (format!("io.jwt.verify_es256(replace({TOKEN}, \".\", \".A\"), input.leaf)"), json!(false)),
        (
            format!("io.jwt.decode_verify({TOKEN}, {{\"cert\": input.leaf, \"iss\": \"me\", \"time\": 1900000000000000000}})[2].iss"),
            json!("me"),
        ),
        (
            format!("io.jwt.decode_verify({TOKEN}, {{\"cert\": input.leaf, \"time\": 2100000000000000000}})[0]"),
            json!(false),
        ),
        (
            format!("io.jwt.decode_verify({TOKEN}, {{\"cert\": input.leaf, \"iss\": \"you\", \"time\": 1}})[0]"),
            json!(false),
        ),
        (format!("io.jwt.decode_verify({TOKEN}, {{\"secret\": input.leaf, \"time\": 1}})[0]"), json!(false)),
        (format!("io.jwt.decode_verify({TOKEN}, {{}})"), json!("undefined")),
    ];
    for (expression, expected) in cases {
        assert_eq!(&value(expression, &input), expected, "{expression}");
    }
}

/// A key of the curve P-521: its JWK, the public half of that, and the public half as PEM.
fn long_key(name: &str) -> (Json, Json, String) {
    let secret = [[0, 0].as_slice(), Sha512::digest(name).as_slice()].concat();
    let key = SigningKey::from_slice(&secret).expect("smaller than the order of the curve");
    let point = key.verifying_key().to_sec1_point(false);
    let (x, y) = point.as_bytes().get(1..).expect("an uncompressed point").split_at(66);
    let encoded = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let public = json!({ "kty": "EC", "crv": "P-521", "x": encoded(x), "y": encoded(y) });
    let private = with(&public, "d", Json::from(encoded(&secret)));
    // The algorithm and the curve, by their object identifiers.
    let head = [
        0x30, 0x81, 0x9b, 0x30, 0x10, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 5, 0x2b, 0x81, 4, 0, 0x23, 3, 0x81,
        0x86, 0,
    ];
    let der = STANDARD.encode([head.as_slice(), point.as_bytes()].concat());
    (private, public, format!("-----BEGIN PUBLIC KEY-----\n{der}\n-----END PUBLIC KEY-----\n"))
}

/// An object with another field.
fn with(object: &Json, name: &str, value: Json) -> Json {
    let mut object = object.as_object().cloned().unwrap_or_default();
    object.insert(name.to_owned(), value);
    Json::Object(object)
}

/// A token that such a key signed.
const LONG_TOKEN: &str = r#"io.jwt.encode_sign({"alg": "ES512", "typ": "JWT"}, {"iss": "me"}, input.private)"#;

#[test]
fn tokens_of_the_longest_curve_are_verified() {
    let (private, public, pem) = long_key("one");
    let (other_private, other, _) = long_key("other");
    let mixed = with(&private, "d", other_private.get("d").cloned().unwrap_or_default());
    let input = json!({
        "private": private,
        "mixed": mixed,
        "jwk": public.to_string(),
        "set": json!({ "keys": [other, public] }).to_string(),
        "pem": pem,
        "other": other.to_string(),
    });
    let cases: &[(String, Json)] = &[
        (format!("io.jwt.verify_es512({LONG_TOKEN}, input.jwk)"), json!(true)),
        (format!("io.jwt.verify_es512({LONG_TOKEN}, input.set)"), json!(true)),
        (format!("io.jwt.verify_es512({LONG_TOKEN}, input.pem)"), json!(true)),
        (format!("io.jwt.verify_es512({LONG_TOKEN}, input.other)"), json!(false)),
        (format!("io.jwt.verify_es384({LONG_TOKEN}, input.jwk)"), json!(false)),
        (format!("io.jwt.verify_es512(replace({LONG_TOKEN}, \"JtZSJ9\", \"J5b3UifQ\"), input.jwk)"), json!(false)),
        (format!("io.jwt.verify_es512(concat(\"\", [{LONG_TOKEN}, \"AAAA\"]), input.jwk)"), json!(false)),
        (format!("io.jwt.decode_verify({LONG_TOKEN}, {{\"cert\": input.pem, \"iss\": \"me\"}})[2].iss"), json!("me")),
        (format!("io.jwt.decode_verify({LONG_TOKEN}, {{\"cert\": input.jwk, \"alg\": \"ES256\"}})[0]"), json!(false)),
        (r#"io.jwt.encode_sign({"alg": "ES512"}, {}, input.mixed)"#.to_owned(), json!("undefined")),
        (r#"io.jwt.encode_sign({"alg": "ES256"}, {}, input.private)"#.to_owned(), json!("undefined")),
    ];
    for (expression, expected) in cases {
        assert_eq!(&value(expression, &input), expected, "{expression}");
    }
}
