#!/usr/bin/env python3
"""Runs the image as the chart does, and judges it; `just judge-image` builds it first.

Once within 64 MB, without privileges: what the image says of itself, health, the form, a number, the way down.
Once within what the chart grants, asked for the heaviest there is by many at once: it must live.
"""

import concurrent.futures
import http.client
import json
import pathlib
import re
import socket
import subprocess
import time
import urllib.error
import urllib.request

import yaml
from deployment import VERSION, Findings, image_facts
from service import ROOT, free_port, is_open, until

LOAD_SECONDS = 20
findings = Findings()
check = findings.check


def podman(*arguments, strict=True):
    result = subprocess.run(["podman", *map(str, arguments)], capture_output=True, text=True)
    if strict and result.returncode:
        raise SystemExit(f"podman {arguments[0]}: {result.stderr}")
    return result.stdout.strip()


class Container:
    """The image, running without privileges on ports of its own; removed with its block."""

    def __init__(self, memory, *options):
        self.port, self.management = free_port(), free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.id = podman(
            "run", "--detach", "--read-only", "--cap-drop=ALL", "--security-opt", "no-new-privileges",
            "--user", "65532:65532", f"--memory={memory}", f"--memory-swap={memory}", "--pids-limit", "64",
            "--health-cmd", json.dumps(image_facts()["health"]), "--health-interval", "disable",
            "--env", "HOST=127.0.0.1", "--env", f"PORT={self.port}", "--env", f"MANAGEMENT_PORT={self.management}",
            "--env", "DRAIN_DELAY=1", *options, "judged",
        )
        until(lambda: is_open(self.port), "the start")
        self.pid = int(podman("inspect", "--format", "{{.State.Pid}}", self.id))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        podman("rm", "--force", "--time", "0", self.id, strict=False)

    def get(self, path, **headers):
        request = urllib.request.Request(self.base + path, headers=headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read()

    def is_healthy(self):
        return subprocess.run(["podman", "healthcheck", "run", self.id], capture_output=True).returncode == 0

    def cgroup(self, *names):
        """What the kernel says of its memory, by the name of cgroups v2 or v1."""
        lines = pathlib.Path(f"/proc/{self.pid}/cgroup").read_text().splitlines()
        paths = {line.split(":")[1]: line.split(":")[2] for line in lines}
        folder = pathlib.Path("/sys/fs/cgroup") / "memory" / paths["memory"].lstrip("/") if "memory" in paths \
            else pathlib.Path("/sys/fs/cgroup") / paths[""].lstrip("/")
        return next((folder / name).read_text() for name in names if (folder / name).exists())

    def peak(self):
        return int(self.cgroup("memory.peak", "memory.max_usage_in_bytes")) / 1e6

    def kills(self):
        return int(re.search(r"^oom_kill (\d+)", self.cgroup("memory.events", "memory.oom_control"), re.M)[1])

    def limit(self):
        return int(self.cgroup("memory.max", "memory.limit_in_bytes"))


def judge_image():
    image = json.loads(podman("image", "inspect", "judged"))[0]
    config, size = image["Config"], image["Size"] / 1e6
    check(size < 12, f"{size:.1f} MB, of 12 at most", size)
    check(config["User"] == "65532:65532", "a user by number")
    check(set(config["ExposedPorts"]) == {"8080/tcp", "9090/tcp"}, "its two ports")
    check({"HOST=0.0.0.0", "STATIC_DIR=/static"} <= set(config["Env"]), "its variables")
    health = (image.get("Healthcheck") or {}).get("Test")
    check(health == ["CMD", *image_facts()["health"]], "a health check without a shell", health)
    labels = {name.removeprefix("org.opencontainers.image."): value for name, value in config["Labels"].items()}
    revision = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    check(labels.get("version") == VERSION and labels.get("revision") == revision
          and {"title", "description", "licenses", "source", "documentation"} <= set(labels),
          "labels, version and revision among them", labels)


def judge_hardened():
    with Container("64m") as container:
        check(container.limit() == 64 << 20, "64 MB are all there is", container.limit())
        check(container.is_healthy(), "healthy")
        page = container.get("/").decode()
        check('<form' in page and 'name="n"' in page, "the form")
        check("354224848179261915075" in container.get("/nth?n=100").decode(), "F(100), as a page")
        style = re.search(r'/static/style-[0-9a-f]+\.css', page)[0]
        check(len(container.get(style)) > 1000, "the style sheet")
        check(len(container.get("/nth.txt?n=10000000")) == 2089878, "F(10^7), whole")
        status = pathlib.Path(f"/proc/{container.pid}/status").read_text()
        ids = re.search(r"^Uid:\s+(.*)$", status, re.M)[1].split()
        check(set(ids) == {"65532"}, "user 65532", ids)
        capabilities = re.findall(r"^Cap(?:Eff|Prm|Bnd):\s+(\w+)$", status, re.M)
        check(set(capabilities) == {"0" * 16}, "no capabilities", capabilities)
        check(re.search(r"^NoNewPrivs:\s+1$", status, re.M), "no new privileges")
        maps = pathlib.Path(f"/proc/{container.pid}/maps").read_text()
        check(".so" not in maps, "static: no library is loaded")
        written = podman("diff", container.id)
        check(not re.search(r"^[AC] /(fibonacci-web|static)", written, re.M), "nothing of it was written", written)
        peak = container.peak()
        subprocess.run(["podman", "kill", "--signal", "TERM", container.id], check=True, capture_output=True)
        status = podman("wait", container.id)
        check(status == "0", f"SIGTERM ends it with 0; {peak:.0f} MB at most", status)


def judge_heaviest():
    values = yaml.safe_load((ROOT / "deploy/helm/values.yaml").read_text())
    settings = [argument for name, value in values["settings"].items() for argument in ("--env", f"{name}={value}")]
    limits = values["resources"]["limits"]
    with Container(limits["memory"].replace("Mi", "m"), "--cpus", limits["cpu"], *settings) as container:
        end = time.monotonic() + LOAD_SECONDS
        said = {}

        def ask(number):
            """One of the heaviest that are allowed after another; others' terms are never the same."""
            n = 10_000_000 - number
            while time.monotonic() < end:
                n -= 64
                kinds = (f"/nth.txt?n={n}", f"/nth?n={n}", "/first.txt?n=10000", "/first.json?n=10000",
                         "/first?n=10000&page=10", f"/nth.json?n={n}", f"/first.txt?n=5&from={n - 9}")
                try:
                    container.get(kinds[number % len(kinds)], **{"Accept-Encoding": "br, gzip"})
                    outcome = 200
                except urllib.error.HTTPError as error:
                    outcome = error.code
                except (OSError, http.client.HTTPException) as error:
                    outcome = type(error).__name__
                said[outcome] = said.get(outcome, 0) + 1

        # Who takes nothing of a list holds what is made for them.
        idle = []
        for _ in range(200):
            reader = socket.create_connection(("127.0.0.1", container.port))
            reader.sendall(b"GET /first.txt?n=10000 HTTP/1.1\r\nHost: localhost\r\n\r\n")
            idle.append(reader)
        with concurrent.futures.ThreadPoolExecutor(64) as pool:
            list(pool.map(ask, range(64)))
        for reader in idle:
            reader.close()
        running = podman("inspect", "--format", "{{.State.Running}} {{.State.OOMKilled}}", container.id)
        check(running == "true false" and container.kills() == 0, "the heaviest at once, within "
              f"{limits['memory']}: alive, {container.peak():.0f} MB at most", f"{running}, {container.kills()} kills")
        check(set(said) <= {200, 503} and said[200] > 100, f"it answered {dict(sorted(said.items(), key=str))}", said)
        check(container.is_healthy(), "healthy after it")


def main():
    judge_image()
    judge_hardened()
    judge_heaviest()
    findings.end()


main()
