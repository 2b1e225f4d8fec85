//! `packs` and `bundles` of `policies`.

use std::path::PathBuf;

use portcullis_core::Catalog;
use portcullis_policy::Value;
use portcullis_policy::packs::{PACKS, Pack, Step, pack};
use portcullis_syntax::Node;
use serde_json::{Map, Value as Json, json};

use super::{Key, Presence, Setting, list, object_schema, show_list};
use crate::config::nearest::{did_you_mean, nearest};
use crate::config::reader::Reader;
use crate::policies::{BundleChoice, PackChoice};

impl Setting for Vec<PackChoice> {
    fn read(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Self> {
        let mut chosen: Self = Vec::new();
        for item in reader.items(node, "a list of packs") {
            if !item.is_map() {
                if let Some(name) = reader.string(item, "the name of a pack as text")
                    && let Some(pack) = known(reader, item, name)
                {
                    chosen.push(PackChoice::named(pack.name));
                }
                continue;
            }
            for (name, parameters) in reader.entries(item, "a pack").unwrap_or_default() {
                let Some(pack) = known(reader, name, name.text()) else { continue };
                let parameters = read_parameters(reader, pack, parameters);
                chosen.push(PackChoice { name: pack.name.to_owned(), parameters });
            }
        }
        Some(chosen)
    }

    fn show(&self) -> Option<Json> {
        let shown = self.iter().map(|it| {
            if it.parameters.is_empty() {
                return json!(it.name);
            }
            Json::Object([(it.name.clone(), Json::Object(it.parameters.clone()))].into_iter().collect())
        });
        (!self.is_empty()).then(|| shown.collect())
    }

    fn schema(_: &Catalog) -> Json {
        let parameters = |pack: &Pack| {
            let each = pack.parameters.iter().map(|parameter| {
                let mut schema = parameter.shape.schema();
                if let Some(schema) = schema.as_object_mut() {
                    schema.insert("description".to_owned(), json!(parameter.about));
                }
                (parameter.name.to_owned(), schema)
            });
            let properties: Map<String, Json> = each.collect();
            json!({ "type": "object", "properties": properties, "additionalProperties": false })
        };
        let packs: Map<String, Json> = PACKS.iter().map(|pack| (pack.name.to_owned(), parameters(pack))).collect();
        let names: Vec<&str> = PACKS.iter().map(|pack| pack.name).collect();
        json!({ "type": "array", "items": { "oneOf": [
            { "enum": names },
            { "type": "object", "properties": packs, "additionalProperties": false, "minProperties": 1 },
        ] } })
    }
}

/// The pack of a name, or the error that there is none.
fn known(reader: &mut Reader<'_>, node: Node<'_>, name: &str) -> Option<&'static Pack> {
    let found = pack(name);
    if found.is_none() {
        let help = match nearest(name, PACKS.iter().map(|pack| pack.name)) {
            Some(meant) => did_you_mean(&[meant]),
            None => format!("the packs are {}", PACKS.iter().map(|pack| pack.name).collect::<Vec<_>>().join(", ")),
        };
        reader.wrong(node, format!("unknown pack `{name}`"), Some(help));
    }
    found
}

fn read_parameters(reader: &mut Reader<'_>, pack: &Pack, node: Node<'_>) -> Map<String, Json> {
    let mut parameters = Map::new();
    if node.is_null() {
        return parameters;
    }
    for (name, value) in reader.entries(node, "the parameters of a pack").unwrap_or_default() {
        let Some(parameter) = pack.parameters.iter().find(|it| it.name == name.text()) else {
            let names: Vec<&str> = pack.parameters.iter().map(|it| it.name).collect();
            reader.unknown_key(name, &names, &format!("the pack `{}`", pack.name));
            continue;
        };
        let given = Value::from_node(value).to_json();
        match parameter.shape.check(&given) {
            Ok(()) => _ = parameters.insert(parameter.name.to_owned(), given),
            Err(wrong) => reader.mistyped(wrong.way.iter().fold(value, below), wrong.wanted),
        }
    }
    parameters
}

/// The part of a value that a step leads to.
fn below<'n>(node: Node<'n>, step: &Step) -> Node<'n> {
    let found = match step {
        Step::Key(key) => node.entries().find(|(name, _)| name.text() == key).map(|(_, value)| value),
        Step::Index(index) => node.items().nth(*index),
    };
    found.unwrap_or(node)
}

/// An entry of `bundles`.
const BUNDLE: &[Key<BundleChoice>] = &[
    Key {
        name: "path",
        docs: "An archive or a folder.",
        example: "",
        presence: Presence::Required,
        read: |reader, node, bundle| {
            if let Some(path) = reader.string(node, "a path as text") {
                bundle.path = PathBuf::from(path);
            }
        },
        show: |bundle| Some(json!(bundle.path.display().to_string())),
        schema: Some(|_| json!({ "type": "string", "minLength": 1 })),
    },
    Key {
        name: "digest",
        docs: "`sha256:` and 64 hexadecimal digits. What has another digest is not loaded, and the error says which it has.",
        example: "",
        presence: Presence::Optional,
        read: |reader, node, bundle| {
            let Some(text) = reader.string(node, "a digest as text") else { return };
            if is_digest(text) {
                bundle.digest = Some(text.to_owned());
            } else {
                let help = "write `sha256:` and 64 hexadecimal digits".to_owned();
                reader.wrong(node, format!("`{text}` is no digest"), Some(help));
            }
        },
        show: |bundle| bundle.digest.as_ref().map(|digest| json!(digest)),
        schema: Some(|_| json!({ "type": "string", "pattern": "^sha256:[0-9a-fA-F]{64}$" })),
    },
];

fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

impl Setting for Vec<BundleChoice> {
    fn read(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Self> {
        Some(list(reader, node, BUNDLE, "an entry of `bundles`"))
    }

    fn show(&self) -> Option<Json> {
        show_list(self, BUNDLE)
    }

    fn schema(catalog: &Catalog) -> Json {
        json!({ "type": "array", "items": object_schema(BUNDLE, catalog) })
    }
}
