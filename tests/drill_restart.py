#!/usr/bin/env python3
"""Restarts the service under load, and counts the requests that are lost; `just drill-restart` builds it first.

It does what systemd does with the files in deploy/systemd: it keeps the listening sockets, passes them to each process
as file descriptors 3 and 4, waits for READY=1, and stops the process with SIGTERM. Clients send requests all the time:

- with a new connection for each, over TCP and over the Unix socket;
- on connections that they reuse, at once or after a pause. If such a connection closes before a byte of the response,
  they send the request again on a new one, as RFC 9112, section 9.3.1 allows and browsers and proxies do. This is
  counted as retried.

Everything else is lost: a refused or reset connection, a response that is cut off, wrong, or not 200, and no response
within 30 s. To show that the drill notices losses, it also restarts the service without passing the sockets.
"""

import contextlib
import http.client
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time

from checks import check, finish, say
from service import PROGRAM, ROOT, machine, wait_until

RESTARTS = 100
# A small term and a list of 10 MB.
F100, LIST = "/nth.txt?n=100", "/first.txt?n=10000"
TIMEOUT = 30


def unit_settings():
    """The environment of the systemd unit, with the static files of the repository."""
    text = (ROOT / "deploy/systemd/fibonacci-web.service").read_text()
    settings = dict(re.findall(r"^Environment=(\w+)=(.*)$", text, re.MULTILINE))
    return {**settings, "STATIC_DIR": "static", "MANAGEMENT_PORT": "0", "RUST_LOG": "warn,access=off"}


class Manager:
    """Starts and stops the service as systemd does, with a TCP and a Unix socket."""

    def __init__(self, folder, passes_sockets=True):
        self.passes_sockets = passes_sockets
        self.path = folder / "web.sock"
        self.path.unlink(missing_ok=True)
        self.tcp, self.unix = socket.socket(), socket.socket(socket.AF_UNIX)
        self.tcp.bind(("127.0.0.1", 0))
        self.unix.bind(str(self.path))
        self.port = self.tcp.getsockname()[1]
        if passes_sockets:
            self.tcp.listen(4096)
            self.unix.listen(4096)
        else:
            self.tcp.close()
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        (folder / "notify").unlink(missing_ok=True)
        self.notify.bind(str(folder / "notify"))
        self.notify.settimeout(TIMEOUT)
        self.environment = {**unit_settings(), "NOTIFY_SOCKET": str(folder / "notify"), "PORT": str(self.port)}

    def start(self):
        """Starts a process and waits until it is ready."""
        if self.passes_sockets:
            script = 'LISTEN_PID=$$ LISTEN_FDS=2 exec "$0" 3<&0 4<&1 0</dev/null 1>&2'
            files = {"stdin": self.tcp, "stdout": self.unix}
        else:
            script, files = 'exec "$0"', {}
        self.process = subprocess.Popen(["/bin/sh", "-c", script, PROGRAM], cwd=ROOT, env=self.environment, **files)
        self.wait_for("READY=1")

    def stop(self):
        """Stops the process, which must say so and exit with status 0."""
        self.process.send_signal(signal.SIGTERM)
        self.wait_for("STOPPING=1")
        status = self.process.wait(timeout=60)
        if status != 0:
            raise SystemExit(f"the service exited with status {status}")

    def wait_for(self, message):
        while self.notify.recv(100).decode().strip() != message:
            pass

    def kill(self):
        self.process.kill()
        self.process.wait()


class UnixConnection(http.client.HTTPConnection):
    """An HTTP connection over a Unix socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=TIMEOUT)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(TIMEOUT)
        self.sock.connect(str(self.path))


class Load:
    """Clients that send requests until the end of the block, and what became of those."""

    def __init__(self, manager, expected):
        self.expected, self.lock, self.over = expected, threading.Lock(), threading.Event()
        self.requests, self.retried, self.slowest, self.lost = 0, 0, 0, []
        tcp = lambda: http.client.HTTPConnection("127.0.0.1", manager.port, timeout=TIMEOUT)
        unix = lambda: UnixConnection(manager.path)
        plans = [(tcp, False, F100, 0)] * 4 + [(tcp, True, F100, 0)] * 4
        # Pauses that are no multiple of the time between restarts, so that some requests meet one.
        plans += [(tcp, True, F100, 0.01 * step) for step in range(1, 9)]
        plans += [(tcp, False, LIST, 0), (tcp, True, LIST, 0)]
        if manager.passes_sockets:
            plans += [(unix, False, F100, 0), (unix, True, F100, 0)]
        self.threads = [threading.Thread(target=self.client, args=plan) for plan in plans]

    def client(self, connect, is_reusing, path, pause):
        kept = None
        while not self.over.is_set():
            start, retried = time.monotonic(), 0
            connection, is_reused, kept = kept or connect(), kept is not None, None
            try:
                try:
                    response = self.request(connection, path)
                except (ConnectionResetError, BrokenPipeError):
                    connection.close()
                    if not is_reused:
                        raise
                    retried, connection = 1, connect()
                    response = self.request(connection, path)
                body = response.read()
                outcome = "ok" if (response.status, body) == (200, self.expected[path]) else f"status {response.status}"
                # The library closes the connection if the response says so.
                kept = connection if is_reusing and connection.sock else None
            except (OSError, http.client.HTTPException) as error:
                outcome = type(error).__name__
            if not kept:
                connection.close()
            with self.lock:
                self.requests += 1
                self.retried += retried
                self.slowest = max(self.slowest, time.monotonic() - start)
                if outcome != "ok":
                    self.lost.append(outcome)
            # After a loss, perhaps nothing listens.
            self.over.wait(pause if outcome == "ok" else 0.01)

    @staticmethod
    def request(connection, path):
        connection.request("GET", path)
        return connection.getresponse()

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join()


def restart_under_load(manager, expected, restarts):
    """Restarts the service, each time after some hundred more requests; returns the load and the times of restarts."""
    times = []
    with contextlib.ExitStack() as stack:
        manager.start()
        stack.callback(manager.kill)
        load = stack.enter_context(Load(manager, expected))
        for _ in range(restarts):
            target = load.requests + 300
            wait_until(lambda target=target: load.requests >= target, "300 more requests")
            start = time.monotonic()
            manager.stop()
            manager.start()
            times.append(time.monotonic() - start)
        target = load.requests + 300
        wait_until(lambda: load.requests >= target, "300 requests after the last restart")
    return load, times


def expected_bodies(manager):
    """What the service returns at rest."""
    manager.start()
    bodies = {}
    for path in (F100, LIST):
        connection = http.client.HTTPConnection("127.0.0.1", manager.port, timeout=TIMEOUT)
        connection.request("GET", path)
        bodies[path] = connection.getresponse().read()
        connection.close()
    manager.stop()
    return bodies


def main():
    say(machine())
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        manager = Manager(folder)
        expected = expected_bodies(manager)
        check(expected[F100] == b"354224848179261915075\n" and expected[LIST].count(b"\n") == 10_000,
              "started with the sockets, ready, answered, stopped")
        load, times = restart_under_load(manager, expected, RESTARTS)
        check(not load.lost,
              f"{RESTARTS} restarts with the sockets kept: {load.requests} requests, {len(load.lost)} lost, "
              f"{load.retried} retried on a reused connection; a restart takes {sorted(times)[RESTARTS // 2]:.2f} s, at "
              f"most {max(times):.2f} s; slowest request {load.slowest:.2f} s", load.lost[:10])
        load, _ = restart_under_load(Manager(folder, passes_sockets=False), expected, 5)
        check(load.lost, f"5 restarts without them: {load.requests} requests, {len(load.lost)} lost")
    finish()


if __name__ == "__main__":
    main()
