//! The server, asked over HTTPS: what it answers, what it refuses, and how it lives with slow clients, overload, new certificates, new
//! configurations and its own end.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::float_cmp,
    reason = "a panic in a helper is the failure message; counters are whole numbers"
)]

mod support;

use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use hyper::body::Bytes;
use portcullis_admission::decide::{Decision, RuleAction};
use portcullis_admission::settings::{FailurePolicy, Settings};
use portcullis_admission::{LoadError, Loaded, Options, ServeError, Server, Signals};
use serde_json::json;
use support::{
    Authority, Client, Ends, Gate, Http, Identity, Lines, Loads, block_on, folder, judge, metric, pod, review,
    settings, start, start_logging, start_with, status, stop, until,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

#[test]
fn a_verdict_is_answered_as_it_was_given() {
    let server = start(
        settings(),
        judge(|_, request| match request.name.as_deref() {
            Some("bad") => Decision::denied("no: it is bad".to_owned()),
            Some("odd") => Decision {
                warnings: vec!["it is odd".to_owned()],
                audit_annotations: vec![("rules".to_owned(), "k8s-odd".to_owned())],
                findings: vec![("k8s-odd".into(), RuleAction::Warn)],
                ..Decision::allowed()
            },
            _ => Decision::allowed(),
        }),
    );
    let client = Client::of(&server);
    for (name, wanted) in [
        ("good", json!({ "uid": "good", "allowed": true })),
        (
            "bad",
            json!({
                "uid": "bad",
                "allowed": false,
                "status": { "code": 403, "reason": "Forbidden", "message": "no: it is bad" },
            }),
        ),
        (
            "odd",
            json!({
                "uid": "odd",
                "allowed": true,
                "warnings": ["it is odd"],
                "auditAnnotations": { "rules": "k8s-odd" },
            }),
        ),
    ] {
        for http in [Http::One, Http::Two] {
            let answer = block_on(client.send(http, "/validate?timeout=10s", pod(name))).unwrap();
            assert_eq!(answer.response(), wanted, "{http:?}");
        }
    }
    for (name, wanted) in [
        ("reviews_total{profile=\"default\",operation=\"CREATE\",decision=\"denied\"}", 2.0),
        ("reviews_total{profile=\"default\",operation=\"CREATE\",decision=\"warned\"}", 2.0),
        ("findings_total{rule=\"k8s-odd\",action=\"warn\"}", 2.0),
        ("review_duration_seconds_count", 6.0),
        ("review_duration_seconds_bucket{le=\"+Inf\"}", 6.0),
        ("queue_reviews", 0.0),
        ("config_last_reload_successful", 1.0),
    ] {
        assert_eq!(metric(&server, name), wanted, "{name}");
    }
    assert!(metric(&server, "certificate_expiry_timestamp_seconds") > 1_700_000_000.0);
    stop(server);
}

#[test]
fn a_path_names_a_profile() {
    let mut settings = settings();
    let profile = settings.profiles["default"].clone();
    settings.profiles.insert("strict".to_owned(), profile);
    let server = start(settings, judge(|profile, _| Decision::denied(profile.to_owned())));
    let client = Client::of(&server);
    for (path, code, wanted) in [
        ("/validate", 200, "\"message\":\"default\""),
        ("/validate/", 200, "\"message\":\"default\""),
        ("/validate/strict?timeout=5s", 200, "\"message\":\"strict\""),
        ("/validate/other", 404, "no profile"),
        ("/validated", 404, "/validate/{profile}"),
        ("/metrics", 404, "/validate/{profile}"),
    ] {
        let answer = client.post(path, pod("a"));
        assert_eq!(answer.status.as_u16(), code, "{path}");
        assert!(answer.text.contains(wanted), "{path}: {}", answer.text);
    }
    for (path, code, wanted) in
        [("/healthz", 200, "ok"), ("/readyz", 200, "ready\nconfiguration 1: ok\n"), ("/validate", 404, "/metrics")]
    {
        let (status, text) = status(&server, path);
        assert_eq!(status, code, "{path}");
        assert!(text.contains(wanted), "{path}: {text}");
    }
    stop(server);
}

/// What is no review: the start of what is said about it, and whether the uid was known, so that it is said with a review.
#[test]
fn a_text_that_is_no_review_is_refused() {
    let deep = |levels: usize| review("u", &format!("{}1{}", "{\"a\":".repeat(levels), "}".repeat(levels)));
    let cases: &[(String, bool, &str)] = &[
        (String::new(), false, "expected an object, found the end"),
        ("[]".to_owned(), false, "expected an object, found a list"),
        ("{}".to_owned(), false, "the body is no AdmissionReview"),
        (pod("u").replace("k8s.io/v1\"", "k8s.io/v1beta1\""), false, "`admission.k8s.io/v1beta1` is not served; set"),
        (pod("u").replace("admission.k8s.io/v1", "v1"), false, "`apiVersion` is `v1`"),
        (pod("u").replace("\"AdmissionReview\"", "\"Pod\""), false, "`kind` is `Pod`"),
        (pod("u").replace("\"uid\":\"u\",", ""), false, "the request has no `uid`"),
        (pod("u").replace("\"CREATE\"", "\"PATCH\""), true, "`PATCH` is no operation"),
        (pod("u").replace("\"CREATE\"", "\"UPDATE\""), true, "the request has no `oldObject`"),
        (pod("u").replace("\"dryRun\":false", "\"dryRun\":\"no\""), true, "expected `true` or `false`, found text"),
        (pod("u").replace("\"groups\":[\"dev\"]", "\"groups\":\"dev\""), true, "expected a list, found text"),
        (pod("u") + "x", true, "expected the end, found `x`"),
        (review("u", "null"), true, "the request has no `object`"),
        (review("u", "[]"), true, "expected an object, found a list"),
        (review("u", r#"{"kind":"Pod","kind":"Job"}"#), true, "an object has the key `kind` twice"),
        (review("u", r#"{"spec":{"a":1,"b":2,"\u0061":3}}"#), true, "an object has the key `a` twice"),
        (review("u", r#"{"replicas":NaN}"#), true, "expected a value, found `NaN`"),
        (review("u", r#"{"replicas":-Infinity}"#), true, "expected a digit, found `Infinity`"),
        (review("u", r#"{"replicas":01}"#), true, "this is no number of JSON"),
        (review("u", r#"{"replicas":1.}"#), true, "expected a digit"),
        (review("u", r#"{"name":'a'}"#), true, "expected a value, found something else"),
        (review("u", r#"{"a":1,}"#), true, "expected a key"),
        (review("u", "{\"a\":\"\n\"}"), true, "a control character"),
        (review("u", r#"{"a":"\ud800"}"#), true, "half of a surrogate pair"),
        (review("u", r#"{"a":"\x"}"#), true, "this is no escape"),
        (review("u", r#"{"a":"#), true, "expected"),
        (deep(127), true, "nested deeper than 128"),
    ];
    for policy in [FailurePolicy::Fail, FailurePolicy::Ignore] {
        let mut settings = settings();
        settings.failure_policy = policy;
        let server = start(settings, judge(|_, _| Decision::allowed()));
        let client = Client::of(&server);
        for (body, is_review, wanted) in cases {
            let answer = client.post("/validate", body.clone());
            let message = if *is_review {
                let response = answer.response();
                assert_eq!(response["uid"], "u", "{body}");
                assert_eq!(response["allowed"], policy == FailurePolicy::Ignore, "{body}");
                let place = if policy == FailurePolicy::Fail { "/status/message" } else { "/warnings/0" };
                response.pointer(place).unwrap().as_str().unwrap().to_owned()
            } else {
                assert_eq!(answer.status, 400, "{body}");
                answer.text
            };
            assert!(message.contains(wanted), "{body}\n{message}");
        }
        // Bytes that are no text, within the object and before the uid.
        let mut broken = pod("u").into_bytes();
        let at = broken.len() - 20;
        broken[at] = 0xff;
        assert_eq!(client.post("/validate", broken.clone()).response()["uid"], "u");
        broken[10] = 0xff;
        assert_eq!(client.post("/validate", broken).status, 400);
        stop(server);
    }
}

#[test]
fn an_object_reaches_the_decider_as_it_was_sent() {
    let server = start(
        settings(),
        judge(|_, request| {
            let object = request.object.as_deref().unwrap_or_default();
            Decision::denied(format!("{object} {:?} {:?}", request.operation, request.user.groups))
        }),
    );
    let client = Client::of(&server);
    for object in [
        r#"{"n":9007199254740993,"m":-9223372036854775808,"e":1E400}"#,
        r#"{ "a" : [ 1 , true , null , "\u00e9\ud83d\ude00\/" ] , "b":{} }"#,
    ] {
        let message = client.post("/validate", review("u", object)).response()["status"]["message"].clone();
        assert_eq!(message, format!("{object} Create [\"dev\"]"));
    }
    stop(server);
}

/// A review of so many bytes.
fn sized(size: usize) -> String {
    let empty = review("u", r#"{"a":""}"#).len();
    review("u", &format!(r#"{{"a":"{}"}}"#, "x".repeat(size - empty)))
}

#[test]
fn a_review_may_be_as_large_as_the_limit() {
    let mut settings = settings();
    settings.limits.body = 1 << 20;
    let server = start(settings, judge(|_, _| Decision::allowed()));
    let client = Client::of(&server);
    assert_eq!(client.post("/validate", sized(1 << 20)).response()["allowed"], true);
    for http in [Http::One, Http::Two] {
        let answer = block_on(client.send(http, "/validate", sized((1 << 20) + 1))).unwrap();
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (413, "the review has more than 1048576 bytes\n"));
    }
    stop(server);
}

/// The default limit: 8 MiB, over both versions, and not one byte more.
#[test]
fn eight_mebibytes_are_taken_by_default() {
    const LIMIT: usize = 8 << 20;
    let server = start(settings(), judge(|_, _| Decision::allowed()));
    let client = Client::of(&server);
    let (most, over) = (Bytes::from(sized(LIMIT)), Bytes::from(sized(LIMIT + 1)));
    for http in [Http::One, Http::Two] {
        let answer = block_on(client.send(http, "/validate", most.clone())).unwrap();
        assert_eq!(answer.response()["allowed"], true, "{http:?}");
        let answer = block_on(client.send(http, "/validate", over.clone())).unwrap();
        assert_eq!(answer.status, 413, "{http:?}");
        assert_eq!(answer.text, "the review has more than 8388608 bytes\n", "{http:?}");
    }
    until("the bytes are given back", || metric(&server, "bytes_in_flight") == 0.0);
    stop(server);
}

/// Who comes when all connections are taken is served as soon as one of them ends, and health is told all the while.
#[test]
fn past_the_connections_the_next_one_waits() {
    let mut settings = settings();
    settings.limits.connections = 2;
    let server = start(settings, judge(|_, _| Decision::allowed()));
    let client = Client::of(&server);
    block_on(async {
        let mut first = client.open(Http::One).await.unwrap();
        let mut second = client.open(Http::Two).await.unwrap();
        for asked in [&mut first, &mut second] {
            assert_eq!(asked.ask("/validate", pod("a")).await.unwrap().response()["allowed"], true);
        }
        let third = {
            let client = client.clone();
            tokio::spawn(async move { client.send(Http::Two, "/validate", pod("c")).await })
        };
        // The two go on, and the third has not been let in however often they ask.
        for _ in 0..20 {
            assert_eq!(first.ask("/validate", pod("a")).await.unwrap().response()["allowed"], true);
            assert_eq!(second.ask("/validate", pod("b")).await.unwrap().response()["allowed"], true);
        }
        assert!(!third.is_finished());
        assert_eq!(metric(&server, "connections"), 2.0);
        drop(first);
        assert_eq!(third.await.unwrap().unwrap().response()["allowed"], true);
    });
    assert_eq!(metric(&server, "reviews_total{profile=\"default\",operation=\"CREATE\",decision=\"allowed\"}"), 43.0);
    stop(server);
}

/// Who holds connections to the second port keeps no probe from being answered.
#[test]
fn a_probe_is_answered_whoever_else_waits() {
    let server = start(settings(), judge(|_, _| Decision::allowed()));
    let silent: Vec<_> = (0..200).map(|_| std::net::TcpStream::connect(server.metrics_address()).unwrap()).collect();
    for path in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(status(&server, path).0, 200, "{path}");
    }
    drop(silent);
    stop(server);
}

/// Whoever reaches the port may send names of any length: none of them is repeated as a whole.
#[test]
fn what_is_told_and_logged_of_a_name_is_short() {
    let lines = Lines::default();
    let server = {
        let decider =
            judge(|_, request| Decision::failed(format!("of {}\n", request.namespace.as_deref().unwrap_or_default())));
        let load = move || {
            let mut settings = settings();
            settings.failure_policy = FailurePolicy::Ignore;
            Ok(Loaded { settings, decider: Arc::clone(&decider), watched: Vec::new() })
        };
        start_logging(load, Box::new(lines.clone()))
    };
    let client = Client::of(&server);
    let long = "n".repeat(100_000);
    let body = pod("u").replace("\"shop\"", &format!("\"{long}\"")).replace("\"ann\"", &format!("\"{long}\""));
    let response = client.post("/validate", body).response();
    let warning = response["warnings"][0].as_str().unwrap();
    assert!(warning.chars().count() <= 256 && !warning.contains('\n'), "{warning}");
    stop(server);
    let longest = lines.text().lines().map(str::len).max().unwrap();
    assert!(longest < 4096, "{longest}");
}

/// A stream whose body does not come is answered for, and holds up neither the other streams of its connection nor other clients.
#[test]
fn slow_streams_hold_nobody_up() {
    let mut settings = settings();
    settings.limits.workers = 1;
    settings.limits.header_timeout = Duration::from_millis(300);
    let server = start(settings, judge(|_, _| Decision::allowed()));
    let client = Client::of(&server);
    block_on(async {
        // One that opens a connection and never says what it wants, not even the preface.
        let mut silent = client.connect(Http::Two).await.unwrap();
        let mut shared = client.open(Http::Two).await.unwrap();
        let (unknown, known) = (b"{".to_vec(), pod("u").into_bytes());
        let stuck =
            [unknown, known[..known.len() - 1].to_vec()].map(|start| tokio::spawn(shared.stall("/validate", start)));
        assert_eq!(shared.ask("/validate", pod("a")).await.unwrap().response()["allowed"], true);
        assert_eq!(client.send(Http::One, "/validate", pod("b")).await.unwrap().response()["allowed"], true);
        let [unknown, known] = stuck;
        assert_eq!(unknown.await.unwrap().unwrap().status, 408);
        // Enough was read to say it with a review.
        let response = known.await.unwrap().unwrap().response();
        assert_eq!((&response["uid"], &response["allowed"]), (&json!("u"), &json!(false)));
        let mut rest = Vec::new();
        let ended = silent.read_to_end(&mut rest).await;
        assert!(ended.is_ok() || ended.is_err_and(|error| error.kind() == ErrorKind::UnexpectedEof));
        assert_eq!(shared.ask("/validate", pod("a")).await.unwrap().response()["allowed"], true);
    });
    stop(server);
}

/// What one review leaves behind would add up.
#[cfg(target_os = "linux")]
#[test]
fn thousands_of_reviews_leave_nothing_behind() {
    /// What allocators keep for later, in KiB.
    const ROOM: u64 = 16 << 10;
    /// Other tests of this program would be measured as well: this one runs again, by itself.
    const ALONE: &str = "PORTCULLIS_TEST_ALONE";
    let resident = || -> u64 {
        let text = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().split(' ').next().unwrap().parse().unwrap()
    };
    if std::env::var_os(ALONE).is_none() {
        let own = std::env::current_exe().unwrap();
        let name = "thousands_of_reviews_leave_nothing_behind";
        let alone = std::process::Command::new(own).args(["--exact", name]).env(ALONE, "1").output().unwrap();
        let text = String::from_utf8_lossy(&alone.stdout).into_owned();
        assert!(alone.status.success() && text.contains("1 passed"), "{text}");
        return;
    }
    let server = start(settings(), judge(|_, request| Decision::denied(request.uid.clone())));
    let client = Client::of(&server);
    // A review that leaves 16 KB, its own size, would leave 32 MB.
    let filler = "x".repeat(16 << 10);
    block_on(async {
        for http in [Http::One, Http::Two] {
            let mut asked = client.open(http).await.unwrap();
            let mut before = None;
            for nth in 0..2_000 {
                let object = format!(r#"{{"kind":"Pod","metadata":{{"name":"{nth}"}},"data":"{filler}"}}"#);
                let answer = asked.ask("/validate", review(&nth.to_string(), &object)).await.unwrap();
                assert_eq!(answer.response()["status"]["message"], nth.to_string());
                if nth == 100 {
                    before = Some(resident());
                }
            }
            let (before, now) = (before.unwrap(), resident());
            assert!(now <= before + ROOM, "{http:?}: {before} KiB have become {now} KiB");
        }
    });
    until("the bytes are given back", || metric(&server, "bytes_in_flight") == 0.0);
    stop(server);
}

/// Clients that never finish hold no thread, and are gone after a while.
#[test]
fn slow_clients_hold_nobody_up() {
    let mut settings = settings();
    settings.limits.workers = 1;
    settings.limits.header_timeout = Duration::from_millis(300);
    settings.limits.handshake_timeout = Duration::from_millis(300);
    let server = start(settings, judge(|_, _| Decision::allowed()));
    let client = Client::of(&server);
    block_on(async {
        let mut slow = Vec::new();
        for start in [
            "",
            "POST /validate HTTP/1.1\r\nhost: x\r\n",
            "POST /validate HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{",
            "POST /validate HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{",
        ] {
            let mut stream = client.connect(Http::One).await.unwrap();
            stream.write_all(start.as_bytes()).await.unwrap();
            slow.push(stream);
        }
        // One that never shakes hands.
        let mut silent = tokio::net::TcpStream::connect(server.address()).await.unwrap();
        let answer = client.send(Http::Two, "/validate", pod("a")).await.unwrap();
        assert_eq!(answer.response()["allowed"], true);
        for (nth, mut stream) in slow.into_iter().enumerate() {
            let mut text = Vec::new();
            match stream.read_to_end(&mut text).await {
                Ok(_) => {}
                Err(error) => assert_eq!(error.kind(), ErrorKind::UnexpectedEof),
            }
            // The body is asked for in vain, the head is not even answered.
            let text = String::from_utf8(text).unwrap();
            assert_eq!(text.starts_with("HTTP/1.1 408"), nth >= 2, "{nth}: {text}");
        }
        assert_eq!(silent.read(&mut [0]).await.unwrap_or(0), 0);
    });
    stop(server);
}

/// Whatever keeps a review from being judged, the configured policy decides.
#[test]
fn the_failure_policy_decides_where_nothing_else_can() {
    for (policy, allowed) in [(FailurePolicy::Fail, false), (FailurePolicy::Ignore, true)] {
        let mut settings = settings();
        settings.failure_policy = policy;
        let gate = Arc::new(Gate::default());
        let server = start(settings, {
            let gate = Arc::clone(&gate);
            judge(move |_, request| match request.name.as_deref() {
                Some("panic") => panic!("as the test wants it"),
                Some("late") => {
                    gate.pass();
                    Decision::allowed()
                }
                _ => Decision::failed("a policy took too long".to_owned()),
            })
        });
        let client = Client::of(&server);
        for (name, path, wanted) in [
            ("panic", "/validate", "a rule or policy panicked"),
            ("failed", "/validate", "a policy took too long"),
            ("late", "/validate?timeout=50ms", "the review took too long"),
        ] {
            let response = client.post(path, pod(name)).response();
            assert_eq!((&response["uid"], &response["allowed"]), (&json!(name), &json!(allowed)));
            let message = if allowed { &response["warnings"][0] } else { &response["status"]["message"] };
            assert_eq!(message, &format!("portcullis could not judge this request: {wanted}"));
        }
        assert_eq!(metric(&server, "panics_total"), 1.0);
        gate.open();
        stop(server);
    }
}

/// A server that allows everything, and a gate at which reviews of some names are held.
fn start_gated(settings: Settings, is_held: fn(Option<&str>) -> bool) -> (Server, Arc<Gate>) {
    let gate = Arc::new(Gate::default());
    let own = Arc::clone(&gate);
    let decider = judge(move |_, request| {
        if is_held(request.name.as_deref()) {
            own.pass();
        }
        Decision::allowed()
    });
    (start(settings, decider), gate)
}

#[test]
fn past_the_queue_the_client_is_asked_to_come_again() {
    let mut settings = settings();
    settings.limits.workers = 1;
    settings.limits.queue = 1;
    let (server, gate) = start_gated(settings, |_| true);
    let client = Client::of(&server);
    std::thread::scope(|scope| {
        let judged = scope.spawn(|| client.post("/validate?timeout=30s", pod("judged")));
        gate.wait_for(1);
        let waiting = scope.spawn(|| client.post("/validate?timeout=30s", pod("waiting")));
        until("one waits", || metric(&server, "queue_reviews") > 0.0);
        let refused = client.post("/validate", pod("refused"));
        assert_eq!((refused.status.as_u16(), refused.retry_after.as_deref()), (429, Some("1")));
        gate.open();
        for thread in [judged, waiting] {
            assert_eq!(thread.join().unwrap().response()["allowed"], true);
        }
    });
    assert_eq!(client.post("/validate", pod("again")).response()["allowed"], true);
    assert_eq!(metric(&server, "refusals_total{reason=\"overload\"}"), 1.0);
    stop(server);
}

#[test]
fn past_the_bytes_at_hand_as_well() {
    let mut settings = settings();
    settings.limits.body = 10_000;
    settings.limits.in_flight_bytes = 12_000;
    let (server, gate) = start_gated(settings, |name| name == Some("held"));
    let client = Client::of(&server);
    let large = |uid: &str| review(uid, &format!(r#"{{"a":"{}"}}"#, "x".repeat(8000)));
    std::thread::scope(|scope| {
        let held = scope.spawn(|| client.post("/validate?timeout=30s", large("held")));
        gate.wait_for(1);
        assert_eq!(client.post("/validate", large("refused")).status, 429);
        assert_eq!(client.post("/validate", pod("small")).response()["allowed"], true);
        gate.open();
        assert_eq!(held.join().unwrap().response()["allowed"], true);
    });
    until("the bytes are given back", || metric(&server, "bytes_in_flight") == 0.0);
    assert_eq!(client.post("/validate", large("again")).response()["allowed"], true);
    stop(server);
}

/// Many large reviews come at the same time, piece by piece: those that have room are read to their end.
#[test]
fn of_many_large_reviews_at_once_some_are_judged() {
    let mut settings = settings();
    settings.limits.body = 4 << 20;
    settings.limits.in_flight_bytes = 12 << 20;
    settings.limits.header_timeout = Duration::from_secs(30);
    let server = start(settings, judge(|_, _| Decision::allowed()));
    let client = Client::of(&server);
    let large = Bytes::from(sized(4 << 20));
    block_on(async {
        let shared = client.open(Http::Two).await.unwrap();
        let asked: Vec<_> =
            (0..8).map(|_| tokio::spawn(shared.ask_beside("/validate?timeout=30s", large.clone()))).collect();
        let mut judged = 0;
        for asked in asked {
            let answer = asked.await.unwrap().unwrap();
            match answer.status.as_u16() {
                200 => judged += 1,
                429 => assert_eq!(answer.retry_after.as_deref(), Some("1")),
                status => panic!("{status}: {}", answer.text),
            }
        }
        assert!(judged >= 2, "{judged} of 8");
    });
    until("the bytes are given back", || metric(&server, "bytes_in_flight") == 0.0);
    stop(server);
}

/// As a Secret's volume is written: the files are links through `..data`, which is swapped.
#[cfg(unix)]
#[test]
fn a_certificate_is_replaced_under_load_and_a_bad_one_is_not_taken() {
    use std::os::unix::fs::symlink;
    let folder = folder("rotation");
    let authority = Authority::new();
    let write = |name: &str, identity: &Identity| {
        std::fs::create_dir_all(folder.join(name)).unwrap();
        std::fs::write(folder.join(name).join("tls.crt"), &identity.certificate).unwrap();
        std::fs::write(folder.join(name).join("tls.key"), &identity.key).unwrap();
        symlink(name, folder.join("..next")).unwrap();
        std::fs::rename(folder.join("..next"), folder.join("..data")).unwrap();
    };
    write("..1", &authority.identity("localhost", "first"));
    for name in ["tls.crt", "tls.key"] {
        symlink(format!("..data/{name}"), folder.join(name)).unwrap();
    }
    let mut settings = settings();
    settings.tls.self_signed.clear();
    settings.tls.certificate = Some(folder.join("tls.crt"));
    settings.tls.key = Some(folder.join("tls.key"));
    let server = start(settings, judge(|_, _| Decision::allowed()));
    let client = Client::new(server.address(), &authority.pem, None);
    let shown = || {
        let stream = block_on(client.connect(Http::Two)).unwrap();
        stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
    };
    let first = shown();
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let end = Ends::when_dropped(&is_over);
        let load = scope.spawn(|| {
            let mut sent = 0;
            while !is_over.load(Ordering::Relaxed) {
                assert_eq!(client.post("/validate", pod("a")).response()["allowed"], true);
                sent += 1;
            }
            sent
        });
        write("..2", &authority.identity("localhost", "second"));
        until("the second is shown", || shown() != first);
        let second = shown();
        let (one, other) = (authority.identity("localhost", "third"), authority.identity("localhost", "fourth"));
        write("..3", &Identity { certificate: one.certificate, key: other.key });
        until("a wrong key is told", || metric(&server, "certificate_reloads_total{result=\"failed\"}") == 1.0);
        let expired = authority.issue("localhost", "expired", |params| {
            params.not_after = rcgen::date_time_ymd(2020, 1, 1);
        });
        write("..4", &expired);
        until("an old one is told", || metric(&server, "certificate_reloads_total{result=\"failed\"}") == 2.0);
        assert_eq!(shown(), second);
        write("..5", &authority.identity("localhost", "fifth"));
        until("the fifth is shown", || shown() != second);
        drop(end);
        assert!(load.join().unwrap() > 0);
    });
    assert_eq!(metric(&server, "certificate_reloads_total{result=\"ok\"}"), 2.0);
    stop(server);
}

#[test]
fn only_named_clients_are_served_where_names_are_asked_for() {
    let folder = folder("clients");
    let (ours, others) = (Authority::new(), Authority::new());
    std::fs::write(folder.join("ca.crt"), &ours.pem).unwrap();
    let mut settings = settings();
    settings.tls.client_ca = Some(folder.join("ca.crt"));
    settings.tls.client_names = vec!["kube-apiserver".to_owned()];
    let server = start(settings, judge(|_, _| Decision::allowed()));
    for (what, own, is_served) in [
        ("no certificate", None, false),
        ("another name", Some(ours.identity("somebody", "somebody")), false),
        ("another authority", Some(others.identity("kube-apiserver", "kube-apiserver")), false),
        ("the common name", Some(ours.identity("somebody", "kube-apiserver")), true),
        ("a DNS name", Some(ours.identity("kube-apiserver", "somebody")), true),
    ] {
        let client = Client::new(server.address(), server.authority().unwrap(), own.as_ref());
        let answer = block_on(client.send(Http::Two, "/validate", pod("a")));
        assert_eq!(answer.is_ok(), is_served, "{what}: {answer:?}");
    }
    assert_eq!(metric(&server, "handshakes_failed_total"), 3.0);
    stop(server);
}

#[test]
fn a_new_configuration_is_taken_under_load_and_a_broken_one_is_not() {
    let folder = folder("reload");
    let file = folder.join("policy");
    let write = |text: &str| {
        std::fs::write(folder.join("next"), text).unwrap();
        std::fs::rename(folder.join("next"), &file).unwrap();
    };
    write("one");
    let lines = Lines::default();
    let load = {
        let file = file.clone();
        move || {
            let text = std::fs::read_to_string(&file).unwrap();
            let watched = vec![file.clone()];
            match text.as_str() {
                "panic" => panic!("as the test wants it"),
                "broken" => Err(LoadError { reason: "policy:1:1: it is broken".to_owned(), watched }),
                _ => {
                    let decider = judge(move |_, _| Decision::denied(text.clone()));
                    Ok(Loaded { settings: settings(), decider, watched })
                }
            }
        }
    };
    let server = start_logging(load, Box::new(lines.clone()));
    let client = Client::of(&server);
    let said = || client.post("/validate", pod("a")).response()["status"]["message"].as_str().unwrap().to_owned();
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let end = Ends::when_dropped(&is_over);
        let load = scope.spawn(|| {
            let mut all = Vec::new();
            while !is_over.load(Ordering::Relaxed) {
                all.push(said());
            }
            all.dedup();
            all
        });
        write("two");
        until("the second is asked", || said() == "two");
        for (text, wanted) in [("broken", "it is broken"), ("panic", "loading it ended in a panic")] {
            write(text);
            until("the broken one is told", || {
                let (code, body) = status(&server, "/readyz");
                assert_eq!(code, 200);
                body.starts_with("ready\nconfiguration 2: refused, the last good one stays:") && body.contains(wanted)
            });
            assert_eq!(metric(&server, "config_last_reload_successful"), 0.0);
            assert_eq!(said(), "two");
        }
        write("three");
        until("the third is asked", || said() == "three");
        drop(end);
        let all = load.join().unwrap();
        let order: Vec<&str> = ["one", "two", "three"].into_iter().filter(|it| all.iter().any(|by| by == it)).collect();
        assert_eq!(all, order, "an answer is of one set or the next");
    });
    assert_eq!(status(&server, "/readyz").1, "ready\nconfiguration 3: ok\n");
    assert_eq!(metric(&server, "config_reloads_total{result=\"ok\"}"), 2.0);
    stop(server);
    assert!(lines.text().contains("\"configuration refused; the last good one stays\""), "{}", lines.text());
}

#[test]
fn the_end_waits_for_what_is_open() {
    let mut settings = settings();
    settings.limits.shutdown_delay = Duration::from_secs(30);
    let (server, gate) = start_gated(settings, |name| name == Some("held"));
    let client = Client::of(&server);
    std::thread::scope(|scope| {
        let held = scope.spawn(|| client.post("/validate?timeout=30s", pod("held")));
        gate.wait_for(1);
        server.stop();
        until("it is not ready", || status(&server, "/readyz").0 == 503);
        // The cluster may not have heard of it.
        assert_eq!(client.post("/validate", pod("late")).response()["allowed"], true);
        assert_eq!(status(&server, "/healthz").0, 200);
        server.stop_now();
        until("it takes no more", || block_on(client.connect(Http::Two)).is_err());
        gate.open();
        assert_eq!(held.join().unwrap().response()["allowed"], true);
    });
    server.wait();
}

/// Until it takes no more, whoever asks is answered; then connections end between reviews and not within one.
#[test]
fn the_end_comes_under_load_without_a_lost_answer() {
    let mut settings = settings();
    settings.limits.shutdown_delay = Duration::from_secs(30);
    let lines = Lines::default();
    let load = move || Ok(loaded(settings.clone()));
    let server = start_logging(load, Box::new(lines.clone()));
    let client = Client::of(&server);
    let (answered, is_ending) = (AtomicUsize::new(0), AtomicBool::new(false));
    let ask = |http| {
        block_on(async {
            let mut asked = client.open(http).await.unwrap();
            loop {
                let was_ending = is_ending.load(Ordering::Relaxed);
                match asked.ask("/validate", pod("a")).await {
                    Ok(answer) => assert_eq!(answer.response()["allowed"], true),
                    Err(error) => {
                        assert!(was_ending || is_ending.load(Ordering::Relaxed), "lost before the end: {error}");
                        return;
                    }
                }
                answered.fetch_add(1, Ordering::Relaxed);
            }
        });
    };
    std::thread::scope(|scope| {
        let clients: Vec<_> = [Http::One, Http::Two, Http::One, Http::Two]
            .map(|http| {
                scope.spawn({
                    let ask = &ask;
                    move || ask(http)
                })
            })
            .into();
        until("all of them are served", || metric(&server, "connections") == 4.0);
        server.stop();
        until("it is not ready", || status(&server, "/readyz").0 == 503);
        let before = answered.load(Ordering::Relaxed);
        until("it goes on", || answered.load(Ordering::Relaxed) > before + 100);
        is_ending.store(true, Ordering::Relaxed);
        server.stop_now();
        for client in clients {
            client.join().unwrap();
        }
    });
    server.wait();
    assert!(lines.text().contains("\"drained\":true"), "{}", lines.text());
}

#[test]
fn the_log_says_who_asked_and_nothing_of_the_object() {
    let lines = Lines::default();
    let server = {
        let decider = judge(|_, request| match request.name.as_deref() {
            Some("panic") => panic!("as the test wants it"),
            Some("bad") => Decision {
                findings: vec![("k8s-bad".into(), RuleAction::Enforce), ("k8s-bad".into(), RuleAction::Enforce)],
                ..Decision::denied("no".to_owned())
            },
            _ => Decision::allowed(),
        });
        let load = move || Ok(Loaded { settings: settings(), decider: Arc::clone(&decider), watched: Vec::new() });
        start_logging(load, Box::new(lines.clone()))
    };
    let client = Client::of(&server);
    let secret = r#"{"data":{"password":"aHVudGVyMg=="}}"#;
    for uid in ["bad", "good", "panic"] {
        client.post("/validate", review(uid, secret));
    }
    client.post("/validate", review("twice", r#"{"a":"aHVudGVyMg==","a":"aHVudGVyMg=="}"#));
    stop(server);
    let text = lines.text();
    assert!(!text.contains("aHVudGVyMg") && !text.contains("password"), "{text}");
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let reviews: Vec<_> = lines.iter().filter(|line| line["msg"] == "review").collect();
    let of = |uid: &str| *reviews.iter().find(|line| line["uid"] == uid).unwrap();
    assert_eq!(reviews.len(), 3, "{text}");
    assert_eq!(of("bad")["decision"], "denied");
    assert_eq!(of("bad")["rules"], json!(["k8s-bad: enforce"]));
    assert_eq!(
        (&of("bad")["user"], &of("bad")["kind"], &of("bad")["namespace"]),
        (&json!("ann"), &json!("v1 Pod"), &json!("shop"))
    );
    assert_eq!(of("panic")["decision"], "failed-denied");
    assert_eq!(of("twice")["cause"], "malformed");
}

/// What allows everything.
fn loaded(settings: Settings) -> Loaded {
    Loaded { settings, decider: judge(|_, _| Decision::allowed()), watched: Vec::new() }
}

/// Why there is no server.
fn refused(load: impl Fn() -> Result<Loaded, LoadError> + Send + Sync + 'static) -> ServeError {
    let options = Options {
        source: Arc::new(Loads(load)),
        log: Box::new(std::io::sink()),
        poll: Duration::from_secs(5),
        signals: Signals::Left,
    };
    Server::start(options).map(drop).unwrap_err()
}

#[test]
fn what_cannot_start_says_why() {
    let folder = folder("start");
    std::fs::write(folder.join("text"), "text").unwrap();
    let identity = Authority::new().identity("localhost", "any");
    std::fs::write(folder.join("tls.crt"), identity.certificate).unwrap();
    let start = |certificate: &str, key: &str, names: &[&str]| {
        let mut settings = settings();
        settings.tls.self_signed.clear();
        settings.tls.certificate = Some(folder.join(certificate)).filter(|_| !certificate.is_empty());
        settings.tls.key = Some(folder.join(key)).filter(|_| !key.is_empty());
        settings.tls.client_names = names.iter().map(|&name| name.to_owned()).collect();
        refused(move || Ok(loaded(settings.clone())))
    };
    for (certificate, key, names, wanted) in [
        ("", "", &[][..], "there is no certificate"),
        ("tls.crt", "", &[], "there is no certificate"),
        ("tls.crt", "missing", &[], "missing: No such file"),
        ("text", "text", &[], "the certificate is not in PEM"),
        ("tls.crt", "text", &[], "the key cannot be read"),
        ("tls.crt", "tls.crt", &["kube-apiserver"], "`client-names` need a `client-ca`"),
    ] {
        let error = start(certificate, key, names);
        assert!(matches!(error, ServeError::Certificate(_)), "{error}");
        assert!(error.to_string().contains(wanted), "{error}");
    }
    let broken = || Err(LoadError { reason: "it is broken".to_owned(), watched: Vec::new() });
    assert_eq!(refused(broken).to_string(), "it is broken");
    let first = start_with(|| Ok(loaded(settings())));
    let taken = first.address();
    let again = move || Ok(loaded(Settings { listen: taken, ..settings() }));
    let error = refused(again).to_string();
    assert!(error.starts_with(&format!("cannot listen on {taken}: ")), "{error}");
    stop(first);
}
