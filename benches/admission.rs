//! What the webhook bears: reviews in a second, how long each takes, and the memory that it holds.
//!
//! Starts a binary's `admit` on loopback, drives it over TLS with connections that are kept, prints a table and decides nothing but
//! that the answers are right; `benches/README.md` says how to run it. Client and server share the machine. With `--rate` reviews
//! are due at fixed times, and their latency counts from then, so that a server that falls behind cannot hide it.
#![allow(missing_docs, reason = "a program of its own")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

use std::error::Error;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::{http1, http2};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

const USAGE: &str = "usage: cargo bench -p portcullis-admission --bench admission -- [--bin PATH] [--config FILE] [--requests N] \
                     [--rate R] [--connections C] [--http 1|2] [--streams S] [--body BYTES]";

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> ExitCode {
    // Cargo adds `--bench` by itself.
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}\n\n{USAGE}");
            ExitCode::FAILURE
        }
    }
}

struct Settings {
    bin: PathBuf,
    /// Every builtin rule where none is given.
    config: Option<PathBuf>,
    requests: u64,
    /// Reviews a second; as fast as answers come where it is not given.
    rate: Option<f64>,
    connections: usize,
    http: Http,
    /// Reviews at once on each connection of HTTP/2.
    streams: usize,
    /// Bytes of a review of one large object, in place of Deployments.
    body: Option<usize>,
}

#[derive(Clone, Copy)]
enum Http {
    One,
    Two,
}

fn run(args: &[String]) -> Result<(), Failure> {
    let mut settings = Settings {
        bin: built()?,
        config: None,
        requests: 30_000,
        rate: None,
        connections: 8,
        http: Http::One,
        streams: 8,
        body: None,
    };
    for pair in args.chunks(2) {
        let [name, value] = pair else { return Err(format!("{pair:?} lacks a value").into()) };
        match name.as_str() {
            "--bin" => settings.bin = PathBuf::from(value),
            "--config" => settings.config = Some(fs::canonicalize(value)?),
            "--requests" => settings.requests = value.parse::<u64>()?.max(1),
            "--rate" => settings.rate = Some(value.parse::<f64>()?).filter(|rate| *rate > 0.0),
            "--connections" => settings.connections = value.parse::<usize>()?.max(1),
            "--http" if value == "1" => settings.http = Http::One,
            "--http" if value == "2" => settings.http = Http::Two,
            "--streams" => settings.streams = value.parse::<usize>()?.max(1),
            "--body" => settings.body = Some(value.parse()?),
            _ => return Err(format!("{name:?} with {value:?} is not known").into()),
        }
    }
    let server = Arc::new(Server::start(&settings)?);
    // One thread: the other core is the server's.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let measured = runtime.block_on(measure(&settings, &server))?;
    measured.print(&settings);
    Ok(())
}

/// The release binary, beside which this program was built.
fn built() -> Result<PathBuf, Failure> {
    let own = std::env::current_exe()?;
    let folder = own.parent().and_then(Path::parent).ok_or("this program is in no folder")?;
    Ok(folder.join("portcullis"))
}

/// A server in a process and a folder of its own, both gone when this is dropped.
struct Server {
    process: Child,
    folder: PathBuf,
    address: SocketAddr,
    authority: CertificateDer<'static>,
    log: Arc<AtomicU64>,
    /// What it prints has a reader to the end.
    _out: BufReader<ChildStdout>,
}

impl Server {
    fn start(settings: &Settings) -> Result<Self, Failure> {
        let bin = fs::canonicalize(&settings.bin).map_err(|error| format!("{}: {error}", settings.bin.display()))?;
        let folder = std::env::temp_dir().join(format!("portcullis-admission-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let own = folder.join("all.yaml");
        fs::write(&own, "profile: all\n")?;
        let mut process = Command::new(bin)
            .args(["admit", "--self-signed", "localhost", "--listen", "127.0.0.1:0"])
            .args(["--metrics-listen", "127.0.0.1:0", "--config"])
            .arg(settings.config.as_ref().unwrap_or(&own))
            .current_dir(&folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut out = BufReader::new(process.stdout.take().ok_or("no output")?);
        let mut log = BufReader::new(process.stderr.take().ok_or("no log")?);
        let mut line = String::new();
        out.read_line(&mut line)?;
        let bundle = line.trim().strip_prefix("caBundle: ");
        let mut serving = String::new();
        log.read_line(&mut serving)?;
        let Some(bundle) = bundle else { return Err(format!("the server does not start: {serving}").into()) };
        let authority = CertificateDer::from_pem_slice(&BASE64_STANDARD.decode(bundle)?)?;
        let serving: Value = serde_json::from_str(&serving)?;
        let address = serving.get("address").and_then(Value::as_str).ok_or("the log names no address")?.parse()?;
        let lines = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&lines);
        // Somebody collects the log in earnest, too.
        std::thread::spawn(move || {
            let mut line = Vec::new();
            while log.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                counted.fetch_add(1, Ordering::Relaxed);
                line.clear();
            }
        });
        Ok(Self { process, folder, address, authority, log: lines, _out: out })
    }

    fn memory(&self) -> Memory {
        let text = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap_or_default();
        let kib = |name: &str| -> Option<f64> {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
            line.split_whitespace().next()?.parse().ok()
        };
        Memory { resident: kib("VmRSS"), peak: kib("VmHWM") }
    }

    /// Hundredths of a second of the processor.
    fn ticks(&self) -> Option<f64> {
        let text = fs::read_to_string(format!("/proc/{}/stat", self.process.id())).ok()?;
        // The name of the program, in brackets, may hold anything.
        let mut fields = text.rsplit_once(')')?.1.split_whitespace().skip(11);
        let (user, system): (f64, f64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        Some(user + system)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// In KiB, where the system tells (Linux).
#[derive(Clone, Copy, Default)]
struct Memory {
    resident: Option<f64>,
    peak: Option<f64>,
}

/// A review and what it should get.
struct Case {
    body: Bytes,
    allowed: bool,
}

struct Measured {
    took: Duration,
    /// Of each review that got a verdict.
    latencies: Vec<Duration>,
    /// Answers of status 429.
    refused: u64,
    before: Memory,
    tenth: Memory,
    after: Memory,
    ticks: Option<f64>,
    lines: u64,
}

/// What the connections share.
struct Load {
    server: Arc<Server>,
    cases: Vec<Case>,
    /// Number of the next review, and when each is due where that is fixed.
    next: AtomicU64,
    due: Option<Mutex<mpsc::UnboundedReceiver<(u64, Instant)>>>,
    requests: u64,
    tenth: std::sync::Mutex<Memory>,
}

async fn measure(settings: &Settings, server: &Arc<Server>) -> Result<Measured, Failure> {
    let cases = settings.body.map_or_else(deployments, |bytes| vec![config_map(bytes)]);
    let mut senders = Vec::new();
    for _ in 0..settings.connections {
        let first = connect(server, settings.http).await?;
        if let Sender::Two(sender) = &first {
            senders.extend((1..settings.streams).map(|_| Sender::Two(sender.clone())));
        }
        senders.push(first);
    }
    // Caches are filled and both verdicts are seen before anything is measured.
    for sender in &mut senders {
        for case in &cases {
            send(sender, case).await?;
        }
    }
    let (before, lines, ticks) = (server.memory(), server.log.load(Ordering::Relaxed), server.ticks());
    let started = Instant::now();
    let due = settings.rate.map(|rate| Mutex::new(schedule(settings.requests, rate, started)));
    let requests = settings.requests;
    let (next, tenth) = (AtomicU64::new(0), std::sync::Mutex::default());
    let load = Arc::new(Load { server: Arc::clone(server), cases, next, due, requests, tenth });
    let mut drivers: JoinSet<Result<(Vec<Duration>, u64), Failure>> =
        senders.into_iter().map(|sender| driver(Arc::clone(&load), sender)).collect();
    let mut latencies = Vec::with_capacity(usize::try_from(requests)?);
    let mut refused = 0_u64;
    while let Some(driven) = drivers.join_next().await {
        let (own, more) = driven??;
        latencies.extend(own);
        refused = refused.saturating_add(more);
    }
    let took = started.elapsed();
    latencies.sort_unstable();
    let after = server.memory();
    let ticks = server.ticks().zip(ticks).map(|(after, before)| after - before);
    let lines = server.log.load(Ordering::Relaxed).saturating_sub(lines);
    let tenth = load.tenth.lock().map(|tenth| *tenth).unwrap_or_default();
    Ok(Measured { took, latencies, refused, before, tenth, after, ticks, lines })
}

/// Says when each review is due. The runtime's own timer counts in milliseconds.
fn schedule(requests: u64, rate: f64, started: Instant) -> mpsc::UnboundedReceiver<(u64, Instant)> {
    let (says, due) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for nth in 0..requests {
            #[allow(clippy::cast_precision_loss, reason = "reviews are far fewer than 2^52")]
            let at = started + Duration::from_secs_f64(nth as f64 / rate);
            std::thread::sleep(at.saturating_duration_since(Instant::now()));
            if says.send((nth, at)).is_err() {
                return;
            }
        }
    });
    due
}

/// Sends reviews over one connection, or one stream's worth of it, until there are no more: their latencies, and how many were put off.
async fn driver(load: Arc<Load>, mut sender: Sender) -> Result<(Vec<Duration>, u64), Failure> {
    let (mut latencies, mut refused) = (Vec::new(), 0_u64);
    while let Some((nth, due)) = load.next().await {
        if nth == load.requests / 10 {
            let now = load.server.memory();
            load.tenth.lock().map_err(|_| "a driver panicked")?.clone_from(&now);
        }
        let count = u64::try_from(load.cases.len())?;
        let case = usize::try_from(nth % count)?;
        match send(&mut sender, load.cases.get(case).ok_or("no case")?).await? {
            Answer::Verdict => latencies.push(due.elapsed()),
            Answer::Later => refused = refused.saturating_add(1),
        }
    }
    Ok((latencies, refused))
}

impl Load {
    /// The next review, and since when it is waited for.
    async fn next(&self) -> Option<(u64, Instant)> {
        if let Some(due) = &self.due {
            return due.lock().await.recv().await;
        }
        let nth = self.next.fetch_add(1, Ordering::Relaxed);
        (nth < self.requests).then(|| (nth, Instant::now()))
    }
}

enum Sender {
    One(http1::SendRequest<Full<Bytes>>),
    Two(http2::SendRequest<Full<Bytes>>),
}

/// What a review got.
enum Answer {
    /// The right one.
    Verdict,
    /// To be asked again.
    Later,
}

async fn connect(server: &Server, http: Http) -> Result<Sender, Failure> {
    let mut roots = RootCertStore::empty();
    roots.add(server.authority.clone())?;
    let mut tls = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_root_certificates(roots)
        .with_no_client_auth();
    tls.alpn_protocols = vec![match http {
        Http::One => b"http/1.1".to_vec(),
        Http::Two => b"h2".to_vec(),
    }];
    let stream = TcpStream::connect(server.address).await?;
    stream.set_nodelay(true)?;
    let stream: TlsStream<TcpStream> =
        TlsConnector::from(Arc::new(tls)).connect(ServerName::try_from("localhost")?, stream).await?;
    Ok(match http {
        Http::One => {
            let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
            tokio::spawn(connection);
            Sender::One(sender)
        }
        Http::Two => {
            let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
            tokio::spawn(connection);
            Sender::Two(sender)
        }
    })
}

/// Sends a review; another verdict than the right one is a failure.
async fn send(sender: &mut Sender, case: &Case) -> Result<Answer, Failure> {
    let request = Request::post("https://localhost/validate?timeout=10s")
        .header("host", "localhost")
        .header("content-type", "application/json")
        .body(Full::new(case.body.clone()))?;
    let response: Response<Incoming> = match sender {
        Sender::One(sender) => {
            sender.ready().await?;
            sender.send_request(request).await?
        }
        Sender::Two(sender) => {
            sender.ready().await?;
            sender.send_request(request).await?
        }
    };
    let status = response.status();
    let body = response.into_body().collect().await?.to_bytes();
    if status == StatusCode::TOO_MANY_REQUESTS {
        return Ok(Answer::Later);
    }
    let wanted: &[u8] = if case.allowed { b"\"allowed\":true" } else { b"\"code\":403" };
    if status != StatusCode::OK || !body.windows(wanted.len()).any(|part| part == wanted) {
        return Err(format!("{status}: {}", String::from_utf8_lossy(&body)).into());
    }
    Ok(Answer::Verdict)
}

/// A Deployment of two containers that is allowed, and one that is denied, as API servers send them.
fn deployments() -> Vec<Case> {
    let clean = |name: &str, port: u16| {
        json!({
            "name": name,
            "image": format!("registry.example.com/shop/{name}@sha256:{}", "5f".repeat(32)),
            "imagePullPolicy": "IfNotPresent",
            "ports": [{ "name": "http", "containerPort": port, "protocol": "TCP" }],
            "env": [{ "name": "LOG_LEVEL", "value": "info" }, { "name": "REGION", "value": "eu-central-1" }],
            "resources": {
                "requests": { "cpu": "100m", "memory": "128Mi" },
                "limits": { "cpu": "500m", "memory": "128Mi" },
            },
            "livenessProbe": {
                "httpGet": { "path": "/live", "port": "http", "scheme": "HTTP" },
                "timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3,
            },
            "readinessProbe": {
                "httpGet": { "path": "/ready", "port": "http", "scheme": "HTTP" },
                "timeoutSeconds": 1, "periodSeconds": 5, "successThreshold": 1, "failureThreshold": 3,
            },
            "securityContext": {
                "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "runAsNonRoot": true,
                "capabilities": { "drop": ["ALL"] }, "seccompProfile": { "type": "RuntimeDefault" },
            },
            "volumeMounts": [{ "name": "tmp", "mountPath": "/tmp" }],
            "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
        })
    };
    let bare = |name: &str, port: u16| {
        json!({
            "name": name, "image": format!("{name}:latest"), "imagePullPolicy": "Always",
            "ports": [{ "containerPort": port, "protocol": "TCP" }],
            "env": [{ "name": "LOG_LEVEL", "value": "info" }],
            "resources": {}, "securityContext": { "privileged": true },
            "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
        })
    };
    let deployment = |name: &str, containers: Value, pod: Value| {
        let mut spec = json!({
            "restartPolicy": "Always", "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst",
            "schedulerName": "default-scheduler", "containers": containers,
        });
        if let (Some(spec), Value::Object(pod)) = (spec.as_object_mut(), pod) {
            spec.extend(pod);
        }
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {
                "name": name, "namespace": "shop", "generation": 1, "creationTimestamp": "2025-01-01T00:00:00Z",
                "uid": "6d3b3ac5-0f0e-4f5a-9d77-6a7b8c9d0e1f",
                "labels": { "app.kubernetes.io/name": name, "app.kubernetes.io/version": "1.4.2", "team": "shop" },
                "managedFields": [{
                    "manager": "kubectl-client-side-apply", "operation": "Update", "apiVersion": "apps/v1",
                    "time": "2025-01-01T00:00:00Z", "fieldsType": "FieldsV1",
                    "fieldsV1": { "f:spec": { "f:replicas": {}, "f:selector": {}, "f:template": { "f:spec": { "f:containers": {} } } } },
                }],
            },
            "spec": {
                "replicas": 3, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600,
                "selector": { "matchLabels": { "app.kubernetes.io/name": name } },
                "strategy": { "type": "RollingUpdate", "rollingUpdate": { "maxUnavailable": "25%", "maxSurge": "25%" } },
                "template": {
                    "metadata": { "creationTimestamp": null, "labels": { "app.kubernetes.io/name": name, "team": "shop" } },
                    "spec": spec,
                },
            },
            "status": {},
        })
    };
    let pod = json!({
        "serviceAccountName": "shop", "automountServiceAccountToken": false,
        "securityContext": { "runAsNonRoot": true, "runAsUser": 10001, "fsGroup": 10001, "seccompProfile": { "type": "RuntimeDefault" } },
        "volumes": [{ "name": "tmp", "emptyDir": { "sizeLimit": "64Mi" } }],
    });
    let good = deployment("cart", json!([clean("cart", 8080), clean("proxy", 8081)]), pod);
    let bad = deployment("legacy", json!([bare("legacy", 80), bare("agent", 81)]), json!({ "hostNetwork": true }));
    [(good, true), (bad, false)]
        .into_iter()
        .map(|(object, allowed)| {
            let body = review("apps", "Deployment", "deployments", &object).to_string();
            Case { body: Bytes::from(body), allowed }
        })
        .collect()
}

/// A ConfigMap with settings and nothing wrong with it but its size, whose review has as many bytes.
fn config_map(bytes: usize) -> Case {
    let of = |text: &str| {
        let object = json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "settings", "namespace": "shop" },
            "data": { "settings.properties": text },
        });
        review("", "ConfigMap", "configmaps", &object).to_string()
    };
    let room = bytes.saturating_sub(of("").len());
    let mut text = String::new();
    for nth in 0_usize.. {
        let line = format!("service.{nth}.endpoint = https://backend-{nth}.shop.svc:8443/v1\n");
        // Written, the line break is two characters.
        if text.len() + nth + line.len() + 1 > room {
            break;
        }
        text.push_str(&line);
    }
    let rest = room.saturating_sub(text.len() + text.matches('\n').count());
    text.push_str(&"#".repeat(rest));
    // More than 1 MiB is no ConfigMap to an API server, and a finding that is enforced.
    Case { body: Bytes::from(of(&text)), allowed: text.len() <= 1 << 20 }
}

fn review(group: &str, kind: &str, resource: &str, object: &Value) -> Value {
    let of_kind = json!({ "group": group, "version": "v1", "kind": kind });
    let of_resource = json!({ "group": group, "version": "v1", "resource": resource });
    json!({
        "kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1",
        "request": {
            "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
            "kind": of_kind, "resource": of_resource, "requestKind": of_kind, "requestResource": of_resource,
            "name": object.pointer("/metadata/name"), "namespace": "shop", "operation": "CREATE",
            "userInfo": { "username": "ann", "uid": "1", "groups": ["dev", "system:authenticated"] },
            "object": object, "oldObject": null, "dryRun": false,
            "options": { "kind": "CreateOptions", "apiVersion": "meta.k8s.io/v1", "fieldManager": "kubectl-client-side-apply" },
        },
    })
}

impl Measured {
    fn print(&self, settings: &Settings) {
        let what =
            settings.body.map_or_else(|| "Deployments".to_owned(), |bytes| format!("ConfigMaps of {bytes} bytes"));
        let (version, streams) = match settings.http {
            Http::One => (1, 1),
            Http::Two => (2, settings.streams),
        };
        let connections = settings.connections;
        println!(
            "{what}; HTTP/{version}, {connections} connections, {streams} at once on each\n\n| what | value |\n|---|---|"
        );
        let row = |what: &str, value: String| println!("| {what} | {value} |");
        let count = self.latencies.len();
        #[allow(clippy::cast_precision_loss, reason = "reviews are far fewer than 2^52")]
        let reviews = count as f64;
        row("reviews judged", count.to_string());
        row("put off with 429", self.refused.to_string());
        row("reviews/s", format!("{:.0}", reviews / self.took.as_secs_f64()));
        for (name, per_mille) in [("p50", 500), ("p99", 990), ("p99.9", 999)] {
            let place = count.saturating_mul(per_mille) / 1000;
            row(&format!("{name}, ms"), milliseconds(self.latencies.get(place.min(count.saturating_sub(1)))));
        }
        row("longest, ms", milliseconds(self.latencies.last()));
        row("server's processor, µs a review", shown(self.ticks.map(|ticks| ticks * 10_000.0 / reviews)));
        row("lines of log", self.lines.to_string());
        let mib = |kib: Option<f64>| shown(kib.map(|kib| kib / 1024.0));
        row("resident before, MiB", mib(self.before.resident));
        row("after a tenth, MiB", mib(self.tenth.resident));
        row("at the end, MiB", mib(self.after.resident));
        row("peak, MiB", mib(self.after.peak));
    }
}

fn milliseconds(time: Option<&Duration>) -> String {
    time.map_or_else(|| "?".to_owned(), |time| format!("{:.2}", time.as_secs_f64() * 1000.0))
}

fn shown(value: Option<f64>) -> String {
    value.map_or_else(|| "?".to_owned(), |value| format!("{value:.1}"))
}
