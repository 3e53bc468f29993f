#!/usr/bin/env python3
"""Prints the table of serving beside nginx, all measured in this run; `just bench-http` sets it up.

The service as it is by default, with its log in a file; nginx with the same answer as a file, and
with its log in a file too. Each is asked by wrk in turn, for some rounds; ratios are medians of the
rounds' own.
"""

import pathlib
import statistics
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

from service import (
    PROGRAM, ROOT, Service, bytes_a_second, free_port, machine, nginx, requests_a_second, wrk,
)

ROUNDS = 7
SECONDS = 3
LIST = "/first.txt?n=10000"

# Terms that are new each time, so that no cache helps: a few milliseconds to some tens each.
HEAVY = """
math.randomseed(11235)
request = function()
    return wrk.format("GET", "/nth.txt?n=" .. math.random(1000000, 10000000))
end
"""


def side_by_side(mine, theirs, read, connections, *options):
    """Medians of both, and of the ratio."""
    rounds = [
        (read(wrk(mine, connections, SECONDS, *options)), read(wrk(theirs, connections, SECONDS)))
        for _ in range(ROUNDS)
    ]
    ratio = statistics.median(ours / peer for ours, peer in rounds)
    ours, peer = (statistics.median(column) for column in zip(*rounds))
    return ours, peer, ratio


def milliseconds_to_ready():
    """From the start of the program to its first 200."""
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
    """Milliseconds, of 16 connections that ask again and again."""
    output = wrk(url, 16, SECONDS, "--latency")
    number, unit = output.split("99%")[1].split()[0], 1.0
    for suffix, scale in (("us", 1e-3), ("ms", 1.0), ("s", 1e3)):
        if number.endswith(suffix):
            number, unit = number.removesuffix(suffix), scale
            break
    return float(number) * unit


def p99_idle_and_saturated():
    """The p99 of a small page alone, and while there is always a queue of large terms."""
    rounds = []
    with Service(RUST_LOG="warn") as service, tempfile.TemporaryDirectory() as folder:
        script = pathlib.Path(folder) / "heavy.lua"
        script.write_text(HEAVY)
        for _ in range(ROUNDS):
            idle = p99(service.base + "/nth?n=100")
            # More than the queue takes: the rest is refused, and asked again.
            heavy = subprocess.Popen(
                ["wrk", "-t1", "-c32", f"-d{SECONDS + 1}s", "-s", script, service.base],
                stdout=subprocess.DEVNULL,
            )
            time.sleep(0.5)
            saturated = p99(service.base + "/nth?n=100")
            heavy.wait()
            rounds.append((idle, saturated))
    ratio = statistics.median(saturated / idle for idle, saturated in rounds)
    idle, saturated = (statistics.median(column) for column in zip(*rounds))
    return idle, saturated, ratio


def main():
    rows = []

    def row(work, peer, result, goal):
        rows.append(f"| {work} | {peer} | {result} | {goal} |")

    with Service() as service:
        pages = {name: service.get(f"/{name}?n=100") for name in ("nth", "first")}
        with nginx(logged=True, list=service.get(LIST), **pages) as peer:
            for name, goal in (("nth", "1.0"), ("first", "0.9")):
                ours, theirs, ratio = side_by_side(
                    f"{service.base}/{name}?n=100", peer + name, requests_a_second, 64)
                row(f"page `/{name}?n=100`, 64 connections",
                    f"nginx, the same as a file, {theirs:,.0f} requests/s",
                    f"{ours:,.0f} requests/s, {ratio:.2f} of it", goal)
            ours, theirs, ratio = side_by_side(
                service.base + LIST, peer + "list", bytes_a_second, 4)
            row(f"`{LIST}`, 4 connections", f"nginx, sendfile, {theirs / 1e9:.2f} GB/s",
                f"{ours / 1e9:.2f} GB/s, {ratio:.2f} of it", "1.0")
        with urllib.request.urlopen(service.base + LIST) as answer:
            tag = answer.headers["etag"]
        ours, theirs, ratio = side_by_side(
            service.base + LIST, service.base + "/healthz", requests_a_second, 64,
            "-H", f"If-None-Match: {tag}")
        row("304 for that list, 64 connections", f"`/healthz`, {theirs:,.0f} requests/s",
            f"{ours:,.0f} requests/s, {ratio:.2f} of it", "0.9")

    idle, saturated, ratio = p99_idle_and_saturated()
    row("p99 of `/nth?n=100` behind a full queue of terms to F(10^7)", f"idle, {idle:.2f} ms",
        f"{saturated:.2f} ms, {ratio:.1f} times", "at most 5 times")
    start = statistics.median(milliseconds_to_ready() for _ in range(15))
    row("start to ready", "", f"{start:.0f} ms", "50 ms")
    with Service() as service:
        service.get("/")
        row("idle memory", "", f"{service.memory():.1f} MB", "15 MB")

    print(machine() + "\n")
    print("| work | beside | here | to reach |\n|---|---|---|---|")
    print("\n".join(rows))


if __name__ == "__main__":
    main()
