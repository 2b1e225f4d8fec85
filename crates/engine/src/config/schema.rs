//! The JSON Schema of the file: what editors complete and check by. Whether a selector names a rule it cannot say.

use portcullis_core::Catalog;
use serde_json::json;

use super::keys;

/// Draft 2020-12, pretty-printed, keys sorted.
pub(super) fn schema(catalog: &Catalog) -> String {
    let mut schema = keys::object_schema(keys::ROOT, catalog);
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
        schema.insert("title".to_owned(), json!("portcullis.yaml"));
        schema.insert("$defs".to_owned(), json!({ "setting": keys::setting_schema(&[], catalog) }));
    }
    // A crate elsewhere in the build may turn on insertion order; the output is not to depend on it.
    schema.sort_all_objects();
    let mut text = serde_json::to_string_pretty(&schema).expect("a JSON value has no failing parts");
    text.push('\n');
    text
}
