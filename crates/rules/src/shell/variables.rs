//! What a script gives its variables, as far as that decides whether their values are one word.

use std::collections::BTreeMap;

use portcullis_syntax::shell::{Script, Word};

use super::{DECLARATIONS, assigned_by_argument, is_one_word};

/// The values that a script gives its variables, by name.
pub(super) struct Assigned<'s>(BTreeMap<&'s str, Vec<Source<'s>>>);

/// Where a value comes from.
#[derive(Clone, Copy)]
enum Source<'s> {
    /// A word, from this byte of its raw text on.
    Word(&'s Word, usize),
    /// Input.
    Read,
}

/// How many variables within variables are followed.
const DEPTH: u8 = 4;
/// How many assignments of one variable are looked at.
const MAX_SOURCES: usize = 32;

impl<'s> Assigned<'s> {
    pub(super) fn of(script: &'s Script) -> Self {
        let mut all: BTreeMap<&str, Vec<Source<'_>>> = BTreeMap::new();
        for command in &script.commands {
            // What stands before a name is for that command alone.
            for assignment in command.assignments.iter().filter(|_| command.name.is_none()) {
                all.entry(&assignment.name).or_default().push(Source::Word(&assignment.value, 0));
            }
            if command.is_any(DECLARATIONS) {
                for word in &command.args {
                    let Some((name, _)) = assigned_by_argument(word) else { continue };
                    let source = Source::Word(word, name.len().saturating_add(1));
                    all.entry(name.trim_end_matches('+')).or_default().push(source);
                }
            } else if command.is("read") {
                for word in command.args.iter().filter(|word| !word.text.starts_with('-') && !word.has_expansion) {
                    all.entry(&word.text).or_default().push(Source::Read);
                }
            }
        }
        Self(all)
    }

    pub(super) fn sets(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Whether some value of the variable may be split by surprise: it comes from a program or from input. A text that the
    /// script itself writes is split as it was meant.
    pub(super) fn may_surprise(&self, name: &str) -> bool {
        self.surprises(name, DEPTH)
    }

    fn surprises(&self, name: &str, depth: u8) -> bool {
        let Some(sources) = self.0.get(name).filter(|_| depth > 0) else { return false };
        sources.iter().take(MAX_SOURCES).any(|source| match source {
            Source::Read => true,
            Source::Word(word, from) => {
                let value = word.expansions().into_iter().filter(|expansion| expansion.range.start >= *from);
                value.into_iter().any(|expansion| match (expansion.substitution(), expansion.variable()) {
                    (Some(script), _) => !is_one_word(script),
                    (None, Some((name, _))) => self.surprises(name, depth - 1),
                    (None, None) => false,
                })
            }
        })
    }
}
