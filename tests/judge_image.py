#!/usr/bin/env python3
"""Runs the image as the chart does, and checks it; `just judge-image` builds it first.

One container has 64 MB and no privileges: metadata, health, pages, a large term, and a clean stop. Another has the
resources that the chart grants, and many clients that request the heaviest results: it must not run out of memory.
Nor may it with hostile clients (see hostile.py), and with half as much memory.
"""

import collections
import concurrent.futures
import contextlib
import functools
import http.client
import json
import pathlib
import re
import socket
import subprocess
import time
import urllib.error
import urllib.request

import hostile
import yaml
from checks import check, finish
from deployment import VERSION, image_facts
from service import ROOT, free_port, is_open, read_metrics, wait_until

IMAGE = "fibonacci-web:check"
LOAD_SECONDS = 20


def podman(*arguments, strict=True):
    result = subprocess.run(["podman", *map(str, arguments)], capture_output=True, text=True)
    if strict and result.returncode:
        raise SystemExit(f"podman {arguments[0]}: {result.stderr}")
    return result.stdout.strip()


class Container:
    """A container of the image, without privileges and on its own ports; removed at the end of the block."""

    def __init__(self, memory, *options):
        self.port, self.management = free_port(), free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.id = podman(
            "run", "--detach", "--read-only", "--cap-drop=ALL", "--security-opt", "no-new-privileges",
            "--user", "65532:65532", f"--memory={memory}", f"--memory-swap={memory}", "--pids-limit", "64",
            "--health-cmd", json.dumps(image_facts()["health"]), "--health-interval", "disable",
            "--env", "HOST=127.0.0.1", "--env", f"PORT={self.port}", "--env", f"MANAGEMENT_PORT={self.management}",
            "--env", "DRAIN_DELAY=1", *options, IMAGE,
        )
        wait_until(lambda: is_open(self.port), "start of the container")
        self.pid = int(podman("inspect", "--format", "{{.State.Pid}}", self.id))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        podman("rm", "--force", "--time", "0", self.id, strict=False)

    def get(self, path, **headers):
        request = urllib.request.Request(self.base + path, headers=headers)
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.read()

    def is_healthy(self):
        return subprocess.run(["podman", "healthcheck", "run", self.id], capture_output=True).returncode == 0

    def cgroup(self, *names):
        """The content of a file of the container's memory control group, by its name in cgroup v2 or v1."""
        lines = pathlib.Path(f"/proc/{self.pid}/cgroup").read_text().splitlines()
        paths = {line.split(":")[1]: line.split(":")[2] for line in lines}
        folder = pathlib.Path("/sys/fs/cgroup") / "memory" / paths["memory"].lstrip("/") if "memory" in paths \
            else pathlib.Path("/sys/fs/cgroup") / paths[""].lstrip("/")
        return next((folder / name).read_text() for name in names if (folder / name).exists())

    def peak(self):
        """Peak memory in MB."""
        return int(self.cgroup("memory.peak", "memory.max_usage_in_bytes")) / 1e6

    def kills(self):
        """How many processes the kernel killed because of the memory limit."""
        return int(re.search(r"^oom_kill (\d+)", self.cgroup("memory.events", "memory.oom_control"), re.M)[1])

    def limit(self):
        """The memory limit in bytes."""
        return int(self.cgroup("memory.max", "memory.limit_in_bytes"))


def check_image():
    image = json.loads(podman("image", "inspect", IMAGE))[0]
    config, size = image["Config"], image["Size"] / 1e6
    check(size < 12, f"size {size:.1f} MB, at most 12 MB")
    check(config["User"] == "65532:65532", "numeric user", config["User"])
    check(set(config["ExposedPorts"]) == {"8080/tcp", "9464/tcp"}, "two exposed ports", config["ExposedPorts"])
    check({"HOST=0.0.0.0", "STATIC_DIR=/static", "MIMALLOC_PURGE_DELAY=0"} <= set(config["Env"]), "environment variables", config["Env"])
    health = (image.get("Healthcheck") or {}).get("Test")
    check(health == ["CMD", *image_facts()["health"]], "a health check without a shell", health)
    labels = {name.removeprefix("org.opencontainers.image."): value for name, value in config["Labels"].items()}
    revision = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    check(labels.get("version") == VERSION and labels.get("revision") == revision
          and {"title", "description", "licenses", "source", "documentation"} <= set(labels),
          "labels, including version and revision", labels)


def check_hardened():
    with Container("64m") as container:
        check(container.limit() == 64 << 20, "memory limit of 64 MB", container.limit())
        check(container.is_healthy(), "healthy")
        page = container.get("/").decode()
        check('<form' in page and 'name="n"' in page, "the form")
        check("354224848179261915075" in container.get("/nth?n=100").decode(), "the page of F(100)")
        style = re.search(r'/static/style-[0-9a-f]+\.css', page)[0]
        check(len(container.get(style)) > 1000, "the style sheet")
        check(len(container.get("/nth.txt?n=10000000")) == 2089878, "the text of F(10^7), complete")
        status = pathlib.Path(f"/proc/{container.pid}/status").read_text()
        ids = re.search(r"^Uid:\s+(.*)$", status, re.M)[1].split()
        check(set(ids) == {"65532"}, "user 65532", ids)
        capabilities = re.findall(r"^Cap(?:Eff|Prm|Bnd):\s+(\w+)$", status, re.M)
        check(set(capabilities) == {"0" * 16}, "no capabilities", capabilities)
        check(re.search(r"^NoNewPrivs:\s+1$", status, re.M), "no new privileges")
        maps = pathlib.Path(f"/proc/{container.pid}/maps").read_text()
        check(".so" not in maps, "statically linked: no shared library is loaded")
        changes = podman("diff", container.id)
        check(not re.search(r"^[AC] /(fibonacci-web|static)", changes, re.M), "its files are unchanged", changes)
        peak = container.peak()
        subprocess.run(["podman", "kill", "--signal", "TERM", container.id], check=True, capture_output=True)
        status = podman("wait", container.id)
        check(status == "0", f"exit status 0 after SIGTERM; peak memory {peak:.0f} MB", status)


def check_heaviest():
    values = yaml.safe_load((ROOT / "deploy/helm/values.yaml").read_text())
    settings = [argument for name, value in values["settings"].items() for argument in ("--env", f"{name}={value}")]
    limits = values["resources"]["limits"]
    with Container(limits["memory"].replace("Mi", "m"), "--cpus", limits["cpu"], *settings) as container:
        end = time.monotonic() + LOAD_SECONDS
        outcomes = collections.Counter()

        def client(number):
            """Requests one of the heaviest results after another; no term is requested twice."""
            n = 10_000_000 - number
            while time.monotonic() < end:
                n -= 64
                paths = (f"/nth.txt?n={n}", f"/nth.json?n={n}", "/first.txt?n=10000", "/first.json?n=10000",
                         "/first?n=10000&page=10", f"/first.txt?n=5&from={n - 9}")
                try:
                    container.get(paths[number % len(paths)], **{"Accept-Encoding": "br, gzip"})
                    outcomes[200] += 1
                except urllib.error.HTTPError as error:
                    outcomes[error.code] += 1
                except (OSError, http.client.HTTPException) as error:
                    outcomes[type(error).__name__] += 1

        with contextlib.ExitStack() as stack:
            # Clients that never read their list: the service holds its memory for them.
            for _ in range(200):
                reader = stack.enter_context(socket.create_connection(("127.0.0.1", container.port)))
                reader.sendall(b"GET /first.txt?n=10000 HTTP/1.1\r\nHost: localhost\r\n\r\n")
            with concurrent.futures.ThreadPoolExecutor(64) as pool:
                list(pool.map(client, range(64)))
        running = podman("inspect", "--format", "{{.State.Running}} {{.State.OOMKilled}}", container.id)
        check(running == "true false" and container.kills() == 0,
              f"heaviest load within {limits['memory']}: alive, peak memory {container.peak():.0f} MB",
              f"{running}, {container.kills()} kills")
        check(set(outcomes) <= {200, 503} and outcomes[200] > 100, f"responses: {dict(outcomes)}")
        check(container.is_healthy(), "healthy afterwards")


def check_hostile_clients():
    rows = []
    for memory in ("256m", "512m"):
        with Container(memory, "--cpus", "2", "--env", "RUST_LOG=warn") as container:
            metrics = functools.partial(read_metrics, container.management)
            rows.append(hostile.check_hostile_clients(
                f"{memory} (container)", container.pid, container.port, metrics))
            check(container.kills() == 0, f"not killed; peak memory of the container {container.peak():.0f} MB")
    hostile.print_table(rows)


def main():
    check_image()
    check_hardened()
    check_heaviest()
    check_hostile_clients()
    finish()


main()
