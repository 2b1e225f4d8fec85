//! The baseline file: known findings, one on each line.
//!
//! It is reviewed and merged as sources are. So each line is whole, its comma at its start: adding or taking out a finding touches
//! that line and no other. Line numbers are left out, for they change with every edit; what is matched is two hashes. A
//! finding's message is that of the reports, without secrets.

use std::io::{self, Write};

use portcullis_core::{Baseline, BaselineEntry, Fingerprint};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Writes a baseline file.
pub fn write_baseline(baseline: &Baseline, out: &mut dyn Write) -> io::Result<()> {
    let mut text = b"[".to_vec();
    serde_json::to_writer(&mut text, &Head { schema: SCHEMA.to_owned() })?;
    text.push(b'\n');
    for entry in &baseline.entries {
        text.push(b',');
        serde_json::to_writer(&mut text, &Line::of(entry))?;
        text.push(b'\n');
    }
    text.extend_from_slice(b"]\n");
    out.write_all(&text)?;
    out.flush()
}

/// Reads a baseline file, however it is laid out.
pub fn read_baseline(bytes: &[u8]) -> Result<Baseline, BaselineFault> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if let Some(line) = bytes.split(|byte| *byte == b'\n').position(is_conflict) {
        return Err(BaselineFault::Conflict(line.saturating_add(1)));
    }
    let values: Vec<Value> = match serde_json::from_slice(bytes) {
        Ok(Value::Array(values)) => values,
        Ok(_) => return Err(BaselineFault::Foreign),
        Err(error) => return Err(BaselineFault::Corrupt(error.to_string())),
    };
    let mut values = values.into_iter();
    let head = values.next().and_then(|head| serde_json::from_value::<Head>(head).ok());
    match head.as_ref().and_then(|head| head.schema.split_once('/')) {
        Some((FAMILY, VERSION)) => {}
        Some((FAMILY, other)) => return Err(BaselineFault::Version(other.to_owned())),
        _ => return Err(BaselineFault::Foreign),
    }
    let entry = |(index, value): (usize, Value)| {
        let entry = serde_json::from_value::<Line>(value).ok().and_then(Line::entry);
        entry.ok_or_else(|| BaselineFault::Corrupt(format!("finding {} has not the fields of one", index + 1)))
    };
    Ok(Baseline::new(values.enumerate().map(entry).collect::<Result<_, _>>()?))
}

/// Why a text is no baseline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BaselineFault {
    /// A merge left its marks, first in this line.
    Conflict(usize),
    /// It is a baseline of this other version.
    Version(String),
    /// It is something else.
    Foreign,
    /// It cannot be read to its end.
    Corrupt(String),
}

impl std::fmt::Display for BaselineFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Conflict(line) => {
                write!(f, "a merge left its marks in line {line}; keep the lines of both sides, or write it anew")
            }
            Self::Version(version) => {
                let version = version.chars().filter(|c| !c.is_control()).take(20).collect::<String>();
                write!(
                    f,
                    "it is a baseline of version {version}, and this program knows version {VERSION}; use a newer one"
                )
            }
            Self::Foreign => f.write_str("it is no baseline of portcullis"),
            Self::Corrupt(why) => write!(f, "it is damaged: {why}"),
        }
    }
}

impl std::error::Error for BaselineFault {}

const FAMILY: &str = "portcullis-baseline";
const VERSION: &str = "1";
const SCHEMA: &str = "portcullis-baseline/1";

fn is_conflict(line: &[u8]) -> bool {
    [&b"<<<<<<< "[..], b">>>>>>> ", b"||||||| "].iter().any(|mark| line.starts_with(mark)) || line == b"======="
}

#[derive(Deserialize, Serialize)]
struct Head {
    schema: String,
}

/// The fields' order is what people read first.
#[derive(Deserialize, Serialize)]
struct Line {
    path: String,
    rule: String,
    message: String,
    fingerprint: String,
    content: String,
}

impl Line {
    fn of(entry: &BaselineEntry) -> Self {
        Self {
            path: entry.path.clone(),
            rule: entry.rule.clone(),
            message: entry.message.clone(),
            fingerprint: entry.fingerprint.to_string(),
            content: format!("{:016x}", entry.content),
        }
    }

    fn entry(self) -> Option<BaselineEntry> {
        Some(BaselineEntry {
            fingerprint: Fingerprint(u128::from_str_radix(&self.fingerprint, 16).ok()?),
            content: u64::from_str_radix(&self.content, 16).ok()?,
            path: self.path,
            rule: self.rule,
            message: self.message,
        })
    }
}
