//! `--fix`: what it writes, what it leaves alone, and that nothing else happens.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is the failure message")]

use std::collections::{BTreeMap, HashSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use portcullis_core::{Expect, Finding, Profile, ScanReport};
use portcullis_engine::{Fixed, Progress, ScanOptions, Silent, Stdin, fix, scan};
use portcullis_rules::builtin;

/// A fresh directory that is a repository of its own, so that no configuration above it counts.
fn tree(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fix").join(name);
    let _ = std::fs::remove_dir_all(&root);
    std::fs::create_dir_all(root.join(".git")).unwrap();
    for (file, text) in files {
        let path = root.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    root
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

/// A scan of everything in `root`, with the rules that `only` names, or every rule of a profile.
fn options(root: &Path, only: &[&str]) -> ScanOptions {
    ScanOptions {
        paths: vec![PathBuf::from(".")],
        only: only.iter().map(|&rule| rule.to_owned()).collect(),
        profile: Some(Profile::All),
        date: "2026-11-21".parse().unwrap(),
        threads: 1,
        ..ScanOptions::new(root.to_owned())
    }
}

/// The text that comes back for one on standard input.
fn fixed(name: &str, rule: &str, text: &str) -> String {
    let options = ScanOptions {
        stdin: Some(Stdin { name: Some(name.to_owned()), bytes: text.as_bytes().to_vec() }),
        paths: Vec::new(),
        ..options(Path::new("/nowhere"), &[rule])
    };
    let Fixed { scanned, stdin, .. } = fix(&options, &Silent).unwrap();
    assert_eq!(scanned.report.errors, [], "{text}");
    String::from_utf8(stdin.unwrap()).unwrap()
}

/// A pod with these lines below `spec`, which are indented by two.
fn pod(spec: &str) -> String {
    format!("apiVersion: v1\nkind: Pod\nmetadata: {{ name: web }}\nspec:\n{spec}")
}

#[test]
fn pods_are_fixed_in_the_form_that_they_have() {
    let escalation = "k8s-allow-privilege-escalation";
    for (rule, before, after) in [
        // No security context, in a block and in flow.
        (
            escalation,
            "  containers:\n    - name: web\n      image: web:1 # pinned\n      ports: []\n",
            "  containers:\n    - name: web\n      image: web:1 # pinned\n      securityContext:\n        allowPrivilegeEscalation: false\n      ports: []\n",
        ),
        (
            escalation,
            "  containers: [{ name: web, image: web:1 }, { image: log:1 }]\n",
            "  containers: [{ name: web, image: web:1, securityContext: { allowPrivilegeEscalation: false } }, { image: log:1, securityContext: { allowPrivilegeEscalation: false } }]\n",
        ),
        // One that is null, empty, or holds something else.
        (
            escalation,
            "  containers:\n  - name: web\n    securityContext: # later\n    image: web:1\n",
            "  containers:\n  - name: web\n    securityContext: # later\n      allowPrivilegeEscalation: false\n    image: web:1\n",
        ),
        (
            escalation,
            "  containers:\n  - name: web\n    securityContext: {}\n",
            "  containers:\n  - name: web\n    securityContext: { allowPrivilegeEscalation: false }\n",
        ),
        (
            escalation,
            "  containers:\n  - name: web\n    securityContext:\n      # Writes its cache.\n      readOnlyRootFilesystem: false\n",
            "  containers:\n  - name: web\n    securityContext:\n      allowPrivilegeEscalation: false\n      # Writes its cache.\n      readOnlyRootFilesystem: false\n",
        ),
        // The wrong value.
        (
            escalation,
            "  containers:\n  - securityContext: { allowPrivilegeEscalation: yes } # why\n",
            "  containers:\n  - securityContext: { allowPrivilegeEscalation: false } # why\n",
        ),
        // Where the API would refuse it, or where another container would change too.
        (escalation, "  containers: [{ securityContext: { privileged: true, allowPrivilegeEscalation: true } }]\n", ""),
        (escalation, "  containers: [{ securityContext: { capabilities: { add: \"${CAPS}\" } } }]\n", ""),
        (escalation, "  containers: [{ name: a, args: [-c, sudo app] }]\n", ""),
        (
            escalation,
            "  containers:\n  - securityContext: &it { allowPrivilegeEscalation: true }\n  - securityContext: *it\n",
            "",
        ),
        (
            "k8s-seccomp-profile-missing",
            "  serviceAccountName: web\n  containers:\n  - name: web\n",
            "  serviceAccountName: web\n  securityContext:\n    seccompProfile:\n      type: RuntimeDefault\n  containers:\n  - name: web\n",
        ),
        (
            "k8s-seccomp-profile-missing",
            "  containers: [{ name: a, securityContext: { seccompProfile: { type: Localhost } } }, { name: b }]\n",
            "  containers: [{ name: a, securityContext: { seccompProfile: { type: Localhost } } }, { name: b, securityContext: { seccompProfile: { type: RuntimeDefault } } }]\n",
        ),
        (
            "k8s-seccomp-profile-missing",
            "  securityContext: { seccompProfile: { localhostProfile: a.json } }\n  containers: [{ name: a }]\n",
            "",
        ),
        (
            "k8s-seccomp-profile-missing",
            "  securityContext: { seccompProfile: { type: Unconfined } }\n  containers: [{ name: a }]\n",
            "",
        ),
        (
            "k8s-automount-token",
            "  # The one container.\n  containers: [{ name: a }]\n",
            "  automountServiceAccountToken: false\n  # The one container.\n  containers: [{ name: a }]\n",
        ),
        ("k8s-automount-token", "  serviceAccountName: web\n  containers: [{ name: a }]\n", ""),
        ("k8s-automount-token", "  automountServiceAccountToken: true\n  containers: [{ name: a }]\n", ""),
        (
            "k8s-image-pull-policy-stale",
            "  containers:\n  - { image: 'a:latest', imagePullPolicy: 'IfNotPresent' }\n",
            "  containers:\n  - { image: 'a:latest', imagePullPolicy: 'Always' }\n",
        ),
        ("k8s-image-pull-policy-stale", "  containers: [{ image: a:latest, imagePullPolicy: Never }]\n", ""),
        (
            "k8s-image-deprecated-registry",
            "  containers: [{ image: \"k8s.gcr.io/pause:3.5\" }, { image: gcr.io/google_containers/pause:3 }]\n",
            "  containers: [{ image: \"registry.k8s.io/pause:3.5\" }, { image: gcr.io/google_containers/pause:3 }]\n",
        ),
        (
            "k8s-deprecated-serviceaccount-field",
            "  serviceAccount: web # ours\n  containers: []\n",
            "  serviceAccountName: web # ours\n  containers: []\n",
        ),
        (
            "k8s-deprecated-serviceaccount-field",
            "  serviceAccount: web\n  serviceAccountName: app\n  containers: []\n",
            "",
        ),
        // What must not be fixed, because programs may depend on it.
        ("k8s-privileged-container", "  containers: [{ securityContext: { privileged: true } }]\n", ""),
        ("k8s-root-fs-writable", "  containers: [{ name: a }]\n", ""),
        ("k8s-may-run-as-root", "  containers: [{ name: a }]\n", ""),
        ("k8s-capabilities-not-dropped", "  containers: [{ name: a }]\n", ""),
    ] {
        let (before, after) = (pod(before), if after.is_empty() { pod(before) } else { pod(after) });
        assert_eq!(fixed("pod.yaml", rule, &before), after);
        let (before, after) = (before.replace('\n', "\r\n"), after.replace('\n', "\r\n"));
        assert_eq!(fixed("pod.yaml", rule, &before), after, "CRLF");
        let whole = |text: &str| format!("--- # first\r\na: 1\r\n---\r\n{}", text.trim_end());
        assert_eq!(fixed("pod.yaml", rule, &whole(&before)), whole(&after), "no final line break");
    }
}

#[test]
fn json_and_lists_are_fixed() {
    let before = "{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"List\",\n  \"items\": [\n    {\n      \"apiVersion\": \"batch/v1beta1\",\n      \"kind\": \"CronJob\"\n    }\n  ]\n}\n";
    assert_eq!(fixed("list.json", "k8s-removed-api", before), before.replace("batch/v1beta1", "batch/v1"));
    let before = "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"spec\":{\"containers\":[{\"name\":\"a\"}]}}";
    let after = before.replace("\"a\"}", "\"a\", \"securityContext\": { \"allowPrivilegeEscalation\": false }}");
    assert_eq!(fixed("pod.json", "k8s-allow-privilege-escalation", before), after);
}

#[test]
fn api_versions_change_where_the_fields_stay() {
    for (from, kind, to) in [
        ("batch/v1beta1", "CronJob", "batch/v1"),
        ("'rbac.authorization.k8s.io/v1beta1'", "Role", "'rbac.authorization.k8s.io/v1'"),
        ("autoscaling/v2beta2", "HorizontalPodAutoscaler", "autoscaling/v2"),
        ("apps/v1beta2", "Deployment", "apps/v1"),
        ("extensions/v1beta1", "NetworkPolicy", "networking.k8s.io/v1"),
        ("policy/v1beta1", "PodDisruptionBudget", "policy/v1beta1"),
        ("apps/v1beta1", "Deployment", "apps/v1beta1"),
        ("extensions/v1beta1", "Ingress", "extensions/v1beta1"),
        ("networking.k8s.io/v1beta1", "Ingress", "networking.k8s.io/v1beta1"),
        ("networking.k8s.io/v1beta1", "IngressClass", "networking.k8s.io/v1"),
        ("autoscaling/v2beta1", "HorizontalPodAutoscaler", "autoscaling/v2beta1"),
        ("v1", "Endpoints", "v1"),
    ] {
        let object = |version: &str| format!("kind: {kind}\napiVersion: {version} # here\n");
        assert_eq!(fixed("a.yaml", "k8s-removed-api", &object(from)), object(to));
    }
    // A version that the cluster does not serve yet is no fix.
    let old = ScanOptions {
        kubernetes_version: Some("1.20".parse().unwrap()),
        stdin: Some(Stdin { name: None, bytes: b"apiVersion: batch/v1beta1\nkind: CronJob\n".to_vec() }),
        paths: Vec::new(),
        ..options(Path::new("/nowhere"), &[])
    };
    assert_eq!(fix(&old, &Silent).unwrap().files, []);
}

#[test]
fn dockerfiles_are_fixed() {
    for (rule, before, after) in [
        ("docker-maintainer-deprecated", "maintainer Ada\n", "label org.opencontainers.image.authors=\"Ada\"\n"),
        ("docker-maintainer-deprecated", "MAINTAINER $A\n", "MAINTAINER $A\n"),
        ("docker-maintainer-deprecated", "MAINTAINER A\nMAINTAINER B\n", "MAINTAINER A\nMAINTAINER B\n"),
        ("docker-legacy-key-value", "ENV  A   b\n", "ENV  A=b\n"),
        ("docker-legacy-key-value", "ENV A b  c\nLABEL d $e f\n", "ENV A=\"b  c\"\nLABEL d=\"$e f\"\n"),
        ("docker-legacy-key-value", "ENV A \"b\" c\n", "ENV A \"b\" c\n"),
        ("docker-legacy-key-value", "ENV A \\\n# about b\n  b\n", "ENV A \\\n# about b\n  b\n"),
        ("docker-empty-continuation", "RUN a \\\n\n  \t\n# c\n\n && b\n", "RUN a \\\n# c\n && b\n"),
        ("docker-empty-continuation", "RUN a \\\r\n\r\n && b\r\n", "RUN a \\\r\n && b\r\n"),
        ("docker-add-instead-of-copy", "ADD . /a\nadd b.json /a/\n", "COPY . /a\ncopy b.json /a/\n"),
        ("docker-add-instead-of-copy", "ADD layer /\n", "ADD layer /\n"),
        ("docker-copy-multi-no-slash", "COPY a b /c\nCOPY a b \"/c\"\n", "COPY a b /c/\nCOPY a b \"/c\"\n"),
        ("docker-invalid-json-form", "CMD ['a', \"b\"]\n", "CMD ['a', \"b\"]\n"),
        ("docker-invalid-json-form", "CMD ['a', 'b',]\n", "CMD [\"a\", \"b\"]\n"),
        ("docker-invalid-json-form", "CMD [\"it's\", \"b\" , ]\n", "CMD [\"it's\", \"b\"  ]\n"),
        ("docker-invalid-json-form", "CMD [\"a\" \"b\"]\n", "CMD [\"a\" \"b\"]\n"),
        ("docker-apt-no-yes", "RUN apt-get install \\\n  a # b\n", "RUN apt-get install -y \\\n  a # b\n"),
        ("docker-apt-no-yes", "RUN [\"apt-get\", \"install\", \"a\"]\n", "RUN [\"apt-get\", \"install\", \"a\"]\n"),
        ("docker-apt-no-yes", "RUN <<E\napt-get install a\nE\n", "RUN <<E\napt-get install -y a\nE\n"),
        ("docker-zypper-no-yes", "RUN zypper install a\n", "RUN zypper --non-interactive install a\n"),
        ("docker-yum-no-yes", "RUN yum install a\n", "RUN yum install -y a\n"),
        (
            "docker-apt-interactive-tool",
            "RUN apt update && apt install a\n",
            "RUN apt-get update && apt-get install a\n",
        ),
        ("docker-apt-interactive-tool", "RUN apt update && apt list\n", "RUN apt update && apt list\n"),
        ("docker-expose-proto-casing-mixed", "EXPOSE 1/tcp 2/UDP\n", "EXPOSE 1/tcp 2/udp\n"),
        ("docker-instruction-casing-mixed", "Copy a /a\nRUN b\n", "COPY a /a\nRUN b\n"),
    ] {
        let from = "FROM debian:13\n";
        assert_eq!(fixed("Dockerfile", rule, &format!("{from}{before}")), format!("{from}{after}"));
    }
    for (rule, before, after) in [
        ("docker-from-platform-redundant", "FROM --platform=$TARGETPLATFORM  a:1 AS b\n", "FROM a:1 AS b\n"),
        ("docker-stage-name-casing-mixed", "FROM a:1 AS Build\nFROM Build\n", "FROM a:1 AS build\nFROM Build\n"),
        ("docker-from-as-casing-mixed", "FROM a:1 as b\n", "FROM a:1 AS b\n"),
    ] {
        assert_eq!(fixed("Dockerfile", rule, before), after);
    }
}

#[test]
fn a_user_other_than_root_is_said_to_be_none() {
    let options = |text: &str| ScanOptions {
        stdin: Some(Stdin { name: Some("a.yaml".to_owned()), bytes: text.as_bytes().to_vec() }),
        paths: Vec::new(),
        only: vec!["k8s-may-run-as-root".to_owned()],
        pod_security: Some("restricted:latest".parse().unwrap()),
        ..ScanOptions::new(PathBuf::from("/nowhere"))
    };
    for (before, after) in [
        (
            "  securityContext: { runAsUser: 1000 }\n  containers: [{ name: a }]\n",
            "  securityContext: { runAsUser: 1000, runAsNonRoot: true }\n  containers: [{ name: a }]\n",
        ),
        ("  containers: [{ name: a, securityContext: { runAsUser: 7 } }, { name: b }]\n", ""),
        ("  containers: [{ name: a }]\n", ""),
    ] {
        let (before, after) = (pod(before), if after.is_empty() { pod(before) } else { pod(after) });
        assert_eq!(fix(&options(&before), &Silent).unwrap().stdin.unwrap(), after.into_bytes());
    }
}

/// How often each rule reports, those that gave way to another included.
fn counts(report: &ScanReport) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for finding in &report.findings {
        for rule in std::iter::once(&finding.rule).chain(&finding.also) {
            *counts.entry(report.catalog.get(*rule).id.to_string()).or_insert(0) += 1;
        }
    }
    counts
}

/// What is wrong with a run of `--fix` where something can be fixed: `all` is the scan that must not get worse.
fn faults(all: &ScanOptions, own: &ScanOptions) -> Vec<String> {
    let mut faults = Vec::new();
    let before = counts(&scan(all, &Silent).unwrap().report);
    let fixed = fix(own, &Silent).unwrap();
    let after = counts(&scan(all, &Silent).unwrap().report);
    let again = fix(own, &Silent).unwrap();
    let left = fixed.scanned.report;
    faults.extend(left.errors.iter().map(ToString::to_string));
    faults.extend(left.active().any(Finding::is_fixable).then(|| "something is left to fix".to_owned()));
    faults.extend(fixed.files.is_empty().then(|| "nothing was fixed".to_owned()));
    faults.extend(again.files.iter().map(|file| format!("{} changes once more", file.path)));
    let more = after.into_iter().filter(|(rule, count)| *count > before.get(rule).copied().unwrap_or(0));
    faults.extend(more.map(|(rule, _)| format!("{rule} arises")));
    faults
}

/// The bad examples of all rules: the rule, a name, and the files.
fn bad_examples() -> impl Iterator<Item = (&'static str, String, Vec<(String, String)>)> {
    builtin().flat_map(|rule| {
        let id: &str = &rule.meta.id;
        let examples = rule.meta.examples().into_iter().enumerate();
        let bad = examples.filter(|(_, example)| matches!(example.expect, Expect::Bad { .. }));
        bad.map(move |(number, example)| (id, format!("{id}-{number}"), example.files))
    })
}

#[test]
fn every_rule_fixes_its_own_bad_examples() {
    let mut wrong = Vec::new();
    let mut fixable = HashSet::new();
    for (rule, name, files) in bad_examples() {
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        let root = tree(&name, &files);
        let own = options(&root, &[rule]);
        if scan(&own, &Silent).unwrap().report.active().any(Finding::is_fixable) {
            fixable.insert(rule);
            wrong.extend(faults(&options(&root, &[]), &own).into_iter().map(|fault| format!("{name}: {fault}")));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert!(fixable.len() > 20, "{fixable:?}");
}

#[test]
fn all_rules_fix_all_bad_examples_at_once() {
    let examples: Vec<_> = bad_examples().collect();
    let named = examples
        .iter()
        .flat_map(|(_, name, files)| files.iter().map(move |(file, text)| (format!("{name}/{file}"), text.as_str())));
    let named: Vec<(String, &str)> = named.collect();
    let files: Vec<(&str, &str)> = named.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    let all = options(&tree("all", &files), &[]);
    assert_eq!(faults(&all, &all), Vec::<String>::new());
}

#[test]
fn fixes_of_one_place_come_one_after_another() {
    let root =
        tree("one_after_another", &[("pod.yaml", &pod("  containers:\n  - name: web\n    image: web:latest\n"))]);
    let fixed = fix(&options(&root, &[]), &Silent).unwrap();
    let expected = pod(
        "  automountServiceAccountToken: false\n  securityContext:\n    seccompProfile:\n      type: RuntimeDefault\n  containers:\n  - name: web\n    image: web:latest\n    securityContext:\n      allowPrivilegeEscalation: false\n",
    );
    let text = read(&root.join("pod.yaml"));
    let mut lines: Vec<&str> = text.lines().collect();
    let mut expected_lines: Vec<&str> = expected.lines().collect();
    lines.sort_unstable();
    expected_lines.sort_unstable();
    assert_eq!(lines, expected_lines);
    assert_eq!(fixed.files.len(), 1);
    assert_eq!(fixed.files[0].rules.values().sum::<usize>(), 3);
}

/// Changes a file once it was judged.
struct Meddler {
    path: PathBuf,
    done: AtomicBool,
}

impl Progress for Meddler {
    fn files(&self, _: usize, _: usize) {
        if !self.done.swap(true, Ordering::Relaxed) {
            std::fs::write(&self.path, "apiVersion: v1\nkind: Pod\n").unwrap();
        }
    }
}

#[test]
fn a_file_that_changes_meanwhile_is_left_alone() {
    let spec = pod("  containers: [{ name: a }]\n");
    let root = tree("meddled", &[("a.yaml", &spec), ("b.yaml", &spec)]);
    let meddler = Meddler { path: root.join("a.yaml"), done: AtomicBool::new(false) };
    let fixed = fix(&options(&root, &["k8s-allow-privilege-escalation"]), &meddler).unwrap();
    let errors: Vec<String> = fixed.scanned.report.errors.iter().map(ToString::to_string).collect();
    assert_eq!(errors, ["a.yaml: not fixed: it has changed since it was read"]);
    assert_eq!(read(&root.join("a.yaml")), "apiVersion: v1\nkind: Pod\n");
    assert!(read(&root.join("b.yaml")).contains("allowPrivilegeEscalation: false"));
}

/// The exit code, standard output and standard error.
fn run(root: &Path, arguments: &[&str], input: &str) -> (i32, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args(["check", "--date", "2026-11-21", "--fix"])
        .args(arguments)
        .current_dir(root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

const ONLY: [&str; 2] = ["--only", "k8s-allow-privilege-escalation,k8s-host-pid"];
const BAD: &str = "  containers: [{ name: a }]\n";
const FIXED: &str = "  containers: [{ name: a, securityContext: { allowPrivilegeEscalation: false } }]\n";

#[test]
fn what_something_may_depend_on_is_fixed_when_it_is_asked_for() {
    let workflow = "on: issues\npermissions: {}\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n      - run: |\n          echo \"${{ github.event.issue.title }}\"\n          cat <<'E'\n          ${{ github.event.issue.body }}\n          E\n";
    let name = ".github/workflows/ci.yml";
    let root = tree("not_safe", &[(name, workflow)]);
    let rules = ["--only", "actions-template-injection,actions-checkout-credentials-persisted"];
    let (_, _, err) = run(&root, &[&rules[..], &["."]].concat(), "");
    assert_eq!(
        err,
        "Fixed 1 finding in 1 file\nnote: 2 fixes are left that something may depend on: --unsafe-fixes applies them, too\n"
    );
    let text = read(&root.join(name));
    assert!(
        text.contains("echo \"${EVENT_ISSUE_TITLE}\"") && text.contains("${{ github.event.issue.body }}\n"),
        "{text}"
    );
    let (code, _, err) = run(&root, &[&rules[..], &["--unsafe-fixes", "."]].concat(), "");
    assert_eq!((code, err.as_str()), (0, "Fixed 2 findings in 1 file\n"));
    let text = read(&root.join(name));
    assert!(text.contains("persist-credentials: false") && text.contains("${EVENT_ISSUE_BODY}\n"), "{text}");
}

#[test]
fn the_exit_code_says_what_is_left() {
    let root = tree("exit_code", &[("a.yaml", &pod(BAD)), ("b.yaml", &pod(&format!("  hostPID: true\n{BAD}")))]);
    let (code, out, err) = run(&root, &[&ONLY[..], &["-v", "a.yaml"]].concat(), "");
    assert_eq!((code, out.as_str()), (0, ""));
    assert!(err.starts_with("Fixed 1 finding in 1 file\n  a.yaml: 1 k8s-allow-privilege-escalation\n"), "{err}");
    assert_eq!(read(&root.join("a.yaml")), pod(FIXED));
    let (code, out, err) = run(&root, &[&ONLY[..], &["."]].concat(), "");
    assert_eq!((code, err.as_str()), (1, "Fixed 1 finding in 1 file\n"));
    assert!(out.starts_with("b.yaml:5:12: ") && out.lines().count() == 1, "{out}");
    let (code, _, err) = run(&root, &[&ONLY[..], &["."]].concat(), "");
    assert_eq!((code, err.as_str()), (1, ""));
    let (code, _, err) = run(&root, &[&ONLY[..], &["--exit-zero", "-q", "."]].concat(), "");
    assert_eq!((code, err.as_str()), (0, ""));
}

#[test]
fn only_what_is_reported_is_fixed() {
    let suppressed = format!("  # portcullis: ignore[k8s-allow-privilege-escalation] it is the agent\n{BAD}");
    for (text, arguments) in [
        (pod(&suppressed), &ONLY[..]),
        (pod(BAD), &["--min-severity", "high"]),
        (pod(BAD), &["--skip", "k8s-*"]),
        (format!("{}kind: [\n", pod(BAD)), &ONLY[..]),
        (format!("{}    - {{{{ .Values.more }}}}\n", pod("  containers:\n")), &ONLY[..]),
    ] {
        let root = tree("only_reported", &[("a.yaml", &text)]);
        let (_, _, err) = run(&root, &[arguments, &["a.yaml"]].concat(), "");
        assert_eq!((read(&root.join("a.yaml")), err), (text, String::new()));
    }
}

#[test]
fn standard_input_comes_back_fixed() {
    let root = tree("stdin", &[]);
    let (code, out, err) = run(&root, &[&ONLY[..], &["-"]].concat(), &pod(BAD));
    assert_eq!((code, out, err.as_str()), (0, pod(FIXED), "Fixed 1 finding in 1 file\n"));
    let left = pod("  hostPID: true\n  containers: []\n");
    let (code, out, err) = run(&root, &[&ONLY[..], &["-"]].concat(), &left);
    assert_eq!((code, out), (1, left));
    assert!(err.starts_with("<stdin>:5:12: "), "{err}");
    let (code, out, err) = run(&root, &["--format", "json", "-"], &pod(BAD));
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("--format json=PATH"), "{err}");
    let (code, out, _) = run(&root, &[&ONLY[..], &["--format", "json=out.json", "-"]].concat(), &pod(BAD));
    assert_eq!((code, out), (0, pod(FIXED)));
    assert!(read(&root.join("out.json")).contains("\"findings\":0"));
}

#[test]
#[cfg(unix)]
fn permissions_and_links_stay() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let root = tree("links", &[("real/a.yaml", &pod(BAD)), ("read-only.yaml", &pod(BAD)), ("z.yaml", &pod(BAD))]);
    let mode = |path: &str| std::fs::metadata(root.join(path)).unwrap().permissions().mode() & 0o777;
    let set =
        |path: &str, mode| std::fs::set_permissions(root.join(path), std::fs::Permissions::from_mode(mode)).unwrap();
    set("real/a.yaml", 0o640);
    set("read-only.yaml", 0o444);
    symlink("real/a.yaml", root.join("link.yaml")).unwrap();
    let (code, out, err) = run(&root, &[&ONLY[..], &["link.yaml", "read-only.yaml", "z.yaml"]].concat(), "");
    assert_eq!(code, 2);
    assert_eq!(err, "Fixed 2 findings in 2 files\nerror: read-only.yaml: not fixed: it is read-only\n");
    assert!(out.starts_with("read-only.yaml:5:") && out.lines().count() == 1, "{out}");
    assert!(std::fs::symlink_metadata(root.join("link.yaml")).unwrap().is_symlink());
    assert_eq!([read(&root.join("real/a.yaml")), read(&root.join("z.yaml"))], [pod(FIXED), pod(FIXED)]);
    assert_eq!(read(&root.join("read-only.yaml")), pod(BAD));
    assert_eq!([mode("real/a.yaml"), mode("read-only.yaml")], [0o640, 0o444]);
    let names: Vec<_> = std::fs::read_dir(root.join("real")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["a.yaml"]);
}

#[test]
fn compose_texts_are_quoted() {
    let service = |line: &str| format!("services:\n  web:\n    image: web:1\n    {line}\n");
    for (rule, before, after) in [
        ("compose-ports-unquoted", "ports: [22:22] # ssh", "ports: [\"22:22\"] # ssh"),
        ("compose-schema-invalid", "user: 1000", "user: \"1000\""),
        // Another key may have been meant, so that the change is only proposed.
        ("compose-schema-invalid", "enviroment: {}", "enviroment: {}"),
    ] {
        assert_eq!(fixed("compose.yaml", rule, &service(before)), service(after), "{before}");
    }
}

/// What holds in every build of a base is mended there; what an overlay mends, or only one of them has, is not touched.
#[test]
fn a_base_is_fixed_where_all_that_take_it_in_agree() {
    let web = "apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec:\n  hostPID: true\n  hostIPC: true\n  containers:\n    \
               - name: web\n      image: web:1\n";
    let patch = "apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec:\n  hostIPC: false\n  containers:\n    \
                 - name: web\n      securityContext: { readOnlyRootFilesystem: true }\n";
    let root = tree(
        "builds",
        &[
            ("base/kustomization.yaml", "resources: [web.yaml]\n"),
            ("base/web.yaml", web),
            (
                "dev/kustomization.yaml",
                "resources: [../base]\nnamePrefix: dev-\nimages: [{ name: web, newTag: \"2\" }]\n",
            ),
            ("prod/kustomization.yaml", "resources: [../base]\npatches: [{ path: patch.yaml }]\n"),
            ("prod/patch.yaml", patch),
        ],
    );
    let rules = ["k8s-allow-privilege-escalation"];
    let before = scan(&options(&root, &rules), &Silent).unwrap().report;
    let places = |report: &ScanReport| -> Vec<(String, bool)> {
        let findings = report.findings.iter();
        findings.map(|found| (report.path(found.location.file()).to_owned(), found.is_fixable())).collect()
    };
    // In production the patch has brought a securityContext, in which the field is missing.
    assert_eq!(places(&before).len(), 2);
    assert!(places(&before).iter().all(|(_, is_fixable)| !is_fixable), "{:?}", places(&before));
    std::fs::write(root.join("prod/patch.yaml"), patch.split("  containers").next().unwrap()).unwrap();
    let fixed = fix(&options(&root, &rules), &Silent).unwrap();
    assert_eq!(fixed.scanned.report.errors, []);
    assert_eq!(places(&fixed.scanned.report), []);
    let expected = format!("{web}      securityContext:\n        allowPrivilegeEscalation: false\n");
    assert_eq!(read(&root.join("base/web.yaml")), expected);
}
