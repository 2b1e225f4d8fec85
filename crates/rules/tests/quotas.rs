//! The arithmetic of quotas: each case is a namespace with a sum, and the quota that is just enough and the one that is
//! just too small.

use std::sync::Arc;

use portcullis_core::FileId;
use portcullis_model::facts::{Claim, Facts, Homes, Seen, Unread};
use portcullis_model::kubernetes::objects;
use portcullis_model::kustomize::{References, directory_of, is_kustomization};
use portcullis_rules::{Context, Dispatch, Outcome, catalog};
use portcullis_syntax::{Dialect, Tree, yaml};

const RULES: &[&str] = &["k8s-resourcequota-exceeded", "k8s-quota-request-missing", "k8s-limitrange-violated"];

/// What is found in files, as `MESSAGE: OTHER END`.
fn findings(files: &[(&str, String)], is_wanted: fn(&str) -> bool) -> Vec<String> {
    let catalog = catalog();
    let wanted: Vec<_> = RULES.iter().filter(|rule| is_wanted(rule)).map(|rule| catalog.by_id(rule)).collect();
    let dispatch = Dispatch::new(&catalog, Context::default(), |on| wanted.contains(&Some(on)));
    let trees: Vec<(&str, Tree)> = (0..)
        .zip(files)
        .map(|(file, (name, text))| (*name, yaml::parse(FileId(file), &Arc::from(text.as_str()), Dialect::Yaml11)))
        .collect();
    let kustomizations = trees.iter().filter(|(name, _)| is_kustomization(name));
    let homes = Homes::new(kustomizations.filter_map(|(name, tree)| {
        let root = tree.documents().next()?.root;
        Some((*name, root, References::new(directory_of(name), root)))
    }));
    let mut facts = Facts::of_scan(Seen::Whole, &homes);
    let mut claims: Vec<(String, Claim)> = Vec::new();
    for (name, tree) in &trees {
        let mut outcome = Outcome::of_file(Facts::of_file(homes.of(name)));
        outcome.facts.add_unread(Unread::of_documents(tree));
        for object in tree.documents().flat_map(|document| objects(document.root)) {
            dispatch.object(&object, &mut outcome);
        }
        outcome.settle();
        facts.merge(outcome.facts);
        claims.extend(outcome.claims.into_iter().map(|(draft, claim)| (draft.message.into_owned(), claim)));
    }
    let held = claims.into_iter().filter(|(_, claim)| facts.holds(claim));
    held.map(|(message, claim)| format!("{message}: {}", facts.other_end(&claim).what.unwrap_or_default())).collect()
}

fn quota(hard: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ResourceQuota\nmetadata: {{ name: q, namespace: shop }}\nspec: {{ hard: {{ {hard} }} }}\n"
    )
}

/// A workload of a kind; `spec` are the fields beside its template, and `pod` those of its pods.
fn workload(kind: &str, name: &str, spec: &str, pod: &str) -> String {
    let group = if matches!(kind, "Job" | "CronJob") { "batch" } else { "apps" };
    let template = format!("template: {{ spec: {{ {pod} }} }}");
    let spec = match kind {
        "CronJob" => format!("jobTemplate: {{ spec: {{ {spec} {template} }} }}"),
        _ => format!("{spec} {template}"),
    };
    format!(
        "apiVersion: {group}/v1\nkind: {kind}\nmetadata: {{ name: {name}, namespace: shop }}\nspec: {{ {spec} }}\n---\n"
    )
}

fn container(resources: &str) -> String {
    format!("{{ name: c, image: c:1, resources: {{ {resources} }} }}")
}

fn scaler(kind: &str, name: &str, bounds: &str) -> String {
    format!(
        "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{ name: {name}, namespace: shop }}\n\
         spec: {{ scaleTargetRef: {{ apiVersion: apps/v1, kind: {kind}, name: {name} }}, {bounds} }}\n---\n"
    )
}

fn exceeded(files: &[(&str, String)]) -> usize {
    findings(files, |rule| rule == "k8s-resourcequota-exceeded").len()
}

#[test]
fn sums_are_exact() {
    let one = |resources: &str| format!("containers: [{}]", container(resources));
    let half = one("requests: { cpu: 500m, memory: 512Mi }, limits: { memory: 1Gi }");
    let service = |name: &str, spec: &str| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{ name: {name}, namespace: shop }}\nspec: {{ {spec} }}\n---\n"
        )
    };
    let claim = |name: &str, spec: &str| {
        format!(
            "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{ name: {name}, namespace: shop }}\n\
             spec: {{ {spec} resources: {{ requests: {{ storage: 10Gi }} }} }}\n---\n"
        )
    };
    let initial = |init: &str, rest: &str| format!("initContainers: [{init}], {rest}");
    let job = workload("Job", "j", "parallelism: 4, completions: 3,", &half);
    let set = "replicas: 2, volumeClaimTemplates: [{ metadata: { name: d }, spec: { storageClassName: gold, \
               resources: { requests: { storage: 5Gi } } } }],";
    for (key, objects, enough, too_small) in [
        ("requests.cpu", workload("Deployment", "w", "replicas: 3,", &half), "1500m", "1499m"),
        ("cpu", workload("Deployment", "w", "replicas: 3,", &half), "1.5", "1.499999999"),
        ("requests.memory", workload("StatefulSet", "w", "replicas: 2,", &half), "1Gi", "1073741823"),
        ("limits.memory", workload("Deployment", "w", "", &half), "1Gi", "1023Mi"),
        ("limits.cpu", workload("Deployment", "w", "", &half), "0", ""),
        ("pods", workload("Deployment", "w", "replicas: 3,", &half) + &workload("DaemonSet", "d", "", &half), "4", "3"),
        ("pods", job.clone(), "3", "2"),
        ("pods", workload("CronJob", "j", "parallelism: 2,", &half), "2", "1"),
        ("pods", workload("Job", "j", "suspend: true,", &half), "0", ""),
        // An autoscaler's most counts, whatever is written.
        (
            "pods",
            workload("Deployment", "w", "replicas: 9,", &half) + &scaler("Deployment", "w", "maxReplicas: 5"),
            "5",
            "4",
        ),
        ("pods", workload("Deployment", "w", "", &half) + &scaler("StatefulSet", "w", "maxReplicas: 5"), "1", "0"),
        (
            "pods",
            workload("Deployment", "w", "", &half) + &scaler("Deployment", "w", "maxReplicas: \"${N}\""),
            "1",
            "0",
        ),
        // A limit stands for a request.
        ("requests.cpu", workload("Deployment", "w", "", &one("limits: { cpu: 2 }")), "2", "1999m"),
        ("requests.example.com/gpu", workload("Deployment", "w", "", &one("limits: { example.com/gpu: 2 }")), "2", "1"),
        // Init containers run alone, sidecars with everything that comes after them.
        (
            "requests.cpu",
            workload("Deployment", "w", "", &initial(&container("requests: { cpu: 3 }"), &half)),
            "3",
            "2999m",
        ),
        (
            "requests.cpu",
            workload(
                "Deployment",
                "w",
                "",
                &initial(
                    "{ name: s, image: s:1, restartPolicy: Always, resources: { requests: { cpu: 1 } } }, \
                     { name: i, image: i:1, resources: { requests: { cpu: 300m } } }",
                    &half,
                ),
            ),
            "1500m",
            "1499m",
        ),
        (
            "requests.cpu",
            workload(
                "Deployment",
                "w",
                "",
                &initial(
                    "{ name: s, image: s:1, restartPolicy: Always, resources: { requests: { cpu: 1 } } }, \
                     { name: i, image: i:1, resources: { requests: { cpu: 700m } } }",
                    &half,
                ),
            ),
            "1700m",
            "1699m",
        ),
        (
            "requests.cpu",
            workload("Deployment", "w", "", &format!("overhead: {{ cpu: 250m }}, {half}")),
            "750m",
            "749m",
        ),
        (
            "requests.cpu",
            workload("Deployment", "w", "", &format!("resources: {{ requests: {{ cpu: 2 }} }}, {half}")),
            "2",
            "1999m",
        ),
        // What is not known adds nothing.
        (
            "requests.cpu",
            workload("Deployment", "w", "replicas: \"${N}\",", &half) + &workload("Deployment", "x", "", &half),
            "500m",
            "499m",
        ),
        // What is written twice adds nothing.
        ("pods", workload("Deployment", "w", "", &half) + &workload("Deployment", "w", "", &half) + &job, "3", "2"),
        ("requests.storage", claim("a", "") + &workload("StatefulSet", "w", set, &half), "20Gi", "20479Mi"),
        ("persistentvolumeclaims", claim("a", "") + &workload("StatefulSet", "w", set, &half), "3", "2"),
        (
            "gold.storageclass.storage.k8s.io/requests.storage",
            claim("a", "storageClassName: tin,") + &workload("StatefulSet", "w", set, &half),
            "10Gi",
            "9Gi",
        ),
        ("services", service("a", "") + &service("b", ""), "2", "1"),
        ("services.loadbalancers", service("a", "type: LoadBalancer") + &service("b", ""), "1", "0"),
        (
            "services.nodeports",
            service("a", "type: NodePort, ports: [{ port: 1 }, { port: 2 }]") + &service("b", "ports: [{ port: 1 }]"),
            "2",
            "1",
        ),
        ("count/deployments.apps", workload("Deployment", "w", "", &half), "1", "0"),
        // Kubernetes makes one.
        ("configmaps", service("a", ""), "1", "0"),
    ] {
        let files = |hard: &str| [("quota.yaml", quota(&format!("{key}: {hard}"))), ("all.yaml", objects.clone())];
        assert_eq!(exceeded(&files(enough)), 0, "{key}: {enough} is enough for\n{objects}");
        if !too_small.is_empty() {
            assert_eq!(exceeded(&files(too_small)), 1, "{key}: {too_small} is too small for\n{objects}");
        }
    }
}

#[test]
fn limit_ranges_give_before_quotas_count() {
    let pod = |resources: &str| format!("containers: [{}]", container(resources));
    let range = |name: &str, limits: &str| {
        format!(
            "apiVersion: v1\nkind: LimitRange\nmetadata: {{ name: {name}, namespace: shop }}\nspec: {{ limits: [{{ {limits} }}] }}\n---\n"
        )
    };
    let usual = |limits: &str| range("l", &format!("type: Container, {limits}"));
    let bare = workload("Deployment", "w", "replicas: 2,", &pod(""));
    for (key, ranges, objects, enough, too_small) in [
        ("requests.cpu", usual("defaultRequest: { cpu: 200m }, default: { cpu: 500m }"), bare.clone(), "400m", "399m"),
        ("limits.cpu", usual("defaultRequest: { cpu: 200m }, default: { cpu: 500m }"), bare.clone(), "1", "999m"),
        // A default limit is the request where no request is given, a maximum the limit, a minimum the request.
        ("requests.cpu", usual("default: { cpu: 500m }"), bare.clone(), "1", "999m"),
        ("limits.cpu", usual("max: { cpu: 2 }"), bare.clone(), "4", "3999m"),
        ("requests.cpu", usual("max: { cpu: 2 }, min: { cpu: 100m }"), bare.clone(), "4", "3999m"),
        ("requests.cpu", usual("min: { cpu: 100m }"), bare.clone(), "200m", "199m"),
        ("limits.cpu", usual("min: { cpu: 100m }"), bare.clone(), "0", ""),
        // What is written stays, and a limit stands for its request.
        (
            "requests.cpu",
            usual("defaultRequest: { cpu: 1 }"),
            workload("Deployment", "w", "", &pod("limits: { cpu: 100m }")),
            "100m",
            "99m",
        ),
        (
            "limits.cpu",
            usual("default: { cpu: 1 }"),
            workload("Deployment", "w", "", &pod("requests: { cpu: 100m }")),
            "1",
            "999m",
        ),
        // Init containers are given as much, and overhead is added.
        (
            "requests.cpu",
            usual("defaultRequest: { cpu: 1 }"),
            workload(
                "Deployment",
                "w",
                "",
                &format!("overhead: {{ cpu: 1 }}, initContainers: [{{ name: i }}], {}", pod("")),
            ),
            "2",
            "1999m",
        ),
        // Whichever of two comes first.
        (
            "requests.cpu",
            usual("defaultRequest: { cpu: 1 }") + &range("m", "type: Container, defaultRequest: { cpu: 300m }"),
            bare.clone(),
            "600m",
            "599m",
        ),
        ("requests.cpu", range("l", "type: Pod, min: { cpu: 1 }"), bare.clone(), "0", ""),
        ("requests.cpu", usual("defaultRequest: { memory: 1Gi }"), bare.clone(), "0", ""),
        ("requests.cpu", usual("defaultRequest: { cpu: \"${CPU}\" }"), bare.clone(), "0", ""),
        ("requests.cpu", usual("defaultRequest: \"${ALL}\", min: { cpu: 1 }"), bare.clone(), "0", ""),
        ("requests.cpu", usual("min: { cpu: 1 }").replace("shop", "other"), bare.clone(), "0", ""),
        // What is not known, and a pod with resources of its own, is given nothing.
        (
            "requests.cpu",
            usual("min: { cpu: 1 }"),
            workload("Deployment", "w", "", &pod("requests: \"${ALL}\"")),
            "0",
            "",
        ),
        (
            "requests.cpu",
            usual("min: { cpu: 1 }"),
            workload("Deployment", "w", "", &format!("resources: {{ requests: {{ memory: 1Gi }} }}, {}", pod(""))),
            "0",
            "",
        ),
        // A text that could hold another LimitRange.
        (
            "requests.cpu",
            usual("min: { cpu: 1 }"),
            format!("{bare}apiVersion: v1\nkind: LimitRange\nmetadata: {{ namespace: shop }}\nspec: [\n"),
            "0",
            "",
        ),
    ] {
        let files = |hard: &str| {
            [
                ("quota.yaml", quota(&format!("{key}: {hard}"))),
                ("ranges.yaml", ranges.clone()),
                ("all.yaml", objects.clone()),
            ]
        };
        assert_eq!(exceeded(&files(enough)), 0, "{key}: {enough} is enough for\n{ranges}{objects}");
        if !too_small.is_empty() {
            assert_eq!(exceeded(&files(too_small)), 1, "{key}: {too_small} is too small for\n{ranges}{objects}");
        }
    }
    // Of environments each has its own.
    let files = |of: &'static str| {
        let range = usual("min: { cpu: 1 }");
        [("prod/q.yaml", quota("requests.cpu: 0")), (of, range), ("prod/w.yaml", bare.clone())]
    };
    for (of, expected) in [("prod/l.yaml", 1), ("l.yaml", 1), ("staging/l.yaml", 0)] {
        assert_eq!(exceeded(&files(of)), expected, "{of}");
    }
    let messages = findings(
        &[("q.yaml", quota("requests.cpu: 1")), ("l.yaml", usual("min: { cpu: 1 }")), ("w.yaml", bare)],
        |rule| rule == "k8s-resourcequota-exceeded",
    );
    assert_eq!(
        messages,
        [
            "ResourceQuota `q` allows `1` of `requests.cpu` in all: Deployment `w` asks for at least `2`, with what a LimitRange gives"
        ]
    );
}

#[test]
fn scopes_leave_out_what_is_not_certainly_in_them() {
    let pod = |fields: &str, resources: &str| format!("{fields} containers: [{}]", container(resources));
    let objects = [
        ("ending", pod("activeDeadlineSeconds: 60,", "")),
        ("lasting", pod("", "")),
        ("asking", pod("activeDeadlineSeconds: \"${TIME}\",", "requests: { cpu: 1 }")),
        ("high", pod("priorityClassName: high,", "limits: { memory: 1Gi }")),
        ("low", pod("priorityClassName: low,", "limits: { \"example.com/gpu\": 1 }")),
    ];
    let objects: String = objects.iter().map(|(name, pod)| workload("Deployment", name, "", pod)).collect();
    let class = |operator: &str| {
        format!("scopeSelector: {{ matchExpressions: [{{ scopeName: PriorityClass, operator: {operator} }}] }}")
    };
    for (scopes, pods) in [
        ("scopes: []".to_owned(), Some(5)),
        ("scopes: [Terminating]".to_owned(), Some(1)),
        ("scopes: [NotTerminating]".to_owned(), Some(3)),
        ("scopes: [NotBestEffort]".to_owned(), Some(2)),
        ("scopes: [NotBestEffort, NotTerminating]".to_owned(), Some(1)),
        ("scopes: [BestEffort]".to_owned(), None),
        (class("Exists"), Some(2)),
        (class("In, values: [high, other]"), Some(1)),
        (class("NotIn, values: [high]"), None),
        (class("DoesNotExist"), None),
        ("scopes: \"${SCOPES}\"".to_owned(), None),
    ] {
        let found = |most: i64| {
            let quota = quota(&format!("pods: {most} }}, {scopes}")).replace(" } }\n", " }\n");
            exceeded(&[("quota.yaml", quota), ("all.yaml", objects.clone())])
        };
        match pods {
            Some(pods) => assert_eq!((found(pods), found(pods - 1)), (0, 1), "{scopes}"),
            None => assert_eq!(found(0), 0, "{scopes}"),
        }
    }
}

#[test]
fn environments_and_directories_are_not_added() {
    let half = format!("containers: [{}]", container("requests: { cpu: 500m }"));
    let of = |name: &str| workload("Deployment", name, "", &half);
    let unwritten = |text: String| text.replace(", namespace: shop", "");
    let pods = |most: i64| quota(&format!("pods: {most}"));
    for (files, expected) in [
        (vec![("q.yaml", pods(1)), ("a/w.yaml", of("w")), ("b/x.yaml", of("x"))], 1),
        (vec![("q.yaml", pods(1)), ("staging/w.yaml", of("w")), ("prod/x.yaml", of("x"))], 0),
        (vec![("q.yaml", pods(1)), ("staging/w.yaml", of("w")), ("apps/x.yaml", of("x"))], 1),
        (vec![("prod/q.yaml", pods(0)), ("staging/w.yaml", of("w"))], 0),
        (vec![("prod/q.yaml", pods(0)), ("staging/w.yaml", of("w")), ("prod/w.yaml", of("w"))], 1),
        (vec![("prod/q.yaml", pods(0)), ("base/w.yaml", of("w")), ("prod/w.yaml", of("w"))], 0),
        (vec![("prod/q.yaml", pods(0)), ("prod/w.yaml", of("w"))], 1),
        (vec![("a/q.yaml", unwritten(pods(0))), ("b/w.yaml", unwritten(of("w")))], 0),
        (vec![("a/q.yaml", unwritten(pods(0))), ("a/w.yaml", unwritten(of("w")))], 1),
        (
            vec![
                ("a/q.yaml", pods(0)),
                ("a/w.yaml", of("w")),
                ("a/kustomization.yaml", "resources: [w.yaml]\npatches: [{ path: p.yaml }]\n".to_owned()),
            ],
            0,
        ),
        (
            vec![
                ("a/q.yaml", pods(0)),
                ("a/w.yaml", unwritten(of("w"))),
                ("a/kustomization.yaml", "resources: [w.yaml]\nnamespace: shop\n".to_owned()),
            ],
            1,
        ),
    ] {
        assert_eq!(exceeded(&files), expected, "{files:?}");
    }
}

#[test]
fn findings_name_who_asks() {
    let pod = |resources: &str| format!("containers: [{}]", container(resources));
    let range = |limits: &str| {
        format!(
            "apiVersion: v1\nkind: LimitRange\nmetadata: {{ name: l, namespace: shop }}\nspec: {{ limits: [{{ {limits} }}] }}\n"
        )
    };
    let policy = "apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nmetadata: { name: p }\n\
                  spec: { rules: [{ mutate: { patchStrategicMerge: { spec: { containers: [{ resources: {} }] } } } }] }\n";
    for (bounds, objects, expected) in [
        (
            quota("requests.cpu: 2"),
            workload("Deployment", "w", "replicas: 3,", &pod("requests: { cpu: 500m }"))
                + &workload("DaemonSet", "d", "", &pod("requests: { cpu: 1 }")),
            &["ResourceQuota `q` allows `2` of `requests.cpu` in all: the namespace asks for at least `2500m`, of it \
               Deployment `w` alone `1500m` (DaemonSets counted for one node)"][..],
        ),
        (
            quota("limits.memory: 1Gi, requests.memory: 1Gi"),
            workload("Deployment", "w", "", &pod("")) + &workload("Deployment", "x", "", &pod("limits: { cpu: 1 }")),
            &[
                "ResourceQuota `q` refuses pods with a container without a memory limit: container `c` of Deployment `w` \
               sets none (and 1 more)",
            ],
        ),
        (quota("limits.memory: 1Gi"), workload("Deployment", "w", "", "containers: \"${C}\""), &[]),
        (quota("limits.memory: 1Gi"), workload("Deployment", "w", "", &pod("")) + "---\n" + policy, &[]),
        (
            quota("limits.memory: 1Gi") + "---\n" + &range("type: Container, max: { memory: 1Gi }"),
            workload("Deployment", "w", "", &pod("")),
            &[],
        ),
        (
            range("type: Container, min: { cpu: 100m }"),
            workload("Deployment", "w", "", &pod("requests: { cpu: 99m }")),
            &[
                "LimitRange `l` asks of a container at least `100m` of cpu: container `c` of Deployment `w` has a request \
               of `99m`",
            ],
        ),
        (
            range("type: Pod, max: { memory: 1Gi }"),
            workload("Deployment", "w", "", &format!("containers: [{0}, {0}]", container("limits: { memory: 600Mi }"))),
            &[
                "LimitRange `l` allows a pod at most `1Gi` of memory: a pod of Deployment `w` has requests of `1200Mi` in \
               all",
            ],
        ),
        (
            range("type: Pod, min: { memory: 1Gi }"),
            workload(
                "Deployment",
                "w",
                "",
                &format!("containers: [{}, {{ name: d }}]", container("limits: { memory: 6Mi }")),
            ),
            &[],
        ),
        (
            range("type: Container, maxLimitRequestRatio: { cpu: 2 }, default: { cpu: 1 }"),
            workload("Deployment", "w", "", &pod("requests: { cpu: 400m }")),
            &["LimitRange `l` allows a container a cpu limit of at most `2` times the request: container `c` of \
               Deployment `w` has a request of `400m` and a limit of `1`"],
        ),
        (
            // Either of the two may give the limit.
            range("type: Container, default: { cpu: 1 }")
                + "---\n"
                + &range("type: Container, default: { cpu: 4 }").replace("name: l", "name: m"),
            workload("Deployment", "w", "", &pod("requests: { cpu: 2 }")),
            &[],
        ),
    ] {
        let files = [("bounds.yaml", bounds), ("all.yaml", objects)];
        let message = format!("{files:?}");
        assert_eq!(findings(&files, |_| true), expected, "{message}");
    }
}
