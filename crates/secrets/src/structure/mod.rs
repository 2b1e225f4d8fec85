//! Credentials that are told by the place where they stand.
//!
//! One pass looks for stems of names (`pass`, `key`, `://`); where one stands, the syntax of its line is asked whether it is
//! a name that is given a value, and [`judge`](crate::judge) whether the value is a secret. No parser has to take the whole text:
//! templates, snippets and fragments are read like any other. Lines that belong together (`name` and `value`, what stands below
//! a key) are told by their indentation. What a program computes is not known, and gives nothing.

mod address;
mod command;
mod exempt;
mod kubernetes;
mod language;
mod link;
mod markup;
mod page;
mod siblings;
mod stems;
mod text;
mod value;

use crate::{Hit, Subject};

/// Adds what the settings of a text hold.
pub(crate) fn settings<'t>(subject: &Subject<'t>, hits: &mut Vec<Hit<'t>>) {
    let mut stems = stems::stems(subject.text).peekable();
    if stems.peek().is_none() {
        return;
    }
    let mut page = page::Page::new(subject);
    page.logins();
    for (stem, found) in stems {
        if page.is_full() {
            break;
        }
        page.look(stem, &found);
    }
    hits.append(&mut page.finish());
}
