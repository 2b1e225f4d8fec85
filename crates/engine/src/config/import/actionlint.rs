//! `actionlint.yaml`.

use portcullis_syntax::Node;

use super::peer::Family;
use super::plan::{Plan, Run};
use super::values::whole_texts;

pub(super) fn read(root: Node<'_>, plan: &mut Plan<'_>) {
    plan.runs(Family::Actions, Run::Defaults);
    for (key, value) in root.entries().filter(|(_, value)| !value.is_null()) {
        match key.text() {
            "self-hosted-runner" => {
                for (key, value) in value.entries().filter(|(_, value)| !value.is_null()) {
                    if key.text() != "labels" {
                        plan.no_equivalent(key);
                        continue;
                    }
                    let labels: Vec<String> = whole_texts(value).map(|(_, label)| label.to_owned()).collect();
                    if !labels.is_empty() {
                        plan.list("actions-runner-label-unknown", "labels", labels);
                    }
                }
            }
            "paths" => {
                for (glob, settings) in value.entries() {
                    for (node, pattern) in settings.field("ignore").into_iter().flat_map(whole_texts) {
                        let message = format!(
                            "`{pattern}` is about messages; name a rule and `{}` under `ignore` instead",
                            glob.text()
                        );
                        plan.say(node, message);
                    }
                    for (key, _) in settings.entries().filter(|(key, _)| key.text() != "ignore") {
                        plan.no_equivalent(key);
                    }
                }
            }
            "config-variables" if value.is_list() && value.items().len() > 0 => {
                plan.say(key, "`config-variables` has no equivalent: names of variables are not checked".to_owned());
            }
            "config-variables" if value.is_list() => {
                plan.say(key, "`config-variables: []` has no equivalent: variables may be used".to_owned());
            }
            _ => plan.no_equivalent(key),
        }
    }
}
