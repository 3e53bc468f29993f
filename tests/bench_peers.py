#!/usr/bin/env python3
"""Prints the table of speeds beside peers, all measured in this run; `just bench-peers` sets it up.

Within the program: what `cargo bench --bench engine` has just left in target/criterion. GMP: through
gmpy2, `mpz_fib_ui` and `mpz_get_str`. Over loopback: this service and nginx in turn, by wrk.
"""

import json
import statistics
import time

import gmpy2

from service import ROOT, Service, bytes_a_second, machine, nginx, wrk

LIST = "/first.txt?n=10000"
ROUNDS = 3
SECONDS = 4


def ours(name):
    """Median seconds of a benchmark."""
    estimates = ROOT / "target/criterion" / name / "new/estimates.json"
    return json.loads(estimates.read_text())["median"]["point_estimate"] / 1e9


def median_seconds(work, rounds):
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def gmp_list():
    term, after = gmpy2.mpz(0), gmpy2.mpz(1)
    for _ in range(10_000):
        term.digits()
        term, after = after, term + after


def main():
    rows = []

    def row(work, peer, result, at_least):
        rows.append(f"| {work} | {peer} | {result} | {at_least} |")

    seconds = ours("list/whole")
    peer = median_seconds(gmp_list, 5)
    row("first 10 000 terms as text", f"GMP add + print, {peer * 1e3:.1f} ms",
        f"{seconds * 1e3:.2f} ms, {peer / seconds:.0f} times faster", "25 times")
    copy = ours("list/copy")
    row("the same", f"a copy of the bytes, {copy * 1e3:.2f} ms",
        f"{copy / seconds:.2f} of its speed", "0.5")
    for power, rounds, least in ((6, 15, 4), (7, 5, 7), (8, 2, 7)):
        index = 10**power
        seconds = ours(f"term/{index}")
        peer = median_seconds(lambda: gmpy2.fib(index).digits(), rounds)
        row(f"F(10^{power}) to decimal text", f"GMP, {peer * 1e3:.1f} ms",
            f"{seconds * 1e3:.2f} ms, {peer / seconds:.1f} times faster", f"{least} times")

    with Service(RUST_LOG="warn") as service, nginx(list=service.get(LIST)) as peer:
        speed = lambda url: bytes_a_second(wrk(url, 4, SECONDS))
        speeds = [(speed(service.base + LIST), speed(peer + "list")) for _ in range(ROUNDS)]
    ratio = statistics.median(ours / theirs for ours, theirs in speeds)
    mine, theirs = (statistics.median(column) / 1e9 for column in zip(*speeds))
    row(f"`{LIST}`, 4 connections", f"nginx, sendfile, {theirs:.2f} GB/s",
        f"{mine:.2f} GB/s, {ratio:.2f} of its bytes a second", "0.9")
    with Service(RUST_LOG="warn") as service:
        wrk(service.base + LIST, 64, SECONDS)
        peak = service.memory(peak=True)
        row("peak memory, 64 clients on that at once", "", f"{peak:.0f} MB", "64 MB")
    with Service(RUST_LOG="warn", MAX_NTH=10**8) as service:
        service.get(f"/nth.txt?n={10**8}")
        row("peak memory, F(10^8)", "", f"{service.memory(peak=True):.0f} MB", "2 500 MB")

    print(f"{machine()}; GMP {gmpy2.mp_version().split()[-1]}\n")
    print("| work | peer | here | to reach |\n|---|---|---|---|")
    print("\n".join(rows))


if __name__ == "__main__":
    main()
