//! The sockets that the service listens on, and what it asks of the system for them.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use log::warn;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::Error;

/// The files that are open besides connections: listeners, what the workers wait on, standard error,
/// and files that are being sent.
const OTHER_FILES: u64 = 200;

/// Listens on `address`, which `setting` names. A client that takes nothing for `stall_timeout` is cut
/// off.
pub fn listen(
    setting: &'static str,
    address: SocketAddr,
    stall_timeout: Duration,
) -> Result<TcpListener, Error> {
    TcpListener::bind(address)
        .and_then(|listener| {
            limit_stalls(&listener, stall_timeout)?;
            Ok(listener)
        })
        .map_err(|source| Error::Listen {
            setting,
            address,
            source,
        })
}

/// Has the system end connections whose client takes nothing for this long (RFC 5482): the bytes that
/// it leaves waiting are the system's, and the HTTP library does not see that they do. Connections
/// inherit it from their listener.
#[cfg(target_os = "linux")]
fn limit_stalls(listener: &TcpListener, timeout: Duration) -> std::io::Result<()> {
    let milliseconds = u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX);
    rustix::net::sockopt::set_tcp_user_timeout(listener, milliseconds)?;
    Ok(())
}

/// Other systems have no such option.
#[cfg(not(target_os = "linux"))]
fn limit_stalls(_: &TcpListener, _: Duration) -> std::io::Result<()> {
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
