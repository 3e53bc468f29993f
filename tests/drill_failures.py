#!/usr/bin/env python3
"""Causes the failures that happen in production, and checks what clients see of them.

An instance killed, an instance hung, too little memory, a full disk, a log that nobody reads, a wall clock that
jumps, a port in use, an empty environment, slow networks, invalid settings. `just drill-failures` runs it, in a
minute and a half. It needs Linux and root, for temporary mounts, namespaces and a control group, and installs the
other tools that it uses. docs/runbook.md has the results of one run.
"""

import asyncio
import collections
import concurrent.futures
import contextlib
import ctypes
import email.utils
import http.client
import itertools
import os
import pathlib
import re
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import threading
import time

from checks import check, finish, say
from service import PROGRAM, ROOT, Balancer, Service, free_port, is_open, machine, wait_until

F100 = b"354224848179261915075\n"
PAGE, TERM, LIST = "/nth?n=100", "/nth.txt?n=100", "/first.txt?n=10000"


def since(start):
    return time.monotonic() - start


def install():
    """Installs the tools that are missing."""
    if os.geteuid() != 0:
        raise SystemExit("this needs root, to mount a small disk, isolate a network and limit memory")
    commands = {"haproxy": "haproxy", "ip": "iproute2", "strace": "strace", "unshare": "util-linux"}
    missing = {package for command, package in commands.items() if not shutil.which(command)}
    if not faketime():
        missing.add("libfaketime")
    if missing:
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        subprocess.run(["apt-get", "-o", "DPkg::Lock::Timeout=300", "install", "-y", "-qq",
                        "--no-install-recommends", *sorted(missing)], check=True, stdout=subprocess.DEVNULL)


def faketime():
    """The path of the library that changes the wall clock of a program, or None if it is not installed."""
    return next(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)


class Instance(Service):
    """A service started through another command or with other options of Popen; `process` is that command."""

    def __init__(self, *command, port=None, ready=lambda instance: is_open(instance.port), settings=(), **options):
        self.port, self.management = port or free_port(), free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.log = open(os.devnull, "wb")
        settings = {"PORT": self.port, "MANAGEMENT_PORT": self.management, **dict(settings)}
        self.process = subprocess.Popen(
            [*command, PROGRAM], cwd=ROOT, env={name: str(value) for name, value in settings.items()},
            **{"stderr": self.log, **options},
        )
        try:
            wait_until(lambda: ready(self), "start of the service", 10)
        except SystemExit:
            self.kill()
            raise


def get(port, path=TERM, timeout=2):
    """The body of the response, or else its status or the name of the error."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read()
        return body if response.status == 200 else f"status {response.status}"
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__
    finally:
        connection.close()


Result = collections.namedtuple("Result", "seconds outcome")


class Load:
    """Clients that send requests until the end of the block; each pauses after a response before its next request.

    Records the duration and the outcome of each request: `ok`, a status, or the name of an error.
    """

    def __init__(self, port, paths=PAGE, clients=16, pause=0, count=None, expected=None):
        self.port, self.pause, self.over, self.results = port, pause, threading.Event(), []
        # The start of each request that has no response yet, by client.
        self.pending = {}
        self.expected = expected or (get(port, paths, 10) if isinstance(paths, str) else None)
        if self.expected:
            paths = itertools.repeat(paths) if count is None else itertools.repeat(paths, count)
        self.paths = iter(paths)
        self.threads = [threading.Thread(target=self.client, args=(index / clients,)) for index in range(clients)]

    def client(self, phase):
        # With a pause, the first requests of the clients are spread over it.
        if self.over.wait(phase * self.pause):
            return
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        for path in self.paths:
            start = self.pending[phase] = time.monotonic()
            try:
                connection.request("GET", path)
                response = connection.getresponse()
                body = response.read()
                outcome = "ok" if response.status == 200 else f"status {response.status}"
                if outcome == "ok" and body != (self.expected or body):
                    outcome = "wrong body"
            except (OSError, http.client.HTTPException) as error:
                outcome = type(error).__name__
                connection.close()
            self.results.append(Result(since(start), outcome))
            del self.pending[phase]
            if self.over.wait(self.pause if outcome == "ok" else max(self.pause, 0.05)):
                break
        connection.close()

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join()

    def wait_for(self, count, seconds=30):
        """Waits for this many more successful responses."""
        target = self.ok_count() + count
        wait_until(lambda: self.ok_count() >= target, f"{count} more successful responses", seconds)

    def wait_for_pending(self, seconds=30):
        """Waits for the responses to all requests sent so far."""
        now = time.monotonic()
        wait_until(lambda: all(start > now for start in list(self.pending.values())),
                   "the responses to all pending requests", seconds)

    def wait_for_end(self, seconds):
        """Waits until all clients have finished their requests."""
        wait_until(lambda: not any(thread.is_alive() for thread in self.threads), "the last response", seconds)

    def ok_count(self):
        return sum(result.outcome == "ok" for result in list(self.results))

    def failed(self):
        """How often each outcome other than `ok` occurred."""
        return dict(collections.Counter(result.outcome for result in self.results if result.outcome != "ok"))

    def failed_count(self):
        return sum(self.failed().values())

    def slowest(self):
        return max(result.seconds for result in self.results)

    def p99(self):
        return statistics.quantiles((result.seconds for result in self.results), n=100)[-1]

    def slower_than(self, seconds):
        return sum(result.seconds > seconds for result in self.results)


class Pair:
    """Two instances behind HAProxy, as in deploy/compose."""

    def __init__(self, **settings):
        self.stack, self.settings, self.instances = contextlib.ExitStack(), settings, []

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.__exit__()
            raise

    def start(self):
        for _ in range(2):
            self.instances.append(Instance(settings=self.settings))
        balancer = self.stack.enter_context(Balancer(*(instance.port for instance in self.instances)))
        self.port, self.up = balancer.port, balancer.up
        wait_until(lambda: self.up() == 2, "both instances in rotation")
        return self

    def __exit__(self, *_):
        for instance in self.instances:
            instance.kill()
        self.stack.close()


def killed():
    """1. kill -9 of one of two instances behind HAProxy, three times"""
    out, ready, back = [], [], []
    with Pair() as pair, Load(pair.port) as pages, Load(pair.port, LIST, clients=8) as lists:
        for index in (0, 1, 0):
            pages.wait_for(500)
            lists.wait_for(20)
            start = time.monotonic()
            pair.instances[index].kill()
            wait_until(lambda: pair.up() == 1, "instance out of rotation")
            out.append(since(start))
            pages.wait_for(500)
            restart = time.monotonic()
            instance = pair.instances[index] = Instance(port=pair.instances[index].port)
            wait_until(lambda: get(instance.port, "/readyz") == b"ready\n", "readiness")
            ready.append(since(restart))
            wait_until(lambda: pair.up() == 2, "instance back in rotation")
            back.append(since(restart))
            wait_until(lambda: pages_served(instance) > 50, "its share of the requests")
    check(max(ready) < 1, f"ready at most {max(ready) * 1e3:.0f} ms after the restart")
    check(max(out) < 5 and max(back) < 10,
          f"out of rotation after at most {max(out):.1f} s, back at most {max(back):.1f} s after the restart")
    # Only the responses that an instance was sending when it was killed may be lost.
    check(pages.failed_count() <= 3 * 16,
          f"{len(pages.results)} pages requested by 16 clients, failed: {pages.failed() or 'none'}; "
          f"slowest {pages.slowest():.2f} s")
    check(lists.failed_count() <= 3 * 8,
          f"{len(lists.results)} lists of 10 MB requested by 8 clients, failed: {lists.failed() or 'none'}")


def pages_served(instance):
    """The number of pages of a term that the instance has served."""
    return instance.metrics().get('http_requests_total{method="GET",route="/nth",status="200"}', 0)


def hung():
    """2. One of two instances behind HAProxy hangs (SIGSTOP), then resumes (SIGCONT)"""
    with Pair() as pair, Load(pair.port, clients=200, pause=1) as load:
        first = pair.instances[0]
        load.wait_for(400)
        start = time.monotonic()
        first.process.send_signal(signal.SIGSTOP)
        try:
            wait_until(lambda: pair.up() == 1, "instance out of rotation")
            out = since(start)
            load.wait_for_pending()
            load.wait_for(400)
            status = subprocess.run([PROGRAM, "healthcheck"], env={"PORT": str(first.port)}, timeout=10,
                                    stderr=subprocess.DEVNULL).returncode
        finally:
            first.process.send_signal(signal.SIGCONT)
        resumed = time.monotonic()
        wait_until(lambda: pair.up() == 2, "instance back in rotation")
        back, before = since(resumed), pages_served(first)
        wait_until(lambda: pages_served(first) > before + 50, "its share of the requests")
    check(out < 10 and back < 10, f"out of rotation after {out:.1f} s, back {back:.1f} s after SIGCONT")
    check(status == 1, f"its health check meanwhile: exit status {status}")
    # HAProxy sends the requests that it was handling to the other instance after `timeout server`.
    check(load.slowest() < 15 and not load.failed_count(),
          f"{len(load.results)} requests by 200 clients, one per second each: {load.slower_than(1)} took longer "
          f"than 1 s, the slowest {load.slowest():.1f} s; failed: {load.failed() or 'none'}")


class MemoryGroup:
    """A control group (version 1 or 2) with a memory limit, removed at the end of the block."""

    def __init__(self, megabytes):
        root = pathlib.Path("/sys/fs/cgroup")
        self.is_v2 = (root / "cgroup.controllers").exists()
        self.folder = (root if self.is_v2 else root / "memory") / f"fibonacci-drill-{os.getpid()}"
        self.bytes = megabytes << 20

    def __enter__(self):
        self.folder.mkdir()
        if self.is_v2:
            limits = {"memory.max": self.bytes, "memory.swap.max": 0}
        else:
            limits = {"memory.limit_in_bytes": self.bytes, "memory.memsw.limit_in_bytes": self.bytes}
        for name, limit in limits.items():
            # A system without swap may have no file for its limit.
            if (self.folder / name).exists():
                (self.folder / name).write_text(str(limit))
        return self

    def __exit__(self, *_):
        # A group can be removed once the kernel has removed its last process.
        wait_until(lambda: not (self.folder / "cgroup.procs").read_text(), "empty control group")
        self.folder.rmdir()

    def enter(self):
        """Moves the current process into the group; called between fork and exec."""
        (self.folder / "cgroup.procs").write_text(str(os.getpid()))

    def peak(self):
        """Peak memory in MB."""
        name = "memory.peak" if self.is_v2 else "memory.max_usage_in_bytes"
        return int((self.folder / name).read_text()) / 1e6

    def kills(self):
        """How many processes the kernel killed because of the limit."""
        text = (self.folder / ("memory.events" if self.is_v2 else "memory.oom_control")).read_text()
        return int(re.search(r"oom_kill (\d+)", text)[1])


@contextlib.contextmanager
def stalled_clients(port, paths):
    """Clients that each request one path and never read the response."""
    with contextlib.ExitStack() as stack:
        for path in paths:
            client = stack.enter_context(socket.socket())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            # The service may be killed meanwhile.
            with contextlib.suppress(ConnectionError):
                client.connect(("127.0.0.1", port))
                client.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        yield


def out_of_memory():
    """3. 64 MB and 512 MB of memory under the same load: large terms, lists, and 100 clients that do not read"""
    for megabytes in (64, 512):
        # Without a limit of its own, the service would divide the memory of the machine.
        settings = {"MEMORY_BYTES": 512 << 20}
        with MemoryGroup(megabytes) as memory, contextlib.ExitStack() as stack:
            instance = stack.enter_context(Instance(settings=settings, preexec_fn=memory.enter))
            terms = map("/nth.txt?n={}".format, range(10_000_000, 0, -1))
            terms = stack.enter_context(Load(instance.port, terms, clients=8))
            lists = stack.enter_context(Load(instance.port, LIST, clients=8))
            stalled = map("/nth.txt?n={}".format, range(9_900_000, 9_900_100))
            with stalled_clients(instance.port, stalled):
                ended = lambda: instance.process.poll() is not None
                wait_until(lambda: ended() or terms.ok_count() > 60 and lists.ok_count() > 60, "end of the load", 60)
                failed, peak = {"terms": terms.failed(), "lists": lists.failed()}, memory.peak()
                if megabytes == 64:
                    check(ended() and instance.process.wait() == -signal.SIGKILL and memory.kills() == 1,
                          f"64 MB: killed by the kernel (status 137 of a container); failed requests: {failed}")
                    continue
                check(not ended() and memory.kills() == 0 and get(instance.port, timeout=10) == F100,
                      f"512 MB: alive; {terms.ok_count()} terms and {lists.ok_count()} lists sent; "
                      f"peak memory {peak:.0f} MB")
                outcomes = {outcome for load in failed.values() for outcome in load}
                check(outcomes <= {"status 503"}, f"requests past its limits are refused with 503: {failed}")


def full_disk():
    """4. The disk of the log is full; standard error is closed; the reader of the log is gone, or does not read"""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "fibonacci-drill", folder], check=True)
        stack.callback(subprocess.run, ["umount", folder], check=True)
        log = pathlib.Path(folder, "log")
        with open(log, "ab") as stderr, Instance(stderr=stderr) as instance:
            responses = [get(instance.port) for _ in range(1000)]
            full = os.statvfs(folder).f_bavail == 0
            check(full and responses == [F100] * 1000 and get(instance.management, "/healthz") == b"ok\n",
                  f"disk full after {log.stat().st_size >> 10} kB of log: 1 000 of 1 000 requests succeed, healthy")
            os.truncate(log, 0)
            logged = lambda: b"GET /nth.txt 200" in log.read_bytes()
            wait_until(lambda: get(instance.port) == F100 and logged(), "a new line in the log")
            check(instance.metrics()["panics_total"] == 0, "disk no longer full: lines are logged again; no panic")
            instance.stop()
    with Instance(stderr=None, preexec_fn=lambda: os.close(2)) as instance:
        responses = [get(instance.port) for _ in range(100)]
        check(responses == [F100] * 100, "standard error closed: 100 of 100 requests succeed")
    reader, writer = os.pipe()
    with Instance(stderr=writer) as instance:
        os.close(writer)
        os.close(reader)
        responses = [get(instance.port) for _ in range(100)]
        check(responses == [F100] * 100, "reader of the pipe gone: 100 of 100 requests succeed")
    reader, writer = os.pipe()
    with Instance(stderr=writer) as instance:
        os.close(writer)
        # More lines than the pipe and the queue before it hold.
        responses = [get(instance.port) for _ in range(10_000)]
        check(responses == [F100] * 10_000, "a pipe that is not read: 10 000 of 10 000 requests succeed")
        dropped = int(re.search(rb"^log_lines_dropped_total (\d+)$", get(instance.management, "/metrics"), re.M)[1])
        check(dropped > 0, f"log_lines_dropped_total is {dropped}")
        os.close(reader)


def wall_clock():
    """5. The wall clock jumps by a day, forwards and backwards, and again while the service stops"""
    for days in (1, -1):
        with tempfile.TemporaryDirectory() as folder:
            clock = pathlib.Path(folder, "clock")
            clock.write_text("+0")
            with Instance(settings={
                "LD_PRELOAD": faketime(), "FAKETIME_TIMESTAMP_FILE": clock, "FAKETIME_NO_CACHE": 1,
                # Setting the wall clock does not change the monotonic clock.
                "FAKETIME_DONT_FAKE_MONOTONIC": 1,
                "KEEP_ALIVE": 2, "HEAD_TIMEOUT": 2, "DRAIN_DELAY": 2,
            }) as instance:
                check_clock_jump(instance, clock, days)


def check_clock_jump(instance, clock, days):
    jump = lambda days: clock.write_text(f"{days:+}d")
    get(instance.port, "/nth.txt?n=5000000", 10)
    with socket.create_connection(("127.0.0.1", instance.port)) as idle, \
            socket.create_connection(("127.0.0.1", instance.port)) as partial, Load(instance.port, clients=4) as load:
        load.wait_for(200)
        idle.settimeout(10)
        partial.settimeout(10)
        idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        idle.recv(4096)
        partial.sendall(b"GET /healthz HTTP/1.1\r\n")
        start = time.monotonic()
        jump(days)
        wait_until(lambda: abs(date_of(instance) - time.time() - days * 86_400) < 3, "the new date in a response")
        date = since(start)
        closed = {}
        for name, connection in (("idle", idle), ("partial", partial)):
            while connection.recv(4096):
                pass
            closed[name] = since(start)
        load.wait_for(200)
    check(not load.failed() and load.slowest() < 1,
          f"{days:+} day: {len(load.results)} pages meanwhile, failed: {load.failed() or 'none'}; "
          f"slowest {load.slowest() * 1e3:.0f} ms; Date headers changed after {date:.1f} s")
    hits = lambda: instance.metrics()['fibonacci_cache_hits_total{kind="term"}']
    before = hits()
    check(get(instance.port, "/nth.txt?n=5000000", 10) and hits() == before + 1, "the cache keeps its entries")
    check(all(1.5 < seconds < 4.5 for seconds in closed.values()),
          f"an idle connection closed after {closed['idle']:.1f} s (KEEP_ALIVE 2 s), "
          f"a partial request head after {closed['partial']:.1f} s (HEAD_TIMEOUT 2 s)")
    durations = sum(value for name, value in instance.metrics().items()
                    if name.startswith("http_request_duration_seconds_sum"))
    check(0 < durations < 60, f"sum of all request durations in the metrics: {durations:.1f} s")
    start = time.monotonic()
    instance.process.send_signal(signal.SIGTERM)
    wait_until(lambda: str(get(instance.port, "/readyz")) == "status 503", "the drain", 2)
    jump(-days)
    instance.process.wait(timeout=20)
    seconds, status = since(start), instance.process.returncode
    check(status == 0 and 1.9 < seconds < 4,
          f"SIGTERM, and the clock jumps two days {'back' if days > 0 else 'forwards'}: exit after {seconds:.1f} s "
          f"(DRAIN_DELAY 2 s), status {status}")


def date_of(instance):
    """The Date header of a response, as a Unix timestamp."""
    connection = http.client.HTTPConnection("127.0.0.1", instance.port, timeout=2)
    connection.request("HEAD", TERM)
    date = connection.getresponse().headers["Date"]
    connection.close()
    return email.utils.parsedate_to_datetime(date).timestamp()


def failed_start(**settings):
    """The exit status, the error message and the duration of a start that must fail."""
    start = time.monotonic()
    result = subprocess.run([PROGRAM], cwd=ROOT, env={name: str(value) for name, value in settings.items()},
                            stderr=subprocess.PIPE, text=True, timeout=10)
    lines = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    return result.returncode, " ".join(lines), since(start)


def port_in_use():
    """6. A port is in use"""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        for name in ("PORT", "MANAGEMENT_PORT"):
            status, message, seconds = failed_start(**{"PORT": 0, "MANAGEMENT_PORT": 0, name: port})
            check(status == 1 and str(port) in message and f"; {name} or --" in message and seconds < 1,
                  f"status {status} after {seconds * 1e3:.0f} ms: {message}")


def empty_environment():
    """7. An empty environment: no network, DNS, home, /proc or /dev, and a read-only disk"""
    with tempfile.TemporaryDirectory() as folder:
        root, trace = pathlib.Path(folder, "root"), pathlib.Path(folder, "trace")
        libraries = create_root(root)
        trace.touch()
        # The namespaces and their mounts end with the process.
        # Without IPv6, of the default addresses only 127.0.0.1 is left.
        script = """ip link set lo up && echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6 && mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" &&
            exec strace -D -f -q -e trace=network -e signal=none -o "$1" chroot "$0" /fibonacci-web"""
        command = ("unshare", "--net", "--mount", "sh", "-c", script, root, trace)
        listening = lambda _: trace.read_text().count("listen(") >= 2
        settings = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
        with Instance(*command, ready=listening, settings=settings) as instance, \
                in_network_of(instance.process) as thread:
            get_inside = lambda path, port=instance.port: thread.submit(get, port, path, 10).result()
            paths = (PAGE, LIST, "/first.svg?n=10", "/index?of=144", "/api", "/openapi.json")
            check(all(isinstance(get_inside(path), bytes) for path in paths) and get_inside(TERM) == F100
                  and get_inside("/readyz", instance.management) == b"ready\n"
                  and get_inside("/nowhere") == "status 404",
                  f"with the binary, {libraries} libraries and static/ alone: ready, and serves {len(paths) + 1} routes")
            instance.stop()
            wait_until(lambda: "exited with 0" in trace.read_text(), "end of the trace")
        calls = trace.read_text()
        sockets = re.findall(r" socket\((AF_INET6?, \w+)", calls)
        outgoing = re.findall(r" (?:connect\(|(?:sendto|sendmsg)\(.*sin6?_port).*", calls)
        check(sockets == ["AF_INET, SOCK_STREAM", "AF_INET6, SOCK_STREAM"] * 2 and not outgoing,
              f"{len(calls.splitlines())} network system calls: {len(sockets)} sockets opened, all to listen; "
              f"outgoing connections or packets: {outgoing or 'none'}")


def create_root(root):
    """Creates a file system with the binary, its libraries and static/; returns the number of libraries."""
    output = subprocess.run(["ldd", PROGRAM], check=True, capture_output=True, text=True).stdout
    libraries = re.findall(r"/(\S+) \(0x", output)
    for library in libraries:
        (root / library).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(f"/{library}", root / library)
    shutil.copy(PROGRAM, root)
    shutil.copytree(ROOT / "static", root / "static")
    return len(libraries)


def in_network_of(process):
    """A thread in the network namespace of another process."""
    def enter():
        with open(f"/proc/{process.pid}/ns/net") as namespace:
            if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), 0) != 0:
                raise OSError(ctypes.get_errno(), "setns")
    return concurrent.futures.ThreadPoolExecutor(1, initializer=enter)


class SlowNetwork:
    """A TCP proxy in front of a port that adds a delay in both directions and limits the bytes per second received."""

    def __init__(self, port, rate, delay):
        self.target, self.rate, self.delay = port, rate, delay
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)

    def __enter__(self):
        self.thread.start()
        serve = asyncio.start_server(self.connect, "127.0.0.1", 0)
        self.server = asyncio.run_coroutine_threadsafe(serve, self.loop).result(10)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_):
        asyncio.run_coroutine_threadsafe(self.cancel_all(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    async def cancel_all(self):
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def connect(self, reader, writer):
        # A common segment size and a small buffer, so that the service notices how slow the network is.
        upstream = socket.socket()
        upstream.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1400)
        upstream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        upstream.setblocking(False)
        await self.loop.sock_connect(upstream, ("127.0.0.1", self.target))
        upstream_reader, upstream_writer = await asyncio.open_connection(sock=upstream, limit=4096)
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(self.forward(reader, upstream_writer, 1 << 20),
                                 self.forward(upstream_reader, writer, self.rate))

    async def forward(self, reader, writer, rate):
        # If one side is reset, the other side is closed.
        with contextlib.suppress(OSError):
            while data := await reader.read(rate // 10):
                self.loop.call_later(self.delay, writer.write, data)
                await asyncio.sleep(len(data) / rate)
        self.loop.call_later(self.delay, writer.close)


def slow_network():
    """8. Clients at 64 and 256 kbit/s, 300 ms round trip; clients that do not read (STALL_TIMEOUT 20 s)"""
    with contextlib.ExitStack() as stack:
        instance = stack.enter_context(Instance(settings={"STALL_TIMEOUT": 20}))
        files = lambda: instance.metrics()["process_open_fds"]
        before = files()
        with Load(instance.port, clients=4, pause=0.01) as baseline:
            baseline.wait_for(1000)
        others = stack.enter_context(Load(instance.port, clients=4, pause=0.01))
        slow = {}
        for rate, count in ((8_000, 700), (32_000, 2_200)):
            path = f"/first.txt?n={count}"
            network = stack.enter_context(SlowNetwork(instance.port, rate, 0.15))
            expected = get(instance.port, path)
            slow[rate] = stack.enter_context(Load(network.port, path, clients=10, count=10, expected=expected))
        with stalled_clients(instance.port, [LIST] * 100):
            others.wait_for(100)
            start, most = time.monotonic(), files()
            wait_until(lambda: files() < before + 50, "end of the stalled connections", 60)
            stalled = since(start)
        for rate, load in slow.items():
            load.wait_for_end(60)
            size = len(load.expected)
            check(load.ok_count() == 10 and load.slowest() > size / rate,
                  f"{rate * 8 // 1000} kbit/s: {load.ok_count()} of 10 clients received their {size // 1000} kB in "
                  f"{load.slowest():.1f} s; failed: {load.failed() or 'none'}")
        check(not others.failed() and others.p99() < 0.1,
              f"other clients: {len(others.results)} pages, none failed, p99 {others.p99() * 1e3:.1f} ms, slowest "
              f"{others.slowest() * 1e3:.0f} ms; p99 before: {baseline.p99() * 1e3:.1f} ms")
        check(most > before + 100 and 15 < stalled < 60,
              f"100 clients that do not read are disconnected after {stalled:.1f} s")
        check(instance.memory(peak=True) < 128, f"peak memory {instance.memory(peak=True):.0f} MB")


def invalid_settings():
    """9. Invalid settings, and the cost of a crash loop"""
    invalid = {"PORT": "x", "MAX_NTH": "1e7", "KEEP_ALIVE": "0", "LOG_FORMAT": "xml", "RUST_LOG": "inof",
               "HOST": "localhost", "STATIC_DIR": "/nowhere"}
    for name, value in invalid.items():
        status, message, seconds = failed_start(**{name: value})
        named = name in message or f"--{name.lower().replace('_', '-')} " in message
        check(status == 2 and named and f"'{value}'" in message and "is needed" in message and seconds < 1,
              f"status {status}: {message}")
    times = [failed_start(PORT="x")[2] for _ in range(20)]
    check(max(times) < 1, f"20 failed starts: median {statistics.median(times) * 1e3:.0f} ms, "
          f"at most {max(times) * 1e3:.0f} ms")


def interrupt(number, _):
    """Ends the drill and all that it started, on a signal or after five minutes."""
    raise KeyboardInterrupt(signal.Signals(number).name)


def main():
    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGALRM, interrupt)
    install()
    signal.alarm(300)
    say(machine())
    for drill in (killed, hung, out_of_memory, full_disk, wall_clock, port_in_use, empty_environment, slow_network,
                  invalid_settings):
        say(drill.__doc__)
        try:
            drill()
        except (Exception, SystemExit) as error:
            check(False, f"aborted: {error!r}")
    finish()


if __name__ == "__main__":
    main()
