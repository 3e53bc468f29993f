#!/usr/bin/env python3
"""Causes outages and checks which alerts are sent, to whom, and how soon; `just drill` sets it up.

Two instances behind HAProxy, Prometheus, Alertmanager and the blackbox exporter run with the files of
deploy/monitoring and deploy/compose; only the addresses differ. One instance is killed, then both; they are started
again; then a fake server in place of HAProxy returns F(100) with one wrong digit. A webhook receiver records what
Alertmanager sends. The drill fails if an expected alert is not sent or not resolved, or an unexpected one is sent.
"""

import contextlib
import http.server
import json
import pathlib
import subprocess
import tempfile
import threading
import time

from checks import check, finish
from service import ROOT, Balancer, Service, free_port, is_open, running, wait_until

MONITORING = ROOT / "deploy/monitoring"
RUNBOOK = "https://github.com/fibonacci-web/fibonacci-web/blob/main/docs/runbook.md#"
WRONG = b"354224848179261915076\n"
# Seconds: more than a scrape, the `for` of these alerts, an evaluation and Alertmanager's group wait together.
TIMEOUT = 240


class Receiver(http.server.BaseHTTPRequestHandler):
    """A webhook receiver that records when each alert fires and is resolved, and to which receiver it is sent."""

    lock = threading.Lock()
    firing, resolved, received = {}, {}, set()

    def do_POST(self):
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.lock:
            for alert in message["alerts"]:
                labels = alert["labels"]
                name = labels["alertname"]
                self.received.add((name, self.path.strip("/"), alert["annotations"].get("runbook_url")))
                times = self.firing if alert["status"] == "firing" else self.resolved
                times.setdefault((name, labels.get("instance", "")), time.monotonic())
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


class WrongServer(http.server.BaseHTTPRequestHandler):
    """Returns F(100) with one wrong digit."""

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
    """Runs an HTTP server with this handler until the end of the block."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield
        server.shutdown()


def copy_configuration(source, folder, addresses):
    """Copies a configuration file with the addresses of this run."""
    text = source.read_text()
    for name, address in addresses.items():
        assert name in text, f"{source} does not contain {name}"
        text = text.replace(name, address)
    pathlib.Path(folder, source.name).write_text(text)


def drill(act, what, firing=(), resolved=(), allowed=()):
    """Causes an event, waits for the expected alerts, and fails if others are sent that are not allowed."""
    Receiver.firing.clear()
    Receiver.resolved.clear()
    start = time.monotonic()
    act()
    for expected, times, state in ((firing, Receiver.firing, "sent"), (resolved, Receiver.resolved, "resolved")):
        for key in expected:
            name = f"{key[0]} {key[1]}".strip()
            wait_until(lambda key=key, times=times: key in times, f"{what}: {name} {state}", TIMEOUT)
            check(True, f"{what}: {name} {state} after {times[key] - start:.0f} s")
    unexpected = {name for name, _ in Receiver.firing} - {name for name, _ in firing} - {"FibonacciWatchdog", *allowed}
    if unexpected:
        check(False, f"{what}: unexpected {unexpected}")
        finish()


def main():
    ports = {name: free_port() for name in ("front", "prometheus", "alertmanager", "prober", "receiver")}
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        instances = [Service(), Service()]
        stack.callback(lambda: [instance.kill() for instance in instances])
        addresses = [f"127.0.0.1:{instance.management}" for instance in instances]
        front = f"127.0.0.1:{ports['front']}"
        probed = f"http://{front}/nth.txt?n=100"

        copy_configuration(MONITORING / "rules.yaml", folder, {})
        copy_configuration(MONITORING / "prometheus.yaml", folder, {
            "web-1:9464": addresses[0], "web-2:9464": addresses[1], "haproxy:8080": front,
            "blackbox:9115": f"127.0.0.1:{ports['prober']}",
            "alertmanager:9093": f"127.0.0.1:{ports['alertmanager']}",
        })
        copy_configuration(MONITORING / "alertmanager.yaml", folder, {
            f"http://{name}.invalid/": f"http://127.0.0.1:{ports['receiver']}/{name}"
            for name in ("page", "ticket", "watchdog")
        })

        proxy, wrong_server = contextlib.ExitStack(), contextlib.ExitStack()
        stack.callback(proxy.close)
        stack.callback(wrong_server.close)

        def start_proxy():
            proxy.enter_context(Balancer(*(instance.port for instance in instances), ports["front"]))

        stack.enter_context(serving(ports["receiver"], Receiver))
        start_proxy()
        for command in (
            ["prometheus-alertmanager", "--config.file=alertmanager.yaml", "--storage.path=alertmanager",
             f"--web.listen-address=127.0.0.1:{ports['alertmanager']}", "--cluster.listen-address="],
            ["prometheus-blackbox-exporter", f"--config.file={MONITORING}/blackbox.yaml",
             f"--web.listen-address=127.0.0.1:{ports['prober']}"],
            ["prometheus", "--config.file=prometheus.yaml", "--storage.tsdb.path=prometheus",
             f"--web.listen-address=127.0.0.1:{ports['prometheus']}"],
        ):
            stack.enter_context(running(command, cwd=folder, stdout=subprocess.DEVNULL))
        for name, port in ports.items():
            wait_until(lambda port=port: is_open(port), f"start of {name}")

        def kill(*indices):
            for index in indices:
                instances[index].kill()

        def restart(*indices):
            for index in indices:
                old = instances[index]
                instances[index] = Service(port=old.port, management=old.management)

        def replace_proxy():
            proxy.close()
            wrong_server.enter_context(serving(ports["front"], WrongServer))

        def restore_proxy():
            wrong_server.close()
            start_proxy()

        down = [("FibonacciDown", address) for address in addresses]
        all_down, probe_failing, wrong_result = (
            ("FibonacciAllDown", ""), ("FibonacciProbeFailing", probed), ("FibonacciWrongResult", probed))
        drill(lambda: None, "all is well", firing=[("FibonacciWatchdog", "")])
        drill(lambda: kill(0), "one of two instances killed", firing=[down[0]])
        drill(lambda: restart(0), "it is started again", resolved=[down[0]])
        drill(lambda: kill(0, 1), "both killed", firing=[all_down, probe_failing])
        # Until Prometheus has scraped both, one instance alone is down.
        drill(lambda: restart(0, 1), "both started again", resolved=[all_down, probe_failing],
              allowed=["FibonacciDown"])
        drill(replace_proxy, "wrong digit served in place of HAProxy", firing=[wrong_result])
        drill(restore_proxy, "HAProxy back", resolved=[wrong_result])

    receivers = {"FibonacciDown": "ticket", "FibonacciAllDown": "page", "FibonacciWrongResult": "page",
                 "FibonacciWatchdog": "watchdog", "FibonacciProbeFailing": "page"}
    wrong = [alert for alert in sorted(Receiver.received)
             if receivers.get(alert[0]) != alert[1] or alert[2] != RUNBOOK + alert[0].lower()]
    check(not wrong, "each alert went to its receiver, with a link to its section of the runbook", wrong)
    finish()


main()
