//! The settings. Each is a flag and an environment variable of the same name. All are checked before
//! anything starts.

use std::env;
use std::fmt::Display;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::builder::Resettable;
use clap::{ArgAction, CommandFactory, FromArgMatches, Parser, Subcommand};
use log::LevelFilter;

use crate::telemetry::Format;
use crate::trusted_proxies::TrustedProxies;

/// The upper bound of `MAX_FIRST`: a list of 105 GB, a day's download.
const FIRST_BOUND: u64 = 1_000_000;

/// The upper bound of `MAX_NTH`: a number of 21 MB.
const NTH_BOUND: u64 = 100_000_000;

/// The upper bound of `WORKERS`, also on a machine with more cores. A worker uses four file descriptors
/// and a stack, and 1 024 descriptors are a common limit.
pub const WORKERS_BOUND: usize = 128;

/// The upper bound of all times, in seconds: an hour.
const SECONDS_BOUND: u64 = 3_600;

/// The upper bound of memory sizes: the 48-bit address space of common processors, 281 TB.
const BYTES_BOUND: u64 = 1 << 48;

/// The upper bound of `MAX_CONNECTIONS`: the usual limit of open files on a large system.
const CONNECTIONS_BOUND: usize = 1 << 20;

/// The upper bound of the length of `BASE_PATH`, which every link on a page contains.
const BASE_PATH_LENGTH: usize = 100;

/// Exact Fibonacci numbers of any size, as web pages, text and JSON.
#[derive(Clone, Debug, Parser)]
#[command(
    version,
    after_help = "Each option can also be set by the environment variable shown with it."
)]
pub struct Settings {
    /// The command to run instead of the service.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// IP addresses to listen on, separated by commas; :: alone accepts IPv4 as well [default: both loopbacks].
    #[arg(long, env, global = true, value_parser = hosts)]
    pub host: Option<Hosts>,

    /// Public port; 0 picks a free one. Ignored, like HOST, if systemd passes sockets.
    #[arg(long, env, global = true, default_value_t = 8080, value_parser = |value: &str| between(value, 0..=u16::MAX))]
    pub port: u16,

    /// Port for metrics and health checks, not for the public; 0 disables it.
    #[arg(long, env, default_value_t = 9464, value_parser = |value: &str| between(value, 0..=u16::MAX))]
    pub management_port: u16,

    /// IP addresses of the management port, separated by commas [default: HOST].
    #[arg(long, env, value_parser = hosts)]
    pub management_host: Option<Hosts>,

    /// Path under which a proxy serves this service, such as /fibonacci [default: none].
    #[arg(long, env, value_parser = base_path)]
    pub base_path: Option<String>,

    /// Maximum number of terms in a list from F(0); a list from a later term may have as many bytes.
    #[arg(long, env, default_value_t = 10_000, value_parser = |value: &str| between(value, 1..=FIRST_BOUND))]
    pub max_first: u64,

    /// Largest n for which F(n) is returned in full; a larger n gets a summary.
    #[arg(long, env, default_value_t = 10_000_000, value_parser = |value: &str| between(value, 1..=NTH_BOUND))]
    pub max_nth: u64,

    /// Number of threads that serve requests; fewer if the limit of open files is low [default: one per core].
    #[arg(long, env, value_parser = |value: &str| between(value, 1..=WORKERS_BOUND))]
    pub workers: Option<usize>,

    /// Memory that the service may use, in bytes [default: the limit of the container, or the memory of the
    /// machine].
    #[arg(long, env, value_parser = |value: &str| between(value, 1..=BYTES_BOUND))]
    pub memory_bytes: Option<u64>,

    /// Cache size for pages and large terms, in bytes; 0 disables the cache [default: a share of the memory, up
    /// to 64 MB].
    #[arg(long, env, value_parser = |value: &str| between(value, 0..=BYTES_BOUND))]
    pub cache_bytes: Option<u64>,

    /// Memory for large results while they are made and sent, in bytes [default: a share of the memory, 8 to
    /// 256 MB].
    #[arg(long, env, value_parser = |value: &str| between(value, 1..=BYTES_BOUND))]
    pub send_bytes: Option<u64>,

    /// Maximum number of open connections, rounded up to a multiple of WORKERS; further connections wait. It is lower
    /// if the limit of open files is low [default: a share of the memory, 64 to 10 000].
    #[arg(long, env, value_parser = |value: &str| between(value, 1..=CONNECTIONS_BOUND))]
    pub max_connections: Option<usize>,

    /// Seconds that a request head, together with the body of a POST, may take to arrive.
    #[arg(long, env, default_value = "10", value_parser = |value: &str| seconds(value, 1))]
    pub head_timeout: Duration,

    /// Seconds that a connection may be idle between two requests.
    #[arg(long, env, default_value = "75", value_parser = |value: &str| seconds(value, 1))]
    pub keep_alive: Duration,

    /// Seconds that a client may go without reading its response (Linux).
    #[arg(long, env, default_value = "60", value_parser = |value: &str| seconds(value, 1))]
    pub stall_timeout: Duration,

    /// Proxies whose forwarding headers are trusted: networks, addresses, or unix for peers on a Unix socket
    /// [default: none].
    #[arg(long, env, value_parser = TrustedProxies::from_str)]
    pub trusted_proxies: Option<TrustedProxies>,

    /// Log format: text or json.
    #[arg(long, env, default_value = "text", value_parser = log_format)]
    pub log_format: Format,

    /// Whether to log the client's address and user agent: on or off.
    #[arg(long, env, default_value = "on", action = ArgAction::Set, value_parser = on_or_off)]
    pub log_client: bool,

    /// Log filter: a level (off, error, warn, info, debug, trace), or a list such as
    /// info,access=off.
    #[arg(long, env, default_value = "info", value_parser = log_filter)]
    pub rust_log: String,

    /// Google Cloud project ID with which JSON log lines name their trace [default: none].
    #[arg(long, env, value_parser = project_id)]
    pub log_trace_project: Option<String>,

    /// Seconds that requests are still accepted after SIGTERM, so that load balancers notice.
    #[arg(long, env, default_value = "5", value_parser = |value: &str| seconds(value, 0))]
    pub drain_delay: Duration,

    /// Seconds that requests in flight get to finish when the service stops.
    #[arg(long, env, default_value = "30", value_parser = |value: &str| seconds(value, 0))]
    pub shutdown_timeout: Duration,

    /// Scheme and host that visitors use, such as `https://fibonacci.example`; pages then name the pictures that
    /// social networks show beside links, which must be absolute addresses [default: none].
    #[arg(long, env, value_parser = origin)]
    pub public_origin: Option<String>,

    /// Contact for security reports: a mailto:, https: or tel: address for /.well-known/security.txt;
    /// without it that file does not exist.
    #[arg(long, env, value_parser = contact)]
    pub security_contact: Option<String>,

    /// Folder of the style sheet, the script and the icons [default: static in the working directory, or else
    /// beside the program].
    #[arg(long, env)]
    pub static_dir: Option<PathBuf>,
}

/// IP addresses to listen on, at least one and each once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosts(Vec<IpAddr>);

/// Where a port listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The addresses.
    pub hosts: Vec<IpAddr>,
    /// Whether they are the default. The machine may lack one of those.
    pub is_default: bool,
    /// The port.
    pub port: u16,
}

impl Endpoint {
    fn new(hosts: Option<&Hosts>, port: u16) -> Self {
        let loopbacks = || vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
        let is_default = hosts.is_none();
        Self { hosts: hosts.map_or_else(loopbacks, |hosts| hosts.0.clone()), is_default, port }
    }
}

/// What the program can do instead of serving.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum Command {
    /// Check the health of the service at HOST and PORT: exit status 0 if healthy, 1 if not.
    Healthcheck,
}

impl Settings {
    /// Reads the flags and the environment.
    ///
    /// An invalid value ends the process with status 2 and a line that names the setting, the value and
    /// what is allowed. `--help` and `--version` print their text and end it with status 0.
    #[must_use]
    pub fn from_process() -> Self {
        let mut command = Self::command();
        // `PORT=` counts as not set: it is how shells and Compose files pass a variable without a value.
        let is_empty = |name| env::var_os(name).is_some_and(|value| value.is_empty());
        let names =
            command.get_arguments().filter(|argument| argument.get_env().is_some_and(is_empty));
        let empty: Vec<_> = names.map(|argument| argument.get_id().clone()).collect();
        for id in empty {
            command = command.mut_arg(id, |argument| argument.env(Resettable::Reset));
        }
        Self::from_arg_matches(&command.get_matches()).unwrap_or_else(|error| error.exit())
    }

    /// Where the public port listens.
    #[must_use]
    pub fn public_endpoint(&self) -> Endpoint {
        Endpoint::new(self.host.as_ref(), self.port)
    }

    /// Where the management port listens, unless it is disabled.
    #[must_use]
    pub fn management_endpoint(&self) -> Option<Endpoint> {
        let hosts = self.management_host.as_ref().or(self.host.as_ref());
        (self.management_port != 0).then(|| Endpoint::new(hosts, self.management_port))
    }

    /// The address at which this machine reaches the public port: the first of `HOST`, or loopback if that is
    /// all addresses.
    #[must_use]
    pub fn local_address(&self) -> SocketAddr {
        let host = match self.public_endpoint().hosts[0] {
            IpAddr::V4(host) if host.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(host) if host.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            host => host,
        };
        SocketAddr::new(host, self.port)
    }
}

/// Parses IP addresses separated by commas. A repeated address counts once.
fn hosts(value: &str) -> Result<Hosts, String> {
    let mut hosts = Vec::new();
    for part in value.split(',') {
        let host = part.trim().parse().map_err(|_| {
            "IP addresses separated by commas are needed, such as 127.0.0.1,::1 or 0.0.0.0"
                .to_owned()
        })?;
        if !hosts.contains(&host) {
            hosts.push(host);
        }
    }
    let all = hosts.iter().find(|host: &&IpAddr| host.is_unspecified());
    let included =
        |all: &&IpAddr| hosts.iter().find(|host| *host != *all && host.is_ipv4() == all.is_ipv4());
    if let Some((all, one)) = all.and_then(|all| Some((all, included(&all)?))) {
        return Err(format!("{all} includes {one}; one of them is needed"));
    }
    Ok(Hosts(hosts))
}

/// Parses a path without query, escapes and dot segments. The result has no slash at its end.
fn base_path(value: &str) -> Result<String, String> {
    let path = value.strip_suffix('/').unwrap_or(value);
    let is_segment = |segment: &str| {
        !matches!(segment, "" | "." | "..")
            && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
    };
    let valid = match path.strip_prefix('/') {
        Some(segments) => segments.split('/').all(is_segment),
        None => path.is_empty(),
    };
    if valid && path.len() <= BASE_PATH_LENGTH {
        Ok(path.to_owned())
    } else {
        Err(format!(
            "a path of at most {BASE_PATH_LENGTH} letters, digits and -._~ is needed, such as /fibonacci"
        ))
    }
}

/// Parses a time in seconds, at least `min`.
fn seconds(value: &str, min: u64) -> Result<Duration, String> {
    between(value, min..=SECONDS_BOUND).map(Duration::from_secs)
}

/// Parses a number within bounds; the error states the bounds.
fn between<T>(value: &str, allowed: RangeInclusive<T>) -> Result<T, String>
where
    T: FromStr + PartialOrd + Display,
{
    value.parse().ok().filter(|number| allowed.contains(number)).ok_or_else(|| {
        let (min, max) = allowed.into_inner();
        format!("a whole number from {min} to {max} is needed")
    })
}

/// Parses an origin: a scheme and a host, with a port if it is not the default.
fn origin(value: &str) -> Result<String, String> {
    let host = ["https://", "http://"].iter().find_map(|scheme| value.strip_prefix(scheme));
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    if host.is_some_and(|host| !host.is_empty() && host.bytes().all(is_host)) {
        Ok(value.to_owned())
    } else {
        Err("a scheme and a host without a path are needed, such as https://fibonacci.example"
            .to_owned())
    }
}

/// Parses a URI with a scheme that RFC 9116 (section 2.5.3) names. Only visible ASCII, so that it is one line.
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

fn on_or_off(value: &str) -> Result<bool, String> {
    match value {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("on or off is needed".to_owned()),
    }
}

/// Parses the ID of a Google Cloud project: it starts with a letter and does not end with a hyphen.
fn project_id(value: &str) -> Result<String, String> {
    let is_valid = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if (6..=30).contains(&value.len())
        && value.starts_with(|first: char| first.is_ascii_lowercase())
        && !value.ends_with('-')
        && value.bytes().all(is_valid)
    {
        Ok(value.to_owned())
    } else {
        Err("a project ID is needed: 6 to 30 lower-case letters, digits and hyphens, such as my-project-1".to_owned())
    }
}

/// Stricter than `env_logger`, which treats a misspelt level as a target and then logs nothing.
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
