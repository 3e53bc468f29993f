#!/usr/bin/env python3
"""Checks the Helm chart and the Kustomize files with independent tools and against the image.

`just judge-ops` sets it up. Helm's linter; every object against the schema of its kind; without `quick` also checkov.
The script itself: settings, ports, user and paths match the binary and its image, names, labels and selectors are
right for each set of values, Kustomize makes the same objects as the chart, and the chart rejects invalid values.
"""

import copy
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import kubernetes_validate
import yaml
from checks import check, check_command, finish, say
from deployment import IMAGE, VERSION, image_facts, known_settings, wrong_settings
from service import ROOT

TOOLS = ROOT / "target/judge-helm"
CHART = ROOT / "deploy/helm"
KUSTOMIZE = ROOT / "deploy/kustomize"
# The Kubernetes versions whose schemas the objects are checked against: the first of the chart, and recent ones.
KUBERNETES = ("1.25", "1.31", "1.34")
# Values files, and the images of those that do not use the default.
DIGEST = "sha256:" + 4 * "0123456789abcdef"
FILES = {path.name.removesuffix("-values.yaml"): path for path in sorted(CHART.glob("ci/*-values.yaml"))}
IMAGES = {
    "everything": f"registry.example/mirror/fibonacci-web@{DIGEST}",
    "single": f"{IMAGE}@{DIGEST}",
}
# Names of releases: usual; without the name of the chart; as long as Helm allows, one of them cut
# at a hyphen.
RELEASES = ["fibonacci-web", "numbers", 53 * "a", 51 * "a" + "-b"]
# Values that make a name or a label too long, if it is not cut.
LONG = {
    "a long nameOverride": ["nameOverride=" + 70 * "a"],
    "a long fullnameOverride": ["fullnameOverride=" + 62 * "a" + "-bcdefg"],
    "a long tag": ["image.tag=" + 62 * "a" + "-" + 60 * "b"],
}
# Each with what the message has to name.
INVALID = {
    "settings.MAX_NHT=1": "MAX_NHT", "settings.MAX_NTH=0": "MAX_NTH", "settings.MAX_NTH=100000001": "MAX_NTH",
    "settings.MAX_NTH=many": "MAX_NTH", "settings.PORT=80": "PORT", "settings.HOST=127.0.0.1": "HOST",
    "settings.LOG_FORMAT=xml": "LOG_FORMAT", "settings.SECURITY_CONTACT=me": "SECURITY_CONTACT",
    "settings.PUBLIC_ORIGIN=numbers.example": "PUBLIC_ORIGIN",
    "image.digest=latest": "digest", "image.tag=a:b": "tag", "image.tag=@" + DIGEST: "tag",
    "service.port=0": "port", "service.ipFamilyPolicy=Dual": "ipFamilyPolicy", "resources.limits=null": "limits",
    "replica=3": "replica", "autoscaling.minReplicas=0": "minReplicas",
    "podDisruptionBudget.maxUnavailable=0": "maxUnavailable", "podDisruptionBudget.maxUnavailable=0%": "maxUnavailable",
    "nameOverride=Numbers": "nameOverride", "fullnameOverride=a_b": "fullnameOverride",
    "commonLabels.a=b/c": "commonLabels", "podLabels.a=b c": "podLabels", "updateStrategy.type=Never": "updateStrategy",
    "livenessProbe.httpGet.path=/": "httpGet", "extraEnv[0].value=a": "extraEnv", "extraEnv[0].name=PORT": "service.port",
    "ingress.path=fibonacci": "path", "ingress.path=/a b": "path", "ingress.hosts[0].host=a": "hosts",
    "ingress.tls[0].secret=a": "secret", "httpRoute.path=/a//b": "path", "httpRoute.path=/a/..": "path",
    "settings.TRUSTED_PROXIES=proxy": "TRUSTED_PROXIES",
    "settings.TRUSTED_PROXIES=": "TRUSTED_PROXIES", "settings.LOG_CLIENT=no": "LOG_CLIENT",
    "settings.LOG_TRACE_PROJECT=A": "LOG_TRACE_PROJECT", "settings.HOST=0.0.0.0\\,127.0.0.1": "HOST",
    "settings.BASE_PATH=a": "BASE_PATH", "settings.BASE_PATH=/.": "BASE_PATH",
    "ingress.enabled=true,ingress.path=/a,httpRoute.enabled=true": "settings.BASE_PATH",
}
LABEL = re.compile(r"([A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?)?", re.ASCII)
NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


def run(program, *arguments, **options):
    return subprocess.run([TOOLS / "bin" / program, *arguments], capture_output=True, text=True, cwd=ROOT, **options)


def sets(values):
    return [argument for value in values for argument in ("--set", value)]


def objects_of(text):
    return [item for item in yaml.safe_load_all(text) if item]


def render(*arguments, release="fibonacci-web", chart=CHART):
    """The output of `helm template`."""
    result = run("helm", "template", release, chart, "--namespace", "fibonacci", *arguments)
    if result.returncode:
        check(False, f"helm template {' '.join(map(str, arguments))}", result.stderr)
        finish()
    return result.stdout


def kustomize(folder):
    """The output of `kubectl kustomize`."""
    result = run("kubectl", "kustomize", folder)
    if result.returncode:
        check(False, f"kubectl kustomize {folder}", result.stderr)
        finish()
    return result.stdout


def is_custom(item):
    return item["apiVersion"].startswith(("monitoring.coreos.com/", "gateway.networking.k8s.io/"))


def schema_errors(objects):
    """What the schemas of Kubernetes object to, in the objects that are not custom resources."""
    found = []
    for version in KUBERNETES:
        for item in objects:
            if not is_custom(item):
                try:
                    kubernetes_validate.validate(item, version, strict=True)
                except kubernetes_validate.ValidationError as error:
                    found.append(f"{version}: {item['kind']} {item['metadata']['name']}: {error.message}")
    return found


def check_custom(objects):
    """Checks custom resources against models generated from their definitions."""
    kinds = sorted({item["kind"] for item in objects})
    check_command(f"models of {', '.join(kinds)}: {len(objects)} objects", "node", ROOT / "tests/models.mjs", cwd=TOOLS,
                  stdin=json.dumps(objects))


def check_with_checkov(name, text):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(text)
        file.flush()
        check_command(f"{name}: checkov", ROOT / "target/judge-checkov/bin/checkov", "--compact", "--quiet",
                      "--skip-download", "--framework", "kubernetes", "--file", file.name)


def deployment_of(objects):
    return next(it for it in objects if it["kind"] == "Deployment")["spec"]


def pod_of(objects):
    return deployment_of(objects)["template"]


def pods_of(objects):
    return [pod_of(objects)["spec"], *(item["spec"] for item in objects if item["kind"] == "Pod")]


def environment(objects):
    """The variables of the container with a value of their own, which may be in a ConfigMap of the same file."""
    container = pod_of(objects)["spec"]["containers"][0]
    maps = {item["metadata"]["name"]: item["data"] for item in objects if item["kind"] == "ConfigMap"}
    found = {}
    for source in container.get("envFrom", []):
        found.update(maps.get(source["configMapRef"]["name"], {}))
    found.update({item["name"]: item["value"] for item in container.get("env", []) if "value" in item})
    return found


def all_labels(item):
    """The labels and selectors in an object, as deep as they may be."""
    if isinstance(item, dict):
        for name, value in item.items():
            if name in {"labels", "matchLabels"} and isinstance(value, dict):
                yield from value.items()
            else:
                yield from all_labels(value)
    elif isinstance(item, list):
        for value in item:
            yield from all_labels(value)


def wrong_names(objects):
    """Names, labels and references that Kubernetes would reject, or that lead nowhere."""
    found = []
    names = [(item["kind"], item["metadata"]["name"]) for item in objects]
    found += [f"{kind} {name} twice" for kind, name in set(names) if names.count((kind, name)) > 1]
    found += [f"{kind} {name}" for kind, name in names if not NAME.fullmatch(str(name))
              or kind == "Service" and name[0].isdigit()]
    found += [f"label {name}: {value}" for name, value in all_labels(objects)
              if not isinstance(value, str) or not LABEL.fullmatch(value)]
    ports = {item["metadata"]["name"]: {port["name"] for port in item["spec"]["ports"]} | {
        port["port"] for port in item["spec"]["ports"]} for item in objects if item["kind"] == "Service"}
    for item in objects:
        if item["kind"] == "Ingress":
            for rule in item["spec"]["rules"]:
                service = rule["http"]["paths"][0]["backend"]["service"]
                if service["port"]["name"] not in ports.get(service["name"], ()):
                    found.append(f"Ingress to {service}")
        if item["kind"] == "HTTPRoute":
            service = item["spec"]["rules"][0]["backendRefs"][0]
            if service["port"] not in ports.get(service["name"], ()):
                found.append(f"HTTPRoute to {service}")
        if item["kind"] == "HorizontalPodAutoscaler":
            target = item["spec"]["scaleTargetRef"]
            if (target["kind"], target["name"]) not in names:
                found.append(f"autoscaler of {target}")
        if item["kind"] == "Pod":
            host = re.fullmatch(r"http://([\w-]+):(\d+)/.*", item["spec"]["containers"][0]["env"][0]["value"])
            if int(host[2]) not in ports.get(host[1], ()):
                found.append(f"helm test requests {host[0]}")
    account = pod_of(objects)["spec"]["serviceAccountName"]
    if account != "default" and ("ServiceAccount", account) not in names:
        found.append(f"service account {account}")
    return found


def paths(objects):
    """The paths under which a proxy publishes the service."""
    for item in objects:
        if item["kind"] == "Ingress":
            yield from (rule["http"]["paths"][0]["path"].rstrip("/") for rule in item["spec"]["rules"])
        if item["kind"] == "HTTPRoute":
            yield from (match["path"]["value"].rstrip("/") for rule in item["spec"]["rules"] for match in rule["matches"])


def mismatches(objects, image=IMAGE):
    """Where the objects differ from the binary and its image, or from each other."""
    facts, template = image_facts(), pod_of(objects)
    pod = template["spec"]
    container = pod["containers"][0]
    settings = environment(objects)
    found = wrong_settings(settings)
    # The image sets the folder, and the manifests set the ports.
    found += [f"{name} is set" for name in settings if name in {"STATIC_DIR", "PORT", "MANAGEMENT_PORT"}]
    # The kubelet sends its probes to the address of the pod.
    if not {"0.0.0.0", "::"} & set(settings.get("HOST", "0.0.0.0").split(",")):
        found.append(f"HOST is {settings['HOST']}")
    published = set(paths(objects))
    if published and published != {settings.get("BASE_PATH", "")}:
        found.append(f"published at {published}, and BASE_PATH is {settings.get('BASE_PATH')}")
    ports = {item["name"]: item["containerPort"] for item in container["ports"]}
    if set(ports.values()) != facts["ports"] or ports.get("http") != 8080:
        found.append(f"ports {ports}")
    user, group = map(int, facts["user"].split(":"))
    for one in pods_of(objects):
        security = one["securityContext"]
        # Without a user, the cluster assigns one.
        if (security.get("runAsUser", user), security.get("runAsGroup", group)) != (user, group):
            found.append(f"user {security['runAsUser']}")
        restricted = one["containers"][0]["securityContext"]
        if not (security["runAsNonRoot"] and security["seccompProfile"] == {"type": "RuntimeDefault"}
                and restricted["capabilities"] == {"drop": ["ALL"]} and not restricted["allowPrivilegeEscalation"]
                and restricted["readOnlyRootFilesystem"]):
            found.append(f"security context {security} {restricted}")
        if one["enableServiceLinks"] is not False or one["automountServiceAccountToken"] is not False:
            found.append("service links or a token")
    if container["image"] != image or "command" in container:
        found.append(f"image {container['image']}")
    probes = {name: item["httpGet"] for name, item in container.items() if name.endswith("Probe")}
    expected = {"startupProbe": "/healthz", "livenessProbe": "/healthz", "readinessProbe": "/readyz"}
    if not {"livenessProbe", "readinessProbe"} <= probes.keys() or any(
        item != {"path": expected[name], "port": "management"} for name, item in probes.items()
    ):
        found.append(f"probes {probes}")
    if pod["terminationGracePeriodSeconds"] < 5 + sum(
        int(settings.get(name, default)) for name, default in (("DRAIN_DELAY", 5), ("SHUTDOWN_TIMEOUT", 30))
    ):
        found.append("the grace period is shorter than the drain")
    labels = template["metadata"]["labels"].items()
    scaled = [item["spec"]["maxReplicas"] for item in objects if item["kind"] == "HorizontalPodAutoscaler"]
    most = scaled[0] if scaled else deployment_of(objects)["replicas"]
    for item in objects:
        spec = item.get("spec", {})
        selector = spec.get("selector") or spec.get("podSelector") or {}
        if item["kind"] in {"Service", "Deployment", "PodDisruptionBudget", "NetworkPolicy"}:
            expected = selector.get("matchLabels", selector)
            if not expected or not expected.items() <= labels:
                found.append(f"{item['kind']} selects {expected}")
            found += [f"{item['kind']} selects the pod of `helm test`" for pod in objects
                      if pod["kind"] == "Pod" and expected.items() <= pod["metadata"]["labels"].items()]
        if item["kind"] == "Service" and any(port["targetPort"] not in ports for port in spec["ports"]):
            found.append(f"{item['metadata']['name']} has the ports {spec['ports']}")
        # A budget that allows no disruption blocks every drain; Kubernetes rounds a percentage up.
        if item["kind"] == "PodDisruptionBudget" and (
            most < 2 or str(spec.get("maxUnavailable", 0)).rstrip("%") == "0" or "minAvailable" in spec
        ):
            found.append(f"a budget of {spec} for {most} pods")
        if item["kind"] == "ServiceMonitor":
            expected = spec["selector"]["matchLabels"].items()
            services = [one for one in objects if one["kind"] == "Service"
                        and expected <= one["metadata"]["labels"].items()]
            if [one["spec"]["ports"][0]["name"] for one in services] != ["management"]:
                found.append(f"{item['kind']} selects {services}")
            if spec["endpoints"][0]["relabelings"] != [{"targetLabel": "job", "replacement": "fibonacci-web"}]:
                found.append("the job is not that of the rules")
        if item["kind"] == "PrometheusRule" and spec != yaml.safe_load(
            (ROOT / "deploy/monitoring/rules.yaml").read_text()
        ):
            found.append("the rules differ from deploy/monitoring")
    return found + wrong_names(objects)


def check_mistakes(objects):
    """Checks that `mismatches` finds each kind of mistake."""
    def add(name, value):
        return lambda objects: container(objects)["env"].append({"name": name, "value": value})

    def container(objects):
        return pod(objects)["containers"][0]

    def pod(objects):
        return pod_of(objects)["spec"]

    def first(objects, kind):
        return next(item for item in objects if item["kind"] == kind)

    mistakes = {
        "unknown setting": add("MAX_NHT", "1"),
        "invalid value": add("MAX_NTH", "0"),
        "wrong folder": add("STATIC_DIR", "/srv"),
        "loopback only": add("HOST", "127.0.0.1"),
        "wrong port": lambda objects: container(objects)["ports"][0].update(containerPort=8081),
        "wrong user": lambda objects: pod(objects)["securityContext"].update(runAsUser=1000),
        "wrong user of the test": lambda objects: pods_of(objects)[1]["securityContext"].update(runAsUser=1000),
        "writable files": lambda objects: container(objects)["securityContext"].update(readOnlyRootFilesystem=False),
        "service links": lambda objects: pod(objects).update(enableServiceLinks=True),
        "wrong image": lambda objects: container(objects).update(image="fibonacci-web:latest"),
        "short grace period": lambda objects: pod(objects).update(terminationGracePeriodSeconds=30),
        "wrong probe": lambda objects: container(objects)["readinessProbe"]["httpGet"].update(path="/healthz"),
        "blocked drain": lambda objects: first(objects, "PodDisruptionBudget")["spec"].update(maxUnavailable=0),
        "budget of one": lambda objects: first(objects, "HorizontalPodAutoscaler")["spec"].update(maxReplicas=1),
        "long name": lambda objects: first(objects, "Service")["metadata"].update(name=64 * "a"),
        "long label": lambda objects: first(objects, "Service")["metadata"]["labels"].update(a=64 * "a"),
        "label that is a number": lambda objects: first(objects, "Service")["metadata"]["labels"].update(a=1),
        "another path": add("BASE_PATH", "/fibonacci"),
        "no such account": lambda objects: pod(objects).update(serviceAccountName="another"),
    }
    missed = []
    for name, change in mistakes.items():
        changed = copy.deepcopy(objects)
        change(changed)
        if not mismatches(changed):
            missed.append(name)
    check(not missed, f"{len(mistakes)} kinds of mistake are found", missed)


def leaves(values, prefix=""):
    """The names of all values, as deep as the table of the README lists them."""
    whole = {"settings", "resources", "startupProbe", "livenessProbe", "readinessProbe", "updateStrategy",
             "podSecurityContext", "securityContext"}
    for name, value in values.items():
        path = f"{prefix}{name}"
        if isinstance(value, dict) and value and path not in whole:
            yield from leaves(value, path + ".")
        else:
            yield path


def value_at(values, path):
    for name in path.split("."):
        values = values.get(name) if isinstance(values, dict) else None
    return values


def scalars(item):
    if isinstance(item, dict | list):
        for value in item.values() if isinstance(item, dict) else item:
            yield from scalars(value)
    else:
        yield str(item)


def check_documents():
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    table = set(re.findall(r"`([\w.]+)`", "".join(
        line.split("|")[1] for line in (CHART / "README.md").read_text().splitlines() if line.startswith("| `"))))
    check(set(leaves(values)) == table, f"the table of the README has all {len(table)} values, and no other",
          set(leaves(values)) ^ table)
    others = [yaml.safe_load(path.read_text()) for path in FILES.values()]
    missing = [path for path in leaves(values)
               if all(value_at(other, path) in (None, value_at(values, path)) for other in others)]
    check(not missing, "each value differs from its default in one of the values files", missing)
    schema = json.loads((CHART / "values.schema.json").read_text())
    check(set(schema["properties"]) == {*values, "enabled", "global"}, "the schema has the values, `enabled` and `global`",
          set(schema["properties"]) ^ set(values))
    fixed = {"PORT", "MANAGEMENT_PORT", "STATIC_DIR"}
    settings = set(schema["properties"]["settings"]["properties"])
    check(settings == known_settings() - fixed, "the schema has the settings of the binary",
          settings ^ (known_settings() - fixed))
    listed = re.findall(r"^#?([A-Z_]+)=", (KUSTOMIZE / "overlays/example/settings.env").read_text(), re.MULTILINE)
    check(sorted(listed) == sorted(known_settings()), f"settings.env lists all {len(listed)} settings, once",
          set(listed) ^ known_settings())
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    check(chart["version"] == chart["appVersion"] == VERSION, "the chart has the version of the service")


def check_values():
    """What certain values do."""
    text = {name: render("--values", path) for name, path in FILES.items()}
    objects = {name: objects_of(one) for name, one in text.items()}
    values = yaml.safe_load(FILES["everything"].read_text())
    # The chart's own label, the setting that extraEnv replaces, and text with templates.
    del values["commonLabels"]["app.kubernetes.io/name"], values["podLabels"]["app.kubernetes.io/instance"]
    del values["image"], values["extraObjects"]
    rendered = set(scalars(objects["everything"]))
    lost = [value for value in scalars(values) if value not in rendered and value != "True"]
    check(not lost, "all values of ci/everything-values.yaml are in the objects", lost)
    everything = objects["everything"]
    check(environment(everything)["LOG_FORMAT"] == "text" and "json" not in rendered, "extraEnv replaces a setting")
    check(all(item["metadata"]["labels"].get("team") == "mathematics" for item in everything
              if not item["metadata"]["name"].endswith("-settings")), "commonLabels are on all objects of the chart")
    check(pod_of(everything)["metadata"]["labels"]["example.com/tier"] == "web"
          and all("example.com/tier" not in item["metadata"].get("labels", {}) for item in everything
                  if item["kind"] != "Service"), "podLabels are on the pods")
    check([item["kind"] for item in everything].count("ConfigMap") == 2 and "{{ include" not in text["everything"],
          "extraObjects are rendered")
    users = [pod["securityContext"] for pod in pods_of(objects["openshift"])]
    check(len(users) == 2 and all(user.keys() == {"runAsNonRoot", "seccompProfile"} for user in users),
          "openshift: no pod has a user of its own", users)
    kinds = sorted(item["kind"] for item in objects["nothing"])
    check(kinds == ["Deployment", "Pod", "Service", "Service"], "nothing: only what is needed", kinds)
    nothing = deployment_of(objects["nothing"])
    check(nothing["strategy"] == {"type": "Recreate"} and "topologySpreadConstraints" not in nothing["template"]["spec"]
          and "startupProbe" not in nothing["template"]["spec"]["containers"][0], "nothing: defaults can be removed")
    labels = pod_of(objects["single"])["metadata"]["labels"]
    check(labels["app.kubernetes.io/version"] == VERSION, "a tag with a digest: the label is the version", labels)
    for case, count, arguments in (
        ("one replica", 0, ["replicas=1", "autoscaling.enabled=false"]),
        ("no replica", 0, ["replicas=0", "autoscaling.enabled=false"]),
        ("two replicas", 1, ["replicas=2", "autoscaling.enabled=false"]),
        ("an autoscaler from one replica to one", 0, ["autoscaling.minReplicas=1", "autoscaling.maxReplicas=1"]),
        ("an autoscaler from one replica to ten", 1, ["autoscaling.minReplicas=1"]),
    ):
        kinds = [item["kind"] for item in objects_of(render(*sets(arguments)))]
        check(kinds.count("PodDisruptionBudget") == count, f"{case}: {count or 'no'} budget")
    for case, path, arguments in (
        ("a path", "/a", ["ingress.path=/a"]),
        ("a path with a slash", "/a", ["ingress.path=/a/"]),
        ("no path", None, []),
        ("a path of an Ingress that is off", None, ["ingress.enabled=false", "ingress.path=/a"]),
        ("the same paths", "/a", ["ingress.path=/a", "httpRoute.enabled=true", "httpRoute.path=/a/"]),
        ("a setting", "/b", ["ingress.path=/a", "settings.BASE_PATH=/b"]),
        ("an empty setting", "", ["ingress.path=/a", "settings.BASE_PATH="]),
        ("a setting for two paths", "/a", ["ingress.path=/a", "httpRoute.enabled=true", "settings.BASE_PATH=/a"]),
        ("a variable", "/b", ["ingress.path=/a", "extraEnv[0].name=BASE_PATH", "extraEnv[0].value=/b"]),
    ):
        container = pod_of(objects_of(render(*sets(["ingress.enabled=true", *arguments]))))["spec"]["containers"][0]
        found = [item["value"] for item in container["env"] if item["name"] == "BASE_PATH"]
        check(found == [path][:path is not None], f"{case}: BASE_PATH is {path!r}", found)
    for value, variable in (
        ("settings.LOG_CLIENT=off", "off"), ("settings.LOG_CLIENT=false", "off"), ("settings.LOG_CLIENT=true", "on"),
        ("settings.HOST=0.0.0.0\\,::", "0.0.0.0,::"), ("settings.MEMORY_BYTES=536870912", "536870912"),
        ("settings.TRUSTED_PROXIES=10.0.0.0/8\\, ::1\\,unix", "10.0.0.0/8, ::1,unix"),
    ):
        objects = objects_of(render("--set", value))
        name = re.match(r"settings\.(\w+)=", value)[1]
        found = [environment(objects)[name], *mismatches(objects)]
        check(found == [variable], f"{value}: {name} is {variable}", found)
    notes = run("helm", "install", "numbers", CHART, "--dry-run=client", "--values", FILES["ingress-nginx"]).stdout
    url = re.search(r"^Open it at (\S+)$", notes, re.MULTILINE)
    check(url and url[1] == "https://numbers.example/fibonacci", "the notes have the URL of the Ingress", notes[-500:])


def check_rejected():
    accepted = []
    for value, name in INVALID.items():
        result = run("helm", "template", CHART, "--set", value)
        message = [line for line in result.stderr.splitlines() if "symbolic link" not in line]
        if result.returncode == 0 or name not in "\n".join(message):
            accepted.append((value, message))
    check(not accepted, f"{len(INVALID)} invalid values are rejected, with a message that names them", accepted)


def check_subchart(folder):
    """Renders the chart as the dependency of another, also under an alias with capitals."""
    parent = Path(folder) / "parent"
    (parent / "templates").mkdir(parents=True)
    reference = {"name": "fibonacci-web", "version": VERSION, "repository": f"file://{CHART}"}
    (parent / "Chart.yaml").write_text(yaml.safe_dump({
        "apiVersion": "v2", "name": "parent", "version": "1.0.0",
        "dependencies": [{**reference, "condition": "fibonacci-web.enabled"},
                         {**reference, "alias": "fibonacciWeb", "condition": "fibonacciWeb.enabled"}]}))
    (parent / "values.yaml").write_text(yaml.safe_dump({
        "global": {"imageRegistry": "registry.example"},
        "fibonacci-web": {"enabled": True, "settings": {"MAX_NTH": 1000}, "startupProbe": None,
                          "monitoring": {"enabled": True},
                          "podSecurityContext": {"runAsUser": None, "runAsGroup": None}},
        "fibonacciWeb": {"enabled": False}}))
    check_command("subchart: helm dependency update", TOOLS / "bin/helm", "dependency", "update", parent)
    objects = objects_of(render(chart=parent, release="numbers"))
    found = mismatches(objects) + schema_errors(objects)
    check(not found and environment(objects)["MAX_NTH"] == "1000", f"subchart: {len(objects)} objects", found)
    pod = pod_of(objects)["spec"]
    check("runAsUser" not in pod["securityContext"] and "startupProbe" not in pod["containers"][0],
          "subchart: its parent can remove defaults", pod["securityContext"])
    none = objects_of(render("--set", "fibonacci-web.enabled=false", chart=parent))
    check(not none, "subchart: `enabled` switches it off", none)
    objects = objects_of(render(*sets(["fibonacci-web.enabled=false", "fibonacciWeb.enabled=true"]), chart=parent))
    found = mismatches(objects) + schema_errors(objects)
    check(objects and not found, f"subchart: {len(objects)} objects under an alias with capitals", found)


def comparable(objects):
    """The objects by kind and name, without what Helm and Kustomize add, and with the settings in the container."""
    result = {}
    settings = environment(objects)
    for item in copy.deepcopy(objects):
        if item["kind"] in {"ConfigMap", "Pod"}:
            continue
        result[item["kind"], item["metadata"]["name"]] = item
        item["metadata"].pop("namespace", None)
        item["metadata"].pop("annotations", None)
        for metadata in (item["metadata"], item["spec"].get("template", {}).get("metadata", {}) if "spec" in item else {}):
            for label in ("app.kubernetes.io/managed-by", "app.kubernetes.io/version", "helm.sh/chart"):
                metadata.get("labels", {}).pop(label, None)
        if item["kind"] == "Deployment":
            container = item["spec"]["template"]["spec"]["containers"][0]
            container.pop("envFrom", None)
            container["env"] = settings
    return result


def check_kustomize(quick):
    say("kustomize")
    base, overlay = KUSTOMIZE / "base", KUSTOMIZE / "overlays/example"
    chart, objects = comparable(objects_of(render())), objects_of(kustomize(base))
    same = comparable(objects)
    check(chart.keys() == same.keys(), f"base: the {len(same)} objects of the chart", chart.keys() ^ same.keys())
    different = [key for key in chart if chart[key] != same.get(key)]
    check(not different, "base: they are the same", [(chart[key], same.get(key)) for key in different])
    text = kustomize(overlay)
    for name, one in {"base": objects, "overlay": objects_of(text)}.items():
        found = mismatches(one) + schema_errors(one)
        check(not found, f"{name}: {len(one)} objects match the image, the schemas and each other", found)
    objects = objects_of(text)
    namespaces = {item["metadata"].get("namespace") for item in objects if item["kind"] != "Namespace"}
    check(namespaces == {"fibonacci"}, "overlay: all objects are in the namespace", namespaces)
    scaled = next(item for item in objects if item["kind"] == "HorizontalPodAutoscaler")
    check(scaled["spec"]["minReplicas"] == 3, "overlay: the patch of the autoscaler applies")
    check(environment(objects).keys() >= {"LOG_FORMAT", "BASE_PATH"}, "overlay: settings are added to those of the base")
    check_variant(overlay)
    if not quick:
        check_with_checkov("kustomize", text)


def check_variant(overlay):
    """Uncomments what the overlay has as comments: a digest, and no user for OpenShift."""
    with tempfile.TemporaryDirectory(dir=TOOLS) as folder:
        shutil.copytree(KUSTOMIZE, folder, dirs_exist_ok=True)
        file = Path(folder) / overlay.relative_to(KUSTOMIZE) / "kustomization.yaml"
        text = re.sub(r"^( *)# (?=digest:|- target|  )", r"\1", file.read_text(), flags=re.MULTILINE)
        file.write_text(text.replace("sha256:…", DIGEST))
        objects = objects_of(kustomize(file.parent))
    found = mismatches(objects, image=f"{IMAGE}@{DIGEST}") + schema_errors(objects)
    security = pod_of(objects)["spec"]["securityContext"]
    check(not found and security.keys() == {"runAsNonRoot", "seccompProfile"},
          "overlay: its comments work: a digest, and no user", [*found, security])


def main():
    quick = "quick" in sys.argv[1:]
    cases = {"defaults": (RELEASES[0], [])}
    cases |= {f"release {release}": (release, []) for release in RELEASES[1:]}
    cases |= {name: (RELEASES[0], ["--values", path]) for name, path in FILES.items()}
    cases |= {f"{name}, release {RELEASES[2]}": (RELEASES[2], ["--values", path]) for name, path in FILES.items()}
    cases |= {name: (RELEASES[2], sets(values)) for name, values in LONG.items()}
    # YAML reads it as a number. The name of a Service starts with a letter.
    cases["release 1234"] = ("1234", sets(["fullnameOverride=numbers"]))
    custom = []
    for name, (release, arguments) in cases.items():
        result = run("helm", "lint", "--strict", "--quiet", CHART, *arguments)
        text = render(*arguments, release=release)
        objects = objects_of(text)
        image = IMAGES.get(name.partition(",")[0], IMAGE)
        if name == "a long tag":
            image = IMAGE.replace(VERSION, arguments[1].partition("=")[2])
        found = [result.stdout + result.stderr] if result.returncode else []
        found += schema_errors(objects) + mismatches(objects, image)
        check(not found, f"{name}: {len(objects)} objects match the image, the schemas and each other", found)
        custom += filter(is_custom, objects)
        # checkov rightly objects to a chart without a network policy, to a user of the cluster's choice, and to
        # images without a tag it knows.
        if not quick and name in {"defaults", "ingress-nginx", "gateway", "everything"}:
            check_with_checkov(name, text)
    check_custom(custom)
    check_values()
    check_mistakes(objects_of(render("--set", "ingress.enabled=true")))
    check_rejected()
    with tempfile.TemporaryDirectory() as folder:
        check_command("helm package", TOOLS / "bin/helm", "package", CHART, "--destination", folder)
        check_subchart(folder)
    check_kustomize(quick)
    check_documents()
    finish()


main()
