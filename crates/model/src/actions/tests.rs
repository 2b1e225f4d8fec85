//! Views as tables.

use std::sync::Arc;

use portcullis_core::FileId;
use portcullis_syntax::{Dialect, Tree, expression, yaml};

use super::*;

fn tree(text: &str) -> Tree {
    yaml::parse(FileId(0), &Arc::from(text), Dialect::Yaml12)
}

fn root(tree: &Tree) -> Node<'_> {
    tree.documents().next().expect("the text is not empty").root
}

#[test]
fn paths_say_what_a_file_is() {
    for (path, kind, prefix) in [
        (".github/workflows/ci.yml", Some(FileKind::Workflow), ""),
        ("a/.github/workflows/ci.yaml", Some(FileKind::Workflow), "a/"),
        (".github/workflows/sub/ci.yml", None, ""),
        ("x.github/workflows/ci.yml", None, ""),
        (".github/actions/x/action.yml", Some(FileKind::Action), ""),
        ("action.yaml", Some(FileKind::Action), ""),
        (".github/dependabot.yml", Some(FileKind::Dependabot), ""),
        ("dependabot.yml", None, ""),
        (".pre-commit-config.yaml", Some(FileKind::PreCommit), ""),
    ] {
        assert_eq!(FileKind::of(path), kind, "{path}");
        assert_eq!(repository_prefix(path), prefix, "{path}");
    }
}

#[test]
fn uses_are_told_apart() {
    for (text, expected) in [
        ("actions/checkout@v4", "Repository { owner: \"actions\", repo: \"checkout\", path: \"\", reference: \"v4\" }"),
        (
            "github/codeql-action/init@v3",
            "Repository { owner: \"github\", repo: \"codeql-action\", path: \"init\", reference: \"v3\" }",
        ),
        ("docker://alpine:3", "Docker(\"alpine:3\")"),
        ("./.github/actions/x", "Local(\"./.github/actions/x\")"),
        ("$/actions/x", "SameRepository(\"actions/x\")"),
        ("actions/checkout", "Invalid"),
        ("checkout@v4", "Invalid"),
        ("a/b@", "Invalid"),
        ("a/b@${{ x }}", "Unknown"),
    ] {
        let tree = tree(&format!("uses: {text}\n"));
        let uses = Uses::new(root(&tree).field("uses").expect("it is there"));
        assert_eq!(format!("{:?}", uses.kind), expected, "{text}");
    }
}

#[test]
fn versions_are_compared_as_far_as_they_are_written() {
    let before = |text: &str, other| Version::parse(text).map(|version| version.is_before(other));
    assert_eq!(before("v4", (4, 1, 3)), Some(false));
    assert_eq!(before("v3", (4, 1, 3)), Some(true));
    assert_eq!(before("v4.1.2", (4, 1, 3)), Some(true));
    assert_eq!(before("v4.0", (4, 1, 3)), Some(true));
    assert_eq!(before("4.1.3-rc1", (4, 1, 3)), Some(false));
    assert_eq!(before("main", (4, 1, 3)), None);
    let tree = tree(&format!("a: x/y@{} # tag=v4.1.2\nb: x/y@v2\n", "0123456789".repeat(4)));
    let version = |key: &str| Uses::new(root(&tree).field(key).expect("it is there")).version();
    assert_eq!(version("a").map(|version| (version.major, version.minor)), Some((4, Some(1))));
    assert_eq!(version("b").map(|version| version.major), Some(2));
}

#[test]
fn contexts_are_tainted_by_who_writes_them() {
    use Taint::{Collaborator, Fixed, Outsider, Unknown};
    for (text, expected) in [
        ("github.sha", Fixed),
        ("github.event.pull_request.head.sha", Fixed),
        ("github.event.pull_request.head.ref", Outsider),
        ("github.event.pull_request.head.repo.default_branch", Outsider),
        ("github.event.pull_request.base.ref", Collaborator),
        ("github.event.pull_request.labels[0].name", Collaborator),
        ("github.event.pull_request.title", Outsider),
        ("github.event.pull_request.number", Fixed),
        ("github.event.issue['body']", Outsider),
        ("github.event.issue", Outsider),
        ("github.event.commits.*.message", Outsider),
        ("github.event.commits[0].author.email", Outsider),
        ("github.event.repository.name", Fixed),
        ("github.event.repository.default_branch", Collaborator),
        ("github.event.pull_request.user.login", Fixed),
        ("github.event.release.tag_name", Collaborator),
        ("github.event.release.body", Outsider),
        ("github.event.workflow_run.head_branch", Outsider),
        ("github.event.label.name", Collaborator),
        ("github.event.compare", Collaborator),
        ("github.event.ref", Collaborator),
        ("github.head_ref", Outsider),
        ("github.base_ref", Collaborator),
        ("github.ref_name", Collaborator),
        ("github.ref_type", Fixed),
        ("github.event", Outsider),
        ("github.event.client_payload.x", Collaborator),
        ("github.event.registry_package.package_version.npm_metadata.bin", Collaborator),
        ("github.event.comment.author_association", Fixed),
        ("github.event.inputs.x", Unknown),
        ("github.actor", Fixed),
        ("steps.x.outcome", Fixed),
        ("needs.x.result", Fixed),
        ("steps.x.outputs.y", Unknown),
        ("secrets.X", Fixed),
        ("env.X", Unknown),
    ] {
        let path = expression::parse(text).ok().and_then(|expr| expr.path()).expect(text);
        assert_eq!(taint(&path), expected, "{text}");
    }
}

#[test]
fn events_say_what_a_context_can_hold() {
    use Taint::{Collaborator, Fixed, Outsider};
    for (on, text, expected) in [
        ("issues", "github.event.issue.title", Outsider),
        ("push", "github.event.issue.title", Fixed),
        ("[push, issue_comment]", "github.event.issue.title", Outsider),
        ("workflow_call", "github.event.issue.title", Outsider),
        ("push", "github.head_ref", Fixed),
        ("pull_request", "github.head_ref", Outsider),
        ("pull_request", "github.ref", Fixed),
        ("schedule", "github.ref_name", Fixed),
        ("push", "github.ref", Collaborator),
        ("workflow_dispatch", "github.ref_name", Collaborator),
        ("workflow_call", "github.ref_name", Collaborator),
        ("{ push: { branches: [main] } }", "github.ref_name", Fixed),
        ("{ push: { branches: [main, 'release/**'] } }", "github.ref_name", Collaborator),
        ("{ push: { tags: ['v[0-9]+.[0-9]+'] } }", "github.ref_name", Fixed),
        ("{ push: { tags: ['v*'] } }", "github.ref_name", Collaborator),
        ("{ push: { branches-ignore: [main] } }", "github.ref_name", Collaborator),
        ("{ push: { tags: [v1], branches-ignore: [main] } }", "github.ref_name", Collaborator),
        ("{ push: { branches: main } }", "github.event.ref", Fixed),
        ("pull_request", "github.base_ref", Collaborator),
        ("{ pull_request: { branches: [main] } }", "github.base_ref", Fixed),
        ("{ pull_request: { branches: [main] } }", "github.event.pull_request.base.ref", Fixed),
        ("{ pull_request: { branches: ['*'] } }", "github.event.pull_request.base.ref", Collaborator),
        ("release", "github.event.release.name", Collaborator),
        ("workflow_run", "github.event.workflow_run.head_branch", Outsider),
    ] {
        let tree = tree(&format!("on: {on}\njobs: {{}}\n"));
        let workflow = Workflow::new(root(&tree)).expect("it is a mapping");
        let path = expression::parse(text).ok().and_then(|expr| expr.path()).expect(text);
        assert_eq!(workflow.taint(&path), expected, "{text} under {on}");
    }
}

#[test]
fn expressions_know_where_they_stand() {
    let text = "on: push\nrun-name: ${{ github.ref }}\njobs:\n  a:\n    if: github.actor == 'x'\n    env: { A: \"${{ secrets.A }}\" }\n    steps:\n      - run: |\n          echo ${{ github.sha }} ${{ '' }}\n        if: ${{ always() }}\n";
    let tree = tree(text);
    let workflow = Workflow::new(root(&tree)).expect("it is a mapping");
    let found: Vec<_> =
        workflow.usages.iter().map(|usage| (usage.site, usage.job, usage.step, usage.is_bare)).collect();
    assert_eq!(
        found,
        [
            (Site::Top, None, None, false),
            (Site::JobIf, Some(0), None, true),
            (Site::JobEnv, Some(0), None, false),
            (Site::Step, Some(0), Some(0), false),
            (Site::Step, Some(0), Some(0), false),
            (Site::StepIf, Some(0), Some(0), false),
        ]
    );
    let usage = &workflow.usages[3];
    let expr = usage.expr().expect("it is an expression");
    assert_eq!(usage.place_of(expr).span.slice(text), "github.sha");
}

#[test]
fn shells_follow_defaults_and_runners() {
    let text = "on: push\ndefaults: { run: { shell: bash } }\njobs:\n  a: { runs-on: ubuntu-latest, steps: [{ run: x }, { run: x, shell: pwsh }] }\n  b: { defaults: { run: { shell: python } }, steps: [{ run: x }] }\n";
    let tree = tree(text);
    let workflow = Workflow::new(root(&tree)).expect("it is a mapping");
    let shells: Vec<String> =
        workflow.jobs.iter().flat_map(|job| &job.steps).map(|step| format!("{:?}", step.shell)).collect();
    assert_eq!(shells, ["Bourne(Bash, ShellOptions { errexit: true, pipefail: true })", "PowerShell", "Python"]);
}

#[test]
fn steps_in_parallel_are_steps() {
    let text = "on: push\njobs:\n  a:\n    steps:\n      - parallel: [{ run: \"${{ a }}\" }, { run: x }]\n      - run: \"${{ b }}\"\n";
    let tree = tree(text);
    let workflow = Workflow::new(root(&tree)).expect("it is a mapping");
    let scripts: Vec<&str> = workflow.jobs[0].steps.iter().map(|step| step.run.map_or("-", Node::text)).collect();
    assert_eq!(scripts, ["-", "${{ a }}", "x", "${{ b }}"]);
    let found: Vec<_> = workflow.usages.iter().map(|usage| (usage.site, usage.step)).collect();
    assert_eq!(found, [(Site::Step, Some(1)), (Site::Step, Some(3))]);
}
