#!/usr/bin/env python3
"""Judges the pages by what others wrote; `just judge-pages` sets it up.

Chromium: the task by pointer and by keyboard, with scripts and without; axe; Lighthouse, but with
`quick`. The validator of the W3C (vnu) and Stylelint: no message. lynx and w3m: the number, and the
form. Schemathesis: the API is what `/openapi.json` says.
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

from service import ROOT, Service

HERE = pathlib.Path(sys.executable).parent
MODULES = ROOT / "target/judge-pages/node_modules"
F100 = "354224848179261915075"

# What the validator reads: each kind of page, and of picture.
PAGES = (
    "/", "/first?n=0", "/first?n=10", "/first?n=2500&page=2", "/first?n=50&from=1000000", "/nth?n=0",
    "/nth?n=100", "/nth?n=3000", "/nth?n=50000", "/nth?n=1000000", "/nth?n=99999999999", "/nth?n=-8", "/index?of=1",
    "/index?of=144", "/index?of=150", "/api", "/nth?n=abc", "/nth?n=1e3", "/first?n=20000",
    "/first?n=5&from=x", "/first?n=5&page=9", "/index?of=x", "/nowhere",
)
PICTURES = ("/first.svg?n=0", "/first.svg?n=10", "/first.svg?n=1000")

SCHEMATHESIS = """
seed = 1
workers = 1
request-timeout = 60

# What a list weighs comes of n and of from together, which JSON Schema cannot say.
[[operations]]
include-path-regex = "^/first"
checks.positive_data_acceptance.expected-statuses = ["2xx", "3xx", 401, 403, 404, 409, 422, 429, "5xx"]

[warnings]
fail-on = true
"""

failures = []


def say(text):
    print(text, flush=True)


def check(holds, what):
    """Says what was seen, and goes on: one run tells all that is wrong."""
    say(f"  {'ok  ' if holds else 'BAD '} {what}")
    if not holds:
        failures.append(what)


def output(*command, **options):
    """The status of a program, and all that it says."""
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=300, **options,
    )
    return done.returncode, done.stdout


def body(address):
    """The body of any answer, an error's too."""
    try:
        with urllib.request.urlopen(address, timeout=60) as answer:
            return answer.read()
    except urllib.error.HTTPError as error:
        return error.read()


def judge_markup(service, folder):
    say("vnu")
    names = {}
    for number, path in enumerate((*PAGES, *PICTURES)):
        file = folder / f"{number}.{'svg' if path in PICTURES else 'html'}"
        file.write_bytes(body(service.base + path))
        names[file] = path[:50]
    for path in ("static/style.css", "static/icon.svg"):
        names[ROOT / path] = path
    _, said = output(
        "java", "-jar", MODULES / "vnu-jar/build/dist/vnu.jar",
        "--also-check-css", "--also-check-svg", "--format", "json", *names,
    )
    about = {file: [] for file in names}
    for message in json.loads(said)["messages"]:
        file = pathlib.Path(message["url"].removeprefix("file:"))
        kind, line = message.get("subType", message["type"]), message.get("lastLine")
        about[file].append(f"{kind} in line {line}: {message['message']}")
    for file, name in names.items():
        check(not about[file], f"{name}: {'; '.join(about[file]) or 'no message'}")


def judge_style(folder):
    say("Stylelint")
    config = folder / "stylelint.json"
    config.write_text('{"extends": "stylelint-config-standard"}')
    for path in ("static/style.css", "templates/picture.css"):
        status, said = output(
            "node", MODULES / "stylelint/bin/stylelint.mjs", "--config", config, "--config-basedir", MODULES,
            "--max-warnings", "0", "--formatter", "unix", ROOT / path,
        )
        check(status == 0, f"{path}: {said.strip() or 'no message'}")


def judge_text_browsers(service, folder):
    say("lynx and w3m")
    rows = [(str(n), term) for n, term in enumerate("0 1 1 2 3 5 8 13 21 34".split())]
    for name, command in (("lynx", ("lynx", "-dump", "-nolist")), ("w3m", ("w3m", "-dump"))):
        def page(path):
            return output(*command, service.base + path)[1]

        check(F100 in page("/nth?n=100"), f"{name}: F(100) can be read")
        # What the second button asks for in a browser that knows no formaction.
        check(F100 in page("/first?n=100&show=nth"), f"{name}: and where the form leads")
        seen = re.findall(r"^\s*(\d+)\s+(\d+)\s*$", page("/first?n=10"), re.MULTILINE)
        check(seen == rows, f"{name}: ten rows, {seen}")
        check("“abc” is not a whole number." in page("/nth?n=abc"), f"{name}: says what is wrong with “abc”")
    for label, buttons, typed, expected in (("First n", 1, "10", "The first 10 Fibonacci numbers"), ("nth", 2, "100", F100)):
        # Past three links to the field, and on to the button.
        keys = ["Down Arrow"] * 3 + list(typed) + ["Down Arrow"] * buttons + ["^J", "Q", "y"]
        script = folder / "keys"
        script.write_text("".join(f"key {key}\n" for key in keys))
        # lynx is only interactive on a terminal, which `script` is.
        command = shlex.join(["lynx", f"-cmd_script={script}", service.base + "/"])
        terminal = {**os.environ, "TERM": "vt100", "LINES": "60", "COLUMNS": "100"}
        _, screen = output("script", "--quiet", "--command", command, "/dev/null", env=terminal)
        check(expected in screen, f"lynx: {typed} and {label} lead to {expected}")


def judge_api(service, folder, quick):
    say("Schemathesis")
    config = folder / "schemathesis.toml"
    config.write_text(SCHEMATHESIS)
    # What it leaves behind is left in the folder.
    status, said = output(
        HERE / "schemathesis", "--no-color", "--config-file", config, "run", service.base + "/openapi.json",
        "--checks", "all", "--max-examples", "10" if quick else "50", cwd=folder,
    )
    if status != 0:
        say(said)
    check(status == 0, re.search(r"\d+ generated.*", said)[0])


def judge_in_chromium(service, quick):
    command = ["node", ROOT / "tests/judge_pages.mjs", service.base, MODULES, *(["quick"] if quick else [])]
    status = subprocess.run(command, timeout=3000).returncode
    if status != 0:
        failures.append("Chromium")


def main():
    quick = sys.argv[1:] == ["quick"]
    with tempfile.TemporaryDirectory() as folder, Service(SECURITY_CONTACT="mailto:a@example.org") as service:
        folder = pathlib.Path(folder)
        judge_markup(service, folder)
        judge_style(folder)
        judge_text_browsers(service, folder)
        judge_api(service, folder, quick)
        judge_in_chromium(service, quick)
    if failures:
        sys.exit("not as it should be:\n" + "\n".join(failures))
    say("judged")


if __name__ == "__main__":
    main()
