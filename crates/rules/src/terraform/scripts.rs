//! Secrets in the scripts that machines run when they start.

use std::ops::Range;

use portcullis_model::base64::decode_base64;
use portcullis_model::terraform::policy::UNKNOWN;
use portcullis_model::terraform::value::Piece;
use portcullis_secrets::credential::{all_known, assignments, is_sample, is_secret};

use super::prelude::*;

/// Reports the first secret in each script that a resource has at one of the paths; the script is hidden as a whole.
/// `name` is what the provider calls it: `user data`.
pub(crate) fn judge(
    paths: &[&str],
    (name, help): (&str, &'static str),
    resource: &Resource,
    configuration: &Configuration,
    report: &mut Report<'_>,
) {
    for lookup in paths.iter().flat_map(|path| resource.get(path)) {
        let found = match lookup {
            Lookup::Present(found) => found,
            Lookup::Absent(_) => continue,
            Lookup::Unknown(_) => {
                report.undecided();
                continue;
            }
        };
        let Some(text) = script(found.value) else {
            report.undecided();
            continue;
        };
        if let Some(what) = secret_in(&text) {
            let message = format!("{name} of `{}` holds a secret: {what}", resource.local);
            report.at_value(found, resource, configuration, message).help(help).mask(found.value.span);
        }
    }
}

/// The text of a script, decoded where it is in base64; [`UNKNOWN`] stands for parts that are not known. `None` where nothing
/// of it is.
fn script(value: &Value) -> Option<String> {
    match &value.kind {
        Kind::String(text) => {
            let decoded = || decode_base64(text.trim()).and_then(|bytes| String::from_utf8(bytes).ok());
            // A script has blanks; what has none may be one in base64.
            let plain = text.trim().contains([' ', '\n']);
            Some(if plain { None } else { decoded() }.unwrap_or_else(|| text.to_string()))
        }
        Kind::Template(pieces) => {
            let known = |piece: &Piece| match piece {
                Piece::Text(text) => text.to_string(),
                Piece::Unknown(_) => UNKNOWN.to_string(),
            };
            Some(pieces.iter().map(known).collect())
        }
        _ => None,
    }
}

/// The first secret in a script that is wholly known, as it may stand in a message.
fn secret_in(text: &str) -> Option<String> {
    let is_whole = |range: &Range<usize>| text.get(range.clone()).is_some_and(|part| !part.contains(UNKNOWN));
    let mut all = assignments(text);
    let setting = all.find(|it| is_whole(&it.range) && (is_secret(it.name, it.value) || is_sample(it.value)));
    let known = || all_known(text).into_iter().find(|it| is_whole(&it.range)).map(|it| it.what.to_owned());
    setting.map(|it| format!("`{}`", it.name)).or_else(known)
}
