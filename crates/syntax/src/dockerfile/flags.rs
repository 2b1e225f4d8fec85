//! `--name=value` before an instruction's arguments, and the key-value list of `--mount`.

use portcullis_core::Span;

use super::{Text, Word};

/// One flag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// Without the dashes.
    pub name: String,
    /// The name without the dashes.
    pub name_span: Span,
    /// What follows `=`; absent for a bare flag.
    pub value: Option<Word>,
    /// From the dashes to the end of the value.
    pub span: Span,
}

/// `type=cache,target=/x` of `RUN --mount`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// The flag.
    pub span: Span,
    /// In order.
    pub entries: Vec<MountEntry>,
}

/// One field of a mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountEntry {
    /// In lower case and by its long name: `source` for `src`, `target` for `dst` and `destination`, `readonly` for
    /// `ro`, `readwrite` for `rw`.
    pub key: String,
    /// The key as it stands.
    pub key_span: Span,
    /// What follows `=`; absent for a bare key.
    pub value: Option<Text>,
}

impl Mount {
    /// `bind` (the default), `cache`, `tmpfs`, `secret`, `ssh`, or whatever was written, in lower case.
    pub fn kind(&self) -> String {
        self.get("type").map_or_else(|| "bind".to_owned(), |kind| kind.to_lowercase())
    }

    /// The last value of a key, which is asked for by its long name.
    pub fn get(&self, key: &str) -> Option<&Text> {
        self.entries.iter().rev().find(|entry| entry.key == key)?.value.as_ref()
    }
}

impl Flag {
    /// The fields of `--mount=…`; absent for other flags.
    pub fn mount(&self) -> Option<Mount> {
        (self.name == "mount" && self.value.is_some()).then(|| Mount { span: self.span, entries: Vec::new() })
    }
}
