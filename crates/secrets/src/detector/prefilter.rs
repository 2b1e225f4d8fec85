//! Where a text holds a keyword of a detector or a stem of a name, in one pass over its bytes.
//!
//! Each word is looked for by the rarest four bytes in it. A bit for each hash of four bytes tells nearly every place
//! of a text apart; the few that pass are compared with the word itself. Upper and lower case are the same. Four places
//! are asked about at once, because nearly always none of them is one.

use super::Detector;

/// The keywords of detectors, and the stems.
pub(super) struct Prefilter {
    /// For each hash whether four bytes with it stand in a word.
    bits: Box<[u64; WORDS]>,
    /// For each hash without its last bit its first entry, counted from one; zero: none.
    first: Box<[u16]>,
    entries: Vec<Entry>,
    /// The first entry of the words of two bytes, which are [`PAIR`].
    pair: Option<u16>,
}

/// Where a word stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) word: Word,
    /// Its first byte.
    pub(super) start: usize,
    /// Behind its last byte.
    pub(super) end: usize,
}

/// What is looked for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Word {
    /// A keyword of the detector with this index.
    Keyword(u16),
    /// The stem with this index.
    Stem(u16),
}

struct Entry {
    gram: u32,
    text: &'static [u8],
    /// Where in the word the four bytes start.
    offset: usize,
    word: Word,
    /// The next entry with the same hash, counted from one.
    next: u16,
}

const HASH_BITS: u32 = 17;
const WORDS: usize = (1 << HASH_BITS) / 64;
/// Places that are asked about at once.
const STEP: usize = 4;
/// The only word of two bytes. Every other one has three at least.
const PAIR: [u8; 2] = *b"pw";

impl Prefilter {
    pub(super) fn new<'s>(detectors: &[&'static Detector], stems: impl Iterator<Item = &'s &'static str>) -> Self {
        let first = vec![0; 1 << (HASH_BITS - 1)].into();
        let mut filter = Self { bits: Box::new([0; WORDS]), first, entries: Vec::new(), pair: None };
        filter.entries.reserve(1 << 12);
        for (index, detector) in (0..).zip(detectors) {
            for keyword in detector.keywords {
                // Behind three bytes there is whatever a token goes on with.
                let goes_on = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
                filter.add(keyword.as_bytes(), Word::Keyword(index), goes_on);
            }
        }
        for (index, stem) in (0..).zip(stems) {
            filter.add(stem.as_bytes(), Word::Stem(index), |_| true);
        }
        filter
    }

    /// Calls back for each word in the text, in the order of the places that they are found by; at one place there may be several.
    pub(super) fn each(&self, text: &[u8], mut found: impl FnMut(Candidate)) {
        let mut at = 0;
        while let Some(&bytes) = text.get(at..).and_then(<[u8]>::first_chunk::<8>) {
            if self.may_hold(folded(bytes)) {
                self.look(text, at, folded(bytes), &mut found);
            }
            at += STEP;
        }
        // What is missing behind the end is no part of any word.
        while at < text.len() {
            let mut bytes = [0; 8];
            bytes.iter_mut().zip(text.get(at..).unwrap_or_default()).for_each(|(byte, &last)| *byte = last);
            if self.may_hold(folded(bytes)) {
                self.look(text, at, folded(bytes), &mut found);
            }
            at += STEP;
        }
    }

    /// Whether a word may be found by one of the four first places of eight bytes.
    #[inline]
    fn may_hold(&self, bytes: u64) -> bool {
        let any = (0..STEP).fold(0, |any, place| any | self.bit(gram_at(bytes, place)));
        any & 1 == 1 || may_hold_pair(bytes)
    }

    /// In the lowest bit.
    #[inline]
    fn bit(&self, gram: u32) -> u64 {
        let hash = hash_of(gram);
        self.bits.get(hash / 64).map_or(0, |word| word >> (hash % 64))
    }

    #[inline(never)]
    fn look(&self, text: &[u8], at: usize, bytes: u64, found: &mut impl FnMut(Candidate)) {
        for place in 0..STEP {
            let gram = gram_at(bytes, place);
            if self.bit(gram) & 1 == 1 {
                self.compare(text, at + place, gram, self.first.get(hash_of(gram) / 2).copied(), found);
            }
            if gram & 0xffff == u32::from(u16::from_le_bytes(PAIR)) {
                self.compare(text, at + place, 0, self.pair, found);
            }
        }
    }

    fn compare(&self, text: &[u8], at: usize, gram: u32, mut next: Option<u16>, found: &mut impl FnMut(Candidate)) {
        while let Some(entry) = next.and_then(|next| self.entries.get(usize::from(next).checked_sub(1)?)) {
            next = Some(entry.next);
            if entry.gram != gram {
                continue;
            }
            let Some(start) = at.checked_sub(entry.offset) else { continue };
            let end = start + entry.text.len();
            if text.get(start..end).is_some_and(|text| text.eq_ignore_ascii_case(entry.text)) {
                found(Candidate { word: entry.word, start, end });
            }
        }
    }

    /// Adds a word; `goes_on` says which bytes may stand behind one of three.
    fn add(&mut self, text: &'static [u8], word: Word, goes_on: impl Fn(u8) -> bool) {
        let rarest = text.windows(4).enumerate().min_by_key(|(_, gram)| {
            let is_frequent = FREQUENT.iter().any(|frequent| frequent.as_slice() == *gram);
            gram.iter().map(|&byte| weight(byte)).sum::<u32>() + if is_frequent { 48 } else { 0 }
        });
        match (rarest, text) {
            (Some((offset, &[a, b, c, d])), _) => self.insert(gram_of([a, b, c, d]), text, offset, word),
            (None, &[a, b, c]) => {
                // Bytes that differ in this bit alone are one to the hash.
                let folded = (0..=u8::MAX).filter(|byte| byte & CASE != 0);
                for byte in folded.filter(|&byte| goes_on(byte) || goes_on(byte & !CASE)) {
                    self.insert(gram_of([a, b, c, byte]), text, 0, word);
                }
            }
            (None, pair) if pair == PAIR.as_slice() => {
                self.entries.push(Entry { gram: 0, text, offset: 0, word, next: self.pair.unwrap_or_default() });
                self.pair = Some(self.last());
            }
            // A test says that none is shorter.
            _ => {}
        }
    }

    fn insert(&mut self, gram: u32, text: &'static [u8], offset: usize, word: Word) {
        let hash = hash_of(gram);
        let next = self.first.get(hash / 2).copied().unwrap_or_default();
        self.entries.push(Entry { gram, text, offset, word, next });
        let last = self.last();
        if let (Some(bits), Some(first)) = (self.bits.get_mut(hash / 64), self.first.get_mut(hash / 2)) {
            *bits |= 1 << (hash % 64);
            *first = last;
        }
    }

    /// The last entry, counted from one.
    fn last(&self) -> u16 {
        u16::try_from(self.entries.len()).expect("there are some thousand words at most")
    }
}

/// Sets the bit that letters of both cases differ in; other bytes may become one another, which only costs a comparison.
const CASE: u8 = 0x20;

/// Eight bytes, the first in the lowest place.
#[inline]
fn folded(bytes: [u8; 8]) -> u64 {
    u64::from_le_bytes(bytes) | u64::from_le_bytes([CASE; 8])
}

/// The four bytes that start at a place of eight.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the lower four bytes are what is asked for")]
fn gram_at(bytes: u64, place: usize) -> u32 {
    (bytes >> (8 * place)) as u32
}

fn gram_of(bytes: [u8; 4]) -> u32 {
    u32::from_le_bytes(bytes) | u32::from_le_bytes([CASE; 4])
}

/// Less than two to the power of [`HASH_BITS`].
#[inline]
fn hash_of(gram: u32) -> usize {
    (gram.wrapping_mul(0x9e37_79b1) >> (32 - HASH_BITS)) as usize
}

/// Whether [`PAIR`] may start at one of the four first places of eight bytes: where it does, both differences are zero, and
/// a borrow sets the highest bit of a zero.
#[inline]
fn may_hold_pair(bytes: u64) -> bool {
    let [first, second] = PAIR;
    let differs = bytes ^ u64::from_le_bytes([first; 8]) | (bytes ^ u64::from_le_bytes([second; 8])) >> 8;
    let lowest = u64::from_le_bytes([1, 1, 1, 1, 0, 0, 0, 0]);
    differs.wrapping_sub(lowest) & !differs & lowest << 7 != 0
}

/// Rare bytes that stand together all the time in manifests and other settings.
#[rustfmt::skip]
const FREQUENT: &[&[u8; 4]] = &[
    b"kube", b"book", b"kind", b"port", b"spac", b"cont", b"ampl", b"mple", b"imag", b"mage", b"rvic", b"vice", b"word", b"chan", b"hang",
    b"://r", b"http", b"secr", b"secu", b"curi", b"work", b"ploy", b"mand", b"labe", b"abel", b"meta", b"emen", b"appl",
];

/// How often a byte stands in source code and settings, roughly.
fn weight(byte: u8) -> u32 {
    match byte.to_ascii_lowercase() {
        b'e' | b't' => 12,
        b'a' | b'o' | b'i' | b'n' | b's' | b'r' => 9,
        b'-' | b'/' | b'=' | b'.' | b'"' | b' ' | b'_' | b':' => 7,
        b'l' | b'd' | b'c' | b'u' | b'm' | b'p' | b'h' => 6,
        b'g' | b'f' | b'y' | b'b' | b'v' | b'k' | b'w' | b'0' | b'1' => 3,
        _ => 1,
    }
}
