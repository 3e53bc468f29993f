"""Hostile clients: as many as the service accepts, all at once, and a steady client of small pages beside them.

`check_hostile_clients` checks that the service takes no more memory than its settings allow, with that of its sockets
in the system; that small pages stay fast; and that the memory is free again a minute later. `just judge-http` runs it
against the binary, and `just judge-image` against containers.
"""

import concurrent.futures
import contextlib
import http.client
import os
import re
import resource
import socket
import struct
import subprocess
import sys
import threading
import time
import urllib.request

from checks import check, say
from service import read_memory

TERMS, LEAVERS = 200, 1000
ATTACK_SECONDS, IDLE_SECONDS, REST_SECONDS = 20, 10, 60
PAGE = "/nth?n=100"
LIST = "/first.txt?n=10000"
COLUMNS = ("memory limit", "connections", "stated sum", "peak with sockets", "at rest before", "a minute after", "cache",
           "p99 idle", "p99 under attack")


def request(path, extra=""):
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{extra}\r\n".encode()


def steady(port, end):
    """Requests a small page 200 times a second until standard input ends, and prints the 99th percentile in ms."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.connect()
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    times, next_start = [], time.perf_counter()
    while not end.is_set():
        next_start = max(next_start + 0.005, time.perf_counter() - 0.1)
        time.sleep(max(0, next_start - time.perf_counter()))
        start = time.perf_counter()
        connection.request("GET", PAGE)
        response = connection.getresponse()
        assert response.status == 200 and b"354224848179261915075" in response.read()
        times.append(time.perf_counter() - start)
    times.sort()
    print(times[len(times) * 99 // 100] * 1e3)


@contextlib.contextmanager
def steady_client(port):
    """A steady client in a process of its own; yields a list that gets its 99th percentile in ms."""
    result = []
    with subprocess.Popen([sys.executable, __file__, str(port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as process:
        yield result
        output, _ = process.communicate("")
        result.append(float(output))


def resident(pid):
    """The resident memory of a process in bytes."""
    return read_memory(pid) * 1024


def in_sockets(port):
    """The memory of the service's sockets in the system, in bytes: received, sent, and allocated ahead."""
    output = subprocess.run(["ss", "-tnmH", "sport", "=", f":{port}"], capture_output=True, text=True, check=True).stdout
    return sum(int(number) for number in re.findall(r"(?<=[(,])(?:r|w|f|o|bl)(\d+)", output))


class Attack:
    """All hostile clients of one service."""

    def __init__(self, port, connections):
        self.port, self.connections = port, connections
        self.stack, self.statuses = contextlib.ExitStack(), {}

    def connect(self, content, window=None):
        client = self.stack.enter_context(socket.socket())
        if window:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        client.settimeout(30)
        client.connect(("127.0.0.1", self.port))
        client.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            client.send(content)
        return client

    def request_terms(self, numbers):
        for n in numbers:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/nth.txt?n={n}", timeout=60) as response:
                    status = response.status if len(response.read()) > 2_000_000 else "cut off"
            except urllib.error.HTTPError as error:
                status = error.code
            except (OSError, http.client.HTTPException) as error:
                status = type(error).__name__
            self.statuses[status] = self.statuses.get(status, 0) + 1

    def leave(self):
        """Asks for a large result and leaves; every other client with a reset."""
        for number in range(LEAVERS):
            path = (f"/nth.txt?n={9_500_000 - number}", f"/first?n=9&from={9_400_000 - number}", LIST)[number % 3]
            with socket.create_connection(("127.0.0.1", self.port), timeout=30) as client:
                client.sendall(request(path))
                if number % 2:
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def run(self):
        # The steady client, and those that come and go.
        others = 16
        holders = self.connections - others
        small = b"HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n" * 1000
        slow = []
        for number in range(holders):
            match number % 10:
                case 0:
                    slow.append(self.connect(b"GET / HTTP/1.1\r\nHost: lo"))
                case 1:
                    self.connect(b"GET / HTTP/1.1\r\nX-Long: " + b"x" * 60_000)
                case 2 | 3 | 4:
                    self.connect(small, window=2048)
                case 5:
                    self.connect(request(LIST), window=2048)
                case 6:
                    # Each its own term, so that none is shared.
                    self.connect(request(f"/nth.txt?n={9_900_000 - number}"), window=2048)
                case _:
                    self.connect(request(LIST))
        numbers = range(10_000_000 - TERMS, 10_000_000)
        with concurrent.futures.ThreadPoolExecutor(9) as pool:
            futures = [pool.submit(self.request_terms, numbers[part::8]) for part in range(8)]
            futures.append(pool.submit(self.leave))
            end = time.monotonic() + ATTACK_SECONDS
            while time.monotonic() < end or not all(future.done() for future in futures):
                for client in slow:
                    with contextlib.suppress(OSError):
                        client.send(b"x")
                time.sleep(1)
            for future in futures:
                future.result()


def check_hostile_clients(name, pid, port, metrics):
    """Attacks a service with fresh connections; returns the row of the table. `metrics` reads its metrics."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    connections, stated = int(metrics()["http_connections_max"]), metrics()["fibonacci_memory_max_bytes"]
    with steady_client(port) as idle_p99:
        time.sleep(IDLE_SECONDS)
    rest, peak, over = resident(pid), 0, threading.Event()

    def watch():
        nonlocal peak
        while not over.wait(0.2):
            peak = max(peak, resident(pid) + in_sockets(port))

    watcher = threading.Thread(target=watch)
    watcher.start()
    attack = Attack(port, connections)
    try:
        with attack.stack, steady_client(port) as p99:
            time.sleep(0.5)
            attack.run()
    finally:
        over.set()
        watcher.join()
    # A load balancer asks for the health meanwhile: the allocator returns memory only while it is used.
    with steady_client(port):
        time.sleep(REST_SECONDS)
    after, cache = resident(pid), metrics()["fibonacci_cache_bytes"]
    terms = dict(sorted(attack.statuses.items(), key=str))
    say(f"  {name}: {connections} clients; {TERMS} terms near F(10^7): {terms}")
    check(set(terms) <= {200, 503}, "each term is served or refused", terms)
    check(peak <= stated, f"peak memory {peak / 1e6:.0f} MB of at most {stated / 1e6:.0f} MB")
    check(p99[0] <= 5 * idle_p99[0], f"small pages: p99 {p99[0]:.1f} ms, {idle_p99[0]:.1f} ms idle")
    check(after <= rest + cache + 20e6,
          f"a minute later {after / 1e6:.0f} MB, {rest / 1e6:.0f} MB before, {cache / 1e6:.0f} MB in the cache")
    sizes = (f"{number / 1e6:.0f} MB" for number in (stated, peak, rest, after, cache))
    return (name, f"{connections:,}".replace(",", " "), *sizes, f"{idle_p99[0]:.1f} ms", f"{p99[0]:.1f} ms")


def print_table(rows):
    """Prints the rows as the table of docs/operation.md."""
    for row in (COLUMNS, ["---"] * len(COLUMNS), *rows):
        say(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    steady(int(sys.argv[1]), over)
    os._exit(0)
