//! The workers of the public port.
//!
//! This assembles what `HttpServer` would, because the socket of a connection must be a [`TimedStream`].

use std::future::{poll_fn, ready};
use std::io;
use std::net::TcpListener;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_http::HttpService;
use actix_server::Server;
use actix_service::{
    IntoServiceFactory, Service, ServiceFactoryExt, apply_fn_factory, fn_service, map_config,
};
use actix_web::dev::AppConfig;
use actix_web::web::Data;
use prometheus::Histogram;
use tokio::net::TcpStream;

use super::app::app;
use super::memory::MemoryPlan;
use super::refusals::Refusals;
use super::timed_stream::TimedStream;
use crate::config::Settings;
use crate::metrics::GaugeGuard;
use crate::web::connection::Connection;
use crate::web::ops::health::Readiness;
use crate::web::response::body::WRITE_BUFFER;
use crate::web::routes;
use crate::web::site::Site;

/// How long a connection that is being closed is still read, so that its client gets the end of the
/// response.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// Serves the public routes until the server is stopped.
///
/// # Errors
///
/// If the listener cannot be used.
pub fn serve(
    listener: TcpListener,
    memory: MemoryPlan,
    settings: &Settings,
    site: Data<Site>,
    readiness: Data<Readiness>,
) -> io::Result<Server> {
    let (head_timeout, keep_alive) = (settings.head_timeout, settings.keep_alive);
    let address = listener.local_addr()?;
    let builder = Server::build()
        .workers(memory.workers)
        .max_concurrent_connections(memory.connections_per_worker)
        .shutdown_timeout(settings.shutdown_timeout.as_secs())
        .disable_signals();
    let stopping = builder.graceful_shutdown_signal();
    let refusals = Arc::new(Refusals::new(site.clone()));
    let server = builder.listen("public", listener, move || {
        let open_connections = site.metrics.connections.clone();
        let budget = site.engine.budget.clone();
        let poll_seconds = site.metrics.poll_seconds.clone();
        let app = app(routes::public(site.clone(), readiness.clone()))
            .into_factory()
            .map_err(|error| error.error_response());
        let stopping = stopping.clone();
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .local_addr(address)
            .client_request_timeout(head_timeout)
            .client_disconnect_timeout(DISCONNECT_TIMEOUT)
            .keep_alive(keep_alive)
            // The stream reports a closed side only once the client may be taken to have left.
            .h1_allow_half_closed(false)
            .h1_write_buffer_size(WRITE_BUFFER)
            .on_connect_ext(|stream: &TimedStream, extensions| {
                extensions.insert(stream.connection());
            })
            .h1(map_config(app, |()| AppConfig::default()));
        let refusals = refusals.clone();
        let http = apply_fn_factory(http, move |(stream, peer): (TimedStream, _), service| {
            let (connection, refusals) = (stream.connection(), refusals.clone());
            let served = service.call((stream, peer));
            let served = async move {
                let mut served = pin!(served);
                let end = served.as_mut().await;
                // The socket is closed after this, so that its client can read a metric that is up to date.
                refusals.note(&end, &connection, peer);
                end
            };
            timed(served, poll_seconds.clone())
        });
        fn_service(move |stream: TcpStream| {
            stream.set_nodelay(true).ok();
            let peer = stream.peer_addr().ok();
            let connection = Connection::new(GaugeGuard::new(&open_connections, 1));
            let stream = TimedStream::new(stream, connection, head_timeout, budget.clone());
            ready(Ok((stream, peer)))
        })
        .and_then(http)
    })?;
    Ok(server.run())
}

/// Records how long each poll of `future` takes. Until it ends, the worker can do nothing else.
async fn timed<F: Future>(future: F, seconds: Histogram) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|context| {
        let start = Instant::now();
        let poll = future.as_mut().poll(context);
        seconds.observe(start.elapsed().as_secs_f64());
        poll
    })
    .await
}
