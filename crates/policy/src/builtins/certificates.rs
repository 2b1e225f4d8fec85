//! Certificates and requests, as Go's structures are written in JSON: `crypto.x509.parse_*`.
//!
//! What Go decodes and policies seldom ask for (name constraints, policies, attributes of requests) is null; it stands in
//! `Extensions` all the same.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use regorus::Value;

use super::arguments::{refuse, text};
use super::der::{self, Item, Reader};
use super::keys::{self, PublicKey, coordinates, number, object};
use super::{Builtin, Refusal, pem, uri};

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "crypto.x509.parse_certificates",
        arity: 1,
        call: |a, _| {
            let blocks = certificate_bytes(text(a, 0)?)?;
            let certificates = read_all(&blocks)?;
            Ok(Value::from(certificates.iter().map(Certificate::to_value).collect::<Vec<_>>()))
        },
    },
    Builtin { name: "crypto.x509.parse_certificate_request", arity: 1, call: |a, _| request(text(a, 0)?) },
    Builtin { name: "crypto.x509.parse_keypair", arity: 2, call: |a, _| pair(text(a, 0)?, text(a, 1)?) },
];

/// The DER of each certificate of a text: PEM, or base64 of PEM or of DER.
pub(super) fn certificate_bytes(text: &str) -> Result<Vec<Vec<u8>>, Refusal> {
    let mut found = Vec::new();
    for block in pem::read(text, "CERTIFICATE")? {
        if block.label != "CERTIFICATE" {
            return Err(refuse(format!("a PEM block {} is no certificate", block.label)));
        }
        found.extend(Reader(&block.bytes).items().map(|item| item.raw.to_vec()));
        if Reader(&block.bytes).items().map(|item| item.raw.len()).sum::<usize>() != block.bytes.len() {
            return Err(refuse("no certificate"));
        }
    }
    Ok(found)
}

pub(super) fn read_all(blocks: &[Vec<u8>]) -> Result<Vec<Certificate<'_>>, Refusal> {
    blocks.iter().map(|bytes| Certificate::read(bytes).ok_or_else(|| refuse("no certificate"))).collect()
}

/// A certificate, in place.
#[derive(Clone, Debug)]
pub(super) struct Certificate<'d> {
    pub raw: &'d [u8],
    /// What is signed.
    pub signed: Item<'d>,
    version: u8,
    serial: Item<'d>,
    /// The object identifier of the algorithm that it is signed with.
    pub algorithm: String,
    pub issuer: Item<'d>,
    pub subject: Item<'d>,
    /// Seconds since 1970, and as text.
    pub not_before: (i64, String),
    pub not_after: (i64, String),
    key_info: Item<'d>,
    pub extensions: Vec<Extension<'d>>,
    pub signature: &'d [u8],
}

#[derive(Clone, Debug)]
pub(super) struct Extension<'d> {
    oid: Item<'d>,
    pub name: String,
    pub is_critical: bool,
    pub value: &'d [u8],
}

impl<'d> Certificate<'d> {
    pub(super) fn read(bytes: &'d [u8]) -> Option<Self> {
        let whole = Reader(bytes).take(der::SEQUENCE)?;
        let mut outer = whole.reader();
        let signed = outer.take(der::SEQUENCE)?;
        let algorithm = outer.take(der::SEQUENCE)?.reader().take(der::OID)?.dotted();
        let signature = outer.take(der::BITS)?.bits()?;
        let mut fields = signed.reader();
        let version = match fields.take(0xa0) {
            Some(version) => version.reader().take(der::INTEGER)?.body.last()?.checked_add(1)?,
            None => 1,
        };
        let serial = fields.take(der::INTEGER)?;
        if fields.take(der::SEQUENCE)?.reader().take(der::OID)?.dotted() != algorithm {
            return None;
        }
        let issuer = fields.take(der::SEQUENCE)?;
        let mut validity = fields.take(der::SEQUENCE)?.reader();
        let (not_before, not_after) = (time(validity.next()?)?, time(validity.next()?)?);
        let subject = fields.take(der::SEQUENCE)?;
        let key_info = fields.take(der::SEQUENCE)?;
        fields.take(0x81);
        fields.take(0x82);
        let extensions = match fields.take(0xa3) {
            Some(list) => extensions(list.reader().take(der::SEQUENCE)?)?,
            None => Vec::new(),
        };
        Some(Self {
            raw: whole.raw,
            signed,
            version,
            serial,
            algorithm,
            issuer,
            subject,
            not_before,
            not_after,
            key_info,
            extensions,
            signature,
        })
    }

    pub(super) fn key(&self) -> Option<PublicKey> {
        keys::subject_public_key(self.key_info)
    }

    pub(super) fn extension(&self, name: &str) -> Option<&Extension<'d>> {
        self.extensions.iter().find(|extension| extension.name == name)
    }

    /// Whether it may sign others, and how many may stand between it and the last; nothing without the extension.
    pub(super) fn constraints(&self) -> Option<(bool, Option<u64>)> {
        let mut fields = Reader(self.extension("2.5.29.19")?.value).take(der::SEQUENCE)?.reader();
        let is_authority = fields.take(der::BOOLEAN).is_some_and(|item| item.body == [0xff]);
        let length = fields.take(der::INTEGER).map(|item| {
            item.body.iter().fold(0_u64, |length, byte| length.saturating_mul(256).saturating_add((*byte).into()))
        });
        Some((is_authority, length))
    }

    /// Bit by bit, the first being the lowest; 0 without the extension.
    pub(super) fn key_usage(&self) -> u32 {
        let bits = self.extension("2.5.29.15").and_then(|extension| Reader(extension.value).take(der::BITS));
        let bytes = bits.and_then(|bits| bits.body.get(1..)).unwrap_or_default();
        let bit = |at: u32| {
            let byte = usize::try_from(at / 8).ok().and_then(|index| bytes.get(index)).copied().unwrap_or(0);
            if byte & (0x80 >> (at % 8)) == 0 { 0 } else { 1 << at }
        };
        (0..9).map(bit).sum()
    }

    /// The object identifiers of what its key may be used for; nothing without the extension.
    pub(super) fn extended_key_usage(&self) -> Option<Vec<String>> {
        let list = Reader(self.extension("2.5.29.37")?.value).take(der::SEQUENCE)?;
        Some(list.reader().items().map(Item::dotted).collect())
    }

    /// Other names of the subject, each with its tag.
    pub(super) fn alternative_names(&self) -> Vec<Item<'d>> {
        let names = self.extension("2.5.29.17").and_then(|extension| Reader(extension.value).take(der::SEQUENCE));
        names.map(|names| names.reader().items().collect()).unwrap_or_default()
    }

    pub(super) fn to_value(&self) -> Value {
        let constraints = self.constraints();
        let length = match constraints {
            None => 0,
            Some((_, None)) => -1,
            Some((_, Some(length))) => i64::try_from(length).unwrap_or(i64::MAX),
        };
        let usages = self.extended_key_usage().unwrap_or_default();
        let known: Vec<Value> = usages.iter().filter_map(|oid| purpose(oid)).map(Value::from).collect();
        let unknown: Vec<Value> = usages.iter().filter(|oid| purpose(oid).is_none()).map(|oid| numbers(oid)).collect();
        let names = self.alternative_names();
        let unhandled = self.extensions.iter().filter(|extension| extension.is_critical && !extension.is_known());
        let (servers, issuers) = self.authority_access();
        let null = || Value::Null;
        let key = self.key();
        let entries = [
            ("Raw", base64(self.raw)),
            ("RawTBSCertificate", base64(self.signed.raw)),
            ("RawSubjectPublicKeyInfo", base64(self.key_info.raw)),
            ("RawSubject", base64(self.subject.raw)),
            ("RawIssuer", base64(self.issuer.raw)),
            ("Signature", base64(self.signature)),
            ("SignatureAlgorithm", Value::from(algorithm(&self.algorithm))),
            ("PublicKeyAlgorithm", Value::from(key_algorithm(self.key_info))),
            ("PublicKey", key.as_ref().map_or_else(null, key_value)),
            ("Version", Value::from(i64::from(self.version))),
            ("SerialNumber", number(self.serial.unsigned())),
            ("Issuer", distinguished_name(self.issuer)),
            ("Subject", distinguished_name(self.subject)),
            ("NotBefore", Value::from(self.not_before.1.as_str())),
            ("NotAfter", Value::from(self.not_after.1.as_str())),
            ("KeyUsage", Value::from(i64::from(self.key_usage()))),
            ("Extensions", list(self.extensions.iter().map(Extension::to_value).collect())),
            ("ExtraExtensions", null()),
            ("UnhandledCriticalExtensions", list(unhandled.map(|extension| numbers(&extension.name)).collect())),
            ("ExtKeyUsage", list(known)),
            ("UnknownExtKeyUsage", list(unknown)),
            ("BasicConstraintsValid", Value::Bool(constraints.is_some())),
            ("IsCA", Value::Bool(constraints.is_some_and(|(is_authority, _)| is_authority))),
            ("MaxPathLen", Value::from(length)),
            ("MaxPathLenZero", Value::Bool(constraints.is_some() && length == 0)),
            ("SubjectKeyId", self.subject_key_id().map_or_else(null, base64)),
            ("AuthorityKeyId", self.authority_key_id().map_or_else(null, base64)),
            ("OCSPServer", list(servers)),
            ("IssuingCertificateURL", list(issuers)),
            ("CRLDistributionPoints", list(self.revocation_lists())),
            ("PolicyIdentifiers", list(self.policies())),
            ("PermittedDNSDomainsCritical", Value::Bool(false)),
            ("PermittedDNSDomains", null()),
            ("ExcludedDNSDomains", null()),
            ("PermittedIPRanges", null()),
            ("ExcludedIPRanges", null()),
            ("PermittedEmailAddresses", null()),
            ("ExcludedEmailAddresses", null()),
            ("PermittedURIDomains", null()),
            ("ExcludedURIDomains", null()),
        ];
        object(entries.into_iter().chain(alternatives(&names)))
    }

    fn subject_key_id(&self) -> Option<&'d [u8]> {
        Some(Reader(self.extension("2.5.29.14")?.value).take(der::BYTES)?.body)
    }

    fn authority_key_id(&self) -> Option<&'d [u8]> {
        Some(Reader(self.extension("2.5.29.35")?.value).take(der::SEQUENCE)?.reader().take(0x80)?.body)
    }

    /// Where its state, and its issuer's certificate, can be asked for.
    fn authority_access(&self) -> (Vec<Value>, Vec<Value>) {
        let list = self.extension("1.3.6.1.5.5.7.1.1").and_then(|found| Reader(found.value).take(der::SEQUENCE));
        let (mut servers, mut issuers) = (Vec::new(), Vec::new());
        for entry in list.into_iter().flat_map(|list| list.reader().items()) {
            let mut fields = entry.reader();
            let (Some(method), Some(place)) = (fields.take(der::OID), fields.take(0x86)) else { continue };
            let place = Value::from(lossy(place.body));
            match method.dotted().as_str() {
                "1.3.6.1.5.5.7.48.1" => servers.push(place),
                "1.3.6.1.5.5.7.48.2" => issuers.push(place),
                _ => {}
            }
        }
        (servers, issuers)
    }

    fn revocation_lists(&self) -> Vec<Value> {
        let list = self.extension("2.5.29.31").and_then(|found| Reader(found.value).take(der::SEQUENCE));
        let points = list.into_iter().flat_map(|list| list.reader().items());
        let names = points.filter_map(|point| point.reader().take(0xa0)?.reader().take(0xa0));
        names
            .flat_map(|names| names.reader().items())
            .filter(|name| name.tag == 0x86)
            .map(|name| Value::from(lossy(name.body)))
            .collect()
    }

    fn policies(&self) -> Vec<Value> {
        let list = self.extension("2.5.29.32").and_then(|found| Reader(found.value).take(der::SEQUENCE));
        let policies = list.into_iter().flat_map(|list| list.reader().items());
        policies.filter_map(|policy| Some(numbers(&policy.reader().take(der::OID)?.dotted()))).collect()
    }
}

impl Extension<'_> {
    /// Whether what it says is heeded. Name constraints are not.
    pub(super) fn is_known(&self) -> bool {
        matches!(self.name.as_str(), "2.5.29.14" | "2.5.29.15" | "2.5.29.17" | "2.5.29.19" | "2.5.29.35" | "2.5.29.37")
    }

    fn to_value(&self) -> Value {
        let id = Value::from(self.oid.oid().into_iter().map(Value::from).collect::<Vec<_>>());
        object([("Id", id), ("Critical", Value::Bool(self.is_critical)), ("Value", base64(self.value))])
    }
}

fn extensions(list: Item<'_>) -> Option<Vec<Extension<'_>>> {
    list.reader().items().map(read_extension).collect()
}

fn read_extension(item: Item<'_>) -> Option<Extension<'_>> {
    let mut fields = item.reader();
    let oid = fields.take(der::OID)?;
    let is_critical = fields.take(der::BOOLEAN).is_some_and(|item| item.body == [0xff]);
    Some(Extension { oid, name: oid.dotted(), is_critical, value: fields.take(der::BYTES)?.body })
}

fn request(text: &str) -> Result<Value, Refusal> {
    let blocks = pem::read(text, "CERTIFICATE REQUEST")?;
    let block = blocks.first().filter(|block| block.label == "CERTIFICATE REQUEST");
    let block = block.ok_or_else(|| refuse("no certificate request"))?;
    request_value(&block.bytes).ok_or_else(|| refuse("no certificate request"))
}

fn request_value(bytes: &[u8]) -> Option<Value> {
    let whole = Reader(bytes).take(der::SEQUENCE)?;
    let mut outer = whole.reader();
    let signed = outer.take(der::SEQUENCE)?;
    let signed_with = outer.take(der::SEQUENCE)?.reader().take(der::OID)?.dotted();
    let signature = outer.take(der::BITS)?.bits()?;
    let mut fields = signed.reader();
    let version = fields.take(der::INTEGER)?.body.last().copied()?;
    let subject = fields.take(der::SEQUENCE)?;
    let key_info = fields.take(der::SEQUENCE)?;
    let attributes = fields.take(0xa0);
    let mut wanted = Vec::new();
    for attribute in attributes.into_iter().flat_map(|list| list.reader().items()) {
        let mut attribute = attribute.reader();
        if attribute.take(der::OID)?.dotted() == "1.2.840.113549.1.9.14" {
            wanted = extensions(attribute.take(der::SET)?.reader().take(der::SEQUENCE)?)?;
        }
    }
    let names = wanted.iter().find(|extension| extension.name == "2.5.29.17");
    let names = names.and_then(|names| Reader(names.value).take(der::SEQUENCE));
    let names: Vec<Item<'_>> = names.map(|names| names.reader().items().collect()).unwrap_or_default();
    let key = keys::subject_public_key(key_info);
    let entries = [
        ("Raw", base64(whole.raw)),
        ("RawTBSCertificateRequest", base64(signed.raw)),
        ("RawSubjectPublicKeyInfo", base64(key_info.raw)),
        ("RawSubject", base64(subject.raw)),
        ("Version", Value::from(i64::from(version))),
        ("Signature", base64(signature)),
        ("SignatureAlgorithm", Value::from(algorithm(&signed_with))),
        ("PublicKeyAlgorithm", Value::from(key_algorithm(key_info))),
        ("PublicKey", key.as_ref().map_or(Value::Null, key_value)),
        ("Subject", distinguished_name(subject)),
        ("Attributes", Value::Null),
        ("Extensions", list(wanted.iter().map(Extension::to_value).collect())),
        ("ExtraExtensions", Value::Null),
    ];
    let alternatives = alternatives(&names).into_iter().filter(|(name, _)| *name != "URIStrings");
    Some(object(entries.into_iter().chain(alternatives)))
}

/// A certificate and its key, if they belong together.
fn pair(certificates: &str, key: &str) -> Result<Value, Refusal> {
    let blocks = certificate_bytes(certificates)?;
    let read = read_all(&blocks)?;
    let first = read.first().ok_or_else(|| refuse("no certificate"))?;
    let private = keys::pair_value(key, first.key().as_ref())?;
    let none = || Value::Null;
    Ok(object([
        ("Certificate", Value::from(blocks.iter().map(|block| base64(block)).collect::<Vec<_>>())),
        ("PrivateKey", private),
        ("SupportedSignatureAlgorithms", none()),
        ("OCSPStaple", none()),
        ("SignedCertificateTimestamps", none()),
        ("Leaf", first.to_value()),
    ]))
}

fn base64(bytes: &[u8]) -> Value {
    Value::from(STANDARD.encode(bytes))
}

/// A list that Go leaves null where there is nothing.
fn list(items: Vec<Value>) -> Value {
    if items.is_empty() { Value::Null } else { Value::from(items) }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn numbers(oid: &str) -> Value {
    Value::from(oid.split('.').filter_map(|part| part.parse::<u64>().ok()).map(Value::from).collect::<Vec<_>>())
}

/// The other names of a subject, by kind.
fn alternatives(names: &[Item<'_>]) -> Vec<(&'static str, Value)> {
    let of = |tag: u8| names.iter().filter(move |name| name.tag == tag);
    let texts = |tag| list(of(tag).map(|name| Value::from(lossy(name.body))).collect());
    let addresses = of(0x87).filter_map(|name| address(name.body)).map(Value::from).collect();
    let parsed = of(0x86).map(|name| uri::go_form(&lossy(name.body))).collect();
    vec![
        ("DNSNames", texts(0x82)),
        ("EmailAddresses", texts(0x81)),
        ("IPAddresses", list(addresses)),
        ("URIs", list(parsed)),
        ("URIStrings", texts(0x86)),
    ]
}

pub(super) fn address(bytes: &[u8]) -> Option<String> {
    if let Ok(bytes) = <[u8; 4]>::try_from(bytes) {
        return Some(std::net::Ipv4Addr::from(bytes).to_string());
    }
    <[u8; 16]>::try_from(bytes).ok().map(|bytes| std::net::Ipv6Addr::from(bytes).to_string())
}

/// A name by its parts: what each is known as, and all of them in order.
fn distinguished_name(name: Item<'_>) -> Value {
    const LISTS: &[(&str, &str)] = &[
        ("2.5.4.6", "Country"),
        ("2.5.4.10", "Organization"),
        ("2.5.4.11", "OrganizationalUnit"),
        ("2.5.4.7", "Locality"),
        ("2.5.4.8", "Province"),
        ("2.5.4.9", "StreetAddress"),
        ("2.5.4.17", "PostalCode"),
    ];
    let mut parts: Vec<(String, String)> = Vec::new();
    for set in name.reader().items() {
        for part in set.reader().items() {
            let mut fields = part.reader();
            if let (Some(oid), Some(value)) = (fields.take(der::OID), fields.next()) {
                parts.push((oid.dotted(), string(value)));
            }
        }
    }
    let all = |oid: &str| -> Vec<Value> {
        parts.iter().filter(|(known, _)| known == oid).map(|(_, text)| Value::from(text.as_str())).collect()
    };
    let last = |oid: &str| all(oid).pop().unwrap_or_else(|| Value::from(""));
    let names = parts.iter().map(|(oid, text)| object([("Type", numbers(oid)), ("Value", Value::from(text.as_str()))]));
    let lists = LISTS.iter().map(|(oid, name)| (*name, list(all(oid))));
    object(lists.chain([
        ("SerialNumber", last("2.5.4.5")),
        ("CommonName", last("2.5.4.3")),
        ("Names", list(names.collect())),
        ("ExtraNames", Value::Null),
    ]))
}

/// A string of any of the forms; two bytes a letter in the one that has them.
fn string(item: Item<'_>) -> String {
    if item.tag != 0x1e {
        return lossy(item.body);
    }
    let units = item.body.chunks_exact(2).filter_map(|pair| <[u8; 2]>::try_from(pair).ok()).map(u16::from_be_bytes);
    String::from_utf16_lossy(&units.collect::<Vec<_>>())
}

/// Seconds since 1970, and RFC 3339.
fn time(item: Item<'_>) -> Option<(i64, String)> {
    let text = std::str::from_utf8(item.body).ok()?.strip_suffix('Z')?;
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (year, rest) = match item.tag {
        0x17 => {
            let (year, rest) = text.split_at_checked(2)?;
            let year: i64 = year.parse().ok()?;
            (year.checked_add(if year < 50 { 2000 } else { 1900 })?, rest)
        }
        0x18 => {
            let (year, rest) = text.split_at_checked(4)?;
            (year.parse().ok()?, rest)
        }
        _ => return None,
    };
    let part = |at: usize| rest.get(at..at.checked_add(2)?)?.parse::<i64>().ok();
    let (month, day, hour, minute, second) = (part(0)?, part(2)?, part(4)?, part(6)?, part(8)?);
    if rest.len() != 10 || !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 {
        return None;
    }
    let days = days(year, month, day)?;
    let seconds = days.checked_mul(86_400)?.checked_add(hour.checked_mul(3600)?)?;
    let seconds = seconds.checked_add(minute.checked_mul(60)?)?.checked_add(second)?;
    Some((seconds, format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")))
}

/// Days since 1970 of a date of the Gregorian calendar, whose years are counted from March here.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let (year, month) =
        if month > 2 { (year, month.checked_sub(3)?) } else { (year.checked_sub(1)?, month.checked_add(9)?) };
    let leap = year.div_euclid(4).checked_sub(year.div_euclid(100))?.checked_add(year.div_euclid(400))?;
    let in_year = month.checked_mul(153)?.checked_add(2)?.div_euclid(5).checked_add(day)?.checked_sub(1)?;
    year.checked_mul(365)?.checked_add(leap)?.checked_add(in_year)?.checked_sub(719_468)
}

fn key_value(key: &PublicKey) -> Value {
    match key {
        PublicKey::Rsa { modulus, exponent } => object([("N", number(modulus)), ("E", number(exponent))]),
        PublicKey::Curve { curve, point } => {
            let (x, y) = coordinates(*curve, point);
            object([("Curve", object([])), ("X", number(x)), ("Y", number(y))])
        }
        PublicKey::Ed25519(key) => base64(key),
    }
}

/// Go's numbers of algorithms; 0 for one that it does not know.
fn algorithm(oid: &str) -> i64 {
    match oid {
        "1.2.840.113549.1.1.4" => 2,
        "1.2.840.113549.1.1.5" => 3,
        "1.2.840.113549.1.1.11" => 4,
        "1.2.840.113549.1.1.12" => 5,
        "1.2.840.113549.1.1.13" => 6,
        "1.2.840.10045.4.1" => 9,
        "1.2.840.10045.4.3.2" => 10,
        "1.2.840.10045.4.3.3" => 11,
        "1.2.840.10045.4.3.4" => 12,
        keys::ED25519 => 16,
        _ => 0,
    }
}

fn key_algorithm(key_info: Item<'_>) -> i64 {
    let oid = key_info.reader().take(der::SEQUENCE).and_then(|item| item.reader().take(der::OID));
    match oid.map(Item::dotted).as_deref() {
        Some(keys::RSA) => 1,
        Some("1.2.840.10040.4.1") => 2,
        Some(keys::CURVE) => 3,
        Some(keys::ED25519) => 4,
        _ => 0,
    }
}

/// Go's numbers of what keys are used for, and OPA's names of them.
pub(super) const PURPOSES: &[(&str, &str)] = &[
    ("2.5.29.37.0", "KeyUsageAny"),
    ("1.3.6.1.5.5.7.3.1", "KeyUsageServerAuth"),
    ("1.3.6.1.5.5.7.3.2", "KeyUsageClientAuth"),
    ("1.3.6.1.5.5.7.3.3", "KeyUsageCodeSigning"),
    ("1.3.6.1.5.5.7.3.4", "KeyUsageEmailProtection"),
    ("1.3.6.1.5.5.7.3.5", "KeyUsageIPSECEndSystem"),
    ("1.3.6.1.5.5.7.3.6", "KeyUsageIPSECTunnel"),
    ("1.3.6.1.5.5.7.3.7", "KeyUsageIPSECUser"),
    ("1.3.6.1.5.5.7.3.8", "KeyUsageTimeStamping"),
    ("1.3.6.1.5.5.7.3.9", "KeyUsageOCSPSigning"),
    ("1.3.6.1.4.1.311.10.3.3", "KeyUsageMicrosoftServerGatedCrypto"),
    ("2.16.840.1.113730.4.1", "KeyUsageNetscapeServerGatedCrypto"),
    ("1.3.6.1.4.1.311.2.1.22", "KeyUsageMicrosoftCommercialCodeSigning"),
    ("1.3.6.1.4.1.311.61.1.1", "KeyUsageMicrosoftKernelCodeSigning"),
];

fn purpose(oid: &str) -> Option<usize> {
    PURPOSES.iter().position(|(known, _)| *known == oid)
}
