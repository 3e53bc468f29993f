//! Settings: flags, environment variables, and the errors for invalid values.

use std::fs;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;

use fibonacci_web::server::error::{Port, ServerError};
use serde_json::Value;

use crate::support::service::{
    STATIC_FILES, Service, exchange, program_after, raw_request, run, standard_error,
};

#[test]
fn help_lists_every_setting() {
    let output = run(&[], &["--help"]);
    assert!(output.status.success());
    let help = String::from_utf8(output.stdout).expect("valid UTF-8");
    for setting in [
        "HOST",
        "PORT",
        "MANAGEMENT_HOST",
        "MANAGEMENT_PORT",
        "MEMORY_BYTES",
        "BASE_PATH",
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
        "PUBLIC_ORIGIN",
        "SECURITY_CONTACT",
        "STATIC_DIR",
        "TRUSTED_PROXIES",
        "LOG_CLIENT",
        "LOG_TRACE_PROJECT",
    ] {
        assert!(help.contains(&format!("[env: {setting}=]")), "{setting}");
        let flag = setting.to_ascii_lowercase().replace('_', "-");
        assert!(help.contains(&format!("--{flag} <{setting}>")), "{setting}");
    }
}

#[test]
fn an_invalid_setting_is_reported_with_its_value_and_the_allowed_values() {
    let level = "a level (off, error, warn, info, debug, trace) or a list such as info,access=off is needed";
    let path = "a path of at most 100 letters, digits and -._~ is needed, such as /fibonacci";
    let origin = "a scheme and a host without a path are needed, such as https://fibonacci.example";
    let proxies = "networks, addresses or the word unix are needed, separated by commas, such as 10.0.0.0/8,::1";
    let project = "a project ID is needed: 6 to 30 lower-case letters, digits and hyphens, such as my-project-1";
    let hosts = "IP addresses separated by commas are needed, such as 127.0.0.1,::1 or 0.0.0.0";
    for (setting, value, allowed) in [
        ("LOG_TRACE_PROJECT", "short", project),
        ("LOG_TRACE_PROJECT", "1st-project", project),
        ("LOG_TRACE_PROJECT", "my-project-", project),
        ("LOG_TRACE_PROJECT", "my_project", project),
        ("LOG_TRACE_PROJECT", "a-project-with-too-long-a-name1", project),
        ("TRUSTED_PROXIES", "10.0.0.0/33", proxies),
        ("TRUSTED_PROXIES", "10.0.0.0/8,", proxies),
        ("TRUSTED_PROXIES", "proxy.example", proxies),
        ("TRUSTED_PROXIES", "[::1]", proxies),
        ("TRUSTED_PROXIES", "::ffff:127.0.0.0/104", proxies),
        ("LOG_CLIENT", "yes", "on or off is needed"),
        ("HOST", "localhost", hosts),
        ("HOST", "127.0.0.1,", hosts),
        ("HOST", "0.0.0.0,127.0.0.1", "0.0.0.0 includes 127.0.0.1; one of them is needed"),
        ("MANAGEMENT_HOST", "::1,::", ":: includes ::1; one of them is needed"),
        ("HOST", "127.0.0.1 ::1", hosts),
        ("PORT", "http", "a whole number from 0 to 65535 is needed"),
        ("PORT", "65536", "a whole number from 0 to 65535 is needed"),
        ("MANAGEMENT_PORT", "-1", "a whole number from 0 to 65535 is needed"),
        ("MAX_FIRST", "0", "a whole number from 1 to 1000000 is needed"),
        ("MAX_NTH", "1e6", "a whole number from 1 to 100000000 is needed"),
        ("WORKERS", "0", "a whole number from 1 to 128 is needed"),
        ("WORKERS", "129", "a whole number from 1 to 128 is needed"),
        ("MANAGEMENT_HOST", "*", hosts),
        ("MEMORY_BYTES", "512Mi", "a whole number from 1 to 281474976710656 is needed"),
        ("CACHE_BYTES", "64MB", "a whole number from 0 to 281474976710656 is needed"),
        ("SEND_BYTES", "0", "a whole number from 1 to 281474976710656 is needed"),
        ("MAX_CONNECTIONS", "0", "a whole number from 1 to 1048576 is needed"),
        ("HEAD_TIMEOUT", "0", "a whole number from 1 to 3600 is needed"),
        ("KEEP_ALIVE", "0", "a whole number from 1 to 3600 is needed"),
        ("STALL_TIMEOUT", "3601", "a whole number from 1 to 3600 is needed"),
        ("DRAIN_DELAY", "5s", "a whole number from 0 to 3600 is needed"),
        ("LOG_FORMAT", "xml", "text or json is needed"),
        ("RUST_LOG", "inof", level),
        ("RUST_LOG", "=info", level),
        ("RUST_LOG", "access=loud", level),
        ("PUBLIC_ORIGIN", "fibonacci.example", origin),
        ("PUBLIC_ORIGIN", "https://fibonacci.example/path", origin),
        ("PUBLIC_ORIGIN", "https://", origin),
        ("BASE_PATH", "fibonacci", path),
        ("BASE_PATH", "/a//b", path),
        ("BASE_PATH", "/a/../b", path),
        ("BASE_PATH", "/a?b", path),
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
            assert!(text.starts_with(&line), "{text} does not start with {line}");
        }
    }
}

#[test]
fn a_flag_overrides_the_environment() {
    let output = run(&[("PORT", "1"), ("HOST", "::1")], &["--port", "http", "--host=127.0.0.1"]);
    assert!(standard_error(&output).contains("'http'"));
    let output = run(&[("STATIC_DIR", "static")], &["--static-dir=/nowhere"]);
    assert!(standard_error(&output).contains("'/nowhere'"));
}

#[test]
fn a_folder_without_the_static_files_is_reported() {
    let output = run(&[("STATIC_DIR", "src")], &[]);
    assert_eq!(output.status.code(), Some(2));
    let reason = fs::read("src/style.css").expect_err("no such file");
    assert_eq!(
        standard_error(&output),
        format!(
            "error: invalid value 'src' for STATIC_DIR: a folder with style.css, copy.js, icon.svg, icon.png and apple-touch-icon.png is \
             needed: {reason}\n"
        )
    );
}

#[test]
fn the_static_files_are_found_beside_the_program_if_not_in_the_working_directory() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("beside");
    fs::create_dir_all(folder.join("empty")).expect("a folder");
    let program = folder.join("fibonacci-web");
    fs::remove_file(&program).ok();
    fs::hard_link(env!("CARGO_BIN_EXE_fibonacci-web"), &program).expect("a link");
    let start = || {
        let mut command = Command::new(&program);
        command.env_clear().current_dir(folder.join("empty"));
        command.envs([("PORT", "0"), ("MANAGEMENT_PORT", "0"), ("HOST", "192.0.2.1")]);
        command.output().expect("a program that ends")
    };

    fs::remove_dir_all(folder.join("static")).ok();
    let output = start();
    assert_eq!(output.status.code(), Some(2));
    let expected = format!(
        "error: no folder 'static' with style.css, copy.js, icon.svg, icon.png and apple-touch-icon.png in the working directory, nor '{}'; \
         STATIC_DIR or --static-dir sets another folder\n",
        folder.join("static").display()
    );
    assert_eq!(standard_error(&output), expected);

    fs::create_dir(folder.join("static")).expect("a folder");
    for name in STATIC_FILES {
        fs::copy(format!("static/{name}"), folder.join("static").join(name)).expect("a copy");
    }
    // It gets as far as listening on an address for documentation (RFC 5737).
    let text = standard_error(&start());
    assert!(text.starts_with("error: cannot listen on 192.0.2.1:"), "{text}");
}

#[test]
fn a_port_in_use_is_reported_with_the_setting_to_change() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let address = listener.local_addr().expect("a bound listener");
    let reason = TcpListener::bind(address).expect_err("the port is in use");
    let port = address.port().to_string();
    for (variables, settings) in [
        ([("PORT", port.as_str()), ("MANAGEMENT_PORT", "0")], "PORT or --port"),
        (
            [("PORT", "0"), ("MANAGEMENT_PORT", port.as_str())],
            "MANAGEMENT_PORT or --management-port",
        ),
    ] {
        let output = run(&variables, &[]);
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(
            standard_error(&output),
            format!("error: cannot listen on {address}: {reason}; {settings} sets another port\n")
        );
    }
}

#[test]
fn a_port_that_needs_privileges_is_reported_with_one_that_does_not() {
    let error = ServerError::Listen {
        port: Port::Public,
        address: SocketAddr::from(([127, 0, 0, 1], 80)),
        source: ErrorKind::PermissionDenied.into(),
    };
    assert_eq!(
        error.to_string(),
        "cannot listen on 127.0.0.1:80: permission denied; PORT or --port sets another port; those above 1023 need \
         no privileges"
    );
}

#[test]
fn an_address_that_this_machine_lacks_is_reported_with_the_setting_to_change() {
    // An address for documentation (RFC 5737).
    let reason = TcpListener::bind(("192.0.2.1", 0)).expect_err("not an address of this machine");
    for host in ["192.0.2.1", "127.0.0.1,192.0.2.1"] {
        let output = run(&[("HOST", host), ("PORT", "0"), ("MANAGEMENT_PORT", "0")], &[]);
        assert_eq!(output.status.code(), Some(1));
        let text = standard_error(&output);
        assert!(text.starts_with("error: cannot listen on 192.0.2.1:"), "{text}");
        let advice = format!(": {reason}; HOST or --host sets another address\n");
        assert!(text.ends_with(&advice), "{text}");
    }
}

#[test]
fn an_empty_variable_counts_as_not_set() {
    let help = String::from_utf8(run(&[], &["--help"]).stdout).expect("valid UTF-8");
    let names: Vec<&str> =
        help.split("[env: ").skip(1).map(|rest| rest.split('=').next().expect("a name")).collect();
    assert!(names.len() > 15, "{help}");
    for name in names {
        // The settings are valid, so that the next error is that of the folder.
        let output = run(&[(name, "")], &["--static-dir=/nowhere"]);
        let text = standard_error(&output);
        assert!(text.starts_with("error: invalid value '/nowhere' for STATIC_DIR"), "{text}");
    }
    assert_eq!(start_line(&[("STATIC_DIR", "")])["level"], "INFO");
}

#[test]
fn the_service_listens_on_each_address_in_host_and_no_other() {
    let (v4, v6) = ("127.0.0.1", "::1");
    for (host, addresses, reached, refused) in [
        ("", "127.0.0.1:PORT,[::1]:PORT", &[v4, v6][..], &["127.0.0.2"][..]),
        ("127.0.0.2", "127.0.0.2:PORT", &["127.0.0.2"], &[v4, v6]),
        ("::1, 127.0.0.2,::1", "[::1]:PORT,127.0.0.2:PORT", &["127.0.0.2", v6], &[v4]),
        ("0.0.0.0", "0.0.0.0:PORT", &[v4, "127.0.0.2"], &[v6]),
        // Dual stack, whatever the default of the system.
        ("::", "[::]:PORT", &[v4, v6], &[]),
        ("::,127.0.0.2", "[::]:PORT,127.0.0.2:PORT", &[v6, "127.0.0.2"], &[v4]),
        ("0.0.0.0,::", "0.0.0.0:PORT,[::]:PORT", &[v4, v6], &[]),
    ] {
        let service = Service::start(&[("HOST", host)]);
        let port = service.address.port();
        let addresses = addresses.replace("PORT", &port.to_string());
        assert_eq!(service.start_line["addresses"], addresses);
        for address in reached {
            let address = SocketAddr::new(address.parse().expect("an IP address"), port);
            let response = exchange(address, &raw_request("GET", "/healthz"));
            assert!(response.ends_with("\r\n\r\nok\n"), "{host}: {address}");
        }
        for address in refused {
            let error = TcpStream::connect((*address, port)).expect_err("no listener").kind();
            assert_eq!(error, ErrorKind::ConnectionRefused, "{host}: {address}");
        }
    }
}

/// The first log line of a service with these settings.
fn start_line(variables: &[(&str, &str)]) -> Value {
    Service::start(variables).start_line.clone()
}

#[test]
fn what_is_not_set_gets_a_share_of_the_memory_limit() {
    for (limit, threads, connections) in
        [("268435456", 1, 350), ("536870912", 2, 1_500), ("2147483648", 2, 10_000)]
    {
        let line = start_line(&[("MEMORY_BYTES", limit)]);
        let number = |key: &str| line[key].as_u64().unwrap_or_else(|| panic!("no {key} in {line}"));
        assert_eq!(number("memory_limit").to_string(), limit);
        assert!(number("memory_bytes") <= number("memory_limit"), "{line}");
        assert!(number("max_connections") >= connections, "{line}");
        assert!((1..=threads).contains(&number("engine_threads")), "{line}");
        assert!(number("cache_bytes") >= 5_000_000 && number("send_bytes") >= 10_000_000, "{line}");
    }
    let line = start_line(&[
        ("MEMORY_BYTES", "268435456"),
        ("CACHE_BYTES", "1"),
        ("SEND_BYTES", "2"),
        ("MAX_CONNECTIONS", "3"),
        ("WORKERS", "2"),
    ]);
    assert_eq!(line["cache_bytes"], 1);
    // The least with which F(10 000 000) can be sent.
    assert_eq!(line["send_bytes"], 10_449_385);
    assert_eq!(line["max_connections"], 4);
}

#[test]
fn settings_that_need_more_memory_than_the_limit_cause_a_warning() {
    let settings = [("MEMORY_BYTES", "268435456"), ("MAX_NTH", "100000000")];
    let line = Service::start(&settings).wait_for_log("the service may use more memory");
    assert_eq!(line["level"], "WARN");
    assert_eq!(line["limit"], 268_435_456);
    assert!(line["needed"].as_u64().is_some_and(|needed| needed > 1_000_000_000), "{line}");
}

#[test]
fn a_low_limit_of_open_files_reduces_workers_and_connections() {
    for (files, settings, workers, connections) in [
        ("64", &[("WORKERS", "64"), ("MAX_CONNECTIONS", "1000")][..], 3, 15),
        ("128", &[("WORKERS", "64")], 8, 48),
        ("1024", &[("WORKERS", "128")], 93, 465),
    ] {
        let limited = program_after(&format!("ulimit -n {files}"));
        let mut service = Service::start_by(limited, settings);
        let line = service.start_line.clone();
        assert_eq!(
            (&line["workers"], &line["max_connections"]),
            (&workers.into(), &connections.into())
        );
        let line = service.wait_for_log("the limit of open files");
        assert_eq!((&line["level"], line["files"].to_string()), (&"WARN".into(), files.to_owned()));
        assert!(exchange(service.address, &raw_request("GET", "/healthz")).ends_with("ok\n"));
    }
}

#[test]
fn the_management_port_can_have_an_address_of_its_own() {
    let (_service, management) =
        Service::start_with_management(&[("HOST", "127.0.0.2"), ("MANAGEMENT_HOST", "127.0.0.1")]);
    let health = exchange(management, &raw_request("GET", "/healthz"));
    assert!(health.starts_with("HTTP/1.1 200 "), "{health}");
}

#[test]
fn the_service_works_under_a_base_path_with_or_without_a_slash_at_its_end() {
    for base in ["/fibonacci", "/fibonacci/"] {
        let service = Service::start(&[("BASE_PATH", base)]);
        let page = service.exchange(&raw_request("GET", "/fibonacci/nth?n=10"));
        assert!(page.starts_with("HTTP/1.1 200 "), "{page}");
        assert!(page.contains("href=\"/fibonacci/nth?n=11\""), "{page}");
    }
}
