//! The section `admission`: what the webhook listens on, how much it takes, and what it denies.
//!
//! It is read with the rest of the file, so that one configuration serves the command line and the cluster. What is not
//! set is `None` here; the webhook knows the defaults.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use portcullis_core::Severity;
use portcullis_rules::Date;

/// What is set for the webhook.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Admission {
    /// Where reviews are taken.
    pub listen: Option<Listen>,
    /// Where health and metrics are served, without TLS.
    pub metrics_listen: Option<Listen>,
    /// The certificate, and who may ask.
    pub tls: AdmissionTls,
    /// How much is taken at once.
    pub limits: AdmissionLimits,
    /// What a review gets that could not be judged.
    pub failure_policy: Option<FailurePolicy>,
    /// What `/validate/{name}` does with findings, by name; `default` is `/validate`.
    pub profiles: Vec<(String, AdmissionProfile)>,
    /// What is allowed whatever is found in it.
    pub exempt: Exemptions,
    /// Whether an update is denied only for what it introduces.
    pub ratchet: Option<bool>,
    /// Whether the object's own annotations may suppress findings.
    pub trust_annotations: Option<bool>,
    /// The namespace that the webhook runs in.
    pub own_namespace: Option<String>,
    /// What `exec`, `attach`, `portforward` and `proxy` get.
    pub connect: Option<Connect>,
    /// Dumps of the cluster for constraints, relative to the configuration file's directory.
    pub inventory: Vec<String>,
}

/// The certificate of the webhook, and who may ask.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AdmissionTls {
    /// The chain in PEM, relative to the configuration file's directory.
    pub certificate: Option<String>,
    /// Its private key in PEM.
    pub key: Option<String>,
    /// Certificate authorities of clients in PEM; with it, a client has to show a certificate.
    pub client_ca: Option<String>,
    /// The names of which a client's certificate has to have one; empty: any that the authority signed.
    pub client_names: Vec<String>,
    /// The DNS names for which a certificate is made at the start, where there is none.
    pub self_signed: Vec<String>,
}

/// How much the webhook takes at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AdmissionLimits {
    /// Bytes of one review.
    pub body: Option<ByteSize>,
    /// Connections at once.
    pub connections: Option<Count>,
    /// Reviews that wait for a worker.
    pub queue: Option<Count>,
    /// Bytes of the reviews that are read, wait or are judged.
    pub in_flight_bytes: Option<ByteSize>,
    /// How long the head of a request may take, and as long its body.
    pub header_timeout: Option<Period>,
    /// How long a TLS handshake may take.
    pub handshake_timeout: Option<Period>,
    /// How long a review may take where the request names no `timeout`.
    pub request_timeout: Option<Period>,
    /// How long reviews are still taken after a signal to end.
    pub shutdown_delay: Option<Period>,
    /// How long reviews in flight are waited for before the end.
    pub shutdown_timeout: Option<Period>,
    /// Threads that judge.
    pub workers: Option<Count>,
}

/// What one of the webhook's paths does with findings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AdmissionProfile {
    /// The most that it does.
    pub mode: Option<Mode>,
    /// The severities that are denied.
    pub enforce: Option<Vec<Severity>>,
    /// Another action for some rules: selectors, the broadest first; later ones win.
    pub rules: Vec<(String, RuleAction)>,
}

/// What is allowed whatever is found in it. `*` in a pattern stands for any text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exemptions {
    /// Patterns of namespaces; `None`: `kube-system` and the webhook's own.
    pub namespaces: Option<Vec<String>>,
    /// Patterns of users.
    pub users: Vec<String>,
    /// Patterns of groups.
    pub groups: Vec<String>,
    /// Runtime classes of pods.
    pub runtime_classes: Vec<String>,
    /// Patterns of images: containers that run them.
    pub images: Vec<String>,
    /// Rules, where and until when.
    pub rules: Vec<RuleExemption>,
}

/// A rule that somewhere denies nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleExemption {
    /// An id, `prefix*`, tag or peer's id.
    pub rule: String,
    /// Patterns of namespaces; empty: everywhere.
    pub namespaces: Vec<String>,
    /// Patterns of the names of objects; empty: all.
    pub names: Vec<String>,
    /// Why.
    pub reason: Option<String>,
    /// The last day that it holds.
    pub expires: Option<Date>,
}

/// An enum whose values have names in the configuration.
macro_rules! words {
    ($(#[$docs:meta])* $name:ident { $($(#[$value_docs:meta])* $value:ident = $word:literal,)+ }) => {
        $(#[$docs])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name { $($(#[$value_docs])* $value,)+ }

        impl $name {
            /// The names in the configuration.
            pub const WORDS: &[&str] = &[$($word),+];

            /// The name in the configuration.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$value => $word,)+ }
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $($word => Ok(Self::$value),)+
                    _ => Err(format!("`{text}` is none of {}", Self::WORDS.join(", "))),
                }
            }
        }
    };
}

words! {
    /// What a review gets that could not be judged: a panic, a deadline, an overload, a text that is no review.
    FailurePolicy {
        /// It is denied.
        Fail = "fail",
        /// It is allowed, with a warning that says so.
        Ignore = "ignore",
    }
}

words! {
    /// The most that a profile does with a finding.
    Mode {
        /// Findings are written down with the request.
        Audit = "audit",
        /// Findings are warnings.
        Warn = "warn",
        /// Findings that `enforce` names are denied.
        Enforce = "enforce",
    }
}

words! {
    /// What a rule's finding does.
    RuleAction {
        /// Nothing.
        Off = "off",
        /// It is written down with the request.
        Audit = "audit",
        /// It is a warning.
        Warn = "warn",
        /// It is denied.
        Enforce = "enforce",
    }
}

words! {
    /// What `exec`, `attach`, `portforward` and `proxy` get.
    Connect {
        /// They are allowed.
        Allow = "allow",
        /// They are allowed with a warning.
        Warn = "warn",
        /// They are denied.
        Deny = "deny",
    }
}

/// An address and a port: `0.0.0.0:8443`, `[::]:8443`; port 0 takes any that is free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listen(pub SocketAddr);

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // `:8443` is how other servers write every address.
        let whole = if text.starts_with(':') { format!("[::]{text}") } else { text.to_owned() };
        whole.parse().map(Self).map_err(|_| format!("`{text}` is no address with a port, such as 0.0.0.0:8443"))
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A number of bytes: `8388608`, `8MiB`, `8Mi`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByteSize(pub u64);

/// Units of sizes, the largest first.
const SIZE_UNITS: &[(&str, u64)] =
    &[("GiB", 1 << 30), ("Gi", 1 << 30), ("MiB", 1 << 20), ("Mi", 1 << 20), ("KiB", 1 << 10), ("Ki", 1 << 10)];

impl FromStr for ByteSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (number, factor) = with_unit(text, SIZE_UNITS).unwrap_or((text, 1));
        let size = number.trim_end().parse::<u64>().ok().and_then(|number| number.checked_mul(factor));
        let size = size.filter(|&size| size > 0);
        size.map(Self).ok_or_else(|| format!("`{text}` is no size, such as 8MiB"))
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exact = |&&(unit, factor): &&(&str, u64)| unit.ends_with('B') && self.0.is_multiple_of(factor);
        match SIZE_UNITS.iter().find(exact) {
            Some((unit, factor)) => write!(f, "{}{unit}", self.0.checked_div(*factor).unwrap_or_default()),
            None => self.0.fmt(f),
        }
    }
}

/// A time: `500ms`, `10s`, `2m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period(pub Duration);

/// Units of times in milliseconds; `ms` stands before the `s` that it ends with.
const TIME_UNITS: &[(&str, u64)] = &[("ms", 1), ("s", 1000), ("m", 60_000)];

/// The longest time that makes sense for a request; the API server waits for 30 seconds at most.
const LONGEST: Duration = Duration::from_mins(10);

impl FromStr for Period {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let time = with_unit(text, TIME_UNITS)
            .and_then(|(number, factor)| number.parse::<u64>().ok()?.checked_mul(factor).map(Duration::from_millis));
        let time = time.filter(|time| !time.is_zero() && *time <= LONGEST);
        time.map(Self).ok_or_else(|| format!("`{text}` is no time from 1ms to 10m, such as 5s"))
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.as_millis();
        if millis.is_multiple_of(1000) { write!(f, "{}s", self.0.as_secs()) } else { write!(f, "{millis}ms") }
    }
}

/// A number from one on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count(pub u32);

impl FromStr for Count {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let count = text.parse().ok().filter(|&count| (1..=1_000_000).contains(&count));
        count.map(Self).ok_or_else(|| format!("`{text}` is no whole number from 1 on"))
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn with_unit<'t>(text: &'t str, units: &[(&str, u64)]) -> Option<(&'t str, u64)> {
    units.iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, *factor)))
}
