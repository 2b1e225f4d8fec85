//! ConfigMaps and Secrets: their keys, how much they hold, and what a Secret of a type must have.

use std::collections::HashSet;
use std::sync::Arc;

use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::PAD;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use portcullis_core::FileId;
use portcullis_syntax::{Lookup, Node, json};

use super::{Faults, Validation, is_absent};
use crate::kubernetes::Grammar;
use crate::placeholder::is_filled_in_later;

pub(super) static TABLE: &[(&str, &[Validation])] = &[
    (
        "ConfigMap",
        &[
            Validation::Keys("data", Grammar::DataKey),
            Validation::Keys("binaryData", Grammar::DataKey),
            Validation::Other(config_map),
        ],
    ),
    (
        "Secret",
        &[
            Validation::Keys("data", Grammar::DataKey),
            Validation::Keys("stringData", Grammar::DataKey),
            Validation::Other(secret),
        ],
    ),
];

/// What all values may have together, in bytes.
const MOST: usize = 1024 * 1024;

fn config_map<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    if let (Some(data), Some(binary)) = (node.field("data"), node.field("binaryData")) {
        let texts: HashSet<&str> =
            data.entries().filter(|(_, value)| !value.is_null()).map(|(key, _)| key.text()).collect();
        for (key, value) in binary.entries() {
            if texts.contains(key.text()) {
                let message = format!("key `{}` stands in `data` as well", key.text());
                faults.refuse(value, message, "keep one of them");
            }
        }
    }
    let texts = node.field("data").map_or(0, length);
    let bytes = node.field("binaryData").map_or(0, |binary| length(binary) / 4 * 3);
    if texts.saturating_add(bytes) > MOST {
        too_large(node, faults);
    }
}

/// The types of Secrets, and the keys of which each needs all.
const TYPES: &[(&str, &[&str])] = &[
    ("kubernetes.io/dockercfg", &[".dockercfg"]),
    ("kubernetes.io/dockerconfigjson", &[".dockerconfigjson"]),
    ("kubernetes.io/ssh-auth", &["ssh-privatekey"]),
    ("kubernetes.io/tls", &["tls.crt", "tls.key"]),
];

/// One of them is enough.
const BASIC_AUTH: &[&str] = &["username", "password"];

fn secret<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    if node.field("data").map_or(0, length) / 4 * 3 > MOST {
        too_large(node, faults);
    }
    let kind = node.field("type").and_then(Node::as_str);
    let Some(kind) = kind else { return };
    let lacks = |key: &&&str| lacks(node, key);
    let missing: Vec<&str> = match TYPES.iter().find(|(name, _)| *name == kind) {
        Some((_, keys)) => keys.iter().filter(lacks).copied().collect(),
        None if kind == "kubernetes.io/basic-auth" && BASIC_AUTH.iter().all(|key| lacks(&key)) => BASIC_AUTH.to_vec(),
        None => Vec::new(),
    };
    if !missing.is_empty() {
        let names = missing.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>();
        let between = if kind == "kubernetes.io/basic-auth" { " or " } else { " and " };
        let message = format!("a Secret of type `{kind}` must have {} in its data", names.join(between));
        let place = node.field("type").unwrap_or(node);
        faults.refuse(place, message, "add what is missing, or leave out `type`");
    }
    if kind == "kubernetes.io/service-account-token" {
        nobodys_token(node, faults);
    }
    not_json(node, faults);
}

fn nobodys_token<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    const ACCOUNT: &str = "kubernetes.io/service-account.name";
    let lacks_account = match node.get("metadata.annotations") {
        Lookup::Absent(_) => true,
        Lookup::Present(annotations) => is_absent(annotations, ACCOUNT),
        Lookup::Unknown(_) => false,
    };
    if let Some(kind) = node.field("type").filter(|_| lacks_account) {
        let message = "a token is for a ServiceAccount, and none is named";
        faults.refuse(kind, message, "add the annotation `kubernetes.io/service-account.name`");
    }
}

/// Whether neither of a Secret's mappings has a key. A Secret without data gets it from somewhere else.
fn lacks(node: Node<'_>, key: &str) -> bool {
    let absent = |field: &str| match node.field(field) {
        Some(mapping) if mapping.is_map() => {
            mapping.key_lookup(key).absent().is_some()
                && !mapping.entries().any(|(key, _)| is_filled_in_later(key.text()))
        }
        Some(mapping) => mapping.is_null(),
        None => is_absent(node, field),
    };
    let has_data =
        ["data", "stringData"].iter().any(|field| node.field(field).is_some_and(|data| data.entries().len() > 0));
    has_data && absent("data") && absent("stringData")
}

fn not_json<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    for key in [".dockerconfigjson", ".dockercfg"] {
        let kind = node.field("type").and_then(Node::as_str).and_then(|kind| kind.strip_prefix("kubernetes.io/"));
        if kind != key.strip_prefix('.') {
            continue;
        }
        let in_clear = node.field("stringData").and_then(|data| data.field(key));
        let value = in_clear.or_else(|| node.field("data").and_then(|data| data.field(key)));
        let Some(value) = value else { continue };
        let Some(text) = value.as_str().filter(|text| !is_filled_in_later(text)) else { continue };
        let decoded = if in_clear.is_some() { Some(text.as_bytes().to_vec()) } else { decode(text) };
        if decoded.is_some_and(|bytes| !is_json_object(&bytes)) {
            faults.refuse(
                value,
                format!("the content of `{key}` is not JSON"),
                "write the configuration of a Docker client",
            );
        }
    }
}

/// As Go decodes: line breaks are skipped, bits that are left over do not matter.
fn decode(text: &str) -> Option<Vec<u8>> {
    const GO: GeneralPurposeConfig = PAD.with_decode_allow_trailing_bits(true);
    let compact: String = text.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
    GeneralPurpose::new(&alphabet::STANDARD, GO).decode(&compact).ok()
}

/// Whether the bytes are a JSON object.
fn is_json_object(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let tree = json::parse(FileId(0), &Arc::from(text));
    tree.errors().is_empty() && tree.documents().next().is_some_and(|document| document.root.is_map())
}

fn too_large<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    let place = node.field("data").or_else(|| node.field("binaryData")).unwrap_or(node);
    faults.refuse(
        place,
        "its values have more than 1 MiB together",
        "keep large files elsewhere, or spread them over several",
    );
}

/// The bytes of a mapping's values.
fn length(mapping: Node<'_>) -> usize {
    mapping.entries().map(|(_, value)| value.as_str().map_or(0, str::len)).sum()
}
