//! What stands in every text that may hold a setting, and where it stands; the prefilter of tokens finds it on its way.

use std::ops::Range;

/// What a stem is a part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stem {
    /// A name that may promise a secret.
    Name,
    /// `://`
    Url,
    /// `@tcp(`: an address without a scheme.
    Dsn,
    /// `Bearer `, `Basic `
    Scheme,
    /// A program with flags of its own.
    Program,
    /// `IDENTIFIED BY`
    Identified,
    /// `kind: Secret`
    Secret,
}

/// Where a stem stands. In order of the places, and there in that of the declarations, of which the first speaks. Eight bytes: there may
/// be one for every four of a large text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    start: u32,
    /// In [`STEMS`].
    index: u16,
    length: u16,
}

impl Place {
    /// That of a stem; `None` behind 4 GiB, where no text reaches.
    pub(crate) fn new(index: u16, range: &Range<usize>) -> Option<Self> {
        Some(Self { start: u32::try_from(range.start).ok()?, index, length: u16::try_from(range.len()).ok()? })
    }

    fn range(self) -> Range<usize> {
        let start = self.start as usize;
        start..start.saturating_add(usize::from(self.length))
    }
}

/// The stems of a text.
#[derive(Debug)]
pub(crate) struct Stems(Vec<Place>);

impl Stems {
    /// Of all places in any order.
    pub(crate) fn of(mut places: Vec<Place>) -> Self {
        places.sort_unstable();
        Self(places)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// In order; no two overlap.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Stem, Range<usize>)> + '_ {
        let mut free = 0;
        self.0.iter().filter_map(move |place| {
            let range = place.range();
            let (_, stem) = STEMS.get(usize::from(place.index)).filter(|_| range.start >= free)?;
            free = range.end;
            Some((*stem, range))
        })
    }
}

/// In lower case; three bytes each at least, but for `pw`, which the prefilter knows.
#[rustfmt::skip]
pub(crate) static STEMS: &[(&str, Stem)] = &[
    ("kind: secret", Stem::Secret), ("\"kind\": \"secret\"", Stem::Secret), ("\"kind\":\"secret\"", Stem::Secret),
    ("identified by", Stem::Identified), ("authorization: token ", Stem::Scheme),
    ("sshpass", Stem::Program), ("chpasswd", Stem::Program), ("htpasswd", Stem::Program), ("change_password", Stem::Program),
    ("pass", Stem::Name), ("pw", Stem::Name), ("psw", Stem::Name), ("secret", Stem::Name), ("secur", Stem::Name),
    ("token", Stem::Name), ("key", Stem::Name), ("auth", Stem::Name), ("cred", Stem::Name), ("bearer ", Stem::Scheme),
    ("basic ", Stem::Scheme), ("://", Stem::Url), ("@tcp(", Stem::Dsn), ("@unix(", Stem::Dsn), ("salt", Stem::Name),
    ("pepper", Stem::Name), ("webhook", Stem::Name), ("connectionstr", Stem::Name), ("connstr", Stem::Name),
    ("mdp", Stem::Name), ("senha", Stem::Name), ("kennwort", Stem::Name), ("wachtwoord", Stem::Name),
    ("parola", Stem::Name), ("contrase", Stem::Name), ("clave", Stem::Name), ("geheim", Stem::Name),
    ("has\u{142}o", Stem::Name), ("haslo", Stem::Name), ("heslo", Stem::Name), ("salasana", Stem::Name),
    ("l\u{f6}senord", Stem::Name), ("losenord", Stem::Name), ("jelszo", Stem::Name), ("jelsz\u{f3}", Stem::Name),
    ("\u{43f}\u{430}\u{440}\u{43e}\u{43b}\u{44c}", Stem::Name), ("\u{41f}\u{430}\u{440}\u{43e}\u{43b}\u{44c}", Stem::Name),
    ("\u{5bc6}\u{7801}", Stem::Name), ("\u{53e3}\u{4ee4}", Stem::Name), ("\u{5bc6}\u{94a5}", Stem::Name),
    ("\u{30d1}\u{30b9}\u{30ef}\u{30fc}\u{30c9}", Stem::Name), ("\u{be44}\u{bc00}\u{bc88}\u{d638}", Stem::Name),
    ("mysql", Stem::Program), ("mariadb", Stem::Program), ("redis-cli", Stem::Program), ("ldap", Stem::Program),
    ("login", Stem::Program), ("curl", Stem::Program), ("mongo", Stem::Program), ("sqlcmd", Stem::Program),
    ("add_user", Stem::Program), ("smbclient", Stem::Program),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detector::tokens_and_stems;

    /// What [`Stems`] says, found the slow way.
    fn searched(text: &str) -> Vec<(Stem, Range<usize>)> {
        let mut found = Vec::new();
        let mut at = 0;
        while at < text.len() {
            let rest = text.as_bytes().get(at..).unwrap_or_default();
            let starts = |word: &str| rest.get(..word.len()).is_some_and(|it| it.eq_ignore_ascii_case(word.as_bytes()));
            match STEMS.iter().find(|(word, _)| starts(word)) {
                Some((word, stem)) => {
                    found.push((*stem, at..at + word.len()));
                    at += word.len();
                }
                None => at += 1,
            }
        }
        found
    }

    #[test]
    fn stems_are_found_wherever_they_stand() {
        for (word, _) in STEMS {
            for before in ["", "x", "xy", "xyz", "p", "key-", "mysql"] {
                for after in ["", "w", "wd", " = 1", "words: here"] {
                    for word in [(*word).to_owned(), word.to_ascii_uppercase()] {
                        let text = format!("{before}{word}{after}");
                        let (_, stems) = tokens_and_stems(&text);
                        assert_eq!(stems.iter().collect::<Vec<_>>(), searched(&text), "{text}");
                    }
                }
            }
        }
    }
}
