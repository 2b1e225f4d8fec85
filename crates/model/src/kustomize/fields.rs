//! The fields of a kustomization, and what each of them takes.
//!
//! Kustomize refuses a field that it does not know, and a value of another type: a number is no text, even where a tag looks
//! like one. Null stands for nothing everywhere. What is filled in later is not judged.

use portcullis_core::nearest;
use portcullis_syntax::{Node, Value};

/// A field of a kustomization for which Kustomize refuses to build.
#[derive(Clone, Copy, Debug)]
pub struct FieldFault<'t> {
    /// Its name; that of the list where an element is at fault.
    pub key: Node<'t>,
    /// Its value, or the element.
    pub value: Node<'t>,
    /// What has it: `a kustomization`, `an entry of images`.
    pub holder: &'static str,
    /// What is wrong.
    pub fault: FieldFaultKind,
}

/// What is wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldFaultKind {
    /// Kustomize knows no such field.
    Unknown {
        /// The field that is most likely meant.
        nearest: Option<&'static str>,
    },
    /// It takes this, and has something else.
    Takes(&'static str),
    /// It takes text, and has a number or a boolean.
    Unquoted,
}

/// The fields for which Kustomize refuses a kustomization. What says that it is something else has none.
pub fn field_faults(root: Node<'_>) -> Vec<FieldFault<'_>> {
    let text = |field: &str| root.field(field).map(Node::text).unwrap_or_default();
    let is_one = (text("apiVersion").is_empty() || text("apiVersion").starts_with("kustomize.config.k8s.io/"))
        && matches!(text("kind"), "" | "Kustomization" | "Component")
        && !root.is_open();
    let mut found = Vec::new();
    if is_one && root.is_map() {
        KUSTOMIZATION.find(root, &mut found);
    }
    found
}

/// What a field takes.
#[derive(Clone, Copy)]
enum Shape {
    /// Not judged here.
    Any,
    Text,
    Number,
    Flag,
    Texts,
    /// A mapping of texts.
    Pairs,
    Map(&'static Fields),
    Maps(&'static Fields),
    /// Mappings whose fields are not judged.
    List,
}

use Shape::{Any, Flag, List, Map, Maps, Number, Pairs, Text, Texts};

/// The fields of a mapping.
struct Fields {
    holder: &'static str,
    fields: &'static [(&'static str, Shape)],
}

impl Fields {
    fn find<'t>(&self, map: Node<'t>, found: &mut Vec<FieldFault<'t>>) {
        for (key, value) in map.entries().filter(|(key, _)| key.as_str().is_some()) {
            let mut report = |value, fault| found.push(FieldFault { key, value, holder: self.holder, fault });
            // Kustomize does not mind the case.
            let Some((_, shape)) = self.fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(key.text())) else {
                let names = self.fields.iter().map(|(name, _)| *name);
                report(value, FieldFaultKind::Unknown { nearest: nearest(key.text(), names) });
                continue;
            };
            if let Some((part, fault)) = shape.refuses(value) {
                report(part, fault);
            }
            if let Map(fields) | Maps(fields) = shape {
                let maps = value.items().chain([value]).filter(|node| node.is_map() && !node.is_open());
                maps.for_each(|map| fields.find(map, found));
            }
        }
    }
}

impl Shape {
    /// The first part of a value that is of another type.
    fn refuses<'t>(self, value: Node<'t>) -> Option<(Node<'t>, FieldFaultKind)> {
        if matches!(value.value(), Value::Null | Value::Unknown(_)) {
            return None;
        }
        let takes = |is_right: bool, what: &'static str| (!is_right).then_some((value, FieldFaultKind::Takes(what)));
        let is_filled_in = matches!(value.value(), Value::Template(_));
        match self {
            Any => None,
            Text => match value.value() {
                Value::Number(_) | Value::Bool(_) => Some((value, FieldFaultKind::Unquoted)),
                Value::List(_) | Value::Map(_) => Some((value, FieldFaultKind::Takes("text"))),
                _ => None,
            },
            Number => takes(is_filled_in || matches!(value.value(), Value::Number(_)), "a number"),
            Flag => takes(is_filled_in || matches!(value.value(), Value::Bool(_)), "`true` or `false`"),
            Texts if value.is_list() => value.items().find_map(|item| Text.refuses(item)),
            Texts => takes(is_filled_in, "a list of texts"),
            Pairs if value.is_map() => value.entries().find_map(|(_, value)| Text.refuses(value)),
            Pairs => takes(is_filled_in, "a mapping of texts"),
            Map(_) => takes(is_filled_in || value.is_map(), "a mapping"),
            Maps(_) | List if value.is_list() => {
                let is_wrong = |item: &Node<'t>| {
                    matches!(item.value(), Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::List(_))
                };
                value.items().find(is_wrong).map(|item| (item, FieldFaultKind::Takes("mappings")))
            }
            Maps(_) | List => takes(is_filled_in, "a list of mappings"),
        }
    }
}

static KUSTOMIZATION: Fields = Fields {
    holder: "a kustomization",
    fields: &[
        ("apiVersion", Text),
        ("kind", Text),
        ("metadata", Any),
        ("resources", Texts),
        ("components", Texts),
        ("bases", Texts),
        ("crds", Texts),
        ("configurations", Texts),
        ("openapi", Pairs),
        ("namespace", Text),
        ("namePrefix", Text),
        ("nameSuffix", Text),
        ("labels", Maps(&LABELS)),
        ("commonLabels", Pairs),
        ("commonAnnotations", Pairs),
        ("patches", Maps(&PATCH)),
        ("patchesStrategicMerge", Texts),
        ("patchesJson6902", Maps(&PATCH)),
        ("images", Maps(&IMAGE)),
        ("imageTags", Maps(&IMAGE)),
        ("replicas", Maps(&REPLICAS)),
        ("replacements", Maps(&REPLACEMENT)),
        ("vars", Maps(&VARIABLE)),
        ("configMapGenerator", Maps(&CONFIG_MAP)),
        ("secretGenerator", Maps(&SECRET)),
        ("generatorOptions", Map(&GENERATOR_OPTIONS)),
        ("helmCharts", List),
        ("helmGlobals", Any),
        ("helmChartInflationGenerator", List),
        ("generators", Texts),
        ("transformers", Texts),
        ("validators", Texts),
        ("sortOptions", Map(&SORT_OPTIONS)),
        ("buildMetadata", Texts),
        ("inventory", Any),
    ],
};

static PATCH: Fields = Fields {
    holder: "a patch",
    fields: &[("path", Text), ("patch", Text), ("target", Map(&SELECTOR)), ("options", Map(&PATCH_OPTIONS))],
};

static SELECTOR: Fields = Fields {
    holder: "a selector",
    fields: &[
        ("group", Text),
        ("version", Text),
        ("kind", Text),
        ("name", Text),
        ("namespace", Text),
        ("labelSelector", Text),
        ("annotationSelector", Text),
    ],
};

static PATCH_OPTIONS: Fields =
    Fields { holder: "a patch's options", fields: &[("allowNameChange", Flag), ("allowKindChange", Flag)] };

static IMAGE: Fields = Fields {
    holder: "an image",
    fields: &[("name", Text), ("newName", Text), ("newTag", Text), ("digest", Text), ("tagSuffix", Text)],
};

static REPLICAS: Fields = Fields { holder: "an entry of replicas", fields: &[("name", Text), ("count", Number)] };

static LABELS: Fields = Fields {
    holder: "an entry of labels",
    fields: &[
        ("pairs", Pairs),
        ("includeSelectors", Flag),
        ("includeTemplates", Flag),
        ("includeVolumeClaimTemplates", Flag),
        ("fields", List),
    ],
};

static CONFIG_MAP: Fields = Fields {
    holder: "a generator of ConfigMaps",
    fields: &[
        ("name", Text),
        ("namespace", Text),
        ("behavior", Text),
        ("literals", Texts),
        ("files", Texts),
        ("envs", Texts),
        ("env", Text),
        ("options", Map(&GENERATOR_OPTIONS)),
    ],
};

static SECRET: Fields = Fields {
    holder: "a generator of Secrets",
    fields: &[
        ("name", Text),
        ("namespace", Text),
        ("behavior", Text),
        ("literals", Texts),
        ("files", Texts),
        ("envs", Texts),
        ("env", Text),
        ("options", Map(&GENERATOR_OPTIONS)),
        ("type", Text),
        ("commands", Any),
    ],
};

static GENERATOR_OPTIONS: Fields = Fields {
    holder: "a generator's options",
    fields: &[("labels", Pairs), ("annotations", Pairs), ("disableNameSuffixHash", Flag), ("immutable", Flag)],
};

static REPLACEMENT: Fields = Fields {
    holder: "a replacement",
    fields: &[("path", Text), ("source", Any), ("sourceValue", Text), ("targets", Maps(&REPLACEMENT_TARGET))],
};

static REPLACEMENT_TARGET: Fields = Fields {
    holder: "a target of a replacement",
    fields: &[("select", Map(&SELECTOR)), ("reject", List), ("fieldPaths", Texts), ("options", Any)],
};

static VARIABLE: Fields =
    Fields { holder: "a variable", fields: &[("name", Text), ("objref", Any), ("fieldref", Any)] };

static SORT_OPTIONS: Fields = Fields { holder: "sortOptions", fields: &[("order", Text), ("legacySortOptions", Any)] };
