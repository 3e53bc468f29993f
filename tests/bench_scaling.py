#!/usr/bin/env python3
"""Measures what docs/scaling.md states: a core, a cache in front, two instances; `just bench-scaling` sets it up.

It prints the tables of that document. Instances and what asks them have a core each, so two cores are needed;
wrk and a client in Python ask over loopback.
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

from service import Balancer, Service, bytes_a_second, free_port, is_open, machine, requests_a_second, running, until, wrk

ROUNDS = 3
SECONDS = 4
# The mix: of so many requests, ranks by Zipf's law with exponent 1 among so many values of n.
REQUESTS, RANKS = 50_000, 10_000
FORMS = ("/nth?n={}", "/nth?n={}", "/nth?n={}", "/nth.txt?n={}", "/nth.json?n={}", "/first?n=20&from={}")


@contextlib.contextmanager
def on_core(core):
    """What is started in this block has one core, and sees no more."""
    all_of_them = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    yield
    os.sched_setaffinity(0, all_of_them)


def row(*cells):
    print("| " + " | ".join(cells) + " |", flush=True)


def heading(*cells):
    print()
    row(*cells)
    row(*("---" for _ in cells))


def processor_time(service):
    """In seconds, to a hundredth: the metric counts whole ones."""
    fields = pathlib.Path(f"/proc/{service.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def requests(service):
    return sum(count for name, count in service.metrics().items() if name.startswith("http_requests_total"))


def ask_all(port, paths, clients=1):
    """Asks for each of these, by so many connections that are kept; gives the seconds, and how many hits a cache had."""
    paths = iter(paths)

    def ask(_):
        connection, hits = http.client.HTTPConnection("127.0.0.1", port, timeout=60), 0
        for path in paths:
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise SystemExit(f"{path}: {answer.status}")
            hits += answer.headers.get("X-Cache") == "HIT"
        return hits

    start = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        hits = sum(pool.map(ask, range(clients)))
    return time.monotonic() - start, hits


def bench_core():
    heading("what one core serves", "a second", "processor time of each")
    with on_core(0):
        service = Service()
    with service, on_core(1):
        for name, path in (("page `/nth?n=100`", "/nth?n=100"), ("text `/nth.txt?n=100`", "/nth.txt?n=100"),
                           ("page `/first?n=100`", "/first?n=100"), ("list `/first.txt?n=10000`", "/first.txt?n=10000")):
            rates, bytes_, costs = [], [], []
            for _ in range(ROUNDS):
                before, count = processor_time(service), requests(service)
                output = wrk(service.base + path, 4 if "10000" in path else 64, SECONDS)
                rates.append(requests_a_second(output))
                bytes_.append(bytes_a_second(output))
                costs.append((processor_time(service) - before) / (requests(service) - count))
            cost = statistics.median(costs)
            rate = statistics.median(rates)
            said = f"{rate:,.0f}" if rate > 1000 else f"{rate:,.0f} ({statistics.median(bytes_) / 1e9:.1f} GB/s)"
            row(name, said, f"{cost * 1e6:,.0f} µs" if cost < 1e-3 else f"{cost * 1e3:.1f} ms")
        # No term is asked for twice, so none comes from the cache.
        for name, size, count in (("10^5", 100_000, 2_000), ("10^6", 1_000_000, 400), ("10^7", 9_999_999, 40)):
            rates, costs, terms = [], [], itertools.count(size, -1)
            for _ in range(ROUNDS):
                before = processor_time(service)
                seconds, _ = ask_all(service.port, [f"/nth.txt?n={next(terms)}" for _ in range(count)], 2)
                rates.append(count / seconds)
                costs.append((processor_time(service) - before) / count)
            cost = statistics.median(costs)
            row(f"a term near F({name}), each another one", f"{statistics.median(rates):,.0f}", f"{cost * 1e3:.2f} ms")


def mix():
    """Paths as people might ask for them: few values of n often, most of them seldom."""
    chance = random.Random(1)
    weights = list(itertools.accumulate(1 / rank for rank in range(1, RANKS + 1)))
    for _ in range(REQUESTS):
        n = bisect.bisect(weights, chance.random() * weights[-1])
        yield chance.choice(FORMS).format(n)


@contextlib.contextmanager
def cache(origin):
    """nginx that keeps what the answers allow it to; gives its port."""
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder).chmod(0o755)
        port = free_port()
        configuration = pathlib.Path(folder) / "nginx.conf"
        configuration.write_text(f"""
            daemon off; pid {folder}/pid; error_log /dev/null; worker_processes 1; user root;
            events {{ worker_connections 1024; }}
            http {{
                access_log off; keepalive_requests 1000000000;
                proxy_cache_path {folder}/kept keys_zone=kept:50m max_size=1g inactive=60m;
                proxy_temp_path {folder}/temp;
                upstream origin {{ server 127.0.0.1:{origin}; keepalive 16; }}
                server {{
                    listen 127.0.0.1:{port};
                    proxy_cache kept; proxy_cache_lock on; proxy_cache_revalidate on;
                    proxy_http_version 1.1; proxy_set_header Connection "";
                    add_header X-Cache $upstream_cache_status;
                    location / {{ proxy_pass http://origin; }}
                }}
            }}""")
        with running(["nginx", "-c", configuration]):
            until(lambda: is_open(port), "nginx")
            yield port


def bench_cache():
    heading(f"{REQUESTS:,} requests", "answered by the cache", "of which the origin saw", "processor time at the origin")
    paths = list(mix())
    with on_core(0):
        service = Service(CACHE_BYTES=0)
    with service, on_core(1):
        before, count = processor_time(service), requests(service)
        ask_all(service.port, paths)
        alone = processor_time(service) - before
        row("without a cache", "none", f"{requests(service) - count:,.0f}", f"{alone:.2f} s")
        with cache(service.port) as port:
            for name in ("with nginx's, empty at first", "the same again, within five minutes"):
                before, count = processor_time(service), requests(service)
                _, hits = ask_all(port, paths)
                spent = processor_time(service) - before
                row(name, f"{hits / len(paths):.1%}".replace("%", " %"), f"{requests(service) - count:,.0f}",
                    f"{spent:.2f} s, {spent / alone:.2f} of that without")


def bench_instances():
    heading("terms near F(3·10^6), each another one", "a second", "processor time of each")
    count, terms = 240, itertools.count(3_000_000, -1)
    with contextlib.ExitStack() as stack:
        instances = []
        for core in (0, 1):
            with on_core(core):
                instances.append(stack.enter_context(Service()))
        rates = {1: [], 2: []}
        costs = {1: [], 2: []}
        one, two = (instance.port for instance in instances)
        ports = {many: stack.enter_context(Balancer(one, other)).port for many, other in ((1, one), (2, two))}
        # HAProxy finds both alive.
        for many, _ in itertools.product((1, 2), range(ROUNDS)):
            before = sum(map(processor_time, instances))
            seconds, _ = ask_all(ports[many], [f"/nth.txt?n={next(terms)}" for _ in range(count)], 4)
            rates[many].append(count / seconds)
            costs[many].append((sum(map(processor_time, instances)) - before) / count)
        one = statistics.median(rates[1])
        for many, name in ((1, "one instance behind HAProxy"), (2, "two, a core each")):
            rate = statistics.median(rates[many])
            row(name, f"{rate:,.0f}" + (f", {rate / one:.2f} times" if many == 2 else ""),
                f"{statistics.median(costs[many]) * 1e3:.2f} ms")


def main():
    if len(os.sched_getaffinity(0)) < 2:
        raise SystemExit("two cores are needed")
    print(machine())
    bench_core()
    bench_cache()
    bench_instances()


main()
