//! Metrics, and the trace context in the log.

use std::collections::BTreeMap;
use std::io::Read;
use std::net::SocketAddr;

use serde_json::Value;

use crate::support::service::{Service, connect, exchange, raw_request};

/// Reads the metrics: name and labels → value.
fn scrape(management: SocketAddr) -> BTreeMap<String, String> {
    let response = exchange(management, &raw_request("GET", "/metrics"));
    let (head, body) = response.split_once("\r\n\r\n").expect("a response head");
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    assert!(head.contains("content-type: text/plain; version=0.0.4\r\n"), "{head}");
    assert!(head.contains("cache-control: no-store\r\n"), "{head}");
    body.lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let (name, value) = line.rsplit_once(' ').expect("a value");
            (name.to_owned(), value.to_owned())
        })
        .collect()
}

#[test]
fn a_scraper_that_accepts_gzip_gets_a_quarter_of_the_bytes() {
    let (_service, management) = Service::start_with_management(&[]);
    let head = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAccept-Encoding: gzip\r\n\r\n";
    let mut response = Vec::new();
    connect(management, head).read_to_end(&mut response).expect("a response");
    let text = String::from_utf8_lossy(&response);
    assert!(text.contains("content-encoding: gzip\r\n"), "{text}");
    assert!(text.contains("vary: accept-encoding\r\n"), "{text}");
    let plain = exchange(management, &raw_request("GET", "/metrics"));
    assert!(response.len() * 4 < plain.len(), "{} of {}", response.len(), plain.len());
}

#[test]
fn only_the_management_port_has_the_version() {
    let (service, management) = Service::start_with_management(&[]);
    let response = exchange(management, &raw_request("GET", "/version"));
    let (head, body) = response.split_once("\r\n\r\n").expect("a response head");
    assert!(head.contains("content-type: application/json"), "{head}");
    let version: Value = serde_json::from_str(body).expect("a JSON body");
    assert_eq!(version["version"], env!("CARGO_PKG_VERSION"));
    let build_info = format!(
        "build_info{{fingerprint=\"{}\",revision=\"{}\",version=\"{}\"}}",
        version["fingerprint"].as_str().expect("a text"),
        version["revision"].as_str().expect("a text"),
        env!("CARGO_PKG_VERSION"),
    );
    assert_eq!(scrape(management)[&build_info], "1");
    let public = service.exchange(&raw_request("GET", "/version"));
    assert!(public.starts_with("HTTP/1.1 404 "), "{public}");
}

#[test]
fn requests_are_counted_by_route_method_and_status_with_a_bounded_set_of_labels() {
    let (mut service, management) = Service::start_with_management(&[]);
    for path in ["/nth.txt?n=10", "/nth.txt?n=20", "/nth.txt?n=x"] {
        service.exchange(&raw_request("GET", path));
    }
    for path in ["/a", "/b", "/nth.xml?n=1", "/%00"] {
        service.exchange(&raw_request("GET", path));
        service.exchange(&raw_request("BREW", path));
    }
    for _ in 0..11 {
        service.wait_for_log("");
    }
    let metrics = scrape(management);
    for (labels, count) in [
        (r#"method="GET",route="/nth.txt",status="200""#, 2),
        (r#"method="GET",route="/nth.txt",status="422""#, 1),
        (r#"method="GET",route="unknown",status="404""#, 4),
        (r#"method="other",route="unknown",status="404""#, 4),
    ] {
        let count = count.to_string();
        assert_eq!(metrics[&format!("http_requests_total{{{labels}}}")], count);
        let (labels, status) = labels.split_once("status").expect("a status");
        let labels = format!(r#"{labels}size="small",status{status}"#);
        assert_eq!(metrics[&format!("http_request_duration_seconds_count{{{labels}}}")], count);
    }
    assert_eq!(
        metrics[r#"http_response_body_bytes_total{route="/nth.txt"}"#],
        (3 + 5 + 63).to_string()
    );
    assert_eq!(metrics["http_requests_in_flight"], "0");
    let series = metrics
        .iter()
        .filter(|(name, count)| name.starts_with("http_requests_total") && *count != "0");
    assert_eq!(series.count(), 4);
}

#[test]
fn small_and_large_responses_are_timed_separately() {
    let (mut service, management) = Service::start_with_management(&[]);
    // A small response has at most 16 384 bytes. F(78 393) has 16 383 digits, and a line feed follows.
    for (n, method) in [(1_000, "GET"), (78_393, "GET"), (78_394, "GET"), (1_000_000, "HEAD")] {
        service.exchange(&raw_request(method, &format!("/nth.txt?n={n}")));
    }
    for _ in 0..4 {
        service.wait_for_log("");
    }
    let metrics = scrape(management);
    for (method, size, count) in [("GET", "small", 2), ("GET", "large", 1), ("HEAD", "large", 1)] {
        let name = format!(
            r#"http_request_duration_seconds_count{{method="{method}",route="/nth.txt",size="{size}",status="200"}}"#
        );
        assert_eq!(metrics.get(&name), Some(&count.to_string()), "{name}");
    }
}

#[test]
fn every_metric_exists_from_the_start() {
    let (service, management) = Service::start_with_management(&[]);
    let before = scrape(management);
    for name in [
        "log_lines_dropped_total",
        "panics_total",
        "fibonacci_self_check_failures_total",
        "fibonacci_queue_depth",
        "fibonacci_queue_wait_seconds_count",
        "fibonacci_cache_bytes",
        r#"fibonacci_cache_hits_total{kind="term"}"#,
        r#"fibonacci_cache_misses_total{kind="page"}"#,
        r#"fibonacci_computation_seconds_count{kind="term"}"#,
        r#"http_requests_shed_total{reason="queue"}"#,
        r#"http_requests_shed_total{reason="memory"}"#,
        r#"http_request_heads_refused_total{reason="malformed"}"#,
        r#"http_request_heads_refused_total{reason="timeout"}"#,
        r#"http_request_heads_refused_total{reason="too_large"}"#,
        "http_requests_in_flight",
        "http_connections",
        "fibonacci_reserved_bytes",
    ] {
        assert_eq!(before.get(name), Some(&"0".to_owned()), "{name}");
    }
    assert_eq!(before["fibonacci_ready"], "1");
    assert_eq!(before["http_connections_max"], "10000");
    assert!(before.keys().any(|name| name.starts_with("build_info{")));
    if cfg!(target_os = "linux") {
        for name in
            ["process_resident_memory_bytes", "process_open_fds", "process_cpu_seconds_total"]
        {
            assert!(before.contains_key(name), "{name}");
        }
    }
    service.exchange(&raw_request("GET", "/nth.json?n=1000000"));
    service.exchange(&raw_request("GET", "/nth.txt?n=1000000"));
    let after = scrape(management);
    assert_eq!(after[r#"fibonacci_computation_seconds_count{kind="term"}"#], "1");
    assert_eq!(after[r#"fibonacci_cache_hits_total{kind="term"}"#], "1");
    assert_eq!(after[r#"fibonacci_cache_misses_total{kind="term"}"#], "1");
    let cached: u64 = after["fibonacci_cache_bytes"].parse().expect("a number");
    assert!(cached > 200_000);
    assert_eq!(after["fibonacci_queue_wait_seconds_count"], "1");
}

#[test]
fn failure_counters_exist_before_the_first_failure() {
    let (service, management) = Service::start_with_management(&[]);
    let description = service.exchange(&raw_request("GET", "/openapi.json"));
    let (_, description) = description.split_once("\r\n\r\n").expect("a response head");
    let description: Value = serde_json::from_str(description).expect("valid JSON");
    let paths = description["paths"].as_object().expect("paths");
    let limited: Vec<&String> = paths
        .iter()
        .filter(|(path, operations)| {
            *path != "/readyz" && operations["get"]["responses"].get("503").is_some()
        })
        .map(|(path, _)| path)
        .collect();
    assert!(limited.len() > 10, "{limited:?}");
    let metrics = scrape(management);
    for path in limited {
        for status in ["500", "503"] {
            let name =
                format!(r#"http_requests_total{{method="GET",route="{path}",status="{status}"}}"#);
            assert_eq!(metrics.get(&name), Some(&"0".to_owned()), "{name}");
        }
    }
}

#[test]
fn open_connections_are_counted() {
    let (service, management) =
        Service::start_with_management(&[("MAX_CONNECTIONS", "7"), ("WORKERS", "2")]);
    let silent = service.connect("");
    let wait_for_connections = |count: &str| {
        // The service notices a new or closed connection a moment later.
        while scrape(management)["http_connections"] != count {}
    };
    wait_for_connections("1");
    let other = service.connect("");
    wait_for_connections("2");
    assert_eq!(scrape(management)["http_connections_max"], "8");
    drop(silent);
    wait_for_connections("1");
    drop(other);
    wait_for_connections("0");
}

#[test]
fn the_trace_context_is_logged_with_the_request() {
    let mut service = Service::start(&[]);
    let send = |traceparent: &str| {
        service.exchange(&format!(
            "GET /nth.txt?n=1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{traceparent}\r\n\r\n"
        ));
    };
    let (trace, span) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
    let valid = [
        format!("traceparent: 00-{trace}-{span}-01"),
        format!("Traceparent: cc-{trace}-{span}-01-what-comes-later"),
    ];
    let invalid = [
        format!("traceparent: 00-{trace}-{span}-01-more"),
        format!("traceparent: ff-{trace}-{span}-01"),
        format!("traceparent: 00-{}-{span}-01", trace.to_uppercase()),
        format!("traceparent: 00-{}-{span}-01", "0".repeat(32)),
        format!("traceparent: 00-{trace}-{}-01", "0".repeat(16)),
        format!("traceparent: 00-{trace}-{span}"),
        format!("traceparent: 00-{trace}-{span}-01\r\ntraceparent: 00-{trace}-{span}-01"),
        "traceparent: nonsense".to_owned(),
        "traceparent: ".to_owned(),
    ];
    valid.iter().chain(&invalid).for_each(|header| send(header));
    for _ in &valid {
        let line = service.wait_for_log("GET /nth.txt 200");
        assert_eq!((&line["trace_id"], &line["span_id"]), (&trace.into(), &span.into()));
    }
    for header in &invalid {
        let line = service.wait_for_log("GET /nth.txt 200");
        assert!(line["trace_id"].is_null() && line["span_id"].is_null(), "{header}");
    }
}
