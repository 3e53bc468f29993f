//! The running service: its listeners, its middleware, and its way up and down.

mod access_log;
mod app;
mod error;
mod healthcheck;
mod security;
mod signals;

use std::future;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::num::NonZeroUsize;
use std::thread;
use std::time::Instant;

use actix_web::web::Data;
use actix_web::{HttpServer, rt};
use log::{info, warn};

pub use self::app::app;
pub use self::error::Error;
pub use self::healthcheck::check_health;
use self::signals::Signals;
use crate::config::{MOST_WORKERS, Settings};
use crate::telemetry;
use crate::web::{self, Assets, Limits, Readiness, Site};

/// How much of an answer waits for its connection to take it, in bytes. Of 32 kB (the library's own
/// choice), 128, 256 and 512 kB, this makes long lists half as fast again as the first and takes a
/// quarter of a megabyte a client; the last is faster still, for twice the memory.
const WRITE_BUFFER: usize = 1 << 18;

/// Serves until a signal ends it.
///
/// `SIGTERM` and `SIGINT` (Ctrl-C) end it cleanly: readiness turns 503, no new connection is taken,
/// and what is in flight is finished within `SHUTDOWN_TIMEOUT`. A second signal ends it at once.
///
/// # Errors
///
/// When the service cannot start, or a listener fails.
pub async fn run(settings: &Settings) -> Result<(), Error> {
    telemetry::start(settings.log_format, &settings.rust_log);
    let site = Data::new(Site {
        limits: Limits {
            max_first: settings.max_first,
            max_nth: settings.max_nth,
        },
        assets: Assets::load(&settings.static_dir).map_err(|source| Error::StaticDir {
            folder: settings.static_dir.clone(),
            source,
        })?,
    });
    let readiness = Data::new(Readiness::default());
    let public = listen("PORT", settings.public_address())?;
    let management = settings
        .management_address()
        .map(|address| listen("MANAGEMENT_PORT", address))
        .transpose()?;
    let mut signals = Signals::listen().map_err(Error::Serve)?;
    announce(settings, &public)?;

    let shared = readiness.clone();
    let public = HttpServer::new(move || app(web::routes(site.clone(), shared.clone())))
        .workers(workers(settings))
        .shutdown_timeout(settings.shutdown_timeout.as_secs())
        .h1_write_buffer_size(WRITE_BUFFER)
        .disable_signals()
        .listen(public)
        .map_err(Error::Serve)?
        .run();
    // One thread of its own, so that health answers whatever the public workers are doing. It
    // outlives them: readiness can be seen to be off while they finish, and it ends with `main`.
    let shared = readiness.clone();
    let management = management
        .map(|listener| {
            HttpServer::new(move || app(web::management_routes(shared.clone())))
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
    let ended_early = tokio::select! {
        signal = signals.next() => {
            info!("{signal}: finishing what is in flight");
            None
        }
        ended = &mut public => Some(ended),
        ended = &mut management => Some(ended),
    };
    if let Some(ended) = ended_early {
        return ended
            .map_err(io::Error::other)
            .flatten()
            .map_err(Error::Serve);
    }

    readiness.begin_drain();
    let drain = Instant::now();
    tokio::select! {
        () = handle.stop(true) => {
            if drain.elapsed() >= settings.shutdown_timeout {
                warn!("SHUTDOWN_TIMEOUT is over: what was still in flight is cut off");
            }
            info!("stopped");
        }
        // The process ends with `main`, and all of its connections with it.
        signal = signals.next() => warn!("{signal} again: stopping now"),
    }
    Ok(())
}

/// How many threads answer requests: as set, else one a core.
fn workers(settings: &Settings) -> usize {
    settings
        .workers
        .unwrap_or_else(|| thread::available_parallelism().map_or(1, NonZeroUsize::get))
        .min(MOST_WORKERS)
}

fn listen(setting: &'static str, address: SocketAddr) -> Result<TcpListener, Error> {
    TcpListener::bind(address).map_err(|source| Error::Listen {
        setting,
        address,
        source,
    })
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
