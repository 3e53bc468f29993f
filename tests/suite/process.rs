//! The real binary, where the process is the point: settings, listeners, signals, logs.

use std::io::Read;
use std::net::{SocketAddr, TcpListener};
use std::process::Output;

use serde_json::Value;

use crate::support::{Service, connect, exchange, free_port, request, run};

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
        "SHUTDOWN_TIMEOUT",
        "STATIC_DIR",
    ] {
        assert!(help.contains(&format!("[env: {setting}]")), "{setting}");
        let flag = setting.to_ascii_lowercase().replace('_', "-");
        assert!(help.contains(&format!("--{flag} <{setting}>")), "{setting}");
    }
}

#[test]
fn a_bad_setting_is_named_with_its_value_and_what_is_allowed() {
    let level = "a level (off, error, warn, info, debug, trace) or a list such as info,access=off is needed";
    for (setting, value, allowed) in [
        (
            "HOST",
            "localhost",
            "an IP address is needed, such as 127.0.0.1, 0.0.0.0 or ::",
        ),
        ("PORT", "http", "a whole number from 0 to 65535 is needed"),
        ("PORT", "65536", "a whole number from 0 to 65535 is needed"),
        ("PORT", "", "a whole number from 0 to 65535 is needed"),
        (
            "MANAGEMENT_PORT",
            "-1",
            "a whole number from 0 to 65535 is needed",
        ),
        (
            "MAX_FIRST",
            "0",
            "a whole number from 1 to 100000 is needed",
        ),
        (
            "MAX_NTH",
            "1e6",
            "a whole number from 1 to 100000000 is needed",
        ),
        ("WORKERS", "0", "a whole number from 1 to 1024 is needed"),
        ("LOG_FORMAT", "xml", "[possible values: text, json]"),
        ("RUST_LOG", "access=loud", level),
        (
            "SHUTDOWN_TIMEOUT",
            "30s",
            "a whole number from 0 to 3600 is needed",
        ),
    ] {
        let flag = format!("--{}", setting.to_ascii_lowercase().replace('_', "-"));
        let by_environment = run(&[(setting, value)], &[]);
        let by_flag = run(&[], &[&format!("{flag}={value}")]);
        for output in [by_environment, by_flag] {
            let text = standard_error(&output);
            assert_eq!(output.status.code(), Some(2), "{setting}={value}: {text}");
            let named = format!("invalid value '{value}' for '{flag} <{setting}>'");
            assert!(text.contains(&named), "{named} is not in {text}");
            assert!(text.contains(allowed), "{allowed} is not in {text}");
        }
    }
}

#[test]
fn a_folder_without_the_files_of_the_pages_is_named() {
    let output = run(&[("STATIC_DIR", "src")], &[]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        standard_error(&output),
        "error: invalid value 'src' for STATIC_DIR: a folder with style.css and icon.svg is needed: \
         No such file or directory (os error 2)\n"
    );
}

#[test]
fn a_port_in_use_is_named() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let address = taken.local_addr().expect("bound");
    let port = address.port().to_string();
    for (variables, setting) in [
        ([("PORT", port.as_str()), ("MANAGEMENT_PORT", "0")], "PORT"),
        (
            [("PORT", "0"), ("MANAGEMENT_PORT", port.as_str())],
            "MANAGEMENT_PORT",
        ),
    ] {
        let output = run(&variables, &[]);
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(
            standard_error(&output),
            format!(
                "error: cannot listen on {address}: Address already in use (os error 98); \
                 HOST and {setting} say where to listen\n"
            )
        );
    }
}

#[test]
fn the_start_line_names_version_addresses_and_limits() {
    let management = free_port();
    let service = Service::start(&[
        ("MANAGEMENT_PORT", &management.to_string()),
        ("MAX_FIRST", "7"),
        ("MAX_NTH", "8"),
        ("WORKERS", "3"),
    ]);
    let start = &service.start;
    assert_eq!(start["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(
        start["message"],
        format!("listening on http://{}", service.address)
    );
    assert_eq!(start["management"], format!("127.0.0.1:{management}"));
    assert_eq!(start["max_first"], 7);
    assert_eq!(start["max_nth"], 8);
    assert_eq!(start["workers"], 3);
    assert!(
        service
            .exchange(&request("GET", "/first.txt?n=8"))
            .starts_with("HTTP/1.1 422 ")
    );
    assert!(
        service
            .exchange(&request("GET", "/nth.txt?n=9"))
            .starts_with("HTTP/1.1 422 ")
    );
    assert!(
        service
            .exchange(&request("GET", "/nth.txt?n=8"))
            .ends_with("\r\n\r\n21\n")
    );
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
    assert!(
        line["time"]
            .as_str()
            .is_some_and(|time| time.ends_with('Z'))
    );
    assert!(answer.contains("354224848179261915075"));
    assert!(!line.to_string().contains("354224848179261915075"));
}

#[test]
fn a_request_that_is_refused_is_a_line_without_what_was_typed() {
    let mut service = Service::start(&[]);
    service.exchange(&request("GET", "/nth?n=secret"));
    let line = service.line("GET /nth 422");
    assert_eq!(
        (&line["level"], &line["n"]),
        (&Value::from("INFO"), &Value::Null)
    );
    assert!(!line.to_string().contains("secret"));
    service.exchange(&request("GET", "/secret"));
    let line = service.line("GET unknown 404");
    assert!(!line.to_string().contains("secret"));
}

#[test]
fn the_log_is_text_unless_asked_otherwise_and_as_loud_as_asked() {
    let output = run(
        &[
            ("PORT", "0"),
            ("MANAGEMENT_PORT", "0"),
            ("RUST_LOG", "off"),
            ("STATIC_DIR", "/nowhere"),
        ],
        &[],
    );
    // An error at the start is told whatever the log is set to.
    assert!(standard_error(&output).starts_with("error: invalid value '/nowhere' for STATIC_DIR"));
}

#[test]
fn head_has_the_length_of_get_and_no_body() {
    let service = Service::start(&[]);
    for path in [
        "/",
        "/first?n=10",
        "/first.txt?n=2000",
        "/nth.json?n=30000",
        "/nth?n=x",
        "/nowhere",
        "/healthz",
    ] {
        let get = service.exchange(&request("GET", path));
        let head = service.exchange(&request("HEAD", path));
        let (get_head, body) = get.split_once("\r\n\r\n").expect("a head");
        let (head_head, none) = head.split_once("\r\n\r\n").expect("a head");
        assert_eq!(none, "", "{path}");
        assert_eq!(
            names_and_lengths(head_head),
            names_and_lengths(get_head),
            "{path}"
        );
        assert!(
            get_head.contains(&format!("content-length: {}\r\n", body.len())),
            "{path}"
        );
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
fn what_is_not_http_ends_with_a_bare_400_and_harms_nobody() {
    let service = Service::start(&[]);
    for bytes in [
        "\0\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "GET / HTTP/1.1\r\nno colon\r\n\r\n",
    ] {
        let answer = service.exchange(bytes);
        assert!(
            answer.starts_with("HTTP/1.1 400 Bad Request\r\n"),
            "{answer}"
        );
        assert!(answer.ends_with("\r\n\r\n"), "{answer}");
    }
    assert!(
        service
            .exchange(&request("GET", "/nth.txt?n=10"))
            .ends_with("\r\n\r\n55\n")
    );
}

#[test]
fn the_management_port_has_health_and_nothing_else() {
    let port = free_port();
    let _service = Service::start(&[("MANAGEMENT_PORT", &port.to_string())]);
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    assert!(exchange(address, &request("GET", "/healthz")).ends_with("\r\n\r\nok\n"));
    assert!(exchange(address, &request("GET", "/readyz")).ends_with("\r\n\r\nready\n"));
    assert!(exchange(address, &request("GET", "/nth.txt?n=10")).starts_with("HTTP/1.1 404 "));
}

#[test]
fn the_health_check_tells_up_from_down() {
    let service = Service::start(&[]);
    let port = service.address.port().to_string();
    for host in ["127.0.0.1", "0.0.0.0"] {
        let output = run(&[("HOST", host), ("PORT", &port)], &["healthcheck"]);
        assert_eq!(output.status.code(), Some(0), "{}", standard_error(&output));
    }

    let address = service.address;
    drop(service);
    let output = run(&[("PORT", &port)], &["healthcheck"]);
    assert_eq!(output.status.code(), Some(1));
    let text = standard_error(&output);
    let start = format!("error: http://{address}/healthz is not healthy: ");
    assert!(text.starts_with(&start), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
}

#[cfg(unix)]
mod signals {
    use rustix::process::Signal;

    use super::{Read, Service, SocketAddr, connect, exchange, free_port, request};
    use std::net::TcpStream;

    #[test]
    fn either_signal_ends_an_idle_service_with_status_0() {
        for (signal, name) in [(Signal::TERM, "SIGTERM"), (Signal::INT, "SIGINT")] {
            let mut service = Service::start(&[]);
            let kept = service.connect("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
            service.line("GET /healthz 200");
            service.signal(signal);
            service.line(&format!("{name}: finishing what is in flight"));
            let (status, log) = service.wait();
            assert_eq!(status.code(), Some(0));
            assert!(log.contains("\"stopped\""), "{log}");
            drop(kept);
        }
    }

    #[test]
    fn what_is_in_flight_is_finished_while_readiness_is_off() {
        let (mut service, management, mut connection) = in_flight();
        service.signal(Signal::TERM);
        service.line("SIGTERM: finishing what is in flight");
        assert!(exchange(management, &request("GET", "/readyz")).starts_with("HTTP/1.1 503 "));
        assert!(exchange(management, &request("GET", "/healthz")).starts_with("HTTP/1.1 200 "));

        let mut rest = String::new();
        connection.read_to_string(&mut rest).expect("UTF-8");
        let length = rest.find("content-length: ").expect("a length") + 16;
        let length: usize = rest[length..]
            .lines()
            .next()
            .and_then(|it| it.parse().ok())
            .expect("a number");
        let (_, body) = rest.split_once("\r\n\r\n").expect("a head");
        assert_eq!(body.len(), length);
        assert_eq!(body.lines().count(), 10_000);
        let (status, _) = service.wait();
        assert_eq!(status.code(), Some(0));
    }

    #[test]
    fn a_second_signal_ends_it_at_once() {
        let (mut service, _, connection) = in_flight();
        service.signal(Signal::TERM);
        service.line("SIGTERM: finishing what is in flight");
        service.signal(Signal::INT);
        service.line("SIGINT again: stopping now");
        let (status, _) = service.wait();
        assert_eq!(status.code(), Some(0));
        // Unread until here: nothing but the second signal can have ended it.
        drop(connection);
    }

    /// A service, its management port, and a connection on which it is sending a list that is larger
    /// than what the kernel buffers, so that it cannot finish before the rest is read.
    fn in_flight() -> (Service, SocketAddr, TcpStream) {
        let port = free_port();
        let service = Service::start(&[
            ("MANAGEMENT_PORT", &port.to_string()),
            // Longer than any test run: no test passes by running into it.
            ("SHUTDOWN_TIMEOUT", "3600"),
        ]);
        let mut connection = connect(service.address, &request("GET", "/first.txt?n=10000"));
        connection.read_exact(&mut [0; 15]).expect("a status line");
        (
            service,
            SocketAddr::from(([127, 0, 0, 1], port)),
            connection,
        )
    }
}
