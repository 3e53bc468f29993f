//! The running service: its listeners, its workers, and its shutdown.

pub mod app;
mod drain;
pub mod error;
pub mod healthcheck;
mod listener;
mod memory;
mod public;
mod refusals;
mod service_manager;
mod signals;
mod stream;
mod timed_stream;
mod upgrade;

use std::env;
use std::future;
use std::io;
use std::num::NonZeroUsize;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use actix_web::web::Data;
use actix_web::{HttpServer, rt};
use log::{info, warn};
use tokio::sync::watch;
use tokio::task::JoinError;
use tokio::time::sleep;

use self::app::app;
use self::error::{Port, ServerError};
use self::listener::Listener;
use self::memory::MemoryPlan;
use self::service_manager::PassedSockets;
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

/// The name of the folder of static files.
const STATIC: &str = "static";

/// Serves until a signal ends it.
///
/// `SIGTERM` and `SIGINT` (Ctrl-C) shut it down: readiness turns 503 and every response closes its
/// connection. After `DRAIN_DELAY`, which `SIGINT` skips, no new connection is accepted, and requests in
/// flight are finished within `SHUTDOWN_TIMEOUT`. A second signal ends it at once.
///
/// The service manager may pass sockets to listen on, and is notified when the service is ready, while it is alive, and
/// when it stops.
///
/// # Errors
///
/// If the service cannot start, or a listener fails.
pub async fn run(settings: &Settings) -> Result<(), ServerError> {
    let passed = PassedSockets::take().map_err(ServerError::PassedSocket)?;
    let metrics = Metrics::new().map_err(|error| ServerError::Serve(io::Error::other(error)))?;
    let dropped = metrics.log_dropped.clone();
    let project = settings.log_trace_project.clone();
    let log = Log::start(settings.log_format, &settings.rust_log, project, dropped)
        .map_err(ServerError::Serve)?;
    let result = serve(settings, passed, Arc::new(metrics)).await;
    log.flush();
    result
}

async fn serve(
    settings: &Settings,
    passed: PassedSockets,
    metrics: Arc<Metrics>,
) -> Result<(), ServerError> {
    let limits = Limits { max_first: settings.max_first, max_nth: settings.max_nth };
    let files = listener::raise_file_limit();
    let memory = MemoryPlan::new(settings, limits, cores(), workers(settings), files);
    let site = Data::new(site(settings, limits, memory, metrics)?);
    telemetry::watch_panics(site.metrics.panics.clone());
    let readiness = Data::new(Readiness::default());
    site.metrics.memory_max.set(memory.total.cast_signed());
    let max_connections = i64::try_from(memory.max_connections()).unwrap_or(i64::MAX);
    site.metrics.connections.max.set(max_connections);
    let has_passed = !passed.public.is_empty();
    let listen =
        |port, passed, endpoint| listener::listen(port, passed, endpoint, settings.stall_timeout);
    let public = listen(Port::Public, passed.public, Some(settings.public_endpoint()))?;
    let management = listen(Port::Management, passed.management, settings.management_endpoint())?;
    let mut signals = Signals::listen().map_err(ServerError::Serve)?;
    announce(settings, memory, &public, &management);
    if has_passed {
        info!("listening on the sockets of the service manager; HOST and PORT are ignored");
    }
    if let Some(wanted) = memory.wanted_files {
        warn!(
            files, wanted;
            "the limit of open files (ulimit -n) allows only {} workers and {} connections",
            memory.workers, memory.max_connections()
        );
    }

    let (close_idle, closing) = watch::channel(false);
    let public = public::serve(public, memory, settings, site.clone(), readiness.clone(), closing)
        .map_err(ServerError::Serve)?;
    let handle = public.handle();
    let public = rt::spawn(public);
    let management = rt::spawn(serve_management(
        management,
        memory.management_connections,
        site.clone(),
        readiness.clone(),
    ));
    let mut ended = pin!(async {
        tokio::select! {
            ended = public => listener_ended(ended),
            ended = management => listener_ended(ended),
        }
    });
    tokio::select! {
        biased;
        error = &mut ended => return Err(error),
        // The server is already accepting, so this changes nothing, but it completes only once the server runs.
        () = handle.resume() => service_manager::notify_ready(),
    }
    rt::spawn(service_manager::feed_watchdog());
    let signal = tokio::select! {
        signal = signals.next() => signal,
        error = &mut ended => return Err(error),
    };

    readiness.begin_shutdown();
    site.metrics.ready.set(0);
    service_manager::notify_stopping();
    let finished = async {
        wait_for_load_balancers(signal, settings.drain_delay).await;
        if has_passed {
            drain::stop_accepting(&handle, &site.metrics).await;
        }
        drain::finish(&handle, &site.metrics, &close_idle, settings.shutdown_timeout).await;
    };
    tokio::select! {
        () = finished => info!("stopped"),
        // The process ends with `main`, and with it all connections.
        signal = signals.next() => warn!("second signal, {signal}: stopping now"),
    }
    Ok(())
}

/// Serves the management port, if it has listeners.
///
/// The port has a worker of its own, so that health checks get a response even if the public workers are busy. It
/// outlives them: readiness can be read while they finish, and it ends with the process.
async fn serve_management(
    listeners: Vec<Listener>,
    max_connections: usize,
    site: Data<Site>,
    readiness: Data<Readiness>,
) -> io::Result<()> {
    if listeners.is_empty() {
        return future::pending().await;
    }
    let mut server =
        HttpServer::new(move || app(routes::management(site.clone(), readiness.clone())))
            .workers(1)
            .max_connections(max_connections)
            .disable_signals();
    for listener in listeners {
        server = match listener {
            Listener::Tcp(listener) => server.listen(listener)?,
            Listener::Unix(listener) => server.listen_uds(listener)?,
        };
    }
    server.run().await
}

/// What the handlers share.
fn site(
    settings: &Settings,
    limits: Limits,
    memory: MemoryPlan,
    metrics: Arc<Metrics>,
) -> Result<Site, ServerError> {
    let assets = assets(settings.static_dir.as_deref())?;
    let MemoryPlan { engine_threads, cache_bytes, send_bytes, .. } = memory;
    let engine = Engine::new(engine_threads, cache_bytes, send_bytes, metrics.clone())
        .map_err(ServerError::Serve)?;
    let site = Site::new(limits, assets, Arc::new(engine), metrics)
        .with_base_path(settings.base_path.clone().unwrap_or_default())
        .with_public_origin(settings.public_origin.clone());
    Ok(Site {
        security_contact: settings.security_contact.clone(),
        trusted_proxies: settings.trusted_proxies.clone().unwrap_or_default(),
        log_client: settings.log_client,
        ..site
    })
}

/// The static files: in the folder that is set, or else in the working directory or beside the program.
fn assets(folder: Option<&Path>) -> Result<Assets, ServerError> {
    if let Some(folder) = folder {
        return Assets::load(folder)
            .map_err(|source| ServerError::StaticDir { folder: folder.to_owned(), source });
    }
    let program = env::current_exe().unwrap_or_default();
    let beside = program.with_file_name(STATIC);
    Assets::load(Path::new(STATIC))
        .or_else(|_| Assets::load(&beside))
        .map_err(|_| ServerError::NoStaticDir { beside })
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
fn announce(settings: &Settings, memory: MemoryPlan, public: &[Listener], management: &[Listener]) {
    let addresses = |listeners: &[Listener]| {
        listeners.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
    };
    let management = Some(addresses(management)).filter(|text| !text.is_empty());
    let urls: Vec<String> = public.iter().map(Listener::url).collect();
    info!(
        version = VERSION,
        addresses = addresses(public),
        management = management.as_deref().unwrap_or("off"),
        workers = memory.workers,
        engine_threads = memory.engine_threads,
        max_first = settings.max_first,
        max_nth = settings.max_nth,
        max_connections = memory.max_connections(),
        cache_bytes = memory.cache_bytes,
        send_bytes = memory.send_bytes,
        memory_bytes = memory.total,
        memory_limit = memory.limit;
        "listening on {}", urls.join(" and ")
    );
    if memory.total > memory.limit {
        warn!(
            needed = memory.total, limit = memory.limit;
            "the service may use more memory than its limit: lower MAX_NTH, MAX_FIRST, MAX_CONNECTIONS, SEND_BYTES or CACHE_BYTES"
        );
    }
}
