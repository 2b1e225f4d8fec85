//! `.tflint.hcl`.
//!
//! Only the rules of tflint's own ruleset for the language have an equivalent; those of plugins for providers are about
//! values that only the provider knows.

use std::path::Path;

use portcullis_core::{FileId, Span};
use portcullis_syntax::hcl::{self, Block, Body, Expr, ExprKind};

use super::ImportError;
use super::peer::{Family, Peer};
use super::plan::{Plan, Run};

pub(super) fn read(path: &Path, text: &str, plan: &mut Plan<'_>) -> Result<(), ImportError> {
    let file = hcl::parse(text, FileId(0));
    if let Some(error) = file.errors.first() {
        let line = plan.line_of(error.span);
        return Err(ImportError::Invalid { path: path.to_owned(), line, message: error.message.clone() });
    }
    let settings = || file.body.blocks_of("config").map(|block| &block.body);
    let is_named_only = settings().any(|body| flag(body, "disabled_by_default") == Some(true));
    plan.runs(Family::Terraform, if is_named_only { Run::Named } else { Run::Defaults });
    for block in &file.body.blocks {
        match &*block.kind.name {
            "rule" => rule(block, plan),
            "config" => config(&block.body, plan),
            "plugin" => plugin(block, plan),
            "tflint" => {}
            other => no_equivalent(block.header, &format!("`{other}`"), plan),
        }
    }
    Ok(())
}

fn rule(block: &Block, plan: &mut Plan<'_>) {
    let Some(id) = block.labels.first() else { return };
    let (line, name) = (plan.line_of(id.span), &*id.name);
    let is_on = flag(&block.body, "enabled");
    if is_on == Some(false) {
        plan.off(Peer::Tflint, name, line);
        return;
    }
    for rule in plan.named(Peer::Tflint, name, line) {
        plan.on(rule);
    }
    for attribute in block.body.attributes.iter().filter(|attribute| &*attribute.name.name != "enabled") {
        no_equivalent(attribute.name.span, &format!("`{}` of `{name}`", attribute.name.name), plan);
    }
    for inner in &block.body.blocks {
        no_equivalent(inner.header, &format!("`{}` of `{name}`", inner.kind.name), plan);
    }
}

fn config(body: &Body, plan: &mut Plan<'_>) {
    for attribute in &body.attributes {
        let line = plan.line_of(attribute.name.span);
        match &*attribute.name.name {
            "varfile" => plan.remark(line, "`varfile` is `--tf-var-file` on the command line".to_owned()),
            "format" => plan.remark(line, "`format` is `--format` on the command line".to_owned()),
            "force" if is_true(&attribute.value) => {
                plan.remark(line, "`force` is `--exit-zero` on the command line".to_owned());
            }
            // Local modules are always followed, and others where they are at hand.
            "call_module_type" | "module" | "force" | "disabled_by_default" => {}
            other => no_equivalent(attribute.name.span, &format!("`{other}`"), plan),
        }
    }
}

fn plugin(block: &Block, plan: &mut Plan<'_>) {
    let Some(name) = block.labels.first() else { return };
    if flag(&block.body, "enabled") == Some(false) {
        return;
    }
    let preset = block.body.attribute("preset").and_then(|preset| text(&preset.value));
    match (&*name.name, preset) {
        ("terraform", None | Some("recommended")) => {}
        ("terraform", Some(preset)) => {
            let message = format!("the preset `{preset}` has no equivalent: name its rules, or use `profile: all`");
            plan.remark(plan.line_of(name.span), message);
        }
        (other, _) => no_equivalent(name.span, &format!("the plugin `{other}`"), plan),
    }
}

fn no_equivalent(span: Span, what: &str, plan: &mut Plan<'_>) {
    plan.remark(plan.line_of(span), format!("{what} has no equivalent"));
}

fn flag(body: &Body, name: &str) -> Option<bool> {
    match body.attribute(name)?.value.kind {
        ExprKind::Bool(flag) => Some(flag),
        _ => None,
    }
}

fn is_true(value: &Expr) -> bool {
    matches!(value.kind, ExprKind::Bool(true))
}

fn text(value: &Expr) -> Option<&str> {
    match &value.kind {
        ExprKind::String(text) => Some(text),
        _ => None,
    }
}
