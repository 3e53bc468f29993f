//! The listening sockets and their options.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::os::unix::net::UnixListener;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use socket2::{Domain, SockRef, Socket, Type};

use super::error::{Port, ServerError};
use crate::config::Endpoint;

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
pub const SEND_BUFFER: usize = 1 << 16;

/// How many bytes of requests the system may hold for a connection. Linux doubles this, too.
const RECEIVE_BUFFER: usize = 1 << 14;

/// How often another free port is tried if one is in use at the next address.
const FREE_PORT_TRIES: usize = 20;

/// A listening socket.
#[derive(Debug)]
pub enum Listener {
    /// A TCP socket.
    Tcp(TcpListener),
    /// A Unix socket.
    Unix(UnixListener),
}

impl Listener {
    /// Sets the options of the socket, and listens. A client that reads nothing for `stall_timeout` is disconnected;
    /// a Unix socket has no such option.
    fn configure(&self, stall_timeout: Duration) -> io::Result<()> {
        match self {
            Self::Tcp(listener) => {
                let socket = SockRef::from(listener);
                // Connections inherit these.
                socket.set_send_buffer_size(SEND_BUFFER)?;
                socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
                limit(&socket, stall_timeout)?;
                // A passed socket listens already, perhaps with a smaller backlog.
                socket.listen(BACKLOG)
            }
            Self::Unix(listener) => SockRef::from(listener).listen(BACKLOG),
        }
    }

    /// The address as a URL, or as displayed if it has no URL form.
    pub fn url(&self) -> String {
        match self {
            Self::Tcp(_) => format!("http://{self}"),
            Self::Unix(_) => self.to_string(),
        }
    }
}

/// `127.0.0.1:8080`, or `unix:/run/fibonacci-web.sock`.
impl fmt::Display for Listener {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(listener) => match listener.local_addr() {
                Ok(address) => address.fmt(out),
                Err(error) => error.fmt(out),
            },
            Self::Unix(listener) => {
                let address = listener.local_addr().ok();
                let path = address.as_ref().and_then(|address| address.as_pathname());
                write!(out, "unix:{}", path.map_or("unnamed".into(), |path| path.to_string_lossy()))
            }
        }
    }
}

/// The listeners of a port: the sockets that the service manager passed for it, or else those of its settings.
pub fn listen(
    port: Port,
    passed: Vec<Listener>,
    endpoint: Option<Endpoint>,
    stall_timeout: Duration,
) -> Result<Vec<Listener>, ServerError> {
    if passed.is_empty() {
        return endpoint.map_or(Ok(passed), |endpoint| bind(port, &endpoint, stall_timeout));
    }
    for listener in &passed {
        listener.configure(stall_timeout).map_err(ServerError::PassedSocket)?;
    }
    Ok(passed)
}

/// Listens on each address of an endpoint, on the same port. Port 0 picks a free one.
fn bind(
    port: Port,
    endpoint: &Endpoint,
    stall_timeout: Duration,
) -> Result<Vec<Listener>, ServerError> {
    let mut tries = 0..FREE_PORT_TRIES;
    loop {
        match bind_once(port, endpoint, stall_timeout) {
            Err(ServerError::Listen { source, .. })
                if endpoint.port == 0
                    && source.kind() == io::ErrorKind::AddrInUse
                    && tries.next().is_some() => {}
            result => return result,
        }
    }
}

fn bind_once(
    port: Port,
    endpoint: &Endpoint,
    stall_timeout: Duration,
) -> Result<Vec<Listener>, ServerError> {
    let mut number = endpoint.port;
    let mut listeners = Vec::new();
    let mut missing = None;
    for host in &endpoint.hosts {
        let address = SocketAddr::new(*host, number);
        let error = |source| ServerError::Listen { port, address, source };
        match bind_address(address, is_dual_stack(*host, &endpoint.hosts)) {
            Ok(listener) => {
                number = listener.local_addr().map_err(error)?.port();
                let listener = Listener::Tcp(listener);
                listener.configure(stall_timeout).map_err(error)?;
                listeners.push(listener);
            }
            Err(source) if endpoint.is_default && is_missing(&source) => {
                missing = Some(error(source));
            }
            Err(source) => return Err(error(source)),
        }
    }
    match missing {
        Some(error) if listeners.is_empty() => Err(error),
        _ => Ok(listeners),
    }
}

/// Whether a listener at this address accepts IPv4 as well. The default depends on the system.
fn is_dual_stack(host: IpAddr, hosts: &[IpAddr]) -> bool {
    host.is_unspecified() && host.is_ipv6() && !hosts.iter().any(IpAddr::is_ipv4)
}

/// A socket that does not listen yet.
fn bind_address(address: SocketAddr, is_dual_stack: bool) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    if address.is_ipv6() {
        socket.set_only_v6(!is_dual_stack)?;
    }
    // Connections of an earlier process may still be in TIME_WAIT.
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    Ok(socket.into())
}

/// Whether the machine does not have the address: without IPv6, for example.
fn is_missing(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::ADDRNOTAVAIL | Errno::AFNOSUPPORT))
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

/// Raises the limit of open files to the maximum, and returns it. Many systems start at 1 024, for programs that
/// use `select`.
pub fn raise_file_limit() -> u64 {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: maximum, maximum };
    // If that fails, the old limit stays.
    setrlimit(Resource::Nofile, raised).ok();
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}
