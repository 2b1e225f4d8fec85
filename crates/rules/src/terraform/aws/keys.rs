//! Keys of KMS as attributes name them.

use portcullis_model::terraform::{Kind, Value};

/// Whether a key is one that the account's owner manages: any but those that AWS keeps for a service, whose aliases start
/// with `alias/aws/`. An attribute of another resource is a key; `None` where nothing is known.
pub(crate) fn is_customer_key(value: &Value) -> Option<bool> {
    match &value.kind {
        Kind::Null => Some(false),
        Kind::String(text) => Some(!text.is_empty() && !text.contains("alias/aws/")),
        Kind::Unknown(_) if value.references().is_empty() => None,
        _ => Some(true),
    }
}
