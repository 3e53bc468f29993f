//! The log: lines on standard error, as text for people or as JSON for machines.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::sync::mpsc::{self, Receiver, Sender, SyncSender, TrySendError};
use std::time::{Duration, Instant, SystemTime};
use std::{iter, panic, thread};

use env_logger::fmt::{Formatter, Target};
use humantime::{Rfc3339Timestamp, format_rfc3339_millis};
use log::kv::{Error, Key, Value, VisitSource};
use log::{Level, LevelFilter, Record, error};
use prometheus::IntCounter;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

/// The format of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// The capacity for a line, in bytes: most are shorter.
const USUAL_LINE: usize = 512;

/// The lines that may wait for the log writer: a second of requests, about 1 MB. What does not fit is dropped
/// and counted.
const QUEUED_LINES: usize = 4_096;

/// How long lines are collected before they are written at once. To wake the writer for each line would cost
/// more than to write it.
const BATCH_TIME: Duration = Duration::from_millis(5);

/// How long the end of the process waits for the log to be written.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(1);

/// The log. A thread writes it, so that a slow reader of standard error delays no request.
#[derive(Debug)]
pub struct Log(SyncSender<Entry>);

/// What the writer receives.
enum Entry {
    /// A line with its line feed.
    Line(Vec<u8>),
    /// A request to confirm that all previous lines are written.
    Flush(Sender<()>),
}

impl Log {
    /// Starts the log with a filter in the syntax of `RUST_LOG`. `dropped` counts lines that were dropped. With
    /// a Google Cloud project, JSON lines name their trace in it.
    ///
    /// # Errors
    ///
    /// If the thread cannot be started.
    ///
    /// # Panics
    ///
    /// If a logger is already set.
    pub fn start(
        format: Format,
        filter: &str,
        trace_project: Option<String>,
        dropped: IntCounter,
    ) -> io::Result<Self> {
        let (sender, entries) = mpsc::sync_channel(QUEUED_LINES);
        thread::Builder::new().name("log".to_owned()).spawn(move || write_entries(&entries))?;
        let mut builder = env_logger::Builder::new();
        // The first logs every malformed request, which anyone can send; the second logs the start and
        // end of each worker. RUST_LOG can name them to log more.
        builder.filter_module("actix_http", LevelFilter::Off);
        builder.filter_module("actix_server", LevelFilter::Warn);
        let lines = Lines { sender: sender.clone(), dropped };
        builder.target(Target::Pipe(Box::new(lines)));
        builder.parse_filters(filter).format(move |line, record| match format {
            Format::Text => write_text(line, record),
            Format::Json => write_json(line, record, trace_project.as_deref()),
        });
        builder.init();
        Ok(Self(sender))
    }

    /// Waits until all lines are written, but not for a reader that has stopped.
    pub fn flush(&self) {
        let (done, is_done) = mpsc::channel();
        let deadline = Instant::now() + FLUSH_TIMEOUT;
        let mut entry = Entry::Flush(done);
        // The queue may be full.
        while let Err(TrySendError::Full(unsent)) = self.0.try_send(entry) {
            if Instant::now() >= deadline {
                return;
            }
            entry = unsent;
            thread::sleep(BATCH_TIME);
        }
        is_done.recv_timeout(FLUSH_TIMEOUT).ok();
    }
}

/// Sends lines to the writer.
struct Lines {
    sender: SyncSender<Entry>,
    dropped: IntCounter,
}

impl Write for Lines {
    /// `env_logger` writes each line with one call.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.sender.try_send(Entry::Line(line.to_vec())).is_err() {
            self.dropped.inc();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes lines to standard error in batches.
fn write_entries(entries: &Receiver<Entry>) {
    let mut batch = Vec::new();
    while let Ok(first) = entries.recv() {
        if matches!(first, Entry::Line(_)) {
            thread::sleep(BATCH_TIME);
        }
        let mut waiting = Vec::new();
        for entry in iter::once(first).chain(entries.try_iter().take(QUEUED_LINES)) {
            match entry {
                Entry::Line(line) => batch.extend(line),
                Entry::Flush(done) => waiting.push(done),
            }
        }
        // There is nowhere to report a failure.
        io::stderr().write_all(&batch).ok();
        batch.clear();
        for done in waiting {
            done.send(()).ok();
        }
    }
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

/// Writes `[2026-01-31T12:00:00.000Z INFO  target] message key=value key="with spaces"`.
fn write_text(line: &mut Formatter, record: &Record<'_>) -> io::Result<()> {
    let (level, target) = (record.level(), record.target());
    let mut text = Text(String::with_capacity(USUAL_LINE));
    write!(text.0, "[{} {level:<5} {target}] {}", now(), record.args())
        .map_err(io::Error::other)?;
    record.key_values().visit(&mut text).map_err(io::Error::other)?;
    // A panic's message may have several lines.
    if text.0.contains(char::is_control) {
        text.0 = text.0.replace(char::is_control, " ");
    }
    writeln!(line, "{}", text.0)
}

/// A line with the key-value pairs of a record after its message.
struct Text(String);

impl<'kvs> VisitSource<'kvs> for Text {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), Error> {
        // Otherwise a client could add pairs of its own to a line.
        let needs_quotes = |text: &str| text.contains([' ', '"', '=']);
        self.0.extend([" ", key.as_str(), "="]);
        match value.to_borrowed_str() {
            Some(text) if needs_quotes(text) => write!(self.0, "{text:?}")?,
            Some(text) => self.0.push_str(text),
            None => write!(self.0, "{value}")?,
        }
        Ok(())
    }
}

/// The time as RFC 3339, to the millisecond.
fn now() -> Rfc3339Timestamp {
    format_rfc3339_millis(SystemTime::now())
}

/// Writes one object per line: `time`, `level`, `severity`, `target`, `message`, and the key-value pairs of the
/// record.
fn write_json(
    line: &mut Formatter,
    record: &Record<'_>,
    trace_project: Option<&str>,
) -> io::Result<()> {
    let pairs = record.key_values();
    let mut members = Members(BTreeMap::new());
    pairs.visit(&mut members).map_err(io::Error::other)?;
    // The fixed members come last, so that no key of a pair can replace them.
    members.insert("time", &now().to_string())?;
    members.insert("level", record.level().as_str())?;
    members.insert("severity", severity(record.level()))?;
    members.insert("target", record.target())?;
    members.insert("message", &record.args().to_string())?;
    if let Some(project) = trace_project
        && let Some(trace) = pairs.get("trace_id".into())
        && let Some(span) = pairs.get("span_id".into())
    {
        let trace = format!("projects/{project}/traces/{trace}");
        members.insert("logging.googleapis.com/trace", &trace)?;
        members.insert("logging.googleapis.com/spanId", &span)?;
    }
    serde_json::to_writer(&mut *line, &members.0)?;
    writeln!(line)
}

/// A level as Google Cloud names it (`LogSeverity` of its logging API).
const fn severity(level: Level) -> &'static str {
    match level {
        Level::Error => "ERROR",
        Level::Warn => "WARNING",
        Level::Info => "INFO",
        Level::Debug | Level::Trace => "DEBUG",
    }
}

/// The members of a JSON object. They are texts, as JSON has numbers that `serde_json::Value` has not.
struct Members(BTreeMap<String, Box<RawValue>>);

impl Members {
    fn insert<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) -> serde_json::Result<()> {
        self.0.insert(key.to_owned(), to_raw_value(value)?);
        Ok(())
    }
}

impl<'kvs> VisitSource<'kvs> for Members {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), Error> {
        self.insert(key.as_str(), &value).map_err(Error::boxed)
    }
}
