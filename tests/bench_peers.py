#!/usr/bin/env python3
"""Compares the speed of the service with GMP and nginx and prints a table; `just bench-peers` sets it up.

Mathematics: the results that `cargo bench -p benches --bench engine` left in target/criterion, against GMP through
gmpy2 (`mpz_fib_ui` and `mpz_get_str`). HTTP: wrk loads the service and nginx in turn.
"""

import json
import statistics
import time

import gmpy2

from service import ROOT, Service, bytes_per_second, machine, nginx, wrk

LIST = "/first.txt?n=10000"
ROUNDS = 3
SECONDS = 4


def benchmark(name):
    """The median time of a Criterion benchmark in seconds."""
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

    def row(workload, reference, result, target):
        rows.append(f"| {workload} | {reference} | {result} | {target} |")

    ours = benchmark("list/whole")
    theirs = median_seconds(gmp_list, 5)
    row("first 10 000 terms as text", f"GMP, addition and conversion: {theirs * 1e3:.1f} ms",
        f"{ours * 1e3:.2f} ms, {theirs / ours:.0f} times as fast", "25 times")
    copy = benchmark("list/copy")
    row("first 10 000 terms as text", f"a copy of the bytes: {copy * 1e3:.2f} ms",
        f"ratio {copy / ours:.2f}", "0.5")
    for power, rounds, target in ((6, 15, 4), (7, 5, 7), (8, 2, 7)):
        index = 10**power
        ours = benchmark(f"term/{index}")
        theirs = median_seconds(lambda: gmpy2.fib(index).digits(), rounds)
        row(f"F(10^{power}) as decimal text", f"GMP: {theirs * 1e3:.1f} ms",
            f"{ours * 1e3:.2f} ms, {theirs / ours:.1f} times as fast", f"{target} times")

    with Service(RUST_LOG="warn") as service, nginx(list=service.get(LIST)) as peer:
        speed = lambda url: bytes_per_second(wrk(url, 4, SECONDS))
        speeds = [(speed(service.base + LIST), speed(peer + "list")) for _ in range(ROUNDS)]
    ratio = statistics.median(ours / theirs for ours, theirs in speeds)
    ours, theirs = (statistics.median(column) / 1e9 for column in zip(*speeds))
    row(f"`{LIST}`, 4 connections", f"nginx, sendfile: {theirs:.2f} GB/s",
        f"{ours:.2f} GB/s, ratio {ratio:.2f}", "0.9")
    with Service(RUST_LOG="warn") as service:
        wrk(service.base + LIST, 64, SECONDS)
        row(f"peak memory, `{LIST}`, 64 connections", "", f"{service.memory(peak=True):.0f} MB", "64 MB")
    with Service(RUST_LOG="warn", MAX_NTH=10**8) as service:
        service.get(f"/nth.txt?n={10**8}")
        row("peak memory, F(10^8)", "", f"{service.memory(peak=True):.0f} MB", "2 500 MB")

    print(f"{machine()}; GMP {gmpy2.mp_version().split()[-1]}\n")
    print("| workload | reference | this service | target |\n|---|---|---|---|")
    print("\n".join(rows))


if __name__ == "__main__":
    main()
