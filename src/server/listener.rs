//! The listening sockets and their options.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use log::warn;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use socket2::SockRef;

use super::error::ServerError;

/// Open files besides connections: listeners, event queues of the workers, standard error, static files.
const OTHER_FILES: u64 = 200;

/// The maximum number of connections that wait to be accepted. With the standard library's 128, a burst
/// loses connections, and clients retry after a second. The system may lower it.
const BACKLOG: i32 = 4_096;

/// How many unsent bytes of a response the system may hold for a connection; a piece more if the client has
/// room for it. The default is some megabytes, which many clients that do not read would fill.
#[cfg(any(target_os = "linux", target_os = "android"))]
const UNSENT: u32 = 1 << 14;

/// How many bytes of a response the system may hold for a connection until the client's system has
/// acknowledged them. Linux doubles this, for its own overhead. It limits a connection to about 100 kB in each
/// round trip.
const SEND_BUFFER: usize = 1 << 16;

/// How many bytes of requests the system may hold for a connection. Linux doubles this, too.
const RECEIVE_BUFFER: usize = 1 << 14;

/// Listens on `address`, which these settings set. A client that reads nothing for `stall_timeout` is
/// disconnected.
pub fn listen(
    settings: &'static str,
    address: SocketAddr,
    stall_timeout: Duration,
) -> Result<TcpListener, ServerError> {
    TcpListener::bind(address)
        .and_then(|listener| {
            let socket = SockRef::from(&listener);
            // It listens already, but with a smaller backlog.
            socket.listen(BACKLOG)?;
            socket.set_send_buffer_size(SEND_BUFFER)?;
            socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
            limit(&socket, stall_timeout)?;
            Ok(listener)
        })
        .map_err(|source| ServerError::Listen { settings, address, source })
}

/// Sets options that connections inherit: how many bytes of a response may wait in the system, and how long
/// (RFC 5482). The HTTP library does not see those bytes.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn limit(socket: &SockRef<'_>, stall_timeout: Duration) -> io::Result<()> {
    socket.set_tcp_user_timeout(Some(stall_timeout))?;
    socket.set_tcp_notsent_lowat(UNSENT)
}

/// Other systems lack these options.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn limit(_: &SockRef<'_>, _: Duration) -> io::Result<()> {
    Ok(())
}

/// Raises the limit of open files to the maximum. Many systems start at 1 024, for programs that use
/// `select`.
pub fn raise_file_limit(connections: usize) {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: maximum, maximum };
    // If that fails, the old limit stays.
    setrlimit(Resource::Nofile, raised).ok();
    let allowed = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let wanted = connections as u64 + OTHER_FILES;
    if allowed < wanted {
        warn!(allowed, wanted; "the limit of open files is too low for MAX_CONNECTIONS");
    }
}
