#!/usr/bin/env python3
"""Judges the service's HTTP by what others wrote; `just judge-http` sets it up.

curl, over HTTP/1.1 and HTTP/2: the same bytes, revalidation, ranges, resuming. REDbot: no bad finding
on any kind of resource. With `quick`, no more. Else also h2load and wrk: no request lost under load;
slowhttptest and sockets of our own: the others do not notice slow clients, and memory comes back;
HAProxy: a rolling restart of two instances under load loses no request.
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

from service import Balancer, Service, free_port, until, wrk

HERE = pathlib.Path(sys.executable).parent
LIST = "/first.txt?n=10000"
# What the list of the first 10 000 terms has to be: of the same made with GMP 6.3.0.
LIST_SHA256 = "676cd2babe4a7096203cc94d8db9bfa3da63d353f513d9a30b0417d5d25f295c"


def say(text):
    print(text, flush=True)


def check(holds, what):
    """Says what was seen, and ends where it is not what it should be."""
    say(f"  {'ok  ' if holds else 'BAD '} {what}")
    if not holds:
        sys.exit(1)


def curl(*arguments):
    """What curl writes."""
    return subprocess.run(
        ["curl", "--silent", "--show-error", "--max-time", "60", *map(str, arguments)],
        check=True, capture_output=True,
    ).stdout


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def judge_curl(service, folder):
    say("curl")
    url = service.base + LIST
    for name, option in (("HTTP/1.1", "--http1.1"), ("HTTP/2", "--http2-prior-knowledge")):
        check(sha256(curl(option, url)) == LIST_SHA256, f"{name}: the whole list")
        halves = curl(option, "-r", "0-4999999", url) + curl(option, "-r", "5000000-", url)
        check(sha256(halves) == LIST_SHA256, f"{name}: two halves of it, joined")
        written = curl(option, "-o", "/dev/null", "-w", "%{http_code} %{http_version}",
                       "-r", "20000000-", url).decode()
        check(written.startswith("416 "), f"{name}: past its end: {written}")
        head = curl(option, "-I", url).decode().lower()
        check("content-length: 10459845" in head, f"{name}: HEAD tells its length")
    rest = folder / "list"
    rest.write_bytes(curl("-r", "0-1234567", url))
    written = curl("-C", "-", "-o", rest, "-w", "%{http_code} %{size_download}", url).decode()
    check(sha256(rest.read_bytes()) == LIST_SHA256 and written == "206 9225277",
          f"-C - resumes after 1 234 568 bytes: {written}")
    for path in ("/", "/nth?n=100", LIST, "/nth.json?n=10000000"):
        tag = folder / "tag"
        curl("--etag-save", tag, "-o", "/dev/null", service.base + path)
        written = curl("--etag-compare", tag, "-o", "/dev/null", "-w",
                       "%{http_code} %{size_download}", service.base + path).decode()
        check(written == "304 0", f"--etag-compare {path}: {written}")
    page = service.base + "/first?n=1000"
    plain = curl(page)
    compressed = int(curl("--compressed", "-o", "/dev/null", "-w", "%{size_download}", page))
    check(curl("--compressed", page) == plain and compressed < len(plain) / 2,
          f"--compressed: {compressed} bytes for {len(plain)}")


def judge_redbot(service):
    say("REDbot")
    style = re.search(r"/static/style-\w+\.css", service.get("/").decode())[0]
    for path in ("/", "/first?n=10", "/nth?n=100", "/first.txt?n=1000", "/nth.txt?n=10000",
                 "/first.json?n=200", "/nth.json?n=100", "/nth.json?n=99999999999", style,
                 "/healthz", "/readyz", "/nth?n=x", "/nth.txt?n=x", "/nth.json?n=x", "/nowhere",
                 "/first?n=1&show=nth"):
        output = subprocess.run(
            [HERE / "redbot", "-o", "har", service.base + path],
            check=True, capture_output=True, text=True, timeout=60,
        ).stdout
        notes = [note for entry in json.loads(output)["log"]["entries"]
                 for note in entry["_red_messages"]]
        levels = [note["level"] for note in notes]
        bad = [note["summary"] for note in notes if note["level"] == "BAD"]
        warn = [note["summary"] for note in notes if note["level"] == "WARN"]
        check(notes and not bad, f"{path}: {len(levels)} notes, bad {bad}, warnings {warn}")


def judge_load(service):
    say("h2load and wrk")
    for name, options in (("HTTP/1.1", ["--h1"]), ("HTTP/2", [])):
        output = subprocess.run(
            ["h2load", *options, "-n", "100000", "-c", "64", "-m", "10", service.base + "/nth?n=100"],
            check=True, capture_output=True, text=True,
        ).stdout
        counts = re.search(r"requests: .*", output)[0]
        rate = re.search(r"finished in [^,]*, ([\d.]+) req/s", output)[1]
        check(" 100000 succeeded, 0 failed, 0 errored" in counts, f"{name}: {counts}, {rate}/s")
    output = wrk(service.base + LIST, 64, 5)
    say(f"  ok   64 clients on {LIST}: {re.search('Transfer.*', output)[0]}")


class Bystander:
    """Asks for a small page all the time, one after the other, and notes the slowest answer."""

    def __init__(self, service):
        self.service, self.slowest, self.count, self.going = service, 0.0, 0, True
        self.error = None
        self.thread = threading.Thread(target=self.ask)

    def ask(self):
        try:
            self.keep_asking()
        except Exception as error:
            self.error = error

    def keep_asking(self):
        while self.going:
            start = time.perf_counter()
            assert b"354224848179261915075" in self.service.get("/nth?n=100")
            self.slowest = max(self.slowest, time.perf_counter() - start)
            self.count += 1
            time.sleep(0.01)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.going = False
        self.thread.join()


def open_connections(service):
    return int(service.metrics()["process_open_fds"])


def judge_slow_clients():
    say("slow clients (heads within 2 s, stalled readers cut off after 3 s)")
    with Service(HEAD_TIMEOUT=2, STALL_TIMEOUT=3, KEEP_ALIVE=5) as service:
        wrk(service.base + "/nth?n=100", 64, 2)
        time.sleep(1)
        before, files = service.memory(), open_connections(service)

        def judged(what, act):
            with Bystander(service) as bystander:
                act()
            until(lambda: open_connections(service) <= files + 2, f"the end of {what}", 60)
            # The allocator gives back what is free when it is next asked for some.
            wrk(service.base + "/nth?n=100", 16, 2)
            memory = service.memory()
            check(bystander.error is None and bystander.slowest < 1 and bystander.count > 20 and memory < before + 10,
                  f"{what}: the slowest of {bystander.count} other answers {bystander.slowest * 1e3:.0f} ms; "
                  f"memory {before:.0f} MB before, {memory:.0f} MB after")

        def slowhttptest(*options):
            subprocess.run(["slowhttptest", *options, "-l", "15", "-r", "1000", "-p", "3"],
                           check=True, capture_output=True)

        judged("2 000 slow heads",
               lambda: slowhttptest("-H", "-c", "2000", "-i", "1", "-u", service.base + "/"))
        judged("500 slow bodies",
               lambda: slowhttptest("-B", "-c", "500", "-i", "1", "-s", "8192", "-u", service.base + "/nth?n=1"))
        judged("500 slow readers", lambda: slowhttptest(
            "-X", "-c", "500", "-w", "512", "-y", "1024", "-n", "1", "-z", "1", "-u", service.base + LIST))

        def stall():
            readers = []
            for _ in range(200):
                reader = socket.create_connection(("127.0.0.1", service.port))
                reader.sendall(f"GET {LIST} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
                readers.append(reader)
            end = time.monotonic() + 6
            while time.monotonic() < end:
                for reader in readers:
                    try:
                        reader.recv(1)
                    except ConnectionError:
                        pass
                time.sleep(1)
            for reader in readers:
                reader.close()

        judged("200 readers of a byte a second", stall)

        def reset():
            for _ in range(1000):
                rude = socket.create_connection(("127.0.0.1", service.port))
                rude.sendall(f"GET {LIST} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
                rude.recv(1000)
                rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                rude.close()

        judged("1 000 resets in the middle of a list", reset)


def judge_rolling_restart():
    say("HAProxy: a rolling restart of two instances under load")
    start = lambda port: Service(port, RUST_LOG="warn")
    instances = [start(free_port()) for _ in range(2)]
    try:
        with Balancer(*(instance.port for instance in instances)) as balancer:
            until(lambda: balancer.up() == 2, "both in rotation")
            load, lists = (
                subprocess.Popen(
                    ["wrk", "-t1", f"-c{connections}", "-d24s", f"http://127.0.0.1:{balancer.port}{path}"],
                    stdout=subprocess.PIPE, text=True,
                )
                for connections, path in ((32, "/nth?n=100"), (4, "/first.txt?n=3000"))
            )
            for place, instance in enumerate(instances):
                instance.stop()
                instances[place] = start(instance.port)
                # HAProxy has to see that it is back before the other one goes.
                until(lambda: balancer.up() == 2, "back in rotation")
            check(load.poll() is None and lists.poll() is None, "both were asked for as long as it took")
            for name, process in (("pages", load), ("lists", lists)):
                output = process.communicate()[0]
                requests = re.search(r"(\d+) requests in", output)[1]
                lost = re.findall(r"Socket errors.*|Non-2xx.*", output)
                check(not lost and int(requests) > 1000, f"{name}: {requests} requests, lost: {lost or 'none'}")
    finally:
        for instance in instances:
            instance.__exit__()


def main():
    quick = sys.argv[1:] == ["quick"]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        with Service() as service:
            judge_curl(service, folder)
            judge_redbot(service)
            if not quick:
                judge_load(service)
        if not quick:
            judge_slow_clients()
            judge_rolling_restart()
    say("judged")


if __name__ == "__main__":
    main()
