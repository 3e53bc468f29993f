#!/usr/bin/env python3
"""Breaks what is watched, and shows who is told of it, and when: `just drill` sets it up.

Two instances behind HAProxy, Prometheus, Alertmanager and the prober run for real, with the files of
deploy/monitoring and deploy/compose as they are, but for addresses. One instance is killed, then both; they
come back; then something in front of them gives away F(100) with one wrong digit. A receiver notes what
Alertmanager sends. It fails where an alert that should come does not, or one comes or stays that should not.
"""

import contextlib
import http.server
import json
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

from service import ROOT, Balancer, Service, free_port, is_open, running, until

MONITORING = ROOT / "deploy/monitoring"
RUNBOOK = "https://github.com/fibonacci-web/fibonacci-web/blob/main/docs/runbook.md#"
WRONG = b"354224848179261915076\n"
# A scrape, the alert's own minute, an evaluation, a message's wait: none takes longer than this together.
PATIENCE = 240


class Notes(http.server.BaseHTTPRequestHandler):
    """Notes what Alertmanager sends, to which receiver, and when."""

    lock = threading.Lock()
    firing, resolved, heard = {}, {}, set()

    def do_POST(self):
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.lock:
            for alert in message["alerts"]:
                labels = alert["labels"]
                name = labels["alertname"]
                self.heard.add((name, self.path.strip("/"), alert["annotations"].get("runbook_url")))
                into = self.firing if alert["status"] == "firing" else self.resolved
                into.setdefault((name, labels.get("instance", "")), time.monotonic())
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


class Liar(http.server.BaseHTTPRequestHandler):
    """Stands in front, and gives away F(100) with one wrong digit."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(WRONG)))
        self.end_headers()
        self.wfile.write(WRONG)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def serving(port, handler):
    """A server of this handler, ended with the block."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield
        server.shutdown()


def render(source, folder, addresses):
    """A copy of a configuration with the addresses of this run."""
    text = source.read_text()
    for name, address in addresses.items():
        assert name in text, f"{source} does not name {name}"
        text = text.replace(name, address)
    copy = pathlib.Path(folder) / source.name
    copy.write_text(text)
    return copy


def say(text):
    print(text, flush=True)


def drill(act, what, expected, resolving=(), allowed=()):
    """Does something, and waits for what is expected to come of it; what is allowed may come beside it."""
    Notes.firing.clear()
    Notes.resolved.clear()
    start = time.monotonic()
    act()
    for wanted, into, word in ((expected, Notes.firing, "arrived"), (resolving, Notes.resolved, "resolved")):
        for key in wanted:
            with contextlib.suppress(SystemExit):
                until(lambda key=key, into=into: key in into, key[0], PATIENCE)
            after = into.get(key)
            name = f"{key[0]} {key[1]}".strip()
            if after is None:
                say(f"  BAD  {what}: {name} has not {word} in {PATIENCE} s")
                sys.exit(1)
            say(f"  ok   {what}: {name} {word} after {after - start:.0f} s")
    unexpected = {name for name, _ in Notes.firing} - {name for name, _ in expected} - {"FibonacciWatchdog", *allowed}
    if unexpected:
        say(f"  BAD  {what}: {unexpected} came too")
        sys.exit(1)


def main():
    ports = {name: free_port() for name in ("front", "prometheus", "alertmanager", "prober", "notes")}
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        instances = [Service(), Service()]
        stack.callback(lambda: [instance.process.kill() for instance in instances])
        address = [f"127.0.0.1:{instance.management}" for instance in instances]
        front = f"127.0.0.1:{ports['front']}"
        known = f"http://{front}/nth.txt?n=100"

        render(MONITORING / "rules.yaml", folder, {})
        render(MONITORING / "prometheus.yaml", folder, {
            "web-1:9090": address[0], "web-2:9090": address[1], "haproxy:8080": front,
            "blackbox:9115": f"127.0.0.1:{ports['prober']}",
            "alertmanager:9093": f"127.0.0.1:{ports['alertmanager']}",
        })
        render(MONITORING / "alertmanager.yaml", folder, {
            f"http://{kind}.invalid/": f"http://127.0.0.1:{ports['notes']}/{kind}"
            for kind in ("page", "ticket", "watchdog")
        })

        def balance():
            proxy.enter_context(Balancer(*(instance.port for instance in instances), ports["front"]))

        stack.enter_context(serving(ports["notes"], Notes))
        proxy = contextlib.ExitStack()
        stack.callback(proxy.close)
        balance()
        quiet = {"cwd": folder, "stdout": subprocess.DEVNULL}
        for command in (
            ["prometheus-alertmanager", "--config.file=alertmanager.yaml", "--storage.path=alertmanager",
             f"--web.listen-address=127.0.0.1:{ports['alertmanager']}", "--cluster.listen-address="],
            ["prometheus-blackbox-exporter", f"--config.file={MONITORING}/blackbox.yaml",
             f"--web.listen-address=127.0.0.1:{ports['prober']}"],
            ["prometheus", "--config.file=prometheus.yaml", "--storage.tsdb.path=prometheus",
             f"--web.listen-address=127.0.0.1:{ports['prometheus']}"],
        ):
            stack.enter_context(running(command, **quiet))
        for name in ("front", "prometheus", "alertmanager", "prober"):
            until(lambda name=name: is_open(ports[name]), name)

        def kill(*which):
            for one in which:
                instances[one].process.kill()
                instances[one].process.wait()

        def start(*which):
            for one in which:
                old = instances[one]
                instances[one] = Service(port=old.port, management=old.management)

        lie = contextlib.ExitStack()
        stack.callback(lie.close)

        def deceive():
            proxy.close()
            lie.enter_context(serving(ports["front"], Liar))

        def mend():
            lie.close()
            balance()

        down = [("FibonacciDown", one) for one in address]
        every, none, wrong = ("FibonacciAllDown", ""), ("FibonacciProbeFailing", known), ("FibonacciWrongResult", known)
        drill(lambda: None, "all is well", [("FibonacciWatchdog", "")])
        drill(lambda: kill(0), "one of two instances is killed", [down[0]])
        drill(lambda: start(0), "it is started again", [], [down[0]])
        drill(lambda: kill(0, 1), "both are killed", [every, none])
        # The one that Prometheus asks last is down alone for a moment.
        drill(lambda: start(0, 1), "both are started again", [], [every, none], ["FibonacciDown"])
        drill(deceive, "what stands in front serves one wrong digit", [wrong])
        drill(mend, "it no longer does", [], [wrong])

    receivers = {"FibonacciDown": "ticket", "FibonacciAllDown": "page", "FibonacciWrongResult": "page",
                 "FibonacciWatchdog": "watchdog", "FibonacciProbeFailing": "page"}
    for name, receiver, runbook in sorted(Notes.heard):
        if receivers.get(name) != receiver or runbook != RUNBOOK + name.lower():
            sys.exit(f"  BAD  {name} went to {receiver} with {runbook}")
    say("  ok   each went to whom it is for, with a link to its section of the runbook")


main()
