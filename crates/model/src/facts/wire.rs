//! How facts travel from the shards of a scan to where they are put together.
//!
//! Sets are written in order, so that equal facts are equal bytes. Words of the program's own (`&'static str`) come back as words
//! that live as long as it does; how many of them there can be is bounded, because what is read may be hostile. A table of the
//! words that rules use would have to be kept beside them.

use std::collections::{BTreeSet, HashSet};
use std::hash::{BuildHasher, Hash};
use std::sync::{Mutex, PoisonError};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A word of the program's own. By this name serde's derive does not take it for text that is borrowed from the input.
pub(super) type Word = &'static str;

/// A list of them.
pub(super) type WordList = &'static [&'static str];

/// Distinct words, and distinct lists of words, that are read in one run of the program. There are some tens.
const WORDS: usize = 1024;

/// Bytes of a word.
const LENGTH: usize = 128;

static KNOWN: Mutex<BTreeSet<Word>> = Mutex::new(BTreeSet::new());
static LISTS: Mutex<BTreeSet<WordList>> = Mutex::new(BTreeSet::new());

/// The word that lives as long as the program; `None` where there are too many, or it is too long for one.
fn kept(word: &str) -> Option<Word> {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(kept) = known.get(word) {
        return Some(kept);
    }
    if known.len() >= WORDS || word.len() > LENGTH {
        return None;
    }
    let kept: Word = Box::leak(word.into());
    known.insert(kept);
    Some(kept)
}

fn kept_list(words: &[Word]) -> Option<WordList> {
    let mut known = LISTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(kept) = known.get(words) {
        return Some(kept);
    }
    if known.len() >= WORDS || words.len() > LENGTH {
        return None;
    }
    let kept: WordList = Box::leak(words.into());
    known.insert(kept);
    Some(kept)
}

fn read<'de, D: Deserializer<'de>>(word: &str) -> Result<Word, D::Error> {
    kept(word).ok_or_else(|| D::Error::custom("a word that no rule knows"))
}

/// One word.
pub(super) mod word {
    use super::{Deserialize, Deserializer, Serializer, Word, read};

    pub(in super::super) fn serialize<S: Serializer>(word: &Word, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(word)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Word, D::Error> {
        read::<D>(&String::deserialize(deserializer)?)
    }
}

/// A word or none.
pub(super) mod maybe_word {
    use super::{Deserialize, Deserializer, Serialize, Serializer, Word, read};

    pub(in super::super) fn serialize<S: Serializer>(word: &Option<Word>, serializer: S) -> Result<S::Ok, S::Error> {
        word.serialize(serializer)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Word>, D::Error> {
        let word: Option<String> = Option::deserialize(deserializer)?;
        word.map(|word| read::<D>(&word)).transpose()
    }
}

/// A set of words.
pub(super) mod words {
    use super::{BTreeSet, Deserialize, Deserializer, Serialize, Serializer, Word, read};

    pub(in super::super) fn serialize<S: Serializer>(words: &BTreeSet<Word>, serializer: S) -> Result<S::Ok, S::Error> {
        words.serialize(serializer)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeSet<Word>, D::Error> {
        let words: Vec<String> = Vec::deserialize(deserializer)?;
        words.iter().map(|word| read::<D>(word)).collect()
    }
}

/// A list of words.
pub(super) mod list {
    use super::{Deserialize, Deserializer, Serialize, Serializer, Word, WordList, kept_list, read};
    use serde::de::Error as _;

    pub(in super::super) fn serialize<S: Serializer>(words: &WordList, serializer: S) -> Result<S::Ok, S::Error> {
        words.serialize(serializer)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<WordList, D::Error> {
        let words: Vec<String> = Vec::deserialize(deserializer)?;
        let words: Vec<Word> = words.iter().map(|word| read::<D>(word)).collect::<Result<_, _>>()?;
        kept_list(&words).ok_or_else(|| D::Error::custom("more lists of words than rules have"))
    }
}

/// A file's number.
pub(super) mod file {
    use portcullis_core::FileId;

    use super::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
    pub(in super::super) fn serialize<S: Serializer>(file: &FileId, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(file.0)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<FileId, D::Error> {
        u32::deserialize(deserializer).map(FileId)
    }
}

/// Writes a set in order.
pub(super) fn sorted<S: Serializer, T: Serialize + Ord + Hash + Eq, H: BuildHasher>(
    set: &HashSet<T, H>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    set.iter().collect::<BTreeSet<&T>>().serialize(serializer)
}
