//! The running service: its listeners, its workers, and its shutdown.

pub mod app;
pub mod error;
pub mod healthcheck;
mod listener;
mod memory;
mod public;
mod refusals;
mod signals;
mod timed_stream;
mod upgrade;

use std::future;
use std::io;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use actix_web::web::Data;
use actix_web::{HttpServer, rt};
use log::{info, warn};
use tokio::task::JoinError;
use tokio::time::sleep;

use self::app::app;
use self::error::ServerError;
use self::memory::MemoryPlan;
use self::signals::{Signal, Signals};
use crate::build_info::VERSION;
use crate::config::{Settings, WORKERS_BOUND};
use crate::engine::Engine;
use crate::metrics::Metrics;
use crate::telemetry::{self, Log};
use crate::web::limits::Limits;
use crate::web::ops::assets::Assets;
use crate::web::ops::health::Readiness;
use crate::web::routes;
use crate::web::site::Site;

/// Serves until a signal ends it.
///
/// `SIGTERM` and `SIGINT` (Ctrl-C) shut it down: readiness turns 503 and every response closes its
/// connection. After `DRAIN_DELAY`, which `SIGINT` skips, no new connection is accepted, and requests in
/// flight are finished within `SHUTDOWN_TIMEOUT`. A second signal ends it at once.
///
/// # Errors
///
/// If the service cannot start, or a listener fails.
pub async fn run(settings: &Settings) -> Result<(), ServerError> {
    let metrics = Metrics::new().map_err(|error| ServerError::Serve(io::Error::other(error)))?;
    let dropped = metrics.log_dropped.clone();
    let project = settings.log_trace_project.clone();
    let log = Log::start(settings.log_format, &settings.rust_log, project, dropped)
        .map_err(ServerError::Serve)?;
    let result = serve(settings, Arc::new(metrics)).await;
    log.flush();
    result
}

async fn serve(settings: &Settings, metrics: Arc<Metrics>) -> Result<(), ServerError> {
    let limits = Limits { max_first: settings.max_first, max_nth: settings.max_nth };
    let memory = MemoryPlan::new(settings, limits, cores(), workers(settings));
    let site = Data::new(site(settings, limits, memory, metrics)?);
    telemetry::watch_panics(site.metrics.panics.clone());
    let readiness = Data::new(Readiness::default());
    site.metrics.memory_max.set(memory.total.cast_signed());
    let max_connections = i64::try_from(memory.max_connections()).unwrap_or(i64::MAX);
    site.metrics.max_connections.set(max_connections);
    listener::raise_file_limit(memory.max_connections());
    let public =
        listener::listen("HOST and PORT", settings.public_address(), settings.stall_timeout)?;
    let management = settings
        .management_address()
        .map(|address| {
            listener::listen("MANAGEMENT_HOST and MANAGEMENT_PORT", address, settings.stall_timeout)
        })
        .transpose()?;
    let mut signals = Signals::listen().map_err(ServerError::Serve)?;
    let address = public.local_addr().map_err(ServerError::Serve)?;
    announce(settings, memory, address);

    let public = public::serve(public, memory, settings, site.clone(), readiness.clone())
        .map_err(ServerError::Serve)?;
    // A worker of its own, so that health checks get a response even if the public workers are busy. It
    // outlives them: readiness can be read while they finish, and it ends with the process.
    let (scraped, shared) = (site.clone(), readiness.clone());
    let management = management
        .map(|listener| {
            HttpServer::new(move || app(routes::management(scraped.clone(), shared.clone())))
                .workers(1)
                .disable_signals()
                .listen(listener)
        })
        .transpose()
        .map_err(ServerError::Serve)?
        .map(HttpServer::run);

    let handle = public.handle();
    let mut public = rt::spawn(public);
    let mut management = rt::spawn(async {
        match management {
            Some(management) => management.await,
            None => future::pending().await,
        }
    });
    let signal = tokio::select! {
        signal = signals.next() => signal,
        ended = &mut public => return Err(listener_ended(ended)),
        ended = &mut management => return Err(listener_ended(ended)),
    };

    readiness.begin_shutdown();
    site.metrics.ready.set(0);
    let finished = async {
        wait_for_load_balancers(signal, settings.drain_delay).await;
        let (start, in_flight) = (Instant::now(), site.metrics.in_flight.get());
        handle.stop(true).await;
        if in_flight > 0 && start.elapsed() >= settings.shutdown_timeout {
            warn!("SHUTDOWN_TIMEOUT expired: the remaining requests are cut off");
        }
    };
    tokio::select! {
        () = finished => info!("stopped"),
        // The process ends with `main`, and with it all connections.
        signal = signals.next() => warn!("second signal, {signal}: stopping now"),
    }
    Ok(())
}

/// What the handlers share.
fn site(
    settings: &Settings,
    limits: Limits,
    memory: MemoryPlan,
    metrics: Arc<Metrics>,
) -> Result<Site, ServerError> {
    let assets = Assets::load(&settings.static_dir)
        .map_err(|source| ServerError::StaticDir { folder: settings.static_dir.clone(), source })?;
    let MemoryPlan { engine_threads, cache_bytes, send_bytes, .. } = memory;
    let engine = Engine::new(engine_threads, cache_bytes, send_bytes, metrics.clone())
        .map_err(ServerError::Serve)?;
    Ok(Site::new(limits, assets, Arc::new(engine), metrics)
        .with_base_path(settings.base_path.clone().unwrap_or_default())
        .with_security_contact(settings.security_contact.clone())
        .with_trusted_proxies(settings.trusted_proxies.clone().unwrap_or_default())
        .with_log_client(settings.log_client))
}

/// The error for a listener that ended before the shutdown.
fn listener_ended(ended: Result<io::Result<()>, JoinError>) -> ServerError {
    let result = ended.map_err(io::Error::other).flatten();
    ServerError::Serve(match result {
        Ok(()) => io::Error::other("it ended without an error"),
        Err(error) => error,
    })
}

/// Serves on for `delay` after `SIGTERM`, until load balancers have noticed the shutdown.
async fn wait_for_load_balancers(signal: Signal, delay: Duration) {
    match signal {
        Signal::Terminate => {
            let seconds = delay.as_secs();
            info!(seconds; "{signal}: serving on until load balancers have noticed");
            sleep(delay).await;
            info!("finishing the requests in flight");
        }
        Signal::Interrupt => info!("{signal}: finishing the requests in flight"),
    }
}

/// The number of workers: as set, otherwise one per core, up to [`WORKERS_BOUND`].
fn workers(settings: &Settings) -> usize {
    settings.workers.unwrap_or_else(cores).min(WORKERS_BOUND)
}

/// The number of cores that this process may use.
fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// Logs the addresses and the limits.
fn announce(settings: &Settings, memory: MemoryPlan, address: SocketAddr) {
    let management =
        settings.management_address().map_or("off".to_owned(), |address| address.to_string());
    info!(
        version = VERSION,
        address:% = address,
        management,
        workers = memory.workers,
        engine_threads = memory.engine_threads,
        max_first = settings.max_first,
        max_nth = settings.max_nth,
        max_connections = memory.max_connections(),
        cache_bytes = memory.cache_bytes,
        send_bytes = memory.send_bytes,
        memory_bytes = memory.total,
        memory_limit = memory.limit;
        "listening on http://{address}"
    );
    if memory.total > memory.limit {
        warn!(
            needed = memory.total, limit = memory.limit;
            "the service may use more memory than its limit: lower MAX_NTH, MAX_FIRST, MAX_CONNECTIONS, SEND_BYTES or CACHE_BYTES"
        );
    }
}
