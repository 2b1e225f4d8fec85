//! The labels that a team asks for, by its configuration.
#![allow(clippy::unwrap_used, reason = "a panic is the failure message")]

use std::collections::BTreeMap;
use std::sync::Arc;

use portcullis_core::FileId;
use portcullis_model::kubernetes::objects;
use portcullis_rules::{Context, Dispatch, OptionValue, Options, Outcome, catalog};
use portcullis_syntax::{Dialect, yaml};

const ID: &str = "k8s-required-labels-missing";

/// What the rule says of a Service with these labels when these are asked for.
fn said(wanted: &[&str], labels: &str) -> Vec<String> {
    let catalog = catalog();
    let rule = catalog.by_id(ID).unwrap();
    let wanted = wanted.iter().map(|&label| label.to_owned()).collect();
    let options = Options(BTreeMap::from([("labels".to_owned(), OptionValue::Strings(wanted))]));
    let context = Context { options: BTreeMap::from([(ID.to_owned(), options)]), ..Context::default() };
    let dispatch = Dispatch::new(&catalog, context, |on| on == rule);
    let text: Arc<str> = format!("apiVersion: v1\nkind: Service\nmetadata: {{ name: web, labels: {labels} }}\n").into();
    let tree = yaml::parse(FileId(0), &text, Dialect::Yaml11);
    let mut outcome = Outcome::default();
    for object in tree.documents().flat_map(|document| objects(document.root)) {
        dispatch.object(&object, &mut outcome);
    }
    outcome.drafts.into_iter().map(|draft| draft.message.into_owned()).collect()
}

#[test]
fn the_configured_labels_are_asked_for() {
    let cases: &[(&[&str], &str, &[&str])] = &[
        (&[], "{ owner: shop }", &[]),
        (&[], "{ team: shop }", &["Service `web` has no label `owner`"]),
        (&["team", "example.org/cost"], "{ team: shop, example.org/cost: \"7\" }", &[]),
        (
            &["team", "example.org/cost"],
            "{ owner: shop }",
            &["Service `web` has no label `team` and `example.org/cost`"],
        ),
        (&["team"], "{ team: \"\" }", &["Service `web` has no label `team`"]),
        (&["team"], "{ team: \"${TEAM}\" }", &[]),
        (&["team"], "\"${LABELS}\"", &[]),
    ];
    for (wanted, labels, expected) in cases {
        assert_eq!(said(wanted, labels), *expected, "{wanted:?} of {labels}");
    }
}
