//! The labelled files: what must be found is found, and what only looks like a secret stays silent.
#![allow(clippy::panic, reason = "a test")]

mod labelled;

use labelled::{Label, Line, scanned};

#[test]
fn labelled_lines_are_judged_right() {
    let lines = scanned();
    assert!(lines.len() >= 1500, "only {} lines", lines.len());
    let truth = lines.iter().filter(|line| line.label.is_true()).count();
    assert!(truth >= 500, "only {truth} lines with secrets");
    let is_wrong = |line: &&Line| match line.label {
        Label::Secret => line.found.is_empty(),
        Label::Lookalike => !line.found.is_empty(),
        Label::Hard | Label::Weak | Label::Nothing => false,
    };
    let say = |line: &Line| format!("{:?} {}:{}: {}", line.label, line.path, line.number, line.text);
    let wrong: Vec<String> = lines.iter().filter(is_wrong).map(say).collect();
    assert!(wrong.is_empty(), "{} lines are judged wrong:\n{}", wrong.len(), wrong.join("\n"));
}
