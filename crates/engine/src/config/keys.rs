//! Every key of the file, declared once: reading, `config show`, `config init` and the schema follow these tables.

use std::str::FromStr;

use portcullis_core::{Catalog, OptionMeta, OptionShape, Profile, RuleIdx, Severity};
use portcullis_model::kubernetes::KubernetesVersion;
use portcullis_rules::{Date, OptionValue, Options, is_licence};
use portcullis_syntax::Node;
use serde_json::{Map, Value as Json, json};

use super::nearest::{did_you_mean, nearest, select_rules};
use super::reader::Reader;
use super::{
    Advisories, Config, DEFAULT_EXCLUDES, DEFAULT_FAIL_ON, DEFAULT_PROFILE, GlobError, Ignore, LicenceException,
    Licences, OVERRIDE_LIMIT, Override, PathMatcher, PolicyKeys, RuleSetting, RuleSwitch, UnknownLicence,
};

/// A key that is read into the field that follows it.
macro_rules! key {
    ($name:literal : $holder:ident . $field:ident, $docs:literal $(, example: $example:literal)? $(,)?) => {
        Key {
            name: $name,
            docs: $docs,
            example: concat!($($example)?),
            presence: Presence::Optional,
            read: |reader, node, holder: &mut $holder| holder.$field = Setting::read(reader, node).unwrap_or_default(),
            show: |holder| holder.$field.show(),
            schema: Some(|catalog| schema_of(|holder: &$holder| &holder.$field, catalog)),
        }
    };
}

mod admission;
mod policies;
mod secrets;

/// The top level.
pub(super) const ROOT: &[Key<Config>] = &[
    key!(
        "include": Config.include, "Globs of what is scanned; without any, everything that is recognised.",
        example: " [deploy/, \"Dockerfile*\"]",
    ),
    Key {
        read: |reader, node, config| {
            let Some(own) = PathMatcher::read(reader, node) else { return };
            match with_default_excludes(own.globs()) {
                Ok(exclude) => config.exclude = exclude,
                Err(error) => reader.wrong(node, error.to_string(), None),
            }
        },
        ..key!(
            "exclude": Config.exclude,
            "Globs of what is left out beside node_modules, vendor, .terraform and target; `!vendor` takes one back.",
            example: " [testdata/, \"!vendor\"]",
        )
    },
    Key {
        show: |config| Some(json!(config.profile.unwrap_or(DEFAULT_PROFILE).name())),
        ..key!(
            "profile": Config.profile, "Which rules are on: recommended, or all for the stricter ones as well.",
            example: " recommended",
        )
    },
    Key {
        show: |config| Some(json!(config.fail_on.unwrap_or(DEFAULT_FAIL_ON).name())),
        ..key!("fail-on": Config.fail_on, "The lowest severity that makes the exit code 1.", example: " low")
    },
    key!(
        "kubernetes-version": Config.kubernetes_version,
        "The Kubernetes version that manifests are for; without it, the newest that is known.",
        example: " \"1.30\"",
    ),
    key!(
        "kubernetes-crds": Config.kubernetes_crds,
        "Folders of custom resource definitions that custom resources are judged by, beside those in the scan.",
        example: " [schemas/crds]",
    ),
    key!(
        "rules": Config.rules,
        "Settings by rule id, peer's id, `prefix*` or tag: off, on, a severity, or a mapping of severity, enabled and the \
         rule's own options. Naming a single rule turns it on. An id counts more than a peer's id, that more than a \
         prefix, and that more than a tag.",
        example: "\n  k8s-privileged-container: critical\n  unused-suppression: { severity: info }",
    ),
    key!(
        "overrides": Config.overrides, "The same for some paths, without options; later entries win.",
        example: "\n  - paths: [examples/]\n    rules: { k8s-privileged-container: low }",
    ),
    key!(
        "ignore": Config.ignore, "Findings that are accepted, with the reason and the last day that this holds.",
        example: "\n  - rule: k8s-privileged-container\n    path: deploy/node-agent.yaml\n    reason: mounts the node's \
                  disks\n    expires: 2099-12-31",
    ),
    key!(
        "baseline": Config.baseline,
        "A file of findings that are known, which `portcullis baseline write` makes: only others are reported. Relative to the \
         configuration file's directory; --baseline is stronger.",
        example: " portcullis-baseline.json",
    ),
    key!(
        "policies": Config.policies,
        "Policies in Rego that are asked beside the rules: Conftest's, custom checks of Trivy's, entry points of OPA.",
        example: "\n  dirs: [policy/]\n  namespaces: [main]\n  packs:\n    - terraform-tags\n    - images: { registries: \
                  [ghcr.io/acme] }",
    ),
    key!("data": Config.data, "Data documents for policies, JSON or YAML: files and folders.", example: " [policy/data.yaml]"),
    key!(
        "advisories": Config.advisories,
        "Advisories about packages. Kinds of them are turned off as rules are, by their tags: `unmaintained`, `unsound`, \
         `notice`; a single one by any of its ids.",
        example: " { unknown-as: medium, development: false }",
    ),
    key!(
        "secrets": Config.secrets,
        "Rules about secrets of your own, and what is no secret, by value, line, path or commit.",
        example: "\n  rules:\n    - id: secret-acme-token\n      description: an Acme token\n      regex: \"acme_[0-9a-f]{32}\"\n      \
                  keywords: [acme_]\n      severity: high\n  allow:\n    - description: values of the examples\n      paths: \
                  [\"^examples/\"]\n      stopwords: [example]\n      condition: and",
    ),
    key!(
        "licences": Config.licences,
        "The licences that packages may have, by their SPDX ids, where lockfiles say which they have. Turns on the rule \
         `lock-licence-not-allowed`.",
        example: "\n  allow: [MIT, Apache-2.0]\n  exceptions:\n    - package: left-pad\n      licence: WTFPL\n      \
                  reason: a test uses it",
    ),
    key!(
        "admission": Config.admission,
        "The admission webhook, `portcullis admit`: where it listens, how much it takes, and what it denies.",
        example: "\n  profiles:\n    default: { mode: enforce, enforce: [critical, high] }\n  exempt: { namespaces: [kube-system] }",
    ),
];

/// An entry of `overrides`.
const OVERRIDE: &[Key<Override>] = &[
    key!("paths": Override.paths, "Globs relative to the configuration file's directory.").required(),
    key!("rules": Override.rules, "Settings by selector, without options.").required(),
];

/// `policies`.
const POLICIES: &[Key<PolicyKeys>] = &[
    key!(
        "dirs": PolicyKeys.dirs,
        "Files and folders of policies, relative to the configuration file's directory; tests (`_test.rego`) are left out.",
    ),
    key!(
        "packs": PolicyKeys.packs,
        "Packs that ship with the program, by their names, or each as a mapping of its name to its parameters.",
    ),
    key!(
        "bundles": PolicyKeys.bundles,
        "Archives (`.tar.gz`) and folders of policies with their data, as OPA's bundles are, relative to the configuration file's \
         directory; with a digest, exactly these.",
    ),
    key!(
        "namespaces": PolicyKeys.namespaces,
        "The packages whose `deny`, `warn` and `violation` are asked; `main` by default.",
    ),
];

/// `advisories`.
const ADVISORIES: &[Key<Advisories>] = &[
    key!(
        "databases": Advisories.databases,
        "Files that `portcullis db build` or `db update` made, relative to the configuration file's directory; without \
         any, the one that `portcullis db path` names, where it is there.",
    ),
    key!(
        "vex": Advisories.vex,
        "Files that say which advisories do not matter here and why, OpenVEX or CycloneDX as JSON, relative to the \
         configuration file's directory.",
    ),
    key!("unknown-as": Advisories.unknown_as, "What an advisory counts as whose severity nobody has said, which reports show as `unknown`; medium by default."),
    key!("development": Advisories.development, "Whether packages count that only development needs; they do by default."),
    key!("unfixed": Advisories.unfixed, "Whether advisories count that no version fixes; they do by default."),
];

/// `licences`.
const LICENCES: &[Key<Licences>] = &[
    Key {
        read: |reader, node, licences| licences.allow = licence_ids(reader, node),
        ..key!("allow": Licences.allow, "Licences that packages may have; without any, all that are not denied.")
    },
    Key {
        read: |reader, node, licences| licences.deny = licence_ids(reader, node),
        ..key!("deny": Licences.deny, "Licences that packages may not have.")
    },
    key!("exceptions": Licences.exceptions, "Packages that this does not hold for."),
    key!(
        "unknown": Licences.unknown,
        "`deny`: a package is reported as well where its licence is not known or no SPDX id; `allow` by default.",
    ),
];

/// An entry of `exceptions`.
const LICENCE_EXCEPTION: &[Key<LicenceException>] = &[
    key!("package": LicenceException.package, "The name of the package.").required(),
    key!("licence": LicenceException.licence, "The licence, as the lockfile writes it; without it, any."),
    key!("reason": LicenceException.reason, "Why.").required(),
];

/// A list of licences, each of which has to be one: a name that is none would allow nothing.
fn licence_ids(reader: &mut Reader<'_>, node: Node<'_>) -> Vec<String> {
    let mut ids = Vec::new();
    for item in reader.items(node, "a list of licences") {
        let Some(text) = reader.string(item, "the SPDX id of a licence as text") else { continue };
        if is_licence(text) {
            ids.push(text.to_owned());
        } else {
            let help = "write one id of the SPDX list, such as Apache-2.0, MIT or GPL-2.0-only".to_owned();
            reader.wrong(item, format!("`{text}` is not the SPDX id of a licence"), Some(help));
        }
    }
    ids
}

/// An entry of `ignore`.
const IGNORE: &[Key<Ignore>] = &[
    Key {
        docs: "A rule's id, a peer's id, `prefix*` or a tag.",
        read: |reader, node, ignore: &mut Ignore| {
            if let Some((selector, _)) = selector(reader, node) {
                selector.clone_into(&mut ignore.rule);
            }
        },
        show: |ignore| Some(json!(ignore.rule)),
        schema: Some(|_| json!({ "type": "string", "minLength": 1 })),
        ..planned("rule")
    }
    .required(),
    key!("path": Ignore.path, "A glob relative to the configuration file's directory; without it, everywhere."),
    key!("reason": Ignore.reason, "Why it is accepted."),
    key!("expires": Ignore.expires, "The last day that it is accepted."),
];

/// What every rule may be set to; a rule's options stand beside these, under other names.
pub(super) const SWITCH: &[Key<RuleSwitch>] = &[
    key!("enabled": RuleSwitch.on, "Whether the rule is on."),
    key!("severity": RuleSwitch.severity, "Another severity."),
];

/// A key of a mapping that is read into a `T`.
pub(super) struct Key<T> {
    pub(super) name: &'static str,
    pub(super) docs: &'static str,
    /// What follows `name:` in the starter file; empty where the key is shown within another's example.
    pub(super) example: &'static str,
    pub(super) presence: Presence,
    /// Never called with null, except for planned keys.
    pub(super) read: fn(&mut Reader<'_>, Node<'_>, &mut T),
    /// `None`: not set.
    pub(super) show: fn(&T) -> Option<Json>,
    /// `None`: the design has the key, this version does not.
    pub(super) schema: Option<fn(&Catalog) -> Json>,
}

/// Whether a mapping may lack a key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    Optional,
    Required,
}

impl<T> Key<T> {
    const fn required(self) -> Self {
        Self { presence: Presence::Required, ..self }
    }
}

/// A key whose name and meaning are settled but which nothing obeys yet: using it has to fail, not to do nothing.
const fn planned<T>(name: &'static str) -> Key<T> {
    Key {
        name,
        docs: "",
        example: "",
        presence: Presence::Optional,
        read: |reader, node, _| {
            let Some(key) = node.key() else { return };
            let message = format!("`{}` is not supported yet by portcullis {}", key.text(), env!("CARGO_PKG_VERSION"));
            reader.error(key.span(), message, Some("remove it until a later version reads it".to_owned()));
        },
        show: |_| None,
        schema: None,
    }
}

/// The schema of a field's type; the function only names the field.
fn schema_of<T, S: Setting>(_field: fn(&T) -> &S, catalog: &Catalog) -> Json {
    S::schema(catalog)
}

/// A type of value.
pub(super) trait Setting: Sized {
    /// Reads it, or tells what is wrong.
    fn read(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Self>;
    /// As it would be written; `None` where there is nothing to write.
    fn show(&self) -> Option<Json>;
    /// What it may look like.
    fn schema(catalog: &Catalog) -> Json;
}

const SELECTOR: &str = "the text of a rule's id, a peer's id, `prefix*` or a tag";
const GLOBS: &str = "a list of globs";

/// The default excludes and then `own`, each once, so that what is shown reads as the same again.
pub(super) fn with_default_excludes(own: &[String]) -> Result<PathMatcher, GlobError> {
    let defaults = DEFAULT_EXCLUDES.iter().copied().filter(|name| !own.iter().any(|glob| glob == name));
    PathMatcher::new(defaults.chain(own.iter().map(String::as_str)))
}

impl Setting for PathMatcher {
    fn read(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Self> {
        let mut globs = Vec::new();
        for item in reader.items(node, GLOBS) {
            globs.extend(glob(reader, item).map(|matcher| matcher.globs().to_owned()));
        }
        // Globs that are right one by one can be too many together.
        match Self::new(globs.concat()) {
            Ok(matcher) => Some(matcher),
            Err(error) => {
                reader.wrong(node, error.to_string(), None);
                None
            }
        }
    }

    fn show(&self) -> Option<Json> {
        (!self.is_empty()).then(|| json!(self.globs()))
    }

    fn schema(_: &Catalog) -> Json {
        json!({ "type": "array", "items": { "type": "string", "minLength": 1 } })
    }
}

impl Setting for Option<PathMatcher> {
    fn read(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Self> {
        glob(reader, node).map(Some)
    }

    fn show(&self) -> Option<Json> {
        self.as_ref()?.globs().first().map(|glob| json!(glob))
    }

    fn schema(_: &Catalog) -> Json {
        json!({ "type": "string", "minLength": 1 })
    }
}

/// One glob by itself, so that a mistake is told where it stands.
fn glob(reader: &mut Reader<'_>, node: Node<'_>) -> Option<PathMatcher> {
    let text = reader.string(node, "a glob as text")?;
    match PathMatcher::new([text]) {
        Ok(matcher) => Some(matcher),
        Err(error) => {
            reader.wrong(node, error.to_string(), None);
            None
        }
    }
}

impl Setting for Option<String> {
    fn read(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Self> {
        reader.string(node, "text").map(|text| Some(text.to_owned()))
    }

    fn show(&self) -> Option<Json> {
        self.as_ref().map(|text| json!(text))
    }

    fn schema(_: &Catalog) -> Json {
        json!({ "type": "string" })
    }
}

impl Setting for Vec<String> {
    fn read(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Self> {
        let items = reader.items(node, "a list of paths");
        Some(items.into_iter().filter_map(|item| reader.string(item, "a path as text")).map(str::to_owned).collect())
    }

    fn show(&self) -> Option<Json> {
        (!self.is_empty()).then(|| json!(self))
    }

    fn schema(_: &Catalog) -> Json {
        json!({ "type": "array", "items": { "type": "string", "minLength": 1 } })
    }
}

impl Setting for Option<Profile> {
    fn read(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Self> {
        parsed(reader, node, &PROFILES.map(Profile::name)).map(Some)
    }

    fn show(&self) -> Option<Json> {
        self.map(|profile| json!(profile.name()))
    }

    fn schema(_: &Catalog) -> Json {
        json!({ "enum": PROFILES.map(Profile::name) })
    }
}

/// The profiles that a scan can run with.
const PROFILES: [Profile; 2] = [Profile::Recommended, Profile::All];

impl Setting for Option<Severity> {
    fn read(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Self> {
        parsed(reader, node, &Severity::ALL.map(Severity::name)).map(Some)
    }

    fn show(&self) -> Option<Json> {
        self.map(|severity| json!(severity.name()))
    }

    fn schema(_: &Catalog) -> Json {
        json!({ "enum": Severity::ALL.map(Severity::name) })
    }
}

impl Setting for Option<KubernetesVersion> {
    fn read(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Self> {
        parsed(reader, node, &[]).map(Some)
    }

    fn show(&self) -> Option<Json> {
        self.map(|version| json!(version.to_string()))
    }

    fn schema(_: &Catalog) -> Json {
        json!({ "type": ["string", "number"], "pattern": r"^(latest|v?1\.[0-9]+(\.[0-9]+([-+].+)?)?)$" })
    }
}

impl Setting for Option<Date> {
    fn read(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Self> {
        parsed(reader, node, &[]).map(Some)
    }

    fn show(&self) -> Option<Json> {
        self.map(|date| json!(date.to_string()))
    }

    fn schema(_: &Catalog) -> Json {
        json!({ "type": "string", "format": "date" })
    }
}

/// A scalar that its type reads from text. `1.30` is read as it was written, number or not.
fn parsed<T: FromStr<Err = String>>(reader: &mut Reader<'_>, node: Node<'_>, names: &[&'static str]) -> Option<T> {
    if node.is_list() || node.is_map() {
        reader.mistyped(node, "one value");
        return None;
    }
    match node.text().parse() {
        Ok(value) => Some(value),
        Err(message) => {
            let help = nearest(node.text(), names.iter().copied()).map(|meant| did_you_mean(&[meant]));
            reader.wrong(node, message, help);
            None
        }
    }
}

impl Setting for Option<bool> {
    fn read(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Self> {
        let value = on_or_off(node);
        if value.is_none() {
            reader.mistyped(node, "`true` or `false`");
        }
        value.map(Some)
    }

    fn show(&self) -> Option<Json> {
        self.map(|on| json!(on))
    }

    fn schema(_: &Catalog) -> Json {
        json!({ "enum": [true, false, "on", "off"] })
    }
}

/// `on` and `off` are text here, but booleans to the YAML 1.1 tools that may have written the file.
fn on_or_off(node: Node<'_>) -> Option<bool> {
    match node.as_str() {
        Some("on") => Some(true),
        Some("off") => Some(false),
        _ => node.as_bool(),
    }
}

impl Setting for PolicyKeys {
    fn read(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Self> {
        reader.mapping(node, POLICIES, "`policies`")
    }

    fn show(&self) -> Option<Json> {
        (*self != Self::default()).then(|| show_object(self, POLICIES))
    }

    fn schema(catalog: &Catalog) -> Json {
        object_schema(POLICIES, catalog)
    }
}

impl Setting for Advisories {
    fn read(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Self> {
        reader.mapping(node, ADVISORIES, "`advisories`")
    }

    fn show(&self) -> Option<Json> {
        (*self != Self::default()).then(|| show_object(self, ADVISORIES))
    }

    fn schema(catalog: &Catalog) -> Json {
        object_schema(ADVISORIES, catalog)
    }
}

impl Setting for Licences {
    fn read(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Self> {
        reader.mapping(node, LICENCES, "`licences`")
    }

    fn show(&self) -> Option<Json> {
        (*self != Self::default()).then(|| show_object(self, LICENCES))
    }

    fn schema(catalog: &Catalog) -> Json {
        object_schema(LICENCES, catalog)
    }
}

impl Setting for Vec<LicenceException> {
    fn read(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Self> {
        Some(list(reader, node, LICENCE_EXCEPTION, "an entry of `exceptions`"))
    }

    fn show(&self) -> Option<Json> {
        show_list(self, LICENCE_EXCEPTION)
    }

    fn schema(catalog: &Catalog) -> Json {
        json!({ "type": "array", "items": object_schema(LICENCE_EXCEPTION, catalog) })
    }
}

impl Setting for Option<UnknownLicence> {
    fn read(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Self> {
        parsed(reader, node, &UNKNOWN.map(UnknownLicence::name)).map(Some)
    }

    fn show(&self) -> Option<Json> {
        self.map(|unknown| json!(unknown.name()))
    }

    fn schema(_: &Catalog) -> Json {
        json!({ "enum": UNKNOWN.map(UnknownLicence::name) })
    }
}

const UNKNOWN: [UnknownLicence; 2] = [UnknownLicence::Allow, UnknownLicence::Deny];

impl Setting for Vec<Override> {
    fn read(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Self> {
        let overrides = list(reader, node, OVERRIDE, "an entry of `overrides`");
        if overrides.len() > OVERRIDE_LIMIT {
            let message = format!("{} overrides, over the limit of {OVERRIDE_LIMIT}", overrides.len());
            reader.wrong(node, message, Some("give paths that share their settings one entry".to_owned()));
        }
        Some(overrides)
    }

    fn show(&self) -> Option<Json> {
        show_list(self, OVERRIDE)
    }

    fn schema(catalog: &Catalog) -> Json {
        json!({ "type": "array", "items": object_schema(OVERRIDE, catalog) })
    }
}

impl Setting for Vec<Ignore> {
    fn read(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Self> {
        Some(list(reader, node, IGNORE, "an entry of `ignore`"))
    }

    fn show(&self) -> Option<Json> {
        show_list(self, IGNORE)
    }

    fn schema(catalog: &Catalog) -> Json {
        json!({ "type": "array", "items": object_schema(IGNORE, catalog) })
    }
}

fn list<T: Default>(reader: &mut Reader<'_>, node: Node<'_>, keys: &[Key<T>], what: &str) -> Vec<T> {
    let items = reader.items(node, "a list of mappings");
    items.into_iter().filter_map(|item| reader.mapping(item, keys, what)).collect()
}

fn show_list<T>(values: &[T], keys: &[Key<T>]) -> Option<Json> {
    (!values.is_empty()).then(|| values.iter().map(|value| show_object(value, keys)).collect())
}

/// The keys that are set.
pub(super) fn show_object<T>(value: &T, keys: &[Key<T>]) -> Json {
    keys.iter().filter_map(|key| Some((key.name.to_owned(), (key.show)(value)?))).collect::<Map<_, _>>().into()
}

/// A closed mapping of the keys that this version reads.
pub(super) fn object_schema<T>(keys: &[Key<T>], catalog: &Catalog) -> Json {
    let mut properties = Map::new();
    for key in keys {
        let Some(schema) = key.schema else { continue };
        let mut schema = schema(catalog);
        if let Some(schema) = schema.as_object_mut() {
            schema.insert("description".to_owned(), json!(key.docs));
        }
        properties.insert(key.name.to_owned(), schema);
    }
    let required: Vec<&str> =
        keys.iter().filter(|key| key.presence == Presence::Required).map(|key| key.name).collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

impl Setting for Vec<(String, RuleSwitch)> {
    fn read(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Self> {
        rules(reader, node, |reader, named, node| setting(reader, named, node, Scope::SomePaths).map(|set| set.switch))
    }

    fn show(&self) -> Option<Json> {
        let settings = self.iter().map(|(selector, switch)| {
            (selector.clone(), show_setting(&RuleSetting { switch: *switch, options: Options::default() }))
        });
        (!self.is_empty()).then(|| settings.collect::<Map<_, _>>().into())
    }

    fn schema(_: &Catalog) -> Json {
        json!({ "type": "object", "additionalProperties": { "$ref": "#/$defs/setting" } })
    }
}

impl Setting for Vec<(String, RuleSetting)> {
    fn read(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Self> {
        rules(reader, node, |reader, named, node| setting(reader, named, node, Scope::Everywhere))
    }

    fn show(&self) -> Option<Json> {
        let settings = self.iter().map(|(selector, setting)| (selector.clone(), show_setting(setting)));
        (!self.is_empty()).then(|| settings.collect::<Map<_, _>>().into())
    }

    fn schema(catalog: &Catalog) -> Json {
        let mut properties = Map::new();
        for (_, rule) in catalog.iter() {
            let mut schema = setting_schema(&rule.options, catalog);
            if let Some(schema) = schema.as_object_mut() {
                schema.insert("description".to_owned(), json!(rule.title()));
            }
            properties.insert(rule.id.to_string(), schema);
        }
        json!({ "type": "object", "properties": properties, "additionalProperties": { "$ref": "#/$defs/setting" } })
    }
}

/// Where a setting holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    Everywhere,
    SomePaths,
}

/// A selector and what it names.
struct Named<'a> {
    selector: &'a str,
    breadth: Breadth,
    rules: Vec<RuleIdx>,
}

/// The kinds of selectors; of several that name one rule the greatest counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Breadth {
    Tag,
    Prefix,
    Peer,
    Id,
}

impl Breadth {
    /// As [`Catalog::select`] takes it.
    fn of(catalog: &Catalog, selector: &str) -> Self {
        if catalog.by_id(selector).is_some() {
            Self::Id
        } else if selector.ends_with('*') {
            Self::Prefix
        } else if catalog.iter().any(|(_, rule)| rule.tags.contains(selector)) {
            Self::Tag
        } else {
            Self::Peer
        }
    }
}

/// A mapping from selectors, the broadest first: the order of a mapping's keys should not matter to anyone.
fn rules<S>(
    reader: &mut Reader<'_>,
    node: Node<'_>,
    read: fn(&mut Reader<'_>, &Named<'_>, Node<'_>) -> Option<S>,
) -> Option<Vec<(String, S)>> {
    let mut settings: Vec<(Breadth, String, S)> = Vec::new();
    for (name, value) in reader.entries(node, "`rules`")? {
        let Some((selector, rules)) = selector(reader, name) else { continue };
        let named = Named { selector, breadth: Breadth::of(reader.catalog, selector), rules };
        if let Some(setting) = read(reader, &named, value) {
            settings.push((named.breadth, selector.to_owned(), setting));
        }
    }
    settings.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    Some(settings.into_iter().map(|(_, selector, setting)| (selector, setting)).collect())
}

/// The text of a selector and the rules that it names.
fn selector<'n>(reader: &mut Reader<'_>, node: Node<'n>) -> Option<(&'n str, Vec<RuleIdx>)> {
    let selector = reader.string(node, SELECTOR)?;
    match select_rules(reader.catalog, selector) {
        Ok(rules) => Some((selector, rules)),
        Err(unknown) => {
            reader.wrong(node, unknown.to_string(), Some(unknown.help()));
            None
        }
    }
}

/// `off`, `on`, a severity, or a mapping.
fn setting(reader: &mut Reader<'_>, named: &Named<'_>, node: Node<'_>, scope: Scope) -> Option<RuleSetting> {
    let mut setting = RuleSetting::default();
    if let Some(on) = on_or_off(node) {
        setting.switch.on = Some(on);
    } else if let Some(word) = node.as_str() {
        let Ok(severity) = word.parse::<Severity>() else {
            let words = SETTINGS.map(|word| format!("`{word}`")).join(", ");
            let help = nearest(word, SETTINGS)
                .map_or_else(|| format!("a rule is set to {words}, or to a mapping"), |meant| did_you_mean(&[meant]));
            reader.wrong(node, format!("a rule cannot be set to `{word}`"), Some(help));
            return None;
        };
        setting.switch.severity = Some(severity);
    } else if node.is_map() {
        for (name, value) in reader.entries(node, "a rule's setting")? {
            if let Some(key) = SWITCH.iter().find(|key| key.name == name.text()) {
                (key.read)(reader, value, &mut setting.switch);
            } else if let Some((option, value)) = option(reader, named, (name, value), scope) {
                setting.options.0.insert(option, value);
            }
        }
    } else {
        reader.mistyped(node, "`on`, `off`, a severity or a mapping");
        return None;
    }
    if matches!(named.breadth, Breadth::Peer | Breadth::Id) {
        setting.switch.on.get_or_insert(true);
    }
    Some(setting)
}

/// The words that a rule may be set to.
const SETTINGS: [&str; 7] = ["off", "on", "critical", "high", "medium", "low", "info"];

/// An option of the only rule that the selector names.
fn option(
    reader: &mut Reader<'_>,
    named: &Named<'_>,
    (name, value): (Node<'_>, Node<'_>),
    scope: Scope,
) -> Option<(String, OptionValue)> {
    let catalog = reader.catalog;
    let known = || named.rules.iter().flat_map(|&rule| catalog.get(rule).options.iter());
    let Some(meta) = known().find(|option| option.name == name.text()) else {
        // What cannot be set here is not worth proposing.
        let options = known().filter(|_| scope == Scope::Everywhere && named.rules.len() == 1);
        let settable: Vec<&str> = SWITCH.iter().map(|key| key.name).chain(options.map(|option| option.name)).collect();
        reader.unknown_key(name, &settable, &format!("`{}`", named.selector));
        return None;
    };
    if scope == Scope::SomePaths {
        let message = format!("the option `{}` cannot be set for some paths only", meta.name);
        reader.error(name.span(), message, Some("set it under `rules` at the top".to_owned()));
        return None;
    }
    if named.rules.len() > 1 {
        let message = format!("`{}` names {} rules, and options belong to one", named.selector, named.rules.len());
        reader.error(name.span(), message, Some("set it under the rule's own id".to_owned()));
        return None;
    }
    let value = option_value(reader, meta, value)?;
    Some((meta.name.to_owned(), value))
}

fn option_value(reader: &mut Reader<'_>, meta: &OptionMeta, node: Node<'_>) -> Option<OptionValue> {
    let (value, wanted) = match meta.shape {
        OptionShape::Strings => {
            let items = reader.items(node, &format!("a list of texts for `{}`", meta.name));
            let texts = items.into_iter().filter_map(|item| reader.string(item, "text").map(str::to_owned));
            return Some(OptionValue::Strings(texts.collect()));
        }
        OptionShape::Text => {
            let text = reader.string(node, &format!("text for `{}`", meta.name))?;
            return Some(OptionValue::Text(text.to_owned()));
        }
        OptionShape::Number => (node.as_i64().map(OptionValue::Number), "a whole number"),
        OptionShape::Flag => (node.as_bool().map(OptionValue::Flag), "`true` or `false`"),
    };
    if value.is_none() {
        reader.mistyped(node, &format!("{wanted} for `{}`", meta.name));
    }
    value
}

/// The shortest form that reads as the same.
fn show_setting(setting: &RuleSetting) -> Json {
    let RuleSetting { switch, options } = setting;
    if let RuleSwitch { on: Some(on), severity: None } = switch
        && options.0.is_empty()
    {
        return json!(if *on { "on" } else { "off" });
    }
    let mut object = show_object(switch, SWITCH);
    if let Some(object) = object.as_object_mut() {
        for (name, value) in &options.0 {
            let value = match value {
                OptionValue::Strings(texts) => json!(texts),
                OptionValue::Number(number) => json!(number),
                OptionValue::Flag(flag) => json!(flag),
                OptionValue::Text(text) => json!(text),
            };
            object.insert(name.clone(), value);
        }
    }
    object
}

/// What a rule with these options may be set to.
pub(super) fn setting_schema(options: &[OptionMeta], catalog: &Catalog) -> Json {
    let mut object = object_schema(SWITCH, catalog);
    if let Some(properties) = object.get_mut("properties").and_then(Json::as_object_mut) {
        for option in options {
            let mut schema = match option.shape {
                OptionShape::Strings => json!({ "type": "array", "items": { "type": "string" } }),
                OptionShape::Number => json!({ "type": "integer" }),
                OptionShape::Flag => json!({ "type": "boolean" }),
                OptionShape::Text => json!({ "type": "string" }),
            };
            if let Some(schema) = schema.as_object_mut() {
                schema.insert("description".to_owned(), json!(option.docs));
            }
            properties.insert(option.name.to_owned(), schema);
        }
    }
    json!({ "anyOf": [{ "enum": SETTINGS }, { "type": "boolean" }, object] })
}
