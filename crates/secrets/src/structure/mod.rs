//! Credentials that are told by the place where they stand.
//!
//! Stems of names (`pass`, `key`, `://`) come from the pass that finds keywords; where one stands, its line is asked whether it is
//! a name that is given a value, and [`judge`](crate::judge) whether the value is a secret. No parser has to take the whole text:
//! templates, snippets and fragments are read like any other. Lines that belong together (`name` and `value`, what stands below
//! a key) are told by their indentation. What a program computes is not known, and gives nothing.

mod address;
mod assignment;
mod command;
mod exempt;
mod kubernetes;
mod language;
mod link;
mod logins;
mod markup;
mod page;
mod siblings;
mod stems;
mod text;
mod value;

pub(crate) use stems::{Place, STEMS, Stems};

use crate::{Hit, Subject};

/// Adds what the settings of a text hold, in which these stems stand.
pub(crate) fn settings<'t>(subject: &Subject<'t>, stems: &Stems, hits: &mut Vec<Hit<'t>>) {
    if stems.is_empty() && !logins::is_list(subject.path) {
        return;
    }
    let mut page = page::Page::new(subject);
    if logins::is_list(subject.path) {
        logins::lines(&mut page);
        hits.append(&mut page.finish());
        return;
    }
    for (stem, found) in stems.iter() {
        if page.is_full() {
            break;
        }
        page.look(stem, &found);
    }
    hits.append(&mut page.finish());
}
