//! The page of a rule in the book.

use std::fmt::Write as _;

use portcullis_core::{Example, Expect, RuleMeta};

pub(super) fn of_rule(rule: &RuleMeta) -> String {
    let id = &*rule.id;
    let mut page = format!("# {id}\n\n**{}**\n\n", rule.title());
    let _ = writeln!(
        page,
        "| severity | confidence | profile | tags |\n|---|---|---|---|\n| {} | {} | {} | {} |",
        rule.severity,
        rule.confidence,
        rule.profile,
        listed(rule.tags.iter().map(AsRef::as_ref))
    );
    let explanation = rule.explanation();
    if !explanation.is_empty() {
        let _ = write!(page, "\n{explanation}\n");
    }
    let (bad, good): (Vec<Example>, Vec<Example>) =
        rule.examples().into_iter().partition(|example| matches!(example.expect, Expect::Bad { .. }));
    shown(&mut page, "Found", &bad);
    shown(&mut page, "Not found", &good);
    if !rule.options.is_empty() {
        page.push_str("\n## Options\n\n| option | what it is |\n|---|---|\n");
        for option in rule.options.iter() {
            let _ = writeln!(page, "| `{}` | {} |", option.name, super::cell(option.docs));
        }
    }
    if !rule.peers.is_empty() {
        let _ = write!(
            page,
            "\n## Elsewhere\n\n{}. Each id works wherever `{id}` does, and so do their ignore comments.\n",
            listed(rule.peers.iter().map(AsRef::as_ref))
        );
    }
    let _ = write!(
        page,
        "\n## Turning it on and off\n\n```yaml\n# portcullis.yaml\nrules:\n  {id}: off # or a severity\n```\n\n\
         `--only {id}` runs nothing else and `--skip {id}` leaves it out. [Suppressing findings](../suppressions.md) shows the \
         comment for a single place.\n"
    );
    page
}

/// Examples as they stand in the rule's declaration, the line that is found named above each.
fn shown(page: &mut String, heading: &str, examples: &[Example]) {
    for (index, example) in examples.iter().enumerate() {
        if index == 0 {
            let _ = write!(page, "\n## {heading}\n");
        }
        if let Expect::Bad { line } = example.expect {
            let _ = write!(page, "\nAt line {line}:\n");
        }
        for (name, text) in &example.files {
            if example.files.len() > 1 {
                let _ = write!(page, "\n`{name}`\n");
            }
            let fence = fence(text);
            let _ = write!(page, "\n{fence}{}\n{}\n{fence}\n", language(name), text.trim_end());
        }
    }
}

/// A fence that is longer than any in the text.
fn fence(text: &str) -> String {
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or_default();
    "`".repeat(longest.max(2).saturating_add(1))
}

/// The name by which highlighters know a file's language.
fn language(name: &str) -> &str {
    match name.rsplit_once('.').map_or(name, |(_, extension)| extension) {
        "yaml" | "yml" => "yaml",
        "tf" | "hcl" | "tfvars" => "hcl",
        "json" => "json",
        "toml" | "lock" => "toml",
        "xml" => "xml",
        "sh" => "sh",
        _ if name.contains("Dockerfile") => "dockerfile",
        _ => "text",
    }
}

fn listed<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.map(|word| format!("`{}`", super::cell(word))).collect::<Vec<_>>().join(", ")
}
