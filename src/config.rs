//! The settings: each is a flag and an environment variable of the same name, checked before
//! anything starts.

use std::fmt::Display;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Parser, Subcommand};
use log::LevelFilter;

use crate::telemetry::Format;

/// The largest `MAX_FIRST` that can be set: a list of 105 GB, a day's download.
const MOST_TERMS: u64 = 1_000_000;

/// The largest `MAX_NTH` that can be set: a number of 21 MB.
const LARGEST_INDEX: u64 = 100_000_000;

/// The most `WORKERS` that can be set, and that are started on a machine of more cores: each takes
/// four files and a stack, and 1 024 open files are a common limit.
pub const MOST_WORKERS: usize = 128;

/// The longest time that can be set, in seconds: an hour.
const LONGEST_TIME: u64 = 3_600;

/// The most bytes of memory that can be set: what a machine's addresses reach in practice, 256 TB.
const MOST_BYTES: u64 = 1 << 48;

/// The most `MAX_CONNECTIONS` that can be set: as many as there are files to open on a large system.
const MOST_CONNECTIONS: usize = 1 << 20;

/// Exact Fibonacci numbers of any size, as web pages, text and JSON.
#[derive(Clone, Debug, Parser)]
#[command(
    version,
    after_help = "Each option can also be set by the environment variable named with it."
)]
pub struct Settings {
    /// What to do instead of serving.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// The IP address to listen on, for both ports.
    #[arg(long, env, global = true, default_value_t = Ipv4Addr::LOCALHOST.into(), value_parser = ip_address)]
    pub host: IpAddr,

    /// The public port; 0 takes any free one.
    #[arg(long, env, global = true, default_value_t = 8080, value_parser = port)]
    pub port: u16,

    /// The port for metrics and health, kept from the public; 0 turns it off.
    #[arg(long, env, default_value_t = 9090, value_parser = port)]
    pub management_port: u16,

    /// The most terms that a list may have.
    #[arg(long, env, default_value_t = 10_000, value_parser = max_first)]
    pub max_first: u64,

    /// The largest n of which a single term is given whole; past it there is a summary.
    #[arg(long, env, default_value_t = 10_000_000, value_parser = max_nth)]
    pub max_nth: u64,

    /// How many threads answer requests [default: one a core].
    #[arg(long, env, value_parser = workers)]
    pub workers: Option<usize>,

    /// How many bytes of pages and large terms are kept for who asks for them again; 0 keeps none.
    #[arg(long, env, default_value_t = 64_000_000, value_parser = bytes)]
    pub cache_bytes: u64,

    /// How many bytes of memory large answers may take together while they are sent.
    #[arg(long, env, default_value_t = 256_000_000, value_parser = bytes)]
    pub send_bytes: u64,

    /// How many connections are served at once, rounded up to a multiple of WORKERS; more wait.
    #[arg(long, env, default_value_t = 10_000, value_parser = connections)]
    pub max_connections: usize,

    /// How many seconds the head of a request may take to arrive.
    #[arg(long, env, default_value = "10", value_parser = waiting_time)]
    pub head_timeout: Duration,

    /// How many seconds a connection may be idle between two requests.
    #[arg(long, env, default_value = "75", value_parser = waiting_time)]
    pub keep_alive: Duration,

    /// How many seconds a client may take none of its answer (Linux).
    #[arg(long, env, default_value = "60", value_parser = waiting_time)]
    pub stall_timeout: Duration,

    /// How a line of the log is written.
    #[arg(long, env, default_value = "text", value_parser = log_format)]
    pub log_format: Format,

    /// What is logged: a level (off, error, warn, info, debug, trace), or a list such as
    /// info,access=off.
    #[arg(long, env, default_value = "info", value_parser = log_filter)]
    pub rust_log: String,

    /// How many seconds everything is still answered after SIGTERM, so that load balancers notice.
    #[arg(long, env, default_value = "5", value_parser = time)]
    pub drain_delay: Duration,

    /// How many seconds the requests in flight get to finish when the service stops.
    #[arg(long, env, default_value = "30", value_parser = time)]
    pub shutdown_timeout: Duration,

    /// Whom to tell of a weakness: a mailto: or https: address for /.well-known/security.txt, which is
    /// not there without.
    #[arg(long, env, value_parser = contact)]
    pub security_contact: Option<String>,

    /// The folder of the style sheet and the icon.
    #[arg(long, env, default_value = "static")]
    pub static_dir: PathBuf,
}

/// What the program can do besides serving.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum Command {
    /// Ask the service at HOST and PORT for its health: exit status 0 when it answers, 1 when not.
    Healthcheck,
}

impl Settings {
    /// Reads the flags and the environment.
    ///
    /// A value that is not allowed ends the process with status 2 and a line that names the setting,
    /// the value and what is allowed; `--help` and `--version` print and end it with status 0.
    #[must_use]
    pub fn from_process() -> Self {
        Self::parse()
    }

    /// Where the public port listens.
    #[must_use]
    pub fn public_address(&self) -> SocketAddr {
        SocketAddr::new(self.host, self.port)
    }

    /// Where the management port listens, unless it is off.
    #[must_use]
    pub fn management_address(&self) -> Option<SocketAddr> {
        (self.management_port != 0).then(|| SocketAddr::new(self.host, self.management_port))
    }

    /// Where this machine reaches the public port: a service that listens on every address answers
    /// on loopback.
    #[must_use]
    pub fn local_address(&self) -> SocketAddr {
        let host = match self.host {
            IpAddr::V4(host) if host.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(host) if host.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            host => host,
        };
        SocketAddr::new(host, self.port)
    }
}

fn ip_address(value: &str) -> Result<IpAddr, String> {
    value
        .parse()
        .map_err(|_| "an IP address is needed, such as 127.0.0.1, 0.0.0.0 or ::".to_owned())
}

fn port(value: &str) -> Result<u16, String> {
    between(value, 0..=u16::MAX)
}

fn max_first(value: &str) -> Result<u64, String> {
    between(value, 1..=MOST_TERMS)
}

fn max_nth(value: &str) -> Result<u64, String> {
    between(value, 1..=LARGEST_INDEX)
}

fn workers(value: &str) -> Result<usize, String> {
    between(value, 1..=MOST_WORKERS)
}

fn bytes(value: &str) -> Result<u64, String> {
    between(value, 0..=MOST_BYTES)
}

fn connections(value: &str) -> Result<usize, String> {
    between(value, 1..=MOST_CONNECTIONS)
}

fn time(value: &str) -> Result<Duration, String> {
    between(value, 0..=LONGEST_TIME).map(Duration::from_secs)
}

/// A time of which 0 would be none at all.
fn waiting_time(value: &str) -> Result<Duration, String> {
    between(value, 1..=LONGEST_TIME).map(Duration::from_secs)
}

/// A number as it stands in a setting, and what is allowed where it is not.
fn between<T>(value: &str, allowed: RangeInclusive<T>) -> Result<T, String>
where
    T: FromStr + PartialOrd + Display,
{
    value
        .parse()
        .ok()
        .filter(|number| allowed.contains(number))
        .ok_or_else(|| {
            let (min, max) = allowed.into_inner();
            format!("a whole number from {min} to {max} is needed")
        })
}

/// A URI of the kinds that RFC 9116 (section 2.5.3) names, in visible ASCII, so that it is one line.
fn contact(value: &str) -> Result<String, String> {
    let is_uri = ["mailto:", "https://", "tel:"]
        .iter()
        .any(|scheme| value.len() > scheme.len() && value.starts_with(scheme));
    if is_uri && value.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(value.to_owned())
    } else {
        Err("an address is needed, such as mailto:security@example.org or https://example.org/report".to_owned())
    }
}

fn log_format(value: &str) -> Result<Format, String> {
    match value {
        "text" => Ok(Format::Text),
        "json" => Ok(Format::Json),
        _ => Err("text or json is needed".to_owned()),
    }
}

/// Stricter than the log itself, which takes a misspelt level for a target and then says nothing.
fn log_filter(value: &str) -> Result<String, String> {
    let is_level = |text: &str| text.parse::<LevelFilter>().is_ok();
    let valid = value.split(',').all(|item| match item.split_once('=') {
        None => is_level(item),
        Some((target, level)) => !target.is_empty() && is_level(level),
    });
    if valid {
        Ok(value.to_owned())
    } else {
        Err("a level (off, error, warn, info, debug, trace) or a list such as info,access=off is needed".to_owned())
    }
}
