#!/usr/bin/env python3
"""Checks the Helm chart with independent tools and against the image; `just judge-ops` sets it up.

Helm's linter; every object against the schema of its kind; without `quick` also checkov. The script itself: settings,
ports, user and paths match the binary and its image, selectors match, and the chart rejects invalid values.
"""

import copy
import json
import re
import subprocess
import sys
import tempfile

import yaml
from checks import check, check_command, finish
from deployment import IMAGE, VERSION, image_facts, known_settings, wrong_settings
from service import ROOT

TOOLS = ROOT / "target/judge-helm"
CHART = ROOT / "deploy/helm"
# The Kubernetes versions whose schemas the chart is checked against.
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
           ("LOG_FORMAT",)]
INVALID = [
    "settings.MAX_NHT=1", "settings.MAX_NTH=0", "settings.MAX_NTH=100000001", "settings.MAX_NTH=many",
    "settings.PORT=80", "settings.HOST=127.0.0.1", "settings.LOG_FORMAT=xml", "settings.SECURITY_CONTACT=me", "image.digest=latest",
    "service.port=0", "resources.limits=null", "replica=3", "autoscaling.minReplicas=0",
]


def helm(*arguments):
    return subprocess.run([TOOLS / "bin/helm", *arguments], capture_output=True, text=True, cwd=ROOT)


def sets(values):
    return [argument for value in values for argument in ("--set", value)]


def render(values):
    """The output of `helm template` with these values, as text and as objects."""
    result = helm("template", "fibonacci-web", CHART, "--namespace", "fibonacci", *sets(values),
                  "--api-versions", "monitoring.coreos.com/v1")
    check(result.returncode == 0, "helm template", result.stderr)
    return result.stdout, [item for item in yaml.safe_load_all(result.stdout) if item]


def is_custom(item):
    return item["apiVersion"].startswith(("monitoring.coreos.com/", "gateway.networking.k8s.io/"))


def check_schemas(name, objects):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        yaml.safe_dump_all([item for item in objects if not is_custom(item)], file)
        file.flush()
        for version in KUBERNETES:
            check_command(f"{name}: kubernetes-validate, {version}", TOOLS / "bin/kubernetes-validate",
                          "--strict", "-k", version, file.name)
    custom = [item for item in objects if is_custom(item)]
    if custom:
        check_command(f"{name}: models of {', '.join(item['kind'] for item in custom)}",
                      "node", ROOT / "tests/models.mjs", cwd=TOOLS, stdin=json.dumps(custom))


def pod_of(objects):
    return next(it for it in objects if it["kind"] == "Deployment")["spec"]["template"]


def environment(container):
    return {item["name"]: item["value"] for item in container.get("env", [])}


def mismatches(objects):
    """Where the objects differ from the binary and its image, or from each other."""
    facts, template = image_facts(), pod_of(objects)
    pod = template["spec"]
    container = pod["containers"][0]
    settings = environment(container)
    found = wrong_settings(settings)
    # The image sets the folder, and the chart sets the ports.
    found += [f"{name} is set" for name in settings if name in {"STATIC_DIR", "PORT", "MANAGEMENT_PORT"}]
    # The kubelet sends its probes to the address of the pod.
    if settings.get("HOST", "0.0.0.0") not in {"0.0.0.0", "::"}:
        found.append(f"HOST is {settings['HOST']}")
    ports = {item["name"]: item["containerPort"] for item in container["ports"]}
    if set(ports.values()) != facts["ports"] or ports.get("http") != 8080:
        found.append(f"ports {ports}")
    user, group = map(int, facts["user"].split(":"))
    security = pod["securityContext"]
    if (security["runAsUser"], security["runAsGroup"]) != (user, group):
        found.append(f"user {security['runAsUser']}")
    if container["image"] != IMAGE or "command" in container or "args" in container:
        found.append(f"image {container['image']}")
    probes = {name: item["httpGet"] for name, item in container.items() if name.endswith("Probe")}
    if {name: item["path"] for name, item in probes.items()} != {
        "startupProbe": "/healthz", "livenessProbe": "/healthz", "readinessProbe": "/readyz",
    } or any(item["port"] not in ports for item in probes.values()):
        found.append(f"probes {probes}")
    if pod["terminationGracePeriodSeconds"] < 5 + sum(
        int(settings.get(name, default)) for name, default in (("DRAIN_DELAY", 5), ("SHUTDOWN_TIMEOUT", 30))
    ):
        found.append("the grace period is shorter than the drain")
    labels = template["metadata"]["labels"].items()
    for item in objects:
        spec = item.get("spec", {})
        selector = spec.get("selector") or spec.get("podSelector") or {}
        if item["kind"] in {"Service", "Deployment", "PodDisruptionBudget", "NetworkPolicy"}:
            expected = selector.get("matchLabels", selector)
            if not expected or not expected.items() <= labels:
                found.append(f"{item['kind']} selects {expected}")
        if item["kind"] == "Service" and any(port["targetPort"] not in ports for port in spec["ports"]):
            found.append(f"{item['metadata']['name']} has the ports {spec['ports']}")
        if item["kind"] == "ServiceMonitor":
            expected = spec["selector"]["matchLabels"].items()
            services = [one for one in objects if one["kind"] == "Service"
                        and expected <= one["metadata"]["labels"].items()]
            if [one["spec"]["ports"][0]["name"] for one in services] != ["management"]:
                found.append(f"{item['kind']} selects {services}")
        if item["kind"] == "PrometheusRule" and spec != yaml.safe_load(
            (ROOT / "deploy/monitoring/rules.yaml").read_text()
        ):
            found.append("the rules differ from deploy/monitoring")
    return found


def check_mistakes(objects):
    """Checks that `mismatches` finds each kind of mistake."""
    def add(name, value):
        return lambda pod: pod["containers"][0]["env"].append({"name": name, "value": value})

    mistakes = {
        "unknown setting": add("MAX_NHT", "1"),
        "invalid value": add("MAX_NTH", "0"),
        "wrong folder": add("STATIC_DIR", "/srv"),
        "loopback only": add("HOST", "127.0.0.1"),
        "wrong port": lambda pod: pod["containers"][0]["ports"][0].update(containerPort=8081),
        "wrong user": lambda pod: pod["securityContext"].update(runAsUser=1000),
        "wrong image": lambda pod: pod["containers"][0].update(image="fibonacci-web:latest"),
        "short grace period": lambda pod: pod.update(terminationGracePeriodSeconds=30),
    }
    missed = []
    for name, change in mistakes.items():
        changed = copy.deepcopy(objects)
        change(pod_of(changed)["spec"])
        if not mismatches(changed):
            missed.append(name)
    check(not missed, f"{len(mistakes)} kinds of mistake are found", missed)


def leaves(values, prefix=""):
    """The names of all values, as deep as the table of the README lists them."""
    for name, value in values.items():
        path = f"{prefix}{name}"
        if isinstance(value, dict) and value and path not in {"settings", "resources"}:
            yield from leaves(value, path + ".")
        else:
            yield path


def check_documents():
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    table = set(re.findall(r"`([\w.]+)`", "".join(
        line.split("|")[1] for line in (CHART / "README.md").read_text().splitlines() if line.startswith("| `"))))
    check(set(leaves(values)) == table, f"the table of the README has all {len(table)} values, and no other",
          set(leaves(values)) ^ table)
    schema = json.loads((CHART / "values.schema.json").read_text())
    fixed = {"PORT", "MANAGEMENT_PORT", "STATIC_DIR"}
    settings = set(schema["properties"]["settings"]["properties"])
    check(settings == known_settings() - fixed, "the schema has the settings of the binary", settings)
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    check(chart["version"] == chart["appVersion"] == VERSION, "the chart has the version of the service")


def main():
    quick = "quick" in sys.argv[1:]
    for name, values in {"defaults": [], "everything on": EVERYTHING, "everything off": NOTHING}.items():
        result = helm("lint", "--strict", "--quiet", CHART, *sets(values))
        check(result.returncode == 0, f"{name}: helm lint", result.stdout + result.stderr)
        text, objects = render(values)
        check_schemas(name, objects)
        found = mismatches(objects)
        check(not found, f"{name}: {len(objects)} objects match the image and each other", found)
        # checkov rightly objects to a chart without a network policy.
        if not quick and values is not NOTHING:
            with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
                file.write(text)
                file.flush()
                check_command(f"{name}: checkov", ROOT / "target/judge-checkov/bin/checkov", "--compact", "--quiet",
                              "--skip-download", "--framework", "kubernetes", "--file", file.name)
    check_mistakes(render([])[1])
    accepted = [value for value in INVALID if helm("template", CHART, "--set", value).returncode == 0]
    check(not accepted, f"{len(INVALID)} invalid values are rejected", accepted)
    with tempfile.TemporaryDirectory() as folder:
        check_command("helm package", TOOLS / "bin/helm", "package", CHART, "--destination", folder)
    check_documents()
    finish()


main()
