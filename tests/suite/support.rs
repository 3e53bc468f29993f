//! The application in process, and the real binary.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, ExitStatus, Output, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use actix_web::body::{self, BodySize, MessageBody};
use actix_web::http::Method;
use actix_web::http::header::HeaderMap;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::web::{Data, ServiceConfig};
use fibonacci_web::engine::Engine;
use fibonacci_web::metrics::Metrics;
use fibonacci_web::server;
use fibonacci_web::web::{self, Assets, Limits, Readiness, Site};
use proptest::test_runner::{Config, RngSeed};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// What came back for a request.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    /// The length that is told, where it is: of a body that HEAD does not send, too.
    pub size: Option<u64>,
    pub bytes: Vec<u8>,
    pub body: String,
}

impl Answer {
    /// The value of a header, where it is there.
    pub fn optional(&self, name: &str) -> Option<&str> {
        self.headers.contains_key(name).then(|| self.header(name))
    }

    /// The only value of a header.
    pub fn header(&self, name: &str) -> &str {
        let values: Vec<_> = self.headers.get_all(name).collect();
        assert_eq!(values.len(), 1, "values of {name}: {values:?}");
        values[0].to_str().expect("visible ASCII")
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("a JSON body")
    }
}

/// A site with the default limits.
pub fn site() -> Data<Site> {
    site_with(Limits {
        max_first: 10_000,
        max_nth: 10_000_000,
    })
}

/// A site with other limits.
pub fn site_with(limits: Limits) -> Data<Site> {
    let (engine, metrics) = engine(2, 64_000_000);
    site_of(limits, engine, 256_000_000, metrics)
}

/// A site of these parts.
pub fn site_of(
    limits: Limits,
    engine: Arc<Engine>,
    send_bytes: usize,
    metrics: Arc<Metrics>,
) -> Data<Site> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("static");
    let assets = Assets::load(&folder).expect("the files of the pages");
    Data::new(Site::new(limits, assets, engine, send_bytes, metrics))
}

/// An engine, and its metrics.
pub fn engine(cores: usize, cache_bytes: u64) -> (Arc<Engine>, Arc<Metrics>) {
    let metrics = Arc::new(Metrics::new().expect("names of their own"));
    let engine = Engine::new(cores, cache_bytes, metrics.clone()).expect("threads");
    (Arc::new(engine), metrics)
}

/// `GET path` with these headers, in process, of this site.
pub async fn get_of(site: &Data<Site>, path: &str, headers: &[(&str, &str)]) -> Answer {
    ask_of(Method::GET, site, path, headers).await
}

/// A request with a method and these headers, in process, of this site.
pub async fn ask_of(
    method: Method,
    site: &Data<Site>,
    path: &str,
    headers: &[(&str, &str)],
) -> Answer {
    let request = headers
        .iter()
        .fold(TestRequest::with_uri(path), |request, (name, value)| {
            request.append_header((*name, *value))
        });
    let routes = web::routes(site.clone(), Data::new(Readiness::default()));
    send_to(routes, request.method(method)).await
}

/// `GET path` with these headers, in process.
pub async fn get_with(path: &str, headers: &[(&str, &str)]) -> Answer {
    get_of(&site(), path, headers).await
}

/// `GET path`, in process.
pub async fn get(path: &str) -> Answer {
    ask(Method::GET, path).await
}

/// A request with a method, in process.
pub async fn ask(method: Method, path: &str) -> Answer {
    send(TestRequest::with_uri(path).method(method)).await
}

/// Any request to the public port, in process.
pub async fn send(request: TestRequest) -> Answer {
    send_to(
        web::routes(site(), Data::new(Readiness::default())),
        request,
    )
    .await
}

/// Any request to an application of these routes, in process.
pub async fn send_to(
    routes: impl FnOnce(&mut ServiceConfig) + 'static,
    request: TestRequest,
) -> Answer {
    let service = init_service(server::app(routes)).await;
    let response = call_service(&service, request.to_request()).await;
    let (head, bytes) = response.into_parts().1.into_parts();
    let size = match bytes.size() {
        BodySize::Sized(size) => Some(size),
        BodySize::None | BodySize::Stream => None,
    };
    let bytes = body::to_bytes(bytes).await.expect("a whole body");
    Answer {
        status: head.status().as_u16(),
        headers: head.headers().clone(),
        size,
        body: String::from_utf8_lossy(&bytes).into_owned(),
        bytes: bytes.to_vec(),
    }
}

/// The address of the style sheet that a page links to.
pub fn style_sheet(page: &str) -> &str {
    let start = page.find("/static/style-").expect("a link");
    page[start..].split('"').next().expect("an end")
}

/// The program, with an empty environment but for the folder of the pages' files.
pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fibonacci-web"));
    command
        .env_clear()
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::null());
    command
}

/// The program run to its end with these variables; it must end by itself.
pub fn run(variables: &[(&str, &str)], arguments: &[&str]) -> Output {
    let child = program()
        .envs(variables.iter().copied())
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let _watchdog = Watchdog::of(&child);
    child.wait_with_output().expect("a child")
}

/// Longer than any test takes on a slow machine: only what hangs meets it.
const PATIENCE: Duration = Duration::from_mins(1);

/// Kills a child that outlives the patience of its test, so that the test fails and does not hang.
struct Watchdog {
    /// Dropped with the watchdog, which ends its thread.
    _alive: Sender<()>,
}

impl Watchdog {
    fn of(child: &Child) -> Self {
        let id = Pid::from_child(child);
        let (alive, ended) = mpsc::channel();
        thread::spawn(move || {
            if ended.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                // It may end at this very moment.
                kill_process(id, Signal::KILL).ok();
            }
        });
        Self { _alive: alive }
    }
}

/// A running service on a port of its own. Killed when dropped.
pub struct Service {
    pub address: SocketAddr,
    /// The line of the log that says where it listens.
    pub start: Value,
    child: Child,
    log: BufReader<ChildStderr>,
    _watchdog: Watchdog,
}

impl Service {
    /// Starts the service with JSON lines and these variables, and waits until it listens.
    pub fn start(variables: &[(&str, &str)]) -> Self {
        Self::try_start(variables).unwrap_or_else(|log| panic!("it did not start: {log}"))
    }

    /// The same with a management port, whose address it gives too.
    pub fn start_with_management(variables: &[(&str, &str)]) -> (Self, SocketAddr) {
        // 0 turns the port off, so that a free one is to be found; another process can be quicker.
        for _ in 0..10 {
            let address = TcpListener::bind(("127.0.0.1", 0))
                .and_then(|listener| listener.local_addr())
                .expect("a free port");
            let port = address.port().to_string();
            let variables = [variables, &[("MANAGEMENT_PORT", &port)]].concat();
            match Self::try_start(&variables) {
                Ok(service) => return (service, address),
                Err(log) => assert!(log.contains("MANAGEMENT_PORT say where"), "{log}"),
            }
        }
        panic!("no free port");
    }

    fn try_start(variables: &[(&str, &str)]) -> Result<Self, String> {
        let mut child = program()
            .envs([
                ("PORT", "0"),
                ("MANAGEMENT_PORT", "0"),
                ("LOG_FORMAT", "json"),
                ("DRAIN_DELAY", "0"),
            ])
            .envs(variables.iter().copied())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let watchdog = Watchdog::of(&child);
        let mut log = BufReader::new(child.stderr.take().expect("piped"));
        let mut line = String::new();
        log.read_line(&mut line).expect("UTF-8");
        let start = serde_json::from_str(&line).unwrap_or(Value::Null);
        let address = start["address"].as_str().and_then(|it| it.parse().ok());
        let mut service = Self {
            address: address.unwrap_or(SocketAddr::from(([0, 0, 0, 0], 0))),
            start,
            child,
            log,
            _watchdog: watchdog,
        };
        if address.is_none() {
            service.child.kill().ok();
            let (_, rest) = service.wait();
            return Err(line + &rest);
        }
        Ok(service)
    }

    /// Waits for the next line of the log whose message starts so.
    pub fn line(&mut self, message: &str) -> Value {
        let mut passed = String::new();
        loop {
            let start = passed.len();
            let bytes = self.log.read_line(&mut passed).expect("UTF-8");
            assert_ne!(bytes, 0, "the log ended without {message:?}:\n{passed}");
            let line: Value = serde_json::from_str(&passed[start..]).expect("a JSON line");
            if line["message"]
                .as_str()
                .is_some_and(|text| text.starts_with(message))
            {
                return line;
            }
        }
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("a running process");
    }

    /// Waits for the end; gives the status and the rest of the log.
    pub fn wait(mut self) -> (ExitStatus, String) {
        let mut rest = String::new();
        self.log.read_to_string(&mut rest).expect("UTF-8");
        (self.child.wait().expect("a child"), rest)
    }

    /// Opens a connection and sends these bytes.
    pub fn connect(&self, request: &str) -> TcpStream {
        connect(self.address, request)
    }

    /// Sends these bytes on a connection of their own, and reads until the service closes it.
    pub fn exchange(&self, request: &str) -> String {
        exchange(self.address, request)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

pub fn connect(address: SocketAddr, request: &str) -> TcpStream {
    let mut connection = TcpStream::connect(address).expect("a listener");
    connection
        .set_read_timeout(Some(PATIENCE))
        .expect("a valid time");
    connection.write_all(request.as_bytes()).expect("a reader");
    connection
}

pub fn exchange(address: SocketAddr, request: &str) -> String {
    let mut answer = String::new();
    connect(address, request)
        .read_to_string(&mut answer)
        .expect("an answer in UTF-8");
    answer
}

/// A request by name, on a connection that ends with it.
pub fn request(method: &str, path: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
}

/// A number of cases for a property, the same in every run: a failure is a change of the code.
pub fn cases(cases: u32) -> Config {
    Config {
        cases,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(0x0011_2358_1321),
        ..Config::default()
    }
}

/// The SHA-256 of a text, in hexadecimal.
pub fn sha256(text: &str) -> String {
    let mut hex = String::new();
    for byte in Sha256::digest(text) {
        write!(hex, "{byte:02x}").expect("a String takes all that is written");
    }
    hex
}

/// The addresses of different terms, four times as many as there are cores; they take long, but not so long
/// that one is refused.
pub fn large_terms() -> Vec<String> {
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    (0..4 * cores)
        .map(|place| format!("/nth.txt?n={}", 90_000_000 + place))
        .collect()
}

/// A client of HTTP/2, without TLS and without asking, that says what a test wants said (RFC 9113).
pub struct Http2 {
    connection: TcpStream,
}

/// What goes over a connection of HTTP/2.
#[derive(Debug)]
pub struct Frame {
    pub kind: u8,
    pub flags: u8,
    pub stream: u32,
    pub payload: Vec<u8>,
}

impl Http2 {
    pub const DATA: u8 = 0;
    pub const HEADERS: u8 = 1;
    pub const RST_STREAM: u8 = 3;
    pub const SETTINGS: u8 = 4;
    pub const PING: u8 = 6;
    pub const GOAWAY: u8 = 7;
    pub const WINDOW_UPDATE: u8 = 8;
    pub const CONTINUATION: u8 = 9;

    /// Settings of a client that takes none of its answers' bodies (section 6.5.2).
    pub const TAKES_NOTHING: &[u8] = &[0, 4, 0, 0, 0, 0];

    /// Settings of one that takes a megabyte of each at once.
    pub const TAKES_A_MEGABYTE: &[u8] = &[0, 4, 0, 16, 0, 0];

    /// Opens a connection with these settings.
    pub fn open(address: SocketAddr, settings: &[u8]) -> Self {
        let connection = connect(address, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        let mut client = Self { connection };
        client.send(Self::SETTINGS, 0, 0, settings);
        client
    }

    /// Sends a frame; a service that has heard enough may have ended the connection.
    pub fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let length = u32::try_from(payload.len()).expect("a short payload");
        let mut frame = length.to_be_bytes()[1..].to_vec();
        frame.extend([kind, flags]);
        frame.extend(stream.to_be_bytes());
        frame.extend(payload);
        self.connection.write_all(&frame).ok();
    }

    /// Asks for a path; clients number their streams with odd numbers.
    pub fn ask(&mut self, stream: u32, path: &str) {
        self.send(Self::HEADERS, 5, stream, &Self::head(path));
    }

    /// The fields of a request, as literals (RFC 7541, section 6.2.2).
    pub fn head(path: &str) -> Vec<u8> {
        // GET and http, from the static table (RFC 7541, appendix A).
        let mut fields = vec![0x82, 0x86];
        for (name, value) in [(":path", path), (":authority", "localhost")] {
            fields.push(0);
            for text in [name, value] {
                fields.push(u8::try_from(text.len()).expect("a short text"));
                fields.extend(text.as_bytes());
            }
        }
        fields
    }

    /// The next frame, or none when the service has ended the connection.
    pub fn frame(&mut self) -> Option<Frame> {
        let mut head = [0; 9];
        match self.connection.read_exact(&mut head) {
            Ok(()) => {}
            Err(error) => {
                let ends = [ErrorKind::UnexpectedEof, ErrorKind::ConnectionReset];
                assert!(ends.contains(&error.kind()), "{error}");
                return None;
            }
        }
        let number = |bytes: &[u8]| {
            bytes
                .iter()
                .fold(0, |sum, byte| sum << 8 | u32::from(*byte))
        };
        let mut payload = vec![0; number(&head[..3]) as usize];
        self.connection.read_exact(&mut payload).expect("a payload");
        Some(Frame {
            kind: head[3],
            flags: head[4],
            stream: number(&head[5..]),
            payload,
        })
    }

    /// The next frame of a kind.
    pub fn next(&mut self, kind: u8) -> Frame {
        loop {
            let frame = self.frame().expect("an open connection");
            if frame.kind == kind {
                return frame;
            }
        }
    }
}
