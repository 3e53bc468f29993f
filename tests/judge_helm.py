#!/usr/bin/env python3
"""Judges the chart, by what others wrote and by what the image says of itself; `just judge-ops` sets it up.

Helm's own linter; every object against the schema of its kind; without `quick` checkov too. Then what no
tool knows: that settings, ports, user and paths are those of the binary and its image, that what is
selected is there, and that bad values are refused before anything is deployed.
"""

import json
import re
import subprocess
import sys
import tempfile

import yaml
from deployment import IMAGE, VERSION, Findings, image_facts, known_settings, wrong_settings
from service import ROOT

TOOLS = ROOT / "target/judge-helm"
CHART = ROOT / "deploy/helm"
# The oldest and the newest Kubernetes that the chart is tried with.
KUBERNETES = ("1.25", "1.31", "1.34")
EVERYTHING = [
    "autoscaling.requestsInFlight=100", "ingress.enabled=true", "ingress.className=nginx",
    "ingress.tlsSecretName=certificate", "ingress.annotations.a/b=c", "httpRoute.enabled=true",
    "monitoring.enabled=true", "monitoring.labels.release=prometheus", "monitoring.prober=blackbox.monitoring:9115",
    "podAnnotations.a/b=c", "nodeSelector.a/b=c", "priorityClassName=high", "service.type=LoadBalancer",
    "networkPolicy.from[0].podSelector.matchLabels.a=b", "tolerations[0].key=a", "imagePullSecrets[0].name=a",
    "settings.MAX_NTH=1000000", "settings.RUST_LOG=info\\,access=off", "settings.HOST=::",
]
NOTHING = [f"{part}.enabled=false" for part in
           ("autoscaling", "podDisruptionBudget", "networkPolicy")] + [f"settings.{name}=null" for name in
           ("LOG_FORMAT", "MAX_CONNECTIONS", "SEND_BYTES")]
REFUSED = [
    "settings.MAX_NHT=1", "settings.MAX_NTH=0", "settings.MAX_NTH=100000001", "settings.MAX_NTH=many",
    "settings.PORT=80", "settings.HOST=127.0.0.1", "settings.LOG_FORMAT=xml", "settings.SECURITY_CONTACT=me", "image.digest=latest",
    "service.port=0", "resources.limits=null", "replica=3", "autoscaling.minReplicas=0",
]
findings = Findings()
check = findings.check


def helm(*arguments):
    return subprocess.run([TOOLS / "bin/helm", *arguments], capture_output=True, text=True, cwd=ROOT)


def sets(values):
    return [argument for value in values for argument in ("--set", value)]


def rendered(values):
    """The objects that the chart makes of these values."""
    result = helm("template", "fibonacci-web", CHART, "--namespace", "fibonacci", *sets(values),
                  "--api-versions", "monitoring.coreos.com/v1")
    check(result.returncode == 0, "helm template", result.stderr)
    return result.stdout, [it for it in yaml.safe_load_all(result.stdout) if it]


def is_custom(it):
    return it["apiVersion"].startswith(("monitoring.coreos.com/", "gateway.networking.k8s.io/"))


def judge_schemas(name, objects):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        yaml.safe_dump_all([it for it in objects if not is_custom(it)], file)
        file.flush()
        for version in KUBERNETES:
            findings.tool(f"{name}: kubernetes-validate, {version}", TOOLS / "bin/kubernetes-validate",
                          "--strict", "-k", version, file.name)
    custom = [it for it in objects if is_custom(it)]
    if custom:
        findings.tool(f"{name}: the models of {', '.join(it['kind'] for it in custom)}",
                      "node", ROOT / "tests/models.mjs", cwd=TOOLS, input=json.dumps(custom))


def pod_of(objects):
    return next(it for it in objects if it["kind"] == "Deployment")["spec"]["template"]


def variables(container):
    return {it["name"]: it["value"] for it in container.get("env", [])}


def disagreements(objects):
    """Where the objects differ from the binary and its image, or from each other."""
    facts, template = image_facts(), pod_of(objects)
    pod, found = template["spec"], []
    container = pod["containers"][0]
    found += wrong_settings(variables(container))
    # The image's own, and those of the ports, are not for a value to change.
    found += [f"{name} is set" for name in variables(container) if name in {"STATIC_DIR", "PORT", "MANAGEMENT_PORT"}]
    # The kubelet asks for health by the pod's address.
    if variables(container).get("HOST", "0.0.0.0") not in {"0.0.0.0", "::"}:
        found.append("another than the pod's addresses is listened on")
    ports = {it["name"]: it["containerPort"] for it in container["ports"]}
    if set(ports.values()) != facts["ports"] or ports.get("http") != 8080:
        found.append(f"ports {ports}")
    user, group = map(int, facts["user"].split(":"))
    security = pod["securityContext"]
    if (security["runAsUser"], security["runAsGroup"]) != (user, group):
        found.append(f"user {security['runAsUser']}")
    if container["image"] != IMAGE or "command" in container or "args" in container:
        found.append(f"image {container['image']}")
    probes = {name: it["httpGet"] for name, it in container.items() if name.endswith("Probe")}
    if {name: it["path"] for name, it in probes.items()} != {
        "startupProbe": "/healthz", "livenessProbe": "/healthz", "readinessProbe": "/readyz",
    } or any(it["port"] not in ports for it in probes.values()):
        found.append(f"probes {probes}")
    settings = variables(container)
    if pod["terminationGracePeriodSeconds"] < 5 + sum(
        int(settings.get(name, default)) for name, default in (("DRAIN_DELAY", 5), ("SHUTDOWN_TIMEOUT", 30))
    ):
        found.append("the grace period is shorter than the drain")
    labels = template["metadata"]["labels"].items()
    for it in objects:
        spec = it.get("spec", {})
        selector = spec.get("selector") or spec.get("podSelector") or {}
        if it["kind"] in {"Service", "Deployment", "PodDisruptionBudget", "NetworkPolicy"}:
            wanted = selector.get("matchLabels", selector)
            if not wanted or not wanted.items() <= labels:
                found.append(f"{it['kind']} selects {wanted}")
        if it["kind"] == "Service" and any(port["targetPort"] not in ports for port in spec["ports"]):
            found.append(f"{it['metadata']['name']} leads to {spec['ports']}")
        if it["kind"] == "ServiceMonitor":
            wanted = spec["selector"]["matchLabels"].items()
            services = [one for one in objects if one["kind"] == "Service"
                        and wanted <= one["metadata"]["labels"].items()]
            if [one["spec"]["ports"][0]["name"] for one in services] != ["management"]:
                found.append(f"{it['kind']} selects {services}")
        if it["kind"] == "PrometheusRule" and spec != yaml.safe_load(
            (ROOT / "deploy/monitoring/rules.yaml").read_text()
        ):
            found.append("the rules are not those of deploy/monitoring")
    return found


def spoil(objects, change):
    """A copy of the objects with a mistake in their pod."""
    copy = json.loads(json.dumps(objects))
    change(pod_of(copy)["spec"])
    return copy


def judge_the_judge(objects):
    """That each kind of disagreement would be seen."""
    mistakes = {
        "a misspelt setting": lambda pod: pod["containers"][0]["env"].append({"name": "MAX_NHT", "value": "1"}),
        "a refused value": lambda pod: pod["containers"][0]["env"].append({"name": "MAX_NTH", "value": "0"}),
        "another path": lambda pod: pod["containers"][0]["env"].append({"name": "STATIC_DIR", "value": "/srv"}),
        "loopback alone": lambda pod: pod["containers"][0]["env"].append({"name": "HOST", "value": "127.0.0.1"}),
        "another port": lambda pod: pod["containers"][0]["ports"][0].update(containerPort=8081),
        "another user": lambda pod: pod["securityContext"].update(runAsUser=1000),
        "another image": lambda pod: pod["containers"][0].update(image="fibonacci-web:latest"),
        "too little grace": lambda pod: pod.update(terminationGracePeriodSeconds=30),
    }
    missed = [name for name, change in mistakes.items() if not disagreements(spoil(objects, change))]
    check(not missed, f"{len(mistakes)} kinds of mistake would be seen", missed)


def leaves(values, path=""):
    """The paths of all values, as deep as the table of the README goes."""
    for name, value in values.items():
        whole = f"{path}{name}"
        if isinstance(value, dict) and value and whole not in {"settings", "resources"}:
            yield from leaves(value, whole + ".")
        else:
            yield whole


def judge_documents():
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    table = set(re.findall(r"`([\w.]+)`", "".join(
        line.split("|")[1] for line in (CHART / "README.md").read_text().splitlines() if line.startswith("| `"))))
    check(set(leaves(values)) == table, f"the README's table has all {len(table)} values, and no other",
          set(leaves(values)) ^ table)
    schema = json.loads((CHART / "values.schema.json").read_text())
    fixed = {"PORT", "MANAGEMENT_PORT", "STATIC_DIR"}
    settings = set(schema["properties"]["settings"]["properties"])
    check(settings == known_settings() - fixed, "the schema knows the settings of the binary", settings)
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    check(chart["version"] == chart["appVersion"] == VERSION, "the chart has the version of the service")


def main():
    quick = "quick" in sys.argv[1:]
    for name, values in {"defaults": [], "everything on": EVERYTHING, "everything off": NOTHING}.items():
        result = helm("lint", "--strict", "--quiet", CHART, *sets(values))
        check(result.returncode == 0, f"{name}: helm lint", result.stdout + result.stderr)
        text, objects = rendered(values)
        judge_schemas(name, objects)
        found = disagreements(objects)
        check(not found, f"{name}: {len(objects)} objects agree with the image and with each other", found)
        # Without a policy for the network there is one finding, and rightly so.
        if not quick and values is not NOTHING:
            with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
                file.write(text)
                file.flush()
                findings.tool(f"{name}: checkov", ROOT / "target/judge-checkov/bin/checkov", "--compact", "--quiet",
                              "--skip-download", "--framework", "kubernetes", "--file", file.name)
    judge_the_judge(rendered([])[1])
    accepted = [value for value in REFUSED if helm("template", CHART, "--set", value).returncode == 0]
    check(not accepted, f"{len(REFUSED)} bad values are refused", accepted)
    with tempfile.TemporaryDirectory() as folder:
        findings.tool("helm package", TOOLS / "bin/helm", "package", CHART, "--destination", folder)
    judge_documents()
    findings.end()


main()
