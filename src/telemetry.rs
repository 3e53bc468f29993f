//! The log: lines on standard error, as text for people or as JSON for machines.

use std::io::{self, Write};
use std::panic;

use env_logger::fmt::Formatter;
use log::kv::{Error, Key, Value, VisitSource};
use log::{LevelFilter, Record, error};
use prometheus::IntCounter;
use serde_json::{Map, json};
use time::UtcDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

/// The format of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Starts the log with a filter in the syntax of `RUST_LOG`.
///
/// # Panics
///
/// If a logger is already set.
pub fn start(format: Format, filter: &str) {
    let mut builder = env_logger::Builder::new();
    // The first logs every malformed request, which anyone can send; the second logs the start and end of
    // each worker. RUST_LOG can name them to log more.
    builder.filter_module("actix_http", LevelFilter::Off);
    builder.filter_module("actix_server", LevelFilter::Warn);
    builder.parse_filters(filter).format(match format {
        Format::Text => write_text,
        Format::Json => write_json,
    });
    builder.init();
}

/// Logs and counts every panic, on any thread, from now on.
pub fn watch_panics(panics: IntCounter) {
    panic::set_hook(Box::new(move |info| {
        panics.inc();
        let message = info.payload_as_str().unwrap_or("no message");
        let location = info.location().map(ToString::to_string);
        error!(target: "panic", location; "{message}");
    }));
}

/// Writes `[2026-01-31T12:00:00.000Z INFO  target] message key=value`.
fn write_text(line: &mut Formatter, record: &Record<'_>) -> io::Result<()> {
    let (level, target) = (record.level(), record.target());
    write!(line, "[{} {level:<5} {target}] {}", now(), record.args())?;
    record.key_values().visit(&mut Pairs(line)).map_err(io::Error::other)?;
    writeln!(line)
}

/// Writes key-value pairs of a record after its message.
struct Pairs<'a>(&'a mut Formatter);

impl<'kvs> VisitSource<'kvs> for Pairs<'_> {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), Error> {
        Ok(write!(self.0, " {key}={value}")?)
    }
}

/// The time as RFC 3339, to the millisecond.
fn now() -> String {
    let now = UtcDateTime::now();
    // A text in place of the time would be a bug of the format, which does not depend on the time.
    now.format(TIME).unwrap_or_default()
}

/// The format of [`now`].
const TIME: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// Writes one object per line: `time`, `level`, `target`, `message`, and the key-value pairs of the
/// record.
fn write_json(line: &mut Formatter, record: &Record<'_>) -> io::Result<()> {
    let mut members = Members(Map::new());
    // The fixed members come last, so that no key of a pair can replace them.
    record.key_values().visit(&mut members).ok();
    let Members(mut object) = members;
    object.insert("time".into(), json!(now()));
    object.insert("level".into(), json!(record.level().as_str()));
    object.insert("target".into(), json!(record.target()));
    object.insert("message".into(), json!(record.args().to_string()));
    serde_json::to_writer(&mut *line, &object)?;
    writeln!(line)
}

/// The key-value pairs of a record as members of a JSON object.
struct Members(Map<String, serde_json::Value>);

impl<'kvs> VisitSource<'kvs> for Members {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), Error> {
        let value = serde_json::to_value(&value).unwrap_or_else(|_| json!(value.to_string()));
        self.0.insert(key.to_string(), value);
        Ok(())
    }
}
