//! `.gitleaksignore`: a finding on each line, `file:rule:line` or `commit:file:rule:line`.
//!
//! Lines move, and are not kept: an entry holds for its rule in the whole file.

use super::plan::{Fingerprint, Plan};

pub(super) fn read(text: &str, plan: &mut Plan<'_>) {
    let mut told = false;
    for (line, content) in (1..).zip(text.lines()) {
        let content = content.trim().trim_start_matches('\u{feff}');
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        let Some(fingerprint) = parsed(content, line) else {
            plan.remark(line, "this is no `file:rule:line` and no `commit:file:rule:line`".to_owned());
            continue;
        };
        if !told && fingerprint.commit.is_none() {
            told = true;
            let message = "lines are not kept: an entry holds for its rule in the whole file".to_owned();
            plan.remark(line, message);
        }
        plan.fingerprint(fingerprint);
    }
}

fn parsed(content: &str, line: u32) -> Option<Fingerprint> {
    let (rest, number) = content.rsplit_once(':')?;
    number.parse::<u32>().ok()?;
    let (place, rule) = rest.rsplit_once(':')?;
    let is_commit = |text: &str| text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let (commit, path) = match place.split_once(':') {
        Some((commit, path)) if is_commit(commit) => (Some(commit.to_owned()), path),
        _ => (None, place),
    };
    let is_named = !path.is_empty() && !rule.is_empty();
    is_named.then(|| Fingerprint { commit, path: path.to_owned(), rule: rule.to_owned(), line })
}
