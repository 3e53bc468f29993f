//! The application in process, and the real binary.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, ExitStatus, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
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
use fibonacci_web::server::app::app;
use fibonacci_web::web::limits::Limits;
use fibonacci_web::web::ops::assets::Assets;
use fibonacci_web::web::ops::health::Readiness;
use fibonacci_web::web::routes;
use fibonacci_web::web::site::Site;
use proptest::test_runner::{Config, RngSeed};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

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
    site_with(Limits { max_first: 10_000, max_nth: 10_000_000 })
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
    let request = headers.iter().fold(TestRequest::with_uri(path), |request, (name, value)| {
        request.append_header((*name, *value))
    });
    let routes = routes::public(site.clone(), Data::new(Readiness::default()));
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
    send_to(routes::public(site(), Data::new(Readiness::default())), request).await
}

/// Any request to an application of these routes, in process.
pub async fn send_to(
    routes: impl FnOnce(&mut ServiceConfig) + 'static,
    request: TestRequest,
) -> Answer {
    let service = init_service(app(routes)).await;
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
    command.env_clear().current_dir(env!("CARGO_MANIFEST_DIR")).stdin(Stdio::null());
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
    has_killed: Arc<AtomicBool>,
}

impl Watchdog {
    fn of(child: &Child) -> Self {
        let id = Pid::from_child(child);
        let (alive, ended) = mpsc::channel();
        let has_killed = Arc::new(AtomicBool::new(false));
        let killed = has_killed.clone();
        thread::spawn(move || {
            if ended.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                killed.store(true, Ordering::Relaxed);
                // It may end at this very moment.
                kill_process(id, Signal::KILL).ok();
            }
        });
        Self { _alive: alive, has_killed }
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        // What a test waited for may have been the kill.
        let has_killed = self.has_killed.load(Ordering::Relaxed);
        assert!(!has_killed || thread::panicking(), "the program hung");
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
                Err(log) => assert!(log.contains("MANAGEMENT_PORT set the address"), "{log}"),
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
            if line["message"].as_str().is_some_and(|text| text.starts_with(message)) {
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

impl Service {
    /// As [`exchange`](Self::exchange), for responses that are not UTF-8.
    pub fn exchange_bytes(&self, request: &str) -> Vec<u8> {
        let mut response = Vec::new();
        self.connect(request).read_to_end(&mut response).expect("a response");
        response
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
    connection.set_read_timeout(Some(PATIENCE)).expect("a valid time");
    connection.write_all(request.as_bytes()).expect("a reader");
    connection
}

pub fn exchange(address: SocketAddr, request: &str) -> String {
    let mut answer = String::new();
    connect(address, request).read_to_string(&mut answer).expect("an answer in UTF-8");
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

/// The addresses of different terms, four times as many as there are cores; they take long, but not so long
/// that one is refused.
pub fn large_terms() -> Vec<String> {
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    (0..4 * cores).map(|place| format!("/nth.txt?n={}", 90_000_000 + place)).collect()
}
