//! How the API server calls admission webhooks.

use portcullis_model::kubernetes::Object;

use super::webhooks::{CONFIGURATIONS, title, webhooks};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&WEBHOOK_TIMEOUT_TOO_LONG, &WEBHOOK_PLAIN_URL];

rule! {
    /// API server waits long for a webhook
    ///
    /// Each request that the webhook sees takes as long when it is down, and those of controllers pile up. The default of
    /// 10 seconds is long enough for what answers in milliseconds; the API allows 30.
    ///
    /// ```yaml bad:6
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: ValidatingWebhookConfiguration
    /// metadata: { name: policy }
    /// webhooks:
    ///   - name: policy.example.org
    ///     timeoutSeconds: 30
    ///     clientConfig: { service: { name: policy, namespace: policy }, caBundle: QQ== }
    /// ```
    /// ```yaml good
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: ValidatingWebhookConfiguration
    /// metadata: { name: policy }
    /// webhooks:
    ///   - { name: policy.example.org, timeoutSeconds: 10 }
    ///   - { name: other.example.org }
    /// ```
    WEBHOOK_TIMEOUT_TOO_LONG = "k8s-webhook-timeout-too-long" {
        check: Check::Object(CONFIGURATIONS, webhook_timeout_too_long),
        severity: Severity::Low,
        profile: Profile::All,
        yields_to: &["k8s-schema-invalid"],
    }
}

rule! {
    /// Webhook is called without TLS
    ///
    /// The API server refuses a URL that does not begin with `https://`: whoever is on the way would read every object,
    /// Secrets among them, and decide what is admitted.
    ///
    /// ```yaml bad:6
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: MutatingWebhookConfiguration
    /// metadata: { name: policy }
    /// webhooks:
    ///   - name: policy.example.org
    ///     clientConfig: { url: "http://policy.example.org/mutate" }
    /// ```
    /// ```yaml good
    /// apiVersion: admissionregistration.k8s.io/v1
    /// kind: MutatingWebhookConfiguration
    /// metadata: { name: policy }
    /// webhooks:
    ///   - { name: a.example.org, clientConfig: { url: "https://policy.example.org/mutate" } }
    ///   - { name: b.example.org, clientConfig: { url: "${URL}" } }
    /// ```
    WEBHOOK_PLAIN_URL = "k8s-webhook-plain-url" {
        check: Check::Object(CONFIGURATIONS, webhook_plain_url),
        severity: Severity::High,
    }
}

/// What the API server waits where nothing is written, in seconds.
const DEFAULT_TIMEOUT: i64 = 10;

fn webhook_timeout_too_long(object: &Object<'_>, report: &mut Report<'_>) {
    for webhook in webhooks(object) {
        let Lookup::Present(seconds) = webhook.get("timeoutSeconds") else { continue };
        if seconds.as_i64().is_some_and(|seconds| seconds > DEFAULT_TIMEOUT) {
            report
                .at(seconds, format!("{} may hold each request up for {} seconds", title(webhook), seconds.text()))
                .help("set 10 seconds or fewer");
        }
    }
}

fn webhook_plain_url(object: &Object<'_>, report: &mut Report<'_>) {
    for webhook in webhooks(object) {
        let Lookup::Present(url) = webhook.get("clientConfig.url") else { continue };
        let Some(text) = url.as_str().filter(|text| !text.starts_with("https://")) else { continue };
        report
            .at(url, format!("{} is called at `{text}`, without TLS", title(webhook)))
            .help("use an `https://` URL, or name its Service");
    }
}
