//! What the API server would refuse or drop of an object, by the schema of its kind.
//!
//! Judged are the API server's own kinds in the versions that the compiled table knows, and custom resources whose
//! definition is at hand. Not judged: the status, which the server ignores in what it is given; what only the server's
//! program code checks, but for what the table adds; the rules in CEL of custom resource definitions.

mod builtin;
mod checks;
mod custom;
mod definitions;
mod format;
pub mod layout;
mod pattern;
mod validation;
mod walk;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::LazyLock;

use portcullis_core::nearest;
use portcullis_syntax::{Lookup, Node, Value};

use super::{Grammar, KubernetesVersion, Object, pods};
use builtin::{Builtin, Kind, Versions};
use walk::{Handled, Schema};

pub use builtin::{first as first_version, last as last_version};
pub use definitions::{CustomKind, Definitions};

/// Something that the API server refuses or drops.
#[derive(Clone, Debug)]
pub struct Fault<'t, 's> {
    /// The value that is wrong; the mapping that lacks a field; the value of an unknown field.
    pub node: Node<'t>,
    /// What is wrong.
    pub kind: FaultKind<'s>,
}

/// What is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind<'s> {
    /// There is no such field.
    UnknownField {
        /// The type that lacks it (`PodSpec`); empty where it has no name.
        holder: &'s str,
        /// What may have been meant.
        nearest: Option<&'s str>,
        /// The one field of the type that is an object with such a field.
        within: Option<&'s str>,
    },
    /// The version that was asked for has no such field.
    OtherVersion {
        /// The type that lacks it.
        holder: &'s str,
        /// The first version that has it.
        first: KubernetesVersion,
        /// The last version that has it.
        last: KubernetesVersion,
    },
    /// Fields are missing that must be there.
    Missing {
        /// The type that needs them; empty where it has no name.
        holder: &'s str,
        /// The fields; at least one.
        fields: Vec<&'s str>,
        /// Whether these are all that it needs.
        is_all: bool,
    },
    /// The value is of another type.
    WrongType {
        /// The type it should have.
        wanted: Wanted,
    },
    /// A number is too small or too large.
    OutOfRange {
        /// The least that is allowed.
        least: i64,
        /// The greatest that is allowed.
        greatest: i64,
    },
    /// The string is none of those that are allowed.
    NoChoice {
        /// What is allowed.
        choices: Vec<&'s str>,
        /// What may have been meant.
        nearest: Option<&'s str>,
    },
    /// An earlier element of the list has the same keys.
    Duplicate {
        /// The keys.
        keys: Vec<&'s str>,
    },
    /// No version of the group has such a kind.
    UnknownKind {
        /// `apiVersion`s and kinds that may have been meant, the likeliest first.
        meant: Vec<(&'static str, &'static str)>,
    },
    /// A later version brings the kind.
    KindComesLater {
        /// That version.
        first: KubernetesVersion,
    },
    /// The least number of replicas is more than the greatest.
    ReplicasCrossed,
    /// None of the fields is there of which one must be.
    MissingOneOf {
        /// The type that needs one.
        holder: &'s str,
        /// The fields.
        fields: &'s [&'s str],
    },
    /// An earlier field excludes this one.
    Excluded {
        /// The earlier field.
        first: String,
    },
    /// The list must have an element.
    EmptyList,
    /// The text breaks its grammar.
    Malformed {
        /// The grammar.
        grammar: Grammar,
        /// What is wrong.
        why: String,
    },
    /// The value's key breaks its grammar.
    MalformedKey {
        /// What is wrong.
        why: String,
    },
    /// The server refuses the value for a reason that no other kind of fault has.
    Refused {
        /// What is wrong.
        message: Cow<'s, str>,
        /// What to do.
        help: &'s str,
    },
    /// The object has neither a name nor a prefix of one.
    Nameless,
    /// The definition of a custom resource does not allow the value, which is of the right type.
    Limit(Limit<'s>),
    /// The definition of a custom resource does not serve its version.
    NotServed {
        /// Whether the definition has the version at all.
        is_defined: bool,
        /// The versions that it serves, in the order of their names.
        served: Vec<&'s str>,
    },
}

/// What a definition asks of a value beyond its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Limit<'s> {
    /// A text does not match this pattern.
    Pattern(&'s str),
    /// A text is not of this format.
    Format(&'static str),
    /// There is too much or too little of something.
    Size {
        /// Of what.
        of: Measure,
        /// How much there is.
        found: u64,
        /// The least that is allowed.
        least: Option<u64>,
        /// The most that is allowed.
        most: Option<u64>,
    },
    /// A number is too small or too large. Bounds are as they are written, and whether they are excluded.
    Number {
        /// The least that is allowed.
        least: Option<(&'s str, bool)>,
        /// The greatest that is allowed.
        greatest: Option<(&'s str, bool)>,
    },
    /// A number is no multiple of this one.
    MultipleOf(&'s str),
    /// An earlier element of the list is the same.
    Repeated,
    /// It fits none of several schemas.
    NoAlternative {
        /// The field that each of them requires, where that is all that each does.
        fields: Vec<&'s str>,
        /// How many there are.
        count: usize,
    },
    /// It fits several schemas, of which it may fit one.
    SeveralAlternatives {
        /// The field that each of those requires, where that is all that each does.
        fields: Vec<&'s str>,
    },
    /// It fits a schema that it must not fit.
    Excluded {
        /// The fields that must not be there together, where that is all.
        fields: Vec<&'s str>,
    },
}

/// What is counted of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// The characters of a text.
    Characters,
    /// The elements of a list.
    Elements,
    /// The fields of a mapping.
    Fields,
}

impl FaultKind<'_> {
    /// Whether it is that something is missing: what a patch leaves out is in what it patches.
    pub fn is_about_absence(&self) -> bool {
        match self {
            Self::Missing { .. }
            | Self::MissingOneOf { .. }
            | Self::Nameless
            | Self::Limit(Limit::NoAlternative { .. }) => true,
            Self::Limit(Limit::Size { of: Measure::Elements | Measure::Fields, found, least, .. }) => {
                least.is_some_and(|least| *found < least)
            }
            _ => false,
        }
    }
}

/// The type that a value should have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A string.
    Text,
    /// An integer.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A resource quantity.
    Quantity,
    /// An integer or a string.
    IntegerOrText,
    /// A list.
    List,
    /// A mapping.
    Mapping,
}

/// What is wrong with an object of one of the API server's own kinds; nothing for any other.
///
/// Without a version the newest counts, and what any other version knows is fine as well.
pub fn faults<'t>(object: &Object<'t>, version: Option<KubernetesVersion>) -> Vec<Fault<'t, 'static>> {
    let mut faults = Vec::new();
    let versions = Versions::new(version);
    let Some(kind) = own_kind(object) else {
        // What versions before the table had, it cannot say.
        if version.is_none_or(|version| version >= first_version()) {
            unknown_kind(object, &mut faults);
        }
        return faults;
    };
    if let Some(first) = kind.comes_after(versions) {
        if let Lookup::Present(node) = object.node.get("apiVersion") {
            faults.push(Fault { node, kind: FaultKind::KindComesLater { first } });
        }
        return faults;
    }
    walk::object(object.node, kind.schema(versions), |_| Handled::No, &mut faults);
    if object.kind == "HorizontalPodAutoscaler" {
        crossed_replicas(object.node, &mut faults);
    }
    nameless(object, &mut faults);
    drop_missing_of_part(object, &mut faults);
    faults
}

/// Kinds that are asked and answered, and never stored.
const UNNAMED: &[&str] = &[
    // What tests expect of one.
    "Event",
    "LocalSubjectAccessReview",
    "SelfSubjectAccessReview",
    "SelfSubjectReview",
    "SelfSubjectRulesReview",
    "SubjectAccessReview",
    "TokenRequest",
    "TokenReview",
];

/// Adds that an object has no name, where it is more than its kind.
fn nameless<'t>(object: &Object<'t>, faults: &mut Vec<Fault<'t, '_>>) {
    let absent = |path: &str| object.node.get(path).absent().is_some();
    let has_content =
        || object.node.entries().any(|(key, _)| !matches!(key.text(), "apiVersion" | "kind" | "metadata"));
    let is_nameless = object.name.is_none() && absent("metadata.name") && absent("metadata.generateName");
    if is_nameless && !UNNAMED.contains(&object.kind) && has_content() {
        let node = object.metadata().present().unwrap_or(object.node);
        faults.push(Fault { node, kind: FaultKind::Nameless });
    }
}

/// Whether the object is of one of the API server's own kinds, in a version that the table knows.
pub fn is_known(object: &Object<'_>) -> bool {
    own_kind(object).is_some()
}

/// The table has no custom resources, and a look at the group is cheaper than a search for the kind.
fn own_kind(object: &Object<'_>) -> Option<Kind> {
    if object.is_builtin() { Kind::find(object.api_version, object.kind) } else { None }
}

/// What is wrong with a custom resource that `definitions` define.
pub fn custom_faults<'t, 'd>(object: &Object<'t>, definitions: &'d Definitions) -> Vec<Fault<'t, 'd>> {
    let mut faults = Vec::new();
    if let (Some(kind), Lookup::Present(node)) = (definitions.not_served(object), object.node.get("apiVersion")) {
        faults.push(Fault { node, kind });
    }
    if definitions.has(CustomKind::of(object)) {
        name_and_place(object, definitions, &mut faults);
    }
    let Some(schema) = definitions.schema(object) else { return faults };
    let handled = |name: &str| {
        if matches!(name, "apiVersion" | "kind" | "metadata" | "status") { Handled::Yes } else { Handled::No }
    };
    walk::object(object.node, schema, handled, &mut faults);
    schema.check(object.node, &mut faults);
    if let Lookup::Present(metadata) = object.metadata() {
        let mut of_metadata = Vec::new();
        if let Some(schema) = Builtin::metadata() {
            walk::value(metadata, schema, &mut of_metadata);
        }
        faults.extend(of_metadata);
        for name in ["name", "generateName"] {
            let schema = schema.known("metadata").and_then(|metadata| metadata.known(name));
            if let (Some(schema), Lookup::Present(name)) = (schema, metadata.get(name)) {
                schema.check(name, &mut faults);
            }
        }
    }
    // A part has something to lay over the whole.
    if has_content(object) {
        drop_missing_of_part(object, &mut faults);
    }
    faults
}

/// Adds that a custom resource's name is none, or that it is put into a namespace where its kind is in none.
fn name_and_place<'t>(object: &Object<'t>, definitions: &Definitions, faults: &mut Vec<Fault<'t, '_>>) {
    let written = |path: &str| object.node.get(path).present().filter(|node| node.is_text());
    if let Some(node) = written("metadata.name") {
        walk::word(node, node.text(), Grammar::Subdomain, faults);
    }
    // What a kustomization moves goes through it with everything else.
    let own = written("metadata.namespace").filter(|node| node.span().file == object.node.span().file);
    if let Some(node) = own.filter(|node| !node.text().is_empty() && definitions.is_of_cluster(object)) {
        let message = Cow::Borrowed("objects of this kind are of the whole cluster: the server drops the namespace");
        faults.push(Fault { node, kind: FaultKind::Refused { message, help: "remove it" } });
    }
}

/// Whether an object says more than what it is known by.
fn has_content(object: &Object<'_>) -> bool {
    let is_known_by = |name: &str| matches!(name, "name" | "namespace");
    object.node.entries().any(|(key, value)| match key.text() {
        "apiVersion" | "kind" => false,
        "metadata" => value.is_open() || value.entries().any(|(key, _)| !is_known_by(key.text())),
        _ => true,
    })
}

/// Drops what is missing where the object is plainly part of one, such as a patch or an expectation of a test: it has no
/// `spec`, or a `spec` without any of several fields that it needs, or one that lacks some and has a template of pods in
/// which images are missing. Who writes `spec: null` means the whole.
fn drop_missing_of_part(object: &Object<'_>, faults: &mut Vec<Fault<'_, '_>>) {
    let lacks_no_image = || {
        let is_image = |kind: &FaultKind<'_>| matches!(kind, FaultKind::Missing { fields, .. } if fields == &["image"]);
        !faults.iter().any(|fault| is_image(&fault.kind))
    };
    let is_part = faults.iter().any(|fault| match &fault.kind {
        FaultKind::Missing { fields, .. } if fault.node == object.node => {
            fields.contains(&"spec") && object.node.field("spec").is_none()
        }
        FaultKind::Missing { fields, is_all, .. } => {
            let is_spec = fault.node.parent() == Some(object.node);
            let has_template = matches!(fault.node.get("template"), Lookup::Present(_));
            is_spec && (*is_all && fields.len() > 1 || has_template) && !(has_image(object) && lacks_no_image())
        }
        _ => false,
    });
    if is_part {
        faults.retain(|fault| !fault.kind.is_about_absence());
    }
}

fn has_image(object: &Object<'_>) -> bool {
    let has_image = |container: Node<'_>| !matches!(container.get("image"), Lookup::Absent(_));
    pods(object).iter().any(|pod| pod.containers.iter().any(|container| has_image(container.node)))
}

/// The groups of the kinds in the table.
static GROUPS: LazyLock<BTreeSet<&str>> =
    LazyLock::new(|| Kind::all().map(|kind| group_of(kind.api_version)).collect());

/// Adds that a kind does not exist, where that is certain: in the group of a kind that does.
fn unknown_kind<'t>(object: &Object<'t>, faults: &mut Vec<Fault<'t, '_>>) {
    let group = object.group();
    // Most objects that are not in the table are custom resources, whose groups have no kind in it.
    let is_group_of = |kind: &Kind| group_of(kind.api_version) == group;
    if object.kind.ends_with("List") || !GROUPS.contains(group) {
        return;
    }
    let mut meant: Vec<(&str, &str)> =
        Kind::all().filter(|kind| kind.name == object.kind).map(|kind| (kind.api_version, kind.name)).collect();
    let is_elsewhere = !meant.is_empty();
    meant.sort_by_key(|(api_version, _)| (group_of(api_version) != group, stability(api_version)));
    if !is_elsewhere && let Some(name) = nearest(object.kind, Kind::all().filter(is_group_of).map(|kind| kind.name)) {
        let near = Kind::all().filter(|kind| is_group_of(kind) && kind.name == name);
        meant.extend(near.map(|kind| (kind.api_version, kind.name)));
        meant.sort_by_key(|(api_version, _)| (*api_version != object.api_version, stability(api_version)));
    }
    // Many programs write `apiVersion: v1` above kinds of their own.
    if meant.is_empty() && group.is_empty() {
        return;
    }
    let wrong = if is_elsewhere { "apiVersion" } else { "kind" };
    if let Lookup::Present(node) = object.node.get(wrong) {
        faults.push(Fault { node, kind: FaultKind::UnknownKind { meant } });
    }
}

fn group_of(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

/// Orders versions: stable ones before beta before alpha.
fn stability(api_version: &str) -> u8 {
    if api_version.contains("alpha") { 2 } else { u8::from(api_version.contains("beta")) }
}

fn crossed_replicas<'t>(object: Node<'t>, faults: &mut Vec<Fault<'t, '_>>) {
    let number = |path: &str| object.get(path).present().filter(|node| matches!(node.value(), Value::Number(_)));
    let (Some(least), Some(most)) = (number("spec.minReplicas"), number("spec.maxReplicas")) else { return };
    if least.as_i64() > most.as_i64() && most.as_i64().is_some() {
        faults.push(Fault { node: most, kind: FaultKind::ReplicasCrossed });
    }
}
