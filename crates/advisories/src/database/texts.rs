//! What people read about an advisory: compressed in blocks, and read only for what is reported.

use std::io::Read;

use crc32fast::hash as crc32;
use flate2::Compression;
use flate2::read::{DeflateDecoder, DeflateEncoder};

use super::bytes::{Reader, Writer};
use crate::record::{Record, Reference};
use crate::{Fault, Timestamp};

/// Texts are put into a block until it has so many bytes: a block is unpacked for one text in well under a millisecond.
const BLOCK: usize = 32 * 1024;

/// The most bytes that a block may unpack to. Details have a few kilobytes.
const LIMIT: u32 = 64 * 1024 * 1024;

/// An advisory's text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Text {
    /// One line; empty where the database has none.
    pub summary: String,
    /// Markdown.
    pub details: String,
    /// CVSS vectors.
    pub vectors: Vec<String>,
    /// Where to read on.
    pub references: Vec<Reference>,
    /// The functions that are affected, with the package that they are in.
    pub functions: Vec<(String, Vec<String>)>,
    /// When it was published.
    pub published: Option<Timestamp>,
    /// When it was changed last.
    pub modified: Option<Timestamp>,
}

/// Where a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) block: u64,
    pub(crate) index: u64,
}

/// The text at a place.
pub(super) fn read(blocks: &[u8], texts: &[u8], place: Place) -> Result<Text, Fault> {
    let unpacked = unpack(blocks, texts, place.block)?;
    let mut reader = Reader::new(&unpacked);
    for _ in 0..place.index {
        reader.block().ok_or(MALFORMED)?;
    }
    text(&mut Reader::new(reader.block().ok_or(MALFORMED)?)).ok_or(MALFORMED)
}

const MALFORMED: Fault = Fault::Malformed("texts");

/// An entry of the directory of blocks: where the block ends, how long it is unpacked, and the checksum of its packed bytes.
const ENTRY: usize = 8 + 4 + 4;

fn unpack(blocks: &[u8], texts: &[u8], number: u64) -> Result<Vec<u8>, Fault> {
    let entry = |number: usize| {
        let mut reader = Reader::new(blocks.get(number.checked_mul(ENTRY)?..)?);
        Some((usize::try_from(reader.u64()?).ok()?, reader.u32()?, reader.u32()?))
    };
    let place = || {
        let number = usize::try_from(number).ok()?;
        let start = if number == 0 { 0 } else { entry(number.checked_sub(1)?)?.0 };
        let (end, length, checksum) = entry(number)?;
        Some((texts.get(start..end)?, length, checksum))
    };
    let (packed, length, checksum) = place().ok_or(MALFORMED)?;
    if crc32(packed) != checksum {
        return Err(Fault::Checksum("texts"));
    }
    if length > LIMIT {
        return Err(MALFORMED);
    }
    let mut unpacked = Vec::new();
    let read = DeflateDecoder::new(packed).take(u64::from(length)).read_to_end(&mut unpacked);
    if read.ok() != usize::try_from(length).ok() {
        return Err(MALFORMED);
    }
    Ok(unpacked)
}

fn text(reader: &mut Reader<'_>) -> Option<Text> {
    let owned = |reader: &mut Reader<'_>| reader.text().map(str::to_owned);
    let time = |reader: &mut Reader<'_>| Some(Some(reader.i64()?).filter(|&time| time != i64::MIN).map(Timestamp));
    Some(Text {
        summary: owned(reader)?,
        details: owned(reader)?,
        vectors: reader.list(owned)?,
        references: reader.list(|reader| Some(Reference { kind: owned(reader)?, url: owned(reader)? }))?,
        functions: reader.list(|reader| Some((owned(reader)?, reader.list(owned)?)))?,
        published: time(reader)?,
        modified: time(reader)?,
    })
}

/// The text of a record, as it is written.
pub(crate) fn write(record: &Record) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.text(&record.summary);
    writer.text(&record.details);
    let of_packages = record.affected.iter().flat_map(|affected| &affected.vectors);
    let mut vectors: Vec<&str> = record.vectors.iter().chain(of_packages).map(String::as_str).collect();
    vectors.sort_unstable();
    vectors.dedup();
    writer.texts(vectors);
    writer.count(record.references.len());
    for reference in &record.references {
        writer.text(&reference.kind);
        writer.text(&reference.url);
    }
    let functions = || record.affected.iter().filter(|affected| !affected.functions.is_empty());
    writer.count(functions().count());
    for affected in functions() {
        writer.text(&affected.name);
        writer.texts(affected.functions.iter().map(String::as_str));
    }
    writer.i64(record.published.map_or(i64::MIN, |time| time.0));
    writer.i64(record.modified.map_or(i64::MIN, |time| time.0));
    writer.bytes
}

/// Cuts texts into blocks: where each text will be, and how many texts each block has.
pub(crate) fn blocks(lengths: impl IntoIterator<Item = usize>) -> (Vec<Place>, Vec<usize>) {
    let (mut places, mut counts) = (Vec::new(), Vec::new());
    let (mut block, mut index, mut filled) = (0, 0, 0);
    for length in lengths {
        if index > 0 && filled + length > BLOCK {
            counts.push(usize::try_from(index).expect("a block has few texts"));
            (block, index, filled) = (block + 1, 0, 0);
        }
        places.push(Place { block, index });
        (index, filled) = (index + 1, filled + length);
    }
    if index > 0 {
        counts.push(usize::try_from(index).expect("a block has few texts"));
    }
    (places, counts)
}

/// A block of texts that is ready to be written.
pub(crate) struct Packed {
    bytes: Vec<u8>,
    length: u32,
}

/// Compresses the texts of one block; `None` where they are too long.
pub(crate) fn pack(texts: &[Vec<u8>]) -> Option<Packed> {
    let mut writer = Writer::default();
    for text in texts {
        writer.block(text);
    }
    pack_block(&writer.bytes)
}

/// Compresses the contents of a block.
pub(super) fn pack_block(contents: &[u8]) -> Option<Packed> {
    let length = u32::try_from(contents.len()).ok().filter(|&length| length <= LIMIT)?;
    let mut bytes = Vec::new();
    DeflateEncoder::new(contents, Compression::default()).read_to_end(&mut bytes).ok()?;
    Some(Packed { bytes, length })
}

/// The directory of blocks, and the blocks.
pub(crate) fn join(blocks: &[Packed]) -> (Vec<u8>, Vec<u8>) {
    let (mut directory, mut texts) = (Writer::default(), Vec::new());
    for block in blocks {
        texts.extend(&block.bytes);
        directory.u64(texts.len() as u64);
        directory.u32(block.length);
        directory.u32(crc32(&block.bytes));
    }
    (directory.bytes, texts)
}
