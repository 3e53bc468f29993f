//! The real binary: running it, and sending it requests.

use std::env;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::num::NonZeroUsize;
use std::process::{Child, ChildStderr, Command, ExitStatus, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// Where `just coverage` wants to know which lines a program ran. A program writes that when it ends by itself.
const COVERAGE: &str = "LLVM_PROFILE_FILE";

/// The files in `static/` that the binary needs.
pub const STATIC_FILES: [&str; 5] =
    ["style.css", "copy.js", "icon.svg", "icon.png", "apple-touch-icon.png"];

/// The binary, with an empty environment, in the folder that contains `static/`.
pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fibonacci-web"));
    command.env_clear().current_dir(env!("CARGO_MANIFEST_DIR")).stdin(Stdio::null());
    command.envs(env::var_os(COVERAGE).map(|file| (COVERAGE, file)));
    command
}

/// The binary, started as [`program`] but by a shell, after this script.
pub fn program_after(script: &str) -> Command {
    let program = program();
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &format!("{script}; exec \"$0\"")]).arg(program.get_program());
    command.env_clear().current_dir(env!("CARGO_MANIFEST_DIR")).stdin(Stdio::null());
    command.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command
}

/// Runs the binary until it exits by itself.
pub fn run(variables: &[(&str, &str)], arguments: &[&str]) -> Output {
    let child = program()
        .envs(variables.iter().copied())
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a started process");
    let _watchdog = Watchdog::new(&child);
    child.wait_with_output().expect("a child process")
}

/// Longer than any test takes on a slow machine, so it only expires if something hangs.
const TIMEOUT: Duration = Duration::from_mins(1);

/// Kills a child process after the timeout, so that its test fails instead of hanging.
struct Watchdog {
    /// Dropped with the watchdog, which stops the thread.
    _alive: Sender<()>,
    has_killed: Arc<AtomicBool>,
}

impl Watchdog {
    fn new(child: &Child) -> Self {
        let id = Pid::from_child(child);
        let (alive, dropped) = mpsc::channel();
        let has_killed = Arc::new(AtomicBool::new(false));
        let killed = has_killed.clone();
        thread::spawn(move || {
            if dropped.recv_timeout(TIMEOUT) == Err(RecvTimeoutError::Timeout) {
                killed.store(true, Ordering::Relaxed);
                // The process may have just exited.
                kill_process(id, Signal::KILL).ok();
            }
        });
        Self { _alive: alive, has_killed }
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        // The test may have waited for something that only the kill made happen.
        let has_killed = self.has_killed.load(Ordering::Relaxed);
        assert!(!has_killed || thread::panicking(), "the process did not exit in time");
    }
}

/// A running service on its own port. Dropping it kills the process.
pub struct Service {
    /// The first address, or `0.0.0.0:0` if it has only a path.
    pub address: SocketAddr,
    /// The log line that contains the addresses.
    pub start_line: Value,
    child: Child,
    log: BufReader<ChildStderr>,
    _watchdog: Watchdog,
}

impl Service {
    /// Starts the service with a JSON log and these variables, and waits until it listens.
    pub fn start(variables: &[(&str, &str)]) -> Self {
        Self::start_by(program(), variables)
    }

    /// As [`start`](Self::start), by this command.
    pub fn start_by(command: Command, variables: &[(&str, &str)]) -> Self {
        Self::try_start(command, variables)
            .unwrap_or_else(|log| panic!("the service did not start: {log}"))
    }

    /// As [`start`](Self::start), with a management port. Also returns its address.
    pub fn start_with_management(variables: &[(&str, &str)]) -> (Self, SocketAddr) {
        Self::start_with_management_by(program, variables)
    }

    /// As [`start_with_management`](Self::start_with_management), by this command.
    pub fn start_with_management_by(
        command: impl Fn() -> Command,
        variables: &[(&str, &str)],
    ) -> (Self, SocketAddr) {
        // Port 0 would disable the management port, so pick a free one. Another process may take it first.
        for _ in 0..10 {
            let address = TcpListener::bind(("127.0.0.1", 0))
                .and_then(|listener| listener.local_addr())
                .expect("a free port");
            let port = address.port().to_string();
            let variables = [variables, &[("MANAGEMENT_PORT", &port)]].concat();
            match Self::try_start(command(), &variables) {
                Ok(service) => return (service, address),
                Err(log) => assert!(log.contains("MANAGEMENT_PORT or "), "{log}"),
            }
        }
        panic!("no free port");
    }

    fn try_start(mut command: Command, variables: &[(&str, &str)]) -> Result<Self, String> {
        let mut child = command
            .envs([
                ("PORT", "0"),
                ("MANAGEMENT_PORT", "0"),
                ("LOG_FORMAT", "json"),
                ("DRAIN_DELAY", "0"),
            ])
            .envs(variables.iter().copied())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a started process");
        let watchdog = Watchdog::new(&child);
        let mut log = BufReader::new(child.stderr.take().expect("piped standard error"));
        let mut line = String::new();
        log.read_line(&mut line).expect("valid UTF-8");
        let start_line: Value = serde_json::from_str(&line).unwrap_or(Value::Null);
        let addresses = start_line["addresses"].as_str().unwrap_or_default().to_owned();
        let address = addresses.split(',').find_map(|address| address.parse().ok());
        let mut service = Self {
            address: address.unwrap_or(SocketAddr::from(([0, 0, 0, 0], 0))),
            start_line,
            child,
            log,
            _watchdog: watchdog,
        };
        if addresses.is_empty() {
            service.child.kill().ok();
            let (_, rest) = service.wait_for_exit();
            return Err(line + &rest);
        }
        Ok(service)
    }

    /// Waits for the next log line whose message starts with `message`.
    pub fn wait_for_log(&mut self, message: &str) -> Value {
        serde_json::from_str(&self.wait_for_log_line(message)).expect("a JSON line")
    }

    /// As [`wait_for_log`](Self::wait_for_log), but returns the line as text.
    pub fn wait_for_log_line(&mut self, message: &str) -> String {
        let mut lines = String::new();
        loop {
            let start = lines.len();
            let bytes = self.log.read_line(&mut lines).expect("valid UTF-8");
            assert_ne!(bytes, 0, "the log ended without {message:?}:\n{lines}");
            let line: Value = serde_json::from_str(&lines[start..]).expect("a JSON line");
            if line["message"].as_str().is_some_and(|text| text.starts_with(message)) {
                return lines[start..].to_owned();
            }
        }
    }

    /// The process ID.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal to the process.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("a running process");
    }

    /// Waits until the process exits. Returns its status and the rest of the log.
    pub fn wait_for_exit(mut self) -> (ExitStatus, String) {
        let mut rest = String::new();
        self.log.read_to_string(&mut rest).expect("valid UTF-8");
        (self.child.wait().expect("a child process"), rest)
    }

    /// Opens a connection and sends these bytes.
    pub fn connect(&self, request: &str) -> TcpStream {
        connect(self.address, request)
    }

    /// Sends these bytes on a new connection, and reads until the service closes it.
    pub fn exchange(&self, request: &str) -> String {
        exchange(self.address, request)
    }

    /// As [`exchange`](Self::exchange), for responses that are not UTF-8.
    pub fn exchange_bytes(&self, request: &str) -> Vec<u8> {
        let mut response = Vec::new();
        self.connect(request).read_to_end(&mut response).expect("a response");
        response
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if env::var_os(COVERAGE).is_some() {
            // The second signal stops it at once.
            for signal in [Signal::TERM, Signal::INT] {
                kill_process(Pid::from_child(&self.child), signal).ok();
            }
        } else {
            // The process may have exited by itself.
            self.child.kill().ok();
        }
        self.child.wait().ok();
    }
}

/// Opens a connection to this address and sends these bytes.
pub fn connect(address: SocketAddr, request: &str) -> TcpStream {
    let mut connection = TcpStream::connect(address).expect("a listening service");
    connection.set_read_timeout(Some(TIMEOUT)).expect("a valid timeout");
    connection.write_all(request.as_bytes()).expect("an open connection");
    connection
}

/// Sends these bytes on a new connection to this address, and reads until the service closes it.
pub fn exchange(address: SocketAddr, request: &str) -> String {
    let mut response = String::new();
    connect(address, request).read_to_string(&mut response).expect("a response in UTF-8");
    response
}

/// The values of metrics, with the labels in their names, from one scrape of the management port.
pub fn metrics<const N: usize>(management: SocketAddr, names: [&str; N]) -> [u64; N] {
    let text = exchange(management, &raw_request("GET", "/metrics"));
    names.map(|name| {
        text.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
            .unwrap_or_else(|| panic!("no {name} in {text}"))
    })
}

/// The value of a metric, as [`metrics`] returns it.
pub fn metric(management: SocketAddr, name: &str) -> u64 {
    let [value] = metrics(management, [name]);
    value
}

/// The text of a request with `Connection: close`.
pub fn raw_request(method: &str, path: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
}

/// The paths of different terms, four times as many as cores. They take long to compute, but not so long that
/// one is refused.
pub fn large_term_paths() -> Vec<String> {
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    (0..4 * cores).map(|offset| format!("/nth.txt?n={}", 90_000_000 + offset)).collect()
}

/// The standard error output as text.
pub fn standard_error(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("valid UTF-8")
}
