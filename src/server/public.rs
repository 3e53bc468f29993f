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
use actix_server::Server;
use actix_service::{
    IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt, fn_factory, fn_service,
};
use actix_web::body::BoxBody;
use actix_web::dev::AppConfig;
use actix_web::web::Data;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::http2::{Http2, MOST_REQUESTS};
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
    let address = listener.local_addr()?;
    let (head_timeout, keep_alive) = (settings.head_timeout, settings.keep_alive);
    let stall_timeout = settings.stall_timeout;
    let builder = Server::build()
        .workers(workers(settings))
        .max_concurrent_connections(settings.max_connections.div_ceil(workers(settings)))
        .shutdown_timeout(settings.shutdown_timeout.as_secs())
        .disable_signals();
    let stopping = builder.graceful_shutdown_signal();
    let most_connections = i64::try_from(settings.max_connections).unwrap_or(i64::MAX);
    site.metrics().most_connections.set(most_connections);
    let places = Arc::new(Semaphore::new(MOST_REQUESTS));
    // Once in each worker.
    let listening = builder.listen("public", listener, move || {
        let (site, readiness) = (site.clone(), readiness.clone());
        let (places, stopping) = (places.clone(), stopping.clone());
        fn_factory(move || {
            let routes = web::routes(site.clone(), readiness.clone());
            let app = app(routes)
                .into_factory()
                .map_err(|error| error.error_response())
                .new_service(AppConfig::default());
            let (site, readiness) = (site.clone(), readiness.clone());
            let (places, stopping) = (places.clone(), stopping.clone());
            async move {
                let app = Rc::new(app.await?);
                let (shared, told) = (app.clone(), stopping.clone());
                let http1 = HttpService::build()
                    .graceful_shutdown_signal(move || {
                        let stopping = told.clone();
                        async move { stopping.notified().await }
                    })
                    .local_addr(address)
                    .client_request_timeout(head_timeout)
                    .client_disconnect_timeout(DISCONNECT)
                    .keep_alive(keep_alive)
                    // Who closes its side has left, and what it asked for need not be computed.
                    .h1_allow_half_closed(false)
                    .h1_write_buffer_size(WRITE_BUFFER)
                    .h1(fn_factory(move || ready(Ok::<_, ()>(shared.clone()))))
                    .new_service(())
                    .await?;
                let worker = Rc::new(Worker {
                    http1,
                    http2: Http2 {
                        app,
                        site,
                        readiness,
                        places,
                        stopping,
                        head_timeout,
                        keep_alive,
                        stall_timeout,
                    },
                });
                Ok::<_, ()>(fn_service(move |stream| {
                    serve_connection(worker.clone(), stream)
                }))
            }
        })
    })?;
    Ok(listening.run())
}

/// What serves the connections of one thread.
struct Worker<H, S> {
    http1: H,
    http2: Http2<S>,
}

/// Serves a connection to its end, by the version of HTTP that its first bytes tell.
async fn serve_connection<H, S>(
    worker: Rc<Worker<H, S>>,
    stream: TcpStream,
) -> Result<(), Box<dyn Error>>
where
    H: Service<(TcpStream, Option<SocketAddr>), Response = (), Error = DispatchError>,
    S: Service<Request> + 'static,
    S::Response: Into<Response<BoxBody>>,
    S::Error: Into<Response<BoxBody>>,
{
    // What is written waits for nothing: an answer over HTTP/2 is several writes.
    stream.set_nodelay(true).ok();
    let peer = stream.peer_addr().ok();
    let _open = Raised::new(&worker.http2.site.metrics().connections, 1);
    let mut start = [0; HTTP_2.len()];
    tokio::select! {
        peeked = timeout(worker.http2.head_timeout, stream.peek(&mut start)) => {
            peeked??;
        }
        // It has asked for nothing yet.
        () = worker.http2.stopping.notified() => return Ok(()),
    }
    if start == *HTTP_2 {
        worker.http2.serve(stream, peer).await
    } else {
        Ok(worker.http1.call((stream, peer)).await?)
    }
}
