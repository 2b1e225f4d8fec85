//! The keys of the section `admission`.

use portcullis_core::{Catalog, Severity};
use portcullis_syntax::Node;
use serde_json::{Map, Value as Json, json};

use super::super::admission::{
    Admission, AdmissionLimits, AdmissionProfile, AdmissionTls, ByteSize, Connect, Count, Exemptions, FailurePolicy,
    Listen, Mode, Period, RuleAction, RuleExemption,
};
use super::super::reader::Reader;
use super::{
    Breadth, Key, Presence, Setting, object_schema, parsed, planned, schema_of, selector, show_list, show_object,
};

/// `admission`.
const ADMISSION: &[Key<Admission>] = &[
    key!("listen": Admission.listen, "The address that reviews are taken at; 0.0.0.0:8443 by default."),
    key!(
        "metrics-listen": Admission.metrics_listen,
        "The address of /healthz, /readyz and /metrics, without TLS; 0.0.0.0:8081 by default."
    ),
    key!("tls": Admission.tls, "The certificate of the webhook, and who may ask."),
    key!("limits": Admission.limits, "How much is taken at once, and how long it may take."),
    key!(
        "failure-policy": Admission.failure_policy,
        "What a review gets that could not be judged: fail (it is denied, by default) or ignore (it is allowed with a warning)."
    ),
    key!(
        "profiles": Admission.profiles,
        "What /validate/NAME does with findings, by name; `default` is /validate. Each is for a webhook entry of its own, \
         whose selector picks the namespaces."
    ),
    key!("exempt": Admission.exempt, "What is allowed whatever is found in it."),
    key!(
        "ratchet": Admission.ratchet,
        "Whether an update is denied only for what it introduces; what was there before stays a warning."
    ),
    key!(
        "trust-annotations": Admission.trust_annotations,
        "Whether annotations of the object itself may suppress findings; who may write the object may write them."
    ),
    key!("own-namespace": Admission.own_namespace, "The namespace that the webhook runs in, which is exempt."),
    key!("connect": Admission.connect, "What exec, attach, portforward and proxy get: allow (by default), warn or deny."),
    Key {
        read: |reader, node, admission| admission.inventory = texts(reader, node),
        ..key!(
            "inventory": Admission.inventory,
            "Dumps of the cluster (`kubectl get … -o json`), in which constraints of Gatekeeper find labels of namespaces and \
             `data.inventory`; read again when they change."
        )
    },
];

/// `tls`.
const TLS: &[Key<AdmissionTls>] = &[
    key!(
        "cert": AdmissionTls.certificate,
        "The certificate chain in PEM, relative to the configuration file's directory; read again when it changes."
    ),
    key!("key": AdmissionTls.key, "The private key in PEM."),
    key!("client-ca": AdmissionTls.client_ca, "Authorities in PEM of which one signed the client's certificate; without it, anybody may ask."),
    Key {
        read: |reader, node, tls| tls.client_names = texts(reader, node),
        ..key!("client-names": AdmissionTls.client_names, "Names of which a client's certificate has one, such as kube-apiserver.")
    },
    Key {
        read: |reader, node, tls| tls.self_signed = texts(reader, node),
        ..key!("self-signed": AdmissionTls.self_signed, "DNS names to make a certificate for at the start, where no `cert` is given.")
    },
];

/// `limits`.
const LIMITS: &[Key<AdmissionLimits>] = &[
    key!("body": AdmissionLimits.body, "Bytes of a review, which holds the object and on updates the old one; 8MiB by default."),
    key!("connections": AdmissionLimits.connections, "Connections at once; 1024 by default."),
    key!("queue": AdmissionLimits.queue, "Reviews that wait for a worker; 256 by default."),
    key!("in-flight-bytes": AdmissionLimits.in_flight_bytes, "Bytes of all reviews at hand; 24MiB by default."),
    key!("header-timeout": AdmissionLimits.header_timeout, "How long the head of a request may take, and its body; 5s by default."),
    key!("handshake-timeout": AdmissionLimits.handshake_timeout, "How long a TLS handshake may take; 5s by default."),
    key!("request-timeout": AdmissionLimits.request_timeout, "How long a review may take where the request names no `timeout`; 10s by default."),
    key!("shutdown-delay": AdmissionLimits.shutdown_delay, "How long reviews are still taken after a signal to end, while the cluster learns of it; 5s by default."),
    key!("shutdown-timeout": AdmissionLimits.shutdown_timeout, "How long requests are waited for at the end; 20s by default."),
    key!("workers": AdmissionLimits.workers, "Threads that judge; one for each core by default."),
];

/// An entry of `profiles`.
const PROFILE: &[Key<AdmissionProfile>] = &[
    key!("mode": AdmissionProfile.mode, "The most that is done: enforce (by default), warn or audit."),
    key!("enforce": AdmissionProfile.enforce, "The severities that are denied; critical and high by default."),
    key!("rules": AdmissionProfile.rules, "Another action for some rules, by selector: enforce, warn, audit or off."),
];

/// `exempt`.
const EXEMPT: &[Key<Exemptions>] = &[
    Key {
        read: |reader, node, exempt| exempt.namespaces = Some(texts(reader, node)),
        show: |exempt| exempt.namespaces.as_ref().map(|it| json!(it)),
        schema: Some(Vec::<String>::schema),
        docs: "Namespaces, with `*` for any text; kube-system and the webhook's own by default, so that the empty list \
             exempts none.",
        ..planned("namespaces")
    },
    Key {
        read: |reader, node, exempt| exempt.users = texts(reader, node),
        ..key!("users": Exemptions.users, "Users, with `*` for any text.")
    },
    Key {
        read: |reader, node, exempt| exempt.groups = texts(reader, node),
        ..key!("groups": Exemptions.groups, "Groups of users, with `*` for any text.")
    },
    Key {
        read: |reader, node, exempt| exempt.runtime_classes = texts(reader, node),
        ..key!("runtime-classes": Exemptions.runtime_classes, "Runtime classes of pods.")
    },
    Key {
        read: |reader, node, exempt| exempt.images = texts(reader, node),
        ..key!("images": Exemptions.images, "Images of containers, with `*` for any text.")
    },
    key!("rules": Exemptions.rules, "Rules that somewhere deny nothing."),
];

/// An entry of `exempt.rules`.
const RULE_EXEMPTION: &[Key<RuleExemption>] = &[
    Key {
        read: |reader, node, exemption: &mut RuleExemption| {
            if let Some((text, _)) = selector(reader, node) {
                text.clone_into(&mut exemption.rule);
            }
        },
        show: |exemption| Some(json!(exemption.rule)),
        schema: Some(|_| json!({ "type": "string", "minLength": 1 })),
        docs: "A rule's id, a peer's id, `prefix*` or a tag.",
        ..planned("rule")
    }
    .required(),
    Key {
        read: |reader, node, exemption| exemption.namespaces = texts(reader, node),
        ..key!("namespaces": RuleExemption.namespaces, "Namespaces, with `*` for any text; everywhere by default.")
    },
    Key {
        read: |reader, node, exemption| exemption.names = texts(reader, node),
        ..key!("names": RuleExemption.names, "Names of objects, with `*` for any text; all by default.")
    },
    key!("reason": RuleExemption.reason, "Why."),
    key!("expires": RuleExemption.expires, "The last day that it holds."),
];

/// A mapping by its table, and its schema.
macro_rules! sections {
    ($($type:ty: $keys:ident, $what:literal;)+) => {
        $(impl Setting for $type {
            fn read(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Self> {
                reader.mapping(node, $keys, $what)
            }

            fn show(&self) -> Option<Json> {
                (*self != Self::default()).then(|| show_object(self, $keys))
            }

            fn schema(catalog: &Catalog) -> Json {
                object_schema($keys, catalog)
            }
        })+
    };
}

sections! {
    Admission: ADMISSION, "`admission`";
    AdmissionTls: TLS, "`tls`";
    AdmissionLimits: LIMITS, "`limits`";
    Exemptions: EXEMPT, "`exempt`";
}

/// One of some words.
macro_rules! words {
    ($($type:ty),+) => {
        $(impl Setting for Option<$type> {
            fn read(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Self> {
                parsed(reader, node, <$type>::WORDS).map(Some)
            }

            fn show(&self) -> Option<Json> {
                self.map(|word| json!(word.name()))
            }

            fn schema(_: &Catalog) -> Json {
                json!({ "enum": <$type>::WORDS })
            }
        })+
    };
}

words!(FailurePolicy, Mode, Connect);

/// What is read from its text and written as such.
macro_rules! texts {
    ($($type:ty: $schema:tt;)+) => {
        $(impl Setting for Option<$type> {
            fn read(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Self> {
                parsed(reader, node, &[]).map(Some)
            }

            fn show(&self) -> Option<Json> {
                self.map(|value| json!(value.to_string()))
            }

            fn schema(_: &Catalog) -> Json {
                json!($schema)
            }
        })+
    };
}

texts! {
    Listen: { "type": "string" };
    ByteSize: { "type": ["integer", "string"], "pattern": "^[0-9]+([KMG]iB?)?$" };
    Period: { "type": "string", "pattern": "^[0-9]+(ms|s|m)$" };
}

impl Setting for Option<Count> {
    fn read(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Self> {
        parsed(reader, node, &[]).map(Some)
    }

    fn show(&self) -> Option<Json> {
        self.map(|count| json!(count.0))
    }

    fn schema(_: &Catalog) -> Json {
        json!({ "type": "integer", "minimum": 1 })
    }
}

impl Setting for Option<Vec<Severity>> {
    fn read(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Self> {
        let items = reader.items(node, "a list of severities");
        let names = Severity::ALL.map(Severity::name);
        let mut severities: Vec<Severity> = items.into_iter().filter_map(|item| parsed(reader, item, &names)).collect();
        // Their order says nothing.
        severities.sort();
        severities.dedup();
        severities.reverse();
        Some(Some(severities))
    }

    fn show(&self) -> Option<Json> {
        self.as_ref().map(|severities| severities.iter().map(|severity| severity.name()).collect())
    }

    fn schema(_: &Catalog) -> Json {
        json!({ "type": "array", "items": { "enum": Severity::ALL.map(Severity::name) } })
    }
}

impl Setting for Vec<(String, AdmissionProfile)> {
    fn read(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Self> {
        let mut profiles = Self::new();
        for (name, value) in reader.entries(node, "`profiles`")? {
            let text = name.text();
            if !is_profile_name(text) {
                let help = "it is a part of the webhook's path: small letters, digits and `-`".to_owned();
                reader.error(name.span(), format!("`{text}` cannot be the name of a profile"), Some(help));
                continue;
            }
            let profile = if value.is_null() {
                Some(AdmissionProfile::default())
            } else {
                reader.mapping(value, PROFILE, "a profile")
            };
            profiles.extend(profile.map(|profile| (text.to_owned(), profile)));
        }
        profiles.sort_by(|a, b| a.0.cmp(&b.0));
        Some(profiles)
    }

    fn show(&self) -> Option<Json> {
        let entries = self.iter().map(|(name, profile)| (name.clone(), show_object(profile, PROFILE)));
        (!self.is_empty()).then(|| entries.collect::<Map<_, _>>().into())
    }

    fn schema(catalog: &Catalog) -> Json {
        json!({
            "type": "object",
            "propertyNames": { "pattern": "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$" },
            "additionalProperties": object_schema(PROFILE, catalog),
        })
    }
}

/// A label of DNS, which no path has to escape and no metric can grow by.
fn is_profile_name(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

impl Setting for Vec<(String, RuleAction)> {
    fn read(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Self> {
        let mut actions = Vec::new();
        for (name, value) in reader.entries(node, "`rules`")? {
            let Some((text, _)) = selector(reader, name) else { continue };
            let Some(action) = parsed(reader, value, RuleAction::WORDS) else { continue };
            actions.push((Breadth::of(reader.catalog, text), text.to_owned(), action));
        }
        actions.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        Some(actions.into_iter().map(|(_, text, action)| (text, action)).collect())
    }

    fn show(&self) -> Option<Json> {
        let actions = self.iter().map(|(text, action)| (text.clone(), json!(action.name())));
        (!self.is_empty()).then(|| actions.collect::<Map<_, _>>().into())
    }

    fn schema(_: &Catalog) -> Json {
        json!({ "type": "object", "additionalProperties": { "enum": RuleAction::WORDS } })
    }
}

impl Setting for Vec<RuleExemption> {
    fn read(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Self> {
        let items = reader.items(node, "a list of mappings");
        let read = |item| reader.mapping(item, RULE_EXEMPTION, "an entry of `rules`");
        Some(items.into_iter().filter_map(read).collect())
    }

    fn show(&self) -> Option<Json> {
        show_list(self, RULE_EXEMPTION)
    }

    fn schema(catalog: &Catalog) -> Json {
        json!({ "type": "array", "items": object_schema(RULE_EXEMPTION, catalog) })
    }
}

/// Texts that are not empty.
fn texts(reader: &mut Reader<'_>, node: Node<'_>) -> Vec<String> {
    let mut texts = Vec::new();
    for item in reader.items(node, "a list of texts") {
        match reader.string(item, "text") {
            Some("") => reader.wrong(item, "an empty text stands for nothing".to_owned(), None),
            Some(text) => texts.push(text.to_owned()),
            None => {}
        }
    }
    texts
}
