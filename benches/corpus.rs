//! Kubernetes manifests for the benchmarks: a workload and its Service in each file, some of them with defects.
//!
//! The same bytes on every machine: the variation comes from the file's number alone.

use std::fmt::Write as _;
use std::io;
use std::path::Path;

const IMAGES: &[&str] = &[
    "docker.io/library/nginx:1.29.1",
    "redis",
    "ghcr.io/example/orders:v3.1.4",
    "registry.example.com/base/sidecar@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "postgres:latest",
    "quay.io/example/exporter:1.9.0",
];

/// Writes `count` files below `folder`, 200 to a folder; returns their size in bytes.
pub fn write(folder: &Path, count: usize) -> io::Result<u64> {
    let mut total = 0;
    for number in 0..count {
        let subfolder = folder.join(format!("team-{:02}/{:03}", number % 32, number / 6400));
        std::fs::create_dir_all(&subfolder)?;
        let text = manifest(number);
        total += text.len() as u64;
        std::fs::write(subfolder.join(format!("app-{number:05}.yaml")), text)?;
    }
    Ok(total)
}

fn manifest(number: usize) -> String {
    let name = format!("app-{number:05}");
    let team = format!("team-{:02}", number % 32);
    let kind = match number % 10 {
        0..7 => "Deployment",
        7 | 8 => "StatefulSet",
        _ => "DaemonSet",
    };
    let mut text = format!(
        "apiVersion: apps/v1\nkind: {kind}\nmetadata:\n  name: {name}\n  namespace: {team}\n  labels:\n    app.kubernetes.io/name: {name}\n    app.kubernetes.io/part-of: store\n  annotations:\n    contact: \"{team}@example.com\"\nspec:\n"
    );
    if kind != "DaemonSet" {
        let _ = writeln!(text, "  replicas: {}", 1 + number % 4);
    }
    if kind == "StatefulSet" {
        let _ = writeln!(text, "  serviceName: {name}");
    }
    let _ = write!(
        text,
        "  selector:\n    matchLabels:\n      app.kubernetes.io/name: {name}\n  template:\n    metadata:\n      labels:\n        app.kubernetes.io/name: {name}\n    spec:\n      serviceAccountName: {name}\n      automountServiceAccountToken: {}\n      hostNetwork: {}\n      containers:\n",
        coin(number, 1, 50),
        coin(number, 2, 5),
    );
    for index in 0..=number % 3 {
        container(&mut text, number, index);
    }
    let _ = write!(
        text,
        "      volumes:\n        - name: settings\n          configMap:\n            name: {name}-settings\n---\napiVersion: v1\nkind: Service\nmetadata:\n  name: {name}\n  namespace: {team}\nspec:\n  selector:\n    app.kubernetes.io/name: {name}\n  ports:\n    - name: http\n      port: 80\n      targetPort: 8080\n"
    );
    text
}

fn container(text: &mut String, number: usize, index: usize) {
    let draw = number * 3 + index;
    let image = IMAGES.iter().cycle().nth(hash(draw, 3) % IMAGES.len()).copied().unwrap_or("redis");
    let _ = write!(
        text,
        "        - name: part-{index}\n          image: {image}\n          imagePullPolicy: IfNotPresent\n          args: [\"--listen=:8080\", \"--verbose={}\", \"--shard={number}\"]\n          env:\n            - name: ZONE\n              value: \"eu-north-1\"\n            - name: DATABASE_PASSWORD\n              valueFrom:\n                secretKeyRef:\n                  name: app-{number:05}-database\n                  key: password\n          ports:\n            - name: port-{index}\n              containerPort: {}\n",
        coin(draw, 4, 50),
        8080 + index,
    );
    if coin(draw, 5, 70) {
        text.push_str("          resources:\n            requests: { cpu: 100m, memory: 128Mi }\n            limits:\n              memory: 256Mi\n");
    }
    if coin(draw, 6, 60) {
        let _ = write!(
            text,
            "          securityContext:\n            allowPrivilegeEscalation: false\n            readOnlyRootFilesystem: {}\n            runAsNonRoot: true\n            capabilities:\n              drop:\n                - ALL\n",
            coin(draw, 7, 50),
        );
    } else if coin(draw, 8, 20) {
        text.push_str("          securityContext:\n            privileged: true\n");
    }
    if coin(draw, 9, 60) {
        text.push_str("          livenessProbe:\n            httpGet:\n              path: /live\n              port: 8080\n            periodSeconds: 15\n          readinessProbe:\n            httpGet:\n              path: /ready\n              port: 8080\n");
    }
    text.push_str("          volumeMounts:\n            - name: settings\n              mountPath: /etc/app\n");
}

/// True for about `percent` of the numbers.
fn coin(number: usize, salt: usize, percent: usize) -> bool {
    hash(number, salt) % 100 < percent
}

/// A number that looks drawn, the same for the same two numbers.
pub fn hash(number: usize, salt: usize) -> usize {
    let mixed =
        (number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (salt as u64).wrapping_mul(0xc2b2_ae3d_27d4_eb4f);
    usize::try_from((mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 40).unwrap_or_default()
}
