#!/usr/bin/env python3
"""Checks the pages with independent tools; `just judge-pages` sets it up.

- The W3C validator (vnu) and Stylelint: no message.
- lynx and w3m: the numbers are readable and the form works.
- Schemathesis: the API matches `/openapi.json`.
- Chromium (judge_pages.mjs): typical tasks by pointer and by keyboard, with and without scripts; axe; without `quick`
  also Lighthouse.
"""

import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

from checks import check, check_command, failures, finish, say
from service import ROOT, Service

BIN = pathlib.Path(sys.executable).parent
MODULES = ROOT / "target/judge-pages/node_modules"
F100 = "354224848179261915075"

# Every kind of page and of picture, for the validator.
PAGES = (
    "/", "/first?n=0", "/first?n=10", "/first?n=2500&page=2", "/first?n=50&from=1000000", "/nth?n=0",
    "/nth?n=100", "/nth?n=3000", "/nth?n=40000", "/nth?n=1000000", "/nth?n=99999999999", "/nth?n=-8", "/index?of=1",
    "/index?of=144", "/index?of=150", "/api", "/nth?n=abc", "/nth?n=1.000", "/first?n=20000",
    "/first?n=5&from=x", "/first?n=5&page=9", "/first?upto=1000", "/first?upto=x", "/nth?n=100&mod=10", "/nth?n=5&mod=0",
    "/nth?n=1000000&digit=500", "/nth?n=1000000&digit=0", "/index?of=x", "/nowhere",
)
PICTURES = ("/first.svg?n=0", "/first.svg?n=10", "/first.svg?n=1000")

SCHEMATHESIS = """
seed = 1
workers = 1
request-timeout = 60

# What is allowed depends on several parameters together, which JSON Schema cannot express: the size of a list on n,
# from and upto, the index of a term on mod.
[[operations]]
include-path-regex = "^/(first|nth)"
# Most random combinations of them are refused.
warnings = false
checks.positive_data_acceptance.expected-statuses = ["2xx", "3xx", 401, 403, 404, 409, 422, 429, "5xx"]

[warnings]
fail-on = true
"""


def output(*command, **options):
    """The exit status and the output of a program."""
    result = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=300, **options,
    )
    return result.returncode, result.stdout


def body(address):
    """The body of a response, whatever its status."""
    try:
        with urllib.request.urlopen(address, timeout=60) as response:
            return response.read()
    except urllib.error.HTTPError as error:
        return error.read()


def check_markup(service, folder):
    say("vnu")
    names = {}
    for number, path in enumerate((*PAGES, *PICTURES)):
        file = folder / f"{number}.{'svg' if path in PICTURES else 'html'}"
        file.write_bytes(body(service.base + path))
        names[file] = path[:50]
    for path in ("static/style.css", "static/icon.svg"):
        names[ROOT / path] = path
    _, report = output(
        "java", "-jar", MODULES / "vnu-jar/build/dist/vnu.jar",
        "--also-check-css", "--also-check-svg", "--format", "json", *names,
    )
    messages = {file: [] for file in names}
    for message in json.loads(report)["messages"]:
        file = pathlib.Path(message["url"].removeprefix("file:"))
        kind, line = message.get("subType", message["type"]), message.get("lastLine")
        messages[file].append(f"{kind} in line {line}: {message['message']}")
    for file, name in names.items():
        check(not messages[file], name, "; ".join(messages[file]))


def check_style(folder):
    say("Stylelint")
    config = folder / "stylelint.json"
    config.write_text('{"extends": "stylelint-config-standard"}')
    for path in ("static/style.css", "templates/picture.css"):
        check_command(
            path, "node", MODULES / "stylelint/bin/stylelint.mjs", "--config", config, "--config-basedir", MODULES,
            "--max-warnings", "0", "--formatter", "unix", ROOT / path,
        )


def check_text_browsers(service, folder):
    say("lynx and w3m")
    rows = [(str(n), term) for n, term in enumerate("0 1 1 2 3 5 8 13 21 34".split())]
    for name, command in (("lynx", ("lynx", "-dump", "-nolist")), ("w3m", ("w3m", "-dump"))):
        def page(path):
            return output(*command, service.base + path)[1]

        check(F100 in page("/nth?n=100"), f"{name}: F(100) is readable")
        # The address that the second button requests in a browser without support for formaction.
        check(F100 in page("/first?n=100&show=nth"), f"{name}: F(100) from the form is readable")
        found = re.findall(r"^\s*(\d+)\s+(\d+)\s*$", page("/first?n=10"), re.MULTILINE)
        check(found == rows, f"{name}: a list of ten terms is readable", found)
        check("“abc” is not a whole number." in page("/nth?n=abc"), f"{name}: the error message for “abc” is readable")
    for label, buttons, typed, expected in (
        ("List the first n", 1, "10", "The first 10 Fibonacci numbers"), ("Show F(n)", 2, "100", F100),
    ):
        # Four links precede the field; the buttons follow it.
        keys = ["Down Arrow"] * 4 + list(typed) + ["Down Arrow"] * buttons + ["^J", "Q", "y"]
        script = folder / "keys"
        script.write_text("".join(f"key {key}\n" for key in keys))
        # lynx needs a terminal to be interactive; `script` provides one.
        command = shlex.join(["lynx", f"-cmd_script={script}", service.base + "/"])
        terminal = {**os.environ, "TERM": "vt100", "LINES": "60", "COLUMNS": "100"}
        _, screen = output("script", "--quiet", "--command", command, "/dev/null", env=terminal)
        check(expected in screen, f"lynx: {typed} and the button {label} show {expected}")


def check_api(service, folder, quick):
    say("Schemathesis")
    config = folder / "schemathesis.toml"
    config.write_text(SCHEMATHESIS)
    # It writes its files to the current folder.
    status, report = output(
        BIN / "schemathesis", "--no-color", "--config-file", config, "run", service.base + "/openapi.json",
        "--checks", "all", "--max-examples", "10" if quick else "50", cwd=folder,
    )
    if status != 0:
        say(report)
    summary = re.search(r"\d+ generated.*", report)
    check(status == 0 and summary, summary[0] if summary else "no summary")


def check_in_chromium(service, quick):
    command = ["node", ROOT / "tests/judge_pages.mjs", service.base, MODULES, *(["quick"] if quick else [])]
    # It prints its own checks.
    if subprocess.run(command, timeout=3000).returncode != 0:
        failures.append("Chromium")


def main():
    quick = sys.argv[1:] == ["quick"]
    with tempfile.TemporaryDirectory() as folder, Service(SECURITY_CONTACT="mailto:a@example.org") as service:
        folder = pathlib.Path(folder)
        check_markup(service, folder)
        check_style(folder)
        check_text_browsers(service, folder)
        check_api(service, folder, quick)
        check_in_chromium(service, quick)
    finish()


if __name__ == "__main__":
    main()
