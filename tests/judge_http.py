#!/usr/bin/env python3
"""Checks the HTTP of the service with independent tools; `just judge-http` installs them and runs it.

- curl over HTTP/1.1: content, revalidation, ranges, resumed downloads, compression.
- The HTTP/2 connection preface: refused, as the service speaks HTTP/1.1 and HTTP/1.0 only.
- REDbot: no finding of level BAD on any kind of resource.

With `quick`, that is all. Otherwise also:

- wrk: no failed request under load, with pipelining and with large lists.
- slowhttptest and plain sockets: slow clients do not delay other clients, and their memory is freed.
- Hostile clients, as many as are accepted: the memory stays within what the settings allow (see hostile.py).
- HAProxy: a rolling restart of two instances under load loses no request.
"""

import hashlib
import json
import pathlib
import re
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

import hostile
from checks import check, finish, say
from service import Balancer, Service, wait_until, wrk

BIN = pathlib.Path(sys.executable).parent
F100 = b"354224848179261915075"
LIST = "/first.txt?n=10000"
# The SHA-256 of the list of the first 10 000 terms, made with GMP 6.3.0.
LIST_SHA256 = "676cd2babe4a7096203cc94d8db9bfa3da63d353f513d9a30b0417d5d25f295c"
# Seconds: the default of the setting HEAD_TIMEOUT.
HEAD_TIMEOUT = 10

# Ten pipelined requests at a time.
PIPELINE = """
init = function()
    batch = string.rep(wrk.format("GET", "/nth?n=100"), 10)
end
request = function()
    return batch
end
"""


def curl(*arguments):
    """The standard output of curl."""
    return subprocess.run(
        ["curl", "--silent", "--show-error", "--max-time", "60", *map(str, arguments)],
        check=True, capture_output=True,
    ).stdout


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def check_curl(service, folder):
    say("curl")
    url = service.base + LIST
    check(sha256(curl(url)) == LIST_SHA256, "the full list")
    halves = curl("-r", "0-4999999", url) + curl("-r", "5000000-", url)
    check(sha256(halves) == LIST_SHA256, "two ranges, joined")
    output = curl("-o", "/dev/null", "-w", "%{http_code} %{http_version}", "-r", "20000000-", url).decode()
    check(output == "416 1.1", f"a range past the end: {output}")
    check("content-length: 10459845" in curl("-I", url).decode().lower(), "HEAD has the Content-Length")
    rest = folder / "list"
    rest.write_bytes(curl("-r", "0-1234567", url))
    output = curl("-C", "-", "-o", rest, "-w", "%{http_code} %{size_download}", url).decode()
    check(sha256(rest.read_bytes()) == LIST_SHA256 and output == "206 9225277",
          f"-C - resumes after 1 234 568 bytes: {output}")
    for path in ("/", "/nth?n=100", LIST, "/nth.json?n=10000000"):
        tag = folder / "tag"
        curl("--etag-save", tag, "-o", "/dev/null", service.base + path)
        output = curl("--etag-compare", tag, "-o", "/dev/null", "-w",
                      "%{http_code} %{size_download}", service.base + path).decode()
        check(output == "304 0", f"--etag-compare {path}: {output}")
    page = service.base + "/first?n=1000"
    plain = curl(page)
    compressed = int(curl("--compressed", "-o", "/dev/null", "-w", "%{size_download}", page))
    check(curl("--compressed", page) == plain and compressed < len(plain) / 2,
          f"--compressed: {compressed} bytes instead of {len(plain)}")


def check_http2_preface(service):
    say("HTTP/2 connection preface")
    start = time.monotonic()
    try:
        with socket.create_connection(("127.0.0.1", service.port), timeout=HEAD_TIMEOUT + 1) as connection:
            connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
            response = connection.makefile("rb").read().decode(errors="replace")
    except OSError as error:
        response = repr(error)
    seconds = time.monotonic() - start
    status_line = response.partition("\r\n")[0]
    refused = not response or re.match(r"HTTP/1\.[01] (4\d\d|505) ", response)
    check(refused and seconds < HEAD_TIMEOUT + 1,
          f"{status_line or 'closed'}, after {seconds:.1f} s")
    check(F100 in service.get("/nth?n=100"), "the service still responds")


def check_redbot(service):
    say("REDbot")
    style = re.search(r"/static/style-\w+\.css", service.get("/").decode())[0]
    for path in ("/", "/first?n=10", "/nth?n=100", "/first.txt?n=1000", "/nth.txt?n=10000",
                 "/first.json?n=200", "/nth.json?n=100", "/nth.json?n=99999999999", style,
                 "/healthz", "/readyz", "/nth?n=x", "/nth.txt?n=x", "/nth.json?n=x", "/nowhere",
                 "/first?n=1&show=nth"):
        output = subprocess.run(
            [BIN / "redbot", "-o", "har", service.base + path],
            check=True, capture_output=True, text=True, timeout=60,
        ).stdout
        notes = [note for entry in json.loads(output)["log"]["entries"]
                 for note in entry["_red_messages"]]
        bad = [note["summary"] for note in notes if note["level"] == "BAD"]
        warnings = [note["summary"] for note in notes if note["level"] == "WARN"]
        check(notes and not bad, f"{path}: {len(notes)} notes, bad {bad}, warnings {warnings}")


def check_load(service, folder):
    say("wrk")
    script = folder / "pipeline.lua"
    script.write_text(PIPELINE)
    output = wrk(service.base, 64, 10, "-s", script)
    requests = int(re.search(r"(\d+) requests in", output)[1])
    check(requests >= 100_000, f"64 clients, 10 pipelined requests each: {requests} requests, none failed")
    output = wrk(service.base + LIST, 64, 5)
    check(True, f"64 clients on {LIST}: {re.search('Transfer.*', output)[0]}")


class Probe:
    """A client that requests a small page in a loop until the end of the block, and notes the slowest response."""

    def __init__(self, service):
        self.service, self.slowest, self.count = service, 0.0, 0
        self.error = None
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        try:
            while not self.over.wait(0.01):
                start = time.perf_counter()
                assert F100 in self.service.get("/nth?n=100")
                self.slowest = max(self.slowest, time.perf_counter() - start)
                self.count += 1
        except Exception as error:
            self.error = error

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


def open_files(service):
    return int(service.metrics()["process_open_fds"])


def check_slow_clients():
    say("slow clients (HEAD_TIMEOUT 2 s, STALL_TIMEOUT 3 s)")
    with Service(HEAD_TIMEOUT=2, STALL_TIMEOUT=3, KEEP_ALIVE=5) as service:
        wrk(service.base + "/nth?n=100", 64, 2)
        time.sleep(1)
        before, files = service.memory(), open_files(service)

        def check_during(what, attack):
            with Probe(service) as probe:
                attack()
            wait_until(lambda: open_files(service) <= files + 2, f"end of the connections of {what}", 60)
            # The allocator returns free memory to the system on its next allocations.
            wrk(service.base + "/nth?n=100", 16, 2)
            memory = service.memory()
            check(probe.error is None and probe.slowest < 1 and probe.count > 20 and memory < before + 10,
                  f"{what}: {probe.count} other responses, the slowest {probe.slowest * 1e3:.0f} ms; "
                  f"memory {before:.0f} MB before, {memory:.0f} MB after", repr(probe.error))

        def slowhttptest(*options):
            subprocess.run(["slowhttptest", *options, "-l", "15", "-r", "1000", "-p", "3"],
                           check=True, capture_output=True)

        check_during("2 000 slow heads",
                     lambda: slowhttptest("-H", "-c", "2000", "-i", "1", "-u", service.base + "/"))
        check_during("500 slow bodies", lambda: slowhttptest(
            "-B", "-c", "500", "-i", "1", "-s", "8192", "-u", service.base + "/nth?n=1"))
        check_during("500 slow readers", lambda: slowhttptest(
            "-X", "-c", "500", "-w", "512", "-y", "1024", "-n", "1", "-z", "1", "-u", service.base + LIST))

        def request_list():
            client = socket.create_connection(("127.0.0.1", service.port))
            client.sendall(f"GET {LIST} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            return client

        def read_slowly():
            clients = [request_list() for _ in range(200)]
            end = time.monotonic() + 6
            while time.monotonic() < end:
                for client in clients:
                    try:
                        client.recv(1)
                    except ConnectionError:
                        pass
                time.sleep(1)
            for client in clients:
                client.close()

        check_during("200 clients that read one byte per second", read_slowly)

        def reset():
            for _ in range(3000):
                client = request_list()
                client.recv(1000)
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                client.close()

        check_during("3 000 connections reset during a list", reset)


def check_hostile_clients():
    say("hostile clients")
    rows = []
    for name, memory in (("256 MiB", 256 << 20), ("512 MiB", 512 << 20), ("2 GiB", 2 << 30)):
        with Service(MEMORY_BYTES=memory, RUST_LOG="warn") as service:
            rows.append(hostile.check_hostile_clients(name, service.process.pid, service.port, service.metrics))
            check(service.metrics()["panics_total"] == 0, "no panic")
    hostile.print_table(rows)


def check_rolling_restart():
    say("HAProxy: a rolling restart of two instances under load")
    instances = [Service(RUST_LOG="warn") for _ in range(2)]
    try:
        with Balancer(*(instance.port for instance in instances)) as balancer:
            wait_until(lambda: balancer.up() == 2, "both instances in rotation")
            pages, lists = (
                subprocess.Popen(
                    ["wrk", "-t1", f"-c{connections}", "-d24s", f"http://127.0.0.1:{balancer.port}{path}"],
                    stdout=subprocess.PIPE, text=True,
                )
                for connections, path in ((32, "/nth?n=100"), (4, "/first.txt?n=3000"))
            )
            for index, instance in enumerate(instances):
                instance.stop()
                instances[index] = Service(instance.port, RUST_LOG="warn")
                # HAProxy must see this instance again before the other one stops.
                wait_until(lambda: balancer.up() == 2, "instance back in rotation")
            check(pages.poll() is None and lists.poll() is None, "the load lasted until the end of the restart")
            for name, process in (("pages", pages), ("lists", lists)):
                output = process.communicate()[0]
                requests = re.search(r"(\d+) requests in", output)[1]
                lost = re.findall(r"Socket errors.*|Non-2xx.*", output)
                check(not lost and int(requests) > 1000, f"{name}: {requests} requests, lost: {lost or 'none'}")
    finally:
        for instance in instances:
            instance.kill()


def main():
    quick = sys.argv[1:] == ["quick"]
    with tempfile.TemporaryDirectory() as folder, Service() as service:
        folder = pathlib.Path(folder)
        check_curl(service, folder)
        check_http2_preface(service)
        check_redbot(service)
        if not quick:
            check_load(service, folder)
    if not quick:
        check_slow_clients()
        check_hostile_clients()
        check_rolling_restart()
    finish()


if __name__ == "__main__":
    main()
