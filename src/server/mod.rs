//! The running service: its listeners, its middleware, and its way up and down.

mod app;
mod connection;
mod error;
mod exchange;
mod healthcheck;
mod http2;
mod listener;
mod observe;
mod public;
mod refuse;
mod security;
mod signals;
mod socket;
mod trace_context;

use std::future;
use std::io;
use std::net::TcpListener;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use actix_web::web::Data;
use actix_web::{HttpServer, rt};
use log::{info, warn};
use tokio::task::JoinError;
use tokio::time::sleep;

pub use self::app::app;
pub use self::error::Error;
pub use self::healthcheck::check_health;
use self::signals::{Signal, Signals};
use crate::config::{MOST_WORKERS, Settings};
use crate::engine::Engine;
use crate::metrics::Metrics;
use crate::telemetry;
use crate::web::{self, Assets, Limits, Readiness, Site};

/// Serves until a signal ends it.
///
/// `SIGTERM` and `SIGINT` (Ctrl-C) end it cleanly: readiness turns 503 and every answer ends its
/// connection; after `DRAIN_DELAY`, which `SIGINT` skips, no new connection is taken, and what is in
/// flight is finished within `SHUTDOWN_TIMEOUT`. A second signal ends it at once.
///
/// # Errors
///
/// When the service cannot start, or a listener fails.
pub async fn run(settings: &Settings) -> Result<(), Error> {
    telemetry::start(settings.log_format, &settings.rust_log);
    let site = Data::new(site(settings)?);
    telemetry::watch_panics(site.metrics().panics.clone());
    let readiness = Data::new(Readiness::default());
    listener::raise_file_limit(settings.max_connections);
    let public = listener::listen("PORT", settings.public_address(), settings.stall_timeout)?;
    let management = settings
        .management_address()
        .map(|address| listener::listen("MANAGEMENT_PORT", address, settings.stall_timeout))
        .transpose()?;
    let mut signals = Signals::listen().map_err(Error::Serve)?;
    announce(settings, &public)?;

    let public =
        public::serve(public, settings, site.clone(), readiness.clone()).map_err(Error::Serve)?;
    // One thread of its own, so that health answers whatever the public workers are doing. It
    // outlives them: readiness can be seen to be off while they finish, and it ends with `main`.
    let (measured, shared) = (site.clone(), readiness.clone());
    let management = management
        .map(|listener| {
            HttpServer::new(move || app(web::management_routes(measured.clone(), shared.clone())))
                .workers(1)
                .disable_signals()
                .listen(listener)
        })
        .transpose()
        .map_err(Error::Serve)?
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
        ended = &mut public => return listener_ended(ended),
        ended = &mut management => return listener_ended(ended),
    };

    readiness.begin_drain();
    site.metrics().ready.set(0);
    let finished = async {
        wait_for_load_balancers(signal, settings.drain_delay).await;
        let start = Instant::now();
        handle.stop(true).await;
        if start.elapsed() >= settings.shutdown_timeout {
            warn!("SHUTDOWN_TIMEOUT is over: what was still in flight is cut off");
        }
    };
    tokio::select! {
        () = finished => info!("stopped"),
        // The process ends with `main`, and all of its connections with it.
        signal = signals.next() => warn!("{signal} again: stopping now"),
    }
    Ok(())
}

/// What the pages know, and the engine behind them.
fn site(settings: &Settings) -> Result<Site, Error> {
    let assets = Assets::load(&settings.static_dir).map_err(|source| Error::StaticDir {
        folder: settings.static_dir.clone(),
        source,
    })?;
    let limits = Limits {
        max_first: settings.max_first,
        max_nth: settings.max_nth,
    };
    let metrics = Metrics::new().map_err(|error| Error::Serve(io::Error::other(error)))?;
    let metrics = Arc::new(metrics);
    let engine =
        Engine::new(cores(), settings.cache_bytes, metrics.clone()).map_err(Error::Serve)?;
    let send_bytes = usize::try_from(settings.send_bytes).unwrap_or(usize::MAX);
    Ok(
        Site::new(limits, assets, Arc::new(engine), send_bytes, metrics)
            .with_security_contact(settings.security_contact.clone()),
    )
}

/// A listener ends before it is told to only when it fails.
fn listener_ended(ended: Result<io::Result<()>, JoinError>) -> Result<(), Error> {
    ended
        .map_err(io::Error::other)
        .flatten()
        .map_err(Error::Serve)
}

/// Goes on answering for `delay` where a load balancer has to notice that the service is stopping.
async fn wait_for_load_balancers(signal: Signal, delay: Duration) {
    match signal {
        Signal::Terminate => {
            let seconds = delay.as_secs();
            info!(seconds; "{signal}: answering on until load balancers have noticed");
            sleep(delay).await;
            info!("finishing what is in flight");
        }
        Signal::Interrupt => info!("{signal}: finishing what is in flight"),
    }
}

/// How many threads answer requests: as set, else one a core.
fn workers(settings: &Settings) -> usize {
    settings.workers.unwrap_or_else(cores).min(MOST_WORKERS)
}

/// How many cores this process may use.
fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// Logs what there is to know about the service that starts here.
fn announce(settings: &Settings, public: &TcpListener) -> Result<(), Error> {
    let address = public.local_addr().map_err(Error::Serve)?;
    let management = settings
        .management_address()
        .map_or("off".to_owned(), |address| address.to_string());
    info!(
        version = env!("CARGO_PKG_VERSION"),
        address:% = address,
        management,
        workers = workers(settings),
        max_first = settings.max_first,
        max_nth = settings.max_nth;
        "listening on http://{address}"
    );
    Ok(())
}
