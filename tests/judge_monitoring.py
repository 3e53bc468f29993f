#!/usr/bin/env python3
"""Judges deploy/monitoring by the tools of Prometheus; `just judge-ops` sets it up.

promtool: the rules, their tests, the configuration, and the metrics of a service that has been used. amtool
and the prober: their configurations. Then what no tool knows: that the rules, the dashboard and the runbook
ask for metrics that there are, and that every alert is tested and has its section in the runbook.
"""

import json
import re
import subprocess
import tempfile

import yaml
from deployment import Findings
from service import ROOT, Service

MONITORING = ROOT / "deploy/monitoring"
RUNBOOK = ROOT / "docs/runbook.md"
# The words of PromQL that are neither functions, which a parenthesis follows, nor metrics.
WORDS = {"and", "or", "unless", "by", "on", "without", "ignoring", "bool", "offset"}
findings = Findings()
check = findings.check


def tool(what, *command, **options):
    findings.tool(what, *command, cwd=MONITORING, **options)


def names(expression):
    """The metrics that an expression asks for."""
    bare = re.sub(r'"[^"]*"', "", expression)
    bare = re.sub(r"\{[^}]*\}|\[[^]]*\]", "", bare)
    bare = re.sub(r"\b(by|on|without|ignoring)\s*\([^)]*\)", "", bare)
    return {
        match[1] for match in re.finditer(r"(?<![\w:.])([a-zA-Z_:][\w:]*)\b(?!\s*\()", bare)
    } - WORDS


def exported():
    """The names of all metrics of a service that has been used; what promtool thinks of them."""
    with Service() as service:
        for path in ("/", "/nth?n=100", "/nth.txt?n=1000000", "/first.txt?n=10000", "/index?of=144"):
            service.get(path)
        address = f"http://127.0.0.1:{service.management}/metrics"
        text = subprocess.run(["curl", "-sS", address], check=True, capture_output=True).stdout
        tool("promtool check metrics: what a running service says", "promtool", "check", "metrics",
             input=text.decode())
        return {re.split(r"[{ ]", name)[0] for name in service.metrics()}


def expressions():
    """All expressions of the rules, the dashboard and the runbook, by where they stand."""
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


def judge_expressions(known):
    every = list(expressions())
    # As rules, for promtool to parse, with what Grafana puts in its variables' place.
    rules = [
        {"record": f"expression_{place}",
         "expr": text.replace("$__rate_interval", "5m").replace("$instance", ".*")}
        for place, (_, text) in enumerate(every)
    ]
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        yaml.safe_dump({"groups": [{"name": "expressions", "rules": rules}]}, file)
        file.flush()
        tool(f"promtool parses the {len(every)} expressions of rules, dashboard and runbook",
             "promtool", "check", "rules", file.name)
    unknown = [(place, name) for place, text in every for name in names(text) - known]
    check(not unknown, "they ask for metrics that there are", unknown)


def judge_alerts():
    rules = yaml.safe_load((MONITORING / "rules.yaml").read_text())
    alerts = [rule for group in rules["groups"] for rule in group["rules"] if "alert" in rule]
    headings = re.findall(r"^## (Fibonacci\w+)$", RUNBOOK.read_text(), re.MULTILINE)
    wrong = [
        rule["alert"] for rule in alerts
        if not rule["annotations"]["runbook_url"].endswith("/docs/runbook.md#" + rule["alert"].lower())
    ]
    check(not wrong, "every alert links to its section of the runbook", wrong)
    named = {rule["alert"] for rule in alerts}
    check(named == set(headings), f"the runbook has a section for each of {len(named)} alerts, and no other",
          named ^ set(headings))
    tests = yaml.safe_load((MONITORING / "rules.test.yaml").read_text())["tests"]
    cases = [(case["alertname"], bool(case["exp_alerts"])) for test in tests
             for case in test["alert_rule_test"]]
    # The watchdog never rests.
    wanted = {(name, fires) for name in named for fires in (True, False)}
    missing = wanted - set(cases) - {("FibonacciWatchdog", False)}
    check(not missing, "every alert is tested to come, and not to", missing)


def main():
    tool("promtool check rules", "promtool", "check", "rules", "rules.yaml")
    tool("promtool test rules", "promtool", "test", "rules", "rules.test.yaml")
    tool("promtool check config", "promtool", "check", "config", "prometheus.yaml")
    tool("amtool check-config", "amtool", "check-config", "alertmanager.yaml")
    tool("the prober's --config.check",
         "prometheus-blackbox-exporter", "--config.check", "--config.file=blackbox.yaml")
    recorded = {place.split(", ")[1] for place, _ in expressions() if ", fibonacci:" in place}
    prober = {"probe_success", "probe_http_status_code", "probe_failed_due_to_regex",
              "probe_dns_lookup_time_seconds", "probe_http_duration_seconds"}
    judge_expressions(exported() | recorded | prober | {"up", "ALERTS"})
    judge_alerts()
    findings.end()


main()
