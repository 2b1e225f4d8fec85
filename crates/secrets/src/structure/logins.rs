//! Files that consist of logins, one in each line: `.pgpass`. No name stands in them.

use super::assignment::{Candidate, Place};
use super::page::Page;
use super::text::Literal;
use crate::Slot;

/// Whether the file is one of these.
pub(super) fn is_list(path: &str) -> bool {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    matches!(name, ".pgpass" | "pgpass" | "pgpass.conf")
}

/// Looks at each `host:port:database:user:password`.
pub(super) fn lines(page: &mut Page<'_>) {
    let text = page.text();
    let mut at = 0;
    for line in text.all.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let line = line.trim_end();
        let Some(password) = line.splitn(5, ':').nth(4).filter(|_| !line.starts_with('#')) else { continue };
        let end = start + line.len();
        let Some(literal) = Literal::plain(text, end - password.len()..end) else { continue };
        page.tell(&Candidate::password("", literal, Place::Setting), Slot::Setting);
        if page.is_full() {
            break;
        }
    }
}
