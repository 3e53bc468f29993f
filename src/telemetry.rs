//! The log: lines on standard error, as text for people or as JSON for machines.

use std::io::Write;
use std::panic;

use env_logger::fmt::Formatter;
use log::kv::{Error, Key, Value, VisitSource};
use log::{LevelFilter, Record, error};
use prometheus::IntCounter;
use serde_json::{Map, json};

/// How a line of the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Starts the log. Called once, before anything is logged.
///
/// `filter` is what `RUST_LOG` takes.
///
/// # Panics
///
/// When a log was started before.
pub fn start(format: Format, filter: &str) {
    let mut builder = env_logger::Builder::new();
    // The first two have a word on every client that is not as it should be, and anyone can send one; the
    // other tells of each worker's start and end. RUST_LOG can name them to hear more.
    builder.filter_module("actix_http", LevelFilter::Off);
    builder.filter_module("h2", LevelFilter::Off);
    builder.filter_module("actix_server", LevelFilter::Warn);
    builder.parse_filters(filter).format_timestamp_millis();
    if format == Format::Json {
        builder.format(write_json);
    }
    builder.init();
}

/// From now on a panic, of whatever thread, is a line in the log and counts.
pub fn watch_panics(panics: IntCounter) {
    panic::set_hook(Box::new(move |info| {
        panics.inc();
        let message = info.payload_as_str().unwrap_or("without a message");
        let location = info.location().map(ToString::to_string);
        error!(target: "panic", location; "{message}");
    }));
}

/// One object a line: `time`, `level`, `target`, `message`, and each key-value pair of the record as
/// a member beside them.
fn write_json(line: &mut Formatter, record: &Record<'_>) -> std::io::Result<()> {
    let mut members = Members(Map::new());
    // What the record says of itself comes last, so that no key of its pairs can pose as it.
    record.key_values().visit(&mut members).ok();
    let Members(mut object) = members;
    object.insert("time".into(), json!(line.timestamp_millis().to_string()));
    object.insert("level".into(), json!(record.level().as_str()));
    object.insert("target".into(), json!(record.target()));
    object.insert("message".into(), json!(record.args().to_string()));
    serde_json::to_writer(&mut *line, &object)?;
    writeln!(line)
}

/// Key-value pairs of a record, gathered as the members of a JSON object.
struct Members(Map<String, serde_json::Value>);

impl<'kvs> VisitSource<'kvs> for Members {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), Error> {
        let value = serde_json::to_value(&value).unwrap_or_else(|_| json!(value.to_string()));
        self.0.insert(key.to_string(), value);
        Ok(())
    }
}
