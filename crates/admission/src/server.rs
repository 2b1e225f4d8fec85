//! The server: it starts, keeps itself up to date, and ends.
//!
//! The end comes in three steps: it says that it is not ready and still takes reviews, because the cluster learns of it with a delay;
//! it takes no new connections and finishes what is open; it is gone.

use std::collections::VecDeque;
use std::io::Write;
use std::net::{SocketAddr, TcpListener as Socket};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Semaphore, watch};
use tokio::task::{AbortHandle, JoinHandle, JoinSet};
use tokio::time::timeout;

use crate::budget::Budget;
use crate::log::{Level, Log};
use crate::metrics::{Gauges, Metrics, Reloads};
use crate::pool::Pool;
use crate::reload::{LoadError, Reload, Reloader, Source};
use crate::tls::{Certificates, Renewal};
use crate::{connection, status};

/// What a server is made of.
pub struct Options {
    /// Where configuration and policies come from.
    pub source: Arc<dyn Source>,
    /// Where lines about what happens go.
    pub log: Box<dyn Write + Send>,
    /// How often files are looked at.
    pub poll: Duration,
    /// Whether the signals of the process end it.
    pub signals: Signals,
}

/// Whether the signals of the process end the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signals {
    /// SIGTERM and SIGINT do.
    Obeyed,
    /// Only [`Server::stop`] does.
    Left,
}

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Configuration or policies cannot be used.
    #[error("{0}")]
    Load(#[from] LoadError),
    /// There is no certificate, or it cannot be used.
    #[error("{0}")]
    Certificate(String),
    /// An address cannot be listened on.
    #[error("cannot listen on {address}: {reason}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The system's words.
        reason: String,
    },
    /// The system gives no threads or signals.
    #[error("cannot start: {0}")]
    System(#[from] std::io::Error),
}

/// A server that runs.
pub struct Server {
    shared: Arc<Shared>,
    runtime: Runtime,
    main: JoinHandle<()>,
    address: SocketAddr,
    metrics_address: SocketAddr,
}

/// What every connection needs.
pub(crate) struct Shared {
    pub(crate) reloader: Reloader,
    pub(crate) certificates: Certificates,
    pub(crate) pool: Pool,
    pub(crate) budget: Arc<Budget>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) log: Log,
    phase: watch::Sender<Phase>,
}

/// How far the server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    Serving,
    /// Not ready, and still serving.
    Leaving,
    /// What is open is finished.
    Draining,
}

impl Server {
    /// Starts one. It serves when this returns.
    pub fn start(options: Options) -> Result<Self, ServeError> {
        let reloader = Reloader::new(options.source)?;
        let serving = reloader.current();
        let settings = &serving.settings;
        let certificates = Certificates::new(&settings.tls).map_err(ServeError::Certificate)?;
        let log = Log::new(options.log)?;
        let pool = Pool::new(settings.limits.workers, settings.limits.queue)?;
        let (socket, address) = listen(settings.listen)?;
        let (metrics_socket, metrics_address) = listen(settings.metrics_listen)?;
        let shared = Arc::new(Shared {
            reloader,
            certificates,
            pool,
            budget: Budget::new(settings.limits.in_flight_bytes),
            metrics: Arc::default(),
            log,
            phase: watch::Sender::new(Phase::Serving),
        });
        // Reading and writing is little work beside judging.
        let runtime = Builder::new_multi_thread()
            .worker_threads(settings.limits.workers.clamp(1, 4))
            .thread_name("serve")
            .enable_all()
            .build()?;
        let main = {
            let _inside = runtime.enter();
            let reviews = TcpListener::from_std(socket)?;
            let metrics = TcpListener::from_std(metrics_socket)?;
            let stop = match options.signals {
                Signals::Obeyed => Some(signals::Ends::new()?),
                Signals::Left => None,
            };
            runtime.spawn(run(Arc::clone(&shared), Listeners { reviews, metrics }, options.poll, stop))
        };
        shared.log.line(
            Level::Info,
            "serving",
            json!({ "address": address.to_string(), "metrics": metrics_address.to_string() }),
        );
        Ok(Self { shared, runtime, main, address, metrics_address })
    }

    /// Where reviews are taken.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where health and metrics are served.
    pub fn metrics_address(&self) -> SocketAddr {
        self.metrics_address
    }

    /// The authority of the certificate in PEM, where that was made at the start.
    pub fn authority(&self) -> Option<&str> {
        self.shared.certificates.authority()
    }

    /// The same as the `caBundle` of a webhook's configuration has it.
    pub fn ca_bundle(&self) -> Option<String> {
        self.authority().map(|pem| BASE64_STANDARD.encode(pem))
    }

    /// Begins the end.
    pub fn stop(&self) {
        self.shared.advance(Phase::Leaving);
    }

    /// Begins the end without waiting for the cluster to learn of it.
    pub fn stop_now(&self) {
        self.shared.advance(Phase::Draining);
    }

    /// Waits for the end.
    pub fn wait(self) {
        // A task that panicked has ended as well.
        let _ = self.runtime.block_on(self.main);
        self.runtime.shutdown_timeout(Duration::from_millis(100));
        self.shared.log.close();
    }
}

impl Shared {
    pub(crate) fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    /// Ends when the server is that far.
    pub(crate) async fn reached(&self, phase: Phase) {
        let _ = self.phase.subscribe().wait_for(|now| *now >= phase).await;
    }

    fn advance(&self, to: Phase) {
        self.phase.send_if_modified(|phase| {
            let is_later = *phase < to;
            *phase = (*phase).max(to);
            is_later
        });
    }

    pub(crate) fn gauges(&self) -> Gauges {
        Gauges {
            waiting: self.pool.waiting(),
            bytes: self.budget.taken(),
            certificate_expires: self.certificates.current().expires,
            last_reload_ok: u64::from(self.reloader.failure().is_none()),
            lost_lines: self.log.lost(),
        }
    }
}

struct Listeners {
    reviews: TcpListener,
    metrics: TcpListener,
}

/// Connections to the second port; scrapers and probes are few. Past them the oldest has to go: a probe that waits is one that fails.
const STATUS_CONNECTIONS: usize = 64;

async fn run(shared: Arc<Shared>, listeners: Listeners, poll: Duration, ends: Option<signals::Ends>) {
    let limits = shared.reloader.current().settings.limits.clone();
    let status = tokio::spawn(tell(Arc::clone(&shared), listeners.metrics));
    let reviews = tokio::spawn(accept(Arc::clone(&shared), listeners.reviews, limits.connections));
    let renewal = tokio::spawn(renew(Arc::clone(&shared), poll));
    if let Some(mut ends) = ends {
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            ends.next().await;
            shared.advance(Phase::Leaving);
            // Who asks twice does not want to wait.
            ends.next().await;
            shared.advance(Phase::Draining);
        });
    }
    shared.reached(Phase::Leaving).await;
    shared.log.line(Level::Info, "stopping", json!({}));
    let _ = timeout(limits.shutdown_delay, shared.reached(Phase::Draining)).await;
    shared.advance(Phase::Draining);
    let drained = timeout(limits.shutdown_timeout, reviews).await.is_ok();
    renewal.abort();
    status.abort();
    shared.pool.close();
    let level = if drained { Level::Info } else { Level::Warn };
    shared.log.line(level, "stopped", json!({ "drained": drained }));
}

/// Takes connections for reviews until the end, and finishes them.
async fn accept(shared: Arc<Shared>, listener: TcpListener, most: usize) {
    let slots = Arc::new(Semaphore::new(most));
    let mut connections = JoinSet::new();
    let end = shared.reached(Phase::Draining);
    tokio::pin!(end);
    loop {
        let next = async {
            // Who comes when all slots are taken waits in the system's queue.
            let slot = Arc::clone(&slots).acquire_owned().await;
            (slot, listener.accept().await)
        };
        tokio::select! {
            () = &mut end => break,
            _ = connections.join_next(), if !connections.is_empty() => {}
            (slot, accepted) = next => match accepted {
                Ok((stream, _)) => {
                    let shared = Arc::clone(&shared);
                    connections.spawn(async move {
                        let _slot = slot;
                        shared.metrics.connections.fetch_add(1, Ordering::Relaxed);
                        connection::serve(&shared, stream).await;
                        shared.metrics.connections.fetch_sub(1, Ordering::Relaxed);
                    });
                }
                Err(_) => tokio::time::sleep(BREATH).await,
            },
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// After a connection that could not be taken, for lack of descriptors: trying again at once would burn the processor that frees them.
const BREATH: Duration = Duration::from_millis(10);

/// Takes connections to the second port, as long as there is a process: it tells how the end goes.
async fn tell(shared: Arc<Shared>, listener: TcpListener) {
    let mut connections = JoinSet::new();
    let mut open: VecDeque<AbortHandle> = VecDeque::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(BREATH).await;
            continue;
        };
        while connections.try_join_next().is_some() {}
        open.retain(|connection| !connection.is_finished());
        if open.len() >= STATUS_CONNECTIONS
            && let Some(oldest) = open.pop_front()
        {
            oldest.abort();
        }
        let shared = Arc::clone(&shared);
        open.push_back(connections.spawn(async move { status::serve(&shared, stream).await }));
    }
}

/// Looks at files every so often.
async fn renew(shared: Arc<Shared>, poll: Duration) {
    let mut ticks = tokio::time::interval(poll);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let looked = {
            let shared = Arc::clone(&shared);
            tokio::task::spawn_blocking(move || {
                let reload = shared.reloader.check();
                (reload, shared.certificates.renew(&shared.reloader.current().settings.tls))
            })
        };
        let Ok((reload, renewal)) = looked.await else { continue };
        match reload {
            Reload::Same => {}
            Reload::Done { generation } => {
                count(&shared.metrics.config_reloads, Ok(()));
                shared.log.line(Level::Info, "configuration reloaded", json!({ "generation": generation }));
            }
            Reload::Refused(reason) => {
                count(&shared.metrics.config_reloads, Err(()));
                shared.log.line(
                    Level::Error,
                    "configuration refused; the last good one stays",
                    json!({ "reason": reason }),
                );
            }
        }
        match renewal {
            Renewal::Same => {}
            Renewal::Renewed => {
                count(&shared.metrics.certificate_reloads, Ok(()));
                shared.log.line(Level::Info, "certificate renewed", json!({}));
            }
            Renewal::Refused(reason) => {
                count(&shared.metrics.certificate_reloads, Err(()));
                shared.log.line(
                    Level::Error,
                    "certificate refused; the last good one stays",
                    json!({ "reason": reason }),
                );
            }
        }
    }
}

fn count(reloads: &Reloads, result: Result<(), ()>) {
    let counter = if result.is_ok() { &reloads.ok } else { &reloads.failed };
    counter.fetch_add(1, Ordering::Relaxed);
}

fn listen(address: SocketAddr) -> Result<(Socket, SocketAddr), ServeError> {
    let listened = Socket::bind(address).and_then(|socket| {
        socket.set_nonblocking(true)?;
        let address = socket.local_addr()?;
        Ok((socket, address))
    });
    listened.map_err(|error| ServeError::Listen { address, reason: error.to_string() })
}

/// What ends a process.
mod signals {
    #[cfg(unix)]
    use tokio::signal::unix::{Signal, SignalKind, signal};

    /// SIGTERM and SIGINT.
    #[cfg(unix)]
    pub(super) struct Ends(Signal, Signal);

    #[cfg(unix)]
    impl Ends {
        pub(super) fn new() -> std::io::Result<Self> {
            Ok(Self(signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?))
        }

        pub(super) async fn next(&mut self) {
            tokio::select! {
                _ = self.0.recv() => {}
                _ = self.1.recv() => {}
            }
        }
    }

    /// Control-C.
    #[cfg(not(unix))]
    pub(super) struct Ends;

    #[cfg(not(unix))]
    impl Ends {
        pub(super) fn new() -> std::io::Result<Self> {
            Ok(Self)
        }

        pub(super) async fn next(&mut self) {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}
