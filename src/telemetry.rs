//! The log: lines on standard error, as text for people or as JSON for machines.

use std::io::Write;
use std::panic;

use env_logger::fmt::Formatter;
use log::kv::{Error, Key, Value, VisitSource};
use log::{LevelFilter, Record, error};
use prometheus::IntCounter;
use serde_json::{Map, json};

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
    builder.parse_filters(filter).format_timestamp_millis();
    if format == Format::Json {
        builder.format(write_json);
    }
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

/// Writes one object per line: `time`, `level`, `target`, `message`, and the key-value pairs of the
/// record.
fn write_json(line: &mut Formatter, record: &Record<'_>) -> std::io::Result<()> {
    let mut members = Members(Map::new());
    // The fixed members come last, so that no key of a pair can replace them.
    record.key_values().visit(&mut members).ok();
    let Members(mut object) = members;
    object.insert("time".into(), json!(line.timestamp_millis().to_string()));
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
