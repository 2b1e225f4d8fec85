//! Templates, constraints, what they are about, what they say, and suites.

use std::collections::BTreeMap;

use portcullis_policy::gatekeeper::{Inventory, Object, Point, Policies, Review, Suite, Verdict};
use portcullis_policy::{Fault, Options};

/// Every object is a violation, which names it.
const NAMES: &str = r#"
apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: { name: names }
spec:
  crd: { spec: { names: { kind: Names }, validation: { openAPIV3Schema: { type: object, required: [count],
    properties: { prefix: { type: string, default: "at" }, count: { type: integer, minimum: 1 } } } } } }
  targets:
    - target: admission.k8s.gatekeeper.sh
      libs: ["package lib.names\nname(o) = n { n := o.metadata.name }"]
      rego: |
        package names
        import data.lib.names
        violation[{"msg": msg, "details": {"kind": input.review.kind.kind}}] {
          msg := sprintf("%v %v", [input.parameters.prefix, names.name(input.review.object)])
        }
"#;

fn objects(text: &str) -> Vec<Object> {
    Object::read("objects.yaml", text).expect("the test's objects are YAML")
}

fn constraint(spec: &str) -> String {
    format!("apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: Names\nmetadata: {{ name: c }}\nspec: {spec}")
}

/// What is said of the first object, the others being the inventory; what is broken is said instead.
fn said(policies: &[&str], given: &str, point: Point) -> Vec<String> {
    let declared: Vec<Object> = policies.iter().flat_map(|text| objects(text)).collect();
    let loaded = Policies::load(&declared);
    let given = objects(given);
    let (object, others) = given.split_first().expect("the test gives an object");
    let (gatekeeper, faults) = loaded.policies.compile(Inventory::new(others), &Options::default());
    let broken: Vec<String> = loaded.faults.iter().chain(&loaded.notes).chain(&faults).map(Fault::to_string).collect();
    if !broken.is_empty() {
        return broken;
    }
    let mut reviewer = gatekeeper.reviewer();
    let object = &object.value;
    let outcome = if Review::is_admission(object) {
        match Review::of_admission(object) {
            Ok(review) => reviewer.review(&review, point),
            Err(message) => return vec![message],
        }
    } else {
        reviewer.review_object(object, point)
    };
    let violations = outcome.violations.iter().map(|found| format!("{:?}: {}", found.enforcement, found.message));
    let undecided = outcome.undecided.iter().map(|undecided| format!("undecided: {}", undecided.reason));
    violations.chain(undecided).chain(outcome.faults.iter().map(Fault::to_string)).collect()
}

#[test]
fn constraints_are_about_what_they_match() {
    const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: { name: web, namespace: prod-eu, labels: { app: web } }";
    const NAMESPACE: &str = "apiVersion: v1\nkind: Namespace\nmetadata: { name: prod-eu, labels: { tier: gold } }";
    const ROLE: &str = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: { name: admin }";
    const MADE: &str = "apiVersion: v1\nkind: Pod\nmetadata: { name: '', generateName: web-, namespace: a }";
    let cases: &[(&str, &str, bool)] = &[
        ("{}", POD, true),
        ("kinds: [{ apiGroups: [''], kinds: [Pod] }]", POD, true),
        ("kinds: [{ apiGroups: ['*'], kinds: ['*'] }]", POD, true),
        ("kinds: [{ apiGroups: [apps], kinds: [Pod] }]", POD, false),
        ("kinds: [{ kinds: [Deployment] }, { kinds: [Pod] }]", POD, true),
        ("kinds: [{ apiGroups: [rbac.authorization.k8s.io], kinds: [ClusterRole] }]", ROLE, true),
        ("namespaces: [prod-*]", POD, true),
        ("namespaces: ['*-eu']", POD, true),
        ("namespaces: ['*d-e*']", POD, true),
        ("namespaces: [prod]", POD, false),
        ("namespaces: [prod]", ROLE, true),
        ("namespaces: [prod-eu]", NAMESPACE, true),
        ("excludedNamespaces: [prod-*]", POD, false),
        ("excludedNamespaces: [prod-*]", NAMESPACE, false),
        ("excludedNamespaces: [kube-*]", POD, true),
        ("labelSelector: { matchLabels: { app: web } }", POD, true),
        ("labelSelector: { matchLabels: { app: db } }", POD, false),
        ("labelSelector: { matchExpressions: [{ key: app, operator: NotIn, values: [db] }] }", POD, true),
        ("labelSelector: { matchExpressions: [{ key: team, operator: Exists }] }", POD, false),
        ("labelSelector: { matchExpressions: [{ key: team, operator: DoesNotExist }] }", POD, true),
        ("labelSelector: {}", POD, true),
        ("namespaceSelector: { matchLabels: { tier: gold } }", NAMESPACE, true),
        ("namespaceSelector: { matchLabels: { tier: lead } }", NAMESPACE, false),
        ("namespaceSelector: { matchLabels: { tier: gold } }", ROLE, true),
        ("scope: Cluster", POD, false),
        ("scope: Cluster", ROLE, true),
        ("scope: Cluster", NAMESPACE, true),
        ("scope: Namespaced", POD, true),
        ("scope: Namespaced", NAMESPACE, false),
        ("name: we*", POD, true),
        ("name: db", POD, false),
        ("name: web-*", MADE, true),
        ("name: db-*", MADE, false),
        ("source: Original", POD, true),
        ("source: Generated", POD, false),
    ];
    for (criteria, object, expected) in cases {
        let criteria = if *criteria == "{}" { "" } else { criteria };
        let spec = format!("{{ match: {{ {criteria} }}, parameters: {{ count: 1 }} }}");
        let found = said(&[NAMES, &constraint(&spec)], object, Point::Files);
        assert_eq!(
            found.iter().filter(|line| line.starts_with("Deny: at ")).count(),
            usize::from(*expected),
            "{criteria} {object} {found:?}"
        );
        assert_eq!(found.len(), usize::from(*expected), "{criteria} {object} {found:?}");
    }
}

#[test]
fn criteria_that_would_match_everything_are_faults() {
    const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: { name: web }";
    let cases = [
        (
            "labelSelector: { matchLabels: { app: y } }",
            "`spec.match.labelSelector.matchLabels.app` is no text: write it in quotes",
        ),
        (
            "labelSelector: { matchLabels: { app: 1 } }",
            "`spec.match.labelSelector.matchLabels.app` is no text: write it in quotes",
        ),
        ("labelSelector: { matchLabels: { app: null } }", "`spec.match.labelSelector.matchLabels.app` is no text"),
        ("labelSelector: { matchLabels: { app: { a: b } } }", "`spec.match.labelSelector.matchLabels.app` is no text"),
        ("labelSelector: { matchLabels: [app] }", "`spec.match.labelSelector.matchLabels` is no object"),
        ("labelSelector: [app]", "`spec.match.labelSelector` is no object"),
        (
            "namespaceSelector: { matchLabels: { tier: on } }",
            "`spec.match.namespaceSelector.matchLabels.tier` is no text: write it in quotes",
        ),
        (
            "labelSelector: { matchExpressions: [{ key: app, operator: NotIn, values: [a, 2] }] }",
            "`spec.match.labelSelector.matchExpressions[0].values[1]` is no text: write it in quotes",
        ),
        (
            "labelSelector: { matchExpressions: [{ key: 2, operator: Exists }] }",
            "`spec.match.labelSelector.matchExpressions[0].key` is no text: write it in quotes",
        ),
        (
            "labelSelector: { matchExpressions: [{ operator: Exists }] }",
            "`spec.match.labelSelector.matchExpressions[0].key` is no text",
        ),
        ("labelSelector: { matchExpressions: { key: app } }", "`spec.match.labelSelector.matchExpressions` is no list"),
        ("kinds: { kinds: [Pod] }", "`spec.match.kinds` is no list"),
        ("name: 1", "`spec.match.name` is no text"),
    ];
    for (criteria, expected) in cases {
        let spec = format!("{{ match: {{ {criteria} }}, parameters: {{ count: 1 }} }}");
        let found = said(&[NAMES, &constraint(&spec)], POD, Point::Files);
        assert_eq!(found, [format!("objects.yaml: Names c: {expected}")], "{criteria}");
    }
}

#[test]
fn labels_of_a_namespace_come_from_the_inventory() {
    let spec = "{ match: { namespaceSelector: { matchLabels: { tier: gold } } }, parameters: { count: 1 } }";
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: { name: web, namespace: prod }";
    let with = |labels: &str| {
        format!("{pod}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {{ name: prod, labels: {{ {labels} }} }}")
    };
    let cases = [
        (pod.to_owned(), vec!["undecided: the labels of namespace `prod` are not known"]),
        (with("tier: gold"), vec!["Deny: at web"]),
        (with("tier: lead"), vec![]),
    ];
    for (objects, expected) in cases {
        assert_eq!(said(&[NAMES, &constraint(spec)], &objects, Point::Files), expected, "{objects}");
    }
}

#[test]
fn parameters_and_consequences_are_those_of_the_constraint() {
    let cases: &[(&str, Point, &[&str])] = &[
        ("{ parameters: { count: 1, prefix: in } }", Point::Files, &["Deny: in web"]),
        ("{ enforcementAction: warn, parameters: { count: 1 } }", Point::Files, &["Warn: at web"]),
        ("{ enforcementAction: dryrun, parameters: { count: 1 } }", Point::Admission, &["DryRun: at web"]),
        (
            "{ enforcementAction: scoped, scopedEnforcementActions: [{ action: warn, enforcementPoints: [{ name: '*' }] },
               { action: deny, enforcementPoints: [{ name: validation.gatekeeper.sh }] }], parameters: { count: 1 } }",
            Point::Admission,
            &["Deny: at web"],
        ),
        (
            "{ enforcementAction: scoped, scopedEnforcementActions: [
               { action: deny, enforcementPoints: [{ name: validation.gatekeeper.sh }] }], parameters: { count: 1 } }",
            Point::Files,
            &[],
        ),
        (
            "{ enforcementAction: block }",
            Point::Files,
            &["objects.yaml: Names c: `enforcementAction` is `block`, not deny, warn, dryrun or scoped"],
        ),
        (
            "{ parameters: { count: many } }",
            Point::Files,
            &["objects.yaml: Names c: `spec.parameters.count` is not of type integer"],
        ),
        (
            "{ parameters: { count: 0 } }",
            Point::Files,
            &["objects.yaml: Names c: `spec.parameters.count` is outside of the bounds of its schema"],
        ),
        ("{ parameters: {} }", Point::Files, &["objects.yaml: Names c: `spec.parameters` has no `count`"]),
        (
            "{ match: { source: Both } }",
            Point::Files,
            &["objects.yaml: Names c: `spec.match.source` is `Both`, not All, Original or Generated"],
        ),
    ];
    for (spec, point, expected) in cases {
        let pod = "apiVersion: v1\nkind: Pod\nmetadata: { name: web }";
        assert_eq!(said(&[NAMES, &constraint(spec)], pod, *point), *expected, "{spec}");
    }
}

#[test]
fn templates_say_what_they_are() {
    let template = |targets: &str| {
        format!(
            "apiVersion: templates.gatekeeper.sh/v1beta1\nkind: ConstraintTemplate\nmetadata: {{ name: names }}\n\
             spec: {{ crd: {{ spec: {{ names: {{ kind: Names }} }} }}, targets: [{targets}] }}"
        )
    };
    let target = |rest: &str| template(&format!("{{ target: admission.k8s.gatekeeper.sh, {rest} }}"));
    let cases: &[(String, &[&str])] = &[
        (target(r#"rego: "package p\nviolation[{\"msg\": \"old\"}] { true }""#), &["Deny: old"]),
        (
            target(
                r#"code: [{ engine: K8sNativeValidation, source: {} }, { engine: Rego, source: { version: v1, rego: "package p\nviolation contains {\"msg\": \"new\"} if true" } }]"#,
            ),
            &["Deny: new"],
        ),
        (
            target(
                r#"code: [{ engine: Rego, source: { rego: "package p\nviolation[{\"msg\": \"old\"}] { true }" } }]"#,
            ),
            &["Deny: old"],
        ),
        (
            target("code: [{ engine: K8sNativeValidation, source: {} }]"),
            &["objects.yaml: the template of `Names` has no Rego and is not evaluated"],
        ),
        (
            target(r#"rego: "package p\ndeny[{\"msg\": \"x\"}] { true }""#),
            &["objects.yaml (Names): the template has no rule `violation`"],
        ),
        (
            target(r#"rego: "package p\nviolation[{\"msg\": 1}] { true }""#),
            &["objects.yaml (Names): data.p.violation of c: `msg` is no text"],
        ),
        (
            template(""),
            &[
                "objects.yaml: template `names` has 0 targets, not one",
                "objects.yaml: Names c: no template is for this kind",
            ],
        ),
    ];
    for (template, expected) in cases {
        let pod = "apiVersion: v1\nkind: Pod\nmetadata: { name: web }";
        assert_eq!(said(&[template, &constraint("{}")], pod, Point::Files), *expected, "{template}");
    }
}

#[test]
fn policies_see_requests_and_the_inventory() {
    const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: { name: web, namespace: a }\n---\n\
        apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: api, namespace: b }\n---\n\
        apiVersion: v1\nkind: Node\nmetadata: { name: big }";
    const OBJECT: &str = "{ apiVersion: v1, kind: Pod, metadata: { name: web } }";
    let template = |body: &str| {
        format!(
            "apiVersion: templates.gatekeeper.sh/v1\nkind: ConstraintTemplate\nmetadata: {{ name: names }}\nspec:\n  \
             crd: {{ spec: {{ names: {{ kind: Names }} }} }}\n  targets:\n    - target: admission.k8s.gatekeeper.sh\n      \
             rego: |\n        package p\n        violation[{{\"msg\": msg}}] {{ {body} }}\n"
        )
    };
    let admission =
        |request: &str| format!("apiVersion: admission.k8s.io/v1\nkind: AdmissionReview\nrequest: {{ {request} }}");
    let cases = [
        (
            "data.inventory.namespace[ns][\"apps/v1\"].Deployment[name]; msg := concat(\"/\", [ns, name])",
            POD.to_owned(),
            "Deny: b/api",
        ),
        ("data.inventory.cluster[\"v1\"].Node[name]; msg := name", POD.to_owned(), "Deny: big"),
        (
            "msg := sprintf(\"%v %v %v\", [input.review.kind.version, input.review.namespace, input.review.operation])",
            POD.to_owned(),
            "Deny: v1 a ",
        ),
        (
            "input.review.oldObject == null; msg := input.review.userInfo.username",
            admission(&format!("operation: CREATE, userInfo: {{ username: jo }}, object: {OBJECT}")),
            "Deny: jo",
        ),
        (
            "msg := input.review.object.metadata.name",
            admission(&format!("operation: DELETE, oldObject: {OBJECT}")),
            "Deny: web",
        ),
        ("msg := \"x\"", admission("operation: CREATE"), "the request has neither object nor oldObject"),
        ("msg := \"x\"", admission("operation: DELETE"), "a deletion has no oldObject"),
    ];
    for (body, objects, expected) in cases {
        assert_eq!(said(&[&template(body), &constraint("{}")], &objects, Point::Files), [expected], "{body}");
    }
}

#[test]
fn what_controllers_make_is_reviewed() {
    const EXPANSION: &str = "apiVersion: expansion.gatekeeper.sh/v1beta1\nkind: ExpansionTemplate\nmetadata: { name: deployments }\n\
        spec: { applyTo: [{ groups: [apps], kinds: [Deployment], versions: [v1] }], templateSource: spec.template,\n  \
        enforcementAction: warn, generatedGVK: { group: '', version: v1, kind: Pod } }";
    let spec = "{ match: { source: Generated, kinds: [{ kinds: [Pod] }] }, parameters: { count: 1 } }";
    let deployment = |spec: &str| {
        format!("apiVersion: apps/v1\nkind: Deployment\nmetadata: {{ name: Web, namespace: a }}\nspec: {{ {spec} }}")
    };
    let cases = [
        (deployment("template: { metadata: { labels: {} } }"), "Warn: [Implied by deployments] at web-pod"),
        (deployment(""), "Deployment a/Web has no `spec.template`, which expansion template `deployments` asks for"),
    ];
    for (object, expected) in cases {
        assert_eq!(said(&[NAMES, EXPANSION, &constraint(spec)], &object, Point::Files), [expected], "{object}");
    }
    let circle = EXPANSION.replace("kinds: [Deployment]", "kinds: [Pod]").replace("groups: [apps]", "groups: ['']");
    assert_eq!(
        said(&[NAMES, &circle], &deployment(""), Point::Files),
        ["objects.yaml: ExpansionTemplate deployments: it applies to what it makes"],
    );
}

#[test]
fn suites_are_judged_case_by_case() {
    let suite = "apiVersion: test.gatekeeper.sh/v1alpha1\nkind: Suite\ntests:\n\
        - { name: t, template: ../t.yaml, constraint: c.yaml, cases: [\n  \
          { name: yes, object: o.yaml, assertions: [{ violations: yes, message: '^at w' }, { violations: 1 }, {}] },\n  \
          { name: no, object: o.yaml, assertions: [{ violations: no }] },\n  \
          { name: two, object: o.yaml, assertions: [{ violations: 2, message: web }] },\n  \
          { name: nothing, object: o.yaml },\n  \
          { name: gone, object: x.yaml, assertions: [{}] },\n  \
          { name: left, skip: true }] }\n\
        - { name: broken, template: ../t.yaml, constraint: bad.yaml, invalid: true }\n\
        - { name: not broken, template: ../t.yaml, constraint: c.yaml, invalid: true }\n\
        - { name: left, skip: true }\n";
    let files: BTreeMap<&str, String> = [
        ("dir/t.yaml", NAMES.to_owned()),
        ("dir/sub/c.yaml", constraint("{ parameters: { count: 1 } }")),
        ("dir/sub/bad.yaml", constraint("{ parameters: { count: no } }")),
        ("dir/sub/o.yaml", "apiVersion: v1\nkind: Pod\nmetadata: { name: web }".to_owned()),
    ]
    .into();
    let suite = Suite::read("dir/sub/suite.yaml", suite).expect("it is YAML").expect("it is a suite");
    let mut read = |path: &str| files.get(path).cloned().ok_or_else(|| format!("{path} is missing"));
    let result = suite.run(&mut read, &Options::default());
    let mut lines = Vec::new();
    for test in &result.tests {
        lines.push(format!("{} {}", test.name, line(&test.verdict)));
        lines.extend(test.cases.iter().map(|case| format!("  {} {}", case.name, line(&case.verdict))));
    }
    assert_eq!(
        lines,
        [
            "t passed",
            "  yes passed",
            "  no failed: 1 violations, not none; messages: [\"at web\"]",
            "  two failed: 1 violations matching `web`, not exactly 2; messages: [\"at web\"]",
            "  nothing failed: the case asserts nothing",
            "  gone failed: dir/sub/x.yaml is missing",
            "  left skipped",
            "broken passed",
            "not broken failed: the constraint is valid, and should not be",
            "left skipped",
        ],
    );
}

fn line(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Passed => "passed".to_owned(),
        Verdict::Skipped => "skipped".to_owned(),
        Verdict::Failed(why) => format!("failed: {why}"),
    }
}
