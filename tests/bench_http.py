#!/usr/bin/env python3
"""Compares the speed of serving with nginx and prints a table; `just bench-http` sets it up.

The service runs with its default settings, and nginx serves the same responses as files. Both log each request to a
file, the service also its `/healthz`. wrk loads them in turn, for several rounds. A ratio is the median of the ratios
of the rounds.
"""

import pathlib
import re
import statistics
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

from service import (
    PROGRAM, ROOT, Service, bytes_per_second, free_port, machine, nginx, requests_per_second, wrk,
)

ROUNDS = 7
SECONDS = 3
LIST = "/first.txt?n=10000"

# Random large terms, which are not in the cache. Each takes from a few to some tens of milliseconds.
LARGE_TERMS = """
math.randomseed(11235)
request = function()
    return wrk.format("GET", "/nth.txt?n=" .. math.random(1000000, 10000000))
end
"""


def compare(url, peer_url, rate, connections, *options):
    """The median rate of the service, the median rate of its peer, and the median of the ratios."""
    rounds = [
        (rate(wrk(url, connections, SECONDS, *options)), rate(wrk(peer_url, connections, SECONDS)))
        for _ in range(ROUNDS)
    ]
    ratio = statistics.median(ours / peer for ours, peer in rounds)
    ours, peer = (statistics.median(column) for column in zip(*rounds))
    return ours, peer, ratio


def milliseconds_to_ready():
    """The time from the start of the process to its first response with status 200."""
    port = free_port()
    environment = {"PORT": str(port), "MANAGEMENT_PORT": "0", "RUST_LOG": "off"}
    start = time.perf_counter()
    process = subprocess.Popen([PROGRAM], env=environment, cwd=ROOT)
    try:
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5).read()
                return (time.perf_counter() - start) * 1e3
            except urllib.error.URLError:
                time.sleep(0.000_5)
    finally:
        process.kill()
        process.wait()


def p99(url):
    """The 99th percentile of the response time in milliseconds, with 16 connections."""
    output = wrk(url, 16, SECONDS, "--latency")
    number, unit = re.search(r"^ +99% +([\d.]+)(us|ms|s)$", output, re.M).groups()
    return float(number) * {"us": 1e-3, "ms": 1.0, "s": 1e3}[unit]


def p99_idle_and_loaded():
    """The p99 of a small page on an idle service, with a full queue of large terms, and the median ratio."""
    rounds = []
    with Service(RUST_LOG="warn") as service, tempfile.TemporaryDirectory() as folder:
        script = pathlib.Path(folder) / "large_terms.lua"
        script.write_text(LARGE_TERMS)
        for _ in range(ROUNDS):
            idle = p99(service.base + "/nth?n=100")
            # More requests than the queue accepts; the service refuses the others and wrk sends new ones.
            load = subprocess.Popen(
                ["wrk", "-t1", "-c32", f"-d{SECONDS + 1}s", "-s", script, service.base],
                stdout=subprocess.DEVNULL,
            )
            time.sleep(0.5)
            loaded = p99(service.base + "/nth?n=100")
            load.wait()
            rounds.append((idle, loaded))
    ratio = statistics.median(loaded / idle for idle, loaded in rounds)
    idle, loaded = (statistics.median(column) for column in zip(*rounds))
    return idle, loaded, ratio


def main():
    rows = []

    def row(workload, reference, result, target):
        rows.append(f"| {workload} | {reference} | {result} | {target} |")

    with Service(RUST_LOG="info,access=debug") as service:
        pages = {name: service.get(f"/{name}?n=100") for name in ("nth", "first")}
        with nginx(logged=True, list=service.get(LIST), **pages) as peer:
            for name, target in (("nth", "1.0"), ("first", "0.9")):
                ours, theirs, ratio = compare(
                    f"{service.base}/{name}?n=100", peer + name, requests_per_second, 64)
                row(f"page `/{name}?n=100`, 64 connections",
                    f"nginx, the same response as a file: {theirs:,.0f} requests/s",
                    f"{ours:,.0f} requests/s, ratio {ratio:.2f}", target)
            ours, theirs, ratio = compare(
                service.base + LIST, peer + "list", bytes_per_second, 4)
            row(f"`{LIST}`, 4 connections", f"nginx, sendfile: {theirs / 1e9:.2f} GB/s",
                f"{ours / 1e9:.2f} GB/s, ratio {ratio:.2f}", "1.0")
        with urllib.request.urlopen(service.base + LIST) as response:
            tag = response.headers["etag"]
        ours, theirs, ratio = compare(
            service.base + LIST, service.base + "/healthz", requests_per_second, 64,
            "-H", f"If-None-Match: {tag}")
        row("304 for that list, 64 connections", f"`/healthz`: {theirs:,.0f} requests/s",
            f"{ours:,.0f} requests/s, ratio {ratio:.2f}", "0.9")

    idle, loaded, ratio = p99_idle_and_loaded()
    row("p99 of `/nth?n=100` with a full queue of terms up to F(10^7)", f"idle service: {idle:.2f} ms",
        f"{loaded:.2f} ms, ratio {ratio:.1f}", "at most 5")
    start = statistics.median(milliseconds_to_ready() for _ in range(15))
    row("time from start to ready", "", f"{start:.0f} ms", "50 ms")
    with Service() as service:
        service.get("/")
        row("idle memory", "", f"{service.memory():.1f} MB", "15 MB")

    print(machine() + "\n")
    print("| workload | reference | this service | target |\n|---|---|---|---|")
    print("\n".join(rows))


if __name__ == "__main__":
    main()
