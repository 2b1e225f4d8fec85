//! Where a text holds a keyword of a detector, in one pass over its bytes.
//!
//! Each keyword is looked for by the rarest four bytes in it. A bit for each hash of four bytes tells nearly every place
//! of a text apart; the few that pass are compared with the keyword itself. Upper and lower case are the same.

use super::Detector;

/// The keywords of detectors.
pub(super) struct Prefilter {
    /// For each hash whether four bytes with it stand in a keyword.
    bits: Box<[u64; WORDS]>,
    /// For each hash its first entry, counted from one; zero: none.
    first: Box<[u16]>,
    entries: Vec<Entry>,
}

/// Where a keyword stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    /// The index of its detector.
    pub(super) detector: usize,
    /// The keyword's first byte.
    pub(super) start: usize,
    /// Behind its last byte.
    pub(super) end: usize,
}

struct Entry {
    gram: u32,
    keyword: &'static [u8],
    /// Where in the keyword the four bytes end.
    end: usize,
    detector: u16,
    /// The next entry with the same hash, counted from one.
    next: u16,
}

const HASHES: usize = 1 << 16;
const WORDS: usize = HASHES / 64;

impl Prefilter {
    pub(super) fn new(detectors: &[&'static Detector]) -> Self {
        let mut filter = Self { bits: Box::new([0; WORDS]), first: vec![0; HASHES].into(), entries: Vec::new() };
        for (index, detector) in (0_u16..).zip(detectors) {
            for keyword in detector.keywords {
                filter.add(keyword.as_bytes(), index);
            }
        }
        filter
    }

    /// Calls back for each keyword in the text, in the order of their ends; one place may be several detectors'.
    pub(super) fn each(&self, text: &[u8], mut found: impl FnMut(Candidate)) {
        let mut gram = 0_u32;
        for (at, &byte) in text.iter().enumerate() {
            gram = gram << 8 | u32::from(byte | CASE);
            let hash = hash_of(gram);
            if self.bits.get(hash / 64).is_some_and(|word| word >> (hash % 64) & 1 == 1) {
                self.compare(text, at, gram, &mut found);
            }
        }
    }

    #[cold]
    fn compare(&self, text: &[u8], at: usize, gram: u32, found: &mut impl FnMut(Candidate)) {
        let mut next = self.first.get(hash_of(gram)).copied().unwrap_or_default();
        while let Some(entry) = usize::from(next).checked_sub(1).and_then(|index| self.entries.get(index)) {
            next = entry.next;
            let Some(start) = (at + 1).checked_sub(entry.end) else { continue };
            let end = start + entry.keyword.len();
            if entry.gram == gram && text.get(start..end).is_some_and(|text| text.eq_ignore_ascii_case(entry.keyword)) {
                found(Candidate { detector: usize::from(entry.detector), start, end });
            }
        }
    }

    fn add(&mut self, keyword: &'static [u8], detector: u16) {
        let rarest =
            keyword.windows(4).enumerate().min_by_key(|(_, gram)| gram.iter().map(|&byte| weight(byte)).sum::<u32>());
        match (rarest, keyword) {
            (Some((at, gram)), _) => self.insert(gram_of(gram), keyword, at + 4, detector),
            // Three bytes and whatever a token goes on with.
            (None, &[a, b, c]) => {
                for byte in (0_u8..128)
                    .filter(|&byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte))
                {
                    self.insert(gram_of(&[a, b, c, byte]), keyword, 4, detector);
                }
            }
            // A test says that none is shorter.
            (None, _) => {}
        }
    }

    fn insert(&mut self, gram: u32, keyword: &'static [u8], end: usize, detector: u16) {
        let hash = hash_of(gram);
        if let (Some(word), Some(first)) = (self.bits.get_mut(hash / 64), self.first.get_mut(hash)) {
            *word |= 1 << (hash % 64);
            self.entries.push(Entry { gram, keyword, end, detector, next: *first });
            *first = u16::try_from(self.entries.len()).expect("there are some thousand keywords at most");
        }
    }
}

/// Sets the bit that letters of both cases differ in; other bytes may become one another, which only costs a comparison.
const CASE: u8 = 0x20;

fn gram_of(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |gram, &byte| gram << 8 | u32::from(byte | CASE))
}

/// Less than [`HASHES`].
fn hash_of(gram: u32) -> usize {
    (gram.wrapping_mul(0x9e37_79b1) >> 16) as usize
}

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
