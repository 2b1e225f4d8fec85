//! Who may call APIs of API Gateway, and what stands before them.
//!
//! Whether an API is private or has a policy is known only where the API itself is in the configuration; otherwise its
//! methods and stages are not judged.

use portcullis_model::terraform::policy::Policy;

use crate::terraform::attribute::all_hold;
use crate::terraform::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&METHOD_UNAUTHENTICATED, &ROUTE_UNAUTHENTICATED, &WAF_MISSING];

/// Of an API or a domain: it is not reached from a VPC only.
pub(super) const IS_PUBLIC: Given =
    Given { path: "endpoint_configuration.types", is: Want::ContainsNone(&["PRIVATE"]), absent: Holds::Yes };

rule! {
    /// API Gateway method needs neither authorization nor key
    ///
    /// Everyone on the internet may call it. Many methods are meant for that, so the rule is in the profile `all` only.
    /// Silent for `OPTIONS`, which browsers ask without credentials, and for methods of an API that is private or has a
    /// policy which does not let everyone in.
    ///
    /// ```hcl bad:5
    /// resource "aws_api_gateway_rest_api" "main" {}
    /// resource "aws_api_gateway_method" "orders" {
    ///   rest_api_id   = aws_api_gateway_rest_api.main.id
    ///   http_method   = "GET"
    ///   authorization = "NONE"
    /// }
    /// ```
    /// ```hcl bad:11
    /// resource "aws_api_gateway_rest_api" "main" {
    ///   policy = jsonencode({
    ///     Statement = [
    ///       { Effect = "Allow", Principal = "*", Action = "execute-api:Invoke", Resource = "*" },
    ///     ]
    ///   })
    /// }
    /// resource "aws_api_gateway_method" "orders" {
    ///   rest_api_id   = aws_api_gateway_rest_api.main.id
    ///   http_method   = "GET"
    ///   authorization = "NONE"
    /// }
    /// ```
    /// ```hcl good
    /// variable "authorization" {}
    /// resource "aws_api_gateway_rest_api" "main" {}
    /// resource "aws_api_gateway_method" "preflight" {
    ///   rest_api_id   = aws_api_gateway_rest_api.main.id
    ///   http_method   = "OPTIONS"
    ///   authorization = "NONE"
    /// }
    /// resource "aws_api_gateway_method" "with_key" {
    ///   rest_api_id      = aws_api_gateway_rest_api.main.id
    ///   http_method      = "GET"
    ///   authorization    = "NONE"
    ///   api_key_required = true
    /// }
    /// resource "aws_api_gateway_method" "undecided" {
    ///   rest_api_id   = aws_api_gateway_rest_api.main.id
    ///   http_method   = "GET"
    ///   authorization = var.authorization
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_api_gateway_rest_api" "main" {}
    /// resource "aws_api_gateway_rest_api_policy" "main" {
    ///   rest_api_id = aws_api_gateway_rest_api.main.id
    ///   policy = jsonencode({
    ///     Statement = [{
    ///       Effect    = "Allow"
    ///       Principal = "*"
    ///       Action    = "execute-api:Invoke"
    ///       Resource  = "*"
    ///       Condition = { IpAddress = { "aws:SourceIp" = "192.0.2.0/24" } }
    ///     }]
    ///   })
    /// }
    /// resource "aws_api_gateway_method" "orders" {
    ///   rest_api_id   = aws_api_gateway_rest_api.main.id
    ///   http_method   = "GET"
    ///   authorization = "NONE"
    /// }
    /// ```
    METHOD_UNAUTHENTICATED = "tf-aws-apigateway-method-unauthenticated" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &[
            "checkov:CKV_AWS_59",
            "checkov:CKV2_AWS_70",
            "trivy:AWS-0004",
            "tfsec:aws-apigateway-no-public-access",
        ],
        check: resource(&["aws_api_gateway_method"], |resource, configuration, report| {
            for lookup in lookups(resource, "authorization") {
                let Lookup::Present(found) = lookup else { continue };
                match Want::Is("NONE").holds(found.value) {
                    Some(true) => {}
                    Some(false) => continue,
                    None => return report.undecided(),
                }
                match all_hold(resource, &[HAS_NO_KEY, IS_NO_PREFLIGHT]) {
                    Holds::Yes => {}
                    Holds::No => return,
                    Holds::Unknown => return report.undecided(),
                }
                let api = referred(resource, "rest_api_id", "aws_api_gateway_rest_api", configuration);
                match api.map_or(Holds::Unknown, |api| lets_everyone_in(api, configuration)) {
                    Holds::Yes => {
                        let message = format!("`{}` needs neither authorization nor a key", resource.local);
                        report
                            .at_value(found, resource, configuration, message)
                            .help("set `authorization` to `AWS_IAM` or to an authorizer");
                    }
                    Holds::No => {}
                    Holds::Unknown => report.undecided(),
                }
            }
        }),
    }
}

const HAS_NO_KEY: Given = Given { path: "api_key_required", is: Want::False, absent: Holds::Yes };
const IS_NO_PREFLIGHT: Given = Given { path: "http_method", is: Want::IsNot("OPTIONS"), absent: Holds::Yes };

/// Whether the internet reaches an API and no policy of it says who may call.
fn lets_everyone_in(api: &Resource, configuration: &Configuration) -> Holds {
    let mut answer = all_hold(api, &[IS_PUBLIC]);
    let links = configuration.linked(api, "aws_api_gateway_rest_api_policy", "rest_api_id", &[]);
    if links.maybe && answer == Holds::Yes {
        answer = Holds::Unknown;
    }
    for holder in links.certain.into_iter().chain([api]) {
        for lookup in lookups(holder, "policy") {
            let is_open = match lookup {
                Lookup::Present(found) => Policy::of(found.value).as_ref().and_then(is_for_everyone),
                Lookup::Absent(_) => Some(true),
                Lookup::Unknown(_) => None,
            };
            match is_open {
                Some(true) => {}
                Some(false) => return Holds::No,
                None if answer == Holds::Yes => answer = Holds::Unknown,
                None => {}
            }
        }
    }
    answer
}

/// Whether a policy lets everyone call, without condition and without denying anything.
fn is_for_everyone(policy: &Policy) -> Option<bool> {
    if policy.statements.iter().any(|statement| statement.allows == Some(false)) {
        return Some(false);
    }
    if policy.open || policy.statements.iter().any(|statement| statement.allows.is_none()) {
        return None;
    }
    Some(policy.allowed().any(|statement| statement.anyone().is_some() && statement.is_unconditional()))
}

/// The resource that an attribute refers to, where it refers to one and that is in the configuration.
fn referred<'c>(
    resource: &Resource,
    attribute: &str,
    kind: &str,
    configuration: &'c Configuration,
) -> Option<&'c Resource> {
    let [reference] = resource.body.get(attribute)?.references() else { return None };
    configuration.at(&reference.address).filter(|target| target.is(kind))
}

rule! {
    /// API Gateway route needs no authorization
    ///
    /// Everyone on the internet may call it. Many routes are meant for that, so the rule is in the profile `all` only.
    /// Of a WebSocket API only `$connect` can ask who calls; the other routes are not judged, and neither is `OPTIONS`,
    /// which browsers ask without credentials.
    ///
    /// ```hcl bad:1
    /// resource "aws_apigatewayv2_route" "orders" {
    ///   route_key = "GET /orders"
    /// }
    /// ```
    /// ```hcl bad:3
    /// resource "aws_apigatewayv2_route" "connect" {
    ///   route_key          = "$connect"
    ///   authorization_type = "NONE"
    /// }
    /// ```
    /// ```hcl good
    /// variable "authorization" {}
    /// resource "aws_apigatewayv2_route" "orders" {
    ///   route_key          = "GET /orders"
    ///   authorization_type = "JWT"
    /// }
    /// resource "aws_apigatewayv2_route" "message" {
    ///   route_key = "message"
    /// }
    /// resource "aws_apigatewayv2_route" "preflight" {
    ///   route_key = "OPTIONS /orders"
    /// }
    /// resource "aws_apigatewayv2_route" "undecided" {
    ///   route_key          = "GET /orders"
    ///   authorization_type = var.authorization
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_apigatewayv2_api" "chat" {
    ///   protocol_type = "WEBSOCKET"
    /// }
    /// resource "aws_apigatewayv2_route" "default" {
    ///   api_id    = aws_apigatewayv2_api.chat.id
    ///   route_key = "$default"
    /// }
    /// ```
    ROUTE_UNAUTHENTICATED = "tf-aws-apigateway-route-unauthenticated" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_309"],
        check: resource(&["aws_apigatewayv2_route"], |resource, configuration, report| {
            match can_authorize(resource, configuration) {
                Some(true) => ROUTE.check(&resource.kind, resource, configuration, report),
                Some(false) => {}
                None => report.undecided(),
            }
        }),
    }
}

static ROUTE: Row = Row {
    on: &[("aws_apigatewayv2_route", "authorization_type")],
    wants: Want::In(&["AWS_IAM", "CUSTOM", "JWT"]),
    says: "needs no authorization",
    help: "set `authorization_type` to `AWS_IAM`, `JWT` or `CUSTOM`",
    ..Row::DEFAULT
};

/// Whether an API that is not known may be one of `WebSocket`s, which have a route to connect by: without it, nobody asks.
fn may_connect(route: &Resource, configuration: &Configuration) -> bool {
    configuration.of_kind("aws_apigatewayv2_route").any(|other| {
        let key = other.body.get("route_key").and_then(Value::as_str);
        other.module == route.module && key.is_none_or(|key| key == "$connect")
    })
}

/// Whether a route can ask who calls. Keys of HTTP APIs are a method and a path, or `$default`, which WebSocket APIs
/// have as well.
fn can_authorize(route: &Resource, configuration: &Configuration) -> Option<bool> {
    let key = route.body.get("route_key")?;
    match key.as_str() {
        Some("$connect") => Some(true),
        Some("$default") => {
            let Some(api) = referred(route, "api_id", "aws_apigatewayv2_api", configuration) else {
                return Some(!may_connect(route, configuration));
            };
            api.body.get("protocol_type")?.as_str().map(|protocol| protocol == "HTTP")
        }
        Some(key) => Some(key.contains(' ') && !key.starts_with("OPTIONS ")),
        None => key.text_prefix().contains(' ').then(|| !key.text_prefix().starts_with("OPTIONS ")),
    }
}

rule! {
    /// Public API Gateway stage has no web ACL
    ///
    /// Nothing stands between the internet and the API but the API. Silent for stages of a private API, and where the
    /// stage is handed to a module that is not at hand.
    ///
    /// ```hcl bad:2
    /// resource "aws_api_gateway_rest_api" "main" {}
    /// resource "aws_api_gateway_stage" "live" {
    ///   rest_api_id = aws_api_gateway_rest_api.main.id
    ///   stage_name  = "live"
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_api_gateway_rest_api" "main" {}
    /// resource "aws_api_gateway_stage" "live" {
    ///   rest_api_id = aws_api_gateway_rest_api.main.id
    ///   stage_name  = "live"
    /// }
    /// resource "aws_wafv2_web_acl_association" "live" {
    ///   resource_arn = aws_api_gateway_stage.live.arn
    ///   web_acl_arn  = "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/api/1"
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_api_gateway_rest_api" "inside" {
    ///   endpoint_configuration {
    ///     types = ["PRIVATE"]
    ///   }
    /// }
    /// resource "aws_api_gateway_stage" "live" {
    ///   rest_api_id = aws_api_gateway_rest_api.inside.id
    ///   stage_name  = "live"
    /// }
    /// ```
    WAF_MISSING = "tf-aws-apigateway-waf-missing" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV2_AWS_29"],
        check: resource(&["aws_api_gateway_stage"], |resource, configuration, report| {
            let api = referred(resource, "rest_api_id", "aws_api_gateway_rest_api", configuration);
            match api.map_or(Holds::Unknown, |api| all_hold(api, &[IS_PUBLIC])) {
                Holds::Yes => WEB_ACL.check(resource, configuration, report),
                Holds::No => {}
                Holds::Unknown => report.undecided(),
            }
        }),
    }
}

static WEB_ACL: LinkRow = LinkRow {
    by: &[("aws_wafv2_web_acl_association", "resource_arn"), ("aws_wafregional_web_acl_association", "resource_arn")],
    names: &["arn"],
    says: "is public and has no web ACL",
    help: "associate a web ACL with an `aws_wafv2_web_acl_association`",
    ..LinkRow::DEFAULT
};
