//! A certificate for a webhook that was given none.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};

/// A certificate that was made here, in PEM.
pub(super) struct Made {
    pub(super) certificate: Vec<u8>,
    pub(super) key: Vec<u8>,
    /// What a `caBundle` holds. Its own key is gone: nobody can sign another certificate with it.
    pub(super) authority: String,
}

/// Days from the start, and before it for clocks that are behind.
const VALID: (u64, u64) = (365, 1);

/// Makes a certificate for DNS names, each time another one.
pub(super) fn certificate(names: &[String]) -> Result<Made, String> {
    make(names).map_err(|error| format!("no certificate can be made: {error}"))
}

fn make(names: &[String]) -> Result<Made, rcgen::Error> {
    let mut authority = dated(Vec::new())?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.distinguished_name.push(DnType::CommonName, "portcullis admission authority");
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let authority_key = KeyPair::generate()?;
    let root = authority.self_signed(&authority_key)?;

    let mut params = dated(names.to_vec())?;
    params.distinguished_name.push(DnType::CommonName, "portcullis admission");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate()?;
    let leaf = params.signed_by(&key, &Issuer::new(authority, authority_key))?;
    Ok(Made { certificate: leaf.pem().into_bytes(), key: key.serialize_pem().into_bytes(), authority: root.pem() })
}

fn dated(names: Vec<String>) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(names)?;
    let day = |days: u64| Duration::from_secs(days.saturating_mul(86_400));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let epoch = date_time_ymd(1970, 1, 1);
    params.not_before = epoch + now.saturating_sub(day(VALID.1));
    params.not_after = epoch + now.saturating_add(day(VALID.0));
    Ok(params)
}
