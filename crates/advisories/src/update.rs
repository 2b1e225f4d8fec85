//! A newer database in the place of the one that is there: the only part of the program that asks the network.
//!
//! What comes is signed by a key that the program knows or was given, so that it does not matter who serves it. It is
//! opened and checked to the last byte before it takes the old one's place, and an older build is never taken for an
//! update. Whatever goes wrong, the database that is there stays.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use minisign_verify::{PublicKey, Signature};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

use crate::database::Database;
use crate::{Error, Timestamp};

/// Where the project publishes its database every day. The number is that of the format (`Header::schema`): a
/// program of another format has an address of its own, and never fetches what it cannot read.
pub const PUBLISHED_AT: &str = "https://github.com/portcullis/portcullis/releases/download/advisories/advisories-2.db";

/// The public keys, as minisign prints them, one of which signs what is at [`PUBLISHED_AT`]. docs/database.md says how the key
/// is made and changed: while it changes there are two, the old one and the new one. There is none before the key is made,
/// and an update then wants to be given one.
pub const PUBLISHED_KEYS: &[&str] = &[];

/// The most bytes of a database; ten times what is known of all ecosystems today.
const LIMIT: u64 = 1024 * 1024 * 1024;

/// The most bytes of a signature.
const SIGNATURE_LIMIT: u64 = 16 * 1024;

/// What an update does.
#[derive(Clone, Debug)]
pub struct Update<'u> {
    /// An address that starts with `https:` (`http:` only on the machine itself), or a path. Its signature lies beside it,
    /// with `.minisig` behind the name.
    pub from: &'u str,
    /// Public keys as minisign prints them, one of which made the signature.
    pub keys: &'u [String],
    /// Certificates in PEM: only what they vouch for is trusted then. `None`: those that browsers trust.
    pub authorities: Option<&'u Path>,
    /// The file to replace.
    pub target: &'u Path,
    /// When it is.
    pub now: Timestamp,
}

/// How an update ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Updated {
    /// There is a newer database now.
    Replaced,
    /// What is there is the newest.
    Current,
}

/// Why there is no newer database.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// What was named is neither an address nor a path that can be used.
    #[error("{0} is not fetched: only https: is, and http: on this machine")]
    Insecure(String),
    /// It could not be fetched.
    #[error("{url} cannot be fetched: {reason}")]
    Fetch {
        /// What.
        url: String,
        /// Why.
        reason: String,
    },
    /// Whoever answers is not known to be who was asked.
    #[error("{url} is not trusted: {reason}")]
    Untrusted {
        /// What was asked for.
        url: String,
        /// Why.
        reason: String,
    },
    /// A file of certificates has none.
    #[error("{0} has no certificate in PEM")]
    NoCertificate(PathBuf),
    /// A file cannot be read or written.
    #[error("{path}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A key is none.
    #[error("`{0}` is not a public key of minisign")]
    Key(String),
    /// There is no key to check the signature by.
    #[error("there is no public key to check {0} by")]
    NoKey(String),
    /// The signature is not of one of the keys, or not of these bytes.
    #[error("the signature of {0} does not hold")]
    Signature(String),
    /// It cannot be used.
    #[error(transparent)]
    Database(#[from] Error),
    /// It was built before the one that is there.
    #[error("{from} has build {offered}, the database that is there has build {own}: an older one is never taken")]
    Rollback {
        /// Where it came from.
        from: String,
        /// Its build.
        offered: u64,
        /// The build that is there.
        own: u64,
    },
}

impl UpdateError {
    /// Whether nothing is wrong with what was offered: it could only not be had now.
    pub const fn is_temporary(&self) -> bool {
        matches!(self, Self::Fetch { .. })
    }
}

impl Update<'_> {
    /// Runs it.
    pub fn run(&self) -> Result<Updated, UpdateError> {
        if self.keys.is_empty() {
            return Err(UpdateError::NoKey(self.from.to_owned()));
        }
        let authorities = self.authorities.map(certificates).transpose()?;
        let web = Web { authorities };
        let own = self.target.exists().then(|| Database::open(self.target, Timestamp(i64::MIN)).ok()).flatten();
        let own = own.map(|database| database.header().build);
        let tag = own.and_then(|_| self.tag());
        let Some((bytes, tag)) = self.fetch(&web, tag.as_deref())? else { return Ok(Updated::Current) };
        let signature = self.fetch_signature(&web)?;
        self.verify(&bytes, &signature)?;
        let temporary =
            beside(self.target, &bytes).map_err(|source| UpdateError::File { path: self.target.to_owned(), source })?;
        let accepted = self.accept(&temporary, own);
        let ended = match accepted {
            Ok(Updated::Replaced) => fs::rename(&temporary, self.target)
                .map(|()| Updated::Replaced)
                .map_err(|source| UpdateError::File { path: self.target.to_owned(), source }),
            other => other,
        };
        if !matches!(ended, Ok(Updated::Replaced)) {
            _ = fs::remove_file(&temporary);
        }
        if ended.is_ok() {
            self.remember(tag.as_deref());
        }
        ended
    }

    /// Opens the new file, and compares it with what is there.
    fn accept(&self, new: &Path, own: Option<u64>) -> Result<Updated, UpdateError> {
        let database = Database::open(new, self.now)?;
        database.verify()?;
        let offered = database.header().build;
        match own {
            Some(own) if offered < own => Err(UpdateError::Rollback { from: self.from.to_owned(), offered, own }),
            Some(own) if offered == own => Ok(Updated::Current),
            _ => Ok(Updated::Replaced),
        }
    }

    fn verify(&self, bytes: &[u8], signature: &str) -> Result<(), UpdateError> {
        let wrong = || UpdateError::Signature(self.from.to_owned());
        let signature = Signature::decode(signature).map_err(|_| wrong())?;
        let mut held = false;
        for key in self.keys {
            let key = public_key(key)?;
            held |= key.verify(bytes, &signature, false).is_ok();
        }
        if held { Ok(()) } else { Err(wrong()) }
    }

    /// What is there; `None` where the server says that nothing has changed.
    fn fetch(&self, web: &Web, tag: Option<&str>) -> Result<Option<Fetched>, UpdateError> {
        if is_address(self.from) {
            web.get(self.from, tag, LIMIT)
        } else {
            Ok(Some((read(Path::new(self.from))?, None)))
        }
    }

    fn fetch_signature(&self, web: &Web) -> Result<String, UpdateError> {
        let from = format!("{}.minisig", self.from);
        let bytes = if is_address(&from) {
            web.get(&from, None, SIGNATURE_LIMIT)?.map_or_else(Vec::new, |(bytes, _)| bytes)
        } else {
            read(Path::new(&from))?
        };
        String::from_utf8(bytes).map_err(|_| UpdateError::Signature(self.from.to_owned()))
    }

    /// The file beside the database that keeps the server's tag of it.
    fn tag_path(&self) -> PathBuf {
        let mut path = self.target.as_os_str().to_owned();
        path.push(".etag");
        PathBuf::from(path)
    }

    /// The tag that this address gave to what is there.
    fn tag(&self) -> Option<String> {
        let kept = fs::read_to_string(self.tag_path()).ok()?;
        let (from, tag) = kept.split_once('\n')?;
        (from == self.from).then(|| tag.trim_end().to_owned())
    }

    /// Without a tag the next update fetches everything, which is slower and no more.
    fn remember(&self, tag: Option<&str>) {
        match tag {
            Some(tag) => _ = fs::write(self.tag_path(), format!("{}\n{tag}\n", self.from)),
            None => _ = fs::remove_file(self.tag_path()),
        }
    }
}

/// Puts a file in its place at once: whoever reads it meanwhile reads the old one to its end.
pub fn put(target: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = beside(target, bytes)?;
    let put = fs::rename(&temporary, target);
    if put.is_err() {
        // What is left of it helps nobody.
        _ = fs::remove_file(&temporary);
    }
    put
}

/// Writes a new file beside a path, so that taking its place is one step.
fn beside(target: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let path = folder.join(format!(".{name}.{}", std::process::id()));
    let write = || {
        fs::create_dir_all(folder)?;
        let mut file = fs::File::create(&path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    if let Err(error) = write() {
        _ = fs::remove_file(&path);
        return Err(error);
    }
    Ok(path)
}

/// The bytes of an answer, and the tag that the server gives them.
type Fetched = (Vec<u8>, Option<String>);

/// A key as minisign prints it, alone or as the file of two lines.
fn public_key(text: &str) -> Result<PublicKey, UpdateError> {
    let last = text.trim().lines().last().unwrap_or_default().trim();
    PublicKey::from_base64(last).map_err(|_| UpdateError::Key(text.trim().to_owned()))
}

fn is_address(from: &str) -> bool {
    from.contains("://")
}

fn read(path: &Path) -> Result<Vec<u8>, UpdateError> {
    fs::read(path).map_err(|source| UpdateError::File { path: path.to_owned(), source })
}

/// The certificates of a file, which may hold other things.
fn certificates(path: &Path) -> Result<RootCerts, UpdateError> {
    let pem = read(path)?;
    let found: Vec<Certificate<'_>> = parse_pem(&pem)
        .filter_map(|item| if let Ok(PemItem::Certificate(certificate)) = item { Some(certificate) } else { None })
        .collect();
    if found.is_empty() { Err(UpdateError::NoCertificate(path.to_owned())) } else { Ok(found.into()) }
}

/// What is asked over the network.
struct Web {
    authorities: Option<RootCerts>,
}

impl Web {
    /// Fetches an address; `None` where the server says that nothing has changed since it gave the tag.
    fn get(&self, url: &str, tag: Option<&str>, limit: u64) -> Result<Option<Fetched>, UpdateError> {
        let is_local =
            ["http://localhost:", "http://127.0.0.1:", "http://[::1]:"].iter().any(|start| url.starts_with(start));
        if !is_local && !url.starts_with("https://") {
            return Err(UpdateError::Insecure(url.to_owned()));
        }
        let failed = |reason: String| UpdateError::Fetch { url: url.to_owned(), reason };
        let broken = |error: ureq::Error| match distrust(&error) {
            Some(reason) => UpdateError::Untrusted { url: url.to_owned(), reason },
            None => failed(error.to_string()),
        };
        let roots = self.authorities.clone().unwrap_or(RootCerts::WebPki);
        let agent = ureq::Agent::config_builder()
            // An answer from elsewhere is as good, the signature tells; but nobody on the way is to see what is asked for.
            .https_only(!is_local)
            .http_status_as_error(false)
            .max_redirects(5)
            .timeout_connect(Some(Duration::from_secs(20)))
            .timeout_global(Some(Duration::from_mins(10)))
            .user_agent(concat!("portcullis/", env!("CARGO_PKG_VERSION")))
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .build()
            .new_agent();
        let mut request = agent.get(url);
        if let Some(tag) = tag {
            request = request.header("If-None-Match", tag);
        }
        let mut response = request.call().map_err(broken)?;
        match response.status().as_u16() {
            200 => {}
            304 if tag.is_some() => return Ok(None),
            status => return Err(failed(format!("the server answered with status {status}"))),
        }
        let tag = response.headers().get("etag").and_then(|tag| tag.to_str().ok()).map(str::to_owned);
        let bytes = response.body_mut().with_config().limit(limit).read_to_vec().map_err(broken)?;
        Ok(Some((bytes, tag)))
    }
}

/// Why a server's certificate is not taken, where that is what went wrong.
fn distrust(error: &ureq::Error) -> Option<String> {
    const SIGN: &str = "invalid peer certificate: ";
    let text = error.to_string();
    let (_, reason) = text.split_once(SIGN)?;
    Some(match reason {
        "UnknownIssuer" => "nobody that is trusted vouches for its certificate; of a house of its own name the \
                            authority with `--ca-file`"
            .to_owned(),
        other => format!("its certificate is not valid: {other}"),
    })
}
