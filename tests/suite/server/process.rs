//! The real binary, where the process is the point: settings, listeners, signals, logs.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Output, Stdio};
use std::thread;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;
use socket2::SockRef;

use crate::support::{Service, exchange, program, request, run, style_sheet};

fn standard_error(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

#[test]
fn help_names_every_setting() {
    let output = run(&[], &["--help"]);
    assert!(output.status.success());
    let help = String::from_utf8(output.stdout).expect("UTF-8");
    for setting in [
        "HOST",
        "PORT",
        "MANAGEMENT_PORT",
        "MAX_FIRST",
        "MAX_NTH",
        "WORKERS",
        "LOG_FORMAT",
        "RUST_LOG",
        "CACHE_BYTES",
        "SEND_BYTES",
        "MAX_CONNECTIONS",
        "HEAD_TIMEOUT",
        "KEEP_ALIVE",
        "STALL_TIMEOUT",
        "DRAIN_DELAY",
        "SHUTDOWN_TIMEOUT",
        "STATIC_DIR",
    ] {
        assert!(help.contains(&format!("[env: {setting}=]")), "{setting}");
        let flag = setting.to_ascii_lowercase().replace('_', "-");
        assert!(help.contains(&format!("--{flag} <{setting}>")), "{setting}");
    }
}

#[test]
fn a_bad_setting_is_named_with_its_value_and_what_is_allowed() {
    let level = "a level (off, error, warn, info, debug, trace) or a list such as info,access=off is needed";
    for (setting, value, allowed) in [
        ("HOST", "localhost", "an IP address is needed, such as 127.0.0.1, 0.0.0.0 or ::"),
        ("PORT", "http", "a whole number from 0 to 65535 is needed"),
        ("PORT", "65536", "a whole number from 0 to 65535 is needed"),
        ("PORT", "", "a whole number from 0 to 65535 is needed"),
        ("MANAGEMENT_PORT", "-1", "a whole number from 0 to 65535 is needed"),
        ("MAX_FIRST", "0", "a whole number from 1 to 1000000 is needed"),
        ("MAX_NTH", "1e6", "a whole number from 1 to 100000000 is needed"),
        ("WORKERS", "0", "a whole number from 1 to 128 is needed"),
        ("WORKERS", "129", "a whole number from 1 to 128 is needed"),
        ("CACHE_BYTES", "64MB", "a whole number from 0 to 281474976710656 is needed"),
        ("SEND_BYTES", "-1", "a whole number from 0 to 281474976710656 is needed"),
        ("MAX_CONNECTIONS", "0", "a whole number from 1 to 1048576 is needed"),
        ("HEAD_TIMEOUT", "0", "a whole number from 1 to 3600 is needed"),
        ("KEEP_ALIVE", "0", "a whole number from 1 to 3600 is needed"),
        ("STALL_TIMEOUT", "3601", "a whole number from 1 to 3600 is needed"),
        ("DRAIN_DELAY", "5s", "a whole number from 0 to 3600 is needed"),
        ("LOG_FORMAT", "xml", "text or json is needed"),
        ("LOG_FORMAT", "", "text or json is needed"),
        ("RUST_LOG", "", level),
        ("RUST_LOG", "inof", level),
        ("RUST_LOG", "=info", level),
        ("RUST_LOG", "access=loud", level),
        ("SHUTDOWN_TIMEOUT", "30s", "a whole number from 0 to 3600 is needed"),
    ] {
        let flag = format!("--{}", setting.to_ascii_lowercase().replace('_', "-"));
        let by_environment = run(&[(setting, value)], &[]);
        let by_flag = run(&[], &[&format!("{flag}={value}")]);
        for output in [by_environment, by_flag] {
            let text = standard_error(&output);
            assert_eq!(output.status.code(), Some(2), "{setting}={value}: {text}");
            let line =
                format!("error: invalid value '{value}' for '{flag} <{setting}>': {allowed}\n");
            assert!(text.starts_with(&line), "{line} does not start {text}");
        }
    }
}

#[test]
fn a_flag_wins_over_the_environment() {
    let output = run(&[("PORT", "1"), ("HOST", "::1")], &["--port", "http", "--host=127.0.0.1"]);
    assert!(standard_error(&output).contains("'http'"));
    let output = run(&[("STATIC_DIR", "static")], &["--static-dir=/nowhere"]);
    assert!(standard_error(&output).contains("'/nowhere'"));
}

#[test]
fn a_folder_without_the_files_of_the_pages_is_named() {
    let output = run(&[("STATIC_DIR", "src")], &[]);
    assert_eq!(output.status.code(), Some(2));
    let reason = fs::read("src/style.css").expect_err("no such file");
    assert_eq!(
        standard_error(&output),
        format!(
            "error: invalid value 'src' for STATIC_DIR: a folder with style.css, icon.svg and copy.js is \
             needed: {reason}\n"
        )
    );
}

#[test]
fn a_port_in_use_is_named() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let address = taken.local_addr().expect("bound");
    let reason = TcpListener::bind(address).expect_err("taken");
    let port = address.port().to_string();
    for (variables, setting) in [
        ([("PORT", port.as_str()), ("MANAGEMENT_PORT", "0")], "PORT"),
        ([("PORT", "0"), ("MANAGEMENT_PORT", port.as_str())], "MANAGEMENT_PORT"),
    ] {
        let output = run(&variables, &[]);
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(
            standard_error(&output),
            format!(
                "error: cannot listen on {address}: {reason}; HOST and {setting} set the address\n"
            )
        );
    }
}

#[test]
fn the_start_line_names_version_addresses_and_limits() {
    let (service, management) =
        Service::start_with_management(&[("MAX_FIRST", "7"), ("MAX_NTH", "8"), ("WORKERS", "3")]);
    let start = &service.start;
    assert_eq!(start["version"], env!("CARGO_PKG_VERSION"));
    let message = format!("listening on http://{}", service.address);
    assert_eq!(start["message"], message);
    assert_eq!(start["management"], management.to_string());
    assert_eq!(start["max_first"], 7);
    assert_eq!(start["max_nth"], 8);
    assert_eq!(start["workers"], 3);
    let status = |path| service.exchange(&request("GET", path))[..13].to_owned();
    assert_eq!(status("/first.txt?n=8"), "HTTP/1.1 422 ");
    assert_eq!(status("/nth.txt?n=9"), "HTTP/1.1 422 ");
    assert_eq!(status("/first.txt?n=7"), "HTTP/1.1 200 ");
    assert_eq!(status("/nth.txt?n=8"), "HTTP/1.1 200 ");
}

#[test]
fn the_host_is_the_address_that_is_listened_on() {
    let service = Service::start(&[("HOST", "0.0.0.0")]);
    assert!(service.address.ip().is_unspecified());
    let local = SocketAddr::from(([127, 0, 0, 1], service.address.port()));
    assert!(exchange(local, &request("GET", "/healthz")).ends_with("\r\n\r\nok\n"));
}

#[test]
fn a_request_is_one_line_of_json_without_its_result() {
    let mut service = Service::start(&[]);
    let ask = "GET /nth.json?n=100 HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: mine\r\nConnection: close\r\n\r\n";
    let answer = service.exchange(ask);
    let line = service.line("GET /nth.json 200");
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
    assert!(answer.contains("354224848179261915075"));
    assert!(!line.to_string().contains("354224848179261915075"));
}

#[test]
fn a_line_counts_no_bytes_for_head() {
    let mut service = Service::start(&[]);
    service.exchange(&request("HEAD", "/nth.json?n=100"));
    assert_eq!(service.line("HEAD /nth.json 200")["bytes"], 0);
}

#[test]
fn a_request_whose_client_leaves_unanswered_is_a_line_too() {
    let mut service = Service::start(&[("MAX_NTH", "100000000"), ("WORKERS", "1")]);
    let connection = service.connect("GET /nth.txt?n=10000000 HTTP/1.1\r\nHost: localhost\r\n\r\n");
    // An answer here, by the one worker, means that the other request is under way.
    service.exchange(&request("GET", "/healthz"));
    // A reset, where closing would only tell the service that no other request follows.
    SockRef::from(&connection).set_linger(Some(Duration::ZERO)).expect("a socket");
    drop(connection);
    let line = service.line("GET /nth.txt unanswered");
    assert_eq!((&line["n"], &line["bytes"]), (&Value::from(10_000_000), &Value::from(0)));
}

#[test]
fn a_request_that_is_refused_is_a_line_without_what_was_typed() {
    let mut service = Service::start(&[]);
    service.exchange(&request("GET", "/nth?n=secret"));
    let line = service.line("GET /nth 422");
    assert_eq!((&line["level"], &line["n"]), (&Value::from("INFO"), &Value::Null));
    assert!(!line.to_string().contains("secret"));
    service.exchange(&request("GET", "/secret"));
    let line = service.line("GET unknown 404");
    assert!(!line.to_string().contains("secret"));
    service.exchange(&request("SECRET", "/nth"));
    let line = service.line("other /nth 405");
    assert!(!line.to_string().contains("SECRET"));
}

#[test]
fn bad_input_is_nothing_to_worry_about() {
    let service = Service::start(&[]);
    for path in ["/nth?n=x", "/first.json", "/nth.txt?n=99999999999", "/nowhere", "/first?n=%FF"] {
        service.exchange(&request("GET", path));
    }
    service.exchange(&request("POST", "/nth?n=1"));
    service.exchange("GET\r\n\r\n");
    service.signal(Signal::TERM);
    let (_, log) = service.wait();
    let levels: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["level"].take())
        .collect();
    assert!(levels.len() >= 8, "{log}");
    assert!(levels.iter().all(|level| level == "INFO"), "{log}");
}

#[test]
fn a_failure_is_told_to_the_log_once_under_the_id_that_the_visitor_has() {
    let folder = std::env::temp_dir().join(format!("fibonacci-web-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    for name in ["style.css", "icon.svg", "copy.js"] {
        fs::copy(format!("static/{name}"), folder.join(name)).expect("a copy");
    }
    let mut service = Service::start(&[("STATIC_DIR", folder.to_str().expect("UTF-8"))]);
    let home = service.exchange(&request("GET", "/"));
    let style = style_sheet(&home);

    // Another content at the same address, and then none.
    fs::write(folder.join("style.css"), "other").expect("a file");
    let changed = service.exchange(&request("GET", style));
    let line =
        service.line(&format!("{} was changed while in use", folder.join("style.css").display()));
    assert_eq!(line["level"], "ERROR");
    assert!(changed.starts_with("HTTP/1.1 500 "));
    let id = format!("x-request-id: {}\r\n", line["request_id"].as_str().expect("an id"));
    assert!(changed.contains(&id));
    assert!(!changed.contains("immutable") && !changed.contains("changed"));

    fs::remove_dir_all(&folder).expect("the folder");
    let gone = service.exchange(&request("GET", style));
    assert!(gone.starts_with("HTTP/1.1 500 "));
    assert!(gone.ends_with("it is not your fault. Try again in a moment.\n"));
}

#[test]
fn the_log_is_text_unless_asked_otherwise() {
    // An empty list of variables but for the ports, which others may hold.
    let mut child = program()
        .envs([("PORT", "0"), ("MANAGEMENT_PORT", "0")])
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut line = String::new();
    let read = BufReader::new(child.stderr.take().expect("piped")).read_line(&mut line);
    child.kill().expect("a running process");
    child.wait().expect("a child");
    read.expect("UTF-8");
    assert!(
        line.contains(" INFO  fibonacci_web::server] listening on http://127.0.0.1:"),
        "{line}"
    );
    assert!(line.ends_with(" max_first=10000 max_nth=10000000\n"), "{line}");
}

#[test]
fn an_error_at_the_start_is_told_whatever_the_log_is_set_to() {
    let output = run(&[("RUST_LOG", "off"), ("STATIC_DIR", "/nowhere")], &[]);
    assert!(standard_error(&output).starts_with("error: invalid value '/nowhere' for STATIC_DIR"));
}

#[test]
fn the_log_is_as_loud_as_asked() {
    let service = Service::start(&[("RUST_LOG", "info,access=off")]);
    service.exchange(&request("GET", "/healthz"));
    service.signal(Signal::TERM);
    let (_, log) = service.wait();
    assert!(log.contains("\"stopped\"") && !log.contains("\"access\""), "{log}");
}

#[test]
fn head_has_the_length_of_get_and_no_body() {
    let service = Service::start(&[]);
    for path in [
        "/",
        "/first?n=10",
        "/first?n=2500&page=2",
        "/first?n=10000&page=10",
        "/first.txt?n=2000",
        "/first.json?n=2000",
        "/nth?n=300000",
        "/nth?n=18446744073709551615",
        "/nth.txt?n=1000000",
        "/nth.json?n=30000",
        "/nth.json?n=18446744073709551615",
        "/nth?n=x",
        "/nowhere",
        "/healthz",
    ] {
        let get = service.exchange(&request("GET", path));
        let head = service.exchange(&request("HEAD", path));
        let (get_head, body) = get.split_once("\r\n\r\n").expect("a head");
        let (head_head, none) = head.split_once("\r\n\r\n").expect("a head");
        assert_eq!(none, "", "{path}");
        // Only rendering would tell the length of a page.
        let is_page = get_head.contains("content-type: text/html") && get_head.contains(" 200 OK");
        assert_eq!(is_page, !head_head.contains("content-length:"), "{path}");
        let mut expected = names_and_lengths(get_head);
        expected.retain(|line| !is_page || !line.starts_with("content-length:"));
        assert_eq!(names_and_lengths(head_head), expected, "{path}");
        assert!(get_head.contains(&format!("content-length: {}\r\n", body.len())), "{path}");
    }
}

/// The status line and the headers, sorted, without those that differ from one answer to the next.
fn names_and_lengths(head: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = head
        .lines()
        .filter(|line| !line.starts_with("x-request-id:") && !line.starts_with("date:"))
        .collect();
    lines.sort_unstable();
    lines
}

#[test]
fn what_is_refused_before_it_is_a_request_ends_bare_and_harms_nobody() {
    let service = Service::start(&[]);
    let long =
        format!("GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: {}\r\n\r\n", "x".repeat(200_000));
    for (bytes, status) in [
        ("\0\r\n\r\n", "400 Bad Request"),
        ("GET\r\n\r\n", "400 Bad Request"),
        ("GET / HTTP/9.9\r\n\r\n", "400 Bad Request"),
        ("GET / HTTP/1.1\r\nno colon\r\n\r\n", "400 Bad Request"),
        ("GET /nth?n=١٠ HTTP/1.1\r\n\r\n", "400 Bad Request"),
        (long.as_str(), "431 Request Header Fields Too Large"),
    ] {
        let mut connection = TcpStream::connect(service.address).expect("a listener");
        // It may have heard enough before the end.
        connection.write_all(bytes.as_bytes()).ok();
        let mut answer = vec![0; 512];
        let length = connection.read(&mut answer).expect("an answer");
        let answer = String::from_utf8_lossy(&answer[..length]);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{answer}");
        assert!(answer.ends_with("\r\n\r\n"), "{answer}");
    }
    let answer = service.exchange(&request("GET", "/nth.txt?n=10"));
    assert!(answer.ends_with("\r\n\r\n55\n"), "{answer}");
}

#[test]
fn the_management_port_is_another_one() {
    let (service, management) = Service::start_with_management(&[]);
    let ask = |address, path| exchange(address, &request("GET", path));
    assert!(ask(management, "/healthz").ends_with("\r\n\r\nok\n"));
    assert!(ask(management, "/readyz").ends_with("\r\n\r\nready\n"));
    assert!(ask(management, "/nth.txt?n=10").starts_with("HTTP/1.1 404 "));
    assert!(ask(service.address, "/metrics").starts_with("HTTP/1.1 404 "));
}

#[test]
fn the_health_check_is_content_with_a_service_that_answers() {
    let service = Service::start(&[("HOST", "0.0.0.0")]);
    let port = service.address.port().to_string();
    for (host, arguments) in [
        ("127.0.0.1", ["healthcheck", "--port", &port]),
        ("0.0.0.0", ["--port", &port, "healthcheck"]),
    ] {
        let output = run(&[("HOST", host)], &arguments);
        assert_eq!(output.status.code(), Some(0), "{}", standard_error(&output));
        assert_eq!(standard_error(&output), "");
    }
}

#[test]
fn the_health_check_tells_in_a_line_what_is_wrong() {
    // The port of a service that nobody runs any more (RFC 1078), and that no test can be given.
    let nothing = run(&[("PORT", "1")], &["healthcheck"]);
    assert_unhealthy(&nothing, "http://127.0.0.1:1/healthz");

    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let address = listener.local_addr().expect("bound");
    let stub = thread::spawn(move || {
        let (mut connection, _) = listener.accept().expect("a connection");
        connection.read_exact(&mut [0; 16]).expect("a request");
        connection
            .write_all(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
            .expect("a reader");
    });
    let unwell = run(&[("PORT", &address.port().to_string())], &["healthcheck"]);
    stub.join().expect("a request");
    let text = assert_unhealthy(&unwell, &format!("http://{address}/healthz"));
    assert!(text.contains("503"), "{text}");
}

fn assert_unhealthy(output: &Output, url: &str) -> String {
    let text = standard_error(output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.starts_with(&format!("error: {url} is not healthy: ")), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    text
}
