//! What a certificate says: when it ends, and whose it is.

use std::time::Duration;

use rustls::pki_types::CertificateDer;
use x509_cert::Certificate;
use x509_cert::der::Decode as _;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

/// When it ends, in time since the epoch; `None` where it cannot be read.
pub(super) fn not_after(certificate: &CertificateDer<'_>) -> Option<Duration> {
    let certificate = Certificate::from_der(certificate).ok()?;
    Some(certificate.tbs_certificate().validity().not_after.to_unix_duration())
}

/// Whether one of its DNS names or its common name is one of `names`. API servers are known by their common name.
pub(crate) fn has_name(certificate: &CertificateDer<'_>, names: &[String]) -> bool {
    let Ok(certificate) = Certificate::from_der(certificate) else { return false };
    let certificate = certificate.tbs_certificate();
    let common = certificate.subject().common_name().ok().flatten().map(String::from);
    let others = certificate.get_extension::<SubjectAltName>().ok().flatten();
    let others = others.into_iter().flat_map(|(_, others)| others.0).filter_map(|name| match name {
        GeneralName::DnsName(name) => Some(name.as_str().to_owned()),
        _ => None,
    });
    others.chain(common).any(|own| names.contains(&own))
}
