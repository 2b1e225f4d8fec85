//! The labelled files of `fixtures/secrets`: what stands on each line, and what a scan says of it.
//!
//! A file is a template, so that nothing in the repository has the form of a credential: `{A20}` are twenty letters and digits,
//! `{a20}` lower-case ones, `{U20}` upper-case ones, `{h20}` hexadecimal digits, `{d20}` digits, `{B20}` letters of base64. The same
//! place always gives the same text. A mark at the end of a line says what it holds: `¶T` a secret that must be found, `¶t` one
//! that may be missed, `¶W` a weak password, `¶N` nothing, and it must stay silent; a line without mark holds nothing. The code
//! was not tuned on the files under `held`.

use std::fs;
use std::path::{Path, PathBuf};

use portcullis_secrets::{Kind, Scanner, Settings, Structural, Subject};

/// What a line holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Label {
    /// A secret that must be found.
    Secret,
    /// A secret that may be missed.
    Hard,
    /// A password that everybody tries first.
    Weak,
    /// Nothing, though it looks like something.
    Lookalike,
    /// Nothing.
    Nothing,
}

impl Label {
    /// Whether there is a secret in the line.
    pub(crate) fn is_true(self) -> bool {
        matches!(self, Self::Secret | Self::Hard)
    }
}

/// A line, and what the scan says of it.
pub(crate) struct Line {
    /// The path of its file below the fixtures, without `.in`.
    pub(crate) path: String,
    /// Its number, from 1.
    pub(crate) number: usize,
    /// Its text as it is scanned.
    pub(crate) text: String,
    /// What it holds.
    pub(crate) label: Label,
    /// What was found, weak passwords left out.
    pub(crate) found: Vec<Kind>,
}

/// Every line of the labelled files, scanned.
pub(crate) fn scanned() -> Vec<Line> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/secrets");
    let scanner = Scanner::new(Settings::default());
    let mut lines = Vec::new();
    for file in files(&root) {
        let path = file.strip_prefix(&root).expect("it was listed below the root").to_string_lossy().replace('\\', "/");
        let path = path.trim_end_matches(".in").to_owned();
        let template = fs::read_to_string(&file).expect("fixtures are text");
        lines.extend(scan(&scanner, &path, &template));
    }
    lines
}

fn scan(scanner: &Scanner, path: &str, template: &str) -> Vec<Line> {
    let mut text = String::new();
    let mut lines = Vec::new();
    let mut ends = Vec::new();
    for (at, line) in template.lines().enumerate() {
        let (line, label) = labelled(line);
        let line = filled_in(line, &format!("{path}:{at}"));
        text.push_str(&line);
        text.push('\n');
        ends.push(text.len());
        lines.push(Line { path: path.to_owned(), number: at + 1, text: line, label, found: Vec::new() });
    }
    // The folder that parts the files must tell nothing.
    let shown = path.split_once('/').map_or(path, |(_, rest)| rest);
    for hit in scanner.scan(&Subject { path: shown, text: &text }) {
        let at = ends.partition_point(|end| *end <= hit.range.start);
        if hit.kind != Kind::Structural(Structural::Weak)
            && let Some(line) = lines.get_mut(at)
        {
            line.found.push(hit.kind);
        }
    }
    lines
}

fn labelled(line: &str) -> (&str, Label) {
    let Some((text, mark)) = line.rsplit_once('\u{b6}') else { return (line, Label::Nothing) };
    let label = match mark {
        "T" => Label::Secret,
        "t" => Label::Hard,
        "W" => Label::Weak,
        "N" => Label::Lookalike,
        _ => panic!("no such mark: {line}"),
    };
    (text.trim_end(), label)
}

/// Fills in a line; what is no directive stays as it is.
fn filled_in(line: &str, seed: &str) -> String {
    let mut state = seed
        .bytes()
        .fold(0x9e37_79b9_7f4a_7c15_u64, |state, byte| (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let mut text = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let directive = after.split_once('}').and_then(|(inside, after)| Some((alphabet(inside)?, after)));
        let Some(((alphabet, count), after)) = directive else {
            text.push('{');
            rest = after;
            continue;
        };
        for _ in 0..count {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let at = usize::try_from(state >> 33).expect("31 bits fit") % alphabet.len();
            text.extend(alphabet.get(at).map(|byte| char::from(*byte)));
        }
        rest = after;
    }
    text.push_str(rest);
    text
}

fn alphabet(directive: &str) -> Option<(&'static [u8], usize)> {
    let mut characters = directive.chars();
    let alphabet: &[u8] = match characters.next()? {
        'A' => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
        'a' => b"abcdefghijklmnopqrstuvwxyz0123456789",
        'U' => b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
        'h' => b"0123456789abcdef",
        'd' => b"0123456789",
        'B' => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
        _ => return None,
    };
    characters.as_str().parse().ok().map(|count| (alphabet, count))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).expect("the fixtures are there").flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "in") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
