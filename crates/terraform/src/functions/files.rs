//! Functions of files and paths.
//!
//! Paths are relative to the folder that the call's place names. Nothing outside the tree is read, and a file
//! that is not in it may be made by a step before Terraform runs: both are unknown, not missing.

use std::sync::Arc;

use portcullis_core::FileError;
use portcullis_model::terraform::value::{Kind, Reason, Value};

use super::encoding::base64;
use super::text::{Part, Text};
use super::{Answer, Call, ELEMENT_LIMIT, SIZE_LIMIT, Stop, sets};

pub(super) fn file(call: &Call<'_>) -> Answer {
    call.string(String::from_utf8(bytes(call)?).map_err(|_| Stop::Refused)?)
}

pub(super) fn filebase64(call: &Call<'_>) -> Answer {
    call.string(base64(&bytes(call)?))
}

pub(super) fn fileexists(call: &Call<'_>) -> Answer {
    let path = path(call, &call.known(0)?)?;
    match call.place.files.read(&path) {
        Ok(_) | Err(FileError::TooLarge { .. }) => call.boolean(true),
        Err(_) => Err(Stop::Unknown(Reason::File)),
    }
}

/// The content of the file that the first argument names.
pub(super) fn bytes(call: &Call<'_>) -> Result<Vec<u8>, Stop> {
    let path = path(call, &call.known(0)?)?;
    match call.place.files.read(&path) {
        Ok(bytes) if bytes.len() > SIZE_LIMIT => Err(Stop::Unknown(Reason::Limit)),
        Ok(bytes) => Ok(bytes),
        Err(FileError::TooLarge { .. }) => Err(Stop::Unknown(Reason::Limit)),
        Err(_) => Err(Stop::Unknown(Reason::File)),
    }
}

/// A path from the working directory; one that is absolute is not known.
fn path(call: &Call<'_>, written: &str) -> Result<String, Stop> {
    if written.starts_with(['/', '~']) || written.contains(['\\', '\0']) {
        return Err(Stop::Unknown(Reason::File));
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in call.place.directory.split('/').chain(written.split('/')) {
        match part {
            "" | "." => {}
            // A module may lie above the working directory; what may be read there is for who reads it to say.
            ".." if parts.last().is_none_or(|last| *last == "..") => parts.push(".."),
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    Ok(parts.join("/"))
}

pub(super) fn fileset(call: &Call<'_>) -> Answer {
    let (folder, pattern) = (path(call, &call.known(0)?)?, call.known(1)?);
    let matcher = glob(&pattern)?;
    let mut walk = Walk { call, matcher, found: Vec::new(), left: ELEMENT_LIMIT };
    walk.folder(&folder, "", 32)?;
    let items: Vec<Value> = walk.found.into_iter().map(|path| Value::string(path, call.at)).collect();
    Ok(call.made(Kind::List(Arc::new(sets::of(&items, false)))))
}

struct Walk<'c, 'a> {
    call: &'c Call<'a>,
    matcher: regex::Regex,
    found: Vec<String>,
    /// How many more entries are looked at.
    left: usize,
}

impl Walk<'_, '_> {
    fn folder(&mut self, folder: &str, inside: &str, depth: usize) -> Result<(), Stop> {
        let depth = depth.checked_sub(1).ok_or(Stop::Unknown(Reason::Limit))?;
        let names = self.call.place.files.list(folder).map_err(|_| Stop::Unknown(Reason::File))?;
        for name in names {
            self.left = self.left.checked_sub(1).ok_or(Stop::Unknown(Reason::Limit))?;
            let join = |folder: &str| if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            let (path, inner) = (join(folder), join(inside));
            // What can be listed is a folder; an empty one and a file look the same only where neither counts.
            if self.call.place.files.list(&path).is_ok() {
                self.folder(&path, &inner, depth)?;
            } else if self.matcher.is_match(&inner) {
                self.found.push(inner);
            }
        }
        Ok(())
    }
}

/// A pattern of `fileset`: `*` and `?` stay within a name, `**` is any folders, `{a,b}` are choices.
fn glob(pattern: &str) -> Result<regex::Regex, Stop> {
    let mut said = String::from("^");
    let mut rest = pattern.strip_prefix("./").unwrap_or(pattern);
    let mut choices = 0_usize;
    while let Some(character) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("**/") {
            said.push_str("(?:.*/)?");
            rest = after;
            continue;
        }
        if let Some(after) = rest.strip_prefix("**") {
            said.push_str(".*");
            rest = after;
            continue;
        }
        rest = rest.get(character.len_utf8()..).unwrap_or_default();
        match character {
            '*' => said.push_str("[^/]*"),
            '?' => said.push_str("[^/]"),
            '{' => {
                choices += 1;
                said.push_str("(?:");
            }
            '}' if choices > 0 => {
                choices -= 1;
                said.push(')');
            }
            ',' if choices > 0 => said.push('|'),
            '[' => {
                let (class, after) = rest.split_once(']').ok_or(Stop::Refused)?;
                let (negation, class) = class.strip_prefix(['^', '!']).map_or(("", class), |class| ("^", class));
                said.push('[');
                said.push_str(negation);
                said.push_str(&regex::escape(class).replace("\\-", "-"));
                said.push(']');
                rest = after;
            }
            '\\' => {
                let quoted = rest.chars().next().ok_or(Stop::Refused)?;
                said.push_str(&regex::escape(quoted.encode_utf8(&mut [0; 4])));
                rest = rest.get(quoted.len_utf8()..).unwrap_or_default();
            }
            _ => said.push_str(&regex::escape(character.encode_utf8(&mut [0; 4]))),
        }
    }
    said.push('$');
    regex::Regex::new(&said).map_err(|_| Stop::Refused)
}

/// Where Terraform runs is not known.
pub(super) fn abspath(call: &Call<'_>) -> Answer {
    let path = call.known(0)?;
    if path.starts_with('/') { call.string(clean(&path)) } else { Err(Stop::Unknown(Reason::Run)) }
}

pub(super) fn pathexpand(call: &Call<'_>) -> Answer {
    let text = call.text(0)?;
    match text.parts().first() {
        Some(Part::Known(known)) if known.starts_with('~') => Err(Stop::Unknown(Reason::Run)),
        Some(Part::Unknown(reason)) => Err(Stop::Unknown(*reason)),
        _ => Ok(call.text_value(text)),
    }
}

/// The last name of a path, which is known where the text ends in it.
pub(super) fn basename(call: &Call<'_>) -> Answer {
    let text = call.text(0)?;
    let Some(reason) = text.unknown() else {
        let text = text.known()?;
        let path = text.trim_end_matches('/');
        return call.string(match (path.rsplit('/').next(), text.is_empty()) {
            (_, true) => ".",
            (None | Some(""), false) => "/",
            (Some(name), false) => name,
        });
    };
    match text.suffix().trim_end_matches('/').rsplit_once('/') {
        Some((_, name)) if !name.is_empty() => call.string(name),
        _ => Err(Stop::Unknown(reason)),
    }
}

pub(super) fn dirname(call: &Call<'_>) -> Answer {
    let text = call.text(0)?;
    if let Some(reason) = text.unknown() {
        // Cut before the last slash of the known end, everything before it stays.
        return match text.suffix().rfind('/') {
            Some(at) if !text.suffix().contains("..") => {
                Ok(call.text_value(Text::map_end(text, |end| end.get(..at).unwrap_or(end).trim_end_matches('/'))))
            }
            _ => Err(Stop::Unknown(reason)),
        };
    }
    let text = text.known()?;
    call.string(match text.rsplit_once('/') {
        Some(("", _)) => "/".to_owned(),
        Some((folder, _)) => clean(folder),
        None => ".".to_owned(),
    })
}

/// A path without `.`, `..` and doubled slashes where they say nothing.
fn clean(path: &str) -> String {
    let is_absolute = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|&last| last != "..") => {
                parts.pop();
            }
            ".." if is_absolute => {}
            part => parts.push(part),
        }
    }
    match (is_absolute, parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".to_owned(),
        (false, false) => parts.join("/"),
    }
}
