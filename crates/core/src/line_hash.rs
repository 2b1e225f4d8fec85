//! The line hash that GitHub code scanning tracks alerts by (`primaryLocationLineHash`).
//!
//! As codeql-action computes it: a rolling hash in base 37 modulo 2^64 over 100 UTF-16 units from the first unit of
//! the line that is not blank; spaces and tabs are dropped, CR and CRLF read as LF, and the text is followed by the
//! unit 65535 and zeros. Equal hashes in one file are told apart by a count.

use std::collections::HashMap;
use std::fmt;

/// The hash of one line and which of its equals it is, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineHash {
    /// The rolling hash.
    pub hash: u64,
    /// From 1.
    pub count: u32,
}

impl fmt::Display for LineHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}:{}", self.hash, self.count)
    }
}

/// Units that one hash covers.
const WINDOW: usize = 100;
const BASE: u64 = 37;

/// The hash of every line, the first at index 0. Linear in the text.
pub fn line_hashes(text: &str) -> Vec<LineHash> {
    // Line starts are indices into `units`, the text as the hash reads it.
    let mut units: Vec<u16> = Vec::with_capacity(text.len() + WINDOW + 1);
    let mut starts = Vec::new();
    let mut line_begins = true;
    let mut after_cr = false;
    for unit in text.encode_utf16().chain([u16::MAX]) {
        if unit == 0x20 || unit == 0x09 || (after_cr && unit == 0x0a) {
            after_cr = false;
            continue;
        }
        after_cr = unit == 0x0d;
        let unit = if unit == 0x0d { 0x0a } else { unit };
        if line_begins {
            starts.push(units.len());
        }
        line_begins = unit == 0x0a;
        units.push(unit);
    }
    units.extend([0; WINDOW]);

    // `hash` covers units[at..at + WINDOW]; rolling it one on drops the first unit's power and takes in the next.
    let leading = (0..WINDOW).fold(1_u64, |power, _| power.wrapping_mul(BASE));
    let mut hash = units.iter().take(WINDOW).fold(0_u64, |hash, &unit| roll(hash, unit));
    let mut at = 0;
    let mut seen: HashMap<u64, u32> = HashMap::new();
    let mut hashes = Vec::with_capacity(starts.len());
    for start in starts {
        while at < start {
            let dropped = units.get(at).copied().unwrap_or_default();
            let taken = units.get(at + WINDOW).copied().unwrap_or_default();
            hash = roll(hash, taken).wrapping_sub(leading.wrapping_mul(u64::from(dropped)));
            at += 1;
        }
        let count = seen.entry(hash).or_default();
        *count += 1;
        hashes.push(LineHash { hash, count: *count });
    }
    hashes
}

fn roll(hash: u64, unit: u16) -> u64 {
    hash.wrapping_mul(BASE).wrapping_add(u64::from(unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naive(text: &str) -> Vec<String> {
        let lines: Vec<&str> = text.split('\n').collect();
        let mut seen: HashMap<u64, u32> = HashMap::new();
        (0..lines.len())
            .map(|line| {
                let rest = lines[line..].join("\n");
                let units = rest.encode_utf16().chain([u16::MAX]).filter(|unit| *unit != 32 && *unit != 9);
                let hash = units.chain([0; WINDOW]).take(WINDOW).fold(0, roll);
                let count = seen.entry(hash).or_default();
                *count += 1;
                format!("{hash:x}:{count}")
            })
            .collect()
    }

    #[test]
    fn the_empty_file_has_codeqls_hash() {
        assert_eq!(line_hashes("")[0].to_string(), "c129715d7a2bc9a3:1");
    }

    #[test]
    fn rolling_equals_hashing_each_line_anew() {
        let long = "x".repeat(250);
        for text in ["a", "a\nb\n", "a\na\na", "\t lead\n\n\n  y: é𝄞 z", &format!("{long}\n{long}\nend\n")] {
            let rolled: Vec<String> = line_hashes(text).iter().map(ToString::to_string).collect();
            assert_eq!(rolled, naive(text), "{text:?}");
        }
    }

    #[test]
    fn line_breaks_of_every_kind_are_one() {
        assert_eq!(line_hashes("a\r\nb\r\n"), line_hashes("a\nb\n"));
        assert_eq!(line_hashes("a\rb\r"), line_hashes("a\nb\n"));
    }
}
