"""What every way to deploy has to agree with: the settings of the binary, and the image's ports, paths and user."""

import re
import subprocess
import tomllib

from service import PROGRAM, ROOT

VERSION = tomllib.loads((ROOT / "Cargo.toml").read_text())["package"]["version"]
IMAGE = f"ghcr.io/fibonacci-web/fibonacci-web:{VERSION}"


class Findings:
    """What was looked at, said in lines as it comes; the bad ones once more at the end."""

    def __init__(self):
        self.bad = []

    def check(self, holds, what, why=""):
        print(f"  {'ok  ' if holds else 'BAD '} {what}{'' if holds else f': {why}'}", flush=True)
        if not holds:
            self.bad.append(what)

    def tool(self, what, *command, **options):
        """A program that has nothing to say against something."""
        result = subprocess.run(list(map(str, command)), capture_output=True, text=True, **options)
        self.check(result.returncode == 0, what, (result.stdout + result.stderr).strip())

    def end(self):
        """Fails where something was bad."""
        if self.bad:
            raise SystemExit("BAD: " + "; ".join(self.bad))


def known_settings():
    """The names of the variables that the binary reads."""
    text = subprocess.run([PROGRAM, "--help"], check=True, capture_output=True, text=True).stdout
    return set(re.findall(r"\[env: (\w+)=", text))


def refusal(settings):
    """What the binary has against these settings; nothing where it would start with them."""
    # A health check of nobody reads the settings, and ends with 1 where they are good.
    result = subprocess.run([PROGRAM, "healthcheck"], env={"STATIC_DIR": "static", **settings, "PORT": "1"},
                            capture_output=True, text=True)
    return result.stderr if result.returncode == 2 else ""


def wrong_settings(settings):
    """What is wrong with these variables: names that the binary does not know, values that it refuses."""
    settings = {name: str(value) for name, value in settings.items()}
    unknown = settings.keys() - known_settings()
    return [f"{name} is unknown" for name in sorted(unknown)] or [text for text in [refusal(settings)] if text]


def image_facts():
    """What the Containerfile's last stage says: ports, user, variables, files, and how health is asked."""
    text = (ROOT / "Containerfile").read_text().rsplit("\nFROM ", 1)[1].replace("\\\n", " ")
    lines = [line.split(maxsplit=1) for line in text.splitlines()[1:] if line and not line.startswith("#")]
    facts = {word: rest for word, rest in lines}
    health = re.search(r"CMD (\[.*\])", facts["HEALTHCHECK"])[1]
    return {
        "ports": set(map(int, facts["EXPOSE"].split())),
        "user": facts["USER"],
        "environment": dict(re.findall(r"(\w+)=(\S+)", facts["ENV"])),
        "health": re.findall(r'"([^"]*)"', health),
        "program": re.findall(r'"([^"]*)"', facts["ENTRYPOINT"])[0],
        "files": [rest.split()[-1] for word, rest in lines if word == "COPY"],
    }
