//! Panics become 500 responses in the representation of the path. This is a separate test program because the
//! panic hook and the logger are global to the process.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::ErrorPreconditionFailed;
use actix_web::guard::fn_guard;
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, Data, block};
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

static LOG: MemoryLog = MemoryLog(Mutex::new(Vec::new()));

/// A logger that keeps its lines in memory.
struct MemoryLog(Mutex<Vec<String>>);

impl Log for MemoryLog {
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

/// Starts a service with routes that panic.
fn start() -> (SocketAddr, Data<Site>) {
    let metrics = Arc::new(Metrics::new().expect("unique metric names"));
    let engine = Engine::new(1, 0, 1_000_000, metrics.clone()).expect("engine threads");
    let limits = Limits { max_first: 10, max_nth: 10 };
    let assets = Assets::load(Path::new("static")).expect("the static files");
    let site = Site::new(limits, assets, Arc::new(engine), metrics);
    let site = Data::new(site);
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let address = listener.local_addr().expect("a bound listener");
    let shared = site.clone();
    let server = HttpServer::new(move || {
        let site = shared.clone();
        app(move |config| {
            config.app_data(site);
            for path in ["/panic", "/panic.txt", "/panic.json"] {
                config.service(routes::get(path, panics));
            }
            config.service(routes::get("/healthz", async || "ok\n"));
            let refuse = from_fn(async |_: ServiceRequest, _: Next<BoxBody>| {
                Err::<ServiceResponse, _>(ErrorPreconditionFailed("on purpose"))
            });
            config.service(web::scope("/refused.txt").wrap(refuse));
            // A guard runs outside the handlers, like middleware.
            let panicking_guard = fn_guard(|context| match context.head().uri.path() {
                "/guard" => panic!("on purpose"),
                _ => false,
            });
            config.service(routes::get("/{any}", panics).guard(panicking_guard));
        })
    });
    let server = server.workers(1).disable_signals().listen(listener);
    rt::spawn(server.expect("a listening service").run());
    (address, site)
}

async fn panics() -> &'static str {
    panic!("on purpose");
}

/// Sends a request and reads the response up to `end`.
fn get(connection: &mut TcpStream, path: &str, end: &str) -> String {
    write!(connection, "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .expect("an open connection");
    let mut response = String::new();
    let mut buffer = [0; 4_096];
    while !response.ends_with(end) {
        let length = connection.read(&mut buffer).expect("a response");
        assert_ne!(length, 0, "the connection was closed: {response}");
        response += std::str::from_utf8(&buffer[..length]).expect("valid UTF-8");
    }
    response
}

#[actix_web::test]
async fn a_panic_is_a_500_in_the_representation_of_the_path_and_the_connection_stays_open() {
    let (address, site) = start();
    log::set_logger(&LOG).expect("no other logger");
    log::set_max_level(LevelFilter::Info);
    telemetry::watch_panics(site.metrics.panics.clone());
    let result = block(move || {
        let mut connection = TcpStream::connect(address).expect("a listening service");
        let apology = "it is not your fault. Try again in a moment.";
        let page = get(&mut connection, "/panic", "</html>");
        let text = get(&mut connection, "/panic.txt", "moment.\n");
        let json = get(&mut connection, "/panic.json", "\"}");
        let guard = get(&mut connection, "/guard", "</html>");
        let content_types = ["text/html", "text/plain", "application/problem+json", "text/html"];
        for (response, content_type) in [&page, &text, &json, &guard].into_iter().zip(content_types)
        {
            assert!(response.starts_with("HTTP/1.1 500 "), "{response}");
            assert!(response.contains(&format!("content-type: {content_type}")), "{response}");
            assert!(response.contains(apology) && !response.contains("purpose"), "{response}");
        }
        let refused = get(&mut connection, "/refused.txt", "header.\n");
        assert!(refused.starts_with("HTTP/1.1 412 "), "{refused}");
        assert!(refused.contains("x-request-id: ") && !refused.contains("purpose"), "{refused}");
        let health = get(&mut connection, "/healthz", "ok\n");
        assert!(health.starts_with("HTTP/1.1 200 "), "{health}");
        text
    });
    let result = result.await;
    // Restore the default hook, which prints failed assertions.
    drop(std::panic::take_hook());
    let text = result.expect("no failed assertion");
    assert_eq!(site.metrics.panics.get(), 4);
    assert_eq!(site.metrics.in_flight.get(), 0);
    let id =
        text.lines().find_map(|line| line.strip_prefix("x-request-id: ")).expect("a request ID");
    let lines = LOG.0.lock().unwrap_or_else(PoisonError::into_inner);
    let cause = format!("ERROR the handler panicked: on purpose {id}");
    assert_eq!(lines.iter().filter(|line| **line == cause).count(), 1, "{lines:?}");
    assert!(lines.iter().any(|line| line == "ERROR on purpose "), "{lines:?}");
    let access = format!("INFO GET /panic.txt 500 {id}");
    assert!(lines.contains(&access), "{lines:?}");
}
