//! How fast objects are judged one by one, as the admission webhook does it: a Deployment with two containers against
//! every rule, clean and not, on one thread.
//!
//! `cargo bench -p portcullis-engine --bench objects`
#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a benchmark reports on standard output and ends on any fault"
)]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use portcullis_core::Profile;
use portcullis_engine::{Given, Objects, ScanOptions};

/// Objects that are judged in one round.
const ROUND: u32 = 5_000;

/// A Deployment with nothing to say of it but what only house rules ask.
const CLEAN: &str = r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","namespace":"shop","uid":"0b1c2d3e-0000-4000-8000-000000000001","resourceVersion":"81","generation":2,"creationTimestamp":"2026-01-02T03:04:05Z","labels":{"app.kubernetes.io/name":"web","app.kubernetes.io/instance":"web","app.kubernetes.io/version":"1.4.2","app.kubernetes.io/managed-by":"argocd"}},"spec":{"replicas":3,"revisionHistoryLimit":3,"progressDeadlineSeconds":600,"selector":{"matchLabels":{"app.kubernetes.io/name":"web","app.kubernetes.io/instance":"web"}},"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":"25%","maxUnavailable":"25%"}},"template":{"metadata":{"creationTimestamp":null,"labels":{"app.kubernetes.io/name":"web","app.kubernetes.io/instance":"web"}},"spec":{"automountServiceAccountToken":false,"serviceAccountName":"web","restartPolicy":"Always","dnsPolicy":"ClusterFirst","schedulerName":"default-scheduler","terminationGracePeriodSeconds":30,"topologySpreadConstraints":[{"maxSkew":1,"topologyKey":"kubernetes.io/hostname","whenUnsatisfiable":"DoNotSchedule","labelSelector":{"matchLabels":{"app.kubernetes.io/name":"web"}}}],"securityContext":{"runAsNonRoot":true,"runAsUser":10001,"runAsGroup":10001,"fsGroup":10001,"seccompProfile":{"type":"RuntimeDefault"}},"containers":[{"name":"web","image":"registry.example.com/shop/web:1.4.2@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08","imagePullPolicy":"IfNotPresent","args":["--port=8080","--log-format=json"],"env":[{"name":"LOG_LEVEL","value":"info"},{"name":"DB_PASSWORD","valueFrom":{"secretKeyRef":{"name":"web","key":"password"}}}],"ports":[{"name":"http","containerPort":8080,"protocol":"TCP"}],"resources":{"requests":{"cpu":"100m","memory":"128Mi","ephemeral-storage":"64Mi"},"limits":{"cpu":"500m","memory":"128Mi","ephemeral-storage":"128Mi"}},"livenessProbe":{"httpGet":{"path":"/live","port":"http","scheme":"HTTP"},"timeoutSeconds":1,"periodSeconds":10,"successThreshold":1,"failureThreshold":3},"readinessProbe":{"httpGet":{"path":"/ready","port":"http","scheme":"HTTP"},"timeoutSeconds":1,"periodSeconds":5,"successThreshold":1,"failureThreshold":3},"volumeMounts":[{"name":"tmp","mountPath":"/tmp"}],"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","securityContext":{"allowPrivilegeEscalation":false,"readOnlyRootFilesystem":true,"capabilities":{"drop":["ALL"]}}},{"name":"proxy","image":"registry.example.com/shop/proxy:2.0.1@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08","imagePullPolicy":"IfNotPresent","ports":[{"name":"admin","containerPort":9901,"protocol":"TCP"}],"resources":{"requests":{"cpu":"50m","memory":"64Mi","ephemeral-storage":"64Mi"},"limits":{"cpu":"250m","memory":"64Mi","ephemeral-storage":"128Mi"}},"livenessProbe":{"httpGet":{"path":"/live","port":"admin","scheme":"HTTP"},"timeoutSeconds":1,"periodSeconds":10,"successThreshold":1,"failureThreshold":3},"readinessProbe":{"httpGet":{"path":"/ready","port":"admin","scheme":"HTTP"},"timeoutSeconds":1,"periodSeconds":5,"successThreshold":1,"failureThreshold":3},"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","securityContext":{"allowPrivilegeEscalation":false,"readOnlyRootFilesystem":true,"capabilities":{"drop":["ALL"]}}}],"volumes":[{"name":"tmp","emptyDir":{"sizeLimit":"64Mi"}}]}}},"status":{}}"#;

/// One that nobody has hardened.
const BARE: &str = r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","namespace":"shop","labels":{"app":"web"}},"spec":{"replicas":2,"selector":{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":{"app":"web"}},"spec":{"hostNetwork":true,"containers":[{"name":"web","image":"nginx:latest","securityContext":{"privileged":true},"env":[{"name":"LOG_LEVEL","value":"info"}]},{"name":"side","image":"busybox"}],"volumes":[{"name":"host","hostPath":{"path":"/var/run/docker.sock"}}]}}}}"#;

fn main() {
    for profile in [Profile::Recommended, Profile::All] {
        let mut options = ScanOptions::new(PathBuf::from("/"));
        options.profile = Some(profile);
        let objects = Objects::new(options).expect("the builtin rules compile");
        for (name, text) in [("clean", CLEAN), ("bare", BARE)] {
            let text: Arc<str> = Arc::from(text);
            let given = Given { text: &text, namespace: "shop", path: "cluster/shop/Deployment/web", asked: None };
            let findings = objects.judge(given).expect("it is an object").findings.len();
            let best = (0..5).map(|_| round(&objects, given)).fold(f64::INFINITY, f64::min);
            println!("{profile} {name}: {best:.1} µs, {findings} findings");
        }
    }
}

/// Microseconds of one object.
fn round(objects: &Objects, given: Given<'_>) -> f64 {
    let start = Instant::now();
    for _ in 0..ROUND {
        let judged = objects.judge(given).expect("it is an object");
        std::hint::black_box(&judged);
    }
    start.elapsed().as_secs_f64() * 1e6 / f64::from(ROUND)
}
