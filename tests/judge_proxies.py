#!/usr/bin/env python3
"""Puts the service behind nginx and HAProxy; `just judge-proxies` installs the tools and runs this.

- Chromium: every link, form and picture works under a path, whether the proxy removes it or not, and a page of another
  origin reads data, its errors and its headers, and embeds a picture, but cannot read pages.
- The client's address, and the host that it used, arrive through deploy/nginx and deploy/compose, and cannot be forged.
- Their limits per client refuse a client that asks too often, and no other.
- Lines for WebSockets cost no connections, and a number of 10 000 digits gets through.
"""

import contextlib
import json
import pathlib
import subprocess
import tempfile

from checks import check, failures, finish, say
from service import ROOT, Balancer, Service, configured_nginx, free_port, is_open, nginx, running, wait_until

MODULES = ROOT / "target/judge-proxies/node_modules"
BASE = "/fibonacci"
TRUSTED = "127.0.0.1,::1"
# The address of the client is none of those.
CLIENT = ["--interface", "127.0.0.2"]


def curl(*arguments):
    """The standard output of curl."""
    return subprocess.run(
        ["curl", "--silent", "--show-error", "--max-time", "60", *map(str, arguments)],
        check=True, capture_output=True, text=True,
    ).stdout


def last_access_line(service, route):
    """The last line of the access log, once it is about this route."""
    def lines():
        records = map(json.loads, pathlib.Path(service.log.name).read_text().splitlines())
        return [record for record in records if record["target"] == "access"]

    wait_until(lambda: [line for line in lines()[-1:] if line["route"] == route], "a line in the log")
    return lines()[-1]


@contextlib.contextmanager
def example_nginx(service, port):
    """nginx with the configuration of deploy/nginx, on other ports."""
    text = (ROOT / "deploy/nginx/fibonacci-web.conf").read_text()
    for name, value in (("127.0.0.1:8080", f"127.0.0.1:{service.port}"), ("listen 80;", f"listen 127.0.0.1:{port};"),
                        ("fibonacci.example", "localhost")):
        assert name in text, f"fibonacci-web.conf does not contain {name}"
        text = text.replace(name, value)
    with configured_nginx(port, "access_log off;" + text):
        yield


@contextlib.contextmanager
def haproxy_under_path(service, port, folder):
    """HAProxy that serves the service under the path and passes it on."""
    file = folder / "haproxy.cfg"
    file.write_text(f"""
        defaults
            mode http
            timeout connect 2s
            timeout client 75s
            timeout server 10s
        frontend public
            bind 127.0.0.1:{port}
            http-request deny deny_status 404 unless {{ path_beg {BASE}/ }}
            default_backend web
        backend web
            server web 127.0.0.1:{service.port}
""")
    with running(["haproxy", "-db", "-f", str(file)], stdout=subprocess.DEVNULL):
        wait_until(lambda: is_open(port), "start of HAProxy")
        yield


def check_in_chromium(folder):
    say("Chromium: under a path, behind nginx and HAProxy")
    with contextlib.ExitStack() as stack:
        service = stack.enter_context(Service(BASE_PATH=BASE, RUST_LOG="warn"))
        kept, removed, balanced = free_port(), free_port(), free_port()
        stack.enter_context(configured_nginx(kept, f"""
            access_log off;
            server {{
                listen 127.0.0.1:{kept};
                location {BASE}/ {{ proxy_pass http://127.0.0.1:{service.port}; }}
            }}"""))
        stack.enter_context(configured_nginx(removed, f"""
            access_log off;
            server {{
                listen 127.0.0.1:{removed};
                location {BASE}/ {{ proxy_pass http://127.0.0.1:{service.port}/; }}
            }}"""))
        stack.enter_context(haproxy_under_path(service, balanced, folder))
        other = stack.enter_context(nginx(**{"index.html": b"<!doctype html><title>Another site</title>"}))
        bases = [f"http://127.0.0.1:{port}{BASE}" for port in (kept, removed, balanced)]
        command = ["node", ROOT / "tests/judge_proxies.mjs", MODULES, other, *bases]
        # It prints its own checks.
        if subprocess.run(command, timeout=600).returncode != 0:
            failures.append("Chromium")


def check_nginx():
    say("nginx, as in deploy/nginx")
    port = free_port()
    with Service(BASE_PATH=BASE, TRUSTED_PROXIES=TRUSTED, LOG_FORMAT="json") as service, example_nginx(service, port):
        origin = f"http://localhost:{port}"
        forged = ["-H", "X-Forwarded-For: 203.0.113.9", "-H", "Forwarded: for=203.0.113.9;host=evil.example"]
        page = curl(*CLIENT, *forged, "--user-agent", "judge/1", f"{origin}{BASE}/api")
        check(f"curl '{origin}{BASE}/nth.txt?n=100'" in page, "/api has the address that the client used")
        line = last_access_line(service, "/api")
        check((line["client"], line["user_agent"]) == ("127.0.0.2", "judge/1"), "the log has the client", line)
        check(curl("--head", f"{origin}{BASE}").startswith("HTTP/1.1 308 "), "the path without a slash leads to the page")
        digits = "1" + "0" * 9_999
        sentence = curl(f"{origin}{BASE}/index.txt?of={digits}")
        check(sentence.startswith(digits), "a number of 10 000 digits gets through in an address")
        sentence = curl(f"{origin}{BASE}/index.txt", "-H", "Content-Type: text/plain", "-d", digits)
        check(sentence.startswith(digits), "and in a body")
        check_limit(f"{origin}{BASE}/nth.txt?n=10", requests=300, least=90)


def check_haproxy():
    say("HAProxy, as in deploy/compose")
    with Service(TRUSTED_PROXIES=TRUSTED, LOG_FORMAT="json") as service, \
            Balancer(service.port, service.port, limited=True) as balancer:
        wait_until(lambda: balancer.up() == 2, "instances in rotation")
        origin = f"http://localhost:{balancer.port}"
        forged = ["-H", "X-Forwarded-For: 203.0.113.9", "-H", "Forwarded: for=203.0.113.9;host=evil.example",
                  "-H", "X-Forwarded-Host: evil.example"]
        page = curl(*CLIENT, *forged, f"{origin}/api")
        check(f"curl '{origin}/nth.txt?n=100'" in page, "/api has the address that the client used")
        line = last_access_line(service, "/api")
        check(line["client"] == "127.0.0.2", "the log has the client", line)
        check_limit(f"{origin}/nth.txt?n=10", requests=600, least=390)


def check_limit(url, requests, least):
    """Checks that at least so many of these requests of one client are served, and the others get 429."""
    # All over one connection, faster than any limit.
    answers = curl("--output", "/dev/null", "--write-out", "%{http_code} %header{access-control-allow-origin}\n",
                   f"{url}&x=[1-{requests}]").splitlines()
    statuses = [answer.split(" ")[0] for answer in answers]
    check(all(answer.endswith(" *") for answer in answers), "scripts of other origins may read all of them", set(answers))
    served = statuses.count("200")
    check(least <= served < requests and served + statuses.count("429") == requests,
          f"{requests} requests at once: {served} are served, the others get 429", set(statuses))
    # Another loopback address is another client.
    check(curl("--interface", "127.0.0.2", url.replace("localhost", "127.0.0.1")) == "55\n", "another client is served")


def check_websocket_lines():
    say("nginx with the usual lines for WebSockets")
    port = free_port()
    with Service(RUST_LOG="info") as service, configured_nginx(port, f"""
            access_log off;
            map $http_upgrade $connection_upgrade {{ default upgrade; '' close; }}
            upstream web {{ server 127.0.0.1:{service.port}; keepalive 4; }}
            server {{
                listen 127.0.0.1:{port};
                location / {{
                    proxy_pass http://web;
                    proxy_http_version 1.1;
                    proxy_set_header Upgrade $http_upgrade;
                    proxy_set_header Connection "upgrade";
                }}
            }}"""):
        url = f"http://127.0.0.1:{port}/nth.txt?n=[1-200]"
        peers = service.metrics()["http_connections"]
        statuses = curl("--output", "/dev/null", "--write-out", "%{http_code}\n", url).split()
        check(statuses == ["200"] * 200, "200 requests are served", set(statuses))
        open_connections = service.metrics()["http_connections"] - peers
        check(0 < open_connections <= 4, f"{open_connections:.0f} connections are still open")
        upgrade = ["-H", "Connection: Upgrade", "-H", "Upgrade: websocket", "-H", "Sec-WebSocket-Version: 13"]
        check(curl(*upgrade, url.replace("[1-200]", "10")) == "55\n", "a request for a WebSocket gets the result")


def main():
    with tempfile.TemporaryDirectory() as folder:
        check_in_chromium(pathlib.Path(folder))
    check_nginx()
    check_haproxy()
    check_websocket_lines()
    finish()


if __name__ == "__main__":
    main()
