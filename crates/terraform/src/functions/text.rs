//! Texts of which parts may be unknown.

use std::sync::Arc;

use portcullis_model::terraform::value::{Format, Kind, Piece, Reason, Value, number_text};

use super::{Call, SIZE_LIMIT, Stop, json, yaml};

/// A text as a row of known and unknown pieces; no two known ones stand side by side, and none is empty.
#[derive(Clone, Debug, Default)]
pub(super) struct Text {
    pieces: Vec<Part>,
    size: usize,
}

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Known.
    Known(String),
    /// Not known.
    Unknown(Reason),
}

impl Text {
    pub(super) fn from_pieces(pieces: &[Piece]) -> Self {
        let mut text = Self::default();
        for piece in pieces {
            match piece {
                Piece::Text(known) => text.push(known),
                Piece::Unknown(reason) => text.push_unknown(*reason),
            }
        }
        text
    }

    pub(super) fn push(&mut self, known: &str) {
        // A text past the limit is unknown anyway: nothing more is kept of it.
        self.size = self.size.saturating_add(known.len());
        if known.is_empty() || self.size > SIZE_LIMIT {
            return;
        }
        if let Some(Part::Known(last)) = self.pieces.last_mut() {
            last.push_str(known);
        } else {
            self.pieces.push(Part::Known(known.to_owned()));
        }
    }

    pub(super) fn push_unknown(&mut self, reason: Reason) {
        self.size = self.size.saturating_add(1);
        if self.size <= SIZE_LIMIT {
            self.pieces.push(Part::Unknown(reason));
        }
    }

    pub(super) fn append(&mut self, other: &Self) {
        for part in &other.pieces {
            match part {
                Part::Known(known) => self.push(known),
                Part::Unknown(reason) => self.push_unknown(*reason),
            }
        }
        if other.is_over() {
            self.size = usize::MAX;
        }
    }

    pub(super) fn parts(&self) -> &[Part] {
        &self.pieces
    }

    /// Whether it is longer than texts may be, and not all of it was kept.
    pub(super) fn is_over(&self) -> bool {
        self.size > SIZE_LIMIT
    }

    /// In bytes; unknown pieces count as one.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// Why some of it is not known; `None` where all of it is.
    pub(super) fn unknown(&self) -> Option<Reason> {
        if self.is_over() {
            return Some(Reason::Limit);
        }
        self.pieces.iter().find_map(|part| match part {
            Part::Unknown(reason) => Some(*reason),
            Part::Known(_) => None,
        })
    }

    /// All of it, where all is known.
    pub(super) fn known(self) -> Result<Arc<str>, Stop> {
        match (self.unknown(), self.pieces.into_iter().next()) {
            (Some(reason), _) => Err(Stop::Unknown(reason)),
            (None, Some(Part::Known(known))) => Ok(known.into()),
            (None, _) => Ok("".into()),
        }
    }

    /// The known text that it certainly starts with.
    pub(super) fn prefix(&self) -> &str {
        match self.pieces.first() {
            Some(Part::Known(known)) => known,
            _ => "",
        }
    }

    /// The known text that it certainly ends with.
    pub(super) fn suffix(&self) -> &str {
        match self.pieces.last() {
            Some(Part::Known(known)) => known,
            _ => "",
        }
    }

    /// The same with each known piece changed by itself.
    pub(super) fn map(&self, mut change: impl FnMut(&str) -> String) -> Self {
        let mut text = Self::default();
        for part in &self.pieces {
            match part {
                Part::Known(known) => text.push(&change(known)),
                Part::Unknown(reason) => text.push_unknown(*reason),
            }
        }
        if self.is_over() {
            text.size = usize::MAX;
        }
        text
    }

    /// The same with its known start changed; what follows an unknown piece stays.
    pub(super) fn map_start(mut self, change: impl FnOnce(&str) -> &str) -> Self {
        if let Some(Part::Known(known)) = self.pieces.first_mut() {
            *known = change(known).to_owned();
        }
        self.pieces.retain(|part| !matches!(part, Part::Known(known) if known.is_empty()));
        self
    }

    /// The same with its known end changed.
    pub(super) fn map_end(mut self, change: impl FnOnce(&str) -> &str) -> Self {
        if let Some(Part::Known(known)) = self.pieces.last_mut() {
            *known = change(known).to_owned();
        }
        self.pieces.retain(|part| !matches!(part, Part::Known(known) if known.is_empty()));
        self
    }

    pub(super) fn into_kind(self) -> Kind {
        if self.is_over() {
            return Kind::Unknown(Reason::Limit);
        }
        match self.pieces.as_slice() {
            [] => Kind::String("".into()),
            [Part::Known(known)] => Kind::String(known.as_str().into()),
            [Part::Unknown(reason)] => Kind::Unknown(*reason),
            parts => Kind::Template(
                parts
                    .iter()
                    .map(|part| match part {
                        Part::Known(known) => Piece::Text(known.as_str().into()),
                        Part::Unknown(reason) => Piece::Unknown(*reason),
                    })
                    .collect(),
            ),
        }
    }
}

impl From<&str> for Text {
    fn from(known: &str) -> Self {
        let mut text = Self::default();
        text.push(known);
        text
    }
}

impl Call<'_> {
    /// A text that the call puts together.
    pub(super) fn text_value(&self, text: Text) -> Value {
        self.made(text.into_kind())
    }
}

/// What Terraform makes of a value where it needs a text.
pub(super) fn of(value: &Value) -> Result<Text, Stop> {
    match &value.kind {
        Kind::String(text) => Ok(Text::from(&**text)),
        Kind::Bool(value) => Ok(Text::from(if *value { "true" } else { "false" })),
        Kind::Number(number) => Ok(Text::from(number_text(*number).as_str())),
        Kind::Template(pieces) => Ok(Text::from_pieces(pieces)),
        Kind::Encoded(encoded) => match encoded.format {
            Format::Json => json::write(&encoded.value),
            Format::Yaml => yaml::write(&encoded.value),
        },
        Kind::Unknown(reason) => {
            let mut text = Text::default();
            text.push_unknown(*reason);
            Ok(text)
        }
        Kind::Null | Kind::List(_) | Kind::Map(_) => Err(Stop::Refused),
    }
}

/// Characters as people count them.
pub(super) fn characters(text: &str) -> usize {
    use unicode_segmentation::UnicodeSegmentation as _;
    // Line breaks of two bytes are one character as well, and ASCII.
    if text.is_ascii() && !text.contains('\r') { text.len() } else { text.graphemes(true).count() }
}
