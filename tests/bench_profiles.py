#!/usr/bin/env python3
"""Prints the speed of the profile `release`, which a newcomer builds, relative to `dist`, which images contain."""

import statistics

import service
from service import ROOT, Service, bytes_per_second, machine, requests_per_second, wrk

ROUNDS = 7
SECONDS = 3
WORKLOADS = (
    ("page `/nth?n=100`, 64 connections", "/nth?n=100", 64, requests_per_second),
    ("page `/first?n=100`, 64 connections", "/first?n=100", 64, requests_per_second),
    ("`/first.txt?n=10000`, 4 connections", "/first.txt?n=10000", 4, bytes_per_second),
    ("`/nth.txt?n=1000000`, uncached, 2 connections", "/nth.txt?n=1000000", 2, requests_per_second),
)


def start(profile, settings):
    """The service of a profile."""
    service.PROGRAM = ROOT / "target" / profile / "fibonacci-web"
    return Service(**settings)


def main():
    print(machine() + "\n")
    print("| workload | `release` relative to `dist` |\n|---|---|")
    for name, path, connections, read in WORKLOADS:
        settings = {"CACHE_BYTES": 0} if "uncached" in name else {}
        with start("release", settings) as release, start("dist", settings) as dist:
            ratios = [
                read(wrk(release.base + path, connections, SECONDS))
                / read(wrk(dist.base + path, connections, SECONDS))
                for _ in range(ROUNDS)
            ]
        print(f"| {name} | {statistics.median(ratios):.2f} |")


if __name__ == "__main__":
    main()
