//! The second port: health, readiness and metrics, without TLS and without anything that a review said.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;

use crate::http::text;
use crate::server::{Phase, Shared};

/// A probe asks at once; a scraper that keeps its connection asks again or opens another.
const QUIET: Duration = Duration::from_mins(1);

/// Serves one connection to its end.
pub(crate) async fn serve(shared: &Arc<Shared>, stream: TcpStream) {
    let service = service_fn(|request: Request<Incoming>| {
        let response = answer(shared, &request);
        async move { Ok::<_, Infallible>(response) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(QUIET)
        .serve_connection(TokioIo::new(stream), service);
    let _ = connection.await;
}

fn answer(shared: &Shared, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return text(StatusCode::METHOD_NOT_ALLOWED, "only GET is served here\n".to_owned());
    }
    match request.uri().path() {
        "/healthz" => text(StatusCode::OK, "ok\n".to_owned()),
        "/readyz" => ready(shared),
        "/metrics" => {
            let mut response = text(StatusCode::OK, shared.metrics.render(&shared.gauges()));
            let kind = hyper::header::HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
            response.headers_mut().insert(hyper::header::CONTENT_TYPE, kind);
            response
        }
        _ => text(StatusCode::NOT_FOUND, "there are /healthz, /readyz and /metrics\n".to_owned()),
    }
}

/// A set that was refused leaves the last good one in use: the server is as ready as before, and says what is wrong.
fn ready(shared: &Shared) -> Response<Full<Bytes>> {
    let generation = shared.reloader.current().generation;
    let reload = match shared.reloader.failure() {
        None => "ok".to_owned(),
        Some(reason) => format!("refused, the last good one stays: {}", reason.lines().next().unwrap_or_default()),
    };
    let is_ready = shared.phase() == Phase::Serving;
    let (status, word) =
        if is_ready { (StatusCode::OK, "ready") } else { (StatusCode::SERVICE_UNAVAILABLE, "shutting down") };
    text(status, format!("{word}\nconfiguration {generation}: {reload}\n"))
}
