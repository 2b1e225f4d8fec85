//! One connection to the port of reviews: its handshake, who is at the other end, and when it has been quiet for too long.

use std::convert::Infallible;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use serde_json::json;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::http;
use crate::log::Level;
use crate::server::{Phase, Shared};
use crate::tls::has_name;

/// How long a connection is kept on which nothing is asked. API servers keep theirs, and open another where one is closed.
pub(crate) const IDLE: Duration = Duration::from_secs(90);
/// Reviews at once on one connection; API servers open another one past it.
const STREAMS: u32 = 250;
/// What is buffered of bodies that nobody has read yet, for each stream and each connection.
const WINDOW: u32 = 1 << 18;
/// Bytes of a request's head, and of what is read of a body at once.
const HEAD: usize = 64 << 10;

/// Serves one connection to its end.
pub(crate) async fn serve(shared: &Arc<Shared>, stream: TcpStream) {
    let settings = &shared.reloader.current().settings;
    // Answers are small, and the other end waits for them.
    let _ = stream.set_nodelay(true);
    let acceptor = TlsAcceptor::from(shared.certificates.current().config);
    let Ok(Ok(stream)) = timeout(settings.limits.handshake_timeout, acceptor.accept(stream)).await else {
        shared.metrics.handshakes_failed.fetch_add(1, Ordering::Relaxed);
        return;
    };
    let (_, session) = stream.get_ref();
    let names = &settings.tls.client_names;
    let client = session.peer_certificates().and_then(<[_]>::first);
    if !names.is_empty() && !client.is_some_and(|certificate| has_name(certificate, names)) {
        shared.metrics.handshakes_failed.fetch_add(1, Ordering::Relaxed);
        shared.log.line(Level::Warn, "client refused: its certificate has none of the names", json!({}));
        return;
    }
    let is_http2 = session.alpn_protocol() == Some(b"h2");
    let activity = Arc::new(Activity::new(settings.limits.header_timeout));
    if is_http2 { http2(shared, stream, activity).await } else { http1(shared, stream, activity).await }
}

/// Drives a connection: until it ends, until it has been quiet for too long, or until the server ends and it has finished what is open.
macro_rules! drive {
    ($shared:ident, $activity:ident, $connection:ident) => {{
        tokio::pin!($connection);
        let is_last = tokio::select! {
            _ = $connection.as_mut() => return,
            () = $shared.reached(Phase::Draining) => false,
            () = $activity.quiet() => true,
        };
        $connection.as_mut().graceful_shutdown();
        if is_last {
            let _ = timeout(GOODBYE, $connection).await;
        } else {
            let _ = $connection.await;
        }
    }};
}

/// How long a quiet client gets to read that this was all.
const GOODBYE: Duration = Duration::from_secs(1);

async fn http1(shared: &Arc<Shared>, stream: TlsStream<TcpStream>, activity: Arc<Activity>) {
    let service = service_fn(|request| {
        let open = Activity::begin(&activity);
        let shared = Arc::clone(shared);
        async move {
            let response = http::answer(&shared, request).await;
            drop(open);
            Ok::<_, Infallible>(response)
        }
    });
    // The library's own limit on heads runs on connections that only wait, too.
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(None)
        .max_buf_size(HEAD)
        .serve_connection(TokioIo::new(stream), service);
    drive!(shared, activity, connection);
}

async fn http2(shared: &Arc<Shared>, stream: TlsStream<TcpStream>, activity: Arc<Activity>) {
    let service = service_fn(|request| {
        let open = Activity::begin(&activity);
        let shared = Arc::clone(shared);
        async move {
            let response = http::answer(&shared, request).await;
            drop(open);
            Ok::<_, Infallible>(response)
        }
    });
    let connection = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(WINDOW)
        .max_header_list_size(HEAD_LIST)
        .keep_alive_interval(Duration::from_secs(30))
        .keep_alive_timeout(Duration::from_secs(10))
        .serve_connection(TokioIo::new(stream), service);
    drive!(shared, activity, connection);
}

/// Bytes of the head of a request over HTTP/2.
const HEAD_LIST: u32 = 16 << 10;

/// Whether something is asked, and when that was last so.
pub(crate) struct Activity {
    state: Mutex<State>,
}

struct State {
    open: usize,
    /// When a connection on which nothing is asked is closed.
    until: Instant,
}

/// A request that is not answered yet.
pub(crate) struct Open(Arc<Activity>);

impl Activity {
    /// Who opens a connection has something to ask: its first request has to come soon.
    pub(crate) fn new(first: Duration) -> Self {
        Self { state: Mutex::new(State { open: 0, until: Instant::now() + first }) }
    }

    pub(crate) fn begin(this: &Arc<Self>) -> Open {
        let mut state = this.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.open = state.open.saturating_add(1);
        Open(Arc::clone(this))
    }

    /// Ends when the connection has been quiet for too long.
    pub(crate) async fn quiet(&self) {
        loop {
            let until = {
                let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
                if state.open > 0 { Instant::now() + IDLE } else { state.until }
            };
            if until <= Instant::now() {
                return;
            }
            sleep_until(until).await;
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.open = state.open.saturating_sub(1);
        state.until = Instant::now() + IDLE;
    }
}
