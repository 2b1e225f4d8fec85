//! A reader of JSON that refuses whatever two readers could understand differently.
//!
//! It walks a text once, keeps nothing, and checks all of it: the grammar, nesting, and that no object names a key twice, escapes
//! read. Positions are bytes.

use std::borrow::Cow;
use std::ops::Range;

/// Objects and lists within each other: what the API server itself allows is far above any schema.
pub(super) const DEPTH_LIMIT: usize = 128;

/// What is wrong, and where.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) at: usize,
    pub(super) message: String,
}

/// Where in a text the reader is.
pub(super) struct Json<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    depth: usize,
    /// The keys of the objects around, the innermost last.
    keys: Vec<Cow<'t, str>>,
}

impl<'t> Json<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, bytes: text.as_bytes(), at: 0, depth: 0, keys: Vec::new() }
    }

    /// The next value's first byte.
    pub(super) fn peek(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.bytes.get(self.at) {
            self.step();
        }
        self.bytes.get(self.at).copied()
    }

    /// Reads an object, handing each key over; the function has to read its value.
    pub(super) fn object(&mut self, mut entry: impl FnMut(&mut Self, &str) -> Result<(), Fault>) -> Result<(), Fault> {
        self.enter(b'{', "an object")?;
        let outer = self.keys.len();
        if self.peek() == Some(b'}') {
            self.leave();
            return Ok(());
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.unexpected("a key"));
            }
            let key = self.string()?;
            self.expect(b':', "`:`")?;
            self.keys.push(key.clone());
            entry(self, &key)?;
            if !self.goes_on(b'}')? {
                break;
            }
        }
        let twice = repeated(self.keys.get_mut(outer..).unwrap_or_default());
        self.keys.truncate(outer);
        if let Some(key) = twice {
            return Err(self.fault(format!("an object has the key `{key}` twice")));
        }
        self.leave();
        Ok(())
    }

    /// Reads a list; the function has to read each element.
    pub(super) fn list(&mut self, mut element: impl FnMut(&mut Self) -> Result<(), Fault>) -> Result<(), Fault> {
        self.enter(b'[', "a list")?;
        if self.peek() == Some(b']') {
            self.leave();
            return Ok(());
        }
        loop {
            element(self)?;
            if !self.goes_on(b']')? {
                self.leave();
                return Ok(());
            }
        }
    }

    /// Reads any value, and where it stands.
    pub(super) fn any(&mut self) -> Result<Range<usize>, Fault> {
        self.peek();
        let start = self.at;
        self.skip_value()?;
        Ok(start..self.at)
    }

    /// Reads any value. Nesting is bounded, and the recursion with it.
    pub(super) fn skip_value(&mut self) -> Result<(), Fault> {
        match self.peek() {
            Some(b'{') => self.object(|json, _| json.skip_value()),
            Some(b'[') => self.list(Self::skip_value),
            Some(b'"') => self.characters(|_, _| {}),
            Some(b't') => self.word("true"),
            Some(b'f') => self.word("false"),
            Some(b'n') => self.word("null"),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => Err(self.unexpected("a value")),
        }
    }

    pub(super) fn null(&mut self) -> Result<(), Fault> {
        self.word("null")
    }

    pub(super) fn boolean(&mut self) -> Result<bool, Fault> {
        match self.peek() {
            Some(b't') => self.word("true").map(|()| true),
            Some(b'f') => self.word("false").map(|()| false),
            _ => Err(self.unexpected("`true` or `false`")),
        }
    }

    pub(super) fn string(&mut self) -> Result<Cow<'t, str>, Fault> {
        let mut text: Cow<'t, str> = Cow::Borrowed("");
        self.characters(|run, escaped| {
            text += run;
            if let Some(character) = escaped {
                text.to_mut().push(character);
            }
        })?;
        Ok(text)
    }

    /// Reads a text, handing over each run of characters that stand for themselves and what the escape behind it stands for. Who
    /// skips a text keeps nothing of it: it may be nearly all of the review.
    fn characters(&mut self, mut take: impl FnMut(&'t str, Option<char>)) -> Result<(), Fault> {
        if self.peek() != Some(b'"') {
            return Err(self.unexpected("text"));
        }
        self.step();
        loop {
            let start = self.at;
            while !matches!(self.bytes.get(self.at), None | Some(b'"' | b'\\' | 0..=0x1f)) {
                self.step();
            }
            // What ends a run is ASCII, so that both ends lie between characters.
            let run = self.text.get(start..self.at).unwrap_or_default();
            match self.bytes.get(self.at) {
                Some(b'"') => {
                    take(run, None);
                    self.step();
                    return Ok(());
                }
                Some(b'\\') => take(run, Some(self.escape()?)),
                Some(_) => return Err(self.fault("a control character in text has to be escaped".to_owned())),
                None => return Err(self.fault("a text does not end".to_owned())),
            }
        }
    }

    /// Nothing may follow.
    pub(super) fn end(&mut self) -> Result<(), Fault> {
        if self.peek().is_some() { Err(self.unexpected("the end")) } else { Ok(()) }
    }

    pub(super) fn fault(&self, message: String) -> Fault {
        Fault { at: self.at, message }
    }

    pub(super) fn unexpected(&self, wanted: &str) -> Fault {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let found = match rest.first() {
            None => "the end".to_owned(),
            Some(b'"') => "text".to_owned(),
            Some(b'{') => "an object".to_owned(),
            Some(b'[') => "a list".to_owned(),
            Some(b'-' | b'0'..=b'9') => "a number".to_owned(),
            Some(_) => {
                let word: Vec<u8> = rest.iter().copied().take(9).take_while(u8::is_ascii_alphabetic).collect();
                let word = String::from_utf8(word).unwrap_or_default();
                if word.is_empty() { "something else".to_owned() } else { format!("`{word}`") }
            }
        };
        self.fault(format!("expected {wanted}, found {found}"))
    }

    fn step(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    fn expect(&mut self, byte: u8, wanted: &str) -> Result<(), Fault> {
        if self.peek() != Some(byte) {
            return Err(self.unexpected(wanted));
        }
        self.step();
        Ok(())
    }

    fn enter(&mut self, open: u8, wanted: &str) -> Result<(), Fault> {
        self.expect(open, wanted)?;
        if self.depth == DEPTH_LIMIT {
            return Err(self.fault(format!("objects and lists are nested deeper than {DEPTH_LIMIT}")));
        }
        self.depth = self.depth.saturating_add(1);
        Ok(())
    }

    /// Past the closing bracket, which is next.
    fn leave(&mut self) {
        self.step();
        self.depth = self.depth.saturating_sub(1);
    }

    /// After an element: past the comma, or at the closing bracket.
    fn goes_on(&mut self, close: u8) -> Result<bool, Fault> {
        match self.peek() {
            Some(b',') => {
                self.step();
                Ok(true)
            }
            Some(byte) if byte == close => Ok(false),
            _ => Err(self.unexpected(if close == b'}' { "`,` or `}`" } else { "`,` or `]`" })),
        }
    }

    fn word(&mut self, word: &str) -> Result<(), Fault> {
        self.peek();
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let after = rest.get(word.len());
        if !rest.starts_with(word.as_bytes()) || after.is_some_and(u8::is_ascii_alphanumeric) {
            return Err(self.unexpected("a value"));
        }
        self.at = self.at.saturating_add(word.len());
        Ok(())
    }

    /// `-`, digits without a leading zero, a fraction, an exponent; its size does not matter to a text.
    fn number(&mut self) -> Result<(), Fault> {
        self.skip(|byte| byte == b'-', 1);
        if self.bytes.get(self.at) == Some(&b'0') {
            self.step();
        } else if self.digits() == 0 {
            return Err(self.unexpected("a digit"));
        }
        if self.skip(|byte| byte == b'.', 1) == 1 && self.digits() == 0 {
            return Err(self.unexpected("a digit"));
        }
        if self.skip(|byte| matches!(byte, b'e' | b'E'), 1) == 1 {
            self.skip(|byte| matches!(byte, b'+' | b'-'), 1);
            if self.digits() == 0 {
                return Err(self.unexpected("a digit"));
            }
        }
        match self.bytes.get(self.at) {
            Some(byte) if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'+' | b'-') => {
                Err(self.fault("this is no number of JSON".to_owned()))
            }
            _ => Ok(()),
        }
    }

    fn digits(&mut self) -> usize {
        self.skip(|byte| byte.is_ascii_digit(), usize::MAX)
    }

    fn skip(&mut self, is_wanted: impl Fn(u8) -> bool, most: usize) -> usize {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let count = rest.iter().take(most).take_while(|&&byte| is_wanted(byte)).count();
        self.at = self.at.saturating_add(count);
        count
    }

    fn escape(&mut self) -> Result<char, Fault> {
        self.step();
        let kind = self.bytes.get(self.at).copied();
        self.step();
        Ok(match kind {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => self.unicode()?,
            _ => return Err(self.fault("this is no escape of JSON".to_owned())),
        })
    }

    /// Four digits, or twice four for what lies above them. Half of a pair is no character, and readers differ in what they
    /// make of it.
    fn unicode(&mut self) -> Result<char, Fault> {
        let first = self.hex()?;
        if let Some(character) = char::from_u32(first) {
            return Ok(character);
        }
        let pair = self.bytes.get(self.at..).unwrap_or_default();
        if pair.starts_with(b"\\u") {
            self.at = self.at.saturating_add(2);
            let units = [first, self.hex()?].map(|unit| u16::try_from(unit).unwrap_or_default());
            if let Some(Ok(character)) = char::decode_utf16(units).next() {
                return Ok(character);
            }
        }
        Err(self.fault("half of a surrogate pair stands alone".to_owned()))
    }

    fn hex(&mut self) -> Result<u32, Fault> {
        let digits = self.text.get(self.at..self.at.saturating_add(4)).unwrap_or_default();
        let unit = digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16));
        let Some(Ok(unit)) = unit else {
            return Err(self.fault("`\\u` is followed by four hexadecimal digits".to_owned()));
        };
        self.at = self.at.saturating_add(4);
        Ok(unit)
    }
}

/// Few keys are compared with each other, many are sorted.
fn repeated(keys: &mut [Cow<'_, str>]) -> Option<String> {
    const FEW: usize = 12;
    let twice = if keys.len() <= FEW {
        keys.iter().enumerate().find(|(nth, key)| keys.iter().take(*nth).any(|before| before == *key)).map(|it| it.1)
    } else {
        keys.sort_unstable();
        keys.windows(2).find(|pair| pair.first() == pair.last()).and_then(<[_]>::first)
    }?;
    Some(twice.chars().take(64).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect())
}
