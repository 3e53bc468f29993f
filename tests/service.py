"""Starts, queries and stops the release binary, and the nginx and HAProxy that the scripts run beside it.

Every process started here is stopped by its process ID. All connections are to the loopback interface.
"""

import contextlib
import csv
import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Figures are measured with PROFILE=dist, as images are built.
PROGRAM = ROOT / "target" / os.environ.get("PROFILE", "release") / "fibonacci-web"


def free_port():
    """A port that is free now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_until(condition, what, seconds=30):
    """Waits until the condition is true, and exits with an error if that takes too long."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"{what}: not within {seconds} s")
        time.sleep(0.005)


def is_open(port):
    """Whether a process listens on the port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def read_metrics(management):
    """All metrics at this management port, by name and labels."""
    with urllib.request.urlopen(f"http://127.0.0.1:{management}/metrics", timeout=10) as response:
        lines = response.read().decode().splitlines()
    pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name: float(value) for name, value in pairs}


def read_memory(pid, peak=False):
    """The resident memory of a process now, or its peak, in kB."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"{'VmHWM' if peak else 'VmRSS'}:\s+(\d+) kB", status)[1])


@contextlib.contextmanager
def running(command, **options):
    """Runs a program until the end of the block."""
    process = subprocess.Popen(command, stderr=options.pop("stderr", subprocess.DEVNULL), **options)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


class Service:
    """A running service on its own ports. It logs to a file, as nginx does, and is killed at the end of the block."""

    def __init__(self, port=None, management=None, **settings):
        self.port, self.management = port or free_port(), management or free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.log = tempfile.NamedTemporaryFile(prefix="fibonacci-web-", suffix=".log")
        environment = {"PORT": self.port, "MANAGEMENT_PORT": self.management, "MIMALLOC_PURGE_DELAY": 0, **settings}
        self.process = subprocess.Popen(
            [PROGRAM], cwd=ROOT, stderr=self.log,
            env={name: str(value) for name, value in environment.items()},
        )
        wait_until(lambda: is_open(self.port), "start of the service")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    def kill(self):
        """Kills the process, if it still runs."""
        self.process.kill()
        self.process.wait()
        self.log.close()

    def stop(self):
        """Sends SIGTERM, waits for the process to end, and requires exit status 0."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=60)
        if status != 0:
            raise SystemExit(f"the service exited with status {status}")

    def get(self, path):
        """The body of a response."""
        with urllib.request.urlopen(self.base + path, timeout=60) as response:
            return response.read()

    def metrics(self):
        """All metrics, by name and labels."""
        return read_metrics(self.management)

    def memory(self, peak=False):
        """The resident memory of the process now, or its peak, in MB."""
        return read_memory(self.process.pid, peak) / 1000


class Balancer:
    """HAProxy with the configuration of deploy/compose, other addresses, and two instances behind it.

    Unless `limited`, it has no limits per client, because all clients of the scripts have the same address.
    """

    def __init__(self, one, two, port=None, limited=False):
        self.port, self.folder = port or free_port(), tempfile.TemporaryDirectory()
        text = (ROOT / "deploy/compose/haproxy.cfg").read_text()
        for name, address in (("*:8080", f"127.0.0.1:{self.port}"), ("*:8404", f"127.0.0.1:{free_port()}"),
                              ("web-1:8080", f"127.0.0.1:{one}"), ("web-2:8080", f"127.0.0.1:{two}"),
                              (" resolvers docker init-addr none", ""),
                              *(() if limited else (("gt 400", "gt 1000000000"), ("gt 100 ", "gt 1000000 ")))):
            assert name in text, f"haproxy.cfg does not contain {name}"
            text = text.replace(name, address)
        # A second configuration file adds the admin socket, from which `up` reads the state of the servers.
        configuration = pathlib.Path(self.folder.name)
        self.socket = configuration / "admin"
        (configuration / "haproxy.cfg").write_text(text)
        (configuration / "socket.cfg").write_text(f"global\n    stats socket {self.socket} mode 600\n")
        self.stack = contextlib.ExitStack()

    def __enter__(self):
        configuration = self.stack.enter_context(self.folder)
        command = ["haproxy", "-db", "-f", f"{configuration}/haproxy.cfg", "-f", f"{configuration}/socket.cfg"]
        self.stack.enter_context(running(command, stdout=subprocess.DEVNULL))
        wait_until(lambda: is_open(self.port), "start of HAProxy")
        return self

    def __exit__(self, *_):
        self.stack.close()

    def up(self):
        """The number of instances in rotation."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.socket))
            connection.sendall(b"show stat\n")
            lines = connection.makefile().read().splitlines()
        rows = csv.DictReader(line.lstrip("# ") for line in lines if line)
        return sum(row["status"].startswith("UP") for row in rows if row["svname"] not in ("FRONTEND", "BACKEND"))


@contextlib.contextmanager
def nginx(logged=False, **files):
    """nginx serving these files, configured as in Debian but with unlimited keep-alive; yields its base address."""
    with tempfile.TemporaryDirectory() as folder:
        folder, port = pathlib.Path(folder), free_port()
        folder.chmod(0o755)
        for name, body in files.items():
            (folder / name).write_bytes(body)
        with configured_nginx(port, f"""
            access_log {f"{folder}/log" if logged else "off"};
            sendfile on; tcp_nopush on; keepalive_requests 1000000000;
            default_type text/html;
            server {{ listen 127.0.0.1:{port}; root {folder}; }}"""):
            yield f"http://127.0.0.1:{port}/"


@contextlib.contextmanager
def configured_nginx(port, configuration):
    """nginx with this configuration of HTTP, which listens on this port."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "nginx.conf"
        file.write_text(f"""
            daemon off; pid {folder}/pid; error_log /dev/null; worker_processes auto;
            events {{ worker_connections 1024; }}
            http {{ {configuration} }}""")
        with running(["nginx", "-c", file]):
            wait_until(lambda: is_open(port), "start of nginx")
            yield


def wrk(url, connections, seconds, *options):
    """The output of wrk; fails if a request failed."""
    output = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", *options, url],
        check=True, capture_output=True, text=True,
    ).stdout
    assert "Non-2xx" not in output and "Socket errors" not in output, output
    return output


def requests_per_second(output):
    """The request rate in the output of wrk."""
    return float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1])


def bytes_per_second(output):
    """The transfer rate in the output of wrk."""
    number, unit = re.search(r"Transfer/sec:\s+([\d.]+)(\w+)", output).groups()
    return float(number) * {"KB": 2**10, "MB": 2**20, "GB": 2**30}[unit]


def machine():
    """The processor and the number of cores of this machine."""
    processor = re.search(r"model name\s*:\s*(.+)", pathlib.Path("/proc/cpuinfo").read_text())[1]
    return f"{processor}, {os.cpu_count()} cores"
