//! The Pod Security Standards: by version in a table of our own, and against Kubernetes' own fixtures where they are.
//!
//! The fixtures stay outside the repository. They are looked for in `PORTCULLIS_PSS_DATA`, else in
//! `../shared/conformance/pod-security`: `{baseline,restricted}/v1.N/{pass,fail}/<check><n>.yaml`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is the failure message")]
#![allow(clippy::print_stderr, reason = "a test that was skipped says so")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use portcullis_core::{Catalog, FileId, LineIndex};
use portcullis_model::kubernetes::objects;
use portcullis_rules::{Context, Dispatch, Outcome, catalog};
use portcullis_syntax::{Dialect, yaml};

/// The restricted checks that replace a baseline check, in lower case as the fixtures' names are.
const OVERRIDES: &[(&str, &str)] = &[
    ("pss:capabilities_baseline", "pss:capabilities_restricted"),
    ("pss:seccompprofile_baseline", "pss:seccompprofile_restricted"),
    ("pss:hostpathvolumes", "pss:restrictedvolumes"),
    ("pss:procmount", "pss:procmount_restricted"),
];

/// A scan with exactly the rules of a level.
struct Level {
    catalog: Arc<Catalog>,
    dispatch: Dispatch,
}

impl Level {
    fn new(asked: &str) -> Self {
        let catalog = catalog();
        let pod_security: portcullis_rules::PodSecurity = asked.parse().unwrap();
        let tags = pod_security.level.tags();
        let context = Context { pod_security: Some(pod_security), ..Context::default() };
        let is_of_level = |index| tags.iter().any(|tag| catalog.get(index).tags.contains(tag));
        let dispatch = Dispatch::new(&catalog, context, is_of_level);
        Self { catalog, dispatch }
    }

    fn outcome(&self, text: &str) -> Outcome {
        scan(&self.dispatch, text)
    }

    /// The standard's checks that fail, in lower case.
    fn failed(&self, text: &str) -> BTreeSet<String> {
        let outcome = self.outcome(text);
        let rules = outcome.drafts.iter().map(|draft| self.catalog.get(draft.rule));
        let peers = rules.flat_map(|rule| rule.peers.iter());
        peers.filter(|peer| peer.starts_with("pss:")).map(str::to_lowercase).collect()
    }
}

fn scan(dispatch: &Dispatch, text: &str) -> Outcome {
    let tree = yaml::parse(FileId(0), &Arc::from(text), Dialect::Yaml11);
    let mut outcome = Outcome::default();
    for document in tree.documents() {
        for object in objects(document.root) {
            dispatch.object(&object, &mut outcome);
        }
    }
    assert!(outcome.panicked.is_empty(), "a rule panicked");
    outcome
}

#[test]
fn fixtures_agree() {
    let Some(data) = fixtures() else {
        eprintln!("skipped: no Pod Security fixtures; name their directory in PORTCULLIS_PSS_DATA");
        return;
    };
    let (mut total, mut extra, mut wrong) = (0_u32, 0_u32, Vec::new());
    for level in ["baseline", "restricted"] {
        for version in sorted(&data.join(level)) {
            let scanned = Level::new(&format!("{level}:{}", name(&version)));
            for verdict in ["pass", "fail"] {
                for fixture in sorted(&version.join(verdict)) {
                    total += 1;
                    let seen = scanned.failed(&std::fs::read_to_string(&fixture).unwrap());
                    let stem = fixture.file_stem().unwrap().to_str().unwrap();
                    let wanted = wanted(level, stem.trim_end_matches(|c: char| c.is_ascii_digit()));
                    extra += u32::from(verdict == "fail" && !seen.is_subset(&wanted));
                    let agrees = if verdict == "pass" { seen.is_empty() } else { !seen.is_disjoint(&wanted) };
                    if !agrees {
                        wrong.push(format!("{}: saw {seen:?}", fixture.display()));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {total} fixtures disagree\n{}", wrong.len(), wrong.join("\n"));
    assert!(total > 0, "{} holds no fixtures", data.display());
    // A few fixtures fail a second check as well; a rule that fires on everything shows here.
    assert!(extra * 100 <= total * 15, "{extra} of {total} fixtures fail checks that they are not about");
    eprintln!("{total} fixtures agree; {extra} fail a second check");
}

fn wanted(level: &str, check: &str) -> BTreeSet<String> {
    let check = format!("pss:{check}");
    let replaced = OVERRIDES.iter().find(|(baseline, _)| level == "restricted" && *baseline == check);
    replaced.map(|(_, restricted)| (*restricted).to_owned()).into_iter().chain([check]).collect()
}

fn fixtures() -> Option<PathBuf> {
    let named = std::env::var_os("PORTCULLIS_PSS_DATA").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance/pod-security");
    named.or_else(|| beside.is_dir().then_some(beside))
}

fn sorted(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(directory) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

/// A pod that satisfies the restricted level in every version, with one line more in its spec and in its container.
fn hardened(spec: &str, container: &str) -> String {
    hardened_with("runAsNonRoot: true, seccompProfile: { type: RuntimeDefault }", spec, container)
}

fn hardened_with(security_context: &str, spec: &str, container: &str) -> String {
    format!(
        "apiVersion: v1
kind: Pod
metadata: {{ name: web, annotations: {{ seccomp.security.alpha.kubernetes.io/pod: runtime/default }} }}
spec:
  securityContext: {{ {security_context} }}
  {spec}
  containers:
    - name: web
      image: web:1
      securityContext: {{ allowPrivilegeEscalation: false, capabilities: {{ drop: [ALL] }} }}
      {container}
"
    )
}

/// Line of what `hardened` puts into the spec.
const SPEC: u32 = 6;
/// Line of what `hardened` puts into the container.
const CONTAINER: u32 = 11;

/// Rules and lines of what a level says of a text, as `rule@line`.
#[track_caller]
fn says(asked: &str, text: &str, expected: &[(&str, u32)]) {
    let level = Level::new(asked);
    let index = LineIndex::new(text);
    let drafts = level.outcome(text).drafts;
    let found =
        drafts.iter().map(|draft| (level.catalog.get(draft.rule).id.to_string(), index.line(draft.place.span.start)));
    let expected: Vec<(String, u32)> = expected.iter().map(|&(rule, line)| (rule.to_owned(), line)).collect();
    let mut found: Vec<(String, u32)> = found.collect();
    found.sort();
    assert_eq!(found, expected, "{asked} of\n{text}");
}

#[test]
fn nothing_is_wrong_with_the_hardened_pod() {
    for minor in 0..=37 {
        says(&format!("restricted:1.{minor}"), &hardened("", ""), &[]);
    }
}

#[test]
fn sysctls_by_version() {
    for (sysctl, since) in [
        ("net.ipv4.tcp_syncookies", 0),
        ("net.ipv4.ip_local_reserved_ports", 27),
        ("net.ipv4.tcp_fin_timeout", 29),
        ("net.ipv4.tcp_rmem", 32),
        ("net.ipv4.tcp_notsent_lowat", 37),
    ] {
        let text = hardened_with(
            &format!(
                "runAsNonRoot: true, seccompProfile: {{ type: Localhost }}, sysctls: [{{ name: {sysctl}, value: '1' }}]"
            ),
            "",
            "",
        );
        says(&format!("baseline:1.{since}"), &text, &[]);
        if since > 0 {
            says(&format!("baseline:1.{}", since - 1), &text, &[("k8s-unsafe-sysctls", 5)]);
        }
    }
}

#[test]
fn thresholds() {
    let engine_t = hardened_with("seLinuxOptions: { type: container_engine_t }", "", "");
    says("baseline:1.30", &engine_t, &[("k8s-selinux-options-unsafe", 5)]);
    says("baseline:1.31", &engine_t, &[]);

    let probe = hardened("", "readinessProbe: { httpGet: { host: 127.0.0.1, port: 80 } }");
    says("baseline:1.33", &probe, &[]);
    says("baseline:1.34", &probe, &[("k8s-probe-host-set", CONTAINER)]);

    let plain =
        "apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec:\n  containers:\n    - { name: web, image: a }\n";
    says("restricted:1.7", plain, &[("k8s-may-run-as-root", 4)]);
    says("restricted:1.8", plain, &[("k8s-allow-privilege-escalation", 6), ("k8s-may-run-as-root", 4)]);
    says(
        "restricted:1.19",
        plain,
        &[("k8s-allow-privilege-escalation", 6), ("k8s-may-run-as-root", 4), ("k8s-seccomp-profile-missing", 4)],
    );
    let all = [
        ("k8s-allow-privilege-escalation", 6),
        ("k8s-capabilities-not-dropped", 6),
        ("k8s-may-run-as-root", 4),
        ("k8s-seccomp-profile-missing", 4),
    ];
    says("restricted:1.22", plain, &all);
    says("restricted:latest", plain, &all);
    says("baseline:latest", plain, &[]);

    let windows = plain.replace("spec:\n", "spec:\n  os: { name: windows }\n");
    says("restricted:1.24", &windows, &all.map(|(rule, line)| (rule, if line > 4 { line + 1 } else { line })));
    says("restricted:1.25", &windows, &[("k8s-may-run-as-root", 4)]);
}

#[test]
fn user_namespaces_since_1_35() {
    let context = "runAsNonRoot: false, runAsUser: 0, seccompProfile: { type: RuntimeDefault }";
    let root = hardened_with(context, "hostUsers: false", "");
    says("restricted:1.34", &root, &[("k8s-may-run-as-root", 5), ("k8s-run-as-user-root", 5)]);
    says("restricted:1.35", &root, &[]);
    says("restricted:1.22", &root, &[("k8s-may-run-as-root", 5)]);

    let unmasked = hardened("hostUsers: false", "").replace("{ drop: [ALL] }", "{ drop: [ALL] }, procMount: Unmasked");
    says("restricted:1.34", &unmasked, &[("k8s-proc-mount-unmasked", 10)]);
    says("baseline:1.35", &unmasked, &[]);
    says("restricted:1.35", &unmasked, &[("k8s-proc-mount-unmasked-in-userns", 10)]);
}

#[test]
fn seccomp_moved_from_annotations_to_fields() {
    let text = |annotation: &str, profile: &str| {
        hardened_with(&format!("runAsNonRoot: true, seccompProfile: {{ type: {profile} }}"), "", "")
            .replace("runtime/default", annotation)
    };
    says("baseline:1.18", &text("unconfined", "RuntimeDefault"), &[("k8s-seccomp-unconfined", 3)]);
    says("baseline:1.19", &text("unconfined", "RuntimeDefault"), &[]);
    says("baseline:1.18", &text("docker/default", "Unconfined"), &[]);
    says("baseline:1.19", &text("docker/default", "Unconfined"), &[("k8s-seccomp-unconfined", 5)]);
    says(
        "restricted:1.19",
        &text("docker/default", "Unconfined"),
        &[("k8s-seccomp-profile-missing", 5), ("k8s-seccomp-unconfined", 5)],
    );
}

#[test]
fn the_letter_counts() {
    let user = hardened_with("runAsUser: 1000, seccompProfile: { type: RuntimeDefault }", "", "");
    says("restricted", &user, &[("k8s-may-run-as-root", 5)]);
    let replaced = hardened("", "").replace("drop: [ALL] }", "drop: [ALL] }, runAsNonRoot: true");
    let replaced = replaced.replace("{ runAsNonRoot: true,", "{ runAsNonRoot: false,");
    says("restricted", &replaced, &[("k8s-may-run-as-root", 5)]);
    let lower = hardened("", "").replace("[ALL]", "[all]");
    says("restricted", &lower, &[("k8s-capabilities-not-dropped", 10)]);
    let prefixed = hardened("", "").replace("drop: [ALL]", "drop: [ALL], add: [CAP_CHOWN]");
    says("baseline", &prefixed, &[("k8s-capability-beyond-baseline", 10)]);
    let unknown = hardened("volumes: [{ name: a, emptyDir: }, { name: b }]", "").replace("true", "{{ .Values.root }}");
    says("restricted", &unknown, &[]);
    let host_path = hardened("volumes: [{ name: a, hostPath: { path: /srv } }]", "");
    says("baseline", &host_path, &[("k8s-host-path-volume", SPEC)]);
    says("restricted", &host_path, &[("k8s-host-path-volume", SPEC), ("k8s-volume-type-not-restricted", SPEC)]);
}

/// Without a level the rules ask what the pod does; the Kubernetes version still counts.
#[test]
fn versions_without_a_level() {
    let annotated = |value: &str| hardened_with("runAsUser: 1000", "", "").replace("runtime/default", value);
    let unmasked = hardened("hostUsers: false", "").replace("{ drop: [ALL] }", "{ drop: [ALL] }, procMount: Unmasked");
    let root = hardened_with("runAsUser: 0, seccompProfile: { type: RuntimeDefault }", "hostUsers: false", "");
    for (rule, version, text, lines) in [
        // Kubelets read the annotations until 1.26, and a version that is not given may be an old one.
        ("k8s-seccomp-unconfined", None, annotated("unconfined"), vec![3]),
        ("k8s-seccomp-unconfined", Some(26), annotated("unconfined"), vec![3]),
        ("k8s-seccomp-unconfined", Some(27), annotated("unconfined"), vec![]),
        ("k8s-seccomp-profile-missing", None, annotated("runtime/default"), vec![]),
        ("k8s-seccomp-profile-missing", Some(26), annotated("runtime/default"), vec![]),
        ("k8s-seccomp-profile-missing", Some(27), annotated("runtime/default"), vec![5]),
        ("k8s-proc-mount-unmasked", Some(34), unmasked.clone(), vec![10]),
        ("k8s-proc-mount-unmasked", Some(35), unmasked, vec![]),
        ("k8s-run-as-user-root", Some(34), root.clone(), vec![5]),
        ("k8s-run-as-user-root", None, root, vec![]),
        ("k8s-probe-host-set", Some(20), hardened("", "livenessProbe: { tcpSocket: { host: db, port: 1 } }"), vec![11]),
        ("k8s-may-run-as-root", Some(1), hardened_with("runAsUser: 1, runAsNonRoot: false", "", ""), vec![]),
    ] {
        let catalog = catalog();
        let wanted = catalog.by_id(rule).unwrap();
        let kubernetes = version.map(portcullis_model::kubernetes::KubernetesVersion::new);
        let context = Context { kubernetes, ..Context::default() };
        let dispatch = Dispatch::new(&catalog, context, |on| on == wanted);
        let index = LineIndex::new(&text);
        let drafts = scan(&dispatch, &text).drafts;
        let found: Vec<u32> = drafts.iter().map(|draft| index.line(draft.place.span.start)).collect();
        assert_eq!(found, lines, "{rule} in {version:?} of\n{text}");
    }
}

/// What yields to another rule must stand at the very same bytes, or both are reported.
#[test]
fn findings_that_yield_share_their_span() {
    let pod = |spec: &str| format!("apiVersion: v1\nkind: Pod\nmetadata: {{ name: web }}\nspec:\n{spec}");
    for (text, yielding, to) in [
        ("  containers: [{ name: web }]", "k8s-security-context-missing", "k8s-allow-privilege-escalation"),
        ("  containers: [{ name: web }]", "k8s-linux-hardening-none", "k8s-capabilities-not-dropped"),
        ("  containers: [{ name: web, securityContext: {} }]", "k8s-security-context-missing", "k8s-root-fs-writable"),
        (
            "  containers: [{ name: web, securityContext: { capabilities: { drop: [] } } }]",
            "k8s-linux-hardening-none",
            "k8s-capabilities-not-dropped",
        ),
        (
            "  containers: [{ name: web, securityContext: { capabilities: { drop: [MKNOD] } } }]",
            "k8s-net-raw-not-dropped",
            "k8s-capabilities-not-dropped",
        ),
        (
            "  containers: [{ name: web, securityContext: { capabilities: { add: [ALL] } } }]",
            "k8s-capability-beyond-restricted",
            "k8s-capability-sys-admin",
        ),
        (
            "  containers: [{ name: web, securityContext: { runAsUser: 0 } }]",
            "k8s-may-run-as-root",
            "k8s-run-as-user-root",
        ),
        (
            "  securityContext: { seccompProfile: { type: Unconfined } }\n  containers: [{ name: web }]",
            "k8s-seccomp-profile-missing",
            "k8s-seccomp-unconfined",
        ),
        (
            "  containers: [{ name: web, volumeMounts: [{ name: a }] }]\n  volumes: [{ name: a, hostPath: { path: /run/ } }]",
            "k8s-host-path-writable",
            "k8s-container-runtime-socket",
        ),
        (
            "  containers: [{ name: web }]\n  volumes: [{ name: a, hostPath: { path: /proc/1 } }]",
            "k8s-volume-type-not-restricted",
            "k8s-host-path-sensitive",
        ),
    ] {
        let catalog = catalog();
        let [first, second] = [yielding, to].map(|id| catalog.by_id(id).unwrap());
        assert!(catalog.get(first).yields_to.contains(&to), "{yielding} does not yield to {to}");
        let dispatch = Dispatch::new(&catalog, Context::default(), |rule| rule == first || rule == second);
        let drafts = scan(&dispatch, &pod(text)).drafts;
        let spans = |rule| drafts.iter().filter(move |draft| draft.rule == rule).map(|draft| draft.place.span);
        let (first, second): (Vec<_>, Vec<_>) = (spans(first).collect(), spans(second).collect());
        assert_eq!(first, second, "{yielding} and {to} of {text}");
        assert_eq!(first.len(), 1, "{yielding} of {text}");
    }
}
