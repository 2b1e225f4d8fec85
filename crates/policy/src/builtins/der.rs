//! DER as certificates and keys have it, read in place: what was signed is given to who verifies it as it stands, where typed
//! readers would encode it again.
//!
//! Lengths are definite and as short as they can be; anything else is no DER and gives nothing.

/// One value: its tag, all of it, and what it holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item<'d> {
    pub tag: u8,
    pub raw: &'d [u8],
    pub body: &'d [u8],
}

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const BITS: u8 = 0x03;
pub(super) const BYTES: u8 = 0x04;
pub(super) const OID: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

impl<'d> Item<'d> {
    /// What it holds, value by value.
    pub(super) fn reader(self) -> Reader<'d> {
        Reader(self.body)
    }

    /// A positive integer without leading zeros.
    pub(super) fn unsigned(self) -> &'d [u8] {
        without_zeros(self.body)
    }

    /// The bytes of a bit string that ends with a byte.
    pub(super) fn bits(self) -> Option<&'d [u8]> {
        let (unused, bytes) = self.body.split_first()?;
        (*unused == 0).then_some(bytes)
    }

    /// The numbers of an object identifier.
    pub(super) fn oid(self) -> Vec<u64> {
        let mut numbers = Vec::new();
        let mut number = 0_u64;
        for byte in self.body {
            number = (number << 7) | u64::from(byte & 0x7f);
            if byte & 0x80 == 0 {
                if numbers.is_empty() {
                    let first = (number / 40).min(2);
                    numbers.push(first);
                    number = number.saturating_sub(first.saturating_mul(40));
                }
                numbers.push(number);
                number = 0;
            }
        }
        numbers
    }

    /// `2.5.29.17`.
    pub(super) fn dotted(self) -> String {
        self.oid().iter().map(u64::to_string).collect::<Vec<_>>().join(".")
    }
}

pub(super) fn without_zeros(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeros..).unwrap_or_default()
}

/// Values one behind the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'d>(pub &'d [u8]);

impl<'d> Reader<'d> {
    /// The next value, whatever it is.
    pub(super) fn next(&mut self) -> Option<Item<'d>> {
        let (&tag, rest) = self.0.split_first()?;
        // Tags of several bytes are in nothing that is read here.
        if tag & 0x1f == 0x1f {
            return None;
        }
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = if first < 0x80 {
            (usize::from(first), rest)
        } else {
            let count = usize::from(first & 0x7f);
            if count == 0 || count > 4 {
                return None;
            }
            let (digits, rest) = rest.split_at_checked(count)?;
            let length = digits.iter().fold(0_usize, |length, digit| (length << 8) | usize::from(*digit));
            if length < 0x80 || digits.first() == Some(&0) {
                return None;
            }
            (length, rest)
        };
        let (body, rest) = rest.split_at_checked(length)?;
        let raw = self.0.get(..self.0.len().saturating_sub(rest.len()))?;
        self.0 = rest;
        Some(Item { tag, raw, body })
    }

    /// The next value if it has this tag; else nothing is read.
    pub(super) fn take(&mut self, tag: u8) -> Option<Item<'d>> {
        if self.0.first() != Some(&tag) {
            return None;
        }
        self.next()
    }

    /// All values that are left, up to what is none.
    pub(super) fn items(mut self) -> impl Iterator<Item = Item<'d>> {
        std::iter::from_fn(move || self.next())
    }
}
