//! A scan in parts, end to end: what parts leave and a merge puts together is the whole scan, byte for byte, whatever stands in
//! which part; parts that do not belong together are refused; hostile files never panic.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a panic in a helper is the failure message"
)]

mod support;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use portcullis_engine::{Silent, merge_from, packed, unpacked};
use portcullis_report::{Format, Options, write};

const DAY: &[&str] = &["--date", "2026-11-22"];
const REPORTS: [&str; 4] = ["json", "sarif", "cyclonedx", "spdx"];

/// The options that write every report into files of a folder.
fn reports(folder: &str) -> Vec<String> {
    REPORTS.iter().flat_map(|format| ["--format".to_owned(), format!("{format}={folder}/{format}")]).collect()
}

fn run(folder: &Path, arguments: &[&str], more: &[String]) -> Output {
    let all: Vec<&str> = arguments.iter().copied().chain(more.iter().map(String::as_str)).collect();
    support::run(folder, &all)
}

/// What a run says on standard error, and its exit code.
fn said(output: &Output) -> (String, i32) {
    (String::from_utf8(output.stderr.clone()).unwrap(), output.status.code().unwrap())
}

/// Scans a tree in parts, and gives the files of facts. They and everything else lie beside the tree.
fn parts(tree: &Path, count: u32, options: &[&str]) -> Vec<String> {
    let facts = |part: u32| format!("../out/{count}.{part}.facts");
    let scan = |part: u32| {
        let shard = format!("{part}/{count}");
        let format = format!("facts={}", facts(part));
        let arguments = [&["check", "--shard", &shard, "--format", &format], DAY, options, &["."]].concat();
        let output = run(tree, &arguments, &[]);
        assert!(tree.join(facts(part)).exists(), "{shard}: {}", said(&output).0);
        facts(part)
    };
    (1..=count).map(scan).collect()
}

/// Whether parts of a tree, whatever their number, come to what the whole comes to.
fn check(tree: &Path, options: &[&str]) {
    let out = tree.parent().unwrap().join("out");
    for folder in ["whole", "merged"] {
        fs::create_dir_all(out.join(folder)).unwrap();
    }
    let arguments = [&["check", "--include-suppressed"], DAY, options, &["."]].concat();
    let whole = run(tree, &arguments, &reports("../out/whole"));
    for count in [1, 2, 3, 7] {
        let mut files = parts(tree, count, options);
        files.reverse();
        let arguments: Vec<&str> =
            ["merge", "--include-suppressed"].into_iter().chain(files.iter().map(String::as_str)).collect();
        let merged = run(tree, &arguments, &reports("../out/merged"));
        assert_eq!(merged.status.code(), whole.status.code(), "{}", said(&merged).0);
        for format in REPORTS {
            let read = |folder: &str| fs::read_to_string(out.join(folder).join(format)).unwrap();
            let (whole, merged) = (read("whole"), read("merged"));
            if whole != merged {
                let differ = whole.lines().zip(merged.lines()).find(|(a, b)| a != b);
                panic!("{} in {count} parts: {format} differs: {differ:?}", tree.display());
            }
        }
    }
}

/// A tree of its own with files, below which it lies.
fn tree(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let within: Vec<(String, &str)> = files.iter().map(|(path, text)| (format!("tree/{path}"), *text)).collect();
    let within: Vec<(&str, &str)> = within.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    let root = support::folder("sharding", name, &within).join("tree");
    fs::create_dir_all(root.join(".git")).unwrap();
    fs::create_dir_all(root.parent().unwrap().join("out")).unwrap();
    root
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

#[test]
fn fixtures_in_parts_are_the_fixtures() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    for name in ["projects", "joins", "kustomize", "terraform", "compose", "helm", "schemas", "bad-input"] {
        let root = tree(name, &[]);
        copy(&fixtures.join(name), &root);
        check(&root, &["--profile", "all"]);
    }
}

/// What refers to one another stands in files of its own, so that it comes apart whatever the number of parts.
fn estate() -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = Vec::new();
    let mut add = |path: String, text: String| files.push((path, text));
    for team in ["red", "blue", "green"] {
        let meta = |name: &str| format!("metadata: {{ name: {name}, namespace: {team} }}");
        for app in 0..4 {
            let of = |kind: &str| format!("{team}/{kind}-{app}.yaml");
            add(
                of("deployment"),
                format!(
                    "apiVersion: apps/v1\nkind: Deployment\n{}\nspec:\n  replicas: 2\n  selector: {{ matchLabels: {{ app: a{app} }} }}\n  \
                     template:\n    metadata: {{ labels: {{ app: a{app} }} }}\n    spec:\n      serviceAccountName: sa{app}\n      \
                     containers:\n        - name: web\n          image: web:1\n          resources: {{ requests: {{ cpu: 2, memory: 1Gi }} }}\n          \
                     envFrom: [{{ configMapRef: {{ name: settings }} }}, {{ secretRef: {{ name: absent }} }}]\n",
                    meta(&format!("a{app}"))
                ),
            );
            let selected = if app == 3 { "nothing".to_owned() } else { format!("a{app}") };
            add(
                of("service"),
                format!(
                    "apiVersion: v1\nkind: Service\n{}\nspec:\n  selector: {{ app: {selected} }}\n  ports: [{{ port: 80 }}]\n",
                    meta(&format!("s{app}"))
                ),
            );
            add(
                of("scaler"),
                format!(
                    "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\n{}\nspec:\n  scaleTargetRef: {{ apiVersion: apps/v1, kind: Deployment, name: a{} }}\n  \
                     minReplicas: 1\n  maxReplicas: 5\n",
                    meta(&format!("h{app}")),
                    app / 2
                ),
            );
        }
        // Said twice in one directory.
        add(
            format!("{team}/settings.yaml"),
            format!("apiVersion: v1\nkind: ConfigMap\n{}\ndata: {{ a: b }}\n", meta("settings")),
        );
        add(
            format!("{team}/again.yaml"),
            format!("apiVersion: v1\nkind: ConfigMap\n{}\ndata: {{ a: c }}\n", meta("settings")),
        );
        add(
            format!("{team}/quota.yaml"),
            format!(
                "apiVersion: v1\nkind: ResourceQuota\n{}\nspec: {{ hard: {{ requests.cpu: 3, limits.memory: 1Gi }} }}\n",
                meta("quota")
            ),
        );
        add(
            format!("{team}/policy.yaml"),
            format!(
                "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n{}\nspec: {{ podSelector: {{ matchLabels: {{ app: a1 }} }} }}\n",
                meta("deny")
            ),
        );
        add(
            format!("{team}/binding.yaml"),
            format!(
                "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {{ name: {team} }}\nroleRef: {{ apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin }}\n\
                 subjects: [{{ kind: ServiceAccount, name: sa1, namespace: {team} }}]\n"
            ),
        );
        add(
            format!("{team}/tank.yaml"),
            format!(
                "apiVersion: example.com/v1\nkind: Tank\n{}\nspec: {{ size: large, colour: {team} }}\n",
                meta("tank")
            ),
        );
        // Built with a base that other teams take in as well.
        add(
            format!("overlays/{team}/kustomization.yaml"),
            format!("namespace: built-{team}\nresources: [../../base]\npatches: [{{ path: patch.yaml }}]\n"),
        );
        add(
            format!("overlays/{team}/patch.yaml"),
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: base }\nspec: { replicas: 3 }\n".to_owned(),
        );
        add(
            format!("infra/{team}/main.tf"),
            format!(
                "variable \"team\" {{ type = string }}\nmodule \"store\" {{\n  source = \"../store\"\n  name = \"{team}\"\n}}\nmodule \"gone\" {{\n  source = \"example.com/{team}/gone\"\n}}\n"
            ),
        );
        add(
            format!("{team}/web/package.json"),
            "{\"name\": \"web\", \"dependencies\": {\"left-pad\": \"^2.0.0\"}}\n".to_owned(),
        );
        add(
            format!("{team}/web/package-lock.json"),
            "{\"name\": \"web\", \"lockfileVersion\": 3, \"packages\": {\"\": {\"dependencies\": {\"left-pad\": \"^2.0.0\"}}, \
             \"node_modules/left-pad\": {\"version\": \"1.3.0\", \"resolved\": \"https://registry.npmjs.org/left-pad/-/left-pad-1.3.0.tgz\", \"integrity\": \"sha512-AA==\"}}}\n"
                .to_owned(),
        );
        add(format!("{team}/web/Cargo.lock"), "version = 3\n\n[[package]]\nname = \"time\"\nversion = \"0.1.43\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\nchecksum = \"ca8a50ef2360fbd1eeb0ecd46795a87a19024eb4b53c5dc916ca1fd95fe62438\"\n".to_owned());
        add(
            format!("{team}/compose.yaml"),
            "services:\n  web:\n    image: web\n    extends: { file: ../shared.yaml, service: base }\n".to_owned(),
        );
        add(format!("{team}/.env"), format!("DB_PASSWORD=Tr0ub4dor-{team}-9Xq\n"));
    }
    add("shared.yaml".to_owned(), "services:\n  base:\n    image: base:latest\n    privileged: true\n".to_owned());
    add("base/kustomization.yaml".to_owned(), "resources: [web.yaml]\n".to_owned());
    add(
        "base/web.yaml".to_owned(),
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: base }\nspec:\n  selector: { matchLabels: { app: base } }\n  template:\n    \
         metadata: { labels: { app: base } }\n    spec:\n      containers: [{ name: base, image: base }]\n"
            .to_owned(),
    );
    add(
        "crds/tank.yaml".to_owned(),
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: { name: tanks.example.com }\nspec:\n  group: example.com\n  \
         scope: Namespaced\n  names: { kind: Tank, plural: tanks }\n  versions:\n    - name: v1\n      served: true\n      storage: true\n      schema:\n        \
         openAPIV3Schema: { type: object, properties: { spec: { type: object, properties: { size: { type: integer } } } } }\n"
            .to_owned(),
    );
    add(
        "infra/store/main.tf".to_owned(),
        "variable \"name\" { type = string }\nresource \"aws_s3_bucket\" \"it\" { bucket = var.name }\nresource \"aws_iam_role\" \"it\" { name = \"sa2\" }\n"
            .to_owned(),
    );
    add("broken.yaml".to_owned(), "apiVersion: v1\nkind: Secret\nmetadata: { name: [\n".to_owned());
    files
}

const CONSTRAINTS: &[(&str, &str)] = &[
    (
        "gate/template.yaml",
        "apiVersion: templates.gatekeeper.sh/v1\nkind: ConstraintTemplate\nmetadata: { name: owned }\nspec:\n  crd: { spec: { names: { kind: Owned } } }\n  \
         targets:\n    - target: admission.k8s.gatekeeper.sh\n      rego: |\n        package owned\n\n        violation[{\"msg\": msg}] {\n          \
         not input.review.object.metadata.labels.owner\n          msg := sprintf(\"%v has no owner\", [input.review.object.metadata.name])\n        }\n",
    ),
    (
        "gate/all.yaml",
        "apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: Owned\nmetadata: { name: all }\nspec:\n  match: { kinds: [{ apiGroups: [apps], kinds: [Deployment] }], namespaceSelector: { matchLabels: { a: b } } }\n",
    ),
    (
        "gate/some.yaml",
        "apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: Owned\nmetadata: { name: some }\nspec: { match: { kinds: [{ apiGroups: [\"\"], kinds: [Service] }] } }\n",
    ),
];

const CONFIG: &str = "ignore:\n  - { rule: k8s-*, path: red/, reason: legacy }\n  - { rule: secret, path: \"*.env\", expires: 2020-01-01 }\n\
                      overrides:\n  - { paths: [blue/], rules: { k8s-image-latest-tag: off } }\n";

const POLICY: &str = "package main\n\nimport rego.v1\n\nwarn contains msg if {\n\tsome file in input\n\tfile.contents.kind == \"Service\"\n\tmsg := sprintf(\"%s: a service\", [file.path])\n}\n";

#[test]
fn an_estate_in_parts_is_the_estate() {
    let files = estate();
    let mut all: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let root = tree("estate", &all);
    check(&root, &["--profile", "all"]);
    check(&root, &["--only", "k8s-*"]);
    check(&root, &["--tf-var", "team=x"]);
    // No root declares it.
    check(&root, &["--tf-var", "name=x"]);
    all.extend(CONSTRAINTS);
    all.push(("portcullis.yaml", CONFIG));
    all.push(("policy/main.rego", POLICY));
    let root = tree("governed", &all);
    check(&root, &["--profile", "all"]);
    check(&root, &["--policy", "policy"]);
    check(&root, &["--policy", "policy", "--combine"]);
}

/// Where a directory is moved, what a part judges changes; what all of them come to does not.
#[test]
fn it_does_not_matter_what_stands_in_which_part() {
    let files = estate();
    for name in ["a", "deeper/b", "c-3"] {
        let moved: Vec<(String, &str)> =
            files.iter().map(|(path, text)| (format!("{name}/{path}"), text.as_str())).collect();
        let moved: Vec<(&str, &str)> = moved.iter().map(|(path, text)| (path.as_str(), *text)).collect();
        check(&tree(&format!("moved-{}", name.replace('/', "-")), &moved), &[]);
    }
}

#[test]
fn a_part_says_what_it_leaves_to_the_others() {
    let files = estate();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let root = tree("notes", &files);
    let output = support::run(&root, &["--shard", "1/2", "--format", "json", "."]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let notes = report["notes"].as_array().unwrap();
    let is_left =
        |note: &serde_json::Value| note["message"].as_str().unwrap().starts_with("this is part 1/2 of a scan: ");
    assert!(notes.iter().any(is_left), "{notes:?}");
    let rules: Vec<&str> =
        report["findings"].as_array().unwrap().iter().map(|it| it["rule"].as_str().unwrap()).collect();
    assert!(!rules.contains(&"k8s-duplicate-object") && !rules.is_empty(), "{rules:?}");
}

#[test]
fn facts_hold_no_secret() {
    let files = estate();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let root = tree("secrets", &files);
    for file in parts(&root, 2, &["--profile", "all"]) {
        for bytes in unpacked(&fs::read(root.join(file)).unwrap()).unwrap() {
            let text = String::from_utf8_lossy(&bytes);
            assert!(!text.contains("Tr0ub4dor"), "a password is in the facts");
            assert!(!text.contains(env!("CARGO_TARGET_TMPDIR")), "a path of the machine is in the facts");
        }
    }
}

#[test]
fn what_is_no_part_is_refused() {
    let root = tree("refused", &[("a.yaml", "a: 1\n")]);
    for (arguments, expected) in [
        (&["--shard", "0/3"][..], "numbered 1 to 3"),
        (&["--shard", "4/3"], "numbered 1 to 3"),
        (&["--shard", "1/0"], "1 to 10000 parts"),
        (&["--shard", "1/10001"], "1 to 10000 parts"),
        (&["--shard", "a/b"], "expected I/N"),
        (&["--shard", "+1/2"], "expected I/N"),
        (&["--shard", "1"], "expected I/N"),
        (&["--shard", "3+1/3"], "numbered 1 to 3"),
        (&["--shard", "1+/3"], "expected I/N"),
        (&["--shard", "1/2", "--fix"], "cannot be used with"),
        (&["--shard", "1/2", "--staged"], "cannot be used with"),
        (&["--shard", "1/2", "--changed", "HEAD"], "the whole scan alone"),
        (&["--shard", "1/2", "--baseline", "b.json"], "leave the facts of the part"),
        (&["--shard", "1/2", "--format", "facts", "--baseline", "b.json"], "does not exist"),
        (&["merge", "a.yaml", "--baseline", "b.json"], "does not exist"),
        (&["--shard", "1/2", "-"], "standard input"),
        (&["--format", "facts=x"], "name the part"),
        (&["--shard", "1/2", "--format", "facts", "--format", "json"], "share standard output"),
        (&["merge", "a.yaml", "--format", "facts"], "no part any more"),
    ] {
        let (errors, code) = said(&support::run(&root, arguments));
        assert!(code == 2 && errors.contains(expected), "{arguments:?}: {code} {errors}");
    }
}

/// Leaves the facts of a part, and gives their path from the tree.
fn part(root: &Path, shard: &str, name: &str, options: &[&str]) -> String {
    let facts = format!("../out/{name}");
    let format = format!("facts={facts}");
    let output = run(root, &[&["--shard", shard, "--format", &format], DAY, options].concat(), &[]);
    assert!(root.join(&facts).exists(), "{shard} {options:?}: {}", said(&output).0);
    facts
}

#[test]
fn parts_of_two_states_of_a_tree_are_refused() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: { name: a }\n";
    let files = [
        ("a.yaml", pod),
        ("b.yaml", pod),
        ("c.yaml", pod),
        ("web/Cargo.lock", "version = 3\n\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n"),
        ("infra/main.tf", "variable \"a\" { type = string }\n"),
        ("infra/terraform.tfvars", "a = \"b\"\n"),
        (".gitignore", "*.tfvars\n"),
    ];
    // Judged by one part, by both, and read by whoever judges the module.
    for (changed, text, expected) in [
        ("d.yaml", Some(pod), "`d.yaml` is in the former alone"),
        ("b.yaml", None, "`b.yaml` is in the latter alone"),
        ("b.yaml", Some("apiVersion: v1\n"), "`b.yaml` has 15 bytes in the former, and 47 in the latter"),
        (
            "web/Cargo.lock",
            Some("version = 3\n\n[[package]]\nname = \"a\"\nversion = \"1.0.1\"\n"),
            "`web/Cargo.lock` does not hold the same in both",
        ),
    ] {
        let root = tree("states", &files);
        let one = part(&root, "1/2", "one", &["."]);
        match text {
            Some(text) => fs::write(root.join(changed), text).unwrap(),
            None => fs::remove_file(root.join(changed)).unwrap(),
        }
        let two = part(&root, "2/2", "two", &["."]);
        let (errors, code) = said(&run(&root, &["merge", &one, &two], &[]));
        assert!(code == 2 && errors.contains("is of other files than"), "{changed}: {code} {errors}");
        assert!(errors.contains(expected), "{changed}: {errors}");
        // Read again, they are of one state.
        let one = part(&root, "1/2", "one", &["."]);
        let (errors, code) = said(&run(&root, &["merge", &one, &two], &[]));
        assert!(code <= 1, "{changed}: {code} {errors}");
    }
}

#[test]
fn parts_of_two_commits_are_refused() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: { name: a }\n";
    let root = tree("commits", &[("a.yaml", pod), ("b.yaml", pod)]);
    let git = |words: &[&str]| {
        let who = ["-c", "user.name=Zaphod", "-c", "user.email=who@example.org"];
        let output = Command::new("git").args(who).args(words).current_dir(&root).output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    git(&["init", "-q"]);
    git(&["commit", "-q", "--allow-empty", "-m", "one"]);
    let one = part(&root, "1/2", "one", &["."]);
    let two = part(&root, "2/2", "two", &["."]);
    assert!(said(&run(&root, &["merge", &one, &two], &[])).1 <= 1);
    git(&["commit", "-q", "--allow-empty", "-m", "two"]);
    let two = part(&root, "2/2", "two", &["."]);
    let (errors, code) = said(&run(&root, &["merge", &one, &two], &[]));
    assert!(code == 2 && errors.contains("one is of commit "), "{code} {errors}");
}

/// What decides about the exit code is that of the parts, unless the merge is told otherwise.
#[test]
fn a_merge_ends_as_its_parts_would() {
    let files = [(
        "a.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: { name: a }\nspec: { containers: [{ name: a, image: a }] }\n",
    )];
    let root = tree("ends", &files);
    let empty = tree("ends-empty", &[]);
    for (root, options, merge, expected) in [
        (&root, &["."][..], &[][..], 1),
        (&root, &[".", "--fail-on", "critical"], &[], 0),
        (&root, &[".", "--fail-on", "critical"], &["--fail-on", "low"], 1),
        (&root, &[".", "--fail-on", "low"], &["--fail-on", "critical"], 0),
        // It keeps parts from failing.
        (&root, &[".", "--exit-zero"], &[], 1),
        (&root, &[".", "--exit-zero"], &["--exit-zero"], 0),
        (&empty, &["."], &[], 3),
        (&empty, &["../tree"], &[], 3),
        (&empty, &[], &[], 0),
    ] {
        let [one, two] = [1, 2].map(|number| part(root, &format!("{number}/2"), &number.to_string(), options));
        let (errors, code) = said(&run(root, &[&["merge", &one, &two], merge].concat(), &[]));
        assert_eq!(code, expected, "{options:?} {merge:?}: {errors}");
        if merge.is_empty() && !options.contains(&"--exit-zero") {
            assert_eq!(code, said(&run(root, &[DAY, options].concat(), &[])).1, "{options:?}");
        }
    }
    for (one, two, expected) in [
        (&["."][..], &[".", "--fail-on", "critical"][..], "other severities to fail on"),
        (&["."], &[".", "--min-severity", "high"], "other rules that are on"),
        (&["."], &[], "other named paths"),
    ] {
        let (one, two) = (part(&root, "1/2", "one", one), part(&root, "2/2", "two", two));
        let (errors, code) = said(&run(&root, &["merge", &one, &two], &[]));
        assert!(code == 2 && errors.contains(expected), "{code} {errors}");
    }
    let policy = |text: &str| fs::write(root.join("../out/main.rego"), text).unwrap();
    let policies = [".", "--policy", "../out/main.rego"];
    policy(POLICY);
    let one = part(&root, "1/2", "one", &policies);
    policy(&POLICY.replace("a service", "one service"));
    let two = part(&root, "2/2", "two", &policies);
    let (errors, code) = said(&run(&root, &["merge", &one, &two], &[]));
    assert!(code == 2 && errors.contains("other policies"), "{code} {errors}");
    let one = part(&root, "1/2", "one", &["."]);
    fs::write(root.join("../out/other.yaml"), "rules: { k8s-image-latest-tag: { severity: high } }\n").unwrap();
    let two = part(&root, "2/2", "two", &[".", "--config", "../out/other.yaml"]);
    let (errors, code) = said(&run(&root, &["merge", &one, &two], &[]));
    assert!(code == 2 && errors.contains("is of other "), "{code} {errors}");
}

/// All of a scan withholds nothing, whether it leaves facts or not.
#[test]
fn one_part_of_one_is_the_scan() {
    let files = estate();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let root = tree("one", &files);
    let report = |options: &[&str]| {
        let output = run(&root, &[&["--format", "json", "--profile", "all"], DAY, options, &["."]].concat(), &[]);
        (String::from_utf8(output.stdout).unwrap(), output.status.code())
    };
    let whole = report(&[]);
    assert!(whole.0.contains("k8s-missing-secret"));
    assert_eq!(report(&["--shard", "1/1"]), whole);
    assert_eq!(report(&["--shard", "1/1", "--format", "facts=../out/one"]), whole);
    fs::write(root.join("../out/known.json"), "").unwrap();
    let known = ["baseline", "write", "-q", "-o", "../out/known.json"];
    fs::remove_file(root.join("../out/known.json")).unwrap();
    assert_eq!(said(&run(&root, &known, &[])).1, 0);
    let baseline = ["--baseline", "../out/known.json"];
    assert_eq!(report(&[&["--shard", "1/1"], &baseline[..]].concat()), report(&baseline));
}

/// What a baseline becomes by the facts is what it becomes by a scan.
#[test]
fn baselines_are_written_from_facts() {
    let all: &[&str] = &["--profile", "all"];
    let root = with_baseline("from-facts", &[], all);
    let facts: Vec<String> = parts(&root, 3, all);
    let known = fs::read(root.join("../out/known.json")).unwrap();
    for (task, old) in [("write", None), ("write", Some(&known)), ("prune", Some(&known))] {
        let become_by = |more: &[&str]| {
            let path = root.join("../out/new.json");
            _ = fs::remove_file(&path);
            if let Some(old) = old {
                fs::write(&path, old).unwrap();
            }
            let output = run(&root, &[&["baseline", task, "-o", "../out/new.json"], more].concat(), &[]);
            assert_eq!(said(&output).1, 0, "{}", said(&output).0);
            (fs::read_to_string(path).unwrap(), said(&output).0)
        };
        let scanned = become_by(&[DAY, all].concat());
        let facts: Vec<&str> = std::iter::once("--facts").chain(facts.iter().map(String::as_str)).collect();
        assert_eq!(become_by(&facts), scanned, "{task}");
    }
    for (more, expected) in [
        (&["--facts", &facts[0]][..], "2 of 3 parts are missing"),
        (&["--facts", &facts[0], "--profile", "all"], "cannot be used with"),
        (&["--facts", &facts[0], "--min-severity", "high"], "cannot be used with"),
        (&["--facts", &facts[0], "--policy", "policy"], "cannot be used with"),
        (&["--facts", &facts[0], "--threads", "1"], "cannot be used with"),
        (&["red", "--facts", &facts[0]], "cannot be used with"),
    ] {
        let (errors, code) = said(&run(&root, &[&["baseline", "write"], more].concat(), &[]));
        assert!(code == 2 && errors.contains(expected), "{more:?}: {code} {errors}");
    }
}

#[test]
fn parts_that_do_not_belong_together_are_refused() {
    let root = tree("apart", &[("a.yaml", "apiVersion: v1\nkind: Pod\nmetadata: { name: a }\n"), ("b.yaml", "b: 1\n")]);
    let facts = |part: &str, name: &str, options: &[&str]| {
        let format = format!("facts=../out/{name}");
        let day = if options.contains(&"--date") { &[] } else { DAY };
        let arguments = [&["--shard", part, "--format", &format], day, options, &["."]].concat();
        assert!(said(&run(&root, &arguments, &[])).1 <= 1);
    };
    facts("1/2", "1", &[]);
    facts("2/2", "2", &[]);
    facts("1/3", "third", &[]);
    facts("2/2", "all", &["--profile", "all"]);
    facts("2/2", "day", &["--date", "2026-11-23"]);
    let known = ["baseline", "write", "-o", "../out/known.json", "--profile", "all"];
    assert_eq!(said(&run(&root, &[&known, DAY].concat(), &[])).1, 0);
    facts("2/2", "known", &["--baseline", "../out/known.json"]);
    fs::write(root.join("c.yaml"), "c: 1\n").unwrap();
    facts("2/2", "more", &[]);
    let good = fs::read(root.join("../out/1")).unwrap();
    fs::write(root.join("../out/cut"), &good[..good.len() - 10]).unwrap();
    let mut flipped = good.clone();
    flipped[good.len() / 2] ^= 1;
    fs::write(root.join("../out/flipped"), flipped).unwrap();
    fs::write(root.join("../out/text"), "facts\n").unwrap();
    fs::write(root.join("../out/empty"), "").unwrap();
    fs::write(root.join("../out/more-bytes"), [&good[..], b"\0"].concat()).unwrap();
    let huge = fs::File::create(root.join("../out/huge")).unwrap();
    (&huge).write_all(&good[..100]).unwrap();
    huge.set_len((4 << 30) + 1).unwrap();
    let version = env!("CARGO_PKG_VERSION");
    let at = good.windows(version.len()).position(|it| it == version.as_bytes()).unwrap();
    let mut other = good.clone();
    other[at] = b'9';
    fs::write(root.join("../out/version"), other).unwrap();
    for (files, expected) in [
        (&["1"][..], "1 of 2 parts are missing: 2"),
        (&["2"], "1 of 2 parts are missing: 1"),
        (&["1", "2", "2"], "part 2/2 is there twice"),
        (&["1", "third"], "one number of parts"),
        (&["1", "all"], "is of other rules that are on"),
        (&["1", "day"], "is of other days"),
        (&["1", "known"], "is of other baselines"),
        (&["1", "more"], "is of other files"),
        (&["cut", "2"], "is damaged"),
        (&["flipped", "2"], "is damaged"),
        (&["text", "2"], "is no file of facts"),
        (&["empty", "2"], "is no file of facts"),
        (&["more-bytes", "2"], "is damaged"),
        (&["huge", "2"], "over the limit"),
        (&[".", "2"], "directory"),
        (&["version", "2"], "all parts and the merge have to be of one version"),
        (&["absent", "2"], "absent"),
    ] {
        let files: Vec<String> = files.iter().map(|file| format!("../out/{file}")).collect();
        let (errors, code) = said(&run(&root, &["merge"], &files));
        assert!(code == 2 && errors.contains(expected), "{files:?}: {code} {errors}");
    }
    let (errors, code) = said(&run(&root, &["merge", "../out/2", "../out/1", "--fail-on", "critical"], &[]));
    assert_eq!(code, 0, "{errors}");
    // Who counts from 0 adds 1.
    fs::remove_file(root.join("c.yaml")).unwrap();
    facts("0+1/2", "sum", &[]);
    assert_eq!(fs::read(root.join("../out/sum")).unwrap(), good);
}

/// What is known of the estate before it changes: files are fixed, moved, copied and taken out, and one can no longer be read.
fn with_baseline(name: &str, more: &[(&str, &str)], options: &[&str]) -> PathBuf {
    let files = estate();
    let mut files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    files.extend(more);
    files.push((".gitignore", "green/ignored/\n"));
    let root = tree(name, &files);
    let arguments = [&["baseline", "write", "-o", "../out/known.json"], DAY, options].concat();
    assert_eq!(said(&run(&root, &arguments, &[])).1, 0);
    let rename = |from: &str, to: &str| {
        fs::create_dir_all(root.join(to).parent().unwrap()).unwrap();
        fs::rename(root.join(from), root.join(to)).unwrap();
    };
    rename("red/deployment-0.yaml", "red/moved/web.yaml");
    rename("red/compose.yaml", "blue/other/compose.yaml");
    rename("blue/deployment-1.yaml", "../out/kept.yaml");
    rename("blue/deployment-2.yaml", "green/moved/web.yaml");
    rename("green/deployment-1.yaml", "green/ignored/deployment-1.yaml");
    rename("green/.env", "green/ignored/.env");
    // What is ignored is there still, though nothing scans it: it is neither fixed nor what its copy was called before.
    fs::write(root.join(".gitignore"), "green/ignored/\ngreen/deployment-2.yaml\ninfra/\n").unwrap();
    fs::copy(root.join("red/service-3.yaml"), root.join("red/service-4.yaml")).unwrap();
    fs::copy(root.join("green/deployment-2.yaml"), root.join("red/copy.yaml")).unwrap();
    fs::write(root.join("red/settings.yaml"), "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: other }\n").unwrap();
    fs::write(root.join("blue/deployment-3.yaml"), "apiVersion: apps/v1\nkind: Deployment\nmetadata: {\n").unwrap();
    fs::remove_file(root.join("broken.yaml")).unwrap();
    root
}

/// Whether the parts with a baseline come to what the whole comes to with it, byte for byte, and on standard error as well.
/// `whole`, `part` and `merge` say how each is given the baseline.
fn check_known(root: &Path, [whole, part, merge]: [&[&str]; 3], options: &[&str], paths: &[&str]) {
    let out = root.parent().unwrap().join("out");
    for folder in ["whole", "merged"] {
        fs::create_dir_all(out.join(folder)).unwrap();
    }
    for shown in [&[][..], &["--include-suppressed"]] {
        let arguments = [&["check"], DAY, whole, options, shown, paths].concat();
        let expected = run(root, &arguments, &reports("../out/whole"));
        for count in [1, 3] {
            let facts = |number: u32| format!("../out/known-{count}.{number}.facts");
            for number in 1..=count {
                let (shard, format) = (format!("{number}/{count}"), format!("facts={}", facts(number)));
                let arguments =
                    [&["check", "--shard", &shard, "--format", &format, "--exit-zero"], DAY, part, options, paths];
                let output = run(root, &arguments.concat(), &[]);
                let (errors, code) = said(&output);
                assert!(code == 0 && !errors.contains("fixed"), "{shard}: {code} {errors}");
            }
            let files: Vec<String> = (1..=count).map(facts).collect();
            let files: Vec<&str> = files.iter().map(String::as_str).collect();
            let arguments = [&["merge"], merge, shown, &files].concat();
            let merged = run(root, &arguments, &reports("../out/merged"));
            let read = |folder: &str, format: &str| fs::read_to_string(out.join(folder).join(format)).unwrap();
            for format in REPORTS {
                let (whole, merged) = (read("whole", format), read("merged", format));
                if whole != merged {
                    let differ = whole.lines().zip(merged.lines()).find(|(a, b)| a != b);
                    panic!("{} in {count} parts: {format} differs: {differ:?}", root.display());
                }
            }
            assert_eq!(told(&merged), told(&expected));
            let json: serde_json::Value = serde_json::from_str(&read("merged", "json")).unwrap();
            let count = |kind: &str| {
                json["notes"].as_array().unwrap().iter().filter(|note| note["kind"].as_str() == Some(kind)).count()
            };
            let is_known = |it: &&serde_json::Value| it["suppressed"]["by"] == "baseline";
            let known = json["findings"].as_array().unwrap().iter().filter(is_known).count();
            assert!(count("fixed") > 0 && (known > 0) != shown.is_empty(), "{}: {known}", json["notes"]);
        }
    }
}

/// What is said on standard error but for the time that it took, and the exit code.
fn told(output: &Output) -> (Vec<String>, i32) {
    let (errors, code) = said(output);
    (errors.lines().filter(|line| !line.contains(" in ")).map(str::to_owned).collect(), code)
}

#[test]
fn a_baseline_hides_in_the_merge_what_it_hides_in_the_whole() {
    let known: &[&str] = &["--baseline", "../out/known.json"];
    let all = &["--profile", "all"];
    let root = with_baseline("known", &[], all);
    check_known(&root, [known, &[], known], all, &["."]);
    check_known(&root, [known, known, &[]], all, &["."]);
    // Of what lies elsewhere, a part knows what a baseline names.
    check_known(&root, [known, known, &[]], all, &["red", "blue/other", "green"]);
    check_known(&root, [known, known, &[]], &["--only", "k8s-*"], &["."]);
    // From below the root.
    let known: &[&str] = &["--baseline", "../../out/known.json"];
    check_known(&root.join("red"), [known, &[], known], all, &["."]);
    check_known(&root.join("red"), [known, known, &[]], all, &["../blue", "."]);
    let config = "baseline: ../out/known.json\noverrides:\n  - { paths: [red/], rules: { k8s-dangling-service: off, k8s-image-latest-tag: off } }\n";
    let root = with_baseline("known-by-configuration", &[], all);
    fs::write(root.join("portcullis.yaml"), config).unwrap();
    check_known(&root, [&[], &[], &[]], all, &["."]);
    // What the merge is given is stronger.
    let known = fs::read_to_string(root.join("../out/known.json")).unwrap();
    fs::write(root.join("../out/empty.json"), format!("{}\n]\n", known.lines().next().unwrap())).unwrap();
    let known: &[&str] = &["--baseline", "../out/known.json"];
    check_known(&root, [known, &["--baseline", "../out/empty.json"], known], all, &["."]);
}

/// A generator that gives the same numbers on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end.max(1) as u64).unwrap()
    }
}

/// What was changed is refused, or every report of it can be written.
#[test]
fn hostile_facts_never_panic() {
    let files = estate();
    let mut files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    files.retain(|(path, _)| path.starts_with("red/") || path.starts_with("crds/"));
    let root = tree("hostile", &files);
    let [file] = <[String; 1]>::try_from(parts(&root, 1, &["--profile", "all"])).unwrap();
    let whole = unpacked(&fs::read(root.join(file)).unwrap()).unwrap();
    let mut random = Random(7);
    let (mut merged, mut refused) = (0, 0);
    for _ in 0..400 {
        let mut pieces = whole.clone();
        for _ in 0..=random.below(4) {
            let which = random.below(3);
            let piece = &mut pieces[which];
            let at = random.below(piece.len());
            match random.below(4) {
                0 => piece.truncate(at),
                1 => piece[at] = u8::try_from(random.below(256)).unwrap(),
                2 => piece[at] = piece[at].wrapping_add(1),
                _ => drop(piece.splice(at..at, [0xff, 0xff, 0xff, 0xff, 0x0f])),
            }
            if piece.is_empty() {
                piece.push(0);
            }
        }
        let Ok(scan) = merge_from(&[("changed".to_owned(), packed(&pieces))], None, 1, &Silent) else {
            refused += 1;
            continue;
        };
        merged += 1;
        for format in Format::ALL {
            write(&scan.scanned.report, format, &Options::default(), &mut std::io::sink()).unwrap();
        }
    }
    assert!(merged > 0 && refused > 0, "{merged} {refused}");
}
