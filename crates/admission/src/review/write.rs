//! Reviews to bytes.

use serde_json::{Map, Value, json};

use super::Response;
use super::read::{API_VERSION, KIND};

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
