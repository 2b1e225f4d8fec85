//! Reviews to bytes.

use serde_json::{Map, Value, json};

use super::read::{API_VERSION, KIND};
use super::{Kind, Request, Resource, Response, User};

impl Response {
    /// The review that an API server reads.
    pub fn to_json(&self) -> Vec<u8> {
        let mut response = Map::new();
        response.insert("uid".to_owned(), self.uid.as_str().into());
        response.insert("allowed".to_owned(), self.allowed.into());
        if let Some(status) = &self.status {
            response.insert(
                "status".to_owned(),
                json!({ "code": status.code, "reason": status.reason, "message": status.message }),
            );
        }
        if !self.warnings.is_empty() {
            response.insert("warnings".to_owned(), self.warnings.as_slice().into());
        }
        if !self.audit_annotations.is_empty() {
            let annotations = self.audit_annotations.iter().map(|(key, value)| (key.clone(), value.as_str().into()));
            response.insert("auditAnnotations".to_owned(), Value::Object(annotations.collect()));
        }
        let review = json!({ "apiVersion": API_VERSION, "kind": KIND, "response": response });
        serde_json::to_vec(&review).expect("a JSON value has no failing parts")
    }
}

impl Request {
    /// Its fields as JSON, as policies see them, without the objects.
    pub fn fields(&self) -> String {
        let mut fields = Map::new();
        let mut add = |key: &str, value: Value| fields.insert(key.to_owned(), value);
        add("uid", self.uid.as_str().into());
        add("kind", kind(&self.kind));
        add("resource", resource(&self.resource));
        add("operation", self.operation.name().into());
        add("dryRun", self.dry_run.into());
        add("userInfo", user(&self.user));
        let words = [
            ("subResource", &self.sub_resource),
            ("requestSubResource", &self.request_sub_resource),
            ("name", &self.name),
            ("namespace", &self.namespace),
        ];
        for (key, word) in words {
            if let Some(word) = word {
                add(key, word.as_str().into());
            }
        }
        if let Some(asked) = &self.request_kind {
            add("requestKind", kind(asked));
        }
        if let Some(asked) = &self.request_resource {
            add("requestResource", resource(asked));
        }
        if let Some(options) = &self.options {
            add("options", raw(options));
        }
        Value::Object(fields).to_string()
    }
}

fn user(User { username, uid, groups, extra }: &User) -> Value {
    let mut user = Map::new();
    user.insert("username".to_owned(), username.as_str().into());
    user.insert("groups".to_owned(), groups.as_slice().into());
    if !uid.is_empty() {
        user.insert("uid".to_owned(), uid.as_str().into());
    }
    if let Some(extra) = extra {
        user.insert("extra".to_owned(), raw(extra));
    }
    Value::Object(user)
}

fn kind(Kind { group, version, kind }: &Kind) -> Value {
    json!({ "group": group, "version": version, "kind": kind })
}

fn resource(Resource { group, version, resource }: &Resource) -> Value {
    json!({ "group": group, "version": version, "resource": resource })
}

/// What was read as JSON before. A number that no machine holds is all that can make it nothing.
fn raw(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}
