"""Judges the repository itself; `tests/judge_repo.sh` sets it up.

Linters that others wrote: shellcheck, yamllint, typos, actionlint, zizmor, JSON schemas, hadolint, ruff, cargo-deny. Then
what has to be the same in several places: links and what they lead to, versions, settings, pinned actions, modes.
"""

import os
import pathlib
import re
import stat
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
HERE = "https://github.com/fibonacci-web/fibonacci-web/blob/main/"
IMAGE = "ghcr.io/fibonacci-web/fibonacci-web"
# What ruff looks for: errors and likely bugs; how code is laid out is nobody's business.
RULES = "B,E4,E7,E9,F,PLE,UP,W"
# Functions made in a loop are called in the same turn of it; lambdas may have names; `zip` may end with the shorter.
ALLOWED = "B023,B905,E731"

failures = []


def say(text):
    print(text, flush=True)


def check(holds, what):
    """Says what was seen, and remembers what is not as it should be."""
    say(f"  {'ok  ' if holds else 'BAD '} {what}")
    if not holds:
        failures.append(what)


def tracked():
    """The files of the repository, those not yet added too."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout
    return sorted(name for name in set(listed.split("\0")) if name and os.path.lexists(ROOT / name))


FILES = tracked()


def named(pattern):
    """The files whose whole path the pattern matches."""
    return [name for name in FILES if re.fullmatch(pattern, name)]


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def texts():
    """Every file that is text, with it."""
    for name in FILES:
        if (ROOT / name).is_file():
            try:
                yield name, read(name)
            except UnicodeDecodeError:
                pass


def judge(what, *command, text=None):
    """Has a linter judge, and shows what it found."""
    done = subprocess.run(
        command, cwd=ROOT, input=text or "", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300,
    )
    check(done.returncode == 0, what)
    if done.returncode:
        say(done.stdout.rstrip())


def recipes():
    """The recipes of the justfile that are scripts of bash."""
    for name, body in re.findall(r"^([\w-]+)[^\n]*:\n((?:(?: {4}[^\n]*)?\n)+)", read("justfile"), re.MULTILINE):
        script = re.sub(r"^ {4}", "", body, flags=re.MULTILINE)
        if script.startswith("#!/usr/bin/env bash"):
            yield name, re.sub(r"\{\{.*?\}\}", "value", script)


def judge_with_linters():
    say("linters")
    scripts = [*named(r".*\.sh"), ".ci/run"]
    judge(f"shellcheck: {len(scripts)} scripts", "shellcheck", *scripts)
    for name, script in recipes():
        judge(f"shellcheck: just {name}", "shellcheck", "-", text=script)
    yaml = named(r".*\.ya?ml")
    judge(f"yamllint: {len(yaml)} files", "yamllint", "--strict", *yaml)
    judge("typos", "typos")
    judge("actionlint", "actionlint")
    judge("zizmor", "zizmor", "--offline", "--quiet", "--persona", "pedantic", ".github")
    for schema, pattern in (
        ("github-workflows", r"\.github/workflows/.*"),
        ("github-issue-forms", r"\.github/ISSUE_TEMPLATE/.*\.yaml"),
        ("github-issue-config", r"\.github/ISSUE_TEMPLATE/config\.yml"),
        ("renovate", r"renovate\.json"),
    ):
        judge(f"schema: {schema}", "check-jsonschema", "--builtin-schema", f"vendor.{schema}", *named(pattern))
    judge("hadolint: Containerfile", "hadolint", "Containerfile")
    python = named(r".*\.py")
    judge(f"ruff: {len(python)} files", "ruff", "check", "--isolated", "--quiet", "--no-cache", "--target-version", "py311",
          "--output-format", "concise", "--select", RULES, "--ignore", ALLOWED, *python)
    judge("cargo deny: licences, bans, sources", "cargo", "deny", "--offline", "--locked", "--log-level", "warn",
          "check", "-D", "warnings", "--hide-inclusion-graph", "licenses", "bans", "sources")


def without_code(markdown):
    """Markdown without its blocks of code, where nothing is a link or a heading."""
    return re.sub(r"^( *)(```|~~~).*?^\1\2 *$", "", markdown, flags=re.MULTILINE | re.DOTALL)


def anchors(name):
    """What can follow a # behind the name of a Markdown file, as GitHub makes it of the headings."""
    found, text = set(), without_code(read(name))
    for heading in re.findall(r"^#{1,6} +(.*?)[ #]*$", text, re.MULTILINE):
        heading = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        unique, number = slug, 0
        while unique in found:
            number += 1
            unique = f"{slug}-{number}"
        found.add(unique)
    return found


def leads_somewhere(target, anchor):
    """Whether a file is there, and the heading in it."""
    name = os.path.normpath(target)
    if name in FILES:
        return not anchor or name.endswith(".md") and anchor in anchors(name)
    return not anchor and any(file.startswith(f"{name}/") for file in FILES)


def judge_links():
    say("links")
    for name in named(r".*\.md"):
        text, folder = re.sub(r"(`+).*?\1", "", without_code(read(name))), pathlib.PurePosixPath(name).parent
        targets = re.findall(r"\]\(<?([^)\s>]+)>?(?: \"[^\"]*\")?\)", text)
        targets += re.findall(r"^\[[^]]+\]: +(\S+)", text, re.MULTILINE)
        targets += re.findall(r'<(?:a|img)[^>]* (?:href|src)="([^"]+)"', text)
        bad = []
        for target in targets:
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            if not leads_somewhere(folder / path if path else name, anchor):
                bad.append(target)
        check(not bad, f"{name}: {', '.join(bad) if bad else f'{len(targets)} links'}")
    here = {}
    for name, text in texts():
        for path, anchor in re.findall(re.escape(HERE) + r"([\w./-]+)(?:#([\w-]+))?", text):
            here.setdefault((path, anchor), name)
    bad = [f"{path}#{anchor} in {name}" for (path, anchor), name in here.items() if not leads_somewhere(path, anchor)]
    check(not bad, f"addresses of this repository: {', '.join(bad) if bad else len(here)}")


def judge_versions():
    say("versions")
    package = tomllib.loads(read("Cargo.toml"))["package"]
    version, rust = package["version"], tomllib.loads(read("rust-toolchain.toml"))["toolchain"]["channel"]
    locked = [entry["version"] for entry in tomllib.loads(read("Cargo.lock"))["package"] if entry["name"] == package["name"]]
    check(locked == [version], f"Cargo.lock: {locked} for {version}")
    for name in named(r"deploy/.*Chart\.yaml"):
        found = re.findall(r'^(?:version|appVersion): *"?([^"\s]+)"?', read(name), re.MULTILINE)
        check(found == [version, version], f"{name}: {found}")
    tags = {(tag, name) for name, text in texts() for tag in re.findall(re.escape(IMAGE) + r":(\d[\w.-]*\w)", text)}
    bad = sorted(f"{tag} in {name}" for tag, name in tags if tag != version)
    check(not bad, f"tags of the image: {', '.join(bad) if bad else f'{version}, in {len(tags)} files'}")
    changelog = re.findall(r"^## (.*)", read("CHANGELOG.md"), re.MULTILINE)
    check(all(re.fullmatch(r"Unreleased|\d+\.\d+\.\d+ - \d{4}-\d\d-\d\d", heading) for heading in changelog),
          f"CHANGELOG.md: {', '.join(changelog)}")
    check(package["rust-version"] == rust.rpartition(".")[0], f"Rust: {package['rust-version']} in Cargo.toml, for {rust}")
    images = {(tag, name) for name, text in texts() if name != "tests/judge_repo.py"
              for tag in re.findall(r"\brust:(\d[\d.]*)", text)}
    bad = sorted(f"{tag} in {name}" for tag, name in images if tag != rust)
    check(images and not bad, f"images of Rust: {', '.join(bad) if bad else f'{rust}, in {len(images)} files'}")


def judge_settings():
    say("settings")
    source = read("src/config.rs")
    known = {}
    for attribute, name in re.findall(r"#\[arg\(long, env(.*)\)\]\n\s*pub (\w+):", source):
        default = re.search(r'default_value(?:_t)? = "?(\w+)', attribute)
        known[name.upper()] = default[1].replace("_", "") if default else None
    rows = re.findall(r"^\| `([A-Z_]+)` \| `--([a-z-]+)` \| ([^|(]*[^|( ])", read("README.md"), re.MULTILINE)
    differ = sorted(set(known) ^ {variable for variable, _, _ in rows})
    check(known and not differ, f"README.md: {', '.join(differ) if differ else f'all {len(known)}'}")
    bad = [flag for variable, flag, _ in rows if flag != variable.lower().replace("_", "-")]
    # The default of HOST is a constant with a name, and some have none.
    bad += [f"{variable} is {default}, not {known[variable]}" for variable, _, default in rows
            if known.get(variable) not in (None, "Ipv4Addr", default)]
    check(not bad, f"their flags and defaults: {', '.join(bad) if bad else 'the same'}")


def judge_actions():
    say("actions")
    pins = {}
    for name in named(r"\.github/.*\.ya?ml"):
        for used, comment in re.findall(r"^\s*(?:- )?uses: *(\S+)(.*)$", read(name), re.MULTILINE):
            if used.startswith("$/"):
                check((ROOT / used[2:]).is_file(), f"{name}: {used}")
                continue
            action, _, sha = used.partition("@")
            pins.setdefault(action, set()).add((sha, comment.strip()))
    for action, found in pins.items():
        pinned = all(re.fullmatch("[0-9a-f]{40}", sha) and re.fullmatch(r"# v\d+\.\d+\.\d+", said) for sha, said in found)
        check(pinned and len(found) == 1, f"{action}: {'; '.join(sorted(' '.join(pin) for pin in found))}")


def judge_modes():
    say("files")
    bad = []
    for name in FILES:
        path = ROOT / name
        if path.is_symlink():
            target = path.resolve()
            if not target.exists() or not target.is_relative_to(ROOT):
                bad.append(f"{name} leads nowhere")
            continue
        mode = stat.S_IMODE(path.stat().st_mode)
        # All that git keeps of them is whether a file can be executed, which makes sense for scripts only.
        if mode & 0o111 and path.read_bytes()[:2] != b"#!":
            bad.append(f"{name} has mode {mode:o}")
    check(not bad, f"modes: {', '.join(bad) if bad else f'{len(FILES)} files'}")
    bad = [name for name, text in texts() if text and (re.search(r"\r|[ \t]$", text, re.MULTILINE) or text[-1] != "\n")]
    check(not bad, f"ends of lines: {', '.join(bad) if bad else 'no space before them, and no carriage return'}")


def main():
    judge_with_linters()
    judge_links()
    judge_versions()
    judge_settings()
    judge_actions()
    judge_modes()
    if failures:
        say(f"{len(failures)} BAD:")
        for failure in failures:
            say(f"  {failure}")
        sys.exit(1)


main()
