//! ECDSA on the curve P-521: `ES512` of tokens, and certificates that such a key signed. `ring` does all other curves.

use p521::ecdsa::signature::Signer;
use p521::ecdsa::signature::hazmat::PrehashVerifier;
use p521::ecdsa::{Signature, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::der::{self, Reader};
use super::keys::{Curve, padded};

/// The first byte of a point whose two coordinates are both written.
const UNCOMPRESSED: u8 = 4;

/// Whether a signature of a token, its two numbers one behind the other, is the key's.
pub(super) fn verifies(point: &[u8], message: &[u8], signature: &[u8]) -> bool {
    is_signed(point, &Sha512::digest(message), signature)
}

/// Whether a certificate's signature is the key's, by the algorithm's object identifier.
pub(super) fn certifies(oid: &str, point: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let Some(numbers) = numbers(signature) else { return false };
    match oid {
        "1.2.840.10045.4.3.2" => is_signed(point, &Sha256::digest(message), &numbers),
        "1.2.840.10045.4.3.3" => is_signed(point, &Sha384::digest(message), &numbers),
        "1.2.840.10045.4.3.4" => is_signed(point, &Sha512::digest(message), &numbers),
        _ => false,
    }
}

/// Signs a token; nothing where the secret is none of this curve, or the point is not its own.
pub(super) fn sign(secret: &[u8], point: &[u8], message: &[u8]) -> Option<Vec<u8>> {
    let key = SigningKey::from_slice(secret).ok()?;
    if key.verifying_key().to_sec1_point(false).as_bytes() != point {
        return None;
    }
    let signature: Signature = key.sign(message);
    Some(signature.to_bytes().to_vec())
}

fn is_signed(point: &[u8], hash: &[u8], signature: &[u8]) -> bool {
    let (Ok(key), Ok(signature)) = (VerifyingKey::from_sec1_bytes(point), Signature::from_slice(signature)) else {
        return false;
    };
    point.first() == Some(&UNCOMPRESSED) && key.verify_prehash(hash, &signature).is_ok()
}

/// The two numbers of a certificate's signature in their full length.
fn numbers(signature: &[u8]) -> Option<Vec<u8>> {
    let mut reader = Reader(signature);
    let mut both = reader.take(der::SEQUENCE)?.reader();
    let mut numbers = Vec::new();
    for _ in 0..2 {
        numbers.extend(padded(both.take(der::INTEGER)?.unsigned(), Curve::P521.size())?);
    }
    (reader.0.is_empty() && both.0.is_empty()).then_some(numbers)
}
