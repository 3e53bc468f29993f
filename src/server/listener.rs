//! The sockets that the service listens on, and what it asks of the system for them.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use log::warn;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use socket2::SockRef;

use super::Error;

/// The files that are open besides connections: listeners, what the workers wait on, standard error,
/// and files that are being sent.
const OTHER_FILES: u64 = 200;

/// How many connections may wait to be accepted. The standard library asks for 128, and where a burst
/// brings more, those are lost and tried again a second later. The system takes what it allows of it.
const BACKLOG: i32 = 4_096;

/// How many bytes of an answer the system may hold that it has not sent yet. Its own choice is some
/// megabytes, which a crowd of readers that take nothing would fill.
#[cfg(any(target_os = "linux", target_os = "android"))]
const UNSENT: u32 = 1 << 18;

/// Listens on `address`, which `setting` names. A client that takes nothing for `stall_timeout` is cut
/// off.
pub fn listen(
    setting: &'static str,
    address: SocketAddr,
    stall_timeout: Duration,
) -> Result<TcpListener, Error> {
    TcpListener::bind(address)
        .and_then(|listener| {
            let socket = SockRef::from(&listener);
            // Once more, for the length of the queue.
            socket.listen(BACKLOG)?;
            limit(&socket, stall_timeout)?;
            Ok(listener)
        })
        .map_err(|source| Error::Listen {
            setting,
            address,
            source,
        })
}

/// Sets what connections inherit from their listener: how much of an answer waits in the system, and
/// how long (RFC 5482). What waits there the HTTP library does not see.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn limit(socket: &SockRef<'_>, stall_timeout: Duration) -> io::Result<()> {
    socket.set_tcp_user_timeout(Some(stall_timeout))?;
    socket.set_tcp_notsent_lowat(UNSENT)
}

/// Other systems have no such options.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn limit(_: &SockRef<'_>, _: Duration) -> io::Result<()> {
    Ok(())
}

/// Raises the number of files that this process may open as far as it may itself; many systems start
/// with 1 024, for the sake of programs from before `poll`.
pub fn raise_file_limit(connections: usize) {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    // Where it is refused, what there was is what there is.
    setrlimit(Resource::Nofile, raised).ok();
    let allowed = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let wanted = connections as u64 + OTHER_FILES;
    if allowed < wanted {
        warn!(allowed, wanted; "fewer files may be opened than MAX_CONNECTIONS needs");
    }
}
