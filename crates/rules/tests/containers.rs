//! What the rules for containers say where an example in their docs cannot show it: options, dates, and tables of values.

use std::collections::BTreeMap;
use std::sync::Arc;

use portcullis_core::FileId;
use portcullis_model::kubernetes::objects;
use portcullis_rules::{Context, Dispatch, OptionValue, Options, Outcome, catalog};
use portcullis_syntax::{Dialect, yaml};

/// `message (help)` of each finding of one rule, for a pod whose container has these fields.
fn findings(rule: &str, container: &str, context: Context) -> Vec<String> {
    let text = format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{ name: web }}\nspec:\n  containers:\n    - {{ name: web, {container} }}\n"
    );
    let catalog = catalog();
    let index = catalog.by_id(rule).expect("the rule is declared");
    let dispatch = Dispatch::new(&catalog, context, |on| on == index);
    let tree = yaml::parse(FileId(0), &Arc::from(text), Dialect::Yaml11);
    let mut outcome = Outcome::default();
    for document in tree.documents() {
        for object in objects(document.root) {
            dispatch.object(&object, &mut outcome);
        }
    }
    let drafts = outcome.drafts.iter();
    drafts.map(|draft| format!("{} ({})", draft.message, draft.help.as_deref().unwrap_or_default())).collect()
}

#[test]
fn amounts_that_are_not_what_was_meant() {
    for (resource, amount, expected) in [
        ("memory", "512m", "is a fraction of a byte (did you mean `512Mi`?)"),
        ("memory", "1.5", "is a fraction of a byte (did you mean `1.5Gi`?)"),
        ("memory", "1gb", "is not a quantity (did you mean `1Gi`?)"),
        ("memory", "'512 MB'", "is not a quantity (did you mean `512Mi`?)"),
        ("memory", "1K", "is not a quantity (did you mean `1Ki`?)"),
        ("memory", "128", "is a number of bytes in which nothing runs (did you mean `128Mi`?)"),
        ("memory", "-1Gi", "is negative (write a number and a unit such as `Mi` or `Gi`; for CPU, `m` or nothing)"),
        (
            "memory",
            "lots",
            "is not a quantity (write a number and a unit such as `Mi` or `Gi`; for CPU, `m` or nothing)",
        ),
        ("cpu", "500Mi", "has a unit of memory (did you mean `500m`?)"),
        ("cpu", "'0,5'", "is not a quantity (did you mean `0.5`?)"),
        ("cpu", "2cores", "is not a quantity (did you mean `2`?)"),
        ("memory", "0.1Gi", ""),
        ("memory", "1e9", ""),
        ("memory", "1_073_741_824", ""),
        ("memory", "0", ""),
        ("memory", "9e99", ""),
        ("memory", "'${MEMORY}'", ""),
        ("cpu", "0.5", ""),
        ("cpu", "'2'", ""),
        ("cpu", "1", ""),
        ("nvidia.com/gpu", "1", ""),
    ] {
        let container = format!("resources: {{ limits: {{ {resource}: {amount} }} }}");
        let found = findings("k8s-invalid-quantity", &container, Context::default());
        let expected: Vec<String> = (!expected.is_empty())
            .then(|| format!("{resource} amount `{}` {expected}", amount.trim_matches('\'')))
            .into_iter()
            .collect();
        assert_eq!(found, expected, "{container}");
    }
}

#[test]
fn registries_are_allowed_by_host_domain_and_path() {
    let listed = ["ghcr.io/example", "*.azurecr.io", "docker.io/library", "localhost:5000"];
    for (image, allowed) in [
        ("ghcr.io/example/web:1", true),
        ("ghcr.io/examples/web:1", false),
        ("ghcr.io/other/web:1", false),
        ("shop.azurecr.io/web:1", true),
        ("azurecr.io/web:1", false),
        ("evilazurecr.io/web:1", false),
        ("nginx:1", true),
        ("index.docker.io/nginx:1", true),
        ("someone/nginx:1", false),
        ("localhost:5000/web", true),
        ("localhost:5001/web", false),
        ("${REGISTRY}/web:1", true),
        ("ghcr.io/${OWNER}/web:1", true),
        ("ghcr.io/other/${NAME}", false),
        ("quay.io/${NAME}", false),
        ("nginx:${TAG}", true),
        ("someone/nginx:${TAG}", false),
        ("quay:${PORT}/web", true),
    ] {
        let registries = OptionValue::Strings(listed.map(str::to_owned).to_vec());
        let options = Options(BTreeMap::from([("registries".to_owned(), registries)]));
        let options = BTreeMap::from([("k8s-image-registry-not-allowed".to_owned(), options)]);
        let context = Context { options, ..Context::default() };
        let found = findings("k8s-image-registry-not-allowed", &format!("image: \"{image}\""), context);
        assert_eq!(found.is_empty(), allowed, "{image}: {found:?}");
    }
}

#[test]
fn a_project_ends_on_its_day() {
    for (date, count) in [("2026-03-30", 0), ("2026-03-31", 1), ("2027-01-01", 1)] {
        let context = Context { date: date.parse().unwrap(), ..Context::default() };
        let image = "image: \"mirror.example.com/k8s/ingress-nginx/controller:v1.13.0\"";
        assert_eq!(findings("k8s-image-eol-component", image, context).len(), count, "{date}");
    }
}
