//! Expressions that do not mean what they look like.

use portcullis_model::actions::{Site, Step, Usage, UsesKind};
use portcullis_syntax::expression::{Constant, Expr, ExprKind};

use super::{ActionsCheck, Scope};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] =
    &[&UNSOUND_CONDITION, &CONDITION_CONSTANT, &UNSOUND_CONTAINS, &UNSOUND_TERNARY, &EXPRESSION_OBFUSCATED];

rule! {
    /// Condition is always true
    ///
    /// Text around `${{ }}` makes the condition a string, and every string but the empty one is true: the line break that ends
    /// a block scalar (`if: |`) is enough. So is a constant. A guard that never holds anything back looks like one that does.
    ///
    /// ```workflow bad:5
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     if: ${{ github.ref == 'refs/heads/main' }} && ${{ github.event_name == 'push' }}
    ///     steps: [{ run: make }]
    /// ```
    /// ```workflow bad:6
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     if: |
    ///       ${{ github.actor == 'octocat' }}
    ///     steps: [{ run: make }]
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     if: |
    ///       github.actor == 'octocat' &&
    ///       github.ref == 'refs/heads/main'
    ///     steps:
    ///       - { run: make, if: "${{ always() }}" }
    ///       - { run: make, if: false }
    /// ```
    UNSOUND_CONDITION = "actions-unsound-condition" {
        check: Check::Actions(ActionsCheck::Expression(unsound_condition)),
        severity: Severity::High,
        tags: &["cwe-570"],
        peers: &["zizmor:unsound-condition", "actionlint:if-cond", "poutine:if_always_true"],
    }
}

fn unsound_condition(usage: &Usage<'_>, _: Scope<'_, '_>, report: &mut Report<'_>) {
    if !usage.site.is_condition() {
        return;
    }
    let text = usage.node.text();
    // `true` and `false` by themselves are switches that somebody set.
    if let Some(expr) = usage.expr()
        && !matches!(expr.kind, ExprKind::Bool(_))
        && expr.constant().is_some_and(|constant| constant.is_truthy())
    {
        report.at(usage.place_of(expr), "the condition is always true").help("remove it, or write `true`");
        return;
    }
    let before = text.get(..usage.fence.start as usize).unwrap_or_default();
    // Several fences are one condition.
    if usage.is_bare || before.contains("${{") {
        return;
    }
    let around = before.len() + text.get(usage.fence.end as usize..).map_or(0, str::len);
    if around > 0 {
        let only_blank =
            before.trim().is_empty() && text.get(usage.fence.end as usize..).unwrap_or_default().trim().is_empty();
        let help = if only_blank {
            "leave `${{ }}` out, or end the block scalar's header with `-`"
        } else {
            "put the whole condition into one `${{ }}`, or leave it out"
        };
        report
            .at(usage.place(usage.fence.start, usage.fence.end), "the condition is a string, and so always true")
            .help(help);
    }
}

rule! {
    /// Condition is a switch
    ///
    /// `if: false` keeps a job or a step from running, for ever and without a word why, and `if: true` says nothing. What is
    /// always true without being written so is `actions-unsound-condition`.
    ///
    /// ```workflow bad:4
    /// on: push
    /// jobs:
    ///   build:
    ///     if: false
    ///     runs-on: ubuntu-latest
    ///     steps: [{ run: make }]
    /// ```
    /// ```workflow bad:7
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: make
    ///         if: ${{ 'main' == 'release' }}
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   build:
    ///     if: ${{ !cancelled() }}
    ///     runs-on: ubuntu-latest
    ///     steps: [{ run: make, if: inputs.deploy }]
    /// ```
    CONDITION_CONSTANT = "actions-condition-constant" {
        check: Check::Actions(ActionsCheck::Expression(condition_constant)),
        severity: Severity::Info,
        profile: Profile::All,
        peers: &["actionlint:if-cond"],
        yields_to: &["actions-unsound-condition"],
    }
}

fn condition_constant(usage: &Usage<'_>, _: Scope<'_, '_>, report: &mut Report<'_>) {
    let Some(expr) = usage.expr().filter(|_| usage.site.is_condition()) else { return };
    let Some(constant) = expr.constant() else { return };
    let fence = usage.fence.end.saturating_sub(usage.fence.start) as usize;
    let around = usage.node.text().trim().len() > fence;
    // With text around it, it is a string.
    if (constant.is_truthy() && !matches!(expr.kind, ExprKind::Bool(_))) || (around && !usage.is_bare) {
        return;
    }
    let (what, help) = if constant.is_truthy() {
        ("true", "remove the condition")
    } else {
        ("false", "remove what never runs, or say in a comment what it waits for")
    };
    report.at(usage.place_of(expr), format!("the condition is always {what}")).help(help);
}

rule! {
    /// `contains` looks for a part of a text where a list is meant
    ///
    /// With a string on the left, `contains` is true for every part of it: `contains('main release', github.ref_name)` also for
    /// a branch `lea`. Whoever may choose the right side passes. `fromJSON('["main", "release"]')` is a list.
    ///
    /// ```workflow bad:4
    /// on: push
    /// jobs:
    ///   build:
    ///     if: contains('refs/heads/main refs/heads/release', github.ref)
    ///     runs-on: ubuntu-latest
    ///     steps: [{ run: make }]
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   build:
    ///     if: contains(fromJSON('["refs/heads/main"]'), github.ref) || contains('a b', github.event_name)
    ///     runs-on: ubuntu-latest
    ///     steps: [{ run: make }]
    /// ```
    UNSOUND_CONTAINS = "actions-unsound-contains" {
        check: Check::Actions(ActionsCheck::Expression(unsound_contains)),
        severity: Severity::High,
        tags: &["cwe-187"],
        peers: &["zizmor:unsound-contains"],
    }
}

/// Contexts whose value somebody outside may choose.
const CHOSEN: &[&str] = &[
    "github.actor",
    "github.base_ref",
    "github.head_ref",
    "github.ref",
    "github.ref_name",
    "github.sha",
    "github.triggering_actor",
    "runner.name",
];

fn unsound_contains(usage: &Usage<'_>, _: Scope<'_, '_>, report: &mut Report<'_>) {
    let Some(expr) = usage.expr().filter(|_| usage.site.is_condition()) else { return };
    expr.walk(&mut |part| {
        let ExprKind::Call(name, args) = &part.kind else { return };
        let [Expr { kind: ExprKind::String(list), .. }, needle] = args.as_slice() else { return };
        let Some(path) = needle.path().filter(|_| name.eq_ignore_ascii_case("contains")) else { return };
        if CHOSEN.iter().any(|chosen| path.is(chosen)) || matches!(path.root(), "env" | "inputs") {
            report
                .at(usage.place_of(part), format!("any part of `{list}` passes, such as a single letter"))
                .help("use a list: `contains(fromJSON('[\"…\"]'), …)`, or compare with `==`");
        }
    });
}

rule! {
    /// Ternary never gives its first value
    ///
    /// `condition && value || other` gives `other` whenever `value` is empty, zero, false or null: the first value is never the
    /// result.
    ///
    /// ```workflow bad:6
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: make ${{ github.ref_name == 'main' && '' || '--debug' }}
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: make ${{ github.ref_name != 'main' && '--debug' || '' }}
    /// ```
    UNSOUND_TERNARY = "actions-unsound-ternary" {
        check: Check::Actions(ActionsCheck::Expression(unsound_ternary)),
        severity: Severity::Low,
        peers: &["zizmor:unsound-ternary"],
    }
}

fn unsound_ternary(usage: &Usage<'_>, _: Scope<'_, '_>, report: &mut Report<'_>) {
    let Some(expr) = usage.expr() else { return };
    expr.walk(&mut |part| {
        let ExprKind::Or(left, _) = &part.kind else { return };
        // `a && '' || b && '' || c`: the chain leans to the left, so its last operand is the right of an inner node.
        let operand = match &left.kind {
            ExprKind::Or(_, inner) => inner,
            _ => left,
        };
        let ExprKind::And(condition, value) = &operand.kind else { return };
        if condition.constant().is_none() && value.constant().is_some_and(|constant| !constant.is_truthy()) {
            let written = usage.text_of(value);
            report
                .at(usage.place_of(value), format!("`{written}` is never the result: it counts as false"))
                .help("turn the condition round, so that the other value comes first");
        }
    });
}

rule! {
    /// Expression or reference hides what it means
    ///
    /// An expression that is always the same, and a path with `.`, `..` or nothing between slashes, only make a workflow harder
    /// to read: for people, and for tools that look for a name.
    ///
    /// ```workflow bad:6
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: ${{ format('echo {0}', 'hello') }}
    /// ```
    /// ```workflow bad:6
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - uses: actions/cache/save/../save@v4
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - run: ${{ format('echo {0}', github.sha) }} '${{ '{{' }}'
    ///       - uses: actions/cache/save@v4
    /// ```
    EXPRESSION_OBFUSCATED = "actions-expression-obfuscated" {
        check: Check::Actions(ActionsCheck::StepAndExpression(obfuscated_uses, obfuscated_expression)),
        severity: Severity::Low,
        peers: &["zizmor:obfuscation"],
    }
}

fn obfuscated_uses(step: &Step<'_>, _: Scope<'_, '_>, report: &mut Report<'_>) {
    let Some(uses) = step.uses else { return };
    let name = uses.node.text().split('@').next().unwrap_or_default();
    if let UsesKind::Repository { path, .. } = uses.kind
        && (name.ends_with('/') || !path.is_empty() && path.split('/').any(|part| matches!(part, "" | "." | "..")))
    {
        report.at(uses.node, "the path of the action is written in a roundabout way").help("write the path itself");
    }
    if let Some(with) = step.node.field("with").filter(|with| with.text().contains("${{")) {
        report.at(with, "an expression gives all inputs, so that none can be read here").help("write the inputs out");
    }
}

fn obfuscated_expression(usage: &Usage<'_>, scope: Scope<'_, '_>, report: &mut Report<'_>) {
    let Some(expr) = usage.expr() else { return };
    let step = usage.step.and_then(|index| scope.steps().get(index));
    // In a script a literal is text like any other, but braces are written so.
    let is_plain = match &expr.kind {
        ExprKind::Bool(_) | ExprKind::Number(_) => true,
        ExprKind::String(text) => !text.contains(['{', '}', '$']),
        _ => false,
    };
    if is_plain && step.and_then(|step| step.run) == Some(usage.node) {
        let written = usage.text_of(expr);
        report.at(usage.place_of(expr), format!("`{written}` is always the same")).help("write its value");
        return;
    }
    // A condition that is always the same is `actions-unsound-condition`.
    if usage.site == Site::Elsewhere || usage.site.is_condition() && usage.is_bare {
        return;
    }
    let mut found = Vec::new();
    reducible(expr, &mut found);
    for part in found {
        let written = usage.text_of(part);
        report.at(usage.place_of(part), format!("`{written}` is always the same")).help("write its value");
    }
}

/// The outermost parts that are constants without being written as one.
fn reducible<'e>(expr: &'e Expr, found: &mut Vec<&'e Expr>) {
    let is_literal =
        matches!(expr.kind, ExprKind::Null | ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::String(_));
    if is_literal {
        return;
    }
    if expr.constant().is_some_and(|constant| !matches!(constant, Constant::Null)) {
        found.push(expr);
        return;
    }
    for child in expr.children() {
        reducible(child, found);
    }
}
