"""Facts that all deployment files must agree with: settings of the binary; ports, paths and user of the image."""

import re
import subprocess
import tomllib

from service import PROGRAM, ROOT

VERSION = tomllib.loads((ROOT / "Cargo.toml").read_text())["package"]["version"]
IMAGE = f"ghcr.io/fibonacci-web/fibonacci-web:{VERSION}"


def known_settings():
    """The names of the environment variables that the binary reads."""
    text = subprocess.run([PROGRAM, "--help"], check=True, capture_output=True, text=True).stdout
    return set(re.findall(r"\[env: (\w+)=", text))


def refusal(settings):
    """The error message of the binary for these settings, or an empty string if it accepts them."""
    # `healthcheck` validates the settings first: exit status 2 if they are invalid, 1 if no service responds.
    result = subprocess.run([PROGRAM, "healthcheck"], env={"STATIC_DIR": "static", **settings, "PORT": "1"},
                            capture_output=True, text=True)
    return result.stderr if result.returncode == 2 else ""


def wrong_settings(settings):
    """What is wrong with these environment variables: unknown names, or else an invalid value."""
    settings = {name: str(value) for name, value in settings.items()}
    unknown = settings.keys() - known_settings()
    return [f"{name} is unknown" for name in sorted(unknown)] or [text for text in [refusal(settings)] if text]


def image_facts():
    """Ports, user, environment, health check, program and files of the last stage of the Containerfile."""
    text = (ROOT / "Containerfile").read_text().rsplit("\nFROM ", 1)[1].replace("\\\n", " ")
    lines = [line.split(maxsplit=1) for line in text.splitlines()[1:] if line and not line.startswith("#")]
    facts = {instruction: arguments for instruction, arguments in lines}
    health = re.search(r"CMD (\[.*\])", facts["HEALTHCHECK"])[1]
    return {
        "ports": set(map(int, facts["EXPOSE"].split())),
        "user": facts["USER"],
        "environment": dict(re.findall(r"(\w+)=(\S+)", facts["ENV"])),
        "health": re.findall(r'"([^"]*)"', health),
        "program": re.findall(r'"([^"]*)"', facts["ENTRYPOINT"])[0],
    }
