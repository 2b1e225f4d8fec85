//! What rules ask of a command: its name, flags, option values and positionals.
//!
//! Nothing here knows the options of a program. A rule passes the options that take an argument, because without them
//! `-o Dir=x` cannot be told from an option followed by a positional.

use std::ops::Range;

use portcullis_core::Span;

use super::decode::{decode, name_end};
use super::shebang::base_name;
use super::{Command, Word};

/// The options of a program that take an argument.
#[derive(Clone, Copy, Debug, Default)]
pub struct OptionsWithArguments<'a> {
    /// Letters: `"ot"` for `-o VALUE` and `-t VALUE`.
    pub short: &'a str,
    /// Long names with their dashes: `"--option"`; also the single-dash kind, `"-name"`.
    pub long: &'a [&'a str],
}

/// The argument of an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptionValue<'a> {
    /// The value, after quote removal.
    pub text: &'a str,
    /// The word that holds it; for `--flag=value` that is the whole word.
    pub word: &'a Word,
}

impl PartialEq for Word {
    fn eq(&self, other: &Self) -> bool {
        self.span == other.span && self.raw == other.raw
    }
}

impl Eq for Word {}

/// An expansion in a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expansion<'w> {
    /// As written: `$X`, `${X:-y}`, `$(…)`, `` `…` ``, `$((…))`, `<(…)`, `${{ … }}`.
    pub text: &'w str,
    /// Where in [`Word::raw`].
    pub range: Range<usize>,
    /// Whether it stands in double quotes.
    pub quoted: bool,
}

impl<'w> Expansion<'w> {
    /// The variable that it reads, and what follows the name in braces.
    pub fn variable(&self) -> Option<(&'w str, &'w str)> {
        let inner = self.text.strip_prefix('$')?;
        let inner = match inner.strip_prefix('{') {
            Some(braced) => braced.strip_suffix('}')?,
            None => inner,
        };
        let end = name_end(inner, 0);
        let (name, rest) = inner.split_at_checked(end)?;
        let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
        is_name.then_some((name, rest))
    }

    /// The script whose output it is: what stands in `$(…)` or backticks.
    pub fn substitution(&self) -> Option<&'w str> {
        if let Some(rest) = self.text.strip_prefix("$(") {
            return if rest.starts_with('(') { None } else { rest.strip_suffix(')') };
        }
        self.text.strip_prefix('`')?.strip_suffix('`')
    }
}

impl Word {
    /// Its expansions, in order, those within others left out.
    pub fn expansions(&self) -> Vec<Expansion<'_>> {
        if !self.has_expansion {
            return Vec::new();
        }
        let places = decode(&self.raw).expansions.into_iter();
        let expansions = places.filter_map(|place| {
            let range = place.start..place.end;
            Some(Expansion { text: self.raw.get(range.clone())?, range, quoted: place.quoted })
        });
        expansions.collect()
    }

    /// Where a part of the raw text stands in the source; the whole word where lines were joined within it.
    pub fn part(&self, range: &Range<usize>) -> Span {
        let (Ok(start), Ok(end)) = (u32::try_from(range.start), u32::try_from(range.end)) else { return self.span };
        if usize::try_from(self.span.len()) != Ok(self.raw.len()) {
            return self.span;
        }
        let at = |offset: u32| self.span.start.saturating_add(offset).min(self.span.end);
        Span { start: at(start), end: at(end), ..self.span }
    }
}

impl Command {
    /// The program without its folder; `None` when the command has no name or the name is an expansion.
    pub fn program(&self) -> Option<&str> {
        let name = self.name.as_ref()?;
        let base = base_name(&name.text);
        (!base.is_empty() && !base.contains(['$', '`'])).then_some(base)
    }

    /// Whether the program is `name`: `/usr/bin/apt-get` is `apt-get`.
    pub fn is(&self, name: &str) -> bool {
        self.program() == Some(name)
    }

    /// Whether the program is one of `names`.
    pub fn is_any(&self, names: &[&str]) -> bool {
        self.program().is_some_and(|program| names.contains(&program))
    }

    /// Whether one of `flags` is given; `-y` is also found in `-qqy`, `--yes` also in `--yes=true`.
    pub fn has_flag(&self, flags: &[&str]) -> bool {
        self.flag(flags).is_some()
    }

    /// The word that gives one of `flags`, for a label. Words after `--` are not options.
    ///
    /// A cluster is read up to its first character that is no letter or digit, so that `-oDpkg::Opt=y` is not `-y`; an
    /// option with its value attached (`-fmyfile`) may still look like a cluster: use [`Self::flag_among`] there.
    pub fn flag(&self, flags: &[&str]) -> Option<&Word> {
        self.flag_among(flags, &OptionsWithArguments::default())
    }

    /// [`Self::flag`] for a program whose options with arguments are known: neither their values nor what is attached
    /// to them is taken for a flag.
    pub fn flag_among(&self, flags: &[&str], options: &OptionsWithArguments) -> Option<&Word> {
        let mut args = self.args.iter();
        while let Some(word) = args.next() {
            if word.text == "--" {
                return None;
            }
            if flags.iter().any(|flag| gives(&word.text, flag, options)) {
                return Some(word);
            }
            if options.takes_next(&word.text) {
                args.next();
            }
        }
        None
    }

    /// The argument of the last of `names` that is given: `--flag=value`, `--flag value`, `-o value`, `-ovalue`,
    /// `-qo value`.
    pub fn option_value(&self, names: &[&str]) -> Option<OptionValue<'_>> {
        self.option_values(names).pop()
    }

    /// The arguments of every occurrence of `names`.
    pub fn option_values(&self, names: &[&str]) -> Vec<OptionValue<'_>> {
        let mut found = Vec::new();
        let mut args = self.args.iter();
        while let Some(word) = args.next() {
            if word.text == "--" {
                break;
            }
            for name in names {
                match argument(&word.text, name) {
                    Argument::Here(text) => found.push(OptionValue { text, word }),
                    Argument::Next => found.extend(args.next().map(|word| OptionValue { text: &word.text, word })),
                    Argument::None => continue,
                }
                break;
            }
        }
        found
    }

    /// The words that are neither options nor their arguments; after `--`, all of them.
    pub fn positionals(&self, options: &OptionsWithArguments) -> Vec<&Word> {
        let mut found = Vec::new();
        let mut args = self.args.iter();
        while let Some(word) = args.next() {
            if word.text == "--" {
                found.extend(args);
                break;
            }
            if word.text.len() > 1 && word.text.starts_with('-') {
                if options.takes_next(&word.text) {
                    args.next();
                }
                continue;
            }
            found.push(word);
        }
        found
    }

    /// The first positional: `install` in `apt-get -y install curl`.
    pub fn subcommand(&self, options: &OptionsWithArguments) -> Option<&Word> {
        self.positionals(options).first().copied()
    }

    /// Whether the first positional is one of `names`.
    pub fn has_subcommand(&self, names: &[&str], options: &OptionsWithArguments) -> bool {
        self.subcommand(options).is_some_and(|word| names.contains(&word.text.as_str()))
    }
}

impl OptionsWithArguments<'_> {
    /// Whether the argument of the option in `text` is the next word.
    pub(super) fn takes_next(&self, text: &str) -> bool {
        if self.long.contains(&text) {
            return true;
        }
        let Some(cluster) = text.strip_prefix('-').filter(|rest| !rest.starts_with('-')) else { return false };
        // The first letter that takes an argument takes the rest of the cluster, if there is a rest.
        cluster
            .find(|letter| self.short.contains(letter))
            .is_some_and(|at| cluster.get(at..).is_some_and(|rest| rest.chars().count() == 1))
    }
}

/// Whether the word `text` gives `flag`.
fn gives(text: &str, flag: &str, options: &OptionsWithArguments) -> bool {
    if let Some(rest) = text.strip_prefix(flag)
        && (rest.is_empty() || (rest.starts_with('=') && flag.len() > 2))
    {
        return true;
    }
    let Some(letter) = short_letter(flag) else { return false };
    let Some(cluster) = text.strip_prefix('-').filter(|rest| !rest.starts_with('-')) else { return false };
    for found in cluster.chars() {
        if found == letter {
            return true;
        }
        if !found.is_ascii_alphanumeric() || options.short.contains(found) {
            return false;
        }
    }
    false
}

/// The letter of `-x`.
fn short_letter(flag: &str) -> Option<char> {
    let mut letters = flag.strip_prefix('-')?.chars();
    let letter = letters.next().filter(|&letter| letter != '-')?;
    letters.next().is_none().then_some(letter)
}

enum Argument<'a> {
    None,
    Here(&'a str),
    Next,
}

/// The argument that the word `text` gives to the option `name`.
fn argument<'a>(text: &'a str, name: &str) -> Argument<'a> {
    if text == name {
        return Argument::Next;
    }
    let Some(letter) = short_letter(name) else {
        return text.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')).map_or(Argument::None, Argument::Here);
    };
    let Some(cluster) = text.strip_prefix('-').filter(|rest| !rest.starts_with('-')) else { return Argument::None };
    if let Some(rest) = cluster.strip_prefix(letter) {
        return Argument::Here(rest.strip_prefix('=').unwrap_or(rest));
    }
    let last = cluster.chars().all(|found| found.is_ascii_alphanumeric()) && cluster.ends_with(letter);
    if last { Argument::Next } else { Argument::None }
}
