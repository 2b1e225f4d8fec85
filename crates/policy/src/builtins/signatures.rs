//! Signatures of tokens and certificates, verified and made. `ring` does the arithmetic, but for the curve P-521, which
//! it has not (`long_curve`).

use ring::rand::SystemRandom;
use ring::signature::{self as ring_signature, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm};

use super::arguments::refuse;
use super::keys::{Curve, PrivateKey, PublicKey};
use super::{Refusal, crypto, long_curve};

/// Whether a signature is the key's, by a JSON Web Algorithm (`RS256`). An algorithm that is not the key's is no.
pub(super) fn verifies(algorithm: &str, key: &PublicKey, message: &[u8], signature: &[u8]) -> bool {
    match key {
        PublicKey::Rsa { modulus, exponent } => {
            let parameters = match algorithm {
                // OPA takes keys of any length. What is shorter than this is not verified.
                "RS256" => &ring_signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
                "RS384" => &ring_signature::RSA_PKCS1_2048_8192_SHA384,
                "RS512" => &ring_signature::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
                "PS256" => &ring_signature::RSA_PSS_2048_8192_SHA256,
                "PS384" => &ring_signature::RSA_PSS_2048_8192_SHA384,
                "PS512" => &ring_signature::RSA_PSS_2048_8192_SHA512,
                _ => return false,
            };
            RsaPublicKeyComponents { n: modulus, e: exponent }.verify(parameters, message, signature).is_ok()
        }
        PublicKey::Curve { curve: Curve::P521, point } => {
            algorithm == "ES512" && long_curve::verifies(point, message, signature)
        }
        PublicKey::Curve { curve, point } => {
            let parameters: &'static dyn VerificationAlgorithm = match (algorithm, curve) {
                ("ES256", Curve::P256) => &ring_signature::ECDSA_P256_SHA256_FIXED,
                ("ES384", Curve::P384) => &ring_signature::ECDSA_P384_SHA384_FIXED,
                _ => return false,
            };
            UnparsedPublicKey::new(parameters, point).verify(message, signature).is_ok()
        }
        PublicKey::Ed25519(key) => {
            algorithm == "EdDSA"
                && UnparsedPublicKey::new(&ring_signature::ED25519, key).verify(message, signature).is_ok()
        }
    }
}

/// Whether a certificate's signature is the key's, by the algorithm's object identifier.
pub(super) fn certifies(oid: &str, key: &PublicKey, message: &[u8], signature: &[u8]) -> bool {
    let algorithm = match oid {
        "1.2.840.113549.1.1.11" => "RS256",
        "1.2.840.113549.1.1.12" => "RS384",
        "1.2.840.113549.1.1.13" => "RS512",
        super::keys::ED25519 => "EdDSA",
        _ => "",
    };
    let PublicKey::Curve { curve, point } = key else { return verifies(algorithm, key, message, signature) };
    if *curve == Curve::P521 {
        return long_curve::certifies(oid, point, message, signature);
    }
    let parameters: &'static dyn VerificationAlgorithm = match (oid, curve) {
        ("1.2.840.10045.4.3.2", Curve::P256) => &ring_signature::ECDSA_P256_SHA256_ASN1,
        ("1.2.840.10045.4.3.3", Curve::P256) => &ring_signature::ECDSA_P256_SHA384_ASN1,
        ("1.2.840.10045.4.3.2", Curve::P384) => &ring_signature::ECDSA_P384_SHA256_ASN1,
        ("1.2.840.10045.4.3.3", Curve::P384) => &ring_signature::ECDSA_P384_SHA384_ASN1,
        _ => return false,
    };
    UnparsedPublicKey::new(parameters, point).verify(message, signature).is_ok()
}

/// Signs by a JSON Web Algorithm.
pub(super) fn sign(algorithm: &str, key: &PrivateKey, message: &[u8]) -> Result<Vec<u8>, Refusal> {
    let unfit = || refuse(format!("the key does not sign {algorithm}"));
    let random = SystemRandom::new();
    match key {
        PrivateKey::Shared(secret) => {
            let hash = algorithm.strip_prefix("HS").ok_or_else(unfit)?;
            crypto::hmac_of(hash, secret, message).ok_or_else(unfit)
        }
        PrivateKey::Rsa(numbers) => {
            let padding: &'static dyn ring_signature::RsaEncoding = match algorithm {
                "RS256" => &ring_signature::RSA_PKCS1_SHA256,
                "RS384" => &ring_signature::RSA_PKCS1_SHA384,
                "RS512" => &ring_signature::RSA_PKCS1_SHA512,
                "PS256" => &ring_signature::RSA_PSS_SHA256,
                "PS384" => &ring_signature::RSA_PSS_SHA384,
                "PS512" => &ring_signature::RSA_PSS_SHA512,
                _ => return Err(unfit()),
            };
            let [modulus, exponent, private, first, second, first_exponent, second_exponent, coefficient] = &**numbers;
            let components = ring::rsa::KeyPairComponents {
                public_key: ring::rsa::PublicKeyComponents { n: modulus, e: exponent },
                d: private,
                p: first,
                q: second,
                dP: first_exponent,
                dQ: second_exponent,
                qInv: coefficient,
            };
            let pair = ring::rsa::KeyPair::from_components(&components).map_err(|error| refuse(error.to_string()))?;
            let mut signature = vec![0; pair.public().modulus_len()];
            pair.sign(padding, &random, message, &mut signature).map_err(|_| unfit())?;
            Ok(signature)
        }
        PrivateKey::Curve { curve: Curve::P521, secret, point } => {
            let is_fit = algorithm == "ES512";
            is_fit.then(|| long_curve::sign(secret, point, message)).flatten().ok_or_else(unfit)
        }
        PrivateKey::Curve { curve, secret, point } => {
            let parameters = match (algorithm, curve) {
                ("ES256", Curve::P256) => &ring_signature::ECDSA_P256_SHA256_FIXED_SIGNING,
                ("ES384", Curve::P384) => &ring_signature::ECDSA_P384_SHA384_FIXED_SIGNING,
                _ => return Err(unfit()),
            };
            let pair =
                ring_signature::EcdsaKeyPair::from_private_key_and_public_key(parameters, secret, point, &random)
                    .map_err(|error| refuse(error.to_string()))?;
            pair.sign(&random, message).map(|signature| signature.as_ref().to_vec()).map_err(|_| unfit())
        }
        PrivateKey::Ed25519 { seed, public } => {
            if algorithm != "EdDSA" {
                return Err(unfit());
            }
            let pair = ring_signature::Ed25519KeyPair::from_seed_and_public_key(seed, public)
                .map_err(|error| refuse(error.to_string()))?;
            Ok(pair.sign(message).as_ref().to_vec())
        }
    }
}
