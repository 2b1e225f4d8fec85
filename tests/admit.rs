//! `portcullis admit`, end to end: a manifest that `check` has something to say of is denied over HTTPS, and the process ends when it is told to.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic in a helper is the failure message")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::{Value, json};

/// The process, its caBundle, and what it logs from here on.
struct Webhook {
    process: Child,
    address: String,
    metrics: String,
    tls: Arc<ClientConfig>,
    log: BufReader<ChildStderr>,
    _output: BufReader<ChildStdout>,
}

impl Webhook {
    fn start(folder: &Path, args: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_portcullis"))
            .args(["admit", "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", "--self-signed", "localhost"])
            .args(args)
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let bundle = unbase64(line.trim().strip_prefix("caBundle: ").unwrap());
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(&bundle).unwrap()).unwrap();
        let tls = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let mut log = BufReader::new(process.stderr.take().unwrap());
        let mut line = String::new();
        log.read_line(&mut line).unwrap();
        let started: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(started["msg"], "serving");
        let of = |key: &str| started[key].as_str().unwrap().to_owned();
        Self { address: of("address"), metrics: of("metrics"), process, tls: Arc::new(tls), log, _output: output }
    }

    /// The response to the creation of an object.
    fn create(&self, object: &Value) -> Value {
        let kind = object["kind"].as_str().unwrap();
        let review = json!({
            "apiVersion": "admission.k8s.io/v1",
            "kind": "AdmissionReview",
            "request": {
                "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
                "kind": { "group": "", "version": "v1", "kind": kind },
                "resource": { "group": "", "version": "v1", "resource": format!("{}s", kind.to_lowercase()) },
                "name": object["metadata"]["name"],
                "namespace": "shop",
                "operation": "CREATE",
                "userInfo": { "username": "ann" },
                "object": object,
                "dryRun": false,
            },
        })
        .to_string();
        let name = "localhost".try_into().unwrap();
        let connection = ClientConnection::new(Arc::clone(&self.tls), name).unwrap();
        let mut stream = StreamOwned::new(connection, TcpStream::connect(&self.address).unwrap());
        let length = review.len();
        write!(
            stream,
            "POST /validate?timeout=10s HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{review}"
        )
        .unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let answer: Value = serde_json::from_str(text.split_once("\r\n\r\n").unwrap().1).unwrap();
        answer["response"].clone()
    }

    fn status(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.metrics).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }

    /// Ends it, and gives what it logged.
    fn end(mut self) -> String {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let mut text = String::new();
        self.log.read_to_string(&mut text).unwrap();
        assert_eq!(self.process.wait().unwrap().code(), Some(0), "{text}");
        text
    }
}

#[test]
fn what_check_finds_is_denied() {
    let folder = folder("denied");
    let config = "rules: { k8s-privileged-container: critical }\nadmission:\n  limits: { shutdown-delay: 1ms }\n  exempt: { \
                  users: [\"system:*\"] }\n";
    std::fs::write(folder.join("portcullis.yaml"), config).unwrap();
    let webhook = Webhook::start(&folder, &[]);
    let pod = |privileged: bool| {
        json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": { "name": "web", "namespace": "shop" },
            "spec": { "containers": [{ "name": "app", "image": "web:1", "securityContext": { "privileged": privileged } }] },
        })
    };
    let response = webhook.create(&pod(true));
    assert_eq!(response["uid"], "705ab4f5-6393-11e8-b7cc-42010a800002");
    assert_eq!(response["allowed"], false);
    let message = response["status"]["message"].as_str().unwrap();
    for part in ["k8s-privileged-container", "app", "spec.containers[0].securityContext.privileged"] {
        assert!(message.contains(part), "{part}: {message}");
    }
    assert_eq!(
        webhook.create(&json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "a" } }))["allowed"],
        true
    );
    assert!(webhook.status("/readyz").contains("ready\nconfiguration 1: ok\n"));
    let metrics = webhook.status("/metrics");
    let count = "portcullis_admission_findings_total{rule=\"k8s-privileged-container\",action=\"enforce\"} 1\n";
    assert!(metrics.contains(count), "{metrics}");
    let log = webhook.end();
    assert!(log.contains("k8s-privileged-container: enforce") && log.contains("\"drained\":true"), "{log}");
}

/// Reviews of 8 MiB, two at once: what is freed goes back to the system.
#[cfg(target_os = "linux")]
#[test]
fn a_stream_of_large_reviews_takes_little_memory() {
    /// 128 MB, in KiB.
    const MOST: u64 = 125_000;
    let folder = folder("large");
    std::fs::write(folder.join("portcullis.yaml"), "admission:\n  limits: { shutdown-delay: 1ms }\n").unwrap();
    let webhook = Webhook::start(&folder, &[]);
    let line = |nth| format!("service.{nth}.endpoint = https://backend-{nth}.shop.svc:8443/v1\n");
    let text: Vec<String> = (0..127_000).map(line).collect();
    let text = text.concat();
    let metadata = json!({ "name": "settings", "namespace": "shop" });
    let object =
        json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": { "a.properties": text } });
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| (0..4).for_each(|_| assert_eq!(webhook.create(&object)["status"]["code"], 403)));
        }
    });
    let status = std::fs::read_to_string(format!("/proc/{}/status", webhook.process.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().split(' ').next().unwrap().parse().unwrap();
    assert!(peak < MOST, "{peak} KiB");
    webhook.end();
}

const CONSTRAINT: &str = r#"apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: { name: k8sowner }
spec:
  crd: { spec: { names: { kind: K8sOwner } } }
  targets:
    - target: admission.k8s.gatekeeper.sh
      rego: |
        package k8sowner

        violation[{"msg": msg}] {
          label := input.parameters.labels[_]
          not input.review.object.metadata.labels[label]
          msg := sprintf("%v by %v needs the label %v", [input.review.operation, input.review.userInfo.username, label])
        }
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: K8sOwner
metadata: { name: services }
spec: { match: { kinds: [{ apiGroups: [""], kinds: [Service] }] }, parameters: { labels: [owner] } }
"#;

#[test]
fn constraints_of_gatekeeper_decide() {
    let folder = folder("constraints");
    std::fs::create_dir(folder.join("gatekeeper")).unwrap();
    std::fs::write(folder.join("gatekeeper/owner.yaml"), CONSTRAINT).unwrap();
    let config = "policies: { dirs: [gatekeeper] }\nadmission: { limits: { shutdown-delay: 1ms } }\n";
    std::fs::write(folder.join("portcullis.yaml"), config).unwrap();
    let webhook = Webhook::start(&folder, &[]);
    let object = |kind: &str, labels: Value| json!({ "apiVersion": "v1", "kind": kind, "metadata": { "name": "web", "namespace": "shop", "labels": labels } });
    let response = webhook.create(&object("Service", json!({ "app": "web" })));
    assert_eq!(response["allowed"], false, "{response}");
    let message = response["status"]["message"].as_str().unwrap();
    assert!(message.contains("policy/gatekeeper/k8sowner/services: CREATE by ann needs the label owner"), "{message}");
    assert_eq!(webhook.create(&object("Service", json!({ "owner": "ann" })))["allowed"], true);
    assert_eq!(webhook.create(&object("ConfigMap", json!({})))["allowed"], true);
    let log = webhook.end();
    assert!(log.contains("policy/gatekeeper/k8sowner/services: enforce"), "{log}");
}

#[test]
fn what_cannot_be_used_is_told_at_the_start() {
    let folder = folder("broken");
    let selecting = CONSTRAINT.replace("match: {", "match: { namespaceSelector: { matchLabels: { a: b } },");
    std::fs::write(folder.join("selecting.yaml"), selecting).unwrap();
    std::fs::write(folder.join("broken.rego"), "package main\ndeny[msg] { msg := missing(1) }\n").unwrap();
    std::fs::write(folder.join("typo.yaml"), "admission: { failure-polcy: fail }\n").unwrap();
    for (args, wanted) in [
        (&["--config", "typo.yaml", "--self-signed", "localhost"][..], "did you mean `failure-policy`?"),
        (&["--policy", "broken.rego", "--self-signed", "localhost"], "broken.rego"),
        (
            &["--policy", "selecting.yaml", "--self-signed", "localhost"],
            "selecting.yaml:19:19: K8sOwner services: `spec.match.namespaceSelector` asks for labels",
        ),
        (&[], "there is no certificate"),
        (&["--tls-cert", "a.crt"], "--tls-key"),
        (&["--listen", "nowhere"], "`nowhere` is no address with a port"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_portcullis"))
            .args(["admit"])
            .args(args)
            .current_dir(&folder)
            .output()
            .unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {text}");
        assert!(text.contains(wanted), "{args:?}: {text}");
    }
}

fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("admit").join(name);
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}

/// Base64 as RFC 4648 has it.
fn unbase64(text: &str) -> Vec<u8> {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for byte in text.bytes().filter(|&byte| byte != b'=') {
        bits = bits << 6 | u32::try_from(alphabet.iter().position(|&it| it == byte).unwrap()).unwrap();
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).unwrap());
        }
    }
    bytes
}
