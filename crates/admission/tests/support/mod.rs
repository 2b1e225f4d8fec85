//! A server with a decider of the test's, and a client that speaks HTTPS with it.

use std::convert::Infallible;
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt as _, Either, Full};
use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::client::conn::{http1, http2};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use portcullis_admission::decide::{Decider, Decision};
use portcullis_admission::review::Request as Review;
use portcullis_admission::settings::Settings;
use portcullis_admission::{LoadError, Loaded, Options, Server, Signals, Source};
use portcullis_engine::config::Admission;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// A decider that is a function.
pub(crate) struct Judge<F>(pub(crate) F);

impl<F: Fn(&str, &Review, Instant) -> Decision + Send + Sync> Decider for Judge<F> {
    fn decide(&self, profile: &str, request: &Review, deadline: Instant) -> Decision {
        (self.0)(profile, request, deadline)
    }
}

pub(crate) fn judge(decide: impl Fn(&str, &Review) -> Decision + Send + Sync + 'static) -> Arc<dyn Decider> {
    Arc::new(Judge(move |profile: &str, request: &Review, _: Instant| decide(profile, request)))
}

/// A source that loads by a function.
pub(crate) struct Loads<F>(pub(crate) F);

impl<F: Fn() -> Result<Loaded, LoadError> + Send + Sync> Source for Loads<F> {
    fn load(&self) -> Result<Loaded, LoadError> {
        (self.0)()
    }
}

/// The defaults on any free ports, with a certificate of its own and short times.
pub(crate) fn settings() -> Settings {
    let mut settings = Settings::new(&Admission::default(), Path::new("/"), None);
    settings.listen = "127.0.0.1:0".parse().unwrap();
    settings.metrics_listen = settings.listen;
    settings.tls.self_signed = vec!["localhost".to_owned()];
    settings.limits.workers = 2;
    settings.limits.shutdown_delay = Duration::from_millis(1);
    settings
}

pub(crate) fn start(settings: Settings, decider: Arc<dyn Decider>) -> Server {
    start_with(move || Ok(Loaded { settings: settings.clone(), decider: Arc::clone(&decider), watched: Vec::new() }))
}

pub(crate) fn start_with(load: impl Fn() -> Result<Loaded, LoadError> + Send + Sync + 'static) -> Server {
    start_logging(load, Box::new(std::io::sink()))
}

pub(crate) fn start_logging(
    load: impl Fn() -> Result<Loaded, LoadError> + Send + Sync + 'static,
    log: Box<dyn Write + Send>,
) -> Server {
    let options =
        Options { source: Arc::new(Loads(load)), log, poll: Duration::from_millis(5), signals: Signals::Left };
    Server::start(options).unwrap()
}

pub(crate) fn stop(server: Server) {
    server.stop();
    server.wait();
}

/// Asks again and again until it is so.
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_mins(1);
    while !is_so() {
        assert!(Instant::now() < end, "never: {what}");
        std::thread::yield_now();
    }
}

/// Ends what runs beside a test when it is dropped, also by a failure.
pub(crate) struct Ends<'a>(&'a AtomicBool);

impl<'a> Ends<'a> {
    pub(crate) fn when_dropped(end: &'a AtomicBool) -> Self {
        Self(end)
    }
}

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What threads wait at until the test opens it.
#[derive(Default)]
pub(crate) struct Gate {
    state: Mutex<(usize, bool)>,
    changed: Condvar,
}

impl Gate {
    pub(crate) fn pass(&self) {
        let mut state = self.state.lock().unwrap();
        state.0 += 1;
        self.changed.notify_all();
        drop(self.changed.wait_while(state, |state| !state.1).unwrap());
    }

    pub(crate) fn wait_for(&self, threads: usize) {
        drop(self.changed.wait_while(self.state.lock().unwrap(), |state| state.0 < threads).unwrap());
    }

    pub(crate) fn open(&self) {
        self.state.lock().unwrap().1 = true;
        self.changed.notify_all();
    }
}

/// A review of a pod with this name.
pub(crate) fn pod(name: &str) -> String {
    review(name, &json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": name } }).to_string())
}

/// A review of an object, which may be any text.
pub(crate) fn review(uid: &str, object: &str) -> String {
    format!(
        r#"{{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{{"uid":"{uid}","kind":{{"group":"","version":"v1","kind":"Pod"}},"resource":{{"group":"","version":"v1","resource":"pods"}},"name":"{uid}","namespace":"shop","operation":"CREATE","userInfo":{{"username":"ann","groups":["dev"]}},"object":{object},"oldObject":null,"dryRun":false,"options":{{"kind":"CreateOptions","apiVersion":"meta.k8s.io/v1"}}}}}}"#
    )
}

/// Who asks.
#[derive(Clone)]
pub(crate) struct Client {
    address: SocketAddr,
    tls: Arc<ClientConfig>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Http {
    One,
    Two,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) retry_after: Option<String>,
    pub(crate) text: String,
}

impl Answer {
    /// The response of the review that it is.
    pub(crate) fn response(&self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{self:?}");
        let review: Value = serde_json::from_str(&self.text).unwrap();
        assert_eq!(
            (&review["apiVersion"], &review["kind"]),
            (&json!("admission.k8s.io/v1"), &json!("AdmissionReview"))
        );
        review["response"].clone()
    }
}

impl Client {
    /// For a server that made its certificate.
    pub(crate) fn of(server: &Server) -> Self {
        Self::new(server.address(), server.authority().unwrap(), None)
    }

    pub(crate) fn new(address: SocketAddr, authority: &str, own: Option<&Identity>) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(authority.as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_root_certificates(roots);
        let tls = match own {
            Some(own) => {
                let chain = vec![CertificateDer::from_pem_slice(own.certificate.as_bytes()).unwrap()];
                builder.with_client_auth_cert(chain, PrivateKeyDer::from_pem_slice(own.key.as_bytes()).unwrap())
            }
            None => Ok(builder.with_no_client_auth()),
        };
        Self { address, tls: Arc::new(tls.unwrap()) }
    }

    /// A connection and nothing on it yet.
    pub(crate) async fn connect(&self, http: Http) -> std::io::Result<TlsStream<TcpStream>> {
        let mut tls = ClientConfig::clone(&self.tls);
        tls.alpn_protocols = vec![match http {
            Http::One => b"http/1.1".to_vec(),
            Http::Two => b"h2".to_vec(),
        }];
        let stream = TcpStream::connect(self.address).await?;
        // Else a request of several pieces waits for the acknowledgement of the first.
        stream.set_nodelay(true)?;
        TlsConnector::from(Arc::new(tls)).connect(ServerName::try_from("localhost").unwrap(), stream).await
    }

    /// Sends one review over a connection of its own.
    pub(crate) async fn send(&self, http: Http, path: &str, body: impl Into<Bytes>) -> Result<Answer, String> {
        self.open(http).await?.ask(path, body).await
    }

    /// A connection that is kept.
    pub(crate) async fn open(&self, http: Http) -> Result<Open, String> {
        let stream = self.connect(http).await.map_err(|error| error.to_string())?;
        Ok(match http {
            Http::One => {
                let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(shown)?;
                tokio::spawn(connection);
                Open::One(sender)
            }
            Http::Two => {
                let (sender, connection) =
                    http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.map_err(shown)?;
                tokio::spawn(connection);
                Open::Two(sender)
            }
        })
    }

    /// Sends one review and waits for the answer.
    pub(crate) fn post(&self, path: &str, body: impl Into<Bytes>) -> Answer {
        block_on(self.send(Http::Two, path, body)).unwrap()
    }
}

/// A connection on which one review after the other is sent.
pub(crate) enum Open {
    One(http1::SendRequest<Sent>),
    Two(http2::SendRequest<Sent>),
}

/// The whole of a body, or its start where the rest never comes.
type Sent = Either<Full<Bytes>, Start>;

impl Open {
    pub(crate) async fn ask(&mut self, path: &str, body: impl Into<Bytes>) -> Result<Answer, String> {
        let request = post(path, Either::Left(Full::new(body.into())));
        let response = match self {
            Self::One(sender) => {
                sender.ready().await.map_err(shown)?;
                sender.send_request(request).await
            }
            Self::Two(sender) => {
                sender.ready().await.map_err(shown)?;
                sender.send_request(request).await
            }
        };
        read(response).await
    }

    /// Announces a body of so many bytes on a stream of its own, of which the first alone comes.
    #[allow(dead_code, reason = "one process alone asks for it")]
    pub(crate) fn announce(&self, path: &str, length: u64) -> impl Future<Output = Result<Answer, String>> + use<> {
        let Self::Two(sender) = self else { panic!("there are no streams") };
        let (mut sender, mut request) =
            (sender.clone(), post(path, Either::Right(Start(Some(Bytes::from_static(b"{"))))));
        request.headers_mut().insert("content-length", length.into());
        async move { read(sender.send_request(request).await).await }
    }

    /// Sends a review on a stream of its own.
    pub(crate) fn ask_beside(&self, path: &str, body: Bytes) -> impl Future<Output = Result<Answer, String>> + use<> {
        let Self::Two(sender) = self else { panic!("there are no streams") };
        let (mut sender, request) = (sender.clone(), post(path, Either::Left(Full::new(body))));
        async move { read(sender.send_request(request).await).await }
    }

    /// Sends the start of a review on a stream of its own, and waits for the answer all the same.
    pub(crate) fn stall(&self, path: &str, start: Vec<u8>) -> impl Future<Output = Result<Answer, String>> + use<> {
        let Self::Two(sender) = self else { panic!("there are no streams") };
        let (mut sender, request) = (sender.clone(), post(path, Either::Right(Start(Some(start.into())))));
        async move { read(sender.send_request(request).await).await }
    }
}

/// A body that does not go on after its first piece.
pub(crate) struct Start(Option<Bytes>);

impl Body for Start {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.take().map_or(Poll::Pending, |start| Poll::Ready(Some(Ok(Frame::data(start)))))
    }
}

fn post(path: &str, body: Sent) -> Request<Sent> {
    Request::post(format!("https://localhost{path}"))
        .header("host", "localhost")
        .header("content-type", "application/json")
        .body(body)
        .unwrap()
}

async fn read(response: hyper::Result<Response<Incoming>>) -> Result<Answer, String> {
    let response = response.map_err(shown)?;
    let retry_after = response.headers().get("retry-after").map(|it| it.to_str().unwrap().to_owned());
    let status = response.status();
    let body = response.into_body().collect().await.map_err(shown)?.to_bytes();
    Ok(Answer { status, retry_after, text: String::from_utf8(body.to_vec()).unwrap() })
}

#[allow(clippy::needless_pass_by_value, reason = "what `map_err` hands over")]
fn shown(error: hyper::Error) -> String {
    format!("{error:?}")
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// What the second port says about a path.
pub(crate) fn status(server: &Server, path: &str) -> (u16, String) {
    use std::io::{Read as _, Write as _};
    let mut stream = std::net::TcpStream::connect(server.metrics_address()).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let code = text.split(' ').nth(1).unwrap().parse().unwrap();
    (code, text.split_once("\r\n\r\n").unwrap().1.to_owned())
}

/// The value of a metric, by its name and labels as they are written; 0 where it is not there yet.
pub(crate) fn metric(server: &Server, name: &str) -> f64 {
    let (_, text) = status(server, "/metrics");
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("portcullis_admission_{name} ")));
    line.map_or(0.0, |value| value.parse().unwrap())
}

/// A certificate and its key in PEM.
pub(crate) struct Identity {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

/// Who signs certificates.
pub(crate) struct Authority {
    pub(crate) pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "an authority");
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { pem, issuer: Issuer::new(params, key) }
    }

    /// A certificate for a DNS name, with another common name.
    pub(crate) fn identity(&self, dns: &str, common: &str) -> Identity {
        self.issue(dns, common, |_| {})
    }

    pub(crate) fn issue(&self, dns: &str, common: &str, edit: impl FnOnce(&mut CertificateParams)) -> Identity {
        let mut params = CertificateParams::new(vec![dns.to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, common);
        edit(&mut params);
        let key = KeyPair::generate().unwrap();
        Identity { certificate: params.signed_by(&key, &self.issuer).unwrap().pem(), key: key.serialize_pem() }
    }
}

/// An empty folder for one test.
pub(crate) fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("admission").join(name);
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}

/// What is written to a log.
#[derive(Clone, Default)]
pub(crate) struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
