#!/usr/bin/env python3
"""Breaks the service in the ways in which it will break one day, and looks at what its users see of that.

One of two instances killed, and one stopped; too little memory, a full disk, nobody who reads the log, a clock
that jumps, a port that is taken, nothing around it at all, slow networks, bad settings. `just drill-failures`
runs it, in a minute and a half; it needs Linux and root, for mounts, namespaces and a control group that last as
long as their drill, and installs what else it uses. docs/runbook.md has the figures of a run.
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
import sys
import tempfile
import threading
import time

from service import PROGRAM, ROOT, Balancer, Service, free_port, is_open, machine, until

F100 = b"354224848179261915075\n"
PAGE, TERM, LIST = "/nth?n=100", "/nth.txt?n=100", "/first.txt?n=10000"

failures = []


def say(text):
    print(text, flush=True)


def check(holds, what):
    """Says what was seen, and remembers where it is not what it should be."""
    say(f"  {'ok  ' if holds else 'BAD '} {what}")
    if not holds:
        failures.append(what)


def since(begin):
    return time.monotonic() - begin


def install():
    """What the drills use, where it is not there yet."""
    if os.geteuid() != 0:
        raise SystemExit("root is needed: for a small disk, a network without a way out and a limit of memory")
    commands = {"haproxy": "haproxy", "ip": "iproute2", "strace": "strace", "unshare": "util-linux"}
    missing = {package for command, package in commands.items() if not shutil.which(command)}
    if not faketime():
        missing.add("libfaketime")
    if missing:
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        subprocess.run(["apt-get", "-o", "DPkg::Lock::Timeout=300", "install", "-y", "-qq",
                        "--no-install-recommends", *sorted(missing)], check=True, stdout=subprocess.DEVNULL)


def faketime():
    """The library that shows a program another wall clock, or none where it is not installed."""
    return next(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)


class Instance(Service):
    """A service that is started by another program, or in another way; it is the process of that program."""

    def __init__(self, *through, port=None, ready=lambda instance: is_open(instance.port), settings=(), **options):
        self.port, self.management = port or free_port(), free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.log = open(os.devnull, "wb")
        settings = {"PORT": self.port, "MANAGEMENT_PORT": self.management, **dict(settings)}
        self.process = subprocess.Popen(
            [*through, PROGRAM], cwd=ROOT, env={name: str(value) for name, value in settings.items()},
            **{"stderr": self.log, **options},
        )
        try:
            until(lambda: ready(self), "the start", 10)
        except SystemExit:
            self.__exit__()
            raise


def ask(port, path=TERM, timeout=2):
    """The body of an answer, or the name of what came instead."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        return body if answer.status == 200 else f"status {answer.status}"
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__
    finally:
        connection.close()


Seen = collections.namedtuple("Seen", "seconds outcome")


class Load:
    """Clients that ask until the block ends, each after the answer to its last and a pause.

    Notes of each request how long it took, and its outcome: `ok`, a status, or the name of an error.
    """

    def __init__(self, port, paths=PAGE, clients=16, pause=0, count=None, expected=None):
        self.port, self.pause, self.over, self.seen, self.waiting = port, pause, threading.Event(), [], {}
        self.expected = expected or (ask(port, paths, 10) if isinstance(paths, str) else None)
        if self.expected:
            paths = itertools.repeat(paths) if count is None else itertools.repeat(paths, count)
        self.paths = iter(paths)
        self.threads = [threading.Thread(target=self.client, args=(place / clients,)) for place in range(clients)]

    def client(self, phase):
        # Clients with a pause begin spread over it.
        if self.over.wait(phase * self.pause):
            return
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        for path in self.paths:
            begin = self.waiting[phase] = time.monotonic()
            try:
                connection.request("GET", path)
                answer = connection.getresponse()
                body = answer.read()
                outcome = "ok" if answer.status == 200 else f"status {answer.status}"
                if outcome == "ok" and body != (self.expected or body):
                    outcome = "another body"
            except (OSError, http.client.HTTPException) as error:
                outcome = type(error).__name__
                connection.close()
            self.seen.append(Seen(since(begin), outcome))
            del self.waiting[phase]
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

    def more(self, count, seconds=30):
        """Waits for so many more good answers."""
        wanted = self.good() + count
        until(lambda: self.good() >= wanted, f"{count} more good answers", seconds)

    def settled(self, seconds=30):
        """Waits until nobody waits any more for what was asked for before."""
        now = time.monotonic()
        until(lambda: all(begin > now for begin in list(self.waiting.values())), "the answers to all before", seconds)

    def finish(self, seconds):
        """Waits until what there is to ask for has been."""
        until(lambda: not any(thread.is_alive() for thread in self.threads), "the last answer", seconds)

    def good(self):
        return sum(seen.outcome == "ok" for seen in list(self.seen))

    def lost(self):
        """What was not answered well: how often each."""
        return dict(collections.Counter(seen.outcome for seen in self.seen if seen.outcome != "ok"))

    def count_lost(self):
        return sum(self.lost().values())

    def slowest(self):
        return max(seen.seconds for seen in self.seen)

    def p99(self):
        return statistics.quantiles((seen.seconds for seen in self.seen), n=100)[-1]

    def later_than(self, seconds):
        return sum(seen.seconds > seconds for seen in self.seen)


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
        until(lambda: self.up() == 2, "both in rotation")
        return self

    def __exit__(self, *_):
        for instance in self.instances:
            instance.__exit__()
        self.stack.close()


def killed():
    """1. kill -9 of one of two instances behind HAProxy, three times"""
    out, ready, back = [], [], []
    with Pair() as pair, Load(pair.port) as pages, Load(pair.port, LIST, clients=8) as lists:
        for place in (0, 1, 0):
            pages.more(500)
            lists.more(20)
            begin = time.monotonic()
            pair.instances[place].__exit__()
            until(lambda: pair.up() == 1, "out of rotation")
            out.append(since(begin))
            pages.more(500)
            restart = time.monotonic()
            fresh = pair.instances[place] = Instance(port=pair.instances[place].port)
            until(lambda: ask(fresh.port, "/readyz") == b"ready\n", "ready")
            ready.append(since(restart))
            until(lambda: pair.up() == 2, "back in rotation")
            back.append(since(restart))
            until(lambda: served(fresh) > 50, "its share of the requests")
    check(max(ready) < 1, f"started again, it is ready after {max(ready) * 1e3:.0f} ms at the latest")
    check(max(out) < 5 and max(back) < 10,
          f"out of rotation after {max(out):.1f} s at the latest, back {max(back):.1f} s after its start")
    # What an instance was about to answer when it was killed is all that may be lost.
    check(pages.count_lost() <= 3 * 16,
          f"of {len(pages.seen)} pages, by 16 clients, lost: {pages.lost() or 'none'}; "
          f"slowest {pages.slowest():.2f} s")
    check(lists.count_lost() <= 3 * 8,
          f"of {len(lists.seen)} lists of 10 MB, by 8 clients, lost: {lists.lost() or 'none'}")


def served(instance):
    """How many pages it has answered."""
    return instance.metrics().get('http_requests_total{method="GET",route="/nth",status="200"}', 0)


def hung():
    """2. One of two instances behind HAProxy hangs (SIGSTOP), and goes on (SIGCONT)"""
    with Pair() as pair, Load(pair.port, clients=200, pause=1) as people:
        first = pair.instances[0]
        people.more(400)
        begin = time.monotonic()
        first.process.send_signal(signal.SIGSTOP)
        try:
            until(lambda: pair.up() == 1, "out of rotation")
            out = since(begin)
            people.settled()
            people.more(400)
            status = subprocess.run([PROGRAM, "healthcheck"], env={"PORT": str(first.port)}, timeout=10,
                                    stderr=subprocess.DEVNULL).returncode
        finally:
            first.process.send_signal(signal.SIGCONT)
        resumed = time.monotonic()
        until(lambda: pair.up() == 2, "back in rotation")
        back, before = since(resumed), served(first)
        until(lambda: served(first) > before + 50, "its share of the requests")
    check(out < 10 and back < 10, f"out of rotation after {out:.1f} s, back {back:.1f} s after SIGCONT")
    check(status == 1, f"its health check ends with status {status} meanwhile")
    # Those whom it was answering are answered by the other, after HAProxy's `timeout server`.
    check(people.slowest() < 15 and not people.count_lost(),
          f"of {len(people.seen)} requests of 200 people, one a second each, {people.later_than(1)} took longer "
          f"than 1 s, the slowest {people.slowest():.1f} s; lost: {people.lost() or 'none'}")


class Memory:
    """A control group with so much memory, of version 1 or 2, that ends with its block."""

    def __init__(self, megabytes):
        root = pathlib.Path("/sys/fs/cgroup")
        self.second = (root / "cgroup.controllers").exists()
        self.folder = (root if self.second else root / "memory") / f"fibonacci-drill-{os.getpid()}"
        self.bytes = megabytes << 20

    def __enter__(self):
        self.folder.mkdir()
        if self.second:
            limits = {"memory.max": self.bytes, "memory.swap.max": 0}
        else:
            limits = {"memory.limit_in_bytes": self.bytes, "memory.memsw.limit_in_bytes": self.bytes}
        for name, limit in limits.items():
            # Where there is no swap, there may be no limit of it.
            if (self.folder / name).exists():
                (self.folder / name).write_text(str(limit))
        return self

    def __exit__(self, *_):
        # The group is empty once the kernel has buried its last process.
        until(lambda: not (self.folder / "cgroup.procs").read_text(), "an empty group")
        self.folder.rmdir()

    def enter(self):
        """Moves this process there; called between fork and exec."""
        (self.folder / "cgroup.procs").write_text(str(os.getpid()))

    def peak(self):
        """The most that was used, in MB."""
        name = "memory.peak" if self.second else "memory.max_usage_in_bytes"
        return int((self.folder / name).read_text()) / 1e6

    def kills(self):
        text = (self.folder / ("memory.events" if self.second else "memory.oom_control")).read_text()
        return int(re.search(r"oom_kill (\d+)", text)[1])


@contextlib.contextmanager
def readers_of_nothing(port, paths):
    """Clients that each ask for one of these, and take none of it."""
    with contextlib.ExitStack() as stack:
        for path in paths:
            reader = stack.enter_context(socket.socket())
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            # Where the service ends meanwhile, there are fewer.
            with contextlib.suppress(ConnectionError):
                reader.connect(("127.0.0.1", port))
                reader.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        yield


def out_of_memory():
    """3. 64 MB of memory, and 512 MB, under the same load: large terms, lists, and 100 who take none of theirs"""
    for megabytes in (64, 512):
        settings = {"SEND_BYTES": 128_000_000, "MAX_CONNECTIONS": 5000}
        with Memory(megabytes) as memory, contextlib.ExitStack() as stack:
            instance = stack.enter_context(Instance(settings=settings, preexec_fn=memory.enter))
            terms = map("/nth.txt?n={}".format, range(10_000_000, 0, -1))
            terms = stack.enter_context(Load(instance.port, terms, clients=8))
            lists = stack.enter_context(Load(instance.port, LIST, clients=8))
            stalled = map("/nth.txt?n={}".format, range(9_900_000, 9_900_100))
            with readers_of_nothing(instance.port, stalled):
                ended = lambda: instance.process.poll() is not None
                until(lambda: ended() or terms.good() > 60 and lists.good() > 60, "the end of the load", 60)
                lost, peak = {"terms": terms.lost(), "lists": lists.lost()}, memory.peak()
                if megabytes == 64:
                    check(ended() and instance.process.wait() == -signal.SIGKILL and memory.kills() == 1,
                          f"64 MB: killed by the kernel (a container's status 137); its clients saw {lost}")
                    continue
                check(not ended() and memory.kills() == 0 and ask(instance.port, timeout=10) == F100,
                      f"512 MB: alive; {terms.good()} terms and {lists.good()} lists answered; peak {peak:.0f} MB")
                refused = {outcome for load in lost.values() for outcome in load}
                check(refused <= {"status 503"}, f"what it had no room for it refused: {lost}")


def full_disk():
    """4. The log's disk is full, its reader gone, or asleep; standard error closed"""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "fibonacci-drill", folder], check=True)
        stack.callback(subprocess.run, ["umount", folder], check=True)
        log = pathlib.Path(folder, "log")
        with open(log, "ab") as stderr, Instance(stderr=stderr) as instance:
            answers = [ask(instance.port) for _ in range(1000)]
            full = os.statvfs(folder).f_bavail == 0
            check(full and answers == [F100] * 1000 and ask(instance.management, "/healthz") == b"ok\n",
                  f"{log.stat().st_size >> 10} kB of log, no byte free: all of 1 000 requests answered, healthy")
            os.truncate(log, 0)
            written = lambda: b"GET /nth.txt 200" in log.read_bytes()
            until(lambda: ask(instance.port) == F100 and written(), "a line in the log")
            check(instance.metrics()["panics_total"] == 0, "once there is room again, there are lines again; no panic")
            instance.stop()
    with Instance(stderr=None, preexec_fn=lambda: os.close(2)) as instance:
        answers = [ask(instance.port) for _ in range(100)]
        check(answers == [F100] * 100, "standard error closed: 100 requests answered")
    reader, writer = os.pipe()
    with Instance(stderr=writer) as instance:
        os.close(writer)
        os.close(reader)
        answers = [ask(instance.port) for _ in range(100)]
        check(answers == [F100] * 100, "the pipe's reader gone: 100 requests answered")
    reader, writer = os.pipe()
    with Instance(stderr=writer) as instance:
        os.close(writer)
        count = 0
        while (answer := ask(instance.port)) == F100 and count < 10_000:
            count += 1
        health = ask(instance.management, "/healthz")
        # A limit, not a goal: it is written down in docs/operation.md. Health must not pretend otherwise.
        check(answer == health == "TimeoutError",
              f"a pipe that nobody reads: {count} requests answered, then none, nor health")
        check(os.read(reader, 1 << 16) and ask(instance.port, timeout=5) == F100,
              "somebody reads it: it goes on where it was")
        os.close(reader)


def wall_clock():
    """5. The wall clock jumps by a day, forwards and backwards, and does so again while the service stops"""
    for jump in (1, -1):
        with tempfile.TemporaryDirectory() as folder:
            clock = pathlib.Path(folder, "clock")
            clock.write_text("+0")
            with Instance(settings={
                "LD_PRELOAD": faketime(), "FAKETIME_TIMESTAMP_FILE": clock, "FAKETIME_NO_CACHE": 1,
                # A wall clock that is set leaves the monotonic one alone.
                "FAKETIME_DONT_FAKE_MONOTONIC": 1,
                "KEEP_ALIVE": 2, "HEAD_TIMEOUT": 2, "DRAIN_DELAY": 2,
            }) as instance:
                jumped(instance, clock, jump)


def jumped(instance, clock, days):
    jump = lambda days: clock.write_text(f"{days:+}d")
    ask(instance.port, "/nth.txt?n=5000000", 10)
    with socket.create_connection(("127.0.0.1", instance.port)) as idle, \
            socket.create_connection(("127.0.0.1", instance.port)) as slow, Load(instance.port, clients=4) as load:
        load.more(200)
        idle.settimeout(10)
        slow.settimeout(10)
        idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        idle.recv(4096)
        slow.sendall(b"GET /healthz HTTP/1.1\r\n")
        begin = time.monotonic()
        jump(days)
        until(lambda: abs(date_of(instance) - time.time() - days * 86_400) < 3, "the date of an answer")
        date = since(begin)
        ended = {}
        for name, connection in (("idle", idle), ("half a head", slow)):
            while connection.recv(4096):
                pass
            ended[name] = since(begin)
        load.more(200)
    check(not load.lost() and load.slowest() < 1,
          f"{days:+} day: {len(load.seen)} pages meanwhile, lost: {load.lost() or 'none'}; "
          f"slowest {load.slowest() * 1e3:.0f} ms; the date of answers followed after {date:.1f} s")
    hits = lambda: instance.metrics()['fibonacci_cache_hits_total{kind="term"}']
    before = hits()
    check(ask(instance.port, "/nth.txt?n=5000000", 10) and hits() == before + 1, "the cache keeps what it had")
    check(all(1.5 < seconds < 4.5 for seconds in ended.values()),
          f"an idle connection ended after {ended['idle']:.1f} s (KEEP_ALIVE 2 s), "
          f"half a head after {ended['half a head']:.1f} s (HEAD_TIMEOUT 2 s)")
    durations = sum(value for name, value in instance.metrics().items()
                    if name.startswith("http_request_duration_seconds_sum"))
    check(0 < durations < 60, f"all durations in the metrics together: {durations:.1f} s")
    begin = time.monotonic()
    instance.process.send_signal(signal.SIGTERM)
    until(lambda: str(ask(instance.port, "/readyz")) == "status 503", "the drain", 2)
    jump(-days)
    instance.process.wait(timeout=20)
    seconds, status = since(begin), instance.process.returncode
    check(status == 0 and 1.9 < seconds < 4,
          f"SIGTERM, and the clock goes two days {'back' if days > 0 else 'on'}: ended after {seconds:.1f} s "
          f"(DRAIN_DELAY 2 s), status {status}")


def date_of(instance):
    """What the time is by the head of an answer, in seconds."""
    connection = http.client.HTTPConnection("127.0.0.1", instance.port, timeout=2)
    connection.request("HEAD", TERM)
    date = connection.getresponse().headers["Date"]
    connection.close()
    return email.utils.parsedate_to_datetime(date).timestamp()


def start_that_fails(**settings):
    """The status, the first line and the duration of a start that must not succeed."""
    begin = time.monotonic()
    ended = subprocess.run([PROGRAM], cwd=ROOT, env={name: str(value) for name, value in settings.items()},
                           stderr=subprocess.PIPE, text=True, timeout=10)
    lines = [line for line in ended.stderr.splitlines() if line.startswith("error: ")]
    return ended.returncode, " ".join(lines), since(begin)


def port_taken():
    """6. A port is taken"""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        for name in ("PORT", "MANAGEMENT_PORT"):
            status, said, seconds = start_that_fails(**{"PORT": 0, "MANAGEMENT_PORT": 0, name: taken})
            check(status == 1 and str(taken) in said and f"HOST and {name} say" in said and seconds < 1,
                  f"status {status} after {seconds * 1e3:.0f} ms: {said}")


def nothing_around():
    """7. Nothing around it: no network, DNS, home, /proc or /dev, and a disk that cannot be written"""
    with tempfile.TemporaryDirectory() as folder:
        root, trace = pathlib.Path(folder, "root"), pathlib.Path(folder, "trace")
        libraries = bare_root(root)
        trace.touch()
        # What is mounted and set up here is gone with the process.
        alone = """ip link set lo up && mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" &&
            exec strace -D -f -q -e trace=network -e signal=none -o "$1" chroot "$0" /fibonacci-web"""
        command = ("unshare", "--net", "--mount", "sh", "-c", alone, root, trace)
        # Each port is listened on twice, the second time for the length of its queue.
        listens = lambda _: trace.read_text().count("listen(") >= 4
        settings = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
        with Instance(*command, ready=listens, settings=settings) as instance, \
                in_network_of(instance.process) as thread:
            inside = lambda path, port=instance.port: thread.submit(ask, port, path, 10).result()
            paths = (PAGE, LIST, "/first.svg?n=10", "/index?of=144", "/api", "/openapi.json")
            check(all(isinstance(inside(path), bytes) for path in paths) and inside(TERM) == F100
                  and inside("/readyz", instance.management) == b"ready\n" and inside("/nowhere") == "status 404",
                  f"the program, {libraries} libraries and static/: it starts, is ready, and answers "
                  f"{len(paths) + 1} kinds of address")
            instance.stop()
            until(lambda: "exited with 0" in trace.read_text(), "the end of the trace")
        calls = trace.read_text()
        sockets = re.findall(r" socket\((AF_INET6?, \w+)", calls)
        outward = re.findall(r" (?:connect\(|(?:sendto|sendmsg)\(.*sin6?_port).*", calls)
        check(sockets == ["AF_INET, SOCK_STREAM"] * 2 and not outward,
              f"of its {len(calls.splitlines())} calls to the network {len(sockets)} open a socket, both to listen; "
              f"connections or packets of its own: {outward or 'none'}")


def bare_root(root):
    """A file system with the program, its libraries and its files, as an image has them; how many libraries."""
    needs = subprocess.run(["ldd", PROGRAM], check=True, capture_output=True, text=True).stdout
    libraries = re.findall(r"/(\S+) \(0x", needs)
    for library in libraries:
        (root / library).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(f"/{library}", root / library)
    shutil.copy(PROGRAM, root)
    shutil.copytree(ROOT / "static", root / "static")
    return len(libraries)


def in_network_of(process):
    """A thread that lives in the network of another process."""
    def enter():
        with open(f"/proc/{process.pid}/ns/net") as namespace:
            if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), 0) != 0:
                raise OSError(ctypes.get_errno(), "setns")
    return concurrent.futures.ThreadPoolExecutor(1, initializer=enter)


class SlowNetwork:
    """A way to a port on which everything arrives later, and answers at no more than so many bytes a second."""

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
        asyncio.run_coroutine_threadsafe(self.end(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    async def end(self):
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def connect(self, reader, writer):
        # Packets of a common size, and few of them on the way, so that the service sees how slow it is.
        end = socket.socket()
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1400)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        end.setblocking(False)
        await self.loop.sock_connect(end, ("127.0.0.1", self.target))
        far_reader, far_writer = await asyncio.open_connection(sock=end, limit=4096)
        with contextlib.suppress(asyncio.CancelledError):
            there = self.carry(reader, far_writer, 1 << 20)
            await asyncio.gather(there, self.carry(far_reader, writer, self.rate))

    async def carry(self, reader, writer, rate):
        # A connection that is reset is closed on the other side, too.
        with contextlib.suppress(OSError):
            while data := await reader.read(rate // 10):
                self.loop.call_later(self.delay, writer.write, data)
                await asyncio.sleep(len(data) / rate)
        self.loop.call_later(self.delay, writer.close)


def slow_network():
    """8. Clients at 64 and 256 kbit/s, 300 ms there and back; clients that take nothing (STALL_TIMEOUT 20 s)"""
    with contextlib.ExitStack() as stack:
        instance = stack.enter_context(Instance(settings={"STALL_TIMEOUT": 20}))
        files = lambda: instance.metrics()["process_open_fds"]
        before = files()
        with Load(instance.port, clients=4, pause=0.01) as alone:
            alone.more(1000)
        others = stack.enter_context(Load(instance.port, clients=4, pause=0.01))
        people = {}
        for rate, count in ((8_000, 700), (32_000, 2_200)):
            path = f"/first.txt?n={count}"
            network = stack.enter_context(SlowNetwork(instance.port, rate, 0.15))
            whole = ask(instance.port, path)
            people[rate] = stack.enter_context(Load(network.port, path, clients=10, count=10, expected=whole))
        with readers_of_nothing(instance.port, [LIST] * 100):
            others.more(100)
            begin, most = time.monotonic(), files()
            until(lambda: files() < before + 50, "the end of those who take nothing", 60)
            stalled = since(begin)
        for rate, load in people.items():
            load.finish(60)
            size = len(load.expected)
            check(load.good() == 10 and load.slowest() > size / rate,
                  f"{rate * 8 // 1000} kbit/s: {load.good()} of 10 got their {size // 1000} kB, all of it right, in "
                  f"{load.slowest():.1f} s; lost: {load.lost() or 'none'}")
        check(not others.lost() and others.p99() < 0.1,
              f"the others: {len(others.seen)} pages, none lost, p99 {others.p99() * 1e3:.1f} ms, slowest "
              f"{others.slowest() * 1e3:.0f} ms; before that p99 {alone.p99() * 1e3:.1f} ms")
        check(most > before + 100 and 15 < stalled < 60, f"100 who take nothing are cut off after {stalled:.1f} s")
        check(instance.memory(peak=True) < 128, f"peak memory {instance.memory(peak=True):.0f} MB")


def bad_settings():
    """9. Settings that cannot be, and what a crash loop costs"""
    bad = {"PORT": "x", "MAX_NTH": "1e7", "KEEP_ALIVE": "0", "LOG_FORMAT": "xml", "RUST_LOG": "inof",
           "HOST": "localhost", "STATIC_DIR": "/nowhere"}
    for name, value in bad.items():
        status, said, seconds = start_that_fails(**{name: value})
        named = name in said or f"--{name.lower().replace('_', '-')} " in said
        check(status == 2 and named and f"'{value}'" in said and "is needed" in said and seconds < 1,
              f"status {status}: {said}")
    times = [start_that_fails(PORT="x")[2] for _ in range(20)]
    check(max(times) < 1, f"20 starts in a row: {statistics.median(times) * 1e3:.0f} ms each, "
          f"{max(times) * 1e3:.0f} ms at most")


def give_up(number, _):
    """Ends the drill with all that it started: a signal, or its five minutes are over."""
    raise KeyboardInterrupt(signal.Signals(number).name)


def main():
    signal.signal(signal.SIGTERM, give_up)
    signal.signal(signal.SIGALRM, give_up)
    install()
    signal.alarm(300)
    say(f"on {machine()}")
    for drill in (killed, hung, out_of_memory, full_disk, wall_clock, port_taken, nothing_around, slow_network,
                  bad_settings):
        say(drill.__doc__)
        try:
            drill()
        except (Exception, SystemExit) as error:
            check(False, f"it came to no end: {error!r}")
    for failure in failures:
        say(f"BAD: {failure}")
    say("drilled")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
