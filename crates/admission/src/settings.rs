//! The section `admission` with its defaults filled in.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use portcullis_core::Severity;
use portcullis_engine::config::{Admission, AdmissionLimits, AdmissionProfile, AdmissionTls, ByteSize, Count, Period};
pub use portcullis_engine::config::{Connect, FailurePolicy, Mode, RuleAction, RuleExemption};

/// What the webhook is set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Where reviews are taken.
    pub listen: SocketAddr,
    /// Where health and metrics are served, without TLS.
    pub metrics_listen: SocketAddr,
    /// The certificate, and who may ask.
    pub tls: Tls,
    /// How much is taken at once.
    pub limits: Limits,
    /// What a review gets that could not be judged.
    pub failure_policy: FailurePolicy,
    /// What `/validate/{name}` does with findings; [`DEFAULT_PROFILE`] is always there.
    pub profiles: BTreeMap<String, Profile>,
    /// What is allowed whatever is found in it.
    pub exempt: Exempt,
    /// Whether an update is denied only for what it introduces.
    pub ratchet: bool,
    /// Whether the object's own annotations may suppress findings.
    pub trust_annotations: bool,
    /// The namespace that the webhook runs in, where that is known.
    pub own_namespace: Option<String>,
    /// What `exec`, `attach`, `portforward` and `proxy` get.
    pub connect: Connect,
}

/// The profile of `/validate`.
pub const DEFAULT_PROFILE: &str = "default";

/// The certificate, and who may ask. Paths are absolute.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    /// The chain in PEM.
    pub certificate: Option<PathBuf>,
    /// Its key in PEM.
    pub key: Option<PathBuf>,
    /// Authorities of clients in PEM.
    pub client_ca: Option<PathBuf>,
    /// Names of which a client's certificate has to have one; empty: any.
    pub client_names: Vec<String>,
    /// The DNS names of a certificate that is made at the start; empty: none is made.
    pub self_signed: Vec<String>,
}

/// How much is taken at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one review.
    pub body: u64,
    /// Connections at once.
    pub connections: usize,
    /// Reviews that wait for a worker.
    pub queue: usize,
    /// Bytes of the reviews that are read, wait or are judged; at least those of one.
    pub in_flight_bytes: u64,
    /// How long the head of a request may take, and as long its body.
    pub header_timeout: Duration,
    /// How long a TLS handshake may take.
    pub handshake_timeout: Duration,
    /// How long a review may take where the request says nothing.
    pub request_timeout: Duration,
    /// How long reviews are still taken after the server has said that it ends.
    pub shutdown_delay: Duration,
    /// How long requests are waited for at the end.
    pub shutdown_timeout: Duration,
    /// Threads that judge.
    pub workers: usize,
}

/// What one of the paths does with findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The most that it does.
    pub mode: Mode,
    /// The severities that are denied.
    pub enforce: BTreeSet<Severity>,
    /// Another action for some rules: selectors as [`portcullis_core::Catalog::select`] takes them, the broadest first;
    /// later ones win.
    pub rules: Vec<(String, RuleAction)>,
}

/// What is allowed whatever is found in it. `*` in a pattern stands for any text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exempt {
    /// Patterns of namespaces, those by default among them.
    pub namespaces: Vec<String>,
    /// Patterns of users.
    pub users: Vec<String>,
    /// Patterns of groups.
    pub groups: Vec<String>,
    /// Runtime classes of pods.
    pub runtime_classes: Vec<String>,
    /// Patterns of images.
    pub images: Vec<String>,
    /// Rules, where and until when.
    pub rules: Vec<RuleExemption>,
}

impl Settings {
    /// Fills in the defaults. Paths are relative to `directory`; `own_namespace` is where the webhook runs, which the
    /// configuration may say otherwise.
    pub fn new(admission: &Admission, directory: &Path, own_namespace: Option<&str>) -> Self {
        let own_namespace = admission.own_namespace.clone().or_else(|| own_namespace.map(str::to_owned));
        let namespaces = admission.exempt.namespaces.clone().unwrap_or_else(|| {
            let system = [Some("kube-system".to_owned()), own_namespace.clone()];
            system.into_iter().flatten().collect()
        });
        let mut profiles: BTreeMap<String, Profile> =
            admission.profiles.iter().map(|(name, profile)| (name.clone(), Profile::from(profile))).collect();
        profiles.entry(DEFAULT_PROFILE.to_owned()).or_insert_with(|| Profile::from(&AdmissionProfile::default()));
        let everywhere = |port| SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port);
        Self {
            listen: admission.listen.map_or_else(|| everywhere(8443), |listen| listen.0),
            metrics_listen: admission.metrics_listen.map_or_else(|| everywhere(8081), |listen| listen.0),
            tls: Tls::new(&admission.tls, directory),
            limits: Limits::from(&admission.limits),
            failure_policy: admission.failure_policy.unwrap_or(FailurePolicy::Fail),
            profiles,
            exempt: Exempt {
                namespaces,
                users: admission.exempt.users.clone(),
                groups: admission.exempt.groups.clone(),
                runtime_classes: admission.exempt.runtime_classes.clone(),
                images: admission.exempt.images.clone(),
                rules: admission.exempt.rules.clone(),
            },
            ratchet: admission.ratchet.unwrap_or(false),
            trust_annotations: admission.trust_annotations.unwrap_or(false),
            own_namespace,
            connect: admission.connect.unwrap_or(Connect::Allow),
        }
    }
}

impl Tls {
    fn new(tls: &AdmissionTls, directory: &Path) -> Self {
        let path = |name: &Option<String>| name.as_ref().map(|name| directory.join(name));
        Self {
            certificate: path(&tls.certificate),
            key: path(&tls.key),
            client_ca: path(&tls.client_ca),
            client_names: tls.client_names.clone(),
            self_signed: tls.self_signed.clone(),
        }
    }
}

impl From<&AdmissionLimits> for Limits {
    fn from(limits: &AdmissionLimits) -> Self {
        let count = |count: Option<Count>, default: usize| {
            count.map_or(default, |count| usize::try_from(count.0).unwrap_or(usize::MAX))
        };
        let size = |size: Option<ByteSize>, default: u64| size.map_or(default, |size| size.0);
        let time = |time: Option<Period>, seconds| time.map_or(Duration::from_secs(seconds), |time| time.0);
        let body = size(limits.body, 8 << 20);
        Self {
            body,
            connections: count(limits.connections, 1024),
            queue: count(limits.queue, 256),
            // Else the largest review that is taken would never be.
            in_flight_bytes: size(limits.in_flight_bytes, 24 << 20).max(body),
            header_timeout: time(limits.header_timeout, 5),
            handshake_timeout: time(limits.handshake_timeout, 5),
            request_timeout: time(limits.request_timeout, 10),
            shutdown_delay: time(limits.shutdown_delay, 5),
            shutdown_timeout: time(limits.shutdown_timeout, 20),
            workers: count(limits.workers, std::thread::available_parallelism().map_or(2, usize::from)),
        }
    }
}

impl From<&AdmissionProfile> for Profile {
    fn from(profile: &AdmissionProfile) -> Self {
        let enforce = profile.enforce.as_deref().unwrap_or(&[Severity::Critical, Severity::High]);
        Self {
            mode: profile.mode.unwrap_or(Mode::Enforce),
            enforce: enforce.iter().copied().collect(),
            rules: profile.rules.clone(),
        }
    }
}
