//! The service manager: sockets that it passes, and notifications to it.

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use rustix::process::Signal;

use crate::support::service::{
    Service, exchange, large_term_paths, program, program_after, raw_request, standard_error,
};

/// The service with one passed socket.
fn activated(socket: impl Into<OwnedFd>) -> Command {
    let mut command = program_after("export LISTEN_PID=$$ LISTEN_FDS=1; exec 3<&0 0</dev/null");
    command.stdin(socket.into());
    command
}

/// The service with two passed sockets of these names.
fn activated_with_names(names: &str, first: OwnedFd, second: OwnedFd) -> Command {
    let mut command = program_after(&format!(
        "export LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES={names}; exec 3<&0 4<&1 0</dev/null 1>&2"
    ));
    command.stdin(first).stdout(second);
    command
}

/// A listening socket and its address.
fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let address = listener.local_addr().expect("a bound listener");
    (listener, address)
}

/// An unused path in a folder for tests.
fn path(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::remove_file(&path).ok();
    path
}

#[test]
fn a_passed_socket_replaces_host_and_port() {
    let (socket, address) = listener();
    // An address for documentation (RFC 5737), which this machine lacks.
    let mut service = Service::start_by(activated(socket), &[("HOST", "192.0.2.1")]);
    assert_eq!(service.address, address);
    service
        .wait_for_log("listening on the sockets of the service manager; HOST and PORT are ignored");
    assert!(service.exchange(&raw_request("GET", "/nth.txt?n=10")).ends_with("\r\n\r\n55\n"));
}

#[test]
fn sockets_for_another_process_are_not_taken() {
    let (socket, address) = listener();
    let mut command = program_after("export LISTEN_PID=1 LISTEN_FDS=1; exec 3<&0 0</dev/null");
    command.stdin(OwnedFd::from(socket));
    assert_ne!(Service::start_by(command, &[]).address.port(), address.port());
}

#[test]
fn a_passed_socket_named_management_is_the_management_port() {
    for names in ["public:management", "management:public"] {
        let ((first, first_address), (second, second_address)) = (listener(), listener());
        let command = activated_with_names(names, first.into(), second.into());
        let service = Service::start_by(command, &[]);
        let (public, management) = if names.starts_with("public") {
            (first_address, second_address)
        } else {
            (second_address, first_address)
        };
        assert_eq!(service.address, public);
        assert_eq!(service.start_line["management"], management.to_string());
        let status = |address| exchange(address, &raw_request("GET", "/metrics"))[..13].to_owned();
        assert_eq!(status(public), "HTTP/1.1 404 ");
        assert_eq!(status(management), "HTTP/1.1 200 ");
    }
}

#[test]
fn two_passed_sockets_without_names_are_both_public() {
    let ((first, first_address), (second, second_address)) = (listener(), listener());
    let service = Service::start_by(activated_with_names("", first.into(), second.into()), &[]);
    assert_eq!(service.start_line["addresses"], format!("{first_address},{second_address}"));
    for address in [first_address, second_address] {
        assert!(exchange(address, &raw_request("GET", "/healthz")).ends_with("ok\n"));
    }
}

#[test]
fn a_passed_file_that_is_not_a_socket_is_reported() {
    let mut command = activated(fs::File::open("/dev/null").expect("a file"));
    let output = command.output().expect("a program that ends");
    assert_eq!(output.status.code(), Some(1));
    let text = standard_error(&output);
    assert!(
        text.starts_with("error: cannot use a socket from the service manager: fd 3 "),
        "{text}"
    );
}

/// Connects to a Unix socket and sends these bytes.
fn connect_to_path(path: &PathBuf, request: &str) -> UnixStream {
    let mut connection = UnixStream::connect(path).expect("a listening service");
    connection.set_read_timeout(Some(Duration::from_mins(1))).expect("a valid timeout");
    connection.write_all(request.as_bytes()).expect("an open connection");
    connection
}

#[test]
fn the_service_can_listen_on_a_unix_socket() {
    let path = path("unix.sock");
    let socket = UnixListener::bind(&path).expect("a socket");
    let mut service = Service::start_by(activated(socket), &[("MAX_NTH", "100000000")]);
    let name = format!("unix:{}", path.display());
    assert_eq!(service.start_line["addresses"], name);
    assert_eq!(service.start_line["message"], format!("listening on {name}"));

    let get = |request: &str| {
        let mut response = String::new();
        connect_to_path(&path, request).read_to_string(&mut response).expect("valid UTF-8");
        response
    };
    let requests = "GET /nth.txt?n=9 HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned()
        + &raw_request("GET", "/nth.txt?n=10");
    let responses = get(&requests);
    assert!(responses.contains("\r\n\r\n34\nHTTP/1.1 200 "), "{responses}");
    assert!(responses.ends_with("\r\n\r\n55\n"), "{responses}");
    let list = get(&raw_request("GET", "/first.txt?n=10000"));
    assert_eq!(list.lines().skip_while(|line| !line.is_empty()).count(), 10_001);

    // Clients that leave while their terms wait to be computed are noticed.
    let waiting: Vec<UnixStream> = large_term_paths()
        .iter()
        .map(|path_of_term| connect_to_path(&path, &raw_request("GET", path_of_term)))
        .collect();
    drop(waiting);
    service.wait_for_log("GET /nth.txt unanswered");
    service.signal(Signal::TERM);
    let (status, _) = service.wait_for_exit();
    assert_eq!(status.code(), Some(0));
    fs::remove_file(&path).expect("the service leaves the path alone");
}

#[test]
fn the_service_manager_is_notified_when_the_service_is_ready_alive_and_stopping() {
    let path = path("notify.sock");
    let socket = UnixDatagram::bind(&path).expect("a socket");
    socket.set_read_timeout(Some(Duration::from_mins(1))).expect("a valid timeout");
    let receive = || {
        let mut bytes = [0; 100];
        let length = socket.recv(&mut bytes).expect("a notification");
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    };
    let receive_next = |expected: &str| {
        while receive() != expected {}
    };
    let name = path.to_str().expect("valid UTF-8");
    let mut service =
        Service::start_by(program(), &[("NOTIFY_SOCKET", name), ("WATCHDOG_USEC", "100000")]);
    assert_eq!(receive(), "READY=1\n");
    assert_eq!(receive(), "WATCHDOG=1\n");
    assert_eq!(receive(), "WATCHDOG=1\n");
    // A hung service is silent; one that drains is not.
    let mut slow = service.connect(&raw_request("GET", "/first.txt?n=10000"));
    slow.read_exact(&mut [0; 15]).expect("a status line");
    service.signal(Signal::TERM);
    receive_next("STOPPING=1\n");
    service.wait_for_log("finishing the requests in flight");
    receive_next("WATCHDOG=1\n");
    drop(slow);
    let (status, _) = service.wait_for_exit();
    assert_eq!(status.code(), Some(0));
}

/// Sends requests until `is_over`, each on a new connection. Returns how many.
fn use_new_connections(address: SocketAddr, is_over: &AtomicBool) -> u32 {
    let mut count = 0;
    while !is_over.load(Ordering::Relaxed) {
        let response = exchange(address, &raw_request("GET", "/nth.txt?n=10"));
        assert!(response.ends_with("\r\n\r\n55\n"), "{response}");
        count += 1;
    }
    count
}

/// Sends requests until `is_over`, on as few connections as the service allows. Returns how many.
fn reuse_connections(address: SocketAddr, is_over: &AtomicBool) -> u32 {
    let (mut count, mut reused) = (0, None);
    while !is_over.load(Ordering::Relaxed) {
        let is_reused = reused.is_some();
        let connection =
            reused.take().unwrap_or_else(|| TcpStream::connect(address).expect("a listener"));
        match request_on(connection) {
            Ok(kept) => {
                (count, reused) = (count + 1, kept);
            }
            // An idle connection may close at any time; the client tries again (RFC 9112, section 9.3.1).
            Err(error) => assert!(is_reused, "{error}"),
        }
    }
    count
}

/// Sends a request, and returns the connection if it can be used again, or an error if it ended without a byte.
fn request_on(connection: TcpStream) -> std::io::Result<Option<TcpStream>> {
    connection.set_read_timeout(Some(Duration::from_mins(1))).expect("a valid timeout");
    (&connection).write_all(b"GET /nth.txt?n=10 HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
    let mut reader = BufReader::new(&connection);
    if reader.fill_buf()?.is_empty() {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(reader.read_line(&mut head).expect("a response"), 0, "{head}");
    }
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    let mut body = [0; 3];
    reader.read_exact(&mut body).expect("a body");
    assert_eq!(&body, b"55\n");
    let is_kept = !head.contains("connection: close\r\n");
    Ok(is_kept.then_some(connection))
}

#[test]
fn restarts_lose_no_request_if_the_socket_is_passed() {
    let (socket, address) = listener();
    let is_over = Arc::new(AtomicBool::new(false));
    let clients: [fn(SocketAddr, &AtomicBool) -> u32; 4] =
        [use_new_connections, use_new_connections, reuse_connections, reuse_connections];
    let clients = clients.map(|client| {
        let is_over = is_over.clone();
        thread::spawn(move || client(address, &is_over))
    });
    for _ in 0..5 {
        let socket = socket.try_clone().expect("a socket");
        let mut service = Service::start_by(activated(socket), &[]);
        for _ in 0..200 {
            service.wait_for_log("GET /nth.txt 200");
        }
        service.signal(Signal::TERM);
        let (status, _) = service.wait_for_exit();
        assert_eq!(status.code(), Some(0));
    }
    // The clients end with the last service, which answers what they have sent.
    let socket = socket.try_clone().expect("a socket");
    let service = Service::start_by(activated(socket), &[("RUST_LOG", "info,access=off")]);
    is_over.store(true, Ordering::Relaxed);
    let counts = clients.map(|client| client.join().expect("no lost request"));
    assert!(counts.iter().all(|count| *count > 0), "{counts:?}");
    drop(service);
}
