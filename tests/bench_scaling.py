#!/usr/bin/env python3
"""Prints the tables of docs/scaling.md: one core, a cache in front, two instances; `just bench-scaling` sets it up.

Each instance has one core, and the clients have another, so two cores are needed. The clients are wrk and a client in
Python; all connections are to the loopback interface.
"""

import bisect
import concurrent.futures
import contextlib
import http.client
import itertools
import os
import pathlib
import random
import statistics
import tempfile
import time

from service import (
    Balancer, Service, bytes_per_second, free_port, is_open, machine, requests_per_second, running, wait_until, wrk,
)

ROUNDS = 3
SECONDS = 4
# The request mix: the ranks follow Zipf's law with exponent 1, over this many values of n.
REQUESTS, RANKS = 50_000, 10_000
PATHS = ("/nth?n={}", "/nth?n={}", "/nth?n={}", "/nth.txt?n={}", "/nth.json?n={}", "/first?n=20&from={}")


@contextlib.contextmanager
def on_core(core):
    """Processes and threads started in this block run on this core only."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    yield
    os.sched_setaffinity(0, cores)


def row(*cells):
    print("| " + " | ".join(cells) + " |", flush=True)


def heading(*cells):
    print()
    row(*cells)
    row(*("---" for _ in cells))


def cpu_seconds(service):
    """The processor time of a service in seconds, to a hundredth; the metric counts whole seconds."""
    fields = pathlib.Path(f"/proc/{service.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def request_count(service):
    return sum(count for name, count in service.metrics().items() if name.startswith("http_requests_total"))


def get_all(port, paths, clients=1):
    """Requests all paths over this many persistent connections; returns the seconds and the number of cache hits."""
    paths = iter(paths)

    def client(_):
        connection, hits = http.client.HTTPConnection("127.0.0.1", port, timeout=60), 0
        for path in paths:
            connection.request("GET", path)
            response = connection.getresponse()
            response.read()
            if response.status != 200:
                raise SystemExit(f"{path}: {response.status}")
            hits += response.headers.get("X-Cache") == "HIT"
        return hits

    start = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        hits = sum(pool.map(client, range(clients)))
    return time.monotonic() - start, hits


def bench_core():
    heading("one core", "requests per second", "processor time per request")
    with on_core(0):
        service = Service()
    with service, on_core(1):
        for name, path, connections in (
            ("page `/nth?n=100`", "/nth?n=100", 64), ("text `/nth.txt?n=100`", "/nth.txt?n=100", 64),
            ("page `/first?n=100`", "/first?n=100", 64), ("list `/first.txt?n=10000`", "/first.txt?n=10000", 4),
        ):
            rates, byte_rates, costs = [], [], []
            for _ in range(ROUNDS):
                before, count = cpu_seconds(service), request_count(service)
                output = wrk(service.base + path, connections, SECONDS)
                rates.append(requests_per_second(output))
                byte_rates.append(bytes_per_second(output))
                costs.append((cpu_seconds(service) - before) / (request_count(service) - count))
            rate, byte_rate, cost = map(statistics.median, (rates, byte_rates, costs))
            row(name, f"{rate:,.0f}" if rate > 1000 else f"{rate:,.0f} ({byte_rate / 1e9:.1f} GB/s)",
                f"{cost * 1e6:,.0f} µs" if cost < 1e-3 else f"{cost * 1e3:.1f} ms")
        # No term is requested twice, so none comes from the cache.
        for name, size, count in (("10^5", 100_000, 2_000), ("10^6", 1_000_000, 400), ("10^7", 9_999_999, 40)):
            rates, costs, terms = [], [], itertools.count(size, -1)
            for _ in range(ROUNDS):
                before = cpu_seconds(service)
                seconds, _ = get_all(service.port, [f"/nth.txt?n={next(terms)}" for _ in range(count)], 2)
                rates.append(count / seconds)
                costs.append((cpu_seconds(service) - before) / count)
            row(f"distinct terms near F({name})", f"{statistics.median(rates):,.0f}",
                f"{statistics.median(costs) * 1e3:.2f} ms")


def mix():
    """The paths of the request mix: a few values of n are frequent, most are rare."""
    generator = random.Random(1)
    weights = list(itertools.accumulate(1 / rank for rank in range(1, RANKS + 1)))
    for _ in range(REQUESTS):
        n = bisect.bisect(weights, generator.random() * weights[-1])
        yield generator.choice(PATHS).format(n)


@contextlib.contextmanager
def cache(origin):
    """nginx as a cache that follows Cache-Control; yields its port."""
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder).chmod(0o755)
        port = free_port()
        configuration = pathlib.Path(folder) / "nginx.conf"
        configuration.write_text(f"""
            daemon off; pid {folder}/pid; error_log /dev/null; worker_processes 1; user root;
            events {{ worker_connections 1024; }}
            http {{
                access_log off; keepalive_requests 1000000000;
                proxy_cache_path {folder}/cache keys_zone=cache:50m max_size=1g inactive=60m;
                proxy_temp_path {folder}/temp;
                upstream origin {{ server 127.0.0.1:{origin}; keepalive 16; }}
                server {{
                    listen 127.0.0.1:{port};
                    proxy_cache cache; proxy_cache_lock on; proxy_cache_revalidate on;
                    proxy_http_version 1.1; proxy_set_header Connection "";
                    add_header X-Cache $upstream_cache_status;
                    location / {{ proxy_pass http://origin; }}
                }}
            }}""")
        with running(["nginx", "-c", configuration]):
            wait_until(lambda: is_open(port), "start of nginx")
            yield port


def bench_cache():
    heading(f"{REQUESTS:,} requests", "cache hits", "requests to the origin", "processor time of the origin")
    paths = list(mix())
    with on_core(0):
        service = Service(CACHE_BYTES=0)
    with service, on_core(1):
        before, count = cpu_seconds(service), request_count(service)
        get_all(service.port, paths)
        uncached = cpu_seconds(service) - before
        row("no cache", "none", f"{request_count(service) - count:,.0f}", f"{uncached:.2f} s")
        with cache(service.port) as port:
            for name in ("nginx cache, empty", "nginx cache, the same requests again"):
                before, count = cpu_seconds(service), request_count(service)
                _, hits = get_all(port, paths)
                cached = cpu_seconds(service) - before
                row(name, f"{100 * hits / len(paths):.1f} %", f"{request_count(service) - count:,.0f}",
                    f"{cached:.2f} s, ratio {cached / uncached:.2f}")


def bench_instances():
    heading("distinct terms near F(3·10^6)", "requests per second", "processor time per request")
    count, terms = 240, itertools.count(3_000_000, -1)
    with contextlib.ExitStack() as stack:
        instances = []
        for core in (0, 1):
            with on_core(core):
                instances.append(stack.enter_context(Service()))
        first, second = (instance.port for instance in instances)
        # With one instance, HAProxy has the same address for both of its servers.
        ports = {1: stack.enter_context(Balancer(first, first)).port, 2: stack.enter_context(Balancer(first, second)).port}
        rates, costs = {1: [], 2: []}, {1: [], 2: []}
        for number, _ in itertools.product((1, 2), range(ROUNDS)):
            before = sum(map(cpu_seconds, instances))
            seconds, _ = get_all(ports[number], [f"/nth.txt?n={next(terms)}" for _ in range(count)], 4)
            rates[number].append(count / seconds)
            costs[number].append((sum(map(cpu_seconds, instances)) - before) / count)
        one, two = (statistics.median(rates[number]) for number in (1, 2))
        row("one instance behind HAProxy", f"{one:,.0f}", f"{statistics.median(costs[1]) * 1e3:.2f} ms")
        row("two instances, one core each", f"{two:,.0f}, {two / one:.2f} times as many",
            f"{statistics.median(costs[2]) * 1e3:.2f} ms")


def main():
    if len(os.sched_getaffinity(0)) < 2:
        raise SystemExit("this benchmark needs two cores")
    print(machine())
    bench_core()
    bench_cache()
    bench_instances()


main()
