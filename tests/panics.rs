//! A panic anywhere is a 500 in the representation that the path selects. A program of its own, as the panic
//! hook and the logger belong to the whole process.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::guard::fn_guard;
use actix_web::web::{Data, block};
use actix_web::{HttpServer, rt};
use log::{LevelFilter, Log, Metadata, Record};

use fibonacci_web::engine::Engine;
use fibonacci_web::metrics::Metrics;
use fibonacci_web::server::app::app;
use fibonacci_web::telemetry;
use fibonacci_web::web::limits::Limits;
use fibonacci_web::web::ops::assets::Assets;
use fibonacci_web::web::routes;
use fibonacci_web::web::site::Site;

/// The log, in memory.
static LOG: Lines = Lines(Mutex::new(Vec::new()));

struct Lines(Mutex<Vec<String>>);

impl Log for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let id = record.key_values().get("request_id".into());
        let id = id.map(|id| id.to_string()).unwrap_or_default();
        let line = format!("{} {} {id}", record.level(), record.args());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }

    fn flush(&self) {}
}

/// A service with routes that panic.
fn start() -> (SocketAddr, Data<Site>) {
    let metrics = Arc::new(Metrics::new().expect("distinct names"));
    let engine = Engine::new(1, 0, metrics.clone()).expect("threads");
    let limits = Limits { max_first: 10, max_nth: 10 };
    let assets = Assets::load(Path::new("static")).expect("the files of the pages");
    let site = Site::new(limits, assets, Arc::new(engine), 1_000_000, metrics);
    let site = Data::new(site);
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let address = listener.local_addr().expect("bound");
    let shared = site.clone();
    let server = HttpServer::new(move || {
        let site = shared.clone();
        app(move |config| {
            config.app_data(site);
            for path in ["/panic", "/panic.txt", "/panic.json"] {
                config.service(routes::get(path, panics));
            }
            config.service(routes::get("/healthz", async || "ok\n"));
            // A guard runs outside the handlers, as middleware does.
            let unguarded = fn_guard(|context| match context.head().uri.path() {
                "/guard" => panic!("on purpose"),
                _ => false,
            });
            config.service(routes::get("/{any}", panics).guard(unguarded));
        })
    });
    let server = server.workers(1).disable_signals().listen(listener);
    rt::spawn(server.expect("a listener").run());
    (address, site)
}

async fn panics() -> &'static str {
    panic!("on purpose");
}

/// Sends a request and reads the response up to `end`.
fn ask(connection: &mut TcpStream, path: &str, end: &str) -> String {
    write!(connection, "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("open");
    let mut answer = String::new();
    let mut buffer = [0; 4_096];
    while !answer.ends_with(end) {
        let length = connection.read(&mut buffer).expect("an answer");
        assert_ne!(length, 0, "connection closed: {answer}");
        answer += std::str::from_utf8(&buffer[..length]).expect("UTF-8");
    }
    answer
}

#[actix_web::test]
async fn a_panic_is_a_500_in_the_form_asked_for_and_the_connection_lives_on() {
    let (address, site) = start();
    log::set_logger(&LOG).expect("no other in this program");
    log::set_max_level(LevelFilter::Info);
    telemetry::watch_panics(site.metrics.panics.clone());
    let answers = block(move || {
        let mut connection = TcpStream::connect(address).expect("a listener");
        let apology = "it is not your fault. Try again in a moment.";
        let page = ask(&mut connection, "/panic", "</html>");
        let text = ask(&mut connection, "/panic.txt", "moment.\n");
        let json = ask(&mut connection, "/panic.json", "\"}");
        let guard = ask(&mut connection, "/guard", "</html>");
        let kinds = ["text/html", "text/plain", "application/problem+json", "text/html"];
        for (answer, kind) in [&page, &text, &json, &guard].into_iter().zip(kinds) {
            assert!(answer.starts_with("HTTP/1.1 500 "), "{answer}");
            assert!(answer.contains(&format!("content-type: {kind}")), "{answer}");
            assert!(answer.contains(apology) && !answer.contains("purpose"), "{answer}");
        }
        let health = ask(&mut connection, "/healthz", "ok\n");
        assert!(health.starts_with("HTTP/1.1 200 "), "{health}");
        text
    });
    let answers = answers.await;
    // So that a failing assertion is printed.
    drop(std::panic::take_hook());
    let answer = answers.expect("answers");
    assert_eq!(site.metrics.panics.get(), 4);
    assert_eq!(site.metrics.in_flight.get(), 0);
    let id = answer.lines().find_map(|line| line.strip_prefix("x-request-id: ")).expect("an id");
    let lines = LOG.0.lock().unwrap_or_else(PoisonError::into_inner);
    let cause = format!("ERROR the handler panicked: on purpose {id}");
    assert_eq!(lines.iter().filter(|line| **line == cause).count(), 1, "{lines:?}");
    assert!(lines.iter().any(|line| line == "ERROR on purpose "), "{lines:?}");
    let access = format!("INFO GET /panic.txt 500 {id}");
    assert!(lines.contains(&access), "{lines:?}");
}
