//! PEM: blocks of base64 between lines that name what they hold.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Refusal;
use super::arguments::refuse;

/// A block.
pub(super) struct Block {
    /// `CERTIFICATE`.
    pub label: String,
    pub bytes: Vec<u8>,
}

/// The blocks of a text, in order; what stands between them is left alone, and so is a block that is no base64.
pub(super) fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("-----BEGIN ") {
        let Some((label, after)) = after.split_once("-----") else { break };
        let Some((body, after)) = after.split_once(&format!("-----END {label}-----")) else { break };
        rest = after;
        // Headers such as `Proc-Type` say that the block is encrypted.
        let lines = body.lines().filter(|line| !line.contains(':'));
        let base64: String = lines.flat_map(str::chars).filter(|letter| !letter.is_whitespace()).collect();
        if let Ok(bytes) = STANDARD.decode(base64) {
            blocks.push(Block { label: label.to_owned(), bytes });
        }
    }
    blocks
}

/// The blocks of a text that is PEM, or base64 of PEM or of DER, which is one block of the label.
pub(super) fn read(text: &str, label: &str) -> Result<Vec<Block>, Refusal> {
    if text.trim_start().starts_with("-----BEGIN ") {
        return Ok(blocks(text));
    }
    let bytes = STANDARD.decode(text.trim()).map_err(|error| refuse(format!("neither PEM nor base64: {error}")))?;
    match std::str::from_utf8(&bytes) {
        Ok(text) if text.trim_start().starts_with("-----BEGIN ") => Ok(blocks(text)),
        _ => Ok(vec![Block { label: label.to_owned(), bytes }]),
    }
}
