//! The running service: its listeners, its middleware, and its way up and down.

mod access_log;
mod app;
mod error;
mod healthcheck;
pub mod security;
mod signals;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::num::NonZeroUsize;
use std::thread;

use actix_web::{HttpServer, rt};
use log::{info, warn};

pub use self::app::app;
pub use self::error::Error;
pub use self::healthcheck::check_health;
use self::signals::Signals;
use crate::config::Settings;
use crate::telemetry;
use crate::web::{self, Assets, Limits, Site};

/// Serves until a signal ends it.
///
/// `SIGTERM` and `SIGINT` (Ctrl-C) end it cleanly: readiness turns 503, no new connection is taken,
/// and what is in flight is finished within `SHUTDOWN_TIMEOUT`. A second signal ends it at once.
///
/// # Errors
///
/// When the service cannot start, or its listener fails.
pub async fn run(settings: &Settings) -> Result<(), Error> {
    telemetry::start(settings.log_format, &settings.rust_log);
    let assets = Assets::load(&settings.static_dir).map_err(|source| Error::StaticDir {
        folder: settings.static_dir.clone(),
        source,
    })?;
    let limits = Limits {
        max_first: settings.max_first,
        max_nth: settings.max_nth,
    };
    let site = Site::new(limits, assets);
    let public = listen("PORT", settings.public_address())?;
    let management = settings
        .management_address()
        .map(|address| listen("MANAGEMENT_PORT", address))
        .transpose()?;
    let mut signals = Signals::listen().map_err(Error::Serve)?;
    let workers = settings
        .workers
        .unwrap_or_else(|| thread::available_parallelism().map_or(1, NonZeroUsize::get));
    let timeout = settings.shutdown_timeout.as_secs();

    let address = public.local_addr().map_err(Error::Serve)?;
    info!(
        version = env!("CARGO_PKG_VERSION"),
        address:% = address,
        management:% = settings.management_address().map_or("off".to_owned(), |it| it.to_string()),
        workers,
        max_first = settings.max_first,
        max_nth = settings.max_nth;
        "listening on http://{address}"
    );

    let public_site = site.clone();
    let public = HttpServer::new(move || app(web::routes(public_site.clone())))
        .workers(workers)
        .shutdown_timeout(timeout)
        .disable_signals()
        .listen(public)
        .map_err(Error::Serve)?
        .run();
    let public_handle = public.handle();
    let mut public = rt::spawn(public);

    // One thread of its own, so that health answers whatever the public workers are doing; it
    // outlives them, so that readiness can be seen to be off while they finish.
    let management_site = site.clone();
    let management = match management {
        None => None,
        Some(listener) => {
            let server =
                HttpServer::new(move || app(web::management_routes(management_site.clone())))
                    .workers(1)
                    .disable_signals()
                    .listen(listener)
                    .map_err(Error::Serve)?
                    .run();
            let handle = server.handle();
            rt::spawn(server);
            Some(handle)
        }
    };

    tokio::select! {
        signal = signals.next() => info!("{signal}: finishing what is in flight"),
        ended = &mut public => {
            return ended.map_err(io::Error::other).flatten().map_err(Error::Serve);
        }
    }
    site.readiness.begin_drain();
    tokio::select! {
        () = public_handle.stop(true) => {}
        signal = signals.next() => {
            // The process ends with `main`, and all of its connections with it.
            warn!("{signal} again: stopping now");
            return Ok(());
        }
    }
    if let Some(handle) = management {
        handle.stop(false).await;
    }
    info!("stopped");
    Ok(())
}

fn listen(setting: &'static str, address: SocketAddr) -> Result<TcpListener, Error> {
    TcpListener::bind(address).map_err(|source| Error::Listen {
        setting,
        address,
        source,
    })
}
