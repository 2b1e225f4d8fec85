//! Chains of certificates, verified as Go does: `crypto.x509.parse_and_verify_certificates`.
//!
//! The first certificate is the root, the last the leaf. Names, validity, signatures, basic constraints and the uses of keys
//! are looked at. Name constraints are not understood: a chain with a critical one is no valid chain, so that nothing passes
//! that Go would refuse. SHA-1 is no signature.

use std::time::{SystemTime, UNIX_EPOCH};

use regorus::Value;

use super::arguments::{at, refuse, text};
use super::certificates::{Certificate, PURPOSES, address, certificate_bytes, read_all};
use super::{Builtin, Refusal, signatures};

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "crypto.x509.parse_and_verify_certificates",
        arity: 1,
        call: |a, _| Ok(verified(text(a, 0)?, &Wanted::default())),
    },
    Builtin {
        name: "crypto.x509.parse_and_verify_certificates_with_options",
        arity: 2,
        call: |a, _| Ok(verified(text(a, 0)?, &Wanted::read(at(a, 1)?)?)),
    },
];

/// What a chain is verified for.
#[derive(Default)]
struct Wanted {
    /// A name that the leaf must have.
    name: Option<String>,
    /// Seconds since 1970; now for none.
    time: Option<i64>,
    /// Object identifiers of which one must be allowed; servers for none.
    purposes: Vec<&'static str>,
}

impl Wanted {
    fn read(options: &Value) -> Result<Self, Refusal> {
        let Value::Object(options) = options else { return Err(refuse("the options are no object")) };
        let mut wanted = Self::default();
        for (key, value) in options.iter_sorted() {
            match (key.as_string().map_or("", |key| key.as_ref()), value) {
                ("DNSName", Value::String(name)) => wanted.name = Some(name.to_string()),
                ("CurrentTime", value) => {
                    let nanoseconds = value.as_i64().map_err(|_| refuse("CurrentTime is no integer"))?;
                    wanted.time = Some(nanoseconds.div_euclid(1_000_000_000));
                }
                // Chains are short here, and name constraints refuse them.
                ("MaxConstraintComparisons", Value::Number(_)) => {}
                ("KeyUsages", Value::Array(_) | Value::Set(_)) => {
                    for usage in super::arguments::items(std::slice::from_ref(value), 0)? {
                        let known = PURPOSES.iter().find(|(_, name)| *usage == Value::from(*name));
                        let (oid, _) = known.ok_or_else(|| refuse("KeyUsages has an entry that is none"))?;
                        wanted.purposes.push(oid);
                    }
                }
                _ => return Err(refuse("an option is none, or not of its type")),
            }
        }
        Ok(wanted)
    }
}

/// Chains of more certificates are not looked at.
const LONGEST: usize = 32;
/// Signatures that are verified at most, as in Go.
const MOST_SIGNATURES: usize = 100;

fn verified(text: &str, wanted: &Wanted) -> Value {
    let chain = |blocks: &[Vec<u8>]| -> Option<Value> {
        let certificates = read_all(blocks).ok()?;
        let chain = chain(&certificates, wanted)?;
        Some(Value::from(chain.into_iter().map(Certificate::to_value).collect::<Vec<_>>()))
    };
    let chain = certificate_bytes(text).ok().and_then(|blocks| chain(&blocks));
    let is_valid = Value::Bool(chain.is_some());
    Value::from(vec![is_valid, chain.unwrap_or_else(|| Value::from(Vec::<Value>::new()))])
}

/// The certificates from the leaf to the root.
fn chain<'c, 'd>(certificates: &'c [Certificate<'d>], wanted: &Wanted) -> Option<Vec<&'c Certificate<'d>>> {
    let (root, others) = certificates.split_first()?;
    let (leaf, between) = others.split_last()?;
    let time = wanted.time.or_else(now)?;
    let is_usable = |certificate: &Certificate<'_>| {
        certificate.not_before.0 <= time
            && time <= certificate.not_after.0
            && certificate.extensions.iter().all(|extension| !extension.is_critical || extension.is_known())
    };
    if between.len() > LONGEST || !is_usable(leaf) || !is_usable(root) {
        return None;
    }
    if wanted.name.as_ref().is_some_and(|name| !is_named(leaf, name)) {
        return None;
    }
    let mut signatures_left = MOST_SIGNATURES;
    let mut pending = vec![vec![leaf]];
    while let Some(chain) = pending.pop() {
        let last = chain.last()?;
        // `chain` without the leaf is what stands below the next one.
        let below = u64::try_from(chain.len()).ok()?.checked_sub(1)?;
        for parent in std::iter::once(root).chain(between) {
            if last.issuer.raw != parent.subject.raw || chain.iter().any(|known| known.raw == parent.raw) {
                continue;
            }
            let is_root = parent.raw == root.raw;
            let Some((true, length)) = parent.constraints() else { continue };
            let may_sign = parent.key_usage() == 0 || parent.key_usage() & (1 << 5) != 0;
            if !is_usable(parent) || !may_sign || length.is_some_and(|length| below > length) {
                continue;
            }
            signatures_left = signatures_left.checked_sub(1)?;
            let Some(key) = parent.key() else { continue };
            if !signatures::certifies(&last.algorithm, &key, last.signed.raw, last.signature) {
                continue;
            }
            let longer: Vec<_> = chain.iter().copied().chain([parent]).collect();
            if is_root {
                if is_for(&longer, &wanted.purposes) {
                    return Some(longer);
                }
            } else {
                pending.push(longer);
            }
        }
    }
    None
}

fn now() -> Option<i64> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_secs()).ok()
}

/// Whether one of the purposes is allowed by every certificate that says what its key is for.
fn is_for(chain: &[&Certificate<'_>], purposes: &[&'static str]) -> bool {
    const ANY: &str = "2.5.29.37.0";
    let servers = ["1.3.6.1.5.5.7.3.1"];
    let purposes = if purposes.is_empty() { &servers } else { purposes };
    let allows = |purpose: &str| {
        chain.iter().all(|certificate| {
            certificate
                .extended_key_usage()
                .is_none_or(|usages| usages.iter().any(|usage| usage == purpose || usage == ANY))
        })
    };
    purposes.iter().any(|purpose| *purpose == ANY || allows(purpose))
}

/// Whether a certificate is of a host: a name, its first part perhaps any, or an address.
fn is_named(certificate: &Certificate<'_>, wanted: &str) -> bool {
    let wanted = wanted.trim_end_matches('.').to_ascii_lowercase();
    let names = certificate.alternative_names();
    if let Ok(wanted) = wanted.trim_matches(['[', ']']).parse::<std::net::IpAddr>() {
        let mut addresses = names.iter().filter(|name| name.tag == 0x87).filter_map(|name| address(name.body));
        return addresses.any(|address| address.parse() == Ok(wanted));
    }
    let mut names = names.iter().filter(|name| name.tag == 0x82);
    names.any(|name| {
        let name = String::from_utf8_lossy(name.body).to_ascii_lowercase();
        match name.strip_prefix("*.") {
            Some(parent) => wanted.split_once('.').is_some_and(|(first, rest)| !first.is_empty() && rest == parent),
            None => name == wanted,
        }
    })
}
