//! What an operator sees: metrics, panics, traces.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde_json::Value;

use crate::support::{Service, exchange, request};

/// The metrics by their names and labels.
fn metrics(management: SocketAddr) -> BTreeMap<String, String> {
    let answer = exchange(management, &request("GET", "/metrics"));
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
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
fn requests_are_counted_by_route_method_and_status_with_few_labels() {
    let (mut service, management) = Service::start_with_management(&[]);
    for path in ["/nth.txt?n=10", "/nth.txt?n=20", "/nth.txt?n=x"] {
        service.exchange(&request("GET", path));
    }
    for path in ["/a", "/b", "/nth.xml?n=1", "/%00"] {
        service.exchange(&request("GET", path));
        service.exchange(&request("BREW", path));
    }
    for _ in 0..11 {
        service.line("");
    }
    let metrics = metrics(management);
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
        (3 + 5 + 61).to_string()
    );
    assert_eq!(metrics["http_requests_in_flight"], "0");
    let series = metrics
        .iter()
        .filter(|(name, count)| name.starts_with("http_requests_total") && *count != "0");
    assert_eq!(series.count(), 4);
}

#[test]
fn small_answers_are_timed_apart_from_large_ones() {
    let (mut service, management) = Service::start_with_management(&[]);
    // 16 384 bytes are the most that are small: F(78 393) has 16 383 digits, and a line feed.
    for (n, method) in [(1_000, "GET"), (78_393, "GET"), (78_394, "GET"), (1_000_000, "HEAD")] {
        service.exchange(&request(method, &format!("/nth.txt?n={n}")));
    }
    for _ in 0..4 {
        service.line("");
    }
    let metrics = metrics(management);
    for (method, size, count) in [("GET", "small", 2), ("GET", "large", 1), ("HEAD", "large", 1)] {
        let name = format!(
            r#"http_request_duration_seconds_count{{method="{method}",route="/nth.txt",size="{size}",status="200"}}"#
        );
        assert_eq!(metrics.get(&name), Some(&count.to_string()), "{name}");
    }
}

#[test]
fn every_metric_is_there_from_the_start() {
    let (service, management) = Service::start_with_management(&[]);
    let start = metrics(management);
    for name in [
        "panics_total",
        "fibonacci_self_check_failures_total",
        "fibonacci_queue_depth",
        "fibonacci_queue_wait_seconds_count",
        "fibonacci_cache_bytes",
        r#"fibonacci_cache_hits_total{kind="term"}"#,
        r#"fibonacci_cache_misses_total{kind="page"}"#,
        r#"fibonacci_computation_seconds_count{kind="term"}"#,
        r#"http_requests_shed_total{reason="queue"}"#,
        r#"http_requests_shed_total{reason="sending"}"#,
        "http_requests_in_flight",
        "http_connections",
        "http_sending_bytes",
    ] {
        assert_eq!(start.get(name), Some(&"0".to_owned()), "{name}");
    }
    assert_eq!(start["fibonacci_ready"], "1");
    assert_eq!(start["http_connections_max"], "10000");
    assert!(start.keys().any(|name| name.starts_with("build_info{")));
    if cfg!(target_os = "linux") {
        for name in
            ["process_resident_memory_bytes", "process_open_fds", "process_cpu_seconds_total"]
        {
            assert!(start.contains_key(name), "{name}");
        }
    }
    service.exchange(&request("GET", "/nth.json?n=1000000"));
    service.exchange(&request("GET", "/nth.txt?n=1000000"));
    let after = metrics(management);
    assert_eq!(after[r#"fibonacci_computation_seconds_count{kind="term"}"#], "1");
    assert_eq!(after[r#"fibonacci_cache_hits_total{kind="term"}"#], "1");
    assert_eq!(after[r#"fibonacci_cache_misses_total{kind="term"}"#], "1");
    let kept: u64 = after["fibonacci_cache_bytes"].parse().expect("a number");
    assert!(kept > 200_000);
    assert_eq!(after["fibonacci_queue_wait_seconds_count"], "1");
}

#[test]
fn failures_are_counted_from_the_first() {
    let (service, management) = Service::start_with_management(&[]);
    let description = service.exchange(&request("GET", "/openapi.json"));
    let (_, description) = description.split_once("\r\n\r\n").expect("a head");
    let description: Value = serde_json::from_str(description).expect("JSON");
    let paths = description["paths"].as_object().expect("paths");
    let busy: Vec<&String> = paths
        .iter()
        .filter(|(path, it)| *path != "/readyz" && it["get"]["responses"].get("503").is_some())
        .map(|(path, _)| path)
        .collect();
    assert!(busy.len() > 10, "{busy:?}");
    let metrics = metrics(management);
    for path in busy {
        for status in ["500", "503"] {
            let name =
                format!(r#"http_requests_total{{method="GET",route="{path}",status="{status}"}}"#);
            assert_eq!(metrics.get(&name), Some(&"0".to_owned()), "{name}");
        }
    }
}

#[test]
fn connections_are_counted_while_they_are_open() {
    let (service, management) = Service::start_with_management(&[("MAX_CONNECTIONS", "7")]);
    let silent = service.connect("");
    let connections = |count: &str| {
        // It is accepted, and noticed to have ended, a moment after.
        while metrics(management)["http_connections"] != count {}
    };
    connections("1");
    let other = service.connect("");
    connections("2");
    assert_eq!(metrics(management)["http_connections_max"], "7");
    drop(silent);
    connections("1");
    drop(other);
    connections("0");
}

#[test]
fn a_trace_is_in_the_log_with_the_request() {
    let mut service = Service::start(&[]);
    let ask = |traceparent: &str| {
        service.exchange(&format!(
            "GET /nth.txt?n=1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{traceparent}\r\n\r\n"
        ));
    };
    let (trace, span) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
    let good = [
        format!("traceparent: 00-{trace}-{span}-01"),
        format!("Traceparent: cc-{trace}-{span}-01-what-comes-later"),
    ];
    let bad = [
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
    good.iter().chain(&bad).for_each(|header| ask(header));
    for _ in &good {
        let line = service.line("GET /nth.txt 200");
        assert_eq!((&line["trace_id"], &line["span_id"]), (&trace.into(), &span.into()));
    }
    for header in &bad {
        let line = service.line("GET /nth.txt 200");
        assert!(line["trace_id"].is_null() && line["span_id"].is_null(), "{header}");
    }
}
