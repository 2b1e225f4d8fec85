//! Load balancers and their listeners.

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[
    &INTERNET_FACING,
    &INVALID_HEADERS_KEPT,
    &LISTENER_HTTP,
    &TLS_POLICY_WEAK,
    &TARGET_GROUP_HTTP,
    &ACCESS_LOGGING_DISABLED,
    &DELETION_PROTECTION_DISABLED,
    &DESYNC_MODE_MONITOR,
    &WAF_MISSING,
    &CLASSIC_LISTENER_UNENCRYPTED,
];

const IS_NO_GATEWAY: Given = Given { path: "load_balancer_type", is: Want::IsNot("gateway"), absent: Holds::Yes };
const IS_APPLICATION: Given = Given { path: "load_balancer_type", is: Want::Is("application"), absent: Holds::Yes };

rule! {
    /// Load balancer faces the internet
    ///
    /// The default. Right for what the public is to reach, and wrong for everything else, which is why the rule is in the
    /// profile `all` only. Gateway load balancers face nobody.
    INTERNET_FACING = "tf-aws-elb-internet-facing" {
        severity: Severity::High,
        profile: Profile::All,
        peers: &["trivy:AWS-0053", "tfsec:aws-elb-alb-not-public"],
        check: attribute(&Row {
            on: &[("aws_lb", "internal"), ("aws_alb", "internal"), ("aws_elb", "internal")],
            given: &[IS_NO_GATEWAY],
            wrong: "false",
            right: "true",
            says: "faces the internet",
            help: "set `internal` to true where only your networks need it",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Load balancer passes invalid HTTP headers on
    ///
    /// Headers that the load balancer and the server read differently are how requests are smuggled past it. Only application
    /// load balancers read headers.
    INVALID_HEADERS_KEPT = "tf-aws-elb-invalid-headers-kept" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_131", "trivy:AWS-0052", "tfsec:aws-elb-drop-invalid-headers"],
        check: attribute(&Row {
            on: &[("aws_lb", "drop_invalid_header_fields"), ("aws_alb", "drop_invalid_header_fields")],
            given: &[IS_APPLICATION],
            wrong: "false",
            right: "true",
            says: "passes invalid HTTP headers on",
            help: "set `drop_invalid_header_fields` to true",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Load balancer listener serves plain HTTP
    ///
    /// What is sent and received can be read and changed on the way. A listener that only redirects to HTTPS is right; so are
    /// TCP, UDP and TLS listeners, whose contents are not HTTP to the load balancer.
    ///
    /// ```hcl bad:2
    /// resource "aws_lb_listener" "web" {
    ///   protocol = "HTTP"
    ///   default_action {
    ///     type             = "forward"
    ///     target_group_arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/1"
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_lb_listener" "web" {
    ///   protocol = "HTTP"
    ///   default_action {
    ///     type = "redirect"
    ///     redirect {
    ///       protocol    = "HTTPS"
    ///       status_code = "HTTP_301"
    ///     }
    ///   }
    /// }
    /// ```
    LISTENER_HTTP = "tf-aws-elb-listener-http" {
        severity: Severity::Critical,
        peers: &["checkov:CKV_AWS_2", "checkov:CKV2_AWS_20", "trivy:AWS-0054", "tfsec:aws-elb-http-not-used"],
        check: attribute(&PLAIN),
    }
}

static PLAIN: Row = Row {
    on: &[("aws_lb_listener", "protocol"), ("aws_alb_listener", "protocol")],
    given: &[Given { path: "default_action.redirect.protocol", is: Want::Passes(is_no_https), absent: Holds::Yes }],
    wants: Want::IsNot("HTTP"),
    absent: Absent::Passes,
    about: "load_balancer_arn",
    says: "serves plain HTTP",
    help: "listen with HTTPS, and redirect to it from here",
    ..Row::DEFAULT
};

/// A redirect keeps the protocol of the request where it names none.
fn is_no_https(protocol: &Value) -> Option<bool> {
    protocol.to_text().map(|protocol| &*protocol != "HTTPS")
}

rule! {
    /// Load balancer listener accepts TLS below 1.2
    ///
    /// TLS 1.0 and 1.1 are broken and no client of this decade needs them. Where no policy is named the one of 2016 counts,
    /// which accepts both. A listener of plain HTTP is reported by `tf-aws-elb-listener-http`, which speaks for both; TCP and
    /// UDP are not judged.
    TLS_POLICY_WEAK = "tf-aws-elb-tls-policy-weak" {
        severity: Severity::Critical,
        peers: &["checkov:CKV_AWS_103", "checkov:CKV2_AWS_74", "trivy:AWS-0047", "tfsec:aws-elb-use-secure-tls-policy"],
        yields_to: &["tf-aws-elb-listener-http"],
        check: attribute(&Row {
            on: &[("aws_lb_listener", "ssl_policy"), ("aws_alb_listener", "ssl_policy")],
            given: &[Given { path: "protocol", is: Want::In(&["HTTPS", "TLS"]), absent: Holds::No }],
            implied_by: Some(&PLAIN),
            around: &["protocol = \"HTTPS\""],
            wants: Want::Passes(is_modern_policy),
            wrong: "\"ELBSecurityPolicy-2016-08\"",
            right: "\"ELBSecurityPolicy-TLS13-1-2-2021-06\"",
            says: "accepts TLS below 1.2",
            help: "use `ELBSecurityPolicy-TLS13-1-2-2021-06` or a stricter one",
            ..Row::DEFAULT
        }),
    }
}

/// Whether a policy of AWS starts at TLS 1.2. Their names say so: `TLS-1-2`, `FS-1-2`, `TLS13-1-2`, `TLS13-1-3`; a name of
/// another form is not judged.
fn is_modern_policy(policy: &Value) -> Option<bool> {
    let name = policy.as_str()?.strip_prefix("ELBSecurityPolicy-")?;
    let is_modern = ["TLS-1-2", "FS-1-2", "TLS13-1-2", "TLS13-1-3"].iter().any(|start| name.starts_with(start));
    Some(is_modern)
}

rule! {
    /// Load balancer reaches its targets over plain HTTP
    ///
    /// Between the load balancer and the servers everything can be read by whoever is in that network. Many accept that inside
    /// a VPC, so the rule is in the profile `all` only, and silent where the listener that forwards to the targets ends TLS.
    ///
    /// ```hcl bad:2
    /// resource "aws_lb_target_group" "web" {
    ///   protocol = "HTTP"
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_lb_target_group" "web" {
    ///   protocol = "HTTPS"
    /// }
    /// resource "aws_lb_target_group" "behind" {
    ///   protocol = "HTTP"
    /// }
    /// resource "aws_lb_listener" "web" {
    ///   protocol = "HTTPS"
    ///   default_action {
    ///     type             = "forward"
    ///     target_group_arn = aws_lb_target_group.behind.arn
    ///   }
    /// }
    /// ```
    TARGET_GROUP_HTTP = "tf-aws-elb-target-group-http" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_378"],
        check: resource(&["aws_lb_target_group", "aws_alb_target_group"], |resource, configuration, report| {
            let is_listener = |user: &&Resource| user.is("aws_lb_listener") || user.is("aws_alb_listener");
            let mut protocols = configuration.users_of(resource).filter(is_listener).map(|it| it.body.get("protocol"));
            let ends_tls = protocols.any(|it| matches!(it.and_then(Value::as_str), Some("HTTPS" | "TLS")));
            if !ends_tls {
                TARGETS.check(&resource.kind, resource, configuration, report);
            }
        }),
    }
}

static TARGETS: Row = Row {
    on: &[("aws_lb_target_group", "protocol"), ("aws_alb_target_group", "protocol")],
    wants: Want::IsNot("HTTP"),
    absent: Absent::Passes,
    says: "is reached over plain HTTP",
    help: "use HTTPS to the targets",
    ..Row::DEFAULT
};

rule! {
    /// Load balancer does not log requests
    ///
    /// The access log is the only place that has every request with its source. A classic load balancer logs as soon as the
    /// block is there, the others when `enabled` says so; gateway load balancers have no log.
    ///
    /// ```hcl bad:1
    /// resource "aws_lb" "web" {
    ///   internal = true
    /// }
    /// ```
    /// ```hcl bad:2
    /// resource "aws_lb" "web" {
    ///   access_logs {
    ///     bucket = "logs"
    ///   }
    /// }
    /// ```
    /// ```hcl bad:4
    /// resource "aws_elb" "web" {
    ///   access_logs {
    ///     bucket  = "logs"
    ///     enabled = false
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_lb" "web" {
    ///   access_logs {
    ///     bucket  = "logs"
    ///     enabled = true
    ///   }
    /// }
    /// resource "aws_elb" "web" {
    ///   access_logs {
    ///     bucket = "logs"
    ///   }
    /// }
    /// ```
    ACCESS_LOGGING_DISABLED = "tf-aws-elb-access-logging-disabled" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_91", "checkov:CKV_AWS_92"],
        check: resource(&["aws_lb", "aws_alb", "aws_elb"], |resource, configuration, report| {
            // Without the block there is no log; with it, a classic one logs unless it is told not to.
            let has_block = !resource.get("access_logs").iter().all(|lookup| matches!(lookup, Lookup::Absent(_)));
            let row = if resource.is("aws_elb") && has_block { &CLASSIC_LOG } else { &LOG };
            row.check(&resource.kind, resource, configuration, report);
        }),
    }
}

static LOG: Row = Row {
    on: &[("aws_lb", "access_logs.enabled"), ("aws_alb", "access_logs.enabled"), ("aws_elb", "access_logs.enabled")],
    given: &[IS_NO_GATEWAY],
    says: "does not log requests",
    help: "add `access_logs` with a bucket and `enabled = true`",
    ..Row::DEFAULT
};

static CLASSIC_LOG: Row = Row { absent: Absent::Passes, ..LOG };

rule! {
    /// Load balancer can be deleted without protection
    ///
    /// Its DNS name goes with it, and a new one gets another name.
    DELETION_PROTECTION_DISABLED = "tf-aws-elb-deletion-protection-disabled" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_150"],
        check: attribute(&Row {
            on: &[("aws_lb", "enable_deletion_protection"), ("aws_alb", "enable_deletion_protection")],
            wrong: "false",
            right: "true",
            says: "can be deleted in one step",
            help: "set `enable_deletion_protection` to true",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Load balancer only monitors desync attacks
    ///
    /// It sees requests that are made to be read in two ways, counts them, and passes them on. The default, defensive, stops
    /// the worst of them.
    DESYNC_MODE_MONITOR = "tf-aws-elb-desync-mode-monitor" {
        severity: Severity::Medium,
        peers: &["checkov:CKV_AWS_328"],
        check: attribute(&Row {
            on: &[
                ("aws_lb", "desync_mitigation_mode"),
                ("aws_alb", "desync_mitigation_mode"),
                ("aws_elb", "desync_mitigation_mode"),
            ],
            wants: Want::IsNot("monitor"),
            absent: Absent::Passes,
            wrong: "\"monitor\"",
            right: "\"strictest\"",
            says: "lets desync attacks pass",
            help: "use `defensive` or `strictest`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Public load balancer has no web ACL
    ///
    /// Nothing stands between the internet and the application but the application. Only application load balancers can have
    /// one; those that are internal are not judged.
    ///
    /// ```hcl bad:1
    /// resource "aws_lb" "web" {
    ///   internal = false
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_lb" "web" {
    ///   internal = false
    /// }
    /// resource "aws_wafv2_web_acl_association" "web" {
    ///   resource_arn = aws_lb.web.arn
    ///   web_acl_arn  = "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/web/1"
    /// }
    /// resource "aws_lb" "inside" {
    ///   internal = true
    /// }
    /// ```
    WAF_MISSING = "tf-aws-elb-waf-missing" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV2_AWS_28"],
        check: linked(&LinkRow {
            on: &["aws_lb", "aws_alb"],
            given: &[IS_APPLICATION, Given { path: "internal", is: Want::False, absent: Holds::Yes }],
            by: &[("aws_wafv2_web_acl_association", "resource_arn"), ("aws_wafregional_web_acl_association", "resource_arn")],
            says: "is public and has no web ACL",
            help: "associate a web ACL with an `aws_wafv2_web_acl_association`",
            ..LinkRow::DEFAULT
        }),
    }
}

rule! {
    /// Classic load balancer listener uses no TLS
    ///
    /// What clients send can be read and changed on the way. The protocol towards clients is judged, not that towards the
    /// servers. What passes through as TCP may be TLS to the servers, and is not judged. A listener of TLS without a
    /// certificate is a finding, because there is none to encrypt with.
    ///
    /// ```hcl bad:4
    /// resource "aws_elb" "web" {
    ///   listener {
    ///     lb_port     = 80
    ///     lb_protocol = "http"
    ///   }
    /// }
    /// ```
    /// ```hcl bad:4
    /// resource "aws_elb" "web" {
    ///   listener {
    ///     lb_port            = 443
    ///     lb_protocol        = "https"
    ///     ssl_certificate_id = ""
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// variable "certificate" {}
    /// resource "aws_elb" "web" {
    ///   listener {
    ///     lb_port            = 443
    ///     lb_protocol        = "https"
    ///     ssl_certificate_id = var.certificate
    ///   }
    ///   listener {
    ///     lb_port     = 25
    ///     lb_protocol = "tcp"
    ///   }
    /// }
    /// ```
    CLASSIC_LISTENER_UNENCRYPTED = "tf-aws-elb-classic-listener-unencrypted" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_376"],
        check: resource(&["aws_elb"], |resource, configuration, report| {
            for listener in resource.get("listener[*]") {
                let Lookup::Present(listener) = listener else { continue };
                for protocol in lookups_in(&listener, "lb_protocol") {
                    let Lookup::Present(protocol) = protocol else { continue };
                    let says = match protocol.value.as_str().map(str::to_ascii_lowercase).as_deref() {
                        Some("http") => "has a listener without TLS",
                        Some("https" | "ssl") if has_no_certificate(&listener) => {
                            "has a listener of TLS without a certificate"
                        }
                        Some(_) => continue,
                        None => {
                            report.undecided();
                            continue;
                        }
                    };
                    let message = format!("`{}` {says}", resource.local);
                    report
                        .at_value(protocol, resource, configuration, message)
                        .help("use `https` or `ssl` with a certificate");
                }
            }
        }),
    }
}

/// Whether a listener certainly names no certificate.
fn has_no_certificate(listener: &Found<'_>) -> bool {
    lookups_in(listener, "ssl_certificate_id").iter().all(|lookup| match lookup {
        Lookup::Present(certificate) => Want::Present.holds(certificate.value) == Some(false),
        Lookup::Absent(_) => true,
        Lookup::Unknown(_) => false,
    })
}
