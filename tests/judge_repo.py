"""Checks the repository itself; `tests/judge_repo.sh` sets it up.

Linters: shellcheck, yamllint, typos, actionlint, zizmor, JSON schemas, hadolint, ruff, cargo-deny. The script itself:
links, versions, settings, pinned actions and file modes are consistent.
"""

import os
import pathlib
import re
import stat
import subprocess
import tomllib

from checks import check, check_command, finish, say
from service import ROOT

HERE = "https://github.com/fibonacci-web/fibonacci-web/blob/main/"
IMAGE = "ghcr.io/fibonacci-web/fibonacci-web"
# The rules of ruff: errors and likely bugs, not style.
RULES = "B,E4,E7,E9,F,PLE,UP,W"
# Allowed: functions that use a loop variable (all are called in the same iteration), `zip` without `strict`, and
# lambdas with a name.
ALLOWED = "B023,B905,E731"


def tracked():
    """The files of the repository, including those not yet added to git."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout
    return sorted(name for name in set(listed.split("\0")) if name and os.path.lexists(ROOT / name))


FILES = tracked()


def files(pattern):
    """The files whose full path matches the pattern."""
    return [name for name in FILES if re.fullmatch(pattern, name)]


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def texts():
    """The names and the contents of all text files. The inputs of the fuzzer are not text, whatever they look like."""
    for name in FILES:
        if (ROOT / name).is_file() and not name.startswith("fuzz/corpus/"):
            try:
                yield name, read(name)
            except UnicodeDecodeError:
                pass


def lint(what, *command, **options):
    check_command(what, *command, cwd=ROOT, **options)


def recipes():
    """The names and the scripts of the recipes of the justfile that are bash scripts."""
    for name, body in re.findall(r"^([\w-]+)[^\n]*:\n((?:(?: {4}[^\n]*)?\n)+)", read("justfile"), re.MULTILINE):
        script = re.sub(r"^ {4}", "", body, flags=re.MULTILINE)
        if script.startswith("#!/usr/bin/env bash"):
            yield name, re.sub(r"\{\{.*?\}\}", "value", script)


def check_with_linters():
    say("linters")
    scripts = [*files(r".*\.sh"), ".ci/run"]
    lint(f"shellcheck: {len(scripts)} scripts", "shellcheck", *scripts)
    for name, script in recipes():
        lint(f"shellcheck: just {name}", "shellcheck", "-", stdin=script)
    yaml = files(r".*\.ya?ml")
    lint(f"yamllint: {len(yaml)} files", "yamllint", "--strict", *yaml)
    lint("typos", "typos")
    lint("actionlint", "actionlint")
    lint("zizmor", "zizmor", "--offline", "--quiet", "--persona", "pedantic", ".github")
    for schema, pattern in (
        ("github-workflows", r"\.github/workflows/.*"),
        ("github-issue-forms", r"\.github/ISSUE_TEMPLATE/.*\.yaml"),
        ("github-issue-config", r"\.github/ISSUE_TEMPLATE/config\.yml"),
        ("renovate", r"renovate\.json"),
    ):
        lint(f"schema: {schema}", "check-jsonschema", "--builtin-schema", f"vendor.{schema}", *files(pattern))
    lint("hadolint: Containerfile", "hadolint", "Containerfile")
    python = files(r".*\.py")
    lint(f"ruff: {len(python)} files", "ruff", "check", "--isolated", "--quiet", "--no-cache", "--target-version", "py311",
         "--output-format", "concise", "--select", RULES, "--ignore", ALLOWED, *python)
    lint("cargo deny: licences, bans, sources", "cargo", "deny", "--offline", "--locked", "--log-level", "warn",
         "check", "-D", "warnings", "--hide-inclusion-graph", "licenses", "bans", "sources")


def without_code(markdown):
    """Markdown without its code blocks, which contain no links or headings."""
    return re.sub(r"^( *)(```|~~~).*?^\1\2 *$", "", markdown, flags=re.MULTILINE | re.DOTALL)


def anchors(name):
    """The anchors that GitHub makes of the headings of a Markdown file."""
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


def exists(target, anchor):
    """Whether the file or folder exists, and the anchor in it."""
    name = os.path.normpath(target)
    if name in FILES:
        return not anchor or name.endswith(".md") and anchor in anchors(name)
    return not anchor and any(file.startswith(f"{name}/") for file in FILES)


def check_links():
    say("links")
    for name in files(r".*\.md"):
        text, folder = re.sub(r"(`+).*?\1", "", without_code(read(name))), pathlib.PurePosixPath(name).parent
        targets = re.findall(r"\]\(<?([^)\s>]+)>?(?: \"[^\"]*\")?\)", text)
        targets += re.findall(r"^\[[^]]+\]: +(\S+)", text, re.MULTILINE)
        targets += re.findall(r'<(?:a|img)[^>]* (?:href|src)="([^"]+)"', text)
        broken = []
        for target in targets:
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            if not exists(folder / path if path else name, anchor):
                broken.append(target)
        check(not broken, f"{name}: {len(targets)} links", broken)
    links = {}
    for name, text in texts():
        for path, anchor in re.findall(re.escape(HERE) + r"([\w./-]+)(?:#([\w-]+))?", text):
            links.setdefault((path, anchor), name)
    broken = [f"{path}#{anchor} in {name}" for (path, anchor), name in links.items() if not exists(path, anchor)]
    check(not broken, f"{len(links)} URLs of this repository", broken)


def check_versions():
    say("versions")
    manifest = tomllib.loads(read("Cargo.toml"))
    package, minimum = manifest["package"], manifest["workspace"]["package"]["rust-version"]
    version, rust = package["version"], tomllib.loads(read("rust-toolchain.toml"))["toolchain"]["channel"]
    locked = [entry["version"] for entry in tomllib.loads(read("Cargo.lock"))["package"] if entry["name"] == package["name"]]
    check(locked == [version], f"Cargo.lock: {version}", locked)
    for name in files(r"deploy/.*Chart\.yaml"):
        found = re.findall(r'^(?:version|appVersion): *"?([^"\s]+)"?', read(name), re.MULTILINE)
        check(found == [version, version], f"{name}: {version}", found)
    tags = {(tag, name) for name, text in texts() for tag in re.findall(re.escape(IMAGE) + r":(\d[\w.-]*\w)", text)}
    wrong = sorted(f"{tag} in {name}" for tag, name in tags if tag != version)
    check(not wrong, f"image tags: {version}, in {len(tags)} files", wrong)
    changelog = re.findall(r"^## (.*)", read("CHANGELOG.md"), re.MULTILINE)
    check(all(re.fullmatch(r"Unreleased|\d+\.\d+\.\d+ - \d{4}-\d\d-\d\d", heading) for heading in changelog),
          f"CHANGELOG.md: {', '.join(changelog)}")
    check(minimum == rust.rpartition(".")[0], f"Rust: {minimum} in Cargo.toml, for {rust}")
    images = {(tag, name) for name, text in texts() if name != "tests/judge_repo.py"
              for tag in re.findall(r"\brust:(\d[\d.]*)", text)}
    wrong = sorted(f"{tag} in {name}" for tag, name in images if tag != rust)
    check(images and not wrong, f"Rust images: {rust}, in {len(images)} files", wrong)


def check_settings():
    say("settings")
    source = read("src/config.rs")
    known = {}
    for attribute, name in re.findall(r"#\[arg\(long, env(.*)\)\]\n\s*pub (\w+):", source):
        default = re.search(r'default_value(?:_t)? = "?(\w+)', attribute)
        known[name.upper()] = default[1].replace("_", "") if default else None
    rows = re.findall(r"^\| `([A-Z_]+)` \| `--([a-z-]+)` \| ([^|(]*[^|( ])", read("README.md"), re.MULTILINE)
    different = sorted(set(known) ^ {variable for variable, _, _ in rows})
    check(known and not different, f"README.md: all {len(known)} settings", different)
    wrong = [flag for variable, flag, _ in rows if flag != variable.lower().replace("_", "-")]
    # Some settings have no default, or one that is computed.
    wrong += [f"{variable} is {default}, not {known[variable]}" for variable, _, default in rows
              if known.get(variable) not in (None, default)]
    check(not wrong, "README.md: their flags and defaults", wrong)


def check_actions():
    say("actions")
    pins = {}
    for name in files(r"\.github/.*\.ya?ml"):
        for used, comment in re.findall(r"^\s*(?:- )?uses: *(\S+)(.*)$", read(name), re.MULTILINE):
            if used.startswith("$/"):
                check((ROOT / used[2:]).is_file(), f"{name}: {used}")
                continue
            action, _, sha = used.partition("@")
            pins.setdefault(action, set()).add((sha, comment.strip()))
    for action, found in pins.items():
        pinned = all(re.fullmatch("[0-9a-f]{40}", sha) and re.fullmatch(r"# v\d+\.\d+\.\d+", comment)
                     for sha, comment in found)
        check(pinned and len(found) == 1, f"{action}: {'; '.join(sorted(' '.join(pin) for pin in found))}")


def check_files():
    say("files")
    wrong = []
    for name in FILES:
        path = ROOT / name
        if path.is_symlink():
            target = path.resolve()
            if not target.exists() or not target.is_relative_to(ROOT):
                wrong.append(f"{name} is a broken link")
            continue
        mode = stat.S_IMODE(path.stat().st_mode)
        # Git keeps only the executable bit, which is for scripts.
        if mode & 0o111 and path.read_bytes()[:2] != b"#!":
            wrong.append(f"{name} has mode {mode:o}")
    check(not wrong, f"modes of {len(FILES)} files", wrong)
    wrong = [name for name, text in texts() if text and (re.search(r"\r|[ \t]$", text, re.MULTILINE) or text[-1] != "\n")]
    check(not wrong, "no trailing spaces, no carriage returns, a newline at the end of each file", wrong)


def main():
    check_with_linters()
    check_links()
    check_versions()
    check_settings()
    check_actions()
    check_files()
    finish()


main()
