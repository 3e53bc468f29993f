//! The workers of the public port.
//!
//! This assembles what `HttpServer` would, because the socket of a connection must be a [`TimedStream`].

use std::future::{poll_fn, ready};
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_http::HttpService;
use actix_http::error::DispatchError;
use actix_server::Server;
use actix_service::{
    IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt, apply_fn_factory, fn_service,
    map_config,
};
use actix_web::dev::AppConfig;
use actix_web::web::Data;
use prometheus::Histogram;
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::watch;

use super::app::app;
use super::listener::Listener;
use super::memory::MemoryPlan;
use super::refusals::Refusals;
use super::stream::Stream;
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

/// Serves the public routes until the server is stopped. Once `closing` is true, connections close as soon as they
/// are idle.
///
/// # Errors
///
/// If a listener cannot be used.
pub fn serve(
    listeners: Vec<Listener>,
    memory: MemoryPlan,
    settings: &Settings,
    site: Data<Site>,
    readiness: Data<Readiness>,
    closing: watch::Receiver<bool>,
) -> io::Result<Server> {
    // The workers and their limits are for all listeners together.
    let mut builder = Server::build()
        .workers(memory.workers)
        .max_concurrent_connections(memory.connections_per_worker)
        .shutdown_timeout(settings.shutdown_timeout.as_secs())
        .disable_signals();
    let refusals = Arc::new(Refusals::new(site.clone()));
    let public = Public {
        site,
        readiness,
        head_timeout: settings.head_timeout,
        keep_alive: settings.keep_alive,
        closing,
        refusals,
    };
    for listener in listeners {
        let public = public.clone();
        builder = match listener {
            Listener::Tcp(listener) => {
                builder.listen("public", listener, move || public.service::<TcpStream>())?
            }
            Listener::Unix(listener) => {
                builder.listen_uds("public", listener, move || public.service::<UnixStream>())?
            }
        };
    }
    Ok(builder.run())
}

/// What the workers need for each listener.
#[derive(Clone)]
struct Public {
    site: Data<Site>,
    readiness: Data<Readiness>,
    head_timeout: Duration,
    keep_alive: Duration,
    closing: watch::Receiver<bool>,
    refusals: Arc<Refusals>,
}

impl Public {
    /// A service for the connections of a listener.
    fn service<S: Into<Stream> + 'static>(
        &self,
    ) -> impl ServiceFactory<S, Config = (), InitError = ()> + use<S> {
        let metrics = self.site.metrics.clone();
        let budget = self.site.engine.budget.clone();
        let poll_seconds = metrics.poll_seconds.clone();
        let head_timeout = self.head_timeout;
        let app = app(routes::public(self.site.clone(), self.readiness.clone()))
            .into_factory()
            .map_err(|error| error.error_response());
        let closing = self.closing.clone();
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let mut closing = closing.clone();
                async move {
                    closing.wait_for(|is_closing| *is_closing).await.ok();
                }
            })
            .client_request_timeout(head_timeout)
            .client_disconnect_timeout(DISCONNECT_TIMEOUT)
            .keep_alive(self.keep_alive)
            // The stream reports a closed side only once the client may be taken to have left.
            .h1_allow_half_closed(false)
            .h1_write_buffer_size(WRITE_BUFFER)
            .on_connect_ext(|stream: &TimedStream, extensions| {
                extensions.insert(stream.connection());
            })
            .h1(map_config(app, |()| AppConfig::default()));
        let refusals = self.refusals.clone();
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
        fn_service(move |stream: S| {
            let stream: Stream = stream.into();
            metrics.connections.accepted.inc();
            let peer = match stream.peer() {
                Ok(peer) => peer,
                Err(error) => return ready(Err(DispatchError::Io(error))),
            };
            let open = GaugeGuard::new(&metrics.connections.open, 1);
            let unused = GaugeGuard::new(&metrics.connections.unused, 1);
            let connection = Connection::new(open, unused);
            let stream = TimedStream::new(stream, connection, head_timeout, budget.clone());
            ready(Ok((stream, peer)))
        })
        .and_then(http)
    }
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
