#!/usr/bin/env python3
"""Changes the code at one place at a time, and fails if the tests notice less than 95 % of these changes.

The arguments are those of `cargo mutants`: `--re src/list.rs` for one file, `--shard 0/8` for a part of the changes.
`.cargo/mutants.toml` has the settings, and the changes that no test can notice.

On two cores, a change to the service takes 5 to 10 seconds, and all 350 of them take about 40 minutes.
"""

import json
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MINIMUM = 0.95
# These tests take longer than all others together, and notice hardly any change to these folders.
SKIPPED = [f"server::{name}::" for name in ["clients", "healthcheck", "settings", "shutdown", "workers"]]
# The folders of each package, the tests that are built, and those of them that do not run.
PACKAGES = {
    "fibonacci": (["fibonacci/"], ["--lib", "--test=suite"], []),
    "fibonacci-web": (["src/web/request/", "src/web/response/", "src/engine/"], ["--test=suite"], SKIPPED),
}
# A test that does not end notices the change.
OUTCOMES = {"CaughtMutant": "caught", "Timeout": "caught", "MissedMutant": "missed", "Unviable": "unviable"}


def test(package, folders, tests, skipped, arguments):
    """The file of each change to these folders, and what came of it."""
    output = ROOT / "target" / "mutants" / package
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    files = [f"--file={folder}**" for folder in folders]
    command = ["cargo", "mutants", f"--package={package}", f"--output={output}"]
    command += [*files, *(f"--cargo-arg={test}" for test in tests), *arguments]
    command += ["--", "--", *(f"--skip={name}" for name in skipped)]
    status = subprocess.run(command, cwd=ROOT).returncode
    # 2 means that a change was missed, 3 that a test did not end.
    if status not in (0, 2, 3):
        raise SystemExit(status)
    report = output / "mutants.out" / "outcomes.json"
    outcomes = json.loads(report.read_text())["outcomes"] if report.exists() else []
    for outcome in outcomes:
        if outcome["scenario"] != "Baseline":
            yield outcome["scenario"]["Mutant"]["file"], OUTCOMES[outcome["summary"]]


def main():
    counts = {}
    for package, (folders, tests, skipped) in PACKAGES.items():
        counts |= {folder: Counter() for folder in folders}
        for file, outcome in test(package, folders, tests, skipped, sys.argv[1:]):
            counts[next(folder for folder in folders if file.startswith(folder))][outcome] += 1
    print("| code | changes | caught | missed | unviable |\n|---|---|---|---|---|")
    for folder, count in counts.items():
        print(f"| {folder} | {count.total()} | {count['caught']} | {count['missed']} | {count['unviable']} |")
    if any(count["caught"] < MINIMUM * (count["caught"] + count["missed"]) for count in counts.values()):
        raise SystemExit(f"less than {MINIMUM:.0%} caught")


if __name__ == "__main__":
    main()
