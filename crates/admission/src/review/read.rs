//! Reviews from bytes.

use std::sync::Arc;

use super::json::{Fault, Json};
use super::{Kind, Operation, Request, Resource, User};

/// The version that is served.
pub(super) const API_VERSION: &str = "admission.k8s.io/v1";
/// What a review is.
pub(super) const KIND: &str = "AdmissionReview";

/// Why a text is no review.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ReviewError {
    /// What is wrong, and where; without values of the object.
    pub message: String,
    /// The uid, where it was read before the fault: the refusal can then be a review.
    pub uid: Option<String>,
}

/// Reads a review of `admission.k8s.io/v1`.
pub fn parse(body: &[u8]) -> Result<Request, ReviewError> {
    let text = match std::str::from_utf8(body) {
        Ok(text) => text,
        Err(error) => {
            let message = format!("the body is no UTF-8 from byte {} on", error.valid_up_to());
            return Err(ReviewError { message, uid: uid(body) });
        }
    };
    let (review, read) = Review::read(text);
    // A version that is not served comes first: its fields may be others, and it cannot be answered in its own words.
    review.identified().map_err(|message| ReviewError { message, uid: None })?;
    let uid = review.uid();
    read.map_err(|Fault { at, message }| format!("byte {at}: {message}"))
        .and_then(|()| review.complete())
        .map_err(|message| ReviewError { message, uid })
}

/// The uid of a review of which only the start is at hand, or in which something is wrong; `None` where it does not say which
/// version it is of.
pub fn uid(start: &[u8]) -> Option<String> {
    let text = match std::str::from_utf8(start) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(start.get(..error.valid_up_to())?).ok()?,
    };
    let (review, _) = Review::read(text);
    review.identified().ok()?;
    review.api_version.as_ref()?;
    review.uid()
}

/// What has been read.
#[derive(Default)]
struct Review {
    api_version: Option<String>,
    kind: Option<String>,
    request: Option<Box<Parts>>,
}

/// A request of which any field may be missing.
#[derive(Default)]
struct Parts {
    uid: String,
    kind: Option<Kind>,
    resource: Option<Resource>,
    sub_resource: Option<String>,
    request_kind: Option<Kind>,
    request_resource: Option<Resource>,
    request_sub_resource: Option<String>,
    name: Option<String>,
    namespace: Option<String>,
    operation: Option<Operation>,
    user: User,
    object: Option<Arc<str>>,
    old_object: Option<Arc<str>>,
    options: Option<Arc<str>>,
    dry_run: bool,
}

impl Review {
    /// Everything up to the first fault.
    fn read(text: &str) -> (Self, Result<(), Fault>) {
        let mut review = Self::default();
        let mut json = Json::new(text);
        let read = json.object(|json, key| review.entry(json, key, text)).and_then(|()| json.end());
        (review, read)
    }

    fn uid(&self) -> Option<String> {
        self.request.as_ref().map(|request| request.uid.clone()).filter(|uid| !uid.is_empty())
    }

    fn entry(&mut self, json: &mut Json<'_>, key: &str, text: &str) -> Result<(), Fault> {
        match key {
            "apiVersion" => self.api_version = Some(json.string()?.into_owned()),
            "kind" => self.kind = Some(json.string()?.into_owned()),
            "request" if json.peek() == Some(b'n') => json.null()?,
            "request" => {
                let parts = self.request.insert(Box::default());
                json.object(|json, key| parts.entry(json, key, text))?;
            }
            _ => json.skip_value()?,
        }
        Ok(())
    }

    fn identified(&self) -> Result<(), String> {
        match (&self.api_version, &self.kind) {
            (Some(version), _) if version != API_VERSION && version.starts_with("admission.k8s.io/") => Err(format!(
                "{} is not served; set `admissionReviewVersions: [v1]` in the webhook's configuration",
                shown(version)
            )),
            (Some(version), _) if version != API_VERSION => {
                Err(format!("`apiVersion` is {}, not `{API_VERSION}`", shown(version)))
            }
            (_, Some(kind)) if kind != KIND => Err(format!("`kind` is {}, not `{KIND}`", shown(kind))),
            _ => Ok(()),
        }
    }

    fn complete(self) -> Result<Request, String> {
        if self.api_version.is_none() || self.kind.is_none() {
            return Err(format!("the body is no {KIND}: it has no `apiVersion` or no `kind`"));
        }
        let parts = self.request.ok_or("the review has no `request`")?;
        let operation = parts.operation.ok_or("the request has no `operation`")?;
        if parts.uid.is_empty() {
            return Err("the request has no `uid`".to_owned());
        }
        if operation != Operation::Delete && parts.object.is_none() {
            return Err(format!("the request has no `object`, which {} needs", operation.name()));
        }
        // What is changed cannot be told without what it was.
        if matches!(operation, Operation::Update) && parts.old_object.is_none() {
            return Err("the request has no `oldObject`, which UPDATE needs".to_owned());
        }
        Ok(Request {
            uid: parts.uid,
            kind: parts.kind.ok_or("the request has no `kind`")?,
            resource: parts.resource.ok_or("the request has no `resource`")?,
            sub_resource: parts.sub_resource,
            request_kind: parts.request_kind,
            request_resource: parts.request_resource,
            request_sub_resource: parts.request_sub_resource,
            name: parts.name,
            namespace: parts.namespace,
            operation,
            user: parts.user,
            object: parts.object,
            old_object: parts.old_object,
            options: parts.options,
            dry_run: parts.dry_run,
        })
    }
}

impl Parts {
    fn entry(&mut self, json: &mut Json<'_>, key: &str, text: &str) -> Result<(), Fault> {
        // Null is absence to the API server, whatever the field.
        if json.peek() == Some(b'n') {
            return json.null();
        }
        match key {
            "uid" => self.uid = json.string()?.into_owned(),
            "kind" => self.kind = Some(kind(json)?),
            "resource" => self.resource = Some(resource(json)?),
            "subResource" => self.sub_resource = words(json)?,
            "requestKind" => self.request_kind = Some(kind(json)?),
            "requestResource" => self.request_resource = Some(resource(json)?),
            "requestSubResource" => self.request_sub_resource = words(json)?,
            "name" => self.name = words(json)?,
            "namespace" => self.namespace = words(json)?,
            "operation" => self.operation = Some(operation(json)?),
            "userInfo" => json.object(|json, key| user(&mut self.user, json, key, text))?,
            "object" => self.object = Some(object(json, text)?),
            "oldObject" => self.old_object = Some(object(json, text)?),
            "options" => self.options = Some(object(json, text)?),
            "dryRun" => self.dry_run = json.boolean()?,
            _ => json.skip_value()?,
        }
        Ok(())
    }
}

/// A text; the empty one is absence, as Go leaves it.
fn words(json: &mut Json<'_>) -> Result<Option<String>, Fault> {
    let text = json.string()?.into_owned();
    Ok(Some(text).filter(|text| !text.is_empty()))
}

fn object(json: &mut Json<'_>, text: &str) -> Result<Arc<str>, Fault> {
    if json.peek() != Some(b'{') {
        return Err(json.unexpected("an object"));
    }
    let range = json.any()?;
    Ok(Arc::from(text.get(range).unwrap_or_default()))
}

fn kind(json: &mut Json<'_>) -> Result<Kind, Fault> {
    let mut kind = Kind::default();
    json.object(|json, key| {
        match key {
            "group" => kind.group = json.string()?.into_owned(),
            "version" => kind.version = json.string()?.into_owned(),
            "kind" => kind.kind = json.string()?.into_owned(),
            _ => json.skip_value()?,
        }
        Ok(())
    })?;
    Ok(kind)
}

fn resource(json: &mut Json<'_>) -> Result<Resource, Fault> {
    let mut resource = Resource::default();
    json.object(|json, key| {
        match key {
            "group" => resource.group = json.string()?.into_owned(),
            "version" => resource.version = json.string()?.into_owned(),
            "resource" => resource.resource = json.string()?.into_owned(),
            _ => json.skip_value()?,
        }
        Ok(())
    })?;
    Ok(resource)
}

fn operation(json: &mut Json<'_>) -> Result<Operation, Fault> {
    let word = json.string()?;
    let known = [Operation::Create, Operation::Update, Operation::Delete, Operation::Connect];
    known
        .into_iter()
        .find(|operation| operation.name() == word)
        .ok_or_else(|| json.fault(format!("{} is no operation: CREATE, UPDATE, DELETE or CONNECT", shown(&word))))
}

fn user(user: &mut User, json: &mut Json<'_>, key: &str, text: &str) -> Result<(), Fault> {
    if json.peek() == Some(b'n') {
        return json.null();
    }
    match key {
        "username" => user.username = json.string()?.into_owned(),
        "uid" => user.uid = json.string()?.into_owned(),
        "groups" => json.list(|json| {
            user.groups.push(json.string()?.into_owned());
            Ok(())
        })?,
        "extra" => user.extra = Some(object(json, text)?),
        _ => json.skip_value()?,
    }
    Ok(())
}

/// A word of the sender's in a message: short, and nothing that a terminal obeys.
fn shown(text: &str) -> String {
    let text: String = text.chars().take(64).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    format!("`{text}`")
}
