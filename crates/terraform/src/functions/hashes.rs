//! Hashes of texts and of files in the tree.

use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use super::encoding::base64;
use super::{Answer, Call, Stop, files};

pub(super) fn md5(call: &Call<'_>) -> Answer {
    call.string(hex(&Md5::digest(call.known(0)?.as_bytes())))
}

pub(super) fn sha1(call: &Call<'_>) -> Answer {
    call.string(hex(&Sha1::digest(call.known(0)?.as_bytes())))
}

pub(super) fn sha256(call: &Call<'_>) -> Answer {
    call.string(hex(&Sha256::digest(call.known(0)?.as_bytes())))
}

pub(super) fn sha512(call: &Call<'_>) -> Answer {
    call.string(hex(&Sha512::digest(call.known(0)?.as_bytes())))
}

pub(super) fn base64sha256(call: &Call<'_>) -> Answer {
    call.string(base64(&Sha256::digest(call.known(0)?.as_bytes())))
}

pub(super) fn base64sha512(call: &Call<'_>) -> Answer {
    call.string(base64(&Sha512::digest(call.known(0)?.as_bytes())))
}

pub(super) fn filemd5(call: &Call<'_>) -> Answer {
    call.string(hex(&Md5::digest(files::bytes(call)?)))
}

pub(super) fn filesha1(call: &Call<'_>) -> Answer {
    call.string(hex(&Sha1::digest(files::bytes(call)?)))
}

pub(super) fn filesha256(call: &Call<'_>) -> Answer {
    call.string(hex(&Sha256::digest(files::bytes(call)?)))
}

pub(super) fn filesha512(call: &Call<'_>) -> Answer {
    call.string(hex(&Sha512::digest(files::bytes(call)?)))
}

pub(super) fn filebase64sha256(call: &Call<'_>) -> Answer {
    call.string(base64(&Sha256::digest(files::bytes(call)?)))
}

pub(super) fn filebase64sha512(call: &Call<'_>) -> Answer {
    call.string(base64(&Sha512::digest(files::bytes(call)?)))
}

/// The name-based identifier of RFC 4122, version 5.
pub(super) fn uuidv5(call: &Call<'_>) -> Answer {
    let (namespace, name) = (call.known(0)?, call.known(1)?);
    let namespace: u128 = match &*namespace {
        "dns" => 0x6ba7_b810_9dad_11d1_80b4_00c0_4fd4_30c8,
        "url" => 0x6ba7_b811_9dad_11d1_80b4_00c0_4fd4_30c8,
        "oid" => 0x6ba7_b812_9dad_11d1_80b4_00c0_4fd4_30c8,
        "x500" => 0x6ba7_b814_9dad_11d1_80b4_00c0_4fd4_30c8,
        text => identifier(text).ok_or(Stop::Refused)?,
    };
    let digest = Sha1::new().chain_update(namespace.to_be_bytes()).chain_update(name.as_bytes()).finalize();
    let first: [u8; 16] = digest.first_chunk().copied().ok_or(Stop::Refused)?;
    let marked = u128::from_be_bytes(first) & !(0xf000 << 64) & !(0b11 << 62) | (0x5000 << 64) | (0b10 << 62);
    let digits = format!("{marked:032x}");
    let groups = [0..8, 8..12, 12..16, 16..20, 20..32].map(|range| digits.get(range).unwrap_or_default());
    call.string(groups.join("-"))
}

fn identifier(text: &str) -> Option<u128> {
    let lengths = text.split('-').map(str::len);
    let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    if !is_hex || !lengths.eq([8, 4, 4, 4, 12]) {
        return None;
    }
    u128::from_str_radix(&text.replace('-', ""), 16).ok()
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
