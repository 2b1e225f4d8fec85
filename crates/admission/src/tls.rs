//! The certificate of the webhook, and who may ask.
//!
//! Files are read again every few seconds and compared by what they hold, so that the links that a Secret's volume swaps need no
//! watcher. A new certificate is for new connections; what is open stays open. Whether the API server trusts it cannot
//! be known here.

mod made;
mod names;

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, version};

use crate::settings::Tls;

use made::Made;
pub(crate) use names::has_name;

/// What is shown for new connections.
pub(crate) struct Certificates {
    current: RwLock<Current>,
    /// What was read last, good or bad: only what is new is tried.
    seen: Mutex<Result<Texts, String>>,
    made: Option<Made>,
}

/// A certificate in use.
#[derive(Clone)]
pub(crate) struct Current {
    /// How connections are made.
    pub(crate) config: Arc<ServerConfig>,
    /// When the certificate ends, in time since the epoch.
    pub(crate) expires: Duration,
}

/// What came of reading again.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Renewal {
    /// Nothing has changed.
    Same,
    /// A new certificate is shown.
    Renewed,
    /// Something has changed, is wrong, and was left.
    Refused(String),
}

/// What the files hold.
#[derive(Clone, PartialEq, Eq)]
struct Texts {
    certificate: Vec<u8>,
    key: Vec<u8>,
    client_ca: Option<Vec<u8>>,
}

/// A certificate with its chain and key has a few kilobytes; a bundle of authorities has a few hundred.
const SIZE_LIMIT: u64 = 4 << 20;

impl Certificates {
    /// Reads or makes the first one.
    pub(crate) fn new(tls: &Tls) -> Result<Self, String> {
        let is_made = tls.certificate.is_none() && tls.key.is_none() && !tls.self_signed.is_empty();
        let made = if is_made { Some(made::certificate(&tls.self_signed)?) } else { None };
        let texts = Texts::gather(tls, made.as_ref())?;
        let current = texts.current()?;
        Ok(Self { current: RwLock::new(current), seen: Mutex::new(Ok(texts)), made })
    }

    pub(crate) fn current(&self) -> Current {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The authority of a certificate that was made here, in PEM.
    pub(crate) fn authority(&self) -> Option<&str> {
        self.made.as_ref().map(|made| made.authority.as_str())
    }

    /// Reads the files again. A certificate that was made here stays what it is, but who may ask can change.
    pub(crate) fn renew(&self, tls: &Tls) -> Renewal {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let texts = Texts::gather(tls, self.made.as_ref());
        if texts == *seen {
            return Renewal::Same;
        }
        let current = texts.as_ref().map_err(Clone::clone).and_then(Texts::current);
        *seen = texts;
        match current {
            Ok(current) => {
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = current;
                Renewal::Renewed
            }
            Err(reason) => Renewal::Refused(reason),
        }
    }
}

impl Texts {
    fn gather(tls: &Tls, made: Option<&Made>) -> Result<Self, String> {
        if tls.client_ca.is_none() && !tls.client_names.is_empty() {
            return Err("`client-names` need a `client-ca`, which says whose certificates count".to_owned());
        }
        let (certificate, key) = match (made, &tls.certificate, &tls.key) {
            (Some(made), ..) => (made.certificate.clone(), made.key.clone()),
            (None, Some(certificate), Some(key)) => (read(certificate)?, read(key)?),
            _ => {
                let help = "set `cert` and `key` under `admission.tls`, or have one made with `self-signed`";
                return Err(format!("there is no certificate: {help}"));
            }
        };
        Ok(Self { certificate, key, client_ca: tls.client_ca.as_deref().map(read).transpose()? })
    }

    /// Checks that key and certificate belong together, and that it has not ended.
    fn current(&self) -> Result<Current, String> {
        let chain = certificates(&self.certificate).map_err(|reason| format!("the certificate {reason}"))?;
        // The library's errors repeat no part of a key.
        let key =
            PrivateKeyDer::from_pem_slice(&self.key).map_err(|error| format!("the key cannot be read: {error}"))?;
        let expires = chain.first().and_then(names::not_after).ok_or("the certificate cannot be read")?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        if expires <= now {
            return Err("the certificate has expired".to_owned());
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&version::TLS13])
            .map_err(|error| error.to_string())?;
        let builder = match &self.client_ca {
            Some(authorities) => {
                let mut roots = RootCertStore::empty();
                for authority in
                    certificates(authorities).map_err(|reason| format!("the authority of clients {reason}"))?
                {
                    roots.add(authority).map_err(|error| format!("an authority of clients is wrong: {error}"))?;
                }
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
                builder.with_client_cert_verifier(verifier.map_err(|error| error.to_string())?)
            }
            None => builder.with_no_client_auth(),
        };
        let mut config =
            builder.with_single_cert(chain, key).map_err(|error| format!("certificate and key: {error}"))?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Current { config: Arc::new(config), expires })
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let chain = chain.map_err(|error| format!("cannot be read: {error}"))?;
    if chain.is_empty() { Err("is not in PEM".to_owned()) } else { Ok(chain) }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let size = std::fs::metadata(path).and_then(|metadata| {
        if metadata.len() > SIZE_LIMIT { Err(io::Error::other("it is too large")) } else { Ok(()) }
    });
    size.and_then(|()| std::fs::read(path)).map_err(|error| format!("{}: {error}", path.display()))
}
