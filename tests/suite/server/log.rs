//! The log of the real binary.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use rustix::process::Signal;
use serde_json::Value;
use socket2::SockRef;

use crate::support::in_process::style_sheet;
use crate::support::service::{
    STATIC_FILES, Service, exchange, program, raw_request, run, standard_error,
};

#[test]
fn the_first_log_line_has_the_version_the_addresses_and_the_limits() {
    let (service, management) =
        Service::start_with_management(&[("MAX_FIRST", "7"), ("MAX_NTH", "8"), ("WORKERS", "3")]);
    let line = &service.start_line;
    assert_eq!(line["version"], env!("CARGO_PKG_VERSION"));
    let (port, management_port) = (service.address.port(), management.port());
    let message = format!("listening on http://127.0.0.1:{port} and http://[::1]:{port}");
    assert_eq!(line["message"], message);
    assert_eq!(line["addresses"], format!("127.0.0.1:{port},[::1]:{port}"));
    let management = format!("127.0.0.1:{management_port},[::1]:{management_port}");
    assert_eq!(line["management"], management);
    assert_eq!(line["max_first"], 7);
    assert_eq!(line["max_nth"], 8);
    assert_eq!(line["workers"], 3);
    let status = |path| service.exchange(&raw_request("GET", path))[..13].to_owned();
    assert_eq!(status("/first.txt?n=8"), "HTTP/1.1 422 ");
    assert_eq!(status("/nth.txt?n=9"), "HTTP/1.1 422 ");
    assert_eq!(status("/first.txt?n=7"), "HTTP/1.1 200 ");
    assert_eq!(status("/nth.txt?n=8"), "HTTP/1.1 200 ");
}

#[test]
fn a_request_is_logged_as_one_json_line_without_its_result() {
    let mut service = Service::start(&[]);
    let head = "GET /nth.json?n=100 HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: mine\r\nConnection: close\r\n\r\n";
    let response = service.exchange(head);
    let line = service.wait_for_log("GET /nth.json 200");
    assert_eq!(line["level"], "INFO");
    assert_eq!(line["target"], "access");
    assert_eq!(line["method"], "GET");
    assert_eq!(line["route"], "/nth.json");
    assert_eq!(line["n"], 100);
    assert_eq!(line["status"], 200);
    assert_eq!(line["bytes"], 53);
    assert_eq!(line["request_id"], "mine");
    assert!(line["milliseconds"].as_f64().is_some_and(|time| time > 0.0));
    assert!(line["time"].as_str().is_some_and(|time| time.ends_with('Z')));
    assert!(response.contains("354224848179261915075"));
    assert!(!line.to_string().contains("354224848179261915075"));
}

/// A request with these header lines, each with a line end.
fn request_with(lines: &str) -> String {
    format!("GET /nth.txt?n=1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{lines}\r\n")
}

const FORWARDED_LINES: &str = "X-Forwarded-For: 198.51.100.1, 203.0.113.1:4711\r\n\
    X-Forwarded-For: 10.0.0.2\r\nUser-Agent: curl/8.5.0\r\n";

#[test]
fn a_request_is_logged_with_the_address_and_the_user_agent_of_its_client() {
    let (mut service, management) =
        Service::start_with_management(&[("TRUSTED_PROXIES", "10.0.0.0/8, unix")]);
    service.exchange(&request_with(FORWARDED_LINES));
    let line = service.wait_for_log("GET /nth.txt 200");
    assert_eq!((&line["client"], &line["user_agent"]), (&"127.0.0.1".into(), &"curl/8.5.0".into()));
    service.exchange(&request_with(""));
    let line = service.wait_for_log("GET /nth.txt 200");
    assert_eq!((&line["client"], &line["user_agent"]), (&"127.0.0.1".into(), &Value::Null));
    exchange(management, &request_with(FORWARDED_LINES));
    let line = service.wait_for_log("GET unknown 404");
    assert_eq!((&line["client"], &line["user_agent"]), (&"127.0.0.1".into(), &"curl/8.5.0".into()));
}

#[test]
fn behind_a_trusted_proxy_the_client_is_the_one_that_the_proxy_names() {
    let (mut service, management) =
        Service::start_with_management(&[("TRUSTED_PROXIES", "127.0.0.0/8,10.0.0.0/8")]);
    for address in [service.address, management] {
        exchange(address, &request_with(FORWARDED_LINES));
        assert_eq!(service.wait_for_log("GET ")["client"], "203.0.113.1");
    }
    let standard =
        "Forwarded: for=198.51.100.1\r\nForwarded: for=\"[2001:db8::1]:80\";proto=https\r\n";
    service.exchange(&request_with(standard));
    assert_eq!(service.wait_for_log("GET /nth.txt 200")["client"], "2001:db8::1");
}

#[test]
fn log_client_off_leaves_out_the_address_and_the_user_agent() {
    let (mut service, management) =
        Service::start_with_management(&[("LOG_CLIENT", "off"), ("TRUSTED_PROXIES", "127.0.0.1")]);
    for address in [service.address, management] {
        exchange(address, &request_with(FORWARDED_LINES));
        let line = service.wait_for_log_line("GET ");
        for text in ["client", "user_agent", "curl", "127.0.0.1", "10.0.0.2", "203.0.113.1"] {
            assert!(!line.contains(text), "{text} in {line}");
        }
    }
}

#[test]
fn the_user_agent_is_logged_as_at_most_256_printable_characters() {
    let mut service = Service::start(&[]);
    let long = "x".repeat(10_000);
    for (sent, logged) in [
        ("a\tb\u{e9}c", "a?b??c"),
        ("\"quoted\" \\ {json}", "\"quoted\" \\ {json}"),
        (&*long, &long[..256]),
    ] {
        service.exchange(&request_with(&format!("User-Agent: {sent}\r\n")));
        assert_eq!(service.wait_for_log("GET /nth.txt 200")["user_agent"], logged);
    }
    service.exchange(&request_with("User-Agent: \r\n"));
    assert_eq!(service.wait_for_log("GET /nth.txt 200")["user_agent"], Value::Null);
}

#[test]
fn a_head_request_is_logged_with_0_bytes() {
    let mut service = Service::start(&[]);
    service.exchange(&raw_request("HEAD", "/nth.json?n=100"));
    assert_eq!(service.wait_for_log("HEAD /nth.json 200")["bytes"], 0);
}

#[test]
fn a_request_whose_client_leaves_before_the_response_is_logged_as_unanswered() {
    let mut service = Service::start(&[("MAX_NTH", "100000000"), ("WORKERS", "1")]);
    let connection = service.connect("GET /nth.txt?n=10000000 HTTP/1.1\r\nHost: localhost\r\n\r\n");
    // A response from the only worker means that it has begun the other request.
    service.exchange(&raw_request("GET", "/healthz"));
    // A reset: an ordinary close would only say that no other request follows.
    SockRef::from(&connection).set_linger(Some(Duration::ZERO)).expect("a socket");
    drop(connection);
    let line = service.wait_for_log("GET /nth.txt unanswered");
    assert_eq!((&line["n"], &line["bytes"]), (&Value::from(10_000_000), &Value::from(0)));
}

#[test]
fn a_refused_request_is_logged_without_its_input() {
    let mut service = Service::start(&[]);
    service.exchange(&raw_request("GET", "/nth?n=secret"));
    let line = service.wait_for_log("GET /nth 422");
    assert_eq!((&line["level"], &line["n"]), (&Value::from("INFO"), &Value::Null));
    assert!(!line.to_string().contains("secret"));
    service.exchange(&raw_request("GET", "/secret"));
    let line = service.wait_for_log("GET unknown 404");
    assert!(!line.to_string().contains("secret"));
    service.exchange(&raw_request("SECRET", "/nth"));
    let line = service.wait_for_log("other /nth 405");
    assert!(!line.to_string().contains("SECRET"));
}

#[test]
fn invalid_input_is_logged_at_level_info() {
    let service = Service::start(&[]);
    for path in ["/nth?n=x", "/first.json", "/nth.txt?n=99999999999", "/nowhere", "/first?n=%FF"] {
        service.exchange(&raw_request("GET", path));
    }
    service.exchange(&raw_request("POST", "/nth?n=1"));
    service.exchange("GET\r\n\r\n");
    service.signal(Signal::TERM);
    let (_, log) = service.wait_for_exit();
    let levels: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("valid JSON")["level"].take())
        .collect();
    assert!(levels.len() >= 8, "{log}");
    assert!(levels.iter().all(|level| level == "INFO"), "{log}");
}

#[test]
fn a_failure_is_logged_with_the_request_id_of_its_response() {
    let folder = std::env::temp_dir().join(format!("fibonacci-web-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    for name in STATIC_FILES {
        fs::copy(format!("static/{name}"), folder.join(name)).expect("a copy");
    }
    let mut service = Service::start(&[("STATIC_DIR", folder.to_str().expect("valid UTF-8"))]);
    let home = service.exchange(&raw_request("GET", "/"));
    let style = style_sheet(&home);

    // Change the content behind the URL, then delete it.
    fs::write(folder.join("style.css"), "other").expect("a file");
    let changed = service.exchange(&raw_request("GET", style));
    let line = service
        .wait_for_log(&format!("{} was changed while in use", folder.join("style.css").display()));
    assert_eq!((&line["level"], &line["severity"]), (&"ERROR".into(), &"ERROR".into()));
    assert!(changed.starts_with("HTTP/1.1 500 "));
    let id = format!("x-request-id: {}\r\n", line["request_id"].as_str().expect("a request ID"));
    assert!(changed.contains(&id));
    assert!(!changed.contains("immutable") && !changed.contains("changed"));

    fs::remove_dir_all(&folder).expect("the folder is deleted");
    let gone = service.exchange(&raw_request("GET", style));
    assert!(gone.starts_with("HTTP/1.1 500 "));
    assert!(gone.ends_with("it is not your fault. Try again in a moment.\n"));
}

#[test]
fn the_log_is_text_by_default_and_a_client_cannot_add_keys_to_a_line() {
    // No variables except the ports, because the default ports may be in use.
    let mut child = program()
        .envs([("PORT", "0"), ("MANAGEMENT_PORT", "0")])
        .stderr(Stdio::piped())
        .spawn()
        .expect("a started process");
    let mut lines = BufReader::new(child.stderr.take().expect("piped standard error")).lines();
    let mut next_line = || lines.next().and_then(Result::ok).unwrap_or_default();
    let start = next_line();
    let address = start.split_once("http://").and_then(|(_, rest)| rest.split(' ').next());
    let address = address.and_then(|address| address.parse().ok());
    let access = address.map(|address: SocketAddr| {
        exchange(address, &request_with("User-Agent: curl/8 n=2 \"\\\r\n"));
        next_line()
    });
    child.kill().expect("a running process");
    child.wait().expect("a child process");
    assert!(
        start.contains(" INFO  fibonacci_web::server] listening on http://127.0.0.1:"),
        "{start}"
    );
    assert!(start.contains(" max_first=10000 max_nth=10000000 "), "{start}");
    let access = access.expect("an address");
    assert!(access.contains(" INFO  access] GET /nth.txt 200 method=GET "), "{access}");
    assert!(access.ends_with(r#" client=127.0.0.1 user_agent="curl/8 n=2 \"\\""#), "{access}");
}

#[test]
fn a_startup_error_is_printed_even_if_the_log_is_off() {
    let output = run(&[("RUST_LOG", "off"), ("STATIC_DIR", "/nowhere")], &[]);
    assert!(standard_error(&output).starts_with("error: invalid value '/nowhere' for STATIC_DIR"));
}

#[test]
fn rust_log_turns_off_the_access_log() {
    let service = Service::start(&[("RUST_LOG", "info,access=off")]);
    service.exchange(&raw_request("GET", "/nth.txt?n=1"));
    service.signal(Signal::TERM);
    let (_, log) = service.wait_for_exit();
    assert!(log.contains("\"stopped\"") && !log.contains("\"access\""), "{log}");
}

#[test]
fn a_log_that_is_not_read_delays_no_request_and_its_dropped_lines_are_counted() {
    let (service, management) = Service::start_with_management(&[("WORKERS", "1")]);
    // More lines than the pipe and the queue hold, and this test does not read them.
    for _ in 0..20 {
        let requests = "GET /nth.txt?n=1 HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(499);
        let responses = service.exchange(&(requests + &raw_request("GET", "/nth.txt?n=1")));
        assert_eq!(responses.matches("HTTP/1.1 200 OK").count(), 500);
    }
    let metrics = exchange(management, &raw_request("GET", "/metrics"));
    let dropped = metrics.lines().find_map(|line| line.strip_prefix("log_lines_dropped_total "));
    assert!(dropped.is_some_and(|count| count != "0"), "{dropped:?}");
}

#[test]
fn successful_probes_are_logged_at_debug_and_failed_ones_at_info() {
    let settings = [("RUST_LOG", "info,access=debug"), ("DRAIN_DELAY", "3600")];
    let (mut service, management) = Service::start_with_management(&settings);
    let public = service.address;
    let mut level = |address, path: &str| {
        exchange(address, &raw_request("GET", path));
        let line = service.wait_for_log("GET ");
        (line["message"].clone(), line["level"].clone())
    };
    let logged = |message: &str, level: &str| (message.into(), level.into());
    for address in [public, management] {
        assert_eq!(level(address, "/healthz"), logged("GET /healthz 200", "DEBUG"));
        assert_eq!(level(address, "/readyz"), logged("GET /readyz 200", "DEBUG"));
    }
    assert_eq!(level(management, "/metrics"), logged("GET /metrics 200", "DEBUG"));
    assert_eq!(level(public, "/metrics"), logged("GET unknown 404", "INFO"));
    assert_eq!(level(public, "/nth.txt?n=1"), logged("GET /nth.txt 200", "INFO"));
    service.signal(Signal::TERM);
    service.wait_for_log("SIGTERM: serving on");
    exchange(public, &raw_request("GET", "/readyz"));
    assert_eq!(service.wait_for_log("GET /readyz 503")["level"], "INFO");
}

#[test]
fn successful_probes_are_not_logged_by_default() {
    let (service, management) = Service::start_with_management(&[]);
    for path in ["/healthz", "/readyz", "/metrics"] {
        exchange(management, &raw_request("GET", path));
        exchange(service.address, &raw_request("HEAD", path));
    }
    service.signal(Signal::TERM);
    let (_, log) = service.wait_for_exit();
    assert_eq!(log.matches("\"target\":\"access\"").count(), 1, "{log}");
    assert!(log.contains("HEAD unknown 404"), "{log}");
}

#[test]
fn json_lines_have_the_keys_that_platforms_read() {
    let settings = [("RUST_LOG", "info,access=debug")];
    let (mut service, management) = Service::start_with_management(&settings);
    service.exchange(&request_with(""));
    exchange(management, &raw_request("GET", "/readyz"));
    for (line, message, level) in [
        (service.start_line.clone(), "listening on http://127.0.0.1:", "INFO"),
        (service.wait_for_log(""), "GET /nth.txt 200", "INFO"),
        (service.wait_for_log(""), "GET /readyz 200", "DEBUG"),
    ] {
        let text = |key: &str| line[key].as_str().unwrap_or_else(|| panic!("no {key}: {line}"));
        assert_eq!((text("severity"), text("level")), (level, level));
        assert!(text("message").starts_with(message), "{line}");
        let time = humantime::parse_rfc3339(text("time")).expect("a time");
        let age = SystemTime::now().duration_since(time).expect("a time before now");
        assert!(age < Duration::from_mins(1), "{line}");
    }
}

#[test]
fn warnings_and_errors_have_the_severities_of_google() {
    let (mut service, _) =
        Service::start_with_management(&[("MEMORY_BYTES", "268435456"), ("MAX_NTH", "100000000")]);
    let line = service.wait_for_log("the service may use more memory");
    assert_eq!((&line["severity"], &line["level"]), (&"WARNING".into(), &"WARN".into()));
}

#[test]
fn a_trace_has_its_google_cloud_name_if_a_project_is_set() {
    let (trace, span) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
    let traced = request_with(&format!("traceparent: 00-{trace}-{span}-01\r\n"));
    let keys = ["logging.googleapis.com/trace", "logging.googleapis.com/spanId"];

    let mut service = Service::start(&[("LOG_TRACE_PROJECT", "my-project-1")]);
    service.exchange(&traced);
    let line = service.wait_for_log("GET /nth.txt 200");
    assert_eq!(line[keys[0]], format!("projects/my-project-1/traces/{trace}"));
    assert_eq!(line[keys[1]], span);
    assert_eq!((&line["trace_id"], &line["span_id"]), (&trace.into(), &span.into()));
    service.exchange(&request_with(""));
    let line = service.wait_for_log("GET /nth.txt 200");
    assert!(keys.iter().all(|key| line[key].is_null()), "{line}");

    let mut service = Service::start(&[]);
    service.exchange(&traced);
    let line = service.wait_for_log("GET /nth.txt 200");
    assert_eq!(line["trace_id"], trace);
    assert!(keys.iter().all(|key| line[key].is_null()), "{line}");
}

#[test]
fn n_is_a_number_in_json_whatever_its_size() {
    let mut service = Service::start(&[]);
    for n in ["-18446744073709551615", "18446744073709551615", "-9223372036854775809"] {
        service.exchange(&raw_request("GET", &format!("/nth.json?n={n}")));
        let line = service.wait_for_log_line("GET /nth.json 200");
        assert!(line.contains(&format!("\"n\":{n},")), "{line}");
    }
}
