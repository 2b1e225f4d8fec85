//! Base64, percent encoding and character encodings.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portcullis_model::terraform::Reason;

use super::{Answer, Call, SIZE_LIMIT, Stop};

pub(super) fn base64encode(call: &Call<'_>) -> Answer {
    call.string(STANDARD.encode(call.known(0)?.as_bytes()))
}

pub(super) fn base64decode(call: &Call<'_>) -> Answer {
    call.string(String::from_utf8(bytes(&call.known(0)?)?).map_err(|_| Stop::Refused)?)
}

pub(super) fn base64gunzip(call: &Call<'_>) -> Answer {
    let compressed = bytes(&call.known(0)?)?;
    let mut text = String::new();
    let limit = u64::try_from(SIZE_LIMIT).unwrap_or(u64::MAX).saturating_add(1);
    flate2::read::GzDecoder::new(compressed.as_slice())
        .take(limit)
        .read_to_string(&mut text)
        .map_err(|_| Stop::Refused)?;
    call.string(text)
}

/// Decodes Base64 as Go does: line breaks do not count.
fn bytes(text: &str) -> Result<Vec<u8>, Stop> {
    let joined;
    let text = if text.contains(['\r', '\n']) {
        joined = text.replace(['\r', '\n'], "");
        &joined
    } else {
        text
    };
    STANDARD.decode(text).map_err(|_| Stop::Refused)
}

/// The character encodings that are read here.
enum Charset {
    Utf8,
    Utf16(fn(u16) -> [u8; 2], fn([u8; 2]) -> u16),
    Ascii,
    Latin1,
}

/// Other names are known to Terraform; what they would give is not known here.
fn charset(name: &str) -> Result<Charset, Stop> {
    Ok(match name.to_ascii_uppercase().as_str() {
        "UTF-8" | "UTF8" => Charset::Utf8,
        "UTF-16LE" => Charset::Utf16(u16::to_le_bytes, u16::from_le_bytes),
        "UTF-16BE" => Charset::Utf16(u16::to_be_bytes, u16::from_be_bytes),
        "US-ASCII" | "ASCII" => Charset::Ascii,
        "ISO-8859-1" | "LATIN1" => Charset::Latin1,
        _ => return Err(Stop::Unknown(Reason::Function)),
    })
}

pub(super) fn textencodebase64(call: &Call<'_>) -> Answer {
    let (text, charset) = (call.known(0)?, charset(&call.known(1)?)?);
    let most = match charset {
        Charset::Ascii => '\u{7f}',
        Charset::Latin1 => '\u{ff}',
        Charset::Utf8 | Charset::Utf16(..) => char::MAX,
    };
    if text.chars().any(|character| character > most) {
        return Err(Stop::Refused);
    }
    call.string(STANDARD.encode(match charset {
        Charset::Utf8 | Charset::Ascii => text.as_bytes().to_vec(),
        Charset::Utf16(encode, _) => text.encode_utf16().flat_map(encode).collect(),
        Charset::Latin1 => text.chars().filter_map(|character| u8::try_from(character).ok()).collect(),
    }))
}

pub(super) fn textdecodebase64(call: &Call<'_>) -> Answer {
    let (bytes, charset) = (bytes(&call.known(0)?)?, charset(&call.known(1)?)?);
    let text = match charset {
        Charset::Utf8 => String::from_utf8(bytes).ok(),
        Charset::Ascii => String::from_utf8(bytes).ok().filter(|text| text.is_ascii()),
        Charset::Latin1 => Some(bytes.into_iter().map(char::from).collect()),
        Charset::Utf16(_, decode) => match bytes.as_chunks::<2>() {
            (units, []) => String::from_utf16(&units.iter().map(|&unit| decode(unit)).collect::<Vec<_>>()).ok(),
            _ => None,
        },
    };
    call.string(text.ok_or(Stop::Refused)?)
}

pub(super) fn urlencode(call: &Call<'_>) -> Answer {
    use std::fmt::Write as _;
    let text = call.text(0)?;
    Ok(call.text_value(text.map(|known| {
        let mut encoded = String::with_capacity(known.len());
        for byte in known.bytes() {
            match byte {
                b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'_' | b'.' | b'~' => encoded.push(char::from(byte)),
                b' ' => encoded.push('+'),
                _ => {
                    // Writing to a text cannot fail.
                    let _ = write!(encoded, "%{byte:02X}");
                }
            }
        }
        encoded
    })))
}

pub(super) fn urldecode(call: &Call<'_>) -> Answer {
    let text = call.known(0)?;
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(bytes.next()?).to_digit(16);
                let value = digit().zip(digit()).map(|(high, low)| high * 16 + low);
                value.and_then(|value| u8::try_from(value).ok()).ok_or(Stop::Refused)?
            }
            byte => byte,
        });
    }
    call.string(String::from_utf8(decoded).map_err(|_| Stop::Refused)?)
}

/// Base64 of bytes.
pub(super) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}
