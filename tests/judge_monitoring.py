#!/usr/bin/env python3
"""Checks deploy/monitoring with the tools of Prometheus; `just judge-ops` sets it up.

promtool: the rules, their tests, the configuration, and the metrics of a running service. amtool and the blackbox
exporter: their configurations. The script itself: the rules, the dashboard and the runbook use metrics that exist,
and every alert is tested and has a section in the runbook.
"""

import json
import re
import subprocess
import tempfile

import yaml
from checks import check, check_command, finish
from service import ROOT, Service

MONITORING = ROOT / "deploy/monitoring"
RUNBOOK = ROOT / "docs/runbook.md"
# The keywords of PromQL. Functions are recognised by the parenthesis that follows.
KEYWORDS = {"and", "or", "unless", "by", "on", "without", "ignoring", "bool", "offset"}


def check_tool(what, *command, **options):
    check_command(what, *command, cwd=MONITORING, **options)


def metric_names(expression):
    """The metrics that an expression uses."""
    bare = re.sub(r'"[^"]*"', "", expression)
    bare = re.sub(r"\{[^}]*\}|\[[^]]*\]", "", bare)
    bare = re.sub(r"\b(by|on|without|ignoring)\s*\([^)]*\)", "", bare)
    return {
        match[1] for match in re.finditer(r"(?<![\w:.])([a-zA-Z_:][\w:]*)\b(?!\s*\()", bare)
    } - KEYWORDS


def exported():
    """The names of all metrics of a service that has handled requests; promtool checks them."""
    with Service() as service:
        for path in ("/", "/nth?n=100", "/nth.txt?n=1000000", "/first.txt?n=10000", "/index?of=144"):
            service.get(path)
        address = f"http://127.0.0.1:{service.management}/metrics"
        text = subprocess.run(["curl", "-sS", address], check=True, capture_output=True, text=True).stdout
        check_tool("promtool check metrics", "promtool", "check", "metrics", stdin=text)
        return {re.split(r"[{ ]", name)[0] for name in service.metrics()}


def expressions():
    """All expressions of the rules, the dashboard and the runbook, each with its location."""
    rules = yaml.safe_load((MONITORING / "rules.yaml").read_text())
    for group in rules["groups"]:
        for rule in group["rules"]:
            yield f"rules.yaml, {rule.get('alert') or rule['record']}", rule["expr"]
    dashboard = json.loads((MONITORING / "dashboard.json").read_text())
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            yield f"dashboard.json, {panel['title']}", target["expr"]
    for annotation in dashboard["annotations"]["list"]:
        yield "dashboard.json, annotations", annotation["expr"]
    for block in re.findall(r"```promql\n(.*?)```", RUNBOOK.read_text(), re.DOTALL):
        for line in block.strip().splitlines():
            yield "runbook.md", line.strip()


def check_expressions(known):
    found = list(expressions())
    # promtool parses them as recording rules; fixed values replace the variables of Grafana.
    rules = [
        {"record": f"expression_{index}",
         "expr": text.replace("$__rate_interval", "5m").replace("$instance", ".*")}
        for index, (_, text) in enumerate(found)
    ]
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        yaml.safe_dump({"groups": [{"name": "expressions", "rules": rules}]}, file)
        file.flush()
        check_tool(f"promtool parses the {len(found)} expressions of rules, dashboard and runbook",
                   "promtool", "check", "rules", file.name)
    unknown = [(location, name) for location, text in found for name in metric_names(text) - known]
    check(not unknown, "all metrics in these expressions exist", unknown)


def check_alerts():
    rules = yaml.safe_load((MONITORING / "rules.yaml").read_text())
    alerts = [rule for group in rules["groups"] for rule in group["rules"] if "alert" in rule]
    headings = re.findall(r"^## (Fibonacci\w+)$", RUNBOOK.read_text(), re.MULTILINE)
    wrong = [
        rule["alert"] for rule in alerts
        if not rule["annotations"]["runbook_url"].endswith("/docs/runbook.md#" + rule["alert"].lower())
    ]
    check(not wrong, "every alert links to its section of the runbook", wrong)
    names = {rule["alert"] for rule in alerts}
    check(names == set(headings), f"the runbook has a section for each of {len(names)} alerts, and no other",
          names ^ set(headings))
    tests = yaml.safe_load((MONITORING / "rules.test.yaml").read_text())["tests"]
    cases = [(case["alertname"], bool(case["exp_alerts"])) for test in tests
             for case in test["alert_rule_test"]]
    # The watchdog always fires.
    expected = {(name, fires) for name in names for fires in (True, False)} - {("FibonacciWatchdog", False)}
    missing = expected - set(cases)
    check(not missing, "every alert has a test in which it fires and one in which it does not", missing)


def main():
    check_tool("promtool check rules", "promtool", "check", "rules", "rules.yaml")
    check_tool("promtool test rules", "promtool", "test", "rules", "rules.test.yaml")
    check_tool("promtool check config", "promtool", "check", "config", "prometheus.yaml")
    check_tool("amtool check-config", "amtool", "check-config", "alertmanager.yaml")
    check_tool("blackbox exporter --config.check",
               "prometheus-blackbox-exporter", "--config.check", "--config.file=blackbox.yaml")
    recorded = {location.split(", ")[1] for location, _ in expressions() if ", fibonacci:" in location}
    prober = {"probe_success", "probe_http_status_code", "probe_failed_due_to_regex",
              "probe_dns_lookup_time_seconds", "probe_http_duration_seconds"}
    check_expressions(exported() | recorded | prober | {"up", "ALERTS"})
    check_alerts()
    finish()


main()
