//! Numbers for Prometheus, in its text format.
//!
//! Labels come from the configuration and the catalog, never from a review, so that nobody outside can make them grow.

use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::decide::RuleAction;
use crate::review::Operation;

/// What is counted.
#[derive(Default)]
pub(crate) struct Metrics {
    reviews: Mutex<BTreeMap<Reviews, u64>>,
    findings: Mutex<BTreeMap<(Arc<str>, RuleAction), u64>>,
    refusals: Mutex<BTreeMap<&'static str, u64>>,
    review_time: Histogram,
    policy_time: Histogram,
    pub(crate) config_reloads: Reloads,
    pub(crate) certificate_reloads: Reloads,
    pub(crate) connections: AtomicU64,
    pub(crate) handshakes_failed: AtomicU64,
    pub(crate) panics: AtomicU64,
}

/// The labels of a review.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Reviews {
    profile: String,
    operation: &'static str,
    decision: &'static str,
}

/// How often something was read again.
#[derive(Default)]
pub(crate) struct Reloads {
    pub(crate) ok: AtomicU64,
    pub(crate) failed: AtomicU64,
}

/// What a state is at the moment.
pub(crate) struct Gauges {
    pub(crate) waiting: usize,
    pub(crate) bytes: u64,
    pub(crate) certificate_expires: Duration,
    pub(crate) last_reload_ok: u64,
    pub(crate) lost_lines: u64,
}

/// Upper bounds in microseconds; the API server gives up after 10 seconds by default.
const BOUNDS: [u64; 14] =
    [100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000, 2_500_000, 10_000_000];

#[derive(Default)]
struct Histogram {
    buckets: [AtomicU64; BOUNDS.len()],
    micros: AtomicU64,
    count: AtomicU64,
}

impl Metrics {
    /// A review that got an answer.
    pub(crate) fn review(&self, profile: &str, operation: Option<Operation>, decision: &'static str, time: Duration) {
        let operation = operation.map_or("unknown", Operation::name);
        let labels = Reviews { profile: profile.to_owned(), operation, decision };
        count(&self.reviews, labels);
        self.review_time.add(time);
    }

    pub(crate) fn finding(&self, rule: &Arc<str>, action: RuleAction) {
        count(&self.findings, (Arc::clone(rule), action));
    }

    pub(crate) fn policies(&self, time: Duration) {
        if !time.is_zero() {
            self.policy_time.add(time);
        }
    }

    /// A request that got no review for an answer.
    pub(crate) fn refusal(&self, reason: &'static str) {
        count(&self.refusals, reason);
    }

    /// Everything, in a fixed order.
    pub(crate) fn render(&self, gauges: &Gauges) -> String {
        let mut text = Text::default();
        text.head("portcullis_admission_reviews_total", "counter", "Reviews that were answered.");
        for (labels, value) in &*self.reviews.lock().unwrap_or_else(PoisonError::into_inner) {
            let Reviews { profile, operation, decision } = labels;
            text.line(&format!("{{profile=\"{profile}\",operation=\"{operation}\",decision=\"{decision}\"}}"), value);
        }
        text.head("portcullis_admission_findings_total", "counter", "Findings by rule and by what they did.");
        for ((rule, action), value) in &*self.findings.lock().unwrap_or_else(PoisonError::into_inner) {
            text.line(&format!("{{rule=\"{}\",action=\"{}\"}}", escaped(rule), action.name()), value);
        }
        text.head("portcullis_admission_refusals_total", "counter", "Requests that were answered with an HTTP error.");
        for (reason, value) in &*self.refusals.lock().unwrap_or_else(PoisonError::into_inner) {
            text.line(&format!("{{reason=\"{reason}\"}}"), value);
        }
        self.review_time.render(
            &mut text,
            "portcullis_admission_review_duration_seconds",
            "From the head of a request to its answer.",
        );
        self.policy_time.render(&mut text, "portcullis_admission_policy_duration_seconds", "Of it, time in policies.");
        text.gauge("portcullis_admission_queue_reviews", "Reviews that wait for a thread.", &gauges.waiting);
        text.gauge("portcullis_admission_bytes_in_flight", "Bytes of reviews at hand.", &gauges.bytes);
        text.gauge("portcullis_admission_connections", "Open connections.", &self.connections.load(Ordering::Relaxed));
        for (name, reloads, docs) in [
            ("config", &self.config_reloads, "Times that configuration and policies were read again."),
            ("certificate", &self.certificate_reloads, "Times that the certificate was read again."),
        ] {
            text.head(&format!("portcullis_admission_{name}_reloads_total"), "counter", docs);
            text.line("{result=\"ok\"}", &reloads.ok.load(Ordering::Relaxed));
            text.line("{result=\"failed\"}", &reloads.failed.load(Ordering::Relaxed));
        }
        text.gauge(
            "portcullis_admission_config_last_reload_successful",
            "Whether the configuration and policies in use are the newest.",
            &gauges.last_reload_ok,
        );
        text.gauge(
            "portcullis_admission_certificate_expiry_timestamp_seconds",
            "When the certificate ends.",
            &gauges.certificate_expires.as_secs(),
        );
        for (name, docs, value) in [
            (
                "handshakes_failed",
                "TLS handshakes that came to nothing.",
                self.handshakes_failed.load(Ordering::Relaxed),
            ),
            ("panics", "Reviews that ended in a panic.", self.panics.load(Ordering::Relaxed)),
            ("log_lines_lost", "Lines that nobody read in time.", gauges.lost_lines),
        ] {
            text.head(&format!("portcullis_admission_{name}_total"), "counter", docs);
            text.line("", &value);
        }
        text.text
    }
}

impl Histogram {
    fn add(&self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        if let Some((bucket, _)) = self.buckets.iter().zip(BOUNDS).find(|(_, bound)| micros <= *bound) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        self.micros.fetch_add(micros, Ordering::Relaxed);
        self.count.fetch_add(1, Ordering::Relaxed);
    }

    fn render(&self, text: &mut Text, name: &str, docs: &str) {
        text.head(name, "histogram", docs);
        let mut sum = 0_u64;
        for (bucket, bound) in self.buckets.iter().zip(BOUNDS) {
            sum = sum.saturating_add(bucket.load(Ordering::Relaxed));
            text.line(&format!("_bucket{{le=\"{}\"}}", Duration::from_micros(bound).as_secs_f64()), &sum);
        }
        // What came in meanwhile is in the count, and a sum of buckets must not be below one of them.
        let count = self.count.load(Ordering::Relaxed).max(sum);
        text.line("_bucket{le=\"+Inf\"}", &count);
        text.line("_sum", &Duration::from_micros(self.micros.load(Ordering::Relaxed)).as_secs_f64());
        text.line("_count", &count);
    }
}

/// The text so far; lines belong to the last head.
#[derive(Default)]
struct Text {
    text: String,
    name: String,
}

impl Text {
    fn head(&mut self, name: &str, kind: &str, docs: &str) {
        name.clone_into(&mut self.name);
        let _ = writeln!(self.text, "# HELP {name} {docs}\n# TYPE {name} {kind}");
    }

    fn line(&mut self, rest: &str, value: &dyn Display) {
        let _ = writeln!(self.text, "{}{rest} {value}", self.name);
    }

    fn gauge(&mut self, name: &str, docs: &str, value: &dyn Display) {
        self.head(name, "gauge", docs);
        self.line("", value);
    }
}

fn count<K: Ord>(counts: &Mutex<BTreeMap<K, u64>>, key: K) {
    let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
    let value = counts.entry(key).or_default();
    *value = value.saturating_add(1);
}

/// A rule of a policy may be named in any way.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
