//! The public port: which HTTP a connection speaks, and how long its client may take to say so.
//!
//! The library has a listener for both versions of HTTP, too, which waits without end for a client that
//! says nothing.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_http::error::DispatchError;
use actix_http::{HttpService, Protocol};
use actix_service::{IntoServiceFactory, ServiceFactoryExt, fn_service, map_config};
use actix_web::dev::{AppConfig, Server};
use actix_web::web::Data;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::connections::Connections;
use super::{app, workers};
use crate::config::Settings;
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
    connections: Arc<Connections>,
) -> io::Result<Server> {
    let address = listener.local_addr()?;
    let (head_timeout, keep_alive) = (settings.head_timeout, settings.keep_alive);
    let builder = Server::build()
        .workers(workers(settings))
        .max_concurrent_connections(settings.max_connections.div_ceil(workers(settings)))
        .shutdown_timeout(settings.shutdown_timeout.as_secs())
        .disable_signals();
    let stopping = builder.graceful_shutdown_signal();
    let listening = builder.listen("public", listener, move || {
        let (opened, stopping) = (connections.clone(), stopping.clone());
        let app = app(web::routes(site.clone(), readiness.clone()))
            .into_factory()
            .map_err(|error| error.error_response());
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .local_addr(address)
            .client_request_timeout(head_timeout)
            .client_disconnect_timeout(DISCONNECT)
            .keep_alive(keep_alive)
            // Who closes its side has left, and what it asked for need not be computed.
            .h1_allow_half_closed(false)
            .h1_write_buffer_size(WRITE_BUFFER)
            .on_connect_ext(move |_: &TcpStream, data| opened.clone().open(data))
            .finish(map_config(app, |()| AppConfig::default()));
        fn_service(move |socket| accept(socket, head_timeout)).and_then(http)
    })?;
    Ok(listening.run())
}

/// Waits for the first bytes of a connection, which tell what it speaks.
async fn accept(
    socket: TcpStream,
    head_timeout: Duration,
) -> Result<(TcpStream, Protocol, Option<SocketAddr>), DispatchError> {
    // What is written waits for nothing: an answer over HTTP/2 is several writes.
    socket.set_nodelay(true).ok();
    let mut start = [0; HTTP_2.len()];
    timeout(head_timeout, socket.peek(&mut start))
        .await
        .map_err(|_| DispatchError::SlowRequestTimeout)??;
    let protocol = if start == *HTTP_2 {
        Protocol::Http2
    } else {
        Protocol::Http1
    };
    let peer = socket.peer_addr().ok();
    Ok((socket, protocol, peer))
}
