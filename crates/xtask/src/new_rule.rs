//! Scaffolds a rules file. Its examples fail until the check is written.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::catalogue::{self, Row};
use crate::workspace;

pub(crate) fn new_rule(id: &str) -> Result<()> {
    let Some((domain, name)) = Domain::of(id) else {
        bail!("`{id}` begins with none of k8s-, docker- and actions-");
    };
    let kebab = name
        .split('-')
        .all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()));
    ensure!(kebab && !name.starts_with(|c: char| c.is_ascii_digit()), "`{id}` is not kebab-case");
    if let Some(rule) = portcullis_rules::builtin().find(|rule| rule.meta.id == id) {
        bail!("`{id}` exists: {}", rule.meta.title());
    }
    let root = workspace::root()?;
    let module = name.replace('-', "_");
    let folder = root.join("crates/rules/src").join(domain.folder());
    let file = folder.join(format!("{module}.rs"));
    ensure!(!file.exists(), "{} exists", file.display());
    let list = folder.join("mod.rs");
    let listed = with_module(&std::fs::read_to_string(&list)?, &module)?;

    let row = match workspace::shared(&root) {
        Some(shared) => catalogue::row(&shared.join("catalogue"), id)?,
        None => None,
    };
    std::fs::write(&file, source(domain, id, row.as_ref()))?;
    std::fs::write(&list, listed)?;
    format(&[&file, &list])?;

    let shown = file.strip_prefix(&root).unwrap_or(&file).display();
    println!("wrote {shown} and listed it in {}/mod.rs", domain.folder());
    match &row {
        Some(row) => println!("the catalogue says (its doubts.md may correct it): {}", row.condition),
        None => println!("the catalogue has no such row: severity, profile and peers are yours to fill in"),
    }
    println!("next:");
    println!("  1. write title, reason, examples and check in {shown}");
    println!("  2. cargo test -p portcullis-rules     (its examples fail until then)");
    println!("  3. cargo xtask docs                   (the rule in docs/rules.md)");
    println!("  4. where a peer decides otherwise, a row in docs/differences.md; a line in CHANGELOG.md");
    Ok(())
}

#[derive(Clone, Copy)]
enum Domain {
    Kubernetes,
    Dockerfile,
    Compose,
    Actions,
}

impl Domain {
    fn of(id: &str) -> Option<(Self, &str)> {
        let all = [
            ("k8s-", Self::Kubernetes),
            ("docker-", Self::Dockerfile),
            ("compose-", Self::Compose),
            ("actions-", Self::Actions),
        ];
        all.into_iter().find_map(|(prefix, domain)| Some((domain, id.strip_prefix(prefix)?)))
    }

    const fn folder(self) -> &'static str {
        match self {
            Self::Kubernetes => "kubernetes",
            Self::Dockerfile => "dockerfile",
            Self::Compose => "compose",
            Self::Actions => "actions",
        }
    }

    /// Import, kind of check, parameter, and the two examples of the template.
    const fn parts(self) -> (&'static str, &'static str, &'static str, &'static str, &'static str) {
        match self {
            Self::Kubernetes => (
                "use portcullis_model::kubernetes::Pod;\n\nuse crate::rule::prelude::*;",
                "Pod",
                "_pod: &Pod<'_>",
                "yaml bad:5\n    /// apiVersion: v1\n    /// kind: Pod\n    /// metadata: { name: web }\n    /// spec:\n    ///   containers: [{ name: web, image: web:1 }]",
                "yaml good\n    /// apiVersion: v1\n    /// kind: Pod\n    /// metadata: { name: web }\n    /// spec: { containers: [{ name: web, image: web:1 }] }",
            ),
            Self::Dockerfile => (
                "use crate::dockerfile::Image;\nuse crate::rule::prelude::*;",
                "Dockerfile",
                "_image: &Image<'_>",
                "dockerfile bad:2\n    /// FROM debian:13\n    /// RUN make install",
                "dockerfile good\n    /// FROM debian:13\n    /// RUN make install",
            ),
            Self::Compose => (
                "use portcullis_model::compose::{Project, Service};\n\nuse crate::rule::prelude::*;",
                "ComposeService",
                "_service: &Service<'_>, _: &Project<'_>",
                "compose bad:3\n    /// services:\n    ///   web:\n    ///     image: web:1",
                "compose good\n    /// services:\n    ///   web: { image: \"web:1\" }",
            ),
            Self::Actions => (
                "use portcullis_model::actions::Step;\n\nuse super::{ActionsCheck, Scope};\nuse crate::rule::prelude::*;",
                "Actions(ActionsCheck::Step",
                "_step: &Step<'_>, _scope: Scope<'_, '_>",
                "workflow bad:5\n    /// on: push\n    /// jobs:\n    ///   build:\n    ///     runs-on: ubuntu-latest\n    ///     steps: [{ run: make }]",
                "workflow good\n    /// on: push\n    /// jobs:\n    ///   build:\n    ///     runs-on: ubuntu-latest\n    ///     steps: [{ run: make }]",
            ),
        }
    }
}

fn source(domain: Domain, id: &str, row: Option<&Row>) -> String {
    let (imports, check, parameter, bad, good) = domain.parts();
    let closed = ")".repeat(check.matches('(').count() + 1);
    let name = Domain::of(id).map_or(id, |(_, name)| name);
    let function = name.replace('-', "_");
    let constant = function.to_uppercase();
    let severity = match row.map_or("medium", |row| row.severity.as_str()) {
        "critical" => "Critical",
        "high" => "High",
        "low" => "Low",
        "info" => "Info",
        _ => "Medium",
    };
    let profile = match row.map_or("recommended", |row| row.profile.as_str()) {
        "all" => "\n        profile: Profile::All,",
        "opt-in" => "\n        profile: Profile::OptIn,",
        _ => "",
    };
    let peers: Vec<String> = row.into_iter().flat_map(|row| &row.peers).map(|peer| format!("\"{peer}\",")).collect();
    let peers = peers.join(
        "
            ",
    );
    format!(
        r#"//! What these rules decide, and what they cannot know.

{imports}

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&{constant}];

rule! {{
    /// The bad state in a few words
    ///
    /// Why it matters, and when the rule stays silent.
    ///
    /// ```{bad}
    /// ```
    /// ```{good}
    /// ```
    {constant} = "{id}" {{
        check: Check::{check}({function}{closed},
        severity: Severity::{severity},{profile}
        peers: &[
            {peers}
        ],
    }}
}}

fn {function}({parameter}, _report: &mut Report<'_>) {{}}
"#
    )
}

/// The text of a `mod.rs` with one more module and its `RULES`, both in order.
fn with_module(text: &str, module: &str) -> Result<String> {
    const OPENING: &str = "RULES: &[&[&Rule]] = &[";
    let (before, after) = text.split_once(OPENING).context("mod.rs has no `RULES: &[&[&Rule]] = &[`")?;
    let (entries, after) = after.split_once("];").context("the list of RULES is not closed")?;
    let entry = format!("{module}::RULES");
    let mut entries: Vec<&str> = entries.split(',').map(str::trim).filter(|entry| !entry.is_empty()).collect();
    entries.push(&entry);
    entries.sort_unstable();

    let line = format!("mod {module};");
    let mut lines: Vec<&str> = before.lines().collect();
    let is_module = |line: &&str| line.starts_with("mod ") && line.ends_with(';');
    let last = lines.iter().rposition(is_module).map(|at| at + 1);
    let place = lines.iter().position(|existing| is_module(existing) && *existing > line.as_str()).or(last);
    if let Some(place) = place {
        lines.insert(place, &line);
    } else {
        // The first module of the folder stands after the imports.
        let imports = lines.iter().rposition(|line| line.starts_with("use ")).map_or(0, |at| at + 1);
        lines.splice(imports..imports, ["", line.as_str()]);
    }
    Ok(format!("{}{OPENING}{}];{after}", lines.join("\n"), entries.join(", ")))
}

fn format(files: &[&Path]) -> Result<()> {
    // `mod.rs` leads rustfmt to the other files of the folder, which are formatted already.
    let status = Command::new("rustfmt").args(["--edition", "2024"]).args(files).status();
    ensure!(status.context("cannot run rustfmt")?.success(), "rustfmt refused what was written");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_listed_in_order() {
        let head = "//! Rules.\n\nuse crate::Rule;\n";
        for (before, module, after) in [
            (
                "\npub(crate) static RULES: &[&[&Rule]] = &[];\n",
                "a",
                "\nmod a;\n\npub(crate) static RULES: &[&[&Rule]] = &[a::RULES];\n",
            ),
            (
                "\nmod b;\n\n/// X.\nstatic RULES: &[&[&Rule]] = &[b::RULES];\n",
                "a",
                "\nmod a;\nmod b;\n\n/// X.\nstatic RULES: &[&[&Rule]] = &[a::RULES, b::RULES];\n",
            ),
            (
                "\nmod a;\nmod c;\n\nstatic RULES: &[&[&Rule]] = &[\n    a::RULES,\n    c::RULES,\n];\nfn x() {}\n",
                "d",
                "\nmod a;\nmod c;\nmod d;\n\nstatic RULES: &[&[&Rule]] = &[a::RULES, c::RULES, d::RULES];\nfn x() {}\n",
            ),
        ] {
            let listed = with_module(&format!("{head}{before}"), module).unwrap();
            assert_eq!(listed, format!("{head}{after}"));
        }
        assert!(with_module("//! Nothing.\n", "a").is_err());
    }
}
