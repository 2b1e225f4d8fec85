//! One request to the port of reviews: read within its limits, judged within its time, answered in any case.
//!
//! Where there is no verdict the failure policy speaks, as a review, as soon as the uid is known. Without a uid there can be no
//! review: the answer is an HTTP error, and the API server goes by the `failurePolicy` of its own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use hyper::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::time::timeout_at;

use crate::budget::Share;
use crate::decide::{Decision, RuleAction, Verdict};
use crate::log::Level;
use crate::pool::{HEAVY, Weight};
use crate::reload::Serving;
use crate::review::{self, Operation, Response as Review, ReviewError, Status};
use crate::server::Shared;
use crate::settings::{DEFAULT_PROFILE, FailurePolicy};
use crate::short::{self, clean, cut};

/// What comes of a request.
pub(crate) async fn answer(shared: &Arc<Shared>, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let path = request.uri().path();
    let profile = match path.strip_prefix("/validate") {
        Some("" | "/") => DEFAULT_PROFILE.to_owned(),
        Some(rest) if rest.starts_with('/') => rest.trim_start_matches('/').to_owned(),
        _ => return refused(shared, &Refusal::NOT_FOUND, "reviews are taken at /validate and /validate/{profile}"),
    };
    if request.method() != Method::POST {
        let mut response = refused(shared, &Refusal::METHOD, "reviews are sent with POST");
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
        return response;
    }
    let serving = shared.reloader.current();
    if !serving.settings.profiles.contains_key(&profile) {
        return refused(shared, &Refusal::NOT_FOUND, "the configuration has no profile of this name");
    }
    let started = Instant::now();
    let limits = &serving.settings.limits;
    let asked = request.uri().query().and_then(asked_time).unwrap_or(limits.request_timeout);
    let deadline = started.checked_add(within(asked)).unwrap_or(started);
    let call = Call { shared: Arc::clone(shared), serving, profile, started, deadline };
    call.answer(request).await
}

/// A review on its way.
struct Call {
    shared: Arc<Shared>,
    serving: Arc<Serving>,
    profile: String,
    started: Instant,
    /// When the answer has to be there.
    deadline: Instant,
}

/// What a thread tells.
struct Judged {
    asked: Result<Asked, ReviewError>,
    decision: Decision,
}

/// Of a request what the log and the metrics say.
struct Asked {
    uid: String,
    operation: Operation,
    fields: Value,
}

/// An answer that is no review.
struct Refusal {
    status: StatusCode,
    label: &'static str,
}

impl Refusal {
    const NOT_FOUND: Self = Self { status: StatusCode::NOT_FOUND, label: "not-found" };
    const METHOD: Self = Self { status: StatusCode::METHOD_NOT_ALLOWED, label: "method" };
    const TOO_LARGE: Self = Self { status: StatusCode::PAYLOAD_TOO_LARGE, label: "too-large" };
    const SLOW: Self = Self { status: StatusCode::REQUEST_TIMEOUT, label: "slow" };
    const OVERLOAD: Self = Self { status: StatusCode::TOO_MANY_REQUESTS, label: "overload" };
    const MALFORMED: Self = Self { status: StatusCode::BAD_REQUEST, label: "malformed" };
    const DEADLINE: Self = Self { status: StatusCode::GATEWAY_TIMEOUT, label: "deadline" };
    const FAULT: Self = Self { status: StatusCode::INTERNAL_SERVER_ERROR, label: "failed" };
}

impl Call {
    async fn answer(self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let mut share = self.shared.budget.share();
        let body = match self.body(request.into_body(), &mut share).await {
            Ok(body) => body,
            Err((refusal, message, read)) => return self.failed(&refusal, &message, uid(&read).as_deref(), None),
        };
        let (told, judged) = oneshot::channel();
        // The thread drops a large body as soon as it has read it.
        let start = body.get(..START.min(body.len())).unwrap_or_default().to_vec();
        let weight = Weight::of(body.len());
        let job = self.job(body, share, told);
        if self.shared.pool.submit(weight, job).is_err() {
            return self.failed(&Refusal::OVERLOAD, "too many reviews wait", uid(&start).as_deref(), None);
        }
        match timeout_at(self.deadline.into(), judged).await {
            Ok(Ok(judged)) => self.judged(judged, &start),
            // A job that is dropped unheard was one too late, or the server ends.
            Ok(Err(_)) | Err(_) => {
                self.failed(&Refusal::DEADLINE, "the review took too long", uid(&start).as_deref(), None)
            }
        }
    }

    /// The whole body, or why not, with what was read of it.
    async fn body(&self, mut incoming: Incoming, share: &mut Share) -> Result<Vec<u8>, (Refusal, String, Vec<u8>)> {
        let limits = &self.serving.settings.limits;
        let too_large = || format!("the review has more than {} bytes", limits.body);
        let announced = incoming.size_hint().exact();
        let end = self.started.checked_add(limits.header_timeout).map_or(self.deadline, |end| end.min(self.deadline));
        if announced.is_some_and(|length| length > limits.body) {
            discard(incoming, limits.body, end).await;
            return Err((Refusal::TOO_LARGE, too_large(), Vec::new()));
        }
        let announced = announced.and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
        let mut body = Vec::with_capacity(announced.min(BELIEVED));
        loop {
            let data = match timeout_at(end.into(), incoming.frame()).await {
                Err(_) => return Err((Refusal::SLOW, "the review was not sent in time".to_owned(), body)),
                Ok(None) => return Ok(body),
                Ok(Some(Err(_))) => return Err((Refusal::MALFORMED, "the review broke off".to_owned(), body)),
                Ok(Some(Ok(frame))) => frame.into_data().unwrap_or_default(),
            };
            let more = u64::try_from(data.len()).unwrap_or(u64::MAX);
            let sum = u64::try_from(body.len()).unwrap_or(u64::MAX).saturating_add(more);
            if sum > limits.body {
                give_up(&mut body, share);
                discard(incoming, limits.body, end).await;
                return Err((Refusal::TOO_LARGE, too_large(), body));
            }
            // Once for each body: when it becomes a large one.
            let becomes_large = body.len() <= HEAVY && body.len().saturating_add(data.len()) > HEAVY;
            let rest = announced.saturating_sub(body.len().saturating_add(data.len()));
            let rest = u64::try_from(rest).unwrap_or(u64::MAX);
            if !share.grow(more) || (becomes_large && !share.promise(rest)) {
                give_up(&mut body, share);
                discard(incoming, limits.body, end).await;
                return Err((Refusal::OVERLOAD, "too many bytes of reviews are at hand".to_owned(), body));
            }
            if body.len().saturating_add(data.len()) > body.capacity() && body.capacity() < announced {
                body.reserve_exact(announced.saturating_sub(body.len()));
            }
            body.extend_from_slice(&data);
        }
    }

    /// What a thread has to do. The share is given back when that is done, whoever still waits for it.
    fn job(&self, body: Vec<u8>, share: Share, told: oneshot::Sender<Judged>) -> crate::pool::Job {
        let (shared, serving) = (Arc::clone(&self.shared), Arc::clone(&self.serving));
        let (profile, deadline) = (self.profile.clone(), self.deadline);
        Box::new(move || {
            let _share = share;
            if told.is_closed() || Instant::now() >= deadline {
                return;
            }
            let judged = match review::parse(&body) {
                Err(error) => Judged { decision: Decision::failed(error.message.clone()), asked: Err(error) },
                Ok(request) => {
                    drop(body);
                    let decide = || serving.decider.decide(&profile, &request, deadline);
                    let decision = catch_unwind(AssertUnwindSafe(decide)).unwrap_or_else(|_| {
                        shared.metrics.panics.fetch_add(1, Ordering::Relaxed);
                        Decision::failed("a rule or policy panicked".to_owned())
                    });
                    Judged { asked: Ok(Asked::new(&request)), decision }
                }
            };
            // Who does not wait any more has been answered.
            let _ = told.send(judged);
        })
    }

    fn judged(&self, judged: Judged, start: &[u8]) -> Response<Full<Bytes>> {
        let Judged { asked, decision } = judged;
        let asked = match asked {
            Ok(asked) => asked,
            Err(error) => return self.failed(&Refusal::MALFORMED, &error.message, error.uid.as_deref(), None),
        };
        let metrics = &self.shared.metrics;
        metrics.policies(decision.policy_time);
        for (rule, action) in &decision.findings {
            metrics.finding(rule, *action);
        }
        let (allowed, status, label) = match decision.verdict {
            Verdict::Allowed if decision.warnings.is_empty() => (true, None, "allowed"),
            Verdict::Allowed => (true, None, "warned"),
            Verdict::Denied { message } => (false, Some(Status { code: 403, reason: "Forbidden", message }), "denied"),
            Verdict::Failed { reason } => {
                return self.failed(&Refusal::FAULT, &reason, uid(start).as_deref(), Some(&asked));
            }
        };
        metrics.review(&self.profile, Some(asked.operation), label, self.started.elapsed());
        if label != "allowed" || !decision.findings.is_empty() {
            self.log(Level::Info, label, Some(&asked), &json!({ "rules": rules(&decision.findings) }));
        }
        let review = Review {
            uid: asked.uid,
            allowed,
            status,
            warnings: decision.warnings,
            audit_annotations: decision.audit_annotations,
        };
        reviewed(&review)
    }

    /// There is no verdict.
    fn failed(
        &self,
        refusal: &Refusal,
        message: &str,
        uid: Option<&str>,
        asked: Option<&Asked>,
    ) -> Response<Full<Bytes>> {
        let message = cut(clean(message), REASON);
        let shown = uid.map(|uid| cut(uid.to_owned(), short::NAME));
        let fields = json!({ "reason": message, "cause": refusal.label, "uid": shown });
        let is_overload = refusal.status == StatusCode::TOO_MANY_REQUESTS;
        // The API server asks again where it is told to, which is better than either decision.
        let Some(uid) = uid.filter(|_| !is_overload) else {
            self.log(Level::Warn, "refused", asked, &fields);
            let mut response = refused(&self.shared, refusal, &message);
            if is_overload {
                response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
            }
            return response;
        };
        let allowed = self.serving.settings.failure_policy == FailurePolicy::Ignore;
        let label = if allowed { "failed-allowed" } else { "failed-denied" };
        self.shared.metrics.review(&self.profile, asked.map(|asked| asked.operation), label, self.started.elapsed());
        self.log(Level::Warn, label, asked, &fields);
        let message = format!("portcullis could not judge this request: {message}");
        let review = Review {
            uid: uid.to_owned(),
            allowed,
            status: (!allowed).then(|| Status {
                code: refusal.status.as_u16(),
                reason: if refusal.status.is_client_error() { "BadRequest" } else { "InternalError" },
                message: message.clone(),
            }),
            warnings: if allowed { vec![cut(message, WARNING)] } else { Vec::new() },
            audit_annotations: vec![("failed".to_owned(), refusal.label.to_owned())],
        };
        reviewed(&review)
    }

    fn log(&self, level: Level, decision: &str, asked: Option<&Asked>, more: &Value) {
        let mut fields = json!({
            "decision": decision,
            "profile": self.profile,
            "seconds": self.started.elapsed().as_secs_f64(),
        });
        if let Some(fields) = fields.as_object_mut() {
            let asked = asked.map(|asked| &asked.fields);
            for more in [Some(more), asked].into_iter().flatten().filter_map(Value::as_object) {
                fields.extend(more.clone());
            }
        }
        self.shared.log.line(level, "review", fields);
    }
}

/// Characters of the reason for which there is no verdict.
const REASON: usize = 1024;

/// Characters of a warning that an API server hands on in any case.
const WARNING: usize = 256;

impl Asked {
    fn new(request: &review::Request) -> Self {
        let review::Kind { group, version, kind } = &request.kind;
        let slash = if group.is_empty() { "" } else { "/" };
        let name = |text: &str| cut(text.to_owned(), short::NAME);
        let fields = json!({
            "uid": name(&request.uid),
            "operation": request.operation.name(),
            "kind": name(&format!("{group}{slash}{version} {kind}")),
            "subresource": request.sub_resource.as_deref().map(name),
            "namespace": request.namespace.as_deref().map(name),
            "name": request.name.as_deref().map(name),
            "user": name(&request.user.username),
            "dry_run": request.dry_run,
        });
        Self { uid: request.uid.clone(), operation: request.operation, fields }
    }
}

/// Keeps of a body that was refused what may tell its uid: the rest of it may take a while, and others have use for the room.
fn give_up(body: &mut Vec<u8>, share: &mut Share) {
    body.truncate(START);
    body.shrink_to_fit();
    share.give_back();
}

/// Reads the rest of a body that was refused, within reason: over HTTP/1.1 a client may not look at an answer while it still
/// sends, and a connection that is closed on it has no answer.
async fn discard(mut body: Incoming, most: u64, end: Instant) {
    let mut left = most;
    while let Ok(Some(Ok(frame))) = timeout_at(end.into(), body.frame()).await {
        let length = frame.data_ref().map_or(0, |data| u64::try_from(data.len()).unwrap_or(u64::MAX));
        let Some(less) = left.checked_sub(length) else { return };
        left = less;
    }
}

/// Each rule and what it did, once.
fn rules(findings: &[(Arc<str>, RuleAction)]) -> Vec<String> {
    let mut rules: Vec<String> = findings.iter().map(|(rule, action)| format!("{rule}: {}", action.name())).collect();
    rules.sort();
    rules.dedup();
    rules
}

/// Bytes for which there is room before they come. For more, these have to be there: an announcement costs nothing, and who makes
/// thousands of them would have the memory for all.
const BELIEVED: usize = 64 << 10;

/// Bytes in which API servers have written the uid.
const START: usize = 4096;

/// The uid of a review that could not be judged, from its start: the object may be what is wrong.
fn uid(body: &[u8]) -> Option<String> {
    review::uid(body.get(..START.min(body.len())).unwrap_or_default())
}

fn refused(shared: &Shared, refusal: &Refusal, message: &str) -> Response<Full<Bytes>> {
    shared.metrics.refusal(refusal.label);
    text(refusal.status, format!("{message}\n"))
}

fn reviewed(review: &Review) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(review.to_json())));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// A text for people.
pub(crate) fn text(status: StatusCode, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

/// The time that the API server gives, as it writes it: `timeout=10s`, `timeout=1m30s`.
fn asked_time(query: &str) -> Option<Duration> {
    let mut rest = query.split('&').find_map(|pair| pair.strip_prefix("timeout="))?;
    let mut sum = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at_checked(digits)?;
        let number: f64 = number.parse().ok()?;
        let units = [("ms", 0.001), ("h", 3600.0), ("m", 60.0), ("s", 1.0)];
        let (unit, seconds) = units.into_iter().find(|(unit, _)| after.starts_with(unit))?;
        sum = sum.checked_add(Duration::try_from_secs_f64(number * seconds).ok()?)?;
        rest = after.strip_prefix(unit)?;
    }
    Some(sum).filter(|sum| !sum.is_zero())
}

/// What of a time there is for judging: the answer has to be back before it is over.
fn within(asked: Duration) -> Duration {
    /// The longest that an API server waits.
    const MOST: Duration = Duration::from_secs(30);
    const MARGIN: Duration = Duration::from_millis(500);
    let asked = asked.min(MOST);
    asked.saturating_sub(MARGIN.min(asked.checked_div(10).unwrap_or_default()))
}
