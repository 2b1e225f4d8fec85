//! The changes that rules for workflows propose, applied: the finding is gone, and the file is what a person would write.

use std::sync::Arc;

use portcullis_core::{Draft, FileId};
use portcullis_model::actions::Workflow;
use portcullis_rules::{Context, Dispatch, Outcome, catalog};
use portcullis_syntax::{Dialect, yaml};

fn judge(text: &str, rule: &str) -> Vec<Draft> {
    let catalog = catalog();
    let index = catalog.by_id(rule).expect("it is a rule");
    let dispatch = Dispatch::new(&catalog, Context::default(), |on| on == index);
    let tree = yaml::parse(FileId(0), &Arc::from(text), Dialect::Yaml12);
    assert!(tree.errors().is_empty(), "{:?}", tree.errors());
    let root = tree.documents().next().expect("there is a document").root;
    let mut outcome = Outcome::default();
    dispatch.workflow(&Workflow::new(root).expect("it is a mapping"), &mut outcome);
    outcome.drafts
}

#[test]
fn a_fix_removes_its_finding() {
    let head = "on: issues\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n";
    for (rule, steps, fixed) in [
        (
            "actions-checkout-credentials-persisted",
            "      - uses: actions/checkout@v4 # newest\n      - run: make\n",
            "      - uses: actions/checkout@v4 # newest\n        with:\n          persist-credentials: false\n      - run: make\n",
        ),
        (
            "actions-checkout-credentials-persisted",
            "      - name: x\n        uses: actions/checkout@v4\n        with:\n          fetch-depth: 0\n",
            "      - name: x\n        uses: actions/checkout@v4\n        with:\n          persist-credentials: false\n          fetch-depth: 0\n",
        ),
        (
            "actions-template-injection",
            "      - run: |\n          echo a\n          echo \"${{ github.event.issue.title }}\"\n",
            "      - env:\n          EVENT_ISSUE_TITLE: ${{ github.event.issue.title }}\n        run: |\n          echo a\n          echo \"${EVENT_ISSUE_TITLE}\"\n",
        ),
        (
            "actions-template-injection",
            "      - name: x\n        env:\n          A: 1\n        run: echo \"${{ github.event.issue.title }}\"\n",
            "      - name: x\n        env:\n          EVENT_ISSUE_TITLE: ${{ github.event.issue.title }}\n          A: 1\n        run: echo \"${EVENT_ISSUE_TITLE}\"\n",
        ),
        (
            "actions-template-injection",
            "      - env:\n          EVENT_ISSUE_TITLE: ${{ github.event.issue.title }}\n        run: echo \"${{ github.event.issue.title }}\"\n",
            "      - env:\n          EVENT_ISSUE_TITLE: ${{ github.event.issue.title }}\n        run: echo \"${EVENT_ISSUE_TITLE}\"\n",
        ),
        ("actions-checkout-credentials-persisted", "      - { uses: actions/checkout@v4 }\n", ""),
        ("actions-template-injection", "      - { run: \"echo ${{ github.event.issue.title }}\" }\n", ""),
        ("actions-template-injection", "      - run: |\n          echo '${{ github.event.issue.title }}'\n", ""),
        ("actions-template-injection", "      - run: echo ${{ format('{0}', github.event.issue.title) }}\n", ""),
    ] {
        let text = format!("{head}{steps}");
        let drafts = judge(&text, rule);
        let [draft] = drafts.as_slice() else { panic!("{rule}: {} findings in\n{text}", drafts.len()) };
        let Some(fix) = &draft.fix else {
            assert_eq!(fixed, "", "no fix for\n{text}");
            continue;
        };
        let mut changed = text.clone();
        for edit in fix.edits.iter().rev() {
            changed.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
        }
        assert_eq!(changed, format!("{head}{fixed}"));
        assert!(judge(&changed, rule).is_empty(), "the finding is still there:\n{changed}");
    }
}

#[test]
fn permissions_start_with_none() {
    let text = "on: push\n\njobs:\n  a: { runs-on: ubuntu-latest, steps: [{ run: make }] }\n  b: { runs-on: ubuntu-latest, steps: [{ run: make }] }\n";
    let drafts = judge(text, "actions-excessive-permissions");
    let edit = drafts.first().and_then(|draft| draft.fix.as_ref()).and_then(|fix| fix.edits.first()).expect("a fix");
    let mut changed = text.to_owned();
    changed.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
    assert!(changed.starts_with("on: push\n\npermissions: {}\n\njobs:\n"), "{changed}");
    assert!(judge(&changed, "actions-excessive-permissions").is_empty());
}
