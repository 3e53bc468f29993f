//! The public port: which HTTP a connection speaks, and how long its client may take to say so.
//!
//! The library has a listener for both versions of HTTP, too, which waits without end for a client that
//! says nothing.

use std::error::Error;
use std::future::ready;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_http::error::DispatchError;
use actix_http::{HttpService, Request, Response};
use actix_server::{GracefulShutdownSignal, Server};
use actix_service::{
    IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt, fn_factory, fn_service,
};
use actix_web::body::BoxBody;
use actix_web::dev::AppConfig;
use actix_web::web::Data;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::http2::{self, Http2};
use super::{app, workers};
use crate::config::Settings;
use crate::metrics::Raised;
use crate::web::{self, Readiness, Site};

/// How much of an answer waits for its connection to take it, in bytes. Of 32 kB (the library's own
/// choice), 128, 256 and 512 kB, this makes long lists half as fast again as the first and takes a
/// quarter of a megabyte a client; the last is faster still, for twice the memory.
const WRITE_BUFFER: usize = 1 << 18;

/// How HTTP/2 begins (RFC 9113, section 3.4), as far as a single look will show it.
const HTTP_2: &[u8; 12] = b"PRI * HTTP/2";

/// How long a connection that is being closed is read on, so that its client gets the end of the answer;
/// the library's own choice for its listener.
const DISCONNECT: Duration = Duration::from_secs(1);

/// What the connections to the public port have in common.
#[derive(Clone)]
pub struct Public {
    pub site: Data<Site>,
    pub readiness: Data<Readiness>,
    /// The places for requests over HTTP/2 in all workers together.
    pub places: Arc<Semaphore>,
    pub stopping: GracefulShutdownSignal,
    /// How long the start of a connection may take, and of each request.
    pub head_timeout: Duration,
    /// How long a connection may be without a request.
    pub keep_alive: Duration,
    /// How long an answer may wait for its client to take more of it.
    pub stall_timeout: Duration,
}

/// Serves the public routes on `listener` until it is stopped.
///
/// # Errors
///
/// When the listener cannot be used.
pub fn serve(
    listener: TcpListener,
    settings: &Settings,
    site: Data<Site>,
    readiness: Data<Readiness>,
) -> io::Result<Server> {
    let most_connections = i64::try_from(settings.max_connections).unwrap_or(i64::MAX);
    site.metrics().most_connections.set(most_connections);
    let builder = Server::build()
        .workers(workers(settings))
        .max_concurrent_connections(settings.max_connections.div_ceil(workers(settings)))
        .shutdown_timeout(settings.shutdown_timeout.as_secs())
        .disable_signals();
    let public = Public {
        site,
        readiness,
        places: Arc::new(http2::places(settings.send_bytes)),
        stopping: builder.graceful_shutdown_signal(),
        head_timeout: settings.head_timeout,
        keep_alive: settings.keep_alive,
        stall_timeout: settings.stall_timeout,
    };
    let address = listener.local_addr()?;
    let listening = builder.listen("public", listener, move || {
        let public = public.clone();
        fn_factory(move || worker(public.clone(), address))
    })?;
    Ok(listening.run())
}

/// What serves the connections of one thread.
async fn worker(
    public: Public,
    address: SocketAddr,
) -> Result<impl Service<TcpStream, Response = (), Error = Box<dyn Error>>, ()> {
    let routes = web::routes(public.site.clone(), public.readiness.clone());
    let app = app(routes)
        .into_factory()
        .map_err(|error| error.error_response())
        .new_service(AppConfig::default());
    let app = Rc::new(app.await?);
    let (shared, stopping) = (app.clone(), public.stopping.clone());
    let http1 = HttpService::build()
        .graceful_shutdown_signal(move || {
            let stopping = stopping.clone();
            async move { stopping.notified().await }
        })
        .local_addr(address)
        .client_request_timeout(public.head_timeout)
        .client_disconnect_timeout(DISCONNECT)
        .keep_alive(public.keep_alive)
        // Who closes its side has left, and what it asked for need not be computed.
        .h1_allow_half_closed(false)
        .h1_write_buffer_size(WRITE_BUFFER)
        .h1(fn_factory(move || ready(Ok::<_, ()>(shared.clone()))))
        .new_service(())
        .await?;
    let http2 = Http2 { app, public };
    let versions = Rc::new((http1, http2));
    Ok(fn_service(move |stream| {
        let versions = versions.clone();
        async move { serve_connection(&versions.0, &versions.1, stream).await }
    }))
}

/// Serves a connection to its end, by the version of HTTP that its first bytes tell.
async fn serve_connection<H, S>(
    http1: &H,
    http2: &Http2<S>,
    stream: TcpStream,
) -> Result<(), Box<dyn Error>>
where
    H: Service<(TcpStream, Option<SocketAddr>), Response = (), Error = DispatchError>,
    S: Service<Request> + 'static,
    S::Response: Into<Response<BoxBody>>,
    S::Error: Into<Response<BoxBody>>,
{
    let Public {
        site,
        stopping,
        head_timeout,
        ..
    } = &http2.public;
    let _open = Raised::new(&site.metrics().connections, 1);
    // What is written waits for nothing: an answer over HTTP/2 is several writes.
    stream.set_nodelay(true).ok();
    let peer = stream.peer_addr().ok();
    let mut start = [0; HTTP_2.len()];
    tokio::select! {
        peeked = timeout(*head_timeout, stream.peek(&mut start)) => {
            peeked??;
        }
        // It has asked for nothing yet.
        () = stopping.notified() => return Ok(()),
    }
    if start == *HTTP_2 {
        http2.serve(stream, peer).await
    } else {
        Ok(http1.call((stream, peer)).await?)
    }
}
