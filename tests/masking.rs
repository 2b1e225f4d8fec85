//! Secrets are shown in no output: not their own finding's, and not that of another rule about the same line.

#![allow(clippy::unwrap_used, reason = "a panic in a helper is the failure message")]

use std::path::Path;
use std::process::Command;

/// Values of the manifest that nobody may see.
const PLANTED: &[&str] = &[
    "kX9mQ2vL7",
    "Zq8-pTr4vNw6_yBs2",
    "9f86d081884c7d659a2feaa0c55ad015",
    "AKIAQ3EGRZ7PLN5TXW2B",
    "a1g5bVEydkw3LXNlY3JldA==",
    "cG9zdGdyZXM6Ly9hcHA6a1g5bVEydkw3QGRiOjU0MzIvc2hvcA==",
    "MIIEpAIBAAKCAQEA7bq8",
];

const MANIFEST: &str = r#"
apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  containers:
    - name: web
      image: web
      args: [--password=kX9mQ2vL7, --token, Zq8-pTr4vNw6_yBs2]
      env:
        - { name: DB_PASSWORD, value: "kX9mQ2vL7" }
        - { name: DB_PASSWORD, value: 'kX9mQ2vL7' }
        - { name: URLS, value: "amqp://a:kX9mQ2vL7@x,amqp://b:Zq8-pTr4vNw6_yBs2@y" }
      securityContext: { privileged: true }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: web, namespace: default }
data: { api-token: 9f86d081884c7d659a2feaa0c55ad015, id: AKIAQ3EGRZ7PLN5TXW2B }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: files }
data:
  app.properties: |
    db.password=kX9mQ2vL7
    db.token="Zq8-pTr4vNw6_yBs2"
  key.pem: |
    -----BEGIN RSA PRIVATE KEY-----
    MIIEpAIBAAKCAQEA7bq8
    -----END RSA PRIVATE KEY-----
---
apiVersion: v1
kind: Secret
metadata: { name: db }
data:
  password: a1g5bVEydkw3LXNlY3JldA==
  url: cG9zdGdyZXM6Ly9hcHA6a1g5bVEydkw3QGRiOjU0MzIvc2hvcA==
stringData: { token: Zq8-pTr4vNw6_yBs2, other: "kX9mQ2vL7" }
"#;

const DOCKERFILE: &str = "FROM debian\nENV DB_PASSWORD=kX9mQ2vL7\nARG API_TOKEN=Zq8-pTr4vNw6_yBs2\n";

#[test]
fn no_output_shows_a_planted_value() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("masking");
    std::fs::create_dir_all(directory.join(".git")).unwrap();
    std::fs::write(directory.join("all.yaml"), MANIFEST).unwrap();
    std::fs::write(directory.join("Dockerfile"), DOCKERFILE).unwrap();
    for format in ["pretty", "concise", "json", "sarif"] {
        let output = Command::new(env!("CARGO_BIN_EXE_portcullis"))
            .args(["check", "--no-config", "--profile", "all", "--color", "never", "--format", format, "."])
            .current_dir(&directory)
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        for rule in [
            "k8s-secret-env-literal",
            "k8s-secret-in-configmap",
            "k8s-secret-data-decoded",
            "k8s-duplicate-env-var",
            "docker-secret-in-arg-or-env",
        ] {
            assert!(text.contains(rule), "{format} says nothing of {rule}:\n{text}");
        }
        for planted in PLANTED {
            assert!(!text.contains(planted), "{format} shows {planted}:\n{text}");
        }
    }
}
