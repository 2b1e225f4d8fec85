//! `db update` over TLS, end to end: which servers are trusted, and what happens where they are not.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic in a helper is the failure message")]

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use portcullis_advisories::Timestamp;
use portcullis_advisories::database::Database;
use portcullis_advisories::update::{PUBLISHED_AT, PUBLISHED_KEYS};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

const RECORD: &str = r#"{ "id": "GHSA-aaaa-aaaa-aaaa", "modified": "2026-01-02T03:04:05Z",
"affected": [{ "package": { "ecosystem": "npm", "name": "handle" },
"ranges": [{ "type": "SEMVER", "events": [{ "introduced": "0" }] }] }] }"#;

/// A house's own authority.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// Serves the files of a folder by a certificate for a name, and half of one whose name starts with `half-`.
    fn serve(&self, name: &str, folder: &Path) -> String {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
            .unwrap();
        let (config, folder) = (Arc::new(config), folder.to_owned());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
                // Who does not trust the certificate hangs up.
                _ = answer(StreamOwned::new(connection, stream.unwrap()), &folder);
            }
        });
        address
    }
}

fn answer(mut stream: StreamOwned<ServerConnection, std::net::TcpStream>, folder: &Path) -> std::io::Result<()> {
    let mut lines = BufReader::new(&mut stream).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    drop(lines);
    let name = first.split(' ').nth(1).unwrap_or_default().trim_start_matches('/');
    let body = fs::read(folder.join(name.trim_start_matches("half-")))?;
    let sent = if name == "half-new" { body.len() / 2 } else { body.len() };
    write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len())?;
    stream.write_all(&body[..sent])?;
    stream.flush()
}

/// A folder with `old` and `new`, databases that `key` signed, and the public key.
fn published() -> (PathBuf, String) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("updates");
    _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("record.json"), RECORD).unwrap();
    let keys = minisign::KeyPair::generate_unencrypted_keypair().unwrap();
    for (name, build) in [("old", "1"), ("new", "2")] {
        let built = portcullis(&folder)
            .args(["db", "build", "--osv", "record.json", "--build", build, "-o", name])
            .output()
            .unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        let bytes = fs::read(folder.join(name)).unwrap();
        let signature = minisign::sign(Some(&keys.pk), &keys.sk, &bytes[..], None, None).unwrap();
        fs::write(folder.join(format!("{name}.minisig")), signature.into_string()).unwrap();
    }
    (folder, keys.pk.to_base64())
}

fn portcullis(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.current_dir(folder).env_remove("SSL_CERT_FILE");
    command
}

#[test]
fn a_server_is_trusted_by_the_authorities_that_are_given() {
    let (folder, key) = published();
    let (house, stranger) = (Authority::new("house"), Authority::new("stranger"));
    for (name, text) in [("house.pem", &house.pem), ("stranger.pem", &stranger.pem), ("none.pem", &String::new())] {
        fs::write(folder.join(name), text).unwrap();
    }
    let good = house.serve("localhost", &folder);
    let elsewhere = house.serve("elsewhere.example", &folder);
    let own = folder.join("own.db");
    for (from, given, variable, code, said, now) in [
        (format!("{good}/new"), Some("house.pem"), None, 0, "own.db is new\n", "new"),
        (format!("{good}/new"), None, Some("house.pem"), 0, "own.db is new\n", "new"),
        // What is named counts more than what the environment has.
        (format!("{good}/new"), Some("house.pem"), Some("none.pem"), 0, "own.db is new\n", "new"),
        (format!("{good}/new"), None, None, 2, "nobody that is trusted vouches for its certificate", "old"),
        (format!("{good}/new"), Some("stranger.pem"), None, 2, "name the authority with `--ca-file`", "old"),
        (format!("{elsewhere}/new"), Some("house.pem"), None, 2, "its certificate is not valid: ", "old"),
        (format!("{good}/new"), Some("none.pem"), None, 2, "none.pem has no certificate in PEM", "old"),
        (format!("{good}/new"), Some("missing.pem"), None, 2, "missing.pem: ", "old"),
        // As of a server that is busy: there may be more of it the next time.
        (format!("{good}/half-new"), Some("house.pem"), None, 0, "warning: ", "old"),
    ] {
        fs::copy(folder.join("old"), &own).unwrap();
        let mut update = portcullis(&folder);
        update.args(["db", "update", "--from", &from, "--key", &key, "-o", "own.db"]);
        update.args(given.iter().flat_map(|given| ["--ca-file", given]));
        update.envs(variable.map(|variable| ("SSL_CERT_FILE", variable)));
        let output = update.output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        let case = format!("{from} {given:?} {variable:?}: {stderr}");
        assert_eq!(output.status.code(), Some(code), "{case}");
        assert!(stderr.contains(said), "{case}");
        assert_eq!(stderr.contains("stays"), now == "old", "{case}");
        assert_eq!(fs::read(&own).unwrap(), fs::read(folder.join(now)).unwrap(), "{case}");
    }
}

/// Without `--from` and `--key` it is the project's own database, as database.yml publishes it.
#[test]
fn the_projects_database_is_the_default() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("updates-default");
    _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("record.json"), RECORD).unwrap();
    let built = portcullis(&folder).args(["db", "build", "--osv", "record.json", "-o", "a.db"]).status().unwrap();
    assert!(built.success());
    let schema = Database::open(&folder.join("a.db"), Timestamp(0)).unwrap().header().schema;
    let name = PUBLISHED_AT.rsplit('/').next().unwrap();
    assert_eq!(name, format!("advisories-{schema}.db"), "a program fetches what it can read");
    let workflow =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(".github/workflows/database.yml")).unwrap();
    assert!(workflow.contains(&format!("\n  DATABASE: {name}\n")), "what is fetched is published");
    for key in PUBLISHED_KEYS {
        assert!(minisign::PublicKey::from_base64(key).is_ok(), "{key}");
    }
    if PUBLISHED_KEYS.is_empty() {
        let output = portcullis(&folder).args(["db", "update", "-o", "own.db"]).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(stderr.contains("has no public key of the project's database"), "{stderr}");
        assert!(stderr.contains("--key"), "{stderr}");
        assert!(!folder.join("own.db").exists());
    }
}
